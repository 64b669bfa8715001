import { existsSync, readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Redacted } from "effect"
import { TestClock } from "effect/testing"
import * as FastCheck from "fast-check"
import { Webhook } from "standardwebhooks"
import { OrderId } from "@stockport/core/domain/Order"
import type { RawNotification } from "@stockport/core/ports/Cart"
import * as Notifications from "@stockport/bigcommerce/Notifications"

const folder = new URL("../../../../shared/bigcommerce/fixtures/webhooks/", import.meta.url)

const secret = "a-client-secret"
const clientSecret = Redacted.make(secret)
const now = new Date("2026-05-04T10:00:00Z")
const utf8 = new TextEncoder()

const bodyOf = (scope: string, data: unknown, hash = "dd70c0976e06b67aaf671e73f49dcb79230ebf9d") =>
  JSON.stringify({ scope, store_id: "1025646", data, hash, created_at: 1_561_479_335, producer: "stores/abc" })

const orderUpdated = bodyOf("store/order/updated", { type: "order", id: 250 })

/** A notification as an independent implementation of the standard signs it. */
const signed = (body: string, at = now, key = secret, id = "msg_1"): RawNotification => ({
  headers: {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": new Webhook(Buffer.from(key).toString("base64")).sign(id, at, body)
  },
  body: utf8.encode(body)
})

const read = (raw: RawNotification, authenticity: Notifications.Authenticity = { clientSecret }) =>
  Effect.andThen(TestClock.setTime(now.getTime()), Notifications.read(authenticity, raw))

const refusal = (raw: RawNotification, authenticity?: Notifications.Authenticity) =>
  Effect.map(Effect.flip(read(raw, authenticity)), ({ reason }) => reason)

const seconds = (count: number) => new Date(now.getTime() + count * 1_000)

describe("a signed notification", () => {
  it.effect("is read", () =>
    Effect.gen(function* () {
      const notification = yield* read(signed(orderUpdated))
      assert.deepStrictEqual(notification.about, { _tag: "Order", orderId: OrderId.make("250") })
      assert.strictEqual(notification.scope, "store/order/updated")
    })
  )

  it.effect.each([-300, -1, 0, 1, 300])("is taken %i seconds away", (away) => read(signed(orderUpdated, seconds(away))))

  it.effect.each([-100_000, -302, 302, 100_000])("is refused %i seconds away", (away) =>
    Effect.gen(function* () {
      assert.include(yield* refusal(signed(orderUpdated, seconds(away))), "seconds away")
    })
  )

  it.effect("may carry several signatures of which one is right", () =>
    Effect.gen(function* () {
      const raw = signed(orderUpdated)
      const both = `v1,AAAA v2,zzzz ${raw.headers["webhook-signature"]}`
      yield* read({ ...raw, headers: { ...raw.headers, "webhook-signature": both } })
    })
  )

  it.effect("is refused with another secret, without any, or with an empty one", () =>
    Effect.gen(function* () {
      assert.include(yield* refusal(signed(orderUpdated, now, "another")), "signature")
      assert.include(yield* refusal(signed(orderUpdated), {}), "configured")
      assert.isString(yield* refusal(signed(orderUpdated), { clientSecret: Redacted.make("") }))
    })
  )

  it.effect.each(["webhook-id", "webhook-timestamp", "webhook-signature"])("is refused without its %s", (name) =>
    Effect.gen(function* () {
      const raw = signed(orderUpdated)
      const reason = yield* refusal({ ...raw, headers: { ...raw.headers, [name]: undefined } })
      assert.include(reason, "missing")
    })
  )

  it("is refused when any byte of it is changed", () =>
    FastCheck.assert(
      FastCheck.asyncProperty(
        FastCheck.nat(orderUpdated.length - 1),
        FastCheck.integer({ min: 1, max: 255 }),
        async (at, change) => {
          const raw = signed(orderUpdated)
          const body = raw.body.slice()
          body[at] = (body[at] ?? 0) ^ change
          const refused = await Effect.runPromise(
            Effect.flip(read({ ...raw, body })).pipe(Effect.provide(TestClock.layer()))
          )
          assert.strictEqual(refused._tag, "NotificationRefused")
        }
      ),
      { numRuns: 200 }
    ))
})

const both = (key: string, more: Readonly<Record<string, string>>): RawNotification => {
  const raw = signed(orderUpdated, now, key)
  return { ...raw, headers: { ...raw.headers, ...more } }
}

