/**
 * Sales that are to be looked at again: because somebody says so, or because what they were decided by has changed.
 */
import { assert } from "@effect/vitest"
import type { Connection } from "@stockport/core/domain/Connection"
import { ListingKey } from "@stockport/core/domain/Listing"
import { OrderId } from "@stockport/core/domain/Order"
import { of } from "@stockport/core/domain/Quantity"
import type { Sale } from "@stockport/core/domain/Sale"
import { Store } from "@stockport/core/ports/Store"
import { DateTime, Effect } from "effect"
import { box, candle, closedShop, linkOf, open, saleOf, shop } from "./Fixture.ts"
import { type Law, law } from "./Law.ts"

const link = linkOf(candle, "p-candle")
const key = link.listing.key
const orderId = (text: string) => OrderId.make(text)
const states = ["open", "closed", "cancelled", "held", "skipped", "deleted"] as const

/** One sale of each state, named by it, all with a line on the same listing. */
const oneOfEach = states.map((state): Sale => ({ ...saleOf(state, null), state }))

const dueIds = (connection: Connection = shop) =>
  Effect.gen(function* () {
    const store = yield* Store
    const due = yield* store.sales.due(connection.id, DateTime.add(yield* DateTime.now, { minutes: 1 }), 100)
    return due.map((sale) => String(sale.orderId)).sort()
  })

