/**
 * The adapter over a transport that answers what a test says: no socket, no shop.
 */
import { Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import * as BigCommerceCart from "@stockport/bigcommerce/BigCommerceCart"

export const accessToken = "token-that-nobody-may-see"

/** What the adapter sent. `path` starts after the store's hash. */
export interface Sent {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

/** What comes back: an answer, a broken connection, or nothing ever. */
export type Reply =
  | "cut"
  | "never"
  | {
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: unknown
      readonly text?: string | Uint8Array<ArrayBuffer> | null
    }

const bodyOf = (request: HttpClientRequest.HttpClientRequest): unknown =>
  request.body._tag === "Uint8Array" ? JSON.parse(new TextDecoder().decode(request.body.body)) : undefined

const textOf = (reply: Exclude<Reply, string>): string | Uint8Array<ArrayBuffer> | null => {
  if (reply.text !== undefined) return reply.text
  return reply.body === undefined ? null : JSON.stringify(reply.body)
}

/** What a test says to a request; `number` counts them from 1. It may take its time. */
export type Script = (sent: Sent, number: number) => Reply | Effect.Effect<Reply>

/** A transport that records what is sent in `sent`. */
export const layerTransport = (answer: Script, sent: Array<Sent> = []) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request, url) =>
      Effect.gen(function* () {
        const record: Sent = {
          method: request.method,
          path: url.pathname.replace(/^\/stores\/[^/]+/, ""),
          query: url.searchParams,
          headers: { ...request.headers },
          body: bodyOf(request)
        }
        sent.push(record)
        const said = answer(record, sent.length)
        const reply = Effect.isEffect(said) ? yield* said : said
        if (reply === "never") return yield* Effect.never
        if (reply === "cut") {
          const reason = new HttpClientError.TransportError({ request, description: `socket hang up ${accessToken}` })
          return yield* new HttpClientError.HttpClientError({ reason })
        }
        const { headers = {}, status = 200 } = reply
        const text = status === 204 ? null : textOf(reply)
        return HttpClientResponse.fromWeb(request, new Response(text, { status, headers: { ...headers } }))
      })
    )
  )

/** The cart of a store that answers as it is told. */
export const layer = (answer: Script, sent: Array<Sent> = [], config: Partial<BigCommerceCart.CartConfig> = {}) =>
  BigCommerceCart.layer({ storeHash: "abc", accessToken: Redacted.make(accessToken), ...config }).pipe(
    Layer.provide(layerTransport(answer, sent))
  )
