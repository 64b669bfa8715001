/** V3 catalogue: products, variants and the small batches in which they are written. */
import * as Dates from "../Dates.ts"
import { type Answer, type ApiRequest, data, noContent, type Route, statusCodesPage, v3Error } from "../Http.ts"
import * as Money from "../Money.ts"
import {
  boolean,
  catalogPageMax,
  integers,
  isRecord,
  type Page,
  pathId,
  texts,
  v3Integer,
  v3List,
  v3Page
} from "../Query.ts"
import { Refusal } from "../Refusal.ts"
import type { Shop } from "../Shop.ts"
import { productEditOf, requireUniqueSku, variantChangesOf } from "../wire/ProductBody.ts"
import { chosenFields, optionsWire, productWire, variantWire } from "../wire/ProductWire.ts"

const scope = "store_v2_products"

/** The most products and variants of one batch, and products of a page that includes options. */
const productsBatchMax = 10
const variantsBatchMax = 50
const productsWithOptionsMax = 10

const noProduct = (): Refusal => new Refusal(404, "Not found")

const fieldsOf = (query: URLSearchParams) => ({
  included: texts(query, "include_fields"),
  excluded: texts(query, "exclude_fields")
})

/** A page of rows that were found, or of all; rows of a typed column are cut without copying the rest. */
const rowsOfPage = (rows: Uint32Array | ReadonlyArray<number>, { page, limit }: Page): ReadonlyArray<number> =>
  Array.from(rows.slice((page - 1) * limit, page * limit))

const rowsWithIds = (ids: ReadonlyArray<number>, rowOf: (id: number) => number | undefined): ReadonlyArray<number> =>
  [...new Set(ids)]
    .map(rowOf)
    .filter((row) => row !== undefined)
    .sort((left, right) => left - right)

/** The rows a query means, by the narrowest thing it says. */
const candidates = (shop: Shop, query: URLSearchParams): Uint32Array | ReadonlyArray<number> => {
  const { catalog } = shop
  const ids = integers(query, "id:in") ?? (query.has("id") ? [v3Integer(query, "id") ?? 0] : undefined)
  if (ids !== undefined) return rowsWithIds(ids, (id) => catalog.productRow(id))
  const skus = texts(query, "sku:in") ?? (query.has("sku") ? [query.get("sku") ?? ""] : undefined)
  if (skus !== undefined) return [...new Set(skus.flatMap((sku) => catalog.productsWithSku(sku)))].sort((a, b) => a - b)
  return catalog.products()
}

const instant = (shop: Shop, query: URLSearchParams, name: string): number | undefined => {
  const text = query.get(name)
  if (text === null) return undefined
  const millis = Dates.parseCatalogFilter(text, shop.clock.now())
  if (millis === undefined) throw new Refusal(422, `Query parameter "${name}" value is not a date.`)
  return millis
}

/** The predicate that a product query's filters make together, or undefined when there is none. */
const productFilter = (shop: Shop, query: URLSearchParams): ((product: number) => boolean) | undefined => {
  const { catalog } = shop
  const tests: Array<(product: number) => boolean> = []
  const [least, most] = [instant(shop, query, "date_modified:min"), instant(shop, query, "date_modified:max")]
  const idTests: ReadonlyArray<readonly [string, (id: number, bound: number) => boolean]> = [
    ["id:min", (id, bound) => id >= bound],
    ["id:max", (id, bound) => id <= bound],
    ["id:greater", (id, bound) => id > bound],
    ["id:less", (id, bound) => id < bound]
  ]
  for (const [name, test] of idTests) {
    const bound = v3Integer(query, name)
    if (bound !== undefined) tests.push((product) => test(catalog.productId(product), bound))
  }
  const excluded = integers(query, "id:not_in")
  if (excluded !== undefined) tests.push((product) => !excluded.includes(catalog.productId(product)))
  if (least !== undefined) tests.push((product) => catalog.modifiedMillis(product) >= least)
  if (most !== undefined) tests.push((product) => catalog.modifiedMillis(product) <= most)
  const type = query.get("type")
  if (type !== null) tests.push((product) => catalog.isDigital(product) === (type === "digital"))
  const isVisible = boolean(query, "is_visible")
  if (isVisible !== undefined) tests.push((product) => catalog.isVisible(product) === isVisible)
  const name = query.get("name")
  if (name !== null) tests.push((product) => catalog.productName(product) === name)
  const keyword = query.get("keyword")?.toLowerCase()
  if (keyword !== undefined) {
    tests.push((product) =>
      `${catalog.productName(product)} ${catalog.productSku(product)}`.toLowerCase().includes(keyword)
    )
  }
  const availability = query.get("availability")
  if (availability !== null) {
    tests.push((product) => (catalog.productChanges(product).availability ?? "available") === availability)
  }
  const level = (product: number): number => productWire(shop, product).inventory_level
  const leastLevel = v3Integer(query, "inventory_level:min")
  if (leastLevel !== undefined) tests.push((product) => level(product) >= leastLevel)
  if (boolean(query, "out_of_stock") === true) {
    tests.push((product) => catalog.tracking(product) !== "none" && level(product) <= 0)
  }
  return tests.length === 0 ? undefined : (product) => tests.every((test) => test(product))
}

