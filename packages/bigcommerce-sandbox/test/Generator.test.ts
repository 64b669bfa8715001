import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Blueprint, merchantItems } from "../src/Generator.ts"
import { statuses } from "../src/Order.ts"
import { SkuIndex } from "../src/SkuIndex.ts"
import type { Json } from "./Client.ts"
import * as Store from "./Store.ts"

describe("The default store", () => {
  it("has 400 products, 1,500 variants and 300 orders over all the statuses", async () => {
    const { sandbox } = await Store.open({ store: {} })
    const { catalog } = sandbox.shop
    assert.isAtLeast(catalog.products().length, 400)
    assert.isAtLeast(catalog.variants().length, 1500)
    assert.isAtLeast(sandbox.orders().length, 300)
    const seen = new Set(sandbox.orders().map((order) => order.statusId))
    assert.lengthOf(seen, statuses.length)
    assert.isAtLeast(sandbox.orders().filter((order) => order.statusId === 11).length, 60)
    assert.isAtLeast(sandbox.shop.locations.size, 2)
  })

  it("has every kind of line, address and trouble", async () => {
    const { sandbox } = await Store.open({ store: {} })
    const orders = sandbox.orders()
    const lines = orders.flatMap((order) => order.lines)
    const kinds: Readonly<Record<string, boolean>> = {
      bundles: lines.some((line) => line.parentId !== null),
      digital: lines.some((line) => line.type === "digital"),
      giftCertificates: lines.some((line) => line.type === "giftcertificate"),
      customLines: lines.some((line) => line.productId === 0 && line.type === "physical"),
      severalAddresses: orders.some((order) => order.addresses.length > 1),
      collections: orders.some((order) => order.pickups.length > 0),
      partialShipments: lines.some((line) => line.quantityShipped > 0 && line.quantityShipped < line.quantity),
      partialRefunds: orders.some((order) => order.statusId === 14 && order.refundedAmount > 0),
      coupons: orders.some((order) => order.coupons.length > 0),
      discounts: orders.some((order) => order.discount > 0),
      fees: orders.some((order) => order.fees.length > 0),
      wrapping: lines.some((line) => line.wrappingName !== ""),
      guests: orders.some((order) => order.customerId === 0),
      otherCurrency: orders.some((order) => order.currencyCode === "EUR" && order.isTaxInclusive),
      messages: orders.some((order) => order.messages.length > 0)
    }
    assert.deepStrictEqual(
      Object.keys(kinds).filter((kind) => kinds[kind] !== true),
      []
    )
  })

  it("has doubled, blank and differently written SKUs beside the owner's clean list", async () => {
    const { sandbox, client } = await Store.open({ store: {} })
    const skus: Array<string> = []
    for (let page = 1; ; page++) {
      const { data } = (await client.get(`/v3/catalog/variants?limit=250&page=${page}&include_fields=sku`)).body
      if (data.length === 0) break
      skus.push(...data.map((variant: Json) => variant.sku))
    }
    const items = [...sandbox.merchantItems()]
    const canonical = new Set(items.map((item) => item.sku))
    assert.lengthOf(canonical, items.length, "no item is listed twice")
    const counts = new Map<string, number>()
    for (const sku of skus) counts.set(sku, (counts.get(sku) ?? 0) + 1)
    assert.isAtLeast(counts.get("") ?? 0, 3, "blank")
    assert.isAtLeast([...counts].filter(([sku, count]) => sku !== "" && count > 1).length, 1, "doubled")
    const otherCase = skus.filter((sku) => !canonical.has(sku) && canonical.has(sku.toUpperCase()))
    assert.isAtLeast(otherCase.length, 3, "another case")
    assert.isAtLeast(skus.filter((sku) => sku !== sku.trim() && canonical.has(sku.trim())).length, 1, "a space")
    const matched = skus.filter((sku) => canonical.has(sku)).length
    assert.isAbove(matched / skus.length, 0.9)
    assert.isTrue(
      items.some((item) => !skus.includes(item.sku)),
      "goods that the shop does not sell"
    )
    assert.isTrue(
      skus.some((sku) => sku !== "" && !canonical.has(sku.trim().toUpperCase())),
      "unknown listings"
    )
  })

  it("has gift sets that are kits of listed goods, some of them of kits, none of themselves", async () => {
    const { sandbox } = await Store.open({ store: {} })
    const items = new Map([...sandbox.merchantItems()].map((item) => [item.sku, item]))
    const kits = [...items.values()].filter((item) => item.kind === "kit")
    assert.isAtLeast(kits.length, 8)
    const depth = (sku: string, above: ReadonlyArray<string>): number => {
      assert.notInclude(above, sku)
      const item = items.get(sku)
      assert.isDefined(item, `${sku} is a part and stands in the list`)
      return item.components.length === 0
        ? 0
        : 1 + Math.max(...item.components.map((part) => depth(part.sku, [...above, sku])))
    }
    const depths = kits.map((kit) => depth(kit.sku, []))
    assert.include(depths, 1)
    assert.include(depths, 2)
    for (const kit of kits) assert.isAtLeast(kit.components.length, 2)
  })

  it("lists whatever a kit is made of, whatever the seed and the size", () => {
    for (let seed = 1; seed <= 200; seed++) {
      for (const products of [1, 11, 60, 200, 450]) {
        const items = [...merchantItems(new Blueprint(seed), products, [1, 2], new Map())]
        const skus = new Set(items.map(({ sku }) => sku))
        const missing = items.flatMap(({ components }) => components).filter(({ sku }) => !skus.has(sku))
        assert.isEmpty(missing, `seed ${seed}, ${products} products`)
      }
    }
  })

  it("opened with the stock that its orders and levels say", async () => {
    const { sandbox } = await Store.open({ store: {} })
    const { inventory } = sandbox.shop
    for (const slot of inventory.slots()) {
      for (const location of sandbox.shop.locations.keys()) {
        const ledger = inventory.ledger(slot, location)
        assert.strictEqual(ledger.onHand, ledger.initial - ledger.sold + ledger.restocked)
        assert.isAtLeast(ledger.onHand, 0)
      }
    }
  })
})

