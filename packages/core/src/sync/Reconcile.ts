/**
 * Reads the shop back and explains every difference: an order that was not imported yet, a write of ours that the shop has
 * not shown so far, or somebody's edit. What has no innocent explanation is raised as an issue and repaired.
 *
 * It begins with an ordinary cycle, so that what is compared is the state of now, and it holds the connection's lease from
 * the first reading to the last repair.
 */
import { DateTime, Effect, Option, Stream } from "effect"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import type { ItemId } from "../domain/ItemId.ts"
import { placeOf, type Publication } from "../domain/Publication.ts"
import { Cart } from "../ports/Cart.ts"
import { Store } from "../ports/Store.ts"
import { requireConnection } from "./Connect.ts"
import * as Cycle from "./Cycle.ts"
import * as Import from "./Import.ts"
import * as Publish from "./Publish.ts"

/** How many publications are compared with the shop at a time. */
export const publicationsPerBatch = 1_000

/** How long a shop may take to show a number that it has accepted. */
export const settling = { minutes: 5 } as const

/** A number in the shop that is not the published one. */
export interface Difference {
  readonly publication: Publication
  /** What the shop has on hand. */
  readonly shown: number
  /** Settling: written a moment ago. Sold: an order explains it. Unexplained: somebody else changed it; repaired. */
  readonly verdict: "settling" | "sold" | "unexplained"
}

/** What a reconciliation found. */
export interface ReconcileReport {
  readonly cycle: Cycle.CycleReport
  readonly compared: number
  readonly differences: ReadonlyArray<Difference>
  /** How many numbers were sent again. */
  readonly repaired: number
}

/** Reconciles a connection; `None` when a cycle holds it. */
export const run: (
  connectionId: ConnectionId
) => Effect.Effect<Option.Option<ReconcileReport>, Cycle.CycleError, Store | Cart> = Effect.fn("Reconcile.run")(
  function* (connectionId: ConnectionId) {
    const store = yield* Store
    return yield* store.connections.exclusively(connectionId, reconcile(connectionId))
  }
)

const reconcile = Effect.fnUntraced(function* (connectionId: ConnectionId) {
  const connection = yield* requireConnection(connectionId)
  const cycle = yield* Cycle.passes(connectionId, Cycle.defaults)
  const { compared, suspects } = yield* compare(connection)
  if (suspects.length === 0) return { cycle, compared, differences: [], repaired: 0 } satisfies ReconcileReport
  // Orders that came while we compared are the innocent explanation; the cycle's own numbers follow from them.
  yield* Import.run(connectionId)
  const differences = yield* explain(connection, suspects)
  const repaired = yield* repair(connection, differences)
  return { cycle, compared, differences, repaired } satisfies ReconcileReport
})

interface Suspect {
  readonly publication: Publication
  readonly shown: number
}

/** Reads the shop's levels of everything that was published, a batch at a time. */
const compare = Effect.fnUntraced(function* (connection: Connection) {
  const store = yield* Store
  const suspects: Array<Suspect> = []
  let compared = 0
  yield* store.publications.all(connection.id).pipe(
    Stream.grouped(publicationsPerBatch),
    Stream.runForEach((publications) =>
      Effect.gen(function* () {
        const levels = yield* levelsOf(connection, publications)
        for (const publication of publications) {
          const shown = levels.get(placeOf(publication.key, publication.cartLocationId))
          if (shown === undefined) continue
          compared += 1
          if (shown !== publication.quantity) suspects.push({ publication, shown })
        }
      })
    )
  )
  return { compared, suspects }
})

const levelsOf = Effect.fnUntraced(function* (connection: Connection, publications: ReadonlyArray<Publication>) {
  const store = yield* Store
  const cart = yield* Cart
  const links = yield* store.links.ofListings(
    connection.id,
    publications.map(({ key }) => key)
  )
  const levels = new Map<string, number>()
  yield* Stream.runForEach(cart.stockLevels(links.map(({ listing }) => listing)), (level) =>
    Effect.sync(() => levels.set(placeOf(level.key, level.cartLocationId), level.onHand))
  )
  return levels
})

/** A number that follows from the orders known by now is sold; one that was written a moment ago is settling. */
const explain = Effect.fnUntraced(function* (connection: Connection, suspects: ReadonlyArray<Suspect>) {
  const now = yield* DateTime.now
  const facts = yield* Publish.loadFacts(connection, itemsOf(suspects))
  const plan = yield* Publish.planOf(connection, facts, { approved: true, force: true })
  const computed = new Map(
    plan.updates.map(({ listing, cartLocationId, quantity }) => [placeOf(listing.key, cartLocationId), quantity])
  )
  const settledBefore = DateTime.subtract(now, settling)
  return suspects.map(({ publication, shown }): Difference => {
    if (computed.get(placeOf(publication.key, publication.cartLocationId)) === shown)
      return { publication, shown, verdict: "sold" }
    const isSettling = DateTime.isGreaterThan(publication.publishedAt, settledBefore)
    return { publication, shown, verdict: isSettling ? "settling" : "unexplained" }
  })
})

/** Raises what has no explanation, and sends the computed numbers again. */
const repair = Effect.fnUntraced(function* (connection: Connection, differences: ReadonlyArray<Difference>) {
  const store = yield* Store
  const unexplained = differences.filter(({ verdict }) => verdict === "unexplained")
  if (unexplained.length > 0) {
    yield* store.transaction(
      Effect.gen(function* () {
        yield* store.issues.raise(
          connection.id,
          unexplained.map(({ publication, shown }) =>
            Issue.unexplainedDrift({
              connectionId: connection.id,
              listingKey: publication.key,
              cartLocationId: publication.cartLocationId,
              published: publication.quantity,
              shown
            })
          )
        )
        yield* store.publications.mark(connection.id, itemsOf(unexplained))
      })
    )
  }
  const { published } = yield* Publish.run(connection.id, { approved: false, force: unexplained.length > 0 })
  return published
})

const itemsOf = (rows: ReadonlyArray<{ readonly publication: Publication }>): ReadonlyArray<ItemId> => [
  ...new Set(rows.map(({ publication }) => publication.itemId))
]
