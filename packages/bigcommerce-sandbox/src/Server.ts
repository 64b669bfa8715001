/**
 * The HTTP face of a shop: who may ask, how often, what goes wrong on purpose, and how refusals look in each version of
 * the API.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Clock } from "./Clock.ts"
import type { Fault, Faults } from "./Faults.ts"
import { type Answer, type ApiRequest, error, statusCodesPage, v2Error, type Version, v3Error } from "./Http.ts"
import type { RateLimit } from "./RateLimit.ts"
import { Refusal } from "./Refusal.ts"
import type { RequestLog } from "./RequestLog.ts"
import * as Router from "./Router.ts"
import type { Shop } from "./Shop.ts"

/** The largest body that is read. */
export const bodyBytesMax = 16 * 1024 * 1024

/** How much of past answers is kept for stale reads. */
const rememberedAnswersMax = 200
const rememberedBytesMax = 256 * 1024

/** An API account: whose token it is and what it may do (undefined is everything). */
export interface Account {
  readonly clientId: string
  readonly scopes: ReadonlySet<string> | undefined
}

export interface ServerContext {
  readonly shop: Shop
  readonly clock: Clock
  readonly faults: Faults
  readonly rateLimit: RateLimit
  readonly log: RequestLog
  readonly accountOf: (token: string) => Account | undefined
  /** Answers paths outside `/stores/…`; undefined is not found. */
  readonly control: (method: string, path: string, body: unknown) => Promise<Answer | undefined>
}

interface Written {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  /** Says that more follows, which never does. */
  readonly isLeftOpen?: boolean
}

const storePath = /^\/stores\/([^/]+)\/(v2|v3)(\/[^?]*)(\?.*)?$/

/** Starts listening on the loopback interface and answers the origin. */
export const listen = async (
  context: ServerContext,
  port: number
): Promise<{ readonly origin: string; readonly close: () => Promise<void> }> => {
  const remembered = new Map<string, Written>()
  let origin = ""
  const server = createServer((request, response) => {
    serve(context, origin, remembered, request, response).catch((cause: unknown) => {
      send(response, write(v3Error(500, `The sandbox failed: ${String(cause)}`), {}))
    })
  })
  server.keepAliveTimeout = 30_000
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, "127.0.0.1", resolve)
  })
  const address = server.address() as AddressInfo
  origin = `http://127.0.0.1:${address.port}`
  return { origin, close: () => closeServer(server) }
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

const serve = async (
  context: ServerContext,
  origin: string,
  remembered: Map<string, Written>,
  request: IncomingMessage,
  response: ServerResponse
): Promise<void> => {
  const startedMillis = performance.now()
  const url = request.url ?? "/"
  const method = request.method ?? "GET"
  const body = await readBody(request)
  const match = storePath.exec(url)
  if (match === null) {
    const path = url.split("?")[0] ?? url
    const isJson = body === "" || /json/.test(request.headers["content-type"] ?? "")
    const parsed = body === tooLarge || !isJson ? undefined : parseJson(body)
    const answer = isJson ? await context.control(method, path, parsed) : v3Error(415, "The body must be JSON.")
    return send(response, write(answer ?? v3Error(404, "Not found"), {}))
  }
  const [, hash = "", versionText, path = "/", search = ""] = match
  const version: Version = versionText === "v2" ? "v2" : "v3"
  const route = Router.find(method, version, path)
  const fault = context.faults.next(method, route?.operation, `/${version}${path}${search}`)
  const written = await played(context, remembered, response, `${method} ${url}`, fault, () =>
    respond(context, { origin, hash, version, method, path, search, request, body, fault, route })
  )
  context.log.record({
    atMillis: context.clock.now(),
    method,
    url: `/${version}${path}${search}`,
    operation: route?.operation,
    status: written?.status ?? 0,
    tookMillis: performance.now() - startedMillis,
    fault: fault?.kind
  })
  if (written !== undefined) send(response, written)
}

