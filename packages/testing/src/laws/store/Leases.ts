/**
 * What runs exclusively knows its lease, and nothing is written under a lease that has ended.
 */
import { assert } from "@effect/vitest"
import { of } from "@stockport/core/domain/Quantity"
import { confirm, Lease } from "@stockport/core/ports/Lease"
import { Store, StoreError } from "@stockport/core/ports/Store"
import { DateTime, Deferred, Duration, Effect, Fiber, Option } from "effect"
import { candle, closedShop, movement, main, open, shop, termOf } from "./Fixture.ts"
import { type Law, law } from "./Law.ts"

/** The longest that a write may take under any lease: whoever holds one for longer is not to be waited for. */
const leaseMax = Duration.minutes(5)

const cursor = { modifiedSince: DateTime.makeUnsafe("2026-03-01T00:00:00Z") }

const lost = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), (error) => {
    assert.instanceOf(error, StoreError)
    assert.strictEqual(error.reason._tag, "LeaseLost", error.message)
    assert.isTrue(error.retryable)
  })

/** A fiber that goes on under a lease after the effect that the lease was given to has ended. */
const survivor = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const store = yield* Store
    const ended = yield* Deferred.make<void>()
    const forked = yield* store.connections.exclusively(
      shop.id,
      Effect.forkDetach(Effect.andThen(Deferred.await(ended), effect))
    )
    yield* Deferred.succeed(ended, undefined)
    return yield* Fiber.join(Option.getOrThrow(forked))
  })

/** The laws of leases. */
export const leases: ReadonlyArray<Law> = [
  law("what runs exclusively finds its lease, and every lease has a token of its own", function* (store) {
    yield* open
    assert.isNull(yield* Effect.service(Lease))
    const token = Effect.map(Effect.service(Lease), (lease) => lease?.token)
    const first = yield* store.connections.exclusively(shop.id, token)
    const second = yield* store.connections.exclusively(shop.id, token)
    assert.isString(Option.getOrThrow(first))
    assert.isString(Option.getOrThrow(second))
    assert.notStrictEqual(Option.getOrThrow(first), Option.getOrThrow(second))
    assert.isNull(yield* Effect.service(Lease))
  }),

  law("a held lease can be confirmed, for a bounded time", function* (store) {
    yield* open
    const left = Option.getOrThrow(yield* store.connections.exclusively(shop.id, confirm))
    assert.isNotNull(left)
    assert.isTrue(Duration.isGreaterThan(left ?? Duration.zero, Duration.seconds(1)))
    assert.isTrue(Duration.isLessThan(left ?? Duration.infinity, leaseMax))
  }),

  law("who confirms a lease, or writes under it, goes on holding it", function* (store) {
    yield* open
    const other = store.connections.exclusively(shop.id, Effect.void)
    const asked = Effect.gen(function* () {
      yield* confirm
      const afterConfirming = yield* other
      yield* store.connections.setCursor(shop.id, cursor)
      return [afterConfirming, yield* other]
    })
    const none = [Option.none(), Option.none()]
    assert.deepStrictEqual(yield* store.connections.exclusively(shop.id, asked), Option.some(none))
    assert.deepStrictEqual(yield* other, Option.some(undefined))
  }),

  law("what goes on after its lease has ended cannot confirm it", function* () {
    yield* open
    const error = yield* survivor(Effect.flip(confirm))
    assert.strictEqual(error._tag, "LeaseLost")
  }),

  law(
    "what has lost its lease may still leave word for the next holder, as anybody may: without a lease",
    function* (store) {
      yield* open
      const mark = store.publications.mark(shop.id, [candle.id], true)
      yield* survivor(lost(mark))
      yield* survivor(Effect.provideService(mark, Lease, null))
      const [left] = yield* store.publications.dirty(shop.id, 1)
      assert.deepInclude(left, { itemId: candle.id, resend: true })
    }
  ),

  law("what goes on after its lease has ended writes nothing, in a transaction or out of it", function* (store) {
    yield* open
    const receive = store.stock.record([movement("r1", candle, main, 1)])
    yield* survivor(lost(receive))
    yield* survivor(lost(store.transaction(Effect.andThen(receive, store.connections.setCursor(shop.id, cursor)))))
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(0))
    assert.deepStrictEqual(yield* store.connections.cursor(shop.id), Option.none())
  }),

  law("a lease inside another one needs both", function* (store) {
    yield* open
    const both = store.connections.exclusively(
      shop.id,
      store.connections.exclusively(closedShop.id, store.connections.setCursor(shop.id, cursor))
    )
    yield* both
    assert.deepStrictEqual(yield* store.connections.cursor(shop.id), Option.some(cursor))
    const inner = store.connections.exclusively(closedShop.id, store.stock.record([movement("r1", candle, main, 1)]))
    yield* survivor(lost(inner))
  })
]
