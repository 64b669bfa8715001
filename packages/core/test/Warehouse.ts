/**
 * A small warehouse for tests: three places, items and kits from a few words, and what availability says of them.
 */
import * as Availability from "@stockport/core/decide/Availability"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import * as Position from "@stockport/core/domain/Position"
import * as Quantity from "@stockport/core/domain/Quantity"
import { type AvailabilityPolicy, sosV9 } from "@stockport/core/domain/SyncPolicy"

type Amounts = Partial<Record<keyof Position.PositionTerms, number>>

export const main = place("Main")
export const store = place("Store")
export const quarantine = place("Quarantine", false)

export function place(name: string, nettable = true): Location {
  return { id: LocationId.make(name), name, nettable, isDefault: name === "Main" }
}

const amountsOf = (amounts: Amounts) =>
  Object.fromEntries(Object.entries(amounts).map(([term, amount]) => [term, Quantity.of(amount)]))

export const at = (location: Location, item: string, amounts: Amounts) =>
  Position.make({ itemId: ItemId.make(item), locationId: location.id, ...amountsOf(amounts) })

export const stocked = (...ids: ReadonlyArray<string>) =>
  ids.map((id) => Item.make({ id: ItemId.make(id), kind: "inventory", sku: id }))

export const made = (
  kind: "kit" | "assembly",
  id: string,
  lines: ReadonlyArray<readonly [id: string, quantity: number]>
) =>
  Item.make({
    id: ItemId.make(id),
    kind,
    sku: id,
    billOfMaterials: lines.map(([of, quantity]) => ({ itemId: ItemId.make(of), quantity: Quantity.of(quantity) }))
  })

export const kit = (id: string, ...lines: ReadonlyArray<readonly [id: string, quantity: number]>) =>
  made("kit", id, lines)

export const pooled: AvailabilityPolicy = { ...sosV9.availability, countOpenSalesReceipts: true }

export const compute = (
  input: Partial<Availability.AvailabilityInput> & Pick<Availability.AvailabilityInput, "items" | "positions">
) => Availability.compute({ locations: [main, store, quarantine], policy: pooled, feeding: null, ...input })

export const of = (available: ReadonlyMap<ItemId, Availability.Available>, id: string): Availability.Available => {
  const found = available.get(ItemId.make(id))
  if (found === undefined) throw new Error(`nothing was computed for ${id}`)
  return found
}

export const numberOf = (available: ReadonlyMap<ItemId, Availability.Available>, id: string): string => {
  const found = of(available, id)
  return found._tag === "Unlimited" ? "unlimited" : Quantity.format(found.quantity)
}

export const limitingOf = (available: ReadonlyMap<ItemId, Availability.Available>, id: string) => {
  const found = of(available, id)
  return found._tag === "Kit" ? found.limiting.map((component) => component.itemId as string) : []
}

export const codesOf = (available: ReadonlyMap<ItemId, Availability.Available>, id: string) =>
  of(available, id).issues.map(({ code }) => code)
