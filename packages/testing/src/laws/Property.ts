/**
 * Properties over effects: fast-check draws and shrinks, every run gets a world of its own, and a failure prints its seed.
 */
import { Effect } from "effect"
import * as fc from "fast-check"

/** Holds when the effect succeeds for every value that is drawn. A failure dies with the seed and the smallest value. */
export const forAll = <A>(
  arbitrary: fc.Arbitrary<A>,
  runs: number,
  holds: (value: A) => Effect.Effect<void, unknown>
): Effect.Effect<void> =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(arbitrary, (value) => Effect.runPromise(holds(value))),
      { numRuns: runs }
    )
  )
