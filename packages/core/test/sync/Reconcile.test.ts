import { assert, describe, it } from "@effect/vitest"
import { Connection, Link, Quantity } from "@stockport/core"
import * as Cart from "@stockport/core/ports/Cart"
import { Store } from "@stockport/core/ports/Store"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Reconcile from "@stockport/core/sync/Reconcile"
import { ScriptedCart } from "@stockport/testing"
import { Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

const elsewhere = Connection.CartLocationId.make("2")

const twoPlaces: ScriptedCart.Settings["locations"] = [
  ...ScriptedCart.defaults.locations,
  { id: elsewhere, name: "Outlet", enabled: true, isDefault: false }
]

const reconcile = Effect.map(Reconcile.run(World.connectionId), Option.getOrThrow)

const codes = Effect.gen(function* () {
  const { issues } = yield* Store
  const open = yield* issues.open(World.connectionId, { after: null, limit: 10 })
  return open.map(({ issue }) => issue.code).filter((code) => code !== "LISTING_UNMATCHED")
})

const synced = Effect.gen(function* () {
  yield* World.open()
  yield* Cycle.run(World.connectionId)
  yield* TestClock.adjust("1 hour")
})

describe("a reconciliation", () => {
  it.effect("finds nothing where the shop says what was published", () =>
    Effect.gen(function* () {
      yield* synced
      const report = yield* reconcile
      assert.strictEqual(report.compared, 3)
      assert.deepStrictEqual(report.differences, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("repairs what somebody changed in the shop, and says so", () =>
    Effect.gen(function* () {
      yield* synced
      const { shop } = yield* ScriptedCart.Script
      yield* shop.correct(World.boxListing.key, 99)
      const report = yield* reconcile
      assert.deepStrictEqual(
        report.differences.map(({ publication, shown, verdict }) => [publication.key, shown, verdict._tag]),
        [[World.boxListing.key, 99, "Unexplained"]]
      )
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
      const { issues } = yield* Store
      const open = yield* issues.open(World.connectionId, { after: null, limit: 10 })
      assert.include(
        open.map(({ issue }) => issue.code),
        "UNEXPLAINED_DRIFT"
      )
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("lets a number settle that the shop has accepted a moment ago", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* Cycle.run(World.connectionId)
      const report = yield* reconcile
      assert.deepStrictEqual(
        report.differences.map(({ verdict }) => verdict._tag),
        ["Settling", "Settling", "Settling"]
      )
      assert.strictEqual(report.repaired, 0)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual((yield* reconcile).differences, [])
    }).pipe(Effect.provide(World.layer({ writeDelayMillis: 30_000 })))
  )

  it.effect("finds what should be shown and was never published, and sends it", () =>
    Effect.gen(function* () {
      yield* synced
      const { publications } = yield* Store
      yield* World.linkStrange
      // Somebody has lost the mark.
      yield* publications.record(World.connectionId, [], yield* publications.dirty(World.connectionId, 10))
      const report = yield* reconcile
      assert.deepStrictEqual([report.neverPublished, report.repaired, report.differences], [1, 1, []])
      const { shop } = yield* ScriptedCart.Script
      assert.strictEqual(yield* shop.level(World.strangeListing.key), 4)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("finds a number that is owed, whatever the shop was told last, and does not call it drift", () =>
    Effect.gen(function* () {
      yield* synced
      const { publications, stock } = yield* Store
      const counted = Quantity.of(5)
      yield* stock.count("fewer", [{ itemId: World.candle, locationId: World.main, counted }])
      yield* publications.record(World.connectionId, [], yield* publications.dirty(World.connectionId, 10))
      const report = yield* reconcile
      assert.deepStrictEqual(
        report.differences.map(({ publication, verdict }) => [publication.key, verdict._tag]),
        [
          [World.candleListing.key, "Owed"],
          [World.giftSetListing.key, "Owed"]
        ]
      )
      assert.deepStrictEqual([yield* World.shown, yield* codes], [[5, 8, 2], []])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("sends what is in doubt although its mark is gone: tracking was switched off and on, say", () =>
    Effect.gen(function* () {
      yield* synced
      const { publications } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      yield* shop.correct(World.candleListing.key, 0)
      yield* publications.doubt(World.connectionId, [World.candleListing.key, World.boxListing.key])
      const report = yield* reconcile
      assert.deepStrictEqual(
        report.differences.map(({ verdict }) => verdict._tag),
        ["TrackedAgain", "InDoubt"]
      )
      assert.deepStrictEqual([yield* World.shown, yield* codes], [[20, 8, 8], []])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("says nothing about listings that are not published any more", () =>
    Effect.gen(function* () {
      yield* synced
      const { items } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      const [candle] = yield* items.get([World.candle])
      yield* items.save([{ ...candle!, publish: false }])
      yield* shop.correct(World.candleListing.key, 99)
      const report = yield* reconcile
      assert.deepStrictEqual([report.differences, yield* codes], [[], []])
      assert.deepStrictEqual(yield* World.shown, [99, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("puts an archived item's number back to zero", () =>
    Effect.gen(function* () {
      yield* synced
      const { items } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      const [candle] = yield* items.get([World.candle])
      yield* items.save([{ ...candle!, archived: true }])
      yield* Cycle.run(World.connectionId)
      yield* TestClock.adjust("1 hour")
      yield* shop.correct(World.candleListing.key, 7)
      yield* reconcile
      assert.strictEqual(yield* shop.level(World.candleListing.key), 0)
      assert.include(yield* codes, "UNEXPLAINED_DRIFT")
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("looks at every page of a catalogue", () =>
    Effect.gen(function* () {
      yield* synced
      const { items, links, stock } = yield* Store
      const goods = Array.from({ length: Reconcile.publicationsPerBatch }, (_, at) => World.good(`G${at}`))
      yield* items.save(goods.map(({ item }) => item))
      yield* stock.count(
        "goods",
        goods.map(({ item }) => ({ itemId: item.id, locationId: World.main, counted: Quantity.of(1) }))
      )
      const { shop } = yield* ScriptedCart.Script
      yield* Effect.forEach(goods, ({ listing }) => shop.offer(listing, 1), { discard: true })
      const { connectionId } = World
      yield* links.save(
        goods.map(({ item, listing }) => Link.make({ connectionId, listing, itemId: item.id, tier: "exact" }))
      )
      yield* Cycle.run(connectionId)
      yield* TestClock.adjust("1 hour")
      yield* shop.correct(World.boxListing.key, 99)
      const report = yield* reconcile
      assert.deepStrictEqual([report.compared, report.differences.length], [Reconcile.publicationsPerBatch + 3, 1])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("takes a sale that nobody has imported yet for what it is", () =>
    Effect.gen(function* () {
      yield* synced
      const { shop, faults } = yield* ScriptedCart.Script
      const { issues } = yield* Store
      yield* shop.buy([{ key: World.candleListing.key, quantity: 2 }])
      // The cycle of the reconciliation reads a page that does not have the order yet.
      yield* faults.inject("orders", { _tag: "Stale", millis: 60_000 }, { _tag: "Stale", millis: 60_000 })
      const report = yield* reconcile
      assert.deepStrictEqual(
        report.differences.map(({ verdict }) => verdict._tag),
        ["SoldSince"]
      )
      assert.deepStrictEqual(yield* World.shown, [18, 8, 8])
      const open = yield* issues.open(World.connectionId, { after: null, limit: 10 })
      assert.notInclude(
        open.map(({ issue }) => issue.code),
        "UNEXPLAINED_DRIFT"
      )
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("tells of stock at a location of the shop that gets no numbers, until it is gone", () =>
    Effect.gen(function* () {
      yield* synced
      const { shop } = yield* ScriptedCart.Script
      const { issues } = yield* Store
      const codes = Effect.map(issues.open(World.connectionId, { after: null, limit: 10 }), (open) =>
        open.map(({ issue }) => issue.code)
      )
      yield* shop.correct(World.boxListing.key, 4, elsewhere)
      yield* reconcile
      assert.include(yield* codes, "CART_LOCATION_HOLDS_STOCK")
      yield* shop.correct(World.boxListing.key, 0, elsewhere)
      yield* reconcile
      assert.notInclude(yield* codes, "CART_LOCATION_HOLDS_STOCK")
    }).pipe(Effect.provide(World.layer({ locations: twoPlaces })))
  )
})

describe("a reconciliation that has nothing to compare", () => {
  it.effect("leaves a connection alone that is switched off", () =>
    Effect.gen(function* () {
      yield* synced
      const { connections } = yield* Store
      const { calls, shop } = yield* ScriptedCart.Script
      yield* connections.save(World.connectionWith({ enabled: false }))
      yield* shop.correct(World.boxListing.key, 99)
      const before = (yield* calls).length
      const { compared, differences, repaired } = yield* reconcile
      assert.deepStrictEqual([compared, differences, repaired], [0, [], 0])
      const asked = (yield* calls).slice(before).map(({ operation }) => operation)
      assert.notInclude(asked, "stockLevels")
      assert.deepStrictEqual(yield* World.shown, [20, 99, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is told so when a cycle holds the connection", () =>
    Effect.gen(function* () {
      yield* synced
      const { connections } = yield* Store
      const inside = yield* connections.exclusively(World.connectionId, Reconcile.run(World.connectionId))
      assert.deepStrictEqual(inside, Option.some(Option.none()))
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("compares nothing where the shop says nothing: there is nothing to differ from", () =>
    Effect.gen(function* () {
      yield* synced
      const { shop } = yield* ScriptedCart.Script
      yield* shop.offer({ ...World.candleListing, tracking: "none" })
      const { compared, differences, neverPublished, repaired } = yield* reconcile
      assert.deepStrictEqual([compared, differences, neverPublished, repaired], [2, [], 0, 0])
      assert.deepStrictEqual(yield* codes, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("tells of no stock at a location of the shop that sells nothing", () =>
    Effect.gen(function* () {
      yield* synced
      const { shop } = yield* ScriptedCart.Script
      yield* shop.correct(World.boxListing.key, 4, elsewhere)
      yield* reconcile
      assert.deepStrictEqual(yield* codes, [])
    }).pipe(
      Effect.provide(
        World.layer({ locations: [twoPlaces[0], { id: elsewhere, name: "Attic", enabled: false, isDefault: false }] })
      )
    )
  )
})

describe("what a reconciliation reports", () => {
  it.effect("is each difference with what the shop shows, and how many numbers were sent again", () =>
    Effect.gen(function* () {
      yield* synced
      const { publications } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      yield* shop.correct(World.boxListing.key, 99)
      yield* shop.correct(World.candleListing.key, 7)
      yield* publications.doubt(World.connectionId, [World.giftSetListing.key])
      const { compared, differences, neverPublished, repaired } = yield* reconcile
      assert.deepStrictEqual(
        differences.map(({ publication, shown, verdict }) => [publication.key, shown, verdict._tag]),
        [
          [World.candleListing.key, 7, "Unexplained"],
          [World.boxListing.key, 99, "Unexplained"],
          [World.giftSetListing.key, 8, "InDoubt"]
        ]
      )
      assert.deepStrictEqual([compared, neverPublished, repaired], [3, 0, 3])
      assert.deepStrictEqual(yield* codes, ["UNEXPLAINED_DRIFT", "UNEXPLAINED_DRIFT"])
      yield* TestClock.adjust("1 hour")
      yield* reconcile
      assert.deepStrictEqual(yield* codes, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("sends nothing again that the shop has accepted meanwhile beside what is owed", () =>
    Effect.gen(function* () {
      yield* synced
      const { calls, shop } = yield* ScriptedCart.Script
      yield* shop.correct(World.boxListing.key, 99)
      const before = (yield* calls).length
      yield* reconcile
      const sent = (yield* calls).slice(before).filter(({ operation }) => operation === "setStockLevels")
      assert.deepStrictEqual(
        sent.map(({ rows }) => rows),
        [1]
      )
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is a sale as long as an order that came meanwhile explains some of the difference", () =>
    Effect.gen(function* () {
      yield* synced
      const cart = yield* Cart.Cart
      const { shop } = yield* ScriptedCart.Script
      let readings = 0
      // Somebody buys right after the cycle has looked for orders, before the levels are read.
      const stockLevels: Cart.Cart["Service"]["stockLevels"] = (listings) =>
        Stream.unwrap(
          Effect.gen(function* () {
            if (readings++ === 0) yield* shop.buy([{ key: World.candleListing.key, quantity: 3 }])
            return cart.stockLevels(listings)
          })
        )
      const { differences } = yield* Effect.provideService(reconcile, Cart.Cart, Cart.Cart.of({ ...cart, stockLevels }))
      assert.deepStrictEqual(
        differences.map(({ publication, shown, verdict }) => [publication.key, shown, verdict]),
        [[World.candleListing.key, 17, { _tag: "SoldSince", sold: 3 }]]
      )
      assert.deepStrictEqual([yield* World.shown, yield* codes], [[17, 8, 8], []])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("the number of a link that has ended", () => {
  const unlinked = Effect.gen(function* () {
    yield* synced
    const { links } = yield* Store
    yield* links.remove(World.connectionId, [World.candleListing.key, World.boxListing.key])
    yield* reconcile
    assert.deepStrictEqual(yield* codes, ["LINK_ENDED", "LINK_ENDED"])
  })

  const unsettled = Effect.gen(function* () {
    const { links } = yield* Store
    const ended = yield* Stream.runCollect(links.ended(World.connectionId, "unsettled"))
    return ended.map(({ link }) => link.listing.key)
  })

  it.effect("is no matter any more once somebody has set it to zero in the shop", () =>
    Effect.gen(function* () {
      yield* unlinked
      const { shop } = yield* ScriptedCart.Script
      yield* shop.correct(World.candleListing.key, 0)
      yield* reconcile
      assert.deepStrictEqual([yield* codes, yield* unsettled], [["LINK_ENDED"], [World.boxListing.key]])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is no matter any more once the shop has stopped counting it, or the listing is gone", () =>
    Effect.gen(function* () {
      yield* unlinked
      const { shop } = yield* ScriptedCart.Script
      yield* shop.offer({ ...World.candleListing, tracking: "none" })
      yield* shop.withdraw(World.boxListing.key)
      yield* reconcile
      assert.deepStrictEqual([yield* codes, yield* unsettled], [[], []])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is dealt with beyond the page of links that it is read with", () =>
    Effect.gen(function* () {
      yield* unlinked
      const { calls, shop } = yield* ScriptedCart.Script
      const readings = Effect.map(calls, (all) => all.filter(({ operation }) => operation === "stockLevels").length)
      const before = yield* readings
      yield* reconcile
      assert.strictEqual((yield* readings) - before, 1)
      const { links } = yield* Store
      yield* links.remove(World.connectionId, [World.giftSetListing.key])
      for (const { key } of [World.candleListing, World.boxListing, World.giftSetListing]) yield* shop.correct(key, 0)
      const report = yield* reconcile
      assert.deepStrictEqual([report.compared, yield* codes, yield* unsettled], [0, [], []])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is none of the stock that counts as astray at a place without numbers", () =>
    Effect.gen(function* () {
      yield* unlinked
      const { shop } = yield* ScriptedCart.Script
      yield* shop.correct(World.candleListing.key, 7, elsewhere)
      yield* reconcile
      assert.deepStrictEqual(yield* codes, ["LINK_ENDED", "LINK_ENDED"])
    }).pipe(Effect.provide(World.layer({ locations: twoPlaces })))
  )

  it.effect("stays told where nobody can read what the shop shows", () =>
    Effect.gen(function* () {
      yield* unlinked
      const cart = yield* Cart.Cart
      const { shop } = yield* ScriptedCart.Script
      for (const { key } of [World.candleListing, World.boxListing]) yield* shop.correct(key, 0)
      const told = (...ids: ReadonlyArray<string | null>) => {
        const rows = ids.map((id) => Cart.unreadable({ what: "level", id, path: "on_hand", expected: "a number" }))
        const stockLevels: Cart.Cart["Service"]["stockLevels"] = (listings) =>
          Stream.concat(cart.stockLevels(listings), Stream.fromIterable(rows))
        return Effect.gen(function* () {
          yield* Effect.provideService(reconcile, Cart.Cart, Cart.Cart.of({ ...cart, stockLevels }))
          return yield* unsettled
        })
      }
      const both = [World.candleListing.key, World.boxListing.key]
      assert.deepStrictEqual(yield* told(null), both)
      assert.deepStrictEqual(yield* told("17"), both)
      assert.deepStrictEqual(yield* told(World.candleListing.key, World.giftSetListing.key), [World.candleListing.key])
      assert.deepStrictEqual(yield* told(), [])
    }).pipe(Effect.provide(World.layer()))
  )
})
