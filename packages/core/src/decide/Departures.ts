/**
 * When did an order's goods leave, and which of them had left before our stock was entered?
 *
 * Each shipment is dated by the shop's own date. One that the shop does not date left, as far as anybody can tell, when the
 * order was last changed; but what an order that is seen for the first time had shipped, and that was placed before the
 * opening balance, had left before it.
 */
import { DateTime, Result } from "effect"
import type { LocationId } from "../domain/Location.ts"
import type { Movement } from "../domain/Movement.ts"
import type { LineHappening, Order, OrderLine, OrderLineId } from "../domain/Order.ts"
import { multiplyUp, negate, type Quantity, zero } from "../domain/Quantity.ts"
import type { Sale, SaleLine } from "../domain/Sale.ts"

/** What of a line is off the shelf, in listings: shipped, or finished by the shop without a shipment. */
export const goneOf = ({ shipped, finished = zero }: Pick<SaleLine, "shipped" | "finished">): Quantity =>
  (shipped + finished) as Quantity

/** What of a line has to be taken off what was on hand at the opening balance. */
export const leftOf = (line: Pick<SaleLine, "shipped" | "finished" | "leftBefore">): Quantity =>
  Math.max(0, goneOf(line) - (line.leftBefore ?? zero)) as Quantity

/** What of a line is open at a location, and what has left it, in listings. */
export interface Portion {
  readonly locationId: LocationId
  readonly open: Quantity
  readonly gone: Quantity
  /** What of it had left before the opening balance. */
  readonly goneBefore: Quantity
}

/** A line by its locations: goods leave them in their order, and what the line has grown by is at the last. */
export const portionsOf = (
  line: Pick<SaleLine, "locationId" | "sources" | "open" | "shipped" | "finished" | "leftBefore">
): ReadonlyArray<Portion> => {
  const { locationId, open, leftBefore = zero } = line
  if (line.sources === undefined) return [{ locationId, open, gone: goneOf(line), goneBefore: leftBefore }]
  const left = { gone: goneOf(line), open, goneBefore: leftBefore }
  const last = line.sources.length - 1
  const takeOf = (which: keyof typeof left, most: number): Quantity => {
    const taken = Math.min(left[which], most) as Quantity
    left[which] = (left[which] - taken) as Quantity
    return taken
  }
  return line.sources.map(({ locationId, quantity }, at) => {
    const most = at === last ? Number.POSITIVE_INFINITY : quantity
    const gone = takeOf("gone", most)
    return { locationId, gone, open: takeOf("open", most - gone), goneBefore: takeOf("goneBefore", gone) }
  })
}

/** How much of what is gone of a line had left before the opening balance. What was found out at the look before stays. */
export const leftBefore = (
  line: Pick<OrderLine, "shipments">,
  gone: Quantity,
  before: Pick<SaleLine, "shipped" | "finished" | "leftBefore"> | null,
  {
    order,
    isFirstSeen,
    balance
  }: { readonly order: Order; readonly isFirstSeen: boolean; readonly balance: DateTime.Utc }
): Quantity => {
  const known = Math.min(before?.leftBefore ?? zero, gone)
  const newly = gone - (before === null ? zero : goneOf(before))
  if (newly <= 0) return known as Quantity
  const isOld = (at: DateTime.Utc) => DateTime.isLessThan(at, balance)
  const undatedAt = isFirstSeen && isOld(order.placedAt) ? order.placedAt : order.modifiedAt
  const old = latest(departuresOf(line, gone, undatedAt), newly).filter(({ at }) => isOld(at))
  return Math.min(
    gone,
    old.reduce((total, { quantity }) => total + quantity, known)
  ) as Quantity
}

/**
 * Puts the shop's dates on what a sale's new revision takes off the shelves: a movement for each date. What comes back was
 * booked at the revision before, and is dated like it. Nothing is dated later than now.
 */
