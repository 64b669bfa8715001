/** V3 refunds and transactions of orders. */
import * as Dates from "../Dates.ts"
import { type ApiRequest, data, noContent, type Route } from "../Http.ts"
import * as Money from "../Money.ts"
import { type Order, totals } from "../Order.ts"
import { integers, isRecord, pathId, slice, v3Body, v3List, v3Page } from "../Query.ts"
import { Refusal } from "../Refusal.ts"
import type { NewRefundItem, Refund, RefundItemType } from "../Refunds.ts"
import type { Shop } from "../Shop.ts"

const scope = "store_v2_orders"
const itemTypes: ReadonlyArray<RefundItemType> = [
  "PRODUCT",
  "GIFT_WRAPPING",
  "SHIPPING",
  "HANDLING",
  "ORDER",
  "FEE",
  "TAX"
]

export const refundWire = (refund: Refund) => ({
  id: refund.id,
  order_id: refund.orderId,
  user_id: refund.userId,
  created: Dates.iso(refund.createdMillis),
  reason: refund.reason,
  total_amount: Money.decimal(refund.total),
  total_tax: Money.decimal(refund.tax),
  uses_merchant_override_values: false,
  items: refund.items.map((item) => ({
    item_type: item.itemType,
    item_id: item.itemId,
    reason: item.reason,
    ...(item.quantity !== undefined && { quantity: item.quantity }),
    requested_amount: Money.decimal(item.amount),
    adjustments: []
  })),
  payments: [
    {
      id: refund.id,
      provider_id: refund.provider,
      amount: Money.decimal(refund.total),
      offline: refund.provider === "custom",
      is_declined: refund.isDeclined,
      declined_message: refund.isDeclined ? "The payment was declined." : ""
    }
  ]
})

const orderOf = (shop: Shop, request: ApiRequest): Order => shop.orders.get(pathId(request, "order_id"))

const itemOf = (item: unknown): NewRefundItem => {
  if (!isRecord(item)) throw new Refusal(422, "Refund items are invalid.")
  const itemType = itemTypes.find((type) => type === item["item_type"])
  const itemId = item["item_id"]
  if (itemType === undefined) throw new Refusal(422, "The item_type of a refund item is invalid.")
  if (typeof itemId !== "number") throw new Refusal(422, "The item_id of a refund item is invalid.")
  const { quantity, amount, reason } = item
  return {
    itemType,
    itemId,
    ...(typeof quantity === "number" && { quantity }),
    ...(typeof amount === "number" && { amount }),
    ...(typeof reason === "string" && { reason })
  }
}

const createRefund = (shop: Shop, request: ApiRequest) => {
  const order = orderOf(shop, request)
  const body = v3Body(request)
  const items = Array.isArray(body["items"]) ? body["items"].map(itemOf) : []
  const payments = Array.isArray(body["payments"]) ? body["payments"].filter(isRecord) : []
  const provider = payments[0]?.["provider_id"]
  if (payments.length === 0) throw new Refusal(422, "Refund payments are required.")
  const created = shop.refunds.create(order, {
    items,
    provider: typeof provider === "string" ? provider : "custom",
    userId: 0,
    restock: false
  })
  return data(refundWire(created), 201)
}

const created = (query: URLSearchParams, name: string): number | undefined => {
  const value = query.get(name)
  if (value === null) return undefined
  const millis = Dates.parse(value)
  if (millis === undefined) throw new Refusal(422, `Query parameter "${name}" value is not a date.`)
  return millis
}

const listRefunds = (shop: Shop, request: ApiRequest) => {
  const { query } = request
  const orderIds = integers(query, "order_id:in")
  const ids = integers(query, "id:in")
  const [least, most] = [created(query, "created:min"), created(query, "created:max")]
  const found = shop.refunds
    .all()
    .filter(
      (refund) =>
        (orderIds?.includes(refund.orderId) ?? true) &&
        (ids?.includes(refund.id) ?? true) &&
        (least === undefined || refund.createdMillis >= least) &&
        (most === undefined || refund.createdMillis <= most)
    )
  // This list pages, but its answer has no pagination.
  const page = v3Page(query, 250)
  return { status: 200, body: { data: slice(found, page).map(refundWire), meta: {} } }
}

const transactionsOf = (shop: Shop, request: ApiRequest) => {
  const order = orderOf(shop, request)
  const isPaid = order.paymentStatus !== "" && order.paymentStatus !== "declined"
  // The text says 204 without a body; the schema of that 204 has one.
  if (!isPaid && shop.settings.contradictions === "asTextSays") return noContent
  const payment = transaction(order, order.id, "purchase", totals(order).total.incTax, order.createdMillis)
  const refunds = shop.refunds
    .of(order.id)
    .map((refund) => transaction(order, refund.id + 1_000_000, "refund", refund.total, refund.createdMillis))
  const rows = isPaid ? [payment, ...refunds] : []
  const page = v3Page(request.query, 250)
  return v3List(request, rows.length, slice(rows, page), page)
}

const transaction = (order: Order, id: number, event: "purchase" | "refund", amount: number, millis: number) => ({
  id,
  // A text here, a number everywhere else.
  order_id: String(order.id),
  event,
  method: "custom",
  amount: Money.decimal(amount),
  currency: order.currencyCode,
  gateway: "custom",
  gateway_transaction_id: "",
  date_created: Dates.iso(millis),
  test: false,
  status: "ok",
  fraud_review: false,
  reference_transaction_id: event === "refund" ? order.id : 0,
  custom: { payment_method: order.paymentMethod },
  payment_method_id: "custom.custom"
})

const refundsPath = "/orders/{order_id}/payment_actions/refunds"

export const refundRoutes: ReadonlyArray<Route> = [
  {
    method: "GET",
    version: "v3",
    path: refundsPath,
    scope,
    handle: (shop, request) => data(shop.refunds.of(orderOf(shop, request).id).map(refundWire))
  },
  { method: "POST", version: "v3", path: refundsPath, scope: "store_v2_transactions", handle: createRefund },
  { method: "GET", version: "v3", path: "/orders/payment_actions/refunds", scope, handle: listRefunds },
  {
    method: "GET",
    version: "v3",
    path: "/orders/payment_actions/refunds/{refund_id}",
    scope,
    handle: (shop, request) => {
      const refund = shop.refunds.all().find((candidate) => candidate.id === pathId(request, "refund_id"))
      if (refund === undefined) throw new Refusal(404, "Not found")
      const wire = refundWire(refund)
      // Amounts of items are texts in this one answer.
      const items = wire.items.map((item) => ({ ...item, requested_amount: String(item.requested_amount) }))
      return data({ ...wire, items })
    }
  },
  {
    method: "GET",
    version: "v3",
    path: "/orders/{order_id}/transactions",
    scope: "store_v2_transactions",
    handle: transactionsOf
  }
]
