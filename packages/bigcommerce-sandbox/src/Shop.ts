/**
 * The store itself: its goods, stock, orders, customers and settings, without any HTTP. The verbs here are what a person
 * could do in the control panel or the storefront.
 */
import { Adjustments, type ItemIdentity } from "./Adjustments.ts"
import type { Catalog, ProductChanges, Tracking, VariantChanges } from "./Catalog.ts"
import type { Clock } from "./Clock.ts"
import type { Customer } from "./Customer.ts"
import { Events } from "./Events.ts"
import type { GeneratedCatalog } from "./Generator.ts"
import type { Inventory, ItemSettings } from "./Inventory.ts"
import * as Location from "./Location.ts"
import { Metafields } from "./Metafields.ts"
import * as Money from "./Money.ts"
import type { NewOrder } from "./NewOrder.ts"
import type { Order } from "./Order.ts"
import { Orders, type OrderChanges } from "./Orders.ts"
import * as Random from "./Random.ts"
import { notFound, Refusal } from "./Refusal.ts"
import { type NewRefund, type Refund, Refunds } from "./Refunds.ts"
import { type Settings, settingsDefault } from "./Settings.ts"
import { type NewShipment, type Shipment, Shipments } from "./Shipments.ts"
import { SpoiltRows } from "./SpoiltRows.ts"
import { announceLevel, announceSettings, type StockContext } from "./StockRules.ts"
import { Webhooks } from "./Webhooks.ts"

/** A product to add by hand. A product with `variants` has options; amounts are plain decimals. */
export interface NewProduct {
  readonly name: string
  readonly sku?: string
  readonly tracking?: Tracking
  readonly isDigital?: boolean
  readonly isVisible?: boolean
  readonly price?: number
  readonly weight?: number
  readonly upc?: string
  /** Stock of a product without options, or of the whole product when it tracks by product. */
  readonly onHand?: number
  readonly variants?: ReadonlyArray<{
    readonly sku?: string
    readonly price?: number
    readonly onHand?: number
    readonly options?: Readonly<Record<string, string>>
  }>
}

/** Changes to a product; amounts are plain decimals. */
export interface ProductEdit extends ProductChanges {
  readonly price?: number
  readonly weight?: number
  readonly isVisible?: boolean
  readonly tracking?: Tracking
}

/** What names an item of stock from outside. */
export type ItemName = { readonly sku: string } | { readonly variantId: number } | { readonly productId: number }

/** What a shop is opened with. */
export interface ShopOptions {
  readonly storeHash: string
  /** The secret that an account's webhooks are signed with, also of one that is gone. */
  readonly secretOf: (clientId: string) => string
  readonly allowInsecureDestinations: boolean
  readonly clock: Clock
  readonly seed: number
  readonly settings?: Partial<Settings>
  readonly locations: number
  readonly catalog: GeneratedCatalog
}

/** A store with its verbs. */
export class Shop {
  readonly storeHash: string
  readonly clock: Clock
  readonly random: Random.Random
  readonly events: Events
  readonly settings: Settings
  readonly catalog: Catalog
  readonly inventory: Inventory
  readonly locations = new Map<number, Location.Location>()
  readonly customers = new Map<number, Customer>()
  readonly orders: Orders
  readonly shipments: Shipments
  readonly refunds: Refunds
  readonly adjustments: Adjustments
  readonly metafields = new Metafields()
  readonly spoiltRows = new SpoiltRows()
  readonly webhooks: Webhooks
  readonly openedMillis: number

  constructor(options: ShopOptions) {
    this.storeHash = options.storeHash
    this.clock = options.clock
    this.random = Random.make(options.seed)
    this.events = new Events(options.clock.now)
    this.settings = { ...settingsDefault, ...options.settings }
    this.catalog = options.catalog.catalog
    this.inventory = options.catalog.inventory
    this.openedMillis = Math.floor(options.clock.now() / 1000) * 1000 - 400 * 86_400_000
    for (let id = 1; id <= options.locations; id++) {
      const label = id === 1 ? "Default location" : `Location ${id}`
      this.locations.set(id, Location.make(id, label, this.openedMillis))
    }
    const stock = contextOf(this)
    this.orders = new Orders({ ...stock, random: this.random, now: options.clock.now })
    this.shipments = new Shipments(this.orders, this.events, () => Math.floor(options.clock.now() / 1000) * 1000)
    this.refunds = new Refunds(this.orders, stock, () => Math.floor(options.clock.now() / 1000) * 1000)
    this.adjustments = new Adjustments(stock, options.clock)
    this.webhooks = new Webhooks({
      storeHash: options.storeHash,
      secretOf: options.secretOf,
      allowInsecureDestinations: options.allowInsecureDestinations,
      clock: options.clock,
      events: this.events,
      random: this.random
    })
  }

