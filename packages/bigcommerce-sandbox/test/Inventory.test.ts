import { assert, describe, it } from "@effect/vitest"
import type { Json } from "./Client.ts"
import * as Store from "./Store.ts"

const absolute = "/v3/inventory/adjustments/absolute"
const relative = "/v3/inventory/adjustments/relative"

/** A simple product, a product with options tracked by variant, one tracked by product, and an untracked one. */
const stocked = async (options = {}) => {
  const opened = await Store.open({ store: { products: 0, orders: 0, locations: 2 }, ...options })
  const { sandbox } = opened
  const simple = sandbox.addProduct({ name: "Mug", sku: "MUG-1", onHand: 5 })
  const variants = [
    { sku: "SH-S", onHand: 3, options: { Size: "S" } },
    { sku: "SH-M", onHand: 4, options: { Size: "M" } }
  ]
  const byVariant = sandbox.addProduct({ name: "Shirt", sku: "SH", variants })
  const byProduct = sandbox.addProduct({
    name: "Scarf",
    sku: "SC",
    tracking: "product",
    onHand: 9,
    variants: [
      { sku: "SC-R", options: { Color: "Red" } },
      { sku: "SC-B", options: { Color: "Blue" } }
    ]
  })
  const untracked = sandbox.addProduct({ name: "Card", sku: "CARD", tracking: "none" })
  return { ...opened, simple, byVariant, byProduct, untracked }
}

describe("Reading stock", () => {
  it("lists one item for each variant, simple product or pooled product, and none for what is not tracked", async () => {
    const { client } = await stocked()
    const { body } = await client.get("/v3/inventory/items?limit=1000")
    assert.deepStrictEqual(
      body.data.map((item: Json) => [item.identity.sku, item.locations[0].total_inventory_onhand]),
      [
        ["MUG-1", 5],
        ["SH-S", 3],
        ["SH-M", 4],
        ["SC", 9]
      ]
    )
  })

  it("names items by SKU, variant and product, and cuts them to locations", async () => {
    const { client, byProduct, byVariant } = await stocked()
    const skus = async (query: string) =>
      (await client.get(`/v3/inventory/items?${query}`)).body.data.map((item: Json) => item.identity.sku)
    assert.deepStrictEqual(await skus("sku:in=SH-M,SC,CARD,NOPE"), ["SH-M", "SC"])
    assert.deepStrictEqual(await skus("variant_id:in=146"), ["SH-S"])
    assert.deepStrictEqual(await skus(`product_id:in=${byVariant},${byProduct}`), ["SH-S", "SH-M", "SC"])
    assert.deepStrictEqual(await skus("location_id:in=2"), [])
    assert.deepStrictEqual(await skus("sku:in=SH-M,SH-S&variant_id:in=147"), ["SH-M"])
    assert.strictEqual((await client.get("/v3/inventory/locations/9/items")).status, 404)
  })

  it("sells what is on hand less the safety stock", async () => {
    const { client, simple } = await stocked()
    const set = await client.put("/v3/inventory/locations/1/items", {
      settings: [{ identity: { product_id: simple }, safety_stock: 2, warning_level: 4 }]
    })
    assert.strictEqual(set.status, 200)
    const { body } = await client.get("/v3/inventory/locations/1/items?sku:in=MUG-1")
    assert.deepInclude(body.data[0], { available_to_sell: 3, total_inventory_onhand: 5 })
    assert.deepInclude(body.data[0].settings, { safety_stock: 2, warning_level: 4, is_in_stock: true })
  })

  it("refuses settings that say nothing, naming the place", async () => {
    const { client, simple } = await stocked()
    const reply = await client.put("/v3/inventory/locations/1/items", {
      settings: [{ identity: { product_id: simple } }]
    })
    assert.strictEqual(reply.status, 422)
    assert.property(reply.body.errors, "setting.0.settings")
  })
})

const cut = (quantity: number) => ({ items: [{ location_id: 1, sku: "MUG-1", quantity }] })

