/**
 * What a large shop costs: requests, and memory. Counted over HTTP against a store on the Standard plan (150 requests in
 * 30 seconds), and measured after garbage collection over a transport that makes its answers up.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { make as makeListing, ProductId, VariantId } from "@stockport/core/domain/Listing"
import { Cart, type StockLevelUpdate } from "@stockport/core/ports/Cart"
import { asRead } from "./Read.ts"
import * as SandboxCart from "./SandboxCart.ts"
import { layer, type Reply, type Sent } from "./Transport.ts"

const mebibyte = 1024 * 1024

setFlagsFromString("--expose-gc")
const collectGarbage = runInNewContext("gc") as () => void

/** What is alive, in bytes. */
const heap = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const update = (id: number): StockLevelUpdate => ({
  listing: makeListing({
    productId: ProductId.make(String(id)),
    variantId: VariantId.make(String(id)),
    shape: "variant",
    goods: "physical",
    sku: `SKU-${id}`,
    name: `Product ${id}`,
    tracking: "variant",
    shopBundle: false
  }),
  cartLocationId: CartLocationId.make("1"),
  quantity: id % 1_000
})

describe("a store of 100,000 variants on the Standard plan", () => {
  it.live(
    "is listed in no more requests than its pages force, and published in exactly 50, without a 429",
    () =>
      Effect.gen(function* () {
        const shop = yield* SandboxCart.Shop
        const { catalog } = shop.shop
        const cart = yield* Cart
        const [products, variants] = [catalog.products().length, catalog.variants().length]
        assert.isAbove(variants, 100_000)

        const updates: Array<StockLevelUpdate> = []
        let rows = 0
        yield* Stream.runForEach(cart.listings, (row) =>
          Effect.sync(() => {
            const listing = asRead(row)
            if (listing.shape !== "parent") rows++
            const isItem = listing.tracking === "product" ? listing.shape !== "variant" : listing.shape !== "parent"
            if (updates.length < 100_000 && isItem && listing.tracking !== "none") {
              updates.push({ listing, cartLocationId: CartLocationId.make("1"), quantity: updates.length % 977 })
            }
          })
        )
        assert.strictEqual(rows, variants)
        assert.isAtMost(shop.log.count(), Math.ceil(products / 250) + Math.ceil(variants / 250))
        const listed = shop.log.count()

        assert.strictEqual(updates.length, 100_000)
        const verdicts = yield* cart.setStockLevels(updates)
        assert.isTrue(verdicts.every(({ _tag }) => _tag === "Accepted"))
        assert.strictEqual(shop.log.count() - listed, 50)
        assert.strictEqual(shop.log.countStatus(429), 0)
        const last = updates.at(-1)
        assert.isDefined(last)
        const item =
          last.listing.tracking === "product"
            ? { productId: Number(last.listing.productId) }
            : { variantId: Number(last.listing.variantId) }
        assert.strictEqual(shop.stock(item, 1), last.quantity)
      }).pipe(Effect.provide(SandboxCart.layer({ store: { products: 18_000, orders: 0 }, plan: "standard" }))),
    120_000
  )
})

/** A catalogue of so many products with six variants each, made up as it is asked for. */
const catalogueOf =
  (products: number) =>
  ({ query }: Sent): Reply => {
    const after = Number(query.get("id:greater"))
    const limit = Number(query.get("limit"))
    const data = Array.from({ length: Math.max(0, Math.min(limit, products - after)) }, (_, at) => {
      const id = after + at + 1
      const variants = Array.from({ length: 6 }, (__, size) => ({
        id: id * 10 + size,
        product_id: id,
        sku: `SKU-${id}-${size}`,
        option_values: [{ label: String(size) }]
      }))
      return { id, name: `Product ${id}`, type: "physical", inventory_tracking: "variant", variants }
    })
    return { body: { data, meta: { pagination: { total_pages: Math.ceil((products - after) / limit) } } } }
  }

/** The most that is alive while a catalogue streams by, over what was alive before. */
const peakOf = (products: number) =>
  Effect.gen(function* () {
    const before = heap()
    let rows = 0
    let peak = 0
    yield* Effect.flatMap(Cart, ({ listings }) =>
      Stream.runForEach(listings, () =>
        Effect.sync(() => {
          if (rows++ % 30_000 === 15_000) peak = Math.max(peak, heap() - before)
        })
      )
    )
    assert.strictEqual(rows, products * 7)
    return peak
  }).pipe(Effect.provide(layer(catalogueOf(products))))

describe("memory", () => {
  it.live(
    "of a listing does not grow with the catalogue",
    () =>
      Effect.gen(function* () {
        yield* peakOf(5_000)
        const small = yield* peakOf(8_500)
        const large = yield* peakOf(34_000)
        assert.isBelow(large - small, 4 * mebibyte, `${small} bytes for 51,000 variants, ${large} for 204,000`)
      }),
    120_000
  )

  it.live(
    "of publishing is a request's, beside the rows and their verdicts",
    () =>
      Effect.gen(function* () {
        const updates = Array.from({ length: 100_000 }, (_, at) => update(at + 1))
        const sizes: Array<number> = []
        const answer = (): Reply => {
          if (sizes.push(Number.NaN) % 45 === 5) sizes[sizes.length - 1] = heap()
          return { body: { transaction_id: "97a73cdd-9fc5-4aa5-892c-4ead8259c24e" } }
        }
        yield* Effect.flatMap(Cart, (cart) => cart.setStockLevels(updates)).pipe(Effect.provide(layer(answer)))
        assert.strictEqual(sizes.length, 50)
        const perRow = ((sizes[49] ?? 0) - (sizes[4] ?? 0)) / (45 * 2_000)
        assert.isBelow(perRow, 200, "bytes for each row that has its verdict")
      }),
    120_000
  )
})
