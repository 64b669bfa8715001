import { assert, describe, it } from "@effect/vitest"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import * as SyncPolicy from "@stockport/core/domain/SyncPolicy"
import * as Listings from "@stockport/testing/generators/Listings"
import { Schema, Struct } from "effect"
import * as fc from "fast-check"

interface Changes {
  readonly availability?: Partial<SyncPolicy.AvailabilityPolicy>
  readonly intake?: Partial<SyncPolicy.IntakePolicy>
  readonly publishing?: Partial<SyncPolicy.PublishingPolicy>
}

const { safe, sosV9 } = SyncPolicy

const safeBut = ({ availability, intake, publishing }: Changes): SyncPolicy.SyncPolicy => ({
  ...safe,
  availability: { ...safe.availability, ...availability },
  intake: { ...safe.intake, ...intake },
  publishing: { ...safe.publishing, ...publishing }
})

const told = (changes: Changes) => {
  const { refused, warnings } = SyncPolicy.check(safeBut(changes))
  const messages = (issues: typeof refused) =>
    issues.map(({ about, message, remedy }) => [about["settings"], message, remedy])
  return { refused: messages(refused), warnings: messages(warnings) }
}

describe("the profiles", () => {
  it("safe is without a word", () => {
    assert.deepStrictEqual(SyncPolicy.check(safe), { refused: [], warnings: [] })
  })

  it("safe counts what is sold, waits where in doubt, and follows every change", () => {
    assert.deepStrictEqual(safe, {
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
    })
  })

  it("sosV9 can be used, and is told about its traps", () => {
    const { refused, warnings } = SyncPolicy.check(sosV9)
    assert.deepStrictEqual(refused, [])
    assert.deepStrictEqual(
      warnings.map(({ code, about }) => [code, about["settings"]]),
      [
        ["POLICY_RISKY", "intake.transactionType, availability.countOpenSalesReceipts"],
        ["POLICY_RISKY", "intake.holdStatuses, intake.importStatuses"],
        ["POLICY_RISKY", "intake.followChanges"],
        ["POLICY_RISKY", "publishing.massZeroPercent"]
      ]
    )
  })

  it("sosV9 imports paid orders as receipts, creates items, pools kits and follows nothing", () => {
    assert.deepStrictEqual(sosV9, {
      availability: {
        countOpenSalesReceipts: false,
        countIncoming: false,
        incomingWithinDays: null,
        kitPooling: "pooled",
        assemblyShortfallDemand: false
      },
      matching: { normalisedTier: false, onNoMatch: "create" },
      intake: {
        transactionType: "salesReceipt",
        importStatuses: ["awaitingFulfilment"],
        holdStatuses: [],
        holdDays: 0,
        followChanges: false,
        expandKits: false,
        overrideDescription: false
      },
      publishing: { ...safe.publishing, massZeroPercent: 100 }
    })
  })
})

describe("contradictory settings are refused", () => {
  it.each([
    [
      "a minimum above the maximum",
      { publishing: { minimum: 5, maximum: 4 } },
      "publishing.minimum, publishing.maximum",
      "The minimum 5 is above the maximum 4.",
      "Lower the minimum or raise the maximum."
    ],
    [
      "a minimum above the maximum of what is scarce",
      {
        publishing: {
          maximum: 4,
          scarce: { below: 3, rule: { buffer: null, percentage: null, maximum: null, minimum: 5 } }
        }
      },
      "publishing.scarce",
      "For what is scarce, the minimum 5 is above the maximum 4.",
      "Give the rule for what is scarce a minimum or a maximum of its own."
    ],
    [
      "a status both to import and to hold",
      { intake: { holdStatuses: ["shipped", "awaitingPayment", "completed", "manualVerification"] } },
      "intake.importStatuses, intake.holdStatuses",
      "An order cannot be both imported and held back, but both are set for: shipped, completed.",
      "Leave each status in one of the two lists."
    ],
    [
      "holds that last no day",
      { intake: { holdDays: 0 } },
      "intake.holdDays, intake.holdStatuses",
      "Orders are to be held for 0 days, so that no hold ever begins.",
      "Let holds last at least a day, or hold no status."
    ],
    [
      "the import of what is not to be delivered",
      { intake: { importStatuses: ["declined", "cancelled", "pending", "incomplete", "shipped"] } },
      "intake.importStatuses",
      "These are not orders to be delivered, and are never imported: incomplete, pending, cancelled, declined.",
      "Take them out of the statuses to import."
    ],
    [
      "the hold of what is over",
      {
        intake: {
          importStatuses: ["awaitingFulfilment", "partiallyRefunded", "disputed"],
          holdStatuses: ["awaitingPayment", "manualVerification", "refunded", "declined", "cancelled"]
        }
      },
      "intake.holdStatuses",
      "Orders in these statuses are over and hold no stock: cancelled, declined, refunded.",
      "Take them out of the statuses to hold."
    ]
  ] as const)("%s", (_, changes, settings, message, remedy) => {
    assert.deepStrictEqual(told(changes), { refused: [[settings, message, remedy]], warnings: [] })
  })

  it("but not at their limits", () => {
    assert.deepStrictEqual(told({ publishing: { minimum: 4, maximum: 4 } }).refused, [])
    assert.deepStrictEqual(told({ intake: { holdDays: 0, holdStatuses: [] } }).refused, [])
    assert.deepStrictEqual(told({ intake: { holdDays: 1 } }).refused, [])
    const rule = { buffer: null, percentage: null, maximum: 0, minimum: null }
    assert.deepStrictEqual(told({ publishing: { scarce: { below: 3, rule } } }).refused, [])
    const crossed = told({ publishing: { minimum: 5, maximum: 4, scarce: { below: 3, rule } } })
    assert.deepStrictEqual(
      crossed.refused.map(([settings]) => settings),
      ["publishing.minimum, publishing.maximum"]
    )
  })
})

