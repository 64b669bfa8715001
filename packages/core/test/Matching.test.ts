import { assert, describe, it } from "@effect/vitest"
import * as Matching from "@stockport/core/decide/Matching"
import type { MatchingPolicy } from "@stockport/core/domain/SyncPolicy"
import * as Link from "@stockport/core/domain/Link"
import * as Quantity from "@stockport/core/domain/Quantity"
import { ProductId, VariantId } from "@stockport/core/domain/Listing"
import { Item } from "@stockport/core/domain/Item"
import { Schema } from "effect"
import {
  candidatesOf,
  codesOf,
  exclusion,
  item,
  keysOf,
  link,
  linksOf,
  listing,
  match,
  parent,
  shop
} from "./Catalogue.ts"

const creating: MatchingPolicy = { normalisedTier: true, onNoMatch: "create" }

const messagesOf = (plan: Matching.MatchPlan) => plan.issues.map(({ message }) => message)

describe("matching by SKU", () => {
  it("makes a link of one unit that publishes by the connection's rules", () => {
    const row = listing("1/1", "A")
    assert.deepStrictEqual(match({ items: [item("I", "A")], listings: [row] }).linked, [
      {
        connectionId: shop,
        listing: row,
        itemId: item("I", "A").id,
        tier: "exact",
        matchedSku: "A",
        unitsPerListing: Quantity.one,
        publishing: true,
        rule: { buffer: null, percentage: null, maximum: null, minimum: null }
      }
    ])
  })

  it("prefers an exact match to one that differs by case", () => {
    const plan = match({
      items: [item("lower", "abc"), item("upper", "ABC")],
      listings: [listing("1/1", "abc"), listing("2/1", "ABC")]
    })
    assert.deepStrictEqual(linksOf(plan.linked), [
      ["1/1", "lower", "exact"],
      ["2/1", "upper", "exact"]
    ])
    assert.deepStrictEqual(plan.issues, [])
  })

  it("keeps back a listing whose normal form two items have", () => {
    const plan = match({ items: [item("z", "abc"), item("y", "ABC")], listings: [listing("1/1", "Abc ")] })
    assert.deepStrictEqual(plan.ambiguous, [
      { listing: listing("1/1", "Abc "), reason: "skuAmbiguous", candidates: [item("y", "").id, item("z", "").id] }
    ])
    assert.deepStrictEqual(plan.issues, [
      {
        code: "SKU_AMBIGUOUS",
        message: 'Listing 1/1 has the SKU "Abc ", and it could be any of these items: y, z.',
        remedy: "Make the SKUs unique on both sides, or link the listing by hand.",
        about: { connectionId: "shop", listingKey: "1/1", itemIds: "y, z" }
      }
    ])
  })

  it("keeps back listings that have the same normal form, also when one of them matches exactly or is linked", () => {
    const items = [item("I", "abc")]
    const two = match({ items, listings: [listing("1/1", "ABC"), listing("2/1", "Abc")] })
    assert.deepStrictEqual([two.linked, keysOf(two.ambiguous)], [[], ["1/1", "2/1"]])
    assert.deepStrictEqual(messagesOf(two), [
      'Listing 1/1 and others have the SKU "ABC" of item I, but for case or outer space.',
      'Listing 2/1 and others have the SKU "Abc" of item I, but for case or outer space.'
    ])
    const beside = match({ items, listings: [listing("1/1", "abc"), listing("2/1", "ABC")] })
    assert.deepStrictEqual([keysOf(beside.linked), keysOf(beside.ambiguous)], [["1/1"], ["2/1"]])
    const before = match({
      items,
      listings: [listing("1/1", "Abc"), listing("2/1", "ABC")],
      links: [link(listing("1/1", "Abc"), "I", { tier: "normalised" })]
    })
    assert.deepStrictEqual([keysOf(before.kept), keysOf(before.ambiguous)], [["1/1"], ["2/1"]])
  })

  it("does not count a parent or an excluded listing as a rival", () => {
    const plan = match({
      items: [item("I", "abc")],
      listings: [parent("1", "ABC"), listing("1/1", "ABC"), listing("2/1", "Abc")],
      exclusions: [exclusion("2/1")]
    })
    assert.deepStrictEqual(linksOf(plan.linked), [["1/1", "I", "normalised"]])
  })

  it("lists the new links of both tiers in order of their keys", () => {
    const plan = match({
      items: [item("A", "a"), item("B", "B"), item("C", "c")],
      listings: [listing("12/1", "C"), listing("9/1", "B"), listing("8/1", "A")]
    })
    assert.deepStrictEqual(linksOf(plan.linked), [
      ["8/1", "A", "normalised"],
      ["9/1", "B", "exact"],
      ["12/1", "C", "normalised"]
    ])
  })

  it.each(["category", "expense", "overhead"] as const)("never matches an item of kind %s", (kind) => {
    const plan = match({ items: [item("I", "A", { kind }), item("J", "B")], listings: [listing("1/1", "A")] })
    assert.deepStrictEqual([plan.linked, keysOf(plan.unmatched)], [[], ["1/1"]])
    const near = match({ items: [item("I", "a", { kind })], listings: [listing("1/1", "A")] })
    assert.deepStrictEqual([near.linked, keysOf(near.unmatched)], [[], ["1/1"]])
  })

  it("never matches an archived item, and is not in doubt because of one", () => {
    const plan = match({
      items: [item("I", "A", { archived: true }), item("J", "A")],
      listings: [listing("1/1", "A")]
    })
    assert.deepStrictEqual(linksOf(plan.linked), [["1/1", "J", "exact"]])
    const three = match({
      items: [item("I", "A", { archived: true }), item("J", "A"), item("K", "A")],
      listings: [listing("1/1", "A")]
    })
    assert.deepStrictEqual(
      three.ambiguous.map(({ candidates }) => candidates),
      [[item("J", "").id, item("K", "").id]]
    )
  })

  it("is not in doubt about an item that is given twice", () => {
    const items = [item("I", "A"), item("I", "A"), item("J", "B"), item("K", "B")]
    const plan = match({ items, listings: [listing("1/1", "A"), listing("2/1", "B"), listing("3/1", "a")] })
    assert.deepStrictEqual(linksOf(plan.linked), [["1/1", "I", "exact"]])
    assert.deepStrictEqual(candidatesOf(plan), [
      ["2/1", ["J", "K"]],
      ["3/1", ["I"]]
    ])
  })

  it("keeps apart the doubts of several SKUs", () => {
    const items = [item("a", "A"), item("b", "A"), item("c", "C"), item("d", "C"), item("e", "e1"), item("f", "E1")]
    const listings = [listing("1/1", "A"), listing("2/1", "C"), listing("3/1", "E1 "), listing("4/1", "A")]
    assert.deepStrictEqual(candidatesOf(match({ items, listings })), [
      ["1/1", ["a", "b"]],
      ["2/1", ["c", "d"]],
      ["3/1", ["e", "f"]],
      ["4/1", ["a", "b"]]
    ])
  })

  it("takes one row of a listing that the shop gave twice, the same whichever came first", () => {
    const rows = [listing("1/1", "B"), listing("1/1", "A"), listing("2/1", "C")]
    const items = [item("A", "A"), item("B", "B")]
    for (const listings of [rows, rows.toReversed()]) {
      const plan = match({ items, listings })
      assert.deepStrictEqual(linksOf(plan.linked), [["1/1", "A", "exact"]])
      assert.deepStrictEqual(keysOf(plan.unmatched), ["2/1"])
    }
  })

  it("reads its inputs once, as streams give them", () => {
    const plan = match({
      items: [item("A", "A"), item("B", "b")].values(),
      listings: [listing("2/1", "B"), listing("1/1", "A")].values()
    })
    assert.deepStrictEqual(linksOf(plan.linked), [
      ["1/1", "A", "exact"],
      ["2/1", "B", "normalised"]
    ])
  })

  it("says which listings share an item, linked now or before, however many", () => {
    const plan = match({
      items: [item("J", "J"), item("I", "A"), item("K", "K")],
      listings: [
        listing("10/1", "A"),
        listing("9/1", "A"),
        listing("3/1", "X"),
        listing("4/1", "J"),
        listing("5/1", "J")
      ],
      links: [link(listing("3/1", "X"), "I", { tier: "manual" })]
    })
    assert.deepStrictEqual(messagesOf(plan), [
      "3 listings sell from the one stock of item I: 3/1, 9/1, 10/1.",
      "2 listings sell from the one stock of item J: 4/1, 5/1."
    ])
  })

  it("says so of listings that have all been linked before, and not of those whose item is gone", () => {
    const rows = [listing("1/1", "A"), listing("2/1", "A"), listing("3/1", "B"), listing("4/1", "X")]
    const links = [
      link(rows[0]!, "I"),
      link(rows[1]!, "I"),
      link(rows[3]!, "gone", { tier: "manual" }),
      link(listing("5/1", "A"), "I")
    ]
    const plan = match({ items: [item("I", "A"), item("J", "B")], listings: rows, links })
    assert.deepStrictEqual(
      plan.issues.filter(({ code }) => code === "LISTING_SHARES_ITEM").map(({ message }) => message),
      ["2 listings sell from the one stock of item I: 1/1, 2/1."]
    )
  })

  it("names the items that are shared in order, made now or known before", () => {
    const plan = match({
      items: [item("z", "Z"), item("b", "B")],
      listings: ["B", "NEW", "B", "Z", "NEW", "Z", "LONE"].map((sku, at) => listing(`${at + 1}/1`, sku)),
      policy: creating
    })
    assert.deepStrictEqual(messagesOf(plan), [
      "2 listings sell from the one stock of item b: 1/1, 3/1.",
      "2 listings sell from the one stock of item sku:NEW: 2/1, 5/1.",
      "2 listings sell from the one stock of item z: 4/1, 6/1."
    ])
  })
})

