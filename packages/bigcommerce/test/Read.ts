/**
 * Rows of a cart that a test expects to be readable.
 */
import { assert } from "@effect/vitest"
import type { Order, OrderId } from "@stockport/core/domain/Order"
import { Cart, isUnreadable, type Unreadable } from "@stockport/core/ports/Cart"
import { Effect, Option, Stream } from "effect"

/** A row that has to be readable. */
export const asRead = <A extends object>(row: A | Unreadable): A =>
  isUnreadable(row) ? assert.fail(`${row.what} ${row.id}: ${row.path}: ${row.expected}`) : row

/** All rows of a stream, each of them readable. */
export const readable = <A extends object, E, R>(
  stream: Stream.Stream<A | Unreadable, E, R>
): Effect.Effect<ReadonlyArray<A>, E, R> => Effect.map(Stream.runCollect(stream), (rows) => rows.map(asRead))

/** One order that has to be there and readable. */
export const orderOf = Effect.fnUntraced(function* (id: string) {
  const cart = yield* Cart
  const row: Order = asRead(Option.getOrThrow(yield* cart.order(id as OrderId)))
  return row
})
