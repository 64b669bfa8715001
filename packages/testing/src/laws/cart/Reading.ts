/**
 * `listings`, `orders` and `stockLevels` end, and give every row at least once.
 */
import { assert } from "@effect/vitest"
import { keyOf, type ListingKey } from "@stockport/core/domain/Listing"
import { OrderId, type OrderStatus } from "@stockport/core/domain/Order"
import { of } from "@stockport/core/domain/Quantity"
import { isUnreadable } from "@stockport/core/ports/Cart"
import { DateTime, Effect, Option, Stream } from "effect"
import { CartWorld } from "../CartWorld.ts"
import { type CartLaw, collected, law, listingsOf, orderOf, products, readable, thisSecond } from "./Law.ts"

const placeMany = Effect.fnUntraced(function* (key: ListingKey, count: number) {
  const world = yield* CartWorld
  return yield* Effect.forEach(Array.from({ length: count }), () =>
    world.place([{ key, quantity: 1 }], "awaitingFulfilment")
  )
})

const open: ReadonlyArray<OrderStatus> = ["awaitingFulfilment"]

/** Whether an unreadable row's id is a listing's, or its product's. */
const isOf = (key: ListingKey, id: string | null): boolean => id !== null && (key === id || key.startsWith(`${id}/`))

/** The laws of `describe` and `listings`. */
export const catalogue: ReadonlyArray<CartLaw> = [
  law("a shop says what it is: its locations, one of them the default, and its currency", function* (cart) {
    const description = yield* cart.describe
    assert.isNotEmpty(description.id)
    assert.strictEqual(description.locations.filter(({ isDefault }) => isDefault).length, 1)
    assert.include(description.currencies, description.currency)
    assert.isAbove(cart.capabilities.stockLevelsPerRequest, 0)
  }),

  law(
    "every product of the catalogue is listed, over all pages, each under a key of its own",
    function* (cart, world, { rows }) {
      const keys = yield* world.offer(products(rows))
      const listed = (yield* readable(cart.listings)).map(({ key }) => key)
      assert.strictEqual(new Set(keys).size, rows)
      assert.includeMembers(listed, [...keys])
    }
  ),

  law("a listing keeps its key and its SKU letter by letter, blank ones too", function* (_cart, world) {
    const skus = ["ABC-1", "abc-1", "0123", "a b/c", "ÄÖ-1"]
    const keys = yield* world.offer([...skus, ""].map((sku) => ({ sku, level: 1 })))
    const first = yield* listingsOf(keys)
    assert.deepStrictEqual(
      first.map(({ sku }) => sku),
      [...skus, ""]
    )
    assert.deepStrictEqual(yield* listingsOf(keys), first)
    for (const { key, productId, variantId } of first) assert.strictEqual(key, keyOf(productId, variantId))
  }),

  law("a listing says whether the shop counts its stock", function* (_cart, world) {
    const keys = yield* world.offer([
      { sku: "COUNTED", level: 3 },
      { sku: "UNCOUNTED", level: null }
    ])
    const [counted, uncounted] = yield* listingsOf(keys)
    assert.notStrictEqual(counted?.tracking, "none")
    assert.strictEqual(uncounted?.tracking, "none")
  }),

  law(
    "a listing that cannot be read is said to be there, and takes no other with it",
    function* (cart, world, { rows }) {
      if (world.garble === undefined) return
      const keys = yield* world.offer(products(rows))
      const garbled = keys[Math.floor(rows / 2)]
      if (garbled === undefined) return
      yield* world.garble(garbled)
      const listed = yield* collected(cart.listings)
      const unread = listed.filter(isUnreadable)
      assert.isTrue(unread.length > 0 && unread.every(({ id, what }) => what === "listing" && isOf(garbled, id)))
      const read = new Set(listed.flatMap((row) => (isUnreadable(row) ? [] : [row.key])))
      for (const key of keys) assert.strictEqual(read.has(key), key !== garbled, key)
    }
  ),

  law("a product that is gone is listed no more", function* (cart, world) {
    const [gone, kept] = yield* world.offer(products(2))
    if (gone === undefined || kept === undefined) return
    yield* world.withdraw(gone)
    const listed = (yield* readable(cart.listings)).map(({ key }) => key)
    assert.include(listed, kept)
    assert.notInclude(listed, gone)
  })
]

