/**
 * The orders of a store and everything that can happen to one: placed, paid, edited, cancelled, archived. Each verb
 * moves stock by the store's rules, advances the modification date and emits the events that webhooks carry.
 */
import type { Events } from "./Events.ts"
import * as Money from "./Money.ts"
import { compose, type ComposeContext, type NewLine, type NewOrder, spreadDiscounts } from "./NewOrder.ts"
import {
  type Address,
  type Order,
  type OrderFee,
  type OrderLine,
  status,
  statuses,
  times,
  type ShippingAddress
} from "./Order.ts"
import { invalidField, notFound } from "./Refusal.ts"
import type { Random } from "./Random.ts"
import { stockSettingsOf } from "./Settings.ts"
import { giveBack, onStatus, requireStock, type StockContext, take } from "./StockRules.ts"

/** A fee to keep, change (with its id) or add; amounts are plain decimals. */
export interface FeeEdit {
  readonly id?: number
  readonly name?: string
  readonly source?: string
  readonly exTax?: number
  readonly incTax?: number
}

/** A change to an order; what is absent stays. */
export interface OrderChanges {
  readonly statusId?: number
  /** Lines by id; a quantity of 0 removes the line. */
  readonly quantities?: Readonly<Record<number, number>>
  readonly addLines?: ReadonlyArray<NewLine>
  readonly staffNotes?: string
  readonly customerMessage?: string
  readonly externalOrderId?: string | null
  readonly externalId?: string | null
  readonly paymentMethod?: string
  readonly discount?: number
  /** All the fees that the order shall have; one that is not named is deleted. */
  readonly fees?: ReadonlyArray<FeeEdit>
  readonly billing?: Partial<Address>
  readonly shippingAddress?: { readonly id: number; readonly changes: Partial<Address> }
}

/** What orders need of the shop around them. */
export interface OrdersContext extends StockContext {
  readonly events: Events
  readonly random: Random
  readonly now: () => number
}

const firstOrderId = 100

/** The orders of a store. */
export class Orders {
  readonly #context: OrdersContext
  readonly #byId = new Map<number, Order>()
  readonly #inIdOrder: Array<Order> = []
  readonly #counters = { order: firstOrderId, line: 1, address: 1, pickup: 1, coupon: 1, fee: 1, giftCertificate: 1 }
  #messageId = 1

  constructor(context: OrdersContext) {
    this.#context = context
  }

  /** All orders by ascending id, archived ones too. */
  all(): ReadonlyArray<Order> {
    return this.#inIdOrder
  }

  find(id: number): Order | undefined {
    return this.#byId.get(id)
  }

  get(id: number): Order {
    const order = this.#byId.get(id)
    if (order === undefined) throw notFound()
    return order
  }

  line(order: Order, lineId: number): OrderLine {
    const line = order.lines.find((candidate) => candidate.id === lineId)
    if (line === undefined) throw invalidField("order_product_id")
    return line
  }

