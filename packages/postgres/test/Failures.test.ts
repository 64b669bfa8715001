import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import { of } from "@stockport/core/domain/Quantity"
import { type ReservationRequest, Store, StoreError } from "@stockport/core/ports/Store"
import { PostgresStore } from "@stockport/postgres"
import { Effect, Exit, Layer, Predicate, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { TestClient, TestDatabase, TestStore } from "./support/TestDatabase.ts"

const main = LocationId.make("main")
const [candle, box, ribbon] = [ItemId.make("candle"), ItemId.make("box"), ItemId.make("ribbon")] as const

const furnish = Effect.gen(function* () {
  const store = yield* Store
  yield* store.stock.saveLocations([{ id: main, name: "Main", nettable: true, isDefault: true }])
  yield* store.items.save([candle, box, ribbon].map((id) => Item.make({ id, kind: "inventory", sku: id })))
  return store
})

const receipt = (key: string, itemId: ItemId) => ({
  key,
  movements: [{ kind: "receipt" as const, itemId, locationId: main, quantity: of(1) }]
})

const line = (itemId: ItemId, quantity: number) => ({
  lineId: itemId,
  itemId,
  locationId: main,
  quantity: of(quantity)
})

const kit = (id: ItemId, component: ItemId) =>
  Item.make({ id, kind: "kit", sku: "", billOfMaterials: [{ itemId: component, quantity: of(1) }] })

describe("when the connection is lost", () => {
  it.live("a transaction fails with a retryable error, and nothing of it is written", () =>
    Effect.gen(function* () {
      const store = yield* furnish
      const sql = yield* SqlClient.SqlClient
      let attempts = 0
      const error = yield* Effect.flip(
        store.transaction(
          Effect.gen(function* () {
            attempts++
            yield* store.stock.record([receipt("lost", candle)])
            yield* sql`select pg_terminate_backend(pg_backend_pid())`
            yield* store.stock.record([receipt("lost too", box)])
          })
        )
      )
      assert.instanceOf(error, StoreError)
      assert.isTrue(error instanceof StoreError && error.retryable)
      assert.isAbove(attempts, 1)
      assert.deepStrictEqual((yield* store.stock.snapshot([candle, box])).positions, [])
    }).pipe(Effect.provide(TestStore))
  )

  it.live("a transaction that meets it once is tried again, and arrives", () =>
    Effect.gen(function* () {
      const store = yield* furnish
      const sql = yield* SqlClient.SqlClient
      let attempts = 0
      yield* store.transaction(
        Effect.gen(function* () {
          yield* store.stock.record([receipt("once", candle)])
          if (attempts++ === 0) yield* Effect.ignore(sql`select pg_terminate_backend(pg_backend_pid())`)
          yield* store.stock.record([receipt("once more", candle)])
        })
      )
      assert.strictEqual((yield* store.stock.snapshot([candle])).positions[0]?.onHand, of(2))
    }).pipe(Effect.provide(TestStore))
  )

  it.live("a server that is not there is said to be out of reach, in words without SQL", () =>
    Effect.gen(function* () {
      const store = yield* PostgresStore.make()
      const error = yield* Effect.flip(store.items.get([candle]))
      assert.strictEqual(error.reason._tag, "Unreachable")
      assert.isTrue(error.retryable)
      assert.notMatch(error.message, /select|insert|from/i)
    }).pipe(Effect.provide(PgClient.layer({ url: Redacted.make("postgres://nobody:nothing@127.0.0.1:1/none") })))
  )
})

describe("when others are in the way", () => {
  it.live("transactions that lock in opposite orders all arrive", () =>
    Effect.gen(function* () {
      const store = yield* furnish
      yield* Effect.forEach(
        Array.from({ length: 6 }, (_, n) => n),
        (n) =>
          store.transaction(
            Effect.gen(function* () {
              const [first, second] = n % 2 === 0 ? [candle, box] : [box, candle]
              yield* store.stock.record([receipt(`${n} first`, first)])
              yield* store.stock.record([receipt(`${n} second`, second)])
            })
          ),
        { concurrency: 3, discard: true }
      )
      const { positions } = yield* store.stock.snapshot([candle, box])
      assert.deepStrictEqual(
        positions.map(({ onHand }) => onHand),
        [of(6), of(6)]
      )
    }).pipe(Effect.provide(TestStore))
  )

  it.live("of two kits that are made to contain each other at the same time, one is refused", () =>
    Effect.gen(function* () {
      const store = yield* furnish
      for (let round = 0; round < 10; round++) {
        const [left, right] = [ItemId.make(`left ${round}`), ItemId.make(`right ${round}`)] as const
        yield* store.items.save([kit(left, candle), kit(right, candle)])
        const exits = yield* Effect.all(
          [Effect.exit(store.items.save([kit(left, right)])), Effect.exit(store.items.save([kit(right, left)]))],
          { concurrency: 2 }
        )
        assert.strictEqual(exits.filter(Exit.isSuccess).length, 1)
      }
    }).pipe(Effect.provide(TestStore))
  )

  it.live("a faulty reservation does not spoil those that are answered with it", () =>
    Effect.gen(function* () {
      const store = yield* furnish
      yield* store.stock.record([receipt("first", candle)])
      const answers = yield* Effect.forEach(
        Array.from({ length: 20 }, (_, n) => n),
        (n) =>
          Effect.result(
            store.stock.reserve({
              key: String(n),
              lines: [line(n % 2 === 0 ? candle : ItemId.make("nothing"), 1)],
              expiresAt: null
            })
          ),
        { concurrency: "unbounded" }
      )
      const tags = answers.map((answer) =>
        answer._tag === "Success" ? answer.success._tag : answer.failure.reason._tag
      )
      assert.strictEqual(tags.filter((tag) => tag === "Reserved").length, 1)
      assert.strictEqual(tags.filter((tag) => tag === "Refused").length, 9)
      assert.strictEqual(tags.filter((tag) => tag === "Unknown").length, 10)
    }).pipe(Effect.provide(TestStore))
  )

  it.live("text that no database keeps spoils only the request that holds it", () =>
    Effect.gen(function* () {
      const store = yield* furnish
      yield* store.stock.record([receipt("first", candle), receipt("second", box)])
      const request = (key: string, lines: ReservationRequest["lines"]) =>
        Effect.result(store.stock.reserve({ key, lines, expiresAt: null }))
      const answers = yield* Effect.all(
        [
          request("alone", [line(ribbon, 1)]),
          request("good", [line(candle, 1)]),
          request("bad", [line(box, 1), { ...line(box, 1), lineId: "\u0000" }]),
          request("good too", [line(box, 1)]),
          request("short", [line(candle, 5), line(box, 5)])
        ],
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        answers.map((answer) => (answer._tag === "Success" ? answer.success._tag : answer.failure.reason._tag)),
        ["Refused", "Reserved", "Invalid", "Reserved", "Refused"]
      )
    }).pipe(Effect.provide(TestStore))
  )
})

const sale = (id: string, order: string, number: string | null): string =>
  `insert into stockport.channels values ('web', 'Web', '', null) on conflict do nothing;
      insert into stockport.connections values ('shop', 'Shop', 'x', 'web', 'main', '[]', false, '', '', now(), null,
        '{}') on conflict do nothing;
      insert into stockport.sales values ('${id}', 'shop', '${order}', 'salesOrder', 'open',
        ${number === null ? "null" : `'${number}'`}, '[]', '{}', 0)`

const demand = (row: string): string =>
  `insert into stockport.demand (source, kind, line_ids, item_ids, location_ids, quantities, expires_at, expected_at,
      requested_at, refusal, updated_at) values (${row}, now())`

describe("the database itself refuses", () => {
  const refusals: ReadonlyArray<readonly [what: string, constraint: string, statements: string]> = [
    [
      "demand without a source",
      "demand_source",
      demand(`'', 'salesOrder', '{1}', '{candle}', '{main}', '{1}', null, null, null, null`)
    ],
    [
      "demand of a source that has some",
      "demand_pkey",
      `${demand(`'s', 'salesOrder', '{1}', '{candle}', '{main}', '{1}', null, null, null, null`)};
      ${demand(`'s', 'softHold', '{1}', '{candle}', '{main}', '{1}', null, null, null, null`)}`
    ],
    [
      "demand of nothing",
      "quantities_positive",
      demand(`'s', 'salesOrder', '{1}', '{candle}', '{main}', '{0}', null, null, null, null`)
    ],
    [
      "demand of who knows how much",
      "quantities_positive",
      demand(`'s', 'salesOrder', '{1}', '{candle}', '{main}', '{null}', null, null, null, null`)
    ],
    ["more demand taken back than there is", "counter_range", `update stockport.positions set sales_orders = -1`],
    ["a quantity beyond all quantities", "on_hand_range", `update stockport.positions set on_hand = 90071992547.40992`],
    [
      "a movement without a position",
      "movements_position",
      `insert into stockport.movements (document_key, kind, item_id, location_id, quantity, recorded_at)
      values ('d', 'receipt', 'box', 'main', 1, now())`
    ],
    ["a position taken away from its movements", "positions_position", "delete from stockport.positions"],
    [
      "a position taken away from its demand",
      "positions_position",
      `insert into stockport.positions (item_id, location_id) values ('box', 'main');
      ${demand(`'s', 'salesOrder', '{1}', '{box}', '{main}', '{1}', null, null, null, null`)};
      delete from stockport.positions where item_id = 'box'`
    ],
    [
      "an item that becomes a kit while there is stock",
      "positions_stocked",
      `update stockport.items set kind = 'kit' where id = 'candle'`
    ],
    [
      "an item that becomes a kit while there is demand for it",
      "positions_stocked",
      `insert into stockport.positions (item_id, location_id, sales_orders) values ('box', 'main', 1);
      update stockport.items set kind = 'kit' where id = 'box'`
    ],
    [
      "stock of a kit",
      "positions_item",
      `update stockport.items set kind = 'kit' where id = 'box';
      insert into stockport.positions (item_id, location_id) values ('box', 'main')`
    ],
    [
      "components of what is no kit",
      "item_components_item",
      `insert into stockport.item_components values ('box', 1, 'candle', 1)`
    ],
    [
      "a component that does not exist",
      "item_components_component",
      `update stockport.items set kind = 'kit' where id = 'box';
      insert into stockport.item_components values ('box', 1, 'nothing', 1)`
    ],
    [
      "a second default location",
      "locations_default",
      `insert into stockport.locations values ('other', 'Other', true, true, now())`
    ],
    [
      "a sale of an unknown connection",
      "sales_connection",
      `insert into stockport.sales values ('x', 'nobody', '1', 'salesOrder', 'open', null, '[]', '{}', 0)`
    ],
    ["a second sale of an order", "sales_order", `${sale("shop:1", "1", null)}; ${sale("again", "1", null)}`],
    [
      "a second number that differs by case",
      "sales_number",
      `${sale("shop:1", "1", "bc-1")}; ${sale("shop:2", "2", "BC-1")}`
    ]
  ]
  it.live("what a constraint can refuse, whoever asks", () =>
    Effect.gen(function* () {
      const store = yield* furnish
      const sql = yield* SqlClient.SqlClient
      yield* store.stock.record([receipt("first", candle)])
      for (const [what, constraint, statements] of refusals) {
        const error = yield* Effect.flip(
          sql.withTransaction(
            Effect.forEach(statements.split(";"), (statement) => sql.unsafe(statement).unprepared, { discard: true })
          )
        )
        const cause = error.reason.cause
        assert.strictEqual(Predicate.hasProperty(cause, "constraint") ? cause.constraint : cause, constraint, what)
      }
    }).pipe(Effect.provide(TestStore))
  )
})

describe("time", () => {
  it.live("statements of our own clients end by themselves", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ limit: string }>`select current_setting('statement_timeout') as limit`
      assert.strictEqual(row?.limit, "1min")
    }).pipe(Effect.provide(TestClient.pipe(Layer.provideMerge(TestDatabase.layer))))
  )
})