  // Orders

  placeOrder(order: NewOrder): Order {
    return this.orders.place(order)
  }

  payOrder(orderId: number): Order {
    const order = this.orders.get(orderId)
    this.orders.pay(order)
    return order
  }

  editOrder(orderId: number, changes: OrderChanges): Order {
    const order = this.orders.get(orderId)
    this.orders.edit(order, changes)
    return order
  }

  setOrderStatus(orderId: number, statusId: number): Order {
    const order = this.orders.get(orderId)
    this.orders.changeStatus(order, statusId)
    return order
  }

  cancelOrder(orderId: number): Order {
    const order = this.orders.get(orderId)
    this.orders.cancel(order)
    return order
  }

  archiveOrder(orderId: number): Order {
    const order = this.orders.get(orderId)
    this.orders.archive(order)
    return order
  }

  shipOrder(orderId: number, shipment: NewShipment = {}): Shipment {
    return this.shipments.create(this.orders.get(orderId), shipment)
  }

  /** Refunds in the panel: stock goes back if `restock` and the store's setting allow it. */
  refundOrder(orderId: number, refund: NewRefund): Refund {
    return this.refunds.create(this.orders.get(orderId), refund)
  }

  // Goods

  addProduct(product: NewProduct): number {
    const variants = product.variants ?? []
    const hasOptions = variants.length > 0
    const tracking = product.tracking ?? (hasOptions ? "variant" : "product")
    const row = this.catalog.add(
      {
        tracking,
        isDigital: product.isDigital ?? false,
        isVisible: product.isVisible ?? true,
        price: Money.of(product.price ?? 10),
        weight: product.weight ?? 1,
        variantCount: Math.max(1, variants.length),
        hasOptions,
        createdMillis: Math.floor(this.clock.now() / 1000) * 1000
      },
      {
        name: product.name,
        ...(hasOptions && { sku: product.sku ?? "" }),
        ...(product.upc !== undefined && { upc: product.upc })
      },
      hasOptions ? variants.map(variantChangesOf) : [{ sku: product.sku ?? "" }]
    )
    const first = this.catalog.firstVariantOf(row)
    if (tracking === "product") this.inventory.open(first, Location.defaultLocationId, product.onHand ?? 0)
    if (tracking === "variant") {
      for (let at = 0; at < Math.max(1, variants.length); at++) {
        const onHand = variants[at]?.onHand ?? product.onHand ?? 0
        this.inventory.open(first + at, Location.defaultLocationId, onHand)
      }
    }
    const id = this.catalog.productId(row)
    this.events.emit("store/product/created", { type: "product", id })
    return id
  }

  addVariant(productId: number, changes: VariantChanges): number {
    const product = this.#product(productId)
    const id = this.catalog.variantId(this.catalog.addVariant(product, changes))
    this.events.emit("store/sku/created", { type: "sku", id, sku: { product_id: productId, variant_id: id } })
    return id
  }

  editProduct(productId: number, edit: ProductEdit): void {
    const product = this.#product(productId)
    const { price, weight, isVisible, tracking, ...changes } = edit
    if (price !== undefined) this.catalog.setPrice(product, Money.of(price))
    if (weight !== undefined) this.catalog.setWeight(product, weight)
    if (isVisible !== undefined) this.catalog.setVisible(product, isVisible)
    if (tracking !== undefined) this.catalog.setTracking(product, tracking)
    this.catalog.editProduct(product, changes, this.clock.now())
    this.events.emit("store/product/updated", { type: "product", id: productId })
  }

  editVariant(variantId: number, changes: VariantChanges): void {
    const variant = this.#variant(variantId)
    this.catalog.editVariant(variant, changes, this.clock.now())
    const productId = this.catalog.productId(this.catalog.productOf(variant))
    const sku = { product_id: productId, variant_id: variantId }
    this.events.emit("store/sku/updated", { type: "sku", id: variantId, sku })
    this.events.emit("store/product/updated", { type: "product", id: productId })
  }