/** The laws of `orders` and `order`. */
export const orderLaws: ReadonlyArray<CartLaw> = [
  law("every order that changed at or after an instant is read, over all pages", function* (cart, world, { rows }) {
    const [key] = yield* world.offer([{ sku: "SOLD", level: rows * 2 }])
    if (key === undefined) return
    const early = yield* placeMany(key, 2)
    yield* world.wait("1 minute")
    const instant = yield* thisSecond
    const late = yield* placeMany(key, rows)
    const [touched] = early
    if (touched !== undefined) yield* world.touch(touched)
    const found = yield* readable(cart.orders({ _tag: "ModifiedSince", instant }))
    const ids = found.map(({ id }) => id)
    assert.includeMembers(ids, [...late, ...early.slice(0, 1)])
    for (const order of found)
      assert.isFalse(DateTime.isLessThan(order.modifiedAt, DateTime.subtract(instant, { seconds: 1 })))
  }),

  law("every order of the backlog in the wanted statuses is read, and no other", function* (cart, world, { rows }) {
    const [key] = yield* world.offer([{ sku: "SOLD", level: rows * 2 }])
    if (key === undefined) return
    const open = yield* placeMany(key, rows)
    const unpaid = yield* world.place([{ key, quantity: 1 }], "awaitingPayment")
    const cancelled = yield* world.place([{ key, quantity: 1 }], "awaitingFulfilment")
    yield* world.cancel(cancelled)
    const statuses: ReadonlyArray<OrderStatus> = ["awaitingFulfilment"]
    const found = (yield* readable(cart.orders({ _tag: "Backlog", statuses }))).map(({ id }) => id)
    assert.includeMembers(found, [...open])
    assert.notInclude(found, unpaid)
    assert.notInclude(found, cancelled)
  }),

  law(
    "orders that change while they are read are not lost, nor do they push others out",
    function* (cart, world, { rows }) {
      const [key] = yield* world.offer([{ sku: "SOLD", level: rows * 2 }])
      if (key === undefined) return
      const instant = yield* thisSecond
      const ids = yield* placeMany(key, rows)
      yield* world.wait("2 seconds")
      const [first, ...others] = ids
      let changed = false
      const reading = cart.orders({ _tag: "ModifiedSince", instant }).pipe(
        Stream.tap(() => {
          if (changed) return Effect.void
          changed = true
          return Effect.forEach([first, ...others.slice(0, 2)], (id) =>
            id === undefined ? Effect.void : world.touch(id)
          )
        })
      )
      const found = (yield* readable(reading)).map(({ id }) => id)
      assert.includeMembers(found, [...ids])
    }
  ),

  law("an order is a snapshot of how it stands now", function* (_cart, world) {
    const keys = yield* world.offer(products(2).map((product) => ({ ...product, level: 9 })))
    const [candle, box] = keys
    if (candle === undefined || box === undefined) return
    const lines = [
      { key: candle, quantity: 2 },
      { key: box, quantity: 1 }
    ]
    const id = yield* world.place(lines, "awaitingFulfilment")
    const placed = yield* orderOf(id)
    assert.strictEqual(placed.status, "awaitingFulfilment")
    const sold = placed.lines.map(({ productId, variantId, quantity }) => ({
      key: productId === null ? null : keyOf(productId, variantId),
      quantity
    }))
    assert.sameDeepMembers(sold, [
      { key: candle, quantity: of(2) },
      { key: box, quantity: of(1) }
    ])
    yield* world.wait("2 seconds")
    yield* world.cancel(id)
    const cancelled = yield* orderOf(id)
    assert.strictEqual(cancelled.status, "cancelled")
    assert.isTrue(DateTime.isGreaterThan(cancelled.modifiedAt, placed.modifiedAt))
    assert.isTrue(DateTime.Equivalence(cancelled.placedAt, placed.placedAt))
    assert.deepStrictEqual(
      cancelled.lines.map((line) => line.id),
      placed.lines.map((line) => line.id)
    )
  }),

  law(
    "an order that cannot be read carries its id and what it may have sold, and takes no other with it",
    function* (cart, world, { rows }) {
      if (world.garble === undefined) return
      const [key] = yield* world.offer([{ sku: "SOLD", level: rows * 2 }])
      if (key === undefined) return
      const instant = yield* thisSecond
      const ids = yield* placeMany(key, rows)
      const garbled = ids[Math.floor(rows / 2)]
      if (garbled === undefined) return
      yield* world.garble(garbled)
      const queries = [{ _tag: "ModifiedSince", instant } as const, { _tag: "Backlog", statuses: open } as const]
      for (const query of queries) {
        const found = yield* collected(cart.orders(query))
        assert.includeMembers(
          found.map(({ id }) => id),
          [...ids]
        )
        for (const row of found) assert.strictEqual(isUnreadable(row), row.id === garbled, String(row.id))
      }
      const one = Option.getOrThrow(yield* cart.order(garbled))
      assert.isTrue(isUnreadable(one))
      assert.deepStrictEqual(
        one.lines.map(({ quantity }): unknown => quantity),
        [of(1)]
      )
    }
  ),

  law("an order that the shop does not know is none", function* (cart) {
    assert.deepStrictEqual(yield* cart.order(OrderId.make("987654321")), Option.none())
  })
]

