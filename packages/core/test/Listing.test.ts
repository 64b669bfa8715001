import { assert, describe, it } from "@effect/vitest"
import * as Link from "@stockport/core/domain/Link"
import * as Listing from "@stockport/core/domain/Listing"
import { inOrderOfKey } from "@stockport/core/domain/ListingOrder"
import { ruleInForce } from "@stockport/core/domain/PublishRule"
import * as Quantity from "@stockport/core/domain/Quantity"
import { safe } from "@stockport/core/domain/SyncPolicy"
import * as Listings from "@stockport/testing/generators/Listings"
import { Schema } from "effect"
import * as fc from "fast-check"
import { item, listing, shop } from "./Catalogue.ts"

const keys = (...texts: ReadonlyArray<string>) => texts.map((text) => Listing.ListingKey.make(text))

const hasRepeats = (...texts: ReadonlyArray<string>): boolean => inOrderOfKey(keys(...texts), (key) => key).hasRepeats

const inOrder = (...texts: ReadonlyArray<string>): ReadonlyArray<string> =>
  inOrderOfKey(keys(...texts), (key) => key).rows

describe("a listing", () => {
  it("is identified by its product, and by its variant where it has one", () => {
    const product = Listing.ProductId.make("12")
    assert.strictEqual(Listing.keyOf(product, null), "12")
    assert.strictEqual(Listing.keyOf(product, Listing.VariantId.make("34")), "12/34")
    assert.strictEqual(listing("12/34", "A").key, "12/34")
  })

  it.each([
    { sku: "B" },
    { name: "Other" },
    { tracking: "none" },
    { shape: "single" },
    { goods: "digital" },
    { shopBundle: true },
    { key: Listing.ListingKey.make("9") },
    { productId: Listing.ProductId.make("9") },
    { variantId: null }
  ] as const)("is another one with %j", (changes) => {
    const row = listing("12/34", "A")
    assert.isTrue(Listing.isSame(row, { ...row }))
    assert.isFalse(Listing.isSame(row, { ...row, ...changes }))
  })

  it("is a listing when it was generated", () => {
    fc.assert(fc.property(Listings.catalogue(), (rows) => assert.isTrue(rows.every(Schema.is(Listing.Listing)))))
  })
})

describe("the order of listings", () => {
  it("is that of their numbers, products before variants, a product before its variants", () => {
    assert.deepStrictEqual(inOrder("10/1", "9/20", "9/3", "9", "100", "10"), ["9", "9/3", "9/20", "10", "10/1", "100"])
    assert.deepStrictEqual(inOrder("1/0", "1"), ["1", "1/0"])
    assert.deepStrictEqual(inOrder("2/1", "1/2"), ["1/2", "2/1"])
    assert.deepStrictEqual(inOrder("4294967294", "9"), ["9", "4294967294"])
    assert.deepStrictEqual(inOrder("10", "9/4294967294"), ["9/4294967294", "10"])
  })

  it("is that of their texts where one is not a plain number", () => {
    for (const other of ["x", "07", "-1", "1.5", "1/", "/1", "1/x", "1/2/3", "1 ", "4294967295", "9:", "1/00"]) {
      assert.deepStrictEqual(inOrder("9", other, "10"), ["9", other, "10"].sort())
    }
    assert.deepStrictEqual(inOrder("b", "a", "c", "a"), ["a", "a", "b", "c"])
  })

  it("holds for numbers as large as a shop's", () => {
    const large = ["4294967294", "4294967293", "2147483648/4294967294", "2147483648/2147483648", "2048", "2047"]
    assert.deepStrictEqual(inOrder(...large), [
      "2047",
      "2048",
      "2147483648/2147483648",
      "2147483648/4294967294",
      "4294967293",
      "4294967294"
    ])
  })

  it("leaves rows alone that are in order", () => {
    const rows = keys("1", "1/1", "1/1", "1/2", "2", "2", "10")
    assert.strictEqual(inOrderOfKey(rows, (key) => key).rows, rows)
    assert.deepStrictEqual(inOrder(), [])
  })

  it("keeps rows of one key side by side, in the order they came", () => {
    const rows = keys("2", "1/1", "2", "1", "1/1").map((key, at) => ({ key, at }))
    assert.deepStrictEqual(
      inOrderOfKey(rows, ({ key }) => key).rows.map(({ key, at }) => `${key}@${at}`),
      ["1@3", "1/1@1", "1/1@4", "2@0", "2@2"]
    )
    const texts = keys("b", "a/x", "b", "a", "a/x").map((key, at) => ({ key, at }))
    assert.deepStrictEqual(
      inOrderOfKey(texts, ({ key }) => key).rows.map(({ key, at }) => `${key}@${at}`),
      ["a@3", "a/x@1", "a/x@4", "b@0", "b@2"]
    )
  })

  it("says whether rows of one key are among them", () => {
    for (const once of [
      [],
      ["1"],
      ["1", "2", "3"],
      ["1", "1/1", "2"],
      ["2/1", "1/1", "1/2"],
      ["1/1", "1", "0/1"],
      ["b", "a/x", "a"]
    ]) {
      assert.isFalse(hasRepeats(...once), once.join())
    }
    for (const twice of [
      ["1", "1"],
      ["2", "1/1", "3", "1/1"],
      ["1", "2", "2"],
      ["b", "a", "b"],
      ["b", "c", "c"],
      ["a", "a", "b"]
    ]) {
      assert.isTrue(hasRepeats(...twice), twice.join())
    }
  })

  it("is the order of numbers for any numbers", () => {
    const part = fc.oneof(fc.nat(30), fc.integer({ min: 0, max: 2 ** 32 - 2 }))
    const pair = fc.tuple(part, fc.option(part))
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 40 }), (pairs) => {
        const texts = pairs.map(([product, variant]) => (variant === null ? `${product}` : `${product}/${variant}`))
        const expected = pairs
          .toSorted((left, right) => left[0] - right[0] || (left[1] ?? -1) - (right[1] ?? -1))
          .map(([product, variant]) => (variant === null ? `${product}` : `${product}/${variant}`))
        assert.deepStrictEqual(inOrder(...texts), expected)
      })
    )
  })
})

describe("a link", () => {
  it("sells one unit and publishes by the connection's rules, unless it says otherwise", () => {
    const row = listing("1/1", "A")
    const made = Link.make({ connectionId: shop, listing: row, itemId: item("I", "").id, tier: "manual" })
    assert.deepStrictEqual(made, {
      connectionId: shop,
      listing: row,
      itemId: item("I", "").id,
      tier: "manual",
      matchedSku: "A",
      unitsPerListing: Quantity.one,
      publishing: true,
      rule: Link.inheritedRule
    })
    assert.strictEqual(Link.oneUnit, Quantity.one)
    assert.isFalse(Link.make({ ...made, publishing: false }).publishing)
  })

  it("puts its own rule over the connection's, zero included", () => {
    const policy = { ...safe.publishing, buffer: 1, percentage: 90, maximum: 5, minimum: 2 }
    const connections = { buffer: 1, percentage: 90, maximum: 5, minimum: 2, fixed: null }
    assert.deepStrictEqual(ruleInForce(Link.inheritedRule, policy), connections)
    const own = { buffer: 0, percentage: 0, maximum: 0, minimum: 0, fixed: 0 }
    assert.deepStrictEqual(ruleInForce(own, policy), own)
  })
})
