/**
 * How the repositories talk to the database: statements with their bounds, and failures in the port's own words.
 *
 * - A write is one call of one function, and so one transaction. Inside a caller's transaction it has a savepoint of its
 *   own: a refusal undoes the write and leaves the transaction usable.
 * - Deadlocks, serialization failures and answers given elsewhere meanwhile are retried within a bound, at once: the lock
 *   that the loser then waits for is the pause. Inside a caller's transaction it is the transaction that is retried.
 * - A lost connection is retried only where nothing can have been written. Otherwise the caller learns that it is unknown.
 * - What is no expected failure (a statement that is wrong, a schema that was not migrated) is a defect.
 */
import {
  Actor,
  Changed,
  Contended,
  Invalid,
  StoreError,
  StoreErrorReason,
  Unknown,
  Unreachable
} from "@stockport/core/ports/Store"
import {
  Cause,
  Clock,
  Context,
  Effect,
  type Fiber,
  identity,
  Option,
  Predicate,
  Result,
  Schema,
  SchemaIssue
} from "effect"
import * as PgTypes from "@effect/sql-pg/PgTypes"
import { SqlClient, SqlError } from "effect/sql"
import { Lease } from "@stockport/core/ports/Lease"
import { quote } from "./Migrations.ts"
import { givenUp, type Limits, limitsDefault, patienceOf } from "./Patience.ts"
import * as Transactions from "./Transactions.ts"
import { checkLease, Checked, type Holding, Holdings } from "./Transactions.ts"

/** How often a call or a transaction that met others is tried before it fails with `Contended`. */
export const attemptsMax = 12

/** How often a call that found its connection broken is tried before it fails with `Unreachable`. */
export const connectionAttemptsMax = 3

/** How many rows one call may carry. */
export const rowsMax = 200_000

/** A row as the driver hands it over. */
export type Row = Readonly<Record<string, unknown>>

/** When, by whom and why: the last three parameters of every function that writes. */
export type Moment = readonly [now: string, actor: string, reason: string]

