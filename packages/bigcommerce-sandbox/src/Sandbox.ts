/**
 * A BigCommerce store in this process, reached over HTTP on a free loopback port.
 *
 * ```ts
 * import { Sandbox } from "@stockport/bigcommerce-sandbox"
 *
 * const sandbox = await Sandbox.start({ seed: 7 })
 * await fetch(`${sandbox.apiUrl}/v2/orders?status_id=11`, { headers: { "X-Auth-Token": sandbox.accessToken } })
 * sandbox.placeOrder({ lines: [{ sku: "MUG-00001", quantity: 2 }] })
 * await sandbox.close()
 * ```
 *
 * Clients see what the shop's documentation describes. The verbs on the sandbox are what a person could do in the
 * control panel or at the storefront; they throw a `Refusal` where the shop would refuse.
 */
import { Accounts, type NewAccount } from "./Accounts.ts"
import * as Clock from "./Clock.ts"
import * as Control from "./Control.ts"
import { Faults } from "./Faults.ts"
import * as GeneratedOrders from "./GeneratedOrders.ts"
import * as Generator from "./Generator.ts"
import type { MerchantItem, StoreSize } from "./Generator.ts"
import { defaultLocationId } from "./Location.ts"
import type { NewOrder } from "./NewOrder.ts"
import type { Order } from "./Order.ts"
import type { OrderChanges } from "./Orders.ts"
import * as Random from "./Random.ts"
import { RateLimit } from "./RateLimit.ts"
import type { NewRefund, Refund } from "./Refunds.ts"
import { RequestLog } from "./RequestLog.ts"
import * as Server from "./Server.ts"
import { plans, type Plan, type Settings, type UpdateStockBehavior } from "./Settings.ts"
import { type ItemName, type NewProduct, type ProductEdit, Shop } from "./Shop.ts"
import type { NewShipment, Shipment } from "./Shipments.ts"
import type { SpoiltRows } from "./SpoiltRows.ts"
import type { Webhooks } from "./Webhooks.ts"

/** How a sandbox is started; every option has a default. */
export interface SandboxOptions {
  /** The port on 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number
  readonly storeHash?: string
  readonly accessToken?: string
  readonly clientId?: string
  readonly clientSecret?: string
  /** The OAuth scopes of the token; default is everything. */
  readonly scopes?: ReadonlyArray<string>
  /** Decides the quota: 150, 150 or 450 requests in 30 seconds, or none. Default "standard". */
  readonly plan?: Plan
  /** Default is the machine's clock. */
  readonly clock?: Clock.Clock
  /** Everything generated follows from it. Default 1. */
  readonly seed?: number
  /** How large the generated store is; `"empty"` has one location and nothing else. */
  readonly store?: StoreSize | "empty"
  /** How long an accepted stock adjustment takes to show. Default 0. */
  readonly inventoryDelayMillis?: number
  readonly updateStockBehavior?: UpdateStockBehavior
  /** Everything else that a store's owner can set. */
  readonly settings?: Partial<Settings>
  /** Lets webhooks go to http and any port, for receivers on this machine. */
  readonly allowInsecureDestinations?: boolean
}

/** A running store. */
export interface Sandbox {
  /** The origin, for example `http://127.0.0.1:40123`. */
  readonly url: string
  /** Where the API of this store starts: `{url}/stores/{storeHash}`; `/v2/…` and `/v3/…` follow. */
  readonly apiUrl: string
  readonly storeHash: string
  readonly accessToken: string
  readonly clientId: string
  readonly clientSecret: string
  readonly clock: Clock.Clock
  readonly faults: Faults
  readonly log: RequestLog
  readonly rateLimit: RateLimit
  readonly webhooks: Webhooks
  readonly settings: Settings
  /** Rows that come back spoilt. */
  readonly spoiltRows: SpoiltRows
  /** Makes another API account of the store, with a token and a client secret of its own. */
  readonly openAccount: (account: NewAccount) => void
  /** Deletes an API account: its token is refused from now on; its hooks deliver on, and nobody can change them. */
  readonly closeAccount: (clientId: string) => void
  /** The store without HTTP, for what has no verb here. */
  readonly shop: Shop
  readonly close: () => Promise<void>

