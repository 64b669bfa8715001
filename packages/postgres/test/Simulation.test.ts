import { assert, describe, it } from "@effect/vitest"
import * as Simulator from "@stockport/testing/Simulator"
import { Effect } from "effect"
import { EmptyStore } from "./support/EmptyStore.ts"

/** How many worlds: `SIMULATION_RUNS=20 npm test -- postgres/test/Simulation`. */
const runs = Number(process.env["SIMULATION_RUNS"] ?? 3)

describe("the sync on PostgreSQL, simulated", () => {
  it.live(
    "keeps its promises as it does in memory",
    () =>
      Effect.gen(function* () {
        for (let seed = 1; seed <= runs; seed++) {
          const report = yield* Simulator.run({ seed, steps: 30, store: EmptyStore })
          assert.strictEqual(report.violations.length, 0, Simulator.describe(report))
        }
      }),
    600_000
  )
})
