/**
 * When an order moves stock, and from where.
 *
 * By the setting of the store, or of the order's channel, stock leaves at placement or when the order is completed or shipped; an Incomplete order never
 * moves any. Cancelled and declined orders, and orders refunded in the panel, give it back if the setting says so.
 * Custom lines, gift certificates, digital goods and untracked products have no stock.
 */
import type { Catalog } from "./Catalog.ts"
import type { Events } from "./Events.ts"
import type { Inventory } from "./Inventory.ts"
import { defaultLocationId, type Location } from "./Location.ts"
import { type Order, type OrderLine, status, type Taken } from "./Order.ts"
import { Refusal } from "./Refusal.ts"
import { type Settings, stockSettingsOf } from "./Settings.ts"

/** The parts of a shop that stock depends on. */
export interface StockContext {
  readonly catalog: Catalog
  readonly inventory: Inventory
  readonly locations: ReadonlyMap<number, Location>
  readonly settings: Settings
  readonly events: Events
}

const slotOf = (context: StockContext, line: OrderLine): number | undefined => {
  const variant = line.variantId === 0 ? undefined : context.catalog.variantRow(line.variantId)
  return variant === undefined ? undefined : context.inventory.slotOfVariant(variant)
}

/** The location a line sells from: where it is collected, else the default one, else the first that has enough. */
const locationOf = (context: StockContext, order: Order, line: OrderLine, slot: number, units: number): number => {
  const pickup = order.pickups.find((candidate) => candidate.id === line.pickupId)
  if (pickup !== undefined) return pickup.locationId
  const suffices = (location: number): boolean => context.inventory.sellable(slot, location) >= units
  if (context.settings.sellsFrom === "defaultLocation" || suffices(defaultLocationId)) return defaultLocationId
  for (const location of context.locations.values()) if (location.enabled && suffices(location.id)) return location.id
  return defaultLocationId
}

const takenUnits = (line: OrderLine): number => line.taken.reduce((sum, taken) => sum + taken.units, 0)

/** Refuses an order whose lines together need more than is there to sell, naming each shortage. */
export const requireStock = (context: StockContext, order: Order): void => {
  const needs = new Map<string, { slot: number; location: number; variantId: number; units: number }>()
  for (const line of order.lines) {
    const slot = slotOf(context, line)
    if (slot === undefined) continue
    const location = locationOf(context, order, line, slot, line.quantity)
    const key = `${slot}@${location}`
    const units = (needs.get(key)?.units ?? 0) + line.quantity
    needs.set(key, { slot, location, variantId: line.variantId, units })
  }
  const errors = [...needs.values()]
    .map((need) => ({ ...need, available: context.inventory.sellable(need.slot, need.location) }))
    .filter((need) => need.units > need.available)
    .map((need) => ({
      type: "OutOfStock",
      message: "Out of stock",
      variant_id: need.variantId,
      location_id: need.location,
      available_quantity: Math.max(0, need.available)
    }))
  if (errors.length > 0) throw new Refusal(409, "Some items are out of stock.", { errors })
}

/** Moves off the shelf what the order's lines have sold and not moved yet. */
export const take = (context: StockContext, order: Order): void => {
  for (const line of order.lines) {
    const slot = slotOf(context, line)
    const units = line.quantity - line.quantityRestocked - takenUnits(line)
    if (slot === undefined || units <= 0) continue
    const location = locationOf(context, order, line, slot, units)
    context.inventory.take(slot, location, units)
    line.taken = [...line.taken, { slot, location, units }]
    announce(context, slot, location, -units)
  }
}

/** Gives back up to so many units of a line, the last taken first. */
export const giveBack = (context: StockContext, line: OrderLine, units: number): void => {
  let rest = units
  const kept: Array<Taken> = []
  for (const taken of line.taken.toReversed()) {
    const back = Math.min(rest, taken.units)
    rest -= back
    if (back > 0) {
      context.inventory.give(taken.slot, taken.location, back)
      announce(context, taken.slot, taken.location, back)
    }
    if (taken.units > back) kept.unshift({ ...taken, units: taken.units - back })
  }
  line.taken = kept
}

/** What a change of status does to stock. */
export const onStatus = (context: StockContext, order: Order, statusId: number): void => {
  const settings = stockSettingsOf(context.settings, order.channelId)
  const isVoid = statusId === status.cancelled || statusId === status.declined || statusId === status.refunded
  if (isVoid) {
    if (settings.refundOrderStockAdjustment) {
      for (const line of order.lines) giveBack(context, line, takenUnits(line))
    }
    return
  }
  if (statusId === status.incomplete) return
  const isDone = statusId === status.shipped || statusId === status.completed
  const untouched = order.lines.every((line) => line.taken.length === 0)
  if (settings.updateStockBehavior === "order_placed" ? untouched : isDone) take(context, order)
}

/** Tells the world that an order moved the stock of an item. */
const announce = (context: StockContext, slot: number, location: number, difference: number): void => {
  const { catalog, events } = context
  const product = catalog.productOf(slot)
  const productId = catalog.productId(product)
  if (catalog.tracking(product) === "variant") {
    const variantId = catalog.variantId(slot)
    const inventory = { product_id: productId, method: "relative", value: difference, variant_id: variantId }
    events.emit("store/sku/inventory/order/updated", { type: "sku", id: variantId, inventory })
    events.emit("store/sku/inventory/updated", { type: "sku", id: variantId, inventory })
  } else {
    const inventory = { product_id: productId, method: "relative", value: difference }
    events.emit("store/product/inventory/order/updated", { type: "product", id: productId, inventory })
    events.emit("store/product/inventory/updated", { type: "product", id: productId, inventory })
  }
  announceLevel(context, slot, location)
}

/** Tells the world that what an item's owner says of it at a location, besides its level, has changed. */
export const announceSettings = (context: StockContext, slot: number, location: number): void =>
  context.events.emit("store/channel/*/inventory/product/settings_changed", placeOf(context, slot, location))

const placeOf = ({ catalog }: StockContext, slot: number, location: number) => ({
  variant_id: catalog.variantId(slot),
  product_id: catalog.productId(catalog.productOf(slot)),
  location_id: location
})

/** The inventory events that name the location. */
export const announceLevel = (context: StockContext, slot: number, location: number): void => {
  const { events, inventory } = context
  const data = placeOf(context, slot, location)
  events.emit("store/channel/*/inventory/product/stock_changed", data)
  const available = inventory.availableToSell(slot, location)
  if (available <= 0) events.emit("store/channel/*/inventory/product/out_of_stock_reached", data)
  else if (available <= inventory.settings(slot, location).warningLevel) {
    events.emit("store/channel/*/inventory/product/low_stock_reached", data)
  }
}
