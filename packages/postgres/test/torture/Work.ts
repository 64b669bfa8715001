/**
 * What the workers do, each step of it safe to be killed in.
 */
import { idOf, type Sale } from "@stockport/core/domain/Sale"
import { OrderId } from "@stockport/core/domain/Order"
import { format, type Quantity } from "@stockport/core/domain/Quantity"
import { reservable, Store } from "@stockport/core/ports/Store"
import { Effect, Option } from "effect"
import { SqlClient } from "effect/sql"
import {
  demandOf,
  documentsOf,
  hash,
  itemOf,
  placeOf,
  saleOf,
  shipmentOf,
  shop,
  type ShopOrder,
  unitsOf,
  versionOf
} from "./World.ts"

/** How many orders one transaction imports. */
const ordersPerBatch = 10

/** The orders that the shop has changed since a place in its log, oldest change first. */
const changedOrders = (since: number) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    return yield* sql<ShopOrder & { readonly modified: bigint }>`
      select id, version, quantity, shipped, modified from shop.orders where modified > ${String(since)}::text::bigint
      order by modified limit ${String(ordersPerBatch)}::text::int`
  })

/** Imports the next orders: sales, demand, the goods of shipped ones, all in one transaction. Answers the new place. */
export const importOrders = (since: number) =>
  Effect.gen(function* () {
    const store = yield* Store
    const orders = yield* changedOrders(since)
    const last = orders.at(-1)
    if (last === undefined) return since
    yield* store.transaction(
      Effect.gen(function* () {
        const known = new Map<string, Sale>()
        for (const sale of yield* store.sales.ofOrders(
          shop,
          orders.map(({ id }) => OrderId.make(String(id)))
        )) {
          known.set(sale.id, sale)
        }
        const fresh = orders.filter((order) => {
          const before = known.get(idOf(shop, OrderId.make(String(order.id))))
          return before === undefined || versionOf(before) < order.version
        })
        yield* store.sales.save(
          fresh.map((order) => saleOf(order, known.get(idOf(shop, OrderId.make(String(order.id))))))
        )
        yield* store.stock.setDemand(fresh.map(demandOf))
        yield* store.stock.record(fresh.filter(({ shipped }) => shipped).map(shipmentOf))
      })
    )
    return Number(last.modified)
  })

/** Writes the two documents of a receipt or shipment in one transaction. */
export const moveGoods = (kind: "receipt" | "shipment", key: string) =>
  Effect.gen(function* () {
    const store = yield* Store
    const [first, second] = documentsOf(kind, key)
    yield* store.transaction(
      Effect.gen(function* () {
        if (first !== undefined) yield* store.stock.record([first])
        if (second !== undefined) yield* store.stock.record([second])
      })
    )
  })

/** Counts one position, and says that there is some number of it. */
export const countGoods = (key: string) =>
  Effect.gen(function* () {
    const store = yield* Store
    const sum = hash(key)
    yield* store.stock.count(key, [{ itemId: itemOf(sum), locationId: placeOf(sum >>> 8), counted: unitsOf(sum % 50) }])
  })

/** Reserves one unit of two items. */
export const reserveGoods = (key: string) =>
  Effect.gen(function* () {
    const store = yield* Store
    const sum = hash(key)
    const lines = [sum, sum >>> 4].map((n, index) => ({
      lineId: String(index),
      itemId: itemOf(n),
      locationId: placeOf(n >>> 8),
      quantity: unitsOf(1)
    }))
    return (yield* store.stock.reserve({ key, lines, expiresAt: null }))._tag
  })

/**
 * Publishes what is dirty, as the only publisher. The shop takes a number only with a newer version than it has: a write
 * that a killed publisher had under way may still arrive.
 */
export const publish = Effect.gen(function* () {
  const store = yield* Store
  const sql = yield* SqlClient.SqlClient
  const published = yield* store.connections.exclusively(
    shop,
    Effect.gen(function* () {
      const marks = yield* store.publications.dirty(shop, 5)
      if (marks.length === 0) return 0
      const numbers = yield* availableOf(marks.map(({ itemId }) => itemId))
      for (const { itemId, version } of marks) {
        yield* sql`
          insert into shop.numbers as n (item_id, quantity, version)
          values (${itemId}, ${format(numbers(itemId))}, ${String(version)}::text::bigint)
          on conflict (item_id) do update set quantity = excluded.quantity, version = excluded.version
          where n.version < excluded.version`
      }
      yield* store.publications.record(shop, [], marks)
      return marks.length
    })
  )
  return Option.getOrElse(published, () => 0)
})

/** What there is of items, everything that speaks against it taken off. */
export const availableOf = (ids: ReadonlyArray<ReturnType<typeof itemOf>>) =>
  Effect.gen(function* () {
    const store = yield* Store
    const { positions } = yield* store.stock.snapshot(ids)
    return (id: string): Quantity => {
      let sum = 0
      for (const position of positions) if (position.itemId === id) sum += reservable(position)
      return sum as Quantity
    }
  })
