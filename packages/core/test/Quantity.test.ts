import { assert, describe, it } from "@effect/vitest"
import * as Quantity from "@stockport/core/domain/Quantity"
import * as Stock from "@stockport/testing/generators/Stock"
import { Result, Schema } from "effect"
import fc from "fast-check"

const max = Number.MAX_SAFE_INTEGER
const size = (value: number) => value as Quantity.Quantity
const sizeOf = (result: Result.Result<Quantity.Quantity, Quantity.InvalidQuantity>) =>
  Result.isSuccess(result) ? (result.success as number) : `refused: ${result.failure.message}`
const wanted = "write a decimal number with at most five decimals, such as 12 or -0.25"
const parsedRange = "it must lie between -90071992547.40991 and 90071992547.40991"
const resultRange = "the result must lie between -90071992547.40991 and 90071992547.40991"
const positive = fc.oneof(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max })).map(size)

describe("a quantity, read and written", () => {
  it.each([
    ["0", 0],
    ["-0", 0],
    ["-0.00000", 0],
    ["12", 1_200_000],
    ["-0.25", -25_000],
    ["10.75000", 1_075_000],
    ["0.00001", 1],
    ["007.1", 710_000],
    ["90071992547.40991", max],
    ["-90071992547.40991", -max]
  ])("reads %s", (text, expected) => {
    assert.strictEqual(sizeOf(Quantity.parse(text)), expected)
  })

  it.each(["", " ", "1 ", " 1", "1\n", "+1", "1.", ".5", "1,5", "1e3", "0x10", "0.000001", "1.1.1", "NaN", "--1", "١"])(
    "refuses %j and says what would be right",
    (text) => {
      assert.strictEqual(sizeOf(Quantity.parse(text)), `refused: ${text} is not a quantity: ${wanted}`)
    }
  )

  it.each(["90071992547.40992", "-90071992547.40992", "90071992548", "9999999999999.99999", "1".repeat(30)])(
    "refuses %s, which is out of range",
    (text) => {
      assert.strictEqual(sizeOf(Quantity.parse(text)), `refused: ${text} is not a quantity: ${parsedRange}`)
    }
  )

  it("never repeats a long input whole", () => {
    const inputs = [40, 41].map((length) => {
      const result = Quantity.parse("1".repeat(length))
      return Result.isFailure(result) ? result.failure.input : ""
    })
    assert.deepStrictEqual(inputs, ["1".repeat(40), `${"1".repeat(40)}…`])
  })

  it("reads a number by its shortest decimal text", () => {
    assert.strictEqual(sizeOf(Quantity.fromNumber(0.1)), 10_000)
    assert.strictEqual(sizeOf(Quantity.fromNumber(-0)), 0)
    assert.strictEqual(sizeOf(Quantity.fromNumber(0.00001)), 1)
    assert.strictEqual(
      sizeOf(Quantity.fromNumber(0.1 + 0.2)),
      `refused: 0.30000000000000004 is not a quantity: ${wanted}`
    )
    for (const no of [1e-7, 1e21, Number.NaN, Infinity]) assert.isTrue(Result.isFailure(Quantity.fromNumber(no)))
  })

  it("is written down in code, and throws on what is none", () => {
    assert.strictEqual(Quantity.of("2.5"), 250_000)
    assert.strictEqual(Quantity.of(3), 300_000)
    assert.throws(() => Quantity.of("x"), Quantity.InvalidQuantity)
  })

  it.each([
    [0, "0"],
    [1, "0.00001"],
    [-1, "-0.00001"],
    [1_075_000, "10.75"],
    [-25_000, "-0.25"],
    [1_000_000, "10"],
    [max, "90071992547.40991"],
    [-max, "-90071992547.40991"]
  ])("writes %d as %s", (value, text) => {
    assert.strictEqual(Quantity.format(size(value)), text)
  })

  it("writes what it reads, over the whole range", () => {
    fc.assert(
      fc.property(Stock.anyQuantity, (quantity) => {
        assert.strictEqual(sizeOf(Quantity.parse(Quantity.format(quantity))), quantity)
      })
    )
  })

  it("is decimal text on the wire, and a JSON number is read too", () => {
    const { decodeUnknownSync, encodeSync } = Schema
    assert.strictEqual(decodeUnknownSync(Quantity.QuantityFromDecimal)("0.5"), 50_000)
    assert.strictEqual(decodeUnknownSync(Quantity.QuantityFromDecimal)(0.5), 50_000)
    assert.strictEqual(encodeSync(Quantity.QuantityFromDecimal)(size(50_000)), "0.5")
  })

  it("a decoder names the path and the expectation", () => {
    const decode = Schema.decodeUnknownResult(Schema.Struct({ lines: Schema.Array(Quantity.QuantityFromDecimal) }))
    for (const [bad, expected] of [
      ["0.123456", wanted],
      ["99999999999", parsedRange]
    ] as const) {
      const refused = decode({ lines: ["1", bad] })
      const message = Result.isFailure(refused) ? String(refused.failure) : ""
      assert.include(message, expected)
      assert.match(message, /\["lines"\]\[1\]/)
    }
    assert.isTrue(Result.isFailure(decode({ lines: [true] })))
  })
})

