/**
 * What fails says whether another try may help; what is not authentic is not believed.
 */
import { assert } from "@effect/vitest"
import { type RawNotification } from "@stockport/core/ports/Cart"
import { DateTime, Effect } from "effect"
import * as fc from "fast-check"
import { forAll } from "../Property.ts"
import { CartWorld } from "../CartWorld.ts"
import { type CartLaw, failed, law, products, readable, thisSecond, valueOrRetryable } from "./Law.ts"

/** More requests than any bounded retry makes. */
const forLong = 1_000

/** How many ways of tampering are tried. */
const tamperings = 50

/** The laws of errors. */
export const errors: ReadonlyArray<CartLaw> = [
  law("a shop that cannot be reached fails within bounds, and is worth another try", function* (cart, world) {
    yield* world.offer(products(2))
    yield* world.trouble("listings", "unreachable", forLong)
    const error = yield* failed(readable(cart.listings))
    assert.isTrue(error.retryable, error.message)
  }),

  law("trouble that passes does not lose a row", function* (cart, world, { rows }) {
    const keys = yield* world.offer(products(rows))
    yield* world.trouble("listings", "unreachable", 1)
    const first = valueOrRetryable(yield* Effect.exit(readable(cart.listings)))
    const listed = first ?? (yield* readable(cart.listings))
    assert.includeMembers(
      listed.map(({ key }) => key),
      [...keys]
    )
  }),

  law("a used-up quota while reading orders is waited for, or said to be worth another try", function* (cart, world) {
    const [key] = yield* world.offer([{ sku: "SOLD", level: 9 }])
    if (key === undefined) return
    const instant = yield* thisSecond
    const id = yield* world.place([{ key, quantity: 1 }], "awaitingFulfilment")
    yield* world.trouble("orders", "quotaUsedUp", 1)
    const query = { _tag: "ModifiedSince", instant } as const
    const first = valueOrRetryable(yield* Effect.exit(readable(cart.orders(query))))
    const found = first ?? (yield* readable(cart.orders(query)))
    assert.include(
      found.map((order) => order.id),
      id
    )
  })
]

const notified = Effect.gen(function* () {
  const world = yield* CartWorld
  const [key] = yield* world.offer([{ sku: "SOLD", level: 9 }])
  if (key === undefined) assert.fail("nothing was offered")
  const id = yield* world.place([{ key, quantity: 1 }], "awaitingFulfilment")
  return { id, raw: yield* world.notify(id, yield* DateTime.now) }
})

type Tampering = (raw: RawNotification) => RawNotification

const otherByte = fc
  .tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))
  .map(([place, change]): Tampering => ({ headers, body }) => ({
    headers,
    body: body.map((byte, index) => (index === place % body.length ? byte ^ change : byte))
  }))

const cutBody = fc.integer({ min: 1, max: 20 }).map((cut): Tampering => ({ headers, body }) => ({
  headers,
  body: body.slice(0, -cut)
}))

const addedBytes = fc.uint8Array({ minLength: 1, maxLength: 20 }).map((more): Tampering => ({ headers, body }) => ({
  headers,
  body: new Uint8Array([...body, ...more])
}))

/** The laws of `notification`. */
export const notifications: ReadonlyArray<CartLaw> = [
  law("an authentic notification says which order to look at, and says it again under the same id", function* (cart) {
    const { id, raw } = yield* notified
    const notification = yield* cart.notification(raw)
    assert.deepStrictEqual(notification.about, { _tag: "Order", orderId: id })
    assert.isNotEmpty(notification.id)
    const again = yield* cart.notification(raw)
    assert.strictEqual(again.id, notification.id)
  }),

  law("notifications about different orders have different ids", function* (cart) {
    const first = yield* notified
    const second = yield* notified
    const ids = yield* Effect.forEach([first.raw, second.raw], (raw) => cart.notification(raw))
    assert.notStrictEqual(ids[0]?.id, ids[1]?.id)
  }),

  law("a body that was tampered with in any way is refused", function* (cart) {
    const { raw } = yield* notified
    yield* forAll(fc.oneof(otherByte, cutBody, addedBytes), tamperings, (tamper) =>
      Effect.map(Effect.flip(cart.notification(tamper(raw))), ({ _tag }) =>
        assert.strictEqual(_tag, "NotificationRefused")
      )
    )
  }),

  law("a notification without its headers is refused", function* (cart) {
    const { raw } = yield* notified
    const bare = yield* Effect.flip(cart.notification({ headers: {}, body: raw.body }))
    assert.strictEqual(bare._tag, "NotificationRefused")
  }),

  law("a notification signed under one time cannot be sent under another, nor hours later", function* (cart, world) {
    const { id } = yield* notified
    const sentAt = DateTime.subtract(yield* DateTime.now, { hours: 6 })
    const stale = yield* Effect.flip(cart.notification(yield* world.notify(id, sentAt)))
    assert.strictEqual(stale._tag, "NotificationRefused")
  })
]
