/**
 * Reads the shop back and explains every difference: an order that was not imported yet, a write of ours that the shop has
 * not shown so far, or somebody's edit. What has no innocent explanation is raised as an issue and repaired.
 *
 * It begins with an ordinary cycle, so that what is compared is the state of now, and it holds the connection's lease from
 * the first reading to the last repair. Incoming goods that came inside the horizon while no cycle ran are counted by it.
 */
import { DateTime, Effect, type Option, Stream } from "effect"
import * as Drift from "../decide/Drift.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import type { ItemId } from "../domain/ItemId.ts"
import { placeOf, type Publication } from "../domain/Publication.ts"
import type { Cart } from "../ports/Cart.ts"
import { Store } from "../ports/Store.ts"
import * as Arrivals from "./Arrivals.ts"
import * as Border from "./Border.ts"
import { requireConnection } from "./Connect.ts"
import * as Cycle from "./Cycle.ts"
import * as Import from "./Import.ts"
import * as Publish from "./Publish.ts"

/** How many publications are compared with the shop at a time. */
export const publicationsPerBatch = 1_000

/** A number in the shop that is not the published one. */
export interface Difference {
  readonly publication: Publication
  /** What the shop has on hand. */
  readonly shown: number
  /** Only what is unexplained is repaired. */
  readonly verdict: Drift.DriftVerdict
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
  yield* Arrivals.markAll(connectionId)
  const cycle = yield* Cycle.passes(connectionId, Cycle.defaults)
  const { compared, suspects, strays } = yield* compare(connection)
  const store = yield* Store
  yield* store.issues.replace(connectionId, ["CART_LOCATION_HOLDS_STOCK"], null, Drift.strayStock(connection, strays))
  if (suspects.length === 0) return { cycle, compared, differences: [], repaired: 0 } satisfies ReconcileReport
  // Orders that came while we compared are the innocent explanation; the cycle's own numbers follow from them.
  yield* Import.run(connectionId)
  const differences = yield* explain(connection, suspects)
  const repaired = yield* repair(connection, differences)
  return { cycle, compared, differences, repaired } satisfies ReconcileReport
})

interface Suspect {
  readonly publication: Publication
  readonly level: Drift.ShopLevel
  readonly readAt: DateTime.Utc
}

/** Reads the shop's levels of everything that was published, a batch at a time. */
const compare = Effect.fnUntraced(function* (connection: Connection) {
  const store = yield* Store
  const suspects: Array<Suspect> = []
  const strays: Array<Drift.ShopLevel> = []
  const published = new Set<string>(connection.publishTo.map(({ cartLocationId }) => cartLocationId))
  let compared = 0
  yield* store.publications.all(connection.id).pipe(
    Stream.grouped(publicationsPerBatch),
    Stream.runForEach((publications) =>
      Effect.gen(function* () {
        const levels = yield* levelsOf(connection, publications)
        const readAt = yield* DateTime.now
        for (const level of levels.values()) {
          if (level.onHand > 0 && !published.has(level.cartLocationId)) strays.push(level)
        }
        for (const publication of publications) {
          const level = levels.get(placeOf(publication.key, publication.cartLocationId))
          if (level === undefined) continue
          compared += 1
          if (level.onHand !== publication.quantity) suspects.push({ publication, level, readAt })
        }
      })
    )
  )
  return { compared, suspects, strays }
})

const levelsOf = Effect.fnUntraced(function* (connection: Connection, publications: ReadonlyArray<Publication>) {
  const store = yield* Store
  const links = yield* store.links.ofListings(
    connection.id,
    publications.map(({ key }) => key)
  )
  const levels = new Map<string, Drift.ShopLevel>()
  yield* Stream.runForEach(Border.stockLevels(links.map(({ listing }) => listing)), (level) =>
    Effect.sync(() => levels.set(placeOf(level.key, level.cartLocationId), level))
  )
  return levels
})

/** Judges each difference by what the orders known by now have changed since the number was published. */
const explain = Effect.fnUntraced(function* (connection: Connection, suspects: ReadonlyArray<Suspect>) {
  const facts = yield* Publish.loadFacts(connection, itemsOf(suspects))
  const plan = yield* Publish.planOf(connection, facts, { approved: true, force: true })
  const computed = new Map(
    plan.updates.map(({ listing, cartLocationId, quantity }) => [placeOf(listing.key, cartLocationId), quantity])
  )
  return suspects.map(({ publication, level, readAt }): Difference => {
    const { key, cartLocationId, quantity } = publication
    const notImported = quantity - (computed.get(placeOf(key, cartLocationId)) ?? quantity)
    return { publication, shown: level.onHand, verdict: Drift.judge({ level, readAt, last: publication, notImported }) }
  })
})

/** Raises what has no explanation, and sends the computed numbers again. */
const repair = Effect.fnUntraced(function* (connection: Connection, differences: ReadonlyArray<Difference>) {
  const store = yield* Store
  const unexplained = differences.filter(({ verdict }) => Drift.needsRepair(verdict))
  if (unexplained.length > 0) {
    yield* store.transaction(
      Effect.gen(function* () {
        yield* store.issues.raise(connection.id, unexplained.flatMap(issueOf(connection)))
        yield* store.publications.mark(connection.id, itemsOf(unexplained))
      })
    )
  }
  const { published } = yield* Publish.run(connection.id, { approved: false, force: unexplained.length > 0 })
  return published
})

const issueOf =
  (connection: Connection) =>
  ({ publication: { key, cartLocationId }, shown, verdict }: Difference) =>
    Drift.needsRepair(verdict) ? [Drift.issueOf(connection, { key, cartLocationId, onHand: shown }, verdict)] : []

const itemsOf = (rows: ReadonlyArray<{ readonly publication: Publication }>): ReadonlyArray<ItemId> => [
  ...new Set(rows.map(({ publication }) => publication.itemId))
]
