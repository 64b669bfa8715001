/**
 * What goes wrong in a shop or on the way to it, as shops do: rows it refuses for good, rows that nobody can read, stamps of
 * a wrong clock, lines under new ids, an order not found for a moment, numbers that somebody has tampered with.
 */
import * as Listing from "@stockport/core/domain/Listing"
import { Rejected } from "@stockport/core/ports/Cart"
import { Effect } from "effect"
import { type Happening, keyOf, type Named, pickShop, type Shop, type World } from "../World.ts"

const anOrder =
  (what: string, change: (world: World, shop: Shop, id: string) => Effect.Effect<unknown>): Happening =>
  (world) =>
    Effect.gen(function* () {
      const shop = pickShop(world)
      const orders = yield* shop.script.shop.orders
      if (orders.length === 0) return
      const { id } = world.dice.pick(orders)
      world.note(`${shop.name}: ${what} ${id}`)
      yield* change(world, shop, id)
    })

const aListing =
  (what: string, change: (world: World, shop: Shop, key: string) => Effect.Effect<unknown>): Happening =>
  (world) =>
    Effect.suspend(() => {
      const shop = pickShop(world)
      const counted = [...shop.links.values()].filter(({ link }) => link.listing.tracking !== "none")
      const { key } = world.dice.pick(counted).link.listing
      world.note(`${shop.name}: ${what} ${key}`)
      shop.disturbed.add(key)
      return change(world, shop, key)
    })

/** Touches an order, as any change in the shop does: its stamp moves. */
export const touch = (shop: Shop, id: string): Effect.Effect<unknown> =>
  Effect.flatMap(shop.script.shop.orders, (orders) => {
    const order = orders.find((candidate) => candidate.id === id)
    return order === undefined
      ? Effect.void
      : shop.script.shop.edit(order.id, (current) => ({ ...current, message: `${current.message}.`.slice(-50) }))
  })

const refuseRow = aListing("refuses the numbers of", (_world, shop, key) => {
  shop.refused.add(key)
  const reason = new Rejected({ detail: "the product is locked", fields: {} })
  return shop.script.shop.refuse(shop.links.get(key)!.link.listing.key, reason)
})

const acceptRow: Happening = (world) =>
  Effect.suspend(() => {
    const shop = pickShop(world)
    const [key] = shop.refused
    if (key === undefined) return Effect.void
    world.note(`${shop.name}: takes the numbers of ${key} again`)
    shop.refused.delete(key)
    const listing = shop.links.get(key)?.link.listing
    return listing === undefined ? Effect.void : shop.script.shop.refuse(listing.key, null)
  })

const tamper = aListing("somebody writes another number of", (world, shop, key) => {
  shop.tampered.add(key)
  return shop.script.shop.correct(shop.links.get(key)!.link.listing.key, world.dice.roll(12))
})

const orderUnreadable = anOrder("nobody can read", (world, shop, id) => {
  shop.skin.unreadableOrders.set(id, world.dice.chance(70))
  return touch(shop, id)
})

const orderReadable: Happening = (world) =>
  Effect.suspend(() => {
    const shop = pickShop(world)
    const [id] = shop.skin.unreadableOrders.keys()
    if (id === undefined) return Effect.void
    world.note(`${shop.name}: ${id} can be read again`)
    shop.skin.unreadableOrders.delete(id)
    return touch(shop, id)
  })

const listingUnreadable = aListing("nobody can read the row of", (_world, shop, key) =>
  Effect.sync(() => shop.skin.unreadableListings.add(key))
)

const newLineIds = anOrder("gives new ids to the lines of", (world, shop, id) => {
  shop.skin.lineIds.set(id, `.${world.dice.roll(1_000)}`)
  return touch(shop, id)
})

/** How far ahead a wrong clock stamps, in milliseconds. */
const ahead = 86_400_000

const stampAhead = anOrder("stamps into the future", (_world, shop, id) => {
  shop.skin.stamps.set(id, ahead)
  return touch(shop, id)
})

