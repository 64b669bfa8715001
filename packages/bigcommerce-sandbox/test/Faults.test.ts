import { assert, describe, it } from "@effect/vitest"
import type { Fault } from "../src/index.ts"
import * as Store from "./Store.ts"

const stocked = async () => {
  const opened = await Store.open()
  opened.sandbox.addProduct({ name: "Mug", sku: "MUG-1", onHand: 10 })
  const order = opened.sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
  const shipment = {
    order_address_id: order.addresses[0]?.id,
    items: [{ order_product_id: order.lines[0]?.id, quantity: 1 }]
  }
  const ship = () => opened.client.post(`/v2/orders/${order.id}/shipments`, shipment)
  return { ...opened, order, ship }
}

const isCut = (call: Promise<unknown>): Promise<boolean> =>
  call.then(
    () => false,
    () => true
  )

describe("Faults", () => {
  it("meet the requests they name, so often, after so many, and are gone", async () => {
    const { client, sandbox } = await stocked()
    const match = { operation: "GET /v2/orders" }
    sandbox.faults.add({ match, fault: { kind: "serverError", status: 502 }, times: 2, skip: 1 })
    const statuses: Array<number> = []
    for (let time = 0; time < 5; time++) statuses.push((await client.get("/v2/orders?limit=1")).status)
    assert.deepStrictEqual(statuses, [200, 502, 502, 200, 200])
    assert.strictEqual((await client.get("/v2/time")).status, 200)
    assert.lengthOf(sandbox.faults.rules(), 0)
  })

  it("cut the connection before anything happened, or after", async () => {
    const { order, sandbox, ship } = await stocked()
    const match = { method: "POST" }
    sandbox.faults.add({ match, fault: { kind: "timeoutBefore" } })
    assert.isTrue(await isCut(ship()))
    assert.lengthOf(sandbox.shop.shipments.of(order.id), 0)
    sandbox.faults.add({ match, fault: { kind: "timeoutAfter" } })
    assert.isTrue(await isCut(ship()))
    assert.lengthOf(sandbox.shop.shipments.of(order.id), 1)
  })

  it("hold the connection without an answer, and do not keep the store from closing", async () => {
    const { order, sandbox } = await stocked()
    for (const kind of ["timeoutBefore", "timeoutAfter"] as const) {
      sandbox.faults.add({ fault: { kind, silent: true } })
      const answer = fetch(`${sandbox.apiUrl}/v2/orders/${order.id}`, {
        method: "PUT",
        headers: { "x-auth-token": sandbox.accessToken, "content-type": "application/json" },
        body: JSON.stringify({ staff_notes: kind })
      })
      // That nothing comes can only be seen by waiting for it.
      const inTime = new Promise((resolve) => setTimeout(resolve, 200, "nothing"))
      assert.strictEqual(await Promise.race([answer.then(() => "an answer"), inTime]), "nothing")
      assert.strictEqual(sandbox.order(order.id).staffNotes, kind === "timeoutAfter" ? kind : "")
      answer.catch(() => "cut when the store closes")
    }
    await sandbox.close()
  })

  it("answer 5xx as pages, empty or JSON, before the effect or after it", async () => {
    const { order, sandbox, ship } = await stocked()
    const match = { method: "POST" }
    const fault = (fault: Fault) => sandbox.faults.add({ match, fault })
    fault({ kind: "serverError" })
    const page = await ship()
    assert.deepStrictEqual([page.status, page.body], [500, undefined])
    assert.include(page.text, "<html>")
    fault({ kind: "serverError", status: 503, body: "empty" })
    assert.deepInclude(await ship(), { status: 503, text: "" })
    fault({ kind: "serverError", status: 504, body: "json" })
    assert.strictEqual((await ship()).body.status, 504)
    assert.lengthOf(sandbox.shop.shipments.of(order.id), 0)
    fault({ kind: "serverError", after: true })
    assert.strictEqual((await ship()).status, 500)
    assert.lengthOf(sandbox.shop.shipments.of(order.id), 1)
  })

  it("answer 429 with the headers and without any", async () => {
    const { client, sandbox } = await stocked()
    sandbox.faults.add({ fault: { kind: "tooManyRequests", retryAfterSeconds: 7 } })
    const told = await client.get("/v2/time")
    assert.deepStrictEqual([told.status, told.headers.get("x-retry-after")], [429, "7"])
    assert.strictEqual(told.headers.get("x-rate-limit-requests-left"), "0")
    sandbox.faults.add({ fault: { kind: "tooManyRequests", headers: false } })
    const silent = await client.get("/v2/time")
    assert.deepStrictEqual([silent.status, silent.headers.get("x-rate-limit-requests-left")], [429, null])
  })

  it("answer 429 with either of the two headers that say when to come back", async () => {
    const { client, sandbox } = await stocked()
    const told = async (omits: "reset" | "retryAfter") => {
      sandbox.faults.add({ fault: { kind: "tooManyRequests", retryAfterSeconds: 7, omits } })
      const { headers, status } = await client.get("/v2/time")
      assert.strictEqual(status, 429)
      return [headers.get("x-retry-after"), headers.has("x-rate-limit-time-reset-ms")]
    }
    assert.deepStrictEqual(await told("reset"), ["7", false])
    assert.deepStrictEqual(await told("retryAfter"), [null, true])
  })

  it("answer 200 with a page, and JSON that ends in the middle", async () => {
    const { client, sandbox } = await stocked()
    sandbox.faults.add({ fault: { kind: "htmlBody" } })
    const page = await client.get("/v2/orders")
    assert.deepStrictEqual(
      [page.status, page.body, page.headers.get("content-type")],
      [200, undefined, "text/html; charset=UTF-8"]
    )
    sandbox.faults.add({ fault: { kind: "cutBody" } })
    const cut = await client.get("/v2/orders")
    assert.deepStrictEqual([cut.status, cut.body, cut.text[0]], [200, undefined, "["])
  })

  it("cut an answer that has no body as well, or leave it open", async () => {
    const { client, sandbox } = await stocked()
    const nothing = "/v2/orders?min_id=1000000"
    assert.strictEqual((await client.get(nothing)).status, 204)
    sandbox.faults.add({ fault: { kind: "cutBody" } })
    const cut = await client.get(nothing)
    assert.deepStrictEqual([cut.status, cut.text], [200, "["])
    sandbox.faults.add({ fault: { kind: "cutBody", silent: true } })
    const open = await fetch(`${sandbox.apiUrl}/v2/orders`, {
      headers: { "x-auth-token": sandbox.accessToken },
      signal: AbortSignal.timeout(2_000)
    })
    const reader = open.body?.getReader()
    assert.strictEqual(String.fromCharCode((await reader?.read())?.value?.[0] ?? 0), "[")
    const more = await Promise.race([reader?.read(), new Promise((passed) => setTimeout(passed, 200, "nothing"))])
    assert.strictEqual(more, "nothing")
    await reader?.cancel()
  })

  it("leave out side-loaded lines, of some orders or all, but not those of /products", async () => {
    const { client, sandbox, order } = await stocked()
    const other = sandbox.placeOrder({ lines: [{ sku: "MUG-1" }] })
    const path = "/v2/orders?include=consignments.line_items&consignment_structure=object"
    sandbox.faults.add({ fault: { kind: "truncatedSideLoad", orderIds: [order.id] } })
    const rows = (await client.get(path)).body
    const lines = (id: number) =>
      rows.find((row: { id: number }) => row.id === id).consignments.shipping[0].line_items.length
    assert.deepStrictEqual([lines(order.id), lines(other.id)], [0, 1])
    assert.strictEqual(rows[0].items_total, 1)
    assert.lengthOf((await client.get(`/v2/orders/${order.id}/products`)).body, 1)
  })

  it("answer what the same URL answered last time", async () => {
    const { client, sandbox } = await stocked()
    const path = "/v3/inventory/items?sku:in=MUG-1"
    const level = async () => (await client.get(path)).body.data[0].locations[0].total_inventory_onhand
    assert.strictEqual(await level(), 9)
    sandbox.setStock({ sku: "MUG-1" }, 4)
    sandbox.faults.add({ fault: { kind: "staleRead" } })
    assert.strictEqual(await level(), 9)
    assert.strictEqual(await level(), 4)
  })

  it("hold an answer back on the sandbox's clock", async () => {
    const { client, sandbox, clock } = await stocked()
    sandbox.faults.add({ fault: { kind: "latency", millis: 60_000 } })
    let isAnswered = false
    const call = client.get("/v2/time").then(() => (isAnswered = true))
    while (clock.pending() === 0) await new Promise((resolve) => setImmediate(resolve))
    await clock.advance(59_999)
    assert.isFalse(isAnswered)
    await clock.advance(1)
    await call
  })

  it("stand in the log with the requests they met", async () => {
    const { client, sandbox } = await stocked()
    sandbox.log.clear()
    sandbox.faults.add({ fault: { kind: "serverError" } })
    await client.get("/v2/time")
    await client.get("/v2/orders?limit=3")
    await client.get("/v2/nothing")
    assert.deepStrictEqual(
      sandbox.log.all().map(({ operation, status, fault }) => [operation, status, fault]),
      [
        ["GET /v2/time", 500, "serverError"],
        ["GET /v2/orders", 200, undefined],
        [undefined, 404, undefined]
      ]
    )
    assert.deepStrictEqual(sandbox.log.counts(), { "GET /v2/orders": 1, "GET /v2/time": 1, unknown: 1 })
    assert.strictEqual(sandbox.log.countStatus(404), 1)
  })
})
