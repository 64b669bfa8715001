import { assert, describe, it } from "@effect/vitest"
import { ConnectionId, Issue, Order, Quantity, Sale } from "@stockport/core"
import { Invalid, Store, StoreError } from "@stockport/core/ports/Store"
import * as Import from "@stockport/core/sync/Import"
import { ScriptedCart } from "@stockport/testing"
import { DateTime, Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

const buyCandles = Effect.fnUntraced(function* (quantity: number) {
  const { shop } = yield* ScriptedCart.Script
  yield* shop.correct(World.candleListing.key, 100)
  return Option.getOrThrow(yield* shop.buy([{ key: World.candleListing.key, quantity }]))
})

const unreadable = new Invalid({ field: "message", value: "\\u0000", expected: "text without NUL" })

const committed = Effect.gen(function* () {
  const { stock } = yield* Store
  const { positions } = yield* stock.snapshot([World.candle])
  return positions.map(({ salesOrders }) => Quantity.format(salesOrders)).filter((quantity) => quantity !== "0")
})

const issueCodes = Effect.gen(function* () {
  const { issues } = yield* Store
  const open = yield* issues.open(World.connectionId, { after: null, limit: 100 })
  return open.map(({ issue }) => issue.code).filter((code) => Issue.codesOf("import").includes(code))
})

describe("an import", () => {
  it.effect("imports each order once, however often its pages come and in whatever order", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { faults } = yield* ScriptedCart.Script
      for (let order = 0; order < 3; order++) yield* buyCandles(1)
      yield* faults.inject("orders", { _tag: "DuplicatePage", page: 0 }, { _tag: "ReorderPages" })
      const first = yield* Import.run(World.connectionId)
      const second = yield* Import.run(World.connectionId)
      assert.strictEqual(first.imported, 3)
      assert.strictEqual(second.imported, 0)
      assert.deepStrictEqual(yield* committed, ["3"])
    }).pipe(Effect.provide(World.layer({ pageSize: 1 })))
  )

  it.effect("keeps what was committed when the shop breaks off, and goes on from there", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { faults } = yield* ScriptedCart.Script
      for (let order = 0; order < 5; order++) {
        yield* buyCandles(1)
        yield* TestClock.adjust("1 minute")
      }
      yield* faults.inject("orders", { _tag: "BreakAtPage", page: 2, reason: ScriptedCart.unreachable })
      yield* Effect.flip(Import.run(World.connectionId))
      yield* Import.run(World.connectionId)
      assert.deepStrictEqual(yield* committed, ["5"])
    }).pipe(Effect.provide(World.layer({ pageSize: 1 })))
  )

  it.effect("lets the latest snapshot decide the demand, not the events", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { shop } = yield* ScriptedCart.Script
      const order = yield* buyCandles(5)
      yield* Import.run(World.connectionId)
      yield* TestClock.adjust("1 minute")
      yield* shop.refund(order.id, order.lines[0]!.id, 2)
      yield* Import.run(World.connectionId)
      assert.deepStrictEqual(yield* committed, ["3"])
      yield* TestClock.adjust("1 minute")
      yield* shop.cancel(order.id)
      yield* Import.run(World.connectionId)
      yield* Import.run(World.connectionId)
      assert.deepStrictEqual(yield* committed, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("takes one order that a notification names, and one that the shop twice does not know as deleted", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { shop } = yield* ScriptedCart.Script
      const order = yield* buyCandles(4)
      const report = yield* Import.one(World.connectionId, order.id)
      assert.strictEqual(report.imported, 1)
      assert.deepStrictEqual(yield* committed, ["4"])
      yield* shop.forget(order.id)
      yield* Import.one(World.connectionId, order.id)
      yield* Import.one(World.connectionId, order.id)
      assert.deepStrictEqual(yield* committed, ["4"])
      assert.deepStrictEqual(yield* issueCodes, ["ORDER_MISSING"])
      yield* TestClock.adjust("1 minute")
      yield* Import.run(World.connectionId)
      assert.deepStrictEqual(yield* committed, [])
      assert.deepStrictEqual(yield* issueCodes, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("never blocks on one order: what the store refuses is held under its reason, the rest goes through", () =>
    Effect.gen(function* () {
      yield* World.open()
      const store = yield* Store
      const refused = yield* buyCandles(1)
      const accepted = yield* buyCandles(2)
      const picky = Store.of({
        ...store,
        sales: {
          ...store.sales,
          save: (sales) =>
            sales.some(({ orderId, lines }) => orderId === refused.id && lines.length > 0)
              ? new StoreError({ operation: "sales.save", reason: unreadable })
              : store.sales.save(sales)
        }
      })
      const report = yield* Import.run(World.connectionId).pipe(Effect.provideService(Store, picky))
      assert.strictEqual(report.imported, 1)
      assert.deepStrictEqual(report.held, { NOT_WRITABLE: 1 })
      assert.deepStrictEqual(yield* committed, ["2"])
      const sales = yield* store.sales.ofOrders(World.connectionId, [refused.id, accepted.id])
      assert.deepStrictEqual(sales.map(({ state }) => state).sort(), ["held", "open"])
      const healed = yield* Import.run(World.connectionId)
      assert.strictEqual(healed.imported, 1)
      assert.deepStrictEqual(yield* committed, ["3"])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("gives two shops' equal numbers to the first, and holds the second until it can be told apart", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { sales } = yield* Store
      const order = yield* buyCandles(1)
      yield* Import.run(World.connectionId)
      const other = World.connectionWith({ id: ConnectionId.ConnectionId.make("other"), name: "Other" })
      yield* World.open(other)
      const held = yield* Import.run(other.id)
      assert.deepStrictEqual(held.held, { REFERENCE_CONFLICT: 1 })
      assert.deepStrictEqual(yield* committed, ["1"])
      const { connections } = yield* Store
      yield* connections.save({ ...other, referencePrefix: "B-" })
      yield* Import.run(other.id)
      const [sale] = yield* sales.ofOrders(other.id, [order.id])
      assert.strictEqual(sale?.number, Sale.ReferenceNumber.make(`B-${order.number}`))
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect(
    "takes nothing off the shelf for what was shipped before the stock was counted, and all that leaves later",
    () =>
      Effect.gen(function* () {
        yield* World.saveBusiness
        yield* World.offerListings
        const { shop } = yield* ScriptedCart.Script
        const { stock } = yield* Store
        const onHand = Effect.map(stock.snapshot([World.candle]), ({ positions }) =>
          positions.map((position) => Quantity.format(position.onHand)).join()
        )
        const shipped = yield* buyCandles(3)
        const open = yield* buyCandles(2)
        yield* shop.ship(shipped.id)
        yield* TestClock.adjust("1 day")
        yield* World.open({ openingBalanceAt: yield* DateTime.now })
        assert.strictEqual(yield* onHand, "20")
        const report = yield* Import.run(World.connectionId)
        assert.strictEqual(report.imported, 2)
        assert.strictEqual(yield* onHand, "20")
        assert.deepStrictEqual(yield* committed, ["2"])
        yield* TestClock.adjust("1 minute")
        yield* shop.ship(open.id)
        yield* Import.run(World.connectionId)
        yield* Import.run(World.connectionId)
        assert.strictEqual(yield* onHand, "18")
        assert.deepStrictEqual(yield* committed, [])
      }).pipe(Effect.provide(World.layer()))
  )

  it.effect("leaves orders alone that had left before the connection begins, until a back-fill asks for them", () =>
    Effect.gen(function* () {
      yield* World.saveBusiness
      yield* World.offerListings
      yield* buyCandles(1)
      yield* TestClock.adjust("1 day")
      yield* World.open({ importFrom: yield* DateTime.now })
      const { shop } = yield* ScriptedCart.Script
      const [old] = yield* shop.orders
      yield* shop.edit(Order.OrderId.make(old!.id), (order) => ({ ...order, status: "completed" }))
      const report = yield* Import.run(World.connectionId)
      assert.deepStrictEqual(report.skipped, { BEFORE_CUTOVER: 1 })
      assert.deepStrictEqual(yield* committed, [])
      const backfilled = yield* Import.backfill(World.connectionId, DateTime.makeUnsafe(0))
      assert.strictEqual(backfilled.imported, 1)
      yield* Import.backfill(World.connectionId, DateTime.makeUnsafe(0))
      yield* Import.run(World.connectionId)
      const { sales, stock } = yield* Store
      const [sale] = yield* sales.ofOrders(World.connectionId, [old!.id])
      assert.strictEqual(sale?.state, "closed")
      assert.deepStrictEqual(yield* committed, [])
      const { positions } = yield* stock.snapshot([World.candle])
      assert.strictEqual(positions[0]?.onHand, Quantity.of(20))
    }).pipe(Effect.provide(World.layer()))
  )
})
