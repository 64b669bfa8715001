/**
 * A database of its own for every suite, cloned from the migrated template and dropped afterwards.
 */
import { PgClient } from "@effect/sql-pg"
import { PostgresStore } from "@stockport/postgres"
import { Context, Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { randomBytes } from "node:crypto"
import { inject } from "vitest"

/** Where a suite's database is. */
export class TestDatabase extends Context.Service<TestDatabase, { readonly url: Redacted.Redacted }>()(
  "@stockport/postgres/test/support/TestDatabase"
) {
  /** A migrated database without any rows. */
  static readonly layer = Layer.effect(
    TestDatabase,
    Effect.gen(function* () {
      const name = `stockport_test_${randomBytes(8).toString("hex")}`
      yield* Effect.acquireRelease(
        admin(`create database ${name} template ${inject("postgresTemplate")} strategy file_copy`),
        () => Effect.orDie(admin(`drop database if exists ${name} with (force)`))
      )
      return TestDatabase.of({ url: Redacted.make(urlOf(name)) })
    })
  )
}

/** A client of the suite's database. */
export const TestClient = Layer.unwrap(
  TestDatabase.useSync(({ url }) => PgClient.layer({ ...PostgresStore.clientDefaults, url }))
)

/** A store on a database of its own, with its client. */
export const TestStore = PostgresStore.layer().pipe(
  Layer.provideMerge(TestClient),
  Layer.provideMerge(TestDatabase.layer)
)

const admin = (statement: string) =>
  Effect.provide(
    SqlClient.SqlClient.use((sql) => sql.unsafe(statement).unprepared),
    PgClient.layer({ url: Redacted.make(inject("postgresUrl")), maxConnections: 1 }),
    { local: true }
  )

const urlOf = (database: string): string => {
  const url = new URL(inject("postgresUrl"))
  url.pathname = `/${database}`
  return url.toString()
}
