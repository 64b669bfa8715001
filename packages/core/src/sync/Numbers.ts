/**
 * The numbers that a shop shall show: loads what they follow from, in one snapshot, and lets `Publishing` decide.
 */
import { DateTime, Effect, Option, Stream } from "effect"
import * as Availability from "../decide/Availability.ts"
import * as Publishing from "../decide/Publishing.ts"
import type { Channel } from "../domain/Channel.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as Item from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Link } from "../domain/Link.ts"
import { placeOf, type Publication } from "../domain/Publication.ts"
import { Cart, type CartError } from "../ports/Cart.ts"
import { Store, type StockSnapshot, type StoreError } from "../ports/Store.ts"
import * as Border from "./Border.ts"

/** What availability and publishing read for some items, and the availability that follows. */
export interface Facts {
  readonly channel: Channel
  readonly affected: ReadonlyArray<ItemId>
  readonly links: ReadonlyArray<Link>
  readonly items: ReadonlyMap<ItemId, Item.Item>
  readonly available: ReadonlyMap<ItemId, Availability.Available>
  /** What all channels together have left, over all nettable locations. */
  readonly shared: ReadonlyMap<ItemId, Availability.Available>
  readonly snapshot: StockSnapshot
  /** Until when incoming goods had to be expected to count; null where no date matters. */
  readonly incomingBy: DateTime.Utc | null
  readonly last: ReadonlyMap<string, Publication>
}

/** Loads and computes what follows from these items: themselves and every kit above them. */
export const loadFacts: (
  connection: Connection,
  itemIds: ReadonlyArray<ItemId>
) => Effect.Effect<Facts, StoreError, Store> = Effect.fn("Publish.loadFacts")(function* (
  connection: Connection,
  itemIds: ReadonlyArray<ItemId>
) {
  const store = yield* Store
  const { affected, items } = yield* store.items.dependents(yield* withParts(connection, itemIds))
  const touched = yield* store.links.ofItems(connection.id, affected)
  return yield* factsOf(connection, affected, items, yield* withSiblings(connection.id, touched))
})

/** Loads and computes what these links need, and nothing of the kits above their items. */
export const loadFactsOfLinks: (
  connection: Connection,
  links: ReadonlyArray<Link>
) => Effect.Effect<Facts, StoreError, Store> = Effect.fn("Publish.loadFactsOfLinks")(function* (
  connection: Connection,
  links: ReadonlyArray<Link>
) {
  const store = yield* Store
  const seen = yield* withSiblings(connection.id, links)
  const ids = [...new Set(seen.map(({ itemId }) => itemId))]
  const { items } = connection.policy.availability.assemblyShortfallDemand
    ? yield* store.items.dependents(yield* withParts(connection, ids))
    : { items: yield* store.items.withComponents(ids) }
  return yield* factsOf(connection, ids, items, seen)
})

const factsOf = Effect.fnUntraced(function* (
  connection: Connection,
  affected: ReadonlyArray<ItemId>,
  items: ReadonlyArray<Item.Item>,
  links: ReadonlyArray<Link>
) {
  const store = yield* Store
  const channel = yield* channelOf(connection)
  const { availability: policy } = connection.policy
  // Built kits are stock of a store that keeps some: ours refuse it, an embedder's own may not.
  const counted = items.filter(({ kind }) => Item.isStocked(kind) || (policy.kitPooling === "hybrid" && kind === "kit"))
  const incomingBy = Availability.incomingBy(policy, yield* DateTime.now)
  const snapshot = yield* store.stock.snapshot(
    counted.map(({ id }) => id),
    { incomingBy }
  )
  const { locations, positions } = snapshot
  const available = Availability.compute({ items, locations, positions, policy, feeding: channel.locations })
  const publications = yield* store.publications.ofListings(
    connection.id,
    links.map(({ listing }) => listing.key)
  )
  const facts: Facts = {
    channel,
    affected,
    links,
    items: new Map(items.map((item) => [item.id, item])),
    available,
    shared:
      channel.locations === null
        ? available
        : Availability.compute({ items, locations, positions, policy, feeding: null }),
    snapshot,
    incomingBy,
    last: new Map(publications.map((last) => [placeOf(last.key, last.cartLocationId), last]))
  }
  return facts
})

/** Where an assembly's shortage counts as demand for its parts, what changes the assembly changes them. */
const withParts = Effect.fnUntraced(function* (connection: Connection, itemIds: ReadonlyArray<ItemId>) {
  if (!connection.policy.availability.assemblyShortfallDemand) return itemIds
  const store = yield* Store
  return (yield* store.items.withComponents(itemIds)).map(({ id }) => id)
})

