/**
 * The order of listings by key: as numbers where all keys are made of numbers, else as text.
 *
 * Shops give ids as rising numbers, so that this is the order in which they list. It depends on the set of keys and
 * never on the order they came in. Numbers are sorted digit by digit, in time linear in their count: a catalogue of a
 * million rows is put in order in a fraction of what comparing texts would take.
 */
import { Order } from "effect"
import type { ListingKey } from "./Listing.ts"

/** Rows in the order of their keys, those of the same key side by side, and whether there are such rows. */
export interface InOrder<A> {
  /** The array that was given when it is in order already. */
  readonly rows: ReadonlyArray<A>
  readonly hasRepeats: boolean
}

/** Puts rows in the order of their keys. */
export const inOrderOfKey = <A>(rows: ReadonlyArray<A>, keyOf: (row: A) => ListingKey): InOrder<A> => {
  const numbers = numbersOf(rows, keyOf)
  if (numbers === null) {
    const sorted = rows.toSorted(Order.mapInput(Order.String, keyOf))
    return { rows: sorted, hasRepeats: sorted.some((row, at) => at > 0 && keyOf(sorted[at - 1]!) === keyOf(row)) }
  }
  const places = isAscending(numbers) ? null : placesInOrder(numbers)
  const sorted = places === null ? rows : Array.from(places, (place) => rows[place]!)
  return { rows: sorted, hasRepeats: hasRepeats(numbers, places) }
}

/** Whether two neighbours have the same numbers. Read from the numbers: the rows lie all over the memory. */
const hasRepeats = ({ product, variant }: KeyNumbers, places: Uint32Array | null): boolean => {
  let before = places === null ? 0 : places[0]!
  for (let at = 1; at < product.length; at++) {
    const here = places === null ? at : places[at]!
    if (product[before] === product[here] && variant[before] === variant[here]) return true
    before = here
  }
  return false
}

/** The two numbers of each key: the product's, and the variant's plus one, or zero where there is none. */
interface KeyNumbers {
  readonly product: Uint32Array
  readonly variant: Uint32Array
}

/** Larger numbers, and ids that are none, are compared as text. */
const numberMax = 2 ** 32 - 2

/** Null when some key is not made of plain numbers. */
const numbersOf = <A>(rows: ReadonlyArray<A>, keyOf: (row: A) => ListingKey): KeyNumbers | null => {
  const product = new Uint32Array(rows.length)
  const variant = new Uint32Array(rows.length)
  for (let row = 0; row < rows.length; row++) {
    const key = keyOf(rows[row]!)
    const slash = key.indexOf("/")
    const left = numberIn(key, 0, slash === -1 ? key.length : slash)
    const right = slash === -1 ? -1 : numberIn(key, slash + 1, key.length)
    if (left === notPlain || right === notPlain) return null
    product[row] = left
    variant[row] = right + 1
  }
  return { product, variant }
}

const notPlain = -2

/** A decimal number written without sign and leading zeros, so that different texts are different numbers. */
const numberIn = (text: string, from: number, to: number): number => {
  if (from === to || (text.charCodeAt(from) === zeroDigit && to - from > 1)) return notPlain
  let number = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - zeroDigit
    if (digit < 0 || digit > 9) return notPlain
    number = number * 10 + digit
    if (number > numberMax) return notPlain
  }
  return number
}

const zeroDigit = 48

const isAscending = ({ product, variant }: KeyNumbers): boolean => {
  for (let row = 1; row < product.length; row++) {
    const before = product[row - 1]!
    const here = product[row]!
    if (before > here || (before === here && variant[row - 1]! > variant[row]!)) return false
  }
  return true
}

/** Sorts by the variants' numbers, then, keeping that order among equals, by the products'. */
const placesInOrder = ({ product, variant }: KeyNumbers): Uint32Array => {
  let places = new Uint32Array(product.length)
  for (let row = 0; row < places.length; row++) places[row] = row
  for (const numbers of [variant, product]) places = sortBy(numbers, places)
  return places
}

/** How many bits of a number are sorted by at a time. */
const digitBits = 11
const digitMask = 2 ** digitBits - 1

/** Radix sort, lowest digit first; each pass keeps the order of the one before among equal digits. */
const sortBy = (numbers: Uint32Array, places: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
  let largest = 0
  for (const number of numbers) if (number > largest) largest = number
  let from = places
  let to = new Uint32Array(places.length)
  for (let shift = 0; shift < 32 && largest >>> shift > 0; shift += digitBits) {
    const starts = new Uint32Array(digitMask + 2)
    for (let at = 0; at < from.length; at++) starts[((numbers[from[at]!]! >>> shift) & digitMask) + 1]! += 1
    for (let digit = 1; digit < starts.length; digit++) starts[digit]! += starts[digit - 1]!
    for (let at = 0; at < from.length; at++) {
      const place = from[at]!
      to[starts[(numbers[place]! >>> shift) & digitMask]!++] = place
    }
    ;[from, to] = [to, from]
  }
  return from
}