  #composeContext(order: { readonly isTaxInclusive?: boolean }): ComposeContext {
    const { catalog, settings, random, now } = this.#context
    return {
      catalog,
      taxRate: settings.taxRate,
      isTaxInclusive: order.isTaxInclusive ?? settings.isTaxInclusive,
      currency: settings.currency,
      nowMillis: now(),
      nextId: (kind) => this.#counters[kind]++,
      uuid: random.uuid
    }
  }

  /** Places an order. Refuses (409) what is not there to sell, unless `oversell`. */
  place(newOrder: NewOrder): Order {
    requireStatus(newOrder.statusId ?? status.awaitingFulfillment)
    const order = compose(this.#composeContext(newOrder), this.#counters.order, newOrder)
    if (order.statusId !== status.incomplete && newOrder.oversell !== true) requireStock(this.#context, order)
    this.#counters.order++
    this.#byId.set(order.id, order)
    this.#inIdOrder.push(order)
    this.#emit("store/order/created", order)
    onStatus(this.#context, order, order.statusId)
    return order
  }

  /** Moves an order to a status, with what that does to stock. */
  changeStatus(order: Order, statusId: number): void {
    requireStatus(statusId)
    const previous = order.statusId
    if (previous === statusId) return
    order.statusId = statusId
    const isSent = statusId === status.shipped || statusId === status.completed
    if (isSent && order.shippedMillis === undefined) order.shippedMillis = this.#now()
    onStatus(this.#context, order, statusId)
    this.touched(order, previous)
  }

  /**
   * Sets the status without moving stock: what a refund through the API does, which never restocks.
   */
  setStatusOnly(order: Order, statusId: number): void {
    const previous = order.statusId
    order.statusId = statusId
    this.touched(order, previous)
  }

  /** The payment arrives: an unpaid order awaits fulfilment, pick-up or (digital goods) is completed. */
  pay(order: Order): void {
    order.paymentStatus = "captured"
    const isDigital = order.lines.every((line) => line.type !== "physical")
    const isCollected = order.addresses.length === 0 && order.pickups.length > 0
    const paid = isCollected ? status.awaitingPickup : status.awaitingFulfillment
    this.changeStatus(order, isDigital ? status.completed : paid)
  }

  cancel(order: Order): void {
    order.paymentStatus = "void"
    this.changeStatus(order, status.cancelled)
  }

  /** Archives an order: it stays readable by its id. */
  archive(order: Order): void {
    if (order.isArchived) return
    order.isArchived = true
    this.touched(order, order.statusId)
    this.#emit("store/order/archived", order)
  }

  unarchive(order: Order): void {
    order.isArchived = false
    this.touched(order, order.statusId)
  }

  /**
   * Edits an order as the panel does; stock follows if the setting says so. Changed lines lose their discounts. What is
   * refused changes nothing.
   */
  edit(order: Order, changes: OrderChanges): void {
    const previous = order.statusId
    const added = changes.addLines === undefined ? undefined : this.#composeLines(order, changes.addLines)
    const fees = changes.fees?.map((fee) => this.#editedFee(order, fee))
    const address = changes.shippingAddress && addressOf(order, changes.shippingAddress.id)
    if (changes.statusId !== undefined) requireStatus(changes.statusId)
    if (changes.quantities !== undefined) this.#requireQuantities(order, changes.quantities, added !== undefined)
    if (changes.quantities !== undefined) this.#editQuantities(order, changes.quantities)
    if (added !== undefined) this.#addLines(order, added)
    if (changes.discount !== undefined) {
      order.discount = Money.of(changes.discount)
      spreadDiscounts(order)
    }
    order.fees = fees ?? order.fees
    order.staffNotes = changes.staffNotes ?? order.staffNotes
    order.customerMessage = changes.customerMessage ?? order.customerMessage
    order.paymentMethod = changes.paymentMethod ?? order.paymentMethod
    if (changes.externalOrderId !== undefined) order.externalOrderId = changes.externalOrderId
    if (changes.externalId !== undefined) order.externalId = changes.externalId
    if (changes.billing !== undefined) order.billing = { ...order.billing, ...changes.billing }
    if (address !== undefined) address.address = { ...address.address, ...changes.shippingAddress?.changes }
    if (changes.statusId !== undefined && changes.statusId !== previous) this.changeStatus(order, changes.statusId)
    else this.touched(order, previous)
  }

  /** No line may fall below what of it was shipped or refunded, and an order keeps a line. */
  #requireQuantities(order: Order, quantities: Readonly<Record<number, number>>, addsLines: boolean): void {
    for (const [id, quantity] of Object.entries(quantities)) {
      const line = this.line(order, Number(id))
      const least = Math.max(0, line.quantityShipped, line.quantityRefunded)
      if (!Number.isInteger(quantity) || quantity < least) throw invalidField("quantity")
    }
    const isEmptied = order.lines.every((line) => quantities[line.id] === 0)
    if (isEmptied && !addsLines) throw invalidField("products")
  }

  #editedFee(order: Order, edit: FeeEdit): OrderFee {
    const known = edit.id === undefined ? undefined : order.fees.find((fee) => fee.id === edit.id)
    if (edit.id !== undefined && known === undefined) throw invalidField("fees")
    const exTax = edit.exTax === undefined ? undefined : Money.of(edit.exTax)
    const incTax = edit.incTax === undefined ? undefined : Money.of(edit.incTax)
    const [least, most] = [exTax ?? incTax ?? known?.cost.exTax ?? 0, incTax ?? exTax ?? known?.cost.incTax ?? 0]
    return {
      id: known?.id ?? this.#counters.fee++,
      name: edit.name ?? known?.name ?? "Fee",
      source: edit.source ?? known?.source ?? "AA",
      cost: { exTax: least, incTax: most, tax: most - least }
    }
  }

  #editQuantities(order: Order, quantities: Readonly<Record<number, number>>): void {
    for (const [id, quantity] of Object.entries(quantities)) {
      const line = this.line(order, Number(id))
      if (line.quantity === quantity) continue
      line.quantity = quantity
      this.#dropDiscounts(order, line)
      const taken = line.taken.reduce((sum, entry) => sum + entry.units, 0)
      const kept = quantity - line.quantityRestocked
      if (this.#editsMoveStock(order) && taken > kept) giveBack(this.#context, line, taken - kept)
    }
    order.lines = order.lines.filter((line) => line.quantity > 0)
    if (this.#editsMoveStock(order) && this.#hasMovedStock(order)) take(this.#context, order)
  }

  #composeLines(order: Order, lines: ReadonlyArray<NewLine>): Order {
    const isTaxInclusive = order.isTaxInclusive
    return compose(this.#composeContext({ isTaxInclusive }), order.id, { lines, isTaxInclusive })
  }

  /** Added lines go to the order's first address, or bring theirs. */
  #addLines(order: Order, added: Order): void {
    const hadMoved = this.#hasMovedStock(order)
    if (order.addresses.length === 0) order.addresses = added.addresses
    const addressId = order.addresses[0]?.id ?? 0
    const lines = added.lines.map((line) => (line.addressId === 0 ? line : { ...line, addressId }))
    order.lines = [...order.lines, ...lines]
    order.pickups = [...order.pickups, ...added.pickups]
    if (this.#editsMoveStock(order) && hadMoved) take(this.#context, order)
  }

  /** A discount on a line that was edited is lost, and with it its share of the order's discounts. */
  #dropDiscounts(order: Order, line: OrderLine): void {
    for (const discount of line.discounts) {
      if (discount.id === "manual-discount") order.discount -= discount.amount
      else {
        order.coupons = order.coupons.map((coupon) =>
          coupon.code === discount.code ? { ...coupon, discount: coupon.discount - discount.amount } : coupon
        )
      }
    }
    line.discounts = []
  }

  #editsMoveStock({ channelId }: Order): boolean {
    return stockSettingsOf(this.#context.settings, channelId).editOrderStockAdjustment
  }

  /** Whether this order's stock has left the shelf by the store's rules. */
  #hasMovedStock(order: Order): boolean {
    if (order.lines.some((line) => line.taken.length > 0)) return true
    const voided: ReadonlyArray<number> = [status.incomplete, status.cancelled, status.declined, status.refunded]
    const { updateStockBehavior } = stockSettingsOf(this.#context.settings, order.channelId)
    return updateStockBehavior === "order_placed" && !voided.includes(order.statusId)
  }

  addMessage(order: Order, message: string): void {
    order.messages.push({ id: this.#messageId++, message, createdMillis: this.#now() })
    this.#context.events.emit("store/order/message/created", {
      type: "order",
      id: order.id,
      message: { order_message_id: this.#messageId - 1 }
    })
  }

  /** Notes that an order changed now, and tells the world; a changed status is told too. */
  touched(order: Order, previousStatusId: number): void {
    order.modifiedMillis = this.#now()
    this.#emit("store/order/updated", order)
    if (previousStatusId === order.statusId) return
    const changed = { previous_status_id: previousStatusId, new_status_id: order.statusId }
    this.#emit("store/order/statusUpdated", order, { status: changed })
  }

  #emit(scope: string, order: Order, more: Readonly<Record<string, unknown>> = {}): void {
    const data = { type: "order", id: order.id, ...more }
    this.#context.events.emit(scope, data)
    this.#context.events.emit(scope.replace("store/", `store/channel/${order.channelId}/`), data)
  }

  #now(): number {
    return Math.floor(this.#context.now() / 1000) * 1000
  }
}

const addressOf = (order: Order, id: number): ShippingAddress => {
  const address = order.addresses.find((candidate) => candidate.id === id)
  if (address === undefined) throw invalidField("shipping_addresses")
  return address
}

const requireStatus = (statusId: number): void => {
  if (!statuses.some((candidate) => candidate.id === statusId)) throw invalidField("status_id")
}

/** The amount of a line's units in full, tax included; what refunding them gives back. */
export const lineAmount = (line: OrderLine, quantity: number): number => times(line.price, quantity).incTax
