import { assert, describe, it } from "@effect/vitest"
import * as Availability from "@stockport/core/decide/Availability"
import * as AvailabilityIndex from "@stockport/core/decide/AvailabilityIndex"
import * as Issue from "@stockport/core/domain/Issue"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Quantity from "@stockport/core/domain/Quantity"
import type { AvailabilityPolicy } from "@stockport/core/domain/SyncPolicy"
import { at, kit, made, main, place, pooled, quarantine, stocked, store } from "./Warehouse.ts"

const id = (name: string) => ItemId.make(name)
const service = Item.make({ id: id("wrapping"), kind: "service", sku: "" })
const q = (units: number) => Quantity.of(units)

const sharedParts = [
  ...stocked("A", "B", "C", "D"),
  kit("K1", ["A", 1], ["B", 1]),
  kit("K2", ["A", 2], ["C", 1]),
  kit("outer", ["K2", 1]),
  service
]

const shortfall: AvailabilityPolicy = { ...pooled, assemblyShortfallDemand: true }

const indexOf = (
  items: ReadonlyArray<Item.Item> = sharedParts,
  positions = [at(main, "A", { onHand: 7 }), at(main, "B", { onHand: 10 }), at(main, "C", { onHand: 10 })],
  policy: AvailabilityPolicy = pooled
) => AvailabilityIndex.make({ items, positions, locations: [main, store, quarantine], policy, feeding: null })

const set = (...args: Parameters<typeof at>) => ({ _tag: "PositionSet", position: at(...args) }) as const
const save = (item: Item.Item) => ({ _tag: "ItemSaved", item }) as const

const numbers = (index: AvailabilityIndex.AvailabilityIndex, ...names: ReadonlyArray<string>) =>
  names.map((name) => {
    const number = index.numberOf(id(name))
    return number === null ? null : Quantity.format(number)
  })

const changes = (delta: AvailabilityIndex.AvailabilityDelta) =>
  Object.fromEntries(delta.changed.map(({ itemId, before, after }) => [itemId, [before, after]]))

