/**
 * A wire between a client and its server that can go dead: it takes whatever it is given and passes nothing on.
 */
import { Effect, Redacted, type Scope } from "effect"
import * as NodeNet from "node:net"

/** A wire to a server. */
export interface Wire {
  /** The server's URL, by way of the wire. */
  readonly url: Redacted.Redacted
  /** From now on everything is taken and nothing arrives, on either side. */
  readonly swallow: () => void
}

/** A wire to the server of this URL, cut when the scope closes. */
export const wireTo = (url: Redacted.Redacted): Effect.Effect<Wire, never, Scope.Scope> => {
  const target = new URL(Redacted.value(url))
  const ends = new Set<NodeNet.Socket>()
  let dead = false
  const join = (from: NodeNet.Socket, to: NodeNet.Socket) => {
    ends.add(from)
    from.on("data", (bytes) => {
      if (!dead) to.write(bytes)
    })
    from.on("error", () => to.destroy())
    from.on("close", () => {
      ends.delete(from)
      if (!dead) to.end()
    })
  }
  const server = NodeNet.createServer((client) => {
    const upstream = NodeNet.connect(Number(target.port || 5432), target.hostname)
    join(client, upstream)
    join(upstream, client)
  })
  return Effect.map(
    Effect.acquireRelease(
      Effect.callback<NodeNet.AddressInfo>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server.address() as NodeNet.AddressInfo)))
      }),
      () =>
        Effect.sync(() => {
          for (const end of ends) end.destroy()
          server.close()
        })
    ),
    ({ port }): Wire => {
      const through = new URL(target)
      through.hostname = "127.0.0.1"
      through.port = String(port)
      return {
        url: Redacted.make(through.toString()),
        swallow: () => {
          dead = true
        }
      }
    }
  )
}
