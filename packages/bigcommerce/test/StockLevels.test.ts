import { assert, describe, it } from "@effect/vitest"
import { Clock, Duration, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as FastCheck from "fast-check"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { type Listing, make as makeListing, ProductId, VariantId } from "@stockport/core/domain/Listing"
import { Cart, type StockLevelUpdate, type StockLevelVerdict } from "@stockport/core/ports/Cart"
import { Lease, LeaseLost } from "@stockport/core/ports/Lease"
import { triesMax } from "@stockport/bigcommerce/BigCommerceClient"
import { blamesIn, failuresInRowMax, rowsPerRequest } from "@stockport/bigcommerce/Adjustments"
import { readable } from "./Read.ts"
import * as SandboxCart from "./SandboxCart.ts"
import { layer, type Reply, type Sent } from "./Transport.ts"

const listing = (id: number, tracking: Listing["tracking"] = "variant"): Listing =>
  makeListing({
    productId: ProductId.make(String(id)),
    variantId: VariantId.make(String(100_000 + id)),
    shape: "variant",
    goods: "physical",
    sku: `SKU-${id}`,
    name: `Product ${id}`,
    tracking,
    shopBundle: false
  })

const update = (id: number, quantity = id, location = 1, tracking?: Listing["tracking"]): StockLevelUpdate => ({
  listing: listing(id, tracking),
  cartLocationId: CartLocationId.make(String(location)),
  quantity
})

interface Item {
  readonly location_id: number
  readonly variant_id?: number
  readonly product_id?: number
  readonly quantity: number
}

const itemsOf = (sent: Sent): ReadonlyArray<Item> => (sent.body as { readonly items: ReadonlyArray<Item> }).items

const accepted: Reply = { body: { transaction_id: "97a73cdd-9fc5-4aa5-892c-4ead8259c24e" } }
const refusal = (title: string): Reply => ({ status: 422, body: { status: 422, title, errors: {} } })

/** A shop that is gone after its first answer. */
const goodOnce = (_: Sent, number: number): Reply => (number === 1 ? accepted : { status: 503, text: "<html>" })

const set = (updates: ReadonlyArray<StockLevelUpdate>) => Effect.flatMap(Cart, (cart) => cart.setStockLevels(updates))

/** Refuses a request as a whole while it holds a bad item, as the text says. */
const refusing =
  (isBad: (item: Item) => boolean, text: (bad: ReadonlyArray<Item>) => string) =>
  (sent: Sent): Reply => {
    const bad = itemsOf(sent).filter(isBad)
    return bad.length === 0 ? accepted : refusal(text(bad))
  }

describe("setting levels", () => {
  it.effect("sends batches of 2,000 and gives one verdict per row, in order", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const updates = Array.from({ length: 4_100 }, (_, at) => update(at + 1))
      const verdicts = yield* Effect.provide(
        set(updates),
        layer(() => accepted, sent)
      )
      assert.deepStrictEqual(
        sent.map((one) => itemsOf(one).length),
        [2_000, 2_000, 100]
      )
      assert.deepStrictEqual(
        verdicts.map((verdict) => verdict.update),
        updates
      )
      assert.isTrue(verdicts.every((verdict) => verdict._tag === "Accepted" && verdict.receipt !== null))
    })
  )

  it.effect("names an item by the way its product counts stock", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const updates = [update(7, 3, 1, "variant"), update(8, 4, 2, "product")]
      yield* Effect.provide(
        set(updates),
        layer(() => accepted, sent)
      )
      assert.deepStrictEqual(sent.flatMap(itemsOf), [
        { location_id: 1, variant_id: 100_007, quantity: 3 },
        { location_id: 2, product_id: 8, quantity: 4 }
      ])
    })
  )

  it.effect("rejects by itself what cannot be said at all", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const updates = [
        update(1, -1),
        update(2, 0.5),
        update(3, 2 ** 31),
        update(4, 1, 0),
        update(5, 1, 1, "none"),
        update(6, 1)
      ]
      const verdicts = yield* Effect.provide(
        set(updates),
        layer(() => accepted, sent)
      )
      assert.deepStrictEqual(
        verdicts.map(({ _tag }) => _tag),
        ["Rejected", "Rejected", "Rejected", "Rejected", "Rejected", "Accepted"]
      )
      assert.lengthOf(sent.flatMap(itemsOf), 1)
    })
  )

  it.effect("asks once for what was said twice, and rejects a second opinion", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const updates = [update(1, 5), update(1, 5), update(1, 6)]
      const verdicts = yield* Effect.provide(
        set(updates),
        layer(() => accepted, sent)
      )
      assert.deepStrictEqual(
        verdicts.map(({ _tag }) => _tag),
        ["Accepted", "Accepted", "Rejected"]
      )
      assert.lengthOf(sent.flatMap(itemsOf), 1)
    })
  )

  it.effect("sends nothing when there is nothing to set", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      assert.lengthOf(
        yield* Effect.provide(
          set([]),
          layer(() => accepted, sent)
        ),
        0
      )
      assert.lengthOf(sent, 0)
    })
  )

  it.effect("keeps one request in flight, whoever calls", () =>
    Effect.gen(function* () {
      let inFlight = 0
      let most = 0
      const slow = () =>
        Effect.gen(function* () {
          most = Math.max(most, ++inFlight)
          yield* Effect.sleep("1 second")
          inFlight--
          return accepted
        })
      const together = Effect.forEach([1, 2, 3, 4], (id) => set([update(id)]), { concurrency: "unbounded" })
      const fiber = yield* Effect.forkChild(Effect.provide(together, layer(slow)))
      for (let second = 0; second < 10; second++) yield* TestClock.adjust("1 second")
      assert.lengthOf(yield* Fiber.join(fiber), 4)
      assert.strictEqual(most, 1)
    })
  )
})

