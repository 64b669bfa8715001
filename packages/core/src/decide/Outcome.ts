/**
 * The four outcomes of an order, and what each of them writes: the sale, its demand, what left the shelves, and the issues
 * that stand about it. All of it follows from the sale.
 */
import { DateTime, Equal } from "effect"
import type { Connection } from "../domain/Connection.ts"
import type { Demand } from "../domain/Demand.ts"
import * as Issue from "../domain/Issue.ts"
import type { Movement } from "../domain/Movement.ts"
import { isPaid, type Order, type OrderLineId } from "../domain/Order.ts"
import { type Quantity, zero } from "../domain/Quantity.ts"
import {
  idOf,
  isImported,
  type Sale,
  type SaleId,
  type SaleLine,
  type SaleReason,
  type SaleState,
  type SaleType
} from "../domain/Sale.ts"
import { dated } from "./Departures.ts"
import { doubtsOf } from "./Doubts.ts"
import { orderLineIdOf } from "./LineRecall.ts"
import type * as SaleLines from "./SaleLines.ts"
import { demandOf, endOfOther, movementsBetween } from "./SaleStock.ts"

/** How many reasons the issue of a held order spells out; the sale keeps them all. */
export const reasonsSpelledMax = 10

/** What intake may look up; the shell has loaded it for a batch of orders. */
export interface IntakeContext extends SaleLines.LineFacts {
  readonly now: DateTime.Utc
  /** The sale that exists for this order, if any. */
  readonly known: Sale | null
  /** Who has a reference number (any case), if not this order. */
  readonly numberOwner: (number: string) => SaleId | null
  /** Set by a back-fill: orders placed from here on are taken too, although `importFrom` lies later. */
  readonly backfillFrom?: DateTime.Utc | null
  /** Set where the shop was asked for this one order because of its stamp: what it says again is so. */
  readonly asked?: boolean
  /** Set where the stored snapshot itself is decided again: what the shop's answers have left in doubt stays so. */
  readonly again?: boolean
  /** Names the adapter's way of reading, for what it could not read. */
  readonly reader?: string
}

/** A change of a line between two snapshots. */
export interface LineChange {
  readonly lineId: OrderLineId
  readonly openBefore: Quantity
  readonly openAfter: Quantity
}

/** What all outcomes have. */
interface Outcome {
  /** Why this outcome, in stable codes and plain sentences. */
  readonly reasons: ReadonlyArray<SaleReason>
  /** All issues that stand about the order, where `sale` is set; those that stood before and are not among them are settled. */
  readonly issues: ReadonlyArray<Issue.Issue>
  /** Stock that left for the order, as far as the shop has shipped it: to be recorded with the sale's revision, once. */
  readonly shipments?: ReadonlyArray<Movement>
  /** Demand under other sources than the sale's own, to be set with it. */
  readonly others?: ReadonlyArray<Demand>
  /** Set where the answer cannot be relied on: the shop is to be asked for this one order. */
  readonly ask?: boolean
}

/** Makes a sale. */
export interface Import extends Outcome {
  readonly _tag: "Import"
  readonly sale: Sale
  readonly demand: Demand
}

/** Follows a sale that exists to the order's latest snapshot. */
export interface Amend extends Outcome {
  readonly _tag: "Amend"
  readonly sale: Sale
  readonly demand: Demand
  readonly changes: ReadonlyArray<LineChange>
}

/** Waits for a person or for payment; what can be reserved is. */
export interface Hold extends Outcome {
  readonly _tag: "Hold"
  readonly sale: Sale
  readonly demand: Demand
}

/** Needs nothing. `sale` is the record to keep (with no demand), or null when the stored one stands as it is. */
export interface Skip extends Outcome {
  readonly _tag: "Skip"
  readonly sale: Sale | null
  readonly demand: Demand | null
}

/** The outcome for one order. */
export type IntakeDecision = Import | Amend | Hold | Skip

/** Marks a reason whose sale has a makeshift snapshot: nothing is ever decided from it. */
export const makeshiftMark = { makeshift: "yes" } as const

/** Whether a sale's snapshot is a makeshift one: the order could not be read, or not be written. */
export const isMakeshift = ({ reasons }: Sale): boolean =>
  reasons.some(({ about }) => about?.["makeshift"] === makeshiftMark.makeshift)

/** The known sale as far as its snapshot says anything. */
export const remembered = (known: Sale | null): Sale | null => (known !== null && isMakeshift(known) ? null : known)

/** Whether another order was found under a sale's id. */
export const isReplaced = ({ code }: SaleReason): boolean => code === "ORDER_REPLACED"

