/**
 * What does an open pick ticket take from what is available? From its lines, and from what they pick for, to demand in
 * which nothing is counted twice.
 *
 * - What is picked for a sales order takes nothing: the order counts already.
 * - What is picked for a sales receipt counts on the ticket, and the receipt counts for the rest: together the greater of
 *   the two, once. Where receipts are not counted at all, the ticket still is.
 * - What is picked for nothing else counts in full.
 */
import type { Demand, DemandLine, DemandSource } from "../domain/Demand.ts"
import type { Quantity } from "../domain/Quantity.ts"

/** A line of an open pick ticket; `picksFor` names the line of the sale that it picks for, null for none. */
export interface PickLine extends DemandLine {
  readonly picksFor: {
    readonly kind: "salesOrder" | "salesReceipt"
    readonly source: DemandSource
    readonly lineId: string
  } | null
}

/** The demand of an open pick ticket; a ticket of sales orders has none. */
export const demandOf = (source: DemandSource, lines: ReadonlyArray<PickLine>): Demand => ({
  source,
  kind: "pickTicket",
  lines: lines
    .filter(({ picksFor }) => picksFor?.kind !== "salesOrder")
    .map(({ lineId, itemId, locationId, quantity }) => ({ lineId, itemId, locationId, quantity })),
  expiresAt: null
})

/** The demand that is left of a sales receipt, beside the open pick tickets made from it; `picked` are their lines. */
export const withoutPicked = (receipt: Demand, picked: ReadonlyArray<PickLine>): Demand => {
  const taken = new Map<string, number>()
  for (const { itemId, quantity, picksFor } of picked) {
    if (picksFor?.kind !== "salesReceipt" || picksFor.source !== receipt.source) continue
    const line = keyOf(picksFor.lineId, itemId)
    taken.set(line, (taken.get(line) ?? 0) + quantity)
  }
  const lines = receipt.lines.flatMap((line) => {
    const key = keyOf(line.lineId, line.itemId)
    const covered = Math.min(line.quantity, taken.get(key) ?? 0)
    taken.set(key, (taken.get(key) ?? 0) - covered)
    return covered === line.quantity ? [] : [{ ...line, quantity: (line.quantity - covered) as Quantity }]
  })
  return { ...receipt, lines }
}

const keyOf = (lineId: string, itemId: string): string => JSON.stringify([lineId, itemId])
