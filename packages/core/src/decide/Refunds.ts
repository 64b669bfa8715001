/**
 * Which of a line's refunded goods are not to be shipped any more?
 *
 * A shop counts refunds without saying whether the goods had been shipped; their times say it. Refunded while nothing of
 * the line had been shipped: those goods are freed. Refunded when nothing was left to ship: nothing is freed, for goods
 * come back by a return. In between nobody can tell: nothing is freed, and a person is asked.
 *
 * Where the shop dates nothing, two looks date what happened between them. What was neither dated nor observed is taken
 * for unshipped goods as long as there are as many; else nothing is freed.
 */
import { DateTime } from "effect"
import type { LineHappening, OrderLine } from "../domain/Order.ts"
import { type Quantity, zero } from "../domain/Quantity.ts"

/** What a line says of its goods and its refunds. */
export type RefundedLine = Pick<OrderLine, "quantity" | "shipped" | "refunded" | "shipments" | "refunds">

/** What was known of a line at the look before; `shipped` counts also what we have shipped ourselves. */
export interface LineBefore {
  readonly quantity: Quantity
  readonly shipped: Quantity
  readonly refunded: Quantity
  readonly freed: Quantity
}

/** So much of a line's refunded goods is not to be shipped any more. What was freed once stays so. */
export const freedOf = (line: RefundedLine, before: LineBefore | null): Quantity => {
  const walked = walk(line)
  if (before === null) return walked?.freed ?? guess(line, line.refunded, zero)
  const kept = keptOf(line, before)
  const refunded = Math.max(0, line.refunded - before.refunded) as Quantity
  const isShipped = before.shipped > 0 || line.shipped > 0
  if (!isShipped) return capped(kept + refunded, line)
  if (walked !== null) return (kept + clamp(walked.freed - kept, refunded)) as Quantity
  return before.shipped > 0 ? kept : ((kept + guess(line, refunded, kept)) as Quantity)
}

/** How much of a line is open although it may have been refunded before it was shipped. */
export const ambiguousOf = (line: RefundedLine, freed: Quantity): Quantity => {
  const open = Math.max(0, line.quantity - line.shipped - freed)
  const walked = walk(line)
  const unclear = walked === null ? line.refunded - freed : Math.max(walked.ambiguous, walked.freed - freed)
  return clamp(unclear, open)
}

/**
 * What was freed before, as far as it still can be. A line that is edited below what was ordered when it was refunded may
 * have been cut by just what was refunded: what was open of it stays so.
 */
const keptOf = (line: RefundedLine, before: LineBefore): Quantity => {
  const cut = Math.max(0, before.quantity - line.quantity)
  return clamp(before.freed - cut, line.refunded)
}

const guess = (line: RefundedLine, refunded: Quantity, freed: Quantity): Quantity =>
  line.shipped === 0 ? capped(refunded, line) : refunded <= line.quantity - line.shipped - freed ? refunded : zero

interface Walked {
  readonly freed: Quantity
  readonly ambiguous: Quantity
}

/** Follows the line's dated history; null where the shop does not date all of it. At the same moment goods go first. */
const walk = (line: RefundedLine): Walked | null => {
  const { shipments = [], refunds = [] } = line
  if (line.refunded === 0 || sum(refunds) < line.refunded || sum(shipments) < line.shipped) return null
  let shipped = 0
  let freed = 0
  let ambiguous = 0
  const happenings = [
    ...shipments.map((each) => ({ ...each, isRefund: false })),
    ...refunds.map((each) => ({ ...each, isRefund: true }))
  ].sort((left, right) => DateTime.toEpochMillis(left.at) - DateTime.toEpochMillis(right.at))
  for (const { quantity, isRefund } of happenings) {
    const left = Math.max(0, line.quantity - shipped - freed)
    if (!isRefund) shipped += quantity
    else if (shipped === 0) freed += Math.min(quantity, left)
    else ambiguous += Math.min(quantity, left)
  }
  return { freed: freed as Quantity, ambiguous: ambiguous as Quantity }
}

const sum = (happenings: ReadonlyArray<LineHappening>): number =>
  happenings.reduce((total, { quantity }) => total + quantity, 0)

const clamp = (quantity: number, most: number): Quantity => Math.max(0, Math.min(quantity, most)) as Quantity

const capped = (quantity: number, line: RefundedLine): Quantity => clamp(quantity, line.quantity)
