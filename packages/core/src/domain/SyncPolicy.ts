/**
 * Every switch of the sync, with its consequence, and the two profiles: `safe` (the default) and `sosV9` (literal parity
 * with SOS Inventory V9).
 */
import { Schema } from "effect"
import { OrderStatus } from "./Order.ts"

/** How availability is computed. */
export const AvailabilityPolicy = Schema.Struct({
  /** Subtract open sales receipts. Off, an order imported as a receipt stays sellable until it is shipped. */
  countOpenSalesReceipts: Schema.Boolean,
  /** Add incoming goods. On, goods are sold before they have arrived. */
  countIncoming: Schema.Boolean,
  /** Take components for one kit from all locations together, from one location each, or add kits already built. */
  kitPooling: Schema.Literals(["pooled", "perLocation", "hybrid"]),
  /** Let the shortage of an assembly count as demand for its components. */
  assemblyShortfallDemand: Schema.Boolean
})
export interface AvailabilityPolicy extends Schema.Schema.Type<typeof AvailabilityPolicy> {}

/** How listings find their items. */
export const MatchingPolicy = Schema.Struct({
  /** Also link SKUs that are equal but for case and outer space, where that is unique on both sides. */
  normalisedTier: Schema.Boolean,
  /** What becomes of a listing that no item matches: wait for a person, create an item, or leave it. */
  onNoMatch: Schema.Literals(["hold", "create", "ignore"])
})
export interface MatchingPolicy extends Schema.Schema.Type<typeof MatchingPolicy> {}

/** Which orders are imported, and as what. */
export const IntakePolicy = Schema.Struct({
  /** What orders become; `autoDetect` makes a paid one a receipt where open receipts are counted, else a sales order. */
  transactionType: Schema.Literals(["salesOrder", "salesReceipt", "autoDetect"]),
  /** An order first seen in one of these is imported. */
  importStatuses: Schema.Array(OrderStatus),
  /** An order in one of these is not imported yet, but what it has taken from the shop's stock is held. */
  holdStatuses: Schema.Array(OrderStatus),
  /** How long such a hold lasts, in days. */
  holdDays: Schema.Natural,
  /** Follow later edits, cancellations and refunds. Off, an order stays as it was first imported. */
  followChanges: Schema.Boolean,
  /** Replace a kit's line by lines for its components; the demand is the same either way. */
  expandKits: Schema.Boolean,
  /** Describe lines in the item's words instead of the shop's. */
  overrideDescription: Schema.Boolean
})
export interface IntakePolicy extends Schema.Schema.Type<typeof IntakePolicy> {}

/** How a number is made fit for a shop, in this order: buffer, percentage, maximum, minimum. */
export const PublishingPolicy = Schema.Struct({
  base: Schema.Literals(["available", "onHand"]),
  /** Whole listings kept back. */
  buffer: Schema.Natural,
  /** Share of the rest that is published, rounded down. */
  percentage: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
  /** Never publish more than this. */
  maximum: Schema.NullOr(Schema.Natural),
  /** Publish at least this, as far as it is available (or beyond, where backorders are allowed). */
  minimum: Schema.Natural,
  allowBackorder: Schema.Boolean,
  /** Refuse a first publication that would take more than this share of the listings in stock to zero; 100 never refuses. */
  massZeroPercent: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))
})
export interface PublishingPolicy extends Schema.Schema.Type<typeof PublishingPolicy> {}

/** The whole policy of a connection. */
export const SyncPolicy = Schema.Struct({
  availability: AvailabilityPolicy,
  matching: MatchingPolicy,
  intake: IntakePolicy,
  publishing: PublishingPolicy
})
export interface SyncPolicy extends Schema.Schema.Type<typeof SyncPolicy> {}

/** The recommended default: never give back what was sold, follow every change, ask before doubt. */
export const safe: SyncPolicy = {
  availability: {
    countOpenSalesReceipts: true,
    countIncoming: false,
    kitPooling: "perLocation",
    assemblyShortfallDemand: false
  },
  matching: { normalisedTier: true, onNoMatch: "hold" },
  intake: {
    transactionType: "salesOrder",
    importStatuses: [
      "awaitingFulfilment",
      "awaitingShipment",
      "awaitingPickup",
      "partiallyShipped",
      "shipped",
      "completed"
    ],
    holdStatuses: ["awaitingPayment", "manualVerification"],
    holdDays: 14,
    followChanges: true,
    expandKits: false,
    overrideDescription: false
  },
  publishing: {
    base: "available",
    buffer: 0,
    percentage: 100,
    maximum: null,
    minimum: 0,
    allowBackorder: false,
    massZeroPercent: 20
  }
}

/** Literal parity with SOS Inventory V9, traps included. */
export const sosV9: SyncPolicy = {
  availability: {
    countOpenSalesReceipts: false,
    countIncoming: false,
    kitPooling: "pooled",
    assemblyShortfallDemand: false
  },
  matching: { normalisedTier: false, onNoMatch: "create" },
  intake: {
    // What V9 calls auto-detect makes a receipt of every order of this cart, counted or not.
    transactionType: "salesReceipt",
    importStatuses: ["awaitingFulfilment"],
    holdStatuses: [],
    holdDays: 0,
    followChanges: false,
    expandKits: false,
    overrideDescription: false
  },
  publishing: {
    base: "available",
    buffer: 0,
    percentage: 100,
    maximum: null,
    minimum: 0,
    allowBackorder: false,
    massZeroPercent: 100
  }
}
