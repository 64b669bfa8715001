/**
 * Every switch of the sync, with its consequence, and the two profiles: `safe` (the default) and `sosV9` (literal
 * parity with SOS Inventory V9).
 */
import { Option, Schema, SchemaGetter } from "effect"
import type { ConnectionId } from "./ConnectionId.ts"
import * as Issue from "./Issue.ts"
import { OrderStatus } from "./Order.ts"
import { ruleInForce, ScarceRegime } from "./PublishRule.ts"

/** No delivery is awaited for longer: ten years. */
const withinDaysMax = 3_650

const Days = Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: withinDaysMax })))

// A policy that was saved before there was this switch counts as it did then.
const WithinDays = Schema.optionalKey(Days).pipe(
  Schema.decodeTo(Days, {
    decode: SchemaGetter.transformOptional((days) => Option.orElseSome(days, () => null)),
    encode: SchemaGetter.passthrough()
  })
)

/** How availability is computed. */
export const AvailabilityPolicy = Schema.Struct({
  /**
   * Subtract open sales receipts. On, what was sold on a receipt is gone from what is published. Off, an order imported
   * as a receipt stays sellable until it is shipped: the shop sells it a second time.
   */
  countOpenSalesReceipts: Schema.Boolean,
  /**
   * Add incoming goods. Off, they are sold once they have arrived. On, they are sold before, and late ones oversell.
   */
  countIncoming: Schema.Boolean,
  /**
   * Of incoming goods, add only those expected within so many days from now, overdue ones included; goods without a date
   * are never added then. The fewer days, the less is sold that is far away; 0 adds what is due already. Null adds all
   * incoming goods, whenever they are expected. Without effect where incoming goods are not counted.
   */
  incomingWithinDays: WithinDays,
  /**
   * Where the components of one kit may come from. `perLocation`: each kit is complete at one location, so that it can
   * be shipped from there. `pooled`: from all locations together, so that some kits need a transfer first. `hybrid`:
   * kits already built, and what the components still make.
   */
  kitPooling: Schema.Literals(["pooled", "perLocation", "hybrid"]),
  /**
   * Let the shortage of an assembly count as demand for its components. On, parts needed to build what is already sold
   * are not sold as spares. Off, they can be.
   */
  assemblyShortfallDemand: Schema.Boolean
})
export interface AvailabilityPolicy extends Schema.Schema.Type<typeof AvailabilityPolicy> {}

/** How listings find their items. */
export const MatchingPolicy = Schema.Struct({
  /**
   * Also link SKUs that are equal but for case, outer space and the encoding of accents, where that is unique on both
   * sides. Off, `abc-2 ` and `ABC-2` stay apart until somebody corrects one of them.
   */
  normalisedTier: Schema.Boolean,
  /**
   * What becomes of a listing that no item matches. `hold`: it waits for a person and sends nothing. `create`: an item
   * is made from it, which publishes nothing until a person confirms it. `ignore`: nothing, and nobody is told.
   */
  onNoMatch: Schema.Literals(["hold", "create", "ignore"])
})
export interface MatchingPolicy extends Schema.Schema.Type<typeof MatchingPolicy> {}

/** Which orders are imported, and as what. */
export const IntakePolicy = Schema.Struct({
  /**
   * What an order becomes. A sales order always lowers what is available; a sales receipt only where open receipts are
   * counted. `autoDetect` makes a paid order a receipt where open receipts are counted, and a sales order elsewhere.
   */
  transactionType: Schema.Literals(["salesOrder", "salesReceipt", "autoDetect"]),
  /** An order first seen in one of these is imported. In a status that is missing here and below it takes no stock. */
  importStatuses: Schema.Array(OrderStatus),
  /**
   * An order in one of these is not imported yet, but what it has taken from the shop's stock is held. Without it, the
   * next number published hands out again what an unpaid order has already taken.
   */
  holdStatuses: Schema.Array(OrderStatus),
  /** How long such a hold lasts, in days; after that its stock is for sale again. */
  holdDays: Schema.Natural,
  /**
   * Follow later edits, cancellations and refunds. Off, an order stays as it was first imported: a cancelled one keeps
   * its stock until a person deletes it, and the shop shows a stock-out that is none.
   */
  followChanges: Schema.Boolean,
  /** Replace a kit's line by lines for its components; the demand is the same either way. */
  expandKits: Schema.Boolean,
  /** Describe lines in the item's words instead of the shop's. */
  overrideDescription: Schema.Boolean
})
export interface IntakePolicy extends Schema.Schema.Type<typeof IntakePolicy> {}

