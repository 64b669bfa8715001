/**
 * Which item a listing's SKU means: the index of items by SKU, and a verdict for each listing as one small number.
 *
 * A million listings against a million items are judged in little more than the time of building one `Map` and looking up
 * each of them once (see the benchmark), so that nothing here makes an object for each of them.
 */
import * as Item from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Exclusion, Link } from "../domain/Link.ts"
import type * as Listing from "../domain/Listing.ts"
import * as Sku from "../domain/Sku.ts"

/** What matching reads of an item. */
export type MatchableItem = Pick<Item.Item, "id" | "sku" | "kind" | "archived">

/** Whether an item may be matched by its SKU. */
export const isMatchable = (item: MatchableItem): boolean =>
  isSold(item) && !Sku.isBlank(item.sku) && !Sku.isDamaged(item.sku)

/** Whether an item may be sold at all, whatever its SKU. */
export const isSold = (item: Pick<MatchableItem, "kind" | "archived">): boolean =>
  !item.archived && Item.isSellable(item.kind)

/** The items by SKU: places in `items`, or, for a SKU that several items have, `-1 - place` in `shared`. */
export interface ItemIndex {
  readonly items: ReadonlyArray<MatchableItem>
  readonly bySku: ReadonlyMap<string, number>
  /** The ids of items that it is in doubt between, each list in order. */
  readonly shared: Array<ReadonlyArray<ItemId>>
  /** The places of the items that links lead to, or led to; null where there is no such item. */
  readonly linked: ReadonlyMap<ItemId, number | null>
  /** The places of the items that match nothing although they have a SKU. */
  readonly unmatchable: ReadonlyArray<number>
  /** The SKUs in `bySku` that are not their own normal form at a glance; looked for once, when somebody asks. */
  readonly oddSkus: () => ReadonlyArray<string>
}

/** The items by what matching asks of them; `linking` are the links, present and ended, whose items have to be found too. */
export const indexItems = (rows: Iterable<MatchableItem>, ...linking: ReadonlyArray<Iterable<Link>>): ItemIndex => {
  const items = Array.isArray(rows) ? (rows as ReadonlyArray<MatchableItem>) : Array.from(rows)
  const linked = new Map<ItemId, number | null>()
  for (const links of linking) for (const { itemId } of links) linked.set(itemId, null)
  const unmatchable: Array<number> = []
  const bySku = new Map<string, number>()
  const repeated = new Set<string>()
  for (let at = 0; at < items.length; at++) {
    const item = items[at]!
    if (linked.size > 0 && linked.has(item.id)) linked.set(item.id, at)
    if (!isMatchable(item)) {
      if (item.sku !== "") unmatchable.push(at)
      continue
    }
    // One look into the map instead of two: a SKU that was there already does not make it larger.
    const size = bySku.size
    bySku.set(item.sku, at)
    if (bySku.size === size) repeated.add(item.sku)
  }
  return {
    items,
    bySku,
    shared: resolveRepeated(repeated, items, bySku),
    linked,
    unmatchable,
    oddSkus: once(() => oddSkusOf(bySku))
  }
}

// Reads the keys of the map, which lie together, rather than the items, which lie anywhere.
const oddSkusOf = (bySku: ReadonlyMap<string, number>): ReadonlyArray<string> => {
  const odd: Array<string> = []
  bySku.forEach((_, sku) => {
    if (!Sku.isPlain(sku)) odd.push(sku)
  })
  return odd
}

