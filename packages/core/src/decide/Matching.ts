/**
 * Which item does each listing sell? From items, listings, links and exclusions to a plan, as data, before anything is
 * written.
 *
 * The rules, strongest first:
 * - A parent over variants is never linked: what is sold is the variant. A listing that a person has excluded is not
 *   either.
 * - A link that exists stands, whatever became of the SKUs: if they no longer agree, it has drifted, and says so.
 * - A listing is linked to the one item with exactly its SKU; several such items are a doubt, never a choice.
 * - Where no item has exactly its SKU, case, outer space and the encoding of accents are overlooked, but only if that
 *   names one item and no other listing.
 * - A blank SKU matches nothing. Archived items and kinds that are not sold (categories, expenses, overheads) match
 *   nothing.
 * - Several listings may sell from one item; that is information, not a fault.
 *
 * The plan depends on what is in the inputs and never on their order; its lists are in order of the listing's key (see
 * ListingOrder).
 */
import * as Issue from "../domain/Issue.ts"
import * as Item from "../domain/Item.ts"
import { ItemId } from "../domain/ItemId.ts"
import { type Exclusion, inheritedRule, type Link, oneUnit } from "../domain/Link.ts"
import * as Listing from "../domain/Listing.ts"
import { inOrderOfKey } from "../domain/ListingOrder.ts"
import type { OrderLine } from "../domain/Order.ts"
import type { Quantity } from "../domain/Quantity.ts"
import * as Sku from "../domain/Sku.ts"
import type { MatchingPolicy } from "../domain/SyncPolicy.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"

/** What matching reads of an item. */
export type MatchableItem = Pick<Item.Item, "id" | "sku" | "kind" | "archived">

/** Everything that matching looks at. Order of the inputs never matters. */
export interface MatchInput {
  readonly connectionId: ConnectionId
  readonly listings: Iterable<Listing.Listing>
  readonly items: Iterable<MatchableItem>
  readonly links: Iterable<Link>
  readonly exclusions: Iterable<Exclusion>
  readonly policy: MatchingPolicy
}

/** Why a listing has no link: several items fit, or none does, or it is not to be linked at all. */
export type UnlinkedReason = "skuAmbiguous" | "skuBlank" | "skuUnknown" | "parent" | "excluded"

/** A listing that stays without a link: why, and which items would have fitted. */
export interface Unlinked {
  readonly listing: Listing.Listing
  readonly reason: UnlinkedReason
  readonly candidates: ReadonlyArray<ItemId>
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
  /** With `onNoMatch: "create"`: the items to create for unmatched listings, and their links with publishing off. */
  readonly created: ReadonlyArray<{ readonly item: Item.Item; readonly link: Link }>
  readonly issues: ReadonlyArray<Issue.Issue>
}

/** Decides the plan, in time and memory linear in listings plus items. */
export const plan = (input: MatchInput): MatchPlan => {
  const listings = eachOnce(input.listings)
  const links = linksByKey(input.links)
  const excluded = new Set<Listing.ListingKey>()
  for (const { key } of input.exclusions) excluded.add(key)
  const index = indexItems(input.items, links)
  const verdicts = judge(listings, links, excluded, index)
  if (input.policy.normalisedTier) judgeNormalised(listings, verdicts, index)
  return write(input, listings, links, index, verdicts)
}

/** One sentence that says why a listing is not linked. */
export const explain = (unlinked: Unlinked): string => sentences[unlinked.reason](unlinked)