describe("links that exist", () => {
  const items = [item("I", "A"), item("J", "B")]

  it("stand when nothing has changed, and are not written again", () => {
    const known = link(listing("1/1", "A"), "I")
    const plan = match({ items, listings: [listing("1/1", "A")], links: [known] })
    assert.deepStrictEqual([plan.kept, plan.refreshed, plan.drifted, plan.issues], [[known], [], [], []])
    assert.strictEqual(plan.kept[0], known)
  })

  it("get the listing's row as it is now, and keep everything else", () => {
    const known = link(listing("1/1", "A"), "I", {
      unitsPerListing: Quantity.of(30),
      publishing: false,
      rule: { buffer: 1, percentage: null, maximum: null, minimum: null }
    })
    const row = listing("1/1", "A", { name: "New name" })
    const plan = match({ items, listings: [row], links: [known] })
    assert.deepStrictEqual(plan.refreshed, [link(row, "I", { ...known, listing: row })])
    assert.deepStrictEqual(plan.kept, plan.refreshed)
  })

  it("drift when the listing's SKU changes, but stand, even if another item has it", () => {
    const known = link(listing("1/1", "A"), "I")
    const plan = match({ items, listings: [listing("1/1", "B")], links: [known] })
    assert.deepStrictEqual(linksOf(plan.kept), [["1/1", "I", "exact"]])
    assert.deepStrictEqual(plan.drifted, [{ link: plan.kept[0]!, listingSku: "B", itemSku: "A" }])
    assert.deepStrictEqual(plan.issues, [
      {
        code: "SKU_DRIFT",
        message: 'Listing 1/1 now has the SKU "B", but its item I has "A".',
        remedy: "Check that the link is still right; then make the SKUs equal again or link the listing by hand.",
        about: { connectionId: "shop", listingKey: "1/1", itemId: "I" }
      }
    ])
  })

  it("drift when the item's SKU changes, or when it is gone", () => {
    const known = link(listing("1/1", "A"), "I")
    const renamed = match({ items: [item("I", "A2")], listings: [listing("1/1", "A")], links: [known] })
    assert.deepStrictEqual(messagesOf(renamed), ['Listing 1/1 now has the SKU "A", but its item I has "A2".'])
    const gone = match({ items: [], listings: [listing("1/1", "A")], links: [known] })
    assert.deepStrictEqual(gone.drifted, [{ link: known, listingSku: "A", itemSku: null }])
    assert.deepStrictEqual(messagesOf(gone), ["Listing 1/1 is linked to item I, which no longer exists."])
  })

  it("do not drift when both sides have changed to the same SKU", () => {
    const known = link(listing("1/1", "A"), "I")
    const plan = match({ items: [item("I", "A2")], listings: [listing("1/1", "A2")], links: [known] })
    assert.deepStrictEqual([plan.drifted, keysOf(plan.refreshed)], [[], ["1/1"]])
  })

  it("of the second tier overlook case and outer space, those of the first do not", () => {
    for (const [tier, drifted] of [
      ["normalised", 0],
      ["exact", 1]
    ] as const) {
      const known = link(listing("1/1", "a "), "I", { tier })
      assert.strictEqual(match({ items, listings: [listing("1/1", "a ")], links: [known] }).drifted.length, drifted)
    }
    const other = link(listing("1/1", "x"), "I", { tier: "normalised" })
    assert.strictEqual(match({ items, listings: [listing("1/1", "x")], links: [other] }).drifted.length, 1)
  })

  it("drift when both SKUs have been blanked", () => {
    const known = link(listing("1/1", "A"), "I")
    const plan = match({ items: [item("I", "")], listings: [listing("1/1", "")], links: [known] })
    assert.strictEqual(plan.drifted.length, 1)
  })

  it("that a person has made need no equal SKUs, and drift when the listing's is another than it was", () => {
    const known = link(listing("1/1", "X"), "I", { tier: "manual" })
    assert.deepStrictEqual(match({ items, listings: [listing("1/1", "X")], links: [known] }).issues, [])
    assert.deepStrictEqual(codesOf(match({ items, listings: [listing("1/1", "B")], links: [known] })), ["SKU_DRIFT"])
  })

  it("are orphaned when the shop no longer has the listing, or has made it a parent", () => {
    const links = [link(listing("10/1", "A"), "I"), link(listing("9/1", "B"), "J"), link(listing("2", "A"), "I")]
    const plan = match({ items, listings: [parent("2", "A")], links })
    assert.deepStrictEqual(keysOf(plan.orphaned), ["2", "9/1", "10/1"])
    assert.deepStrictEqual([plan.kept, keysOf(plan.ignored)], [[], ["2"]])
    assert.deepStrictEqual(plan.issues[0], {
      code: "LISTING_ORPHANED",
      message: "Item I is linked to listing 2, which the shop no longer offers.",
      remedy:
        "Remove the link if the listing is gone for good; one made anew with its SKU takes the link over by itself.",
      about: { connectionId: "shop", listingKey: "2", itemId: "I" }
    })
  })

  it("are revoked when the listing has been excluded, and it is not linked again", () => {
    const known = link(listing("1/1", "A"), "I", { tier: "manual" })
    const plan = match({ items, listings: [listing("1/1", "A")], links: [known], exclusions: [exclusion("1/1")] })
    assert.deepStrictEqual([plan.revoked, plan.kept, plan.linked, plan.orphaned], [[known], [], [], []])
    assert.deepStrictEqual(
      plan.ignored.map(({ reason }) => reason),
      ["excluded"]
    )
  })

  it("made by a person come first should a listing have two; of equal ones the first item's", () => {
    const row = listing("1/1", "A")
    const links = [link(row, "J"), link(row, "I"), link(row, "K", { tier: "manual" })]
    for (const given of [links, links.toReversed()]) {
      assert.deepStrictEqual(linksOf(match({ items, listings: [row], links: given }).kept), [["1/1", "K", "manual"]])
      const automatic = given.filter(({ tier }) => tier === "exact")
      assert.deepStrictEqual(linksOf(match({ items, listings: [row], links: automatic }).kept), [["1/1", "I", "exact"]])
    }
  })
})

