/**
 * Sales in memory: each with the revision it was read at, each reference number with one owner.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import type { EventKind } from "@stockport/core/domain/Event"
import { keyOf, type ListingKey } from "@stockport/core/domain/Listing"
import type { OrderId } from "@stockport/core/domain/Order"
import { idOf, type Sale, type SaleId, type SaleState } from "@stockport/core/domain/Sale"
import { type NumberOwner, type Page, pageLimitMax } from "@stockport/core/ports/Store"
import { DateTime, HashMap, Result } from "effect"
import {
  ascending,
  changed,
  done,
  type Draft,
  inner,
  invalid,
  log,
  lookup,
  lookupAll,
  type Moment,
  type Outcome,
  pageOf,
  type State,
  taken,
  unknown
} from "./State.ts"

/** Creates sales of revision 0 and replaces others by their next revision, all or none. */
export const save = (draft: Draft, moment: Moment, sales: ReadonlyArray<Sale>): Outcome<void> => {
  for (const sale of sales) {
    const before = lookup(draft.sales, sale.id)
    const checked = checkSale(draft, before, sale)
    if (Result.isFailure(checked)) return checked
    if (before !== undefined && before.number !== null) {
      draft.numbers = HashMap.remove(draft.numbers, before.number.toLowerCase())
    }
    put(draft, before, sale)
    log(draft, moment, eventOf(before, sale), sale.id)
  }
  return own(draft, sales)
}

/** What is known of these orders. */
export const ofOrders = (
  state: State,
  connectionId: ConnectionId,
  orderIds: ReadonlyArray<OrderId>
): ReadonlyArray<Sale> =>
  lookupAll(
    state.sales,
    orderIds.map((orderId) => idOf(connectionId, orderId))
  )

/** The owners of these numbers, compared without case. */
export const numberOwners = (state: State, numbers: ReadonlyArray<string>): ReadonlyArray<NumberOwner> =>
  lookupAll(
    state.sales,
    lookupAll(
      state.numbers,
      numbers.map((number) => number.toLowerCase())
    )
  ).flatMap(({ id, number }) => (number === null ? [] : [{ number, saleId: id }]))

/** A page of a connection's sales in some states, in order of id. */
export const list = (
  state: State,
  connectionId: ConnectionId,
  states: ReadonlyArray<SaleState>,
  page: Page<SaleId>
): ReadonlyArray<Sale> =>
  pageOf(
    [...HashMap.values(state.sales)].filter(
      (sale) => sale.connectionId === connectionId && states.includes(sale.state)
    ),
    ({ id }) => id,
    page
  )

/** Sales whose time to be looked at has come, the longest due first. */
export const due = (state: State, connectionId: ConnectionId, now: DateTime.Utc, limit: number): ReadonlyArray<Sale> =>
  lookupAll(
    state.sales,
    [...inner(state.looks, connectionId)]
      .filter(([, at]) => at <= DateTime.toEpochMillis(now))
      .sort(([leftId, left], [rightId, right]) => left - right || ascending(leftId, rightId))
      .slice(0, Math.min(limit, pageLimitMax))
      .map(([id]) => id)
  )

/** Sets when orders are looked at again, as far as anything is known of them. */
export const look = (
  draft: Draft,
  connectionId: ConnectionId,
  looks: ReadonlyArray<{ readonly orderId: OrderId; readonly at: DateTime.Utc | null }>
): Outcome<void> => {
  for (const { orderId, at } of looks) {
    const sale = lookup(draft.sales, idOf(connectionId, orderId))
    if (sale !== undefined) put(draft, sale, { ...sale, lookAt: at })
  }
  return done
}

/** Makes the open and held sales with a line on one of these listings due, those that are not due already. */
export const makeDue = (
  draft: Draft,
  moment: Moment,
  connectionId: ConnectionId,
  keys: ReadonlyArray<ListingKey>
): void => {
  const ofConnection = inner(draft.onListing, connectionId)
  const ids = new Set(keys.flatMap((key) => [...HashMap.keys(inner(ofConnection, key))]))
  hasten(draft, moment, lookupAll(draft.sales, [...ids]))
}

