import { assert, describe, it } from "@effect/vitest"
import * as Endings from "@stockport/core/decide/Endings"
import type { EndedLink } from "@stockport/core/domain/Link"
import { ProductId } from "@stockport/core/domain/Listing"
import type { Publication } from "@stockport/core/domain/Publication"
import { DateTime } from "effect"
import { connection, counter, link, listing, online, policyOf, shop } from "./Catalogue.ts"

const ended: EndedLink = { link: link(listing("1/1", "A"), "A"), settled: false }

const key = ended.link.listing.key

const shows = (quantity: number, changes: Partial<Publication> = {}): Publication => ({
  connectionId: shop,
  key: ended.link.listing.key,
  cartLocationId: online,
  itemId: ended.link.itemId,
  quantity,
  publishedAt: DateTime.makeUnsafe("2026-03-01T08:00:00Z"),
  receipt: null,
  ...changes
})

const plan = (
  whenLinkEnds: "keep" | "zero" | undefined,
  last: ReadonlyArray<Publication>,
  each = ended,
  linked = ""
) => {
  const policy = policyOf(whenLinkEnds === undefined ? {} : { whenLinkEnds })
  return Endings.plan({
    connection: connection({ policy }),
    ended: [each],
    last,
    linkedProducts: new Set(linked === "" ? [] : [ProductId.make(linked)])
  })
}

describe("a link that has ended", () => {
  it("leaves its number in the shop unless the policy says otherwise, and a person is told which", () => {
    for (const policy of ["keep", undefined] as const) {
      const { settled, zeros, issues } = plan(policy, [shows(4), shows(2, { cartLocationId: counter }), shows(0)])
      assert.deepStrictEqual([settled, zeros], [[], []])
      assert.match(issues[0]?.message ?? "", /the shop goes on showing 4, 2; what it sells of that lowers nothing\.$/)
    }
  })

  it("is told to be zero where the policy says so, wherever it shows something or nobody knows", () => {
    const { zeros, issues, settled } = plan("zero", [shows(4), shows(0, { cartLocationId: counter, inDoubt: true })])
    assert.deepStrictEqual(
      zeros.map(({ cartLocationId, quantity }) => [cartLocationId, quantity]),
      [
        [online, 0],
        [counter, 0]
      ]
    )
    assert.deepStrictEqual(settled, [])
    assert.match(issues[0]?.message ?? "", /has not accepted 0 for it yet; it shows 4, 0\.$/)
  })

  it("is dealt with where the number is not ours, is zero, or is not counted", () => {
    assert.deepStrictEqual(plan("zero", []).settled, [key])
    assert.deepStrictEqual(plan("keep", [shows(0)]).settled, [key])
    const untracked = { ...ended, link: link(listing("1/1", "A", { tracking: "none" }), "A") }
    assert.deepStrictEqual(plan("zero", [shows(4)], untracked), { settled: [key], zeros: [], issues: [] })
  })

  it("is dealt with where its listing has moved", () => {
    assert.deepStrictEqual(plan("zero", [shows(4)], { ...ended, ending: "replaced" }).settled, [key])
    assert.deepStrictEqual(plan("zero", [shows(4)], { ...ended, ending: "excluded" }).settled, [])
  })

  it("leaves the product's number to the variants that are still linked", () => {
    const ofProduct = { ...ended, link: link(listing("1/1", "A", { tracking: "product" }), "A") }
    assert.deepStrictEqual(plan("zero", [shows(4)], ofProduct, "1").settled, [key])
    assert.deepStrictEqual(plan("zero", [shows(4)], ofProduct).settled, [])
    assert.deepStrictEqual(plan("zero", [shows(4)], ended, "1").settled, [])
  })
})

const gone = (
  last: ReadonlyArray<Publication>,
  levels: { readonly [cartLocationId: string]: number },
  sighting: Partial<Endings.Sighting> = {}
) =>
  Endings.gone([ended], last, {
    readAt: DateTime.makeUnsafe("2026-03-01T08:01:00Z"),
    shown: (_, cartLocationId) => levels[cartLocationId] ?? null,
    isUnclear: () => false,
    ...sighting
  })

describe("a shop that is read back", () => {
  it("shows no number of an ended link any more where it says 0, or says nothing", () => {
    const last = [shows(4), shows(2, { cartLocationId: counter, inDoubt: true })]
    assert.deepStrictEqual(gone(last, { [online]: 0, [counter]: 0 }), [key])
    assert.deepStrictEqual(gone(last, { [online]: -1 }), [key])
    assert.deepStrictEqual(gone(last, {}), [key])
    assert.deepStrictEqual(gone([], { [online]: 4 }), [key])
  })

  it("still shows one where any place that was told a number says more than 0", () => {
    const last = [shows(4), shows(0, { cartLocationId: counter })]
    assert.deepStrictEqual(gone(last, { [online]: 0, [counter]: 1 }), [])
    assert.deepStrictEqual(gone([shows(4)], { [online]: 0, [counter]: 1 }), [key])
  })

  it("may still be about to show what it has accepted a moment ago", () => {
    assert.deepStrictEqual(
      gone([shows(4)], { [online]: 0 }, { readAt: DateTime.makeUnsafe("2026-03-01T08:00:59Z") }),
      []
    )
  })

  it("says nothing for sure where it cannot be read", () => {
    assert.deepStrictEqual(gone([shows(4)], { [online]: 0 }, { isUnclear: (each) => each === key }), [])
  })
})
