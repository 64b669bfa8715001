import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import type { Fault, NewLine } from "@stockport/bigcommerce-sandbox"
import { Cart, Shipment } from "@stockport/core/ports/Cart"
import * as SandboxCart from "./SandboxCart.ts"
import { layer, type Reply, type Sent } from "./Transport.ts"

const shipmentOf = (fields: object): Shipment =>
  Schema.decodeUnknownSync(Shipment)({
    key: "parcel-1",
    carrier: "usps",
    trackingNumber: "EJ958083578US",
    trackingLink: "",
    comments: "",
    ...fields
  })

const plain = { orderId: "1", consignmentId: "2", lines: [{ lineId: "3", quantity: 1 }] }

/** A shop that has no shipments and loses every new one. */
const losing = ({ method }: Sent): Reply => (method === "POST" ? "cut" : { status: 204 })

const record = (shipment: Shipment) => Effect.flatMap(Cart, (cart) => cart.recordShipment(shipment))

/** A paid order of some lines, and its shipment. */
const placed = Effect.fnUntraced(function* (lines: ReadonlyArray<NewLine> = [{ variantId: 145, quantity: 2 }]) {
  const shop = yield* SandboxCart.Shop
  const order = shop.placeOrder({ lines })
  const ship = (fields: object = {}, quantity = 2) =>
    shipmentOf({
      orderId: String(order.id),
      consignmentId: String(order.addresses[0]?.id),
      lines: [{ lineId: String(order.lines[0]?.id), quantity }],
      ...fields
    })
  return { shop, order, ship, parcels: () => shop.shop.shipments.of(order.id) }
})

const smallShop = SandboxCart.layer({ store: { products: 12, orders: 0 } })

describe("a shipment", () => {
  it.live("is recorded with its tracking, and the order moves on", () =>
    Effect.gen(function* () {
      const { order, parcels, ship } = yield* placed()
      const recorded = yield* record(ship({ comments: "Two boxes" }))
      const [parcel] = parcels()
      assert.deepStrictEqual(recorded, { shipmentId: String(parcel?.id), existed: false })
      assert.strictEqual(parcel?.trackingNumber, "EJ958083578US")
      assert.strictEqual(parcel?.shippingProvider, "usps")
      assert.match(parcel?.comments ?? "", /^Two boxes\nReference: parcel-1$/)
      assert.strictEqual(order.statusId, 2)
    }).pipe(Effect.provide(smallShop))
  )

  it.live("with the same key is one shipment, with another key another", () =>
    Effect.gen(function* () {
      const { parcels, ship } = yield* placed()
      const first = yield* record(ship({}, 1))
      const again = yield* record(ship({}, 1))
      assert.deepStrictEqual(again, { shipmentId: first.shipmentId, existed: true })
      const second = yield* record(ship({ key: "parcel-2" }, 1))
      assert.isFalse(second.existed)
      assert.lengthOf(parcels(), 2)
    }).pipe(Effect.provide(smallShop))
  )

  it.live("that two callers record at once is one shipment", () =>
    Effect.gen(function* () {
      const { parcels, ship } = yield* placed()
      const both = yield* Effect.all([record(ship({}, 1)), record(ship({}, 1))], { concurrency: 2 })
      assert.strictEqual(both[0].shipmentId, both[1].shipmentId)
      assert.lengthOf(parcels(), 1)
    }).pipe(Effect.provide(smallShop))
  )

  it.live("that a person has entered by hand, with the same tracking number and items, is that shipment", () =>
    Effect.gen(function* () {
      const { parcels, ship, shop, order } = yield* placed()
      const byHand = shop.shipOrder(order.id, { trackingNumber: "EJ958083578US" })
      const recorded = yield* record(ship())
      assert.deepStrictEqual(recorded, { shipmentId: String(byHand.id), existed: true })
      assert.lengthOf(parcels(), 1)
    }).pipe(Effect.provide(smallShop))
  )

  it.live("of more than is left is refused, and nothing is recorded", () =>
    Effect.gen(function* () {
      const { parcels, ship } = yield* placed()
      const error = yield* Effect.flip(record(ship({}, 5)))
      assert.isFalse(error.retryable)
      assert.lengthOf(parcels(), 0)
    }).pipe(Effect.provide(smallShop))
  )

  it.effect.each([
    ["consignmentId", { consignmentId: "pickup/9" }],
    ["lineId", { lines: [{ lineId: "x", quantity: 1 }] }]
  ] as const)("that cannot be said is refused by its %s before anything is sent", ([field, fields]) =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const exit = yield* Effect.result(
        Effect.provide(
          record(shipmentOf({ ...plain, ...fields })),
          layer(() => ({ status: 204 }), sent)
        )
      )
      assert.isTrue(Result.isFailure(exit))
      if (Result.isFailure(exit) && exit.failure.reason._tag === "Rejected") {
        assert.deepStrictEqual(Object.keys(exit.failure.reason.fields), [field])
      } else assert.fail("expected a refusal")
      assert.lengthOf(sent, 0)
    })
  )
})