describe("links to what is not sold any more", () => {
  const row = listing("1/1", "A")
  const old = item("old", "A", { archived: true })
  const packs = { unitsPerListing: Quantity.of(30), publishing: false, rule: { ...Link.inheritedRule, buffer: 2 } }

  it("move to the one other item of the SKU with everything that was decided, and say so", () => {
    const known = link(row, "old", packs)
    const plan = match({ items: [old, item("new", "A")], listings: [row], links: [known] })
    assert.deepStrictEqual(plan.linked, [link(row, "new", packs)])
    assert.deepStrictEqual(plan.moved, [{ from: known, to: plan.linked[0]! }])
    assert.deepStrictEqual([plan.kept, plan.orphaned, codesOf(plan)], [[], [], ["LINK_MOVED"]])
    assert.deepStrictEqual(plan.issues[0]?.about, {
      connectionId: "shop",
      listingKey: "1/1",
      itemId: "new",
      from: "old"
    })
  })

  it("move by the second tier too", () => {
    const near = listing("1/1", "a ")
    const plan = match({
      items: [old, item("new", "A")],
      listings: [near],
      links: [link(near, "old", { tier: "normalised" })]
    })
    assert.deepStrictEqual(linksOf(plan.linked), [["1/1", "new", "normalised"]])
  })

  it("stay and are told where no other item has the SKU, or several have", () => {
    const alone = match({ items: [old], listings: [row], links: [link(row, "old")] })
    assert.deepStrictEqual([keysOf(alone.kept), alone.linked, codesOf(alone)], [["1/1"], [], ["LINK_UNSELLABLE"]])
    const several = match({ items: [old, item("x", "A"), item("y", "A")], listings: [row], links: [link(row, "old")] })
    assert.deepStrictEqual([keysOf(several.kept), several.ambiguous], [["1/1"], []])
    assert.deepStrictEqual(messagesOf(several), [
      "Listing 1/1 is linked to item old, which is archived; its SKU is now that of x, y."
    ])
  })

  it("stay where a person has made them, and the other item is proposed", () => {
    for (const sku of ["A", "OTHER"]) {
      const own = listing("1/1", sku)
      const plan = match({
        items: [old, item("new", "A")],
        listings: [own],
        links: [link(own, "old", { tier: "manual" })]
      })
      assert.deepStrictEqual([linksOf(plan.kept), plan.moved], [[["1/1", "old", "manual"]], []])
      assert.deepStrictEqual(
        plan.issues.map(({ remedy }) => remedy),
        ["Link the listing by hand to new, or take it off sale."]
      )
    }
  })

  it.each(["category", "expense", "overhead"] as const)("are told of kind %s", (kind) => {
    const plan = match({
      items: [item("I", "A", { kind })],
      listings: [row],
      links: [link(row, "I", { tier: "manual" })]
    })
    assert.deepStrictEqual(messagesOf(plan), ["Listing 1/1 is linked to item I, which is of a kind that is not sold."])
  })

  it("move when the archived item is a kit", () => {
    const kit = item("kit", "A", { kind: "kit", archived: true })
    const plan = match({ items: [kit, item("new", "A", { kind: "kit" })], listings: [row], links: [link(row, "kit")] })
    assert.deepStrictEqual(linksOf(plan.linked), [["1/1", "new", "exact"]])
  })
})

