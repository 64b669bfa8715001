/**
 * The `Cart` port over BigCommerce's REST API.
 *
 * ```ts
 * import { BigCommerceCart } from "@stockport/bigcommerce"
 * import { Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * const shop = BigCommerceCart.layerConfig.pipe(Layer.provide(FetchHttpClient.layer))
 * ```
 *
 * One layer serves one store and holds its quota: build one per store, not one per use.
 */
import { Config, Effect, Layer, Option, type Redacted, Semaphore } from "effect"
import type { HttpClient } from "effect/http"
import { Cart } from "@stockport/core/ports/Cart"
import * as Adjustments from "./Adjustments.ts"
import * as BigCommerceClient from "./BigCommerceClient.ts"
import { capabilities, describe } from "./Describe.ts"
import * as Listings from "./Listings.ts"
import * as Notifications from "./Notifications.ts"
import * as Orders from "./Orders.ts"
import * as Shipments from "./Shipments.ts"
import * as StockLevels from "./StockLevels.ts"

/**
 * What a store's cart needs: how to reach it, and how to know its notifications.
 *
 * Without `clientSecret` and `secretHeader` every notification is refused.
 */
export interface CartConfig extends BigCommerceClient.StoreConfig, Notifications.Authenticity {}

/** The cart of a store, and the client that it uses. */
export const layer = (
  config: CartConfig
): Layer.Layer<Cart | BigCommerceClient.BigCommerceClient, never, HttpClient.HttpClient> =>
  Layer.provideMerge(layerClient(config), BigCommerceClient.layer(config))

/** The cart of a store over a client that exists already. */
export const layerClient = (
  authenticity: Notifications.Authenticity
): Layer.Layer<Cart, never, BigCommerceClient.BigCommerceClient> => Layer.effect(Cart, make(authenticity))

/**
 * Reads `BIGCOMMERCE_STORE_HASH`, `BIGCOMMERCE_ACCESS_TOKEN`, `BIGCOMMERCE_API_URL` (default
 * `https://api.bigcommerce.com`), and for notifications `BIGCOMMERCE_CLIENT_SECRET`, or
 * `BIGCOMMERCE_WEBHOOK_HEADER` with `BIGCOMMERCE_WEBHOOK_SECRET`; of these none is needed. During a rotation
 * `BIGCOMMERCE_PREVIOUS_CLIENT_SECRET` and `BIGCOMMERCE_PREVIOUS_WEBHOOK_SECRET` are accepted beside them.
 */
export const cartConfig: Config.Config<CartConfig> = Config.all({
  store: BigCommerceClient.storeConfig,
  clientSecret: Config.option(Config.Redacted("BIGCOMMERCE_CLIENT_SECRET")),
  headerName: Config.String("BIGCOMMERCE_WEBHOOK_HEADER").pipe(Config.withDefault("x-stockport-secret")),
  headerValue: Config.option(Config.Redacted("BIGCOMMERCE_WEBHOOK_SECRET")),
  previousSecret: Config.option(Config.Redacted("BIGCOMMERCE_PREVIOUS_CLIENT_SECRET")),
  previousValue: Config.option(Config.Redacted("BIGCOMMERCE_PREVIOUS_WEBHOOK_SECRET"))
}).pipe(
  Config.map(({ clientSecret, headerName, headerValue, previousSecret, previousValue, store }) => ({
    ...store,
    ...secretsOf(clientSecret, headerName, headerValue),
    previous: secretsOf(previousSecret, headerName, previousValue)
  }))
)

const secretsOf = (
  clientSecret: Option.Option<Redacted.Redacted>,
  name: string,
  value: Option.Option<Redacted.Redacted>
): Notifications.Secrets => ({
  ...optional(clientSecret, (secret) => ({ clientSecret: secret })),
  ...optional(value, (known) => ({ secretHeader: { name, value: known } }))
})

const optional = <A extends object>(
  value: Option.Option<Redacted.Redacted>,
  field: (value: Redacted.Redacted) => A
): A | undefined => Option.getOrUndefined(Option.map(value, field))

/** The cart of the store that {@link cartConfig} names. */
export const layerConfig: Layer.Layer<
  Cart | BigCommerceClient.BigCommerceClient,
  Config.ConfigError,
  HttpClient.HttpClient
> = Layer.unwrap(Effect.map(cartConfig, layer))

const make = (authenticity: Notifications.Authenticity) =>
  Effect.gen(function* () {
    const client = yield* BigCommerceClient.BigCommerceClient
    // The shop asks for one inventory write at a time, and has no other way to keep two shipments from being one.
    const levelsTurn = yield* Semaphore.make(1)
    const shipmentsTurn = yield* Semaphore.make(1)
    return Cart.of({
      capabilities,
      describe: describe(client).pipe(Effect.withSpan("BigCommerceCart.describe")),
      listings: Listings.stream(client),
      orders: (query) => Orders.stream(client, query),
      order: Effect.fn("BigCommerceCart.order")((id) => Orders.one(client, id)),
      stockLevels: (listings) => StockLevels.stream(client, listings),
      setStockLevels: Effect.fn("BigCommerceCart.setStockLevels")((updates) =>
        Adjustments.set(client, levelsTurn, updates)
      ),
      recordShipment: Effect.fn("BigCommerceCart.recordShipment")((shipment) =>
        Shipments.record(client, shipmentsTurn, shipment)
      ),
      notification: Effect.fn("BigCommerceCart.notification")((raw) => Notifications.read(authenticity, raw))
    })
  })
