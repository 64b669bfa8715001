import { assert, describe, it } from "@effect/vitest"
import { Connection, Item, ItemId, Link, Listing, Quantity, SyncPolicy } from "@stockport/core"
import * as Cart from "@stockport/core/ports/Cart"
import * as Lease from "@stockport/core/ports/Lease"
import { Store } from "@stockport/core/ports/Store"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Publish from "@stockport/core/sync/Publish"
import * as Reconcile from "@stockport/core/sync/Reconcile"
import { ScriptedCart } from "@stockport/testing"
import { Duration, Effect, Fiber, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

const minute = Effect.andThen(
  TestClock.adjust("1 minute"),
  Effect.map(Cycle.run(World.connectionId), Option.getOrThrow)
)

const codes = Effect.gen(function* () {
  const { issues } = yield* Store
  const open = yield* issues.open(World.connectionId, { after: null, limit: 100 })
  return open.map(({ issue }) => issue.code).filter((code) => code !== "LISTING_UNMATCHED")
})

const marked = Effect.gen(function* () {
  const { publications } = yield* Store
  return (yield* publications.dirty(World.connectionId, 100)).map(({ itemId }) => itemId)
})

const candles = (units: number) =>
  Effect.gen(function* () {
    const { stock } = yield* Store
    const counted = Quantity.of(units)
    yield* stock.count(`candles ${units}`, [{ itemId: World.candle, locationId: World.main, counted }])
  })

const refusal = new Cart.Rejected({ detail: "a required field is missing", fields: {} })

const publishing = (changes: Partial<SyncPolicy.PublishingPolicy>): Partial<Connection.Connection> => ({
  policy: { ...SyncPolicy.safe, publishing: { ...SyncPolicy.safe.publishing, ...changes } }
})

const sent = Effect.gen(function* () {
  const { calls } = yield* ScriptedCart.Script
  return (yield* calls).filter(({ operation }) => operation === "setStockLevels").map(({ rows }) => rows)
})

describe("a number that the shop refuses", () => {
  it.effect("N40: is right at most two cycles after the shop takes it again, and nobody has to do anything", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* minute
      const { shop } = yield* ScriptedCart.Script
      yield* shop.refuse(World.candleListing.key, refusal)
      yield* candles(2)
      assert.strictEqual((yield* minute).publishes.rejected, 1)
      assert.deepStrictEqual(yield* codes, ["PUBLISH_REJECTED"])
      yield* shop.refuse(World.candleListing.key, null)
      yield* minute
      assert.deepStrictEqual([yield* shop.level(World.candleListing.key), yield* codes], [2, []])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is tried again in the next cycle, then ever more rarely; a change of the item ends the pause", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { shop } = yield* ScriptedCart.Script
      yield* shop.refuse(World.candleListing.key, refusal)
      const tries: Array<number> = []
      for (let cycle = 1; cycle <= 10; cycle++) if ((yield* minute).publishes.rejected > 0) tries.push(cycle)
      assert.deepStrictEqual(tries, [1, 2, 3, 5, 9])
      yield* candles(5)
      assert.strictEqual((yield* minute).publishes.rejected, 1)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("does not make the shop hear the accepted numbers of the same item again", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { shop } = yield* ScriptedCart.Script
      const { links, publications } = yield* Store
      const twin = { ...World.strangeListing, sku: "CANDLE" }
      yield* links.save([
        Link.make({ connectionId: World.connectionId, listing: twin, itemId: World.candle, tier: "manual" })
      ])
      yield* shop.refuse(twin.key, refusal)
      yield* publications.mark(World.connectionId, "all", true)
      yield* minute
      assert.deepStrictEqual(yield* sent, [4])
      yield* minute
      assert.deepStrictEqual(yield* sent, [4, 1])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("comes up at a reconciliation, as what it is", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* minute
      const { shop } = yield* ScriptedCart.Script
      yield* shop.refuse(World.candleListing.key, refusal)
      yield* candles(2)
      for (let cycle = 0; cycle < 6; cycle++) yield* minute
      yield* shop.refuse(World.candleListing.key, null)
      const { differences } = Option.getOrThrow(yield* Reconcile.run(World.connectionId))
      assert.deepStrictEqual(
        differences.map(({ verdict }) => verdict._tag),
        ["Refused"]
      )
      assert.deepStrictEqual([yield* shop.level(World.candleListing.key), yield* codes], [2, []])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a number that was not tried", () => {
  it.effect("keeps what was accepted beside it, and the run ends with what concerns everybody", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { faults } = yield* ScriptedCart.Script
      const { publications } = yield* Store
      let requests = 0
      yield* faults.plan(({ operation }) =>
        operation === "setStockLevels" && ++requests > 1
          ? { _tag: "FailBefore", reason: new Cart.Unauthorized({ detail: "401" }) }
          : null
      )
      const error = yield* Effect.flip(minute)
      assert.isTrue(error instanceof Cart.CartError && error.reason._tag === "Unauthorized")
      const told = yield* Stream.runCollect(publications.all(World.connectionId))
      assert.strictEqual(told.length, 1)
      assert.deepStrictEqual(yield* codes, [])
      yield* faults.clear
      assert.strictEqual((yield* minute).publishes.published, 2)
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer({ stockLevelsPerRequest: 1 })))
  )

  it.effect("keeps an issue that an earlier refusal has raised", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { shop, faults } = yield* ScriptedCart.Script
      yield* shop.refuse(World.candleListing.key, refusal)
      yield* minute
      yield* shop.refuse(World.candleListing.key, null)
      yield* faults.inject("setStockLevels", { _tag: "FailBefore", reason: ScriptedCart.unreachable })
      yield* Effect.flip(minute)
      assert.deepStrictEqual(yield* codes, ["PUBLISH_REJECTED"])
      yield* minute
      assert.deepStrictEqual(yield* codes, [])
    }).pipe(Effect.provide(World.layer()))
  )
})

