/**
 * Every write that touches an item's availability marks it dirty for every enabled connection, and a mark is cleared only
 * under the version it was read with.
 */
import { assert } from "@effect/vitest"
import { of } from "@stockport/core/domain/Quantity"
import type { Store } from "@stockport/core/ports/Store"
import type { Effect } from "effect"
import {
  box,
  candle,
  clean,
  closedShop,
  demand,
  dirtyIds,
  dirtyMax,
  gift,
  hamper,
  line,
  linkOf,
  main,
  movement,
  open,
  ribbon,
  shelf,
  shop,
  web
} from "./Fixture.ts"
import { type Law, law } from "./Law.ts"

const marksAfter = (
  sentence: string,
  write: (store: Store["Service"]) => Effect.Effect<unknown, unknown, Store>,
  expected: ReadonlyArray<{ readonly id: string }>
): Law =>
  law(sentence, function* (store) {
    yield* open
    yield* store.stock.record([movement("r0", candle, main, 5), movement("r1", candle, shelf, 5)])
    yield* store.stock.setDemand([demand("old", "salesOrder", [line("1", box, main, 1)])])
    yield* clean(shop)
    yield* write(store)
    assert.deepStrictEqual(yield* dirtyIds(shop), expected.map(({ id }) => id).sort())
  })

