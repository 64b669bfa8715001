/**
 * Links, ended links and exclusions in memory, by connection and listing.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { EndedLink, Ending, Exclusion, Link } from "@stockport/core/domain/Link"
import type { ListingKey, ProductId } from "@stockport/core/domain/Listing"
import { format } from "@stockport/core/domain/Quantity"
import { HashMap } from "effect"
import { makeDue } from "./Sales.ts"
import {
  ascending,
  done,
  type Draft,
  inner,
  invalid,
  log,
  lookup,
  lookupAll,
  markFor,
  type Moment,
  type Outcome,
  type State,
  unknown
} from "./State.ts"

/** Creates or replaces links by listing, and marks their items dirty for the connection. */
export const save = (draft: Draft, moment: Moment, links: ReadonlyArray<Link>): Outcome<void> => {
  for (const link of links) {
    const { connectionId, itemId, listing, unitsPerListing } = link
    if (!HashMap.has(draft.connections, connectionId)) return unknown("connection", connectionId)
    if (!HashMap.has(draft.items, itemId)) return unknown("item", itemId)
    if (unitsPerListing <= 0) return invalid("unitsPerListing", format(unitsPerListing), "more than zero")
    const before = lookup(inner(draft.links, connectionId), listing.key)
    put(draft, "links", connectionId, listing.key, link)
    take(draft, "ended", connectionId, listing.key)
    log(draft, moment, "linked", listing.key)
    markFor(draft, connectionId, before === undefined ? [itemId] : [before.itemId, itemId])
    const sellsSomethingElse = before?.itemId !== itemId || before.unitsPerListing !== unitsPerListing
    if (sellsSomethingElse) makeDue(draft, moment, connectionId, [listing.key])
    if (link.tier === "manual") include(draft, moment, connectionId, [listing.key])
  }
  return done
}

/** Ends the links of these listings, as far as there are any. */
export const remove = (
  draft: Draft,
  moment: Moment,
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>,
  ending: Ending = "removed"
): Outcome<void> => {
  for (const link of lookupAll(inner(draft.links, connectionId), keys)) {
    const { key } = link.listing
    take(draft, "links", connectionId, key)
    put(draft, "ended", connectionId, key, { link, settled: false, ending })
    log(draft, moment, "unlinked", key)
  }
  return done
}

/** Ended links in order of listing: all of them, or those that are not settled. */
export const ended = (state: State, connectionId: ConnectionId, which: "all" | "unsettled"): ReadonlyArray<EndedLink> =>
  HashMap.toValues(inner(state.ended, connectionId))
    .filter(({ settled }) => which === "all" || !settled)
    .sort((left, right) => ascending(left.link.listing.key, right.link.listing.key))

/** The ended links of these listings. */
export const endedOf = (
  state: State,
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
): ReadonlyArray<EndedLink> => lookupAll(inner(state.ended, connectionId), keys)

/** Says that what the shop goes on showing for these ended links has been dealt with. */
export const settle = (draft: Draft, connectionId: ConnectionId, keys: ReadonlyArray<ListingKey>): Outcome<void> => {
  setSettled(draft, connectionId, keys, true)
  return done
}

/** Says that nobody knows any more what the shop goes on showing for these ended links. */
export const unsettle = (draft: Draft, connectionId: ConnectionId, keys: ReadonlyArray<ListingKey>): void =>
  setSettled(draft, connectionId, keys, false)

const setSettled = (
  draft: Draft,
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>,
  settled: boolean
): void => {
  for (const row of endedOf(draft, connectionId, keys)) {
    put(draft, "ended", connectionId, row.link.listing.key, { ...row, settled })
  }
}

/** All links of a connection, in order of listing. */
export const all = (state: State, connectionId: ConnectionId): ReadonlyArray<Link> =>
  HashMap.toValues(inner(state.links, connectionId)).sort((left, right) =>
    ascending(left.listing.key, right.listing.key)
  )

/** The links that sell these items. */
export const ofItems = (
  state: State,
  connectionId: ConnectionId,
  itemIds: ReadonlyArray<ItemId>
): ReadonlyArray<Link> => {
  const wanted = new Set(itemIds)
  return all(state, connectionId).filter(({ itemId }) => wanted.has(itemId))
}

/** The links of these listings. */
export const ofListings = (
  state: State,
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
): ReadonlyArray<Link> => lookupAll(inner(state.links, connectionId), keys)

/** The links of all rows of these products. */
export const ofProducts = (
  state: State,
  connectionId: ConnectionId,
  productIds: ReadonlyArray<ProductId>
): ReadonlyArray<Link> => {
  const wanted = new Set(productIds)
  return all(state, connectionId).filter(({ listing }) => wanted.has(listing.productId))
}

/** Says that these listings are never to be linked. */
export const exclude = (draft: Draft, moment: Moment, exclusions: ReadonlyArray<Exclusion>): Outcome<void> => {
  for (const exclusion of exclusions) {
    const { connectionId, key } = exclusion
    if (!HashMap.has(draft.connections, connectionId)) return unknown("connection", connectionId)
    const isNew = !HashMap.has(inner(draft.exclusions, connectionId), key)
    put(draft, "exclusions", connectionId, key, exclusion)
    log(draft, moment, "excluded", key)
    if (isNew) makeDue(draft, moment, connectionId, [key])
  }
  return done
}

/** Lifts the exclusions of these listings, as far as there are any. */
export const include = (
  draft: Draft,
  moment: Moment,
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
): Outcome<void> => {
  for (const { key } of exclusionsOf(draft, connectionId, keys)) {
    take(draft, "exclusions", connectionId, key)
    log(draft, moment, "included", key)
    makeDue(draft, moment, connectionId, [key])
  }
  return done
}

/** All exclusions of a connection, in order of listing. */
export const exclusions = (state: State, connectionId: ConnectionId): ReadonlyArray<Exclusion> =>
  HashMap.toValues(inner(state.exclusions, connectionId)).sort((left, right) => ascending(left.key, right.key))

/** The exclusions among these listings. */
export const exclusionsOf = (
  state: State,
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
): ReadonlyArray<Exclusion> => lookupAll(inner(state.exclusions, connectionId), keys)

interface ByListing {
  readonly links: Link
  readonly ended: EndedLink
  readonly exclusions: Exclusion
}

type Kept<Field extends keyof ByListing> = {
  [F in Field]: HashMap.HashMap<ConnectionId, HashMap.HashMap<ListingKey, ByListing[F]>>
}

const put = <Field extends keyof ByListing>(
  draft: Kept<Field>,
  field: Field,
  connectionId: ConnectionId,
  key: ListingKey,
  row: ByListing[Field]
): void => {
  draft[field] = HashMap.set(draft[field], connectionId, HashMap.set(inner(draft[field], connectionId), key, row))
}

const take = <Field extends keyof ByListing>(
  draft: Kept<Field>,
  field: Field,
  connectionId: ConnectionId,
  key: ListingKey
): void => {
  draft[field] = HashMap.set(draft[field], connectionId, HashMap.remove(inner(draft[field], connectionId), key))
}
