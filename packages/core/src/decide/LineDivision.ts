/**
 * How have the goods of one article been divided anew among an order's lines?
 *
 * A shop may merge lines, split them, and give them new ids; no goods leave by that. What was known of the lines that are
 * gone is added up and dealt out to the lines there are now: what was shipped goes where the shop says now that it was
 * shipped, what we have shipped ahead of the shop where there is room. Shipped goods that no line has any more stay off the
 * shelf, as far as the shop took that many off the order; else it has taken a shipment back.
 *
 * Lines of one article are added up only where one of them takes the same from stock as the other. Lines of a bundle, and
 * lines of which something was shipped under another item, stay each by themselves.
 */
import type { OrderLine, OrderLineId } from "../domain/Order.ts"
import { type Quantity, zero } from "../domain/Quantity.ts"
import type { Sale, SaleLine } from "../domain/Sale.ts"
import { goneOf, portionsOf } from "./Departures.ts"
import { listingKeyOf } from "./LineItems.ts"
import { isUnder, type KnownLines, orderLineIdOf, renamed } from "./LineRecall.ts"
import type { Place } from "./Sourcing.ts"

/** Deals out what is known of an order's lines; `before` tells which stored line each line was, as far as one was one. */
export const divide = (
  known: Sale,
  lines: ReadonlyArray<OrderLine>,
  before: ReadonlyMap<OrderLineId, OrderLine>
): KnownLines => {
  const articleOf = articlesOf([...known.order.lines, ...lines])
  const written = Map.groupBy(known.lines, orderLineIdOf)
  const present = new Set(known.order.lines.map(({ id }) => id))
  const putAside = known.lines.filter((line) => !present.has(orderLineIdOf(line)) && line.shipped > 0)
  const stored = Map.groupBy(known.order.lines, articleOf)
  const isWhole = makeIsWhole([...known.order.lines, ...lines])
  const shares: Array<Share> = []
  for (const [article, now] of Map.groupBy(lines, articleOf)) {
    const ids = new Set(now.map(({ id }) => id))
    const aside = putAside.filter((line) => line.listingKey === article && !ids.has(orderLineIdOf(line)))
    const pool = poolOf(now, stored.get(article) ?? [], aside, before, written)
    if (pool === null || !pool.now.every(isWhole) || !pool.was.every(isWhole) || !isOfOneKind(pool)) continue
    shares.push(dealOut(pool, before))
  }
  return shares.length === 0 ? { known, before } : withShares(known, before, shares)
}

/** The lines of one article that have been divided anew: as they were, and as they are. */
interface Pool {
  readonly was: ReadonlyArray<OrderLine>
  readonly now: ReadonlyArray<OrderLine>
  /** What was written down for the lines as they were, each order line's by itself. */
  readonly written: ReadonlyArray<ReadonlyArray<SaleLine>>
  /** Ids of lines that the shop has no more. */
  readonly gone: ReadonlySet<OrderLineId>
  /** What had been shipped of lines that were taken off the order at a look before. */
  readonly aside: ReadonlyArray<SaleLine>
}

/** What becomes of a pool's lines. */
interface Share {
  readonly pool: Pool
  readonly before: ReadonlyArray<OrderLine>
  readonly lines: ReadonlyArray<SaleLine>
}

/** Null where nothing was divided: every line is the one that it was, or one line has become one other. */
const poolOf = (
  now: ReadonlyArray<OrderLine>,
  stored: ReadonlyArray<OrderLine>,
  aside: ReadonlyArray<SaleLine>,
  before: ReadonlyMap<OrderLineId, OrderLine>,
  writtenOf: ReadonlyMap<OrderLineId, ReadonlyArray<SaleLine>>
): Pool | null => {
  const isKept = ({ id }: OrderLine) => before.get(id)?.id === id
  const kept = new Map(now.filter(isKept).map((line) => [line.id, line]))
  const fresh = now.filter((line) => !isKept(line))
  const gone = stored.filter(({ id }) => !kept.has(id))
  const hasTakenPart = (was: OrderLine): boolean => {
    const line = kept.get(was.id)
    if (line === undefined) return true
    return line.quantity > was.quantity ? gone.length > 0 : line.quantity < was.quantity && fresh.length > 0
  }
  const was = stored.filter(hasTakenPart)
  const partners = new Set(was.map(({ id }) => id))
  const putBack = fresh.length === 0 ? [] : aside
  const isOneForOne =
    was.length <= 1 && fresh.length <= 1 && putBack.length === 0 && (gone.length === 1 || was.length === 0)
  const into = now.filter((line) => !isKept(line) || partners.has(line.id))
  if (isOneForOne || into.length === 0 || was.length + putBack.length === 0) return null
  return {
    was,
    now: into,
    written: was.map(({ id }) => writtenOf.get(id) ?? []),
    gone: new Set(gone.map(({ id }) => id)),
    aside: putBack
  }
}

