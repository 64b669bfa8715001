/**
 * Locations, the ledger and demand in PostgreSQL.
 */
import type { Demand } from "@stockport/core/domain/Demand"
import type { ItemId } from "@stockport/core/domain/ItemId"
import { unbalanced } from "@stockport/core/domain/Movement"
import { Location } from "@stockport/core/domain/Location"
import type { Position } from "@stockport/core/domain/Position"
import { format, type Quantity, scale } from "@stockport/core/domain/Quantity"
import { Invalid, type ItemDemand, type Store } from "@stockport/core/ports/Store"
import { DateTime, Effect, Schema } from "effect"
import { bounded, type Database, encoding, ints, json, lastOf, moment, refuse, type Row, texts } from "./Database.ts"
import { demandColumns, expiryOf, nothingAsked, placesOf } from "./DemandLines.ts"
import { demandTerms, sumsByKind } from "./DemandTerms.ts"
import { limitOf } from "./Keyset.ts"
import { oneItem, severalItems } from "./migrations/CountsAsOf.ts"
import * as Reservations from "./Reservations.ts"

/** From how many rows on a call is planned for its very size; below, planning would cost more than it saves. */
const plannedFromRows = 1_000

/** The repository of stock over a database. */
export const make = (db: Database): Effect.Effect<StockRepository> =>
  Effect.map(Reservations.make(db), (reserve) => ({
    locations: locations(db),
    saveLocations: saveLocations(db),
    record: record(db),
    count: count(db),
    demandOf: demandOf(db),
    setDemand: setDemand(db),
    reserve,
    snapshot: snapshot(db),
    arriving: arriving(db)
  }))

type StockRepository = Store["Service"]["stock"]

const locations = (db: Database): StockRepository["locations"] =>
  Effect.flatMap(
    db.read("stock.locations", `select id, name, nettable, is_default from ${db.schema}.locations order by id`, []),
    (rows) => Effect.orDie(decodeLocations(rows.map(locationOf)))
  )

const saveLocations = (db: Database): StockRepository["saveLocations"] =>
  Effect.fn("Stock.saveLocations")(function* (saved) {
    const operation = "stock.saveLocations"
    const unique = lastOf(saved, ({ id }) => id)
    if (unique.length === 0) return
    yield* bounded(operation, unique.length)
    yield* db.write(operation, `select ${db.schema}.save_locations($1::jsonb, $2::timestamptz, $3, $4)`, [
      json(yield* Effect.forEach(unique, (location) => encodeLocation(operation, location))),
      ...(yield* moment)
    ])
  })

const record = (db: Database): StockRepository["record"] =>
  Effect.fn("Stock.record")(function* (documents) {
    const operation = "stock.record"
    // The first document of a key is the one that counts, within a call as between calls.
    const unique = lastOf(documents.toReversed(), ({ key }) => key).toReversed()
    if (unique.length === 0) return
    const lines = unique.flatMap(({ movements }, n) => movements.map((movement) => ({ ...movement, n: n + 1 })))
    const rows = lines.length + unique.length
    yield* bounded(operation, rows)
    for (const { movements } of unique) {
      const half = unbalanced(movements)
      if (half === null) continue
      const value = `${half.left} of ${half.itemId}`
      const expected = "transfers that cancel out for each item"
      return yield* refuse(operation, new Invalid({ field: "movements", value, expected }))
    }
    yield* db.write(
      operation,
      `select ${db.schema}.${bySize(rows, "book_movements", "book_many_movements")}(
        $1, $2, $3, $4, $5, $6::text[]::numeric[], $7::text[]::timestamptz[], $8::timestamptz, $9, $10)`,
      [
        texts(unique.map(({ key }) => key)),
        ints(lines.map(({ n }) => n)),
        texts(lines.map(({ kind }) => kind)),
        ...placesOf(lines),
        texts(lines.map(({ at }) => (at === undefined ? null : DateTime.formatIso(at)))),
        ...(yield* moment)
      ]
    )
  })

