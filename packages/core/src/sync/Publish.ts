/**
 * Publishes what changed: takes dirty items, closes over the kits above them, computes in one snapshot, lets `Publishing`
 * decide, sends, records, and clears exactly the marks it has honoured.
 *
 * A crash between sending and recording sends the same absolute numbers again. A row that the shop refused for good is
 * raised as an issue; one that failed for now keeps its mark. Whoever calls holds the connection's lease (see `Cycle`).
 */
import { DateTime, Effect, Option, Stream } from "effect"
import * as Availability from "../decide/Availability.ts"
import * as Publishing from "../decide/Publishing.ts"
import type { Channel } from "../domain/Channel.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import * as Item from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Link } from "../domain/Link.ts"
import type { Listing } from "../domain/Listing.ts"
import { type DirtyMark, placeOf, type Publication } from "../domain/Publication.ts"
import { Cart, type CartError, type StockLevelVerdict } from "../ports/Cart.ts"
import { Store, type StockSnapshot, type StoreError } from "../ports/Store.ts"
import * as Border from "./Border.ts"
import { type ConnectionUnknown, requireConnection } from "./Connect.ts"

/** How many marks are taken in one round; the kits above them come on top. */
export const marksPerRound = 5_000

/** How many rounds one run makes at the most; what is dirtied meanwhile waits for the next run. */
export const roundsMax = 1_000

/** What publishing may ask of a person about a listing. */
const listingIssueCodes: ReadonlyArray<Issue.IssueCode> = ["SHOP_BUNDLE", "PUBLISH_REJECTED"]

/** What publishing may ask of a person about an item. */
const itemIssueCodes: ReadonlyArray<Issue.IssueCode> = [
  "KIT_EMPTY",
  "KIT_CYCLE",
  "KIT_QUANTITY_INVALID",
  "COMPONENT_UNKNOWN",
  "QUANTITY_OUT_OF_RANGE"
]

/** How a run publishes. */
export interface PublishOptions {
  /** Lifts the mass-zero guard: a person has seen the plan. */
  readonly approved: boolean
  /** Sends also what equals the last publication. */
  readonly force: boolean
}

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

/** Publishes every dirty item of a connection. */
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
  const tally: Tally = { published: 0, rejected: 0, postponed: 0, left: new Map() }
  const done = new Set<ItemId>()
  for (let round = 0; round < roundsMax; round++) {
    const marks = yield* store.publications.dirty(connectionId, marksPerRound)
    // Each item once per run: what stays marked, or is marked again, waits for the next one.
    if (marks.every(({ itemId }) => done.has(itemId))) break
    // The policy is read after the marks: one that is saved later marks everything anew.
    const connection = yield* requireConnection(connectionId)
    if (!connection.enabled) break
    const waiting = yield* publishRound(connection, marks, options, tally, onPlan)
    for (const itemId of [...marks.map((mark) => mark.itemId), ...waiting]) done.add(itemId)
  }
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
  yield* doubtBeforeSending(connection, plan)
  const verdicts = yield* send(plan)
  return yield* settle(connection, facts, marks, plan, verdicts, tally)
})

/** Until an answer is recorded nobody knows what the shop shows: whoever comes after a crash sends the rows again. */
const doubtBeforeSending = Effect.fnUntraced(function* (connection: Connection, plan: Publishing.PublishPlan) {
  const store = yield* Store
  const keys = new Set(plan.updates.map(({ listing }) => listing.key))
  if (keys.size > 0) yield* store.publications.doubt(connection.id, [...keys])
})

/** What availability and publishing read for some items, and the availability that follows. */
export interface Facts {
  readonly channel: Channel
  readonly affected: ReadonlyArray<ItemId>
  readonly links: ReadonlyArray<Link>
  readonly items: ReadonlyMap<ItemId, Item.Item>
  readonly available: ReadonlyMap<ItemId, Availability.Available>
  readonly snapshot: StockSnapshot
  /** Until when incoming goods had to be expected to count; null where no date matters. */
  readonly incomingBy: DateTime.Utc | null
  readonly last: ReadonlyMap<string, Publication>
}

/** Loads and computes what follows from these items: themselves and every kit above them. */
export const loadFacts: (
  connection: Connection,
  itemIds: ReadonlyArray<ItemId>
) => Effect.Effect<Facts, StoreError, Store> = Effect.fn("Publish.loadFacts")(function* (
  connection: Connection,
  itemIds: ReadonlyArray<ItemId>
) {
  const store = yield* Store
  const { affected, items } = yield* store.items.dependents(yield* withParts(connection, itemIds))
  const touched = yield* store.links.ofItems(connection.id, affected)
  const links = yield* withSiblings(connection.id, touched)
  const channel = yield* channelOf(connection)
  // Built kits are stock of a store that keeps some: ours refuse it, an embedder's own may not.
  const countsKits = connection.policy.availability.kitPooling === "hybrid"
  const counted = items.filter(({ kind }) => Item.isStocked(kind) || (countsKits && kind === "kit"))
  const incomingBy = Availability.incomingBy(connection.policy.availability, yield* DateTime.now)
  const snapshot = yield* store.stock.snapshot(
    counted.map(({ id }) => id),
    { incomingBy }
  )
  const available = Availability.compute({
    items,
    locations: snapshot.locations,
    positions: snapshot.positions,
    policy: connection.policy.availability,
    feeding: channel.locations
  })
  const publications = yield* store.publications.ofListings(
    connection.id,
    links.map(({ listing }) => listing.key)
  )
  return {
    channel,
    affected,
    links,
    items: new Map(items.map((item) => [item.id, item])),
    available,
    snapshot,
    incomingBy,
    last: new Map(publications.map((last) => [placeOf(last.key, last.cartLocationId), last]))
  }
})