describe("a refused batch", () => {
  it.effect("loses only the rows that the text names, each with its own reason", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const shop = refusing(
        ({ variant_id = 0 }) => variant_id % 500 === 0,
        (bad) =>
          `[${bad.map(({ variant_id }) => `Item with variant_id ${variant_id} is tracked by product, please update stock by product id`).join(", ")}]`
      )
      const updates = Array.from({ length: 1_600 }, (_, at) => update(at + 1))
      const verdicts = yield* Effect.provide(set(updates), layer(shop, sent))
      const rejected = verdicts.filter((verdict) => verdict._tag === "Rejected")
      assert.deepStrictEqual(
        rejected.map((verdict) => verdict.update.quantity),
        [500, 1_000, 1_500]
      )
      for (const verdict of rejected) {
        const { listing } = verdict.update
        assert.strictEqual(
          verdict.error.message,
          `PUT /v3/inventory/adjustments/absolute: Rejected: Item with variant_id ${listing.variantId} is tracked by product, please update stock by product id`
        )
      }
      assert.lengthOf(sent, 2)
    })
  )

  const notations: ReadonlyArray<(bad: ReadonlyArray<number>) => string> = [
    (bad) =>
      `[${bad.map((id) => `Item with variant_id ${id} is tracked by product, please update stock by product id`).join(", ")}]`,
    (bad) => bad.map((id) => `Item with variant_id ${id} is not tracked`).join(", "),
    (bad) =>
      `Items with identity: [${bad.map((id) => `variant_id ${id}`).join(", ")}] requires absolute adjustment before relative`,
    (bad) => `Items with identity: [${bad.map((id) => `variant_id: ${id}`).join("; ")}] are invalid`,
    (bad) => `Variants not found: ${bad.join(", ")}`,
    (bad) => `Unknown sku: SKU-${bad[0]}`,
    (bad) => `Item with variant_id ${bad[0]} not found, please use variant_id 100007 instead`,
    () => "Unprocessable"
  ]
  it.effect.each(notations.map((notation) => [notation([100_012]), notation] as const))(
    "of 2,000 with three bad rows loses these three, in a bounded number of requests: %s",
    ([, notation]) =>
      Effect.gen(function* () {
        const sent: Array<Sent> = []
        const isBad = new Set([100_001, 100_999, 102_000])
        const shop = refusing(
          ({ variant_id = 0 }) => isBad.has(variant_id),
          (bad) => notation(bad.map(({ variant_id = 0 }) => variant_id))
        )
        const updates = Array.from({ length: 2_000 }, (_, at) => update(at + 1))
        const verdicts = yield* Effect.provide(set(updates), layer(shop, sent))
        const rejected = verdicts.flatMap((verdict) => (verdict._tag === "Rejected" ? [verdict] : []))
        assert.deepStrictEqual(
          rejected.map(({ update: { listing } }) => Number(listing.variantId)),
          [...isBad]
        )
        for (const { error } of rejected) assert.strictEqual(error.reason._tag, "Rejected")
        // Three paths down a tree of halves, each step with its sibling.
        assert.isAtMost(sent.length, 1 + 3 * 2 * 11)
      })
  )

  it.effect("loses the rows of a location that does not exist", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const shop = refusing(
        ({ location_id }) => location_id > 1,
        (bad) =>
          `Location not found, identities: [${[...new Set(bad.map(({ location_id }) => location_id))].join(",")}]`
      )
      const verdicts = yield* Effect.provide(set([update(1), update(2, 2, 3), update(3, 3, 2)]), layer(shop, sent))
      assert.deepStrictEqual(
        verdicts.map(({ _tag }) => _tag),
        ["Accepted", "Rejected", "Rejected"]
      )
      assert.lengthOf(sent, 2)
    })
  )

  it.effect("whose text names an item at two locations loses only the one that is to blame", () =>
    Effect.gen(function* () {
      const shop = refusing(
        ({ location_id, variant_id }) => variant_id === 100_001 && location_id === 2,
        () => "Items with identity: [variant_id 100001] cannot be changed"
      )
      const verdicts = yield* Effect.provide(set([update(1, 5, 1), update(1, 6, 2), update(2)]), layer(shop))
      assert.deepStrictEqual(
        verdicts.map(({ _tag }) => _tag),
        ["Accepted", "Rejected", "Accepted"]
      )
    })
  )

  it.effect(
    "never takes a good row with it, whatever the text says and whichever rows are bad",
    () =>
      Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(
            FastCheck.integer({ min: 1, max: 300 }),
            FastCheck.uniqueArray(FastCheck.integer({ min: 1, max: 300 }), { maxLength: 12 }),
            FastCheck.constantFrom("names all", "names one", "names none", "names others", "empty"),
            async (size, bad, kind) => {
              const isBad = new Set(bad)
              const shop = refusing(
                ({ variant_id = 0 }) => isBad.has(variant_id - 100_000),
                (found) => {
                  const names = found.map(({ variant_id }) => `variant_id ${variant_id}`)
                  if (kind === "names all") return `Items with identity: [${names.join(", ")}] not found`
                  if (kind === "names one") return `Items with identity: [${names[0]}] not found`
                  if (kind === "names others") return "Items with identity: [variant_id 9, product_id 10] not found"
                  return kind === "empty" ? "" : "The request is not acceptable"
                }
              )
              const sent: Array<Sent> = []
              const updates = Array.from({ length: size }, (_, at) => update(at + 1))
              const verdicts = await Effect.runPromise(Effect.provide(set(updates), layer(shop, sent)))
              for (const verdict of verdicts) {
                assert.strictEqual(verdict._tag, isBad.has(verdict.update.quantity) ? "Rejected" : "Accepted")
              }
              assert.isAtMost(sent.length, Math.max(1, 2 * size))
            }
          ),
          { numRuns: 60 }
        )
      ),
    60_000
  )

  it.effect("is not taken apart for what no row is to blame for", () =>
    Effect.gen(function* () {
      for (const status of [401, 403, 404, 405]) {
        const sent: Array<Sent> = []
        const updates = Array.from({ length: 50 }, (_, at) => update(at + 1))
        const error = yield* Effect.flip(
          Effect.provide(
            set(updates),
            layer(() => ({ status, text: "" }), sent)
          )
        )
        assert.strictEqual(error.operation, "PUT /v3/inventory/adjustments/absolute")
        assert.lengthOf(sent, 1)
      }
    })
  )

  it.effect("leaves what was accepted before it accepted, and tells which rows may be tried again", () =>
    Effect.gen(function* () {
      const updates = Array.from({ length: 2 * rowsPerRequest }, (_, at) => update(at + 1))
      const fiber = yield* Effect.forkChild(Effect.provide(set(updates), layer(goodOnce)))
      yield* TestClock.adjust("10 minutes")
      const verdicts = yield* Fiber.join(fiber)
      assert.isTrue(verdicts.slice(0, rowsPerRequest).every(({ _tag }) => _tag === "Accepted"))
      for (const verdict of verdicts.slice(rowsPerRequest)) {
        assert.isTrue(verdict._tag === "NotTried" && verdict.error.retryable)
      }
    })
  )
})

