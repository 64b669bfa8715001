import { createServer, type ServerResponse } from "node:http"
import { inspect } from "node:util"
import * as FastCheck from "fast-check"
import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Metric,
  Option,
  Redacted,
  References,
  Schema,
  Stream,
  Tracer
} from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { Cart, type CartError, isUnreadable } from "@stockport/core/ports/Cart"
import { OrderId } from "@stockport/core/domain/Order"
import { isWritable } from "@stockport/core/domain/Text"
import {
  BigCommerceClient,
  bodyBytesMax,
  layer as layerStore,
  triesMax
} from "@stockport/bigcommerce/BigCommerceClient"
import * as Failure from "@stockport/bigcommerce/Failure"
import * as Measure from "@stockport/bigcommerce/Measure"
import * as Operation from "@stockport/bigcommerce/Operation"
import { accessToken, layer, type Reply, type Sent } from "./Transport.ts"

const suspended = { status: 503, body: { status: 503, title: "The store is suspended due to non-payment." } }

/** Calls an operation while time passes, until it ends. */
const outcome = (
  operation: Operation.Operation,
  answer: (sent: Sent, number: number) => Reply,
  sent: Array<Sent> = []
) =>
  Effect.gen(function* () {
    const client = yield* BigCommerceClient
    const fiber = yield* Effect.forkChild(
      Effect.exit(client.call(operation, { path: { order_id: 5 }, body: { any: "thing" } }, Schema.Unknown))
    )
    yield* TestClock.adjust("20 minutes")
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(layer(answer, sent)))

const failureOf = (exit: Exit.Exit<unknown, CartError>): CartError => {
  const error = Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined
  assert.isDefined(error, "expected a typed failure")
  return error
}

describe("what a failed call says", () => {
  const cases: ReadonlyArray<readonly [string, Reply, string]> = [
    ["a wrong token", { status: 401, body: { status: 401, title: "Unauthorized" } }, "Unauthorized"],
    ["a missing scope", { status: 403, body: { status: 403, title: "Forbidden" } }, "Forbidden"],
    ["the limit of a plan", { status: 507, body: { title: "Insufficient storage" } }, "Forbidden"],
    ["something unknown, as V2 says it", { status: 404, body: [{ status: 404, message: "not there" }] }, "NotFound"],
    ["a conflict", { status: 409, body: [{ status: 409, message: "out of stock" }] }, "Conflict"],
    ["a lock", { status: 423, text: "" }, "Conflict"],
    ["too many rows", { status: 413, body: { title: "maximum 10" } }, "TooLarge"],
    ["invalid fields", { status: 422, body: { title: "bad", errors: { sku: "taken" } } }, "Rejected"],
    ["a method that does not exist", { status: 405, text: "<html>no</html>" }, "Rejected"],
    [
      "a redirect",
      { status: 302, text: "<html><head><title>302 Found</title></head><body></body></html>" },
      "Rejected"
    ],
    ["what is not implemented", { status: 501, text: "" }, "Rejected"],
    ["a suspended store", suspended, "Suspended"],
    ["a gateway's page", { status: 502, text: "<html><title>502</title></html>" }, "Transient"],
    ["a page in place of JSON", { status: 200, text: "<html>login</html>" }, "Undecodable"],
    ["half a body", { status: 200, text: '{"data":[{"id":1},' }, "Undecodable"],
    ["a body that is not UTF-8", { status: 200, text: new Uint8Array([0xff, 0xfe, 0x7b, 0x00]) }, "Undecodable"],
    ["a broken connection", "cut", "Transient"],
    ["silence", "never", "Transient"]
  ]
  it.effect.each(cases)("%s", ([, reply, tag]) =>
    Effect.gen(function* () {
      const error = failureOf(yield* outcome(Operation.getStore, () => reply))
      assert.notMatch(error.message, /(\d{3}) \1/)
      assert.strictEqual(error.reason._tag, tag)
      assert.strictEqual(error.operation, "GET /v2/store")
      assert.notInclude(JSON.stringify(error) + error.message + String(error), accessToken)
    })
  )

  it.effect("refuses a body that is larger than any answer", () =>
    Effect.gen(function* () {
      const headers = { "content-length": String(bodyBytesMax + 1) }
      const error = failureOf(yield* outcome(Operation.getStore, () => ({ headers, text: "{}" })))
      assert.strictEqual(error.reason._tag, "TooLarge")
    })
  )

  it.effect("does not try an address that is none", () =>
    Effect.gen(function* () {
      const client = yield* Effect.provide(
        BigCommerceClient,
        layer(() => ({ body: {} }), [], { apiUrl: "no address" })
      )
      const error = yield* Effect.flip(client.call(Operation.getStore, {}, Schema.Unknown))
      assert.strictEqual(error.reason._tag, "Rejected")
    })
  )

  it.effect("names the scope that is missing", () =>
    Effect.gen(function* () {
      const error = failureOf(yield* outcome(Operation.getLocations, () => ({ status: 403, text: "" })))
      assert.include(error.message, "store_locations_read_only")
    })
  )

  it.effect("keeps V3's fields and V2's details", () =>
    Effect.gen(function* () {
      const v3 = { status: 422, body: { status: 422, title: "Invalid", errors: { "items.0.sku": "unknown" } } }
      const error = failureOf(yield* outcome(Operation.putAbsoluteLevels, () => v3))
      assert.deepStrictEqual(error.reason._tag === "Rejected" ? error.reason.fields : {}, { "items.0.sku": "unknown" })
      const details = { errors: [{ type: "OutOfStock", variant_id: 7 }] }
      const v2 = { status: 400, body: [{ status: 400, message: "no stock", details }] }
      const other = failureOf(yield* outcome(Operation.putOrder, () => v2))
      assert.include(JSON.stringify(other.reason), "OutOfStock")
    })
  )

  it.effect("hides the token where an excerpt of the body is cut", () =>
    Effect.gen(function* () {
      for (let before = 2_048 - accessToken.length; before <= 2_048; before++) {
        for (const status of [200, 400]) {
          const text = `${"x".repeat(before)}${accessToken}`
          const error = failureOf(yield* outcome(Operation.postHook, () => ({ status, text })))
          assert.notInclude(JSON.stringify(error), accessToken.slice(0, 6))
        }
      }
    })
  )

  it.effect("leaves what the shop says as it is, whatever the token", () =>
    Effect.gen(function* () {
      const body = { id: "abc", name: "abc", currency: "USD" }
      const read = Effect.flatMap(BigCommerceClient, (client) => client.call(Operation.getStore, {}, Schema.Unknown))
      const config = { accessToken: Redacted.make("abc") }
      assert.deepStrictEqual(
        yield* Effect.provide(
          read,
          layer(() => ({ body }), [], config)
        ),
        body
      )
      const strict = Effect.flatMap(BigCommerceClient, (client) =>
        client.call(Operation.getStore, {}, Schema.Struct({ name: Schema.Literal("def") }))
      )
      const error = yield* Effect.flip(
        Effect.provide(
          strict,
          layer(() => ({ body }), [], config)
        )
      )
      assert.notInclude(JSON.stringify(error), "abc")
    })
  )

  const escaped = accessToken.replaceAll("-", "\\u002D").replace("k", "\\u006b")
  it.effect.each([
    `<html>bad header X-Auth-Token: ${accessToken}</html>`,
    `{"title":"${escaped}","errors":{"a":"${escaped}"}}`,
    `[{"message":"a \\"quoted\\" \\\\ ${escaped}"}]`
  ])("hides the token when a gateway echoes it: %s", (text) =>
    Effect.gen(function* () {
      for (const status of [400, 500, 503]) {
        const error = failureOf(yield* outcome(Operation.getStore, () => ({ status, text })))
        assert.notInclude(JSON.stringify(error), accessToken)
        assert.include(error.message, "[redacted]")
      }
    })
  )
})

/** A server on this machine; `seen` keeps the token of each request. */
const serving = (answer: (response: ServerResponse) => void) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const seen: Array<unknown> = []
      const server = createServer((request, response) => {
        seen.push(request.headers["x-auth-token"])
        answer(response)
      })
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return { server, seen, url: `http://127.0.0.1:${port}` }
    }),
    ({ server }) =>
      Effect.promise(() => {
        server.closeAllConnections()
        return new Promise((closed) => server.close(closed))
      })
  )