  deleteProduct(productId: number): void {
    this.catalog.deleteProduct(this.#product(productId))
    this.events.emit("store/product/deleted", { type: "product", id: productId })
  }

  deleteVariant(variantId: number): void {
    const variant = this.#variant(variantId)
    const productId = this.catalog.productId(this.catalog.productOf(variant))
    this.catalog.deleteVariant(variant)
    const sku = { product_id: productId, variant_id: variantId }
    this.events.emit("store/sku/deleted", { type: "sku", id: variantId, sku })
  }

  // Stock

  /** Sets units on hand at once, as somebody does in the panel. */
  setStock(item: ItemName, onHand: number, locationId: number = Location.defaultLocationId): void {
    if (!this.locations.has(locationId)) throw notFound()
    const slot = this.#slot(item)
    this.inventory.set(slot, locationId, onHand)
    announceLevel(this, slot, locationId)
  }

  /** Goods arrive (or, negative, leave) at a location. */
  receiveStock(item: ItemName, units: number, locationId: number = Location.defaultLocationId): void {
    this.setStock(item, this.stock(item, locationId) + units, locationId)
  }

  setSafetyStock(item: ItemName, safetyStock: number, locationId: number = Location.defaultLocationId): void {
    this.changeItemSettings(this.#slot(item), locationId, { safetyStock })
  }

  /** Takes an item on or off sale at a location, whatever its level is. */
  setInStock(item: ItemName, isInStock: boolean, locationId: number = Location.defaultLocationId): void {
    this.changeItemSettings(this.#slot(item), locationId, { isInStock })
  }

  /** Lets an item be sold beyond what is on hand (undefined: no longer). */
  setBackorders(
    item: ItemName,
    limit: number | undefined,
    locationId: number = Location.defaultLocationId,
    backordered?: number
  ): void {
    const written = backordered === undefined ? {} : { backordered }
    this.changeItemSettings(this.#slot(item), locationId, { backorderLimit: limit, ...written })
  }

  changeItemSettings(slot: number, locationId: number, changes: Partial<ItemSettings>): void {
    this.inventory.editSettings(slot, locationId, changes)
    announceSettings(contextOf(this), slot, locationId)
  }

  /** From now on the shop refuses every adjustment of an item with this text, until it is taken back (undefined). */
  refuseAdjustments(item: ItemName, text: string | undefined): void {
    const slot = this.#slot(item)
    if (text === undefined) this.adjustments.refusals.delete(slot)
    else this.adjustments.refusals.set(slot, text)
  }

  /** Units on hand of an item: at a location, or everywhere. */
  stock(item: ItemName, locationId?: number): number {
    const slot = this.#slot(item)
    if (locationId !== undefined) return this.inventory.onHand(slot, locationId)
    let sum = 0
    for (const location of this.locations.keys()) sum += this.inventory.onHand(slot, location)
    return sum
  }

  /** How an item's level came about. */
  stockLedger(item: ItemName, locationId: number = Location.defaultLocationId) {
    return this.inventory.ledger(this.#slot(item), locationId)
  }

  addLocation(label: string, code?: string): number {
    const id = Math.max(...this.locations.keys()) + 1
    const location = Location.make(id, label, this.clock.now())
    if (code !== undefined) location.code = code
    this.locations.set(id, location)
    this.inventory.addLocation(id)
    this.events.emit("store/inventory/location/created", { location_id: id })
    return id
  }

  #slot(item: ItemName): number {
    const identity: ItemIdentity =
      "sku" in item
        ? { kind: "sku", sku: item.sku }
        : "variantId" in item
          ? { kind: "variant_id", id: item.variantId }
          : { kind: "product_id", id: item.productId }
    const slot = this.adjustments.resolve(identity)
    if (typeof slot === "number") return slot
    throw slot === "unknown" ? notFound() : new Refusal(422, slot.wrongMode)
  }

  #product(id: number): number {
    const row = this.catalog.productRow(id)
    if (row === undefined) throw notFound()
    return row
  }

  #variant(id: number): number {
    const row = this.catalog.variantRow(id)
    if (row === undefined) throw notFound()
    return row
  }
}

const contextOf = (shop: Shop): StockContext => ({
  catalog: shop.catalog,
  inventory: shop.inventory,
  locations: shop.locations,
  settings: shop.settings,
  events: shop.events
})

const variantChangesOf = (variant: NonNullable<NewProduct["variants"]>[number]): VariantChanges => ({
  sku: variant.sku ?? "",
  optionValues: Object.entries(variant.options ?? {}).map(([option, label]) => ({ option, label })),
  ...(variant.price !== undefined && { price: Money.of(variant.price) })
})
