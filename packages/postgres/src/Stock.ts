/**
 * Locations, the ledger, demand and reservations in PostgreSQL.
 *
 * Reservations of this process that come while another is being answered are answered together, in one call: one hot item
 * costs one transaction for all who want it at the moment, instead of one each.
 */
import type { Demand, DemandLine, DemandSource } from "@stockport/core/domain/Demand"
import type { ItemId } from "@stockport/core/domain/ItemId"
import { Location } from "@stockport/core/domain/Location"
import type { Position } from "@stockport/core/domain/Position"
import { format, type Quantity, scale } from "@stockport/core/domain/Quantity"
import {
  Invalid,
  Shortage,
  type ReservationAnswer,
  type ReservationRequest,
  StoreError,
  StoreErrorReason,
  type Store
} from "@stockport/core/ports/Store"
import { DateTime, Effect, Schema } from "effect"
import {
  bounded,
  type Database,
  encoding,
  ints,
  json,
  lastOf,
  type Moment,
  moment,
  refuse,
  type Row,
  rowsMax,
  texts
} from "./Database.ts"
import * as Grouping from "./Grouping.ts"
import { limitOf } from "./Keyset.ts"
import { reservable, touchesPerFold } from "./migrations/StockFunctions.ts"

/** From how many rows on a call is planned for its very size; below, planning would cost more than it saves. */
const plannedFromRows = 1_000

/** How many reservations are answered in one call at the most. */
const reservationsMax = 256

/** The repository of stock over a database. */
export const make = (db: Database): Effect.Effect<StockRepository> =>
  Effect.map(makeReserve(db), (reserve) => ({
    locations: locations(db),
    saveLocations: saveLocations(db),
    record: record(db),
    count: count(db),
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
    yield* db.write(
      operation,
      `select ${db.schema}.${bySize(rows, "book_movements", "book_many_movements")}(
        $1, $2, $3, $4, $5, $6::text[]::numeric[], $7::timestamptz, $8, $9)`,
      [
        texts(unique.map(({ key }) => key)),
        ints(lines.map(({ n }) => n)),
        texts(lines.map(({ kind }) => kind)),
        ...placesOf(lines),
        ...(yield* moment)
      ]
    )
  })

const count = (db: Database): StockRepository["count"] =>
  Effect.fn("Stock.count")(function* (key, counts) {
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
        $1, $2, $3, $4::text[]::numeric[], $5::timestamptz, $6, $7)`,
      [key, ...placesOf(last.map((counted) => ({ ...counted, quantity: counted.counted }))), ...(yield* moment)]
    )
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
    ${demandTerms
      .map(([column, kind]) => `${whole(`coalesce(p.${column} - e.${column}, p.${column})`)} /* ${kind} */`)
      .join(",\n    ")},
    p.moved, null, null, null
  from ${s}.positions p
  left join (
    select i, l, ${demandTerms
      .map(([column, kind]) => `sum(q) filter (where kind = '${kind}') as ${column}`)
      .join(", ")}
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

const demandTerms = [
  ["sales_orders", "salesOrder"],
  ["sales_receipts", "salesReceipt"],
  ["pick_tickets", "pickTicket"],
  ["reservations", "reservation"],
  ["soft_holds", "softHold"],
  ["stock_holds", "stockHold"],
  ["incoming", "incoming"]
] as const

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

const placesOf = (
  lines: ReadonlyArray<{ readonly itemId: string; readonly locationId: string; readonly quantity: Quantity }>
) => [
  texts(lines.map(({ itemId }) => itemId)),
  texts(lines.map(({ locationId }) => locationId)),
  texts(lines.map(({ quantity }) => format(quantity)))
]

const expiryOf = ({ expiresAt }: Pick<Demand, "expiresAt">): string | null =>
  expiresAt === null ? null : DateTime.formatIso(expiresAt)

/** What is wrong with a demand before anything is looked up. */
const faultOfDemand = ({ expectedAt, kind, lines }: Demand): Invalid | undefined =>
  expectedAt === undefined || kind === "incoming"
    ? nothingAsked(lines)
    : new Invalid({
        field: "expectedAt",
        value: DateTime.formatIso(expectedAt),
        expected: `no date on demand of kind ${kind}`
      })

const nothingAsked = (lines: ReadonlyArray<DemandLine>): Invalid | undefined => {
  const nothing = lines.find(({ quantity }) => quantity <= 0)
  if (nothing === undefined) return undefined
  return new Invalid({ field: "quantity", value: format(nothing.quantity), expected: "more than zero" })
}

interface Asked {
  readonly request: ReservationRequest
  readonly moment: Moment
}

/** The lines of several documents as four columns of array literals, one of each for a document. */
const demandColumns = (documents: ReadonlyArray<ReadonlyArray<DemandLine>>) => [
  texts(documents.map((lines) => arrayOf(lines, ({ lineId }) => quoted(lineId)))),
  texts(documents.map((lines) => arrayOf(lines, ({ itemId }) => quoted(itemId)))),
  texts(documents.map((lines) => arrayOf(lines, ({ locationId }) => quoted(locationId)))),
  texts(documents.map((lines) => arrayOf(lines, ({ quantity }) => format(quantity))))
]

/** An array as PostgreSQL reads it. */
const arrayOf = <A>(values: ReadonlyArray<A>, elementOf: (value: A) => string): string => {
  let literal = "{"
  for (const value of values) literal += literal.length === 1 ? elementOf(value) : `,${elementOf(value)}`
  return `${literal}}`
}

const quoted = (text: string): string =>
  text.includes('"') || text.includes("\\") ? `"${text.replace(/["\\]/g, "\\$&")}"` : `"${text}"`

