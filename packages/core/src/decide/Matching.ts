/**
 * Which item does each listing sell? From items, listings, links and exclusions to a plan, as data, before anything is
 * written.
 *
 * The rules, strongest first:
 * - A parent over variants is never linked: what is sold is the variant. A listing that a person has excluded is not
 *   either.
 * - A link that exists stands, whatever became of the SKUs: if they no longer agree, it has drifted, and says so. Only where
 *   its item is not sold any more does a link that nobody has made by hand move to the one other item of its SKU.
 * - What a person has decided about a listing that is gone moves to the one made anew under its SKU, or waits (see
 *   Succession). A link that a person has removed is not made again.
 * - A listing is linked to the one item with exactly its SKU; several such items are a doubt, never a choice.
 * - Where no item has exactly its SKU, case, outer space and the encoding of accents are overlooked, but only if that
 *   names one item and no other listing.
 * - A SKU of which nothing can be seen, or that could not be read, matches nothing. Archived items and kinds that are not sold
 *   (categories, expenses, overheads) match nothing.
 * - Several listings may sell from one item; that is information, not a fault.
 *
 * The plan depends on what is in the inputs and never on their order; its lists are in order of the listing's key (see
 * ListingOrder).
 */
import { Schema } from "effect"
import * as Issue from "../domain/Issue.ts"
import * as Item from "../domain/Item.ts"
import { ItemId } from "../domain/ItemId.ts"
import { type EndedLink, type Exclusion, inheritedRule, type Link, oneUnit } from "../domain/Link.ts"
import * as Listing from "../domain/Listing.ts"
import { inOrderOfKey } from "../domain/ListingOrder.ts"
import type { OrderLine } from "../domain/Order.ts"
import type { Quantity } from "../domain/Quantity.ts"
import * as Sku from "../domain/Sku.ts"
import * as Text from "../domain/Text.ts"
import type { MatchingPolicy } from "../domain/SyncPolicy.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as MatchIndex from "./MatchIndex.ts"
import * as Predecessors from "./Predecessors.ts"

export type { MatchableItem } from "./MatchIndex.ts"

/** A row of the catalogue that could not be read: its listing's key, or its product's id, or null; and why. */
export interface UnreadableListing {
  readonly id: string | null
  readonly path: string
  readonly expected: string
}

/** Everything that matching looks at. Order of the inputs never matters. */
export interface MatchInput {
  readonly connectionId: ConnectionId
  readonly listings: Iterable<Listing.Listing>
  readonly items: Iterable<MatchIndex.MatchableItem>
  readonly links: Iterable<Link>
  readonly exclusions: Iterable<Exclusion>
  /** Links that have ended: none unless given. */
  readonly ended?: Iterable<EndedLink>
  /** Rows that are in the catalogue and could not be read: none unless given. */
  readonly unreadable?: Iterable<UnreadableListing>
  readonly policy: MatchingPolicy
}

/**
 * Why a listing has no link: several items fit, or none does (one only looks like it, or is not sold), or a person has to
 * say what moves to it, or it is not to be linked at all.
 */
export type UnlinkedReason =
  | "skuAmbiguous"
  | "skuBlank"
  | "skuUnknown"
  | "skuDamaged"
  | "skuLooksLike"
  | "skuNotSold"
  | "unlinked"
  | "madeAnew"
  | "parent"
  | "excluded"

/** A listing that stays without a link: why, which items would have fitted, and which listings that are gone it follows. */
export interface Unlinked {
  readonly listing: Listing.Listing
  readonly reason: UnlinkedReason
  readonly candidates: ReadonlyArray<ItemId>
  readonly of?: ReadonlyArray<Listing.ListingKey>
}

/** A link that has given way to another one: of the same listing to another item, or of the listing made anew. */
export interface Moved {
  readonly from: Link
  readonly to: Link
}

