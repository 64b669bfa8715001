/**
 * Reserving, beside one statement that guards a counter and writes a row under a unique key.
 */
import { of } from "@stockport/core/domain/Quantity"
import { Effect } from "effect"
import { fillItems, fillPositions, furnish, type Ground, itemId, locations, settle, storeOf } from "./Ground.ts"
import { compare } from "./Measure.ts"

const items = 10_000
const callsSequential = 250
const callsParallel = 800
const callsHot = 1_600

/** The benchmarks of reserving. */
export const reserving = (ground: Ground) =>
  Effect.gen(function* () {
    yield* furnish(ground)
    yield* fillItems(ground, 1, items)
    yield* fillPositions(ground, 1, items, 1, 1_000_000)
    for (const statement of bareTables) yield* ground.sql.unsafe(statement).unprepared
    yield* settle(ground)
    const one = (item: (n: number) => number, concurrency: number, calls: number, label: string) => ({
      rounds: 24,
      size: calls,
      ours: (round: number) =>
        Effect.forEach(numbers(calls), (n) => reserveOurs(ground, `${label} ${round} ${n}`, [item(n)]), {
          concurrency,
          discard: true
        }),
      floor: (round: number) =>
        Effect.forEach(numbers(calls), (n) => reserveBare(ground, `${label} ${round} ${n}`, item(n)), {
          concurrency,
          discard: true
        })
    })
    const spread = (n: number) => 1 + ((n * 7919) % items)
    return [
      yield* compare({
        name: "reserve one line, one caller",
        limit: 0.7,
        ...one(spread, 1, callsSequential, "sequential")
      }),
      yield* compare({ name: "reserve one line, 8 callers", limit: 0.7, ...one(spread, 8, callsParallel, "eight") }),
      yield* compare({
        name: "reserve 100 lines in one request",
        limit: 0.6,
        rounds: 8,
        size: 20,
        ours: (round) =>
          Effect.forEach(
            numbers(20),
            (n) =>
              reserveOurs(
                ground,
                `hundred ${round} ${n}`,
                numbers(100).map((m) => spread(n * 100 + m))
              ),
            { discard: true }
          ),
        floor: (round) =>
          Effect.forEach(
            numbers(20),
            (n) =>
              reserveManyBare(
                ground,
                `hundred ${round} ${n}`,
                numbers(100).map((m) => spread(n * 100 + m))
              ),
            { discard: true }
          )
      }),
      yield* compare({
        name: "reserve one hot item, 64 callers",
        limit: 10,
        ...one(() => 1, 64, callsHot, "hot")
      })
    ]
  })

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, n) => n)

const single = of(1)
const place = locations[0] ?? ("" as never)

export const reserveOurs = (ground: Ground, key: string, chosen: ReadonlyArray<number>) =>
  Effect.flatMap(
    storeOf(ground).stock.reserve({
      key,
      lines: chosen.map((n, line) => ({
        lineId: String(line),
        itemId: itemId(n),
        locationId: place,
        quantity: single
      })),
      expiresAt: null
    }),
    (answer) => (answer._tag === "Reserved" ? Effect.void : Effect.die(new Error("there was enough for everybody")))
  )

export const reserveBare = (ground: Ground, key: string, n: number) =>
  ground.sql.unsafe(
    `with taken as (
      update bare_stock set reserved = reserved + $4::text::numeric
      where item_id = $2 and location_id = $3 and on_hand - reserved >= $4::text::numeric returning 1)
    insert into bare_reservations (key, item_id, location_id, quantity)
    select $1, $2, $3, $4::text::numeric from taken`,
    [key, itemId(n), place, "1"]
  )

export const reserveManyBare = (ground: Ground, key: string, chosen: ReadonlyArray<number>) =>
  ground.sql.unsafe(
    `with wanted as (select unnest($2::text[]) as item_id, $3::text as location_id, $4::text::numeric as quantity),
    taken as (
      update bare_stock b set reserved = reserved + w.quantity from wanted w
      where b.item_id = w.item_id and b.location_id = w.location_id and b.on_hand - b.reserved >= w.quantity
      returning b.item_id, w.quantity)
    insert into bare_reservations (key, item_id, location_id, quantity)
    select $1 || ' ' || item_id, item_id, $3, quantity from taken`,
    [key, chosen.map(itemId), place, "1"]
  )

export const bareTables = [
  `create table bare_stock (item_id text, location_id text, on_hand numeric(18, 5) not null,
    reserved numeric(18, 5) not null default 0, primary key (item_id, location_id)) with (fillfactor = 70)`,
  `create table bare_reservations (key text primary key, item_id text not null, location_id text not null,
    quantity numeric(18, 5) not null)`,
  `insert into bare_stock (item_id, location_id, on_hand)
  select item_id, location_id, on_hand from stockport.positions`
]
