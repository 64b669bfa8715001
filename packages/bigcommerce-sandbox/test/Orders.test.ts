import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { Order } from "../src/index.ts"
import { Refusal } from "../src/index.ts"
import { totals } from "../src/Order.ts"
import * as Money from "../src/Money.ts"
import type { Json } from "./Client.ts"
import * as Store from "./Store.ts"

const mug = { name: "Mug", sku: "MUG-1", price: 10, onHand: 10 }

const refusal = (run: () => unknown): Refusal => {
  try {
    run()
  } catch (cause) {
    assert.instanceOf(cause, Refusal)
    return cause
  }
  return assert.fail("was not refused")
}

describe("An order's amounts", () => {
  it("add up: totals of lines, costs and discounts, with tax and without", async () => {
    const { sandbox } = await Store.generated({ store: { products: 60, orders: 200 } })
    for (const order of sandbox.orders()) {
      const sums = totals(order)
      assert.strictEqual(sums.total.incTax, sums.total.exTax + sums.total.tax, `order ${order.id}`)
      const discounted = order.lines.reduce(
        (sum, line) =>
          sum +
          line.price.incTax * line.quantity -
          line.discounts.reduce((less, discount) => less + discount.amount, 0),
        0
      )
      assert.strictEqual(discounted, sums.subtotal.incTax - order.discount - sums.couponDiscount, `order ${order.id}`)
    }
  })

  it("are written exactly, whatever the prices", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }), (amount) => {
        assert.strictEqual(Money.parse(Money.text(amount)), amount)
        assert.strictEqual(Money.of(Money.decimal(amount)), amount)
      })
    )
    fc.assert(
      fc.property(fc.nat(10_000_000), fc.array(fc.nat(100_000), { minLength: 1, maxLength: 20 }), (total, weights) => {
        const shares = Money.split(total, weights)
        const sum = shares.reduce((left, right) => left + right, 0)
        assert.strictEqual(sum, weights.some((weight) => weight > 0) ? total : 0)
      })
    )
  })
})

const day = (days: number): number => Store.noon - days * 86_400_000

/** The filter by hand. */
const isWanted = (order: Order, wanted: Json): boolean =>
  (wanted.min_id === undefined || order.id >= wanted.min_id) &&
  (wanted.max_id === undefined || order.id <= wanted.max_id) &&
  (wanted.min_total === undefined || totals(order).total.incTax >= wanted.min_total * 10_000) &&
  (wanted.max_total === undefined || totals(order).total.incTax <= wanted.max_total * 10_000) &&
  (wanted.status_id === undefined || order.statusId === wanted.status_id) &&
  (wanted.customer_id === undefined || order.customerId === wanted.customer_id) &&
  (wanted.min_date_created === undefined || order.createdMillis >= day(wanted.min_date_created)) &&
  (wanted.max_date_modified === undefined || order.modifiedMillis <= day(wanted.max_date_modified)) &&
  !order.isArchived

