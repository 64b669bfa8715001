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
import { format, type Quantity } from "../domain/Quantity.ts"
import type { Sale, SaleLine } from "../domain/Sale.ts"
import { orderLineIdOf } from "./SaleLines.ts"
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
    const line = sale.lines.find((each) => orderLineIdOf(each) === lineId)
    if (line === undefined) return refuse("LINE_UNKNOWN", `Sale ${sale.id} has no line ${lineId}.`)
    if (!(quantity > 0 && quantity <= line.open)) {
      const asked = `${format(quantity)} of line ${lineId} of sale ${sale.id}`
      return refuse("MORE_THAN_OPEN", `${asked} cannot be shipped: ${format(line.open)} of it is open.`)
    }
  }
  const lines = sale.lines.map((line) => move(line, quantities.get(orderLineIdOf(line))))
  const state = lines.some(({ open }) => open > 0) ? "open" : "closed"
  const shipped: Sale = { ...sale, state, lines, revision: sale.revision + 1 }
  return Result.succeed({ sale: shipped, demand: demandOf(shipped), movements: movementsBetween(sale, shipped) })
}

const move = (line: SaleLine, quantity: Quantity | undefined): SaleLine =>
  quantity === undefined
    ? line
    : { ...line, open: (line.open - quantity) as Quantity, shipped: (line.shipped + quantity) as Quantity }

const refuse = (code: NotShippable["code"], message: string) => Result.fail({ code, message })
