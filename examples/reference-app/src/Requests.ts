/**
 * Counts the requests that went to the shop.
 */
import { Effect, Layer, Ref } from "effect"
import { FetchHttpClient, HttpClient } from "effect/http"

/** How many requests have been sent so far. */
export interface RequestCount {
  readonly read: Effect.Effect<number>
  readonly layer: Layer.Layer<HttpClient.HttpClient>
}

/** An HTTP client that counts. */
export const counted: Effect.Effect<RequestCount> = Effect.map(Ref.make(0), (sent) => ({
  read: Ref.get(sent),
  layer: Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (client) =>
      HttpClient.tapRequest(client, () => Ref.update(sent, (count) => count + 1))
    )
  ).pipe(Layer.provide(FetchHttpClient.layer))
}))
