/**
 * Reads the shop back and compares it with the numbers as they are computed now, over every linked listing that should show
 * one: those never published and those in doubt too. Every difference is explained: an order that was not imported yet, a
 * write of ours that the shop has not shown so far, a number that is owed to the shop, or somebody's edit. What is owed is
 * sent; what has no innocent explanation is raised as an issue besides.
 *
 * It begins with an ordinary cycle, so that what is compared is the state of now, and it holds the connection's lease from
 * the first reading to the last repair. Incoming goods that came inside the horizon while no cycle ran are counted by it.
 * It holds one page of links at a time. Links that have ended are read back with them: where the shop shows nothing for
 * one any more, there is nothing to tell of it.
 */
import { DateTime, Effect, type Option, Stream } from "effect"
import * as Drift from "../decide/Drift.ts"
import type * as Endings from "../decide/Endings.ts"
import type { PublishUpdate } from "../decide/Publishing.ts"
import { Contradictions } from "../decide/Shelf.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import type { EndedLink, Link } from "../domain/Link.ts"
import type { Listing } from "../domain/Listing.ts"
import { placeOf, type Publication } from "../domain/Publication.ts"
import { Cart, isUnreadable, type StockLevel } from "../ports/Cart.ts"
import { pageLimitMax, Store } from "../ports/Store.ts"
import * as Arrivals from "./Arrivals.ts"
import * as Border from "./Border.ts"
import { requireConnection } from "./Connect.ts"
import * as Cycle from "./Cycle.ts"
import * as EndedLinks from "./EndedLinks.ts"
import * as Import from "./Import.ts"
import { loadFactsOfLinks, planOf } from "./Numbers.ts"
import * as Publish from "./Publish.ts"

/** How many linked listings are compared with the shop at a time. */
export const publicationsPerBatch = 1_000

/** How many differences a report spells out; more are repaired all the same. */
export const differencesMax = 10_000

/** A number in the shop that is not the published one. */
export interface Difference {
  readonly publication: Publication
  /** What the shop has on hand. */
  readonly shown: number
  /** What is due is sent again; what is unexplained is told besides. */
  readonly verdict: Drift.DriftVerdict
}

/** What a reconciliation found. */
export interface ReconcileReport {
  readonly cycle: Cycle.CycleReport
  readonly compared: number
  readonly differences: ReadonlyArray<Difference>
  /** How many numbers had never been published although they should be. */
  readonly neverPublished: number
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
  const cycle = yield* Cycle.passes(connectionId, { ...Cycle.defaults, wide: true })
  const findings = yield* emptyFindings(connection)
  if (connection.enabled) {
    const store = yield* Store
    yield* Stream.concat(store.links.all(connectionId), store.links.ended(connectionId, "unsettled")).pipe(
      Stream.grouped(publicationsPerBatch),
      Stream.runForEach((rows) => comparePage(connection, rows, findings))
    )
    yield* tell(connection, findings)
  }
  const { compared, differences, neverPublished, due } = findings
  const repaired = due === 0 ? 0 : (yield* Publish.run(connectionId)).published
  return { cycle, compared, differences, neverPublished, repaired } satisfies ReconcileReport
})

/** What has been found so far. */
interface Findings {
  compared: number
  neverPublished: number
  /** How many numbers are to be sent. */
  due: number
  readonly differences: Array<Difference>
  readonly unexplained: Array<Issue.Issue>
  readonly strays: Drift.Strays
  readonly contradictions: Contradictions
}

const emptyFindings = Effect.fnUntraced(function* (connection: Connection) {
  const cart = yield* Cart
  const { locations } = yield* cart.describe
  const enabled = new Set(locations.filter((location) => location.enabled).map(({ id }) => id))
  const findings: Findings = {
    compared: 0,
    neverPublished: 0,
    due: 0,
    differences: [],
    unexplained: [],
    strays: new Drift.Strays(connection, enabled),
    contradictions: new Contradictions()
  }
  return findings
})

/** A number that a place of the shop should show now, with what it was last told and what it says. */
interface Row {
  readonly update: PublishUpdate
  readonly last: Publication | null
  /** Null where the shop says nothing: it counts no stock there. */
  readonly level: StockLevel | null
  readonly readAt: DateTime.Utc
}

