import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientResponse } from "effect/http"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { OrderId, OrderStatus } from "@stockport/core/domain/Order"
import { Cart, type StockLevelUpdate } from "@stockport/core/ports/Cart"
import { cartLaws } from "@stockport/testing/laws/CartLaws"
import * as OrderCharges from "@stockport/bigcommerce/OrderCharges"
import * as Refunds from "@stockport/bigcommerce/Refunds"
import * as Webhooks from "@stockport/bigcommerce/Webhooks"
import { orderOf, readable } from "../Read.ts"
import { control, layer, layerOverHttp } from "./RemoteWorld.ts"

cartLaws({ name: "BigCommerceCart", layer: layerOverHttp, rows: 60, levels: 60, timeoutMillis: 120_000 })

/** A wire on which the shop leaves out what it was asked to include. */
const layerForgetful = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(
    HttpClient.HttpClient,
    HttpClient.transformResponse((response) =>
      Effect.flatMap(response, (answer) =>
        Effect.map(answer.text, (text) => {
          const forgotten = text
            .replaceAll('"consignments":{"pickups"', '"consignments_left_out":{"pickups"')
            .replaceAll('"variants":[', '"variants_left_out":[')
          const { headers, status } = answer
          const init = { status, headers: { ...headers, "content-length": String(Buffer.byteLength(forgotten)) } }
          return HttpClientResponse.fromWeb(answer.request, new Response(status === 204 ? null : forgotten, init))
        })
      )
    )
  )
).pipe(Layer.provide(FetchHttpClient.layer))

const somebodysOrder = Effect.gen(function* () {
  const [product] = yield* Effect.flatMap(Cart, ({ listings }) => readable(Stream.take(listings, 1)))
  assert.isDefined(product)
  const placed = (yield* control("POST", "/orders", {
    lines: [
      { variantId: Number(product.variantId), quantity: 3 },
      { variantId: Number(product.variantId), quantity: 1, address: 1 }
    ],
    addresses: [{ city: "Austin" }, { city: "Dallas" }],
    coupon: { code: "SUMMER", amount: 2 },
    fees: [{ name: "Crate", cost: 4 }],
    shippingCost: 5
  })) as { readonly id: number }
  const id = OrderId.make(String(placed.id))
  const order = yield* orderOf(id)
  return { id, order }
})

describe("what the laws do not reach", () => {
  it.live("every order of the store, whatever its status, and their charges and refunds", () =>
    Effect.gen(function* () {
      const { id, order } = yield* somebodysOrder
      const [line] = order.lines
      assert.isDefined(line)
      const item = { itemType: "PRODUCT", itemId: Number(line.id), quantity: 1 }
      yield* control("POST", `/orders/${id}/refund`, { items: [item] })
      const cart = yield* Cart
      const all = yield* readable(cart.orders({ _tag: "Backlog", statuses: OrderStatus.literals }))
      assert.isAbove(all.length, 300)
      const refunds = yield* Stream.runCollect(Refunds.ofOrders(all.map((one) => one.id)))
      assert.include(
        refunds.map(({ orderId }) => orderId),
        id
      )
      assert.lengthOf(yield* OrderCharges.coupons(id), 1)
      assert.isNotEmpty(yield* OrderCharges.taxes(id))
    }).pipe(Effect.provide(layerOverHttp))
  )

  it.live("a shop that leaves out what it was asked to include", () =>
    Effect.gen(function* () {
      const cart = yield* Cart
      const { id, order } = yield* somebodysOrder
      assert.deepStrictEqual(
        order.consignments.map(({ address }) => address?.city),
        ["Austin", "Dallas"]
      )
      assert.lengthOf((yield* orderOf(id)).lines, 2)
      const listings = yield* readable(cart.listings)
      assert.isTrue(listings.some(({ shape }) => shape === "variant"))
    }).pipe(Effect.provide(Layer.provide(layer, layerForgetful)))
  )

  it.live("an order that the shop has not moved on", () =>
    Effect.gen(function* () {
      const cart = yield* Cart
      const { id, order } = yield* somebodysOrder
      const [first] = order.lines
      assert.isDefined(first)
      const shipment = {
        key: "contract-1",
        orderId: id,
        consignmentId: first.consignmentId ?? "",
        lines: [{ lineId: first.id, quantity: 1 }],
        carrier: "usps",
        trackingNumber: "EJ958083578US",
        trackingLink: "https://example.com/track",
        comments: "By the door"
      } as const
      yield* cart.recordShipment(shipment)
      // Somebody moves it back in the panel; the next parcel's status is then ours to set.
      yield* control("POST", `/orders/${id}/edit`, { statusId: 9 })
      assert.isTrue((yield* cart.recordShipment(shipment)).existed)
      assert.strictEqual((yield* orderOf(id)).status, "partiallyShipped")
    }).pipe(Effect.provide(layerOverHttp))
  )

  it.live("levels of every listing at every location, good and bad rows", () =>
    Effect.gen(function* () {
      const cart = yield* Cart
      const listings = yield* readable(cart.listings)
      const updates = listings.flatMap((listing, at) =>
        ["1", "2", "99"].map((location): StockLevelUpdate => ({
          listing,
          cartLocationId: CartLocationId.make(location),
          quantity: at
        }))
      )
      const verdicts = yield* cart.setStockLevels(updates)
      assert.isTrue(verdicts.some(({ _tag }) => _tag === "Accepted"))
      for (const { _tag, update } of verdicts) if (update.cartLocationId === "99") assert.strictEqual(_tag, "Rejected")
      assert.isAbove((yield* readable(cart.stockLevels(listings))).length, 1_000)
    }).pipe(Effect.provide(layerOverHttp))
  )

  it.live("hooks from registration to removal", () =>
    Effect.gen(function* () {
      const destination = "https://hooks.example.com/contract"
      // The description allows no empty list of hooks.
      yield* Webhooks.register({ destination: "https://hooks.example.com/other", scope: "store/order/created" })
      yield* Webhooks.ensure({ destination })
      const first = (yield* Stream.runCollect(Webhooks.list)).find((hook) => hook.destination === destination)
      assert.isDefined(first)
      yield* Webhooks.reactivate(first.id, first)
      const { removed } = yield* Webhooks.ensure({ destination, scopes: [] })
      assert.lengthOf(removed, Webhooks.scopesDefault.length)
    }).pipe(Effect.provide(layerOverHttp))
  )
})