const once = <A>(make: () => A): (() => A) => {
  let made: { readonly value: A } | null = null
  return () => (made ??= { value: make() }).value
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
export type Verdicts = Int32Array

/** It is a product that is sold by its variants only. */
export const parent = -1
/** A person has excluded it. */
export const excludedByPerson = -2
/** It is linked already. */
export const linkedBefore = -3
/** Its SKU shows nothing. */
export const blank = -4
/** No item has its SKU. */
export const unknown = -5
/** It waits for a person, whatever its SKU says. */
export const waiting = -6
/** From here downwards: ambiguous, by the place in `shared`. */
export const ambiguousBase = -7

/**
 * The first tier. A listing that is linked keeps its link, unless that is to be `moved` with the SKU: it is judged like one
 * without a link then, and keeps it only if its SKU leads nowhere.
 */
export const judge = (
  listings: ReadonlyArray<Listing.Listing>,
  links: ReadonlyMap<Listing.ListingKey, Link>,
  moved: ReadonlySet<Listing.ListingKey>,
  excluded: ReadonlyMap<Listing.ListingKey, Exclusion>,
  { bySku }: ItemIndex
): Verdicts => {
  const verdicts = new Int32Array(listings.length)
  for (let row = 0; row < listings.length; row++) {
    const { key, shape, sku } = listings[row]!
    if (shape === "parent") verdicts[row] = parent
    else if (excluded.size > 0 && excluded.has(key)) verdicts[row] = excludedByPerson
    else if (links.size > 0 && links.has(key) && !moved.has(key)) verdicts[row] = linkedBefore
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
export const judgeNormalised = (
  listings: ReadonlyArray<Listing.Listing>,
  verdicts: Verdicts,
  index: ItemIndex
): void => {
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
const findItems = (wanted: ReadonlyMap<string, Wanted>, { items, bySku, shared, oddSkus }: ItemIndex): FormsOfItems => {
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
  for (const sku of oddSkus()) {
    const form = mayBeWanted(sku) ? wanted.get(Sku.normalise(sku)) : undefined
    const at = form === undefined ? undefined : bySku.get(sku)
    if (form !== undefined && at !== undefined) found(form, at)
  }
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

/** The items that a verdict names: one, several in doubt, or none. */
export const itemsOf = (verdict: number, { items, shared }: ItemIndex): ReadonlyArray<ItemId> => {
  if (verdict >= 0) return [items[verdict]!.id]
  return verdict <= ambiguousBase ? shared[ambiguousBase - verdict]! : []
}

/** The items with exactly this SKU that may be matched by it. */
export const itemsWith = (sku: string, { items, bySku, shared }: ItemIndex): ReadonlyArray<ItemId> => {
  const at = bySku.get(sku)
  if (at === undefined) return []
  return at >= 0 ? [items[at]!.id] : shared[-1 - at]!
}

/** Why no item has a SKU, as far as something can be said, and which items are meant. */
export interface NearMiss {
  readonly reason: "skuLooksLike" | "skuNotSold"
  readonly candidates: ReadonlyArray<ItemId>
}

/**
 * What comes near to the SKUs that no item has: one that looks the same, or the same one of an item that is not sold. Of both,
 * the first. `lookOf` is what may be overlooked.
 */
export const nearMisses = (
  listings: ReadonlyArray<Listing.Listing>,
  verdicts: Verdicts,
  { items, bySku, shared, unmatchable, oddSkus }: ItemIndex,
  lookOf: (sku: string) => string
): ReadonlyMap<string, NearMiss> => {
  const looks = new Map<string, Set<ItemId>>()
  const skus = new Map<string, Set<ItemId>>()
  for (let row = 0; row < listings.length; row++) {
    if (verdicts[row] !== unknown) continue
    const { sku } = listings[row]!
    skus.set(sku, new Set())
    looks.set(lookOf(sku), new Set())
  }
  const misses = new Map<string, NearMiss>()
  if (skus.size === 0) return misses
  const seen = (look: string, at: number) => {
    for (const id of at >= 0 ? [items[at]!.id] : shared[-1 - at]!) looks.get(look)?.add(id)
  }
  for (const look of looks.keys()) {
    const at = bySku.get(look)
    if (at !== undefined) seen(look, at)
  }
  const mayLook = Sku.filter(looks.keys(), looks.size)
  for (const sku of oddSkus()) {
    const at = mayLook(sku) ? bySku.get(sku) : undefined
    if (at !== undefined) seen(lookOf(sku), at)
  }
  for (const at of unmatchable) skus.get(items[at]!.sku)?.add(items[at]!.id)
  for (const [sku, notSold] of skus) {
    const alike = looks.get(lookOf(sku))!
    if (alike.size > 0) misses.set(sku, { reason: "skuLooksLike", candidates: [...alike].sort() })
    else if (notSold.size > 0) misses.set(sku, { reason: "skuNotSold", candidates: [...notSold].sort() })
  }
  return misses
}
