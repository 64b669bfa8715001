/**
 * What keeps the shops in step with the stock: the sync itself, or a simple one to compare it with.
 */
import type { PublishPlan } from "@stockport/core/decide/Publishing"
import type { OrderId } from "@stockport/core/domain/Order"
import { Cart, isUnreadable } from "@stockport/core/ports/Cart"
import { Store } from "@stockport/core/ports/Store"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Import from "@stockport/core/sync/Import"
import * as Match from "@stockport/core/sync/Match"
import * as Reconcile from "@stockport/core/sync/Reconcile"
import { Clock, DateTime, Effect, Option, Stream } from "effect"
import * as Books from "./Books.ts"
import { nettableOf, type Shop, type World } from "./World.ts"

/** A shop as it is reached: with everything that can go wrong on the way. */
export interface Reached {
  readonly shop: Shop
  readonly store: Store["Service"]
  readonly cart: Cart["Service"]
}

/** Keeps shops in step. Each piece of work says whether it was done: somebody else may be at it. */
export interface Engine {
  readonly cycle: (
    reached: Reached,
    onPlan: (plan: PublishPlan) => Effect.Effect<void>
  ) => Effect.Effect<boolean, unknown>
  readonly hear: (reached: Reached, orderId: OrderId) => Effect.Effect<void, unknown>
  readonly reconcile: (reached: Reached) => Effect.Effect<boolean, unknown>
  readonly match: (reached: Reached) => Effect.Effect<void, unknown>
}

const within =
  ({ store, cart }: Reached) =>
  <A, E>(work: Effect.Effect<A, E, Store | Cart>): Effect.Effect<A, E> =>
    work.pipe(Effect.provideService(Store, store), Effect.provideService(Cart, cart))

/** The sync. */
export const sync: Engine = {
  cycle: (reached, onPlan) =>
    Effect.map(within(reached)(Cycle.run(reached.shop.connection.id, { onPlan })), Option.isSome),
  hear: (reached, orderId) => Effect.asVoid(within(reached)(Import.one(reached.shop.connection.id, orderId))),
  reconcile: (reached) => Effect.map(within(reached)(Reconcile.run(reached.shop.connection.id)), Option.isSome),
  match: (reached) =>
    within(reached)(
      Effect.flatMap(Match.plan(reached.shop.connection.id), (plan) => Match.apply(reached.shop.connection, plan))
    )
}

/**
 * What is often written first: every so often, on hand less what awaits fulfilment is pushed to every listing. It knows the
 * warehouse's stock, reads every shop's orders anew each time, and nothing else.
 */
export const naive = (world: World): Engine => {
  const push = ({ cart, shop }: Reached) =>
    Effect.gen(function* () {
      const rows = yield* Stream.runCollect(cart.orders({ _tag: "ModifiedSince", instant: DateTime.makeUnsafe(0) }))
      const awaiting = rows.flatMap((row) => (isUnreadable(row) || row.status !== "awaitingFulfilment" ? [] : [row]))
      const sold = new Map<string, number>()
      for (const line of awaiting.flatMap(({ lines }) => lines)) {
        const book = shop.links.get(
          line.variantId === null ? String(line.productId) : `${line.productId}/${line.variantId}`
        )
        if (book === undefined) continue
        const needs = Books.timesUnits(world.books.needsOf(book.link.itemId), book.link.unitsPerListing)
        for (const [itemId, need] of needs) {
          sold.set(itemId, (sold.get(itemId) ?? 0) + (line.quantity / Books.unit) * need)
        }
      }
      const onHand = yield* shelfStock(world)
      const updates = [...shop.links.values()]
        .filter(({ link }) => link.listing.tracking !== "none")
        .map(({ link }) => {
          const needs = Books.timesUnits(world.books.needsOf(link.itemId), link.unitsPerListing)
          const makes = [...needs].map(([id, need]) => ((onHand.get(id) ?? 0) - (sold.get(id) ?? 0)) / need)
          const quantity = Math.max(0, Math.floor(Math.min(...makes)))
          return { listing: link.listing, cartLocationId: shop.connection.publishTo[0].cartLocationId, quantity }
        })
      yield* cart.setStockLevels(updates)
    })
  return {
    cycle: (reached) => Effect.as(push(reached), true),
    hear: () => Effect.void,
    reconcile: (reached) => Effect.as(push(reached), true),
    match: () => Effect.void
  }
}

/** What is on the shelves that are for sale. */
const shelfStock = (world: World): Effect.Effect<ReadonlyMap<string, number>> =>
  Effect.map(Clock.currentTimeMillis, () => {
    const nettable = nettableOf(world)
    const left = world.books.left(Books.asBought(world.shops[0].connection.locationId))
    return new Map(
      world.business.stocked.map(({ id }) => [
        id,
        nettable.reduce((sum, place) => sum + world.books.onHand(id, place, left), 0)
      ])
    )
  })