/** A lease with so long left at each confirmation, and nothing after these. */
const leaseOf = (...left: ReadonlyArray<Duration.Input>) => {
  let confirmed = 0
  const confirm = Effect.suspend(() => {
    const next = left[confirmed]
    confirmed++
    return next === undefined
      ? Effect.fail(new LeaseLost({ detail: "somebody else holds it" }))
      : Effect.succeed(Duration.fromInputUnsafe(next))
  })
  return { lease: { token: "mine", confirm }, confirmations: () => confirmed }
}

const onceThen =
  (reply: Reply) =>
  (_: Sent, number: number): Reply =>
    number === 1 ? accepted : reply

/** A shop that stumbles over these quantities, whatever stands beside them. */
const failingOver =
  (quantities: ReadonlyArray<number>) =>
  (sent: Sent): Reply =>
    itemsOf(sent).some(({ quantity }) => quantities.includes(quantity)) ? { status: 500, text: "" } : accepted

const tagsOf = (verdicts: ReadonlyArray<StockLevelVerdict>) => [...new Set(verdicts.map(({ _tag }) => _tag))]

describe("a request that fails", () => {
  const replies: ReadonlyArray<readonly [string, Reply]> = [
    ["a refused token", { status: 401, text: "" }],
    ["a missing scope", { status: 403, text: "" }],
    ["an address that is gone", { status: 404, text: "" }],
    ["a redirect", { status: 302, headers: { location: "https://example.com" }, text: "" }],
    ["a page of HTML", { text: "<html>login</html>" }]
  ]
  it.effect.each(replies)("with %s is no refusal of its rows: they were not tried", ([, reply]) =>
    Effect.gen(function* () {
      const updates = Array.from({ length: 2 * rowsPerRequest }, (_, at) => update(at + 1))
      const fiber = yield* Effect.forkChild(Effect.provide(set(updates), layer(onceThen(reply))))
      yield* TestClock.adjust("10 minutes")
      const verdicts = yield* Fiber.join(fiber)
      assert.deepStrictEqual(tagsOf(verdicts.slice(0, rowsPerRequest)), ["Accepted"])
      assert.deepStrictEqual(tagsOf(verdicts.slice(rowsPerRequest)), ["NotTried"])
    })
  )

  it.effect("over one row each time is that row's fault, when the shop takes the others", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const updates = Array.from({ length: 300 }, (_, at) => update(at + 1))
      const fiber = yield* Effect.forkChild(Effect.provide(set(updates), layer(failingOver([70, 211]), sent)))
      yield* TestClock.adjust("10 minutes")
      const verdicts = yield* Fiber.join(fiber)
      assert.deepStrictEqual(
        verdicts.flatMap(({ _tag, update: { quantity } }) => (_tag === "Accepted" ? [] : [[_tag, quantity]])),
        [
          ["Rejected", 70],
          ["Rejected", 211]
        ]
      )
      assert.isBelow(sent.length, 60)
    })
  )

  it.effect("over all of them is the shop's, after a bounded number of requests", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const updates = Array.from({ length: 300 }, (_, at) => update(at + 1))
      const fiber = yield* Effect.forkChild(
        Effect.flip(
          Effect.provide(
            set(updates),
            layer(() => ({ status: 500, text: "" }), sent)
          )
        )
      )
      yield* TestClock.adjust("10 minutes")
      assert.isTrue((yield* Fiber.join(fiber)).retryable)
      assert.isAtMost(sent.length, triesMax + failuresInRowMax)
    })
  )
})

