/**
 * What made an order's amounts: its coupons and its taxes, one row each.
 *
 * The order itself carries the totals; who books tax by rate or coupons by code reads these too. Coupons are written as
 * JSON numbers, taxes as decimal text.
 */
import { Effect, Schema } from "effect"
import type { Amount } from "@stockport/core/domain/Money"
import { type OrderId, OrderLineId } from "@stockport/core/domain/Order"
import type { CartError } from "@stockport/core/ports/Cart"
import { BigCommerceClient } from "./BigCommerceClient.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { AmountOrZero, IdOrNone, rowsOf, Text } from "./Wire.ts"

const CouponRows = rowsOf(Schema.Struct({ code: Text, discount: AmountOrZero }))

const TaxRows = rowsOf(
  Schema.Struct({
    name: Text,
    class: Text,
    rate: AmountOrZero,
    line_amount: AmountOrZero,
    order_address_id: IdOrNone,
    order_product_id: IdOrNone,
    line_item_type: Text
  })
)

/** A coupon that was redeemed, and what it took off. */
export interface OrderCoupon {
  readonly code: string
  readonly discount: Amount
}

/** A tax on a line, or on the shipping, handling or wrapping of a destination. `rate` is in per cent. */
export interface OrderTax {
  readonly name: string
  readonly taxClass: string
  readonly rate: Amount
  readonly amount: Amount
  readonly consignmentId: string | null
  readonly lineId: OrderLineId | null
  readonly on: string
}

const readAll = <A, E>(
  operation: Operation.Operation,
  orderId: OrderId,
  more: Readonly<Record<string, string>>,
  rows: Schema.Codec<ReadonlyArray<A>, E>
) =>
  Pages.allOfOrder(operation, (query) =>
    Effect.flatMap(BigCommerceClient, (client) =>
      client.call(operation, { path: { order_id: orderId }, query: { ...more, ...query } }, rows)
    )
  )

/** The coupons of an order. */
export const coupons = (orderId: OrderId): Effect.Effect<ReadonlyArray<OrderCoupon>, CartError, BigCommerceClient> =>
  readAll(Operation.getOrderCoupons, orderId, {}, CouponRows)

/** The taxes of an order, one row for each thing that was taxed. */
export const taxes = (orderId: OrderId): Effect.Effect<ReadonlyArray<OrderTax>, CartError, BigCommerceClient> =>
  Effect.map(readAll(Operation.getOrderTaxes, orderId, { details: "true" }, TaxRows), (rows) =>
    rows.map((row) => ({
      name: row.name,
      taxClass: row.class,
      rate: row.rate,
      amount: row.line_amount,
      consignmentId: row.order_address_id,
      lineId: row.order_product_id === null ? null : OrderLineId.make(row.order_product_id),
      on: row.line_item_type === "" ? "item" : row.line_item_type
    }))
  )
