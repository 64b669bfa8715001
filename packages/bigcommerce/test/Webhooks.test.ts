import { createServer } from "node:http"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Queue, Redacted, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { Webhook } from "standardwebhooks"
import { OrderId } from "@stockport/core/domain/Order"
import { Cart, type RawNotification } from "@stockport/core/ports/Cart"
import * as BigCommerceCart from "@stockport/bigcommerce/BigCommerceCart"
import * as Notifications from "@stockport/bigcommerce/Notifications"
import * as Webhooks from "@stockport/bigcommerce/Webhooks"
import * as SandboxCart from "./SandboxCart.ts"
import { layer } from "./Transport.ts"

const destination = "https://hooks.example.com/bigcommerce"
const secretHeader = { name: "x-stockport-secret", value: Redacted.make("hush") }
const shop = SandboxCart.layer({ store: "empty" })

/** A receiver on this machine that keeps what it is sent. */
const receiver = Effect.gen(function* () {
  const received = yield* Queue.unbounded<RawNotification>()
  const { destination } = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const headers = Object.fromEntries(
            Object.entries(request.headers).map(([name, value]) => [
              name,
              Array.isArray(value) ? value.join(",") : value
            ])
          )
          Queue.offerUnsafe(received, { headers, body: Uint8Array.from(Buffer.concat(chunks)) })
          response.writeHead(200).end()
        })
      })
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
      const address = server.address()
      const port = typeof address === "object" && address !== null ? address.port : 0
      return { server, destination: `http://127.0.0.1:${port}/hooks` }
    }),
    ({ server }) => Effect.promise(() => new Promise((closed) => server.close(closed)))
  )
  return { received, destination }
})

describe("hooks", () => {
  it.live("are registered for every scope, and running it again changes nothing", () =>
    Effect.gen(function* () {
      const first = yield* Webhooks.ensure({ destination, secretHeader })
      assert.deepStrictEqual(
        first.registered.map(({ scope }) => scope),
        Webhooks.scopesDefault
      )
      const again = yield* Webhooks.ensure({ destination, secretHeader })
      assert.strictEqual(again.kept.length, Webhooks.scopesDefault.length)
      assert.lengthOf([...again.registered, ...again.reactivated, ...again.removed], 0)
      const { clientId, webhooks } = yield* SandboxCart.Shop
      for (const hook of webhooks.all(clientId)) assert.deepStrictEqual(hook.headers, { "x-stockport-secret": "hush" })
    }).pipe(Effect.provide(shop))
  )

  it.live("that the shop has switched off are switched on again", () =>
    Effect.gen(function* () {
      const { clientId, webhooks } = yield* SandboxCart.Shop
      yield* Webhooks.ensure({ destination })
      const [asleep] = webhooks.all(clientId)
      assert.isDefined(asleep)
      asleep.isActive = false
      const { reactivated } = yield* Webhooks.ensure({ destination })
      assert.deepStrictEqual(
        reactivated.map(({ id, isActive }) => [Number(id), isActive]),
        [[asleep.id, true]]
      )
    }).pipe(Effect.provide(shop))
  )

  it.live("that are no longer wanted are removed, and those of other places left alone", () =>
    Effect.gen(function* () {
      yield* Webhooks.register({ destination: "https://other.example.com/", scope: "store/order/created" })
      yield* Webhooks.ensure({ destination })
      const { kept, removed } = yield* Webhooks.ensure({ destination, scopes: ["store/order/created"] })
      assert.lengthOf(kept, 1)
      assert.lengthOf(removed, Webhooks.scopesDefault.length - 1)
      assert.lengthOf(yield* Stream.runCollect(Webhooks.list), 2)
      yield* Webhooks.remove(kept[0]?.id ?? "")
      yield* Webhooks.remove(kept[0]?.id ?? "")
    }).pipe(Effect.provide(shop))
  )

  it.live("of an account are all removed before it goes, those of one place or of every place", () =>
    Effect.gen(function* () {
      yield* Webhooks.register({ destination: "https://other.example.com/", scope: "store/order/created" })
      yield* Webhooks.ensure({ destination })
      assert.strictEqual(yield* Webhooks.removeAll({ destination }), Webhooks.scopesDefault.length)
      assert.lengthOf(yield* Stream.runCollect(Webhooks.list), 1)
      assert.strictEqual(yield* Webhooks.removeAll(), 1)
      assert.strictEqual(yield* Webhooks.removeAll(), 0)
    }).pipe(Effect.provide(shop))
  )

  it.live("of an account that is gone deliver on, signed with its secret, and no other account sees them", () =>
    Effect.gen(function* () {
      const sandbox = yield* SandboxCart.Shop
      const { destination: place, received } = yield* receiver
      yield* Webhooks.ensure({ destination: place, scopes: ["store/order/created"] })
      sandbox.openAccount({ clientId: "next", accessToken: "next-token", clientSecret: "next-secret" })
      sandbox.closeAccount(sandbox.clientId)
      const next = { ...SandboxCart.configOf(sandbox), accessToken: Redacted.make("next-token") }
      const rotated = BigCommerceCart.layer({
        ...next,
        clientSecret: Redacted.make("next-secret"),
        previous: { clientSecret: Redacted.make(sandbox.clientSecret) }
      }).pipe(Layer.provide(FetchHttpClient.layer))
      yield* Effect.gen(function* () {
        assert.lengthOf(yield* Stream.runCollect(Webhooks.list), 0)
        yield* Webhooks.ensure({ destination: place, scopes: ["store/order/created"] })
        sandbox.placeOrder({ lines: [{ custom: { name: "Engraving" }, quantity: 1 }] })
        const raws = [yield* Queue.take(received), yield* Queue.take(received)]
        const cart = yield* Cart
        for (const raw of raws) assert.strictEqual((yield* cart.notification(raw)).about._tag, "Order")
      }).pipe(Effect.provide(rotated))
    }).pipe(Effect.scoped, Effect.provide(SandboxCart.layer({ store: "empty", allowInsecureDestinations: true })))
  )

  it.effect("whose refusal echoes what was sent do not tell their secret", () =>
    Effect.gen(function* () {
      const echo = layer(({ body }) => ({
        status: 422,
        body: { title: "Invalid", errors: { sent: JSON.stringify(body) } }
      }))
      const hook = { destination, scope: "store/order/created", secretHeader }
      const error = yield* Effect.flip(Effect.provide(Webhooks.register(hook), echo))
      assert.include(JSON.stringify(error), "[redacted]")
      assert.notInclude(JSON.stringify(error), "hush")
    })
  )

  it.live("that the shop refuses are refused by field", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Webhooks.register({ destination: "http://insecure", scope: "store/order/created" })
      )
      assert.strictEqual(error.reason._tag, "Rejected")
    }).pipe(Effect.provide(shop))
  )
})

