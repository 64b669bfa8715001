/**
 * Who holds the units of an item: its demand, source by source.
 */
import { assert } from "@effect/vitest"
import { of } from "@stockport/core/domain/Quantity"
import { DateTime, Effect } from "effect"
import { box, candle, demand, line, main, movement, open, shelf, termOf } from "./Fixture.ts"
import { later, type Law, law } from "./Law.ts"

const sourcesOf = (rows: ReadonlyArray<{ readonly source: string }>) => rows.map(({ source }) => source)

/** The laws of `stock.demandOf`. */
export const demandByItem: ReadonlyArray<Law> = [
  law("the demand for an item is found by source and location, lines of one source added up", function* (store) {
    yield* open
    yield* store.stock.setDemand([
      demand("sale:2", "salesOrder", [
        line("1", candle, main, 2),
        line("2", box, main, 9),
        line("3", candle, main, "0.5"),
        line("4", candle, shelf, 1)
      ]),
      demand("sale:1", "softHold", [line("1", candle, main, 3)])
    ])
    const rows = yield* store.stock.demandOf([candle.id], 10)
    assert.deepStrictEqual(
      rows.map(({ kind, locationId, quantity, source }) => [source, kind, locationId, quantity]),
      [
        ["sale:1", "softHold", main.id, of(3)],
        ["sale:2", "salesOrder", main.id, of("2.5")],
        ["sale:2", "salesOrder", shelf.id, of(1)]
      ] as ReadonlyArray<ReadonlyArray<unknown>>
    )
    assert.deepStrictEqual(
      (yield* store.stock.demandOf([box.id], 10)).map(({ source }) => String(source)),
      ["sale:2"]
    )
    assert.deepStrictEqual(yield* store.stock.demandOf([], 10), [])
  }),

  law("one line of a source may take of one item at several locations", function* (store) {
    yield* open
    const places = [line("1", candle, main, 2), line("1", candle, shelf, 1), line("1", box, main, 1)]
    yield* store.stock.setDemand([demand("sale:1", "salesOrder", places)])
    const taken = Effect.all([termOf(candle, main, "salesOrders"), termOf(candle, shelf, "salesOrders")])
    assert.deepStrictEqual(yield* taken, [of(2), of(1)])
    yield* store.stock.setDemand([demand("sale:1", "salesOrder", places.slice(1))])
    assert.deepStrictEqual(yield* taken, [of(0), of(1)])
  }),

  law("of each item at most so many rows are given, the first by source", function* (store) {
    yield* open
    const sources = ["s3", "s1", "s2"]
    yield* store.stock.setDemand(
      sources.map((source) => demand(source, "salesOrder", [line("1", candle, main, 1), line("2", box, main, 1)]))
    )
    const rows = yield* store.stock.demandOf([candle.id, box.id], 2)
    for (const { id } of [candle, box]) {
      const ofItem = rows.filter(({ itemId }) => itemId === id).map(({ source }) => String(source))
      assert.deepStrictEqual(ofItem, ["s1", "s2"])
    }
  }),

  law("demand that has ended, was replaced or has expired is held by nobody", function* (store) {
    yield* open
    const soon = DateTime.add(yield* DateTime.now, { minutes: 10 })
    yield* store.stock.record([movement("r1", candle, main, 9)])
    yield* store.stock.setDemand([
      demand("ended", "salesOrder", [line("1", candle, main, 1)]),
      demand("replaced", "salesOrder", [line("1", candle, main, 1)]),
      demand("expiring", "stockHold", [line("1", candle, main, 1)], soon)
    ])
    yield* store.stock.reserve({ key: "k", lines: [line("1", candle, main, 1)], expiresAt: null })
    yield* store.stock.setDemand([
      demand("ended", "salesOrder", []),
      demand("replaced", "salesOrder", [line("1", box, main, 1)])
    ])
    assert.deepStrictEqual(sourcesOf(yield* store.stock.demandOf([candle.id], 10)), ["expiring", "reservation:k"])
    assert.deepStrictEqual(sourcesOf(yield* later("11 minutes", store.stock.demandOf([candle.id], 10))), [
      "reservation:k"
    ])
  })
]