const gone = (key: string, itemId: string, changes: Partial<Link.Link> = {}, sku = "A") =>
  link(listing(key, sku), itemId, changes)

/** Why new listings of SKU A wait when these links are gone, and that nothing else happens. */
const waiting = (links: ReadonlyArray<Link.Link>, ...keys: ReadonlyArray<string>) => {
  const items = [item("I", "A"), item("J", "B")]
  const plan = match({ items, listings: keys.map((key) => listing(key, "A")), links })
  return [plan.unmatched.map(({ reason }) => reason), plan.linked, plan.replaced, keysOf(plan.orphaned)]
}

describe("listings made anew", () => {
  const items = [item("I", "A"), item("J", "B")]
  const packs = { unitsPerListing: Quantity.of(30), publishing: false, rule: { ...Link.inheritedRule, buffer: 2 } }

  it("take over pack, rule and whether they publish; the old link is replaced, and nothing is asked", () => {
    const known = gone("1/1", "I", packs)
    const plan = match({ items, listings: [listing("2/2", "A")], links: [known] })
    assert.deepStrictEqual(plan.linked, [link(listing("2/2", "A"), "I", packs)])
    assert.deepStrictEqual(plan.replaced, [{ from: known, to: plan.linked[0]! }])
    assert.deepStrictEqual([plan.orphaned, plan.issues], [[], []])
  })

  it("stay linked by hand, also where no item has the SKU, where several have it, and where the item is archived", () => {
    const manual = { ...packs, tier: "manual" as const }
    const strange = match({ items, listings: [listing("2/2", "ODD")], links: [gone("1/1", "I", manual, "ODD")] })
    assert.deepStrictEqual(strange.linked, [link(listing("2/2", "ODD"), "I", manual)])
    const twice = match({
      items: [...items, item("K", "A")],
      listings: [listing("2/2", "A")],
      links: [gone("1/1", "K", manual)]
    })
    assert.deepStrictEqual(linksOf(twice.linked), [["2/2", "K", "manual"]])
    const archived = match({
      items: [item("I", "Z", { archived: true })],
      listings: [listing("2/2", "ODD")],
      links: [gone("1/1", "I", manual, "ODD")]
    })
    assert.deepStrictEqual(linksOf(archived.linked), [["2/2", "I", "manual"]])
  })

  it("follow another writing of the SKU, but rather exactly the same", () => {
    const near = match({ items, listings: [listing("2/2", "a")], links: [gone("1/1", "I", packs)] })
    assert.deepStrictEqual(near.linked, [link(listing("2/2", "a"), "I", { ...packs, tier: "normalised" })])
    const both = match({
      items: [item("lower", "a"), item("upper", "A")],
      listings: [listing("2/2", "a"), listing("3/3", "A")],
      links: [gone("1/1", "upper", packs), gone("1/2", "lower", { unitsPerListing: Quantity.of(6) }, "a")]
    })
    assert.deepStrictEqual(
      both.linked.map(({ itemId, unitsPerListing }) => [itemId, unitsPerListing]),
      [
        ["lower", Quantity.of(6)],
        ["upper", Quantity.of(30)]
      ]
    )
  })

  it("wait for a person where what is gone disagrees, is fewer, or led elsewhere", () => {
    const disagreeing = [gone("1/1", "I", packs), gone("1/2", "I")]
    assert.deepStrictEqual(waiting(disagreeing, "2/2"), [["madeAnew"], [], [], ["1/1", "1/2"]])
    const fewer = waiting([gone("1/1", "I", packs)], "2/2", "3/3")
    assert.deepStrictEqual(fewer, [["madeAnew", "madeAnew"], [], [], ["1/1"]])
    for (const changes of [packs, { tier: "manual" as const }]) {
      assert.deepStrictEqual(waiting([gone("1/1", "J", changes)], "2/2"), [["madeAnew"], [], [], ["1/1"]])
    }
  })

  it("are linked as any others where nothing would be lost", () => {
    const more = match({ items, listings: [listing("2/2", "A"), listing("3/3", "A")], links: [gone("1/1", "I")] })
    assert.deepStrictEqual(
      [keysOf(more.linked), more.replaced.map(({ to }) => to.listing.key)],
      [["2/2", "3/3"], ["2/2"]]
    )
    const elsewhere = match({ items, listings: [listing("2/2", "A")], links: [gone("1/1", "J")] })
    assert.deepStrictEqual([linksOf(elsewhere.linked), keysOf(elsewhere.orphaned)], [[["2/2", "I", "exact"]], ["1/1"]])
  })

  it("take over from several that agree, one for one", () => {
    const plan = match({
      items,
      listings: [listing("2/2", "A"), listing("3/3", "A")],
      links: [gone("1/1", "I", packs), gone("1/2", "I", packs), gone("1/3", "I", packs)]
    })
    assert.deepStrictEqual(
      plan.linked.map(({ unitsPerListing }) => unitsPerListing),
      [Quantity.of(30), Quantity.of(30)]
    )
    assert.deepStrictEqual(keysOf(plan.orphaned), ["1/3"])
  })

  it("move on to the item that has the SKU now where the old one is not sold any more", () => {
    const plan = match({
      items: [item("old", "A", { archived: true }), item("new", "A")],
      listings: [listing("2/2", "A")],
      links: [gone("1/1", "old", packs)]
    })
    assert.deepStrictEqual(plan.linked, [link(listing("2/2", "A"), "new", packs)])
    assert.deepStrictEqual(codesOf(plan), ["LINK_MOVED"])
  })

  it("are excluded like the one that is gone, and its exclusion is lifted", () => {
    const plan = match({
      items,
      listings: [listing("2/2", "A")],
      exclusions: [{ ...exclusion("1/1"), sku: "A" }]
    })
    assert.deepStrictEqual(plan.excluded, [{ ...exclusion("2/2"), sku: "A" }])
    assert.deepStrictEqual([plan.lifted, plan.linked, keysOf(plan.ignored)], [["1/1"], [], ["2/2"]])
  })

  it("wait where one that is gone was linked and another one excluded", () => {
    const plan = match({
      items,
      listings: [listing("2/2", "A")],
      links: [gone("1/1", "I")],
      exclusions: [{ ...exclusion("1/2"), sku: "A" }]
    })
    assert.deepStrictEqual(
      plan.unmatched.map(({ reason, of }): ReadonlyArray<unknown> => [reason, of]),
      [["madeAnew", ["1/1", "1/2"]]]
    )
  })

  it("follow nothing by a SKU that is blank or damaged", () => {
    for (const sku of ["", "\u200b", "M\ufffdG"]) {
      const plan = match({
        items: [...items, item("K", sku)],
        listings: [listing("2/2", sku)],
        links: [gone("1/1", "K", { ...packs, tier: "manual" }, sku)],
        exclusions: [{ ...exclusion("1/2"), sku }]
      })
      assert.deepStrictEqual([plan.linked, plan.excluded, keysOf(plan.orphaned)], [[], [], ["1/1"]])
    }
  })

  it("are asked about also where the unmatched are ignored", () => {
    const policy = { normalisedTier: true, onNoMatch: "ignore" as const }
    const plan = match({ items, listings: [listing("2/2", "A")], links: [gone("1/1", "J", packs)], policy })
    assert.deepStrictEqual(codesOf(plan), ["LISTING_UNMATCHED", "LISTING_ORPHANED"])
  })
})