/** Reserving: at once inside a transaction, otherwise together with whoever else asks meanwhile. */
const makeReserve = (db: Database): Effect.Effect<Store["Service"]["stock"]["reserve"]> => {
  const answer = answering(db)
  return Effect.map(
    Grouping.make({
      groupMax: reservationsMax,
      keyOf: ({ request }: Asked) => request.key,
      run: answer,
      blames: (error) => !error.retryable
    }),
    // Untraced: a group has one span, its statement's. A span for each caller would cost more than the reservation.
    (grouped) => (request: ReservationRequest) => {
      const fault = faultOf(request)
      if (fault !== undefined) return refuse("stock.reserve", fault)
      return Effect.flatMap(Effect.zip(moment, db.insideTransaction), ([at, inside]) =>
        inside
          ? Effect.flatMap(answer([{ request, moment: at }]), ([answer]) =>
              answer === undefined ? Effect.die(new Error("a reservation without an answer")) : answer
            )
          : Effect.flatten(grouped({ request, moment: at }))
      )
    }
  )
}

type Answer = Effect.Effect<ReservationAnswer, StoreError>

/** Answers a group: those who ask for one line, as most do, at a glance if that is enough; the others with care. */
const answering = (db: Database) => {
  const text = reserveLine(db.schema)
  const glance = (single: ReadonlyArray<Asked>): Effect.Effect<ReadonlySet<Asked>, StoreError> => {
    const [first] = single
    if (first === undefined) return Effect.succeed(nobody)
    return single.length === 1 ? answerOne(db, text, first) : answerLines(db, single)
  }
  return (group: ReadonlyArray<Asked>): Effect.Effect<ReadonlyArray<Answer>, StoreError> =>
    Effect.flatMap(glance(group.filter(isSingle)), (granted) => {
      if (granted.size === group.length) return Effect.succeed(group.map(grant))
      const left = group.filter((asked) => !granted.has(asked))
      // Who has been granted something is told so, whatever becomes of the others.
      const others =
        granted.size === 0
          ? answerAll(db, left)
          : Effect.catch(answerAll(db, left), (error) => Effect.succeed(left.map((asked) => again(db, asked, error))))
      return Effect.map(others, (answers) => {
        const answerOf = new Map(left.map((asked, n) => [asked, answers[n]]))
        return group.map((asked) => answerOf.get(asked) ?? grant(asked))
      })
    })
}

/** The answer to one of a group that failed: the failure, unless it may be another's. */
const again = (db: Database, asked: Asked, error: StoreError): Answer =>
  error.retryable
    ? Effect.fail(error)
    : Effect.flatMap(answerAll(db, [asked]), ([answer]) => answer ?? Effect.fail(error))

const grant = ({ request }: Asked): Answer => Effect.succeed(grantOf(request))

const isSingle = ({ request }: Asked): boolean => request.lines.length === 1

const nobody: ReadonlySet<Asked> = new Set()

const answerOne = (db: Database, text: string, asked: Asked): Effect.Effect<ReadonlySet<Asked>, StoreError> => {
  const { moment, request } = asked
  const { itemId, lineId, locationId, quantity } = request.lines[0]!
  const params = [sourceOf(request), lineId, itemId, locationId, format(quantity), expiryOf(request), ...moment]
  return Effect.flatMap(db.insert("stock.reserve", text, params), ([row]) => {
    if (row === undefined) return Effect.succeed(nobody)
    const granted = new Set([asked])
    return row["due"] === true ? Effect.as(foldTouched(db), granted) : Effect.succeed(granted)
  })
}

