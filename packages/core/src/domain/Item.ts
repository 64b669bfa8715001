/**
 * What a business sells, stocks, or charges for.
 *
 * Only inventory items and assemblies hold stock of their own. A kit is put together at the moment of sale: it has a bill
 * of materials and no stock. A category groups items and is never sold.
 */
import { Schema } from "effect"
import { BillOfMaterials } from "./BillOfMaterials.ts"
import { ItemId } from "./ItemId.ts"
import { QuantityFromDecimal } from "./Quantity.ts"

/** The kinds of item that an inventory system knows. */
export const ItemKind = Schema.Literals([
  "inventory",
  "nonInventory",
  "service",
  "labor",
  "overhead",
  "expense",
  "other",
  "assembly",
  "kit",
  "category"
])
export type ItemKind = typeof ItemKind.Type

/** A unit beside the base unit: one of it is `ratio` base units (a case is 24 each). */
export const UnitOfMeasure = Schema.Struct({
  name: Schema.NonEmptyString,
  ratio: QuantityFromDecimal.check(Schema.isGreaterThan(0))
})
export interface UnitOfMeasure extends Schema.Schema.Type<typeof UnitOfMeasure> {}

/** At most 100 characters, without `"`, `<`, `>`, `:` and `|`. */
export const ItemName = Schema.NonEmptyString.check(Schema.isMaxLength(100), Schema.isPattern(/^[^"<>:|]*$/))

/** An item of any kind. `sku` may be blank; a blank one never matches. `publish` lets its number be sent to shops. */
export const Item = Schema.Struct({
  id: ItemId,
  kind: ItemKind,
  sku: Schema.String,
  name: ItemName,
  description: Schema.String.check(Schema.isMaxLength(4000)),
  baseUnit: Schema.NonEmptyString,
  units: Schema.Array(UnitOfMeasure),
  billOfMaterials: BillOfMaterials,
  publish: Schema.Boolean,
  archived: Schema.Boolean,
  alwaysShippable: Schema.Boolean
})
export interface Item extends Schema.Schema.Type<typeof Item> {}

/** An item from what distinguishes it; everything else has the plain default. */
export const make = (item: Pick<Item, "id" | "kind" | "sku"> & Partial<Item>): Item => ({
  name: item.sku.trim() === "" ? item.id : item.sku,
  description: "",
  baseUnit: "each",
  units: [],
  billOfMaterials: [],
  publish: true,
  archived: false,
  alwaysShippable: false,
  ...item
})

/** Whether items of this kind hold stock of their own. */
export const isStocked = (kind: ItemKind): boolean => kind === "inventory" || kind === "assembly"

/** Whether items of this kind can be linked to a listing. */
export const isSellable = (kind: ItemKind): boolean => kind !== "category" && kind !== "expense" && kind !== "overhead"
