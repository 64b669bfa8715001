/**
 * Availability of a large catalogue, kept up to date: a change recomputes the items it touches and the kits above them,
 * and nothing else.
 *
 * The rules are Availability's: what counts where, how lines add up, what a kit is. This module only knows which numbers
 * follow from which, and keeps them in columns. Its law: after any sequence of changes it says of every item what
 * `Availability.compute` would say of the facts as they are now.
 *
 * An index is the one thing in this folder that changes: it belongs to whoever made it, and is not shared.
 */
import { Result } from "effect"
import { isStocked, type Item, ItemKind } from "../domain/Item.ts"
import type { BillOfMaterials } from "../domain/BillOfMaterials.ts"
import type { Issue } from "../domain/Issue.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Location, LocationId } from "../domain/Location.ts"
import type { Position } from "../domain/Position.ts"
import * as Quantity from "../domain/Quantity.ts"
import type { AvailabilityPolicy } from "../domain/SyncPolicy.ts"
import * as Availability from "./Availability.ts"
import { Containment } from "./Containment.ts"
import * as Kits from "./Kits.ts"
import { grownFloat64, grownInt32, PositionTable } from "./PositionTable.ts"

/**
 * One fact that is another one now. Each replaces what was known of its subject. Where the horizon of incoming goods moves,
 * by the policy or by the clock, the positions that it changes are facts to be set like any other.
 */
export type AvailabilityChange =
  | { readonly _tag: "PositionSet"; readonly position: Position }
  | { readonly _tag: "ItemSaved"; readonly item: Item }
  | { readonly _tag: "LocationSaved"; readonly location: Location }
  | { readonly _tag: "PolicySet"; readonly policy: AvailabilityPolicy }
  | { readonly _tag: "FeedingSet"; readonly feeding: ReadonlyArray<LocationId> | null }

/** An item's number before and after; null for an item without one: unknown, or unlimited. */
export interface NumberChange {
  readonly itemId: ItemId
  readonly before: Quantity.Quantity | null
  readonly after: Quantity.Quantity | null
}

/** What a change has led to. */
export interface AvailabilityDelta {
  /** Every item that was computed again, each once: what the changes touched, and what depends on it. */
  readonly affected: ReadonlyArray<ItemId>
  /** Those of them whose number is another one now. */
  readonly changed: ReadonlyArray<NumberChange>
  /** How many items were computed and entries of bills of materials followed: proportional to the dependents. */
  readonly work: number
}

/** Indexes a catalogue: linear in its items, positions and bills of materials. */
export const make = (input: Availability.AvailabilityInput): AvailabilityIndex => new AvailabilityIndex(input)

const none = -1
const itemsMin = 64
const kinds = ItemKind.literals
const unknownKind = kinds.length
const kitKind = kinds.indexOf("kit")
const assemblyKind = kinds.indexOf("assembly")
const stockedKind = kinds.map(isStocked)
const places: ReadonlyArray<Availability.Place> = ["feeding", "elsewhere", "notNettable"]
const feedingPlace = places.indexOf("feeding")

/** The index; see the head of the module. */
export class AvailabilityIndex {
  readonly #ordinals = new Map<ItemId, number>()
  readonly #ids: Array<ItemId> = []
  readonly #made = new Map<number, Item>()
  readonly #positions = new PositionTable()
  /** Lines of bills of materials, as they are written. */
  readonly #lines = new Containment()
  /** Needs of kits and assemblies, taken apart to their leaves. */
  readonly #needs = new Containment()
  #kind = new Uint8Array(0)
  #archived = new Uint8Array(0)
  #broken = new Uint8Array(0)
  /** The number of each item in hundred-thousandths; NaN for one without. */
  #number = new Float64Array(0)
  readonly #locations = new Map<LocationId, Location>()
  readonly #locationOrdinals = new Map<LocationId, number>()
  readonly #locationIds: Array<LocationId> = []
  #rank = new Int32Array(0)
  #place = new Int32Array(0)
  #policy: AvailabilityPolicy
  #feeding: ReadonlyArray<LocationId> | null
  /** Of each place and term: 1, -1 or 0. */
  #signs: ReadonlyArray<ReadonlyArray<number>>
  /** Scratch of one kit: the locations met, the kits that each allows, how many of its leaves were seen there. */
  #met = new Int32Array(0)
  #metCount = 0
  #least = new Float64Array(0)
  #seen = new Int32Array(0)
  /** Scratch of one kit: of each leaf the row to read next, and the sum of those read. */
  #row = new Int32Array(0)
  #sum = new Float64Array(0)
  #work = 0