const answerLines = (db: Database, group: ReadonlyArray<Asked>): Effect.Effect<ReadonlySet<Asked>, StoreError> =>
  Effect.map(
    db.insert(
      "stock.reserve",
      `select ${db.schema}.reserve_lines($1, $2::text[]::timestamptz[], $3, $4, $5, $6, $7, $8::text[]::numeric[],
        $9::timestamptz) as granted`,
      [
        texts(group.map(({ request }) => sourceOf(request))),
        ...whoAndWhen(group),
        texts(group.map(({ request }) => request.lines[0]!.lineId)),
        ...placesOf(group.map(({ request }) => request.lines[0]!)),
        latestOf(group)
      ]
    ),
    ([row]) => {
      const granted = row?.["granted"]
      return Array.isArray(granted) ? new Set(granted.map((n) => group[Number(n) - 1]!)) : nobody
    }
  )

const whoAndWhen = (group: ReadonlyArray<Asked>) => [
  texts(group.map(({ request }) => expiryOf(request))),
  texts(group.map(({ moment: [, actor] }) => actor)),
  texts(group.map(({ moment: [, , reason] }) => reason))
]

const latestOf = (group: ReadonlyArray<Asked>): string =>
  group.reduce((latest, { moment: [at] }) => (at > latest ? at : latest), "")

/**
 * One line in one statement that guards, books and records. It does nothing when there is too little (before a look at what
 * has expired), when the item or the location is unknown, and when the key was answered before: see `reserve` then.
 */
const reserveLine = (s: string): string =>
  `with booked as (
    update ${s}.positions p set reservations = p.reservations + $5::text::numeric
    where p.item_id = $3 and p.location_id = $4 and p.stocked and ${reservable} >= $5::text::numeric
      and not exists (select 1 from ${s}.demand where source = $1)
    returning $7::text::timestamptz as at
  ), kept as (
    insert into ${s}.demand (source, kind, line_ids, item_ids, location_ids, quantities, expires_at, requested_at,
      updated_at)
    select $1, 'reservation', array[$2], array[$3], array[$4], array[$5::text::numeric], $6::text::timestamptz, at, at
    from booked
  ), logged as (
    insert into ${s}.events (kind, subject, actor, reason, at) select 'reserved', $1, $8, $9, at from booked
  )
  insert into ${s}.touched (item_ids) select array[$3] from booked returning sequence % ${touchesPerFold} = 0 as due`
    // The server copies the text of a statement each time.
    .replaceAll(/\s+/g, " ")

/** Folds what has been touched into marks; the next one does it when this one cannot. */
const foldTouched = (db: Database): Effect.Effect<void> =>
  Effect.ignore(db.write("stock.reserve", `select ${db.schema}.fold_touched(false)`, []))

const grantOf = ({ key }: Pick<ReservationRequest, "key">): ReservationAnswer => ({
  _tag: "Reserved",
  source: sourceOf({ key })
})

const sourceOf = ({ key }: Pick<ReservationRequest, "key">): DemandSource => `reservation:${key}` as DemandSource

/** What is wrong with a request before anything is looked up. */
const faultOf = ({ lines }: ReservationRequest): Invalid | undefined => {
  if (lines.length === 0) return new Invalid({ field: "lines", value: "none", expected: "at least one line" })
  if (lines.length > rowsMax) {
    return new Invalid({ field: "rows", value: String(lines.length), expected: `at most ${rowsMax} in one call` })
  }
  return nothingAsked(lines)
}

const answerAll = (db: Database, group: ReadonlyArray<Asked>): Effect.Effect<ReadonlyArray<Answer>, StoreError> =>
  Effect.map(
    db.write(
      "stock.reserve",
      `select ${db.schema}.reserve($1, $2::text[]::timestamptz[], $3, $4, $5, $6, $7, $8, $9::timestamptz, $10) as answers`,
      [
        texts(group.map(({ request }) => request.key)),
        ...whoAndWhen(group),
        ...demandColumns(group.map(({ request }) => request.lines)),
        latestOf(group),
        // Requests of one line have had their glance.
        !group.some(isSingle)
      ]
    ),
    (rows) => {
      const answers = rows[0]?.["answers"]
      return group.map(({ request }, n) =>
        Array.isArray(answers) ? answerOf(answers[n]) : Effect.succeed(grantOf(request))
      )
    }
  )

const answerOf = (row: unknown): Effect.Effect<ReservationAnswer, StoreError> =>
  Effect.flatMap(Effect.orDie(decodeAnswer(row)), (answer) =>
    answer._tag === "Reserved" || answer._tag === "Refused"
      ? Effect.succeed(answer as ReservationAnswer)
      : Effect.fail(new StoreError({ operation: "stock.reserve", reason: answer }))
  )

const decodeAnswer = Schema.decodeUnknownEffect(
  Schema.Union([
    Schema.Struct({ _tag: Schema.tag("Reserved"), source: Schema.String }),
    Schema.Struct({ _tag: Schema.tag("Refused"), shortages: Schema.Array(Shortage) }),
    StoreErrorReason
  ])
)
