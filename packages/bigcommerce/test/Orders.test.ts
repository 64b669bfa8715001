import { existsSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Option, Stream } from "effect"
import { type Order, OrderId, OrderStatus } from "@stockport/core/domain/Order"
import { Amount } from "@stockport/core/domain/Money"
import { format } from "@stockport/core/domain/Quantity"
import { Cart, type OrderQuery } from "@stockport/core/ports/Cart"
import * as OrderCharges from "@stockport/bigcommerce/OrderCharges"
import * as Refunds from "@stockport/bigcommerce/Refunds"
import { asRead, orderOf, readable } from "./Read.ts"
import * as SandboxCart from "./SandboxCart.ts"
import { layer, type Reply, type Sent } from "./Transport.ts"

const composed = new URL("../../../../shared/bigcommerce/fixtures/composed/", import.meta.url)

const read = (query: OrderQuery) => Effect.flatMap(Cart, ({ orders }) => readable(orders(query)))

const backlog: OrderQuery = { _tag: "Backlog", statuses: ["awaitingFulfilment"] }

/** The lines of an order, said shortly. */
const linesOf = (order: Order) => order.lines.map(({ quantity, sku }) => `${sku}×${format(quantity)}`)

const text = (name: string) => readFileSync(new URL(`${name}.json`, composed), "utf8")

/** The order that a composed answer becomes, and what was sent to get it. */
const golden = (file: string) =>
  Effect.gen(function* () {
    const sent: Array<Sent> = []
    const [order] = yield* Effect.provide(
      read(backlog),
      layer(({ path }) => ({ text: text(path.endsWith("/products") ? "order-products-page" : file) }), sent)
    )
    assert.isDefined(order)
    return { order, sent }
  })

