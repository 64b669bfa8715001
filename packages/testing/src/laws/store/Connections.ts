/**
 * Channels, connections, cursors and leases.
 */
import { assert } from "@effect/vitest"
import { ChannelId } from "@stockport/core/domain/Channel"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { LocationId } from "@stockport/core/domain/Location"
import { sosV9 } from "@stockport/core/domain/SyncPolicy"
import { DateTime, Deferred, Effect, Exit, Fiber, Option } from "effect"
import { closedShop, main, open, shelf, shop, web } from "./Fixture.ts"
import { type Law, law, refused } from "./Law.ts"

/** The laws of `connections`. */
export const connectionLaws: ReadonlyArray<Law> = [
  law("channels and connections come back as they were saved, and saving again replaces them", function* (store) {
    yield* open
    assert.deepStrictEqual(yield* store.connections.channel(web.id), Option.some(web))
    assert.deepStrictEqual(yield* store.connections.get(shop.id), Option.some(shop))
    const narrowed = { ...web, name: "Web 2", locations: [main.id, shelf.id] }
    const renamed = { ...shop, name: "Renamed", referencePrefix: "B-", policy: sosV9 }
    yield* store.connections.saveChannel(narrowed)
    yield* store.connections.save(renamed)
    assert.deepStrictEqual(yield* store.connections.channel(web.id), Option.some(narrowed))
    assert.deepStrictEqual(yield* store.connections.get(shop.id), Option.some(renamed))
    const all = yield* store.connections.all
    assert.deepStrictEqual(
      all.toSorted((left, right) => (left.id < right.id ? -1 : 1)),
      [closedShop, renamed]
    )
  }),

  law("what was never saved is not there", function* (store) {
    assert.deepStrictEqual(yield* store.connections.channel(ChannelId.make("nothing")), Option.none())
    assert.deepStrictEqual(yield* store.connections.get(ConnectionId.make("nothing")), Option.none())
    assert.deepStrictEqual(yield* store.connections.cursor(ConnectionId.make("nothing")), Option.none())
    assert.deepStrictEqual(yield* store.connections.all, [])
  }),

  law("a connection to an unknown channel or location is refused by its name", function* (store) {
    yield* open
    const channelId = ChannelId.make("nothing")
    const channel = yield* refused(store.connections.save({ ...shop, channelId }), "Unknown")
    assert.deepInclude(channel, { kind: "channel", id: "nothing" })
    const locationId = LocationId.make("nowhere")
    const location = yield* refused(store.connections.save({ ...shop, locationId }), "Unknown")
    assert.deepInclude(location, { kind: "location", id: "nowhere" })
    assert.deepStrictEqual(yield* store.connections.get(shop.id), Option.some(shop))
  }),

  law("a cursor is kept per connection, and saving the connection leaves it alone", function* (store) {
    yield* open
    const first = { modifiedSince: DateTime.makeUnsafe("2026-03-01T00:00:00.123Z") }
    const second = { modifiedSince: DateTime.makeUnsafe("2026-03-02T00:00:00Z") }
    yield* store.connections.setCursor(shop.id, first)
    yield* store.connections.setCursor(shop.id, second)
    yield* store.connections.save({ ...shop, name: "Renamed" })
    assert.deepStrictEqual(yield* store.connections.cursor(shop.id), Option.some(second))
    assert.deepStrictEqual(yield* store.connections.cursor(closedShop.id), Option.none())
  }),

  law("one effect at a time runs exclusively for a connection; another is told so at once", function* (store) {
    yield* open
    const started = yield* Deferred.make<void>()
    const finish = yield* Deferred.make<void>()
    const first = yield* Effect.forkChild(
      store.connections.exclusively(
        shop.id,
        Deferred.succeed(started, undefined).pipe(Effect.andThen(Deferred.await(finish)), Effect.as("first"))
      )
    )
    yield* Deferred.await(started)
    const second = yield* store.connections.exclusively(shop.id, Effect.succeed("second"))
    const other = yield* store.connections.exclusively(closedShop.id, Effect.succeed("other"))
    yield* Deferred.succeed(finish, undefined)
    assert.deepStrictEqual(yield* Fiber.join(first), Option.some("first"))
    assert.deepStrictEqual(second, Option.none())
    assert.deepStrictEqual(other, Option.some("other"))
    const third = yield* store.connections.exclusively(shop.id, Effect.succeed("third"))
    assert.deepStrictEqual(third, Option.some("third"))
  }),

  law("the lease ends with its effect, also when that fails, dies or is interrupted", function* (store) {
    yield* open
    const free = store.connections.exclusively(shop.id, Effect.succeed("free"))
    const failed = yield* Effect.exit(store.connections.exclusively(shop.id, Effect.fail("own error")))
    assert.deepStrictEqual(failed, Exit.fail("own error"))
    assert.deepStrictEqual(yield* free, Option.some("free"))
    yield* Effect.exit(store.connections.exclusively(shop.id, Effect.die("a bug")))
    assert.deepStrictEqual(yield* free, Option.some("free"))
    const started = yield* Deferred.make<void>()
    const held = Effect.andThen(Deferred.succeed(started, undefined), Effect.never)
    const fiber = yield* Effect.forkChild(store.connections.exclusively(shop.id, held))
    yield* Deferred.await(started)
    yield* Fiber.interrupt(fiber)
    assert.deepStrictEqual(yield* free, Option.some("free"))
  }),

  law("what runs exclusively can write, in transactions of its own", function* (store) {
    yield* open
    const cursor = { modifiedSince: DateTime.makeUnsafe("2026-03-01T00:00:00Z") }
    yield* store.connections.exclusively(shop.id, store.transaction(store.connections.setCursor(shop.id, cursor)))
    assert.deepStrictEqual(yield* store.connections.cursor(shop.id), Option.some(cursor))
  })
]
