import { assert, describe, it } from "@effect/vitest"
import * as Client from "./Client.ts"
import * as Store from "./Store.ts"

const fourDecimals = /^-?\d+\.\d{4}$/
const rfc2822 = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} \+0000$/
const iso8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\+00:00$/

describe("V2", () => {
  it("answers an empty list, and a page past the last, with 204, no body and no content type", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct({ name: "Mug", sku: "MUG-1", onHand: 5 })
    for (const path of ["/v2/orders", "/v2/orders?page=2"]) {
      const reply = await client.get(path)
      assert.deepStrictEqual([reply.status, reply.text, reply.headers.get("content-type")], [204, "", null])
    }
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    for (const list of ["shipments", "coupons", "messages", "products?page=2"]) {
      assert.strictEqual((await client.get(`/v2/orders/${order.id}/${list}`)).status, 204)
    }
  })

  it("writes money as texts of four decimals and dates as RFC 2822", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct({ name: "Mug", sku: "MUG-1", onHand: 5, price: 12.5 })
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1", quantity: 2 }], shippingCost: 8 })
    const { body } = await client.get(`/v2/orders/${order.id}`)
    assert.strictEqual(body.subtotal_ex_tax, "25.0000")
    assert.strictEqual(body.total_ex_tax, "33.0000")
    for (const [key, value] of Object.entries(body)) {
      if (/(_ex_tax|_inc_tax|_tax|_cost|_amount|discount)$/.test(key)) assert.match(String(value), fourDecimals, key)
    }
    assert.match(body.date_created, rfc2822)
    assert.strictEqual(body.date_shipped, "")
    sandbox.shipOrder(order.id)
    assert.match((await client.get(`/v2/orders/${order.id}`)).body.date_shipped, rfc2822)
  })

  it("writes costs inside consignments and amounts of coupons as numbers", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct({ name: "Mug", sku: "MUG-1", onHand: 5, price: 20 })
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }], coupon: { code: "SUMMER", amount: 3 } })
    const include = "include=consignments&consignment_structure=object"
    const { body } = await client.get(`/v2/orders/${order.id}?${include}`)
    assert.strictEqual(body.consignments.shipping[0].cost_ex_tax, 8)
    const coupons = await client.get(`/v2/orders/${order.id}/coupons`)
    assert.deepInclude(coupons.body[0], { code: "SUMMER", amount: 3, discount: 3 })
    assert.strictEqual(body.coupon_discount, "3.0000")
  })

  it("links what is not included, under addresses that lead back to itself", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct({ name: "Mug", sku: "MUG-1", onHand: 5 })
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    const { body } = await client.get(`/v2/orders/${order.id}`)
    for (const key of ["products", "shipping_addresses", "coupons", "consignments", "fees"]) {
      assert.hasAllKeys(body[key], ["url", "resource"])
      const followed = await fetch(body[key].url, { headers: { "X-Auth-Token": sandbox.accessToken } })
      assert.include([200, 204], followed.status, key)
    }
  })

  it("answers the legacy array unless consignment_structure=object", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct({ name: "Mug", sku: "MUG-1", onHand: 5 })
    sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    const legacy = await client.get("/v2/orders?include=consignments.line_items")
    assert.isArray(legacy.body[0].consignments)
    const modern = await client.get("/v2/orders?include=consignments.line_items&consignment_structure=object")
    assert.strictEqual(modern.body[0].consignments.shipping[0].line_items[0].sku, "MUG-1")
  })

  it("pages an order's products by 50, so that a long order looks short", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct({ name: "Mug", sku: "MUG-1", onHand: 500 })
    const order = sandbox.placeOrder({ lines: Array.from({ length: 70 }, () => ({ sku: "MUG-1" })) })
    assert.lengthOf((await client.get(`/v2/orders/${order.id}/products`)).body, 50)
    assert.lengthOf((await client.get(`/v2/orders/${order.id}/products?limit=250`)).body, 70)
  })

  it("refuses a limit above 250, a filter that is no date and a status that is no number", async () => {
    const { client } = await Store.open()
    assert.strictEqual((await client.get("/v2/orders?limit=251")).status, 413)
    const plus = await client.get("/v2/orders?min_date_modified=2026-08-05T10:00:00+02:00")
    assert.deepStrictEqual([plus.status, plus.body[0].message], [400, "The field 'min_date_modified' is invalid."])
    assert.strictEqual((await client.get("/v2/orders?status_id=Awaiting")).status, 400)
    assert.strictEqual((await client.get("/v2/orders?sort=total")).status, 400)
  })

  it("says errors as a list", async () => {
    const { client } = await Store.open()
    const reply = await client.get("/v2/orders/77")
    assert.strictEqual(reply.status, 404)
    assert.deepStrictEqual(reply.body, [{ status: 404, message: "The requested resource was not found." }])
  })

  it("counts every status in the order of the control panel", async () => {
    const { client, sandbox } = await Store.generated()
    const { body } = await client.get("/v2/orders/count")
    assert.lengthOf(body.statuses, 15)
    assert.deepStrictEqual(
      body.statuses.map((entry: { sort_order: number }) => entry.sort_order),
      Array.from({ length: 15 }, (_, at) => at)
    )
    assert.strictEqual(body.count, sandbox.orders().filter((order) => !order.isArchived).length)
  })

  it("answers a store without a logo with an empty list", async () => {
    const { client } = await Store.open()
    const { body } = await client.get("/v2/store")
    assert.deepStrictEqual(body.logo, [])
    assert.deepInclude(body, { id: "sandbox1", currency: "USD", plan_level: "Enterprise", weight_units: "Pounds" })
  })
})

