/**
 * What does a sale do to stock? Its demand, and the movements that relieve what has been shipped.
 *
 * Both are states of the sale and follow from nothing else: open times need is committed, shipped times need has left.
 * What moves between two revisions of a sale is the difference of two states, so that a shipment made here, reported by
 * the shop, or reported twice, relieves stock once; and shipping an open line never changes what is available.
 */
import { Result } from "effect"
import type { DateTime } from "effect"
import { type Demand, type DemandLine, DemandSource } from "../domain/Demand.ts"
import type { Movement } from "../domain/Movement.ts"
import { multiplyUp, type Quantity, zero } from "../domain/Quantity.ts"
import { demandSourceOf, type Sale, type SaleId, type SaleLine } from "../domain/Sale.ts"
import { type Portion, portionsOf } from "./Departures.ts"

/**
 * The demand of a sale as it stands: what is open of each line times what one listing takes, for each leaf.
 *
 * A held sale's is a soft hold. One that has never been booked holds also what the shop has shipped of it since the
 * opening balance, for that stock is still on hand here. A line that takes more than can be kept is left out; its sale is
 * held for it.
 */
export const demandOf = (sale: Sale, expiresAt: DateTime.Utc | null = null): Demand => ({
  source: demandSourceOf(sale.id),
  kind: sale.state === "held" ? "softHold" : sale.type,
  lines:
    sale.state === "open" || sale.state === "held"
      ? sale.lines.flatMap((line) => demandOfLine(line, sale.number === null))
      : [],
  expiresAt
})

const demandOfLine = (line: SaleLine, isUnbooked: boolean): ReadonlyArray<DemandLine> =>
  portionsOf(line).flatMap((portion) =>
    line.needs.flatMap(({ itemId, quantity: each }) => {
      const quantity = taking((portion.open + (isUnbooked ? leftAt(portion) : zero)) as Quantity, each)
      return quantity > 0 ? [{ lineId: line.id, itemId, locationId: portion.locationId, quantity }] : []
    })
  )

/** What of a portion has to be taken off what was on hand at the opening balance. */
const leftAt = ({ gone, goneBefore }: Portion): Quantity => Math.max(0, gone - goneBefore) as Quantity

/** The source under which the stock of another order is held that the shop has under the id of a known one. */
export const otherSourceOf = (id: SaleId): DemandSource => DemandSource.make(`${demandSourceOf(id)}:other`)

/** Ends what was held for the other order under a sale's id. */
export const endOfOther = ({ id }: Pick<Sale, "id">): Demand => ({
  source: otherSourceOf(id),
  kind: "softHold",
  lines: [],
  expiresAt: null
})

/**
 * What left the shelves between two revisions of a sale, by item and location: shipments, and corrections where the shop
 * has taken a shipment back. Record them once, in the transaction that saves the later revision.
 *
 * Lines do not matter: goods that are listed under another line than before have left once.
 */
export const movementsBetween = (before: Sale | null, after: Sale): ReadonlyArray<Movement> => {
  const taken = new Map<string, Relieved>()
  for (const relieved of relievedBy(after)) add(taken, relieved, -1)
  for (const relieved of before === null ? [] : relievedBy(before)) add(taken, relieved, 1)
  return [...taken.values()]
    .filter(({ quantity }) => quantity !== 0)
    .map((relieved) => ({ kind: relieved.quantity < 0 ? "shipment" : "adjustment", ...relieved }))
}

type Relieved = Pick<Movement, "itemId" | "locationId" | "quantity">

/** What has left the shelves for a sale. One without a number has never been booked, and nothing was relieved for it. */
const relievedBy = (sale: Sale): ReadonlyArray<Relieved> =>
  sale.number === null
    ? []
    : sale.lines.flatMap((line) =>
        portionsOf(line).flatMap((portion) =>
          line.needs.map(({ itemId, quantity }) => ({
            itemId,
            locationId: portion.locationId,
            quantity: taking(leftAt(portion), quantity)
          }))
        )
      )

const add = (taken: Map<string, Relieved>, { itemId, locationId, quantity }: Relieved, sign: 1 | -1): void => {
  const key = JSON.stringify([itemId, locationId])
  const sum = ((taken.get(key)?.quantity ?? 0) + sign * quantity) as Quantity
  taken.set(key, { itemId, locationId, quantity: sum })
}

const taking = (listings: Quantity, need: Quantity): Quantity =>
  Result.getOrElse(multiplyUp(listings, need), () => zero)
