import { assert, describe, it } from "@effect/vitest"
import { ambiguousOf, freedOf, type LineBefore, type RefundedLine } from "@stockport/core/decide/Refunds"
import * as Quantity from "@stockport/core/domain/Quantity"
import { DateTime } from "effect"
import * as fc from "fast-check"

type Amounts = Partial<Record<"quantity" | "shipped" | "refunded" | "freed", number>>

const of = ({ quantity = 5, shipped = 0, refunded = 0 }: Amounts): RefundedLine => ({
  quantity: Quantity.of(quantity),
  shipped: Quantity.of(shipped),
  refunded: Quantity.of(refunded)
})

const known = ({ freed = 0, ...rest }: Amounts) => ({ ...of(rest), freed: Quantity.of(freed) })

const at = (hour: number, quantity: number) => ({
  at: DateTime.makeUnsafe(Date.UTC(2026, 2, 1, hour)),
  quantity: Quantity.of(quantity)
})

/** A line from its dated history: what happened in each hour. */
const dated = (quantity: number, happened: ReadonlyArray<readonly ["ship" | "refund", number]>): RefundedLine => {
  const sum = (what: string) =>
    happened.filter(([each]) => each === what).reduce((total, [, units]) => total + units, 0)
  const entries = (what: string) => happened.flatMap(([each, units], hour) => (each === what ? [at(hour, units)] : []))
  return {
    ...of({ quantity, shipped: sum("ship"), refunded: sum("refund") }),
    shipments: entries("ship"),
    refunds: entries("refund")
  }
}

const told = (line: RefundedLine, before: ReturnType<typeof known> | null = null) => {
  const freed = freedOf(line, before)
  return [freed / Quantity.scale, ambiguousOf(line, freed) / Quantity.scale]
}

describe("a refund with its time", () => {
  it("frees what was refunded while nothing of the line had been shipped", () => {
    assert.deepStrictEqual(told(dated(10, [["refund", 3]])), [3, 0])
    assert.deepStrictEqual(
      told(
        dated(10, [
          ["refund", 3],
          ["ship", 7]
        ])
      ),
      [3, 0]
    )
    assert.deepStrictEqual(
      told(
        dated(10, [
          ["refund", 3],
          ["refund", 2],
          ["ship", 1]
        ])
      ),
      [5, 0]
    )
  })

  it("frees nothing when nothing was left to ship, and is in no doubt", () => {
    assert.deepStrictEqual(
      told(
        dated(5, [
          ["ship", 5],
          ["refund", 2]
        ])
      ),
      [0, 0]
    )
    assert.deepStrictEqual(
      told(
        dated(5, [
          ["refund", 1],
          ["ship", 4],
          ["refund", 2]
        ])
      ),
      [1, 0]
    )
  })

  it("in between frees nothing and is in doubt, as long as anything is open", () => {
    assert.deepStrictEqual(
      told(
        dated(10, [
          ["ship", 3],
          ["refund", 3]
        ])
      ),
      [0, 3]
    )
    assert.deepStrictEqual(
      told(
        dated(10, [
          ["ship", 3],
          ["refund", 3],
          ["ship", 7]
        ])
      ),
      [0, 0]
    )
    assert.deepStrictEqual(
      told(
        dated(10, [
          ["refund", 1],
          ["ship", 3],
          ["refund", 8]
        ])
      ),
      [1, 6]
    )
  })

  it("of the same moment as a shipment counts as after it", () => {
    const line = { ...of({ quantity: 5, shipped: 2, refunded: 2 }), shipments: [at(1, 2)], refunds: [at(1, 2)] }
    assert.deepStrictEqual(told(line), [0, 2])
  })
})

describe("a refund without a time", () => {
  it("is dated by what was seen before and after it", () => {
    assert.deepStrictEqual(told(of({ refunded: 2 }), known({})), [2, 0])
    assert.deepStrictEqual(told(of({ shipped: 4, refunded: 2 }), known({ shipped: 4 })), [0, 1])
    assert.deepStrictEqual(told(of({ shipped: 3, refunded: 2 }), known({ refunded: 2, freed: 2 })), [2, 0])
  })

  it("that nobody has seen happen is taken for unshipped goods as long as there are as many", () => {
    assert.deepStrictEqual(told(of({ shipped: 3, refunded: 2 })), [2, 0])
    assert.deepStrictEqual(told(of({ shipped: 4, refunded: 2 })), [0, 1])
    assert.deepStrictEqual(told(of({ shipped: 4, refunded: 2 }), known({})), [0, 1])
  })

  it("never frees more than was ordered", () => {
    assert.deepStrictEqual(told(of({ refunded: 9 })), [5, 0])
    assert.deepStrictEqual(told(of({ refunded: 9 }), known({ refunded: 5, freed: 5 })), [5, 0])
  })
})

describe("a line that is edited after a refund", () => {
  it("keeps what was open of it, and asks", () => {
    assert.deepStrictEqual(told(of({ quantity: 3, refunded: 2 }), known({ refunded: 2, freed: 2 })), [0, 2])
    const line = { ...dated(3, [["refund", 2]]) }
    assert.deepStrictEqual(told(line, known({ refunded: 2, freed: 2 })), [0, 2])
  })

  it("loses what was freed with a refund that is taken back", () => {
    assert.deepStrictEqual(told(of({ refunded: 0 }), known({ refunded: 2, freed: 2 })), [0, 0])
  })
})

describe("whatever happens to a line", () => {
  const happening = fc.tuple(fc.constantFrom("ship" as const, "refund" as const), fc.integer({ min: 1, max: 3 }))

  it("what is open is at least what the shop would still ship, and at most what is ordered and not shipped", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(happening, { maxLength: 6 }), (quantity, happened) => {
        const line = dated(quantity, happened)
        const open = Math.max(0, line.quantity - line.shipped - freedOf(line, null))
        assert.isAtLeast(open, Math.max(0, line.quantity - line.shipped - line.refunded))
        assert.isAtMost(open, Math.max(0, line.quantity - line.shipped))
      })
    )
  })

  it("looking after each step and looking once at the dated end agree", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(happening, { maxLength: 6 }), (quantity, happened) => {
        let before: LineBefore | null = null
        for (let step = 0; step <= happened.length; step++) {
          const line = dated(quantity, happened.slice(0, step))
          const undated: RefundedLine = of({
            quantity,
            shipped: line.shipped / Quantity.scale,
            refunded: line.refunded / Quantity.scale
          })
          const { quantity: ordered, shipped, refunded } = undated
          before = { quantity: ordered, shipped, refunded, freed: freedOf(undated, before) }
        }
        assert.strictEqual(before!.freed, freedOf(dated(quantity, happened), null))
      })
    )
  })
})