/** Makes the skipped sales of a connection due, those that are not due already. */
export const makeSkippedDue = (draft: Draft, moment: Moment, connectionId: ConnectionId): void =>
  hasten(
    draft,
    moment,
    [...HashMap.values(draft.sales)].filter((sale) => sale.connectionId === connectionId && sale.state === "skipped")
  )

const hasten = (draft: Draft, moment: Moment, sales: ReadonlyArray<Sale>): void => {
  for (const sale of sales) {
    const isDue = sale.lookAt != null && DateTime.isLessThanOrEqualTo(sale.lookAt, moment.now)
    if (!isDue) put(draft, sale, { ...sale, lookAt: moment.now })
  }
}

const put = (draft: Draft, before: Sale | undefined, saved: Sale): void => {
  const { lookAt, ...rest } = saved
  const sale: Sale = lookAt == null ? rest : saved
  draft.sales = HashMap.set(draft.sales, sale.id, sale)
  const looks = inner(draft.looks, sale.connectionId)
  draft.looks = HashMap.set(
    draft.looks,
    sale.connectionId,
    sale.lookAt == null
      ? HashMap.remove(looks, sale.id)
      : HashMap.set(looks, sale.id, DateTime.toEpochMillis(sale.lookAt))
  )
  let ofConnection = inner(draft.onListing, sale.connectionId)
  for (const key of before === undefined ? [] : listingsOf(before)) {
    ofConnection = HashMap.set(ofConnection, key, HashMap.remove(inner(ofConnection, key), sale.id))
  }
  for (const key of listingsOf(sale)) {
    ofConnection = HashMap.set(ofConnection, key, HashMap.set(inner(ofConnection, key), sale.id, true as const))
  }
  draft.onListing = HashMap.set(draft.onListing, sale.connectionId, ofConnection)
}

// A line of the order may be sold by its variant's listing or by its product's.
const listingsOf = ({ state, lines, order }: Sale): ReadonlySet<ListingKey> => {
  if (state !== "open" && state !== "held") return new Set()
  const ofLines = lines.flatMap(({ listingKey }) => (listingKey === null ? [] : [listingKey]))
  const ofOrder = order.lines.flatMap(({ productId, variantId }) =>
    productId === null ? [] : [keyOf(productId, variantId), keyOf(productId, null)]
  )
  return new Set([...ofLines, ...ofOrder])
}

const checkSale = (draft: Draft, before: Sale | undefined, sale: Sale): Outcome<void> => {
  if (!HashMap.has(draft.connections, sale.connectionId)) return unknown("connection", sale.connectionId)
  const id = idOf(sale.connectionId, sale.orderId)
  if (sale.id !== id) return invalid("id", sale.id, id)
  return sale.revision === (before === undefined ? 0 : before.revision + 1) ? done : changed("sale", sale.id)
}

// Numbers are given out when all sales of the batch have let go of their old ones, so that two of them may swap.
const own = (draft: Draft, sales: ReadonlyArray<Sale>): Outcome<void> => {
  for (const { id, number } of sales) {
    if (number === null) continue
    const owner = lookup(draft.numbers, number.toLowerCase())
    if (owner !== undefined && owner !== id) return taken("number", number, owner)
    draft.numbers = HashMap.set(draft.numbers, number.toLowerCase(), id)
  }
  return done
}

const eventOf = (before: Sale | undefined, sale: Sale): EventKind => {
  switch (sale.state) {
    case "held":
      return "saleHeld"
    case "skipped":
      return "saleSkipped"
    case "deleted":
      return "saleDeleted"
    default:
      return before === undefined || before.state === "held" || before.state === "skipped"
        ? "saleImported"
        : "saleAmended"
  }
}