/** The laws of `stockLevels`. */
export const levelLaws: ReadonlyArray<CartLaw> = [
  law("the shop says what it has of every listing that it counts, over all pages", function* (cart, world, { rows }) {
    const keys = yield* world.offer(products(rows))
    const [uncounted] = yield* world.offer([{ sku: "UNCOUNTED", level: null }])
    const levels = yield* readable(cart.stockLevels("all"))
    const shown = new Map(levels.map(({ key, onHand }) => [key, onHand]))
    assert.deepStrictEqual(
      keys.map((key) => shown.get(key)),
      products(rows).map(({ level }) => level)
    )
    assert.isFalse(uncounted !== undefined && shown.has(uncounted))
  }),

  law("what the shop keeps back does not change what it says to have", function* (cart, world) {
    if (world.keepBack === undefined) return
    const [key] = yield* world.offer([{ sku: "KEPT", level: 9 }])
    if (key === undefined) return
    yield* world.keepBack(key, 4)
    const [listing] = yield* listingsOf([key])
    const { locations } = yield* cart.describe
    const place = locations.find(({ isDefault }) => isDefault)
    if (listing === undefined || place === undefined) assert.fail("the listing has no place")
    yield* cart.setStockLevels([{ listing, cartLocationId: place.id, quantity: 7 }])
    assert.strictEqual(yield* world.level(key), 7)
    const levels = yield* readable(cart.stockLevels([listing]))
    const level = levels.find(({ cartLocationId }) => cartLocationId === place.id)
    assert.strictEqual(level?.onHand, 7)
    assert.strictEqual(level?.availableToSell, 3)
    assert.strictEqual(level?.safetyStock, 4)
  }),

  law("asked for some listings, the shop says what it has of these", function* (cart, world) {
    const keys = yield* world.offer(products(5))
    const wanted = yield* listingsOf(keys.slice(1, 3))
    const levels = yield* readable(cart.stockLevels(wanted))
    assert.sameMembers(
      [...new Set(levels.map(({ key }) => key))],
      wanted.map(({ key }) => key)
    )
    assert.deepStrictEqual(yield* readable(cart.stockLevels([])), [])
  })
]
