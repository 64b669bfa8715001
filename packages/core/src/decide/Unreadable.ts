/**
 * What becomes of an order that cannot be read? It may have been sold, so that what can be read of it is held: without end,
 * and until it can be read.
 *
 * A known order keeps its lines and its number; open stays what was open, or becomes what is read, whichever is more. Of an
 * unknown one a makeshift snapshot is kept, from which nothing is ever decided: it is asked for anew instead; soon, and after
 * pauses that grow, where the cause may pass although the order stays as it is.
 */
import { DateTime, Duration } from "effect"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import type { ProductId, VariantId } from "../domain/Listing.ts"
import { isCalledOff, isFinished, isPlaced, make, makeLine, type Order, OrderId, OrderLineId } from "../domain/Order.ts"
import { format, type Quantity, zero } from "../domain/Quantity.ts"
import type { Sale, SaleLine, SaleReason } from "../domain/Sale.ts"
import { goneOf } from "./Departures.ts"
import {
  type IntakeContext,
  type IntakeDecision,
  makeshiftMark,
  nextLook,
  record,
  remembered,
  settle,
  stand
} from "./Outcome.ts"
import * as SaleLines from "./SaleLines.ts"

/** A line of an order that could not be read as a whole. */
export interface ReadableLine {
  readonly lineId: OrderLineId | null
  readonly productId: ProductId | null
  readonly variantId: VariantId | null
  readonly sku: string
  readonly quantity: Quantity | null
}

/** An order that could not be read: at which path, what was expected there, and what of it could be read. */
export interface UnreadableOrder {
  readonly id: string | null
  readonly path: string
  readonly expected: string
  readonly found: string
  readonly number: string | null
  readonly placedAt: DateTime.Utc | null
  readonly modifiedAt: DateTime.Utc | null
  readonly lines: ReadonlyArray<ReadableLine>
  /** Whether the cause may pass although the order stays as it is. */
  readonly passing?: boolean
}

/** How soon an order whose cause may pass is asked for again: after as long as it has been unreadable, within these. */
export const passingPause = { least: Duration.seconds(30), most: Duration.hours(4) }

/** Decides an order that could not be read, of which at least the id could. */
export const decideUnreadable = (
  row: UnreadableOrder & { readonly id: string },
  context: IntakeContext
): IntakeDecision => {
  const { known, now } = context
  if (known?.state === "deleted") return stand(context, "DELETED_HERE", `Order ${known.order.number} was deleted here.`)
  const before = remembered(known)
  if (before !== null && isOver(before)) {
    const stake = "It was called off before and holds no stock."
    const issue = Issue.orderUnreadable({ ...aboutOf(context, row.id), ...row, stake })
    const stood = stand(context, "ORDER_UNREADABLE", stake)
    return { ...stood, issues: [...stood.issues, issue] }
  }
  const makeshift = makeshiftOrder(row, now)
  const lines =
    before === null ? SaleLines.fromOrder(makeshift, context, null).lines : atLeast(before, makeshift, context)
  const reason: SaleReason = {
    code: "ORDER_UNREADABLE",
    message: stakeOf(lines, row),
    about: {
      path: row.path,
      expected: row.expected,
      found: row.found,
      ...(context.reader === undefined ? {} : { reader: context.reader }),
      ...(row.passing === true ? { since: sinceOf(known) ?? DateTime.formatIso(now) } : {}),
      ...(before === null ? makeshiftMark : {})
    }
  }
  const sale = record(before?.order ?? makeshift, context, { state: "held", reasons: [reason], lines })
  return settle(context, { ...sale, lookAt: nextLookOf(sale, now) })
}

/** When an order is asked for again: like any other, but sooner while what keeps it from being read may pass. */
export const nextLookOf = (sale: Sale, now: DateTime.Utc): DateTime.Utc | null => {
  const since = sinceOf(sale)
  if (since === null) return nextLook(sale.state, now)
  const unread = DateTime.distance(DateTime.makeUnsafe(since), now)
  return DateTime.addDuration(now, Duration.clamp(unread, { minimum: passingPause.least, maximum: passingPause.most }))
}

