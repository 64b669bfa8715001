/**
 * What does a sale do to stock? Its demand, and the movements that relieve what has been shipped.
 *
 * Both are states of the sale and follow from nothing else: open times need is committed, shipped times need has left.
 * What moves between two revisions of a sale is the difference of two states, so that a shipment made here, reported by
 * the shop, or reported twice, relieves stock once; and shipping an open line never changes what is available.
 */
import { Result } from "effect"
import type { DateTime } from "effect"
import type { Demand, DemandLine } from "../domain/Demand.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { LocationId } from "../domain/Location.ts"
import type { Movement } from "../domain/Movement.ts"
import type { OrderLineId } from "../domain/Order.ts"
import { multiplyUp, type Quantity, zero } from "../domain/Quantity.ts"
import { demandSourceOf, type Sale, type SaleLine } from "../domain/Sale.ts"
import { orderLineIdOf } from "./SaleLines.ts"

/**
 * The demand of a sale as it stands: what is open of each line times what one listing takes, for each leaf.
 *
 * A held sale's is a soft hold. One that has never been booked holds also what the shop has shipped of it, for that stock
 * is still on hand here; `counted` says how much of each order line had left before the stock was counted. A line that
 * takes more than can be kept is left out; its sale is held for it.
 */
export const demandOf = (
  sale: Sale,
  expiresAt: DateTime.Utc | null = null,
  counted: ReadonlyMap<OrderLineId, Quantity> = new Map()
): Demand => ({
  source: demandSourceOf(sale.id),
  kind: sale.state === "held" ? "softHold" : sale.type,
  lines:
    sale.state === "open" || sale.state === "held"
      ? sale.lines.flatMap((line) => demandOfLine(line, sale.number === null ? notCounted(line, counted) : zero))
      : [],
  expiresAt
})

const notCounted = (line: SaleLine, counted: ReadonlyMap<OrderLineId, Quantity>): number =>
  Math.max(0, line.shipped - (counted.get(orderLineIdOf(line)) ?? 0))

const demandOfLine = (line: SaleLine, shippedUnbooked: number): ReadonlyArray<DemandLine> =>
  line.needs.flatMap((need) => {
    const quantity = taking((line.open + shippedUnbooked) as Quantity, need.quantity)
    return quantity > 0 ? [{ lineId: line.id, itemId: need.itemId, locationId: line.locationId, quantity }] : []
  })

/**
 * What left the shelves between two revisions of a sale: shipments, and corrections where the shop has taken a shipment
 * back. Record them once, in the transaction that saves the later revision.
 */
export const movementsBetween = (before: Sale | null, after: Sale): ReadonlyArray<Movement> => {
  const taken = new Map<string, Relieved>()
  for (const relieved of relievedBy(after)) add(taken, relieved, -1)
  for (const relieved of before === null ? [] : relievedBy(before)) add(taken, relieved, 1)
  return [...taken.values()]
    .filter(({ quantity }) => quantity !== 0)
    .map(({ itemId, locationId, quantity }) => ({
      kind: quantity < 0 ? "shipment" : "adjustment",
      itemId,
      locationId,
      quantity
    }))
}

interface Relieved {
  readonly lineId: string
  readonly itemId: ItemId
  readonly locationId: LocationId
  readonly quantity: Quantity
}

/** What has left the shelves for a sale. One without a number has never been booked, and nothing was relieved for it. */
const relievedBy = (sale: Sale): ReadonlyArray<Relieved> =>
  sale.number === null
    ? []
    : sale.lines.flatMap(({ id, locationId, shipped, needs }) =>
        needs.map(({ itemId, quantity }) => ({ lineId: id, itemId, locationId, quantity: taking(shipped, quantity) }))
      )

const add = (taken: Map<string, Relieved>, relieved: Relieved, sign: 1 | -1): void => {
  const key = JSON.stringify([relieved.lineId, relieved.itemId, relieved.locationId])
  const quantity = ((taken.get(key)?.quantity ?? 0) + sign * relieved.quantity) as Quantity
  taken.set(key, { ...relieved, quantity })
}

const taking = (listings: Quantity, need: Quantity): Quantity =>
  Result.getOrElse(multiplyUp(listings, need), () => zero)
