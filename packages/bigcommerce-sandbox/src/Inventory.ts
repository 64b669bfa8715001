/**
 * Stock by item and location. An item is what stock is kept under: a variant of a product that tracks variants, or the
 * whole product when it tracks by product; a product that does not track has no item.
 *
 * Invariants: a level moves only through `set`, `take`, `give` and `adjust`; for every item and location
 * `onHand = initial + set − sold + restocked` (the ledger), and available to sell is on hand less safety stock, plus what may
 * still be backordered. Units that are backordered never were on hand. Levels are kept in one column of 32-bit numbers per location, four bytes an item.
 */
import type { Catalog } from "./Catalog.ts"
import { defaultLocationId } from "./Location.ts"

/** The largest level that can be stored for an item at a location. */
export const levelMax = 2_147_483_647

const neverSet = -2_147_483_648

/** More locations than any plan allows ids for. */
const locationIdsMax = 65_536

const keyOf = (slot: number, location: number): number => slot * locationIdsMax + location

/** What a merchant can say about an item at a location besides its level. */
export interface ItemSettings {
  readonly safetyStock: number
  readonly isInStock: boolean | undefined
  readonly warningLevel: number
  readonly binPickingNumber: string
  /** How many units are sold beyond what is on hand; undefined where the item takes no backorders. */
  readonly backorderLimit: number | undefined
  /** How many were; raised by orders, and lowered only by who writes it. */
  readonly backordered: number
}

const settingsDefault: ItemSettings = {
  safetyStock: 0,
  isInStock: undefined,
  warningLevel: 0,
  binPickingNumber: "",
  backorderLimit: undefined,
  backordered: 0
}

/** How a level came about since the store was opened. */
export interface LedgerEntry {
  readonly initial: number
  readonly sold: number
  readonly restocked: number
  /** The sum of the differences made by adjustments and edits. */
  readonly adjusted: number
  readonly onHand: number
}

interface Movements {
  readonly initial: number
  sold: number
  restocked: number
  adjusted: number
}

/** The levels of a store. */
export class Inventory {
  readonly #catalog: Catalog
  readonly #levels = new Map<number, Int32Array>()
  readonly #settings = new Map<number, ItemSettings>()
  readonly #movements = new Map<number, Movements>()
  readonly #listings = new Map<string, { readonly version: string; readonly slots: Uint32Array }>()
  #setVersion = 0

  constructor(catalog: Catalog) {
    this.#catalog = catalog
    this.#levels.set(defaultLocationId, new Int32Array(0))
  }

  /** The slot in which an item's level stands, or undefined when the product is not tracked. */
  slotOfVariant(variant: number): number | undefined {
    const product = this.#catalog.productOf(variant)
    const tracking = this.#catalog.tracking(product)
    if (tracking === "none") return undefined
    return tracking === "variant" ? variant : this.#catalog.firstVariantOf(product)
  }

