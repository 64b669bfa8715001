/**
 * What happens in a simulation without anybody's fault: shoppers buy, pay, change their minds and get refunds; parcels
 * leave; the business receives, counts and moves stock, sells some by itself, and changes what its kits are made of.
 *
 * The world keeps its own books of on hand and of every bill of materials there ever was, to be compared at the end.
 */
import { DemandSource } from "@stockport/core/domain/Demand"
import type { Item } from "@stockport/core/domain/Item"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { Location, LocationId } from "@stockport/core/domain/Location"
import type { Order } from "@stockport/core/domain/Order"
import { type Quantity, scale } from "@stockport/core/domain/Quantity"
import type { Cart } from "@stockport/core/ports/Cart"
import type { Store } from "@stockport/core/ports/Store"
import { DateTime, Duration, Effect, Option } from "effect"
import type { Script } from "../ScriptedCart.ts"
import { type Business, drawBill } from "./Business.ts"
import type { Dice } from "./Dice.ts"
import { isOver, type Needs, needsOf, openOf } from "./Oracle.ts"

/** A simulation's world and its books. */
export interface World {
  readonly business: Business
  readonly dice: Dice
  readonly store: Store["Service"]
  readonly cart: Cart["Service"]
  readonly shop: Script["Service"]["shop"]
  readonly note: (line: string) => void
  /** Items as they are now. */
  readonly items: Map<ItemId, Item>
  /** On hand by item and location, without the parcels that left for the shop's orders. */
  readonly onHand: Map<string, number>
  /** All needs that one of an item ever had. */
  readonly needs: Map<ItemId, Array<Needs>>
  /** What is kept back now. */
  buffer: number
  /** What was kept back at any time since the present cycle began: a plan follows the policy that its cycle read. */
  readonly buffers: Set<number>
  keys: number
}

/** The name of a position. */
export const placeOf = (itemId: ItemId, locationId: LocationId): string => `${itemId}@${locationId}`

/** Something that happens; it may find nothing to happen to. */
type Happening = (world: World) => Effect.Effect<void>

/** Something happens in the shop. */
export const shopChange: Happening = (world) => world.dice.pick(shopChanges)(world)

/** Something happens in the business. */
export const businessChange: Happening = (world) => world.dice.pick(businessChanges)(world)

/** Opens the business: everything is saved, linked, offered, and has some stock. */
export const open = (world: World): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { business, store, shop } = world
    yield* store.items.save(business.items)
    yield* store.stock.saveLocations(business.locations)
    yield* store.connections.saveChannel(business.channel)
    yield* store.connections.save(business.connection)
    for (const { listing } of business.links) yield* shop.offer(listing, 0)
    yield* store.links.save(business.links)
    for (const item of business.items) world.items.set(item.id, item)
    noteNeeds(world)
    for (const item of business.stocked) yield* receive(world, item, business.locations[0], 5 + world.dice.roll(20))
  }).pipe(Effect.orDie)

const keyOf = (world: World, name: string): string => {
  world.keys += 1
  return `${name}-${world.keys}`
}

const noteNeeds = (world: World): void => {
  for (const id of world.items.keys()) {
    const known = world.needs.get(id) ?? []
    world.needs.set(id, [...known, needsOf(world.items, id)])
  }
}

const move = (world: World, item: Item, location: Location, quantity: number): void => {
  const place = placeOf(item.id, location.id)
  world.onHand.set(place, (world.onHand.get(place) ?? 0) + quantity)
}

const receive = (world: World, item: Item, location: Location, units: number) =>
  Effect.gen(function* () {
    const quantity = (units * scale) as Quantity
    const movement = { kind: "receipt", itemId: item.id, locationId: location.id, quantity } as const
    yield* world.store.stock.record([{ key: keyOf(world, "receipt"), movements: [movement] }])
    move(world, item, location, quantity)
    world.note(`receives ${units} ${item.id} at ${location.id}`)
  }).pipe(Effect.orDie)

const transfer: Happening = (world) =>
  Effect.gen(function* () {
    const { dice, business, store } = world
    const item = dice.pick(business.stocked)
    const [from, to] = [dice.pick(business.locations), dice.pick(business.locations)]
    const quantity = (1 + dice.roll(4)) * scale
    const parts = [
      { location: from, quantity: -quantity },
      { location: to, quantity }
    ]
    const movements = parts.map(({ location, quantity }) => ({
      kind: "transfer" as const,
      itemId: item.id,
      locationId: location.id,
      quantity: quantity as Quantity
    }))
    yield* store.stock.record([{ key: keyOf(world, "transfer"), movements }])
    for (const part of parts) move(world, item, part.location, part.quantity)
    world.note(`transfers ${quantity / scale} ${item.id} from ${from.id} to ${to.id}`)
  }).pipe(Effect.orDie)

