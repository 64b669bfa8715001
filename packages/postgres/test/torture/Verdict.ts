/**
 * What must be true when the last worker is gone and the work has been finished.
 */
import { demandSourceOf, idOf } from "@stockport/core/domain/Sale"
import { OrderId } from "@stockport/core/domain/Order"
import { format, of } from "@stockport/core/domain/Quantity"
import { Store } from "@stockport/core/ports/Store"
import { Checker } from "@stockport/postgres"
import { Effect, Option, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { availableOf, importOrders, publish } from "./Work.ts"
import { demandOf, documentsOf, items, shipmentOf, shop, type ShopOrder, versionOf } from "./World.ts"

/** For how long a lease of somebody who was killed is waited for, in seconds. */
const leaseSecondsMax = 60

/** Waits until the lease of the last publisher has run out. */
const leaseEnds = Effect.gen(function* () {
  const { connections } = yield* Store
  for (let second = 0; second < leaseSecondsMax; second++) {
    if (Option.isSome(yield* connections.exclusively(shop, Effect.void))) return
    yield* Effect.sleep("1 second")
  }
})

/** Finishes what is left to import and to publish. */
export const finish = Effect.gen(function* () {
  yield* leaseEnds
  for (let since = 0, next = yield* importOrders(0); next !== since; next = yield* importOrders(since)) since = next
  while ((yield* publish) > 0) continue
})

/** Every promise that does not hold, as a sentence. */
export const verdict = (acknowledged: ReadonlySet<string>) =>
  Effect.gen(function* () {
    const faults: Array<string> = []
    faults.push(...(yield* orderFaults))
    faults.push(...(yield* documentFaults(acknowledged)))
    faults.push(...(yield* reservationFaults(acknowledged)))
    for (const difference of yield* Stream.runCollect(Checker.verify())) {
      const { counted, derived, itemId, locationId, term } = difference
      faults.push(`${term} of ${itemId} at ${locationId} is ${format(counted)}, its rows say ${format(derived)}`)
    }
    faults.push(...(yield* numberFaults))
    return faults
  })

/** No order is lost or doubled, and demand is what the latest snapshots say. */
const orderFaults = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const store = yield* Store
  const faults: Array<string> = []
  const orders = yield* sql<ShopOrder>`select id, version, quantity, shipped from shop.orders order by id`
  const sales = new Map(
    (yield* store.sales.ofOrders(
      shop,
      orders.map(({ id }) => OrderId.make(String(id)))
    )).map((sale) => [sale.id, sale])
  )
  const [count] = yield* sql<{ n: number }>`select count(*)::int as n from stockport.sales`
  if (count?.n !== orders.length) faults.push(`${orders.length} orders became ${count?.n} sales`)
  const demand = yield* sql<{ source: string; lines: string }>`
    select source, string_agg(line_id || ' ' || item_id || ' ' || location_id || ' ' || quantity::text, ', '
      order by n) as lines
    from stockport.demand cross join unnest(line_ids, item_ids, location_ids, quantities) with ordinality
      u (line_id, item_id, location_id, quantity, n)
    where kind = 'salesOrder' group by source`
  const open = new Map(demand.map(({ lines, source }) => [source, lines]))
  for (const order of orders) {
    const id = idOf(shop, OrderId.make(String(order.id)))
    const sale = sales.get(id)
    if (sale === undefined) faults.push(`order ${order.id} is lost`)
    else if (versionOf(sale) !== order.version) faults.push(`order ${order.id} stands at an older version`)
    const expected = demandOf(order)
      .lines.map(
        (line) => `${line.lineId} ${line.itemId} ${line.locationId} ${Number(format(line.quantity)).toFixed(5)}`
      )
      .join(", ")
    const found = open.get(demandSourceOf(id)) ?? ""
    open.delete(demandSourceOf(id))
    if (found !== expected) faults.push(`order ${order.id} wants [${expected}], the store holds [${found}]`)
    if (order.shipped) faults.push(...(yield* ledgerFaults([shipmentOf(order)])))
  }
  for (const source of open.keys()) faults.push(`there is demand of ${source}, which no order explains`)
  return faults
})

/** What was acknowledged has arrived, once, and both halves of it; what was not has arrived whole or not at all. */
const documentFaults = (acknowledged: ReadonlySet<string>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const faults: Array<string> = []
    const rows = yield* sql<{ key: string }>`select key from stockport.documents`
    const written = new Set(rows.map(({ key }) => key))
    for (const line of acknowledged) {
      const [, kind, key = ""] = /^(receipt|shipment|count) (.*)$/.exec(line) ?? []
      if (kind === "count" && !written.has(key)) faults.push(`the acknowledged count ${key} is lost`)
      if (kind === "receipt" || kind === "shipment") faults.push(...(yield* ledgerFaults(documentsOf(kind, key))))
    }
    for (const key of written) {
      const half = /^(.*) (a|b)$/.exec(key)
      if (half === null) continue
      const other = `${half[1]} ${half[2] === "a" ? "b" : "a"}`
      if (!written.has(other)) faults.push(`of the transaction ${half[1]} only half ${half[2]} has arrived`)
    }
    return faults
  })

const ledgerFaults = (documents: ReturnType<typeof documentsOf>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const faults: Array<string> = []
    for (const { key, movements } of documents) {
      const rows = yield* sql<{ line: string }>`
        select item_id || ' ' || location_id || ' ' || quantity::text as line from stockport.movements
        where document_key = ${key} order by sequence`
      const found = rows.map(({ line }) => line).join(", ")
      const expected = movements
        .map((line) => `${line.itemId} ${line.locationId} ${Number(format(line.quantity)).toFixed(5)}`)
        .join(", ")
      if (found !== expected) faults.push(`document ${key} should hold [${expected}], it holds [${found}]`)
    }
    return faults
  })

/** Who was told that his goods are reserved has them, and who was refused has none. */
const reservationFaults = (acknowledged: ReadonlySet<string>) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ source: string; n: number }>`
      select source, cardinality(line_ids) as n from stockport.demand where kind = 'reservation'`
    const held = new Map(rows.map(({ n, source }) => [source, n]))
    const faults: Array<string> = []
    for (const line of acknowledged) {
      const [, answer, key = ""] = /^(Reserved|Refused) (.*)$/.exec(line) ?? []
      const lines = held.get(`reservation:${key}`) ?? 0
      if (answer === "Reserved" && lines !== 2) faults.push(`${key} was told it is reserved, and holds ${lines} lines`)
      if (answer === "Refused" && lines !== 0) faults.push(`${key} was told it is refused, and holds ${lines} lines`)
    }
    return faults
  })

/** Every mark was honoured: the shop's numbers are what there is. */
const numberFaults = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const available = yield* availableOf(items)
  const rows = yield* sql<{ item_id: string; quantity: string }>`select item_id, quantity from shop.numbers`
  const shown = new Map(rows.map((row) => [row.item_id, row.quantity]))
  return items.flatMap((id) => {
    const expected = available(id)
    const found = shown.get(id)
    // An item that nothing ever happened to has no number.
    if (found === undefined && expected === of(0)) return []
    return found === format(expected) ? [] : [`the shop shows ${found} of ${id}, there are ${format(expected)}`]
  })
})
