import { assert, describe, it } from "@effect/vitest"
import * as Matching from "@stockport/core/decide/Matching"
import { keyOf } from "@stockport/core/domain/Issue"
import { isSellable } from "@stockport/core/domain/Item"
import type { Listing } from "@stockport/core/domain/Listing"
import * as Sku from "@stockport/core/domain/Sku"
import * as Listings from "@stockport/testing/generators/Listings"
import * as fc from "fast-check"

const buckets = ["linked", "kept", "ambiguous", "unmatched", "ignored"] as const

/** Where the plan has put each listing, and which items it names there. */
const outcomes = (plan: Matching.MatchPlan) => {
  const found = new Map<string, ReadonlyArray<unknown>>()
  for (const bucket of buckets) {
    for (const row of plan[bucket]) {
      assert.isFalse(found.has(row.listing.key), `${row.listing.key} is in two buckets`)
      const detail = "itemId" in row ? [row.tier, row.itemId] : [row.reason, ...row.candidates]
      found.set(row.listing.key, [bucket, ...detail])
    }
  }
  return found
}

/** The rules once more, listing by listing, without any index. */
const outcomeOf = (listing: Listing, input: Matching.MatchInput): ReadonlyArray<unknown> => {
  const known = [...input.links].find((link) => link.listing.key === listing.key)
  if (listing.shape === "parent") return ["ignored", "parent"]
  if ([...input.exclusions].some(({ key }) => key === listing.key)) return ["ignored", "excluded"]
  if (known !== undefined) return ["kept", known.tier, known.itemId]
  if (listing.sku.trim() === "") return ["unmatched", "skuBlank"]
  const items = [...input.items].filter(({ kind, archived, sku }) => isSellable(kind) && !archived && sku.trim() !== "")
  const exact = items.filter(({ sku }) => sku === listing.sku)
  if (exact.length === 1) return ["linked", "exact", exact[0]!.id]
  if (exact.length > 1) return ["ambiguous", "skuAmbiguous", ...exact.map(({ id }) => id).sort()]
  if (!input.policy.normalisedTier) return ["unmatched", "skuUnknown"]
  const form = Sku.normalise(listing.sku)
  const near = items.filter(({ sku }) => Sku.normalise(sku) === form)
  const rivals = [...input.listings].filter(
    ({ key, sku, shape }) =>
      Sku.normalise(sku) === form &&
      shape !== "parent" &&
      ![...input.exclusions].some((excluded) => excluded.key === key)
  )
  if (near.length === 0) return ["unmatched", "skuUnknown"]
  if (near.length === 1 && rivals.length === 1) return ["linked", "normalised", near[0]!.id]
  return ["ambiguous", "skuAmbiguous", ...near.map(({ id }) => id).sort()]
}

const shuffled = <A>(rows: Iterable<A>) => {
  const all = [...rows]
  return fc.shuffledSubarray(all, { minLength: all.length })
}

/** What is known after a plan has been written. */
const applied = (input: Matching.MatchInput, plan: Matching.MatchPlan): Matching.MatchInput => ({
  ...input,
  items: [...input.items, ...new Map(plan.created.map(({ item }) => [item.id, item])).values()],
  links: [
    ...plan.linked,
    ...plan.kept,
    ...plan.orphaned,
    ...plan.revoked,
    ...plan.created.map((created) => created.link)
  ]
})

describe("matching, whatever the catalogue", { timeout: 60_000 }, () => {
  it("puts every listing into exactly one bucket, by the rules", () => {
    fc.assert(
      fc.property(Listings.matchInput, (input) => {
        const found = outcomes(Matching.plan(input))
        for (const listing of input.listings) {
          assert.deepStrictEqual(found.get(listing.key), outcomeOf(listing, input), listing.key)
        }
        assert.strictEqual(found.size, [...input.listings].length)
      }),
      { numRuns: 500 }
    )
  })

  it("gives the same plan whatever the order of its inputs, also when a row comes twice", () => {
    const twoWays = Listings.matchInput.chain((input) =>
      fc
        .record({
          listings: shuffled([...input.listings, ...input.listings]),
          items: shuffled(input.items),
          links: shuffled(input.links),
          exclusions: shuffled(input.exclusions)
        })
        .map((other) => ({ input, other: { ...input, ...other } }))
    )
    fc.assert(
      fc.property(twoWays, ({ input, other }) => {
        assert.deepStrictEqual(Matching.plan(other), Matching.plan(input))
      }),
      { numRuns: 300 }
    )
  })

  it("never links a blank SKU, nor an item that is archived or not sold", () => {
    fc.assert(
      fc.property(Listings.matchInput, (input) => {
        const items = new Map([...input.items].map((item) => [item.id, item]))
        for (const { listing, itemId } of Matching.plan(input).linked) {
          const item = items.get(itemId)
          assert.isFalse(Sku.isBlank(listing.sku))
          assert.isTrue(item !== undefined && !Sku.isBlank(item.sku) && !item.archived && isSellable(item.kind))
        }
      }),
      { numRuns: 300 }
    )
  })

  it("changes nothing when it is applied and run again", () => {
    fc.assert(
      fc.property(Listings.matchInput, (input) => {
        const first = Matching.plan(input)
        const second = Matching.plan(applied(input, first))
        const created = new Set(first.created.map((made) => made.link.listing.key))
        assert.deepStrictEqual([second.linked, second.refreshed, second.created], [[], [], []])
        assert.deepStrictEqual(second.drifted, first.drifted)
        assert.deepStrictEqual(second.ambiguous, first.ambiguous)
        assert.deepStrictEqual(second.orphaned, first.orphaned)
        assert.deepStrictEqual(second.revoked, first.revoked)
        assert.deepStrictEqual(
          second.unmatched,
          first.unmatched.filter(({ listing }) => !created.has(listing.key))
        )
        assert.strictEqual(second.kept.length, first.linked.length + first.kept.length + first.created.length)
      }),
      { numRuns: 300 }
    )
  })

  it("keeps every link: kept, orphaned or revoked", () => {
    fc.assert(
      fc.property(Listings.matchInput, (input) => {
        const { kept, orphaned, revoked } = Matching.plan(input)
        const before = [...input.links].map((link) => `${link.listing.key} ${link.itemId}`).sort()
        const after = [...kept, ...orphaned, ...revoked].map((link) => `${link.listing.key} ${link.itemId}`).sort()
        assert.deepStrictEqual(after, before)
      }),
      { numRuns: 300 }
    )
  })

  it("raises no issue twice, and one for every listing that waits for a person", () => {
    fc.assert(
      fc.property(Listings.matchInput, (input) => {
        const plan = Matching.plan(input)
        const keys = plan.issues.map(keyOf)
        assert.strictEqual(new Set(keys).size, keys.length)
        const waiting = plan.issues.filter(({ code }) => code === "LISTING_UNMATCHED" || code === "SKU_AMBIGUOUS")
        const expected = input.policy.onNoMatch === "ignore" ? 0 : plan.unmatched.length - plan.created.length
        assert.strictEqual(waiting.length, expected + plan.ambiguous.length)
        assert.strictEqual(plan.issues.filter(({ code }) => code === "SKU_DRIFT").length, plan.drifted.length)
        assert.strictEqual(plan.issues.filter(({ code }) => code === "LISTING_ORPHANED").length, plan.orphaned.length)
      }),
      { numRuns: 300 }
    )
  })
})
