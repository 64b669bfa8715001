import { createHmac } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { retryDelaysSeconds, scopeMatches } from "../src/Webhooks.ts"
import * as Receiver from "./Receiver.ts"
import * as Store from "./Store.ts"

/** A store with a mug, a receiver, and a hook from one to the other. */
const hooked = async (scope = "store/order/*") => {
  const opened = await Store.open({ allowInsecureDestinations: true, clientSecret: "very secret" })
  const receiver = await Receiver.open()
  opened.sandbox.addProduct({ name: "Mug", sku: "MUG-1", onHand: 1000 })
  const created = await opened.client.post("/v3/hooks", {
    scope,
    destination: receiver.url,
    is_active: true,
    headers: { "x-our-secret": "hush" }
  })
  assert.strictEqual(created.status, 200, created.text)
  return { ...opened, receiver, hookId: created.body.data.id as number }
}

const scopes = (receiver: Receiver.Receiver): ReadonlyArray<string> => receiver.received.map(({ body }) => body.scope)

describe("Hooks", () => {
  it("are created with 200 and their account's id, and read, changed and deleted by it", async () => {
    const { client, hookId, sandbox } = await hooked()
    const path = `/v3/hooks/${hookId}`
    const { data } = (await client.get(path)).body
    assert.deepInclude(data, { client_id: sandbox.clientId, store_hash: "sandbox1", is_active: true })
    assert.strictEqual(data.created_at, Store.noon / 1000)
    assert.isFalse((await client.put(path, { is_active: false })).body.data.is_active)
    assert.lengthOf((await client.get("/v3/hooks?is_active=true")).body.data, 0)
    assert.strictEqual((await client.delete(path)).body.data.id, hookId)
    assert.strictEqual((await client.get(path)).status, 404)
  })

  it("go to https on port 443 only", async () => {
    const { client } = await Store.open()
    const create = async (destination: string) =>
      (await client.post("/v3/hooks", { scope: "store/order/created", destination })).status
    assert.strictEqual(await create("http://example.com/x"), 400)
    assert.strictEqual(await create("https://example.com:8443/x"), 400)
    assert.strictEqual(await create("nonsense"), 422)
    assert.strictEqual(await create("https://example.com/x"), 200)
    const missing = await client.post("/v3/hooks", { scope: "store/order/created" })
    assert.deepStrictEqual([missing.status, missing.body.errors], [422, { destination: "error.path.missing." }])
  })

  it("are one for each scope and destination, and ten for each scope", async () => {
    const { client } = await Store.open()
    const create = async (at: number, scope = "store/order/created") =>
      (await client.post("/v3/hooks", { scope, destination: `https://example.com/${at}` })).status
    for (let at = 0; at < 10; at++) assert.strictEqual(await create(at), 200)
    assert.strictEqual(await create(0), 422)
    assert.strictEqual(await create(10), 422)
    assert.strictEqual(await create(0, "store/order/updated"), 200)
  })

  it("cover scopes by stars", () => {
    assert.isTrue(scopeMatches("store/order/*", "store/order/created"))
    assert.isTrue(scopeMatches("store/order/*", "store/order/refund/created"))
    assert.isTrue(scopeMatches("store/channel/*/order/created", "store/channel/1/order/created"))
    assert.isFalse(scopeMatches("store/order/*", "store/product/created"))
    assert.isFalse(scopeMatches("store/order/created", "store/order/updated"))
    const stock = "store/channel/*/inventory/product/stock_changed"
    assert.isTrue(scopeMatches(stock, stock))
  })
})

