import { assert, describe, it } from "@effect/vitest"
import * as Fulfilment from "@stockport/core/decide/Fulfilment"
import * as Intake from "@stockport/core/decide/Intake"
import * as Kits from "@stockport/core/decide/Kits"
import * as Reference from "@stockport/core/decide/Reference"
import * as BillOfMaterials from "@stockport/core/domain/BillOfMaterials"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import { OrderId, OrderLineId } from "@stockport/core/domain/Order"
import * as Quantity from "@stockport/core/domain/Quantity"
import { idOf, type SaleId } from "@stockport/core/domain/Sale"
import { sosV9 } from "@stockport/core/domain/SyncPolicy"
import { Result } from "effect"
import * as Shop from "../Shop.ts"

const { available, committed, connection, context, deliver, later, line, nothing, order } = Shop

/** Numbers that are taken, as the store knows them: whatever their case. */
const owners = (...taken: ReadonlyArray<readonly [number: string, saleId: SaleId]>) => {
  const byNumber = new Map(taken.map(([number, saleId]) => [number.toLowerCase(), saleId]))
  return (number: string) => byNumber.get(number.toLowerCase()) ?? null
}

const numbered = (referencePrefix: string, number: string) =>
  deliver([order([line("1", "mug")], { number })], context({}, { connection: connection({ referencePrefix }) })).known

const shop = (id: string, referencePrefix = "") => connection({ id: ConnectionId.make(id), referencePrefix })

const itemOf = (id: ItemId) => Shop.items.find((each) => each.id === id)

/** The one order with another state of its line, some seconds later. */
const at = (before: Shop.Stored, amounts: Parameters<typeof line>[2], seconds: number, facts = context()) =>
  deliver([order([line("1", "mug", amounts)], { modifiedAt: later(seconds) })], facts, before)

const codes = ({ known }: Shop.Stored) => Intake.issuesOf(known!).map(({ code }) => code)