const sortKeys: Readonly<Record<string, (shop: Shop, product: number) => string | number>> = {
  id: (_, product) => product,
  name: (shop, product) => shop.catalog.productName(product),
  sku: (shop, product) => shop.catalog.productSku(product),
  price: (shop, product) => shop.catalog.price(product),
  date_modified: (shop, product) => shop.catalog.modifiedMillis(product),
  inventory_level: (shop, product) => productWire(shop, product).inventory_level,
  is_visible: (shop, product) => Number(shop.catalog.isVisible(product))
}

const sortProducts = (
  shop: Shop,
  query: URLSearchParams,
  rows: Uint32Array | ReadonlyArray<number>
): Uint32Array | ReadonlyArray<number> => {
  const field = query.get("sort") ?? "id"
  const isDescending = query.get("direction") === "desc"
  if (field === "id" && !isDescending) return rows
  const key = sortKeys[field]
  if (key === undefined) throw new Refusal(422, `The sort field ${field} is not supported.`)
  const keyed = Array.from(rows, (row) => ({ row, key: key(shop, row) }))
  keyed.sort((left, right) => {
    if (left.key === right.key) return left.row - right.row
    return (left.key < right.key ? -1 : 1) * (isDescending ? -1 : 1)
  })
  return keyed.map((entry) => entry.row)
}

const productPage = (query: URLSearchParams): Page => {
  const includes = texts(query, "include") ?? []
  const page = v3Page(query, catalogPageMax)
  const isNarrow = includes.includes("options") || includes.includes("modifiers")
  return isNarrow ? { ...page, limit: Math.min(page.limit, productsWithOptionsMax) } : page
}

const writtenProduct = (shop: Shop, request: ApiRequest, product: number) => {
  const includes = texts(request.query, "include") ?? []
  const { included, excluded } = fieldsOf(request.query)
  return {
    ...chosenFields(productWire(shop, product), included, excluded),
    ...(includes.includes("variants") && {
      variants: shop.catalog.variantsOf(product).map((variant) => variantWire(shop, variant))
    }),
    ...(includes.includes("options") && { options: optionsWire(shop, product) }),
    ...(includes.includes("modifiers") && { modifiers: [] }),
    ...(includes.includes("images") && { images: [] }),
    ...(includes.includes("custom_fields") && { custom_fields: [] })
  }
}

const listProducts = (shop: Shop, request: ApiRequest): Answer => {
  const page = productPage(request.query)
  const filter = productFilter(shop, request.query)
  const all = candidates(shop, request.query)
  const found = filter === undefined ? all : all.filter(filter)
  const rows = rowsOfPage(sortProducts(shop, request.query, found), page)
  return v3List(
    request,
    found.length,
    rows.map((product) => writtenProduct(shop, request, product)),
    page
  )
}

const variantRows = (shop: Shop, query: URLSearchParams): Uint32Array | ReadonlyArray<number> => {
  const { catalog } = shop
  const id = v3Integer(query, "id")
  if (id !== undefined) return rowsWithIds([id], (wanted) => catalog.variantRow(wanted))
  const sku = query.get("sku")
  if (sku !== null) return catalog.variantsWithSku(sku)
  const products =
    integers(query, "product_id:in") ?? (query.has("product_id") ? [v3Integer(query, "product_id") ?? 0] : undefined)
  if (products !== undefined) {
    return rowsWithIds(products, (product) => catalog.productRow(product)).flatMap((product) =>
      catalog.variantsOf(product)
    )
  }
  const upc = query.get("upc")
  if (upc !== null) return catalog.variants().filter((variant) => (catalog.variantChanges(variant).upc ?? "") === upc)
  return catalog.variants()
}

