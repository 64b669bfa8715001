/**
 * What a route gets and what it answers, and the bodies that V2 and V3 wrap their answers and errors in.
 */
import type { Shop } from "./Shop.ts"

/** The generation of the API. */
export type Version = "v2" | "v3"

/** A request after routing: the path's parameters and the query are still text. */
export interface ApiRequest {
  readonly version: Version
  readonly method: string
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly body: unknown
  /** Where this store's API is reached, for the links in answers: `http://127.0.0.1:4020/stores/abc`. */
  readonly storeUrl: string
  /** The account whose token was used. */
  readonly clientId: string
  /** Which orders come back without their side-loaded lines, by a fault. */
  readonly truncatesSideLoad: ((orderId: number) => boolean) | undefined
}

/** An answer; no body means an empty one without a content type. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly contentType?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** One operation of the API. */
export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "DELETE"
  readonly version: Version
  /** For example `/orders/{order_id}/products`. */
  readonly path: string
  /** The OAuth scope it needs; reading is also allowed by its `_read_only` form. */
  readonly scope: string | undefined
  /** Whether errors are `application/problem+json`, as the Inventory API's are. */
  readonly isProblemJson?: boolean
  readonly handle: (shop: Shop, request: ApiRequest) => Answer
}

/** 200 with a body. */
export const ok = (body: unknown): Answer => ({ status: 200, body })

/** 204. */
export const noContent: Answer = { status: 204 }

/** V2: an empty list, or a page past the last one, is 204 without a body. */
export const v2List = (rows: ReadonlyArray<unknown>): Answer => (rows.length === 0 ? noContent : ok(rows))

/** V3: one resource in its envelope. */
export const data = (resource: unknown, status = 200): Answer => ({ status, body: { data: resource, meta: {} } })

/** A key whose text says that it can be null and whose schema does not: null, or left out. */
export const nullByText = (shop: Shop, field: string): Readonly<Record<string, null>> =>
  shop.settings.contradictions === "asTextSays" ? { [field]: null } : {}

/** The `type` of every V3 error. */
export const statusCodesPage = "https://developer.bigcommerce.com/api-docs/getting-started/api-status-codes"

/** V2's error body. */
export const v2Error = (status: number, message: string, details?: unknown): Answer => ({
  status,
  body: [{ status, message, ...(details !== undefined && { details }) }]
})

/** V3's error body. */
export const v3Error = (
  status: number,
  title: string,
  errors: Readonly<Record<string, unknown>> = {},
  contentType = "application/json"
): Answer => ({ status, contentType, body: { status, title, type: statusCodesPage, errors } })

/** The error of a version. */
export const error = (version: Version, status: number, text: string): Answer =>
  version === "v2" ? v2Error(status, text) : v3Error(status, text)
