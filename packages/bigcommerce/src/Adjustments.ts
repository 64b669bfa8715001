/**
 * Writing stock: absolute levels in large batches, one request at a time per store, and one verdict per row.
 *
 * The shop refuses a batch as a whole when one row of it is bad, and says which one only in the text of a title, in
 * several notations. So a refused batch is taken apart: rows that the text names are rejected with it and the others sent
 * again; a batch whose text names none of its rows is halved, as is one that the shop fails over (a plain 500). Good rows go
 * through, each bad one gets its own reason, and the requests that this takes are bounded by twice the rows. What no answer
 * speaks of was not tried: the lease is lost, the token refused, the shop out of order.
 *
 * An item is named by the way that the product counts its stock: by product id, or by variant id. SKUs are never used:
 * they change, and a doubled one is ambiguous.
 */
import { Effect, Result, Schema, type Semaphore } from "effect"
import {
  CartError,
  type CartErrorReason,
  Conflict,
  Rejected,
  type StockLevelUpdate,
  type StockLevelVerdict
} from "@stockport/core/ports/Cart"
import type { BigCommerceClient } from "./BigCommerceClient.ts"
import * as Failure from "./Failure.ts"
import { nameOf, putAbsoluteLevels } from "./Operation.ts"
import { Text } from "./Wire.ts"

/** The most rows of one request. */
export const rowsPerRequest = 2_000

/** The largest level that the shop stores. */
export const quantityMax = 2_147_483_647

const Accepted = Schema.Struct({ transaction_id: Text })

/** What names an item in a request. */
type Identity = { readonly variant_id: number } | { readonly product_id: number }

/** An update that can be sent, and its place in what was asked for. */
interface Row {
  readonly at: number
  readonly update: StockLevelUpdate
  readonly locationId: number
  readonly identity: Identity
}

const rejected = (update: StockLevelUpdate, reason: CartError["reason"]): StockLevelVerdict => ({
  _tag: "Rejected",
  update,
  error: new CartError({ operation: nameOf(putAbsoluteLevels), reason })
})

const notTried = (update: StockLevelUpdate, error: CartError): StockLevelVerdict => ({
  _tag: "NotTried",
  update,
  error
})

const refuse = (update: StockLevelUpdate, field: string, detail: string) =>
  rejected(update, new Rejected({ detail, fields: { [field]: detail } }))

const identityOf = ({ productId, tracking, variantId }: StockLevelUpdate["listing"]): Identity | undefined => {
  const id = tracking === "none" ? null : tracking === "product" ? productId : variantId
  const number = id === null ? Number.NaN : Number(id)
  if (!Number.isSafeInteger(number) || number <= 0) return undefined
  return tracking === "product" ? { product_id: number } : { variant_id: number }
}

const textOf = (identity: Identity): string =>
  "variant_id" in identity ? `variant_id ${identity.variant_id}` : `product_id ${identity.product_id}`

/** A row, or why it cannot even be asked. */
const rowOf = (update: StockLevelUpdate, at: number): Row | StockLevelVerdict => {
  const { cartLocationId, listing, quantity } = update
  if (!Number.isInteger(quantity) || quantity < 0 || quantity > quantityMax) {
    return refuse(update, "quantity", `quantity is ${quantity}, expected a whole number from 0 to ${quantityMax}`)
  }
  const locationId = Number(cartLocationId)
  if (!Number.isSafeInteger(locationId) || locationId <= 0) {
    return refuse(update, "cartLocationId", `there is no location ${cartLocationId}`)
  }
  const identity = identityOf(listing)
  if (identity !== undefined) return { at, update, locationId, identity }
  return listing.tracking === "none"
    ? refuse(update, "tracking", `the shop does not track the stock of listing ${listing.key}`)
    : refuse(update, "listing", `listing ${listing.key} holds no stock of its own`)
}

/** A row that says the same as an earlier one; it is not sent, and shares the other's verdict. */
interface Repeat {
  readonly at: number
  readonly first: number
  readonly update: StockLevelUpdate
}

