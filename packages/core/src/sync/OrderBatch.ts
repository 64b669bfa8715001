/**
 * Decides a batch of orders and commits the decisions with their demand in one transaction.
 *
 * The unit of failure is one order: a batch that cannot be decided or written as a whole is taken apart, and an order that
 * cannot be by itself is set aside under its reason. Only what concerns everybody (the database is away, the lease is
 * lost) ends the import, and then the error names the orders it was at.
 */
import { DateTime, Effect, Equal, Result } from "effect"
import * as Intake from "../decide/Intake.ts"
import { makeshiftMark } from "../decide/Outcome.ts"
import type { Connection } from "../domain/Connection.ts"
import type { Demand } from "../domain/Demand.ts"
import * as Issue from "../domain/Issue.ts"
import type { ItemId } from "../domain/ItemId.ts"
import * as Orders from "../domain/Order.ts"
import type { Order, OrderId } from "../domain/Order.ts"
import * as Sale from "../domain/Sale.ts"
import * as Text from "../domain/Text.ts"
import { isUnreadable } from "../ports/Cart.ts"
import { type StockDocument, Store, StoreError } from "../ports/Store.ts"
import { type BatchOptions, load, orderIdOf, type OrderRow } from "./OrderFacts.ts"
import { count, type Tally } from "./Tally.ts"

/** How many orders are decided and committed together. */
export const ordersPerBatch = 100

/** How often a batch that lost a race is decided anew. */
export const attemptsMax = 5

/** How soon an order that could not be written is asked for again. */
export const againAfter = { minutes: 10 } as const

/** Hears each decision as it is committed. */
export type OnDecision = (order: Order, decision: Intake.IntakeDecision) => Effect.Effect<void>

/** An order with what was decided of it. */
export interface Decided {
  readonly row: OrderRow
  readonly decision: Intake.IntakeDecision
  /** What the order's listings sell: an order that is new or has changed means that the shop may have moved their stock. */
  readonly itemIds: ReadonlyArray<ItemId>
}

/** Decides and commits some orders, each one's latest state; counts and tells each decision. */
export const importBatch = Effect.fnUntraced(function* (
  connection: Connection,
  batch: ReadonlyArray<OrderRow>,
  tally: Tally,
  onDecision: OnDecision,
  options: BatchOptions = {}
) {
  const rows = latestOfEach(batch)
  const decided = yield* commit(connection, rows, options).pipe(
    contained,
    Effect.flatMap((outcome) =>
      Result.isSuccess(outcome)
        ? Effect.succeed(outcome.success)
        : Effect.map(
            Effect.forEach(rows, (row) => commitAlone(connection, row, options)),
            (decisions) => decisions.flat()
          )
    ),
    Effect.mapError((error) => naming(error, rows))
  )
  for (const { row, decision } of decided) {
    count(tally, decision)
    if (decision.sale !== null) yield* onDecision(decision.sale.order, decision)
    else if (!isUnreadable(row)) yield* onDecision(row, decision)
  }
  return decided
})

/** Loads what the orders need, decides them one after the other, and writes the outcome in the same transaction. */
const commit = (connection: Connection, rows: ReadonlyArray<OrderRow>, options: BatchOptions) =>
  Effect.gen(function* () {
    const store = yield* Store
    return yield* store.transaction(
      Effect.gen(function* () {
        const facts = yield* load(connection, rows, options)
        const decided = rows.map((row): Decided => {
          const context = facts.contextOf(orderIdOf(row))
          const decision = isUnreadable(row) ? Intake.decideUnreadable(row, context) : Intake.decide(row, context)
          facts.take(decision)
          return { row, decision, itemIds: facts.itemsOf(row) }
        })
        return yield* write(connection, decided)
      })
    )
  }).pipe(Effect.retry({ times: attemptsMax - 1, while: isRace }))

