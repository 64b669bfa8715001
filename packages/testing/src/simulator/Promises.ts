/**
 * What the sync has promised, as checks against the store, the shop and the world's own books. A check never fails the
 * simulation: it gives sentences that say which promise was broken, and how.
 */
import type { Available } from "@stockport/core/decide/Availability"
import * as Availability from "@stockport/core/decide/Availability"
import type { PublishPlan } from "@stockport/core/decide/Publishing"
import type { Connection } from "@stockport/core/domain/Connection"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { Order } from "@stockport/core/domain/Order"
import type { PositionTerms } from "@stockport/core/domain/Position"
import { format, type Quantity } from "@stockport/core/domain/Quantity"
import { idOf, type Sale, type SaleId, SaleState } from "@stockport/core/domain/Sale"
import { Store, type StoreError } from "@stockport/core/ports/Store"
import * as Publish from "@stockport/core/sync/Publish"
import { DateTime, Effect, Equal, Option } from "effect"
import { cartLocationId } from "./Business.ts"
import { isOver, numberOf, openOf } from "./Oracle.ts"
import { placeOf, type World } from "./World.ts"

/** A broken promise: its number in the list of promises, and what was seen. */
export interface Violation {
  readonly promise: 1 | 2 | 3 | 4 | 5 | 6
  readonly sentence: string
}

const broken = (promise: Violation["promise"], sentence: string): Violation => ({ promise, sentence })

type Checked = Effect.Effect<ReadonlyArray<Violation>, StoreError>

/** How many sales are read at a time. */
const salesPerPage = 500

/** Before a plan is sent: demand is what the sales say, and each number is what it ought to be, step by step. */
export const beforeSending = (world: World, plan: PublishPlan): Checked =>
  Effect.gen(function* () {
    const sales = yield* allSales(world)
    return [...(yield* numbersAreRight(world, plan)), ...(yield* demandFollowsSales(world, sales))]
  })

/** When all has come to rest: nothing lost, nothing doubled, everything the same on both sides, and explained. */
export const atRest = (world: World): Checked =>
  Effect.gen(function* () {
    const sales = yield* allSales(world)
    const orders = yield* world.shop.orders
    return [
      ...(yield* importedOnce(world, sales)),
      ...noneLost(world, orders, sales),
      ...(yield* demandFollowsSales(world, sales)),
      ...needsAreHistoric(world, sales),
      ...(yield* onHandIsRight(world, sales)),
      ...(yield* shopShowsTheNumbers(world)),
      ...(yield* everyNumberIsExplained(world))
    ]
  })

const allSales = Effect.fnUntraced(function* ({ store, business }: World) {
  const sales: Array<Sale> = []
  let after: SaleId | null = null
  for (;;) {
    const page: ReadonlyArray<Sale> = yield* store.sales.list(business.connection.id, SaleState.literals, {
      after,
      limit: salesPerPage
    })
    sales.push(...page)
    after = page.at(-1)?.id ?? after
    if (page.length < salesPerPage) return sales
  }
})

const stockOf = ({ store, business }: World) => store.stock.snapshot(business.stocked.map(({ id }) => id))

const numbersAreRight = Effect.fnUntraced(function* (world: World, plan: PublishPlan) {
  const snapshot = yield* stockOf(world)
  const links = new Map(world.business.links.map((link) => [link.listing.key, link]))
  const found: Array<Violation> = []
  for (const { listing, quantity, steps } of plan.updates) {
    const link = links.get(listing.key)
    const right = [...world.buffers].map((buffer) =>
      link === undefined ? 0 : numberOf(link, world.items, snapshot, buffer)
    )
    if (!right.includes(quantity)) {
      found.push(broken(4, `${listing.key} is told ${quantity}, and ${right.join(" or ")} is right`))
    }
    const last = steps.at(-1)?.quantity
    if (last !== quantity) found.push(broken(6, `the steps of ${listing.key} end with ${last}, not with ${quantity}`))
  }
  return found
})

