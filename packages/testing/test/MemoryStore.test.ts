import { assert, describe, it } from "@effect/vitest"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import * as Quantity from "@stockport/core/domain/Quantity"
import { Store } from "@stockport/core/ports/Store"
import * as MemoryStore from "@stockport/testing/MemoryStore"
import { Effect } from "effect"

const main = LocationId.make("main")
const candle = Item.make({ id: ItemId.make("candle"), kind: "inventory", sku: "CANDLE" })

const stocked = Effect.gen(function* () {
  const store = yield* Store
  yield* store.items.save([candle])
  yield* store.stock.saveLocations([{ id: main, name: "Main", nettable: true, isDefault: true }])
  yield* store.stock.record([
    { key: "r1", movements: [{ kind: "receipt", itemId: candle.id, locationId: main, quantity: Quantity.of(1) }] }
  ])
})

describe("MemoryStore", () => {
  it.effect("keeps two stores of one program apart, also inside each other's transactions", () =>
    Effect.gen(function* () {
      const left = yield* MemoryStore.make
      const right = yield* MemoryStore.make
      yield* left.transaction(right.transaction(Effect.provideService(stocked, Store, left)))
      const [{ positions }, other] = yield* Effect.all([
        left.stock.snapshot([candle.id]),
        right.stock.snapshot([candle.id])
      ])
      assert.strictEqual(positions[0]?.onHand, Quantity.of(1))
      assert.deepStrictEqual(other.positions, [])
    })
  )
})