describe("a shipment whose answer is lost", () => {
  const faults: ReadonlyArray<readonly [string, Fault]> = [
    ["the connection is cut before the effect", { kind: "timeoutBefore" }],
    ["the connection is cut after the effect", { kind: "timeoutAfter" }],
    ["no answer comes, before the effect", { kind: "timeoutBefore", silent: true }],
    ["no answer comes, after the effect", { kind: "timeoutAfter", silent: true }],
    ["a gateway fails before the effect", { kind: "serverError", status: 502, body: "html" }],
    ["a gateway fails after the effect", { kind: "serverError", status: 504, after: true, body: "empty" }],
    ["the answer is a page", { kind: "htmlBody" }],
    ["the answer is cut", { kind: "cutBody" }],
    ["the quota refuses it", { kind: "tooManyRequests", headers: false }]
  ]
  it.live(
    "is one shipment in the end, whatever happened",
    () =>
      Effect.forEach(
        faults,
        ([what, fault]) =>
          Effect.gen(function* () {
            const { order, parcels, ship, shop } = yield* placed()
            shop.faults.add({ match: { operation: "POST /v2/orders/{order_id}/shipments" }, fault })
            const recorded = yield* record(ship())
            assert.lengthOf(parcels(), 1, what)
            assert.strictEqual(recorded.shipmentId, String(parcels()[0]?.id), what)
            assert.strictEqual(order.statusId, 2, what)
          }).pipe(
            Effect.provide(
              SandboxCart.layer(
                { store: { products: 12, orders: 0 } },
                { timeoutMillis: { read: 30_000, write: 3_000 } }
              )
            )
          ),
        { concurrency: "unbounded", discard: true }
      ),
    60_000
  )

  it.effect("for good is a failure worth a retry, after a bounded number of tries, each with a look before it", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const fiber = yield* Effect.forkChild(Effect.flip(Effect.provide(record(shipmentOf(plain)), layer(losing, sent))))
      yield* TestClock.adjust("10 minutes")
      assert.isTrue((yield* Fiber.join(fiber)).retryable)
      assert.deepStrictEqual(
        sent.map(({ method }) => method),
        ["GET", "POST", "GET", "POST", "GET", "POST"]
      )
    })
  )
})

/** An order of two units, of which some are shipped. */
const orderRow = (status_id: number, shipped: number) => ({
  id: 1,
  status_id,
  date_created: "Tue, 05 Aug 2025 14:03:22 +0000",
  items_total: 2,
  consignments: {
    shipping: [
      { id: 2, line_items: [{ id: 3, product_id: 7, quantity: 2, quantity_shipped: shipped, order_address_id: 2 }] }
    ]
  }
})

/** A shop that takes the shipment and shows this order. */
const shopWith =
  (order: object) =>
  ({ method, path }: Sent): Reply => {
    if (path.endsWith("/shipments")) return method === "POST" ? { status: 201, body: { id: 5 } } : { status: 204 }
    return { body: order }
  }

/** A shop that has these shipments already. */
const having =
  (rows: ReadonlyArray<unknown>) =>
  ({ method, path }: Sent): Reply => {
    if (!path.endsWith("/shipments")) return { body: orderRow(2, 2) }
    return method === "POST" ? { status: 201, body: { id: 9 } } : { body: rows }
  }

describe("shipments that cannot be read", () => {
  const strange = [
    null,
    "?",
    { id: "?" },
    { id: 4, order_address_id: "x", comments: ["y"], items: "none", tracking_number: {} }
  ]

  it.effect("do not keep a parcel from being recorded", () =>
    Effect.gen(function* () {
      const recorded = yield* Effect.provide(record(shipmentOf(plain)), layer(having(strange)))
      assert.deepStrictEqual(recorded, { shipmentId: "9", existed: false })
    })
  )

  it.effect("do not hide one that was recorded before, by its key or by what a person entered", () =>
    Effect.gen(function* () {
      const ours = { id: 7, comments: "By the door\nReference: parcel-1", items: [{ order_product_id: {} }] }
      const byHand = {
        id: 8,
        order_address_id: 2,
        tracking_number: "EJ958083578US",
        items: [{ order_product_id: 3, quantity: 1 }]
      }
      for (const known of [ours, byHand]) {
        const recorded = yield* Effect.provide(record(shipmentOf(plain)), layer(having([...strange, known])))
        assert.deepStrictEqual(recorded, { shipmentId: String(known.id), existed: true })
      }
    })
  )
})

describe("the order's status", () => {
  const cases = [
    ["is left alone when the shop has moved it", 2, 2, undefined],
    ["is set to shipped when the shop has not", 11, 2, 2],
    ["is set to partially shipped when something is left", 9, 1, 3],
    ["is set to shipped after the last parcel", 3, 2, 2],
    ["is left alone where it says something else", 13, 2, undefined]
  ] as const
  it.effect.each(cases)("%s", ([, status, shipped, expected]) =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      yield* Effect.provide(record(shipmentOf(plain)), layer(shopWith(orderRow(status, shipped)), sent))
      const methods = sent.map(({ method }) => method)
      const put = sent.find(({ method }) => method === "PUT")
      assert.deepStrictEqual(put?.body, expected === undefined ? undefined : { status_id: expected })
      if (put !== undefined) assert.isBelow(methods.indexOf("POST"), methods.indexOf("PUT"))
    })
  )
})