describe.skipIf(!existsSync(composed))("the composed orders mean", () => {
  it.effect("1001: a bundle is its own line and its pick's line at price 0", () =>
    Effect.gen(function* () {
      const { order, sent } = yield* golden("orders-single-ship-bundle")
      assert.deepStrictEqual(linesOf(order), ["TOWEL-S-ORANGE×1", "ABS×1"])
      assert.deepStrictEqual(
        order.lines.map(({ parentLineId }) => parentLineId),
        [null, "65"]
      )
      assert.deepStrictEqual(
        order.lines.map(({ unitPrice }) => unitPrice),
        ["10.0000", "0.0000"]
      )
      assert.strictEqual(order.customer.id, null)
      assert.strictEqual(order.consignments[0]?.costIncTax, "8.66")
      assert.strictEqual(DateTime.formatIso(order.placedAt), "2025-08-05T14:03:22.000Z")
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("1002: the same SKU to two addresses is two lines, one of them partly shipped", () =>
    Effect.gen(function* () {
      const { order } = yield* golden("orders-multi-ship")
      assert.deepStrictEqual(linesOf(order), ["THING-1×2", "THING-1×3"])
      assert.deepStrictEqual(
        order.lines.map(({ consignmentId }) => consignmentId),
        ["61", "62"]
      )
      assert.deepStrictEqual(
        order.lines.map(({ shipped }) => format(shipped)),
        ["0", "1"]
      )
      assert.deepStrictEqual(
        order.consignments.map(({ address }) => address?.firstName),
        ["Jane", "Trishy"]
      )
    })
  )

  it.effect("1003: euros on a dollar store, prices with tax, two discounts, one of two refunded", () =>
    Effect.gen(function* () {
      const { order } = yield* golden("orders-eur-tax-inclusive-discounts")
      assert.strictEqual(order.status, "partiallyRefunded")
      assert.strictEqual(order.totals.currency, "EUR")
      assert.isTrue(order.totals.taxInclusive)
      assert.strictEqual(order.totals.discount, "5.0000")
      assert.strictEqual(order.totals.coupons, "3.0000")
      assert.deepStrictEqual(
        order.lines.map(({ quantity, refunded }) => [format(quantity), format(refunded)]),
        [["2", "1"]]
      )
      assert.deepStrictEqual(
        order.lines[0]?.discounts.map(({ amount, code, target }) => [amount, code, target]),
        [
          ["5.0000", null, "order"],
          ["3.0000", "SUMMER", "order"]
        ]
      )
    })
  )

  it.effect("1004: an e-book, a gift certificate and a custom line are told apart", () =>
    Effect.gen(function* () {
      const { order } = yield* golden("orders-digital-giftcert-custom")
      assert.deepStrictEqual(
        order.lines.map(({ goods, productId, sku }) => [goods, sku, productId]),
        [
          ["digital", "EBOOK-1", "90"],
          ["giftCertificate", "", null],
          ["custom", "", null]
        ]
      )
    })
  )

  it.effect("1005: a pick-up names the location where it is collected", () =>
    Effect.gen(function* () {
      const { order } = yield* golden("orders-pickup")
      assert.strictEqual(order.status, "awaitingPickup")
      assert.strictEqual(order.lines[0]?.pickupAt, "2")
      assert.strictEqual(order.lines[0]?.consignmentId, order.consignments[0]?.id)
      assert.strictEqual(order.consignments[0]?.address, null)
    })
  )

  it.effect("1006: lines that were left out are read by themselves", () =>
    Effect.gen(function* () {
      const { order, sent } = yield* golden("orders-sideload-missing-lines")
      assert.deepStrictEqual(
        sent.map(({ path }) => path),
        ["/v2/orders", "/v2/orders/1006/products"]
      )
      assert.strictEqual(sent[1]?.query.get("limit"), "250")
      assert.isAbove(order.lines.length, 0)
    })
  )

  it.effect("1007: keys that nobody knows yet are ignored", () =>
    Effect.gen(function* () {
      const { order } = yield* golden("orders-backorder-unknown-keys")
      assert.deepStrictEqual(linesOf(order), ["THING-1×5"])
    })
  )
})

const orderRow = (id: number, modified: string, more: object = {}) => ({
  id,
  status_id: 11,
  date_created: "Tue, 05 Aug 2025 14:03:22 +0000",
  date_modified: modified,
  default_currency_code: "USD",
  items_total: 1,
  consignments: { shipping: [{ id: 9, line_items: [{ id: id * 10, quantity: 1, order_address_id: 9 }] }] },
  ...more
})

const instantOf = (second: number) => Date.UTC(2025, 7, 5) + second * 1_000

const rfc = (second: number) => new Date(instantOf(second)).toUTCString().replace("GMT", "+0000")

/** A shop that keeps orders, and answers as V2 does. */
const shopOf = (orders: () => ReadonlyArray<{ readonly id: number; readonly second: number }>) => {
  return ({ query }: Sent): Reply => {
    const since = Date.parse(query.get("min_date_modified") ?? "1970-01-01T00:00:00Z")
    const until = Date.parse(query.get("max_date_modified") ?? "2100-01-01T00:00:00Z")
    const minId = Number(query.get("min_id") ?? 0)
    const found = orders()
      .filter(({ id, second }) => id >= minId && instantOf(second) >= since && instantOf(second) <= until)
      .toSorted((one, other) =>
        query.get("sort") === "date_modified:asc" ? one.second - other.second || one.id - other.id : one.id - other.id
      )
    const from = (Number(query.get("page") ?? 1) - 1) * 250
    const rows = found.slice(from, from + 250)
    return rows.length === 0 ? { status: 204 } : { body: rows.map(({ id, second }) => orderRow(id, rfc(second))) }
  }
}

describe("reading a backlog", () => {
  it.effect("follows the id and ends on a short page, on 204 and on an empty list", () =>
    Effect.gen(function* () {
      for (const total of [0, 1, 249, 250, 251, 500, 777]) {
        const sent: Array<Sent> = []
        const orders = Array.from({ length: total }, (_, at) => ({ id: 100 + at * 3, second: at }))
        const all = yield* Effect.provide(
          read(backlog),
          layer(
            shopOf(() => orders),
            sent
          )
        )
        assert.deepStrictEqual(
          all.map(({ id }) => Number(id)),
          orders.map(({ id }) => id)
        )
        assert.strictEqual(sent.length, Math.floor(total / 250) + 1)
      }
      const none = yield* Effect.provide(
        read(backlog),
        layer(() => ({ body: [] }))
      )
      assert.lengthOf(none, 0)
    })
  )

  it.effect("loses nothing when orders leave the status behind the reader", () =>
    Effect.gen(function* () {
      let orders = Array.from({ length: 600 }, (_, at) => ({ id: at + 1, second: 0 }))
      const shop = shopOf(() => orders)
      const answer = (sent: Sent): Reply => {
        const reply = shop(sent)
        orders = orders.filter(({ id }) => id > 200)
        return reply
      }
      const all = yield* Effect.provide(read(backlog), layer(answer))
      assert.strictEqual(all.length, 600)
    })
  )
})

const since = (second: number): OrderQuery => ({
  _tag: "ModifiedSince",
  instant: DateTime.makeUnsafe(Date.UTC(2025, 7, 5) + second * 1_000)
})

describe("reading what was modified", () => {
  it.effect("gives every order at least once, also when pages end within a second", () =>
    Effect.gen(function* () {
      for (const perSecond of [1, 100, 250, 251, 900]) {
        const orders = Array.from({ length: 900 }, (_, at) => ({ id: at + 1, second: Math.floor(at / perSecond) }))
        const all = yield* Effect.provide(read(since(0)), layer(shopOf(() => orders)))
        assert.deepStrictEqual(new Set(all.map(({ id }) => Number(id))), new Set(orders.map(({ id }) => id)))
      }
    })
  )

  it.effect("loses nothing when read orders are modified again meanwhile", () =>
    Effect.gen(function* () {
      let orders = Array.from({ length: 800 }, (_, at) => ({ id: at + 1, second: at }))
      const shop = shopOf(() => orders)
      const answer = (sent: Sent, number: number): Reply => {
        const reply = shop(sent)
        if (number === 1) orders = orders.map((order) => (order.id <= 150 ? { ...order, second: 900 } : order))
        return reply
      }
      const all = yield* Effect.provide(read(since(0)), layer(answer))
      assert.strictEqual(new Set(all.map(({ id }) => id)).size, 800)
    })
  )

  it.effect("loses nothing when orders leave a crowded second behind the reader", () =>
    Effect.gen(function* () {
      let orders = Array.from({ length: 900 }, (_, at) => ({ id: at + 1, second: 5 }))
      const shop = shopOf(() => orders)
      const answer = (sent: Sent, number: number): Reply => {
        const reply = shop(sent)
        orders = orders.map((order) => (order.id % 9 === number ? { ...order, second: 60 + number } : order))
        return reply
      }
      const all = yield* Effect.provide(read(since(0)), layer(answer))
      assert.strictEqual(new Set(all.map(({ id }) => id)).size, 900)
    })
  )

  it.effect("asks with a date that no plus sign can spoil", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      yield* Effect.provide(
        read(since(1)),
        layer(() => ({ status: 204 }), sent)
      )
      assert.strictEqual(sent[0]?.query.get("min_date_modified"), "2025-08-05T00:00:01.000Z")
    })
  )
})

const readOne = (id: string) => Effect.flatMap(Cart, ({ order }) => order(OrderId.make(id)))

/** A shop that includes nothing. */
const onlyLinks = ({ path }: Sent): Reply => {
  if (path.endsWith("/products")) return { body: [{ id: 5, quantity: 1, order_address_id: 9 }] }
  if (path.endsWith("/shipping_addresses")) return { body: [{ id: 9, city: "Austin", cost_inc_tax: "1.0000" }] }
  return { body: orderRow(1, rfc(0), { consignments: { url: "", resource: "/orders/1/consignments" } }) }
}

describe("an order", () => {
  it.effect("that the shop does not know is none", () =>
    Effect.gen(function* () {
      const body = [{ status: 404, message: "The requested resource was not found." }]
      assert.isTrue(
        Option.isNone(
          yield* Effect.provide(
            readOne("9"),
            layer(() => ({ status: 404, body }))
          )
        )
      )
    })
  )

  it.effect("keeps each of the fifteen statuses, by id and not by label", () =>
    Effect.gen(function* () {
      const seen = new Set<OrderStatus>()
      for (let status = 0; status <= 14; status++) {
        const body = orderRow(1, rfc(0), { status_id: status, status: "renamed" })
        const order = yield* Effect.provide(
          readOne("1"),
          layer(() => ({ body }))
        )
        seen.add(asRead(Option.getOrThrow(order)).status)
      }
      assert.deepStrictEqual(seen, new Set(OrderStatus.literals))
    })
  )

  it.effect("survives the ways to say nothing, and numbers in place of decimal text", () =>
    Effect.gen(function* () {
      const body = orderRow(1, "", {
        total_inc_tax: 8.66,
        discount_amount: null,
        coupon_discount: "",
        store_credit_amount: {},
        billing_address: [],
        customer_message: null,
        fees: { fees: [{ cost_inc_tax: "12.3000" }, { cost_inc_tax: 0.7 }] }
      })
      const order = yield* Effect.provide(
        orderOf("1"),
        layer(() => ({ body }))
      )
      assert.strictEqual(order.totals.totalIncTax, "8.66")
      assert.strictEqual(order.totals.discount, "0")
      assert.strictEqual(order.totals.fees, "13.0000")
      assert.strictEqual(order.customer.billing, null)
      assert.deepStrictEqual(order.modifiedAt, order.placedAt)
    })
  )

  it.effect("whose lists were not included is read from three places", () =>
    Effect.gen(function* () {
      const order = yield* Effect.provide(orderOf("1"), layer(onlyLinks))
      assert.strictEqual(order.lines[0]?.consignmentId, order.consignments[0]?.id)
      assert.strictEqual(order.consignments[0]?.address?.city, "Austin")
    })
  )

  it.effect("is the same whether its lines came with their destinations or by themselves", () =>
    Effect.gen(function* () {
      const [download, parcel, certificate] = [7, 8, 9].map((id) => ({
        id,
        quantity: 1,
        product_id: id,
        type: "physical"
      }))
      const consignments = {
        shipping: [{ id: 51, line_items: [parcel] }],
        downloads: [{ line_items: [download] }],
        email: { gift_certificates: [{ line_items: [certificate] }] }
      }
      const bare = JSON.parse(
        JSON.stringify(consignments, (key, value: unknown) => (key === "line_items" ? [] : value))
      )
      const orderOf = (side: unknown) =>
        Effect.provide(
          readOne("1"),
          layer(({ path }) => ({
            body: path.endsWith("/products")
              ? [download, parcel, certificate]
              : orderRow(1, rfc(0), { items_total: 3, consignments: side })
          }))
        )
      assert.deepStrictEqual(yield* orderOf(bare), yield* orderOf(consignments))
    })
  )

  it.effect("of more than 250 lines is read to its end", () =>
    Effect.gen(function* () {
      const lines = Array.from({ length: 620 }, (_, at) => ({ id: at + 1, quantity: 1, order_address_id: 9 }))
      const answer = ({ path, query }: Sent): Reply => {
        const from = (Number(query.get("page")) - 1) * 250
        if (path.endsWith("/products")) return { body: lines.slice(from, from + 250) }
        return { body: orderRow(1, rfc(0), { items_total: 620, consignments: { shipping: [] } }) }
      }
      const order = Option.getOrThrow(yield* Effect.provide(readOne("1"), layer(answer)))
      assert.strictEqual(order.lines.length, 620)
    })
  )
})

describe("against a store over HTTP", () => {
  it.live("all statuses come, one request for each, with lines that add up", () =>
    Effect.gen(function* () {
      const shop = yield* SandboxCart.Shop
      const all = yield* read({ _tag: "Backlog", statuses: OrderStatus.literals })
      const expected = shop.orders().filter(({ isArchived }) => !isArchived)
      assert.deepStrictEqual(new Set(all.map(({ id }) => Number(id))), new Set(expected.map(({ id }) => id)))
      for (const order of all) {
        const theirs = shop.order(Number(order.id))
        assert.deepStrictEqual(
          new Map(order.lines.map(({ id, quantity }) => [Number(id), Number(format(quantity))])),
          new Map(theirs.lines.map(({ id, quantity }) => [id, quantity]))
        )
      }
      const dated = (what: "shipped" | "refunded") =>
        all.filter(({ lines }) => lines.some((line) => line[what] > 0)).length
      const forDates = dated("shipped") + dated("refunded")
      assert.isAtMost(shop.log.count(), 15 + Math.floor(all.length / 250) + forDates)
    }).pipe(Effect.provide(SandboxCart.layer()))
  )

  it.live("a truncated side-load changes nothing but the number of requests", () =>
    Effect.gen(function* () {
      const shop = yield* SandboxCart.Shop
      const whole = yield* read(backlog)
      shop.faults.add({ match: { operation: "GET /v2/orders" }, fault: { kind: "truncatedSideLoad" } })
      const repaired = yield* read(backlog)
      assert.deepStrictEqual(repaired.map(linesOf), whole.map(linesOf))
      assert.deepStrictEqual(repaired, whole)
      assert.strictEqual(shop.log.count("GET /v2/orders/{order_id}/products"), whole.length)
    }).pipe(Effect.provide(SandboxCart.layer({ store: { products: 60, orders: 60 } })))
  )

  it.live("every amount is the shop's: totals, fees, coupons, taxes and refunds", () =>
    Effect.gen(function* () {
      const shop = yield* SandboxCart.Shop
      const variantId = shop.shop.catalog.variantId(0)
      const placed = shop.placeOrder({
        lines: [{ variantId, quantity: 3, price: 10, wrapping: { name: "Paper", cost: 1 } }],
        coupon: { code: "SUMMER", amount: 2 },
        fees: [{ name: "Crate", cost: 4 }],
        shippingCost: 5,
        handlingCost: 1
      })
      const lineId = placed.lines[0]?.id ?? 0
      shop.refundOrder(placed.id, { items: [{ itemType: "PRODUCT", itemId: lineId, quantity: 1 }], reason: "Damaged" })
      const orderId = OrderId.make(String(placed.id))
      const order = yield* orderOf(orderId)
      const { totals } = order
      assert.strictEqual(Number(totals.coupons), 2)
      assert.isAbove(Number(totals.fees), 0)
      assert.isAbove(Number(totals.wrappingIncTax), 0)
      assert.isAbove(Number(totals.handlingIncTax), 0)
      assert.strictEqual(
        Number(totals.totalIncTax).toFixed(2),
        (Number(totals.totalExTax) + Number(totals.tax)).toFixed(2)
      )
      assert.deepStrictEqual(
        order.lines.map(({ refunded }) => format(refunded)),
        ["1"]
      )

      const [refund, ...others] = yield* Stream.runCollect(Refunds.ofOrders([orderId]))
      assert.lengthOf(others, 0)
      assert.isDefined(refund)
      assert.strictEqual(refund.reason, "Damaged")
      assert.deepStrictEqual(
        refund.items.map((item) => [
          item.kind,
          Number(item.lineId),
          item.quantity === null ? "" : format(item.quantity)
        ]),
        [["product", lineId, "1"]]
      )
      assert.deepStrictEqual(yield* OrderCharges.coupons(orderId), [{ code: "SUMMER", discount: Amount.make("2") }])
      const taxes = yield* OrderCharges.taxes(orderId)
      assert.isTrue(taxes.some((tax) => Number(tax.lineId) === lineId))
      assert.isTrue(taxes.some((tax) => tax.on === "shipping"))
    }).pipe(Effect.provide(SandboxCart.layer({ store: { products: 20, orders: 0 } })))
  )
})
