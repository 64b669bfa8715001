import { assert, describe, it } from "@effect/vitest"
import * as Availability from "@stockport/core/decide/Availability"
import * as Publishing from "@stockport/core/decide/Publishing"
import type { Item } from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { inheritedRule } from "@stockport/core/domain/Link"
import * as Position from "@stockport/core/domain/Position"
import * as Quantity from "@stockport/core/domain/Quantity"
import * as SyncPolicy from "@stockport/core/domain/SyncPolicy"
import {
  changesOf,
  codesOf,
  connection,
  counter,
  item,
  leftOf,
  link,
  listing,
  main,
  numbersOf,
  online,
  policyOf,
  publish,
  publishInput,
  published,
  reasonsOf,
  stocked,
  store
} from "../Catalogue.ts"

type Amounts = Readonly<Record<string, Partial<Record<keyof Position.PositionTerms, number>>>>

const places = [main, store].map((id) => ({ id, name: id, nettable: true, isDefault: id === main }))

/** What is available of items, from the terms of each at Main and Store. */
const availableOf = (
  items: ReadonlyArray<Item>,
  amounts: Readonly<Record<string, Amounts>>,
  policy: SyncPolicy.AvailabilityPolicy = SyncPolicy.safe.availability
) => {
  const positions = Object.entries(amounts).flatMap(([id, byPlace]) =>
    [main, store].flatMap((place) =>
      byPlace[place] === undefined
        ? []
        : [
            Position.make({
              itemId: ItemId.make(id),
              locationId: place,
              ...Object.fromEntries(Object.entries(byPlace[place]).map(([term, amount]) => [term, Quantity.of(amount)]))
            })
          ]
    )
  )
  const available = Availability.compute({ items, locations: places, positions, policy, feeding: null })
  return (id: ItemId) => available.get(id) ?? null
}

const kitOf = (id: string, component: string, quantity: number) =>
  item(id, id, {
    kind: "kit",
    billOfMaterials: [{ itemId: ItemId.make(component), quantity: Quantity.of(quantity) }]
  })

const receipts = (countOpenSalesReceipts: boolean): SyncPolicy.SyncPolicy => ({
  ...SyncPolicy.safe,
  availability: { ...SyncPolicy.safe.availability, countOpenSalesReceipts },
  intake: { ...SyncPolicy.safe.intake, transactionType: "salesReceipt" }
})

/** Main feeds the shop's online location, Store its counter. */
const twoLocations = connection({
  publishTo: [
    { cartLocationId: online, locations: [main] },
    { cartLocationId: counter, locations: [store] }
  ]
})

