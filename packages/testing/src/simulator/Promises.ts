/**
 * What the sync has promised, as checks of store and shops against the books. A check never fails the simulation: it gives
 * sentences that say which promise was broken, and how.
 */
import type { PublishPlan } from "@stockport/core/decide/Publishing"
import type { Connection } from "@stockport/core/domain/Connection"
import type { IssueCode } from "@stockport/core/domain/Issue"
import type { Link } from "@stockport/core/domain/Link"
import type { ListingKey } from "@stockport/core/domain/Listing"
import type { Position } from "@stockport/core/domain/Position"
import { format, type Quantity, scale } from "@stockport/core/domain/Quantity"
import { type Sale, type SaleId, type SaleLine, SaleState } from "@stockport/core/domain/Sale"
import type { RaisedIssue, StoreError } from "@stockport/core/ports/Store"
import { Clock, Effect } from "effect"
import * as Books from "./Books.ts"
import * as Explained from "./Explained.ts"
import * as Oracle from "./Oracle.ts"
import { type LinkBook, nameOf, nettableOf, rulesOf, type Shop, type World } from "./World.ts"

/**
 * A broken promise and what was seen. The promises: 1 imported once, 2 none lost and nothing without a reason, 3 demand and
 * stock are the truth, 4 each number that is sent is right, 5 the shop shows the right number, 6 every number can be
 * explained, 7 what a person has to know is told as long as it stands, and no longer.
 */
export interface Violation {
  readonly promise: 1 | 2 | 3 | 4 | 5 | 6 | 7
  readonly sentence: string
}

const broken = (promise: Violation["promise"], sentence: string): Violation => ({ promise, sentence })

type Checked = Effect.Effect<ReadonlyArray<Violation>, StoreError>

/** How many rows of a list are read at a time. */
const rowsPerPage = 500

/** Before a plan is sent: each number is what it ought to be, step by step. */
export const beforeSending = (world: World, shop: Shop, plan: PublishPlan): Checked =>
  Effect.gen(function* () {
    const stock = yield* shelvesOf(world)
    const found: Array<Violation> = []
    for (const { listing, quantity, steps } of plan.updates) {
      const book = shop.links.get(listing.key)
      // Of a product that was made anew the old row is not there any more, whatever it is told.
      if (book === undefined) continue
      const right = [...shop.connections].map((connection) =>
        book.standing === "linked" ? rightOf(world, shop, book.link, stock, connection) : 0
      )
      // Of several locations of the shop each gets its part.
      const isRight = shop.connection.publishTo.length === 1 ? right.includes(quantity) : quantity <= Math.max(...right)
      if (!isRight) {
        found.push(broken(4, `${shop.name}: ${listing.key} is told ${quantity}, and ${right.join(" or ")} is right`))
      }
      const last = steps.at(-1)?.quantity
      if (last !== quantity && book?.standing === "linked")
        found.push(broken(6, `the steps of ${listing.key} end with ${last}, not with ${quantity}`))
    }
    return found
  })

/** After a cycle that nothing disturbed: no shop shows more than there is. */
export const neverMoreThanThereIs = (world: World, shop: Shop): Checked =>
  Effect.gen(function* () {
    const found: Array<Violation> = []
    for (const one of yield* exposures(world, shop, asNoted(world, yield* allSales(world)))) {
      if (one.listings > 0 && !shop.disturbed.has(one.key)) {
        found.push(
          broken(5, `${shop.name} shows ${one.shown} of ${one.key} after a quiet cycle: ${one.listings} too many`)
        )
      }
    }
    return found
  })

/** A listing that shows more than there is: so many listings too many, so many units. */
export interface Exposed {
  readonly key: string
  readonly shown: number
  readonly listings: number
  readonly units: number
}

