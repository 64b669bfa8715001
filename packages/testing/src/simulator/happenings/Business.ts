/**
 * What the business does: goods come in, move and are counted, some are set aside, kits and rules change, and a person
 * corrects what the sync knows.
 */
import { DemandSource } from "@stockport/core/domain/Demand"
import type { Connection } from "@stockport/core/domain/Connection"
import type { Item } from "@stockport/core/domain/Item"
import { type Quantity, scale } from "@stockport/core/domain/Quantity"
import { Clock, DateTime, Duration, Effect } from "effect"
import { drawBill, drawPolicy, packSize } from "../Business.ts"
import { type Happening, keyOf, type LinkBook, type Named, pickShop, receive, type Shop, type World } from "../World.ts"

/** How long a reservation lasts at the most. */
export const reservationMax = Duration.minutes(40)

const receiveSome: Happening = (world) => {
  const { dice, business } = world
  const location = dice.chance(55) ? business.locations[0] : dice.pick(business.locations)
  return receive(world, dice.pick(business.stocked), location, 1 + dice.roll(9))
}

const transfer: Happening = (world) =>
  Effect.gen(function* () {
    const { dice, business, store } = world
    const item = dice.pick(business.stocked)
    const [from, to] = [dice.pick(business.locations), dice.pick(business.locations)]
    const quantity = (1 + dice.roll(4)) * scale
    const parts = [
      { locationId: from.id, quantity: -quantity as Quantity },
      { locationId: to.id, quantity: quantity as Quantity }
    ]
    const movements = parts.map((part) => ({ kind: "transfer" as const, itemId: item.id, ...part }))
    yield* store.stock.record([{ key: keyOf(world, "transfer"), movements }])
    const now = yield* Clock.currentTimeMillis
    for (const part of parts) world.books.moved(item.id, part.locationId, part.quantity, now)
    world.note(`transfers ${quantity / scale} ${item.id} from ${from.id} to ${to.id}`)
  }).pipe(Effect.orDie)

/** Somebody counts, and enters what was counted at once or some time after. */
const countAsOf =
  (agoMaxMillis: number): Happening =>
  (world) =>
    Effect.gen(function* () {
      const { dice, business, store, books } = world
      const [item, location] = [dice.pick(business.stocked), dice.pick(business.locations)]
      const counted = ((dice.roll(30) * scale) / 2) as Quantity
      const now = yield* Clock.currentTimeMillis
      const asOf = now - dice.roll(agoMaxMillis + 1)
      // An older count than the latest one changes nothing any more.
      if (asOf <= books.countedAt(item.id, location.id)) return
      const options = agoMaxMillis === 0 ? undefined : { asOf: DateTime.makeUnsafe(asOf) }
      yield* store.stock.count(keyOf(world, "count"), [{ itemId: item.id, locationId: location.id, counted }], options)
      books.counted(item.id, location.id, counted, asOf)
      world.note(`counts ${counted / scale} ${item.id} at ${location.id}, ${(now - asOf) / 1_000} s ago`)
    }).pipe(Effect.orDie)

/** The business sells some by itself: for a while, or until it says otherwise. */
const reserve: Happening = (world) =>
  Effect.gen(function* () {
    const { dice, business, store, books } = world
    const [item, location] = [dice.pick(business.stocked), dice.pick(business.locations)]
    const quantity = ((1 + dice.roll(3)) * scale) as Quantity
    const until = dice.chance(50)
      ? (yield* Clock.currentTimeMillis) + 60_000 * (1 + dice.roll(Duration.toMinutes(reservationMax)))
      : null
    const lines = [{ lineId: "1", itemId: item.id, locationId: location.id, quantity }]
    const expiresAt = until === null ? null : DateTime.makeUnsafe(until)
    const answer = yield* store.stock.reserve({ key: keyOf(world, "reservation"), lines, expiresAt })
    world.note(`reserves ${quantity / scale} ${item.id} at ${location.id}: ${answer._tag}`)
    if (answer._tag === "Refused") return
    const booked = { itemId: item.id, locationId: location.id, quantity, until, released: false }
    books.reservations.push(booked)
    if (until !== null || dice.chance(50)) return
    const source = DemandSource.make(answer.source)
    yield* store.stock.setDemand([{ source, kind: "reservation", lines: [], expiresAt: null }])
    booked.released = true
    world.note("  and releases it again")
  }).pipe(Effect.orDie)

const saveItem = (world: World, item: Item): Effect.Effect<void> =>
  Effect.orDie(
    Effect.map(world.store.items.save([item]), () => {
      world.items.set(item.id, item)
      world.books.made([item])
    })
  )

const editKit: Happening = (world) =>
  Effect.gen(function* () {
    const { dice, business } = world
    const index = dice.roll(business.kits.length)
    const kit = world.items.get(business.kits[index]?.id ?? dice.pick(business.kits).id)
    if (kit === undefined) return
    // Only kits that came before may stand in a kit, so that no bill of materials ever runs in a circle.
    const parts = [...business.stocked, ...business.kits.slice(0, index)]
    const edited = { ...kit, billOfMaterials: drawBill(dice, parts) }
    yield* saveItem(world, edited)
    const bill = edited.billOfMaterials.map(({ itemId, quantity }) => `${quantity / scale} ${itemId}`)
    world.note(`makes ${edited.id} of ${bill.join(", ")}`)
  })

const editItem: Happening = (world) => {
  const item = world.dice.pick([...world.items.values()])
  world.note(`edits ${item.id}`)
  return saveItem(world, { ...item, description: `${item.description}.`.slice(-100) })
}