  constructor(input: Availability.AvailabilityInput) {
    this.#policy = input.policy
    this.#signs = signsOf(input.policy)
    this.#feeding = input.feeding
    for (const location of input.locations) this.#locations.set(location.id, location)
    this.#addLocations(this.#locations.keys())
    this.#reserve(input.items.length, input.positions.length)
    for (const item of input.items) this.#describe(this.#ordinalOf(item.id), item)
    for (const position of input.positions) this.#store(position)
    this.#takeApart(Array.from(this.#made.keys()))
    this.recompute()
  }

  /** How many items are known. */
  get size(): number {
    let size = 0
    for (const kind of this.#kind.subarray(0, this.#ids.length)) if (kind !== unknownKind) size++
    return size
  }

  /** Bytes of the columns; the map from ids to ordinals comes on top. */
  get bytes(): number {
    const items = [this.#kind, this.#archived, this.#broken, this.#number]
    const columns = items.reduce((bytes, { byteLength }) => bytes + byteLength, 0)
    return columns + this.#positions.bytes + this.#lines.bytes + this.#needs.bytes
  }

  /** An item's number; null for one without: unknown, or unlimited. */
  numberOf(itemId: ItemId): Quantity.Quantity | null {
    const item = this.#ordinals.get(itemId)
    return item === undefined ? null : quantityOrNull(this.#number[item]!)
  }

  /** An item's availability with all its reasons, or null for an unknown one. */
  get(itemId: ItemId): Availability.Available | null {
    const item = this.#ordinals.get(itemId)
    if (item === undefined || this.#kind[item] === unknownKind) return null
    if (this.#kind[item] === kitKind) {
      const feeds = (id: LocationId) => this.#place[this.#locationOrdinals.get(id)!] === feedingPlace
      const kit = { id: itemId, archived: this.#archived[item] === 1 }
      const leafOf = (id: ItemId) => this.#leaf(this.#ordinals.get(id)!)
      const needs = Kits.leafNeeds(itemId, this.#itemOf)
      return Availability.kitAvailable(kit, needs, leafOf, feeds, this.#policy.kitPooling)
    }
    if (this.#archived[item] === 1) return Availability.nothing(itemId)
    return this.#isStocked(item) ? this.#stocked(item) : Availability.unlimited(itemId)
  }

  /** Takes over changes, in order, and computes again what follows from them. */
  apply(changes: ReadonlyArray<AvailabilityChange>): AvailabilityDelta {
    this.#work = 0
    const touched = new Set<number>()
    let everything = false
    for (const change of changes) {
      switch (change._tag) {
        case "PositionSet":
          touched.add(this.#store(change.position))
          break
        case "ItemSaved":
          this.#saveItem(change.item, touched)
          break
        case "LocationSaved":
          this.#locations.set(change.location.id, change.location)
          this.#moveLocations(touched)
          break
        case "FeedingSet":
          this.#feeding = change.feeding
          this.#moveLocations(touched)
          break
        case "PolicySet":
          this.#policy = change.policy
          this.#signs = signsOf(change.policy)
          everything = true
          break
      }
    }
    return everything ? this.#settleAll() : this.#settle(touched)
  }

  /** Computes every number again, from the terms up. */
  recompute(): void {
    const inOneSweep = !this.#policy.assemblyShortfallDemand && this.#foldRows()
    const folded = new Set(this.#policy.assemblyShortfallDemand ? this.#inwards(this.#assemblies()) : [])
    for (const item of folded) this.#fold(item)
    for (const item of this.#ids.keys()) {
      if (this.#isStocked(item)) {
        if (inOneSweep && this.#archived[item] === 0) this.#addShares(item)
        else if (!folded.has(item)) this.#fold(item)
      } else this.#number[item] = this.#archived[item] === 1 ? 0 : NaN
    }
    for (const item of this.#made.keys()) if (this.#kind[item] === kitKind) this.#number[item] = this.#kits(item)
  }

  /**
   * Folds every row. Says whether the sums of any item's rows are sure to be exact: even as many of the largest row as
   * there are locations stay in range.
   */
  #foldRows(): boolean {
    const positions = this.#positions
    const columns = positions.columns.filter((column) => column !== null)
    const signs = positions.columns.flatMap((column, term) =>
      column === null ? [] : [Float64Array.from(this.#place, (place) => this.#signs[place]![term]!)]
    )
    let largest = 0
    for (let row = 0; row < positions.size; row++) {
      const at = positions.location(row)
      let share = 0
      let gross = 0
      for (let used = 0; used < columns.length; used++) {
        const quantity = signs[used]![at]! * columns[used]![row]!
        share += quantity
        gross += Math.abs(quantity)
      }
      positions.setShare(row, share)
      largest = Math.max(largest, gross)
    }
    return largest * this.#locationIds.length <= Quantity.max
  }

  #addShares(item: number): void {
    const positions = this.#positions
    let total = 0
    for (let row = positions.first(item); row !== none; row = positions.next(row)) total += positions.share(row)
    this.#number[item] = total
    this.#work++
  }

  #settleAll(): AvailabilityDelta {
    const before = this.#number.slice(0, this.#ids.length)
    this.recompute()
    const changed: Array<NumberChange> = []
    before.forEach((number, item) => {
      if (!Object.is(number, this.#number[item])) changed.push(this.#changeOf(item, number))
    })
    const affected = this.#ids.filter((_, item) => this.#kind[item] !== unknownKind)
    return { affected, changed, work: this.#work }
  }

  #settle(touched: ReadonlySet<number>): AvailabilityDelta {
    const before = new Map<number, number>()
    const kits = new Set<number>()
    for (const item of this.#policy.assemblyShortfallDemand ? this.#inwards(touched) : touched) {
      if (this.#kind[item] === kitKind) {
        kits.add(item)
        continue
      }
      before.set(item, this.#number[item]!)
      if (!this.#isStocked(item)) {
        this.#number[item] = this.#archived[item] === 1 ? 0 : NaN
        continue
      }
      this.#fold(item)
      const { next, owner } = this.#needs
      for (let entry = this.#needs.head(item); entry !== none; entry = next[entry]!) {
        this.#work++
        if (this.#kind[owner[entry]!] === kitKind) kits.add(owner[entry]!)
      }
    }
    for (const kit of kits) {
      before.set(kit, this.#number[kit]!)
      this.#number[kit] = this.#kits(kit)
    }
    return this.#deltaOf(before)
  }

  #deltaOf(before: ReadonlyMap<number, number>): AvailabilityDelta {
    const affected: Array<ItemId> = []
    const changed: Array<NumberChange> = []
    for (const [item, number] of before) {
      if (this.#kind[item] === unknownKind) continue
      affected.push(this.#ids[item]!)
      if (!Object.is(number, this.#number[item])) changed.push(this.#changeOf(item, number))
    }
    return { affected, changed, work: this.#work }
  }

  #changeOf(item: number, before: number): NumberChange {
    return {
      itemId: this.#ids[item]!,
      before: quantityOrNull(before),
      after: quantityOrNull(this.#number[item]!)
    }
  }

  /** Adds an item's rows up. */
  #fold(item: number): void {
    this.#work++
    if (this.#archived[item] === 1 || (this.#policy.assemblyShortfallDemand && this.#hasAssemblyAbove(item))) {
      this.#write(item, this.#leaf(item))
      return
    }
    const positions = this.#positions
    const { columns } = positions
    let total = 0
    let gross = 0
    for (let row = positions.first(item); row !== none; row = positions.next(row)) {
      const signs = this.#signs[this.#place[positions.location(row)]!]!
      let here = 0
      for (let term = 0; term < columns.length; term++) {
        const column = columns[term]
        if (column === null) continue
        const quantity = signs[term]! * column![row]!
        here += quantity
        gross += Math.abs(quantity)
      }
      positions.setShare(row, here)
      total += here
    }
    // Beyond the range partial sums may be inexact: only the exact way knows whether the whole is in range.
    if (gross > Quantity.max) this.#write(item, this.#stocked(item))
    else this.#number[item] = total
  }

  /** Takes over an item's number and shares as the plain way computes them. */
  #write(item: number, available: Availability.StockedAvailable): void {
    const positions = this.#positions
    for (let row = positions.first(item); row !== none; row = positions.next(row)) positions.setShare(row, 0)
    for (const { locationId, quantity } of available.byLocation) {
      positions.setShare(positions.rowAt(item, this.#locationOrdinals.get(locationId)!, this.#rank), quantity)
    }
    this.#number[item] = this.#archived[item] === 1 ? 0 : available.quantity
  }

  /** How many kits there are, in hundred-thousandths; NaN for one that takes nothing from stock. */
  #kits(kit: number): number {
    const count = this.#needs.count(kit)
    this.#work += 1 + count
    if (this.#archived[kit] === 1 || this.#broken[kit] === 1) return 0
    if (count === 0) return NaN
    let pooled = this.#meet(kit)
    const built = this.#policy.kitPooling === "hybrid" ? this.#built(kit) : null
    if (built !== null) pooled += built.total
    pooled = Math.max(0, pooled)
    let apart = 0
    let most = pooled
    for (let index = 0; index < this.#metCount; index++) {
      const location = this.#met[index]!
      const least = this.#seen[location] === count ? this.#least[location]! : Math.min(0, this.#least[location]!)
      const here = Math.max(0, least + (built?.at.get(location) ?? 0))
      this.#seen[location] = 0
      this.#least[location] = Infinity
      apart += here
      most = Math.max(most, here)
    }
    this.#metCount = 0
    if (most > unitsMax) return 0
    return (this.#policy.kitPooling === "pooled" ? pooled : Math.min(pooled, apart)) * Quantity.scale
  }

  /**
   * The kits that the leaves allow in total; and in the scratch, for each location that feeds and holds a row of any
   * leaf, the least that those seen there allow.
   *
   * All leaves are read side by side, their first rows, then their second ones: memory is waited for once, not in turns.
   */
  #meet(kit: number): number {
    const { need, target } = this.#needs
    const positions = this.#positions
    const [place, seen, least, met] = [this.#place, this.#seen, this.#least, this.#met]
    const start = this.#needs.start(kit)
    const count = this.#needs.count(kit)
    this.#row = grownInt32(this.#row, count, none)
    this.#sum = grownFloat64(this.#sum, count)
    const [rows, sums] = [this.#row, this.#sum]
    for (let leaf = 0; leaf < count; leaf++) {
      rows[leaf] = positions.first(target[start + leaf]!)
      sums[leaf] = 0
    }
    let metCount = 0
    for (let left = count; left > 0;) {
      left = 0
      for (let leaf = 0; leaf < count; leaf++) {
        const row = rows[leaf]!
        if (row === none) continue
        left++
        rows[leaf] = positions.next(row)
        const at = positions.location(row)
        const share = positions.share(row)
        sums[leaf] = sums[leaf]! + share
        if (place[at] !== feedingPlace) continue
        const before = seen[at]!
        if (before === 0) met[metCount++] = at
        seen[at] = before + 1
        least[at] = Math.min(least[at]!, Math.floor(share / need[start + leaf]!))
      }
    }
    this.#metCount = metCount
    let pooled = Infinity
    for (let leaf = 0; leaf < count; leaf++) pooled = Math.min(pooled, Math.floor(sums[leaf]! / need[start + leaf]!))
    return pooled
  }

  /** Whole kits that are built already, in total and by location. */
  #built(kit: number): { readonly total: number; readonly at: ReadonlyMap<number, number> } {
    const own = this.#stocked(kit)
    const at = new Map<number, number>()
    for (const { locationId, quantity } of own.byLocation) {
      const location = this.#locationOrdinals.get(locationId)!
      if (this.#place[location] !== feedingPlace) continue
      if (this.#seen[location] === 0) this.#met[this.#metCount++] = location
      at.set(location, Quantity.wholeUnits(quantity))
    }
    return { total: Quantity.wholeUnits(own.quantity), at }
  }

  /** What a stocked item is inside a kit, the plain way. */
  #leaf(item: number): Availability.StockedAvailable {
    return this.#archived[item] === 1 ? Availability.owed(this.#stocked(item)) : this.#stocked(item)
  }

  /** An item with stock of its own, archived or not, the plain way. */
  #stocked(item: number): Availability.StockedAvailable {
    const itemId = this.#ids[item]!
    const lines = this.#countedLines(item)
    if (!this.#policy.assemblyShortfallDemand) return Availability.stockedAvailable(itemId, lines, [])
    const issues: Array<Issue> = []
    if (this.#broken[item] === 1) {
      const needs = Kits.buildNeedsWith(this.#itemOf)(this.#made.get(item)!)
      issues.push(Availability.issueOf(Result.getOrThrow(Result.flip(needs))))
    }
    for (let entry = this.#needs.head(item); entry !== none; entry = this.#needs.next[entry]!) {
      const assembly = this.#needs.owner[entry]!
      if (this.#kind[assembly] !== assemblyKind) continue
      const need = { itemId, quantity: this.#needs.need[entry]! as Quantity.Quantity }
      const demand = Availability.shortageLines(this.#sharesOf(assembly), need)
      if (demand === null) return Availability.nothing(itemId, [...issues, Availability.shortageOutOfRange(itemId)])
      lines.push(...demand)
    }
    return Availability.stockedAvailable(itemId, lines, issues)
  }

  #countedLines(item: number): Array<Availability.CountedLine> {
    const positions = this.#positions
    const { columns } = positions
    const lines: Array<Availability.CountedLine> = []
    for (let row = positions.first(item); row !== none; row = positions.next(row)) {
      const signs = this.#signs[this.#place[positions.location(row)]!]!
      const locationId = this.#locationIds[positions.location(row)]!
      Availability.positionTerms.forEach((term, index) => {
        const quantity = signs[index]! * (columns[index]?.[row] ?? 0)
        if (quantity !== 0) lines.push({ locationId, term, quantity: quantity as Quantity.Quantity })
      })
    }
    return lines
  }

  /** An item's number and shares as they were folded last. */
  #sharesOf(item: number): Availability.Shares {
    const positions = this.#positions
    const byLocation: Array<Availability.Shares["byLocation"][number]> = []
    for (let row = positions.first(item); row !== none; row = positions.next(row)) {
      const quantity = positions.share(row) as Quantity.Quantity
      byLocation.push({ locationId: this.#locationIds[positions.location(row)]!, quantity })
    }
    return { quantity: this.#number[item]! as Quantity.Quantity, byLocation }
  }

  #hasAssemblyAbove(item: number): boolean {
    for (let entry = this.#needs.head(item); entry !== none; entry = this.#needs.next[entry]!) {
      if (this.#kind[this.#needs.owner[entry]!] === assemblyKind) return true
    }
    return false
  }

  #assemblies(): ReadonlyArray<number> {
    return Array.from(this.#made.keys()).filter((item) => this.#kind[item] === assemblyKind)
  }

  /** These items and all that assemblies among them are built from, all levels down, each before those inside it. */
  #inwards(items: Iterable<number>): ReadonlyArray<number> {
    const above = new Map<number, number>(Array.from(items, (item) => [item, 0]))
    for (const item of above.keys()) {
      for (const inside of this.#insideAssembly(item)) above.set(inside, (above.get(inside) ?? 0) + 1)
    }
    const ordered = Array.from(above.keys()).filter((item) => above.get(item) === 0)
    for (const item of ordered) {
      for (const inside of this.#insideAssembly(item)) {
        const left = above.get(inside)! - 1
        above.set(inside, left)
        if (left === 0) ordered.push(inside)
      }
    }
    return ordered
  }

  #insideAssembly(item: number): Int32Array {
    const start = this.#needs.start(item)
    const count = this.#kind[item] === assemblyKind ? this.#needs.count(item) : 0
    return this.#needs.target.subarray(start, start + count)
  }

  /** Takes an item over; one whose kind or bill of materials is new has all that contains it taken apart again. */
  #saveItem(item: Item, touched: Set<number>): void {
    const ordinal = this.#ordinalOf(item.id)
    touched.add(ordinal)
    if (this.#kind[ordinal] === kinds.indexOf(item.kind) && this.#hasLines(ordinal, linesOf(item))) {
      this.#archived[ordinal] = item.archived ? 1 : 0
      return
    }
    const owners = this.#containing(ordinal)
    // What assemblies were built from; what they are built from now follows from the assemblies.
    for (const owner of owners) for (const inside of this.#insideAssembly(owner)) touched.add(inside)
    this.#describe(ordinal, item)
    this.#takeApart(owners)
    for (const owner of owners) touched.add(owner)
  }

  /** Whether this is what an item is made of already. */
  #hasLines(item: number, lines: BillOfMaterials): boolean {
    const { need, target } = this.#lines
    const start = this.#lines.start(item)
    return (
      lines.length === this.#lines.count(item) &&
      lines.every(
        (line, index) => line.itemId === this.#ids[target[start + index]!] && line.quantity === need[start + index]
      )
    )
  }

  /** An item and everything that contains it, however deep. */
  #containing(item: number): ReadonlyArray<number> {
    const above = new Set([item])
    for (const inside of above) for (const owner of this.#lines.ownersOf(inside)) above.add(owner)
    this.#work += above.size
    return Array.from(above)
  }

  #describe(ordinal: number, item: Item): void {
    this.#kind[ordinal] = kinds.indexOf(item.kind)
    this.#archived[ordinal] = item.archived ? 1 : 0
    const lines = linesOf(item)
    if (Kits.isMade(item)) this.#made.set(ordinal, item)
    else this.#made.delete(ordinal)
    const targets = lines.map((line) => this.#ordinalOf(line.itemId))
    this.#lines.replace(
      ordinal,
      targets,
      lines.map(({ quantity }) => quantity)
    )
  }

  #takeApart(owners: ReadonlyArray<number>): void {
    const leafNeedsOf = Kits.leafNeedsWith(this.#itemOf)
    const buildNeedsOf = Kits.buildNeedsWith(this.#itemOf)
    for (const owner of owners) {
      const item = this.#made.get(owner)
      const needs =
        item === undefined || (item.kind === "assembly" && item.billOfMaterials.length === 0)
          ? Result.succeed([])
          : item.kind === "kit"
            ? leafNeedsOf(item.id)
            : buildNeedsOf(item)
      this.#broken[owner] = Result.isFailure(needs) ? 1 : 0
      const leaves = Result.getOrElse(needs, () => [])
      this.#work += leaves.length
      this.#needs.replace(
        owner,
        leaves.map(({ itemId }) => this.#ordinals.get(itemId)!),
        leaves.map(({ quantity }) => quantity)
      )
    }
  }

  readonly #itemOf: Kits.ItemOf = (id) => {
    // Whatever a bill of materials names has an ordinal.
    const item = this.#ordinals.get(id)!
    if (this.#kind[item] === unknownKind) return null
    return this.#made.get(item) ?? { id, kind: kinds[this.#kind[item]!]!, billOfMaterials: [] }
  }

  #isStocked(item: number): boolean {
    return stockedKind[this.#kind[item]!] === true
  }

  #store(position: Position): number {
    const item = this.#ordinalOf(position.itemId)
    const location = this.#locationOf(position.locationId)
    const row = this.#positions.rowAt(item, location, this.#rank)
    this.#positions.set(row, position)
    return item
  }

  #ordinalOf(id: ItemId): number {
    const known = this.#ordinals.get(id)
    if (known !== undefined) return known
    const made = this.#ids.length
    this.#ordinals.set(id, made)
    this.#ids.push(id)
    if (made >= this.#kind.length) this.#reserve(Math.max(itemsMin, made * 2), 0)
    this.#number[made] = NaN
    return made
  }

  #reserve(items: number, rows: number): void {
    this.#kind = grownUint8(this.#kind, items, unknownKind)
    this.#archived = grownUint8(this.#archived, items, 0)
    this.#broken = grownUint8(this.#broken, items, 0)
    this.#number = grownFloat64(this.#number, items)
    this.#positions.reserve(items, rows)
    this.#lines.reserve(items, 0)
    this.#needs.reserve(items, 0)
  }

  #locationOf(id: LocationId): number {
    const known = this.#locationOrdinals.get(id)
    if (known !== undefined) return known
    this.#addLocations([id])
    return this.#locationIds.length - 1
  }

  /** Gives ordinals to locations that have none yet. */
  #addLocations(ids: Iterable<LocationId>): void {
    for (const id of ids) {
      this.#locationOrdinals.set(id, this.#locationIds.length)
      this.#locationIds.push(id)
    }
    const count = this.#locationIds.length
    this.#rank = new Int32Array(count)
    Array.from(this.#locationIds)
      .sort()
      .forEach((id, rank) => (this.#rank[this.#locationOrdinals.get(id)!] = rank))
    this.#place = this.#places()
    this.#met = new Int32Array(count)
    this.#least = new Float64Array(count).fill(Infinity)
    this.#seen = new Int32Array(count)
  }

  #places(): Int32Array<ArrayBuffer> {
    const placeOf = Availability.placesOf(this.#locations.values(), this.#feeding)
    return Int32Array.from(this.#locationIds, (id) => places.indexOf(placeOf(id)))
  }

  /** Touches every item with a row at a location whose place is another one now. */
  #moveLocations(touched: Set<number>): void {
    const before = this.#place
    this.#place = this.#places()
    const moved = this.#place.map((place, location) => (place === before[location] ? 0 : 1))
    const { item, size } = this.#positions
    for (let row = 0; row < size; row++) if (moved[this.#positions.location(row)] === 1) touched.add(item[row]!)
  }
}

/** So many whole units are the most that a quantity can hold. */
const unitsMax = Math.floor(Quantity.max / Quantity.scale)

const quantityOrNull = (number: number): Quantity.Quantity | null =>
  Number.isNaN(number) ? null : (number as Quantity.Quantity)

const signsOf = (policy: AvailabilityPolicy): ReadonlyArray<ReadonlyArray<number>> => {
  const counted = Availability.countedEverywhere(policy)
  return places.map((place) => Availability.positionTerms.map((term) => counted[place][term]))
}

const linesOf = (item: Item): BillOfMaterials => (Kits.isMade(item) ? item.billOfMaterials : [])

const grownUint8 = (array: Uint8Array<ArrayBuffer>, length: number, fill: number): Uint8Array<ArrayBuffer> => {
  const grown = new Uint8Array(length)
  grown.set(array)
  grown.fill(fill, array.length)
  return grown
}
