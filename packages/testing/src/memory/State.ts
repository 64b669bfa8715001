/**
 * What the in-memory store holds, as one immutable value, and the three things that every write does to it: touch the
 * items whose availability it changes, append to the event log, or refuse.
 *
 * A write is a pure function over a {@link Draft}: a shallow copy whose fields are persistent maps. Whoever runs it keeps
 * the draft when it succeeds and drops it when it refuses, so that nothing is ever half written.
 */
import type { Channel, ChannelId } from "@stockport/core/domain/Channel"
import type { Connection } from "@stockport/core/domain/Connection"
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import type { Demand, DemandSource } from "@stockport/core/domain/Demand"
import type { Event, EventKind } from "@stockport/core/domain/Event"
import type { Item } from "@stockport/core/domain/Item"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { EndedLink, Exclusion, Link } from "@stockport/core/domain/Link"
import type { ListingKey } from "@stockport/core/domain/Listing"
import type { Location, LocationId } from "@stockport/core/domain/Location"
import type { Movement } from "@stockport/core/domain/Movement"
import type { Position } from "@stockport/core/domain/Position"
import type { Quantity } from "@stockport/core/domain/Quantity"
import { ItemVersion, type Publication } from "@stockport/core/domain/Publication"
import type { Sale, SaleId } from "@stockport/core/domain/Sale"
import {
  Changed,
  type ImportCursor,
  Invalid,
  type Page,
  pageLimitMax,
  type RaisedIssue,
  type ReservationAnswer,
  type StoreErrorReason,
  Taken,
  Unknown
} from "@stockport/core/ports/Store"
import { type DateTime, HashMap, Option, Result } from "effect"

/** A dirty mark with its place in the queue: the oldest mark of an item keeps its place when it is marked again. */
export interface Mark {
  readonly version: ItemVersion
  readonly place: number
  readonly resend: boolean
  /** How often its number was refused since it was last marked, and until when it is left out, in epoch milliseconds. */
  readonly tries: number
  readonly notBefore: number | null
}

/** What has moved at a place, the last recorded first, with its own date in epoch milliseconds. */
export interface Moved {
  readonly at: number
  readonly quantity: Quantity
  readonly before: Moved | undefined
}

/** An issue with the connection it was raised for. */
export interface OpenIssue extends RaisedIssue {
  readonly connectionId: ConnectionId | null
}

/** Everything the store holds. */
export interface State {
  readonly items: HashMap.HashMap<ItemId, Item>
  /** The kits and assemblies that name a component on their bill of materials. */
  readonly parents: HashMap.HashMap<ItemId, ReadonlySet<ItemId>>
  readonly skus: HashMap.HashMap<string, ReadonlySet<ItemId>>
  readonly locations: HashMap.HashMap<LocationId, Location>
  readonly positions: HashMap.HashMap<ItemId, ReadonlyMap<LocationId, Position>>
  readonly moved: HashMap.HashMap<ItemId, true>
  /** The ledger: the movements of each document, by its key. */
  readonly ledger: HashMap.HashMap<string, ReadonlyArray<Movement>>
  /** What has moved at each place (see `placeOf`), counts and their counterparts left out. */
  readonly history: HashMap.HashMap<string, Moved>
  /** The instant of the latest count of each place, in epoch milliseconds. */
  readonly counted: HashMap.HashMap<string, number>
  readonly demand: HashMap.HashMap<DemandSource, Demand>
  /** The sources with demand for an item. */
  readonly sources: HashMap.HashMap<ItemId, HashMap.HashMap<DemandSource, true>>
  /** Those of it that are incoming goods. */
  readonly incoming: HashMap.HashMap<DemandSource, Demand>
  /** The sources whose demand has a deadline, in epoch milliseconds. */
  readonly deadlines: HashMap.HashMap<DemandSource, number>
  readonly answers: HashMap.HashMap<string, ReservationAnswer>
  readonly versions: HashMap.HashMap<ItemId, ItemVersion>
  readonly marks: HashMap.HashMap<ConnectionId, HashMap.HashMap<ItemId, Mark>>
  readonly marked: number
  readonly channels: HashMap.HashMap<ChannelId, Channel>
  readonly connections: HashMap.HashMap<ConnectionId, Connection>
  readonly cursors: HashMap.HashMap<ConnectionId, ImportCursor>
  readonly links: HashMap.HashMap<ConnectionId, HashMap.HashMap<ListingKey, Link>>
  readonly ended: HashMap.HashMap<ConnectionId, HashMap.HashMap<ListingKey, EndedLink>>
  readonly exclusions: HashMap.HashMap<ConnectionId, HashMap.HashMap<ListingKey, Exclusion>>
  readonly sales: HashMap.HashMap<SaleId, Sale>
  /** The open and held sales with a line on a listing, by connection and listing. */
  readonly onListing: HashMap.HashMap<ConnectionId, HashMap.HashMap<ListingKey, HashMap.HashMap<SaleId, true>>>
  /** When sales are looked at again, in epoch milliseconds. */
  readonly looks: HashMap.HashMap<ConnectionId, HashMap.HashMap<SaleId, number>>
  /** The owner of each reference number, in lower case. */
  readonly numbers: HashMap.HashMap<string, SaleId>
  /** What was last published, by listing and cart location. */
  readonly publications: HashMap.HashMap<ConnectionId, HashMap.HashMap<string, Publication>>
  readonly issues: HashMap.HashMap<string, OpenIssue>
  readonly events: HashMap.HashMap<number, Event>
}

/** A state that is being changed. */
export type Draft = { -readonly [Field in keyof State]: State[Field] }