describe("sums and differences of quantities", () => {
  it("are exact where binary fractions are not", () => {
    assert.strictEqual(sizeOf(Quantity.add(Quantity.of("0.1"), Quantity.of("0.2"))), 30_000)
    assert.strictEqual(sizeOf(Quantity.subtract(Quantity.of("0.3"), Quantity.of("0.1"))), 20_000)
    assert.strictEqual(sizeOf(Quantity.subtract(Quantity.of(1), Quantity.of(1))), 0)
  })

  it("are refused beyond the range, with both sides named", () => {
    assert.strictEqual(
      sizeOf(Quantity.add(size(max), size(1))),
      `refused: 90071992547.40991 + 0.00001 is not a quantity: ${resultRange}`
    )
    assert.strictEqual(
      sizeOf(Quantity.subtract(size(-max), size(1))),
      `refused: -90071992547.40991 - 0.00001 is not a quantity: ${resultRange}`
    )
    assert.strictEqual(sizeOf(Quantity.add(size(max), size(-1))), max - 1)
  })

  it("equal those of big integers, in whatever order, or are out of range", () => {
    fc.assert(
      fc.property(fc.array(Stock.anyQuantity, { maxLength: 6 }), (quantities) => {
        const exact = quantities.reduce((sum, quantity) => sum + BigInt(quantity), 0n)
        const inRange = exact <= BigInt(max) && exact >= BigInt(-max)
        for (const order of [quantities, quantities.toReversed()]) {
          const sum = Quantity.sum(order)
          assert.strictEqual(Result.isSuccess(sum), inRange)
          if (Result.isSuccess(sum)) assert.strictEqual(sum.success, Number(exact))
        }
      })
    )
  })

  it("come back into range when parts of them leave it", () => {
    assert.strictEqual(sizeOf(Quantity.sum([size(max), size(max), size(-max)])), max)
    assert.strictEqual(
      sizeOf(Quantity.sum([size(max), size(max)])),
      `refused: the sum is not a quantity: ${resultRange}`
    )
    assert.strictEqual(sizeOf(Quantity.sum([])), 0)
    assert.strictEqual(sizeOf(Quantity.sum([size(-max), size(max), size(0)])), 0)
  })

  it("a negated zero is zero", () => {
    assert.strictEqual(Quantity.negate(Quantity.zero), 0)
    assert.strictEqual(Quantity.negate(size(5)), -5)
    assert.strictEqual(Quantity.abs(size(-5)), 5)
  })
})