describe("Adjusting stock", () => {
  it("sets on hand by whichever identity the tracking mode asks for", async () => {
    const { client, sandbox, simple, byProduct } = await stocked()
    const items = [
      { location_id: 1, product_id: simple, quantity: 11 },
      { location_id: 1, sku: "SH-S", quantity: 12 },
      { location_id: 2, variant_id: 147, quantity: 13 },
      { location_id: 1, product_id: byProduct, quantity: 14 }
    ]
    const reply = await client.put(absolute, { reason: "count", items })
    assert.strictEqual(reply.status, 200)
    assert.match(reply.body.transaction_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.deepStrictEqual(
      [sandbox.stock({ sku: "MUG-1" }), sandbox.stock({ sku: "SH-S" }), sandbox.stock({ sku: "SH-M" }, 2)],
      [11, 12, 13]
    )
    assert.strictEqual(sandbox.stock({ productId: byProduct }), 14)
  })

  it("fails the whole request for one bad item, with the identities only in the title's text", async () => {
    const { client, sandbox } = await stocked()
    const items = [
      { location_id: 1, sku: "MUG-1", quantity: 99 },
      { location_id: 1, sku: "SC-R", quantity: 1 },
      { location_id: 1, variant_id: 149, quantity: 1 }
    ]
    const reply = await client.put(absolute, { items })
    assert.strictEqual(reply.status, 422)
    assert.match(reply.headers.get("content-type") ?? "", /^application\/problem\+json/)
    assert.deepStrictEqual(reply.body.errors, {})
    assert.strictEqual(
      reply.body.title,
      "[Item with sku SC-R is tracked by product, please update stock by product id, " +
        "Item with variant_id 149 is tracked by product, please update stock by product id]"
    )
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 5)
  })

  it("names unknown locations by their ids", async () => {
    const { client } = await stocked()
    const items = [3, 7].map((location) => ({ location_id: location, sku: "MUG-1", quantity: 1 }))
    assert.strictEqual((await client.put(absolute, { items })).body.title, "Location not found, identities: [3,7]")
  })

  it("demands an absolute adjustment before the first relative one at a location", async () => {
    const { client, sandbox, simple } = await stocked()
    const item = { location_id: 2, product_id: simple, quantity: 4 }
    const early = await client.post(relative, { items: [item] })
    const title = `Items with identity: [product_id ${simple}] requires absolute adjustment before relative`
    assert.deepStrictEqual([early.status, early.body.title], [422, title])
    assert.strictEqual((await client.put(absolute, { items: [item] })).status, 200)
    assert.strictEqual((await client.post(relative, { items: [item] })).status, 200)
    assert.strictEqual(sandbox.stock({ productId: simple }, 2), 8)
  })

  it("refuses a relative cut into the safety stock, and takes an absolute one", async () => {
    const { client, sandbox } = await stocked()
    sandbox.setSafetyStock({ sku: "MUG-1" }, 2)
    assert.strictEqual((await client.post(relative, cut(-4))).status, 422)
    assert.strictEqual((await client.post(relative, cut(-3))).status, 200)
    assert.strictEqual((await client.put(absolute, cut(0))).status, 200)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 0)
  })

  it("stores nothing above 2,147,483,647, which the catalogue clamps", async () => {
    const { client, sandbox, simple } = await stocked()
    const beyond = { items: [{ location_id: 1, sku: "MUG-1", quantity: 2_147_483_648 }] }
    assert.strictEqual((await client.put(absolute, beyond)).status, 422)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 5)
    const edit = await client.put(`/v3/catalog/products/${simple}`, { inventory_level: 2_147_483_648 })
    assert.strictEqual(edit.status, 200)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 2_147_483_647)
  })

  it("takes 2,000 items and not one more, and exactly one identity for each", async () => {
    const { client } = await stocked()
    const item = { location_id: 1, sku: "MUG-1", quantity: 1 }
    const times = (count: number) => Array.from({ length: count }, () => item)
    assert.strictEqual((await client.put(absolute, { items: times(2000) })).status, 200)
    assert.strictEqual((await client.put(absolute, { items: times(2001) })).status, 422)
    assert.strictEqual((await client.put(absolute, { items: [{ ...item, variant_id: 145 }] })).status, 422)
    assert.strictEqual((await client.put(absolute, { items: [{ ...item, quantity: 1.5 }] })).status, 422)
    assert.strictEqual((await client.put(absolute, { items: [] })).status, 422)
  })

  it("accepts at once and shows later, in the order of acceptance", async () => {
    const { client, sandbox, clock } = await stocked({ inventoryDelayMillis: 2000 })
    const put = (quantity: number) => client.put(absolute, { items: [{ location_id: 1, sku: "MUG-1", quantity }] })
    await put(20)
    sandbox.settings.inventoryDelayMillis = 500
    await put(30)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 5)
    await clock.advance(1999)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 5)
    await clock.advance(1)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 30)
  })

  it("finds nothing by a blank SKU and the first of a doubled one", async () => {
    const { client, sandbox } = await stocked()
    sandbox.addProduct({ name: "Blank", sku: "", onHand: 1 })
    sandbox.addProduct({ name: "Twin", sku: "MUG-1", onHand: 1 })
    const put = (sku: string) => client.put(absolute, { items: [{ location_id: 1, sku, quantity: 8 }] })
    assert.strictEqual((await put("")).status, 422)
    assert.strictEqual((await put("mug-1")).status, 422)
    assert.strictEqual((await put("MUG-1")).status, 200)
    const { body } = await client.get("/v3/inventory/items?sku:in=MUG-1")
    assert.deepStrictEqual(
      body.data.map((item: Json) => item.locations[0].total_inventory_onhand),
      [8, 1]
    )
  })

  it("refuses what is not tracked", async () => {
    const { client, untracked } = await stocked()
    const reply = await client.put(absolute, { items: [{ location_id: 1, product_id: untracked, quantity: 1 }] })
    assert.strictEqual(reply.status, 422)
  })
})

const more = (count: number) => Array.from({ length: count }, (_, at) => ({ label: `Place ${at}` }))

describe("Locations", () => {
  it("keep location 1, answer only a transaction when created, and take their stock with them", async () => {
    const { client, sandbox } = await stocked()
    const created = await client.post("/v3/inventory/locations", [{ label: "Annex", code: "ANNEX" }])
    assert.hasAllKeys(created.body, ["transaction_id"])
    const { body } = await client.get("/v3/inventory/locations?location_code:in=ANNEX")
    const { id } = body.data[0]
    sandbox.setStock({ sku: "MUG-1" }, 7, id)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 12)
    assert.strictEqual((await client.delete(`/v3/inventory/locations?location_id:in=${id}`)).status, 200)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 5)
    assert.strictEqual((await client.delete("/v3/inventory/locations?location_id:in=1")).status, 422)
    sandbox.settings.plan = "standard"
    assert.strictEqual((await client.post("/v3/inventory/locations", more(3))).status, 422)
    assert.strictEqual((await client.post("/v3/inventory/locations", more(2))).status, 200)
  })
})
