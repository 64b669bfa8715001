/**
 * How a scripted shop signs what it sends: an HMAC over id, time and the raw body, good for a few minutes.
 */
import { Notification, NotificationRefused, type RawNotification } from "@stockport/core/ports/Cart"
import { Clock, Effect, Schema } from "effect"

/** How old, or how far ahead of our clock, a notification may be. */
export const windowMillis = 300_000

const encoder = new TextEncoder()
const NotificationJson = Schema.fromJsonString(Notification)

/** Writes a notification the way the shop would send it at an instant. */
export const sign = Effect.fnUntraced(function* (secret: string, notification: Notification, sentAtMillis: number) {
  const body = encoder.encode(Schema.encodeSync(NotificationJson)(notification))
  const signature = yield* hmac(secret, notification.id, sentAtMillis, body)
  const headers = {
    "x-scripted-id": notification.id,
    "x-scripted-time": String(sentAtMillis),
    "x-scripted-signature": signature
  }
  return { headers, body } satisfies RawNotification
})

/** Reads a notification that is authentic and fresh, and refuses any other. */
export const verify = Effect.fnUntraced(function* (secret: string, { headers, body }: RawNotification) {
  const id = headers["x-scripted-id"] ?? ""
  const sentAtMillis = Number(headers["x-scripted-time"] ?? "NaN")
  const now = yield* Clock.currentTimeMillis
  if (!(Math.abs(now - sentAtMillis) <= windowMillis)) return yield* refuse("it is too old, or says no time")
  const expected = yield* hmac(secret, id, sentAtMillis, body)
  if (headers["x-scripted-signature"] !== expected) return yield* refuse("its signature is wrong")
  return yield* Schema.decodeUnknownEffect(NotificationJson)(new TextDecoder().decode(body)).pipe(
    Effect.catch(() => refuse("its body is not a notification"))
  )
})

const refuse = (reason: string) => Effect.fail(new NotificationRefused({ reason }))

const hmac = (secret: string, id: string, sentAtMillis: number, body: Uint8Array) =>
  Effect.promise(async () => {
    const algorithm = { name: "HMAC", hash: "SHA-256" }
    const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"])
    const signed = new Uint8Array([...encoder.encode(`${id}.${sentAtMillis}.`), ...body])
    const signature = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed))
    return Array.from(signature, (byte) => byte.toString(16).padStart(2, "0")).join("")
  })