  addLocation(location: number): void {
    if (!this.#levels.has(location)) this.#levels.set(location, new Int32Array(0))
  }

  removeLocation(location: number): void {
    this.#levels.delete(location)
    this.#setVersion++
  }

  isSet(slot: number, location: number): boolean {
    return this.#read(slot, location) !== neverSet
  }

  /** Units on the shelf; 0 where none was ever set. The default location is always set. */
  onHand(slot: number, location: number): number {
    const level = this.#read(slot, location)
    return level === neverSet ? 0 : level
  }

  availableToSell(slot: number, location: number): number {
    const { backordered, backorderLimit, safetyStock } = this.settings(slot, location)
    const beyond = backorderLimit === undefined ? 0 : Math.max(0, backorderLimit - backordered)
    return this.onHand(slot, location) - safetyStock + beyond
  }

  /** What shoppers can buy: nothing of what its owner has taken off sale. */
  sellable(slot: number, location: number): number {
    return this.settings(slot, location).isInStock === false ? 0 : this.availableToSell(slot, location)
  }

  settings(slot: number, location: number): ItemSettings {
    return this.#settings.get(keyOf(slot, location)) ?? settingsDefault
  }

  editSettings(slot: number, location: number, changes: Partial<ItemSettings>): void {
    this.#settings.set(keyOf(slot, location), { ...this.settings(slot, location), ...changes })
  }

  /** Puts the level of a store that is being generated; it becomes the ledger's initial level. */
  open(slot: number, location: number, level: number): void {
    this.#write(slot, location, level)
  }

  /** An absolute write. */
  set(slot: number, location: number, level: number): void {
    this.#movementsOf(slot, location).adjusted += level - this.onHand(slot, location)
    this.#write(slot, location, level)
  }

  /** A relative write by an adjustment. */
  adjust(slot: number, location: number, difference: number): void {
    this.set(slot, location, this.onHand(slot, location) + difference)
  }

  /** Units sold leave the shelf; what is beyond it is backordered, where the item takes backorders. */
  take(slot: number, location: number, units: number): void {
    const onHand = this.onHand(slot, location)
    const { backordered, backorderLimit } = this.settings(slot, location)
    const beyond = backorderLimit === undefined ? 0 : Math.max(0, units - Math.max(0, onHand))
    if (beyond > 0) this.editSettings(slot, location, { backordered: backordered + beyond })
    this.#movementsOf(slot, location).sold += units - beyond
    this.#write(slot, location, onHand - (units - beyond))
  }

  /** Units of a cancelled, edited or refunded order come back. */
  give(slot: number, location: number, units: number): void {
    this.#movementsOf(slot, location).restocked += units
    this.#write(slot, location, this.onHand(slot, location) + units)
  }

  ledger(slot: number, location: number): LedgerEntry {
    const onHand = this.onHand(slot, location)
    const movements = this.#movements.get(keyOf(slot, location))
    return movements === undefined
      ? { initial: onHand, sold: 0, restocked: 0, adjusted: 0, onHand }
      : { ...movements, onHand }
  }

  /** The slots of all tracked items, ascending; with a location, only those with a level there. */
  slots(location?: number): Uint32Array {
    const key = location === undefined ? "all" : String(location)
    const version = `${this.#catalog.membershipVersion}/${location === undefined ? 0 : this.#setVersion}`
    const kept = this.#listings.get(key)
    if (kept?.version === version) return kept.slots
    const slots = this.#listSlots(location)
    this.#listings.set(key, { version, slots })
    return slots
  }

  #listSlots(location: number | undefined): Uint32Array {
    const variants = this.#catalog.variants()
    const slots = new Uint32Array(variants.length)
    let count = 0
    for (const variant of variants) {
      if (this.slotOfVariant(variant) !== variant) continue
      if (location === undefined || this.isSet(variant, location)) slots[count++] = variant
    }
    return slots.subarray(0, count)
  }

  #movementsOf(slot: number, location: number): Movements {
    const key = keyOf(slot, location)
    const known = this.#movements.get(key)
    if (known !== undefined) return known
    const fresh: Movements = { initial: this.onHand(slot, location), sold: 0, restocked: 0, adjusted: 0 }
    this.#movements.set(key, fresh)
    return fresh
  }

  #read(slot: number, location: number): number {
    const levels = this.#levels.get(location)
    if (levels === undefined) return neverSet
    if (slot < levels.length) {
      const level = levels[slot] ?? neverSet
      return level === neverSet && location === defaultLocationId ? 0 : level
    }
    return location === defaultLocationId ? 0 : neverSet
  }

  #write(slot: number, location: number, level: number): void {
    const kept = this.#levels.get(location)
    if (kept === undefined) throw new RangeError(`There is no location ${location}`)
    let levels = kept
    if (slot >= levels.length) {
      levels = new Int32Array(Math.max(slot + 1, this.#catalog.variantRows, levels.length * 2)).fill(neverSet)
      levels.set(kept)
      this.#levels.set(location, levels)
    }
    if (levels[slot] === neverSet) this.#setVersion++
    levels[slot] = Math.max(neverSet + 1, Math.min(levelMax, level))
  }
}
