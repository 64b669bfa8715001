/**
 * What is known of one item at one location: its stock on hand and everything that speaks for or against it.
 *
 * Each term is a sum kept by the store in the transaction that changes it. A kit has no position, unless kits are built
 * ahead of their sale and kept as stock of their own; only the hybrid way of counting kits looks at that.
 */
import { Schema } from "effect"
import { ItemId } from "./ItemId.ts"
import { LocationId } from "./Location.ts"
import { QuantityFromDecimal, zero } from "./Quantity.ts"

/** The terms of a position, all in the item's base unit. */
export const PositionTerms = Schema.Struct({
  /** Physically there; may be negative. */
  onHand: QuantityFromDecimal,
  /** Open quantity of sales orders: ordered, neither shipped nor cancelled. */
  salesOrders: QuantityFromDecimal,
  /** Open quantity of sales receipts. */
  salesReceipts: QuantityFromDecimal,
  /** Open pick tickets that do not come from sales orders. */
  pickTickets: QuantityFromDecimal,
  /** Open reservations that an embedder has made for sales of its own. */
  reservations: QuantityFromDecimal,
  /** Orders that the shop has sold and that are not booked yet: unpaid, unverified, or held. */
  softHolds: QuantityFromDecimal,
  /** Stock that must not be sold: recalled, expired, set aside. */
  stockHolds: QuantityFromDecimal,
  /** On its way in: ordered, not yet received. */
  incoming: QuantityFromDecimal
})
export interface PositionTerms extends Schema.Schema.Type<typeof PositionTerms> {}

/** The terms for one item at one location. */
export const Position = Schema.Struct({ itemId: ItemId, locationId: LocationId, ...PositionTerms.fields })
export interface Position extends Schema.Schema.Type<typeof Position> {}

/** A position with nothing in it but what is given. */
export const make = (position: Pick<Position, "itemId" | "locationId"> & Partial<PositionTerms>): Position => ({
  onHand: zero,
  salesOrders: zero,
  salesReceipts: zero,
  pickTickets: zero,
  reservations: zero,
  softHolds: zero,
  stockHolds: zero,
  incoming: zero,
  ...position
})
