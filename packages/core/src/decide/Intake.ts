/**
 * What becomes of a shop's order? From its latest snapshot and what we know of it to a sale, or the reason why not.
 *
 * The outcome follows from the state of the order and of the sale, never from the way they came to it: whether an order
 * was seen once or ten times, and whether on its way from payment to shipment or only afterwards, it ends as the same
 * sale with the same demand. Four outcomes: `Import` makes a sale, `Amend` follows one to the latest snapshot, `Hold`
 * waits (for payment, or for a person) and reserves what it can, `Skip` needs nothing. Each says why.
 *
 * The rules, in the order in which they are asked:
 * 1. Another order under a known id (an order's placing date never changes) leaves the known sale alone; its stock is held.
 * 2. A sale that was deleted here stays away until {@link reimport}.
 * 3. A snapshot stamped earlier than the stored one changes nothing, until the shop, asked for that one order, says it again.
 * 4. An order that had lines and comes without any cannot be read (see `Unreadable`); it is never empty.
 * 5. An imported sale follows the order (or, with `followChanges` off, stays as it was imported).
 * 6. What was called off before it was imported is skipped and its hold ends; goods that the shop has sent are booked.
 * 7. An order placed before the connection's `importFrom` is skipped if it owes nothing and what it shipped had left before
 *    the opening balance (or the backlog is to be left), unless it is known or asked for by `backfillFrom`.
 * 8. An order in one of `importStatuses` is imported, and one of which goods have left; in one of `holdStatuses` its stock is
 *    held, for `holdDays`.
 * 9. Everything else is skipped until its status changes. An unfinished checkout is never imported.
 *
 * An import needs a number (see `Reference`) and an item for each line that takes stock (see `SaleLines`). While one is
 * missing the order is held, and the stock of its other lines with it, without end.
 */
import { DateTime, Equal, Result } from "effect"
import type { Connection } from "../domain/Connection.ts"
import type { Demand } from "../domain/Demand.ts"
import * as Issue from "../domain/Issue.ts"
import type { ListingKey } from "../domain/Listing.ts"
import { isCalledOff, isPlaced, type Order, type OrderStatus } from "../domain/Order.ts"
import { format, zero } from "../domain/Quantity.ts"
import { isImported, type Sale, type SaleLine, type SaleReason } from "../domain/Sale.ts"
import { leftOf } from "./Departures.ts"
import { answersOf } from "./Doubts.ts"
import { recognise } from "./LineIdentity.ts"
import { isAnother, isOfAnotherTime, keepApart } from "./OrderIdentity.ts"
import {
  type IntakeContext,
  type IntakeDecision,
  isMakeshift,
  record,
  remembered,
  settle,
  type Skip,
  stand
} from "./Outcome.ts"
import * as Reference from "./Reference.ts"
import * as SaleLines from "./SaleLines.ts"
import { demandOf } from "./SaleStock.ts"
import { decideUnreadable, hasLostItsLines, withoutLines } from "./Unreadable.ts"

export { answer, type GivenAnswer } from "./Doubts.ts"
export { missing, type Missing } from "./OrderIdentity.ts"
export {
  type Amend,
  type Hold,
  type Import,
  type IntakeContext,
  type IntakeDecision,
  issuesOf,
  type LineChange,
  reasonsSpelledMax,
  type Skip
} from "./Outcome.ts"
export { decideUnreadable, type UnreadableOrder } from "./Unreadable.ts"

