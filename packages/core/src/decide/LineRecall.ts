/**
 * What does a sale that exists have to say about the lines of a later snapshot?
 *
 * Of a booked sale: the lines that were written down for an order's line, what we have shipped of it, and what was shipped
 * of lines that the shop has taken off since. Of every known sale: what was observed of a line, and where it is committed.
 */
import { type Order, type OrderLine, OrderLineId } from "../domain/Order.ts"
import type { ItemId } from "../domain/ItemId.ts"
import { type Quantity, zero } from "../domain/Quantity.ts"
import type { Sale, SaleLine } from "../domain/Sale.ts"
import { goneOf } from "./Departures.ts"
import { isMoneyOnly, listingKeyOf } from "./LineItems.ts"
import type { LineBefore } from "./Refunds.ts"
import type { Place } from "./Sourcing.ts"

/** What is known of one line of the snapshot. */
export interface RecalledLine {
  readonly isBooked: boolean
  /** The lines written down for it; none for a new one, or one that has become another. */
  readonly kept: ReadonlyArray<SaleLine>
  /** What was shipped of it under another item than it has now. */
  readonly under: ReadonlyArray<SaleLine>
  readonly shippedUnder: Quantity
  /** The same line after what was shipped of it has become lines of its own, which these are from now on. */
  readonly withUnder: (under: ReadonlyArray<SaleLine>) => RecalledLine
  /** What has been shipped: what the shop says, or what we have shipped and the shop does not know yet. */
  readonly shippedOf: (line: Pick<SaleLine, "id">) => Quantity
  /** The state of a line at the look before; null: there was none. */
  readonly before: (line: Pick<SaleLine, "id">) => {
    readonly refunds: LineBefore
    readonly gone: Pick<SaleLine, "shipped" | "finished" | "leftBefore">
  } | null
  /** Where a line is committed, as long as it is to be collected at the same place; null: nowhere yet. */
  readonly placeOf: (line: Pick<SaleLine, "id">, of: OrderLine) => Place | null
}

/** What is known of all lines of a snapshot. */
export interface Recall {
  readonly of: (line: OrderLine, children: ReadonlyArray<OrderLine>) => RecalledLine
  /** Lines that the shop took off the order although something of them has been shipped. */
  readonly shippedAndRemoved: ReadonlyArray<SaleLine>
}

/** The id of a component's line, where a kit's line was replaced by lines for its components. */
export const componentLineId = (lineId: OrderLineId, itemId: ItemId): OrderLineId =>
  OrderLineId.make(`${lineId}#${itemId}`)

/** The order's line that a sale's line stands for: itself, one of its components, or what was shipped under another item. */
export const orderLineIdOf = ({
  id,
  parentLineId,
  itemId
}: Pick<SaleLine, "id" | "parentLineId" | "itemId">): OrderLineId =>
  parentLineId !== null && (id === `${parentLineId}#${itemId}` || id.startsWith(`${parentLineId}~`)) ? parentLineId : id

/** Whether a sale's line holds what was shipped under another item than its order's line has now. */
export const isUnder = ({ id, parentLineId }: Pick<SaleLine, "id" | "parentLineId">): boolean =>
  parentLineId !== null && id.startsWith(`${parentLineId}~`)

