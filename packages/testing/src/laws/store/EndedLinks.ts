/**
 * A link that ends leaves a trace, until somebody has dealt with what the shop goes on showing; an exclusion can be lifted.
 */
import { assert } from "@effect/vitest"
import type { Exclusion, Link } from "@stockport/core/domain/Link"
import { ListingKey } from "@stockport/core/domain/Listing"
import { box, candle, clean, closedShop, collected, dirtyIds, linkOf, open, shop } from "./Fixture.ts"
import { type Law, law } from "./Law.ts"

const ofCandle = linkOf(candle, "p1")
const ofBox = linkOf(box, "p2")
const [candleKey, boxKey] = [ofCandle.listing.key, ofBox.listing.key] as const
const exclusion: Exclusion = { connectionId: shop.id, key: candleKey, reason: "not ours" }

/** The laws of ended links and of exclusions. */
export const endedLinks: ReadonlyArray<Law> = [
  law("a removed link is found among the ended ones, with why, and nowhere else", function* (store) {
    yield* open
    yield* store.links.save([ofCandle, ofBox])
    yield* store.links.remove(shop.id, [candleKey, ListingKey.make("nothing")])
    yield* store.links.remove(shop.id, [boxKey], "replaced")
    const [first, second] = [
      { link: ofCandle, settled: false, ending: "removed" },
      { link: ofBox, settled: false, ending: "replaced" }
    ] as const
    assert.deepStrictEqual(yield* collected(store.links.ended(shop.id, "all")), [first, second])
    assert.deepStrictEqual(yield* store.links.endedOf(shop.id, [boxKey]), [second])
    assert.deepStrictEqual(yield* collected(store.links.all(shop.id)), [])
    assert.deepStrictEqual(yield* store.links.ofListings(shop.id, [candleKey]), [])
    assert.deepStrictEqual(yield* store.links.ofItems(shop.id, [candle.id]), [])
    assert.deepStrictEqual(yield* collected(store.links.ended(closedShop.id, "all")), [])
  }),

  law("an ended link stays unsettled until it is settled, and a new ending is unsettled again", function* (store) {
    yield* open
    yield* store.links.save([ofCandle, ofBox])
    yield* store.links.remove(shop.id, [candleKey, boxKey])
    yield* store.links.settle(shop.id, [candleKey])
    const unsettled = yield* collected(store.links.ended(shop.id, "unsettled"))
    assert.deepStrictEqual(
      unsettled.map(({ link }) => link.listing.key),
      [boxKey]
    )
    assert.strictEqual((yield* collected(store.links.ended(shop.id, "all"))).length, 2)
    yield* store.links.remove(shop.id, [candleKey])
    assert.isTrue((yield* store.links.endedOf(shop.id, [candleKey]))[0]?.settled, "it was not there to be removed")
    yield* store.links.save([ofCandle])
    yield* store.links.remove(shop.id, [candleKey])
    assert.isFalse((yield* store.links.endedOf(shop.id, [candleKey]))[0]?.settled)
  }),

  law("an ended link whose number is put in doubt is unsettled again, and no other one", function* (store) {
    yield* open
    yield* store.links.save([ofCandle, ofBox])
    yield* store.links.remove(shop.id, [candleKey, boxKey])
    yield* store.links.settle(shop.id, [candleKey, boxKey])
    yield* store.publications.doubt(shop.id, [candleKey])
    const unsettled = yield* collected(store.links.ended(shop.id, "unsettled"))
    assert.deepStrictEqual(
      unsettled.map(({ link }) => link.listing.key),
      [candleKey]
    )
  }),

  law("a listing that is linked again has no ended link", function* (store) {
    yield* open
    yield* store.links.save([ofCandle])
    yield* store.links.remove(shop.id, [candleKey])
    yield* store.links.save([ofCandle])
    assert.deepStrictEqual(yield* collected(store.links.ended(shop.id, "all")), [])
    assert.deepStrictEqual(yield* collected(store.links.all(shop.id)), [ofCandle])
  }),

  law("all ended links are streamed, more than a page of them, in order of listing", function* (store) {
    yield* open
    const many = Array.from({ length: 1_100 }, (_, index) => linkOf(candle, `p${index}`))
    const keys = many.map(({ listing }) => listing.key)
    yield* store.links.save(many)
    yield* store.links.remove(shop.id, keys)
    const ended = yield* collected(store.links.ended(shop.id, "unsettled"))
    assert.deepStrictEqual(
      ended.map(({ link }) => link.listing.key),
      keys.toSorted((left, right) => (left < right ? -1 : 1))
    )
  }),

  law("a link to another item marks the item it has left, too", function* (store) {
    yield* open
    yield* store.links.save([ofCandle])
    yield* clean(shop)
    yield* store.links.save([{ ...ofCandle, itemId: box.id }])
    assert.deepStrictEqual(yield* dirtyIds(shop), [box.id, candle.id])
  }),

  law("an exclusion keeps its listing's SKU, is found by listing, and is lifted by its listing", function* (store) {
    yield* open
    const withSku = { connectionId: shop.id, key: boxKey, reason: "a gift card", sku: "BOX" }
    yield* store.links.exclude([exclusion, withSku])
    assert.deepStrictEqual(yield* store.links.exclusionsOf(shop.id, [boxKey, ListingKey.make("no")]), [withSku])
    yield* store.links.include(shop.id, [candleKey, ListingKey.make("no")])
    assert.deepStrictEqual(yield* store.links.exclusions(shop.id), [withSku])
    assert.deepStrictEqual(yield* store.links.exclusionsOf(closedShop.id, [boxKey]), [])
  }),

  law("a link made by hand lifts the exclusion of its listing, no other link does", function* (store) {
    yield* open
    yield* store.links.exclude([exclusion])
    yield* store.links.save([ofCandle])
    assert.deepStrictEqual(yield* store.links.exclusions(shop.id), [exclusion])
    const byHand: Link = { ...ofCandle, tier: "manual" }
    yield* store.links.save([byHand])
    assert.deepStrictEqual(yield* store.links.exclusions(shop.id), [])
  })
]
