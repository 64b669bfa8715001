/**
 * A business drawn by the dice: stocked items, kits over them (nested ones, and ones that share components), three
 * locations of which one is not for sale, and a shop that lists all of it, once as a pack.
 */
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { type Channel, ChannelId } from "@stockport/core/domain/Channel"
import type { Connection } from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { inheritedRule, type Link, oneUnit } from "@stockport/core/domain/Link"
import * as Listing from "@stockport/core/domain/Listing"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import { of, type Quantity, scale } from "@stockport/core/domain/Quantity"
import { safe } from "@stockport/core/domain/SyncPolicy"
import { DateTime } from "effect"
import type { Dice } from "./Dice.ts"

/** What is simulated: the business as it was opened. */
export interface Business {
  readonly items: ReadonlyArray<Item.Item>
  readonly stocked: ReadonlyArray<Item.Item>
  readonly kits: ReadonlyArray<Item.Item>
  readonly locations: readonly [Location, Location, Location]
  readonly channel: Channel
  readonly connection: Connection
  readonly links: ReadonlyArray<Link>
}

/** How many listings one listing of a pack sells. */
const packSize = 3

/** When every simulation begins. */
export const opening = DateTime.makeUnsafe("2026-05-04T08:00:00Z")

/** Draws a business. */
export const draw = (dice: Dice): Business => {
  const stocked = Array.from({ length: 3 + dice.roll(4) }, (_, index) => itemOf("inventory", `part-${index}`, []))
  const kits: Array<Item.Item> = []
  const kitCount = 2 + dice.roll(3)
  for (let index = 0; index < kitCount; index++) {
    kits.push(itemOf("kit", `kit-${index}`, drawBill(dice, [...stocked, ...kits])))
  }
  const wrapping = itemOf("service", "wrapping", [])
  const items = [...stocked, ...kits, wrapping]
  const connectionId = ConnectionId.make("shop")
  const sold = items.map((item, index) => linkOf(connectionId, item, `p${index}`, oneUnit))
  const [first] = stocked
  const pack = first === undefined ? [] : [linkOf(connectionId, first, "pack", (packSize * scale) as Quantity)]
  return {
    items,
    stocked,
    kits,
    locations: [locationOf("main", true, true), locationOf("annex", true, false), locationOf("repairs", false, false)],
    channel,
    connection: connectionOf(connectionId),
    links: [...sold, ...pack]
  }
}

/** Draws a bill of materials from items that may stand in it. */
export const drawBill = (dice: Dice, parts: ReadonlyArray<Item.Item>): Item.Item["billOfMaterials"] => {
  const chosen = new Set(Array.from({ length: 1 + dice.roll(3) }, () => dice.pick(parts).id))
  return [...chosen].map((itemId) => ({ itemId, quantity: of(dice.pick([1, 1, 2, 3, "0.5"])) }))
}

const itemOf = (kind: Item.ItemKind, id: string, billOfMaterials: Item.Item["billOfMaterials"]): Item.Item =>
  Item.make({ id: ItemId.make(id), kind, sku: id.toUpperCase(), billOfMaterials })

const locationOf = (id: string, nettable: boolean, isDefault: boolean): Location => ({
  id: LocationId.make(id),
  name: id,
  nettable,
  isDefault
})

const channel: Channel = { id: ChannelId.make("web"), name: "Web", description: "", locations: null }

/** The shop's only location. */
export const cartLocationId = CartLocationId.make("1")

const connectionOf = (id: ConnectionId): Connection => ({
  id,
  name: "Simulated shop",
  cart: "scripted",
  channelId: channel.id,
  locationId: LocationId.make("main"),
  publishTo: [{ cartLocationId, locations: null }],
  enabled: true,
  referencePrefix: "S-",
  referenceSuffix: "",
  importFrom: opening,
  policy: { ...safe, publishing: { ...safe.publishing, massZeroPercent: 100 } }
})

const linkOf = (connectionId: ConnectionId, item: Item.Item, productId: string, unitsPerListing: Quantity): Link => ({
  connectionId,
  listing: Listing.make({
    productId: Listing.ProductId.make(productId),
    variantId: null,
    shape: "single",
    goods: "physical",
    sku: unitsPerListing === oneUnit ? item.sku : `${item.sku}-PACK`,
    name: item.name,
    tracking: item.kind === "service" ? "none" : "product",
    shopBundle: false
  }),
  itemId: item.id,
  tier: unitsPerListing === oneUnit ? "exact" : "manual",
  matchedSku: item.sku,
  unitsPerListing,
  publishing: true,
  rule: inheritedRule
})