describe("risky settings are warned about", () => {
  it.each([
    [
      "receipts that count for nothing",
      { intake: { transactionType: "salesReceipt" }, availability: { countOpenSalesReceipts: false } },
      "intake.transactionType, availability.countOpenSalesReceipts",
      "Orders are imported as sales receipts while open sales receipts are not counted, so that everything sold is offered again until it is shipped.",
      "Count open sales receipts, or import sales orders."
    ],
    [
      "incoming goods",
      { availability: { countIncoming: true } },
      "availability.countIncoming",
      "Goods are sold before they have arrived, so that a late delivery oversells.",
      "Count incoming goods only where deliveries are very reliable."
    ],
    [
      "a date for incoming goods that are not counted",
      { availability: { incomingWithinDays: 7 } },
      "availability.incomingWithinDays, availability.countIncoming",
      "Incoming goods expected within 7 days are to count, while no incoming goods are counted, so that the days have no effect.",
      "Count incoming goods, or set no days."
    ],
    [
      "incoming goods, also those that are close",
      { availability: { countIncoming: true, incomingWithinDays: 0 } },
      "availability.countIncoming",
      "Goods are sold before they have arrived, so that a late delivery oversells.",
      "Count incoming goods only where deliveries are very reliable."
    ],
    [
      "no import at all",
      { intake: { importStatuses: [] } },
      "intake.importStatuses",
      "No status is set for import, so that no order is ever imported.",
      "Set at least the status of paid orders."
    ],
    [
      "unpaid orders that nobody sees",
      { intake: { holdStatuses: ["manualVerification"] } },
      "intake.holdStatuses, intake.importStatuses",
      "Orders in these statuses have lowered the shop's stock and are neither imported nor held, so that publishing gives it back: awaitingPayment.",
      "Hold these statuses."
    ],
    [
      "unpaid orders of every kind that nobody sees",
      { intake: { holdStatuses: [] } },
      "intake.holdStatuses, intake.importStatuses",
      "Orders in these statuses have lowered the shop's stock and are neither imported nor held, so that publishing gives it back: awaitingPayment, manualVerification.",
      "Hold these statuses."
    ],
    [
      "holds for checkouts",
      { intake: { holdStatuses: ["awaitingPayment", "manualVerification", "pending", "incomplete"] } },
      "intake.holdStatuses",
      "Stock is held for checkouts that nobody has finished: incomplete, pending.",
      "Hold only orders that have been placed."
    ],
    [
      "holds for checkouts that were never finished",
      { intake: { holdStatuses: ["awaitingPayment", "manualVerification", "incomplete"] } },
      "intake.holdStatuses",
      "Stock is held for checkouts that nobody has finished: incomplete.",
      "Hold only orders that have been placed."
    ],
    [
      "holds for checkouts that may still be finished",
      { intake: { holdStatuses: ["awaitingPayment", "manualVerification", "pending"] } },
      "intake.holdStatuses",
      "Stock is held for checkouts that nobody has finished: pending.",
      "Hold only orders that have been placed."
    ],
    [
      "changes that are not followed",
      { intake: { followChanges: false } },
      "intake.followChanges",
      "Later edits, cancellations and refunds are not followed, so that a cancelled order keeps its stock.",
      "Follow changes, or delete cancelled orders by hand."
    ],
    [
      "stock on hand",
      { publishing: { base: "onHand" } },
      "publishing.base",
      "Stock on hand is published, sold or not, so that what is sold and not yet shipped is offered again.",
      "Publish what is available."
    ],
    [
      "no percent",
      { publishing: { percentage: 0 } },
      "publishing.percentage",
      "A share of 0 % is published, so that every listing is out of stock.",
      "Raise the percentage, or switch the connection off."
    ],
    [
      "no more than nothing",
      { publishing: { maximum: 0 } },
      "publishing.maximum",
      "A maximum of 0 is published, so that every listing is out of stock.",
      "Raise the maximum, or switch the connection off."
    ],
    [
      "a minimum with backorders",
      { publishing: { allowBackorder: true, minimum: 3 } },
      "publishing.allowBackorder, publishing.minimum",
      "At least 3 of each listing is offered, whether there is any or not.",
      "Allow backorders only for what can be bought in time."
    ],
    [
      "no guard",
      { publishing: { massZeroPercent: 100 } },
      "publishing.massZeroPercent",
      "A first publication may take every listing to zero without anybody being asked.",
      "Set the share of listings that may go to zero unasked."
    ]
  ] as const)("%s", (_, changes, settings, message, remedy) => {
    assert.deepStrictEqual(told(changes), { refused: [], warnings: [[settings, message, remedy]] })
  })

  it("but not their harmless neighbours", () => {
    const quiet: ReadonlyArray<Changes> = [
      { intake: { transactionType: "salesReceipt" } },
      { availability: { countOpenSalesReceipts: false } },
      { intake: { transactionType: "autoDetect" }, availability: { countOpenSalesReceipts: false } },
      { publishing: { allowBackorder: true } },
      { publishing: { minimum: 3 } },
      { publishing: { percentage: 1, massZeroPercent: 99 } },
      { publishing: { maximum: 1 } },
      {
        intake: {
          importStatuses: [...safe.intake.importStatuses, "awaitingPayment"],
          holdStatuses: ["manualVerification"]
        }
      }
    ]
    for (const changes of quiet) assert.deepStrictEqual(told(changes), { refused: [], warnings: [] })
  })
})