/** How much more a shop shows than nobody has a claim to, over all that the business has for sale. */
export const exposures = (
  world: World,
  shop: Shop,
  taken: Books.Taken = Books.asBought(world.shops[0].connection.locationId)
): Effect.Effect<ReadonlyArray<Exposed>> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const nettable = nettableOf(world)
    const available = world.books.available(nettable, now, taken)
    const [place = ""] = nettable
    const stock: Oracle.Shelves = {
      nettable: [place],
      shelves: [...available].map(([itemId, onHand]) => ({ itemId, locationId: place, onHand, against: 0 }))
    }
    const found: Array<Exposed> = []
    for (const { link, standing } of shop.links.values()) {
      const shown = yield* shownOf(shop, link.listing.key)
      if (shown === null || shown <= 0 || standing !== "linked") continue
      const { units } = sellsOf(link)
      const rules = { feeding: null, kitPooling: "pooled" as const }
      const listings = Math.max(0, shown - Oracle.wholeListings(sellsOf(link), world.books, stock, rules))
      if (listings > 0) found.push({ key: link.listing.key, shown, listings, units: (listings * units) / Books.unit })
    }
    return found
  })

/** A cycle after the last fault: every order has left a trace, also one that nobody can read. */
export const allSeen = (world: World): Checked =>
  Effect.map(allSales(world), (sales) =>
    [...world.books.orders.keys()]
      .filter((name) => !sales.has(name))
      .map((name) => broken(2, `order ${name} left no trace`))
  )

/** Two quiet cycles after the last fault: every order is known as it stands. */
export const allKnown = (world: World): Checked =>
  Effect.gen(function* () {
    const sales = yield* allSales(world)
    return [
      ...(yield* importedOnce(world, [...sales.values()])),
      ...noneLost(world, sales),
      ...linesAreRight(world, sales)
    ]
  })

/** When everything is due that was refused: two cycles have sent each number, without a comparison with the shop. */
export const allSent = (world: World): Checked =>
  Effect.map(
    Effect.forEach(world.shops, (shop) => showsTheNumbers(world, shop, shop.tampered)),
    (found) => found.flat()
  )

/** When all has come to rest: nothing lost, nothing doubled, everything the same on both sides, and explained. */
export const atRest = (world: World): Checked =>
  Effect.gen(function* () {
    const sales = yield* allSales(world)
    const found: Array<Violation> = []
    found.push(...(yield* importedOnce(world, [...sales.values()])))
    found.push(...noneLost(world, sales), ...linesAreRight(world, sales))
    found.push(...(yield* stockIsTheTruth(world, sales)))
    for (const shop of world.shops) {
      found.push(...(yield* showsTheNumbers(world, shop)))
      found.push(...(yield* isTold(world, shop, sales)))
      found.push(...(yield* explained(world, shop)))
    }
    return found
  })

const sellsOf = ({ itemId, unitsPerListing }: { readonly itemId: string; readonly unitsPerListing: number }) => ({
  itemId,
  units: unitsPerListing
})

/** The sales of all shops, by the name of their order in the books. */
const allSales = Effect.fnUntraced(function* (world: World) {
  const sales = new Map<string, Sale>()
  for (const shop of world.shops) {
    for (const sale of yield* salesOf(world, shop)) sales.set(nameOf(shop, sale.orderId), sale)
  }
  return sales
})

const salesOf = Effect.fnUntraced(function* ({ store }: World, { connection }: Shop) {
  const sales: Array<Sale> = []
  let after: SaleId | null = null
  for (;;) {
    const page: ReadonlyArray<Sale> = yield* store.sales.list(connection.id, SaleState.literals, {
      after,
      limit: rowsPerPage
    })
    sales.push(...page)
    after = page.at(-1)?.id ?? after
    if (page.length < rowsPerPage) return sales
  }
})

const positionsOf = ({ store, business }: World) =>
  Effect.map(store.stock.snapshot(business.stocked.map(({ id }) => id)), ({ positions }) => positions)

const shelvesOf = (world: World): Effect.Effect<Oracle.Shelves, StoreError> =>
  Effect.map(positionsOf(world), (positions) => ({
    nettable: nettableOf(world),
    shelves: positions.map((position) => ({ ...position, against: againstOf(position) }))
  }))

