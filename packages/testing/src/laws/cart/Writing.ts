/**
 * `setStockLevels` gives one verdict per row, and a bad row never takes a good one with it; `recordShipment` records one
 * parcel per key, whatever became of the answers.
 */
import { assert } from "@effect/vitest"
import type { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { keyOf, type Listing, ProductId } from "@stockport/core/domain/Listing"
import { OrderId, OrderLineId, type Order } from "@stockport/core/domain/Order"
import { of } from "@stockport/core/domain/Quantity"
import { Cart, type Shipment, type StockLevelUpdate } from "@stockport/core/ports/Cart"
import { Lease, LeaseLost } from "@stockport/core/ports/Lease"
import { DateTime, Duration, Effect } from "effect"
import { CartWorld } from "../CartWorld.ts"
import { type CartLaw, failed, law, listingsOf, orderOf, products, thisSecond, valueOrRetryable } from "./Law.ts"

const defaultLocation = Effect.gen(function* () {
  const cart = yield* Cart
  const { locations } = yield* cart.describe
  const location = locations.find(({ isDefault }) => isDefault)
  if (location === undefined) assert.fail("the shop has no default location")
  return location.id
})

const offered = Effect.fnUntraced(function* (count: number) {
  const world = yield* CartWorld
  const keys = yield* world.offer(products(count))
  return { listings: yield* listingsOf(keys), cartLocationId: yield* defaultLocation }
})

const updatesOf = (listings: ReadonlyArray<Listing>, cartLocationId: CartLocationId, plus: number) =>
  listings.map((listing, index): StockLevelUpdate => ({ listing, cartLocationId, quantity: index + plus }))

const shown = Effect.fnUntraced(function* (listings: ReadonlyArray<Listing>) {
  const world = yield* CartWorld
  return yield* Effect.forEach(listings, ({ key }) => world.level(key))
})

/** The laws of `setStockLevels`. */
export const levelWrites: ReadonlyArray<CartLaw> = [
  law(
    "new levels are accepted row by row, in order, and are what the shop then shows",
    function* (cart, _world, { levels }) {
      const { listings, cartLocationId } = yield* offered(levels)
      const updates = updatesOf(listings, cartLocationId, 100)
      const verdicts = yield* cart.setStockLevels(updates)
      assert.deepStrictEqual(
        verdicts.map(({ _tag, update }) => ({ _tag, key: update.listing.key, quantity: update.quantity })),
        updates.map(({ listing, quantity }) => ({ _tag: "Accepted", key: listing.key, quantity }))
      )
      assert.deepStrictEqual(
        yield* shown(listings),
        updates.map(({ quantity }) => quantity)
      )
    }
  ),

  law("levels are absolute: sending them again changes nothing", function* (cart) {
    const { listings, cartLocationId } = yield* offered(3)
    const updates = updatesOf(listings, cartLocationId, 7)
    yield* cart.setStockLevels(updates)
    yield* cart.setStockLevels(updates)
    assert.deepStrictEqual(yield* shown(listings), [7, 8, 9])
  }),

  law("a level may be set to nothing", function* (cart) {
    const { listings, cartLocationId } = yield* offered(2)
    yield* cart.setStockLevels(listings.map((listing) => ({ listing, cartLocationId, quantity: 0 })))
    assert.deepStrictEqual(yield* shown(listings), [0, 0])
  }),

  law("no rows need no verdicts", function* (cart) {
    assert.deepStrictEqual(yield* cart.setStockLevels([]), [])
  }),

  law("rows that the shop refuses are rejected alone", function* (cart, world) {
    const { listings, cartLocationId } = yield* offered(6)
    const [refused] = listings.slice(2, 3)
    const [withdrawn] = listings.slice(4, 5)
    if (refused === undefined || withdrawn === undefined) return
    yield* world.refuse(refused.key)
    yield* world.withdraw(withdrawn.key)
    const verdicts = yield* cart.setStockLevels(updatesOf(listings, cartLocationId, 50))
    assert.deepStrictEqual(
      verdicts.map(({ _tag }) => _tag),
      ["Accepted", "Accepted", "Rejected", "Accepted", "Rejected", "Accepted"]
    )
    const good = listings.filter(({ key }) => key !== refused.key && key !== withdrawn.key)
    assert.deepStrictEqual(yield* shown(good), [50, 51, 53, 55])
    assert.deepStrictEqual(yield* shown([refused]), [2])
  }),

  law("a listing that never was is rejected alone", function* (cart) {
    const { listings, cartLocationId } = yield* offered(2)
    const [first, second] = listings
    if (first === undefined || second === undefined) return
    const productId = ProductId.make("987654321")
    const ghost: Listing = { ...first, productId, variantId: null, key: keyOf(productId, null), sku: "GHOST" }
    const verdicts = yield* cart.setStockLevels(updatesOf([first, ghost, second], cartLocationId, 20))
    assert.deepStrictEqual(
      verdicts.map(({ _tag }) => _tag),
      ["Accepted", "Rejected", "Accepted"]
    )
    assert.deepStrictEqual(yield* shown([first, second]), [20, 22])
  }),

  law("nothing is written without the lease under which the caller runs", function* (cart, world) {
    const { listings, cartLocationId } = yield* offered(2)
    const order = yield* orderToShip()
    let asked = 0
    const lost = Effect.suspend(() => {
      asked += 1
      return Effect.fail(new LeaseLost({ detail: "somebody else holds it" }))
    })
    const held = Effect.provideService(Lease, { token: "mine", confirm: lost })
    const levels = yield* failed(held(cart.setStockLevels(updatesOf(listings, cartLocationId, 60))))
    const parcel = yield* failed(held(cart.recordShipment(shipmentOf(order, "k1", 1))))
    for (const { reason } of [levels, parcel]) assert.strictEqual(reason._tag, "LeaseLost")
    assert.isAtLeast(asked, 2)
    assert.deepStrictEqual(yield* shown(listings), [0, 1])
    assert.strictEqual(yield* world.shipments(order.id), 0)
  }),

  law("the lease is confirmed anew for every request", function* (cart, _world, { levels }) {
    const { listings, cartLocationId } = yield* offered(levels)
    let asked = 0
    const once = Effect.suspend(() => {
      asked += 1
      return asked === 1
        ? Effect.succeed(Duration.seconds(30))
        : Effect.fail(new LeaseLost({ detail: "it has gone to somebody else" }))
    })
    const held = Effect.provideService(Lease, { token: "mine", confirm: once })
    const verdicts = yield* held(cart.setStockLevels(updatesOf(listings, cartLocationId, 60)))
    const first = Math.min(levels, cart.capabilities.stockLevelsPerRequest)
    assert.deepStrictEqual(
      verdicts.map(({ _tag }) => _tag),
      listings.map((_, at) => (at < first ? "Accepted" : "NotTried"))
    )
  }),

  law("after an answer was lost, sending the rows again ends in the same levels", function* (cart, world) {
    const { listings, cartLocationId } = yield* offered(3)
    const updates = updatesOf(listings, cartLocationId, 30)
    yield* world.trouble("setStockLevels", "lostAnswer", 1)
    const first = valueOrRetryable(yield* Effect.exit(cart.setStockLevels(updates)))
    for (const verdict of first ?? []) assert.notStrictEqual(verdict._tag, "Rejected")
    const again = yield* cart.setStockLevels(updates)
    assert.isTrue(again.every(({ _tag }) => _tag === "Accepted"))
    assert.deepStrictEqual(yield* shown(listings), [30, 31, 32])
  }),

  law("a used-up quota is waited for, or said to be worth another try", function* (cart, world) {
    const { listings, cartLocationId } = yield* offered(2)
    yield* world.trouble("setStockLevels", "quotaUsedUp", 1)
    const updates = updatesOf(listings, cartLocationId, 40)
    const verdicts = valueOrRetryable(yield* Effect.exit(cart.setStockLevels(updates)))
    if (verdicts === null) yield* cart.setStockLevels(updates)
    assert.deepStrictEqual(yield* shown(listings), [40, 41])
  })
]

const orderToShip = Effect.fnUntraced(function* () {
  const world = yield* CartWorld
  const [key] = yield* world.offer([{ sku: "PARCEL", level: 50 }])
  if (key === undefined) assert.fail("nothing was offered")
  const id = yield* world.place([{ key, quantity: 3 }], "awaitingFulfilment")
  return yield* orderOf(id)
})

const shipmentOf = (order: Order, key: string, quantity: number): Shipment => {
  const [line] = order.lines
  if (line === undefined) assert.fail("the order has no line")
  return {
    key,
    orderId: order.id,
    consignmentId: line.consignmentId ?? order.consignments[0]?.id ?? "",
    lines: [{ lineId: line.id, quantity }],
    carrier: "",
    trackingNumber: `TRACK-${key}`,
    trackingLink: "",
    comments: ""
  }
}

/** The laws of `recordShipment`. */
export const shipments: ReadonlyArray<CartLaw> = [
  law("a parcel is recorded, and the order says what has left and what has not", function* (cart, world) {
    const order = yield* orderToShip()
    const recorded = yield* cart.recordShipment(shipmentOf(order, "k1", 1))
    assert.isFalse(recorded.existed)
    const partly = yield* orderOf(order.id)
    assert.strictEqual(partly.status, "partiallyShipped")
    assert.strictEqual(partly.lines[0]?.shipped, of(1))
    yield* cart.recordShipment(shipmentOf(order, "k2", 2))
    const wholly = yield* orderOf(order.id)
    assert.strictEqual(wholly.lines[0]?.shipped, of(3))
    assert.strictEqual(yield* world.shipments(order.id), 2)
  }),

  law("a parcel that the shop dates is dated when it left", function* (cart, world) {
    const order = yield* orderToShip()
    yield* world.wait("2 hours")
    const before = yield* thisSecond
    yield* cart.recordShipment(shipmentOf(order, "k1", 2))
    const [line] = (yield* orderOf(order.id)).lines
    const shipments = line?.shipments ?? []
    if (shipments.length === 0) return
    assert.deepStrictEqual(
      shipments.map(({ quantity }): unknown => quantity),
      [of(2)]
    )
    for (const { at } of shipments) assert.isFalse(DateTime.isLessThan(at, before))
  }),

  law("the same key twice records one parcel", function* (cart, world) {
    const order = yield* orderToShip()
    const first = yield* cart.recordShipment(shipmentOf(order, "k1", 1))
    const second = yield* cart.recordShipment(shipmentOf(order, "k1", 1))
    assert.deepStrictEqual(second, { shipmentId: first.shipmentId, existed: true })
    assert.strictEqual(yield* world.shipments(order.id), 1)
  }),

  law("the same key records one parcel, also when the first answer was lost", function* (cart, world) {
    const order = yield* orderToShip()
    yield* world.trouble("recordShipment", "lostAnswer", 1)
    valueOrRetryable(yield* Effect.exit(cart.recordShipment(shipmentOf(order, "k1", 3))))
    const again = yield* cart.recordShipment(shipmentOf(order, "k1", 3))
    assert.isTrue(again.existed)
    assert.strictEqual(yield* world.shipments(order.id), 1)
    assert.strictEqual((yield* orderOf(order.id)).lines[0]?.shipped, of(3))
  }),

  law("a parcel of an order or a line that does not exist is refused for good", function* (cart, world) {
    const order = yield* orderToShip()
    const noOrder = yield* failed(
      cart.recordShipment({ ...shipmentOf(order, "k1", 1), orderId: OrderId.make("987654321") })
    )
    assert.isFalse(noOrder.retryable, noOrder.message)
    const lines = [{ lineId: OrderLineId.make("987654321"), quantity: 1 }] as const
    const noLine = yield* failed(cart.recordShipment({ ...shipmentOf(order, "k2", 1), lines }))
    assert.isFalse(noLine.retryable, noLine.message)
    assert.strictEqual(yield* world.shipments(order.id), 0)
  }),

  law("more than is left cannot leave", function* (cart, world) {
    const order = yield* orderToShip()
    yield* cart.recordShipment(shipmentOf(order, "k1", 2))
    const error = yield* failed(cart.recordShipment(shipmentOf(order, "k2", 2)))
    assert.isFalse(error.retryable, error.message)
    assert.strictEqual(yield* world.shipments(order.id), 1)
  })
]
