/**
 * Names a stock location of a shop, as the shop itself does.
 */
import { Schema } from "effect"

/** The shop's id of one of its own stock locations. */
export const CartLocationId = Schema.NonEmptyString.pipe(Schema.brand("CartLocationId"))
export type CartLocationId = typeof CartLocationId.Type
