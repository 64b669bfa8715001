/**
 * How long a call waits for the database: in real time, whatever clock the caller lives by.
 *
 * A server may be gone without a word, a pooler may keep a connection waiting, a row may be held by somebody who has forgotten
 * it. Each ends a call within seconds, by the limits below; the server's own limits are a little shorter where it has them,
 * because it knows better what it was waiting for.
 */
import { Clock, Effect } from "effect"

/** How long the server waits for a row or a lock that somebody else holds, in seconds. */
export const lockSecondsMax = 10

/** How long the server works on one statement, in seconds. */
export const statementSecondsMax = 60

/** How long the server leaves a transaction open in which nothing is asked, in seconds. */
export const idleSecondsMax = 30

/** How long the answer to a call may take, in seconds, beside what its parameters earn. */
export const answerSecondsMax = 20
/** How many bytes of parameters earn a call another second. */
export const bytesPerSecond = 200_000

/** How long a call with these parameters waits for its answer, in milliseconds. */
export const patienceOf = (params: ReadonlyArray<unknown>): number => {
  let size = 0
  for (const value of params) size += typeof value === "string" ? value.length : sizeOf(value)
  const seconds = answerSecondsMax + size / bytesPerSecond
  return Math.ceil(Math.min(seconds, statementSecondsMax + answerSecondsMax) * 1_000)
}

/** Ends what takes longer than so many milliseconds. */
export const limited = <A, E, R, B, E2>(
  effect: Effect.Effect<A, E, R>,
  millis: number,
  late: () => Effect.Effect<B, E2>
): Effect.Effect<A | B, E | E2, R> =>
  Effect.raceFirst(effect, Effect.andThen(sleepReally(millis), Effect.suspend(late)))

/** The clock of the world that the database lives in. */
export const realClock: Clock.Clock = Clock.Clock.defaultValue()

/** Waits in real time. */
export const sleepReally = (millis: number): Effect.Effect<void> =>
  Effect.provideService(Effect.sleep(millis), Clock.Clock, realClock)

// An array is a parameter with the bytes, or the values, that it was made of.
const sizeOf = (value: unknown): number => {
  const inner = typeof value === "object" && value !== null && "value" in value ? value.value : undefined
  if (inner instanceof Uint8Array) return inner.byteLength
  return Array.isArray(inner) ? inner.length * bytesPerElement : bytesPerElement
}

const bytesPerElement = 20
