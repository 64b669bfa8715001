/**
 * Matches a shop's listings to items: reads both sides, lets `Matching` decide, and writes the accepted plan. What a person says
 * about a listing (link it, unlink it, exclude it, include it again) is written here too, and settles the issues it answers.
 *
 * Planning writes nothing. Applying writes the whole plan in one transaction, and applying it twice changes nothing. A row
 * that cannot be read, or that the store refuses, is told by name and takes no other row with it.
 */
import { Cause, Effect, Result, Stream } from "effect"
import * as Matching from "../decide/Matching.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import type * as Item from "../domain/Item.ts"
import * as Link from "../domain/Link.ts"
import type { Listing, ListingKey } from "../domain/Listing.ts"
import { type Cart, type CartError, isUnreadable, type Unreadable } from "../ports/Cart.ts"
import { pageLimitMax, type RaisedIssue, Store, StoreError } from "../ports/Store.ts"
import * as Border from "./Border.ts"
import { type ConnectionUnknown, requireConnection } from "./Connect.ts"

/** How many links, and how many issues, are written in one statement. */
export const linksPerBatch = 1_000

/** What matching may ask of a person; the next plan's issues replace the last one's. */
const issueCodes: ReadonlySet<Issue.IssueCode> = new Set(Issue.codesOf("match"))

/** What a link answers, whoever made it. */
const answeredByLink: ReadonlyArray<Issue.IssueCode> = ["LISTING_UNMATCHED", "SKU_AMBIGUOUS"]

/** What says something about the link that there was. */
const aboutLink: ReadonlyArray<Issue.IssueCode> = ["SKU_DRIFT", "LINK_UNSELLABLE", "LINK_MOVED"]

/** Reads listings, items and links, and decides the plan. Holds the catalogue's SKUs and ids in memory, once. */
export const plan: (
  connectionId: ConnectionId
) => Effect.Effect<Matching.MatchPlan, CartError | StoreError | ConnectionUnknown, Store | Cart> = Effect.fn(
  "Match.plan"
)(function* (connectionId: ConnectionId) {
  const store = yield* Store
  const connection = yield* requireConnection(connectionId)
  const [rows, items, links, ended, exclusions] = yield* Effect.all(
    [
      Stream.runCollect(Border.listings),
      Stream.runCollect(Stream.map(store.items.all, matchable)),
      Stream.runCollect(store.links.all(connectionId)),
      Stream.runCollect(store.links.ended(connectionId, "all")),
      store.links.exclusions(connectionId)
    ],
    { concurrency: 2 }
  )
  const unreadable: Array<Unreadable> = []
  const listings: Array<Listing> = []
  for (const row of rows) {
    if (isUnreadable(row)) unreadable.push(row)
    else listings.push(row)
  }
  return Matching.plan({
    connectionId,
    listings,
    items,
    links,
    ended,
    exclusions,
    unreadable,
    policy: connection.policy.matching
  })
})

/**
 * Writes a plan that somebody has accepted: items to create, new links, refreshed links, links that have ended, exclusions that
 * have moved, and the issues it found. Numbers whose listing is counted at another level than before are sent again.
 */
export const apply: (
  connection: Pick<Connection, "id">,
  plan: Matching.MatchPlan
) => Effect.Effect<void, StoreError, Store> = Effect.fn("Match.apply")(function* (
  connection: Pick<Connection, "id">,
  plan: Matching.MatchPlan
) {
  const store = yield* Store
  yield* store.transaction(
    Effect.gen(function* () {
      const refused = yield* writeLinks(plan)
      const isWritten = ({ listing }: Link.Link) => !refused.has(listing.key)
      const replaced = plan.replaced.filter(({ to }) => isWritten(to)).map(({ from }) => from)
      yield* endLinks(connection.id, keysOf(replaced), "replaced")
      yield* endLinks(connection.id, keysOf(plan.revoked), "excluded")
      for (const batch of batches(plan.excluded)) yield* store.links.exclude(batch)
      for (const batch of batches(plan.lifted)) yield* store.links.include(connection.id, batch)
      yield* resend(connection.id, plan.recounted.filter(isWritten))
      yield* replaceIssues(connection.id, [
        ...plan.issues.filter(({ about }) => !refused.has(about["listingKey"] ?? "")),
        ...Array.from(refused, ([listingKey, fault]) =>
          Issue.listingUnreadable({ connectionId: connection.id, listingKey, ...fault })
        )
      ])
    })
  )
})

