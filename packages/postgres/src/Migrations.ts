/**
 * The schema of the store, as numbered migrations that only go forward.
 *
 * Each runs once, in its own schema and with a table of its own (`migrations`), so that host applications keep theirs. Any
 * number of processes may migrate at the same time: one does it, the others wait for it. All pending migrations are one
 * transaction. A migration that has been released is never edited; the next one changes what it made.
 */
import { Effect, Schema } from "effect"
import { Migrator, SqlClient, SqlError } from "effect/sql"
import { countsAsOf } from "./migrations/CountsAsOf.ts"
import { leases } from "./migrations/Leases.ts"
import { linksThatEnd } from "./migrations/LinksThatEnd.ts"
import { reservationFunctions } from "./migrations/ReservationFunctions.ts"
import { stockFunctions } from "./migrations/StockFunctions.ts"
import { syncFunctions } from "./migrations/SyncFunctions.ts"
import { tables } from "./migrations/Tables.ts"

/** The schema that the store's tables live in unless another is chosen. */
export const schemaDefault = "stockport"

/** Whether a schema may have this name: letters, digits and _, 51 at the most, and no digit at the start. */
export const isSchemaName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]{0,50}$/.test(name)

/** The database could not be brought to this version of the store. Not worth a retry before somebody has looked. */
export class MigrationFailed extends Schema.TaggedError<MigrationFailed>()("MigrationFailed", {
  schema: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `The schema ${this.schema} could not be migrated: ${this.detail}`
  }
}

/** Brings a schema (created where it is missing) to the current version; answers what it did. */
export const migrate = (
  schema: string = schemaDefault
): Effect.Effect<ReadonlyArray<string>, MigrationFailed | SqlError.SqlError, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    if (!isSchemaName(schema)) {
      return yield* new MigrationFailed({ schema, detail: "its name may hold letters, digits and _, 51 at the most" })
    }
    const sql = (yield* SqlClient.SqlClient).withoutTransforms()
    const quoted = quote(schema)
    // Two sessions that create the same schema at once collide in the catalogue: one of them waits here instead. Whoever
    // may not create schemas can use one that is there.
    yield* sql.withTransaction(
      Effect.gen(function* () {
        yield* sql`select pg_advisory_xact_lock(hashtextextended(${`${schema}.migrations`}, 0))`
        const found = yield* sql`select 1 from pg_namespace where nspname = ${schema}`
        if (found.length === 0) yield* sql.unsafe(`create schema ${quoted}`).unprepared
      })
    )
    const done = yield* Migrator.make({})({ loader: loader(quoted), table: `${schema}.migrations` }).pipe(
      Effect.provideService(SqlClient.SqlClient, sql),
      Effect.catchTag("MigrationError", ({ cause, message }) =>
        Effect.fail(new MigrationFailed({ schema, detail: `${message}: ${sayingOf(cause)}` }))
      )
    )
    return done.map(([id, name]) => `${id} ${name}`)
  }).pipe(
    // A rollback that finds the connection gone dies with the driver's error.
    Effect.catchDefect((defect) => (SqlError.isSqlError(defect) ? Effect.fail(defect) : Effect.die(defect))),
    Effect.withSpan("Migrations.migrate", { attributes: { schema } })
  )

/** What the server itself said. */
const sayingOf = (cause: unknown): string => {
  const said = SqlError.isSqlError(cause) ? cause.reason.cause : cause
  return said instanceof Error ? said.message : String(said)
}

/** A schema's name as an identifier in statements. */
export const quote = (schema: string): string => `"${schema.replaceAll('"', '""')}"`

const migrations: ReadonlyArray<readonly [name: string, statements: (quoted: string) => ReadonlyArray<string>]> = [
  ["tables", tables],
  ["stock functions", (quoted) => [...stockFunctions(quoted), ...reservationFunctions(quoted)]],
  ["sync functions", syncFunctions],
  ["counts as of", countsAsOf],
  ["links that end", linksThatEnd],
  ["leases", leases]
]

const loader = (quoted: string): Migrator.Loader =>
  Effect.succeed(
    migrations.map(([name, statements], index): Migrator.ResolvedMigration => {
      const run = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        for (const statement of statements(quoted)) yield* sql.unsafe(statement).unprepared
      })
      return [index + 1, name, Effect.succeed(run)]
    })
  )
