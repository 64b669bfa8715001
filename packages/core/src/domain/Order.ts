/**
 * A shop's order as it stands now: a snapshot, never an event.
 *
 * Everything that a later step decides is read from the latest snapshot, so that replays, duplicates and reorderings of
 * notifications change nothing. Quantities are read from lines, never from the name of a status.
 */
import { Schema } from "effect"
import { CartLocationId } from "./CartLocationId.ts"
import { ProductId, VariantId } from "./Listing.ts"
import { Amount, Currency } from "./Money.ts"
import { type Quantity, QuantityFromDecimal, zero } from "./Quantity.ts"
import * as Text from "./Text.ts"

/** The shop's id of an order. */
export const OrderId = Text.Id.pipe(Schema.brand("OrderId"))
export type OrderId = typeof OrderId.Type

/** The shop's id of an order's line. */
export const OrderLineId = Text.NonEmptyLine.pipe(Schema.brand("OrderLineId"))
export type OrderLineId = typeof OrderLineId.Type

/** Where an order stands; an adapter maps the shop's own statuses to these. */
export const OrderStatus = Schema.Literals([
  "incomplete",
  "pending",
  "awaitingPayment",
  "manualVerification",
  "awaitingFulfilment",
  "awaitingShipment",
  "awaitingPickup",
  "partiallyShipped",
  "shipped",
  "completed",
  "cancelled",
  "declined",
  "refunded",
  "partiallyRefunded",
  "disputed"
])
export type OrderStatus = typeof OrderStatus.Type

/** A discount on a line or on the whole order, over its whole quantity. */
export const Discount = Schema.Struct({
  name: Text.Long,
  code: Schema.NullOr(Text.Long),
  target: Schema.Literals(["order", "line"]),
  amount: Amount
})
export interface Discount extends Schema.Schema.Type<typeof Discount> {}

/** An option that the shopper chose on a line. */
export const LineOption = Schema.Struct({ name: Text.Long, value: Text.Long })
export interface LineOption extends Schema.Schema.Type<typeof LineOption> {}

const NotNegative = QuantityFromDecimal.check(Schema.isGreaterThanOrEqualTo(0))

/** Something that happened to so many of a line, and when, by the shop's own date. */
export const LineHappening = Schema.Struct({
  at: Schema.DateTimeUtcFromString,
  quantity: QuantityFromDecimal.check(Schema.isGreaterThan(0))
})
export interface LineHappening extends Schema.Schema.Type<typeof LineHappening> {}

/**
 * One line. `sku` and `name` are as printed at the time of sale. `productId` and `variantId` are null on a custom line.
 * `parentLineId` is set on a line that the shop added as part of a bundle. `consignmentId` tells which destination it
 * goes to, `pickupAt` the shop location where it is collected.
 */
export const OrderLine = Schema.Struct({
  id: OrderLineId,
  goods: Schema.Literals(["physical", "digital", "giftCertificate", "custom"]),
  productId: Schema.NullOr(ProductId),
  variantId: Schema.NullOr(VariantId),
  parentLineId: Schema.NullOr(OrderLineId),
  consignmentId: Schema.NullOr(Text.Long),
  pickupAt: Schema.NullOr(CartLocationId),
  sku: Text.Long,
  name: Text.Long,
  options: Schema.Array(LineOption),
  quantity: NotNegative,
  shipped: NotNegative,
  refunded: NotNegative,
  /** The shipments and refunds that `shipped` and `refunded` add up, where the shop dates them; left out where it does not. */
  shipments: Schema.optionalKey(Schema.Array(LineHappening)),
  refunds: Schema.optionalKey(Schema.Array(LineHappening)),
  unitPrice: Amount,
  totalExTax: Amount,
  totalIncTax: Amount,
  wrapping: Amount,
  discounts: Schema.Array(Discount)
})
export interface OrderLine extends Schema.Schema.Type<typeof OrderLine> {}

/** A postal address with the person there. */
export const Address = Schema.Struct({
  firstName: Text.Long,
  lastName: Text.Long,
  company: Text.Long,
  street1: Text.Long,
  street2: Text.Long,
  city: Text.Long,
  state: Text.Long,
  postalCode: Text.Long,
  countryCode: Text.Long,
  phone: Text.Long,
  email: Text.Long
})
export interface Address extends Schema.Schema.Type<typeof Address> {}

/** One destination of an order: shipped to `address`, or collected (`address` null). */
export const Consignment = Schema.Struct({
  id: Text.Long,
  method: Text.Long,
  address: Schema.NullOr(Address),
  costExTax: Amount,
  costIncTax: Amount
})
export interface Consignment extends Schema.Schema.Type<typeof Consignment> {}

/** Who bought; `id` is null for a guest. */
export const Customer = Schema.Struct({
  id: Schema.NullOr(Text.Long),
  email: Text.Long,
  billing: Schema.NullOr(Address)
})
export interface Customer extends Schema.Schema.Type<typeof Customer> {}

