/**
 * Lets time pass in the demo's shop and on our shelves: new orders, a cancelled one, one that becomes paid, goods received.
 */
import type { Sandbox } from "@stockport/bigcommerce-sandbox"
import { type Connection, Quantity } from "@stockport/core"
import { Store } from "@stockport/core/ports/Store"
import { Effect, Stream } from "effect"
import { cityStore } from "./Business.ts"

const ordersPlaced = 5
const unitsReceived = 24
const salesLookedAt = 500

/** Does what happens between two cycles, and says it. */
export const pass = Effect.fn("Time.pass")(function* (
  shop: Sandbox.Sandbox,
  connection: Connection.Connection,
  line: (text: string) => Effect.Effect<void>
) {
  const store = yield* Store
  const inStock = yield* store.publications.all(connection.id).pipe(
    Stream.filter(({ quantity, cartLocationId }) => quantity > ordersPlaced && cartLocationId === "1"),
    Stream.groupAdjacentBy(({ key }) => key.split("/")[0]),
    Stream.map(([, [first]]) => first),
    Stream.take(ordersPlaced),
    Stream.runCollect
  )
  for (const { key } of inStock) {
    const [productId, variantId] = key.split("/").map(Number)
    const order = shop.placeOrder({
      lines: [{ ...(variantId === undefined ? { productId: productId ?? 0 } : { variantId }), quantity: 2 }]
    })
    yield* line(`   a shopper orders 2 of "${order.lines[0]?.name}" (order ${order.id})`)
  }
  const open = yield* store.sales.list(connection.id, ["open"], { after: null, limit: salesLookedAt })
  const cancelled = open.find(({ order }) => order.status === "awaitingFulfilment")
  if (cancelled !== undefined) {
    shop.cancelOrder(Number(cancelled.orderId))
    yield* line(`   order ${cancelled.orderId} is cancelled before it was shipped`)
  }
  const held = yield* store.sales.list(connection.id, ["held"], { after: null, limit: salesLookedAt })
  const paid = held.find(({ order, reasons }) => order.status === "awaitingPayment" && reasons.length === 1)
  if (paid !== undefined) {
    shop.payOrder(Number(paid.orderId))
    yield* line(`   order ${paid.orderId} is paid`)
  }
  const sold = yield* store.items.get(inStock.map(({ itemId }) => itemId))
  const stocked = new Set(sold.filter(({ kind }) => kind === "inventory").map(({ id }) => id))
  const received = inStock.find(({ itemId }) => stocked.has(itemId))
  if (received === undefined) return
  const movement = {
    kind: "receipt" as const,
    itemId: received.itemId,
    locationId: cityStore,
    quantity: Quantity.of(unitsReceived)
  }
  yield* store.stock.record([{ key: "receipt-1", movements: [movement] }])
  yield* line(`   ${unitsReceived} of item ${received.itemId} are received at the city store`)
})
