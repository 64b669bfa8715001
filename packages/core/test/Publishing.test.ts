import { assert, describe, it } from "@effect/vitest"
import * as Publishing from "@stockport/core/decide/Publishing"
import * as Issue from "@stockport/core/domain/Issue"
import { inheritedRule } from "@stockport/core/domain/Link"
import * as Quantity from "@stockport/core/domain/Quantity"
import {
  channel,
  codesOf,
  connection,
  counter,
  item,
  kits,
  leftOf,
  link,
  listing,
  main,
  numbersOf,
  online,
  parent,
  policyOf,
  publish,
  publishInput,
  published,
  reasonsOf,
  stocked,
  store,
  unlimited
} from "./Catalogue.ts"

const row = listing("1/1", "A")

const lastAt = (quantity: number, cartLocationId = online) => published({ key: row.key, cartLocationId, quantity })

/** What ten pooled kits, of which no location can make one alone, come to at the shop's locations with these feeds. */
const pooledOver = (first: ReadonlyArray<typeof main>, ...others: ReadonlyArray<ReadonlyArray<typeof main>>) => {
  const publishTo = others.map((locations) => ({ cartLocationId: counter, locations }))
  const plan = publish({
    connection: connection({ publishTo: [{ cartLocationId: online, locations: first }, ...publishTo] }),
    available: (id) => kits(id, 10, { Main: 0, Store: 0 })
  })
  return numbersOf(plan).map(([, , quantity]) => quantity)
}

const both = connection({
  publishTo: [
    { cartLocationId: online, locations: [main] },
    { cartLocationId: counter, locations: [store] }
  ]
})

describe("what is published", () => {
  it("is sent with the listing, what was sent before, and how the number came about", () => {
    const plan = publish({ lastPublished: lastAt(4) })
    assert.deepStrictEqual(plan, {
      updates: [
        {
          listing: row,
          itemId: item("A", "A").id,
          cartLocationId: online,
          quantity: 10,
          previous: 4,
          shown: null,
          steps: [
            { rule: "base", quantity: 10 },
            { rule: "pack", quantity: 10 }
          ]
        }
      ],
      left: [],
      issues: []
    })
  })

  it("is not sent again, but when forced", () => {
    const lastPublished = lastAt(10)
    const plan = publish({ lastPublished })
    assert.deepStrictEqual(plan.updates, [])
    assert.deepStrictEqual(plan.left, [{ listing: row, itemId: item("A", "A").id, reasons: ["UNCHANGED"] }])
    assert.deepStrictEqual(numbersOf(publish({ lastPublished, force: true })), [["1/1", "online", 10]])
  })

  it("is sent again when the shop may show something else: its answer is in doubt, or it has sold by itself", () => {
    const inDoubt = published({ key: row.key, cartLocationId: online, quantity: 10, inDoubt: true })
    assert.deepStrictEqual(numbersOf(publish({ lastPublished: inDoubt })), [["1/1", "online", 10]])
    const settled = published({ key: row.key, cartLocationId: online, quantity: 10, inDoubt: false })
    assert.deepStrictEqual(reasonsOf(publish({ lastPublished: settled })), ["UNCHANGED"])
    const links = [link(row, "A"), link(listing("2/1", "B"), "B")]
    const lastPublished = published(
      ...links.map(({ listing: { key } }) => ({ key, cartLocationId: online, quantity: 10 }))
    )
    assert.deepStrictEqual(numbersOf(publish({ links, lastPublished, resend: (id) => id === "B" })), [
      ["2/1", "online", 10]
    ])
  })

  it("is zero for a shortage, and whole listings of a fraction", () => {
    assert.deepStrictEqual(numbersOf(publish({ available: (id) => stocked(id, -3) })), [["1/1", "online", 0]])
    const plan = publish({ available: (id) => stocked(id, "10.75") })
    assert.deepStrictEqual(plan.updates[0]?.steps, [
      { rule: "base", quantity: 10.75 },
      { rule: "pack", quantity: 10 }
    ])
  })

  it("goes out to a second location that has never had a number, though the first is unchanged", () => {
    const plan = publish({
      connection: both,
      available: (id) => stocked(id, 15, { Main: 10, Store: 5 }),
      lastPublished: lastAt(10)
    })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "counter", 5]])
    assert.deepStrictEqual(plan.left, [])
  })

  it("is what is on hand where the policy says so; a kit's number is what is available", () => {
    const onHand = connection({ policy: policyOf({ base: "onHand" }) })
    const sold = stocked("A", 10)
    if (sold._tag !== "Stocked") throw new Error("not stocked")
    const available = {
      ...sold,
      quantity: Quantity.of(4),
      breakdown: [...sold.breakdown, { term: "salesOrders" as const, quantity: Quantity.of(-6) }]
    }
    assert.deepStrictEqual(numbersOf(publish({ connection: onHand, available: () => available })), [
      ["1/1", "online", 10]
    ])
    const reversed = { ...available, breakdown: available.breakdown.toReversed() }
    assert.deepStrictEqual(numbersOf(publish({ connection: onHand, available: () => reversed })), [
      ["1/1", "online", 10]
    ])
    const none = { ...available, breakdown: [{ term: "incoming" as const, quantity: Quantity.of(7) }] }
    assert.deepStrictEqual(numbersOf(publish({ connection: onHand, available: () => none })), [["1/1", "online", 0]])
    assert.deepStrictEqual(numbersOf(publish({ connection: onHand, available: (id) => kits(id, 4) })), [
      ["1/1", "online", 4]
    ])
  })

  it("counts what is on hand location by location too", () => {
    const onHand = { ...both, policy: policyOf({ base: "onHand" }) }
    assert.deepStrictEqual(
      numbersOf(publish({ connection: onHand, available: (id) => stocked(id, 12, { Main: 7, Store: 5 }) })),
      [
        ["1/1", "online", 7],
        ["1/1", "counter", 5]
      ]
    )
  })

  it("is at most what this shop can show", () => {
    const plan = publish({ quantityMax: 7 })
    assert.deepStrictEqual(plan.updates[0]?.steps.at(-1), { rule: "cap", quantity: 7 })
    assert.strictEqual(plan.updates[0]?.quantity, 7)
    assert.deepStrictEqual(
      publish({ quantityMax: 10 }).updates[0]?.steps.map(({ rule }) => rule),
      ["base", "pack"]
    )
  })
})