const comparePage = Effect.fnUntraced(function* (
  connection: Connection,
  page: ReadonlyArray<Link | EndedLink>,
  findings: Findings
) {
  const links = page.filter((row): row is Link => !isEnded(row))
  const ended = page.filter(isEnded)
  const listings = [...links, ...ended.map(({ link }) => link)].map(({ listing }) => listing)
  const shelf = yield* readBack(listings)
  if (ended.length > 0) yield* EndedLinks.settleGone(connection.id, ended, sightingOf(shelf, listings))
  if (links.length > 0) yield* compareLinks(connection, links, shelf.levels, findings)
})

const isEnded = (row: Link | EndedLink): row is EndedLink => "settled" in row

const compareLinks = Effect.fnUntraced(function* (
  connection: Connection,
  links: ReadonlyArray<Link>,
  levels: ReadonlyMap<string, StockLevel>,
  findings: Findings
) {
  const linked = new Set(links.map(({ listing }) => listing.key))
  for (const level of levels.values()) if (linked.has(level.key)) findings.strays.add(level)
  const rows = yield* rowsOf(connection, links, levels)
  for (const { level, update } of rows) {
    if (level === null) continue
    findings.compared += 1
    const { cartLocationId, listing, quantity, steps } = update
    findings.contradictions.add({ key: listing.key, cartLocationId, published: quantity, steps, level })
  }
  const judged = yield* explain(connection, rows)
  yield* repair(connection, judged, findings)
})

/** What the shop says of some listings: its levels by place, and the ids of the rows that could not be read. */
interface Shelf {
  readonly readAt: DateTime.Utc
  readonly levels: ReadonlyMap<string, StockLevel>
  readonly unread: ReadonlySet<string | null>
}

const readBack = Effect.fnUntraced(function* (listings: ReadonlyArray<Listing>) {
  const readAt = yield* DateTime.now
  const levels = new Map<string, StockLevel>()
  const unread = new Set<string | null>()
  const tracked = listings.filter(({ tracking }) => tracking !== "none")
  yield* Stream.runForEach(Border.stockLevelRows(tracked), (row) =>
    Effect.sync(() => {
      if (isUnreadable(row)) unread.add(row.id)
      else levels.set(placeOf(row.key, row.cartLocationId), row)
    })
  )
  return { levels, readAt, unread } satisfies Shelf
})

/** A row that cannot be read and names none of the listings may be about any of them. */
const sightingOf = ({ levels, readAt, unread }: Shelf, listings: ReadonlyArray<Listing>): Endings.Sighting => {
  const asked = new Set<string | null>(listings.map(({ key }) => key))
  const isAny = [...unread].some((id) => !asked.has(id))
  return {
    readAt,
    shown: (key, cartLocationId) => levels.get(placeOf(key, cartLocationId))?.onHand ?? null,
    isUnclear: (key) => isAny || unread.has(key)
  }
}

/** Every number that these links should show now; none of a listing that is left alone for a reason. */
const rowsOf = Effect.fnUntraced(function* (
  connection: Connection,
  links: ReadonlyArray<Link>,
  levels: ReadonlyMap<string, StockLevel>
) {
  const readAt = yield* DateTime.now
  const facts = yield* loadFactsOfLinks(connection, links)
  const shown = new Map(Array.from(levels, ([place, { onHand }]) => [place, onHand] as const))
  const everything = new Set(facts.links.map(({ itemId }) => itemId))
  const { updates } = yield* planOf(connection, facts, { approved: true, force: true }, everything, shown)
  const asked = new Set(links.map(({ listing }) => listing.key))
  return updates
    .filter(({ listing }) => asked.has(listing.key))
    .map((update): Row => {
      const place = placeOf(update.listing.key, update.cartLocationId)
      return { update, last: facts.last.get(place) ?? null, level: levels.get(place) ?? null, readAt }
    })
})

interface Judged {
  readonly row: Row
  readonly verdict: Drift.DriftVerdict
}