describe("what a shop delivers", () => {
  it.live("is believed, recognised when it comes twice, and refused without its secret header", () =>
    Effect.gen(function* () {
      const shop = yield* SandboxCart.Shop
      const cart = yield* Cart
      const { destination, received } = yield* receiver
      yield* Webhooks.ensure({ destination, scopes: ["store/order/created"], secretHeader })
      shop.webhooks.addFault({ fault: { kind: "doubled" } })
      const order = shop.placeOrder({ lines: [{ variantId: 145, quantity: 1 }] })
      const raws = [yield* Queue.take(received), yield* Queue.take(received)]
      const notifications = yield* Effect.forEach(raws, (raw) => cart.notification(raw))
      assert.deepStrictEqual(
        notifications.map(({ about }) => about),
        [1, 2].map(() => ({ _tag: "Order" as const, orderId: OrderId.make(String(order.id)) }))
      )
      const deliveries = yield* Notifications.deliveries()
      assert.deepStrictEqual(yield* Effect.forEach(notifications, deliveries.isFirst), [true, false])
      const [raw] = raws
      assert.isDefined(raw)
      // The official library takes the signature too, and for nothing else than these bytes.
      const verifier = new Webhook(Buffer.from(shop.clientSecret).toString("base64"))
      const headers = Object.fromEntries(Object.entries(raw.headers).map(([name, value = ""]) => [name, value]))
      verifier.verify(Buffer.from(raw.body), headers)
      assert.throws(() => verifier.verify(`${Buffer.from(raw.body).toString()} `, headers))
      yield* Effect.flip(cart.notification({ ...raw, headers: { ...raw.headers, "x-stockport-secret": "shout" } }))
    }).pipe(
      Effect.scoped,
      Effect.provide(
        SandboxCart.layer({ store: { products: 10, orders: 0 }, allowInsecureDestinations: true }, { secretHeader })
      )
    )
  )
})
