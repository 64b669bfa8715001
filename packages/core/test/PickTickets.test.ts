import { assert, describe, it } from "@effect/vitest"
import * as Availability from "@stockport/core/decide/Availability"
import * as PickTickets from "@stockport/core/decide/PickTickets"
import { type Demand, DemandSource } from "@stockport/core/domain/Demand"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import * as Position from "@stockport/core/domain/Position"
import * as Quantity from "@stockport/core/domain/Quantity"
import { safe } from "@stockport/core/domain/SyncPolicy"

const itemId = ItemId.make("A")
const other = ItemId.make("B")
const locationId = LocationId.make("Main")
const receiptSource = DemandSource.make("sale:shop:7")
const ticketSource = DemandSource.make("ticket:1")

const receipt = (...open: ReadonlyArray<number>): Demand => ({
  source: receiptSource,
  kind: "salesReceipt",
  lines: open.map((units, index) => ({ lineId: `${index}`, itemId, locationId, quantity: Quantity.of(units) })),
  expiresAt: null
})

const picks = (
  units: number,
  kind: "salesOrder" | "salesReceipt" | null,
  at: Partial<{ readonly lineId: string; readonly source: DemandSource; readonly itemId: ItemId }> = {}
): PickTickets.PickLine => ({
  lineId: "t",
  itemId: at.itemId ?? itemId,
  locationId,
  quantity: Quantity.of(units),
  picksFor: kind === null ? null : { kind, source: at.source ?? receiptSource, lineId: at.lineId ?? "0" }
})

const unitsOf = (demand: Demand) => demand.lines.map(({ lineId, quantity }) => [lineId, Quantity.format(quantity)])

const sum = (demand: Demand) => demand.lines.reduce((total, { quantity }) => total + quantity, 0) as Quantity.Quantity

/** What ten on hand leave, with a receipt and a ticket set as their demands say. */
const available = (sale: Demand, ticket: Demand, countOpenSalesReceipts: boolean) => {
  const computed = Availability.compute({
    items: [Item.make({ id: itemId, kind: "inventory", sku: "A" })],
    locations: [{ id: locationId, name: "Main", nettable: true, isDefault: true }],
    positions: [
      Position.make({
        itemId,
        locationId,
        onHand: Quantity.of(10),
        salesReceipts: sum(sale),
        pickTickets: sum(ticket)
      })
    ],
    policy: { ...safe.availability, countOpenSalesReceipts },
    feeding: null
  }).get(itemId)
  return computed?._tag === "Stocked" ? Quantity.format(computed.quantity) : null
}

describe("pick tickets", () => {
  it("a ticket of a sales order has no demand: the order counts already", () => {
    const ticket = PickTickets.demandOf(ticketSource, [picks(8, "salesOrder"), picks(2, null)])
    assert.deepStrictEqual(ticket, {
      source: ticketSource,
      kind: "pickTicket",
      lines: [{ lineId: "t", itemId, locationId, quantity: Quantity.of(2) }],
      expiresAt: null
    })
  })

  it.each([
    { open: 4, picked: 4, counted: "6", notCounted: "6" },
    { open: 4, picked: 1, counted: "6", notCounted: "9" },
    { open: 4, picked: 6, counted: "4", notCounted: "4" },
    { open: 4, picked: 0.5, counted: "6", notCounted: "9.5" }
  ])("a receipt of $open with $picked picked counts the greater of the two once", (each) => {
    const lines = [picks(each.picked, "salesReceipt")]
    const ticket = PickTickets.demandOf(ticketSource, lines)
    const sale = PickTickets.withoutPicked(receipt(each.open), lines)
    assert.strictEqual(available(sale, ticket, true), each.counted)
    assert.strictEqual(available(sale, ticket, false), each.notCounted)
  })

  it("several tickets of one line add up, and each line of the receipt is covered by its own", () => {
    const lines = [picks(1, "salesReceipt"), picks(2, "salesReceipt"), picks(5, "salesReceipt", { lineId: "1" })]
    assert.deepStrictEqual(unitsOf(PickTickets.withoutPicked(receipt(4, 5, 6), lines)), [
      ["0", "1"],
      ["2", "6"]
    ])
  })

  it("what is picked for other receipts, other items, orders or nobody leaves a receipt as it is", () => {
    const lines = [
      picks(1, "salesOrder"),
      picks(1, null),
      picks(1, "salesReceipt", { source: DemandSource.make("sale:shop:8") }),
      picks(1, "salesReceipt", { itemId: other }),
      picks(1, "salesReceipt", { lineId: "9" })
    ]
    assert.deepStrictEqual(PickTickets.withoutPicked(receipt(4, 5), lines), receipt(4, 5))
  })

  it("a line that is sold at two places is covered once, not at each", () => {
    const twice = receipt(3)
    const second = { ...twice.lines[0]!, locationId: LocationId.make("Store"), quantity: Quantity.of(2) }
    const sale = PickTickets.withoutPicked({ ...twice, lines: [...twice.lines, second] }, [picks(4, "salesReceipt")])
    assert.deepStrictEqual(sale.lines, [{ ...second, quantity: Quantity.of(1) }])
  })
})
