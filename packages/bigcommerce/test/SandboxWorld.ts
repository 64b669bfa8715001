/**
 * The world behind the adapter: a sandbox store, whose clock the tests drive.
 */
import { Clock as EffectClock, DateTime, Duration, Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Webhook } from "standardwebhooks"
import { Clock, Sandbox } from "@stockport/bigcommerce-sandbox"
import * as BigCommerceCart from "@stockport/bigcommerce/BigCommerceCart"
import { statusIdOf } from "@stockport/bigcommerce/OrderWire"
import { keyOf, type ListingKey, ProductId, VariantId } from "@stockport/core/domain/Listing"
import { OrderId } from "@stockport/core/domain/Order"
import type { RawNotification } from "@stockport/core/ports/Cart"
import { CartWorld, type Trouble, type TroubledCall } from "@stockport/testing/laws/CartWorld"
import type { Fault } from "@stockport/bigcommerce-sandbox"
import { configOf } from "./SandboxCart.ts"

const faults: Readonly<Record<Trouble, Fault>> = {
  unreachable: { kind: "timeoutBefore" },
  lostAnswer: { kind: "timeoutAfter" },
  quotaUsedUp: { kind: "tooManyRequests", headers: false }
}

export const operations: Readonly<Record<TroubledCall, string>> = {
  listings: "GET /v3/catalog/products",
  orders: "GET /v2/orders",
  setStockLevels: "PUT /v3/inventory/adjustments/absolute",
  recordShipment: "POST /v2/orders/{order_id}/shipments"
}

export const idsOf = (key: ListingKey) => {
  const [product = "", variant] = key.split("/")
  return { productId: Number(product), variantId: Number(variant) }
}

/** The notification about a changed order, signed as the shop signs it. */
export const notified = (clientSecret: string, orderId: OrderId, sentAt: DateTime.Utc): RawNotification => {
  const hash = `hash-of-${orderId}`
  const body = JSON.stringify({ scope: "store/order/updated", data: { type: "order", id: Number(orderId) }, hash })
  const at = DateTime.toDateUtc(sentAt)
  const signer = new Webhook(Buffer.from(clientSecret).toString("base64"))
  return {
    headers: {
      "webhook-id": `msg-${orderId}`,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": signer.sign(`msg-${orderId}`, at, body)
    },
    body: new TextEncoder().encode(body)
  }
}

const worldOf = (sandbox: Sandbox.Sandbox, clock: Clock.ManualClock) => {
  const { catalog } = sandbox.shop
  const offer = (sku: string, level: number | null): ListingKey => {
    const tracking = level === null ? "none" : "product"
    const id = sandbox.addProduct({ name: `Product ${sku}`, sku, tracking, onHand: level ?? 0 })
    const variant = catalog.variantId(catalog.firstVariantOf(catalog.productRow(id) ?? -1))
    return keyOf(ProductId.make(String(id)), VariantId.make(String(variant)))
  }
  const isCounted = (productId: number): boolean => {
    const row = catalog.productRow(productId)
    return row !== undefined && catalog.tracking(row) !== "none"
  }
  return CartWorld.of({
    offer: (products) => Effect.sync(() => products.map(({ level, sku }) => offer(sku, level))),
    withdraw: (key) => Effect.sync(() => sandbox.deleteProduct(idsOf(key).productId)),
    place: (lines, status) =>
      Effect.sync(() => {
        const bought = lines.map(({ key, quantity }) => ({ variantId: idsOf(key).variantId, quantity }))
        return OrderId.make(String(sandbox.placeOrder({ lines: bought, statusId: statusIdOf(status) }).id))
      }),
    touch: (id) => Effect.sync(() => void sandbox.editOrder(Number(id), { staffNotes: "touched" })),
    cancel: (id) => Effect.sync(() => void sandbox.cancelOrder(Number(id))),
    level: (key) =>
      Effect.andThen(
        Effect.promise(() => clock.advance(60_000)),
        Effect.sync(() => {
          const { productId } = idsOf(key)
          return isCounted(productId) ? sandbox.stock({ variantId: idsOf(key).variantId }, 1) : null
        })
      ),
    shipments: (id) => Effect.sync(() => sandbox.shop.shipments.of(Number(id)).length),
    wait: (duration) => Effect.promise(() => clock.advance(Duration.toMillis(duration))),
    now: Effect.sync(() => DateTime.makeUnsafe(clock.now())),
    trouble: (call, trouble, times) =>
      Effect.sync(
        () => void sandbox.faults.add({ match: { operation: operations[call] }, fault: faults[trouble], times })
      ),
    // What counts stock in another way refuses every level that is said in this one.
    refuse: (key) => Effect.sync(() => sandbox.editProduct(idsOf(key).productId, { tracking: "variant" })),
    garble: (id) =>
      Effect.sync(() => {
        const product = sandbox.shop.catalog.productRow(idsOf(id as ListingKey).productId)
        const isProduct = product !== undefined && id.includes("/")
        const place = isProduct ? "inventory_tracking" : "status_id"
        const what = isProduct ? "product" : "order"
        sandbox.spoiltRows.add({ what, id: idsOf(id as ListingKey).productId, path: place, value: "unheard of" })
      }),
    keepBack: (key, units) => Effect.sync(() => sandbox.setSafetyStock({ variantId: idsOf(key).variantId }, units)),
    notify: (orderId, sentAt) => Effect.sync(() => notified(sandbox.clientSecret, orderId, sentAt))
  })
}

/** The adapter over an empty store, and its world. */
export const layer = (options: Sandbox.SandboxOptions = {}) =>
  Layer.unwrap(
    Effect.gen(function* () {
      const clock = Clock.manual(yield* EffectClock.currentTimeMillis)
      const sandbox = yield* Effect.acquireRelease(
        Effect.promise(() => Sandbox.start({ store: "empty", plan: "enterprise", clock, ...options })),
        (started) => Effect.promise(() => started.close())
      )
      const cart = BigCommerceCart.layer({ ...configOf(sandbox), backoffMillis: { first: 20, max: 100 } })
      return Layer.merge(Layer.provide(cart, FetchHttpClient.layer), Layer.succeed(CartWorld, worldOf(sandbox, clock)))
    })
  )
