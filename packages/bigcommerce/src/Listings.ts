/**
 * The catalogue as a stream of listings, in memory that does not grow with it.
 *
 * One request carries a page of products with all their variants (`include=variants`), so a catalogue takes as many
 * requests as its products force, and its variants none. Pages follow the product id (`id:greater`), not a page number:
 * what is added or deleted meanwhile moves no row out of sight. A page shrinks when products carry many variants, so that
 * at most about {@link variantsPerPage} variants are held at once. Nothing is known yet of the first page: should its
 * variants make it too large to be answered or held, a smaller one is asked for.
 *
 * Should a shop leave the variants out of a page, they are read from the variants list, filtered by product. Variants
 * without a product (old stores have them) belong to nothing that can be sold and are dropped. A product or a variant that
 * cannot be read comes as `Unreadable` in its place.
 */
import { Effect, Option, Result, Schema, Stream } from "effect"
import { keyOf, type Listing, make as makeListing, ProductId, VariantId } from "@stockport/core/domain/Listing"
import { type CartError, type Unreadable, unreadable } from "@stockport/core/ports/Cart"
import type { BigCommerceClient } from "./BigCommerceClient.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { type Fault, reader, type Row } from "./Rows.ts"
import { Id, idFrom, IdOrNone, isRecord, leaf, listOf, RawPage, Text } from "./Wire.ts"

/** The most rows that the shop gives in a page of the catalogue. */
export const pageSizeMax = 250

/** By how much a page shrinks that was too large. */
const shrinkBy = 5

/** How many variants a page shall carry from then on. */
export const variantsPerPage = 10_000

/** How many products are named in one request for their variants: the address stays well below 8 kB. */
const productsPerFilter = 250

const OptionValue = Schema.Struct({ label: Text })

const VariantRow = Schema.Struct({
  id: Id,
  product_id: IdOrNone,
  sku: Text,
  option_values: listOf(OptionValue)
})
/** A variant as the catalogue gives it. */
export interface Variant extends Schema.Schema.Type<typeof VariantRow> {}

const tracking: Readonly<Record<string, Listing["tracking"]>> = { none: "none", product: "product", variant: "variant" }

const Tracking = leaf(Schema.Literals(["none", "product", "variant"]), "none, product or variant", (value) =>
  typeof value === "string" && Object.hasOwn(tracking, value) ? tracking[value] : undefined
)

const ProductRow = Schema.Struct({
  id: Id,
  name: Text,
  sku: Text,
  type: Text,
  inventory_tracking: Tracking,
  base_variant_id: IdOrNone,
  /** Absent or null when the shop did not include them. Each is read by itself. */
  variants: Schema.optionalKey(Schema.NullOr(Schema.Array(Schema.Unknown)))
})
/** A product as the catalogue gives it. */
export interface Product extends Schema.Schema.Type<typeof ProductRow> {}

const readProduct = reader(ProductRow)
const readVariant = reader(VariantRow)

const fields = "name,sku,type,inventory_tracking,base_variant_id"

/** Every row of the catalogue, in order of product id. */
export const stream = (client: BigCommerceClient["Service"]): Stream.Stream<Listing | Unreadable, CartError> =>
  Stream.paginate(
    { after: 0, limit: pageSizeMax },
    Effect.fnUntraced(function* (place: { readonly after: number; readonly limit: number }) {
      const { after } = place
      const { limit, page } = yield* readPage(client, after, place.limit)
      const products = page.data.map((raw) => readProduct(raw))
      const last = Math.max(0, ...products.map(({ raw }) => Number(idOf(raw) ?? 0)))
      if (products.length > 0 && last <= after) {
        const detail = `the page holds no product that comes after product ${after}`
        return yield* Pages.contradiction(Operation.getProducts, "body.data", detail)
      }
      const { found, strays } = yield* variantsOf(client, products)
      const listings = [...products.flatMap((product) => rowsOf(product, found)), ...strays]
      const isLast = products.length === 0 || isLastPage(page, limit)
      const next = isLast
        ? Option.none()
        : Option.some({ after: last, limit: nextLimit(products.length, listings.length) })
      return [listings, next] as const
    })
  )

const idOf = (raw: unknown): string | null => (isRecord(raw) ? idFrom(raw["id"]) : null)

/** A page of products, smaller than asked for when that many are too much. */
const readPage = Effect.fnUntraced(function* (client: BigCommerceClient["Service"], after: number, most: number) {
  for (let limit = most; ; limit = Math.max(1, Math.floor(limit / shrinkBy))) {
    const order = { sort: "id", direction: "asc" }
    const query = { "id:greater": after, ...order, include: "variants", include_fields: fields, limit }
    const page = yield* client.call(Operation.getProducts, { query }, RawPage).pipe(
      Effect.catchIf(
        (error) => error.reason._tag === "TooLarge" && limit > 1,
        () => Effect.succeed(undefined)
      )
    )
    if (page !== undefined) return { limit, page }
  }
})