const longText = FastCheck.tuple(FastCheck.string({ minLength: 1 }), FastCheck.nat({ max: 50_000 })).map(
  ([text, times]) => text.repeat(times).slice(0, 100_000)
)

const errorBody = FastCheck.oneof(
  FastCheck.record({
    title: longText,
    errors: FastCheck.dictionary(longText, FastCheck.oneof(longText, FastCheck.jsonValue()))
  }),
  FastCheck.array(FastCheck.record({ message: longText, details: FastCheck.jsonValue() }), { maxLength: 300 }),
  FastCheck.record({
    batch_errors: FastCheck.array(FastCheck.record({ errors: FastCheck.dictionary(longText, longText) }))
  }),
  longText
)

const textsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  return typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [key, ...textsIn(inner)])
    : []
}

describe("an error's body of any size", () => {
  it("is cut in every field, and can be kept", () =>
    FastCheck.assert(
      FastCheck.property(
        errorBody,
        FastCheck.constantFrom(400, 401, 403, 404, 409, 413, 422, 500, 503),
        (body, status) => {
          const text = typeof body === "string" ? body : JSON.stringify(body)
          const reason = Failure.reasonOf(status, text.slice(0, Failure.bodyMax), "scope")
          const texts = textsIn({ ...reason })
          const lengths = texts.map(({ length }) => length)
          assert.isAtMost(Math.max(...lengths), Failure.excerptMax + 100)
          const all = Failure.excerptMax + 100 + Failure.fieldsMax * (Failure.fieldNameMax + Failure.fieldTextMax + 2)
          assert.isAtMost(
            lengths.reduce((sum, length) => sum + length, 0),
            all + 100
          )
          assert.isTrue(texts.every(isWritable))
        }
      ),
      { numRuns: 200 }
    ))

  it.effect("takes no longer than it is long, and leaves no token", () =>
    Effect.gen(function* () {
      const text = `{"title":"${`${accessToken} `.repeat(200_000)}"}`
      const error = failureOf(yield* outcome(Operation.getStore, () => ({ status: 400, text })))
      assert.isBelow(JSON.stringify(error).length, 4_000)
      assert.notInclude(JSON.stringify(error), accessToken)
    })
  )
})