/** How a number is made fit for a shop, in this order: buffer, percentage, maximum, minimum. */
export const PublishingPolicy = Schema.Struct({
  /**
   * What is published: what is available, or what is on hand, sold or not. A kit's number is always what is available.
   */
  base: Schema.Literals(["available", "onHand"]),
  /** Whole listings kept back from this shop: the last ones are never sold there. */
  buffer: Schema.Natural,
  /** Share of the rest that is published, rounded down; 0 takes every listing off sale. */
  percentage: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 })),
  /** Never publish more than this; hides how much there is. 0 takes every listing off sale. */
  maximum: Schema.NullOr(Schema.Natural),
  /**
   * Publish at least this, as far as it is available (or beyond, where backorders are allowed), over all rules above.
   */
  minimum: Schema.Natural,
  /**
   * A second regime for what is scarce: below so many whole listings, its rule is put over buffer, percentage, maximum
   * and minimum. A maximum of 0 there takes the last few off this shop's shelf and leaves them to the others.
   */
  scarce: Schema.optionalKey(ScarceRegime),
  /** Let the minimum be published although there is less: what is sold then has to be bought. */
  allowBackorder: Schema.Boolean,
  /**
   * What becomes of the shop's number when a listing's link ends. `keep`: it stays as it is, and an issue says so until a
   * person deals with it; what is sold of it then is nobody's stock. `zero`: the listing is told 0 once, and that is said.
   * Left out: `keep`.
   */
  whenLinkEnds: Schema.optionalKey(Schema.Literals(["keep", "zero"])),
  /**
   * Whether a channel that is fed by some locations only may promise what another channel has sold beyond its own. `shared`
   * (left out: this): no number is ever more than what is left over all nettable locations, whoever has sold it. `own`: each
   * channel looks at its own locations alone, and a shortage elsewhere is somebody else's.
   */
  pool: Schema.optionalKey(Schema.Literals(["shared", "own"])),
  /**
   * Refuse a first publication that would take more than this share of the listings in stock to zero; 100 never
   * refuses.
   */
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
    incomingWithinDays: null,
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
      "completed",
      "refunded",
      "partiallyRefunded",
      "disputed"
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
    incomingWithinDays: null,
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

/** What is wrong with a policy: contradictions, for which it is refused, and what a person should know of it. */
export interface PolicyCheck {
  readonly refused: ReadonlyArray<Issue.Issue>
  readonly warnings: ReadonlyArray<Issue.Issue>
}

/** Looks for settings that exclude each other, and for those that are allowed but cost somebody stock or trust. */
export const check = (policy: SyncPolicy, connectionId?: ConnectionId): PolicyCheck => {
  const issues = (rules: ReadonlyArray<Rule>, issue: typeof Issue.policyRisky) =>
    rules
      .filter(({ applies }) => applies(policy))
      .map(({ settings, why, remedy }) => issue({ settings, why: why(policy), remedy, connectionId }))
  return { refused: issues(contradictions, Issue.policyContradictory), warnings: issues(risks, Issue.policyRisky) }
}

/** A combination of settings that somebody has to hear about. */
interface Rule {
  readonly settings: ReadonlyArray<string>
  readonly applies: (policy: SyncPolicy) => boolean
  readonly why: (policy: SyncPolicy) => string
  readonly remedy: string
}

/** Orders that are not placed yet, or will never be delivered. */
const neverImported: ReadonlyArray<OrderStatus> = ["incomplete", "pending", "cancelled", "declined"]

/** Orders that are over: they have nothing left to hold. */
const over: ReadonlyArray<OrderStatus> = ["cancelled", "declined", "refunded"]

/** Orders that may have lowered the shop's stock, although nobody has been paid yet. */
const placedButUnpaid: ReadonlyArray<OrderStatus> = ["awaitingPayment", "manualVerification"]

const isCrossed = ({ minimum, maximum }: Pick<PublishingPolicy, "minimum" | "maximum">): boolean =>
  maximum !== null && minimum > maximum

const whenScarce = (publishing: PublishingPolicy) =>
  publishing.scarce === undefined ? publishing : ruleInForce(publishing.scarce.rule, publishing)

const among = (statuses: ReadonlyArray<OrderStatus>, some: ReadonlyArray<OrderStatus>): ReadonlyArray<OrderStatus> =>
  some.filter((status) => statuses.includes(status))

const contradictions: ReadonlyArray<Rule> = [
  {
    settings: ["publishing.minimum", "publishing.maximum"],
    applies: ({ publishing }) => isCrossed(publishing),
    why: ({ publishing }) => `The minimum ${publishing.minimum} is above the maximum ${publishing.maximum}.`,
    remedy: "Lower the minimum or raise the maximum."
  },
  {
    settings: ["publishing.scarce"],
    applies: ({ publishing }) => !isCrossed(publishing) && isCrossed(whenScarce(publishing)),
    why: ({ publishing }) =>
      `For what is scarce, the minimum ${whenScarce(publishing).minimum} is above the maximum ${whenScarce(publishing).maximum}.`,
    remedy: "Give the rule for what is scarce a minimum or a maximum of its own."
  },
  {
    settings: ["intake.importStatuses", "intake.holdStatuses"],
    applies: ({ intake }) => among(intake.importStatuses, intake.holdStatuses).length > 0,
    why: ({ intake }) =>
      `An order cannot be both imported and held back, but both are set for: ${among(intake.importStatuses, intake.holdStatuses).join(", ")}.`,
    remedy: "Leave each status in one of the two lists."
  },
  {
    settings: ["intake.holdDays", "intake.holdStatuses"],
    applies: ({ intake }) => intake.holdDays === 0 && intake.holdStatuses.length > 0,
    why: () => "Orders are to be held for 0 days, so that no hold ever begins.",
    remedy: "Let holds last at least a day, or hold no status."
  },
  {
    settings: ["intake.importStatuses"],
    applies: ({ intake }) => among(intake.importStatuses, neverImported).length > 0,
    why: ({ intake }) =>
      `These are not orders to be delivered, and are never imported: ${among(intake.importStatuses, neverImported).join(", ")}.`,
    remedy: "Take them out of the statuses to import."
  },
  {
    settings: ["intake.holdStatuses"],
    applies: ({ intake }) => among(intake.holdStatuses, over).length > 0,
    why: ({ intake }) =>
      `Orders in these statuses are over and hold no stock: ${among(intake.holdStatuses, over).join(", ")}.`,
    remedy: "Take them out of the statuses to hold."
  }
]