describe("V3", () => {
  it("wraps lists with their pagination, whose links are queries and absent at the ends", async () => {
    const { client } = await Store.generated()
    const { body } = await client.get("/v3/catalog/products?limit=25&page=2&include_fields=name")
    const { pagination } = body.meta
    assert.deepInclude(pagination, { total: 60, count: 25, per_page: 25, current_page: 2, total_pages: 3 })
    assert.strictEqual(pagination.links.next, "?limit=25&page=3&include_fields=name")
    assert.hasAllKeys((await client.get("/v3/catalog/products?limit=25")).body.meta.pagination.links, [
      "current",
      "next"
    ])
    const last = await client.get("/v3/catalog/products?limit=25&page=3")
    assert.hasAllKeys(last.body.meta.pagination.links, ["current", "previous"])
    const past = await client.get("/v3/catalog/products?limit=25&page=4")
    assert.deepStrictEqual([past.status, past.body.data], [200, []])
  })

  it("writes dates as ISO 8601 and keeps only the chosen fields and the id", async () => {
    const { client } = await Store.generated()
    const { body } = await client.get("/v3/catalog/products?limit=1")
    assert.match(body.data[0].date_modified, iso8601)
    const chosen = await client.get("/v3/catalog/variants?limit=1&include_fields=sku,product_id")
    assert.hasAllKeys(chosen.body.data[0], ["id", "sku", "product_id"])
    const without = await client.get("/v3/catalog/products?limit=1&exclude_fields=name")
    assert.notProperty(without.body.data[0], "name")
  })

  it("takes 250 products a page, and ten when options are included", async () => {
    const { client } = await Store.generated()
    assert.strictEqual((await client.get("/v3/catalog/products?limit=251")).status, 422)
    assert.lengthOf((await client.get("/v3/catalog/products?limit=250&include=options")).body.data, 10)
    assert.strictEqual((await client.get("/v3/inventory/items?limit=1001")).status, 422)
  })

  it("answers null for what a product with options has not and a variant inherits", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct({ name: "Mug", sku: "MUG-1" })
    sandbox.addProduct({ name: "Shirt", sku: "SH", variants: [{ sku: "SH-S", options: { Size: "S" } }] })
    const products = (await client.get("/v3/catalog/products")).body.data
    assert.deepStrictEqual(
      products.map((product: { base_variant_id: number | null }) => product.base_variant_id),
      [145, null]
    )
    const variants = (await client.get("/v3/catalog/variants")).body.data
    assert.deepInclude(variants[0], { sku: "MUG-1", sku_id: null, price: null, option_values: [] })
    assert.deepInclude(variants[1], { sku: "SH-S", map_price: {} })
    assert.strictEqual(variants[1].option_values[0].option_display_name, "Size")
  })

  it("means that date at this time of day by a date without a time", async () => {
    const { client, sandbox, clock } = await Store.open()
    const early = sandbox.addProduct({ name: "Early", sku: "E" })
    await clock.advance(26 * 3_600_000)
    const today = new Date(clock.now()).toISOString().slice(0, 10)
    assert.strictEqual(today, "2026-08-06")
    const late = sandbox.addProduct({ name: "Late", sku: "L" })
    const sinceYesterday = await client.get("/v3/catalog/products?date_modified:min=2026-08-05")
    assert.deepStrictEqual(
      sinceYesterday.body.data.map((product: { id: number }) => product.id),
      [late],
      `product ${early} was changed at 14:00, and 16:00 is meant`
    )
  })

  it("says errors as an object whose text is in the title", async () => {
    const { client } = await Store.open()
    const bad = await client.get("/v3/catalog/products?limit=a")
    assert.strictEqual(bad.status, 422)
    assert.strictEqual(bad.body.title, 'Query parameter "limit" value must be integer. For input string: "a".')
    assert.deepStrictEqual(bad.body.errors, {})
    const missing = await client.get("/v3/catalog/products/999")
    assert.deepInclude(missing.body, { status: 404, title: "Not found" })
  })

  it("takes ten products and fifty variants a batch", async () => {
    const { client } = await Store.generated()
    const products = (await client.get("/v3/catalog/products?limit=11&include_fields=name")).body.data
    const tooMany = await client.put("/v3/catalog/products", products)
    assert.strictEqual(tooMany.status, 413)
    assert.include(tooMany.body.title, "The maximum items allowed in the array is 10.")
    const variants = (await client.get("/v3/catalog/variants?limit=51&include_fields=sku")).body.data
    const ids = variants.map(({ id }: { id: number }) => ({ id }))
    assert.strictEqual((await client.put("/v3/catalog/variants", ids)).status, 413)
    assert.strictEqual((await client.put("/v3/catalog/variants", ids.slice(1))).status, 200)
    const unknown = await client.put("/v3/catalog/variants", [{ id: 1 }])
    assert.strictEqual(unknown.status, 422)
    assert.isNotEmpty(unknown.body.batch_errors)
  })

  it("refuses a SKU that another variant carries", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct({ name: "Mug", sku: "MUG-1" })
    const other = sandbox.addProduct({ name: "Cup", sku: "CUP-1" })
    const reply = await client.put(`/v3/catalog/products/${other}`, { sku: "MUG-1" })
    assert.deepStrictEqual([reply.status, reply.body.title], [409, "Sku is not unique"])
    assert.strictEqual((await client.put(`/v3/catalog/products/${other}`, { sku: "CUP-2" })).status, 200)
    assert.lengthOf((await client.get("/v3/catalog/variants?sku=CUP-2")).body.data, 1)
    assert.lengthOf((await client.get("/v3/catalog/variants?sku=CUP-1")).body.data, 0)
  })

  it("splits sku:in at commas, so that a SKU with a comma is only found by sku", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct({ name: "Pair", sku: "A,B" })
    sandbox.addProduct({ name: "A", sku: "A" })
    const list = (await client.get(`/v3/catalog/products?sku:in=${encodeURIComponent("A,B")}`)).body.data
    assert.deepStrictEqual(
      list.map((product: { sku: string }) => product.sku),
      ["A"]
    )
    assert.lengthOf((await client.get(`/v3/catalog/products?sku=${encodeURIComponent("A,B")}`)).body.data, 1)
  })
})