describe("a lease", () => {
  const updates = Array.from({ length: 2 * rowsPerRequest }, (_, at) => update(at + 1))

  it.effect("is confirmed before every request, and nothing is sent when it is lost", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const shop = layer(() => accepted, sent)
      const { confirmations, lease } = leaseOf("20 seconds")
      const verdicts = yield* Effect.provideService(Effect.provide(set(updates), shop), Lease, lease)
      assert.strictEqual(confirmations(), 2)
      assert.lengthOf(sent, 1)
      const last = verdicts.at(-1)
      assert.isTrue(last?._tag === "NotTried" && last.error.reason._tag === "LeaseLost")
      const error = yield* Effect.flip(Effect.provideService(Effect.provide(set(updates), shop), Lease, lease))
      assert.strictEqual(error.reason._tag, "LeaseLost")
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("bounds each request by what is left of it, and a repeat needs it anew", () =>
    Effect.gen(function* () {
      const times: Array<number> = []
      const answer = () =>
        Effect.gen(function* () {
          times.push(yield* Clock.currentTimeMillis)
          return yield* Effect.never
        })
      const { confirmations, lease } = leaseOf("3 seconds", "2 seconds")
      const fiber = yield* Effect.forkChild(
        Effect.flip(Effect.provideService(Effect.provide(set(updates.slice(0, 1)), layer(answer)), Lease, lease))
      )
      yield* TestClock.adjust("5 minutes")
      const error = yield* Fiber.join(fiber)
      assert.strictEqual(error.reason._tag, "LeaseLost")
      assert.strictEqual(confirmations(), 3)
      assert.lengthOf(times, 2)
      assert.isBelow(times[1]! - times[0]!, 5_000)
    })
  )

  it.effect("with nothing left of it sends nothing", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const { lease } = leaseOf(0)
      const asked = Effect.provide(
        set(updates),
        layer(() => accepted, sent)
      )
      assert.strictEqual((yield* Effect.flip(Effect.provideService(asked, Lease, lease))).reason._tag, "LeaseLost")
      assert.lengthOf(sent, 0)
    })
  )

  it.effect("is not asked for by who only reads", () =>
    Effect.gen(function* () {
      const { confirmations, lease } = leaseOf()
      const read = Effect.flatMap(Cart, (cart) => Stream.runCollect(cart.stockLevels("all")))
      const shop = layer(() => ({ body: { data: [], meta: {} } }))
      yield* Effect.provideService(Effect.provide(read, shop), Lease, lease)
      assert.strictEqual(confirmations(), 0)
    })
  )
})

