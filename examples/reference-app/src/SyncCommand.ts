/**
 * Keeps one BigCommerce store in step with the stock in one database: shows the plan, applies it, takes item lists.
 *
 * The first `apply` sets the connection up: a default location, a channel, and the connection itself, which imports orders
 * placed from then on.
 */
import { BigCommerceCart } from "@stockport/bigcommerce"
import {
  Channel,
  type Connection,
  ConnectionId,
  Drift,
  type Issue,
  Location,
  Matching,
  Publishing,
  SyncPolicy
} from "@stockport/core"
import { Cart } from "@stockport/core/ports/Cart"
import { Actor, Store } from "@stockport/core/ports/Store"
import * as Connect from "@stockport/core/sync/Connect"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Import from "@stockport/core/sync/Import"
import * as Loop from "@stockport/core/sync/Loop"
import * as Match from "@stockport/core/sync/Match"
import type * as Reconcile from "@stockport/core/sync/Reconcile"
import * as Rehearsal from "@stockport/core/sync/Rehearsal"
import { Migrations, PostgresStore } from "@stockport/postgres"
import { Cause, Data, DateTime, Deferred, Effect, Layer, Logger, Option, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import { SqlClient } from "effect/sql"
import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import * as Database from "./Database.ts"
import * as ItemFile from "./ItemFile.ts"
import { counts, line } from "./Progress.ts"
import * as Settings from "./Settings.ts"

/** How a sync is run. */
export interface SyncOptions {
  /** Orders placed before this are left alone; none: the moment of the first `apply`. */
  readonly importFrom: Option.Option<DateTime.Utc>
  /** What the numbers of its orders begin with; none: as it is, and nothing for a new connection. */
  readonly prefix: Option.Option<string>
  /** Lifts the mass-zero guard: somebody has read the plan. */
  readonly approve: boolean
  readonly json: boolean
}

/** A file of items that could not be read at all. */
export class FileUnreadable extends Schema.TaggedError<FileUnreadable>()("FileUnreadable", {
  path: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `${this.path} cannot be read: ${this.problem}`
  }
}

/** Another process is syncing this store right now. */
export class Busy extends Schema.TaggedError<Busy>()("Busy", {}) {
  readonly retryable = true
  override get message() {
    return "another process is syncing this store right now; try again when it has finished"
  }
}

/** Shows everything that `apply` would write, to the database and to the shop, and writes nothing. */
export const plan = Effect.fn("Sync.plan")(function* (options: SyncOptions) {
  const database = yield* Database.named
  const shop = yield* Settings.shop
  const layer = Layer.merge(Database.client(database.url), cartLayer(shop))
  const planned = yield* rehearse(shop, options, database.schema).pipe(Effect.provide(layer))
  yield* show(planned)
  if (options.json) yield* line(JSON.stringify(tally(planned)))
})

/** Does what `plan` shows, once. */
export const apply = Effect.fn("Sync.apply")(function* (options: SyncOptions) {
  const database = yield* Database.named
  const shop = yield* Settings.shop
  const once = Effect.gen(function* () {
    const matched = yield* begin(shop, options)
    const report = yield* cycleWith(shop, options)
    yield* showReport(report)
    return { linked: matched.linked.length, kept: matched.kept.length, ...report }
  })
  const done = yield* once.pipe(
    Effect.provide(Layer.merge(Database.store(database), cartLayer(shop))),
    Effect.provideService(Actor, actor("apply"))
  )
  if (options.json) yield* line(JSON.stringify(done))
})

/**
 * Goes on until it is stopped: a cycle at a time, and now and then a reconciliation in its place. Nothing but what a person
 * has to change ends it; a second process waits its turn.
 */
export const run = Effect.fn("Sync.run")(function* (options: SyncOptions & Pace) {
  const database = yield* Database.named
  const shop = yield* Settings.shop
  const start = Effect.gen(function* () {
    const { linked, kept } = yield* begin(shop, options)
    if (options.approve) yield* Effect.flatMap(cycleWith(shop, options), showReport)
    yield* line(`a cycle every ${options.everySeconds} s for ${linked.length + kept.length} listings`)
  })
  return yield* Loop.run({
    connections: [{ connectionId: connectionIdOf(shop), cart: cartLayer(shop), begin: start, rematch: rematch(shop) }],
    every: `${options.everySeconds} seconds`,
    reconcileEvery: `${options.reconcileSeconds} seconds`,
    onTurn: showTurn
  }).pipe(
    Effect.provide(Loop.patiently(Database.store(database), PostgresStore.isAway)),
    Effect.provideService(Actor, actor("run")),
    Effect.provide(logger)
  )
})

/** How often something is done. */
export interface Pace {
  readonly everySeconds: number
  readonly reconcileSeconds: number
}

const showTurn: Loop.OnTurn = (_connectionId, turn) => {
  switch (turn._tag) {
    case "Cycle":
      return didNothing(turn.report) ? Effect.void : showReport(turn.report)
    case "Reconciliation":
      return showReconciliation(turn.report)
    default:
      return Effect.void // The loop says it once.
  }
}

const didNothing = ({ imports, publishes }: Cycle.CycleReport): boolean =>
  imports.imported + imports.amended + publishes.published + publishes.rejected === 0

const showReconciliation = Effect.fnUntraced(function* (report: Reconcile.ReconcileReport) {
  const { compared, cycle, differences, repaired } = report
  if (!didNothing(cycle)) yield* showReport(cycle)
  yield* line(`${compared} numbers read back, ${repaired} repaired`)
  for (const { publication, verdict } of differences) yield* line(`  ${publication.key}: ${Drift.explain(verdict)}`)
})

/** What the loop has to say, a line each; the cause of a mistake in the program under it. */
const logger = Logger.layer([
  Logger.make(({ cause, date, message }) => {
    const under = cause.reasons.length === 0 ? "" : `\n${Cause.pretty(cause)}`
    Effect.runSync(line(`${date.toISOString()} ${[message].flat().map(String).join(" ")}${under}`))
  })
])

/** Connects and matches: what has to be done once before cycles make sense. */
const begin = Effect.fnUntraced(function* (shop: Settings.ShopSettings, options: SyncOptions) {
  const connection = yield* setUp(shop, options)
  const { warnings } = yield* Connect.connect(connection)
  yield* showWarnings(warnings)
  const matched = yield* Match.plan(connection.id)
  yield* Match.apply(connection, matched)
  yield* line(`${matched.linked.length} listings linked, ${matched.kept.length} links kept`)
  return matched
})

/** Links what the catalogue and the items have gained since. */
const rematch = Effect.fnUntraced(function* (shop: Settings.ShopSettings) {
  const connectionId = connectionIdOf(shop)
  const matched = yield* Match.plan(connectionId)
  yield* Match.apply({ id: connectionId }, matched)
  if (matched.linked.length > 0) yield* line(`${matched.linked.length} listings linked since`)
})

const cycleWith = Effect.fnUntraced(function* (shop: Settings.ShopSettings, options: SyncOptions) {
  const report = yield* Cycle.run(connectionIdOf(shop), { publish: { approved: options.approve, force: false } })
  return Option.isNone(report) ? yield* new Busy() : report.value
})

const showReport = Effect.fnUntraced(function* ({ imports, publishes }: Cycle.CycleReport) {
  yield* line(`${imports.imported} orders imported, ${imports.amended} amended`)
  yield* line(`held: ${counts(imports.held)}; skipped: ${counts(imports.skipped)}`)
  yield* line(`${publishes.published} quantities sent, ${publishes.rejected} rejected by the shop`)
  yield* line(`left alone: ${counts(publishes.left)}`)
})

/** Takes a merchant's list of items and counted stock, all of it or nothing. */
export const takeItems = Effect.fn("Sync.takeItems")(function* (path: string) {
  const database = yield* Database.named
  const text = yield* Effect.tryPromise({
    try: () => readFile(path, "utf8"),
    catch: (cause) => new FileUnreadable({ path, problem: cause instanceof Error ? cause.message : String(cause) })
  })
  const goods = yield* ItemFile.read(text, defaultLocation.id)
  const key = `items:${createHash("sha256").update(text).digest("hex")}`
  const save = Effect.gen(function* () {
    const store = yield* Store
    yield* store.transaction(
      Effect.gen(function* () {
        yield* addLocations(goods.counts.map(({ locationId }) => locationId))
        yield* store.items.save(goods.items)
        if (goods.counts.length > 0) yield* store.stock.count(key, goods.counts)
      })
    )
  })
  yield* save.pipe(Effect.provide(Database.store(database)), Effect.provideService(Actor, actor("items")))
  yield* line(`${goods.items.length} items saved, ${goods.counts.length} stock counts booked`)
})

const actor = (command: string) => ({ name: "reference-app", reason: `npm run sync -- ${command}` })

const cartLayer = (shop: Settings.ShopSettings) =>
  BigCommerceCart.layer(shop).pipe(Layer.provide(FetchHttpClient.layer))

const defaultLocation: Location.Location = {
  id: Location.LocationId.make("main"),
  name: "Main",
  nettable: true,
  isDefault: true
}

const channel: Channel.Channel = {
  id: Channel.ChannelId.make("bigcommerce"),
  name: "BigCommerce",
  description: "",
  locations: null
}

/** Ends a transaction whose work was only to be looked at. */
class Undo extends Data.TaggedError("Undo") {}

/** Runs an effect on a migrated store and undoes everything, the migration included: an empty database stays empty. */
const undoing = <A, E, R>(schema: string, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const outcome = yield* Deferred.make<A>()
    const undone = Migrations.migrate(schema).pipe(
      Effect.andThen(effect.pipe(Effect.provide(PostgresStore.layer({ schema })))),
      Effect.flatMap((value) => Deferred.succeed(outcome, value)),
      Effect.andThen(new Undo())
    )
    yield* sql.withTransaction(undone).pipe(
      Effect.catchIf(
        (error) => error instanceof Undo,
        () => Effect.void
      )
    )
    return yield* Deferred.await(outcome)
  })

