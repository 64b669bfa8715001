/** V3 metafields of orders. */
import * as Dates from "../Dates.ts"
import { type ApiRequest, data, noContent, type Route } from "../Http.ts"
import type { Metafield, MetafieldContent } from "../Metafields.ts"
import { pathId, slice, v3Body, v3List, v3Page } from "../Query.ts"
import { Refusal } from "../Refusal.ts"
import type { Shop } from "../Shop.ts"

const scope = "store_v2_orders"
const path = "/orders/{order_id}/metafields"

const metafieldWire = (field: Metafield) => ({
  id: field.id,
  permission_set: field.permissionSet,
  namespace: field.namespace,
  key: field.key,
  value: field.value,
  description: field.description,
  resource_type: "order",
  resource_id: field.orderId,
  date_created: Dates.iso(field.createdMillis),
  date_modified: Dates.iso(field.modifiedMillis),
  owner_client_id: field.clientId
})

const contentOf = (request: ApiRequest): MetafieldContent => {
  const body = v3Body(request)
  const text = (field: string): string => {
    const value = body[field]
    if (typeof value !== "string")
      throw new Refusal(422, "JSON data is missing or invalid", { [field]: "error.path.missing." })
    return value
  }
  const description = body["description"]
  return {
    permissionSet: text("permission_set"),
    namespace: text("namespace"),
    key: text("key"),
    value: text("value"),
    description: typeof description === "string" ? description : ""
  }
}

const orderId = (shop: Shop, request: ApiRequest): number => shop.orders.get(pathId(request, "order_id")).id

const fieldOf = (shop: Shop, request: ApiRequest): Metafield =>
  shop.metafields.get(orderId(shop, request), pathId(request, "metafield_id"))

export const metafieldRoutes: ReadonlyArray<Route> = [
  {
    method: "GET",
    version: "v3",
    path,
    scope,
    handle: (shop, request) => {
      const [key, namespace] = [request.query.get("key"), request.query.get("namespace")]
      const found = shop.metafields
        .of(orderId(shop, request))
        .filter((field) => (key ?? field.key) === field.key && (namespace ?? field.namespace) === field.namespace)
      const page = v3Page(request.query, 250)
      return v3List(request, found.length, slice(found, page).map(metafieldWire), page)
    }
  },
  {
    method: "POST",
    version: "v3",
    path,
    scope,
    handle: (shop, request) => {
      const content = contentOf(request)
      const now = shop.clock.now()
      return data(metafieldWire(shop.metafields.create(orderId(shop, request), request.clientId, content, now)))
    }
  },
  {
    method: "GET",
    version: "v3",
    path: `${path}/{metafield_id}`,
    scope,
    handle: (shop, request) => data(metafieldWire(fieldOf(shop, request)))
  },
  {
    method: "PUT",
    version: "v3",
    path: `${path}/{metafield_id}`,
    scope,
    handle: (shop, request) => {
      const field = fieldOf(shop, request)
      Object.assign(field, contentOf(request), { modifiedMillis: shop.clock.now() })
      return data(metafieldWire(field))
    }
  },
  {
    method: "DELETE",
    version: "v3",
    path: `${path}/{metafield_id}`,
    scope,
    handle: (shop, request) => {
      shop.metafields.remove(orderId(shop, request), pathId(request, "metafield_id"))
      return noContent
    }
  }
]
