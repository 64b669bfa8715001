/**
 * The port to a shop: what any cart must offer so that its listings and our stock tell the same story.
 *
 * One `Cart` serves one connection. Everything it returns is in the domain's words; the shop's own names stop in the
 * adapter. What a cart cannot do is said in {@link Capabilities}, not discovered by an exception.
 *
 * Laws that every adapter obeys:
 * - `listings`, `orders` and `stockLevels` end, hold one page at a time, and give every row at least once.
 * - The unit of failure is one row: what cannot be read of a listing, an order or a level is given as {@link Unreadable} in
 *   its place, and the rows beside it are given all the same.
 * - An outage is no row's fault: where the shop answers nothing else either, the stream ends with its error. What cannot be
 *   had of one row while the shop answers makes that row `Unreadable` and `passing`, after the call's own retries.
 * - `setStockLevels` gives one verdict per row, in order; a bad row never takes a good one with it. `Rejected` is the shop's
 *   word about that row; a row that no answer speaks of is `NotTried`.
 * - Before every request that writes to the shop the lease is confirmed (see `Lease`); without it nothing is sent.
 * - `recordShipment` with the same key twice records one shipment, also when the first answer was lost.
 * - Every call has a time-out and bounded retries; what it fails with says whether another try may help.
 */
import { Context, type DateTime, type Effect, type Option, Schema, type Stream } from "effect"
import { CartLocationId } from "../domain/Connection.ts"
import { ListingKey, type Listing, ProductId, VariantId } from "../domain/Listing.ts"
import { LeaseLost } from "./Lease.ts"
import { Currency } from "../domain/Money.ts"
import { OrderId, OrderLineId, type Order, type OrderStatus } from "../domain/Order.ts"
import { QuantityFromDecimal } from "../domain/Quantity.ts"

/** The token or the store hash is wrong. */
export class Unauthorized extends Schema.TaggedError<Unauthorized>()("Unauthorized", { detail: Schema.String }) {}

/** The token lacks a scope, or the plan forbids the call. */
export class Forbidden extends Schema.TaggedError<Forbidden>()("Forbidden", { detail: Schema.String }) {}

/** There is no such thing in the shop. */
export class NotFound extends Schema.TaggedError<NotFound>()("NotFound", { detail: Schema.String }) {}

/** The shop's state forbids the change, for example because something is out of stock. */
export class Conflict extends Schema.TaggedError<Conflict>()("Conflict", { detail: Schema.String }) {}

/** The shop refused what was sent. `fields` names what it complained about, where it says so. */
export class Rejected extends Schema.TaggedError<Rejected>()("Rejected", {
  detail: Schema.String,
  fields: Schema.Record(Schema.String, Schema.String)
}) {}

/** More was asked for in one call than the shop accepts. */
export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", { detail: Schema.String }) {}

/** The quota is used up; it is whole again after `retryAfterMillis`. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  retryAfterMillis: Schema.Natural
}) {}

/** The store is suspended or closed for good. */
export class Suspended extends Schema.TaggedError<Suspended>()("Suspended", { detail: Schema.String }) {}

/** The network, a gateway or the shop failed for now. */
export class Transient extends Schema.TaggedError<Transient>()("Transient", { detail: Schema.String }) {}

/** The answer was not what the shop documents; `path` says where, `excerpt` holds the start of the body. */
export class Undecodable extends Schema.TaggedError<Undecodable>()("Undecodable", {
  path: Schema.String,
  detail: Schema.String,
  excerpt: Schema.String
}) {}

/** What went wrong, in terms of what can be done about it. */
export const CartErrorReason = Schema.Union([
  Unauthorized,
  Forbidden,
  NotFound,
  Conflict,
  Rejected,
  TooLarge,
  RateLimited,
  Suspended,
  Transient,
  Undecodable,
  LeaseLost
])
export type CartErrorReason = typeof CartErrorReason.Type

/** A call to the shop that failed: which operation, and why. Never carries a secret. */
export class CartError extends Schema.TaggedError<CartError>()("CartError", {
  operation: Schema.String,
  reason: CartErrorReason
}) {
  /** Whether the same call may succeed later without anybody's help. */
  get retryable(): boolean {
    const { _tag } = this.reason
    return _tag === "RateLimited" || _tag === "Transient" || _tag === "LeaseLost"
  }
  override get message() {
    const { reason } = this
    switch (reason._tag) {
      case "RateLimited":
        return `${this.operation}: the shop's quota is used up for ${reason.retryAfterMillis} ms`
      case "Undecodable":
        return `${this.operation}: unexpected answer at ${reason.path}: ${reason.detail}`
      default:
        return `${this.operation}: ${reason._tag}: ${reason.detail}`
    }
  }
}

