/**
 * How many of each item can be sold? From positions, demand, bills of materials and policy to a signed number with its
 * breakdown.
 *
 * What counts, term by term and place by place, stands in {@link countedAt}. An item's number is the sum of what counts
 * at each of its locations: signed, exact, and equal to its breakdown. A kit's number follows from the leaves it needs
 * (see Kits): whole kits, never below zero.
 *
 * Left out on purpose: quantity on work orders and on return authorisations, estimates, invoices, money refunds.
 * Reading stock and demand in ONE snapshot is the caller's part; a shipment between two reads would count twice or never.
 */
import { DateTime, Result } from "effect"
import type { BillOfMaterials, Component } from "../domain/BillOfMaterials.ts"
import * as Issue from "../domain/Issue.ts"
import { isStocked, type Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Location, LocationId } from "../domain/Location.ts"
import type { Position, PositionTerms } from "../domain/Position.ts"
import * as Quantity from "../domain/Quantity.ts"
import type { AvailabilityPolicy } from "../domain/SyncPolicy.ts"
import * as Kits from "./Kits.ts"

/**
 * Everything that availability follows from. `locations` are all of the business's; `feeding` narrows to a channel's. The
 * positions hold of incoming goods what {@link incomingBy} lets count.
 */
export interface AvailabilityInput {
  readonly items: ReadonlyArray<Item>
  readonly locations: ReadonlyArray<Location>
  readonly positions: ReadonlyArray<Position>
  readonly policy: AvailabilityPolicy
  /** The locations that feed the channel; null means every nettable one. */
  readonly feeding: ReadonlyArray<LocationId> | null
}

/** One signed summand of a number, under the term's own name. */
export interface BreakdownLine {
  readonly term: keyof PositionTerms | "assemblyShortfall"
  readonly quantity: Quantity.Quantity
}

/** A location's share of an item's number. */
export interface LocationShare {
  readonly locationId: LocationId
  readonly quantity: Quantity.Quantity
  readonly breakdown: ReadonlyArray<BreakdownLine>
}

/** A leaf of a kit; a limiting one allows this many kits and not one more. */
export interface LimitingComponent {
  readonly itemId: ItemId
  /** Needed for one kit, all levels added. */
  readonly need: Quantity.Quantity
  readonly available: Quantity.Quantity
  /** How far below zero the component's own availability is; zero when it is not. */
  readonly shortage: Quantity.Quantity
}

/** An item that holds stock. `quantity` is signed: below zero is a shortage. The breakdown adds up to it. */
export interface StockedAvailable {
  readonly _tag: "Stocked"
  readonly itemId: ItemId
  readonly quantity: Quantity.Quantity
  readonly breakdown: ReadonlyArray<BreakdownLine>
  readonly byLocation: ReadonlyArray<LocationShare>
  readonly issues: ReadonlyArray<Issue.Issue>
}

/** Whole kits that can be put together at one location, and the components that allow no more there. */
export interface KitShare {
  readonly locationId: LocationId
  readonly quantity: Quantity.Quantity
  /** `available` and `shortage` are those at this location. */
  readonly limiting: ReadonlyArray<LimitingComponent>
}

/**
 * A kit: whole kits that can be put together, never negative, and what stands in the way of one more.
 *
 * Limiting are the components of which all locations together hold too little for one more; where the locations each
 * allow fewer kits than all of them together, they are those that fall short at some location.
 */
export interface KitAvailable {
  readonly _tag: "Kit"
  readonly itemId: ItemId
  readonly quantity: Quantity.Quantity
  /** Whole kits per location; adds up to at least `quantity` when locations are pooled together at the end. */
  readonly byLocation: ReadonlyArray<KitShare>
  /** Whole kits from all locations together. */
  readonly pooled: Quantity.Quantity
  /** Kits on hand already (signed, less what is promised of them); counts under the `hybrid` mode only. */
  readonly built?: Quantity.Quantity
  readonly limiting: ReadonlyArray<LimitingComponent>
  readonly components: ReadonlyArray<LimitingComponent>
  readonly issues: ReadonlyArray<Issue.Issue>
}

