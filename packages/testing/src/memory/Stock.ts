/**
 * Stock in memory: the ledger, what is spoken for, and positions that are the sums of both.
 *
 * Demand that has reached its deadline counts no more from that instant on; it leaves the positions when it is next looked
 * at ({@link expire}), which a read does on a draft of its own.
 */
import type { Demand, DemandKind, DemandLine } from "@stockport/core/domain/Demand"
import { DemandSource } from "@stockport/core/domain/Demand"
import { isStocked } from "@stockport/core/domain/Item"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { Location, LocationId } from "@stockport/core/domain/Location"
import { type Count, type Movement, unbalanced } from "@stockport/core/domain/Movement"
import * as Position from "@stockport/core/domain/Position"
import {
  add,
  format,
  type InvalidQuantity,
  negate,
  type Quantity,
  subtract,
  sum,
  zero
} from "@stockport/core/domain/Quantity"
import {
  type ItemDemand,
  type Page,
  reservable,
  type ReservationAnswer,
  type ReservationRequest,
  type Shortage,
  type SnapshotOptions,
  type StockDocument,
  type StockSnapshot
} from "@stockport/core/ports/Store"
import { DateTime, Equal, HashMap, Result } from "effect"
import {
  ascending,
  done,
  type Draft,
  inner,
  invalid,
  log,
  lookup,
  lookupAll,
  type Moment,
  type Moved,
  type Outcome,
  pageOf,
  refuse,
  type State,
  taken,
  touch,
  unknown
} from "./State.ts"

/** All locations, in order of id. */
export const locations = (state: State): ReadonlyArray<Location> =>
  HashMap.toValues(state.locations).sort((left, right) => ascending(left.id, right.id))

/** Creates or replaces locations. A location that turns (not) nettable touches every item that has a position there. */
export const saveLocations = (draft: Draft, moment: Moment, saved: ReadonlyArray<Location>): Outcome<void> => {
  const turned = new Set<LocationId>()
  for (const location of saved) {
    const before = lookup(draft.locations, location.id)
    if (before !== undefined && before.nettable !== location.nettable) turned.add(location.id)
    draft.locations = HashMap.set(draft.locations, location.id, location)
    log(draft, moment, "locationSaved", location.id)
  }
  const defaults = locations(draft).filter(({ isDefault }) => isDefault)
  if (defaults.length !== 1) {
    return invalid("isDefault", defaults.map(({ id }) => id).join(", ") || "none", "exactly one default location")
  }
  if (turned.size > 0) {
    touch(
      draft,
      [...draft.positions].filter(([, at]) => [...at.keys()].some((id) => turned.has(id))).map(([itemId]) => itemId)
    )
  }
  return done
}

/** Appends documents to the ledger, each once. */
export const record = (draft: Draft, moment: Moment, documents: ReadonlyArray<StockDocument>): Outcome<void> => {
  for (const { key, movements } of documents) {
    if (HashMap.has(draft.ledger, key)) continue
    const whole = checkTransfers(movements)
    if (Result.isFailure(whole)) return whole
    const written = write(
      draft,
      key,
      movements.flatMap((movement) => withCounterpart(draft, moment, movement))
    )
    if (Result.isFailure(written)) return written
    for (const movement of movements) remember(draft, moment, movement)
    log(draft, moment, "stockMoved", key)
  }
  return done
}

/** Says what was there at an instant, once per key: books what that changes about what is on hand. */
export const count = (
  draft: Draft,
  moment: Moment,
  key: string,
  counts: ReadonlyArray<Count>,
  asOf: DateTime.Utc | null
): Outcome<void> => {
  if (HashMap.has(draft.ledger, key)) return done
  const movements: Array<Movement> = []
  const onHand = new Map<string, Quantity>()
  for (const { itemId, locationId, counted } of counts) {
    if (counted < 0) return invalid("counted", format(counted), "zero or more")
    const place = placeOf(itemId, locationId)
    const before = onHand.get(place) ?? positionOf(draft, itemId, locationId).onHand
    const after = onHandAfter(draft, moment, place, before, counted, asOf)
    if (Result.isFailure(after)) return invalid("counted", format(counted), after.failure.message)
    const difference = subtract(after.success, before)
    if (Result.isFailure(difference)) return invalid("counted", format(counted), difference.failure.message)
    onHand.set(place, after.success)
    movements.push({ kind: "count", itemId, locationId, quantity: difference.success })
  }
  const written = write(draft, key, movements)
  if (Result.isFailure(written)) return written
  log(draft, moment, "stockCounted", key)
  return done
}

