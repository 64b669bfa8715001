/** Reading the bodies with which products and variants are written. */
import type { VariantChanges } from "../Catalog.ts"
import { levelMax } from "../Inventory.ts"
import * as Money from "../Money.ts"
import { Refusal } from "../Refusal.ts"
import type { ProductEdit, Shop } from "../Shop.ts"

type Body = Readonly<Record<string, unknown>>
type Mutable<A> = { -readonly [K in keyof A]: A[K] }

const skuLengthMax = 255

const invalid = (field: string): Refusal =>
  new Refusal(422, "JSON data is missing or invalid", { [field]: "error.expected" })

const stringOf = (body: Body, field: string): string | undefined => {
  const value = body[field]
  if (value === undefined) return undefined
  if (typeof value !== "string") throw invalid(field)
  return value
}

const numberOf = (body: Body, field: string): number | undefined => {
  const value = body[field]
  if (value === undefined || value === null) return undefined
  if (typeof value !== "number") throw invalid(field)
  return value
}

/** A level written through the catalogue is clamped, where the Inventory API refuses. */
const levelOf = (body: Body): number | undefined => {
  const level = numberOf(body, "inventory_level")
  return level === undefined ? undefined : Math.max(0, Math.min(levelMax, Math.trunc(level)))
}

/** The catalogue keeps SKUs unique (409), which old stores and imports did not. */
export const requireUniqueSku = (
  shop: Shop,
  product: number | undefined,
  variant: number | undefined,
  sku: unknown
): void => {
  if (typeof sku !== "string" || sku === "") return
  if (sku.length > skuLengthMax) throw invalid("sku")
  const { catalog } = shop
  const isOther = (row: number): boolean => row !== variant && catalog.productOf(row) !== product
  if (catalog.variantsWithSku(sku).some(isOther)) throw new Refusal(409, "Sku is not unique")
}

export const productEditOf = (body: Body): Mutable<ProductEdit> & { inventoryLevel?: number } => {
  const edit: Mutable<ProductEdit> & { inventoryLevel?: number } = {}
  const name = stringOf(body, "name")
  const sku = stringOf(body, "sku")
  const upc = stringOf(body, "upc")
  const bin = stringOf(body, "bin_picking_number")
  const price = numberOf(body, "price")
  const weight = numberOf(body, "weight")
  const level = levelOf(body)
  const warning = numberOf(body, "inventory_warning_level")
  const tracking = stringOf(body, "inventory_tracking")
  const availability = stringOf(body, "availability")
  if (name !== undefined) edit.name = name
  if (sku !== undefined) edit.sku = sku
  if (upc !== undefined) edit.upc = upc
  if (bin !== undefined) edit.binPickingNumber = bin
  if (price !== undefined) edit.price = price
  if (weight !== undefined) edit.weight = weight
  if (level !== undefined) edit.inventoryLevel = level
  if (warning !== undefined) edit.warningLevel = warning
  if (tracking !== undefined) {
    if (tracking !== "none" && tracking !== "product" && tracking !== "variant") throw invalid("inventory_tracking")
    edit.tracking = tracking
  }
  if (availability !== undefined) {
    if (availability !== "available" && availability !== "disabled" && availability !== "preorder") {
      throw invalid("availability")
    }
    edit.availability = availability
  }
  if (typeof body["is_visible"] === "boolean") edit.isVisible = body["is_visible"]
  return edit
}

export const variantChangesOf = (body: Body): VariantChanges & { inventoryLevel?: number } => {
  const changes: VariantChanges & { inventoryLevel?: number } = {}
  const sku = stringOf(body, "sku")
  const upc = stringOf(body, "upc")
  const bin = stringOf(body, "bin_picking_number")
  const price = numberOf(body, "price")
  const weight = numberOf(body, "weight")
  const level = levelOf(body)
  const warning = numberOf(body, "inventory_warning_level")
  if (sku !== undefined) changes.sku = sku
  if (upc !== undefined) changes.upc = upc
  if (bin !== undefined) changes.binPickingNumber = bin
  if (body["price"] === null) changes.price = null
  else if (price !== undefined) changes.price = Money.of(price)
  if (weight !== undefined) changes.weight = weight
  if (level !== undefined) changes.inventoryLevel = level
  if (warning !== undefined) changes.warningLevel = warning
  if (typeof body["purchasing_disabled"] === "boolean") changes.purchasingDisabled = body["purchasing_disabled"]
  return changes
}
