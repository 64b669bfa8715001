/**
 * Everything that a batch of orders is decided by, in a constant number of calls: what is known of them, links, items,
 * exclusions, owners of numbers, and what is left where. Decisions of one batch see what the ones before have taken.
 */
import { DateTime, Effect, Option } from "effect"
import * as Intake from "../decide/Intake.ts"
import { lookedUpKeys } from "../decide/SaleLines.ts"
import { feedingOf } from "../decide/Sourcing.ts"
import type { CartLocationId } from "../domain/CartLocationId.ts"
import type { Connection } from "../domain/Connection.ts"
import type { Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Link } from "../domain/Link.ts"
import type { ListingKey } from "../domain/Listing.ts"
import type { Location, LocationId } from "../domain/Location.ts"
import type { Order, OrderId } from "../domain/Order.ts"
import { type Quantity, zero } from "../domain/Quantity.ts"
import * as Sale from "../domain/Sale.ts"
import { Cart, isUnreadable, type Unreadable } from "../ports/Cart.ts"
import { reservable, Store } from "../ports/Store.ts"

/** An order as the shop gave it, or as much of it as could be read; its id could. */
export type OrderRow = Order | (Unreadable & { readonly id: string })

/** The id of an order, read or not. */
export const orderIdOf = (row: OrderRow): OrderId => row.id as OrderId

/** How a batch came about. */
export interface BatchOptions {
  /** The shop was asked for these orders one by one. */
  readonly asked?: boolean
  /** The stored snapshots are decided again. */
  readonly again?: boolean
}

/** What a batch of decisions looks up. */
export interface OrderFacts {
  readonly contextOf: (orderId: OrderId) => Intake.IntakeContext
  /** What the order's listings sell. */
  readonly itemsOf: (row: OrderRow) => ReadonlyArray<ItemId>
  /** Lets the decisions that follow see what this one takes. */
  readonly take: (decision: Intake.IntakeDecision) => void
}

/** Loads what some orders are decided by. */
export const load = Effect.fnUntraced(function* (
  connection: Connection,
  rows: ReadonlyArray<OrderRow>,
  options: BatchOptions
) {
  const store = yield* Store
  const { capabilities } = yield* Cart
  const orderIds = unique(rows.map(orderIdOf))
  const known = yield* store.sales.ofOrders(connection.id, orderIds)
  const knownByOrder = indexBy(known, ({ orderId }) => orderId)
  const lookups = [...rows.map(lookupsOf), ...known.map(({ order }) => Intake.lookups(order))]
  const keys = unique(lookups.flatMap(({ listingKeys }) => listingKeys))
  const skus = unique(lookups.flatMap((lookup) => lookup.skus))
  const numbers = unique(rows.flatMap((row) => (isUnreadable(row) ? [] : [Intake.referenceNumberFor(connection, row)])))
  const assigned = known.flatMap(({ reasons }) => reasons.flatMap(({ about }) => about?.["number"] ?? []))
  const ended = yield* store.links.endedOf(connection.id, keys)
  // What was sold under a listing that has been made anew since is what that listing sold, by the same pack.
  const replaced = ended.filter(({ ending }) => ending === "replaced").map(({ link }) => link)
  const links = [...replaced, ...(yield* store.links.ofListings(connection.id, keys))]
  const excluded = new Set((yield* store.links.exclusionsOf(connection.id, keys)).map(({ key }) => key))
  const itemsOfSkus = yield* store.items.bySku(skus)
  const items = yield* store.items.withComponents(
    unique([...links.map(({ itemId }) => itemId), ...itemsOfSkus.map(({ id }) => id)])
  )
  const owners = yield* store.sales.numberOwners(unique([...numbers, ...assigned]))
  const places = yield* placesOf(connection, items)
  const now = yield* DateTime.now

  const linkByKey = indexBy(links, ({ listing }) => listing.key)
  const itemById = indexBy(items, ({ id }) => id)
  const itemsBySku = Map.groupBy(itemsOfSkus, ({ sku }) => sku)
  const endedByKey = new Map(
    // What was excluded may come back, and what was made anew goes on; only what a person has removed stays away.
    ended.filter(({ ending = "removed" }) => ending === "removed").map(({ link }) => [link.listing.key, link.itemId])
  )
  const ownerByNumber = new Map(owners.map(({ number, saleId }) => [number.toLowerCase(), saleId]))
  return {
    itemsOf: (row) => lookupsOf(row).listingKeys.flatMap((key) => linkByKey.get(key)?.itemId ?? []),
    take: (decision) => {
      const number = decision.sale?.number ?? null
      if (number !== null && decision.sale !== null) ownerByNumber.set(number.toLowerCase(), decision.sale.id)
      const isNew = decision.sale !== null && !knownByOrder.has(decision.sale.orderId)
      if (isNew) places.take(decision)
    },
    contextOf: (orderId) => ({
      connection,
      now,
      known: knownByOrder.get(orderId) ?? null,
      link: (key: ListingKey): Link | null => linkByKey.get(key) ?? null,
      excluded: (key: ListingKey): boolean => excluded.has(key),
      endedItem: (key: ListingKey): ItemId | null => endedByKey.get(key) ?? null,
      itemsBySku: (sku: string): ReadonlyArray<Item> => itemsBySku.get(sku) ?? [],
      item: (id: ItemId): Item | null => itemById.get(id) ?? null,
      numberOwner: (number: string): Sale.SaleId | null => {
        const owner = ownerByNumber.get(number.toLowerCase())
        return owner === undefined || owner === Sale.idOf(connection.id, orderId) ? null : owner
      },
      pickupLocation: (cartLocationId: string): LocationId | null => pickupLocation(connection, cartLocationId),
      feeding: places.feeding,
      available: places.available,
      asked: options.asked ?? false,
      again: options.again ?? false,
      ...(capabilities.reader === undefined ? {} : { reader: capabilities.reader })
    })
  } satisfies OrderFacts
})