/** A link that stands although a SKU has changed on one side since. `itemSku` is null when the item is gone. */
export interface Drifted {
  readonly link: Link
  readonly listingSku: string
  readonly itemSku: string | null
}

/** The plan. Every listing is in exactly one of linked, kept, ambiguous, unmatched, ignored. */
export interface MatchPlan {
  /** New links to write. */
  readonly linked: ReadonlyArray<Link>
  /** Links that exist and stand, with the listing's row as it is now (to be written when it differs: `refreshed`). */
  readonly kept: ReadonlyArray<Link>
  readonly refreshed: ReadonlyArray<Link>
  readonly drifted: ReadonlyArray<Drifted>
  readonly ambiguous: ReadonlyArray<Unlinked>
  readonly unmatched: ReadonlyArray<Unlinked>
  /** Parents and excluded listings. */
  readonly ignored: ReadonlyArray<Unlinked>
  /** Links whose listing the shop no longer has, or has made the parent of variants. */
  readonly orphaned: ReadonlyArray<Link>
  /** Links whose listing a person has excluded since. */
  readonly revoked: ReadonlyArray<Link>
  /** Links that moved because their item is not sold any more; the new ones are among `linked`. */
  readonly moved: ReadonlyArray<Moved>
  /** Links of listings that are gone, and those that took them over, which are among `linked`. */
  readonly replaced: ReadonlyArray<Moved>
  /** Kept links whose stock the shop counts at another level than before. */
  readonly recounted: ReadonlyArray<Link>
  /** Exclusions to write: with the listing's SKU as it is now, or moved to a listing made anew. */
  readonly excluded: ReadonlyArray<Exclusion>
  /** Listings that are gone, whose exclusion has moved. */
  readonly lifted: ReadonlyArray<Listing.ListingKey>
  /** With `onNoMatch: "create"`: the items to create for unmatched listings, and their links with publishing off. */
  readonly created: ReadonlyArray<{ readonly item: Item.Item; readonly link: Link }>
  readonly issues: ReadonlyArray<Issue.Issue>
}

/** Decides the plan, in time and memory linear in listings plus items. */
export const plan = (input: MatchInput): MatchPlan => {
  const listings = eachOnce(input.listings)
  const links = linksByKey(input.links)
  const ended = [...(input.ended ?? [])]
  const exclusions = new Map<Listing.ListingKey, Exclusion>()
  for (const exclusion of input.exclusions) exclusions.set(exclusion.key, exclusion)
  const index = MatchIndex.indexItems(
    input.items,
    links.values(),
    ended.map(({ link }) => link)
  )
  const verdicts = MatchIndex.judge(listings, links, linksToMove(links, index), exclusions, index)
  const unreadable = [...(input.unreadable ?? [])]
  const catalogue = { listings, links, ended, exclusions, unseen: Predecessors.unseen(unreadable) }
  const excluded = Predecessors.excludedAnew(catalogue, index, verdicts, input.policy)
  if (input.policy.normalisedTier) MatchIndex.judgeNormalised(listings, verdicts, index)
  const successions = Predecessors.successions(catalogue, index, verdicts, input.policy, excluded)
  return write({ input, ...catalogue, unreadable, index, verdicts, successions })
}

/** Links that nobody has made by hand, to items that are not sold any more. */
const linksToMove = (
  links: ReadonlyMap<Listing.ListingKey, Link>,
  { items, linked }: MatchIndex.ItemIndex
): ReadonlySet<Listing.ListingKey> => {
  const notSold = new Set<ItemId>()
  for (const [id, at] of linked) if (at !== null && !MatchIndex.isSold(items[at]!)) notSold.add(id)
  const keys = new Set<Listing.ListingKey>()
  if (notSold.size === 0) return keys
  for (const [key, { tier, itemId }] of links) if (tier !== "manual" && notSold.has(itemId)) keys.add(key)
  return keys
}

/** One sentence that says why a listing is not linked. */
export const explain = (unlinked: Unlinked): string => Text.visible(sentences[unlinked.reason](unlinked))

