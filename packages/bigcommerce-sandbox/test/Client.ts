/** A client as plain as can be: what it sends and gets is what is on the wire. */
import type { Sandbox } from "../src/index.ts"

/** Whatever an answer holds: tests say what they expect of it by asserting. */
// oxlint-disable-next-line typescript/no-explicit-any -- the wire has no type, and a decoder here would hide what is on it
export type Json = any

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; undefined when it is empty or no JSON. */
  readonly body: Json
}

export interface Client {
  readonly get: (path: string) => Promise<Reply>
  readonly post: (path: string, body?: unknown) => Promise<Reply>
  readonly put: (path: string, body?: unknown) => Promise<Reply>
  readonly delete: (path: string) => Promise<Reply>
}

const parsed = (text: string): unknown => {
  try {
    return text === "" ? undefined : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}

/** Calls below a base URL with headers of its own. */
export const at = (base: string, headers: Readonly<Record<string, string>>): Client => {
  const call = async (method: string, path: string, body?: unknown): Promise<Reply> => {
    const response = await fetch(base + path, {
      method,
      headers: {
        accept: "application/json",
        ...headers,
        ...(body !== undefined && { "content-type": "application/json" })
      },
      ...(body !== undefined && { body: JSON.stringify(body) })
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, text, body: parsed(text) }
  }
  return {
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
    put: (path, body) => call("PUT", path, body),
    delete: (path) => call("DELETE", path)
  }
}

/** A client of the sandbox's API with its token. */
export const of = (sandbox: Sandbox.Sandbox): Client => at(sandbox.apiUrl, { "X-Auth-Token": sandbox.accessToken })

/** A client of the sandbox's control paths. */
export const control = (sandbox: Sandbox.Sandbox): Client => at(`${sandbox.url}/_sandbox`, {})
