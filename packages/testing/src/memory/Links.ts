/**
 * Links and exclusions in memory, by connection and listing.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { Exclusion, Link } from "@stockport/core/domain/Link"
import type { ListingKey, ProductId } from "@stockport/core/domain/Listing"
import { format } from "@stockport/core/domain/Quantity"
import { HashMap } from "effect"
import {
  ascending,
  done,
  type Draft,
  inner,
  invalid,
  log,
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
    const ofConnection = HashMap.set(inner(draft.links, connectionId), listing.key, link)
    draft.links = HashMap.set(draft.links, connectionId, ofConnection)
    log(draft, moment, "linked", listing.key)
    markFor(draft, connectionId, [itemId])
  }
  return done
}

/** Removes the links of these listings, as far as there are any. */
export const remove = (
  draft: Draft,
  moment: Moment,
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
): Outcome<void> => {
  for (const link of lookupAll(inner(draft.links, connectionId), keys)) {
    const ofConnection = HashMap.remove(inner(draft.links, connectionId), link.listing.key)
    draft.links = HashMap.set(draft.links, connectionId, ofConnection)
    log(draft, moment, "unlinked", link.listing.key)
  }
  return done
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
    const ofConnection = HashMap.set(inner(draft.exclusions, connectionId), key, exclusion)
    draft.exclusions = HashMap.set(draft.exclusions, connectionId, ofConnection)
    log(draft, moment, "excluded", key)
  }
  return done
}

/** All exclusions of a connection, in order of listing. */
export const exclusions = (state: State, connectionId: ConnectionId): ReadonlyArray<Exclusion> =>
  HashMap.toValues(inner(state.exclusions, connectionId)).sort((left, right) => ascending(left.key, right.key))
