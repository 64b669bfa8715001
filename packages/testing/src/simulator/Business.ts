/**
 * A business drawn by the dice: stocked items, kits over them (nested ones, and ones that share components), three
 * locations of which one is not for sale, and one or two shops that list all of it, once as a pack, each with rules and
 * feeding locations of its own.
 */
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { type Channel, ChannelId } from "@stockport/core/domain/Channel"
import type { Connection } from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Link from "@stockport/core/domain/Link"
import * as Listing from "@stockport/core/domain/Listing"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import { of, type Quantity, scale } from "@stockport/core/domain/Quantity"
import { safe, type SyncPolicy } from "@stockport/core/domain/SyncPolicy"
import { DateTime } from "effect"
import type { Dice } from "./Dice.ts"

/** A shop of the business, as it was connected. */
export interface Outlet {
  readonly channel: Channel
  readonly connection: Connection
  readonly links: ReadonlyArray<Link.Link>
}

/** What is simulated: the business as it was opened. */
export interface Business {
  readonly items: ReadonlyArray<Item.Item>
  readonly stocked: ReadonlyArray<Item.Item>
  readonly kits: ReadonlyArray<Item.Item>
  readonly locations: readonly [Location, Location, Location]
  readonly outlets: readonly [Outlet, ...ReadonlyArray<Outlet>]
}

/** How many listings one listing of a pack sells. */
export const packSize = 3

/** When every simulation begins. */
export const opening = DateTime.makeUnsafe("2026-05-04T08:00:00Z")

/** Draws how many shops a business has. */
export const drawShops = (dice: Dice): 1 | 2 => (dice.chance(35) ? 2 : 1)

/** Draws a business with so many shops. */
export const draw = (dice: Dice, shops: 1 | 2): Business => {
  const stocked = Array.from({ length: 3 + dice.roll(4) }, (_, index) => itemOf("inventory", `part-${index}`, []))
  const kits: Array<Item.Item> = []
  const kitCount = 2 + dice.roll(3)
  for (let index = 0; index < kitCount; index++) {
    kits.push(itemOf("kit", `kit-${index}`, drawBill(dice, [...stocked, ...kits])))
  }
  const items = [...stocked, ...kits, itemOf("service", "wrapping", [])]
  const outlet = (name: string, feeding: ReadonlyArray<LocationId> | null): Outlet => {
    const channel: Channel = { id: ChannelId.make(name), name, description: "", locations: feeding }
    const places =
      feeding === null ? drawPlaces(dice) : ([{ cartLocationId: cartLocations[0], locations: null }] as const)
    const connection = connectionOf(name, channel, feeding?.[0] ?? main, places, drawPolicy(dice))
    return { channel, connection, links: linksOf(connection.id, items, stocked) }
  }
  const first = outlet("shop", null)
  const others = shops < 2 ? [] : [outlet("second", dice.pick([null, [annex], [main], [annex, main]]))]
  return {
    items,
    stocked,
    kits,
    locations: [locationOf(main, true, true), locationOf(annex, true, false), locationOf(repairs, false, false)],
    outlets: [first, ...others]
  }
}

/** Draws the rules by which a shop's numbers are made. */
export const drawPolicy = (dice: Dice): SyncPolicy => ({
  ...safe,
  availability: { ...safe.availability, kitPooling: dice.pick(["perLocation", "perLocation", "pooled"] as const) },
  publishing: {
    ...safe.publishing,
    buffer: dice.pick([0, 0, 0, 1, 2]),
    percentage: dice.pick([100, 100, 100, 50]),
    maximum: dice.pick([null, null, null, 4]),
    whenLinkEnds: dice.pick(["keep", "zero"] as const),
    massZeroPercent: 100
  }
})

/** Draws a bill of materials from items that may stand in it. */
export const drawBill = (dice: Dice, parts: ReadonlyArray<Item.Item>): Item.Item["billOfMaterials"] => {
  const chosen = new Set(Array.from({ length: 1 + dice.roll(3) }, () => dice.pick(parts).id))
  return [...chosen].map((itemId) => ({ itemId, quantity: of(dice.pick([1, 1, 2, 3, "0.5"])) }))
}

const itemOf = (kind: Item.ItemKind, id: string, billOfMaterials: Item.Item["billOfMaterials"]): Item.Item =>
  Item.make({ id: ItemId.make(id), kind, sku: id.toUpperCase(), billOfMaterials })

const main = LocationId.make("main")
const annex = LocationId.make("annex")
const repairs = LocationId.make("repairs")

const locationOf = (id: LocationId, nettable: boolean, isDefault: boolean): Location => ({
  id,
  name: id,
  nettable,
  isDefault
})

/** The locations that a shop may have of its own: the first of them it always has. */
export const cartLocations = [CartLocationId.make("1"), CartLocationId.make("2")] as const

/** Draws which of ours feed which of the shop's locations. */
const drawPlaces = (dice: Dice): Connection["publishTo"] => {
  const [first, second] = cartLocations
  if (!dice.chance(25)) return [{ cartLocationId: first, locations: null }]
  const [one, other] = dice.pick([
    [null, null],
    [[main], [annex]]
  ])
  return [
    { cartLocationId: first, locations: one },
    { cartLocationId: second, locations: other }
  ]
}

const connectionOf = (
  name: string,
  channel: Channel,
  locationId: LocationId,
  publishTo: Connection["publishTo"],
  policy: SyncPolicy
): Connection => ({
  id: ConnectionId.make(name),
  name: `Simulated ${name}`,
  cart: "scripted",
  channelId: channel.id,
  locationId,
  publishTo,
  enabled: true,
  referencePrefix: `${name.slice(0, 2).toUpperCase()}-`,
  referenceSuffix: "",
  importFrom: opening,
  policy
})

const linksOf = (id: ConnectionId, items: ReadonlyArray<Item.Item>, stocked: ReadonlyArray<Item.Item>) => {
  const sold = items.map((item, index) => linkOf(id, item, `p${index}`, Link.oneUnit))
  const [first] = stocked
  const pack = first === undefined ? [] : [linkOf(id, first, "pack", (packSize * scale) as Quantity)]
  return [...sold, ...pack]
}

const linkOf = (connectionId: ConnectionId, item: Item.Item, productId: string, unitsPerListing: Quantity): Link.Link =>
  Link.make({
    connectionId,
    listing: Listing.make({
      productId: Listing.ProductId.make(productId),
      variantId: Listing.VariantId.make("1"),
      shape: "single",
      goods: "physical",
      sku: unitsPerListing === Link.oneUnit ? item.sku : `${item.sku}-PACK`,
      name: item.name,
      tracking: item.kind === "service" ? "none" : "product",
      shopBundle: false
    }),
    itemId: item.id,
    tier: unitsPerListing === Link.oneUnit ? "exact" : "manual",
    matchedSku: item.sku,
    unitsPerListing
  })