const sentences: { readonly [reason in UnlinkedReason]: (unlinked: Unlinked) => string } = {
  parent: ({ listing }) => `${listing.name} (${listing.key}) has variants, and those are what is sold.`,
  excluded: ({ listing }) => `${listing.name} (${listing.key}) has been excluded by a person.`,
  skuBlank: ({ listing }) => `${listing.name} (${listing.key}) has no SKU, and a blank one never matches.`,
  skuUnknown: ({ listing }) => `No item has the SKU "${listing.sku}" of ${listing.name} (${listing.key}).`,
  skuDamaged: ({ listing }) => `The SKU "${listing.sku}" of ${listing.name} (${listing.key}) could not be read.`,
  skuLooksLike: ({ listing, candidates }) =>
    `The SKU "${listing.sku}" of ${listing.name} (${listing.key}) differs from that of item ${Issue.list(candidates)} in invisible characters only.`,
  skuNotSold: ({ listing, candidates }) =>
    `The SKU "${listing.sku}" of ${listing.name} (${listing.key}) is that of item ${Issue.list(candidates)}, which is not sold.`,
  unlinked: ({ listing, candidates }) =>
    `A person has removed the link of ${listing.name} (${listing.key}) to item ${Issue.list(candidates)}.`,
  madeAnew: ({ listing, of = [] }) =>
    `${listing.name} (${listing.key}) has the SKU of ${Issue.list(of)}, which is gone, and a person has to say what moves to it.`,
  skuAmbiguous: ({ listing, candidates }) =>
    candidates.length === 1
      ? `${listing.name} (${listing.key}) is not the only listing that has the SKU "${listing.sku}" of item ${candidates[0]} but for case or outer space.`
      : `The SKU "${listing.sku}" of ${listing.name} (${listing.key}) fits ${candidates.length} items: ${Issue.list(candidates)}.`
}

/** What an order line sells, and how that was found out. `link` is null when the SKU printed on the line decided. */
export interface ResolvedLine {
  readonly _tag: "Resolved"
  readonly by: "variantLink" | "sku" | "productLink"
  readonly itemId: ItemId
  readonly unitsPerListing: Quantity
  readonly link: Link | null
}

/** An order line whose item is not known: it has no SKU, no item has it, or several have. */
export interface UnresolvedLine {
  readonly _tag: "Unresolved"
  readonly reason: "skuBlank" | "skuUnknown" | "skuAmbiguous"
  readonly candidates: ReadonlyArray<ItemId>
}

/** Where {@link resolveLine} looks. */
export interface LineLookups {
  readonly link: (key: Listing.ListingKey) => Link | null
  /** The items with exactly this SKU. */
  readonly itemsBySku: (sku: string) => ReadonlyArray<Item.Item>
}

/**
 * Finds the item that an order line sells: by the link of its variant (of its product, where the shop names no variant and
 * the product has none), else by the SKU printed on it if that names exactly one item, else by the link of its product if
 * that has no variants.
 */
export const resolveLine = (
  line: Pick<OrderLine, "productId" | "variantId" | "sku">,
  { link, itemsBySku }: LineLookups
): ResolvedLine | UnresolvedLine => {
  const { productId, variantId, sku } = line
  const product = productId === null ? null : link(Listing.keyOf(productId, null))
  const single = product?.listing.shape === "single" ? product : null
  if (productId !== null && variantId !== null) {
    const variant = link(Listing.keyOf(productId, variantId))
    if (variant !== null) return resolved("variantLink", variant)
  } else if (single !== null) return resolved("productLink", single)
  const candidates = Sku.isBlank(sku) ? [] : itemsBySku(sku).filter(MatchIndex.isMatchable)
  if (candidates.length === 1) {
    return { _tag: "Resolved", by: "sku", itemId: candidates[0]!.id, unitsPerListing: oneUnit, link: null }
  }
  if (single !== null) return resolved("productLink", single)
  if (Sku.isBlank(sku)) return { _tag: "Unresolved", reason: "skuBlank", candidates: [] }
  if (candidates.length === 0) return { _tag: "Unresolved", reason: "skuUnknown", candidates: [] }
  return { _tag: "Unresolved", reason: "skuAmbiguous", candidates: candidates.map(({ id }) => id).sort() }
}

