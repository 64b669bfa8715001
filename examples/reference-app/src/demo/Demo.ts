/**
 * The main job from end to end, against a shop in a process and a database of its own: connect, match, import, publish,
 * let time pass, do it again, and prove the result by reading the shop back.
 */
import { Sandbox } from "@stockport/bigcommerce-sandbox"
import { type Connection, Matching } from "@stockport/core"
import * as Connect from "@stockport/core/sync/Connect"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Match from "@stockport/core/sync/Match"
import { BigCommerceCart } from "@stockport/bigcommerce"
import { Clock, DateTime, Effect, Layer, Option, Redacted, Schema } from "effect"
import * as Database from "../Database.ts"
import { counts, line, step, ticker, total } from "../Progress.ts"
import { counted, type RequestCount } from "../Requests.ts"
import * as Business from "./Business.ts"
import * as Proof from "./Proof.ts"
import * as Time from "./Time.ts"

/** The shop and our numbers do not say the same. */
export class StoriesDiffer extends Schema.TaggedError<StoriesDiffer>()("StoriesDiffer", {
  differences: Schema.Array(Schema.String)
}) {
  override get message() {
    return `${this.differences.length} published numbers are not in the shop:\n${this.differences.join("\n")}`
  }
}

/** Another process holds the connection; in a demo that cannot be. */
class Busy extends Schema.TaggedError<Busy>()("Busy", {}) {
  override get message() {
    return "another process is syncing this connection"
  }
}

/** How the demo runs. */
export interface DemoOptions {
  readonly seed: number
  readonly json: boolean
}

/** What the demo did, for people and (as JSON) for programs. */
export interface Summary {
  readonly listings: number
  readonly linked: number
  readonly ambiguous: number
  readonly unmatched: number
  readonly ignored: number
  readonly orders: number
  readonly imported: number
  readonly amended: number
  readonly held: number
  readonly skipped: number
  readonly published: number
  readonly rejected: number
  readonly requests: number
  readonly differences: number
  readonly seed: number
  readonly seconds: number
}

/** Runs the demo; fails with the differences if there are any. */
export const run = Effect.fn("Demo.run")(function* (options: DemoOptions) {
  const startedAt = yield* Clock.currentTimeMillis
  yield* step(1, "A BigCommerce shop in this process")
  const shop = yield* openShop(options.seed)
  yield* line(`   ${shop.url}, store ${shop.storeHash}, seed ${options.seed}`)
  yield* step(2, "A PostgreSQL database")
  const requests = yield* counted
  const cart = BigCommerceCart.layer({
    storeHash: shop.storeHash,
    accessToken: Redacted.make(shop.accessToken),
    apiUrl: shop.url
  }).pipe(Layer.provide(requests.layer))
  const story = tell(shop, requests).pipe(Effect.provide(Layer.merge(Database.layerThrowAway, cart)))
  const { differences, ...told } = yield* story
  const seconds = Math.round(((yield* Clock.currentTimeMillis) - startedAt) / 100) / 10
  const summary: Summary = { ...told, differences: differences.length, seed: options.seed, seconds }
  yield* printSummary(summary)
  if (options.json) yield* line(JSON.stringify(summary))
  if (differences.length > 0) return yield* new StoriesDiffer({ differences })
})

const openShop = (seed: number) =>
  Effect.acquireRelease(
    Effect.promise(() => Sandbox.start({ seed, plan: "standard" })),
    (shop) => Effect.promise(() => shop.close())
  )

/** Steps 2 to 7, once there is a shop, a database and a cart. */
const tell = Effect.fn("Demo.tell")(function* (shop: Sandbox.Sandbox, requests: RequestCount) {
  yield* line(`   ${yield* Database.description}, migrated`)
  const connection = Business.connectionAt(yield* DateTime.now)
  yield* openBusiness(shop, connection)
  const match = yield* matchListings(connection)
  yield* step(5, "Import the orders, publish what is available")
  const first = yield* cycle(connection, requests)
  yield* step(6, "Time passes, and a second cycle")
  yield* Time.pass(shop, connection, line)
  const second = yield* cycle(connection, requests)
  yield* step(7, "Proof: read the shop back")
  const proof = yield* Proof.compare(shop, connection)
  yield* line(`   ${proof.compared} published numbers read back, ${proof.differences.length} differences`)
  yield* Proof.explainKit(connection, line)
  return {
    ...match,
    orders: first.imports.read + second.imports.read,
    imported: first.imports.imported + second.imports.imported,
    amended: first.imports.amended + second.imports.amended,
    held: total(first.imports.held) + total(second.imports.held),
    skipped: total(first.imports.skipped) + total(second.imports.skipped),
    published: first.publishes.published + second.publishes.published,
    rejected: first.publishes.rejected + second.publishes.rejected,
    requests: yield* requests.read,
    differences: proof.differences
  }
})

