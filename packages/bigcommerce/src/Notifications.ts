/**
 * Notifications: authenticated over the raw bytes, then read as hints.
 *
 * Two ways to know the sender, of which at least one has to be configured: BigCommerce's Standard Webhooks signature
 * (HMAC-SHA256 over `id.timestamp.body`, keyed with the client secret, within a time window), and a secret header of our
 * own that is registered with the hook and echoed on every call. When both are configured, both are asked for. The body's
 * `hash` is no signature; it only recognises duplicates.
 *
 * What a notification says has happened is never trusted, only what it is about: the scope and ids say what to read again.
 */
import { Clock, Effect, Redacted, Result, Schema } from "effect"
import { timingSafeEqual } from "effect/crypto/Mac"
import { OrderId } from "@stockport/core/domain/Order"
import { type Notification, NotificationRefused, type RawNotification } from "@stockport/core/ports/Cart"
import { cut } from "./Rows.ts"
import { IdOrNone, isRecord, recordOr, Text } from "./Wire.ts"

/** How far a signed notification's time may lie from ours, in seconds; either way. */
export const toleranceSeconds = 300

/** The largest notification that is read: they are pointers, well below a kilobyte. */
export const bodyBytesMax = 64 * 1024

/** How long a notification's hash, or its scope, may be: a hash has 40 characters, and the longest scope twice as many. */
export const namesLengthMax = 200

/** How many signatures of one notification are looked at. */
const signaturesMax = 16

/**
 * How to know that a notification comes from the shop. `clientSecret` is the API account's; `secretHeader` a header that
 * was registered with the hook, its name in any case. During a rotation `previous` holds what was valid before, and is
 * accepted as well.
 */
export interface Authenticity extends Secrets {
  readonly previous?: Secrets
}

/** What only the shop and we know. */
export interface Secrets {
  readonly clientSecret?: Redacted.Redacted
  readonly secretHeader?: { readonly name: string; readonly value: Redacted.Redacted }
}

/** How many notifications are remembered to recognise duplicates: a busy shop's for well over an hour. */
export const rememberedMax = 10_000

/** Tells the first delivery of a notification from those that repeat it. */
export interface Deliveries {
  /** Whether this one has not come before, as far as is remembered; from now on it has. */
  readonly isFirst: (notification: Pick<Notification, "id">) => Effect.Effect<boolean>
  /** Forgets one that could not be worked on, so that its next delivery counts as the first. */
  readonly forget: (notification: Pick<Notification, "id">) => Effect.Effect<void>
}

/**
 * Remembers the last `most` notifications by their hash, which a repeated delivery shares.
 *
 * To work on one twice costs a read and nothing else, so memory is enough: what was forgotten, or came to another process,
 * is merely read again.
 */
export const deliveries = (most: number = rememberedMax): Effect.Effect<Deliveries> =>
  Effect.sync(() => {
    const seen = new Set<string>()
    return {
      isFirst: ({ id }) =>
        Effect.sync(() => {
          if (seen.has(id)) return false
          seen.add(id)
          const [oldest] = seen
          if (seen.size > most && oldest !== undefined) seen.delete(oldest)
          return true
        }),
      forget: ({ id }) => Effect.sync(() => void seen.delete(id))
    }
  })

const refuse = (reason: string) => new NotificationRefused({ reason })

/** Authenticates and reads a notification. */
export const read = Effect.fnUntraced(function* (authenticity: Authenticity, raw: RawNotification) {
  const { clientSecret, previous = {}, secretHeader } = authenticity
  if (clientSecret === undefined && secretHeader === undefined) {
    return yield* refuse("neither a client secret nor a secret header is configured, so no sender can be known")
  }
  if (raw.body.byteLength > bodyBytesMax) return yield* refuse(`the body is larger than ${bodyBytesMax} bytes`)
  if (secretHeader !== undefined) {
    const check = checkHeader(raw, secretHeader)
    const before = previous.secretHeader
    yield* before === undefined ? check : Effect.catch(check, (refused) => orElse(checkHeader(raw, before), refused))
  }
  if (clientSecret !== undefined) {
    const check = checkSignature(raw, clientSecret)
    const before = previous.clientSecret
    yield* before === undefined ? check : Effect.catch(check, (refused) => orElse(checkSignature(raw, before), refused))
  }
  return yield* parse(raw)
})

/** The check with what was valid before; when that fails too, the first refusal stands. */
const orElse = (check: Effect.Effect<void, NotificationRefused>, refused: NotificationRefused) =>
  Effect.mapError(check, () => refused)

const utf8 = new TextEncoder()

const digest = (text: string) => Effect.promise(() => crypto.subtle.digest("SHA-256", utf8.encode(text)))

/** Compares digests, so that neither content nor length shows in the time it takes. */
const checkHeader = Effect.fnUntraced(function* (raw: RawNotification, header: NonNullable<Secrets["secretHeader"]>) {
  const [name, value] = [header.name.toLowerCase(), header.value]
  const [given, expected] = [yield* digest(raw.headers[name] ?? ""), yield* digest(Redacted.value(value))]
  const isEqual = timingSafeEqual(new Uint8Array(given), new Uint8Array(expected))
  return yield* isEqual && Redacted.value(value) !== ""
    ? Effect.void
    : Effect.fail(refuse(`the header ${name} does not hold the secret`))
})