describe("what a person has removed or excluded", () => {
  const items = [item("I", "A"), item("J", "B")]
  const row = listing("1/1", "A")
  const ended = (ending?: Link.Ending, changes: Partial<Link.Link> = {}): Link.EndedLink => ({
    link: link(row, "I", changes),
    settled: true,
    ...(ending === undefined ? {} : { ending })
  })

  it("is not linked to the same item again by its SKU, and says why", () => {
    for (const end of [ended(), ended("removed"), ended("removed", { tier: "manual" })]) {
      const plan = match({ items, listings: [row], ended: [end] })
      assert.deepStrictEqual([plan.linked, plan.unmatched[0]?.reason, plan.created], [[], "unlinked", []])
      assert.deepStrictEqual(messagesOf(plan), [
        'Listing 1/1 has the SKU "A" of item I, and a person has removed the link between them.'
      ])
    }
  })

  it("is not linked when it was made anew either", () => {
    const plan = match({ items, listings: [listing("2/2", "A")], ended: [ended()] })
    assert.deepStrictEqual([plan.linked, plan.unmatched[0]?.reason], [[], "unlinked"])
  })

  it("is linked when its SKU leads to another item", () => {
    const plan = match({ items, listings: [listing("1/1", "B")], ended: [ended()] })
    assert.deepStrictEqual(linksOf(plan.linked), [["1/1", "J", "exact"]])
  })

  it("comes back as it was when its exclusion has been lifted", () => {
    const packs = { unitsPerListing: Quantity.of(30), publishing: false }
    const plan = match({ items, listings: [row], ended: [ended("excluded", packs)] })
    assert.deepStrictEqual(plan.linked, [link(row, "I", packs)])
    const manual = match({ items: [item("I", "Z")], listings: [row], ended: [ended("excluded", { tier: "manual" })] })
    assert.deepStrictEqual(linksOf(manual.linked), [["1/1", "I", "manual"]])
  })

  it("keeps its exclusion in step with the SKU of the listing", () => {
    const plan = match({ items, listings: [row], exclusions: [exclusion("1/1")] })
    assert.deepStrictEqual(plan.excluded, [{ ...exclusion("1/1"), sku: "A" }])
    assert.deepStrictEqual(match({ items, listings: [row], exclusions: plan.excluded }).excluded, [])
  })
})