  readonly placeOrder: (order: NewOrder) => Order
  /** The payment of an unpaid order arrives. */
  readonly payOrder: (orderId: number) => Order
  readonly editOrder: (orderId: number, changes: OrderChanges) => Order
  readonly setOrderStatus: (orderId: number, statusId: number) => Order
  readonly cancelOrder: (orderId: number) => Order
  readonly archiveOrder: (orderId: number) => Order
  /** Ships the rest of an order's first open address, or what is said. */
  readonly shipOrder: (orderId: number, shipment?: NewShipment) => Shipment
  readonly refundOrder: (orderId: number, refund: NewRefund) => Refund
  /** The shopper writes about an order. */
  readonly addMessage: (orderId: number, message: string) => void
  readonly order: (orderId: number) => Order
  readonly orders: () => ReadonlyArray<Order>

  /** Adds a product and answers its id. */
  readonly addProduct: (product: NewProduct) => number
  readonly editProduct: (productId: number, edit: ProductEdit) => void
  readonly editVariant: Shop["editVariant"]
  readonly deleteProduct: (productId: number) => void

  /** Sets units on hand at a location (default 1), at once. */
  readonly setStock: (item: ItemName, onHand: number, locationId?: number) => void
  readonly receiveStock: (item: ItemName, units: number, locationId?: number) => void
  readonly setSafetyStock: (item: ItemName, units: number, locationId?: number) => void
  /** Takes an item on or off sale at a location, whatever its level is. */
  readonly setInStock: (item: ItemName, isInStock: boolean, locationId?: number) => void
  /** Lets an item be sold beyond what is on hand (undefined: no longer); `backordered` writes how many were. */
  readonly setBackorders: Shop["setBackorders"]
  /** Refuses every adjustment of an item with this text until it is taken back (undefined). */
  readonly refuseAdjustments: (item: ItemName, text: string | undefined) => void
  /** Units on hand, at a location or in all. */
  readonly stock: (item: ItemName, locationId?: number) => number
  readonly stockLedger: Shop["stockLedger"]

  /** The list of goods that the owner of the generated store would have; a generator, in the order of products. */
  readonly merchantItems: () => Iterable<MerchantItem>
}

const sizeDefault = { products: 420, orders: 330, customers: 60, locations: 2 }

/** Starts a store. It stops with `close`. */
export const start = async (options: SandboxOptions = {}): Promise<Sandbox> => {
  const clock = options.clock ?? Clock.real()
  const seed = options.seed ?? 1
  const store = options.store ?? {}
  const size = store === "empty" ? { products: 0, orders: 0, customers: 0, locations: 1 } : { ...sizeDefault, ...store }
  const locations = Array.from({ length: Math.max(1, size.locations) }, (_, at) => at + 1)
  const catalog = Generator.catalogOf(seed, size.products, locations, clock.now())
  const history = historyClock(clock)
  const storeHash = options.storeHash ?? "sandbox1"
  const first = accountOf(options)
  const { accessToken, clientId, clientSecret } = first
  const accounts = new Accounts(first)
  const shop = new Shop({
    storeHash,
    secretOf: (id) => accounts.secretOf(id),
    allowInsecureDestinations: options.allowInsecureDestinations ?? false,
    clock: history,
    seed,
    locations: locations.length,
    catalog,
    settings: settingsOf(options)
  })
  GeneratedOrders.play(shop, history, Random.make(seed ^ 0x51ab), size.orders, size.customers)
  history.release()
  const shipped = Generator.shippedUnits(catalog.blueprint, catalog.catalog, shippedLines(shop))
  const faults = new Faults(Random.make(seed ^ 0xfa17))
  const rateLimit = new RateLimit(clock.now, () => plans[shop.settings.plan].quota)
  const log = new RequestLog()
  const merchantItems = () => Generator.merchantItems(catalog.blueprint, size.products, locations, shipped)
  const control = { shop, faults, rateLimit, log, clock, merchantItems }
  const server = await Server.listen(
    {
      shop,
      clock,
      faults,
      rateLimit,
      log,
      accountOf: (token) => accounts.ofToken(token),
      control: (method, path, body) => Control.answer(control, method, path, body)
    },
    options.port ?? 0
  )
  return {
    url: server.origin,
    apiUrl: `${server.origin}/stores/${storeHash}`,
    storeHash,
    accessToken,
    clientId,
    clientSecret,
    clock,
    faults,
    log,
    rateLimit,
    webhooks: shop.webhooks,
    settings: shop.settings,
    spoiltRows: shop.spoiltRows,
    shop,
    ...verbsOf(shop),
    merchantItems,
    openAccount: (account) => accounts.open(account),
    closeAccount: (id) => accounts.close(id),
    close: async () => {
      shop.webhooks.close()
      await server.close()
      // A clock that was given may drive other sandboxes.
      if (options.clock === undefined) clock.close()
    }
  }
}

