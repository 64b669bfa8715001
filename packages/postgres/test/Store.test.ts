import { assert, layer } from "@effect/vitest"
import { DemandSource } from "@stockport/core/domain/Demand"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Quantity from "@stockport/core/domain/Quantity"
import { Store } from "@stockport/core/ports/Store"
import { Effect, Option, Stream } from "effect"
import { main, shop as shopConnection, web } from "./support/Shop.ts"
import { TestStore } from "./support/TestDatabase.ts"

const [a, b, kit] = [ItemId.make("A"), ItemId.make("B"), ItemId.make("KIT")] as const
const shop = shopConnection.id

layer(TestStore)("the store over PostgreSQL", (it) => {
  it.effect("keeps items, stock, demand and marks together", () =>
    Effect.gen(function* () {
      const store = yield* Store
      yield* store.stock.saveLocations([{ id: main, name: "Main", nettable: true, isDefault: true }])
      yield* store.items.save([
        Item.make({ id: a, kind: "inventory", sku: "A" }),
        Item.make({ id: b, kind: "inventory", sku: "B" }),
        Item.make({
          id: kit,
          kind: "kit",
          sku: "KIT",
          billOfMaterials: [
            { itemId: a, quantity: Quantity.of(2) },
            { itemId: b, quantity: Quantity.of("0.5") }
          ]
        })
      ])
      yield* store.connections.saveChannel(web)
      yield* store.connections.save(shopConnection)
      assert.deepStrictEqual((yield* store.items.get([kit]))[0]?.billOfMaterials, [
        { itemId: a, quantity: Quantity.of(2) },
        { itemId: b, quantity: Quantity.of("0.5") }
      ])
      yield* store.stock.record([
        {
          key: "d1",
          movements: [{ kind: "receipt", itemId: a, locationId: main, quantity: Quantity.of("10.00001") }]
        }
      ])
      yield* store.stock.record([
        { key: "d1", movements: [{ kind: "receipt", itemId: a, locationId: main, quantity: Quantity.of(10) }] }
      ])
      yield* store.stock.count("c1", [{ itemId: b, locationId: main, counted: Quantity.of(7) }])
      yield* store.stock.setDemand([
        {
          source: DemandSource.make("sale:1"),
          kind: "salesOrder",
          lines: [{ lineId: "1", itemId: a, locationId: main, quantity: Quantity.of(3) }],
          expiresAt: null
        }
      ])
      const reserved = yield* store.stock.reserve({
        key: "r1",
        lines: [{ lineId: "1", itemId: a, locationId: main, quantity: Quantity.of(7) }],
        expiresAt: null
      })
      assert.strictEqual(reserved._tag, "Reserved")
      const refused = yield* store.stock.reserve({
        key: "r2",
        lines: [{ lineId: "1", itemId: a, locationId: main, quantity: Quantity.of(1) }],
        expiresAt: null
      })
      assert.strictEqual(refused._tag, "Refused")
      const { locations, moved, positions } = yield* store.stock.snapshot([a, b])
      assert.strictEqual(locations.length, 1)
      assert.deepStrictEqual([...moved].sort(), [a, b])
      const position = positions.find(({ itemId }) => itemId === a)
      assert.strictEqual(position?.onHand, Quantity.of("10.00001"))
      assert.strictEqual(position?.salesOrders, Quantity.of(3))
      assert.strictEqual(position?.reservations, Quantity.of(7))
      assert.deepStrictEqual((yield* store.publications.dirty(shop, 10)).map(({ itemId }) => itemId).sort(), [a, b])
      const { affected, items } = yield* store.items.dependents([b])
      assert.deepStrictEqual([...affected].sort(), [b, kit])
      assert.strictEqual(items.length, 3)
      assert.strictEqual((yield* Stream.runCollect(store.items.all)).length, 3)
      assert.isTrue(Option.isSome(yield* store.connections.exclusively(shop, Effect.void)))
      assert.isAbove((yield* store.events.list({ after: null, limit: 100 })).length, 5)
    })
  )
})
