/**
 * Orders with all their lines, as snapshots in the domain's words.
 *
 * The backlog in a status is read by ascending id (`min_id`, inclusive), the modified stream by ascending modification
 * date; neither by page numbers over a moving set, where rows would slip past the reader. Consignments and lines come
 * along in the same answer. The shop sometimes leaves lines out of it: when the units do not add up to what the order
 * says, its lines are read by themselves, and that list is the truth.
 */
import { DateTime, Effect, Option, Schema, Stream } from "effect"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { ProductId, VariantId } from "@stockport/core/domain/Listing"
import { Amount, Currency } from "@stockport/core/domain/Money"
import {
  type Address,
  type Consignment,
  type Discount,
  type Order,
  OrderId,
  type OrderLine,
  OrderLineId,
  type OrderStatus,
  type OrderTotals
} from "@stockport/core/domain/Order"
import type { CartError, OrderQuery } from "@stockport/core/ports/Cart"
import type { BigCommerceClient, Parameters } from "./BigCommerceClient.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import {
  type AddressWire,
  type ConsignmentsWire,
  LineWire,
  OrderWire,
  type PickupWire,
  ShippingWire,
  statusIdOf
} from "./OrderWire.ts"
import { rowsOf } from "./Wire.ts"

/** The most rows that V2 gives in a page. Its own default is 50, which cuts large orders short. */
export const pageSizeMax = 250

/** How many orders' missing lines are read at a time. */
const completionsAtOnce = 4

/** An order has at most this many pages of lines or addresses; more is a shop gone wrong. */
const pagesPerOrderMax = 100

const included = {
  include: "consignments,consignments.line_items,fees",
  consignment_structure: "object"
}

const Orders = rowsOf(OrderWire)
const MaybeOrder = Schema.NullOr(OrderWire)
const Lines = rowsOf(LineWire)
const Addresses = rowsOf(ShippingWire)

/** The orders that a query asks for. */
export const stream = (client: BigCommerceClient["Service"], query: OrderQuery): Stream.Stream<Order, CartError> => {
  const rows =
    query._tag === "Backlog"
      ? Stream.fromIterable(new Set(query.statuses)).pipe(Stream.flatMap((status) => backlog(client, status)))
      : modifiedSince(client, query.instant)
  return Stream.mapEffect(rows, (order) => completed(client, order, false), { concurrency: completionsAtOnce })
}

/** One order, or none when the shop does not know it. */
export const one = (
  client: BigCommerceClient["Service"],
  id: OrderId
): Effect.Effect<Option.Option<Order>, CartError> =>
  client.call(Operation.getOrder, { path: { order_id: id }, query: included, urgent: true }, MaybeOrder).pipe(
    Effect.flatMap((order) => (order === null ? Effect.succeedNone : Effect.asSome(completed(client, order, true)))),
    Effect.catchIf(
      (error) => error.reason._tag === "NotFound",
      () => Effect.succeedNone
    )
  )

const readPage = (client: BigCommerceClient["Service"], query: NonNullable<Parameters["query"]>) =>
  client.call(Operation.getOrders, { query: { ...query, ...included, limit: pageSizeMax } }, Orders)

/** Everything in a status, by ascending id. What enters the status behind the reader is the next reading's. */
const backlog = (client: BigCommerceClient["Service"], status: OrderStatus) =>
  Stream.paginate(
    1,
    Effect.fnUntraced(function* (minId: number) {
      const rows = yield* readPage(client, { status_id: statusIdOf(status), sort: "id:asc", min_id: minId })
      const last = rows.at(-1)
      if (last !== undefined) yield* requireProgress(last, minId)
      const more = last !== undefined && rows.length >= pageSizeMax
      return [rows, more ? Option.some(Number(last.id) + 1) : Option.none()] as const
    })
  )

/** Where the reader of changes stands: at an instant, or within the second that begins there, at an id. */
interface Since {
  readonly instant: DateTime.Utc
  readonly minId: number | null
}

/**
 * Everything modified at or after an instant, oldest change first.
 *
 * Dates have whole seconds, so each page begins at the second where the last one ended. When a whole page lies within one
 * second (an import does that), the second is read by ascending id: a page number would let rows slip by while others
 * are modified again and leave it. What is modified in a second after that was read has to be asked for again, as every
 * reader of changes does who goes back a little.
 */
