/**
 * One worker of the torture run: does its kind of work for ever, and says what has been acknowledged to it. It is going to
 * be killed; only an error that no retry could mend ends it by itself.
 */
import { PostgresStore } from "@stockport/postgres"
import { StoreError } from "@stockport/core/ports/Store"
import { Cause, Effect, Exit } from "effect"
import { SqlError } from "effect/sql"
import { countGoods, importOrders, moveGoods, publish, reserveGoods } from "./Work.ts"

const [role = "", name = ""] = process.argv.slice(2)

const say = (line: string) => Effect.sync(() => process.stdout.write(`${line}\n`))

let since = 0

const step = (n: number) => {
  const key = `${name} ${n}`
  switch (role) {
    case "import":
      return Effect.map(importOrders(since), (place) => {
        // Caught up: look again from a little before, as a poll with overlap does.
        since = place === since ? Math.max(0, place - 20) : place
      })
    case "receive":
      return Effect.andThen(moveGoods("receipt", key), say(`receipt ${key}`))
    case "ship":
      return Effect.andThen(moveGoods("shipment", key), say(`shipment ${key}`))
    case "count":
      return Effect.andThen(countGoods(key), say(`count ${key}`))
    case "reserve":
      return Effect.flatMap(reserveGoods(key), (answer) => say(`${answer} ${key}`))
    case "publish":
      return Effect.asVoid(publish)
    default:
      return Effect.die(new Error(`no such role: ${role}`))
  }
}

/** Somebody else's work, a cut connection: what a worker lives with. */
const isPassing = (error: unknown): boolean =>
  SqlError.isSqlError(error) || (error instanceof StoreError && (error.retryable || error.reason._tag === "Changed"))

const forever = (n: number): Effect.Effect<never, unknown, Effect.Services<ReturnType<typeof step>>> =>
  Effect.flatMap(
    Effect.catchIf(
      step(n) as Effect.Effect<void, unknown, Effect.Services<ReturnType<typeof step>>>,
      isPassing,
      () => Effect.void
    ),
    () => forever(n + 1)
  )

const exit = await Effect.runPromiseExit(
  // A connection may be cut while the store is being opened, too.
  Effect.andThen(say("up"), forever(0)).pipe(
    Effect.provide(PostgresStore.layerConfig),
    Effect.retry({ times: 20, while: isPassing })
  )
)
if (Exit.isFailure(exit)) {
  process.stderr.write(`${role} ${name}: ${Cause.pretty(exit.cause)}\n`)
  process.exitCode = 3
}
