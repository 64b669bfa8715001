/**
 * When goods left and money went back: by the shop's own dates, asked for only where there is something to date.
 */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Sandbox } from "@stockport/bigcommerce-sandbox"
import * as BigCommerceCart from "@stockport/bigcommerce/BigCommerceCart"
import { type OrderLine } from "@stockport/core/domain/Order"
import { format } from "@stockport/core/domain/Quantity"
import { DateTime, Effect, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { orderOf } from "./Read.ts"
import { configOf } from "./SandboxCart.ts"
import { layer, type Reply, type Script, type Sent } from "./Transport.ts"

const said = ({ refunds, shipments }: OrderLine) => ({
  shipments: shipments?.map(({ at, quantity }) => `${format(quantity)} on ${DateTime.formatIso(at)}`),
  refunds: refunds?.map(({ at, quantity }) => `${format(quantity)} on ${DateTime.formatIso(at)}`)
})

const opened = (scopes?: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const clock = Clock.manual(Date.UTC(2026, 4, 4, 9))
    const options = { store: "empty", plan: "enterprise", clock, ...(scopes && { scopes }) } as const
    const sandbox = yield* Effect.acquireRelease(
      Effect.promise(() => Sandbox.start(options)),
      (started) => Effect.promise(() => started.close())
    )
    const cart = BigCommerceCart.layer(configOf(sandbox)).pipe(Layer.provide(FetchHttpClient.layer))
    sandbox.addProduct({ name: "Mug", sku: "MUG", onHand: 20 })
    const order = sandbox.placeOrder({ lines: [{ sku: "MUG", quantity: 10 }] })
    const pass = (hours: number) => Effect.promise(() => clock.advance(hours * 3_600_000))
    return { sandbox, cart, order, pass, lineId: order.lines[0]?.id ?? 0 }
  })

describe("an order of a store", () => {
  it.live("says when each parcel left and when each refund was made", () =>
    Effect.gen(function* () {
      const { cart, lineId, order, pass, sandbox } = yield* opened()
      yield* pass(1)
      sandbox.shipOrder(order.id, { items: [{ lineId, quantity: 3 }] })
      yield* pass(1)
      sandbox.refundOrder(order.id, { items: [{ itemType: "PRODUCT", itemId: lineId, quantity: 2 }] })
      yield* pass(1)
      sandbox.shipOrder(order.id, { items: [{ lineId, quantity: 4 }] })
      const read = yield* Effect.provide(orderOf(String(order.id)), cart)
      assert.deepStrictEqual(read.lines.map(said), [
        {
          shipments: ["3 on 2026-05-04T10:00:00.000Z", "4 on 2026-05-04T12:00:00.000Z"],
          refunds: ["2 on 2026-05-04T11:00:00.000Z"]
        }
      ])
    }).pipe(Effect.scoped)
  )

  it.live("of which nothing has left costs no request for dates", () =>
    Effect.gen(function* () {
      const { cart, order, sandbox } = yield* opened()
      const before = sandbox.log.count()
      const read = yield* Effect.provide(orderOf(String(order.id)), cart)
      assert.deepStrictEqual(read.lines.map(said), [{ shipments: undefined, refunds: undefined }])
      assert.strictEqual(sandbox.log.count() - before, 1)
    }).pipe(Effect.scoped)
  )
})

const line = { id: 10, product_id: 7, quantity: 9, quantity_shipped: 5, quantity_refunded: 2, order_address_id: 9 }

const orderRow = (lines: ReadonlyArray<object> = [line], total = 9) => ({
  id: 1,
  status_id: 3,
  date_created: "Tue, 05 Aug 2025 14:03:22 +0000",
  items_total: total,
  consignments: { shipping: [{ id: 9, line_items: lines }] }
})

const parcel = (quantity: unknown, at: unknown = "Wed, 06 Aug 2025 10:00:00 +0000") => ({
  id: 1,
  date_created: at,
  items: [{ order_product_id: 10, quantity }]
})