// Without an instant, or with one to come, a count speaks for now: whatever was recorded before it has moved before it.
const onHandAfter = (
  draft: Draft,
  moment: Moment,
  place: string,
  before: Quantity,
  counted: Quantity,
  asOf: DateTime.Utc | null
): Result.Result<Quantity, InvalidQuantity> => {
  const latest = lookup(draft.counted, place) ?? -Infinity
  const now = DateTime.toEpochMillis(moment.now)
  const instant = asOf === null ? now : DateTime.toEpochMillis(asOf)
  if (instant >= now) {
    draft.counted = HashMap.set(draft.counted, place, Math.max(latest, now))
    return Result.succeed(counted)
  }
  if (instant < latest) return Result.succeed(before)
  draft.counted = HashMap.set(draft.counted, place, instant)
  const since: Array<Quantity> = [counted]
  for (let moved = lookup(draft.history, place); moved !== undefined; moved = moved.before) {
    if (moved.at >= instant) since.push(moved.quantity)
  }
  return sum(since)
}

// What has moved before the latest count was counted with it, so that its place in the ledger is taken back there.
const withCounterpart = (draft: Draft, moment: Moment, movement: Movement): ReadonlyArray<Movement> => {
  const { itemId, locationId, quantity } = movement
  const latest = lookup(draft.counted, placeOf(itemId, locationId)) ?? -Infinity
  return dateOf(draft, moment, movement) >= latest
    ? [movement]
    : [movement, { kind: "count", itemId, locationId, quantity: negate(quantity) }]
}

const remember = (draft: Draft, moment: Moment, movement: Movement): void => {
  const place = placeOf(movement.itemId, movement.locationId)
  const at = dateOf(draft, moment, movement)
  const moved: Moved = { at, quantity: movement.quantity, before: lookup(draft.history, place) }
  draft.history = HashMap.set(draft.history, place, moved)
}

// Nothing has moved later than it was recorded; what has no date moves now, after all that was counted so far.
const dateOf = (draft: Draft, moment: Moment, { at, itemId, locationId }: Movement): number => {
  const now = DateTime.toEpochMillis(moment.now)
  if (at !== undefined) return Math.min(DateTime.toEpochMillis(at), now)
  return Math.max(lookup(draft.counted, placeOf(itemId, locationId)) ?? -Infinity, now)
}

const placeOf = (itemId: ItemId, locationId: LocationId): string => JSON.stringify([itemId, locationId])

const checkTransfers = (movements: ReadonlyArray<Movement>): Outcome<void> => {
  const half = unbalanced(movements)
  if (half === null) return done
  return invalid("movements", `${half.left} of ${half.itemId}`, "transfers that cancel out for each item")
}

/** Sets the open demand of each source. Setting what is already set changes nothing. */
export const setDemand = (draft: Draft, moment: Moment, demands: ReadonlyArray<Demand>): Outcome<void> => {
  for (const demand of demands) {
    if (demand.expectedAt !== undefined && demand.kind !== "incoming") {
      return invalid("expectedAt", DateTime.formatIso(demand.expectedAt), `no date on demand of kind ${demand.kind}`)
    }
    const before = lookup(draft.demand, demand.source)
    if (before === undefined ? demand.lines.length === 0 : Equal.equals(before, demand)) continue
    const replaced = replaceDemand(draft, before, demand)
    if (Result.isFailure(replaced)) return replaced
    log(draft, moment, demand.lines.length === 0 ? "released" : "demandSet", demand.source)
  }
  return done
}

/** Reserves all lines or none; a key that was answered before gets the same answer. */
export const reserve = (draft: Draft, moment: Moment, request: ReservationRequest): Outcome<ReservationAnswer> => {
  expire(draft, moment)
  const answered = lookup(draft.answers, request.key)
  if (answered !== undefined) return Result.succeed(answered)
  const source = DemandSource.make(`reservation:${request.key}`)
  if (HashMap.has(draft.demand, source)) return taken("key", request.key, source)
  if (request.lines.length === 0) return invalid("lines", "none", "at least one line")
  for (const line of request.lines) {
    const checked = checkLine(draft, line)
    if (Result.isFailure(checked)) return refuse(checked.failure)
  }
  const shortages = shortagesOf(draft, request.lines)
  if (shortages.length > 0) return answer(draft, request.key, { _tag: "Refused", shortages })
  const { lines, expiresAt } = request
  const reserved = replaceDemand(draft, undefined, { source, kind: "reservation", lines, expiresAt })
  if (Result.isFailure(reserved)) return refuse(reserved.failure)
  log(draft, moment, "reserved", source)
  return answer(draft, request.key, { _tag: "Reserved", source })
}

