/**
 * When parcels left and money went back, as a scripted shop remembers it: `shipped` and `refunded` say how much, the
 * histories beside them say when.
 */
import type { LineHappening, Order, OrderLine } from "@stockport/core/domain/Order"
import type { Quantity } from "@stockport/core/domain/Quantity"
import { DateTime, Struct } from "effect"

/**
 * The order with its histories: what has changed since `before` happened now, and what an order already says when it is
 * placed happened then. A history that the change itself brings is left as it is.
 */
export const dated = (order: Order, before: Order | undefined, now: number): Order => {
  const at = before === undefined ? order.placedAt : DateTime.makeUnsafe(now)
  const known = new Map((before?.lines ?? []).map((line) => [line.id, line]))
  return { ...order, lines: order.lines.map((line) => datedLine(line, known.get(line.id), at)) }
}

/** The order as a shop without dates gives it. */
export const undated = (order: Order): Order => ({
  ...order,
  lines: order.lines.map((line) => Struct.omit(line, ["shipments", "refunds"]))
})

const datedLine = (line: OrderLine, before: OrderLine | undefined, at: DateTime.Utc): OrderLine => {
  const shipments = historyOf(line.shipped, line.shipments, before?.shipments, at)
  const refunds = historyOf(line.refunded, line.refunds, before?.refunds, at)
  return {
    ...Struct.omit(line, ["shipments", "refunds"]),
    ...(shipments.length > 0 && { shipments }),
    ...(refunds.length > 0 && { refunds })
  }
}

type History = ReadonlyArray<LineHappening>

const historyOf = (total: Quantity, brought: History | undefined, known: History = [], at: DateTime.Utc): History => {
  if (brought !== undefined && !isSame(brought, known)) return brought
  const more = total - known.reduce((sum, { quantity }) => sum + quantity, 0)
  return more > 0 ? [...known, { at, quantity: more as Quantity }] : withoutLatest(known, -more)
}

const isSame = (left: History, right: History): boolean =>
  left.length === right.length &&
  left.every(({ at, quantity }, index) => {
    const other = right[index]
    return other !== undefined && quantity === other.quantity && DateTime.Equivalence(at, other.at)
  })

/** A history that adds up to so much less: the latest happenings are taken back first. */
const withoutLatest = (history: History, quantity: number): History => {
  const latest = history.at(-1)
  if (latest === undefined || quantity <= 0) return history
  const earlier = history.slice(0, -1)
  return latest.quantity > quantity
    ? [...earlier, { ...latest, quantity: (latest.quantity - quantity) as Quantity }]
    : withoutLatest(earlier, quantity - latest.quantity)
}
