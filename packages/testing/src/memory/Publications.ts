/**
 * Dirty marks and publications in memory. A mark is cleared only under the version it was read with.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import type { ListingKey } from "@stockport/core/domain/Listing"
import type { DeferredMark, DirtyMark, Publication } from "@stockport/core/domain/Publication"
import { DateTime, HashMap } from "effect"
import { unsettle } from "./Links.ts"
import {
  ascending,
  done,
  type Draft,
  inner,
  log,
  lookup,
  type Moment,
  type Outcome,
  type State,
  unknown
} from "./State.ts"

/** The oldest marks of a connection that are not deferred. */
export const dirty = (
  state: State,
  moment: Moment,
  connectionId: ConnectionId,
  limit: number
): ReadonlyArray<DirtyMark> => {
  const now = DateTime.toEpochMillis(moment.now)
  return [...inner(state.marks, connectionId)]
    .filter(([, { notBefore }]) => notBefore === null || notBefore <= now)
    .sort(([, left], [, right]) => left.place - right.place)
    .slice(0, limit)
    .map(([itemId, { version, resend, tries }]) => ({ itemId, version, resend, ...(tries === 0 ? {} : { tries }) }))
}

/** Leaves marks out until an instant, if they are still of the version that was refused; nothing else is sent again then. */
export const defer = (
  draft: Draft,
  connectionId: ConnectionId,
  deferred: ReadonlyArray<DeferredMark>
): Outcome<void> => {
  if (!HashMap.has(draft.connections, connectionId)) return unknown("connection", connectionId)
  let marks = inner(draft.marks, connectionId)
  for (const { itemId, version, tries, notBefore } of deferred) {
    const mark = lookup(marks, itemId)
    if (mark?.version !== version) continue
    marks = HashMap.set(marks, itemId, { ...mark, resend: false, tries, notBefore: DateTime.toEpochMillis(notBefore) })
  }
  draft.marks = HashMap.set(draft.marks, connectionId, marks)
  return done
}

/** Puts what was last published of these listings in doubt, until they are recorded again; their ended links are unsettled. */
export const doubt = (draft: Draft, connectionId: ConnectionId, keys: ReadonlyArray<ListingKey>): Outcome<void> => {
  let published = inner(draft.publications, connectionId)
  for (const publication of ofListings(draft, connectionId, keys)) {
    published = HashMap.set(published, placeOf(publication), { ...publication, inDoubt: true })
  }
  draft.publications = HashMap.set(draft.publications, connectionId, published)
  unsettle(draft, connectionId, keys)
  return done
}

/** Records what was published, and clears the marks whose item was not marked again since they were read. */
export const record = (
  draft: Draft,
  moment: Moment,
  connectionId: ConnectionId,
  publications: ReadonlyArray<Publication>,
  cleared: ReadonlyArray<DirtyMark>
): Outcome<void> => {
  if (!HashMap.has(draft.connections, connectionId)) return unknown("connection", connectionId)
  let published = inner(draft.publications, connectionId)
  for (const publication of publications) {
    if (!HashMap.has(draft.items, publication.itemId)) return unknown("item", publication.itemId)
    published = HashMap.set(published, placeOf(publication), publication)
    log(draft, moment, "published", publication.key)
  }
  draft.publications = HashMap.set(draft.publications, connectionId, published)
  let marks = inner(draft.marks, connectionId)
  for (const { itemId, version } of cleared) {
    if (lookup(marks, itemId)?.version === version) marks = HashMap.remove(marks, itemId)
  }
  draft.marks = HashMap.set(draft.marks, connectionId, marks)
  return done
}

/** What was last published of these listings, at every cart location. */
export const ofListings = (
  state: State,
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
): ReadonlyArray<Publication> => {
  const wanted = new Set(keys)
  return all(state, connectionId).filter(({ key }) => wanted.has(key))
}

/** All publications of a connection, in order of listing and cart location. */
export const all = (state: State, connectionId: ConnectionId): ReadonlyArray<Publication> =>
  HashMap.toValues(inner(state.publications, connectionId)).sort(
    (left, right) => ascending(left.key, right.key) || ascending(left.cartLocationId, right.cartLocationId)
  )

const placeOf = ({ key, cartLocationId }: Publication): string => JSON.stringify([key, cartLocationId])
