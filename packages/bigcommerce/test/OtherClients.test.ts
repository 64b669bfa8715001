/**
 * Two clients that nobody here wrote list, read, ship and adjust against the sandbox, and see what the adapter sees: what
 * the adapter is tested against is a shop to others too.
 *
 * Both are made for BigCommerce's own host. One takes a transport of its own with any address; the other only an agent,
 * which here leads to the sandbox in place of the shop.
 */
import { Agent as HttpAgent } from "node:http"
import { Agent as HttpsAgent } from "node:https"
import { createRequire } from "node:module"
import { connect } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Sandbox } from "@stockport/bigcommerce-sandbox"
import { format } from "@stockport/core/domain/Quantity"
import { Cart } from "@stockport/core/ports/Cart"
import { orderOf, readable } from "./Read.ts"
import * as SandboxCart from "./SandboxCart.ts"

const require = createRequire(import.meta.url)

interface Row {
  readonly id: number
  readonly sku?: string
  readonly quantity?: number
  readonly status_id?: number
}

/** What another client can do, each in its own way. */
interface OtherClient {
  readonly orders: () => Promise<ReadonlyArray<Row>>
  readonly order: (id: number) => Promise<Row>
  readonly lines: (id: number) => Promise<ReadonlyArray<Row>>
  readonly products: () => Promise<ReadonlyArray<Row>>
  readonly ship: (id: number, body: object) => Promise<Row>
  readonly adjust: (body: object) => Promise<{ readonly transaction_id: string }>
}

