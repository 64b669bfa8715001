import { assert, describe, it } from "@effect/vitest"
import { Store } from "@stockport/core/ports/Store"
import * as Connect from "@stockport/core/sync/Connect"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Match from "@stockport/core/sync/Match"
import * as Rehearsal from "@stockport/core/sync/Rehearsal"
import { ScriptedCart } from "@stockport/testing"
import { Effect, Option, Stream } from "effect"
import * as World from "./World.ts"

/** Everything that a rehearsal could have left behind. */
const traces = Effect.gen(function* () {
  const { connections, links, publications, issues, events } = yield* Store
  return {
    connection: Option.isSome(yield* connections.get(World.connectionId)),
    links: yield* Stream.runCollect(links.all(World.connectionId)),
    publications: yield* Stream.runCollect(publications.all(World.connectionId)),
    issues: yield* issues.open(null, { after: null, limit: 100 }),
    events: (yield* events.list({ after: null, limit: 1_000 })).length,
    shown: yield* World.shown
  }
})

describe("a rehearsal", () => {
  it.effect("plans the first sync of a connection that is not saved yet, and writes nothing", () =>
    Effect.gen(function* () {
      yield* World.saveBusiness
      yield* World.offerListings
      const { shop, calls } = yield* ScriptedCart.Script
      yield* shop.buy([{ key: World.giftSetListing.key, quantity: 1 }])
      const before = yield* traces
      const plan = yield* Rehearsal.plan(World.connectionWith())
      assert.strictEqual(plan.match.linked.length, 3)
      assert.strictEqual(plan.match.unmatched.length, 1)
      assert.deepStrictEqual(
        plan.decisions.map(({ decision }) => decision._tag),
        ["Import"]
      )
      assert.deepStrictEqual(
        new Map(plan.updates.map(({ listing, quantity }) => [listing.key, quantity])),
        new Map([
          [World.candleListing.key, 18],
          [World.boxListing.key, 7],
          [World.giftSetListing.key, 7]
        ])
      )
      assert.deepStrictEqual(yield* traces, before)
      assert.notInclude(
        (yield* calls).map(({ operation }) => operation),
        "setStockLevels"
      )
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("says exactly what the real thing then does", () =>
    Effect.gen(function* () {
      yield* World.saveBusiness
      yield* World.offerListings
      const connection = World.connectionWith()
      const { shop } = yield* ScriptedCart.Script
      yield* shop.buy([{ key: World.candleListing.key, quantity: 3 }])
      const plan = yield* Rehearsal.plan(connection)
      yield* Connect.connect(connection)
      yield* Match.apply(connection, yield* Match.plan(connection.id))
      const sent: Array<readonly [string, number]> = []
      yield* Cycle.run(connection.id, {
        onPlan: ({ updates }) =>
          Effect.sync(() => sent.push(...updates.map(({ listing, quantity }) => [listing.key, quantity] as const)))
      })
      assert.deepStrictEqual(
        sent,
        plan.updates.map(({ listing, quantity }) => [listing.key, quantity] as const)
      )
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("fails as the real thing would, and leaves nothing behind", () =>
    Effect.gen(function* () {
      yield* World.saveBusiness
      const { faults } = yield* ScriptedCart.Script
      const before = yield* traces
      yield* faults.inject("orders", { _tag: "FailBefore", reason: ScriptedCart.unreachable })
      const error = yield* Effect.flip(Rehearsal.plan(World.connectionWith()))
      assert.strictEqual(error._tag, "CartError")
      assert.deepStrictEqual(yield* traces, before)
    }).pipe(Effect.provide(World.layer()))
  )
})