/** All that a client can read of a small store. */
const read = async (seed: number) => {
  const { client, sandbox } = await Store.generated({ seed })
  const paths = [
    "/v2/orders?limit=250&include=consignments.line_items,fees&consignment_structure=object",
    "/v3/catalog/variants?limit=250",
    "/v3/inventory/items?limit=1000",
    "/v3/customers?limit=250"
  ]
  const texts = await Promise.all(paths.map(async (path) => (await client.get(path)).text))
  return texts.join("\n").replaceAll(sandbox.url, "")
}

describe("The seed", () => {
  it("decides everything: the same seed gives the same answers, another seed others", async () => {
    const first = await read(7)
    assert.strictEqual(first, await read(7))
    assert.notStrictEqual(first, await read(8))
  })

  it("makes a store of any size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(80),
        fc.nat(40),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(1_000_000),
        async (products, orders, locations, seed) => {
          const { sandbox } = await Store.open({ seed, store: { products, orders, locations } })
          assert.strictEqual(sandbox.shop.catalog.products().length, products)
          assert.strictEqual(sandbox.orders().length, orders)
          await sandbox.close()
        }
      ),
      { numRuns: 40 }
    )
  })
})

describe("Lists of the catalogue", () => {
  it("hold every row once over all pages, also after additions and deletions", async () => {
    const lists = [
      "/v3/catalog/products",
      "/v3/catalog/variants",
      "/v3/inventory/items",
      "/v3/inventory/locations/2/items"
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 7, max: 250 }),
        fc.array(fc.nat(59), { maxLength: 8 }),
        fc.nat(5),
        async (limit, deleted, added) => {
          const { client, sandbox } = await Store.generated({ store: { products: 60, orders: 0 } })
          for (const row of new Set(deleted)) sandbox.deleteProduct(77 + row)
          for (let at = 0; at < added; at++) sandbox.addProduct({ name: `New ${at}`, sku: `NEW-${at}` })
          for (const list of lists) {
            const keys: Array<string> = []
            let total = 0
            for (let page = 1; ; page++) {
              const { body } = await client.get(`${list}?limit=${limit}&page=${page}`)
              if (body.data.length === 0) break
              keys.push(...body.data.map((row: Json) => JSON.stringify(row.identity ?? row.id)))
              total = body.meta.pagination.total
            }
            assert.lengthOf(keys, total, list)
            assert.lengthOf(new Set(keys), total, list)
          }
          assert.strictEqual(sandbox.shop.catalog.products().length, 60 - new Set(deleted).size + added)
          await sandbox.close()
        }
      ),
      { numRuns: 25 }
    )
  })
})

describe("SkuIndex", () => {
  it("finds exactly the rows that carry a SKU, after any additions and removals", () => {
    const sku = fc.constantFrom("", "A", "a", "A ", "B-1", "B-2", "Ç", "A,B")
    fc.assert(
      fc.property(fc.array(fc.tuple(sku, fc.boolean()), { maxLength: 200 }), (steps) => {
        const rows: Array<string | undefined> = []
        const index = new SkuIndex(1, (row) => rows[row] ?? "")
        for (const [text, isRemoval] of steps) {
          const at = rows.indexOf(text)
          if (isRemoval && at >= 0) {
            index.remove(at, text)
            rows[at] = undefined
          } else index.add(rows.push(text) - 1, text)
        }
        for (const text of ["A", "a", "A ", "B-1", "B-2", "Ç", "A,B", "Z"]) {
          const expected = [...rows.keys()].filter((row) => rows[row] === text)
          assert.deepStrictEqual(index.find(text), expected)
        }
        assert.deepStrictEqual(index.find(""), [])
      })
    )
  })
})

describe("A store of a million variants", () => {
  it("opens in bounded memory and answers any page without going through the others", async () => {
    globalThis.gc?.()
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
    const { sandbox, client } = await Store.open({ store: { products: 160_000, orders: 50 } })
    const { catalog } = sandbox.shop
    assert.isAtLeast(catalog.variantRows, 1_000_000)
    globalThis.gc?.()
    const grown = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before
    // As objects with a name and a SKU they would take ten times as much.
    assert.isBelow(grown / catalog.variantRows, 250, "bytes a variant")
    const pages = ["/v3/inventory/items?limit=1000&page=", "/v3/catalog/variants?limit=250&page="]
    for (const path of pages) await client.get(path + "1")
    const started = performance.now()
    for (const path of pages) {
      for (let at = 1; at <= 10; at++) assert.strictEqual((await client.get(path + String(at * 70))).status, 200)
    }
    const each = (performance.now() - started) / 20
    assert.isBelow(each, 250, "milliseconds a page")
    const last = catalog.variantSku(catalog.variantRows - 1)
    assert.isNotEmpty((await client.get(`/v3/catalog/variants?sku=${encodeURIComponent(last)}`)).body.data)
  })
})
