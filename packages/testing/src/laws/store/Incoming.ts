/**
 * Incoming goods count by the moment at which they are expected, to the last unit, and time itself brings them in.
 */
import { assert } from "@effect/vitest"
import { type Demand, DemandKind, type DemandLine } from "@stockport/core/domain/Demand"
import type { ItemId } from "@stockport/core/domain/ItemId"
import { of, type Quantity } from "@stockport/core/domain/Quantity"
import { pageLimitMax, Store } from "@stockport/core/ports/Store"
import { DateTime, Effect } from "effect"
import * as fc from "fast-check"
import { forAll } from "../Property.ts"
import {
  box,
  candle,
  clean,
  demand,
  dirtyIds,
  incoming,
  line,
  main,
  movement,
  open,
  ribbon,
  shelf,
  shop,
  termOf
} from "./Fixture.ts"
import { later, type Law, law, refused } from "./Law.ts"
import type { ModelLaw } from "./Model.ts"

const stocked = [candle, box, ribbon].map(({ id }) => id)
const firstPage = { after: null, limit: pageLimitMax }

/** So many days from now. */
const inDays = (days: number) => Effect.map(DateTime.now, (now) => DateTime.add(now, { days }))

/** What of candles is incoming at a place, of all that are expected by a moment. */
const candlesBy = Effect.fnUntraced(function* (incomingBy: DateTime.Utc, location = main) {
  const { stock } = yield* Store
  const { positions } = yield* stock.snapshot([candle.id], { incomingBy })
  return positions.find(({ locationId }) => locationId === location.id)?.incoming ?? of(0)
})