const count = (db: Database): StockRepository["count"] =>
  Effect.fn("Stock.count")(function* (key, counts, { asOf } = {}) {
    const operation = "stock.count"
    yield* bounded(operation, counts.length)
    const negative = counts.find(({ counted }) => counted < 0)
    if (negative !== undefined) {
      const value = format(negative.counted)
      return yield* refuse(operation, new Invalid({ field: "counted", value, expected: "zero or more" }))
    }
    // The last count of a position is what somebody saw there last.
    const last = lastOf(counts, ({ itemId, locationId }) => `${itemId.length} ${itemId} ${locationId}`)
    yield* db.write(
      operation,
      `select ${db.schema}.${bySize(last.length, "book_count", "book_large_count")}(
        $1, $2, $3, $4::text[]::numeric[], $5::timestamptz, $6::timestamptz, $7, $8)`,
      [
        key,
        ...placesOf(last.map((counted) => ({ ...counted, quantity: counted.counted }))),
        asOf === undefined ? null : DateTime.formatIso(asOf),
        ...(yield* moment)
      ]
    )
  })

const demandOf = (db: Database): StockRepository["demandOf"] =>
  Effect.fn("Stock.demandOf")(function* (itemIds, limit) {
    const [now] = yield* moment
    const rows = yield* db.read(
      "stock.demandOf",
      `select a.item_id, x.* from (select distinct i collate "C" as item_id from unnest($1::text[]) u (i)) a
      cross join lateral (
        (select source::text, kind::text, location_ids[1] as location_id, ${whole("quantities[1]")} as quantity
        from ${db.schema}.demand
        where ${oneItem} and item_ids[1] = a.item_id and (expires_at is null or expires_at > $2::timestamptz)
        order by demand.source limit $3::text::int)
        union all
        (select d.source::text, d.kind::text, u.l, ${whole("sum(u.q)")}
        from ${db.schema}.demand d cross join unnest(d.item_ids, d.location_ids, d.quantities) u (i, l, q)
        where ${severalItems} and d.item_ids @> array[a.item_id] and u.i = a.item_id
          and (d.expires_at is null or d.expires_at > $2::timestamptz)
        group by d.source, d.kind, u.l order by d.source, u.l collate "C" limit $3::text::int)
        order by 1, 3 limit $3::text::int) x
      order by a.item_id, x.source collate "C", x.location_id collate "C"`,
      [texts(itemIds), now, limitOf(limit)]
    )
    return rows.map((row): ItemDemand => ({
      itemId: row["item_id"] as ItemDemand["itemId"],
      locationId: row["location_id"] as ItemDemand["locationId"],
      source: row["source"] as ItemDemand["source"],
      kind: row["kind"] as ItemDemand["kind"],
      quantity: quantityOf(row["quantity"])
    }))
  })

const setDemand = (db: Database): StockRepository["setDemand"] =>
  Effect.fn("Stock.setDemand")(function* (demands) {
    const operation = "stock.setDemand"
    const unique = lastOf(demands, ({ source }) => source)
    if (unique.length === 0) return
    const lines = unique.map((demand) => demand.lines)
    const rows = lines.reduce((sum, { length }) => sum + length, unique.length)
    yield* bounded(operation, rows)
    for (const demand of unique) {
      const fault = faultOfDemand(demand)
      if (fault !== undefined) return yield* refuse(operation, fault)
    }
    yield* db.write(
      operation,
      `select ${db.schema}.${bySize(rows, "set_demand", "set_much_demand")}(
        $1, $2, $3::text[]::timestamptz[], $4::text[]::timestamptz[], $5, $6, $7, $8, $9::timestamptz, $10, $11)`,
      [
        texts(unique.map(({ source }) => source)),
        texts(unique.map(({ kind }) => kind)),
        texts(unique.map(expiryOf)),
        texts(unique.map(({ expectedAt }) => (expectedAt === undefined ? null : DateTime.formatIso(expectedAt)))),
        ...demandColumns(lines),
        ...(yield* moment)
      ]
    )
  })

const snapshot = (db: Database): StockRepository["snapshot"] =>
  Effect.fn("Stock.snapshot")(function* (itemIds, { incomingBy = null } = {}) {
    const [now] = yield* moment
    const horizon = incomingBy === null ? null : DateTime.formatIso(incomingBy)
    const rows = yield* db.read("stock.snapshot", snapshotQuery(db.schema), [texts(itemIds), now, horizon])
    const moved = new Set<ItemId>()
    const positions: Array<Position> = []
    const places: Array<unknown> = []
    for (const row of rows) {
      if (row["item_id"] === null) {
        places.push(locationOf(row))
        continue
      }
      const position = positionOf(row)
      positions.push(position)
      if (row["moved"] === true) moved.add(position.itemId)
    }
    return { positions, moved, locations: yield* Effect.orDie(decodeLocations(places)) }
  })

