/**
 * Reading stock: what the shop has of its tracked listings, at every location.
 *
 * Levels come from the inventory API, never from the catalogue, whose `inventory_level` means different things in
 * different documents. A product that counts stock for all its options together is one item without a variant. What the shop itself
 * keeps back or adds at a location comes with the same answer. `onHand` is what our number sets; `available_to_sell` is what
 * the shop makes of it.
 */
import { Result, Schema, Stream } from "effect"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { keyOf, type Listing, type ListingKey, ProductId, VariantId } from "@stockport/core/domain/Listing"
import { type CartError, type StockLevel, type Unreadable, unreadable } from "@stockport/core/ports/Cart"
import type { BigCommerceClient, Parameters } from "./BigCommerceClient.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { type Fault, faultAt, reader } from "./Rows.ts"
import {
  FlagIfReadable,
  Id,
  idFrom,
  IdOrNone,
  Integer,
  IntegerIfReadable,
  isRecord,
  listOf,
  RawPage,
  recordOr
} from "./Wire.ts"

/** The most items that the shop gives in a page. */
export const pageSizeMax = 1_000

/** How many ids are named in one request: the address stays below 8 kB. */
export const idsPerRequest = 500

const Settings = Schema.Struct({
  safety_stock: IntegerIfReadable,
  is_in_stock: FlagIfReadable,
  backorder_limit: IntegerIfReadable
})

/** What an item has at one location. Backorders are told only by stores that take them, on the level or in its settings. */
const LocationLevel = Schema.Struct({
  location_id: Id,
  available_to_sell: Integer,
  total_inventory_onhand: Integer,
  qty_backordered: IntegerIfReadable,
  backorder_limit: IntegerIfReadable,
  settings: recordOr(Settings)
})
type LocationLevel = typeof LocationLevel.Type

const Item = Schema.Struct({
  identity: Schema.Struct({ product_id: Id, variant_id: IdOrNone }),
  locations: listOf(Schema.Unknown)
})
type Item = typeof Item.Type

const readItem = reader(Item)
const readLevel = reader(LocationLevel)

/** Levels of these listings, or of all tracked ones; listings without tracking have none. */
export const stream = (
  client: BigCommerceClient["Service"],
  listings: ReadonlyArray<Listing> | "all"
): Stream.Stream<StockLevel | Unreadable, CartError> =>
  listings === "all" ? levelsOfAll(client) : levelsOf(client, listings)

const levelsOfAll = (client: BigCommerceClient["Service"]) =>
  items(client, {}).pipe(
    Stream.flatMap(({ raw, read }) => {
      if (Result.isFailure(read)) return Stream.succeed(unreadableItem(raw, read.failure))
      const { product_id, variant_id } = read.success.identity
      const key = keyOf(ProductId.make(product_id), variant_id === null ? null : VariantId.make(variant_id))
      return Stream.fromIterable(levelsAt(read.success, [key]))
    })
  )

const levelsOf = (client: BigCommerceClient["Service"], listings: ReadonlyArray<Listing>) => {
  const byVariant = new Map<string, Array<ListingKey>>()
  const byProduct = new Map<string, Array<ListingKey>>()
  for (const listing of listings) {
    if (listing.tracking === "none") continue
    if (listing.tracking === "product") append(byProduct, listing.productId, listing.key)
    else if (listing.variantId !== null) append(byVariant, listing.variantId, listing.key)
  }
  return Stream.concat(
    ofIds(client, "variant_id:in", byVariant, ({ identity }) => identity.variant_id),
    ofIds(client, "product_id:in", byProduct, ({ identity }) => identity.product_id)
  )
}

const append = (keys: Map<string, Array<ListingKey>>, id: string, key: ListingKey) => {
  const known = keys.get(id)
  if (known === undefined) keys.set(id, [key])
  else known.push(key)
}

/** Items by id; each id's levels are given once, however many rows the shop makes of it. */
const ofIds = (
  client: BigCommerceClient["Service"],
  filter: "variant_id:in" | "product_id:in",
  keys: ReadonlyMap<string, ReadonlyArray<ListingKey>>,
  idOf: (item: Item) => string | null
) =>
  Stream.fromIterable(keys.keys()).pipe(
    Stream.grouped(idsPerRequest),
    Stream.flatMap((ids) => {
      const waiting = new Set(ids)
      return items(client, { [filter]: ids.join(",") }).pipe(
        Stream.flatMap(({ raw, read }) => {
          if (Result.isFailure(read)) return Stream.succeed(unreadableItem(raw, read.failure))
          const id = idOf(read.success)
          return id !== null && waiting.delete(id)
            ? Stream.fromIterable(levelsAt(read.success, keys.get(id) ?? []))
            : Stream.empty
        })
      )
    })
  )

const levelsAt = (item: Item, keys: ReadonlyArray<ListingKey>): ReadonlyArray<StockLevel | Unreadable> =>
  keys.flatMap((key) =>
    item.locations.map((raw, at) => {
      const { read } = readLevel(raw)
      return Result.isSuccess(read)
        ? levelOf(key, read.success)
        : unreadable({ what: "level", id: key, ...faultAt(`locations.${at}`, read.failure) })
    })
  )

const levelOf = (key: ListingKey, level: LocationLevel): StockLevel => {
  const safetyStock = level.settings?.safety_stock ?? null
  const isInStock = level.settings?.is_in_stock ?? null
  const backorderLimit = level.backorder_limit ?? level.settings?.backorder_limit ?? null
  return {
    key,
    cartLocationId: CartLocationId.make(level.location_id),
    onHand: level.total_inventory_onhand,
    availableToSell: level.available_to_sell,
    ...(safetyStock !== null && { safetyStock }),
    ...(isInStock !== null && { isInStock }),
    ...(backorderLimit !== null && { backorderLimit }),
    ...(level.qty_backordered !== null && { backordered: level.qty_backordered })
  }
}

/** An item that cannot be read, under the listing's key as far as its ids can be. */
const unreadableItem = (raw: unknown, fault: Fault): Unreadable => {
  const identity = isRecord(raw) && isRecord(raw["identity"]) ? raw["identity"] : {}
  const [productId, variantId] = [idFrom(identity["product_id"]), idFrom(identity["variant_id"])]
  const variant = variantId === null ? null : VariantId.make(variantId)
  return unreadable({
    what: "level",
    id: productId === null ? null : keyOf(ProductId.make(productId), variant),
    ...fault
  })
}

const items = (client: BigCommerceClient["Service"], query: NonNullable<Parameters["query"]>) =>
  Pages.all(Operation.getInventoryItems, pageSizeMax, (page) =>
    client.call(Operation.getInventoryItems, { query: { ...query, page, limit: pageSizeMax } }, RawPage)
  ).pipe(Stream.map(readItem))
