import { assert, describe, it } from "@effect/vitest"
import { Connection, ItemId } from "@stockport/core"
import type { PublishUpdate } from "@stockport/core/decide/Publishing"
import { Cart, CartError, type StockLevelVerdict, Transient, Unauthorized } from "@stockport/core/ports/Cart"
import * as Lease from "@stockport/core/ports/Lease"
import { Store, StoreError, Unreachable } from "@stockport/core/ports/Store"
import * as Send from "@stockport/core/sync/Send"
import { Duration, Effect, Exit } from "effect"
import * as World from "./World.ts"

const updates = (count: number): ReadonlyArray<PublishUpdate> =>
  Array.from({ length: count }, (_, row) => ({
    listing: World.good(`SKU-${row}`).listing,
    cartLocationId: Connection.CartLocationId.make("1"),
    itemId: ItemId.ItemId.make(`item-${row}`),
    quantity: row,
    previous: null,
    shown: null,
    steps: []
  }))

type Answer = CartError | ((rows: ReadonlyArray<PublishUpdate>) => ReadonlyArray<StockLevelVerdict>)

const accepted = (rows: ReadonlyArray<PublishUpdate>): ReadonlyArray<StockLevelVerdict> =>
  rows.map((update) => ({ _tag: "Accepted", update, receipt: null }))

const failing = (reason: CartError["reason"]) => new CartError({ operation: "setStockLevels", reason })
const away = failing(new Transient({ detail: "the shop is away" }))

/** Sends to a shop that takes one row per request and answers call by call; gives how many rows each call had, too. */
const sending = Effect.fnUntraced(function* (count: number, answers: ReadonlyArray<Answer>, perRequest = 1) {
  const cart = yield* Cart
  const calls: Array<number> = []
  const shop = Cart.of({
    ...cart,
    capabilities: { ...cart.capabilities, stockLevelsPerRequest: perRequest },
    setStockLevels: (rows) =>
      Effect.suspend(() => {
        const answer = answers[calls.push(rows.length) - 1] ?? accepted
        return answer instanceof CartError ? Effect.fail(answer) : Effect.succeed(answer(rows as never))
      })
  })
  const { verdicts, ending } = yield* Effect.provideService(Send.send(updates(count)), Cart, shop)
  return { calls, ending, rows: verdicts.map(({ update }) => update.quantity), tags: verdicts.map(({ _tag }) => _tag) }
})

const rows = (count: number) => Array.from({ length: count }, (_, row) => row)
const many = (count: number, value: StockLevelVerdict["_tag"]) => Array.from({ length: count }, () => value)

