/** What becomes of orders that the shop is asked for by themselves, long after it has told of them last. */
import { assert, describe, it } from "@effect/vitest"
import { Item, ItemId, Order, Quantity } from "@stockport/core"
import * as Intake from "@stockport/core/decide/Intake"
import * as Cart from "@stockport/core/ports/Cart"
import { LeaseLost } from "@stockport/core/ports/Lease"
import { Store } from "@stockport/core/ports/Store"
import * as Import from "@stockport/core/sync/Import"
import * as Revisit from "@stockport/core/sync/Revisit"
import { ScriptedCart } from "@stockport/testing"
import { DateTime, Effect, type Option } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

const { connectionId } = World
const world = { timeout: 20_000 }
const idOf = (id: string) => Order.OrderId.make(id)

const place = Effect.fnUntraced(function* (id: string, listing = World.candleListing) {
  const { shop } = yield* ScriptedCart.Script
  const { productId, variantId, sku } = listing
  const lineId = Order.OrderLineId.make("1")
  const line = Order.makeLine({ id: lineId, productId, variantId, sku, quantity: Quantity.of(1) })
  return yield* shop.place(Order.make({ id: idOf(id), placedAt: yield* DateTime.now, lines: [line] }))
})

const look = Effect.andThen(TestClock.adjust("1 minute"), Import.run(connectionId))

const stateOf = (id: string) =>
  Effect.flatMap(Store, ({ sales }) =>
    Effect.map(sales.ofOrders(connectionId, [idOf(id)]), ([sale]) => sale?.state ?? null)
  )

/** Which orders the shop has been asked for by themselves; `answer` may say something else than the shop. */
const asking = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  answer: (
    id: Order.OrderId
  ) => Effect.Effect<Option.Option<Order.Order | Cart.Unreadable>, Cart.CartError> | null = () => null
) =>
  Effect.gen(function* () {
    const cart = yield* Cart.Cart
    const asked: Array<string> = []
    const heard = Cart.Cart.of({
      ...cart,
      order: (id) => {
        asked.push(id)
        return answer(id) ?? cart.order(id)
      }
    })
    yield* Effect.provideService(effect, Cart.Cart, heard)
    return asked.sort()
  })

const failing = (reason: Cart.CartErrorReason) => (id: Order.OrderId) =>
  id === "1" ? Effect.fail(new Cart.CartError({ operation: "order", reason })) : null

/** Three open orders of which the shop has said nothing for half a day, and one that it has just told. */
const unheardOf = Effect.gen(function* () {
  yield* TestClock.setTime(Date.parse("2026-03-01T08:00:00Z"))
  yield* World.open()
  for (const id of ["1", "2", "3"]) yield* place(id)
  yield* look
  yield* TestClock.adjust("13 hours")
  yield* place("told")
})

describe("orders that were not heard of for hours", world, () => {
  it.effect("are asked for by themselves, each of them once", () =>
    Effect.gen(function* () {
      yield* unheardOf
      // The reading before the cursor has moved still tells them.
      assert.deepStrictEqual(yield* asking(look), [])
      yield* TestClock.adjust("13 hours")
      assert.deepStrictEqual(yield* asking(look), ["1", "2", "3"])
      assert.deepStrictEqual(yield* asking(look), [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("wait for the next import where the shop is away, and no other one is asked for before", () =>
    Effect.gen(function* () {
      yield* unheardOf
      yield* look
      yield* TestClock.adjust("13 hours")
      const away = new Cart.CartError({ operation: "order", reason: ScriptedCart.unreachable })
      assert.strictEqual((yield* asking(look, () => Effect.fail(away))).length, 1)
      assert.deepStrictEqual(yield* asking(look), ["1", "2", "3"])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect.each([
    new Cart.Undecodable({ path: "", detail: "no order", excerpt: "<html>" }),
    new Cart.Rejected({ detail: "no", fields: {} }),
    new Cart.Conflict({ detail: "no" }),
    new Cart.TooLarge({ detail: "no" }),
    new Cart.NotFound({ detail: "no such page" })
  ])(
    "and are refused by themselves keep no other one from being asked for, and are asked for an hour later",
    (reason) =>
      Effect.gen(function* () {
        yield* unheardOf
        yield* look
        yield* TestClock.adjust("13 hours")
        assert.deepStrictEqual(yield* asking(look, failing(reason)), ["1", "2", "3"])
        assert.deepStrictEqual(yield* asking(look), [])
        yield* TestClock.adjust("50 minutes")
        assert.deepStrictEqual(yield* asking(look), [])
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(yield* asking(look), ["1"])
        assert.strictEqual(yield* stateOf("1"), "open")
      }).pipe(Effect.provide(World.layer()))
  )

  it.effect.each([new Cart.Unauthorized({ detail: "no" }), new LeaseLost({ detail: "gone" })])(
    "end the import where nobody may ask any more",
    (reason) =>
      Effect.gen(function* () {
        yield* unheardOf
        yield* look
        yield* TestClock.adjust("13 hours")
        const error = yield* Effect.flip(asking(look, failing(reason)))
        assert.strictEqual(error._tag === "CartError" ? error.reason._tag : error._tag, reason._tag)
      }).pipe(Effect.provide(World.layer()))
  )

  it.effect("stay as they are where the answer does not say which order it is, and are asked for later", () =>
    Effect.gen(function* () {
      yield* unheardOf
      yield* look
      yield* TestClock.adjust("13 hours")
      const nameless = Cart.unreadable({ what: "order", id: null, path: "", expected: "an order" })
      const asked = yield* asking(look, (id) => (id === "1" ? Effect.succeedSome(nameless) : null))
      assert.deepStrictEqual([asked, yield* stateOf("1")], [["1", "2", "3"], "open"])
      assert.deepStrictEqual(yield* asking(look), [])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("an order that a person wants to have again", world, () => {
  it.effect("is asked for in the next import, however long ago the shop has told of it", () =>
    Effect.gen(function* () {
      yield* unheardOf
      yield* look
      const { sales, stock } = yield* Store
      const [sale] = yield* sales.ofOrders(connectionId, [idOf("1")])
      const removed = Intake.remove(sale!)
      yield* sales.save([removed.sale])
      yield* stock.setDemand([removed.demand])
      assert.deepStrictEqual([yield* asking(look), yield* stateOf("1")], [[], "deleted"])
      yield* sales.save([Intake.reimport((yield* sales.ofOrders(connectionId, [idOf("1")]))[0]!)])
      assert.deepStrictEqual([yield* asking(look), yield* stateOf("1")], [["1"], "open"])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("held orders, more than a page of them", world, () => {
  it.effect("are all decided again", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(Date.parse("2026-03-01T08:00:00Z"))
      yield* World.open()
      for (let id = 0; id <= Revisit.heldPerPage; id++) yield* place(String(id), World.strangeListing)
      yield* look
      yield* TestClock.adjust("1 hour")
      yield* place("told")
      yield* look
      const { items } = yield* Store
      const strange = ItemId.ItemId.make("strange")
      yield* items.save([Item.make({ id: strange, kind: "inventory", sku: World.strangeListing.sku })])
      const { imported, read } = yield* look
      assert.deepStrictEqual([imported, read], [Revisit.heldPerPage + 1, 1])
    }).pipe(Effect.provide(World.layer()))
  )
})
