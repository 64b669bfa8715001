/**
 * Orders with all their lines, as snapshots in the domain's words.
 *
 * The backlog in a status is read by ascending id (`min_id`, inclusive), the modified stream by ascending modification
 * date; neither by page numbers over a moving set, where rows would slip past the reader. Consignments and lines come
 * along in the same answer. The shop sometimes leaves lines out of it: when the units do not add up to what the order
 * says, its lines are read by themselves, and what either list holds counts. An order that cannot be read comes as
 * `Unreadable` in its place, with what can be read of its lines; one with units stated and no line is never empty. What keeps
 * an order from being read only because a list below it cannot be had may pass (see `ListsBelow`).
 */
import { Data, DateTime, Effect, Option, Result, Schema, Stream } from "effect"
import { type Order, type OrderId, type OrderStatus } from "@stockport/core/domain/Order"
import { format } from "@stockport/core/domain/Quantity"
import { type CartError, isUnreadable, type OrderQuery, type Unreadable } from "@stockport/core/ports/Cart"
import type { BigCommerceClient, Parameters } from "./BigCommerceClient.ts"
import * as ListsBelow from "./ListsBelow.ts"
import * as Operation from "./Operation.ts"
import * as OrderHistory from "./OrderHistory.ts"
import * as Pages from "./Pages.ts"
import { placed, sideLoadedLines, snapshotOf } from "./OrderSnapshot.ts"
import { type ConsignmentsWire, LineWire, OrderWire, ShippingWire, statusIdOf } from "./OrderWire.ts"
import { cut, type Fault, faultAt, reader, type Row } from "./Rows.ts"
import { idOf, modifiedOf, rawLinesOf, unreadableOrder } from "./UnreadableOrder.ts"
import { isRecord, RawRows, unitsFrom } from "./Wire.ts"

/** How many orders' missing lines are read at a time. */
const completionsAtOnce = 4

const included = {
  include: "consignments,consignments.line_items,fees",
  consignment_structure: "object"
}

const readOrder = reader(OrderWire)
const readLine = reader(LineWire)
const readAddress = reader(ShippingWire)

/** The orders that a query asks for. */
export const stream = (
  client: BigCommerceClient["Service"],
  query: OrderQuery
): Stream.Stream<Order | Unreadable, CartError> => {
  const rows =
    query._tag === "Backlog"
      ? Stream.fromIterable(new Set(query.statuses)).pipe(Stream.flatMap((status) => backlog(client, status)))
      : modifiedSince(client, query.instant)
  const reading = ListsBelow.reading(client, false)
  return Stream.mapEffect(
    rows,
    Effect.fnUntraced(function* (raw: unknown) {
      const order = yield* completed(reading, raw)
      return isUnreadable(order) ? order : yield* OrderHistory.dated(reading, order)
    }),
    { concurrency: completionsAtOnce }
  )
}

/** One order with the dates of what happened to it, or none when the shop does not know it. */
export const one = Effect.fnUntraced(function* (client: BigCommerceClient["Service"], id: OrderId) {
  const reading = ListsBelow.reading(client, true)
  const order = Option.getOrNull(yield* found(reading, id))
  if (order === null || isUnreadable(order)) return Option.fromNullishOr(order)
  return Option.some(yield* OrderHistory.dated(reading, order))
})

/** One order without its dates, in fewer requests. */
export const undated = (client: BigCommerceClient["Service"], id: OrderId) =>
  found(ListsBelow.reading(client, true), id)

const found = Effect.fnUntraced(function* (reading: ListsBelow.Reading, id: OrderId) {
  const raw = yield* reading.client
    .call(Operation.getOrder, { path: { order_id: id }, query: included, urgent: true }, MaybeOrder)
    .pipe(
      Effect.catchIf(
        (error) => error.reason._tag === "NotFound",
        () => Effect.succeed(null)
      )
    )
  return raw === null ? Option.none() : Option.some(yield* completed(reading, raw))
})

const MaybeOrder = Schema.NullOr(Schema.Record(Schema.String, Schema.Unknown))

const readPage = (client: BigCommerceClient["Service"], query: NonNullable<Parameters["query"]>) =>
  client.call(Operation.getOrders, { query: { ...query, ...included, limit: Pages.sizeMaxV2 } }, RawRows)

