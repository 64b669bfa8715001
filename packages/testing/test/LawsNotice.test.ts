/**
 * The laws notice: each store and each cart here breaks one promise in one small way, and at least one law says so.
 */
import { assert, describe, it } from "@effect/vitest"
import { of } from "@stockport/core/domain/Quantity"
import { Cart, isUnreadable } from "@stockport/core/ports/Cart"
import { Lease } from "@stockport/core/ports/Lease"
import { Actor, Store } from "@stockport/core/ports/Store"
import * as CartLaws from "@stockport/testing/laws/CartLaws"
import type { CartWorld } from "@stockport/testing/laws/CartWorld"
import * as StoreLaws from "@stockport/testing/laws/StoreLaws"
import { probes, work } from "@stockport/testing/laws/StoreProbes"
import * as MemoryStore from "@stockport/testing/MemoryStore"
import { DateTime, Effect, Layer, Option, Stream, Struct } from "effect"
import * as ScriptedWorld from "./ScriptedWorld.ts"

type StoreService = Store["Service"]
type CartService = Cart["Service"]

const storeWith = (change: (store: StoreService) => Partial<StoreService>): Layer.Layer<Store> =>
  Layer.effect(
    Store,
    Effect.map(MemoryStore.make, (store) => Store.of({ ...store, ...change(store) }))
  )

const stock = (change: (stock: StoreService["stock"]) => Partial<StoreService["stock"]>) =>
  storeWith((store) => ({ stock: { ...store.stock, ...change(store.stock) } }))

const publications = (change: (all: StoreService["publications"]) => Partial<StoreService["publications"]>) =>
  storeWith((store) => ({ publications: { ...store.publications, ...change(store.publications) } }))

const sales = (change: (all: StoreService["sales"]) => Partial<StoreService["sales"]>) =>
  storeWith((store) => ({ sales: { ...store.sales, ...change(store.sales) } }))

const links = (change: (all: StoreService["links"]) => Partial<StoreService["links"]>) =>
  storeWith((store) => ({ links: { ...store.links, ...change(store.links) } }))

let keys = 0
const anyKey = () => {
  keys += 1
  return `key ${keys}`
}

