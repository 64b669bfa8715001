/** What becomes of single orders in an import: bad rows, late ones, strange stamps, and those that are looked at again. */
import { assert, describe, it } from "@effect/vitest"
import {
  type Connection,
  ConnectionId,
  Issue,
  Item,
  ItemId,
  Link,
  Listing,
  type Location,
  Order,
  Quantity,
  type Sale,
  SyncPolicy
} from "@stockport/core"
import * as Intake from "@stockport/core/decide/Intake"
import * as Cart from "@stockport/core/ports/Cart"
import { Invalid, Store, StoreError, Unreachable } from "@stockport/core/ports/Store"
import * as Answer from "@stockport/core/sync/Answer"
import * as Import from "@stockport/core/sync/Import"
import * as Match from "@stockport/core/sync/Match"
import * as Revisit from "@stockport/core/sync/Revisit"
import { ScriptedCart } from "@stockport/testing"
import { DateTime, Effect, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

const { connectionId } = World

const start = DateTime.makeUnsafe("2026-03-01T08:00:00Z")

const open = (change: Partial<Connection.Connection> = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(DateTime.toEpochMillis(start))
    yield* World.open({ importFrom: DateTime.subtract(start, { days: 30 }), ...change })
  })

const candles = (quantity: number, rest: Partial<Order.OrderLine> = {}): Order.OrderLine =>
  Order.makeLine({
    id: Order.OrderLineId.make("1"),
    productId: World.candleListing.productId,
    variantId: World.candleListing.variantId,
    sku: World.candleListing.sku,
    quantity: Quantity.of(quantity),
    ...rest
  })

const place = (id: string, quantity: number, rest: Partial<Order.Order> = {}) =>
  Effect.gen(function* () {
    const { shop } = yield* ScriptedCart.Script
    const placedAt = yield* DateTime.now
    return yield* shop.place(Order.make({ id: Order.OrderId.make(id), placedAt, lines: [candles(quantity)], ...rest }))
  })

const edit = (id: string, change: Partial<Order.Order>) =>
  Effect.flatMap(ScriptedCart.Script, ({ shop }) =>
    shop.edit(Order.OrderId.make(id), (order) => ({ ...order, ...change }))
  )

const look = Effect.andThen(TestClock.adjust("1 minute"), Import.run(connectionId))

const saleOf = (id: string): Effect.Effect<Sale.Sale | undefined, StoreError, Store> =>
  Effect.gen(function* () {
    const { sales } = yield* Store
    return (yield* sales.ofOrders(connectionId, [Order.OrderId.make(id)]))[0]
  })

const stateOf = (id: string) => Effect.map(saleOf(id), (sale) => sale?.state ?? null)

const committedOf = (itemId: ItemId.ItemId = World.candle) =>
  Effect.gen(function* () {
    const { stock } = yield* Store
    const { positions } = yield* stock.snapshot([itemId])
    return positions.reduce((sum, each) => sum + each.salesOrders + each.softHolds, 0) / Quantity.scale
  })

const onHand = Effect.gen(function* () {
  const { stock } = yield* Store
  const { positions } = yield* stock.snapshot([World.candle])
  return positions.reduce((sum, each) => sum + each.onHand, 0) / Quantity.scale
})

const issues = Effect.gen(function* () {
  const store = yield* Store
  const all = yield* store.issues.open(connectionId, { after: null, limit: 100 })
  return all.map(({ issue }) => issue).filter(({ code }) => Issue.codesOf("import").includes(code))
})

const codes = Effect.map(issues, (all) => all.map(({ code }) => code))

const readable =
  <A>(change: (order: Order.Order) => A) =>
  (row: Order.Order | Cart.Unreadable): A | Cart.Unreadable =>
    Cart.isUnreadable(row) ? row : change(row)