/** An agent that speaks to the sandbox whatever host was asked for. */
class Detour extends HttpsAgent {
  readonly #port: number
  constructor(port: number) {
    super({ keepAlive: false })
    this.#port = port
  }
  override createConnection() {
    return connect(this.#port, "127.0.0.1")
  }
}

const nodeBigCommerce = (sandbox: Sandbox.Sandbox): OtherClient => {
  interface Client {
    readonly get: (path: string) => Promise<unknown>
    readonly post: (path: string, body: object) => Promise<unknown>
    readonly put: (path: string, body: object) => Promise<unknown>
  }
  const BigCommerce = require("node-bigcommerce") as new (config: object) => Client
  const agent = new Detour(Number(new URL(sandbox.url).port))
  const client = (apiVersion: string) =>
    new BigCommerce({
      clientId: sandbox.clientId,
      accessToken: sandbox.accessToken,
      storeHash: sandbox.storeHash,
      responseType: "json",
      apiVersion,
      agent
    })
  const [v2, v3] = [client("v2"), client("v3")]
  return {
    orders: async () => (await v2.get("/orders?status_id=11&limit=250")) as ReadonlyArray<Row>,
    order: async (id) => (await v2.get(`/orders/${id}`)) as Row,
    lines: async (id) => (await v2.get(`/orders/${id}/products?limit=250`)) as ReadonlyArray<Row>,
    products: async () => ((await v3.get("/catalog/products?limit=250")) as { readonly data: ReadonlyArray<Row> }).data,
    ship: async (id, body) => (await v2.post(`/orders/${id}/shipments`, body)) as Row,
    adjust: async (body) =>
      (await v3.put("/inventory/adjustments/absolute", body)) as { readonly transaction_id: string }
  }
}

const dataOf = (answer: unknown) =>
  (Array.isArray(answer) ? answer : (answer as { readonly data: ReadonlyArray<Row> }).data) as ReadonlyArray<Row>

const path = (id: number) => ({ path: { order_id: id } })

const space48 = (sandbox: Sandbox.Sandbox): OtherClient => {
  type Transport = (line: string, parameters?: object) => Promise<{ readonly status: number; readonly body: unknown }>
  interface Client {
    readonly get: (path: string, parameters?: object) => Promise<unknown>
    readonly post: (path: string, parameters?: object) => Promise<unknown>
    readonly put: (path: string, parameters?: object) => Promise<unknown>
  }
  const { Management } = require("@space48/bigcommerce-api") as {
    readonly Management: Readonly<Record<"V2" | "V3", { readonly Client: new (transport: Transport) => Client }>>
  }
  const { fetchTransport } = require("@space48/bigcommerce-api/lib/internal/operation") as {
    readonly fetchTransport: (options: object) => Transport
  }
  const transport = (version: string) =>
    fetchTransport({
      baseUrl: `${sandbox.apiUrl}/${version}`,
      headers: { "X-Auth-Token": sandbox.accessToken },
      agent: new HttpAgent({ keepAlive: false })
    })
  const v2 = new Management.V2.Client(transport("v2"))
  const v3 = new Management.V3.Client(transport("v3"))
  return {
    orders: async () => (await v2.get("/orders", { query: { status_id: 11, limit: 250 } })) as ReadonlyArray<Row>,
    order: async (id) => (await v2.get("/orders/{order_id}", path(id))) as Row,
    lines: async (id) => (await v2.get("/orders/{order_id}/products", path(id))) as ReadonlyArray<Row>,
    products: async () => dataOf(await v3.get("/catalog/products", { query: { limit: 250 } })),
    ship: async (id, body) => (await v2.post("/orders/{order_id}/shipments", { ...path(id), body })) as Row,
    adjust: async (body) => {
      // Its types are older than the inventory API; its transport is not.
      const { body: answer } = await transport("v3")("PUT /inventory/adjustments/absolute", { body })
      return answer as { readonly transaction_id: string }
    }
  }
}

const clients = [
  ["node-bigcommerce", nodeBigCommerce],
  ["@space48/bigcommerce-api", space48]
] as const

describe.each(clients)("%s", (_, connectTo) => {
  it.live("lists, reads, ships and adjusts, and agrees with the adapter", () =>
    Effect.gen(function* () {
      const sandbox = yield* SandboxCart.Shop
      const cart = yield* Cart
      const other = connectTo(sandbox)

      const theirs = yield* Effect.promise(other.orders)
      const ours = yield* readable(cart.orders({ _tag: "Backlog", statuses: ["awaitingFulfilment"] }))
      assert.deepStrictEqual(new Set(theirs.map(({ id }) => String(id))), new Set<string>(ours.map(({ id }) => id)))

      const products = yield* Effect.promise(other.products)
      const listed = new Set<string>((yield* readable(cart.listings)).map(({ productId }) => productId))
      assert.deepStrictEqual(new Set(products.map(({ id }) => String(id))), listed)

      const placed = sandbox.placeOrder({ lines: [{ variantId: 145, quantity: 3 }] })
      const lines = yield* Effect.promise(() => other.lines(placed.id))
      const read = yield* orderOf(String(placed.id))
      assert.deepStrictEqual(
        lines.map(({ id, quantity, sku }) => [String(id), sku, String(quantity)]),
        read.lines.map(({ id, quantity, sku }) => [id, sku, format(quantity)])
      )

      const parcel = yield* Effect.promise(() =>
        other.ship(placed.id, {
          order_address_id: placed.addresses[0]?.id,
          tracking_number: "EJ958083578US",
          shipping_provider: "usps",
          items: [{ order_product_id: lines[0]?.id, quantity: 3 }]
        })
      )
      assert.isAbove(parcel.id, 0)
      const shipped = yield* orderOf(String(placed.id))
      assert.strictEqual(shipped.status, "shipped")
      assert.strictEqual((yield* Effect.promise(() => other.order(placed.id))).status_id, 2)

      const items = [{ location_id: 1, product_id: 77, quantity: 41 }]
      const accepted = yield* Effect.promise(() => other.adjust({ reason: "count", items }))
      assert.match(accepted.transaction_id, /^[0-9a-f-]{36}$/)
      const [level] = (yield* readable(cart.stockLevels("all"))).filter(
        ({ cartLocationId, key }) => key === "77/145" && cartLocationId === "1"
      )
      assert.strictEqual(level?.onHand, 41)
    }).pipe(Effect.provide(SandboxCart.layer({ store: { products: 40, orders: 60 } })))
  )
})
