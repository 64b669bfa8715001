/**
 * What is gone from a shop's catalogue, by SKU, and which new listings follow it: brings together what `Succession` decides
 * about.
 *
 * Costs nothing while nothing is gone, and one look at each new listing when something is.
 */
import type { EndedLink, Exclusion, Link } from "../domain/Link.ts"
import type { Listing, ListingKey } from "../domain/Listing.ts"
import { inOrderOfKey } from "../domain/ListingOrder.ts"
import * as Sku from "../domain/Sku.ts"
import type { MatchingPolicy } from "../domain/SyncPolicy.ts"
import * as MatchIndex from "./MatchIndex.ts"
import * as Succession from "./Succession.ts"

/** Listings that may be in the catalogue although no row of it says so: rows could not be read. */
export interface Unseen {
  readonly has: (key: ListingKey) => boolean
  /** Not even the id of some row could be read: it may be any listing. */
  readonly isEverything: boolean
}

/** A catalogue as it is, and what is known about its listings from before. */
export interface Catalogue {
  readonly listings: ReadonlyArray<Listing>
  readonly links: ReadonlyMap<ListingKey, Link>
  readonly ended: ReadonlyArray<EndedLink>
  readonly exclusions: ReadonlyMap<ListingKey, Exclusion>
  readonly unseen: Unseen
}

/** What rows that could not be read may be: the listing, or any listing of the product, that they name. */
export const unseen = (rows: ReadonlyArray<{ readonly id: string | null }>): Unseen => {
  const ids = new Set(rows.map(({ id }) => id))
  return {
    has: (key) => ids.has(key) || ids.has(key.slice(0, key.indexOf("/"))),
    isEverything: ids.has(null)
  }
}

/**
 * The new listings to which an exclusion moves, by their row; their verdicts say so. Comes before the second tier of matching,
 * which does not count what is excluded.
 */
export const excludedAnew = (
  catalogue: Catalogue,
  index: MatchIndex.ItemIndex,
  verdicts: MatchIndex.Verdicts,
  policy: MatchingPolicy
): ReadonlyMap<number, Found> => {
  if (catalogue.exclusions.size === 0) return new Map()
  const found = find(catalogue, index, verdicts, policy)
  const excluded = new Map([...found].filter(([, { _tag }]) => _tag === "Excluded"))
  for (const row of excluded.keys()) verdicts[row] = MatchIndex.excludedByPerson
  return excluded
}

/**
 * What becomes of new listings that follow others, by their row. Their verdicts are changed to what is found: the item that
 * they take over, or waiting. `before` are those of {@link excludedAnew}.
 */
export const successions = (
  catalogue: Catalogue,
  index: MatchIndex.ItemIndex,
  verdicts: MatchIndex.Verdicts,
  policy: MatchingPolicy,
  before: ReadonlyMap<number, Found>
): ReadonlyMap<number, Found> => {
  const exclusions = new Map(catalogue.exclusions)
  for (const each of before.values()) if (each._tag === "Excluded") exclusions.delete(each.from.key)
  const found = find({ ...catalogue, exclusions }, index, verdicts, policy)
  for (const [row, succession] of found) verdicts[row] = verdictOf(succession, verdicts[row]!, index)
  return new Map([...before, ...found])
}

const find = (
  catalogue: Catalogue,
  index: MatchIndex.ItemIndex,
  verdicts: MatchIndex.Verdicts,
  { normalisedTier }: MatchingPolicy
): Map<number, Found> => {
  const formOf = normalisedTier ? Sku.normalise : (sku: string) => sku
  const found = new Map<number, Found>()
  const gone = goneBySku(catalogue, formOf)
  const own = new Map(catalogue.ended.map((ended) => [ended.link.listing.key, ended]))
  if (gone.size === 0 && own.size === 0) return found
  const followers = new Map<string, Array<number>>()
  for (let row = 0; row < verdicts.length; row++) {
    const { key, sku } = catalogue.listings[row]!
    if (!isNew(verdicts[row]!) || catalogue.links.has(key)) continue
    const ended = own.get(key)
    const succession = ended === undefined ? null : Succession.decideOwn(ended, prospectOf(verdicts[row]!, index))
    if (succession !== null && isPossible(succession, index)) found.set(row, succession)
    else {
      const form = formOf(sku)
      if (gone.has(form)) followers.set(form, [...(followers.get(form) ?? []), row])
    }
  }
  for (const [form, rows] of followers) follow(catalogue.listings, rows, gone.get(form)!, index, verdicts, found)
  return found
}

/** What becomes of a new listing that follows another. */
export type Found = Exclude<Succession.Succession, null>

const isNew = (verdict: number): boolean =>
  verdict >= 0 || verdict === MatchIndex.unknown || verdict <= MatchIndex.ambiguousBase

