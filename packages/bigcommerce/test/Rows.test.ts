/**
 * The unit of failure is one row: whatever one row of an answer says, the rows beside it are read, and the unreadable one
 * comes in its place with its name.
 */
import { assert, describe, it } from "@effect/vitest"
import { OrderId } from "@stockport/core/domain/Order"
import { format } from "@stockport/core/domain/Quantity"
import { Cart, isUnreadable, type Unreadable } from "@stockport/core/ports/Cart"
import * as ListsBelow from "@stockport/bigcommerce/ListsBelow"
import { DateTime, Effect, Option, Stream } from "effect"
import * as FastCheck from "fast-check"
import { layer, type Reply, type Script, type Sent } from "./Transport.ts"
import { listing } from "./Probe.ts"

const lineRow = (id: number, more: object = {}) => ({
  id,
  product_id: 77,
  variant_id: 145,
  sku: "TOWEL-S-ORANGE",
  quantity: 2,
  order_address_id: 9,
  ...more
})

const orderRow = (id: number, more: object = {}, line: object = {}) => ({
  id,
  status_id: 11,
  channel_id: 1,
  date_created: "Tue, 05 Aug 2025 14:03:22 +0000",
  date_modified: "Tue, 05 Aug 2025 15:00:00 +0000",
  default_currency_code: "USD",
  items_total: 2,
  consignments: { shipping: [{ id: 9, line_items: [lineRow(id * 10, line)] }] },
  ...more
})

const productRow = (id: number, more: object = {}) => ({
  id,
  name: `Product ${id}`,
  inventory_tracking: "variant",
  variants: [
    { id: id * 10, product_id: id, sku: `SKU-${id}`, option_values: [{ label: "S" }] },
    { id: id * 10 + 1, product_id: id, sku: `SKU-${id}-M`, option_values: [{ label: "M" }] }
  ],
  ...more
})

const backlog = Effect.flatMap(Cart, ({ orders }) =>
  Stream.runCollect(orders({ _tag: "Backlog", statuses: ["awaitingFulfilment"] }))
)
const changes = Effect.flatMap(Cart, ({ orders }) =>
  Stream.runCollect(orders({ _tag: "ModifiedSince", instant: DateTime.makeUnsafe("2025-08-01T00:00:00Z") }))
)
const catalogue = Effect.flatMap(Cart, ({ listings }) => Stream.runCollect(listings))
const levels = Effect.flatMap(Cart, ({ stockLevels }) => Stream.runCollect(stockLevels("all")))
const readOne = (id: string) => Effect.flatMap(Cart, ({ order }) => order(OrderId.make(id)))

const over = (answer: Script, sent: Array<Sent> = []) => Effect.provide(layer(answer, sent))

const answering =
  (body: unknown): Script =>
  () => ({ body })

/** A shop that answers one order, and the list of its lines by itself. */
const withLines =
  (lines: Reply, order: unknown): Script =>
  ({ path }) =>
    path.endsWith("/products") ? lines : { body: order }

const orderWithoutLines = (id: number) => orderRow(id, { consignments: null })

const linesOfPath = (path: string): Reply => ({ body: [lineRow(Number(path.split("/")[3]) * 10)] })

const failingEverySecond = (id: number): Reply | null => (id % 2 === 1 ? { status: 500, text: "" } : null)

const pageOfOrders = (from: number) => Array.from({ length: 250 }, (_, at): object => orderRow(from + at))

const readCatalogue = (products: ReadonlyArray<unknown>) =>
  catalogue.pipe(over(answering({ data: products, meta: { pagination: { total_pages: 1 } } })))

const readLevels = (data: ReadonlyArray<unknown>) => levels.pipe(over(answering({ data, meta: {} })))

const itemRow = (id: number, locations: unknown) => ({ identity: { product_id: id, variant_id: id * 10 }, locations })

const levelRow = (more: object = {}) => ({ location_id: 1, available_to_sell: 5, total_inventory_onhand: 6, ...more })

const unreadIn = (rows: Iterable<object>): ReadonlyArray<Unreadable> => [...rows].filter(isUnreadable)

/** What no order can be read with, and where. */
const spoiltOrders: ReadonlyArray<readonly [string, object, string, object?]> = [
  ["a status nobody knew", { status_id: 15 }, "status_id"],
  ["a status in words", { status_id: "shipped" }, "status_id"],
  ["no date", { date_created: null }, "date_created"],
  ["a currency nobody knew", { default_currency_code: "DOUBLOON" }, "default_currency_code"],
  ["an absurd amount", { total_inc_tax: 1e308 }, "total_inc_tax"],
  ["an amount that is none", { total_inc_tax: "twelve" }, "total_inc_tax"],
  ["a negative quantity", {}, "consignments.shipping.0.line_items.0.quantity", { quantity: -1 }],
  ["a quantity too fine", {}, "consignments.shipping.0.line_items.0.quantity", { quantity: 0.1234567 }],
  ["an absurd quantity", {}, "consignments.shipping.0.line_items.0.quantity", { quantity: 1e30 }],
  ["a line without an id", {}, "consignments.shipping.0.line_items.0.id", { id: null }]
]