const refund = (quantity: number, created: unknown = "2025-08-07T10:00:00+00:00", order_id = 1) => ({
  id: 1,
  order_id,
  created,
  items: [
    { item_type: "PRODUCT", item_id: 10, quantity },
    { item_type: "SHIPPING", item_id: 9, requested_amount: 3 }
  ]
})

const shopOf =
  (shipments: Reply, refunds: Reply, order: object = orderRow()): Script =>
  ({ path }) =>
    path.endsWith("/shipments") ? shipments : path.endsWith("/refunds") ? refunds : { body: order }

const datesOf = (shop: Script, sent: Array<Sent> = [], config: Parameters<typeof layer>[2] = {}) =>
  Effect.map(Effect.provide(orderOf("1"), layer(shop, sent, config)), ({ lines }) => lines.map(said))

const none = [{ shipments: undefined, refunds: undefined }]

describe("dates that", () => {
  const good = { body: { data: [refund(2)], meta: {} } }

  it.effect("add up are given in order of time", () =>
    Effect.gen(function* () {
      const late = parcel(3, "Fri, 08 Aug 2025 10:00:00 +0000")
      assert.deepStrictEqual(yield* datesOf(shopOf({ body: [late, parcel(2)] }, good)), [
        {
          shipments: ["2 on 2025-08-06T10:00:00.000Z", "3 on 2025-08-08T10:00:00.000Z"],
          refunds: ["2 on 2025-08-07T10:00:00.000Z"]
        }
      ])
    })
  )

  const gaps: ReadonlyArray<readonly [string, Reply, Reply]> = [
    ["say less than the line", { body: [parcel(2)] }, { body: { data: [refund(1)] } }],
    ["say more than the line", { body: [parcel(6)] }, { body: { data: [refund(3)] } }],
    [
      "cannot be read in part",
      { body: [parcel(5), parcel(1, "soon")] },
      { body: { data: [refund(2), refund(1, null)] } }
    ],
    ["are another order's", { status: 204 }, { body: { data: [refund(2, "2025-08-07T10:00:00Z", 99)] } }],
    ["are forbidden", { status: 403, text: "" }, { status: 403, text: "" }],
    ["are not there", { status: 404, text: "" }, { status: 404, text: "" }],
    ["are no list", { body: { a: 1 } }, { body: { data: null } }]
  ]
  it.effect.each(gaps)("%s are left out, and the order is read all the same", ([, shipments, refunds]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* datesOf(shopOf(shipments, refunds)), none)
    })
  )

  it.effect("could belong to two lines of one id are left out", () =>
    Effect.gen(function* () {
      const shop = shopOf({ body: [parcel(5)] }, good, orderRow([line, line], 18))
      assert.deepStrictEqual(yield* datesOf(shop), [...none, ...none])
    })
  )

  const quick = { backoffMillis: { first: 1, max: 1 } }
  const unwell: ReadonlyArray<readonly [string, Reply]> = [
    ["503", { status: 503, text: "" }],
    ["302", { status: 302, text: "" }],
    ["a page", { text: "<html>maintenance</html>" }]
  ]
  it.live.each(unwell)(
    "are answered by %s are left out where the shop answers otherwise, and end the reading elsewhere",
    ([, reply]) =>
      Effect.gen(function* () {
        const answering = shopOf(reply, reply)
        const there: Script = (sent, at) => (sent.path === "/v2/orders" ? { body: [] } : answering(sent, at))
        assert.deepStrictEqual(yield* datesOf(there, [], quick), none)
        const away: Script = (sent, at) => (sent.path === "/v2/orders" ? reply : answering(sent, at))
        assert.include(String(yield* Effect.flip(datesOf(away, [], quick))), "GET /v2/orders")
      })
  )

  it.effect("cannot be had because the token is refused fail the call", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(datesOf(shopOf({ status: 401, text: "" }, good)))
      assert.include(String(error), "Unauthorized")
    })
  )
})
