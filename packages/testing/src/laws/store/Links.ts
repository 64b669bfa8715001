/**
 * Links are held by listing, one each, and found from both sides.
 */
import { assert } from "@effect/vitest"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { ItemId } from "@stockport/core/domain/ItemId"
import type { Link } from "@stockport/core/domain/Link"
import { ListingKey, ProductId } from "@stockport/core/domain/Listing"
import { of } from "@stockport/core/domain/Quantity"
import { box, candle, closedShop, collected, gift, linkOf, listingOf, open, shop } from "./Fixture.ts"
import { type Law, law, refused } from "./Law.ts"

const sorted = (links: ReadonlyArray<Link>) =>
  links.toSorted((left, right) => (left.listing.key < right.listing.key ? -1 : 1))

const ofCandle = linkOf(candle, "p1")
const ofBox = linkOf(box, "p2")
const ofGift = linkOf(gift, "p3")

/** The laws of `links`. */
export const linkLaws: ReadonlyArray<Law> = [
  law("links come back as they were saved, per connection", function* (store) {
    yield* open
    const pack: Link = {
      ...ofBox,
      tier: "manual",
      unitsPerListing: of("2.5"),
      publishing: false,
      rule: { buffer: 2, percentage: 50, maximum: 0, minimum: null }
    }
    const elsewhere = linkOf(candle, "p1", closedShop)
    yield* store.links.save([ofCandle, pack, elsewhere])
    assert.deepStrictEqual(sorted(yield* collected(store.links.all(shop.id))), [ofCandle, pack])
    assert.deepStrictEqual(yield* collected(store.links.all(closedShop.id)), [elsewhere])
  }),

  law("a listing sells one item: linking it again replaces the link", function* (store) {
    yield* open
    yield* store.links.save([ofCandle])
    const relinked = { ...ofCandle, itemId: box.id }
    yield* store.links.save([relinked])
    assert.deepStrictEqual(yield* collected(store.links.all(shop.id)), [relinked])
    assert.deepStrictEqual(yield* store.links.ofItems(shop.id, [candle.id]), [])
  }),

  law("an item may be sold by many listings", function* (store) {
    yield* open
    const second = linkOf(candle, "p9")
    yield* store.links.save([ofCandle, second, ofBox])
    assert.deepStrictEqual(sorted(yield* store.links.ofItems(shop.id, [candle.id])), [ofCandle, second])
    assert.deepStrictEqual(yield* store.links.ofItems(closedShop.id, [candle.id]), [])
    assert.deepStrictEqual(yield* store.links.ofItems(shop.id, []), [])
  }),

  law("links are found by listing, those that there are", function* (store) {
    yield* open
    yield* store.links.save([ofCandle, ofBox, ofGift])
    const keys = [ofGift.listing.key, ListingKey.make("nothing"), ofCandle.listing.key]
    assert.deepStrictEqual(sorted(yield* store.links.ofListings(shop.id, keys)), [ofCandle, ofGift])
  }),

  law("links are found by product, all variants of it", function* (store) {
    yield* open
    const small = { ...ofCandle, listing: listingOf("p7", "SMALL", "v1") }
    const large = { ...ofCandle, listing: listingOf("p7", "LARGE", "v2") }
    const near = { ...ofCandle, listing: listingOf("p77", "NEAR", "v1") }
    yield* store.links.save([small, large, near])
    assert.deepStrictEqual(sorted(yield* store.links.ofProducts(shop.id, [ProductId.make("p7")])), [small, large])
  }),

  law("removing a link leaves the others, and removing it again changes nothing", function* (store) {
    yield* open
    yield* store.links.save([ofCandle, ofBox])
    yield* store.links.remove(shop.id, [ofCandle.listing.key])
    yield* store.links.remove(shop.id, [ofCandle.listing.key])
    assert.deepStrictEqual(yield* collected(store.links.all(shop.id)), [ofBox])
  }),

  law("a link to what does not exist is refused by its name, with its whole batch", function* (store) {
    yield* open
    const item = yield* refused(store.links.save([ofBox, { ...ofCandle, itemId: ItemId.make("nothing") }]), "Unknown")
    assert.deepInclude(item, { kind: "item", id: "nothing" })
    const connectionId = ConnectionId.make("nowhere")
    const connection = yield* refused(store.links.save([ofBox, { ...ofCandle, connectionId }]), "Unknown")
    assert.deepInclude(connection, { kind: "connection", id: "nowhere" })
    assert.deepStrictEqual(yield* collected(store.links.all(shop.id)), [])
  }),

  law("all links are streamed, more than a page of them, each once", function* (store) {
    yield* open
    const many = Array.from({ length: 1_100 }, (_, index) => linkOf(candle, `p${index}`))
    yield* store.links.save(many)
    const keys = (yield* collected(store.links.all(shop.id))).map(({ listing }) => listing.key)
    assert.strictEqual(keys.length, many.length)
    assert.strictEqual(new Set(keys).size, many.length)
  }),

  law("exclusions are kept per connection and listing, the last word counts", function* (store) {
    yield* open
    const key = ofCandle.listing.key
    yield* store.links.exclude([{ connectionId: shop.id, key, reason: "a gift card" }])
    yield* store.links.exclude([{ connectionId: shop.id, key, reason: "not ours" }])
    assert.deepStrictEqual(yield* store.links.exclusions(shop.id), [{ connectionId: shop.id, key, reason: "not ours" }])
    assert.deepStrictEqual(yield* store.links.exclusions(closedShop.id), [])
  })
]
