/**
 * Listings, items, links and a connection by their shortest names, for the tests of matching and publishing.
 */
import type { Available } from "@stockport/core/decide/Availability"
import * as Matching from "@stockport/core/decide/Matching"
import * as Publishing from "@stockport/core/decide/Publishing"
import { type Channel, ChannelId } from "@stockport/core/domain/Channel"
import * as Connection from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Link from "@stockport/core/domain/Link"
import * as Listing from "@stockport/core/domain/Listing"
import { LocationId } from "@stockport/core/domain/Location"
import type { Publication } from "@stockport/core/domain/Publication"
import * as Quantity from "@stockport/core/domain/Quantity"
import { type PublishingPolicy, safe, type SyncPolicy } from "@stockport/core/domain/SyncPolicy"
import { DateTime } from "effect"

export const shop = ConnectionId.make("shop")

export const main = LocationId.make("Main")

export const store = LocationId.make("Store")

export const online = Connection.CartLocationId.make("online")

export const counter = Connection.CartLocationId.make("counter")

/** The variant of a product by `product/variant`; a product of its own by `product`. */
export const listing = (key: string, sku: string, changes: Partial<Listing.Listing> = {}): Listing.Listing => {
  const [product = "", variant] = key.split("/")
  return Listing.make({
    productId: Listing.ProductId.make(product),
    variantId: variant === undefined ? null : Listing.VariantId.make(variant),
    shape: variant === undefined ? "single" : "variant",
    goods: "physical",
    sku,
    name: `Listing ${key}`,
    tracking: "variant",
    shopBundle: false,
    ...changes
  })
}

export const parent = (key: string, sku: string): Listing.Listing => listing(key, sku, { shape: "parent" })

export const item = (id: string, sku: string, changes: Partial<Item.Item> = {}): Item.Item =>
  Item.make({ id: ItemId.make(id), kind: "inventory", sku, ...changes })

export const link = (row: Listing.Listing, itemId: string, changes: Partial<Link.Link> = {}): Link.Link =>
  Link.make({ connectionId: shop, listing: row, itemId: ItemId.make(itemId), tier: "exact", ...changes })

export const exclusion = (key: string): Link.Exclusion => ({
  connectionId: shop,
  key: Listing.ListingKey.make(key),
  reason: "sold elsewhere"
})

export const match = (input: Partial<Matching.MatchInput>): Matching.MatchPlan =>
  Matching.plan({
    connectionId: shop,
    listings: [],
    items: [],
    links: [],
    exclusions: [],
    policy: safe.matching,
    ...input
  })

export const keysOf = (rows: ReadonlyArray<{ readonly listing: Listing.Listing }>): ReadonlyArray<string> =>
  rows.map((row) => row.listing.key)

/** Which item each new link leads to, and by which tier. */
export const linksOf = (rows: ReadonlyArray<Link.Link>): ReadonlyArray<readonly [string, string, string]> =>
  rows.map((row) => [row.listing.key, row.itemId, row.tier])

export const policyOf = (publishing: Partial<PublishingPolicy> = {}): SyncPolicy => ({
  ...safe,
  publishing: { ...safe.publishing, massZeroPercent: 100, ...publishing }
})

export const connection = (changes: Partial<Connection.Connection> = {}): Connection.Connection =>
  Connection.make({
    id: shop,
    channelId: ChannelId.make("web"),
    locationId: main,
    publishTo: [{ cartLocationId: online, locations: null }],
    importFrom: DateTime.makeUnsafe("2026-01-01T00:00:00Z"),
    policy: policyOf(),
    ...changes
  })

export const channel: Channel = { id: ChannelId.make("web"), name: "Web", description: "", locations: null }

type Shares = Readonly<Record<string, number | string>>

const sharesOf = (shares: Shares) =>
  Object.entries(shares).map(([id, quantity]) => ({
    locationId: LocationId.make(id),
    quantity: Quantity.of(quantity)
  }))