/** What can be sent, in the order of what was asked for. What cannot gets its verdict at once. */
const rowsOf = (updates: ReadonlyArray<StockLevelUpdate>, verdicts: Array<StockLevelVerdict | undefined>) => {
  const rows: Array<Row> = []
  const repeats: Array<Repeat> = []
  const seen = new Map<string, Row>()
  for (const [at, update] of updates.entries()) {
    const row = rowOf(update, at)
    if ("_tag" in row) {
      verdicts[at] = row
      continue
    }
    const place = `${textOf(row.identity)}@${row.locationId}`
    const first = seen.get(place)
    if (first === undefined) {
      seen.set(place, row)
      rows.push(row)
    } else if (first.update.quantity === update.quantity) {
      repeats.push({ at, first: first.at, update })
    } else {
      const detail = `another row sets ${textOf(row.identity)} at location ${row.locationId} to ${first.update.quantity}`
      verdicts[at] = rejected(update, new Conflict({ detail }))
    }
  }
  // The shop is quicker when the rows of a location stand together.
  rows.sort((left, right) => left.locationId - right.locationId)
  return { rows, repeats }
}

/**
 * Sets levels; `turn` lets one request through at a time.
 *
 * Fails only when the first request failed for a reason that no row is to blame for. When a later one does, its rows and
 * all after it were not tried.
 */
export const set = Effect.fnUntraced(function* (
  client: BigCommerceClient["Service"],
  turn: Semaphore.Semaphore,
  updates: ReadonlyArray<StockLevelUpdate>
) {
  const verdicts: Array<StockLevelVerdict | undefined> = []
  const { repeats, rows } = rowsOf(updates, verdicts)
  let halted: CartError | undefined
  for (let at = 0; at < rows.length && halted === undefined; at += rowsPerRequest) {
    halted = yield* sendApart(client, turn, rows.slice(at, at + rowsPerRequest), verdicts)
  }
  if (halted !== undefined && rows.every((row) => verdicts[row.at] === undefined)) return yield* Effect.fail(halted)
  for (const { at, first, update } of repeats) {
    const verdict = verdicts[first]
    if (verdict !== undefined) verdicts[at] = { ...verdict, update }
  }
  if (halted !== undefined) {
    const error = halted
    return updates.map((update, at) => verdicts[at] ?? notTried(update, error))
  }
  return yield* Effect.forEach(updates, (_, at) =>
    verdicts[at] === undefined ? Effect.die(`row ${at} was neither sent nor refused`) : Effect.succeed(verdicts[at])
  )
})

/** How many parts of a batch may fail in a row before it is the shop that fails, and not a row. */
export const failuresInRowMax = 16

/**
 * Sends a batch, and its parts when it is refused or when the shop fails over it. Gives back the error that no row is to
 * blame for, if there is one.
 */
const sendApart = Effect.fnUntraced(function* (
  client: BigCommerceClient["Service"],
  turn: Semaphore.Semaphore,
  batch: ReadonlyArray<Row>,
  verdicts: Array<StockLevelVerdict | undefined>
) {
  const waiting: Array<ReadonlyArray<Row>> = [batch]
  const blamed: Array<Row> = []
  let failure: CartError | undefined
  let failuresInRow = 0
  for (let rows = waiting.shift(); rows !== undefined; rows = waiting.shift()) {
    const parameters = { body: bodyOf(rows), once: failure !== undefined }
    const sent = yield* Effect.result(turn.withPermit(client.call(putAbsoluteLevels, parameters, Accepted)))
    if (Result.isSuccess(sent)) {
      failuresInRow = 0
      const receipt = sent.success.transaction_id === "" ? null : sent.success.transaction_id
      for (const { at, update } of rows) verdicts[at] = { _tag: "Accepted", update, receipt }
      continue
    }
    const error = sent.failure
    if (Failure.isAboutContent(error.reason)) {
      failuresInRow = 0
      waiting.push(...refuseApart(rows, error.reason, verdicts))
      continue
    }
    failuresInRow++
    if (!Failure.isOver(error.reason) || failuresInRow >= failuresInRowMax) return error
    failure = error
    if (rows.length > 1) waiting.push(...halvesOf(rows))
    else blamed.push(...rows)
  }
  return failure === undefined ? undefined : blame(batch, blamed, failure, verdicts)
})

