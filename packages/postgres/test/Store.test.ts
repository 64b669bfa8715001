import { assert, layer } from "@effect/vitest"
import { ChannelId } from "@stockport/core/domain/Channel"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { DemandSource } from "@stockport/core/domain/Demand"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import * as Quantity from "@stockport/core/domain/Quantity"
import * as SyncPolicy from "@stockport/core/domain/SyncPolicy"
import { Store } from "@stockport/core/ports/Store"
import { DateTime, Effect, Option, Stream } from "effect"
import { TestStore } from "./support/TestDatabase.ts"

const main = LocationId.make("main")
const [a, b, kit] = [ItemId.make("A"), ItemId.make("B"), ItemId.make("KIT")] as const
const shop = ConnectionId.make("shop")

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
      yield* store.connections.saveChannel({ id: ChannelId.make("web"), name: "Web", description: "", locations: null })
      yield* store.connections.save({
        id: shop,
        name: "Shop",
        cart: "bigcommerce",
        channelId: ChannelId.make("web"),
        locationId: main,
        publishTo: [{ cartLocationId: CartLocationId.make("1"), locations: null }],
        enabled: true,
        referencePrefix: "",
        referenceSuffix: "",
        importFrom: DateTime.makeUnsafe(0),
        policy: SyncPolicy.safe
      })
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
