import { assert, describe, it } from "@effect/vitest"
import type { Json } from "./Client.ts"
import * as Store from "./Store.ts"

describe("A spoilt row", () => {
  it("comes back as it was spoilt, in lists and by itself, and the others as they are", async () => {
    const { client, sandbox } = await Store.open({ store: {} })
    const [first, second] = sandbox.orders().filter(({ isArchived }) => !isArchived)
    assert.isDefined(first)
    assert.isDefined(second)
    const undo = sandbox.spoiltRows.add({ what: "order", id: first.id, path: "status_id", value: 99 })
    sandbox.spoiltRows.add({ what: "order", id: first.id, path: "billing_address.zip", value: [1] })
    const statuses = async () => {
      const { body } = await client.get(`/v2/orders?min_id=${first.id}&limit=2&sort=id:asc`)
      return body.map(({ status_id }: Json) => status_id)
    }
    assert.deepStrictEqual(await statuses(), [99, second.statusId])
    const one = (await client.get(`/v2/orders/${first.id}`)).body
    assert.deepStrictEqual([one.status_id, one.billing_address.zip], [99, [1]])
    undo()
    assert.deepStrictEqual(await statuses(), [first.statusId, second.statusId])
    sandbox.spoiltRows.clear()
    assert.isEmpty(sandbox.spoiltRows.all())
  })

  it("may be a product, one of its variants, or an item of stock", async () => {
    const { client, sandbox } = await Store.open({ store: {} })
    sandbox.spoiltRows.add({ what: "product", id: 77, path: "inventory_tracking", value: "warehouse" })
    sandbox.spoiltRows.add({ what: "product", id: 78, path: "variants.0.sku", value: {} })
    sandbox.spoiltRows.add({ what: "item", id: 145, path: "locations.0.total_inventory_onhand", value: "many" })
    const products = (await client.get("/v3/catalog/products?id:in=77,78&include=variants")).body.data
    assert.strictEqual(products[0].inventory_tracking, "warehouse")
    assert.deepStrictEqual(products[1].variants[0].sku, {})
    const [item] = (await client.get("/v3/inventory/items?variant_id:in=145")).body.data
    assert.strictEqual(item.locations[0].total_inventory_onhand, "many")
  })
})

describe("What an owner keeps back or adds", () => {
  it("is told with the level, and decides what shoppers can buy", async () => {
    const { client, sandbox } = await Store.open({ store: "empty" })
    sandbox.addProduct({ name: "Mug", sku: "MUG", onHand: 10 })
    const level = async () => (await client.get("/v3/inventory/items?sku:in=MUG")).body.data[0].locations[0]
    const buy = (quantity: number) => sandbox.placeOrder({ lines: [{ sku: "MUG", quantity }] })
    sandbox.setSafetyStock({ sku: "MUG" }, 4)
    assert.deepInclude(await level(), { total_inventory_onhand: 10, available_to_sell: 6 })
    assert.throws(() => buy(7), "out of stock")
    sandbox.setSafetyStock({ sku: "MUG" }, 0)
    sandbox.setBackorders({ sku: "MUG" }, 5)
    buy(12)
    assert.deepInclude(await level(), { total_inventory_onhand: 0, qty_backordered: 2, available_to_sell: 3 })
    assert.strictEqual((await level()).settings.backorder_limit, 5)
    sandbox.setInStock({ sku: "MUG" }, false)
    assert.throws(() => buy(1), "out of stock")
  })

  it("is announced by a webhook that names the location", async () => {
    const { sandbox } = await Store.open({ store: "empty" })
    const scopes: Array<string> = []
    sandbox.shop.events.subscribe(({ data, scope }) => void scopes.push(`${scope} ${String(data["location_id"])}`))
    sandbox.addProduct({ name: "Mug", sku: "MUG", onHand: 10 })
    sandbox.setInStock({ sku: "MUG" }, false)
    assert.include(scopes, "store/channel/*/inventory/product/settings_changed 1")
  })
})

describe("An item whose adjustments are refused", () => {
  it("is refused with its request until that is taken back", async () => {
    const { client, sandbox } = await Store.open({ store: "empty" })
    sandbox.addProduct({ name: "Mug", sku: "MUG", onHand: 10 })
    const set = (quantity: number) =>
      client.put("/v3/inventory/adjustments/absolute", {
        reason: "test",
        items: [{ location_id: 1, sku: "MUG", quantity }]
      })
    sandbox.refuseAdjustments({ sku: "MUG" }, "is locked")
    const refused = await set(5)
    assert.strictEqual(refused.status, 422)
    assert.include(refused.body.title, "[sku MUG] is locked")
    sandbox.refuseAdjustments({ sku: "MUG" }, undefined)
    assert.strictEqual((await set(5)).status, 200)
    assert.strictEqual(sandbox.stock({ sku: "MUG" }), 5)
  })
})

describe("A channel with settings of its own", () => {
  it("tells them by its id, and its orders move stock by them", async () => {
    const channels = { 2: { updateStockBehavior: "order_completed_or_shipped" } } as const
    const { client, sandbox } = await Store.open({ store: "empty", settings: { channels } })
    sandbox.addProduct({ name: "Mug", sku: "MUG", onHand: 10 })
    const settings = async (query = "") => (await client.get(`/v3/settings/inventory${query}`)).body.data
    assert.strictEqual((await settings()).update_stock_behavior, "order_placed")
    assert.strictEqual((await settings("?channel_id=2")).update_stock_behavior, "order_completed_or_shipped")
    assert.isNull((await settings("?channel_id=2")).edit_order_stock_adjustment)
    assert.isNull((await settings("?channel_id=1")).update_stock_behavior)
    sandbox.placeOrder({ lines: [{ sku: "MUG", quantity: 1 }] })
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG", quantity: 3 }], channelId: 2 })
    assert.strictEqual(sandbox.stock({ sku: "MUG" }), 9)
    sandbox.shipOrder(order.id)
    assert.strictEqual(sandbox.stock({ sku: "MUG" }), 6)
  })
})
