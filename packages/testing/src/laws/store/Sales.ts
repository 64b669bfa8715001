/**
 * One sale per order, each change under the next revision, each number with one owner.
 */
import { assert } from "@effect/vitest"
import { OrderId } from "@stockport/core/domain/Order"
import { of } from "@stockport/core/domain/Quantity"
import { ReferenceNumber, type Sale, SaleId } from "@stockport/core/domain/Sale"
import { Effect, Option } from "effect"
import { candle, closedShop, demand, line, main, open, saleOf, shelf, shop, termOf } from "./Fixture.ts"
import { type Law, law, refused } from "./Law.ts"

const ids = (sales: ReadonlyArray<Sale>) => sales.map(({ id }) => id).sort()

/** The laws of `sales`. */
export const saleLaws: ReadonlyArray<Law> = [
  law("a sale comes back as it was saved, order and all", function* (store) {
    yield* open
    const sale: Sale = {
      ...saleOf("1001", "BC-1001"),
      reasons: [{ code: "NO_LINK", message: "a line has no item" }],
      type: "salesReceipt"
    }
    yield* store.sales.save([sale])
    assert.deepStrictEqual(yield* store.sales.get(sale.id), Option.some(sale))
    assert.deepStrictEqual(yield* store.sales.get(SaleId.make("nothing")), Option.none())
  }),

  law("a sale's line may be committed at several locations", function* (store) {
    yield* open
    const sale = saleOf("1001", "BC-1001")
    const sources = [main, shelf].map(({ id }, at) => ({ locationId: id, quantity: of(at + 1) }))
    const apart: Sale = { ...sale, lines: sale.lines.map((each) => ({ ...each, sources })) }
    yield* store.sales.save([apart])
    assert.deepStrictEqual(yield* store.sales.get(sale.id), Option.some(apart))
  }),

  law("sales are found by their orders, within their connection", function* (store) {
    yield* open
    const [first, second] = [saleOf("1001", "1001"), saleOf("1002", "1002")]
    const elsewhere = saleOf("1001", "C-1001", closedShop)
    yield* store.sales.save([first, second, elsewhere])
    const orderIds = [OrderId.make("1001"), OrderId.make("9999")]
    assert.deepStrictEqual(yield* store.sales.ofOrders(shop.id, orderIds), [first])
    assert.deepStrictEqual(yield* store.sales.ofOrders(closedShop.id, orderIds), [elsewhere])
  }),

  law("a sale is replaced by its next revision", function* (store) {
    yield* open
    const sale = saleOf("1001", "1001")
    yield* store.sales.save([sale])
    const next: Sale = { ...sale, state: "cancelled", lines: [], revision: 1 }
    yield* store.sales.save([next])
    assert.deepStrictEqual(yield* store.sales.get(sale.id), Option.some(next))
  }),

  law("a sale that has changed since it was read is not overwritten", function* (store) {
    yield* open
    const sale = saleOf("1001", "1001")
    yield* store.sales.save([sale])
    const next: Sale = { ...sale, state: "closed", revision: 1 }
    yield* store.sales.save([next])
    const reason = yield* refused(store.sales.save([{ ...sale, state: "cancelled", revision: 1 }]), "Changed")
    assert.strictEqual(reason.id, sale.id)
    yield* refused(store.sales.save([{ ...sale, revision: 0 }]), "Changed")
    yield* refused(store.sales.save([{ ...sale, revision: 3 }]), "Changed")
    assert.deepStrictEqual(yield* store.sales.get(sale.id), Option.some(next))
  }),

  law("a sale begins with revision 0", function* (store) {
    yield* open
    yield* refused(store.sales.save([{ ...saleOf("1001", "1001"), revision: 1 }]), "Changed")
  }),

  law("a number belongs to one sale, whatever its case and connection", function* (store) {
    yield* open
    const owner = saleOf("1001", "b-100")
    yield* store.sales.save([owner])
    const reason = yield* refused(store.sales.save([saleOf("100", "B-100", closedShop)]), "Taken")
    assert.deepInclude(reason, { field: "number", by: owner.id })
    yield* refused(store.sales.save([saleOf("2001", "2001"), saleOf("2002", "b-100")]), "Taken")
    assert.deepStrictEqual(yield* store.sales.ofOrders(shop.id, [OrderId.make("2001")]), [])
    yield* refused(store.sales.save([saleOf("2001", "same"), saleOf("2002", "SAME")]), "Taken")
  }),

  law("any number of sales may wait without a number", function* (store) {
    yield* open
    const held = [saleOf("1", null), saleOf("2", null)].map((sale): Sale => ({ ...sale, state: "held" }))
    yield* store.sales.save(held)
    assert.deepStrictEqual(ids(yield* store.sales.list(shop.id, ["held"], { after: null, limit: 10 })), ids(held))
  }),

  law("the owners of numbers are found without regard to case, and a given-up number has none", function* (store) {
    yield* open
    const sale = saleOf("1001", "Ab-1")
    yield* store.sales.save([sale])
    const [owner] = yield* store.sales.numberOwners(["aB-1", "nobody's"])
    assert.deepStrictEqual(owner, { number: ReferenceNumber.make("Ab-1"), saleId: sale.id })
    yield* store.sales.save([{ ...sale, number: ReferenceNumber.make("Other"), revision: 1 }])
    assert.deepStrictEqual(yield* store.sales.numberOwners(["ab-1"]), [])
    yield* store.sales.save([saleOf("1002", "AB-1")])
  }),

  law("sales are listed by state in pages that give each one once, whatever its id looks like", function* (store) {
    yield* open
    const orderIds = ["9", "10", "a b", "A-b", "ä", "_", "11", "100", "é'"]
    yield* store.sales.save(orderIds.map((id, index) => saleOf(id, `N${index}`)))
    yield* store.sales.save([{ ...saleOf("skipped", null), state: "skipped" }])
    const found: Array<SaleId> = []
    let after: SaleId | null = null
    for (let page = 0; page < orderIds.length; page++) {
      const rows: ReadonlyArray<Sale> = yield* store.sales.list(shop.id, ["open", "held"], { after, limit: 2 })
      assert.isAtMost(rows.length, 2)
      found.push(...rows.map(({ id }) => id))
      after = rows.at(-1)?.id ?? after
      if (rows.length < 2) break
    }
    assert.deepStrictEqual(found.toSorted(), ids(orderIds.map((id) => saleOf(id, null))))
  }),

  law("of those who import one order at the same time, exactly one does", function* (store) {
    yield* open
    const importing = (worker: number) =>
      store.transaction(
        Effect.gen(function* () {
          yield* store.sales.save([saleOf("1001", `W${worker}`)])
          yield* store.stock.setDemand([demand("sale:1001", "salesOrder", [line("1", candle, main, 1)])])
        })
      )
    const exits = yield* Effect.all(
      Array.from({ length: 8 }, (_, worker) => Effect.exit(importing(worker))),
      { concurrency: "unbounded" }
    )
    assert.strictEqual(exits.filter(({ _tag }) => _tag === "Success").length, 1)
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), of(1))
  }),

  law("of those who change one sale at the same time, exactly one does", function* (store) {
    yield* open
    const sale = saleOf("1001", "1001")
    yield* store.sales.save([sale])
    const exits = yield* Effect.all(
      Array.from({ length: 8 }, () => Effect.exit(store.sales.save([{ ...sale, state: "closed", revision: 1 }]))),
      { concurrency: "unbounded" }
    )
    assert.strictEqual(exits.filter(({ _tag }) => _tag === "Success").length, 1)
  })
]