/** Closes what a link has answered, as far as it is still asked about these listings. */
export const settleLinked: (
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
) => Effect.Effect<void, StoreError, Store> = Effect.fn("Match.settleLinked")(function* (
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
) {
  yield* close(connectionId, answeredByLink, keys)
})

/** What a person says about a link: which listing sells which item, and as much else as they want to say. */
export type ManualLink = Pick<Link.Link, "listing" | "itemId"> & Partial<Omit<Link.Link, "connectionId" | "tier">>

/** Links listings by hand. It stands over SKUs, exclusions and earlier links, and settles what was asked about them. */
export const link: (
  connectionId: ConnectionId,
  links: ReadonlyArray<ManualLink>
) => Effect.Effect<void, StoreError, Store> = Effect.fn("Match.link")(function* (
  connectionId: ConnectionId,
  links: ReadonlyArray<ManualLink>
) {
  const store = yield* Store
  const made = links.map((each) => Link.make({ ...each, connectionId, tier: "manual" }))
  yield* store.transaction(
    Effect.gen(function* () {
      for (const batch of batches(made)) yield* store.links.save(batch)
      yield* close(connectionId, [...answeredByLink, ...aboutLink], keysOf(made))
    })
  )
})

/** Removes links. The same listings are not linked to the same items again by their SKUs; a person may link them again. */
export const unlink: (
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
) => Effect.Effect<void, StoreError, Store> = Effect.fn("Match.unlink")(function* (
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
) {
  const store = yield* Store
  yield* store.transaction(
    Effect.gen(function* () {
      yield* endLinks(connectionId, keys, "removed")
      yield* close(connectionId, [...aboutLink, "LISTING_ORPHANED"], keys)
    })
  )
})

/** Excludes listings: their links end, and nothing about them is asked any more. */
export const exclude: (
  connectionId: ConnectionId,
  exclusions: ReadonlyArray<Omit<Link.Exclusion, "connectionId">>
) => Effect.Effect<void, StoreError, Store> = Effect.fn("Match.exclude")(function* (
  connectionId: ConnectionId,
  exclusions: ReadonlyArray<Omit<Link.Exclusion, "connectionId">>
) {
  const store = yield* Store
  yield* store.transaction(
    Effect.gen(function* () {
      for (const batch of batches(exclusions)) {
        const keys = batch.map(({ key }) => key)
        const links = yield* store.links.ofListings(connectionId, keys)
        const skus = new Map(links.map(({ listing }) => [listing.key, { sku: listing.sku }]))
        yield* store.links.exclude(batch.map((each) => ({ connectionId, ...skus.get(each.key), ...each })))
        yield* store.links.remove(connectionId, keys, "excluded")
        yield* close(connectionId, [...answeredByLink, ...aboutLink, "LISTING_ORPHANED"], keys)
      }
    })
  )
})

/** Lifts exclusions: the next matching links the listings as they were, or by their SKUs. */
export const include: (
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
) => Effect.Effect<void, StoreError, Store> = Effect.fn("Match.include")(function* (
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
) {
  const store = yield* Store
  yield* store.transaction(
    Effect.gen(function* () {
      for (const batch of batches(keys)) yield* store.links.include(connectionId, batch)
    })
  )
})

/** Why a row was not written, in the words of `Unreadable`. */
interface Fault {
  readonly path: string
  readonly expected: string
}

/** Writes items and links; answers which listings the store refuses, and why. */
const writeLinks = Effect.fnUntraced(function* (plan: Matching.MatchPlan) {
  const store = yield* Store
  const refused = new Map<string, Fault>()
  const notMade = new Map<string, Fault>()
  for (const batch of batches(plan.created)) {
    const faults = yield* writeEach(batch, (rows) => store.items.save(rows.map(({ item }) => item)))
    for (const [{ item }, fault] of faults) notMade.set(item.id, fault)
  }
  const created = plan.created.filter(({ item, link: { listing } }) => {
    const fault = notMade.get(item.id)
    if (fault !== undefined) refused.set(listing.key, fault)
    return fault === undefined
  })
  for (const batch of batches([...plan.linked, ...plan.refreshed, ...created.map((each) => each.link)])) {
    const faults = yield* writeEach(batch, store.links.save)
    for (const [{ listing }, fault] of faults) refused.set(listing.key, fault)
  }
  return refused
})

