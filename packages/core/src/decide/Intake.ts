/**
 * What becomes of a shop's order? From its latest snapshot and what we know of it to a sale, or the reason why not.
 *
 * The outcome follows from the state of the order and of the sale, never from the way they came to it: whether an order
 * was seen once or ten times, and whether on its way from payment to shipment or only afterwards, it ends as the same
 * sale with the same demand. Four outcomes: `Import` makes a sale, `Amend` follows one to the latest snapshot, `Hold`
 * waits (for payment, or for a person) and reserves what it can, `Skip` needs nothing. Each says why.
 *
 * The rules, in the order in which they are asked:
 * 1. A sale that was deleted here stays away until {@link reimport}.
 * 2. A snapshot older than the stored one changes nothing. Equal times are no order: shops count in seconds.
 * 3. An imported sale follows the order (or, with `followChanges` off, stays as it was imported).
 * 4. What was called off before it was imported is skipped, and its hold ends.
 * 5. An order placed before the connection's `importFrom` is skipped, unless it is known or asked for by `backfillFrom`.
 * 6. An order in one of `importStatuses` is imported; in one of `holdStatuses` its stock is held, for `holdDays`.
 * 7. Everything else is skipped until its status changes. An unfinished checkout is never imported.
 *
 * An import needs a number (see `Reference`) and an item for each line that takes stock (see `SaleLines`). While one is
 * missing the order is held, and the stock of its other lines with it, without end.
 */
import { DateTime, Equal, Result } from "effect"
import type { Connection } from "../domain/Connection.ts"
import type { Demand } from "../domain/Demand.ts"
import * as Issue from "../domain/Issue.ts"
import type { ListingKey } from "../domain/Listing.ts"
import type { Movement } from "../domain/Movement.ts"
import { isCalledOff, isPaid, isPlaced, type Order, type OrderLineId, type OrderStatus } from "../domain/Order.ts"
import { type Quantity, zero } from "../domain/Quantity.ts"
import { idOf, isImported, type Sale, type SaleId, type SaleReason, type SaleType } from "../domain/Sale.ts"
import * as Reference from "./Reference.ts"
import * as SaleLines from "./SaleLines.ts"
import { demandOf, movementsBetween } from "./SaleStock.ts"

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

/** Decides one order. */
export const decide = (order: Order, context: IntakeContext): IntakeDecision => {
  const { known } = context
  if (known?.state === "deleted") return stand("DELETED_HERE", `Order ${order.number} was deleted here.`)
  if (known !== null && DateTime.isLessThan(order.modifiedAt, known.order.modifiedAt)) {
    return stand("OLDER_SNAPSHOT", `A later snapshot of order ${order.number} has been seen.`)
  }
  if (known !== null && isImported(known)) return follow(order, context, known)
  if (isCalledOff(order)) return skip(order, context, "CALLED_OFF", `Order ${order.number} was called off.`)
  if (known !== null && isWaitingForPerson(known)) return take(order, context, known)
  if (isBeforeCutover(order, context)) {
    return skip(order, context, "BEFORE_CUTOVER", `Order ${order.number} was placed before imports began.`)
  }
  const { importStatuses, holdStatuses } = context.connection.policy.intake
  if (isPlaced(order.status) && importStatuses.includes(order.status)) return take(order, context, known)
  if (holdStatuses.includes(order.status)) return holdUntilPaid(order, context)
  return isPlaced(order.status)
    ? skip(order, context, "STATUS_NOT_IMPORTED", `Orders in status ${order.status} are not imported.`)
    : skip(order, context, "CHECKOUT_UNFINISHED", `The checkout of order ${order.number} is not finished.`)
}

/** Whether an order was held on its way in: it has been importable, and stays so whatever its status says later. */
const isWaitingForPerson = ({ reasons }: Sale): boolean =>
  reasons.some((reason) => isLineReason(reason) || Reference.isReferenceReason(reason))

const isLineReason = ({ code }: SaleReason): boolean => code.startsWith("LINE_")

const isBeforeCutover = (order: Order, { known, connection, backfillFrom }: IntakeContext): boolean => {
  if (known !== null && (known.state === "held" || known.reasons.some(isReimport))) return false
  const isBefore = (from: DateTime.Utc) => DateTime.isLessThan(order.placedAt, from)
  return isBefore(connection.importFrom) && (backfillFrom == null || isBefore(backfillFrom))
}

/** Follows an imported sale to what the order says now. */
const follow = (order: Order, context: IntakeContext, known: Sale): IntakeDecision => {
  if (!context.connection.policy.intake.followChanges && known.state !== "held") {
    return stand("CHANGES_NOT_FOLLOWED", `Sale ${known.id} stays as it was imported.`)
  }
  if (!isCalledOff(order)) return take(order, context, known)
  const { lines } = SaleLines.fromOrder(order, context, known)
  const cancelled = lines.map((line) => ({ ...line, open: zero }))
  return settle(context, record(order, context, { state: "cancelled", lines: cancelled }))
}