describe("an order that cannot be read", () => {
  it.effect.each(spoiltOrders)("for %s leaves the others, and says which and where", ([, order, path, line]) =>
    Effect.gen(function* () {
      const body = [orderRow(1), orderRow(2, order, line), orderRow(3)]
      for (const read of [backlog, changes]) {
        const rows = yield* read.pipe(over(({ path: asked }) => (asked === "/v2/orders" ? { body } : { status: 204 })))
        assert.deepStrictEqual(
          rows.map((row) => [row.id, isUnreadable(row)]),
          [
            ["1", false],
            ["2", true],
            ["3", false]
          ]
        )
        const [unread] = unreadIn(rows)
        assert.deepInclude(unread, { what: "order", number: "2", path })
        assert.isNotEmpty(unread?.expected)
        assert.isNotEmpty(unread?.found)
      }
    })
  )

  it.effect("keeps what its lines may have sold", () =>
    Effect.gen(function* () {
      const row = Option.getOrThrow(yield* readOne("2").pipe(over(answering(orderRow(2, { status_id: 99 })))))
      assert.isTrue(isUnreadable(row))
      if (!isUnreadable(row)) return
      assert.deepStrictEqual(
        row.lines.map((line) => [line.lineId, line.productId, line.variantId, line.sku, format(line.quantity!)]),
        [["20", "77", "145", "TOWEL-S-ORANGE", "2"]]
      )
      assert.strictEqual(DateTime.formatIso(row.modifiedAt!), "2025-08-05T15:00:00.000Z")
      assert.strictEqual(DateTime.formatIso(row.placedAt!), "2025-08-05T14:03:22.000Z")
    })
  )

  it.effect("keeps them from the list of its lines when they did not come along", () =>
    Effect.gen(function* () {
      const answer = withLines(
        { body: [lineRow(20), lineRow(21, { quantity: "x", sku: "OTHER" })] },
        orderRow(2, { status_id: 99, consignments: { url: "", resource: "/consignments" } })
      )
      const row = Option.getOrThrow(yield* readOne("2").pipe(over(answer)))
      assert.deepStrictEqual(isUnreadable(row) && row.lines.map(({ quantity, sku }): unknown => [sku, quantity]), [
        ["TOWEL-S-ORANGE", 200_000],
        ["OTHER", null]
      ])
    })
  )

  it.effect("whatever stands in a row's place, the others are read", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(FastCheck.jsonValue(), FastCheck.nat({ max: 2 }), async (value, place) => {
          const body = [orderRow(1), orderRow(3)].toSpliced(place, 0, value as never)
          const rows = await Effect.runPromise(
            backlog.pipe(over(({ path }) => (path === "/v2/orders" ? { body } : { status: 204 })))
          )
          assert.lengthOf(rows, 3)
          assert.includeMembers(
            rows.map(({ id }) => id),
            ["1", "3"]
          )
        }),
        { numRuns: 300 }
      )
    )
  )
})

describe("an order with units and without a line", () => {
  const bare = orderRow(2, { items_total: 2, consignments: { shipping: [] } })
  const answers: ReadonlyArray<readonly [string, Reply]> = [
    ["says nothing", { status: 204 }],
    ["is empty", { body: [] }],
    ["is not there", { status: 404, body: [{ status: 404, message: "not found" }] }],
    ["is refused each time", { status: 500, text: "" }],
    ["is no list", { body: { url: "" } }],
    ["cannot be read", { body: [lineRow(20, { quantity: -4 })] }]
  ]
  it.live.each(answers)("is unreadable, never empty, when its list of lines %s", ([, reply]) =>
    Effect.gen(function* () {
      const answer = withLines(reply, bare)
      const quick = { backoffMillis: { first: 1, max: 1 } }
      const row = Option.getOrThrow(yield* readOne("2").pipe(Effect.provide(layer(answer, [], quick))))
      assert.isTrue(isUnreadable(row))
      assert.match(isUnreadable(row) ? row.path : "", /^products/)
    })
  )

  it.effect("is an order all the same when the shop states no units", () =>
    Effect.gen(function* () {
      const answer = withLines({ status: 204 }, { ...bare, items_total: 0 })
      assert.isFalse(isUnreadable(Option.getOrThrow(yield* readOne("2").pipe(over(answer)))))
    })
  )

  it.effect("is none when the shop does not know the order itself", () =>
    Effect.gen(function* () {
      const found = yield* readOne("2").pipe(over(() => ({ status: 404, text: "" })))
      assert.isTrue(Option.isNone(found))
    })
  )
})