/** The order's amounts, as the shop states them; nothing is derived anew. */
export const OrderTotals = Schema.Struct({
  currency: Currency,
  taxInclusive: Schema.Boolean,
  subtotalExTax: Amount,
  subtotalIncTax: Amount,
  shippingExTax: Amount,
  shippingIncTax: Amount,
  handlingExTax: Amount,
  handlingIncTax: Amount,
  wrappingExTax: Amount,
  wrappingIncTax: Amount,
  discount: Amount,
  coupons: Amount,
  fees: Amount,
  storeCredit: Amount,
  giftCertificates: Amount,
  tax: Amount,
  totalExTax: Amount,
  totalIncTax: Amount
})
export interface OrderTotals extends Schema.Schema.Type<typeof OrderTotals> {}

/**
 * A snapshot of one order. `number` is what the shop prints on it. `deleted` is set when the shop has deleted it for
 * good; an archived order is an ordinary order.
 */
export const Order = Schema.Struct({
  id: OrderId,
  number: Text.NonEmptyLine,
  status: OrderStatus,
  placedAt: Schema.DateTimeUtcFromString,
  modifiedAt: Schema.DateTimeUtcFromString,
  deleted: Schema.Boolean,
  archived: Schema.Boolean,
  customer: Customer,
  consignments: Schema.Array(Consignment),
  lines: Schema.Array(OrderLine),
  totals: OrderTotals,
  message: Text.Long,
  /** The shop's id of the channel that the order came in by, where it has several. */
  cartChannelId: Schema.optionalKey(Schema.NullOr(Text.Long))
})
export interface Order extends Schema.Schema.Type<typeof Order> {}

const noAmount = Amount.make("0")

/** A line of one physical product from what distinguishes it; everything else has the plain default. */
export const makeLine = (line: Pick<OrderLine, "id" | "quantity"> & Partial<OrderLine>): OrderLine => ({
  goods: "physical",
  productId: null,
  variantId: null,
  parentLineId: null,
  consignmentId: null,
  pickupAt: null,
  sku: "",
  name: line.sku === undefined || line.sku.trim() === "" ? `Line ${line.id}` : line.sku,
  options: [],
  shipped: zero,
  refunded: zero,
  unitPrice: noAmount,
  totalExTax: noAmount,
  totalIncTax: noAmount,
  wrapping: noAmount,
  discounts: [],
  ...line
})

const noTotals: OrderTotals = {
  currency: Currency.make("USD"),
  taxInclusive: false,
  subtotalExTax: noAmount,
  subtotalIncTax: noAmount,
  shippingExTax: noAmount,
  shippingIncTax: noAmount,
  handlingExTax: noAmount,
  handlingIncTax: noAmount,
  wrappingExTax: noAmount,
  wrappingIncTax: noAmount,
  discount: noAmount,
  coupons: noAmount,
  fees: noAmount,
  storeCredit: noAmount,
  giftCertificates: noAmount,
  tax: noAmount,
  totalExTax: noAmount,
  totalIncTax: noAmount
}

/** A paid, unshipped order from what distinguishes it; everything else has the plain default. */
export const make = (order: Pick<Order, "id" | "placedAt" | "lines"> & Partial<Order>): Order => ({
  number: order.id,
  status: "awaitingFulfilment",
  modifiedAt: order.placedAt,
  deleted: false,
  archived: false,
  customer: { id: null, email: "", billing: null },
  consignments: [],
  totals: noTotals,
  message: "",
  ...order
})

/**
 * What the shop itself would still let be shipped of a line: ordered, less shipped, less refunded, never below zero.
 *
 * A shop counts refunds without saying whether the goods had been shipped, so that this is the least that may be open; what
 * intake commits follows from the times of shipments and refunds.
 */
export const openOf = (line: Pick<OrderLine, "quantity" | "shipped" | "refunded">): Quantity =>
  Math.max(0, line.quantity - line.shipped - line.refunded) as Quantity

/** Whether an order has been called off: cancelled, declined, or deleted for good. Archiving calls nothing off. */
export const isCalledOff = (order: Pick<Order, "status" | "deleted">): boolean =>
  order.deleted || order.status === "cancelled" || order.status === "declined"

/** Whether the shop has done with an order: it owes nothing any more, shipped or not. */
export const isFinished = (order: Pick<Order, "status" | "deleted">): boolean =>
  !order.deleted && (order.status === "shipped" || order.status === "completed")

/** Whether an order's status tells of its money alone: what has become of its goods was told by the status before. */
export const isAboutMoney = ({ status }: Pick<Order, "status">): boolean =>
  status === "refunded" || status === "partiallyRefunded" || status === "disputed"

/** Whether the checkout came to an end; an order is never imported before. */
export const isPlaced = (status: OrderStatus): boolean => status !== "incomplete" && status !== "pending"

/** Whether the shop has the money, going by the status. */
export const isPaid = (status: OrderStatus): boolean =>
  isPlaced(status) &&
  status !== "awaitingPayment" &&
  status !== "manualVerification" &&
  status !== "cancelled" &&
  status !== "declined"