/** Services and other kinds without stock, and kits of nothing else: as many as anybody wants; never published. */
export interface UnlimitedAvailable {
  readonly _tag: "Unlimited"
  readonly itemId: ItemId
  readonly issues: ReadonlyArray<Issue.Issue>
}

/** An item's availability. An archived item's is zero. */
export type Available = StockedAvailable | KitAvailable | UnlimitedAvailable

/** A term of a breakdown. */
export type Term = BreakdownLine["term"]

/** The terms in the order in which a breakdown names them. */
export const terms: ReadonlyArray<Term> = [
  "onHand",
  "incoming",
  "salesOrders",
  "salesReceipts",
  "pickTickets",
  "reservations",
  "softHolds",
  "stockHolds",
  "assemblyShortfall"
]

/**
 * What a location is to the channel: it feeds it, it is nettable but feeds others, or its stock is not for sale. A
 * location that is not known, or that a channel names although it is not nettable, is not for sale.
 */
export type Place = "feeding" | "elsewhere" | "notNettable"

/** For each term whether it speaks for the number (1), against it (-1), or is not counted (0). */
export type Counted = Readonly<Record<Term, 1 | 0 | -1>>

/**
 * The formula.
 *
 * - Stock and incoming goods count where they can be sold from: the sum of nettable stock, which is right also when a
 *   location that is not nettable is negative.
 * - Demand counts there too, and at locations that are not nettable: such an order has to be filled from somewhere. At a
 *   nettable location that feeds other channels, its own stock covers it.
 * - A stock hold sets stock aside, so that it counts only where that stock does.
 * - Open pick tickets are those that no sales order has counted already.
 */
export const countedAt = (place: Place, policy: AvailabilityPolicy): Counted => {
  const stock = place === "feeding" ? 1 : 0
  const demand = place === "elsewhere" ? 0 : -1
  return {
    onHand: stock,
    incoming: policy.countIncoming ? stock : 0,
    salesOrders: demand,
    salesReceipts: policy.countOpenSalesReceipts ? demand : 0,
    pickTickets: demand,
    reservations: demand,
    softHolds: demand,
    stockHolds: stock === 1 ? -1 : 0,
    assemblyShortfall: demand
  }
}

/**
 * Until when incoming goods have to be expected to count at a moment: the horizon of the snapshot that the positions come
 * from (`SnapshotOptions.incomingBy`). Null where no date matters: all incoming goods count, or none do.
 */
export const incomingBy = (
  policy: Pick<AvailabilityPolicy, "countIncoming" | "incomingWithinDays">,
  now: DateTime.Utc
): DateTime.Utc | null =>
  policy.countIncoming && policy.incomingWithinDays !== null
    ? DateTime.add(now, { days: policy.incomingWithinDays })
    : null

/** What each location is to a channel that `feeding` feeds (null: every nettable one does). */
export const placesOf = (
  locations: Iterable<Location>,
  feeding: ReadonlyArray<LocationId> | null
): ((locationId: LocationId) => Place) => {
  const fed = feeding === null ? null : new Set(feeding)
  const places = new Map<LocationId, Place>()
  for (const { id, nettable } of locations) {
    places.set(id, !nettable ? "notNettable" : fed === null || fed.has(id) ? "feeding" : "elsewhere")
  }
  return (locationId) => places.get(locationId) ?? "notNettable"
}

/** Computes every item of the input. Of two rows for the same item, or the same item and location, the later counts. */
export const compute = (input: AvailabilityInput): ReadonlyMap<ItemId, Available> => {
  const items = new Map(input.items.map((item) => [item.id, item]))
  const placeOf = placesOf(input.locations, input.feeding)
  const ledger: Ledger = { lines: countedLines(input, placeOf), issues: new Map(), overflowed: new Set() }
  if (input.policy.assemblyShortfallDemand) passOnShortages(items, ledger)
  const leaves = new Map<ItemId, StockedAvailable>()
  for (const { archived, id } of items.values()) {
    const stocked = stockedIn(ledger, id)
    leaves.set(id, archived ? owed(stocked) : stocked)
  }
  // A kit that can be taken apart has leaves that are known.
  const leafOf = (id: ItemId) => leaves.get(id)!
  const needsOf = Kits.leafNeedsWith((id) => items.get(id))
  const feeds = (locationId: LocationId) => placeOf(locationId) === "feeding"
  const available = new Map<ItemId, Available>()
  for (const item of items.values()) {
    if (item.kind === "kit") {
      available.set(item.id, kitAvailable(item, needsOf(item.id), leafOf, feeds, input.policy.kitPooling))
    } else if (item.archived) available.set(item.id, nothing(item.id))
    else available.set(item.id, isStocked(item.kind) ? leafOf(item.id) : unlimited(item.id))
  }
  return available
}