describe("during a rotation", () => {
  const authenticity: Notifications.Authenticity = {
    clientSecret,
    secretHeader: { name: "x-stockport-secret", value: Redacted.make("new") },
    previous: {
      clientSecret: Redacted.make("the-old-secret"),
      secretHeader: { name: "X-Old-Secret", value: Redacted.make("old") }
    }
  }

  it.effect("what was valid before is accepted as well, and nothing else", () =>
    Effect.gen(function* () {
      yield* read(both(secret, { "x-stockport-secret": "new" }), authenticity)
      yield* read(both("the-old-secret", { "x-old-secret": "old" }), authenticity)
      yield* read(both("the-old-secret", { "x-stockport-secret": "new" }), authenticity)
      assert.include(yield* refusal(both("another", { "x-stockport-secret": "new" }), authenticity), "signature")
      const reason = yield* refusal(both(secret, { "x-old-secret": "new" }), authenticity)
      assert.include(reason, "x-stockport-secret")
      assert.notInclude(reason, "x-old-secret")
    })
  )

  it.effect("what was valid before is refused once it is taken away, and never enough by itself", () =>
    Effect.gen(function* () {
      const old = both("the-old-secret", { "x-old-secret": "old" })
      yield* refusal(old, { clientSecret, secretHeader: authenticity.secretHeader! })
      assert.include(yield* refusal(old, { previous: authenticity.previous! }), "configured")
    })
  )
})

const withHeader = (value: string | undefined): RawNotification => ({
  headers: { "x-stockport-secret": value },
  body: utf8.encode(orderUpdated)
})

describe("a secret header", () => {
  const secretHeader = { name: "X-Stockport-Secret", value: Redacted.make("hush") }
  it.effect("is enough", () => read(withHeader("hush"), { secretHeader }))

  it.effect.each([undefined, "", "hus", "hush ", "HUSH"])("is refused as %j", (value) =>
    Effect.gen(function* () {
      const reason = yield* refusal(withHeader(value), { secretHeader })
      assert.include(reason, "x-stockport-secret")
      assert.notInclude(reason, "hush")
    })
  )

  it.effect("does not make up for a missing signature when both are configured", () =>
    Effect.gen(function* () {
      assert.include(yield* refusal(withHeader("hush"), { secretHeader, clientSecret }), "missing")
    })
  )

  it.effect("that is configured empty lets nobody in", () =>
    Effect.gen(function* () {
      yield* refusal(withHeader(""), { secretHeader: { ...secretHeader, value: Redacted.make("") } })
    })
  )
})

