import { assert, describe, it } from "@effect/vitest"
import { answersTo } from "@stockport/core/decide/Doubts"
import * as Fulfilment from "@stockport/core/decide/Fulfilment"
import * as Intake from "@stockport/core/decide/Intake"
import { orderLineIdOf } from "@stockport/core/decide/SaleLines"
import * as Order from "@stockport/core/domain/Order"
import * as Quantity from "@stockport/core/domain/Quantity"
import { isImported, type Sale } from "@stockport/core/domain/Sale"
import * as Orders from "@stockport/testing/generators/Orders"
import { DateTime, Equal, Result } from "effect"
import * as fc from "fast-check"
import * as Shop from "./Shop.ts"

const now = DateTime.add(Orders.importFrom, { days: 400 })

/** Properties run hundreds of histories, on machines that have other things to do. */
const patience = { timeout: 60_000 }

/** Long enough for no hold to end within a run. */
const patient = <A extends { readonly policy: Intake.IntakeContext["connection"]["policy"] }>(connection: A): A => ({
  ...connection,
  policy: { ...connection.policy, intake: { ...connection.policy.intake, holdDays: 10_000 } }
})

const world = fc
  .record({ catalogue: Orders.catalogue, connection: Orders.connection.map(patient) })
  .map(({ catalogue, connection }): Intake.IntakeContext => ({
    ...Orders.factsOf(catalogue),
    connection,
    now,
    known: null,
    numberOwner: () => null,
    pickupLocation: () => null
  }))

const delivered = Orders.history().chain((history) =>
  fc.record({ history: fc.constant(history), delivery: Orders.deliveries(history) })
)

/** A sale as it matters: without the count of its changes, and without its type, which depends on when it was booked. */
const asItMatters = (sale: Sale | null) => (sale === null ? null : { ...sale, revision: 0, type: "salesOrder" })

/** What an order takes from what can be sold, by item: committed, and gone from the shelves. */
const taken = ({ demand, movements }: Shop.Stored): Record<string, number> => {
  const byItem: Record<string, number> = {}
  for (const { itemId, quantity } of demand?.lines ?? []) byItem[itemId] = (byItem[itemId] ?? 0) + quantity
  for (const { itemId, quantity } of movements) byItem[itemId] = (byItem[itemId] ?? 0) - quantity
  return Object.fromEntries(Object.entries(byItem).filter(([, quantity]) => quantity !== 0))
}

const isImportable = (order: Order.Order, { connection }: Intake.IntakeContext) =>
  !Order.isCalledOff(order) && connection.policy.intake.importStatuses.includes(order.status)

const isOnHold = (order: Order.Order, { connection }: Intake.IntakeContext) =>
  !Order.isCalledOff(order) && connection.policy.intake.holdStatuses.includes(order.status)

/** Whether less was ordered of an article after some of it was refunded: then it matters what was seen before. */
const isCutAfterRefund = (history: Orders.History) =>
  history.some((snapshot, at) => {
    const before = articlesOf(snapshot)
    return history.slice(at + 1).some((later) => {
      const after = articlesOf(later)
      return [...before].some(
        ([article, { quantity, refunded }]) => refunded > 0 && (after.get(article)?.quantity ?? quantity) < quantity
      )
    })
  })

/** What is ordered and refunded of each article, over all of its lines: a shop may merge and split them. */
const articlesOf = ({ lines }: Order.Order) => {
  const articles = new Map<string, { readonly quantity: number; readonly refunded: number }>()
  for (const { id, productId, variantId, sku, quantity, refunded } of lines) {
    // A line is its own article as well: one may be cut while another one grows.
    for (const article of [`line ${id}`, `goods ${productId} ${variantId} ${sku}`]) {
      const sum = articles.get(article) ?? { quantity: 0, refunded: 0 }
      articles.set(article, { quantity: sum.quantity + quantity, refunded: sum.refunded + refunded })
    }
  }
  return articles
}

const refundedOf = ({ lines }: Order.Order) => lines.reduce((sum, { refunded }) => sum + refunded, 0)

/** Whether an order was refunded, or spoken of as refunded, after it was finished: then it matters that this was seen. */
const isRefundedWhenFinished = (history: Orders.History) =>
  history.some((snapshot, at) => {
    const isRefund = (later: Order.Order) => Order.isAboutMoney(later) || refundedOf(later) > refundedOf(snapshot)
    return Order.isFinished(snapshot) && history.slice(at).some(isRefund)
  })