const risks: ReadonlyArray<Rule> = [
  {
    settings: ["intake.transactionType", "availability.countOpenSalesReceipts"],
    applies: ({ intake, availability }) =>
      intake.transactionType === "salesReceipt" && !availability.countOpenSalesReceipts,
    why: () =>
      "Orders are imported as sales receipts while open sales receipts are not counted, so that everything sold is offered again until it is shipped.",
    remedy: "Count open sales receipts, or import sales orders."
  },
  {
    settings: ["availability.countIncoming"],
    applies: ({ availability }) => availability.countIncoming,
    why: () => "Goods are sold before they have arrived, so that a late delivery oversells.",
    remedy: "Count incoming goods only where deliveries are very reliable."
  },
  {
    settings: ["availability.incomingWithinDays", "availability.countIncoming"],
    applies: ({ availability }) => availability.incomingWithinDays !== null && !availability.countIncoming,
    why: ({ availability }) =>
      `Incoming goods expected within ${availability.incomingWithinDays} days are to count, while no incoming goods are counted, so that the days have no effect.`,
    remedy: "Count incoming goods, or set no days."
  },
  {
    settings: ["intake.importStatuses"],
    applies: ({ intake }) => intake.importStatuses.length === 0,
    why: () => "No status is set for import, so that no order is ever imported.",
    remedy: "Set at least the status of paid orders."
  },
  {
    settings: ["intake.holdStatuses", "intake.importStatuses"],
    applies: ({ intake }) => unseen(intake).length > 0,
    why: ({ intake }) =>
      `Orders in these statuses have lowered the shop's stock and are neither imported nor held, so that publishing gives it back: ${unseen(intake).join(", ")}.`,
    remedy: "Hold these statuses."
  },
  {
    settings: ["intake.holdStatuses"],
    applies: ({ intake }) => among(intake.holdStatuses, ["incomplete", "pending"]).length > 0,
    why: ({ intake }) =>
      `Stock is held for checkouts that nobody has finished: ${among(intake.holdStatuses, ["incomplete", "pending"]).join(", ")}.`,
    remedy: "Hold only orders that have been placed."
  },
  {
    settings: ["intake.followChanges"],
    applies: ({ intake }) => !intake.followChanges,
    why: () => "Later edits, cancellations and refunds are not followed, so that a cancelled order keeps its stock.",
    remedy: "Follow changes, or delete cancelled orders by hand."
  },
  {
    settings: ["publishing.base"],
    applies: ({ publishing }) => publishing.base === "onHand",
    why: () => "Stock on hand is published, sold or not, so that what is sold and not yet shipped is offered again.",
    remedy: "Publish what is available."
  },
  {
    settings: ["publishing.percentage"],
    applies: ({ publishing }) => publishing.percentage === 0,
    why: () => "A share of 0 % is published, so that every listing is out of stock.",
    remedy: "Raise the percentage, or switch the connection off."
  },
  {
    settings: ["publishing.maximum"],
    applies: ({ publishing }) => publishing.maximum === 0,
    why: () => "A maximum of 0 is published, so that every listing is out of stock.",
    remedy: "Raise the maximum, or switch the connection off."
  },
  {
    settings: ["publishing.allowBackorder", "publishing.minimum"],
    applies: ({ publishing }) => publishing.allowBackorder && publishing.minimum > 0,
    why: ({ publishing }) => `At least ${publishing.minimum} of each listing is offered, whether there is any or not.`,
    remedy: "Allow backorders only for what can be bought in time."
  },
  {
    settings: ["publishing.massZeroPercent"],
    applies: ({ publishing }) => publishing.massZeroPercent === 100,
    why: () => "A first publication may take every listing to zero without anybody being asked.",
    remedy: "Set the share of listings that may go to zero unasked."
  }
]

const unseen = ({ importStatuses, holdStatuses }: IntakePolicy): ReadonlyArray<OrderStatus> =>
  placedButUnpaid.filter((status) => !importStatuses.includes(status) && !holdStatuses.includes(status))
