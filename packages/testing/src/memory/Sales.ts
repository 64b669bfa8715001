/**
 * Sales in memory: each with the revision it was read at, each reference number with one owner.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import type { EventKind } from "@stockport/core/domain/Event"
import type { OrderId } from "@stockport/core/domain/Order"
import { idOf, type Sale, type SaleId, type SaleState } from "@stockport/core/domain/Sale"
import type { NumberOwner, Page } from "@stockport/core/ports/Store"
import { HashMap, Result } from "effect"
import {
  changed,
  done,
  type Draft,
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
    draft.sales = HashMap.set(draft.sales, sale.id, sale)
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