/** One counted summand of an item, at its location. */
export interface CountedLine extends BreakdownLine {
  readonly locationId: LocationId
}

/** The counted summands of each item; of an assembly why it passes no shortage on; items with too much passed on. */
interface Ledger {
  readonly lines: Map<ItemId, Array<CountedLine>>
  readonly issues: Map<ItemId, Issue.Issue>
  readonly overflowed: Set<ItemId>
}

/** The availability of what can be sold without end. */
export const unlimited = (itemId: ItemId): UnlimitedAvailable => ({ _tag: "Unlimited", itemId, issues: [] })

/** Nothing for it and nothing against it, as for an archived item. */
export const nothing = (itemId: ItemId, issues: ReadonlyArray<Issue.Issue> = []): StockedAvailable => ({
  _tag: "Stocked",
  itemId,
  quantity: Quantity.zero,
  breakdown: [],
  byLocation: [],
  issues
})

/**
 * What an archived item is inside a kit: its stock is not for sale, but what speaks against it still does. Otherwise
 * kits that are built already could be sold again and again.
 */
export const owed = (archived: StockedAvailable): StockedAvailable => {
  const lines = archived.byLocation.flatMap(({ breakdown, locationId }) =>
    breakdown.filter(({ quantity }) => quantity < 0).map((line) => ({ ...line, locationId }))
  )
  return stockedAvailable(archived.itemId, lines, archived.issues)
}

/** The terms that a position holds. */
export const positionTerms: ReadonlyArray<keyof PositionTerms> = terms.filter((term) => term !== "assemblyShortfall")

/** The terms of every position that count, signed. */
const countedLines = (input: AvailabilityInput, placeOf: (locationId: LocationId) => Place) => {
  const counted = countedEverywhere(input.policy)
  const latest = new Map<ItemId, Map<LocationId, Position>>()
  for (const position of input.positions) entryOf(latest, position.itemId, mapOf).set(position.locationId, position)
  const lines = new Map<ItemId, Array<CountedLine>>()
  for (const [itemId, positions] of latest) {
    const own: Array<CountedLine> = []
    for (const position of positions.values()) {
      const signs = counted[placeOf(position.locationId)]
      for (const term of positionTerms) {
        const quantity = (signs[term] * position[term]) as Quantity.Quantity
        if (quantity !== 0) own.push({ locationId: position.locationId, term, quantity })
      }
    }
    lines.set(itemId, own)
  }
  return lines
}

/** {@link countedAt} for each place. */
export const countedEverywhere = (policy: AvailabilityPolicy): Readonly<Record<Place, Counted>> => ({
  feeding: countedAt("feeding", policy),
  elsewhere: countedAt("elsewhere", policy),
  notNettable: countedAt("notNettable", policy)
})

const stockedIn = (ledger: Ledger, itemId: ItemId): StockedAvailable => {
  const issue = ledger.issues.get(itemId)
  const issues = issue === undefined ? [] : [issue]
  return ledger.overflowed.has(itemId)
    ? nothing(itemId, [...issues, shortageOutOfRange(itemId)])
    : stockedAvailable(itemId, ledger.lines.get(itemId) ?? [], issues)
}

/**
 * Adds an item's lines up, by location (in order of id) and in total. What leaves the range leaves nothing, and an issue.
 */