const brokenStores: Readonly<Record<string, Layer.Layer<Store>>> = {
  "forgets to roll back": storeWith(() => ({ transaction: (effect) => effect })),
  "books a document as often as it comes": stock(({ record }) => ({
    record: (documents) => record(documents.map((document) => ({ ...document, key: anyKey() })))
  })),
  "counts as often as it is told": stock(({ count }) => ({ count: (_key, counts) => count(anyKey(), counts) })),
  "answers a repeated key anew": stock(({ reserve }) => ({
    reserve: (request) => reserve({ ...request, key: anyKey() })
  })),
  "reserves without looking at other lines": stock(({ reserve }) => ({
    reserve: ({ lines, ...request }) =>
      Effect.map(
        Effect.forEach(lines, (line, index) => reserve({ ...request, key: `${request.key} ${index}`, lines: [line] })),
        (answers) => answers.find(({ _tag }) => _tag === "Refused") ?? answers[0]!
      )
  })),
  "never lets demand expire": stock(({ setDemand }) => ({
    setDemand: (demands) => setDemand(demands.map((demand) => ({ ...demand, expiresAt: null })))
  })),
  "counts incoming goods whenever they are expected": stock(({ snapshot }) => ({ snapshot: (ids) => snapshot(ids) })),
  "forgets when goods are expected": stock(({ setDemand }) => ({
    setDemand: (demands) => setDemand(demands.map((demand) => Struct.omit(demand, ["expectedAt"])))
  })),
  "takes goods without a date for goods that are due": stock(({ setDemand }) => ({
    setDemand: (demands) =>
      setDemand(
        demands.map((demand) =>
          demand.kind === "incoming" ? { expectedAt: DateTime.makeUnsafe(0), ...demand } : demand
        )
      )
  })),
  "looks for what arrives without an end": stock(({ arriving }) => ({
    arriving: (after, _, page) => arriving(after, DateTime.makeUnsafe("2999-01-01T00:00:00Z"), page)
  })),
  "looks for what arrives from the start": stock(({ arriving }) => ({
    arriving: (_, until, page) => arriving(null, until, page)
  })),
  "gives the first page of what arrives for every page": stock(({ arriving }) => ({
    arriving: (after, until, { limit }) => arriving(after, until, { after: null, limit })
  })),
  "loses the fifth decimal": stock(({ record }) => ({
    record: (documents) =>
      record(
        documents.map(({ key, movements }) => ({
          key,
          movements: movements.map((movement) => ({
            ...movement,
            quantity: (Math.round(movement.quantity / 10) * 10) as typeof movement.quantity
          }))
        }))
      )
  })),
  "clears marks that were raised again": publications((all) => ({
    record: (connectionId, published, cleared) =>
      Effect.gen(function* () {
        const current = yield* all.dirty(connectionId, 1_000)
        const ids = new Set(cleared.map(({ itemId }) => itemId))
        yield* all.record(
          connectionId,
          published,
          current.filter(({ itemId }) => ids.has(itemId))
        )
      })
  })),
  "counts as of now whatever it is told": stock(({ count }) => ({ count: (key, counts) => count(key, counts) })),
  "takes every movement for one of now": stock(({ record }) => ({
    record: (documents) =>
      record(
        documents.map(({ key, movements }) => ({
          key,
          movements: movements.map((movement) => Struct.omit(movement, ["at"]))
        }))
      )
  })),
  "takes half a transfer for a whole one": stock(({ record }) => ({
    record: (documents) =>
      record(
        documents.map(({ key, movements }) => ({
          key,
          movements: movements.map((movement) => ({ ...movement, kind: "adjustment" }))
        }))
      )
  })),
  "does not know who holds the units of an item": stock(() => ({ demandOf: () => Effect.succeed([]) })),
  "lets no mark wait": publications(() => ({ defer: () => Effect.void })),
  "never looks at a sale again": sales(() => ({ due: () => Effect.succeed([]) })),
  "looks at a sale when it likes": sales(() => ({ look: () => Effect.void })),
  "forgets that a link has ended": links(() => ({ endedOf: () => Effect.succeed([]), ended: () => Stream.empty })),
  "forgets why a link has ended": links(({ remove }) => ({ remove: (id, keys) => remove(id, keys) })),
  "settles nothing": links(() => ({ settle: () => Effect.void })),
  "leaves an ended link settled whose number is in doubt": storeWith((store) => ({
    publications: {
      ...store.publications,
      doubt: (id, keys) =>
        Effect.gen(function* () {
          const before = yield* store.links.endedOf(id, keys)
          yield* store.publications.doubt(id, keys)
          const settled = before.filter((ended) => ended.settled).map(({ link }) => link.listing.key)
          yield* store.links.settle(id, settled)
        })
    }
  })),
  "lifts no exclusion": links(() => ({ include: () => Effect.void })),
  "knows no exclusion by its listing": links(() => ({ exclusionsOf: () => Effect.succeed([]) })),
  "lets what has lost its lease write": storeWith(({ connections }) => ({
    connections: {
      ...connections,
      exclusively: (id, effect) =>
        Effect.flatMap(connections.exclusively(id, Effect.void), (held) =>
          Option.isNone(held) ? Effect.succeedNone : Effect.asSome(effect)
        )
    }
  })),
  "keeps whatever a text holds up to its first zero": storeWith(({ items }) => ({
    items: {
      ...items,
      save: (saved) =>
        items.save(saved.map((item) => ({ ...item, description: item.description.replace(/\0.*/s, "") })))
    }
  })),
  "cuts long texts off": storeWith(({ items }) => ({
    items: {
      ...items,
      save: (saved) => items.save(saved.map((item) => ({ ...item, description: item.description.slice(0, 1_000) })))
    }
  })),
  "lets nobody in particular change things": storeWith(({ items }) => ({
    items: {
      ...items,
      save: (saved) =>
        Effect.updateService(items.save(saved), Actor, ({ name, reason }) => ({
          name: name.trim() || "system",
          reason
        }))
    }
  })),
  "marks nothing by hand": publications(() => ({ mark: () => Effect.void })),
  "lets anybody in": storeWith(({ connections }) => ({
    connections: { ...connections, exclusively: (_id, effect) => Effect.map(effect, Option.some) }
  })),
  "overwrites what others changed": storeWith(({ sales }) => ({
    sales: {
      ...sales,
      save: (saved) =>
        Effect.gen(function* () {
          for (const sale of saved) {
            const before = yield* sales.get(sale.id)
            yield* sales.save([{ ...sale, revision: Option.isSome(before) ? before.value.revision + 1 : 0 }])
          }
        })
    }
  }))
}

const holdsOn = <A, E>(law: Effect.Effect<void, unknown, A>, layer: Layer.Layer<A, E>) =>
  Effect.map(Effect.exit(Effect.provide(law, Layer.fresh(layer), { local: true })), ({ _tag }) => _tag === "Success")

describe("the laws of stores notice a store that", () => {
  const laws = Object.values(StoreLaws.laws).flat()
  it.live.each(Object.keys(brokenStores))("%s", (name) =>
    Effect.gen(function* () {
      const layer = brokenStores[name]
      if (layer === undefined) return
      const held = yield* Effect.forEach(laws, ({ holds }) => holdsOn(holds, layer))
      assert.include(held, false)
    })
  )
})

