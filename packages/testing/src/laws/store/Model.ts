/**
 * Whatever is done to stock, one after the other or at the same time, a store and the {@link StockModel} agree.
 */
import { assert } from "@effect/vitest"
import { DemandSource, type DemandKind, type DemandLine } from "@stockport/core/domain/Demand"
import type { Quantity } from "@stockport/core/domain/Quantity"
import { scale } from "@stockport/core/domain/Quantity"
import { Store } from "@stockport/core/ports/Store"
import { DateTime, Effect } from "effect"
import * as fc from "fast-check"
import { forAll } from "../Property.ts"
import { box, candle, clean, dirtyIds, main, movement, open, ribbon, shelf, shop } from "./Fixture.ts"
import { later } from "./Law.ts"
import {
  arriving,
  type Command,
  empty,
  type Granted,
  step,
  type StockModel,
  termsOf,
  termsOfPositions
} from "./StockModel.ts"

/** Runs an effect on an empty store. */
export type OnEmptyStore = <A, E>(effect: Effect.Effect<A, E, Store>) => Effect.Effect<A, unknown>

/** A law over everything that can be drawn: one sentence, and its check with so many runs. */
export interface ModelLaw {
  readonly sentence: string
  readonly check: (onEmptyStore: OnEmptyStore, runs: number) => Effect.Effect<void>
}

const stocked = [candle, box, ribbon]
const ids = stocked.map(({ id }) => id)
const itemId = fc.constantFrom(...ids)
const locationId = fc.constantFrom(main.id, shelf.id)
const keyed = (prefix: string, count: number) => fc.integer({ min: 1, max: count }).map((index) => `${prefix}${index}`)
const halves = (min: number, max: number) =>
  fc.integer({ min: min * 2, max: max * 2 }).map((half) => ((half * scale) / 2) as Quantity)

const lines: fc.Arbitrary<ReadonlyArray<DemandLine>> = fc
  .array(fc.record({ itemId, locationId, quantity: halves(1, 4) }), { minLength: 1, maxLength: 3 })
  .map((drawn) => drawn.map((line, index) => ({ ...line, lineId: String(index) })))

const minutes = fc.option(fc.integer({ min: 1, max: 90 }))

const kind = fc.constantFrom<DemandKind>("salesOrder", "softHold", "pickTicket", "incoming")

const ago = fc.option(fc.integer({ min: -5, max: 60 }))

const recordAt = (ago: fc.Arbitrary<number | null>): fc.Arbitrary<Command> =>
  fc
    .record({ key: keyed("d", 8), itemId, locationId, quantity: halves(-3, 8).filter((size) => size !== 0), ago })
    .map(({ key, ago, ...moved }) => ({
      _tag: "Record",
      ago,
      document: { key, movements: [{ kind: "adjustment", ...moved }] }
    }))

const countAt = (ago: fc.Arbitrary<number | null>): fc.Arbitrary<Command> =>
  fc
    .record({ key: keyed("c", 8), itemId, locationId, counted: halves(0, 8), ago })
    .map(({ key, ago, ...count }) => ({ _tag: "Count", ago, key, count }))

const recordCommand = recordAt(fc.constant(null))
const countCommand = countAt(fc.constant(null))

const setDemandCommand: fc.Arbitrary<Command> = fc
  .record({
    source: keyed("s", 4),
    kind,
    lines: fc.oneof({ weight: 3, arbitrary: lines }, fc.constant([])),
    minutes,
    expectedIn: fc.option(fc.integer({ min: -30, max: 90 }), { freq: 4 })
  })
  .map(({ source, minutes, expectedIn, ...demand }) => ({
    _tag: "SetDemand",
    demand: { ...demand, source: DemandSource.make(source) },
    minutes,
    expectedIn
  }))

const reserveCommand: fc.Arbitrary<Command> = fc
  .record({ key: keyed("k", 6), lines, minutes })
  .map((request) => ({ _tag: "Reserve", ...request }))

const waitCommand: fc.Arbitrary<Command> = fc.integer({ min: 1, max: 60 }).map((minutes) => ({ _tag: "Wait", minutes }))