const openBusiness = Effect.fnUntraced(function* (shop: Sandbox.Sandbox, connection: Connection.Connection) {
  yield* step(3, "The business: items, kits, locations, a channel and a connection")
  const business = Business.of(shop.merchantItems())
  yield* Business.save(business)
  const { description } = yield* Connect.connect(connection)
  const kits = business.items.filter(({ kind }) => kind === "kit")
  const nested = kits.filter((kit) => kit.billOfMaterials.some(({ itemId }) => kits.some(({ id }) => id === itemId)))
  yield* line(`   ${business.items.length} items, ${kits.length} of them kits (${nested.length} with a kit inside)`)
  yield* line(`   ${business.counts.length} stock counts at ${Business.locations.map(nameOf).join(", ")}`)
  yield* line(
    `   connected to "${description.name}" (${description.plan}, ${description.currency}, ` +
      `${description.locations.length} locations, stock moves ${description.stockMoves === "atPlacement" ? "at placement" : "at shipment"})`
  )
})

const nameOf = ({ name, nettable }: (typeof Business.locations)[number]): string =>
  nettable ? name : `${name} (not for sale)`

const examplesShown = 2

const matchListings = Effect.fnUntraced(function* (connection: Connection.Connection) {
  yield* step(4, "Match listings to items by SKU")
  const plan = yield* Match.plan(connection.id)
  const listings =
    plan.linked.length + plan.kept.length + plan.ambiguous.length + plan.unmatched.length + plan.ignored.length
  const normalised = plan.linked.filter(({ tier }) => tier === "normalised")
  yield* line(`   ${listings} listings read`)
  yield* line(`   ${plan.linked.length} linked, ${normalised.length} of them but for case or outer space`)
  for (const { listing, itemId } of normalised.slice(0, examplesShown)) {
    yield* line(`     "${listing.sku}" (${listing.name}) sells ${itemId}`)
  }
  yield* showUnlinked("ambiguous", plan.ambiguous)
  yield* showUnlinked("unmatched", plan.unmatched)
  yield* showUnlinked("left out on purpose", plan.ignored)
  yield* Match.apply(connection, plan)
  yield* line("   plan accepted")
  return {
    listings,
    linked: plan.linked.length + plan.kept.length,
    ambiguous: plan.ambiguous.length,
    unmatched: plan.unmatched.length,
    ignored: plan.ignored.length
  }
})

/** Every reason with its count and an example or two. */
const showUnlinked = Effect.fnUntraced(function* (what: string, unlinked: ReadonlyArray<Matching.Unlinked>) {
  yield* line(`   ${unlinked.length} ${what}`)
  for (const rows of Map.groupBy(unlinked, ({ reason }) => reason).values()) {
    for (const row of rows.slice(0, examplesShown)) yield* line(`     ${Matching.explain(row)}`)
    if (rows.length > examplesShown) yield* line(`     and ${rows.length - examplesShown} more for the same reason`)
  }
})

const cycle = Effect.fnUntraced(function* (connection: Connection.Connection, requests: RequestCount) {
  const before = yield* requests.read
  const tick = ticker("orders decided")
  let decided = 0
  const report = yield* Cycle.run(connection.id, {
    onDecision: (_order, { sale }) => (sale === null ? Effect.void : tick(++decided))
  })
  if (Option.isNone(report)) return yield* new Busy()
  const { imports, publishes } = report.value
  yield* line(`   orders: ${imports.read} read, ${imports.imported} imported, ${imports.amended} amended`)
  yield* line(`     held: ${counts(imports.held)}`)
  yield* line(`     skipped: ${counts(imports.skipped)}`)
  yield* line(`   quantities: ${publishes.published} sent, ${publishes.rejected} rejected`)
  yield* line(`     left alone: ${counts(publishes.left)}`)
  const passes = report.value.passes === 1 ? "one pass" : `${report.value.passes} passes`
  yield* line(`   requests: ${(yield* requests.read) - before} in ${passes}`)
  return report.value
})

const printSummary = Effect.fnUntraced(function* (summary: Summary) {
  yield* line("\nSummary")
  for (const [name, value] of Object.entries(summary)) yield* line(`   ${name.padEnd(12)} ${value}`)
  yield* line(
    summary.differences === 0
      ? "\nThe shop and the stock tell the same story."
      : `\n${summary.differences} numbers differ.`
  )
})
