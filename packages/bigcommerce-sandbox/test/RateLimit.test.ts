import { assert, describe, it } from "@effect/vitest"
import * as Store from "./Store.ts"

const quotaHeaders = (headers: Headers) => ({
  quota: Number(headers.get("x-rate-limit-requests-quota")),
  left: Number(headers.get("x-rate-limit-requests-left")),
  reset: Number(headers.get("x-rate-limit-time-reset-ms")),
  window: Number(headers.get("x-rate-limit-time-window-ms"))
})

describe("RateLimit", () => {
  it("tells on every answer what is left, also on errors", async () => {
    const { client } = await Store.open({ plan: "standard" })
    assert.deepStrictEqual(quotaHeaders((await client.get("/v2/time")).headers), {
      quota: 150,
      left: 149,
      reset: 30_000,
      window: 30_000
    })
    assert.strictEqual(quotaHeaders((await client.get("/v2/orders/1")).headers).left, 148)
  })

  it("answers 429 with the headers beyond the quota, and opens again with the next window", async () => {
    const { client, clock } = await Store.open({ plan: "pro" })
    const replies = await Promise.all(Array.from({ length: 450 }, () => client.get("/v2/time")))
    assert.isTrue(replies.every((reply) => reply.status === 200))
    await clock.advance(10_000)
    const refused = await client.get("/v2/time")
    assert.strictEqual(refused.status, 429)
    assert.deepInclude(quotaHeaders(refused.headers), { left: 0, reset: 20_000 })
    assert.strictEqual(refused.headers.get("x-retry-after"), "20")
    await clock.advance(20_000)
    assert.strictEqual((await client.get("/v2/time")).status, 200)
  })

  it("shares the quota with other apps", async () => {
    const { client, sandbox } = await Store.open({ plan: "plus" })
    await client.get("/v2/time")
    sandbox.rateLimit.othersUse(148)
    assert.strictEqual(quotaHeaders((await client.get("/v2/time")).headers).left, 0)
    assert.strictEqual((await client.get("/v2/time")).status, 429)
  })

  it("never refuses an enterprise store for its quota", async () => {
    const { client } = await Store.open()
    const replies = await Promise.all(Array.from({ length: 500 }, () => client.get("/v2/time")))
    assert.isTrue(replies.every((reply) => reply.status === 200))
  })
})
