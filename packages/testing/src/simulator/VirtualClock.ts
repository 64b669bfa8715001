/**
 * Time that passes only when somebody says so, or sleeps: whoever sleeps takes the clock along and does not wait.
 */
import { type Clock, Duration, Effect } from "effect"

/** A clock and the hand that moves it. */
export interface VirtualClock {
  readonly clock: Clock.Clock
  readonly pass: (duration: Duration.Input) => Effect.Effect<void>
}

/** A clock that stands at an instant, in epoch milliseconds. */
export const make = (startMillis: number): VirtualClock => {
  let now = startMillis
  const nanos = () => BigInt(now) * 1_000_000n
  const pass = (duration: Duration.Input) =>
    Effect.sync(() => {
      now += Duration.toMillis(duration)
    })
  const clock: Clock.Clock = {
    currentTimeMillisUnsafe: () => now,
    currentTimeMillis: Effect.sync(() => now),
    currentTimeNanosUnsafe: nanos,
    currentTimeNanos: Effect.sync(nanos),
    monotonicTimeNanosUnsafe: nanos,
    monotonicTimeNanos: Effect.sync(nanos),
    sleep: pass
  }
  return { clock, pass }
}
