import { assert, describe, it } from "@effect/vitest"
import { PostgresStore } from "@stockport/postgres"
import { Effect, Layer, Redacted } from "effect"
import { createServer, type Socket } from "node:net"
import * as Tls from "../src/Tls.ts"

describe("a connection to the database", () => {
  it.each([
    ["postgres://user:secret@db.example.com/stock", true],
    ["postgresql://10.0.0.5:5432/stock", true],
    ["postgres://127.example.com/stock", true],
    ["postgres:///stock?host=db.example.com", true],
    ["postgres://db.example.com/stock?sslmode=disable", false],
    ["postgres://db.example.com/stock?sslmode=prefer", false],
    ["postgres://db.example.com/stock?sslmode=require", false],
    ["postgres://localhost:5432/stock", false],
    ["postgres://127.0.0.1/stock", false],
    ["postgres://[::1]:5432/stock", false],
    ["postgres:///stock?host=/var/run/postgresql", false],
    ["postgres://%2Fvar%2Frun%2Fpostgresql/stock", false],
    ["no url", false]
  ])("of %s is encrypted by us where the server is elsewhere and the URL does not say: %s", (url, isAsked) => {
    assert.deepStrictEqual(Tls.asked(Redacted.make(url)), isAsked ? { ssl: true } : {})
  })

  it.live("says nothing to a server that refuses TLS, neither a name nor a password", () =>
    Effect.gen(function* () {
      const { heard, port } = yield* refusing
      // A name of this machine that is not one of those that are trusted.
      const url = Redacted.make(`postgres://user:secret@0.0.0.0:${port}/stock`)
      const error = yield* Effect.flip(Layer.build(PostgresStore.layerUrl(url)))
      assert.strictEqual(error._tag, "SqlError")
      assert.include(error.message, "TLS")
      assert.isFalse(PostgresStore.isAway(error))
      // However often it is tried: eight bytes ask for TLS, and nothing follows them.
      assert.isNotEmpty(heard)
      assert.deepStrictEqual([...new Set(heard.map(({ length }) => length))], [8])
    }).pipe(Effect.scoped)
  )
})

/** A server that answers every request for TLS with no. */
const refusing = Effect.acquireRelease(
  Effect.callback<{ readonly heard: Array<Buffer>; readonly port: number; readonly close: () => void }>((resume) => {
    const heard: Array<Buffer> = []
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on("error", () => undefined)
      socket.on("data", (chunk) => {
        heard.push(chunk)
        socket.write("N")
      })
    })
    server.listen(0, () => {
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      const close = () => {
        for (const socket of sockets) socket.destroy()
        server.close()
      }
      resume(Effect.succeed({ heard, port, close }))
    })
  }),
  ({ close }) => Effect.sync(close)
)