/** Imports an order or amends its sale; holds it while a line has no item or no number can be given. */
const take = (order: Order, context: IntakeContext, known: Sale | null): IntakeDecision => {
  const { lines, unresolved } = SaleLines.fromOrder(order, context, bookedOf(context))
  const number = Reference.numberOf(order, context.connection, known, context.numberOwner)
  const waiting = Result.isFailure(number) ? [number.failure] : Reference.assignedTo(known)
  const reasons = [...unresolved, ...(unresolved.length > 0 || Result.isFailure(number) ? waiting : [])]
  if (reasons.length > 0 || Result.isFailure(number)) {
    return settle(context, record(order, context, { state: "held", reasons, lines }))
  }
  const state = lines.some(({ open }) => open > 0) ? "open" : "closed"
  return settle(context, record(order, context, { state, number: number.success, lines }))
}

/** The stored sale if it was ever booked: what was written down then stays. */
const bookedOf = ({ known }: IntakeContext): Sale | null => (known?.number == null ? null : known)

/** Holds what an unpaid order has taken from the shop's stock, until it is paid, called off, or too old. */
const holdUntilPaid = (order: Order, context: IntakeContext): IntakeDecision => {
  const { lines } = SaleLines.fromOrder(order, context, bookedOf(context))
  const expiresAt = DateTime.add(order.modifiedAt, { days: context.connection.policy.intake.holdDays })
  const until = DateTime.formatIso(expiresAt)
  if (!DateTime.isLessThan(context.now, expiresAt)) {
    return skip(order, context, "HOLD_EXPIRED", `The stock of order ${order.number} was held until ${until}.`)
  }
  const reasons = [
    {
      code: waitingCodeOf(order.status),
      message: `Order ${order.number} waits in status ${order.status}; its stock is held until ${until}.`
    }
  ]
  return settle(context, record(order, context, { state: "held", reasons, lines }), expiresAt)
}

const waitingCodeOf = (status: OrderStatus): string =>
  status === "awaitingPayment"
    ? "AWAITING_PAYMENT"
    : status === "manualVerification"
      ? "AWAITING_VERIFICATION"
      : "AWAITING_STATUS"

const skip = (order: Order, context: IntakeContext, code: string, message: string): IntakeDecision => {
  // What was shipped of a sale before it was deleted here has left the shelves all the same.
  const lines = bookedOf(context)?.lines ?? []
  return settle(context, record(order, context, { state: "skipped", reasons: [{ code, message }], lines }))
}

/** Leaves the stored sale as it is. */
const stand = (code: string, message: string): Skip => ({
  _tag: "Skip",
  sale: null,
  demand: null,
  reasons: [{ code, message }],
  issues: []
})

/** The sale of an order with its outcome. Its name, its number and its type stay as they once were. */
const record = (
  order: Order,
  { connection, known }: IntakeContext,
  outcome: Pick<Sale, "state" | "lines"> & Partial<Pick<Sale, "reasons" | "number">>
): Sale => ({
  id: idOf(connection.id, order.id),
  connectionId: connection.id,
  orderId: order.id,
  type: known !== null && known.number !== null ? known.type : typeFor(order, connection),
  number: known?.number ?? null,
  reasons: [],
  order,
  revision: known === null ? 0 : known.revision + 1,
  ...outcome
})

/** What an order becomes. Auto-detect makes a paid order a receipt, but only where open receipts are counted. */
const typeFor = (order: Order, { policy }: Connection): SaleType => {
  const { transactionType } = policy.intake
  if (transactionType !== "autoDetect") return transactionType
  return isPaid(order.status) && policy.availability.countOpenSalesReceipts ? "salesReceipt" : "salesOrder"
}

/** Compares a sale with the stored one and says what to write. */
const settle = (context: IntakeContext, sale: Sale, expiresAt: DateTime.Utc | null = null): IntakeDecision => {
  const { known } = context
  if (known !== null && Equal.equals({ ...known, revision: sale.revision }, sale)) {
    const unchanged = stand("UNCHANGED", `Sale ${sale.id} is as the order says.`)
    return sale.state === "skipped" ? { ...unchanged, reasons: sale.reasons } : unchanged
  }
  const counted = countedOf(context, sale)
  const shipments = movementsBetween(bookedOf(context) ?? openingOf(sale, counted), sale)
  const outcome = { sale, demand: demandOf(sale, expiresAt, counted), issues: issuesOf(sale), shipments }
  if (sale.state === "held") return { _tag: "Hold", reasons: sale.reasons, ...outcome }
  if (sale.state === "skipped") return { _tag: "Skip", reasons: sale.reasons, ...outcome }
  if (known === null || !isImported(known)) return { _tag: "Import", reasons: [whyImported(known, sale)], ...outcome }
  const changes = changesBetween(known, sale)
  return { _tag: "Amend", changes, reasons: [whyAmended(known, sale, changes)], ...outcome }
}