/** Whether a line is neither a bundle nor a part of one. */
const makeIsWhole = (lines: ReadonlyArray<OrderLine>) => {
  const parents = new Set(lines.flatMap(({ parentLineId }) => parentLineId ?? []))
  return ({ id, parentLineId }: OrderLine): boolean => parentLineId === null && !parents.has(id)
}

/** Whether all lines of a pool take the same from stock, part by part, and nothing was shipped under another item. */
const isOfOneKind = ({ written, aside }: Pool): boolean => {
  const ofLines = [...written, ...Map.groupBy(aside, orderLineIdOf).values()]
  const kinds = ofLines.map((lines) => JSON.stringify(lines.map((line) => [partOf(line), line.itemId, line.needs])))
  return new Set(kinds).size === 1 && !ofLines.flat().some(isUnder) && ofLines.every((lines) => lines.length > 0)
}

/** What distinguishes the components of an expanded kit's line. */
const partOf = (line: SaleLine): string => line.id.slice(orderLineIdOf(line).length)

/** The article of each line, by its listing; one without product ids is of the only listing that has its text. */
const articlesOf = (lines: ReadonlyArray<OrderLine>) => {
  const listingsOf = new Map<string, Set<string>>()
  for (const line of lines) {
    const key = listingKeyOf(line)
    if (key !== null) listingsOf.set(textOf(line), (listingsOf.get(textOf(line)) ?? new Set()).add(key))
  }
  return (line: OrderLine): string => {
    const key = listingKeyOf(line)
    if (key !== null) return key
    const [only, ...others] = listingsOf.get(textOf(line)) ?? []
    return only !== undefined && others.length === 0 ? only : textOf(line)
  }
}

const textOf = ({ sku, name }: OrderLine): string => JSON.stringify(sku.trim() === "" ? ["", name] : [sku])

const dealOut = (pool: Pool, before: ReadonlyMap<OrderLineId, OrderLine>): Share => {
  const { was, now, written, aside } = pool
  const [models = []] = [...written, ...Map.groupBy(aside, orderLineIdOf).values()]
  const shipped = dealer(sum(was.map((line) => line.shipped)))
  const refunded = dealer(sum(was.map((line) => line.refunded)))
  const linesBefore = now.map((line): OrderLine => {
    const model = modelOf(line, pool, before) ?? line
    const { productId, variantId, goods } = line.productId === null ? model : line
    return {
      ...line,
      productId,
      variantId,
      goods,
      pickupAt: model.pickupAt,
      shipped: shipped.deal(line.shipped),
      refunded: refunded.deal(line.refunded)
    }
  })
  const lines = models.flatMap((model) => dealPart(pool, partOf(model), before))
  return { pool, before: linesBefore, lines }
}

/** The stored line that a line takes its place from: the one it was, else one that goes the same way. */
const modelOf = (
  line: OrderLine,
  { was }: Pick<Pool, "was">,
  before: ReadonlyMap<OrderLineId, OrderLine>
): OrderLine | null => {
  const own = before.get(line.id)
  const same = was.find(({ id }) => id === own?.id) ?? was.find(({ pickupAt }) => pickupAt === line.pickupAt)
  return same ?? was[0] ?? own ?? null
}

/** Deals out one part of the lines: all of it, or one component of an expanded kit. */
const dealPart = (pool: Pool, part: string, before: ReadonlyMap<OrderLineId, OrderLine>): ReadonlyArray<SaleLine> => {
  const of = (lines: ReadonlyArray<SaleLine>) => lines.filter((line) => partOf(line) === part)
  const own = of(pool.written.flat())
  const aside = of(pool.aside)
  const removed = own.filter((line) => pool.gone.has(orderLineIdOf(line)))
  const { shipped, lost } = shippedOf(pool, own, aside, removed)
  const all = [...own, ...aside]
  const finished = dealer(sum(own.map((line) => line.finished ?? zero)))
  const leftBefore = dealer(sum(all.map((line) => line.leftBefore ?? zero)))
  const freed = dealer(sum(own.map((line) => line.freed ?? zero)) - takenOffOf(pool))
  const places = placesOf(all)
  const shares = pool.now.map((line, at): SaleLine => {
    const model = modelOf(line, pool, before)
    const of = own.find((each) => orderLineIdOf(each) === model?.id) ?? all[0]!
    const { freed: _freed, finished: _finished, leftBefore: _before, ...rest } = renamed(of, orderLineIdOf(of), line)
    const gone = { shipped: shipped[at]!, finished: finished.deal(line.quantity - shipped[at]!) }
    return {
      ...rest,
      ...places(line.quantity),
      quantity: line.quantity,
      open: Math.max(0, line.quantity - goneOf(gone)) as Quantity,
      shipped: gone.shipped,
      ...some("finished", gone.finished),
      ...some("leftBefore", leftBefore.deal(goneOf(gone))),
      ...some("freed", freed.deal(line.refunded))
    }
  })
  const [rest] = [...aside, ...removed]
  if (lost === 0 || rest === undefined) return shares
  const { leftBefore: _before, ...without } = rest
  return [...shares, { ...without, shipped: lost, ...some("leftBefore", leftBefore.deal(lost)) }]
}

