import { assert, describe, it } from "@effect/vitest"
import * as Client from "./Client.ts"
import * as Receiver from "./Receiver.ts"
import * as Store from "./Store.ts"

describe("The control paths", () => {
  it("list themselves", async () => {
    const { sandbox } = await Store.open()
    const { body } = await Client.control(sandbox).get("")
    assert.isTrue(body.some((line: string) => line.startsWith("POST /_sandbox/orders/{id}/ship:")))
  })

  it("play shop from the first listing to the refund", async () => {
    const { sandbox } = await Store.open()
    const control = Client.control(sandbox)
    const product = (await control.post("/products", { name: "Mug", sku: "MUG-1", onHand: 5, price: 10 })).body.id
    const order = (await control.post("/orders", { lines: [{ sku: "MUG-1", quantity: 2 }], statusId: 7 })).body
    assert.deepInclude(order, { status: "Awaiting Payment", items_total: 2 })
    assert.strictEqual((await control.post(`/orders/${order.id}/pay`)).body.status_id, 11)
    const [line] = sandbox.order(order.id).lines
    assert.isDefined(line)
    const edited = await control.post(`/orders/${order.id}/edit`, { quantities: { [line.id]: 3 } })
    assert.strictEqual(edited.body.items_total, 3)
    const shipped = await control.post(`/orders/${order.id}/ship`, { items: [{ lineId: line.id, quantity: 1 }] })
    assert.strictEqual(shipped.status, 200)
    const items = [{ itemType: "PRODUCT", itemId: line.id, quantity: 1 }]
    assert.strictEqual(
      (await control.post(`/orders/${order.id}/refund`, { items, restock: true })).body.restock,
      undefined
    )
    assert.strictEqual(sandbox.stock({ sku: "MUG-1" }), 3)
    assert.deepInclude((await control.post("/stock", { sku: "MUG-1", receive: 4 })).body, { onHand: 7 })
    assert.strictEqual((await control.post(`/orders/${order.id}/cancel`)).body.status_id, 5)
    assert.strictEqual((await control.post(`/orders/${order.id}/archive`)).body.is_deleted, true)
    assert.strictEqual((await control.put(`/products/${product}`, { sku: "MUG-2" })).status, 204)
    assert.strictEqual((await control.put("/variants/145", { sku: "MUG-3" })).status, 204)
    assert.strictEqual(sandbox.stock({ sku: "MUG-3" }), 9)
    assert.strictEqual((await control.delete(`/products/${product}`)).status, 204)
  })

  it("say what is wrong with a body, and where", async () => {
    const { sandbox } = await Store.open()
    const control = Client.control(sandbox)
    const wrong = async (path: string, body: unknown) => {
      const reply = await control.post(path, body)
      assert.strictEqual(reply.status, 400)
      return reply.body.error
    }
    assert.strictEqual(await wrong("/orders", {}), "lines is missing")
    assert.strictEqual(await wrong("/orders", { lines: [{ sku: 7 }] }), "lines[0].sku must be a text")
    assert.strictEqual(await wrong("/orders", { lines: [{ skuu: "A" }] }), "lines[0].skuu is not known here")
    assert.strictEqual(
      await wrong("/stock", { sku: "A" }),
      "One of onHand, receive, safetyStock, isInStock, backorderLimit and refuse is missing"
    )
    assert.match(await wrong("/faults", { fault: { kind: "earthquake" } }), /^fault\.kind must be one of latency, /)
    assert.strictEqual((await control.post("/orders", { lines: [{ sku: "NONE" }] })).status, 400)
    assert.strictEqual((await control.post("/orders/1/pay")).status, 404)
    assert.strictEqual((await control.get("/nothing")).status, 404)
  })

  it("take no body that a web page could send unasked", async () => {
    const { sandbox } = await Store.open()
    const body = JSON.stringify({ isSuspended: true })
    const reply = await fetch(`${sandbox.url}/_sandbox/settings`, {
      method: "PUT",
      headers: { "content-type": "text/plain" },
      body
    })
    assert.strictEqual(reply.status, 415)
    assert.isFalse(sandbox.settings.isSuspended)
  })

  it("change settings, faults, quota and time", async () => {
    const { sandbox, client, clock } = await Store.open({ allowInsecureDestinations: true })
    const control = Client.control(sandbox)
    assert.strictEqual((await control.put("/settings", { plan: "standard" })).body.plan, "standard")
    assert.strictEqual((await control.post("/quota", { requests: 150 })).body.left, 0)
    assert.strictEqual((await client.get("/v2/time")).status, 429)
    await control.post("/clock/advance", { millis: 30_000 })
    assert.strictEqual(clock.now(), Store.noon + 30_000)
    assert.strictEqual((await client.get("/v2/time")).status, 200)
    await control.post("/faults", {
      match: { operation: "GET /v2/time" },
      fault: { kind: "serverError", body: "empty" }
    })
    assert.lengthOf((await control.get("/faults")).body, 1)
    assert.strictEqual((await client.get("/v2/time")).status, 500)
    assert.deepInclude((await control.get("/requests")).body.operations, { "GET /v2/time": 3 })
    const receiver = await Receiver.open()
    await client.post("/v3/hooks", { scope: "store/product/created", destination: receiver.url })
    await control.post("/webhook-faults", { fault: { kind: "doubled" } })
    await control.post("/products", { name: "Mug" })
    await sandbox.webhooks.idle()
    assert.lengthOf(receiver.received, 2)
    assert.lengthOf((await control.get("/deliveries")).body, 2)
    assert.strictEqual((await control.delete("/faults")).status, 204)
  })

  it("tell the owner's goods", async () => {
    const { sandbox } = await Store.generated()
    const { body } = await Client.control(sandbox).get("/merchant-items")
    assert.deepStrictEqual(body, JSON.parse(JSON.stringify([...sandbox.merchantItems()])))
  })
})
