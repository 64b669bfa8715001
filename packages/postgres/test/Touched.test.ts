/**
 * What has changed is appended, and folded into marks: by whoever looks at the marks, and now and then by those who write.
 */
import { assert, layer } from "@effect/vitest"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { of } from "@stockport/core/domain/Quantity"
import { Store } from "@stockport/core/ports/Store"
import { Deferred, Effect, Fiber } from "effect"
import { SqlClient } from "effect/sql"
import { touchesPerFold } from "../src/migrations/StockFunctions.ts"
import { main, shop as shopConnection, web } from "./support/Shop.ts"
import { TestStore } from "./support/TestDatabase.ts"

const candle = ItemId.make("candle")
const shop = shopConnection.id

const open = Effect.gen(function* () {
  const store = yield* Store
  yield* store.stock.saveLocations([{ id: main, name: "Main", nettable: true, isDefault: true }])
  yield* store.items.save([Item.make({ id: candle, kind: "inventory", sku: "C" })])
  yield* store.connections.saveChannel(web)
  yield* store.connections.save(shopConnection)
  yield* clear
  return store
})

const receive = (key: string, quantity: number) => ({
  key,
  movements: [{ kind: "receipt" as const, itemId: candle, locationId: main, quantity: of(quantity) }]
})

const reserve = (store: Store["Service"], key: string) =>
  store.stock.reserve({
    key,
    lines: [{ lineId: "1", itemId: candle, locationId: main, quantity: of(1) }],
    expiresAt: null
  })

const clear = Effect.gen(function* () {
  const store = yield* Store
  yield* store.publications.record(shop, [], yield* store.publications.dirty(shop, 100))
})

const notes = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const [row] = yield* sql<{ n: number }>`select count(*)::int as n from stockport.touched`
  return row?.n ?? 0
})

layer(TestStore, { timeout: "2 minutes" })("what has been touched", (it) => {
  it.effect(
    "stays few when nobody looks at the marks",
    () =>
      Effect.gen(function* () {
        const store = yield* open
        yield* store.stock.record([receive("many", 10_000)])
        yield* Effect.forEach(Array.from({ length: 2 * touchesPerFold }), (_, n) => reserve(store, `alone ${n}`), {
          discard: true
        })
        assert.isAtMost(yield* notes, touchesPerFold)
        assert.deepStrictEqual(
          (yield* store.publications.dirty(shop, 10)).map(({ itemId }) => itemId),
          [candle]
        )
        assert.strictEqual(yield* notes, 0)
      }),
    120_000
  )

  it.effect("is no mark for a connection that was not enabled then", () =>
    Effect.gen(function* () {
      const store = yield* open
      yield* store.connections.save({ ...shopConnection, enabled: false })
      yield* store.stock.record([receive("unseen", 1)])
      yield* store.connections.save(shopConnection)
      assert.deepStrictEqual(yield* store.publications.dirty(shop, 10), [])
      yield* store.stock.record([receive("seen", 1)])
      yield* store.connections.save({ ...shopConnection, enabled: false })
      assert.strictEqual((yield* store.publications.dirty(shop, 10)).length, 1)
    })
  )

  it.effect(
    "is marked once a write has been committed, and not before",
    () =>
      Effect.gen(function* () {
        const store = yield* open
        const written = yield* Deferred.make<void>()
        const looked = yield* Deferred.make<void>()
        const writer = yield* Effect.forkChild(
          store.transaction(
            Effect.gen(function* () {
              yield* store.stock.record([receive("slow", 1)])
              yield* Deferred.succeed(written, undefined)
              yield* Deferred.await(looked)
            })
          )
        )
        yield* Deferred.await(written)
        assert.deepStrictEqual(yield* store.publications.dirty(shop, 10), [])
        yield* Deferred.succeed(looked, undefined)
        yield* Fiber.join(writer)
        assert.strictEqual((yield* store.publications.dirty(shop, 10)).length, 1)
      }),
    30_000
  )

  it.effect(
    "is not waited for long when somebody else folds it, and is not lost when he fails",
    () =>
      Effect.gen(function* () {
        const store = yield* open
        yield* store.stock.record([receive("contested", 1)])
        const folded = yield* Deferred.make<void>()
        const looked = yield* Deferred.make<void>()
        const other = yield* Effect.forkChild(
          Effect.flip(
            store.transaction(
              Effect.gen(function* () {
                assert.strictEqual((yield* store.publications.dirty(shop, 10)).length, 1)
                yield* Deferred.succeed(folded, undefined)
                yield* Deferred.await(looked)
                return yield* Effect.fail("gave up")
              })
            )
          )
        )
        yield* Deferred.await(folded)
        assert.deepStrictEqual(yield* store.publications.dirty(shop, 10), [])
        yield* reserve(store, "meanwhile")
        yield* Deferred.succeed(looked, undefined)
        assert.strictEqual(yield* Fiber.join(other), "gave up")
        assert.strictEqual((yield* store.publications.dirty(shop, 10)).length, 1)
      }),
    30_000
  )
})
