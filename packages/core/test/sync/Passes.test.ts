/** What a cycle does about news that arrives while it works, and what it says that it did. */
import { assert, describe, it } from "@effect/vitest"
import { Quantity, SyncPolicy } from "@stockport/core"
import { Cart, type OrderQuery, Rejected } from "@stockport/core/ports/Cart"
import { Store } from "@stockport/core/ports/Store"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Import from "@stockport/core/sync/Import"
import { ScriptedCart } from "@stockport/testing"
import { DateTime, Effect, Option } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

const start = DateTime.makeUnsafe("2026-03-01T08:00:00Z")

const open = Effect.gen(function* () {
  yield* TestClock.setTime(DateTime.toEpochMillis(start))
  yield* World.open({ importFrom: DateTime.subtract(start, { days: 30 }) })
})

const buy = Effect.fnUntraced(function* (
  key: typeof World.candleListing.key,
  quantity: number,
  status?: "awaitingPayment"
) {
  const { shop } = yield* ScriptedCart.Script
  yield* TestClock.adjust("1 second")
  return Option.getOrThrow(yield* shop.buy([{ key, quantity }], status))
})

/** A cycle during which something happens at each plan, between what was decided and what is sent: the first, the second, ... */
const cycleWhile = <E, R>(...happenings: ReadonlyArray<Effect.Effect<unknown, E, R>>) =>
  Effect.gen(function* () {
    const context = yield* Effect.context<R>()
    let plans = 0
    const report = yield* Cycle.run(World.connectionId, {
      onPlan: () => {
        const happening = happenings[Math.min(plans++, happenings.length - 1)]
        return happening === undefined
          ? Effect.void
          : Effect.asVoid(Effect.orDie(Effect.provideContext(happening, context)))
      }
    })
    return { ...Option.getOrThrow(report), plans }
  })

/** Something to say, so that a plan is made. */
const receive = (key: string) =>
  Effect.flatMap(Store, ({ stock }) =>
    stock.record([
      {
        key,
        movements: [{ kind: "receipt", itemId: World.candle, locationId: World.main, quantity: Quantity.of(10) }]
      }
    ])
  )

const cycle = cycleWhile(Effect.void)

