/**
 * One store's API as a function from an operation to a decoded answer.
 *
 * Every call waits for quota, has a time-out, is repeated within a bound where a repeat changes nothing, and ends in a
 * decoded value or a `CartError` that names the operation. The access token is in one header and nowhere else: not in an
 * error, a log line or a span.
 *
 * Invariants: an operation that is not `repeatable` is sent again only after a 429, which refuses before anything
 * happens; nothing is written, not even a second time, without the lease being confirmed right before; no body larger than
 * {@link bodyBytesMax} is held; a body that cannot be parsed is a failure, never a defect.
 */
import { Config, Context, Duration, Effect, Layer, Random, Redacted, Result, Schema, SchemaIssue, Stream } from "effect"
import {
  FetchHttpClient,
  Headers,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse
} from "effect/http"
import {
  CartError,
  type CartErrorReason,
  RateLimited,
  Rejected,
  TooLarge,
  Transient,
  Undecodable
} from "@stockport/core/ports/Cart"
import { confirm, LeaseLost } from "@stockport/core/ports/Lease"
import * as Failure from "./Failure.ts"
import * as Measure from "./Measure.ts"
import { nameOf, type Operation } from "./Operation.ts"
import * as RateLimit from "./RateLimit.ts"
import { redactor } from "./Redaction.ts"

/** Where BigCommerce answers. */
export const apiUrlDefault = "https://api.bigcommerce.com"

/** How long a single try may take; writes work longer than reads. */
export const timeoutMillis = { read: 30_000, write: 60_000 }

/** How often a call is sent at most. */
export const triesMax = 5

/** The delay before a read's second try, doubled for each further one and for writes; and the largest. Jittered by half. */
export const backoffMillis = { first: 500, max: 20_000 }

/** The largest body that is read. */
export const bodyBytesMax = 128 * 1024 * 1024

/**
 * How to reach one store.
 *
 * `storeHash` is the part of the API path after `/stores/`. `timeoutMillis` and `backoffMillis` replace the time-out of
 * a single try and the delays between tries.
 */
export interface StoreConfig {
  readonly storeHash: string
  readonly accessToken: Redacted.Redacted
  readonly apiUrl?: string
  readonly timeoutMillis?: { readonly read: number; readonly write: number }
  readonly backoffMillis?: { readonly first: number; readonly max: number }
}

/** What goes into a request beside the operation. Undefined parameters are left out. */
export interface Parameters {
  readonly path?: Readonly<Record<string, string | number>>
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  /** Urgent calls may use the quota that bulk work leaves alone. */
  readonly urgent?: boolean
  /** What is secret in the body, and shall stand in no error. */
  readonly secrets?: ReadonlyArray<Redacted.Redacted>
  /** Sent once only, also where a repeat would change nothing. */
  readonly once?: boolean
}

/** A store's API. One client serves one store; all that talk to the store share it, and with it the quota. */
export class BigCommerceClient extends Context.Service<
  BigCommerceClient,
  {
    readonly storeHash: string
    /** Sends an operation and decodes its answer; an empty answer decodes from `null`. */
    readonly call: <A, E>(
      operation: Operation,
      parameters: Parameters,
      answer: Schema.Codec<A, E>
    ) => Effect.Effect<A, CartError>
  }
>()("@stockport/bigcommerce/BigCommerceClient") {}

/** A client for a store, over whatever `HttpClient` the application provides. */
export const layer = (config: StoreConfig): Layer.Layer<BigCommerceClient, never, HttpClient.HttpClient> =>
  Layer.effect(BigCommerceClient, make(config))

/**
 * Reads `BIGCOMMERCE_STORE_HASH`, `BIGCOMMERCE_ACCESS_TOKEN` and `BIGCOMMERCE_API_URL` (default
 * `https://api.bigcommerce.com`).
 */
export const storeConfig: Config.Config<StoreConfig> = Config.all({
  storeHash: Config.String("BIGCOMMERCE_STORE_HASH"),
  accessToken: Config.Redacted("BIGCOMMERCE_ACCESS_TOKEN"),
  apiUrl: Config.String("BIGCOMMERCE_API_URL").pipe(Config.withDefault(apiUrlDefault))
})

/** A client for the store that {@link storeConfig} names. */
export const layerConfig: Layer.Layer<BigCommerceClient, Config.ConfigError, HttpClient.HttpClient> = Layer.unwrap(
  Effect.map(storeConfig, layer)
)

/** One try: what came back, whatever its status. */
interface Answer {
  readonly status: number
  readonly headers: RateLimit.AnswerHeaders
  readonly body: string
}