/** The shop is read between two short transactions, and not while one of them waits. */
const rehearse = Effect.fnUntraced(function* (shop: Settings.ShopSettings, options: SyncOptions, schema: string) {
  const since = yield* undoing(schema, startOf(shop, options))
  const played = yield* Rehearsal.record(since)
  const planned = Effect.flatMap(setUp(shop, options), (connection) =>
    Rehearsal.plan(connection, { approved: options.approve, force: false })
  )
  return yield* undoing(schema, planned).pipe(Effect.provideService(Cart, played))
})

const connectionIdOf = ({ storeHash }: Settings.ShopSettings) =>
  ConnectionId.ConnectionId.make(`bigcommerce-${storeHash}`)

const startOf = Effect.fnUntraced(function* (shop: Settings.ShopSettings, options: SyncOptions) {
  const store = yield* Store
  const now = yield* DateTime.now
  const known = yield* store.connections.get(connectionIdOf(shop))
  return yield* Import.startOf({
    id: connectionIdOf(shop),
    importFrom: Option.match(known, {
      onNone: () => Option.getOrElse(options.importFrom, () => now),
      onSome: ({ importFrom }) => importFrom
    })
  })
})

/** The connection of this shop: the stored one, or a new one, whose location and channel are saved. */
const setUp = Effect.fnUntraced(function* (shop: Settings.ShopSettings, options: SyncOptions) {
  const store = yield* Store
  const cart = yield* Cart
  const id = connectionIdOf(shop)
  const known = yield* store.connections.get(id)
  const prefixed = (connection: Connection.Connection): Connection.Connection => ({
    ...connection,
    referencePrefix: Option.getOrElse(options.prefix, () => connection.referencePrefix)
  })
  if (Option.isSome(known)) return prefixed(known.value)
  const { name, locations } = yield* cart.describe
  const shopLocation = locations.find(({ isDefault }) => isDefault) ?? locations[0]
  if (shopLocation === undefined) {
    return yield* new Connect.ConnectionRefused({ field: "publishTo", expected: "a shop with at least one location" })
  }
  // Shops stamp orders by the second: what is placed in this very second counts.
  const now = DateTime.startOf(yield* DateTime.now, "second")
  const connection: Connection.Connection = {
    id,
    name: name === "" ? id : name,
    cart: "bigcommerce",
    channelId: channel.id,
    locationId: defaultLocation.id,
    publishTo: [{ cartLocationId: shopLocation.id, locations: null }],
    enabled: true,
    referencePrefix: "",
    referenceSuffix: "",
    importFrom: Option.getOrElse(options.importFrom, () => now),
    openingBalanceAt: now,
    policy: SyncPolicy.safe
  }
  yield* store.transaction(
    Effect.gen(function* () {
      yield* addLocations([])
      yield* store.connections.saveChannel(channel)
    })
  )
  return prefixed(connection)
})

