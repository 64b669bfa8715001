/**
 * Imports a shop's orders: reads what changed since the cursor, lets `Intake` decide each one, and commits a batch of
 * decisions with their demand in one transaction. The cursor moves when everything has been read, and never passes the
 * present of our clock less the overlap: a stamp in the future hides nothing.
 *
 * Reading overlaps with what was read before: an order seen twice changes nothing. A batch that loses a race is decided
 * anew; an order that cannot be read, decided or written by itself is held under its reason and never blocks the next one.
 */
import { DateTime, Effect, Option, Stream } from "effect"
import { unreadableIssue } from "../decide/Unreadable.ts"
import { type Connection, openingBalanceOf } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import type { Order, OrderId, OrderStatus } from "../domain/Order.ts"
import { type Cart, CartError, isUnreadable, type OrderQuery, type Unreadable } from "../ports/Cart.ts"
import { Store, type StoreError } from "../ports/Store.ts"
import * as Border from "./Border.ts"
import { type ConnectionUnknown, requireConnection } from "./Connect.ts"
import { attemptsMax, type Decided, importBatch, type OnDecision, ordersPerBatch } from "./OrderBatch.ts"
import { orderIdOf, type OrderRow } from "./OrderFacts.ts"
import { heldPerPage, notFound, retryHeld, visitDue } from "./Revisit.ts"
import { type ImportReport, makeTally, report, type Tally } from "./Tally.ts"

export { attemptsMax, heldPerPage, type ImportReport, type OnDecision, ordersPerBatch }

/** How far each reading reaches back behind the cursor; shops stamp changes by the second, and not always in order. */
export const overlap = { minutes: 10 } as const

/** How far a reading reaches back now and then: what a shop stamped late, or while its clock was wrong. */
export const wideOverlap = { days: 1 } as const

/** Nobody listens. */
export const unheard: OnDecision = () => Effect.void

/** Why an import stopped; what was committed before stays. */
export type ImportError = CartError | StoreError | ConnectionUnknown

/** How an import reads: `wide` reaches back by {@link wideOverlap}. */
export interface ImportOptions {
  readonly wide?: boolean
}

/** Imports what changed since the cursor, and looks again at what is held or due. */
export const run: (
  connectionId: ConnectionId,
  onDecision?: OnDecision,
  options?: ImportOptions
) => Effect.Effect<ImportReport, ImportError, Store | Cart> = Effect.fn("Import.run")(function* (
  connectionId: ConnectionId,
  onDecision: OnDecision = unheard,
  { wide = false }: ImportOptions = {}
) {
  const connection = yield* requireConnection(connectionId)
  const reading = makeReading(onDecision)
  if (!connection.enabled) return report(reading.tally)
  const store = yield* Store
  const startedAt = yield* DateTime.now
  const start = yield* startOf(connection)
  const instant = wide ? DateTime.subtract(start, wideOverlap) : start
  yield* importAll(connection, { _tag: "ModifiedSince", instant }, reading)
  const { latest } = reading
  if (Option.isNone(yield* store.connections.cursor(connectionId))) {
    const statuses = backlogStatuses(connection)
    if (statuses.length > 0) yield* importAll(connection, { _tag: "Backlog", statuses }, reading)
  }
  // Not before everything has been read: pages may come in any order, and a reading may break off between two of them.
  yield* saveCursor(connection, latest ?? connection.importFrom, startedAt)
  const unread = yield* retryHeld(connection, reading.tally, onDecision)
  yield* visitDue(connection, reading.seen, unread, reading.tally, onDecision)
  return report(reading.tally)
})

/**
 * Takes in orders placed since an instant, also before the connection begins; those that are known already change nothing.
 * The cursor stays where it is, and so do `importFrom` and the opening balance.
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
  const reading = makeReading(onDecision)
  if (!connection.enabled) return report(reading.tally)
  const wider = { ...connection, importFrom: from, openingBalanceAt: openingBalanceOf(connection) }
  // An order is modified at the earliest when it is placed.
  yield* importAll(wider, { _tag: "ModifiedSince", instant: from }, reading)
  return report(reading.tally)
})

/**
 * Imports one order as it stands now, as a notification asks for. One that the shop does not know is doubted: it counts as
 * deleted when the shop, asked again, still does not know it.
 */
export const one: (
  connectionId: ConnectionId,
  orderId: OrderId,
  onDecision?: OnDecision
) => Effect.Effect<ImportReport, ImportError, Store | Cart> = Effect.fn("Import.one")(function* (
  connectionId: ConnectionId,
  orderId: OrderId,
  onDecision: OnDecision = unheard
) {
  const connection = yield* requireConnection(connectionId)
  const tally = makeTally()
  if (!connection.enabled) return report(tally)
  const found = yield* Border.order(orderId)
  if (Option.isNone(found)) yield* notFound(connection, orderId, tally, onDecision)
  else {
    // What was asked for is known by its id, also where the answer says nothing else.
    const row = isUnreadable(found.value) ? { ...found.value, id: found.value.id ?? orderId } : found.value
    yield* importBatch(connection, [row], tally, onDecision)
  }
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
  const now = yield* DateTime.now
  return Option.match(cursor, {
    onNone: () => connection.importFrom,
    onSome: ({ modifiedSince }) => DateTime.subtract(notAhead(modifiedSince, now), overlap)
  })
})

