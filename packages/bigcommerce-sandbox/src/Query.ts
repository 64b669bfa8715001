/**
 * Reading query parameters and bodies the way each generation of the API does, and cutting pages.
 */
import * as Dates from "./Dates.ts"
import type { ApiRequest } from "./Http.ts"
import { isRecord } from "./Json.ts"
import { invalidField, Refusal } from "./Refusal.ts"

export { isRecord }

/** The largest page of V2 lists, V3 catalogue lists and inventory lists. */
export const v2PageMax = 250
export const catalogPageMax = 250
export const inventoryPageMax = 1000
const v2PageDefault = 50
const v3PageDefault = 50

export interface Page {
  readonly page: number
  readonly limit: number
}

const integerText = /^-?\d+$/

/** V2's page; a limit above the most is 413, as the list of status codes says. */
export const v2Page = (query: URLSearchParams): Page => {
  const page = v2Integer(query, "page") ?? 1
  const limit = v2Integer(query, "limit") ?? v2PageDefault
  if (page < 1) throw invalidField("page")
  if (limit < 1) throw invalidField("limit")
  if (limit > v2PageMax) throw new Refusal(413, `The maximum limit is ${v2PageMax}.`)
  return { page, limit }
}

/** V2's integer parameter; other text is 400. */
export const v2Integer = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name)
  if (text === null || text === "") return undefined
  if (!integerText.test(text)) throw invalidField(name)
  return Number(text)
}

export const v2Instant = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name)
  if (text === null || text === "") return undefined
  const millis = Dates.parse(text)
  if (millis === undefined) throw invalidField(name)
  return millis
}

/** V3's page; a limit above the most is 422. */
export const v3Page = (query: URLSearchParams, limitMax: number, limitDefault = v3PageDefault): Page => {
  const page = v3Integer(query, "page") ?? 1
  const limit = v3Integer(query, "limit") ?? limitDefault
  if (page < 1) throw new Refusal(422, 'Query parameter "page" value must be at least 1.')
  if (limit < 1 || limit > limitMax) {
    throw new Refusal(422, `Query parameter "limit" value must be between 1 and ${limitMax}.`)
  }
  return { page, limit }
}

/** V3's integer parameter; other text is 422 in the documented words. */
export const v3Integer = (query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name)
  if (text === null) return undefined
  if (!integerText.test(text)) {
    throw new Refusal(422, `Query parameter "${name}" value must be integer. For input string: "${text}".`)
  }
  return Number(text)
}

/** A comma list of integers (`id:in`). */
export const integers = (query: URLSearchParams, name: string): ReadonlyArray<number> | undefined => {
  const text = query.get(name)
  if (text === null) return undefined
  return text
    .split(",")
    .filter((part) => part !== "")
    .map((part) => {
      if (!integerText.test(part.trim())) {
        throw new Refusal(422, `Query parameter "${name}" value must be integer. For input string: "${part}".`)
      }
      return Number(part)
    })
}

/** A comma list of texts (`sku:in`); there is no way to write a comma inside one. */
export const texts = (query: URLSearchParams, name: string): ReadonlyArray<string> | undefined =>
  query
    .get(name)
    ?.split(",")
    .filter((part) => part !== "")

export const boolean = (query: URLSearchParams, name: string): boolean | undefined => {
  const text = query.get(name)
  return text === null ? undefined : text === "true" || text === "1"
}

export const slice = <A>(rows: ReadonlyArray<A>, { page, limit }: Page): ReadonlyArray<A> =>
  rows.slice((page - 1) * limit, page * limit)

/** V3's `meta.pagination`, whose links are bare query strings and absent at the ends. */
export const pagination = (query: URLSearchParams, total: number, count: number, { page, limit }: Page) => {
  const totalPages = Math.ceil(total / limit)
  const link = (to: number): string => {
    const linked = new URLSearchParams(query)
    linked.set("page", String(to))
    linked.set("limit", String(limit))
    return `?${linked.toString()}`
  }
  return {
    pagination: {
      total,
      count,
      per_page: limit,
      current_page: page,
      total_pages: totalPages,
      links: {
        ...(page > 1 && { previous: link(page - 1) }),
        current: link(page),
        ...(page < totalPages && { next: link(page + 1) })
      }
    }
  }
}

/** A page of a V3 list in its envelope. */
export const v3List = (request: ApiRequest, total: number, rows: ReadonlyArray<unknown>, page: Page) => ({
  status: 200,
  body: { data: rows, meta: pagination(request.query, total, rows.length, page) }
})

/** The body as an object; V2 answers 400 for anything else. */
export const v2Body = (request: ApiRequest): Readonly<Record<string, unknown>> => {
  if (!isRecord(request.body)) throw new Refusal(400, "The request body is not a valid JSON object.")
  return request.body
}

/** The body as an object; V3 answers 422 for anything else. */
export const v3Body = (request: ApiRequest): Readonly<Record<string, unknown>> => {
  if (!isRecord(request.body)) throw new Refusal(422, "JSON data is missing or invalid")
  return request.body
}

/** A path's id; text that is no number is not found. */
export const pathId = (request: ApiRequest, name: string): number => {
  const text = request.params[name] ?? ""
  if (!/^\d+$/.test(text)) throw new Refusal(404, "The requested resource was not found.")
  return Number(text)
}
