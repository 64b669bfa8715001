import { assert, describe, it } from "@effect/vitest"
import type { PublishPlan, PublishUpdate } from "@stockport/core/decide/Publishing"
import * as Verdicts from "@stockport/core/decide/Verdicts"
import { ItemId } from "@stockport/core/domain/ItemId"
import { type DirtyMark, ItemVersion } from "@stockport/core/domain/Publication"
import * as Cart from "@stockport/core/ports/Cart"
import { LeaseLost } from "@stockport/core/ports/Lease"
import { DateTime, Duration } from "effect"
import * as fc from "fast-check"
import { listing, online, shop } from "./Catalogue.ts"

const at = DateTime.makeUnsafe("2026-03-01T08:00:00Z")

const mark = (id: string, changes: Partial<DirtyMark> = {}): DirtyMark => ({
  itemId: ItemId.make(id),
  version: ItemVersion.make(1),
  resend: false,
  ...changes
})

const update = (key: string, itemId: string): PublishUpdate => ({
  listing: listing(key, itemId),
  cartLocationId: online,
  itemId: ItemId.make(itemId),
  quantity: 2,
  previous: 10,
  shown: null,
  steps: []
})

const error = (reason: Cart.CartErrorReason) => new Cart.CartError({ operation: "setStockLevels", reason })

const refusal = new Cart.Rejected({ detail: "a field is missing", fields: {} })
const outage = new Cart.Transient({ detail: "502" })

type Word = "accepted" | Cart.CartErrorReason

/** What becomes of some rows, each with its verdict: the shop's word, or (as a one-element list) a row that was not tried. */
const sort = (
  rows: ReadonlyArray<readonly [PublishUpdate, Word | readonly [Cart.CartErrorReason]]>,
  marks: ReadonlyArray<DirtyMark>,
  left: PublishPlan["left"] = []
) =>
  Verdicts.sort({
    connectionId: shop,
    plan: { updates: rows.map(([row]) => row), left, issues: [] },
    marks,
    verdicts: rows.map(([row, word]): Cart.StockLevelVerdict => {
      if (word === "accepted") return { _tag: "Accepted", update: row, receipt: "1" }
      return Array.isArray(word)
        ? { _tag: "NotTried", update: row, error: error(word[0]) }
        : { _tag: "Rejected", update: row, error: error(word as Cart.CartErrorReason) }
    }),
    at
  })

const ids = (rows: ReadonlyArray<{ readonly itemId: string }>) => rows.map(({ itemId }) => itemId)

