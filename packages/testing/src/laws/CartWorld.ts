/**
 * The world behind a cart under test: what a merchant and shoppers do in the shop, what goes wrong on the way there, and
 * what an unbribable witness sees in it.
 *
 * Whoever brings a cart brings its world: over a scripted shop, over a sandbox server, over a test account. Ids are the
 * shop's own: the world hands them out.
 */
import type { ListingKey } from "@stockport/core/domain/Listing"
import type { OrderId, OrderStatus } from "@stockport/core/domain/Order"
import type { RawNotification } from "@stockport/core/ports/Cart"
import { Context, type DateTime, type Duration, type Effect } from "effect"

/** A product without options, as the merchant enters it; `level` null means that the shop does not count it. */
export interface Product {
  readonly sku: string
  readonly level: number | null
}

/** What a shopper buys of a listing. */
export interface Bought {
  readonly key: ListingKey
  readonly quantity: number
}

/** What a call can meet on its way: nobody there, an answer that gets lost after the deed, or a used-up quota. */
export type Trouble = "unreachable" | "lostAnswer" | "quotaUsedUp"

/** The calls that trouble can be made for. */
export type TroubledCall = "listings" | "orders" | "setStockLevels" | "recordShipment"

/** The world behind a cart. */
export class CartWorld extends Context.Service<
  CartWorld,
  {
    /** Offers products, in this order; gives their listings' keys. */
    readonly offer: (products: ReadonlyArray<Product>) => Effect.Effect<ReadonlyArray<ListingKey>>
    /** Takes a product off the shop for good. */
    readonly withdraw: (key: ListingKey) => Effect.Effect<void>
    /** A shopper's order arrives with this status. */
    readonly place: (lines: ReadonlyArray<Bought>, status: OrderStatus) => Effect.Effect<OrderId>
    /** Changes something about an order that leaves its lines and status alone, such as a note. */
    readonly touch: (id: OrderId) => Effect.Effect<void>
    readonly cancel: (id: OrderId) => Effect.Effect<void>
    /** What the shop shows of a listing, when all accepted writes have taken effect. */
    readonly level: (key: ListingKey) => Effect.Effect<number | null>
    /** How many parcels the shop knows of an order. */
    readonly shipments: (id: OrderId) => Effect.Effect<number>
    /** Lets time pass in the shop, so that what changes afterwards is stamped later. */
    readonly wait: (duration: Duration.Input) => Effect.Effect<void>
    /** The shop's own clock. */
    readonly now: Effect.Effect<DateTime.Utc>
    /** The next so many requests for a call meet trouble. */
    readonly trouble: (call: TroubledCall, trouble: Trouble, times: number) => Effect.Effect<void>
    /** The shop refuses every new level of this listing. */
    readonly refuse: (key: ListingKey) => Effect.Effect<void>
    /**
     * From now on the shop says something about this order, or this listing, that no document allows. Left out where a world
     * cannot bring it about; then the laws about unreadable rows are not tried.
     */
    readonly garble?: (id: OrderId | ListingKey) => Effect.Effect<void>
    /** The shop itself keeps so many units of a listing back from shoppers. Left out where no shop of this kind does. */
    readonly keepBack?: (key: ListingKey, units: number) => Effect.Effect<void>
    /** The notification about a changed order, as the shop would send it at that instant of the clock of the tests. */
    readonly notify: (id: OrderId, sentAt: DateTime.Utc) => Effect.Effect<RawNotification>
  }
>()("@stockport/testing/laws/CartWorld") {}