/** The database of one store. */
export interface Database {
  /** The quoted schema. */
  readonly schema: string
  /** Runs a query; a lost connection is tried again. */
  readonly read: (
    operation: string,
    text: string,
    params: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<Row>, StoreError>
  /** Calls a function that writes. */
  readonly write: (
    operation: string,
    text: string,
    params: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<Row>, StoreError>
  /** Runs a statement that inserts under a key: it does nothing and answers no row when somebody has the key already. */
  readonly insert: (
    operation: string,
    text: string,
    params: ReadonlyArray<unknown>
  ) => Effect.Effect<ReadonlyArray<Row>, StoreError>
  /** Runs an effect wholly or not at all. */
  readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StoreError, R>
  readonly insideTransaction: Effect.Effect<boolean>
  /** Tells the leases of this database from those of others. */
  readonly owner: object
  readonly sql: SqlClient.SqlClient
}

/** Talks to one schema over one client. */
export const make = (
  schema: string,
  limits: Limits = limitsDefault
): Effect.Effect<Database, never, SqlClient.SqlClient> =>
  Effect.map(SqlClient.SqlClient, (client) => {
    const sql = client.withoutTransforms()
    const isInside = (fiber: Fiber.Fiber<unknown, unknown>) =>
      Option.isSome(Context.getOption(fiber.context, sql.transactionService))
    const insideTransaction = Effect.withFiber((fiber) => Effect.succeed(isInside(fiber)))
    const owner = {}
    const open = Transactions.open(sql, quote(schema), limits)
    const answered = answeredWithin(limits)
    // Without a lease of its own, a write is anybody's: so a holder that has lost it can still leave word.
    const holdingsOf = (fiber: Fiber.Fiber<unknown, unknown>): ReadonlyArray<Holding> => {
      const holdings = fiber.getRef(Holdings)
      if (holdings.length === 0 || fiber.getRef(Lease) === null) return holdingNothing
      return holdings.filter((holding) => holding.owner === owner)
    }
    const write = (
      operation: string,
      text: string,
      params: ReadonlyArray<unknown>,
      refine: (query: Query) => Query = identity
    ): Effect.Effect<ReadonlyArray<Row>, StoreError> => {
      const query = sql.unsafe<Row>(text, params)
      return Effect.withFiber((fiber) => {
        const holdings = holdingsOf(fiber)
        if (isInside(fiber)) {
          return failing(operation)(refine(sql.withTransaction(Effect.andThen(rechecked(holdings), query))))
        }
        return holdings.length === 0
          ? answered(operation, params, retrying(operation, refine(query), isRetryableWrite))
          : retrying(operation, refine(open(query, holdings)), isRetryableWrite)
      })
    }
    // The transaction around may have begun before the lease was taken.
    const rechecked = (holdings: ReadonlyArray<Holding>) =>
      holdings.length === 0
        ? Effect.void
        : Effect.flatMap(Checked, (checked) =>
            Effect.forEach(
              holdings.filter(({ token }) => !checked.has(token)),
              ({ connectionId, token }) => sql.unsafe(`select ${checkLease(quote(schema))}`, [connectionId, token]),
              { discard: true }
            )
          )
    return {
      schema: quote(schema),
      sql,
      owner,
      insideTransaction,
      read: (operation, text, params) => {
        const query = sql.unsafe<Row>(text, params)
        return Effect.withFiber((fiber) =>
          isInside(fiber)
            ? failing(operation)(query)
            : answered(operation, params, retrying(operation, query, isRetryableRead))
        )
      },
      write: (operation, text, params) => write(operation, text, params),
      insert: (operation, text, params) => write(operation, text, params, unlessTaken),
      transaction: (effect) =>
        Effect.withFiber((fiber) =>
          isInside(fiber)
            ? failing("transaction")(sql.withTransaction(effect))
            : transaction((body) => open(body, holdingsOf(fiber)), effect)
        )
    }
  })

const holdingNothing: ReadonlyArray<Holding> = []

/** When, by whom and why, from the Clock and the `Actor` of the caller. */
export const moment: Effect.Effect<Moment> = Effect.withFiber((fiber) => {
  const { name, reason } = fiber.getRef(Actor)
  return Effect.succeed<Moment>([isoOf(fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()), name, reason])
})

/** A point in time as text that PostgreSQL reads. */
export const isoOf = (millis: number): string => new Date(millis).toISOString()

/** An array parameter of texts, nulls allowed. */
export const texts = (values: ReadonlyArray<string | null>): PgTypes.Parameter =>
  Result.getOrThrow(PgTypes.array(values, PgTypes.OID.text))

/** An array parameter of small whole numbers. */
export const ints = (values: ReadonlyArray<number>): PgTypes.Parameter =>
  Result.getOrThrow(PgTypes.array(values, PgTypes.OID.int4))

/** A JSON parameter, for a place that says it is `jsonb`. */
export const json = (value: unknown): string => JSON.stringify(value)

/** Encodes what is to be stored; what breaks its schema is refused, naming the field. */
export const encoding = <S extends Schema.Codec<unknown, unknown>>(schema: S) => {
  const encode = Schema.encodeResult(schema)
  return (operation: string, value: S["Type"]): Effect.Effect<S["Encoded"], StoreError> => {
    const encoded = encode(value)
    if (Result.isSuccess(encoded)) return Effect.succeed(encoded.success)
    const [issue] = describeIssue(encoded.failure.issue).issues
    const field = issue?.path?.map((key) => String(typeof key === "object" ? key.key : key)).join(".") ?? ""
    return refuse(operation, new Invalid({ field, value: "refused", expected: issue?.message ?? "a valid value" }))
  }
}

const describeIssue = SchemaIssue.makeFormatterStandardSchemaV1()

/** One row for each key, the last one given; in order of first appearance. */
export const lastOf = <A>(rows: ReadonlyArray<A>, keyOf: (row: A) => string): ReadonlyArray<A> => [
  ...new Map(rows.map((row) => [keyOf(row), row])).values()
]

/** Refuses a call that carries too many rows. */
export const bounded = (operation: string, rows: number): Effect.Effect<void, StoreError> =>
  rows <= rowsMax
    ? Effect.void
    : Effect.fail(
        new StoreError({
          operation,
          reason: new Invalid({ field: "rows", value: String(rows), expected: `at most ${rowsMax} in one call` })
        })
      )

/** A refusal by this package, before the database is asked. */
export const refuse = (operation: string, reason: StoreErrorReason) =>
  Effect.fail(new StoreError({ operation, reason }))

/** Gives a call up that is not answered in time. */
const answeredWithin =
  (limits: Limits) =>
  <A>(operation: string, params: ReadonlyArray<unknown>, call: Effect.Effect<A, StoreError>) => {
    const millis = patienceOf(params, limits)
    return givenUp(call, millis, () =>
      refuse(operation, new Unreachable({ detail: new Transactions.Silence(millis).message }))
    )
  }

const transaction = <A, E, R>(
  open: <B>(body: Effect.Effect<B, E, R>) => Effect.Effect<B, E | SqlError.SqlError, R>,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | StoreError, R> => {
  const attempt = (n: number): Effect.Effect<A, E | StoreError, R> => {
    let finished = false
    let told: E | undefined
    const once = open(
      effect.pipe(
        Effect.tap(() => {
          finished = true
          return Effect.void
        }),
        Effect.tapError((error) => {
          if (error instanceof StoreError) told = error
          return Effect.void
        })
      )
    )
    return failing("transaction")(once).pipe(
      Effect.catch((failure): Effect.Effect<A, E | StoreError, R> => {
        // Where a connection broke, the rollback fails as well; what failed before it says more.
        const error = told ?? failure
        // After the last statement only COMMIT is left: when the connection breaks there, nobody knows the outcome.
        const again =
          error instanceof StoreError &&
          ((error.reason._tag === "Contended" && isPassing(error.reason) && n < attemptsMax) ||
            (error.reason._tag === "Unreachable" &&
              !finished &&
              !Transactions.isSilence(error.reason.detail) &&
              n < connectionAttemptsMax))
        return again ? attempt(n + 1) : Effect.fail(error)
      })
    )
  }
  return attempt(1)
}

type Query = Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>

const unlessTaken = (query: Query): Query =>
  Effect.catch(query, (error) => (error.reason._tag === "UniqueViolation" ? Effect.succeed([]) : Effect.fail(error)))

const retrying = (
  operation: string,
  query: Query,
  isRetryable: (error: StoreError, attempt: number) => boolean
): Effect.Effect<ReadonlyArray<Row>, StoreError> => {
  const attempt = (n: number): Effect.Effect<ReadonlyArray<Row>, StoreError> =>
    Effect.catch(failing(operation)(query), (error) => (isRetryable(error, n) ? attempt(n + 1) : Effect.fail(error)))
  return attempt(1)
}

const isRetryableRead = (error: StoreError, attempt: number): boolean =>
  (error.reason._tag === "Contended" && isPassing(error.reason) && attempt < attemptsMax) ||
  (error.reason._tag === "Unreachable" &&
    !Transactions.isSilence(error.reason.detail) &&
    attempt < connectionAttemptsMax)

const isRetryableWrite = (error: StoreError, attempt: number): boolean =>
  error.reason._tag === "Contended" && isPassing(error.reason) && attempt < attemptsMax

const heldTooLong = "other writers held the rows for too long"
const tookTooLong = "the statement took longer than the database allows"

/** Whether who was in the way is gone by now. Who has waited in vain for as long as he may does not wait again. */
const isPassing = ({ detail }: Contended): boolean => detail !== heldTooLong && detail !== tookTooLong

/** Turns the driver's failures, and those of its clean-up, into the port's. */
const failing =
  (operation: string) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, SqlError.SqlError> | StoreError, R> =>
    Effect.catchCause(effect, (cause): Effect.Effect<A, Exclude<E, SqlError.SqlError> | StoreError, R> => {
      for (const reason of cause.reasons) {
        const error = Cause.isFailReason(reason) ? reason.error : Cause.isDieReason(reason) ? reason.defect : undefined
        // A rollback that finds the connection gone dies with the driver's error; that it is gone is all there is to say.
        if (SqlError.isSqlError(error)) return failureOf(operation, error)
      }
      return Effect.failCause(cause as Cause.Cause<Exclude<E, SqlError.SqlError>>)
    })

const failureOf = (operation: string, error: SqlError.SqlError): Effect.Effect<never, StoreError> => {
  const fields = fieldsOf(error.reason.cause)
  const reason = reasonOf(error, fields)
  return reason === undefined ? Effect.die(error) : Effect.fail(new StoreError({ operation, reason }))
}

interface ServerFields {
  readonly code: string
  readonly detail: string
  readonly constraint: string
}

const fieldsOf = (cause: unknown): ServerFields => {
  const field = (name: string) =>
    Predicate.hasProperty(cause, name) && typeof cause[name] === "string" ? cause[name] : ""
  return { code: field("code"), detail: field("detail"), constraint: field("constraint") }
}

const decodeRefusal = Schema.decodeUnknownResult(Schema.fromJsonString(StoreErrorReason))

const reasonOf = (
  error: SqlError.SqlError,
  { code, constraint, detail }: ServerFields
): StoreErrorReason | undefined => {
  if (code === "SP001") return Result.getOrUndefined(decodeRefusal(detail))
  if (code === "SP002") return new Contended({ detail: "the same request was answered elsewhere at the same time" })
  if (constraint !== "" && code.startsWith("23")) return violationOf(constraint, code)
  if (code === "22003") return new Invalid({ field: "quantity", value: "out of range", expected: quantityRange })
  if (code === "22021" || code === "22P05") {
    return new Invalid({ field: "text", value: "a text with a zero character", expected: "text without it" })
  }
  const silence = error.reason.cause instanceof Transactions.Silence ? error.reason.cause.message : undefined
  switch (error.reason._tag) {
    case "DeadlockError":
      return new Contended({ detail: "a deadlock with other writers" })
    case "SerializationError":
      return new Contended({ detail: "other writers changed the same rows" })
    case "LockTimeoutError":
      return new Contended({ detail: heldTooLong })
    case "StatementTimeoutError":
      return new Contended({ detail: tookTooLong })
    case "ConnectionError":
      return new Unreachable({ detail: silence ?? "the connection to the database failed" })
    case "AuthenticationError":
      return new Unreachable({ detail: "the database refused the credentials" })
    default:
      return outages.some((prefix) => code.startsWith(prefix))
        ? new Unreachable({ detail: "the database is shutting down, starting, full, or has cut the connection" })
        : undefined
  }
}

/** Insufficient resources, operator intervention, idle session ended, transaction outcome unknown, read-only. */
const outages = ["53", "57P", "25P03", "25P04", "40003", "25006"]

const quantityRange = "between -90071992547.40991 and 90071992547.40991"

/** What a broken constraint means. The functions check first; a constraint speaks when somebody else was faster. */
const violationOf = (constraint: string, code: string): StoreErrorReason | undefined => {
  if (raced.has(constraint)) return new Contended({ detail: "other writers were there at the same time" })
  if (code === "23503") return new Unknown({ kind: constraint.replace(/^.*_/, ""), id: "removed meanwhile" })
  if (constraint === "on_hand_range" || constraint === "counter_range") {
    const field = constraint === "on_hand_range" ? "onHand" : "quantity"
    return new Invalid({ field, value: "out of range", expected: quantityRange })
  }
  const [, table = "", column = constraint] =
    /^(items|item_components|demand|movements|links|sales)_(.+)$/.exec(constraint) ?? []
  if (constraint === "sales_order") return new Changed({ kind: "sale", id: "of the same order" })
  return new Invalid({
    field: camelCase(column),
    value: "refused",
    expected: `a value that ${camelCase(table)} may have`
  })
}

/** Constraints that only a concurrent writer can break after the functions' own checks: worth another try. */
const raced = new Set([
  "sales_pkey",
  "sales_number",
  "sale_lines_pkey",
  "sale_history_pkey",
  "demand_pkey",
  "issues_open",
  "locations_default",
  "item_components_pkey",
  "positions_item",
  "items_pkey"
])

const camelCase = (text: string): string => text.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
