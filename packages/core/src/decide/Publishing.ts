/**
 * What shall the shop say? From availability, links and what was last published to the smallest set of updates, and a
 * reason for each listing left alone.
 */
import type { Available } from "./Availability.ts"
import type { CartLocationId, Connection } from "../domain/Connection.ts"
import type { Channel } from "../domain/Channel.ts"
import type { Issue } from "../domain/Issue.ts"
import type { Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Link } from "../domain/Link.ts"
import type { Listing, ListingKey } from "../domain/Listing.ts"
import type { Publication } from "../domain/Publication.ts"

/** Everything that publishing looks at, for the links of one connection. */
export interface PublishInput {
  readonly connection: Connection
  readonly channel: Channel
  readonly links: ReadonlyArray<Link>
  readonly items: (id: ItemId) => Item | null
  readonly available: (id: ItemId) => Available | null
  /** What the shop last accepted from us, by listing and cart location; null when never published there. */
  readonly lastPublished: (key: ListingKey, cartLocationId: CartLocationId) => Publication | null
  /** What the shop shows now, where that was read; lets the mass-zero guard judge a first publication. */
  readonly shopLevel: (key: ListingKey, cartLocationId: CartLocationId) => number | null
  /** Whether the item has ever had a stock transaction. */
  readonly hasStockHistory: (id: ItemId) => boolean
  /** How large a number the shop can show. */
  readonly quantityMax: number
  /** Lifts the mass-zero guard: a person has seen the plan. */
  readonly approved: boolean
  /** Sends also what equals the last publication (after somebody changed the shop's number). */
  readonly force: boolean
}

/** Why a listing is left alone. */
export type LeftReason =
  | "UNCHANGED"
  | "CONNECTION_DISABLED"
  | "TRACKING_OFF"
  | "TRACKING_LEVEL_MISMATCH"
  | "ITEM_NOT_PUBLISHED"
  | "LINK_NOT_PUBLISHING"
  | "ITEM_UNKNOWN"
  | "NO_STOCK_HISTORY"
  | "UNLIMITED"
  | "KIT_BROKEN"
  | "SHOP_BUNDLE"
  | "ARCHIVED"
  | "MASS_ZERO"

/** One step from availability to the published number, in order. */
export interface PublishStep {
  readonly rule: "base" | "pack" | "buffer" | "percentage" | "maximum" | "minimum" | "allocation" | "cap"
  readonly quantity: number
}

/** A number to send: whole listings, never negative. */
export interface PublishUpdate {
  readonly listing: Listing
  readonly cartLocationId: CartLocationId
  readonly itemId: ItemId
  readonly quantity: number
  readonly previous: number | null
  readonly steps: ReadonlyArray<PublishStep>
}

/** A listing left alone, with every reason that applies. */
export interface LeftAlone {
  readonly listing: Listing
  readonly itemId: ItemId
  readonly reasons: ReadonlyArray<LeftReason>
}

/** The plan; applying it and planning again gives no update. */
export interface PublishPlan {
  readonly updates: ReadonlyArray<PublishUpdate>
  readonly left: ReadonlyArray<LeftAlone>
  readonly issues: ReadonlyArray<Issue>
}

/** Decides the plan. */
export declare const plan: (input: PublishInput) => PublishPlan

/** One sentence for a reason. */
export declare const explain: (reason: LeftReason) => string
