/**
 * Importing orders of three lines, in batches: sales, lines, history, demand, positions, marks, events and the cursor in
 * one transaction; beside one statement that inserts the same rows into tables with the same indexes and nothing else.
 */
import { DemandLine } from "@stockport/core/domain/Demand"
import type { Order } from "@stockport/core/domain/Order"
import { OrderId, OrderLineId } from "@stockport/core/domain/Order"
import { Amount, Currency } from "@stockport/core/domain/Money"
import { of } from "@stockport/core/domain/Quantity"
import { demandSourceOf, idOf, ReferenceNumber, Sale } from "@stockport/core/domain/Sale"
import { DateTime, Effect, Schema } from "effect"
import { fillItems, fillPositions, furnish, type Ground, itemId, locations, settle, shop, storeOf } from "./Ground.ts"
import { compare } from "./Measure.ts"

const items = 10_000
const batch = 100
const batchesPerRound = 5

/** The benchmark of importing. */
export const importing = (ground: Ground) =>
  Effect.gen(function* () {
    yield* furnish(ground)
    yield* fillItems(ground, 1, items)
    yield* fillPositions(ground, 1, items, 1, 1_000)
    for (const table of ["sales", "sale_lines", "sale_history", "demand", "events"]) {
      yield* ground.sql.unsafe(`create table bare_${table} (like stockport.${table} including all)`).unprepared
    }
    yield* settle(ground)
    const eachBatch = (run: (sales: ReadonlyArray<Sale>) => Effect.Effect<unknown, unknown>, offset: number) =>
      Effect.forEach(numbers(batchesPerRound), (n) => run(numbers(batch).map((m) => saleOf(offset + n * batch + m))), {
        discard: true
      })
    return [
      yield* compare({
        name: "import orders of 3 lines, 100 at a time",
        limit: 0.5,
        rounds: 6,
        size: batch * batchesPerRound,
        ours: (round) => eachBatch((sales) => importOurs(ground, sales), round * batch * batchesPerRound),
        floor: (round) => eachBatch((sales) => importBare(ground, sales), round * batch * batchesPerRound)
      })
    ]
  })

const numbers = (count: number): ReadonlyArray<number> => Array.from({ length: count }, (_, n) => n)

const importOurs = (ground: Ground, sales: ReadonlyArray<Sale>) => {
  const store = storeOf(ground)
  return store.transaction(
    Effect.gen(function* () {
      yield* store.sales.save(sales)
      yield* store.stock.setDemand(
        sales.map((sale) => ({
          source: demandSourceOf(sale.id),
          kind: "salesOrder" as const,
          lines: demandOf(sale),
          expiresAt: null
        }))
      )
      yield* store.connections.setCursor(shop, { modifiedSince: DateTime.makeUnsafe(0) })
    })
  )
}

const encodeSale = Schema.encodeSync(Sale)
const encodeLine = Schema.encodeSync(DemandLine)

const importBare = (ground: Ground, sales: ReadonlyArray<Sale>) =>
  ground.sql.unsafe(bareInsert, [
    JSON.stringify(
      sales.map((sale) => ({
        sale: encodeSale(sale),
        source: demandSourceOf(sale.id),
        demand: demandOf(sale).map((line) => encodeLine(line))
      }))
    )
  ])

