/**
 * Orders as V2 writes them, with consignments and lines side-loaded.
 *
 * Amounts are decimal text, but numbers inside consignments; dates are RFC 2822; whatever was not included is a link
 * `{url, resource}` in the same place. A link reads as null, "nothing is known here", which is not "there is nothing".
 */
import { Effect, Schema, SchemaGetter } from "effect"
import { OrderStatus } from "@stockport/core/domain/Order"
import {
  AmountOrNone,
  AmountOrZero,
  CurrencyOrNone,
  Flag,
  Id,
  IdOrNone,
  Instant,
  InstantOrNone,
  isRecord,
  leaf,
  listOf,
  recordOr,
  Text,
  Units,
  UnitsIfReadable,
  UnitsOrZero
} from "./Wire.ts"

/** BigCommerce's status ids in order; the id is stable, the label can be renamed by the merchant. */
export const statuses: ReadonlyArray<OrderStatus> = [
  "incomplete",
  "pending",
  "shipped",
  "partiallyShipped",
  "refunded",
  "cancelled",
  "declined",
  "awaitingPayment",
  "awaitingPickup",
  "awaitingShipment",
  "completed",
  "awaitingFulfilment",
  "manualVerification",
  "disputed",
  "partiallyRefunded"
]

/** The shop's id of a status. */
export const statusIdOf = (status: OrderStatus): number => statuses.indexOf(status)

const Status = leaf(OrderStatus, "a status id from 0 to 14", (id) => {
  const number = typeof id === "string" && /^\d{1,2}$/.test(id) ? Number(id) : id
  return typeof number === "number" ? statuses[number] : undefined
})

/** Whether a value is the link `{url, resource}` to something that was not included. */
export const isLink = (value: unknown): boolean => isRecord(value) && "resource" in value && !("id" in value)

/** A place that holds either something, or a link to it. */
const includedIn = <A, E>(thing: Schema.Codec<A, E>, find: (value: unknown) => unknown) =>
  Schema.Unknown.pipe(
    Schema.decodeTo(Schema.NullOr(thing), {
      decode: SchemaGetter.transform((value: unknown) => (find(value) ?? null) as E | null),
      encode: SchemaGetter.forbiddenEncoding
    }),
    Schema.withDecodingDefaultKey(Effect.succeed(null))
  )

const DiscountWire = Schema.Struct({ amount: AmountOrZero, name: Text, code: Text, target: Text })

const OptionWire = Schema.Struct({ display_name: Text, display_value: Text, name: Text, value: Text })

/** A line, side-loaded or read by itself. */
export const LineWire = Schema.Struct({
  id: Id,
  product_id: IdOrNone,
  variant_id: IdOrNone,
  order_address_id: IdOrNone,
  order_pickup_method_id: IdOrNone,
  parent_order_product_id: IdOrNone,
  type: Text,
  name: Text,
  sku: Text,
  quantity: Units,
  quantity_shipped: UnitsOrZero,
  quantity_refunded: UnitsOrZero,
  base_price: AmountOrNone,
  price_ex_tax: AmountOrNone,
  price_inc_tax: AmountOrNone,
  total_ex_tax: AmountOrZero,
  total_inc_tax: AmountOrZero,
  wrapping_cost_inc_tax: AmountOrZero,
  applied_discounts: listOf(DiscountWire),
  product_options: listOf(OptionWire)
})
export interface LineWire extends Schema.Schema.Type<typeof LineWire> {}

/** Side-loaded lines; links in their place are left out, so that the count tells that something is missing. */
const SideLoadedLines = Schema.Unknown.pipe(
  Schema.decodeTo(listOf(LineWire), {
    decode: SchemaGetter.transform((value: unknown) =>
      Array.isArray(value) ? value.filter((line) => !isLink(line)) : isLink(value) ? [] : value
    ),
    encode: SchemaGetter.forbiddenEncoding
  }),
  Schema.withDecodingDefaultKey(Effect.succeed(null))
)

