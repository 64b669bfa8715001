/**
 * What does one kit take from stock? From nested bills of materials to the needs of its leaves, and to how many kits
 * those allow.
 *
 * A leaf is an item that holds stock of its own: an assembly is one, and is never taken apart. Nested kits are multiplied
 * down to their leaves and the needs of the same leaf are added, before any minimum is taken: the minimum of the nested
 * kits' minima is wrong as soon as a leaf stands on two levels. Services and other kinds without stock take nothing.
 * An archived kit inside another one is still a recipe; an archived leaf has nothing available.
 */
import { Result, Schema } from "effect"
import * as BillOfMaterials from "../domain/BillOfMaterials.ts"
import { chain } from "../domain/Issue.ts"
import { isStocked, type Item } from "../domain/Item.ts"
import { ItemId } from "../domain/ItemId.ts"
import * as Quantity from "../domain/Quantity.ts"

/** What kits are computed from: an item's kind and what it is made of. */
export type Ingredient = Pick<Item, "id" | "kind" | "billOfMaterials">

/** Looks an item up. */
export type ItemOf = (id: ItemId) => Ingredient | null | undefined

/** A bill of materials comes back to where it started; `path` begins and ends with the same item. Never worth a retry. */
export class CyclicBillOfMaterials extends Schema.TaggedError<CyclicBillOfMaterials>()("CyclicBillOfMaterials", {
  path: Schema.Array(ItemId)
}) {
  override get message() {
    return `the bill of materials contains itself: ${chain(this.path, " -> ")}`
  }
}

/** A kit of nothing. Never worth a retry. */
export class EmptyKit extends Schema.TaggedError<EmptyKit>()("EmptyKit", { itemId: ItemId }) {
  override get message() {
    return `kit ${this.itemId} has no components`
  }
}

/** A need that is not above zero. Never worth a retry. */
export class InvalidNeed extends Schema.TaggedError<InvalidNeed>()("InvalidNeed", {
  itemId: ItemId,
  componentId: ItemId
}) {
  override get message() {
    return `${this.itemId} takes a quantity of ${this.componentId} that is not above zero`
  }
}

/** Needs that cannot be kept exactly: a sixth decimal, or out of range. Never worth a retry. */
export class InexactNeeds extends Schema.TaggedError<InexactNeeds>()("InexactNeeds", {
  itemId: ItemId,
  reason: Schema.String
}) {
  override get message() {
    return `what ${this.itemId} takes cannot be kept exactly: ${this.reason}`
  }
}

/** A component that is no known item. Never worth a retry. */
export class UnknownComponent extends Schema.TaggedError<UnknownComponent>()("UnknownComponent", {
  itemId: ItemId,
  componentId: ItemId
}) {
  override get message() {
    return `${this.itemId} contains ${this.componentId}, which is no known item`
  }
}

/** An item that is neither a kit nor an assembly, and yet has components. Never worth a retry. */
export class ComponentsNotAllowed extends Schema.TaggedError<ComponentsNotAllowed>()("ComponentsNotAllowed", {
  itemId: ItemId,
  kind: Schema.String
}) {
  override get message() {
    return `${this.itemId} has components, but its kind is ${this.kind}, not kit or assembly`
  }
}

/** Why a kit cannot be taken apart. */
export type BrokenKit = CyclicBillOfMaterials | EmptyKit | InvalidNeed | InexactNeeds | UnknownComponent

/** The leaf needs of one item, or why there are none. */
export type Needs = Result.Result<BillOfMaterials.BillOfMaterials, BrokenKit>

/**
 * What ONE of an item takes from stock: a line for each leaf, in the order in which the bill of materials comes to them.
 *
 * A stocked item takes one of itself, a service nothing, a kit what its leaves add up to.
 */
export const leafNeeds = (itemId: ItemId, itemOf: ItemOf): Needs => leafNeedsWith(itemOf)(itemId)

/** {@link leafNeeds} for many items of one catalogue: every kit is taken apart once. */
export const leafNeedsWith = (itemOf: ItemOf): ((itemId: ItemId) => Needs) => {
  const known = new Map<ItemId, Needs>()
  return (itemId) => {
    const item = itemOf(itemId)
    if (item == null) return Result.fail(new UnknownComponent({ itemId, componentId: itemId }))
    if (isStocked(item.kind)) return Result.succeed([{ itemId, quantity: Quantity.one }])
    if (item.kind !== "kit") return Result.succeed([])
    return known.get(itemId) ?? takeApart(item, itemOf, known)
  }
}

/**
 * What building ONE assembly takes, for many assemblies of one catalogue; assemblies inside it are leaves. One whose
 * bill of materials runs into a cycle, be it through other assemblies, cannot be taken apart.
 */
export const buildNeedsWith = (itemOf: ItemOf): ((assembly: Ingredient) => Needs) => {
  const cycleOf = findCycleWith(itemOf)
  const known = new Map<ItemId, Needs>()
  return (assembly) => {
    const path = cycleOf(assembly.id)
    if (path !== null) return Result.fail(new CyclicBillOfMaterials({ path }))
    return known.get(assembly.id) ?? takeApart(assembly, itemOf, known)
  }
}

