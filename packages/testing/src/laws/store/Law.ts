/**
 * A law: one sentence about every store, and the effect that tries to break it on an empty one.
 */
import { assert } from "@effect/vitest"
import { Store, StoreError, type StoreErrorReason } from "@stockport/core/ports/Store"
import { Clock, Duration, Effect } from "effect"

/** One sentence and its proof. */
export interface Law {
  readonly sentence: string
  readonly holds: Effect.Effect<void, unknown, Store>
}

/** Writes down a law whose proof gets the store. */
export const law = (
  sentence: string,
  proof: (store: Store["Service"]) => Generator<Effect.Effect<unknown, unknown, Store>, void, never>
): Law => ({
  sentence,
  holds: Effect.gen(function* () {
    const store = yield* Store
    yield* Effect.gen(() => proof(store))
  })
})

/** Asserts that an effect is refused for a reason of this kind, and gives the reason. */
export const refused = <A, E, R, Tag extends StoreErrorReason["_tag"]>(
  effect: Effect.Effect<A, E, R>,
  tag: Tag
): Effect.Effect<Extract<StoreErrorReason, { _tag: Tag }>, A, R> =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.instanceOf(error, StoreError)
    assert.strictEqual(error.reason._tag, tag, error.message)
    assert.isFalse(error.retryable, "a refusal is nothing that another try would change")
    return error.reason as Extract<StoreErrorReason, { _tag: Tag }>
  })

/** Runs an effect as it would run that much later. */
export const later = <A, E, R>(duration: Duration.Input, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Clock.Clock, (clock) => Effect.provideService(effect, Clock.Clock, ahead(clock, duration)))

const ahead = (clock: Clock.Clock, duration: Duration.Input): Clock.Clock => {
  const millis = Duration.toMillis(duration)
  const nanos = BigInt(millis) * 1_000_000n
  return {
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + millis,
    currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + millis),
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() + nanos,
    currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now + nanos),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe() + nanos,
    monotonicTimeNanos: Effect.map(clock.monotonicTimeNanos, (now) => now + nanos),
    sleep: (sleepFor) => clock.sleep(sleepFor)
  }
}
