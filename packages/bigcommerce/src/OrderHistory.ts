/**
 * When an order's goods left and when its money went back, by the shop's own dates.
 *
 * An order says how much of a line was shipped and refunded, its shipments and refunds say when. They cost a request each,
 * so they are asked for only where a line says that there is something to date. A history is given only when it adds up to
 * what the line says: what is dated in part, or cannot be had, is left out, and the order is read all the same.
 */
import { DateTime, Effect, Option, Result, Schema } from "effect"
import type { LineHappening, Order, OrderLine } from "@stockport/core/domain/Order"
import type { CartError } from "@stockport/core/ports/Cart"
import * as ListsBelow from "./ListsBelow.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { reader } from "./Rows.ts"
import { Id, IdOrNone, Instant, listOf, RawPage, RawRows, Text, Units, UnitsOrNone } from "./Wire.ts"

/** How many refunds are read at once. */
const refundsPerPage = 250

/** Something that happened to so many of a line. */
interface Dated extends LineHappening {
  readonly lineId: string
}

const readShipment = reader(
  Schema.Struct({
    date_created: Instant,
    items: listOf(Schema.Struct({ order_product_id: Id, quantity: Units }))
  })
)

const readRefund = reader(
  Schema.Struct({
    order_id: Id,
    created: Instant,
    items: listOf(Schema.Struct({ item_type: Text, item_id: IdOrNone, quantity: UnitsOrNone }))
  })
)

/** The order with the dates of its shipments and refunds, as far as they can be had. */
export const dated = Effect.fnUntraced(function* (reading: ListsBelow.Reading, order: Order) {
  const shipments = order.lines.some(({ shipped }) => shipped > 0) ? yield* shipmentsOf(reading, order) : []
  const refunds = order.lines.some(({ refunded }) => refunded > 0) ? yield* refundsOf(reading, order) : []
  if (shipments.length === 0 && refunds.length === 0) return order
  const twice = idsOfSeveral(order.lines)
  const lines = order.lines.map((line): OrderLine => {
    if (twice.has(line.id)) return line
    const left = historyOf(line.id, line.shipped, shipments)
    const back = historyOf(line.id, line.refunded, refunds)
    return { ...line, ...(left !== undefined && { shipments: left }), ...(back !== undefined && { refunds: back }) }
  })
  return { ...order, lines }
})

const shipmentsOf = (reading: ListsBelow.Reading, order: Order) => {
  const { client, urgent } = reading
  const dates = Pages.allOfOrder(Operation.getShipments, (query) =>
    client.call(Operation.getShipments, { path: { order_id: order.id }, query, urgent }, RawRows)
  ).pipe(
    Effect.map((rows) =>
      readAll(rows.map((row) => readShipment(row).read)).flatMap(({ date_created, items }) =>
        items.map((item): Dated => ({ lineId: item.order_product_id, at: date_created, quantity: item.quantity }))
      )
    )
  )
  return orNone(reading, Operation.getShipments, dates)
}

const refundsOf = (reading: ListsBelow.Reading, order: Order) => {
  const { client, urgent } = reading
  const query = { "order_id:in": order.id, limit: refundsPerPage }
  const dates = client.call(Operation.getRefunds, { query, urgent }, RawPage).pipe(
    Effect.map(({ data }) =>
      readAll(data.map((row) => readRefund(row).read))
        .filter(({ order_id }) => order_id === order.id)
        .flatMap(({ created, items }) =>
          items.flatMap(({ item_id, item_type, quantity }): ReadonlyArray<Dated> =>
            item_type === "PRODUCT" && item_id !== null && quantity !== null
              ? [{ lineId: item_id, at: created, quantity }]
              : []
          )
        )
    )
  )
  return orNone(reading, Operation.getRefunds, dates)
}

/** All of them, or none: dates with a gap would tell a wrong story. */
const readAll = <A, E>(rows: ReadonlyArray<Result.Result<A, E>>): ReadonlyArray<A> =>
  Option.getOrElse(Option.all(rows.map(Result.getSuccess)), () => [])

/** Dates that cannot be had are left out; what concerns every call alike is not swallowed. */
const orNone = (
  reading: ListsBelow.Reading,
  operation: Operation.Operation,
  dates: Effect.Effect<ReadonlyArray<Dated>, CartError>
): Effect.Effect<ReadonlyArray<Dated>, CartError> => {
  const none: Effect.Effect<ReadonlyArray<Dated>> = Effect.succeed([])
  return ListsBelow.of(reading, operation, dates).pipe(
    Effect.catchTag("Missing", () => none),
    Effect.catchIf(
      ({ reason }) => reason._tag === "Forbidden",
      () => none
    )
  )
}

/** What is dated of a line in order of time, if it is all that the line says. */
const historyOf = (
  lineId: string,
  total: number,
  all: ReadonlyArray<Dated>
): ReadonlyArray<LineHappening> | undefined => {
  const own = all.filter((happening) => happening.lineId === lineId && happening.quantity > 0)
  const sum = own.reduce((units, { quantity }) => units + quantity, 0)
  if (total === 0 || sum !== total) return undefined
  return own
    .map(({ at, quantity }): LineHappening => ({ at, quantity }))
    .toSorted((left, right) => DateTime.toEpochMillis(left.at) - DateTime.toEpochMillis(right.at))
}

/** Ids that more than one line has: nobody can tell which of them was shipped. */
const idsOfSeveral = (lines: Order["lines"]): ReadonlySet<string> => {
  const seen = new Set<string>()
  return new Set(lines.flatMap(({ id }) => (seen.size === seen.add(id).size ? [id] : [])))
}
