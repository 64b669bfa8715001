/** V2 orders: list, count, read, create, change, archive, and what hangs below an order. */
import { type ApiRequest, noContent, ok, type Route, v2List } from "../Http.ts"
import type { Order } from "../Order.ts"
import { statuses, totals } from "../Order.ts"
import * as Money from "../Money.ts"
import { pathId, slice, v2Body, v2Instant, v2Integer, v2Page } from "../Query.ts"
import { invalidField, notFound } from "../Refusal.ts"
import type { Shop } from "../Shop.ts"
import * as Dates from "../Dates.ts"
import { changesOf, newOrderOf } from "../wire/OrderBody.ts"
import {
  consignmentsWire,
  couponsWire,
  feesWire,
  type Includes,
  lineWire,
  orderWire,
  shippingAddressWire,
  taxesWire
} from "../wire/OrderWire.ts"

const scope = "store_v2_orders"

const seconds = (millis: number): number => Math.floor(millis / 1000)

/** The predicate that a query's filters make together. */
export const orderFilter = (shop: Shop, query: URLSearchParams): ((order: Order) => boolean) => {
  const tests: Array<(order: Order) => boolean> = []
  const minimum = (value: number | undefined, of: (order: Order) => number): void => {
    if (value !== undefined) tests.push((order) => of(order) >= value)
  }
  const maximum = (value: number | undefined, of: (order: Order) => number): void => {
    if (value !== undefined) tests.push((order) => of(order) <= value)
  }
  const same = (value: string | number | undefined | null, of: (order: Order) => string | number | null): void => {
    if (value !== undefined && value !== null) tests.push((order) => of(order) === value)
  }
  minimum(v2Integer(query, "min_id"), (order) => order.id)
  maximum(v2Integer(query, "max_id"), (order) => order.id)
  minimum(amount(query, "min_total"), (order) => totals(order).total.incTax)
  maximum(amount(query, "max_total"), (order) => totals(order).total.incTax)
  for (const [name, of] of [
    ["created", (order: Order) => seconds(order.createdMillis)],
    ["modified", (order: Order) => seconds(order.modifiedMillis)]
  ] as const) {
    const least = v2Instant(query, `min_date_${name}`)
    const most = v2Instant(query, `max_date_${name}`)
    minimum(least === undefined ? undefined : least / 1000, of)
    maximum(most === undefined ? undefined : most / 1000, of)
  }
  same(v2Integer(query, "customer_id"), (order) => order.customerId)
  same(v2Integer(query, "status_id"), (order) => order.statusId)
  same(v2Integer(query, "channel_id"), (order) => order.channelId)
  same(query.get("email")?.toLowerCase(), (order) => order.billing.email.toLowerCase())
  same(query.get("cart_id"), (order) => order.cartId)
  same(query.get("payment_method"), (order) => order.paymentMethod)
  same(query.get("external_order_id"), (order) => order.externalOrderId)
  const archived = query.get("is_deleted")
  if (archived !== null) tests.push((order) => String(order.isArchived) === archived)
  else if (!shop.settings.listsArchivedOrders) tests.push((order) => !order.isArchived)
  return (order) => tests.every((test) => test(order))
}

const amount = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name)
  if (text === null || text === "") return undefined
  const parsed = Money.parse(text)
  if (parsed === undefined) throw invalidField(name)
  return parsed
}

const sorts: Readonly<Record<string, (order: Order) => string | number>> = {
  id: (order) => order.id,
  customer_id: (order) => order.customerId,
  date_created: (order) => order.createdMillis,
  date_modified: (order) => order.modifiedMillis,
  status_id: (order) => order.statusId,
  channel_id: (order) => order.channelId,
  external_id: (order) => order.externalId ?? ""
}