const addressFields = {
  first_name: Text,
  last_name: Text,
  company: Text,
  street_1: Text,
  street_2: Text,
  city: Text,
  state: Text,
  zip: Text,
  country_iso2: Text,
  phone: Text,
  email: Text
}

/** A postal address. */
export const AddressWire = Schema.Struct(addressFields)
export interface AddressWire extends Schema.Schema.Type<typeof AddressWire> {}

/** A destination, as it is side-loaded and as the list of an order's addresses gives it. */
export const ShippingWire = Schema.Struct({
  id: Id,
  ...addressFields,
  shipping_method: Text,
  cost_ex_tax: AmountOrZero,
  cost_inc_tax: AmountOrZero,
  line_items: SideLoadedLines
})
export interface ShippingWire extends Schema.Schema.Type<typeof ShippingWire> {}

/** A pick-up: the only kind of destination that names a stock location. */
const PickupWire = Schema.Struct({
  id: Id,
  pickup_method_id: IdOrNone,
  pickup_method_display_name: Text,
  location: recordOr(Schema.Struct({ id: IdOrNone })),
  line_items: SideLoadedLines
})
/** A pick-up as an order gives it. */
export interface PickupWire extends Schema.Schema.Type<typeof PickupWire> {}

const RecipientWire = Schema.Struct({ line_items: SideLoadedLines })

const EmailWire = Schema.Struct({ gift_certificates: listOf(RecipientWire) })

/** Where an order's lines go: shipped, collected, downloaded or mailed. */
const ConsignmentsWire = Schema.Struct({
  shipping: listOf(ShippingWire),
  pickups: listOf(PickupWire),
  downloads: listOf(RecipientWire),
  email: recordOr(EmailWire)
})
/** The destinations of an order as it gives them. */
export interface ConsignmentsWire extends Schema.Schema.Type<typeof ConsignmentsWire> {}

const FeeWire = Schema.Struct({ cost_inc_tax: AmountOrZero })

/** The object structure; the legacy one wraps it in an array. */
export const findConsignments = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.length === 1 ? findConsignments(value[0]) : null
  const known = ["shipping", "pickups", "downloads", "email"]
  return isRecord(value) && known.some((key) => key in value) ? value : null
}

/** An order embeds a bare array, the list of an order's fees wraps it. */
const findFees = (value: unknown): unknown =>
  Array.isArray(value) ? value : isRecord(value) && Array.isArray(value["fees"]) ? value["fees"] : null

/** An order. */
export const OrderWire = Schema.Struct({
  id: Id,
  channel_id: IdOrNone,
  customer_id: IdOrNone,
  status_id: Status,
  date_created: Instant,
  date_modified: InstantOrNone,
  is_deleted: Flag,
  is_tax_inclusive_pricing: Flag,
  default_currency_code: CurrencyOrNone,
  currency_code: CurrencyOrNone,
  items_total: UnitsIfReadable,
  customer_message: Text,
  subtotal_ex_tax: AmountOrZero,
  subtotal_inc_tax: AmountOrZero,
  shipping_cost_ex_tax: AmountOrZero,
  shipping_cost_inc_tax: AmountOrZero,
  handling_cost_ex_tax: AmountOrZero,
  handling_cost_inc_tax: AmountOrZero,
  wrapping_cost_ex_tax: AmountOrZero,
  wrapping_cost_inc_tax: AmountOrZero,
  discount_amount: AmountOrZero,
  coupon_discount: AmountOrZero,
  store_credit_amount: AmountOrZero,
  gift_certificate_amount: AmountOrZero,
  total_ex_tax: AmountOrZero,
  total_inc_tax: AmountOrZero,
  total_tax: AmountOrZero,
  billing_address: recordOr(AddressWire),
  consignments: includedIn(ConsignmentsWire, findConsignments),
  fees: includedIn(Schema.Array(FeeWire), findFees)
})
export interface OrderWire extends Schema.Schema.Type<typeof OrderWire> {}
