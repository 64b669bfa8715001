import { assert, describe, it } from "@effect/vitest"
import { recognise } from "@stockport/core/decide/LineIdentity"
import type { OrderLine } from "@stockport/core/domain/Order"
import * as Shop from "./Shop.ts"

const { context, deliver, line, order } = Shop

const known = (lines: ReadonlyArray<OrderLine>) => deliver([order(lines)], context()).known!

const beforeOf = (stored: ReadonlyArray<OrderLine>, lines: ReadonlyArray<OrderLine>) => {
  const { before } = recognise(order(lines), known(stored))
  return lines.map(({ id }): string | null => before.get(id)?.id ?? null)
}

const withoutIds = { productId: null, variantId: null }

describe("a line of a later snapshot", () => {
  it("is the one with its id, whatever its quantity", () => {
    assert.deepStrictEqual(beforeOf([line("1", "mug"), line("2", "mug")], [line("2", "mug", { quantity: 4 })]), ["2"])
  })

  it("under a new id is the one with its listing", () => {
    assert.deepStrictEqual(beforeOf([line("1", "mug"), line("2", "plate")], [line("9", "plate"), line("1", "mug")]), [
      "2",
      "1"
    ])
  })

  it("under a new id is rather the one of its quantity, and rather the one of its destination", () => {
    const two = [line("1", "mug", { quantity: 2 }), line("2", "mug", { quantity: 5 })]
    assert.deepStrictEqual(beforeOf(two, [line("8", "mug", { quantity: 5 }), line("9", "mug", { quantity: 3 })]), [
      "2",
      "1"
    ])
    const apart = [line("1", "mug", {}, { consignmentId: "a" }), line("2", "mug", {}, { consignmentId: "b" })]
    assert.deepStrictEqual(beforeOf(apart, [line("9", "mug", {}, { consignmentId: "b" })]), ["2"])
    assert.deepStrictEqual(beforeOf(apart, [line("9", "mug", {}, { consignmentId: "c" })]), ["1"])
  })

  it("that has lost its product's ids keeps them, and what kind of goods it is", () => {
    const { order: recognised } = recognise(
      order([line("1", "mug", {}, { ...withoutIds, goods: "custom" })]),
      known([line("1", "mug")])
    )
    assert.deepStrictEqual(recognised.lines, [line("1", "mug")])
  })

  it("that has lost its ids and its own id is the one with its SKU and name", () => {
    assert.deepStrictEqual(beforeOf([line("1", "plate"), line("2", "mug")], [line("9", "mug", {}, withoutIds)]), ["2"])
  })

  it("with the id of other goods is another line", () => {
    assert.deepStrictEqual(beforeOf([line("1", "mug")], [line("1", "plate")]), [null])
  })

  it("is each at most one of the stored ones, and a part of a bundle is no line of its own", () => {
    assert.deepStrictEqual(beforeOf([line("1", "mug")], [line("8", "mug"), line("9", "mug")]), ["1", null])
    const bundle = [line("1", "set"), line("2", "mug", {}, { parentLineId: line("1", "set").id })]
    assert.deepStrictEqual(beforeOf(bundle, [line("9", "mug")]), [null])
  })

  it("whose id stands twice is told apart, and both count", () => {
    const twice = order([line("1", "mug", { quantity: 2 }), line("1", "mug", { quantity: 3 })])
    const stored = deliver([twice, twice], context())
    assert.deepStrictEqual(
      stored.known?.lines.map(({ id }) => id),
      [line("1", "mug").id, line("1/2", "mug").id]
    )
    assert.strictEqual(Shop.committed(stored.demand), 5)
    assert.strictEqual(stored.known?.revision, 0)
  })
})
