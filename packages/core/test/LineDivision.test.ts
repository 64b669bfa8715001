import { assert, describe, it } from "@effect/vitest"
import * as Fulfilment from "@stockport/core/decide/Fulfilment"
import type { IntakeContext } from "@stockport/core/decide/Intake"
import { LocationId } from "@stockport/core/domain/Location"
import type { OrderLine } from "@stockport/core/domain/Order"
import * as Quantity from "@stockport/core/domain/Quantity"
import { Result } from "effect"
import * as fc from "fast-check"
import * as Shop from "./Shop.ts"

const { context, deliver, later, line, order, policy } = Shop

interface Mugs {
  readonly id: string
  readonly quantity: number
  readonly shipped: number
  readonly refunded: number
  readonly bare: boolean
}

/** What a shop may do to the lines of one article: each takes random numbers and gives the lines as they are then. */
type Act = (lines: ReadonlyArray<Mugs>, pick: (below: number) => number, newId: () => string) => ReadonlyArray<Mugs>

const totalOf = (lines: ReadonlyArray<Mugs>, of: "quantity" | "shipped" | "refunded") =>
  lines.reduce((sum, each) => sum + each[of], 0)

const change = (lines: ReadonlyArray<Mugs>, at: number, to: (line: Mugs) => ReadonlyArray<Mugs>) =>
  lines.flatMap((each, index) => (index === at ? to(each) : [each]))

const acts = {
  rename: (lines, _pick, newId) => lines.map((each) => ({ ...each, id: newId() })),
  ship: (lines, pick) =>
    change(lines, pick(lines.length), (each) => [
      { ...each, shipped: each.shipped + pick(each.quantity - each.shipped - each.refunded + 1) }
    ]),
  takeBack: (lines, pick) =>
    change(lines, pick(lines.length), (each) => [{ ...each, shipped: each.shipped - pick(each.shipped + 1) }]),
  merge: (lines, pick, newId) => {
    const [first, second, ...rest] = lines
    if (first === undefined || second === undefined) return lines
    const id = [first.id, second.id, newId()][pick(3)]!
    const sum = (of: "quantity" | "shipped" | "refunded") => first[of] + second[of]
    return [{ ...first, id, quantity: sum("quantity"), shipped: sum("shipped"), refunded: sum("refunded") }, ...rest]
  },
  split: (lines, pick, newId) => {
    const at = pick(lines.length)
    return change(lines, at, (each) => {
      if (each.quantity < 2) return [each]
      const quantity = 1 + pick(each.quantity - 1)
      const shipped = Math.min(quantity, each.shipped)
      const refunded = Math.min(quantity - shipped, each.refunded)
      const rest = {
        quantity: each.quantity - quantity,
        shipped: each.shipped - shipped,
        refunded: each.refunded - refunded
      }
      const parts = [
        { ...each, quantity, shipped, refunded },
        { ...each, ...rest, id: newId() }
      ]
      const kept = pick(3)
      return kept === 0 ? parts.map((part) => ({ ...part, id: newId() })) : kept === 1 ? parts : parts.toReversed()
    })
  },
  reorder: (lines) => lines.toReversed(),
  loseIds: (lines) => lines.map((each) => ({ ...each, bare: true })),
  add: (lines, pick, newId) => [...lines, { id: newId(), quantity: 1 + pick(4), shipped: 0, refunded: 0, bare: false }],
  /** While nothing has been shipped, so that nobody can doubt which goods were refunded. */
  refund: (lines, pick) =>
    totalOf(lines, "shipped") > 0
      ? lines
      : change(lines, pick(lines.length), (each) => [
          { ...each, refunded: each.refunded + pick(each.quantity - each.refunded + 1) }
        ])
} as const satisfies Record<string, Act>

type Deed = { readonly act: keyof typeof acts; readonly dice: ReadonlyArray<number> }

const deeds = fc.array(
  fc.record({
    act: fc.constantFrom(...(Object.keys(acts) as Array<keyof typeof acts>)),
    dice: fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 })
  }),
  { minLength: 1, maxLength: 10 }
)

const first = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 3 })

/** Every state of the lines in turn. */
const historyOf = (quantities: ReadonlyArray<number>, story: ReadonlyArray<Deed>) => {
  let next = 0
  const newId = () => `l${next++}`
  let lines: ReadonlyArray<Mugs> = quantities.map((quantity) => ({
    id: newId(),
    quantity,
    shipped: 0,
    refunded: 0,
    bare: false
  }))
  const history = [lines]
  for (const { act, dice } of story) {
    let thrown = 0
    lines = acts[act](lines, (below) => dice[thrown++ % dice.length]! % Math.max(1, below), newId)
    history.push(lines)
  }
  return history
}

const bareOf = (bare: boolean) => (bare ? { productId: null, variantId: null } : {})

const snapshotsOf = (history: ReadonlyArray<ReadonlyArray<Mugs>>, sku: string) =>
  history.map((lines, at) =>
    order(
      lines.map((each): OrderLine => line(each.id, sku, each, bareOf(each.bare))),
      { modifiedAt: later(at) }
    )
  )

/** Each location is short of another item. */
const available: NonNullable<IntakeContext["available"]> = (item, at) =>
  Quantity.of((item === "mug") === (at === Shop.main) ? 99 : 4)

