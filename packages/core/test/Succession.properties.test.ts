import { assert, describe, it } from "@effect/vitest"
import * as Succession from "@stockport/core/decide/Succession"
import type { ItemId } from "@stockport/core/domain/ItemId"
import * as Link from "@stockport/core/domain/Link"
import { itemIdOf } from "@stockport/testing/generators/Stock"
import * as Listings from "@stockport/testing/generators/Listings"
import * as fc from "fast-check"
import { exclusion, listing } from "./Catalogue.ts"

const itemId = fc.nat(2).map(itemIdOf)

/** The link of a listing that is gone, by its number. */
const goneLink = (number: number) => itemId.chain((id) => Listings.link(listing(`1/${number}`, "A"), id))

const someOf = <A>(each: (number: number) => fc.Arbitrary<A>, countMax: number): fc.Arbitrary<ReadonlyArray<A>> =>
  fc
    .integer({ min: 0, max: countMax })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, at) => each(at))))

const excluded = (number: number) => fc.constant(exclusion(`2/${number}`))

const gone: fc.Arbitrary<Succession.Gone> = fc.record({
  links: someOf(goneLink, 3),
  exclusions: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: someOf(excluded, 2) }),
  removed: someOf(goneLink, 1),
  isUncertain: fc.nat(5).map((chance) => chance === 5)
})

/** What the SKU leads to. Items that are not sold fit nothing. */
const prospect = (sold: ReadonlySet<ItemId>): fc.Arbitrary<Succession.Prospect> =>
  fc
    .record({
      fits: fc.subarray([...sold], { maxLength: Math.min(2, sold.size) }),
      isDoubtful: fc.boolean(),
      isSold: fc.constant((id: ItemId) => sold.has(id))
    })
    .map((each) => ({ ...each, isDoubtful: each.fits.length > 1 || (each.fits.length === 1 && each.isDoubtful) }))

const soldItems = fc.subarray([0, 1, 2].map(itemIdOf)).map((ids) => new Set(ids))

const prospects = soldItems.chain((sold) => fc.array(prospect(sold), { minLength: 1, maxLength: 3 }))

const leadsTo = (id: ItemId): Succession.Prospect => ({ fits: [id], isDoubtful: false, isSold: () => true })

/** What a person can decide about a link, and nothing else of it. */
const decisionOf = ({ itemId, tier, unitsPerListing, publishing, rule }: Link.Link) =>
  JSON.stringify([
    itemId,
    tier === "manual",
    unitsPerListing,
    publishing,
    [rule.buffer, rule.percentage, rule.maximum, rule.minimum, rule.fixed ?? null]
  ])

const without = (changes: Partial<Succession.Gone>): Succession.Gone => ({
  links: [],
  exclusions: [],
  removed: [],
  isUncertain: false,
  ...changes
})