export const stockedAvailable = (
  itemId: ItemId,
  lines: ReadonlyArray<CountedLine>,
  issues: ReadonlyArray<Issue.Issue>
): StockedAvailable => {
  const places = new Map<LocationId, Array<CountedLine>>()
  for (const line of lines) entryOf(places, line.locationId, listOf).push(line)
  const byLocation: Array<LocationShare> = []
  for (const locationId of Array.from(places.keys()).sort()) {
    const share = addUp(places.get(locationId)!)
    if (Result.isFailure(share)) return outOfRange(itemId, issues, share.failure)
    byLocation.push({ locationId, ...share.success })
  }
  const total = addUp(lines)
  if (Result.isFailure(total)) return outOfRange(itemId, issues, total.failure)
  return { _tag: "Stocked", itemId, ...total.success, byLocation, issues }
}

const outOfRange = (itemId: ItemId, issues: ReadonlyArray<Issue.Issue>, { reason }: Quantity.InvalidQuantity) =>
  nothing(itemId, [...issues, Issue.quantityOutOfRange({ itemId, detail: reason })])

type Sum = Pick<LocationShare, "quantity" | "breakdown">

/** The sum of some lines, and a line for each term that is not zero. */
const addUp = (lines: ReadonlyArray<BreakdownLine>): Result.Result<Sum, Quantity.InvalidQuantity> => {
  const breakdown: Array<BreakdownLine> = []
  for (const term of terms) {
    const sum = sumOfTerm(term, lines)
    if (Result.isFailure(sum)) return Result.fail(sum.failure)
    if (sum.success !== 0) breakdown.push({ term, quantity: sum.success })
  }
  return Result.map(Quantity.sum(breakdown.map(quantityOf)), (quantity) => ({ quantity, breakdown }))
}

const sumOfTerm = (term: Term, lines: ReadonlyArray<BreakdownLine>) => {
  const quantities: Array<Quantity.Quantity> = []
  for (const line of lines) if (line.term === term) quantities.push(line.quantity)
  return Quantity.sum(quantities)
}

const quantityOf = ({ quantity }: BreakdownLine): Quantity.Quantity => quantity

/**
 * Lets the shortage of each assembly count as demand for what it is built from, at the locations where it is short,
 * from the outermost assembly inwards. An assembly that cannot be taken apart passes nothing on, and says why.
 */
const passOnShortages = (items: ReadonlyMap<ItemId, Item>, ledger: Ledger): void => {
  const needsOf = Kits.buildNeedsWith((id) => items.get(id))
  const assemblies = new Map<ItemId, BillOfMaterials>()
  for (const item of items.values()) {
    if (item.kind !== "assembly" || item.billOfMaterials.length === 0) continue
    const needs = needsOf(item)
    if (Result.isSuccess(needs)) assemblies.set(item.id, needs.success)
    else ledger.issues.set(item.id, issueOf(needs.failure))
  }
  for (const itemId of outermostFirst(assemblies)) {
    if (items.get(itemId)!.archived) continue
    const assembly = stockedIn(ledger, itemId)
    for (const need of assemblies.get(itemId)!) {
      const lines = shortageLines(assembly, need)
      if (lines === null) ledger.overflowed.add(need.itemId)
      else for (const line of lines) entryOf(ledger.lines, need.itemId, listOf).push(line)
    }
  }
}

/** A number, and what each location adds to it. */
export interface Shares {
  readonly quantity: Quantity.Quantity
  readonly byLocation: ReadonlyArray<Pick<LocationShare, "locationId" | "quantity">>
}

/** The demand for a component that follows from an assembly's shortage; null when it is out of range. */
export const shortageLines = (assembly: Shares, need: Component): ReadonlyArray<CountedLine> | null => {
  const lines: Array<CountedLine> = []
  for (const { locationId, quantity } of placesOfShortage(assembly)) {
    const demand = Quantity.multiplyUp(quantity, need.quantity)
    if (Result.isFailure(demand)) return null
    lines.push({ locationId, term: "assemblyShortfall", quantity: Quantity.negate(demand.success) })
  }
  return lines
}