/** So much of a stocked item, of which so much at each location. */
export const stocked = (id: string, quantity: number | string, shares: Shares = { Main: quantity }): Available => ({
  _tag: "Stocked",
  itemId: ItemId.make(id),
  quantity: Quantity.of(quantity),
  breakdown: [{ term: "onHand", quantity: Quantity.of(quantity) }],
  byLocation: sharesOf(shares).map((share) => ({
    ...share,
    breakdown: [{ term: "onHand", quantity: share.quantity }]
  })),
  issues: []
})

/** So many kits, of which so many at each location. */
export const kits = (
  id: string,
  quantity: number,
  shares: Shares = { Main: quantity },
  issues: Available["issues"] = []
): Available => ({
  _tag: "Kit",
  itemId: ItemId.make(id),
  quantity: Quantity.of(quantity),
  byLocation: sharesOf(shares).map((share) => ({ ...share, limiting: [] })),
  pooled: Quantity.of(quantity),
  limiting: [],
  components: [],
  issues
})

export const unlimited = (id: string): Available => ({ _tag: "Unlimited", itemId: ItemId.make(id), issues: [] })

/** What was published, by listing key and location. */
export const published = (
  ...updates: ReadonlyArray<Pick<Publication, "key" | "cartLocationId" | "quantity" | "inDoubt">>
) => {
  const last = new Map(
    updates.map((update): [string, Publication] => [
      `${update.key}@${update.cartLocationId}`,
      {
        connectionId: shop,
        itemId: ItemId.make("A"),
        publishedAt: DateTime.makeUnsafe("2026-01-02T00:00:00Z"),
        receipt: null,
        ...update
      }
    ])
  )
  return (key: Listing.ListingKey, cartLocationId: Connection.CartLocationId) =>
    last.get(`${key}@${cartLocationId}`) ?? null
}

/** One listing of item A, of which ten are available, unless something else is said. */
export const publishInput = (changes: Partial<Publishing.PublishInput> = {}): Publishing.PublishInput => ({
  connection: connection(),
  channel,
  links: [link(listing("1/1", "A"), "A")],
  items: (id) => item(id, id),
  available: (id) => stocked(id, 10),
  lastPublished: () => null,
  shopLevel: () => null,
  hasStockHistory: () => true,
  quantityMax: Publishing.capMax,
  approved: false,
  force: false,
  ...changes
})

/** The plan for {@link publishInput}. */
export const publish = (changes: Partial<Publishing.PublishInput> = {}): Publishing.PublishPlan =>
  Publishing.plan(publishInput(changes))

/** The numbers of a plan, by listing and location. */
export const numbersOf = (plan: Publishing.PublishPlan): ReadonlyArray<readonly [string, string, number]> =>
  plan.updates.map((update) => [update.listing.key, update.cartLocationId, update.quantity])

/** The reasons of a plan's only listing left alone; empty when it is published. */
export const reasonsOf = (plan: Publishing.PublishPlan): ReadonlyArray<string> => plan.left[0]?.reasons ?? []

export const codesOf = (plan: { readonly issues: ReadonlyArray<{ readonly code: string }> }): ReadonlyArray<string> =>
  plan.issues.map(({ code }) => code)

/** Which items each doubtful listing may mean. */
export const candidatesOf = (
  plan: Matching.MatchPlan
): ReadonlyArray<readonly [key: string, candidates: ReadonlyArray<string>]> =>
  plan.ambiguous.map(({ listing: { key }, candidates }) => [key, candidates])

/** Every reason of each listing left alone. */
export const leftOf = (
  plan: Publishing.PublishPlan
): ReadonlyArray<readonly [key: string, reasons: ReadonlyArray<string>]> =>
  plan.left.map(({ listing: { key }, reasons }) => [key, reasons])

/** The numbers of a plan by item, with what was shown before. */
export const changesOf = (
  plan: Publishing.PublishPlan
): ReadonlyArray<readonly [itemId: string, previous: number | null, quantity: number]> =>
  plan.updates.map(({ itemId, previous, quantity }) => [itemId, previous, quantity])
