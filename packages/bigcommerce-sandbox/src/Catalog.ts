/**
 * The products and variants of a store, held as columns of numbers: a million variants take about a hundred megabytes
 * less than as objects. Names and SKUs come from the catalogue's text source and are made when somebody asks; what a
 * merchant has edited since stands in a table of changes.
 *
 * A product and a variant are rows. Ids follow rows (`firstProductId + row`), so ascending ids are ascending rows, and
 * the variants a product was created with are neighbours. A simple product is its own base variant.
 */
import { SkuIndex } from "./SkuIndex.ts"

/** Which id stock is kept under: nothing, the product's, or each variant's. */
export type Tracking = "none" | "product" | "variant"

const trackings: ReadonlyArray<Tracking> = ["none", "product", "variant"]

/** The value that one option has on a variant. */
export interface OptionValue {
  readonly option: string
  readonly label: string
}

/** What a catalogue does not store: the texts that it was created with, by row. */
export interface CatalogText {
  readonly productName: (product: number) => string
  readonly productSku: (product: number) => string
  readonly variantSku: (product: number, ordinal: number) => string
  readonly optionValues: (product: number, ordinal: number) => ReadonlyArray<OptionValue>
}

/** A product to add. Prices are ten-thousandths (see Money). */
export interface NewProductRow {
  readonly tracking: Tracking
  readonly isDigital: boolean
  readonly isVisible: boolean
  readonly price: number
  readonly weight: number
  readonly variantCount: number
  readonly hasOptions: boolean
  readonly createdMillis: number
}

/** What a merchant changed on a product after its creation. */
export interface ProductChanges {
  name?: string
  sku?: string
  upc?: string
  availability?: "available" | "disabled" | "preorder"
  binPickingNumber?: string
  warningLevel?: number
  fields?: Record<string, unknown>
}

/** What a merchant changed on a variant after its creation; null inherits from the product. */
export interface VariantChanges {
  sku?: string
  price?: number | null
  weight?: number | null
  upc?: string
  binPickingNumber?: string
  warningLevel?: number
  purchasingDisabled?: boolean
  optionValues?: ReadonlyArray<OptionValue>
  fields?: Record<string, unknown>
}

const trackingBits = 0b11
const digitalBit = 0b100
const visibleBit = 0b1000
const deletedBit = 0b10000
const optionsBit = 0b100000

/** The id of the first product and of the first variant. */
export const firstProductId = 77
export const firstVariantId = 145

type Column = Uint8Array | Uint32Array | Float64Array

const widened = <C extends Column>(column: C, make: (length: number) => C, rows: number): C => {
  if (rows <= column.length) return column
  const wider = make(Math.max(rows, column.length * 2, 64))
  wider.set(column)
  return wider
}

/** The goods of a store. */
export class Catalog {
  readonly #text: CatalogText
  #productCount = 0
  #variantCount = 0
  #flags = new Uint8Array(0)
  #firstVariant = new Uint32Array(0)
  #ownVariants = new Uint32Array(0)
  #price = new Float64Array(0)
  #weight = new Float64Array(0)
  #created = new Float64Array(0)
  #modified = new Float64Array(0)
  #productOfVariant = new Uint32Array(0)
  #variantDeleted = new Uint8Array(0)
  readonly #productChanges = new Map<number, ProductChanges>()
  readonly #variantChanges = new Map<number, VariantChanges>()
  /** Variants that were added to a product after its creation. */
  readonly #laterVariants = new Map<number, Array<number>>()
  readonly #variantSkus: SkuIndex
  readonly #productSkus: SkuIndex
  #listedProducts: Uint32Array | undefined
  #listedVariants: Uint32Array | undefined
  /** Grows with every change of which rows exist or what they track. */
  membershipVersion = 0

  constructor(text: CatalogText, variantsExpected: number) {
    this.#text = text
    this.#variantSkus = new SkuIndex(variantsExpected, (variant) => this.variantSku(variant))
    this.#productSkus = new SkuIndex(Math.ceil(variantsExpected / 2), (product) => this.productSku(product))
  }

  get productRows(): number {
    return this.#productCount
  }

  get variantRows(): number {
    return this.#variantCount
  }

  /** Adds a product with its variants and returns its row. Its SKUs are indexed from the text source. */
  add(product: NewProductRow, changes?: ProductChanges, variants?: ReadonlyArray<VariantChanges>): number {
    const row = this.#productCount++
    this.#widenProducts(this.#productCount)
    this.#flags[row] =
      trackings.indexOf(product.tracking) |
      (product.isDigital ? digitalBit : 0) |
      (product.isVisible ? visibleBit : 0) |
      (product.hasOptions ? optionsBit : 0)
    this.#firstVariant[row] = this.#variantCount
    this.#ownVariants[row] = product.variantCount
    this.#price[row] = product.price
    this.#weight[row] = product.weight
    this.#created[row] = product.createdMillis
    this.#modified[row] = product.createdMillis
    if (changes !== undefined) this.#productChanges.set(row, changes)
    for (let ordinal = 0; ordinal < product.variantCount; ordinal++) this.#addVariantRow(row, variants?.[ordinal])
    this.#productSkus.add(row, this.productSku(row))
    this.#membershipChanged()
    return row
  }