/** The laws of what is on its way in. */
export const incomingGoods: ReadonlyArray<Law> = [
  law("incoming goods count with any date and with none, where no moment is named", function* (store) {
    yield* open
    yield* store.stock.setDemand([
      incoming("po-1", [line("1", candle, main, 3)], yield* inDays(2)),
      incoming("po-2", [line("1", candle, main, 4)], yield* inDays(900)),
      incoming("po-3", [line("1", candle, main, 5)], null)
    ])
    assert.strictEqual(yield* termOf(candle, main, "incoming"), of(12))
    const { positions } = yield* store.stock.snapshot([candle.id], { incomingBy: null })
    assert.deepStrictEqual(
      positions.map((position) => position.incoming),
      [of(12)]
    )
  }),

  law("by a moment only those count that are expected at it or before it, at their own place", function* (store) {
    yield* open
    const date = yield* inDays(7)
    yield* store.stock.setDemand([
      incoming("po-1", [line("1", candle, main, "0.1"), line("2", candle, shelf, 7)], date),
      incoming("po-2", [line("1", candle, main, "0.2")], yield* inDays(-30)),
      incoming("po-3", [line("1", candle, main, 4)], DateTime.add(date, { milliseconds: 1 })),
      incoming("po-4", [line("1", candle, main, 8), line("2", candle, shelf, 8)], null)
    ])
    assert.strictEqual(yield* candlesBy(date), of("0.3"))
    assert.strictEqual(yield* candlesBy(date, shelf), of(7))
    assert.strictEqual(yield* candlesBy(DateTime.subtract(date, { milliseconds: 1 })), of("0.2"))
    assert.strictEqual(yield* candlesBy(DateTime.subtract(date, { milliseconds: 1 }), shelf), of(0))
    assert.strictEqual(yield* candlesBy(DateTime.add(date, { milliseconds: 1 })), of("4.3"))
    assert.strictEqual(yield* candlesBy(yield* inDays(-31)), of(0))
  }),

  law("a moment changes nothing but what is incoming", function* (store) {
    yield* open
    const against = DemandKind.literals.filter((kind) => kind !== "incoming")
    yield* store.stock.record([movement("r1", candle, main, 9)])
    yield* store.stock.setDemand([
      ...against.map((kind) => demand(kind, kind, [line("1", candle, main, 2)])),
      incoming("po", [line("1", candle, main, 5)], null)
    ])
    const all = yield* store.stock.snapshot([candle.id])
    const none = yield* store.stock.snapshot([candle.id], { incomingBy: yield* inDays(900) })
    assert.deepStrictEqual(none, {
      ...all,
      positions: all.positions.map((position) => ({ ...position, incoming: of(0) }))
    })
  }),

  law("goods that have expired and are expected too late as well are left out once", function* (store) {
    yield* open
    const expired = DateTime.add(yield* DateTime.now, { hours: 1 })
    yield* store.stock.setDemand([
      incoming("po-1", [line("1", candle, main, 3)], yield* inDays(9), expired),
      incoming("po-2", [line("1", candle, main, 4)], null, expired),
      incoming("po-3", [line("1", candle, main, 5)], yield* inDays(1), expired),
      incoming("po-4", [line("1", candle, main, 6)], yield* inDays(2)),
      incoming("po-5", [line("1", candle, main, 7)], yield* inDays(9))
    ])
    const byThen = candlesBy(yield* inDays(3))
    assert.strictEqual(yield* byThen, of(11))
    assert.strictEqual(yield* later("61 minutes", byThen), of(6))
    yield* later("61 minutes", clean(shop))
    assert.strictEqual(yield* later("61 minutes", byThen), of(6), "nor are they once the store has ended them")
  }),

  law("only incoming goods have a date: on any other kind it is refused, and nothing is set", function* (store) {
    yield* open
    const expectedAt = DateTime.makeUnsafe("2026-12-07T00:00:00.000Z")
    yield* store.stock.setDemand([demand("order", "salesOrder", [line("1", candle, main, 3)])])
    for (const kind of DemandKind.literals.filter((other) => other !== "incoming")) {
      const dated = (lines: Demand["lines"]) => ({ ...demand("order", kind, lines), expectedAt })
      const good = demand("other", "salesOrder", [line("1", candle, main, 1)])
      const reason = yield* refused(store.stock.setDemand([good, dated([line("1", candle, main, 9)])]), "Invalid")
      assert.deepInclude(reason, { field: "expectedAt", value: DateTime.formatIso(expectedAt) })
      yield* refused(store.stock.setDemand([dated([])]), "Invalid")
    }
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), of(3))
  }),

  law("a date that is set, moved or taken away marks the items dirty, and counts from then on", function* (store) {
    yield* open
    const lines = [line("1", candle, main, 3), line("2", box, shelf, 1)]
    yield* store.stock.setDemand([incoming("po", lines, null)])
    const then = yield* inDays(7)
    const byThen = candlesBy(then)
    const dates = [
      { date: DateTime.add(then, { milliseconds: 1 }), counts: of(0) },
      { date: DateTime.subtract(then, { days: 1 }), counts: of(3) },
      { date: null, counts: of(0) },
      { date: then, counts: of(3) }
    ]
    for (const { counts, date } of dates) {
      yield* clean(shop)
      yield* store.stock.setDemand([incoming("po", lines, date)])
      assert.deepStrictEqual(yield* dirtyIds(shop), [box.id, candle.id])
      assert.strictEqual(yield* byThen, counts)
    }
  }),

  law("a source that was incoming and is something else has lost its date", function* (store) {
    yield* open
    const lines = [line("1", candle, main, 3)]
    const date = yield* inDays(1)
    yield* store.stock.setDemand([incoming("po", lines, date)])
    yield* store.stock.setDemand([demand("po", "reservation", lines)])
    assert.deepStrictEqual(yield* store.stock.arriving(null, date, firstPage), [])
    yield* store.stock.setDemand([incoming("po", lines, null)])
    assert.strictEqual(yield* candlesBy(date), of(0))
    assert.strictEqual(yield* termOf(candle, main, "incoming"), of(3))
  }),

  law("items arrive after one moment and at or before another, each once and in order of id", function* (store) {
    yield* open
    const [first, second, third] = [yield* inDays(1), yield* inDays(2), yield* inDays(3)]
    const milli = { milliseconds: 1 }
    yield* store.stock.setDemand([
      incoming("po-1", [line("1", ribbon, main, 1), line("2", candle, main, 1), line("3", candle, shelf, 1)], first),
      incoming("po-2", [line("1", candle, main, 1)], second),
      incoming("po-3", [line("1", box, main, 1)], third),
      incoming("po-4", [line("1", box, main, 1), line("2", ribbon, main, 1)], null)
    ])
    const between = (after: DateTime.Utc | null, until: DateTime.Utc) => store.stock.arriving(after, until, firstPage)
    assert.deepStrictEqual(yield* between(null, DateTime.subtract(first, milli)), [])
    assert.deepStrictEqual(yield* between(null, first), [candle.id, ribbon.id])
    assert.deepStrictEqual(yield* between(null, second), [candle.id, ribbon.id])
    assert.deepStrictEqual(yield* between(DateTime.subtract(first, milli), second), [candle.id, ribbon.id])
    assert.deepStrictEqual(yield* between(first, second), [candle.id])
    assert.deepStrictEqual(yield* between(first, third), [box.id, candle.id])
    assert.deepStrictEqual(yield* between(third, yield* inDays(900)), [])
    assert.deepStrictEqual(yield* between(second, second), [])
    assert.deepStrictEqual(yield* between(third, first), [])
  }),

  law("items that arrive are given page by page", function* (store) {
    yield* open
    const date = yield* inDays(1)
    const lines = [line("1", ribbon, main, 1), line("2", box, main, 1), line("3", candle, main, 1)]
    yield* store.stock.setDemand([incoming("po", lines, date)])
    const page = (after: ItemId | null, limit: number) => store.stock.arriving(null, date, { after, limit })
    assert.deepStrictEqual(yield* page(null, 2), [box.id, candle.id])
    assert.deepStrictEqual(yield* page(candle.id, 2), [ribbon.id])
    assert.deepStrictEqual(yield* page(ribbon.id, 2), [])
    assert.deepStrictEqual(yield* page(null, 0), [])
    assert.deepStrictEqual(yield* page(null, pageLimitMax + 1), [box.id, candle.id, ribbon.id])
  }),

  law("goods that have expired, and those that have arrived, arrive no more", function* (store) {
    yield* open
    const [date, expired] = [yield* inDays(1), DateTime.add(yield* DateTime.now, { hours: 1 })]
    yield* store.stock.setDemand([
      incoming("po-1", [line("1", candle, main, 1)], date, expired),
      incoming("po-2", [line("1", box, main, 1)], date)
    ])
    const arriving = store.stock.arriving(null, date, firstPage)
    assert.deepStrictEqual(yield* arriving, [box.id, candle.id])
    assert.deepStrictEqual(yield* later("61 minutes", arriving), [box.id])
    yield* store.stock.setDemand([incoming("po-2", [], date)])
    assert.deepStrictEqual(yield* later("61 minutes", arriving), [])
  }),

  law("looking for what arrives marks nothing", function* (store) {
    yield* open
    const date = yield* inDays(1)
    yield* store.stock.setDemand([incoming("po", [line("1", candle, main, 1)], date)])
    yield* clean(shop)
    yield* store.stock.arriving(null, date, firstPage)
    yield* store.stock.snapshot([candle.id], { incomingBy: date })
    assert.deepStrictEqual(yield* dirtyIds(shop), [])
  })
]