const make = (config: StoreConfig) =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const quota = yield* RateLimit.make
    const redactToken = redactor([Redacted.value(config.accessToken)])
    const send = sender(http, config, redactToken)
    const millisFor = timeFor(config.timeoutMillis ?? timeoutMillis)

    const call = <A, E>(operation: Operation, parameters: Parameters, answer: Schema.Codec<A, E>) => {
      const decode = decoder(answer)
      const redact = redactorOf(redactToken, parameters.secrets)
      const tries = Effect.fnUntraced(function* (measure: Measure.Measure) {
        for (let attempt = 1; ; attempt++) {
          const sent = yield* Effect.uninterruptibleMask((restore) =>
            Effect.flatMap(restore(quota.take(parameters.urgent ?? false)), (ticket) => {
              measure.waited(ticket.waitedMillis)
              const sending = Effect.flatMap(millisFor(operation), (millis) =>
                send(operation, parameters, quota, ticket, millis)
              )
              const answered = restore(Effect.result(sending))
              return Effect.ensuring(answered, quota.ended(ticket))
            })
          )
          if (Result.isSuccess(sent)) measure.tried(sent.success.status)
          else if (sent.failure._tag !== "LeaseLost") measure.tried(statusOf(sent.failure))
          const outcome = Result.flatMap(sent, (answer) => judge(operation, answer, decode, redact))
          if (Result.isSuccess(outcome)) return outcome.success
          const delay = delayBefore(operation, outcome.failure, attempt, config.backoffMillis ?? backoffMillis)
          if (delay === undefined || parameters.once === true) return yield* Effect.fail(outcome.failure)
          yield* Effect.logDebug(`${nameOf(operation)} failed: ${outcome.failure._tag}, try ${attempt} of ${triesMax}`)
          yield* Effect.sleep(Duration.millis(delay * (yield* Random.nextBetween(0.5, 1.5))))
        }
      })
      return Measure.measured(operation, tries).pipe(
        Effect.mapError((reason) => new CartError({ operation: nameOf(operation), reason }))
      )
    }
    return BigCommerceClient.of({ storeHash: config.storeHash, call })
  })

const redactorOf = (redactToken: (text: string) => string, secrets: Parameters["secrets"] = []) => {
  if (secrets.length === 0) return redactToken
  const redactOthers = redactor(secrets.map(Redacted.value))
  return (text: string) => redactOthers(redactToken(text))
}

/**
 * How long one try may take. A write is bounded by what is left of the lease under which it runs, confirmed here: after
 * every wait, and right before it is sent.
 */
const timeFor =
  (limits: { readonly read: number; readonly write: number }) =>
  (operation: Operation): Effect.Effect<number, LeaseLost> =>
    operation.method === "GET"
      ? Effect.succeed(limits.read)
      : Effect.flatMap(confirm, (left) => {
          if (left === null) return Effect.succeed(limits.write)
          const millis = Math.min(limits.write, Duration.toMillis(left))
          return millis > 0
            ? Effect.succeed(millis)
            : Effect.fail(new LeaseLost({ detail: "no time is left to write" }))
        })

/** How long to wait before the next try, or undefined when there shall be none. A rate limit's pause is the bucket's. */
const delayBefore = (
  operation: Operation,
  reason: CartErrorReason,
  attempt: number,
  backoff: { readonly first: number; readonly max: number }
): number | undefined => {
  if (attempt >= triesMax) return undefined
  if (reason._tag === "RateLimited") return 0
  if (!operation.repeatable || !isPassing(reason)) return undefined
  // A shop in trouble needs longer for a write than for a read.
  const first = operation.method === "GET" ? backoff.first : backoff.first * 2
  return Math.min(first * 2 ** (attempt - 1), backoff.max)
}

/** Whether a repeat may end better. A body that is no JSON at all was cut or replaced on its way. */
export const isPassing = (reason: CartErrorReason): boolean =>
  reason._tag === "Transient" || (reason._tag === "Undecodable" && reason.detail === noJson)

/** The path of a whole body, and what is said of one that cannot be parsed. */
const bodyPath = "body"
const noJson = "the body is not JSON"
const tooDeep = "the body cannot be taken apart"

/** The status that stands behind a failure to get an answer. */
const statusOf = (reason: CartErrorReason): number => (reason._tag === "RateLimited" ? 429 : 0)

/** A refused call's reason, or the decoded answer. What is read is never changed; what is said of a failure is redacted. */
const judge = <A>(
  operation: Operation,
  answer: Answer,
  decode: (body: string) => Result.Result<A, Undecodable>,
  redact: (text: string) => string
): Result.Result<A, CartErrorReason> => {
  // Cut far behind what is kept of it, or the start of a secret could be left.
  const said = () => redact(answer.body.slice(0, Failure.bodyMax))
  if (answer.status < 200 || answer.status >= 300) {
    return Result.fail(Failure.redacted(Failure.reasonOf(answer.status, said(), operation.scope), redact))
  }
  return Result.mapError(
    decode(answer.status === 204 ? "" : answer.body),
    ({ detail, path }) =>
      new Undecodable({
        path: Failure.excerpt(redact(path)),
        detail: Failure.excerpt(redact(detail)),
        excerpt: Failure.excerpt(said())
      })
  )
}