/** Sorts by `field[:asc|:desc]`; equal ones stand by id. */
const sorted = (orders: ReadonlyArray<Order>, query: URLSearchParams): ReadonlyArray<Order> => {
  const [field = "id", direction = "asc"] = (query.get("sort") ?? "id:asc").split(":")
  const key = sorts[field]
  if (key === undefined || (direction !== "asc" && direction !== "desc")) throw invalidField("sort")
  const sign = direction === "asc" ? 1 : -1
  if (field === "id") return sign === 1 ? orders : orders.toReversed()
  return orders.toSorted((left, right) => {
    const [one, other] = [key(left), key(right)]
    return one === other ? left.id - right.id : sign * (one < other ? -1 : 1)
  })
}

/** The first place from which ids reach `minId`; orders stand by ascending id. */
const fromMinId = (orders: ReadonlyArray<Order>, query: URLSearchParams): ReadonlyArray<Order> => {
  const minId = v2Integer(query, "min_id")
  if (minId === undefined) return orders
  let [low, high] = [0, orders.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((orders[middle]?.id ?? 0) < minId) low = middle + 1
    else high = middle
  }
  return orders.slice(low)
}

const includesOf = (query: URLSearchParams): Includes => {
  const names = (query.get("include") ?? "").split(",")
  const lineItems = names.includes("consignments.line_items")
  return {
    consignments: lineItems || names.includes("consignments"),
    lineItems,
    fees: names.includes("fees"),
    asObject: query.get("consignment_structure") === "object"
  }
}

const written = (shop: Shop, request: ApiRequest, order: Order) =>
  orderWire(shop, request.storeUrl, order, includesOf(request.query), request.truncatesSideLoad)

const orderOf = (shop: Shop, request: ApiRequest): Order => shop.orders.get(pathId(request, "order_id"))

const listOrders = (shop: Shop, request: ApiRequest) => {
  const page = v2Page(request.query)
  const filter = orderFilter(shop, request.query)
  const found = fromMinId(shop.orders.all(), request.query).filter(filter)
  const rows = slice(sorted(found, request.query), page)
  return v2List(rows.map((order) => written(shop, request, order)))
}

const countOrders = (shop: Shop, request: ApiRequest) => {
  const filter = orderFilter(shop, request.query)
  const counts = new Map<number, number>()
  let count = 0
  for (const order of shop.orders.all()) {
    if (!filter(order)) continue
    counts.set(order.statusId, (counts.get(order.statusId) ?? 0) + 1)
    count++
  }
  const rows = statuses
    .toSorted((left, right) => left.sortOrder - right.sortOrder)
    .map((entry) => ({
      id: entry.id,
      name: entry.name,
      system_label: entry.name,
      custom_label: entry.name,
      system_description: entry.description,
      count: counts.get(entry.id) ?? 0,
      sort_order: entry.sortOrder
    }))
  return ok({ statuses: rows, count })
}

const statusWire = (entry: (typeof statuses)[number]) => ({
  id: entry.id,
  name: entry.name,
  system_label: entry.name,
  custom_label: entry.name,
  system_description: entry.description,
  order: entry.sortOrder
})

const orderProduct = (shop: Shop, request: ApiRequest) => {
  const order = orderOf(shop, request)
  const line = order.lines.find((candidate) => candidate.id === pathId(request, "product_id"))
  if (line === undefined) throw notFound()
  return ok(lineWire(order, line))
}

const messagesOf = (shop: Shop, request: ApiRequest) => {
  const order = orderOf(shop, request)
  const rows = order.messages.map((message) => ({
    id: message.id,
    order_id: order.id,
    staff_id: 0,
    customer_id: order.customerId,
    type: "customer",
    subject: "",
    message: message.message,
    status: "unread",
    is_flagged: false,
    date_created: Dates.rfc2822(message.createdMillis),
    customer: {
      url: `${request.storeUrl}/v2/customers/${order.customerId}`,
      resource: `/customers/${order.customerId}`
    }
  }))
  return v2List(slice(rows, v2Page(request.query)))
}

const putOrder = (shop: Shop, request: ApiRequest) => {
  const order = orderOf(shop, request)
  const body = v2Body(request)
  const changes = changesOf(shop, order, body)
  shop.orders.edit(order, changes)
  if (body["is_deleted"] === true) shop.orders.archive(order)
  if (body["is_deleted"] === false && order.isArchived) shop.orders.unarchive(order)
  return ok(written(shop, request, order))
}