/** What a cart can do. */
export const Capabilities = Schema.Struct({
  /** Holds stock at more than one location. */
  locations: Schema.Boolean,
  /** Accepts shipments with tracking. */
  shipments: Schema.Boolean,
  /** Sends notifications. */
  notifications: Schema.Boolean,
  /** How many rows one `setStockLevels` request carries. */
  stockLevelsPerRequest: Schema.Natural,
  /** Largest number that a listing can show. */
  quantityMax: Schema.Natural,
  /** Names the adapter's way of reading; when it changes, what could not be read before is read again. */
  reader: Schema.optionalKey(Schema.String)
})
export interface Capabilities extends Schema.Schema.Type<typeof Capabilities> {}

/** A stock location of the shop. */
export const CartLocation = Schema.Struct({
  id: CartLocationId,
  name: Schema.String,
  enabled: Schema.Boolean,
  isDefault: Schema.Boolean
})
export interface CartLocation extends Schema.Schema.Type<typeof CartLocation> {}

/** What the shop itself does to stock, for the orders of one of its channels. */
export const StockRules = Schema.Struct({
  /** The shop's id of the channel. */
  cartChannelId: Schema.String,
  stockMoves: Schema.Literals(["atPlacement", "atShipment"]),
  stockFollowsEdits: Schema.Boolean,
  stockFollowsRefunds: Schema.Boolean
})
export interface StockRules extends Schema.Schema.Type<typeof StockRules> {}

/** What a shop says about itself. */
export const CartDescription = Schema.Struct({
  id: Schema.String,
  name: Schema.String,
  plan: Schema.String,
  currency: Currency,
  currencies: Schema.Array(Currency),
  weightUnit: Schema.String,
  timeZone: Schema.String,
  locations: Schema.Array(CartLocation),
  /** When the shop itself lowers stock for an order. */
  stockMoves: Schema.Literals(["atPlacement", "atShipment"]),
  /** Whether the shop itself moves stock when an order is edited, and when it is refunded or cancelled. */
  stockFollowsEdits: Schema.Boolean,
  stockFollowsRefunds: Schema.Boolean,
  /** Where a channel of the shop has other rules of stock movement than the shop as a whole. */
  channelRules: Schema.optionalKey(Schema.Array(StockRules))
})
export interface CartDescription extends Schema.Schema.Type<typeof CartDescription> {}

/** Which orders to read: the whole backlog in some statuses, or what was modified at or after an instant. */
export type OrderQuery =
  | { readonly _tag: "Backlog"; readonly statuses: ReadonlyArray<OrderStatus> }
  | { readonly _tag: "ModifiedSince"; readonly instant: DateTime.Utc }

/** A line of an order that could not be read as a whole: what could be read of it. */
export const ReadableLine = Schema.Struct({
  lineId: Schema.NullOr(OrderLineId),
  productId: Schema.NullOr(ProductId),
  variantId: Schema.NullOr(VariantId),
  sku: Schema.String,
  /** Ordered quantity; null where it could not be read. */
  quantity: Schema.NullOr(QuantityFromDecimal)
})
export interface ReadableLine extends Schema.Schema.Type<typeof ReadableLine> {}

/**
 * A row of the shop that is there and could not be read: which one, at which path, and what was expected there. Of an order,
 * what could be read is kept, so that what it may have sold can be held.
 */
export const Unreadable = Schema.TaggedStruct("Unreadable", {
  what: Schema.Literals(["order", "listing", "level"]),
  /** An order's id, or a listing's key (its product's id where no more is known); null where not even that could be read. */
  id: Schema.NullOr(Schema.String),
  path: Schema.String,
  expected: Schema.String,
  /** The start of what was found there. */
  found: Schema.String,
  number: Schema.NullOr(Schema.String),
  placedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  modifiedAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  lines: Schema.Array(ReadableLine),
  /** True where the cause may pass although the row stays as it is: it is worth asking for again soon. */
  passing: Schema.optionalKey(Schema.Boolean)
})
export interface Unreadable extends Schema.Schema.Type<typeof Unreadable> {}

/** An unreadable row from what distinguishes it; nothing else could be read. */
export const unreadable = (
  row: Pick<Unreadable, "what" | "id" | "path" | "expected"> & Partial<Omit<Unreadable, "_tag">>
): Unreadable => ({
  _tag: "Unreadable",
  found: "",
  number: null,
  placedAt: null,
  modifiedAt: null,
  lines: [],
  ...row
})

/** Whether a row could not be read. */
export const isUnreadable = (row: object): row is Unreadable => "_tag" in row && row._tag === "Unreadable"

/**
 * What the shop says it has of a listing at one of its locations. Only tracked listings have levels. `onHand` is what our
 * number sets; the optional fields are what the shop itself keeps back or adds after that.
 */
