/**
 * Deals with the numbers that the shop goes on showing for links that have ended; what becomes of them is decided in
 * `Endings`.
 */
import { DateTime, Effect, Stream } from "effect"
import * as Endings from "../decide/Endings.ts"
import type { PublishPlan } from "../decide/Publishing.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import type { EndedLink } from "../domain/Link.ts"
import type { ListingKey } from "../domain/Listing.ts"
import type { Publication } from "../domain/Publication.ts"
import type { Cart, CartError, StockLevelVerdict } from "../ports/Cart.ts"
import { pageLimitMax, type RaisedIssue, Store, type StoreError } from "../ports/Store.ts"
import * as Send from "./Send.ts"

/** How many ended links one run deals with; those beyond wait until some of them are settled. */
export const linksPerRun = 1_000

/** Deals with the unsettled ones, and gives how many zeros the shop has accepted. */
export const run: (
  connection: Connection,
  onPlan: (plan: PublishPlan) => Effect.Effect<void>
) => Effect.Effect<number, CartError | StoreError, Store | Cart> = Effect.fn("EndedLinks.run")(function* (
  connection: Connection,
  onPlan: (plan: PublishPlan) => Effect.Effect<void>
) {
  const plan = yield* planOf(connection)
  const { updates } = plan.publishing
  if (updates.length > 0) yield* onPlan(plan.publishing)
  const { written, ending } = yield* Send.deliver(connection.id, updates, (verdicts) =>
    settle(connection, plan, verdicts)
  )
  if (ending !== null) return yield* ending
  return written
})

interface Plan {
  readonly settled: ReadonlyArray<ListingKey>
  readonly publishing: PublishPlan
}

const planOf = Effect.fnUntraced(function* (connection: Connection) {
  const store = yield* Store
  const ended = yield* Stream.runCollect(Stream.take(store.links.ended(connection.id, "unsettled"), linksPerRun))
  if (ended.length === 0) return nothing
  const listings = ended.map(({ link: { listing } }) => listing)
  const last = yield* store.publications.ofListings(
    connection.id,
    listings.map(({ key }) => key)
  )
  const linked = yield* store.links.ofProducts(connection.id, [...new Set(listings.map(({ productId }) => productId))])
  const linkedProducts = new Set(linked.map(({ listing }) => listing.productId))
  const { settled, zeros, issues } = Endings.plan({ connection, ended, last, linkedProducts })
  return { settled, publishing: { updates: zeros, left: [], issues } } satisfies Plan
})

const nothing: Plan = { settled: [], publishing: { updates: [], left: [], issues: [] } }

/** Records the zeros, settles what is dealt with, and tells of the others. */
const settle = Effect.fnUntraced(function* (
  connection: Connection,
  { settled, publishing: { updates, issues } }: Plan,
  verdicts: ReadonlyArray<StockLevelVerdict>
) {
  const store = yield* Store
  const publishedAt = yield* DateTime.now
  const connectionId = connection.id
  const publications = updates.flatMap(({ listing: { key }, cartLocationId, itemId, quantity }, row) => {
    const verdict = verdicts[row]!
    if (verdict._tag !== "Accepted") return []
    const { receipt } = verdict
    return [{ connectionId, key, cartLocationId, itemId, quantity, publishedAt, receipt } satisfies Publication]
  })
  const open = new Set(
    updates.flatMap(({ listing }, row) => (isDealtWith(verdicts[row]!) ? [] : [listing.key as string]))
  )
  const told = new Set(updates.map(({ listing }) => listing.key))
  const done = [...settled, ...[...told].filter((key) => !open.has(key))]
  const still = issues.filter(({ about }) => !done.some((key) => key === about["listingKey"]))
  yield* store.transaction(
    Effect.gen(function* () {
      if (publications.length > 0) yield* store.publications.record(connectionId, publications, [])
      if (done.length > 0) yield* store.links.settle(connectionId, done)
      yield* tell(connectionId, still)
      // The listing is nobody's any more: nothing else is asked about it.
      const ids = [...done, ...issues.flatMap(({ about }) => about["listingKey"] ?? [])]
      const codes = codesOfListings.filter((code) => code !== linkEnded)
      if (ids.length > 0) yield* store.issues.replace(connectionId, codes, { field: "listingKey", ids }, [])
    })
  )
  return publications.length
})

const codesOfListings = Issue.codesOf("publish", "listingKey")

/** Settles those of these whose number the shop shows no more, and closes what was told of them. */
export const settleGone: (
  connectionId: ConnectionId,
  ended: ReadonlyArray<EndedLink>,
  sighting: Endings.Sighting
) => Effect.Effect<void, StoreError, Store> = Effect.fn("EndedLinks.settleGone")(function* (
  connectionId: ConnectionId,
  ended: ReadonlyArray<EndedLink>,
  sighting: Endings.Sighting
) {
  const store = yield* Store
  const keys = ended.map(({ link }) => link.listing.key)
  const last = yield* store.publications.ofListings(connectionId, keys)
  const ids = Endings.gone(ended, last, sighting)
  if (ids.length === 0) return
  yield* store.transaction(
    Effect.andThen(
      store.links.settle(connectionId, ids),
      store.issues.replace(connectionId, codesOfListings, { field: "listingKey", ids }, [])
    )
  )
})

/** Makes these the open ones. One that stands unchanged is not raised again: nothing has happened that should count. */
const tell = Effect.fnUntraced(function* (connectionId: ConnectionId, issues: ReadonlyArray<Issue.Issue>) {
  const store = yield* Store
  const open = yield* openOnes(connectionId)
  const kept = new Set(issues.map(Issue.keyOf))
  const gone = [...open.keys()].filter((key) => !kept.has(key))
  const news = issues.filter((issue) => open.get(Issue.keyOf(issue)) !== textOf(issue))
  if (gone.length > 0) yield* store.issues.resolve(gone)
  if (news.length > 0) yield* store.issues.raise(connectionId, news)
})

/** The text of each that is open, by its key. Keys begin with the code, so that those of one code stand together. */
const openOnes = Effect.fnUntraced(function* (connectionId: ConnectionId) {
  const store = yield* Store
  const texts = new Map<string, string>()
  let after: string = linkEnded
  for (;;) {
    const page: ReadonlyArray<RaisedIssue> = yield* store.issues.open(connectionId, { after, limit: pageLimitMax })
    const own = page.filter(({ issue }) => issue.code === linkEnded)
    for (const { key, issue } of own) texts.set(key, textOf(issue))
    if (own.length < pageLimitMax) return texts
    after = page.at(-1)!.key
  }
})

const linkEnded = "LINK_ENDED" satisfies Issue.IssueCode

const textOf = ({ message, remedy }: Issue.Issue): string => `${message}\n${remedy}`

/** Zero was accepted, or the listing is gone with its number. */
const isDealtWith = (verdict: StockLevelVerdict): boolean =>
  verdict._tag === "Accepted" || (verdict._tag === "Rejected" && verdict.error.reason._tag === "NotFound")
