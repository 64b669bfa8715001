/**
 * The three ways in which BigCommerce writes an instant: RFC 2822 in V2, ISO 8601 in V3, Unix seconds in webhooks.
 */

/** V2: `Wed, 10 Jan 2018 21:05:30 +0000`. */
export const rfc2822 = (millis: number): string => new Date(millis).toUTCString().replace("GMT", "+0000")

/** V3: `2018-09-05T20:42:07+00:00`. */
export const iso = (millis: number): string => new Date(millis).toISOString().replace(/\.\d{3}Z$/, "+00:00")

/** The form with a Z that some V3 answers use: `2022-05-30T12:18:02Z`. */
export const isoUtc = (millis: number): string => new Date(millis).toISOString().replace(/\.\d{3}Z$/, "Z")

/** Webhooks: Unix seconds. */
export const unixSeconds = (millis: number): number => Math.floor(millis / 1000)

const isoForm = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/
const rfcForm = /^(\w{3}, )?\d{1,2} \w{3} \d{4} \d{2}:\d{2}(:\d{2})? ([+-]\d{4}|GMT|UT|UTC)$/

/**
 * The instant of a filter's text, or undefined. A text without a zone is UTC. A `+` that was not percent-encoded arrives
 * as a space and is refused, as the shop does.
 */
export const parse = (text: string): number | undefined => {
  if (/^\d{9,10}$/.test(text)) return Number(text) * 1000
  if (!isoForm.test(text) && !rfcForm.test(text)) return undefined
  const hasZone = /(Z|[+-]\d{2}:?\d{2}|GMT|UTC?)$/.test(text) && text.length > 10
  const millis = Date.parse(hasZone || text.length === 10 ? text : `${text}Z`)
  return Number.isNaN(millis) ? undefined : millis
}

/**
 * The instant of a catalogue filter: a date without a time means that date at the present time of day, which is what the
 * shop does and what surprises people.
 */
export const parseCatalogFilter = (text: string, nowMillis: number): number | undefined => {
  const millis = parse(text)
  return millis !== undefined && text.length === 10 ? millis + (nowMillis % 86_400_000) : millis
}
