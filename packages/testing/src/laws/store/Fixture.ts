/**
 * A small business to hold a store to its laws: a few items, two kits, three locations, two connections.
 */
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { type Channel, ChannelId } from "@stockport/core/domain/Channel"
import type { Connection } from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { type Demand, type DemandKind, type DemandLine, DemandSource } from "@stockport/core/domain/Demand"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { inheritedRule, type Link, oneUnit } from "@stockport/core/domain/Link"
import * as Listing from "@stockport/core/domain/Listing"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import type { MovementKind } from "@stockport/core/domain/Movement"
import { OrderId } from "@stockport/core/domain/Order"
import type { Position, PositionTerms } from "@stockport/core/domain/Position"
import { of, type Quantity } from "@stockport/core/domain/Quantity"
import { idOf, ReferenceNumber, type Sale } from "@stockport/core/domain/Sale"
import { safe } from "@stockport/core/domain/SyncPolicy"
import { type StockDocument, Store } from "@stockport/core/ports/Store"
import { DateTime, Effect, Stream } from "effect"
import { orderOf } from "../../scripted/PlacedOrder.ts"

/** An item with stock of its own. */
export const candle = Item.make({ id: ItemId.make("candle"), kind: "inventory", sku: "CANDLE" })
/** What gifts are put in. */
export const box = Item.make({ id: ItemId.make("box"), kind: "inventory", sku: "BOX" })
/** What gifts are tied with. */
export const ribbon = Item.make({ id: ItemId.make("ribbon"), kind: "inventory", sku: "RIBBON" })

/** An item without stock. */
export const wrapping = Item.make({ id: ItemId.make("wrapping"), kind: "service", sku: "WRAP" })

/** Two candles in a box with three ribbons. */
export const gift = Item.make({
  id: ItemId.make("gift"),
  kind: "kit",
  sku: "GIFT",
  billOfMaterials: [
    { itemId: candle.id, quantity: of(2) },
    { itemId: box.id, quantity: of(1) },
    { itemId: ribbon.id, quantity: of(3) }
  ]
})

/** A gift, one more candle, and the wrapping. */
export const hamper = Item.make({
  id: ItemId.make("hamper"),
  kind: "kit",
  sku: "HAMPER",
  billOfMaterials: [
    { itemId: gift.id, quantity: of(1) },
    { itemId: candle.id, quantity: of(1) },
    { itemId: wrapping.id, quantity: of(1) }
  ]
})

/** All items, components before the kits that contain them. */
export const items = [candle, box, ribbon, wrapping, gift, hamper]

const locationOf = (id: string, nettable: boolean, isDefault: boolean): Location => ({
  id: LocationId.make(id),
  name: id,
  nettable,
  isDefault
})

/** The default location. */
export const main = locationOf("main", true, true)
/** Another location that is for sale. */
export const shelf = locationOf("shelf", true, false)
/** A location that is not for sale. */
export const repairs = locationOf("repairs", false, false)

/** The channel that both shops belong to. */
export const web: Channel = { id: ChannelId.make("web"), name: "Web", description: "", locations: null }

/** The shop's only location. */
export const cartLocationId = CartLocationId.make("1")

const connectionOf = (id: string, enabled: boolean): Connection => ({
  id: ConnectionId.make(id),
  name: id,
  cart: "scripted",
  channelId: web.id,
  locationId: main.id,
  publishTo: [{ cartLocationId, locations: null }],
  enabled,
  referencePrefix: "",
  referenceSuffix: "",
  importFrom: DateTime.makeUnsafe("2026-01-01T00:00:00Z"),
  policy: safe
})

/** A shop that is kept in step. */
export const shop = connectionOf("shop", true)
/** A shop that is switched off. */
export const closedShop = connectionOf("closed-shop", false)

/** Opens the business: everything is saved, and nothing is in stock. */
export const open = Effect.gen(function* () {
  const store = yield* Store
  yield* store.items.save(items)
  yield* store.stock.saveLocations([main, shelf, repairs])
  yield* store.connections.saveChannel(web)
  yield* store.connections.save(shop)
  yield* store.connections.save(closedShop)
})

/** A document with one movement. */
export const movement = (
  key: string,
  item: Item.Item,
  location: Location,
  quantity: number | string,
  kind: MovementKind = "receipt"
): StockDocument => ({
  key,
  movements: [{ kind, itemId: item.id, locationId: location.id, quantity: of(quantity) }]
})