describe("an answer that stops in the middle", () => {
  const limits = { timeoutMillis: { read: 100, write: 100 }, backoffMillis: { first: 1, max: 1 } }
  const half = '{"data":[{"id":1},'
  const endings: ReadonlyArray<readonly [string, (response: ServerResponse) => void]> = [
    ["and nothing follows", (response) => response.writeHead(200, { "content-length": 100 }).write(half)],
    ["of an unknown length", (response) => response.writeHead(200).write(half)],
    [
      "and a character comes now and then",
      (response) => {
        response.writeHead(200).write(half)
        const dripping = setInterval(() => response.write(" "), 10)
        response.on("close", () => clearInterval(dripping))
      }
    ],
    ["before its body", (response) => response.writeHead(200, { "content-length": 100 }).flushHeaders()]
  ]
  it.live.each(endings)("is given up in time and tried again within the bound: %s", ([, answer]) =>
    Effect.gen(function* () {
      const { seen, url } = yield* serving(answer)
      const store = layerStore({ storeHash: "abc", accessToken: Redacted.make(accessToken), apiUrl: url, ...limits })
      const error = yield* Effect.flip(
        Effect.flatMap(BigCommerceClient, ({ call }) => call(Operation.getStore, {}, Schema.Unknown)).pipe(
          Effect.provide(Layer.provide(store, FetchHttpClient.layer)),
          Effect.timeout("10 seconds")
        )
      )
      assert.include(String(error), "no answer in time")
      assert.lengthOf(seen, triesMax)
    }).pipe(Effect.scoped)
  )
})