describe("the end of an order's history", patience, () => {
  it("is the same sale, demand and stock from any delivery as from the last snapshot alone", () => {
    fc.assert(
      fc.property(world, delivered, (facts, { history, delivery }) => {
        const last = history.at(-1)!
        fc.pre(isImportable(last, facts) && !isCutAfterRefund(history) && !isRefundedWhenFinished(history))
        const alone = Shop.deliver([last], facts)
        const all = Shop.deliver(delivery, facts)
        assert.deepStrictEqual(asItMatters(all.known), asItMatters(alone.known))
        assert.deepStrictEqual(all.demand?.lines, alone.demand?.lines)
        assert.deepStrictEqual(taken(all), taken(alone))
      }),
      { numRuns: 500 }
    )
  })

  it("takes as much from stock whether or not the order had been imported before it was unpaid again", () => {
    fc.assert(
      fc.property(world, delivered, (facts, { history, delivery }) => {
        const last = history.at(-1)!
        fc.pre(isOnHold(last, facts) && !isCutAfterRefund(history) && !isRefundedWhenFinished(history))
        assert.deepStrictEqual(taken(Shop.deliver(delivery, facts)), taken(Shop.deliver([last], facts)))
      }),
      { numRuns: 300 }
    )
  })

  it("has no demand once the order is called off, however it was delivered", () => {
    fc.assert(
      fc.property(world, delivered, (facts, { history, delivery }) => {
        fc.pre(Order.isCalledOff(history.at(-1)!))
        const { known, demand } = Shop.deliver(delivery, facts)
        assert.include(["cancelled", "skipped"], known?.state)
        assert.deepStrictEqual(demand?.lines, [])
      })
    )
  })

  it("does not depend on repetitions, whatever the last status is", () => {
    fc.assert(
      fc.property(world, Orders.history(), (facts, history) => {
        const once = Shop.deliver(history, facts)
        const twice = Shop.deliver(
          history.flatMap((snapshot) => [snapshot, snapshot, history[0]]),
          facts
        )
        assert.deepStrictEqual(twice, once)
      })
    )
  })

  it("is left by a snapshot that was seen before", () => {
    fc.assert(
      fc.property(world, Orders.history(), (facts, history) => {
        const { known } = Shop.deliver(history, facts)
        for (const snapshot of history) {
          const decision = Intake.decide(snapshot, { ...facts, known })
          assert.strictEqual(decision._tag, "Skip")
          assert.isNull(decision.sale)
          assert.isNull(decision.demand)
        }
      })
    )
  })
})

describe("a sale after every snapshot", patience, () => {
  it("has open = ordered - shipped - freed on each line unless it is finished, at least what the shop would still ship, and demand = open x needs", () => {
    fc.assert(
      fc.property(world, Orders.history(), (facts, history) => {
        let stored = Shop.nothing
        for (const snapshot of history) {
          stored = Shop.deliver([snapshot], facts, stored)
          const { known } = stored
          if (known === null || !["open", "closed"].includes(known.state)) continue
          const expected: Record<string, number> = {}
          for (const line of known.lines) {
            const of = snapshot.lines.find(({ id }) => id === orderLineIdOf(line))
            if (of === undefined) continue
            const finished = line.finished ?? 0
            const owed = Math.max(0, of.quantity - of.shipped - (line.freed ?? 0))
            const open = Order.isFinished(snapshot) ? 0 : owed - finished
            if (of.goods !== "giftCertificate") assert.strictEqual(line.open, open)
            if (!Order.isFinished(snapshot)) assert.isAtLeast(open + finished, Order.openOf(of))
            for (const { itemId, quantity } of line.needs) {
              if (open > 0) expected[itemId] = (expected[itemId] ?? 0) + (open / Quantity.scale) * quantity
            }
          }
          assert.deepStrictEqual(taken({ ...stored, movements: [] }), expected)
          assert.strictEqual(
            known.state === "open",
            known.lines.some(({ open }) => open > 0)
          )
        }
      })
    )
  })

  it("keeps the number that it once got, also when the prefix changes", () => {
    fc.assert(
      fc.property(world, Orders.history(), Orders.affix, (facts, history, referencePrefix) => {
        const numbers = new Set<string | null>()
        let stored = Shop.nothing
        for (const snapshot of history) {
          const connection = numbers.size === 0 ? facts.connection : { ...facts.connection, referencePrefix }
          stored = Shop.deliver([snapshot], { ...facts, connection }, stored)
          if (numbers.size > 0 || stored.known?.number != null) numbers.add(stored.known?.number ?? null)
        }
        assert.isAtMost(numbers.size, 1)
      })
    )
  })

  it("has had its shipped goods taken off the shelves, once", () => {
    fc.assert(
      fc.property(world, Orders.history(), (facts, history) => {
        const { known, movements } = Shop.deliver(history, facts)
        const gone: Record<string, number> = {}
        for (const { shipped, finished = 0, needs } of known !== null && isImported(known) ? known.lines : []) {
          for (const { itemId, quantity } of needs) {
            gone[itemId] = (gone[itemId] ?? 0) + ((shipped + finished) / Quantity.scale) * quantity
          }
        }
        const expected = Object.fromEntries(Object.entries(gone).filter(([, quantity]) => quantity !== 0))
        assert.deepStrictEqual(taken({ ...Shop.nothing, movements }), expected)
      })
    )
  })

  it("counts its revisions one by one, so that a lost update is noticed", () => {
    fc.assert(
      fc.property(world, Orders.history(), (facts, history) => {
        let stored = Shop.nothing
        for (const snapshot of history) {
          const next = Shop.deliver([snapshot], facts, stored)
          if (next.known === stored.known) continue
          assert.strictEqual(next.known?.revision, stored.known === null ? 0 : stored.known.revision + 1)
          stored = next
        }
      })
    )
  })
})