/** Answers a request with what a fault makes of it; undefined when the connection was cut. */
const played = async (
  context: ServerContext,
  remembered: Map<string, Written>,
  response: ServerResponse,
  key: string,
  fault: Fault | undefined,
  answer: () => Written
): Promise<Written | undefined> => {
  const remember = (written: Written): Written => {
    if (!key.startsWith("GET ") || written.status !== 200 || written.text.length > rememberedBytesMax) return written
    remembered.delete(key)
    remembered.set(key, written)
    const [oldest] = remembered.keys()
    if (remembered.size > rememberedAnswersMax && oldest !== undefined) remembered.delete(oldest)
    return written
  }
  switch (fault?.kind) {
    case undefined:
    case "truncatedSideLoad":
      return remember(answer())
    case "latency": {
      const written = answer()
      await new Promise<void>((resolve) => context.clock.at(context.clock.now() + fault.millis, resolve))
      return remember(written)
    }
    case "timeoutBefore":
    case "timeoutAfter": {
      if (fault.kind === "timeoutAfter") answer()
      if (fault.silent !== true) response.destroy()
      return undefined
    }
    case "tooManyRequests":
      return tooManyRequests(context, fault)
    case "serverError": {
      if (fault.after === true) answer()
      return serverError(fault.status ?? 500, fault.body ?? "html")
    }
    case "htmlBody":
      return { status: 200, headers: { "content-type": "text/html; charset=UTF-8" }, text: htmlPage(200, "OK") }
    case "cutBody": {
      const whole = answer()
      // Where there is nothing to cut, as in a 204, a list begins and does not end.
      const text = whole.text.slice(0, Math.floor(whole.text.length / 2)) || "["
      const status = whole.status === 204 ? 200 : whole.status
      return { ...whole, status, text, ...(fault.silent === true && { isLeftOpen: true }) }
    }
    case "staleRead":
  }
  return remembered.get(key) ?? remember(answer())
}

const htmlPage = (status: number, title: string): string =>
  `<html><head><title>${status} ${title}</title></head><body></body></html>`

const serverError = (status: number, body: "html" | "empty" | "json"): Written => {
  const title = status === 503 ? "Service Unavailable" : status === 502 ? "Bad Gateway" : "Internal Server Error"
  if (body === "empty") return { status, headers: {}, text: "" }
  if (body === "json") {
    const text = JSON.stringify({ status, title, type: statusCodesPage })
    return { status, headers: { "content-type": "application/json" }, text }
  }
  return { status, headers: { "content-type": "text/html; charset=UTF-8" }, text: htmlPage(status, title) }
}

const tooManyRequests = (
  context: ServerContext,
  asked: Partial<Extract<Fault, { kind: "tooManyRequests" }>>
): Written => {
  const { "X-Rate-Limit-Time-Reset-Ms": reset = "0", ...quota } = context.rateLimit.headers()
  const seconds = asked.retryAfterSeconds ?? Math.ceil(context.rateLimit.resetMillis / 1000)
  const headers = {
    ...quota,
    "X-Rate-Limit-Requests-Left": "0",
    ...(asked.omits !== "reset" && { "X-Rate-Limit-Time-Reset-Ms": reset }),
    ...(asked.omits !== "retryAfter" && { "X-Retry-After": String(seconds) })
  }
  const title = "You have made too many requests. Please wait and try again."
  return write(v3Error(429, title), asked.headers === false ? {} : headers)
}

interface Incoming {
  readonly origin: string
  readonly hash: string
  readonly version: Version
  readonly method: string
  readonly path: string
  readonly search: string
  readonly request: IncomingMessage
  readonly body: string | typeof tooLarge
  readonly fault: Fault | undefined
  readonly route: Router.Match | undefined
}

/** The shop's own answer, with its rate-limit headers. */
const respond = (context: ServerContext, incoming: Incoming): Written => {
  const { version, request } = incoming
  const token = request.headers["x-auth-token"]
  const account = typeof token === "string" ? context.accountOf(token) : undefined
  if (incoming.hash !== context.shop.storeHash || account === undefined) {
    return write(unauthorized(version), context.rateLimit.headers())
  }
  if (context.shop.settings.isSuspended) {
    const body = { status: 503, title: "The store is suspended", type: "about:blank" }
    return write({ status: 503, body }, context.rateLimit.headers())
  }
  if (!context.rateLimit.admit()) return tooManyRequests(context, {})
  return write(authorized(context, incoming, account), context.rateLimit.headers())
}

