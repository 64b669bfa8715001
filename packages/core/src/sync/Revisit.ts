/**
 * Looks again at orders of which the shop tells nothing new: held ones, whose cause may have gone; those that are due, because
 * a link, an exclusion, a policy or a person's answer has changed what becomes of them; and those that hold stock and have
 * not been heard of for hours, a few in every import.
 */
import { DateTime, Effect, Option, Stream } from "effect"
import * as Intake from "../decide/Intake.ts"
import { isMakeshift, nextLook } from "../decide/Outcome.ts"
import { nextLookOf, unreadableBy } from "../decide/Unreadable.ts"
import type { Connection } from "../domain/Connection.ts"
import type { Order, OrderId } from "../domain/Order.ts"
import type { Sale, SaleId } from "../domain/Sale.ts"
import { Cart, type CartError, isUnreadable, type Unreadable } from "../ports/Cart.ts"
import { Store } from "../ports/Store.ts"
import * as Border from "./Border.ts"
import { type Decided, importBatch, type OnDecision, ordersPerBatch, write } from "./OrderBatch.ts"
import { load, type OrderRow } from "./OrderFacts.ts"
import { makeTally, type Tally } from "./Tally.ts"

/** How many held orders are decided again in one go. */
export const heldPerPage = 500

/** How many orders that are due are looked at in one import; the others wait for the next one. */
export const duePerRun = 500

/** How many orders the shop is asked for by themselves in one import. */
export const askedPerRun = 25

/** How many orders in a row may have a part missing before no further one is asked for in this import. */
export const missingInRowMax = 3

/** How soon an order that the shop would not give by itself is asked for again: a gateway's page may stand behind it. */
export const refusedAgainAfter = { hours: 1 } as const

/** How many orders of the shop's list are read to find one that it says is not there. */
export const listedMax = 250

/**
 * Held orders wait for a link, a free number or payment: what changed may not be the order itself. Gives those that an
 * earlier version of the adapter could not read: this one may.
 */
export const retryHeld = Effect.fnUntraced(function* (connection: Connection, tally: Tally, onDecision: OnDecision) {
  const store = yield* Store
  const { capabilities } = yield* Cart
  const unread: Array<Sale> = []
  let after: SaleId | null = null
  for (;;) {
    const held: ReadonlyArray<Sale> = yield* store.sales.list(connection.id, ["held"], { after, limit: heldPerPage })
    yield* again(connection, held.filter(isDecidable), tally, onDecision)
    if (unread.length < askedPerRun) unread.push(...held.filter(isUnreadBy(capabilities.reader ?? null)))
    const last = held.at(-1)
    if (held.length < heldPerPage || last === undefined) return unread
    after = last.id
  }
})

/** Whether a stored snapshot says enough to decide by it. */
const isDecidable = (sale: Sale): boolean =>
  !isMakeshift(sale) && unreadableBy(sale) === null && !Intake.isToReimport(sale)

/** Decides stored snapshots again. */
const again = Effect.fnUntraced(function* (
  connection: Connection,
  sales: ReadonlyArray<Sale>,
  tally: Tally,
  onDecision: OnDecision
) {
  const own = makeTally()
  const decided: Array<Decided> = []
  for (let start = 0; start < sales.length; start += ordersPerBatch) {
    const orders = sales.slice(start, start + ordersPerBatch).map(({ order }) => order)
    decided.push(...(yield* importBatch(connection, orders, own, onDecision, { again: true })))
  }
  tally.imported += own.imported
  tally.amended += own.amended
  return decided
})

/** Looks at what is due; `seen` are the orders that the shop has just told, `unread` those to be read again. */
export const visitDue = Effect.fnUntraced(function* (
  connection: Connection,
  seen: ReadonlySet<OrderId>,
  unread: ReadonlyArray<Sale>,
  tally: Tally,
  onDecision: OnDecision
) {
  const store = yield* Store
  const now = yield* DateTime.now
  const due = yield* store.sales.due(connection.id, now, duePerRun)
  const toAsk = firstOfEach([...due.filter(isToAsk(connection, seen)), ...unread]).slice(0, askedPerRun)
  const asked = new Set(toAsk.map(({ id }) => id))
  const stored = due.filter((sale) => !asked.has(sale.id) && isDecidable(sale))
  yield* again(connection, stored, tally, onDecision)
  const settled = stored.filter((sale) => !isToAsk(connection, seen)(sale))
  const looks = settled.map(({ orderId, state }) => ({ orderId, at: nextLook(state, now) }))
  if (looks.length > 0) yield* lookAgain(connection, looks, now)
  let missingInRow = 0
  for (const sale of toAsk) {
    const answer = yield* ask(connection, sale, tally, onDecision)
    missingInRow = answer === "missing" ? missingInRow + 1 : 0
    if (answer === "away" || missingInRow >= missingInRowMax) return
  }
})

