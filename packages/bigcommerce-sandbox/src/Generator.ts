/**
 * A realistic store of any size that follows from a seed.
 *
 * What a product is called, which options it has and what its SKUs are is a function of the seed and its number, so that
 * a catalogue of a million variants is never held as objects. A few SKUs in a hundred are spoilt the way real ones are:
 * doubled, blank, in another case, with a space at the end. The list a merchant would have of the same goods
 * (`merchantItems`) keeps the canonical SKUs.
 */
import { Catalog, type CatalogText, type OptionValue, type Tracking } from "./Catalog.ts"
import { Inventory } from "./Inventory.ts"
import * as Money from "./Money.ts"
import { hash } from "./Random.ts"

/** How large a generated store is. */
export interface StoreSize {
  /** Products; there are about six variants to a product. Default 420. */
  readonly products?: number
  /** Orders, spread over all 15 statuses. Default 330. */
  readonly orders?: number
  readonly customers?: number
  /** Locations, at least 1. Default 2. */
  readonly locations?: number
}

/** One line of the list of goods that the store's owner keeps outside the shop. */
export interface MerchantItem {
  readonly sku: string
  readonly name: string
  readonly kind: "inventory" | "kit" | "non-inventory"
  /**
   * Units on the owner's shelves when the sandbox starts, in all and by the shop's location id: what the shop opened
   * with less what has been shipped. Kits have none; a shipped kit has taken its parts.
   */
  readonly onHand: number
  readonly onHandByLocation: Readonly<Record<number, number>>
  /** What one kit is made of; kits may contain kits. */
  readonly components: ReadonlyArray<{ readonly sku: string; readonly quantity: number }>
}

type Kind = "simple" | "options" | "optionsTrackedByProduct" | "untracked" | "digital" | "giftSet"

/** The first products of every store, so that each kind is there in the smallest one. */
const openingKinds: ReadonlyArray<Kind> = [
  "simple",
  "options",
  "simple",
  "optionsTrackedByProduct",
  "giftSet",
  "untracked",
  "options",
  "digital",
  "simple",
  "giftSet"
]

const adjectives = ["Harbour", "Alpine", "Copper", "Linen", "Meadow", "Slate", "Juniper", "Willow", "Ember", "Coastal"]
const materials = ["Wool", "Oak", "Steel", "Cotton", "Ceramic", "Glass", "Canvas", "Bamboo", "Leather", "Cork", "Flax"]
const nouns = [
  ["Mug", "MUG"],
  ["Towel", "TWL"],
  ["Kettle", "KTL"],
  ["Apron", "APR"],
  ["Blanket", "BLK"],
  ["Lamp", "LMP"],
  ["Tray", "TRY"],
  ["Backpack", "BPK"],
  ["Notebook", "NTB"],
  ["Candle", "CND"],
  ["T-Shirt", "TSH"],
  ["Vase", "VAS"]
] as const
const colours = [
  ["Orange", "OR"],
  ["Black", "BK"],
  ["Sand", "SA"],
  ["Forest", "FO"],
  ["Navy", "NV"],
  ["Rose", "RO"]
] as const
const sizes = [
  ["Small", "S"],
  ["Medium", "M"],
  ["Large", "L"],
  ["Extra Large", "XL"]
] as const

const kindSalt = 1
const coloursSalt = 2
const sizesSalt = 3
const nameSalt = 4
const priceSalt = 5
const levelSalt = 6
const spoilSalt = 7
const kitSalt = 8

const dayMillis = 86_400_000

/** What follows from the seed about each product, by its number. */
export class Blueprint implements CatalogText {
  readonly seed: number

  constructor(seed: number) {
    this.seed = seed
  }

  kind(product: number): Kind {
    const opening = openingKinds[product]
    if (opening !== undefined) return opening
    const share = hash(this.seed, product, kindSalt) % 100
    if (share < 38) return "simple"
    if (share < 85) return "options"
    if (share < 90) return "optionsTrackedByProduct"
    if (share < 95) return "untracked"
    return share < 97 ? "digital" : "giftSet"
  }

  colourCount(product: number): number {
    const kind = this.kind(product)
    if (kind === "optionsTrackedByProduct") return 2 + (hash(this.seed, product, coloursSalt) % 3)
    return kind === "options" ? 2 + (hash(this.seed, product, coloursSalt) % 5) : 1
  }

  sizeCount(product: number): number {
    return this.kind(product) === "options" ? 2 + (hash(this.seed, product, sizesSalt) % 3) : 1
  }