/** Writes decisions, and makes the issues that stand about their orders the open ones. */
export const write = Effect.fnUntraced(function* (connection: Connection, decided: ReadonlyArray<Decided>) {
  const store = yield* Store
  yield* store.transaction(
    Effect.gen(function* () {
      const decisions = decided.map(({ decision }) => decision)
      const sales = decisions.flatMap(({ sale }) => (sale === null ? [] : [sale]))
      const demands = decisions.flatMap(({ demand, others = [] }) => [...(demand === null ? [] : [demand]), ...others])
      const decidedAnew = decided.filter(({ decision }) => decision.sale !== null)
      if (sales.length > 0) yield* store.sales.save(sales)
      if (demands.length > 0) yield* store.stock.setDemand(demands)
      const shipments = decisions.flatMap(shipmentsOf)
      if (shipments.length > 0) yield* store.stock.record(shipments)
      yield* replaceIssues(connection, decided)
      const moved = decidedAnew.flatMap(({ itemIds }) => itemIds)
      if (moved.length > 0) yield* store.publications.mark(connection.id, unique(moved), true)
      const strange = decided.filter(({ decision: { ask = false } }) => ask)
      const now = yield* DateTime.now
      const looks = strange.map(({ row }) => ({ orderId: orderIdOf(row), at: now }))
      if (looks.length > 0) yield* store.sales.look(connection.id, looks)
    })
  )
  return decided
})

const replaceIssues = Effect.fnUntraced(function* (connection: Connection, decided: ReadonlyArray<Decided>) {
  const store = yield* Store
  if (decided.length === 0) return
  yield* store.issues.replace(
    connection.id,
    Issue.codesOf("import", "orderId"),
    { field: "orderId", ids: decided.map(({ row }) => row.id) },
    decided.flatMap(({ decision }) => decision.issues)
  )
})

/** What left the shelves for a sale is one document per revision: recording it again changes nothing. */
const shipmentsOf = ({ sale, shipments = [] }: Intake.IntakeDecision): ReadonlyArray<StockDocument> =>
  sale === null || shipments.length === 0
    ? []
    : [{ key: `${Sale.demandSourceOf(sale.id)}#${sale.revision}`, movements: shipments }]

const commitAlone = Effect.fnUntraced(function* (connection: Connection, row: OrderRow, options: BatchOptions) {
  const outcome = yield* contained(commit(connection, [row], options))
  return Result.isSuccess(outcome) ? outcome.success : yield* setAside(connection, row, outcome.failure)
})

/**
 * Keeps an order that cannot be decided or written, by whichever way works: with its snapshot; with as little of it as tells
 * which order it is; or as an issue alone. What is known of it stays as it was, and the issue says so.
 */
const setAside = Effect.fnUntraced(function* (connection: Connection, row: OrderRow, why: string) {
  const store = yield* Store
  const orderId = orderIdOf(row)
  const [known] = yield* Effect.map(contained(store.sales.ofOrders(connection.id, [orderId])), (found) =>
    Result.getOrElse(found, (): ReadonlyArray<Sale.Sale> => [])
  )
  const issue = (what: string) => Issue.orderHeld({ connectionId: connection.id, orderId, why: `${what}${why}` })
  const reasons = [{ code: notWritable, message: why }]
  const standing = (what: string, before: ReadonlyArray<Issue.Issue>): Decided => {
    const decision = { _tag: "Skip" as const, sale: null, demand: null, reasons, issues: [...before, issue(what)] }
    return { row, decision, itemIds: [] }
  }
  if (known !== undefined && known.state !== "skipped" && !isSetAside(known, why)) {
    const what = `its latest state cannot be written, and sale ${known.id} stays as it was (${known.state}): `
    return yield* orOnlyTold(connection, [standing(what, Intake.issuesOf(known))])
  }
  if (known !== undefined && isSetAside(known, why)) return yield* orOnlyTold(connection, [standing("", [])])
  const now = yield* DateTime.now
  for (const { order, about } of snapshotsOf(row, now)) {
    const sale = bareSale(connection, order, known?.revision ?? -1, [{ ...reasons[0]!, ...about }], now)
    const demand: Demand = { source: Sale.demandSourceOf(sale.id), kind: "softHold", lines: [], expiresAt: null }
    const decision: Intake.Hold = { _tag: "Hold", sale, demand, reasons, issues: [issue("")] }
    const written = yield* contained(write(connection, [{ row, decision, itemIds: [] }]))
    if (Result.isSuccess(written)) return written.success
  }
  return yield* orOnlyTold(connection, [standing("nothing of it can be kept, and no stock is held for it: ", [])])
})

