/**
 * Which item does each listing sell? From items, listings, links and exclusions to a plan, as data, before anything is
 * written.
 */
import type { Issue } from "../domain/Issue.ts"
import type { Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Exclusion, Link } from "../domain/Link.ts"
import type { Listing } from "../domain/Listing.ts"
import type { MatchingPolicy } from "../domain/SyncPolicy.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"

/** What matching reads of an item. */
export type MatchableItem = Pick<Item, "id" | "sku" | "kind" | "archived">

/** Everything that matching looks at. Order of the inputs never matters. */
export interface MatchInput {
  readonly connectionId: ConnectionId
  readonly listings: Iterable<Listing>
  readonly items: Iterable<MatchableItem>
  readonly links: Iterable<Link>
  readonly exclusions: Iterable<Exclusion>
  readonly policy: MatchingPolicy
}

/** Why a listing has no link: several items fit, or none does, or it is not to be linked at all. */
export type UnlinkedReason = "skuAmbiguous" | "skuBlank" | "skuUnknown" | "parent" | "excluded"

/** A listing that stays without a link: why, and which items would have fitted. */
export interface Unlinked {
  readonly listing: Listing
  readonly reason: UnlinkedReason
  readonly candidates: ReadonlyArray<ItemId>
}

/** A link that stands although a SKU has changed on one side since. */
export interface Drifted {
  readonly link: Link
  readonly listingSku: string
  readonly itemSku: string | null
}

/** The plan. Every listing is in exactly one of linked, kept, ambiguous, unmatched, ignored. */
export interface MatchPlan {
  /** New links to write. */
  readonly linked: ReadonlyArray<Link>
  /** Links that exist and stand, with the listing's row as it is now (to be written when it differs: `refreshed`). */
  readonly kept: ReadonlyArray<Link>
  readonly refreshed: ReadonlyArray<Link>
  readonly drifted: ReadonlyArray<Drifted>
  readonly ambiguous: ReadonlyArray<Unlinked>
  readonly unmatched: ReadonlyArray<Unlinked>
  /** Parents and excluded listings. */
  readonly ignored: ReadonlyArray<Unlinked>
  /** Links whose listing the shop no longer has. */
  readonly orphaned: ReadonlyArray<Link>
  /** With `onNoMatch: "create"`: the items to create for unmatched listings, and their links with publishing off. */
  readonly created: ReadonlyArray<{ readonly item: Item; readonly link: Link }>
  readonly issues: ReadonlyArray<Issue>
}

/** Decides the plan; linear in listings plus items. */
export declare const plan: (input: MatchInput) => MatchPlan

/** One sentence that says why a listing is not linked. */
export declare const explain: (unlinked: Unlinked) => string
