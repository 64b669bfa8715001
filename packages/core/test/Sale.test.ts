import { assert, describe, it } from "@effect/vitest"
import * as Intake from "@stockport/core/decide/Intake"
import * as SaleLines from "@stockport/core/decide/SaleLines"
import * as SaleStock from "@stockport/core/decide/SaleStock"
import * as Connection from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { Demand, DemandLine } from "@stockport/core/domain/Demand"
import { ItemId } from "@stockport/core/domain/ItemId"
import { Count } from "@stockport/core/domain/Movement"
import * as Order from "@stockport/core/domain/Order"
import * as Quantity from "@stockport/core/domain/Quantity"
import * as Sale from "@stockport/core/domain/Sale"
import { safe } from "@stockport/core/domain/SyncPolicy"
import * as Orders from "@stockport/testing/generators/Orders"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import * as Shop from "./Shop.ts"

const { context, deliver, later, line, order } = Shop

const facts = context()

describe("a sale", () => {
  it("has one name for an order of a connection, and one source for its demand", () => {
    const id = Sale.idOf(ConnectionId.make("shop-1"), Order.OrderId.make("1001"))
    assert.strictEqual(id, "shop-1:1001")
    assert.strictEqual(Sale.demandSourceOf(id), "sale:shop-1:1001")
  })

  it("is imported from the day it has its number, and no longer when it was deleted here", () => {
    const imported = deliver([order([line("1", "mug")])], facts).known!
    const stands = (state: Sale.SaleState, number: Sale.Sale["number"] = imported.number) =>
      Sale.isImported({ ...imported, state, number })
    assert.isTrue(stands("open"))
    assert.isTrue(stands("closed"))
    assert.isTrue(stands("cancelled"))
    assert.isTrue(stands("held"))
    assert.isFalse(stands("held", null))
    assert.isFalse(stands("skipped"))
    assert.isFalse(stands("deleted"))
  })

  it("survives the way to the database and back, whatever its history", () => {
    const codec = Schema.toCodecJson(Sale.Sale)
    fc.assert(
      fc.property(Orders.catalogue, Orders.connection, Orders.history(), (catalogue, connection, history) => {
        const { known } = deliver(history, { ...facts, ...Orders.factsOf(catalogue), connection })
        const stored = JSON.stringify(Schema.encodeSync(codec)(known!))
        const back = Schema.decodeUnknownSync(codec)(JSON.parse(stored))
        assert.deepStrictEqual(back, known)
        // What comes back is what was decided: deciding the same snapshot again writes nothing.
        const again = Intake.decide(back.order, { ...facts, ...Orders.factsOf(catalogue), connection, known: back })
        assert.isNull(again.sale)
      }),
      { numRuns: 50 }
    )
  })
})

describe("what a sale does to stock", () => {
  const imported = deliver([order([line("1", "set", { quantity: 4, shipped: 1 })])], facts).known!

  it("is demand for what is open, under the sale's own source", () => {
    assert.deepStrictEqual(SaleStock.demandOf(imported), {
      source: Sale.demandSourceOf(imported.id),
      kind: "salesOrder",
      lines: [
        { lineId: "1", itemId: ItemId.make("mug"), locationId: Shop.main, quantity: Quantity.of(6) },
        { lineId: "1", itemId: ItemId.make("plate"), locationId: Shop.main, quantity: Quantity.of(3) }
      ],
      expiresAt: null
    })
  })

  it("is no demand for a line with nothing left to ship", () => {
    const partly = order([line("1", "mug", { quantity: 2, shipped: 2 }), line("2", "plate")])
    assert.deepStrictEqual(
      deliver([partly], facts).demand?.lines.map(({ lineId }) => lineId),
      ["2"]
    )
  })

  it("is no demand for a sale that is closed, cancelled, skipped or deleted, whatever its lines say", () => {
    for (const state of ["closed", "cancelled", "skipped", "deleted"] as const) {
      assert.deepStrictEqual(SaleStock.demandOf({ ...imported, state }).lines, [], state)
    }
  })

  it("is a soft hold for a held sale, and ends when it is told to", () => {
    const demand = SaleStock.demandOf({ ...imported, state: "held" }, Shop.now)
    assert.strictEqual(demand.kind, "softHold")
    assert.deepStrictEqual(demand.expiresAt, Shop.now)
    assert.strictEqual(Shop.committed(demand), 6)
    assert.strictEqual(Shop.committed(SaleStock.demandOf({ ...imported, state: "held", number: null })), 8)
  })

  it("moves nothing between a sale and itself, nor for one that was never booked", () => {
    assert.deepStrictEqual(SaleStock.movementsBetween(imported, imported), [])
    assert.deepStrictEqual(SaleStock.movementsBetween(null, { ...imported, number: null }), [])
    assert.lengthOf(SaleStock.movementsBetween({ ...imported, number: null }, imported), 2)
  })

  it("moves what all lines take of an item at one place together: goods count once, on whichever line", () => {
    const before = deliver([order([line("1", "mug", { quantity: 2 }), line("2", "mug", { quantity: 2 })])], facts)
    const shipped = order(
      [line("1", "mug", { quantity: 2, shipped: 1 }), line("2", "mug", { quantity: 2, shipped: 2 })],
      {
        modifiedAt: later(1)
      }
    )
    const decision = Intake.decide(shipped, { ...facts, known: before.known })
    assert.deepStrictEqual(
      decision.shipments?.map(({ kind, quantity }) => [kind, quantity / Quantity.scale]),
      [["shipment", -3]]
    )
  })
})