describe("the probes notice a store that", () => {
  const brokenFor: Readonly<Record<string, Layer.Layer<Store>>> = {
    "increments what it has read": stock(({ record, count, snapshot }) => ({
      record: (documents) =>
        Effect.forEach(
          documents.flatMap(({ key, movements }) => movements.map((movement) => ({ key, movement }))),
          ({ key, movement: { itemId, locationId, quantity } }) =>
            Effect.gen(function* () {
              const { positions } = yield* snapshot([itemId])
              yield* Effect.yieldNow
              const before = positions.find((position) => position.locationId === locationId)?.onHand ?? of(0)
              yield* count(key, [{ itemId, locationId, counted: (before + quantity) as typeof quantity }])
            }),
          { discard: true }
        ).pipe(Effect.catch(() => record([])))
    })),
    "answers a repeated key anew": brokenStores["answers a repeated key anew"] ?? MemoryStore.layer,
    "reserves without looking at other lines":
      brokenStores["reserves without looking at other lines"] ?? MemoryStore.layer
  }
  it.live.each(Object.keys(brokenFor))("%s", (name) =>
    Effect.gen(function* () {
      const observed = yield* Effect.forEach(probes, (probe) =>
        Effect.exit(
          Effect.provide(probe.measure(work), Layer.fresh(brokenFor[name] ?? MemoryStore.layer), { local: true })
        )
      )
      const right = observed.every((exit, index) => exit._tag === "Success" && exit.value === probes[index]?.expected)
      assert.isFalse(right)
    })
  )
})

const cartWith = (change: (cart: CartService) => Partial<CartService>): Layer.Layer<Cart | CartWorld> =>
  Layer.effect(
    Cart,
    Effect.map(Cart, (cart) => Cart.of({ ...cart, ...change(cart) }))
  ).pipe(Layer.provideMerge(ScriptedWorld.layer({ pageSize: 4, stockLevelsPerRequest: 3 })))

const brokenCarts: Readonly<Record<string, Layer.Layer<Cart | CartWorld>>> = {
  "reads the first page only": cartWith(({ listings }) => ({ listings: Stream.take(listings, 4) })),
  "reads orders of the first page only": cartWith(({ orders }) => ({
    orders: (query) => Stream.take(orders(query), 4)
  })),
  "trims SKUs": cartWith(({ listings }) => ({
    listings: Stream.map(listings, (row) => (isUnreadable(row) ? row : { ...row, sku: row.sku.trim().toUpperCase() }))
  })),
  "fails a whole batch for one bad row": cartWith(({ setStockLevels }) => ({
    setStockLevels: (updates) =>
      Effect.flatMap(setStockLevels(updates), (verdicts) => {
        const bad = verdicts.find(({ _tag }) => _tag === "Rejected")
        return bad?._tag === "Rejected" ? Effect.fail(bad.error) : Effect.succeed(verdicts)
      })
  })),
  "gives verdicts in another order": cartWith(({ setStockLevels }) => ({
    setStockLevels: (updates) => Effect.map(setStockLevels(updates), (verdicts) => verdicts.toReversed())
  })),
  "ships again what it has shipped": cartWith(({ recordShipment }) => ({
    recordShipment: (shipment) => recordShipment({ ...shipment, key: anyKey() })
  })),
  "believes every notification": cartWith(({ notification }) => ({
    notification: (raw) =>
      Effect.catch(notification(raw), () =>
        Effect.succeed({ id: "1", scope: "order/updated", about: { _tag: "Unknown" } as const })
      )
  })),
  "leaves out what it cannot read": cartWith(({ listings, order, orders }) => ({
    listings: Stream.filter(listings, (row) => !isUnreadable(row)),
    orders: (query) => Stream.filter(orders(query), (row) => !isUnreadable(row)),
    order: (id) =>
      Effect.map(
        order(id),
        Option.filter((row) => !isUnreadable(row))
      )
  })),
  "ends at an order that it cannot read": cartWith(({ orders }) => ({
    orders: (query) => Stream.takeUntil(orders(query), isUnreadable)
  })),
  "forgets what an unreadable order may have sold": cartWith(({ order }) => ({
    order: (id) =>
      Effect.map(
        order(id),
        Option.map((row) => (isUnreadable(row) ? { ...row, lines: [] } : row))
      )
  })),
  "writes levels without its lease": cartWith(({ setStockLevels }) => ({
    setStockLevels: (updates) => Effect.provideService(setStockLevels(updates), Lease, null)
  })),
  "ships without its lease": cartWith(({ recordShipment }) => ({
    recordShipment: (shipment) => Effect.provideService(recordShipment(shipment), Lease, null)
  })),
  "takes what shoppers can buy for what the shop has": cartWith(({ stockLevels }) => ({
    stockLevels: (listings) =>
      Stream.map(stockLevels(listings), (row) => (isUnreadable(row) ? row : { ...row, onHand: row.availableToSell }))
  })),
  "swallows errors": cartWith(({ listings }) => ({ listings: Stream.catch(listings, () => Stream.empty) }))
}

describe("the laws of carts notice a cart that", () => {
  const laws = Object.values(CartLaws.laws).flat()
  it.live.each(Object.keys(brokenCarts))("%s", (name) =>
    Effect.gen(function* () {
      const layer = brokenCarts[name]
      if (layer === undefined) return
      const held = yield* Effect.forEach(laws, ({ holds }) => holdsOn(holds({ rows: 14, levels: 10 }), layer))
      assert.include(held, false)
    })
  )
})
