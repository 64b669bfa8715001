/**
 * One store's quota, shared by every fiber that calls it.
 *
 * BigCommerce counts requests per store over a window, for all apps together, and says in every answer how many are left
 * and when the window ends. So this bucket is never only counted: each answer corrects it, and whatever is still
 * unanswered is subtracted, for answers overtake each other. Until the first answer has said how large the bucket is, only
 * a few requests are out. Bulk work leaves a reserve to urgent reads. A 429 stops all fibers of the store until the longer
 * of its two headers has passed, or for a growing delay when it names none.
 *
 * Effect's own `HttpClient.withRateLimiter` reads such headers too, but knows neither two priorities over one budget, nor
 * the longer of two headers, nor a pause for fibers that are not the one that was refused.
 *
 * Invariants: no more than `remaining` requests are admitted in a window once an answer has said how many there are;
 * nobody waits longer than {@link waitMillisMax}, but fails with how long it would have been; no header stops the store for
 * longer than {@link askedMillisMax}.
 */
import { Clock, Duration, Effect, Random } from "effect"
import { RateLimited } from "@stockport/core/ports/Cart"

/** The share of a window's quota that bulk work leaves to urgent reads. */
export const reserveShare = 0.1

/** The most that is left to urgent reads, whatever the quota is said to be. */
export const reserveMax = 100

/** The longest that a header may stop the store for. After it a single request probes, and its answer decides. */
export const askedMillisMax = 300_000

/** The longest that a call waits for quota. */
export const waitMillisMax = 120_000

/** The first delay after a 429 that names none, and the largest; each one without a success between doubles. */
export const pauseMillis = { first: 1_000, max: 60_000 }

/** Everyone who was stopped starts again within this time, not at once. */
const jitterMillis = 250

/** How many requests are out at most before the store has said how many it takes. */
export const openingMax = 4

/** How soon is looked again whether it has. */
const openingMillis = 1

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
  /** Says that no answer will come (any more). */
  readonly ended: (ticket: Ticket) => Effect.Effect<void>
}

/** An answer's headers, names in lower case. */
export type AnswerHeaders = Readonly<Record<string, string | undefined>>

interface Budget {
  readonly quota: number
  readonly windowMillis: number
  /** How many are left, without regard to what is unanswered. */
  readonly remaining: number
  readonly resetAt: number
  /** The number of the last request that was sent before this window. */
  readonly after: number
  /** Whether no answer has told of this window yet: it was begun because the one before has passed. */
  readonly isGuess: boolean
}

/** A header's number where it makes sense: neither negative nor beyond all bounds. */
const numberAt = (headers: AnswerHeaders, name: string): number | undefined => {
  const text = headers[name]
  const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text)
  return Number.isFinite(value) && value >= 0 ? value : undefined
}

/** What an answer says about the quota, or undefined when it says nothing. */
const budgetOf = (headers: AnswerHeaders, now: number): Omit<Budget, "after"> | undefined => {
  const remaining = numberAt(headers, "x-rate-limit-requests-left")
  const resetMillis = numberAt(headers, "x-rate-limit-time-reset-ms")
  if (remaining === undefined || resetMillis === undefined) return undefined
  return {
    // A window lets at least one request through, whatever the headers leave out.
    quota: Math.max(1, numberAt(headers, "x-rate-limit-requests-quota") ?? remaining),
    windowMillis: Math.min(numberAt(headers, "x-rate-limit-time-window-ms") ?? windowMillisDefault, askedMillisMax),
    remaining,
    resetAt: now + Math.min(resetMillis, askedMillisMax),
    isGuess: false
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

/** What is known after an answer, or undefined when the answer tells of a window that has passed. */
const learned = (
  known: Budget | undefined,
  told: Omit<Budget, "after">,
  ticket: Ticket,
  now: number
): Budget | undefined => {
  if (known === undefined) return { ...told, after: 0 }
  const half = told.windowMillis / 2
  const isOlder = ticket.sequence <= known.after
  if (known.isGuess) return isOlder && told.resetAt - now < half ? undefined : { ...told, after: known.after }
  if (told.resetAt - known.resetAt > half) return { ...told, after: known.after }
  if (known.resetAt - told.resetAt > half && isOlder) return undefined
  // Of two answers about one window, the one that was made later says less, whichever comes first; and a window's end is
  // never told too early.
  const resetAt = Math.min(known.resetAt, told.resetAt)
  return { ...told, after: known.after, remaining: Math.min(known.remaining, told.remaining), resetAt }
}

/** A full bucket that learns its size from the first answer. */
export const make: Effect.Effect<Quota> = Effect.sync(() => {
  let sent = 0
  let budget: Budget | undefined
  let pausedUntil = 0
  let pausesInRow = 0
  let hasSpoken = false
  let isProbing = false
  const unanswered = new Set<number>()

  /** The instant at which a request may go; now or earlier means at once. */
  const admittedAt = (now: number, urgent: boolean): number => {
    if (pausedUntil > now) return pausedUntil
    if (isProbing) return unanswered.size === 0 ? now : now + openingMillis
    if (budget === undefined) return hasSpoken || unanswered.size < openingMax ? now : now + openingMillis
    if (budget.resetAt <= now) {
      const resetAt = now + budget.windowMillis
      budget = { ...budget, remaining: budget.quota, resetAt, after: sent, isGuess: true }
    }
    const reserve = urgent ? 0 : Math.min(reserveMax, Math.floor(budget.quota * reserveShare))
    return budget.remaining - unanswered.size > reserve ? now : budget.resetAt
  }

  const take = Effect.fnUntraced(function* (urgent: boolean) {
    const started = yield* Clock.currentTimeMillis
    for (;;) {
      const now = yield* Clock.currentTimeMillis
      const at = admittedAt(now, urgent)
      if (at <= now) {
        unanswered.add(++sent)
        return { sequence: sent, waitedMillis: now - started }
      }
      if (at - started > waitMillisMax) return yield* new RateLimited({ retryAfterMillis: Math.ceil(at - now) })
      yield* Effect.sleep(Duration.millis(at - now + (yield* Random.nextBetween(1, jitterMillis))))
    }
  })

  /** A request that is out no more. Where nothing was learned from it, it has cost one. */
  const settle = (ticket: Ticket, next: Budget | undefined) => {
    if (!unanswered.delete(ticket.sequence)) return
    if (next !== undefined) budget = next
    else if (budget !== undefined) budget = { ...budget, remaining: budget.remaining - 1 }
  }

  const answered = Effect.fnUntraced(function* (ticket: Ticket, status: number, headers: AnswerHeaders) {
    const now = yield* Clock.currentTimeMillis
    const told = budgetOf(headers, now)
    settle(ticket, told === undefined ? undefined : learned(budget, told, ticket, now))
    // An overloaded store that refuses without a header has said nothing yet.
    if (status !== 429 || told !== undefined) hasSpoken = true
    if (status !== 429) {
      isProbing = false
      if (status < 500) pausesInRow = 0
      return 0
    }
    const growing = Math.min(pauseMillis.first * 2 ** Math.min(pausesInRow, 16), pauseMillis.max)
    const asked = askedMillis(headers) ?? 0
    const pause = asked > 0 ? Math.min(asked, askedMillisMax) : growing
    isProbing = isProbing || asked > askedMillisMax
    pausesInRow++
    pausedUntil = Math.max(pausedUntil, now + pause)
    return pausedUntil - now
  })

  const ended = (ticket: Ticket) => Effect.sync(() => settle(ticket, undefined))

  return { take, answered, ended }
})
