/**
 * The business behind the demo's shop: its items, its nested kits, and what stands on its shelves.
 *
 * The list of goods is the one the shop's owner keeps outside the shop, with the faults such lists have: an item that was
 * entered twice under one SKU, and a few goods that somebody has forgotten.
 */
import {
  Channel,
  Connection,
  ConnectionId,
  Item,
  ItemId,
  Location,
  type Movement,
  Quantity,
  SyncPolicy
} from "@stockport/core"
import { Store } from "@stockport/core/ports/Store"
import type { MerchantItem } from "@stockport/bigcommerce-sandbox"
import { DateTime, Effect } from "effect"

/** Everything that is saved before the first sync. */
export interface Business {
  readonly items: ReadonlyArray<Item.Item>
  readonly counts: ReadonlyArray<Movement.Count>
}

export const mainWarehouse = Location.LocationId.make("main")
export const cityStore = Location.LocationId.make("city-store")
export const repairs = Location.LocationId.make("repairs")

/** Two places to sell from, and one whose stock is not for sale. */
export const locations: ReadonlyArray<Location.Location> = [
  { id: mainWarehouse, name: "Main warehouse", nettable: true, isDefault: true },
  { id: cityStore, name: "City store", nettable: true, isDefault: false },
  { id: repairs, name: "Repairs", nettable: false, isDefault: false }
]

export const channel: Channel.Channel = {
  id: Channel.ChannelId.make("web-shop"),
  name: "Web shop",
  description: "Orders from the BigCommerce storefront",
  locations: null
}

/** How far back the demo takes orders. */
const importDays = 365

/** The shop's two locations, each fed by one of ours. */
export const connectionAt = (now: DateTime.Utc): Connection.Connection => ({
  id: ConnectionId.ConnectionId.make("bigcommerce"),
  name: "BigCommerce web shop",
  cart: "bigcommerce",
  channelId: channel.id,
  locationId: mainWarehouse,
  publishTo: [
    { cartLocationId: Connection.CartLocationId.make("1"), locations: [mainWarehouse] },
    { cartLocationId: Connection.CartLocationId.make("2"), locations: [cityStore] }
  ],
  enabled: true,
  referencePrefix: "BC-",
  referenceSuffix: "",
  importFrom: DateTime.subtract(now, { days: importDays }),
  openingBalanceAt: now,
  policy: SyncPolicy.safe
})

const forgottenEvery = 97
const inRepairEvery = 9

/** The merchant's list as items and counted stock. */
export const of = (goods: Iterable<MerchantItem>): Business => {
  const listed = [...goods]
  const parts = new Set(listed.flatMap(({ components }) => components.map(({ sku }) => sku)))
  const isForgotten = (good: MerchantItem, index: number) =>
    index % forgottenEvery === forgottenEvery - 1 && good.kind !== "kit" && !parts.has(good.sku)
  const kept = listed.filter((good, index) => !isForgotten(good, index))
  const items = kept.map(itemOf)
  return { items: [...items, ...enteredTwice(items)], counts: kept.flatMap(countsOf) }
}

const itemOf = (good: MerchantItem): Item.Item =>
  Item.make({
    id: ItemId.ItemId.make(good.sku),
    sku: good.sku,
    name: good.name,
    kind: good.kind === "non-inventory" ? "nonInventory" : good.kind,
    billOfMaterials: good.components.map(({ sku, quantity }) => ({
      itemId: ItemId.ItemId.make(sku),
      quantity: Quantity.of(quantity)
    }))
  })

const countsOf = (good: MerchantItem, index: number): ReadonlyArray<Movement.Count> => {
  if (good.kind !== "inventory") return []
  const itemId = ItemId.ItemId.make(good.sku)
  const at = (locationId: Location.LocationId, units: number) => ({ itemId, locationId, counted: Quantity.of(units) })
  return [
    at(mainWarehouse, good.onHandByLocation[1] ?? 0),
    at(cityStore, good.onHandByLocation[2] ?? 0),
    ...(index % inRepairEvery === 0 ? [at(repairs, 1 + (index % 3))] : [])
  ]
}

/** The first plain item again, under another key: nobody can say which of the two a listing sells. */
const enteredTwice = (items: ReadonlyArray<Item.Item>): ReadonlyArray<Item.Item> => {
  const used = new Set(items.flatMap(({ billOfMaterials }) => billOfMaterials.map(({ itemId }) => itemId)))
  const original = items.find(({ kind, id }) => kind === "inventory" && !used.has(id))
  return original === undefined
    ? []
    : [{ ...original, id: ItemId.ItemId.make(`${original.id} (again)`), name: `${original.name} again` }]
}

const itemsPerBatch = 500

/** Saves the business: locations first, then items with their components before the kits above them, then stock. */
export const save = Effect.fn("Business.save")(function* (business: Business) {
  const store = yield* Store
  yield* store.transaction(
    Effect.gen(function* () {
      yield* store.stock.saveLocations(locations)
      yield* store.connections.saveChannel(channel)
      yield* store.items.save(business.items)
      for (let start = 0; start < business.counts.length; start += itemsPerBatch) {
        yield* store.stock.count(`opening-${start}`, business.counts.slice(start, start + itemsPerBatch))
      }
    })
  )
})