/** The shop as it is, but for what it says of orders. */
const saying = <A, E, R>(
  change: (order: Order.Order) => Order.Order | Cart.Unreadable | null,
  effect: Effect.Effect<A, E, R>,
  capabilities: Partial<Cart.Capabilities> = {}
) =>
  Effect.gen(function* () {
    const cart = yield* Cart.Cart
    const changed = readable(change)
    const strange = Cart.Cart.of({
      ...cart,
      capabilities: { ...cart.capabilities, ...capabilities },
      orders: (query) => Stream.filter(Stream.map(cart.orders(query), changed), (row) => row !== null),
      order: (id) =>
        Effect.map(
          cart.order(id),
          Option.flatMap((row) => Option.fromNullishOr(changed(row)))
        )
    })
    return yield* Effect.provideService(effect, Cart.Cart, strange)
  })

/** A store that refuses to save some sales, one way or another. */
const refusing = <A, E, R>(
  refuse: (sale: Sale.Sale) => Effect.Effect<never, StoreError> | null,
  effect: Effect.Effect<A, E, R>
) =>
  Effect.gen(function* () {
    const store = yield* Store
    const picky = Store.of({
      ...store,
      sales: {
        ...store.sales,
        save: (sales) => sales.map(refuse).find((each) => each !== null) ?? store.sales.save(sales)
      }
    })
    return yield* Effect.provideService(effect, Store, picky)
  })

const invalid = new StoreError({
  operation: "sales.save",
  reason: new Invalid({ field: "message", value: "?", expected: "text" })
})

const brokenFirst = (sale: Sale.Sale) =>
  sale.orderId === "1" && sale.lines.length > 0 ? Effect.die("brokenFirst") : null

const withLines = ({ order, orderId }: Sale.Sale) => (orderId === "1" && order.lines.length > 0 ? invalid : null)

const unread = (only: string) => (order: Order.Order) =>
  order.id === only
    ? Cart.unreadable({
        what: "order",
        id: order.id,
        path: "status",
        expected: "expected a status",
        lines: order.lines.map(({ id, productId, variantId, sku, quantity }) => ({
          lineId: id,
          productId,
          variantId,
          sku,
          quantity
        }))
      })
    : order

const nameless = () => Cart.unreadable({ what: "order", id: null, path: "", expected: "expected an order" })

const withNegativeLine = (order: Order.Order): Order.Order => ({
  ...order,
  lines: [...order.lines, { ...candles(1), id: Order.OrderLineId.make("2"), quantity: Quantity.negate(Quantity.one) }]
})

const withoutThird = (order: Order.Order) => (order.id === "3" ? null : order)

const stampedEarlier = (order: Order.Order) =>
  order.id === "1" ? { ...order, modifiedAt: DateTime.subtract(start, { minutes: 5 }), lines: [candles(8)] } : order

const importing = (...importStatuses: ReadonlyArray<Order.OrderStatus>) => ({
  policy: { ...SyncPolicy.safe, intake: { ...SyncPolicy.safe.intake, importStatuses } }
})

const placedLater = (order: Order.Order) => ({ ...order, placedAt: DateTime.add(order.placedAt, { hours: 1 }) })

const world = { timeout: 20_000 }