describe("Lists of orders", () => {
  const filters = fc.record(
    {
      min_id: fc.integer({ min: 90, max: 200 }),
      max_id: fc.integer({ min: 90, max: 200 }),
      min_total: fc.integer({ min: 0, max: 300 }),
      max_total: fc.integer({ min: 0, max: 300 }),
      status_id: fc.integer({ min: 0, max: 14 }),
      customer_id: fc.integer({ min: 0, max: 8 }),
      min_date_created: fc.integer({ min: 0, max: 30 }),
      max_date_modified: fc.integer({ min: 0, max: 30 })
    },
    { requiredKeys: [] }
  )

  it("hold what a filter of all orders by hand holds, in the order asked for, each row once over all pages", async () => {
    const { client, sandbox } = await Store.generated()
    sandbox.archiveOrder(103)
    const sorts = ["id:asc", "id:desc", "date_modified:asc", "date_modified:desc", "status_id", "customer_id:desc"]
    await fc.assert(
      fc.asyncProperty(
        filters,
        fc.constantFrom(...sorts),
        fc.integer({ min: 3, max: 60 }),
        fc.boolean(),
        async (wanted, sort, limit, isIso) => {
          const write = (days: number): string =>
            isIso ? new Date(day(days)).toISOString() : new Date(day(days)).toUTCString().replace("GMT", "+0000")
          const query = new URLSearchParams({ sort, limit: String(limit) })
          for (const [key, value] of Object.entries(wanted)) {
            query.set(key, key.includes("date") ? write(value) : String(value))
          }
          const ids: Array<number> = []
          const rows: Array<Json> = []
          for (let page = 1; ; page++) {
            query.set("page", String(page))
            const reply = await client.get(`/v2/orders?${query.toString()}`)
            if (reply.status === 204) break
            assert.strictEqual(reply.status, 200, reply.text)
            assert.isAtMost(reply.body.length, limit)
            ids.push(...reply.body.map((row: Json) => row.id))
            rows.push(...reply.body)
          }
          const expected = sandbox.orders().filter((order) => isWanted(order, wanted))
          assert.deepStrictEqual(
            ids.toSorted((a, b) => a - b),
            expected.map((order) => order.id)
          )
          const [field = "id", direction = "asc"] = sort.split(":")
          const keys = rows.map((row) => (field.startsWith("date") ? Date.parse(row[field]) : row[field]))
          const inOrder = keys.toSorted((a, b) => (direction === "asc" ? a - b : b - a))
          assert.deepStrictEqual(keys, inOrder)
          query.delete("page")
          assert.strictEqual((await client.get(`/v2/orders/count?${query.toString()}`)).body.count, expected.length)
        }
      ),
      { numRuns: 40 }
    )
  })

  it("hide archived orders unless asked for, and keep them readable by id", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    assert.strictEqual((await client.delete(`/v2/orders/${order.id}`)).status, 204)
    assert.strictEqual((await client.get("/v2/orders")).status, 204)
    assert.lengthOf((await client.get("/v2/orders?is_deleted=true")).body, 1)
    assert.isTrue((await client.get(`/v2/orders/${order.id}`)).body.is_deleted)
    sandbox.settings.listsArchivedOrders = true
    assert.lengthOf((await client.get("/v2/orders")).body, 1)
  })
})

const names = (lines: ReadonlyArray<Json>) => lines.map((line) => `${line.quantity} ${line.name}`)

describe("Lines", () => {
  it("go where they are sent, collected, downloaded or mailed", async () => {
    const { client, sandbox } = await Store.open({ store: { products: 0, orders: 0, locations: 2 } })
    sandbox.addProduct(mug)
    const pdf = sandbox.addProduct({ name: "Guide", sku: "PDF-1", isDigital: true, tracking: "none" })
    sandbox.setStock({ sku: "MUG-1" }, 5, 2)
    const order = sandbox.placeOrder({
      addresses: [{ city: "Austin" }, { city: "Boise" }],
      lines: [
        { sku: "MUG-1", quantity: 2 },
        { sku: "MUG-1", quantity: 1, address: 1 },
        { productId: pdf },
        { giftCertificate: { recipientEmail: "friend@example.com" }, price: 25 },
        { custom: { name: "Engraving" }, price: 5 },
        { sku: "MUG-1", pickupAt: 2 }
      ]
    })
    const query = "include=consignments.line_items&consignment_structure=object"
    const { body } = await client.get(`/v2/orders/${order.id}?${query}`)
    const { consignments } = body
    assert.deepStrictEqual(
      consignments.shipping.map((to: Json) => [to.city, names(to.line_items)]),
      [
        ["Austin", ["2 Mug", "1 Engraving"]],
        ["Boise", ["1 Mug"]]
      ]
    )
    assert.deepStrictEqual(names(consignments.downloads[0].line_items), ["1 Guide"])
    assert.deepStrictEqual(names(consignments.email.gift_certificates[0].line_items), ["1 Gift Certificate"])
    assert.deepInclude(consignments.pickups[0].location, { id: 2, name: "Location 2" })
    assert.deepStrictEqual(names(consignments.pickups[0].line_items), ["1 Mug"])
    assert.strictEqual(body.items_total, 7)
    const engraving = order.lines[4]
    assert.deepInclude(engraving, { productId: 0, variantId: 0, sku: "" })
    assert.deepStrictEqual([sandbox.stock({ sku: "MUG-1" }, 1), sandbox.stock({ sku: "MUG-1" }, 2)], [7, 4])
  })

  it("of a bundle stand beside their parent, with price 0, and take stock", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    sandbox.addProduct({ name: "Towel", sku: "TWL", onHand: 10 })
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1", quantity: 2, parts: [{ sku: "TWL", quantity: 3 }] }] })
    const [parent, child] = (await client.get(`/v2/orders/${order.id}/products`)).body
    assert.deepInclude(child, {
      sku: "TWL",
      quantity: 6,
      is_bundled_product: true,
      parent_order_product_id: parent.id,
      total_inc_tax: "0.0000"
    })
    assert.strictEqual(sandbox.stock({ sku: "TWL" }), 4)
  })

  it("keep their SKU when the listing is renamed or deleted", async () => {
    const { client, sandbox } = await Store.open()
    const id = sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    sandbox.editProduct(id, { sku: "MUG-9" })
    assert.strictEqual((await client.get(`/v2/orders/${order.id}/products`)).body[0].sku, "MUG-1")
    sandbox.deleteProduct(id)
    sandbox.cancelOrder(order.id)
    assert.strictEqual((await client.get(`/v2/orders/${order.id}/products`)).body[0].product_id, id)
  })
})