  /** Adds a variant to a product that exists and returns its row. */
  addVariant(product: number, changes: VariantChanges): number {
    const row = this.#addVariantRow(product, changes)
    const later = this.#laterVariants.get(product) ?? []
    later.push(row)
    this.#laterVariants.set(product, later)
    this.#flags[product] = (this.#flags[product] ?? 0) | optionsBit
    this.#membershipChanged()
    return row
  }

  #addVariantRow(product: number, changes: VariantChanges | undefined): number {
    const row = this.#variantCount++
    this.#productOfVariant = widened(this.#productOfVariant, (length) => new Uint32Array(length), row + 1)
    this.#variantDeleted = widened(this.#variantDeleted, (length) => new Uint8Array(length), row + 1)
    this.#productOfVariant[row] = product
    if (changes !== undefined) this.#variantChanges.set(row, changes)
    this.#variantSkus.add(row, this.variantSku(row))
    return row
  }

  #widenProducts(rows: number): void {
    this.#flags = widened(this.#flags, (length) => new Uint8Array(length), rows)
    this.#firstVariant = widened(this.#firstVariant, (length) => new Uint32Array(length), rows)
    this.#ownVariants = widened(this.#ownVariants, (length) => new Uint32Array(length), rows)
    this.#price = widened(this.#price, (length) => new Float64Array(length), rows)
    this.#weight = widened(this.#weight, (length) => new Float64Array(length), rows)
    this.#created = widened(this.#created, (length) => new Float64Array(length), rows)
    this.#modified = widened(this.#modified, (length) => new Float64Array(length), rows)
  }

  #membershipChanged(): void {
    this.#listedProducts = undefined
    this.#listedVariants = undefined
    this.membershipVersion++
  }

  // Reading

  productId(product: number): number {
    return firstProductId + product
  }

  variantId(variant: number): number {
    return firstVariantId + variant
  }

  /** The row of a product id, or undefined when there is no such product. */
  productRow(id: number): number | undefined {
    const row = id - firstProductId
    return Number.isInteger(row) && row >= 0 && row < this.#productCount && !this.#has(row, deletedBit)
      ? row
      : undefined
  }

  /** The row of a variant id, or undefined when there is no such variant. */
  variantRow(id: number): number | undefined {
    const row = id - firstVariantId
    return Number.isInteger(row) && row >= 0 && row < this.#variantCount && this.#variantDeleted[row] === 0
      ? row
      : undefined
  }

  productOf(variant: number): number {
    return this.#productOfVariant[variant] ?? 0
  }

  /** The rows of a product's variants, ascending. */
  variantsOf(product: number): ReadonlyArray<number> {
    const first = this.#firstVariant[product] ?? 0
    const rows: Array<number> = []
    for (let at = 0; at < (this.#ownVariants[product] ?? 0); at++) rows.push(first + at)
    rows.push(...(this.#laterVariants.get(product) ?? []))
    return rows.filter((row) => this.#variantDeleted[row] === 0)
  }

  /** The variant whose row stands for the whole product: its base variant, or the first of its options. */
  firstVariantOf(product: number): number {
    return this.#firstVariant[product] ?? 0
  }

  hasOptions(product: number): boolean {
    return this.#has(product, optionsBit)
  }

  isDigital(product: number): boolean {
    return this.#has(product, digitalBit)
  }

  isVisible(product: number): boolean {
    return this.#has(product, visibleBit)
  }

  tracking(product: number): Tracking {
    return trackings[(this.#flags[product] ?? 0) & trackingBits] ?? "none"
  }

  productName(product: number): string {
    return this.#productChanges.get(product)?.name ?? this.#text.productName(product)
  }

  /** The product's own SKU; that of a simple product is its base variant's. */
  productSku(product: number): string {
    const changed = this.#productChanges.get(product)?.sku
    if (changed !== undefined) return changed
    return this.hasOptions(product) ? this.#text.productSku(product) : this.variantSku(this.firstVariantOf(product))
  }

  variantSku(variant: number): string {
    const changed = this.#variantChanges.get(variant)?.sku
    if (changed !== undefined) return changed
    const product = this.productOf(variant)
    return this.#text.variantSku(product, variant - this.firstVariantOf(product))
  }

  optionValues(variant: number): ReadonlyArray<OptionValue> {
    const changed = this.#variantChanges.get(variant)?.optionValues
    if (changed !== undefined) return changed
    const product = this.productOf(variant)
    if (!this.hasOptions(product)) return []
    return this.#text.optionValues(product, variant - this.firstVariantOf(product))
  }

  price(product: number): number {
    return this.#price[product] ?? 0
  }

  /** What a variant costs: its own price, or the product's. */
  variantPrice(variant: number): number {
    return this.#variantChanges.get(variant)?.price ?? this.price(this.productOf(variant))
  }

  weight(product: number): number {
    return this.#weight[product] ?? 0
  }

  createdMillis(product: number): number {
    return this.#created[product] ?? 0
  }

  modifiedMillis(product: number): number {
    return this.#modified[product] ?? 0
  }

  productChanges(product: number): ProductChanges {
    return this.#productChanges.get(product) ?? {}
  }

  variantChanges(variant: number): VariantChanges {
    return this.#variantChanges.get(variant) ?? {}
  }

  /** The rows of all products that exist, ascending; made once and kept until one is added or deleted. */
  products(): Uint32Array {
    this.#listedProducts ??= listed(this.#productCount, (row) => !this.#has(row, deletedBit))
    return this.#listedProducts
  }

  /** The rows of all variants that exist, ascending. */
  variants(): Uint32Array {
    this.#listedVariants ??= listed(this.#variantCount, (row) => this.#variantDeleted[row] === 0)
    return this.#listedVariants
  }

  variantsWithSku(sku: string): ReadonlyArray<number> {
    return this.#variantSkus.find(sku)
  }

  productsWithSku(sku: string): ReadonlyArray<number> {
    return this.#productSkus.find(sku)
  }

  // Editing

  /** Changes a product; the SKU of a simple product changes its base variant with it. */
  editProduct(product: number, changes: ProductChanges, nowMillis: number): void {
    const isSimple = !this.hasOptions(product)
    if (changes.sku !== undefined) {
      this.#productSkus.remove(product, this.productSku(product))
      if (isSimple) this.#resku(this.firstVariantOf(product), changes.sku)
    }
    this.#productChanges.set(product, {
      ...this.#productChanges.get(product),
      ...changes,
      fields: { ...this.#productChanges.get(product)?.fields, ...changes.fields }
    })
    if (changes.sku !== undefined) this.#productSkus.add(product, changes.sku)
    this.touch(product, nowMillis)
  }

  /** Changes a variant; the SKU of a base variant changes its product with it. */
  editVariant(variant: number, changes: VariantChanges, nowMillis: number): void {
    const product = this.productOf(variant)
    const { sku, ...others } = changes
    if (sku !== undefined) {
      if (this.hasOptions(product)) this.#resku(variant, sku)
      else this.editProduct(product, { sku }, nowMillis)
    }
    const before = this.#variantChanges.get(variant)
    this.#variantChanges.set(variant, { ...before, ...others, fields: { ...before?.fields, ...others.fields } })
    this.touch(product, nowMillis)
  }

  #resku(variant: number, sku: string): void {
    this.#variantSkus.remove(variant, this.variantSku(variant))
    this.#variantChanges.set(variant, { ...this.#variantChanges.get(variant), sku })
    this.#variantSkus.add(variant, sku)
  }

  setPrice(product: number, price: number): void {
    this.#price[product] = price
  }

  setWeight(product: number, weight: number): void {
    this.#weight[product] = weight
  }

  setVisible(product: number, isVisible: boolean): void {
    const flags = this.#flags[product] ?? 0
    this.#flags[product] = isVisible ? flags | visibleBit : flags & ~visibleBit
  }

  setTracking(product: number, tracking: Tracking): void {
    this.#flags[product] = ((this.#flags[product] ?? 0) & ~trackingBits) | trackings.indexOf(tracking)
    this.membershipVersion++
  }

  touch(product: number, nowMillis: number): void {
    this.#modified[product] = Math.floor(nowMillis / 1000) * 1000
  }

  deleteProduct(product: number): void {
    for (const variant of this.variantsOf(product)) this.#forgetVariant(variant)
    this.#productSkus.remove(product, this.productSku(product))
    this.#flags[product] = (this.#flags[product] ?? 0) | deletedBit
    this.#membershipChanged()
  }

  deleteVariant(variant: number): void {
    this.#forgetVariant(variant)
    this.#membershipChanged()
  }

  #forgetVariant(variant: number): void {
    this.#variantSkus.remove(variant, this.variantSku(variant))
    this.#variantDeleted[variant] = 1
  }

  #has(product: number, bit: number): boolean {
    return ((this.#flags[product] ?? 0) & bit) !== 0
  }
}

const listed = (rows: number, exists: (row: number) => boolean): Uint32Array => {
  const all = new Uint32Array(rows)
  let count = 0
  for (let row = 0; row < rows; row++) if (exists(row)) all[count++] = row
  return all.subarray(0, count)
}
