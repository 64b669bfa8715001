/**
 * What do the lines of a shop's order take from stock? From the lines of the latest snapshot to the lines of a sale.
 *
 * What ONE listing takes from stock (see `LineItems`) is written down on the line when it is imported: a kit that changes
 * later does not change what the order needs. A link that a person has corrected does, for everything that has not been
 * shipped: a bill of materials is a snapshot, a wrong link is an error. What was shipped under the wrong item stays so, on
 * a line of its own.
 *
 * Quantities always come from the snapshot: open = ordered - shipped - freed (see `Refunds`). A line without stock (a custom
 * line, a gift certificate, a download, a service) is money and takes nothing; a line of which nothing was ordered neither.
 */
import { Result } from "effect"
import type { BillOfMaterials } from "../domain/BillOfMaterials.ts"
import * as Connections from "../domain/Connection.ts"
import type { Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { LocationId } from "../domain/Location.ts"
import { isAboutMoney, isCalledOff, isFinished, type Order, type OrderLine, OrderLineId } from "../domain/Order.ts"
import { multiplyUp, type Quantity, zero } from "../domain/Quantity.ts"
import type { Sale, SaleLine, SaleReason } from "../domain/Sale.ts"
import { goneOf, leftBefore, leftOf } from "./Departures.ts"
import { type Answers, finishedFigures, refundedFigures, refundFigures, underFigures } from "./Doubts.ts"
import { recognise } from "./LineIdentity.ts"
import {
  isExcluded,
  isLookedUp,
  isMoneyOnly,
  type LineFacts,
  linkOf,
  listingKeyOf,
  lookedUpKeys,
  nameOf,
  nothing,
  type Recipe,
  type Resolution,
  resolve
} from "./LineItems.ts"
import { recallFrom, type RecalledLine, splitUnder } from "./LineRecall.ts"
import { ambiguousOf, freedOf } from "./Refunds.ts"
import { locationsOf, type Place, placeFor, remembering } from "./Sourcing.ts"

export { isLookedUp, isMoneyOnly, type LineFacts, listingKeyOf, lookedUpKeys }
export { componentLineId, orderLineIdOf } from "./LineRecall.ts"

/** A sale's lines; `unresolved` says which of them stand in the way of an import. */
export interface SaleLines {
  readonly lines: ReadonlyArray<SaleLine>
  readonly unresolved: ReadonlyArray<SaleReason>
}

/** How the lines of a known sale are looked at: what a person has answered, and whether all of them are resolved anew. */
export interface LineOptions {
  readonly answerTo?: Answers
  readonly anew?: boolean
}

/**
 * The lines of an order's sale. `known` is the sale that exists already, if one does: what was observed of its lines stays,
 * and of a booked one what was written down when it was imported, and what we have shipped.
 */
export const fromOrder = (
  snapshot: Order,
  facts: LineFacts,
  known: Sale | null,
  options: LineOptions = {}
): SaleLines => {
  const { order, divided } = recognise(snapshot, known)
  const children = childrenOf(order)
  const resolved = new Map(order.lines.map((line) => [line.id, resolve(line, facts)]))
  const recall = recallFrom(divided, order)
  const place = placing(facts)
  const lines: Array<SaleLine> = []
  const unresolved: Array<SaleReason> = []
  for (const line of order.lines) {
    const parts = children.get(line.id) ?? []
    const resolution = resolved.get(line.id)!
    const fresh = () => make(line, resolution, bringsOf(line, parts, resolved), facts)
    const { own, recalled, failure } = settleItems(line, recall.of(line, parts), resolution, fresh, { facts, options })
    if (failure !== null && line.quantity > 0) unresolved.push(failure)
    const measured = own.map((each) => measure(each, line, recalled, { order, facts, known, options }))
    if (measured.some((each) => !isInRange(each))) unresolved.push(outOfRange(line))
    lines.push(...place(measured, line, recalled), ...recalled.under)
  }
  return { lines: [...lines, ...recall.shippedAndRemoved], unresolved }
}

/** A line's recipe as it was written down, or anew where it was not, or where a person's word says something else. */
const settleItems = (
  line: OrderLine,
  recalled: RecalledLine,
  resolution: Resolution,
  fresh: () => ReadonlyArray<SaleLine>,
  { facts, options }: { readonly facts: LineFacts; readonly options: LineOptions }
): { readonly own: ReadonlyArray<SaleLine>; readonly recalled: RecalledLine; readonly failure: SaleReason | null } => {
  const failure = Result.isFailure(resolution) ? resolution.failure : null
  const { kept, under } = recalled
  if (kept.length === 0) return { own: fresh(), recalled, failure }
  const isAnew = options.anew === true
  if (!isAnew && !isCorrected(line, kept, facts)) {
    // A person may say that what was shipped under another item was the item of the link all along.
    const isAsLinked =
      under.length > 0 && options.answerTo?.("SHIPPED_UNDER_OTHER_ITEM", line.id, underFigures(under)) === "as linked"
    return { own: kept, recalled: isAsLinked ? recalled.withUnder([]) : recalled, failure: null }
  }
  // In doubt the stock that was committed stays so, under the item that it was committed under.
  if (failure !== null) return { own: kept, recalled, failure: isAnew ? null : failure }
  const made = fresh()
  if (hasSameNeeds(made, kept)) return { own: renewed(kept, made), recalled, failure: null }
  return { own: made, recalled: recalled.withUnder([...under, ...splitUnder(line.id, kept, under)]), failure: null }
}

/** Whether a person's word since the import names another item or pack than the one written down. */
const isCorrected = (line: OrderLine, kept: ReadonlyArray<SaleLine>, facts: LineFacts): boolean => {
  const [first] = kept
  if (first === undefined || isMoneyOnly(line)) return false
  if (isExcluded(line, facts)) return first.itemId !== null
  const link = linkOf(line, facts)
  if (link === null || first.itemId === null) return false
  const soldAs = first.soldAs ?? { itemId: first.itemId, unitsPerListing: first.unitsPerListing }
  return link.itemId !== soldAs.itemId || link.unitsPerListing !== soldAs.unitsPerListing
}

const hasSameNeeds = (made: ReadonlyArray<SaleLine>, kept: ReadonlyArray<SaleLine>): boolean =>
  made.length === kept.length &&
  made.every((line, index) => {
    const was = kept[index]!
    return line.itemId === was.itemId && needsText(line) === needsText(was)
  })

const needsText = ({ needs }: SaleLine): string =>
  needs
    .map(({ itemId, quantity }) => `${itemId} ${quantity}`)
    .sort()
    .join()

const renewed = (kept: ReadonlyArray<SaleLine>, made: ReadonlyArray<SaleLine>): ReadonlyArray<SaleLine> =>
  kept.map(({ soldAs: _soldAs, ...line }, index) => {
    const { soldAs, unitsPerListing } = made[index]!
    return { ...line, unitsPerListing, ...(soldAs === undefined ? {} : { soldAs }) }
  })

/** The lines that a bundle of the shop's own has added to an order, by the line they belong to. */
const childrenOf = (order: Order): ReadonlyMap<OrderLineId | null, ReadonlyArray<OrderLine>> =>
  Map.groupBy(order.lines, ({ parentLineId }) => parentLineId)

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
    locationId: facts.connection.locationId,
    sku: line.sku,
    description: overrideDescription && recipe.item !== null ? describe(recipe.item) : line.name,
    quantity: zero,
    open: zero,
    shipped: zero,
    unitsPerListing: recipe.unitsPerListing,
    needs: withoutBrought(recipe, brings),
    parentLineId: line.parentLineId,
    ...(recipe.soldAs === undefined ? {} : { soldAs: recipe.soldAs })
  }
  return expandKits && recipe.item?.kind === "kit" && whole.needs.length > 0
    ? expand(whole, recipe.item, facts)
    : [whole]
}

