/**
 * Imports a shop's orders: reads what changed since the cursor, lets `Intake` decide each one, and commits a batch of
 * decisions with their demand in one transaction. The cursor moves when everything has been read.
 *
 * Reading overlaps with what was read before: an order seen twice changes nothing. A batch that loses a race is decided
 * anew; an order that cannot be written by itself is held under its reason and never blocks the next one.
 */
import { DateTime, Effect, Equal, Option, Stream } from "effect"
import * as Intake from "../decide/Intake.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import type * as Demand from "../domain/Demand.ts"
import * as Issue from "../domain/Issue.ts"
import type { Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Link } from "../domain/Link.ts"
import type { ListingKey } from "../domain/Listing.ts"
import type { LocationId } from "../domain/Location.ts"
import type { Order, OrderId } from "../domain/Order.ts"
import * as Sale from "../domain/Sale.ts"
import { type Cart, type CartError, isUnreadable } from "../ports/Cart.ts"
import { type StockDocument, Store, type StoreError } from "../ports/Store.ts"
import * as Border from "./Border.ts"
import { type ConnectionUnknown, requireConnection } from "./Connect.ts"

/** How many orders are decided and committed together. */
export const ordersPerBatch = 100

/** How far each reading reaches back behind the cursor; shops stamp changes by the second, and not always in order. */
export const overlap = { minutes: 10 } as const

/** How often a batch that lost a race is decided anew. */
export const attemptsMax = 5

/** How many held orders are decided again in one go. */
export const heldPerPage = 500

/** What deciding an order may ask of a person; a later decision of the same order replaces it. */
const issueCodes: ReadonlyArray<Issue.IssueCode> = [
  "ORDER_HELD",
  "REFERENCE_TOO_LONG",
  "REFERENCE_CONFLICT",
  "EDIT_CONFLICT"
]

/** What an import did. Held and skipped orders are counted by the code of their first reason. */
export interface ImportReport {
  readonly read: number
  readonly imported: number
  readonly amended: number
  readonly held: Readonly<Record<string, number>>
  readonly skipped: Readonly<Record<string, number>>
  /** Orders that stand as they were recorded before. */
  readonly unchanged: number
}

/** Hears each decision as it is committed. */
export type OnDecision = (order: Order, decision: Intake.IntakeDecision) => Effect.Effect<void>

/** Nobody listens. */
export const unheard: OnDecision = () => Effect.void

/** Why an import stopped; what was committed before stays. */
export type ImportError = CartError | StoreError | ConnectionUnknown

/** Imports what changed since the cursor, and decides again what is held. */
export const run: (
  connectionId: ConnectionId,
  onDecision?: OnDecision
) => Effect.Effect<ImportReport, ImportError, Store | Cart> = Effect.fn("Import.run")(function* (
  connectionId: ConnectionId,
  onDecision: OnDecision = unheard
) {
  const connection = yield* requireConnection(connectionId)
  const tally = makeTally()
  if (!connection.enabled) return report(tally)
  const latest = yield* importSince(connection, yield* startOf(connection), tally, onDecision)
  // Not before everything has been read: pages may come in any order, and a reading may break off between two of them.
  if (latest !== null) yield* saveCursor(connection, latest)
  yield* retryHeld(connection, tally, onDecision)
  return report(tally)
})

/**
 * Takes in orders placed since an instant, also before the connection begins; those that are known already change nothing.
 * The cursor stays where it is, and so does `importFrom`.
 */
export const backfill: (
  connectionId: ConnectionId,
  from: DateTime.Utc,
  onDecision?: OnDecision
) => Effect.Effect<ImportReport, ImportError, Store | Cart> = Effect.fn("Import.backfill")(function* (
  connectionId: ConnectionId,
  from: DateTime.Utc,
  onDecision: OnDecision = unheard
) {
  const connection = yield* requireConnection(connectionId)
  const tally = makeTally()
  // An order is modified at the earliest when it is placed.
  yield* importSince({ ...connection, importFrom: from }, from, tally, onDecision)
  return report(tally)
})

/** Imports everything that has changed since an instant, batch by batch, and gives the latest change of all. */
const importSince = Effect.fnUntraced(function* (
  connection: Connection,
  instant: DateTime.Utc,
  tally: Tally,
  onDecision: OnDecision
) {
  let latest = null as DateTime.Utc | null
  yield* Border.orders({ _tag: "ModifiedSince", instant }).pipe(
    Stream.filter((row): row is Order => !isUnreadable(row)),
    Stream.grouped(ordersPerBatch),
    Stream.runForEach((batch) => {
      latest = latestChange(latest, batch)
      return importBatch(connection, batch, tally, onDecision)
    })
  )
  return latest
})