const facts = context({ links: [Shop.link("mug"), Shop.link("set")] })

describe("goods of one article that the shop divides anew among its lines", () => {
  it("have left once, and what is neither shipped nor freed stays committed, whatever lines they are in", () => {
    fc.assert(
      fc.property(first, deeds, (quantities, story) => {
        const history = historyOf(quantities, story)
        let stored = Shop.nothing
        snapshotsOf(history, "mug").forEach((snapshot, at) => {
          stored = deliver([snapshot, snapshot], facts, stored)
          const [ordered, shipped, refunded] = (["quantity", "shipped", "refunded"] as const).map((of) =>
            totalOf(history[at]!, of)
          ) as [number, number, number]
          assert.strictEqual(-Shop.moved(stored.movements), shipped)
          assert.strictEqual(Shop.committed(stored.demand), ordered - shipped - refunded)
        })
      }),
      { numRuns: 1000 }
    )
  })

  it("do so as kits, whole or taken apart into lines for their components", () => {
    const connection = Shop.connection({ policy: policy({ expandKits: true }) })
    fc.assert(
      fc.property(first, deeds, fc.boolean(), (quantities, story, isExpanded) => {
        const history = historyOf(quantities, story)
        const stored = deliver(snapshotsOf(history, "set"), isExpanded ? { ...facts, connection } : facts)
        const last = history.at(-1)!
        const open = totalOf(last, "quantity") - totalOf(last, "shipped") - totalOf(last, "refunded")
        for (const [itemId, each] of [
          ["mug", 2],
          ["plate", 1]
        ] as const) {
          assert.strictEqual(-Shop.moved(stored.movements, itemId), each * totalOf(last, "shipped"))
          assert.strictEqual(Shop.committed(stored.demand, itemId), each * open)
        }
      }),
      { numRuns: 500 }
    )
  })

  it("have left once also where we have shipped them and the shop does not know it yet", () => {
    const unshipped = deeds.map((story) => story.filter(({ act }) => !["ship", "takeBack", "refund"].includes(act)))
    fc.assert(
      fc.property(first, unshipped, fc.nat(10), fc.nat(10), (quantities, story, share, before) => {
        const history = snapshotsOf(historyOf(quantities, story), "mug")
        const at = 1 + (before % history.length)
        const booked = deliver(history.slice(0, at), facts)
        const packed = booked.known!.lines.flatMap(({ id, quantity }) => {
          const units = Math.floor((Number(quantity) / Quantity.scale) * (share / 10))
          return units === 0 ? [] : [{ lineId: id, quantity: Quantity.of(units) }]
        })
        const { sale, demand, movements } = Result.getOrThrow(Fulfilment.ship(booked.known!, packed))
        const shipped = -Shop.moved(movements)
        const stored = deliver(history.slice(at), facts, { known: sale, demand, movements })
        const ordered = history.at(-1)!.lines.reduce((sum, { quantity }) => sum + quantity / Quantity.scale, 0)
        assert.strictEqual(-Shop.moved(stored.movements), shipped)
        assert.strictEqual(Shop.committed(stored.demand), ordered - shipped)
      }),
      { numRuns: 500 }
    )
  })

  it("do so wherever they are committed", () => {
    const places = [Shop.main, LocationId.make("annex")]
    fc.assert(
      fc.property(first, deeds, (quantities, story) => {
        const history = historyOf(quantities, story)
        const stored = deliver(snapshotsOf(history, "set"), { ...facts, feeding: () => places, available })
        const last = history.at(-1)!
        const open = totalOf(last, "quantity") - totalOf(last, "shipped") - totalOf(last, "refunded")
        assert.strictEqual(-Shop.moved(stored.movements), 2 * totalOf(last, "shipped"))
        assert.strictEqual(Shop.committed(stored.demand), 2 * open)
      }),
      { numRuns: 300 }
    )
  })

  it("that had left before the opening balance are not taken off it by a merge", () => {
    const balance = Shop.connection({ openingBalanceAt: later(100) })
    const two = order([line("a", "mug", { quantity: 2, shipped: 1 }), line("b", "mug", { quantity: 3, shipped: 2 })])
    const merged = order([line("m", "mug", { quantity: 5, shipped: 4 })], { modifiedAt: later(200) })
    const stored = deliver([two, merged], { ...facts, connection: balance })
    assert.strictEqual(Shop.moved(stored.movements), -1)
    assert.strictEqual(Shop.committed(stored.demand), 1)
  })

  it("stay off the shelf if their line is taken off the order, and leave it once if it is put back under another id", () => {
    const two = [line("a", "mug", { quantity: 2, shipped: 2 }), line("b", "mug", { quantity: 3 })]
    const gone = [line("b", "mug", { quantity: 3, shipped: 1 })]
    const back = [...gone, line("c", "mug", { quantity: 2, shipped: 2 })]
    const orders = [two, gone, back].map((lines, at) => order(lines, { modifiedAt: later(at) }))
    assert.strictEqual(Shop.moved(deliver(orders.slice(0, 2), facts).movements), -3)
    assert.strictEqual(Shop.moved(deliver(orders, facts).movements), -3)
    assert.strictEqual(Shop.committed(deliver(orders, facts).demand), 2)
  })
})