/** How far back a wrong clock stamps at the most: what it hides for longer, no reading by time can find. */
const behindMax = 240_000

const stampBehind = anOrder("stamps with a slow clock", (world, shop, id) => {
  shop.skin.stamps.set(id, -world.dice.roll(behindMax))
  return touch(shop, id)
})

const notFound = anOrder("does not find for a moment", (_world, shop, id) =>
  Effect.sync(() => shop.skin.notFound.set(id, 1))
)

/** Somebody deletes a product and makes it anew: another id, the same SKU. */
const remake: Happening = (world) =>
  Effect.gen(function* () {
    const shop = pickShop(world)
    const linked = [...shop.links.values()].filter(
      ({ standing, link }) => standing === "linked" && isCounted(link.listing)
    )
    if (linked.length === 0) return
    const book = world.dice.pick(linked)
    const { listing } = book.link
    const productId = Listing.ProductId.make(keyOf(world, "made"))
    const made = { ...listing, productId, key: Listing.keyOf(productId, listing.variantId) }
    yield* shop.script.shop.withdraw(listing.key)
    yield* shop.script.shop.offer(made, world.dice.roll(4))
    shop.madeOf.set(made.key, listing.key)
    shop.links.delete(listing.key)
    shop.links.set(made.key, { ...book, link: { ...book.link, listing: made } })
    // Until the catalogue is matched again nobody knows the new row.
    shop.disturbed.add(made.key)
    shop.tampered.add(made.key)
    world.note(`${shop.name}: ${listing.key} is made anew as ${made.key}`)
  })

const isCounted = ({ tracking }: Listing.Listing): boolean => tracking !== "none"

/** Somebody switches the counting of a listing off, and on again, when it stands at nothing. */
const recount = aListing("counts anew", (_world, shop, key) =>
  Effect.gen(function* () {
    const { listing } = shop.links.get(key)!.link
    shop.tampered.add(key)
    yield* shop.script.shop.offer({ ...listing, tracking: "none" })
    yield* shop.script.shop.offer(listing)
    for (const { cartLocationId } of shop.connection.publishTo) {
      yield* shop.script.shop.correct(listing.key, 0, cartLocationId)
    }
  })
)

/** What goes wrong in the shops. */
export const mishaps: ReadonlyArray<Named> = [
  { name: "refusesRow", weight: 3, happen: refuseRow },
  { name: "acceptsRow", weight: 2, happen: acceptRow },
  { name: "tampers", weight: 2, happen: tamper },
  { name: "orderUnreadable", weight: 2, happen: orderUnreadable },
  { name: "orderReadable", weight: 2, happen: orderReadable },
  { name: "listingUnreadable", weight: 1, happen: listingUnreadable },
  { name: "newLineIds", weight: 2, happen: newLineIds },
  { name: "stampAhead", weight: 1, happen: stampAhead },
  { name: "stampBehind", weight: 2, happen: stampBehind },
  { name: "notFound", weight: 1, happen: notFound },
  { name: "productRemade", weight: 1, happen: remake },
  { name: "countsAnew", weight: 1, happen: recount }
]

/** Everything is as it should be again in a shop; what could not be read has changed, so that it is read again. */
export const heal = (shop: Shop): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { skin, refused, links, script } = shop
    // A slow clock has stamped what it has stamped; a stamp in the future is gone with the next change.
    const ahead = [...skin.stamps].filter(([, shift]) => shift > 0).map(([id]) => id)
    const changed = new Set([...skin.unreadableOrders.keys(), ...ahead])
    skin.unreadableOrders.clear()
    skin.unreadableListings.clear()
    for (const id of ahead) skin.stamps.delete(id)
    skin.notFound.clear()
    for (const id of changed) yield* touch(shop, id)
    for (const key of refused) {
      const listing = links.get(key)?.link.listing
      if (listing !== undefined) yield* script.shop.refuse(listing.key, null)
    }
    refused.clear()
  })
