import { assert, describe, it } from "@effect/vitest"
import { Order, Quantity, Text } from "@stockport/core"
import { Cart, isUnreadable, type Unreadable, unreadable } from "@stockport/core/ports/Cart"
import * as Border from "@stockport/core/sync/Border"
import { DateTime, Effect, Option, Stream } from "effect"
import * as World from "./World.ts"

const placedAt = DateTime.makeUnsafe("2026-03-01T08:00:00Z")

const line = Order.makeLine({
  id: Order.OrderLineId.make("1"),
  productId: World.candleListing.productId,
  variantId: World.candleListing.variantId,
  sku: "CANDLE",
  quantity: Quantity.of(2)
})

const order = Order.make({ id: Order.OrderId.make("100"), placedAt, lines: [line] })

const refused = (row: object): Unreadable => {
  const admitted = Border.admitOrder(row as Order.Order)
  assert.isTrue(isUnreadable(admitted), "was admitted")
  return admitted as Unreadable
}

describe("an order at the border", () => {
  it("comes in as it is when it can be kept", () => {
    assert.strictEqual(Border.admitOrder(order), order)
  })

  it("comes in with its text made writable", () => {
    const admitted = Border.admitOrder({ ...order, message: "thank\u0000 you" })
    assert.deepStrictEqual(admitted, { ...order, message: "thank\ufffd you" })
  })

  it.each([
    ["a negative quantity", { quantity: -100_000 }, "lines.0.quantity"],
    ["half of a hundred-thousandth", { quantity: 0.5 }, "lines.0.quantity"],
    ["an amount that is no number", { unitPrice: "about ten" }, "lines.0.unitPrice"]
  ])("is unreadable with %s, and what it may have sold is kept", (_, fields, path) => {
    const row = refused({ ...order, lines: [{ ...line, ...fields }] })
    assert.strictEqual(row.id, "100")
    assert.strictEqual(row.path, path)
    assert.deepStrictEqual(
      row.lines.map(({ productId, sku, quantity }) => ({ productId, sku, quantity })),
      [{ productId: line.productId, sku: "CANDLE", quantity: "quantity" in fields ? null : line.quantity }]
    )
  })

  it("is unreadable in a status that nobody knows", () => {
    const row = refused({ ...order, status: "onTheMoon" })
    assert.strictEqual(row.path, "status")
    assert.strictEqual(row.lines.length, 1)
  })

  it("is unreadable with no id where its id cannot be kept as it is", () => {
    assert.isNull(refused({ ...order, id: "1\u00000" }).id)
  })
})

describe("what is kept of an order that cannot be read", () => {
  it("are its dates, as far as they are dates", () => {
    const { placedAt: placed, modifiedAt } = refused({ ...order, status: "onTheMoon", modifiedAt: "yesterday" })
    assert.deepStrictEqual([placed, modifiedAt], [placedAt, null])
    assert.isNull(refused({ ...order, placedAt: "yesterday" }).placedAt)
  })

  it("are its lines, each as far as it can be read, and none where there is no list of them", () => {
    const lines = [{ ...line, id: 1, productId: 2, variantId: 3, sku: 4, quantity: "5" }]
    const nothing = { lineId: null, productId: null, variantId: null, sku: "", quantity: null }
    assert.deepStrictEqual(refused({ ...order, lines }).lines, [nothing])
    const { id, productId, variantId, sku, quantity } = line
    const { lines: kept } = refused({ ...order, status: "onTheMoon" })
    assert.deepStrictEqual(kept, [{ lineId: id, productId, variantId, sku, quantity }])
    assert.deepStrictEqual(refused({ ...order, lines: "none" }).lines, [])
  })

  it("is its id where that is a text that can be kept as it is, however long that may be", () => {
    const longest = "1".repeat(2 * Text.idLengthMax)
    const idOf = (id: unknown) => refused({ ...order, status: "onTheMoon", id }).id
    assert.deepStrictEqual([idOf(longest), idOf(`${longest}1`), idOf(""), idOf(7)], [longest, null, null, null])
    assert.deepInclude(refused({ ...order, id: "" }), { path: "id", expected: "an id that can be kept as it is" })
  })
})

const kindOf = (row: object) => ("what" in row ? "unreadable" : "readable")

const kinds = <A extends object, E>(rows: Stream.Stream<A, E, Cart>) =>
  Effect.map(Stream.runCollect(rows), (all) => [...all].map(kindOf))

describe("a shop at the border", () => {
  const bad = unreadable({ what: "level", id: "1", path: "onHand", expected: "a number" })
  const strange = { ...order, status: "onTheMoon" as Order.Order["status"] }
  const shop = Effect.map(Cart, (cart) =>
    Cart.of({
      ...cart,
      listings: Stream.make({ ...World.candleListing, tracking: "sometimes" as "none" }, World.boxListing),
      orders: () => Stream.make(strange, order),
      order: () => Effect.succeedSome(strange),
      stockLevels: (rows) => Stream.concat(Stream.make(bad), cart.stockLevels(rows))
    })
  )

  it.effect("lets each row in by itself, whatever was asked for", () =>
    Effect.gen(function* () {
      yield* World.offerListings
      const asked = Effect.gen(function* () {
        assert.deepStrictEqual(yield* kinds(Border.listings), ["unreadable", "readable"])
        const all = { _tag: "ModifiedSince", instant: placedAt } as const
        assert.deepStrictEqual(yield* kinds(Border.orders(all)), ["unreadable", "readable"])
        assert.strictEqual(kindOf(Option.getOrThrow(yield* Border.order(order.id))), "unreadable")
        const rows = yield* kinds(Border.stockLevelRows([World.candleListing]))
        assert.deepStrictEqual(rows, ["unreadable", "readable"])
        assert.deepStrictEqual(yield* kinds(Border.stockLevels([World.candleListing])), ["readable"])
      })
      yield* Effect.provideService(asked, Cart, yield* shop)
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a listing at the border", () => {
  it("comes in as it is when it can be kept", () => {
    assert.strictEqual(Border.admitListing(World.candleListing), World.candleListing)
  })

  it("is unreadable under its key with a tracking that nobody knows", () => {
    const admitted = Border.admitListing({ ...World.candleListing, tracking: "sometimes" as "none" })
    assert.isTrue(isUnreadable(admitted))
    assert.strictEqual((admitted as Unreadable).id, World.candleListing.key)
    assert.strictEqual((admitted as Unreadable).path, "tracking")
  })
})

describe("a row that the adapter could not read", () => {
  it("comes in with everything it quotes made writable and cut", () => {
    const row = unreadable({
      what: "order",
      id: "7",
      path: "status",
      expected: "a status",
      found: "x\u0000".repeat(500)
    })
    const admitted = Border.admitOrder(row) as Unreadable
    assert.strictEqual(admitted.id, "7")
    assert.isAtMost(admitted.found.length, Border.foundLengthMax)
    assert.isFalse(admitted.found.includes("\u0000"))
  })
})
