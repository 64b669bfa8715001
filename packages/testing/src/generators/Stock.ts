/**
 * Generators of everything that availability follows from: items of every kind, kits nested and odd, locations,
 * positions, demand, policies, and sequences of changes.
 *
 * They shrink towards one item, one location, no demand. Ids are drawn from a small pool, so that parts meet.
 */
import fc from "fast-check"
import type { AvailabilityInput } from "@stockport/core/decide/Availability"
import type { AvailabilityChange } from "@stockport/core/decide/AvailabilityIndex"
import { type Demand, DemandKind, DemandSource } from "@stockport/core/domain/Demand"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import * as Position from "@stockport/core/domain/Position"
import * as Quantity from "@stockport/core/domain/Quantity"
import type { AvailabilityPolicy } from "@stockport/core/domain/SyncPolicy"
import { DateTime } from "effect"

/** What a catalogue may hold. */
export interface CatalogueOptions {
  /** Also cycles, empty kits, unknown components, needs that are not above zero or cannot be multiplied exactly. */
  readonly odd?: boolean
  readonly itemsMax?: number
}

/** A signed quantity of at most `unitsMax` units: mostly whole units, sometimes with up to five decimals. */
export const quantity = (unitsMin: number, unitsMax: number): fc.Arbitrary<Quantity.Quantity> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: unitsMin, max: unitsMax }).map((units) => Quantity.of(units)) },
    {
      weight: 1,
      arbitrary: fc
        .integer({ min: unitsMin * Quantity.scale, max: unitsMax * Quantity.scale })
        .map((size) => size as Quantity.Quantity)
    }
  )

/** Any quantity at all, up to the ends of the range. */
export const anyQuantity: fc.Arbitrary<Quantity.Quantity> = fc.oneof(
  quantity(-20, 20),
  fc.maxSafeInteger().map((size) => (size + 0) as Quantity.Quantity),
  fc.constantFrom(Quantity.max, -Quantity.max, Quantity.max - 1, 1, -1, 0).map((size) => size as Quantity.Quantity)
)

/** The id of the item with this number. */
export const itemIdOf = (index: number): ItemId => ItemId.make(`item-${index}`)

/** The id of the location with this number. */
export const locationIdOf = (index: number): LocationId => LocationId.make(`place-${index}`)

const kinds: fc.Arbitrary<Item.ItemKind> = fc.oneof(
  { weight: 6, arbitrary: fc.constant("inventory" as const) },
  { weight: 5, arbitrary: fc.constant("kit" as const) },
  { weight: 2, arbitrary: fc.constant("assembly" as const) },
  { weight: 1, arbitrary: fc.constantFrom("service" as const, "nonInventory" as const, "category" as const) }
)

interface ItemSketch {
  readonly kind: Item.ItemKind
  readonly archived: boolean
  readonly lines: ReadonlyArray<{ readonly of: number; readonly quantity: Quantity.Quantity }>
}

const itemSketch = (odd: boolean): fc.Arbitrary<ItemSketch> =>
  fc.record({
    kind: kinds,
    archived: oneIn(15),
    lines: fc.array(fc.record({ of: fc.nat(99), quantity: odd ? oddNeed : quantity(1, 4) }), {
      minLength: odd ? 0 : 1,
      maxLength: 4
    })
  })

const oneIn = (chances: number): fc.Arbitrary<boolean> => fc.nat(chances - 1).map((chance) => chance === chances - 1)

const oddNeed = fc.oneof(
  { weight: 20, arbitrary: fc.integer({ min: 1, max: 4 }).map((units) => Quantity.of(units)) },
  { weight: 2, arbitrary: quantity(1, 3) },
  { weight: 1, arbitrary: quantity(-1, 0) }
)

/** The item of a sketch. Unless it may be odd, it contains items with a smaller number only, nested kits whole. */
const itemFrom = (
  sketch: ItemSketch,
  index: number,
  kindOf: (index: number) => Item.ItemKind,
  odd: number
): Item.Item => {
  const kind = odd === 0 && index === 0 ? "inventory" : sketch.kind
  const made = kind === "kit" || kind === "assembly"
  return Item.make({
    id: itemIdOf(index),
    kind,
    sku: `SKU-${index}`,
    archived: sketch.archived,
    billOfMaterials: !made
      ? []
      : sketch.lines.map((line) => {
          const of = odd === 0 ? line.of % index : pick(line.of, index, odd)
          const whole = odd === 0 && kindOf(of) === "kit"
          return {
            itemId: itemIdOf(of),
            quantity: whole ? Quantity.of(Math.max(1, Quantity.wholeUnits(line.quantity))) : line.quantity
          }
        })
  })
}