const writeVariants = (shop: Shop, request: ApiRequest, found: Uint32Array | ReadonlyArray<number>): Answer => {
  const page = v3Page(request.query, catalogPageMax)
  const { included, excluded } = fieldsOf(request.query)
  const rows = rowsOfPage(found, page).map((variant) => chosenFields(variantWire(shop, variant), included, excluded))
  return v3List(request, found.length, rows, page)
}

const productOf = (shop: Shop, request: ApiRequest): number => {
  const product = shop.catalog.productRow(pathId(request, "product_id"))
  if (product === undefined) throw noProduct()
  return product
}

const variantOf = (shop: Shop, request: ApiRequest): number => {
  const product = productOf(shop, request)
  const variant = shop.catalog.variantRow(pathId(request, "variant_id"))
  if (variant === undefined || shop.catalog.productOf(variant) !== product) {
    throw new Refusal(404, `No variants with id ${request.params["variant_id"] ?? ""}.`)
  }
  return variant
}

const batchOf = (
  request: ApiRequest,
  itemsMax: number,
  suffix: string
): ReadonlyArray<Readonly<Record<string, unknown>>> => {
  const { body } = request
  if (!Array.isArray(body) || !body.every(isRecord)) throw new Refusal(422, "JSON data is missing or invalid")
  if (body.length > itemsMax) {
    throw new Refusal(
      413,
      `The request payload is too large. The maximum items allowed in the array is ${itemsMax}${suffix}`
    )
  }
  return body
}

const putProducts = (shop: Shop, request: ApiRequest): Answer => {
  const batch = batchOf(request, productsBatchMax, ".")
  const rows = batch.map((item) => {
    const row = shop.catalog.productRow(Number(item["id"]))
    if (row === undefined) throw noProduct()
    requireUniqueSku(shop, row, undefined, item["sku"])
    return row
  })
  const edits = batch.map((item) => productEditOf(item))
  for (const [at, row] of rows.entries()) applyEdit(shop, row, edits[at] ?? {})
  return { status: 200, body: { data: rows.map((row) => writtenProduct(shop, request, row)), meta: {} } }
}

const applyEdit = (shop: Shop, product: number, edit: ReturnType<typeof productEditOf>): void => {
  const { inventoryLevel, ...changes } = edit
  shop.editProduct(shop.catalog.productId(product), changes)
  if (inventoryLevel !== undefined && shop.catalog.tracking(product) === "product") {
    shop.setStock({ productId: shop.catalog.productId(product) }, inventoryLevel)
  }
}

const putVariants = (shop: Shop, request: ApiRequest): Answer => {
  const batch = batchOf(request, variantsBatchMax, "")
  const errors: Array<unknown> = []
  const rows = batch.map((item, at) => {
    const row = shop.catalog.variantRow(Number(item["id"]))
    if (row === undefined) {
      const title = `No variants with id ${String(item["id"])}`
      errors.push({ status: 422, title, type: statusCodesPage, instance: "", errors: { [`${at}.id`]: title } })
      return -1
    }
    requireUniqueSku(shop, undefined, row, item["sku"])
    return row
  })
  if (errors.length > 0) return { status: 422, body: { batch_errors: errors } }
  const edits = batch.map((item) => variantChangesOf(item))
  for (const [at, row] of rows.entries()) applyVariantEdit(shop, row, edits[at] ?? {})
  return { status: 200, body: { data: rows.map((row) => variantWire(shop, row)), meta: {} } }
}

const applyVariantEdit = (shop: Shop, variant: number, edit: ReturnType<typeof variantChangesOf>): void => {
  const { inventoryLevel, ...changes } = edit
  const variantId = shop.catalog.variantId(variant)
  shop.editVariant(variantId, changes)
  if (inventoryLevel !== undefined && shop.inventory.slotOfVariant(variant) === variant) {
    const isWholeProduct = shop.catalog.tracking(shop.catalog.productOf(variant)) === "product"
    const productId = shop.catalog.productId(shop.catalog.productOf(variant))
    shop.setStock(isWholeProduct ? { productId } : { variantId }, inventoryLevel)
  }
}