const plain: Publishing.Formula["policy"] = {
  buffer: 0,
  percentage: 100,
  maximum: null,
  minimum: 0,
  allowBackorder: false
}

const number = (base: number, policy: Partial<Publishing.Formula["policy"]>, rule = inheritedRule) => {
  const formula = { unitsPerListing: Quantity.one, policy: { ...plain, ...policy }, rule }
  const { quantity, steps } = Publishing.numberFrom(Quantity.of(base), formula)
  return { quantity, steps: steps.slice(2).map((step): readonly [string, number] => [step.rule, step.quantity]) }
}

const packs = (base: string, units: string) =>
  Publishing.numberFrom(Quantity.of(base), { unitsPerListing: Quantity.of(units), policy: plain })

describe("the formula", () => {
  it.each([
    ["nothing in force", 9, {}, 9, []],
    ["a buffer", 9, { buffer: 2 }, 7, [["buffer", 7]]],
    ["a buffer above what there is", 1, { buffer: 2 }, 0, [["buffer", 0]]],
    ["a percentage, rounded down", 9, { percentage: 50 }, 4, [["percentage", 4]]],
    ["99 percent", 100, { percentage: 99 }, 99, [["percentage", 99]]],
    ["no percent at all", 9, { percentage: 0 }, 0, [["percentage", 0]]],
    ["a maximum", 9, { maximum: 4 }, 4, [["maximum", 4]]],
    ["a maximum that is not reached", 3, { maximum: 4 }, 3, [["maximum", 3]]],
    ["a maximum of zero", 9, { maximum: 0 }, 0, [["maximum", 0]]],
    [
      "a minimum",
      9,
      { buffer: 8, minimum: 3 },
      3,
      [
        ["buffer", 1],
        ["minimum", 3]
      ]
    ],
    [
      "a minimum beyond what there is",
      2,
      { buffer: 2, minimum: 3 },
      2,
      [
        ["buffer", 0],
        ["minimum", 2]
      ]
    ],
    ["a minimum with backorders", 2, { minimum: 3, allowBackorder: true }, 3, [["minimum", 3]]],
    ["a minimum below the number", 9, { minimum: 3, allowBackorder: true }, 9, [["minimum", 9]]],
    ["a minimum of a shortage", -5, { minimum: 3 }, 0, [["minimum", 0]]],
    [
      "a minimum above the maximum",
      9,
      { maximum: 2, minimum: 3 },
      3,
      [
        ["maximum", 2],
        ["minimum", 3]
      ]
    ]
  ] as const)("%s", (_, base, formula, quantity, steps) => {
    assert.deepStrictEqual(number(base, formula), { quantity, steps: [...steps] })
  })

  it("counts packs exactly, parts of a unit too", () => {
    assert.strictEqual(packs("0.3", "0.1").quantity, 3)
    assert.strictEqual(packs("10.75", "0.25").quantity, 43)
    assert.deepStrictEqual(packs("-1", "2"), {
      quantity: 0,
      whole: 0,
      steps: [
        { rule: "base", quantity: -1 },
        { rule: "pack", quantity: 0 }
      ]
    })
  })

  it("takes a listing's own rule before the connection's", () => {
    const plan = publish({
      connection: connection({ policy: policyOf({ buffer: 1, maximum: 3 }) }),
      links: [link(row, "A", { rule: { ...inheritedRule, buffer: 0, maximum: 8 } })]
    })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "online", 8]])
  })

  it("a fixed number stands instead of what is available and of every other rule", () => {
    const policy = { buffer: 2, percentage: 50, maximum: 3, minimum: 1 }
    for (const base of [-5, 0, 7, 100]) {
      assert.deepStrictEqual(number(base, policy, { ...inheritedRule, maximum: 1, fixed: 12 }), {
        quantity: 12,
        steps: [["fixed", 12]]
      })
    }
    assert.deepStrictEqual(number(7, {}, { ...inheritedRule, fixed: 0 }), { quantity: 0, steps: [["fixed", 0]] })
    assert.deepStrictEqual(number(7, {}, { ...inheritedRule, fixed: null }), { quantity: 7, steps: [] })
    assert.deepStrictEqual(Publishing.narrate([{ rule: "fixed", quantity: 12 }]), [
      "The rule sets it to 12, however much there is."
    ])
  })

  it("what is scarce may have a fixed number, which a listing's own stands over", () => {
    const policy = { scarce: { below: 5, rule: { ...inheritedRule, fixed: 5 } } }
    assert.strictEqual(number(4, policy).quantity, 5)
    assert.strictEqual(number(6, policy).quantity, 6)
    assert.strictEqual(number(4, policy, { ...inheritedRule, fixed: 2 }).quantity, 2)
  })

  it("an item that never had stock has a fixed number, and an archived one has none", () => {
    const links = [link(row, "A", { rule: { ...inheritedRule, fixed: 4 } })]
    const first = publish({ links, hasStockHistory: () => false, available: (id) => stocked(id, 0) })
    assert.deepStrictEqual(numbersOf(first), [["1/1", "online", 4]])
    const archived = publish({
      links,
      items: (id) => item(id, id, { archived: true }),
      available: (id) => stocked(id, 0)
    })
    assert.deepStrictEqual(numbersOf(archived), [["1/1", "online", 0]])
  })

  it("has a second regime for what is scarce, below the listing's own rule", () => {
    const policy = {
      buffer: 1,
      maximum: 50,
      scarce: { below: 5, rule: { ...inheritedRule, maximum: 0, percentage: 50 } }
    }
    assert.deepStrictEqual(number(5, policy), {
      quantity: 4,
      steps: [
        ["buffer", 4],
        ["maximum", 4]
      ]
    })
    assert.deepStrictEqual(number(4, policy), {
      quantity: 0,
      steps: [
        ["buffer", 3],
        ["percentage", 1],
        ["maximum", 0]
      ]
    })
    assert.deepStrictEqual(number(4, policy, { ...inheritedRule, maximum: 3, buffer: 0 }), {
      quantity: 2,
      steps: [
        ["percentage", 2],
        ["maximum", 2]
      ]
    })
  })

  it("sees what is scarce in whole listings", () => {
    const plan = publish({
      connection: connection({
        policy: policyOf({ scarce: { below: 5, rule: { ...inheritedRule, maximum: 0 } } })
      }),
      links: [link(row, "A", { unitsPerListing: Quantity.of(10) }), link(listing("2/1", "A"), "A")],
      available: (id) => stocked(id, 49)
    })
    assert.deepStrictEqual(numbersOf(plan), [
      ["1/1", "online", 0],
      ["2/1", "online", 49]
    ])
  })

  it("tells every step in a sentence", () => {
    assert.deepStrictEqual(
      Publishing.narrate(
        (["base", "pack", "buffer", "percentage", "maximum", "minimum", "allocation", "cap"] as const).map(
          (rule, at) => ({ rule, quantity: 20 - at })
        )
      ),
      [
        "There are 20 in the item's unit.",
        "That makes 19 whole listings.",
        "The buffer leaves 18.",
        "The published share of that is 17.",
        "The maximum leaves 16.",
        "The minimum makes it 15.",
        "This location's part is 14.",
        "The shop can show 13 at the most."
      ]
    )
  })
})

