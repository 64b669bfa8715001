/**
 * The database that the app works on: the one that `DATABASE_URL` names, or an embedded server that is thrown away.
 */
import { PostgresStore } from "@stockport/postgres"
import * as Embedded from "@stockport/postgres/embedded"
import { Effect, Layer, Option, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { randomUUID } from "node:crypto"
import * as Settings from "./Settings.ts"

/** Says which database the demo uses, without its password. */
export const description = Effect.map(
  Settings.databaseUrl,
  Option.match({
    onNone: () => "an embedded server, thrown away afterwards",
    onSome: () => "the server that DATABASE_URL names, in a schema that is dropped afterwards"
  })
)

/** What `DATABASE_URL` and `DATABASE_SCHEMA` name. */
export interface Named {
  readonly url: Redacted.Redacted
  readonly schema: string
}

/** The database of the settings, which have to be there. */
export const named = Effect.all({ url: Settings.requiredDatabaseUrl, schema: Settings.databaseSchema })

/** A store of the settings' database; migrates first. */
export const store = ({ url, schema }: Named) => PostgresStore.layerUrl(url, { schema })

/** A client for the database of a URL. */
export const client = (url: Redacted.Redacted) => PostgresStore.layerClient(url)

/** An empty, migrated store that leaves nothing behind: embedded, or a schema of its own at `DATABASE_URL`. */
export const layerThrowAway = Layer.unwrap(
  Effect.map(
    Settings.databaseUrl,
    Option.match({
      onNone: () => Embedded.layerStore(),
      onSome: (url) => layerSchema(`stockport_demo_${randomUUID().slice(0, 8)}`).pipe(Layer.provide(client(url)))
    })
  )
)

const layerSchema = (schema: string) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* Effect.addFinalizer(() => Effect.orDie(sql`DROP SCHEMA IF EXISTS ${sql(schema)} CASCADE`))
      return PostgresStore.layerMigrated({ schema })
    })
  )