describe("products of quantities", () => {
  it("are exact", () => {
    assert.strictEqual(sizeOf(Quantity.multiply(Quantity.of(3), Quantity.of("0.25"))), 75_000)
    assert.strictEqual(sizeOf(Quantity.multiply(Quantity.of(-3), Quantity.of("0.25"))), -75_000)
    assert.strictEqual(sizeOf(Quantity.multiply(Quantity.of(-3), Quantity.zero)), 0)
    assert.strictEqual(sizeOf(Quantity.multiply(size(max), Quantity.one)), max)
  })

  it("are refused when they need a sixth decimal or leave the range", () => {
    assert.strictEqual(
      sizeOf(Quantity.multiply(Quantity.of("0.001"), Quantity.of("0.001"))),
      "refused: 0.001 x 0.001 is not a quantity: the product needs more than five decimals"
    )
    assert.strictEqual(
      sizeOf(Quantity.multiply(size(max), Quantity.of(2))),
      `refused: 90071992547.40991 x 2 is not a quantity: ${resultRange}`
    )
  })

  it("of a need are raised to the next quantity when they need a sixth decimal, and only then", () => {
    assert.strictEqual(sizeOf(Quantity.multiplyUp(Quantity.of("0.001"), Quantity.of("0.001"))), 1)
    assert.strictEqual(sizeOf(Quantity.multiplyUp(Quantity.of("0.5"), Quantity.of("0.5"))), 25_000)
    assert.strictEqual(sizeOf(Quantity.multiplyUp(Quantity.of("-0.001"), Quantity.of("0.001"))), 0)
    assert.strictEqual(sizeOf(Quantity.multiplyUp(Quantity.of("1.00001"), Quantity.of("0.1"))), 10_001)
    assert.strictEqual(
      sizeOf(Quantity.multiplyUp(size(max), Quantity.of(2))),
      `refused: 90071992547.40991 x 2 is not a quantity: ${resultRange}`
    )
  })
})

describe("whole units of a quantity", () => {
  it("are counted down, never up", () => {
    assert.strictEqual(Quantity.timesContained(Quantity.of("0.3"), Quantity.of("0.1")), 3)
    assert.strictEqual(Quantity.wholeUnits(Quantity.of("10.75")), 10)
    assert.strictEqual(Quantity.wholeUnits(Quantity.of("-0.5")), -1)
    assert.strictEqual(Quantity.wholeUnits(Quantity.of(-2)), -2)
    assert.strictEqual(Quantity.timesContained(Quantity.zero, Quantity.one), 0)
  })

  it("are exact over the whole range", () => {
    fc.assert(
      fc.property(Stock.anyQuantity, positive, (quantity, part) => {
        const times = BigInt(Quantity.timesContained(quantity, part))
        assert.isTrue(times * BigInt(part) <= BigInt(quantity))
        assert.isTrue((times + 1n) * BigInt(part) > BigInt(quantity))
      }),
      { numRuns: 20 * (fc.readConfigureGlobal().numRuns ?? 100) }
    )
  })

  it("are exact beside every multiple, where a rounded quotient would slip", () => {
    const multiples = fc.tuple(positive, fc.nat(2 ** 20), fc.constantFrom(-1, 0, 1)).map(([part, times, off]) => {
      const most = Math.min(times, Math.floor((max - 1) / part))
      return { part, quantity: size(most * part + off) }
    })
    fc.assert(
      fc.property(multiples, ({ part, quantity }) => {
        const times = BigInt(Quantity.timesContained(quantity, part))
        assert.isTrue(times * BigInt(part) <= BigInt(quantity))
        assert.isTrue((times + 1n) * BigInt(part) > BigInt(quantity))
      }),
      { numRuns: 20 * (fc.readConfigureGlobal().numRuns ?? 100) }
    )
  })

  it("become a quantity again, unless that is out of range", () => {
    assert.strictEqual(sizeOf(Quantity.fromUnits(3)), 300_000)
    assert.strictEqual(sizeOf(Quantity.fromUnits(-3)), -300_000)
    assert.strictEqual(sizeOf(Quantity.fromUnits(90_071_992_547)), 9_007_199_254_700_000)
    assert.strictEqual(
      sizeOf(Quantity.fromUnits(90_071_992_548)),
      `refused: 90071992548 units is not a quantity: ${resultRange}`
    )
    for (const no of [0.5, Number.NaN, 2 ** 53]) {
      assert.strictEqual(
        sizeOf(Quantity.fromUnits(no)),
        `refused: ${no} is not a quantity: a count of whole units is a whole number`
      )
    }
  })
})
