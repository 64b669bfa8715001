/**
 * A door in front of a server: closed, nobody gets in, and whoever was in is thrown out. A door that swallows lets everybody
 * in and nothing through.
 */
import { Effect, type Scope } from "effect"
import { connect, createServer, type Server, type Socket } from "node:net"

/** A door, and the URL that leads through it. */
export interface Door {
  readonly url: string
  readonly open: () => void
  readonly close: () => void
  /** From now on, and for whoever is in, until it is opened again. */
  readonly swallow: () => void
}

/** A door to the server of a URL, open at first, for as long as the scope. */
export const to = (target: URL): Effect.Effect<Door, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Door>((resume) => {
      const sockets = new Set<Socket>()
      let server: Server
      let port = 0
      let swallows = false
      const swallow = () => {
        swallows = true
        for (const socket of sockets) socket.unpipe().pause()
      }
      const close = () => {
        swallows = false
        server.close()
        for (const socket of sockets) socket.destroy()
        sockets.clear()
      }
      const open = () => {
        server = createServer((socket) => {
          if (swallows) return sockets.add(socket.on("error", () => undefined))
          const inside = connect(Number(target.port), target.hostname)
          for (const one of [socket, inside]) sockets.add(one.on("error", () => undefined))
          socket.pipe(inside).on("close", () => socket.destroy())
          inside.pipe(socket).on("close", () => inside.destroy())
        })
        server.listen(port, "127.0.0.1", () => {
          const address = server.address()
          port = typeof address === "object" && address !== null ? address.port : 0
          const url = new URL(target)
          url.port = String(port)
          resume(Effect.succeed({ url: url.href, open, close, swallow }))
        })
      }
      open()
    }),
    ({ close }) => Effect.sync(close)
  )
