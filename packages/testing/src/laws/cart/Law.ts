/**
 * A law about carts: one sentence, and the effect that tries to break it in a world of its own.
 */
import { assert } from "@effect/vitest"
import type { Listing, ListingKey } from "@stockport/core/domain/Listing"
import type { Order, OrderId } from "@stockport/core/domain/Order"
import { Cart, CartError, isUnreadable, type Unreadable } from "@stockport/core/ports/Cart"
import { DateTime, Effect, type Exit, Option, Stream } from "effect"
import { CartWorld } from "../CartWorld.ts"

/** What a law may count on. */
export interface Bounds {
  /** More rows than one page of a list holds, or as many as the world can bear. */
  readonly rows: number
  /** More levels than one request carries, or as many as the world can bear. */
  readonly levels: number
}

/** One sentence and its proof. */
export interface CartLaw {
  readonly sentence: string
  readonly holds: (bounds: Bounds) => Effect.Effect<void, unknown, Cart | CartWorld>
}

/** Writes down a law whose proof gets the cart, its world and the bounds. */
export const law = (
  sentence: string,
  proof: (
    cart: Cart["Service"],
    world: CartWorld["Service"],
    bounds: Bounds
  ) => Generator<Effect.Effect<unknown, unknown, Cart | CartWorld>, void, never>
): CartLaw => ({
  sentence,
  holds: (bounds) =>
    Effect.gen(function* () {
      const cart = yield* Cart
      const world = yield* CartWorld
      yield* Effect.gen(() => proof(cart, world, bounds))
    })
})

/** Everything that a stream gives. */
export const collected = <A, E, R>(stream: Stream.Stream<A, E, R>): Effect.Effect<ReadonlyArray<A>, E, R> =>
  Stream.runCollect(stream)

/** Every row that a stream gives; all of them have to be readable. */
export const readable = <A extends object, E, R>(
  stream: Stream.Stream<A | Unreadable, E, R>
): Effect.Effect<ReadonlyArray<A>, E, R> => Effect.map(collected(stream), (rows) => rows.map(asRead))

/** A row that has to be readable. */
export const asRead = <A extends object>(row: A | Unreadable): A =>
  isUnreadable(row) ? assert.fail(`the cart cannot read ${row.what} ${row.id}: ${row.path}: ${row.expected}`) : row

/** One order that has to be there and readable. */
export const orderOf = Effect.fnUntraced(function* (id: OrderId) {
  const cart = yield* Cart
  const row: Order = asRead(Option.getOrThrow(yield* cart.order(id)))
  return row
})

/** The second that it is in the shop; shops do not stamp changes any finer. */
export const thisSecond = Effect.gen(function* () {
  const world = yield* CartWorld
  return DateTime.startOf(yield* world.now, "second")
})

/** Products with plain SKUs and some stock. */
export const products = (count: number, prefix = "LAW") =>
  Array.from({ length: count }, (_, index) => ({ sku: `${prefix}-${index}`, level: index }))

/** The cart's rows of these listings, in this order. */
export const listingsOf = Effect.fnUntraced(function* (keys: ReadonlyArray<ListingKey>) {
  const cart = yield* Cart
  const rows = new Map((yield* readable(cart.listings)).map((row) => [row.key, row]))
  return keys.map((key): Listing => {
    const row = rows.get(key)
    if (row === undefined) assert.fail(`the cart does not give listing ${key}`)
    return row
  })
})

/** Asserts that an effect fails with a cart's error, and gives it. */
export const failed = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<CartError, A, R> =>
  Effect.map(Effect.flip(effect), cartErrorOf)

/** The value of an exit; if it failed, asserts that it said that another try may help. */
export const valueOrRetryable = <A, E>(exit: Exit.Exit<A, E>): A | null => {
  if (exit._tag === "Success") return exit.value
  const [reason] = exit.cause.reasons
  if (reason?._tag !== "Fail") assert.fail(`not a typed failure: ${String(exit.cause)}`)
  const error = cartErrorOf(reason.error)
  assert.isTrue(error.retryable, error.message)
  return null
}

const cartErrorOf = (error: unknown): CartError => {
  assert.instanceOf(error, CartError)
  assert.isNotEmpty(error.operation)
  assert.isNotEmpty(error.message)
  return error
}
