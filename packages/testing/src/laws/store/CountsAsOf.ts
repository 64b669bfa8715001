/**
 * A count speaks for its moment: what moved before it, by its own date, changes nothing of it, whenever that is learned.
 */
import { assert } from "@effect/vitest"
import type { Movement } from "@stockport/core/domain/Movement"
import { max, of } from "@stockport/core/domain/Quantity"
import { DateTime, Duration, Effect } from "effect"
import { box, candle, clean, dirtyIds, main, movement, open, shelf, shop, termOf } from "./Fixture.ts"
import { type Law, law, refused } from "./Law.ts"

const counted = (quantity: number, item = candle, location = main) => [
  { itemId: item.id, locationId: location.id, counted: of(quantity) }
]

/** A document with one movement, dated. */
const moved = (key: string, quantity: number, at: DateTime.Utc, kind: Movement["kind"] = "shipment") => {
  const { movements } = movement(key, candle, main, quantity, kind)
  return { key, movements: movements.map((each) => ({ ...each, at })) }
}

const hoursAgo = (hours: number) => Effect.map(DateTime.now, DateTime.subtractDuration(Duration.hours(hours)))

/** The laws of counts as of a moment. */
export const countsAsOf: ReadonlyArray<Law> = [
  law("what left before a count and is learned after it takes nothing off what was counted (N37)", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 10)])
    yield* store.stock.count("c1", counted(7), { asOf: yield* hoursAgo(1) })
    yield* store.stock.record([moved("s1", -3, yield* hoursAgo(2))])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(17), "the ten came in after the count")
    yield* store.stock.count("c2", counted(7))
    yield* store.stock.record([moved("s2", -3, yield* hoursAgo(1))])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(7))
  }),

  law(
    "what left after the moment of a count is taken off it, also when the count comes later (N37)",
    function* (store) {
      yield* open
      yield* store.stock.record([moved("r1", 10, yield* hoursAgo(5), "receipt"), moved("s1", -3, yield* hoursAgo(2))])
      yield* store.stock.count("c1", counted(10), { asOf: yield* hoursAgo(3) })
      assert.strictEqual(yield* termOf(candle, main, "onHand"), of(7))
    }
  ),

  law("what moved at the very moment of a count has moved after it", function* (store) {
    yield* open
    const noon = yield* hoursAgo(3)
    yield* store.stock.record([moved("s1", -1, noon)])
    yield* store.stock.count("c1", counted(10), { asOf: noon })
    yield* store.stock.record([moved("s2", -2, noon)])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(7))
  }),

  law(
    "a count as of an earlier moment than another changes nothing, of two as of the same the last stands",
    function* (store) {
      yield* open
      yield* store.stock.count("c1", counted(10), { asOf: yield* hoursAgo(2) })
      yield* store.stock.count("c2", counted(3), { asOf: yield* hoursAgo(4) })
      yield* store.stock.record([moved("s1", -1, yield* hoursAgo(3))])
      assert.strictEqual(yield* termOf(candle, main, "onHand"), of(10))
      const noon = yield* hoursAgo(1)
      yield* store.stock.count("c3", counted(8), { asOf: noon })
      yield* store.stock.count("c4", counted(9), { asOf: noon })
      assert.strictEqual(yield* termOf(candle, main, "onHand"), of(9))
    }
  ),

  law("a count as of a moment is booked once per key", function* (store) {
    yield* open
    yield* store.stock.count("c1", counted(10), { asOf: yield* hoursAgo(2) })
    yield* store.stock.record([moved("s1", -2, yield* hoursAgo(1))])
    yield* store.stock.count("c1", counted(10), { asOf: yield* hoursAgo(0) })
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(8))
  }),

  law("counts of one place say nothing about another", function* (store) {
    yield* open
    yield* store.stock.count("c1", [...counted(5), ...counted(5, box)])
    yield* store.stock.record([moved("s1", -1, yield* hoursAgo(1))])
    yield* store.stock.record([{ ...movement("r1", candle, shelf, 4) }])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(5))
    assert.strictEqual(yield* termOf(candle, shelf, "onHand"), of(4))
    assert.strictEqual(yield* termOf(box, main, "onHand"), of(5))
  }),

  law("nothing has moved later than it was told: a date to come is now", function* (store) {
    yield* open
    yield* store.stock.record([moved("s1", -3, DateTime.makeUnsafe("2999-01-01T00:00:00Z"))])
    yield* store.stock.count("c1", counted(7))
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(7))
    yield* store.stock.count("c2", counted(6), { asOf: DateTime.makeUnsafe("2999-01-01T00:00:00Z") })
    yield* store.stock.record([movement("s2", candle, main, -1, "shipment")])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(5))
  }),

  law("a document of which a part had moved before a count is booked in its other part", function* (store) {
    yield* open
    yield* store.stock.count("c1", counted(7), { asOf: yield* hoursAgo(2) })
    const before = moved("", -3, yield* hoursAgo(3)).movements
    const after = moved("", -1, yield* hoursAgo(1)).movements
    yield* store.stock.record([{ key: "s1", movements: [...before, ...after, ...before] }])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(6))
  }),

  law("a movement that was counted already has still moved the item, and its numbers are looked at", function* (store) {
    yield* open
    yield* store.stock.count("c1", counted(7))
    yield* clean(shop)
    yield* store.stock.record([moved("s1", -3, yield* hoursAgo(3))])
    assert.deepStrictEqual(yield* dirtyIds(shop), [candle.id])
    assert.isTrue((yield* store.stock.snapshot([candle.id])).moved.has(candle.id))
  }),

  law("what has moved since is added within the range of quantities, or the count is refused", function* (store) {
    yield* open
    const at = yield* hoursAgo(1)
    yield* store.stock.record([moved("r1", 5, at, "receipt")])
    const most = [{ itemId: candle.id, locationId: main.id, counted: max as ReturnType<typeof of> }]
    yield* refused(store.stock.count("c1", most, { asOf: yield* hoursAgo(2) }), "Invalid")
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(5))
  }),

  law("half a transfer is refused by name, with everything that came with it", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 10)])
    const half = yield* refused(store.stock.record([movement("t1", candle, main, -4, "transfer")]), "Invalid")
    assert.strictEqual(half.field, "movements")
    assert.include(half.value, "-4 of candle")
    const parts = [movement("", candle, main, -4, "transfer"), movement("", candle, shelf, 3, "transfer")]
    const uneven = { key: "t2", movements: parts.flatMap(({ movements }) => movements) }
    yield* refused(store.stock.record([movement("r2", box, main, 1), uneven]), "Invalid")
    const crossed = [movement("", candle, main, -4, "transfer"), movement("", box, shelf, 4, "transfer")]
    yield* refused(
      store.stock.record([{ key: "t3", movements: crossed.flatMap(({ movements }) => movements) }]),
      "Invalid"
    )
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(10))
    assert.strictEqual(yield* termOf(box, main, "onHand"), of(0))
  })
]
