/**
 * A change of stock on hand, as a line of an append-only ledger.
 *
 * The sum of an item's movements at a location is its stock on hand there. A transfer is two movements under one
 * document, a build one for the assembly and one for each component.
 */
import { Result, Schema } from "effect"
import { ItemId } from "./ItemId.ts"
import { LocationId } from "./Location.ts"
import { format, QuantityFromDecimal, sum } from "./Quantity.ts"

/** Why stock moved. */
export const MovementKind = Schema.Literals([
  "receipt",
  "adjustment",
  "shipment",
  "return",
  "transfer",
  "build",
  "count"
])
export type MovementKind = typeof MovementKind.Type

/**
 * A signed change in the item's base unit. `at` is when the goods moved, by whoever moved them; left out: when it is
 * recorded. What moved before the instant of a count changes nothing of what was counted, whenever it is recorded.
 */
export const Movement = Schema.Struct({
  kind: MovementKind,
  itemId: ItemId,
  locationId: LocationId,
  quantity: QuantityFromDecimal,
  at: Schema.optionalKey(Schema.DateTimeUtcFromString)
})
export interface Movement extends Schema.Schema.Type<typeof Movement> {}

/**
 * The first item of a document of which transfers bring more (or less) than they take away, and how much more, as decimal
 * text; null when they cancel out, as they have to.
 */
export const unbalanced = (
  movements: ReadonlyArray<Movement>
): { readonly itemId: ItemId; readonly left: string } | null => {
  const transfers = Map.groupBy(
    movements.filter(({ kind }) => kind === "transfer"),
    ({ itemId }) => itemId
  )
  for (const [itemId, ofItem] of transfers) {
    const total = sum(ofItem.map(({ quantity }) => quantity))
    const left = Result.isSuccess(total) ? format(total.success) : "more than a quantity"
    if (left !== "0") return { itemId, left }
  }
  return null
}

/** What somebody counted: on hand becomes `counted`, the ledger gets the difference. `counted` is never negative. */
export const Count = Schema.Struct({
  itemId: ItemId,
  locationId: LocationId,
  counted: QuantityFromDecimal.check(Schema.isGreaterThanOrEqualTo(0))
})
export interface Count extends Schema.Schema.Type<typeof Count> {}
