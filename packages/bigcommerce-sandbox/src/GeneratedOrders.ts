/**
 * The orders that a generated store has already had: all 15 statuses, one and several addresses, bundles, digital goods,
 * custom lines, gift certificates, collections, discounts, parcels and refunds. They are played through the shop's own
 * verbs, so that stock, statuses and amounts agree with each other.
 */
import type { ManualClock } from "./Clock.ts"
import * as Customer from "./Customer.ts"
import type { NewLine, NewOrder } from "./NewOrder.ts"
import { isPhysical, type Order, status } from "./Order.ts"
import type { Random } from "./Random.ts"
import type { Shop } from "./Shop.ts"
import { defaultLocationId } from "./Location.ts"

/** How orders are spread over the statuses; the first 15 orders take one of each. */
const statusShares: ReadonlyArray<readonly [number, number]> = [
  [status.awaitingFulfillment, 34],
  [status.shipped, 16],
  [status.completed, 9],
  [status.awaitingPayment, 7],
  [status.partiallyShipped, 6],
  [status.awaitingShipment, 5],
  [status.partiallyRefunded, 5],
  [status.cancelled, 4],
  [status.incomplete, 4],
  [status.awaitingPickup, 3],
  [status.refunded, 2],
  [status.pending, 2],
  [status.manualVerificationRequired, 1],
  [status.declined, 1],
  [status.disputed, 1]
]

const historyMillis = 30 * 86_400_000
const attemptsMax = 12

/** Plays that many orders over the thirty days before the clock's time. */
export const play = (shop: Shop, clock: HistoryClock, random: Random, orders: number, customers: number): void => {
  const endMillis = clock.now()
  for (let id = 1; id <= customers; id++) {
    shop.customers.set(id, Customer.make(id, endMillis - random.integer(31, 390) * 86_400_000, random))
  }
  for (let number = 0; number < orders; number++) {
    const placedMillis = endMillis - historyMillis + Math.floor((historyMillis * (number + 0.5)) / orders)
    clock.set(placedMillis)
    const statusId = number < 15 ? number : pickStatus(random)
    const order = placeSome(shop, random, statusId, number)
    clock.set(Math.min(endMillis, placedMillis + random.integer(60, 50_000) * 1000))
    advance(shop, random, order, statusId)
  }
  clock.set(endMillis)
}

/** A clock that history is played on: it can be set, and its tasks run at once. */
export interface HistoryClock extends Pick<ManualClock, "now"> {
  readonly set: (millis: number) => void
}

const pickStatus = (random: Random): number => {
  let rest = random.integer(0, statusShares.reduce((sum, [, share]) => sum + share, 0) - 1)
  for (const [statusId, share] of statusShares) {
    if (rest < share) return statusId
    rest -= share
  }
  return status.awaitingFulfillment
}

/** Places an order that ends in the status; it starts unpaid or paid as that story needs. */
const placeSome = (shop: Shop, random: Random, statusId: number, number: number): Order => {
  const customer = random.chance(0.6)
    ? shop.customers.get(random.integer(1, Math.max(1, shop.customers.size)))
    : undefined
  const address = customer?.address ?? Customer.someAddress(random)
  const isCollected = statusId === status.awaitingPickup
  const needsParcels = statusId === status.partiallyShipped || statusId === status.shipped
  const isMulti = !isCollected && number % 17 === 4
  const lines = someLines(shop, random, { isCollected, isMulti, number, atLeastTwo: needsParcels })
  const startsAs: ReadonlyArray<number> = [
    status.incomplete,
    status.pending,
    status.awaitingPayment,
    status.manualVerificationRequired
  ]
  const order: NewOrder = {
    lines,
    statusId: startsAs.includes(statusId) ? statusId : isCollected ? statusId : status.awaitingFulfillment,
    billing: address,
    addresses: isMulti ? [address, Customer.someAddress(random)] : [address],
    shippingCost: random.pick([0, 5.95, 8, 12.5]),
    ...(customer !== undefined && { customerId: customer.id }),
    ...(random.chance(0.12) && { discount: random.integer(1, 3) }),
    ...(random.chance(0.12) && { coupon: { code: random.pick(["SUMMER", "WELCOME5", "S2549JM0Y"]), amount: 2.5 } }),
    ...(random.chance(0.06) && { fees: [{ name: "Small order fee", cost: 1.5 }] }),
    ...(random.chance(0.05) && { handlingCost: 2 }),
    ...(random.chance(0.06) && { currencyCode: "EUR", exchangeRate: 0.92, isTaxInclusive: true }),
    ...(random.chance(0.1) && { customerMessage: "Please leave with a neighbour." }),
    ...(random.chance(0.08) && { staffNotes: "Called the customer." }),
    paymentMethod: random.pick(["Credit Card", "PayPal", "Cash on Delivery", "Bank Deposit"])
  }
  const placed = shop.placeOrder(order)
  if (random.chance(0.04)) shop.orders.addMessage(placed, "When will it arrive?")
  return placed
}

