/**
 * What becomes of the number that a shop goes on showing for a listing whose link has ended?
 *
 * By the policy it stays as it is, until a person settles it or links the listing again, and an issue says so; or the shop is
 * told 0 once, and the issue stays until it has accepted that. There is nothing to deal with where the number is not ours
 * (none was ever accepted), is 0 already, is not counted any more, is the product's and another variant still stands for it,
 * or where the listing has moved and its old place is gone.
 */
import type { Connection } from "../domain/Connection.ts"
import * as Issue from "../domain/Issue.ts"
import type { EndedLink } from "../domain/Link.ts"
import type { ListingKey, ProductId } from "../domain/Listing.ts"
import type { Publication } from "../domain/Publication.ts"
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
