/**
 * What a failure of the loop means: whether it passes by itself, and how long to wait before the next try.
 *
 * Nearly everything passes: a shop that is down, refuses a call, throttles or answers with a page of HTML, and a database
 * that is away. A mistake of our own (a defect) is contained like one of theirs. Only what a person has to change ends the
 * work for a connection: one that does not exist, and a setting that cannot be right.
 */
import { Cause, Duration, Option, Predicate } from "effect"

/**
 * What to do about a failure.
 *
 * - `again`: it passes; try again after a pause that grows.
 * - `yield`: another holder has the lease; nothing is wrong.
 * - `refused`: the shop lets nobody in under this token; a person is told, and it is tried again at long intervals.
 * - `stop`: no number of tries helps before a person has changed something.
 */
export type Course = "again" | "yield" | "refused" | "stop"

/** A failure, judged. */
export interface Trouble {
  readonly course: Course
  /** Two failures of one kind are the same trouble, whatever numbers their sentences carry. */
  readonly kind: string
  /** What failed, at which operation. */
  readonly sentence: string
  /** How long the shop asked to be left alone. */
  readonly askedMillis: number
  /** True for a mistake of the program: its cause belongs into the log. */
  readonly isDefect: boolean
  readonly error: unknown
}

/** The longest first pause; it doubles with every try. */
export const pauseMin = Duration.seconds(5)

/** The longest pause before the next try. */
export const pauseMax = Duration.minutes(5)

/** The longest pause between two tries with a token that the shop refuses. */
export const probePauseMax = Duration.hours(1)

/** How many characters of a failure's sentence are told. */
export const sentenceLengthMax = 500

const factors: Readonly<Record<Course, number>> = { again: 2, yield: 1, refused: 4, stop: 1 }

/** Judges what an attempt ended with. */
export const judge = (cause: Cause.Cause<unknown>): Trouble =>
  Option.match(Cause.findErrorOption(cause), {
    onSome: judgeError,
    onNone: () => {
      const defect = Cause.squash(cause)
      return trouble("again", `Defect ${tagOf(defect)}`, defect, { isDefect: true })
    }
  })

/** Judges an expected failure: of a cart, of a store, or of a layer that could not be built. */
export const judgeError = (error: unknown): Trouble => {
  const reason = Predicate.hasProperty(error, "reason") ? error.reason : undefined
  const kind = `${tagOf(error)} ${tagOf(reason)}`.trim()
  const course = courseOf(tagOf(error), tagOf(reason), error)
  const asked = Predicate.hasProperty(reason, "retryAfterMillis") ? Number(reason.retryAfterMillis) : 0
  return trouble(course, kind, error, { askedMillis: asked })
}

const courseOf = (tag: string, reason: string, error: unknown): Course => {
  if (tag === "CartError" || tag === "StoreError") {
    if (reason === "LeaseLost") return "yield"
    return tag === "CartError" && isRefusal(reason) ? "refused" : "again"
  }
  return isTrue(error, "retryable") || isTrue(error, "isRetryable") ? "again" : "stop"
}

const isRefusal = (reason: string): boolean =>
  reason === "Unauthorized" || reason === "Forbidden" || reason === "Suspended"

const isTrue = (error: unknown, name: string): boolean => Predicate.hasProperty(error, name) && error[name] === true

const trouble = (
  course: Course,
  kind: string,
  error: unknown,
  more: { readonly askedMillis?: number; readonly isDefect?: boolean }
): Trouble => ({ course, kind, sentence: sentenceOf(error), askedMillis: 0, isDefect: false, error, ...more })

const tagOf = (value: unknown): string =>
  Predicate.hasProperty(value, "_tag") ? String(value._tag) : value instanceof Error ? value.name : ""

const sentenceOf = (error: unknown): string => {
  const reason = Predicate.hasProperty(error, "reason") ? error.reason : undefined
  const under =
    Predicate.hasProperty(reason, "cause") && reason.cause instanceof Error ? ` (${reason.cause.message})` : ""
  const text = (error instanceof Error && error.message !== "" ? error.message : String(error)) + under
  return text.length > sentenceLengthMax ? `${text.slice(0, sentenceLengthMax)}…` : text
}

/**
 * How long to wait after so many tries that failed (at least one), in milliseconds, before it is jittered. `every` is how
 * often it would be tried if nothing were wrong.
 */
export const pauseAfter = (trouble: Trouble, tries: number, every: Duration.Duration): number => {
  const usual = Duration.toMillis(every)
  if (trouble.course === "yield") return usual
  const most = Duration.toMillis(trouble.course === "refused" ? probePauseMax : pauseMax)
  const first = Math.min(usual, Duration.toMillis(pauseMin))
  return Math.min(Math.max(first * factors[trouble.course] ** (tries - 1), trouble.askedMillis), most)
}
