import { assert, describe, it } from "@effect/vitest"
import * as Simulator from "@stockport/testing/Simulator"
import { Effect } from "effect"

/** One seed to replay, or how many to try: `SIMULATION_SEED=42`, `SIMULATION_RUNS=1000`. */
const replayed = process.env["SIMULATION_SEED"]
const runs = Number(process.env["SIMULATION_RUNS"] ?? 25)
const seeds = replayed === undefined ? Array.from({ length: runs }, (_, index) => index + 1) : [Number(replayed)]

const keepsItsPromises = (scenario: Omit<Simulator.Scenario, "seed">) =>
  Effect.gen(function* () {
    const reports = yield* Effect.forEach(seeds, (seed) => Simulator.run({ ...scenario, seed }))
    const broken = reports.filter(({ violations }) => violations.length > 0)
    assert.strictEqual(broken.length, 0, broken.map(Simulator.describe).join("\n\n"))
    // A simulation in which nothing happens proves nothing.
    assert.isAbove(
      reports.reduce((sum, { orders }) => sum + orders, 0),
      seeds.length
    )
    return reports
  })

describe("the sync, simulated", () => {
  it.live(
    "keeps its promises while shoppers and clerks do what they do",
    () => keepsItsPromises({ faultPercent: 0 }),
    120_000
  )

  it.live(
    "keeps its promises while calls fail, answers get lost and processes die",
    () =>
      Effect.map(keepsItsPromises({ faultPercent: 12 }), (reports) => {
        assert.isAbove(
          reports.reduce((sum, { faults }) => sum + faults, 0),
          seeds.length
        )
        assert.isAbove(
          reports.reduce((sum, { brokenCycles }) => sum + brokenCycles, 0),
          seeds.length
        )
      }),
    120_000
  )

  it.live(
    "keeps its promises when hardly anything works",
    () => keepsItsPromises({ faultPercent: 35, steps: 40 }),
    120_000
  )

  it.live("is the same simulation for the same seed, step by step", () =>
    Effect.gen(function* () {
      const [first, second, other] = yield* Effect.all([
        Simulator.run({ seed: 7 }),
        Simulator.run({ seed: 7 }),
        Simulator.run({ seed: 8 })
      ])
      assert.deepStrictEqual(second, first)
      assert.notDeepEqual(other.log, first.log)
    })
  )

  it.live("draws the same world when what the dice drew is named", () =>
    Effect.gen(function* () {
      const drawn = yield* Simulator.run({ seed: 11 })
      const named = yield* Simulator.run({ seed: 11, ...drawn.drawn })
      assert.deepStrictEqual(named.log, drawn.log)
    })
  )

  it.live("compares the sync with an engine that pushes on-hand", () =>
    Effect.gen(function* () {
      const reports = yield* Effect.forEach(["sync", "naive"] as const, (engine) =>
        Effect.forEach(seeds.slice(0, 5), (seed) => Simulator.run({ seed, engine }))
      )
      const [sync = 0, naive = 0] = reports.map((each) => each.reduce((sum, one) => sum + one.unitSecondsExposed, 0))
      assert.isBelow(sync, naive)
    })
  )
})
