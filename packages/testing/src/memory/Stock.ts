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
import type { Count, Movement } from "@stockport/core/domain/Movement"
import * as Position from "@stockport/core/domain/Position"
import { add, format, type Quantity, subtract, zero } from "@stockport/core/domain/Quantity"
import {
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
  invalid,
  log,
  lookup,
  type Moment,
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
    const written = write(draft, key, movements)
    if (Result.isFailure(written)) return written
    log(draft, moment, "stockMoved", key)
  }
  return done
}

/** Books the difference between what was counted and what is on hand, once per key. */
export const count = (draft: Draft, moment: Moment, key: string, counts: ReadonlyArray<Count>): Outcome<void> => {
  if (HashMap.has(draft.ledger, key)) return done
  const movements: Array<Movement> = []
  const onHand = new Map<string, Quantity>()
  for (const { itemId, locationId, counted } of counts) {
    if (counted < 0) return invalid("counted", format(counted), "zero or more")
    const place = `${itemId} ${locationId}`
    const before = onHand.get(place) ?? positionOf(draft, itemId, locationId).onHand
    const difference = subtract(counted, before)
    if (Result.isFailure(difference)) return invalid("counted", format(counted), difference.failure.message)
    onHand.set(place, counted)
    movements.push({ kind: "count", itemId, locationId, quantity: difference.success })
  }
  const written = write(draft, key, movements)
  if (Result.isFailure(written)) return written
  log(draft, moment, "stockCounted", key)
  return done
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
  const sum = add(position[term], difference)
  if (Result.isFailure(sum)) return invalid(term, sum.failure.input, sum.failure.reason)
  const at = new Map(lookup(draft.positions, itemId))
  at.set(locationId, { ...position, [term]: sum.success })
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
