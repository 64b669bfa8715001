/**
 * Which item does a line of an order sell, and what does ONE listing of it take from stock?
 *
 * The item is the one that the listing's link names, or else the one whose SKU is printed on the line; never the item of a
 * link that has ended. A line of an excluded listing takes nothing. An archived item is not sold any more: the one item
 * that has the line's SKU now takes its place. Kits are taken apart; where a product does not come out even in five
 * decimals it is rounded up: a need is never understated.
 */
import { Result } from "effect"
import type { BillOfMaterials, Component } from "../domain/BillOfMaterials.ts"
import type { Connection } from "../domain/Connection.ts"
import { isSellable, type Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Link } from "../domain/Link.ts"
import { keyOf, type ListingKey } from "../domain/Listing.ts"
import type { LocationId } from "../domain/Location.ts"
import type { OrderLine } from "../domain/Order.ts"
import { multiplyUp, one, type Quantity } from "../domain/Quantity.ts"
import type { SaleLine, SaleReason } from "../domain/Sale.ts"
import * as Text from "../domain/Text.ts"
import { leafNeeds } from "./Kits.ts"
import { resolveLine, type UnresolvedLine } from "./Matching.ts"
import type { SourcingFacts } from "./Sourcing.ts"

/** What the lines of an order are looked up in. */
export interface LineFacts extends SourcingFacts {
  readonly connection: Connection
  /** Links by listing. */
  readonly link: (key: ListingKey) => Link | null
  /** Items by exact SKU, for lines whose listing has no link. */
  readonly itemsBySku: (sku: string) => ReadonlyArray<Item>
  /** Items by id, kits with all they contain. */
  readonly item: (id: ItemId) => Item | null
  /** Our location for a shop's pick-up location; null when it has none. */
  readonly pickupLocation: (cartLocationId: string) => LocationId | null
  /** Whether a person has excluded a listing; left out: none is. */
  readonly excluded?: (key: ListingKey) => boolean
  /** The item of a listing's link that has ended, where the link has not been made anew; left out: none. */
  readonly endedItem?: (key: ListingKey) => ItemId | null
}

/** The item of a line, and what one listing takes from stock. */
export interface Recipe {
  readonly item: Item | null
  readonly unitsPerListing: Quantity
  readonly needs: BillOfMaterials
  /** What the listing's link names, where that is not the item itself. */
  readonly soldAs?: NonNullable<SaleLine["soldAs"]>
}

/** A line's recipe, or why it has none. */
export type Resolution = Result.Result<Recipe, SaleReason>

/** Takes nothing. */
export const nothing: Recipe = { item: null, unitsPerListing: one, needs: [] }

/** Finds a line's item and what it takes; money and excluded listings take nothing. */
export const resolve = (line: OrderLine, facts: LineFacts): Resolution => {
  if (!isLookedUp(line) || isExcluded(line, facts)) return Result.succeed(nothing)
  const found = resolveLine(line, { link: facts.link, itemsBySku: withoutEnded(line, facts) })
  if (found._tag === "Unresolved") {
    return isMoneyOnly(line) ? Result.succeed(nothing) : Result.fail(unmatched(line, found))
  }
  const linked = facts.item(found.itemId)
  const item = linked?.archived === true ? (successorOf(line, facts) ?? linked) : linked
  const { unitsPerListing } = found
  if (isMoneyOnly(line)) return Result.succeed({ item, unitsPerListing, needs: [] })
  if (item === null || item.archived || !isSellable(item.kind)) return Result.fail(unsellable(line, found.itemId))
  const soldAs = item.id === found.itemId ? {} : { soldAs: { itemId: found.itemId, unitsPerListing } }
  return Result.mapBoth(needsOf(item, unitsPerListing, facts), {
    onSuccess: (needs) => ({ item, unitsPerListing, needs, ...soldAs }),
    onFailure: (why) => ({ code: "LINE_KIT_BROKEN", message: `${nameOf(line)} cannot be taken from stock: ${why}.` })
  })
}