/** Imports one order as it stands now, as a notification asks for; one that the shop no longer has counts as deleted. */
export const one: (
  connectionId: ConnectionId,
  orderId: OrderId,
  onDecision?: OnDecision
) => Effect.Effect<ImportReport, ImportError, Store | Cart> = Effect.fn("Import.one")(function* (
  connectionId: ConnectionId,
  orderId: OrderId,
  onDecision: OnDecision = unheard
) {
  const store = yield* Store
  const connection = yield* requireConnection(connectionId)
  const tally = makeTally()
  const found = Option.filter(yield* Border.order(orderId), (row): row is Order => !isUnreadable(row))
  const orders = Option.isSome(found)
    ? [found.value]
    : (yield* store.sales.ofOrders(connectionId, [orderId])).map((sale) => ({ ...sale.order, deleted: true }))
  yield* importBatch(connection, orders, tally, onDecision)
  return report(tally)
})

/** Where the next reading starts: a little before the cursor, or where the connection begins. */
export const startOf: (
  connection: Pick<Connection, "id" | "importFrom">
) => Effect.Effect<DateTime.Utc, StoreError, Store> = Effect.fnUntraced(function* (
  connection: Pick<Connection, "id" | "importFrom">
) {
  const store = yield* Store
  const cursor = yield* store.connections.cursor(connection.id)
  return Option.match(cursor, {
    onNone: () => connection.importFrom,
    onSome: ({ modifiedSince }) => DateTime.subtract(modifiedSince, overlap)
  })
})

const latestChange = (seen: DateTime.Utc | null, batch: ReadonlyArray<Order>): DateTime.Utc | null =>
  batch.reduce<DateTime.Utc | null>(
    (latest, { modifiedAt }) => (latest === null || DateTime.isGreaterThan(modifiedAt, latest) ? modifiedAt : latest),
    seen
  )

const saveCursor = Effect.fnUntraced(function* (connection: Connection, latest: DateTime.Utc) {
  const store = yield* Store
  const cursor = yield* store.connections.cursor(connection.id)
  if (Option.isSome(cursor) && DateTime.isGreaterThan(cursor.value.modifiedSince, latest)) return
  yield* store.connections.setCursor(connection.id, { modifiedSince: latest })
})

/** Held orders wait for a link, a free number or payment: what changed may not be the order itself. */
const retryHeld = Effect.fnUntraced(function* (connection: Connection, tally: Tally, onDecision: OnDecision) {
  const store = yield* Store
  let after: Sale.SaleId | null = null
  for (;;) {
    const held: ReadonlyArray<Sale.Sale> = yield* store.sales.list(connection.id, ["held"], {
      after,
      limit: heldPerPage
    })
    const again = makeTally()
    const orders = held.map(({ order }) => order)
    for (let start = 0; start < orders.length; start += ordersPerBatch) {
      yield* importBatch(connection, orders.slice(start, start + ordersPerBatch), again, onDecision)
    }
    tally.imported += again.imported
    const last = held.at(-1)
    if (held.length < heldPerPage || last === undefined) return
    after = last.id
  }
})

/** Decides and commits a batch; one that cannot be committed as a whole is taken apart. */
const importBatch = Effect.fnUntraced(function* (
  connection: Connection,
  batch: ReadonlyArray<Order>,
  tally: Tally,
  onDecision: OnDecision
) {
  const orders = latestOfEach(batch)
  const decided = yield* commit(connection, orders).pipe(
    Effect.catchIf(isRowsFault, () =>
      Effect.map(
        Effect.forEach(orders, (order) => commitAlone(connection, order)),
        (decisions) => decisions.flat()
      )
    )
  )
  for (const { order, decision } of decided) {
    count(tally, decision)
    yield* onDecision(order, decision)
  }
})

const commitAlone = (connection: Connection, order: Order) =>
  commit(connection, [order]).pipe(Effect.catchIf(isRowsFault, (error) => setAside(connection, order, error)))

