import { assert, describe, it } from "@effect/vitest"
import { Order, Quantity } from "@stockport/core"
import { isUnreadable, type Unreadable, unreadable } from "@stockport/core/ports/Cart"
import * as Border from "@stockport/core/sync/Border"
import { DateTime } from "effect"
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
