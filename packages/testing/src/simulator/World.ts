/**
 * A simulation's world: the business, its shops, the store between them, and the books that are kept from outside.
 */
import type { Connection } from "@stockport/core/domain/Connection"
import type { Item } from "@stockport/core/domain/Item"
import type { Link } from "@stockport/core/domain/Link"
import type { Location, LocationId } from "@stockport/core/domain/Location"
import type { Order } from "@stockport/core/domain/Order"
import { type Quantity, scale } from "@stockport/core/domain/Quantity"
import type { Cart } from "@stockport/core/ports/Cart"
import type { Store } from "@stockport/core/ports/Store"
import { Clock, DateTime, Effect } from "effect"
import type { Script } from "../ScriptedCart.ts"
import * as Books from "./Books.ts"
import { type Business, type Outlet, opening } from "./Business.ts"
import type { Dice } from "./Dice.ts"
import type { Rules } from "./Oracle.ts"
import type { Skin } from "./Skin.ts"

/** A link as the person who made it wants it. */
export interface LinkBook {
  readonly link: Link
  /** Items that this listing has sold before, by the links it had. */
  readonly before: ReadonlyArray<Pick<Link, "itemId" | "unitsPerListing">>
  readonly standing: "linked" | "removed" | "excluded"
}

/** One of the world's shops. */
export interface Shop {
  readonly name: string
  readonly outlet: Outlet
  /** The connection as it was saved last. */
  connection: Connection
  /** The shop's own cart, which nothing goes wrong with. */
  readonly cart: Cart["Service"]
  readonly script: Script["Service"]
  readonly skin: Skin
  readonly links: Map<string, LinkBook>
  /** What a product that was made anew had been before, by listing. */
  readonly madeOf: Map<string, string>
  /** The connections as they were at any time since the present cycle began: a plan follows the one that its cycle read. */
  readonly connections: Set<Connection>
  /** Listings whose number somebody has tampered with, or that the shop refuses: not judged before all has come to rest. */
  readonly disturbed: Set<string>
  /** Listings whose number somebody has written by hand: only a comparison with the books finds it. */
  readonly tampered: Set<string>
  /** Listings that the shop refuses numbers of, at present. */
  readonly refused: Set<string>
  readonly writeDelayMillis: number
}

/** A simulation's world and its books. */
export interface World {
  readonly business: Business
  readonly dice: Dice
  /** The store, which nothing goes wrong with. */
  readonly store: Store["Service"]
  readonly shops: readonly [Shop, ...ReadonlyArray<Shop>]
  readonly books: Books.Books
  readonly note: (line: string) => void
  /** Items as they are now. */
  readonly items: Map<string, Item>
  /** Reservations that may still be released. */
  readonly tally: { unitsOversold: number; keys: number }
}

/** Something that happens; it may find nothing to happen to. */
export type Happening = (world: World) => Effect.Effect<void>

/** A happening under its name. */
export interface Named {
  readonly name: string
  /** How often it happens, beside the others. */
  readonly weight: number
  readonly happen: Happening
}

/** A key that nobody has used yet. */
export const keyOf = ({ tally }: World, name: string): string => {
  tally.keys += 1
  return `${name}-${tally.keys}`
}

/** One of the shops. */
export const pickShop = ({ dice, shops }: World): Shop => (shops.length === 1 ? shops[0] : dice.pick(shops))

/** The locations whose stock is for sale. */
export const nettableOf = ({ business }: World): ReadonlyArray<LocationId> =>
  business.locations.filter(({ nettable }) => nettable).map(({ id }) => id)

/** How a shop's numbers are made, by one of the connections it has had. */
export const rulesOf = (shop: Shop, { policy }: Connection = shop.connection): Rules => ({
  buffer: policy.publishing.buffer,
  percentage: policy.publishing.percentage,
  maximum: policy.publishing.maximum,
  kitPooling: policy.availability.kitPooling === "pooled" ? "pooled" : "perLocation",
  feeding: shop.outlet.channel.locations
})