describe("a line of a sale", () => {
  it("stands for its order line, itself or as a component of its kit", () => {
    const [own] = deliver([order([line("1", "mug")])], facts).known!.lines
    assert.strictEqual(SaleLines.orderLineIdOf(own!), "1")
    const parentLineId = Order.OrderLineId.make("7")
    assert.strictEqual(SaleLines.orderLineIdOf({ ...own!, parentLineId }), "1")
    const id = SaleLines.componentLineId(parentLineId, ItemId.make("mug"))
    assert.strictEqual(SaleLines.orderLineIdOf({ ...own!, id, parentLineId }), "7")
    assert.strictEqual(SaleLines.orderLineIdOf({ ...own!, id, parentLineId: null }), id)
    assert.strictEqual(SaleLines.orderLineIdOf({ ...own!, id, parentLineId, itemId: null }), id)
  })

  it("is made anew where a sale has kept none, money and goods alike", () => {
    const snapshot = order([line("1", "mug"), line("2", "gift", {}, { goods: "giftCertificate" })])
    const known = deliver([snapshot], facts).known!
    const fresh = SaleLines.fromOrder(snapshot, facts, null)
    assert.strictEqual(fresh.lines.length, 2)
    assert.deepStrictEqual(SaleLines.fromOrder(snapshot, facts, { ...known, lines: [] }), fresh)
  })

  it("is made anew where a part of its bundle has kept none", () => {
    const parentLineId = Order.OrderLineId.make("1")
    const snapshot = order([line("1", "mug"), line("2", "mug", {}, { parentLineId })])
    const known = deliver([snapshot], facts).known!
    const fresh = SaleLines.fromOrder(snapshot, facts, null)
    assert.deepStrictEqual(SaleLines.fromOrder(snapshot, facts, { ...known, lines: known.lines.slice(0, 1) }), fresh)
  })

  it("is made anew when the shop puts back what it had taken off after shipping it", () => {
    const [first, second] = [line("1", "mug"), line("2", "mug", { quantity: 2, shipped: 1 })]
    const known = deliver(
      [
        order([first, second]),
        order([first], { modifiedAt: later(1) }),
        order([first, second], { modifiedAt: later(2) })
      ],
      facts
    ).known!
    assert.deepStrictEqual(
      known.lines.map(({ id, open, shipped }) => [id, open / Quantity.scale, shipped / Quantity.scale]),
      [
        ["1", 1, 0],
        ["2", 1, 1]
      ]
    )
  })
})

const open = (quantity: number, shipped: number, refunded: number) =>
  Order.openOf(line("1", "mug", { quantity, shipped, refunded })) / Quantity.scale

