import { assert, describe, it } from "@effect/vitest"
import { Issue, Item, ItemId, Link, Listing, Quantity } from "@stockport/core"
import { Cart, type Unreadable, unreadable } from "@stockport/core/ports/Cart"
import { Store, StoreError, Unreachable } from "@stockport/core/ports/Store"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Match from "@stockport/core/sync/Match"
import { ScriptedCart } from "@stockport/testing"
import { Effect, Stream } from "effect"
import { keysOf } from "../Catalogue.ts"
import * as World from "./World.ts"

const codes = Effect.gen(function* () {
  const { issues } = yield* Store
  const open = yield* issues.open(World.connectionId, { after: null, limit: 100 })
  return open.map(({ issue }) => issue.code)
})

const linkedKeys = Effect.gen(function* () {
  const { links } = yield* Store
  return (yield* Stream.runCollect(links.all(World.connectionId))).map(({ listing }) => listing.key)
})

describe("matching a shop", () => {
  it.effect("plans without writing, and writes nothing new when applied twice", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const { events } = yield* Store
      const again = yield* Match.plan(connection.id)
      assert.deepStrictEqual([again.linked.length, again.kept.length, again.refreshed.length], [0, 3, 0])
      const before = yield* events.list({ after: null, limit: 1_000 })
      yield* Match.apply(connection, again)
      assert.deepStrictEqual(yield* events.list({ after: null, limit: 1_000 }), before)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("ends the link of a listing that a person excludes, and publishes it no more", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const { links } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      yield* links.exclude([{ connectionId: connection.id, key: World.boxListing.key, reason: "sold elsewhere" }])
      yield* Match.apply(connection, yield* Match.plan(connection.id))
      assert.notInclude(yield* linkedKeys, World.boxListing.key)
      yield* Cycle.run(connection.id)
      assert.strictEqual(yield* shop.level(World.boxListing.key), 3)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("tells of an unmatched listing until an item matches it", () =>
    Effect.gen(function* () {
      yield* World.open()
      assert.include(yield* codes, "LISTING_UNMATCHED")
      yield* World.linkStrange
      assert.notInclude(yield* codes, "LISTING_UNMATCHED")
      assert.include(yield* linkedKeys, World.strangeListing.key)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("keeps a link whose SKU has changed in the shop, and says so", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const { shop } = yield* ScriptedCart.Script
      yield* shop.offer({ ...World.candleListing, sku: "CANDLE-RENAMED" })
      yield* Match.apply(connection, yield* Match.plan(connection.id))
      assert.include(yield* linkedKeys, World.candleListing.key)
      assert.include(yield* codes, "SKU_DRIFT")
    }).pipe(Effect.provide(World.layer()))
  )
})

const opened = Effect.gen(function* () {
  const { issues } = yield* Store
  return (yield* issues.open(World.connectionId, { after: null, limit: 1_000 })).map(({ issue }) => issue)
})

const about = (issues: ReadonlyArray<Issue.Issue>, key: string) =>
  issues.filter((issue) => issue.about["listingKey"] === key).map(({ code }) => code)

const rematch = Effect.gen(function* () {
  const plan = yield* Match.plan(World.connectionId)
  yield* Match.apply({ id: World.connectionId }, plan)
  return plan
})

const linkOf = (key: Listing.ListingKey) =>
  Effect.gen(function* () {
    const { links } = yield* Store
    return (yield* links.ofListings(World.connectionId, [key]))[0] ?? null
  })

const remade = (of: Listing.Listing): Listing.Listing => {
  const ids = { productId: Listing.ProductId.make("77"), variantId: Listing.VariantId.make("770") }
  return { ...of, ...ids, key: Listing.keyOf(ids.productId, ids.variantId) }
}

describe("a person's word about a listing", () => {
  it.effect("links it by hand, and settles what was asked at once", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { key } = World.strangeListing
      assert.deepStrictEqual(about(yield* opened, key), ["LISTING_UNMATCHED"])
      yield* Match.link(World.connectionId, [{ listing: World.strangeListing, itemId: World.candle }])
      assert.deepStrictEqual(about(yield* opened, key), [])
      assert.deepStrictEqual([(yield* linkOf(key))?.tier, (yield* rematch).refreshed], ["manual", []])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("excludes it, lifts that again, and brings the link back as it was", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { key } = World.boxListing
      const pack = Quantity.of(6)
      yield* Match.link(World.connectionId, [{ listing: World.boxListing, itemId: World.box, unitsPerListing: pack }])
      yield* Match.exclude(World.connectionId, [{ key, reason: "by mistake" }])
      assert.isNull(yield* linkOf(key))
      assert.deepStrictEqual(keysOf((yield* rematch).ignored), [key])
      yield* Match.include(World.connectionId, [key])
      yield* rematch
      const back = yield* linkOf(key)
      assert.deepStrictEqual([back?.tier, back?.unitsPerListing], ["manual", pack])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("stands over an exclusion when it came later, and gives way to one that came later still", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { key } = World.boxListing
      yield* Match.exclude(World.connectionId, [{ key, reason: "by mistake" }])
      yield* Match.link(World.connectionId, [{ listing: World.boxListing, itemId: World.box }])
      assert.deepStrictEqual((yield* rematch).revoked, [])
      assert.isNotNull(yield* linkOf(key))
      yield* Match.exclude(World.connectionId, [{ key, reason: "after all" }])
      yield* rematch
      assert.isNull(yield* linkOf(key))
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("removes its link for good: the SKU does not bring it back, a person may", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { key } = World.boxListing
      yield* Match.unlink(World.connectionId, [key])
      yield* rematch
      yield* rematch
      assert.isNull(yield* linkOf(key))
      const said = (yield* opened).find((issue) => issue.about["listingKey"] === key)
      assert.match(said?.message ?? "", /a person has removed the link/)
      yield* Match.link(World.connectionId, [{ listing: World.boxListing, itemId: World.box }])
      yield* rematch
      assert.deepStrictEqual([about(yield* opened, key), (yield* linkOf(key))?.itemId], [[], World.box])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("moves with the SKU when the product is made anew: pack, exclusion and removal", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { shop } = yield* ScriptedCart.Script
      const { links } = yield* Store
      const pack = Quantity.of(6)
      yield* Match.link(World.connectionId, [{ listing: World.boxListing, itemId: World.box, unitsPerListing: pack }])
      yield* shop.withdraw(World.boxListing.key)
      yield* shop.offer(remade(World.boxListing), 3)
      yield* rematch
      const { key } = remade(World.boxListing)
      assert.strictEqual((yield* linkOf(key))?.unitsPerListing, pack)
      const [old] = yield* links.endedOf(World.connectionId, [World.boxListing.key])
      assert.strictEqual(old?.ending, "replaced")
      assert.notInclude(yield* codes, "LISTING_ORPHANED")
      yield* Match.exclude(World.connectionId, [{ key, reason: "sold elsewhere" }])
      yield* shop.withdraw(key)
      yield* shop.offer(World.boxListing, 3)
      yield* rematch
      assert.isNull(yield* linkOf(World.boxListing.key))
      const exclusions = yield* links.exclusions(World.connectionId)
      assert.deepStrictEqual(
        exclusions.map((each) => [each.key, each.reason]),
        [[World.boxListing.key, "sold elsewhere"]]
      )
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("matching what changes", () => {
  it.effect("moves the link of an archived item, says so once, and no more at the next matching", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { items } = yield* Store
      const [box] = yield* items.get([World.box])
      const successor = Item.make({ id: ItemId.ItemId.make("box-2"), kind: "inventory", sku: "BOX" })
      yield* items.save([{ ...box!, archived: true }, successor])
      yield* rematch
      assert.strictEqual((yield* linkOf(World.boxListing.key))?.itemId, successor.id)
      assert.deepStrictEqual(about(yield* opened, World.boxListing.key), ["LINK_MOVED"])
      yield* rematch
      assert.deepStrictEqual(about(yield* opened, World.boxListing.key), [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("tells of a link to an archived item until it is archived no more", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { items } = yield* Store
      const [box] = yield* items.get([World.box])
      yield* items.save([{ ...box!, archived: true }])
      yield* rematch
      assert.include(yield* codes, "LINK_UNSELLABLE")
      yield* items.save([box!])
      yield* rematch
      assert.notInclude(yield* codes, "LINK_UNSELLABLE")
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("doubts and resends the number of a listing whose tracking has been switched", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { shop } = yield* ScriptedCart.Script
      const { publications } = yield* Store
      yield* Cycle.run(World.connectionId)
      yield* shop.offer({ ...World.candleListing, tracking: "none" })
      yield* rematch
      yield* Cycle.run(World.connectionId)
      yield* shop.offer(World.candleListing)
      yield* shop.correct(World.candleListing.key, 0)
      yield* rematch
      const marks = yield* publications.dirty(World.connectionId, 100)
      assert.include(
        marks.filter(({ resend }) => resend).map(({ itemId }) => itemId),
        World.candle
      )
      yield* Cycle.run(World.connectionId)
      assert.strictEqual(yield* shop.level(World.candleListing.key), 20)
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a row that is wrong", () => {
  it.effect("is told by name, leaves the others alone, keeps its link, and is closed when it is right again", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const cart = yield* Cart
      const broken = unreadable({ what: "listing", id: World.boxListing.key, path: "inventory", expected: "a number" })
      const rows = [World.candleListing, broken, World.giftSetListing, World.strangeListing]
      const withBroken = { ...cart, listings: Stream.fromIterable<Listing.Listing | Unreadable>(rows) }
      const plan = yield* Effect.provideService(Match.plan(connection.id), Cart, withBroken)
      yield* Match.apply(connection, plan)
      assert.deepStrictEqual(about(yield* opened, World.boxListing.key), ["LISTING_UNREADABLE"])
      assert.isNotNull(yield* linkOf(World.boxListing.key))
      yield* rematch
      assert.notInclude(yield* codes, "LISTING_UNREADABLE")
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("that the store refuses takes no other row with it", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const plan = yield* Match.plan(connection.id)
      const [candle] = plan.kept
      const good = Link.make({ ...candle!, listing: World.good("GOOD").listing })
      const bad = Link.make({ ...candle!, listing: World.good("BAD").listing, itemId: ItemId.ItemId.make("nothing") })
      yield* Match.apply(connection, { ...plan, linked: [bad, good] })
      assert.isNotNull(yield* linkOf(good.listing.key))
      assert.isNull(yield* linkOf(bad.listing.key))
      assert.deepStrictEqual(about(yield* opened, bad.listing.key), ["LISTING_UNREADABLE"])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("that breaks the store takes no other row with it either, and an outage takes all", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const plan = yield* Match.plan(connection.id)
      const store = yield* Store
      const [candle] = plan.kept
      const linkTo = (sku: string) => Link.make({ ...candle!, listing: World.good(sku).listing })
      const failing = (how: Effect.Effect<void, StoreError>) => ({
        ...store,
        links: {
          ...store.links,
          save: (rows: ReadonlyArray<Link.Link>) =>
            rows.some(({ listing }) => listing.sku === "BAD") ? how : store.links.save(rows)
        }
      })
      const apply = (how: Effect.Effect<void, StoreError>) =>
        Effect.provideService(
          Match.apply(connection, { ...plan, linked: [linkTo("BAD"), linkTo("GOOD")] }),
          Store,
          failing(how)
        )
      const away = new StoreError({ operation: "links.save", reason: new Unreachable({ detail: "gone" }) })
      assert.deepStrictEqual(yield* Effect.flip(apply(Effect.fail(away))), away)
      assert.isNull(yield* linkOf(linkTo("GOOD").listing.key))
      yield* apply(Effect.die("broken"))
      assert.isNotNull(yield* linkOf(linkTo("GOOD").listing.key))
      assert.deepStrictEqual(about(yield* opened, linkTo("BAD").listing.key), ["LISTING_UNREADABLE"])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is one of any number: issues are written and closed in batches", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const plan = yield* Match.plan(connection.id)
      const count = 2 * Match.linksPerBatch + 1
      const many = Array.from({ length: count }, (_, at) =>
        Issue.listingUnmatched({
          connectionId: connection.id,
          listingKey: Listing.ListingKey.make(`x/${at}`),
          sku: "X"
        })
      )
      const { issues } = yield* Store
      const sizes: Array<number> = []
      const store = yield* Store
      const counting = {
        ...store,
        issues: {
          ...store.issues,
          raise: (...given: Parameters<typeof issues.raise>) => {
            sizes.push(given[1].length)
            return issues.raise(...given)
          }
        }
      }
      yield* Effect.provideService(Match.apply(connection, { ...plan, issues: many }), Store, counting)
      assert.deepStrictEqual(sizes, [Match.linksPerBatch, Match.linksPerBatch, 1])
      yield* Match.apply(connection, { ...plan, issues: [] })
      assert.deepStrictEqual(yield* opened, [])
    }).pipe(Effect.provide(World.layer()))
  )
})
