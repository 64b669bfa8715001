/**
 * What does a shipment do? From a sale and what was packed to the movements that relieve stock, and what stays open.
 *
 * Selling and shipping are two acts: an order commits stock, only its shipment takes it off the shelf. Both at once leave
 * availability as it was. What has been shipped comes back by a return, never by a cancellation.
 */
import { Result } from "effect"
import type { Demand } from "../domain/Demand.ts"
import type { Movement } from "../domain/Movement.ts"
import type { OrderLineId } from "../domain/Order.ts"
import { format, type Quantity, zero } from "../domain/Quantity.ts"
import type { Sale, SaleLine } from "../domain/Sale.ts"
import { isUnder, orderLineIdOf } from "./LineRecall.ts"
import { demandOf, movementsBetween } from "./SaleStock.ts"

/** So many listings of an order's line, above zero. */
export interface PackedLine {
  readonly lineId: OrderLineId
  readonly quantity: Quantity
}

/** A sale after a shipment: set the demand and record the movements in the transaction that saves the sale. */
export interface Shipped {
  readonly sale: Sale
  readonly demand: Demand
  readonly movements: ReadonlyArray<Movement>
}

/** Why a shipment is refused: the sale is not open, or a line has less left to ship. */
export interface NotShippable {
  readonly code: "SALE_NOT_OPEN" | "LINE_UNKNOWN" | "MORE_THAN_OPEN"
  readonly message: string
}

/** Ships some lines of a sale, all of them or none. Lines of the same order line are added before they are checked. */
export const ship = (sale: Sale, packed: ReadonlyArray<PackedLine>): Result.Result<Shipped, NotShippable> => {
  if (sale.state !== "open") {
    return refuse("SALE_NOT_OPEN", `Sale ${sale.id} is ${sale.state}, and only an open one can be shipped.`)
  }
  const quantities = new Map<OrderLineId, Quantity>()
  for (const { lineId, quantity } of packed) {
    quantities.set(lineId, ((quantities.get(lineId) ?? 0) + quantity) as Quantity)
  }
  for (const [lineId, quantity] of quantities) {
    const lines = sale.lines.filter((line) => isMeant(line, lineId))
    if (lines.length === 0) return refuse("LINE_UNKNOWN", `Sale ${sale.id} has no line ${lineId}.`)
    for (const line of lines) {
      if (!(quantity > 0 && packedOf(line, quantities) <= line.open)) {
        const asked = `${format(quantity)} of line ${lineId} of sale ${sale.id}`
        return refuse("MORE_THAN_OPEN", `${asked} cannot be shipped: ${format(line.open)} of it is open.`)
      }
    }
  }
  const lines = sale.lines.map((line) => move(line, packedOf(line, quantities)))
  const state = lines.some(({ open }) => open > 0) ? "open" : "closed"
  const shipped: Sale = { ...sale, state, lines, revision: sale.revision + 1 }
  return Result.succeed({ sale: shipped, demand: demandOf(shipped), movements: movementsBetween(sale, shipped) })
}

/** The component of an expanded kit is meant by its own id, and by its kit's: a kit ships whole. */
const isMeant = (line: SaleLine, lineId: OrderLineId): boolean =>
  !isUnder(line) && (line.id === lineId || orderLineIdOf(line) === lineId)

const packedOf = (line: SaleLine, quantities: ReadonlyMap<OrderLineId, Quantity>): Quantity => {
  if (isUnder(line)) return zero
  const ids = new Set([line.id, orderLineIdOf(line)])
  return [...ids].reduce((total, id) => total + (quantities.get(id) ?? 0), 0) as Quantity
}

const move = (line: SaleLine, quantity: Quantity): SaleLine =>
  quantity === 0
    ? line
    : { ...line, open: (line.open - quantity) as Quantity, shipped: (line.shipped + quantity) as Quantity }

const refuse = (code: NotShippable["code"], message: string) => Result.fail({ code, message })
