/**
 * What became of the numbers that were sent, and what is owed to the shop after it?
 *
 * - A mark is cleared by an accepted number, or by a decision that there is nothing to say; by nothing else.
 * - A row that the shop refused stays owed, and is tried again with growing pauses: in the very next run, then after a
 *   minute, two, four, up to an hour. A change of its item ends the pause.
 * - A row that no answer speaks of stays owed and in doubt, and is sent again in the next run.
 * - An error that concerns everybody is no row's refusal, in whichever verdict it comes.
 */
import { DateTime, Duration } from "effect"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { ListingKey } from "../domain/Listing.ts"
import type { DeferredMark, DirtyMark, Publication } from "../domain/Publication.ts"
import type { PublishPlan, PublishUpdate } from "./Publishing.ts"

/** The pause after the second refusal in a row; after the first there is none. Each further one doubles it. */
export const pauseMin = Duration.minutes(1)

/** The longest pause between two tries. */
export const pauseMax = Duration.hours(1)

/** When a number is tried again that was refused so often in a row (once at least). */
export const pauseAfter = (tries: number): Duration.Duration => {
  if (tries <= 1) return Duration.zero
  return Duration.min(pauseMax, Duration.times(pauseMin, 2 ** Math.min(tries - 2, doublingsMax)))
}

const doublingsMax = 10

/** Why a row has no number now, and whether another try may help. */
export interface Failure {
  readonly message: string
  readonly retryable: boolean
  readonly reason: { readonly _tag: string }
}

/** The answer to one row: accepted, rejected by itself, or none that speaks of it. */
export type Verdict =
  | { readonly _tag: "Accepted"; readonly receipt: string | null }
  | { readonly _tag: "Rejected" | "NotTried"; readonly error: Failure }

/** What has been sent: the plan, the marks that it honours, and one verdict per update. */
export interface Sent {
  readonly connectionId: ConnectionId
  readonly plan: PublishPlan
  readonly marks: ReadonlyArray<DirtyMark>
  readonly verdicts: ReadonlyArray<Verdict>
  readonly at: DateTime.Utc
}

/** What has to be written down. */
export interface Outcome {
  readonly publications: ReadonlyArray<Publication>
  readonly refused: ReadonlyArray<Issue.Issue>
  /** Listings of which nobody knows what the shop shows: what was told of them stands. */
  readonly untried: ReadonlyArray<ListingKey>
  /** Marks to clear: what they asked for is done, or marked anew. */
  readonly cleared: ReadonlyArray<DirtyMark>
  /** Refused numbers whose marks wait. */
  readonly deferred: ReadonlyArray<DeferredMark>
  /** Items to be marked: at once again, at the end of the queue. */
  readonly owed: ReadonlyArray<ItemId>
  /** How many rows are sent again in the next run. */
  readonly postponed: number
}

/** Sorts the verdicts of one round. */
export const sort = (sent: Sent): Outcome => {
  const { connectionId, plan, marks, verdicts, at } = sent
  const publications: Array<Publication> = []
  const refused: Array<Issue.Issue> = []
  const untried = new Set<ListingKey>()
  const refusedItems = new Set<ItemId>()
  // A guard's word is no decision that there is nothing to say: a person has to agree.
  const waiting = plan.left.filter(({ reasons }) => reasons.includes("MASS_ZERO")).map(({ itemId }) => itemId)
  const owed = new Set<ItemId>(waiting)
  let postponed = 0
  plan.updates.forEach((update, row) => {
    const verdict = verdicts[row]
    if (verdict?._tag === "Accepted") publications.push(publicationOf(connectionId, update, verdict.receipt, at))
    else if (isRefusal(verdict)) {
      refusedItems.add(update.itemId)
      refused.push(refusalOf(connectionId, update, verdict.error))
    } else {
      postponed += 1
      untried.add(update.listing.key)
      owed.add(update.itemId)
    }
  })
  const known = new Map(marks.map((mark) => [mark.itemId, mark]))
  const deferred: Array<DeferredMark> = []
  for (const itemId of refusedItems) {
    const mark = known.get(itemId)
    if (owed.has(itemId)) continue
    // A kit above a marked item has no mark of its own yet.
    if (mark === undefined) owed.add(itemId)
    else deferred.push(deferralOf(mark, at))
  }
  const waits = new Set(deferred.map(({ itemId }) => itemId))
  const cleared = marks.filter(({ itemId }) => !waits.has(itemId))
  return {
    publications,
    refused,
    untried: [...untried],
    cleared,
    deferred,
    owed: [...owed],
    postponed
  }
}

/**
 * Whether a verdict's error is no matter of its row: the token, the shop or the lease; or a failure that no try will mend, of
 * rows that no answer speaks of.
 */
export const concernsEverybody = (verdict: Verdict): boolean => {
  if (verdict._tag === "Accepted") return false
  const { reason, retryable } = verdict.error
  return everybodys.has(reason._tag) || (verdict._tag === "NotTried" && !retryable)
}

const everybodys: ReadonlySet<string> = new Set(["Unauthorized", "Forbidden", "Suspended", "LeaseLost"])

/** Whether a verdict is the shop's word about its row. */
const isRefusal = (verdict: Verdict | undefined): verdict is Extract<Verdict, { readonly error: Failure }> =>
  verdict?._tag === "Rejected" && !verdict.error.retryable && !concernsEverybody(verdict)

const publicationOf = (
  connectionId: ConnectionId,
  { listing, cartLocationId, itemId, quantity }: PublishUpdate,
  receipt: string | null,
  publishedAt: DateTime.Utc
): Publication => ({ connectionId, key: listing.key, cartLocationId, itemId, quantity, publishedAt, receipt })

const refusalOf = (connectionId: ConnectionId, { listing, itemId }: PublishUpdate, error: Failure): Issue.Issue =>
  Issue.publishRejected({ connectionId, listingKey: listing.key, itemId, detail: error.message })

const deferralOf = ({ itemId, version, tries = 0 }: DirtyMark, at: DateTime.Utc): DeferredMark => ({
  itemId,
  version,
  tries: tries + 1,
  notBefore: DateTime.addDuration(at, pauseAfter(tries + 1))
})
