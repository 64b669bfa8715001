/**
 * Valid answers, spoilt in 10,000 ways: each becomes a value, or a typed error that names the operation and the place.
 *
 * The valid answers are a sandbox's; the ways follow from a seed, which a failure prints.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as FastCheck from "fast-check"
import { Sandbox } from "@stockport/bigcommerce-sandbox"
import { CartError } from "@stockport/core/ports/Cart"
import { names, shopOf, useOf } from "./Probe.ts"
import { layer } from "./Transport.ts"

const mutations = Number(process.env["MUTATIONS"] ?? 10_000)

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

const orderQuery = "include=consignments,consignments.line_items,fees&consignment_structure=object"

/** Asks a sandbox for an answer to each operation. */
const answersOf = async (): Promise<ReadonlyMap<string, string>> => {
  const sandbox = await Sandbox.start({ store: { products: 12, orders: 15 }, plan: "enterprise" })
  const call = async (method: string, path: string, body?: unknown): Promise<string> => {
    const headers = {
      "x-auth-token": sandbox.accessToken,
      "content-type": "application/json",
      accept: "application/json"
    }
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    const answer = await fetch(`${sandbox.apiUrl}${path}`, init)
    const text = await answer.text()
    assert.isTrue(answer.ok && text !== "", `${method} ${path}: ${answer.status} ${text}`)
    return text
  }
  try {
    const order = sandbox.placeOrder({
      lines: [{ variantId: 145, quantity: 2 }, { custom: { name: "Engraving" } }],
      coupon: { code: "SUMMER", amount: 2 },
      fees: [{ name: "Crate", cost: 4 }],
      shippingCost: 5
    })
    sandbox.refundOrder(order.id, { items: [{ itemType: "PRODUCT", itemId: order.lines[0]?.id ?? 0, quantity: 1 }] })
    const at = `/v2/orders/${order.id}`
    const hook = { scope: "store/order/created", destination: "https://example.com/a", is_active: true }
    const items = [{ order_product_id: order.lines[0]?.id, quantity: 1 }]
    const posted = await call("POST", "/v3/hooks", hook)
    const hookId = (JSON.parse(posted) as { readonly data: { readonly id: number } }).data.id
    const variants = await call("GET", "/v3/catalog/variants?limit=3&product_id:in=77,78")
    const level = { location_id: 1, product_id: 77, quantity: 4 }
    return new Map([
      ["GET /v2/store", await call("GET", "/v2/store")],
      ["GET /v2/currencies", await call("GET", "/v2/currencies")],
      ["GET /v3/settings/inventory", await call("GET", "/v3/settings/inventory")],
      ["GET /v3/channels", await call("GET", "/v3/channels")],
      ["GET /v3/inventory/locations", await call("GET", "/v3/inventory/locations")],
      ["GET /v3/catalog/products", await call("GET", "/v3/catalog/products?limit=2&include=variants")],
      ["GET /v3/catalog/variants", variants],
      ["GET /v2/orders", await call("GET", `/v2/orders?limit=2&sort=id:desc&${orderQuery}`)],
      ["GET /v2/orders/{order_id}", await call("GET", `${at}?${orderQuery}`)],
      ["GET /v2/orders/{order_id}/products", await call("GET", `${at}/products`)],
      ["GET /v2/orders/{order_id}/shipping_addresses", await call("GET", `${at}/shipping_addresses`)],
      ["GET /v2/orders/{order_id}/coupons", await call("GET", `${at}/coupons`)],
      ["GET /v2/orders/{order_id}/taxes", await call("GET", `${at}/taxes?details=true`)],
      ["GET /v3/orders/payment_actions/refunds", await call("GET", "/v3/orders/payment_actions/refunds")],
      [
        "POST /v2/orders/{order_id}/shipments",
        await call("POST", `${at}/shipments`, { order_address_id: order.addresses[0]?.id, items })
      ],
      ["GET /v2/orders/{order_id}/shipments", await call("GET", `${at}/shipments`)],
      ["PUT /v2/orders/{order_id}", await call("PUT", at, { status_id: 3 })],
      ["GET /v3/inventory/items", await call("GET", "/v3/inventory/items?limit=3")],
      [
        "PUT /v3/inventory/adjustments/absolute",
        await call("PUT", "/v3/inventory/adjustments/absolute", { reason: "test", items: [level] })
      ],
      ["POST /v3/hooks", posted],
      ["GET /v3/hooks", await call("GET", "/v3/hooks")],
      ["PUT /v3/hooks/{webhook_id}", await call("PUT", `/v3/hooks/${hookId}`, { is_active: true })],
      ["DELETE /v3/hooks/{webhook_id}", await call("DELETE", `/v3/hooks/${hookId}`)]
    ])
  } finally {
    await sandbox.close()
  }
}

const deep = (levels: number): Json => (levels === 0 ? [] : [deep(levels - 1)])

/** What stands in the place of a value. */
const others: ReadonlyArray<Json> = [
  null,
  "",
  0,
  -1,
  0.1,
  1e308,
  2 ** 60,
  -1e-9,
  true,
  false,
  [],
  {},
  [null],
  { a: 1 },
  deep(200),
  "string",
  "NaN",
  "Infinity",
  "1e999",
  "-1",
  "99999999999999999999999999",
  "0.000001",
  "12,50",
  "2025-13-45T99:99:99Z",
  "Tue, 99 Foo 2025",
  "x".repeat(20_000),
  "\u0000",
  "\ud800",
  "__proto__"
]

const lost = Symbol("lost")

