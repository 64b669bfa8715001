/**
 * Plan before apply: runs the same pipe as the real thing, matching included, and undoes all of it.
 *
 * The shop is read once and then played back; what would be sent to it is collected. The store runs everything inside one
 * transaction that always rolls back, so the plan is not a guess about the code that will run but its own answer.
 */
import { Data, type DateTime, Effect, Option, Stream } from "effect"
import { Strays } from "../decide/Drift.ts"
import type { IntakeDecision } from "../decide/Intake.ts"
import type { MatchPlan } from "../decide/Matching.ts"
import type { LeftAlone, PublishPlan, PublishUpdate } from "../decide/Publishing.ts"
import type { Connection } from "../domain/Connection.ts"
import type { Issue } from "../domain/Issue.ts"
import type { Listing } from "../domain/Listing.ts"
import type { Order, OrderId, OrderStatus } from "../domain/Order.ts"
import { safe } from "../domain/SyncPolicy.ts"
import { Cart, type CartError, type StockLevel, type StockLevelVerdict } from "../ports/Cart.ts"
import { Store, type StoreError } from "../ports/Store.ts"
import * as Border from "./Border.ts"
import { type ConnectionUnknown, review } from "./Connect.ts"
import * as Cycle from "./Cycle.ts"
import * as Import from "./Import.ts"
import * as Match from "./Match.ts"
import * as Publish from "./Publish.ts"

/**
 * Everything that a cycle would write, and every listing it would leave alone. `warnings` are what a person should know
 * before it is done (see also `Publishing.rises`), `prefix` is one to take where order numbers would collide.
 */
export interface Plan {
  readonly match: MatchPlan
  readonly decisions: ReadonlyArray<{ readonly order: Order; readonly decision: IntakeDecision }>
  readonly updates: ReadonlyArray<PublishUpdate>
  readonly left: ReadonlyArray<LeftAlone>
  readonly report: Cycle.CycleReport
  readonly warnings: ReadonlyArray<Issue>
  readonly prefix: string | null
}

/** Carries the plan out of the transaction that it undoes. */
class Undone extends Data.TaggedError("Undone")<{ readonly plan: Plan }> {}

/** Plans a whole cycle for a connection, saved or not; writes nothing to the store and nothing to the shop. */
export const plan: (
  connection: Connection,
  options?: Publish.PublishOptions
) => Effect.Effect<Plan, CartError | StoreError | ConnectionUnknown, Store | Cart> = Effect.fn("Rehearsal.plan")(
  function* (connection: Connection, options: Publish.PublishOptions = Publish.careful) {
    const store = yield* Store
    const isFirst = Option.isNone(yield* store.connections.cursor(connection.id))
    const backlog = isFirst ? Import.backlogStatuses(connection) : []
    const played = yield* record(yield* Import.startOf(connection), backlog)
    return yield* store.transaction(Effect.flatMap(run(connection, options), (plan) => new Undone({ plan }))).pipe(
      Effect.provideService(Cart, played),
      Effect.catchTag("Undone", ({ plan }) => Effect.succeed(plan))
    )
  }
)

const run = Effect.fnUntraced(function* (connection: Connection, options: Publish.PublishOptions) {
  const store = yield* Store
  yield* store.connections.save(connection)
  const match = yield* Match.plan(connection.id)
  yield* Match.apply(connection, match)
  const decisions: Array<Plan["decisions"][number]> = []
  const decided = new Set<OrderId>()
  const updates: Array<PublishUpdate> = []
  const left: Array<LeftAlone> = []
  const report = yield* Cycle.passes(connection.id, {
    publish: options,
    onDecision: (order, decision) =>
      Effect.sync(() => {
        // Looking again finds the rehearsed orders unchanged: that is no news to anybody.
        if (decision.sale !== null || !decided.has(order.id)) decisions.push({ order, decision })
        decided.add(order.id)
      }),
    onPlan: (plan: PublishPlan) =>
      Effect.sync(() => {
        updates.push(...plan.updates)
        left.push(...plan.left)
      })
  })
  const { warnings, prefix } = yield* review(connection)
  return { match, decisions, updates, left, report, prefix, warnings: [...warnings, ...(yield* strays(connection))] }
})

/** Locations of the shop that sell what is linked, and that nobody feeds. */
const strays = Effect.fnUntraced(function* (connection: Connection) {
  const store = yield* Store
  const cart = yield* Cart
  const { locations } = yield* cart.describe
  const found = new Strays(connection, new Set(locations.filter(({ enabled }) => enabled).map(({ id }) => id)))
  const linked = new Set<string>()
  yield* Stream.runForEach(store.links.all(connection.id), ({ listing: { key } }) => Effect.sync(() => linked.add(key)))
  yield* Stream.runForEach(Border.stockLevels("all"), (level) =>
    Effect.sync(() => (linked.has(level.key) ? found.add(level) : undefined))
  )
  return found.issues()
})

/**
 * Reads the shop once, orders since an instant and the backlog in some statuses, and gives a cart that plays it back and
 * accepts every number without sending it. Whoever wants no transaction open while a shop is read records first and plans over the recording.
 */
export const record: (
  since: DateTime.Utc,
  backlog?: ReadonlyArray<OrderStatus>
) => Effect.Effect<Cart["Service"], CartError, Cart> = Effect.fn("Rehearsal.record")(function* (
  since: DateTime.Utc,
  backlog: ReadonlyArray<OrderStatus> = Import.backlogStatuses({ policy: safe })
) {
  const cart = yield* Cart
  const description = yield* cart.describe
  const listings = yield* Stream.runCollect(cart.listings)
  const orders = yield* Stream.runCollect(cart.orders({ _tag: "ModifiedSince", instant: since }))
  const owing =
    backlog.length === 0 ? [] : yield* Stream.runCollect(cart.orders({ _tag: "Backlog", statuses: backlog }))
  const levels = yield* Stream.runCollect(Border.stockLevels("all"))
  const byListing = Map.groupBy(levels, ({ key }) => key)
  return Cart.of({
    ...cart,
    describe: Effect.succeed(description),
    listings: Stream.fromIterable(listings),
    orders: ({ _tag }) => Stream.fromIterable(_tag === "Backlog" ? owing : orders),
    stockLevels: (wanted) => Stream.fromIterable(wanted === "all" ? levels : levelsOf(byListing, wanted)),
    setStockLevels: (updates) =>
      Effect.succeed(updates.map((update): StockLevelVerdict => ({ _tag: "Accepted", update, receipt: null }))),
    recordShipment: () => Effect.die("a rehearsal ships nothing")
  })
})

const levelsOf = (
  byListing: ReadonlyMap<string, ReadonlyArray<StockLevel>>,
  wanted: ReadonlyArray<Listing>
): ReadonlyArray<StockLevel> => wanted.flatMap(({ key }) => byListing.get(key) ?? [])
