/**
 * A process that holds a lease and sends, again and again: each line on its output is a request that a shop would have got.
 */
import { confirm } from "@stockport/core/ports/Lease"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { Store } from "@stockport/core/ports/Store"
import { PostgresStore } from "@stockport/postgres"
import { Effect, Option, Redacted, Schedule } from "effect"

const [url = "", name = ""] = process.argv.slice(2)

const say = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

const sending = Effect.forever(
  Effect.andThen(confirm, say(`${name} sends`)).pipe(Effect.andThen(Effect.sleep("20 millis")))
)

const holding = Effect.gen(function* () {
  const { connections } = yield* Store
  const held = yield* connections.exclusively(ConnectionId.make("shop"), sending)
  return Option.isNone(held) ? yield* Effect.fail("somebody else holds it" as const) : held
}).pipe(Effect.retry({ schedule: Schedule.spaced("200 millis"), while: (error) => error === "somebody else holds it" }))

await Effect.runPromiseExit(Effect.provide(holding, PostgresStore.layerUrl(Redacted.make(url)))).then((exit) =>
  process.stdout.write(`${name} ended ${exit._tag === "Failure" ? String(exit.cause) : ""}\n`)
)
