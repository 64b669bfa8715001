/**
 * Who follows whom? A product that is deleted in the shop and made again comes back under new ids. What a person has decided
 * about the listing that is gone moves with the SKU to the listing made anew, or waits for a person; it is never lost
 * without a word.
 *
 * The rules, for all new listings and all that is gone under one SKU:
 * - A link moves with its pack, its rule and whether it publishes; one made by hand stays one made by hand, also where no item
 *   has that SKU. One that followed from the SKU does not move where no item has it any more.
 * - Links move only where they agree with each other, and are no fewer than the new listings, and the SKU leads to their
 *   item. Else the new listings wait, unless nothing is lost by linking them as any others.
 * - An exclusion moves likewise. Where something was linked and something excluded, the new listings wait.
 * - A link that a person has removed is not made again for the same listing and item, nor for the one made anew.
 */
import type { ItemId } from "../domain/ItemId.ts"
import { type EndedLink, type Exclusion, type Link, oneUnit } from "../domain/Link.ts"
import type { ListingKey } from "../domain/Listing.ts"
import type { PublishRule } from "../domain/PublishRule.ts"

/** What is gone from the shop under one SKU. `removed` are links that a person had removed before. */
export interface Gone {
  readonly links: ReadonlyArray<Link>
  readonly exclusions: ReadonlyArray<Exclusion>
  readonly removed: ReadonlyArray<Link>
  /** Whether it may be there all the same: a row of the catalogue could not be read. */
  readonly isUncertain: boolean
}

/** What becomes of a new listing. `null`: it is matched like any other. */
export type Succession =
  | { readonly _tag: "TakesOver"; readonly from: Link; readonly itemId: ItemId }
  | { readonly _tag: "Excluded"; readonly from: Exclusion }
  | { readonly _tag: "Unlinked"; readonly from: Link }
  | { readonly _tag: "Waits"; readonly of: ReadonlyArray<ListingKey>; readonly itemIds: ReadonlyArray<ItemId> }
  | null

/** Which items a listing's SKU fits (`fits`, in order), whether it is in doubt between them, and whether an item is sold. */
export interface Prospect {
  readonly fits: ReadonlyArray<ItemId>
  /** Also of a single item, where other listings may mean it. */
  readonly isDoubtful: boolean
  readonly isSold: (id: ItemId) => boolean
}

/** Decides for all new listings of one SKU, in order of their keys. */
export const decide = (listings: ReadonlyArray<Prospect>, gone: Gone): ReadonlyArray<Succession> => {
  const { links, exclusions } = gone
  if (links.length === 0 && exclusions.length === 0) return listings.map((each) => keptAway(gone.removed, each))
  if (exclusions.length === 0 && links.every(isPlain)) {
    return listings.map((each, at) => (gone.isUncertain ? null : plainly(links[at], each)))
  }
  const waits: Succession = {
    _tag: "Waits",
    of: [...links.map(({ listing }) => listing.key), ...exclusions.map(({ key }) => key)],
    itemIds: [...new Set(links.map(({ itemId }) => itemId))].sort()
  }
  const isClear = listings.length <= links.length + exclusions.length && !gone.isUncertain
  if (!isClear || (links.length > 0 && exclusions.length > 0)) return listings.map(() => waits)
  if (exclusions.length > 0) return listings.map((_, at) => ({ _tag: "Excluded", from: exclusions[at]! }))
  const [first] = links
  if (!links.every((link) => isAlike(link, first!))) return listings.map(() => waits)
  return listings.map((each, at) => takeOver(links[at]!, each, waits))
}

/** What becomes of a listing that had a link itself, which has ended. */
export const decideOwn = ({ link, ending }: EndedLink, prospect: Prospect): Succession => {
  if (ending === "replaced") return null
  if (ending === "excluded") return takeOver(link, prospect, null)
  return keptAway([link], prospect)
}

/** Whether a link says nothing that matching by SKU would not say by itself. */
export const isPlain = ({ tier, unitsPerListing, publishing, rule }: Link): boolean =>
  tier !== "manual" && unitsPerListing === oneUnit && publishing && isInherited(rule)

const keptAway = (removed: ReadonlyArray<Link>, { fits, isDoubtful }: Prospect): Succession => {
  const from = !isDoubtful && fits.length === 1 ? removed.find(({ itemId }) => itemId === fits[0]) : undefined
  return from === undefined ? null : { _tag: "Unlinked", from }
}

const plainly = (link: Link | undefined, { fits, isDoubtful, isSold }: Prospect): Succession => {
  const [itemId] = fits
  if (link === undefined || isDoubtful || itemId === undefined) return null
  return link.itemId === itemId || !isSold(link.itemId) ? { _tag: "TakesOver", from: link, itemId } : null
}

/** `otherwise` stands where the SKU leads to another item than the link. */
const takeOver = (from: Link, { fits, isDoubtful, isSold }: Prospect, otherwise: Succession): Succession => {
  const isByHand = from.tier === "manual"
  const asBefore: Succession = { _tag: "TakesOver", from, itemId: from.itemId }
  if (isDoubtful) return isByHand && fits.includes(from.itemId) ? asBefore : null
  const [only] = fits
  if (only === undefined) return isByHand ? asBefore : null
  if (only === from.itemId) return asBefore
  // What is not sold any more has left its SKU to another item: an automatic link moves there, with what was decided.
  return !isByHand && !isSold(from.itemId) ? { _tag: "TakesOver", from, itemId: only } : otherwise
}

const isAlike = (left: Link, right: Link): boolean =>
  left.itemId === right.itemId &&
  (left.tier === "manual") === (right.tier === "manual") &&
  left.unitsPerListing === right.unitsPerListing &&
  left.publishing === right.publishing &&
  isSameRule(left.rule, right.rule)

const isInherited = (rule: PublishRule): boolean =>
  rule.buffer === null &&
  rule.percentage === null &&
  rule.maximum === null &&
  rule.minimum === null &&
  (rule.fixed ?? null) === null

const isSameRule = (left: PublishRule, right: PublishRule): boolean =>
  left.buffer === right.buffer &&
  left.percentage === right.percentage &&
  left.maximum === right.maximum &&
  left.minimum === right.minimum &&
  (left.fixed ?? null) === (right.fixed ?? null)
