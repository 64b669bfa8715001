/**
 * What becomes of a shop's order? From its latest snapshot and what we know of it to a sale, or the reason why not.
 */
import type { DateTime } from "effect"
import type { Connection } from "../domain/Connection.ts"
import type { Demand } from "../domain/Demand.ts"
import type { Issue } from "../domain/Issue.ts"
import type { Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Link } from "../domain/Link.ts"
import type { ListingKey } from "../domain/Listing.ts"
import type { LocationId } from "../domain/Location.ts"
import type { Order, OrderLineId } from "../domain/Order.ts"
import type { Quantity } from "../domain/Quantity.ts"
import type { Sale, SaleId, SaleReason } from "../domain/Sale.ts"

/** What intake may look up; the shell has loaded it for a batch of orders. */
export interface IntakeContext {
  readonly connection: Connection
  readonly now: DateTime.Utc
  /** The sale that exists for this order, if any. */
  readonly known: Sale | null
  /** Links by listing. */
  readonly link: (key: ListingKey) => Link | null
  /** Items by exact SKU, for lines whose listing has no link. */
  readonly itemsBySku: (sku: string) => ReadonlyArray<Item>
  /** Items by id, kits with all they contain. */
  readonly item: (id: ItemId) => Item | null
  /** Who has a reference number (any case), if not this order. */
  readonly numberOwner: (number: string) => SaleId | null
  /** Our location for a shop's pick-up location; null when it has none. */
  readonly pickupLocation: (cartLocationId: string) => LocationId | null
}

/** A change of a line between two snapshots. */
export interface LineChange {
  readonly lineId: OrderLineId
  readonly openBefore: Quantity
  readonly openAfter: Quantity
}

/** Makes a sale. */
export interface Import {
  readonly _tag: "Import"
  readonly sale: Sale
  readonly demand: Demand
  readonly issues: ReadonlyArray<Issue>
}

/** Follows a sale that exists to the order's latest snapshot. */
export interface Amend {
  readonly _tag: "Amend"
  readonly sale: Sale
  readonly demand: Demand
  readonly changes: ReadonlyArray<LineChange>
  readonly issues: ReadonlyArray<Issue>
}

/** Waits for a person or for payment; what can be reserved is. */
export interface Hold {
  readonly _tag: "Hold"
  readonly sale: Sale
  readonly demand: Demand
  readonly reasons: ReadonlyArray<SaleReason>
  readonly issues: ReadonlyArray<Issue>
}

/** Needs nothing. `sale` is the record to keep (with no demand), or null when the stored one stands as it is. */
export interface Skip {
  readonly _tag: "Skip"
  readonly sale: Sale | null
  readonly demand: Demand | null
  readonly reasons: ReadonlyArray<SaleReason>
  readonly issues: ReadonlyArray<Issue>
}

/** The outcome for one order. */
export type IntakeDecision = Import | Amend | Hold | Skip

/** Decides one order. */
export declare const decide: (order: Order, context: IntakeContext) => IntakeDecision

/** The listings and SKUs that {@link decide} will look up for an order. */
export declare const lookups: (order: Order) => {
  readonly listingKeys: ReadonlyArray<ListingKey>
  readonly skus: ReadonlyArray<string>
}

/** The number an order would get on a connection; may be longer than allowed. */
export declare const referenceNumberFor: (connection: Connection, order: Order) => string
