/**
 * A process that starts an embedded server, says where it is, and then waits to be ended, one way or another.
 */
import { EmbeddedPostgres } from "@stockport/postgres/embedded"
import { Effect, Fiber } from "effect"

const program = Effect.gen(function* () {
  const { pid, port } = yield* EmbeddedPostgres
  process.stdout.write(`${JSON.stringify({ pid, port })}\n`)
  return yield* Effect.never
}).pipe(Effect.provide(EmbeddedPostgres.layer))

const fiber = Effect.runFork(program)
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    Effect.runFork(Fiber.interrupt(fiber))
  })
}