describe("Deliveries", () => {
  it("carry pointers, the hook's headers and a Standard Webhooks signature", async () => {
    const { sandbox, receiver } = await hooked("store/order/created")
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    await sandbox.webhooks.idle()
    const [delivery] = receiver.received
    assert.isDefined(delivery)
    const { headers, raw, body } = delivery
    assert.deepStrictEqual(body.data, { type: "order", id: order.id })
    assert.deepInclude(body, { scope: "store/order/created", store_id: "1025646", producer: "stores/sandbox1" })
    assert.strictEqual(body.created_at, Store.noon / 1000)
    assert.match(body.hash, /^[0-9a-f]{40}$/)
    assert.strictEqual(headers["x-our-secret"], "hush")
    assert.strictEqual(headers["webhook-timestamp"], String(Store.noon / 1000))
    const signed = `${String(headers["webhook-id"])}.${String(headers["webhook-timestamp"])}.${raw}`
    const expected = createHmac("sha256", Buffer.from("very secret")).update(signed).digest("base64")
    assert.strictEqual(headers["webhook-signature"], `v1,${expected}`)
  })

  it("tell of every step of an order's life, in order", async () => {
    const { sandbox, receiver } = await hooked()
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }], statusId: 7 })
    sandbox.payOrder(order.id)
    sandbox.refundOrder(order.id, { items: [{ itemType: "ORDER", itemId: order.id, amount: 1 }] })
    sandbox.addMessage(order.id, "Hello")
    sandbox.archiveOrder(order.id)
    await sandbox.webhooks.idle()
    assert.deepStrictEqual(scopes(receiver), [
      "store/order/created",
      "store/order/updated",
      "store/order/statusUpdated",
      "store/order/refund/created",
      "store/order/updated",
      "store/order/statusUpdated",
      "store/order/message/created",
      "store/order/updated",
      "store/order/archived"
    ])
    const changed = receiver.received[2]?.body.data.status
    assert.deepStrictEqual(changed, { previous_status_id: 7, new_status_id: 11 })
  })

  it("echo our own stock writes as absolute and the shop's sales as relative", async () => {
    const { client, sandbox, receiver } = await hooked("store/product/inventory/updated")
    sandbox.placeOrder({ lines: [{ sku: "MUG-1", quantity: 3 }] })
    await client.put("/v3/inventory/adjustments/absolute", { items: [{ location_id: 1, sku: "MUG-1", quantity: 8 }] })
    await sandbox.webhooks.idle()
    assert.deepStrictEqual(
      receiver.received.map(({ body }) => body.data.inventory),
      [
        { product_id: 77, method: "relative", value: -3 },
        { product_id: 77, method: "absolute", value: 8 }
      ]
    )
  })

  it("are tried again after the documented delays under the same id, then the hook is deactivated", async () => {
    const { sandbox, receiver, clock, client, hookId } = await hooked("store/order/created")
    receiver.status = 500
    sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    await sandbox.webhooks.idle()
    for (const [at, seconds] of retryDelaysSeconds.entries()) {
      await clock.advance(seconds * 1000 - 1)
      assert.lengthOf(receiver.received, at + 1)
      await clock.advance(1)
      assert.lengthOf(receiver.received, at + 2)
    }
    const ids = receiver.received.map(({ headers }) => headers["webhook-id"])
    assert.lengthOf(new Set(ids), 1)
    assert.strictEqual(clock.now() - Store.noon, 173_040_000)
    const health = (await client.get("/v3/hooks/admin")).body.data
    assert.deepInclude(health.hooks_list[0], { id: hookId, is_active: false, status: "deactivated" })
    sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    await sandbox.webhooks.idle()
    assert.lengthOf(receiver.received, 12)
    receiver.status = 204
    await client.put(`/v3/hooks/${hookId}`, { is_active: true })
    sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    await sandbox.webhooks.idle()
    assert.lengthOf(receiver.received, 13)
  })

  it("end with the first answer in the two hundreds", async () => {
    const { sandbox, receiver, clock } = await hooked("store/order/created")
    receiver.status = 302
    sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    await sandbox.webhooks.idle()
    receiver.status = 202
    await clock.advance(200_000_000)
    assert.lengthOf(receiver.received, 2)
  })

  it("of failures are told to the account's own hook for exceptions", async () => {
    const { sandbox, receiver, client, hookId } = await hooked("store/order/created")
    const watcher = await Receiver.open()
    await client.post("/v3/hooks", { scope: "store/hook/deliveryException", destination: watcher.url })
    receiver.status = 500
    sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    await sandbox.webhooks.idle()
    assert.deepInclude(watcher.received[0]?.body.data, { type: "webhook", id: hookId, error_code: 90_001 })
  })

  it("stop for three minutes when a domain fails too often, and the lost ones come later", async () => {
    const { sandbox, receiver, client, clock } = await hooked("store/order/created")
    receiver.status = 500
    for (let at = 0; at < 120; at++) sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    await sandbox.webhooks.idle()
    assert.lengthOf(receiver.received, 100)
    assert.lengthOf((await client.get("/v3/hooks/admin")).body.data.blocked_domains, 1)
    receiver.status = 200
    await clock.advance(600_000)
    await sandbox.webhooks.idle()
    const arrived = new Set(receiver.received.map(({ headers }) => headers["webhook-id"]))
    assert.lengthOf(arrived, 120)
    assert.lengthOf((await client.get("/v3/hooks/admin")).body.data.blocked_domains, 0)
  })

  it("end after ninety days without events", async () => {
    const { client, clock } = await hooked("store/order/created")
    await clock.advance(90 * 86_400_000 + 1)
    assert.isFalse((await client.get("/v3/hooks")).body.data[0].is_active)
  })

  it("are lost, late, doubled and reordered on demand", async () => {
    const { sandbox, receiver, clock } = await hooked("store/order/created")
    const place = async () => {
      const order = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
      await sandbox.webhooks.idle()
      return order.id
    }
    const ids = () => receiver.received.map(({ body }) => body.data.id)
    sandbox.webhooks.addFault({ fault: { kind: "lost" } })
    await place()
    assert.deepStrictEqual(ids(), [])
    sandbox.webhooks.addFault({ fault: { kind: "late", millis: 5000 } })
    const late = await place()
    const early = await place()
    await clock.advance(5000)
    assert.deepStrictEqual(ids(), [early, late])
    sandbox.webhooks.addFault({ fault: { kind: "doubled", times: 3 } })
    const doubled = await place()
    assert.deepStrictEqual(ids().slice(2), [doubled, doubled, doubled])
    const hashes = new Set(receiver.received.slice(2).map(({ body }) => body.hash))
    assert.lengthOf(hashes, 1)
    sandbox.webhooks.addFault({ fault: { kind: "reordered" } })
    const [second, first] = [await place(), await place()]
    assert.deepStrictEqual(ids().slice(5), [first, second])
    sandbox.webhooks.addFault({ scope: "store/order/created", fault: { kind: "reordered" } })
    const alone = await place()
    await clock.advance(60_000)
    assert.strictEqual(ids().at(-1), alone)
  })
})