/** Decides one order. */
export const decide = (snapshot: Order, context: IntakeContext): IntakeDecision => {
  const { known } = context
  const { order } = recognise(snapshot, remembered(known))
  if (known !== null && isAnother(order, known)) return keepApart(order, context, known)
  if (known?.state === "deleted") return stand(context, "DELETED_HERE", `Order ${order.number} was deleted here.`)
  if (known !== null && isOlder(order, context, known)) return standBefore(order, context, known)
  if (hasLostItsLines(order, known)) return decideUnreadable(withoutLines(order), context)
  if (known !== null && isImported(known)) return follow(order, context, known)
  if (isCalledOff(order)) return callOff(order, context)
  if (known !== null && isWaitingForPerson(known)) return take(order, context, known)
  if (isBeforeCutover(order, context)) {
    return skip(order, context, "BEFORE_CUTOVER", `Order ${order.number} was placed before imports began`)
  }
  const { importStatuses, holdStatuses } = context.connection.policy.intake
  if (isPlaced(order.status) && importStatuses.includes(order.status)) return take(order, context, known)
  if (isPlaced(order.status) && hasLeft(order, context)) return take(order, context, known)
  if (holdStatuses.includes(order.status)) return holdUntilPaid(order, context)
  return isPlaced(order.status)
    ? skip(order, context, "STATUS_NOT_IMPORTED", `Orders in status ${order.status} are not imported`)
    : skip(order, context, "CHECKOUT_UNFINISHED", `The checkout of order ${order.number} is not finished`)
}

/** Whether an order was held on its way in: it has been importable, and stays so whatever its status says later. */
const isWaitingForPerson = ({ state, reasons }: Sale): boolean =>
  state === "held" && reasons.some((reason) => isLineReason(reason) || Reference.isReferenceReason(reason))

const isLineReason = ({ code }: SaleReason): boolean => code.startsWith("LINE_")

/** Whether an order was placed before imports began and has nothing to do with what is on the shelf now. */
const isBeforeCutover = (order: Order, context: IntakeContext): boolean => {
  const { known, connection, backfillFrom } = context
  if (known !== null && (known.state === "held" || known.reasons.some(isReimport))) return false
  const isBefore = (from: DateTime.Utc) => DateTime.isLessThan(order.placedAt, from)
  if (!isBefore(connection.importFrom) || (backfillFrom != null && !isBefore(backfillFrom))) return false
  if (connection.backlog === "leave") return true
  const { lines, unresolved } = linesOf(order, context)
  return (
    unresolved.length === 0 && lines.every((line) => line.needs.length === 0 || (line.open === 0 && leftOf(line) === 0))
  )
}

/** Whether goods of an order have left the shelf since our stock was entered: however it is paid, they are gone. */
const hasLeft = (order: Order, context: IntakeContext): boolean =>
  context.connection.policy.intake.followChanges && linesOf(order, context).lines.some(isOffTheShelf)

const isOffTheShelf = (line: SaleLine): boolean => line.needs.length > 0 && leftOf(line) > 0

const linesOf = (order: Order, context: IntakeContext): SaleLines.SaleLines => {
  const { known } = context
  const before = known !== null && isOfAnotherTime(order, known) ? null : remembered(known)
  return SaleLines.fromOrder(order, context, before, {
    answerTo: answersOf(known),
    anew: known !== null && known.reasons.some(isReimport)
  })
}

/** Whether a snapshot is stamped earlier than the stored one. A stored stamp in the future says nothing. */
const isOlder = (order: Order, { asked = false, now }: IntakeContext, known: Sale): boolean =>
  !asked &&
  !isMakeshift(known) &&
  DateTime.isLessThan(order.modifiedAt, known.order.modifiedAt) &&
  !DateTime.isGreaterThan(known.order.modifiedAt, now)

/** A clock may have been set back: an older stamp with other content is asked for again, by itself. */
const standBefore = (order: Order, context: IntakeContext, known: Sale): Skip => {
  const older = stand(context, "OLDER_SNAPSHOT", `A later snapshot of order ${order.number} has been seen.`)
  const isSame = Equal.equals({ ...order, modifiedAt: known.order.modifiedAt }, known.order)
  return isSame || known.state === "skipped" ? older : { ...older, ask: true }
}

/** Follows an imported sale to what the order says now. */
const follow = (order: Order, context: IntakeContext, known: Sale): IntakeDecision => {
  // What a person has changed here reaches the order as it was imported, whatever the shop has made of it since.
  const isFollowed = context.connection.policy.intake.followChanges || context.again === true
  if (!isFollowed && known.state !== "held") {
    return stand(context, "CHANGES_NOT_FOLLOWED", `Sale ${known.id} stays as it was imported.`)
  }
  if (!isCalledOff(order)) return take(order, context, known)
  const { lines } = linesOf(order, context)
  return settle(context, record(order, context, { state: "cancelled", lines }))
}

