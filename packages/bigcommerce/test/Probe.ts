/**
 * One way to make the adapter send each of its operations, over a store that answers everything else plainly.
 */
import { Effect, Schema, Stream } from "effect"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { make as makeListing, ProductId, VariantId } from "@stockport/core/domain/Listing"
import { OrderId } from "@stockport/core/domain/Order"
import { Cart, type CartError, Shipment } from "@stockport/core/ports/Cart"
import type { BigCommerceClient } from "@stockport/bigcommerce/BigCommerceClient"
import * as Operation from "@stockport/bigcommerce/Operation"
import * as OrderCharges from "@stockport/bigcommerce/OrderCharges"
import * as Refunds from "@stockport/bigcommerce/Refunds"
import * as Webhooks from "@stockport/bigcommerce/Webhooks"
import { layer, type Reply, type Sent } from "./Transport.ts"

const orderId = OrderId.make("100")

export const listing = makeListing({
  productId: ProductId.make("77"),
  variantId: VariantId.make("145"),
  shape: "variant",
  goods: "physical",
  sku: "TOWEL-S-ORANGE",
  name: "Towel",
  tracking: "variant",
  shopBundle: false
})

export const shipment: Shipment = Schema.decodeUnknownSync(Shipment)({
  key: "parcel-1",
  orderId: "100",
  consignmentId: "51",
  lines: [{ lineId: "65", quantity: 1 }],
  carrier: "usps",
  trackingNumber: "EJ958083578US",
  trackingLink: "",
  comments: ""
})

const hook = { scope: "store/order/updated", destination: "https://example.com/hooks" }

const order = {
  id: 100,
  status_id: 11,
  date_created: "Tue, 05 Aug 2025 14:03:22 +0000",
  items_total: 1,
  default_currency_code: "USD",
  consignments: {
    shipping: [
      { id: 51, line_items: [{ id: 65, quantity: 1, quantity_shipped: 1, order_address_id: 51, product_id: 77 }] }
    ]
  }
}

/** What a healthy shop answers. */
const plainly: Readonly<Record<string, unknown>> = {
  "GET /v2/store": { id: "abc", currency: "USD" },
  "GET /v2/currencies": [],
  "GET /v3/settings/inventory": { data: { update_stock_behavior: "order_placed" } },
  "GET /v3/channels": { data: [{ id: 1, status: "active" }] },
  "GET /v3/inventory/locations": { data: [] },
  "GET /v3/catalog/products": { data: [{ id: 77, name: "Towel", inventory_tracking: "variant" }] },
  "GET /v3/catalog/variants": { data: [] },
  "GET /v2/orders": [order],
  "GET /v2/orders/{order_id}": order,
  "PUT /v2/orders/{order_id}": order,
  "GET /v2/orders/{order_id}/products": null,
  "GET /v2/orders/{order_id}/shipping_addresses": null,
  "GET /v2/orders/{order_id}/coupons": null,
  "GET /v2/orders/{order_id}/taxes": null,
  "GET /v2/orders/{order_id}/shipments": null,
  "POST /v2/orders/{order_id}/shipments": { id: 1 },
  "GET /v3/orders/payment_actions/refunds": { data: [], meta: {} },
  "GET /v3/inventory/items": { data: [], meta: {} },
  "PUT /v3/inventory/adjustments/absolute": { transaction_id: "97a73cdd-9fc5-4aa5-892c-4ead8259c24e" },
  "GET /v3/hooks": { data: [], meta: null },
  "POST /v3/hooks": { data: { id: 1, ...hook, is_active: true } },
  "PUT /v3/hooks/{webhook_id}": { data: { id: 1, ...hook, is_active: true } },
  "DELETE /v3/hooks/{webhook_id}": { data: { id: 1 } }
}

/** The name of the operation that a request is. */
export const operationOf = (sent: Sent): string => {
  const route = sent.path.replace(/\/orders\/\d+/, "/orders/{order_id}").replace(/\/hooks\/\d+/, "/hooks/{webhook_id}")
  return `${sent.method} ${route}`
}

const emptyPage: Reply = { body: { data: [], meta: {} } }

