/**
 * The world of the torture run: a shop whose orders change, the stock they take from, and what must be true at the end.
 *
 * The shop lives in a schema of its own (`shop`) of the same database and is written by the main process alone, except for
 * the numbers that publishers send it. Everything that a worker does is named by a key from which its content follows, so
 * that the main process can tell afterwards what must have arrived, and what of it exactly.
 */
import { ChannelId } from "@stockport/core/domain/Channel"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { type Demand } from "@stockport/core/domain/Demand"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Link from "@stockport/core/domain/Link"
import * as Listing from "@stockport/core/domain/Listing"
import { LocationId } from "@stockport/core/domain/Location"
import { Amount, Currency } from "@stockport/core/domain/Money"
import { type Order, OrderId, OrderLineId } from "@stockport/core/domain/Order"
import { fromUnits, of, type Quantity, subtract, zero } from "@stockport/core/domain/Quantity"
import { demandSourceOf, idOf, ReferenceNumber, type Sale } from "@stockport/core/domain/Sale"
import * as SyncPolicy from "@stockport/core/domain/SyncPolicy"
import { type StockDocument, Store } from "@stockport/core/ports/Store"
import { DateTime, Effect, Result } from "effect"

/** The items of the world: few, so that everybody gets in everybody's way. */
export const items = Array.from({ length: 12 }, (_, n) => ItemId.make(`item-${n}`))

/** Its two locations. */
export const places = ["main", "store"].map((id) => LocationId.make(id))

/** Its one shop. */
export const shop = ConnectionId.make("shop")

/** An order as the shop has it: `version` counts its changes; a shipped one wants nothing any more. */
export interface ShopOrder {
  readonly id: number
  readonly version: number
  readonly quantity: number
  readonly shipped: boolean
}

/** The shop's tables. */
export const shopTables = [
  "create schema shop",
  `create table shop.orders (id int primary key, version int not null, quantity int not null, shipped boolean not null,
    modified bigserial not null)`,
  "create table shop.numbers (item_id text primary key, quantity text not null, version bigint not null)"
]

/** Locations, items, a connection, and a listing for each item. */
export const furnish = Effect.gen(function* () {
  const store = yield* Store
  yield* store.stock.saveLocations(places.map((id, n) => ({ id, name: id, nettable: true, isDefault: n === 0 })))
  yield* store.items.save(items.map((id) => Item.make({ id, kind: "inventory", sku: id })))
  yield* store.connections.saveChannel({ id: ChannelId.make("web"), name: "Web", description: "", locations: null })
  yield* store.connections.save({
    id: shop,
    name: "Shop",
    cart: "torture",
    channelId: ChannelId.make("web"),
    locationId: placeOf(0),
    publishTo: [{ cartLocationId: CartLocationId.make("1"), locations: null }],
    enabled: true,
    referencePrefix: "",
    referenceSuffix: "",
    importFrom: DateTime.makeUnsafe(0),
    policy: SyncPolicy.safe
  })
  yield* store.links.save(
    items.map((itemId, n) =>
      Link.make({
        connectionId: shop,
        itemId,
        tier: "exact",
        listing: Listing.make({
          productId: Listing.ProductId.make(String(n)),
          variantId: null,
          shape: "single",
          goods: "physical",
          sku: itemId,
          name: itemId,
          tracking: "product",
          shopBundle: false
        })
      })
    )
  )
})

/** The sale that an order's snapshot comes to, as the next revision of what is known. */
export const saleOf = (order: ShopOrder, before: Sale | undefined): Sale => {
  const orderId = OrderId.make(String(order.id))
  return {
    id: idOf(shop, orderId),
    connectionId: shop,
    orderId,
    type: "salesOrder",
    state: order.shipped ? "closed" : "open",
    number: ReferenceNumber.make(`T-${order.id}`),
    reasons: [],
    lines: linesOf(order).map(({ itemId, lineId, locationId, quantity }) => ({
      id: OrderLineId.make(lineId),
      listingKey: null,
      itemId,
      locationId,
      sku: itemId,
      description: "",
      quantity,
      open: order.shipped ? of(0) : quantity,
      shipped: order.shipped ? quantity : of(0),
      unitsPerListing: of(1),
      needs: [{ itemId, quantity: of(1) }],
      parentLineId: null
    })),
    order: snapshotOf(orderId, order),
    revision: before === undefined ? 0 : before.revision + 1
  }
}

