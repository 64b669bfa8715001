import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import * as BigCommerceCart from "@stockport/bigcommerce/BigCommerceCart"
import { Cart } from "@stockport/core/ports/Cart"
import * as SandboxCart from "./SandboxCart.ts"
import { layer, layerTransport, type Reply, type Sent } from "./Transport.ts"

const described = Effect.flatMap(Cart, (cart) => cart.describe)
const small = { store: { products: 10, orders: 0, locations: 3 } } as const

describe("connecting to a store", () => {
  it.live("says what the store is, where it holds stock, and when it moves stock by itself", () =>
    Effect.gen(function* () {
      const shop = yield* SandboxCart.Shop
      const description = yield* described
      assert.strictEqual(description.id, shop.storeHash)
      assert.strictEqual(description.plan, "Pro")
      assert.strictEqual(description.currencies[0], description.currency)
      assert.deepStrictEqual(
        description.locations.map(({ id, isDefault }) => [id, isDefault]),
        [
          ["1", true],
          ["2", false],
          ["3", false]
        ]
      )
      assert.strictEqual(description.stockMoves, "atShipment")
      assert.isNotEmpty(description.weightUnit)
      assert.isNotEmpty(description.timeZone)
      // Four reads and three probes, then the channels, and the settings of each.
      assert.strictEqual(shop.log.count(), 7 + 1 + 2)
      assert.notProperty(description, "channelRules")
    }).pipe(
      Effect.provide(SandboxCart.layer({ ...small, plan: "pro", updateStockBehavior: "order_completed_or_shipped" }))
    )
  )

  it.live("says which channels move stock by rules of their own, and nothing of those that do not", () =>
    Effect.gen(function* () {
      const { channelRules } = yield* described
      assert.deepStrictEqual(channelRules, [
        { cartChannelId: "2", stockMoves: "atShipment", stockFollowsEdits: true, stockFollowsRefunds: false }
      ])
    }).pipe(
      Effect.provide(
        SandboxCart.layer({
          ...small,
          settings: {
            channels: {
              1: { updateStockBehavior: "order_placed" },
              2: { updateStockBehavior: "order_completed_or_shipped", refundOrderStockAdjustment: false }
            }
          }
        })
      )
    )
  )

  it.effect("leaves out a location, a currency and a channel that cannot be read", () =>
    Effect.gen(function* () {
      const settings = { update_stock_behavior: "order_placed" }
      const answers: Readonly<Record<string, Reply>> = {
        "/v2/store": { body: { id: "abc", currency: "USD" } },
        "/v2/currencies": { body: [null, { currency_code: "DOUBLOON" }, { currency_code: "eur" }] },
        "/v3/settings/inventory": { body: { data: settings } },
        "/v3/channels": { body: { data: [7, { id: "x" }, { id: 3, status: "active" }, { id: 4, status: "deleted" }] } },
        "/v3/inventory/locations": {
          body: {
            data: [{ id: "?" }, { id: 2, label: "Annex", enabled: true }, { id: 1, label: "Main", enabled: false }]
          }
        }
      }
      const sent: Array<Sent> = []
      const description = yield* Effect.provide(
        described,
        layer(({ path }) => answers[path] ?? { status: 404 }, sent)
      )
      assert.deepStrictEqual(description.currencies.map(String), ["USD", "EUR"])
      assert.deepStrictEqual(
        description.locations.map(({ enabled, id, isDefault }) => [String(id), enabled, isDefault]),
        [
          ["2", true, false],
          ["1", false, true]
        ]
      )
      assert.deepStrictEqual(
        sent.filter(({ path }) => path === "/v3/settings/inventory").map(({ query }) => query.get("channel_id")),
        [null, "3"]
      )
    })
  )

  it.effect("goes on with a currency that nobody knew, and with whatever else a store says of itself", () =>
    Effect.gen(function* () {
      for (const store of [{}, { currency: "DOUBLOON" }, { currency: 7, name: [1], plan_name: {}, id: true }]) {
        const answers: Readonly<Record<string, Reply>> = {
          "/v2/store": { body: store },
          "/v2/currencies": { body: [{ currency_code: "EUR" }] },
          "/v3/settings/inventory": {
            body: { data: { update_stock_behavior: ["?"], edit_order_stock_adjustment: "?" } }
          },
          "/v3/inventory/locations": { body: { data: [] } }
        }
        const description = yield* Effect.provide(
          described,
          layer(({ path }) => answers[path] ?? { status: 404 })
        )
        assert.deepStrictEqual(description.currencies.map(String), ["XXX", "EUR"])
        assert.strictEqual(description.stockMoves, "atPlacement")
      }
    })
  )

  it.live("with a wrong token says so", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(described)
      assert.strictEqual(error.reason._tag, "Unauthorized")
    }).pipe(Effect.provide(SandboxCart.layer(small, { accessToken: Redacted.make("wrong") })))
  )

  const scopes = [
    "store_v2_information_read_only",
    "store_locations_read_only",
    "store_v2_products_read_only",
    "store_v2_orders_read_only",
    "store_inventory_read_only"
  ]
  it.live.each(scopes)("without the scope %s names it", (missing) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(described)
      assert.strictEqual(error.reason._tag, "Forbidden")
      assert.include(error.message, missing)
    }).pipe(Effect.provide(SandboxCart.layer({ ...small, scopes: scopes.filter((scope) => scope !== missing) })))
  )

  it.effect("that is suspended says so, and does not knock again", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const title = "The store is suspended due to non-payment"
      const error = yield* Effect.flip(
        Effect.provide(
          described,
          layer(() => ({ status: 503, body: { title } }), sent)
        )
      )
      assert.strictEqual(error.reason._tag, "Suspended")
      assert.isFalse(error.retryable)
      assert.isAtMost(sent.length, 7)
    })
  )

  it.effect("survives the ways in which settings are left empty", () =>
    Effect.gen(function* () {
      const answers: Readonly<Record<string, Reply>> = {
        "/v2/store": { body: { id: "abc", currency: "usd", logo: [], timezone: null, name: null } },
        "/v2/currencies": { status: 204 },
        "/v3/settings/inventory": { body: { data: { update_stock_behavior: null }, meta: null } },
        "/v3/inventory/locations": { body: { data: [], meta: {} } }
      }
      const description = yield* Effect.provide(
        described,
        layer(({ path }) => answers[path] ?? { status: 404 })
      )
      assert.strictEqual(description.currency, "USD")
      assert.strictEqual(description.timeZone, "UTC")
      assert.strictEqual(description.stockMoves, "atPlacement")
      assert.isFalse(description.stockFollowsEdits)
    })
  )
})

const describedFrom = (environment: Readonly<Record<string, string>>, sent: Array<Sent> = []) =>
  Effect.provide(
    described,
    BigCommerceCart.layerConfig.pipe(
      Layer.provide(layerTransport(() => ({ status: 401, text: "" }), sent)),
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnvRecord({ ...environment })))
    )
  )

describe("settings from the environment", () => {
  it.effect("say where the store is", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const environment = { BIGCOMMERCE_STORE_HASH: "abc", BIGCOMMERCE_ACCESS_TOKEN: "t-1" }
      yield* Effect.flip(describedFrom(environment, sent))
      assert.strictEqual(sent[0]?.headers["x-auth-token"], "t-1")
    })
  )

  it.effect.each(["BIGCOMMERCE_STORE_HASH", "BIGCOMMERCE_ACCESS_TOKEN"])(
    "that lack %s are refused by its name",
    (name) =>
      Effect.gen(function* () {
        const environment = { BIGCOMMERCE_STORE_HASH: "abc", BIGCOMMERCE_ACCESS_TOKEN: "t-1" }
        const rest = Object.fromEntries(Object.entries(environment).filter(([key]) => key !== name))
        const error = yield* Effect.flip(describedFrom(rest))
        assert.include(error.message, name)
      })
  )
})
