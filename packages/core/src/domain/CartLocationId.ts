/**
 * Names a stock location of a shop, as the shop itself does.
 */
import { Schema } from "effect"
import * as Text from "./Text.ts"

/** The shop's id of one of its own stock locations. */
export const CartLocationId = Text.Id.pipe(Schema.brand("CartLocationId"))
export type CartLocationId = typeof CartLocationId.Type