describe("a body that is nested beyond any stack", () => {
  const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`
  const cases: ReadonlyArray<readonly [status: number, text: string, tag: string]> = [
    [422, `{"title":"bad","errors":{"a":${deep}}}`, "Rejected"],
    [400, `[{"status":400,"message":"bad","details":{"errors":[${deep}]}}]`, "Rejected"],
    [500, `{"errors":{"a":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}}`, "Transient"],
    [200, `[${deep}]`, "Undecodable"]
  ]
  it.effect.each(cases)("is a typed failure, as %i", ([status, text, tag]) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(
        Effect.exit(Effect.flatMap(Cart, (cart) => cart.order(OrderId.make("1")))).pipe(
          Effect.provide(layer(() => ({ status, text })))
        )
      )
      yield* TestClock.adjust("20 minutes")
      const error = failureOf(yield* Fiber.join(fiber))
      assert.strictEqual(error.reason._tag, tag)
      assert.strictEqual(error.operation, "GET /v2/orders/{order_id}")
    })
  )
})

describe("a row that is nested beyond any stack", () => {
  it.effect("is one row that cannot be read", () =>
    Effect.gen(function* () {
      const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`
      const text = `{"id":1,"status_id":${deep},"date_created":${deep}}`
      const read = Effect.flatMap(Cart, (cart) => cart.order(OrderId.make("1")))
      const row = Option.getOrThrow(
        yield* Effect.provide(
          read,
          layer(() => ({ text }))
        )
      )
      assert.isTrue(isUnreadable(row))
      assert.strictEqual(row.id, "1")
    })
  )
})

describe("a redirect", () => {
  it.live("is not followed: the token goes to the shop and nowhere else", () =>
    Effect.gen(function* () {
      const elsewhere = yield* serving((response) => response.end("{}"))
      const shop = yield* serving((response) =>
        response.writeHead(301, { location: `${elsewhere.url}/somewhere` }).end("moved")
      )
      const config = { storeHash: "abc", accessToken: Redacted.make(accessToken), apiUrl: shop.url }
      const call = Effect.flatMap(BigCommerceClient, (client) =>
        client.call(Operation.getStore, {}, Schema.Unknown)
      ).pipe(Effect.provide(layerStore(config).pipe(Layer.provide(FetchHttpClient.layer))))
      const error = yield* Effect.flip(call)
      assert.strictEqual(error.reason._tag, "Rejected")
      assert.deepStrictEqual(shop.seen, [accessToken])
      assert.deepStrictEqual(elsewhere.seen, [])
    }).pipe(Effect.scoped)
  )
})

describe("what is repeated", () => {
  it.effect.each([500, 502, 503, 504, 408, 499])("a read after %i, until it works", (status) =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const exit = yield* outcome(
        Operation.getStore,
        (_, number) => (number < 3 ? { status, text: "<html>" } : { body: { ok: true } }),
        sent
      )
      assert.deepStrictEqual(exit, Exit.succeed({ ok: true }))
      assert.lengthOf(sent, 3)
    })
  )

  it.effect("a read whose answer was cut, or replaced by a page", () =>
    Effect.gen(function* () {
      for (const text of ['{"data":[{"id":1},', "<html>"]) {
        const exit = yield* outcome(Operation.getStore, (_, number) => (number < 3 ? { text } : { body: { ok: true } }))
        assert.deepStrictEqual(exit, Exit.succeed({ ok: true }))
      }
    })
  )

  it.effect.each([400, 401, 403, 404, 409, 413, 422, 501, 505])("nothing after %i", (status) =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      yield* outcome(Operation.getStore, () => ({ status, text: "" }), sent)
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("nothing for a suspended store", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      yield* outcome(Operation.getStore, () => suspended, sent)
      assert.lengthOf(sent, 1)
    })
  )

  it.effect.each<Reply>(["cut", "never", { status: 500, text: "" }])("within a bound: %j", (reply) =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const error = failureOf(yield* outcome(Operation.getStore, () => reply, sent))
      assert.lengthOf(sent, triesMax)
      assert.isTrue(error.retryable)
    })
  )

  it.effect.each<Reply>(["cut", "never", { status: 500, text: "" }, { status: 503, text: "" }, { text: "<html>" }])(
    "never a shipment whose answer was lost: %j",
    (reply) =>
      Effect.gen(function* () {
        const sent: Array<Sent> = []
        yield* outcome(Operation.postShipment, () => reply, sent)
        assert.lengthOf(sent, 1)
      })
  )

  it.effect("a shipment that was refused by the quota, for nothing has happened", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const exit = yield* outcome(
        Operation.postShipment,
        (_, number) => (number === 1 ? { status: 429, headers: { "x-retry-after": "3" } } : { status: 201, body: {} }),
        sent
      )
      assert.isTrue(Exit.isSuccess(exit))
      assert.lengthOf(sent, 2)
    })
  )
})