const named = (text: string) => [...blamesIn(text).keys()]

describe("the text of a refusal", () => {
  it("is read in each notation that is known", () => {
    assert.deepStrictEqual(
      named("[Item with variant_id 106 is tracked by product, please update stock by product id]"),
      ["variant_id 106"]
    )
    assert.deepStrictEqual(
      named("Items with identity: [product_id 113] requires absolute adjustment before relative"),
      ["product_id 113"]
    )
    assert.deepStrictEqual(named("Location not found, identities: [3,2]"), ["location 3", "location 2"])
    assert.deepStrictEqual(named("Payload contains invalid fields"), [])
  })

  it("does not blame whom it gives as advice", () => {
    const advice = "Item with variant_id 5 is tracked by product, please update stock by product_id 7"
    assert.deepStrictEqual(named(`[${advice}, Item with variant_id 6 is tracked by product]`), [
      "variant_id 5",
      "variant_id 6"
    ])
  })

  it("names nobody by half a number where it was cut", () => {
    assert.deepStrictEqual([...blamesIn("not found: [variant_id 17, variant_id 10…").keys()], ["variant_id 17"])
  })
})

describe("reading levels", () => {
  it.effect("steps back when rows slip to pages that were read already", () =>
    Effect.gen(function* () {
      let items = Array.from({ length: 3_500 }, (_, at) => ({
        identity: { product_id: at + 1, variant_id: at + 1 },
        locations: [{ location_id: 1, available_to_sell: 1, total_inventory_onhand: 2 }]
      }))
      const answer = ({ query }: Sent, number: number): Reply => {
        if (number === 2) items = items.slice(600)
        const page = Number(query.get("page"))
        const pagination = { total: items.length, current_page: page, total_pages: Math.ceil(items.length / 1_000) }
        return { body: { data: items.slice((page - 1) * 1_000, page * 1_000), meta: { pagination } } }
      }
      const levels = Effect.flatMap(Cart, (cart) => readable(cart.stockLevels("all")))
      const keys = new Set((yield* Effect.provide(levels, layer(answer))).map(({ key }) => key))
      assert.strictEqual(keys.size, 3_500)
    })
  )
})