/** A sale that has changed since has its next look already. */
const lookAgain = Effect.fnUntraced(function* (
  connection: Connection,
  looks: ReadonlyArray<{ readonly orderId: OrderId; readonly at: DateTime.Utc | null }>,
  now: DateTime.Utc
) {
  const store = yield* Store
  const ids = looks.map(({ orderId }) => orderId)
  const stillDue = new Set(
    (yield* store.sales.ofOrders(connection.id, ids))
      .filter(({ lookAt }) => lookAt != null && DateTime.isLessThanOrEqualTo(lookAt, now))
      .map(({ orderId }) => orderId)
  )
  const left = looks.filter(({ orderId }) => stillDue.has(orderId))
  if (left.length > 0) yield* store.sales.look(connection.id, left)
})

/**
 * Whether only the shop can say what becomes of an order. What it has just told, what holds no stock, and what stays as it
 * was imported whatever the shop says, is known.
 */
const isToAsk =
  ({ policy }: Connection, seen: ReadonlySet<OrderId>) =>
  (sale: Sale): boolean => {
    if (Intake.isToReimport(sale)) return true
    const isFollowed = sale.state === "held" || (sale.state === "open" && policy.intake.followChanges)
    return isFollowed && (!seen.has(sale.orderId) || hasNote(sale) || !isDecidable(sale))
  }

const hasNote = ({ reasons }: Sale): boolean =>
  reasons.some(({ code }) => code === "ORDER_MISSING" || code === "ORDER_REPLACED")

/** Whether an order could not be read by another version of the adapter than this. */
const isUnreadBy =
  (reader: string | null) =>
  (sale: Sale): boolean => {
    const by = unreadableBy(sale)
    return by !== null && by.reader !== reader
  }

/** Asks the shop for one order and decides its answer; `missing` where a part of it cannot be had for now. */
const ask = Effect.fnUntraced(function* (connection: Connection, sale: Sale, tally: Tally, onDecision: OnDecision) {
  const store = yield* Store
  const now = yield* DateTime.now
  const later = (at: DateTime.Utc | null) => lookAgain(connection, [{ orderId: sale.orderId, at }], now)
  const answer = yield* Border.order(sale.orderId).pipe(
    Effect.map((found) => ({ _tag: "Answered" as const, found })),
    Effect.catchIf(isAboutThisOrder, () => Effect.succeed({ _tag: "Refused" as const })),
    Effect.catchIf(
      ({ retryable, reason }: CartError) => retryable && reason._tag !== "LeaseLost",
      () => Effect.succeed({ _tag: "Away" as const })
    )
  )
  if (answer._tag === "Away") return "away" as const
  if (answer._tag === "Refused") {
    yield* store.sales.look(connection.id, [{ orderId: sale.orderId, at: DateTime.add(now, refusedAgainAfter) }])
    return "refused" as const
  }
  if (Option.isSome(answer.found)) {
    yield* importBatch(connection, rowsOf(answer.found.value), tally, onDecision, { asked: true })
  } else yield* notFound(connection, sale.orderId, tally, onDecision)
  yield* later(nextLookOf(sale, now))
  return Option.isSome(answer.found) && isMissing(answer.found.value) ? ("missing" as const) : ("answered" as const)
})

const isMissing = (row: Order | Unreadable): boolean => isUnreadable(row) && row.passing === true

const rowsOf = (row: Order | Unreadable): ReadonlyArray<OrderRow> =>
  isUnreadable(row) ? (row.id === null ? [] : [{ ...row, id: row.id }]) : [row]

const isAboutThisOrder = ({ reason: { _tag } }: CartError): boolean =>
  _tag === "Undecodable" || _tag === "Rejected" || _tag === "Conflict" || _tag === "TooLarge" || _tag === "NotFound"

/** One "not found" is a doubt; a repeated one means deleted, unless the shop's own list still has the order. */
export const notFound = Effect.fnUntraced(function* (
  connection: Connection,
  orderId: OrderId,
  tally: Tally,
  onDecision: OnDecision
) {
  const store = yield* Store
  const missing = yield* store.transaction(
    Effect.gen(function* () {
      const [known] = yield* store.sales.ofOrders(connection.id, [orderId])
      if (known === undefined) return null
      const facts = yield* load(connection, [known.order], {})
      const outcome = Intake.missing(known, facts.contextOf(orderId))
      if (outcome._tag === "Repeated") return known
      yield* write(connection, [{ row: known.order, decision: outcome.decision, itemIds: [] }])
      return null
    })
  )
  if (missing === null) return
  const listed = yield* Border.orders({ _tag: "ModifiedSince", instant: missing.order.modifiedAt }).pipe(
    Stream.take(listedMax),
    Stream.filter((row) => row.id === orderId),
    Stream.runHead
  )
  const rows = Option.match(listed, {
    onNone: (): ReadonlyArray<OrderRow> => [{ ...missing.order, deleted: true }],
    onSome: rowsOf
  })
  yield* importBatch(connection, rows, tally, onDecision, { asked: true })
})

const firstOfEach = (sales: ReadonlyArray<Sale>): ReadonlyArray<Sale> => [
  ...new Map(sales.map((sale) => [sale.id, sale])).values()
]
