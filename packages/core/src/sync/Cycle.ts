/**
 * One cycle of one connection: import, publish, and look once more.
 *
 * What arrived at the shop between reading its orders and writing its numbers goes through at once, so that a number never
 * gives back stock that the shop has just sold for longer than one more pass. One cycle runs per connection at a time,
 * whatever the number of processes: a second one is told so and does nothing.
 */
import { Effect, type Option } from "effect"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import type { Cart } from "../ports/Cart.ts"
import { Store } from "../ports/Store.ts"
import * as Arrivals from "./Arrivals.ts"
import * as Import from "./Import.ts"
import * as Publish from "./Publish.ts"

/** How often a cycle looks again before it leaves the rest to the next one. */
export const passesMax = 3

/** Who listens to a cycle, and how it publishes. */
export interface CycleOptions {
  readonly publish: Publish.PublishOptions
  readonly onDecision: Import.OnDecision
  readonly onPlan: Publish.OnPlan
  /** Reads the orders of a day more than usual. */
  readonly wide?: boolean
}

/** The careful cycle that nobody listens to. */
export const defaults: CycleOptions = {
  publish: Publish.careful,
  onDecision: Import.unheard,
  onPlan: Publish.unheard
}

/** What a cycle did, over all its passes. */
export interface CycleReport {
  readonly imports: Import.ImportReport
  readonly publishes: Publish.PublishReport
  readonly passes: number
}

/** Why a cycle stopped; every commit before stays, and the next cycle goes on from there. */
export type CycleError = Import.ImportError | Publish.PublishError

/** Runs a cycle; `None` when another one holds the connection. */
export const run: (
  connectionId: ConnectionId,
  options?: Partial<CycleOptions>
) => Effect.Effect<Option.Option<CycleReport>, CycleError, Store | Cart> = Effect.fn("Cycle.run")(function* (
  connectionId: ConnectionId,
  options: Partial<CycleOptions> = {}
) {
  const store = yield* Store
  return yield* store.connections.exclusively(connectionId, passes(connectionId, { ...defaults, ...options }))
})

/** The cycle itself, for who already holds the connection. */
export const passes: (
  connectionId: ConnectionId,
  options: CycleOptions
) => Effect.Effect<CycleReport, CycleError, Store | Cart> = Effect.fn("Cycle.passes")(function* (
  connectionId: ConnectionId,
  options: CycleOptions
) {
  // First of all, and not only when the shop answers: how far back this looks is bounded.
  yield* Arrivals.markRecent(connectionId)
  let imports = yield* Import.run(connectionId, options.onDecision, { wide: options.wide ?? false })
  let publishes = yield* Publish.run(connectionId, options.publish, options.onPlan)
  let pass = 1
  for (; pass < passesMax; pass++) {
    const arrived = yield* Import.run(connectionId, options.onDecision)
    if (!hasNews(arrived)) break
    imports = addImports(imports, arrived)
    publishes = addPublishes(publishes, yield* Publish.run(connectionId, options.publish, options.onPlan))
  }
  return { imports, publishes, passes: pass }
})

/** Whether an import changed what is available. */
const hasNews = ({ imported, amended, held }: Import.ImportReport): boolean =>
  imported + amended + Object.keys(held).length > 0

const addImports = (first: Import.ImportReport, second: Import.ImportReport): Import.ImportReport => ({
  read: first.read + second.read,
  imported: first.imported + second.imported,
  amended: first.amended + second.amended,
  unchanged: first.unchanged + second.unchanged,
  held: addCounts(first.held, second.held),
  skipped: addCounts(first.skipped, second.skipped)
})

const addPublishes = (first: Publish.PublishReport, second: Publish.PublishReport): Publish.PublishReport => ({
  published: first.published + second.published,
  rejected: first.rejected + second.rejected,
  postponed: first.postponed + second.postponed,
  left: addCounts(first.left, second.left)
})

type Counts = Readonly<Record<string, number>>

const addCounts = (first: Counts, second: Counts): Counts =>
  Object.fromEntries(
    [...new Set([...Object.keys(first), ...Object.keys(second)])].map((key) => [
      key,
      (first[key] ?? 0) + (second[key] ?? 0)
    ])
  )
