import { assert, describe, it } from "@effect/vitest"
import { Connection } from "@stockport/core/domain/Connection"
import { keyOf } from "@stockport/core/domain/Listing"
import { openOf, Order } from "@stockport/core/domain/Order"
import * as Orders from "@stockport/testing/generators/Orders"
import { DateTime, Schema } from "effect"
import * as fc from "fast-check"

describe("generated orders", { timeout: 60_000 }, () => {
  it("are orders: they survive the way to the wire and back, whatever happens to them", () => {
    const codec = Schema.toCodecJson(Order)
    fc.assert(
      fc.property(Orders.history(), (history) => {
        for (const snapshot of history) {
          assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(snapshot)), snapshot)
        }
      }),
      { numRuns: 30 }
    )
  })

  it("have plausible quantities and times at every point of their history", () => {
    fc.assert(
      fc.property(Orders.history(), (history) => {
        for (const [index, snapshot] of history.entries()) {
          const before = history[index - 1]
          if (before !== undefined) assert.isTrue(DateTime.isLessThan(before.modifiedAt, snapshot.modifiedAt))
          assert.strictEqual(new Set(snapshot.lines.map(({ id }) => id)).size, snapshot.lines.length)
          for (const line of snapshot.lines) {
            assert.isAtMost(line.shipped, line.quantity)
            assert.isAtMost(line.refunded, line.quantity)
            assert.isAtLeast(openOf(line), 0)
          }
        }
      })
    )
  })

  it("are sold from listings that every catalogue links", () => {
    fc.assert(
      fc.property(Orders.catalogue, Orders.order, (catalogue, order) => {
        const { link, item, itemsBySku } = Orders.factsOf(catalogue)
        for (const { productId, variantId, sku } of order.lines) {
          if (productId === null) continue
          const found = link(keyOf(productId, variantId))
          assert.isNotNull(found === null ? null : item(found.itemId))
          assert.isAtMost(itemsBySku(sku).length, 1)
        }
      })
    )
  })

  it("are delivered in any order and number, the last snapshot at least once", () => {
    const delivery = Orders.history().chain((history) =>
      fc.record({ history: fc.constant(history), delivered: Orders.deliveries(history) })
    )
    fc.assert(
      fc.property(delivery, ({ history, delivered }) => {
        assert.include(delivered, history.at(-1)!)
        for (const snapshot of delivered) assert.include(history, snapshot)
      })
    )
    const lengths = new Set(fc.sample(delivery, { numRuns: 100, seed: 1 }).map(({ delivered }) => delivered.length))
    assert.isAbove(lengths.size, 3)
  })

  it("go through every kind of change, and reach every status", () => {
    const changes = fc.sample(Orders.change, { numRuns: 500, seed: 1 })
    const tags = new Set(changes.map(({ _tag }) => _tag))
    assert.sameMembers([...tags], ["Ship", "Refund", "Reorder", "Add", "Remove", "SetStatus", "Archive", "Delete"])
    const statuses = new Set(changes.flatMap((change) => (change._tag === "SetStatus" ? [change.status] : [])))
    assert.strictEqual(statuses.size, 15)
  })
})

describe("generated connections", { timeout: 60_000 }, () => {
  it("are connections: they survive the way to the database and back", () => {
    const codec = Schema.toCodecJson(Connection)
    fc.assert(
      fc.property(Orders.connection, (connection) => {
        assert.deepStrictEqual(Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(connection)), connection)
      }),
      { numRuns: 50 }
    )
  })
})