const resolved = (by: "variantLink" | "productLink", link: Link): ResolvedLine => ({
  _tag: "Resolved",
  by,
  itemId: link.itemId,
  unitsPerListing: link.unitsPerListing,
  link
})

/** Each listing once, in order of its key. A shop that pages while it changes may give a row twice. */
const eachOnce = (rows: Iterable<Listing.Listing>): ReadonlyArray<Listing.Listing> => {
  const inOrder = inOrderOfKey(asArray(rows), ({ key }) => key)
  if (!inOrder.hasRepeats) return inOrder.rows
  const each: Array<Listing.Listing> = []
  for (const listing of inOrder.rows) {
    const last = each.at(-1)
    if (last?.key !== listing.key) each.push(listing)
    else each[each.length - 1] = rather(last, listing)
  }
  return each
}

const asArray = <A>(rows: Iterable<A>): ReadonlyArray<A> => (Array.isArray(rows) ? rows : Array.from(rows))

/** One of two rows for the same key, the same one in whatever order they came. */
const rather = (left: Listing.Listing, right: Listing.Listing): Listing.Listing =>
  contentOf(left) <= contentOf(right) ? left : right

const contentOf = ({ sku, name, shape, tracking, goods, shopBundle }: Listing.Listing): string =>
  JSON.stringify([sku, name, shape, tracking, goods, shopBundle])

/** Links by listing. A store holds one for each; should there be more, a person's comes first. */
const linksByKey = (rows: Iterable<Link>): Map<Listing.ListingKey, Link> => {
  const links = new Map<Listing.ListingKey, Link>()
  for (const link of rows) {
    const other = links.get(link.listing.key)
    if (other === undefined || precedes(link, other)) links.set(link.listing.key, link)
  }
  return links
}

const precedes = (link: Link, other: Link): boolean =>
  link.tier === other.tier ? link.itemId < other.itemId : link.tier === "manual"

type Mutable<A> = { -readonly [K in keyof A]: A[K] extends ReadonlyArray<infer B> ? Array<B> : A[K] }

/** Everything that is known when the plan is written. `links` are taken out as their listings are met. */
interface Findings extends Omit<Predecessors.Catalogue, "links"> {
  readonly input: MatchInput
  readonly links: Map<Listing.ListingKey, Link>
  readonly unreadable: ReadonlyArray<UnreadableListing>
  readonly index: MatchIndex.ItemIndex
  readonly verdicts: MatchIndex.Verdicts
  readonly successions: ReadonlyMap<number, Predecessors.Found>
}

/** The plan as it grows, and what it needs from elsewhere. */
interface Writing extends Findings {
  readonly plan: Mutable<MatchPlan>
  readonly connectionId: ConnectionId
  readonly asSold: (listing: Listing.Listing) => Listing.Listing
  readonly nearMisses: ReadonlyMap<string, MatchIndex.NearMiss>
  readonly create: ((listing: Listing.Listing) => MatchPlan["created"][number] | null) | null
}

/** Turns verdicts into the plan, listing by listing. */
const write = (findings: Findings): MatchPlan => {
  const { input, listings, index, verdicts } = findings
  const { normalisedTier, onNoMatch } = input.policy
  const writing: Writing = {
    ...findings,
    plan: emptyPlan(),
    connectionId: input.connectionId,
    asSold: withSiblings(listings, findings.unreadable),
    nearMisses: MatchIndex.nearMisses(listings, verdicts, index, Sku.lookIn(normalisedTier)),
    create: onNoMatch === "create" ? creator(input.connectionId, index) : null
  }
  placeAll(writing)
  tellUnreadable(writing)
  orphan(writing)
  refreshExclusions(writing)
  noteShared(writing)
  return writing.plan
}