/** The demand of short assemblies for a component is more than can be written down. */
export const shortageOutOfRange = (itemId: ItemId): Issue.Issue =>
  Issue.quantityOutOfRange({ itemId, detail: "assemblies that are short need more of it than can be written down" })

/** Where an item's shortage lies: in order of location, as far as each is short, until the whole shortage is placed. */
const placesOfShortage = (available: Shares) => {
  const places: Array<{ readonly locationId: LocationId; readonly quantity: Quantity.Quantity }> = []
  let left = Quantity.negate(available.quantity)
  for (const { locationId, quantity } of available.byLocation) {
    const here = Math.min(left, Quantity.negate(quantity)) as Quantity.Quantity
    if (here <= 0) continue
    places.push({ locationId, quantity: here })
    left = (left - here) as Quantity.Quantity
  }
  return places
}

/** Orders assemblies without a cycle among them, so that each comes before the assemblies that it is built from. */
export const outermostFirst = (assemblies: ReadonlyMap<ItemId, BillOfMaterials>): ReadonlyArray<ItemId> => {
  const above = new Map<ItemId, number>()
  for (const needs of assemblies.values()) {
    for (const { itemId } of needs) above.set(itemId, (above.get(itemId) ?? 0) + 1)
  }
  const ordered = Array.from(assemblies.keys()).filter((itemId) => !above.has(itemId))
  // Grows while it is read: an assembly is appended as soon as all of those above it have been passed.
  for (const itemId of ordered) {
    for (const need of assemblies.get(itemId)!) {
      const left = (above.get(need.itemId) ?? 0) - 1
      above.set(need.itemId, left)
      if (left === 0 && assemblies.has(need.itemId)) ordered.push(need.itemId)
    }
  }
  return ordered
}

/** What a person has to do about a broken kit; it names the kit at fault, which may be one inside the one asked for. */
export const issueOf = (broken: Kits.BrokenKit): Issue.Issue => {
  switch (broken._tag) {
    case "CyclicBillOfMaterials":
      return Issue.kitCycle({ itemId: broken.path[0]!, path: broken.path })
    case "EmptyKit":
      return Issue.kitEmpty(broken)
    case "InvalidNeed":
      return Issue.kitQuantityInvalid(broken)
    case "UnknownComponent":
      return Issue.componentUnknown(broken)
    case "InexactNeeds":
      return Issue.quantityOutOfRange({ itemId: broken.itemId, detail: broken.reason })
  }
}

/**
 * A kit's number from what is available of its leaves.
 *
 * - `pooled`: components in different locations still make a kit.
 * - `perLocation`: each location makes the kits it can, and all of them never more than the pooled number, because
 *   demand booked at one location may have to be filled from another.
 * - `hybrid`: the kits that are built already, and then what the components at each location still make.
 */
export const kitAvailable = (
  kit: Pick<Item, "id" | "archived">,
  needs: Kits.Needs,
  leafOf: (id: ItemId) => StockedAvailable,
  feeds: (locationId: LocationId) => boolean,
  pooling: AvailabilityPolicy["kitPooling"]
): KitAvailable | UnlimitedAvailable => {
  if (kit.archived) return noKits(kit.id, [])
  if (Result.isFailure(needs)) return noKits(kit.id, [issueOf(needs.failure)])
  if (needs.success.length === 0) return unlimited(kit.id)
  const components = needs.success.map((need) => ({ need: need.quantity, stocked: leafOf(need.itemId) }))
  const total = components.map(({ need, stocked }) => componentOf(stocked.itemId, need, stocked.quantity))
  const built = pooling === "hybrid" ? leafOf(kit.id) : null
  const shares =
    built === null ? components.map(({ stocked }) => stocked) : [built, ...components.map((c) => c.stocked)]
  const here = locationsOf(shares)
    .filter(feeds)
    .map((locationId) => {
      const at = components.map(({ need, stocked }) => componentOf(stocked.itemId, need, shareAt(stocked, locationId)))
      const kits = kitsFrom(at) + (built === null ? 0 : Quantity.wholeUnits(shareAt(built, locationId)))
      return { locationId, kits: Math.max(0, kits), limiting: limitingOf(at) }
    })
  const pooled = Math.max(0, kitsFrom(total) + (built === null ? 0 : Quantity.wholeUnits(built.quantity)))
  const apart = here.reduce((sum, { kits }) => sum + kits, 0)
  const divided = pooling !== "pooled" && apart < pooled
  const short = new Set(here.flatMap(({ limiting }) => limiting.map(({ itemId }) => itemId)))
  const counted = Result.gen(function* () {
    const byLocation: Array<KitShare> = []
    for (const { locationId, kits, limiting } of here) {
      byLocation.push({ locationId, quantity: yield* Quantity.fromUnits(kits), limiting })
    }
    return {
      quantity: yield* Quantity.fromUnits(divided ? apart : pooled),
      pooled: yield* Quantity.fromUnits(pooled),
      byLocation
    }
  })
  if (Result.isFailure(counted)) {
    return noKits(kit.id, [Issue.quantityOutOfRange({ itemId: kit.id, detail: counted.failure.message })])
  }
  return {
    _tag: "Kit",
    itemId: kit.id,
    ...counted.success,
    ...(built === null ? {} : { built: built.quantity }),
    limiting: divided ? total.filter(({ itemId }) => short.has(itemId)) : limitingOf(total),
    components: total,
    issues: built === null ? [] : built.issues
  }
}

