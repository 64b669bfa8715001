/**
 * Why does the shop show another number than it was told? From what it shows, what was last published and what it has
 * sold meanwhile to a verdict: our own echo, an innocent difference, or somebody else's hand.
 *
 * Only the last kind is repaired, and only by publishing the computed number again: a correction that is itself
 * answered with a correction would never end. A shop books asynchronously, so that nothing is judged right after a
 * write.
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

/** Nothing innocent explains the difference: publish the computed number again, and tell a person. */
export interface Unexplained {
  readonly _tag: "Unexplained"
  readonly published: number
  readonly shown: number
}

/** What a level turns out to be. */
export type DriftVerdict = Echo | NeverPublished | Settling | SoldSince | Unexplained

/** How long a shop may take to show what it has accepted. */
export const settlingPeriod = Duration.minutes(1)

/** Judges one level. */
export const judge = ({ level, readAt, last, notImported }: DriftInput): DriftVerdict => {
  if (last === null) return { _tag: "NeverPublished" }
  const sold = last.quantity - level.onHand
  if (sold === 0) return { _tag: "Echo" }
  if (DateTime.isLessThan(readAt, DateTime.addDuration(last.publishedAt, settlingPeriod))) return { _tag: "Settling" }
  // Some of the orders may not have reached the level yet, or have lowered it at different times.
  if (Math.min(0, notImported) <= sold && sold <= Math.max(0, notImported)) return { _tag: "SoldSince", sold }
  return { _tag: "Unexplained", published: last.quantity, shown: level.onHand }
}

/** Whether the verdict asks for the number to be published again. */
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
  const published = new Set(connection.publishTo.map(({ cartLocationId }) => cartLocationId))
  const strays = new Map<CartLocationId, Set<ListingKey>>()
  for (const { key, cartLocationId, onHand } of levels) {
    if (onHand <= 0 || published.has(cartLocationId)) continue
    strays.set(cartLocationId, (strays.get(cartLocationId) ?? new Set()).add(key))
  }
  return Array.from(strays)
    .sort(Order.mapInput(Order.String, ([cartLocationId]) => cartLocationId))
    .map(([cartLocationId, keys]) =>
      Issue.cartLocationHoldsStock({ connectionId: connection.id, cartLocationId, listings: keys.size })
    )
}