describe("what a notification is about", () => {
  const inventory = { product_id: 206, method: "absolute", value: 5, variant_id: 509 }
  const cases: ReadonlyArray<readonly [scope: string, data: unknown, about: object]> = [
    ["store/product/metafield/created", { type: "metafield", id: 5 }, { _tag: "Unknown" }],
    ["store/order/metafield/updated", { type: "metafield", id: 5 }, { _tag: "Unknown" }],
    ["store/order/statusUpdated", { type: "order", id: 250, status: {} }, { _tag: "Order", orderId: "250" }],
    [
      "store/order/refund/created",
      { type: "order", id: 250, refund: { refund_id: 3 } },
      { _tag: "Order", orderId: "250" }
    ],
    ["store/order/transaction/created", { type: "transaction", order_id: "251" }, { _tag: "Order", orderId: "251" }],
    ["store/channel/4/order/created", { type: "order", id: 9 }, { _tag: "Order", orderId: "9" }],
    ["store/shipment/created", { type: "shipment", id: 12, orderId: 251 }, { _tag: "Order", orderId: "251" }],
    ["store/product/updated", { type: "product", id: 205 }, { _tag: "Product", productId: "205" }],
    [
      "store/product/inventory/updated",
      { type: "product", id: 167 },
      { _tag: "Stock", productId: "167", variantId: null }
    ],
    [
      "store/sku/updated",
      { type: "sku", id: 461, sku: { product_id: 206, variant_id: 509 } },
      { _tag: "Product", productId: "206" }
    ],
    [
      "store/sku/inventory/order/updated",
      { type: "sku", id: 461, inventory },
      { _tag: "Stock", productId: "206", variantId: "509" }
    ],
    [
      "store/channel/1/inventory/product/stock_changed",
      inventory,
      { _tag: "Stock", productId: "206", variantId: "509" }
    ],
    ["store/channel/1/inventory/product/settings_changed", inventory, { _tag: "Settings" }],
    ["store/channel/*/inventory/product/settings_changed", inventory, { _tag: "Settings" }],
    ["store/inventory/location/updated", { location_id: 3 }, { _tag: "Shop" }],
    ["store/information/updated", { type: "store" }, { _tag: "Shop" }],
    ["store/app/uninstalled", null, { _tag: "Shop" }],
    ["store/cart/created", { type: "cart", id: "09346904-4175-44fd-be53-f7e598531b6c" }, { _tag: "Unknown" }],
    ["store/order/updated", {}, { _tag: "Unknown" }]
  ]
  it.effect.each(cases)("%s", ([scope, data, about]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual((yield* read(signed(bodyOf(scope, data)))).about, about)
    })
  )

  it.effect("is remembered by its hash within a bound, and until it is forgotten", () =>
    Effect.gen(function* () {
      const { forget, isFirst } = yield* Notifications.deliveries(3)
      const first = (ids: string) => Effect.forEach([...ids], (id) => isFirst({ id }))
      assert.deepStrictEqual(yield* first("aabca"), [true, false, true, true, false])
      assert.deepStrictEqual(yield* first("da"), [true, true])
      yield* forget({ id: "a" })
      assert.deepStrictEqual(yield* first("ad"), [true, false])
    })
  )

  it.effect("is told apart by its hash, so that a second delivery is recognised", () =>
    Effect.gen(function* () {
      const first = yield* read(signed(orderUpdated, now, secret, "msg_1"))
      const again = yield* read(signed(orderUpdated, seconds(60), secret, "msg_2"))
      const other = yield* read(signed(bodyOf("store/order/updated", { id: 250 }, "cb07cdbdda8b")))
      assert.strictEqual(first.id, again.id)
      assert.notStrictEqual(first.id, other.id)
    })
  )

  it.effect.each(["", "no JSON", "[]", "null", '{"scope":5}', '{"scope":""}', '{"hash":"x"}'])(
    "is refused when it cannot be read: %j",
    (body) =>
      Effect.gen(function* () {
        assert.isString(yield* refusal(signed(body)))
      })
  )

  it.effect.each(["data", "hash"])("is refused or of unknown meaning when its %s is nested beyond any stack", (key) =>
    Effect.gen(function* () {
      const deep = `${"[".repeat(15_000)}${"]".repeat(15_000)}`
      const text = `{"scope":"store/order/created","hash":"h","data":{"id":${deep}},"${key}":${key === "data" ? `{"id":${deep}}` : deep}}`
      const exit = yield* Effect.exit(Notifications.parse({ headers: {}, body: new TextEncoder().encode(text) }))
      if (Exit.isSuccess(exit)) assert.strictEqual(exit.value.about._tag, "Unknown")
      else assert.isTrue(Cause.hasFails(exit.cause) && !Cause.hasDies(exit.cause))
    })
  )

  it.effect("is refused in few words, whatever its headers hold", () =>
    Effect.gen(function* () {
      const raw = signed(orderUpdated)
      const headers = { ...raw.headers, "webhook-timestamp": "9".repeat(100_000) }
      assert.isBelow((yield* refusal({ ...raw, headers })).length, 400)
      assert.isBelow((yield* refusal(signed(JSON.stringify({ scope: ["x".repeat(10_000)] })))).length, 400)
      assert.include(yield* refusal(signed(bodyOf("store/order/updated", { id: 1 }, "x".repeat(10_000)))), "too long")
    })
  )

  it.effect("is refused when it is larger than a pointer can be", () =>
    Effect.gen(function* () {
      assert.include(yield* refusal(signed("x".repeat(Notifications.bodyBytesMax + 1))), "larger")
    })
  )
})

describe.skipIf(!existsSync(folder))("every documented notification", () => {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".json")) : []
  const bodies = files.map((file) => [file, readFileSync(new URL(file, folder), "utf8")] as const)

  it.effect.each(bodies.filter(([, body]) => body.trim() !== ""))("%s", ([file, body]) =>
    Effect.gen(function* () {
      const { about } = yield* read(signed(body))
      const expected = /^store_(order|product|sku|shipment)_/.test(file)
        ? ["Order", "Product", "Stock"]
        : ["Shop", "Unknown"]
      assert.include(expected, about._tag)
    })
  )
})
