/**
 * What a business sells, stocks, or charges for.
 *
 * Only inventory items and assemblies hold stock of their own. A kit is put together at the moment of sale: it has a bill
 * of materials and no stock. A category groups items and is never sold.
 */
import { Result, Schema } from "effect"
import { BillOfMaterials } from "./BillOfMaterials.ts"
import { ItemId } from "./ItemId.ts"
import { type InvalidQuantity, multiply, type Quantity, QuantityFromDecimal } from "./Quantity.ts"
import * as Text from "./Text.ts"

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
  name: Text.NonEmptyLine,
  ratio: QuantityFromDecimal.check(Schema.isGreaterThan(0))
})
export interface UnitOfMeasure extends Schema.Schema.Type<typeof UnitOfMeasure> {}

/** At most 100 characters, without `"`, `<`, `>`, `:` and `|`. */
export const ItemName = Text.Text(100).check(Schema.isNonEmpty(), Schema.isPattern(/^[^"<>:|]*$/))

/** An item of any kind. `sku` may be blank; a blank one never matches. `publish` lets its number be sent to shops. */
export const Item = Schema.Struct({
  id: ItemId,
  kind: ItemKind,
  sku: Text.SkuText,
  name: ItemName,
  description: Text.Text(4_000),
  baseUnit: Text.NonEmptyLine,
  units: Schema.Array(UnitOfMeasure),
  billOfMaterials: BillOfMaterials,
  publish: Schema.Boolean,
  archived: Schema.Boolean,
  alwaysShippable: Schema.Boolean
})
export interface Item extends Schema.Schema.Type<typeof Item> {}

const nameLengthMax = 100
const reserved = /["<>:|]+/g
const halfCharacter = /[\uD800-\uDBFF]$/

/** The first of some texts that something is left of as an item's name: at most 100 characters, none of them refused. */
export const nameFrom = (...texts: ReadonlyArray<string>): string => {
  for (const text of texts) {
    const name = text.replace(reserved, " ").trim().slice(0, nameLengthMax).replace(halfCharacter, "").trim()
    if (name !== "") return name
  }
  return "Unnamed"
}

/** An item from what distinguishes it; everything else has the plain default, the name what its SKU (or id) makes. */
export const make = (item: Pick<Item, "id" | "kind" | "sku"> & Partial<Item>): Item => ({
  name: nameFrom(item.sku, item.id),
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

/** Whether an item of this kind may be marked as always shippable: not one that holds stock, and not a category. */
export const canAlwaysShip = (kind: ItemKind): boolean => !isStocked(kind) && kind !== "category"

/** The item has no unit of this name. Never worth a retry. */
export class UnknownUnit extends Schema.TaggedError<UnknownUnit>()("UnknownUnit", {
  itemId: ItemId,
  unit: Schema.String,
  units: Schema.Array(Schema.String)
}) {
  override get message() {
    return `item ${this.itemId} has no unit ${this.unit}; it has ${this.units.join(", ")}`
  }
}

/** So many of a unit in the item's base unit, exactly: 3 cases of 24 are 72 each. Names are compared as written. */
export const toBaseUnits = (
  item: Pick<Item, "id" | "baseUnit" | "units">,
  quantity: Quantity,
  unit: string
): Result.Result<Quantity, UnknownUnit | InvalidQuantity> => {
  if (unit === item.baseUnit) return Result.succeed(quantity)
  const found = item.units.find(({ name }) => name === unit)
  if (found === undefined) {
    return Result.fail(new UnknownUnit({ itemId: item.id, unit, units: unitsOf(item) }))
  }
  return multiply(quantity, found.ratio)
}

const unitsOf = (item: Pick<Item, "baseUnit" | "units">): ReadonlyArray<string> => [
  item.baseUnit,
  ...item.units.map(({ name }) => name)
]

/** How deep categories nest. */
export const categoryDepthMax = 3

/** How long a name may be with those of its categories before it. */
export const fullNameLengthMax = 100

/** An item's name with its categories' before it, outermost first, as in `Kitchen:Cups:Blue cup`. */
export const fullName = (categories: ReadonlyArray<string>, name: string): string => [...categories, name].join(":")

/** A field of an item that breaks a rule, and what would be right. */
export interface ItemProblem {
  readonly field: "alwaysShippable" | "units" | "categories" | "name"
  readonly value: string
  readonly expected: string
}

/**
 * What is wrong with an item beyond the form of its fields, for whoever is about to save it. `categories` are the names
 * of the categories it stands in, outermost first.
 *
 * Whether its name is free among its siblings, only the store can say; what is wrong with a bill of materials, `Kits`.
 */
export const problemsOf = (item: Item, categories: ReadonlyArray<string> = []): ReadonlyArray<ItemProblem> => {
  const problems: Array<ItemProblem> = []
  if (item.alwaysShippable && !canAlwaysShip(item.kind)) {
    problems.push({ field: "alwaysShippable", value: "true", expected: `false on an item of kind ${item.kind}` })
  }
  const units = unitsOf(item)
  const twice = units.find((name, index) => units.indexOf(name) !== index)
  if (twice !== undefined) problems.push({ field: "units", value: twice, expected: "a name of its own for each unit" })
  if (categories.length > categoryDepthMax) {
    const expected = `at most ${categoryDepthMax} levels of categories`
    problems.push({ field: "categories", value: categories.join(":"), expected })
  }
  const full = fullName(categories, item.name)
  if (full.length > fullNameLengthMax) {
    const expected = `at most ${fullNameLengthMax} characters together with its categories`
    problems.push({ field: "name", value: full, expected })
  }
  return problems
}
