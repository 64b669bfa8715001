/**
 * What shoppers do, and what the shops' own people do for them: buy, pay, change their minds, get parcels and refunds.
 */
import type { Order, OrderLine, OrderStatus } from "@stockport/core/domain/Order"
import { type Quantity, scale } from "@stockport/core/domain/Quantity"
import { Clock, DateTime, Effect, Option } from "effect"
import { lineOf, orderOf } from "../../scripted/PlacedOrder.ts"
import * as Books from "../Books.ts"
import {
  bookLine,
  bookOrder,
  type Happening,
  keyOf,
  type Named,
  nettableOf,
  orderBookOf,
  pickShop,
  recipeOf,
  type Shop,
  standingOf,
  type World
} from "../World.ts"

const buy: Happening = (world) =>
  Effect.gen(function* () {
    const { dice, note } = world
    const shop = pickShop(world)
    const wanted = new Map(
      Array.from({ length: 1 + dice.roll(2) }, () => [dice.pick(listingsOf(shop)), 1 + dice.roll(3)] as const)
    )
    const status = dice.pick([
      "awaitingFulfilment",
      "awaitingFulfilment",
      "awaitingFulfilment",
      "awaitingPayment",
      "pending"
    ] as const)
    const before = yield* shortages(world)
    const purchases = [...wanted].map(([key, quantity]) => ({ key, quantity }))
    const order = yield* shop.script.shop.buy(purchases, status)
    const what = purchases.map(({ key, quantity }) => `${quantity} x ${key}`).join(", ")
    const outcome = Option.match(order, { onNone: () => "not enough", onSome: ({ id }) => `${id} ${status}` })
    note(`${shop.name}: a shopper wants ${what}: ${outcome}`)
    if (Option.isNone(order)) return
    bookOrder(world, shop, order.value)
    const oversold = (yield* shortages(world)) - before
    if (oversold <= 0) return
    world.tally.unitsOversold += oversold / Books.unit
    note(`  oversold by ${oversold / Books.unit}`)
  })

/** How many units more are owed than there are, over all items. */
const shortages = (world: World): Effect.Effect<number> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const available = world.books.available(
      nettableOf(world),
      now,
      Books.asBought(world.shops[0].connection.locationId)
    )
    return [...available.values()].reduce((sum, quantity) => sum + Math.max(0, -quantity), 0)
  })

const listingsOf = (shop: Shop) => [...shop.links.values()].map(({ link }) => link.listing.key)

/** Does something to an order that fits, if there is one. */
const toAnOrder =
  (
    what: string,
    fits: (order: Order, book: Books.OrderBook) => boolean,
    change: (world: World, shop: Shop, order: Order) => Effect.Effect<unknown>
  ): Happening =>
  (world) =>
    Effect.gen(function* () {
      const shop = pickShop(world)
      const orders = yield* shop.script.shop.orders
      const fitting = orders.filter((order) => fits(order, orderBookOf(world, shop, order.id)))
      if (fitting.length === 0) return
      const order = world.dice.pick(fitting)
      world.note(`${shop.name}: ${what} ${order.id}`)
      yield* change(world, shop, order)
    })

/** Gives an order another status, in the shop and in the books. */
const turn = (world: World, shop: Shop, order: Order, status: OrderStatus): Effect.Effect<unknown> => {
  orderBookOf(world, shop, order.id).standing = standingOf({ status, deleted: order.deleted })
  if (status === "cancelled") return shop.script.shop.cancel(order.id)
  return shop.script.shop.edit(order.id, (current) => ({ ...current, status }))
}

const isUnpaid = ({ status, deleted }: Order) => !deleted && (status === "awaitingPayment" || status === "pending")

/** Whether something is left to be sent, and the order stands. */
const isPacked = (_order: Order, book: Books.OrderBook) =>
  book.standing === "placed" && book.lines.some((line) => Books.openOf(book, line) >= 1)

const openLine = (world: World, shop: Shop, order: Order): Books.LineBook => {
  const book = orderBookOf(world, shop, order.id)
  return world.dice.pick(book.lines.filter((line) => Books.openOf(book, line) >= 1))
}

const editLine = toAnOrder(
  "edits",
  (order, book) => isPacked(order, book) && book.lines.every((line) => Books.refundedOf(line) === 0),
  (world, shop, order) => {
    const { dice } = world
    const line = openLine(world, shop, order)
    const left = Books.openOf(orderBookOf(world, shop, order.id), line)
    // One more, or fewer down to what has left already.
    line.ordered += dice.chance(50) ? 1 : -dice.roll(left + 1)
    const quantity = (line.ordered * scale) as Quantity
    return shop.script.shop.edit(order.id, (current) => ({
      ...current,
      lines: current.lines.map((other) => (other.id === line.id ? { ...other, quantity } : other))
    }))
  }
)

