/**
 * What do the lines of a shop's order take from stock? From the lines of the latest snapshot to the lines of a sale.
 *
 * Each line finds its item by the listing's link, or else by the SKU printed on it. What ONE listing takes from stock is
 * written down on the line when it is imported, kits taken apart: a kit that changes later does not change what the order
 * needs. Quantities always come from the snapshot: open = max(0, ordered - shipped - refunded).
 *
 * A line without stock (a custom line, a gift certificate, a download, a service) is money and takes nothing. Where a
 * product does not come out even in five decimals it is rounded up: a need is never understated.
 */
import { Result } from "effect"
import type { BillOfMaterials, Component } from "../domain/BillOfMaterials.ts"
import type { Connection } from "../domain/Connection.ts"
import { isSellable, type Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Link } from "../domain/Link.ts"
import { keyOf, type ListingKey } from "../domain/Listing.ts"
import type { LocationId } from "../domain/Location.ts"
import { openOf, type Order, type OrderLine, OrderLineId } from "../domain/Order.ts"
import { multiplyUp, one, type Quantity, zero } from "../domain/Quantity.ts"
import type { Sale, SaleLine, SaleReason } from "../domain/Sale.ts"
import { leafNeeds } from "./Kits.ts"
import { resolveLine, type UnresolvedLine } from "./Matching.ts"

/** What the lines of an order are looked up in. */
export interface LineFacts {
  readonly connection: Connection
  /** Links by listing. */
  readonly link: (key: ListingKey) => Link | null
  /** Items by exact SKU, for lines whose listing has no link. */
  readonly itemsBySku: (sku: string) => ReadonlyArray<Item>
  /** Items by id, kits with all they contain. */
  readonly item: (id: ItemId) => Item | null
  /** Our location for a shop's pick-up location; null when it has none. */
  readonly pickupLocation: (cartLocationId: string) => LocationId | null
}

/** A sale's lines; `unresolved` says which of them stand in the way of an import. */
export interface SaleLines {
  readonly lines: ReadonlyArray<SaleLine>
  readonly unresolved: ReadonlyArray<SaleReason>
}

/**
 * The lines of an order's sale. `imported` is the sale that exists already, if one does: its lines keep what was written
 * down when they were imported, and what we have shipped stays shipped.
 */
