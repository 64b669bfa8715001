/**
 * A stock count of 100,000 positions, all of which differ; beside an upsert of the same counters from arrays.
 */
import { format, of } from "@stockport/core/domain/Quantity"
import { Effect } from "effect"
import { fillItems, fillPositions, furnish, type Ground, itemId, locations, settle, storeOf } from "./Ground.ts"
import { compare } from "./Measure.ts"

const items = 20_000

/** The benchmark of counting. */
export const counting = (ground: Ground) =>
  Effect.gen(function* () {
    yield* furnish(ground)
    yield* fillItems(ground, 1, items)
    yield* fillPositions(ground, 1, items, 5, 1_000)
    yield* ground.sql.unsafe("create table bare_positions (like stockport.positions including all)").unprepared
    yield* ground.sql.unsafe("insert into bare_positions select * from stockport.positions").unprepared
    yield* settle(ground)
    const places = Array.from({ length: items }, (_, n) =>
      locations.map((locationId) => [itemId(n + 1), locationId] as const)
    ).flat()
    const itemIds = places.map(([id]) => id)
    const locationIds = places.map(([, id]) => id)
    return [
      yield* compare({
        name: "count 100,000 positions",
        limit: 0.5,
        rounds: 4,
        size: places.length,
        ours: (round) =>
          storeOf(ground).stock.count(
            `count ${round}`,
            places.map(([itemId, locationId], n) => ({ itemId, locationId, counted: of(1 + round + (n % 7)) }))
          ),
        floor: (round) =>
          ground.sql.unsafe(
            `insert into bare_positions (item_id, location_id, on_hand)
            select * from unnest($1::text[], $2::text[], $3::text[]::numeric[])
            on conflict (item_id, location_id) do update set on_hand = excluded.on_hand`,
            [itemIds, locationIds, places.map((_, n) => format(of(1 + round + (n % 7))))]
          )
      })
    ]
  })
