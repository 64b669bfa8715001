import { assert, describe, it } from "@effect/vitest"
import * as Listing from "@stockport/core/domain/Listing"
import type { Order } from "@stockport/core/domain/Order"
import { type Quantity, scale } from "@stockport/core/domain/Quantity"
import { Cart, isUnreadable, type StockLevelUpdate } from "@stockport/core/ports/Cart"
import { Lease, LeaseLost } from "@stockport/core/ports/Lease"
import * as ScriptedCart from "@stockport/testing/ScriptedCart"
import { DateTime, Duration, Effect, Option, Stream } from "effect"
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
        levels.map((level) => !isUnreadable(level) && level.onHand),
        [10]
      )
    }).pipe(scripted())
  )

  it.effect("breaks a reading off between two pages, doubles a page, or shuffles them", () =>
    Effect.gen(function* () {
      const { cart, shop, faults } = yield* opened
      const rows = ["p2", "p3", "p4", "p5"].map(listingOf)
      yield* Effect.forEach(rows, (row) => shop.offer(row))
      const ids = Stream.runCollect(Stream.map(cart.listings, (row) => (isUnreadable(row) ? row.id : row.productId)))
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

const at = (iso: string) => DateTime.makeUnsafe(iso)

const historiesOf = (order: Option.Option<Order>) =>
  Option.getOrThrow(order).lines.map(({ refunds = [], shipments = [] }) => ({
    shipments: shipments.map(({ at: when, quantity }) => [DateTime.toEpochMillis(when), quantity / scale]),
    refunds: refunds.map(({ at: when, quantity }) => [DateTime.toEpochMillis(when), quantity / scale])
  }))

describe("the histories of a scripted shop", () => {
  it.effect("date whatever was shipped and refunded by when it happened", () =>
    Effect.gen(function* () {
      const { cart, shop } = yield* opened
      const order = yield* bought(5)
      const [line] = order.lines
      yield* TestClock.adjust("1 minute")
      yield* shop.refund(order.id, line!.id, 1)
      yield* TestClock.adjust("1 minute")
      yield* cart.recordShipment({
        key: "parcel",
        orderId: order.id,
        consignmentId: ScriptedCart.consignmentId,
        lines: [{ lineId: line!.id, quantity: 2 }],
        carrier: "",
        trackingNumber: "",
        trackingLink: "",
        comments: ""
      })
      yield* TestClock.adjust("1 minute")
      yield* shop.ship(order.id)
      const found = yield* shop.order(order.id)
      const shipments = [
        [120_000, 2],
        [180_000, 2]
      ]
      assert.deepStrictEqual(historiesOf(found), [{ shipments, refunds: [[60_000, 1]] }])
      const undone = yield* shop.edit(order.id, (current) => ({
        ...current,
        lines: current.lines.map((each) => ({ ...each, shipped: ScriptedCart.whole(1) }))
      }))
      assert.deepStrictEqual(historiesOf(undone), [{ shipments: [[120_000, 1]], refunds: [[60_000, 1]] }])
    }).pipe(scripted())
  )

  it.effect("begin when the order was placed, unless it brings its own", () =>
    Effect.gen(function* () {
      const { shop } = yield* opened
      const placedAt = at("1970-01-01T00:00:01Z")
      const [line] = ScriptedCart.orderOf({
        id: "old",
        lines: [{ listing: candle, quantity: 4 }],
        status: "partiallyShipped",
        placedAt
      }).lines
      const old = (shipments?: NonNullable<typeof line>["shipments"]) => ({
        ...ScriptedCart.orderOf({ id: shipments ? "own" : "old", lines: [], status: "partiallyShipped", placedAt }),
        lines: [{ ...line!, shipped: ScriptedCart.whole(3), ...(shipments && { shipments }) }]
      })
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(historiesOf(Option.some(yield* shop.place(old()))), [
        { shipments: [[1_000, 3]], refunds: [] }
      ])
      const own = [{ at: at("1970-01-01T00:00:07Z"), quantity: ScriptedCart.whole(3) }]
      assert.deepStrictEqual(historiesOf(Option.some(yield* shop.place(old(own)))), [
        { shipments: [[7_000, 3]], refunds: [] }
      ])
    }).pipe(scripted())
  )

  it.effect("are not given by a shop without dates", () =>
    Effect.gen(function* () {
      const { shop } = yield* opened
      const order = yield* bought(2)
      const [line] = Option.getOrThrow(yield* shop.ship(order.id)).lines
      assert.strictEqual(line?.shipped, ScriptedCart.whole(2))
      assert.notProperty(line, "shipments")
    }).pipe(scripted({ dated: false }))
  )
})

describe("what a scripted shop lets go wrong row by row", () => {
  it.effect("an order or a listing is unreadable for as long as it is said, and the others are not", () =>
    Effect.gen(function* () {
      const { cart, shop } = yield* opened
      yield* shop.offer(listingOf("p2"))
      const [first, second] = [yield* bought(1), yield* bought(2)]
      yield* shop.unreadable(first.id, { path: "body.status_id", expected: "a status" })
      yield* shop.unreadable(candle.key, {})
      const query = { _tag: "ModifiedSince", instant: DateTime.makeUnsafe(0) } as const
      const orders = yield* Stream.runCollect(cart.orders(query))
      assert.deepStrictEqual(
        orders.map((row) => [row.id, isUnreadable(row) ? row.path : row.status]),
        [
          [first.id, "body.status_id"],
          [second.id, "awaitingFulfilment"]
        ]
      )
      const one = Option.getOrThrow(yield* cart.order(first.id))
      assert.deepStrictEqual(
        isUnreadable(one) && one.lines.map(({ productId, quantity }) => ({ productId, quantity })),
        [{ productId: Listing.ProductId.make("p1"), quantity: ScriptedCart.whole(1) }]
      )
      assert.deepStrictEqual(
        (yield* Stream.runCollect(cart.listings)).map((row) => (isUnreadable(row) ? "unreadable" : row.sku)),
        ["unreadable", "p2"]
      )
      yield* shop.unreadable(first.id, null)
      assert.isFalse(isUnreadable(Option.getOrThrow(yield* cart.order(first.id))))
    }).pipe(scripted())
  )

  it.effect("rows of a request that failed were not tried, and the others are answered", () =>
    Effect.gen(function* () {
      const { cart, faults } = yield* opened
      yield* faults.inject("setStockLevels", { _tag: "FailAfter", reason: ScriptedCart.timedOut })
      const verdicts = yield* cart.setStockLevels([to(20), to(30)])
      assert.deepStrictEqual(
        verdicts.map(({ _tag }) => _tag),
        ["NotTried", "Accepted"]
      )
    }).pipe(scripted({ stockLevelsPerRequest: 1 }))
  )

  it.effect("nothing is written once the lease is lost, and what is left of a batch was not tried", () =>
    Effect.gen(function* () {
      const { cart, calls, level } = yield* opened
      let held = 1
      const lease = {
        token: "mine",
        confirm: Effect.suspend(() => {
          held -= 1
          return held < 0 ? Effect.fail(new LeaseLost({ detail: "taken over" })) : Effect.succeed(Duration.seconds(5))
        })
      }
      const verdicts = yield* Effect.provideService(cart.setStockLevels([to(20), to(30)]), Lease, lease)
      assert.deepStrictEqual(
        verdicts.map(({ _tag }) => _tag),
        ["Accepted", "NotTried"]
      )
      assert.strictEqual(yield* level, 20)
      assert.lengthOf(yield* calls, 1)
      const error = yield* Effect.flip(Effect.provideService(cart.setStockLevels([to(40)]), Lease, lease))
      assert.strictEqual(error.reason._tag, "LeaseLost")
    }).pipe(scripted({ stockLevelsPerRequest: 1 }))
  )

  it.effect("an order is said to be missing although it is there", () =>
    Effect.gen(function* () {
      const { cart, faults } = yield* opened
      const order = yield* bought(1)
      yield* faults.inject("order", { _tag: "Missing" })
      assert.isTrue(Option.isNone(yield* cart.order(order.id)))
      assert.isTrue(Option.isSome(yield* cart.order(order.id)))
    }).pipe(scripted())
  )

  it.effect("the shop sells less than it has, more than it has, or nothing", () =>
    Effect.gen(function* () {
      const { cart, shop, level } = yield* opened
      yield* shop.keepBack(candle.key, { safetyStock: 4 })
      const [read] = yield* Stream.runCollect(cart.stockLevels([candle]))
      assert.deepInclude(read, { onHand: 10, safetyStock: 4, availableToSell: 6 })
      assert.isTrue(Option.isNone(yield* shop.buy([{ key: candle.key, quantity: 7 }])))
      yield* shop.keepBack(candle.key, { backorderLimit: 5 })
      assert.isTrue(Option.isSome(yield* shop.buy([{ key: candle.key, quantity: 14 }])))
      assert.strictEqual(yield* level, -4)
      yield* shop.keepBack(candle.key, { isInStock: false, backorderLimit: 50 })
      assert.isTrue(Option.isNone(yield* shop.buy([{ key: candle.key, quantity: 1 }])))
    }).pipe(scripted())
  )
})
