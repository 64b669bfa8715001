/**
 * Rows that come back spoilt: the store itself is sound, and what it answers of one order, product, variant or item is not
 * what is documented, for as long as a test says so.
 */
import { isRecord } from "./Json.ts"

/** Whose row is spoilt. */
export type SpoiltKind = "order" | "product" | "variant" | "item"

/** A place in a row, and what stands there; undefined leaves the key out. */
export interface SpoiltRow {
  readonly what: SpoiltKind
  /** The order's, product's or variant's id; of an item of stock its variant's, or its product's. */
  readonly id: number
  /** Keys and positions with dots between, such as `status_id` or `consignments.shipping.0.line_items.0.quantity`. */
  readonly path: string
  readonly value: unknown
}

/** How many rows can be spoilt at once. */
export const spoiltRowsMax = 1_000

const places: ReadonlyArray<readonly [SpoiltKind, RegExp]> = [
  ["order", /^GET \/v2\/orders(\/\{order_id\})?$/],
  ["product", /^GET \/v3\/catalog\/products(\/\{product_id\})?$/],
  ["variant", /^GET \/v3\/catalog\/variants$/],
  ["item", /^GET \/v3\/inventory\/(locations\/\{location_id\}\/)?items$/]
]

/** The spoilt rows of a store. */
export class SpoiltRows {
  #rows: ReadonlyArray<SpoiltRow> = []

  /** Spoils a row; the answer takes it back. */
  add(row: SpoiltRow): () => void {
    if (this.#rows.length >= spoiltRowsMax) throw new RangeError(`There can be ${spoiltRowsMax} spoilt rows`)
    this.#rows = [...this.#rows, row]
    return () => void (this.#rows = this.#rows.filter((other) => other !== row))
  }

  clear(): void {
    this.#rows = []
  }

  /** The rows that are spoilt now. */
  all(): ReadonlyArray<SpoiltRow> {
    return this.#rows
  }

  /** An operation's body with its spoilt rows. */
  apply(operation: string, body: unknown): unknown {
    const what = places.find(([, pattern]) => pattern.test(operation))?.[0]
    const rows = this.#rows.filter((row) => row.what === what)
    if (rows.length === 0) return body
    if (Array.isArray(body)) return body.map((row: unknown) => spoil(row, rows))
    if (!isRecord(body) || !("data" in body)) return spoil(body, rows)
    const { data } = body
    return { ...body, data: Array.isArray(data) ? data.map((row: unknown) => spoil(row, rows)) : spoil(data, rows) }
  }
}

const spoil = (row: unknown, rows: ReadonlyArray<SpoiltRow>): unknown =>
  rows.filter(({ id }) => isOf(row, id)).reduce((spoilt, { path, value }) => put(spoilt, path.split("."), value), row)

const isOf = (row: unknown, id: number): boolean => {
  if (!isRecord(row)) return false
  const { identity } = row
  if (!isRecord(identity)) return row["id"] === id
  return identity["variant_id"] === id || (identity["variant_id"] === 0 && identity["product_id"] === id)
}

/** The same value with another one at a path. */
const put = (value: unknown, path: ReadonlyArray<string>, other: unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return other
  if (Array.isArray(value))
    return value.map((entry: unknown, at) => (String(at) === key ? put(entry, rest, other) : entry))
  const record = isRecord(value) ? value : {}
  return { ...record, [key]: put(record[key], rest, other) }
}