const notWritable = "NOT_WRITABLE"

const isSetAside = ({ reasons }: Sale.Sale, why: string): boolean =>
  reasons.some(({ code, message }) => code === notWritable && Equal.equals(message, why))

/** Tells of orders that cannot be written; an issue that cannot be written either is at least logged. */
const orOnlyTold = Effect.fnUntraced(function* (connection: Connection, decided: ReadonlyArray<Decided>) {
  const told = yield* contained(replaceIssues(connection, decided))
  if (Result.isFailure(told)) {
    yield* Effect.logError(
      `Nothing can be written of order ${decided.map(({ row }) => row.id).join(", ")}: ${told.failure}`
    )
  }
  return decided
})

const snapshotsOf = (
  row: OrderRow,
  now: DateTime.Utc
): ReadonlyArray<{ readonly order: Order; readonly about: object }> => {
  const placedAt = row.placedAt ?? row.modifiedAt ?? now
  const minimal = Orders.make({
    id: orderIdOf(row),
    number: row.number ?? row.id,
    placedAt,
    modifiedAt: row.modifiedAt ?? placedAt,
    lines: []
  })
  const least = { order: minimal, about: { about: makeshiftMark } }
  return isUnreadable(row) ? [least] : [{ order: row, about: {} }, least]
}

/** The record of an order and nothing else: no lines, no number. */
const bareSale = (
  connection: Connection,
  order: Order,
  lastRevision: number,
  reasons: ReadonlyArray<Sale.SaleReason>,
  now: DateTime.Utc
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
  revision: lastRevision + 1,
  lookAt: DateTime.add(now, againAfter)
})

/** An outcome in which a fault of the rows themselves is a value: why they cannot be decided or written. */
const contained = <A, R>(
  effect: Effect.Effect<A, StoreError, R>
): Effect.Effect<Result.Result<A, string>, StoreError, R> =>
  effect.pipe(
    Effect.map((value): Result.Result<A, string> => Result.succeed(value)),
    Effect.catchIf(isRowsFault, (error) =>
      Effect.succeed<Result.Result<A, string>>(Result.fail(sentence(error.message)))
    ),
    Effect.catchDefect((defect) => Effect.succeed<Result.Result<A, string>>(Result.fail(sentence(describe(defect)))))
  )

const describe = (defect: unknown): string => (defect instanceof Error ? defect.message : String(defect))

/** A reason is one sentence of a length that can be kept, whatever the fault has to say. */
const sentence = (text: string): string => Text.writable(text === "" ? "an unknown fault" : text, reasonLengthMax)

/** How long the reason of an order that is set aside may be. */
export const reasonLengthMax = 500

const isRace = (error: StoreError): boolean => error.reason._tag === "Changed" || error.reason._tag === "Taken"

/** A fault of the rows themselves: trying the same ones again gives the same answer. */
const isRowsFault = (error: StoreError): boolean => !error.retryable

const naming = ({ operation, reason }: StoreError, rows: ReadonlyArray<OrderRow>): StoreError =>
  new StoreError({ operation: `${operation} (importing ${Issue.list(rows.map(({ id }) => `order ${id}`))})`, reason })

const latestOfEach = (rows: ReadonlyArray<OrderRow>): ReadonlyArray<OrderRow> => {
  const latest = new Map<OrderId, OrderRow>()
  for (const row of rows) {
    const other = latest.get(orderIdOf(row))
    if (other === undefined || !isBefore(row, other)) latest.set(orderIdOf(row), row)
  }
  return [...latest.values()]
}

const isBefore = (row: OrderRow, other: OrderRow): boolean =>
  row.modifiedAt !== null && other.modifiedAt !== null && DateTime.isLessThan(row.modifiedAt, other.modifiedAt)

const unique = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => [...new Set(values)]
