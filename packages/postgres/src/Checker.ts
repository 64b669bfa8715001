/**
 * Are the counters what the ledger and the demand say? A checker that derives them anew, names each difference, and can
 * set it right.
 *
 * The counters are kept in the transactions that write the ledger and the demand, so that a difference means that somebody
 * has written past this package. Both work in one statement, on one snapshot, in batches of items.
 */
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import { QuantityFromDecimal } from "@stockport/core/domain/Quantity"
import type { StoreError } from "@stockport/core/ports/Store"
import { Effect, Option, Schema, Stream } from "effect"
import type { SqlClient } from "effect/sql"
import * as Database from "./Database.ts"
import { demandTerms, sumsByKind } from "./DemandTerms.ts"
import * as Migrations from "./Migrations.ts"

/** A counter that is not what its rows add up to. */
export const Difference = Schema.Struct({
  itemId: ItemId,
  locationId: LocationId,
  term: Schema.Literals([
    "onHand",
    "salesOrders",
    "salesReceipts",
    "pickTickets",
    "reservations",
    "softHolds",
    "stockHolds",
    "incoming"
  ]),
  /** What the position says. */
  counted: QuantityFromDecimal,
  /** What the ledger or the demand adds up to. */
  derived: QuantityFromDecimal
})
export interface Difference extends Schema.Schema.Type<typeof Difference> {}

/** How many items one statement looks at. Each one reads all demand, so that there are few of them. */
export const itemsPerBatch = 20_000

/** How many counters that are not there at all are named, and made, at a time. */
export const straysMax = 1_000

/**
 * Every difference, in order of item, and after them the counters that are not there at all (the first
 * {@link straysMax}); nothing is changed.
 */
export const verify = (
  options: { readonly schema?: string } = {}
): Stream.Stream<Difference, StoreError, SqlClient.SqlClient> =>
  Stream.unwrap(
    Effect.map(Database.make(options.schema ?? Migrations.schemaDefault), (db) =>
      Stream.concat(
        overItems(db, (from, to) => found(db, "checker.verify", differences(db.schema), [from, to])),
        Stream.fromIterableEffect(found(db, "checker.verify", strays(db.schema), [String(straysMax)]))
      )
    )
  )

/**
 * Sets every counter that differs to what the ledger and the demand say, marks its item dirty, and answers what it found.
 *
 * Each batch locks its positions first, in the order of all writers, and looks afterwards.
 */
export const rebuild = (
  options: { readonly schema?: string } = {}
): Stream.Stream<Difference, StoreError, SqlClient.SqlClient> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const db = yield* Database.make(options.schema ?? Migrations.schemaDefault)
      yield* placeStrays(db)
      return overItems(db, (from, to) => db.transaction(rebuildBatch(db, from, to)))
    })
  )

const rebuildBatch = (db: Database.Database, from: string, to: string) =>
  Effect.gen(function* () {
    yield* db.read(
      "checker.rebuild",
      `select 1 from ${db.schema}.positions where item_id >= $1 and item_id <= $2
      order by item_id, location_id for no key update`,
      [from, to]
    )
    const differing = yield* found(db, "checker.rebuild", differences(db.schema), [from, to])
    if (differing.length > 0) {
      const itemIds = [...new Set(differing.map(({ itemId }) => itemId))]
      yield* db.write("checker.rebuild", repair(db.schema), [from, to])
      yield* db.write("checker.rebuild", `select ${db.schema}.touch($1)`, [Database.texts(itemIds)])
    }
    return differing
  })

/** Makes the positions that demand names and that are not there, all counters at zero. */
const placeStrays = (db: Database.Database): Effect.Effect<void, StoreError> =>
  Effect.gen(function* () {
    const missing = yield* found(db, "checker.rebuild", strays(db.schema), [String(straysMax)])
    if (missing.length === 0) return
    yield* db.write("checker.rebuild", `select ${db.schema}.place($1, $2)`, [
      Database.texts(missing.map(({ itemId }) => itemId)),
      Database.texts(missing.map(({ locationId }) => locationId))
    ])
    if (missing.length === straysMax) yield* placeStrays(db)
  })

