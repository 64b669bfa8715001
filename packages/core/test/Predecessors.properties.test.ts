import { assert, describe, it } from "@effect/vitest"
import * as MatchIndex from "@stockport/core/decide/MatchIndex"
import * as Predecessors from "@stockport/core/decide/Predecessors"
import * as Succession from "@stockport/core/decide/Succession"
import type * as Link from "@stockport/core/domain/Link"
import { type Listing, type ListingKey, ProductId, VariantId } from "@stockport/core/domain/Listing"
import * as Sku from "@stockport/core/domain/Sku"
import * as Listings from "@stockport/testing/generators/Listings"
import { itemIdOf } from "@stockport/testing/generators/Stock"
import * as fc from "fast-check"
import { exclusion, item, listing } from "./Catalogue.ts"

type Policy = Parameters<typeof Predecessors.successions>[3]

interface Past extends Predecessors.Catalogue {
  readonly items: ReadonlyArray<MatchIndex.MatchableItem>
  readonly policy: Policy
}

/** The row under which the shop had a listing before it was deleted and made anew. */
const before = (row: Listing): Listing =>
  listing(`${row.productId}000/${row.variantId ?? "0"}000`, row.sku, {
    productId: ProductId.make(`${row.productId}000`),
    variantId: VariantId.make(`${row.variantId ?? "0"}000`)
  })

const byKey = (links: ReadonlyArray<Link.Link>) => new Map(links.map((link) => [link.listing.key, link]))

const byOwnKey = (rows: ReadonlyArray<Link.Exclusion>) => new Map(rows.map((row) => [row.key, row]))

const nothingUnseen = Predecessors.unseen([])

/** Catalogues of which parts were made anew, and what was decided about rows that are gone or still there. */
const past: fc.Arbitrary<Past> = fc
  .record({ listings: Listings.catalogue(5), items: Listings.matchableItems(5), policy: Listings.matchingPolicy })
  .chain(({ listings, items, policy }) => {
    const sold = listings.filter(({ shape }) => shape !== "parent")
    const rows = [...sold.map(before), ...sold]
    const linkTo = (row: Listing) => fc.nat(items.length).chain((at) => Listings.link(row, itemIdOf(at)))
    const some = <A>(each: (row: Listing) => fc.Arbitrary<A>, countMax: number) =>
      fc.subarray(rows, { maxLength: Math.min(countMax, rows.length) }).chain((chosen) => fc.tuple(...chosen.map(each)))
    return fc.record({
      listings: fc.constant(listings),
      items: fc.constant(items),
      policy: fc.constant(policy),
      links: some(linkTo, 4).map(byKey),
      exclusions: some((row) => fc.constant({ ...exclusion(row.key), sku: row.sku }), 2).map(byOwnKey),
      ended: some((row) => linkTo(row).map((link): Link.EndedLink => ({ link, settled: true, ending: "removed" })), 1),
      unseen: fc.constant(nothingUnseen)
    })
  })

/** What is found, with the verdicts before and after. */
const follow = (input: Past) => {
  const { items, links, listings, exclusions, ended, policy } = input
  const index = MatchIndex.indexItems(
    items,
    links.values(),
    ended.map(({ link }) => link)
  )
  const verdicts = MatchIndex.judge(listings, links, new Set(), exclusions, index)
  const excluded = Predecessors.excludedAnew(input, index, verdicts, policy)
  if (policy.normalisedTier) MatchIndex.judgeNormalised(listings, verdicts, index)
  const judged = verdicts.slice()
  const found = Predecessors.successions(input, index, verdicts, policy, excluded)
  return { found, judged, verdicts, index }
}

const none = (changes: Partial<Past>): Past => ({
  listings: [],
  items: [],
  policy: { normalisedTier: true, onNoMatch: "hold" },
  links: new Map(),
  exclusions: new Map(),
  ended: [],
  unseen: nothingUnseen,
  ...changes
})

const isHere = ({ listings }: Past, key: ListingKey) =>
  listings.some((row) => row.key === key && row.shape !== "parent")

/** A listing made anew, under its SKU, with the item and the link that it had. */
const remade = fc.tuple(Listings.visibleSku, fc.boolean()).chain(([sku, normalisedTier]) =>
  Listings.link(listing("1/1", sku), itemIdOf(0)).map((link) => ({
    link,
    input: none({
      listings: [listing("2/2", sku)],
      items: [item(itemIdOf(0), sku)],
      links: byKey([link]),
      policy: { normalisedTier, onNoMatch: "hold" }
    })
  }))
)