const cart = <A>(use: (cart: Cart["Service"]) => Effect.Effect<A, CartError>) => Effect.flatMap(Cart, use)

type Use = Effect.Effect<unknown, CartError, Cart | BigCommerceClient>

const backlog: Use = cart(({ orders }) =>
  Stream.runCollect(orders({ _tag: "Backlog", statuses: ["awaitingFulfilment"] }))
)
const oneOrder: Use = cart(({ order }) => order(orderId))
const described: Use = cart(({ describe }) => describe)
const catalogue: Use = cart(({ listings }) => Stream.runCollect(listings))
const shipped: Use = cart(({ recordShipment }) => recordShipment(shipment))

const uses: Readonly<Record<string, { readonly use: Use; readonly also?: Readonly<Record<string, unknown>> }>> = {
  "GET /v2/store": { use: described },
  "GET /v2/currencies": { use: described },
  "GET /v3/settings/inventory": { use: described },
  "GET /v3/channels": { use: described },
  "GET /v3/inventory/locations": { use: described },
  "GET /v3/catalog/products": { use: catalogue },
  "GET /v3/catalog/variants": { use: catalogue },
  "GET /v2/orders": { use: backlog },
  "GET /v2/orders/{order_id}": { use: oneOrder },
  "PUT /v2/orders/{order_id}": { use: shipped },
  "GET /v2/orders/{order_id}/products": {
    use: oneOrder,
    also: { "GET /v2/orders/{order_id}": { ...order, items_total: 999 } }
  },
  "GET /v2/orders/{order_id}/shipping_addresses": {
    use: oneOrder,
    also: { "GET /v2/orders/{order_id}": { ...order, consignments: { url: "", resource: "/orders/100/consignments" } } }
  },
  "GET /v2/orders/{order_id}/coupons": { use: OrderCharges.coupons(orderId) },
  "GET /v2/orders/{order_id}/taxes": { use: OrderCharges.taxes(orderId) },
  "GET /v2/orders/{order_id}/shipments": { use: shipped },
  "POST /v2/orders/{order_id}/shipments": { use: shipped },
  "GET /v3/orders/payment_actions/refunds": { use: Stream.runCollect(Refunds.ofOrders([orderId])) },
  "GET /v3/inventory/items": { use: cart(({ stockLevels }) => Stream.runCollect(stockLevels("all"))) },
  "PUT /v3/inventory/adjustments/absolute": {
    use: cart(({ setStockLevels }) =>
      setStockLevels([{ listing, cartLocationId: CartLocationId.make("1"), quantity: 3 }])
    )
  },
  "GET /v3/hooks": { use: Stream.runCollect(Webhooks.list) },
  "POST /v3/hooks": { use: Webhooks.register(hook) },
  "PUT /v3/hooks/{webhook_id}": { use: Webhooks.reactivate("1", hook) },
  "DELETE /v3/hooks/{webhook_id}": { use: Webhooks.remove("1") }
}

/** The operations that can be probed: all of them. */
export const names: ReadonlyArray<string> = Operation.all.map(Operation.nameOf)

/** A use of the adapter that sends this operation. */
export const useOf = (name: string): Use => uses[name]?.use ?? Effect.die(`there is no probe for ${name}`)

/**
 * A shop that answers an operation's first page with `reply`, and everything else plainly. A page after the first is
 * empty unless the shop `repeats` itself.
 */
export const shopOf =
  (name: string, reply: Reply, repeats = false) =>
  (request: Sent): Reply => {
    const operation = operationOf(request)
    const isFirst = repeats || (request.query.get("page") ?? "1") === "1"
    if (operation === name) return isFirst ? reply : request.path.startsWith("/v2") ? { status: 204 } : emptyPage
    const body = uses[name]?.also?.[operation] ?? plainly[operation]
    return body === null ? { status: 204 } : { body }
  }

/** Uses the adapter so that it sends an operation, over a shop that answers it with `reply`. */
export const run = (name: string, reply: Reply, sent: Array<Sent> = []): Effect.Effect<unknown, CartError> =>
  Effect.provide(useOf(name), layer(shopOf(name, reply), sent))
