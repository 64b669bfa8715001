/**
 * Incoming goods that come inside a connection's horizon merely because time passes.
 *
 * Nobody writes anything when that happens, so that nobody marks their items: each cycle does it, for what came inside
 * within a look-back of fixed length, and a reconciliation for everything inside. Nothing has to be remembered between two
 * cycles, and a mark too many only computes a number again that is not sent unless it differs. Until it is marked, an item
 * shows less than there is to sell, never more.
 */
import { DateTime, Effect } from "effect"
import * as Availability from "../decide/Availability.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import type { ItemId } from "../domain/ItemId.ts"
import { Store, type StoreError } from "../ports/Store.ts"
import { type ConnectionUnknown, requireConnection } from "./Connect.ts"

/**
 * How far back a cycle looks: over some cycles that did not run, and over a restart of whoever runs them. A longer look
 * would compute the same items over and over; what it misses, the next reconciliation finds.
 */
export const lookBack = { hours: 3 } as const

/** How many items are marked in one go. */
export const itemsPerPage = 1_000

/** How many pages are marked at the most; what is left then waits for the next look. */
export const pagesMax = 10_000

/** Marks the items whose incoming goods came inside the horizon within the look-back, and gives how many they are. */
export const markRecent: (connectionId: ConnectionId) => Effect.Effect<number, StoreError | ConnectionUnknown, Store> =
  Effect.fn("Arrivals.markRecent")(function* (connectionId: ConnectionId) {
    return yield* mark(connectionId, (horizon) => DateTime.subtract(horizon, lookBack))
  })

/** Marks all items with incoming goods inside the horizon, whenever they came there, and gives how many they are. */
export const markAll: (connectionId: ConnectionId) => Effect.Effect<number, StoreError | ConnectionUnknown, Store> =
  Effect.fn("Arrivals.markAll")(function* (connectionId: ConnectionId) {
    return yield* mark(connectionId, () => null)
  })

const mark = Effect.fnUntraced(function* (
  connectionId: ConnectionId,
  startOf: (horizon: DateTime.Utc) => DateTime.Utc | null
) {
  const { stock, publications } = yield* Store
  const { enabled, policy } = yield* requireConnection(connectionId)
  const horizon = Availability.incomingBy(policy.availability, yield* DateTime.now)
  // Whoever switches a connection on has all its items marked.
  if (!enabled || horizon === null) return 0
  let marked = 0
  let after: ItemId | null = null
  for (let pages = 0; pages < pagesMax; pages++) {
    const page: ReadonlyArray<ItemId> = yield* stock.arriving(startOf(horizon), horizon, { after, limit: itemsPerPage })
    if (page.length > 0) yield* publications.mark(connectionId, page)
    marked += page.length
    after = page.at(-1) ?? after
    if (page.length < itemsPerPage) break
  }
  return marked
})