const shipAll = toAnOrder("ships", isPacked, (world, shop, order) =>
  // Whoever marks an order as sent has sent what was owed, whatever the money was for.
  Effect.andThen(bookRest(world, shop, order), shop.script.shop.ship(order.id))
)

const shipPart = toAnOrder(
  "ships one of",
  (order, book) => isPacked(order, book) && book.lines.some((line) => sendable(book, line) >= 1),
  (world, shop, order) =>
    Effect.gen(function* () {
      const book = orderBookOf(world, shop, order.id)
      const line = world.dice.pick(book.lines.filter((candidate) => sendable(book, candidate) >= 1))
      const sold = order.lines.find(({ id }) => id === line.id)
      if (sold === undefined) return
      yield* bookLine(world, shop, order.id, line.id, "shipped", 1)
      yield* Effect.orDie(shop.cart.recordShipment(parcelOf(world, order, sold)))
      const after = yield* shop.script.shop.order(order.id)
      // A shop that calls an order sent has nothing left to send, whatever was refunded of it.
      if (Option.exists(after, ({ status }) => status === "shipped")) yield* bookRest(world, shop, order)
    })
)

/** What is open of an order has left with it; of what was refunded, or went out by hand, the shop notes no parcel. */
const bookRest = Effect.fnUntraced(function* (world: World, shop: Shop, order: Order, isByHand = false) {
  const book = orderBookOf(world, shop, order.id)
  for (const line of book.lines) {
    const isUndated = isByHand || Books.refundedOf(line) > 0
    yield* bookLine(world, shop, order.id, line.id, "shipped", Books.openOf(book, line), isUndated)
  }
  book.isFinished = true
})

/** What the shop itself lets be sent of a line: it takes every refund for goods that had not left. */
const sendable = (book: Books.OrderBook, line: Books.LineBook): number =>
  Math.min(Books.openOf(book, line), line.ordered - Books.shippedOf(line) - Books.refundedOf(line))

const parcelOf = (world: World, order: Order, line: OrderLine) => ({
  key: keyOf(world, "parcel"),
  orderId: order.id,
  consignmentId: line.consignmentId ?? "1",
  lines: [{ lineId: line.id, quantity: 1 }] as const,
  carrier: "",
  trackingNumber: "",
  trackingLink: "",
  comments: ""
})

/** Refunds one of a line that fits. */
const refund = (name: string, fits: (book: Books.OrderBook, line: Books.LineBook) => boolean): Happening =>
  toAnOrder(
    name,
    (_order, book) => book.standing === "placed" && book.lines.some((line) => fits(book, line)),
    (world, shop, order) =>
      Effect.gen(function* () {
        const book = orderBookOf(world, shop, order.id)
        const line = world.dice.pick(book.lines.filter((candidate) => fits(book, candidate)))
        const sold = order.lines.find(({ id }) => id === line.id)
        if (sold === undefined) return
        yield* bookLine(world, shop, order.id, line.id, "refunded", 1)
        yield* shop.script.shop.refund(order.id, sold.id, 1)
      })
  )

const isRefundable = (line: Books.LineBook) => Books.refundedOf(line) < line.ordered

const refundUnshipped = refund(
  "refunds one that has not left of",
  (book, line) => isRefundable(line) && Books.shippedOf(line) === 0 && Books.openOf(book, line) >= 1
)

const refundShipped = refund(
  "refunds one that has left of",
  (book, line) =>
    isRefundable(line) &&
    // Of what went out by hand the shop says no date: a refund may have been before it or after.
    book.isClosedByHand !== true &&
    !Books.isAmbiguous(line) &&
    Books.shippedOf(line) >= 1 &&
    Books.openOf(book, line) === 0
)

const refundBetween = refund(
  "refunds one, nobody knows which, of",
  (book, line) => isRefundable(line) && Books.shippedOf(line) >= 1 && Books.openOf(book, line) >= 1
)

/** How long before it is first seen an order may have been placed, in minutes. */
const lateMax = 90

const lateStatuses: ReadonlyArray<OrderStatus> = [
  "incomplete",
  "pending",
  "awaitingPayment",
  "manualVerification",
  "awaitingFulfilment",
  "awaitingShipment",
  "awaitingPickup",
  "partiallyShipped",
  "partiallyRefunded",
  "disputed",
  "cancelled",
  "declined"
]

