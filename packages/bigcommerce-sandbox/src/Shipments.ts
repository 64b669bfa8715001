/**
 * Parcels of orders. A parcel goes to one address and carries some units of some lines; creating one moves the order to
 * Shipped or Partially Shipped. Deleting one takes the units back off the lines and leaves the status alone. There is no
 * idempotency key: the same request twice is two parcels, if the units suffice.
 */
import type { Events } from "./Events.ts"
import { isPhysical, type Order, status } from "./Order.ts"
import type { Orders } from "./Orders.ts"
import { notFound, Refusal } from "./Refusal.ts"

/** A parcel that was sent. */
export interface Shipment {
  readonly id: number
  readonly orderId: number
  readonly customerId: number
  readonly addressId: number
  readonly createdMillis: number
  trackingNumber: string
  trackingLink: string
  trackingCarrier: string
  shippingProvider: string
  shippingMethod: string
  comments: string
  merchantShippingCost: number
  readonly items: ReadonlyArray<{ readonly lineId: number; readonly quantity: number }>
}

/** What can be said of a parcel besides its content. */
export interface ShipmentChanges {
  readonly trackingNumber?: string
  readonly trackingLink?: string
  readonly trackingCarrier?: string
  readonly shippingProvider?: string
  readonly shippingMethod?: string
  readonly comments?: string
  readonly merchantShippingCost?: number
}

/** A parcel to send. */
export interface NewShipment extends ShipmentChanges {
  /** Default is the order's first address with something left to ship. */
  readonly addressId?: number
  /** Default is everything left for that address. */
  readonly items?: ReadonlyArray<{ readonly lineId: number; readonly quantity: number }>
}

const trackingNumberLengthMax = 50
const trackingLinkLengthMax = 500
const commentsLengthMax = 65_535

/** The parcels of all orders. */
export class Shipments {
  readonly #orders: Orders
  readonly #events: Events
  readonly #now: () => number
  readonly #byOrder = new Map<number, Array<Shipment>>()
  #nextId = 1

  constructor(orders: Orders, events: Events, now: () => number) {
    this.#orders = orders
    this.#events = events
    this.#now = now
  }

  of(orderId: number): ReadonlyArray<Shipment> {
    return this.#byOrder.get(orderId) ?? []
  }

  get(orderId: number, shipmentId: number): Shipment {
    const shipment = this.of(orderId).find((candidate) => candidate.id === shipmentId)
    if (shipment === undefined) throw notFound()
    return shipment
  }

  create(order: Order, shipment: NewShipment): Shipment {
    const addressId = shipment.addressId ?? addressLeft(order)
    if (!order.addresses.some((address) => address.id === addressId)) throw invalid("order_address_id")
    const items = shipment.items ?? itemsLeft(order, addressId)
    if (items.length === 0) throw invalid("items")
    requireTexts(shipment)
    this.#requireUnits(order, addressId, items)
    for (const { lineId, quantity } of items) this.#orders.line(order, lineId).quantityShipped += quantity
    const created: Shipment = {
      id: this.#nextId++,
      orderId: order.id,
      customerId: order.customerId,
      addressId,
      createdMillis: this.#now(),
      trackingNumber: shipment.trackingNumber ?? "",
      trackingLink: shipment.trackingLink ?? "",
      trackingCarrier: shipment.trackingCarrier ?? "",
      shippingProvider: shipment.shippingProvider ?? "",
      shippingMethod: shipment.shippingMethod ?? "None",
      comments: shipment.comments ?? "",
      merchantShippingCost: shipment.merchantShippingCost ?? 0,
      items
    }
    this.#byOrder.set(order.id, [...this.of(order.id), created])
    this.#emit("created", created)
    this.#advanceStatus(order)
    return created
  }

  edit(shipment: Shipment, changes: ShipmentChanges): void {
    requireTexts(changes)
    Object.assign(shipment, changes)
    this.#emit("updated", shipment)
  }

  remove(shipment: Shipment): void {
    const order = this.#orders.get(shipment.orderId)
    for (const { lineId, quantity } of shipment.items) {
      const line = order.lines.find((candidate) => candidate.id === lineId)
      if (line !== undefined) line.quantityShipped = Math.max(0, line.quantityShipped - quantity)
    }
    this.#byOrder.set(
      order.id,
      this.of(order.id).filter((other) => other !== shipment)
    )
    this.#orders.touched(order, order.statusId)
    this.#emit("deleted", shipment)
  }

  #requireUnits(order: Order, addressId: number, items: NonNullable<NewShipment["items"]>): void {
    const wanted = new Map<number, number>()
    for (const { lineId, quantity } of items) {
      if (!Number.isInteger(quantity) || quantity < 1) throw invalid("quantity")
      wanted.set(lineId, (wanted.get(lineId) ?? 0) + quantity)
    }
    for (const [lineId, quantity] of wanted) {
      const line = order.lines.find((candidate) => candidate.id === lineId)
      if (line === undefined || line.addressId !== addressId || !isPhysical(line)) throw invalid("order_product_id")
      if (quantity > line.quantity - line.quantityShipped) {
        throw new Refusal(400, `The quantity of order product ${lineId} is more than what is left to ship.`)
      }
    }
  }

  #advanceStatus(order: Order): void {
    const isSent = order.lines.every((line) => !isPhysical(line) || line.quantityShipped >= line.quantity)
    const next = isSent ? status.shipped : status.partiallyShipped
    if (order.statusId === next) this.#orders.touched(order, next)
    else this.#orders.changeStatus(order, next)
  }

  #emit(what: "created" | "updated" | "deleted", shipment: Shipment): void {
    const data = { type: "shipment", id: shipment.id, orderId: shipment.orderId }
    this.#events.emit(`store/shipment/${what}`, data)
  }
}

const invalid = (field: string): Refusal => new Refusal(400, `The field '${field}' is invalid.`)

const requireTexts = (changes: ShipmentChanges): void => {
  if ((changes.trackingNumber?.length ?? 0) > trackingNumberLengthMax) throw invalid("tracking_number")
  if ((changes.trackingLink?.length ?? 0) > trackingLinkLengthMax) throw invalid("tracking_link")
  if ((changes.comments?.length ?? 0) > commentsLengthMax) throw invalid("comments")
}

const addressLeft = (order: Order): number =>
  order.lines.find((line) => line.addressId !== 0 && line.quantityShipped < line.quantity)?.addressId ?? 0

const itemsLeft = (order: Order, addressId: number): NonNullable<NewShipment["items"]> =>
  order.lines
    .filter((line) => line.addressId === addressId && isPhysical(line) && line.quantityShipped < line.quantity)
    .map((line) => ({ lineId: line.id, quantity: line.quantity - line.quantityShipped }))