/** When a write happens, by whom and why. */
export interface Moment {
  readonly now: DateTime.Utc
  readonly actor: { readonly name: string; readonly reason: string }
}

/** What a write comes to: its answer, or why nothing of it happened. */
export type Outcome<A> = Result.Result<A, StoreErrorReason>

/** A store with nothing in it. */
export const empty: State = {
  items: HashMap.empty(),
  parents: HashMap.empty(),
  skus: HashMap.empty(),
  locations: HashMap.empty(),
  positions: HashMap.empty(),
  moved: HashMap.empty(),
  ledger: HashMap.empty(),
  history: HashMap.empty(),
  counted: HashMap.empty(),
  demand: HashMap.empty(),
  sources: HashMap.empty(),
  incoming: HashMap.empty(),
  deadlines: HashMap.empty(),
  answers: HashMap.empty(),
  versions: HashMap.empty(),
  marks: HashMap.empty(),
  marked: 0,
  channels: HashMap.empty(),
  connections: HashMap.empty(),
  cursors: HashMap.empty(),
  links: HashMap.empty(),
  ended: HashMap.empty(),
  exclusions: HashMap.empty(),
  sales: HashMap.empty(),
  onListing: HashMap.empty(),
  looks: HashMap.empty(),
  numbers: HashMap.empty(),
  publications: HashMap.empty(),
  issues: HashMap.empty(),
  events: HashMap.empty()
}

/** The write happened and has nothing to say. */
export const done: Outcome<void> = Result.succeed(undefined)

/** Nothing is written, for this reason. */
export const refuse = (reason: StoreErrorReason): Result.Result<never, StoreErrorReason> => Result.fail(reason)

/** There is no such thing. */
export const unknown = (kind: string, id: string, neededBy?: string) =>
  refuse(new Unknown({ kind, id, ...(neededBy !== undefined && { neededBy }) }))

/** Somebody else has it. */
export const taken = (field: string, value: string, by: string) => refuse(new Taken({ field, value, by }))

/** A rule of the domain forbids it. */
export const invalid = (field: string, value: string, expected: string) =>
  refuse(new Invalid({ field, value, expected }))

/** It is not what it was when it was read. */
export const changed = (kind: string, id: string) => refuse(new Changed({ kind, id }))

/** The value under a key, if there is one. */
export const lookup = <K, V>(map: HashMap.HashMap<K, V>, key: K): V | undefined =>
  Option.getOrUndefined(HashMap.get(map, key))

/** The values under these keys, each once, without those that are missing. */
export const lookupAll = <K, V>(map: HashMap.HashMap<K, V>, keys: ReadonlyArray<K>): Array<V> => {
  const found: Array<V> = []
  for (const key of new Set(keys)) {
    const value = lookup(map, key)
    if (value !== undefined) found.push(value)
  }
  return found
}

/** The map under a key, or an empty one. */
export const inner = <K, K2, V>(map: HashMap.HashMap<K, HashMap.HashMap<K2, V>>, key: K): HashMap.HashMap<K2, V> =>
  lookup(map, key) ?? HashMap.empty<K2, V>()

/** Compares text by its code units: the order of every list. */
export const ascending = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/** A page of rows in order of their text keys. */
export const pageOf = <A>(rows: Iterable<A>, keyOf: (row: A) => string, page: Page<string>): ReadonlyArray<A> =>
  [...rows]
    .filter((row) => page.after === null || keyOf(row) > page.after)
    .sort((left, right) => ascending(keyOf(left), keyOf(right)))
    .slice(0, Math.min(page.limit, pageLimitMax))

/** Marks items dirty for one connection, each under a new version; with `resend`, to be sent also unchanged. */
export const markFor = (draft: Draft, connectionId: ConnectionId, itemIds: Iterable<ItemId>, resend = false): void => {
  const ids = new Set(itemIds)
  for (const itemId of ids) raiseVersion(draft, itemId)
  place(draft, connectionId, ids, resend)
}

/** Says that the availability of these items may have changed: marks them dirty for every enabled connection. */
export const touch = (draft: Draft, itemIds: Iterable<ItemId>): void => {
  const ids = new Set(itemIds)
  if (ids.size === 0) return
  for (const itemId of ids) raiseVersion(draft, itemId)
  for (const connection of HashMap.values(draft.connections)) {
    if (connection.enabled) place(draft, connection.id, ids, false)
  }
}

/** Appends one line to the event log. */
export const log = (draft: Draft, moment: Moment, kind: EventKind, subject: string): void =>
  append(draft, { kind, subject, actor: moment.actor.name, reason: moment.actor.reason, at: moment.now })

/** Appends an event under the next sequence number; the first is 1. */
export const append = (draft: Draft, event: Event): void => {
  draft.events = HashMap.set(draft.events, HashMap.size(draft.events) + 1, event)
}

const raiseVersion = (draft: Draft, itemId: ItemId): void => {
  const version = ItemVersion.make((lookup(draft.versions, itemId) ?? 0) + 1)
  draft.versions = HashMap.set(draft.versions, itemId, version)
}

const place = (draft: Draft, connectionId: ConnectionId, itemIds: Iterable<ItemId>, resend: boolean): void => {
  let marks = inner(draft.marks, connectionId)
  for (const itemId of itemIds) {
    const version = lookup(draft.versions, itemId)
    if (version === undefined) continue
    const before = lookup(marks, itemId)
    marks = HashMap.set(marks, itemId, {
      version,
      place: before?.place ?? draft.marked++,
      resend: resend || before?.resend === true,
      tries: 0,
      notBefore: null
    })
  }
  draft.marks = HashMap.set(draft.marks, connectionId, marks)
}
