/**
 * What a refused or failed call means: BigCommerce's status and body, turned into the port's reasons.
 *
 * V2 answers an array of `{status, message}`, V3 an object of `{status, title, errors}`, a batch `{batch_errors}`, a
 * refund `{error}`, and a gateway HTML or nothing at all. None of this is documented as stable, so the words are taken
 * from wherever they stand, and the body's start is the last resort. Only a status decides what kind of failure it is.
 */
import {
  type CartErrorReason,
  Conflict,
  Forbidden,
  NotFound,
  Rejected,
  Suspended,
  TooLarge,
  Transient,
  Unauthorized
} from "@stockport/core/ports/Cart"
import { writable } from "@stockport/core/domain/Text"

/** How much of a body an error keeps, in characters. */
export const excerptMax = 2_048

/** How much of a body is looked at to find words in it, in characters. */
export const bodyMax = 256 * 1_024

/** How many named fields an error keeps. */
export const fieldsMax = 100

/** How much of a field's name an error keeps, in characters. */
export const fieldNameMax = 200

/** How much of a field's text an error keeps, in characters. */
export const fieldTextMax = 500

/** How the title of a store that is closed for good starts. */
const suspendedTitle = /the store is suspended/i

interface Words {
  readonly text: string
  readonly fields: Readonly<Record<string, string>>
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const textAt = (value: Readonly<Record<string, unknown>>, keys: ReadonlyArray<string>): ReadonlyArray<string> =>
  keys.flatMap((key) => {
    const text = value[key]
    return typeof text === "string" && text !== "" ? [text] : []
  })

const fieldsOf = (errors: unknown): Readonly<Record<string, string>> =>
  isRecord(errors)
    ? Object.fromEntries(
        Object.entries(errors)
          .slice(0, fieldsMax)
          .map(([field, text]) => [
            excerpt(field, fieldNameMax),
            excerpt(typeof text === "string" ? text : textOf(text), fieldTextMax)
          ])
      )
    : {}

/** A value's JSON; of one that is nested beyond any stack there is none. */
const textOf = (value: unknown): string => {
  try {
    return excerpt(JSON.stringify(value))
  } catch {
    return "…"
  }
}

/** What a single error object says. */
const wordsOf = (error: unknown): Words => {
  if (typeof error === "string") return { text: error, fields: {} }
  if (!isRecord(error)) return { text: "", fields: {} }
  const parts = textAt(error, ["title", "message", "detail", "error"])
  const fields = { ...fieldsOf(error["errors"]), ...fieldsOf(detailsOf(error["details"])) }
  return { text: [...new Set(parts)].join(": "), fields }
}

/** V2's details hold a list of errors; each becomes a field by its position. */
const detailsOf = (details: unknown): unknown => {
  if (!isRecord(details) || !Array.isArray(details["errors"])) return details
  return Object.fromEntries(details["errors"].map((error, at) => [`details.errors[${at}]`, error]))
}

const readWords = (body: string): Words => {
  const parsed = parseLeniently(body)
  const errors = isRecord(parsed) ? (parsed["batch_errors"] ?? parsed["data"] ?? parsed) : parsed
  const all = (Array.isArray(errors) ? errors.slice(0, fieldsMax) : [errors]).map(wordsOf)
  return {
    text: all.flatMap(({ text }) => (text === "" ? [] : [text])).join("; "),
    fields: Object.fromEntries(all.flatMap(({ fields }) => Object.entries(fields)).slice(0, fieldsMax))
  }
}

const parseLeniently = (body: string): unknown => {
  try {
    return JSON.parse(body) as unknown
  } catch {
    return undefined
  }
}

/** The start of a text that can be kept, at most {@link excerptMax} characters unless said otherwise. */
export const excerpt = (text: string, most: number = excerptMax): string =>
  writable(text.length > most ? `${text.slice(0, most)}…` : text)

/** The same reason with all of its texts redacted, whatever taking the body apart has put together. */
export const redacted = (reason: CartErrorReason, redact: (text: string) => string): CartErrorReason => {
  switch (reason._tag) {
    case "RateLimited":
    case "LeaseLost":
    case "Undecodable":
      return reason
    case "Rejected":
      return new Rejected({
        detail: redact(reason.detail),
        fields: Object.fromEntries(Object.entries(reason.fields).map(([field, text]) => [redact(field), redact(text)]))
      })
    default:
      return new classes[reason._tag]({ detail: redact(reason.detail) })
  }
}

const classes = { Unauthorized, Forbidden, NotFound, Conflict, TooLarge, Suspended, Transient }

/** A gateway's page without its mark-up. */
const withoutTags = (body: string): string =>
  excerpt(body)
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim()

/**
 * Why a call with this status failed. `scope` is the permission that the operation needs, if it needs one.
 *
 * A 429 is not among them: the client reads its headers and waits.
 */
export const reasonOf = (status: number, body: string, scope: string | null): CartErrorReason => {
  const { fields, text } = readWords(body)
  const said = text === "" ? withoutTags(body) : text
  // Pages and titles often begin with their status.
  const detail = excerpt((said.split(" ", 1)[0] === String(status) ? said : `${status} ${said}`).trim())
  if (status === 401) return new Unauthorized({ detail })
  if (status === 403) {
    return new Forbidden({ detail: scope === null ? detail : `${detail} (the token needs the scope ${scope})` })
  }
  if (status === 507) return new Forbidden({ detail: `${detail} (the plan's limit is reached)` })
  if (status === 404) return new NotFound({ detail })
  if (status === 409 || status === 423) return new Conflict({ detail })
  if (status === 413) return new TooLarge({ detail })
  if (status === 503 && suspendedTitle.test(text === "" ? body : text)) return new Suspended({ detail })
  return isTransient(status) ? new Transient({ detail }) : new Rejected({ detail, fields })
}

/** Statuses after which the same call may succeed: a 500 is often a rate limit in disguise; 501 and 505 stay as they are. */
const isTransient = (status: number): boolean =>
  status === 408 || status === 499 || (status >= 500 && status !== 501 && status !== 505)

/** Whether a refusal is about what was sent, so that a part of it may be accepted; anything else hits every call alike. */
export const isAboutContent = (reason: CartErrorReason): boolean =>
  "detail" in reason && /^(400|409|413|422)\b/.test(reason.detail)

/**
 * Whether a failure may concern only the one thing that was asked for. What is left hits every call alike: credentials, the
 * store, the quota, the network.
 */
export const isAboutOne = (reason: CartErrorReason): boolean => {
  switch (reason._tag) {
    case "NotFound":
    case "Conflict":
    case "Rejected":
    case "TooLarge":
    case "Undecodable":
      return true
    default:
      return isOver(reason)
  }
}

/** Whether the shop failed with a plain 500: it does so when it stumbles over one thing, and also when it is in trouble. */
export const isOver = (reason: CartErrorReason): boolean => reason._tag === "Transient" && /^500\b/.test(reason.detail)
