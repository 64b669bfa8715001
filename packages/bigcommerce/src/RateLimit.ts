/**
 * One store's quota, shared by every fiber that calls it.
 *
 * BigCommerce counts requests per store over a window, for all apps together, and says in every answer how many are left
 * and when the window ends. So this bucket is never only counted: each answer corrects it, and what was sent after the
 * answered request is subtracted. Bulk work leaves a reserve to urgent reads. A 429 stops all fibers of the store until
 * the longer of its two headers has passed, or for a growing delay when it names none.
 *
 * Effect's own `HttpClient.withRateLimiter` reads such headers too, but knows neither two priorities over one budget, nor
 * the longer of two headers, nor a pause for fibers that are not the one that was refused.
 *
 * Invariants: no more than `remaining` requests are admitted in a window once an answer has said how many there are;
 * nobody waits longer than {@link waitMillisMax}, but fails with how long it would have been.
 */
import { Clock, Duration, Effect, Random } from "effect"
import { RateLimited } from "@stockport/core/ports/Cart"

/** The share of a window's quota that bulk work leaves to urgent reads. */
export const reserveShare = 0.1

/** The longest that a call waits for quota. */
export const waitMillisMax = 120_000

/** The first delay after a 429 that names none, and the largest; each one without a success between doubles. */
export const pauseMillis = { first: 1_000, max: 60_000 }

/** Everyone who was stopped starts again within this time, not at once. */
const jitterMillis = 250

/** The window of a store that does not say. */
const windowMillisDefault = 30_000

/** The right to send one request; `waitedMillis` is how long it took to get. */
export interface Ticket {
  readonly sequence: number
  readonly waitedMillis: number
}

/** The quota of one store. */
export interface Quota {
  /** Waits until a request may be sent. Urgent calls may use the reserve. */
  readonly take: (urgent: boolean) => Effect.Effect<Ticket, RateLimited>
  /** Corrects the bucket by an answer, and stops everyone on a 429; tells for how many milliseconds. */
  readonly answered: (ticket: Ticket, status: number, headers: AnswerHeaders) => Effect.Effect<number>
}

/** An answer's headers, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | undefined>>

interface Budget {
  readonly quota: number
  readonly windowMillis: number
  /** How many were left when the request with number `observed` was answered. */
  readonly remaining: number
  readonly observed: number
  readonly resetAt: number
}

const numberAt = (headers: AnswerHeaders, name: string): number | undefined => {
  const text = headers[name]
  const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}

/** What an answer says about the quota, or undefined when it says nothing. */
const budgetOf = (headers: AnswerHeaders, ticket: Ticket, now: number): Budget | undefined => {
  const remaining = numberAt(headers, "x-rate-limit-requests-left")
  const resetMillis = numberAt(headers, "x-rate-limit-time-reset-ms")
  if (remaining === undefined || resetMillis === undefined) return undefined
  return {
    // A window lets at least one request through, whatever the headers leave out.
    quota: Math.max(1, numberAt(headers, "x-rate-limit-requests-quota") ?? remaining),
    windowMillis: numberAt(headers, "x-rate-limit-time-window-ms") ?? windowMillisDefault,
    remaining,
    observed: ticket.sequence,
    resetAt: now + resetMillis
  }
}

/** How long a 429 asks to wait: the longer of its two headers, or undefined when it has neither. */
const askedMillis = (headers: AnswerHeaders): number | undefined => {
  const resetMillis = numberAt(headers, "x-rate-limit-time-reset-ms")
  const retryAfter = numberAt(headers, "x-retry-after") ?? numberAt(headers, "retry-after")
  const retryMillis = retryAfter === undefined ? undefined : retryAfter * 1_000
  if (resetMillis === undefined) return retryMillis
  return retryMillis === undefined ? resetMillis : Math.max(resetMillis, retryMillis)
}

/** A full bucket that learns its size from the first answer. */
export const make: Effect.Effect<Quota> = Effect.sync(() => {
  let sent = 0
  let budget: Budget | undefined
  let pausedUntil = 0
  let pausesInRow = 0

  /** The instant at which a request may go; now or earlier means at once. */
  const admittedAt = (now: number, urgent: boolean): number => {
    if (pausedUntil > now) return pausedUntil
    if (budget === undefined) return now
    if (budget.resetAt <= now) {
      budget = { ...budget, remaining: budget.quota, observed: sent, resetAt: now + budget.windowMillis }
    }
    const left = budget.remaining - (sent - budget.observed)
    const reserve = urgent ? 0 : Math.floor(budget.quota * reserveShare)
    return left > reserve ? now : budget.resetAt
  }

  const take = Effect.fnUntraced(function* (urgent: boolean) {
    const started = yield* Clock.currentTimeMillis
    for (;;) {
      const now = yield* Clock.currentTimeMillis
      const at = admittedAt(now, urgent)
      if (at <= now) return { sequence: ++sent, waitedMillis: now - started }
      if (at - started > waitMillisMax) return yield* new RateLimited({ retryAfterMillis: Math.ceil(at - now) })
      yield* Effect.sleep(Duration.millis(at - now + (yield* Random.nextBetween(1, jitterMillis))))
    }
  })

  const answered = Effect.fnUntraced(function* (ticket: Ticket, status: number, headers: AnswerHeaders) {
    const now = yield* Clock.currentTimeMillis
    const next = budgetOf(headers, ticket, now)
    // An answer to an earlier request carries an older count.
    if (next !== undefined && (budget === undefined || next.observed > budget.observed)) budget = next
    if (status !== 429) {
      if (status < 500) pausesInRow = 0
      return 0
    }
    const growing = Math.min(pauseMillis.first * 2 ** Math.min(pausesInRow, 16), pauseMillis.max)
    const pause = askedMillis(headers) ?? growing
    pausesInRow++
    pausedUntil = Math.max(pausedUntil, now + pause)
    return pausedUntil - now
  })

  return { take, answered }
})