/** The stored sale if it was ever booked: what was written down then stays. */
export const bookedOf = ({ known }: IntakeContext): Sale | null => (known?.number == null ? null : known)

/** Leaves the stored sale as it is. */
export const stand = ({ known, now }: IntakeContext, code: string, message: string): Skip => ({
  _tag: "Skip",
  sale: null,
  demand: null,
  reasons: [{ code, message }],
  issues: known === null ? [] : issuesOf(known, now)
})

/** The sale of an order with its outcome. Its name, its number and its type stay as they once were. */
export const record = (
  order: Order,
  { connection, known, now, again = false }: IntakeContext,
  outcome: Pick<Sale, "state" | "lines"> & Partial<Pick<Sale, "reasons" | "number">>
): Sale => ({
  id: idOf(connection.id, order.id),
  connectionId: connection.id,
  orderId: order.id,
  type: known !== null && known.number !== null ? known.type : typeFor(order, connection),
  number: known?.number ?? null,
  order,
  revision: known === null ? 0 : known.revision + 1,
  lookAt: nextLook(outcome.state, now),
  ...(known?.answers === undefined ? {} : { answers: known.answers }),
  ...outcome,
  reasons: [...(outcome.reasons ?? []), ...(again && known !== null ? known.reasons.filter(isNote) : [])]
})

/** What the shop's answers have left in doubt about an order, noted among its sale's reasons. */
const isNote = ({ code }: SaleReason): boolean => code === "ORDER_REPLACED" || code === "ORDER_MISSING"

/** How long an order that holds stock may go unseen, before the shop is asked for it. */
export const unseenHoursMax = 6

/** When an order is asked for again if nothing is heard of it: whatever holds stock is, and nothing else. */
export const nextLook = (state: SaleState, now: DateTime.Utc): DateTime.Utc | null =>
  state === "open" || state === "held" ? DateTime.add(now, { hours: unseenHoursMax }) : null

/** What an order becomes. Auto-detect makes a paid order a receipt, but only where open receipts are counted. */
const typeFor = (order: Order, { policy }: Connection): SaleType => {
  const { transactionType } = policy.intake
  if (transactionType !== "autoDetect") return transactionType
  return isPaid(order.status) && policy.availability.countOpenSalesReceipts ? "salesReceipt" : "salesOrder"
}

/** Compares a sale with the stored one and says what to write. */
export const settle = (context: IntakeContext, sale: Sale, expiresAt: DateTime.Utc | null = null): IntakeDecision => {
  const { known, now } = context
  if (known !== null && isSame(known, sale)) {
    const unchanged = stand(context, "UNCHANGED", `Sale ${sale.id} is as the order says.`)
    return sale.state === "skipped" ? { ...unchanged, reasons: sale.reasons } : unchanged
  }
  const before = bookedOf(context)
  const outcome = {
    sale,
    demand: demandOf(sale, expiresAt),
    issues: issuesOf(sale, now),
    shipments: dated(movementsBetween(before, sale), before, sale, now),
    ...(known?.reasons.some(isReplaced) === true && !sale.reasons.some(isReplaced)
      ? { others: [endOfOther(known)] }
      : {})
  }
  if (sale.state === "held") return { _tag: "Hold", reasons: sale.reasons, ...outcome }
  if (sale.state === "skipped") return { _tag: "Skip", reasons: sale.reasons, ...outcome }
  if (known === null || !isImported(known)) return { _tag: "Import", reasons: [whyImported(known, sale)], ...outcome }
  const changes = changesBetween(known, sale)
  return { _tag: "Amend", changes, reasons: [whyAmended(known, sale, changes)], ...outcome }
}

/** Whether two revisions say the same, whenever they are looked at again. */
const isSame = (known: Sale, sale: Sale): boolean =>
  Equal.equals({ ...known, revision: sale.revision, lookAt: sale.lookAt }, sale)

const whyImported = (known: Sale | null, { order, state }: Sale): SaleReason => {
  if (state === "cancelled")
    return { code: "CALLED_OFF", message: `Order ${order.number} was called off after goods had left.` }
  return known?.state === "held"
    ? { code: "RELEASED", message: `What order ${order.number} waited for has come.` }
    : { code: "STATUS_IMPORTED", message: `Orders in status ${order.status} are imported.` }
}