const againstOf = ({
  salesOrders,
  salesReceipts,
  pickTickets,
  reservations,
  softHolds,
  stockHolds
}: Position): number => salesOrders + salesReceipts + pickTickets + reservations + softHolds + stockHolds

const importedOnce = Effect.fnUntraced(function* ({ store }: World, sales: ReadonlyArray<Sale>) {
  const found: Array<Violation> = []
  const numbers = sales.flatMap(({ number }) => (number === null ? [] : [number.toLowerCase()]))
  if (new Set(numbers).size < numbers.length) found.push(broken(1, "two sales have one number"))
  const imported = new Map<string, number>()
  let after: number | null = null
  for (;;) {
    const page: ReadonlyArray<{
      readonly sequence: number
      readonly event: { readonly kind: string; readonly subject: string }
    }> = yield* store.events.list({ after, limit: rowsPerPage })
    for (const { event } of page) {
      // What was held meanwhile, and let go again, is as good as imported anew.
      const times = event.kind === "saleImported" ? 1 : event.kind === "saleHeld" ? -1 : 0
      imported.set(event.subject, Math.max(0, (imported.get(event.subject) ?? 0) + times))
    }
    after = page.at(-1)?.sequence ?? null
    if (after === null || page.length < rowsPerPage) break
  }
  for (const [subject, times] of imported) {
    if (times > 1) found.push(broken(1, `${subject} was imported ${times} times`))
  }
  return found
})

const noneLost = (world: World, sales: ReadonlyMap<string, Sale>): ReadonlyArray<Violation> =>
  [...world.books.orders].flatMap(([name, order]): ReadonlyArray<Violation> => {
    const sale = sales.get(name)
    if (sale === undefined) return [broken(2, `order ${name} (${order.standing}) left no trace`)]
    const expected = statesOf(world, order, sale)
    if (!expected.includes(sale.state)) {
      const why = sale.reasons.map(({ code }) => code).join(", ")
      return [
        broken(2, `order ${name} (${order.standing}) is ${sale.state} (${why}), expected ${expected.join(" or ")}`)
      ]
    }
    const needsReason = sale.state === "held" || sale.state === "skipped"
    return needsReason && sale.reasons.length === 0 ? [broken(2, `${sale.id} is ${sale.state} without a reason`)] : []
  })

const statesOf = (world: World, order: Books.OrderBook, { number }: Sale): ReadonlyArray<SaleState> => {
  switch (order.standing) {
    case "calledOff": {
      // Of what has left, somebody has to say what it was.
      const isAsked = order.lines.some((line) => Books.shippedOf(line) > 0 && isInDoubt(world, order, line))
      return number === null ? ["skipped", "cancelled", ...(isAsked ? (["held"] as const) : [])] : ["cancelled"]
    }
    case "unplaced":
      return ["skipped"]
    case "unpaid":
      // What has left nevertheless is booked.
      return order.lines.some((line) => Books.shippedOf(line) > 0) ? ["held", "open"] : ["held"]
    case "placed":
      if (order.lines.some((line) => isInDoubt(world, order, line))) return ["held", "open", "closed"]
      if (order.lines.some((line) => Books.openOf(order, line) > 0)) return ["open"]
      // What was paid back before anybody saw it needs nothing.
      return number === null ? ["closed", "skipped"] : ["closed"]
  }
}

/** Whether nobody could say what a line sold, or what it sold is not for sale any more: it waits for a person. */
const isInDoubt = (world: World, { shop }: Books.OrderBook, { ordered, recipe, listing }: Books.LineBook): boolean =>
  ordered > 0 &&
  (recipe === null ||
    (world.books.items.get(recipe.itemId)?.archived ?? true) ||
    linkBookOf(world, shop, rootListing(world, shop, listing))?.standing !== "linked")

/** Whether an order's sale speaks for what is open of it. */
const speaks = ({ state }: Sale): boolean => state === "open" || state === "closed" || state === "held"