/** What the shop had shipped of an order's lines when our stock was counted: that was off the shelf already. */
const countedOf = ({ known, connection }: IntakeContext, { order }: Sale): ReadonlyMap<OrderLineId, Quantity> => {
  const { openingBalanceAt } = connection
  const seen = known === null ? [order] : [order, known.order]
  const atCount = seen.find(
    ({ modifiedAt }) => openingBalanceAt !== undefined && DateTime.isLessThan(modifiedAt, openingBalanceAt)
  )
  return new Map(atCount?.lines.map(({ id, shipped }) => [id, shipped]))
}

/** What a sale that is booked for the first time had done to stock before. */
const openingOf = (sale: Sale, counted: ReadonlyMap<OrderLineId, Quantity>): Sale => ({
  ...sale,
  lines: sale.lines.map((line) => ({ ...line, shipped: counted.get(SaleLines.orderLineIdOf(line)) ?? zero }))
})

const whyImported = (known: Sale | null, { order }: Sale): SaleReason =>
  known?.state === "held"
    ? { code: "RELEASED", message: `What order ${order.number} waited for has come.` }
    : { code: "STATUS_IMPORTED", message: `Orders in status ${order.status} are imported.` }

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

/** Every issue that stands about a sale: why it is held, and which lines the shop has edited below what was shipped. */
export const issuesOf = (sale: Sale): ReadonlyArray<Issue.Issue> => [
  ...holdIssuesOf(sale),
  ...[...new Set(sale.lines.filter(({ quantity, shipped }) => quantity < shipped).map(SaleLines.orderLineIdOf))].map(
    (lineId) => Issue.editConflict({ connectionId: sale.connectionId, orderId: sale.orderId, lineId })
  )
]

/** What a person has to do before a held sale is imported. Payment is nobody's task. */
const holdIssuesOf = (sale: Sale): ReadonlyArray<Issue.Issue> => {
  if (sale.state !== "held") return []
  const about = { connectionId: sale.connectionId, orderId: sale.orderId }
  const referenceIssues = sale.reasons.flatMap((reason) => referenceIssueOf(reason, about))
  const why = sale.reasons
    .filter(({ code }) => !code.startsWith("AWAITING_") && !hasOwnIssue.has(code))
    .map(({ message }) => message.replace(/\.$/, ""))
  return why.length === 0 ? referenceIssues : [...referenceIssues, Issue.orderHeld({ ...about, why: phrase(why) })]
}

const referenceIssueOf = (
  { code, about: { number = "", ownerId = "" } = {} }: SaleReason,
  about: Pick<Sale, "connectionId" | "orderId">
): ReadonlyArray<Issue.Issue> => {
  switch (code) {
    case "REFERENCE_TOO_LONG":
      return [Issue.referenceTooLong({ ...about, number })]
    case "REFERENCE_CONFLICT":
      return [Issue.referenceConflict({ ...about, number, ownerId: ownerId as SaleId })]
    default:
      return []
  }
}

const phrase = (why: ReadonlyArray<string>): string => {
  const more = why.length - reasonsSpelledMax
  return more > 0 ? `${why.slice(0, reasonsSpelledMax).join("; ")}; and ${more} more` : why.join("; ")
}

const hasOwnIssue = new Set(["REFERENCE_TOO_LONG", "REFERENCE_CONFLICT", "REFERENCE_ASSIGNED"])

/** Takes a sale off the books on our side: it leaves a tombstone, keeps its number and gives its stock free. */
export const remove = (sale: Sale): { readonly sale: Sale; readonly demand: Demand } => {
  const removed: Sale = {
    ...sale,
    state: "deleted",
    reasons: [],
    lines: sale.lines.map((line) => ({ ...line, open: zero })),
    revision: sale.revision + 1
  }
  return { sale: removed, demand: demandOf(removed) }
}

/** Lets a deleted or skipped sale be decided anew, whenever its order was placed; others are left as they are. It keeps its number. */
export const reimport = (sale: Sale): Sale =>
  sale.state !== "deleted" && sale.state !== "skipped"
    ? sale
    : {
        ...sale,
        state: "skipped",
        reasons: [{ code: reimportCode, message: `Order ${sale.order.number} is to be imported again.` }],
        // Any instant that has passed: it is due at once.
        lookAt: sale.order.placedAt,
        revision: sale.revision + 1
      }

const reimportCode = "REIMPORT_REQUESTED"

const isReimport = ({ code }: SaleReason): boolean => code === reimportCode

/** The listings and SKUs that {@link decide} will look up for an order. */
export const lookups = (
  order: Order
): { readonly listingKeys: ReadonlyArray<ListingKey>; readonly skus: ReadonlyArray<string> } => {
  const lines = order.lines.filter(SaleLines.isLookedUp)
  return {
    listingKeys: unique(lines.flatMap(SaleLines.lookedUpKeys)),
    skus: unique(lines.map(({ sku }) => sku).filter((sku) => sku.trim() !== ""))
  }
}

const unique = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => [...new Set(values)]

/** The number an order would get on a connection; may be longer than allowed. */
export const referenceNumberFor = (connection: Connection, order: Order): string =>
  Reference.join(connection, order.number)
