import { assert, describe, it } from "@effect/vitest"
import { Connection, ConnectionId, Publishing, SyncPolicy } from "@stockport/core"
import { Store } from "@stockport/core/ports/Store"
import * as Connect from "@stockport/core/sync/Connect"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Rehearsal from "@stockport/core/sync/Rehearsal"
import { ScriptedCart } from "@stockport/testing"
import { Effect, Option } from "effect"
import * as World from "./World.ts"

const outlet = Connection.CartLocationId.make("2")

const twoLocations = World.layer({
  locations: [...ScriptedCart.defaults.locations, { id: outlet, name: "Outlet", enabled: true, isDefault: false }]
})

const fedBy = (...locations: ReadonlyArray<typeof World.main>) =>
  Effect.flatMap(Store, ({ connections }) => connections.saveChannel({ ...World.channel, locations }))

const open = Effect.gen(function* () {
  const { issues } = yield* Store
  return (yield* issues.open(World.connectionId, { after: null, limit: 100 })).map(({ issue }) => issue.code)
})

const second = (referencePrefix: string, referenceSuffix: string) =>
  World.connectionWith({ id: ConnectionId.ConnectionId.make("second"), referencePrefix, referenceSuffix })

describe("connecting", () => {
  it.effect("N38: is refused where orders would be booked at a location that feeds nothing", () =>
    Effect.gen(function* () {
      yield* World.saveBusiness
      yield* World.offerListings
      yield* fedBy(World.store)
      const refused = yield* Effect.flip(Connect.connect(World.connectionWith()))
      assert.isTrue(refused instanceof Connect.ConnectionRefused && refused.field === "locationId")
      assert.include(refused.message, "these do: store.")
      const { connections } = yield* Store
      assert.isTrue(Option.isNone(yield* connections.get(World.connectionId)))
      const { warnings } = yield* Connect.connect(World.connectionWith({ locationId: World.store }))
      assert.deepStrictEqual(warnings, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("N38: what was connected before is warned, until its location feeds again", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* fedBy(World.store)
      const { warnings } = yield* Connect.connect(World.connectionWith())
      assert.deepStrictEqual(
        warnings.map(({ code }) => code),
        ["LOCATION_NOT_FEEDING"]
      )
      assert.include(yield* open, "LOCATION_NOT_FEEDING")
      yield* fedBy(World.store, World.main)
      yield* Connect.connect(World.connectionWith())
      assert.notInclude(yield* open, "LOCATION_NOT_FEEDING")
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("tells of a risky policy until it is another one", () =>
    Effect.gen(function* () {
      yield* World.open({ policy: SyncPolicy.sosV9 })
      assert.include(yield* open, "POLICY_RISKY")
      yield* Connect.connect(World.connectionWith())
      assert.notInclude(yield* open, "POLICY_RISKY")
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("proposes a prefix where the numbers would run into those of another connection", () =>
    Effect.gen(function* () {
      yield* World.open()
      const second = World.connectionWith({ id: ConnectionId.ConnectionId.make("second") })
      const { prefix, warnings } = yield* Connect.connect(second)
      assert.strictEqual(prefix, "SECO-")
      assert.deepStrictEqual(
        warnings.map(({ code }) => code),
        ["POLICY_RISKY"]
      )
      const better = yield* Connect.connect({ ...second, referencePrefix: prefix ?? "" })
      assert.deepStrictEqual([better.prefix, better.warnings], [null, []])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("proposes a prefix where an order would get a number that a sale has already", () =>
    Effect.gen(function* () {
      yield* World.open({ referencePrefix: "A-" })
      const { shop } = yield* ScriptedCart.Script
      const order = Option.getOrThrow(yield* shop.buy([{ key: World.candleListing.key, quantity: 1 }]))
      yield* Cycle.run(World.connectionId)
      const number = order.number
      // The same number, put together in another way.
      const { prefix } = yield* Connect.connect(second(`A-${number}`.slice(0, -number.length), ""))
      assert.strictEqual(prefix, "SECO-")
      // Its own sales are no reason.
      assert.isNull(
        (yield* Connect.connect(World.connectionWith({ referencePrefix: "A-", referenceSuffix: "x" }))).prefix
      )
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("names a location of the shop that sells and that nobody feeds", () =>
    Effect.gen(function* () {
      yield* World.saveBusiness
      yield* World.offerListings
      const { shop } = yield* ScriptedCart.Script
      yield* shop.correct(World.boxListing.key, 4, outlet)
      const { warnings } = yield* Connect.connect(World.connectionWith())
      assert.match(warnings[0]?.message ?? "", /^The shop's location 2 holds stock, but will receive no numbers/)
      assert.deepStrictEqual(yield* open, ["CART_LOCATION_HOLDS_STOCK"])
    }).pipe(Effect.provide(twoLocations))
  )

  it.effect("is silent about locations that hold nothing, or are fed", () =>
    Effect.gen(function* () {
      yield* World.saveBusiness
      yield* World.offerListings
      assert.deepStrictEqual((yield* Connect.connect(World.connectionWith())).warnings, [])
      const { shop } = yield* ScriptedCart.Script
      yield* shop.correct(World.boxListing.key, 4, outlet)
      const publishTo = [
        { cartLocationId: ScriptedCart.defaults.locations[0].id, locations: null },
        { cartLocationId: outlet, locations: null }
      ] as const
      const id = ConnectionId.ConnectionId.make("both")
      const { warnings } = yield* Connect.connect(World.connectionWith({ id, publishTo, referencePrefix: "B-" }))
      assert.deepStrictEqual(warnings, [])
    }).pipe(Effect.provide(twoLocations))
  )
})

describe("a plan of the first sync", () => {
  it.effect(
    "says which numbers would rise, which locations nobody feeds, and what collides; nothing of it is kept",
    () =>
      Effect.gen(function* () {
        yield* World.open({ id: ConnectionId.ConnectionId.make("first") })
        const { shop } = yield* ScriptedCart.Script
        yield* shop.correct(World.strangeListing.key, 9, outlet)
        yield* shop.correct(World.boxListing.key, 4, outlet)
        const plan = yield* Rehearsal.plan(World.connectionWith())
        assert.deepStrictEqual(
          Publishing.rises(plan).map(({ listing, shown, quantity }) => [listing.key, shown, quantity]),
          [
            [World.candleListing.key, 3, 20],
            [World.boxListing.key, 3, 8],
            [World.giftSetListing.key, 3, 8]
          ]
        )
        assert.deepStrictEqual(
          plan.warnings.map(({ code }) => code),
          ["POLICY_RISKY", "CART_LOCATION_HOLDS_STOCK"]
        )
        assert.include(plan.warnings[1]?.message ?? "", "stock of 1 linked listings")
        assert.strictEqual(plan.prefix, "SHOP-")
        assert.deepStrictEqual(yield* open, [])
      }).pipe(Effect.provide(twoLocations))
  )
})