const modifiedSince = (client: BigCommerceClient["Service"], from: DateTime.Utc) =>
  Stream.paginate(
    { instant: from, minId: null },
    Effect.fnUntraced(function* ({ instant, minId }: Since) {
      const rows = yield* minId === null ? changesFrom(client, instant) : changesWithin(client, instant, minId)
      const last = rows.at(-1)
      const isFull = last !== undefined && rows.length >= pageSizeMax
      if (minId !== null) {
        if (last !== undefined) yield* requireProgress(last, minId)
        const next: Since = isFull
          ? { instant, minId: Number(last.id) + 1 }
          : { instant: DateTime.add(instant, { seconds: 1 }), minId: null }
        return [rows, Option.some(next)] as const
      }
      if (!isFull) return [rows, Option.none<Since>()] as const
      const reached = last.date_modified
      if (reached === null || DateTime.isLessThan(reached, DateTime.startOf(instant, "second"))) {
        const detail = `order ${last.id} was not modified at or after ${DateTime.formatIso(instant)}`
        return yield* Pages.contradiction(Operation.getOrders, "body", detail)
      }
      const next: Since = DateTime.isGreaterThan(reached, instant)
        ? { instant: reached, minId: null }
        : { instant, minId: 1 }
      return [rows, Option.some(next)] as const
    })
  )

const changesFrom = (client: BigCommerceClient["Service"], instant: DateTime.Utc) =>
  readPage(client, { min_date_modified: DateTime.formatIso(instant), sort: "date_modified:asc" })

/** The bound above is a second too high, in case it is not inclusive. */
const changesWithin = (client: BigCommerceClient["Service"], instant: DateTime.Utc, minId: number) =>
  readPage(client, {
    min_date_modified: DateTime.formatIso(instant),
    max_date_modified: DateTime.formatIso(DateTime.add(instant, { seconds: 1 })),
    min_id: minId,
    sort: "id:asc"
  })

/** A reader that follows ids has to get ahead. */
const requireProgress = (last: OrderWire, minId: number): Effect.Effect<void, CartError> =>
  Number(last.id) >= minId
    ? Effect.void
    : Effect.fail(
        Pages.contradiction(Operation.getOrders, "body", `order ${last.id} does not come after order ${minId - 1}`)
      )

/** An order with every line, read on its own where the page did not bring them all. */
const completed = Effect.fnUntraced(function* (
  client: BigCommerceClient["Service"],
  order: OrderWire,
  urgent: boolean
) {
  const { consignments, items_total } = order
  if (consignments !== null) {
    const lines = sideLoadedLines(consignments)
    const units = lines.reduce((sum, { wire }) => sum + wire.quantity, 0)
    if (items_total === null ? lines.length > 0 : units === items_total) return orderOf(order, consignments, lines)
  }
  const read = { path: { order_id: order.id }, urgent }
  const lines = yield* readAll((page) =>
    client.call(Operation.getOrderProducts, { ...read, query: { limit: pageSizeMax, page } }, Lines)
  )
  const destinations = consignments ?? {
    ...nowhere,
    shipping: yield* readAll((page) =>
      client.call(Operation.getOrderAddresses, { ...read, query: { limit: pageSizeMax, page } }, Addresses)
    )
  }
  return orderOf(
    order,
    destinations,
    lines.map((wire) => ({ wire, pickup: pickupOf(wire, destinations.pickups) }))
  )
})

const nowhere: ConsignmentsWire = { shipping: [], pickups: [], downloads: [], email: null }

/** All rows of an order's own list. */
const readAll = Effect.fnUntraced(function* <A>(read: (page: number) => Effect.Effect<ReadonlyArray<A>, CartError>) {
  const all: Array<A> = []
  for (let page = 1; page <= pagesPerOrderMax; page++) {
    const rows = yield* read(page)
    all.push(...rows)
    if (rows.length < pageSizeMax) break
  }
  return all
})

/** A line, and where it is collected if it is. */
interface PlacedLine {
  readonly wire: LineWire
  readonly pickup: PickupWire | undefined
}

const sideLoadedLines = ({ downloads, email, pickups, shipping }: ConsignmentsWire): ReadonlyArray<PlacedLine> => [
  ...[...shipping, ...downloads, ...(email?.gift_certificates ?? [])].flatMap(({ line_items }) =>
    line_items.map((wire) => ({ wire, pickup: undefined }))
  ),
  ...pickups.flatMap((pickup) => pickup.line_items.map((wire) => ({ wire, pickup })))
]

/** A line read by itself names only the method of its pick-up. */
const pickupOf = (line: LineWire, pickups: ReadonlyArray<PickupWire>): PickupWire | undefined =>
  line.order_pickup_method_id === null
    ? undefined
    : pickups.find(({ pickup_method_id }) => pickup_method_id === line.order_pickup_method_id)

const orderOf = (order: OrderWire, consignments: ConsignmentsWire, lines: ReadonlyArray<PlacedLine>): Order => ({
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
  lines: lines.map(lineOf),
  totals: totalsOf(order),
  message: order.customer_message
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

/** ISO 4217's code for "no currency": what an order has that names none. */
const unknownCurrency = Currency.make("XXX")

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