describe("over several locations of a shop", () => {
  it("each gets what its own feed holds", () => {
    const plan = publish({ connection: both, available: (id) => stocked(id, 15, { Main: 10, Store: 5 }) })
    assert.deepStrictEqual(numbersOf(plan), [
      ["1/1", "online", 10],
      ["1/1", "counter", 5]
    ])
    assert.deepStrictEqual(plan.updates[1]?.steps, [
      { rule: "base", quantity: 15 },
      { rule: "pack", quantity: 15 },
      { rule: "allocation", quantity: 5 }
    ])
  })

  it("a buffer is kept back once, from all of them together", () => {
    const plan = publish({
      connection: { ...both, policy: policyOf({ buffer: 3 }) },
      available: (id) => stocked(id, 15, { Main: 10, Store: 5 })
    })
    assert.deepStrictEqual(numbersOf(plan), [
      ["1/1", "online", 8],
      ["1/1", "counter", 4]
    ])
  })

  it("two that are fed by everything share the whole", () => {
    const shared = connection({
      publishTo: [
        { cartLocationId: online, locations: null },
        { cartLocationId: counter, locations: null }
      ]
    })
    assert.deepStrictEqual(numbersOf(publish({ connection: shared, available: (id) => stocked(id, 5) })), [
      ["1/1", "online", 3],
      ["1/1", "counter", 2]
    ])
  })

  it("a location that both feed is counted once", () => {
    const overlapping = connection({
      publishTo: [
        { cartLocationId: online, locations: [main, store] },
        { cartLocationId: counter, locations: [store] }
      ]
    })
    const plan = publish({ connection: overlapping, available: (id) => stocked(id, 15, { Main: 10, Store: 5 }) })
    assert.strictEqual(
      plan.updates.reduce((sum, { quantity }) => sum + quantity, 0),
      15
    )
  })

  it("one with a feed of its own gets no more than that, nor more than there is in all", () => {
    const narrow = connection({ publishTo: [{ cartLocationId: counter, locations: [store] }] })
    const numberOf = (quantity: number, shares: Record<string, number>) =>
      publish({ connection: narrow, available: (id) => stocked(id, quantity, shares) }).updates[0]?.quantity
    assert.strictEqual(numberOf(15, { Main: 10, Store: 5 }), 5)
    assert.strictEqual(numberOf(2, { Main: -3, Store: 5 }), 2)
    assert.strictEqual(numberOf(4, { Main: 10, Store: -6 }), 0)
  })

  it("pooled kits count as a whole where no location is left out, though no location could make one alone", () => {
    assert.deepStrictEqual(pooledOver([main, store]), [10])
    assert.deepStrictEqual(pooledOver([main]), [0])
    assert.deepStrictEqual(pooledOver([main, store], [store]), [10, 0])
    assert.deepStrictEqual(pooledOver([main, store], [main, store]), [5, 5])
    assert.deepStrictEqual(pooledOver([main], [store]), [0, 0])
  })

  it("a location that does not feed the channel feeds none of them", () => {
    const wide = connection({ publishTo: [{ cartLocationId: counter, locations: [main, store] }] })
    const plan = publish({
      connection: wide,
      channel: { ...channel, locations: [store] },
      available: (id) => stocked(id, 15, { Main: 10, Store: 5 })
    })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "counter", 5]])
  })

  it("a location of the channel feeds only those that name it", () => {
    const plan = publish({
      connection: connection({ publishTo: [{ cartLocationId: counter, locations: [store] }] }),
      channel: { ...channel, locations: [main, store] },
      available: (id) => stocked(id, 15, { Main: 10, Store: 5 })
    })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "counter", 5]])
  })

  it("what backorders add beyond stock goes to the first", () => {
    const plan = publish({
      connection: { ...both, policy: policyOf({ minimum: 9, allowBackorder: true }) },
      available: (id) => stocked(id, 6, { Main: 2, Store: 4 })
    })
    assert.deepStrictEqual(numbersOf(plan), [
      ["1/1", "online", 5],
      ["1/1", "counter", 4]
    ])
    const shared = connection({
      publishTo: [
        { cartLocationId: online, locations: null },
        { cartLocationId: counter, locations: null }
      ],
      policy: policyOf({ minimum: 9, allowBackorder: true })
    })
    assert.deepStrictEqual(numbersOf(publish({ connection: shared, available: (id) => stocked(id, 5) })), [
      ["1/1", "online", 7],
      ["1/1", "counter", 2]
    ])
  })

  it("a fixed number is shared out like any other", () => {
    const plan = publish({
      connection: both,
      links: [link(row, "A", { rule: { ...inheritedRule, fixed: 9 } })],
      available: (id) => stocked(id, 6, { Main: 2, Store: 4 })
    })
    assert.deepStrictEqual(numbersOf(plan), [
      ["1/1", "online", 5],
      ["1/1", "counter", 4]
    ])
    const few = publish({
      connection: both,
      links: [link(row, "A", { rule: { ...inheritedRule, fixed: 3 } })],
      available: (id) => stocked(id, 6, { Main: 2, Store: 4 })
    })
    assert.deepStrictEqual(numbersOf(few), [
      ["1/1", "online", 1],
      ["1/1", "counter", 2]
    ])
  })

  it("packs that are split between them are sold at neither", () => {
    const plan = publish({
      connection: both,
      links: [link(row, "A", { unitsPerListing: Quantity.of(10) })],
      available: (id) => stocked(id, 30, { Main: 15, Store: 15 })
    })
    assert.deepStrictEqual(numbersOf(plan), [
      ["1/1", "online", 1],
      ["1/1", "counter", 1]
    ])
  })

  it("each number is capped by itself", () => {
    const plan = publish({
      connection: both,
      quantityMax: 6,
      available: (id) => stocked(id, 15, { Main: 10, Store: 5 })
    })
    assert.deepStrictEqual(numbersOf(plan), [
      ["1/1", "online", 6],
      ["1/1", "counter", 5]
    ])
  })

  it.each([
    [6, [10, 0], [6, 0]],
    [10, [10, 5], [7, 3]],
    [5, [5, 5], [3, 2]],
    [1, [1, 1, 1], [1, 0, 0]],
    [7, [2, 5, 7], [1, 3, 3]],
    [20, [10, 5], [10, 5]],
    [0, [3, 4], [0, 0]],
    [15, [10, 5], [10, 5]]
  ])("%i is shared out among wants of %j as %j", (quantity, wants, parts) => {
    assert.deepStrictEqual(Publishing.allocate(quantity, wants), parts)
  })
})