/** An odd catalogue mostly contains downwards as well; now and then upwards, itself, or what is not there. */
const pick = (of: number, index: number, itemCount: number): number =>
  of < 85 && index > 0 ? of % index : of % (itemCount + 1)

/** A catalogue: stocked items, services, assemblies, and kits of all of them, kits included. */
export const catalogue = (options: CatalogueOptions = {}): fc.Arbitrary<ReadonlyArray<Item.Item>> =>
  fc.array(itemSketch(options.odd === true), { minLength: 1, maxLength: options.itemsMax ?? 10 }).map((sketches) => {
    const kindOf = (index: number) => (index === 0 ? "inventory" : sketches[index]!.kind)
    return sketches.map((sketch, index) => itemFrom(sketch, index, kindOf, options.odd === true ? sketches.length : 0))
  })

/** One to `countMax` locations, the first of them the default. */
export const locations = (countMax = 4): fc.Arbitrary<ReadonlyArray<Location>> =>
  fc
    .array(
      fc.nat(3).map((chance) => chance < 3),
      { minLength: 1, maxLength: countMax }
    )
    .map((nettable) => nettable.map((is, index) => locationFrom(index, is)))

const locationFrom = (index: number, nettable: boolean): Location => ({
  id: locationIdOf(index),
  name: `Place ${index}`,
  nettable,
  isDefault: index === 0
})

const amount = fc.oneof({ weight: 4, arbitrary: fc.constant(Quantity.zero) }, { weight: 1, arbitrary: quantity(0, 6) })

/** The terms of a position: on hand may be negative, everything else is zero or above. */
export const terms: fc.Arbitrary<Position.PositionTerms> = fc.record({
  onHand: fc.oneof({ weight: 1, arbitrary: quantity(-5, 5) }, { weight: 4, arbitrary: quantity(0, 60) }),
  salesOrders: amount,
  salesReceipts: amount,
  pickTickets: amount,
  reservations: amount,
  softHolds: amount,
  stockHolds: amount,
  incoming: amount
})

/** Terms that reach the ends of the range, so that sums leave it. */
export const extremeTerms: fc.Arbitrary<Position.PositionTerms> = fc.record({
  onHand: anyQuantity,
  salesOrders: fc.oneof(amount, anyQuantity.map(Quantity.abs)),
  salesReceipts: amount,
  pickTickets: amount,
  reservations: amount,
  softHolds: amount,
  stockHolds: amount,
  incoming: fc.oneof(amount, anyQuantity.map(Quantity.abs))
})

/** A position of one of `itemCount` items at one of `locationCount` locations. */
export const position = (
  itemCount: number,
  locationCount: number,
  termsOf: fc.Arbitrary<Position.PositionTerms> = terms
): fc.Arbitrary<Position.Position> =>
  fc
    .record({ item: fc.nat(itemCount - 1), place: fc.nat(locationCount - 1), terms: termsOf })
    .map(({ item, place, terms }) =>
      Position.make({ itemId: itemIdOf(item), locationId: locationIdOf(place), ...terms })
    )

/** Positions of most items at most locations, at most one for each pair. */
export const positions = (
  itemCount: number,
  locationCount: number,
  termsOf: fc.Arbitrary<Position.PositionTerms> = terms
): fc.Arbitrary<ReadonlyArray<Position.Position>> =>
  fc.array(fc.option(termsOf, { freq: 4 }), { maxLength: itemCount * locationCount, size: "max" }).map((cells) =>
    cells.flatMap((cell, index) =>
      cell === null
        ? []
        : [
            Position.make({
              itemId: itemIdOf(index % itemCount),
              locationId: locationIdOf(Math.floor(index / itemCount)),
              ...cell
            })
          ]
    )
  )

const instant = fc.integer({ min: 0, max: 4_102_444_800_000 }).map((millis) => DateTime.makeUnsafe(millis))

/** All the demand of one source, of any kind; incoming goods are mostly expected at some time. */
export const demand = (itemCount: number, locationCount: number): fc.Arbitrary<Demand> =>
  fc
    .record({
      source: fc.nat(99).map((number) => DemandSource.make(`source-${number}`)),
      kind: fc.constantFrom(...DemandKind.literals),
      lines: fc.array(
        fc.record({
          lineId: fc.nat(99).map(String),
          itemId: fc.nat(itemCount - 1).map(itemIdOf),
          locationId: fc.nat(locationCount - 1).map(locationIdOf),
          quantity: quantity(1, 20)
        }),
        { maxLength: 4 }
      ),
      expiresAt: fc.option(instant, { freq: 2 }),
      expectedAt: fc.option(instant, { freq: 4 })
    })
    .map(({ expectedAt, ...rest }) => ({
      ...rest,
      ...(rest.kind === "incoming" && expectedAt !== null ? { expectedAt } : {})
    }))

