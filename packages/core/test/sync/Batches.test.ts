/** How an import reads and commits: its cursor, batches that lose a race, what it tells of each order, and held orders. */
import { assert, describe, it } from "@effect/vitest"
import { Issue, Item, ItemId, Order, Quantity } from "@stockport/core"
import * as Cart from "@stockport/core/ports/Cart"
import { Changed, Contended, Invalid, Store, StoreError, Taken } from "@stockport/core/ports/Store"
import * as Import from "@stockport/core/sync/Import"
import { ScriptedCart } from "@stockport/testing"
import { DateTime, Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

const { connectionId } = World
const start = DateTime.makeUnsafe("2026-03-01T08:00:00Z")
const world = { timeout: 20_000 }

const open = Effect.gen(function* () {
  yield* TestClock.setTime(DateTime.toEpochMillis(start))
  yield* World.open({ importFrom: DateTime.subtract(start, { days: 30 }) })
})

const idOf = (id: string) => Order.OrderId.make(id)

const place = Effect.fnUntraced(function* (id: string, quantity: number, rest: Partial<Order.Order> = {}) {
  const { shop } = yield* ScriptedCart.Script
  yield* TestClock.adjust("1 second")
  const { productId, variantId, sku } = World.candleListing
  const lineId = Order.OrderLineId.make("1")
  const line = Order.makeLine({ id: lineId, productId, variantId, sku, quantity: Quantity.of(quantity) })
  return yield* shop.place(Order.make({ id: idOf(id), placedAt: yield* DateTime.now, lines: [line], ...rest }))
})

const look = Effect.andThen(TestClock.adjust("1 minute"), Import.run(connectionId))

const stateOf = (id: string) =>
  Effect.flatMap(Store, ({ sales }) =>
    Effect.map(sales.ofOrders(connectionId, [idOf(id)]), ([sale]) => sale?.state ?? null)
  )

const committed = Effect.gen(function* () {
  const { stock } = yield* Store
  const { positions } = yield* stock.snapshot([World.candle])
  return positions.reduce((sum, each) => sum + each.salesOrders + each.softHolds, 0) / Quantity.scale
})

const cursor = Effect.flatMap(Store, ({ connections }) =>
  Effect.map(
    connections.cursor(connectionId),
    Option.map(({ modifiedSince }) => DateTime.formatIso(modifiedSince))
  )
)

const issues = Effect.gen(function* () {
  const store = yield* Store
  const all = yield* store.issues.open(connectionId, { after: null, limit: 100 })
  return all.map(({ issue }) => issue)
})

/** The shop as it is, but for its lists of orders. */
const listing = <A, E, R>(
  change: (
    rows: Stream.Stream<Order.Order | Cart.Unreadable, Cart.CartError>,
    query: Cart.OrderQuery
  ) => Stream.Stream<Order.Order | Cart.Unreadable, Cart.CartError>,
  effect: Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const cart = yield* Cart.Cart
    const strange = Cart.Cart.of({ ...cart, orders: (query) => change(cart.orders(query), query) })
    return yield* Effect.provideService(effect, Cart.Cart, strange)
  })

const broken = Stream.fail(new Cart.CartError({ operation: "orders", reason: ScriptedCart.unreachable }))

/** A store in which something happens before each attempt to save sales; a failure is the answer. */
const saving = <A, E, R>(
  before: (attempt: number) => Effect.Effect<unknown, StoreError, Store | Cart.Cart>,
  effect: Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const store = yield* Store
    const cart = yield* Cart.Cart
    let attempts = 0
    const busy = Store.of({
      ...store,
      sales: {
        ...store.sales,
        save: (sales) =>
          before(++attempts).pipe(
            Effect.provideService(Store, store),
            Effect.provideService(Cart.Cart, cart),
            Effect.andThen(store.sales.save(sales))
          )
      }
    })
    return [yield* Effect.provideService(effect, Store, busy), attempts] as const
  })

const lost = (reason: StoreError["reason"]) => new StoreError({ operation: "sales.save", reason })
const changed = lost(new Changed({ kind: "sale", id: "shop:1" }))

const latestFirst = (rows: Stream.Stream<Order.Order | Cart.Unreadable, Cart.CartError>) =>
  Stream.concat(
    Stream.filter(rows, ({ id }) => id === "2"),
    broken
  )

const unread = (rows: Stream.Stream<Order.Order | Cart.Unreadable, Cart.CartError>, { _tag }: Cart.OrderQuery) =>
  _tag === "Backlog"
    ? Stream.empty
    : Stream.map(rows, (row) =>
        row.id === "2" ? Cart.unreadable({ what: "order", id: "2", path: "status", expected: "a status" }) : row
      )

const losingAsBatchAndAlone = (attempt: number) => (attempt <= 2 * Import.attemptsMax ? changed : Effect.void)

