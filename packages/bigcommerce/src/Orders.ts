/**
 * Orders with all their lines, as snapshots in the domain's words.
 *
 * The backlog in a status is read by ascending id (`min_id`, inclusive), the modified stream by ascending modification
 * date; neither by page numbers over a moving set, where rows would slip past the reader. Consignments and lines come
 * along in the same answer. The shop sometimes leaves lines out of it: when the units do not add up to what the order
 * says, its lines are read by themselves, and that list is the truth.
 */
import { DateTime, Effect, Option, Schema, Stream } from "effect"
import { type Order, type OrderId, type OrderStatus } from "@stockport/core/domain/Order"
import type { CartError, OrderQuery } from "@stockport/core/ports/Cart"
import type { BigCommerceClient, Parameters } from "./BigCommerceClient.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { placed, sideLoadedLines, snapshotOf } from "./OrderSnapshot.ts"
import { type ConsignmentsWire, LineWire, OrderWire, ShippingWire, statusIdOf } from "./OrderWire.ts"
import { rowsOf } from "./Wire.ts"

/** How many orders' missing lines are read at a time. */
const completionsAtOnce = 4

const included = {
  include: "consignments,consignments.line_items,fees",
  consignment_structure: "object"
}

const Orders = rowsOf(OrderWire)
const MaybeOrder = Schema.NullOr(OrderWire)
const Lines = rowsOf(LineWire)
const Addresses = rowsOf(ShippingWire)

/** The orders that a query asks for. */
export const stream = (client: BigCommerceClient["Service"], query: OrderQuery): Stream.Stream<Order, CartError> => {
  const rows =
    query._tag === "Backlog"
      ? Stream.fromIterable(new Set(query.statuses)).pipe(Stream.flatMap((status) => backlog(client, status)))
      : modifiedSince(client, query.instant)
  return Stream.mapEffect(rows, (order) => completed(client, order, false), { concurrency: completionsAtOnce })
}

/** One order, or none when the shop does not know it. */
export const one = (
  client: BigCommerceClient["Service"],
  id: OrderId
): Effect.Effect<Option.Option<Order>, CartError> =>
  client.call(Operation.getOrder, { path: { order_id: id }, query: included, urgent: true }, MaybeOrder).pipe(
    Effect.flatMap((order) => (order === null ? Effect.succeedNone : Effect.asSome(completed(client, order, true)))),
    Effect.catchIf(
      (error) => error.reason._tag === "NotFound",
      () => Effect.succeedNone
    )
  )

const readPage = (client: BigCommerceClient["Service"], query: NonNullable<Parameters["query"]>) =>
  client.call(Operation.getOrders, { query: { ...query, ...included, limit: Pages.sizeMaxV2 } }, Orders)

/** Everything in a status, by ascending id. What enters the status behind the reader is the next reading's. */
const backlog = (client: BigCommerceClient["Service"], status: OrderStatus) =>
  Stream.paginate(
    1,
    Effect.fnUntraced(function* (minId: number) {
      const rows = yield* readPage(client, { status_id: statusIdOf(status), sort: "id:asc", min_id: minId })
      const last = rows.at(-1)
      if (last !== undefined) yield* requireProgress(last, minId)
      const more = last !== undefined && rows.length >= Pages.sizeMaxV2
      return [rows, more ? Option.some(Number(last.id) + 1) : Option.none()] as const
    })
  )

/** Where the reader of changes stands: at an instant, or within the second that begins there, at an id. */
interface Since {
  readonly instant: DateTime.Utc
  readonly minId: number | null
}

/**
 * Everything modified at or after an instant, oldest change first.
 *
 * Dates have whole seconds, so each page begins at the second where the last one ended. When a whole page lies within one
 * second (an import does that), the second is read by ascending id: a page number would let rows slip by while others
 * are modified again and leave it. What is modified in a second after that was read has to be asked for again, as every
 * reader of changes does who goes back a little.
 */
const modifiedSince = (client: BigCommerceClient["Service"], from: DateTime.Utc) =>
  Stream.paginate(
    { instant: from, minId: null },
    Effect.fnUntraced(function* ({ instant, minId }: Since) {
      const rows = yield* minId === null ? changesFrom(client, instant) : changesWithin(client, instant, minId)
      const last = rows.at(-1)
      const isFull = last !== undefined && rows.length >= Pages.sizeMaxV2
      if (minId !== null) {
        if (last !== undefined) yield* requireProgress(last, minId)
        const next: Since = isFull
          ? { instant, minId: Number(last.id) + 1 }
          : { instant: DateTime.add(instant, { seconds: 1 }), minId: null }
        return [rows, Option.some(next)] as const
      }
      if (!isFull) return [rows, Option.none<Since>()] as const
      const reached = last.date_modified
      if (reached === null || DateTime.isLessThan(reached, DateTime.startOf(instant, "second"))) {
        const detail = `order ${last.id} was not modified at or after ${DateTime.formatIso(instant)}`
        return yield* Pages.contradiction(Operation.getOrders, "body", detail)
      }
      const next: Since = DateTime.isGreaterThan(reached, instant)
        ? { instant: reached, minId: null }
        : { instant, minId: 1 }
      return [rows, Option.some(next)] as const
    })
  )

const changesFrom = (client: BigCommerceClient["Service"], instant: DateTime.Utc) =>
  readPage(client, { min_date_modified: DateTime.formatIso(instant), sort: "date_modified:asc" })

/** The bound above is a second too high, in case it is not inclusive. */
const changesWithin = (client: BigCommerceClient["Service"], instant: DateTime.Utc, minId: number) =>
  readPage(client, {
    min_date_modified: DateTime.formatIso(instant),
    max_date_modified: DateTime.formatIso(DateTime.add(instant, { seconds: 1 })),
    min_id: minId,
    sort: "id:asc"
  })

/** A reader that follows ids has to get ahead. */
const requireProgress = (last: OrderWire, minId: number): Effect.Effect<void, CartError> =>
  Number(last.id) >= minId
    ? Effect.void
    : Effect.fail(
        Pages.contradiction(Operation.getOrders, "body", `order ${last.id} does not come after order ${minId - 1}`)
      )

/** An order with every line, read on its own where the page did not bring them all. */
const completed = Effect.fnUntraced(function* (
  client: BigCommerceClient["Service"],
  order: OrderWire,
  urgent: boolean
) {
  const { consignments, items_total } = order
  if (consignments !== null) {
    const lines = sideLoadedLines(consignments)
    const units = lines.reduce((sum, { wire }) => sum + wire.quantity, 0)
    if (items_total === null ? lines.length > 0 : units === items_total) return snapshotOf(order, consignments, lines)
  }
  const read = { path: { order_id: order.id }, urgent }
  const lines = yield* Pages.allOfOrder(Operation.getOrderProducts, (query) =>
    client.call(Operation.getOrderProducts, { ...read, query }, Lines)
  )
  const destinations = consignments ?? {
    ...nowhere,
    shipping: yield* Pages.allOfOrder(Operation.getOrderAddresses, (query) =>
      client.call(Operation.getOrderAddresses, { ...read, query }, Addresses)
    )
  }
  return snapshotOf(order, destinations, placed(lines, destinations))
})

const nowhere: ConsignmentsWire = { shipping: [], pickups: [], downloads: [], email: null }
