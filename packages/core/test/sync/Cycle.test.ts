import { assert, describe, it } from "@effect/vitest"
import { Demand, Item, ItemId, Quantity, SyncPolicy } from "@stockport/core"
import { Rejected } from "@stockport/core/ports/Cart"
import { Store } from "@stockport/core/ports/Store"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Match from "@stockport/core/sync/Match"
import { ScriptedCart } from "@stockport/testing"
import { Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

const cycle = Effect.map(Cycle.run(World.connectionId), Option.getOrThrow)

describe("a cycle", () => {
  it.effect("publishes what is available: kits from their components, repairs left out", () =>
    Effect.gen(function* () {
      yield* World.open()
      const report = yield* cycle
      assert.strictEqual(report.publishes.published, 3)
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("imports before it publishes, so that what was sold is not given back", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* cycle
      const { shop } = yield* ScriptedCart.Script
      yield* shop.buy([{ key: World.giftSetListing.key, quantity: 3 }])
      yield* shop.buy([{ key: World.candleListing.key, quantity: 1 }])
      yield* TestClock.adjust("1 minute")
      const report = yield* cycle
      assert.strictEqual(report.imports.imported, 2)
      assert.deepStrictEqual(yield* World.shown, [13, 5, 5])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("changes nothing when nothing has changed", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { shop, calls } = yield* ScriptedCart.Script
      yield* cycle
      yield* shop.buy([{ key: World.candleListing.key, quantity: 2 }])
      yield* cycle
      const before = (yield* calls).filter(({ operation }) => operation === "setStockLevels").length
      const again = yield* cycle
      assert.strictEqual(again.imports.imported, 0)
      assert.strictEqual(again.publishes.published, 0)
      assert.strictEqual((yield* calls).filter(({ operation }) => operation === "setStockLevels").length, before)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("holds the stock of an unpaid order, and gives it back when the order is cancelled", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* cycle
      const { shop } = yield* ScriptedCart.Script
      const order = Option.getOrThrow(
        yield* shop.buy([{ key: World.candleListing.key, quantity: 3 }], "awaitingPayment")
      )
      const held = yield* cycle
      assert.deepStrictEqual(held.imports.held, { AWAITING_PAYMENT: 1 })
      assert.deepStrictEqual(yield* World.shown, [17, 8, 8])
      yield* shop.cancel(order.id)
      yield* TestClock.adjust("1 second")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("lets a shipment in the shop take the goods off the shelf, and leaves what is available as it was", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* cycle
      const { shop } = yield* ScriptedCart.Script
      const { stock } = yield* Store
      const order = Option.getOrThrow(yield* shop.buy([{ key: World.giftSetListing.key, quantity: 3 }]))
      yield* cycle
      yield* TestClock.adjust("1 minute")
      yield* shop.ship(order.id)
      yield* cycle
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [14, 5, 5])
      const { positions } = yield* stock.snapshot([World.candle])
      assert.deepStrictEqual(
        positions.map(({ onHand, salesOrders }) => [Quantity.format(onHand), Quantity.format(salesOrders)]),
        [["14", "0"]]
      )
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("lets an assembly's shortage lower what is published of its parts, where the policy says so", () =>
    Effect.gen(function* () {
      const { availability } = SyncPolicy.safe
      yield* World.open({
        policy: { ...SyncPolicy.safe, availability: { ...availability, assemblyShortfallDemand: true } }
      })
      yield* cycle
      const { items, stock } = yield* Store
      const table = Item.make({
        id: ItemId.ItemId.make("table"),
        kind: "assembly",
        sku: "TABLE",
        billOfMaterials: [{ itemId: World.candle, quantity: Quantity.of(4) }]
      })
      yield* items.save([table])
      yield* cycle
      const wanted = { lineId: "1", itemId: table.id, locationId: World.main, quantity: Quantity.of(3) }
      const source = Demand.DemandSource.make("sale:3-tables")
      yield* stock.setDemand([{ source, kind: "salesOrder", lines: [wanted], expiresAt: null }])
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [8, 8, 4])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("keeps back a first publication that would empty the shop, until somebody approves it", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { stock, issues } = yield* Store
      const none = [World.candle, World.box].map((itemId) => ({
        itemId,
        locationId: World.main,
        counted: Quantity.zero
      }))
      yield* stock.count("nothing left", none)
      const refused = yield* cycle
      assert.deepStrictEqual(refused.publishes.left, { MASS_ZERO: 3 })
      assert.deepStrictEqual(yield* World.shown, [3, 3, 3])
      const open = yield* issues.open(World.connectionId, { after: null, limit: 10 })
      assert.include(
        open.map(({ issue }) => issue.code),
        "MASS_ZERO"
      )
      yield* Cycle.run(World.connectionId, { publish: { approved: true, force: false } })
      assert.deepStrictEqual(yield* World.shown, [0, 0, 0])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("takes one new listing to zero by itself where that is a small part of the shop", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { items, stock } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      const goods = Array.from({ length: 6 }, (_, n) => World.good(`GOOD-${n}`))
      yield* items.save(goods.map(({ item }) => item))
      yield* stock.count(
        "goods",
        goods.map(({ item }) => ({ itemId: item.id, locationId: World.main, counted: Quantity.of(5) }))
      )
      for (const { listing } of goods) yield* shop.offer(listing, 5)
      yield* Match.apply({ id: World.connectionId }, yield* Match.plan(World.connectionId))
      yield* cycle
      const late = World.good("LATE")
      yield* items.save([late.item])
      yield* stock.count("late", [{ itemId: late.item.id, locationId: World.main, counted: Quantity.zero }])
      yield* shop.offer(late.listing, 5)
      yield* Match.apply({ id: World.connectionId }, yield* Match.plan(World.connectionId))
      const report = yield* cycle
      assert.strictEqual(report.publishes.published, 1)
      assert.strictEqual(yield* shop.level(late.listing.key), 0)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("says the number again after the shop has moved its own stock for an order", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* cycle
      const { shop } = yield* ScriptedCart.Script
      const order = Option.getOrThrow(yield* shop.buy([{ key: World.candleListing.key, quantity: 3 }]))
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [17, 8, 8])
      yield* TestClock.adjust("1 minute")
      // The shop takes the goods off its own number when they leave, and ours did not change by it.
      yield* shop.ship(order.id)
      assert.deepStrictEqual(yield* World.shown, [14, 8, 8])
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [17, 8, 8])
    }).pipe(Effect.provide(World.layer({ stockMoves: "atShipment" })))
  )

  it.effect("says the number again after an order that came and went between two looks", () =>
    Effect.gen(function* () {
      yield* World.open()
      yield* cycle
      const { shop } = yield* ScriptedCart.Script
      const order = Option.getOrThrow(yield* shop.buy([{ key: World.candleListing.key, quantity: 3 }]))
      yield* shop.cancel(order.id)
      assert.deepStrictEqual(yield* World.shown, [17, 8, 8])
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer({ stockFollowsRefunds: false })))
  )

  it.effect("says every number again when a connection is switched on after it was off", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const { connections } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      yield* cycle
      yield* connections.save({ ...connection, enabled: false })
      yield* shop.correct(World.boxListing.key, 1)
      yield* shop.buy([{ key: World.candleListing.key, quantity: 1 }])
      const off = yield* cycle
      assert.strictEqual(off.imports.read, 0)
      yield* connections.save(connection)
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [19, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("holds an order with an unknown line, reserves the rest, and imports it once the line is linked", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { issues } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      yield* cycle
      yield* shop.buy([
        { key: World.strangeListing.key, quantity: 1 },
        { key: World.boxListing.key, quantity: 2 }
      ])
      const held = yield* cycle
      assert.strictEqual(
        Object.values(held.imports.held).reduce((sum, count) => sum + count, 0),
        1
      )
      assert.deepStrictEqual(yield* World.shown, [20, 6, 6])
      const open = yield* issues.open(World.connectionId, { after: null, limit: 100 })
      assert.include(
        open.map(({ issue }) => issue.code),
        "ORDER_HELD"
      )
      yield* World.linkStrange
      const imported = yield* cycle
      assert.strictEqual(imported.imports.imported, 1)
      const after = yield* issues.open(World.connectionId, { after: null, limit: 100 })
      assert.notInclude(
        after.map(({ issue }) => issue.code),
        "ORDER_HELD"
      )
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("keeps a row's mark when the shop fails for now, and sends it in the next cycle", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { faults } = yield* ScriptedCart.Script
      yield* faults.inject("setStockLevels", { _tag: "FailBefore", reason: ScriptedCart.unreachable })
      const failed = yield* Effect.flip(cycle)
      assert.strictEqual(failed._tag, "CartError")
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("sends a number again when its first answer was lost", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { faults } = yield* ScriptedCart.Script
      yield* faults.inject("setStockLevels", { _tag: "FailAfter", reason: ScriptedCart.timedOut })
      yield* Effect.flip(cycle)
      const report = yield* cycle
      assert.strictEqual(report.publishes.published, 3)
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("raises an issue for a row that the shop refuses, and publishes the others", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { shop } = yield* ScriptedCart.Script
      const { issues } = yield* Store
      yield* shop.refuse(World.boxListing.key, new Rejected({ detail: "no such item", fields: {} }))
      const report = yield* cycle
      assert.strictEqual(report.publishes.published, 2)
      assert.strictEqual(report.publishes.rejected, 1)
      assert.deepStrictEqual(yield* World.shown, [20, 3, 8])
      const open = yield* issues.open(World.connectionId, { after: null, limit: 100 })
      assert.include(
        open.map(({ issue }) => issue.code),
        "PUBLISH_REJECTED"
      )
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("looks again for what arrived while it published", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { shop } = yield* ScriptedCart.Script
      yield* cycle
      const { stock } = yield* Store
      yield* stock.record([
        {
          key: "receipt",
          movements: [{ kind: "receipt", itemId: World.candle, locationId: World.store, quantity: Quantity.of(10) }]
        }
      ])
      const report = Option.getOrThrow(
        yield* Cycle.run(World.connectionId, {
          // A shopper buys between the plan and the write.
          onPlan: () => Effect.asVoid(shop.buy([{ key: World.candleListing.key, quantity: 1 }]))
        })
      )
      assert.isAbove(report.passes, 1)
      assert.isAtLeast(report.imports.imported, 1)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("does nothing for a connection that another one holds", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { connections } = yield* Store
      const inner = yield* connections.exclusively(World.connectionId, Cycle.run(World.connectionId))
      assert.deepStrictEqual(inner, Option.some(Option.none()))
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("publishes nothing for a disabled connection", () =>
    Effect.gen(function* () {
      yield* World.open({ enabled: false })
      const report = yield* cycle
      assert.strictEqual(report.publishes.published, 0)
      assert.deepStrictEqual(yield* World.shown, [3, 3, 3])
    }).pipe(Effect.provide(World.layer()))
  )
})