const emptyPlan = (): Mutable<MatchPlan> => ({
  linked: [],
  kept: [],
  refreshed: [],
  drifted: [],
  ambiguous: [],
  unmatched: [],
  ignored: [],
  orphaned: [],
  revoked: [],
  moved: [],
  replaced: [],
  recounted: [],
  excluded: [],
  lifted: [],
  created: [],
  issues: []
})

/**
 * Puts every listing where it belongs. Most of a catalogue that is matched for the first time are matches about which nothing
 * was known before; they become links here, at once, as {@link linkNew} would make them: a call for each would cost a tenth of
 * the whole (see the benchmark).
 */
const placeAll = (writing: Writing): void => {
  const { plan, connectionId, listings, links, index, verdicts, successions, asSold } = writing
  const { items } = index
  const followsNone = successions.size === 0
  for (let row = 0; row < verdicts.length; row++) {
    const verdict = verdicts[row]!
    if (verdict >= 0 && followsNone && links.size === 0) {
      plan.linked.push(linkTo(connectionId, asSold(listings[row]!), items[verdict]!))
    } else place(writing, row)
  }
}

/** Puts one listing where it belongs. */
const place = (writing: Writing, row: number): void => {
  const { plan, links, index, verdicts } = writing
  const listing = writing.listings[row]!
  const verdict = verdicts[row]!
  const known = links.size > 0 ? links.get(listing.key) : undefined
  if (verdict === MatchIndex.parent) {
    plan.ignored.push({ listing, reason: "parent", candidates: [] })
    return
  }
  if (known !== undefined) links.delete(listing.key)
  if (verdict === MatchIndex.excludedByPerson) ignoreExcluded(writing, row, known)
  else if (known !== undefined) {
    const to = verdict >= 0 ? index.items[verdict]! : null
    if (to === null) keep(writing, known, listing, MatchIndex.itemsOf(verdict, index))
    else move(writing, known, listing, to)
  } else if (verdict >= 0) linkNew(writing, row)
  else if (verdict <= MatchIndex.ambiguousBase) {
    const candidates = MatchIndex.itemsOf(verdict, index)
    plan.ambiguous.push({ listing, reason: "skuAmbiguous", candidates })
    plan.issues.push(
      Issue.skuAmbiguous({
        connectionId: writing.connectionId,
        listingKey: listing.key,
        sku: listing.sku,
        itemIds: candidates
      })
    )
  } else leaveUnmatched(writing, row)
}

const linkNew = (
  { plan, connectionId, successions, asSold, index, verdicts, listings }: Writing,
  row: number
): void => {
  const listing = asSold(listings[row]!)
  const item = index.items[verdicts[row]!]!
  const succession = successions.size > 0 ? successions.get(row) : undefined
  const fresh = linkTo(connectionId, listing, item)
  if (succession?._tag !== "TakesOver") {
    plan.linked.push(fresh)
    return
  }
  const { tier, unitsPerListing, publishing, rule } = succession.from
  const to: Link = { ...fresh, tier: tier === "manual" ? tier : fresh.tier, unitsPerListing, publishing, rule }
  plan.linked.push(to)
  if (succession.from.listing.key !== listing.key) plan.replaced.push({ from: succession.from, to })
  if (succession.from.itemId !== item.id) {
    plan.issues.push(
      Issue.linkMoved({ connectionId, listingKey: listing.key, from: succession.from.itemId, to: item.id })
    )
  }
}

