/**
 * Lists of any length, read page by page in key order: each page is one statement, and none is kept.
 */
import { pageLimitMax, type StoreError } from "@stockport/core/ports/Store"
import { Effect, Option, Stream } from "effect"

/** A stream over pages; `page` answers the rows after a key, at most {@link pageLimitMax}. */
export const keysetStream = <A, K>(
  page: (after: K | null) => Effect.Effect<ReadonlyArray<A>, StoreError>,
  keyOf: (row: A) => K
): Stream.Stream<A, StoreError> =>
  Stream.paginate(null as K | null, (after) =>
    Effect.map(page(after), (rows) => {
      const last = rows.at(-1)
      return [
        rows,
        rows.length < pageLimitMax || last === undefined ? Option.none() : Option.some(keyOf(last))
      ] as const
    })
  )

/** How many rows a page asked for may hold. */
export const limitOf = (limit: number): string => String(Math.max(0, Math.min(Math.trunc(limit), pageLimitMax)))