const broken = (id: string, code: Issue.IssueCode) =>
  kits(id, 0, {}, [{ code, message: "It is.", remedy: "Mend it.", about: { itemId: id } }])

describe("what is left alone", () => {
  it.each([
    ["CONNECTION_DISABLED", { connection: connection({ enabled: false }) }],
    ["TRACKING_OFF", { links: [link(listing("1/1", "A", { tracking: "none" }), "A")] }],
    ["SHOP_BUNDLE", { links: [link(listing("1/1", "A", { shopBundle: true }), "A")] }],
    ["LINK_NOT_PUBLISHING", { links: [link(row, "A", { publishing: false })] }],
    ["ITEM_NOT_PUBLISHED", { items: (id: string) => item(id, id, { publish: false }) }],
    ["ITEM_UNKNOWN", { items: () => null }],
    ["ITEM_UNKNOWN", { available: () => null }],
    ["UNLIMITED", { available: (id: string) => unlimited(id) }],
    ["NO_STOCK_HISTORY", { hasStockHistory: () => false }],
    ["KIT_BROKEN", { available: (id: string) => broken(id, "KIT_EMPTY") }],
    ["KIT_BROKEN", { available: (id: string) => broken(id, "KIT_CYCLE") }],
    ["KIT_BROKEN", { available: (id: string) => broken(id, "KIT_QUANTITY_INVALID") }],
    ["KIT_BROKEN", { available: (id: string) => broken(id, "COMPONENT_UNKNOWN") }],
    ["KIT_BROKEN", { available: (id: string) => broken(id, "QUANTITY_OUT_OF_RANGE") }]
  ] as const)("%s", (reason, changes) => {
    const plan = publish(changes)
    assert.deepStrictEqual([plan.updates, reasonsOf(plan)], [[], [reason]])
  })

  it("tells all reasons at once", () => {
    const plan = publish({
      connection: connection({ enabled: false }),
      links: [link(listing("1/1", "A", { tracking: "none", shopBundle: true }), "A", { publishing: false })],
      items: (id) => item(id, id, { publish: false, archived: true }),
      hasStockHistory: () => false
    })
    assert.deepStrictEqual(reasonsOf(plan), [
      "CONNECTION_DISABLED",
      "TRACKING_OFF",
      "SHOP_BUNDLE",
      "LINK_NOT_PUBLISHING",
      "ITEM_NOT_PUBLISHED",
      "ARCHIVED"
    ])
    assert.deepStrictEqual(plan.issues, [])
  })

  it("tells a person about what only a person can mend, once each", () => {
    const bundle = listing("1/1", "A", { shopBundle: true })
    assert.deepStrictEqual(publish({ links: [link(bundle, "A")] }).issues, [
      Issue.shopBundle({ connectionId: connection().id, listingKey: bundle.key, itemId: item("A", "").id })
    ])
    const plan = publish({
      links: [link(row, "K"), link(listing("2/1", "A"), "K")],
      available: (id) => broken(id, "KIT_EMPTY")
    })
    assert.deepStrictEqual(codesOf(plan), ["KIT_EMPTY"])
    const off = publish({ connection: connection({ enabled: false }), links: [link(bundle, "A")] })
    assert.deepStrictEqual(off.issues, [])
  })

  it("tells nobody what is wrong with a kit that would not be published anyway", () => {
    const plan = publish({
      items: (id) => item(id, id, { kind: "kit", archived: true, publish: false }),
      available: (id) => broken(id, "KIT_EMPTY")
    })
    assert.deepStrictEqual([reasonsOf(plan), plan.issues], [["ITEM_NOT_PUBLISHED", "ARCHIVED"], []])
  })

  it("a number that cannot be kept exactly is not told", () => {
    const issue = Issue.quantityOutOfRange({ itemId: item("A", "").id, detail: "too large" })
    const plan = publish({ available: (id) => ({ ...stocked(id, 5), issues: [issue] }) })
    assert.deepStrictEqual([reasonsOf(plan), plan.issues], [["QUANTITY_OUT_OF_RANGE"], [issue]])
    const other = publish({ available: (id) => ({ ...stocked(id, 5), issues: [{ ...issue, code: "SKU_DRIFT" }] }) })
    assert.deepStrictEqual(numbersOf(other), [["1/1", "online", 5]])
  })

  it("an item without stock history is published once it has been before", () => {
    const plan = publish({ hasStockHistory: () => false, lastPublished: lastAt(3) })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "online", 10]])
    const elsewhere = publish({
      connection: both,
      hasStockHistory: () => false,
      lastPublished: lastAt(3, counter),
      available: (id) => stocked(id, 3, { Store: 3 })
    })
    assert.deepStrictEqual(numbersOf(elsewhere), [["1/1", "online", 0]])
  })

  it("an item without stock to run out of is not said to have no history", () => {
    const plan = publish({ available: (id) => unlimited(id), hasStockHistory: () => false })
    assert.deepStrictEqual(reasonsOf(plan), ["UNLIMITED"])
  })

  it("an archived item is told to be zero once, whatever the rules, then left alone even when forced", () => {
    const archived: Partial<Publishing.PublishInput> = {
      connection: connection({ policy: policyOf({ minimum: 5, allowBackorder: true }) }),
      items: (id) => item(id, id, { archived: true }),
      available: (id) => stocked(id, 0)
    }
    assert.deepStrictEqual(numbersOf(publish({ ...archived, lastPublished: lastAt(4) })), [["1/1", "online", 0]])
    const after = publish({ ...archived, lastPublished: lastAt(0), force: true })
    assert.deepStrictEqual([after.updates, reasonsOf(after)], [[], ["ARCHIVED"]])
  })

  it.each([
    { policy: policyOf({ scarce: { below: 5, rule: { ...inheritedRule, fixed: 7 } } }) },
    { policy: policyOf({ scarce: { below: 5, rule: { ...inheritedRule, minimum: 7 } }, allowBackorder: true }) },
    { policy: policyOf({ base: "onHand", minimum: 3 }) },
    { publishTo: both.publishTo, policy: policyOf({ minimum: 3, allowBackorder: true }) }
  ])("an archived item is never on sale, under any rule: %j", (changes) => {
    for (const rule of [inheritedRule, { ...inheritedRule, fixed: 9 }, { ...inheritedRule, minimum: 9 }]) {
      const plan = publish({
        connection: connection(changes),
        links: [link(row, "A", { rule })],
        items: (id) => item(id, id, { archived: true }),
        available: (id) => stocked(id, 10, { Main: 5, Store: 5 }),
        hasStockHistory: () => false
      })
      assert.isTrue(plan.updates.length > 0 && plan.updates.every(({ quantity }) => quantity === 0))
    }
  })

  it("an archived kit is told to be zero, whatever its bill of materials", () => {
    const plan = publish({
      items: (id) => item(id, id, { kind: "kit", archived: true }),
      available: (id) => broken(id, "KIT_EMPTY")
    })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "online", 0]])
  })

  it("every reason has its sentence", () => {
    const reasons = {
      UNCHANGED: "The shop already shows this number.",
      CONNECTION_DISABLED: "The connection is switched off.",
      NOT_LINKED: "The listing is not linked to an item.",
      TRACKING_OFF: "The shop does not track the stock of this listing.",
      TRACKING_LEVEL_MISMATCH:
        "The shop counts one number for the whole product, and its variants are not all linked to the same item and pack.",
      ITEM_NOT_PUBLISHED: "The item is set not to have its number sent to shops.",
      LINK_NOT_PUBLISHING: "The link waits for a person to let it publish.",
      ITEM_UNKNOWN: "The item, or what is available of it, is not known.",
      NO_STOCK_HISTORY: "The item has never had any stock, so its zero may only mean that it has not been entered yet.",
      UNLIMITED: "The item has no stock to run out of.",
      KIT_BROKEN: "The kit's bill of materials is empty, runs in a circle, or cannot be computed.",
      QUANTITY_OUT_OF_RANGE: "The item's number is too large to be kept exactly.",
      SHOP_BUNDLE: "The shop computes the stock of this listing from a bundle of its own.",
      ARCHIVED: "The item is archived, and the shop has been told that there is none left.",
      SAID_FOR_PRODUCT: "The shop counts one number for the whole product, which is sent for another of its variants.",
      MASS_ZERO: "Publishing for the first time would take too many listings off sale; a person has to approve it."
    } satisfies Record<Publishing.LeftReason, string>
    for (const [reason, sentence] of Object.entries(reasons)) {
      assert.strictEqual(Publishing.explain(reason as Publishing.LeftReason), sentence)
    }
  })
})

