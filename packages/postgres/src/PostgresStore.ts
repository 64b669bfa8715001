/**
 * The `Store` over PostgreSQL.
 *
 * Invariants, kept by the database and not by the processes that use it: constraints say what may never be, every write is
 * one transaction that takes its locks in one order, and the guard of a reservation stands in the statement that books it.
 * Any number of processes may share one schema.
 *
 * @example
 * ```ts
 * import { Store } from "@stockport/core/ports/Store"
 * import { PostgresStore } from "@stockport/postgres"
 * import { Effect } from "effect"
 *
 * // DATABASE_URL comes from the environment.
 * const connections = Store.use(({ connections }) => connections.all).pipe(Effect.provide(PostgresStore.layerConfig))
 * ```
 */
import { PgClient } from "@effect/sql-pg"
import { admitting } from "@stockport/core/ports/Admission"
import { Store } from "@stockport/core/ports/Store"
import { Config, Effect, Layer, type Redacted, type Scope } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as Connections from "./Connections.ts"
import * as Database from "./Database.ts"
import * as Events from "./Events.ts"
import * as Issues from "./Issues.ts"
import * as Items from "./Items.ts"
import * as Known from "./Known.ts"
import * as Leases from "./Leases.ts"
import * as Links from "./Links.ts"
import * as Migrations from "./Migrations.ts"
import { type Chosen, limitsOf, settingsOf } from "./Patience.ts"
import * as Pooler from "./Pooler.ts"
import * as Publications from "./Publications.ts"
import * as Sales from "./Sales.ts"
import * as Stock from "./Stock.ts"
import * as Tls from "./Tls.ts"

/** Options of every layer. */
export interface Options {
  /** The schema that the tables live in; `stockport` unless another is chosen. */
  readonly schema?: string | undefined
  /**
   * How long a call waits: for a row that somebody holds (`lock`, 10 seconds unless another is chosen), for one statement
   * (60), for the next word inside a transaction (30) and, whatever the server says, for the answer (20).
   */
  readonly limits?: Chosen | undefined
}

/** Why a layer could not be built: the database cannot be reached, or not be migrated. */
export type LayerError = SqlError.SqlError | Migrations.MigrationFailed

/**
 * What our own clients ask of a session: statements end after 60 seconds, waits for a lock after 10, and a transaction
 * that is left open after 30. Transactions ask for the same themselves; a client of your own should too.
 */
export const clientDefaults = {
  applicationName: "stockport",
  maxConnections: 10,
  connectTimeout: "10 seconds",
  startupParameters: settingsOf(limitsOf())
} as const

/** The store over the client in the context, in a schema that has been migrated. */
export const layer = (options: Options = {}): Layer.Layer<Store, never, SqlClient.SqlClient> =>
  Layer.effect(Store, make(options))

/** The store over the client in the context; migrates first. */
export const layerMigrated = (options: Options = {}): Layer.Layer<Store, LayerError, SqlClient.SqlClient> =>
  Layer.effect(Store, Effect.andThen(Migrations.migrate(options.schema), make(options)))

/** The store of a server by its URL, such as `postgres://user:password@host/database`; migrates first. */
export const layerUrl = (
  url: Redacted.Redacted,
  options: Options & Partial<PgClient.PgPoolConfig> = {}
): Layer.Layer<Store | PgClient.PgClient | SqlClient.SqlClient, LayerError> => {
  const { limits, schema, ...client } = options
  const startupParameters = settingsOf(limitsOf(limits))
  return Layer.provideMerge(layerMigrated({ limits, schema }), layerClient(url, { startupParameters, ...client }))
}

/**
 * A client for a server by its URL, with our bounds, and over TLS where the server is not local (see {@link Tls}). A pooler
 * in transaction mode is noticed, and nothing is asked of it that it does not have.
 */
