/**
 * What the shops ought to show, worked out in the plainest way from positions that are known to be true: no index, no
 * increments, and nothing shared with the decisions that it judges.
 */
import { type Books, unit } from "./Books.ts"

/** What is on a shelf, and what speaks against it, of one item at one location. */
export interface Shelf {
  readonly itemId: string
  readonly locationId: string
  readonly onHand: number
  readonly against: number
}

/** All shelves, and the locations whose stock is for sale. */
export interface Shelves {
  readonly shelves: ReadonlyArray<Shelf>
  readonly nettable: ReadonlyArray<string>
}

/** How a shop's numbers are made: the rules that the simulated businesses use. */
export interface Rules {
  readonly buffer: number
  readonly percentage: number
  readonly maximum: number | null
  /** Where the parts of one kit may come from. */
  readonly kitPooling: "pooled" | "perLocation"
  /** The locations that feed the shop; null for all whose stock is for sale. */
  readonly feeding: ReadonlyArray<string> | null
}

/** What a listing sells. */
export interface Sells {
  readonly itemId: string
  readonly units: number
}

/** What a listing ought to show. */
export const numberOf = (sells: Sells, books: Books, stock: Shelves, rules: Rules): number => {
  const { buffer, percentage, maximum } = rules
  const less = Math.max(0, wholeListings(sells, books, stock, rules) - buffer)
  const share = Math.floor((less * percentage) / 100)
  return maximum === null ? share : Math.min(share, maximum)
}

/** Whole listings that can be made, before any rule. */
export const wholeListings = (
  { itemId, units }: Sells,
  books: Books,
  stock: Shelves,
  { feeding, kitPooling }: Pick<Rules, "feeding" | "kitPooling">
): number => {
  const item = books.items.get(itemId)
  if (item === undefined || item.archived) return 0
  const needs = books.needsOf(itemId)
  const over = (fed: ReadonlyArray<string>): number => {
    const total = (id: string) => availableAt(books, stock, id, fed)
    if (item.kind !== "kit") return Math.max(0, total(itemId))
    const pooled = makes(needs, total)
    if (kitPooling === "pooled") return pooled * unit
    const single = fed.map((location) => makes(needs, (id) => availableIn(books, stock, id, location)))
    return (
      Math.min(
        pooled,
        single.reduce((sum, kits) => sum + kits, 0)
      ) * unit
    )
  }
  // What another shop has sold beyond its own stock is missing here too.
  const everywhere = over(stock.nettable)
  const own = feeding === null ? everywhere : over(feeding.filter((id) => stock.nettable.includes(id)))
  return Math.floor(Math.min(own, everywhere) / units)
}

/** Whole listings that some locations make by themselves, each with what is there: never more than all together. */
export const madeAt = (
  sells: Sells,
  books: Books,
  stock: Shelves,
  rules: Pick<Rules, "feeding" | "kitPooling">,
  places: ReadonlyArray<string>
): number => {
  const item = books.items.get(sells.itemId)
  const needs = books.needsOf(sells.itemId)
  const made = places.map((place) =>
    item?.kind === "kit"
      ? makes(needs, (id) => availableIn(books, stock, id, place)) * unit
      : availableIn(books, stock, sells.itemId, place)
  )
  const sum = made.reduce((total, one) => total + one, 0)
  return Math.min(wholeListings(sells, books, stock, rules), Math.max(0, Math.floor(sum / sells.units)))
}

/** On hand where the shop is fed from, less what speaks against it there and at places whose stock is not for sale. */
const availableAt = (
  books: Books,
  { shelves, nettable }: Shelves,
  itemId: string,
  fed: ReadonlyArray<string>
): number =>
  shelves
    .filter((shelf) => shelf.itemId === itemId)
    .reduce((sum, { locationId, onHand, against }) => {
      if (fed.includes(locationId)) return sum + (isArchived(books, itemId) ? 0 : onHand) - against
      return nettable.includes(locationId) ? sum : sum - against
    }, 0)

const availableIn = (books: Books, { shelves }: Shelves, itemId: string, location: string): number =>
  shelves
    .filter((shelf) => shelf.itemId === itemId && shelf.locationId === location)
    .reduce((sum, { onHand, against }) => sum + (isArchived(books, itemId) ? 0 : onHand) - against, 0)

const isArchived = (books: Books, itemId: string): boolean => books.items.get(itemId)?.archived ?? false

const makes = (needs: ReadonlyMap<string, number>, availableFor: (itemId: string) => number): number =>
  needs.size === 0
    ? 0
    : Math.max(0, Math.min(...[...needs].map(([itemId, need]) => Math.floor(availableFor(itemId) / need))))
