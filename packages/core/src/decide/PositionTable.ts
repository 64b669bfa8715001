/**
 * Positions of a large catalogue in columns: one row for each item and location, one column for each term that any
 * position uses.
 *
 * Items and locations are ordinals here. An item's rows are a list in order of `rank`, so that they add up in the same
 * order wherever they came from. A row's share is what it counts for, as whoever folds the row has left it there. Share,
 * location and next row stand side by side in memory: whoever counts kits reads nothing else, and reads it at random.
 */
import { positionTerms } from "./Availability.ts"
import type { PositionTerms } from "../domain/Position.ts"

const none = -1
const rowsMin = 64
const bytesPerRow = 16

/** Rows of terms; grows by doubling and never shrinks. */
export class PositionTable {
  /** How many rows there are. */
  size = 0
  /** The item of each row. */
  item = new Int32Array(0)
  /** A column for each term in the order of `positionTerms`; null until a position uses the term. */
  readonly columns: Array<Float64Array<ArrayBuffer> | null> = positionTerms.map(() => null)
  #first = new Int32Array(0)
  /** Of each row: its share in the first eight bytes, then its location and the item's next row in four each. */
  #shares = new Float64Array(0)
  #links = new Int32Array(0)

  /** The first row of an item, or -1. */
  first(item: number): number {
    return this.#first[item] ?? none
  }

  /** The row after this one, of the same item, or -1. */
  next(row: number): number {
    return this.#links[row * 4 + 3]!
  }

  location(row: number): number {
    return this.#links[row * 4 + 2]!
  }

  share(row: number): number {
    return this.#shares[row * 2]!
  }

  setShare(row: number, share: number): void {
    this.#shares[row * 2] = share
  }

  /** Makes room for the ordinals below `items` and for `rows` rows. */
  reserve(items: number, rows: number): void {
    this.#first = grownInt32(this.#first, items, none)
    if (rows <= this.item.length) return
    this.item = grownInt32(this.item, rows, none)
    const cells = new ArrayBuffer(rows * bytesPerRow)
    const links = new Int32Array(cells)
    links.set(this.#links)
    this.#links = links
    this.#shares = new Float64Array(cells)
    this.columns.forEach((column, term) => {
      if (column !== null) this.columns[term] = grownFloat64(column, rows)
    })
  }

  /** The row of an item at a location, made when there is none; `rank` orders locations. */
  rowAt(item: number, location: number, rank: ArrayLike<number>): number {
    let before = none
    let row = this.first(item)
    while (row !== none && rank[this.location(row)]! < rank[location]!) {
      before = row
      row = this.next(row)
    }
    if (row !== none && this.location(row) === location) return row
    const made = this.size++
    if (this.size > this.item.length) this.reserve(item + 1, Math.max(rowsMin, this.item.length * 2))
    this.item[made] = item
    this.#links[made * 4 + 2] = location
    this.#links[made * 4 + 3] = row
    if (before === none) this.#first[item] = made
    else this.#links[before * 4 + 3] = made
    return made
  }

  /** Puts all the terms of a position into a row. */
  set(row: number, position: PositionTerms): void {
    for (let term = 0; term < positionTerms.length; term++) {
      const quantity = position[positionTerms[term]!]
      const column = this.columns[term]
      if (column != null) column[row] = quantity
      else if (quantity !== 0) {
        const made = new Float64Array(this.item.length)
        made[row] = quantity
        this.columns[term] = made
      }
    }
  }

  /** Bytes in use. */
  get bytes(): number {
    const columns = this.columns.reduce((bytes, column) => bytes + (column?.byteLength ?? 0), 0)
    return columns + this.item.byteLength + this.#links.byteLength + this.#first.byteLength
  }
}

/** A longer copy, filled up with `fill`; the same array when it is long enough. */
export const grownInt32 = (array: Int32Array<ArrayBuffer>, length: number, fill: number): Int32Array<ArrayBuffer> => {
  if (length <= array.length) return array
  const grown = new Int32Array(length)
  grown.set(array)
  grown.fill(fill, array.length)
  return grown
}

/** A longer copy, filled up with zeros; the same array when it is long enough. */
export const grownFloat64 = (array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> => {
  if (length <= array.length) return array
  const grown = new Float64Array(length)
  grown.set(array)
  return grown
}
