/**
 * What happens inside `transaction` happens wholly or not at all, and no one else sees half of it.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { candle, clean, dirtyIds, main, movement, open, shop, termOf } from "./Fixture.ts"
import { type Law, law } from "./Law.ts"
import { of } from "@stockport/core/domain/Quantity"

const onHand = termOf(candle, main, "onHand")

/** The laws of `transaction`. */
export const transactions: ReadonlyArray<Law> = [
  law("a transaction that succeeds has written everything", function* (store) {
    yield* open
    const answer = yield* store.transaction(
      Effect.gen(function* () {
        yield* store.stock.record([movement("r1", candle, main, 2)])
        yield* store.stock.record([movement("r2", candle, main, 3)])
        return "both"
      })
    )
    assert.strictEqual(answer, "both")
    assert.strictEqual(yield* onHand, of(5))
  }),

  law("a transaction that fails has written nothing, and fails with its own error", function* (store) {
    yield* open
    const exit = yield* Effect.exit(
      store.transaction(
        Effect.andThen(store.stock.record([movement("r1", candle, main, 2)]), Effect.fail("changed my mind"))
      )
    )
    assert.deepStrictEqual(exit, Exit.fail("changed my mind"))
    assert.strictEqual(yield* onHand, of(0))
  }),

  law("a transaction that dies has written nothing", function* (store) {
    yield* open
    const exit = yield* Effect.exit(
      store.transaction(Effect.andThen(store.stock.record([movement("r1", candle, main, 2)]), Effect.die("a bug")))
    )
    assert.isTrue(Exit.isFailure(exit))
    assert.strictEqual(yield* onHand, of(0))
  }),

  law("a transaction that is interrupted has written nothing, and the next one goes ahead", function* (store) {
    yield* open
    const written = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkChild(
      store.transaction(
        Effect.gen(function* () {
          yield* store.stock.record([movement("r1", candle, main, 2)])
          yield* Deferred.succeed(written, undefined)
          return yield* Effect.never
        })
      )
    )
    yield* Deferred.await(written)
    yield* Fiber.interrupt(fiber)
    assert.strictEqual(yield* onHand, of(0))
    yield* store.transaction(store.stock.record([movement("r1", candle, main, 4)]))
    assert.strictEqual(yield* onHand, of(4))
  }),

  law("a transaction sees what it has written; nobody else does until it ends", function* (store) {
    yield* open
    const written = yield* Deferred.make<void>()
    const looked = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkChild(
      store.transaction(
        Effect.gen(function* () {
          yield* store.stock.record([movement("r1", candle, main, 2)])
          const seenInside = yield* onHand
          yield* Deferred.succeed(written, undefined)
          yield* Deferred.await(looked)
          return seenInside
        })
      )
    )
    yield* Deferred.await(written)
    const seenOutside = yield* onHand
    yield* Deferred.succeed(looked, undefined)
    assert.strictEqual(yield* Fiber.join(fiber), of(2))
    assert.strictEqual(seenOutside, of(0))
    assert.strictEqual(yield* onHand, of(2))
  }),

  law("a transaction inside another is undone with it", function* (store) {
    yield* open
    yield* Effect.exit(
      store.transaction(
        Effect.andThen(
          store.transaction(store.stock.record([movement("r1", candle, main, 2)])),
          Effect.fail("changed my mind")
        )
      )
    )
    assert.strictEqual(yield* onHand, of(0))
  }),

  law("a transaction that fails inside another is undone alone, and the other may go on", function* (store) {
    yield* open
    yield* store.transaction(
      Effect.gen(function* () {
        yield* store.stock.record([movement("r1", candle, main, 2)])
        const inner = store.transaction(
          Effect.andThen(store.stock.record([movement("r2", candle, main, 7)]), Effect.fail("not this one"))
        )
        yield* Effect.exit(inner)
        yield* store.stock.record([movement("r3", candle, main, 1)])
      })
    )
    assert.strictEqual(yield* onHand, of(3))
  }),

  law("a refusal inside a transaction can be answered there", function* (store) {
    yield* open
    const answered = yield* store.transaction(
      store.stock.record([movement("r1", { ...candle, id: "nothing" as typeof candle.id }, main, 1)]).pipe(
        Effect.as("booked"),
        Effect.catchTag("StoreError", ({ reason }) => Effect.succeed(reason._tag)),
        Effect.tap(() => store.stock.record([movement("r2", candle, main, 1)]))
      )
    )
    assert.strictEqual(answered, "Unknown")
    assert.strictEqual(yield* onHand, of(1))
  }),

  law("marks and events go the way of the write they speak of", function* (store) {
    yield* open
    yield* clean(shop)
    const before = yield* store.events.list({ after: null, limit: 1_000 })
    yield* Effect.exit(
      store.transaction(Effect.andThen(store.stock.record([movement("r1", candle, main, 2)]), Effect.fail("no")))
    )
    assert.deepStrictEqual(yield* dirtyIds(shop), [])
    const after = yield* store.events.list({ after: null, limit: 1_000 })
    assert.strictEqual(after.length, before.length)
  }),

  law("transactions that run at the same time all arrive", function* (store) {
    yield* open
    const receipts = Array.from({ length: 20 }, (_, index) =>
      store.transaction(
        Effect.andThen(
          store.stock.record([movement(`a${index}`, candle, main, 1)]),
          store.stock.record([movement(`b${index}`, candle, main, 1)])
        )
      )
    )
    yield* Effect.all(receipts, { concurrency: "unbounded" })
    assert.strictEqual(yield* onHand, of(40))
  })
]