/** Judges each row by what the orders known by now have changed since the number was published. */
const explain = Effect.fnUntraced(function* (connection: Connection, rows: ReadonlyArray<Row>) {
  const isRefused = rows.some(({ last }) => last?.inDoubt === true) ? yield* refusedOf(connection) : nobody
  const first = rows.map((row) => judgedAs(row, row.update.quantity, isRefused))
  const strange = first.filter(({ verdict }) => Drift.needsRepair(verdict)).map(({ row }) => row.update.listing.key)
  if (strange.length === 0) return first
  // Orders that came while we compared are the innocent explanation; the cycle's own numbers follow from them.
  yield* Import.run(connection.id, Import.unheard, { wide: true })
  const store = yield* Store
  const again = yield* rowsOf(connection, yield* store.links.ofListings(connection.id, strange), new Map())
  const computed = new Map(
    again.map(({ update }) => [placeOf(update.listing.key, update.cartLocationId), update.quantity])
  )
  return first.map((judged) => {
    const { listing, cartLocationId, quantity } = judged.row.update
    if (!Drift.needsRepair(judged.verdict)) return judged
    return judgedAs(judged.row, computed.get(placeOf(listing.key, cartLocationId)) ?? quantity, isRefused)
  })
})

const judgedAs = (row: Row, computed: number, isRefused: (key: string) => boolean): Judged => {
  const { last, level, readAt, update } = row
  const verdict = Drift.judge({
    // Where the shop says nothing, there is nothing to differ from.
    level: level ?? { key: update.listing.key, cartLocationId: update.cartLocationId, onHand: last?.quantity ?? 0 },
    readAt,
    last,
    notImported: last === null ? 0 : last.quantity - computed,
    computed,
    isRefused: isRefused(update.listing.key)
  })
  return { row, verdict }
}

const nobody = () => false

/** Whose number the shop has refused and not accepted since: the open issues say so. */
const refusedOf = Effect.fnUntraced(function* (connection: Connection) {
  const store = yield* Store
  const refused = new Set<string>()
  let after: string | null = null
  for (;;) {
    const page: ReadonlyArray<{ readonly key: string; readonly issue: Issue.Issue }> = yield* store.issues.open(
      connection.id,
      { after, limit: pageLimitMax }
    )
    for (const { issue } of page) {
      if (issue.code === "PUBLISH_REJECTED") refused.add(issue.about["listingKey"] ?? "")
    }
    if (page.length < pageLimitMax) break
    after = page.at(-1)!.key
  }
  return (key: string) => refused.has(key)
})

/** Marks what is due, so that it is sent whatever was sent before. */
const repair = Effect.fnUntraced(function* (connection: Connection, judged: ReadonlyArray<Judged>, findings: Findings) {
  const store = yield* Store
  const due = judged.filter(({ verdict }) => Drift.isDue(verdict))
  for (const { row, verdict } of judged) {
    if (verdict._tag === "NeverPublished") findings.neverPublished += 1
    if (verdict._tag === "Echo" || row.last === null) continue
    const difference = { publication: row.last, shown: row.level?.onHand ?? row.last.quantity, verdict }
    if (findings.differences.length < differencesMax) findings.differences.push(difference)
    if (row.level !== null && Drift.needsRepair(verdict)) {
      findings.unexplained.push(Drift.issueOf(connection, row.level, verdict))
    }
  }
  findings.due += judged.filter(({ verdict }) => verdict._tag !== "Echo" && verdict._tag !== "Settling").length
  if (due.length === 0) return
  const published = due.filter(({ row }) => row.last !== null).map(({ row }) => row.update.listing.key)
  yield* store.transaction(
    Effect.gen(function* () {
      if (published.length > 0) yield* store.publications.doubt(connection.id, [...new Set(published)])
      yield* store.publications.mark(connection.id, [...new Set(due.map(({ row }) => row.update.itemId))])
    })
  )
})

/** What this run found replaces what the last one did. */
const tell = Effect.fnUntraced(function* (connection: Connection, findings: Findings) {
  const store = yield* Store
  const issues = [...findings.unexplained, ...findings.strays.issues(), ...findings.contradictions.issues(connection)]
  yield* store.issues.replace(connection.id, Issue.codesOf("reconcile"), null, issues)
})
