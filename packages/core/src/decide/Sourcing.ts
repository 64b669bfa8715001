/**
 * Where is a line of an order committed? Where the number that sold it came from.
 *
 * Among the locations that feed the places the connection publishes to (of a line to be collected: that place's), the
 * connection's own first: the first that has all that the line needs, else the one that has most of it; where there is
 * nothing anywhere, the first. A line of kits or packs that no location has all of comes from several, whole listings from
 * each: their number was made of all of them. What is booked stays where it is.
 */
import type { BillOfMaterials } from "../domain/BillOfMaterials.ts"
import type { CartLocationId } from "../domain/CartLocationId.ts"
import type { Channel } from "../domain/Channel.ts"
import type { Connection } from "../domain/Connection.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Location, LocationId } from "../domain/Location.ts"
import { multiplyUp, one, type Quantity, scale, timesContained, zero } from "../domain/Quantity.ts"
import type { SaleLine } from "../domain/Sale.ts"
import { Result } from "effect"

/** Where intake may commit, and what is there. Both are left out where every order goes to its connection's location. */
export interface SourcingFacts {
  /** The locations that feed what the shop sells (of a place of collection: that place), preferred first. */
  readonly feeding?: (pickupAt: CartLocationId | null) => ReadonlyArray<LocationId>
  /** What can still be sold of an item at a location; negative where it is short. */
  readonly available?: (itemId: ItemId, locationId: LocationId) => Quantity
}

/** The locations that feed a connection's published places, its own first, for {@link SourcingFacts}. */
export const feedingOf = (
  connection: Pick<Connection, "locationId" | "publishTo">,
  channel: Pick<Channel, "locations">,
  locations: ReadonlyArray<Location>
): NonNullable<SourcingFacts["feeding"]> => {
  const ofChannel = locations
    .filter(({ id, nettable }) => nettable && (channel.locations === null || channel.locations.includes(id)))
    .map(({ id }) => id)
  const among = (own: ReadonlyArray<LocationId> | null): ReadonlyArray<LocationId> =>
    own === null ? ofChannel : own.filter((id) => ofChannel.includes(id))
  const isOwn = (id: LocationId) => id === connection.locationId
  const ownFirst = (ids: ReadonlyArray<LocationId>) => [...ids.filter(isOwn), ...ids.filter((id) => !isOwn(id))]
  const everywhere = ownFirst([...new Set(connection.publishTo.flatMap((place) => among(place.locations)))])
  return (pickupAt) => {
    const place = connection.publishTo.find(({ cartLocationId }) => cartLocationId === pickupAt)
    if (place === undefined) return everywhere
    return place.locations === null ? ownFirst(among(null)) : among(place.locations)
  }
}

/** What a line takes for one listing, and how many listings it is about. */
export interface Wanted {
  readonly needs: BillOfMaterials
  readonly quantity: Quantity
}

/** The location for a line, among the candidates; null where there is none. */
export const choose = (
  candidates: ReadonlyArray<LocationId>,
  { needs, quantity }: Wanted,
  available: NonNullable<SourcingFacts["available"]>
): LocationId | null => {
  const [first = null] = candidates
  if (candidates.length < 2 || needs.length === 0) return first
  const hasAll = candidates.find((id) =>
    needs.every((need) => {
      const taken = multiplyUp(quantity, need.quantity)
      return Result.isSuccess(taken) && available(need.itemId, id) >= taken.success
    })
  )
  if (hasAll !== undefined) return hasAll
  const contained = (id: LocationId) =>
    Math.max(0, Math.min(...needs.map((need) => timesContained(available(need.itemId, id), need.quantity))))
  return candidates.reduce<LocationId | null>(
    (best, id) => (best === null || contained(id) > contained(best) ? id : best),
    null
  )
}

/** Where a line is committed: all of it at one location, or so many listings at each of several. */
export type Place = Pick<SaleLine, "locationId" | "sources">

/** Every location of a place. */
export const locationsOf = ({ locationId, sources = [] }: Place): ReadonlyArray<LocationId> => [
  locationId,
  ...sources.map((source) => source.locationId)
]

/** The place for a line, among the candidates; null where there is none. */
export const placeFor = (
  candidates: ReadonlyArray<LocationId>,
  wanted: Wanted,
  available: NonNullable<SourcingFacts["available"]>
): Place | null => {
  const locationId = choose(candidates, wanted, available)
  if (locationId === null) return null
  const sources = isCountedSingly(wanted) ? [] : sourcesFor(candidates, wanted, available)
  return sources.length < 2 ? { locationId } : { locationId: sources[0]!.locationId, sources }
}

/** What a location is short of such a line is taken off the others' stock just as it is. */
const isCountedSingly = ({ needs }: Wanted): boolean => needs.length < 2 && (needs[0]?.quantity ?? one) === one

/** Whole listings from each location, as many as it has; what none has is missing at the first. */
const sourcesFor = (
  candidates: ReadonlyArray<LocationId>,
  { needs, quantity }: Wanted,
  available: NonNullable<SourcingFacts["available"]>
): NonNullable<Place["sources"]> => {
  const wholeAt = (id: LocationId) =>
    scale * Math.max(0, Math.min(...needs.map((need) => timesContained(available(need.itemId, id), need.quantity))))
  if (candidates.some((id) => wholeAt(id) >= quantity)) return []
  let left: number = quantity
  const sources = candidates.flatMap((locationId) => {
    const taken = Math.min(left, wholeAt(locationId))
    left -= taken
    return taken > 0 ? [{ locationId, quantity: taken as Quantity }] : []
  })
  return sources.map((source, at) =>
    at === 0 ? { ...source, quantity: (source.quantity + left) as Quantity } : source
  )
}

/** Availability that remembers what the lines before have taken. */
export const remembering = (available: NonNullable<SourcingFacts["available"]>) => {
  const taken = new Map<string, number>()
  return {
    available: (itemId: ItemId, locationId: LocationId): Quantity =>
      (available(itemId, locationId) - (taken.get(placeKey(itemId, locationId)) ?? 0)) as Quantity,
    take: ({ locationId, sources }: Place, { needs, quantity }: Wanted): void => {
      for (const source of sources ?? [{ locationId, quantity }]) {
        for (const need of needs) {
          const each = Result.getOrElse(multiplyUp(source.quantity, need.quantity), () => zero)
          const of = placeKey(need.itemId, source.locationId)
          taken.set(of, (taken.get(of) ?? 0) + each)
        }
      }
    }
  }
}

const placeKey = (itemId: ItemId, locationId: LocationId): string => JSON.stringify([itemId, locationId])
