/**
 * Reading stock: what the shop has of its tracked listings, at every location.
 *
 * Levels come from the inventory API, never from the catalogue, whose `inventory_level` means different things in
 * different documents. A product that counts stock for all its options together is one item without a variant.
 */
import { Schema, Stream } from "effect"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { keyOf, type Listing, type ListingKey, ProductId, VariantId } from "@stockport/core/domain/Listing"
import type { CartError, StockLevel } from "@stockport/core/ports/Cart"
import type { BigCommerceClient, Parameters } from "./BigCommerceClient.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { Id, IdOrNone, Integer, listOf, pageOf } from "./Wire.ts"

/** The most items that the shop gives in a page. */
export const pageSizeMax = 1_000

/** How many ids are named in one request: the address stays below 8 kB. */
export const idsPerRequest = 500

const LocationLevel = Schema.Struct({
  location_id: Id,
  available_to_sell: Integer,
  total_inventory_onhand: Integer
})

const Item = Schema.Struct({
  identity: Schema.Struct({ product_id: Id, variant_id: IdOrNone }),
  locations: listOf(LocationLevel)
})
type Item = typeof Item.Type

const Items = pageOf(Item)

/** Levels of these listings, or of all tracked ones; listings without tracking have none. */
export const stream = (
  client: BigCommerceClient["Service"],
  listings: ReadonlyArray<Listing> | "all"
): Stream.Stream<StockLevel, CartError> => (listings === "all" ? levelsOfAll(client) : levelsOf(client, listings))

const levelsOfAll = (client: BigCommerceClient["Service"]) =>
  items(client, {}).pipe(
    Stream.flatMap((item) => {
      const { product_id, variant_id } = item.identity
      const key = keyOf(ProductId.make(product_id), variant_id === null ? null : VariantId.make(variant_id))
      return Stream.fromIterable(levelsAt(item, [key]))
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
        Stream.flatMap((item) => {
          const id = idOf(item)
          return id !== null && waiting.delete(id)
            ? Stream.fromIterable(levelsAt(item, keys.get(id) ?? []))
            : Stream.empty
        })
      )
    })
  )

const levelsAt = (item: Item, keys: ReadonlyArray<ListingKey>): ReadonlyArray<StockLevel> =>
  keys.flatMap((key) =>
    item.locations.map((level) => ({
      key,
      cartLocationId: CartLocationId.make(level.location_id),
      onHand: level.total_inventory_onhand,
      availableToSell: level.available_to_sell
    }))
  )

const items = (client: BigCommerceClient["Service"], query: NonNullable<Parameters["query"]>) =>
  Pages.all(Operation.getInventoryItems, pageSizeMax, (page) =>
    client.call(Operation.getInventoryItems, { query: { ...query, page, limit: pageSizeMax } }, Items)
  )
