/**
 * Lists by page number, the only way most of V3's and the lists below an order can be read.
 *
 * A list that gets shorter under the reader moves rows to pages that were already read: then the reader steps back, so
 * that every row comes at least once. The number of pages is the shop's word; a shop that gives the same page again, or
 * more of them than {@link pagesMax}, has gone wrong and is not followed.
 */
import { Effect, Equal, Option, Stream } from "effect"
import { CartError, Undecodable } from "@stockport/core/ports/Cart"
import { nameOf, type Operation } from "./Operation.ts"
import type { Pagination } from "./Wire.ts"

/** The most pages of one list. */
export const pagesMax = 20_000

/** The most rows that V2 gives in a page. Its own default is 50, which cuts large orders short. */
export const sizeMaxV2 = 250

/** The most pages of a list below an order. */
const pagesOfOrderMax = 100

/** How often a reader steps back in one list. */
const stepsBackMax = 100

/** A page as V3 writes it. */
export interface Page<A> {
  readonly data: ReadonlyArray<A>
  readonly meta: { readonly pagination: Pagination }
}

interface Place {
  readonly page: number
  readonly total: number
  readonly stepsBack: number
  readonly before: ReadonlyArray<unknown>
}

/** A failure of a list that contradicts itself. */
export const contradiction = (operation: Operation, path: string, detail: string): CartError =>
  new CartError({ operation: nameOf(operation), reason: new Undecodable({ path, detail, excerpt: "" }) })

/** All rows of a list; `limit` is the page size that was asked for. */
export const all = <A, R>(
  operation: Operation,
  limit: number,
  read: (page: number) => Effect.Effect<Page<A>, CartError, R>
): Stream.Stream<A, CartError, R> =>
  Stream.paginate(
    { page: 1, total: 0, stepsBack: 0, before: [] },
    Effect.fnUntraced(function* ({ before, page, stepsBack, total: totalBefore }: Place) {
      const { data, meta } = yield* read(page)
      const { total, total_pages: pages } = meta.pagination
      const gone = total === null ? 0 : Math.max(0, totalBefore - total)
      const isShorter = page > 1 && gone > 0 && stepsBack < stepsBackMax
      if (!isShorter && data.length > 0 && Equal.equals(data, before)) {
        return yield* contradiction(operation, "body.data", `page ${page} is the same as the one before`)
      }
      if (page > pagesMax) {
        return yield* contradiction(operation, "body.meta.pagination", `there are more than ${pagesMax} pages`)
      }
      const isLast = data.length === 0 || (pages === null ? data.length < limit : page >= pages)
      const next: Place = {
        // Each row that is gone may have moved another one to the page before.
        page: isShorter ? Math.max(1, page - Math.ceil(gone / limit)) : page + 1,
        total: total ?? 0,
        stepsBack: stepsBack + (isShorter ? 1 : 0),
        before: isShorter ? [] : data
      }
      return [data, isLast && !isShorter ? Option.none<Place>() : Option.some(next)] as const
    })
  )

/** All rows of a list below an order: V2 says nothing of its pages, so a short one is the last. */
export const allOfOrder = <A, R>(
  operation: Operation,
  read: (query: { readonly limit: number; readonly page: number }) => Effect.Effect<ReadonlyArray<A>, CartError, R>
): Effect.Effect<ReadonlyArray<A>, CartError, R> =>
  Effect.gen(function* () {
    const rows: Array<A> = []
    for (let page = 1; page <= pagesOfOrderMax; page++) {
      const found = yield* read({ limit: sizeMaxV2, page })
      rows.push(...found)
      if (found.length < sizeMaxV2) return rows
    }
    return yield* contradiction(operation, "body", `there are more than ${pagesOfOrderMax} pages`)
  })