/** Several variants under one product's count are seen together, or not at all. */
const withSiblings = Effect.fnUntraced(function* (connectionId: ConnectionId, links: ReadonlyArray<Link>) {
  const store = yield* Store
  const products = links
    .filter(({ listing }) => listing.tracking === "product" && listing.shape === "variant")
    .map(({ listing }) => listing.productId)
  if (products.length === 0) return links
  const siblings = yield* store.links.ofProducts(connectionId, [...new Set(products)])
  return [...new Map([...siblings, ...links].map((link) => [link.listing.key, link])).values()]
})

const channelOf = Effect.fnUntraced(function* (connection: Connection) {
  const store = yield* Store
  const channel = yield* store.connections.channel(connection.channelId)
  return Option.getOrElse(channel, (): Channel => ({
    id: connection.channelId,
    name: connection.channelId,
    description: "",
    locations: null
  }))
})

/** What decides which numbers are sent. */
export interface PlanOptions {
  /** Lifts the mass-zero guard: a person has seen the plan. */
  readonly approved: boolean
  /** Sends also what equals the last publication. */
  readonly force: boolean
}

/** What the shop shows, by {@link placeOf}. */
export type Levels = ReadonlyMap<string, number>

/**
 * Decides what the shop shall say from loaded facts. Unless `levels` are given, reads the shop, and only for listings that
 * were never published.
 */
export const planOf: (
  connection: Connection,
  facts: Facts,
  options: PlanOptions,
  resend?: ReadonlySet<ItemId>,
  levels?: Levels
) => Effect.Effect<Publishing.PublishPlan, CartError | StoreError, Store | Cart> = Effect.fnUntraced(function* (
  connection: Connection,
  facts: Facts,
  options: PlanOptions,
  resend: ReadonlySet<ItemId> = new Set(),
  levels?: Levels
) {
  const cart = yield* Cart
  const shown = levels ?? (yield* levelsNeverPublished(connection, facts))
  const inStockElsewhere = options.approved ? 0 : yield* countInStock(connection, facts, shown.size)
  return Publishing.plan({
    connection,
    channel: facts.channel,
    links: facts.links,
    items: (id) => facts.items.get(id) ?? null,
    available: (id) => facts.available.get(id) ?? null,
    shared: (id) => facts.shared.get(id) ?? null,
    lastPublished: (key, cartLocationId) => facts.last.get(placeOf(key, cartLocationId)) ?? null,
    shopLevel: (key, cartLocationId) => shown.get(placeOf(key, cartLocationId)) ?? null,
    hasStockHistory: (id) => hasStockHistory(facts, id),
    quantityMax: cart.capabilities.quantityMax,
    approved: options.approved,
    force: options.force,
    resend: (id) => resend.has(id),
    inStockElsewhere
  })
})

/** A first publication is compared with what the shop shows, by the guard and by whoever reads the plan; later ones are not. */
const levelsNeverPublished = Effect.fnUntraced(function* (connection: Connection, facts: Facts) {
  const levels = new Map<string, number>()
  const places = connection.publishTo.map(({ cartLocationId }) => cartLocationId)
  const isNew = ({ listing: { key, tracking }, publishing }: Link) =>
    publishing && tracking !== "none" && places.some((place) => !facts.last.has(placeOf(key, place)))
  const listings = facts.links.filter(isNew).map(({ listing }) => listing)
  if (listings.length === 0) return levels
  yield* Stream.runForEach(Border.stockLevels(listings), (level) =>
    Effect.sync(() => levels.set(placeOf(level.key, level.cartLocationId), level.onHand))
  )
  return levels
})

/**
 * How many listings beside these are in stock as far as we have told the shop: what a few new ones are in proportion to.
 * Counting ends where more would not change the guard's mind.
 */
const countInStock = Effect.fnUntraced(function* (connection: Connection, facts: Facts, newPlaces: number) {
  const percent = connection.policy.publishing.massZeroPercent
  if (newPlaces === 0 || percent === 0) return 0
  const store = yield* Store
  const here = new Set(facts.links.map(({ listing }) => listing.key))
  return yield* store.publications.all(connection.id).pipe(
    Stream.filter(({ key, quantity }) => quantity > 0 && !here.has(key)),
    Stream.take(Math.ceil((newPlaces * 100) / percent)),
    Stream.runCount
  )
})

/** A kit has a history when everything it is made of has one: a number made of gaps is none. */
const hasStockHistory = (facts: Facts, itemId: ItemId, above: ReadonlySet<ItemId> = new Set()): boolean => {
  if (facts.snapshot.moved.has(itemId)) return true
  const item = facts.items.get(itemId)
  if (item?.kind !== "kit" || above.has(itemId) || item.billOfMaterials.length === 0) return false
  const path = new Set([...above, itemId])
  return item.billOfMaterials.every(({ itemId: component }) => {
    const kind = facts.items.get(component)?.kind
    const needsStock = kind === "kit" || (kind !== undefined && Item.isStocked(kind))
    return !needsStock || hasStockHistory(facts, component, path)
  })
}