/** What was shipped of the lines written down so far, as lines of their own: the rest gets another item. */
export const splitUnder = (
  lineId: OrderLineId,
  kept: ReadonlyArray<SaleLine>,
  under: ReadonlyArray<SaleLine>
): ReadonlyArray<SaleLine> => {
  const turn = 1 + new Set(under.map(turnOf)).size
  return kept
    .filter((line) => goneOf(line) > 0)
    .map(({ freed: _freed, ...line }) => ({
      ...line,
      id: OrderLineId.make(`${lineId}~${turn}${line.id.startsWith(`${lineId}#`) ? line.id.slice(lineId.length) : ""}`),
      parentLineId: lineId,
      quantity: goneOf(line),
      open: zero
    }))
}

const turnOf = ({ id, parentLineId }: Pick<SaleLine, "id" | "parentLineId">): string =>
  id.slice((parentLineId?.length ?? 0) + 1).split("#")[0]!

/** What is known of an order by the lines it has now; `before` tells which line each of them was. */
export interface KnownLines {
  readonly known: Sale
  readonly before: ReadonlyMap<OrderLineId, OrderLine>
}

/** Recalls the lines of a snapshot; null: the order is seen for the first time. */
export const recallFrom = (divided: KnownLines | null, order: Order): Recall => {
  if (divided === null) return { of: firstSeen, shippedAndRemoved: [] }
  const { known, before } = divided
  const isBooked = known.number !== null
  const written = Map.groupBy(known.lines, orderLineIdOf)
  const childrenBefore = Map.groupBy(known.order.lines, ({ parentLineId }) => parentLineId)
  const linesOf = (line: OrderLine): ReadonlyArray<SaleLine> => {
    const was = before.get(line.id)
    return was === undefined ? [] : (written.get(was.id) ?? []).map((each) => renamed(each, was.id, line))
  }
  const isResolved = (line: OrderLine) => isMoneyOnly(line) || linesOf(line).some(({ itemId }) => itemId !== null)
  const isSameLine = (line: OrderLine, parts: ReadonlyArray<OrderLine>): boolean => {
    const was = before.get(line.id)
    if (!isBooked || was === undefined || !isSameListing(was, line)) return false
    const parentBefore = line.parentLineId === null ? null : (before.get(line.parentLineId)?.id ?? line.parentLineId)
    const isSamePart = was.parentLineId === parentBefore || (was.parentLineId === null && line.parentLineId === null)
    const partsBefore = childrenBefore.get(was.id) ?? []
    return isSamePart && isSameBundle(was, partsBefore, line, parts, before) && [line, ...parts].every(isResolved)
  }
  return {
    of: (line, parts) => recalledLine(line, before.get(line.id), linesOf(line), isBooked, isSameLine(line, parts)),
    shippedAndRemoved: isBooked ? removedFrom(known, order, before) : []
  }
}

const firstSeen = (line: OrderLine): RecalledLine => recalledLine(line, undefined, [], false, false)

const recalledLine = (
  line: OrderLine,
  was: OrderLine | undefined,
  lines: ReadonlyArray<SaleLine>,
  isBooked: boolean,
  isSame: boolean
): RecalledLine => {
  const own = lines.filter((each) => !isUnder(each))
  const under = lines.filter(isUnder)
  const shippedUnder = sumOfTurns(under)
  const ofId = (id: OrderLineId) => own.find((each) => each.id === id) ?? own[0]
  const shippedOf = (id: OrderLineId): Quantity => {
    const ours = (ofId(id)?.shipped ?? zero) + shippedUnder
    const isAheadOfShop = isBooked && ours > (was?.shipped ?? zero)
    return Math.max(0, (isAheadOfShop ? Math.max(ours, line.shipped) : line.shipped) - shippedUnder) as Quantity
  }
  return {
    isBooked,
    kept: isSame ? own : [],
    under,
    shippedUnder,
    withUnder: (split) => recalledLine(line, was, [...own.map(unshipped), ...split], isBooked, isSame),
    shippedOf: ({ id }) => shippedOf(id),
    before: ({ id }) => {
      const each = ofId(id)
      if (was === undefined || each === undefined) return null
      const { quantity, refunded } = was
      const shipped = Math.max(was.shipped, goneOf(each) + shippedUnder) as Quantity
      return { refunds: { quantity, refunded, shipped, freed: each.freed ?? zero }, gone: each }
    },
    placeOf: ({ id }, { pickupAt }) => {
      const each = was?.pickupAt === pickupAt ? ofId(id) : undefined
      if (each === undefined) return null
      const { locationId, sources } = each
      return sources === undefined ? { locationId } : { locationId, sources }
    }
  }
}

const unshipped = ({ finished: _finished, leftBefore: _leftBefore, ...line }: SaleLine): SaleLine => ({
  ...line,
  shipped: zero
})

/** What was shipped under other items, each correction once: the components of a kit are shipped together. */
const sumOfTurns = (under: ReadonlyArray<SaleLine>): Quantity => {
  let total = 0
  for (const lines of Map.groupBy(under, turnOf).values()) total += Math.max(...lines.map(goneOf))
  return total as Quantity
}

/** The same line under the id that the shop calls it by now. */
export const renamed = (line: SaleLine, idBefore: OrderLineId, { id, parentLineId }: OrderLine): SaleLine => {
  if (line.id === idBefore) return id === idBefore ? line : { ...line, id, parentLineId }
  return { ...line, id: OrderLineId.make(`${id}${line.id.slice(idBefore.length)}`), parentLineId: id }
}

const isSameListing = (before: OrderLine, line: OrderLine): boolean => listingKeyOf(before) === listingKeyOf(line)

/** Whether a bundle has the same parts in the same proportion as before. */
const isSameBundle = (
  before: OrderLine,
  childrenBefore: ReadonlyArray<OrderLine>,
  parent: OrderLine,
  children: ReadonlyArray<OrderLine>,
  recognised: ReadonlyMap<OrderLineId, OrderLine>
): boolean =>
  children.length === childrenBefore.length &&
  children.every((child, index) => {
    const was = childrenBefore[index]
    return (
      was !== undefined &&
      recognised.get(child.id)?.id === was.id &&
      BigInt(was.quantity) * BigInt(parent.quantity) === BigInt(child.quantity) * BigInt(before.quantity)
    )
  })

const removedFrom = (
  known: Sale,
  order: Order,
  before: ReadonlyMap<OrderLineId, OrderLine>
): ReadonlyArray<SaleLine> => {
  const taken = new Set<string>(order.lines.map(({ id }) => id))
  const present = new Set<OrderLineId>([...before.values()].map(({ id }) => id))
  return known.lines
    .filter((line) => line.shipped > 0 && !present.has(orderLineIdOf(line)))
    .map(({ freed: _freed, finished: _finished, ...line }) => {
      // A line that the shop has made of other goods leaves what was shipped of the old ones.
      const id = taken.has(line.id) ? OrderLineId.make(`${line.id}-was`) : line.id
      return { ...line, id, quantity: zero, open: zero }
    })
}