/** Leaf needs of `quantity` of an item, as for an order line whose kit is replaced by its components. */
export const expand = (itemId: ItemId, quantity: Quantity.Quantity, itemOf: ItemOf): Needs =>
  Result.flatMap(leafNeeds(itemId, itemOf), (needs) =>
    Result.mapError(
      BillOfMaterials.times(needs, quantity),
      ({ message }) => new InexactNeeds({ itemId, reason: message })
    )
  )

/**
 * What is wrong with these items, for whoever is about to save them: components where none belong, needs that are not
 * above zero, unknown components, cycles. `itemOf` sees the catalogue as it would be after saving.
 *
 * A kit without components may be saved; it has nothing available until it has some.
 */
export const validate = (
  items: Iterable<Ingredient>,
  itemOf: ItemOf
): ReadonlyArray<CyclicBillOfMaterials | InvalidNeed | UnknownComponent | ComponentsNotAllowed> => {
  const problems: Array<CyclicBillOfMaterials | InvalidNeed | UnknownComponent | ComponentsNotAllowed> = []
  // Everything that runs into a cycle is told the same path, so that long ones need not be compared.
  const cycles = new Set<ReadonlyArray<ItemId>>()
  const cycleOf = findCycleWith(itemOf)
  for (const item of items) {
    if (item.billOfMaterials.length > 0 && !isMade(item)) {
      problems.push(new ComponentsNotAllowed({ itemId: item.id, kind: item.kind }))
    }
    for (const line of item.billOfMaterials) {
      const problem = invalidLine(item.id, line, itemOf)
      if (problem !== null) problems.push(problem)
    }
    const path = cycleOf(item.id)
    if (path !== null && !cycles.has(path)) {
      cycles.add(path)
      problems.push(new CyclicBillOfMaterials({ path }))
    }
  }
  return problems
}

/**
 * The cycle that an item's bill of materials runs into, kits and assemblies alike, or null. It begins and ends with the
 * smallest of its ids, wherever the search came from.
 */
export const findCycle = (itemId: ItemId, itemOf: ItemOf): ReadonlyArray<ItemId> | null => findCycleWith(itemOf)(itemId)

/** {@link findCycle} for many items of one catalogue: every bill of materials is walked once. */
export const findCycleWith = (itemOf: ItemOf): ((itemId: ItemId) => ReadonlyArray<ItemId> | null) => {
  const known = new Map<ItemId, ReadonlyArray<ItemId> | null>()
  return (itemId) => {
    const path = new Path()
    if (!known.has(itemId)) path.enter(itemId, madeOf(itemId, itemOf))
    for (let step = path.last; step !== undefined; step = path.last) {
      const line = step.lines[step.next]
      const found = known.get(step.id)
      if (line === undefined || found != null) {
        if (found == null) known.set(step.id, null)
        path.leave()
        continue
      }
      const below = path.cycleTo(line.itemId) ?? known.get(line.itemId)
      if (below === undefined) path.enter(line.itemId, madeOf(line.itemId, itemOf))
      else if (below === null) step.next++
      else known.set(step.id, below)
    }
    return known.get(itemId) ?? null
  }
}

/** Whether `count` kits can be put together from what is available of each leaf. */
export const canBuild = (
  count: number,
  needs: BillOfMaterials.BillOfMaterials,
  availableOf: (itemId: ItemId) => Quantity.Quantity
): boolean => needs.every((need) => BigInt(count) * BigInt(need.quantity) <= BigInt(availableOf(need.itemId)))

/** A leaf that a request takes too much of. */
export interface LeafShortage {
  readonly itemId: ItemId
  readonly needed: Quantity.Quantity
  readonly available: Quantity.Quantity
}

/**
 * Whether several items, kits among them, can be sold together: what their leaves add up to against what is available.
 * No shortage means that they can.
 *
 * Each item's own number is computed as if it were sold alone; this is the answer for a basket that shares components.
 */
export const jointShortages = (
  basket: ReadonlyArray<BillOfMaterials.Component>,
  itemOf: ItemOf,
  availableOf: (itemId: ItemId) => Quantity.Quantity
): Result.Result<ReadonlyArray<LeafShortage>, BrokenKit> => {
  const taken = Result.all(basket.map(({ itemId, quantity }) => expand(itemId, quantity, itemOf)))
  if (Result.isFailure(taken)) return Result.fail(taken.failure)
  const total = BillOfMaterials.addUp(taken.success.flat())
  if (Result.isFailure(total)) {
    const itemId = basket[0]!.itemId
    return Result.fail(new InexactNeeds({ itemId, reason: total.failure.message }))
  }
  return Result.succeed(
    total.success
      .map(({ itemId, quantity }) => ({ itemId, needed: quantity, available: availableOf(itemId) }))
      .filter(({ needed, available }) => needed > available)
  )
}