const variant = (key: string, tracking: "product" | "variant" = "product") => link(listing(key, key, { tracking }), "A")

const known = (key: string, itemId = "A", changes = {}) =>
  link(listing(key, key, { tracking: "product", siblings: 2 }), itemId, changes)

describe("products whose stock is one number", () => {
  it("are left alone when several of their variants are linked, and told about once", () => {
    const plan = publish({ links: [variant("1/1"), variant("1/2"), variant("2/1")] })
    assert.deepStrictEqual(leftOf(plan), [
      ["1/1", ["TRACKING_LEVEL_MISMATCH"]],
      ["1/2", ["TRACKING_LEVEL_MISMATCH"]]
    ])
    assert.deepStrictEqual(numbersOf(plan), [["2/1", "online", 10]])
    assert.deepStrictEqual(plan.issues, [
      {
        code: "TRACKING_LEVEL_MISMATCH",
        message: "Product 1 counts its stock as one number, but its 2 variants are linked to different items or packs.",
        remedy:
          "Let the shop track this product's stock by variant, or link all its variants to the same item and pack.",
        about: { connectionId: "shop", productId: "1" }
      }
    ])
  })

  it("are published when they have one variant, or none", () => {
    const single = link(listing("3", "A", { tracking: "product" }), "A")
    assert.deepStrictEqual(numbersOf(publish({ links: [variant("1/1"), single] })), [
      ["1/1", "online", 10],
      ["3", "online", 10]
    ])
  })

  it("are no matter when stock is counted by variant", () => {
    const links = [variant("1/1", "variant"), variant("1/2", "variant")]
    assert.strictEqual(publish({ links }).updates.length, 2)
  })

  it("a parent is never published", () => {
    const plan = publish({ links: [link(parent("1", "A"), "A")] })
    assert.deepStrictEqual([reasonsOf(plan), plan.issues], [["TRACKING_LEVEL_MISMATCH"], []])
  })

  it("a parent that is linked does not count as another variant", () => {
    const product = link(listing("1", "A", { shape: "parent", tracking: "product" }), "A")
    const plan = publish({ links: [product, variant("1/1")] })
    assert.deepStrictEqual(leftOf(plan), [["1", ["TRACKING_LEVEL_MISMATCH"]]])
    assert.deepStrictEqual([numbersOf(plan), plan.issues], [[["1/1", "online", 10]], []])
  })

  it("are left alone whole, a link from before they had variants too", () => {
    const before = link(listing("1", "A", { tracking: "product" }), "A")
    const plan = publish({ links: [before, variant("1/1"), variant("1/2")] })
    assert.deepStrictEqual([plan.updates, plan.left.map(({ listing: { key } }) => key)], [[], ["1", "1/1", "1/2"]])
    assert.deepStrictEqual(codesOf(plan), ["TRACKING_LEVEL_MISMATCH"])
  })

  it("are published once when all their variants sell the same", () => {
    const plan = publish({ links: [known("1/2"), known("1/1")] })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "online", 10]])
    assert.deepStrictEqual([leftOf(plan), plan.issues], [[["1/2", ["SAID_FOR_PRODUCT"]]], []])
    const silent = publish({ links: [known("1/1", "A", { publishing: false }), known("1/2")] })
    assert.deepStrictEqual(numbersOf(silent), [["1/2", "online", 10]])
    assert.deepStrictEqual(leftOf(silent), [["1/1", ["LINK_NOT_PUBLISHING"]]])
  })

  it("are left alone while a variant is not linked, is another item, or another pack", () => {
    const one = publish({ links: [known("1/1")] })
    assert.deepStrictEqual([one.updates, leftOf(one)], [[], [["1/1", ["TRACKING_LEVEL_MISMATCH"]]]])
    assert.match(one.issues[0]?.message ?? "", /of its 2 variants only these are linked: 1\/1\.$/)
    for (const other of [known("1/2", "B"), known("1/2", "A", { unitsPerListing: Quantity.of(2) })]) {
      const plan = publish({ links: [known("1/1"), other] })
      assert.deepStrictEqual([plan.updates, codesOf(plan)], [[], ["TRACKING_LEVEL_MISMATCH"]])
      assert.match(plan.issues[0]?.message ?? "", /its 2 variants are linked to different items or packs\.$/)
    }
  })
})