const fault = (id: string | null) => ({ id, path: "variants.0", expected: "a whole number" })

describe("rows that cannot be read", () => {
  const items = [item("I", "A")]
  const known = link(listing("1/1", "A"), "I", { unitsPerListing: Quantity.of(30) })

  it.each(["1/1", "1"])("are told by name, and keep the link of their listing or product: %s", (id) => {
    const plan = match({ items, links: [known], unreadable: [fault(id)] })
    assert.deepStrictEqual([plan.kept, plan.orphaned, codesOf(plan)], [[known], [], ["LISTING_UNREADABLE"]])
  })

  it("without an id keep every link that is not seen, and move no decision", () => {
    const plan = match({
      items,
      listings: [listing("2/2", "A")],
      links: [known],
      exclusions: [{ ...exclusion("3/3"), sku: "B" }],
      unreadable: [fault(null), fault(null)]
    })
    assert.deepStrictEqual([plan.kept, plan.orphaned, plan.lifted], [[known], [], []])
    assert.deepStrictEqual(
      plan.unmatched.map(({ reason }) => reason),
      ["madeAnew"]
    )
    assert.strictEqual(codesOf(plan).filter((code) => code === "LISTING_UNREADABLE").length, 1)
  })

  it("count among the variants of a product that is counted as one", () => {
    const rows = [listing("1/1", "A", { tracking: "product" }), listing("1/2", "B", { tracking: "product" })]
    const siblings = (unreadable: ReadonlyArray<Matching.UnreadableListing>) =>
      match({ items, listings: rows, unreadable }).linked.map((each) => each.listing.siblings)
    assert.deepStrictEqual([siblings([]), siblings([fault("1/3")]), siblings([fault("2/3")])], [[2], [3], [2]])
  })
})

describe("listings that are counted otherwise than before", () => {
  const items = [item("I", "A")]
  it("are noted, a new name is not", () => {
    const known = link(listing("1/1", "A", { tracking: "none" }), "I")
    const switched = match({ items, listings: [listing("1/1", "A")], links: [known] })
    assert.deepStrictEqual(keysOf(switched.recounted), ["1/1"])
    const renamed = match({ items, listings: [listing("1/1", "A", { tracking: "none", name: "New" })], links: [known] })
    assert.deepStrictEqual([keysOf(renamed.refreshed), renamed.recounted], [["1/1"], []])
  })

  it("are written again for the count of siblings only where their product is counted as one", () => {
    const known = link(listing("1/1", "A"), "I")
    const rows = [listing("1/1", "A"), listing("1/2", "X")]
    assert.deepStrictEqual(match({ items, listings: rows, links: [known] }).refreshed, [])
    const product = rows.map((each) => ({ ...each, tracking: "product" as const }))
    const first = match({ items, listings: product, links: [link(product[0]!, "I")] }).refreshed
    assert.deepStrictEqual(
      first.map((each) => each.listing.siblings),
      [2]
    )
    assert.deepStrictEqual(match({ items, listings: product, links: first }).refreshed, [])
  })
})