const whyAmended = (before: Sale, { state, order }: Sale, changes: ReadonlyArray<LineChange>): SaleReason => {
  if (state === "cancelled") return { code: "CALLED_OFF", message: `Order ${order.number} was called off.` }
  if (before.state === "cancelled") return { code: "REOPENED", message: `Order ${order.number} stands again.` }
  if (before.state === "held") return { code: "RELEASED", message: `What order ${order.number} waited for has come.` }
  return changes.length > 0
    ? { code: "LINES_CHANGED", message: `Order ${order.number} has another open quantity on ${linesOf(changes)}.` }
    : { code: "DETAILS_CHANGED", message: `Order ${order.number} was changed, but not what is open of it.` }
}

const linesOf = (changes: ReadonlyArray<LineChange>): string =>
  changes.length === 1 ? `line ${changes[0]!.lineId}` : `${changes.length} lines`

const changesBetween = (before: Sale, after: Sale): ReadonlyArray<LineChange> => {
  const openBefore = new Map(before.lines.map(({ id, open }) => [id, open]))
  const openAfter = new Map(after.lines.map(({ id, open }) => [id, open]))
  return [...new Set([...openBefore.keys(), ...openAfter.keys()])]
    .map((lineId) => ({
      lineId,
      openBefore: openBefore.get(lineId) ?? zero,
      openAfter: openAfter.get(lineId) ?? zero
    }))
    .filter((change) => change.openBefore !== change.openAfter)
}

/**
 * Every issue that stands about a sale: why it is held, what of it is in doubt, which lines the shop has edited below what
 * was shipped, and a stamp that is ahead of `now`.
 */
export const issuesOf = (sale: Sale, now: DateTime.Utc | null = null): ReadonlyArray<Issue.Issue> => {
  const { connectionId, orderId } = sale
  if (sale.state === "deleted") return []
  return [
    ...holdIssuesOf(sale),
    ...doubtsOf(sale).map(({ issue }) => issue),
    ...[...new Set(sale.lines.filter(isOvershipped).map(orderLineIdOf))].map((lineId) =>
      Issue.editConflict({ connectionId, orderId, lineId })
    ),
    ...(now !== null && isAhead(sale.order, now) ? [stampAhead(sale)] : [])
  ]
}

const isOvershipped = (line: SaleLine): boolean => line.quantity < line.shipped

/** How far a shop's stamp may be ahead of our clock before a person is told. */
export const stampAheadMinutesMax = 10

const isAhead = ({ modifiedAt }: Order, now: DateTime.Utc): boolean =>
  DateTime.isGreaterThan(modifiedAt, DateTime.add(now, { minutes: stampAheadMinutesMax }))

const stampAhead = ({ connectionId, orderId, order }: Sale): Issue.Issue =>
  Issue.orderStampAhead({ connectionId, orderId, modifiedAt: DateTime.formatIso(order.modifiedAt) })

/** What a person has to do before a held sale is imported. Payment is nobody's task. */
const holdIssuesOf = (sale: Sale): ReadonlyArray<Issue.Issue> => {
  if (sale.state !== "held") return []
  const about = { connectionId: sale.connectionId, orderId: sale.orderId }
  const referenceIssues = sale.reasons.flatMap((reason) => ownIssueOf(reason, about))
  const why = sale.reasons
    .filter(({ code }) => !code.startsWith("AWAITING_") && !hasOwnIssue.has(code))
    .map(({ message }) => message.replace(/\.$/, ""))
  return why.length === 0 ? referenceIssues : [...referenceIssues, Issue.orderHeld({ ...about, why: phrase(why) })]
}

const ownIssueOf = (
  { code, message, about: { number = "", ownerId = "", path = "", expected = "" } = {} }: SaleReason,
  about: Pick<Sale, "connectionId" | "orderId">
): ReadonlyArray<Issue.Issue> => {
  switch (code) {
    case "REFERENCE_TOO_LONG":
      return [Issue.referenceTooLong({ ...about, number })]
    case "REFERENCE_CONFLICT":
      return [Issue.referenceConflict({ ...about, number, ownerId: ownerId as SaleId })]
    case "ORDER_UNREADABLE":
      return [Issue.orderUnreadable({ ...about, path, expected, stake: message })]
    default:
      return []
  }
}

const phrase = (why: ReadonlyArray<string>): string => {
  const more = why.length - reasonsSpelledMax
  return more > 0 ? `${why.slice(0, reasonsSpelledMax).join("; ")}; and ${more} more` : why.join("; ")
}

const hasOwnIssue = new Set([
  "REFERENCE_TOO_LONG",
  "REFERENCE_CONFLICT",
  "REFERENCE_ASSIGNED",
  "ORDER_UNREADABLE",
  "ORDER_MISSING",
  "ORDER_REPLACED"
])