const summary = (shop: Shop): Answer => {
  const prices = Array.from(shop.catalog.products(), (product) => Money.decimal(shop.catalog.price(product)))
  let units = 0
  for (const slot of shop.inventory.slots()) units += Math.max(0, shop.inventory.onHand(slot, 1))
  const total = prices.reduce((sum, price) => sum + price, 0)
  return data({
    inventory_count: units,
    inventory_value: 0,
    highest_variant_price: prices.reduce((most, price) => Math.max(most, price), 0),
    average_variant_price: prices.length === 0 ? 0 : total / prices.length,
    // A text, unlike its neighbours.
    lowest_variant_price: String(prices.reduce((least, price) => Math.min(least, price), prices[0] ?? 0)),
    oldest_variant_date: Dates.iso(shop.openedMillis),
    newest_variant_date: Dates.iso(shop.clock.now()),
    primary_category_id: 23,
    primary_category_name: "Shop all",
    variant_count: shop.catalog.variants().length
  })
}

const createProduct = (shop: Shop, request: ApiRequest): Answer => {
  const body = isRecord(request.body) ? request.body : {}
  const { name, type, weight, price, sku, inventory_tracking: tracking, inventory_level: level } = body
  if (typeof name !== "string" || typeof type !== "string" || typeof weight !== "number" || typeof price !== "number") {
    return v3Error(422, "Required fields are missing.", { name: "name, type, weight and price are required" })
  }
  requireUniqueSku(shop, undefined, undefined, sku)
  const id = shop.addProduct({
    name,
    price,
    weight,
    isDigital: type === "digital",
    sku: typeof sku === "string" ? sku : "",
    tracking: tracking === "product" || tracking === "variant" ? tracking : "none",
    onHand: typeof level === "number" ? level : 0
  })
  return data(productWire(shop, shop.catalog.productRow(id) ?? 0))
}

const product = "/catalog/products/{product_id}"
const variant = `${product}/variants/{variant_id}`

export const catalogRoutes: ReadonlyArray<Route> = [
  { method: "GET", version: "v3", path: "/catalog/summary", scope, handle: summary },
  { method: "GET", version: "v3", path: "/catalog/products", scope, handle: listProducts },
  { method: "POST", version: "v3", path: "/catalog/products", scope, handle: createProduct },
  { method: "PUT", version: "v3", path: "/catalog/products", scope, handle: putProducts },
  {
    method: "GET",
    version: "v3",
    path: product,
    scope,
    handle: (shop, request) => data(writtenProduct(shop, request, productOf(shop, request)))
  },
  {
    method: "PUT",
    version: "v3",
    path: product,
    scope,
    handle: (shop, request) => {
      const row = productOf(shop, request)
      if (!isRecord(request.body)) throw new Refusal(422, "JSON data is missing or invalid")
      requireUniqueSku(shop, row, undefined, request.body["sku"])
      applyEdit(shop, row, productEditOf(request.body))
      return data(writtenProduct(shop, request, row))
    }
  },
  {
    method: "DELETE",
    version: "v3",
    path: product,
    scope,
    handle: (shop, request) => {
      shop.deleteProduct(shop.catalog.productId(productOf(shop, request)))
      return noContent
    }
  },
  {
    method: "GET",
    version: "v3",
    path: `${product}/variants`,
    scope,
    handle: (shop, request) => writeVariants(shop, request, shop.catalog.variantsOf(productOf(shop, request)))
  },
  {
    method: "GET",
    version: "v3",
    path: variant,
    scope,
    handle: (shop, request) => data(variantWire(shop, variantOf(shop, request)))
  },
  {
    method: "PUT",
    version: "v3",
    path: variant,
    scope,
    handle: (shop, request) => {
      const row = variantOf(shop, request)
      if (!isRecord(request.body)) throw new Refusal(422, "JSON data is missing or invalid")
      requireUniqueSku(shop, undefined, row, request.body["sku"])
      applyVariantEdit(shop, row, variantChangesOf(request.body))
      return data(variantWire(shop, row))
    }
  },
  {
    method: "DELETE",
    version: "v3",
    path: variant,
    scope,
    handle: (shop, request) => {
      shop.deleteVariant(shop.catalog.variantId(variantOf(shop, request)))
      return noContent
    }
  },
  {
    method: "GET",
    version: "v3",
    path: "/catalog/variants",
    scope,
    handle: (shop, request) => writeVariants(shop, request, variantRows(shop, request.query))
  },
  { method: "PUT", version: "v3", path: "/catalog/variants", scope, handle: putVariants }
]
