/** Finds the operation that a method and a path mean. */
import type { Route, Version } from "./Http.ts"
import { catalogRoutes } from "./routes/CatalogRoutes.ts"
import { hookRoutes } from "./routes/HookRoutes.ts"
import { inventoryRoutes } from "./routes/InventoryRoutes.ts"
import { metafieldRoutes } from "./routes/MetafieldRoutes.ts"
import { orderRoutes } from "./routes/OrderRoutes.ts"
import { refundRoutes } from "./routes/RefundRoutes.ts"
import { shipmentRoutes } from "./routes/ShipmentRoutes.ts"
import { storeRoutes } from "./routes/StoreRoutes.ts"

export const routes: ReadonlyArray<Route> = [
  ...storeRoutes,
  ...orderRoutes,
  ...shipmentRoutes,
  ...refundRoutes,
  ...metafieldRoutes,
  ...catalogRoutes,
  ...inventoryRoutes,
  ...hookRoutes
]

export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
  readonly operation: string
}

interface Compiled {
  readonly route: Route
  readonly segments: ReadonlyArray<string>
  readonly operation: string
}

/** Routes by method, version and number of segments; those with more fixed segments come first. */
const compile = (all: ReadonlyArray<Route>): ReadonlyMap<string, ReadonlyArray<Compiled>> => {
  const table = new Map<string, Array<Compiled>>()
  for (const route of all) {
    const segments = route.path.split("/").slice(1)
    const key = `${route.method} ${route.version} ${segments.length}`
    const row = table.get(key) ?? []
    row.push({ route, segments, operation: `${route.method} /${route.version}${route.path}` })
    table.set(key, row)
  }
  const parameters = (compiled: Compiled): number => compiled.segments.filter((segment) => segment[0] === "{").length
  for (const row of table.values()) row.sort((left, right) => parameters(left) - parameters(right))
  return table
}

const table = compile(routes)

/** The route of a path below `/stores/{hash}/v2|v3`; a trailing slash and `.json` are forgiven, as V2 does. */
export const find = (method: string, version: Version, path: string): Match | undefined => {
  const clean = path.replace(/(\.json)?\/?$/, "")
  const parts = clean.split("/").slice(1)
  for (const { route, segments, operation } of table.get(`${method} ${version} ${parts.length}`) ?? []) {
    const params: Record<string, string> = {}
    const isMatch = segments.every((segment, at) => {
      const part = parts[at] ?? ""
      if (segment[0] !== "{") return segment === part
      params[segment.slice(1, -1)] = part
      return true
    })
    if (isMatch) return { route, params, operation }
  }
  return undefined
}

/** Whether the path exists under another method. */
export const knows = (version: Version, path: string): boolean =>
  ["GET", "POST", "PUT", "DELETE"].some((method) => find(method, version, path) !== undefined)