describe("an order", () => {
  it("has open = max(0, ordered - shipped - refunded) on each line", () => {
    assert.strictEqual(open(5, 0, 0), 5)
    assert.strictEqual(open(5, 3, 0), 2)
    assert.strictEqual(open(5, 1, 2), 2)
    assert.strictEqual(open(5, 5, 2), 0)
    assert.strictEqual(open(5, 6, 0), 0)
  })

  it("is called off when it is cancelled, declined or deleted, and by nothing else", () => {
    for (const status of Order.OrderStatus.literals) {
      assert.strictEqual(Order.isCalledOff({ status, deleted: false }), ["cancelled", "declined"].includes(status))
      assert.isTrue(Order.isCalledOff({ status, deleted: true }))
    }
  })

  it("is placed when the checkout is finished, and paid when the shop has the money", () => {
    const unplaced = ["incomplete", "pending"]
    const unpaid = [...unplaced, "awaitingPayment", "manualVerification", "cancelled", "declined"]
    for (const status of Order.OrderStatus.literals) {
      assert.strictEqual(Order.isPlaced(status), !unplaced.includes(status), status)
      assert.strictEqual(Order.isPaid(status), !unpaid.includes(status), status)
    }
  })

  it("refuses quantities below zero, naming the path", () => {
    const [good] = order([line("1", "mug")]).lines
    const codec = Schema.toCodecJson(Order.OrderLine)
    const encoded = Schema.encodeSync(codec)(good!)
    for (const field of ["quantity", "shipped", "refunded"]) {
      const decoded = Schema.decodeUnknownResult(codec)(Object.assign({}, encoded, { [field]: "-1" }))
      assert.isTrue(Result.isFailure(decoded), field)
      assert.include(Result.isFailure(decoded) ? String(decoded.failure) : "", field)
      const zero = Schema.decodeUnknownResult(codec)(Object.assign({}, encoded, { [field]: "0" }))
      assert.isTrue(Result.isSuccess(zero), field)
    }
  })

  it("is paid and unshipped unless said otherwise", () => {
    const plain = Order.make({ id: Order.OrderId.make("7"), placedAt: Shop.placedAt, lines: [] })
    assert.deepStrictEqual(
      [plain.number, plain.status, plain.modifiedAt, plain.deleted, plain.archived, plain.message],
      ["7", "awaitingFulfilment", Shop.placedAt, false, false, ""]
    )
    assert.deepStrictEqual(plain.customer, { id: null, email: "", billing: null })
    assert.deepStrictEqual(plain.consignments, [])
    assert.strictEqual(plain.totals.currency, "USD")
    assert.isFalse(plain.totals.taxInclusive)
    assert.isTrue(Result.isSuccess(Schema.encodeResult(Schema.toCodecJson(Order.Order))(plain)))
    const bare = Order.makeLine({ id: Order.OrderLineId.make("1"), quantity: Quantity.one })
    assert.deepStrictEqual([bare.name, bare.sku, bare.goods, bare.productId], ["Line 1", "", "physical", null])
    assert.deepStrictEqual([bare.options, bare.discounts], [[], []])
    assert.strictEqual(Order.makeLine({ ...bare, sku: "mug", name: "A mug" }).name, "A mug")
    const named = Order.makeLine({ id: bare.id, quantity: Quantity.one, sku: "mug" })
    assert.strictEqual(named.name, "mug")
    assert.strictEqual(Order.makeLine({ id: bare.id, quantity: Quantity.one, sku: " " }).name, "Line 1")
  })
})

describe("a connection", () => {
  it("is enabled, under the safe policy, without prefix and suffix, unless said otherwise", () => {
    const { enabled, policy, referencePrefix, referenceSuffix, name, cart } = Shop.connection()
    assert.deepStrictEqual(
      { enabled, policy, referencePrefix, referenceSuffix, name, cart },
      { enabled: true, policy: safe, referencePrefix: "", referenceSuffix: "", name: "shop", cart: "bigcommerce" }
    )
    const codec = Schema.toCodecJson(Connection.Connection)
    const back = Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(Shop.connection()))
    assert.deepStrictEqual(back, Shop.connection())
  })

  it("publishes to one location of the shop at least", () => {
    const codec = Schema.toCodecJson(Connection.Connection)
    const encoded = Schema.encodeSync(codec)(Shop.connection())
    const without = Schema.decodeUnknownResult(codec)(Object.assign({}, encoded, { publishTo: [] }))
    assert.isTrue(Result.isFailure(without))
  })
})

describe("demand and counts", () => {
  it("refuse quantities that make no sense: no demand of nothing, no count below zero", () => {
    const place = { itemId: "mug", locationId: "main" }
    const demandLine = (quantity: string) =>
      Result.isSuccess(Schema.decodeUnknownResult(DemandLine)({ ...place, lineId: "1", quantity }))
    assert.isTrue(demandLine("0.00001"))
    assert.isFalse(demandLine("0"))
    const count = (counted: string) => Result.isSuccess(Schema.decodeUnknownResult(Count)({ ...place, counted }))
    assert.isTrue(count("0"))
    assert.isFalse(count("-0.00001"))
  })

  it("carry their deadline as an instant", () => {
    const demand = Schema.decodeUnknownSync(Demand)({
      source: "sale:shop:1",
      kind: "softHold",
      lines: [],
      expiresAt: "2026-03-02T12:00:00Z"
    })
    assert.deepStrictEqual(demand.expiresAt, Shop.now)
  })
})
