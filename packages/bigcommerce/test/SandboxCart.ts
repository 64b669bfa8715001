/**
 * The adapter in front of a sandbox store, over real HTTP on the loopback interface.
 */
import { Context, Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { Sandbox } from "@stockport/bigcommerce-sandbox"
import * as BigCommerceCart from "@stockport/bigcommerce/BigCommerceCart"

/** The shop's side of the connection. */
export class Shop extends Context.Service<Shop, Sandbox.Sandbox>()("@stockport/bigcommerce/test/SandboxCart/Shop") {}

/** A sandbox that is closed with its scope. */
export const layerShop = (options: Sandbox.SandboxOptions = {}) =>
  Layer.effect(
    Shop,
    Effect.acquireRelease(
      Effect.promise(() => Sandbox.start(options)),
      (sandbox) => Effect.promise(() => sandbox.close())
    )
  )

/** How to reach a sandbox. */
export const configOf = (sandbox: Sandbox.Sandbox): BigCommerceCart.CartConfig => ({
  storeHash: sandbox.storeHash,
  accessToken: Redacted.make(sandbox.accessToken),
  apiUrl: sandbox.url,
  clientSecret: Redacted.make(sandbox.clientSecret)
})

/** A shop and its cart, set up as `config` changes it. */
export const layer = (options: Sandbox.SandboxOptions = {}, config: Partial<BigCommerceCart.CartConfig> = {}) =>
  Layer.unwrap(Effect.map(Shop, (sandbox) => BigCommerceCart.layer({ ...configOf(sandbox), ...config }))).pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provideMerge(layerShop(options))
  )
