import { assert, describe, it } from "@effect/vitest"
import { Store } from "@stockport/core/ports/Store"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Match from "@stockport/core/sync/Match"
import { ScriptedCart } from "@stockport/testing"
import { Effect, Stream } from "effect"
import * as World from "./World.ts"

const codes = Effect.gen(function* () {
  const { issues } = yield* Store
  const open = yield* issues.open(World.connectionId, { after: null, limit: 100 })
  return open.map(({ issue }) => issue.code)
})

const linkedKeys = Effect.gen(function* () {
  const { links } = yield* Store
  return (yield* Stream.runCollect(links.all(World.connectionId))).map(({ listing }) => listing.key)
})

describe("matching a shop", () => {
  it.effect("plans without writing, and writes nothing new when applied twice", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const { events } = yield* Store
      const again = yield* Match.plan(connection.id)
      assert.deepStrictEqual([again.linked.length, again.kept.length, again.refreshed.length], [0, 3, 0])
      const before = yield* events.list({ after: null, limit: 1_000 })
      yield* Match.apply(connection, again)
      assert.deepStrictEqual(yield* events.list({ after: null, limit: 1_000 }), before)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("ends the link of a listing that a person excludes, and publishes it no more", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const { links } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      yield* links.exclude([{ connectionId: connection.id, key: World.boxListing.key, reason: "sold elsewhere" }])
      yield* Match.apply(connection, yield* Match.plan(connection.id))
      assert.notInclude(yield* linkedKeys, World.boxListing.key)
      yield* Cycle.run(connection.id)
      assert.strictEqual(yield* shop.level(World.boxListing.key), 3)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("tells of an unmatched listing until an item matches it", () =>
    Effect.gen(function* () {
      yield* World.open()
      assert.include(yield* codes, "LISTING_UNMATCHED")
      yield* World.linkStrange
      assert.notInclude(yield* codes, "LISTING_UNMATCHED")
      assert.include(yield* linkedKeys, World.strangeListing.key)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("keeps a link whose SKU has changed in the shop, and says so", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const { shop } = yield* ScriptedCart.Script
      yield* shop.offer({ ...World.candleListing, sku: "CANDLE-RENAMED" })
      yield* Match.apply(connection, yield* Match.plan(connection.id))
      assert.include(yield* linkedKeys, World.candleListing.key)
      assert.include(yield* codes, "SKU_DRIFT")
    }).pipe(Effect.provide(World.layer()))
  )
})