const accountOf = (options: SandboxOptions): NewAccount => ({
  accessToken: options.accessToken ?? "sandbox-access-token",
  clientId: options.clientId ?? "sandbox-client-id",
  clientSecret: options.clientSecret ?? "sandbox-client-secret",
  ...(options.scopes !== undefined && { scopes: options.scopes })
})

const shippedLines = function* (shop: Shop) {
  for (const { lines } of shop.orders.all()) {
    for (const line of lines) yield { ...line, location: line.taken[0]?.location ?? defaultLocationId }
  }
}

const settingsOf = (options: SandboxOptions): Partial<Settings> => ({
  ...options.settings,
  ...(options.plan !== undefined && { plan: options.plan }),
  ...(options.updateStockBehavior !== undefined && { updateStockBehavior: options.updateStockBehavior }),
  ...(options.inventoryDelayMillis !== undefined && { inventoryDelayMillis: options.inventoryDelayMillis })
})

const verbsOf = (shop: Shop) => ({
  placeOrder: (order: NewOrder) => shop.placeOrder(order),
  payOrder: (orderId: number) => shop.payOrder(orderId),
  editOrder: (orderId: number, changes: OrderChanges) => shop.editOrder(orderId, changes),
  setOrderStatus: (orderId: number, statusId: number) => shop.setOrderStatus(orderId, statusId),
  cancelOrder: (orderId: number) => shop.cancelOrder(orderId),
  archiveOrder: (orderId: number) => shop.archiveOrder(orderId),
  shipOrder: (orderId: number, shipment?: NewShipment) => shop.shipOrder(orderId, shipment),
  refundOrder: (orderId: number, refund: NewRefund) => shop.refundOrder(orderId, refund),
  addMessage: (orderId: number, message: string) => shop.orders.addMessage(shop.orders.get(orderId), message),
  order: (orderId: number) => shop.orders.get(orderId),
  orders: () => shop.orders.all(),
  addProduct: (product: NewProduct) => shop.addProduct(product),
  editProduct: (productId: number, edit: ProductEdit) => shop.editProduct(productId, edit),
  editVariant: (...edit: Parameters<Shop["editVariant"]>) => shop.editVariant(...edit),
  deleteProduct: (productId: number) => shop.deleteProduct(productId),
  setStock: (...set: Parameters<Shop["setStock"]>) => shop.setStock(...set),
  receiveStock: (...receipt: Parameters<Shop["receiveStock"]>) => shop.receiveStock(...receipt),
  setSafetyStock: (...set: Parameters<Shop["setSafetyStock"]>) => shop.setSafetyStock(...set),
  setInStock: (...set: Parameters<Shop["setInStock"]>) => shop.setInStock(...set),
  setBackorders: (...set: Parameters<Shop["setBackorders"]>) => shop.setBackorders(...set),
  refuseAdjustments: (item: ItemName, text: string | undefined) => shop.refuseAdjustments(item, text),
  stock: (item: ItemName, locationId?: number) => shop.stock(item, locationId),
  stockLedger: (...asked: Parameters<Shop["stockLedger"]>) => shop.stockLedger(...asked)
})

/** The sandbox's clock, preceded by one that can be set while history is played. */
const historyClock = (
  clock: Clock.Clock
): Clock.Clock & GeneratedOrders.HistoryClock & { readonly release: () => void } => {
  let setMillis: number | undefined
  return {
    now: () => setMillis ?? clock.now(),
    at: clock.at,
    close: clock.close,
    set: (millis) => void (setMillis = millis),
    release: () => void (setMillis = undefined)
  }
}
