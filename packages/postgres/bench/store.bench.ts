/**
 * How fast is the store, beside hand-written SQL that does the least that could be called the same, over the same driver,
 * on the same server, in the same run?
 *
 * Runs on `DATABASE_URL`, or on an embedded server that is durable like a real one. Floor and store take turns, round by
 * round, and the medians are compared. Progress goes to standard error; the last line of standard output is a JSON array.
 */
import { PgClient } from "@effect/sql-pg"
import { PostgresStore } from "@stockport/postgres"
import { EmbeddedPostgres } from "@stockport/postgres/embedded"
import { Context, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { SqlClient } from "effect/sql"
import { randomBytes } from "node:crypto"
import { availability } from "./Availability.ts"
import { counting } from "./Counting.ts"
import { growth } from "./Growth.ts"
import { importing } from "./Importing.ts"
import type { Row } from "./Measure.ts"
import { reserving } from "./Reserving.ts"
import type { Ground } from "./Ground.ts"

const benches: Readonly<Record<string, (ground: Ground) => Effect.Effect<ReadonlyArray<Row>, unknown>>> = {
  reserving,
  importing,
  availability,
  counting,
  growth
}

const server = Effect.suspend(() => {
  const given = process.env["DATABASE_URL"]
  if (given !== undefined && given !== "") return Effect.succeed(given)
  return Effect.map(Layer.build(EmbeddedPostgres.layerWith({ durable: true })), (context) =>
    Redacted.value(Context.get(context, EmbeddedPostgres).url)
  )
})

/** A database of its own for every benchmark: one does not slow the next. */
const onGround = (url: string, run: (ground: Ground) => Effect.Effect<ReadonlyArray<Row>, unknown>) =>
  Effect.gen(function* () {
    const name = `stockport_bench_${randomBytes(6).toString("hex")}`
    const admin = Context.get(
      yield* Layer.build(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })),
      SqlClient.SqlClient
    )
    yield* Effect.acquireRelease(admin.unsafe(`create database ${name}`).unprepared, () =>
      Effect.orDie(admin.unsafe(`drop database if exists ${name} with (force)`).unprepared)
    )
    const own = new URL(url)
    own.pathname = `/${name}`
    const context = yield* Layer.build(
      PostgresStore.layerUrl(Redacted.make(own.toString()), { startupParameters: { statement_timeout: "300s" } })
    )
    return yield* run({ context, sql: Context.get(context, SqlClient.SqlClient) })
  }).pipe(Effect.scoped)

const main = Effect.gen(function* () {
  const url = yield* server
  const wanted = process.argv.slice(2).filter((argument) => argument in benches)
  const rows: Array<Row> = []
  for (const [name, run] of Object.entries(benches)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    process.stderr.write(`${name}\n`)
    rows.push(...(yield* onGround(url, run)))
  }
  return rows
})

const scope = Scope.makeUnsafe()
const exit = await Effect.runPromiseExit(Scope.provide(main, scope))
await Effect.runPromise(Scope.close(scope, Exit.void))
if (Exit.isFailure(exit)) {
  process.stderr.write(`${String(exit.cause)}\n`)
  process.exitCode = 1
} else {
  process.stdout.write(`${JSON.stringify(exit.value)}\n`)
}