export const dated = (
  movements: ReadonlyArray<Movement>,
  before: Sale | null,
  after: Sale,
  now: DateTime.Utc
): ReadonlyArray<Movement> => {
  const departures = departuresOfSale(after)
  return movements.flatMap((movement) => {
    if (movement.quantity > 0) return [{ ...movement, at: DateTime.min(before?.order.modifiedAt ?? now, now) }]
    const gone = negate(movement.quantity)
    const departed = latest(departures.get(placeKey(movement)) ?? [], gone)
    return merged(departed, gone, after.order.modifiedAt).map(({ at, quantity }) => ({
      ...movement,
      quantity: negate(quantity),
      at: DateTime.min(at, now)
    }))
  })
}

const departuresOfSale = ({ order, lines }: Sale): ReadonlyMap<string, ReadonlyArray<LineHappening>> => {
  const snapshot = new Map<OrderLineId, OrderLine>(order.lines.map((line) => [line.id, line]))
  const all = new Map<string, Array<LineHappening>>()
  for (const line of lines) {
    const of = snapshot.get(line.id) ?? (line.parentLineId === null ? undefined : snapshot.get(line.parentLineId))
    const departures = [...departuresOf(of ?? {}, goneOf(line), order.modifiedAt)].sort(byTimeDescending)
    let later = goneOf(line)
    for (const { locationId, gone } of portionsOf(line)) {
      later = (later - gone) as Quantity
      const departed = latest(withoutLatest(departures, later), gone)
      for (const need of line.needs) {
        const key = placeKey({ itemId: need.itemId, locationId })
        const times = departed.map(({ at, quantity }) => ({
          at,
          quantity: Result.getOrElse(multiplyUp(quantity, need.quantity), () => zero)
        }))
        all.set(key, [...(all.get(key) ?? []), ...times])
      }
    }
  }
  return all
}

/** What is gone of a line by its dates; what the shop does not date is dated by the given instant. */
const departuresOf = (
  { shipments = [] }: Pick<OrderLine, "shipments">,
  gone: Quantity,
  undatedAt: DateTime.Utc
): ReadonlyArray<LineHappening> => {
  const undated = gone - shipments.reduce((total, { quantity }) => total + quantity, 0)
  return undated > 0 ? [...shipments, { at: undatedAt, quantity: undated as Quantity }] : shipments
}

/** The last so much of what has left: what left before was taken off already. */
const latest = (departures: ReadonlyArray<LineHappening>, quantity: number): ReadonlyArray<LineHappening> => {
  let left = quantity
  return [...departures].sort(byTimeDescending).flatMap(({ at, quantity: all }) => {
    const taken = Math.min(all, left)
    left -= taken
    return taken > 0 ? [{ at, quantity: taken as Quantity }] : []
  })
}

/** What had left before the last so much of it did; the latest stands first. */
const withoutLatest = (departures: ReadonlyArray<LineHappening>, quantity: number): ReadonlyArray<LineHappening> => {
  let left = quantity
  return departures.flatMap(({ at, quantity: all }) => {
    const taken = Math.min(all, left)
    left -= taken
    return all > taken ? [{ at, quantity: (all - taken) as Quantity }] : []
  })
}

/** One entry for each instant, oldest first; what no departure accounts for is dated by `otherwise`. */
const merged = (
  departures: ReadonlyArray<LineHappening>,
  quantity: number,
  otherwise: DateTime.Utc
): ReadonlyArray<LineHappening> => {
  const accounted = departures.reduce((total, each) => total + each.quantity, 0)
  const all = accounted < quantity ? [...departures, { at: otherwise, quantity: quantity - accounted }] : departures
  const byTime = new Map<number, LineHappening>()
  for (const { at, quantity: each } of all) {
    const time = DateTime.toEpochMillis(at)
    byTime.set(time, { at, quantity: ((byTime.get(time)?.quantity ?? 0) + each) as Quantity })
  }
  return [...byTime.values()].sort(byTimeDescending).toReversed()
}

const byTimeDescending = (left: LineHappening, right: LineHappening): number =>
  DateTime.toEpochMillis(right.at) - DateTime.toEpochMillis(left.at)

const placeKey = ({ itemId, locationId }: Pick<Movement, "itemId" | "locationId">): string =>
  JSON.stringify([itemId, locationId])
