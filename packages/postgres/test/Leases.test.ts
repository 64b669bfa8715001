/**
 * Who holds a connection, when holders are paused, cut off, or late.
 */
import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { confirm } from "@stockport/core/ports/Lease"
import { Store, StoreError } from "@stockport/core/ports/Store"
import { PostgresStore } from "@stockport/postgres"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Option } from "effect"
import { SqlClient } from "effect/sql"
import * as Database from "../src/Database.ts"
import * as Leases from "../src/Leases.ts"
import { shop as shopConnection, web, main } from "./support/Shop.ts"
import { TestDatabase, TestStore } from "./support/TestDatabase.ts"

const shop = ConnectionId.make("shop")

/** Leases that live for a fraction of a second. */
const hurried: Leases.Timing = { lease: 600, heartbeat: 50, confirmed: 30, renewal: 300, margin: 100 }

/** Leases that are never renewed by themselves. */
const neglected: Leases.Timing = { ...hurried, heartbeat: 60_000 }

const leasesOf = (timing: Leases.Timing) =>
  Effect.map(Database.make("stockport"), (db) => ({ db, exclusively: Leases.make(db, timing).exclusively }))

const steal = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`update stockport.leases set token = 'stolen', expires_at = now() + interval '1 hour'`
)

const isLost = (exit: Exit.Exit<unknown, unknown>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some(
    (reason) => reason._tag === "Fail" && reason.error instanceof StoreError && reason.error.reason._tag === "LeaseLost"
  )

describe("a lease", () => {
  it.live("that has gone to somebody else ends what runs under it, with LeaseLost", () =>
    Effect.gen(function* () {
      const { exclusively } = yield* leasesOf(hurried)
      const running = yield* Deferred.make<void>()
      const fiber = yield* Effect.forkChild(
        exclusively(shop, Effect.andThen(Deferred.succeed(running, undefined), Effect.never))
      )
      yield* Deferred.await(running)
      yield* steal
      assert.isTrue(isLost(yield* Fiber.await(fiber)))
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ token: string }>`select token from stockport.leases`
      assert.strictEqual(row?.token, "stolen", "the next holder keeps it")
    }).pipe(Effect.provide(TestStore))
  )

  it.live("lives as long as its holder does, and goes to the next when nobody renews it", () =>
    Effect.gen(function* () {
      const held = yield* leasesOf(hurried)
      const other = yield* leasesOf(neglected)
      const sql = yield* SqlClient.SqlClient
      // Waits in the database, where the lease lives, for longer than the lease.
      const long = Effect.andThen(sql`select pg_sleep(0.9)`, other.exclusively(shop, Effect.succeed("other")))
      assert.deepStrictEqual(yield* held.exclusively(shop, long), Option.some(Option.none()))
      const left = Effect.andThen(sql`select pg_sleep(0.9)`, held.exclusively(shop, Effect.succeed("next")))
      assert.deepStrictEqual(yield* other.exclusively(shop, left), Option.some(Option.some("next")))
    }).pipe(Effect.provide(TestStore))
  )

  it.live("that has run out and is somebody else's can neither be confirmed nor written under", () =>
    Effect.gen(function* () {
      const { db, exclusively } = yield* leasesOf(neglected)
      const sql = yield* SqlClient.SqlClient
      const late = Effect.gen(function* () {
        yield* sql`select pg_sleep(0.1)`
        yield* steal
        const unconfirmed = yield* Effect.flip(confirm)
        assert.strictEqual(unconfirmed._tag, "LeaseLost")
        return yield* db.transaction(sql`delete from stockport.leases`)
      })
      assert.isTrue(isLost(yield* Effect.exit(exclusively(shop, late))))
      assert.strictEqual((yield* sql`select 1 from stockport.leases`).length, 1, "nothing was deleted")
    }).pipe(Effect.provide(TestStore))
  )

  it.live("is not taken over while a transaction of its holder is open", () =>
    Effect.gen(function* () {
      const held = yield* leasesOf(neglected)
      const sql = yield* SqlClient.SqlClient
      const taken = yield* held.exclusively(
        shop,
        held.db.transaction(
          Effect.gen(function* () {
            yield* sql`select pg_sleep(0.8)`
            const other = yield* leasesOf(neglected)
            return yield* other.exclusively(shop, Effect.succeed("other"))
          })
        )
      )
      assert.deepStrictEqual(taken, Option.some(Option.none()))
    }).pipe(Effect.provide(TestStore))
  )

  it.live(
    "needs no connection of its own: a pool of one serves it, its writes and its renewals",
    () =>
      Effect.gen(function* () {
        const { url } = yield* TestDatabase
        const client = PgClient.layer({ ...PostgresStore.clientDefaults, url, maxConnections: 1 })
        const context = yield* Layer.build(PostgresStore.layer().pipe(Layer.provideMerge(client)))
        const store = Context.get(context, Store)
        yield* store.stock.saveLocations([{ id: main, name: "Main", nettable: true, isDefault: true }])
        yield* store.connections.saveChannel(web)
        const nested = store.connections.exclusively(
          shop,
          Effect.andThen(store.transaction(store.connections.save(shopConnection)), confirm)
        )
        assert.isTrue(Option.isSome(yield* nested))
        assert.isTrue(Option.isSome(yield* store.connections.get(shopConnection.id)))
      }).pipe(Effect.provide(TestDatabase.layer)),
    60_000
  )
})
