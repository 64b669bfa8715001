/**
 * Money given back, and the payments it comes from. A refund through the API never restocks; one in the panel gives the
 * units back if the store's setting says so (`restock`). The order becomes Refunded or Partially Refunded.
 */
import type { Events } from "./Events.ts"
import * as Money from "./Money.ts"
import { type Order, status, totals } from "./Order.ts"
import { lineAmount, type Orders } from "./Orders.ts"
import { Refusal } from "./Refusal.ts"
import { stockSettingsOf } from "./Settings.ts"
import { giveBack, type StockContext } from "./StockRules.ts"

/** What a part of a refund is for. */
export type RefundItemType = "PRODUCT" | "GIFT_WRAPPING" | "SHIPPING" | "HANDLING" | "ORDER" | "FEE" | "TAX"

/** A part of a refund to make. */
export interface NewRefundItem {
  readonly itemType: RefundItemType
  /** Order line id, order address id, order id or fee id, by type. */
  readonly itemId: number
  /** Units, for PRODUCT and GIFT_WRAPPING. */
  readonly quantity?: number
  /** A decimal amount, for the other types. */
  readonly amount?: number
  readonly reason?: string
}

/** A refund to make. */
export interface NewRefund {
  readonly items: ReadonlyArray<NewRefundItem>
  readonly reason?: string
  readonly provider?: string
  readonly userId?: number
  /** The payment provider says no. */
  readonly isDeclined?: boolean
  /** Give the units back to stock, as the panel does; the API never does. */
  readonly restock?: boolean
}

/** A refund that was made; amounts in ten-thousandths. */
export interface Refund {
  readonly id: number
  readonly orderId: number
  readonly userId: number
  readonly createdMillis: number
  readonly reason: string
  readonly total: number
  readonly tax: number
  readonly items: ReadonlyArray<{
    readonly itemType: RefundItemType
    readonly itemId: number
    readonly quantity: number | undefined
    readonly amount: number
    readonly reason: string
  }>
  readonly provider: string
  readonly isDeclined: boolean
}

/** The refunds of all orders. */
export class Refunds {
  readonly #orders: Orders
  readonly #stock: StockContext
  readonly #events: Events
  readonly #now: () => number
  readonly #refunds: Array<Refund> = []

  constructor(orders: Orders, stock: StockContext, now: () => number) {
    this.#orders = orders
    this.#stock = stock
    this.#events = stock.events
    this.#now = now
  }

  all(): ReadonlyArray<Refund> {
    return this.#refunds
  }

  of(orderId: number): ReadonlyArray<Refund> {
    return this.#refunds.filter((refund) => refund.orderId === orderId)
  }

  create(order: Order, refund: NewRefund): Refund {
    if (refund.items.length === 0) throw new Refusal(422, "Refund items are required.")
    const items = refund.items.map((item) => ({ ...item, amount: this.#amountOf(order, item) }))
    this.#requireUnits(order, refund)
    const total = items.reduce((sum, item) => sum + item.amount, 0)
    if (order.refundedAmount + total > totals(order).total.incTax) {
      throw new Refusal(422, "The refund is more than what is left to refund.")
    }
    const created: Refund = {
      id: this.#refunds.length + 1,
      orderId: order.id,
      userId: refund.userId ?? 1,
      createdMillis: this.#now(),
      reason: refund.reason ?? "",
      total,
      tax: Money.taxWithin(total, order.taxRate),
      items: items.map((item) => ({
        itemType: item.itemType,
        itemId: item.itemId,
        quantity: item.quantity,
        amount: item.amount,
        reason: item.reason ?? ""
      })),
      provider: refund.provider ?? "custom",
      isDeclined: refund.isDeclined ?? false
    }
    this.#refunds.push(created)
    const { refundOrderStockAdjustment } = stockSettingsOf(this.#stock.settings, order.channelId)
    this.#apply(order, created, refund.restock === true && refundOrderStockAdjustment)
    return created
  }

  #amountOf(order: Order, item: NewRefundItem): number {
    if (item.itemType === "PRODUCT") return lineAmount(this.#orders.line(order, item.itemId), item.quantity ?? 0)
    if (item.itemType === "GIFT_WRAPPING") return this.#orders.line(order, item.itemId).wrapping.incTax
    if (item.amount === undefined || !(item.amount > 0))
      throw new Refusal(422, "The amount of a refund item is missing.")
    return Money.of(item.amount)
  }

  #requireUnits(order: Order, refund: NewRefund): void {
    const wanted = new Map<number, number>()
    for (const item of refund.items) {
      if (item.itemType !== "PRODUCT") continue
      const quantity = item.quantity ?? 0
      if (!Number.isInteger(quantity) || quantity < 1)
        throw new Refusal(422, "The quantity of a refund item is missing.")
      wanted.set(item.itemId, (wanted.get(item.itemId) ?? 0) + quantity)
    }
    for (const [lineId, quantity] of wanted) {
      const line = this.#orders.line(order, lineId)
      if (quantity > line.quantity - line.quantityRefunded) {
        throw new Refusal(422, `Order product ${lineId} has fewer units left to refund.`)
      }
    }
  }

  #apply(order: Order, refund: Refund, restock: boolean): void {
    for (const item of refund.items) {
      if (item.itemType !== "PRODUCT") continue
      const line = this.#orders.line(order, item.itemId)
      line.quantityRefunded += item.quantity ?? 0
      line.refundAmount += item.amount
      if (!restock) continue
      line.quantityRestocked += item.quantity ?? 0
      giveBack(this.#stock, line, item.quantity ?? 0)
    }
    order.refundedAmount += refund.total
    const isWhole = order.refundedAmount >= totals(order).total.incTax
    order.paymentStatus = isWhole ? "refunded" : "partially refunded"
    const data = { type: "order", id: order.id, refund: { refund_id: refund.id } }
    this.#events.emit("store/order/refund/created", data)
    this.#orders.setStatusOnly(order, isWhole ? status.refunded : status.partiallyRefunded)
  }
}