/** Everything in a status, by ascending id. What enters the status behind the reader is the next reading's. */
const backlog = (client: BigCommerceClient["Service"], status: OrderStatus) =>
  Stream.paginate(
    1,
    Effect.fnUntraced(function* (minId: number) {
      const rows = yield* readPage(client, { status_id: statusIdOf(status), sort: "id:asc", min_id: minId })
      const next = rows.length < Pages.sizeMaxV2 ? undefined : yield* idAfter(rows, minId)
      return [rows, Option.fromUndefinedOr(next)] as const
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
      const isFull = rows.length >= Pages.sizeMaxV2
      if (minId !== null) {
        const next: Since = isFull
          ? { instant, minId: yield* idAfter(rows, minId) }
          : { instant: DateTime.add(instant, { seconds: 1 }), minId: null }
        return [rows, Option.some(next)] as const
      }
      if (!isFull) return [rows, Option.none<Since>()] as const
      const reached = rows.map(modifiedOf).findLast((modified) => modified !== null)
      if (reached === undefined || DateTime.isLessThan(reached, DateTime.startOf(instant, "second"))) {
        const detail = `the page ends with no order that was modified at or after ${DateTime.formatIso(instant)}`
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

/** The id after the last one of a page. A reader that follows ids has to get ahead. */
const idAfter = (rows: ReadonlyArray<unknown>, minId: number): Effect.Effect<number, CartError> => {
  const last = Math.max(...rows.map((row) => Number(idOf(row) ?? 0)))
  return last >= minId
    ? Effect.succeed(last + 1)
    : Effect.fail(
        Pages.contradiction(Operation.getOrders, "body", `the page holds no order that comes after order ${minId - 1}`)
      )
}

/** Why one order cannot be read, and what is known of its lines. */
class Unread extends Data.TaggedError("Unread")<{
  readonly fault: Fault
  readonly lines: ReadonlyArray<unknown>
  /** Whether the cause may pass although the order stays as it is. */
  readonly passing: boolean
}> {}

/** An order with every line; one that cannot be read as a whole, as far as it can be. */
const completed = (reading: ListsBelow.Reading, raw: unknown) => {
  const { read } = readOrder(raw)
  if (Result.isFailure(read)) return setAside(reading, raw, read.failure)
  return partsOf(reading, read.success, raw).pipe(
    Effect.map(({ destinations, lines }): Order | Unreadable => snapshotOf(read.success, destinations, lines)),
    Effect.catchTag("Unread", ({ fault, lines, passing }) =>
      Effect.succeed(unreadableOrder(raw, fault, lines, passing))
    )
  )
}

/** Where an order's lines go, and all of them: those that came along, or those that its list of lines holds as well. */
const partsOf = Effect.fnUntraced(function* (reading: ListsBelow.Reading, order: OrderWire, raw: unknown) {
  const { consignments, items_total } = order
  const included = consignments === null ? [] : sideLoadedLines(consignments)
  const units = included.reduce((sum, { wire }) => sum + wire.quantity, 0)
  const isWhole = items_total === null ? included.length > 0 : units === items_total
  if (consignments !== null && isWhole) return { destinations: consignments, lines: included }
  const rows = yield* listOf(reading, order.id, Operation.getOrderProducts, "products", rawLinesOf(raw))
  const listed = yield* readEach(rows, readLine, "products", rows)
  const destinations = consignments ?? {
    ...nowhere,
    shipping: yield* readEach(
      yield* listOf(reading, order.id, Operation.getOrderAddresses, "shipping_addresses", rows),
      readAddress,
      "shipping_addresses",
      rows
    )
  }
  const ids = new Set(listed.map(({ id }) => id))
  // What is on one list and not on the other may have been sold all the same.
  const lines = [...placed(listed, destinations), ...included.filter(({ wire }) => !ids.has(wire.id))]
  if (lines.length === 0 && items_total !== null && items_total > 0) {
    const expected = `expected lines with ${format(items_total)} units in all`
    return yield* new Unread({ fault: { path: "products", expected, found: "no line" }, lines: [], passing: true })
  }
  return { destinations, lines }
})

const nowhere: ConsignmentsWire = { shipping: [], pickups: [], downloads: [], email: null }

/** A list below an order, as it came. One that cannot be had makes the order unreadable for now. */
const listOf = (
  reading: ListsBelow.Reading,
  orderId: string,
  operation: Operation.Operation,
  path: string,
  lines: ReadonlyArray<unknown>
) => {
  const { client, urgent } = reading
  const rows = Pages.allOfOrder(operation, (query) =>
    client.call(operation, { path: { order_id: orderId }, query, urgent }, RawRows)
  )
  return ListsBelow.of(reading, operation, rows).pipe(
    Effect.catchTag("Missing", ({ why }) => {
      const fault: Fault = { path, expected: "expected the list that belongs to the order", found: cut(why) }
      return Effect.fail(new Unread({ fault, lines, passing: true }))
    })
  )
}

/** All rows of a list below an order, or the first that cannot be read. */
const readEach = <A>(
  rows: ReadonlyArray<unknown>,
  read: (raw: unknown) => Row<A>,
  path: string,
  lines: ReadonlyArray<unknown>
): Effect.Effect<ReadonlyArray<A>, Unread> =>
  Effect.fromResult(
    Result.all(
      rows.map((row, at) =>
        Result.mapError(
          read(row).read,
          (fault) => new Unread({ fault: faultAt(`${path}.${at}`, fault), lines, passing: false })
        )
      )
    )
  )

/** An order that cannot be read, with what can be read of its lines: its own, or those that its list holds. */
const setAside = Effect.fnUntraced(function* (reading: ListsBelow.Reading, raw: unknown, fault: Fault) {
  const id = idOf(raw)
  const included = rawLinesOf(raw)
  const units = included.map((line) => unitsFrom(isRecord(line) ? line["quantity"] : undefined))
  const total = unitsFrom(isRecord(raw) ? raw["items_total"] : undefined)
  const isWhole =
    included.length > 0 && (total === null || total === units.reduce<number>((sum, of) => sum + (of ?? 0), 0))
  if (id === null || isWhole) return unreadableOrder(raw, fault, included)
  return yield* listOf(reading, id, Operation.getOrderProducts, "products", included).pipe(
    Effect.map((lines) => unreadableOrder(raw, fault, lines.length > 0 ? lines : included)),
    Effect.catchTag("Unread", () => Effect.succeed(unreadableOrder(raw, fault, included)))
  )
})
