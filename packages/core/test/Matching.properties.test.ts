import { assert, describe, it } from "@effect/vitest"
import * as Matching from "@stockport/core/decide/Matching"
import { keyOf } from "@stockport/core/domain/Issue"
import { isSellable } from "@stockport/core/domain/Item"
import type * as Link from "@stockport/core/domain/Link"
import type { Listing } from "@stockport/core/domain/Listing"
import * as Sku from "@stockport/core/domain/Sku"
import * as Text from "@stockport/core/domain/Text"
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
  if (Text.isBlank(listing.sku)) return ["unmatched", "skuBlank"]
  if (Sku.isDamaged(listing.sku)) return ["unmatched", "skuDamaged"]
  const items = [...input.items].filter(
    ({ kind, archived, sku }) => isSellable(kind) && !archived && !Text.isBlank(sku) && !Sku.isDamaged(sku)
  )
  const exact = items.filter(({ sku }) => sku === listing.sku)
  if (exact.length === 1) return ["linked", "exact", exact[0]!.id]
  if (exact.length > 1) return ["ambiguous", "skuAmbiguous", ...exact.map(({ id }) => id).sort()]
  const unknown = ["unmatched", ...nearMissOf(listing.sku, items, input)]
  if (!input.policy.normalisedTier) return unknown
  const form = Sku.normalise(listing.sku)
  const near = items.filter(({ sku }) => Sku.normalise(sku) === form)
  const rivals = [...input.listings].filter(
    ({ key, sku, shape }) =>
      Sku.normalise(sku) === form &&
      shape !== "parent" &&
      ![...input.exclusions].some((excluded) => excluded.key === key)
  )
  if (near.length === 0) return unknown
  if (near.length === 1 && rivals.length === 1) return ["linked", "normalised", near[0]!.id]
  return ["ambiguous", "skuAmbiguous", ...near.map(({ id }) => id).sort()]
}

const idsOf = (rows: ReadonlyArray<Matching.MatchableItem>) => rows.map(({ id }) => id).sort()

const nearMissOf = (
  sku: string,
  items: ReadonlyArray<Matching.MatchableItem>,
  input: Matching.MatchInput
): ReadonlyArray<string> => {
  const lookOf = Sku.lookIn(input.policy.normalisedTier)
  const alike = items.filter((item) => lookOf(item.sku) === lookOf(sku))
  if (alike.length > 0) return ["skuLooksLike", ...idsOf(alike)]
  const notSold = [...input.items].filter((item) => item.sku === sku && !items.includes(item))
  return notSold.length > 0 ? ["skuNotSold", ...idsOf(notSold)] : ["skuUnknown"]
}

const shuffled = <A>(rows: Iterable<A>) => {
  const all = [...rows]
  return fc.shuffledSubarray(all, { minLength: all.length })
}

/** The same catalogue, in which every link leads to what is sold. */
const sold = (input: Matching.MatchInput): Matching.MatchInput => {
  const items = [...input.items].filter(({ kind, archived }) => isSellable(kind) && !archived)
  const ids = new Set(items.map(({ id }) => id))
  return { ...input, links: [...input.links].filter(({ itemId }) => ids.has(itemId)) }
}

/** The same catalogue, in which besides nothing is gone and nothing has ended. */
const settled = (input: Matching.MatchInput): Matching.MatchInput => {
  const here = new Set([...input.listings].filter(({ shape }) => shape !== "parent").map(({ key }) => key))
  return {
    ...input,
    links: [...sold(input).links].filter(({ listing }) => here.has(listing.key)),
    exclusions: [...input.exclusions].filter(({ key }) => here.has(key)),
    ended: []
  }
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
  ],
  ended: [
    ...[...(input.ended ?? [])].filter(
      ({ link }) => !plan.linked.some(({ listing }) => listing.key === link.listing.key)
    ),
    ...plan.replaced.map(({ from }): Link.EndedLink => ({ link: from, settled: false, ending: "replaced" }))
  ],
  exclusions: [
    ...new Map(
      [...input.exclusions, ...plan.excluded]
        .filter(({ key }) => !plan.lifted.includes(key))
        .map((exclusion) => [exclusion.key, exclusion])
    ).values()
  ]
})

describe("matching, whatever the catalogue", { timeout: 60_000 }, () => {
  it("puts every listing into exactly one bucket, by the rules", () => {
    fc.assert(
      fc.property(Listings.matchInput.map(settled), (input) => {
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

  it("never links a blank SKU by itself, nor an item that is archived or not sold", () => {
    fc.assert(
      fc.property(Listings.matchInput, (input) => {
        const items = new Map([...input.items].map((item) => [item.id, item]))
        for (const { listing, itemId, tier } of Matching.plan(input).linked) {
          if (tier === "manual") continue
          const item = items.get(itemId)
          assert.isFalse(Sku.isBlank(listing.sku))
          assert.isTrue(item !== undefined && !Sku.isBlank(item.sku) && !item.archived && isSellable(item.kind))
        }
      }),
      { numRuns: 300 }
    )
  })

  it("changes nothing when it is applied and run again", () => {
    // A link to what is not sold moves to an item that has been created meanwhile: that takes two runs.
    const inputs = Listings.matchInput.map((input) => (input.policy.onNoMatch === "create" ? sold(input) : input))
    fc.assert(
      fc.property(inputs, (input) => {
        const first = Matching.plan(input)
        const second = Matching.plan(applied(input, first))
        const created = new Set(first.created.map((made) => made.link.listing.key))
        assert.deepStrictEqual([second.linked, second.refreshed, second.created], [[], [], []])
        assert.deepStrictEqual([second.moved, second.replaced, second.excluded, second.lifted], [[], [], [], []])
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

  it("forgets no link: kept, moved, replaced, orphaned or revoked", () => {
    fc.assert(
      fc.property(Listings.matchInput, (input) => {
        const { kept, moved, replaced, orphaned, revoked } = Matching.plan(input)
        const given = [...moved, ...replaced].map(({ from }) => from)
        const before = [...input.links].map((link) => `${link.listing.key} ${link.itemId}`).sort()
        const after = [...kept, ...given, ...orphaned, ...revoked]
          .map((link) => `${link.listing.key} ${link.itemId}`)
          .sort()
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
        const asked = plan.unmatched.filter(({ reason }) => reason === "madeAnew").length
        const expected = input.policy.onNoMatch === "ignore" ? asked : plan.unmatched.length - plan.created.length
        assert.strictEqual(waiting.length, expected + plan.ambiguous.length)
        assert.strictEqual(plan.issues.filter(({ code }) => code === "SKU_DRIFT").length, plan.drifted.length)
        assert.strictEqual(plan.issues.filter(({ code }) => code === "LISTING_ORPHANED").length, plan.orphaned.length)
      }),
      { numRuns: 300 }
    )
  })
})
