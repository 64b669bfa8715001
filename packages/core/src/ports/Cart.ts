/**
 * The port to a shop: what any cart must offer so that its listings and our stock tell the same story.
 *
 * One `Cart` serves one connection. Everything it returns is in the domain's words; the shop's own names stop in the
 * adapter. What a cart cannot do is said in {@link Capabilities}, not discovered by an exception.
 *
 * Laws that every adapter obeys:
 * - `listings`, `orders` and `stockLevels` end, hold one page at a time, and give every row at least once.
 * - `setStockLevels` gives one verdict per row, in order; a bad row never takes a good one with it.
 * - `recordShipment` with the same key twice records one shipment, also when the first answer was lost.
 * - Every call has a time-out and bounded retries; what it fails with says whether another try may help.
 */
import { Context, type DateTime, type Effect, type Option, Schema, type Stream } from "effect"
import { CartLocationId } from "../domain/Connection.ts"
import { ListingKey, type Listing } from "../domain/Listing.ts"
import { Currency } from "../domain/Money.ts"
import { OrderId, OrderLineId, type Order, type OrderStatus } from "../domain/Order.ts"

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
  Undecodable
])
export type CartErrorReason = typeof CartErrorReason.Type

/** A call to the shop that failed: which operation, and why. Never carries a secret. */
export class CartError extends Schema.TaggedError<CartError>()("CartError", {
  operation: Schema.String,
  reason: CartErrorReason
}) {
  /** Whether the same call may succeed later without anybody's help. */
  get retryable(): boolean {
    return this.reason._tag === "RateLimited" || this.reason._tag === "Transient"
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
  quantityMax: Schema.Natural
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
  stockFollowsRefunds: Schema.Boolean
})
export interface CartDescription extends Schema.Schema.Type<typeof CartDescription> {}

/** Which orders to read: the whole backlog in some statuses, or what was modified at or after an instant. */
export type OrderQuery =
  | { readonly _tag: "Backlog"; readonly statuses: ReadonlyArray<OrderStatus> }
  | { readonly _tag: "ModifiedSince"; readonly instant: DateTime.Utc }

/** What the shop says it has of a listing at one of its locations. Only tracked listings have levels. */
export const StockLevel = Schema.Struct({
  key: ListingKey,
  cartLocationId: CartLocationId,
  onHand: Schema.Int,
  availableToSell: Schema.Int
})
export interface StockLevel extends Schema.Schema.Type<typeof StockLevel> {}

/** The number that a listing shall show at a location from now on. */
export interface StockLevelUpdate {
  readonly listing: Listing
  readonly cartLocationId: CartLocationId
  readonly quantity: number
}

/** What became of one row: accepted under the shop's transaction id, or rejected by itself. */
export type StockLevelVerdict =
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
    readonly listings: Stream.Stream<Listing, CartError>
    /** Orders with their lines, oldest change first where the shop can sort by it. */
    readonly orders: (query: OrderQuery) => Stream.Stream<Order, CartError>
    /** One order, or none when the shop does not know it (any more). */
    readonly order: (id: OrderId) => Effect.Effect<Option.Option<Order>, CartError>
    /** Levels of these listings, or of all tracked ones. */
    readonly stockLevels: (listings: ReadonlyArray<Listing> | "all") => Stream.Stream<StockLevel, CartError>
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