const count: Happening = (world) =>
  Effect.gen(function* () {
    const { dice, business, store } = world
    const [item, location] = [dice.pick(business.stocked), dice.pick(business.locations)]
    const counted = ((dice.roll(30) * scale) / 2) as Quantity
    const { positions } = yield* store.stock.snapshot([item.id])
    const before = positions.find(({ locationId }) => locationId === location.id)?.onHand ?? 0
    yield* store.stock.count(keyOf(world, "count"), [{ itemId: item.id, locationId: location.id, counted }])
    move(world, item, location, counted - before)
    world.note(`counts ${counted / scale} ${item.id} at ${location.id}`)
  }).pipe(Effect.orDie)

/** How long a reservation lasts at the most. */
export const reservationMax = Duration.minutes(40)

/** The business sells some by itself: for a while, or until it says otherwise. */
const reserve: Happening = (world) =>
  Effect.gen(function* () {
    const { dice, business, store } = world
    const [item, location] = [dice.pick(business.stocked), dice.pick(business.locations)]
    const quantity = ((1 + dice.roll(3)) * scale) as Quantity
    const expiresAt = dice.chance(50)
      ? DateTime.add(yield* DateTime.now, { minutes: 1 + dice.roll(Duration.toMinutes(reservationMax)) })
      : null
    const lines = [{ lineId: "1", itemId: item.id, locationId: location.id, quantity }]
    const answer = yield* store.stock.reserve({ key: keyOf(world, "reservation"), lines, expiresAt })
    world.note(`reserves ${quantity / scale} ${item.id} at ${location.id}: ${answer._tag}`)
    if (answer._tag === "Refused" || expiresAt !== null || dice.chance(50)) return
    const source = DemandSource.make(answer.source)
    yield* store.stock.setDemand([{ source, kind: "reservation", lines: [], expiresAt: null }])
    world.note(`  and releases it again`)
  }).pipe(Effect.orDie)

const editKit: Happening = (world) =>
  Effect.gen(function* () {
    const { dice, business, store } = world
    const index = dice.roll(business.kits.length)
    const kit = world.items.get(business.kits[index]?.id ?? dice.pick(business.kits).id)
    if (kit === undefined) return
    // Only kits that came before may stand in a kit, so that no bill of materials ever runs in a circle.
    const parts = [...business.stocked, ...business.kits.slice(0, index)]
    const edited = { ...kit, billOfMaterials: drawBill(dice, parts) }
    yield* store.items.save([edited])
    world.items.set(edited.id, edited)
    noteNeeds(world)
    const bill = edited.billOfMaterials.map(({ itemId, quantity }) => `${quantity / scale} ${itemId}`)
    world.note(`makes ${edited.id} of ${bill.join(", ")}`)
  }).pipe(Effect.orDie)

const editItem: Happening = (world) =>
  Effect.gen(function* () {
    const item = world.dice.pick([...world.items.values()])
    const edited = { ...item, description: `${item.description}.`.slice(-100) }
    yield* world.store.items.save([edited])
    world.items.set(edited.id, edited)
    world.note(`edits ${item.id}`)
  }).pipe(Effect.orDie)

const changeBuffer: Happening = (world) =>
  Effect.gen(function* () {
    const { connection } = world.business
    world.buffer = world.dice.roll(3)
    world.buffers.add(world.buffer)
    const publishing = { ...connection.policy.publishing, buffer: world.buffer }
    yield* world.store.connections.save({ ...connection, policy: { ...connection.policy, publishing } })
    world.note(`keeps back ${world.buffer} of everything`)
  }).pipe(Effect.orDie)

const businessChanges: ReadonlyArray<Happening> = [
  (world) =>
    receive(
      world,
      world.dice.pick(world.business.stocked),
      world.dice.pick(world.business.locations),
      1 + world.dice.roll(9)
    ),
  (world) =>
    receive(world, world.dice.pick(world.business.stocked), world.business.locations[0], 1 + world.dice.roll(9)),
  transfer,
  count,
  reserve,
  reserve,
  editKit,
  editItem,
  changeBuffer
]

