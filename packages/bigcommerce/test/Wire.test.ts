import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Result, Schema, Stream } from "effect"
import * as FastCheck from "fast-check"
import * as Operation from "@stockport/bigcommerce/Operation"
import * as Pages from "@stockport/bigcommerce/Pages"
import * as Wire from "@stockport/bigcommerce/Wire"

const read = <A, E>(leaf: Schema.Codec<A, E>, value: unknown): A | undefined => {
  const result = Schema.decodeUnknownResult(leaf)(value)
  return Result.isSuccess(result) ? result.success : undefined
}

describe("an amount", () => {
  it("keeps the text that the shop wrote, letter by letter", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.stringMatching(/^-?\d{1,15}(\.\d{1,6})?$/), (text) => {
        assert.strictEqual(read(Wire.AmountOrZero, text), text)
      })
    ))

  it("of a JSON number is the shortest text of that number, without an exponent, or refused", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = read(Wire.AmountOrZero, number)
        if (text === undefined) assert.match(String(number), /e/)
        else assert.isTrue(Number(text) === number && /^-?\d+(\.\d+)?$/.test(text), `${number} became ${text}`)
      }),
      { numRuns: 1_000 }
    ))

  it.each(["12,50", "1e3e", "0x10", "1e99", "1e-99", "abc", "1.", ".5", "+1", "--1", true, Number.NaN, [1], { a: 1 }])(
    "is refused when it is none: %j",
    (value) => assert.isUndefined(read(Wire.AmountOrZero, value))
  )

  it.each([
    ["1e3", "1000"],
    ["1.5e-7", "0.00000015"],
    ["-12.345E+1", "-123.45"],
    ["0012e-1", "1.2"],
    [1e21, "1000000000000000000000"],
    [-1e-9, "-0.000000001"]
  ] as const)("in exponent form is the same number, exactly: %j", (written, expected) =>
    assert.strictEqual<unknown>(read(Wire.AmountOrZero, written), expected)
  )

  it.each([null, "", [], {}])("is zero when the shop says nothing: %j", (value) =>
    assert.strictEqual(read(Wire.AmountOrZero, value), "0")
  )
})

describe("a quantity", () => {
  it.each([
    ["1.50000000", 150_000],
    [1e2, 10_000_000],
    ["0", 0]
  ] as const)("%j is read exactly", (written, expected) =>
    assert.strictEqual<unknown>(read(Wire.Units, written), expected)
  )

  it.each([-1, "-0.5", 0.000001, "1e-6", 1e300, "99999999999999", "x", null, true])(
    "is refused when it is none: %j",
    (value) => assert.isUndefined(read(Wire.Units, value))
  )
})

describe("an instant", () => {
  it("is read in both of the shop's notations, with its offset", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 0, max: 4_102_444_799 }),
        FastCheck.integer({ min: -11, max: 13 }),
        (seconds, hours) => {
          const at = new Date(seconds * 1_000)
          const local = new Date((seconds + hours * 3_600) * 1_000)
          const offset = `${hours < 0 ? "-" : "+"}${String(Math.abs(hours)).padStart(2, "0")}`
          const rfc = local.toUTCString().replace("GMT", `${offset}00`)
          const iso = local.toISOString().replace(".000Z", `${offset}:00`)
          for (const text of [rfc, iso, at.toISOString()]) {
            const instant = read(Wire.Instant, text)
            assert.strictEqual(instant === undefined ? text : DateTime.toEpochMillis(instant), seconds * 1_000)
          }
        }
      )
    ))

  it.each(["", "yesterday", "2025", "2025-08-05", "Tue, 99 Aug 2025 10:00:00 +0000", "2025-08-05T10:00:00", 5, null])(
    "is refused when it is none, or of no place: %j",
    (value) => assert.isUndefined(read(Wire.Instant, value))
  )
})

describe("an id", () => {
  it.each([
    [7, "7"],
    ["7", "7"],
    [0, undefined],
    [-1, undefined],
    [1.5, undefined],
    [2 ** 60, undefined],
    ["x", undefined],
    [null, undefined]
  ] as const)("%j is %j", (value, expected) => assert.strictEqual(read(Wire.Id, value), expected))

  it.each([0, "0", null, "", undefined])("of nothing is none: %j", (value) => assert.isNull(read(Wire.IdOrNone, value)))
})

const pageOf = (data: ReadonlyArray<number>, total_pages: number | null, total: number | null = null) => ({
  data,
  meta: { pagination: { total, current_page: null, total_pages } }
})

describe("a list by page number", () => {
  it.effect("that gives the same page again is not followed", () =>
    Effect.gen(function* () {
      const endless = Pages.all(Operation.getHooks, 3, () => Effect.succeed(pageOf([1, 2, 3], 1_000_000)))
      const error = yield* Effect.flip(Stream.runDrain(endless))
      assert.include(error.message, "page 2 is the same as the one before")
    })
  )

  it.effect("that never ends is given up", () =>
    Effect.gen(function* () {
      const endless = Pages.all(Operation.getHooks, 1, (page) => Effect.succeed(pageOf([page], null)))
      const error = yield* Effect.flip(Stream.runDrain(endless))
      assert.include(error.message, `more than ${Pages.pagesMax} pages`)
    })
  )

  it.effect("gives every row at least once while others are removed", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.integer({ min: 0, max: 60 }),
          FastCheck.integer({ min: 1, max: 7 }),
          FastCheck.array(FastCheck.tuple(FastCheck.integer({ min: 1, max: 12 }), FastCheck.nat()), { maxLength: 5 }),
          async (count, size, removals) => {
            let rows = Array.from({ length: count }, (_, at) => at)
            let reads = 0
            const list = Pages.all(Operation.getHooks, size, (page) =>
              Effect.sync(() => {
                reads++
                for (const [when, which] of removals) {
                  if (when === reads) rows = rows.filter((_, at) => at !== which % Math.max(1, rows.length))
                }
                const data = rows.slice((page - 1) * size, page * size)
                return pageOf(data, Math.ceil(rows.length / size), rows.length)
              })
            )
            const read = new Set(await Effect.runPromise(Stream.runCollect(list)))
            for (const row of rows) assert.isTrue(read.has(row), `row ${row} was lost`)
          }
        ),
        {
          numRuns: 300,
          examples: [
            [
              10,
              1,
              [
                [2, 0],
                [4, 0],
                [12, 0],
                [12, 0]
              ]
            ]
          ]
        }
      )
    )
  )
})
