import { assert, describe, it } from "@effect/vitest"
import { sosV9 } from "@stockport/core/domain/SyncPolicy"
import * as Quantity from "@stockport/core/domain/Quantity"
import {
  candidatesOf,
  codesOf,
  item,
  keysOf,
  link,
  linksOf,
  listing,
  match,
  numbersOf,
  parent,
  publish,
  stocked
} from "../Catalogue.ts"

const items = [
  item("I1", "ABC-1"),
  item("I2", "abc-2"),
  item("I3", "DUP"),
  item("I4", "DUP"),
  item("I5", ""),
  item("I6", "123")
]

describe("worked cases of matching", () => {
  it("N21 an exact SKU links in both profiles", () => {
    for (const policy of [sosV9.matching, undefined]) {
      const plan = match({ items, listings: [listing("1/1", "ABC-1")], ...(policy === undefined ? {} : { policy }) })
      assert.deepStrictEqual(linksOf(plan.linked), [["1/1", "I1", "exact"]])
    }
  })

  it("N21 a SKU that differs by case and a trailing space links in the second tier, which V9 does not have", () => {
    const listings = [listing("1/1", "ABC-2 ")]
    assert.deepStrictEqual(linksOf(match({ items, listings }).linked), [["1/1", "I2", "normalised"]])
    assert.deepStrictEqual(match({ items, listings, policy: sosV9.matching }).linked, [])
  })

  it("N21 a SKU that two items have links neither and names both", () => {
    const plan = match({ items, listings: [listing("1/1", "DUP")] })
    assert.deepStrictEqual(plan.linked, [])
    assert.deepStrictEqual(candidatesOf(plan), [["1/1", ["I3", "I4"]]])
    assert.deepStrictEqual(codesOf(plan), ["SKU_AMBIGUOUS"])
  })

  it("N21 a blank SKU matches nothing in either profile, not even a blank item, and creates nothing", () => {
    for (const policy of [sosV9.matching, { normalisedTier: true, onNoMatch: "hold" as const }]) {
      const plan = match({ items, listings: [listing("1/1", ""), listing("2/1", "  ")], policy })
      assert.deepStrictEqual(plan.linked, [])
      assert.deepStrictEqual(plan.created, [])
      assert.deepStrictEqual(
        plan.unmatched.map(({ reason }) => reason),
        ["skuBlank", "skuBlank"]
      )
    }
  })

  it("N21 0123 is not 123: V9 makes an item of it, the safe profile waits for a person", () => {
    const listings = [listing("1/1", "0123")]
    const held = match({ items, listings })
    assert.deepStrictEqual([held.linked, held.created], [[], []])
    assert.deepStrictEqual(codesOf(held), ["LISTING_UNMATCHED"])
    const created = match({ items, listings, policy: sosV9.matching }).created
    assert.deepStrictEqual(
      created.map(({ item: { sku } }) => sku),
      ["0123"]
    )
  })

  it("N21 a created item publishes nothing until a person says so", () => {
    const plan = match({ items, listings: [listing("1/1", "NEW-9")], policy: sosV9.matching })
    assert.deepStrictEqual(
      plan.created.map((created) => [created.item.id, created.link.itemId, created.link.publishing]),
      [["sku:NEW-9", "sku:NEW-9", false]]
    )
  })

  it("N21 a second listing of the same SKU links to the same item and says that they share it", () => {
    const plan = match({ items, listings: [listing("1/1", "ABC-1"), listing("2/1", "ABC-1")] })
    assert.deepStrictEqual(linksOf(plan.linked), [
      ["1/1", "I1", "exact"],
      ["2/1", "I1", "exact"]
    ])
    assert.deepStrictEqual(codesOf(plan), ["LISTING_SHARES_ITEM"])
  })

  it("N21 a parent is ignored and its variants are linked by their own SKUs", () => {
    const plan = match({
      items: [...items, item("S", "ABC-1-S"), item("L", "ABC-1-L")],
      listings: [parent("1", "ABC-1"), listing("1/1", "ABC-1-S"), listing("1/2", "ABC-1-L")]
    })
    assert.deepStrictEqual(linksOf(plan.linked), [
      ["1/1", "S", "exact"],
      ["1/2", "L", "exact"]
    ])
    assert.deepStrictEqual(keysOf(plan.ignored), ["1"])
    assert.deepStrictEqual(codesOf(plan), [])
  })

  it("N42 a product made anew in the shop keeps the pack of 30: 3 of 100 are published, not 100", () => {
    const pack = link(listing("1/1", "MUG"), "MUG", { tier: "manual", unitsPerListing: Quantity.of(30) })
    const plan = match({ items: [item("MUG", "MUG")], listings: [listing("2/7", "MUG")], links: [pack] })
    const published = publish({ links: plan.linked, available: (id) => stocked(id, 100) })
    assert.deepStrictEqual(numbersOf(published), [["2/7", "online", 3]])
  })
})