/** The laws of dirty marks. */
export const dirtyMarks: ReadonlyArray<Law> = [
  marksAfter("a movement marks its item", (store) => store.stock.record([movement("r9", ribbon, main, 1)]), [ribbon]),
  marksAfter(
    "a count marks its item",
    (store) => store.stock.count("c1", [{ itemId: candle.id, locationId: main.id, counted: of(1) }]),
    [candle]
  ),
  marksAfter(
    "demand marks the items that it names and the items that it named before",
    (store) => store.stock.setDemand([demand("old", "salesOrder", [line("1", ribbon, main, 1)])]),
    [box, ribbon]
  ),
  marksAfter(
    "a reservation marks its items",
    (store) => store.stock.reserve({ key: "k1", lines: [line("1", candle, main, 1)], expiresAt: null }),
    [candle]
  ),
  marksAfter(
    "a refused reservation marks nothing",
    (store) => store.stock.reserve({ key: "k1", lines: [line("1", candle, main, 99)], expiresAt: null }),
    []
  ),
  marksAfter(
    "a saved item marks itself and the kits above it",
    (store) => store.items.save([{ ...box, sku: "BOX-2" }]),
    [box, gift, hamper]
  ),
  marksAfter(
    "a location that is not nettable any more marks every item that has a position there",
    (store) => store.stock.saveLocations([{ ...shelf, nettable: false }]),
    [candle]
  ),
  marksAfter("a link marks its item", (store) => store.links.save([linkOf(gift, "p-gift")]), [gift]),

  law("a disabled connection gets no marks for what moves; enabling it marks all its linked items", function* (store) {
    yield* open
    yield* store.links.save([linkOf(candle, "p-candle", closedShop), linkOf(gift, "p-gift", closedShop)])
    yield* clean(closedShop)
    yield* store.stock.record([movement("r1", box, main, 1)])
    assert.deepStrictEqual(yield* dirtyIds(closedShop), [])
    yield* store.connections.save({ ...closedShop, enabled: true })
    assert.deepStrictEqual(yield* dirtyIds(closedShop), [candle.id, gift.id])
  }),

  law("another policy marks all linked items of its connection, and of no other", function* (store) {
    yield* open
    yield* store.connections.save({ ...closedShop, enabled: true })
    yield* store.links.save([linkOf(candle, "p-candle"), linkOf(box, "p-box", closedShop)])
    yield* clean(shop)
    yield* clean(closedShop)
    const publishing = { ...shop.policy.publishing, buffer: 2 }
    yield* store.connections.save({ ...shop, policy: { ...shop.policy, publishing } })
    assert.deepStrictEqual(yield* dirtyIds(shop), [candle.id])
    assert.deepStrictEqual(yield* dirtyIds(closedShop), [])
  }),

  law("other feeding locations of a channel mark all linked items of its connections", function* (store) {
    yield* open
    yield* store.links.save([linkOf(candle, "p-candle")])
    yield* clean(shop)
    yield* store.connections.saveChannel({ ...web, locations: [main.id] })
    assert.deepStrictEqual(yield* dirtyIds(shop), [candle.id])
  }),

  law("items can be marked by hand, some or all linked ones", function* (store) {
    yield* open
    yield* store.links.save([linkOf(candle, "p-candle"), linkOf(gift, "p-gift")])
    yield* clean(shop)
    yield* store.publications.mark(shop.id, [box.id])
    assert.deepStrictEqual(yield* dirtyIds(shop), [box.id])
    yield* clean(shop)
    yield* store.publications.mark(shop.id, "all")
    assert.deepStrictEqual(yield* dirtyIds(shop), [candle.id, gift.id])
  }),

  law("a mark to be resent stays one through other changes, until it is cleared", function* (store) {
    yield* open
    yield* store.links.save([linkOf(candle, "p-candle")])
    yield* clean(shop)
    yield* store.publications.mark(shop.id, [candle.id, box.id], true)
    yield* store.publications.mark(shop.id, [candle.id])
    yield* store.stock.record([movement("r9", candle, main, 1), movement("r10", ribbon, main, 1)])
    const marks = yield* store.publications.dirty(shop.id, dirtyMax)
    assert.deepStrictEqual(
      marks.map(({ itemId, resend }) => `${itemId} ${resend}`).sort(),
      [`${candle.id} true`, `${box.id} true`, `${ribbon.id} false`].sort()
    )
    yield* store.publications.record(shop.id, [], marks)
    yield* store.publications.mark(shop.id, [candle.id])
    const [again] = yield* store.publications.dirty(shop.id, dirtyMax)
    assert.strictEqual(again?.resend, false)
  }),

  law("enabling a connection again has its linked items resent", function* (store) {
    yield* open
    yield* store.links.save([linkOf(candle, "p-candle")])
    yield* clean(shop)
    yield* store.connections.save({ ...shop, enabled: false })
    yield* store.connections.save(shop)
    const marks = yield* store.publications.dirty(shop.id, dirtyMax)
    assert.deepStrictEqual(
      marks.map(({ itemId, resend }) => [itemId, resend]),
      [[candle.id, true]]
    )
  }),

  law("a mark carries a version that grows with every change", function* (store) {
    yield* open
    yield* clean(shop)
    yield* store.stock.record([movement("r1", candle, main, 1)])
    const [first] = yield* store.publications.dirty(shop.id, dirtyMax)
    yield* store.stock.record([movement("r2", candle, main, 1)])
    const [second] = yield* store.publications.dirty(shop.id, dirtyMax)
    yield* store.publications.mark(shop.id, [candle.id])
    const [third] = yield* store.publications.dirty(shop.id, dirtyMax)
    assert.isAbove(second?.version ?? 0, first?.version ?? Infinity)
    assert.isAbove(third?.version ?? 0, second?.version ?? Infinity)
  }),

  law("a mark is kept when its item was marked again since it was read", function* (store) {
    yield* open
    yield* clean(shop)
    yield* store.stock.record([movement("r1", candle, main, 1), movement("r2", box, main, 1)])
    const read = yield* store.publications.dirty(shop.id, dirtyMax)
    yield* store.stock.record([movement("r3", candle, main, 1)])
    yield* store.publications.record(shop.id, [], read)
    assert.deepStrictEqual(yield* dirtyIds(shop), [candle.id])
    yield* clean(shop)
    assert.deepStrictEqual(yield* dirtyIds(shop), [])
  }),

  law("clearing the marks of one connection leaves the other's", function* (store) {
    yield* open
    yield* store.connections.save({ ...closedShop, enabled: true })
    yield* clean(shop)
    yield* clean(closedShop)
    yield* store.stock.record([movement("r1", candle, main, 1)])
    yield* clean(shop)
    assert.deepStrictEqual(yield* dirtyIds(closedShop), [candle.id])
  }),

  law("marks are taken in small portions until none is left, however often one item is marked", function* (store) {
    yield* open
    yield* clean(shop)
    yield* store.stock.record([movement("a", box, main, 1), movement("b", ribbon, main, 1)])
    const seen = new Set<string>()
    for (let round = 0; round < 3; round++) {
      yield* store.stock.record([movement(`busy ${round}`, candle, main, 1)])
      const portion = yield* store.publications.dirty(shop.id, 1)
      assert.isAtMost(portion.length, 1)
      for (const { itemId } of portion) seen.add(itemId)
      yield* store.publications.record(shop.id, [], portion)
    }
    assert.isTrue(seen.has(box.id) && seen.has(ribbon.id), "the oldest marks come first")
  })
]