/** Positions of these items, whether their stock has ever moved, and all locations. */
export const snapshot = (
  state: State,
  moment: Moment,
  itemIds: ReadonlyArray<ItemId>,
  { incomingBy = null }: SnapshotOptions = {}
): StockSnapshot => {
  const current = { ...state }
  expire(current, moment)
  const ids = new Set(itemIds)
  if (incomingBy !== null) leaveOutLater(current, ids, incomingBy)
  return {
    positions: [...ids].flatMap((itemId) => [...(lookup(current.positions, itemId)?.values() ?? [])]),
    moved: new Set([...ids].filter((itemId) => HashMap.has(current.moved, itemId))),
    locations: locations(current)
  }
}

// What has expired is out of the positions already, so that nothing is taken out of them twice.
const leaveOutLater = (draft: Draft, itemIds: ReadonlySet<ItemId>, incomingBy: DateTime.Utc): void => {
  for (const demand of HashMap.values(draft.incoming)) {
    if (demand.expectedAt !== undefined && DateTime.isLessThanOrEqualTo(demand.expectedAt, incomingBy)) continue
    const lines = demand.lines.filter(({ itemId }) => itemIds.has(itemId))
    // Taking away what was added stays within the range, so that this cannot be refused.
    Result.getOrThrow(spread(draft, { ...demand, lines }, -1))
  }
}

/** The demand for these items by source, at most so many rows for each item, in order of source. */
export const demandOf = (
  state: State,
  moment: Moment,
  itemIds: ReadonlyArray<ItemId>,
  limit: number
): ReadonlyArray<ItemDemand> => {
  const current = { ...state }
  expire(current, moment)
  return [...new Set(itemIds)].flatMap((itemId) =>
    lookupAll(current.demand, [...HashMap.keys(inner(current.sources, itemId))])
      .flatMap((demand) => rowsOf(demand, itemId))
      .sort((left, right) => ascending(left.source, right.source) || ascending(left.locationId, right.locationId))
      .slice(0, limit)
  )
}

// The lines of one source for one item at one location are one row. Their sum is part of a position, so that it is in range.
const rowsOf = ({ source, kind, lines }: Demand, itemId: ItemId): ReadonlyArray<ItemDemand> => {
  const quantities = new Map<LocationId, Quantity>()
  for (const line of lines) {
    if (line.itemId !== itemId) continue
    quantities.set(line.locationId, ((quantities.get(line.locationId) ?? zero) + line.quantity) as Quantity)
  }
  return [...quantities].map(([locationId, quantity]) => ({ itemId, locationId, source, kind, quantity }))
}

/** The items of incoming goods that are expected after one moment and at or before another, in order of id. */
export const arriving = (
  state: State,
  moment: Moment,
  after: DateTime.Utc | null,
  until: DateTime.Utc,
  page: Page<ItemId>
): ReadonlyArray<ItemId> => {
  const current = { ...state }
  expire(current, moment)
  const found = new Set<ItemId>()
  for (const { expectedAt, lines } of HashMap.values(current.incoming)) {
    if (expectedAt === undefined || DateTime.isGreaterThan(expectedAt, until)) continue
    if (after !== null && DateTime.isLessThanOrEqualTo(expectedAt, after)) continue
    for (const { itemId } of lines) found.add(itemId)
  }
  return pageOf(found, (itemId) => itemId, page)
}

/** Whether some demand has reached its deadline. */
export const hasExpired = (state: State, moment: Moment): boolean => {
  const now = DateTime.toEpochMillis(moment.now)
  return HashMap.some(state.deadlines, (deadline) => deadline <= now)
}

/** Ends the demand that has reached its deadline. */
export const expire = (draft: Draft, moment: Moment): void => {
  if (!hasExpired(draft, moment)) return
  const now = DateTime.toEpochMillis(moment.now)
  for (const [source, deadline] of draft.deadlines) {
    const demand = lookup(draft.demand, source)
    if (deadline > now || demand === undefined) continue
    // Taking away what was added stays within the range, so that this cannot be refused.
    Result.getOrThrow(replaceDemand(draft, demand, { source, kind: demand.kind, lines: [], expiresAt: null }))
    log(draft, moment, "released", source)
  }
}

const write = (draft: Draft, key: string, movements: ReadonlyArray<Movement>): Outcome<void> => {
  for (const { itemId, locationId, quantity } of movements) {
    const checked = checkPlace(draft, itemId, locationId)
    if (Result.isFailure(checked)) return checked
    const moved = change(draft, itemId, locationId, "onHand", quantity)
    if (Result.isFailure(moved)) return moved
    draft.moved = HashMap.set(draft.moved, itemId, true as const)
  }
  draft.ledger = HashMap.set(draft.ledger, key, movements)
  touch(
    draft,
    movements.map(({ itemId }) => itemId)
  )
  return done
}

