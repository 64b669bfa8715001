/**
 * Positions of a large catalogue in columns: one row for each item and location, one column for each term that any
 * position uses.
 *
 * Items and locations are ordinals here. An item's rows are a list in order of `rank`, so that they add up in the same
 * order wherever they came from. `share` holds what the row counts for, as whoever folds the row has left it there.
 */
import { positionTerms } from "./Availability.ts"
import type { PositionTerms } from "../domain/Position.ts"

const none = -1

/** Rows of terms; grows by doubling and never shrinks. */
export class PositionTable {
  /** How many rows there are. */
  size = 0
  item = new Int32Array(0)
  location = new Int32Array(0)
  next = new Int32Array(0)
  share = new Float64Array(0)
  /** A column for each term in the order of `positionTerms`; null until a position uses the term. */
  readonly columns: Array<Float64Array<ArrayBuffer> | null> = positionTerms.map(() => null)
  #first = new Int32Array(0)

  /** The first row of an item, or -1; `next` leads to the others. */
  first(item: number): number {
    return this.#first[item] ?? none
  }

  /** Makes room for the ordinals below `items` and for `rows` rows. */
  reserve(items: number, rows: number): void {
    if (items > this.#first.length) this.#first = grownInt32(this.#first, items, none)
    if (rows <= this.item.length) return
    this.item = grownInt32(this.item, rows, none)
    this.location = grownInt32(this.location, rows, none)
    this.next = grownInt32(this.next, rows, none)
    this.share = grownFloat64(this.share, rows)
    this.columns.forEach((column, term) => {
      if (column !== null) this.columns[term] = grownFloat64(column, rows)
    })
  }

  /** The row of an item at a location, made when there is none; `rank` orders locations. */
  rowAt(item: number, location: number, rank: ArrayLike<number>): number {
    let before = none
    let row = this.first(item)
    while (row !== none && rank[this.location[row]!]! < rank[location]!) {
      before = row
      row = this.next[row]!
    }
    if (row !== none && this.location[row] === location) return row
    const made = this.size++
    this.reserve(item + 1, this.size > this.item.length ? Math.max(rowsMin, this.item.length * 2) : this.size)
    this.item[made] = item
    this.location[made] = location
    this.next[made] = row
    if (before === none) this.#first[item] = made
    else this.next[before] = made
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
    const rows = this.item.byteLength + this.location.byteLength + this.next.byteLength + this.share.byteLength
    return columns + rows + this.#first.byteLength
  }
}

const rowsMin = 64

/** A longer copy, filled up with `fill`. */
export const grownInt32 = (array: Int32Array<ArrayBuffer>, length: number, fill: number): Int32Array<ArrayBuffer> => {
  if (length <= array.length) return array
  const grown = new Int32Array(length)
  grown.set(array)
  if (fill !== 0) grown.fill(fill, array.length)
  return grown
}

/** A longer copy, filled up with zeros. */
export const grownFloat64 = (array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> => {
  if (length <= array.length) return array
  const grown = new Float64Array(length)
  grown.set(array)
  return grown
}
