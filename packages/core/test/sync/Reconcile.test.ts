import { assert, describe, it } from "@effect/vitest"
import { Connection } from "@stockport/core"
import { Store } from "@stockport/core/ports/Store"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Reconcile from "@stockport/core/sync/Reconcile"
import { ScriptedCart } from "@stockport/testing"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

const elsewhere = Connection.CartLocationId.make("2")

const reconcile = Effect.map(Reconcile.run(World.connectionId), Option.getOrThrow)

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
    }).pipe(
      Effect.provide(
        World.layer({
          locations: [
            ...ScriptedCart.defaults.locations,
            { id: elsewhere, name: "Outlet", enabled: true, isDefault: false }
          ]
        })
      )
    )
  )
})
