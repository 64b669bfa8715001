/**
 * Finds rows by SKU without holding a million strings: an open-addressing table of row numbers, four bytes a row at half
 * load, whose strings are asked for again when a hash meets. Several rows may carry one SKU; blank SKUs are not indexed.
 */

const vacant = 0
const removed = 0xffffffff

const hashOf = (sku: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < sku.length; at++) hash = Math.imul(hash ^ sku.charCodeAt(at), 0x01000193)
  hash ^= hash >>> 15
  return Math.imul(hash, 0x2c1b3c6d) >>> 0
}

/** Rows by SKU. */
export class SkuIndex {
  readonly #skuOf: (row: number) => string
  #table: Uint32Array
  #used = 0

  /** An index for about that many rows; `skuOf` gives the present SKU of a row. */
  constructor(rows: number, skuOf: (row: number) => string) {
    this.#skuOf = skuOf
    let size = 16
    while (size < rows * 2) size *= 2
    this.#table = new Uint32Array(size)
  }

  add(row: number, sku: string): void {
    if (sku === "") return
    if (this.#used * 10 > this.#table.length * 7) this.#grow()
    const mask = this.#table.length - 1
    let place = hashOf(sku) & mask
    while (this.#table[place] !== vacant && this.#table[place] !== removed) place = (place + 1) & mask
    if (this.#table[place] === vacant) this.#used++
    this.#table[place] = row + 1
  }

  remove(row: number, sku: string): void {
    if (sku === "") return
    const mask = this.#table.length - 1
    for (let place = hashOf(sku) & mask; this.#table[place] !== vacant; place = (place + 1) & mask) {
      if (this.#table[place] === row + 1) {
        this.#table[place] = removed
        return
      }
    }
  }

  /** The rows whose SKU is exactly this text, in ascending order. */
  find(sku: string): ReadonlyArray<number> {
    if (sku === "") return []
    const rows: Array<number> = []
    const mask = this.#table.length - 1
    for (let place = hashOf(sku) & mask; ; place = (place + 1) & mask) {
      const entry = this.#table[place] ?? vacant
      if (entry === vacant) break
      if (entry !== removed && this.#skuOf(entry - 1) === sku) rows.push(entry - 1)
    }
    return rows.sort((left, right) => left - right)
  }

  #grow(): void {
    const old = this.#table
    this.#table = new Uint32Array(old.length * 2)
    this.#used = 0
    for (const entry of old) if (entry !== vacant && entry !== removed) this.add(entry - 1, this.#skuOf(entry - 1))
  }
}
