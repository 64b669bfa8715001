/**
 * Matches a shop's listings to items: reads both sides, lets `Matching` decide, and writes the accepted plan.
 *
 * Planning writes nothing. Applying writes the whole plan in one transaction, and applying it twice changes nothing.
 */
import { Effect, Stream } from "effect"
import * as Matching from "../decide/Matching.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import type * as Issue from "../domain/Issue.ts"
import type * as Item from "../domain/Item.ts"
import type { Listing } from "../domain/Listing.ts"
import { type Cart, type CartError, isUnreadable } from "../ports/Cart.ts"
import { Store, type StoreError } from "../ports/Store.ts"
import * as Border from "./Border.ts"
import { type ConnectionUnknown, requireConnection } from "./Connect.ts"

/** How many links are written in one statement. */
export const linksPerBatch = 1_000

/** What matching may ask of a person; the next plan's issues replace the last one's. */
const issueCodes: ReadonlyArray<Issue.IssueCode> = [
  "SKU_AMBIGUOUS",
  "SKU_DRIFT",
  "LISTING_UNMATCHED",
  "LISTING_ORPHANED",
  "LISTING_SHARES_ITEM"
]

/** Reads listings, items and links, and decides the plan. Holds the catalogue's SKUs and ids in memory, once. */
export const plan: (
  connectionId: ConnectionId
) => Effect.Effect<Matching.MatchPlan, CartError | StoreError | ConnectionUnknown, Store | Cart> = Effect.fn(
  "Match.plan"
)(function* (connectionId: ConnectionId) {
  const store = yield* Store
  const connection = yield* requireConnection(connectionId)
  const [listings, items, links, exclusions] = yield* Effect.all(
    [
      Stream.runCollect(Stream.filter(Border.listings, (row): row is Listing => !isUnreadable(row))),
      Stream.runCollect(Stream.map(store.items.all, matchable)),
      Stream.runCollect(store.links.all(connectionId)),
      store.links.exclusions(connectionId)
    ],
    { concurrency: 2 }
  )
  return Matching.plan({
    connectionId,
    listings,
    items,
    links,
    exclusions,
    policy: connection.policy.matching
  })
})

/**
 * Writes a plan that somebody has accepted: items to create, new links, refreshed links, links that an exclusion ends, and
 * the issues it found.
 */
export const apply: (
  connection: Pick<Connection, "id">,
  plan: Matching.MatchPlan
) => Effect.Effect<void, StoreError, Store> = Effect.fn("Match.apply")(function* (
  connection: Pick<Connection, "id">,
  plan: Matching.MatchPlan
) {
  const store = yield* Store
  const links = [...plan.linked, ...plan.refreshed, ...plan.created.map(({ link }) => link)]
  yield* store.transaction(
    Effect.gen(function* () {
      for (const created of batches(plan.created)) yield* store.items.save(created.map(({ item }) => item))
      for (const batch of batches(links)) yield* store.links.save(batch)
      for (const batch of batches(plan.revoked)) {
        yield* store.links.remove(
          connection.id,
          batch.map(({ listing }) => listing.key)
        )
      }
      yield* store.issues.replace(connection.id, issueCodes, null, plan.issues)
    })
  )
})

const matchable = ({ id, sku, kind, archived }: Item.Item): Matching.MatchableItem => ({ id, sku, kind, archived })

const batches = function* <A>(rows: ReadonlyArray<A>): Generator<ReadonlyArray<A>> {
  for (let start = 0; start < rows.length; start += linksPerBatch) yield rows.slice(start, start + linksPerBatch)
}
