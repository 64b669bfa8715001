/**
 * One process of a campaign: runs the scenarios it is sent, perhaps with a bug planted in what it loads, and answers with a
 * summary of each batch.
 */
import type { Scenario } from "@stockport/testing/Simulator"
import { Effect } from "effect"
import * as Campaign from "./Campaign.ts"
import * as Plants from "./Plants.ts"

const [, , plant] = process.argv
if (plant !== undefined) Plants.put(plant)

// Loaded only now, so that a plant is in it.
const Simulator = await import("@stockport/testing/Simulator")

const crashed = (scenario: Scenario, cause: unknown): Campaign.Summary => ({
  ...Campaign.none,
  seeds: 1,
  violations: 1,
  broken: [{ seed: scenario.seed, promise: 0, sentence: `the simulation broke: ${String(cause)}`, scenario }]
})

process.on("message", async (batch: ReadonlyArray<Scenario>) => {
  let summary = Campaign.none
  for (const scenario of batch) {
    const one = await Effect.runPromise(Simulator.run(scenario)).then(Campaign.of, (cause: unknown) =>
      crashed(scenario, cause)
    )
    summary = Campaign.add(summary, one)
  }
  // A plant that is in no module that was loaded would pass for one that nobody finds.
  Plants.requireInPlace()
  process.send?.(summary)
})
