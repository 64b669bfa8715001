import { assert, describe, it } from "@effect/vitest"
import * as Listing from "@stockport/core/domain/Listing"
import type { Order } from "@stockport/core/domain/Order"
import { type Quantity, scale } from "@stockport/core/domain/Quantity"
import { Cart, type StockLevelUpdate } from "@stockport/core/ports/Cart"
import * as ScriptedCart from "@stockport/testing/ScriptedCart"
import { DateTime, Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"

const listingOf = (id: string) =>
  Listing.make({
    productId: Listing.ProductId.make(id),
    variantId: null,
    shape: "single",
    goods: "physical",
    sku: id,
    name: id,
    tracking: "product",
    shopBundle: false
  })

const candle = listingOf("p1")

const cartLocationId = ScriptedCart.defaults.locations[0].id

const to = (quantity: number): StockLevelUpdate => ({ listing: candle, cartLocationId, quantity })

const opened = Effect.gen(function* () {
  const cart = yield* Cart
  const { shop, faults, calls } = yield* ScriptedCart.Script
  yield* shop.offer(candle, 10)
  return { cart, shop, faults, calls, level: shop.level(candle.key) }
})

const bought = Effect.fnUntraced(function* (quantity: number) {
  const { shop } = yield* ScriptedCart.Script
  return Option.getOrThrow(yield* shop.buy([{ key: candle.key, quantity }]))
})

const moreOf = (order: Order, count: number): Order => ({
  ...order,
  lines: order.lines.map((line) => ({ ...line, quantity: (line.quantity + count * scale) as Quantity }))
})

const scripted = (settings: Partial<ScriptedCart.Settings> = {}) => Effect.provide(ScriptedCart.layer(settings))

describe("a scripted shop", () => {
  it.effect("takes stock when an order is placed, and moves it with every change, if it is set so", () =>
    Effect.gen(function* () {
      const { shop, level } = yield* opened
      const order = yield* bought(3)
      assert.strictEqual(yield* level, 7)
      yield* shop.edit(order.id, (current) => moreOf(current, 2))
      assert.strictEqual(yield* level, 5)
      yield* shop.refund(order.id, order.lines[0]!.id, 1)
      assert.strictEqual(yield* level, 6)
      yield* shop.cancel(order.id)
      assert.strictEqual(yield* level, 10)
      yield* shop.edit(order.id, (current) => ({ ...current, status: "awaitingFulfilment" }))
      assert.strictEqual(yield* level, 6)
      yield* shop.ship(order.id)
      assert.strictEqual(yield* level, 6)
    }).pipe(scripted())
  )

  it.effect("leaves stock alone after edits and refunds, if it is set so", () =>
    Effect.gen(function* () {
      const { shop, level } = yield* opened
      const order = yield* bought(3)
      yield* shop.edit(order.id, (current) => moreOf(current, 2))
      yield* shop.cancel(order.id)
      assert.strictEqual(yield* level, 7)
    }).pipe(scripted({ stockFollowsEdits: false, stockFollowsRefunds: false }))
  )

  it.effect("takes stock when parcels leave, if it is set so", () =>
    Effect.gen(function* () {
      const { shop, level } = yield* opened
      const order = yield* bought(3)
      assert.strictEqual(yield* level, 10)
      yield* shop.ship(order.id)
      assert.strictEqual(yield* level, 7)
    }).pipe(scripted({ stockMoves: "atShipment" }))
  )

  it.effect("sells no more than it shows", () =>
    Effect.gen(function* () {
      const { shop } = yield* opened
      yield* bought(8)
      const refused = yield* shop.buy([
        { key: candle.key, quantity: 1 },
        { key: candle.key, quantity: 2 }
      ])
      assert.isTrue(Option.isNone(refused))
      assert.strictEqual((yield* shop.orders).length, 1)
    }).pipe(scripted())
  )

  it.effect("lets an accepted level take effect after its delay, over whatever was sold in between", () =>
    Effect.gen(function* () {
      const { cart, shop, level } = yield* opened
      yield* cart.setStockLevels([to(50)])
      assert.strictEqual(yield* level, 10)
      yield* bought(4)
      assert.strictEqual(yield* shop.unsettled, 1)
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* level, 50)
      assert.strictEqual(yield* shop.unsettled, 0)
    }).pipe(scripted({ writeDelayMillis: 5_000 }))
  )
})