describe("over channels that overlap", () => {
  const south = connection({ publishTo: [{ cartLocationId: online, locations: null }] })
  const channels = (left: ReturnType<typeof stocked> | null, changes: Partial<Publishing.PublishInput> = {}) =>
    publish({
      connection: south,
      available: (id) => stocked(id, 3, { South: 3 }),
      shared: () => left,
      ...changes
    })

  it("a number is never above what all channels together have left", () => {
    const [update] = channels(stocked("A", 0, { North: -3, South: 3 })).updates
    assert.deepStrictEqual(update?.steps, [
      { rule: "base", quantity: 3 },
      { rule: "shared", quantity: 0 },
      { rule: "pack", quantity: 0 }
    ])
    assert.strictEqual(update?.quantity, 0)
    assert.deepStrictEqual(Publishing.narrate(update?.steps ?? [])[1], "All channels together have 0 left.")
    assert.deepStrictEqual(numbersOf(channels(stocked("A", 8))), [["1/1", "online", 3]])
    assert.strictEqual(channels(null).updates[0]?.quantity, 3)
  })

  it("each looks at its own locations alone where the policy says so", () => {
    const own = { ...south, policy: policyOf({ pool: "own" }) }
    assert.deepStrictEqual(numbersOf(channels(stocked("A", 0), { connection: own })), [["1/1", "online", 3]])
  })

  it("kits are bounded by what the components allow over all channels", () => {
    const plan = channels(kits("A", 1), { available: (id) => kits(id, 3) })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "online", 1]])
  })

  it("what is on hand is bounded by all that is on hand, where that is published", () => {
    const plan = channels(stocked("A", 2), { connection: { ...south, policy: policyOf({ base: "onHand" }) } })
    assert.deepStrictEqual(numbersOf(plan), [["1/1", "online", 2]])
  })

  it("a pool that cannot be counted is a reason, once", () => {
    const plan = channels({
      ...stocked("A", 0),
      issues: [Issue.quantityOutOfRange({ itemId: item("A", "A").id, detail: "it is too much" })]
    })
    assert.deepStrictEqual(reasonsOf(plan), ["QUANTITY_OUT_OF_RANGE"])
  })
})