describe("an order with lines that match nothing", patience, () => {
  it("is held with the stock of its other lines, and ends like any other once its lines are known", () => {
    fc.assert(
      fc.property(world, Orders.order, fc.subarray([...Orders.offers]), (facts, order, unknown) => {
        fc.pre(isImportable(order, facts))
        const skus = unknown.map(({ sku }) => sku)
        const isUnknown = ({ sku, goods }: Order.OrderLine) => goods === "physical" && skus.includes(sku)
        const partial: Intake.IntakeContext = {
          ...facts,
          link: (key) => (skus.some((sku) => key.endsWith(`v-${sku}`)) ? null : facts.link(key)),
          itemsBySku: (sku) => (skus.includes(sku) ? [] : facts.itemsBySku(sku))
        }
        const held = Shop.deliver([order], partial)
        const matched = order.lines.filter((line) => !isUnknown(line))
        assert.strictEqual(held.known?.state === "held", matched.length < order.lines.length)
        assert.deepStrictEqual(taken(held), taken(Shop.deliver([{ ...order, lines: matched }], facts)))
        const resolved = Shop.deliver([order], facts, held)
        const straight = Shop.deliver([order], facts)
        assert.deepStrictEqual(asItMatters(resolved.known), asItMatters(straight.known))
        assert.deepStrictEqual(resolved.demand, straight.demand)
      })
    )
  })

  it("asks a person for what the last snapshot lacks, and for nothing of what came before", () => {
    fc.assert(
      fc.property(
        world,
        delivered,
        fc.array(fc.boolean(), { minLength: 20 }),
        (facts, { history, delivery }, matches) => {
          const last = history.at(-1)!
          fc.pre(isImportable(last, facts))
          const blind: Intake.IntakeContext = { ...facts, link: () => null, itemsBySku: () => [] }
          let stored = Shop.nothing
          for (const [index, snapshot] of delivery.entries()) {
            stored = Shop.deliver([snapshot], matches[index] ? facts : blind, stored)
          }
          stored = Shop.deliver([last], facts, stored)
          const asked = Intake.issuesOf(stored.known!).filter(({ code }) => !(code in answersTo))
          assert.deepStrictEqual(asked, [])
        }
      )
    )
  })
})

describe("expanding kits", patience, () => {
  it("changes the lines and never the demand", () => {
    fc.assert(
      fc.property(world, Orders.history(), (facts, history) => {
        const withExpandKits = (expandKits: boolean): Intake.IntakeContext => {
          const { connection } = facts
          const intake = { ...connection.policy.intake, expandKits }
          return { ...facts, connection: { ...connection, policy: { ...connection.policy, intake } } }
        }
        const whole = Shop.deliver(history, withExpandKits(false))
        const expanded = Shop.deliver(history, withExpandKits(true))
        assert.deepStrictEqual(taken(expanded), taken(whole))
        assert.strictEqual(expanded.known?.state, whole.known?.state)
        // Toggling the switch later leaves a sale's lines as they were imported.
        if (whole.known?.state === "open" || whole.known?.state === "closed") {
          const again = Intake.decide(history.at(-1)!, { ...withExpandKits(true), known: whole.known })
          assert.isNull(again.sale)
        }
      })
    )
  })
})

describe("shipping from our side", patience, () => {
  it("leaves what can be sold as it is, and the shop's echo of it changes nothing more", () => {
    fc.assert(
      fc.property(world, Orders.order, fc.nat(), Orders.lineQuantity, (facts, order, at, quantity) => {
        const imported = Shop.deliver([{ ...order, status: "awaitingFulfilment" }], facts)
        const line = order.lines[at % order.lines.length]!
        const packed = Math.min(quantity, line.quantity) as Quantity.Quantity
        fc.pre(line.goods !== "giftCertificate")
        const shipped = Result.getOrThrow(Fulfilment.ship(imported.known!, [{ lineId: line.id, quantity: packed }]))
        const after: Shop.Stored = {
          known: shipped.sale,
          demand: shipped.demand,
          movements: [...imported.movements, ...shipped.movements]
        }
        assert.deepStrictEqual(taken(after), taken(imported))

        const stale = { ...order, status: "awaitingFulfilment" as const, message: "Please hurry" }
        const unaware = Shop.deliver([stale], facts, after)
        assert.deepStrictEqual(taken(unaware), taken(imported))

        const echo: Order.Order = {
          ...order,
          status: "partiallyShipped",
          modifiedAt: DateTime.add(order.modifiedAt, { minutes: 5 }),
          lines: order.lines.map((each) => (each.id === line.id ? { ...each, shipped: packed } : each))
        }
        const echoed = Shop.deliver([echo], facts, unaware)
        assert.deepStrictEqual(taken(echoed), taken(imported))
        assert.deepStrictEqual(echoed.demand, after.demand)
        assert.isTrue(Equal.equals(echoed.movements, after.movements))
      })
    )
  })
})