const unauthorized = (version: Version): Answer => {
  if (version === "v2") return v2Error(401, "Invalid credentials")
  const title =
    "Unauthorized - the v3 Auth client ID or token in the request are not a valid combination for this store."
  return { status: 401, body: { status: 401, title, type: statusCodesPage } }
}

const authorized = (context: ServerContext, incoming: Incoming, account: Account): Answer => {
  const { version, method, path, route, body, request, fault } = incoming
  if (route === undefined) {
    if (Router.knows(version, path)) return error(version, 405, "Method Not Allowed")
    return version === "v2" ? v2Error(404, "The requested resource was not found.") : v3Error(404, "Not found")
  }
  if (!mayUse(account, route.route.scope, method))
    return error(version, 403, "You don't have a required scope to access the endpoint")
  if (body === tooLarge) return error(version, 413, "The request payload is too large.")
  const hasBody = body !== ""
  if (hasBody && !/json/.test(request.headers["content-type"] ?? "")) {
    return error(version, version === "v2" ? 400 : 415, "The Content-Type must be application/json.")
  }
  const parsed = parseJson(body)
  if (parsed === undefined && hasBody) return error(version, 400, "The request body is not valid JSON.")
  const asked: ApiRequest = {
    version,
    method,
    params: route.params,
    query: new URLSearchParams(incoming.search),
    body: parsed,
    storeUrl: `${incoming.origin}/stores/${incoming.hash}`,
    clientId: account.clientId,
    truncatesSideLoad:
      fault?.kind === "truncatedSideLoad" ? (orderId) => fault.orderIds?.includes(orderId) ?? true : undefined
  }
  try {
    const answer = route.route.handle(context.shop, asked)
    return answer.body === undefined
      ? answer
      : { ...answer, body: context.shop.spoiltRows.apply(route.operation, answer.body) }
  } catch (cause) {
    if (cause instanceof Refusal) return refused(version, cause, route.route.isProblemJson === true)
    // A mistake of the sandbox's own must be seen where the test looks: in the answer.
    const text = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
    return error(version, 500, `The sandbox failed: ${text}`)
  }
}

/** A read needs the scope or its read-only form, a write the scope itself. */
const mayUse = (account: Account, scope: string | undefined, method: string): boolean => {
  if (scope === undefined || account.scopes === undefined || account.scopes.has(scope)) return true
  return method === "GET" && account.scopes.has(`${scope}_read_only`)
}

const refused = (version: Version, refusal: Refusal, isProblem: boolean): Answer => {
  if (version === "v2") return v2Error(refusal.status, refusal.message, refusal.details)
  const title = refusal.status === 404 && refusal.message.startsWith("The requested") ? "Not found" : refusal.message
  const isHook = refusal.status === 400 && title === "Input is invalid."
  if (isHook) return { status: 400, body: { status: 400, title, type: statusCodesPage } }
  return v3Error(refusal.status, title, refusal.details, isProblem ? "application/problem+json" : "application/json")
}

const write = (answer: Answer, headers: Readonly<Record<string, string>>): Written => {
  if (answer.body === undefined) return { status: answer.status, headers: { ...headers, ...answer.headers }, text: "" }
  const contentType = answer.contentType ?? "application/json"
  return {
    status: answer.status,
    headers: { "content-type": contentType, ...headers, ...answer.headers },
    text: JSON.stringify(answer.body)
  }
}

const send = (response: ServerResponse, written: Written): void => {
  if (response.destroyed || response.headersSent) return
  const length = Buffer.byteLength(written.text) + (written.isLeftOpen === true ? 1 : 0)
  const hasBody = written.status !== 204
  response.writeHead(written.status, { ...written.headers, ...(hasBody && { "content-length": String(length) }) })
  if (written.isLeftOpen === true) response.write(written.text)
  else response.end(hasBody ? written.text : undefined)
}

const tooLarge: unique symbol = Symbol("too large")

const readBody = async (request: IncomingMessage): Promise<string | typeof tooLarge> => {
  const chunks: Array<Buffer> = []
  let bytes = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes <= bodyBytesMax) chunks.push(chunk)
    }
  } catch {
    // The client went away while sending; nobody reads the answer.
    return ""
  }
  return bytes > bodyBytesMax ? tooLarge : Buffer.concat(chunks).toString("utf8")
}

/** The value of a JSON text, or undefined. */
const parseJson = (text: string): unknown => {
  if (text === "") return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