/** An item is taken off the range, or put back on it. */
const archive: Happening = (world) => {
  const item = world.dice.pick([...world.items.values()].filter(({ kind }) => kind !== "service"))
  world.note(`${item.archived ? "takes up" : "archives"} ${item.id}`)
  return saveItem(world, { ...item, archived: !item.archived })
}

const saveConnection = (world: World, shop: Shop, connection: Connection): Effect.Effect<void> =>
  Effect.orDie(
    Effect.map(world.store.connections.save(connection), () => {
      shop.connection = connection
      shop.connections.add(connection)
    })
  )

const changeBuffer: Happening = (world) => {
  const shop = pickShop(world)
  const { policy } = shop.connection
  const publishing = { ...policy.publishing, buffer: world.dice.roll(3) }
  world.note(`${shop.name}: keeps back ${publishing.buffer} of everything`)
  return saveConnection(world, shop, { ...shop.connection, policy: { ...policy, publishing } })
}

const changePolicy: Happening = (world) => {
  const shop = pickShop(world)
  world.note(`${shop.name}: gets other rules`)
  return saveConnection(world, shop, { ...shop.connection, policy: drawPolicy(world.dice) })
}

/** A person says that a listing sells another pack. */
const correctPack: Happening = (world) =>
  Effect.gen(function* () {
    const { dice, store } = world
    const shop = pickShop(world)
    const linked = [...shop.links.values()].filter(({ standing }) => standing === "linked")
    if (linked.length === 0) return
    const book = dice.pick(linked)
    const unitsPerListing = (dice.pick([1, 2, packSize]) * scale) as Quantity
    const link = { ...book.link, unitsPerListing, tier: "manual" as const }
    yield* store.links.save([link])
    shop.links.set(link.listing.key, { ...book, link, before: [...book.before, book.link] })
    world.note(`${shop.name}: ${link.listing.key} is a pack of ${unitsPerListing / scale}`)
  }).pipe(Effect.orDie)

/** A person links a listing to another item. */
const correctLink: Happening = (world) =>
  Effect.gen(function* () {
    const { dice, store, business } = world
    const shop = pickShop(world)
    const linked = [...shop.links.values()].filter(({ standing }) => standing === "linked")
    if (linked.length === 0) return
    const book = dice.pick(linked)
    const item = dice.pick([...business.stocked, ...business.kits])
    if (book.link.listing.tracking === "none") return
    const link = { ...book.link, itemId: item.id, tier: "manual" as const }
    yield* store.links.save([link])
    shop.links.set(link.listing.key, { ...book, link, before: [...book.before, book.link] })
    world.note(`${shop.name}: ${link.listing.key} sells ${item.id}`)
  }).pipe(Effect.orDie)

/** A person says that a listing must never be linked; its link ends. */
const exclude: Happening = (world) =>
  Effect.gen(function* () {
    const shop = pickShop(world)
    const linked = [...shop.links.values()].filter(({ standing }) => standing === "linked")
    if (linked.length < 2) return
    const book = world.dice.pick(linked)
    const { key, sku } = book.link.listing
    const { id: connectionId } = shop.connection
    yield* world.store.links.exclude([{ connectionId, key, reason: "not ours", sku }])
    yield* world.store.links.remove(connectionId, [key])
    shop.links.set(key, { ...book, standing: "excluded" })
    world.note(`${shop.name}: ${key} is excluded`)
  }).pipe(Effect.orDie)

/** A person takes a listing's link away. */
const endLink: Happening = (world) =>
  Effect.gen(function* () {
    const shop = pickShop(world)
    const linked = [...shop.links.values()].filter((book) => book.standing === "linked" && isOfOneItem(book))
    if (linked.length < 2) return
    const book = world.dice.pick(linked)
    const { key } = book.link.listing
    yield* world.store.links.remove(shop.connection.id, [key])
    shop.links.set(key, { ...book, standing: "removed" })
    world.note(`${shop.name}: ${key} is linked to nothing any more`)
  }).pipe(Effect.orDie)

/** Where another item was linked by hand before, the next matching may find by its SKU what nobody has taken away. */
const isOfOneItem = ({ link, before }: LinkBook): boolean => before.every(({ itemId }) => itemId === link.itemId)

/** A person links again, by hand, what was excluded or had its link taken away. */
const linkAgain: Happening = (world) =>
  Effect.gen(function* () {
    const shop = pickShop(world)
    const ended = [...shop.links.values()].filter(({ standing }) => standing !== "linked")
    if (ended.length === 0) return
    const book = world.dice.pick(ended)
    const link = { ...book.link, tier: "manual" as const }
    yield* world.store.links.save([link])
    shop.links.set(link.listing.key, { ...book, link, standing: "linked" })
    world.note(`${shop.name}: ${link.listing.key} is linked by hand again`)
  }).pipe(Effect.orDie)

/** What the business does. */
export const business: ReadonlyArray<Named> = [
  { name: "receives", weight: 6, happen: receiveSome },
  { name: "transfers", weight: 3, happen: transfer },
  { name: "counts", weight: 3, happen: countAsOf(0) },
  { name: "countsAsOf", weight: 3, happen: countAsOf(1_800_000) },
  { name: "reserves", weight: 5, happen: reserve },
  { name: "editsKit", weight: 3, happen: editKit },
  { name: "editsItem", weight: 2, happen: editItem },
  { name: "archives", weight: 1, happen: archive },
  { name: "changesBuffer", weight: 3, happen: changeBuffer },
  { name: "changesPolicy", weight: 1, happen: changePolicy },
  { name: "correctsPack", weight: 1, happen: correctPack },
  { name: "correctsLink", weight: 1, happen: correctLink },
  { name: "excludes", weight: 1, happen: exclude },
  { name: "endsLink", weight: 1, happen: endLink },
  { name: "linksAgain", weight: 2, happen: linkAgain }
]