  variantCount(product: number): number {
    return this.colourCount(product) * this.sizeCount(product)
  }

  hasOptions(product: number): boolean {
    const kind = this.kind(product)
    return kind === "options" || kind === "optionsTrackedByProduct"
  }

  tracking(product: number): Tracking {
    const kind = this.kind(product)
    if (kind === "options") return "variant"
    return kind === "untracked" || kind === "digital" ? "none" : "product"
  }

  #noun(product: number): readonly [string, string] {
    return nouns[hash(this.seed, product, nameSalt) % nouns.length] ?? nouns[0]
  }

  productName(product: number): string {
    const mixed = hash(this.seed, product, nameSalt)
    const adjective = adjectives[(mixed >>> 8) % adjectives.length]
    const [noun] = this.#noun(product)
    const kind = this.kind(product)
    if (kind === "giftSet") return `${adjective} ${noun} Gift Set ${product}`
    if (kind === "digital") return `${adjective} ${noun} Guide (PDF) ${product}`
    return `${adjective} ${materials[(mixed >>> 16) % materials.length]} ${noun} ${product}`
  }

  /** The canonical SKU of a product: of the whole product, of its only variant, or the stem of its variants. */
  productSku(product: number): string {
    const kind = this.kind(product)
    const stem = kind === "giftSet" ? "GIFT" : kind === "digital" ? "PDF" : this.#noun(product)[1]
    return `${stem}-${String(product).padStart(5, "0")}`
  }

  variantSku(product: number, ordinal: number): string {
    const stem = this.productSku(product)
    if (!this.hasOptions(product)) return stem
    const sizeCount = this.sizeCount(product)
    const colour = colours[Math.floor(ordinal / sizeCount)]?.[1] ?? "XX"
    return sizeCount === 1 ? `${stem}-${colour}` : `${stem}-${colour}-${sizes[ordinal % sizeCount]?.[1] ?? "X"}`
  }

  optionValues(product: number, ordinal: number): ReadonlyArray<OptionValue> {
    const sizeCount = this.sizeCount(product)
    const values = [{ option: "Color", label: colours[Math.floor(ordinal / sizeCount)]?.[0] ?? "Plain" }]
    if (sizeCount > 1) values.push({ option: "Size", label: sizes[ordinal % sizeCount]?.[0] ?? "One Size" })
    return values
  }

  price(product: number): number {
    return Money.of(4 + (hash(this.seed, product, priceSalt) % 9600) / 100)
  }

  weight(product: number): number {
    return this.kind(product) === "digital" ? 0 : (1 + (hash(this.seed, product, priceSalt) % 80)) / 4
  }

  /** What the shop opens with of an item at a location, before any order; undefined is "never set there". */
  openingLevel(product: number, ordinal: number, location: number): number | undefined {
    const mixed = hash(this.seed, product * 64 + ordinal, levelSalt + location * 16)
    if (location > 1 && mixed % 10 < 4) return undefined
    const share = mixed % 100
    if (share < 4) return 0
    return share < 20 ? 1 + ((mixed >>> 8) % 6) : 8 + ((mixed >>> 8) % 190)
  }

  /** The parts of a gift set: two single goods, and in every second set an earlier set. */
  giftSetParts(product: number): ReadonlyArray<{ readonly sku: string; readonly quantity: number }> {
    const parts: Array<{ sku: string; quantity: number }> = []
    const startsAt = hash(this.seed, product, kitSalt)
    for (let step = 0; parts.length < 2; step++) {
      const part = (startsAt + step * 7) % Math.max(product, 1)
      const sku = this.productSku(part)
      if (this.kind(part) === "simple" && !parts.some((known) => known.sku === sku)) {
        parts.push({ sku, quantity: 1 + (parts.length % 2) })
      }
      if (step > product * 7) break
    }
    if (this.#isNested(product)) {
      for (let earlier = product - 1; earlier >= 0; earlier--) {
        if (this.kind(earlier) !== "giftSet" || this.#isNested(earlier)) continue
        parts.push({ sku: this.productSku(earlier), quantity: 1 })
        break
      }
    }
    return parts
  }

  #isNested(product: number): boolean {
    return product === 9 || (product > 9 && hash(this.seed, product, kitSalt) % 2 === 0)
  }

  /** How a listing's SKU differs from the canonical one, if at all. */
  spoilt(product: number): "doubled" | "blank" | "otherCase" | "trailingSpace" | undefined {
    if (product < openingKinds.length) return undefined
    const kind = this.kind(product)
    if (kind === "giftSet" || kind === "digital") return undefined
    const sequence = product - openingKinds.length
    if (sequence === 2) return "doubled"
    if (sequence === 4) return "blank"
    if (sequence === 6) return "otherCase"
    if (sequence === 8) return "trailingSpace"
    const share = hash(this.seed, product, spoilSalt) % 100
    if (share < 1) return "doubled"
    if (share < 3) return "blank"
    if (share < 5) return "otherCase"
    return share < 6 ? "trailingSpace" : undefined
  }

  /** The SKU that a product's first variant carries in the shop. */
  listedSku(product: number): string {
    const canonical = this.variantSku(product, 0)
    const way = this.spoilt(product)
    if (way === "blank") return ""
    if (way === "otherCase") return canonical.toLowerCase()
    if (way === "trailingSpace") return `${canonical} `
    return way === "doubled" ? this.variantSku(this.#doubledFrom(product), 0) : canonical
  }

  /** The nearest earlier product whose listing is clean, so that exactly two listings share its SKU. */
  #doubledFrom(product: number): number {
    for (let earlier = product - 1; earlier > 0; earlier--) {
      const kind = this.kind(earlier)
      if ((kind === "simple" || kind === "options") && this.spoilt(earlier) === undefined) return earlier
    }
    return 0
  }

  /** Whether the merchant's list has no line for this product (a listing nobody can match). */
  isUnknownToMerchant(product: number): boolean {
    return product >= openingKinds.length && hash(this.seed, product, spoilSalt) % 100 >= 98
  }
}