/**
 * One line for each component, in place of a kit's. Quantities stay in listings and `unitsPerListing` is the component's
 * need, so that the demand is the kit's own and what was written down survives an amendment.
 */
const expand = (line: SaleLine, kit: Item, facts: LineFacts): ReadonlyArray<SaleLine> =>
  line.needs.map((need) => {
    // The kit has just been taken apart by the same look-up.
    const item = facts.item(need.itemId)!
    return {
      ...line,
      id: OrderLineId.make(`${line.id}#${need.itemId}`),
      itemId: need.itemId,
      sku: item.sku,
      description: describe(item),
      unitsPerListing: need.quantity,
      needs: [need],
      parentLineId: line.id,
      soldAs: line.soldAs ?? { itemId: kit.id, unitsPerListing: line.unitsPerListing }
    }
  })

const describe = ({ description, name }: Item): string => (description.trim() === "" ? name : description)

interface Measuring {
  readonly order: Order
  readonly facts: LineFacts
  readonly known: Sale | null
  readonly options: LineOptions
}

/** Puts the snapshot's quantities on a line. A download or a gift certificate is never shipped. */
const measure = (
  { freed: _freed, leftBefore: _leftBefore, finished: _finished, ...saleLine }: SaleLine,
  line: OrderLine,
  recalled: RecalledLine,
  { order, facts, known, options }: Measuring
): SaleLine => {
  const was = recalled.before(saleLine)
  const shipped = recalled.shippedOf(saleLine)
  const shippedInAll = (shipped + recalled.shippedUnder) as Quantity
  const isOver = isFinished(order) || isCalledOff(order)
  // What the shop has finished it does not take back by a word about money.
  const finishedBefore = isOver || isAboutMoney(order) ? (was?.gone.finished ?? zero) : zero
  const freed = freedBy({ ...line, shipped: (shippedInAll + finishedBefore) as Quantity }, was, order, options)
  const unshipped = Math.max(0, line.quantity - shippedInAll - freed) as Quantity
  const isKept = isAboutMoney(order) && isStillHere(line, options)
  const finished = isWithoutShipment(line) ? zero : finishedBy(line, unshipped, finishedBefore, order, options)
  const gone = goneOf({ shipped, finished })
  const balance = Connections.openingBalanceOf(facts.connection)
  const before = leftBefore(line, gone, was?.gone ?? null, { order, isFirstSeen: known === null, balance })
  return {
    ...saleLine,
    quantity: line.quantity,
    shipped,
    open: isWithoutShipment(line) || isOver || isKept ? zero : ((unshipped - finished) as Quantity),
    ...(freed > 0 ? { freed } : {}),
    ...(before > 0 ? { leftBefore: before } : {}),
    ...(finished > 0 ? { finished } : {})
  }
}

