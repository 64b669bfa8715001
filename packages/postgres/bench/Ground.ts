/**
 * What every benchmark starts from: a store on an empty database, items, five locations, and a connection to mark for.
 */
import { ChannelId } from "@stockport/core/domain/Channel"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import * as SyncPolicy from "@stockport/core/domain/SyncPolicy"
import { Store } from "@stockport/core/ports/Store"
import { Context, DateTime, Effect } from "effect"
import type { SqlClient } from "effect/sql"

/** A database with a store on it. */
export interface Ground {
  readonly context: Context.Context<Store>
  readonly sql: SqlClient.SqlClient
}

/** The store of a ground. */
export const storeOf = (ground: Ground): Store["Service"] => Context.get(ground.context, Store)

/** The connection that marks are made for. */
export const shop = ConnectionId.make("shop")

/** Five locations, the first the default. */
export const locations = [1, 2, 3, 4, 5].map((n) => LocationId.make(`location-${n}`))

/** The item with a number; made once, since what the callers know already is no part of any benchmark. */
export const itemId = (n: number): ItemId => {
  const known = itemIds.get(n) ?? ItemId.make(`item-${String(n).padStart(7, "0")}`)
  itemIds.set(n, known)
  return known
}

const itemIds = new Map<number, ItemId>()

/** Locations, a channel and an enabled connection. */
export const furnish = (ground: Ground) =>
  Effect.gen(function* () {
    const store = storeOf(ground)
    yield* store.stock.saveLocations(locations.map((id, n) => ({ id, name: id, nettable: true, isDefault: n === 0 })))
    yield* store.connections.saveChannel({ id: ChannelId.make("web"), name: "Web", description: "", locations: null })
    yield* store.connections.save({
      id: shop,
      name: "Shop",
      cart: "bench",
      channelId: ChannelId.make("web"),
      locationId: locations[0] ?? LocationId.make("none"),
      publishTo: [{ cartLocationId: CartLocationId.make("1"), locations: null }],
      enabled: true,
      referencePrefix: "",
      referenceSuffix: "",
      importFrom: DateTime.makeUnsafe(0),
      policy: SyncPolicy.safe
    })
  })

/** Items `from` to `to`, written by one statement: how items come in is no part of any benchmark. */
export const fillItems = (ground: Ground, from: number, to: number) =>
  ground.sql.unsafe(
    `insert into stockport.items (id, kind, sku, name, description, base_unit, units, publish, archived,
      always_shippable, updated_at)
    select 'item-' || lpad(n::text, 7, '0'), 'inventory', 'SKU-' || n, 'Item ' || n, '', 'each', '[]', true, false,
      false, now()
    from generate_series($1::text::int, $2::text::int) n`,
    [String(from), String(to)]
  )

/** Stock on hand of items at the first so many locations. */
export const fillPositions = (ground: Ground, from: number, to: number, places: number, onHand: number) =>
  ground.sql.unsafe(
    `insert into stockport.positions (item_id, location_id, on_hand, moved)
    select 'item-' || lpad(n::text, 7, '0'), 'location-' || l, $4::text::numeric, true
    from generate_series($1::text::int, $2::text::int) n cross join generate_series(1, $3::text::int) l`,
    [String(from), String(to), String(places), String(onHand)]
  )

/**
 * Brings the planner's knowledge of the filled tables up to date, and writes out what earlier steps have left to write.
 * Empty tables are left alone: told that they are empty, the planner would read them whole, and keep to it as they grow.
 */
export const settle = (ground: Ground) =>
  Effect.andThen(
    ground.sql.unsafe("vacuum analyze stockport.items, stockport.positions").unprepared,
    ground.sql.unsafe("checkpoint").unprepared
  )