const checkSignature = Effect.fnUntraced(function* (raw: RawNotification, secret: Redacted.Redacted) {
  const id = raw.headers["webhook-id"]
  const timestamp = raw.headers["webhook-timestamp"]
  const signatures = raw.headers["webhook-signature"]
  if (id === undefined || timestamp === undefined || signatures === undefined) {
    return yield* refuse("webhook-id, webhook-timestamp or webhook-signature is missing")
  }
  const seconds = /^\d{1,15}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  const now = (yield* Clock.currentTimeMillis) / 1_000
  if (!(Math.abs(now - seconds) <= toleranceSeconds)) {
    return yield* refuse(`webhook-timestamp ${cut(timestamp)} is more than ${toleranceSeconds} seconds away`)
  }
  const expected = yield* signatureOf(secret, id, timestamp, raw.body)
  const isAuthentic = signatures
    .split(" ")
    .slice(0, signaturesMax)
    .some((signature) => signature.startsWith("v1,") && timingSafeEqual(utf8.encode(signature.slice(3)), expected))
  return yield* isAuthentic ? Effect.void : Effect.fail(refuse("the signature is not this store's"))
})

/** The signature that the shop has to send, as the bytes of its base64 text. */
const signatureOf = (secret: Redacted.Redacted, id: string, timestamp: string, body: Uint8Array) =>
  Effect.tryPromise({
    try: async () => {
      const algorithm = { name: "HMAC", hash: "SHA-256" }
      const key = await crypto.subtle.importKey("raw", utf8.encode(Redacted.value(secret)), algorithm, false, ["sign"])
      const head = utf8.encode(`${id}.${timestamp}.`)
      const message = new Uint8Array(head.byteLength + body.byteLength)
      message.set(head)
      message.set(body, head.byteLength)
      const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, message))
      return utf8.encode(btoa(String.fromCharCode(...signature)))
    },
    // An empty secret cannot be a key.
    catch: () => refuse("the client secret cannot be used as a key")
  })

const decodeBody = Schema.decodeUnknownResult(
  Schema.Struct({
    scope: Schema.NonEmptyString,
    hash: Text,
    data: Schema.Unknown.pipe(Schema.withDecodingDefaultKey(Effect.succeed(null)))
  })
)

const nested = recordOr(Schema.Struct({ product_id: IdOrNone, variant_id: IdOrNone }))

/** Ids that the shapes of `data` hold, wherever they hold them. */
const decodeData = Schema.decodeUnknownResult(
  Schema.Struct({
    id: IdOrNone,
    orderId: IdOrNone,
    order_id: IdOrNone,
    product_id: IdOrNone,
    variant_id: IdOrNone,
    sku: nested,
    inventory: nested
  })
)

/** Reads a notification without asking who sent it. */
export const parse = (raw: RawNotification): Effect.Effect<Notification, NotificationRefused> =>
  Effect.gen(function* () {
    const json = Result.try((): unknown => JSON.parse(new TextDecoder().decode(raw.body)))
    if (Result.isFailure(json)) return yield* refuse("the body is not JSON")
    const body = Result.try(() => decodeBody(json.success))
    if (Result.isFailure(body)) return yield* refuse("the body cannot be taken apart")
    if (Result.isFailure(body.success))
      return yield* refuse(`the body is no notification: ${cut(body.success.failure.message)}`)
    const { data, hash, scope } = body.success.success
    const id = hash === "" ? raw.headers["webhook-id"] : hash
    if (id === undefined || id === "") return yield* refuse("the body has no hash")
    if (Math.max(id.length, scope.length) > namesLengthMax) return yield* refuse("its hash or its scope is too long")
    return { id, scope, about: aboutOf(scope, data) }
  })

/** Scopes of a channel say the same as the store's own. */
const channelPrefix = /^store\/channel\/[^/]+\//

const aboutOf = (scope: string, data: unknown): Notification["about"] => {
  const read = Result.try(() => decodeData(isRecord(data) ? data : {}))
  if (Result.isFailure(read) || Result.isFailure(read.success)) return { _tag: "Unknown" }
  const ids = read.success.success
  const subject = scope.replace(channelPrefix, "store/").split("/").slice(1)
  const [kind = "", detail = ""] = subject
  // The id of a metafield is none of what it belongs to.
  if (subject.includes("metafield")) return { _tag: "Unknown" }
  switch (kind) {
    case "order":
      return orderAbout(ids.order_id ?? ids.orderId ?? ids.id)
    case "shipment":
      return orderAbout(ids.orderId ?? ids.order_id)
    case "product":
      return detail === "inventory" ? stockAbout(ids.inventory?.product_id ?? ids.id, null) : productAbout(ids.id)
    case "sku":
      return detail === "inventory"
        ? stockAbout(ids.inventory?.product_id ?? null, ids.inventory?.variant_id ?? null)
        : productAbout(ids.sku?.product_id ?? null)
    case "inventory":
      if (subject.at(-1) === "settings_changed") return { _tag: "Settings" }
      return detail === "location" ? { _tag: "Shop" } : stockAbout(ids.product_id, ids.variant_id)
    case "information":
    case "app":
      return { _tag: "Shop" }
    default:
      return { _tag: "Unknown" }
  }
}

const orderAbout = (id: string | null): Notification["about"] =>
  id === null ? { _tag: "Unknown" } : { _tag: "Order", orderId: OrderId.make(id) }

const productAbout = (productId: string | null): Notification["about"] =>
  productId === null ? { _tag: "Unknown" } : { _tag: "Product", productId }

const stockAbout = (productId: string | null, variantId: string | null): Notification["about"] =>
  productId === null ? { _tag: "Unknown" } : { _tag: "Stock", productId, variantId }