/** Changes one place of a value, chosen by `path`; a place may also be lost, or come three times. */
const changed = (
  value: Json,
  path: ReadonlyArray<number>,
  change: (value: Json) => Json | typeof lost
): Json | typeof lost => {
  const [step, ...rest] = path
  if (step === undefined || value === null || typeof value !== "object") return change(value)
  if (Array.isArray(value)) {
    if (value.length === 0) return change(value)
    return value.flatMap((entry: Json, at) => {
      if (at !== step % value.length) return [entry]
      const next = changed(entry, rest, change)
      return next === lost ? [] : [next]
    })
  }
  const entries = Object.entries(value)
  if (entries.length === 0) return change(value)
  return Object.fromEntries(
    entries.flatMap(([key, entry], at) => {
      if (at !== step % entries.length) return [[key, entry] as const]
      const next = changed(entry, rest, change)
      return next === lost ? [] : [[key, next] as const]
    })
  )
}

const swapped = (value: Json): Json => {
  if (typeof value === "number") return String(value)
  if (typeof value === "string") return Number(value)
  return Array.isArray(value) ? { ...value } : [value]
}

type Spoil = (text: string) => string | Uint8Array<ArrayBuffer>

const utf16 = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(text, "utf16le"))

const inPlaces = FastCheck.tuple(
  FastCheck.array(FastCheck.nat(), { minLength: 1, maxLength: 8 }),
  FastCheck.oneof(
    FastCheck.constantFrom(...others).map((other) => (): Json => other),
    FastCheck.constant((): typeof lost => lost),
    FastCheck.constant(swapped),
    FastCheck.constant((value: Json): Json => [value, value, value]),
    FastCheck.jsonValue().map((other) => (): Json => other as Json)
  )
).map(([path, change]): Spoil => (text) => {
  const next = changed(JSON.parse(text) as Json, path, change)
  return next === lost ? "" : JSON.stringify(next)
})

const inText: FastCheck.Arbitrary<Spoil> = FastCheck.oneof(
  FastCheck.nat().map(
    (at): Spoil =>
      (text) =>
        text.slice(0, at % text.length)
  ),
  FastCheck.tuple(FastCheck.nat(), FastCheck.integer({ min: 1, max: 255 })).map(([at, change]): Spoil => (text) => {
    const bytes = Uint8Array.from(Buffer.from(text))
    bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ change
    return bytes
  }),
  FastCheck.tuple(FastCheck.nat(), FastCheck.string()).map(
    ([at, more]): Spoil =>
      (text) =>
        text.slice(0, at % text.length) + more + text.slice(at % text.length)
  ),
  FastCheck.constantFrom<Spoil>(
    (text) => utf16(text),
    (text) => `\ufeff${text}`,
    (text) => text + text,
    (text) => `<html><body>${text}</body></html>`,
    (text) => Uint8Array.from(Buffer.from(text.replaceAll("a", "\u00e9"), "latin1")),
    (text) => text.replaceAll('"', "'"),
    (text) => text.replace("{", '{"__proto__":{"data":[]},'),
    () => Uint8Array.from([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0]),
    () => "   "
  )
)

const spoils = FastCheck.oneof({ arbitrary: inPlaces, weight: 4 }, { arbitrary: inText, weight: 1 })

/** Asserts that an outcome is a value, or an error that says what and where. */
const requireSense = (exit: Exit.Exit<unknown, unknown>): void => {
  if (Exit.isSuccess(exit)) return
  const [reason, ...more] = exit.cause.reasons
  assert.isTrue(reason?._tag === "Fail" && more.length === 0, `not a typed failure: ${Cause.pretty(exit.cause)}`)
  const error = reason?._tag === "Fail" ? reason.error : undefined
  assert.instanceOf(error, CartError)
  assert.include(names, error.operation)
  if (error.reason._tag === "Undecodable") assert.match(error.reason.path, /^body/)
}

/** Turns that a call gets to end, each of them ten seconds long and with room for what is read in the background. */
const turnsMax = 1_000

const ended = <A, E, R>(use: Effect.Effect<A, E, R>): Effect.Effect<Exit.Exit<A, E>, never, R> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(use)
    for (let turn = 0; turn < turnsMax; turn++) {
      const exit = fiber.pollUnsafe()
      if (exit !== undefined) return exit
      yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
      yield* TestClock.adjust("10 seconds")
    }
    return yield* Effect.die("it hangs")
  })

describe("a valid answer that is spoilt", () => {
  it.effect(
    "is a value or a tagged error with operation and path, 10,000 times, and never a defect or a hang",
    () =>
      Effect.gen(function* () {
        const answers = yield* Effect.promise(answersOf)
        assert.deepStrictEqual(new Set(answers.keys()), new Set(names))
        let answer = shopOf("", {})
        let errors = 0
        const spoilt = FastCheck.asyncProperty(FastCheck.constantFrom(...names), spoils, async (name, spoil) => {
          answer = shopOf(name, { text: spoil(answers.get(name) ?? "") }, true)
          const exit = await Effect.runPromiseWith(services)(Effect.withTracerEnabled(ended(useOf(name)), false))
          if (Exit.isFailure(exit)) errors++
          requireSense(exit)
        })
        const cart = yield* Layer.build(layer((sent) => answer(sent)))
        const services = Context.merge(yield* Effect.context(), cart)
        yield* Effect.promise(() => FastCheck.assert(spoilt, { numRuns: mutations }))
        assert.isAbove(errors, mutations / 20)
        assert.isBelow(errors, mutations)
      }),
    300_000
  )
})