const noKits = (itemId: ItemId, issues: ReadonlyArray<Issue.Issue>): KitAvailable => ({
  _tag: "Kit",
  itemId,
  quantity: Quantity.zero,
  byLocation: [],
  pooled: Quantity.zero,
  limiting: [],
  components: [],
  issues
})

const componentOf = (itemId: ItemId, need: Quantity.Quantity, available: Quantity.Quantity): LimitingComponent => ({
  itemId,
  need,
  available,
  shortage: Math.max(0, Quantity.negate(available)) as Quantity.Quantity
})

const allowed = ({ available, need }: LimitingComponent): number => Quantity.timesContained(available, need)

/** Kits that these components make, below zero where one of them is short. */
const kitsFrom = (components: ReadonlyArray<LimitingComponent>): number =>
  components.reduce((least, component) => Math.min(least, allowed(component)), Number.MAX_SAFE_INTEGER)

const limitingOf = (components: ReadonlyArray<LimitingComponent>): ReadonlyArray<LimitingComponent> => {
  const least = kitsFrom(components)
  return components.filter((component) => allowed(component) === least)
}

const shareAt = (stocked: StockedAvailable, locationId: LocationId): Quantity.Quantity =>
  stocked.byLocation.find((share) => share.locationId === locationId)?.quantity ?? Quantity.zero

const locationsOf = (shares: ReadonlyArray<StockedAvailable>): ReadonlyArray<LocationId> =>
  Array.from(new Set(shares.flatMap(({ byLocation }) => byLocation.map(({ locationId }) => locationId)))).sort()

const listOf = <A>(): Array<A> => []

const mapOf = <K, V>(): Map<K, V> => new Map()

/** The entry of a key, made when there is none. */
const entryOf = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const known = map.get(key)
  if (known !== undefined) return known
  const made = make()
  map.set(key, made)
  return made
}

/** What an explanation has to know beside the number: the horizon of the snapshot that it was computed from, if any. */
export interface ExplainOptions {
  readonly incomingBy?: DateTime.Utc | null
}

/**
 * Plain sentences that say why the number is what it is, down to the limiting component. With a horizon, incoming goods
 * are named with it.
 */
export const explain = (
  available: Available,
  nameOf: (itemId: ItemId) => string,
  { incomingBy = null }: ExplainOptions = {}
): ReadonlyArray<string> => {
  const name = nameOf(available.itemId)
  const issues = available.issues.map(({ message, remedy }) => `${message} ${remedy}`)
  switch (available._tag) {
    case "Unlimited":
      return [`${name} holds no stock, so as many can be sold as anybody wants.`, ...issues]
    case "Stocked":
      return [...explainStocked(available, name, wordsOf(incomingBy)), ...issues]
    case "Kit":
      return [...explainKit(available, name, nameOf), ...issues]
  }
}