/** Holds an order that the store refuses to write. What was imported of it before stays as it was. */
const setAside = Effect.fnUntraced(function* (connection: Connection, order: Order, error: StoreError) {
  const store = yield* Store
  const [known] = yield* store.sales.ofOrders(connection.id, [order.id])
  const reasons = [{ code: "NOT_WRITABLE", message: error.message }]
  const issues = [Issue.orderHeld({ connectionId: connection.id, orderId: order.id, why: error.message })]
  if (known !== undefined && (known.state !== "held" || Equal.equals(known.reasons, reasons))) {
    yield* store.issues.raise(connection.id, issues)
    return [{ order, decision: { _tag: "Skip" as const, sale: null, demand: null, reasons, issues }, itemIds: [] }]
  }
  const sale = bareSale(connection, order, known?.revision ?? -1, reasons)
  const demand: Demand.Demand = { source: Sale.demandSourceOf(sale.id), kind: "softHold", lines: [], expiresAt: null }
  return yield* commitDecided(connection, [
    { order, decision: { _tag: "Hold", sale, demand, reasons, issues }, itemIds: [] }
  ])
})

/** Loads what the orders need, decides them one after the other, and writes the outcome in the same transaction. */
const commit = (connection: Connection, orders: ReadonlyArray<Order>) =>
  Effect.gen(function* () {
    const store = yield* Store
    return yield* store.transaction(
      Effect.gen(function* () {
        const decided = yield* decideAll(connection, orders)
        return yield* commitDecided(connection, decided)
      })
    )
  }).pipe(Effect.retry({ times: attemptsMax - 1, while: isRace }))

interface Decided {
  readonly order: Order
  readonly decision: Intake.IntakeDecision
  /** What the order's listings sell: an order that is new or has changed means that the shop may have moved their stock. */
  readonly itemIds: ReadonlyArray<ItemId>
}

const commitDecided = Effect.fnUntraced(function* (connection: Connection, decided: ReadonlyArray<Decided>) {
  const store = yield* Store
  yield* store.transaction(
    Effect.gen(function* () {
      const decisions = decided.map(({ decision }) => decision)
      const sales = decisions.flatMap(({ sale }) => (sale === null ? [] : [sale]))
      const demands = decisions.flatMap(({ demand }) => (demand === null ? [] : [demand]))
      const decidedAnew = decided.filter(({ decision }) => decision.sale !== null)
      if (sales.length > 0) yield* store.sales.save(sales)
      if (demands.length > 0) yield* store.stock.setDemand(demands)
      const shipments = decisions.flatMap(shipmentsOf)
      if (shipments.length > 0) yield* store.stock.record(shipments)
      if (decidedAnew.length > 0) {
        yield* store.issues.replace(
          connection.id,
          issueCodes,
          { field: "orderId", ids: decidedAnew.map(({ order }) => order.id) },
          decidedAnew.flatMap(({ decision }) => decision.issues)
        )
      }
      const moved = decidedAnew.flatMap(({ itemIds }) => itemIds)
      if (moved.length > 0) yield* store.publications.mark(connection.id, unique(moved), true)
    })
  )
  return decided
})

/** What left the shelves for a sale is one document per revision: recording it again changes nothing. */
const shipmentsOf = ({ sale, shipments = [] }: Intake.IntakeDecision): ReadonlyArray<StockDocument> =>
  sale === null || shipments.length === 0
    ? []
    : [{ key: `${Sale.demandSourceOf(sale.id)}#${sale.revision}`, movements: shipments }]

const decideAll = Effect.fnUntraced(function* (connection: Connection, orders: ReadonlyArray<Order>) {
  const facts = yield* loadFacts(connection, orders)
  return orders.map((order): Decided => {
    const decision = Intake.decide(order, facts.contextOf(order))
    const number = decision.sale?.number ?? null
    if (number !== null && decision.sale !== null) facts.takeNumber(number, decision.sale.id)
    return { order, decision, itemIds: facts.itemsOf(order) }
  })
})

