import { assert, describe, it } from "@effect/vitest"
import { grownFloat64, grownInt32, PositionTable } from "@stockport/core/decide/PositionTable"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import * as Position from "@stockport/core/domain/Position"
import * as Quantity from "@stockport/core/domain/Quantity"

const terms = (amounts: Partial<Record<keyof Position.PositionTerms, number>>): Position.PositionTerms =>
  Position.make({
    itemId: ItemId.make("A"),
    locationId: LocationId.make("Main"),
    ...Object.fromEntries(Object.entries(amounts).map(([term, amount]) => [term, Quantity.of(amount)]))
  })

const rank = [2, 0, 1]

const locationsOf = (table: PositionTable, item: number) => {
  const locations: Array<number> = []
  for (let row = table.first(item); row !== -1; row = table.next(row)) locations.push(table.location(row))
  return locations
}

describe("a table of positions", () => {
  it("lists an item's rows in order of rank, each location once, whatever order they came in", () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2, 0, 1]
    ]) {
      const table = new PositionTable()
      table.reserve(2, 0)
      for (const location of order) {
        const row = table.rowAt(1, location, rank)
        assert.strictEqual(table.location(row), location)
        assert.strictEqual(table.rowAt(1, location, rank), row)
      }
      assert.deepStrictEqual(locationsOf(table, 1), [1, 2, 0])
      assert.deepStrictEqual(locationsOf(table, 0), [])
      assert.strictEqual(table.size, 3)
    }
  })

  it("makes room for an item that it has not heard of, and has no rows of one beyond", () => {
    const table = new PositionTable()
    table.rowAt(5, 0, rank)
    assert.deepStrictEqual(locationsOf(table, 5), [0])
    assert.strictEqual(table.first(6), -1)
    assert.strictEqual(table.first(4), -1)
  })

  it("keeps what it holds while it grows", () => {
    const table = new PositionTable()
    const items = 300
    table.reserve(items, 0)
    for (let item = 0; item < items; item++) {
      const row = table.rowAt(item, item % 3, rank)
      table.set(row, terms(item === 200 ? { onHand: item, incoming: 7 } : { onHand: item }))
      table.setShare(row, item * 2)
    }
    for (let item = 0; item < items; item++) {
      const row = table.first(item)
      assert.deepStrictEqual([table.item[row], table.location(row), table.share(row)], [item, item % 3, item * 2])
      assert.strictEqual(table.columns[0]![row], item * Quantity.scale)
      assert.strictEqual(table.columns[1]![row], item === 200 ? 7 * Quantity.scale : 0)
    }
    assert.strictEqual(table.item.length, 512)
  })

  it("has a column for a term only from the first position that uses it, and forgets what was there before", () => {
    const table = new PositionTable()
    table.reserve(1, 1)
    const row = table.rowAt(0, 0, rank)
    table.set(row, terms({}))
    assert.isTrue(table.columns.every((column) => column === null))
    table.set(row, terms({ onHand: 3 }))
    assert.strictEqual(table.columns[0]![row], 3 * Quantity.scale)
    assert.strictEqual(table.columns.filter((column) => column !== null).length, 1)
    table.set(row, terms({}))
    assert.strictEqual(table.columns[0]![row], 0)
  })

  it("tells its bytes: 20 for each row and 8 for each term in use, 4 for each item", () => {
    const table = new PositionTable()
    assert.strictEqual(table.bytes, 0)
    table.reserve(3, 10)
    assert.strictEqual(table.bytes, 3 * 4 + 10 * 20)
    table.set(table.rowAt(0, 0, rank), terms({ onHand: 1, softHolds: 1 }))
    assert.strictEqual(table.bytes, 3 * 4 + 10 * (20 + 16))
  })

  it("does not move for room that it has", () => {
    const table = new PositionTable()
    table.reserve(3, 10)
    const rows = table.item
    table.reserve(3, 10)
    table.reserve(1, 1)
    for (let item = 0; item < 10; item++)
      table.rowAt(
        item % 3,
        item,
        Array.from({ length: 10 }, (_, at) => at)
      )
    assert.strictEqual(table.item, rows)
    table.rowAt(
      0,
      10,
      Array.from({ length: 11 }, (_, at) => at)
    )
    assert.strictEqual(table.item.length, 64)
  })

  it("grows columns by copying, and gives back one that is long enough", () => {
    const ints = Int32Array.from([1, 2])
    assert.strictEqual(grownInt32(ints, 2, -1), ints)
    assert.deepStrictEqual(Array.from(grownInt32(ints, 4, -1)), [1, 2, -1, -1])
    assert.deepStrictEqual(Array.from(grownInt32(ints, 3, 0)), [1, 2, 0])
    const floats = Float64Array.from([0.5])
    assert.strictEqual(grownFloat64(floats, 1), floats)
    assert.strictEqual(grownFloat64(floats, 0), floats)
    assert.deepStrictEqual(Array.from(grownFloat64(floats, 2)), [0.5, 0])
  })
})