/** What a listing sells by its present link; null where nobody has said so. */
export const recipeOf = ({ books }: World, shop: Shop, listing: string): Books.Recipe | null => {
  const book = shop.links.get(listing)
  if (book === undefined || book.standing !== "linked") return null
  const { itemId, unitsPerListing: units } = book.link
  return { itemId, units, needs: Books.timesUnits(books.needsOf(itemId), units) }
}

/** Writes down an order that was placed in a shop. */
export const bookOrder = (world: World, shop: Shop, order: Order): Books.OrderBook => {
  const book: Books.OrderBook = {
    shop: shop.name,
    id: order.id,
    placedAt: DateTime.toEpochMillis(order.placedAt),
    standing: standingOf(order),
    lines: order.lines.map((line) => ({
      id: line.id,
      listing: listingOf(line),
      ordered: Math.round(line.quantity / scale),
      recipe: recipeOf(world, shop, listingOf(line)),
      history: []
    }))
  }
  world.books.orders.set(nameOf(shop, order.id), book)
  return book
}

/** The name of an order in the books. */
export const nameOf = (shop: Shop, orderId: string): string => `${shop.name}:${orderId}`

/** Whether an order stands, by what a shopper and the shop have agreed, whatever happened to the money. */
export const standingOf = ({ status, deleted }: Pick<Order, "status" | "deleted">): Books.Standing => {
  if (deleted || status === "cancelled" || status === "declined") return "calledOff"
  if (status === "pending" || status === "incomplete") return "unplaced"
  return status === "awaitingPayment" || status === "manualVerification" ? "unpaid" : "placed"
}

/** The listing that a line was sold from. */
export const listingOf = ({ productId, variantId }: Order["lines"][number]): string =>
  variantId === null ? String(productId) : `${productId}/${variantId}`

/** What is in an order's books. */
export const orderBookOf = ({ books }: World, shop: Shop, orderId: string): Books.OrderBook => {
  const book = books.orders.get(nameOf(shop, orderId))
  if (book === undefined) throw new Error(`the books have no order ${orderId} of ${shop.name}`)
  return book
}

/** Writes down that some of a line was shipped or refunded just now. */
export const bookLine = Effect.fnUntraced(function* (
  world: World,
  shop: Shop,
  orderId: string,
  lineId: string,
  what: "shipped" | "refunded",
  quantity: number,
  isUndated = false
) {
  const at = yield* Clock.currentTimeMillis
  const line = orderBookOf(world, shop, orderId).lines.find(({ id }) => id === lineId)
  if (quantity > 0) line?.history.push({ at, what, quantity, ...(isUndated ? { undated: true } : {}) })
})

/** Opens the business: everything is saved, linked, offered, and has some stock. */
export const open = (world: World): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { business, store, shops, books, dice } = world
    yield* store.items.save(business.items)
    yield* store.stock.saveLocations(business.locations)
    for (const { outlet, script } of shops) {
      yield* store.connections.saveChannel(outlet.channel)
      yield* store.connections.save(outlet.connection)
      for (const { listing } of outlet.links) yield* script.shop.offer(listing, 0)
      yield* store.links.save(outlet.links)
    }
    for (const item of business.items) world.items.set(item.id, item)
    books.made(business.items)
    for (const item of business.stocked) {
      yield* receive(world, item, business.locations[0], 5 + dice.roll(20))
      if (shops.length > 1 && dice.chance(60)) yield* receive(world, item, business.locations[1], dice.roll(12))
    }
  }).pipe(Effect.orDie)

/** Goods come in. */
export const receive = (world: World, item: Item, location: Location, units: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    if (units === 0) return
    const quantity = (units * scale) as Quantity
    const movement = { kind: "receipt", itemId: item.id, locationId: location.id, quantity } as const
    yield* world.store.stock.record([{ key: keyOf(world, "receipt"), movements: [movement] }])
    world.books.moved(item.id, location.id, quantity, yield* Clock.currentTimeMillis)
    world.note(`receives ${units} ${item.id} at ${location.id}`)
  }).pipe(Effect.orDie)

/** The links of a shop as they were made. */
export const linkBooksOf = ({ links }: Outlet): Map<string, LinkBook> =>
  new Map(links.map((link) => [link.listing.key, { link, before: [], standing: "linked" }]))

/** When the balance was taken. */
export const openedAt = DateTime.toEpochMillis(opening)
