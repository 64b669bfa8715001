/** Reading the bodies of POST and PUT /v2/orders. */
import type { NewLine, NewOrder } from "../NewOrder.ts"
import type { Address, Order } from "../Order.ts"
import type { FeeEdit, OrderChanges } from "../Orders.ts"
import * as Dates from "../Dates.ts"
import { isRecord } from "../Query.ts"
import { invalidField, Refusal } from "../Refusal.ts"
import type { Shop } from "../Shop.ts"

type Body = Readonly<Record<string, unknown>>

/** Fields that an answer has and a request may not write. */
const readOnlyFields: ReadonlySet<string> = new Set([
  "id",
  "date_modified",
  "date_shipped",
  "status",
  "custom_status",
  "cart_id",
  "subtotal_tax",
  "total_tax",
  "shipping_cost_tax",
  "handling_cost_tax",
  "wrapping_cost_tax",
  "coupon_discount",
  "shipping_address_count",
  "payment_status",
  "store_credit_amount",
  "gift_certificate_amount",
  "currency_id",
  "currency_code",
  "currency_exchange_rate",
  "store_default_currency_code",
  "coupons"
])

const requireWritable = (body: Body): void => {
  for (const field of Object.keys(body)) {
    if (!readOnlyFields.has(field)) continue
    const message = `The field '${field}' cannot be written to. Please remove it from your request before trying again.`
    throw new Refusal(400, message)
  }
}

const text = (body: Body, field: string): string | undefined => {
  const value = body[field]
  if (value === undefined) return undefined
  if (typeof value !== "string") throw invalidField(field)
  return value
}

const integer = (body: Body, field: string): number | undefined => {
  const value = body[field]
  if (value === undefined) return undefined
  const parsed = typeof value === "string" && value !== "" ? Number(value) : value
  if (typeof parsed !== "number" || !Number.isInteger(parsed)) throw invalidField(field)
  return parsed
}

const amount = (body: Body, field: string): number | undefined => {
  const value = body[field]
  if (value === undefined) return undefined
  const parsed = typeof value === "string" && value !== "" ? Number(value) : value
  if (typeof parsed !== "number" || !Number.isFinite(parsed)) throw invalidField(field)
  return parsed
}

const records = (body: Body, field: string): ReadonlyArray<Body> | undefined => {
  const value = body[field]
  if (value === undefined) return undefined
  if (!Array.isArray(value) || !value.every(isRecord)) throw invalidField(field)
  return value
}

/** Keys with a value only: what is absent must stay absent. */
const present = <A extends Body>(fields: A): { [K in keyof A]?: Exclude<A[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof A]?: Exclude<A[K], undefined>
  }

const addressOf = (body: Body): Partial<Address> =>
  present({
    firstName: text(body, "first_name"),
    lastName: text(body, "last_name"),
    company: text(body, "company"),
    street1: text(body, "street_1"),
    street2: text(body, "street_2"),
    city: text(body, "city"),
    state: text(body, "state"),
    zip: text(body, "zip"),
    country: text(body, "country"),
    countryIso2: text(body, "country_iso2"),
    phone: text(body, "phone"),
    email: text(body, "email")
  })

/** `*_ex_tax` and `*_inc_tax` must come together. */
const pricesOf = (body: Body): NewLine["prices"] | undefined => {
  const [exTax, incTax] = [amount(body, "price_ex_tax"), amount(body, "price_inc_tax")]
  if (exTax === undefined && incTax === undefined) return undefined
  if (exTax === undefined) throw invalidField("price_ex_tax")
  if (incTax === undefined) throw invalidField("price_inc_tax")
  return { exTax, incTax }
}

const lineOf = (body: Body): NewLine => {
  const productId = integer(body, "product_id")
  const name = text(body, "name")
  const isCustom = productId === undefined || productId === 0
  if (isCustom && name === undefined) throw invalidField("products")
  const quantity = integer(body, "quantity") ?? 1
  const shared = present({ quantity, prices: pricesOf(body) })
  if (isCustom) return { ...shared, custom: { name: name ?? "", sku: text(body, "sku") ?? "" } }
  return { ...shared, ...present({ productId, variantId: integer(body, "variant_id") }) }
}

