/**
 * Reservations in PostgreSQL.
 *
 * Those of this process that come while another is being answered are answered together, in one call: one hot item costs
 * one transaction for all who want it at the moment, instead of one each. Most ask for one line, and there is enough: that
 * takes one statement, at a glance. Everything else (a key that was answered before, too little, what has expired, a
 * mistake) is looked at with care, under locks.
 */
import type { DemandSource } from "@stockport/core/domain/Demand"
import { format } from "@stockport/core/domain/Quantity"
import {
  Invalid,
  type ReservationAnswer,
  type ReservationRequest,
  Shortage,
  type Store,
  StoreError,
  StoreErrorReason
} from "@stockport/core/ports/Store"
import { Effect, Schema } from "effect"
import { type Database, type Moment, moment, refuse, rowsMax, texts } from "./Database.ts"
import { demandColumns, expiryOf, nothingAsked, placesOf } from "./DemandLines.ts"
import * as Grouping from "./Grouping.ts"
import { reservable } from "./migrations/ReservationFunctions.ts"
import { touchesPerFold } from "./migrations/StockFunctions.ts"

/** How many reservations are answered in one call at the most. */
const reservationsMax = 256

interface Asked {
  readonly request: ReservationRequest
  readonly moment: Moment
}

/** Reserving: at once inside a transaction, otherwise together with whoever else asks meanwhile. */
export const make = (db: Database): Effect.Effect<Store["Service"]["stock"]["reserve"]> => {
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
    Effect.flatMap(glance(group.every(isSingle) ? group : group.filter(isSingle)), (granted) => {
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

const grant = ({ request }: Asked): Answer => Effect.succeed({ _tag: "Reserved", source: sourceOf(request) })

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

const sourceOf = ({ key }: ReservationRequest): DemandSource => `reservation:${key}` as DemandSource

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
      return group.map((asked, n) => (Array.isArray(answers) ? answerOf(answers[n]) : grant(asked)))
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
