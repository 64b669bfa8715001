/** Orders as V2 writes them: decimal texts, RFC 2822 dates, links; numbers inside consignments and coupons. */
import * as Dates from "../Dates.ts"
import { nullByText } from "../Http.ts"
import type { Location } from "../Location.ts"
import * as Money from "../Money.ts"
import {
  type Address,
  discountedTotal,
  itemsShipped,
  itemsTotal,
  type Order,
  type OrderLine,
  type ShippingAddress,
  statuses,
  type Taxed,
  times,
  totals
} from "../Order.ts"
import type { Shop } from "../Shop.ts"

/** What of an order is embedded instead of linked. */
export interface Includes {
  readonly consignments: boolean
  readonly lineItems: boolean
  readonly fees: boolean
  /** `consignment_structure=object`; without it the legacy array comes back. */
  readonly asObject: boolean
}

export const noIncludes: Includes = { consignments: false, lineItems: false, fees: false, asObject: true }

export const statusName = (statusId: number): string =>
  statuses.find((candidate) => candidate.id === statusId)?.name ?? "Pending"

const triple = (prefix: string, amount: Taxed) => ({
  [`${prefix}_ex_tax`]: Money.text(amount.exTax),
  [`${prefix}_inc_tax`]: Money.text(amount.incTax),
  [`${prefix}_tax`]: Money.text(amount.tax)
})

const numberTriple = (prefix: string, amount: Taxed) => ({
  [`${prefix}_ex_tax`]: Money.decimal(amount.exTax),
  [`${prefix}_inc_tax`]: Money.decimal(amount.incTax),
  [`${prefix}_tax`]: Money.decimal(amount.tax)
})

/** The amount that was entered: with tax where prices are entered so. */
const base = (order: Order, amount: Taxed): number => (order.isTaxInclusive ? amount.incTax : amount.exTax)

const link = (storeUrl: string, resource: string) => ({ url: `${storeUrl}/v2${resource}`, resource })

export const addressWire = (address: Address) => ({
  first_name: address.firstName,
  last_name: address.lastName,
  company: address.company,
  street_1: address.street1,
  street_2: address.street2,
  city: address.city,
  state: address.state,
  zip: address.zip,
  country: address.country,
  country_iso2: address.countryIso2,
  phone: address.phone,
  email: address.email
})

export const orderWire = (
  shop: Shop,
  storeUrl: string,
  order: Order,
  includes: Includes,
  truncates?: (orderId: number) => boolean
) => {
  const sums = totals(order)
  return {
    id: order.id,
    customer_id: order.customerId,
    date_created: Dates.rfc2822(order.createdMillis),
    date_modified: Dates.rfc2822(order.modifiedMillis),
    date_shipped: order.shippedMillis === undefined ? "" : Dates.rfc2822(order.shippedMillis),
    status_id: order.statusId,
    status: statusName(order.statusId),
    ...triple("subtotal", sums.subtotal),
    base_shipping_cost: Money.text(base(order, sums.shipping)),
    ...triple("shipping_cost", sums.shipping),
    shipping_cost_tax_class_id: 2,
    base_handling_cost: Money.text(base(order, sums.handling)),
    ...triple("handling_cost", sums.handling),
    handling_cost_tax_class_id: 2,
    base_wrapping_cost: Money.text(base(order, sums.wrapping)),
    ...triple("wrapping_cost", sums.wrapping),
    wrapping_cost_tax_class_id: 3,
    ...triple("total", sums.total),
    is_tax_inclusive_pricing: order.isTaxInclusive,
    items_total: itemsTotal(order),
    items_shipped: itemsShipped(order),
    payment_method: order.paymentMethod,
    payment_provider_id: order.paymentProviderId,
    payment_status: order.paymentStatus,
    refunded_amount: Money.text(order.refundedAmount),
    order_is_digital: order.lines.every((line) => line.type === "digital"),
    store_credit_amount: Money.text(order.storeCredit),
    gift_certificate_amount: Money.text(order.giftCertificate),
    ip_address: "12.345.678.910",
    ip_address_v6: "",
    geoip_country: order.billing.country,
    geoip_country_iso2: order.billing.countryIso2,
    ...currencyWire(shop, order),
    staff_notes: order.staffNotes,
    customer_message: order.customerMessage,
    discount_amount: Money.text(order.discount),
    coupon_discount: Money.text(sums.couponDiscount),
    shipping_address_count: order.addresses.length,
    is_deleted: order.isArchived,
    ebay_order_id: "0",
    cart_id: order.cartId,
    billing_address: { ...addressWire(order.billing), form_fields: [] },
    is_email_opt_in: false,
    credit_card_type: null,
    order_source: order.orderSource,
    channel_id: order.channelId,
    external_source: order.externalSource,
    ...belowOrder(shop, storeUrl, order, includes, truncates),
    external_id: order.externalId,
    external_merchant_id: null,
    tax_provider_id: "BasicTaxProvider",
    customer_locale: order.customerLocale,
    external_order_id: order.externalOrderId ?? "",
    custom_status: statusName(order.statusId)
  }
}