/** What is open of each listing of an order, what was shipped, and that its lines take what it was once made of. */
const linesAreRight = (world: World, sales: ReadonlyMap<string, Sale>): ReadonlyArray<Violation> =>
  [...world.books.orders].flatMap(([name, order]) => {
    const sale = sales.get(name)
    if (sale === undefined || !speaks(sale)) return []
    const rootOf = (listing: string | null) => rootListing(world, order.shop, listing)
    const listings = [...new Set(order.lines.map(({ listing }) => rootOf(listing)))]
    return listings.flatMap((listing): ReadonlyArray<Violation> => {
      const booked = order.lines.filter((line) => rootOf(line.listing) === listing)
      const made = sale.lines.filter(({ listingKey }) => rootOf(listingKey) === listing)
      const open = sumOf(booked, (line) => Books.openOf(order, line))
      const seen = sumOf(made, (line) => line.open / scale)
      const found: Array<Violation> = []
      if (open !== seen) found.push(broken(3, `of ${listing} in ${name} ${seen} are open, expected ${open}`))
      const left = sumOf(booked, Books.shippedOf)
      const noted = sumOf(made, (line) => goneOf(line) / scale)
      if (left !== noted) found.push(broken(3, `of ${listing} in ${name} ${noted} have left, expected ${left}`))
      const isSure = booked.every((line) => !isInDoubt(world, order, line))
      for (const line of made) {
        const takes = line.open > 0 || line.shipped > 0
        if (takes && isSure && (line.itemId === null || !isHistoric(world, line))) {
          found.push(broken(3, `a line of ${name} takes what ${line.itemId} was never made of`))
        }
      }
      return [...found, ...sellsThePresentItem(world, order, listing, made)]
    })
  })

/** The link of a listing, by what its product was first made as. */
const linkBookOf = (world: World, shop: string, root: string): LinkBook | undefined =>
  [...(world.shops.find(({ name }) => name === shop)?.links.values() ?? [])].find(
    ({ link }) => rootListing(world, shop, link.listing.key) === root
  )

/** The listing that a product was first made as, before it was made anew. */
const rootListing = ({ shops }: World, shop: string, listing: string | null): string => {
  const madeOf = shops.find(({ name }) => name === shop)?.madeOf
  let root = String(listing)
  for (let before = madeOf?.get(root); before !== undefined; before = madeOf?.get(root)) root = before
  return root
}

const isHistoric = ({ books }: World, { itemId, unitsPerListing, needs }: SaleLine): boolean =>
  books.wasMadeOf(String(itemId), unitsPerListing, new Map(needs.map((need) => [need.itemId, need.quantity])))

/** What has not been shipped is of the item and the pack that the listing's link names now. */
const sellsThePresentItem = (
  world: World,
  order: Books.OrderBook,
  listing: string,
  made: ReadonlyArray<SaleLine>
): ReadonlyArray<Violation> => {
  const book = linkBookOf(world, order.shop, listing)
  if (book === undefined || book.standing !== "linked" || order.standing !== "placed") return []
  if (world.books.items.get(book.link.itemId)?.archived !== false) return []
  const { itemId, unitsPerListing } = book.link
  return made
    .filter((line) => line.open > 0 && line.shipped === 0 && line.needs.length > 0)
    .filter((line) => line.itemId !== itemId || line.unitsPerListing !== unitsPerListing)
    .map((line) => broken(3, `${order.shop}:${order.id} owes ${line.itemId}, but ${listing} sells ${itemId} by now`))
}

