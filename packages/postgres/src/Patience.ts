/**
 * How long a call waits for the database: in real time, whatever clock the caller lives by.
 *
 * A server may be gone without a word, a pooler may keep a connection waiting, a row may be held by somebody who has forgotten
 * it. Each ends a call within seconds, by the limits below; the server's own limits are a little shorter where it has them,
 * because it knows better what it was waiting for.
 */
import { Clock, type Context, Duration, Effect, Fiber } from "effect"

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

/** The bounds of one store, each in milliseconds: what the constants above say in seconds. */
export interface Limits {
  readonly lock: number
  readonly statement: number
  readonly idle: number
  readonly answer: number
}

/** What every store uses that was not told otherwise. */
export const limitsDefault: Limits = {
  lock: lockSecondsMax * 1_000,
  statement: statementSecondsMax * 1_000,
  idle: idleSecondsMax * 1_000,
  answer: answerSecondsMax * 1_000
}

/** Bounds as they are chosen: how long a lock, a statement, an idle transaction and an answer may take. */
export type Chosen = { readonly [Limit in keyof Limits]?: Duration.Input | undefined }

/** The bounds that were chosen, and {@link limitsDefault} for the others. */
export const limitsOf = (chosen: Chosen = {}): Limits => {
  const millis = (limit: keyof Limits) => {
    const given = chosen[limit]
    return given === undefined ? limitsDefault[limit] : Math.ceil(Duration.toMillis(given))
  }
  return { lock: millis("lock"), statement: millis("statement"), idle: millis("idle"), answer: millis("answer") }
}

/** The server's own bounds as settings. PostgreSQL takes zero for "without end". */
export const settingsOf = ({ idle, lock, statement }: Limits): Readonly<Record<string, string>> => ({
  lock_timeout: `${Math.max(lock, 1)}ms`,
  statement_timeout: `${Math.max(statement, 1)}ms`,
  idle_in_transaction_session_timeout: `${Math.max(idle, 1)}ms`
})

/** How long a call with these parameters waits for its answer, in milliseconds. */
export const patienceOf = (params: ReadonlyArray<unknown>, { answer, statement }: Limits): number => {
  let size = 0
  for (const value of params) size += typeof value === "string" ? value.length : sizeOf(value)
  return Math.min(answer + Math.floor(size / bytesPerSecond) * 1_000, statement + answer)
}

/**
 * Ends what takes longer than so many milliseconds, and waits until it has ended: which a driver may take seconds for, on a
 * connection that does not answer. For what its caller goes on with, such as a connection in a transaction.
 */
export const limited = <A, E, R, B, E2>(
  effect: Effect.Effect<A, E, R>,
  millis: number,
  late: () => Effect.Effect<B, E2>
): Effect.Effect<A | B, E | E2, R> =>
  timed(effect, millis, (fiber) => Effect.andThen(Fiber.interrupt(fiber), Effect.suspend(late)))

/** The same, without waiting until it has ended: for what holds nothing that its caller goes on with. */
export const givenUp = <A, E, R, B, E2>(
  effect: Effect.Effect<A, E, R>,
  millis: number,
  late: () => Effect.Effect<B, E2>
): Effect.Effect<A | B, E | E2, R> =>
  timed(effect, millis, (fiber) =>
    Effect.suspend(() => {
      fiber.interruptUnsafe()
      return late()
    })
  )

// Nearly every call is answered long before: so that the limit costs it next to nothing, it is a bare timer of the platform,
// and not a race with a fiber that sleeps.
const timed = <A, E, R, B, E2>(
  effect: Effect.Effect<A, E, R>,
  millis: number,
  end: (fiber: Fiber.Fiber<A, E>) => Effect.Effect<B, E2>
): Effect.Effect<A | B, E | E2, R> =>
  Effect.withFiber((parent) =>
    Effect.callback<A | B, E | E2>((resume) => {
      const fiber = Effect.runForkWith(parent.context as Context.Context<R>)(effect)
      // oxlint-disable-next-line no-restricted-globals -- real time, and no fiber that would sleep through it
      const timer = setTimeout(() => resume(end(fiber)), millis)
      fiber.addObserver((exit) => {
        clearTimeout(timer)
        resume(exit)
      })
      return Effect.suspend(() => {
        clearTimeout(timer)
        return Fiber.interrupt(fiber)
      })
    })
  )

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