/** What hangs below an order: embedded where it was asked for, else as links. */
const belowOrder = (
  shop: Shop,
  storeUrl: string,
  order: Order,
  includes: Includes,
  truncates: ((orderId: number) => boolean) | undefined
) => {
  const resource = `/orders/${order.id}`
  return {
    consignments: includes.consignments
      ? consignmentsIncluded(shop, storeUrl, order, includes, truncates)
      : link(storeUrl, `${resource}/consignments`),
    products: link(storeUrl, `${resource}/products`),
    shipping_addresses: link(storeUrl, `${resource}/shippingaddresses`),
    coupons: link(storeUrl, `${resource}/coupons`),
    fees: includes.fees ? feesWire(order) : link(storeUrl, `${resource}/fees`)
  }
}

const currencyWire = (shop: Shop, order: Order) => ({
  currency_id: order.currencyCode === shop.settings.currency ? 1 : 2,
  currency_code: order.currencyCode,
  currency_exchange_rate: order.exchangeRate.toFixed(10),
  default_currency_id: order.currencyCode === shop.settings.currency ? 1 : 2,
  default_currency_code: order.currencyCode,
  store_default_currency_code: shop.settings.currency,
  store_default_to_transactional_exchange_rate: order.exchangeRate.toFixed(10)
})

const consignmentsIncluded = (
  shop: Shop,
  storeUrl: string,
  order: Order,
  includes: Includes,
  truncates: ((orderId: number) => boolean) | undefined
) => {
  const isTruncated = truncates?.(order.id) ?? false
  const consignments = consignmentsWire(shop, storeUrl, order, includes.lineItems ? "embedded" : "linked", isTruncated)
  return includes.asObject ? consignments : [consignments]
}

/** Where each line goes: collected, shipped, downloaded or mailed. */
export const consignmentsWire = (
  shop: Shop,
  storeUrl: string,
  order: Order,
  lines: "embedded" | "linked",
  isTruncated = false
) => {
  const write = (chosen: ReadonlyArray<OrderLine>): ReadonlyArray<unknown> =>
    lines === "linked"
      ? chosen.map((line) => link(storeUrl, `/orders/${order.id}/products/${line.id}`))
      : isTruncated
        ? []
        : chosen.map((line) => lineWire(order, line))
  const digital = order.lines.filter((line) => line.type === "digital")
  const recipients = new Set(order.lines.filter(isGiftCertificate).map((line) => line.recipientEmail))
  return {
    pickups: order.pickups.map((pickup) => ({
      id: pickup.id,
      pickup_method_id: pickup.methodId,
      pickup_method_display_name: "Pick Up",
      collection_instructions: "Bring your ID",
      collection_time_description: "9am - 6pm",
      location: pickupLocation(shop.locations.get(pickup.locationId), pickup.locationId),
      line_items: write(order.lines.filter((line) => line.pickupId === pickup.id))
    })),
    shipping: order.addresses.map((address) => ({
      id: address.id,
      ...addressWire(address.address),
      form_fields: [],
      line_items: write(order.lines.filter((line) => line.addressId === address.id)),
      ...unitsAt(order, address),
      shipping_method: address.shippingMethod,
      base_cost: Money.decimal(base(order, address.cost)),
      ...numberTriple("cost", address.cost),
      cost_tax_class_id: 2,
      base_handling_cost: Money.decimal(base(order, address.handling)),
      ...numberTriple("handling_cost", address.handling),
      handling_cost_tax_class_id: 2,
      shipping_zone_id: 1,
      shipping_zone_name: address.address.country,
      shipping_quotes: link(storeUrl, `/orders/${order.id}/consignments/shipping/${address.id}/shipping_quotes`)
    })),
    downloads: digital.length === 0 ? [] : [{ recipient_email: order.billing.email, line_items: write(digital) }],
    email: {
      gift_certificates: [...recipients].map((recipient) => ({
        recipient_email: recipient,
        line_items: write(order.lines.filter((line) => isGiftCertificate(line) && line.recipientEmail === recipient))
      }))
    }
  }
}

