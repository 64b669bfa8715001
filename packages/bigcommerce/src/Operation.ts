/**
 * Every request that this adapter can send, by name: method, route, and what may be done when its answer is lost.
 *
 * The list is closed on purpose: spans, metrics and errors carry the route's template, never an id, and a contract check
 * can compare it with what was covered.
 */

/**
 * A request of BigCommerce's API. `scope` is the permission that it needs, null when any token will do; `repeatable` says whether sending it again
 * after a lost answer changes nothing more.
 */
export interface Operation {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly route: string
  readonly scope: string | null
  readonly repeatable: boolean
}

const make = (
  method: Operation["method"],
  route: string,
  scope: string | null,
  repeatable = method !== "POST"
): Operation => ({
  method,
  route,
  scope,
  repeatable
})

/** The store itself. */
export const getStore = make("GET", "/v2/store", "store_v2_information_read_only")
/** Its currencies. */
export const getCurrencies = make("GET", "/v2/currencies", "store_v2_information_read_only")
/** When it moves stock by itself. */
export const getInventorySettings = make("GET", "/v3/settings/inventory", "store_v2_information_read_only")
/** Its channels. */
export const getChannels = make("GET", "/v3/channels", "store_channel_settings_read_only")
/** Its stock locations. */
export const getLocations = make("GET", "/v3/inventory/locations", "store_locations_read_only")

/** Products, with their variants. */
export const getProducts = make("GET", "/v3/catalog/products", "store_v2_products_read_only")
/** Variants, by product. */
export const getVariants = make("GET", "/v3/catalog/variants", "store_v2_products_read_only")

/** Orders, by status or by modification. */
export const getOrders = make("GET", "/v2/orders", "store_v2_orders_read_only")
/** One order. */
export const getOrder = make("GET", "/v2/orders/{order_id}", "store_v2_orders_read_only")
/** Sets an order's status. */
export const putOrder = make("PUT", "/v2/orders/{order_id}", "store_v2_orders")
/** An order's lines. */
export const getOrderProducts = make("GET", "/v2/orders/{order_id}/products", "store_v2_orders_read_only")
/** An order's destinations. */
export const getOrderAddresses = make("GET", "/v2/orders/{order_id}/shipping_addresses", "store_v2_orders_read_only")
/** Coupons redeemed on an order. */
export const getOrderCoupons = make("GET", "/v2/orders/{order_id}/coupons", "store_v2_orders_read_only")
/** Taxes of an order. */
export const getOrderTaxes = make("GET", "/v2/orders/{order_id}/taxes", "store_v2_orders_read_only")
/** An order's shipments. */
export const getShipments = make("GET", "/v2/orders/{order_id}/shipments", "store_v2_orders_read_only")
/** Records a shipment. There is no key by which the shop would recognise a second one. */
export const postShipment = make("POST", "/v2/orders/{order_id}/shipments", "store_v2_orders")
/** Refunds, by order. */
export const getRefunds = make("GET", "/v3/orders/payment_actions/refunds", "store_v2_orders_read_only")

/** Stock levels. */
export const getInventoryItems = make("GET", "/v3/inventory/items", "store_inventory_read_only")
/** Absolute levels heal themselves: the same numbers again change nothing. */
export const putAbsoluteLevels = make("PUT", "/v3/inventory/adjustments/absolute", "store_inventory")

/** Hooks of this account. */
export const getHooks = make("GET", "/v3/hooks", null)
/** Registers a hook. */
export const postHook = make("POST", "/v3/hooks", null)
/** Changes a hook. */
export const putHook = make("PUT", "/v3/hooks/{webhook_id}", null)
/** Removes a hook. */
export const deleteHook = make("DELETE", "/v3/hooks/{webhook_id}", null)

/** All of them. */
export const all: ReadonlyArray<Operation> = [
  getStore,
  getCurrencies,
  getInventorySettings,
  getChannels,
  getLocations,
  getProducts,
  getVariants,
  getOrders,
  getOrder,
  putOrder,
  getOrderProducts,
  getOrderAddresses,
  getOrderCoupons,
  getOrderTaxes,
  getShipments,
  postShipment,
  getRefunds,
  getInventoryItems,
  putAbsoluteLevels,
  getHooks,
  postHook,
  putHook,
  deleteHook
]

/** How errors, spans and metrics name an operation, such as `"GET /v2/orders/{order_id}"`. */
export const nameOf = (operation: Operation): string => `${operation.method} ${operation.route}`
