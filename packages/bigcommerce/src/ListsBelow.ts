/**
 * Lists below an order: its lines, addresses, shipments and refunds. Whose fault is it when one of them cannot be had?
 *
 * A failure does not say whether the shop is away or stumbles over this one order. So the shop is asked something that has
 * nothing to do with the order: where it does not answer that either, it is away, and the reading ends with its error, like
 * any outage; where it does, only this list is missing, for now. A shop that answers and fails one order's list after the
 * other is not made to fail each of them at length: after {@link failuresInRowMax} the others of the same reading are missing
 * at once, and their orders are asked for again one by one.
 */
import { Data, Effect, Result, Schema } from "effect"
import type { CartError, CartErrorReason } from "@stockport/core/ports/Cart"
import { type BigCommerceClient, isPassing } from "./BigCommerceClient.ts"
import * as Operation from "./Operation.ts"

/** How many lists may fail in a row before a reading asks for no further one. */
export const failuresInRowMax = 3

/** One reading of orders, whose lists share their luck. */
export interface Reading {
  readonly client: BigCommerceClient["Service"]
  /** Whether its calls may use the quota that bulk work leaves alone. */
  readonly urgent: boolean
  failuresInRow: number
}

/** A reading that has met no failure yet. */
export const reading = (client: BigCommerceClient["Service"], urgent: boolean): Reading => ({
  client,
  urgent,
  failuresInRow: 0
})

/** A list that cannot be had for now, while the shop answers. */
export class Missing extends Data.TaggedError("Missing")<{ readonly why: string }> {}

/** What `list` gives; a failure that does not hit every call alike is `Missing`, as long as the shop answers at all. */
export const of = Effect.fnUntraced(function* <A>(
  at: Reading,
  operation: Operation.Operation,
  list: Effect.Effect<A, CartError>
) {
  if (at.failuresInRow >= failuresInRowMax) {
    return yield* new Missing({
      why: `${Operation.nameOf(operation)} has failed for other orders and is left for later`
    })
  }
  const outcome = yield* Effect.result(list)
  if (Result.isSuccess(outcome)) {
    at.failuresInRow = 0
    return outcome.success
  }
  const { message, reason } = outcome.failure
  if (hitsAll(reason)) return yield* outcome.failure
  yield* requireAnswer(at)
  if (isPassing(reason)) at.failuresInRow += 1
  return yield* new Missing({ why: message })
})

/** Fails where the shop is away: one order of its list is asked for, once. */
const requireAnswer = ({ client, urgent }: Reading) =>
  client.call(Operation.getOrders, { query: { limit: 1 }, urgent, once: true }, Schema.Unknown)

/** Credentials, the store as a whole, the quota: nothing that one order could be the cause of. */
const hitsAll = ({ _tag }: CartErrorReason): boolean =>
  _tag === "Unauthorized" ||
  _tag === "Forbidden" ||
  _tag === "Suspended" ||
  _tag === "RateLimited" ||
  _tag === "LeaseLost"