/** One source: its lines, and hours from the beginning. */
interface Drawn {
  readonly source: number
  readonly kind: DemandKind
  readonly lines: ReadonlyArray<Omit<DemandLine, "lineId">>
  readonly expectedIn: number | null
  readonly expiresIn: number | null
}

/** Hours are few, so that dates meet each other and the moments that are asked for. */
const hours = fc.integer({ min: -6, max: 12 })

const drawn: fc.Arbitrary<Drawn> = fc.record({
  source: fc.integer({ min: 1, max: 6 }),
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant<DemandKind>("incoming") },
    { weight: 1, arbitrary: fc.constantFrom(...DemandKind.literals) }
  ),
  lines: fc.array(
    fc.record({
      itemId: fc.constantFrom(...stocked),
      locationId: fc.constantFrom(main.id, shelf.id),
      quantity: fc.integer({ min: 1, max: 500_000 }).map((size) => size as Quantity)
    }),
    { maxLength: 4 }
  ),
  expectedIn: fc.option(hours, { freq: 4 }),
  expiresIn: fc.option(fc.integer({ min: 1, max: 12 }), { freq: 2 })
})

interface Scenario {
  readonly demands: ReadonlyArray<Drawn>
  readonly passed: number
  readonly after: number | null
  readonly until: number
  readonly limit: number
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  demands: fc.array(drawn, { maxLength: 10 }),
  passed: fc.integer({ min: 0, max: 12 }),
  after: fc.option(hours),
  until: hours,
  limit: fc.integer({ min: 1, max: 3 })
})