const feeOf = (body: Body): FeeEdit =>
  present({
    id: integer(body, "id"),
    name: text(body, "display_name_merchant") ?? text(body, "display_name_customer"),
    source: text(body, "source"),
    exTax: amount(body, "cost_ex_tax"),
    incTax: amount(body, "cost_inc_tax")
  })

/** The order that a POST asks for. */
export const newOrderOf = (body: Body): NewOrder => {
  requireWritable(body)
  const billing = body["billing_address"]
  if (!isRecord(billing)) throw invalidField("billing_address")
  const created = text(body, "date_created")
  const createdMillis = created === undefined ? undefined : Dates.parse(created)
  if (created !== undefined && createdMillis === undefined) throw invalidField("date_created")
  const addresses = records(body, "shipping_addresses")
  const pickups = isRecord(body["consignments"]) ? records(body["consignments"], "pickups") : undefined
  const collected = (pickups ?? []).flatMap((pickup) =>
    (records(pickup, "line_items") ?? []).map((line) => ({
      ...lineOf(line),
      pickupAt: integer(pickup, "pickup_method_id") ?? 1
    }))
  )
  const lines = [...(records(body, "products") ?? []).map(lineOf), ...collected]
  return {
    lines,
    statusId: integer(body, "status_id") ?? 1,
    billing: addressOf(billing),
    addresses: (addresses ?? [billing]).map(addressOf),
    ...present({
      customerId: integer(body, "customer_id"),
      channelId: integer(body, "channel_id"),
      discount: amount(body, "discount_amount"),
      shippingCost: amount(body, "base_shipping_cost") ?? amount(body, "shipping_cost_ex_tax") ?? 0,
      handlingCost: amount(body, "base_handling_cost") ?? amount(body, "handling_cost_ex_tax"),
      paymentMethod: text(body, "payment_method"),
      externalSource: body["external_source"] === null ? undefined : text(body, "external_source"),
      externalOrderId: body["external_order_id"] === null ? undefined : text(body, "external_order_id"),
      staffNotes: text(body, "staff_notes"),
      customerMessage: text(body, "customer_message"),
      currencyCode: text(body, "default_currency_code"),
      createdMillis
    }),
    fees: (records(body, "fees") ?? []).map(feeOf).map((fee) => ({
      name: fee.name ?? "Fee",
      cost: fee.exTax ?? fee.incTax ?? 0
    })),
    orderSource: "external"
  }
}

/** The changes that a PUT asks for. */
export const changesOf = (shop: Shop, order: Order, body: Body): OrderChanges => {
  requireWritable(body)
  const lines = records(body, "products") ?? []
  const quantities: Record<number, number> = {}
  const addLines: Array<NewLine> = []
  for (const line of lines) {
    const id = integer(line, "id")
    if (id === undefined) addLines.push(lineOf(line))
    else quantities[shop.orders.line(order, id).id] = integer(line, "quantity") ?? shop.orders.line(order, id).quantity
  }
  const billing = body["billing_address"]
  if (billing !== undefined && !isRecord(billing)) throw invalidField("billing_address")
  const address = records(body, "shipping_addresses")?.[0]
  const addressId = address === undefined ? undefined : integer(address, "id")
  return present({
    statusId: integer(body, "status_id"),
    staffNotes: text(body, "staff_notes"),
    customerMessage: text(body, "customer_message"),
    externalOrderId: body["external_order_id"] === null ? null : text(body, "external_order_id"),
    externalId: body["external_id"] === null ? null : text(body, "external_id"),
    paymentMethod: text(body, "payment_method"),
    discount: amount(body, "discount_amount"),
    fees: records(body, "fees")?.map(feeOf),
    billing: isRecord(billing) ? addressOf(billing) : undefined,
    shippingAddress:
      address === undefined || addressId === undefined ? undefined : { id: addressId, changes: addressOf(address) },
    quantities: Object.keys(quantities).length === 0 ? undefined : quantities,
    addLines: addLines.length === 0 ? undefined : addLines
  })
}