export const fromOrder = (order: Order, facts: LineFacts, imported: Sale | null): SaleLines => {
  const children = childrenOf(order)
  const resolved = new Map(order.lines.map((line) => [line.id, resolve(line, facts)]))
  const recall = recallFrom(imported)
  const lines: Array<SaleLine> = []
  const unresolved: Array<SaleReason> = []
  for (const line of order.lines) {
    const parts = children.get(line.id) ?? []
    const resolution = resolved.get(line.id)!
    const kept = recall.linesOf(line, parts)
    if (kept.length === 0 && Result.isFailure(resolution)) unresolved.push(resolution.failure)
    const made = kept.length > 0 ? kept : make(line, resolution, bringsOf(line, parts, resolved), facts)
    const shipped = recall.shippedOf(line)
    const measured = made.map((each) => measure(each, line, shipped))
    const tooLarge = measured.find((each) => !isInRange(each))
    if (tooLarge !== undefined) unresolved.push(outOfRange(line))
    lines.push(...measured)
  }
  return { lines: [...lines, ...recall.shippedAndRemoved(order)], unresolved }
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

/** The id of a component's line, where a kit's line was replaced by lines for its components. */
export const componentLineId = (lineId: OrderLineId, itemId: ItemId): OrderLineId =>
  OrderLineId.make(`${lineId}#${itemId}`)

/** The item of a line, and what one listing takes from stock. */
interface Recipe {
  readonly item: Item | null
  readonly unitsPerListing: Quantity
  readonly needs: BillOfMaterials
}

type Resolution = Result.Result<Recipe, SaleReason>

const nothing: Recipe = { item: null, unitsPerListing: one, needs: [] }

const resolve = (line: OrderLine, facts: LineFacts): Resolution => {
  if (!isLookedUp(line)) return Result.succeed(nothing)
  const found = resolveLine(line, facts)
  if (found._tag === "Unresolved") {
    return isMoneyOnly(line) ? Result.succeed(nothing) : Result.fail(unmatched(line, found))
  }
  const item = facts.item(found.itemId)
  const { unitsPerListing } = found
  if (isMoneyOnly(line)) return Result.succeed({ item, unitsPerListing, needs: [] })
  if (item === null || !isSellable(item.kind)) return Result.fail(unsellable(line, found.itemId))
  return Result.mapBoth(needsOf(item, unitsPerListing, facts), {
    onSuccess: (needs) => ({ item, unitsPerListing, needs }),
    onFailure: (why) => ({ code: "LINE_KIT_BROKEN", message: `${nameOf(line)} cannot be taken from stock: ${why}.` })
  })
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

/** The lines that a bundle of the shop's own has added to an order, by the line they belong to. */
const childrenOf = (order: Order): ReadonlyMap<OrderLineId | null, ReadonlyArray<OrderLine>> =>
  Map.groupBy(order.lines, ({ parentLineId }) => parentLineId)

/** Whether a bundle has the same parts in the same proportion as before. */
const isSameBundle = (
  before: OrderLine,
  childrenBefore: ReadonlyArray<OrderLine>,
  parent: OrderLine,
  children: ReadonlyArray<OrderLine>
): boolean =>
  children.length === childrenBefore.length &&
  children.every((child, index) => {
    const was = childrenBefore[index]
    return (
      was?.id === child.id &&
      BigInt(was.quantity) * BigInt(parent.quantity) === BigInt(child.quantity) * BigInt(before.quantity)
    )
  })

/** What the child lines of a bundle take themselves for ONE of their parent, rounded down. */
const bringsOf = (
  parent: OrderLine,
  children: ReadonlyArray<OrderLine>,
  resolved: ReadonlyMap<OrderLineId, Resolution>
): ReadonlyMap<ItemId, Quantity> => {
  const brings = new Map<ItemId, Quantity>()
  if (parent.quantity === 0) return brings
  for (const child of children) {
    const { needs } = Result.getOrElse(resolved.get(child.id)!, () => nothing)
    for (const { itemId, quantity } of needs) {
      const perParent = Number((BigInt(child.quantity) * BigInt(quantity)) / BigInt(parent.quantity))
      brings.set(itemId, ((brings.get(itemId) ?? 0) + perParent) as Quantity)
    }
  }
  return brings
}

/**
 * A kit that the shop sells as a bundle has lines of its own for its components. What those take is not taken a second
 * time by the kit's line.
 */
const withoutBrought = (recipe: Recipe, brings: ReadonlyMap<ItemId, Quantity>): BillOfMaterials =>
  recipe.item?.kind !== "kit"
    ? recipe.needs
    : recipe.needs.flatMap(({ itemId, quantity }) => {
        const left = (quantity - (brings.get(itemId) ?? 0)) as Quantity
        return left > 0 ? [{ itemId, quantity: left }] : []
      })

const make = (
  line: OrderLine,
  resolution: Resolution,
  brings: ReadonlyMap<ItemId, Quantity>,
  facts: LineFacts
): ReadonlyArray<SaleLine> => {
  const recipe = Result.getOrElse(resolution, () => nothing)
  const { expandKits, overrideDescription } = facts.connection.policy.intake
  const whole: SaleLine = {
    id: line.id,
    listingKey: listingKeyOf(line),
    itemId: recipe.item?.id ?? null,
    locationId: locationOf(line, facts),
    sku: line.sku,
    description: overrideDescription && recipe.item !== null ? describe(recipe.item) : line.name,
    quantity: zero,
    open: zero,
    shipped: zero,
    unitsPerListing: recipe.unitsPerListing,
    needs: withoutBrought(recipe, brings),
    parentLineId: line.parentLineId
  }
  return expandKits && recipe.item?.kind === "kit" && whole.needs.length > 0 ? expand(whole, facts) : [whole]
}

/**
 * One line for each component, in place of a kit's. Quantities stay in listings and `unitsPerListing` is the component's
 * need, so that the demand is the kit's own and what was written down survives an amendment.
 */
const expand = (kit: SaleLine, facts: LineFacts): ReadonlyArray<SaleLine> =>
  kit.needs.map((need) => {
    // The kit has just been taken apart by the same look-up.
    const item = facts.item(need.itemId)!
    return {
      ...kit,
      id: componentLineId(kit.id, need.itemId),
      itemId: need.itemId,
      sku: item.sku,
      description: describe(item),
      unitsPerListing: need.quantity,
      needs: [need],
      parentLineId: kit.id
    }
  })

const describe = ({ description, name }: Item): string => (description.trim() === "" ? name : description)

const locationOf = (line: OrderLine, facts: LineFacts): LocationId =>
  (line.pickupAt === null ? null : facts.pickupLocation(line.pickupAt)) ?? facts.connection.locationId

/** Puts the snapshot's quantities on a line. A download or a gift certificate is never shipped. */
const measure = (saleLine: SaleLine, line: OrderLine, shipped: Quantity): SaleLine => ({
  ...saleLine,
  quantity: line.quantity,
  shipped,
  open: line.goods === "digital" || line.goods === "giftCertificate" ? zero : openOf({ ...line, shipped })
})

const isInRange = ({ needs, quantity }: SaleLine): boolean =>
  needs.every((need) => Result.isSuccess(multiplyUp(quantity, need.quantity)))

/** What an imported sale has to say about the lines of a later snapshot. */
interface Recall {
  /** The lines that were written down for an order line; none for a new one, or one that has become another. */
  readonly linesOf: (line: OrderLine, children: ReadonlyArray<OrderLine>) => ReadonlyArray<SaleLine>
  /** What has been shipped: what the shop says, or what we have shipped and the shop does not know yet. */
  readonly shippedOf: (line: OrderLine) => Quantity
  /** Lines that the shop took off the order although something of them has been shipped. */
  readonly shippedAndRemoved: (order: Order) => ReadonlyArray<SaleLine>
}

const recallFrom = (imported: Sale | null): Recall => {
  if (imported === null) {
    return { linesOf: () => [], shippedOf: ({ shipped }) => shipped, shippedAndRemoved: () => [] }
  }
  const snapshot = new Map(imported.order.lines.map((line) => [line.id, line]))
  const childrenBefore = childrenOf(imported.order)
  const written = Map.groupBy(imported.lines, orderLineIdOf)
  // A line has one line written for it, or one for each component; components have items.
  const areResolved = (line: OrderLine) => isMoneyOnly(line) || written.get(line.id)?.[0]!.itemId != null
  return {
    linesOf: (line, children) => {
      const before = snapshot.get(line.id)
      const own = written.get(line.id)
      const isSame =
        own !== undefined &&
        before !== undefined &&
        listingKeyOf(before) === listingKeyOf(line) &&
        before.pickupAt === line.pickupAt &&
        before.parentLineId === line.parentLineId &&
        isSameBundle(before, childrenBefore.get(line.id) ?? [], line, children) &&
        [line, ...children].every(areResolved)
      return isSame ? own : []
    },
    shippedOf: (line) => {
      const ours = written.get(line.id)?.[0]!.shipped ?? zero
      const isAheadOfShop = ours > (snapshot.get(line.id)?.shipped ?? zero)
      return isAheadOfShop ? (Math.max(ours, line.shipped) as Quantity) : line.shipped
    },
    shippedAndRemoved: (order) => {
      const present = new Set(order.lines.map(({ id }) => id))
      return imported.lines
        .filter((line) => line.shipped > 0 && !present.has(orderLineIdOf(line)))
        .map((line) => ({ ...line, quantity: zero, open: zero }))
    }
  }
}

/** The order's line that a sale's line stands for, itself or as one of its components. */
export const orderLineIdOf = ({ id, parentLineId, itemId }: SaleLine): OrderLineId =>
  parentLineId !== null && id === `${parentLineId}#${itemId}` ? parentLineId : id

const nameOf = (line: OrderLine): string =>
  `Line ${line.id} (${line.sku.trim() === "" ? "no SKU" : `SKU "${line.sku}"`}, ${line.name})`

const unmatched = (line: OrderLine, { candidates }: UnresolvedLine): SaleReason =>
  candidates.length === 0
    ? { code: "LINE_UNMATCHED", message: `${nameOf(line)} matches no item.` }
    : { code: "LINE_AMBIGUOUS", message: `${nameOf(line)} could be any of the items ${candidates.join(", ")}.` }

const unsellable = (line: OrderLine, itemId: ItemId): SaleReason => ({
  code: "LINE_UNSELLABLE",
  message: `${nameOf(line)} is linked to item ${itemId}, which does not exist or cannot be sold.`
})

const outOfRange = (line: OrderLine): SaleReason => ({
  code: "LINE_OUT_OF_RANGE",
  message: `${nameOf(line)} takes more from stock than can be counted.`
})
