/**
 * Orders as a scripted shop writes them: whole snapshots with sound amounts, from what the shopper put in the cart.
 */
import type { Listing } from "@stockport/core/domain/Listing"
import { Amount } from "@stockport/core/domain/Money"
import { type Order, OrderId, OrderLineId, type OrderLine, type OrderStatus } from "@stockport/core/domain/Order"
import { type Quantity, scale, zero } from "@stockport/core/domain/Quantity"
import type { DateTime } from "effect"
import { currency } from "./Settings.ts"

/** What a shopper puts in the cart: whole listings. */
export interface CartLine {
  readonly listing: Listing
  readonly quantity: number
}

/** What makes one order different from another. */
export interface Checkout {
  readonly id: string
  readonly lines: ReadonlyArray<CartLine>
  readonly status: OrderStatus
  readonly placedAt: DateTime.Utc
}

/** The destination that every scripted order is shipped to. */
export const consignmentId = "1"

const unitPriceCents = 1_000

/** Whole listings as a quantity. */
export const whole = (count: number): Quantity => (count * scale) as Quantity

/** The snapshot of an order that was just placed. */
export const orderOf = ({ id, lines, status, placedAt }: Checkout): Order => {
  const cents = lines.reduce((sum, { quantity }) => sum + quantity * unitPriceCents, 0)
  return {
    id: OrderId.make(id),
    number: id,
    status,
    placedAt,
    modifiedAt: placedAt,
    deleted: false,
    archived: false,
    customer: { id: null, email: "shopper@example.com", billing: null },
    consignments: [
      { id: consignmentId, method: "Flat rate", address: null, costExTax: money(0), costIncTax: money(0) }
    ],
    lines: lines.map(({ listing, quantity }, index) => lineOf(`${id}-${index + 1}`, listing, quantity)),
    totals: totalsOf(cents),
    message: ""
  }
}

/** A line of an order for one listing. */
export const lineOf = (id: string, listing: Listing, quantity: number): OrderLine => ({
  id: OrderLineId.make(id),
  goods: listing.goods,
  productId: listing.productId,
  variantId: listing.variantId,
  parentLineId: null,
  consignmentId,
  pickupAt: null,
  sku: listing.sku,
  name: listing.name,
  options: [],
  quantity: whole(quantity),
  shipped: zero,
  refunded: zero,
  unitPrice: money(unitPriceCents),
  totalExTax: money(quantity * unitPriceCents),
  totalIncTax: money(quantity * unitPriceCents),
  wrapping: money(0),
  discounts: []
})

const money = (cents: number): Amount =>
  Amount.make(`${Math.floor(cents / 100)}.${(cents % 100).toString().padStart(2, "0")}`)

const totalsOf = (cents: number): Order["totals"] => ({
  currency,
  taxInclusive: false,
  subtotalExTax: money(cents),
  subtotalIncTax: money(cents),
  shippingExTax: money(0),
  shippingIncTax: money(0),
  handlingExTax: money(0),
  handlingIncTax: money(0),
  wrappingExTax: money(0),
  wrappingIncTax: money(0),
  discount: money(0),
  coupons: money(0),
  fees: money(0),
  storeCredit: money(0),
  giftCertificates: money(0),
  tax: money(0),
  totalExTax: money(cents),
  totalIncTax: money(cents)
})
