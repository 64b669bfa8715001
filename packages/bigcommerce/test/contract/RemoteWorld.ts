/**
 * The adapter over a proxy in front of a store in another process, and the world behind it, played through the store's
 * control paths.
 */
import { DateTime, Duration, Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import * as BigCommerceCart from "@stockport/bigcommerce/BigCommerceCart"
import { statusIdOf } from "@stockport/bigcommerce/OrderWire"
import { keyOf, ProductId, VariantId } from "@stockport/core/domain/Listing"
import { OrderId } from "@stockport/core/domain/Order"
import { CartWorld, type Trouble } from "@stockport/testing/laws/CartWorld"
import { idsOf, notified, operations } from "../SandboxWorld.ts"

const setting = (name: string): string => {
  const value = process.env[name]
  if (value === undefined || value === "") throw new Error(`${name} is not set`)
  return value
}

const proxyUrl = setting("CONTRACT_URL")
const storeUrl = setting("CONTRACT_SANDBOX_URL")
const storeHash = setting("CONTRACT_STORE_HASH")
const accessToken = setting("CONTRACT_ACCESS_TOKEN")
const clientSecret = setting("CONTRACT_CLIENT_SECRET")

/** Shops stamp changes in whole seconds: after this long, a change is stamped later. */
const nextSecond = Duration.millis(1_100)

const ask = (method: string, url: string, body?: unknown): Effect.Effect<unknown> =>
  Effect.promise(async () => {
    const headers = { "x-auth-token": accessToken, accept: "application/json", "content-type": "application/json" }
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) }
    const answer = await fetch(url, init)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`)
    return text === "" ? undefined : (JSON.parse(text) as unknown)
  })

/** A control path of the store: what a person could do in its panel. */
export const control = (method: string, path: string, body?: unknown): Effect.Effect<unknown> =>
  ask(method, `${storeUrl}/_sandbox${path}`, body)

/** The store's own API, past the proxy. */
const peek = (path: string): Effect.Effect<unknown> => ask("GET", `${storeUrl}/stores/${storeHash}${path}`)

const idOf = (answer: unknown): number => (answer as { readonly id: number }).id

/** Trouble as an answer: the proxy does not survive a connection that is cut behind it. */
const faults: Readonly<Record<Trouble, object>> = {
  unreachable: { kind: "serverError", status: 502, body: "json" },
  lostAnswer: { kind: "serverError", status: 504, body: "json", after: true },
  quotaUsedUp: { kind: "tooManyRequests", headers: false }
}

interface Items {
  readonly data: ReadonlyArray<{
    readonly locations: ReadonlyArray<{ readonly location_id: number; readonly total_inventory_onhand: number }>
  }>
}

const world = CartWorld.of({
  offer: (products) =>
    Effect.forEach(products, ({ level, sku }) =>
      Effect.gen(function* () {
        const tracking = level === null ? "none" : "product"
        const id = idOf(
          yield* control("POST", "/products", { name: `Product ${sku}`, sku, tracking, onHand: level ?? 0 })
        )
        const { data } = (yield* peek(`/v3/catalog/products/${id}`)) as { data: { base_variant_id: number } }
        return keyOf(ProductId.make(String(id)), VariantId.make(String(data.base_variant_id)))
      })
    ),
  withdraw: (key) => control("DELETE", `/products/${idsOf(key).productId}`),
  place: (lines, status) => {
    const bought = lines.map(({ key, quantity }) => ({ variantId: idsOf(key).variantId, quantity }))
    const placed = control("POST", "/orders", { lines: bought, statusId: statusIdOf(status) })
    return Effect.map(placed, (order) => OrderId.make(String(idOf(order))))
  },
  touch: (id) => control("POST", `/orders/${id}/edit`, { staffNotes: "touched" }),
  cancel: (id) => control("POST", `/orders/${id}/cancel`),
  level: (key) =>
    Effect.map(peek(`/v3/inventory/items?product_id:in=${idsOf(key).productId}`), (items) => {
      const at = (items as Items).data[0]?.locations.find(({ location_id }) => location_id === 1)
      return at === undefined ? null : at.total_inventory_onhand
    }),
  shipments: (id) =>
    Effect.map(peek(`/v2/orders/${id}/shipments`), (rows) =>
      rows === undefined ? 0 : (rows as Array<unknown>).length
    ),
  wait: () => Effect.sleep(nextSecond),
  now: DateTime.now,
  trouble: (call, trouble, times) =>
    control("POST", "/faults", { match: { operation: operations[call] }, fault: faults[trouble], times }),
  refuse: (key) => control("PUT", `/products/${idsOf(key).productId}`, { tracking: "variant" }),
  keepBack: (key, units) => control("POST", "/stock", { variantId: idsOf(key).variantId, safetyStock: units }),
  notify: (orderId, sentAt) => Effect.sync(() => notified(clientSecret, orderId, sentAt))
})

/** The adapter over the proxy, and its world without yesterday's faults. */
export const layer = Layer.unwrap(
  Effect.gen(function* () {
    yield* control("DELETE", "/faults")
    yield* control("PUT", "/settings", { plan: "enterprise" })
    const cart = BigCommerceCart.layer({
      storeHash,
      accessToken: Redacted.make(accessToken),
      clientSecret: Redacted.make(clientSecret),
      apiUrl: proxyUrl,
      backoffMillis: { first: 20, max: 100 }
    })
    return Layer.merge(cart, Layer.succeed(CartWorld, world))
  })
)

/** The same over the real wire. */
export const layerOverHttp = Layer.provide(layer, FetchHttpClient.layer)