/** Units that have left the shelves, by canonical SKU and location (`SKU@1`). */
export type ShippedUnits = ReadonlyMap<string, number>

/** What the orders of a generated store have shipped, kits taken apart into their parts. */
export const shippedUnits = (
  blueprint: Blueprint,
  catalog: Catalog,
  lines: Iterable<{ readonly variantId: number; readonly quantityShipped: number; readonly location: number }>
): ShippedUnits => {
  const units = new Map<string, number>()
  const partsOfSku = new Map<string, ReadonlyArray<{ readonly sku: string; readonly quantity: number }>>()
  const add = (sku: string, quantity: number, location: number): void => {
    for (const part of partsOfSku.get(sku) ?? []) add(part.sku, part.quantity * quantity, location)
    const key = `${sku}@${location}`
    units.set(key, (units.get(key) ?? 0) + quantity)
  }
  for (let product = 0; product < catalog.productRows; product++) {
    if (blueprint.kind(product) !== "giftSet") continue
    partsOfSku.set(blueprint.productSku(product), blueprint.giftSetParts(product))
  }
  for (const { variantId, quantityShipped, location } of lines) {
    const variant = catalog.variantRow(variantId)
    if (variant === undefined || quantityShipped === 0) continue
    const product = catalog.productOf(variant)
    const isPooled = blueprint.kind(product) === "optionsTrackedByProduct"
    const ordinal = variant - catalog.firstVariantOf(product)
    add(isPooled ? blueprint.productSku(product) : blueprint.variantSku(product, ordinal), quantityShipped, location)
  }
  return units
}

/** A catalogue and its opening stock. */
export interface GeneratedCatalog {
  readonly catalog: Catalog
  readonly inventory: Inventory
  readonly blueprint: Blueprint
}

/** Fills a catalogue of that many products; one row at a time, nothing is kept as an object. */
export const catalogOf = (
  seed: number,
  products: number,
  locations: ReadonlyArray<number>,
  nowMillis: number
): GeneratedCatalog => {
  const blueprint = new Blueprint(seed)
  const catalog = new Catalog(blueprint, products * 7)
  const inventory = new Inventory(catalog)
  for (const location of locations) inventory.addLocation(location)
  const openedMillis = Math.floor(nowMillis / dayMillis) * dayMillis - 400 * dayMillis
  for (let product = 0; product < products; product++) {
    const listedSku = blueprint.listedSku(product)
    const isClean = listedSku === blueprint.variantSku(product, 0)
    const variantCount = blueprint.variantCount(product)
    catalog.add(
      {
        tracking: blueprint.tracking(product),
        isDigital: blueprint.kind(product) === "digital",
        isVisible: hash(seed, product, nameSalt) % 40 !== 0,
        price: blueprint.price(product),
        weight: blueprint.weight(product),
        variantCount,
        hasOptions: blueprint.hasOptions(product),
        createdMillis: openedMillis + (product % 390) * dayMillis + (product % 86_400) * 1000
      },
      undefined,
      isClean ? undefined : [{ sku: listedSku }]
    )
  }
  openStock(blueprint, catalog, inventory, products, locations)
  return { catalog, inventory, blueprint }
}