/** A line of demand. */
export const line = (lineId: string, item: Item.Item, location: Location, quantity: number | string): DemandLine => ({
  lineId,
  itemId: item.id,
  locationId: location.id,
  quantity: of(quantity)
})

/** The whole demand of a source. */
export const demand = (
  source: string,
  kind: DemandKind,
  lines: ReadonlyArray<DemandLine>,
  expiresAt: DateTime.Utc | null = null
): Demand => ({ source: DemandSource.make(source), kind, lines, expiresAt })

/** Incoming goods of a source, expected at a moment or at nobody knows which. */
export const incoming = (
  source: string,
  lines: ReadonlyArray<DemandLine>,
  expectedAt: DateTime.Utc | null,
  expiresAt: DateTime.Utc | null = null
): Demand => ({ ...demand(source, "incoming", lines, expiresAt), ...(expectedAt === null ? {} : { expectedAt }) })

/** A listing of a product without options. */
export const listingOf = (productId: string, sku: string, variantId: string | null = null): Listing.Listing =>
  Listing.make({
    productId: Listing.ProductId.make(productId),
    variantId: variantId === null ? null : Listing.VariantId.make(variantId),
    shape: variantId === null ? "single" : "variant",
    goods: "physical",
    sku,
    name: sku,
    tracking: variantId === null ? "product" : "variant",
    shopBundle: false
  })

/** A link between a listing and an item, as an equal SKU would make it. */
export const linkOf = (item: Item.Item, productId: string, connection: Connection = shop): Link => ({
  connectionId: connection.id,
  listing: listingOf(productId, item.sku),
  itemId: item.id,
  tier: "exact",
  matchedSku: item.sku,
  unitsPerListing: oneUnit,
  publishing: true,
  rule: inheritedRule
})

/** A sale of one candle, as first imported. */
export const saleOf = (orderId: string, number: string | null, connection: Connection = shop): Sale => {
  const order = orderOf({
    id: orderId,
    lines: [{ listing: listingOf("p-candle", candle.sku), quantity: 1 }],
    status: "awaitingFulfilment",
    placedAt: DateTime.makeUnsafe("2026-02-01T10:00:00Z")
  })
  const id = OrderId.make(orderId)
  return {
    id: idOf(connection.id, id),
    connectionId: connection.id,
    orderId: id,
    type: "salesOrder",
    state: "open",
    number: number === null ? null : ReferenceNumber.make(number),
    reasons: [],
    lines: order.lines.map((sold) => ({
      id: sold.id,
      listingKey: Listing.keyOf(Listing.ProductId.make("p-candle"), null),
      itemId: candle.id,
      locationId: main.id,
      sku: sold.sku,
      description: sold.name,
      quantity: sold.quantity,
      open: sold.quantity,
      shipped: sold.shipped,
      unitsPerListing: oneUnit,
      needs: [{ itemId: candle.id, quantity: of(1) }],
      parentLineId: null
    })),
    order,
    revision: 0
  }
}

/** The position of an item at a location; one with nothing in it when there is none. */
export const positionOf = Effect.fnUntraced(function* (item: Item.Item, location: Location) {
  const store = yield* Store
  const { positions } = yield* store.stock.snapshot([item.id])
  return positions.find(({ locationId }) => locationId === location.id)
})

/** One term of a position. */
export const termOf = (item: Item.Item, location: Location, term: keyof PositionTerms) =>
  Effect.map(positionOf(item, location), (position: Position | undefined): Quantity => position?.[term] ?? of(0))

/** The ids of all dirty items of a connection, in order of id. */
export const dirtyIds = Effect.fnUntraced(function* (connection: Connection) {
  const store = yield* Store
  const marks = yield* store.publications.dirty(connection.id, dirtyMax)
  return marks.map(({ itemId }) => itemId).sort()
})

/** Honours every mark of a connection without publishing anything. */
export const clean = Effect.fnUntraced(function* (connection: Connection) {
  const store = yield* Store
  const marks = yield* store.publications.dirty(connection.id, dirtyMax)
  yield* store.publications.record(connection.id, [], marks)
})

/** More marks than any law makes. */
export const dirtyMax = 1_000

/** Everything that a stream gives. */
export const collected = <A, E, R>(stream: Stream.Stream<A, E, R>): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Stream.runCollect(stream)
