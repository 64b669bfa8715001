/**
 * How fast is availability, whole and after one change?
 *
 * 1. Every number of 100,000 kits of 4 components, of their 100,000 components, over 5 locations. The floor is the same
 *    sums written by hand over typed arrays: each component's terms at each location, each kit's minimum over its
 *    components in total and at each location. Both run in turns in one process; the medians are compared, and the
 *    numbers are checked against each other.
 * 2. One leaf's position changes among 1,000,000 items and 100,000 kits: the time of a change, and its work against the
 *    number of kits above the leaf.
 * 3. The memory of that index by item, against the bare columns of the same positions.
 *
 * node --expose-gc packages/core/bench/availability.bench.ts [kits] [items]
 */
import * as Availability from "@stockport/core/decide/Availability"
import * as AvailabilityIndex from "@stockport/core/decide/AvailabilityIndex"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import * as Position from "@stockport/core/domain/Position"
import * as Quantity from "@stockport/core/domain/Quantity"
import { type AvailabilityPolicy, safe } from "@stockport/core/domain/SyncPolicy"

const kitCount = Number(process.argv[2] ?? 100_000)
const itemCount = Number(process.argv[3] ?? 1_000_000)
const componentsPerKit = 4
const locationCount = 5
const rounds = 9
const changeCount = 20_000
const ratioMax = 4
const millisMax = 1

/** A small generator with a seed (mulberry32), so that every run measures the same data. */
const randomFrom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}
const random = randomFrom(20_26)
const below = (max: number) => Math.floor(random() * max)

const log = (text: string) => process.stderr.write(`${text}\n`)
const median = (values: ReadonlyArray<number>) => values.toSorted((left, right) => left - right)[values.length >> 1]!
const percentile = (values: ReadonlyArray<number>, share: number) =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length * share)]!

const timed = (run: () => void): number => {
  const start = performance.now()
  run()
  return performance.now() - start
}

const itemIdOf = (index: number) => ItemId.make(`item-${index}`)
const kitIdOf = (index: number) => ItemId.make(`kit-${index}`)
const places: ReadonlyArray<Location> = Array.from({ length: locationCount }, (_, index) => ({
  id: LocationId.make(`place-${index}`),
  name: `Place ${index}`,
  nettable: index !== locationCount - 1,
  isDefault: index === 0
}))
const policy: AvailabilityPolicy = {
  countOpenSalesReceipts: true,
  countIncoming: true,
  incomingWithinDays: null,
  kitPooling: "perLocation",
  assemblyShortfallDemand: safe.availability.assemblyShortfallDemand
}

const stocked = (index: number) => Item.make({ id: itemIdOf(index), kind: "inventory", sku: `SKU-${index}` })

/** A kit of four different components, one to five of each. */
const kitOf = (index: number, components: ReadonlyArray<readonly [item: number, units: number]>) =>
  Item.make({
    id: kitIdOf(index),
    kind: "kit",
    sku: `KIT-${index}`,
    billOfMaterials: components.map(([item, units]) => ({ itemId: itemIdOf(item), quantity: Quantity.of(units) }))
  })

const componentsOf = (items: number): ReadonlyArray<readonly [item: number, units: number]> => {
  const chosen = new Set<number>()
  while (chosen.size < componentsPerKit) chosen.add(below(items))
  return Array.from(chosen, (item) => [item, 1 + below(5)] as const)
}

/** The hand-written floor: columns of item x location, components of kit x 4. */
const floorOf = (items: number) => {
  const rows = items * locationCount
  const column = () => new Float64Array(rows)
  return {
    onHand: column(),
    incoming: column(),
    salesOrders: column(),
    salesReceipts: column(),
    pickTickets: column(),
    reservations: column(),
    softHolds: column(),
    stockHolds: column(),
    share: column(),
    total: new Float64Array(items),
    component: new Int32Array(kitCount * componentsPerKit),
    need: new Float64Array(kitCount * componentsPerKit),
    kits: new Float64Array(kitCount)
  }
}

type Floor = ReturnType<typeof floorOf>

/** Counts stock at the nettable locations (all but the last) and demand everywhere. */
const floorItems = (floor: Floor): void => {
  const { onHand, incoming, salesOrders, salesReceipts, pickTickets, reservations, softHolds, stockHolds } = floor
  for (let item = 0; item < floor.total.length; item++) {
    let total = 0
    for (let place = 0; place < locationCount; place++) {
      const row = item * locationCount + place
      const demand = salesOrders[row]! + salesReceipts[row]! + pickTickets[row]! + reservations[row]! + softHolds[row]!
      const stock = place === locationCount - 1 ? 0 : onHand[row]! + incoming[row]! - stockHolds[row]!
      floor.share[row] = stock - demand
      total += stock - demand
    }
    floor.total[item] = total
  }
}

/** The least over the components, pooled and at each nettable location; the sum of these, at most the pooled number. */
const floorKits = (floor: Floor): void => {
  const { component, need, share, total } = floor
  for (let kit = 0; kit < kitCount; kit++) {
    const start = kit * componentsPerKit
    let pooled = Infinity
    for (let at = start; at < start + componentsPerKit; at++) {
      pooled = Math.min(pooled, Math.floor(total[component[at]!]! / need[at]!))
    }
    let apart = 0
    for (let place = 0; place < locationCount - 1; place++) {
      let here = Infinity
      for (let at = start; at < start + componentsPerKit; at++) {
        here = Math.min(here, Math.floor(share[component[at]! * locationCount + place]! / need[at]!))
      }
      apart += Math.max(0, here)
    }
    floor.kits[kit] = Math.min(Math.max(0, pooled), apart) * Quantity.scale
  }
}

