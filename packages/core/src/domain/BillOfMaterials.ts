/**
 * What one kit (or one assembly) is made of: component items and the quantity of each, in the component's base unit.
 *
 * Every quantity is above zero. The same component may stand on several lines; its needs are added.
 */
import { Result, Schema } from "effect"
import { ItemId } from "./ItemId.ts"
import { add, type InvalidQuantity, multiply, type Quantity, QuantityFromDecimal } from "./Quantity.ts"

/** One line: so much of this component for ONE kit. */
export const Component = Schema.Struct({
  itemId: ItemId,
  quantity: QuantityFromDecimal.check(Schema.isGreaterThan(0))
})
export interface Component extends Schema.Schema.Type<typeof Component> {}

/** The lines of a bill of materials, in the order they were entered. */
export const BillOfMaterials = Schema.Array(Component)
export type BillOfMaterials = typeof BillOfMaterials.Type

/** One line for each component, in order of first appearance, with all of its needs added. */
export const addUp = (lines: BillOfMaterials): Result.Result<BillOfMaterials, InvalidQuantity> => {
  const needs = new Map<ItemId, Quantity>()
  for (const line of lines) {
    const known = needs.get(line.itemId)
    if (known === undefined) {
      needs.set(line.itemId, line.quantity)
      continue
    }
    const both = add(known, line.quantity)
    if (Result.isFailure(both)) return Result.fail(both.failure)
    needs.set(line.itemId, both.success)
  }
  return Result.succeed(Array.from(needs, ([itemId, quantity]) => ({ itemId, quantity })))
}

/** The same lines for `quantity` kits; exact, or why it cannot be. */
export const times = (lines: BillOfMaterials, quantity: Quantity): Result.Result<BillOfMaterials, InvalidQuantity> => {
  const multiplied: Array<Component> = []
  for (const line of lines) {
    const product = multiply(line.quantity, quantity)
    if (Result.isFailure(product)) return Result.fail(product.failure)
    multiplied.push({ itemId: line.itemId, quantity: product.success })
  }
  return Result.succeed(multiplied)
}