const demandFollowsSales = Effect.fnUntraced(function* (world: World, sales: ReadonlyArray<Sale>) {
  const expected = new Map<string, number>()
  for (const sale of sales) {
    if (sale.state !== "open" && sale.state !== "held") continue
    const term = sale.state === "held" ? "softHolds" : "salesOrders"
    eachNeed(
      sale,
      (line) => openOf(sale.order, line),
      (place, quantity) => {
        expected.set(`${place} ${term}`, (expected.get(`${place} ${term}`) ?? 0) + quantity)
      }
    )
  }
  const { positions } = yield* stockOf(world)
  const actual = new Map<string, number>()
  for (const position of positions) {
    for (const term of ["salesOrders", "softHolds"] as const satisfies ReadonlyArray<keyof PositionTerms>) {
      if (position[term] !== 0) actual.set(`${placeOf(position.itemId, position.locationId)} ${term}`, position[term])
    }
  }
  return differencesOf(expected, actual).map((difference) => broken(3, `demand of ${difference}`))
})

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
    }> = yield* store.events.list({ after, limit: 1_000 })
    for (const { event } of page) {
      if (event.kind === "saleImported") imported.set(event.subject, (imported.get(event.subject) ?? 0) + 1)
    }
    after = page.at(-1)?.sequence ?? null
    if (after === null || page.length < 1_000) break
  }
  for (const [subject, times] of imported) {
    if (times > 1) found.push(broken(1, `${subject} was imported ${times} times`))
  }
  return found
})

const noneLost = (world: World, orders: ReadonlyArray<Order>, sales: ReadonlyArray<Sale>): ReadonlyArray<Violation> => {
  const saleById = new Map(sales.map((sale) => [sale.id, sale]))
  return orders.flatMap((order): ReadonlyArray<Violation> => {
    const sale = saleById.get(idOf(world.business.connection.id, order.id))
    if (sale === undefined) return [broken(2, `order ${order.id} (${order.status}) left no trace`)]
    if (
      !DateTime.Equivalence(sale.order.modifiedAt, order.modifiedAt) ||
      !Equal.equals(sale.order.lines, order.lines)
    ) {
      return [broken(3, `sale ${sale.id} is made of another snapshot than the latest`)]
    }
    const expected = expectedState(order, sale)
    if (!expected.includes(sale.state)) {
      return [broken(2, `order ${order.id} (${order.status}) is ${sale.state}, expected ${expected.join(" or ")}`)]
    }
    const needsReason = sale.state === "held" || sale.state === "skipped"
    return needsReason && sale.reasons.length === 0 ? [broken(2, `${sale.id} is ${sale.state} without a reason`)] : []
  })
}

const expectedState = (order: Order, sale: Sale): ReadonlyArray<Sale["state"]> => {
  if (isOver(order)) return sale.number === null ? ["skipped"] : ["cancelled"]
  if (order.status === "pending") return ["skipped"]
  // What was paid back before anybody saw it needs nothing.
  if (order.status === "refunded" && sale.number === null) return ["skipped"]
  if (order.status === "awaitingPayment") return ["held"]
  return [order.lines.some((line) => openOf(order, line) > 0) ? "open" : "closed"]
}

/** A sale needs what its items were made of at some time, whatever they are made of now. */
const needsAreHistoric = (world: World, sales: ReadonlyArray<Sale>): ReadonlyArray<Violation> =>
  sales.flatMap((sale) =>
    sale.lines.flatMap((line) => {
      if (line.itemId === null) return [broken(2, `a line of ${sale.id} has no item`)]
      const needs = new Map<ItemId, number>(line.needs.map(({ itemId, quantity }) => [itemId, quantity]))
      const units = line.unitsPerListing
      const isHistoric = (world.needs.get(line.itemId) ?? []).some(
        (historic) =>
          historic.size === needs.size &&
          [...historic].every(
            ([itemId, quantity]) => (BigInt(quantity) * BigInt(units)) / 100_000n === BigInt(needs.get(itemId) ?? -1)
          )
      )
      return isHistoric ? [] : [broken(3, `a line of ${sale.id} needs what ${line.itemId} was never made of`)]
    })
  )