/** The laws of looking at sales again. */
export const looks: ReadonlyArray<Law> = [
  law("sales are due when their time has come, the longest due first, as many as are asked for", function* (store) {
    yield* open
    const now = yield* DateTime.now
    const at = (minutes: number) => DateTime.add(now, { minutes })
    yield* store.sales.save([
      { ...saleOf("1", null), lookAt: at(10) },
      { ...saleOf("2", null), lookAt: at(5) },
      { ...saleOf("3", null), lookAt: null },
      { ...saleOf("4", null), lookAt: at(20) },
      saleOf("5", null),
      { ...saleOf("6", null, closedShop), lookAt: at(1) }
    ])
    const idsAt = (minutes: number, limit = 10) =>
      Effect.map(store.sales.due(shop.id, at(minutes), limit), (due) => due.map((sale) => String(sale.orderId)))
    assert.deepStrictEqual(yield* idsAt(4), [])
    assert.deepStrictEqual(yield* idsAt(5), ["2"])
    assert.deepStrictEqual(yield* idsAt(60), ["2", "1", "4"])
    assert.deepStrictEqual(yield* idsAt(60, 2), ["2", "1"])
  }),

  law("when a sale is looked at comes back with it, and none is left out", function* (store) {
    yield* open
    const soon = DateTime.add(yield* DateTime.now, { minutes: 10 })
    yield* store.sales.save([
      { ...saleOf("1", null), lookAt: soon },
      { ...saleOf("2", null), lookAt: null }
    ])
    const [first] = yield* store.sales.ofOrders(shop.id, [orderId("1")])
    assert.isTrue(first?.lookAt != null && DateTime.Equivalence(first.lookAt, soon))
    assert.notProperty((yield* store.sales.ofOrders(shop.id, [orderId("2")]))[0], "lookAt")
    yield* store.sales.save([{ ...saleOf("1", null), revision: 1 }])
    assert.notProperty((yield* store.sales.ofOrders(shop.id, [orderId("1")]))[0], "lookAt")
  }),

  law("a look can be set and taken back, and makes no new revision", function* (store) {
    yield* open
    yield* store.sales.save([saleOf("1", null), saleOf("2", null)])
    const now = yield* DateTime.now
    yield* store.sales.look(shop.id, [
      { orderId: orderId("1"), at: now },
      { orderId: orderId("2"), at: now },
      { orderId: orderId("nothing"), at: now }
    ])
    assert.deepStrictEqual(yield* dueIds(), ["1", "2"])
    yield* store.sales.look(shop.id, [{ orderId: orderId("1"), at: null }])
    assert.deepStrictEqual(yield* dueIds(), ["2"])
    const [sale] = yield* store.sales.ofOrders(shop.id, [orderId("2")])
    assert.strictEqual(sale?.revision, 0)
  }),

  law("what a person has answered, and what was found out about a line, comes back with the sale", function* (store) {
    yield* open
    const answer = {
      code: "REFUND_AMBIGUOUS",
      lineId: null,
      answer: "freed",
      at: DateTime.makeUnsafe("2026-03-01T00:00:00Z"),
      by: "Ann",
      about: { refunded: "2" }
    }
    const sale = saleOf("1", null)
    const found = { freed: of("0.5"), soldAs: { itemId: box.id, unitsPerListing: of(2) } }
    const told = { ...sale, answers: [answer], lines: sale.lines.map((line) => ({ ...line, ...found })) }
    yield* store.sales.save([told])
    assert.deepStrictEqual(yield* store.sales.ofOrders(shop.id, [sale.orderId]), [told])
  }),

  law(
    "another item or pack makes the open and held sales of its listing due, and nothing else does",
    function* (store) {
      yield* open
      yield* store.links.save([link])
      yield* store.sales.save(oneOfEach)
      yield* store.links.save([{ ...link, matchedSku: "OTHER", publishing: false }, linkOf(box, "p-box")])
      assert.deepStrictEqual(yield* dueIds(), [])
      yield* store.links.save([{ ...link, itemId: box.id }])
      assert.deepStrictEqual(yield* dueIds(), ["held", "open"])
      yield* store.sales.look(
        shop.id,
        oneOfEach.map((sale) => ({ orderId: sale.orderId, at: null }))
      )
      yield* store.links.save([{ ...link, itemId: box.id, unitsPerListing: of(2) }])
      assert.deepStrictEqual(yield* dueIds(), ["held", "open"])
    }
  ),

  law("a new link makes them due, also one that was there before and had ended", function* (store) {
    yield* open
    yield* store.sales.save(oneOfEach)
    yield* store.links.save([linkOf(candle, "p-candle", closedShop)])
    assert.deepStrictEqual(yield* dueIds(), [])
    yield* store.links.save([link])
    assert.deepStrictEqual(yield* dueIds(), ["held", "open"])
  }),

  law(
    "a sale is found by what its order's lines were sold as, also where no line of its own was made",
    function* (store) {
      yield* open
      yield* store.sales.save([{ ...saleOf("1", null), state: "held", lines: [] }])
      yield* store.links.save([link])
      assert.deepStrictEqual(yield* dueIds(), ["1"])
    }
  ),

  law("a new exclusion makes them due, the same one again does not; lifting it does", function* (store) {
    yield* open
    yield* store.sales.save(oneOfEach)
    const quiet = store.sales.look(
      shop.id,
      oneOfEach.map((sale) => ({ orderId: sale.orderId, at: null }))
    )
    yield* store.links.exclude([{ connectionId: shop.id, key, reason: "one" }])
    assert.deepStrictEqual(yield* dueIds(), ["held", "open"])
    yield* quiet
    yield* store.links.exclude([{ connectionId: shop.id, key, reason: "two" }])
    assert.deepStrictEqual(yield* dueIds(), [])
    yield* store.links.include(shop.id, [ListingKey.make("nothing")])
    assert.deepStrictEqual(yield* dueIds(), [])
    yield* store.links.include(shop.id, [key])
    assert.deepStrictEqual(yield* dueIds(), ["held", "open"])
  }),

  law("what is due already keeps its place", function* (store) {
    yield* open
    const now = yield* DateTime.now
    const long = DateTime.subtract(now, { hours: 1 })
    yield* store.sales.save([
      { ...saleOf("1", null), lookAt: DateTime.add(now, { hours: 1 }) },
      { ...saleOf("2", null), lookAt: long }
    ])
    yield* store.links.save([link])
    const due = yield* store.sales.due(shop.id, DateTime.add(now, { minutes: 1 }), 10)
    assert.deepStrictEqual(
      due.map((sale) => String(sale.orderId)),
      ["2", "1"]
    )
  }),

  law(
    "another intake policy, another first day or another word on the backlog makes skipped sales due",
    function* (store) {
      yield* open
      yield* store.sales.save(oneOfEach)
      const quiet = store.sales.look(
        shop.id,
        oneOfEach.map((sale) => ({ orderId: sale.orderId, at: null }))
      )
      yield* store.connections.save({ ...shop, name: "Another name" })
      assert.deepStrictEqual(yield* dueIds(), [])
      const changes: ReadonlyArray<Connection> = [
        { ...shop, backlog: "leave" },
        { ...shop, importFrom: DateTime.makeUnsafe("2026-01-02T00:00:00Z") },
        { ...shop, policy: { ...shop.policy, intake: { ...shop.policy.intake, ...otherIntake(shop) } } }
      ]
      for (const change of changes) {
        yield* store.connections.save(change)
        assert.deepStrictEqual(yield* dueIds(), ["skipped"])
        yield* quiet
        yield* store.connections.save(shop)
        yield* quiet
      }
    }
  )
]

const otherIntake = ({ policy }: Connection): Partial<Connection["policy"]["intake"]> => ({
  importStatuses: policy.intake.importStatuses.slice(1)
})