describe("the cursor of an import", world, () => {
  it.effect("stays where it was when a reading breaks off, whatever had been read, and moves when all has been", () =>
    Effect.gen(function* () {
      yield* open
      yield* place("1", 1)
      yield* TestClock.adjust("1 hour")
      yield* place("2", 2)
      yield* TestClock.adjust("1 hour")
      yield* Effect.flip(listing(latestFirst, look))
      assert.isTrue(Option.isNone(yield* cursor))
      yield* Effect.flip(listing((rows, { _tag }) => (_tag === "Backlog" ? broken : rows), look))
      assert.isTrue(Option.isNone(yield* cursor))
      yield* look
      assert.deepStrictEqual(yield* cursor, Option.some("2026-03-01T09:00:02.000Z"))
      assert.strictEqual(yield* committed, 3)
      yield* place("3", 1)
      yield* TestClock.adjust("1 hour")
      yield* Effect.flip(listing(() => broken, look))
      assert.deepStrictEqual(yield* cursor, Option.some("2026-03-01T09:00:02.000Z"))
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is where the connection begins while the shop has no order, and never moves back", () =>
    Effect.gen(function* () {
      yield* open
      yield* look
      assert.deepStrictEqual(yield* cursor, Option.some("2026-01-30T08:00:00.000Z"))
      yield* place("1", 1)
      yield* TestClock.adjust("1 hour")
      yield* look
      const after = Option.some("2026-03-01T08:01:01.000Z")
      assert.deepStrictEqual(yield* cursor, after)
      yield* listing(() => Stream.empty, look)
      assert.deepStrictEqual(yield* cursor, after)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is that of the latest change, in whatever order the rows come and whatever cannot be read of them", () =>
    Effect.gen(function* () {
      yield* open
      for (const id of ["1", "2", "3"]) yield* place(id, 1)
      yield* TestClock.adjust("1 hour")
      const order = ["3", null, "1", "2"]
      const strange = Cart.unreadable({ what: "order", id: "9", path: "status", expected: "a status" })
      yield* listing(
        (rows) =>
          Stream.fromEffect(Stream.runCollect(rows)).pipe(
            Stream.flatMap((all) =>
              Stream.fromIterable(order.map((id) => [...all].find((row) => row.id === id) ?? strange))
            )
          ),
        look
      )
      assert.deepStrictEqual(yield* cursor, Option.some("2026-03-01T08:00:03.000Z"))
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("breaks off with the order that had been read last", () =>
    Effect.gen(function* () {
      yield* open
      for (let id = 1; id <= Import.ordersPerBatch; id++) yield* place(String(id), 1)
      const first = yield* Effect.flip(listing(() => broken, look))
      assert.notInclude(first.message, "after order")
      const later = yield* Effect.flip(listing((rows) => Stream.concat(rows, broken), look))
      assert.match(later.message, /orders \(after order 100\)/)
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a batch that lost a race", world, () => {
  it.effect("is decided anew by what the winner has written", () =>
    Effect.gen(function* () {
      yield* open
      yield* place("1", 3)
      yield* place("2", 2)
      const store = yield* Store
      const winner = Effect.provideService(Effect.orDie(Import.one(connectionId, idOf("1"))), Store, store)
      const raced = Store.of({
        ...store,
        transaction: (effect) => Effect.tapError(store.transaction(effect), () => Effect.ignore(won))
      })
      const won = Effect.provideService(winner, Cart.Cart, yield* Cart.Cart)
      const losing = saving((attempt) => (attempt === 1 ? changed : Effect.void), look)
      const [report, attempts] = yield* Effect.provideService(losing, Store, raced)
      assert.deepStrictEqual([report.imported, attempts], [1, 2])
      assert.deepStrictEqual([yield* committed, yield* issues.pipe(Effect.map(importing))], [5, []])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("whether a sale has changed or a number was taken meanwhile is tried again, as often as is said", () =>
    Effect.gen(function* () {
      yield* open
      yield* place("1", 3)
      const taken = lost(new Taken({ field: "number", value: "1", by: "other" }))
      const losing = (attempt: number) => (attempt < Import.attemptsMax ? (attempt % 2 ? changed : taken) : Effect.void)
      const [report, attempts] = yield* saving(losing, look)
      assert.deepStrictEqual([report.imported, report.held, attempts], [1, {}, Import.attemptsMax])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("each time is set aside after that, and imported when the race is over", () =>
    Effect.gen(function* () {
      yield* open
      yield* place("1", 3)
      const withoutBacklog = listing((rows, { _tag }) => (_tag === "Backlog" ? Stream.empty : rows), look)
      const [report, attempts] = yield* saving(losingAsBatchAndAlone, withoutBacklog)
      // Set aside, and decided again from what was kept.
      assert.deepStrictEqual(
        [report.held, report.imported, attempts],
        [{ NOT_WRITABLE: 1 }, 1, 2 * Import.attemptsMax + 2]
      )
      assert.deepStrictEqual([yield* stateOf("1"), yield* committed], ["open", 3])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is no race where it fails for another reason: it is tried once", () =>
    Effect.gen(function* () {
      yield* open
      yield* place("1", 3)
      const attempts: Array<number> = []
      const contended = (attempt: number) => {
        attempts.push(attempt)
        return lost(new Contended({ detail: "busy" }))
      }
      yield* Effect.flip(saving(contended, look))
      assert.deepStrictEqual(attempts, [1])
    }).pipe(Effect.provide(World.layer()))
  )
})

const importing = (all: ReadonlyArray<{ readonly code: string }>) =>
  all.map(({ code }) => code).filter((code) => code.startsWith("ORDER"))

describe("who listens to an import", world, () => {
  it.effect("hears of each order that could be read or is kept, with what was decided of it", () =>
    Effect.gen(function* () {
      yield* open
      yield* place("1", 1)
      yield* place("2", 1)
      const heard: Array<string> = []
      const listen: Import.OnDecision = (order, { _tag, sale }) =>
        Effect.sync(() => void heard.push(`${order.id} ${_tag} ${sale === null ? "as it was" : sale.state}`))
      const listening = listing(unread, Import.run(connectionId, listen))
      yield* listening
      assert.deepStrictEqual(heard.splice(0), ["1 Import open", "2 Hold held"])
      yield* listening
      assert.deepStrictEqual(heard.splice(0), ["1 Skip as it was"])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a held order", world, () => {
  const strange = {
    productId: World.strangeListing.productId,
    variantId: World.strangeListing.variantId,
    sku: World.strangeListing.sku
  }
  it.effect("is decided again in each import, long after the shop has told of it last", () =>
    Effect.gen(function* () {
      yield* open
      const line = { ...strange, id: Order.OrderLineId.make("1"), quantity: Quantity.of(2) }
      yield* place("1", 0, { lines: [Order.makeLine(line)] })
      yield* look
      assert.strictEqual(yield* stateOf("1"), "held")
      yield* TestClock.adjust("1 hour")
      yield* place("2", 1)
      yield* look
      const { items } = yield* Store
      yield* items.save([Item.make({ id: ItemId.ItemId.make("strange"), kind: "inventory", sku: strange.sku })])
      const report = yield* look
      assert.deepStrictEqual([yield* stateOf("1"), report.imported, report.read], ["open", 1, 1])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("an order that cannot be written", world, () => {
  it.effect("and of which nothing can be told either takes no other one with it", () =>
    Effect.gen(function* () {
      yield* open
      yield* place("1", 3)
      yield* place("2", 2)
      const store = yield* Store
      const invalid = lost(new Invalid({ field: "message", value: "?", expected: "text" }))
      const mute = Store.of({
        ...store,
        sales: {
          ...store.sales,
          save: (sales) => (sales.some(({ orderId }) => orderId === "1") ? invalid : store.sales.save(sales))
        },
        issues: {
          ...store.issues,
          replace: (id, codes, about, issues) =>
            about?.ids.includes("1") === true ? invalid : store.issues.replace(id, codes, about, issues)
        }
      })
      const report = yield* Effect.provideService(look, Store, mute)
      assert.deepStrictEqual([report.imported, yield* stateOf("1"), yield* stateOf("2")], [1, null, "open"])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect(
    "though only what could be read of it is known is kept by its id, and a fault without words has a name",
    () =>
      Effect.gen(function* () {
        yield* open
        yield* place("1", 3)
        const store = yield* Store
        const picky = Store.of({
          ...store,
          sales: {
            ...store.sales,
            save: (sales) =>
              sales.some(({ reasons }) => reasons[0]?.code !== "NOT_WRITABLE")
                ? Effect.die(new Error(""))
                : store.sales.save(sales)
          }
        })
        const unread = listing((rows) => Stream.map(rows, unreadable), look)
        const report = yield* Effect.provideService(unread, Store, picky)
        assert.strictEqual(report.held["NOT_WRITABLE"], 1)
        const [sale] = yield* store.sales.ofOrders(connectionId, [idOf("1")])
        assert.deepStrictEqual([sale?.state, sale?.reasons[0]?.message], ["held", "an unknown fault"])
        yield* TestClock.adjust("1 hour")
        yield* look
        assert.deepStrictEqual([yield* stateOf("1"), yield* committed], ["open", 3])
      }).pipe(Effect.provide(World.layer()))
  )
})

const unreadable = ({ id }: Order.Order | Cart.Unreadable) =>
  Cart.unreadable({ what: "order", id, path: "status", expected: "a status" })

describe("orders whose ids cannot be read", world, () => {
  it.effect("are told, as many as can be listed, and take no other order with them", () =>
    Effect.gen(function* () {
      yield* open
      yield* place("1", 1)
      const nameless = Stream.fromIterable(
        Array.from({ length: 40 }, (_, n) =>
          Cart.unreadable({ what: "order", id: null, path: `${n}`, expected: "an order" })
        )
      )
      yield* listing((rows) => Stream.concat(nameless, rows), look)
      assert.strictEqual(yield* stateOf("1"), "open")
      const told = (yield* issues).filter(({ code }) => code === "ORDER_UNREADABLE")
      const { sales } = yield* Store
      assert.deepStrictEqual(yield* sales.list(connectionId, ["held"], { after: null, limit: 10 }), [])
      assert.strictEqual(told.length, Issue.idsListedMax)
    }).pipe(Effect.provide(World.layer()))
  )
})