describe("worked cases of intake", () => {
  it("N17 unpaid order: its stock is held, given back when declined, and counted once when paid", () => {
    const facts = context()
    const unpaid = order([line("1", "mug", { quantity: 3 })], { status: "awaitingPayment" })
    const held = deliver([unpaid], facts)
    assert.strictEqual(held.known?.state, "held")
    assert.isNull(held.known?.number)
    assert.strictEqual(held.demand?.kind, "softHold")
    assert.strictEqual(available(10, held), 7)

    const declined = deliver([{ ...unpaid, status: "declined", modifiedAt: later(60) }], facts, held)
    assert.strictEqual(available(10, declined), 10)

    const paid = deliver([{ ...unpaid, status: "awaitingFulfilment", modifiedAt: later(60) }], facts, held)
    assert.strictEqual(paid.known?.state, "open")
    assert.strictEqual(paid.demand?.kind, "salesOrder")
    assert.strictEqual(available(10, paid), 7)
  })

  it("N17 unpaid order: without holds its units are given back", () => {
    const facts = context({}, { connection: connection({ policy: Shop.policy({ holdStatuses: [] }) }) })
    const stored = deliver([order([line("1", "mug", { quantity: 3 })], { status: "awaitingPayment" })], facts)
    assert.strictEqual(available(10, stored), 10)
  })

  it("N19 reference length: 21 characters pass, the 22nd holds the order, and nothing is cut", () => {
    assert.strictEqual(numbered("BC-", "1001")?.number, "BC-1001")
    assert.strictEqual(numbered("BIGCOMMERCE-US-", "100001")?.number, "BIGCOMMERCE-US-100001")
    const tooLong = numbered("BIGCOMMERCE-US-", "1000000")
    assert.strictEqual(tooLong?.state, "held")
    assert.isNull(tooLong?.number)
    assert.deepStrictEqual(
      tooLong?.reasons.map(({ code }) => code),
      ["REFERENCE_TOO_LONG"]
    )
  })

  it("N20 reference collisions: repeats are nothing new, strangers are held, and a given number stays", () => {
    const hundred = order([line("1", "mug", { quantity: 2 })], { id: OrderId.make("100"), number: "100" })

    const first = deliver([hundred], context({}, { connection: shop("a") }))
    assert.strictEqual(first.known?.number, "100")
    const again = deliver([hundred, hundred, hundred, hundred, hundred], context({}, { connection: shop("a") }), first)
    assert.strictEqual(again.known?.revision, 0)

    const numberOwner = owners(["100", first.known!.id])
    const stranger = deliver([hundred], context({}, { connection: shop("b"), numberOwner }))
    assert.strictEqual(stranger.known?.state, "held")
    assert.deepStrictEqual(
      Intake.issuesOf(stranger.known!).map(({ code }) => code),
      ["REFERENCE_CONFLICT"]
    )
    assert.include(Intake.issuesOf(stranger.known!)[0]?.message, "a:100")
    assert.strictEqual(committed(stranger.demand), 2)

    const retried = deliver([hundred], context({}, { connection: shop("b", "B-"), numberOwner }), stranger)
    assert.strictEqual(retried.known?.number, "B-100")
    assert.strictEqual(retried.known?.state, "open")

    const renumbered = deliver([hundred], context({}, { connection: shop("a", "A-") }), first)
    assert.strictEqual(renumbered.known?.number, "100")
    assert.strictEqual(renumbered.known?.revision, 0)

    const joined = (prefix: string, number: string, numberOwner: (number: string) => SaleId | null) =>
      deliver(
        [order([line("1", "mug")], { id: OrderId.make(number), number })],
        context({}, { connection: shop("c", prefix), numberOwner })
      ).known
    const one = joined("1", "23", owners())
    assert.strictEqual(one?.number, "123")
    const other = joined("12", "3", owners(["123", one!.id]))
    assert.strictEqual(other?.reasons[0]?.code, "REFERENCE_CONFLICT")

    const byHand = idOf(ConnectionId.make("by-hand"), OrderId.make("7"))
    assert.strictEqual(joined("B-", "100", owners(["b-100", byHand]))?.reasons[0]?.code, "REFERENCE_CONFLICT")
  })

  it("N20 reference collisions: a person may also give the order a number", () => {
    const taken = owners(["1001", idOf(ConnectionId.make("other"), OrderId.make("1001"))])
    const facts = context({}, { numberOwner: taken })
    const held = deliver([order([line("1", "mug")])], facts)
    const assigned = Result.getOrThrow(Reference.assign(held.known!, "1001-WEB", null))
    const imported = deliver([order([line("1", "mug")])], facts, { ...held, known: assigned })
    assert.strictEqual(imported.known?.number, "1001-WEB")
    assert.strictEqual(imported.known?.state, "open")
    assert.strictEqual(imported.known?.revision, 2)
  })

  it("N23 cancel and refund: each state counts once, however often it is told", () => {
    const facts = context()
    const five = line("1", "mug", { quantity: 5 })
    const imported = deliver([order([five])], facts)
    assert.strictEqual(available(20, imported), 15)
    const refund = order([line("1", "mug", { quantity: 5, refunded: 2 })], {
      status: "partiallyRefunded",
      modifiedAt: later(60)
    })
    const refunded = deliver([refund], facts, imported)
    assert.strictEqual(available(20, refunded), 17)
    const cancel = { ...refund, status: "cancelled", modifiedAt: later(120) } as const
    const cancelled = deliver([cancel], facts, refunded)
    assert.strictEqual(available(20, cancelled), 20)
    assert.strictEqual(cancelled.known?.state, "cancelled")
    const repeated = deliver([cancel, refund, cancel], facts, cancelled)
    assert.strictEqual(available(20, repeated), 20)
    assert.strictEqual(repeated.known, cancelled.known)
  })

  it("N24 cancel after partial shipment: only what was not shipped comes free", () => {
    const facts = context()
    const imported = deliver([order([line("1", "mug", { quantity: 5 })])], facts)
    assert.strictEqual(available(20, imported), 15)

    const packed = [{ lineId: OrderLineId.make("1"), quantity: Quantity.of(3) }]
    const { sale, demand, movements } = Result.getOrThrow(Fulfilment.ship(imported.known!, packed))
    const shipped = { known: sale, demand, movements }
    assert.strictEqual(20 + Shop.moved(movements), 17)
    assert.strictEqual(committed(demand), 2)
    assert.strictEqual(available(20, shipped), 15)

    const cancel = order([line("1", "mug", { quantity: 5, shipped: 3 })], {
      status: "cancelled",
      modifiedAt: later(60)
    })
    const cancelled = deliver([cancel], facts, shipped)
    assert.strictEqual(available(20, cancelled), 17)
    assert.strictEqual(20 + Shop.moved(cancelled.movements), 17)
  })

  it("N25 pack size: two packs of thirty take sixty", () => {
    const facts = context({ links: [Shop.link("pack", "mug", 30)] })
    const stored = deliver([order([line("1", "pack", { quantity: 2 })])], facts)
    assert.strictEqual(committed(stored.demand), 60)
    assert.strictEqual(available(200, stored), 140)
    assert.strictEqual(Math.floor(available(200, stored) / 30), 4)
  })

  it("N26 phantom stock-out: V9 keeps a cancelled order's stock committed, the safe policy does not", () => {
    const five = order([line("1", "mug", { quantity: 5 })])
    const cancel = { ...five, status: "cancelled", modifiedAt: later(60) } as const
    const v9 = context(
      {},
      { connection: connection({ policy: Shop.policy({ transactionType: "salesOrder" }, sosV9) }) }
    )
    assert.strictEqual(available(5, deliver([five], v9)), 0)
    assert.strictEqual(available(5, deliver([five, cancel], v9)), 0)
    assert.strictEqual(available(5, deliver([five, cancel], context())), 5)
  })

  it("N31 two lines, one unit: lines of the same item are added before they are checked", () => {
    const mug = { itemId: ItemId.make("mug"), quantity: Quantity.of(1) }
    const shortages = Kits.jointShortages([mug, mug], itemOf, () => Quantity.of(1))
    assert.deepStrictEqual(Result.getOrThrow(shortages), [
      { itemId: ItemId.make("mug"), needed: Quantity.of(2), available: Quantity.of(1) }
    ])
    assert.deepStrictEqual(Result.getOrThrow(BillOfMaterials.addUp([mug, mug])), [
      { itemId: ItemId.make("mug"), quantity: Quantity.of(2) }
    ])
    const stored = deliver([order([line("1", "mug"), line("2", "mug")])], context(), nothing)
    assert.strictEqual(available(1, stored), -1)
    assert.lengthOf(stored.demand!.lines, 2)
  })

  it("N35 refund of shipped goods: what is open stays committed; refunded before anything is shipped, it is freed", () => {
    const facts = context()
    const ordered = deliver([order([line("1", "mug", { quantity: 10 })])], facts)
    const shipped = at(ordered, { quantity: 10, shipped: 3 }, 1)
    const refunded = at(shipped, { quantity: 10, shipped: 3, refunded: 3 }, 2)
    assert.strictEqual(committed(refunded.demand), 7)
    assert.strictEqual(available(20, refunded), 10)
    assert.deepStrictEqual(codes(refunded), ["REFUND_AMBIGUOUS"])

    const refundedFirst = at(ordered, { quantity: 10, refunded: 3 }, 1)
    const shippedThen = at(refundedFirst, { quantity: 10, shipped: 7, refunded: 3 }, 2)
    assert.strictEqual(committed(shippedThen.demand), 0)
    assert.strictEqual(available(20, shippedThen), 13)
    assert.strictEqual(shippedThen.known?.state, "closed")

    const unsaid = deliver([order([line("1", "mug", { quantity: 5, shipped: 4, refunded: 2 })])], facts)
    assert.strictEqual(committed(unsaid.demand), 1)
    assert.deepStrictEqual(codes(unsaid), ["REFUND_AMBIGUOUS"])
  })

  it("N36 first seen late: what is open is committed, whatever happened to the money", () => {
    const partly = order([line("1", "mug", { quantity: 5, refunded: 1 })], { status: "partiallyRefunded" })
    assert.strictEqual(available(10, deliver([partly], context())), 6)
    const disputed = order([line("1", "mug", { quantity: 5 })], { status: "disputed" })
    assert.strictEqual(committed(deliver([disputed], context()).demand), 5)
  })

  it("N38 booked where it was sold from: the location that has it, not the default that has nothing", () => {
    const annex = LocationId.make("annex")
    const facts = (left: number) => ({
      ...context(),
      feeding: () => [Shop.main, annex],
      available: (_: ItemId, location: LocationId) => (location === annex ? Quantity.of(left) : Quantity.zero)
    })
    const placeOf = (left: number) =>
      deliver([order([line("1", "mug", { quantity: 6 })])], facts(left)).demand?.lines[0]
    assert.strictEqual(placeOf(10)?.locationId, annex)
    assert.strictEqual(placeOf(4)?.locationId, annex)
    assert.strictEqual(placeOf(0)?.locationId, Shop.main)
  })

  it("N41 corrected link: what is not shipped is of the right item, what was shipped is told", () => {
    const wrong = context({ links: [Shop.link("mug", "plate")] })
    const right = context({ links: [Shop.link("mug", "mug")] })
    const sold = order([line("1", "mug", { quantity: 3 })])
    const corrected = deliver([sold], right, deliver([sold], wrong))
    assert.strictEqual(committed(corrected.demand, "mug"), 3)
    assert.strictEqual(committed(corrected.demand, "plate"), 0)

    const shipped = at(deliver([sold], wrong), { quantity: 3, shipped: 1 }, 1, wrong)
    const after = at(shipped, { quantity: 3, shipped: 1 }, 1, right)
    assert.strictEqual(committed(after.demand, "mug"), 2)
    assert.strictEqual(Shop.moved(after.movements, "plate"), -1)
    assert.deepStrictEqual(codes(after), ["SHIPPED_UNDER_OTHER_ITEM"])
  })
})