/** Saves the locations that do not exist yet; the first one of all is the default. */
const addLocations = Effect.fnUntraced(function* (ids: ReadonlyArray<Location.LocationId>) {
  const store = yield* Store
  const known = yield* store.stock.locations
  const isKnown = (id: Location.LocationId) => known.some((location) => location.id === id)
  const named = [...new Set(ids)].filter((id) => id !== defaultLocation.id && !isKnown(id))
  const added = named.map((id): Location.Location => ({ id, name: id, nettable: true, isDefault: false }))
  const missing = known.some(({ isDefault }) => isDefault) ? added : [defaultLocation, ...added]
  if (missing.length > 0) yield* store.stock.saveLocations(missing)
})

/** The whole plan, a line for each thing that would be written and for each listing left alone. */
const show = Effect.fnUntraced(function* ({ match, decisions, updates, left, warnings, prefix }: Rehearsal.Plan) {
  yield* showWarnings(warnings)
  if (prefix !== null) yield* line(`A prefix that collides with nobody: --prefix ${prefix}`)
  yield* line(`Match: ${match.linked.length} to link, ${match.kept.length} linked already`)
  for (const { listing, itemId, tier } of match.linked) {
    yield* line(`  link ${listing.key} "${listing.sku}" to item ${itemId} (${tier})`)
  }
  for (const { item, link } of match.created) yield* line(`  create item ${item.id} for listing ${link.listing.key}`)
  for (const row of [...match.ambiguous, ...match.unmatched])
    yield* line(`  leave ${row.listing.key}: ${Matching.explain(row)}`)
  yield* line(`Import: ${decisions.length} orders decided`)
  for (const { order, decision } of decisions) {
    const reasons = "reasons" in decision ? `: ${decision.reasons.map(({ message }) => message).join(" ")}` : ""
    const number = decision.sale?.number === null || decision.sale === null ? "" : ` as ${decision.sale.number}`
    yield* line(`  ${decision._tag.toLowerCase()} order ${order.number}${number}${reasons}`)
  }
  yield* line(`Publish: ${updates.length} quantities`)
  for (const { listing, cartLocationId, quantity, previous } of updates) {
    const before = previous === null ? "never published" : `published ${previous}`
    yield* line(`  set ${listing.key} "${listing.sku}" at location ${cartLocationId} to ${quantity} (${before})`)
  }
  const rises = Publishing.rises({ updates })
  if (rises.length > 0) {
    yield* line(
      `Rise: ${rises.length} listings would show more than today; were they sold, and is that still to be imported?`
    )
    for (const rise of rises) yield* line(`  ${Publishing.explainRise(rise).join(" ")}`)
  }
  for (const { listing, reasons } of left) {
    yield* line(`  leave ${listing.key} "${listing.sku}": ${reasons.map(Publishing.explain).join(" ")}`)
  }
  yield* line("Nothing has been written.")
})

const showWarnings = Effect.fnUntraced(function* (warnings: ReadonlyArray<Issue.Issue>) {
  for (const { message, remedy } of warnings) yield* line(`Warning: ${message} ${remedy}`)
})

const tally = ({ match, decisions, updates, left, report, warnings }: Rehearsal.Plan) => ({
  linked: match.linked.length,
  kept: match.kept.length,
  ambiguous: match.ambiguous.length,
  unmatched: match.unmatched.length,
  decisions: decisions.length,
  updates: updates.length,
  left: left.length,
  rises: Publishing.rises({ updates }).length,
  warnings: warnings.length,
  ...report
})