/** The listings and SKUs of a row, read or not. */
const lookupsOf = (row: OrderRow): ReturnType<typeof Intake.lookups> =>
  isUnreadable(row)
    ? {
        listingKeys: row.lines.flatMap(lookedUpKeys),
        skus: row.lines.map(({ sku }) => sku).filter((sku) => sku.trim() !== "")
      }
    : Intake.lookups(row)

/** Where orders may be committed, and what is left there. */
const placesOf = Effect.fnUntraced(function* (connection: Connection, items: ReadonlyArray<Item>) {
  const store = yield* Store
  const channel = yield* store.connections.channel(connection.channelId)
  const locations: ReadonlyArray<Location> = yield* store.stock.locations
  const feeding = feedingOf(
    connection,
    Option.getOrElse(channel, () => ({ locations: null })),
    locations
  )
  const isChoice = [null, ...connection.publishTo.map(({ cartLocationId }) => cartLocationId)].some(
    (place: CartLocationId | null) => feeding(place).length > 1
  )
  const left = new Map<string, number>()
  if (isChoice && items.length > 0) {
    const { positions } = yield* store.stock.snapshot(items.map(({ id }) => id))
    for (const position of positions) left.set(placeKey(position.itemId, position.locationId), reservable(position))
  }
  return {
    feeding,
    available: (itemId: ItemId, locationId: LocationId): Quantity =>
      (left.get(placeKey(itemId, locationId)) ?? zero) as Quantity,
    take: ({ demand }: Intake.IntakeDecision): void => {
      for (const { itemId, locationId, quantity } of demand?.lines ?? []) {
        const key = placeKey(itemId, locationId)
        left.set(key, (left.get(key) ?? 0) - quantity)
      }
    }
  }
})

const placeKey = (itemId: ItemId, locationId: LocationId): string => JSON.stringify([itemId, locationId])

/** An order is collected from the first of our locations that feed the shop's. */
const pickupLocation = (connection: Connection, cartLocationId: string): LocationId | null =>
  connection.publishTo.find((target) => target.cartLocationId === cartLocationId)?.locations?.[0] ?? null

const unique = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => [...new Set(values)]

const indexBy = <K, V>(values: ReadonlyArray<V>, keyOf: (value: V) => K): ReadonlyMap<K, V> =>
  new Map(values.map((value) => [keyOf(value), value]))