describe("a first publication that raises what the shop shows", () => {
  it("is named with its reason, where the shop's number is known", () => {
    const plan = publish({ shopLevel: () => 3 })
    const [rise] = Publishing.rises(plan)
    assert.deepStrictEqual([rise?.shown, rise?.quantity], [3, 10])
    assert.deepStrictEqual(Publishing.explainRise(rise!), [
      "Listing 1/1 shows 3 and would show 10.",
      "There are 10 in the item's unit.",
      "That makes 10 whole listings."
    ])
  })

  it("is none where it was published before, falls, stays, or is not known", () => {
    assert.deepStrictEqual(Publishing.rises(publish({ shopLevel: () => 3, lastPublished: lastAt(4) })), [])
    assert.deepStrictEqual(Publishing.rises(publish({ shopLevel: () => 11 })), [])
    assert.deepStrictEqual(Publishing.rises(publish({ shopLevel: () => 10 })), [])
    assert.deepStrictEqual(Publishing.rises(publish()), [])
  })
})

describe("the guard against a first publication of zeros", () => {
  const rows = Array.from({ length: 5 }, (_, at) => listing(`${at + 1}/1`, `I${at}`))
  const careful = connection({ policy: policyOf({ massZeroPercent: 20 }) })
  /** Five listings of which the shop has `inStock` in stock; the first `zeros` of their items have none. */
  const first = (zeros: number, inStock: number, changes: Partial<Publishing.PublishInput> = {}) =>
    publish({
      connection: careful,
      links: rows.map((one, at) => link(one, `I${at}`)),
      available: (id) => stocked(id, Number(id.slice(1)) < zeros ? 0 : 4),
      shopLevel: (key) => (Number(key.split("/")[0]) <= inStock ? 7 : 0),
      ...changes
    })

  it("lets as many go to zero as the policy says", () => {
    const plan = first(1, 5)
    assert.deepStrictEqual([plan.updates.length, plan.left, plan.issues], [5, [], []])
  })

  it("keeps back the whole first publication when it is more", () => {
    const plan = first(2, 5)
    assert.deepStrictEqual(plan.updates, [])
    assert.deepStrictEqual(
      leftOf(plan),
      rows.map(({ key }) => [key, ["MASS_ZERO"]])
    )
    assert.deepStrictEqual(plan.issues, [
      {
        code: "MASS_ZERO",
        message: "The first publication would take 2 of 5 listings in stock to zero, which is more than 20 %.",
        remedy: "Look through the plan; enter the missing stock, or approve it.",
        about: { connectionId: "shop" }
      }
    ])
  })

  it("counts only what the shop has in stock", () => {
    assert.strictEqual(first(2, 0).updates.length, 5)
    assert.deepStrictEqual(codesOf(first(1, 4)), ["MASS_ZERO"])
    assert.strictEqual(first(2, 5, { shopLevel: () => null }).updates.length, 5)
    assert.strictEqual(first(2, 5, { shopLevel: () => -1 }).updates.length, 5)
  })

  it("is lifted by a person, and by a policy that never refuses", () => {
    assert.strictEqual(first(5, 5, { approved: true }).updates.length, 5)
    const never = connection({ policy: policyOf({ massZeroPercent: 100 }) })
    assert.strictEqual(first(5, 5, { connection: never }).updates.length, 5)
  })

  it("refuses any zero where the policy says none", () => {
    const none = connection({ policy: policyOf({ massZeroPercent: 0 }) })
    assert.deepStrictEqual(codesOf(first(1, 5, { connection: none })), ["MASS_ZERO"])
    assert.strictEqual(first(0, 5, { connection: none }).updates.length, 5)
  })

  it("sees a few links in proportion to all that is in stock", () => {
    assert.strictEqual(first(2, 5, { inStockElsewhere: 5 }).updates.length, 5)
    assert.deepStrictEqual(
      first(2, 5, { inStockElsewhere: 4 }).issues[0]?.message.slice(0, 61),
      "The first publication would take 2 of 9 listings in stock to "
    )
  })

  it("does not hold back what has been published before, whose numbers count as stock", () => {
    const lastPublished = published(
      ...rows.slice(0, 3).map(({ key }) => ({ key, cartLocationId: online, quantity: 5 }))
    )
    const plan = first(4, 5, { lastPublished, shopLevel: (key) => (key === "4/1" ? 9 : null) })
    assert.deepStrictEqual(
      plan.updates.map(({ listing: { key }, quantity }) => [key, quantity]),
      [
        ["1/1", 0],
        ["2/1", 0],
        ["3/1", 0]
      ]
    )
    assert.deepStrictEqual(leftOf(plan), [
      ["4/1", ["MASS_ZERO"]],
      ["5/1", ["MASS_ZERO"]]
    ])
  })

  it("tells other reasons instead of its own where there are some", () => {
    const plan = first(2, 5, { hasStockHistory: (id) => id !== "I4" })
    assert.deepStrictEqual(plan.left.at(-1)?.reasons, ["NO_STOCK_HISTORY"])
  })

  it("takes a listing for zero only when all its locations are", () => {
    const plan = publish({
      connection: { ...both, policy: policyOf({ massZeroPercent: 0 }) },
      available: (id) => stocked(id, 5, { Main: 0, Store: 5 }),
      shopLevel: (_, place) => (place === online ? 3 : 0)
    })
    assert.strictEqual(plan.updates.length, 2)
  })

  it("takes a listing for in stock when one of its locations is", () => {
    for (const shown of [online, counter]) {
      const plan = publish({
        connection: { ...both, policy: policyOf({ massZeroPercent: 0 }) },
        available: (id) => stocked(id, 0, { Main: 0, Store: 0 }),
        shopLevel: (_, place) => (place === shown ? 3 : 0)
      })
      assert.deepStrictEqual(codesOf(plan), ["MASS_ZERO"])
    }
  })

  it("does not count what is left alone for another reason", () => {
    assert.deepStrictEqual(codesOf(first(1, 5, { hasStockHistory: (id) => id !== "I4" })), ["MASS_ZERO"])
  })
})

const at = (key: string, cartLocationId: typeof online, quantity: number) => ({
  listing: listing(key, "A"),
  cartLocationId,
  quantity
})

describe("numbers that wait", () => {
  it("are coalesced: the latest for each listing and location, in the order in which they were last set", () => {
    const waiting = [at("1/1", online, 1), at("2/1", online, 2), at("1/1", counter, 3), at("1/1", online, 4)]
    assert.deepStrictEqual(
      Publishing.coalesce(waiting).map(({ quantity }) => quantity),
      [2, 3, 4]
    )
    assert.deepStrictEqual(Publishing.coalesce([]), [])
  })
})

it("the condition of being linked is judged for any listing", () => {
  assert.deepStrictEqual(Publishing.reasonsAgainst(publishInput(), row, null, 0), ["NOT_LINKED"])
  assert.deepStrictEqual(Publishing.reasonsAgainst(publishInput(), row, link(row, "A"), 1), [])
})
