/**
 * Why does the shop show another number than the one that is computed now? From what it shows, what was last published and
 * what it has sold meanwhile to a verdict: our own echo, an innocent difference, something that is owed to the shop (never
 * published, refused, in doubt, forgotten, tracking switched on again), or somebody else's hand.
 *
 * What is owed is sent, and only the last kind is told. Nothing is repaired but by publishing the computed number again: a
 * correction that is itself answered with a correction would never end. A shop books asynchronously, so that nothing is
 * judged right after a write. What is compared is on hand: what the shop keeps back or adds after that is its own matter.
 */
import { DateTime, Duration, Order } from "effect"
import type { CartLocationId, Connection } from "../domain/Connection.ts"
import * as Issue from "../domain/Issue.ts"
import type { ListingKey } from "../domain/Listing.ts"
import type { Publication } from "../domain/Publication.ts"

/** What a shop shows for a listing at one of its locations, in whole listings. */
export interface ShopLevel {
  readonly key: ListingKey
  readonly cartLocationId: CartLocationId
  readonly onHand: number
}

/** Everything that a difference is judged by. */
export interface DriftInput {
  readonly level: ShopLevel
  readonly readAt: DateTime.Utc
  /** What the shop last accepted from us for this listing and location; null when never published there. */
  readonly last: Publication | null
  /**
   * Whole listings that the shop has taken from this level for orders which were not imported when the number was made,
   * less what it has put back for cancelled ones; below zero when it has put back more.
   */
  readonly notImported: number
  /** The number as it is computed now; left out: what was last published, less what is not imported. */
  readonly computed?: number
  /** Whether the shop has refused a number for this listing, and none since was accepted. */
  readonly isRefused?: boolean
}

/** The shop shows what it was told. */
export interface Echo {
  readonly _tag: "Echo"
}

/** The number is the shop's own: nothing was published there yet. */
export interface NeverPublished {
  readonly _tag: "NeverPublished"
}

/** Too soon to tell: the shop may still be booking what it was told. */
export interface Settling {
  readonly _tag: "Settling"
}

/** Orders that are not imported yet explain the difference; importing them brings both sides together. */
export interface SoldSince {
  readonly _tag: "SoldSince"
  /** Whole listings that are gone; below zero when some came back. */
  readonly sold: number
}

/** The shop shows what it was last told, and another number is computed now: somebody has forgotten to send it. */
export interface Owed {
  readonly _tag: "Owed"
  readonly computed: number
}

/** A number was sent whose answer never came. */
export interface InDoubt {
  readonly _tag: "InDoubt"
  readonly shown: number
}

/** The shop has refused a number: it is due again. */
export interface Refused {
  readonly _tag: "Refused"
  readonly shown: number
}

/** The shop shows nothing of what it was told, as after its tracking was switched off and on again. */
export interface TrackedAgain {
  readonly _tag: "TrackedAgain"
}

/** Nothing innocent explains the difference: publish the computed number again, and tell a person. */
export interface Unexplained {
  readonly _tag: "Unexplained"
  readonly published: number
  readonly shown: number
}

/** What a level turns out to be. */
export type DriftVerdict =
  | Echo
  | NeverPublished
  | Settling
  | SoldSince
  | Owed
  | InDoubt
  | Refused
  | TrackedAgain
  | Unexplained

/** How long a shop may take to show what it has accepted. */
export const settlingPeriod = Duration.minutes(1)

/** Judges one level. */
export const judge = ({ level, readAt, last, notImported, computed, isRefused }: DriftInput): DriftVerdict => {
  if (last === null) return { _tag: "NeverPublished" }
  if (last.inDoubt === true) return doubtOf(last, level.onHand, isRefused === true)
  const sold = last.quantity - level.onHand
  if (sold === 0) {
    return computed === undefined || computed === last.quantity ? { _tag: "Echo" } : { _tag: "Owed", computed }
  }
  if (DateTime.isLessThan(readAt, DateTime.addDuration(last.publishedAt, settlingPeriod))) return { _tag: "Settling" }
  // Some of the orders may not have reached the level yet, or have lowered it at different times.
  if (Math.min(0, notImported) <= sold && sold <= Math.max(0, notImported)) return { _tag: "SoldSince", sold }
  return { _tag: "Unexplained", published: last.quantity, shown: level.onHand }
}

