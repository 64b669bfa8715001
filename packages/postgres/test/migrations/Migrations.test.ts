import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { LocationId } from "@stockport/core/domain/Location"
import { Store } from "@stockport/core/ports/Store"
import { Migrations, PostgresStore } from "@stockport/postgres"
import { Context, Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import * as NodeFs from "node:fs"
import { TestClient, TestDatabase } from "../support/TestDatabase.ts"
import { dump } from "./SchemaDump.ts"

const database = TestClient.pipe(Layer.provideMerge(TestDatabase.layer))
const kept = new URL("../../schema.txt", import.meta.url)

describe("migrations", () => {
  it.live("make exactly the schema that is kept beside them (UPDATE_SCHEMA=1 writes it anew)", () =>
    Effect.gen(function* () {
      const schema = yield* dump("stockport")
      if (process.env["UPDATE_SCHEMA"] === "1") NodeFs.writeFileSync(kept, schema)
      assert.strictEqual(schema, NodeFs.readFileSync(kept, "utf8"))
    }).pipe(Effect.provide(database))
  )

  it.live("do nothing the second time", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* Migrations.migrate(), [])
    }).pipe(Effect.provide(database))
  )

  it.live("run once when many processes start at the same time, in a schema of one's choice", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const done = yield* Effect.forEach(
        [1, 2, 3, 4, 5, 6],
        () =>
          Effect.provide(Migrations.migrate("Shop_7"), Layer.fresh(PgClient.layer({ url, maxConnections: 1 })), {
            local: true
          }),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(done.filter((names) => names.length > 0).length, 1)
      assert.strictEqual(yield* dump("Shop_7"), yield* dump("stockport"))
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ n: number }>`select count(*)::int as n from "Shop_7".migrations`
      assert.strictEqual(row?.n, 6)
    }).pipe(Effect.provide(database))
  )

  it.live("keep two stores of one database apart by their schemas", () =>
    Effect.gen(function* () {
      const here = yield* Store
      const there = yield* Effect.map(Layer.build(PostgresStore.layerMigrated({ schema: "other" })), (context) =>
        Context.get(context, Store)
      )
      yield* here.stock.saveLocations([{ id: LocationId.make("main"), name: "Main", nettable: true, isDefault: true }])
      assert.deepStrictEqual(yield* there.stock.locations, [])
    }).pipe(Effect.provide(PostgresStore.layer().pipe(Layer.provideMerge(database))))
  )

  it.live("refuse a schema's name that would not be one", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Migrations.migrate('x"; drop schema public'))
      assert.strictEqual(error._tag, "MigrationFailed")
    }).pipe(Effect.provide(database))
  )
})