const addressRows = (shop: Shop, request: ApiRequest) => {
  const order = orderOf(shop, request)
  const rows = order.addresses.map((address) => shippingAddressWire(request.storeUrl, order, address))
  return v2List(slice(rows, v2Page(request.query)))
}

export const orderRoutes: ReadonlyArray<Route> = [
  { method: "GET", version: "v2", path: "/orders", scope, handle: listOrders },
  {
    method: "POST",
    version: "v2",
    path: "/orders",
    scope,
    handle: (shop, request) => {
      const order = shop.placeOrder(newOrderOf(v2Body(request)))
      return ok(written(shop, request, order))
    }
  },
  { method: "GET", version: "v2", path: "/orders/count", scope, handle: countOrders },
  {
    method: "GET",
    version: "v2",
    path: "/order_statuses",
    scope,
    handle: () => ok(statuses.map(statusWire))
  },
  {
    method: "GET",
    version: "v2",
    path: "/order_statuses/{status_id}",
    scope,
    handle: (_, request) => {
      const found = statuses.find((candidate) => candidate.id === pathId(request, "status_id"))
      if (found === undefined) throw notFound()
      return ok(statusWire(found))
    }
  },
  {
    method: "GET",
    version: "v2",
    path: "/orders/{order_id}",
    scope,
    handle: (shop, request) => ok(written(shop, request, orderOf(shop, request)))
  },
  { method: "PUT", version: "v2", path: "/orders/{order_id}", scope, handle: putOrder },
  {
    method: "DELETE",
    version: "v2",
    path: "/orders/{order_id}",
    scope,
    handle: (shop, request) => {
      shop.orders.archive(orderOf(shop, request))
      return noContent
    }
  },
  {
    method: "GET",
    version: "v2",
    path: "/orders/{order_id}/products",
    scope,
    handle: (shop, request) => {
      const order = orderOf(shop, request)
      return v2List(slice(order.lines, v2Page(request.query)).map((line) => lineWire(order, line)))
    }
  },
  { method: "GET", version: "v2", path: "/orders/{order_id}/products/{product_id}", scope, handle: orderProduct },
  ...["shipping_addresses", "shippingaddresses"].flatMap((name): ReadonlyArray<Route> => [
    { method: "GET", version: "v2", path: `/orders/{order_id}/${name}`, scope, handle: addressRows },
    {
      method: "GET",
      version: "v2",
      path: `/orders/{order_id}/${name}/{address_id}`,
      scope,
      handle: (shop, request) => {
        const order = orderOf(shop, request)
        const address = order.addresses.find((candidate) => candidate.id === pathId(request, "address_id"))
        if (address === undefined) throw notFound()
        return ok(shippingAddressWire(request.storeUrl, order, address))
      }
    }
  ]),
  {
    method: "GET",
    version: "v2",
    path: "/orders/{order_id}/coupons",
    scope,
    handle: (shop, request) => v2List(slice(couponsWire(orderOf(shop, request)), v2Page(request.query)))
  },
  {
    method: "GET",
    version: "v2",
    path: "/orders/{order_id}/taxes",
    scope,
    handle: (shop, request) => {
      const rows = taxesWire(shop, orderOf(shop, request), request.query.get("details") === "true")
      return v2List(slice(rows, v2Page(request.query)))
    }
  },
  {
    method: "GET",
    version: "v2",
    path: "/orders/{order_id}/fees",
    scope,
    handle: (shop, request) => ok({ fees: feesWire(orderOf(shop, request)) })
  },
  {
    method: "GET",
    version: "v2",
    path: "/orders/{order_id}/consignments",
    scope,
    handle: (shop, request) => {
      const order = orderOf(shop, request)
      const lines = includesOf(request.query).lineItems ? "embedded" : "linked"
      return ok(consignmentsWire(shop, request.storeUrl, order, lines))
    }
  },
  { method: "GET", version: "v2", path: "/orders/{order_id}/messages", scope, handle: messagesOf }
]