describe("Writing orders", () => {
  it("creates by POST with the stock check of the shop", async () => {
    const { client, sandbox } = await Store.open()
    const id = sandbox.addProduct(mug)
    const billing = { first_name: "Jane", last_name: "Doe", zip: "78751", email: "jane@example.com" }
    const create = (quantity: number) =>
      client.post("/v2/orders", {
        status_id: 11,
        billing_address: billing,
        products: [
          { product_id: id, quantity },
          { name: "Extra", quantity: 1, price_ex_tax: 5, price_inc_tax: 5.5 }
        ]
      })
    const created = await create(4)
    assert.strictEqual(created.status, 200, created.text)
    assert.deepInclude(created.body, { status_id: 11, items_total: 5, subtotal_ex_tax: "45.0000" })
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 6)
    const short = await create(7)
    assert.strictEqual(short.status, 409)
    assert.deepInclude(short.body[0].details.errors[0], { type: "OutOfStock", location_id: 1, available_quantity: 6 })
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 6)
  })

  it("refuses read-only fields by name", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    const reply = await client.put(`/v2/orders/${order.id}`, { date_shipped: "x" })
    const message =
      "The field 'date_shipped' cannot be written to. Please remove it from your request before trying again."
    assert.deepStrictEqual([reply.status, reply.body[0].message], [400, message])
  })

  it("replaces all fees by those that are sent", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const fees = [
      { name: "A", cost: 1 },
      { name: "B", cost: 2 }
    ]
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }], fees })
    const [, second] = (await client.get(`/v2/orders/${order.id}/fees`)).body.fees
    const put = await client.put(`/v2/orders/${order.id}`, {
      fees: [{ id: second.id }, { display_name_merchant: "C", cost_ex_tax: "3.0000", cost_inc_tax: "3.3000" }]
    })
    assert.strictEqual(put.status, 200, put.text)
    const after = (await client.get(`/v2/orders/${order.id}/fees`)).body.fees
    assert.deepStrictEqual(
      after.map((fee: Json) => [fee.display_name_merchant, fee.cost_ex_tax]),
      [
        ["B", "2.0000"],
        ["C", "3.0000"]
      ]
    )
  })

  it("clears the discounts of a line that it changes", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }, { sku: "MUG-1" }], discount: 4 })
    const line = order.lines[0]?.id
    const put = await client.put(`/v2/orders/${order.id}`, { products: [{ id: line, quantity: 2 }] })
    assert.strictEqual(put.body.discount_amount, "2.0000")
    const products = (await client.get(`/v2/orders/${order.id}/products`)).body
    assert.deepStrictEqual(
      products.map((product: Json) => product.applied_discounts.length),
      [0, 1]
    )
  })

  it("keeps our own order number and finds the order by it", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    await client.put(`/v2/orders/${order.id}`, { external_order_id: "SO-17" })
    assert.strictEqual((await client.get("/v2/orders?external_order_id=SO-17")).body[0].id, order.id)
  })
})