describe("SKUs that look the same", () => {
  it.each([
    ["MUG\u200b", "MUG"],
    ["MUG", "M\u00adUG"],
    ["mug\u2060", "MUG"],
    ["A\u00a0B", "A B"]
  ])("match nothing, and the item is named: %j, %j", (sku, itemSku) => {
    const plan = match({ items: [item("I", itemSku)], listings: [listing("1/1", sku)], policy: creating })
    assert.deepStrictEqual([plan.linked, plan.created], [[], []])
    assert.deepStrictEqual(
      plan.unmatched.map(({ reason, candidates }): ReadonlyArray<unknown> => [reason, candidates]),
      [["skuLooksLike", ["I"]]]
    )
    assert.match(messagesOf(plan)[0] ?? "", /invisible characters only/)
  })

  it("name every item that looks so, and none that is not sold", () => {
    const plan = match({
      items: [item("I", "MUG"), item("J", "MUG\u200c"), item("K", "MUG\u200d", { archived: true })],
      listings: [listing("1/1", "MUG\u200b")]
    })
    assert.deepStrictEqual(plan.unmatched[0]?.candidates?.map(String), ["I", "J"])
  })

  it("say that the only item of a SKU is not sold", () => {
    const plan = match({ items: [item("I", "MUG", { archived: true })], listings: [listing("1/1", "MUG")] })
    assert.deepStrictEqual([plan.unmatched[0]?.reason, codesOf(plan)], ["skuNotSold", ["LISTING_UNMATCHED"]])
  })

  it("match nothing where they could not be read, not even the same", () => {
    const plan = match({
      items: [item("I", "M\ufffdG")],
      listings: [listing("1/1", "M\ufffdG")],
      policy: creating
    })
    assert.deepStrictEqual([plan.linked, plan.created, plan.unmatched[0]?.reason], [[], [], "skuDamaged"])
  })

  it("of which nothing can be seen match nothing", () => {
    for (const sku of ["\u200b", "\u2800\u3164", "\u0000"]) {
      const plan = match({ items: [item("I", sku)], listings: [listing("1/1", sku)], policy: creating })
      assert.deepStrictEqual([plan.linked, plan.created, plan.unmatched[0]?.reason], [[], [], "skuBlank"])
    }
  })

  it("make no item whose id could not be kept", () => {
    const plan = match({ listings: [listing("1/1", "X".repeat(200))], policy: creating })
    assert.deepStrictEqual([plan.created, codesOf(plan)], [[], ["LISTING_UNMATCHED"]])
  })
})

describe("listings that no item matches", () => {
  it("wait for a person, blank ones too", () => {
    const plan = match({ listings: [listing("1/1", "A"), listing("2/1", " ")] })
    assert.deepStrictEqual(messagesOf(plan), [
      'No item has the SKU "A" of listing 1/1.',
      "Listing 2/1 has no SKU, so no item can be found for it."
    ])
    assert.deepStrictEqual(plan.created, [])
  })

  it("are left without a word where the policy ignores them", () => {
    const plan = match({
      listings: [listing("1/1", "A"), listing("2/1", " ")],
      policy: { normalisedTier: true, onNoMatch: "ignore" }
    })
    assert.deepStrictEqual([keysOf(plan.unmatched), plan.issues, plan.created], [["1/1", "2/1"], [], []])
  })

  it("make items where the policy creates them, the same item for the same SKU", () => {
    const plan = match({
      listings: [listing("1/1", "NEW"), listing("2/1", "NEW"), listing("3/1", "", {})],
      policy: creating
    })
    assert.deepStrictEqual(
      plan.created.map((created) => [
        created.item.id,
        created.link.listing.key,
        created.link.itemId,
        created.link.tier
      ]),
      [
        ["sku:NEW", "1/1", "sku:NEW", "exact"],
        ["sku:NEW", "2/1", "sku:NEW", "exact"]
      ]
    )
    assert.deepStrictEqual(
      plan.created.map((created) => created.link.publishing),
      [false, false]
    )
    assert.deepStrictEqual(keysOf(plan.unmatched), ["1/1", "2/1", "3/1"])
    assert.deepStrictEqual(messagesOf(plan), [
      "Listing 3/1 has no SKU, so no item can be found for it.",
      "2 listings sell from the one stock of item sku:NEW: 1/1, 2/1."
    ])
  })

  it("make stocked items of goods and items without stock of what is digital", () => {
    const plan = match({
      listings: [listing("1/1", "mug"), listing("2/1", "song", { goods: "digital" })],
      policy: creating
    })
    assert.deepStrictEqual(
      plan.created.map((created) => [created.item.kind, created.item.sku, created.item.publish]),
      [
        ["inventory", "mug", true],
        ["nonInventory", "song", true]
      ]
    )
  })

  it.each([
    ["Plain mug", "mug", "Plain mug"],
    [' "Big": <mug>|red ', "mug", "Big   mug red"],
    ["", "mug: red", "mug  red"],
    ["", "mug|red", "mug red"],
    ["<>", "|", "Unnamed"],
    ["x".repeat(120), "mug", "x".repeat(100)],
    [`${"x".repeat(99)}\u{1f600}`, "mug", "x".repeat(99)],
    [`${"x".repeat(99)} y`, "mug", "x".repeat(99)]
  ])("make items named as an item may be: %j, %j", (name, sku, expected) => {
    const [created] = match({ listings: [listing("1/1", sku, { name })], policy: creating }).created
    assert.strictEqual(created?.item.name.replace(/ +/g, " "), expected.replace(/ +/g, " "))
    assert.isTrue(Schema.is(Item)(created?.item))
  })

  it("wait when the item's id belongs to another item already", () => {
    const items = [item("sku:NEW", "renamed")]
    const plan = match({ items, listings: [listing("1/1", "NEW")], policy: creating })
    assert.deepStrictEqual([plan.created, codesOf(plan)], [[], ["LISTING_UNMATCHED"]])
  })
})