describe("Who may ask", () => {
  it("refuses a wrong token and a wrong store in the version's own words", async () => {
    const { sandbox } = await Store.open()
    const wrong = Client.at(sandbox.apiUrl, { "X-Auth-Token": "nope" })
    const v2 = await wrong.get("/v2/time")
    assert.deepStrictEqual([v2.status, Array.isArray(v2.body)], [401, true])
    const v3 = await wrong.get("/v3/channels")
    assert.strictEqual(v3.status, 401)
    assert.match(v3.body.title, /^Unauthorized - the v3 Auth client ID or token/)
    const elsewhere = Client.at(`${sandbox.url}/stores/other`, { "X-Auth-Token": sandbox.accessToken })
    assert.strictEqual((await elsewhere.get("/v2/time")).status, 401)
  })

  it("lets a token read with the read-only scope and not write", async () => {
    const { client, sandbox } = await Store.open({ scopes: ["store_v2_orders_read_only"] })
    sandbox.addProduct({ name: "Mug", sku: "MUG-1", onHand: 5 })
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    assert.strictEqual((await client.get("/v2/orders")).status, 200)
    assert.strictEqual((await client.put(`/v2/orders/${order.id}`, { status_id: 2 })).status, 403)
    assert.strictEqual((await client.get("/v3/inventory/items")).status, 403)
    assert.strictEqual((await client.get("/v2/time")).status, 200)
    assert.strictEqual((await client.get("/v3/hooks")).status, 200)
  })

  it("answers everything with 503 while the store is suspended", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.settings.isSuspended = true
    const reply = await client.get("/v2/time")
    assert.strictEqual(reply.status, 503)
    assert.match(reply.body.title, /^The store is suspended/)
  })

  it("refuses bodies that are not JSON, by type and by text", async () => {
    const { sandbox } = await Store.open()
    const headers = { "X-Auth-Token": sandbox.accessToken }
    const url = `${sandbox.apiUrl}/v3/hooks`
    const plain = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "text/plain" },
      body: "{}"
    })
    assert.strictEqual(plain.status, 415)
    const json = { ...headers, "content-type": "application/json" }
    assert.strictEqual((await fetch(url, { method: "POST", headers: json, body: "{" })).status, 400)
  })

  it("answers unknown paths with 404 and known ones under another method with 405", async () => {
    const { client } = await Store.open()
    assert.strictEqual((await client.get("/v3/orders")).status, 404)
    assert.strictEqual((await client.post("/v3/inventory/adjustments/absolute", { items: [] })).status, 405)
  })
})
