/**
 * Publishes what changed: takes dirty items, closes over the kits above them, computes in one snapshot, lets `Publishing`
 * decide, sends, records, and clears exactly the marks it has honoured.
 *
 * A crash between sending and recording sends the same absolute numbers again. What becomes of a mark whose number was
 * refused or never answered is decided in `Verdicts`. Whoever calls holds the connection's lease (see `Cycle`).
 */
import { DateTime, Effect } from "effect"
import * as Oversold from "../decide/Oversold.ts"
import type * as Publishing from "../decide/Publishing.ts"
import * as Verdicts from "../decide/Verdicts.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { DirtyMark } from "../domain/Publication.ts"
import type { Cart, CartError } from "../ports/Cart.ts"
import { Store, type StoreError } from "../ports/Store.ts"
import { type ConnectionUnknown, requireConnection } from "./Connect.ts"
import * as EndedLinks from "./EndedLinks.ts"
import * as Match from "./Match.ts"
import { type Facts, loadFacts, planOf, type PlanOptions } from "./Numbers.ts"
import * as Send from "./Send.ts"

export { type Facts, loadFacts, planOf } from "./Numbers.ts"

/** How many marks are taken in one round; the kits above them come on top. */
export const marksPerRound = 5_000

/** How many rounds one run makes at the most; what is dirtied meanwhile waits for the next run. */
export const roundsMax = 1_000

/** How a run publishes. */
export interface PublishOptions extends PlanOptions {}

/** The careful way: guarded, and only what changed. */
export const careful: PublishOptions = { approved: false, force: false }

/** What a run did. Listings left alone are counted by reason; `rejected` by the shop, `postponed` until it answers. */
export interface PublishReport {
  readonly published: number
  readonly rejected: number
  readonly postponed: number
  readonly left: Readonly<Record<string, number>>
}

/** Hears each round's plan before it is sent. */
export type OnPlan = (plan: Publishing.PublishPlan) => Effect.Effect<void>

/** Nobody listens. */
export const unheard: OnPlan = () => Effect.void

/** Why a run stopped; what was recorded before stays, and every mark not honoured is kept. */
export type PublishError = CartError | StoreError | ConnectionUnknown

/** Publishes every dirty item of a connection, and deals with the numbers of links that have ended. */
export const run: (
  connectionId: ConnectionId,
  options?: PublishOptions,
  onPlan?: OnPlan
) => Effect.Effect<PublishReport, PublishError, Store | Cart> = Effect.fn("Publish.run")(function* (
  connectionId: ConnectionId,
  options: PublishOptions = careful,
  onPlan: OnPlan = unheard
) {
  const store = yield* Store
  const tally: Tally = { published: 0, rejected: 0, postponed: 0, left: new Map(), isGuarded: false }
  const done = new Set<ItemId>()
  if (!(yield* requireConnection(connectionId)).enabled) return report(tally)
  for (let round = 0; round < roundsMax; round++) {
    const marks = yield* store.publications.dirty(connectionId, marksPerRound)
    // Each item once per run: what stays marked, or is marked again, waits for the next one.
    const fresh = marks.filter(({ itemId }) => !done.has(itemId))
    if (fresh.length === 0) break
    // The policy is read after the marks: one that is saved later marks everything anew.
    const connection = yield* requireConnection(connectionId)
    if (!connection.enabled) return report(tally)
    const again = yield* publishRound(connection, fresh, options, tally, onPlan)
    for (const itemId of [...fresh.map((mark) => mark.itemId), ...again]) done.add(itemId)
  }
  if (!tally.isGuarded) yield* store.issues.replace(connectionId, ["MASS_ZERO"], null, [])
  tally.published += yield* EndedLinks.run(yield* requireConnection(connectionId), onPlan)
  return report(tally)
})