/** The demand that an order's snapshot says. */
export const demandOf = (order: ShopOrder): Demand => ({
  source: demandSourceOf(idOf(shop, OrderId.make(String(order.id)))),
  kind: "salesOrder",
  lines: order.shipped ? [] : linesOf(order),
  expiresAt: null
})

/** The version of the order that a sale was made from. */
export const versionOf = (sale: Sale): number => DateTime.toEpochMillis(sale.order.modifiedAt)

/** The goods of a shipped order, which leave once, whoever imports it however often. */
export const shipmentOf = (order: ShopOrder): StockDocument => ({
  key: `shipment of ${order.id}`,
  movements: linesOf(order).map(({ itemId, locationId, quantity }) => ({
    kind: "shipment" as const,
    itemId,
    locationId,
    quantity: negative(quantity)
  }))
})

/** The two documents of one receipt or shipment of a worker: both arrive, or none. */
export const documentsOf = (kind: "receipt" | "shipment", key: string): ReadonlyArray<StockDocument> =>
  ["a", "b"].map((half) => ({
    key: `${key} ${half}`,
    movements: [1, 2].map((n) => {
      const sum = hash(`${key} ${half} ${n}`)
      const size = unitsOf(1 + (sum % 5))
      const quantity = kind === "receipt" ? size : negative(size)
      return { kind, itemId: itemOf(sum), locationId: placeOf(sum >>> 8), quantity }
    })
  }))

/** So many whole units. */
export const unitsOf = (count: number): Quantity => Result.getOrThrow(fromUnits(count))

const negative = (quantity: Quantity): Quantity => Result.getOrThrow(subtract(zero, quantity))

/** One of the items, by any number. */
export const itemOf = (n: number): ItemId => items[n % items.length] ?? ItemId.make("none")

/** One of the locations, by any number. */
export const placeOf = (n: number): LocationId => places[n % places.length] ?? LocationId.make("none")

/** A number that follows from a text. */
export const hash = (text: string): number => {
  let sum = 2166136261
  for (let n = 0; n < text.length; n++) sum = Math.imul(sum ^ text.charCodeAt(n), 16777619)
  return sum >>> 0
}

/** Numbers between 0 and 1 that follow from a seed. */
export const randomOf = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const linesOf = (order: ShopOrder) =>
  [1, 2, 3].map((n) => ({
    lineId: String(n),
    itemId: itemOf(order.id * 5 + n * 7),
    locationId: placeOf(order.id + n),
    quantity: unitsOf(order.quantity + n)
  }))

const nothing = Amount.make("0")

const snapshotOf = (id: OrderId, order: ShopOrder): Order => ({
  id,
  number: id,
  status: order.shipped ? "shipped" : "awaitingFulfilment",
  placedAt: DateTime.makeUnsafe(0),
  modifiedAt: DateTime.makeUnsafe(order.version),
  deleted: false,
  archived: false,
  customer: { id: null, email: "", billing: null },
  consignments: [],
  lines: [],
  totals: {
    currency: Currency.make("USD"),
    taxInclusive: false,
    subtotalExTax: nothing,
    subtotalIncTax: nothing,
    shippingExTax: nothing,
    shippingIncTax: nothing,
    handlingExTax: nothing,
    handlingIncTax: nothing,
    wrappingExTax: nothing,
    wrappingIncTax: nothing,
    discount: nothing,
    coupons: nothing,
    fees: nothing,
    storeCredit: nothing,
    giftCertificates: nothing,
    tax: nothing,
    totalExTax: nothing,
    totalIncTax: nothing
  },
  message: ""
})