/** The link in force for a line: its variant's, or its product's where that has no variants. */
export const linkOf = (
  line: Pick<OrderLine, "productId" | "variantId">,
  facts: Pick<LineFacts, "link">
): Link | null => {
  const [own, product] = lookedUpKeys(line).map(facts.link)
  if (own !== undefined && own !== null) return own
  return product?.listing.shape === "single" ? product : null
}

/** Whether a person has excluded the listing that a line was sold from. */
export const isExcluded = (
  line: Pick<OrderLine, "productId" | "variantId">,
  { excluded = () => false, link }: Pick<LineFacts, "excluded" | "link">
): boolean => {
  const [own, product] = lookedUpKeys(line)
  if (own === undefined) return false
  return excluded(own) || (product !== undefined && link(own) === null && excluded(product))
}

/** The listing that a line was sold from; null on a line that the shop wrote by hand. */
export const listingKeyOf = (line: Pick<OrderLine, "productId" | "variantId">): ListingKey | null =>
  line.productId === null ? null : keyOf(line.productId, line.variantId)

/** The listings whose links may name a line's item: its variant's, or its product's where that has no variants. */
export const lookedUpKeys = (line: Pick<OrderLine, "productId" | "variantId">): ReadonlyArray<ListingKey> =>
  line.productId === null ? [] : [...new Set([keyOf(line.productId, line.variantId), keyOf(line.productId, null)])]

/** Whether a line is money only, whatever it may be linked to. */
export const isMoneyOnly = (line: Pick<OrderLine, "goods">): boolean => line.goods !== "physical"

/** Whether an item is looked up for a line; a line written by hand and a gift certificate have none. */
export const isLookedUp = (line: Pick<OrderLine, "goods">): boolean =>
  line.goods === "physical" || line.goods === "digital"

/** How much of a line's SKU and name a sentence quotes. */
export const quotedLengthMax = 120

/** A line as a sentence names it. */
export const nameOf = ({ id, sku, name }: Pick<OrderLine, "id" | "sku" | "name">): string =>
  `Line ${id} (${sku.trim() === "" ? "no SKU" : `SKU "${quoted(sku)}"`}, ${quoted(name)})`

const quoted = (text: string): string => Text.visible(Text.writable(text, quotedLengthMax))

/** A link that a person has removed stays away: its item is not found again by the SKU that it was linked by. */
const withoutEnded = (line: OrderLine, { itemsBySku, endedItem = () => null }: LineFacts): LineFacts["itemsBySku"] => {
  const ended = lookedUpKeys(line).map(endedItem)
  return (sku) => itemsBySku(sku).filter(({ id }) => !ended.includes(id))
}

/** The one item that is sold under the line's SKU now, where the linked one is archived. */
const successorOf = (line: OrderLine, { itemsBySku, item }: LineFacts): Item | null => {
  const active = itemsBySku(line.sku).filter((each) => !each.archived && isSellable(each.kind))
  const [only] = active
  return only !== undefined && active.length === 1 ? item(only.id) : null
}

const needsOf = (item: Item, units: Quantity, facts: LineFacts): Result.Result<BillOfMaterials, string> => {
  const leaves = leafNeeds(item.id, facts.item)
  if (Result.isFailure(leaves)) return Result.fail(leaves.failure.message)
  const needs: Array<Component> = []
  for (const { itemId, quantity } of leaves.success) {
    const need = multiplyUp(quantity, units)
    if (Result.isFailure(need)) return Result.fail(need.failure.message)
    needs.push({ itemId, quantity: need.success })
  }
  return Result.succeed(needs)
}

const unmatched = (line: OrderLine, { candidates }: UnresolvedLine): SaleReason =>
  candidates.length === 0
    ? { code: "LINE_UNMATCHED", message: `${nameOf(line)} matches no item.` }
    : { code: "LINE_AMBIGUOUS", message: `${nameOf(line)} could be any of the items ${candidates.join(", ")}.` }

const unsellable = (line: OrderLine, itemId: ItemId): SaleReason => ({
  code: "LINE_UNSELLABLE",
  message: `${nameOf(line)} is linked to item ${itemId}, which does not exist or cannot be sold.`
})