/** Any availability policy. */
export const availabilityPolicy: fc.Arbitrary<AvailabilityPolicy> = fc.record({
  countOpenSalesReceipts: fc.boolean(),
  countIncoming: fc.boolean(),
  incomingWithinDays: fc.option(fc.integer({ min: 0, max: 3_650 })),
  kitPooling: fc.constantFrom("pooled" as const, "perLocation" as const, "hybrid" as const),
  assemblyShortfallDemand: fc.boolean()
})

/** The locations that feed a channel: all of them, or some (possibly unknown ones). */
export const feeding = (locationCount: number): fc.Arbitrary<ReadonlyArray<LocationId> | null> =>
  fc.option(fc.array(fc.nat(locationCount).map(locationIdOf), { maxLength: locationCount }), { nil: null })

/** Everything that availability follows from. With `extreme`, sums may leave the range. */
export const availabilityInput = (
  options: CatalogueOptions & { readonly extreme?: boolean } = {}
): fc.Arbitrary<AvailabilityInput> =>
  fc.tuple(catalogue(options), locations()).chain(([items, places]) =>
    fc.record({
      items: fc.constant(items),
      locations: fc.constant(places),
      // One item and one location more than there are: positions may be of things that are not known.
      positions: positions(items.length + 1, places.length + 1, options.extreme === true ? extremeTerms : terms),
      policy: availabilityPolicy,
      feeding: feeding(places.length)
    })
  )

/** One change of a catalogue of `itemCount` items at `locationCount` locations, or of something new beside them. */
export const availabilityChange = (
  itemCount: number,
  locationCount: number,
  options: { readonly extreme?: boolean } = {}
): fc.Arbitrary<AvailabilityChange> => {
  const termsOf = options.extreme === true ? extremeTerms : terms
  return fc.oneof(
    {
      weight: 6,
      arbitrary: position(itemCount + 1, locationCount + 1, termsOf).map((changed) => ({
        _tag: "PositionSet" as const,
        position: changed
      }))
    },
    {
      weight: 4,
      arbitrary: fc.tuple(fc.nat(itemCount), itemSketch(true)).map(([index, sketch]) => ({
        _tag: "ItemSaved" as const,
        item: itemFrom(sketch, index, () => "inventory", itemCount)
      }))
    },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.nat(locationCount), fc.boolean())
        .map(([index, nettable]) => ({ _tag: "LocationSaved" as const, location: locationFrom(index, nettable) }))
    },
    { weight: 1, arbitrary: availabilityPolicy.map((policy) => ({ _tag: "PolicySet" as const, policy })) },
    {
      weight: 1,
      arbitrary: feeding(locationCount).map((feeds) => ({ _tag: "FeedingSet" as const, feeding: feeds }))
    }
  )
}

/** A catalogue and batches of changes to it. */
export const changedAvailability = (
  options: CatalogueOptions & { readonly extreme?: boolean; readonly batchesMax?: number } = {}
): fc.Arbitrary<{
  readonly input: AvailabilityInput
  readonly batches: ReadonlyArray<ReadonlyArray<AvailabilityChange>>
}> =>
  availabilityInput(options).chain((input) =>
    fc.record({
      input: fc.constant(input),
      batches: fc.array(
        fc.array(availabilityChange(input.items.length, input.locations.length, options), { maxLength: 4 }),
        { minLength: 1, maxLength: options.batchesMax ?? 8 }
      )
    })
  )

/** The facts after a change, the plain way: what it replaces is replaced. */
export const changed = (input: AvailabilityInput, change: AvailabilityChange): AvailabilityInput => {
  switch (change._tag) {
    case "PositionSet":
      return { ...input, positions: replaced(input.positions, change.position, ["itemId", "locationId"]) }
    case "ItemSaved":
      return { ...input, items: replaced(input.items, change.item, ["id"]) }
    case "LocationSaved":
      return { ...input, locations: replaced(input.locations, change.location, ["id"]) }
    case "PolicySet":
      return { ...input, policy: change.policy }
    case "FeedingSet":
      return { ...input, feeding: change.feeding }
    default:
      return change satisfies never
  }
}

const replaced = <A>(rows: ReadonlyArray<A>, row: A, key: ReadonlyArray<keyof A>): ReadonlyArray<A> => [
  ...rows.filter((other) => key.some((field) => other[field] !== row[field])),
  row
]