const onHandIsRight = Effect.fnUntraced(function* (world: World, sales: ReadonlyArray<Sale>) {
  const expected = new Map(world.onHand)
  for (const sale of sales) {
    if (sale.number === null) continue
    eachNeed(
      sale,
      (line) => line.shipped,
      (place, quantity) => {
        expected.set(place, (expected.get(place) ?? 0) - quantity)
      }
    )
  }
  const { positions } = yield* stockOf(world)
  const actual = new Map(positions.map(({ itemId, locationId, onHand }) => [placeOf(itemId, locationId), onHand]))
  return differencesOf(expected, actual).map((difference) => broken(3, `on hand of ${difference}`))
})

const shopShowsTheNumbers = Effect.fnUntraced(function* (world: World) {
  const snapshot = yield* stockOf(world)
  const found: Array<Violation> = []
  for (const link of world.business.links) {
    const shown = yield* world.shop.level(link.listing.key, cartLocationId)
    const right = numberOf(link, world.items, snapshot, world.buffer)
    // Below nothing there is nothing: the shop has sold more than it had, and sells no more.
    if (shown !== null && Math.max(0, shown) !== right) {
      found.push(broken(5, `the shop shows ${shown} of ${link.listing.key}, and ${right} is right`))
    }
  }
  return found
})

const everyNumberIsExplained = Effect.fnUntraced(function* (world: World) {
  const { business, store } = world
  const connection = Option.getOrThrow(yield* store.connections.get(business.connection.id))
  const available = yield* availableOf(
    connection,
    business.items.map(({ id }) => id),
    store
  )
  return [...available.values()].flatMap((one): ReadonlyArray<Violation> => {
    const sentences = Availability.explain(one, (id) => world.items.get(id)?.name ?? id)
    const problem = sentences.length === 0 ? "nobody says why" : whyUnexplained(one)
    return problem === null ? [] : [broken(6, `${one.itemId}: ${problem}`)]
  })
})

const availableOf = (connection: Connection, ids: ReadonlyArray<ItemId>, store: Store["Service"]) =>
  Publish.loadFacts(connection, ids).pipe(
    Effect.map((facts) => facts.available),
    Effect.provideService(Store, store)
  )

const whyUnexplained = (available: Available): string | null => {
  if (available._tag === "Stocked") {
    const sum = available.breakdown.reduce((total, { quantity }) => total + quantity, 0) as Quantity
    return sum === available.quantity
      ? null
      : `the breakdown adds up to ${format(sum)}, not ${format(available.quantity)}`
  }
  if (available._tag === "Kit" && available.issues.length === 0) {
    return available.limiting.length > 0 ? null : "no component limits it"
  }
  return null
}

const eachNeed = (
  sale: Sale,
  amountOf: (line: Order["lines"][number]) => number,
  add: (place: string, quantity: number) => void
): void => {
  for (const line of sale.lines) {
    const sold = sale.order.lines.find(({ id }) => id === line.id)
    if (sold === undefined) continue
    for (const { itemId, quantity } of line.needs) {
      add(placeOf(itemId, line.locationId), Number((BigInt(amountOf(sold)) * BigInt(quantity)) / 100_000n))
    }
  }
}

const differencesOf = (expected: ReadonlyMap<string, number>, actual: ReadonlyMap<string, number>) =>
  [...new Set([...expected.keys(), ...actual.keys()])].flatMap((key) => {
    const [want, have] = [expected.get(key) ?? 0, actual.get(key) ?? 0]
    return want === have ? [] : [`${key} is ${format(have as Quantity)}, expected ${format(want as Quantity)}`]
  })
