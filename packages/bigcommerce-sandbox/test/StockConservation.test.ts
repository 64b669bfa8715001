import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Refusal, type Sandbox } from "../src/index.ts"
import * as Store from "./Store.ts"

const skus = ["A", "B", "C-1", "C-2"] as const

type Step =
  | {
      readonly verb: "place"
      readonly sku: string
      readonly quantity: number
      readonly statusId: number
      readonly oversell: boolean
    }
  | { readonly verb: "pay" | "cancel" | "archive" | "ship"; readonly at: number }
  | { readonly verb: "status"; readonly at: number; readonly statusId: number }
  | { readonly verb: "edit"; readonly at: number; readonly quantity: number }
  | { readonly verb: "add"; readonly at: number; readonly sku: string }
  | { readonly verb: "refund"; readonly at: number; readonly quantity: number; readonly restock: boolean }
  | { readonly verb: "set" | "receive"; readonly sku: string; readonly units: number; readonly location: number }

const at = fc.nat(20)
const sku = fc.constantFrom(...skus)
const statusId = fc.integer({ min: 0, max: 14 })

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    verb: fc.constant("place" as const),
    sku,
    quantity: fc.integer({ min: 1, max: 6 }),
    statusId,
    oversell: fc.boolean()
  }),
  fc.record({ verb: fc.constantFrom("pay" as const, "cancel" as const, "archive" as const, "ship" as const), at }),
  fc.record({ verb: fc.constant("status" as const), at, statusId }),
  fc.record({ verb: fc.constant("edit" as const), at, quantity: fc.integer({ min: 0, max: 6 }) }),
  fc.record({ verb: fc.constant("add" as const), at, sku }),
  fc.record({
    verb: fc.constant("refund" as const),
    at,
    quantity: fc.integer({ min: 1, max: 3 }),
    restock: fc.boolean()
  }),
  fc.record({
    verb: fc.constantFrom("set" as const, "receive" as const),
    sku,
    units: fc.integer({ min: 0, max: 30 }),
    location: fc.constantFrom(1, 2)
  })
)

const apply = (sandbox: Sandbox.Sandbox, taken: Step): void => {
  if (taken.verb === "place") {
    const { quantity, oversell } = taken
    sandbox.placeOrder({ lines: [{ sku: taken.sku, quantity }], statusId: taken.statusId, oversell })
    return
  }
  if ("location" in taken) {
    if (taken.verb === "set") sandbox.setStock({ sku: taken.sku }, taken.units, taken.location)
    else sandbox.receiveStock({ sku: taken.sku }, taken.units, taken.location)
    return
  }
  const order = sandbox.orders()[taken.at % Math.max(1, sandbox.orders().length)]
  if (order === undefined) return
  if (taken.verb === "pay") sandbox.payOrder(order.id)
  else if (taken.verb === "cancel") sandbox.cancelOrder(order.id)
  else if (taken.verb === "archive") sandbox.archiveOrder(order.id)
  else if (taken.verb === "ship") sandbox.shipOrder(order.id)
  else if (taken.verb === "status") sandbox.setOrderStatus(order.id, taken.statusId)
  else if (taken.verb === "edit")
    sandbox.editOrder(order.id, { quantities: { [order.lines[0]?.id ?? 0]: taken.quantity } })
  else if (taken.verb === "add") sandbox.editOrder(order.id, { addLines: [{ sku: taken.sku }] })
  else if ("restock" in taken) {
    const items = [{ itemType: "PRODUCT" as const, itemId: order.lines[0]?.id ?? 0, quantity: taken.quantity }]
    sandbox.refundOrder(order.id, { items, restock: taken.restock })
  }
}

/** Plays a step that the shop may refuse; a refusal must change nothing, which the invariants then show. */
const attempt = (sandbox: Sandbox.Sandbox, taken: Step): void => {
  try {
    apply(sandbox, taken)
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause
  }
}

const outstanding = (sandbox: Sandbox.Sandbox, slot: number, location: number): number => {
  let units = 0
  for (const { lines } of sandbox.orders()) {
    for (const line of lines) {
      for (const taken of line.taken) if (taken.slot === slot && taken.location === location) units += taken.units
    }
  }
  return units
}

describe("Stock", () => {
  it("is what the store opened with, plus adjustments, less what orders hold: whatever happens to orders", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.constantFrom("order_placed" as const, "order_completed_or_shipped" as const),
        fc.boolean(),
        fc.boolean(),
        async (steps, updateStockBehavior, edits, refunds) => {
          const { sandbox } = await Store.open({
            store: { products: 0, orders: 0, locations: 2 },
            updateStockBehavior,
            settings: { editOrderStockAdjustment: edits, refundOrderStockAdjustment: refunds }
          })
          sandbox.addProduct({ name: "A", sku: "A", onHand: 20 })
          sandbox.addProduct({ name: "B", sku: "B", onHand: 0 })
          const variants = [
            { sku: "C-1", options: { Size: "1" }, onHand: 9 },
            { sku: "C-2", options: { Size: "2" }, onHand: 3 }
          ]
          sandbox.addProduct({ name: "C", sku: "C", variants })
          const removed = new Map<string, number>()
          for (const taken of steps) {
            const before = sandbox.orders().map((order) => order.lines)
            attempt(sandbox, taken)
            // A line that an edit removed while edits do not move stock keeps what it took.
            for (const line of before.flat()) {
              const isGone = !sandbox.orders().some((order) => order.lines.includes(line))
              for (const held of isGone ? line.taken : []) {
                const key = `${held.slot}@${held.location}`
                removed.set(key, (removed.get(key) ?? 0) + held.units)
              }
            }
          }
          for (const [slot, name] of skus.entries()) {
            for (const location of [1, 2]) {
              const ledger = sandbox.stockLedger({ sku: name }, location)
              assert.strictEqual(ledger.onHand, ledger.initial + ledger.adjusted - ledger.sold + ledger.restocked)
              const held = outstanding(sandbox, slot, location) + (removed.get(`${slot}@${location}`) ?? 0)
              assert.strictEqual(ledger.sold - ledger.restocked, held, `${name} at ${location}`)
            }
          }
          for (const { lines } of sandbox.orders()) {
            for (const line of lines) {
              assert.isAtMost(line.quantityShipped, line.quantity)
              assert.isAtMost(line.quantityRefunded, line.quantity)
            }
          }
          await sandbox.close()
        }
      ),
      { numRuns: 600 }
    )
  })
})