const set = Effect.fnUntraced(function* (start: DateTime.Utc, { source, kind, lines, expectedIn, expiresIn }: Drawn) {
  const { stock } = yield* Store
  const at = (hour: number | null) => (hour === null ? null : DateTime.add(start, { hours: hour }))
  const numbered = lines.map((one, index) => ({ ...one, lineId: String(index) }))
  const name = `source ${source}`
  yield* stock.setDemand([
    kind === "incoming"
      ? incoming(name, numbered, at(expectedIn), at(expiresIn))
      : demand(name, kind, numbered, at(expiresIn))
  ])
})

/** What is incoming by item and place, without what is nothing. */
const sums = (rows: ReadonlyArray<Omit<DemandLine, "lineId">>) => {
  const totals = new Map<string, number>()
  for (const { itemId, locationId, quantity } of rows) {
    const place = `${itemId}@${locationId}`
    totals.set(place, (totals.get(place) ?? 0) + quantity)
  }
  return Object.fromEntries([...totals].filter(([, total]) => total !== 0).sort(([a], [b]) => (a < b ? -1 : 1)))
}

const look = Effect.fnUntraced(function* (
  start: DateTime.Utc,
  { after, until, limit }: Pick<Scenario, "after" | "until" | "limit">
) {
  const { stock } = yield* Store
  const at = (hour: number) => DateTime.add(start, { hours: hour })
  const { positions } = yield* stock.snapshot(stocked, { incomingBy: at(until) })
  const arriving: Array<ItemId> = []
  // One page more than there can be.
  for (let page = 0; page <= stocked.length; page++) {
    const last = arriving.at(-1) ?? null
    arriving.push(...(yield* stock.arriving(after === null ? null : at(after), at(until), { after: last, limit })))
  }
  return { sums: sums(positions.map((position) => ({ ...position, quantity: position.incoming }))), arriving }
})

const agreesWithTheSum = ({ demands, passed, after, until, limit }: Scenario) =>
  Effect.gen(function* () {
    yield* open
    const start = yield* DateTime.now
    for (const one of demands) yield* set(start, one)
    // A source that came twice is what it was the second time.
    const standing = [...new Map(demands.map((one) => [one.source, one])).values()].filter(
      ({ expectedIn, expiresIn, kind }) =>
        kind === "incoming" && expectedIn !== null && expectedIn <= until && (expiresIn === null || expiresIn > passed)
    )
    const inside = standing.filter(({ expectedIn }) => after === null || (expectedIn ?? after) > after)
    const ids = inside.flatMap(({ lines }) => lines.map(({ itemId }) => itemId))
    // Half an hour past the hour, so that no deadline falls on the moment of looking.
    const seen = yield* later(`${passed * 60 + 30} minutes`, look(start, { after, until, limit }))
    assert.deepStrictEqual(seen, {
      sums: sums(standing.flatMap(({ lines }) => lines)),
      arriving: [...new Set(ids)].sort()
    })
  })

/** The law over any demand and any moments. */
export const incomingByAnyMoment: ModelLaw = {
  sentence: "counts of incoming goods what adds up by hand for any moment, and finds those that arrive between any two",
  check: (onEmptyStore, runs) => forAll(scenario, runs, (one) => onEmptyStore(agreesWithTheSum(one)))
}