interface LinesWanted {
  readonly isCollected: boolean
  readonly isMulti: boolean
  readonly number: number
  readonly atLeastTwo: boolean
}

const someLines = (shop: Shop, random: Random, wanted: LinesWanted): ReadonlyArray<NewLine> => {
  const reserved = new Map<number, number>()
  const lines: Array<NewLine> = []
  const count = Math.max(wanted.atLeastTwo ? 2 : 1, random.pick([1, 1, 2, 2, 3, 4]))
  for (let at = 0; at < count; at++) {
    const line = someGoods(shop, random, reserved, wanted.isCollected)
    lines.push(wanted.isMulti ? { ...line, address: at % 2 } : line)
  }
  if (wanted.isMulti) lines.push({ ...someGoods(shop, random, reserved, false), address: 1 })
  if (wanted.isCollected) return lines
  const first = lines[0]
  if (wanted.number % 13 === 5 && first !== undefined) {
    lines[0] = { ...first, parts: [someGoods(shop, random, reserved, false, first.quantity ?? 1)] }
  }
  if (wanted.number % 19 === 6) lines.push({ custom: { name: "Custom engraving" }, price: 7.5 })
  if (wanted.number % 23 === 7) lines.push({ giftCertificate: { recipientEmail: "friend@example.com" }, price: 25 })
  if (wanted.number % 11 === 3) lines.push(...digitalGoods(shop, random))
  if (wanted.number % 29 === 8) lines[0] = { ...lines[0], wrapping: { name: "Festive paper", cost: 3 } }
  return lines
}

/** Some variant in stock, where it will be taken from, not promised to another line of the same order. */
const someGoods = (
  shop: Shop,
  random: Random,
  reserved: Map<number, number>,
  isCollected: boolean,
  times = 1
): NewLine => {
  const { catalog, inventory } = shop
  const location = isCollected ? lastLocation(shop) : defaultLocationId
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const variant = random.integer(0, catalog.variantRows - 1)
    const slot = inventory.slotOfVariant(variant)
    if (slot === undefined) continue
    const left = inventory.availableToSell(slot, location) - (reserved.get(slot) ?? 0)
    const quantity = Math.min(random.pick([1, 1, 1, 2, 2, 3, 5]), Math.floor(left / times))
    if (quantity < 1) continue
    reserved.set(slot, (reserved.get(slot) ?? 0) + quantity * times)
    const line = { variantId: catalog.variantId(variant), quantity }
    return isCollected ? { ...line, pickupAt: location } : line
  }
  const line = { custom: { name: "Sample pack" }, price: 4 }
  return isCollected ? { ...line, pickupAt: location } : line
}

const lastLocation = (shop: Shop): number => Math.max(...shop.locations.keys())

const digitalGoods = (shop: Shop, random: Random): ReadonlyArray<NewLine> => {
  const { catalog } = shop
  const start = random.integer(0, Math.max(0, catalog.productRows - 1))
  for (let step = 0; step < catalog.productRows && step < 400; step++) {
    const product = (start + step) % catalog.productRows
    if (catalog.isDigital(product)) return [{ productId: catalog.productId(product) }]
  }
  return []
}

/** Plays an order on to the status it is to end in. */
const advance = (shop: Shop, random: Random, order: Order, statusId: number): void => {
  const lines = order.lines.filter((line) => isPhysical(line) && line.addressId !== 0)
  switch (statusId) {
    case status.shipped:
    case status.completed: {
      for (const address of order.addresses) {
        if (lines.some((line) => line.addressId === address.id)) {
          shop.shipOrder(order.id, { addressId: address.id, ...tracking(random) })
        }
      }
      shop.setOrderStatus(order.id, statusId)
      return
    }
    case status.partiallyShipped: {
      const line = lines[0]
      if (line === undefined) return void shop.setOrderStatus(order.id, statusId)
      const items = [{ lineId: line.id, quantity: Math.max(1, line.quantity - 1) }]
      shop.shipOrder(order.id, { addressId: line.addressId, items, ...tracking(random) })
      return
    }
    case status.partiallyRefunded: {
      const line = order.lines.find((candidate) => candidate.price.incTax > 0) ?? order.lines[0]
      if (line === undefined) return
      const refund = { itemType: "PRODUCT" as const, itemId: line.id, quantity: 1, reason: "Damaged" }
      const isWhole = order.lines.length === 1 && line.quantity === 1
      const shipping = { itemType: "ORDER" as const, itemId: order.id, amount: 1, reason: "Goodwill" }
      shop.refundOrder(order.id, {
        items: [isWhole ? shipping : refund],
        reason: "Damaged",
        restock: random.chance(0.3)
      })
      return
    }
    case status.cancelled:
      return void shop.cancelOrder(order.id)
    default:
      shop.setOrderStatus(order.id, statusId)
  }
}

const tracking = (random: Random) => ({
  trackingNumber: `EJ${random.integer(100_000_000, 999_999_999)}US`,
  shippingProvider: random.pick(["usps", "fedex", "ups"])
})