/** Since when an order has been unreadable for a cause that may pass. */
const sinceOf = (sale: Sale | null): string | null =>
  sale?.reasons.find(({ code }) => code === "ORDER_UNREADABLE")?.about?.["since"] ?? null

/** The issue of an order of which not even the id could be read: nothing of it is held. */
export const unreadableIssue = (row: UnreadableOrder, connectionId: ConnectionId): Issue.Issue =>
  Issue.orderUnreadable({
    connectionId,
    orderId: null,
    path: row.path,
    expected: row.expected,
    stake: "Nothing is held for it: not even its id could be read, and what it has sold may be offered again."
  })

/** The reader that could not read a sale's order; null where it was read. */
export const unreadableBy = ({ reasons }: Sale): { readonly reader: string | null } | null => {
  const reason = reasons.find(({ code }) => code === "ORDER_UNREADABLE")
  return reason === undefined ? null : { reader: reason.about?.["reader"] ?? null }
}

/** Whether an order that has had goods comes without a line: a side-load was cut short, nobody took them all off. */
export const hasLostItsLines = (order: Order, known: Sale | null): boolean =>
  order.lines.length === 0 &&
  isPlaced(order.status) &&
  !isCalledOff(order) &&
  ((Number(order.totals.subtotalIncTax) > 0 && !isFinished(order)) ||
    (remembered(known)?.order.lines ?? []).some(({ quantity }) => quantity > 0))

/** An order without its lines, as what it is: not readable. */
export const withoutLines = ({
  id,
  number,
  placedAt,
  modifiedAt
}: Order): UnreadableOrder & { readonly id: string } => ({
  id,
  number,
  placedAt,
  modifiedAt,
  path: "lines",
  expected: "expected the lines of an order that has some",
  found: "",
  lines: []
})

const aboutOf = ({ connection }: IntakeContext, id: string) => ({
  connectionId: connection.id,
  orderId: OrderId.make(id)
})

const isOver = ({ state, order }: Sale): boolean => state === "cancelled" || (state === "skipped" && isCalledOff(order))

const makeshiftOrder = (row: UnreadableOrder & { readonly id: string }, now: DateTime.Utc): Order => {
  const placedAt = row.placedAt ?? row.modifiedAt ?? now
  return make({
    id: OrderId.make(row.id),
    number: row.number ?? row.id,
    status: "manualVerification",
    placedAt,
    modifiedAt: row.modifiedAt ?? placedAt,
    lines: row.lines.map(({ lineId, productId, variantId, sku, quantity }, index) =>
      makeLine({
        id: lineId ?? OrderLineId.make(`?${index + 1}`),
        quantity: quantity ?? zero,
        productId,
        variantId,
        sku,
        goods: productId === null && sku.trim() === "" ? "custom" : "physical"
      })
    )
  })
}

/** What was known of each line, open as far as it was known or as far as it is read, whichever is more. */
const atLeast = (known: Sale, makeshift: Order, context: IntakeContext): ReadonlyArray<SaleLine> => {
  const read = new Map(makeshift.lines.map((line) => [line.id, line]))
  const lines = known.lines.map((line) => {
    const quantity = read.get(SaleLines.orderLineIdOf(line))?.quantity ?? zero
    const open = Math.max(line.open, quantity - goneOf(line) - (line.freed ?? zero)) as Quantity
    return { ...line, quantity: Math.max(line.quantity, quantity) as Quantity, open }
  })
  const present = new Set(known.lines.map(SaleLines.orderLineIdOf))
  const added = makeshift.lines.filter(({ id }) => !present.has(id))
  return [...lines, ...SaleLines.fromOrder({ ...makeshift, lines: added }, context, null).lines]
}

const stakeOf = (lines: ReadonlyArray<SaleLine>, row: UnreadableOrder): string => {
  const held = lines.filter(({ open, needs }) => open > 0 && needs.length > 0)
  const named = held.map(({ open, itemId }) => `${format(open)} of item ${itemId}`)
  const isPartial = row.lines.length > held.length
  if (named.length === 0) return "Nothing of it can be held: what it has sold may be offered again."
  return `Held for it: ${Issue.list(named)}.${isPartial ? " Of its other lines nothing can be held." : ""}`
}
