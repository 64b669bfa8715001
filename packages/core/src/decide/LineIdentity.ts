/**
 * Which line of the stored snapshot is a line of the latest one?
 *
 * A line is recognised by its id, as long as it is the same goods; else by what it is: its listing, or its SKU and name,
 * and where it goes. A line whose product was deleted in the shop comes without product ids, and keeps those it had; a
 * line id that stands twice in one order is told apart, and both lines count.
 */
import { type ListingKey, ProductId, VariantId } from "../domain/Listing.ts"
import { makeLine, type Order, type OrderLine, OrderLineId } from "../domain/Order.ts"
import { zero } from "../domain/Quantity.ts"
import type { Sale } from "../domain/Sale.ts"
import { listingKeyOf } from "./LineItems.ts"
import { divide } from "./LineDivision.ts"
import { type KnownLines, orderLineIdOf } from "./LineRecall.ts"

/** A snapshot whose lines have been recognised. */
export interface Recognised {
  readonly order: Order
  /** The stored line that a line of the snapshot was before, by the id that it has now. */
  readonly before: ReadonlyMap<OrderLineId, OrderLine>
  /** What is known of the lines there are now, also where the shop has merged or split them. */
  readonly divided: KnownLines | null
}

/** Recognises a snapshot's lines among those of the known sale's; null: there is none. */
export const recognise = (snapshot: Order, known: Sale | null): Recognised => {
  const lines = tellApart(snapshot.lines)
  const before = matchLines(lines, known === null ? [] : [...known.order.lines, ...takenOff(known)])
  const divided = known === null ? null : divide(known, lines, before)
  const recognised = lines.map((line) => withIdsOf(line, divided?.before.get(line.id)))
  const isSame = recognised.every((line, index) => line === snapshot.lines[index])
  return { order: isSame ? snapshot : { ...snapshot, lines: recognised }, before, divided }
}

/** Lines that the shop has taken off the order, and of which something had been shipped: it may put them back. */
const takenOff = ({ order, lines }: Sale): ReadonlyArray<OrderLine> => {
  const present = new Set(order.lines.map(({ id }) => id))
  const absent = Map.groupBy(lines, orderLineIdOf)
  return [...absent].flatMap(([id, [first]]) =>
    present.has(id) || first === undefined
      ? []
      : [makeLine({ id, sku: first.sku, name: first.description, quantity: zero, ...idsFrom(first.listingKey) })]
  )
}

/** Only for comparing: what comes of them has the same key. */
const idsFrom = (key: ListingKey | null): Pick<OrderLine, "productId" | "variantId"> => {
  if (key === null) return { productId: null, variantId: null }
  const at = key.lastIndexOf("/")
  return at <= 0
    ? { productId: ProductId.make(key), variantId: null }
    : { productId: ProductId.make(key.slice(0, at)), variantId: VariantId.make(key.slice(at + 1)) }
}

const tellApart = (lines: ReadonlyArray<OrderLine>): ReadonlyArray<OrderLine> => {
  const taken = new Set<string>(lines.map(({ id }) => id))
  const seen = new Set<string>()
  return lines.map((line) => {
    if (!seen.has(line.id)) {
      seen.add(line.id)
      return line
    }
    let number = 2
    while (taken.has(`${line.id}/${number}`)) number++
    const id = OrderLineId.make(`${line.id}/${number}`)
    taken.add(id)
    return { ...line, id }
  })
}

/** From the surest sign to the weakest; each stored line is at most one of the new ones. */
const signs: ReadonlyArray<(line: OrderLine, stored: OrderLine) => boolean> = [
  (line, stored) => line.id === stored.id && isSameGoods(line, stored),
  (line, stored) => hasSameListing(line, stored) && goesSameWay(line, stored) && line.quantity === stored.quantity,
  (line, stored) => hasSameListing(line, stored) && goesSameWay(line, stored),
  (line, stored) => hasSameText(line, stored) && goesSameWay(line, stored) && line.quantity === stored.quantity,
  (line, stored) => hasSameText(line, stored) && goesSameWay(line, stored),
  hasSameListingAtAll,
  hasSameTextAtAll
]

const matchLines = (
  lines: ReadonlyArray<OrderLine>,
  stored: ReadonlyArray<OrderLine>
): ReadonlyMap<OrderLineId, OrderLine> => {
  const before = new Map<OrderLineId, OrderLine>()
  const byId = new Map(stored.map((line) => [line.id, line]))
  for (const line of lines) {
    const same = byId.get(line.id)
    if (same !== undefined && signs[0]!(line, same)) before.set(line.id, same)
  }
  const matched = new Set([...before.values()].map(({ id }) => id))
  for (const isSame of signs.slice(1)) {
    const left = lines.filter(({ id }) => !before.has(id))
    const gone = stored.filter(({ id }) => !matched.has(id))
    if (left.length === 0 || gone.length === 0) break
    for (const line of left) {
      const match = gone.find((each) => !matched.has(each.id) && isSame(line, each))
      if (match === undefined) continue
      before.set(line.id, match)
      matched.add(match.id)
    }
  }
  return before
}

/** Whether two lines with one id are the same goods; a line may lose its product's ids and stay what it was. */
const isSameGoods = (line: OrderLine, stored: OrderLine): boolean =>
  hasLostIds(line, stored) || listingKeyOf(line) === listingKeyOf(stored)

const hasLostIds = (line: OrderLine, stored: OrderLine): boolean =>
  line.productId === null && stored.productId !== null && isSameText(line, stored)

const isSameText = (line: OrderLine, stored: OrderLine): boolean =>
  line.sku.trim() === "" && stored.sku.trim() === "" ? line.name === stored.name : line.sku === stored.sku

function hasSameListingAtAll(line: OrderLine, stored: OrderLine): boolean {
  return hasSameListing(line, stored) && isSamePart(line, stored)
}

function hasSameTextAtAll(line: OrderLine, stored: OrderLine): boolean {
  return hasSameText(line, stored) && isSamePart(line, stored)
}

const hasSameListing = (line: OrderLine, stored: OrderLine): boolean =>
  listingKeyOf(line) !== null && listingKeyOf(line) === listingKeyOf(stored)

const hasSameText = (line: OrderLine, stored: OrderLine): boolean =>
  line.sku === stored.sku && line.name === stored.name

const goesSameWay = (line: OrderLine, stored: OrderLine): boolean =>
  line.consignmentId === stored.consignmentId && line.pickupAt === stored.pickupAt && isSamePart(line, stored)

const isSamePart = (line: OrderLine, stored: OrderLine): boolean =>
  (line.parentLineId === null) === (stored.parentLineId === null)

const withIdsOf = (line: OrderLine, stored: OrderLine | undefined): OrderLine =>
  stored === undefined || !hasLostIds(line, stored)
    ? line
    : { ...line, productId: stored.productId, variantId: stored.variantId, goods: stored.goods }
