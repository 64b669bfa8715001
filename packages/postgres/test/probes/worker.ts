/**
 * The other process of the probe with two: does its half of the work on the database that `DATABASE_URL` names.
 */
import { PostgresStore } from "@stockport/postgres"
import { work } from "@stockport/testing/laws/StoreProbes"
import { Effect } from "effect"

const done = await Effect.runPromise(
  work(JSON.parse(process.argv[2] ?? "{}")).pipe(Effect.provide(PostgresStore.layerConfig))
)
process.stdout.write(JSON.stringify(done))