/** Deals out the locations that lines were committed at, where some were at several. */
const placesOf = (lines: ReadonlyArray<SaleLine>): ((quantity: Quantity) => Partial<Place>) => {
  if (lines.every(({ sources }) => sources === undefined)) return () => ({})
  const sources = lines.flatMap((line) =>
    portionsOf(line).map(({ locationId, open, gone }) => ({ locationId, deal: dealer(open + gone) }))
  )
  const last = sources.at(-1)!
  return (quantity) => {
    let left: number = quantity
    const dealt = sources.flatMap(({ locationId, deal }) => {
      const part = deal.deal(left)
      left -= part
      return part > 0 ? [{ locationId, quantity: part }] : []
    })
    const [first = { locationId: last.locationId, quantity }] = dealt
    return { locationId: first.locationId, sources: dealt.length === 0 ? [first] : dealt }
  }
}

/** What was shipped of each line as they are now, and what no line has any more although it has left. */
const shippedOf = (
  pool: Pool,
  own: ReadonlyArray<SaleLine>,
  aside: ReadonlyArray<SaleLine>,
  removed: ReadonlyArray<SaleLine>
): { readonly shipped: ReadonlyArray<Quantity>; readonly lost: Quantity } => {
  const { was, now } = pool
  const ours = dealer(sum(own.map((line) => line.shipped)))
  const isAheadOfShop = ours.left() > sum(was.map((line) => line.shipped))
  const putAside = dealer(sum(aside.map((line) => line.shipped)))
  const asTheShopSays = now.map((line) => ours.deal(line.shipped))
  const shipped = now.map((line, at) => {
    const said = asTheShopSays[at]!
    const ahead = isAheadOfShop ? ours.deal(line.quantity - said) : zero
    return said + ahead + putAside.deal(line.shipped - said - ahead)
  })
  const ofRemoved = sum(removed.map((line) => line.shipped))
  // What we have shipped has left, whatever the shop says.
  if (isAheadOfShop && removed.length === 0) shipped[0] = shipped[0]! + ours.deal(ours.left())
  const lost = Math.min(ours.left(), isAheadOfShop ? ofRemoved : Math.min(ofRemoved, takenOffOf(pool)))
  return {
    shipped: shipped as ReadonlyArray<number> as ReadonlyArray<Quantity>,
    lost: (lost + putAside.left()) as Quantity
  }
}

/** How many fewer the lines are about than they were. */
const takenOffOf = ({ was, now }: Pool): number =>
  Math.max(0, sum(was.map(({ quantity }) => quantity)) - sum(now.map(({ quantity }) => quantity)))

const some = <K extends string>(key: K, quantity: Quantity): { readonly [key in K]?: Quantity } =>
  (quantity > 0 ? { [key]: quantity } : {}) as { readonly [key in K]?: Quantity }

/** Deals out a total, each time as much as is asked for, as long as there is some. */
const dealer = (total: number) => {
  let left = Math.max(0, total)
  return {
    deal: (wanted: number): Quantity => {
      const dealt = Math.max(0, Math.min(wanted, left))
      left -= dealt
      return dealt as Quantity
    },
    left: (): number => left
  }
}

const sum = (quantities: ReadonlyArray<Quantity>): number => quantities.reduce((total, each) => total + each, 0)

const withShares = (
  known: Sale,
  before: ReadonlyMap<OrderLineId, OrderLine>,
  shares: ReadonlyArray<Share>
): KnownLines => {
  const dealt = new Set(
    shares.flatMap(({ pool }) => [...pool.was.map(({ id }) => id), ...pool.aside.map(orderLineIdOf)])
  )
  const others = known.lines.filter((line) => !dealt.has(orderLineIdOf(line)))
  return {
    known: { ...known, lines: [...others, ...shares.flatMap(({ lines }) => lines)] },
    before: new Map([...before, ...shares.flatMap((share) => share.before.map((line) => [line.id, line] as const))])
  }
}