type TermWords = Readonly<Record<Term, string>>

const termWords: TermWords = {
  onHand: "on hand",
  incoming: "incoming",
  salesOrders: "on open sales orders",
  salesReceipts: "on open sales receipts",
  pickTickets: "on open pick tickets",
  reservations: "reserved",
  softHolds: "sold by the shop and not booked yet",
  stockHolds: "set aside",
  assemblyShortfall: "needed for assemblies that are short"
}

const wordsOf = (incomingBy: DateTime.Utc | null): TermWords =>
  incomingBy === null
    ? termWords
    : { ...termWords, incoming: `incoming expected by ${DateTime.formatIsoDateUtc(incomingBy)}` }

const explainStocked = (available: StockedAvailable, name: string, words: TermWords): ReadonlyArray<string> => {
  const { breakdown, byLocation, quantity } = available
  const verdict = quantity < 0 ? `, which is ${Quantity.format(Quantity.abs(quantity))} short` : ""
  const total = `${name}: ${Quantity.format(quantity)} available${verdict}: ${phraseOf(breakdown, words)}.`
  if (byLocation.length < 2) return [total]
  return [
    total,
    ...byLocation.map(
      (share) => `At ${share.locationId}: ${Quantity.format(share.quantity)}: ${phraseOf(share.breakdown, words)}.`
    )
  ]
}

const phraseOf = (breakdown: ReadonlyArray<BreakdownLine>, words: TermWords): string =>
  breakdown.length === 0
    ? "nothing for it and nothing against it"
    : breakdown
        .map(({ term, quantity }, index) => {
          const size = Quantity.format(Quantity.abs(quantity))
          const sign = quantity < 0 ? "less " : index === 0 ? "" : "plus "
          return `${sign}${size} ${words[term]}`
        })
        .join(", ")

const explainKit = (kit: KitAvailable, name: string, nameOf: (itemId: ItemId) => string): ReadonlyArray<string> => {
  if (kit.components.length === 0) {
    return [`${name}: 0 can be put together${kit.issues.length === 0 ? ", for it is archived" : ""}.`]
  }
  const sentences = [
    `${name}: ${Quantity.format(kit.quantity)} can be ${kit.built === undefined ? "put together" : "sold"}.`
  ]
  if (kit.built !== undefined) sentences.push(`${Quantity.format(kit.built)} of it are built and not promised.`)
  if (kit.quantity < kit.pooled) {
    sentences.push(
      `All locations together would allow ${Quantity.format(kit.pooled)}, but a kit comes from one location.`
    )
    return [...sentences, ...kit.byLocation.map((share) => shareSentence(share, nameOf))]
  }
  for (const component of kit.limiting) sentences.push(limitSentence(component, nameOf))
  const others = kit.components.filter(({ itemId }) => !kit.limiting.some((limiting) => limiting.itemId === itemId))
  if (others.length > 0) {
    const allow = others.map((other) => `${nameOf(other.itemId)} ${allowed(other)}`).join(", ")
    sentences.push(`The other components allow more: ${allow}.`)
  }
  return sentences
}

const shareSentence = ({ locationId, quantity, limiting }: KitShare, nameOf: (itemId: ItemId) => string): string => {
  const limits = limiting.map(({ available, itemId, need }) => {
    return `${nameOf(itemId)} (${Quantity.format(available)} there, ${Quantity.format(need)} in each kit)`
  })
  return `At ${locationId}: ${Quantity.format(quantity)}, limited by ${limits.join(" and ")}.`
}

const limitSentence = (component: LimitingComponent, nameOf: (itemId: ItemId) => string): string => {
  const { available, itemId, need, shortage } = component
  const parts = `${Quantity.format(need)} in each kit`
  if (shortage > 0) return `${nameOf(itemId)} is ${Quantity.format(shortage)} short, with ${parts}.`
  const missing = (need - (available % need)) as Quantity.Quantity
  return (
    `${nameOf(itemId)} allows ${allowed(component)}: ${Quantity.format(available)} available, ${parts}; ` +
    `one more takes another ${Quantity.format(missing)}.`
  )
}