const move = (
  { plan, connectionId, asSold }: Writing,
  from: Link,
  row: Listing.Listing,
  item: MatchIndex.MatchableItem
): void => {
  const { unitsPerListing, publishing, rule } = from
  const to: Link = { ...linkTo(connectionId, asSold(row), item), unitsPerListing, publishing, rule }
  plan.linked.push(to)
  plan.moved.push({ from, to })
  plan.issues.push(Issue.linkMoved({ connectionId, listingKey: row.key, from: from.itemId, to: item.id }))
  if (Listing.isCountedOtherwise(from.listing, to.listing)) plan.recounted.push(to)
}

const ignoreExcluded = ({ plan, connectionId, successions, listings }: Writing, row: number, known?: Link): void => {
  const listing = listings[row]!
  plan.ignored.push({ listing, reason: "excluded", candidates: [] })
  if (known !== undefined) plan.revoked.push(known)
  const succession = successions.get(row)
  if (succession?._tag !== "Excluded") return
  const { key, reason } = succession.from
  plan.excluded.push({ connectionId, key: listing.key, reason, sku: listing.sku })
  plan.lifted.push(key)
}

const leaveUnmatched = (writing: Writing, row: number): void => {
  const { plan, connectionId, input, create } = writing
  const left = whyUnmatched(writing, row)
  const { listing, reason } = left
  plan.unmatched.push(left)
  const isFree = reason === "skuUnknown" || reason === "skuNotSold"
  const created = isFree && create !== null ? create(writing.asSold(listing)) : null
  if (created !== null) plan.created.push(created)
  // What a person has to decide about a listing made anew is asked also where the unmatched are ignored.
  else if (input.policy.onNoMatch !== "ignore" || reason === "madeAnew") {
    plan.issues.push(
      Issue.listingUnmatched({ connectionId, listingKey: listing.key, sku: listing.sku, why: whyOf(left) })
    )
  }
}

const whyUnmatched = ({ listings, verdicts, successions, nearMisses }: Writing, row: number): Unlinked => {
  const listing = listings[row]!
  const plainly = (reason: UnlinkedReason): Unlinked => ({ listing, reason, candidates: [] })
  const succession = successions.get(row)
  if (succession?._tag === "Unlinked") {
    const { itemId } = succession.from
    return { listing, reason: "unlinked", candidates: [itemId], of: [succession.from.listing.key] }
  }
  if (succession?._tag === "Waits") return { ...plainly("madeAnew"), candidates: succession.itemIds, of: succession.of }
  if (verdicts[row] === MatchIndex.blank) return plainly("skuBlank")
  if (Sku.isDamaged(listing.sku)) return plainly("skuDamaged")
  const miss = nearMisses.get(listing.sku)
  return miss === undefined ? plainly("skuUnknown") : { listing, ...miss }
}

const whyOf = ({ reason, candidates, of = [] }: Unlinked): Issue.UnmatchedReason | undefined => {
  switch (reason) {
    case "unlinked":
      return { _tag: "Unlinked", itemId: candidates[0]!, of: of[0]! }
    case "madeAnew":
      return { _tag: "MadeAnew", of }
    case "skuLooksLike":
      return { _tag: "LooksLike", itemIds: candidates }
    case "skuNotSold":
      return { _tag: "NotSold", itemIds: candidates }
    case "skuDamaged":
      return { _tag: "Damaged" }
    default:
      return undefined
  }
}

const linkTo = (
  connectionId: ConnectionId,
  listing: Listing.Listing,
  item: Pick<Item.Item, "id" | "sku">,
  publishing = true
): Link => ({
  connectionId,
  listing,
  itemId: item.id,
  tier: listing.sku === item.sku ? "exact" : "normalised",
  matchedSku: listing.sku,
  unitsPerListing: oneUnit,
  publishing,
  rule: inheritedRule
})

