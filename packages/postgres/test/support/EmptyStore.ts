/**
 * A store with nothing in it, any number of times: one database for the suite, emptied for each of them.
 */
import type { PgClient } from "@effect/sql-pg"
import { PostgresStore } from "@stockport/postgres"
import { Context, Effect, Layer, ManagedRuntime } from "effect"
import { SqlClient } from "effect/sql"
import { afterAll } from "vitest"
import { TestClient, TestDatabase } from "./TestDatabase.ts"

const shared = ManagedRuntime.make(TestClient.pipe(Layer.provideMerge(TestDatabase.layer)))
afterAll(() => shared.dispose())

/** The suite's database and a client for it. */
export const suite: Effect.Effect<Context.Context<TestDatabase | PgClient.PgClient | SqlClient.SqlClient>> =
  Effect.promise(() => shared.runPromise(Effect.context<TestDatabase | PgClient.PgClient | SqlClient.SqlClient>()))

/** Every row gone, every sequence at its start. References are left out of it: nothing stays that could refer. */
const empty = `
do $$
declare
  name text;
begin
  set local session_replication_role = replica;
  for name in select tablename from pg_tables where schemaname = 'stockport' and tablename <> 'migrations' loop
    execute format('delete from stockport.%I', name);
  end loop;
  for name in select sequencename from pg_sequences where schemaname = 'stockport' loop
    perform setval(format('stockport.%I', name), 1, false);
  end loop;
end $$`

/** An empty store each time it is built. */
export const EmptyStore = Layer.unwrap(
  Effect.gen(function* () {
    const context = yield* suite
    yield* Context.get(context, SqlClient.SqlClient).unsafe(empty).unprepared
    return PostgresStore.layer().pipe(Layer.provide(Layer.succeedContext(context)))
  })
)