const under = (confirm: Lease.HeldLease["confirm"]) =>
  Effect.provideService(Publish.run(World.connectionId), Lease.Lease, { token: "mine", confirm })

describe("a holder of the connection", () => {
  const lost = Effect.fail(new Lease.LeaseLost({ detail: "it was paused for too long" }))

  it.effect("that is late sends nothing, and every row stays owed", () =>
    Effect.gen(function* () {
      yield* World.open()
      const error = yield* Effect.flip(under(lost))
      assert.include(error.message, "paused")
      assert.deepStrictEqual([yield* sent, yield* World.shown], [[], [3, 3, 3]])
      yield* minute
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect(
    "that has sent and cannot confirm any more leaves the rows in doubt, to be sent again by the next one",
    () =>
      Effect.gen(function* () {
        yield* World.open()
        yield* minute
        yield* candles(2)
        const { publications } = yield* Store
        let asked = 0
        // Core asks before the call, the cart before its request; then somebody else has the connection.
        const error = yield* Effect.flip(
          under(Effect.suspend(() => (++asked <= 2 ? Effect.succeed(Duration.seconds(30)) : lost)))
        )
        assert.include(error.message, "paused")
        const [candle] = yield* publications.ofListings(World.connectionId, [World.candleListing.key])
        assert.strictEqual(candle?.inDoubt, true)
        assert.include(yield* marked, World.candle)
        yield* minute
        assert.deepStrictEqual(yield* sent, [3, 2, 2])
      }).pipe(Effect.provide(World.layer()))
  )

  it.effect("waits for no answer longer than its lease lasts", () =>
    Effect.gen(function* () {
      yield* World.open()
      const cart = yield* Cart.Cart
      const stuck = Cart.Cart.of({ ...cart, setStockLevels: () => Effect.never })
      const run = Effect.provideService(under(Effect.succeed(Duration.seconds(5))), Cart.Cart, stuck)
      const fiber = yield* Effect.forkChild(Effect.flip(run))
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(fiber)
      assert.include(error.message, "its time was up")
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a link that ends", () => {
  const unlink = Effect.gen(function* () {
    yield* World.open()
    yield* minute
    const { links } = yield* Store
    yield* links.remove(World.connectionId, [World.candleListing.key])
  })

  const timesTold = Effect.gen(function* () {
    const { issues } = yield* Store
    const open = yield* issues.open(World.connectionId, { after: null, limit: 100 })
    return open.find(({ issue }) => issue.code === "LINK_ENDED")?.times
  })

  it.effect("leaves its number, which a person is told of until it is dealt with", () =>
    Effect.gen(function* () {
      yield* unlink
      yield* minute
      const { links } = yield* Store
      assert.deepStrictEqual([yield* World.shown, yield* codes], [[20, 8, 8], ["LINK_ENDED"]])
      yield* links.settle(World.connectionId, [World.candleListing.key])
      yield* minute
      assert.deepStrictEqual(yield* codes, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is told once for as long as nothing changes, and again where the shop shows another number", () =>
    Effect.gen(function* () {
      yield* unlink
      yield* minute
      yield* minute
      yield* minute
      assert.strictEqual(yield* timesTold, 1)
      const { publications } = yield* Store
      const [last] = yield* publications.ofListings(World.connectionId, [World.candleListing.key])
      yield* publications.record(World.connectionId, [{ ...last!, quantity: 3 }], [])
      yield* minute
      yield* minute
      assert.strictEqual(yield* timesTold, 2)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is no matter any more when the listing is linked again", () =>
    Effect.gen(function* () {
      yield* unlink
      yield* minute
      const { links } = yield* Store
      const { candleListing: listing, connectionId, candle: itemId } = World
      yield* links.save([Link.make({ connectionId, listing, itemId, tier: "manual" })])
      yield* minute
      assert.deepStrictEqual(yield* codes, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is told to be zero once where the policy says so, and told until the shop has accepted that", () =>
    Effect.gen(function* () {
      yield* World.open(publishing({ whenLinkEnds: "zero" }))
      yield* minute
      const { links } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      yield* links.remove(World.connectionId, [World.candleListing.key])
      yield* shop.refuse(World.candleListing.key, refusal)
      yield* minute
      assert.deepStrictEqual([yield* World.shown, yield* codes], [[20, 8, 8], ["LINK_ENDED"]])
      yield* shop.refuse(World.candleListing.key, null)
      yield* minute
      assert.deepStrictEqual([yield* World.shown, yield* codes], [[0, 8, 8], []])
      const before = (yield* sent).length
      yield* minute
      assert.strictEqual((yield* sent).length, before)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is dealt with when the listing is gone, and its refusal with it", () =>
    Effect.gen(function* () {
      yield* World.open(publishing({ whenLinkEnds: "zero" }))
      yield* minute
      const { links } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      yield* shop.refuse(World.candleListing.key, refusal)
      yield* candles(2)
      yield* minute
      yield* shop.withdraw(World.candleListing.key)
      yield* shop.refuse(World.candleListing.key, null)
      yield* links.remove(World.connectionId, [World.candleListing.key])
      yield* minute
      assert.deepStrictEqual(yield* codes, [])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a link that ends and shows a number at two places", () => {
  const second = Connection.CartLocationId.make("2")
  const places: ScriptedCart.Settings["locations"] = [
    ...ScriptedCart.defaults.locations,
    { id: second, name: "Outlet", enabled: true, isDefault: false }
  ]
  const everywhere = places.map(({ id }) => ({ cartLocationId: id, locations: null }))

  it.effect("is settled once both have accepted zero, and only the open one is told until then", () =>
    Effect.gen(function* () {
      const { publishTo: _, ...rest } = World.connectionWith(publishing({ whenLinkEnds: "zero" }))
      yield* World.open({ ...rest, publishTo: [everywhere[0]!, { ...everywhere[1]!, locations: [World.main] }] })
      yield* minute
      const { links, publications } = yield* Store
      const cart = yield* Cart.Cart
      const { key } = World.candleListing
      yield* links.remove(World.connectionId, [key])
      const setStockLevels: Cart.Cart["Service"]["setStockLevels"] = (updates) =>
        Effect.map(cart.setStockLevels(updates), (verdicts) =>
          verdicts.map((verdict) =>
            verdict.update.cartLocationId === second
              ? {
                  _tag: "Rejected" as const,
                  update: verdict.update,
                  error: new Cart.CartError({ operation: "setStockLevels", reason: refusal })
                }
              : verdict
          )
        )
      const { publishes } = yield* Effect.provideService(minute, Cart.Cart, Cart.Cart.of({ ...cart, setStockLevels }))
      const told = yield* publications.ofListings(World.connectionId, [key])
      const known = Object.fromEntries(
        told.map(({ cartLocationId, quantity, inDoubt }) => [cartLocationId, { shows: quantity > 0, inDoubt }])
      )
      assert.deepStrictEqual([publishes.published, yield* codes], [1, ["LINK_ENDED"]])
      assert.deepStrictEqual(known, {
        [everywhere[0]!.cartLocationId]: { shows: false, inDoubt: undefined },
        [second]: { shows: true, inDoubt: true }
      })
      const before = (yield* sent).length
      yield* minute
      assert.deepStrictEqual([(yield* sent).slice(before), yield* codes], [[1], []])
    }).pipe(Effect.provide(World.layer({ locations: places })))
  )
})

describe("a run that deals with ended links", () => {
  const ending = Effect.gen(function* () {
    yield* World.open(publishing({ whenLinkEnds: "zero" }))
    yield* minute
    const { links } = yield* Store
    yield* links.remove(World.connectionId, [World.candleListing.key])
  })

  it.effect("counts the zeros that the shop has accepted, and lets them be heard before they are sent", () =>
    Effect.gen(function* () {
      yield* ending
      const heard: Array<readonly [number, number]> = []
      const store = yield* Store
      const { shop } = yield* ScriptedCart.Script
      yield* store.publications.record(World.connectionId, [], yield* store.publications.dirty(World.connectionId, 10))
      const { published } = yield* Publish.run(World.connectionId, Publish.careful, ({ updates }) =>
        Effect.flatMap(shop.level(World.candleListing.key), (level) =>
          Effect.sync(() => heard.push([updates.length, level ?? -1]))
        )
      )
      assert.deepStrictEqual([published, heard, yield* shop.level(World.candleListing.key)], [1, [[1, 20]], 0])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("ends with what concerns everybody, and the number stays told", () =>
    Effect.gen(function* () {
      yield* ending
      const { faults } = yield* ScriptedCart.Script
      yield* faults.inject("setStockLevels", { _tag: "FailBefore", reason: new Cart.Unauthorized({ detail: "401" }) })
      const error = yield* Effect.flip(minute)
      assert.include(error.message, "401")
      assert.deepStrictEqual(yield* codes, ["LINK_ENDED"])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("asks nothing else about a listing that is nobody's any more", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* minute
      const { links } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      yield* shop.refuse(World.candleListing.key, refusal)
      yield* candles(2)
      yield* minute
      assert.deepStrictEqual(yield* codes, ["PUBLISH_REJECTED"])
      yield* links.remove(World.connectionId, [World.candleListing.key])
      yield* minute
      assert.deepStrictEqual(yield* codes, ["LINK_ENDED"])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("leaves the number of a product to the variants that are still linked", () =>
    Effect.gen(function* () {
      yield* World.open(publishing({ whenLinkEnds: "zero" }))
      const { links } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      const { key: _, ...row } = World.candleListing
      const variant = (id: string) =>
        Listing.make({
          ...row,
          variantId: Listing.VariantId.make(id),
          productId: Listing.ProductId.make("9"),
          shape: "variant",
          siblings: 2
        })
      for (const id of ["red", "blue"]) {
        yield* shop.offer(variant(id), 1)
        yield* links.save([
          Link.make({ connectionId: World.connectionId, listing: variant(id), itemId: World.candle, tier: "manual" })
        ])
      }
      yield* minute
      yield* links.remove(World.connectionId, [variant("red").key])
      yield* minute
      assert.strictEqual(yield* shop.level(variant("blue").key), 20)
      assert.notInclude(yield* codes, "LINK_ENDED")
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("what is promised beyond what there is", () => {
  it.effect("is told with the orders that share the shortage, until there is enough", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* minute
      const { shop } = yield* ScriptedCart.Script
      const { issues } = yield* Store
      yield* shop.buy([{ key: World.candleListing.key, quantity: 5 }])
      yield* candles(2)
      yield* minute
      const open = yield* issues.open(World.connectionId, { after: null, limit: 10 })
      const oversold = open.find(({ issue }) => issue.code === "OVERSOLD")
      assert.match(oversold?.issue.message ?? "", /^Item candle is 3 short of what is promised: sale:\S+ \(5\)\.$/)
      yield* candles(6)
      yield* minute
      assert.deepStrictEqual(yield* codes, [])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a product whose stock is one number", () => {
  it.effect("is told about until all its variants sell the same, and then published once", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { items, links, stock } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      const hat = ItemId.ItemId.make("hat")
      yield* items.save([Item.make({ id: hat, kind: "inventory", sku: "HAT" })])
      yield* stock.count("hats", [{ itemId: hat, locationId: World.main, counted: Quantity.of(6) }])
      const { key: _, ...strange } = World.strangeListing
      const variant = (id: string) =>
        Listing.make({
          ...strange,
          productId: Listing.ProductId.make("9"),
          variantId: Listing.VariantId.make(id),
          shape: "variant",
          sku: `HAT-${id}`,
          siblings: 2
        })
      const linked = (id: string) =>
        Link.make({ connectionId: World.connectionId, listing: variant(id), itemId: hat, tier: "manual" })
      yield* shop.offer(variant("red"), 1)
      yield* shop.offer(variant("blue"), 1)
      yield* links.save([linked("red")])
      yield* minute
      assert.deepStrictEqual([yield* codes, yield* shop.level(variant("red").key)], [["TRACKING_LEVEL_MISMATCH"], 1])
      yield* links.save([linked("blue")])
      yield* minute
      assert.deepStrictEqual([yield* codes, yield* shop.level(variant("red").key)], [[], 6])
    }).pipe(Effect.provide(World.layer()))
  )
})