const sentences: { readonly [reason in UnlinkedReason]: (unlinked: Unlinked) => string } = {
  parent: ({ listing }) => `${listing.name} (${listing.key}) has variants, and those are what is sold.`,
  excluded: ({ listing }) => `${listing.name} (${listing.key}) has been excluded by a person.`,
  skuBlank: ({ listing }) => `${listing.name} (${listing.key}) has no SKU, and a blank one never matches.`,
  skuUnknown: ({ listing }) => `No item has the SKU "${listing.sku}" of ${listing.name} (${listing.key}).`,
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
 * Finds the item that an order line sells: by the link of its variant, else by the SKU printed on it if that names
 * exactly one item, else by the link of its product if that has no variants.
 */
export const resolveLine = (
  line: Pick<OrderLine, "productId" | "variantId" | "sku">,
  { link, itemsBySku }: LineLookups
): ResolvedLine | UnresolvedLine => {
  const { productId, variantId, sku } = line
  if (productId !== null && variantId !== null) {
    const variant = link(Listing.keyOf(productId, variantId))
    if (variant !== null) return resolved("variantLink", variant)
  }
  const candidates = Sku.isBlank(sku) ? [] : itemsBySku(sku).filter(isMatchable)
  if (candidates.length === 1) {
    return { _tag: "Resolved", by: "sku", itemId: candidates[0]!.id, unitsPerListing: oneUnit, link: null }
  }
  if (productId !== null) {
    const product = link(Listing.keyOf(productId, null))
    if (product?.listing.shape === "single") return resolved("productLink", product)
  }
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

/** Whether an item may be matched by its SKU. */
const isMatchable = (item: MatchableItem): boolean =>
  !item.archived && Item.isSellable(item.kind) && !Sku.isBlank(item.sku)

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

/** The items by SKU: places in `items`, or, for a SKU that several items have, `-1 - place` in `shared`. */
interface ItemIndex {
  readonly items: ReadonlyArray<MatchableItem>
  readonly bySku: ReadonlyMap<string, number>
  /** The ids of items that it is in doubt between, each list in order. */
  readonly shared: Array<ReadonlyArray<ItemId>>
  /** The places of the items that links lead to; null where there is no such item. */
  readonly linked: ReadonlyMap<ItemId, number | null>
}

const indexItems = (rows: Iterable<MatchableItem>, links: ReadonlyMap<Listing.ListingKey, Link>): ItemIndex => {
  const items = asArray(rows)
  const linked = new Map<ItemId, number | null>()
  for (const { itemId } of links.values()) linked.set(itemId, null)
  const bySku = new Map<string, number>()
  const repeated = new Set<string>()
  for (let at = 0; at < items.length; at++) {
    const item = items[at]!
    if (linked.size > 0 && linked.has(item.id)) linked.set(item.id, at)
    if (!isMatchable(item)) continue
    // One look into the map instead of two: a SKU that was there already does not make it larger.
    const size = bySku.size
    bySku.set(item.sku, at)
    if (bySku.size === size) repeated.add(item.sku)
  }
  return { items, bySku, shared: resolveRepeated(repeated, items, bySku), linked }
}

/** Leads each SKU that came more than once to the list of its items. */
const resolveRepeated = (
  repeated: ReadonlySet<string>,
  items: ReadonlyArray<MatchableItem>,
  bySku: Map<string, number>
): Array<ReadonlyArray<ItemId>> => {
  const shared: Array<ReadonlyArray<ItemId>> = []
  if (repeated.size === 0) return shared
  const idsOf = new Map<string, Set<ItemId>>()
  for (const item of items) {
    if (!repeated.has(item.sku) || !isMatchable(item)) continue
    idsOf.set(item.sku, (idsOf.get(item.sku) ?? new Set()).add(item.id))
  }
  for (const [sku, ids] of idsOf) {
    if (ids.size > 1) bySku.set(sku, -shared.push([...ids].sort()))
  }
  return shared
}

/** What each listing is found to be, by its place: an item's place, or one of the codes below, or a doubt. */
type Verdicts = Int32Array

const parent = -1
const excludedByPerson = -2
const linkedBefore = -3
const blank = -4
const unknown = -5
/** From here downwards: ambiguous, by the place in `shared`. */
const ambiguousBase = -6

const judge = (
  listings: ReadonlyArray<Listing.Listing>,
  links: ReadonlyMap<Listing.ListingKey, Link>,
  excluded: ReadonlySet<Listing.ListingKey>,
  { bySku }: ItemIndex
): Verdicts => {
  const verdicts = new Int32Array(listings.length)
  for (let row = 0; row < listings.length; row++) {
    const { key, shape, sku } = listings[row]!
    if (shape === "parent") verdicts[row] = parent
    else if (excluded.size > 0 && excluded.has(key)) verdicts[row] = excludedByPerson
    else if (links.size > 0 && links.has(key)) verdicts[row] = linkedBefore
    else {
      const found = bySku.get(sku)
      if (found === undefined) verdicts[row] = Sku.isBlank(sku) ? blank : unknown
      else verdicts[row] = found >= 0 ? found : ambiguousBase + 1 + found
    }
  }
  return verdicts
}

/** A normal form that some listing without an exact match has, and who else has it. */
interface Wanted {
  /** The first item of this form; `others` are there only when it is not the only one. */
  item: ItemId | null
  others: Set<ItemId> | null
  /** What a listing of this form is found to be. */
  verdict: number
  listings: number
}

/**
 * The second tier, for listings that no item matches exactly: their normal form has to belong to one item and to one
 * listing, those that are linked or matched already included. Costs nothing when every SKU matches exactly.
 */
const judgeNormalised = (listings: ReadonlyArray<Listing.Listing>, verdicts: Verdicts, index: ItemIndex): void => {
  const wanted = new Map<string, Wanted>()
  const rows: Array<number> = []
  const forms: Array<Wanted> = []
  for (let row = 0; row < listings.length; row++) {
    if (verdicts[row] !== unknown) continue
    const text = Sku.normalise(listings[row]!.sku)
    let form = wanted.get(text)
    if (form === undefined) {
      form = { item: null, others: null, verdict: unknown, listings: 0 }
      wanted.set(text, form)
    }
    form.listings += 1
    rows.push(row)
    forms.push(form)
  }
  if (wanted.size === 0) return
  countRivals(listings, verdicts, wanted, findItems(wanted, index))
  for (const form of wanted.values()) {
    if (form.item === null || (form.others === null && form.listings === 1)) continue
    form.verdict = ambiguousBase + 1 - index.shared.push([form.item, ...(form.others ?? [])].sort())
  }
  for (let at = 0; at < rows.length; at++) verdicts[rows[at]!] = forms[at]!.verdict
}

/** The forms that items have: by the item's place, the place of the form plus one, or zero. */
interface FormsOfItems {
  readonly places: Int32Array
  readonly forms: ReadonlyArray<Wanted>
}

/** Finds the items of the wanted forms: those whose SKU is the form itself, and those whose SKU only becomes it. */
const findItems = (wanted: ReadonlyMap<string, Wanted>, { items, bySku, shared }: ItemIndex): FormsOfItems => {
  const places = new Int32Array(items.length)
  const forms: Array<Wanted> = []
  const found = (form: Wanted, at: number) => {
    if (at < 0) {
      for (const id of shared[-1 - at]!) note(form, id)
      return
    }
    note(form, items[at]!.id)
    form.verdict = at
    places[at] = forms.push(form)
  }
  for (const [text, form] of wanted) {
    const at = bySku.get(text)
    if (at !== undefined) found(form, at)
  }
  const mayBeWanted = Sku.filter(wanted.keys(), wanted.size)
  bySku.forEach((at, sku) => {
    if (Sku.isPlain(sku) || !mayBeWanted(sku)) return
    const form = wanted.get(Sku.normalise(sku))
    if (form !== undefined) found(form, at)
  })
  return { places, forms }
}

const note = (form: Wanted, id: ItemId): void => {
  if (form.item === null) form.item = id
  else if (form.item !== id) form.others = (form.others ?? new Set()).add(id)
}

/**
 * Counts the other listings of the wanted forms. One that matches an item exactly has the form of that item; in a doubt
 * between several items of one SKU, the form has several items, and how many listings it has no longer matters.
 */
const countRivals = (
  listings: ReadonlyArray<Listing.Listing>,
  verdicts: Verdicts,
  wanted: ReadonlyMap<string, Wanted>,
  { places, forms }: FormsOfItems
): void => {
  for (let row = 0; row < listings.length; row++) {
    const verdict = verdicts[row]!
    const form =
      verdict >= 0
        ? forms[places[verdict]! - 1]
        : verdict === linkedBefore
          ? wanted.get(Sku.normalise(listings[row]!.sku))
          : undefined
    if (form !== undefined) form.listings += 1
  }
}

type Mutable<A> = { -readonly [K in keyof A]: A[K] extends ReadonlyArray<infer B> ? Array<B> : A[K] }

/** Turns verdicts into the plan, listing by listing. */
const write = (
  input: MatchInput,
  listings: ReadonlyArray<Listing.Listing>,
  links: Map<Listing.ListingKey, Link>,
  index: ItemIndex,
  verdicts: Verdicts
): MatchPlan => {
  const plan: Mutable<MatchPlan> = {
    linked: [],
    kept: [],
    refreshed: [],
    drifted: [],
    ambiguous: [],
    unmatched: [],
    ignored: [],
    orphaned: [],
    revoked: [],
    created: [],
    issues: []
  }
  const { connectionId } = input
  const create = input.policy.onNoMatch === "create" ? creator(connectionId, index) : null
  for (let row = 0; row < listings.length; row++) {
    const listing = listings[row]!
    const verdict = verdicts[row]!
    if (verdict >= 0) {
      plan.linked.push(linkTo(connectionId, listing, index.items[verdict]!))
    } else if (verdict === linkedBefore) {
      const link = links.get(listing.key)!
      links.delete(listing.key)
      keep(plan, connectionId, link, listing, index)
    } else if (verdict <= ambiguousBase) {
      const candidates = index.shared[ambiguousBase - verdict]!
      plan.ambiguous.push({ listing, reason: "skuAmbiguous", candidates })
      plan.issues.push(
        Issue.skuAmbiguous({ connectionId, listingKey: listing.key, sku: listing.sku, itemIds: candidates })
      )
    } else if (verdict === blank || verdict === unknown) {
      const reason = verdict === blank ? "skuBlank" : "skuUnknown"
      plan.unmatched.push({ listing, reason, candidates: [] })
      const created = reason === "skuUnknown" && create !== null ? create(listing) : null
      if (created !== null) plan.created.push(created)
      else if (input.policy.onNoMatch !== "ignore") {
        plan.issues.push(Issue.listingUnmatched({ connectionId, listingKey: listing.key, sku: listing.sku }))
      }
    } else {
      const reason = verdict === parent ? "parent" : "excluded"
      plan.ignored.push({ listing, reason, candidates: [] })
      const link = reason === "excluded" ? links.get(listing.key) : undefined
      if (link !== undefined) {
        links.delete(listing.key)
        plan.revoked.push(link)
      }
    }
  }
  orphan(plan, connectionId, links)
  noteShared(plan, connectionId, index, verdicts)
  return plan
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

const keep = (
  plan: Mutable<MatchPlan>,
  connectionId: ConnectionId,
  known: Link,
  listing: Listing.Listing,
  { items, linked }: ItemIndex
): void => {
  const link = Listing.isSame(known.listing, listing) ? known : refresh(known, listing)
  plan.kept.push(link)
  if (link !== known) plan.refreshed.push(link)
  const at = linked.get(link.itemId) ?? null
  const itemSku = at === null ? null : items[at]!.sku
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

/** Whatever links are left when all listings have been seen lead nowhere. */
const orphan = (
  plan: Mutable<MatchPlan>,
  connectionId: ConnectionId,
  links: ReadonlyMap<Listing.ListingKey, Link>
): void => {
  for (const link of inOrderOfKey([...links.values()], ({ listing }) => listing.key).rows) {
    plan.orphaned.push(link)
    plan.issues.push(Issue.listingOrphaned({ connectionId, listingKey: link.listing.key, itemId: link.itemId }))
  }
}

/** Notes every item that several listings sell from. Counts by place, so that no map of all links is built. */
const noteShared = (
  plan: Mutable<MatchPlan>,
  connectionId: ConnectionId,
  { items, linked }: ItemIndex,
  verdicts: Verdicts
): void => {
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
 * and listings of one SKU share it. An id that some item has already is left alone: the listing waits for a person
 * instead.
 */
const creator = (connectionId: ConnectionId, { items }: ItemIndex) => {
  const taken = new Set(items.map(({ id }) => id))
  return (listing: Listing.Listing): { readonly item: Item.Item; readonly link: Link } | null => {
    const id = ItemId.make(`sku:${listing.sku}`)
    if (taken.has(id)) return null
    const kind = listing.goods === "digital" ? "nonInventory" : "inventory"
    const item = Item.make({ id, kind, sku: listing.sku, name: Item.nameFrom(listing.name, listing.sku) })
    return { item, link: linkTo(connectionId, listing, item, false) }
  }
}