const publishRound = Effect.fnUntraced(function* (
  connection: Connection,
  marks: ReadonlyArray<DirtyMark>,
  options: PublishOptions,
  tally: Tally,
  onPlan: OnPlan
) {
  const facts = yield* loadFacts(
    connection,
    marks.map(({ itemId }) => itemId)
  )
  const resend = new Set(marks.filter((mark) => mark.resend).map(({ itemId }) => itemId))
  const plan = yield* planOf(connection, facts, options, resend)
  yield* onPlan(plan)
  const { written, ending } = yield* Send.deliver(connection.id, plan.updates, (verdicts) =>
    Effect.gen(function* () {
      const at = yield* DateTime.now
      const outcome = Verdicts.sort({ connectionId: connection.id, plan, marks, verdicts, at })
      yield* settle(connection, facts, plan, outcome)
      return outcome
    })
  )
  count(tally, plan, written)
  if (ending !== null) return yield* ending
  return written.owed
})

/** Records the outcome and clears the marks, all in one transaction. */
const settle = Effect.fnUntraced(function* (
  connection: Connection,
  facts: Facts,
  plan: Publishing.PublishPlan,
  outcome: Verdicts.Outcome
) {
  const store = yield* Store
  const oversold = yield* oversoldOf(connection, facts)
  yield* store.transaction(
    Effect.gen(function* () {
      yield* store.publications.record(connection.id, outcome.publications, outcome.cleared)
      if (outcome.deferred.length > 0) yield* store.publications.defer(connection.id, outcome.deferred)
      if (outcome.owed.length > 0) yield* store.publications.mark(connection.id, outcome.owed)
      yield* replaceIssues(connection.id, facts, outcome, [...plan.issues, ...outcome.refused, ...oversold])
    })
  )
})

/** What is promised of these items beyond what there is, with who shares the shortage. */
const oversoldOf = Effect.fnUntraced(function* (connection: Connection, facts: Facts) {
  const store = yield* Store
  const { available, links, shared } = facts
  const left = connection.policy.publishing.pool === "own" ? available : shared
  const short = Oversold.shortages({
    connection,
    links,
    items: (id) => facts.items.get(id) ?? null,
    left: (id) => left.get(id) ?? null
  })
  if (short.length === 0) return []
  const ids = short.map(({ itemId }) => itemId)
  return Oversold.issuesOf(connection, short, yield* store.stock.demandOf(ids, Oversold.sourcesMax))
})

/** What this round found replaces what earlier rounds found about the same listings, products and items. */
const replaceIssues = Effect.fnUntraced(function* (
  connectionId: ConnectionId,
  { affected, links }: Facts,
  { untried }: Verdicts.Outcome,
  issues: ReadonlyArray<Issue.Issue>
) {
  const store = yield* Store
  const silent = new Set(untried)
  const listings = links.map(({ listing }) => listing).filter(({ key }) => !silent.has(key))
  const replace = (subject: Issue.Subject & string, ids: ReadonlyArray<string>) => {
    const codes = Issue.codesOf("publish", subject)
    return store.issues.replace(
      connectionId,
      codes,
      { field: subject, ids },
      issues.filter(({ code }) => codes.includes(code))
    )
  }
  yield* replace(
    "listingKey",
    listings.map(({ key }) => key)
  )
  // Linked they are, whoever has linked them: what matching asked is answered.
  yield* Match.settleLinked(
    connectionId,
    listings.map(({ key }) => key)
  )
  yield* replace("productId", [...new Set(listings.map(({ productId }) => productId))])
  yield* replace("itemId", affected)
  const others = issues.filter(({ code }) => Issue.kinds[code].subject === null)
  if (others.length > 0) yield* store.issues.raise(connectionId, others)
})

interface Tally {
  published: number
  rejected: number
  postponed: number
  readonly left: Map<string, number>
  /** Whether the guard has kept back a first publication. */
  isGuarded: boolean
}

const count = (tally: Tally, plan: Publishing.PublishPlan, outcome: Verdicts.Outcome): void => {
  tally.published += outcome.publications.length
  tally.rejected += outcome.refused.length
  tally.postponed += outcome.postponed
  for (const { reasons } of plan.left) {
    const reason = reasons[0] ?? "UNCHANGED"
    if (reasons.includes("MASS_ZERO")) tally.isGuarded = true
    tally.left.set(reason, (tally.left.get(reason) ?? 0) + 1)
  }
}

const report = ({ published, rejected, postponed, left }: Tally): PublishReport => ({
  published,
  rejected,
  postponed,
  left: Object.fromEntries(left)
})