export const layerClient = (
  url: Redacted.Redacted,
  options: Partial<PgClient.PgPoolConfig> = {}
): Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, SqlError.SqlError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const settings = { ...clientDefaults, ...Tls.asked(url), ...options, url }
      const isPooled = yield* Pooler.isPooled(settings)
      return PgClient.layer(isPooled ? { ...settings, ...Pooler.pooled } : settings)
    })
  )

/**
 * Whether a layer may be built later without anybody's help: the server is away, starts, or is overloaded. False where a
 * person has to change something: the password, the name of the database, the certificate, or whether there is TLS.
 */
export const isAway = (error: LayerError | Config.ConfigError): boolean =>
  error._tag === "SqlError" && error.isRetryable && !Tls.isAtFault(error) && codeOf(error) !== databaseUnknown

/** PostgreSQL's code for a database that the server does not have. */
const databaseUnknown = "3D000"

const codeOf = ({ reason: { cause } }: SqlError.SqlError): unknown =>
  typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined

/** The store of the server named by `DATABASE_URL`, in the schema `DATABASE_SCHEMA` (default `stockport`). */
export const layerConfig: Layer.Layer<
  Store | PgClient.PgClient | SqlClient.SqlClient,
  LayerError | Config.ConfigError
> = Layer.unwrap(
  Effect.gen(function* () {
    const url = yield* Config.Redacted("DATABASE_URL")
    const schema = yield* Config.String("DATABASE_SCHEMA").pipe(Config.withDefault(Migrations.schemaDefault))
    return layerUrl(url, { schema })
  })
)

/** What an embedder's own repositories of items and stock are given, to keep the laws they share with the rest. */
export interface Shared {
  /** Marks items dirty for every enabled connection; call it in the transaction that changes their availability. */
  readonly touch: (itemIds: ReadonlyArray<string>) => ReturnType<Store["Service"]["publications"]["mark"]>
  readonly events: Store["Service"]["events"]
  readonly transaction: Store["Service"]["transaction"]
}

/**
 * The store of an embedder who keeps items and stock in tables of his own: his two repositories, and ours for the rest.
 *
 * His repositories use the same client, so that a `transaction` spans both. Everything that touches an item's
 * availability has to `touch` it.
 */
export const layerOver = <E, R>(
  repositories: (shared: Shared) => Effect.Effect<Pick<Store["Service"], "items" | "stock">, E, R>,
  options: Options = {}
): Layer.Layer<Store, E | LayerError, SqlClient.SqlClient | Exclude<R, Scope.Scope>> =>
  Layer.effect(
    Store,
    Effect.gen(function* () {
      yield* Migrations.migrate(options.schema)
      const db = yield* Database.make(options.schema ?? Migrations.schemaDefault, limitsOf(options.limits))
      const events = Events.make(db)
      const touch: Shared["touch"] = (itemIds) =>
        Effect.asVoid(db.write("touch", `select ${db.schema}.touch($1)`, [Database.texts(itemIds)]))
      const { items, stock } = yield* repositories({ touch, events, transaction: db.transaction })
      return assemble(db, items, stock, Known.of(items, stock))
    })
  )

/** The store over the client in the context, in a schema that has been migrated. */
export const make = (options: Options = {}): Effect.Effect<Store["Service"], never, SqlClient.SqlClient> =>
  Effect.gen(function* () {
    const db = yield* Database.make(options.schema ?? Migrations.schemaDefault, limitsOf(options.limits))
    return assemble(db, Items.make(db), yield* Stock.make(db), Known.own)
  })

const assemble = (
  db: Database.Database,
  items: Store["Service"]["items"],
  stock: Store["Service"]["stock"],
  known: Known.Known
): Store["Service"] =>
  admitting({
    items,
    stock,
    connections: Connections.make(db, Leases.make(db), known),
    links: Links.make(db, known),
    sales: Sales.make(db),
    publications: Publications.make(db, known),
    issues: Issues.make(db),
    events: Events.make(db),
    transaction: db.transaction
  })
