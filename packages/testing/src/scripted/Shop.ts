/**
 * The shop behind a scripted cart: its catalogue, its orders, and stock that it moves by itself.
 *
 * Plain state and the shop's own rules, driven by who passes in the time; no faults and no wire. What the shop accepts as a
 * new level takes effect after its delay, whatever was sold in between. Recent versions of orders and levels are kept, so
 * that a read can be answered as of a moment ago.
 */
import type { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { keyOf, type Listing, type ListingKey } from "@stockport/core/domain/Listing"
import type { Order, OrderId, OrderLine, OrderLineId } from "@stockport/core/domain/Order"
import { type Quantity, scale, wholeUnits } from "@stockport/core/domain/Quantity"
import {
  type CartErrorReason,
  Conflict,
  NotFound,
  Rejected,
  type Shipment,
  type ShipmentRecorded,
  type StockLevel,
  type StockLevelUpdate,
  unreadable,
  type Unreadable
} from "@stockport/core/ports/Cart"
import { DateTime } from "effect"
import { dated, undated } from "./Happenings.ts"
import type { Settings } from "./Settings.ts"

/** How many versions of an order or a level are kept for stale reads. */
export const versionsMax = 64

/** Why an order changed: decides whether the shop moves stock for it. */
export type Cause = "placed" | "edited" | "givenBack" | "shipped"

interface Version<A> {
  readonly at: number
  readonly value: A
}

/** What the shop itself keeps back or adds at one of its locations, whatever number was set there. */
export type KeptBack = Pick<StockLevel, "safetyStock" | "isInStock" | "backorderLimit" | "backordered">

interface Place {
  readonly counted: string
  readonly cartLocationId: CartLocationId
}

/** A shop. Every method that depends on time takes it, in epoch milliseconds, and never goes back. */
export class Shop {
  readonly #settings: Settings
  readonly #listings = new Map<ListingKey, Listing>()
  readonly #orders = new Map<OrderId, Array<Version<Order | null>>>()
  readonly #taken = new Map<OrderLineId, number>()
  readonly #levels = new Map<string, { readonly place: Place; readonly versions: Array<Version<number>> }>()
  readonly #shipments = new Map<string, string>()
  readonly #refusals = new Map<ListingKey, CartErrorReason>()
  readonly #unreadable = new Map<string, Partial<Unreadable>>()
  readonly #keptBack = new Map<string, KeptBack>()
  #pending: ReadonlyArray<{ readonly dueAt: number; readonly place: Place; readonly quantity: number }> = []
  #receipts = 0

  constructor(settings: Settings) {
    this.#settings = settings
  }

  /** Offers a listing, or changes one; a tracked one starts with this level at the default location. */
  offer(listing: Listing, level: number, now: number): void {
    this.#listings.set(listing.key, listing)
    if (!isCounted(listing)) return
    for (const { id, isDefault } of this.#settings.locations) {
      const place = placeOf(listing, id)
      if (!this.#levels.has(nameOf(place))) this.#setLevel(place, isDefault ? level : 0, now)
    }
  }

  /** Takes a listing off the shop; its orders stay. */
  withdraw(key: ListingKey): void {
    this.#listings.delete(key)
  }

  /** Every row of the catalogue, in order of its key. */
  listings(): ReadonlyArray<Listing> {
    return [...this.#listings.values()].sort((left, right) => (left.key < right.key ? -1 : 1))
  }

  /** A row of the catalogue. */
  listing(key: ListingKey): Listing | undefined {
    return this.#listings.get(key)
  }

  /** What the shop shows of a listing, as of an instant; null where it counts nothing. */
  level(key: ListingKey, cartLocationId: CartLocationId, asOf: number, now: number): number | null {
    this.settle(now)
    const listing = this.#listings.get(key)
    if (listing === undefined || !isCounted(listing)) return null
    return valueAsOf(this.#levels.get(nameOf(placeOf(listing, cartLocationId)))?.versions ?? [], asOf) ?? null
  }

  /** Levels of all counted listings among these keys, at every location of the shop. */
  stockLevels(keys: ReadonlyArray<ListingKey>, asOf: number, now: number): ReadonlyArray<StockLevel> {
    return keys.flatMap((key) =>
      this.#settings.locations.flatMap(({ id }) => {
        const onHand = this.level(key, id, asOf, now)
        if (onHand === null) return []
        const keptBack = this.#keptBack.get(keptBackAt(key, id)) ?? {}
        return [{ key, cartLocationId: id, onHand, availableToSell: sellable(onHand, keptBack), ...keptBack }]
      })
    )
  }

  /** Makes the shop keep units of a listing back at a location, or sell more than it has. */
  keepBack(key: ListingKey, cartLocationId: CartLocationId, keptBack: KeptBack): void {
    this.#keptBack.set(keptBackAt(key, cartLocationId), keptBack)
  }

  /** Makes an order or a listing unreadable (null: readable again). */
  garble(id: string, row: Partial<Unreadable> | null): void {
    if (row === null) this.#unreadable.delete(id)
    else this.#unreadable.set(id, row)
  }

  /** An order as it can be read. */
  readOrder(order: Order): Order | Unreadable {
    const row = this.#unreadable.get(order.id)
    return row === undefined ? order : { ...unreadableOrder(order), ...row, _tag: "Unreadable" }
  }

  /** A row of the catalogue as it can be read. */
  readListing(listing: Listing): Listing | Unreadable {
    const row = this.#unreadable.get(listing.key)
    const found = { what: "listing", id: listing.key, path: "body", expected: "expected a readable listing" } as const
    return row === undefined ? listing : { ...unreadable(found), ...row, _tag: "Unreadable" }
  }

  /** Somebody in the shop writes another number. */
  correct(key: ListingKey, cartLocationId: CartLocationId, quantity: number, now: number): void {
    this.settle(now)
    const listing = this.#listings.get(key)
    if (listing !== undefined) this.#setLevel(placeOf(listing, cartLocationId), quantity, now)
  }

  /** Makes the shop refuse every new level of a listing (null: no longer). */
  refuse(key: ListingKey, reason: CartErrorReason | null): void {
    if (reason === null) this.#refusals.delete(key)
    else this.#refusals.set(key, reason)
  }

  /** Accepts a new level under a receipt, to take effect after the shop's delay, or says why not. */
  accept({ listing, cartLocationId, quantity }: StockLevelUpdate, now: number): string | CartErrorReason {
    const known = this.#listings.get(listing.key)
    const refusal = this.#refusals.get(listing.key)
    if (refusal !== undefined) return refusal
    if (known === undefined) return new NotFound({ detail: `no listing ${listing.key}` })
    if (!isCounted(known)) return new Conflict({ detail: `the shop does not count the stock of ${listing.key}` })
    if (!this.#settings.locations.some(({ id }) => id === cartLocationId)) {
      return new NotFound({ detail: `no location ${cartLocationId}` })
    }
    if (!Number.isInteger(quantity) || quantity < 0 || quantity > this.#settings.quantityMax) {
      return new Rejected({ detail: `not a level: ${quantity}`, fields: { quantity: "out of range" } })
    }
    const dueAt = now + this.#settings.writeDelayMillis
    this.#pending = [...this.#pending, { dueAt, place: placeOf(known, cartLocationId), quantity }]
    this.settle(now)
    this.#receipts += 1
    return `receipt-${this.#receipts}`
  }

  /** Lets every accepted level take effect that is due. */
  settle(now: number): void {
    const due = this.#pending.filter(({ dueAt }) => dueAt <= now)
    if (due.length === 0) return
    this.#pending = this.#pending.filter(({ dueAt }) => dueAt > now)
    for (const { place, quantity, dueAt } of due) this.#setLevel(place, quantity, dueAt)
  }

  /** How many accepted levels have not taken effect yet. */
  unsettled(now: number): number {
    this.settle(now)
    return this.#pending.length
  }

  /** Whether the shop shows enough of a listing, over all of its locations, to sell so many. */
  offers(key: ListingKey, quantity: number, now: number): boolean {
    const listing = this.#listings.get(key)
    if (listing === undefined || listing.shape === "parent") return false
    if (!isCounted(listing)) return true
    const levels = this.stockLevels([key], now, now)
    return levels.reduce((sum, { availableToSell }) => sum + availableToSell, 0) >= quantity
  }

  /** Writes an order as it stands from now on, and moves stock as the shop's settings say. */
  write(order: Order, cause: Cause, now: number): Order {
    this.settle(now)
    const stamp = Math.floor(now / this.#settings.stampMillis) * this.#settings.stampMillis
    const before = this.order(order.id, now)
    const history = this.#settings.dated ? dated(order, before, now) : undated(order)
    const stamped: Order = { ...history, modifiedAt: DateTime.makeUnsafe(stamp) }
    remember(versionsOf(this.#orders, order.id), stamped, now)
    this.#moveStock(stamped, before, cause, now)
    return stamped
  }

  /** Forgets an order, as if it had never been. */
  forget(id: OrderId, now: number): void {
    remember(versionsOf(this.#orders, id), null, now)
  }

  /** An order as it stood at an instant. */
  order(id: OrderId, asOf: number): Order | undefined {
    return valueAsOf(this.#orders.get(id) ?? [], asOf) ?? undefined
  }

  /** All orders as they stood at an instant, oldest change first. */
  orders(asOf: number): ReadonlyArray<Order> {
    return [...this.#orders.keys()]
      .flatMap((id) => this.order(id, asOf) ?? [])
      .sort(
        (left, right) =>
          DateTime.toEpochMillis(left.modifiedAt) - DateTime.toEpochMillis(right.modifiedAt) ||
          (left.id < right.id ? -1 : 1)
      )
  }

  /** Records a parcel once per key, or says why it cannot have left. */
  ship(shipment: Shipment, now: number): ShipmentRecorded | CartErrorReason {
    const known = this.#shipments.get(shipment.key)
    if (known !== undefined) return { shipmentId: known, existed: true }
    const order = this.order(shipment.orderId, now)
    if (order === undefined) return new NotFound({ detail: `no order ${shipment.orderId}` })
    const parcel = new Map(shipment.lines.map(({ lineId, quantity }) => [lineId, quantity * scale]))
    for (const [lineId, quantity] of parcel) {
      const line = order.lines.find(({ id }) => id === lineId)
      if (line === undefined) return new NotFound({ detail: `order ${order.id} has no line ${lineId}` })
      if (quantity > line.quantity - line.shipped - line.refunded) {
        return new Conflict({ detail: `line ${lineId} has less left to ship` })
      }
    }
    const lines = order.lines.map((line) => ({
      ...line,
      shipped: (line.shipped + (parcel.get(line.id) ?? 0)) as Quantity
    }))
    const left = lines.some((line) => line.quantity > line.shipped + line.refunded)
    this.write({ ...order, lines, status: left ? "partiallyShipped" : "shipped" }, "shipped", now)
    const shipmentId = `shipment-${this.#shipments.size + 1}`
    this.#shipments.set(shipment.key, shipmentId)
    return { shipmentId, existed: false }
  }

  /** How many parcels were recorded. */
  shipmentCount(): number {
    return this.#shipments.size
  }

  #moveStock(order: Order, before: Order | undefined, cause: Cause, now: number): void {
    const { stockMoves, stockFollowsEdits, stockFollowsRefunds } = this.#settings
    if (stockMoves === "atShipment" && cause !== "shipped") return
    if (cause === "edited" && !stockFollowsEdits) return
    if (cause === "givenBack" && !stockFollowsRefunds) return
    const gone = (before?.lines ?? []).filter(({ id }) => !order.lines.some((line) => line.id === id))
    for (const line of gone) this.#take(line, 0, now)
    for (const line of order.lines) this.#take(line, this.#wanted(order, line), now)
  }

  // How much of the shop's stock a line has taken once all is said and done.
  #wanted(order: Order, line: OrderLine): number {
    if (this.#settings.stockMoves === "atShipment") return wholeUnits(line.shipped)
    if (order.status === "incomplete") return 0
    if (isOver(order)) return wholeUnits(line.shipped)
    const kept = this.#settings.stockFollowsRefunds ? line.quantity - line.refunded : line.quantity
    return wholeUnits(kept as Quantity)
  }

  #take(line: OrderLine, wanted: number, now: number): void {
    const listing = line.productId === null ? undefined : this.#listings.get(keyOf(line.productId, line.variantId))
    const difference = wanted - (this.#taken.get(line.id) ?? 0)
    this.#taken.set(line.id, wanted)
    if (listing === undefined || !isCounted(listing) || difference === 0) return
    const location = this.#settings.locations.find(({ isDefault }) => isDefault) ?? this.#settings.locations[0]
    const place = placeOf(listing, location.id)
    this.#setLevel(place, (this.#levels.get(nameOf(place))?.versions.at(-1)?.value ?? 0) - difference, now)
  }

  #setLevel(place: Place, quantity: number, now: number): void {
    const entry = this.#levels.get(nameOf(place)) ?? { place, versions: [] }
    remember(entry.versions, quantity, now)
    this.#levels.set(nameOf(place), entry)
  }
}

/** Whether the shop counts the stock of a listing. */
export const isCounted = ({ tracking, shape, shopBundle }: Listing): boolean =>
  !shopBundle && (tracking === "product" || (tracking === "variant" && shape !== "parent"))

const keptBackAt = (key: ListingKey, cartLocationId: CartLocationId): string => `${key}@${cartLocationId}`

const sellable = (onHand: number, { backorderLimit = 0, isInStock = true, safetyStock = 0 }: KeptBack): number =>
  isInStock ? Math.max(0, onHand - safetyStock) + backorderLimit : 0

const unreadableOrder = (order: Order): Unreadable =>
  unreadable({
    what: "order",
    id: order.id,
    path: "body",
    expected: "expected a readable order",
    number: order.number,
    placedAt: order.placedAt,
    modifiedAt: order.modifiedAt,
    lines: order.lines.map(({ id, productId, quantity, sku, variantId }) => ({
      lineId: id,
      productId,
      variantId,
      sku,
      quantity
    }))
  })

const isOver = ({ status, deleted }: Order): boolean =>
  deleted || status === "cancelled" || status === "declined" || status === "refunded"

// All rows of a product that is counted as a whole share one count.
const placeOf = (listing: Listing, cartLocationId: CartLocationId): Place => ({
  counted: listing.tracking === "product" ? listing.productId : listing.key,
  cartLocationId
})

const nameOf = ({ counted, cartLocationId }: Place): string => `${counted}@${cartLocationId}`

const versionsOf = <K, A>(histories: Map<K, Array<Version<A>>>, key: K): Array<Version<A>> => {
  const versions = histories.get(key) ?? []
  histories.set(key, versions)
  return versions
}

const remember = <A>(versions: Array<Version<A>>, value: A, at: number): void => {
  versions.push({ at, value })
  if (versions.length > versionsMax) versions.shift()
}

const valueAsOf = <A>(versions: ReadonlyArray<Version<A>>, asOf: number): A | undefined =>
  versions.findLast(({ at }) => at <= asOf)?.value
