/**
 * Refunds of orders: what was given back, and for what.
 *
 * A refund through the API never moves stock; one in the control panel may, as the store's settings say. Its payment
 * runs by itself and can be declined, which leaves the refund standing. Quantities refunded are on the order's lines
 * too: these rows add the amounts and the reasons.
 */
import { type DateTime, Effect, Schema, Stream } from "effect"
import type { Amount } from "@stockport/core/domain/Money"
import { OrderId, OrderLineId } from "@stockport/core/domain/Order"
import type { Quantity } from "@stockport/core/domain/Quantity"
import type { CartError } from "@stockport/core/ports/Cart"
import { BigCommerceClient } from "./BigCommerceClient.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { AmountOrZero, Flag, Id, IdOrNone, InstantOrNone, listOf, pageOf, Text, UnitsOrNone } from "./Wire.ts"

/** How many orders one request asks for. */
export const ordersPerRequest = 200

/** How many refunds are read at once. */
const pageSize = 250

const ItemWire = Schema.Struct({
  item_type: Text,
  item_id: IdOrNone,
  quantity: UnitsOrNone,
  reason: Text,
  requested_amount: AmountOrZero
})

const RefundWire = Schema.Struct({
  id: Id,
  order_id: Id,
  created: InstantOrNone,
  reason: Text,
  total_amount: AmountOrZero,
  total_tax: AmountOrZero,
  items: listOf(ItemWire),
  payments: listOf(Schema.Struct({ is_declined: Flag, amount: AmountOrZero }))
})

const RefundRows = pageOf(RefundWire)

/** What a part of a refund is for. Only products and their wrapping have a line, only products a quantity. */
export interface RefundItem {
  readonly kind: "product" | "giftWrapping" | "shipping" | "handling" | "order" | "fee" | "other"
  readonly lineId: OrderLineId | null
  readonly quantity: Quantity | null
  readonly amount: Amount
  readonly reason: string
}

/** A refund; `declined` when any of its payments was. */
export interface Refund {
  readonly id: string
  readonly orderId: OrderId
  readonly createdAt: DateTime.Utc | null
  readonly reason: string
  readonly total: Amount
  readonly tax: Amount
  readonly items: ReadonlyArray<RefundItem>
  readonly declined: boolean
}

/** The refunds of these orders, many orders to a request. */
export const ofOrders = (orderIds: Iterable<OrderId>): Stream.Stream<Refund, CartError, BigCommerceClient> =>
  Stream.fromIterable(orderIds).pipe(
    Stream.grouped(ordersPerRequest),
    Stream.flatMap((ids) =>
      Pages.all(
        Operation.getRefunds,
        pageSize,
        Effect.fnUntraced(function* (page: number) {
          const client = yield* BigCommerceClient
          const query = { "order_id:in": ids.join(","), page, limit: pageSize }
          return yield* client.call(Operation.getRefunds, { query }, RefundRows)
        })
      )
    ),
    Stream.map(refundOf)
  )

const refundOf = (refund: typeof RefundWire.Type): Refund => ({
  id: refund.id,
  orderId: OrderId.make(refund.order_id),
  createdAt: refund.created,
  reason: refund.reason,
  total: refund.total_amount,
  tax: refund.total_tax,
  items: refund.items.map(itemOf),
  declined: refund.payments.some(({ is_declined }) => is_declined)
})

const kinds: Readonly<Record<string, RefundItem["kind"]>> = {
  PRODUCT: "product",
  GIFT_WRAPPING: "giftWrapping",
  SHIPPING: "shipping",
  HANDLING: "handling",
  ORDER: "order",
  FEE: "fee"
}

const itemOf = (item: typeof ItemWire.Type): RefundItem => {
  const kind = Object.hasOwn(kinds, item.item_type) ? (kinds[item.item_type] ?? "other") : "other"
  const isLine = kind === "product" || kind === "giftWrapping"
  return {
    kind,
    lineId: isLine && item.item_id !== null ? OrderLineId.make(item.item_id) : null,
    quantity: item.quantity,
    amount: item.requested_amount,
    reason: item.reason
  }
}