describe("against a store over HTTP", () => {
  it.live("what was set is what is read, at each location and for each way of counting", () =>
    Effect.gen(function* () {
      const shop = yield* SandboxCart.Shop
      const cart = yield* Cart
      const sold = (yield* readable(cart.listings)).filter(({ shape, tracking }) =>
        tracking === "product" ? shape !== "variant" : tracking !== "none" && shape !== "parent"
      )
      const updates = sold.flatMap((listing, at) =>
        [1, 2].map((location) => ({
          listing,
          cartLocationId: CartLocationId.make(String(location)),
          quantity: at * 2 + location
        }))
      )
      const verdicts = yield* cart.setStockLevels(updates)
      assert.isTrue(verdicts.every(({ _tag }) => _tag === "Accepted"))
      assert.strictEqual(shop.log.count("PUT /v3/inventory/adjustments/absolute"), Math.ceil(updates.length / 2_000))
      const expected = new Map(
        updates.map(({ cartLocationId, listing, quantity }) => [`${listing.key}@${cartLocationId}`, quantity])
      )
      const named = yield* readable(cart.stockLevels(sold))
      const all = yield* readable(cart.stockLevels("all"))
      for (const levels of [named, all]) {
        assert.deepStrictEqual(
          new Map(levels.map(({ cartLocationId, key, onHand }) => [`${key}@${cartLocationId}`, onHand])),
          expected
        )
      }
    }).pipe(Effect.provide(SandboxCart.layer()))
  )

  it.live("rows that the shop cannot take are told apart from good ones", () =>
    Effect.gen(function* () {
      const shop = yield* SandboxCart.Shop
      const cart = yield* Cart
      const sold = (yield* readable(cart.listings)).filter(
        ({ shape, tracking }) => tracking === "variant" && shape === "variant"
      )
      const wrong = sold.map((listing, at): StockLevelUpdate => {
        const isWrong = at % 100 === 50
        return {
          listing: isWrong ? { ...listing, tracking: "product" } : listing,
          cartLocationId: CartLocationId.make(at % 100 === 70 ? "9" : "1"),
          quantity: 7
        }
      })
      const verdicts = yield* cart.setStockLevels(wrong)
      for (const [at, { _tag }] of verdicts.entries()) {
        assert.strictEqual(_tag, at % 100 === 50 || at % 100 === 70 ? "Rejected" : "Accepted", `row ${at}`)
      }
      assert.isAtMost(shop.log.count("PUT /v3/inventory/adjustments/absolute"), 3 * Math.ceil(wrong.length / 2_000))
    }).pipe(Effect.provide(SandboxCart.layer()))
  )
})