/**
 * Writes rows together, and one by one if they are refused: what is wrong with one of them is no reason against the others. Only
 * what concerns every row (the database is away, others are in the way) fails the whole.
 */
const writeEach = Effect.fnUntraced(function* <A>(
  rows: ReadonlyArray<A>,
  write: (rows: ReadonlyArray<A>) => Effect.Effect<void, StoreError>
) {
  const faults = new Map<A, Fault>()
  const together = yield* attempt(write(rows))
  if (Result.isSuccess(together)) return faults
  for (const row of rows) {
    const alone = yield* attempt(write([row]))
    if (Result.isFailure(alone)) faults.set(row, alone.failure)
  }
  return faults
})

/** Undone by itself when it is refused or is a defect, so that what is around it goes on. */
const attempt = Effect.fnUntraced(function* (write: Effect.Effect<void, StoreError>) {
  const store = yield* Store
  return yield* store.transaction(write).pipe(
    Effect.as(Result.void as Result.Result<void, Fault>),
    Effect.catchCause((cause) => {
      const fault = faultOf(cause)
      return fault === null ? Effect.failCause(cause) : Effect.succeed(Result.fail(fault))
    })
  )
})

const faultOf = (cause: Cause.Cause<StoreError>): Fault | null => {
  const found = Cause.squash(cause)
  if (Cause.hasInterrupts(cause)) return null
  if (!(found instanceof StoreError)) return { path: "", expected: `what can be written (${String(found)})` }
  if (found.retryable) return null
  const { reason } = found
  return reason._tag === "Invalid"
    ? { path: reason.field, expected: reason.expected }
    : { path: found.operation, expected: `what can be written (${found.message})` }
}

const endLinks = Effect.fnUntraced(function* (
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>,
  ending: Link.Ending
) {
  const store = yield* Store
  for (const batch of batches(keys)) yield* store.links.remove(connectionId, batch, ending)
})

/** Nobody knows what the shop shows of a listing that it counts otherwise than before. */
const resend = Effect.fnUntraced(function* (connectionId: ConnectionId, links: ReadonlyArray<Link.Link>) {
  const store = yield* Store
  for (const batch of batches(links)) {
    const itemIds = [...new Set(batch.map(({ itemId }) => itemId))]
    // Together: what is in doubt without a mark is found by reconciliations only.
    yield* store.transaction(
      Effect.andThen(
        store.publications.doubt(connectionId, keysOf(batch)),
        store.publications.mark(connectionId, itemIds, true)
      )
    )
  }
})

/** However many issues there are: those without a cause are closed page by page, those with one raised batch by batch. */
const replaceIssues = Effect.fnUntraced(function* (connectionId: ConnectionId, issues: ReadonlyArray<Issue.Issue>) {
  const store = yield* Store
  const kept = new Set(issues.map(Issue.keyOf))
  let after: string | null = null
  for (;;) {
    const page: ReadonlyArray<RaisedIssue> = yield* store.issues.open(connectionId, { after, limit: pageLimitMax })
    const gone = page.filter(({ key, issue }) => issueCodes.has(issue.code) && !kept.has(key))
    if (gone.length > 0) yield* store.issues.resolve(gone.map(({ key }) => key))
    if (page.length < pageLimitMax) break
    after = page.at(-1)!.key
  }
  for (const batch of batches(issues)) yield* store.issues.raise(connectionId, batch)
})

const close = Effect.fnUntraced(function* (
  connectionId: ConnectionId,
  codes: ReadonlyArray<Issue.IssueCode>,
  keys: ReadonlyArray<ListingKey>
) {
  const store = yield* Store
  for (const ids of batches(keys)) yield* store.issues.replace(connectionId, codes, { field: "listingKey", ids }, [])
})

const matchable = ({ id, sku, kind, archived }: Item.Item): Matching.MatchableItem => ({ id, sku, kind, archived })

const keysOf = (links: ReadonlyArray<Link.Link>): ReadonlyArray<ListingKey> => links.map(({ listing }) => listing.key)

const batches = function* <A>(rows: ReadonlyArray<A>): Generator<ReadonlyArray<A>> {
  for (let start = 0; start < rows.length; start += linksPerBatch) yield rows.slice(start, start + linksPerBatch)
}
