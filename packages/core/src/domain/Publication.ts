/**
 * What was last sent to a shop for one listing at one of its locations, and from which version of the item.
 */
import { Schema } from "effect"
import { CartLocationId } from "./CartLocationId.ts"
import { ConnectionId } from "./ConnectionId.ts"
import { ItemId } from "./ItemId.ts"
import { ListingKey } from "./Listing.ts"
import * as Text from "./Text.ts"

/** Counts the changes of whatever an item's availability depends on; only ever grows. */
export const ItemVersion = Schema.Natural.pipe(Schema.brand("ItemVersion"))
export type ItemVersion = typeof ItemVersion.Type

/** A number that a shop has accepted. `quantity` is whole listings; `receipt` is the shop's own transaction id. */
export const Publication = Schema.Struct({
  connectionId: ConnectionId,
  key: ListingKey,
  cartLocationId: CartLocationId,
  itemId: ItemId,
  quantity: Schema.Natural,
  publishedAt: Schema.DateTimeUtcFromString,
  receipt: Schema.NullOr(Text.Line),
  /** Whether a later number was sent and its answer never came: the shop shows this one or that. */
  inDoubt: Schema.optionalKey(Schema.Boolean)
})
export interface Publication extends Schema.Schema.Type<typeof Publication> {}

/** How many refusals in a row are counted. */
export const triesMax = 1_000_000

const Tries = Schema.Natural.check(Schema.isLessThanOrEqualTo(triesMax))

/**
 * Says that an item's number may have changed since it was last published on a connection. With `resend` the shop may have
 * changed what it shows by itself (it sold, restocked or shipped), so that our number is sent although it is the same.
 */
export const DirtyMark = Schema.Struct({
  itemId: ItemId,
  version: ItemVersion,
  resend: Schema.Boolean,
  /** How often a number of this item was refused since it last changed; left out: never. */
  tries: Schema.optionalKey(Tries)
})
export interface DirtyMark extends Schema.Schema.Type<typeof DirtyMark> {}

/** A mark whose number was refused: not before an instant it is looked at again, unless its item changes earlier. */
export const DeferredMark = Schema.Struct({
  itemId: ItemId,
  version: ItemVersion,
  tries: Tries,
  notBefore: Schema.DateTimeUtcFromString
})
export interface DeferredMark extends Schema.Schema.Type<typeof DeferredMark> {}

/** Names a place where a number is shown: one listing at one of the shop's locations. */
export const placeOf = (key: ListingKey, cartLocationId: CartLocationId): string => `${key}@${cartLocationId}`