/** On hand and what speaks against it are what the books say, with the items and places that the sales have noted. */
const stockIsTheTruth = Effect.fnUntraced(function* (world: World, sales: ReadonlyMap<string, Sale>) {
  const positions = yield* positionsOf(world)
  const now = yield* Clock.currentTimeMillis
  const found: Array<Violation> = []
  const taken = asNoted(world, sales)
  const left = world.books.left((order, line) => {
    const sale = sales.get(`${order.shop}:${order.id}`)
    return sale !== undefined && isBooked(sale) ? taken(order, line) : null
  })
  for (const { id } of world.business.stocked) {
    const own = positions.filter(({ itemId }) => itemId === id)
    for (const { id: place } of world.business.locations) {
      const onHand = own.find(({ locationId }) => locationId === place)?.onHand ?? 0
      const right = world.books.onHand(id, place, left)
      // What left without a date may be taken to have left when its order was changed last.
      const least = right - world.books.undatedBeforeCount(id, place, left)
      if (onHand > right || onHand < least)
        found.push(broken(3, `on hand of ${id}@${place} is ${text(onHand)}, expected ${text(right)}`))
    }
    const reserved = world.books.reservedOf(id, now)
    const against = sumOf(own, againstOf)
    const owed = sumOf([...sales.values()], (sale) => owedBy(sale, id))
    if (against !== owed + reserved) {
      found.push(
        broken(3, `${text(against)} speak against ${id}, expected ${text(owed)} sold and ${text(reserved)} set aside`)
      )
    }
  }
  return found
})

/** A parcel of an order that waits to be booked is on hand here until it is. */
const isBooked = ({ state, number }: Sale): boolean => state !== "held" || number !== null

/** What a sale owes of an item: what is open, and of one that was never booked what has left, too. */
const owedBy = (sale: Sale, itemId: string): number =>
  sale.state !== "open" && sale.state !== "held"
    ? 0
    : sumOf(sale.lines, (line) => times(line.open + (sale.number === null ? goneOf(line) : 0), needOf(line, itemId)))

const goneOf = ({ shipped, finished = 0 as Quantity }: SaleLine): number => shipped + finished

const needOf = ({ needs }: SaleLine, itemId: string): number =>
  needs.find((need) => need.itemId === itemId)?.quantity ?? 0

/** What follows a line's id where the shop has given it another one, or a corrected link has split it. */
const derived = [".", "~"]

/** What the sales have noted of a line: what it takes, and from where. What was never noted takes what was bought. */
const asNoted =
  (world: World, sales: ReadonlyMap<string, Sale>): Books.Taken =>
  (order, line) => {
    const rootOf = (listing: string | null) => rootListing(world, order.shop, listing)
    const sale = sales.get(`${order.shop}:${order.id}`)
    const lines = sale?.lines.filter(({ listingKey }) => rootOf(listingKey) === rootOf(line.listing))
    // Two lines of one listing may have been bought with different bills.
    const own = lines?.filter(({ id }) => id === line.id || derived.some((mark) => id.startsWith(`${line.id}${mark}`)))
    const candidates = (own === undefined || own.length === 0 ? lines : own) ?? []
    const gone = goneInTurn(candidates)
    const noted = candidates.find((each) => !isTurn(each)) ?? candidates[0]
    if (noted === undefined) return Books.asBought(world.shops[0].connection.locationId)(order, line)
    return { needs: needsOf(noted), locationId: noted.locationId, first: gone }
  }

const needsOf = ({ needs }: SaleLine): Books.Needs => new Map(needs.map(({ itemId, quantity }) => [itemId, quantity]))

/** Where a link was corrected, what was shipped before is a line of its own. */
const isTurn = ({ id }: SaleLine): boolean => id.includes("~")

/** What has left of lines, in the order in which it left: what was shipped before each correction first. */
const goneInTurn = (lines: ReadonlyArray<SaleLine>) =>
  [...lines.filter(isTurn).sort((one, other) => (one.id < other.id ? -1 : 1)), ...lines.filter((each) => !isTurn(each))]
    .flatMap((each) => {
      const places = each.sources ?? []
      let rest = goneOf(each) / scale
      return [...places, { locationId: each.locationId, quantity: Number.POSITIVE_INFINITY }].map(
        ({ locationId, quantity }, at) => {
          const isLast = at >= places.length - 1
          const part = isLast ? rest : Math.min(rest, quantity / scale)
          rest -= part
          return { locationId, needs: needsOf(each), quantity: part }
        }
      )
    })
    .filter(({ quantity }) => quantity > 0)