describe("an injected fault", () => {
  it.effect("fails a call before the deed, or after it", () =>
    Effect.gen(function* () {
      const { cart, faults, level } = yield* opened
      yield* faults.inject(
        "setStockLevels",
        { _tag: "FailBefore", reason: ScriptedCart.unreachable },
        { _tag: "FailAfter", reason: ScriptedCart.timedOut }
      )
      yield* Effect.flip(cart.setStockLevels([to(20)]))
      assert.strictEqual(yield* level, 10)
      yield* Effect.flip(cart.setStockLevels([to(30)]))
      assert.strictEqual(yield* level, 30)
      yield* cart.setStockLevels([to(40)])
      assert.strictEqual(yield* level, 40)
    }).pipe(scripted())
  )

  it.effect("answers with what stood there a while ago", () =>
    Effect.gen(function* () {
      const { cart, faults } = yield* opened
      yield* TestClock.adjust("1 minute")
      const order = yield* bought(3)
      yield* TestClock.adjust("1 minute")
      const stale = { _tag: "Stale", millis: 90_000 } as const
      yield* faults.inject("orders", stale)
      yield* faults.inject("stockLevels", stale)
      const query = { _tag: "ModifiedSince", instant: DateTime.makeUnsafe(0) } as const
      assert.deepStrictEqual(yield* Stream.runCollect(cart.orders(query)), [])
      assert.deepStrictEqual(
        (yield* Stream.runCollect(cart.orders(query))).map(({ id }) => id),
        [order.id]
      )
      const levels = yield* Stream.runCollect(cart.stockLevels("all"))
      assert.deepStrictEqual(
        levels.map(({ onHand }) => onHand),
        [10]
      )
    }).pipe(scripted())
  )

  it.effect("breaks a reading off between two pages, doubles a page, or shuffles them", () =>
    Effect.gen(function* () {
      const { cart, shop, faults } = yield* opened
      const rows = ["p2", "p3", "p4", "p5"].map(listingOf)
      yield* Effect.forEach(rows, (row) => shop.offer(row))
      const ids = Stream.runCollect(Stream.map(cart.listings, ({ productId }) => String(productId)))
      yield* faults.inject("listings", { _tag: "BreakAtPage", page: 1, reason: ScriptedCart.unreachable })
      assert.strictEqual((yield* Effect.flip(ids)).operation, "listings")
      yield* faults.inject("listings", { _tag: "DuplicatePage", page: 0 })
      assert.deepStrictEqual(yield* ids, ["p1", "p2", "p1", "p2", "p3", "p4", "p5"])
      yield* faults.inject("listings", { _tag: "ReorderPages" })
      assert.deepStrictEqual(yield* ids, ["p5", "p3", "p4", "p1", "p2"])
    }).pipe(scripted({ pageSize: 2 }))
  )

  it.effect("uses up the quota, and says when it is whole again", () =>
    Effect.gen(function* () {
      const { cart, calls } = yield* opened
      yield* cart.describe
      yield* cart.describe
      const error = yield* Effect.flip(cart.describe)
      assert.isTrue(error.retryable)
      assert.deepInclude(error.reason, { _tag: "RateLimited", retryAfterMillis: 30_000 })
      yield* TestClock.adjust("30 seconds")
      yield* cart.describe
      assert.deepStrictEqual(
        (yield* calls).map(({ operation }) => operation),
        ["describe", "describe", "describe", "describe"]
      )
    }).pipe(scripted({ quota: { calls: 2, windowMillis: 30_000 } }))
  )
})