/** The differences that a query finds. */
const found = (db: Database.Database, operation: string, query: string, params: ReadonlyArray<string>) =>
  Effect.flatMap(db.read(operation, query, params), (rows) => Effect.orDie(decodeDifferences(rows)))

/** Walks over all items that have positions, batch by batch, by the first and last id of each. */
const overItems = (
  db: Database.Database,
  look: (from: string, to: string) => Effect.Effect<ReadonlyArray<Difference>, StoreError>
): Stream.Stream<Difference, StoreError> =>
  Stream.paginate("", (after) =>
    Effect.gen(function* () {
      const [batch] = yield* db.read(
        "checker.items",
        `select min(item_id) as first, max(item_id) as last from (
          select distinct item_id from ${db.schema}.positions where item_id > $1 order by item_id
          limit $2::text::int) i`,
        [after, String(itemsPerBatch)]
      )
      const first = batch?.["first"]
      const last = batch?.["last"]
      if (typeof first !== "string" || typeof last !== "string") return [[], Option.none<string>()] as const
      return [yield* look(first, last), Option.some(last)] as const
    })
  )

const derived = (s: string): string => `
  with ledger as (
    select item_id, location_id, sum(quantity) as on_hand from ${s}.movements
    where item_id >= $1 and item_id <= $2 group by item_id, location_id
  ), spoken as (
    select item_id, location_id, ${sumsByKind("quantity")}
    from ${s}.demand cross join unnest(item_ids, location_ids, quantities) u (item_id, location_id, quantity)
    where item_id >= $1 and item_id <= $2 group by item_id, location_id
  ), sums as (
    select p.item_id, p.location_id, coalesce(l.on_hand, 0) as on_hand, ${demandTerms
      .map(({ column }) => `coalesce(d.${column}, 0) as ${column}`)
      .join(", ")}
    from ${s}.positions p
    left join ledger l on l.item_id = p.item_id and l.location_id = p.location_id
    left join spoken d on d.item_id = p.item_id and d.location_id = p.location_id
    where p.item_id >= $1 and p.item_id <= $2
  )`

const columns = [["onHand", "on_hand"], ...demandTerms.map(({ column, term }) => [term, column] as const)] as const

const differences = (s: string): string => `${derived(s)}
  select p.item_id as "itemId", p.location_id as "locationId", t.term, t.counted::text, t.derived::text
  from ${s}.positions p join sums x on x.item_id = p.item_id and x.location_id = p.location_id
  cross join lateral (values ${columns
    .map(([term, column]) => `('${term}', p.${column}, x.${column})`)
    .join(", ")}) t (term, counted, derived)
  where t.counted <> t.derived order by p.item_id, p.location_id`

/** Demand for a place that has no position. */
const strays = (s: string): string => `
  select u.i as "itemId", u.l as "locationId", case d.kind ${demandTerms
    .map(({ kind, term }) => `when '${kind}' then '${term}'`)
    .join(" ")} end as term, '0' as counted, sum(u.q)::text as derived
  from ${s}.demand d cross join unnest(d.item_ids, d.location_ids, d.quantities) u (i, l, q)
  where not exists (select 1 from ${s}.positions p where p.item_id = u.i and p.location_id = u.l)
  group by 1, 2, 3 order by 1, 2, 3 limit $1::text::int`

const repair = (s: string): string => `${derived(s)}
  update ${s}.positions p set ${columns.map(([, column]) => `${column} = x.${column}`).join(", ")}
  from sums x where x.item_id = p.item_id and x.location_id = p.location_id
    and (${columns.map(([, column]) => `p.${column}`).join(", ")})
      is distinct from (${columns.map(([, column]) => `x.${column}`).join(", ")})`

const decodeDifferences = Schema.decodeUnknownEffect(Schema.Array(Difference))