describe("what follows a listing that is gone, whatever was decided about it", { timeout: 60_000 }, () => {
  it("takes over from the only predecessor of its SKU and item, with everything that was decided", () => {
    fc.assert(
      fc.property(goneLink(1), (from) => {
        const found = Succession.decide([leadsTo(from.itemId)], without({ links: [from] }))
        assert.deepStrictEqual(found, [{ _tag: "TakesOver", from, itemId: from.itemId }])
      })
    )
  })

  it("waits, naming both, where two predecessors were decided differently", () => {
    const differing = fc
      .tuple(goneLink(1), goneLink(2))
      .filter(
        ([one, other]) =>
          decisionOf(one) !== decisionOf(other) && !(Succession.isPlain(one) && Succession.isPlain(other))
      )
    fc.assert(
      fc.property(differing, itemId, (links, id) => {
        const [found] = Succession.decide([leadsTo(id)], without({ links }))
        assert.deepStrictEqual(found, {
          _tag: "Waits",
          of: links.map((each) => each.listing.key),
          itemIds: [...new Set(links.map((each) => each.itemId))].sort()
        })
      })
    )
  })

  it("waits where its SKU leads to another item than a person's decision, both being sold", () => {
    fc.assert(
      fc.property(
        goneLink(1).filter((link) => !Succession.isPlain(link)),
        itemId,
        (from, id) => {
          fc.pre(id !== from.itemId)
          const [found] = Succession.decide([leadsTo(id)], without({ links: [from] }))
          assert.deepStrictEqual(found, { _tag: "Waits", of: [from.listing.key], itemIds: [from.itemId] })
        }
      )
    )
  })

  it("is matched like any other only where nothing is lost by it, or its own doubt is told anyway", () => {
    fc.assert(
      fc.property(prospects, gone, (listings, past) => {
        const isNothingLost = past.exclusions.length === 0 && past.links.every(Succession.isPlain)
        Succession.decide(listings, past).forEach((found, at) => {
          const { fits, isDoubtful } = listings[at]!
          assert.isTrue(found !== null || isNothingLost || isDoubtful || fits.length === 0)
        })
      }),
      { numRuns: 2_000 }
    )
  })

  it("takes over only what is agreed on, for certain and by enough, and only to an item that the SKU allows", () => {
    fc.assert(
      fc.property(prospects, gone, (listings, past) => {
        Succession.decide(listings, past).forEach((found, at) => {
          if (found?._tag !== "TakesOver") return
          const { fits, isDoubtful, isSold } = listings[at]!
          const { from, itemId } = found
          assert.strictEqual(past.links[at], from, "each predecessor is followed by one listing, in their order")
          assert.isTrue(past.exclusions.length === 0 && !past.isUncertain)
          if (!past.links.every(Succession.isPlain)) {
            assert.strictEqual(new Set(past.links.map(decisionOf)).size, 1)
            assert.isAtMost(listings.length, past.links.length)
          }
          if (from.tier === "manual") {
            assert.strictEqual(itemId, from.itemId)
            assert.isTrue(fits.length === 0 || fits.includes(itemId))
          } else {
            assert.deepStrictEqual([fits, isDoubtful], [[itemId], false])
            assert.isTrue(itemId === from.itemId || !isSold(from.itemId))
          }
        })
      }),
      { numRuns: 2_000 }
    )
  })

  it("stays excluded exactly where only exclusions are gone, and enough of them; each moves once", () => {
    fc.assert(
      fc.property(prospects, gone, (listings, past) => {
        const isClear = past.links.length === 0 && !past.isUncertain && past.exclusions.length >= listings.length
        const found = Succession.decide(listings, past)
        assert.deepStrictEqual(
          found.flatMap((each) => (each?._tag === "Excluded" ? [each.from] : [])),
          isClear ? past.exclusions.slice(0, listings.length) : []
        )
      }),
      { numRuns: 1_000 }
    )
  })

  it("waits for a person about all that is gone, never about a part of it", () => {
    fc.assert(
      fc.property(prospects, gone, (listings, past) => {
        for (const found of Succession.decide(listings, past)) {
          if (found?._tag !== "Waits") continue
          assert.deepStrictEqual(found.of, [
            ...past.links.map((each) => each.listing.key),
            ...past.exclusions.map(({ key }) => key)
          ])
        }
      }),
      { numRuns: 1_000 }
    )
  })

  it("is kept from exactly the item from which a person has removed it", () => {
    fc.assert(
      fc.property(prospects, goneLink(1), (listings, from) => {
        const found = Succession.decide(listings, without({ removed: [from] }))
        const expected = listings.map(({ fits, isDoubtful }): Succession.Succession =>
          !isDoubtful && fits.length === 1 && fits[0] === from.itemId ? { _tag: "Unlinked", from } : null
        )
        assert.deepStrictEqual(found, expected)
        const own = listings.map((each) => Succession.decideOwn({ link: from, settled: true, ending: "removed" }, each))
        assert.deepStrictEqual(own, expected)
      }),
      { numRuns: 500 }
    )
  })
})

describe("a listing whose own link has ended", { timeout: 60_000 }, () => {
  it("comes back as it was when it was excluded, if its SKU still leads there; never as another one", () => {
    fc.assert(
      fc.property(goneLink(1), (link) => {
        const ended: Link.EndedLink = { link, settled: true, ending: "excluded" }
        const { itemId } = link
        assert.deepStrictEqual(Succession.decideOwn(ended, leadsTo(itemId)), { _tag: "TakesOver", from: link, itemId })
        assert.isNull(Succession.decideOwn(ended, leadsTo(itemIdOf(9))))
      })
    )
  })

  it("owes nothing to a link that has moved on", () => {
    fc.assert(
      fc.property(goneLink(1), itemId, (link, id) => {
        assert.isNull(Succession.decideOwn({ link, settled: true, ending: "replaced" }, leadsTo(id)))
      })
    )
  })
})

describe("a link that says nothing of its own", { timeout: 60_000 }, () => {
  it("is one that matching by SKU would make the same", () => {
    fc.assert(
      fc.property(goneLink(1), (link) => {
        const { connectionId, listing, itemId, tier } = link
        const asMatched = Link.make({ connectionId, listing, itemId, tier })
        const isAsMatched = tier !== "manual" && decisionOf(link) === decisionOf(asMatched)
        assert.strictEqual(Succession.isPlain(link), isAsMatched)
      }),
      { numRuns: 1_000 }
    )
  })
})