const arriving = (db: Database): StockRepository["arriving"] =>
  Effect.fn("Stock.arriving")(function* (after, until, page) {
    const [now] = yield* moment
    const rows = yield* db.read(
      "stock.arriving",
      `select distinct i collate "C" as id from ${db.schema}.demand cross join unnest(item_ids) u (i)
      where kind = 'incoming' and expected_at <= $1::timestamptz and expected_at > coalesce($2::timestamptz, '-infinity')
        and (expires_at is null or expires_at > $3::timestamptz) and ($4::text is null or i collate "C" > $4)
      order by 1 limit $5::text::int`,
      [
        DateTime.formatIso(until),
        after === null ? null : DateTime.formatIso(after),
        now,
        page.after,
        limitOf(page.limit)
      ]
    )
    return rows.map((row) => row["id"] as ItemId)
  })

const bySize = (rows: number, small: string, large: string): string => (rows < plannedFromRows ? small : large)

/**
 * Everything that availability follows from, in one statement and so one snapshot. Demand that has expired, and has not
 * been taken out of the counters yet, is taken out here, and so are goods that are expected too late. Quantities come as
 * whole hundred-thousandths, which a float holds exactly over the whole range.
 *
 * The demand is looked at only when there is something to take out, which one look at an index tells.
 */
const snapshotQuery = (s: string): string => `
  select null as item_id, l.id as location_id, null::float8 as on_hand, null::float8 as sales_orders,
    null::float8 as sales_receipts, null::float8 as pick_tickets, null::float8 as reservations,
    null::float8 as soft_holds, null::float8 as stock_holds, null::float8 as incoming, null::boolean as moved,
    l.name, l.nettable, l.is_default
  from ${s}.locations l
  union all
  (select p.item_id, p.location_id, ${whole("p.on_hand")},
    ${demandTerms.map(({ column }) => whole(`coalesce(p.${column} - e.${column}, p.${column})`)).join(",\n    ")},
    p.moved, null, null, null
  from ${s}.positions p
  left join (
    select i, l, ${sumsByKind("q")}
    from (
      select kind, item_ids, location_ids, quantities from ${s}.demand
      where (select exists (select 1 from ${s}.demand where expires_at <= $2::timestamptz))
        and expires_at <= $2::timestamptz and item_ids && $1::text[]
      union all
      select kind, item_ids, location_ids, quantities from ${s}.demand
      where $3::timestamptz is not null and kind = 'incoming' and item_ids && $1::text[]
        and coalesce(expected_at, 'infinity') > $3::timestamptz and coalesce(expires_at, 'infinity') > $2::timestamptz
    ) d cross join unnest(item_ids, location_ids, quantities) u (i, l, q)
    where i = any($1::text[]) group by i, l
  ) e on e.i = p.item_id and e.l = p.location_id
  where p.item_id = any($1::text[]))`

/** A quantity in hundred-thousandths. By way of a whole number: straight to a float would be by way of its text. */
const whole = (quantity: string): string => `(${quantity} * ${scale})::int8::float8`

const positionOf = (row: Row): Position => ({
  itemId: row["item_id"] as Position["itemId"],
  locationId: row["location_id"] as Position["locationId"],
  onHand: quantityOf(row["on_hand"]),
  salesOrders: quantityOf(row["sales_orders"]),
  salesReceipts: quantityOf(row["sales_receipts"]),
  pickTickets: quantityOf(row["pick_tickets"]),
  reservations: quantityOf(row["reservations"]),
  softHolds: quantityOf(row["soft_holds"]),
  stockHolds: quantityOf(row["stock_holds"]),
  incoming: quantityOf(row["incoming"])
})

const quantityOf = (value: unknown): Quantity => {
  if (typeof value === "number" && Number.isSafeInteger(value)) return (value + 0) as Quantity
  throw new Error(`a position holds ${String(value)}, which is no quantity`)
}

const locationOf = (row: Row): unknown => ({
  id: row["location_id"] ?? row["id"],
  name: row["name"],
  nettable: row["nettable"],
  isDefault: row["is_default"]
})

const decodeLocations = Schema.decodeUnknownEffect(Schema.Array(Location))
const encodeLocation = encoding(Location)

/** What is wrong with a demand before anything is looked up. */
const faultOfDemand = ({ expectedAt, kind, lines }: Demand): Invalid | undefined =>
  expectedAt === undefined || kind === "incoming"
    ? nothingAsked(lines)
    : new Invalid({
        field: "expectedAt",
        value: DateTime.formatIso(expectedAt),
        expected: `no date on demand of kind ${kind}`
      })