const isGiftCertificate = (line: OrderLine): boolean => line.type === "giftcertificate"

const unitsAt = (order: Order, address: ShippingAddress) => {
  const lines = order.lines.filter((line) => line.addressId === address.id)
  return {
    items_total: lines.reduce((sum, line) => sum + line.quantity, 0),
    items_shipped: lines.reduce((sum, line) => sum + line.quantityShipped, 0)
  }
}

const pickupLocation = (location: Location | undefined, id: number) => ({
  id,
  name: location?.label ?? "",
  code: location?.code ?? "",
  address_line_1: location?.address.address1 ?? "",
  address_line_2: location?.address.address2 ?? "",
  city: location?.address.city ?? "",
  state: location?.address.state ?? "",
  postal_code: location?.address.zip ?? "",
  country_alpha2: location?.address.countryCode ?? "US",
  email: location?.address.email ?? "",
  phone: location?.address.phone ?? ""
})

export const shippingAddressWire = (storeUrl: string, order: Order, address: ShippingAddress) => ({
  id: address.id,
  order_id: order.id,
  ...addressWire(address.address),
  ...unitsAt(order, address),
  shipping_method: address.shippingMethod,
  base_cost: Money.text(base(order, address.cost)),
  ...triple("cost", address.cost),
  cost_tax_class_id: 2,
  base_handling_cost: Money.text(base(order, address.handling)),
  ...triple("handling_cost", address.handling),
  handling_cost_tax_class_id: 2,
  shipping_zone_id: 1,
  shipping_zone_name: address.address.country,
  shipping_quotes: link(storeUrl, `/orders/${order.id}/shippingaddresses/${address.id}/shippingquotes`),
  form_fields: []
})

export const lineWire = (order: Order, line: OrderLine) => {
  const total = times(line.price, line.quantity)
  return {
    id: line.id,
    order_id: order.id,
    product_id: line.productId,
    variant_id: line.variantId,
    order_address_id: line.addressId,
    order_pickup_method_id: order.pickups.find((pickup) => pickup.id === line.pickupId)?.methodId ?? 0,
    name: line.name,
    name_customer: line.name,
    name_merchant: line.name,
    sku: line.sku,
    upc: line.upc,
    type: line.type,
    base_price: Money.text(base(order, line.price)),
    ...triple("price", line.price),
    base_total: Money.text(base(order, total)),
    ...triple("total", total),
    weight: line.weight.toFixed(4),
    width: "0.0000",
    height: "0.0000",
    depth: "0.0000",
    quantity: line.quantity,
    base_cost_price: "0.0000",
    cost_price_inc_tax: "0.0000",
    cost_price_ex_tax: "0.0000",
    cost_price_tax: "0.0000",
    is_refunded: line.quantityRefunded === line.quantity,
    quantity_refunded: line.quantityRefunded,
    refund_amount: Money.text(line.refundAmount),
    return_id: 0,
    wrapping_id: line.wrappingName === "" ? 0 : 1,
    wrapping_name: line.wrappingName,
    base_wrapping_cost: Money.text(base(order, line.wrapping)),
    ...triple("wrapping_cost", line.wrapping),
    wrapping_message: "",
    quantity_shipped: line.quantityShipped,
    event_name: null,
    event_date: null,
    fixed_shipping_cost: "0.0000",
    ebay_item_id: "",
    ebay_transaction_id: "",
    option_set_id: line.options.length === 0 ? null : 68,
    parent_order_product_id: line.parentId,
    is_bundled_product: line.parentId !== null,
    bin_picking_number: line.binPickingNumber,
    external_id: null,
    fulfillment_source: "",
    brand: "",
    gift_certificate_id: line.giftCertificateId,
    applied_discounts: line.discounts.map((discount) => ({
      id: discount.id,
      amount: Money.text(discount.amount),
      name: discount.name,
      code: discount.code,
      target: discount.target
    })),
    discounted_total_inc_tax: Money.text(discountedTotal(line)),
    quantity_backordered: line.quantityBackordered,
    backorder_message: null,
    product_options: optionsOf(line),
    configurable_fields: []
  }
}