describe("an availability index", () => {
  it("knows each item's number; none for what is unlimited or unknown", () => {
    const index = indexOf()
    assert.deepStrictEqual(numbers(index, "A", "B", "D", "K1", "K2", "outer", "wrapping", "nobody"), [
      "7",
      "10",
      "0",
      "7",
      "3",
      "3",
      null,
      null
    ])
    assert.strictEqual(index.size, sharedParts.length)
    assert.isNull(index.get(id("nobody")))
    assert.deepInclude(index.get(id("wrapping")), { _tag: "Unlimited" })
  })

  it("one order of two kits moves their components and every kit above them, and nothing else", () => {
    const index = indexOf()
    const delta = index.apply([
      set(main, "A", { onHand: 7, salesOrders: 4 }),
      set(main, "C", { onHand: 10, salesOrders: 2 })
    ])
    assert.sameMembers([...delta.affected], [id("A"), id("C"), id("K1"), id("K2"), id("outer")])
    assert.deepStrictEqual(changes(delta), {
      A: [q(7), q(3)],
      C: [q(10), q(8)],
      K1: [q(7), q(3)],
      K2: [q(3), q(1)],
      outer: [q(3), q(1)]
    })
  })

  it("its work is one step for a leaf, one for each kit above it, and one for each of their needs", () => {
    const index = indexOf()
    // A: itself, three kits above it, and these three with two needs each.
    assert.strictEqual(index.apply([set(main, "A", { onHand: 8 })]).work, 1 + 3 + 3 * (1 + 2))
    assert.strictEqual(index.apply([set(main, "D", { onHand: 8 })]).work, 1)
    assert.strictEqual(index.apply([]).work, 0)
  })

  it("its work does not grow with the catalogue, whatever changes", () => {
    for (const change of [set(main, "C", { onHand: 1 }), save(kit("K2", ["A", 3])), save(kit("new", ["A", 3]))]) {
      const work = [10, 1_000].map((others) => {
        const more = Array.from({ length: others }, (_, index) => kit(`other${index}`, ["D", 1], ["B", 1]))
        return indexOf([...sharedParts, ...more]).apply([change]).work
      })
      assert.strictEqual(work[0], work[1])
      assert.isAbove(work[0] ?? 0, 1)
    }
  })

  it("a saved kit takes a step for each kit that is taken apart, each of their needs, and computing them", () => {
    // K2 and outer are found, taken apart to one need each, and computed with one need each.
    assert.strictEqual(indexOf().apply([save(kit("K2", ["A", 3]))]).work, 2 + 2 + 2 * (1 + 1))
  })

  it("reports a touched item whose number stays as affected, not as changed", () => {
    const index = indexOf()
    const delta = index.apply([set(main, "B", { onHand: 11, salesOrders: 1 })])
    assert.deepStrictEqual(delta.affected, [id("B"), id("K1")])
    assert.deepStrictEqual(delta.changed, [])
  })

  it("a saved bill of materials moves its kit and the kits above it", () => {
    const index = indexOf()
    const delta = index.apply([save(kit("K2", ["A", 3]))])
    assert.sameMembers([...delta.affected], [id("K2"), id("outer")])
    assert.deepStrictEqual(changes(delta), { K2: [q(3), q(2)], outer: [q(3), q(2)] })
    assert.deepStrictEqual(index.apply([set(main, "C", { onHand: 0 })]).affected, [id("C")], "C is in no kit any more")
    assert.deepStrictEqual(index.apply([save(kit("K2", ["A", 3]))]).affected, [id("K2")], "the same once more")
    const reordered = index.apply([save(kit("K2", ["A", 2], ["A", 1]))])
    assert.sameMembers([...reordered.affected], [id("K2"), id("outer")])
    assert.deepStrictEqual(reordered.changed, [])
  })

  it("a kit that is saved as it was moves nothing above it", () => {
    const items = [
      ...stocked("A", "B", "C"),
      kit("X", ["A", 5], ["B", 7]),
      kit("Y", ["A", 2], ["C", 1]),
      kit("Z", ["Y", 1])
    ]
    const index = indexOf(items)
    assert.deepStrictEqual(index.apply([save(items[4]!)]).affected, [id("Y")])
    assert.deepStrictEqual(index.apply([save(kit("Y", ["A", 2], ["C", 2]))]).affected, [id("Y"), id("Z")])
  })

  it("archiving a component leaves its kits with nothing, and back", () => {
    const index = indexOf()
    const archived = index.apply([save({ ...stocked("A")[0]!, archived: true })])
    assert.deepStrictEqual(changes(archived), {
      A: [q(7), q(0)],
      K1: [q(7), q(0)],
      K2: [q(3), q(0)],
      outer: [q(3), q(0)]
    })
    index.apply([save(stocked("A")[0]!)])
    assert.deepStrictEqual(numbers(index, "A", "K1", "K2"), ["7", "7", "3"])
  })

  it("an item that becomes known completes the kits that waited for it, with the stock that it had", () => {
    const index = indexOf([kit("K", ["late", 2])], [at(main, "late", { onHand: 5 })])
    assert.deepStrictEqual(numbers(index, "late", "K"), [null, "0"])
    assert.isNull(index.get(id("late")))
    assert.strictEqual(index.size, 1)
    const delta = index.apply([save(stocked("late")[0]!)])
    assert.deepStrictEqual(changes(delta), { late: [null, q(5)], K: [q(0), q(2)] })
    assert.strictEqual(index.size, 2)
  })

  it("an item of another kind is another thing in every kit", () => {
    const index = indexOf()
    const delta = index.apply([save({ ...service, id: id("B") })])
    assert.deepStrictEqual(changes(delta), { B: [q(10), null] })
    assert.deepStrictEqual(numbers(index, "K1"), ["7"])
    index.apply([set(main, "A", { onHand: 90 })])
    assert.deepStrictEqual(numbers(index, "K1"), ["90"], "a service limits nothing")
  })

  it("a cycle that is saved breaks its kits, and mending it mends them", () => {
    const index = indexOf()
    index.apply([save(kit("K2", ["outer", 1]))])
    assert.deepStrictEqual(numbers(index, "K2", "outer"), ["0", "0"])
    assert.strictEqual(index.get(id("outer"))?.issues[0]?.code, "KIT_CYCLE")
    index.apply([save(kit("K2", ["A", 1]))])
    assert.deepStrictEqual(numbers(index, "K2", "outer"), ["7", "7"])
  })

  it("a location that changes sides moves the items that have a position there, and their kits", () => {
    const index = indexOf()
    index.apply([set(store, "B", { onHand: 2 })])
    const delta = index.apply([{ _tag: "LocationSaved", location: { ...store, nettable: false } }])
    assert.sameMembers([...delta.affected], [id("B"), id("K1")])
    assert.deepStrictEqual(changes(delta), { B: [q(12), q(10)] })
    const renamed = index.apply([{ _tag: "LocationSaved", location: { ...store, nettable: false, name: "Shop" } }])
    assert.deepStrictEqual(renamed, { affected: [], changed: [], work: 0 })
  })

  it("a location that becomes known, and is nettable, brings its stock in", () => {
    const index = indexOf()
    const north = place("North")
    assert.deepStrictEqual(changes(index.apply([set(north, "D", { onHand: 4 })])), {})
    const delta = index.apply([{ _tag: "LocationSaved", location: north }])
    assert.deepStrictEqual(changes(delta), { D: [q(0), q(4)] })
  })

  it("a channel that is fed by fewer locations has less", () => {
    const index = indexOf()
    const delta = index.apply([{ _tag: "FeedingSet", feeding: [store.id] }])
    assert.deepStrictEqual(numbers(index, "A", "K1"), ["0", "0"])
    assert.sameMembers([...delta.affected], ["A", "B", "C", "K1", "K2", "outer"].map(id))
  })

  it("another policy computes everything again", () => {
    const index = indexOf(sharedParts, [at(main, "A", { onHand: 7, incoming: 3 })])
    const delta = index.apply([{ _tag: "PolicySet", policy: { ...pooled, countIncoming: true } }])
    assert.strictEqual(delta.affected.length, sharedParts.length)
    assert.deepStrictEqual(changes(delta), { A: [q(7), q(10)] })
    // Each of four items, and three kits with two needs each.
    assert.strictEqual(delta.work, 4 + 3 * (1 + 2))
  })

  it("changes are taken over in order, together", () => {
    const index = indexOf()
    const delta = index.apply([set(main, "A", { onHand: 1 }), set(main, "A", { onHand: 9 })])
    assert.deepStrictEqual(changes(delta), { A: [q(7), q(9)], K1: [q(7), q(9)], K2: [q(3), q(4)], outer: [q(3), q(4)] })
  })

  it("a short assembly moves its parts, and the kits of these", () => {
    const items = [...stocked("leg"), made("assembly", "table", [["leg", 4]]), kit("pair", ["leg", 2])]
    const index = indexOf(items, [at(main, "leg", { onHand: 20 })], { ...pooled, assemblyShortfallDemand: true })
    const delta = index.apply([set(store, "table", { salesOrders: 3 })])
    assert.deepStrictEqual(changes(delta), { table: [q(0), q(-3)], leg: [q(20), q(8)], pair: [q(10), q(4)] })
  })

  it("an assembly that is made of something else gives its former parts back", () => {
    const items = [...stocked("leg", "top"), made("assembly", "table", [["leg", 4]])]
    const facts = [at(main, "leg", { onHand: 20 }), at(store, "table", { salesOrders: 3 })]
    const index = indexOf(items, facts, shortfall)
    assert.deepStrictEqual(numbers(index, "leg", "top"), ["8", "0"])
    const delta = index.apply([save(made("assembly", "table", [["top", 1]]))])
    assert.deepStrictEqual(changes(delta), { leg: [q(8), q(20)], top: [q(0), q(-3)] })
  })

  it("a part that stands on two levels of an assembly is computed once, after all that it is needed for", () => {
    const items = [
      ...stocked("leg"),
      made("assembly", "table", [
        ["leg", 4],
        ["frame", 1]
      ]),
      made("assembly", "frame", [["leg", 2]])
    ]
    const index = indexOf(items, [at(main, "leg", { onHand: 20 })], shortfall)
    const delta = index.apply([set(store, "table", { salesOrders: 3 })])
    assert.deepStrictEqual(changes(delta), { table: [q(0), q(-3)], frame: [q(0), q(-3)], leg: [q(20), q(2)] })
    // Each of the three, and what each is needed for: the frame for one, the leg for two.
    assert.strictEqual(delta.work, 3 + 1 + 2)
  })

  it("another policy computes each item once, shortages of assemblies included", () => {
    const items = [...stocked("leg", "cloth"), made("assembly", "table", [["leg", 4]]), kit("set", ["table", 1])]
    const index = indexOf(items, [at(store, "table", { salesOrders: 3 })])
    const delta = index.apply([{ _tag: "PolicySet", policy: shortfall }])
    assert.deepStrictEqual(changes(delta), { leg: [q(0), q(-12)] })
    // Three stocked items, and a kit with one need.
    assert.strictEqual(delta.work, 3 + (1 + 1))
  })

  it("a shortage is passed on in order of location, whatever order the locations are named in", () => {
    const items = [...stocked("leg"), made("assembly", "table", [["leg", 4]])]
    const positions = [
      at(store, "table", { salesOrders: 3 }),
      at(quarantine, "table", { salesOrders: 3 }),
      at(main, "table", { onHand: 2 })
    ]
    const input = { items, positions, locations: [store, quarantine, main], policy: shortfall, feeding: null }
    const leg = AvailabilityIndex.make(input).get(id("leg"))
    assert.deepStrictEqual(leg, Availability.compute(input).get(id("leg")))
    assert.deepStrictEqual(
      leg?._tag === "Stocked" && leg.byLocation.map(({ locationId, quantity }) => [locationId, quantity]),
      [
        [quarantine.id, q(-12)],
        [store.id, q(-4)]
      ]
    )
  })

  it("says that a shortage is more than can be written down, where it is", () => {
    const items = [...stocked("leg"), made("assembly", "table", [["leg", 40_000_000_000]])]
    const index = indexOf(items, [at(main, "table", { salesOrders: 3 })], shortfall)
    assert.deepStrictEqual(
      index.get(id("leg")),
      Availability.nothing(id("leg"), [Availability.shortageOutOfRange(id("leg"))])
    )
    assert.deepStrictEqual(numbers(index, "leg"), ["0"])
  })

  it("has nothing of a kit that a location makes more of than any number can say, and as many as one can", () => {
    const items = [...stocked("A", "B"), kit("dust", ["A", 0.00001]), kit("one", ["B", 1])]
    const most = 90_071_992_547
    const positions = [at(main, "A", { onHand: 50_000_000_000 }), at(store, "A", { onHand: -49_999_999_999 })]
    const tooMany =
      "5000000000000000 units is not a quantity: the result must lie between -90071992547.40991 and 90071992547.40991"
    for (const facts of [positions, positions.toReversed()]) {
      const index = indexOf(items, facts)
      assert.deepStrictEqual(numbers(index, "A", "dust"), ["1", "0"])
      assert.deepStrictEqual(index.get(id("dust"))?.issues, [
        Issue.quantityOutOfRange({ itemId: id("dust"), detail: tooMany })
      ])
    }
    assert.deepStrictEqual(numbers(indexOf(items, [at(main, "A", { onHand: most })]), "dust"), ["0"])
    assert.deepStrictEqual(numbers(indexOf(items, [at(main, "B", { onHand: most })]), "one"), [String(most)])
  })

  it("puts kits together from all locations, or from one at a time, as the policy says", () => {
    const items = [...stocked("A", "B"), kit("K", ["A", 1], ["B", 1])]
    const positions = [
      at(main, "A", { onHand: 5 }),
      at(main, "B", { onHand: 1 }),
      at(store, "B", { onHand: 3 }),
      at(store, "K", { onHand: 2 })
    ]
    const kitsUnder = (kitPooling: AvailabilityPolicy["kitPooling"]) =>
      numbers(indexOf(items, positions, { ...pooled, kitPooling }), "K")[0]
    assert.strictEqual(kitsUnder("pooled"), "4")
    assert.strictEqual(kitsUnder("perLocation"), "1")
    assert.strictEqual(kitsUnder("hybrid"), "3")
  })

  it("puts no kit together where nothing is for sale, not even where a booking has fallen below zero", () => {
    for (const kitPooling of ["perLocation", "hybrid"] as const) {
      for (const booked of ["A", "K"]) {
        const index = indexOf(
          [...stocked("A"), kit("K", ["A", 1])],
          [at(main, "A", { onHand: 2 }), at(quarantine, booked, { salesOrders: -5 })],
          { ...pooled, kitPooling }
        )
        assert.deepStrictEqual(numbers(index, "K"), ["2"], `${kitPooling} with ${booked}`)
      }
    }
  })

  it("never speaks of an item that is not known, although it has a position", () => {
    const index = indexOf(sharedParts, [at(main, "nobody", { onHand: 4 })])
    assert.deepStrictEqual(index.apply([set(main, "nobody", { onHand: 5 })]).affected, [])
    const everything = index.apply([{ _tag: "PolicySet", policy: shortfall }])
    assert.deepStrictEqual([...everything.affected].sort(), sharedParts.map((item) => item.id).sort())
    assert.deepStrictEqual(everything.changed, [])
  })

  it("a first location that changes sides moves what stands there, and nothing else", () => {
    const index = indexOf()
    index.apply([set(main, "D", { onHand: 1 })])
    const delta = index.apply([{ _tag: "LocationSaved", location: { ...main, nettable: false } }])
    assert.sameMembers([...delta.affected], ["A", "B", "C", "D", "K1", "K2", "outer"].map(id))
    assert.strictEqual(delta.affected.length, 7)
  })

  it("tells its bytes: 39 for each item, 28 for each row of one term, 24 for each line and each need", () => {
    const items = Array.from({ length: 100 }, (_, number) => stocked(`I${number}`)[0]!)
    const positions = items.map((item) => at(main, item.id, { onHand: 1 }))
    assert.strictEqual(indexOf(items, positions).bytes, 100 * 39 + 100 * 28)
    // Lines and needs come by 64.
    assert.strictEqual(indexOf([...items, kit("K", ["I0", 1])], positions).bytes, 101 * 39 + 100 * 28 + 2 * 64 * 24)
  })

  it("grows from nothing, item by item and place by place", () => {
    const index = AvailabilityIndex.make({ items: [], positions: [], locations: [], policy: pooled, feeding: null })
    assert.strictEqual(index.size, 0)
    for (let number = 0; number < 300; number++) {
      const there = place(`P${number % 7}`)
      index.apply([
        { _tag: "LocationSaved", location: there },
        save(stocked(`I${number}`)[0]!),
        save(kit(`K${number}`, [`I${number}`, 1])),
        set(there, `I${number}`, { onHand: number })
      ])
    }
    assert.strictEqual(index.size, 600)
    for (let number = 0; number < 300; number++) {
      assert.deepStrictEqual(numbers(index, `I${number}`, `K${number}`), [String(number), String(number)])
    }
  })

  it("reclaims what edited bills of materials leave behind", () => {
    const index = indexOf()
    const settled = () => {
      for (let edit = 0; edit < 2_000; edit++) index.apply([save(kit("K1", ["A", 1 + (edit % 3)], ["B", 1]))])
      return index.bytes
    }
    const first = settled()
    assert.strictEqual(settled(), first)
    assert.isBelow(first, 20_000)
    assert.deepStrictEqual(numbers(index, "K1", "K2", "outer"), ["3", "3", "3"])
    index.apply([set(main, "A", { onHand: 100 })])
    assert.deepStrictEqual(numbers(index, "K1", "K2", "outer"), ["10", "10", "10"])
  })
})