/** What a shop shows of a listing over all of its locations, none of them below nothing; null where it counts nothing. */
const shownOf = Effect.fnUntraced(function* (shop: Shop, key: ListingKey) {
  let total: number | null = null
  for (const { cartLocationId } of shop.connection.publishTo) {
    const level = yield* shop.script.shop.level(key, cartLocationId)
    // Below nothing there is nothing: the shop has sold more than it had, and sells no more.
    if (level !== null) total = (total ?? 0) + Math.max(0, level)
  }
  return total
})

const showsTheNumbers = Effect.fnUntraced(function* (
  world: World,
  shop: Shop,
  except: ReadonlySet<string> = new Set()
) {
  const stock = yield* shelvesOf(world)
  const found: Array<Violation> = []
  for (const { link, standing } of shop.links.values()) {
    const { key } = link.listing
    const shown = except.has(key) ? null : yield* shownOf(shop, key)
    if (shown === null) continue
    const right = standing === "linked" ? rightOf(world, shop, link, stock) : null
    if (right !== null && shown !== right)
      found.push(broken(5, `${shop.name} shows ${shown} of ${key}, and ${right} is right`))
  }
  return found
})

/** What a listing ought to show over all of the shop's locations: no location more than what feeds it makes. */
const rightOf = (
  world: World,
  shop: Shop,
  link: Link,
  stock: Oracle.Shelves,
  connection: Connection = shop.connection
): number => {
  const rules = rulesOf(shop, connection)
  const number = Oracle.numberOf(sellsOf(link), world.books, stock, rules)
  if (connection.publishTo.length === 1) return number
  const makes = connection.publishTo.map(({ locations }) =>
    locations === null
      ? Oracle.wholeListings(sellsOf(link), world.books, stock, rules)
      : Oracle.madeAt(sellsOf(link), world.books, stock, rules, locations)
  )
  return Math.min(
    number,
    sumOf(makes, (one) => one)
  )
}

/** Issues that have no cause once everything is as it should be. */
const overAtRest: ReadonlyArray<IssueCode> = ["PUBLISH_REJECTED", "ORDER_UNREADABLE", "LISTING_UNREADABLE"]

/** Issues are open for exactly what stands. */
const isTold = Effect.fnUntraced(function* (world: World, shop: Shop, sales: ReadonlyMap<string, Sale>) {
  const open = yield* openIssues(world, shop)
  const found: Array<Violation> = []
  for (const { issue } of open) {
    if (overAtRest.includes(issue.code)) found.push(broken(7, `${issue.code} is still open: ${issue.message}`))
    const orderId = issue.about["orderId"]
    if (issue.code !== "ORDER_HELD" || orderId === undefined) continue
    const sale = sales.get(nameOf(shop, orderId))
    if (sale?.state !== "held") found.push(broken(7, `ORDER_HELD is open for ${orderId}, which is ${sale?.state}`))
  }
  return found
})

const openIssues = Effect.fnUntraced(function* ({ store }: World, { connection }: Shop) {
  const issues: Array<RaisedIssue> = []
  let after: string | null = null
  for (;;) {
    const page: ReadonlyArray<RaisedIssue> = yield* store.issues.open(connection.id, { after, limit: rowsPerPage })
    issues.push(...page)
    after = page.at(-1)?.key ?? after
    if (page.length < rowsPerPage) return issues
  }
})

const explained = (world: World, shop: Shop): Checked =>
  Effect.map(Explained.unexplained(world, shop), (sentences) => sentences.map((sentence) => broken(6, sentence)))

const times = (listings: number, need: number): number => Number((BigInt(listings) * BigInt(need)) / BigInt(scale))

const sumOf = <A>(rows: ReadonlyArray<A>, of: (row: A) => number): number => rows.reduce((sum, row) => sum + of(row), 0)

const text = (quantity: number): string => format(quantity as Quantity)
