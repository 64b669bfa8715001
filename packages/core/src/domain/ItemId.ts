/**
 * Names an item.
 */
import { Schema } from "effect"

/** Names an item; the business's own key, stable for the item's life. */
export const ItemId = Schema.NonEmptyString.pipe(Schema.brand("ItemId"))
export type ItemId = typeof ItemId.Type