const units = (max: number) => (below(max) * Quantity.scale) as Quantity.Quantity

/** A position with all of its terms, the same one in the floor's columns. */
const positionOf = (item: number, place: number, floor: Floor): Position.Position => {
  const terms = {
    onHand: units(400),
    incoming: units(40),
    salesOrders: units(20),
    salesReceipts: units(10),
    pickTickets: units(5),
    reservations: units(5),
    softHolds: units(5),
    stockHolds: units(5)
  }
  const row = item * locationCount + place
  for (const term of Availability.positionTerms) floor[term][row] = terms[term]
  return Position.make({ itemId: itemIdOf(item), locationId: places[place]!.id, ...terms })
}

const whole = () => {
  const floor = floorOf(kitCount)
  const items = Array.from({ length: kitCount }, (_, index) => stocked(index))
  const positions = items.flatMap((_, item) => places.map((_, place) => positionOf(item, place, floor)))
  for (let kit = 0; kit < kitCount; kit++) {
    const components = componentsOf(kitCount)
    components.forEach(([item, count], at) => {
      floor.component[kit * componentsPerKit + at] = item
      floor.need[kit * componentsPerKit + at] = count * Quantity.scale
    })
    items.push(kitOf(kit, components))
  }
  const input = { items, positions, locations: places, policy, feeding: null }
  const index = AvailabilityIndex.make(input)
  const values: Array<number> = []
  const floors: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    values.push(timed(() => index.recompute()))
    floors.push(
      timed(() => {
        floorItems(floor)
        floorKits(floor)
      })
    )
  }
  for (let kit = 0; kit < kitCount; kit++) {
    if (index.numberOf(kitIdOf(kit)) !== floor.kits[kit]) throw new Error(`kit ${kit} differs from the floor`)
  }
  return { value: median(values), floor: median(floors) }
}

const heldBytes = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** A million items, each at one to three locations with stock on hand and some with open orders, and the kits. */
const largeIndex = (ids: ReadonlyArray<ItemId>, rows: { count: number }) => {
  const items: Array<Item.Item> = []
  const positions: Array<Position.Position> = []
  for (const [index, id] of ids.entries()) {
    items.push({ ...stocked(index), id })
    for (let place = 0; place <= index % 3; place++) {
      const salesOrders = index % 4 === 0 ? units(10) : Quantity.zero
      positions.push(Position.make({ itemId: id, locationId: places[place]!.id, onHand: units(400), salesOrders }))
    }
  }
  for (let kit = 0; kit < kitCount; kit++) items.push(kitOf(kit, componentsOf(ids.length)))
  rows.count = positions.length
  return AvailabilityIndex.make({ items, positions, locations: places, policy, feeding: null })
}

const oneLeaf = () => {
  const ids = Array.from({ length: itemCount }, (_, index) => itemIdOf(index))
  const rows = { count: 0 }
  const before = heldBytes()
  const start = performance.now()
  const index = largeIndex(ids, rows)
  log(`indexed ${itemCount} items and ${kitCount} kits in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  const bytes = heldBytes() - before
  const times: Array<number> = []
  let work = 0
  let dependents = 0
  for (let change = 0; change < changeCount; change++) {
    const id = ids[below(itemCount)]!
    const position = Position.make({ itemId: id, locationId: places[0]!.id, onHand: units(400) })
    const started = performance.now()
    const delta = index.apply([{ _tag: "PositionSet", position }])
    times.push(performance.now() - started)
    work += delta.work
    dependents += delta.affected.length
  }
  return { times, work, dependents, bytes: bytes / index.size, bare: bareBytes(rows.count) / index.size }
}

/** On hand, open orders and the number of each position as bare columns, and the components of each kit. */
const bareBytes = (rows: number): number => rows * 3 * 8 + kitCount * componentsPerKit * (4 + 8)

const row = (name: string, value: number, floor: number, limit: number) => {
  const ratio = value / floor
  return { name, package: "@stockport/core", value, floor, ratio, limit, ok: ratio <= limit }
}

log(`availability of ${kitCount} kits`)
const all = whole()
log(`one leaf among ${itemCount} items and ${kitCount} kits`)
const one = oneLeaf()
log(
  `one leaf: median ${(median(one.times) * 1000).toFixed(1)} us, p99 ${(percentile(one.times, 0.99) * 1000).toFixed(1)} us; ` +
    `${(one.work / changeCount).toFixed(2)} steps for ${(one.dependents / changeCount).toFixed(2)} items a change; ` +
    `${one.bytes.toFixed(0)} bytes an item`
)
const changed = `one leaf among ${itemCount.toLocaleString("en")} items and ${kitCount.toLocaleString("en")} kits changes`
process.stdout.write(
  `${JSON.stringify([
    row(`availability of ${kitCount.toLocaleString("en")} kits over 5 locations (ms)`, all.value, all.floor, ratioMax),
    row(`${changed}: median (ms; floor: 1 ms)`, median(one.times), millisMax, 1),
    row(`${changed}: 99th percentile (ms; floor: 1 ms)`, percentile(one.times, 0.99), millisMax, 1),
    row(`${changed}: steps, by items that depend on it`, one.work, one.dependents, 2 + componentsPerKit),
    row("memory of an item in the availability index (bytes; floor: bare columns)", one.bytes, one.bare, 8)
  ])}\n`
)