const anyCommand = fc.oneof(
  { weight: 4, arbitrary: recordAt(ago) },
  { weight: 3, arbitrary: countAt(ago) },
  { weight: 4, arbitrary: setDemandCommand },
  { weight: 4, arbitrary: reserveCommand },
  { weight: 2, arbitrary: waitCommand },
  { weight: 2, arbitrary: fc.constant<Command>({ _tag: "Clean" }) }
)

const instantAt = (start: DateTime.Utc, minute: number, minutes: number | null) =>
  minutes === null ? null : DateTime.add(start, { minutes: minute + minutes })

const agoOf = (start: DateTime.Utc, minute: number, ago: number | null) =>
  ago === null ? null : DateTime.add(start, { minutes: minute - ago })

/** Does to the store what the command says. */
const perform = Effect.fnUntraced(function* (command: Command, start: DateTime.Utc, minute: number) {
  const store = yield* Store
  switch (command._tag) {
    case "Wait":
      return null
    case "Clean":
      yield* clean(shop)
      return null
    case "Record": {
      const at = agoOf(start, minute, command.ago)
      const { key, movements } = command.document
      yield* store.stock.record([{ key, movements: movements.map((moved) => ({ ...moved, ...(at && { at }) })) }])
      return null
    }
    case "Count": {
      const asOf = agoOf(start, minute, command.ago)
      yield* store.stock.count(command.key, [command.count], asOf === null ? {} : { asOf })
      return null
    }
    case "SetDemand": {
      const expectedAt = command.demand.kind === "incoming" ? instantAt(start, minute, command.expectedIn) : null
      const expiresAt = instantAt(start, minute, command.minutes)
      yield* store.stock.setDemand([{ ...command.demand, expiresAt, ...(expectedAt === null ? {} : { expectedAt }) }])
      return null
    }
    case "Reserve": {
      const { key, lines } = command
      const answer = yield* store.stock.reserve({ key, lines, expiresAt: instantAt(start, minute, command.minutes) })
      return answer._tag === "Reserved"
    }
  }
})

const compare = Effect.fnUntraced(function* (model: StockModel, start: DateTime.Utc) {
  const store = yield* Store
  const { positions } = yield* store.stock.snapshot(ids)
  assert.deepStrictEqual(termsOfPositions(positions), termsOf(model))
  yield* compareHorizon(model, start)
  const marked = yield* dirtyIds(shop)
  const extra = marked.filter((id) => !model.mayBeMarked.has(id))
  assert.deepStrictEqual(extra, [], "marked without reason")
  const missing = [...model.mustBeMarked].filter((id) => !marked.includes(id))
  assert.deepStrictEqual(missing, [], "changed and not marked")
})

/** How far ahead incoming goods count, and how far back a look for them goes, in minutes. */
const horizon = { ahead: 40, back: 20 }

const compareHorizon = Effect.fnUntraced(function* (model: StockModel, start: DateTime.Utc) {
  const { stock } = yield* Store
  const until = model.minute + horizon.ahead
  const after = until - horizon.back
  const [from, incomingBy] = [DateTime.add(start, { minutes: after }), DateTime.add(start, { minutes: until })]
  const { positions } = yield* stock.snapshot(ids, { incomingBy })
  assert.deepStrictEqual(termsOfPositions(positions), termsOf(model, until), "by a horizon")
  assert.deepStrictEqual(
    yield* stock.arriving(from, incomingBy, { after: null, limit: ids.length }),
    arriving(model, after, until)
  )
})

const inSequence = (commands: ReadonlyArray<Command>) =>
  Effect.gen(function* () {
    yield* open
    yield* clean(shop)
    const start = yield* DateTime.now
    let model = empty
    for (const command of commands) {
      const { model: next, granted } = step(model, command)
      // Half a minute past the minute, so that no deadline falls on the moment of looking.
      const then = `${next.minute * 60 + 30} seconds` as const
      assert.strictEqual(yield* later(then, perform(command, start, next.minute)), granted)
      yield* later(then, compare(next, start))
      model = next
    }
  })

