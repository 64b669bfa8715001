/**
 * An order as V2 writes it, in the domain's words: which ids, amounts and states mean what.
 *
 * Amounts are carried through as the shop states them; only fees, which come one by one, are added up. Nothing here can
 * fail: what could not be read has been refused by path before.
 */
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { ProductId, VariantId } from "@stockport/core/domain/Listing"
import { Amount } from "@stockport/core/domain/Money"
import {
  type Address,
  type Consignment,
  type Discount,
  type Order,
  OrderId,
  type OrderLine,
  OrderLineId,
  type OrderTotals
} from "@stockport/core/domain/Order"
import type { AddressWire, ConsignmentsWire, LineWire, OrderWire, PickupWire, ShippingWire } from "./OrderWire.ts"
import { unknownCurrency } from "./Wire.ts"

/** A line, and where it is collected if it is. */
export interface PlacedLine {
  readonly wire: LineWire
  readonly pickup: PickupWire | undefined
}

/** The lines that came with the order's consignments. */
export const sideLoadedLines = ({
  downloads,
  email,
  pickups,
  shipping
}: ConsignmentsWire): ReadonlyArray<PlacedLine> => [
  ...[...shipping, ...downloads, ...(email?.gift_certificates ?? [])].flatMap(({ line_items }) =>
    line_items.map((wire) => ({ wire, pickup: undefined }))
  ),
  ...pickups.flatMap((pickup) => pickup.line_items.map((wire) => ({ wire, pickup })))
]

/** Lines that were read by themselves, each put where it goes. They name only the method of their pick-up. */
export const placed = (lines: ReadonlyArray<LineWire>, { pickups }: ConsignmentsWire): ReadonlyArray<PlacedLine> =>
  lines.map((wire) => ({ wire, pickup: pickupOf(wire, pickups) }))

const pickupOf = (line: LineWire, pickups: ReadonlyArray<PickupWire>): PickupWire | undefined =>
  line.order_pickup_method_id === null
    ? undefined
    : pickups.find(({ pickup_method_id }) => pickup_method_id === line.order_pickup_method_id)

/** An order in the domain's words. */
export const snapshotOf = (
  order: OrderWire,
  consignments: ConsignmentsWire,
  lines: ReadonlyArray<PlacedLine>
): Order => ({
  id: OrderId.make(order.id),
  number: order.id,
  status: order.status_id,
  placedAt: order.date_created,
  modifiedAt: order.date_modified ?? order.date_created,
  // What is deleted in the control panel is archived; the order as such stays.
  deleted: false,
  archived: order.is_deleted,
  customer: {
    id: order.customer_id,
    email: order.billing_address?.email ?? "",
    billing: order.billing_address === null ? null : addressOf(order.billing_address)
  },
  consignments: [...consignments.shipping.map(shippingOf), ...consignments.pickups.map(collectionOf)],
  // One order is one snapshot, whether its lines came with their destinations or by themselves.
  lines: lines.toSorted((left, right) => Number(left.wire.id) - Number(right.wire.id)).map(lineOf),
  totals: totalsOf(order),
  message: order.customer_message,
  cartChannelId: order.channel_id
})

const totalsOf = (order: OrderWire): OrderTotals => ({
  currency: order.default_currency_code ?? order.currency_code ?? unknownCurrency,
  taxInclusive: order.is_tax_inclusive_pricing,
  subtotalExTax: order.subtotal_ex_tax,
  subtotalIncTax: order.subtotal_inc_tax,
  shippingExTax: order.shipping_cost_ex_tax,
  shippingIncTax: order.shipping_cost_inc_tax,
  handlingExTax: order.handling_cost_ex_tax,
  handlingIncTax: order.handling_cost_inc_tax,
  wrappingExTax: order.wrapping_cost_ex_tax,
  wrappingIncTax: order.wrapping_cost_inc_tax,
  discount: order.discount_amount,
  coupons: order.coupon_discount,
  fees: sumOf((order.fees ?? []).map(({ cost_inc_tax }) => cost_inc_tax)),
  storeCredit: order.store_credit_amount,
  giftCertificates: order.gift_certificate_amount,
  tax: order.total_tax,
  totalExTax: order.total_ex_tax,
  totalIncTax: order.total_inc_tax
})

/** The exact sum, with as many decimals as the longest amount has. */
const sumOf = (amounts: ReadonlyArray<Amount>): Amount => {
  const parts = amounts.map((amount) => amount.split("."))
  const places = Math.max(0, ...parts.map(([, fraction = ""]) => fraction.length))
  const total = parts.reduce(
    (sum, [whole = "0", fraction = ""]) => sum + BigInt(whole + fraction.padEnd(places, "0")),
    0n
  )
  const digits = (total < 0n ? -total : total).toString().padStart(places + 1, "0")
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`
  return Amount.make(total < 0n ? `-${text}` : text)
}

const addressOf = (address: AddressWire): Address => ({
  firstName: address.first_name,
  lastName: address.last_name,
  company: address.company,
  street1: address.street_1,
  street2: address.street_2,
  city: address.city,
  state: address.state,
  postalCode: address.zip,
  countryCode: address.country_iso2,
  phone: address.phone,
  email: address.email
})

const shippingOf = (shipping: ShippingWire): Consignment => ({
  id: shipping.id,
  method: shipping.shipping_method,
  address: addressOf(shipping),
  costExTax: shipping.cost_ex_tax,
  costIncTax: shipping.cost_inc_tax
})

const nothing = Amount.make("0")

const collectionOf = (pickup: PickupWire): Consignment => ({
  id: collectionId(pickup),
  method: pickup.pickup_method_display_name,
  address: null,
  costExTax: nothing,
  costIncTax: nothing
})

/** Pick-ups and addresses are numbered apart, so a pick-up's id says what it is. */
const collectionId = (pickup: PickupWire): string => `pickup/${pickup.id}`

const lineOf = ({ pickup, wire }: PlacedLine): OrderLine => ({
  id: OrderLineId.make(wire.id),
  goods: goodsOf(wire),
  productId: wire.product_id === null ? null : ProductId.make(wire.product_id),
  variantId: wire.variant_id === null ? null : VariantId.make(wire.variant_id),
  parentLineId: wire.parent_order_product_id === null ? null : OrderLineId.make(wire.parent_order_product_id),
  consignmentId: pickup === undefined ? wire.order_address_id : collectionId(pickup),
  pickupAt: pickup === undefined || pickup.location?.id == null ? null : CartLocationId.make(pickup.location.id),
  sku: wire.sku,
  name: wire.name,
  options: wire.product_options.map((option) => ({
    name: option.display_name === "" ? option.name : option.display_name,
    value: option.display_value === "" ? option.value : option.display_value
  })),
  quantity: wire.quantity,
  shipped: wire.quantity_shipped,
  refunded: wire.quantity_refunded,
  unitPrice: wire.base_price ?? wire.price_ex_tax ?? wire.price_inc_tax ?? nothing,
  totalExTax: wire.total_ex_tax,
  totalIncTax: wire.total_inc_tax,
  wrapping: wire.wrapping_cost_inc_tax,
  discounts: wire.applied_discounts.map((discount): Discount => ({
    name: discount.name,
    code: discount.code === "" ? null : discount.code,
    target: discount.target === "order" ? "order" : "line",
    amount: discount.amount
  }))
})

const goodsOf = ({ product_id, type }: LineWire): OrderLine["goods"] => {
  if (type === "giftcertificate") return "giftCertificate"
  if (product_id === null) return "custom"
  return type === "digital" ? "digital" : "physical"
}
