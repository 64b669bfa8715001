/**
 * What can shoppers buy after our number is in? The shop itself keeps units back, switches a listing off at a location, or
 * sells beyond what it has: on hand is what we set, and what is on sale follows from it by the shop's own rules.
 */
import type { CartLocationId } from "../domain/CartLocationId.ts"
import type { Connection } from "../domain/Connection.ts"
import * as Issue from "../domain/Issue.ts"
import type { ListingKey } from "../domain/Listing.ts"

/** A level as far as it says what is on sale, in whole listings. */
export interface Shelf {
  readonly onHand: number
  /** Units that the shop itself keeps back. */
  readonly safetyStock?: number
  /** False: the shop sells none of it, whatever the numbers say. */
  readonly isInStock?: boolean
  /** How many units the shop sells beyond what it has, and how many of them are sold. */
  readonly backorderLimit?: number
  readonly backordered?: number
}

/** How many whole listings shoppers can buy at a location: on hand less what is kept back, and what may be backordered. */
export const shoppersCanBuy = (level: Shelf): number =>
  level.isInStock === false ? 0 : Math.max(0, level.onHand - keptBack(level)) + backorders(level)

/** Plain sentences from the published number to what shoppers can buy; none where the shop neither takes nor adds. */
export const explainShelf = (published: number, level: Shelf): ReadonlyArray<string> => {
  const parts = [
    ...(keptBack(level) > 0 ? [`the shop keeps back ${keptBack(level)}`] : []),
    ...(backorders(level) > 0 ? [`the shop sells ${backorders(level)} beyond what it has`] : []),
    ...(level.isInStock === false ? ["the shop has switched it off"] : [])
  ]
  if (parts.length === 0) return []
  const canBuy = shoppersCanBuy({ ...level, onHand: published })
  return [`Published ${published}, ${parts.join(", ")}, shoppers can buy ${canBuy}.`]
}

const keptBack = ({ safetyStock = 0 }: Shelf): number => Math.max(0, safetyStock)

const backorders = ({ backorderLimit = 0, backordered = 0 }: Shelf): number => Math.max(0, backorderLimit - backordered)

/** A number as it is published now, with the level that the shop says. */
export interface Shown {
  readonly key: ListingKey
  readonly cartLocationId: CartLocationId
  readonly published: number
  /** The rules that made the number. */
  readonly steps: ReadonlyArray<{ readonly rule: string }>
  readonly level: Shelf
}

/**
 * Whether the shop keeps back units against what the policy means: on top of a buffer of ours, of a number that the policy
 * promises, or so many that nothing is left to buy.
 */
export const isKeptBackTwice = ({ level, published, steps }: Shown): boolean =>
  keptBack(level) > 0 &&
  published > 0 &&
  (steps.some(({ rule }) => rule === "buffer" || rule === "minimum" || rule === "fixed") ||
    published <= keptBack(level))

/** Whether the shop sells none of what is published. */
export const isOffSale = ({ level, published }: Shown): boolean => level.isInStock === false && published > 0

/** Collects what contradicts a policy, by location; of each location the listings' keys are kept. */
export class Contradictions {
  readonly #keptBack = new Map<CartLocationId, Array<ListingKey>>()
  readonly #offSale = new Map<CartLocationId, Array<ListingKey>>()

  /** Looks at one number. */
  add(shown: Shown): void {
    if (isKeptBackTwice(shown)) append(this.#keptBack, shown)
    if (isOffSale(shown)) append(this.#offSale, shown)
  }

  /** One issue for each location and kind. */
  issues({ id: connectionId }: Pick<Connection, "id">): ReadonlyArray<Issue.Issue> {
    return [
      ...Array.from(this.#keptBack, ([cartLocationId, listingKeys]) =>
        Issue.shopKeepsBack({ connectionId, cartLocationId, listingKeys })
      ),
      ...Array.from(this.#offSale, ([cartLocationId, listingKeys]) =>
        Issue.shopOffSale({ connectionId, cartLocationId, listingKeys })
      )
    ]
  }
}

const append = (keys: Map<CartLocationId, Array<ListingKey>>, { cartLocationId, key }: Shown): void => {
  const known = keys.get(cartLocationId)
  if (known === undefined) keys.set(cartLocationId, [key])
  else known.push(key)
}