/** Ends an order that was called off before it was imported. What the shop has sent of it is off the shelf all the same. */
const callOff = (order: Order, context: IntakeContext): IntakeDecision => {
  const message = `Order ${order.number} was called off`
  if (!hasLeft(order, context)) return skip(order, context, "CALLED_OFF", message)
  const { lines } = linesOf(order, context)
  // What has not left of a called-off order is nobody's any more, whatever it would have been.
  const { unresolved } = linesOf({ ...order, lines: order.lines.filter(({ shipped }) => shipped > 0) }, context)
  const number = Reference.numberOf(order, context.connection, context.known, context.numberOwner)
  if (unresolved.length > 0 || Result.isFailure(number)) {
    const reasons = Result.isFailure(number) ? [...unresolved, number.failure] : unresolved
    return settle(context, record(order, context, { state: "held", reasons, lines }))
  }
  return settle(context, record(order, context, { state: "cancelled", number: number.success, lines }))
}

/** Imports an order or amends its sale; holds it while a line has no item or no number can be given. */
const take = (order: Order, context: IntakeContext, known: Sale | null): IntakeDecision => {
  const { lines, unresolved } = linesOf(order, context)
  const number = Reference.numberOf(order, context.connection, known, context.numberOwner)
  const waiting = Result.isFailure(number) ? [number.failure] : Reference.assignedTo(known)
  const reasons = [...unresolved, ...(unresolved.length > 0 || Result.isFailure(number) ? waiting : [])]
  if (reasons.length > 0 || Result.isFailure(number)) {
    return settle(context, record(order, context, { state: "held", reasons, lines }))
  }
  const state = lines.some(({ open }) => open > 0) ? "open" : "closed"
  return settle(context, record(order, context, { state, number: number.success, lines }))
}

/** Holds what an unpaid order has taken from the shop's stock, until it is paid, called off, or too old. */
const holdUntilPaid = (order: Order, context: IntakeContext): IntakeDecision => {
  const { lines } = linesOf(order, context)
  const expiresAt = holdEndOf(order, context)
  const until = DateTime.formatIso(expiresAt)
  if (!DateTime.isLessThan(context.now, expiresAt)) {
    return skip(order, context, "HOLD_EXPIRED", `The stock of order ${order.number} was held until ${until}`)
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

/** A hold lasts from the order's last change; one stamped in the future, from when it was placed. */
const holdEndOf = ({ modifiedAt, placedAt }: Order, { connection, now }: IntakeContext): DateTime.Utc =>
  DateTime.add(DateTime.isGreaterThan(modifiedAt, now) ? placedAt : modifiedAt, {
    days: connection.policy.intake.holdDays
  })

/** Needs nothing, and says which stock is left alone. What was shipped of a sale that was booked has left all the same. */
const skip = (order: Order, context: IntakeContext, code: string, why: string): IntakeDecision => {
  const { lines } = linesOf(order, context)
  const reasons = [{ code, message: `${why}${leftAlone(lines)}.` }]
  return settle(context, record(order, context, { state: "skipped", reasons, lines }))
}

const leftAlone = (lines: ReadonlyArray<SaleLine>): string => {
  const left = lines.filter((line) => line.open > 0 && line.needs.length > 0)
  const named = left.map(({ open, itemId }) => `${format(open)} of item ${itemId}`)
  return named.length === 0 ? "" : `, and takes no stock of its lines: ${Issue.list(named)}`
}

/** Takes a sale off the books on our side: it leaves a tombstone, keeps its number and gives its stock free. */
export const remove = (sale: Sale): { readonly sale: Sale; readonly demand: Demand } => {
  const removed: Sale = {
    ...sale,
    state: "deleted",
    reasons: [],
    lines: sale.lines.map((line) => ({ ...line, open: zero })),
    // Any instant that has passed: what a person was asked about it is settled at once.
    lookAt: sale.order.placedAt,
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

/** Whether a sale waits to be imported again, as a person has asked. */
export const isToReimport = ({ state, reasons }: Sale): boolean => state === "skipped" && reasons.some(isReimport)

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