describe("worked cases of publishing", () => {
  it.each([
    ["not counted", false, 10],
    ["counted", true, 7]
  ] as const)("N4 receipt trap: with open receipts %s", (_, countOpenSalesReceipts, expected) => {
    const items = [item("A", "A")]
    const policy = { ...SyncPolicy.sosV9.availability, countOpenSalesReceipts }
    const sold = publish({ available: availableOf(items, { A: { Main: { onHand: 10, salesReceipts: 3 } } }, policy) })
    assert.deepStrictEqual(numbersOf(sold), [["1/1", "online", expected]])
    const shipped = publish({ available: availableOf(items, { A: { Main: { onHand: 7 } } }, policy) })
    assert.deepStrictEqual(numbersOf(shipped), [["1/1", "online", 7]])
  })

  it("N4 receipt trap: the policy that falls into it is warned about, and no other", () => {
    assert.deepStrictEqual(
      SyncPolicy.check(receipts(false)).warnings.map(({ about }) => about["settings"]),
      ["intake.transactionType, availability.countOpenSalesReceipts"]
    )
    assert.deepStrictEqual(SyncPolicy.check(receipts(true)).warnings, [])
  })

  it("N6 locations: (c) a negative location takes from what the other one shows", () => {
    const plan = publish({
      connection: twoLocations,
      available: availableOf([item("A", "A")], { A: { Main: { onHand: 10 }, Store: { onHand: -4 } } })
    })
    assert.deepStrictEqual(numbersOf(plan), [
      ["1/1", "online", 6],
      ["1/1", "counter", 0]
    ])
  })

  it.each([
    [6, 4],
    [2, 0],
    [1, 0]
  ])("N16 buffer: %i available with a buffer of 2 shows %i", (available, expected) => {
    const plan = publish({
      connection: connection({ policy: policyOf({ buffer: 2 }) }),
      available: (id) => stocked(id, available)
    })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "online", expected]])
  })

  it("N16 buffer: a component's buffer is not taken from the kit", () => {
    const items = [item("A", "A"), kitOf("K", "A", 2)]
    const plan = publish({
      links: [
        link(listing("1/1", "A"), "A", { rule: { ...inheritedRule, buffer: 2 } }),
        link(listing("2/1", "K"), "K")
      ],
      items: (id) => items.find((one) => one.id === id) ?? null,
      available: availableOf(items, { A: { Main: { onHand: 10 } } })
    })
    assert.deepStrictEqual(numbersOf(plan), [
      ["1/1", "online", 8],
      ["2/1", "online", 5]
    ])
  })

  const yesOrNo = [true, false]
  const combinations = yesOrNo.flatMap((enabled) =>
    yesOrNo.flatMap((matched) =>
      yesOrNo.flatMap((tracked) => yesOrNo.map((flagged) => ({ enabled, matched, tracked, flagged })))
    )
  )

  it.each(combinations)(
    "N22 push preconditions: enabled $enabled, matched $matched, tracked $tracked, item flag $flagged",
    ({ enabled, matched, tracked, flagged }) => {
      const row = listing("1/1", "A", { tracking: tracked ? "variant" : "none" })
      const links = matched ? [link(row, "A")] : []
      const input = publishInput({
        connection: connection({ enabled }),
        links,
        items: (id) => item(id, id, { publish: flagged })
      })
      const plan = Publishing.plan(input)
      const reasons: ReadonlyArray<Publishing.LeftReason> = [
        ...(enabled ? [] : (["CONNECTION_DISABLED"] as const)),
        ...(tracked ? [] : (["TRACKING_OFF"] as const)),
        ...(matched ? (flagged ? [] : (["ITEM_NOT_PUBLISHED"] as const)) : (["NOT_LINKED"] as const))
      ]
      assert.deepStrictEqual(Publishing.reasonsAgainst(input, row, links[0] ?? null, links.length), reasons)
      const isPushed = enabled && matched && tracked && flagged
      assert.deepStrictEqual(numbersOf(plan), isPushed ? [["1/1", "online", 10]] : [])
      assert.deepStrictEqual(reasonsOf(plan), matched ? reasons : [])
    }
  )

  it("N25 pack size: 200 in packs of 30 show 6, and 4 when two packs are ordered", () => {
    const pack = [link(listing("1/1", "A-30"), "A", { unitsPerListing: Quantity.of(30) })]
    const before = publish({ links: pack, available: (id) => stocked(id, 200) })
    assert.deepStrictEqual(numbersOf(before), [["1/1", "online", 6]])
    const ordered = availableOf([item("A", "A")], { A: { Main: { onHand: 200, salesOrders: 60 } } })
    assert.deepStrictEqual(numbersOf(publish({ links: pack, available: ordered })), [["1/1", "online", 4]])
  })

  it("N27 cap: no number is larger than a shop can show", () => {
    const plan = publish({ available: (id) => stocked(id, 3_000_000_000) })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "online", 2_147_483_647]])
    assert.deepStrictEqual(plan.updates[0]?.steps, [
      { rule: "base", quantity: 3_000_000_000 },
      { rule: "pack", quantity: 3_000_000_000 },
      { rule: "cap", quantity: 2_147_483_647 }
    ])
  })

  it("N30 per location capped by the pool: what is owed elsewhere is not shown twice", () => {
    const items = [item("A", "A"), kitOf("K", "A", 1)]
    const amounts = { A: { Main: { onHand: 10, salesOrders: 13 }, Store: { onHand: 5 } } }
    for (const id of ["A", "K"]) {
      const plan = publish({
        connection: twoLocations,
        links: [link(listing("1/1", id), id)],
        items: (one) => items.find((other) => other.id === one) ?? null,
        available: availableOf(items, amounts)
      })
      assert.deepStrictEqual(numbersOf(plan), [
        ["1/1", "online", 0],
        ["1/1", "counter", 2]
      ])
    }
  })

  it("N32 order of policy steps: pack, buffer, percentage, maximum, minimum", () => {
    const plan = publish({
      connection: connection({ policy: policyOf({ buffer: 2, percentage: 50, maximum: 3, minimum: 0 }) }),
      links: [link(listing("1/1", "A-10"), "A", { unitsPerListing: Quantity.of(10) })],
      available: (id) => stocked(id, 103)
    })
    assert.deepStrictEqual(plan.updates[0]?.steps, [
      { rule: "base", quantity: 103 },
      { rule: "pack", quantity: 10 },
      { rule: "buffer", quantity: 8 },
      { rule: "percentage", quantity: 4 },
      { rule: "maximum", quantity: 3 }
    ])
    assert.strictEqual(plan.updates[0]?.quantity, 3)
  })

  it("N9 one order pushes exactly the numbers that it changed", () => {
    const items = [
      item("A", "A"),
      item("B", "B"),
      item("C", "C"),
      item("K1", "K1", {
        kind: "kit",
        billOfMaterials: ["A", "B"].map((id) => ({ itemId: ItemId.make(id), quantity: Quantity.one }))
      }),
      item("K2", "K2", {
        kind: "kit",
        billOfMaterials: [
          { itemId: ItemId.make("A"), quantity: Quantity.of(2) },
          { itemId: ItemId.make("C"), quantity: Quantity.one }
        ]
      })
    ]
    const links = items.map(({ id }, at) => link(listing(`${at + 1}/1`, id), id))
    const stock = { A: { Main: { onHand: 7 } }, B: { Main: { onHand: 10 } }, C: { Main: { onHand: 10 } } }
    const itemOf = (id: ItemId) => items.find((one) => one.id === id) ?? null
    const before = publish({ links, items: itemOf, available: availableOf(items, stock) })
    assert.deepStrictEqual(
      before.updates.map(({ itemId, quantity }): readonly [string, number] => [itemId, quantity]),
      [
        ["A", 7],
        ["B", 10],
        ["C", 10],
        ["K1", 7],
        ["K2", 3]
      ]
    )
    const sold = { ...stock, A: { Main: { onHand: 7, salesOrders: 4 } }, C: { Main: { onHand: 10, salesOrders: 2 } } }
    const after = publish({
      links,
      items: itemOf,
      available: availableOf(items, sold),
      lastPublished: published(...before.updates.map((update) => ({ ...update, key: update.listing.key })))
    })
    assert.deepStrictEqual(changesOf(after), [
      ["A", 7, 3],
      ["C", 10, 8],
      ["K1", 7, 3],
      ["K2", 3, 1]
    ])
    assert.deepStrictEqual(leftOf(after), [["2/1", ["UNCHANGED"]]])
    assert.deepStrictEqual(codesOf(after), [])
  })
})
