/**
 * How many of each item can be sold? From positions, demand, bills of materials and policy to a signed number with its
 * breakdown.
 */
import type { Issue } from "../domain/Issue.ts"
import type { Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Location, LocationId } from "../domain/Location.ts"
import type { Position, PositionTerms } from "../domain/Position.ts"
import type { Quantity } from "../domain/Quantity.ts"
import type { AvailabilityPolicy } from "../domain/SyncPolicy.ts"

/** Everything that availability follows from. `locations` are all of the business's; `feeding` narrows to a channel's. */
export interface AvailabilityInput {
  readonly items: ReadonlyArray<Item>
  readonly locations: ReadonlyArray<Location>
  readonly positions: ReadonlyArray<Position>
  readonly policy: AvailabilityPolicy
  /** The locations that feed the channel; null means every nettable one. */
  readonly feeding: ReadonlyArray<LocationId> | null
}

/** One signed summand of a number, under the term's own name. */
export interface BreakdownLine {
  readonly term: keyof PositionTerms | "assemblyShortfall"
  readonly quantity: Quantity
}

/** A location's share of an item's number. */
export interface LocationShare {
  readonly locationId: LocationId
  readonly quantity: Quantity
  readonly breakdown: ReadonlyArray<BreakdownLine>
}

/** A component that allows this many kits and not one more. */
export interface LimitingComponent {
  readonly itemId: ItemId
  /** Needed for one kit, all levels added. */
  readonly need: Quantity
  readonly available: Quantity
  /** How far below zero the component's own availability is; zero when it is not. */
  readonly shortage: Quantity
}

/** An item that holds stock. `quantity` is signed: below zero is a shortage. The breakdown adds up to it. */
export interface StockedAvailable {
  readonly _tag: "Stocked"
  readonly itemId: ItemId
  readonly quantity: Quantity
  readonly breakdown: ReadonlyArray<BreakdownLine>
  readonly byLocation: ReadonlyArray<LocationShare>
  readonly issues: ReadonlyArray<Issue>
}

/** A kit: whole kits that can be put together, never negative, and what stands in the way of one more. */
export interface KitAvailable {
  readonly _tag: "Kit"
  readonly itemId: ItemId
  readonly quantity: Quantity
  /** Whole kits per location; adds up to at least `quantity` when locations are pooled together at the end. */
  readonly byLocation: ReadonlyArray<{ readonly locationId: LocationId; readonly quantity: Quantity }>
  readonly pooled: Quantity
  readonly limiting: ReadonlyArray<LimitingComponent>
  readonly components: ReadonlyArray<LimitingComponent>
  readonly issues: ReadonlyArray<Issue>
}

/** Services and other kinds without stock, and kits of nothing else: as many as anybody wants; never published. */
export interface UnlimitedAvailable {
  readonly _tag: "Unlimited"
  readonly itemId: ItemId
  readonly issues: ReadonlyArray<Issue>
}

/** An item's availability. An archived item's is zero. */
export type Available = StockedAvailable | KitAvailable | UnlimitedAvailable

/** Computes every item of the input. */
export declare const compute: (input: AvailabilityInput) => ReadonlyMap<ItemId, Available>

/** Plain sentences that say why the number is what it is, down to the limiting component. */
export declare const explain: (available: Available, nameOf: (itemId: ItemId) => string) => ReadonlyArray<string>
