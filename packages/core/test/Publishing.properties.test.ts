import { assert, describe, it } from "@effect/vitest"
import * as Publishing from "@stockport/core/decide/Publishing"
import * as Quantity from "@stockport/core/domain/Quantity"
import * as Listings from "@stockport/testing/generators/Listings"
import * as fc from "fast-check"
import { published } from "./Catalogue.ts"

const approved = fc
  .tuple(Listings.publishInput, fc.boolean())
  .map(([input, isApproved]) => ({ ...input, approved: isApproved }))

/** What is published after a plan has been sent and accepted. */
const applied = (input: Publishing.PublishInput, plan: Publishing.PublishPlan): Publishing.PublishInput => ({
  ...input,
  lastPublished: published(...plan.updates.map((update) => ({ ...update, key: update.listing.key })))
})

/** What the rules start from: what is available, or what is on hand. */
const baseOf = (
  { connection, available }: Publishing.PublishInput,
  itemId: Publishing.PublishUpdate["itemId"]
): number => {
  const found = available(itemId)
  if (found === null || found._tag === "Unlimited") throw new Error(`${itemId} has no number`)
  if (found._tag === "Kit" || connection.policy.publishing.base === "available") return found.quantity
  return found.breakdown.find(({ term }) => term === "onHand")?.quantity ?? 0
}

const sum = (values: ReadonlyArray<number>) => values.reduce((total, value) => total + BigInt(value), 0n)

describe("publishing, whatever the stock and the rules", { timeout: 60_000 }, () => {
  it("tells every link's fate: numbers for its locations, or reasons for none", () => {
    fc.assert(
      fc.property(approved, (input) => {
        const { updates, left } = Publishing.plan(input)
        for (const { listing } of input.links) {
          const numbers = updates.filter((update) => update.listing.key === listing.key)
          const alone = left.filter((one) => one.listing.key === listing.key)
          assert.strictEqual(alone.length, numbers.length === 0 ? 1 : 0)
          assert.isTrue(alone.every(({ reasons }) => reasons.length > 0 && new Set(reasons).size === reasons.length))
          if (numbers.length > 0) assert.strictEqual(numbers.length, input.connection.publishTo.length)
        }
      }),
      { numRuns: 300 }
    )
  })

  it("sends whole numbers from zero to what the shop can show, and tells how they came about", () => {
    fc.assert(
      fc.property(approved, (input) => {
        for (const { quantity, steps } of Publishing.plan(input).updates) {
          assert.isTrue(Number.isSafeInteger(quantity) && quantity >= 0 && !Object.is(quantity, -0))
          assert.isAtMost(quantity, Math.min(input.quantityMax, Publishing.capMax))
          assert.strictEqual(steps.at(-1)?.quantity, quantity)
          assert.deepStrictEqual(
            steps.slice(0, 2).map(({ rule }) => rule),
            ["base", "pack"]
          )
        }
      }),
      { numRuns: 300 }
    )
  })

  it("never shows more over all locations than the pool, unless backorders are allowed", () => {
    fc.assert(
      fc.property(approved, (input) => {
        fc.pre(!input.connection.policy.publishing.allowBackorder)
        const shown = new Map<string, number>()
        for (const { listing, quantity } of Publishing.plan(input).updates) {
          shown.set(listing.key, (shown.get(listing.key) ?? 0) + quantity)
        }
        for (const { listing, itemId, unitsPerListing } of input.links) {
          const sum = shown.get(listing.key)
          if (sum === undefined) continue
          assert.isTrue(BigInt(sum) * BigInt(unitsPerListing) <= BigInt(Math.max(0, baseOf(input, itemId))))
        }
      }),
      { numRuns: 500 }
    )
  })

  it("never goes beyond a maximum, and keeps back the buffer", () => {
    fc.assert(
      fc.property(Listings.publishingPolicy, fc.nat(100), (policy, units) => {
        const { scarce: _, ...plain } = policy
        const formula = { policy: { ...plain, minimum: 0 }, unitsPerListing: Quantity.one }
        const { quantity } = Publishing.numberFrom(Quantity.of(units), formula)
        assert.isAtMost(quantity, policy.maximum ?? quantity)
        assert.isAtMost(quantity, Math.max(0, units - policy.buffer))
      })
    )
  })

  it("has nothing left to send once its plan is applied, whatever was approved", () => {
    fc.assert(
      fc.property(approved, (input) => {
        const first = Publishing.plan(input)
        const second = Publishing.plan(applied(input, first))
        const sent = new Set(first.updates.map(({ listing }) => listing.key))
        assert.deepStrictEqual(
          second.updates.filter(({ listing }) => sent.has(listing.key)),
          []
        )
        for (const { listing, reasons } of second.left) {
          if (sent.has(listing.key)) assert.include(["UNCHANGED", "ARCHIVED"], reasons[0])
        }
        if (input.approved) assert.deepStrictEqual(second.updates, [])
      }),
      { numRuns: 300 }
    )
  })

  it("sends everything again when forced, but what is archived", () => {
    fc.assert(
      fc.property(Listings.publishInput, (given) => {
        const input = { ...given, approved: true }
        const first = Publishing.plan(input)
        const again = Publishing.plan({ ...applied(input, first), force: true })
        assert.deepStrictEqual(
          again.updates.map(({ listing, quantity }) => [listing.key, quantity]),
          first.updates
            .filter(({ itemId }) => input.items(itemId)?.archived === false)
            .map(({ listing, quantity }) => [listing.key, quantity])
        )
      }),
      { numRuns: 300 }
    )
  })

  it("shares out everything that there is and that is wanted, and to nobody more than is wanted", () => {
    const sizes = fc.oneof(fc.nat(20), fc.nat(Publishing.capMax), fc.maxSafeInteger().map(Math.abs))
    fc.assert(
      fc.property(sizes, fc.array(sizes, { minLength: 1, maxLength: 5 }), (quantity, wants) => {
        const parts = Publishing.allocate(quantity, wants)
        const wanted = sum(wants)
        assert.strictEqual(parts.length, wants.length)
        assert.strictEqual(sum(parts), wanted < BigInt(quantity) ? wanted : BigInt(quantity))
        parts.forEach((part, place) => {
          assert.isTrue(part >= 0 && part <= wants[place]!)
          const exact = (BigInt(wants[place]!) * BigInt(quantity)) / (wanted === 0n ? 1n : wanted)
          if (wanted > BigInt(quantity)) assert.isTrue(BigInt(part) >= exact && BigInt(part) <= exact + 1n)
        })
      }),
      { numRuns: 500 }
    )
  })
})