describe("one order that cannot be decided or written", world, () => {
  it.effect("as a defect stops no other one, and is set aside under its reason until it can be", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("1", 1)
      yield* place("2", 2)
      const report = yield* refusing(brokenFirst, look)
      assert.deepStrictEqual([report.imported, report.held], [1, { NOT_WRITABLE: 1 }])
      assert.deepStrictEqual(yield* stateOf("2"), "open")
      assert.deepStrictEqual(
        (yield* issues).map(({ message }) => message),
        ["Order 1 is held: brokenFirst."]
      )
      yield* look
      assert.deepStrictEqual([yield* stateOf("1"), yield* codes, yield* committedOf()], ["open", [], 3])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect(
    "nor kept with its snapshot is kept by its id and dates, and asked for anew instead of being decided by that",
    () =>
      Effect.gen(function* () {
        yield* open()
        yield* place("1", 3)
        yield* refusing(withLines, look)
        yield* refusing(withLines, look)
        const sale = yield* saleOf("1")
        assert.deepStrictEqual([sale?.state, sale?.order.lines, sale?.reasons[0]?.code], ["held", [], "NOT_WRITABLE"])
        yield* TestClock.adjust("1 hour")
        yield* look
        assert.deepStrictEqual([yield* stateOf("1"), yield* committedOf(), yield* codes], ["open", 3, []])
      }).pipe(Effect.provide(World.layer()))
  )

  it.effect("in no way at all is told, and nothing else", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("1", 3)
      yield* place("2", 2)
      yield* refusing(({ orderId }) => (orderId === "1" ? invalid : null), look)
      assert.deepStrictEqual([yield* stateOf("1"), yield* stateOf("2"), yield* codes], [null, "open", ["ORDER_HELD"]])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("that is known stays as it was, and the issue says so", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("1", 3)
      yield* look
      yield* edit("1", { message: "hurry" })
      yield* refusing(({ orderId }) => (orderId === "1" ? invalid : null), look)
      const [issue] = yield* issues
      assert.match(issue?.message ?? "", /latest state cannot be written, and sale shop:1 stays as it was \(open\)/)
      assert.deepStrictEqual([(yield* saleOf("1"))?.order.message, yield* committedOf()], ["", 3])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("because the database is away ends the import, and the error names what it was at", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("17", 3)
      const away = new StoreError({ operation: "sales.save", reason: new Unreachable({ detail: "gone" }) })
      const error = yield* Effect.flip(refusing(() => away, look))
      assert.strictEqual(error.message, "sales.save (importing order 17): gone")
      yield* look
      assert.strictEqual(yield* stateOf("17"), "open")
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("an order that cannot be read", world, () => {
  it.effect("holds its stock, stops no other one, and is read again when the adapter's way of reading changes", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("1", 3)
      yield* place("2", 2)
      const report = yield* saying(unread("1"), look, { reader: "one" })
      assert.deepStrictEqual([report.imported, report.held], [1, { ORDER_UNREADABLE: 1 }])
      assert.deepStrictEqual(
        [yield* stateOf("1"), yield* committedOf(), yield* codes],
        ["held", 5, ["ORDER_UNREADABLE"]]
      )
      yield* TestClock.adjust("2 hours")
      yield* saying(unread("1"), look, { reader: "one" })
      assert.strictEqual(yield* committedOf(), 5)
      yield* saying((order) => order, look, { reader: "two" })
      assert.deepStrictEqual([yield* stateOf("1"), yield* committedOf(), yield* codes], ["open", 5, []])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("of a notification is held by the id that was asked for", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("1", 3)
      yield* saying(nameless, Import.one(connectionId, Order.OrderId.make("1")))
      assert.deepStrictEqual([yield* stateOf("1"), yield* codes], ["held", ["ORDER_UNREADABLE"]])
      yield* saying(nameless, look)
      assert.deepStrictEqual(yield* codes, ["ORDER_UNREADABLE", "ORDER_UNREADABLE"])
      yield* look
      assert.strictEqual(yield* stateOf("1"), "open")
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("for a text or number out of bounds is not lost", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("1", 3)
      yield* saying(withNegativeLine, look)
      assert.deepStrictEqual(
        [yield* stateOf("1"), yield* committedOf(), yield* codes],
        ["held", 3, ["ORDER_UNREADABLE"]]
      )
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("the first import", world, () => {
  const old = DateTime.subtract(start, { days: 90 })

  it.effect("takes the open backlog, whatever its date", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(DateTime.toEpochMillis(old))
      yield* place("1", 3)
      yield* place("2", 2, { status: "completed" })
      yield* open()
      yield* look
      assert.deepStrictEqual([yield* stateOf("1"), yield* stateOf("2"), yield* committedOf()], ["open", null, 3])
      const { calls } = yield* ScriptedCart.Script
      const before = (yield* calls).length
      yield* look
      const again = (yield* calls).slice(before).filter(({ operation }) => operation === "orders")
      assert.strictEqual(again.length, 1)
    }).pipe(Effect.provide(World.layer({ pageSize: 100 })))
  )

  it.effect("leaves it alone where a person says so", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(DateTime.toEpochMillis(old))
      yield* place("1", 3)
      yield* open({ backlog: "leave" })
      yield* look
      assert.deepStrictEqual([yield* stateOf("1"), yield* committedOf()], [null, 0])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("the cursor", world, () => {
  const cursor = Effect.flatMap(Store, ({ connections }) =>
    Effect.map(
      connections.cursor(connectionId),
      Option.map(({ modifiedSince }) => DateTime.formatIso(modifiedSince))
    )
  )

  it.effect(
    "never passes our present less the overlap, whatever the shop stamps, and comes back from where it was",
    () =>
      Effect.gen(function* () {
        yield* open()
        yield* place("1", 1)
        const ahead = { modifiedAt: DateTime.makeUnsafe("2036-01-01T00:00:00Z") }
        yield* saying((order) => ({ ...order, ...ahead }), look)
        assert.deepStrictEqual(yield* cursor, Option.some("2026-03-01T07:51:00.000Z"))
        assert.deepStrictEqual(yield* codes, ["ORDER_STAMP_AHEAD"])
        const { connections } = yield* Store
        yield* connections.setCursor(connectionId, { modifiedSince: DateTime.makeUnsafe("2036-01-01T00:00:00Z") })
        yield* place("2", 2)
        yield* look
        assert.strictEqual(yield* stateOf("2"), "open")
        assert.deepStrictEqual(yield* cursor, Option.some("2026-03-01T07:52:00.000Z"))
      }).pipe(Effect.provide(World.layer()))
  )

  it.effect("lets a wide reading find what was stamped hours late", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("1", 1)
      yield* look
      yield* TestClock.adjust("5 hours")
      yield* place("2", 1)
      yield* look
      yield* place("3", 2)
      yield* TestClock.adjust("5 hours")
      yield* place("4", 1)
      yield* saying(withoutThird, look)
      yield* look
      assert.isNull(yield* stateOf("3"))
      yield* Import.run(connectionId, Import.unheard, { wide: true })
      assert.strictEqual(yield* stateOf("3"), "open")
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a shop whose clock was set back", world, () => {
  it.effect("is followed: an earlier stamp with other content is asked for by itself", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("1", 5)
      yield* look
      yield* saying(stampedEarlier, look)
      assert.strictEqual(yield* committedOf(), 8)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is told from a page of a lagging replica, which changes nothing", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("1", 5)
      yield* look
      yield* edit("1", { lines: [candles(2)] })
      yield* look
      const stale = DateTime.add(start, { seconds: 1 })
      const cart = yield* Cart.Cart
      const lagging = Cart.Cart.of({
        ...cart,
        orders: (query) =>
          Stream.map(cart.orders(query), (row) =>
            Cart.isUnreadable(row) ? row : { ...row, modifiedAt: stale, lines: [candles(5)] }
          )
      })
      yield* Effect.provideService(look, Cart.Cart, lagging)
      assert.strictEqual(yield* committedOf(), 2)
    }).pipe(Effect.provide(World.layer()))
  )
})

const missing = (order: Order.Order): Cart.Unreadable => ({
  ...(unread(order.id)(order) as Cart.Unreadable),
  path: "products",
  placedAt: order.placedAt,
  modifiedAt: order.modifiedAt,
  passing: true
})

const placedLongAgo = (id: string) =>
  place(id, 4, { placedAt: DateTime.subtract(start, { days: 2 }), modifiedAt: DateTime.subtract(start, { days: 2 }) })

describe("an order of which a part could not be had for now", world, () => {
  const asked = Effect.map(
    Effect.flatMap(ScriptedCart.Script, ({ calls }) => calls),
    (all) => all.filter(({ operation }) => operation === "order").length
  )
  it.effect("holds what it may have sold, and is asked for in the next import", () =>
    Effect.gen(function* () {
      yield* open()
      yield* placedLongAgo("1")
      yield* place("2", 1)
      yield* saying((order) => (order.id === "1" ? missing(order) : order), look)
      assert.deepStrictEqual(
        [yield* stateOf("1"), yield* stateOf("2"), yield* committedOf(), yield* codes],
        ["held", "open", 5, ["ORDER_UNREADABLE"]]
      )
      yield* look
      assert.deepStrictEqual([yield* stateOf("1"), yield* committedOf(), yield* codes], ["open", 5, []])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is asked for after pauses that grow to some hours while nothing changes", () =>
    Effect.gen(function* () {
      yield* open()
      yield* placedLongAgo("1")
      yield* place("2", 1)
      const minutes = (count: number) =>
        Effect.repeat(
          saying((order) => (order.id === "1" ? missing(order) : order), look),
          { times: count - 1 }
        )
      yield* minutes(10)
      const early = yield* asked
      yield* minutes(230)
      const later = yield* asked
      assert.isTrue(early >= 3 && early <= 5, `asked ${early} times in 10 minutes`)
      assert.isTrue(later - early >= 3 && later - early <= 6, `asked ${later - early} times in the hours after`)
      yield* TestClock.adjust("4 hours")
      yield* look
      assert.strictEqual(yield* stateOf("1"), "open")
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("keeps an import from asking for many more where the shop gives none of them", () =>
    Effect.gen(function* () {
      yield* open()
      for (let id = 1; id <= 10; id++) yield* placedLongAgo(String(id))
      yield* place("later", 1)
      yield* saying((order) => (order.id === "later" ? order : missing(order)), Effect.andThen(look, look))
      assert.strictEqual(yield* asked, Revisit.missingInRowMax)
      yield* look
      const states = yield* Effect.forEach([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], (id) => stateOf(String(id)))
      assert.deepStrictEqual([...new Set(states)], ["open"])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("an order that is due", world, () => {
  it.effect(
    "is asked for when nothing was heard of it for hours, and one that is gone is found without a notification",
    () =>
      Effect.gen(function* () {
        yield* open()
        yield* place("1", 4)
        yield* place("2", 1)
        yield* look
        const { shop } = yield* ScriptedCart.Script
        yield* shop.forget(Order.OrderId.make("1"))
        yield* TestClock.adjust("13 hours")
        yield* look
        assert.deepStrictEqual([yield* stateOf("1"), yield* codes], ["open", ["ORDER_MISSING"]])
        yield* look
        assert.deepStrictEqual([yield* stateOf("1"), yield* committedOf(), yield* codes], ["cancelled", 1, []])
      }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is asked for a few at a time, and each of them once", () =>
    Effect.gen(function* () {
      yield* open()
      for (let id = 1; id <= Revisit.askedPerRun + 5; id++) yield* place(String(id), 1)
      yield* look
      yield* TestClock.adjust("1 hour")
      yield* place("later", 1)
      yield* look
      yield* TestClock.adjust("11 hours")
      const { calls } = yield* ScriptedCart.Script
      const asked = Effect.map(calls, (all) => all.filter(({ operation }) => operation === "order").length)
      yield* look
      assert.strictEqual(yield* asked, Revisit.askedPerRun)
      yield* look
      assert.strictEqual(yield* asked, Revisit.askedPerRun + 5)
      yield* look
      assert.strictEqual(yield* asked, Revisit.askedPerRun + 5)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("because its link was corrected is of the right item in the next import", () =>
    Effect.gen(function* () {
      yield* open()
      const { links } = yield* Store
      const linkTo = (itemId: ItemId.ItemId) =>
        links.save([Link.make({ connectionId, listing: World.candleListing, itemId, tier: "manual" })])
      yield* linkTo(World.box)
      yield* place("1", 3)
      yield* look
      assert.strictEqual(yield* committedOf(World.box), 3)
      yield* TestClock.adjust("1 hour")
      yield* linkTo(World.candle)
      yield* look
      assert.deepStrictEqual([yield* committedOf(World.box), yield* committedOf()], [0, 3])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("because its listing was excluded takes nothing, and takes its stock again when that is lifted", () =>
    Effect.gen(function* () {
      yield* open()
      const { links } = yield* Store
      yield* place("1", 3)
      yield* look
      yield* TestClock.adjust("1 hour")
      yield* links.exclude([{ connectionId, key: World.candleListing.key, reason: "not ours" }])
      yield* look
      assert.deepStrictEqual([yield* committedOf(), yield* codes], [0, []])
      yield* links.include(connectionId, [World.candleListing.key])
      yield* look
      assert.strictEqual(yield* committedOf(), 3)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("because the policy imports its status now is imported, though nothing has changed in the shop", () =>
    Effect.gen(function* () {
      yield* open(importing("awaitingFulfilment"))
      yield* place("1", 3, { status: "disputed" })
      yield* look
      assert.deepStrictEqual([yield* stateOf("1"), yield* committedOf()], ["skipped", 0])
      yield* TestClock.adjust("5 hours")
      const { connections } = yield* Store
      const wider = importing("awaitingFulfilment", "disputed")
      yield* connections.save(World.connectionWith({ importFrom: DateTime.subtract(start, { days: 30 }), ...wider }))
      yield* look
      assert.deepStrictEqual([yield* stateOf("1"), yield* committedOf()], ["open", 3])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect(
    "because a person removed it leaves no issue behind; imported again, it is asked for as it stands now",
    () =>
      Effect.gen(function* () {
        yield* open()
        const { sales, stock } = yield* Store
        yield* place("1", 3, { lines: [candles(3, { shipped: Quantity.of(2), refunded: Quantity.of(2) })] })
        yield* look
        assert.deepStrictEqual(yield* codes, ["REFUND_AMBIGUOUS"])
        const removed = Intake.remove((yield* saleOf("1"))!)
        yield* sales.save([removed.sale])
        yield* stock.setDemand([removed.demand])
        yield* look
        assert.deepStrictEqual([yield* codes, yield* committedOf()], [[], 0])
        yield* edit("1", { lines: [candles(6, { shipped: Quantity.of(2) })] })
        yield* TestClock.adjust("5 hours")
        yield* sales.save([Intake.reimport((yield* saleOf("1"))!)])
        yield* look
        assert.deepStrictEqual([yield* stateOf("1"), yield* committedOf(), yield* onHand], ["open", 4, 18])
      }).pipe(Effect.provide(World.layer()))
  )
})

describe("a person's answer", world, () => {
  it.effect(
    "is kept under the name of who gave it, honoured in the next import, and refused where nothing is in doubt",
    () =>
      Effect.gen(function* () {
        yield* open()
        yield* place("1", 5, { status: "completed" })
        yield* look
        assert.deepStrictEqual([yield* onHand, yield* codes], [15, ["FINISHED_UNSHIPPED"]])
        const orderId = Order.OrderId.make("1")
        const word = { connectionId, orderId, code: "FINISHED_UNSHIPPED", lineId: Order.OrderLineId.make("1") }
        const noted = yield* Answer.give({ ...word, answer: "still here" })
        assert.strictEqual(noted.answers?.[0]?.by, "system")
        yield* look
        assert.deepStrictEqual([yield* onHand, yield* codes], [20, []])
        const refused = yield* Effect.flip(Answer.give({ ...word, code: "REFUND_AMBIGUOUS", answer: "free" }))
        assert.strictEqual(refused._tag === "AnswerRefused" ? refused.code : "", "NOT_IN_DOUBT")
        const other = yield* Effect.flip(Answer.give({ ...word, orderId: Order.OrderId.make("9"), answer: "left" }))
        assert.strictEqual(other.message, "the answer about order 9 cannot be taken: nothing is known of it")
      }).pipe(Effect.provide(World.layer()))
  )

  it.effect("that another order is the same one moves its stock under the known sale", () =>
    Effect.gen(function* () {
      yield* open()
      yield* place("1", 2)
      yield* look
      yield* saying(placedLater, look)
      assert.deepStrictEqual([yield* committedOf(), yield* codes], [4, ["ORDER_REPLACED"]])
      yield* saying(placedLater, look)
      assert.deepStrictEqual([yield* committedOf(), yield* codes], [4, ["ORDER_REPLACED"]])
      const orderId = Order.OrderId.make("1")
      yield* Answer.give({ connectionId, orderId, code: "ORDER_REPLACED", answer: "same" })
      yield* saying(placedLater, look)
      assert.deepStrictEqual([yield* committedOf(), yield* codes], [2, []])
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a connection that is switched off", world, () => {
  it.effect("imports nothing, whoever asks", () =>
    Effect.gen(function* () {
      yield* open({ enabled: false })
      yield* place("1", 3)
      yield* look
      yield* Import.one(connectionId, Order.OrderId.make("1"))
      yield* Import.backfill(connectionId, DateTime.makeUnsafe(0))
      assert.isNull(yield* stateOf("1"))
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("orders of one import", world, () => {
  it.effect("see what the ones before have taken at each place", () =>
    Effect.gen(function* () {
      yield* open()
      const { stock } = yield* Store
      yield* stock.count("store", [{ itemId: World.candle, locationId: World.store, counted: Quantity.of(6) }])
      yield* place("1", 18)
      yield* place("2", 5)
      yield* look
      const { positions } = yield* stock.snapshot([World.candle])
      const at = (id: Location.LocationId) =>
        (positions.find(({ locationId }) => locationId === id)?.salesOrders ?? 0) / Quantity.scale
      assert.deepStrictEqual([at(World.main), at(World.store)], [18, 5])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("under equal ids of two connections do not meet", () =>
    Effect.gen(function* () {
      yield* open()
      const second = ConnectionId.ConnectionId.make("second")
      const { connections, items } = yield* Store
      yield* items.save([Item.make({ id: ItemId.ItemId.make("strange"), kind: "inventory", sku: "STRANGE" })])
      yield* connections.save(World.connectionWith({ id: second, referencePrefix: "S-" }))
      yield* place("1", 3)
      yield* look
      yield* Import.run(second)
      assert.strictEqual(yield* committedOf(), 6)
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("an order first read after its product was made anew", () => {
  it.effect("takes what its listing sold, by the pack that a person had entered", () =>
    Effect.gen(function* () {
      yield* open()
      const { links } = yield* Store
      const { shop } = yield* ScriptedCart.Script
      const pack = { unitsPerListing: Quantity.of(30), tier: "manual" as const }
      const old = { ...World.candleListing, sku: "CANDLES-30" }
      yield* shop.offer(old)
      yield* links.save([Link.make({ connectionId, listing: old, itemId: World.candle, ...pack })])
      yield* Match.apply({ id: connectionId }, yield* Match.plan(connectionId))
      yield* shop.withdraw(old.key)
      const productId = Listing.ProductId.make("9")
      yield* shop.offer({ ...old, productId, key: Listing.keyOf(productId, old.variantId) }, 1)
      yield* place("1", 2, { lines: [candles(2, { sku: old.sku })] })
      yield* Match.apply({ id: connectionId }, yield* Match.plan(connectionId))
      yield* look
      assert.strictEqual(yield* stateOf("1"), "open")
      assert.strictEqual(yield* committedOf(), 60)
    }).pipe(Effect.provide(World.layer()))
  )
})
