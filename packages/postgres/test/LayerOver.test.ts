/**
 * An embedder whose items and stock live in tables of his own, and who takes everything else from this package.
 *
 * His tables are simpler than ours (one row per article and shelf, no ledger): the port asks for what is needed, not for
 * how it is kept. Both sides write in one transaction.
 */
import { assert, layer } from "@effect/vitest"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Link from "@stockport/core/domain/Link"
import * as Listing from "@stockport/core/domain/Listing"
import { of } from "@stockport/core/domain/Quantity"
import { Store } from "@stockport/core/ports/Store"
import { PostgresStore } from "@stockport/postgres"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { articleItems, shelfStock } from "./embedder/Warehouse.ts"
import { main, shop as shopConnection, web } from "./support/Shop.ts"
import { TestClient, TestDatabase } from "./support/TestDatabase.ts"

const candle = ItemId.make("candle")
const shop = shopConnection.id

const warehouse = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`create table articles (number text primary key, sku text not null, title text not null)`
    yield* sql`create table shelves (article text references articles, on_hand numeric not null, spoken_for numeric not null)`
    yield* sql`insert into articles values ('candle', 'CAN-1', 'Candle')`
    yield* sql`insert into shelves values ('candle', 10, 0)`
  })
)

const embedded = PostgresStore.layerOver(({ touch }) =>
  Effect.map(SqlClient.SqlClient, (sql) => ({ items: articleItems(sql), stock: shelfStock(sql, touch) }))
).pipe(Layer.provideMerge(warehouse), Layer.provideMerge(TestClient), Layer.provideMerge(TestDatabase.layer))

layer(embedded)("a store over an embedder's own items and stock", (it) => {
  it.effect("links, marks and forgets together with his tables", () =>
    Effect.gen(function* () {
      const store = yield* Store
      yield* store.connections.saveChannel(web)
      yield* store.connections.save(shopConnection)
      const link = Link.make({
        connectionId: shop,
        itemId: candle,
        tier: "exact",
        listing: Listing.make({
          productId: Listing.ProductId.make("1"),
          variantId: null,
          shape: "single",
          goods: "physical",
          sku: "CAN-1",
          name: "Candle",
          tracking: "product",
          shopBundle: false
        })
      })
      yield* store.links.save([link])
      const unknown = yield* Effect.flip(store.links.save([{ ...link, itemId: ItemId.make("nothing") }]))
      assert.deepStrictEqual({ ...unknown.reason }, { _tag: "Unknown", kind: "item", id: "nothing" } as never)

      const [first] = yield* store.publications.dirty(shop, 10)
      assert.strictEqual(first?.itemId, candle)
      yield* store.publications.record(shop, [], first === undefined ? [] : [first])
      assert.deepStrictEqual(yield* store.publications.dirty(shop, 10), [])

      const reserve = store.stock.reserve({
        key: "r",
        lines: [{ lineId: "1", itemId: candle, locationId: main, quantity: of(4) }],
        expiresAt: null
      })
      yield* Effect.exit(store.transaction(Effect.andThen(reserve, Effect.fail("called off" as const))))
      assert.strictEqual((yield* store.stock.snapshot([candle])).positions[0]?.reservations, of(0))
      assert.deepStrictEqual(yield* store.publications.dirty(shop, 10), [])

      yield* store.transaction(reserve)
      assert.strictEqual((yield* store.stock.snapshot([candle])).positions[0]?.reservations, of(4))
      assert.deepStrictEqual(
        (yield* store.publications.dirty(shop, 10)).map(({ itemId }) => itemId),
        [candle]
      )
      assert.strictEqual(Item.isStocked((yield* store.items.bySku(["CAN-1"]))[0]?.kind ?? "service"), true)
    })
  )
})
