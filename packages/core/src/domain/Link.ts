/**
 * Which item a listing sells, held by the shop's ids and never broken by a changed SKU.
 */
import { Schema } from "effect"
import { ConnectionId } from "./ConnectionId.ts"
import { ItemId } from "./ItemId.ts"
import { Listing, ListingKey } from "./Listing.ts"
import { inheritedRule, PublishRule } from "./PublishRule.ts"
import { type Quantity, QuantityFromDecimal } from "./Quantity.ts"
import * as Text from "./Text.ts"

/** How a link came about: the same SKU, the same SKU but for case and outer space, or a person. */
export const LinkTier = Schema.Literals(["exact", "normalised", "manual"])
export type LinkTier = typeof LinkTier.Type

export { inheritedRule, PublishRule }

/**
 * A listing and the item it sells. `listing` is the row as last read from the shop, `matchedSku` the SKU both sides had
 * when they were linked. `unitsPerListing` is how much of the item one listing sells (a pack of 30). A link whose
 * `publishing` is off publishes nothing until a person confirms it.
 */
export const Link = Schema.Struct({
  connectionId: ConnectionId,
  listing: Listing,
  itemId: ItemId,
  tier: LinkTier,
  matchedSku: Text.SkuText,
  unitsPerListing: QuantityFromDecimal.check(Schema.isGreaterThan(0)),
  publishing: Schema.Boolean,
  rule: PublishRule
})
export interface Link extends Schema.Schema.Type<typeof Link> {}

/**
 * Why a link has ended: a person has removed it, the listing has been excluded, or the listing that the shop made anew has
 * taken it over. Only a removal keeps the same link from being proposed again.
 */
export const Ending = Schema.Literals(["removed", "excluded", "replaced"])
export type Ending = typeof Ending.Type

/** A link that has ended, and why. `settled` says that what the shop goes on showing has been dealt with. */
export const EndedLink = Schema.Struct({
  link: Link,
  settled: Schema.Boolean,
  /** Removed by a person where it is not given. */
  ending: Schema.optionalKey(Ending)
})
export interface EndedLink extends Schema.Schema.Type<typeof EndedLink> {}

/**
 * A listing that a person has said must never be linked. `sku` is the listing's, as far as it has been seen: with it the
 * exclusion moves to a listing that the shop makes anew.
 */
export const Exclusion = Schema.Struct({
  connectionId: ConnectionId,
  key: ListingKey,
  reason: Text.Long,
  sku: Schema.optionalKey(Text.SkuText)
})
export interface Exclusion extends Schema.Schema.Type<typeof Exclusion> {}

/** One unit of the item for one listing. */
export const oneUnit = 100_000 as Quantity

/**
 * A link of one unit per listing that publishes by the connection's rules, unless something else is given.
 *
 * `matchedSku` is the listing's SKU: a later one that differs is drift.
 */
export const make = (link: Pick<Link, "connectionId" | "listing" | "itemId" | "tier"> & Partial<Link>): Link => ({
  matchedSku: link.listing.sku,
  unitsPerListing: oneUnit,
  publishing: true,
  rule: inheritedRule,
  ...link
})