describe("what is owed to the shop after sending", () => {
  it("is nothing where every number was accepted", () => {
    const outcome = sort([[update("1", "A"), "accepted"]], [mark("A")])
    assert.deepStrictEqual(ids(outcome.publications), ["A"])
    assert.deepStrictEqual([ids(outcome.cleared), outcome.deferred, outcome.owed], [["A"], [], []])
  })

  it("is nothing where there was nothing to say", () => {
    const outcome = sort([], [mark("A")])
    assert.deepStrictEqual([ids(outcome.cleared), outcome.deferred, outcome.owed], [["A"], [], []])
  })

  it("stays where the shop has refused a number: tried in the next run first, then after growing pauses", () => {
    const outcome = sort([[update("1", "A"), refusal]], [mark("A")])
    assert.deepStrictEqual([outcome.cleared, outcome.owed, outcome.postponed], [[], [], 0])
    assert.deepStrictEqual(outcome.deferred, [{ ...deferral("A", 1), notBefore: at }])
    assert.deepStrictEqual(
      outcome.refused.map(({ code }) => code),
      ["PUBLISH_REJECTED"]
    )
    const again = sort([[update("1", "A"), refusal]], [mark("A", { tries: 3 })])
    assert.deepStrictEqual(again.deferred, [{ ...deferral("A", 4), notBefore: DateTime.add(at, { minutes: 4 }) }])
  })

  it("asks again after no pause, one minute, two, four, and never more than an hour", () => {
    const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1_000].map((tries) => Duration.toMinutes(Verdicts.pauseAfter(tries)))
    assert.deepStrictEqual(minutes, [0, 1, 2, 4, 8, 16, 32, 60, 60, 60])
  })

  it("an item of which one listing was refused waits, and the accepted one is recorded", () => {
    const outcome = sort(
      [
        [update("1", "A"), "accepted"],
        [update("2", "A"), refusal]
      ],
      [mark("A", { resend: true })]
    )
    assert.deepStrictEqual(
      outcome.publications.map(({ key }) => key),
      ["1"]
    )
    assert.deepStrictEqual([ids(outcome.deferred), outcome.cleared], [["A"], []])
  })

  it("a kit whose number was refused because of a component gets a mark of its own", () => {
    const outcome = sort([[update("9", "KIT"), refusal]], [mark("A")])
    assert.deepStrictEqual([ids(outcome.cleared), outcome.owed, outcome.deferred], [["A"], ["KIT"], []])
  })

  it("is everything that no answer speaks of, and nothing is told of it", () => {
    const outcome = sort(
      [
        [update("1", "A"), "accepted"],
        [update("2", "B"), [outage]]
      ],
      [mark("A"), mark("B")]
    )
    assert.deepStrictEqual([outcome.owed, outcome.untried, outcome.postponed], [["B"], ["2"], 1])
    assert.deepStrictEqual([outcome.refused, outcome.deferred], [[], []])
  })

  it.each([
    new Cart.Unauthorized({ detail: "401" }),
    new Cart.Forbidden({ detail: "403" }),
    new Cart.Suspended({ detail: "closed" }),
    new LeaseLost({ detail: "late" })
  ])("an error that concerns everybody is no refusal of its row: %s", (reason) => {
    const outcome = sort([[update("1", "A"), reason]], [mark("A")])
    assert.deepStrictEqual([outcome.owed, outcome.refused, outcome.deferred], [[ItemId.make("A")], [], []])
  })

  it.each([outage, new Cart.RateLimited({ retryAfterMillis: 5 })])(
    "a row that failed for now is no refusal: %s",
    (why) => {
      const outcome = sort([[update("1", "A"), why]], [mark("A")])
      assert.deepStrictEqual([outcome.owed, outcome.refused], [["A"], []])
    }
  )

  it("is a first publication that waits for a person", () => {
    const { listing: row, itemId } = update("1", "A")
    const outcome = sort([], [mark("A")], [{ listing: row, itemId, reasons: ["MASS_ZERO"] }])
    assert.deepStrictEqual(outcome.owed, [ItemId.make("A")])
  })

  it("never forgets a number that was not accepted, whatever the verdicts", () => {
    const words = fc.constantFrom<Word | readonly [Cart.CartErrorReason]>(
      "accepted",
      refusal,
      outage,
      [outage],
      [new Cart.NotFound({ detail: "a page of HTML" })],
      new Cart.Unauthorized({ detail: "401" })
    )
    const rows = fc.array(fc.tuple(fc.constantFrom("A", "B", "C", "KIT"), words), { maxLength: 12 })
    fc.assert(
      fc.property(rows, (drawn) => {
        const sent = drawn.map(([item, word], row) => [update(String(row), item), word] as const)
        const marks = ["A", "B", "C"].map((id) => mark(id))
        const outcome = sort(sent, marks)
        const still = new Set<string>([...outcome.owed, ...ids(outcome.deferred)])
        for (const [row, word] of sent) {
          if (word !== "accepted") assert.isTrue(still.has(row.itemId))
        }
        const kept = new Set([...ids(outcome.cleared), ...ids(outcome.deferred)])
        assert.deepStrictEqual([...kept].sort(), ["A", "B", "C"])
        assert.strictEqual(outcome.publications.length + outcome.refused.length + outcome.postponed, sent.length)
      })
    )
  })
})

const deferral = (id: string, tries: number) => ({ itemId: ItemId.make(id), version: ItemVersion.make(1), tries })

const verdict = (_tag: "NotTried" | "Rejected", reason: Cart.CartErrorReason): Cart.StockLevelVerdict => ({
  _tag,
  update: update("1", "A"),
  error: error(reason)
})

describe("an error concerns everybody", () => {
  it("where no answer speaks of a row and no try will mend it", () => {
    assert.isTrue(Verdicts.concernsEverybody(verdict("NotTried", new Cart.NotFound({ detail: "404" }))))
    assert.isFalse(Verdicts.concernsEverybody(verdict("NotTried", outage)))
    assert.isFalse(Verdicts.concernsEverybody(verdict("Rejected", new Cart.NotFound({ detail: "404" }))))
    assert.isFalse(Verdicts.concernsEverybody(verdict("Rejected", refusal)))
  })

  it("never where a number was accepted", () => {
    assert.isFalse(Verdicts.concernsEverybody({ _tag: "Accepted", receipt: null }))
  })
})