const optionsOf = (line: OrderLine) =>
  line.options.map((option, at) => ({
    id: line.id * 10 + at,
    option_id: at + 3,
    order_product_id: line.id,
    product_option_id: line.productId * 10 + at,
    display_name: option.displayName,
    display_name_customer: option.displayName,
    display_name_merchant: option.displayName,
    display_value: option.displayValue,
    display_value_customer: option.displayValue,
    display_value_merchant: option.displayValue,
    value: option.displayValue,
    type: "Multiple choice",
    name: option.displayName,
    display_style: "Pick list"
  }))

export const couponsWire = (order: Order) =>
  order.coupons.map((coupon) => ({
    id: coupon.id,
    coupon_id: coupon.couponId,
    order_id: order.id,
    code: coupon.code,
    amount: Money.decimal(coupon.amount),
    type: coupon.type,
    discount: Money.decimal(coupon.discount)
  }))

export const feesWire = (order: Order) =>
  order.fees.map((fee) => ({
    id: fee.id,
    type: "custom_fee",
    display_name_customer: fee.name,
    display_name_merchant: fee.name,
    source: fee.source,
    base_cost: Money.text(base(order, fee.cost)),
    ...triple("cost", fee.cost),
    tax_class_id: null
  }))

const lineOfTax = (shop: Shop, lineId: string | undefined): Readonly<Record<string, string | null>> =>
  lineId === undefined ? nullByText(shop, "order_product_id") : { order_product_id: lineId }

/** The taxes of an order: one row for each destination, or with details one for each taxed thing. */
export const taxesWire = (shop: Shop, order: Order, isDetailed: boolean) => {
  const rows: Array<{ addressId: number; amount: number; pickup: boolean; lineId?: string; lineType?: string }> = []
  const destinations = [...order.addresses.map((address) => address.id), ...(order.addresses.length === 0 ? [0] : [])]
  for (const addressId of destinations) {
    const isFirst = addressId === destinations[0]
    const lines = order.lines.filter((line) => line.addressId === addressId || (isFirst && line.addressId === 0))
    const costs = order.addresses.find((address) => address.id === addressId)
    const pickup = addressId === 0 && order.pickups.length > 0
    const lineTaxes = lines.map((line) => ({
      lineId: String(line.id),
      lineType: "item",
      amount: times(line.price, line.quantity).tax
    }))
    const costTaxes = [
      { lineType: "shipping", amount: costs?.cost.tax ?? 0 },
      { lineType: "handling", amount: costs?.handling.tax ?? 0 }
    ]
    if (isDetailed) rows.push(...[...lineTaxes, ...costTaxes].map((row) => ({ addressId, pickup, ...row })))
    else
      rows.push({ addressId, pickup, amount: [...lineTaxes, ...costTaxes].reduce((sum, row) => sum + row.amount, 0) })
  }
  return rows
    .filter((row) => row.amount > 0)
    .map((row, at) => ({
      id: order.id * 100 + at,
      order_id: order.id,
      order_address_id: row.addressId,
      tax_rate_id: 1,
      tax_class_id: 0,
      name: "Tax",
      class: "Default Tax Class",
      rate: (order.taxRate / 100).toFixed(4),
      priority: 0,
      priority_amount: Money.text(row.amount),
      line_amount: Money.text(row.amount),
      order_pickup_method_id: row.pickup ? (order.pickups[0]?.methodId ?? 0) : 0,
      ...(isDetailed && { ...lineOfTax(shop, row.lineId), line_item_type: row.lineType })
    }))
}