describe("When orders move stock", () => {
  it("moves it at placement and gives it back on cancelling, unless the order was never completed", async () => {
    const { sandbox } = await Store.open()
    sandbox.addProduct(mug)
    sandbox.placeOrder({ lines: [{ sku: "MUG-1" }], statusId: 0 })
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 10)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1", quantity: 4 }], statusId: 7 })
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 6)
    sandbox.payOrder(order.id)
    assert.strictEqual(sandbox.order(order.id).statusId, 11)
    sandbox.cancelOrder(order.id)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 10)
    sandbox.setOrderStatus(order.id, 11)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 6)
  })

  it("moves it at shipment or completion when the setting says so", async () => {
    const { sandbox } = await Store.open({ updateStockBehavior: "order_completed_or_shipped" })
    sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1", quantity: 4 }] })
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 10)
    const [line] = order.lines
    sandbox.shipOrder(order.id, { items: [{ lineId: line?.id ?? 0, quantity: 1 }] })
    assert.deepStrictEqual([sandbox.order(order.id).statusId, sandbox.stock({ sku: "MUG-1" })], [3, 10])
    sandbox.shipOrder(order.id)
    assert.deepStrictEqual([sandbox.order(order.id).statusId, sandbox.stock({ sku: "MUG-1" })], [2, 6])
  })

  it("keeps it after cancelling when the setting says so", async () => {
    const { sandbox } = await Store.open({ settings: { refundOrderStockAdjustment: false } })
    sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    sandbox.cancelOrder(order.id)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 9)
  })

  it("follows edits only when the setting says so", async () => {
    for (const isAdjusting of [true, false]) {
      const { sandbox } = await Store.open({ settings: { editOrderStockAdjustment: isAdjusting } })
      sandbox.addProduct(mug)
      const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1", quantity: 4 }] })
      sandbox.editOrder(order.id, { quantities: { [order.lines[0]?.id ?? 0]: 1 }, addLines: [{ sku: "MUG-1" }] })
      assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), isAdjusting ? 8 : 6)
    }
  })

  it("sells from the default location, or where enough lies once support has switched that on", async () => {
    const { sandbox } = await Store.open({ store: { products: 0, orders: 0, locations: 2 } })
    sandbox.addProduct({ ...mug, onHand: 1 })
    sandbox.setStock({ sku: "MUG-1" }, 9, 2)
    const order = { lines: [{ sku: "MUG-1", quantity: 3 }] }
    assert.strictEqual(refusal(() => sandbox.placeOrder(order)).status, 409)
    sandbox.settings.sellsFrom = "allLocations"
    sandbox.placeOrder(order)
    assert.deepStrictEqual([sandbox.stock({ sku: "MUG-1" }, 1), sandbox.stock({ sku: "MUG-1" }, 2)], [1, 6])
  })

  it("counts two lines of the same goods together when it checks", async () => {
    const { sandbox } = await Store.open()
    sandbox.addProduct({ ...mug, onHand: 1 })
    const lines = [{ sku: "MUG-1" }, { sku: "MUG-1" }]
    assert.strictEqual(refusal(() => sandbox.placeOrder({ lines })).status, 409)
    assert.strictEqual(sandbox.placeOrder({ lines, oversell: true }).lines.length, 2)
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), -1)
  })
})

describe("Shipments", () => {
  it("move the order to partially shipped and shipped, and answer 201", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1", quantity: 3 }] })
    const [line] = order.lines
    const ship = (quantity: number, more = {}) =>
      client.post(`/v2/orders/${order.id}/shipments`, {
        order_address_id: order.addresses[0]?.id,
        tracking_number: "EJ958083578US",
        shipping_provider: "usps",
        items: [{ order_product_id: line?.id, quantity }],
        ...more
      })
    const first = await ship(1)
    assert.strictEqual(first.status, 201)
    assert.deepInclude(first.body, { tracking_number: "EJ958083578US", shipping_provider_display_name: "USPS" })
    assert.deepStrictEqual(first.body.items, [{ order_product_id: line?.id, product_id: 0, quantity: 1 }])
    assert.include(first.body.generated_tracking_link, "EJ958083578US")
    assert.strictEqual(sandbox.order(order.id).statusId, 3)
    assert.strictEqual((await ship(3)).status, 400)
    assert.strictEqual((await ship(2)).status, 201)
    assert.strictEqual(sandbox.order(order.id).statusId, 2)
    assert.lengthOf((await client.get(`/v2/orders/${order.id}/shipments`)).body, 2)
    const path = `/v2/orders/${order.id}/shipments/${first.body.id}`
    assert.strictEqual((await client.delete(path)).status, 204)
    assert.deepStrictEqual([sandbox.order(order.id).statusId, line?.quantityShipped], [2, 2])
  })

  it("refuse a product id, no items, another address, digital goods, long tracking and items in a PUT", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const pdf = sandbox.addProduct({ name: "Guide", sku: "PDF-1", isDigital: true, tracking: "none" })
    const order = sandbox.placeOrder({
      addresses: [{}, {}],
      lines: [{ sku: "MUG-1" }, { productId: pdf }, { sku: "MUG-1", address: 1 }]
    })
    const [first, digital, second] = order.lines.map((line) => line.id)
    const [one] = order.addresses.map((address) => address.id)
    const post = async (body: object) =>
      (await client.post(`/v2/orders/${order.id}/shipments`, { order_address_id: one, ...body })).status
    assert.strictEqual(await post({ items: [{ order_product_id: first, product_id: 77, quantity: 1 }] }), 400)
    assert.strictEqual(await post({}), 400)
    assert.strictEqual(await post({ items: [{ order_product_id: second, quantity: 1 }] }), 400)
    assert.strictEqual(await post({ items: [{ order_product_id: digital, quantity: 1 }] }), 400)
    const items = [{ order_product_id: first, quantity: 1 }]
    assert.strictEqual(await post({ items, tracking_number: "x".repeat(51) }), 400)
    assert.strictEqual(await post({ items, shipping_provider: "pigeon" }), 400)
    assert.strictEqual(sandbox.order(order.id).statusId, 11)
    assert.strictEqual(await post({ items, shipping_provider: "carrier_7" }), 201)
    const [shipment] = (await client.get(`/v2/orders/${order.id}/shipments`)).body
    const path = `/v2/orders/${order.id}/shipments/${shipment.id}`
    assert.strictEqual((await client.put(path, { items })).status, 400)
    assert.strictEqual((await client.put(path, { tracking_number: "T-2" })).body.tracking_number, "T-2")
  })
})

