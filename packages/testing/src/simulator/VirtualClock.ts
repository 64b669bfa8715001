/**
 * Time that passes only when somebody says so, or sleeps: whoever sleeps takes the clock along and does not wait.
 */
import { type Clock, Duration, Effect } from "effect"

/** A clock and the hand that moves it. */
export interface VirtualClock {
  readonly clock: Clock.Clock
  readonly pass: (duration: Duration.Input) => Effect.Effect<void>
}

/**
 * A clock that stands at an instant, in epoch milliseconds. Where others work in a time of their own (a database), whoever
 * sleeps has to wait for them: by the clock that is given, and this one is not taken along.
 */
export const make = (startMillis: number, waiting: Clock.Clock | null = null): VirtualClock => {
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
    sleep: waiting === null ? pass : (duration) => waiting.sleep(duration)
  }
  return { clock, pass }
}