/** Rejects the rows that a refusal names, and gives back what is left to send. */
const refuseApart = (
  rows: ReadonlyArray<Row>,
  reason: CartErrorReason,
  verdicts: Array<StockLevelVerdict | undefined>
): ReadonlyArray<ReadonlyArray<Row>> => {
  const { bad, rest } = takeApart(rows, reason)
  for (const { detail, row } of bad) {
    verdicts[row.at] = rejected(row.update, new Rejected({ detail, fields: fieldsOf(reason) }))
  }
  return rest
}

/** Rejects rows that the shop fails over each time while it takes others; if it takes none, no row is to blame. */
const blame = (
  batch: ReadonlyArray<Row>,
  blamed: ReadonlyArray<Row>,
  failure: CartError,
  verdicts: Array<StockLevelVerdict | undefined>
): CartError | undefined => {
  if (batch.every(({ at }) => verdicts[at] === undefined)) return failure
  for (const { at, update } of blamed) verdicts[at] = { _tag: "Rejected", update, error: failure }
  return undefined
}

const halvesOf = (rows: ReadonlyArray<Row>): ReadonlyArray<ReadonlyArray<Row>> => {
  const middle = rows.length >> 1
  return [rows.slice(0, middle), rows.slice(middle)]
}

const bodyOf = (rows: ReadonlyArray<Row>) => ({
  reason: "stock sync",
  items: rows.map(({ identity, locationId, update }) => ({
    location_id: locationId,
    ...identity,
    quantity: update.quantity
  }))
})

const fieldsOf = (reason: CartErrorReason) => (reason._tag === "Rejected" ? reason.fields : {})

interface Apart {
  readonly bad: ReadonlyArray<{ readonly row: Row; readonly detail: string }>
  readonly rest: ReadonlyArray<ReadonlyArray<Row>>
}

/** Splits a refused batch into the rows that its text names and the others, or into halves when it names none. */
const takeApart = (rows: ReadonlyArray<Row>, reason: CartErrorReason): Apart => {
  const text = "detail" in reason ? reason.detail.replace(/^\d{3} /, "") : reason._tag
  if (rows.length === 1) return { bad: rows.map((row) => ({ row, detail: text })), rest: [] }
  const blames = blamesIn(text)
  const bad: Array<{ row: Row; detail: string }> = []
  const good: Array<Row> = []
  for (const row of rows) {
    const detail = blames.get(textOf(row.identity)) ?? blames.get(`location ${row.locationId}`)
    if (detail === undefined) good.push(row)
    else bad.push({ row, detail })
  }
  const isSure = isAboutItem.test(text) || new Set(bad.map(({ row }) => textOf(row.identity))).size === bad.length
  if (bad.length > 0 && isSure) return { bad, rest: good.length === 0 ? [] : [good] }
  return { bad: [], rest: halvesOf(rows) }
}

/** Texts that are true of an item wherever it lies; any other may mean only one of its locations. */
const isAboutItem = /tracked|not found|unknown|does not exist/i

/** What a refusal's text names, and what it says of it. Reads all of the notations that are known. */
export const blamesIn = (text: string): ReadonlyMap<string, string> => {
  // A text that was cut may end within a number.
  const whole = text.endsWith("…") ? text.replace(/[^\s,[\]]*…$/, "") : text
  const blames = new Map<string, string>()
  const locations = /locations? not found[^[]*\[([\d,\s]+)\]/i.exec(whole)?.[1]
  for (const id of locations?.split(",") ?? []) blames.set(`location ${id.trim()}`, whole)
  for (const piece of whole.split(/,\s*(?=Items? with)/)) {
    // What is advised ("please update stock by …") is not what is to blame.
    const [blame = ""] = piece.split(/,?\s*\bplease\b/i)
    for (const [, kind, id] of blame.matchAll(/\b(variant_id|product_id)\s+(\d+)(?!\d)/g)) {
      blames.set(`${kind} ${id}`, piece.replace(/^\[(?=Items? with)/, "").replace(/(?<!\[[^\]]*)\]$/, ""))
    }
  }
  return blames
}
