import { assert, layer } from "@effect/vitest"
import { DemandSource } from "@stockport/core/domain/Demand"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import { of } from "@stockport/core/domain/Quantity"
import { Store } from "@stockport/core/ports/Store"
import { Checker } from "@stockport/postgres"
import { Effect, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { TestStore } from "./support/TestDatabase.ts"

const main = LocationId.make("main")
const candle = ItemId.make("candle")
const box = ItemId.make("box")

layer(TestStore)("the checker", (it) => {
  it.effect("finds nothing where nobody wrote past the store, names what somebody did, and sets it right", () =>
    Effect.gen(function* () {
      const store = yield* Store
      const sql = yield* SqlClient.SqlClient
      yield* store.stock.saveLocations([{ id: main, name: "Main", nettable: true, isDefault: true }])
      yield* store.items.save([candle, box].map((id) => Item.make({ id, kind: "inventory", sku: id })))
      yield* store.stock.record([
        {
          key: "first",
          movements: [
            { kind: "receipt", itemId: candle, locationId: main, quantity: of("10.5") },
            { kind: "receipt", itemId: box, locationId: main, quantity: of(4) }
          ]
        }
      ])
      yield* store.stock.count("count", [{ itemId: box, locationId: main, counted: of(3) }])
      yield* store.stock.setDemand([
        {
          source: DemandSource.make("sale:1"),
          kind: "salesOrder",
          lines: [{ lineId: "1", itemId: candle, locationId: main, quantity: of(2) }],
          expiresAt: null
        }
      ])
      yield* store.stock.reserve({
        key: "reserved",
        lines: [{ lineId: "1", itemId: candle, locationId: main, quantity: of(1) }],
        expiresAt: null
      })
      assert.deepStrictEqual([...(yield* Stream.runCollect(Checker.verify()))], [])

      yield* sql`update stockport.positions set on_hand = on_hand + 1, reservations = 0 where item_id = 'candle'`
      const found = [
        { itemId: candle, locationId: main, term: "onHand" as const, counted: of("11.5"), derived: of("10.5") },
        { itemId: candle, locationId: main, term: "reservations" as const, counted: of(0), derived: of(1) }
      ]
      assert.deepStrictEqual([...(yield* Stream.runCollect(Checker.verify()))], found)
      assert.deepStrictEqual([...(yield* Stream.runCollect(Checker.rebuild()))], found)
      assert.deepStrictEqual([...(yield* Stream.runCollect(Checker.verify()))], [])
      const { positions } = yield* store.stock.snapshot([candle])
      assert.strictEqual(positions[0]?.onHand, of("10.5"))
      assert.strictEqual(positions[0]?.reservations, of(1))
    })
  )

  it.effect("finds demand for a place that has no position, and makes the position", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const shelf = LocationId.make("shelf")
      yield* Store.use(({ stock }) =>
        stock.saveLocations([{ id: shelf, name: "Shelf", nettable: true, isDefault: false }])
      )
      yield* sql`insert into stockport.demand (source, kind, line_ids, item_ids, location_ids, quantities, updated_at)
        values ('stray', 'softHold', '{1,2}', '{candle,candle}', '{shelf,shelf}', '{1.5,2}', now())`
      const found = [
        { itemId: candle, locationId: shelf, term: "softHolds" as const, counted: of(0), derived: of("3.5") }
      ]
      assert.deepStrictEqual([...(yield* Stream.runCollect(Checker.verify()))], found)
      assert.deepStrictEqual([...(yield* Stream.runCollect(Checker.rebuild()))], found)
      assert.deepStrictEqual([...(yield* Stream.runCollect(Checker.verify()))], [])
    })
  )
})