const atOnce = (before: ReadonlyArray<Command>, together: ReadonlyArray<Command>) =>
  Effect.gen(function* () {
    yield* open
    const start = yield* DateTime.now
    for (const command of before) yield* perform(command, start, 0)
    const granted = yield* Effect.all(
      together.map((command) => perform(command, start, 0)),
      { concurrency: "unbounded" }
    )
    const store = yield* Store
    const { positions } = yield* store.stock.snapshot(ids)
    const seen = termsOfPositions(positions)
    const model = before.reduce((model, command) => step(model, command).model, empty)
    if (!isExplained(model, together, granted, seen)) {
      assert.fail(`no order of the commands gives ${JSON.stringify({ granted, seen })}`)
    }
  })

/** Whether doing the commands one after the other, in some order, gives these answers and these positions. */
const isExplained = (
  model: StockModel,
  commands: ReadonlyArray<Command>,
  granted: ReadonlyArray<Granted>,
  seen: Readonly<Record<string, number>>
): boolean => {
  if (commands.length === 0) return JSON.stringify(termsOf(model)) === JSON.stringify(seen)
  return commands.some((command, index) => {
    const after = step(model, command)
    if (after.granted !== granted[index]) return false
    return isExplained(after.model, commands.toSpliced(index, 1), granted.toSpliced(index, 1), seen)
  })
}

/** Transfers in two steps each, with readers in between, in an order that the scheduler draws. */
const interleaved = (scheduler: fc.Scheduler, transfers: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    yield* open
    const store = yield* Store
    yield* store.stock.record([movement("start", candle, main, 100)])
    const pause = Effect.promise(() => scheduler.schedule(Promise.resolve()))
    const transfer = (quantity: number, index: number) =>
      store.transaction(
        Effect.gen(function* () {
          yield* pause
          yield* store.stock.record([movement(`out ${index}`, candle, main, -quantity, "adjustment")])
          yield* pause
          yield* store.stock.record([movement(`in ${index}`, candle, shelf, quantity, "adjustment")])
          yield* pause
        })
      )
    const read = Effect.gen(function* () {
      yield* pause
      const { positions } = yield* store.stock.snapshot([candle.id])
      const sum = positions.reduce((total, { onHand }) => total + onHand, 0)
      assert.strictEqual(sum, 100 * scale, "a reader saw half of a transfer")
    })
    const context = yield* Effect.context<Store>()
    const all = Effect.all([...transfers.map(transfer), ...transfers.map(() => read)], { concurrency: "unbounded" })
    yield* Effect.promise(() => scheduler.waitFor(Effect.runPromiseWith(context)(all)))
    const { positions } = yield* store.stock.snapshot([candle.id])
    const moved = transfers.reduce((total, quantity) => total + quantity, 0)
    assert.strictEqual(positions.find(({ locationId }) => locationId === shelf.id)?.onHand ?? 0, moved * scale)
  })

const parallelCommand = fc.oneof(
  { weight: 2, arbitrary: recordCommand },
  { weight: 1, arbitrary: countCommand },
  { weight: 2, arbitrary: setDemandCommand },
  { weight: 4, arbitrary: reserveCommand }
)

/** The laws over any commands. */
export const modelLaws: ReadonlyArray<ModelLaw> = [
  {
    sentence: "agrees with the model after every command",
    check: (onEmptyStore, runs) =>
      forAll(fc.array(anyCommand, { maxLength: 25 }), runs, (commands) => onEmptyStore(inSequence(commands)))
  },
  {
    sentence: "answers commands that run at the same time as some order of them would",
    check: (onEmptyStore, runs) =>
      forAll(
        fc.tuple(
          fc.array(recordCommand, { minLength: 2, maxLength: 5 }),
          fc.array(parallelCommand, { minLength: 2, maxLength: 5 })
        ),
        runs,
        ([before, together]) => onEmptyStore(atOnce(before, together))
      )
  },
  {
    sentence: "shows no half of a transaction in any order that transactions and readers may take turns in",
    check: (onEmptyStore, runs) =>
      forAll(
        fc.tuple(fc.scheduler(), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 })),
        runs,
        ([scheduler, transfers]) => onEmptyStore(interleaved(scheduler, transfers))
      )
  }
]