/** Everything that a batch of decisions looks up, in a constant number of calls. */
const loadFacts = Effect.fnUntraced(function* (connection: Connection, orders: ReadonlyArray<Order>) {
  const store = yield* Store
  const lookups = orders.map(Intake.lookups)
  const keys = unique(lookups.flatMap(({ listingKeys }) => listingKeys))
  const skus = unique(lookups.flatMap((lookup) => lookup.skus))
  const numbers = unique(orders.map((order) => Intake.referenceNumberFor(connection, order)))
  const known = yield* store.sales.ofOrders(connection.id, unique(orders.map(({ id }) => id)))
  const links = yield* store.links.ofListings(connection.id, keys)
  const itemsOfSkus = yield* store.items.bySku(skus)
  const items = yield* store.items.withComponents(
    unique([...links.map(({ itemId }) => itemId), ...itemsOfSkus.map(({ id }) => id)])
  )
  const owners = yield* store.sales.numberOwners(numbers)
  const now = yield* DateTime.now

  const knownByOrder = indexBy(known, ({ orderId }) => orderId)
  const linkByKey = indexBy(links, ({ listing }) => listing.key)
  const itemById = indexBy(items, ({ id }) => id)
  const itemsBySku = Map.groupBy(itemsOfSkus, ({ sku }) => sku)
  const ownerByNumber = new Map(owners.map(({ number, saleId }) => [number.toLowerCase(), saleId]))
  return {
    takeNumber: (number: Sale.ReferenceNumber, saleId: Sale.SaleId) => ownerByNumber.set(number.toLowerCase(), saleId),
    itemsOf: (order: Order): ReadonlyArray<ItemId> =>
      Intake.lookups(order).listingKeys.flatMap((key) => linkByKey.get(key)?.itemId ?? []),
    contextOf: (order: Order): Intake.IntakeContext => ({
      connection,
      now,
      known: knownByOrder.get(order.id) ?? null,
      link: (key: ListingKey): Link | null => linkByKey.get(key) ?? null,
      itemsBySku: (sku: string): ReadonlyArray<Item> => itemsBySku.get(sku) ?? [],
      item: (id: ItemId): Item | null => itemById.get(id) ?? null,
      numberOwner: (number: string): Sale.SaleId | null => {
        const owner = ownerByNumber.get(number.toLowerCase())
        return owner === undefined || owner === Sale.idOf(connection.id, order.id) ? null : owner
      },
      pickupLocation: (cartLocationId: string): LocationId | null => pickupLocation(connection, cartLocationId)
    })
  }
})

/** An order is collected from the first of our locations that feed the shop's. */
const pickupLocation = (connection: Connection, cartLocationId: string): LocationId | null =>
  connection.publishTo.find((target) => target.cartLocationId === cartLocationId)?.locations?.[0] ?? null

/** The record of an order and nothing else: no lines, no number. */
const bareSale = (
  connection: Connection,
  order: Order,
  lastRevision: number,
  reasons: ReadonlyArray<Sale.SaleReason>
): Sale.Sale => ({
  id: Sale.idOf(connection.id, order.id),
  connectionId: connection.id,
  orderId: order.id,
  type: "salesOrder",
  state: "held",
  number: null,
  reasons,
  lines: [],
  order,
  revision: lastRevision + 1
})

const isRace = (error: StoreError): boolean => error.reason._tag === "Changed" || error.reason._tag === "Taken"

/** A fault of the rows themselves: trying the same ones again gives the same answer. */
const isRowsFault = (error: StoreError): boolean => !error.retryable

const latestOfEach = (orders: ReadonlyArray<Order>): ReadonlyArray<Order> => {
  const latest = new Map<OrderId, Order>()
  for (const order of orders) {
    const other = latest.get(order.id)
    if (other === undefined || !DateTime.isLessThan(order.modifiedAt, other.modifiedAt)) latest.set(order.id, order)
  }
  return [...latest.values()]
}

interface Tally {
  read: number
  imported: number
  amended: number
  unchanged: number
  readonly held: Map<string, number>
  readonly skipped: Map<string, number>
}

const makeTally = (): Tally => ({
  read: 0,
  imported: 0,
  amended: 0,
  unchanged: 0,
  held: new Map(),
  skipped: new Map()
})

const count = (tally: Tally, decision: Intake.IntakeDecision): void => {
  tally.read += 1
  switch (decision._tag) {
    case "Import":
      tally.imported += 1
      return
    case "Amend":
      tally.amended += 1
      return
    case "Hold":
      return countReason(tally.held, decision.reasons)
    case "Skip":
      if (decision.sale === null) {
        tally.unchanged += 1
        return
      }
      return countReason(tally.skipped, decision.reasons)
  }
}

const countReason = (counts: Map<string, number>, reasons: ReadonlyArray<Sale.SaleReason>): void => {
  const code = reasons[0]?.code ?? "OTHER"
  counts.set(code, (counts.get(code) ?? 0) + 1)
}

const report = ({ read, imported, amended, unchanged, held, skipped }: Tally): ImportReport => ({
  read,
  imported,
  amended,
  unchanged,
  held: Object.fromEntries(held),
  skipped: Object.fromEntries(skipped)
})

const unique = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => [...new Set(values)]

const indexBy = <K, V>(values: ReadonlyArray<V>, keyOf: (value: V) => K): ReadonlyMap<K, V> =>
  new Map(values.map((value) => [keyOf(value), value]))
