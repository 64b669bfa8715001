import { assert, describe, it } from "@effect/vitest"
import { ConnectionId, Issue, Link } from "@stockport/core"
import {
  Cart,
  CartError,
  type CartErrorReason,
  Conflict,
  Forbidden,
  NotFound,
  RateLimited,
  Rejected,
  Suspended,
  TooLarge,
  Transient,
  Unauthorized,
  Undecodable
} from "@stockport/core/ports/Cart"
import { LeaseLost } from "@stockport/core/ports/Lease"
import {
  Contended,
  Invalid,
  Store,
  StoreError,
  type StoreErrorReason,
  Unknown,
  Unreachable
} from "@stockport/core/ports/Store"
import * as Connect from "@stockport/core/sync/Connect"
import * as Loop from "@stockport/core/sync/Loop"
import * as Trouble from "@stockport/core/sync/Trouble"
import { ScriptedCart } from "@stockport/testing"
import { Cause, Context, Deferred, Duration, Effect, Exit, Fiber, Layer, Logger, Option, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./World.ts"

/** What the loop said, a line each. */
const listener = () => {
  const lines: Array<string> = []
  const hear = Logger.make(({ logLevel, message }) => lines.push(`${logLevel} ${String(message)}`))
  return { lines, layer: Logger.layer([hear]) }
}

const saying = (lines: ReadonlyArray<string>, words: string) => lines.filter((line) => line.includes(words))

const scriptedCart = Effect.map(Cart, (cart) => Layer.succeed(Cart, cart))

/** Starts a loop over the shop of the world, and gives what it says; it ends with the test. */
const start = Effect.fnUntraced(function* (
  options: Partial<Loop.LoopOptions> = {},
  store?: (store: Store["Service"]) => Store["Service"]
) {
  const heard = listener()
  const cart = yield* scriptedCart
  const real = yield* Store
  const fiber = yield* Loop.run({
    connections: [{ connectionId: World.connectionId, cart }],
    onTurn: Loop.unheard,
    ...options
  }).pipe(
    Effect.provideService(Store, store === undefined ? real : store(real)),
    Effect.provide(heard.layer),
    Effect.forkScoped
  )
  yield* TestClock.adjust("1 second")
  return { fiber, lines: heard.lines }
})

const codes = Effect.gen(function* () {
  const { issues } = yield* Store
  return (yield* issues.open(World.connectionId, { after: null, limit: 100 })).map(({ issue }) => issue.code)
})

const buyCandle = Effect.gen(function* () {
  const { shop } = yield* ScriptedCart.Script
  yield* shop.buy([{ key: World.candleListing.key, quantity: 1 }])
})

const asShop = (reason: CartErrorReason) => new CartError({ operation: "GET /orders", reason })

const asStore = (reason: StoreErrorReason) => new StoreError({ operation: "connections.get", reason })

const shopFaults: ReadonlyArray<readonly [name: string, reason: CartErrorReason]> = [
  ["401", new Unauthorized({ detail: "401" })],
  ["403", new Forbidden({ detail: "403" })],
  ["a suspended store", new Suspended({ detail: "the store is suspended" })],
  ["404", new NotFound({ detail: "404" })],
  ["302", new Rejected({ detail: "302 elsewhere", fields: {} })],
  ["409", new Conflict({ detail: "409" })],
  ["413", new TooLarge({ detail: "413" })],
  ["429", new RateLimited({ retryAfterMillis: 30_000 })],
  ["503", new Transient({ detail: "503" })],
  ["a time-out", new Transient({ detail: "no answer within 30 s" })],
  ["a reset connection", new Transient({ detail: "ECONNRESET" })],
  ["a name that does not resolve", new Transient({ detail: "ENOTFOUND" })],
  ["a page of HTML", new Undecodable({ path: "$", detail: "expected JSON", excerpt: "<html>" })],
  ["a lost lease", new LeaseLost({ detail: "somebody else has it" })]
]

const storeFaults: ReadonlyArray<readonly [name: string, reason: StoreErrorReason]> = [
  ["a database that is away", new Unreachable({ detail: "ECONNREFUSED" })],
  ["a row that somebody else holds", new Contended({ detail: "a lock was not to be had" })],
  ["a value that the store refuses", new Invalid({ field: "sku", value: "?", expected: "another" })],
  ["a row that is gone", new Unknown({ kind: "item", id: "A" })],
  ["a lease that the store finds lost", new LeaseLost({ detail: "somebody else has it" })]
]

describe("a loop", () => {
  it.effect("runs a cycle at once and every minute, and now and then reads all numbers back", () =>
    Effect.gen(function* () {
      yield* World.open()
      const turns: Array<string> = []
      const { lines } = yield* start({
        reconcileEvery: "10 minutes",
        onTurn: (_id, { _tag }) => Effect.sync(() => turns.push(_tag))
      })
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
      yield* buyCandle
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* World.shown, [19, 8, 8])
      yield* TestClock.adjust("11 minutes")
      assert.strictEqual(turns.length, 13)
      assert.deepStrictEqual(
        turns.flatMap((turn, index) => (turn === "Reconciliation" ? [index] : [])),
        [1, 11]
      )
      assert.deepStrictEqual(lines, [])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("logs what a turn did, where it did something", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { lines } = yield* start({ onTurn: Loop.logged })
      yield* buyCandle
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(lines, ["Info shop: 3 published", "Info shop: 1 imported, 1 published"])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect.each([...shopFaults])(
    "gets over $0 of any length, says it once, and says once that it is over",
    ([, reason]) =>
      Effect.gen(function* () {
        yield* World.open()
        const { faults } = yield* ScriptedCart.Script
        yield* faults.plan(({ operation }) => (operation === "orders" ? { _tag: "FailBefore", reason } : null))
        const { lines, fiber } = yield* start()
        yield* buyCandle
        yield* TestClock.adjust("1 day")
        assert.deepStrictEqual(yield* World.shown, [2, 3, 3])
        const isLease = reason._tag === "LeaseLost"
        assert.strictEqual(lines.length, 1, lines.join("\n"))
        assert.match(lines[0] ?? "", /shop.*orders/)
        const isRefused = ["Unauthorized", "Forbidden", "Suspended"].includes(reason._tag)
        assert.strictEqual((yield* codes).includes("CONNECTION_UNAUTHORISED"), isRefused)
        yield* faults.clear
        yield* TestClock.adjust(Duration.times(Trouble.probePauseMax, 1.2))
        assert.deepStrictEqual(yield* World.shown, [19, 8, 8])
        assert.strictEqual(saying(lines, "in step again").length, isLease ? 0 : 1)
        assert.notInclude(yield* codes, "CONNECTION_UNAUTHORISED")
        assert.isUndefined(fiber.pollUnsafe())
      }).pipe(Effect.provide(World.layer()))
  )

  it.effect.each([...storeFaults])("gets over $0 of any length", ([, reason]) =>
    Effect.gen(function* () {
      yield* World.open()
      let isBroken = true
      const { lines, fiber } = yield* start({}, (store) => ({
        ...store,
        connections: {
          ...store.connections,
          get: (id) => (isBroken ? Effect.fail(asStore(reason)) : store.connections.get(id))
        }
      }))
      yield* TestClock.adjust("1 day")
      assert.strictEqual(lines.length, 1, lines.join("\n"))
      isBroken = false
      yield* TestClock.adjust("6 minutes")
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
      assert.isUndefined(fiber.pollUnsafe())
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("contains a mistake in the program, logs it with its cause, and goes on", () =>
    Effect.gen(function* () {
      yield* World.open()
      const cart = yield* Cart
      let isBroken = true
      const faulty = Layer.succeed(
        Cart,
        Cart.of({ ...cart, orders: (query) => (isBroken ? Stream.die(new Error("oops")) : cart.orders(query)) })
      )
      const { lines } = yield* start({ connections: [{ connectionId: World.connectionId, cart: faulty }] })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(lines.length, 1)
      assert.include(lines[0] ?? "", "oops")
      isBroken = false
      yield* TestClock.adjust("6 minutes")
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
      assert.strictEqual(saying(lines, "in step again").length, 1)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("waits its turn while another process holds the connection, and takes over from it", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { connections } = yield* Store
      const over = yield* Deferred.make<void>()
      yield* Effect.forkScoped(connections.exclusively(World.connectionId, Deferred.await(over)))
      const { lines } = yield* start()
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(saying(lines, "held by another process").length, 1)
      assert.deepStrictEqual(yield* World.shown, [3, 3, 3])
      yield* Deferred.succeed(over, undefined)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("asks nothing of a shop whose connection is switched off, and goes on when it is switched on", () =>
    Effect.gen(function* () {
      const connection = yield* World.open()
      const { connections } = yield* Store
      yield* connections.save({ ...connection, enabled: false })
      const { calls } = yield* ScriptedCart.Script
      const before = (yield* calls).length
      const { lines } = yield* start()
      yield* TestClock.adjust("1 day")
      assert.strictEqual((yield* calls).length, before)
      assert.strictEqual(saying(lines, "switched off").length, 1)
      yield* connections.save(connection)
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("lets no connection wait for the trouble of another, whatever that is", () =>
    Effect.gen(function* () {
      yield* World.open()
      const cart = yield* Cart
      const broken = Cart.of({ ...cart, orders: () => Stream.fail(asShop(new Transient({ detail: "503" }))) })
      const other = ConnectionId.ConnectionId.make("other")
      yield* Connect.connect(World.connectionWith({ id: other }))
      const { lines } = yield* start({
        concurrency: 1,
        connections: [
          { connectionId: other, cart: Layer.succeed(Cart, broken) },
          { connectionId: ConnectionId.ConnectionId.make("gone"), cart: yield* scriptedCart },
          { connectionId: World.connectionId, cart: yield* scriptedCart }
        ]
      })
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
      yield* buyCandle
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* World.shown, [19, 8, 8])
      assert.strictEqual(saying(lines, "there is no connection gone").length, 1)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("goes on with cycles while only the reconciliation fails, and says that once", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { faults } = yield* ScriptedCart.Script
      const reason = new Transient({ detail: "503" })
      const { lines } = yield* start({ reconcileEvery: "10 minutes" })
      yield* faults.plan(({ operation }) => (operation === "stockLevels" ? { _tag: "FailBefore", reason } : null))
      yield* TestClock.adjust("2 hours")
      yield* buyCandle
      yield* TestClock.adjust("2 minutes")
      assert.strictEqual((yield* World.shown)[0], 19)
      assert.strictEqual(lines.length, 1, lines.join("\n"))
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("builds the cart anew after a refusal, so that a token that was changed meanwhile is read", () =>
    Effect.gen(function* () {
      yield* World.open()
      const cart = yield* Cart
      let token = "old"
      let built = 0
      const layer = Layer.effect(
        Cart,
        Effect.sync(() => {
          const mine = token
          built += 1
          const refused = Stream.fail(asShop(new Unauthorized({ detail: "401" })))
          return Cart.of({ ...cart, orders: (query) => (mine === "new" ? cart.orders(query) : refused) })
        })
      )
      const { lines } = yield* start({ connections: [{ connectionId: World.connectionId, cart: layer }] })
      yield* TestClock.adjust("1 day")
      assert.include(yield* codes, "CONNECTION_UNAUTHORISED")
      token = "new"
      yield* TestClock.adjust(Duration.times(Trouble.probePauseMax, 1.2))
      assert.deepStrictEqual(yield* World.shown, [20, 8, 8])
      assert.notInclude(yield* codes, "CONNECTION_UNAUTHORISED")
      assert.strictEqual(lines.length, 2, lines.join("\n"))
      const before = built
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(built, before)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("closes the issue about a token that an earlier process has raised", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { issues } = yield* Store
      const raised = Issue.connectionUnauthorised({ connectionId: World.connectionId, detail: "401" })
      yield* issues.raise(World.connectionId, [raised])
      yield* start()
      assert.notInclude(yield* codes, "CONNECTION_UNAUTHORISED")
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("begins once, and begins again after a beginning that failed", () =>
    Effect.gen(function* () {
      yield* World.saveBusiness
      yield* World.offerListings
      let begun = 0
      const begin = Effect.suspend(() =>
        ++begun < 3 ? Effect.fail(asShop(new Transient({ detail: "503" }))) : Connect.connect(World.connectionWith())
      )
      const { lines } = yield* start({
        connections: [{ connectionId: World.connectionId, cart: yield* scriptedCart, begin }]
      })
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(begun, 3)
      assert.strictEqual(lines.length, 2, lines.join("\n"))
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("matches again after each reconciliation, and publishes what has found its item since", () =>
    Effect.gen(function* () {
      yield* World.open()
      const { links } = yield* Store
      const { candle: itemId, candleListing: listing, connectionId } = World
      yield* links.remove(connectionId, [listing.key], "replaced")
      let times = 0
      const rematch = Effect.suspend(() => {
        times += 1
        return links.save([Link.make({ connectionId, listing, itemId, tier: "exact" })])
      })
      yield* start({
        connections: [{ connectionId, cart: yield* scriptedCart, rematch }],
        reconcileEvery: "10 minutes"
      })
      assert.deepStrictEqual([times, (yield* World.shown)[0]], [0, 3])
      yield* TestClock.adjust("2 minutes")
      assert.deepStrictEqual([times, (yield* World.shown)[0]], [1, 20])
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(times, 2)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("goes on with cycles while matching again fails, and tries it again", () =>
    Effect.gen(function* () {
      yield* World.open()
      let tries = 0
      const rematch = Effect.suspend(() =>
        ++tries < 3 ? Effect.fail(asShop(new Transient({ detail: "503" }))) : Effect.void
      )
      const cart = yield* scriptedCart
      const { lines } = yield* start({ connections: [{ connectionId: World.connectionId, cart, rematch }] })
      yield* TestClock.adjust("1 minute")
      yield* buyCandle
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual([yield* World.shown, tries], [[19, 8, 8], 1])
      yield* TestClock.adjust("20 minutes")
      assert.strictEqual(tries, 3)
      assert.lengthOf(saying(lines, "is out of step"), 1)
      assert.lengthOf(saying(lines, "in step again"), 1)
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("ends with a sentence where only a person can help", () =>
    Effect.gen(function* () {
      yield* World.open()
      const cart = yield* scriptedCart
      const gone = { connectionId: ConnectionId.ConnectionId.make("gone"), cart }
      const wrong = Layer.effect(Cart, Effect.fail(new Connect.ConnectionRefused({ field: "policy", expected: "x" })))
      const sentences = yield* Effect.forEach(
        [[gone], [], [gone, gone], [{ connectionId: World.connectionId, cart: wrong }]],
        (connections) => Effect.map(Effect.flip(Loop.run({ connections })), ({ message }) => message)
      )
      assert.deepStrictEqual(sentences, [
        "gone: there is no connection gone",
        "there is no connection to keep in step",
        "connection gone is given twice",
        "shop: the connection's policy cannot be used: x"
      ])
    }).pipe(Effect.provide(World.layer()))
  )

  it.effect("gives the connection back when it is interrupted in the middle of a cycle", () =>
    Effect.gen(function* () {
      yield* World.open()
      const cart = yield* Cart
      const { connections } = yield* Store
      const hangs = Layer.succeed(Cart, Cart.of({ ...cart, orders: () => Stream.never }))
      const { fiber } = yield* start({ connections: [{ connectionId: World.connectionId, cart: hangs }] })
      const held = yield* connections.exclusively(World.connectionId, Effect.void)
      assert.isTrue(Option.isNone(held))
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Option.isSome(yield* connections.exclusively(World.connectionId, Effect.void)))
    }).pipe(Effect.provide(World.layer()))
  )
})

describe("a pause after a failure", () => {
  const minute = Duration.minutes(1)
  const after = (reason: CartErrorReason, tries: number, every = minute) =>
    Trouble.pauseAfter(Trouble.judgeError(asShop(reason)), tries, every)
  const away = new Transient({ detail: "503" })

  it("doubles from five seconds to five minutes, and grows no further", () => {
    assert.deepStrictEqual(
      [1, 2, 3, 7, 8, 10_000].map((tries) => after(away, tries)),
      [5_000, 10_000, 20_000, 300_000, 300_000, 300_000]
    )
  })

  it("is at least what the shop asks for, within the same bound", () => {
    assert.strictEqual(after(new RateLimited({ retryAfterMillis: 30_000 }), 1), 30_000)
    assert.strictEqual(after(new RateLimited({ retryAfterMillis: 86_400_000 }), 1), 300_000)
  })

  it("grows to an hour where the shop refuses the token", () => {
    const refused = new Unauthorized({ detail: "401" })
    assert.deepStrictEqual(
      [1, 2, 6, 10_000].map((tries) => after(refused, tries)),
      [5_000, 20_000, 3_600_000, 3_600_000]
    )
  })

  it("is the usual rest where somebody else has the lease, and never begins longer than that rest", () => {
    assert.strictEqual(after(new LeaseLost({ detail: "" }), 9), 60_000)
    assert.strictEqual(after(away, 1, Duration.seconds(1)), 1_000)
  })
})

describe("a judgement", () => {
  it("tells a few hundred characters of a sentence, however long it is", () => {
    const { sentence } = Trouble.judge(Cause.die(new Error("x".repeat(100_000))))
    assert.isBelow(sentence.length, 600)
  })
})

describe("a layer that waits", () => {
  class Away extends Schema.TaggedError<Away>()("Away", { isRetryable: Schema.Boolean }) {}
  const Word = Context.Service<{ readonly word: string }>("test/Loop/Word")
  const built = (failures: number, isRetryable: boolean) => {
    const open = { scopes: 0, attempts: 0 }
    const layer = Layer.effect(
      Word,
      Effect.gen(function* () {
        yield* Effect.acquireRelease(
          Effect.sync(() => open.scopes++),
          () => Effect.sync(() => open.scopes--)
        )
        if (open.attempts++ < failures) return yield* new Away({ isRetryable })
        return { word: "there" }
      })
    )
    return { open, layer: Loop.patiently(layer) }
  }

  it.effect("is built again until it can be, says so once, and keeps nothing of the tries that failed", () =>
    Effect.gen(function* () {
      const { layer, open } = built(200, true)
      const { lines, layer: logs } = listener()
      const fiber = yield* Effect.forkScoped(Layer.build(layer).pipe(Effect.provide(logs)))
      yield* TestClock.adjust("1 hour")
      assert.isAbove(open.attempts, 10)
      assert.strictEqual(lines.length, 1)
      yield* TestClock.adjust("1 day")
      assert.isTrue(Exit.isSuccess(yield* Fiber.await(fiber)))
      assert.strictEqual(open.scopes, 1)
      assert.strictEqual(lines.length, 2)
    })
  )

  it.effect("fails at once with what a person has to change", () =>
    Effect.gen(function* () {
      const { layer, open } = built(1, false)
      assert.instanceOf(yield* Effect.flip(Layer.build(layer)), Away)
      assert.deepStrictEqual(open, { scopes: 0, attempts: 1 })
    })
  )
})