/** Which kits take from which leaf: for each leaf every kit above it, however deep. Broken kits take from none. */
export const kitsByLeaf = (items: Iterable<Ingredient>, itemOf: ItemOf): ReadonlyMap<ItemId, ReadonlyArray<ItemId>> => {
  const needsOf = leafNeedsWith(itemOf)
  const kits = new Map<ItemId, Array<ItemId>>()
  for (const item of items) {
    if (item.kind !== "kit") continue
    for (const { itemId } of Result.getOrElse(needsOf(item.id), () => [])) {
      const above = kits.get(itemId)
      if (above === undefined) kits.set(itemId, [item.id])
      else above.push(item.id)
    }
  }
  return kits
}

/** Whether an item is made of others: a kit when it is sold, an assembly when it is built. */
export const isMade = (item: Pick<Item, "kind">): boolean => item.kind === "kit" || item.kind === "assembly"

/** A bill of materials that the search has entered: `next` is the line it stands at. */
interface Step {
  readonly id: ItemId
  readonly lines: BillOfMaterials.BillOfMaterials
  next: number
}

/** The way down from where a search started. An explicit stack: a nesting of any depth is only data. */
class Path {
  readonly #steps: Array<Step> = []
  readonly #depths = new Map<ItemId, number>()

  get last(): Step | undefined {
    return this.#steps.at(-1)
  }

  enter(id: ItemId, lines: BillOfMaterials.BillOfMaterials): void {
    this.#depths.set(id, this.#steps.length)
    this.#steps.push({ id, lines, next: 0 })
  }

  leave(): void {
    const step = this.#steps.pop()
    if (step !== undefined) this.#depths.delete(step.id)
  }

  /** The cycle that going down to `id` would close, turned so that its smallest id comes first; or null. */
  cycleTo(id: ItemId): ReadonlyArray<ItemId> | null {
    const depth = this.#depths.get(id)
    if (depth === undefined) return null
    const ring = this.#steps.slice(depth).map((step) => step.id)
    const smallest = ring.reduce((least, at, index) => (at < ring[least]! ? index : least), 0)
    return [...ring.slice(smallest), ...ring.slice(0, smallest + 1)]
  }
}

/**
 * Takes one kit apart and remembers every kit below it. The first problem in the order of the lines is the kit's problem,
 * so that it is the same one wherever the search came from.
 */
const takeApart = (kit: Ingredient, itemOf: ItemOf, known: Map<ItemId, Needs>): Needs => {
  const path = new Path()
  const gathered = new Map<ItemId, Array<BillOfMaterials.Component>>()
  const enter = (entered: Ingredient) => {
    path.enter(entered.id, entered.billOfMaterials)
    gathered.set(entered.id, [])
  }
  enter(kit)
  for (let step = path.last; step !== undefined; step = path.last) {
    const outcome = advance(step, path, itemOf, known, gathered.get(step.id)!)
    if (outcome === "next") step.next++
    else if (Result.isResult(outcome)) {
      known.set(step.id, outcome)
      gathered.delete(step.id)
      path.leave()
    } else enter(outcome)
  }
  return known.get(kit.id)!
}

/** One line of one kit: go on to the next, go down into a nested kit first, or the kit's result. */
const advance = (
  step: Step,
  path: Path,
  itemOf: ItemOf,
  known: ReadonlyMap<ItemId, Needs>,
  gathered: Array<BillOfMaterials.Component>
): "next" | Ingredient | Needs => {
  const line = step.lines[step.next]
  if (line === undefined) {
    if (step.lines.length === 0) return Result.fail(new EmptyKit({ itemId: step.id }))
    return Result.mapError(
      BillOfMaterials.addUp(gathered),
      ({ message }) => new InexactNeeds({ itemId: step.id, reason: message })
    )
  }
  const problem = invalidLine(step.id, line, itemOf)
  if (problem !== null) return Result.fail(problem)
  const component = itemOf(line.itemId)!
  if (isStocked(component.kind)) gathered.push(line)
  if (component.kind !== "kit") return "next"
  const cycle = path.cycleTo(line.itemId)
  if (cycle !== null) return Result.fail(new CyclicBillOfMaterials({ path: cycle }))
  const nested = known.get(line.itemId)
  if (nested === undefined) return component
  if (Result.isFailure(nested)) return nested
  const needs = BillOfMaterials.times(nested.success, line.quantity)
  if (Result.isFailure(needs)) {
    return Result.fail(new InexactNeeds({ itemId: step.id, reason: needs.failure.message }))
  }
  for (const need of needs.success) gathered.push(need)
  return "next"
}

const invalidLine = (itemId: ItemId, line: BillOfMaterials.Component, itemOf: ItemOf) => {
  if (!(Number.isSafeInteger(line.quantity) && line.quantity > 0)) {
    return new InvalidNeed({ itemId, componentId: line.itemId })
  }
  return itemOf(line.itemId) == null ? new UnknownComponent({ itemId, componentId: line.itemId }) : null
}

const madeOf = (itemId: ItemId, itemOf: ItemOf): BillOfMaterials.BillOfMaterials => {
  const item = itemOf(itemId)
  return item != null && isMade(item) ? item.billOfMaterials : []
}