/** An order comes to light that was placed a while ago, in any status, with parcels and refunds behind it. */
const seenLate: Happening = (world) =>
  Effect.gen(function* () {
    const { dice } = world
    const shop = pickShop(world)
    const key = dice.pick(listingsOf(shop))
    const now = yield* Clock.currentTimeMillis
    const placed = Math.max(world.books.openedAt, now - dice.roll(lateMax * 60_000))
    const id = keyOf(world, "late")
    const listing = shop.links.get(key)!.link.listing
    const bare = orderOf({
      id,
      lines: [{ listing, quantity: 2 + dice.roll(3) }],
      status: dice.pick(lateStatuses),
      placedAt: DateTime.makeUnsafe(placed)
    })
    const { status } = bare
    const book = bookOrder(world, shop, bare)
    const [line] = book.lines
    if (line === undefined) return
    const standing = book.standing
    const refunded = standing === "placed" && (status === "partiallyRefunded" || dice.chance(25)) ? 1 : 0
    const shipped = status === "partiallyShipped" || (standing !== "unplaced" && dice.chance(20)) ? 1 : 0
    const refundFirst = dice.chance(50)
    const at = placed
    const happened: ReadonlyArray<Books.Happened> = [
      { at, what: refundFirst ? "refunded" : "shipped", quantity: refundFirst ? refunded : shipped },
      {
        at: at + (now > at ? 1 : 0),
        what: refundFirst ? "shipped" : "refunded",
        quantity: refundFirst ? shipped : refunded
      }
    ]
    line.history.push(...happened.filter(({ quantity }) => quantity > 0))
    yield* shop.script.shop.place({ ...bare, lines: bare.lines.map((sold) => ({ ...sold, ...historyOf(line) })) })
    world.note(`${shop.name}: ${id} comes to light, ${status}, ${shipped} shipped, ${refunded} refunded, of ${key}`)
  })

const historyOf = (line: Books.LineBook) => {
  const datesOf = (what: Books.Happened["what"]) =>
    line.history
      .filter((one) => one.what === what)
      .map(({ at, quantity }) => ({ at: DateTime.makeUnsafe(at), quantity: (quantity * scale) as Quantity }))
  return {
    shipped: (Books.shippedOf(line) * scale) as Quantity,
    refunded: (Books.refundedOf(line) * scale) as Quantity,
    shipments: datesOf("shipped"),
    refunds: datesOf("refunded")
  }
}

/** A person in the shop adds a line to an order. */
const addLine = toAnOrder("adds a line to", isPacked, (world, shop, order) => {
  const listing = shop.links.get(world.dice.pick(listingsOf(shop)))!.link.listing
  const line = lineOf(keyOf(world, "line"), listing, 1)
  const recipe = recipeOf(world, shop, listing.key)
  orderBookOf(world, shop, order.id).lines.push({ id: line.id, listing: listing.key, ordered: 1, recipe, history: [] })
  return shop.script.shop.edit(order.id, (current) => ({ ...current, lines: [...current.lines, line] }))
})

/** Somebody marks an order as completed without a word about parcels: the goods have gone out by hand. */
const close = toAnOrder("marks as completed", isPacked, (world, shop, order) =>
  Effect.gen(function* () {
    yield* bookRest(world, shop, order, true)
    orderBookOf(world, shop, order.id).isClosedByHand = true
    yield* shop.script.shop.edit(order.id, (current) => ({ ...current, status: "completed" }))
  })
)

/** What shoppers and the shops' people do. */
export const shoppers: ReadonlyArray<Named> = [
  { name: "buys", weight: 16, happen: buy },
  { name: "pays", weight: 5, happen: toAnOrder("pays", isUnpaid, (w, s, o) => turn(w, s, o, "awaitingFulfilment")) },
  { name: "declines", weight: 2, happen: toAnOrder("declines", isUnpaid, (w, s, o) => turn(w, s, o, "declined")) },
  {
    name: "cancels",
    weight: 3,
    happen: toAnOrder(
      "cancels",
      ({ status }, { standing, isFinished }) => standing !== "calledOff" && !isFinished && status !== "refunded",
      (w, s, o) => turn(w, s, o, "cancelled")
    )
  },
  {
    name: "reopens",
    weight: 2,
    happen: toAnOrder(
      "reopens",
      ({ status, deleted }) => status === "cancelled" && !deleted,
      (w, s, o) => turn(w, s, o, "awaitingFulfilment")
    )
  },
  {
    name: "deletes",
    weight: 1,
    happen: toAnOrder(
      "deletes",
      (order, { isFinished }) => !order.deleted && !isFinished,
      (world, shop, order) => {
        orderBookOf(world, shop, order.id).standing = "calledOff"
        return shop.script.shop.edit(order.id, (current) => ({ ...current, deleted: true }))
      }
    )
  },
  { name: "ships", weight: 4, happen: shipAll },
  { name: "shipsPart", weight: 4, happen: shipPart },
  { name: "editsLine", weight: 4, happen: editLine },
  { name: "addsLine", weight: 1, happen: addLine },
  { name: "refundsUnshipped", weight: 3, happen: refundUnshipped },
  { name: "refundsShipped", weight: 2, happen: refundShipped },
  { name: "refundsBetween", weight: 2, happen: refundBetween },
  { name: "seenLate", weight: 3, happen: seenLate },
  { name: "closesByHand", weight: 1, happen: close }
]
