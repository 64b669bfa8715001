/**
 * Is it the same order, and is it still there?
 *
 * An order's placing date never changes: another date (or another customer and other goods at once) under a known id is
 * another order. The known one is left as it is, and the other one's stock is held under a source of its own until a
 * person says what it is. One "not found" is a doubt: it means deleted only when it is repeated.
 */
import { DateTime, Equal } from "effect"
import type { Demand } from "../domain/Demand.ts"
import { isCalledOff, isFinished, isPlaced, type Order, type OrderLine } from "../domain/Order.ts"
import { idOf, type Sale, type SaleReason } from "../domain/Sale.ts"
import { answersOf, missingFigures, replacedFigures } from "./Doubts.ts"
import { listingKeyOf } from "./LineItems.ts"
import { type IntakeContext, type IntakeDecision, isMakeshift, issuesOf, type Skip, stand } from "./Outcome.ts"
import * as SaleLines from "./SaleLines.ts"
import { demandOf, otherSourceOf } from "./SaleStock.ts"

/** Whether a snapshot is of another order than the stored one, and no person has said that it is the same. */
export const isAnother = (order: Order, known: Sale): boolean =>
  !isMakeshift(known) &&
  !isOfNoAccount(known) &&
  (!isPlacedTogether(order, known.order) || hasOtherBuyerAndGoods(order, known.order)) &&
  answersOf(known)("ORDER_REPLACED", null, replacedFigures(order)) !== "same"

/** Whether nothing was ever made of an order, so that another one under its id has nothing to disturb. */
const isOfNoAccount = ({ state, number }: Sale): boolean => state === "skipped" && number === null

/** Whether a snapshot is of another order than one of which nothing was ever made: what was seen of that says nothing. */
export const isOfAnotherTime = (order: Order, known: Sale): boolean =>
  isOfNoAccount(known) && !isPlacedTogether(order, known.order)

/** Compared by the second: shops answer one question with fractions of it and the next one without. */
const isPlacedTogether = (order: Order, stored: Order): boolean => secondOf(order) === secondOf(stored)

const secondOf = ({ placedAt }: Order): number => Math.floor(DateTime.toEpochMillis(placedAt) / 1_000)

const hasOtherBuyerAndGoods = (order: Order, stored: Order): boolean => {
  const [now, before] = [buyerOf(order), buyerOf(stored)]
  if (now === "" || before === "" || now === before) return false
  const goods = new Set(stored.lines.flatMap(goodsOf))
  return order.lines.length > 0 && goods.size > 0 && !order.lines.flatMap(goodsOf).some((each) => goods.has(each))
}

const buyerOf = ({ customer: { id, email } }: Order): string => (id === null ? email.trim().toLowerCase() : `#${id}`)

const goodsOf = (line: OrderLine): ReadonlyArray<string> => [
  `line ${line.id}`,
  ...(line.sku.trim() === "" ? [] : [`SKU ${line.sku}`]),
  ...(listingKeyOf(line) === null ? [] : [`listing ${listingKeyOf(line)}`])
]

/** Leaves the known sale as it is, and holds what the other order has open under a source of its own. */
export const keepApart = (order: Order, context: IntakeContext, known: Sale): IntakeDecision => {
  const reason: SaleReason = {
    code: "ORDER_REPLACED",
    message: `The shop has another order under the id ${order.id}.`,
    about: replacedFigures(order)
  }
  const noted = note(known, reason, known.lookAt ?? null)
  const demand = demandOfOther(order, context)
  const stood = stand(context, "ORDER_REPLACED", reason.message)
  if (noted === null) return { ...stood, demand, ask: false }
  return { _tag: "Hold", sale: noted, demand, reasons: [reason], issues: issuesOf(noted, context.now) }
}

const demandOfOther = (order: Order, context: IntakeContext): Demand => {
  const id = idOf(context.connection.id, order.id)
  const { lines } = SaleLines.fromOrder(order, { ...context }, null)
  const isOwed = isPlaced(order.status) && !isCalledOff(order) && !isFinished(order)
  const other: Sale = {
    id,
    connectionId: context.connection.id,
    orderId: order.id,
    type: "salesOrder",
    state: "held",
    number: null,
    reasons: [],
    lines: isOwed ? lines : [],
    order,
    revision: 0
  }
  return { ...demandOf(other), source: otherSourceOf(id) }
}

/** How long the shop is given between two answers before an order that it does not know counts as deleted. */
export const missingMinutesMin = 1

/** What becomes of an order that the shop did not know when it was asked. */
export type Missing =
  | { readonly _tag: "Doubted"; readonly decision: Skip }
  /** Asked again, and still not there: to be confirmed by the shop's list before it counts as deleted. */
  | { readonly _tag: "Repeated" }

/** Decides an order that the shop did not know when it was asked for it. What holds no stock is left as it is. */
export const missing = (known: Sale, context: IntakeContext): Missing => {
  const { now } = context
  const answered = answersOf(known)("ORDER_MISSING", null, missingFigures(known.order))
  if ((known.state !== "open" && known.state !== "held") || answered === "keep") {
    return {
      _tag: "Doubted",
      decision: stand(context, "NOT_FOUND", `The shop did not know order ${known.order.number}.`)
    }
  }
  const since = known.reasons.find(({ code }) => code === "ORDER_MISSING")?.about?.["since"]
  const isRepeated =
    since !== undefined &&
    DateTime.isLessThanOrEqualTo(DateTime.add(DateTime.makeUnsafe(since), { minutes: missingMinutesMin }), now)
  if (isRepeated || answered === "gone") return { _tag: "Repeated" }
  const reason: SaleReason = {
    code: "ORDER_MISSING",
    message: `The shop did not know order ${known.order.number} when it was asked.`,
    about: { since: since ?? DateTime.formatIso(now) }
  }
  const noted = note(known, reason, DateTime.add(now, { minutes: missingMinutesMin }))
  const stood = stand(context, "ORDER_MISSING", reason.message)
  if (noted === null) return { _tag: "Doubted", decision: stood }
  return { _tag: "Doubted", decision: { ...stood, sale: noted, issues: issuesOf(noted, now) } }
}

/** A sale with a note among its reasons, and otherwise as it was; null where the note stands already. */
const note = (known: Sale, reason: SaleReason, lookAt: DateTime.Utc | null): Sale | null => {
  if (known.reasons.some((each) => Equal.equals(each, reason))) return null
  const reasons = [...known.reasons.filter(({ code }) => code !== reason.code), reason]
  return { ...known, reasons, lookAt: lookAt ?? null, revision: known.revision + 1 }
}