describe("a cycle looks once more", { timeout: 20_000 }, () => {
  it.effect("for an order that was amended while it published, and says the right number in the same cycle", () =>
    Effect.gen(function* () {
      yield* open
      const { shop } = yield* ScriptedCart.Script
      const order = yield* buy(World.candleListing.key, 2)
      yield* cycle
      yield* receive("more")
      const more = Effect.andThen(
        TestClock.adjust("1 second"),
        shop.edit(order.id, (before) => ({
          ...before,
          lines: before.lines.map((line) => ({ ...line, quantity: Quantity.of(7) }))
        }))
      )
      const { passes, imports } = yield* cycleWhile(more, Effect.void)
      assert.deepStrictEqual([passes, imports.imported, imports.amended], [2, 0, 1])
      assert.deepStrictEqual(yield* World.shown, [23, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("for an order that holds its stock", () =>
    Effect.gen(function* () {
      yield* open
      yield* cycle
      yield* receive("more")
      const { passes, imports } = yield* cycleWhile(buy(World.candleListing.key, 4, "awaitingPayment"), Effect.void)
      assert.deepStrictEqual([passes, imports.held], [2, { AWAITING_PAYMENT: 1 }])
      assert.deepStrictEqual(yield* World.shown, [26, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("and no more where nothing has arrived", () =>
    Effect.gen(function* () {
      yield* open
      const { passes, plans } = yield* cycle
      assert.deepStrictEqual([passes, plans], [1, 1])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("a few times, and leaves the rest to the next cycle where orders never cease", () =>
    Effect.gen(function* () {
      yield* open
      const { passes, plans, imports } = yield* cycleWhile(buy(World.candleListing.key, 1))
      assert.deepStrictEqual([passes, plans, imports.imported], [Cycle.passesMax, Cycle.passesMax, 2])
      yield* cycle
      assert.deepStrictEqual(yield* World.shown, [17, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("and reports what all its passes did", () =>
    Effect.gen(function* () {
      yield* open
      const { shop } = yield* ScriptedCart.Script
      yield* buy(World.candleListing.key, 1)
      const refused = new Rejected({ detail: "no such item", fields: {} })
      const report = yield* cycleWhile(
        Effect.andThen(shop.refuse(World.giftSetListing.key, refused), buy(World.candleListing.key, 1)),
        Effect.andThen(shop.refuse(World.boxListing.key, refused), buy(World.boxListing.key, 1, "awaitingPayment")),
        Effect.void
      )
      assert.deepStrictEqual(report, {
        imports: { read: 7, imported: 2, amended: 0, unchanged: 4, held: { AWAITING_PAYMENT: 1 }, skipped: {} },
        publishes: { published: 3, rejected: 4, postponed: 0, left: {} },
        passes: 3,
        plans: 3
      })
    }).pipe(Effect.provide(World.layer()))
  )
})

/** From where the shop was asked for orders, call by call. */
const instantsOf = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const cart = yield* Cart
    const queries: Array<OrderQuery> = []
    const heard = Cart.of({
      ...cart,
      orders: (query) => {
        queries.push(query)
        return cart.orders(query)
      }
    })
    yield* Effect.provideService(effect, Cart, heard)
    return queries.map((query) => (query._tag === "ModifiedSince" ? DateTime.formatIso(query.instant) : query._tag))
  })

describe("a reading", { timeout: 20_000 }, () => {
  it.effect("begins where the connection begins, with the backlog once, and then a little before the last change", () =>
    Effect.gen(function* () {
      yield* open
      yield* TestClock.adjust("1 hour")
      yield* buy(World.candleListing.key, 1)
      yield* TestClock.adjust("1 hour")
      assert.deepStrictEqual(yield* instantsOf(Import.run(World.connectionId)), ["2026-01-30T08:00:00.000Z", "Backlog"])
      assert.deepStrictEqual(yield* instantsOf(Import.run(World.connectionId)), ["2026-03-01T08:50:01.000Z"])
    }).pipe(Effect.provide(World.layer()))
  )

  it("takes from the backlog what may still owe goods, as far as the policy imports or holds it", () => {
    const intake = { ...SyncPolicy.safe.intake, holdStatuses: ["awaitingPayment"] as const }
    const policy = { ...SyncPolicy.safe, intake: { ...intake, importStatuses: ["disputed", "completed"] as const } }
    assert.deepStrictEqual(Import.backlogStatuses({ policy }), ["awaitingPayment", "disputed"])
    assert.deepStrictEqual(Import.backlogStatuses({ policy, backlog: "leave" }), [])
  })

  it.effect("takes no backlog where it is to be left alone", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(DateTime.toEpochMillis(start))
      yield* World.open({ importFrom: start, backlog: "leave" })
      assert.deepStrictEqual(yield* instantsOf(Import.run(World.connectionId)), ["2026-03-01T08:00:00.000Z"])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("reaches back a day more only in the first pass of a wide cycle", () =>
    Effect.gen(function* () {
      yield* open
      yield* TestClock.adjust("1 hour")
      yield* buy(World.candleListing.key, 1)
      yield* TestClock.adjust("1 hour")
      yield* Import.run(World.connectionId)
      assert.deepStrictEqual(yield* instantsOf(Cycle.run(World.connectionId, { wide: true })), [
        "2026-02-28T08:50:01.000Z",
        "2026-03-01T08:50:01.000Z"
      ])
      assert.deepStrictEqual(yield* instantsOf(Cycle.run(World.connectionId)), [
        "2026-03-01T08:50:01.000Z",
        "2026-03-01T08:50:01.000Z"
      ])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("of a back-fill begins where it is asked to", () =>
    Effect.gen(function* () {
      yield* open
      const from = DateTime.subtract(start, { days: 300 })
      assert.deepStrictEqual(yield* instantsOf(Import.backfill(World.connectionId, from)), [DateTime.formatIso(from)])
    }).pipe(Effect.provide(World.layer()))
  )
})