const replaceDemand = (draft: Draft, before: Demand | undefined, demand: Demand): Outcome<void> => {
  for (const line of demand.lines) {
    const checked = checkLine(draft, line)
    if (Result.isFailure(checked)) return checked
  }
  const gone = spread(draft, before, -1)
  if (Result.isFailure(gone)) return gone
  const added = spread(draft, demand, 1)
  if (Result.isFailure(added)) return added
  const { source, lines, expiresAt } = demand
  draft.demand = lines.length === 0 ? HashMap.remove(draft.demand, source) : HashMap.set(draft.demand, source, demand)
  for (const { itemId } of before?.lines ?? []) {
    draft.sources = HashMap.set(draft.sources, itemId, HashMap.remove(inner(draft.sources, itemId), source))
  }
  for (const { itemId } of lines) {
    draft.sources = HashMap.set(draft.sources, itemId, HashMap.set(inner(draft.sources, itemId), source, true as const))
  }
  draft.incoming =
    lines.length === 0 || demand.kind !== "incoming"
      ? HashMap.remove(draft.incoming, source)
      : HashMap.set(draft.incoming, source, demand)
  draft.deadlines =
    lines.length === 0 || expiresAt === null
      ? HashMap.remove(draft.deadlines, source)
      : HashMap.set(draft.deadlines, source, DateTime.toEpochMillis(expiresAt))
  touch(
    draft,
    [...(before?.lines ?? []), ...lines].map(({ itemId }) => itemId)
  )
  return done
}

const spread = (draft: Draft, demand: Demand | undefined, sign: 1 | -1): Outcome<void> => {
  if (demand === undefined) return done
  const term = termOf[demand.kind]
  for (const { itemId, locationId, quantity } of demand.lines) {
    const changed = change(draft, itemId, locationId, term, (sign * quantity) as Quantity)
    if (Result.isFailure(changed)) return changed
  }
  return done
}

const termOf: Readonly<Record<DemandKind, keyof Position.PositionTerms>> = {
  salesOrder: "salesOrders",
  salesReceipt: "salesReceipts",
  pickTicket: "pickTickets",
  reservation: "reservations",
  softHold: "softHolds",
  stockHold: "stockHolds",
  incoming: "incoming"
}

const change = (
  draft: Draft,
  itemId: ItemId,
  locationId: LocationId,
  term: keyof Position.PositionTerms,
  difference: Quantity
): Outcome<void> => {
  const position = positionOf(draft, itemId, locationId)
  const changed = add(position[term], difference)
  if (Result.isFailure(changed)) return invalid(term, changed.failure.input, changed.failure.reason)
  const at = new Map(lookup(draft.positions, itemId))
  at.set(locationId, { ...position, [term]: changed.success })
  draft.positions = HashMap.set(draft.positions, itemId, at)
  return done
}

const positionOf = (state: State, itemId: ItemId, locationId: LocationId): Position.Position =>
  lookup(state.positions, itemId)?.get(locationId) ?? Position.make({ itemId, locationId })

const checkLine = (draft: Draft, { itemId, locationId, quantity }: DemandLine): Outcome<void> =>
  quantity > 0 ? checkPlace(draft, itemId, locationId) : invalid("quantity", format(quantity), "more than zero")

const checkPlace = (draft: Draft, itemId: ItemId, locationId: LocationId): Outcome<void> => {
  const item = lookup(draft.items, itemId)
  if (item === undefined) return unknown("item", itemId)
  if (!isStocked(item.kind))
    return invalid("itemId", itemId, `an item with stock of its own, not one of kind ${item.kind}`)
  return HashMap.has(draft.locations, locationId) ? done : unknown("location", locationId)
}

const shortagesOf = (draft: Draft, lines: ReadonlyArray<DemandLine>): ReadonlyArray<Shortage> => {
  const requested = new Map<string, { readonly line: DemandLine; readonly quantity: Quantity }>()
  for (const line of lines) {
    const place = JSON.stringify([line.itemId, line.locationId])
    const quantity = ((requested.get(place)?.quantity ?? zero) + line.quantity) as Quantity
    requested.set(place, { line, quantity })
  }
  return [...requested]
    .sort(([left], [right]) => ascending(left, right))
    .flatMap(([, { line, quantity }]) => {
      const available = reservable(positionOf(draft, line.itemId, line.locationId))
      if (available >= quantity) return []
      return [{ itemId: line.itemId, locationId: line.locationId, requested: quantity, available }]
    })
}

const answer = (draft: Draft, key: string, given: ReservationAnswer): Outcome<ReservationAnswer> => {
  draft.answers = HashMap.set(draft.answers, key, given)
  return Result.succeed(given)
}
