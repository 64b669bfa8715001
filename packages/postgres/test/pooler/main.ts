/**
 * The store through a real PgBouncer in transaction mode, with several processes, one of which is paused and wakes too late.
 *
 * Says so, and passes, where there is no PgBouncer and none can be installed.
 */
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import { of } from "@stockport/core/domain/Quantity"
import { Store } from "@stockport/core/ports/Store"
import { Migrations, PostgresStore } from "@stockport/postgres"
import { EmbeddedPostgres } from "@stockport/postgres/embedded"
import { Context, Effect, Layer, Option, Redacted } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import * as Bouncer from "./Bouncer.ts"

const main = LocationId.make("main")
const candle = ItemId.make("candle")

/** How many processes' worth of clients try for one lease at once. */
const clients = 8

const say = (text: string) => Effect.sync(() => process.stdout.write(`${text}\n`))

const expect = (holds: boolean, sentence: string) =>
  holds ? say(`√ ${sentence}`) : Effect.die(new Error(`not so: ${sentence}`))

const storeAt = (url: string) =>
  Effect.map(Layer.build(Layer.fresh(PostgresStore.layerUrl(Redacted.make(url), { maxConnections: 2 }))), (context) =>
    Context.get(context, Store)
  )

const works = Effect.fnUntraced(function* (url: string) {
  const store = yield* storeAt(url)
  yield* store.stock.saveLocations([{ id: main, name: "Main", nettable: true, isDefault: true }])
  yield* store.items.save([Item.make({ id: candle, kind: "inventory", sku: "C" })])
  const received = { kind: "receipt" as const, itemId: candle, locationId: main, quantity: of(50) }
  yield* store.stock.record([{ key: "r1", movements: [received] }])
  const line = { lineId: "1", itemId: candle, locationId: main, quantity: of(1) }
  const answers = yield* Effect.forEach(
    Array.from({ length: 100 }, (_, n) => String(n)),
    (key) => store.stock.reserve({ key, lines: [line], expiresAt: null }),
    { concurrency: 20 }
  )
  const granted = answers.filter(({ _tag }) => _tag === "Reserved").length
  yield* expect(granted === 50, "through the pooler, of a hundred who want one of fifty, fifty get one")
})

const oneHolder = Effect.fnUntraced(function* (url: string) {
  const stores = yield* Effect.forEach(Array.from({ length: clients }), () => storeAt(url), { concurrency: clients })
  let holders = 0
  let most = 0
  const hold = Effect.acquireUseRelease(
    Effect.sync(() => (most = Math.max(most, (holders += 1)))),
    () => Effect.sleep("20 millis"),
    () => Effect.sync(() => (holders -= 1))
  )
  const tries = yield* Effect.forEach(
    stores.flatMap((store) => Array.from({ length: 20 }, () => store)),
    ({ connections }) => connections.exclusively(ConnectionId.make("shop"), hold),
    { concurrency: 24 }
  )
  yield* expect(
    tries.some(Option.isSome) && most === 1,
    "of all who try at the same time, one at a time holds a connection"
  )
})

interface Process {
  readonly child: ChildProcess
  readonly lines: Array<string>
}

const run = (url: string, name: string) =>
  Effect.acquireRelease(
    Effect.sync((): Process => {
      const child = spawn(process.execPath, [fileURLToPath(new URL("holder.ts", import.meta.url)), url, name])
      const lines: Array<string> = []
      child.stdout.on("data", (data: Buffer) => lines.push(...data.toString().split("\n").filter(Boolean)))
      child.stderr.on("data", (data: Buffer) => process.stderr.write(data))
      return { child, lines }
    }),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const secondsMax = 90

const until = (condition: () => boolean, what: string): Effect.Effect<void> => {
  const attempt = (n: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (condition()) return Effect.void
      if (n === secondsMax * 10) return Effect.die(new Error(`waited in vain: ${what}`))
      return Effect.andThen(Effect.sleep("100 millis"), attempt(n + 1))
    })
  return attempt(0)
}

const wokenTooLate = Effect.fnUntraced(function* (url: string) {
  const first = yield* run(url, "first")
  yield* until(() => first.lines.length > 10, "the first one holds the lease")
  first.child.kill("SIGSTOP")
  yield* say("  one holder is paused; the next one waits for its lease to expire")
  const second = yield* run(url, "second")
  yield* until(() => second.lines.length > 10, "the second one gets the lease")
  const sent = first.lines.length
  first.child.kill("SIGCONT")
  yield* until(() => first.lines.some((line) => line.includes("ended")), "the first one notices")
  const late = first.lines.slice(sent).filter((line) => line.includes("sends"))
  yield* expect(
    late.length === 0,
    "a holder that was paused until the next one had its lease sends nothing when it wakes"
  )
  const words = first.lines.find((line) => line.includes("ended")) ?? ""
  yield* expect(/lease/i.test(words), "it says that its lease is lost")
})

const program = Effect.gen(function* () {
  const pgbouncer = Bouncer.program()
  if (pgbouncer === null)
    return yield* say("there is no PgBouncer here, and none could be installed: nothing was tried")
  const server = yield* EmbeddedPostgres
  const url = yield* Bouncer.start(pgbouncer, Redacted.value(server.url))
  yield* works(url)
  yield* oneHolder(url)
  yield* wokenTooLate(url)
  yield* say(`everything holds in the schema ${Migrations.schemaDefault} behind a pooler`)
})

await Effect.runPromise(Effect.scoped(Effect.provide(program, EmbeddedPostgres.layer)))
process.exit(0)