describe("Refunds", () => {
  const pay = [{ provider_id: "braintree", amount: 1 }]

  it("through the API never restock; in the panel they do when the setting says so", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1", quantity: 4 }] })
    const itemId = order.lines[0]?.id ?? 0
    const path = `/v3/orders/${order.id}/payment_actions/refunds`
    const items = [{ item_type: "PRODUCT", item_id: itemId, quantity: 1 }]
    const reply = await client.post(path, { items, payments: pay })
    assert.strictEqual(reply.status, 201, reply.text)
    assert.deepInclude(reply.body.data, { order_id: order.id, total_amount: 10.83 })
    assert.deepStrictEqual([sandbox.order(order.id).statusId, sandbox.stock({ sku: "MUG-1" })], [14, 6])
    sandbox.refundOrder(order.id, { items: [{ itemType: "PRODUCT", itemId, quantity: 1 }], restock: true })
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 7)
    const [line] = (await client.get(`/v2/orders/${order.id}/products`)).body
    assert.deepInclude(line, { quantity: 4, quantity_refunded: 2, is_refunded: false })
    assert.strictEqual((await client.post(path, { items: [{ ...items[0], quantity: 3 }], payments: pay })).status, 422)
  })

  it("of everything make the order refunded", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    const amount = totals(order).total.incTax / 10_000
    const items = [{ item_type: "ORDER", item_id: order.id, amount }]
    await client.post(`/v3/orders/${order.id}/payment_actions/refunds`, { items, payments: pay })
    assert.strictEqual(sandbox.order(order.id).statusId, 4)
  })

  it("of many orders come in one list without pagination", async () => {
    const { client, sandbox } = await Store.generated()
    const refunds = sandbox.shop.refunds.all()
    assert.isAbove(refunds.length, 2)
    const ids = [...new Set(refunds.map((refund) => refund.orderId))]
    const { body } = await client.get(`/v3/orders/payment_actions/refunds?order_id:in=${ids.join(",")}`)
    assert.deepStrictEqual([body.data.length, body.meta], [refunds.length, {}])
    assert.isNumber(body.data[0].total_amount)
  })

  it("stand beside the payment in the transactions, whose order id is a text", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const unpaid = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }], statusId: 7 })
    assert.strictEqual((await client.get(`/v3/orders/${unpaid.id}/transactions`)).status, 204)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    sandbox.refundOrder(order.id, { items: [{ itemType: "ORDER", itemId: order.id, amount: 2 }] })
    const { data } = (await client.get(`/v3/orders/${order.id}/transactions`)).body
    assert.deepStrictEqual(
      data.map((entry: Json) => [entry.event, entry.order_id]),
      [
        ["purchase", String(order.id)],
        ["refund", String(order.id)]
      ]
    )
  })
})

describe("Metafields", () => {
  it("keep an app's notes on an order, one for each namespace and key", async () => {
    const { client, sandbox } = await Store.open()
    sandbox.addProduct(mug)
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    const path = `/v3/orders/${order.id}/metafields`
    const field = { permission_set: "app_only", namespace: "stockport", key: "shipment", value: "1" }
    const created = await client.post(path, field)
    assert.strictEqual(created.status, 200)
    assert.strictEqual((await client.post(path, field)).status, 409)
    assert.lengthOf((await client.get(`${path}?namespace=stockport&key=shipment`)).body.data, 1)
    const one = `${path}/${created.body.data.id}`
    assert.strictEqual((await client.put(one, { ...field, value: "2" })).body.data.value, "2")
    assert.strictEqual((await client.delete(one)).status, 204)
    assert.strictEqual((await client.get(one)).status, 404)
  })
})
