/**
 * What can go wrong between a cart and its shop, as data: the next calls of an operation meet what was injected for it, in
 * order, and every other call meets what the plan says.
 */
import { CartError, type CartErrorReason, RateLimited, Transient } from "@stockport/core/ports/Cart"

/** The operations of a cart that go over the wire. */
export type Operation =
  | "describe"
  | "listings"
  | "orders"
  | "order"
  | "stockLevels"
  | "setStockLevels"
  | "recordShipment"

/**
 * One fault.
 *
 * - `FailBefore`: the call fails and the shop never heard of it.
 * - `FailAfter`: the shop did what was asked, and the answer was lost.
 * - `BreakAtPage`: a stream gives this many pages and then fails.
 * - `DuplicatePage`: a stream gives this page twice. `ReorderPages`: it gives its pages last first.
 * - `OmitPage`: a stream leaves this page out and says nothing. No honest cart does that: it is there to show that a law
 *   notices.
 * - `Stale`: a read answers with what stood there so many milliseconds ago.
 * - `Missing`: the shop says that it does not know the order that it is asked for, although it does.
 * - `RejectRows`: the shop refuses every row of the call, each by itself.
 */
export type Fault =
  | { readonly _tag: "FailBefore"; readonly reason: CartErrorReason }
  | { readonly _tag: "FailAfter"; readonly reason: CartErrorReason }
  | { readonly _tag: "BreakAtPage"; readonly page: number; readonly reason: CartErrorReason }
  | { readonly _tag: "DuplicatePage"; readonly page: number }
  | { readonly _tag: "OmitPage"; readonly page: number }
  | { readonly _tag: "ReorderPages" }
  | { readonly _tag: "Stale"; readonly millis: number }
  | { readonly _tag: "Missing" }
  | { readonly _tag: "RejectRows"; readonly reason: CartErrorReason }

/** The network failed for now. */
export const unreachable: CartErrorReason = new Transient({ detail: "the connection was reset" })

/** The answer did not come in time. */
export const timedOut: CartErrorReason = new Transient({ detail: "no answer within 30 seconds" })

/** The quota is used up for so long. */
export const rateLimited = (retryAfterMillis: number): CartErrorReason => new RateLimited({ retryAfterMillis })

/** The error that a call fails with for a reason. */
export const errorOf = (operation: Operation, reason: CartErrorReason): CartError =>
  new CartError({ operation, reason })