/** With a keyset every page is the first of what remains. */
const isLastPage = (page: typeof RawPage.Type, limit: number): boolean => {
  const pages = page.meta.pagination.total_pages
  return pages === null ? page.data.length < limit : pages <= 1
}

/** As many products as carry about {@link variantsPerPage} variants, going by the page before. */
const nextLimit = (products: number, listings: number): number =>
  Math.max(1, Math.min(pageSizeMax, Math.floor((variantsPerPage * products) / Math.max(1, listings))))

/**
 * The variants of a page's products, by product: those that came along, or those that the list of variants has; and rows of
 * that list that nobody can tell the product of.
 */
const variantsOf = Effect.fnUntraced(function* (
  client: BigCommerceClient["Service"],
  products: ReadonlyArray<Row<Product>>
) {
  const found = new Map<string, Array<Row<Variant>>>()
  const strays: Array<Unreadable> = []
  const missing: Array<string> = []
  for (const { read } of products) {
    if (Result.isFailure(read)) continue
    const { id, variants } = read.success
    if (variants == null) missing.push(id)
    else found.set(id, variants.map(readVariant))
  }
  for (let at = 0; at < missing.length; at += productsPerFilter) {
    const rows = variantsOfProducts(client, missing.slice(at, at + productsPerFilter))
    yield* Stream.runForEach(rows, (raw) =>
      Effect.sync(() => {
        const variant = readVariant(raw)
        const productId = isRecord(raw) ? idFrom(raw["product_id"]) : null
        const variants = productId === null ? undefined : found.get(productId)
        if (variants !== undefined) variants.push(variant)
        else if (productId !== null) found.set(productId, [variant])
        else if (Result.isFailure(variant.read)) strays.push(unreadableRow(null, variant.read.failure))
      })
    )
  }
  return { found, strays }
})

const variantsOfProducts = (client: BigCommerceClient["Service"], ids: ReadonlyArray<string>) =>
  Pages.all(Operation.getVariants, pageSizeMax, (page) => {
    const query = { "product_id:in": ids.join(","), page, limit: pageSizeMax }
    return client.call(Operation.getVariants, { query }, RawPage)
  })

/** A product's listings, and in their place what cannot be read of it: the product, or some of its variants. */
const rowsOf = (
  { raw, read }: Row<Product>,
  found: ReadonlyMap<string, ReadonlyArray<Row<Variant>>>
): ReadonlyArray<Listing | Unreadable> => {
  if (Result.isFailure(read)) return [unreadableRow(idOf(raw), read.failure)]
  const product = read.success
  const variants = found.get(product.id) ?? []
  const unread = variants.flatMap((variant) =>
    Result.isFailure(variant.read) ? [unreadableVariant(product.id, variant.raw, variant.read.failure)] : []
  )
  const readable = variants.flatMap((variant) => (Result.isSuccess(variant.read) ? [variant.read.success] : []))
  // A product whose only variant cannot be read may be that variant, or have options: nobody can tell.
  return variants.length === 1 && unread.length === 1
    ? unread
    : [...listingsOf(product, readable, variants.length), ...unread]
}

const unreadableVariant = (productId: string, raw: unknown, fault: Fault): Unreadable => {
  const variantId = idOf(raw)
  return unreadableRow(keyOf(ProductId.make(productId), variantId === null ? null : VariantId.make(variantId)), fault)
}

const unreadableRow = (id: string | null, fault: Fault): Unreadable => unreadable({ what: "listing", id, ...fault })

/**
 * The rows that a product is: itself when it has no options, otherwise a parent and its variants.
 *
 * A product without options is its own base variant; one whose shop names no variant at all is still one row. `count` says
 * how many variants there are, where not all of them can be read.
 */
export const listingsOf = (
  product: Product,
  variants: ReadonlyArray<Variant>,
  count: number = variants.length
): ReadonlyArray<Listing> => {
  const common = {
    productId: ProductId.make(product.id),
    goods: product.type === "digital" ? ("digital" as const) : ("physical" as const),
    tracking: product.inventory_tracking,
    // A pick list sells other products' variants, each as a line of its own; the shop computes no stock for its parent.
    shopBundle: false
  }
  const hasOptions = count > 1 || variants.some(({ option_values }) => option_values.length > 0)
  if (!hasOptions) {
    const base = variants[0]
    const variantId = base?.id ?? product.base_variant_id
    const sku = product.sku !== "" ? product.sku : (base?.sku ?? "")
    const variant = variantId === null ? null : VariantId.make(variantId)
    return [makeListing({ ...common, variantId: variant, shape: "single", sku, name: product.name })]
  }
  return [
    makeListing({ ...common, variantId: null, shape: "parent", sku: product.sku, name: product.name }),
    ...variants.map(({ id, option_values, sku }) =>
      makeListing({
        ...common,
        variantId: VariantId.make(id),
        shape: "variant",
        sku,
        name: nameOf(product.name, option_values)
      })
    )
  ]
}

const nameOf = (product: string, options: Variant["option_values"]): string => {
  const labels = options.flatMap(({ label }) => (label === "" ? [] : [label]))
  return labels.length === 0 ? product : `${product} (${labels.join(", ")})`
}