describe("a list below an order that cannot be had", () => {
  const limits = { backoffMillis: { first: 1, max: 1 }, timeoutMillis: { read: 40, write: 40 } }
  const troubles: ReadonlyArray<readonly [string, Reply]> = [
    ["is a 500", { status: 500, text: "" }],
    ["is a 503", { status: 503, text: "<html><title>503</title></html>" }],
    ["leads elsewhere", { status: 302, headers: { location: "https://elsewhere.example" }, text: "" }],
    ["is a page", { status: 200, text: "<html>maintenance</html>" }],
    ["ends in the middle", { status: 200, text: '[{"id":1},' }],
    ["never comes", "never"],
    ["breaks off", "cut"]
  ]
  const orders = (ids: ReadonlyArray<number>, failing: (id: number) => Reply | null, sent: Array<Sent> = []) =>
    backlog.pipe(
      Effect.provide(
        layer(
          ({ path, query }) => {
            if (path === "/v2/orders")
              return failing(0) ?? { body: query.get("limit") === "1" ? [] : ids.map(orderWithoutLines) }
            if (path.endsWith("/products")) return failing(Number(path.split("/")[3])) ?? linesOfPath(path)
            return { status: 204 }
          },
          sent,
          limits
        )
      )
    )

  it.live.each(troubles)(
    "is one order's trouble, which may pass, where the shop answers the others, when it %s",
    ([, reply]) =>
      Effect.gen(function* () {
        const rows = yield* orders([1, 2, 3], (id) => (id === 2 ? reply : null))
        const told = [...rows].map((row) => [row.id, isUnreadable(row) && row.passing])
        assert.deepStrictEqual(told, [
          ["1", false],
          ["2", true],
          ["3", false]
        ])
      })
  )

  it.live.each(troubles)("ends the reading where the shop is away, when it %s", ([, reply]) =>
    Effect.gen(function* () {
      let isAway = false
      const error = yield* Effect.flip(
        orders([1, 2, 3], (id) => {
          isAway ||= id > 0
          return isAway ? reply : null
        })
      )
      assert.strictEqual(error.operation, "GET /v2/orders")
    })
  )

  it.live("is not asked for order by order at length while the shop gives none of them, and their lines are held", () =>
    Effect.gen(function* () {
      const sent: Array<Sent> = []
      const ids = Array.from({ length: 40 }, (_, at) => at + 1)
      const rows = yield* orders(ids, (id) => (id > 0 ? { status: 503, text: "" } : null), sent)
      assert.lengthOf(
        unreadIn(rows).filter(({ passing }) => passing),
        40
      )
      const asked = new Set(sent.filter(({ path }) => path.endsWith("/products")).map(({ path }) => path))
      assert.isAtMost(asked.size, ListsBelow.failuresInRowMax + 3)
    })
  )

  it.live("is asked for again after one that could be had", () =>
    Effect.gen(function* () {
      const ids = Array.from({ length: 40 }, (_, at) => at + 1)
      assert.lengthOf(unreadIn(yield* orders(ids, failingEverySecond)), 20)
    })
  )

  it.effect("is another thing than a line that cannot be read: that stays as it is", () =>
    Effect.gen(function* () {
      const rows = yield* orders([2], (id) => (id === 2 ? { body: [lineRow(20, { quantity: -4 })] } : null))
      assert.deepStrictEqual(
        unreadIn(rows).map(({ passing }) => passing),
        [undefined]
      )
    })
  )
})

describe("lines on two lists that differ", () => {
  it.effect("are all kept: what is on one of them may have been sold", () =>
    Effect.gen(function* () {
      const order = orderRow(2, { items_total: 7 })
      const answer = withLines({ body: [lineRow(21, { quantity: 4 })] }, order)
      const row = Option.getOrThrow(yield* readOne("2").pipe(over(answer)))
      assert.deepStrictEqual(isUnreadable(row) ? [] : row.lines.map(({ id, quantity }) => [id, format(quantity)]), [
        ["20", "2"],
        ["21", "4"]
      ])
    })
  )

  it.effect("with one id twice are two lines", () =>
    Effect.gen(function* () {
      const twice = { shipping: [{ id: 9, line_items: [lineRow(20), lineRow(20, { quantity: 1 })] }] }
      const row = Option.getOrThrow(
        yield* readOne("2").pipe(over(answering(orderRow(2, { items_total: 3, consignments: twice }))))
      )
      assert.deepStrictEqual(isUnreadable(row) ? [] : row.lines.map(({ id, quantity }) => [id, format(quantity)]), [
        ["20", "2"],
        ["20", "1"]
      ])
    })
  )
})