describe("who follows whom, whatever the catalogue", { timeout: 60_000 }, () => {
  it("lets a listing made anew take over from the only one of its SKU and item that is gone", () => {
    fc.assert(
      fc.property(remade, ({ link, input }) => {
        const { found, verdicts } = follow(input)
        assert.deepStrictEqual([...found], [[0, { _tag: "TakesOver", from: link, itemId: link.itemId }]])
        assert.strictEqual(verdicts[0], 0)
      })
    )
  })

  it("lets it wait where another one of its SKU that is gone was decided differently", () => {
    fc.assert(
      fc.property(remade, ({ link, input }) => {
        const other: Link.Link = { ...link, listing: listing("1/2", link.listing.sku), publishing: !link.publishing }
        const { found, verdicts } = follow({ ...input, links: byKey([link, other]) })
        assert.deepStrictEqual([found.get(0)?._tag, verdicts[0]], ["Waits", MatchIndex.waiting])
      })
    )
  })

  it("follows nothing that is still there, or that may be a row that could not be read", () => {
    fc.assert(
      fc.property(remade, fc.constantFrom("1/1", "1"), ({ link, input }, id) => {
        const here = { ...input, listings: [link.listing, ...input.listings] }
        const mayBeHere = { ...input, unseen: Predecessors.unseen([{ id }]) }
        assert.deepStrictEqual([...follow(here).found.keys(), ...follow(mayBeHere).found.keys()], [])
      })
    )
  })

  it("finds nothing, and changes no verdict, where nothing is gone and nothing has ended", () => {
    fc.assert(
      fc.property(past, (input) => {
        const links = new Map([...input.links].filter(([key]) => isHere(input, key)))
        const exclusions = new Map([...input.exclusions].filter(([key]) => isHere(input, key)))
        const { found, judged, verdicts } = follow({ ...input, links, exclusions, ended: [] })
        assert.deepStrictEqual([found.size, verdicts], [0, judged])
      }),
      { numRuns: 300 }
    )
  })

  it("names only what is gone, or ended on the listing itself, under the same SKU; and each of it once", () => {
    fc.assert(
      fc.property(past, (input) => {
        const formOf = input.policy.normalisedTier ? Sku.normalise : (sku: string) => sku
        const followed: Array<ListingKey> = []
        for (const [row, succession] of follow(input).found) {
          const { key, sku } = input.listings[row]!
          if (succession._tag === "Waits") {
            for (const of of succession.of) assert.isFalse(isHere(input, of))
            continue
          }
          const { from } = succession
          const [fromKey, fromSku] =
            "listing" in from ? [from.listing.key, from.listing.sku] : [from.key, from.sku ?? ""]
          assert.strictEqual(formOf(fromSku), formOf(sku))
          assert.isTrue(fromKey === key || !isHere(input, fromKey))
          if (succession._tag !== "Unlinked") followed.push(fromKey)
        }
        assert.strictEqual(new Set(followed).size, followed.length)
      }),
      { numRuns: 1_000 }
    )
  })

  it("says in the verdicts what it has found, and leaves all others alone", () => {
    fc.assert(
      fc.property(past, (input) => {
        const { found, judged, verdicts, index } = follow(input)
        verdicts.forEach((verdict, row) => {
          const succession = found.get(row)
          if (succession === undefined) assert.strictEqual(verdict, judged[row])
          else if (succession._tag === "TakesOver") assert.strictEqual(index.items[verdict]?.id, succession.itemId)
          else if (succession._tag === "Excluded") assert.strictEqual(verdict, MatchIndex.excludedByPerson)
          else assert.strictEqual(verdict, MatchIndex.waiting)
        })
      }),
      { numRuns: 1_000 }
    )
  })

  it("lets no listing be linked as if nothing had been decided about its SKU", () => {
    fc.assert(
      fc.property(past, (input) => {
        const { found, verdicts } = follow(input)
        verdicts.forEach((verdict, row) => {
          const { key, sku } = input.listings[row]!
          if (verdict < 0 || found.has(row) || input.links.has(key)) return
          for (const link of input.links.values()) {
            if (link.listing.sku !== sku || isHere(input, link.listing.key)) continue
            assert.isTrue(Succession.isPlain(link), `${key} forgets what was decided about ${link.listing.key}`)
          }
          for (const other of input.exclusions.values()) {
            assert.isFalse(
              other.sku === sku && !isHere(input, other.key),
              `${key} forgets the exclusion of ${other.key}`
            )
          }
        })
      }),
      { numRuns: 1_000 }
    )
  })

  it("does not depend on the order of what is known", () => {
    fc.assert(
      fc.property(past, (input) => {
        const turned = {
          ...input,
          links: new Map([...input.links].toReversed()),
          exclusions: new Map([...input.exclusions].toReversed())
        }
        assert.deepStrictEqual(new Map(follow(turned).found), new Map(follow(input).found))
      }),
      { numRuns: 500 }
    )
  })
})