const bareInsert = `
  with rows as materialized (
    select x->'sale' as o, x->>'source' as source, x->'demand' as demand from jsonb_array_elements($1::jsonb) x
  ), sales as (
    insert into bare_sales (id, connection_id, order_id, type, state, number, reasons, snapshot, revision)
    select o->>'id', o->>'connectionId', o->>'orderId', o->>'type', o->>'state', o->>'number', o->'reasons', o->'order', 0
    from rows
  ), lines as (
    insert into bare_sale_lines (sale_id, line_no, id, listing_key, item_id, location_id, sku, description, quantity,
      open, shipped, units_per_listing, needs, parent_line_id)
    select o->>'id', n, l->>'id', l->>'listingKey', l->>'itemId', l->>'locationId', l->>'sku', l->>'description',
      (l->>'quantity')::numeric, (l->>'open')::numeric, (l->>'shipped')::numeric, (l->>'unitsPerListing')::numeric,
      l->'needs', l->>'parentLineId'
    from rows cross join jsonb_array_elements(o->'lines') with ordinality u (l, n)
  ), history as (
    insert into bare_sale_history (sale_id, revision, type, state, number, reasons, lines, actor, reason, at)
    select o->>'id', 0, o->>'type', o->>'state', o->>'number', o->'reasons', o->'lines', 'system', '', now() from rows
  ), demand as (
    insert into bare_demand (source, kind, line_ids, item_ids, location_ids, quantities, updated_at)
    select source, 'salesOrder', l.line_ids, l.item_ids, l.location_ids, l.quantities, now()
    from rows cross join lateral (
      select array_agg(d->>'lineId') as line_ids, array_agg(d->>'itemId') as item_ids,
        array_agg(d->>'locationId') as location_ids, array_agg((d->>'quantity')::numeric) as quantities
      from jsonb_array_elements(rows.demand) d) l
  )
  insert into bare_events (kind, subject, actor, reason, at)
  select kind, o->>'id', 'system', '', now() from rows cross join unnest(array['saleImported', 'demandSet']) u (kind)`

const place = locations[0] ?? ("" as never)
const amount = Amount.make("12.5000")

const demandOf = (sale: Sale): ReadonlyArray<DemandLine> =>
  sale.lines.flatMap((line) =>
    line.itemId === null
      ? []
      : [{ lineId: line.id, itemId: line.itemId, locationId: line.locationId, quantity: line.open }]
  )

const saleOf = (n: number): Sale => {
  const order = orderOf(n)
  return {
    id: idOf(shop, order.id),
    connectionId: shop,
    orderId: order.id,
    type: "salesOrder",
    state: "open",
    number: ReferenceNumber.make(`N-${n}`),
    reasons: [],
    lines: order.lines.map((line, m) => ({
      id: line.id,
      listingKey: null,
      itemId: itemId(1 + (((n * 3 + m) * 7919) % items)),
      locationId: place,
      sku: line.sku,
      description: line.name,
      quantity: line.quantity,
      open: line.quantity,
      shipped: of(0),
      unitsPerListing: of(1),
      needs: [{ itemId: itemId(1 + (((n * 3 + m) * 7919) % items)), quantity: of(1) }],
      parentLineId: null
    })),
    order,
    revision: 0
  }
}

const orderOf = (n: number): Order => ({
  id: OrderId.make(String(n)),
  number: String(n),
  status: "awaitingFulfilment",
  placedAt: DateTime.makeUnsafe(1_700_000_000_000 + n),
  modifiedAt: DateTime.makeUnsafe(1_700_000_000_000 + n),
  deleted: false,
  archived: false,
  customer: { id: String(n), email: `customer-${n}@example.com`, billing: address },
  consignments: [{ id: "1", method: "Ground", address, costExTax: amount, costIncTax: amount }],
  lines: [1, 2, 3].map((m) => ({
    id: OrderLineId.make(`${n}-${m}`),
    goods: "physical",
    productId: null,
    variantId: null,
    parentLineId: null,
    consignmentId: "1",
    pickupAt: null,
    sku: `SKU-${m}`,
    name: `Something number ${m}`,
    options: [],
    quantity: of(m),
    shipped: of(0),
    refunded: of(0),
    unitPrice: amount,
    totalExTax: amount,
    totalIncTax: amount,
    wrapping: amount,
    discounts: []
  })),
  totals: {
    currency: Currency.make("USD"),
    taxInclusive: false,
    subtotalExTax: amount,
    subtotalIncTax: amount,
    shippingExTax: amount,
    shippingIncTax: amount,
    handlingExTax: amount,
    handlingIncTax: amount,
    wrappingExTax: amount,
    wrappingIncTax: amount,
    discount: amount,
    coupons: amount,
    fees: amount,
    storeCredit: amount,
    giftCertificates: amount,
    tax: amount,
    totalExTax: amount,
    totalIncTax: amount
  },
  message: ""
})

const address = {
  firstName: "Ada",
  lastName: "Byron",
  company: "",
  street1: "1 Main Street",
  street2: "",
  city: "Springfield",
  state: "IL",
  postalCode: "62701",
  countryCode: "US",
  phone: "",
  email: "ada@example.com"
}