/** Where an assembly's shortage counts as demand for its parts, what changes the assembly changes them. */
const withParts = Effect.fnUntraced(function* (connection: Connection, itemIds: ReadonlyArray<ItemId>) {
  if (!connection.policy.availability.assemblyShortfallDemand) return itemIds
  const store = yield* Store
  return (yield* store.items.withComponents(itemIds)).map(({ id }) => id)
})

/** Several variants under one product's count are seen together, or not at all. */
const withSiblings = Effect.fnUntraced(function* (connectionId: ConnectionId, links: ReadonlyArray<Link>) {
  const store = yield* Store
  const products = links
    .filter(({ listing }) => listing.tracking === "product" && listing.shape === "variant")
    .map(({ listing }) => listing.productId)
  if (products.length === 0) return links
  const siblings = yield* store.links.ofProducts(connectionId, [...new Set(products)])
  return [...new Map([...siblings, ...links].map((link) => [link.listing.key, link])).values()]
})

const channelOf = Effect.fnUntraced(function* (connection: Connection) {
  const store = yield* Store
  const channel = yield* store.connections.channel(connection.channelId)
  return Option.getOrElse(channel, (): Channel => ({
    id: connection.channelId,
    name: connection.channelId,
    description: "",
    locations: null
  }))
})

/** Decides what the shop shall say from loaded facts; reads the shop only for listings that were never published. */
export const planOf: (
  connection: Connection,
  facts: Facts,
  options: PublishOptions,
  resend?: ReadonlySet<ItemId>
) => Effect.Effect<Publishing.PublishPlan, CartError | StoreError, Store | Cart> = Effect.fnUntraced(function* (
  connection: Connection,
  facts: Facts,
  options: PublishOptions,
  resend: ReadonlySet<ItemId> = new Set()
) {
  const cart = yield* Cart
  const levels = yield* levelsNeverPublished(connection, facts, options)
  const inStockElsewhere = yield* countInStock(connection, facts, levels.size)
  return Publishing.plan({
    connection,
    channel: facts.channel,
    links: facts.links,
    items: (id) => facts.items.get(id) ?? null,
    available: (id) => facts.available.get(id) ?? null,
    lastPublished: (key, cartLocationId) => facts.last.get(placeOf(key, cartLocationId)) ?? null,
    shopLevel: (key, cartLocationId) => levels.get(placeOf(key, cartLocationId)) ?? null,
    hasStockHistory: (id) => hasStockHistory(facts, id),
    quantityMax: cart.capabilities.quantityMax,
    approved: options.approved,
    force: options.force,
    resend: (id) => resend.has(id),
    inStockElsewhere
  })
})

/** The mass-zero guard compares a first publication with what the shop shows; later ones need no reading. */
const levelsNeverPublished = Effect.fnUntraced(function* (
  connection: Connection,
  facts: Facts,
  options: PublishOptions
) {
  const levels = new Map<string, number>()
  if (options.approved || connection.policy.publishing.massZeroPercent === 100) return levels
  const places = connection.publishTo.map(({ cartLocationId }) => cartLocationId)
  const isNew = ({ key, tracking }: Listing) =>
    tracking !== "none" && places.some((place) => !facts.last.has(placeOf(key, place)))
  const listings = facts.links.map(({ listing }) => listing).filter(isNew)
  if (listings.length === 0) return levels
  yield* Stream.runForEach(Border.stockLevels(listings), (level) =>
    Effect.sync(() => levels.set(placeOf(level.key, level.cartLocationId), level.onHand))
  )
  return levels
})

/**
 * How many listings beside these are in stock as far as we have told the shop: what a few new ones are in proportion to.
 * Counting ends where more would not change the guard's mind.
 */
const countInStock = Effect.fnUntraced(function* (connection: Connection, facts: Facts, newPlaces: number) {
  const percent = connection.policy.publishing.massZeroPercent
  if (newPlaces === 0 || percent === 0) return 0
  const store = yield* Store
  const here = new Set(facts.links.map(({ listing }) => listing.key))
  return yield* store.publications.all(connection.id).pipe(
    Stream.filter(({ key, quantity }) => quantity > 0 && !here.has(key)),
    Stream.take(Math.ceil((newPlaces * 100) / percent)),
    Stream.runCount
  )
})

