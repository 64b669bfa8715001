/**
 * One server for all suites: the one that `DATABASE_URL` names, or an embedded one. On it, a migrated template that every
 * suite clones into a database of its own.
 */
import { PgClient } from "@effect/sql-pg"
import { EmbeddedPostgres } from "@stockport/postgres/embedded"
import { Migrations } from "@stockport/postgres"
import { Cause, Context, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { randomBytes } from "node:crypto"
import type { TestProject } from "vitest/node"

declare module "vitest" {
  export interface ProvidedContext {
    readonly postgresUrl: string
    readonly postgresTemplate: string
  }
}

export default async function (project: TestProject) {
  const scope = Scope.makeUnsafe()
  const url = await Effect.runPromise(Scope.provide(serverUrl, scope))
  const template = `stockport_template_${randomBytes(4).toString("hex")}`
  const made = await Effect.runPromiseExit(Scope.provide(makeTemplate(url, template), scope))
  if (Exit.isFailure(made)) {
    await Effect.runPromise(Scope.close(scope, made))
    throw Cause.squash(made.cause)
  }
  project.provide("postgresUrl", url)
  project.provide("postgresTemplate", template)
  return () => Effect.runPromise(Scope.close(scope, Exit.void))
}

const serverUrl = Effect.suspend(() => {
  const given = process.env["DATABASE_URL"]
  if (given !== undefined && given !== "") return Effect.succeed(given)
  return Effect.map(Layer.build(EmbeddedPostgres.layer), (context) =>
    Redacted.value(Context.get(context, EmbeddedPostgres).url)
  )
})

const makeTemplate = (url: string, template: string) =>
  Effect.gen(function* () {
    const admin = PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })
    const execute = (statement: string) =>
      Effect.provide(
        SqlClient.SqlClient.use((sql) => sql.unsafe(statement).unprepared),
        admin,
        { local: true }
      )
    yield* Effect.acquireRelease(execute(`create database ${template}`), () =>
      Effect.orDie(execute(`drop database if exists ${template} with (force)`))
    )
    const client = PgClient.layer({ url: Redacted.make(withDatabase(url, template)), maxConnections: 1 })
    yield* Effect.provide(Migrations.migrate(), client, { local: true })
  })

const withDatabase = (url: string, database: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.toString()
}