describe("why a listing is not linked", () => {
  const row = listing("1/1", "A")
  const ids = Array.from({ length: 12 }, (_, at) => item(`I${at}`, "").id)
  it.each([
    ["parent", [], "Listing 1/1 (1/1) has variants, and those are what is sold."],
    ["excluded", [], "Listing 1/1 (1/1) has been excluded by a person."],
    ["skuBlank", [], "Listing 1/1 (1/1) has no SKU, and a blank one never matches."],
    ["skuUnknown", [], 'No item has the SKU "A" of Listing 1/1 (1/1).'],
    [
      "skuAmbiguous",
      ids.slice(0, 1),
      'Listing 1/1 (1/1) is not the only listing that has the SKU "A" of item I0 but for case or outer space.'
    ],
    ["skuAmbiguous", ids.slice(0, 2), 'The SKU "A" of Listing 1/1 (1/1) fits 2 items: I0, I1.'],
    [
      "skuAmbiguous",
      ids,
      'The SKU "A" of Listing 1/1 (1/1) fits 12 items: I0, I1, I2, I3, I4, I5, I6, I7, I8, I9 and 2 more.'
    ]
  ] as const)("%s", (reason, candidates, sentence) => {
    assert.strictEqual(Matching.explain({ listing: row, reason, candidates }), sentence)
  })
})

const unresolved = (
  reason: Matching.UnresolvedLine["reason"],
  candidates: ReadonlyArray<string> = []
): Matching.UnresolvedLine => ({
  _tag: "Unresolved",
  reason,
  candidates: candidates.map((id) => item(id, "").id)
})

describe("the item of an order line", () => {
  const line = { productId: ProductId.make("1"), variantId: VariantId.make("2"), sku: "A" }
  const variant = link(listing("1/2", "other"), "V", { unitsPerListing: Quantity.of(3) })
  const product = link(listing("1", "other"), "P", { unitsPerListing: Quantity.of(5) })
  const items = [item("I", "A"), item("X", "A", { archived: true }), item("C", "A", { kind: "category" })]

  const lookups = (
    links: ReadonlyArray<typeof variant> = [],
    known: ReadonlyArray<Item> = items
  ): Matching.LineLookups => ({
    link: (key) => links.find((one) => one.listing.key === key) ?? null,
    itemsBySku: (sku) => known.filter((one) => one.sku === sku)
  })

  it("is the variant's by its link, whatever SKU is printed on the line", () => {
    assert.deepStrictEqual(Matching.resolveLine(line, lookups([product, variant])), {
      _tag: "Resolved",
      by: "variantLink",
      itemId: variant.itemId,
      unitsPerListing: Quantity.of(3),
      link: variant
    })
  })

  it("is the one that has the SKU printed on the line, when the variant is not linked", () => {
    assert.deepStrictEqual(Matching.resolveLine(line, lookups([product])), {
      _tag: "Resolved",
      by: "sku",
      itemId: items[0]!.id,
      unitsPerListing: Quantity.one,
      link: null
    })
    const custom = { productId: null, variantId: null, sku: "A" }
    assert.strictEqual(Matching.resolveLine(custom, lookups([product]))._tag, "Resolved")
  })

  it("is looked for among the links only as far as the shop says what was sold", () => {
    const bare = { ...line, variantId: null }
    const asked: Array<string> = []
    const counting: Matching.LineLookups = { ...lookups(), link: (key) => (asked.push(key), null) }
    for (const variantId of [null, line.variantId]) {
      Matching.resolveLine({ productId: null, variantId, sku: "none" }, counting)
    }
    Matching.resolveLine({ ...bare, sku: "none" }, counting)
    assert.deepStrictEqual(asked, ["1"])
  })

  it("is what the link of a product without variants says, whatever is printed: the pack is the link's", () => {
    const bare = { ...line, variantId: null }
    assert.deepInclude(Matching.resolveLine(bare, lookups([product])), {
      by: "productLink",
      itemId: product.itemId,
      unitsPerListing: product.unitsPerListing
    })
    const parent: Link.Link = { ...product, listing: { ...product.listing, shape: "parent" } }
    assert.deepInclude(Matching.resolveLine(bare, lookups([parent])), { by: "sku", itemId: items[0]!.id })
  })

  it("is the product's by its link, when the SKU decides nothing and the product has no variants", () => {
    const expected: Matching.ResolvedLine = {
      _tag: "Resolved",
      by: "productLink",
      itemId: product.itemId,
      unitsPerListing: Quantity.of(5),
      link: product
    }
    for (const sku of ["", " ", "unknown"]) {
      assert.deepStrictEqual(Matching.resolveLine({ ...line, sku }, lookups([product])), expected)
    }
    const doubtful = lookups([product], [...items, item("J", "A")])
    assert.deepStrictEqual(Matching.resolveLine(line, doubtful), expected)
    const withVariants = link(parent("1", ""), "P")
    assert.deepStrictEqual(Matching.resolveLine({ ...line, sku: "" }, lookups([withVariants])), {
      _tag: "Unresolved",
      reason: "skuBlank",
      candidates: []
    })
  })

  it("is not known when nothing names exactly one", () => {
    assert.deepStrictEqual(Matching.resolveLine({ ...line, sku: "none" }, lookups()), unresolved("skuUnknown"))
    assert.deepStrictEqual(
      Matching.resolveLine({ ...line, sku: " " }, lookups([], [item("B", " ")])),
      unresolved("skuBlank")
    )
    const doubtful = lookups([], [item("J", "A"), ...items])
    assert.deepStrictEqual(Matching.resolveLine(line, doubtful), unresolved("skuAmbiguous", ["I", "J"]))
    const custom = { productId: null, variantId: null, sku: "none" }
    assert.deepStrictEqual(Matching.resolveLine(custom, lookups([product])), unresolved("skuUnknown"))
    const half = { productId: null, variantId: line.variantId, sku: "none" }
    assert.deepStrictEqual(Matching.resolveLine(half, lookups([variant])), unresolved("skuUnknown"))
  })
})