export const StockLevel = Schema.Struct({
  key: ListingKey,
  cartLocationId: CartLocationId,
  onHand: Schema.Int,
  availableToSell: Schema.Int,
  /** Units that the shop itself keeps back at this location. */
  safetyStock: Schema.optionalKey(Schema.Int),
  /** False: the shop sells none of it at this location, whatever the numbers say. */
  isInStock: Schema.optionalKey(Schema.Boolean),
  /** How many units the shop sells beyond what it has. */
  backorderLimit: Schema.optionalKey(Schema.Int),
  /** How many units the shop has sold beyond what it has. */
  backordered: Schema.optionalKey(Schema.Int)
})
export interface StockLevel extends Schema.Schema.Type<typeof StockLevel> {}

/** The number that a listing shall show at a location from now on. */
export interface StockLevelUpdate {
  readonly listing: Listing
  readonly cartLocationId: CartLocationId
  readonly quantity: number
}

/**
 * What became of one row: accepted under the shop's transaction id, rejected by itself, or not tried: no answer speaks of it,
 * because its request failed or was never sent. A row that was not tried may have been sent all the same.
 */
export type StockLevelVerdict =
  | { readonly _tag: "NotTried"; readonly update: StockLevelUpdate; readonly error: CartError }
  | { readonly _tag: "Accepted"; readonly update: StockLevelUpdate; readonly receipt: string | null }
  | { readonly _tag: "Rejected"; readonly update: StockLevelUpdate; readonly error: CartError }

/** A parcel that left. `key` is ours: the same key twice is one shipment. One destination per shipment. */
export const Shipment = Schema.Struct({
  key: Schema.NonEmptyString,
  orderId: OrderId,
  consignmentId: Schema.String,
  lines: Schema.NonEmptyArray(
    Schema.Struct({ lineId: OrderLineId, quantity: Schema.Int.check(Schema.isGreaterThan(0)) })
  ),
  carrier: Schema.String,
  trackingNumber: Schema.String.check(Schema.isMaxLength(50)),
  trackingLink: Schema.String.check(Schema.isMaxLength(500)),
  comments: Schema.String
})
export interface Shipment extends Schema.Schema.Type<typeof Shipment> {}

/** The shop's id of a recorded shipment; `existed` when an earlier try had already recorded it. */
export interface ShipmentRecorded {
  readonly shipmentId: string
  readonly existed: boolean
}

/** A request as it came in: header names in lower case, the body's raw bytes. */
export interface RawNotification {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
}

/** A hint that something changed; whoever gets it reads the current state. `id` recognises duplicates. */
export const Notification = Schema.Struct({
  id: Schema.String,
  scope: Schema.String,
  about: Schema.TaggedUnion({
    Order: { orderId: OrderId },
    Product: { productId: Schema.String },
    Stock: { productId: Schema.String, variantId: Schema.NullOr(Schema.String) },
    Settings: {},
    Shop: {},
    Unknown: {}
  })
})
export interface Notification extends Schema.Schema.Type<typeof Notification> {}

/** A notification that is not authentic, too old, or not readable. Never worth a retry. */
export class NotificationRefused extends Schema.TaggedError<NotificationRefused>()("NotificationRefused", {
  reason: Schema.String
}) {
  override get message() {
    return `notification refused: ${this.reason}`
  }
}

/** A shop, seen from one connection. */
export class Cart extends Context.Service<
  Cart,
  {
    /** What this cart can do; known without asking the shop. */
    readonly capabilities: Capabilities
    /** Checks the credentials and says what the shop is and can do. */
    readonly describe: Effect.Effect<CartDescription, CartError>
    /** Every row of the catalogue. */
    readonly listings: Stream.Stream<Listing | Unreadable, CartError>
    /** Orders with their lines, oldest change first where the shop can sort by it. */
    readonly orders: (query: OrderQuery) => Stream.Stream<Order | Unreadable, CartError>
    /** One order, or none when the shop does not know it (any more). */
    readonly order: (id: OrderId) => Effect.Effect<Option.Option<Order | Unreadable>, CartError>
    /** Levels of these listings, or of all tracked ones. */
    readonly stockLevels: (
      listings: ReadonlyArray<Listing> | "all"
    ) => Stream.Stream<StockLevel | Unreadable, CartError>
    /** Sets absolute levels; fails as a whole only when nothing could be tried. */
    readonly setStockLevels: (
      updates: ReadonlyArray<StockLevelUpdate>
    ) => Effect.Effect<ReadonlyArray<StockLevelVerdict>, CartError>
    /** Tells the shop that a parcel left, tracking first. */
    readonly recordShipment: (shipment: Shipment) => Effect.Effect<ShipmentRecorded, CartError>
    /** Authenticates and reads a notification. */
    readonly notification: (raw: RawNotification) => Effect.Effect<Notification, NotificationRefused>
  }
>()("@stockport/core/ports/Cart") {}