/** A kit has a history when everything it is made of has one: a number made of gaps is none. */
const hasStockHistory = (facts: Facts, itemId: ItemId, above: ReadonlySet<ItemId> = new Set()): boolean => {
  if (facts.snapshot.moved.has(itemId)) return true
  const item = facts.items.get(itemId)
  if (item?.kind !== "kit" || above.has(itemId) || item.billOfMaterials.length === 0) return false
  const path = new Set([...above, itemId])
  return item.billOfMaterials.every(({ itemId: component }) => {
    const kind = facts.items.get(component)?.kind
    const needsStock = kind === "kit" || (kind !== undefined && Item.isStocked(kind))
    return !needsStock || hasStockHistory(facts, component, path)
  })
}

const send = Effect.fnUntraced(function* (plan: Publishing.PublishPlan) {
  if (plan.updates.length === 0) return [] as ReadonlyArray<StockLevelVerdict>
  const cart = yield* Cart
  return yield* cart.setStockLevels(plan.updates)
})

/** Records the outcome and clears the marks, all in one transaction; returns the items that it marked again. */
const settle = Effect.fnUntraced(function* (
  connection: Connection,
  facts: Facts,
  marks: ReadonlyArray<DirtyMark>,
  plan: Publishing.PublishPlan,
  verdicts: ReadonlyArray<StockLevelVerdict>,
  tally: Tally
) {
  const store = yield* Store
  const publishedAt = yield* DateTime.now
  const outcome = sort(connection.id, plan, verdicts, publishedAt)
  yield* store.transaction(
    Effect.gen(function* () {
      yield* store.publications.record(connection.id, outcome.publications, marks)
      if (outcome.waiting.length > 0) yield* store.publications.mark(connection.id, outcome.waiting, true)
      yield* replaceIssues(connection.id, facts, [...plan.issues, ...outcome.rejections])
    })
  )
  tally.published += outcome.publications.length
  tally.rejected += outcome.rejections.length
  tally.postponed += outcome.postponed
  for (const { reasons } of plan.left) {
    const reason = reasons[0] ?? "UNCHANGED"
    tally.left.set(reason, (tally.left.get(reason) ?? 0) + 1)
  }
  return outcome.waiting
})

/** What this round found replaces what earlier rounds found about the same items and listings. */
const replaceIssues = Effect.fnUntraced(function* (
  connectionId: ConnectionId,
  facts: Facts,
  issues: ReadonlyArray<Issue.Issue>
) {
  const store = yield* Store
  const keys = facts.links.map(({ listing }) => listing.key)
  const replace = (codes: ReadonlyArray<Issue.IssueCode>, field: string, ids: ReadonlyArray<string>) =>
    store.issues.replace(
      connectionId,
      codes,
      { field, ids },
      issues.filter(({ code }) => codes.includes(code))
    )
  yield* replace(listingIssueCodes, "listingKey", keys)
  yield* replace(itemIssueCodes, "itemId", facts.affected)
  const others = issues.filter(({ code }) => ![...listingIssueCodes, ...itemIssueCodes].includes(code))
  if (others.length > 0) yield* store.issues.raise(connectionId, others)
})

interface Outcome {
  readonly publications: ReadonlyArray<Publication>
  readonly rejections: ReadonlyArray<Issue.Issue>
  /** Items to be marked again: their row failed for now, or a guard keeps it back until a person agrees. */
  readonly waiting: ReadonlyArray<ItemId>
  readonly postponed: number
}

const sort = (
  connectionId: ConnectionId,
  plan: Publishing.PublishPlan,
  verdicts: ReadonlyArray<StockLevelVerdict>,
  publishedAt: DateTime.Utc
): Outcome => {
  const publications: Array<Publication> = []
  const rejections: Array<Issue.Issue> = []
  const waiting = plan.left.filter(({ reasons }) => reasons.includes("MASS_ZERO")).map(({ itemId }) => itemId)
  let postponed = 0
  plan.updates.forEach((update, row) => {
    const { listing, cartLocationId, itemId, quantity } = update
    const verdict = verdicts[row]
    if (verdict?._tag === "Accepted") {
      const { receipt } = verdict
      publications.push({ connectionId, key: listing.key, cartLocationId, itemId, quantity, publishedAt, receipt })
    } else if (verdict === undefined || verdict.error.retryable) {
      waiting.push(itemId)
      postponed += 1
    } else {
      rejections.push(
        Issue.publishRejected({ connectionId, listingKey: listing.key, itemId, detail: verdict.error.message })
      )
    }
  })
  return { publications, rejections, waiting: [...new Set(waiting)], postponed }
}

interface Tally {
  published: number
  rejected: number
  postponed: number
  readonly left: Map<string, number>
}

const report = ({ published, rejected, postponed, left }: Tally): PublishReport => ({
  published,
  rejected,
  postponed,
  left: Object.fromEntries(left)
})