describe("checking any policy", () => {
  it("names the connection where it is known", () => {
    const issues = SyncPolicy.check(sosV9, ConnectionId.make("shop")).warnings
    assert.isTrue(issues.every(({ about }) => about["connectionId"] === "shop"))
    assert.isTrue(SyncPolicy.check(sosV9).warnings.every(({ about }) => !("connectionId" in about)))
  })

  it("never fails, and gives policies that decode again", () => {
    const json = Schema.toCodecJson(SyncPolicy.SyncPolicy)
    fc.assert(
      fc.property(Listings.syncPolicy, (policy) => {
        const { refused, warnings } = SyncPolicy.check(policy)
        assert.isTrue(refused.every(({ code }) => code === "POLICY_CONTRADICTORY"))
        assert.isTrue(warnings.every(({ code }) => code === "POLICY_RISKY"))
        assert.deepStrictEqual(Schema.decodeUnknownSync(json)(Schema.encodeSync(json)(policy)), policy)
      })
    )
  })

  it.each([
    ["percentage", 101],
    ["percentage", -1],
    ["percentage", 50.5],
    ["massZeroPercent", 101],
    ["massZeroPercent", -1],
    ["buffer", -1],
    ["minimum", 1.5],
    ["maximum", -1],
    ["scarce", { below: 0, rule: { buffer: null, percentage: null, maximum: null, minimum: null } }],
    ["base", "incoming"]
  ])("refuses a %s of %s by name", (field, value) => {
    const policy = { ...safe, publishing: { ...safe.publishing, [field]: value } }
    assert.throws(
      () => Schema.decodeUnknownSync(SyncPolicy.SyncPolicy)(policy),
      new RegExp(`"publishing"\\]\\["${field}"`)
    )
  })

  it.each([-1, 3_651, 1.5, "7", undefined])("refuses to count incoming goods within %s days by name", (days) => {
    const policy = { ...safe, availability: { ...safe.availability, incomingWithinDays: days } }
    assert.throws(
      () => Schema.decodeUnknownSync(SyncPolicy.SyncPolicy)(policy),
      /"availability"\]\["incomingWithinDays"/
    )
  })

  it.each([0, 3_650, null])("lets incoming goods count within %s days", (days) => {
    const policy = safeBut({ availability: { incomingWithinDays: days } })
    assert.deepStrictEqual(Schema.decodeUnknownSync(SyncPolicy.SyncPolicy)(policy), policy)
  })

  it("reads a policy that was saved before incoming goods had dates as one for which no date matters", () => {
    fc.assert(
      fc.property(Listings.syncPolicy, (policy) => {
        const { availability, ...others } = Schema.encodeSync(SyncPolicy.SyncPolicy)(policy)
        const before = Struct.omit(availability, ["incomingWithinDays"])
        assert.deepStrictEqual(Schema.decodeUnknownSync(SyncPolicy.SyncPolicy)({ ...others, availability: before }), {
          ...policy,
          availability: { ...policy.availability, incomingWithinDays: null }
        })
      })
    )
  })
})
