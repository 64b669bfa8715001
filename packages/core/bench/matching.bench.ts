/**
 * How fast are a million listings matched to a million items?
 *
 * The floor is the least that any matching by SKU has to do: build a `Map` of the items' SKUs and look up every listing's.
 * Both run on the same strings, in turns, in one process, in processor time of the one thread; the medians are compared. Listings come in the order in which
 * a shop lists them (by its ids), in a shuffled order too, and with SKUs that need the second tier.
 *
 * node --expose-gc packages/core/bench/matching.bench.ts [listings] [repetitions]
 */
import * as Matching from "@stockport/core/decide/Matching"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Listing from "@stockport/core/domain/Listing"
import { safe } from "@stockport/core/domain/SyncPolicy"

const size = Number(process.argv[2] ?? 1_000_000)
const repetitions = Number(process.argv[3] ?? 7)
const limit = 2.5
const connectionId = ConnectionId.make("bench")

/** A small generator with a seed (mulberry32), so that every run measures the same data. */
const randomFrom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

const shuffle = <A>(values: Array<A>, random: () => number): Array<A> => {
  for (let at = values.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1))
    const value = values[at]!
    values[at] = values[other]!
    values[other] = value
  }
  return values
}

const brands = ["ACME", "NORD", "TUFF", "LUMO", "KITE"]
const sizes = ["XS", "S", "M", "L", "XL"]
const skuOf = (at: number) => `${brands[at % 5]}-${String(at).padStart(7, "0")}-${sizes[(at >> 3) % 5]}`

/** Nine of ten products have variants; ids rise as in a shop that never gives one twice. */
const listingOf = (row: number, sku: string): Listing.Listing =>
  Listing.make({
    productId: Listing.ProductId.make(String(100 + Math.floor(row / 4))),
    variantId: Listing.VariantId.make(String(70 + row)),
    shape: row % 10 === 0 ? "single" : "variant",
    goods: "physical",
    sku,
    name: `Listing ${row}`,
    tracking: "variant",
    shopBundle: false
  })

const plain = (sku: string): string => sku

/** Every fiftieth listing's SKU differs by case or outer space; every hundredth's belongs to no item. */
const disguise = (sku: string, row: number): string =>
  row % 100 === 7 ? `GONE-${sku}` : row % 50 === 3 ? `${sku.toLowerCase()} ` : sku

const random = randomFrom(20_26)
const items: Array<Matching.MatchableItem> = shuffle(
  Array.from({ length: size }, (_, at): Matching.MatchableItem => ({
    id: ItemId.make(`item-${at}`),
    sku: skuOf(at),
    kind: "inventory",
    archived: false
  })),
  random
)
const places = shuffle(
  Array.from({ length: size }, (_, at) => at),
  random
)

/** One catalogue at a time: what is measured is the work, not the collection of other catalogues' garbage. */
const catalogue = (sku: (sku: string, row: number) => string): Array<Listing.Listing> =>
  places.map((place, row) => listingOf(row, sku(items[place]!.sku, row)))

const floorOf = (listings: ReadonlyArray<Listing.Listing>): number => {
  const bySku = new Map<string, number>()
  for (let at = 0; at < items.length; at++) bySku.set(items[at]!.sku, at)
  let found = 0
  for (let row = 0; row < listings.length; row++) if (bySku.get(listings[row]!.sku) !== undefined) found++
  return found
}

const planFor = (listings: ReadonlyArray<Listing.Listing>): Matching.MatchPlan =>
  Matching.plan({ connectionId, listings, items, links: [], exclusions: [], policy: safe.matching })

const match = (listings: ReadonlyArray<Listing.Listing>): number => planFor(listings).linked.length

/** Time that this thread has computed, so that a busy machine does not count; the wall's where Node cannot tell. */
const busyMillis = (): number => {
  if (process.threadCpuUsage === undefined) return performance.now()
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

const timeOf = (work: () => number, expected: number): number => {
  globalThis.gc?.()
  const start = busyMillis()
  const found = work()
  const millis = busyMillis() - start
  if (found !== expected) throw new Error(`expected ${expected} matches, found ${found}`)
  return millis
}

const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)]!
}

const rounded = (value: number): number => Math.round(value * 100) / 100

const measure = (name: string, listings: ReadonlyArray<Listing.Listing>) => {
  const exact = floorOf(listings)
  const linked = match(listings)
  const floors: Array<number> = []
  const values: Array<number> = []
  for (let repetition = 0; repetition < repetitions; repetition++) {
    floors.push(timeOf(() => floorOf(listings), exact))
    values.push(timeOf(() => match(listings), linked))
  }
  process.stderr.write(`${name}: the plan keeps ${bytesPerListing(listings)} bytes for each link\n`)
  const floor = median(floors)
  const value = median(values)
  const ratio = rounded(value / floor)
  process.stderr.write(`${name}: ${rounded(value)} ms, bare Map ${rounded(floor)} ms, ratio ${ratio}\n`)
  return {
    name,
    package: "@stockport/core",
    value: rounded(value),
    floor: rounded(floor),
    ratio,
    limit,
    ok: ratio <= limit
  }
}

/** What a plan keeps in memory for each listing, beside the listings and items themselves. */
const bytesPerListing = (listings: ReadonlyArray<Listing.Listing>): number => {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const plan = planFor(listings)
  globalThis.gc?.()
  const bytes = (process.memoryUsage().heapUsed - before) / plan.linked.length
  return Math.round(bytes)
}

const label = size.toLocaleString("en-US")
const rows = [
  measure(`match ${label} listings to ${label} items, in the shop's order (ms)`, catalogue(plain)),
  measure(`match ${label} listings to ${label} items, 3 % without an exact match (ms)`, catalogue(disguise)),
  measure(`match ${label} listings to ${label} items, listings shuffled (ms)`, shuffle(catalogue(plain), random))
]
process.stdout.write(`${JSON.stringify(rows)}\n`)
