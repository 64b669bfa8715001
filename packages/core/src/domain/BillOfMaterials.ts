/**
 * What one kit (or one assembly) is made of: component items and the quantity of each, in the component's base unit.
 *
 * Every quantity is above zero. The same component may stand on several lines; its needs are added.
 */
import { Schema } from "effect"
import { ItemId } from "./ItemId.ts"
import { QuantityFromDecimal } from "./Quantity.ts"

/** One line: so much of this component for ONE kit. */
export const Component = Schema.Struct({
  itemId: ItemId,
  quantity: QuantityFromDecimal.check(Schema.isGreaterThan(0))
})
export interface Component extends Schema.Schema.Type<typeof Component> {}

/** The lines of a bill of materials, in the order they were entered. */
export const BillOfMaterials = Schema.Array(Component)
export type BillOfMaterials = typeof BillOfMaterials.Type