const openStock = (
  blueprint: Blueprint,
  catalog: Catalog,
  inventory: Inventory,
  products: number,
  locations: ReadonlyArray<number>
): void => {
  for (let product = 0; product < products; product++) {
    const tracking = blueprint.tracking(product)
    if (tracking === "none") continue
    const first = catalog.firstVariantOf(product)
    const items = tracking === "variant" ? blueprint.variantCount(product) : 1
    for (let ordinal = 0; ordinal < items; ordinal++) {
      for (const location of locations) {
        const level = blueprint.openingLevel(product, ordinal, location)
        if (level !== undefined) inventory.open(first + ordinal, location, level)
      }
    }
  }
}

/**
 * The list of goods that the owner of a generated store would have: canonical SKUs, gift sets as kits, a few lines that
 * the shop does not sell and none for a few listings that it does. Whatever a kit is made of has a line of its own.
 */
export const merchantItems = function* (
  blueprint: Blueprint,
  products: number,
  locations: ReadonlyArray<number>,
  shipped: ShippedUnits
): Generator<MerchantItem> {
  const parts = partsIn(blueprint, products)
  for (let product = 0; product < products; product++) {
    if (blueprint.isUnknownToMerchant(product) && !parts.has(blueprint.productSku(product))) continue
    const kind = blueprint.kind(product)
    const name = blueprint.productName(product)
    const blank = { onHand: 0, onHandByLocation: {}, components: [] }
    if (kind === "digital" || kind === "untracked") {
      yield { sku: blueprint.productSku(product), name, kind: "non-inventory", ...blank }
    } else if (kind === "giftSet") {
      yield {
        sku: blueprint.productSku(product),
        name,
        kind: "kit",
        ...blank,
        components: blueprint.giftSetParts(product)
      }
    } else if (kind === "optionsTrackedByProduct") {
      yield inventoryItem(blueprint, product, 0, blueprint.productSku(product), name, locations, shipped)
    } else {
      for (let ordinal = 0; ordinal < blueprint.variantCount(product); ordinal++) {
        const labels = blueprint.hasOptions(product) ? blueprint.optionValues(product, ordinal) : []
        const label = [name, ...labels.map((value) => value.label)].join(" / ")
        yield inventoryItem(
          blueprint,
          product,
          ordinal,
          blueprint.variantSku(product, ordinal),
          label,
          locations,
          shipped
        )
      }
    }
  }
  yield { sku: "SPARE-00001", name: "Spare parts, not sold online", kind: "inventory", ...sparePart(locations) }
}

/** Whatever a gift set of the owner's list is made of, down to the parts of its parts. */
const partsIn = (blueprint: Blueprint, products: number): ReadonlySet<string> => {
  const parts = new Set<string>()
  // A set is made of earlier products only, so that those which a listed set needs are known before they are looked at.
  for (let product = products - 1; product >= 0; product--) {
    if (blueprint.kind(product) !== "giftSet") continue
    if (blueprint.isUnknownToMerchant(product) && !parts.has(blueprint.productSku(product))) continue
    for (const { sku } of blueprint.giftSetParts(product)) parts.add(sku)
  }
  return parts
}

const sparePart = (locations: ReadonlyArray<number>) => ({
  onHand: 40,
  onHandByLocation: { [locations[0] ?? 1]: 40 },
  components: []
})

const inventoryItem = (
  blueprint: Blueprint,
  product: number,
  ordinal: number,
  sku: string,
  name: string,
  locations: ReadonlyArray<number>,
  shipped: ShippedUnits
): MerchantItem => {
  const onHandByLocation: Record<number, number> = {}
  let onHand = 0
  for (const location of locations) {
    const opening = blueprint.openingLevel(product, ordinal, location)
    if (opening === undefined) continue
    const level = Math.max(0, opening - (shipped.get(`${sku}@${location}`) ?? 0))
    onHandByLocation[location] = level
    onHand += level
  }
  return { sku, name, kind: "inventory", onHand, onHandByLocation, components: [] }
}