const doubtOf = (last: Publication, shown: number, isRefused: boolean): DriftVerdict => {
  if (isRefused) return { _tag: "Refused", shown }
  return shown === 0 && last.quantity > 0 ? { _tag: "TrackedAgain" } : { _tag: "InDoubt", shown }
}

/** Whether the computed number has to be sent, whatever was sent before. */
export const isDue = ({ _tag }: DriftVerdict): boolean => _tag !== "Echo" && _tag !== "Settling" && _tag !== "SoldSince"

/** Whether nobody knows why the shop shows what it shows: the number is published again, and a person is told. */
export const needsRepair = (verdict: DriftVerdict): verdict is Unexplained => verdict._tag === "Unexplained"

/** One sentence for a verdict. */
export const explain = (verdict: DriftVerdict): string => {
  switch (verdict._tag) {
    case "Echo":
      return "The shop shows the number that was published."
    case "NeverPublished":
      return "Nothing has been published here yet; the number is the shop's own."
    case "Settling":
      return "The number was published a moment ago; the shop may still be booking it."
    case "SoldSince":
      return verdict.sold > 0
        ? `The shop has sold ${verdict.sold} in orders that are not imported yet.`
        : `The shop has put back ${-verdict.sold} from orders whose change is not imported yet.`
    case "Owed":
      return `The shop shows the number that was last published, and ${verdict.computed} is due.`
    case "InDoubt":
      return `The shop shows ${verdict.shown}; a number was sent whose answer never came.`
    case "Refused":
      return `The shop shows ${verdict.shown}; it has refused a newer number, which is sent again.`
    case "TrackedAgain":
      return "The shop shows nothing, as after its tracking was switched on again; the number is due."
    default:
      return `The shop shows ${verdict.shown} where ${verdict.published} was published, and no order explains it.`
  }
}

/** What a person is told of a level that nothing explains. */
export const issueOf = (connection: Pick<Connection, "id">, level: ShopLevel, verdict: Unexplained): Issue.Issue =>
  Issue.unexplainedDrift({
    connectionId: connection.id,
    listingKey: level.key,
    cartLocationId: level.cartLocationId,
    published: verdict.published,
    shown: verdict.shown
  })

/**
 * Locations of the shop that hold stock of linked listings although no number is ever published to them: what they show
 * is sold on top of what was published. One issue for each location, in order of its id.
 */
export const strayStock = (
  connection: Pick<Connection, "id" | "publishTo">,
  levels: Iterable<ShopLevel>
): ReadonlyArray<Issue.Issue> => {
  const strays = new Strays(connection)
  for (const level of levels) strays.add(level)
  return strays.issues()
}

/** Collects stock at locations that receive no numbers; `enabled` are those that sell (null: all do). */
export class Strays {
  readonly #connection: Pick<Connection, "id" | "publishTo">
  readonly #enabled: ReadonlySet<CartLocationId> | null
  readonly #published: ReadonlySet<CartLocationId>
  readonly #listings = new Map<CartLocationId, Set<ListingKey>>()

  constructor(connection: Pick<Connection, "id" | "publishTo">, enabled: ReadonlySet<CartLocationId> | null = null) {
    this.#connection = connection
    this.#enabled = enabled
    this.#published = new Set(connection.publishTo.map(({ cartLocationId }) => cartLocationId))
  }

  /** Looks at one level. */
  add({ key, cartLocationId, onHand }: ShopLevel): void {
    if (onHand <= 0 || this.#published.has(cartLocationId)) return
    if (this.#enabled !== null && !this.#enabled.has(cartLocationId)) return
    this.#listings.set(cartLocationId, (this.#listings.get(cartLocationId) ?? new Set()).add(key))
  }

  /** One issue for each location, in order of its id. */
  issues(): ReadonlyArray<Issue.Issue> {
    return Array.from(this.#listings)
      .sort(Order.mapInput(Order.String, ([cartLocationId]) => cartLocationId))
      .map(([cartLocationId, keys]) =>
        Issue.cartLocationHoldsStock({ connectionId: this.#connection.id, cartLocationId, listings: keys.size })
      )
  }
}