describe("what every call leaves behind", () => {
  it.effect("a span with route, status, retries and the time waited, and never the token", () =>
    Effect.gen(function* () {
      const spans: Array<Tracer.Span> = []
      const tracer = Tracer.make({
        span: (options) => {
          const span = new Tracer.NativeSpan(options)
          spans.push(span)
          return span
        }
      })
      const quota = { "x-rate-limit-requests-left": "0", "x-rate-limit-time-reset-ms": "4000" }
      yield* outcome(Operation.getOrder, (_, number) =>
        number === 1 ? { status: 500, headers: quota, text: "" } : { body: {} }
      ).pipe(Effect.withTracer(tracer))
      const call = spans.find(({ name }) => name === "BigCommerce GET /v2/orders/{order_id}")
      assert.isDefined(call)
      assert.strictEqual(call.attributes.get("http.route"), "/v2/orders/{order_id}")
      assert.strictEqual(call.attributes.get("http.response.status_code"), 200)
      assert.strictEqual(call.attributes.get("bigcommerce.retries"), 1)
      assert.isAbove(Number(call.attributes.get("bigcommerce.quota_wait_millis")), 2_000)
      assert.lengthOf(
        spans.filter(({ kind }) => kind === "client"),
        1
      )
      const everything = spans.map((span) => [span.name, [...span.attributes.entries()]])
      assert.notInclude(JSON.stringify(everything), accessToken)
    })
  )

  it.effect("counters by method, route and status", () =>
    Effect.gen(function* () {
      yield* outcome(Operation.getInventorySettings, (_, number) =>
        number === 1 ? { status: 502, text: "" } : { body: {} }
      )
      const labels = { method: "GET", route: "/v3/settings/inventory" }
      const count = (status: string) => Metric.value(Metric.withAttributes(Measure.requests, { ...labels, status }))
      assert.strictEqual((yield* count("502")).count, 1)
      assert.strictEqual((yield* count("200")).count, 1)
      assert.strictEqual((yield* Metric.value(Metric.withAttributes(Measure.retries, labels))).count, 1)
    }).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))
  )
})

describe("what is written down", () => {
  it.effect("never holds the token, whatever fails and however much is logged", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const logger = Logger.make((entry) => lines.push(inspect(entry, { depth: 20 })))
      for (const reply of [
        "cut",
        "never",
        { status: 500, text: accessToken },
        { status: 400, text: accessToken }
      ] as const) {
        const exit = yield* outcome(Operation.getStore, () => reply).pipe(
          Effect.tap((exit) => Effect.logError(exit)),
          Effect.provide(Logger.layer([logger])),
          Effect.provideService(References.MinimumLogLevel, "Trace")
        )
        lines.push(inspect(exit, { depth: 20 }), String(failureOf(exit).stack))
      }
      assert.isAbove(lines.length, 12)
      assert.isFalse(lines.some((line) => line.includes(accessToken)))
    })
  )
})

describe("how a request looks", () => {
  it.effect("carries token, accept and content type, and encodes what it is given", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const cart = yield* Effect.provide(
        Cart,
        layer(() => ({ status: 404, text: "" }), sent)
      )
      yield* cart.order(OrderId.make("7/../8"))
      yield* Effect.exit(Stream.runDrain(cart.listings))
      assert.strictEqual(sent[0]?.path, "/v2/orders/7%2F..%2F8")
      assert.strictEqual(sent[0]?.headers["x-auth-token"], accessToken)
      assert.strictEqual(sent[0]?.headers["accept"], "application/json")
      assert.strictEqual(sent[1]?.query.get("include_fields"), "name,sku,type,inventory_tracking,base_variant_id")
    })
  )
})
