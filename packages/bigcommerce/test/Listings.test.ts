import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { Cart } from "@stockport/core/ports/Cart"
import { pageSizeMax, variantsPerPage } from "@stockport/bigcommerce/Listings"
import { readable } from "./Read.ts"
import * as SandboxCart from "./SandboxCart.ts"
import { layer, type Reply, type Sent } from "./Transport.ts"

const readAll = Effect.flatMap(Cart, ({ listings }) => readable(listings))

interface ProductRow {
  readonly id: number
  readonly sku?: string
  readonly tracking?: string
  readonly base_variant_id?: number | null
  readonly variants?: ReadonlyArray<object>
}

const productRow = ({ id, tracking = "variant", ...more }: ProductRow) => ({
  id,
  name: `Product ${id}`,
  sku: "",
  type: "physical",
  inventory_tracking: tracking,
  ...more
})

const variantRow = (product: number, at: number, label?: string) => ({
  id: product * 1_000 + at,
  product_id: product,
  sku: `SKU-${product}-${at}`,
  option_values: label === undefined ? [] : [{ label }]
})

const manyVariants = (id: number) => Array.from({ length: 600 }, (_, at) => variantRow(id, at + 1, String(at)))

/** A shop that answers pages of products by key. */
const shopOf = (products: () => ReadonlyArray<ProductRow>) => {
  return ({ query }: Sent): Reply => {
    const limit = Number(query.get("limit"))
    const left = products().filter(({ id }) => id > Number(query.get("id:greater")))
    const total_pages = Math.ceil(left.length / limit)
    return {
      body: { data: left.slice(0, limit).map(productRow), meta: { pagination: { current_page: 1, total_pages } } }
    }
  }
}

describe("what a product becomes", () => {
  const cases: ReadonlyArray<readonly [string, ProductRow, Array<Array<string | null>>]> = [
    [
      "without options: one row, its base variant's",
      { id: 1, sku: "A", base_variant_id: 1_001, variants: [{ ...variantRow(1, 1), sku: "A" }] },
      [["single", "A", "1001"]]
    ],
    [
      "without options, the SKU on the variant alone",
      { id: 1, variants: [variantRow(1, 1)] },
      [["single", "SKU-1-1", "1001"]]
    ],
    ["without any variant: still one row", { id: 1, sku: "A", variants: [] }, [["single", "A", null]]],
    [
      "with options: a parent and each variant",
      { id: 1, sku: "P", base_variant_id: null, variants: [variantRow(1, 1, "S"), variantRow(1, 2, "M")] },
      [
        ["parent", "P", null],
        ["variant", "SKU-1-1", "1001"],
        ["variant", "SKU-1-2", "1002"]
      ]
    ],
    [
      "with one option that has one value: a parent and its variant",
      { id: 1, base_variant_id: null, variants: [variantRow(1, 1, "S")] },
      [
        ["parent", "", null],
        ["variant", "SKU-1-1", "1001"]
      ]
    ],
    [
      "with a blank SKU: a row all the same",
      { id: 1, variants: [{ ...variantRow(1, 1), sku: null }] },
      [["single", "", "1001"]]
    ]
  ]
  it.effect.each(cases)("%s", ([, product, expected]) =>
    Effect.gen(function* () {
      const rows = yield* Effect.provide(readAll, layer(shopOf(() => [product])))
      assert.deepStrictEqual(
        rows.map(({ shape, sku, variantId }) => [shape, sku, variantId]),
        expected
      )
    })
  )
})

