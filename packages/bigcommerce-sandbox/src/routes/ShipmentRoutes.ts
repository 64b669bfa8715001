/** V2 shipments of an order. */
import * as Dates from "../Dates.ts"
import { type ApiRequest, noContent, ok, type Route, v2List } from "../Http.ts"
import * as Money from "../Money.ts"
import type { Order } from "../Order.ts"
import { isRecord, pathId, slice, v2Body, v2Page } from "../Query.ts"
import { invalidField, Refusal } from "../Refusal.ts"
import type { Shipment, ShipmentChanges } from "../Shipments.ts"
import type { Shop } from "../Shop.ts"
import { addressWire } from "../wire/OrderWire.ts"

const scope = "store_v2_orders"

const providers: Readonly<Record<string, string>> = {
  "": "",
  auspost: "Australia Post",
  canadapost: "Canada Post",
  endicia: "Endicia",
  usps: "USPS",
  fedex: "FedEx",
  ups: "UPS",
  upsready: "UPS® Ready",
  upsonline: "UPS® Online",
  shipperhq: "ShipperHQ",
  royalmail: "Royal Mail"
}

const trackingPages: Readonly<Record<string, string>> = {
  usps: "https://tools.usps.com/go/TrackConfirmAction?tLabels=",
  fedex: "https://www.fedex.com/fedextrack/?trknbr=",
  ups: "https://www.ups.com/track?tracknum=",
  royalmail: "https://www.royalmail.com/track-your-item#/tracking-results/",
  canadapost: "https://www.canadapost.ca/trackweb/en#/details/",
  auspost: "https://auspost.com.au/mypost/track/#/details/"
}

const generatedLink = (shipment: Shipment): string => {
  if (shipment.trackingLink !== "") return shipment.trackingLink
  const page = trackingPages[shipment.shippingProvider]
  return page === undefined || shipment.trackingNumber === "" ? "" : `${page}${shipment.trackingNumber}`
}

export const shipmentWire = (order: Order, shipment: Shipment) => {
  const destination = order.addresses.find((candidate) => candidate.id === shipment.addressId)
  return {
    id: shipment.id,
    order_id: shipment.orderId,
    customer_id: shipment.customerId,
    order_address_id: shipment.addressId,
    date_created: Dates.rfc2822(shipment.createdMillis),
    tracking_number: shipment.trackingNumber,
    merchant_shipping_cost: Money.text(Money.of(shipment.merchantShippingCost)),
    shipping_method: shipment.shippingMethod,
    comments: shipment.comments,
    shipping_provider: shipment.shippingProvider,
    tracking_carrier: shipment.trackingCarrier,
    tracking_link: shipment.trackingLink,
    billing_address: addressWire(order.billing),
    shipping_address: addressWire(destination?.address ?? order.billing),
    // `product_id` is 0 here also for goods of the catalogue: only `order_product_id` identifies a line.
    items: shipment.items.map((item) => ({ order_product_id: item.lineId, product_id: 0, quantity: item.quantity })),
    shipping_provider_display_name: providers[shipment.shippingProvider] ?? shipment.shippingProvider,
    generated_tracking_link: generatedLink(shipment)
  }
}

const textOf = (body: Readonly<Record<string, unknown>>, field: string): string | undefined => {
  const value = body[field]
  if (value === undefined) return undefined
  if (typeof value !== "string") throw invalidField(field)
  return value
}

const changesOf = (body: Readonly<Record<string, unknown>>): ShipmentChanges => {
  const provider = textOf(body, "shipping_provider")
  if (provider !== undefined && providers[provider] === undefined && !/^carrier_\d+$/.test(provider)) {
    throw invalidField("shipping_provider")
  }
  const cost = body["merchant_shipping_cost"]
  const amount = cost === undefined ? undefined : Money.parse(cost)
  if (cost !== undefined && amount === undefined) throw invalidField("merchant_shipping_cost")
  const changes = {
    trackingNumber: textOf(body, "tracking_number"),
    trackingLink: textOf(body, "tracking_link"),
    trackingCarrier: textOf(body, "tracking_carrier"),
    shippingProvider: provider,
    shippingMethod: textOf(body, "shipping_method"),
    comments: textOf(body, "comments"),
    merchantShippingCost: amount === undefined ? undefined : Money.decimal(amount)
  }
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined))
}

const addressId = (body: Readonly<Record<string, unknown>>): number => {
  const value = body["order_address_id"]
  const id = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value
  if (typeof id !== "number" || !Number.isInteger(id)) throw invalidField("order_address_id")
  return id
}

const itemsOf = (body: Readonly<Record<string, unknown>>) => {
  const items = body["items"]
  if (!Array.isArray(items) || items.length === 0) throw invalidField("items")
  return items.map((item: unknown) => {
    if (!isRecord(item)) throw invalidField("items")
    if ("product_id" in item) throw invalidField("product_id")
    const { order_product_id: lineId, quantity } = item
    if (typeof lineId !== "number") throw invalidField("order_product_id")
    if (typeof quantity !== "number") throw invalidField("quantity")
    return { lineId, quantity }
  })
}

const orderOf = (shop: Shop, request: ApiRequest): Order => shop.orders.get(pathId(request, "order_id"))

const shipmentOf = (shop: Shop, request: ApiRequest): Shipment =>
  shop.shipments.get(orderOf(shop, request).id, pathId(request, "shipment_id"))

const path = "/orders/{order_id}/shipments"

export const shipmentRoutes: ReadonlyArray<Route> = [
  {
    method: "GET",
    version: "v2",
    path,
    scope,
    handle: (shop, request) => {
      const order = orderOf(shop, request)
      const rows = slice(shop.shipments.of(order.id), v2Page(request.query))
      return v2List(rows.map((shipment) => shipmentWire(order, shipment)))
    }
  },
  {
    method: "POST",
    version: "v2",
    path,
    scope,
    handle: (shop, request) => {
      const order = orderOf(shop, request)
      const body = v2Body(request)
      const created = shop.shipments.create(order, {
        ...changesOf(body),
        addressId: addressId(body),
        items: itemsOf(body)
      })
      return { status: 201, body: shipmentWire(order, created) }
    }
  },
  {
    method: "GET",
    version: "v2",
    path: `${path}/count`,
    scope,
    handle: (shop, request) => ok({ count: shop.shipments.of(orderOf(shop, request).id).length })
  },
  {
    method: "GET",
    version: "v2",
    path: `${path}/{shipment_id}`,
    scope,
    handle: (shop, request) => ok(shipmentWire(orderOf(shop, request), shipmentOf(shop, request)))
  },
  {
    method: "PUT",
    version: "v2",
    path: `${path}/{shipment_id}`,
    scope,
    handle: (shop, request) => {
      const shipment = shipmentOf(shop, request)
      const body = v2Body(request)
      if ("items" in body)
        throw new Refusal(
          400,
          "The field 'items' cannot be written to. Please remove it from your request before trying again."
        )
      shop.shipments.edit(shipment, changesOf(body))
      return ok(shipmentWire(orderOf(shop, request), shipment))
    }
  },
  {
    method: "DELETE",
    version: "v2",
    path: `${path}/{shipment_id}`,
    scope,
    handle: (shop, request) => {
      shop.shipments.remove(shipmentOf(shop, request))
      return noContent
    }
  }
]
