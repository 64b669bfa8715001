/**
 * How long a call waits for somebody who does not answer.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import { of } from "@stockport/core/domain/Quantity"
import { Store, StoreError } from "@stockport/core/ports/Store"
import { PostgresStore } from "@stockport/postgres"
import { Context, Deferred, Effect, Fiber, Layer, type Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestDatabase, TestStore } from "./support/TestDatabase.ts"
import { wireTo } from "./support/Wire.ts"

const main = LocationId.make("main")
const candle = ItemId.make("candle")

const furnish = Effect.gen(function* () {
  const store = yield* Store
  yield* store.stock.saveLocations([{ id: main, name: "Main", nettable: true, isDefault: true }])
  yield* store.items.save([Item.make({ id: candle, kind: "inventory", sku: candle })])
  yield* receive(store, "first")
})

const receive = (store: Store["Service"], key: string) =>
  store.stock.record([{ key, movements: [{ kind: "receipt", itemId: candle, locationId: main, quantity: of(1) }] }])

/** A store by this URL that waits for an answer as long as this. */
const storeBy = (url: Redacted.Redacted, limits: PostgresStore.Options["limits"]) =>
  Effect.map(Layer.build(PostgresStore.layerUrl(url, { limits })), Context.get(Store))

/** How a call fails, and that it fails within so many seconds. */
const failsWithin = <A, E>(seconds: number, call: Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const start = performance.now()
    const error = yield* Effect.flip(call)
    assert.isBelow(performance.now() - start, seconds * 1_000)
    assert.instanceOf(error, StoreError)
    return error
  })

/** A loaded machine is slow, and never as slow as the limits that hold where none is chosen. */
const patience = 7

/** A driver takes five seconds more to find out that it cannot even cancel what a transaction waits for. */
const patienceInTransactions = 16

describe("a row that somebody else holds", () => {
  it.live("ends a call within its bound, by the call's name, in a transaction and out of it", () =>
    Effect.gen(function* () {
      const { url } = yield* TestDatabase
      const sql = yield* SqlClient.SqlClient
      yield* furnish
      const store = yield* storeBy(url, { lock: "200 millis" })
      const [locked, left] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const somebody = yield* Effect.forkChild(
        sql.withTransaction(
          Effect.gen(function* () {
            yield* sql`select 1 from stockport.positions for update`
            yield* Deferred.succeed(locked, undefined)
            yield* Deferred.await(left)
          })
        )
      )
      yield* Deferred.await(locked)
      for (const call of [receive(store, "second"), store.transaction(receive(store, "third"))]) {
        const error = yield* failsWithin(patience, call)
        assert.strictEqual(error.operation, "stock.record")
        assert.strictEqual(error.reason._tag, "Contended")
        assert.isTrue(error.retryable)
      }
      yield* Deferred.succeed(left, undefined)
      yield* Fiber.join(somebody)
      const { positions } = yield* store.stock.snapshot([candle])
      assert.strictEqual(positions[0]?.onHand, of(1), "nothing of it was written")
    }).pipe(Effect.provide(TestStore))
  )
})

describe("a connection that swallows everything", () => {
  it.live("ends a call within its bound, by the call's name, in a transaction and out of it", () =>
    Effect.gen(function* () {
      yield* furnish
      const wire = yield* wireTo((yield* TestDatabase).url)
      const store = yield* storeBy(wire.url, { answer: "2 seconds" })
      wire.swallow()
      const calls = [
        ["items.get", patience, store.items.get([candle])],
        ["stock.record", patience, receive(store, "second")],
        ["transaction", patienceInTransactions, store.transaction(receive(store, "third"))]
      ] as const
      const errors = yield* Effect.forEach(calls, ([, seconds, call]) => failsWithin(seconds, call), { concurrency: 3 })
      assert.deepStrictEqual(
        errors.map(({ operation, reason }) => [operation, reason._tag]),
        calls.map(([operation]) => [operation, "Unreachable"])
      )
      for (const error of errors) assert.match(error.message, /no answer within 2 seconds/)
    }).pipe(Effect.provide(TestStore))
  )

  it.live("in the middle of a transaction ends the statement that waits", () =>
    Effect.gen(function* () {
      yield* furnish
      const wire = yield* wireTo((yield* TestDatabase).url)
      const store = yield* storeBy(wire.url, { answer: "2 seconds" })
      const story = Effect.andThen(
        Effect.andThen(
          receive(store, "second"),
          Effect.sync(() => wire.swallow())
        ),
        receive(store, "third")
      )
      const error = yield* failsWithin(patienceInTransactions, store.transaction(story))
      assert.strictEqual(error.operation, "stock.record")
      assert.strictEqual(error.reason._tag, "Unreachable")
    }).pipe(Effect.provide(TestStore))
  )
})
