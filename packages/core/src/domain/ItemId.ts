/**
 * Names an item.
 */
import { Schema } from "effect"
import * as Text from "./Text.ts"

/** How long an item's id may be: one made of a SKU has room for it. */
export const itemIdLengthMax = 300

/** Names an item; the business's own key, stable for the item's life. */
export const ItemId = Text.Text(itemIdLengthMax).check(Schema.isNonEmpty()).pipe(Schema.brand("ItemId"))
export type ItemId = typeof ItemId.Type
