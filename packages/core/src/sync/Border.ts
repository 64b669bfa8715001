/**
 * Where rows of a shop enter: whatever an adapter gives is made writable and held against the domain's bounds, once.
 *
 * A row that is within them comes out as it went in, or with U+FFFD where its text could not be kept. One that is not comes
 * out as `Unreadable`, with its id and, of an order, what can be held of it: nothing that enters can be refused later for
 * what it is, and no row takes another one with it.
 */
import { DateTime, Effect, Option, Result, Schema, SchemaIssue, Stream } from "effect"
import { Listing, ProductId, VariantId } from "../domain/Listing.ts"
import { Order, type OrderId, OrderLineId } from "../domain/Order.ts"
import { Quantity } from "../domain/Quantity.ts"
import * as Text from "../domain/Text.ts"
import {
  Cart,
  type CartError,
  isUnreadable,
  type OrderQuery,
  type ReadableLine,
  type StockLevel,
  type Unreadable,
  unreadable
} from "../ports/Cart.ts"

/** How much of what was found is quoted. */
export const foundLengthMax = 200

/** The catalogue. */
export const listings: Stream.Stream<Listing | Unreadable, CartError, Cart> = Stream.unwrap(
  Effect.map(Effect.service(Cart), (cart) => Stream.map(cart.listings, admitListing))
)

/** Orders. */
export const orders = (query: OrderQuery): Stream.Stream<Order | Unreadable, CartError, Cart> =>
  Stream.unwrap(Effect.map(Effect.service(Cart), (cart) => Stream.map(cart.orders(query), admitOrder)))

/** One order. */
export const order: (id: OrderId) => Effect.Effect<Option.Option<Order | Unreadable>, CartError, Cart> =
  Effect.fnUntraced(function* (id: OrderId) {
    const cart = yield* Cart
    const found = yield* cart.order(id)
    return Option.map(found, admitOrder)
  })

/** Levels; a row that cannot be read is left out. */
export const stockLevels = (rows: ReadonlyArray<Listing> | "all"): Stream.Stream<StockLevel, CartError, Cart> =>
  Stream.filter(stockLevelRows(rows), (row): row is StockLevel => !isUnreadable(row))

/** Levels, and the rows that cannot be read: where one of them is, nothing is known, which is another thing than nothing. */
export const stockLevelRows = (
  rows: ReadonlyArray<Listing> | "all"
): Stream.Stream<StockLevel | Unreadable, CartError, Cart> =>
  Stream.unwrap(Effect.map(Effect.service(Cart), (cart) => cart.stockLevels(rows)))

/** One order as it may enter. */
export const admitOrder = (row: Order | Unreadable): Order | Unreadable => {
  if (isUnreadable(row)) return admitUnreadable(row)
  const written = writableIn(row)
  const fault = idFrom(written.id) === null ? idFault("id") : faultOf(readOrder(written))
  return fault === null ? written : unreadableOrder(written, fault)
}

/** One listing as it may enter. */
export const admitListing = (row: Listing | Unreadable): Listing | Unreadable => {
  if (isUnreadable(row)) return admitUnreadable(row)
  const written = writableIn(row)
  const fault = idFrom(written.key) === null ? idFault("key") : faultOf(readListing(written))
  return fault === null
    ? written
    : unreadable({ what: "listing", id: idFrom(written.key ?? written.productId), ...fault })
}

const admitUnreadable = (row: Unreadable): Unreadable => {
  const { id, number, ...rest } = writableIn(row)
  return { ...rest, id: idFrom(id), number: idFrom(number), found: Text.writable(rest.found, foundLengthMax) }
}

const readOrder = Schema.decodeUnknownResult(Schema.toType(Order))
const readListing = Schema.decodeUnknownResult(Schema.toType(Listing))

interface Fault {
  readonly path: string
  readonly expected: string
  readonly found: string
}

const faultOf = (read: Result.Result<unknown, Schema.SchemaError>): Fault | null => {
  if (Result.isSuccess(read)) return null
  const [first] = describe(read.failure.issue).issues
  const path = (first?.path ?? []).map((key) => String(typeof key === "object" ? key.key : key)).join(".")
  return {
    path: Text.writable(path, Text.lineLengthMax),
    expected: Text.writable(first?.message ?? "a readable row", Text.lineLengthMax),
    found: ""
  }
}

const idFault = (path: string): Fault => ({ path, expected: "an id that can be kept as it is", found: "" })

const describe = SchemaIssue.makeFormatterStandardSchemaV1()

/** What of an order can be held although it cannot be read as a whole. */
const unreadableOrder = (order: Order, fault: Fault): Unreadable =>
  unreadable({
    what: "order",
    id: idFrom(order.id),
    number: idFrom(order.number),
    placedAt: DateTime.isDateTime(order.placedAt) ? order.placedAt : null,
    modifiedAt: DateTime.isDateTime(order.modifiedAt) ? order.modifiedAt : null,
    lines: Array.isArray(order.lines) ? order.lines.map(readableLine) : [],
    ...fault
  })

const readableLine = (line: Order["lines"][number]): ReadableLine => ({
  lineId: Option.getOrNull(Schema.decodeUnknownOption(OrderLineId)(line.id)),
  productId: Option.getOrNull(Schema.decodeUnknownOption(ProductId)(line.productId)),
  variantId: Option.getOrNull(Schema.decodeUnknownOption(VariantId)(line.variantId)),
  sku: typeof line.sku === "string" ? line.sku : "",
  quantity: Schema.is(Quantity)(line.quantity) && line.quantity >= 0 ? line.quantity : null
})

/** An id as far as it can be kept as it is; an altered one would name something else. */
const idFrom = (value: unknown): string | null =>
  typeof value === "string" && value !== "" && value.length <= 2 * Text.idLengthMax && !value.includes(Text.mark)
    ? value
    : null

/** The same row with every text writable; the very same object where all of them are. */
const writableIn = <A>(value: A): A => {
  if (typeof value === "string") return Text.writable(value) as A
  if (value === null || typeof value !== "object" || DateTime.isDateTime(value)) return value
  if (Array.isArray(value)) {
    const each = value.map(writableIn)
    return each.every((item, index) => item === value[index]) ? value : (each as A)
  }
  let changed: Record<string, unknown> | null = null
  for (const [key, before] of Object.entries(value)) {
    const after = writableIn(before)
    if (after !== before) changed = { ...(changed ?? value), [key]: after }
  }
  return (changed ?? value) as A
}
