/**
 * A small business with its shop, for the tests of the sync: two places to sell from, one for repairs, a candle, a box,
 * and a gift set of two candles in a box.
 */
import {
  Channel,
  type Connection,
  ConnectionId,
  Item,
  ItemId,
  Listing,
  Location,
  Quantity,
  SyncPolicy
} from "@stockport/core"
import { Store } from "@stockport/core/ports/Store"
import * as Connect from "@stockport/core/sync/Connect"
import * as Match from "@stockport/core/sync/Match"
import { MemoryStore, ScriptedCart } from "@stockport/testing"
import { DateTime, Effect, Layer } from "effect"

export const main = Location.LocationId.make("main")
export const store = Location.LocationId.make("store")
export const repairs = Location.LocationId.make("repairs")

export const candle = ItemId.ItemId.make("candle")
export const box = ItemId.ItemId.make("box")
export const giftSet = ItemId.ItemId.make("gift-set")

const single = (product: string, sku: string): Listing.Listing =>
  Listing.make({
    productId: Listing.ProductId.make(product),
    variantId: Listing.VariantId.make(`${product}0`),
    shape: "single",
    goods: "physical",
    sku,
    name: sku,
    tracking: "product",
    shopBundle: false
  })

export const candleListing = single("1", "CANDLE")
export const boxListing = single("2", "BOX")
export const giftSetListing = single("3", "GIFT-SET")
export const strangeListing = single("4", "STRANGE")

/** A plain good and its listing. */
export const good = (sku: string) => ({
  item: Item.make({ id: ItemId.ItemId.make(sku), kind: "inventory", sku }),
  listing: single(`p-${sku}`, sku)
})

export const connectionId = ConnectionId.ConnectionId.make("shop")

export const channel: Channel.Channel = {
  id: Channel.ChannelId.make("web"),
  name: "Web",
  description: "",
  locations: null
}

export const connectionWith = (change: Partial<Connection.Connection> = {}): Connection.Connection => ({
  id: connectionId,
  name: "Shop",
  cart: "scripted",
  channelId: channel.id,
  locationId: main,
  publishTo: [{ cartLocationId: ScriptedCart.defaults.locations[0].id, locations: null }],
  enabled: true,
  referencePrefix: "",
  referenceSuffix: "",
  importFrom: DateTime.makeUnsafe(0),
  policy: SyncPolicy.safe,
  ...change
})

/** Items, stock (candles 20, boxes 8, some of them in repairs), listings, the connection; matched. */
export const open = Effect.fnUntraced(function* (change: Partial<Connection.Connection> = {}) {
  yield* saveBusiness
  yield* offerListings
  const connection = connectionWith(change)
  yield* Connect.connect(connection)
  yield* Match.apply(connection, yield* Match.plan(connection.id))
  return connection
})

export const saveBusiness = Effect.gen(function* () {
  const { stock, items, connections } = yield* Store
  yield* stock.saveLocations([
    { id: main, name: "Main", nettable: true, isDefault: true },
    { id: store, name: "Store", nettable: true, isDefault: false },
    { id: repairs, name: "Repairs", nettable: false, isDefault: false }
  ])
  yield* items.save([
    Item.make({ id: candle, kind: "inventory", sku: "CANDLE" }),
    Item.make({ id: box, kind: "inventory", sku: "BOX" }),
    Item.make({
      id: giftSet,
      kind: "kit",
      sku: "GIFT-SET",
      billOfMaterials: [
        { itemId: candle, quantity: Quantity.of(2) },
        { itemId: box, quantity: Quantity.of(1) }
      ]
    })
  ])
  yield* stock.count("opening", [
    { itemId: candle, locationId: main, counted: Quantity.of(20) },
    { itemId: box, locationId: main, counted: Quantity.of(8) },
    { itemId: box, locationId: repairs, counted: Quantity.of(5) }
  ])
  yield* connections.saveChannel(channel)
})

export const offerListings = Effect.gen(function* () {
  const { shop } = yield* ScriptedCart.Script
  yield* shop.offer(candleListing, 3)
  yield* shop.offer(boxListing, 3)
  yield* shop.offer(giftSetListing, 3)
  yield* shop.offer(strangeListing, 3)
})

/** An item for the listing that nothing matched, with some stock; matched again. */
export const linkStrange = Effect.gen(function* () {
  const { items, stock } = yield* Store
  const id = ItemId.ItemId.make("strange")
  yield* items.save([Item.make({ id, kind: "inventory", sku: strangeListing.sku })])
  yield* stock.count("strange", [{ itemId: id, locationId: main, counted: Quantity.of(4) }])
  yield* Match.apply({ id: connectionId }, yield* Match.plan(connectionId))
})

/** What the shop shows of candle, box and gift set. */
export const shown = Effect.gen(function* () {
  const { shop } = yield* ScriptedCart.Script
  return yield* Effect.all([shop.level(candleListing.key), shop.level(boxListing.key), shop.level(giftSetListing.key)])
})

/** A new business and a new shop for one test. */
export const layer = (settings: Partial<ScriptedCart.Settings> = {}) =>
  Layer.fresh(Layer.merge(MemoryStore.layer, ScriptedCart.layer(settings)))
