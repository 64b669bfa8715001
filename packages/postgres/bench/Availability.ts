/**
 * Reading what availability follows from, of 1,000 items over 5 locations; beside a bare select of the same columns.
 */
import { Effect } from "effect"
import { fillItems, fillPositions, furnish, type Ground, itemId, settle, storeOf } from "./Ground.ts"
import { compare } from "./Measure.ts"

const items = 10_000
const asked = 1_000
const callsPerRound = 5

/** The benchmark of snapshots. */
export const availability = (ground: Ground) =>
  Effect.gen(function* () {
    yield* furnish(ground)
    yield* fillItems(ground, 1, items)
    yield* fillPositions(ground, 1, items, 5, 1_000)
    yield* settle(ground)
    const ids = (round: number) =>
      Array.from({ length: asked }, (_, n) => itemId(1 + (((round * asked + n) * 7) % items)))
    const times = Array.from({ length: callsPerRound }, (_, n) => n)
    return [
      yield* compare({
        name: "availability of 1,000 items over 5 locations",
        limit: 0.6,
        rounds: 10,
        size: callsPerRound,
        ours: (round) => Effect.forEach(times, (n) => storeOf(ground).stock.snapshot(ids(round * callsPerRound + n))),
        floor: (round) => Effect.forEach(times, (n) => ground.sql.unsafe(bareSelect, [ids(round * callsPerRound + n)]))
      })
    ]
  })

const bareSelect = `
  select item_id, location_id, on_hand, sales_orders, sales_receipts, pick_tickets, reservations, soft_holds,
    stock_holds, incoming
  from stockport.positions where item_id = any($1::text[])`
