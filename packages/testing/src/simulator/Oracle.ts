/**
 * What the numbers ought to be, worked out again from the facts in the plainest way: no index, no increments, nothing
 * shared with the decisions that it judges.
 */
import type { Item } from "@stockport/core/domain/Item"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { Link } from "@stockport/core/domain/Link"
import type { Order, OrderLine } from "@stockport/core/domain/Order"
import type { Position } from "@stockport/core/domain/Position"
import type { StockSnapshot } from "@stockport/core/ports/Store"

/** Needs of leaf items for one of something, in hundred-thousandths. */
export type Needs = ReadonlyMap<ItemId, number>

/** What one of an item takes from stock, all levels of kits added up. */
export const needsOf = (items: ReadonlyMap<ItemId, Item>, id: ItemId): Needs => {
  const needs = new Map<ItemId, number>()
  const visit = (itemId: ItemId, times: bigint) => {
    const item = items.get(itemId)
    if (item === undefined) return
    if (item.kind === "kit") {
      for (const part of item.billOfMaterials) visit(part.itemId, (times * BigInt(part.quantity)) / 100_000n)
    } else if (item.kind === "inventory" || item.kind === "assembly") {
      needs.set(itemId, (needs.get(itemId) ?? 0) + Number(times))
    }
  }
  visit(id, 100_000n)
  return needs
}

/** What a listing ought to show, with the buffer of its connection. */
export const numberOf = (
  link: Link,
  items: ReadonlyMap<ItemId, Item>,
  snapshot: StockSnapshot,
  buffer: number
): number => {
  const item = items.get(link.itemId)
  if (item === undefined || item.archived) return 0
  const available =
    item.kind === "kit" ? kitsOf(needsOf(items, item.id), snapshot) * 100_000 : availableOf(item.id, snapshot)
  return Math.max(0, Math.floor(available / link.unitsPerListing) - buffer)
}

const against = ({ salesOrders, salesReceipts, pickTickets, reservations, softHolds, stockHolds }: Position): number =>
  salesOrders + salesReceipts + pickTickets + reservations + softHolds + stockHolds

/** On hand where it may be sold, less everything spoken for, wherever that is. */
const availableOf = (itemId: ItemId, { positions, locations }: StockSnapshot): number => {
  const nettable = new Set(locations.filter((location) => location.nettable).map(({ id }) => id))
  return positions
    .filter((position) => position.itemId === itemId)
    .reduce((sum, position) => sum + (nettable.has(position.locationId) ? position.onHand : 0) - against(position), 0)
}

/** Kits that can be put together at one location each, never more than all stock together would make. */
const kitsOf = (needs: Needs, snapshot: StockSnapshot): number => {
  const makes = (availableFor: (itemId: ItemId) => number) =>
    Math.max(0, Math.min(...[...needs].map(([itemId, need]) => Math.floor(availableFor(itemId) / need))))
  const pooled = makes((itemId) => availableOf(itemId, snapshot))
  const byLocation = snapshot.locations
    .filter(({ nettable }) => nettable)
    .map((location) =>
      makes((itemId) =>
        availableOf(itemId, {
          ...snapshot,
          locations: [location],
          positions: snapshot.positions.filter(({ locationId }) => locationId === location.id)
        })
      )
    )
  return Math.min(
    pooled,
    byLocation.reduce((sum, kits) => sum + kits, 0)
  )
}

/** What is still to be shipped of a line: nothing, when the order is over. */
export const openOf = (order: Order, line: OrderLine): number =>
  isOver(order) ? 0 : Math.max(0, line.quantity - line.shipped - line.refunded)

/** Whether an order was called off. What was refunded, its lines say, whatever the status is called. */
export const isOver = ({ status, deleted }: Order): boolean =>
  deleted || status === "cancelled" || status === "declined"
