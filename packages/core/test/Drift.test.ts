import { assert, describe, it } from "@effect/vitest"
import * as Drift from "@stockport/core/decide/Drift"
import { CartLocationId } from "@stockport/core/domain/Connection"
import { DateTime, Duration } from "effect"
import { connection, counter, listing, online, published } from "./Catalogue.ts"

const { key } = listing("1/1", "A")

const last = published({ key, cartLocationId: online, quantity: 10 })(key, online)

const publishedAt = DateTime.makeUnsafe("2026-01-02T00:00:00Z")

const judge = (onHand: number, changes: Partial<Drift.DriftInput> = {}): Drift.DriftVerdict =>
  Drift.judge({
    level: { key, cartLocationId: online, onHand },
    readAt: DateTime.add(publishedAt, { hours: 1 }),
    last,
    notImported: 0,
    ...changes
  })

describe("what a shop's number turns out to be", () => {
  it("is our own echo when it equals the last publication, however soon", () => {
    assert.deepStrictEqual(judge(10), { _tag: "Echo" })
    assert.deepStrictEqual(judge(10, { readAt: publishedAt, notImported: 3 }), { _tag: "Echo" })
  })

  it("is the shop's own where nothing was published", () => {
    assert.deepStrictEqual(judge(10, { last: null }), { _tag: "NeverPublished" })
  })

  it("is not judged for a minute after it was published", () => {
    assert.strictEqual(Duration.toMillis(Drift.settlingPeriod), 60_000)
    assert.deepStrictEqual(judge(3, { readAt: DateTime.add(publishedAt, { seconds: 59 }) }), { _tag: "Settling" })
    assert.strictEqual(judge(3, { readAt: DateTime.add(publishedAt, { seconds: 60 }) })._tag, "Unexplained")
  })

  it.each([
    [7, 3, 3],
    [8, 3, 2],
    [9, 1, 1],
    [12, -2, -2],
    [11, -2, -1]
  ])("%i is innocent when the shop has sold up to %i that are not imported yet", (onHand, notImported, sold) => {
    assert.deepStrictEqual(judge(onHand, { notImported }), { _tag: "SoldSince", sold })
  })

  it.each([
    [7, 0],
    [6, 3],
    [11, 3],
    [13, -2],
    [9, -2],
    [12, 0]
  ])("%i is nobody's when %i are not imported yet", (onHand, notImported) => {
    const verdict = judge(onHand, { notImported })
    assert.deepStrictEqual(verdict, { _tag: "Unexplained", published: 10, shown: onHand })
    assert.isTrue(Drift.needsRepair(verdict))
  })

  it("asks for repair only when nothing explains it", () => {
    const innocent = [
      judge(10),
      judge(7, { notImported: 3 }),
      judge(1, { last: null }),
      judge(1, { readAt: publishedAt })
    ]
    assert.deepStrictEqual(innocent.map(Drift.needsRepair), [false, false, false, false])
  })

  it("is told in a sentence", () => {
    const verdicts: ReadonlyArray<Drift.DriftVerdict> = [
      { _tag: "Echo" },
      { _tag: "NeverPublished" },
      { _tag: "Settling" },
      { _tag: "SoldSince", sold: 3 },
      { _tag: "SoldSince", sold: -2 },
      { _tag: "Unexplained", published: 10, shown: 4 }
    ]
    assert.deepStrictEqual(verdicts.map(Drift.explain), [
      "The shop shows the number that was published.",
      "Nothing has been published here yet; the number is the shop's own.",
      "The number was published a moment ago; the shop may still be booking it.",
      "The shop has sold 3 in orders that are not imported yet.",
      "The shop has put back 2 from orders whose change is not imported yet.",
      "The shop shows 4 where 10 was published, and no order explains it."
    ])
  })

  it("becomes an issue when nothing explains it", () => {
    const level = { key, cartLocationId: online, onHand: 4 }
    assert.deepStrictEqual(Drift.issueOf(connection(), level, { _tag: "Unexplained", published: 10, shown: 4 }), {
      code: "UNEXPLAINED_DRIFT",
      message: "Listing 1/1 shows 4 at location online, where 10 was published and no order explains the difference.",
      remedy: "Find out who changes the shop's stock; the computed number is published again.",
      about: { connectionId: "shop", listingKey: "1/1", cartLocationId: "online" }
    })
  })
})

const level = (listingKey: string, cartLocationId: typeof online, onHand: number): Drift.ShopLevel => ({
  key: listing(listingKey, "A").key,
  cartLocationId,
  onHand
})

describe("what is owed to the shop", () => {
  const inDoubt = last === null ? null : { ...last, inDoubt: true }

  it.each([
    ["never published", { last: null }, { _tag: "NeverPublished" }],
    ["in doubt", { last: inDoubt }, { _tag: "InDoubt", shown: 7 }],
    ["refused", { last: inDoubt, isRefused: true }, { _tag: "Refused", shown: 7 }],
    ["forgotten", { computed: 2, level: { key, cartLocationId: online, onHand: 10 } }, { _tag: "Owed", computed: 2 }],
    [
      "due since tracking was switched on again",
      { last: inDoubt, level: { key, cartLocationId: online, onHand: 0 } },
      { _tag: "TrackedAgain" }
    ]
  ] as const)("is named as what it is: %s", (_, changes, verdict) => {
    const judged = judge(7, changes)
    assert.deepStrictEqual(judged, verdict)
    assert.isTrue(Drift.isDue(judged))
    assert.isFalse(Drift.needsRepair(judged))
    assert.match(Drift.explain(judged), /^[A-Z].*\.$/)
  })

  it("is what nobody explains, too, and nothing innocent", () => {
    assert.isTrue(Drift.isDue(judge(7)))
    assert.isFalse(Drift.isDue(judge(10, { computed: 10 })))
    assert.isFalse(Drift.isDue(judge(7, { notImported: 3 })))
    assert.isFalse(Drift.isDue(judge(7, { readAt: publishedAt })))
  })

  it("is doubt where the shop was last told 0 and shows it", () => {
    const nothing = last === null ? null : { ...last, quantity: 0, inDoubt: true }
    assert.deepStrictEqual(judge(0, { last: nothing }), { _tag: "InDoubt", shown: 0 })
  })
})

describe("stock at locations that receive no numbers", () => {
  const attic = CartLocationId.make("attic")

  it("is told once for each, with how many listings", () => {
    const issues = Drift.strayStock(connection(), [
      level("1/1", online, 5),
      level("1/1", counter, 2),
      level("2/1", counter, 1),
      level("2/1", counter, 1),
      level("1/1", attic, 9)
    ])
    assert.deepStrictEqual(
      issues.map(({ code, message }) => [code, message]),
      [
        [
          "CART_LOCATION_HOLDS_STOCK",
          "The shop's location attic holds stock of 1 linked listings, but receives no numbers."
        ],
        [
          "CART_LOCATION_HOLDS_STOCK",
          "The shop's location counter holds stock of 2 linked listings, but receives no numbers."
        ]
      ]
    )
  })

  it("is told in order of the locations' ids, whatever order they were read in", () => {
    const read = [attic, counter, CartLocationId.make("yard")].map((place) => level("1/1", place, 1))
    for (const levels of [read, read.toReversed()]) {
      assert.deepStrictEqual(
        Drift.strayStock(connection(), levels).map(({ about }) => about["cartLocationId"]),
        ["attic", "counter", "yard"]
      )
    }
  })

  it("is none when there is nothing, or less", () => {
    assert.deepStrictEqual(Drift.strayStock(connection(), [level("1/1", counter, 0), level("1/1", counter, -1)]), [])
  })
})