/** The link stands. `others` are the items that the listing's SKU is in doubt between. */
const keep = (writing: Writing, known: Link, row: Listing.Listing, others: ReadonlyArray<ItemId>): void => {
  const { plan, connectionId } = writing
  const { items, linked } = writing.index
  const listing = writing.asSold(row)
  const link = Listing.isSame(known.listing, listing) ? known : refresh(known, listing)
  plan.kept.push(link)
  if (link !== known) {
    plan.refreshed.push(link)
    if (Listing.isCountedOtherwise(known.listing, listing)) plan.recounted.push(link)
  }
  const at = linked.get(link.itemId) ?? null
  const item = at === null ? null : items[at]!
  tellUnsellable(writing, link, item, others)
  const itemSku = item?.sku ?? null
  if (agrees(link, itemSku)) return
  plan.drifted.push({ link, listingSku: listing.sku, itemSku })
  plan.issues.push(
    Issue.skuDrift({
      connectionId,
      listingKey: listing.key,
      itemId: link.itemId,
      listingSku: listing.sku,
      itemSku
    })
  )
}

/** Says that a link leads to what is not sold, and which items have its SKU now: the listing's, else the item's own. */
const tellUnsellable = (
  { plan, connectionId, index }: Writing,
  { listing, itemId }: Link,
  item: MatchIndex.MatchableItem | null,
  doubtful: ReadonlyArray<ItemId>
): void => {
  if (item === null || MatchIndex.isSold(item)) return
  const others = [doubtful, MatchIndex.itemsWith(listing.sku, index), MatchIndex.itemsWith(item.sku, index)]
  plan.issues.push(
    Issue.linkUnsellable({
      connectionId,
      listingKey: listing.key,
      itemId,
      why: item.archived ? "archived" : "kind",
      others: others.find((ids) => ids.length > 0) ?? []
    })
  )
}

const refresh = (link: Link, listing: Listing.Listing): Link => ({
  connectionId: link.connectionId,
  listing,
  itemId: link.itemId,
  tier: link.tier,
  matchedSku: link.matchedSku,
  unitsPerListing: link.unitsPerListing,
  publishing: link.publishing,
  rule: link.rule
})

/**
 * Whether the SKUs still say what the link says. A link that a person has made needs no equal SKUs: it has drifted when
 * the listing's is another than it was then.
 */
const agrees = ({ tier, listing, matchedSku }: Link, itemSku: string | null): boolean => {
  if (itemSku === null) return false
  if (tier === "manual") return listing.sku === matchedSku
  if (Sku.isBlank(listing.sku)) return false
  return tier === "exact" ? listing.sku === itemSku : Sku.normalise(listing.sku) === Sku.normalise(itemSku)
}

/**
 * Writes on the rows of variants whose product is counted as one number how many they are, linked or not. Other rows stay
 * the very objects they were, and where there are no others nothing is counted.
 */
const withSiblings = (
  listings: ReadonlyArray<Listing.Listing>,
  unreadable: ReadonlyArray<UnreadableListing>
): ((listing: Listing.Listing) => Listing.Listing) => {
  let counts: ReadonlyMap<string, number> | null = null
  return (listing) => {
    if (!isCounted(listing)) return listing
    counts ??= countVariants(listings, unreadable)
    return { ...listing, siblings: counts.get(listing.productId)! }
  }
}

const countVariants = (
  listings: ReadonlyArray<Listing.Listing>,
  unreadable: ReadonlyArray<UnreadableListing>
): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const listing of listings) {
    if (isCounted(listing)) counts.set(listing.productId, (counts.get(listing.productId) ?? 0) + 1)
  }
  for (const { id } of unreadable) {
    const [product = "", variant] = id?.split("/") ?? []
    const count = counts.get(product)
    if (count !== undefined && variant !== undefined) counts.set(product, count + 1)
  }
  return counts
}

/** Whether a listing is one of several under a number of their product. */
const isCounted = ({ tracking, shape }: Listing.Listing): boolean => tracking === "product" && shape === "variant"

/** One issue for each row that could not be read, and one for all whose id could not be read either. */
const tellUnreadable = ({ plan, connectionId, unreadable }: Writing): void => {
  const rows = new Map<string | null, UnreadableListing>()
  for (const row of unreadable) if (!rows.has(row.id)) rows.set(row.id, row)
  for (const { id, path, expected } of rows.values()) {
    plan.issues.push(Issue.listingUnreadable({ connectionId, listingKey: id, path, expected }))
  }
}

