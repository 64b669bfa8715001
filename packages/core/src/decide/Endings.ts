/**
 * What becomes of the number that a shop goes on showing for a listing whose link has ended?
 *
 * By the policy it stays as it is, until a person settles it or links the listing again, and an issue says so; or the shop is
 * told 0 once, and the issue stays until it has accepted that. There is nothing to deal with where the number is not ours
 * (none was ever accepted), is 0 already, is not counted any more, is the product's and another variant still stands for it,
 * or where the listing has moved and its old place is gone. Nor is there when the shop itself, read back, shows no number any
 * more: whoever took it away there has answered.
 */
import { DateTime } from "effect"
import type { CartLocationId, Connection } from "../domain/Connection.ts"
import * as Issue from "../domain/Issue.ts"
import type { EndedLink } from "../domain/Link.ts"
import type { ListingKey, ProductId } from "../domain/Listing.ts"
import type { Publication } from "../domain/Publication.ts"
import { settlingPeriod } from "./Drift.ts"
import type { PublishUpdate } from "./Publishing.ts"

/** What endings are judged by. */
export interface EndingInput {
  readonly connection: Pick<Connection, "id" | "policy">
  readonly ended: ReadonlyArray<EndedLink>
  /** What the shop last accepted for these listings. */
  readonly last: ReadonlyArray<Publication>
  /** Products of which a variant is still linked. */
  readonly linkedProducts: ReadonlySet<ProductId>
}

/** What to do: settle at once, tell the shop 0, or tell a person. */
export interface EndingPlan {
  readonly settled: ReadonlyArray<ListingKey>
  readonly zeros: ReadonlyArray<PublishUpdate>
  readonly issues: ReadonlyArray<Issue.Issue>
}

/** Decides for each ended link. */
export const plan = (input: EndingInput): EndingPlan => {
  const { connection } = input
  const shownBy = Map.groupBy(input.last, ({ key }) => key)
  const zeroing = connection.policy.publishing.whenLinkEnds === "zero"
  const settled: Array<ListingKey> = []
  const zeros: Array<PublishUpdate> = []
  const issues: Array<Issue.Issue> = []
  for (const ended of input.ended) {
    const { itemId, listing } = ended.link
    const shown = (shownBy.get(listing.key) ?? []).filter(({ quantity, inDoubt }) => quantity > 0 || inDoubt === true)
    if (shown.length === 0 || isNobodys(input, ended)) {
      settled.push(listing.key)
      continue
    }
    const quantities = shown.map(({ quantity }) => quantity)
    issues.push(
      Issue.linkEnded({ connectionId: connection.id, listingKey: listing.key, itemId, shown: quantities, zeroing })
    )
    for (const { cartLocationId, quantity } of zeroing ? shown : []) {
      zeros.push({ listing, cartLocationId, itemId, quantity: 0, previous: quantity, shown: null, steps: [] })
    }
  }
  return { settled, zeros, issues }
}

const isNobodys = ({ linkedProducts }: EndingInput, { link: { listing }, ending }: EndedLink): boolean =>
  ending === "replaced" ||
  listing.tracking === "none" ||
  (listing.tracking === "product" && listing.shape === "variant" && linkedProducts.has(listing.productId))

/** What a shop shows, as it was read back. */
export interface Sighting {
  readonly readAt: DateTime.Utc
  /** On hand; null where the shop counts nothing, or knows no such listing. */
  readonly shown: (key: ListingKey, cartLocationId: CartLocationId) => number | null
  /** Whether something that the shop says of the listing could not be read. */
  readonly isUnclear: (key: ListingKey) => boolean
}

/**
 * Which of these listings show no number of ours any more: 0 wherever they were told one, or nothing because they are not
 * counted or gone. One that was told a number a moment ago may still be about to show it.
 */
export const gone = (
  ended: ReadonlyArray<EndedLink>,
  last: ReadonlyArray<Publication>,
  { isUnclear, readAt, shown }: Sighting
): ReadonlyArray<ListingKey> => {
  const toldBy = Map.groupBy(last, ({ key }) => key)
  const showsNothing = ({ key, cartLocationId, publishedAt }: Publication) =>
    DateTime.isLessThanOrEqualTo(DateTime.addDuration(publishedAt, settlingPeriod), readAt) &&
    (shown(key, cartLocationId) ?? 0) <= 0
  return ended
    .map(({ link }) => link.listing.key)
    .filter((key) => !isUnclear(key) && (toldBy.get(key) ?? []).every(showsNothing))
}