/** Orders of any date that may still owe goods: what a connection takes first of all, unless its backlog is to be left. */
export const backlogStatuses = ({
  backlog,
  policy
}: Pick<Connection, "backlog" | "policy">): ReadonlyArray<OrderStatus> => {
  const { importStatuses, holdStatuses } = policy.intake
  return backlog === "leave"
    ? []
    : owing.filter((status) => importStatuses.includes(status) || holdStatuses.includes(status))
}

const owing: ReadonlyArray<OrderStatus> = [
  "awaitingPayment",
  "manualVerification",
  "awaitingFulfilment",
  "awaitingShipment",
  "awaitingPickup",
  "partiallyShipped",
  "partiallyRefunded",
  "disputed"
]

/** A reading of the shop: what it has counted and seen so far. */
interface Reading {
  readonly tally: Tally
  readonly onDecision: OnDecision
  readonly seen: Set<OrderId>
  latest: DateTime.Utc | null
}

const makeReading = (onDecision: OnDecision): Reading => ({
  tally: makeTally(),
  onDecision,
  seen: new Set(),
  latest: null
})

/** Imports everything that a query gives, batch by batch. */
const importAll = Effect.fnUntraced(function* (connection: Connection, query: OrderQuery, reading: Reading) {
  let last: string | null = null
  yield* Border.orders(query).pipe(
    Stream.mapError((error) => after(error, last)),
    Stream.grouped(ordersPerBatch),
    Stream.runForEach((batch) => {
      last = batch.at(-1)?.id ?? last
      reading.latest = latestChange(reading.latest, batch)
      const rows = batch.filter(isNamed)
      return Effect.andThen(
        tellNameless(connection, batch),
        Effect.map(importBatch(connection, rows, reading.tally, reading.onDecision), (decided) =>
          note(reading, decided)
        )
      )
    })
  )
})

/** What the shop has told needs no asking, unless the answer was strange. */
const note = ({ seen }: Reading, decided: ReadonlyArray<Decided>): void => {
  for (const { row, decision } of decided) {
    if (decision.ask === true) seen.delete(orderIdOf(row))
    else seen.add(orderIdOf(row))
  }
}

const isNamed = (row: Order | Unreadable): row is OrderRow => row.id !== null

/** Of an order whose id cannot be read there is nothing to keep but the issue; it stays until a person has dealt with it. */
const tellNameless = Effect.fnUntraced(function* (connection: Connection, batch: ReadonlyArray<Order | Unreadable>) {
  const store = yield* Store
  const nameless = batch.filter((row): row is Unreadable => isUnreadable(row) && row.id === null)
  const issues = nameless.slice(0, Issue.idsListedMax).map((row) => unreadableIssue(row, connection.id))
  if (issues.length > 0) yield* store.issues.raise(connection.id, issues)
})

/** Says at which order a reading broke off. */
const after = ({ operation, reason }: CartError, last: string | null): CartError =>
  new CartError({ operation: last === null ? operation : `${operation} (after order ${last})`, reason })

const latestChange = (seen: DateTime.Utc | null, batch: ReadonlyArray<Order | Unreadable>): DateTime.Utc | null =>
  batch.reduce<DateTime.Utc | null>(
    (latest, { modifiedAt }) =>
      modifiedAt !== null && (latest === null || DateTime.isGreaterThan(modifiedAt, latest)) ? modifiedAt : latest,
    seen
  )

const notAhead = (instant: DateTime.Utc, now: DateTime.Utc): DateTime.Utc =>
  DateTime.min(instant, DateTime.subtract(now, overlap))

const saveCursor = Effect.fnUntraced(function* (connection: Connection, latest: DateTime.Utc, now: DateTime.Utc) {
  const store = yield* Store
  const cursor = yield* store.connections.cursor(connection.id)
  const next = notAhead(latest, now)
  const isFurther =
    Option.isSome(cursor) && DateTime.isGreaterThanOrEqualTo(notAhead(cursor.value.modifiedSince, now), next)
  const isAhead = Option.isSome(cursor) && DateTime.isGreaterThan(cursor.value.modifiedSince, now)
  if (isFurther && !isAhead) return
  yield* store.connections.setCursor(connection.id, {
    modifiedSince: isFurther ? notAhead(cursor.value.modifiedSince, now) : next
  })
})