describe("sending", () => {
  it.effect("takes a few of the shop's requests in one call, and says what became of each row, in order", () =>
    Effect.gen(function* () {
      const sent = yield* sending(25, [])
      assert.deepStrictEqual(sent, { calls: [10, 10, 5], ending: null, rows: rows(25), tags: many(25, "Accepted") })
      assert.deepStrictEqual((yield* sending(20, [])).calls, [10, 10])
      assert.deepStrictEqual((yield* sending(12, [], 0)).calls, [10, 2], "a shop that says nothing of its requests")
      assert.deepStrictEqual((yield* sending(0, [])).calls, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("goes on after one call that failed, and says why at the end", () =>
    Effect.gen(function* () {
      const { calls, ending, rows: sent, tags } = yield* sending(45, [away, accepted, away])
      assert.deepStrictEqual([calls, ending, sent], [[10, 10, 10, 10, 5], away, rows(45)])
      assert.deepStrictEqual(tags, [
        ...many(10, "NotTried"),
        ...many(10, "Accepted"),
        ...many(10, "NotTried"),
        ...many(15, "Accepted")
      ])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("leaves the rest after two calls in a row that failed", () =>
    Effect.gen(function* () {
      const { calls, ending, rows: sent, tags } = yield* sending(45, [accepted, away, away])
      assert.deepStrictEqual([calls, ending, sent], [[10, 10, 10], away, rows(45)])
      assert.deepStrictEqual(tags, [...many(10, "Accepted"), ...many(35, "NotTried")])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("leaves the rest at once after anything that concerns everybody, also in one row's verdict", () =>
    Effect.gen(function* () {
      const refused = failing(new Unauthorized({ detail: "401" }))
      const within: Answer = (all) =>
        accepted(all).map((verdict, row) =>
          row === 3 ? { _tag: "Rejected", update: verdict.update, error: refused } : verdict
        )
      for (const answer of [refused, within]) {
        const { calls, ending, rows: sent } = yield* sending(25, [answer])
        assert.deepStrictEqual([calls, ending, sent], [[10], refused, rows(25)])
      }
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("knows nothing of a row that an answer leaves out, and that ends no run", () =>
    Effect.gen(function* () {
      const { ending, rows: sent, tags } = yield* sending(3, [(all) => accepted(all).slice(0, 2)])
      assert.deepStrictEqual([ending, sent, tags], [null, rows(3), ["Accepted", "Accepted", "NotTried"]])
    }).pipe(Effect.provide(World.layer()))
  )
})

const holding = (confirm: Lease.HeldLease["confirm"]) => Effect.provideService(Lease.Lease, { token: "mine", confirm })

describe("a delivery", () => {
  const lost = Effect.fail(new Lease.LeaseLost({ detail: "somebody else has it" }))
  const held = Effect.succeed(Duration.seconds(30))

  const candle = Effect.gen(function* () {
    const { publications } = yield* Store
    const [last] = yield* publications.ofListings(World.connectionId, [World.candleListing.key])
    const marks = yield* publications.dirty(World.connectionId, 10)
    return { inDoubt: last?.inDoubt ?? false, marks: marks.map(({ itemId, resend }) => ({ itemId, resend })) }
  })

  const toCandle: PublishUpdate = { ...updates(1)[0]!, listing: World.candleListing, itemId: World.candle }

  const prepared = Effect.gen(function* () {
    yield* World.open()
    const { publications } = yield* Store
    const { cartLocationId, itemId, quantity } = toCandle
    const publishedAt = World.connectionWith().importFrom
    const last = { connectionId: World.connectionId, key: World.candleListing.key, cartLocationId, itemId, quantity }
    const marks = yield* publications.dirty(World.connectionId, 10)
    yield* publications.record(World.connectionId, [{ ...last, publishedAt, receipt: null }], marks)
    assert.deepStrictEqual(yield* candle, { inDoubt: false, marks: [] })
  })

  const deliver = (write: Effect.Effect<string, StoreError>, ...rest: ReadonlyArray<PublishUpdate>) =>
    Send.deliver(World.connectionId, [toCandle, ...rest], () => write)

  it.effect("has put its rows in doubt before anything is sent, and is written down by who still holds the lease", () =>
    Effect.gen(function* () {
      yield* prepared
      const doubt = Effect.map(candle, ({ inDoubt }) => (inDoubt ? "in doubt" : "certain"))
      const store = yield* Store
      const { written, ending } = yield* deliver(Effect.provideService(doubt, Store, store)).pipe(holding(held))
      assert.deepStrictEqual([written, ending], ["in doubt", null])
      assert.deepStrictEqual((yield* candle).marks, [], "nobody has to be told")
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("is not written down by who has lost the lease, and leaves word for the next holder", () =>
    Effect.gen(function* () {
      yield* prepared
      const error = yield* Effect.flip(holding(lost)(deliver(Effect.succeed("written"))))
      assert.strictEqual(error.reason._tag, "LeaseLost")
      assert.deepStrictEqual(yield* candle, { inDoubt: true, marks: [{ itemId: World.candle, resend: true }] })
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("that could not be written down is in doubt, and who still holds the lease marks nothing", () =>
    Effect.gen(function* () {
      yield* prepared
      const failure = new StoreError({ operation: "record", reason: new Unreachable({ detail: "it is away" }) })
      const exit = yield* Effect.exit(holding(held)(deliver(Effect.fail(failure))))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual(yield* candle, { inDoubt: true, marks: [] })
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("of nothing asks for no lease", () =>
    Effect.gen(function* () {
      yield* prepared
      const delivery = yield* holding(lost)(
        Send.deliver(World.connectionId, [], (verdicts) => Effect.succeed(verdicts.length))
      )
      assert.deepStrictEqual(delivery, { written: 0, ending: null })
    }).pipe(Effect.provide(World.layer()))
  )
})