/** What is gone under each SKU, in order of the keys. */
const goneBySku = (catalogue: Catalogue, formOf: (sku: string) => string): ReadonlyMap<string, Succession.Gone> => {
  const { listings, ended, exclusions, unseen } = catalogue
  const over = missing(listings, new Map(ended.map((row) => [row.link.listing.key, row])))
  const links = missing(listings, catalogue.links).filter(({ listing }) => isGone(listing, unseen))
  const excluded = missing(listings, exclusions).filter((row) => isGone(row, unseen))
  const removed = over
    .filter(({ ending = "removed", link }) => ending === "removed" && isGone(link.listing, unseen))
    .map(({ link }) => link)
  const linksBySku = Map.groupBy(links, ({ listing }) => formOf(listing.sku))
  const excludedBySku = Map.groupBy(excluded, ({ sku = "" }) => formOf(sku))
  const removedBySku = Map.groupBy(removed, ({ listing }) => formOf(listing.sku))
  const gone = new Map<string, Succession.Gone>()
  for (const form of [...linksBySku.keys(), ...excludedBySku.keys(), ...removedBySku.keys()]) {
    gone.set(form, {
      links: linksBySku.get(form) ?? [],
      exclusions: excludedBySku.get(form) ?? [],
      removed: removedBySku.get(form) ?? [],
      isUncertain: unseen.isEverything
    })
  }
  return gone
}

/** Whether a listing is gone for certain and could come again: a SKU that is blank or damaged names nothing. */
const isGone = ({ key, sku = "" }: { readonly key: ListingKey; readonly sku?: string }, unseen: Unseen): boolean =>
  !unseen.has(key) && !Sku.isBlank(sku) && !Sku.isDamaged(sku)

/** The rows whose key no listing has, in order of the keys. A parent is sold no more than what is gone. */
const missing = <A>(listings: ReadonlyArray<Listing>, rows: ReadonlyMap<ListingKey, A>): ReadonlyArray<A> => {
  if (rows.size === 0) return []
  let here = 0
  for (const { key, shape } of listings) if (shape !== "parent" && rows.has(key)) here += 1
  if (here === rows.size) return []
  const left = new Map(rows)
  for (const { key, shape } of listings) if (shape !== "parent") left.delete(key)
  return inOrderOfKey([...left], ([key]) => key).rows.map(([, row]) => row)
}

/**
 * Lets the new listings of one form follow. What is gone under exactly a listing's SKU goes before what is gone under another
 * writing of it.
 */
const follow = (
  listings: ReadonlyArray<Listing>,
  rows: ReadonlyArray<number>,
  gone: Succession.Gone,
  index: MatchIndex.ItemIndex,
  verdicts: MatchIndex.Verdicts,
  found: Map<number, Found>
): void => {
  const written = new Set(rows.map((row) => listings[row]!.sku))
  const under = (isWritten: (sku: string) => boolean): Succession.Gone => ({
    ...gone,
    links: gone.links.filter(({ listing }) => isWritten(listing.sku)),
    exclusions: gone.exclusions.filter(({ sku = "" }) => isWritten(sku)),
    removed: gone.removed.filter(({ listing }) => isWritten(listing.sku))
  })
  const others = under((sku) => !written.has(sku))
  const without: Array<number> = []
  const decide = (some: ReadonlyArray<number>, of: Succession.Gone) => {
    const prospects = some.map((row) => prospectOf(verdicts[row]!, index))
    Succession.decide(prospects, of).forEach((succession, at) => {
      if (succession !== null && isPossible(succession, index)) {
        found.set(some[at]!, succession)
      }
    })
  }
  for (const [sku, same] of Map.groupBy(rows, (row) => listings[row]!.sku)) {
    const exactly = under((other) => other === sku)
    if (exactly.links.length + exactly.exclusions.length + exactly.removed.length > 0) decide(same, exactly)
    else without.push(...same)
  }
  if (without.length > 0) decide(without, others)
}

/** An item that does not exist any more cannot be taken over. */
const isPossible = (succession: Succession.Succession, { linked }: MatchIndex.ItemIndex): boolean =>
  succession?._tag !== "TakesOver" ||
  succession.from.itemId !== succession.itemId ||
  linked.get(succession.itemId) !== null

const prospectOf = (verdict: number, index: MatchIndex.ItemIndex): Succession.Prospect => ({
  fits: MatchIndex.itemsOf(verdict, index),
  isDoubtful: verdict <= MatchIndex.ambiguousBase,
  isSold: (id) => {
    const at = index.linked.get(id) ?? null
    return at !== null && MatchIndex.isSold(index.items[at]!)
  }
})

const verdictOf = (succession: Found, verdict: number, { items, linked }: MatchIndex.ItemIndex): number => {
  if (succession._tag === "Excluded") return MatchIndex.excludedByPerson
  if (succession._tag !== "TakesOver") return MatchIndex.waiting
  return verdict >= 0 && items[verdict]!.id === succession.itemId ? verdict : linked.get(succession.itemId)!
}