describe("the catalogue", () => {
  it.effect("is read by key, so that deletions and additions meanwhile cost no row", () =>
    Effect.gen(function* () {
      let products: ReadonlyArray<ProductRow> = Array.from({ length: 700 }, (_, at) => ({ id: at + 1, variants: [] }))
      const shop = shopOf(() => products)
      const answer = (sent: Sent): Reply => {
        const reply = shop(sent)
        products = [...products.filter(({ id }) => id > 40), { id: 1_000 + products.length, variants: [] }]
        return reply
      }
      const rows = yield* Effect.provide(readAll, layer(answer))
      const ids = new Set(rows.map(({ productId }) => Number(productId)))
      for (let id = 1; id <= 700; id++) assert.isTrue(ids.has(id), `product ${id}`)
    })
  )

  it.effect("asks for smaller pages when products carry many variants", () =>
    Effect.gen(function* () {
      const products = Array.from({ length: 120 }, (_, at) => ({ id: at + 1, variants: manyVariants(at + 1) }))
      const sent: Array<Sent> = []
      const rows = yield* Effect.provide(
        readAll,
        layer(
          shopOf(() => products),
          sent
        )
      )
      assert.strictEqual(rows.length, 120 * 601)
      const limits = sent.map(({ query }) => Number(query.get("limit")))
      assert.strictEqual(limits[0], pageSizeMax)
      assert.isTrue(limits.slice(1).every((limit) => limit <= variantsPerPage / 600))
    })
  )

  it.effect.each([1, 249, 250, 251, 2_500])("of %i products takes no request more than they fill pages", (count) =>
    Effect.gen(function* () {
      const products = Array.from({ length: count }, (_, at) => ({ id: at + 1, variants: [] }))
      const sent: Array<Sent> = []
      const shop = layer(
        shopOf(() => products),
        sent
      )
      assert.lengthOf(yield* Effect.provide(readAll, shop), count)
      assert.lengthOf(sent, Math.ceil(count / pageSizeMax))
    })
  )

  it.effect("asks for a smaller page when the shop or the client finds one too large", () =>
    Effect.gen(function* () {
      const products = Array.from({ length: 120 }, (_, at) => ({ id: at + 1, variants: manyVariants(at + 1) }))
      const shop = shopOf(() => products)
      const limits: Array<number> = []
      const answer = (sent: Sent): Reply => {
        const limit = Number(sent.query.get("limit"))
        limits.push(limit)
        if (limit > 40) return { status: 413, text: "" }
        return limit > 8 ? { headers: { "content-length": "999999999" }, body: {} } : shop(sent)
      }
      assert.lengthOf(yield* Effect.provide(readAll, layer(answer)), 120 * 601)
      assert.deepStrictEqual(limits.slice(0, 4), [250, 50, 10, 2])
      const error = yield* Effect.flip(
        Effect.provide(
          readAll,
          layer(() => ({ status: 413, text: "" }))
        )
      )
      assert.strictEqual(error.reason._tag, "TooLarge")
    })
  )

  it.effect("sends no request ahead of the reader", () =>
    Effect.gen(function* () {
      const products = Array.from({ length: 5_000 }, (_, at) => ({ id: at + 1, variants: [] }))
      const sent: Array<Sent> = []
      const first = Effect.flatMap(Cart, ({ listings }) => readable(Stream.take(listings, 10)))
      assert.lengthOf(
        yield* Effect.provide(
          first,
          layer(
            shopOf(() => products),
            sent
          )
        ),
        10
      )
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("reads variants by themselves when the shop leaves them out, and drops orphans", () =>
    Effect.gen(function* () {
      const variants = Array.from({ length: 700 }, (_, at) => variantRow((at % 60) + 1, at, "x"))
      const orphans = [{ ...variantRow(1, 9_999), product_id: 0 }]
      const shop = shopOf(() => Array.from({ length: 60 }, (_, at) => ({ id: at + 1 })))
      const answer = (sent: Sent): Reply => {
        if (sent.path !== "/v3/catalog/variants") return shop(sent)
        const ids = new Set(sent.query.get("product_id:in")?.split(",").map(Number))
        const found = [...variants.filter(({ product_id }) => ids.has(product_id)), ...orphans]
        const page = Number(sent.query.get("page"))
        const data = found.slice((page - 1) * pageSizeMax, page * pageSizeMax)
        const pagination = { current_page: page, total_pages: Math.ceil(found.length / pageSizeMax) }
        return { body: { data, meta: { pagination } } }
      }
      const rows = yield* Effect.provide(readAll, layer(answer))
      assert.strictEqual(rows.filter(({ shape }) => shape === "variant").length, 700)
      assert.strictEqual(rows.filter(({ shape }) => shape === "parent").length, 60)
    })
  )
})

describe("against a store over HTTP", () => {
  it.live("every row of the catalogue comes once, with the shop's ids, SKUs and tracking", () =>
    Effect.gen(function* () {
      const { shop } = yield* SandboxCart.Shop
      const { catalog } = shop
      const rows = yield* readAll
      const sold = rows.filter(({ shape }) => shape !== "parent")
      const theirs = [...catalog.variants()]
      assert.deepStrictEqual(
        new Map(sold.map(({ sku, variantId }) => [Number(variantId), sku])),
        new Map(theirs.map((variant) => [catalog.variantId(variant), catalog.variantSku(variant)]))
      )
      assert.strictEqual(sold.length, theirs.length)
      for (const row of rows) {
        const product = catalog.productRow(Number(row.productId)) ?? -1
        assert.strictEqual(row.tracking, catalog.tracking(product))
        assert.strictEqual(row.shape !== "single", catalog.hasOptions(product))
      }
    }).pipe(Effect.provide(SandboxCart.layer()))
  )
})
