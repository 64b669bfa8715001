/** V3 webhooks: hooks of one account, and the health of its deliveries. */
import { type Answer, type ApiRequest, data, noContent, type Route } from "../Http.ts"
import * as Dates from "../Dates.ts"
import { boolean, isRecord, pagination, pathId, slice, v3Body, v3List, v3Page } from "../Query.ts"
import { Refusal } from "../Refusal.ts"
import type { Shop } from "../Shop.ts"
import type { Hook, NewHook } from "../Webhooks.ts"

const hookWire = (shop: Shop, hook: Hook) => ({
  id: hook.id,
  client_id: hook.clientId,
  store_hash: shop.storeHash,
  scope: hook.scope,
  destination: hook.destination,
  headers: hook.headers,
  is_active: hook.isActive,
  created_at: Dates.unixSeconds(hook.createdMillis),
  updated_at: Dates.unixSeconds(hook.updatedMillis)
})

const headersOf = (value: unknown): Readonly<Record<string, string>> | undefined => {
  if (value === undefined || value === null) return undefined
  if (!isRecord(value))
    throw new Refusal(422, "JSON data is missing or invalid", { headers: "error.expected.jsobject" })
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]))
}

const hookBody = (request: ApiRequest): Partial<NewHook> => {
  const { scope, destination, is_active: isActive, headers } = v3Body(request)
  const sent = headersOf(headers)
  return {
    ...(typeof scope === "string" && { scope }),
    ...(typeof destination === "string" && { destination }),
    ...(typeof isActive === "boolean" && { isActive }),
    ...(sent !== undefined && { headers: sent })
  }
}

const missing = (field: string): Refusal =>
  new Refusal(422, "JSON data is missing or invalid", { [field]: "error.path.missing." })

const createHook = (shop: Shop, request: ApiRequest): Answer => {
  const { scope, destination, ...others } = hookBody(request)
  if (scope === undefined) throw missing("scope")
  if (destination === undefined) throw missing("destination")
  return data(hookWire(shop, shop.webhooks.create(request.clientId, { scope, destination, ...others })))
}

const listHooks = (shop: Shop, request: ApiRequest): Answer => {
  const { query } = request
  const page = v3Page(query, 250)
  const isActive = boolean(query, "is_active")
  const [scope, destination] = [query.get("scope"), query.get("destination")]
  const found = shop.webhooks
    .all(request.clientId)
    .filter(
      (hook) =>
        (isActive === undefined || hook.isActive === isActive) &&
        (scope ?? hook.scope) === hook.scope &&
        (destination ?? hook.destination) === hook.destination
    )
  return v3List(
    request,
    found.length,
    slice(found, page).map((hook) => hookWire(shop, hook)),
    page
  )
}

const health = (shop: Shop, request: ApiRequest): Answer => {
  const isActive = boolean(request.query, "is_active")
  const hooks = shop.webhooks
    .all(request.clientId)
    .filter((hook) => isActive === undefined || hook.isActive === isActive)
  const now = shop.clock.now()
  return {
    status: 200,
    body: {
      data: {
        emails: shop.webhooks.emails,
        hooks_list: hooks.map((hook) => ({
          ...hookWire(shop, hook),
          status: hook.isDeactivated ? "deactivated" : hook.isActive ? "active" : "inactive"
        })),
        blocked_domains: shop.webhooks.blockedDomains().map((domain) => ({
          destination: domain.destination,
          time_left: Math.ceil((domain.untilMillis - now) / 1000),
          reasons: [
            {
              failure_description: "Non-200 response received",
              count: domain.failures,
              timestamp: Dates.unixSeconds(now)
            }
          ]
        }))
      },
      meta: pagination(request.query, hooks.length, hooks.length, { page: 1, limit: Math.max(1, hooks.length) })
    }
  }
}

const hookOf = (shop: Shop, request: ApiRequest): Hook =>
  shop.webhooks.get(request.clientId, pathId(request, "webhook_id"))

const open = { version: "v3", scope: undefined } as const

export const hookRoutes: ReadonlyArray<Route> = [
  { method: "GET", ...open, path: "/hooks", handle: listHooks },
  { method: "POST", ...open, path: "/hooks", handle: createHook },
  { method: "GET", ...open, path: "/hooks/admin", handle: health },
  {
    method: "PUT",
    ...open,
    path: "/hooks/admin",
    handle: (shop, request) => {
      const { emails } = v3Body(request)
      if (!Array.isArray(emails)) throw missing("emails")
      shop.webhooks.setEmails(emails.map(String))
      return noContent
    }
  },
  {
    method: "GET",
    ...open,
    path: "/hooks/{webhook_id}",
    handle: (shop, request) => data(hookWire(shop, hookOf(shop, request)))
  },
  {
    method: "PUT",
    ...open,
    path: "/hooks/{webhook_id}",
    handle: (shop, request) => {
      const hook = hookOf(shop, request)
      shop.webhooks.edit(hook, hookBody(request))
      return data(hookWire(shop, hook))
    }
  },
  {
    method: "DELETE",
    ...open,
    path: "/hooks/{webhook_id}",
    handle: (shop, request) => {
      const hook = hookOf(shop, request)
      shop.webhooks.remove(hook)
      return data(hookWire(shop, hook))
    }
  }
]