const buy: Happening = ({ dice, business, shop, note }) =>
  Effect.gen(function* () {
    const purchases = Array.from({ length: 1 + dice.roll(2) }, () => ({
      key: dice.pick(business.links).listing.key,
      quantity: 1 + dice.roll(3)
    }))
    const status = dice.pick([
      "awaitingFulfilment",
      "awaitingFulfilment",
      "awaitingFulfilment",
      "awaitingPayment",
      "pending"
    ] as const)
    const order = yield* shop.buy(purchases, status)
    const what = purchases.map(({ key, quantity }) => `${quantity} x ${key}`).join(", ")
    note(
      `shopper wants ${what}: ${Option.match(order, { onNone: () => "not enough", onSome: ({ id }) => `${id} ${status}` })}`
    )
  })

/** Does something to an order that fits, if there is one. */
const toAnOrder =
  (
    what: string,
    fits: (order: Order) => boolean,
    change: (world: World, order: Order) => Effect.Effect<unknown>
  ): Happening =>
  (world) =>
    Effect.gen(function* () {
      const fitting = (yield* world.shop.orders).filter(fits)
      if (fitting.length === 0) return
      const order = world.dice.pick(fitting)
      world.note(`${what} ${order.id}`)
      yield* change(world, order)
    })

const isUnpaid = ({ status, deleted }: Order) => !deleted && (status === "awaitingPayment" || status === "pending")

const isPacked = (order: Order) =>
  !isOver(order) &&
  (order.status === "awaitingFulfilment" || order.status === "partiallyShipped") &&
  order.lines.some((line) => openOf(order, line) >= scale)

const editLine = toAnOrder("edits", isPacked, ({ dice, shop }, order) => {
  const line = dice.pick(order.lines.filter((candidate) => openOf(order, candidate) >= scale))
  const left = Math.floor(openOf(order, line) / scale)
  // One more, or fewer down to what has left already.
  const change = dice.chance(50) ? 1 : -dice.roll(left + 1)
  return shop.edit(order.id, (current) => ({
    ...current,
    lines: current.lines.map((other) =>
      other.id === line.id ? { ...other, quantity: (other.quantity + change * scale) as Quantity } : other
    )
  }))
})

const shipPart = toAnOrder("ships some of", isPacked, (world, order) => {
  const line = world.dice.pick(order.lines.filter((candidate) => openOf(order, candidate) >= scale))
  const parcel = {
    key: keyOf(world, "parcel"),
    orderId: order.id,
    consignmentId: line.consignmentId ?? "1",
    lines: [{ lineId: line.id, quantity: 1 }] as const,
    carrier: "",
    trackingNumber: "",
    trackingLink: "",
    comments: ""
  }
  return Effect.orDie(world.cart.recordShipment(parcel))
})

const refundPart = toAnOrder("refunds one of", isPacked, ({ dice, shop }, order) => {
  const line = dice.pick(order.lines.filter((candidate) => openOf(order, candidate) >= scale))
  return shop.refund(order.id, line.id, 1)
})

const shopChanges: ReadonlyArray<Happening> = [
  buy,
  buy,
  buy,
  buy,
  toAnOrder("pays", isUnpaid, ({ shop }, { id }) => shop.pay(id)),
  toAnOrder("pays", isUnpaid, ({ shop }, { id }) => shop.pay(id)),
  toAnOrder("declines", isUnpaid, ({ shop }, { id }) => shop.edit(id, (order) => ({ ...order, status: "declined" }))),
  toAnOrder(
    "cancels",
    (order) => !isOver(order) && order.status !== "shipped",
    ({ shop }, { id }) => shop.cancel(id)
  ),
  toAnOrder(
    "reopens",
    ({ status, deleted }) => status === "cancelled" && !deleted,
    ({ shop }, { id }) => shop.edit(id, (order) => ({ ...order, status: "awaitingFulfilment" }))
  ),
  toAnOrder(
    "deletes",
    (order) => !order.deleted,
    ({ shop, dice }, { id }) =>
      dice.chance(30) ? shop.edit(id, (order) => ({ ...order, deleted: true })) : Effect.void
  ),
  toAnOrder("ships", isPacked, ({ shop }, { id }) => shop.ship(id)),
  shipPart,
  editLine,
  refundPart
]