describe("a page of orders that is full", () => {
  it.effect("is followed although its last row cannot be read", () =>
    Effect.gen(function* () {
      for (const last of [null, { id: 250, status_id: 77 }, { id: "?" }]) {
        const pages = [pageOfOrders(1).with(249, last as object), pageOfOrders(251).slice(0, 3)]
        const rows = yield* backlog.pipe(
          over(({ path }, number) => (path === "/v2/orders" ? { body: pages[number === 1 ? 0 : 1] } : { status: 204 }))
        )
        assert.lengthOf(
          rows.filter((row) => !isUnreadable(row)),
          252
        )
      }
    })
  )

  it.effect("of which no row has an id has gone wrong, and is not followed", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(backlog.pipe(over(answering(pageOfOrders(1).map(() => ({}))))))
      assert.strictEqual(error.reason._tag, "Undecodable")
    })
  )
})

describe("a listing that cannot be read", () => {
  it.effect.each([
    ["a way of tracking nobody knew", { inventory_tracking: "warehouse" }, "inventory_tracking"],
    ["a name that is none", { name: [7] }, "name"],
    ["variants that are no list", { variants: 3 }, "variants"]
  ] as const)("for %s leaves the others", ([, more, path]) =>
    Effect.gen(function* () {
      const rows = yield* readCatalogue([productRow(1), productRow(2, more), productRow(3)])
      assert.lengthOf(rows, 7)
      const [unread] = unreadIn(rows)
      assert.deepInclude(unread, { what: "listing", id: "2", path })
    })
  )

  it.effect("may be one variant of a product", () =>
    Effect.gen(function* () {
      const product = productRow(2, { variants: [productRow(2).variants[0], { id: 21, product_id: 2, sku: ["x"] }] })
      const rows = yield* readCatalogue([product])
      assert.deepStrictEqual(
        rows.map((row) => (isUnreadable(row) ? `? ${row.id} ${row.path}` : `${row.shape} ${row.key}`)),
        ["parent 2", "variant 2/20", "? 2/21 sku"]
      )
      const only = yield* readCatalogue([productRow(2, { variants: [{ id: 21, sku: ["x"] }] })])
      assert.deepStrictEqual(
        only.map((row) => isUnreadable(row) && row.id),
        ["2/21"]
      )
    })
  )

  it.effect("whatever stands in its place, the others are read", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(FastCheck.jsonValue(), async (value) => {
          const rows = await Effect.runPromise(readCatalogue([productRow(1), value, productRow(3)]))
          assert.includeMembers(
            rows.map((row) => (isUnreadable(row) ? "?" : row.key)),
            ["1", "1/10", "3", "3/31"]
          )
        }),
        { numRuns: 300 }
      )
    )
  )
})

describe("a level that cannot be read", () => {
  it.effect("leaves the others, of its item too", () =>
    Effect.gen(function* () {
      const rows = yield* readLevels([
        itemRow(1, [levelRow(), levelRow({ location_id: 2, total_inventory_onhand: "many" })]),
        { identity: { product_id: 2, variant_id: "?" }, locations: [] },
        itemRow(3, [levelRow()])
      ])
      assert.deepStrictEqual(
        rows.map((row) => (isUnreadable(row) ? `? ${row.id} ${row.path}` : `${row.key} ${row.onHand}`)),
        ["1/10 6", "? 1/10 locations.1.total_inventory_onhand", "? 2 identity.variant_id", "3/30 6"]
      )
    })
  )

  it.effect("says what the shop itself keeps back or adds, where it says so", () =>
    Effect.gen(function* () {
      const settings = { safety_stock: 2, is_in_stock: false, warning_level: 0 }
      const rows = yield* readLevels([
        itemRow(1, [levelRow({ settings, qty_backordered: 3, backorder_limit: 10 })]),
        itemRow(2, [levelRow({ settings: { safety_stock: "some", is_in_stock: "maybe", backorder_limit: 4 } })])
      ])
      assert.deepInclude(rows[0], { safetyStock: 2, isInStock: false, backordered: 3, backorderLimit: 10, onHand: 6 })
      assert.deepInclude(rows[1], { backorderLimit: 4, onHand: 6 })
      assert.notProperty(rows[1], "safetyStock")
      assert.notProperty(rows[1], "isInStock")
    })
  )

  it.effect("does not stop what was asked for by name", () =>
    Effect.gen(function* () {
      const asked = Effect.flatMap(Cart, ({ stockLevels }) => Stream.runCollect(stockLevels([listing])))
      const data = [null, itemRow(9, []), { identity: { product_id: 77, variant_id: 145 }, locations: [levelRow()] }]
      const rows = yield* asked.pipe(over(answering({ data, meta: {} })))
      assert.deepStrictEqual(
        rows.map((row) => (isUnreadable(row) ? "?" : row.key)),
        ["?", "77/145"]
      )
    })
  )
})