/**
 * Whatever links are left when all listings have been seen lead nowhere, but for those that another listing has taken over,
 * and those whose listing may be a row that could not be read: they stand.
 */
const orphan = ({ plan, connectionId, links, unseen }: Writing): void => {
  for (const { from } of plan.replaced) links.delete(from.listing.key)
  const rows = inOrderOfKey([...links.values()], ({ listing }) => listing.key).rows
  const stands = ({ listing: { key } }: Link) => unseen.isEverything || unseen.has(key)
  for (const link of rows) {
    if (stands(link)) continue
    plan.orphaned.push(link)
    plan.issues.push(Issue.listingOrphaned({ connectionId, listingKey: link.listing.key, itemId: link.itemId }))
  }
  const standing = rows.filter(stands)
  if (standing.length > 0) plan.kept = [...inOrderOfKey([...plan.kept, ...standing], ({ listing }) => listing.key).rows]
}

/** Keeps exclusions in step with the SKU of their listing, so that they find the listing made anew. */
const refreshExclusions = ({ plan, exclusions, listings }: Writing): void => {
  if (exclusions.size === 0) return
  for (const { key, sku, shape } of listings) {
    const exclusion = exclusions.get(key)
    if (exclusion !== undefined && shape !== "parent" && exclusion.sku !== sku)
      plan.excluded.push({ ...exclusion, sku })
  }
}

/** Notes every item that several listings sell from. Counts by place, so that no map of all links is built. */
const noteShared = ({ plan, connectionId, index: { items, linked }, verdicts }: Writing): void => {
  const keysOf = new Map<ItemId, Array<Listing.ListingKey>>()
  const counts = new Uint32Array(items.length)
  const count = (at: number) => {
    if (at >= 0 && ++counts[at]! === 2) keysOf.set(items[at]!.id, [])
  }
  for (const verdict of verdicts) count(verdict)
  for (const { itemId } of plan.kept) count(linked.get(itemId) ?? gone)
  const created = new Set<ItemId>()
  for (const { item } of plan.created) {
    if (created.has(item.id)) keysOf.set(item.id, [])
    created.add(item.id)
  }
  if (keysOf.size === 0) return
  for (const { itemId, listing } of plan.linked) keysOf.get(itemId)?.push(listing.key)
  for (const { itemId, listing } of plan.kept) keysOf.get(itemId)?.push(listing.key)
  for (const { link } of plan.created) keysOf.get(link.itemId)?.push(link.listing.key)
  for (const itemId of [...keysOf.keys()].sort()) {
    const listingKeys = inOrderOfKey(keysOf.get(itemId)!, (key) => key).rows
    plan.issues.push(Issue.listingSharesItem({ connectionId, itemId, listingKeys }))
  }
}

/** The place of an item that does not exist. */
const gone = -1

/**
 * Makes items for listings that none matches, named by their SKU so that the same listing always makes the same item
 * and listings of one SKU share it. An id that some item has already is left alone, and so is a SKU of which no item can be
 * made: the listing waits for a person instead.
 */
const creator = (connectionId: ConnectionId, { items }: MatchIndex.ItemIndex) => {
  const taken = new Set(items.map(({ id }) => id))
  return (listing: Listing.Listing): MatchPlan["created"][number] | null => {
    const id = ItemId.make(`sku:${listing.sku}`)
    if (taken.has(id) || !canBeKept(id)) return null
    const kind = listing.goods === "digital" ? "nonInventory" : "inventory"
    const item = Item.make({ id, kind, sku: listing.sku, name: Item.nameFrom(listing.name, listing.sku) })
    return { item, link: linkTo(connectionId, listing, item, false) }
  }
}

const canBeKept = Schema.is(Text.Id)