const sender = (http: HttpClient.HttpClient, config: StoreConfig, redact: (text: string) => string) => {
  const base = `${(config.apiUrl ?? apiUrlDefault).replace(/\/+$/, "")}/stores/${encodeURIComponent(config.storeHash)}`

  const requestOf = (operation: Operation, { body, path = {}, query = {} }: Parameters) => {
    const route = operation.route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ""))
    const request = HttpClientRequest.make(operation.method)(`${base}${route}`).pipe(
      HttpClientRequest.setHeaders({
        "x-auth-token": Redacted.value(config.accessToken),
        "user-agent": "stockport (+https://github.com/stockport/stockport)"
      }),
      HttpClientRequest.acceptJson,
      HttpClientRequest.setUrlParams(query)
    )
    return body === undefined ? request : HttpClientRequest.bodyJsonUnsafe(request, body)
  }

  return (
    operation: Operation,
    parameters: Parameters,
    quota: RateLimit.Quota,
    ticket: RateLimit.Ticket,
    millis: number
  ): Effect.Effect<Answer, CartErrorReason> =>
    Effect.gen(function* () {
      const response = yield* http.execute(requestOf(operation, parameters))
      const pause = yield* quota.answered(ticket, response.status, response.headers)
      if (response.status === 429) return yield* new RateLimited({ retryAfterMillis: Math.ceil(pause) })
      return { status: response.status, headers: response.headers, body: yield* readBody(response) }
    }).pipe(
      Effect.catchTag("HttpClientError", (error) => Effect.fail(unsent(error, redact))),
      Effect.timeoutOrElse({
        duration: Duration.millis(millis),
        orElse: () => Effect.fail(new Transient({ detail: "no answer in time" }))
      }),
      Effect.provideService(Headers.CurrentRedactedNames, redactedNames),
      // A redirect is an answer: to follow it would hand the token to wherever it leads, and make a GET of a POST.
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
      // The call's own span says all; a second one would show addresses with ids, and send our trace to the shop.
      Effect.provideService(HttpClient.TracerDisabledWhen, () => true)
    )
}

/** Why there was no answer: the network, or a request that cannot even be made. */
const unsent = ({ message, reason }: HttpClientError.HttpClientError, redact: (text: string) => string) => {
  const detail = `no answer: ${Failure.excerpt(redact(message))}`
  const isImpossible = reason._tag === "InvalidUrlError" || reason._tag === "EncodeError"
  return isImpossible ? new Rejected({ detail, fields: {} }) : new Transient({ detail })
}

/** Headers that no span may show. */
const redactedNames = ["authorization", "cookie", "set-cookie", "x-auth-token", "x-auth-client"]

const tooLarge = () => new TooLarge({ detail: `the answer is larger than ${bodyBytesMax} bytes` })

/** A body's text, read within {@link bodyBytesMax}; an absent body is `""`. */
const readBody = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<string, CartErrorReason> => {
  const stated = response.headers["content-length"] ?? ""
  if (/^\d{1,15}$/.test(stated) && Number(stated) > bodyBytesMax) return Effect.fail(tooLarge())
  const decoder = new TextDecoder()
  const parts: Array<string> = []
  let bytes = 0
  return response.stream.pipe(
    Stream.runForEach((chunk) => {
      bytes += chunk.byteLength
      if (bytes > bodyBytesMax) return Effect.fail(tooLarge())
      parts.push(decoder.decode(chunk, { stream: true }))
      return Effect.void
    }),
    Effect.map(() => parts.join("") + decoder.decode()),
    Effect.catchTag("HttpClientError", (error) =>
      error.reason._tag === "EmptyBodyError"
        ? Effect.succeed("")
        : Effect.fail(new Transient({ detail: "the answer broke off" }))
    )
  )
}

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** Decodes a body; a failure names where. */
const decoder = <A, E>(answer: Schema.Codec<A, E>) => {
  const decode = Schema.decodeUnknownResult(answer)
  return (body: string): Result.Result<A, Undecodable> => {
    const json = Result.try(() => (body === "" ? null : (JSON.parse(body) as unknown)))
    if (Result.isFailure(json)) {
      return Result.fail(new Undecodable({ path: bodyPath, detail: noJson, excerpt: "" }))
    }
    // Nesting beyond any stack is thrown out of the decoder.
    const decoded = Result.try(() => decode(json.success))
    if (Result.isFailure(decoded)) {
      return Result.fail(new Undecodable({ path: bodyPath, detail: tooDeep, excerpt: "" }))
    }
    return Result.mapError(decoded.success, ({ issue }) => {
      const first = formatIssues(issue).issues[0]
      const path = (first?.path ?? []).map((key) => String(typeof key === "object" ? key.key : key))
      return new Undecodable({
        path: [bodyPath, ...path].join("."),
        detail: first?.message ?? "unexpected value",
        excerpt: ""
      })
    })
  }
}