const isWithoutShipment = ({ goods }: OrderLine): boolean => goods === "digital" || goods === "giftCertificate"

type Before = ReturnType<RecalledLine["before"]>

/** What the shop finishes without a shipment is taken to have left, unless a person says that it is still here. */
const finishedBy = (
  line: OrderLine,
  unshipped: Quantity,
  finishedBefore: Quantity,
  order: Order,
  options: LineOptions
): Quantity => {
  if (isStillHere(line, options)) return zero
  return isFinished(order) ? unshipped : (Math.min(unshipped, finishedBefore) as Quantity)
}

const isStillHere = (line: OrderLine, { answerTo }: LineOptions): boolean =>
  answerTo?.("FINISHED_UNSHIPPED", line.id, finishedFigures(line)) === "still here"

const freedBy = (line: OrderLine, was: Before, order: Order, { answerTo = () => null }: LineOptions): Quantity => {
  const freed = freedOf(line, was?.refunds ?? null)
  if (order.status === "refunded" && answerTo("ORDER_REFUNDED_OPEN", null, refundedFigures(order)) === "free") {
    return Math.max(freed, line.quantity - line.shipped) as Quantity
  }
  const isFree = answerTo("REFUND_AMBIGUOUS", line.id, refundFigures(line)) === "free"
  return isFree ? ((freed + ambiguousOf(line, freed)) as Quantity) : freed
}

/** Gives each line its location: the one it has had, the one it is collected at, or the one that can fill it best. */
const placing = (facts: LineFacts) => {
  const { available = () => zero, feeding, connection, pickupLocation } = facts
  const memory = remembering(available)
  return (measured: ReadonlyArray<SaleLine>, line: OrderLine, recalled: RecalledLine): ReadonlyArray<SaleLine> => {
    const candidates = feeding?.(line.pickupAt) ?? []
    const pickedUpAt = line.pickupAt === null ? null : pickupLocation(line.pickupAt)
    const isCandidate = (id: LocationId) => recalled.isBooked || candidates.includes(id)
    const sticky = (each: SaleLine): Place | null => {
      const was = recalled.placeOf(each, line)
      return was !== null && locationsOf(was).every(isCandidate) ? was : null
    }
    const wanted = {
      needs: measured.flatMap(({ needs }) => needs),
      quantity: Math.max(0, ...measured.map((each) => each.open + leftOf(each))) as Quantity
    }
    // The components of one kit are committed at one place.
    const fallback = { locationId: pickedUpAt ?? connection.locationId }
    const chosen = () => placeFor(candidates, wanted, memory.available) ?? fallback
    const [first] = measured
    if (first === undefined) return measured
    const known = sticky(first)
    const place = known ?? (feeding === undefined ? fallback : chosen())
    if (known === null) memory.take(place, wanted)
    return measured.map(({ sources: _sources, ...each }) => ({ ...each, ...(sticky(each) ?? place) }))
  }
}

const isInRange = ({ needs, quantity }: SaleLine): boolean =>
  needs.every((need) => Result.isSuccess(multiplyUp(quantity, need.quantity)))

const outOfRange = (line: OrderLine): SaleReason => ({
  code: "LINE_OUT_OF_RANGE",
  message: `${nameOf(line)} takes more from stock than can be counted.`
})
