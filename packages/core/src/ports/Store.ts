/**
 * The port to a database: small repositories around one `transaction`.
 *
 * Laws that every store obeys:
 * - What happens inside `transaction` happens wholly or not at all, and no one else sees half of it. A transaction inside
 *   another is part of it. Contention is retried inside, within a bound.
 * - On hand is the sum of the ledger's movements; each term of a position is the sum of the demand set for it, of
 *   incoming goods up to any moment that is named.
 * - Every write that touches an item's availability marks it dirty for every enabled connection, in the same transaction.
 * - Every write appends to the event log, in the same transaction.
 * - What a store cannot keep it refuses by name (`Invalid`), before anything is written, and every store refuses the same:
 *   the bounds of texts and numbers are those of the domain's schemas.
 * - Under a lease (see `exclusively`) every write makes sure that the lease is still held, and fails with `LeaseLost` if not.
 * - Time comes from Effect's Clock. Lists are pages or streams; nothing returns an unbounded array but for what was asked
 *   for by id.
 */
import { Context, type DateTime, type Effect, type Option, Schema, type Stream } from "effect"
import type { Channel, ChannelId } from "../domain/Channel.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import type { Demand, DemandKind, DemandLine, DemandSource } from "../domain/Demand.ts"
import type { Event } from "../domain/Event.ts"
import type { Issue, IssueCode } from "../domain/Issue.ts"
import type { Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { EndedLink, Ending, Exclusion, Link } from "../domain/Link.ts"
import type { ListingKey, ProductId } from "../domain/Listing.ts"
import type { Location, LocationId } from "../domain/Location.ts"
import type { Count, Movement } from "../domain/Movement.ts"
import type { OrderId } from "../domain/Order.ts"
import type { Position } from "../domain/Position.ts"
import type { DeferredMark, DirtyMark, Publication } from "../domain/Publication.ts"
import { type Quantity, QuantityFromDecimal } from "../domain/Quantity.ts"
import type { ReferenceNumber, Sale, SaleId, SaleState } from "../domain/Sale.ts"
import { LeaseLost } from "./Lease.ts"

/** The database cannot be reached, or broke off. Worth a retry. */
export class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", { detail: Schema.String }) {}

/** Others were in the way for longer than the store kept trying. Worth a retry. */
export class Contended extends Schema.TaggedError<Contended>()("Contended", { detail: Schema.String }) {}

/** What was named does not exist. `kind` is the field's word for it, `neededBy` what cannot be without it, where it was named. */
export class Unknown extends Schema.TaggedError<Unknown>()("Unknown", {
  kind: Schema.String,
  id: Schema.String,
  neededBy: Schema.optionalKey(Schema.String)
}) {}

/** Something else already has this name, number or SKU. */
export class Taken extends Schema.TaggedError<Taken>()("Taken", {
  field: Schema.String,
  value: Schema.String,
  by: Schema.String
}) {}

/** The value breaks a rule of the domain: `field` says which one, `expected` what would be right. */
export class Invalid extends Schema.TaggedError<Invalid>()("Invalid", {
  field: Schema.String,
  value: Schema.String,
  expected: Schema.String
}) {}

/** Somebody changed it since it was read; read again and decide anew. */
export class Changed extends Schema.TaggedError<Changed>()("Changed", { kind: Schema.String, id: Schema.String }) {}

/** Why a store call failed. */
export const StoreErrorReason = Schema.Union([Unreachable, Contended, Unknown, Taken, Invalid, Changed, LeaseLost])
export type StoreErrorReason = typeof StoreErrorReason.Type

/** A call to the store that failed, and nothing of it was written. */
export class StoreError extends Schema.TaggedError<StoreError>()("StoreError", {
  operation: Schema.String,
  reason: StoreErrorReason
}) {
  /** Whether the same call may succeed later. */
  get retryable(): boolean {
    const { _tag } = this.reason
    return _tag === "Unreachable" || _tag === "Contended" || _tag === "LeaseLost"
  }
  override get message() {
    return `${this.operation}: ${describeReason(this.reason)}`
  }
}

const describeReason = (reason: StoreErrorReason): string => {
  switch (reason._tag) {
    case "Unknown":
      return reason.neededBy === undefined
        ? `there is no ${reason.kind} ${reason.id}`
        : `${reason.neededBy} needs ${reason.id}, which does not exist`
    case "Taken":
      return `${reason.field} ${reason.value} is already taken by ${reason.by}`
    case "Invalid":
      return `${reason.field} is ${reason.value}, expected ${reason.expected}`
    case "Changed":
      return `${reason.kind} ${reason.id} has changed since it was read`
    default:
      return reason.detail
  }
}

type Stored<A> = Effect.Effect<A, StoreError>

/** A page of a list in key order: at most `limit` rows after `after` (null: from the start). */
export interface Page<K> {
  readonly after: K | null
  readonly limit: number
}

/** How many rows a page holds at the most. */
export const pageLimitMax = 1_000

/** Who makes a change, and why: goes into the event log. */
export const Actor = Context.Reference<{ readonly name: string; readonly reason: string }>(
  "@stockport/core/ports/Store/Actor",
  { defaultValue: () => ({ name: "system", reason: "" }) }
)

/** Items, kits and their bills of materials. */
export interface Items {
  /**
   * Creates or replaces items. Refuses a cyclic bill of materials, an unknown component, a kit without `kind: "kit"` or
   * `"assembly"` but with components, and a kind that changes while there is stock. Marks them and the kits above dirty.
   */
  readonly save: (items: ReadonlyArray<Item>) => Stored<void>
  readonly get: (ids: ReadonlyArray<ItemId>) => Stored<ReadonlyArray<Item>>
  /** All items, in order of id. */
  readonly all: Stream.Stream<Item, StoreError>
  /**
   * The items whose availability follows from these: themselves and all kits above them (`affected`), and every item
   * that is needed to compute them, components all the way down (`items`, which includes the affected ones).
   */
  readonly dependents: (
    ids: ReadonlyArray<ItemId>
  ) => Stored<{ readonly affected: ReadonlyArray<ItemId>; readonly items: ReadonlyArray<Item> }>
  /** These items and their components, all the way down. */
  readonly withComponents: (ids: ReadonlyArray<ItemId>) => Stored<ReadonlyArray<Item>>
  /** The items with exactly these SKUs. */
  readonly bySku: (skus: ReadonlyArray<string>) => Stored<ReadonlyArray<Item>>
}

/** Positions and locations in one snapshot. `moved` are the items whose stock has ever moved or been counted. */
export interface StockSnapshot {
  readonly positions: ReadonlyArray<Position>
  readonly moved: ReadonlySet<ItemId>
  readonly locations: ReadonlyArray<Location>
}

/** What a snapshot counts. */
export interface SnapshotOptions {
  /**
   * Incoming goods count only if they are expected at or before this moment; those without a date do not. Left out, or
   * null: all of them count.
   */
  readonly incomingBy?: DateTime.Utc | null
}

/** A request for stock. The same `key` returns the first answer, whatever came since. */
export interface ReservationRequest {
  readonly key: string
  readonly lines: ReadonlyArray<DemandLine>
  readonly expiresAt: DateTime.Utc | null
}

/** A line that could not be reserved: `requested` and `available` at that location, lines of the item added together. */
export const Shortage = Schema.Struct({
  itemId: Schema.String,
  locationId: Schema.String,
  requested: QuantityFromDecimal,
  available: QuantityFromDecimal
})
export interface Shortage extends Schema.Schema.Type<typeof Shortage> {}

/** All of a request, or nothing of it. */
export type ReservationAnswer =
  | { readonly _tag: "Reserved"; readonly source: DemandSource }
  | { readonly _tag: "Refused"; readonly shortages: ReadonlyArray<Shortage> }

/** Names a stock document; writing the same one twice is writing it once. */
export interface StockDocument {
  readonly key: string
  readonly movements: ReadonlyArray<Movement>
}

/** Demand for one item at one location, by the document it comes from. */
export interface ItemDemand {
  readonly itemId: ItemId
  readonly locationId: LocationId
  readonly source: DemandSource
  readonly kind: DemandKind
  readonly quantity: Quantity
}

/** Locations, the ledger of movements, and demand. */
export interface Stock {
  readonly locations: Stored<ReadonlyArray<Location>>
  /** Creates or replaces locations; exactly one of all is the default. */
  readonly saveLocations: (locations: ReadonlyArray<Location>) => Stored<void>
  /**
   * Appends documents to the ledger, each once. Refuses unknown items and locations, items without stock (kits), and a
   * transfer whose movements do not cancel out for each item. A movement dated before the instant of the latest count of its
   * item and location is written down together with its counterpart, so that what was counted stands.
   */
  readonly record: (documents: ReadonlyArray<StockDocument>) => Stored<void>
  /**
   * Says what was there at an instant (`asOf`, now unless given), once per key: on hand becomes what was counted and what has
   * moved at or after that instant. What moved before it, by its own date, changes nothing, also when it is recorded later.
   */
  readonly count: (
    key: string,
    counts: ReadonlyArray<Count>,
    options?: { readonly asOf?: DateTime.Utc }
  ) => Stored<void>
  /** Who holds the units of these items: their demand by source, at most `limit` rows for each item, in order of source. */
  readonly demandOf: (itemIds: ReadonlyArray<ItemId>, limit: number) => Stored<ReadonlyArray<ItemDemand>>
  /**
   * Sets the open demand of each source, replacing what the source had. An empty one ends it. Refuses an `expectedAt` on
   * any kind but `incoming` (`Invalid`).
   */
  readonly setDemand: (demands: ReadonlyArray<Demand>) => Stored<void>
  /** Reserves all lines or none; guarded, so that available at the location never falls below zero by it. */
  readonly reserve: (request: ReservationRequest) => Stored<ReservationAnswer>
  /** Positions of these items over all locations, in one snapshot, expired demand left out. */
  readonly snapshot: (itemIds: ReadonlyArray<ItemId>, options?: SnapshotOptions) => Stored<StockSnapshot>
  /**
   * The items with incoming goods, not expired, that are expected after one moment (null: from the start) and at or before
   * another: those that a horizon has reached while it moved from the one to the other. Each once, in order of id.
   */
  readonly arriving: (
    after: DateTime.Utc | null,
    until: DateTime.Utc,
    page: Page<ItemId>
  ) => Stored<ReadonlyArray<ItemId>>
}

/** Where an import stands: everything modified before `modifiedSince` has been seen. */
export interface ImportCursor {
  readonly modifiedSince: DateTime.Utc
}

/** Channels and connections. */
export interface Connections {
  readonly saveChannel: (channel: Channel) => Stored<void>
  readonly channel: (id: ChannelId) => Stored<Option.Option<Channel>>
  /**
   * Creates or replaces a connection. Enabling it, or changing its policy, marks all its linked items dirty; enabling it
   * again, to be resent. When its intake policy, `importFrom` or `backlog` changes, its skipped sales are due (see
   * `sales.due`).
   */
  readonly save: (connection: Connection) => Stored<void>
  readonly get: (id: ConnectionId) => Stored<Option.Option<Connection>>
  readonly all: Stored<ReadonlyArray<Connection>>
  readonly cursor: (id: ConnectionId) => Stored<Option.Option<ImportCursor>>
  readonly setCursor: (id: ConnectionId, cursor: ImportCursor) => Stored<void>
  /**
   * Runs an effect while nobody else, in any process, runs one for the same connection; `None` when somebody does.
   * The lease ends with the effect, or when its holder has not been heard of for a bounded time. The effect finds it as
   * `Lease`; every holding has a token of its own.
   */
  readonly exclusively: <A, E, R>(
    id: ConnectionId,
    effect: Effect.Effect<A, E, R>
  ) => Effect.Effect<Option.Option<A>, E | StoreError, R>
}

/** Links between listings and items. */
export interface Links {
  /**
   * Creates or replaces links by listing; marks their items dirty for the connection. A link made by hand lifts the listing's
   * exclusion. Where a listing's item or pack is another one than before, the open and held sales with a line on it are due
   * (see `sales.due`), and the item it was linked to before is marked as well.
   */
  readonly save: (links: ReadonlyArray<Link>) => Stored<void>
  /**
   * Ends links, and keeps why (`removed` unless given): no other member but `ended` and `endedOf` gives them any more. Saving
   * a link again makes it new.
   */
  readonly remove: (connectionId: ConnectionId, keys: ReadonlyArray<ListingKey>, ending?: Ending) => Stored<void>
  /** Ended links, in order of listing: all of them, or those that are not settled. */
  readonly ended: (connectionId: ConnectionId, which: "all" | "unsettled") => Stream.Stream<EndedLink, StoreError>
  readonly endedOf: (connectionId: ConnectionId, keys: ReadonlyArray<ListingKey>) => Stored<ReadonlyArray<EndedLink>>
  /** What the shop goes on showing for these ended links has been dealt with. */
  readonly settle: (connectionId: ConnectionId, keys: ReadonlyArray<ListingKey>) => Stored<void>
  readonly all: (connectionId: ConnectionId) => Stream.Stream<Link, StoreError>
  readonly ofItems: (connectionId: ConnectionId, itemIds: ReadonlyArray<ItemId>) => Stored<ReadonlyArray<Link>>
  readonly ofListings: (connectionId: ConnectionId, keys: ReadonlyArray<ListingKey>) => Stored<ReadonlyArray<Link>>
  /** The links of all variants of these products. */
  readonly ofProducts: (connectionId: ConnectionId, productIds: ReadonlyArray<ProductId>) => Stored<ReadonlyArray<Link>>
  /** Excludes listings. A new exclusion makes the open and held sales with a line on the listing due. */
  readonly exclude: (exclusions: ReadonlyArray<Exclusion>) => Stored<void>
  /** Lifts exclusions; the open and held sales with a line on these listings are due. */
  readonly include: (connectionId: ConnectionId, keys: ReadonlyArray<ListingKey>) => Stored<void>
  readonly exclusions: (connectionId: ConnectionId) => Stored<ReadonlyArray<Exclusion>>
  /** The exclusions among these listings. */
  readonly exclusionsOf: (
    connectionId: ConnectionId,
    keys: ReadonlyArray<ListingKey>
  ) => Stored<ReadonlyArray<Exclusion>>
}

/** Who has a reference number. */
export interface NumberOwner {
  readonly number: ReferenceNumber
  readonly saleId: SaleId
}

/** Sales orders and receipts, and the records of held and skipped orders. */
export interface Sales {
  /** What is known of these orders. */
  readonly ofOrders: (connectionId: ConnectionId, orderIds: ReadonlyArray<OrderId>) => Stored<ReadonlyArray<Sale>>
  /** The owners of these numbers, compared without case. */
  readonly numberOwners: (numbers: ReadonlyArray<string>) => Stored<ReadonlyArray<NumberOwner>>
  /**
   * Creates sales of revision 0, replaces others by the next revision. Fails with `Changed` when the stored revision is
   * not the one before, with `Taken` when another sale has the number.
   */
  readonly save: (sales: ReadonlyArray<Sale>) => Stored<void>
  readonly get: (id: SaleId) => Stored<Option.Option<Sale>>
  /** Sales whose `lookAt` has come, the longest due first, at most `limit`. */
  readonly due: (connectionId: ConnectionId, now: DateTime.Utc, limit: number) => Stored<ReadonlyArray<Sale>>
  /** Sets when orders are looked at again (null: not before the shop tells something new). Makes no new revision. */
  readonly look: (
    connectionId: ConnectionId,
    looks: ReadonlyArray<{ readonly orderId: OrderId; readonly at: DateTime.Utc | null }>
  ) => Stored<void>
  /** Sales of a connection in some states, in order of id. */
  readonly list: (
    connectionId: ConnectionId,
    states: ReadonlyArray<SaleState>,
    page: Page<SaleId>
  ) => Stored<ReadonlyArray<Sale>>
}

/** What the shop refused, by row. */
export interface PublicationFailure {
  readonly key: ListingKey
  readonly itemId: ItemId
  readonly message: string
}

/** Dirty marks and what was last published. */
export interface Publications {
  /** The oldest marks of a connection that are not deferred. Demand that has expired ends here, and marks its items like any other change. */
  readonly dirty: (connectionId: ConnectionId, limit: number) => Stored<ReadonlyArray<DirtyMark>>
  /**
   * Marks these items (or all linked ones) dirty; with `resend`, their numbers are sent also when they are the same. A mark
   * stays one to be resent until it is cleared.
   */
  readonly mark: (connectionId: ConnectionId, itemIds: ReadonlyArray<ItemId> | "all", resend?: boolean) => Stored<void>
  /**
   * Puts what was last published of these listings in doubt, until they are recorded again. Marks nothing; an ended link of
   * such a listing is unsettled again, as nobody knows any more what the shop goes on showing.
   */
  readonly doubt: (connectionId: ConnectionId, keys: ReadonlyArray<ListingKey>) => Stored<void>
  /**
   * Keeps marks whose numbers were refused, to be looked at again not before an instant. A mark of another version than the
   * given one stays as it is: its item has changed meanwhile. A deferred mark resends no more: what was refused is in doubt,
   * and what was accepted stands. Marking an item ends its deferral.
   */
  readonly defer: (connectionId: ConnectionId, marks: ReadonlyArray<DeferredMark>) => Stored<void>
  /** Records what was published and clears the marks whose item was not marked again since they were read. */
  readonly record: (
    connectionId: ConnectionId,
    publications: ReadonlyArray<Publication>,
    cleared: ReadonlyArray<DirtyMark>
  ) => Stored<void>
  readonly ofListings: (
    connectionId: ConnectionId,
    keys: ReadonlyArray<ListingKey>
  ) => Stored<ReadonlyArray<Publication>>
  readonly all: (connectionId: ConnectionId) => Stream.Stream<Publication, StoreError>
}

/** An issue with its history. */
export interface RaisedIssue {
  readonly key: string
  readonly issue: Issue
  readonly raisedAt: DateTime.Utc
  readonly times: number
}

/** Things that a person has to act on. */
export interface Issues {
  /** Raises issues; one that is already open is counted once more. */
  readonly raise: (connectionId: ConnectionId | null, issues: ReadonlyArray<Issue>) => Stored<void>
  /**
   * Makes `issues` the open ones among all open issues of these codes and this subject: raises them, and closes those that
   * are not among them any more. The subject is every issue of the connection (null), or those whose `about[field]` is one
   * of `ids`.
   */
  readonly replace: (
    connectionId: ConnectionId | null,
    codes: ReadonlyArray<IssueCode>,
    subject: { readonly field: string; readonly ids: ReadonlyArray<string> } | null,
    issues: ReadonlyArray<Issue>
  ) => Stored<void>
  /** Closes issues by key. */
  readonly resolve: (keys: ReadonlyArray<string>) => Stored<void>
  /** Open issues of a connection, or of all and of none (null), in order of key. */
  readonly open: (connectionId: ConnectionId | null, page: Page<string>) => Stored<ReadonlyArray<RaisedIssue>>
}

/** The event log. */
export interface Events {
  readonly append: (events: ReadonlyArray<Event>) => Stored<void>
  /** Events in the order they were written, with their sequence numbers. */
  readonly list: (page: Page<number>) => Stored<ReadonlyArray<{ readonly sequence: number; readonly event: Event }>>
}

/** What is needed from a database. */
export class Store extends Context.Service<
  Store,
  {
    readonly items: Items
    readonly stock: Stock
    readonly connections: Connections
    readonly links: Links
    readonly sales: Sales
    readonly publications: Publications
    readonly issues: Issues
    readonly events: Events
    /** Runs an effect wholly or not at all: its failure, defect or interruption undoes what it wrote. */
    readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StoreError, R>
  }
>()("@stockport/core/ports/Store") {}

/** The available quantity that `reserve` guards at a location: on hand less everything that speaks against it. */
export const reservable = (position: Position): Quantity =>
  (position.onHand -
    position.salesOrders -
    position.salesReceipts -
    position.pickTickets -
    position.reservations -
    position.softHolds -
    position.stockHolds) as Quantity
