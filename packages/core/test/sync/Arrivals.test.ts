import { assert, describe, it } from "@effect/vitest"
import {
  Availability,
  type Connection,
  Demand,
  type ItemId,
  type Location,
  Quantity,
  SyncPolicy
} from "@stockport/core"
import { Store } from "@stockport/core/ports/Store"
import * as Arrivals from "@stockport/core/sync/Arrivals"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Publish from "@stockport/core/sync/Publish"
import * as Reconcile from "@stockport/core/sync/Reconcile"
import * as Rehearsal from "@stockport/core/sync/Rehearsal"
import { ScriptedCart } from "@stockport/testing"
import { DateTime, Duration, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"
import * as fc from "fast-check"
import * as World from "./World.ts"

const within = (incomingWithinDays: number | null, countIncoming = true): Partial<Connection.Connection> => ({
  policy: { ...SyncPolicy.safe, availability: { ...SyncPolicy.safe.availability, countIncoming, incomingWithinDays } }
})

const cycle = Effect.map(Cycle.run(World.connectionId), Option.getOrThrow)

/** Candles are ordered, to come so much later from now; null: nobody knows when. */
const order = Effect.fnUntraced(function* (
  units: number,
  comesIn: Duration.Input | null,
  itemId: ItemId.ItemId = World.candle,
  locationId: Location.LocationId = World.main
) {
  const { stock } = yield* Store
  const source = Demand.DemandSource.make(`po:${itemId}`)
  const lines = [{ lineId: "1", itemId, locationId, quantity: Quantity.of(units) }]
  const date = comesIn === null ? {} : { expectedAt: DateTime.addDuration(yield* DateTime.now, comesIn) }
  yield* stock.setDemand([{ source, kind: "incoming", lines, expiresAt: null, ...date }])
})

const isMarked = Effect.gen(function* () {
  const { publications } = yield* Store
  return (yield* publications.dirty(World.connectionId, 100)).map(({ itemId }) => itemId)
})

/** How often the shop was told numbers so far. */
const tellings = Effect.gen(function* () {
  const { calls } = yield* ScriptedCart.Script
  return (yield* calls).filter(({ operation }) => operation === "setStockLevels").length
})

describe("incoming goods with a date", () => {
  it.effect("count once they are expected within the days, for themselves and for kits of them", () =>
    Effect.gen(function* () {
      yield* World.open(within(7))
      yield* order(5, "8 days")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
      yield* order(4, "10 days", World.box)
      yield* TestClock.adjust("1 day")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [25, 8, 8])
      yield* TestClock.adjust("2 days")
      yield* cycle
      // The gift set takes two candles and a box.
      assert.deepStrictEqual(yield* World.shown, [25, 12, 12])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("are marked by the passing of time alone, and told to the shop once", () =>
    Effect.gen(function* () {
      yield* World.open(within(7))
      yield* order(5, "8 days")
      yield* cycle
      yield* TestClock.adjust("23 hours")
      const before = yield* tellings
      yield* cycle
      assert.strictEqual(yield* tellings, before)
      yield* TestClock.adjust("1 hour")
      yield* cycle
      assert.strictEqual(yield* tellings, before + 1)
      yield* TestClock.adjust("1 minute")
      yield* cycle
      assert.strictEqual(yield* tellings, before + 1)
      assert.deepStrictEqual(yield* World.shown, [25, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("count while they are overdue, and no more when they have arrived", () =>
    Effect.gen(function* () {
      yield* World.open(within(0))
      yield* order(5, "1 hour")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
      yield* TestClock.adjust("2 hours")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [25, 8, 8])
      yield* TestClock.adjust("30 days")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [25, 8, 8])
      const { stock } = yield* Store
      const source = Demand.DemandSource.make(`po:${World.candle}`)
      yield* stock.setDemand([{ source, kind: "incoming", lines: [], expiresAt: null }])
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("count by the new date when they are put off", () =>
    Effect.gen(function* () {
      yield* World.open(within(7))
      yield* order(5, "6 days")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [25, 8, 8])
      yield* order(5, "8 days")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
      yield* order(5, null)
      yield* TestClock.adjust("30 days")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("all count where no days are set, whenever they are expected", () =>
    Effect.gen(function* () {
      yield* World.open(within(null))
      yield* order(5, "900 days")
      yield* order(2, null, World.box)
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [25, 10, 10])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("never count where no incoming goods do", () =>
    Effect.gen(function* () {
      yield* World.open(within(7, false))
      yield* order(5, "8 days")
      yield* cycle
      yield* TestClock.adjust("2 days")
      assert.strictEqual(yield* Arrivals.markAll(World.connectionId), 0)
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("count by other days as soon as the policy says so", () =>
    Effect.gen(function* () {
      const connection = yield* World.open(within(7))
      const { connections } = yield* Store
      yield* order(5, "8 days")
      yield* cycle
      yield* connections.save({ ...connection, ...within(8) })
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [25, 8, 8])
      yield* connections.save({ ...connection, ...within(3) })
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("are told of with their date by whoever explains the number", () =>
    Effect.gen(function* () {
      const connection = yield* World.open(within(7))
      yield* order(5, "6 days")
      const facts = yield* Publish.loadFacts(connection, [World.candle])
      const available = facts.available.get(World.candle)
      assert.isDefined(available)
      if (available === undefined) return
      // The clock of a test begins in 1970.
      assert.deepStrictEqual(Availability.explain(available, String, facts), [
        "candle: 25 available: 20 on hand, plus 5 incoming expected by 1970-01-08."
      ])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("what came inside the horizon", () => {
  it.effect("is looked for over the look-back and not beyond, at every item once", () =>
    Effect.gen(function* () {
      yield* World.open(within(7))
      yield* order(5, "8 days")
      yield* order(5, "8 days", World.box, World.store)
      yield* cycle
      yield* TestClock.adjust("1 day")
      yield* TestClock.adjust(Duration.subtract(Duration.fromInputUnsafe(Arrivals.lookBack), Duration.millis(1)))
      assert.strictEqual(yield* Arrivals.markRecent(World.connectionId), 2)
      assert.sameMembers([...(yield* isMarked)], [World.box, World.candle])
      yield* cycle
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* Arrivals.markRecent(World.connectionId), 0)
      assert.deepStrictEqual(yield* isMarked, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("while no cycle ran for longer is found by a reconciliation", () =>
    Effect.gen(function* () {
      yield* World.open(within(7))
      yield* order(5, "8 days")
      yield* cycle
      yield* TestClock.adjust("3 days")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
      Option.getOrThrow(yield* Reconcile.run(World.connectionId))
      assert.deepStrictEqual(yield* World.shown, [25, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is marked also while the shop does not answer", () =>
    Effect.gen(function* () {
      yield* World.open(within(7))
      yield* order(5, "8 days")
      yield* cycle
      yield* TestClock.adjust("1 day")
      const { faults } = yield* ScriptedCart.Script
      yield* faults.inject("orders", { _tag: "FailBefore", reason: ScriptedCart.unreachable })
      yield* Effect.flip(cycle)
      assert.deepStrictEqual(yield* isMarked, [World.candle])
      yield* TestClock.adjust("3 days")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [25, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is not marked for a connection that is off, which marks everything when it is switched on", () =>
    Effect.gen(function* () {
      const connection = yield* World.open(within(7))
      const { connections } = yield* Store
      yield* order(5, "8 days")
      yield* cycle
      yield* connections.save({ ...connection, enabled: false })
      yield* TestClock.adjust("1 day")
      assert.strictEqual(yield* Arrivals.markRecent(World.connectionId), 0)
      yield* TestClock.adjust("3 days")
      yield* connections.save(connection)
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [25, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is in a rehearsal as in the cycle after it, and the rehearsal marks nothing", () =>
    Effect.gen(function* () {
      const connection = yield* World.open(within(7))
      yield* order(5, "8 days")
      yield* cycle
      yield* TestClock.adjust("1 day")
      const { updates } = yield* Rehearsal.plan(connection)
      assert.deepStrictEqual(
        updates.map(({ itemId, quantity }) => [itemId, quantity]),
        [[World.candle, 25]]
      )
      assert.deepStrictEqual(yield* isMarked, [])
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is marked page by page, however many items they are", () =>
    Effect.gen(function* () {
      yield* World.open(within(7))
      const { items, stock } = yield* Store
      const goods = Array.from({ length: Arrivals.itemsPerPage + 1 }, (_, n) => World.good(`GOOD-${n}`).item)
      yield* items.save(goods)
      const expectedAt = DateTime.add(yield* DateTime.now, { days: 7 })
      const lines = goods.map(({ id }, n) => ({
        lineId: String(n),
        itemId: id,
        locationId: World.main,
        quantity: Quantity.of(1)
      }))
      const source = Demand.DemandSource.make("po:all")
      yield* stock.setDemand([{ source, kind: "incoming", lines, expiresAt: null, expectedAt }])
      assert.strictEqual(yield* Arrivals.markRecent(World.connectionId), goods.length)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is in the shop after every cycle, whatever is expected and whenever cycles run within the look-back", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(deliveries, waits, fc.integer({ min: 0, max: 3 }), (drawn, minutes, days) =>
          Effect.runPromise(Effect.provide(shopFollows(drawn, minutes, days), Layer.merge(World.layer(), clock)))
        ),
        { numRuns: 60 }
      )
    )
  )
})

const clock = TestClock.layer()
const minutesOf = { day: 24 * 60, lookBack: Duration.toMinutes(Duration.fromInputUnsafe(Arrivals.lookBack)) }

interface Delivery {
  readonly units: number
  readonly comesIn: number | null
}

const deliveries: fc.Arbitrary<ReadonlyArray<Delivery>> = fc.array(
  fc.record({
    units: fc.integer({ min: 1, max: 9 }),
    comesIn: fc.option(fc.integer({ min: -60, max: 5 * minutesOf.day }), { freq: 5 })
  }),
  { maxLength: 5 }
)

const waits = fc.array(fc.integer({ min: 1, max: minutesOf.lookBack }), { minLength: 1, maxLength: 12 })

/** Lets the minutes pass with a cycle after each wait, and adds up by hand what the shop has to show. */
const shopFollows = Effect.fnUntraced(function* (
  drawn: ReadonlyArray<Delivery>,
  minutes: ReadonlyArray<number>,
  days: number
) {
  yield* World.open(within(days))
  const { stock } = yield* Store
  const start = yield* DateTime.now
  for (const [index, { comesIn, units }] of drawn.entries()) {
    const lines = [{ lineId: "1", itemId: World.candle, locationId: World.main, quantity: Quantity.of(units) }]
    const source = Demand.DemandSource.make(`po:${index}`)
    const date = comesIn === null ? {} : { expectedAt: DateTime.add(start, { minutes: comesIn }) }
    yield* stock.setDemand([{ source, kind: "incoming", lines, expiresAt: null, ...date }])
  }
  yield* cycle
  let now = 0
  for (const wait of minutes) {
    yield* TestClock.adjust(Duration.minutes(wait))
    now += wait
    yield* cycle
    const expected = drawn.filter(({ comesIn }) => comesIn !== null && comesIn <= now + days * minutesOf.day)
    const [candles] = yield* World.shown
    assert.strictEqual(
      candles,
      expected.reduce((sum, { units }) => sum + units, 20)
    )
  }
})
