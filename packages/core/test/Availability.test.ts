import { assert, describe, it } from "@effect/vitest"
import * as Availability from "@stockport/core/decide/Availability"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import * as Quantity from "@stockport/core/domain/Quantity"
import type { AvailabilityPolicy } from "@stockport/core/domain/SyncPolicy"
import { DateTime } from "effect"
import { at, compute, kit, made, main, numberOf, of, place, pooled, quarantine, stocked, store } from "./Warehouse.ts"

const id = (name: string) => ItemId.make(name)
const everything: AvailabilityPolicy = {
  countOpenSalesReceipts: true,
  countIncoming: true,
  incomingWithinDays: null,
  kitPooling: "pooled",
  assemblyShortfallDemand: true
}
const max = Quantity.max as Quantity.Quantity
const maxUnits = 90_071_992_547

/** A position's terms are powers of two, so that every sum tells which of them are in it. */
const powers = {
  onHand: 1024,
  incoming: 512,
  salesOrders: 1,
  salesReceipts: 2,
  pickTickets: 4,
  reservations: 8,
  softHolds: 16,
  stockHolds: 32
}

const breakdownOf = (available: Availability.Available) =>
  available._tag === "Stocked" ? available.breakdown.map(({ term, quantity }) => [term, Quantity.format(quantity)]) : []

const sharesOf = (available: Availability.Available) =>
  available._tag === "Unlimited"
    ? []
    : available.byLocation.map(({ locationId, quantity }) => [locationId, Quantity.format(quantity)])

const said = (available: Availability.Available) => Availability.explain(available, (itemId) => `<${itemId}>`)

const numberOfA = (policy: AvailabilityPolicy, feeding: ReadonlyArray<LocationId> | null, where = main) =>
  numberOf(compute({ items: stocked("A"), positions: [at(where, "A", powers)], policy, feeding }), "A")

const component = (name: string, need: number, available: number, shortage = 0) => ({
  itemId: id(name),
  need: Quantity.of(need),
  available: Quantity.of(available),
  shortage: Quantity.of(shortage)
})

const builtKits = (onHand: number, salesOrders = 0) => at(store, "K", { onHand, salesOrders })

const codesIn = (available: Availability.Available) => available.issues.map(({ code }) => code)

const saidOfA = (amounts: Parameters<typeof at>[2]) =>
  said(of(compute({ items: stocked("A"), positions: [at(main, "A", amounts)] }), "A"))

describe("what counts, by the place where it is", () => {
  it("at a location that feeds the channel everything does, receipts and incoming goods by setting", () => {
    assert.strictEqual(numberOfA(everything, null), String(1024 + 512 - 63))
    assert.strictEqual(numberOfA({ ...everything, countIncoming: false }, null), String(1024 - 63))
    assert.strictEqual(numberOfA({ ...everything, countOpenSalesReceipts: false }, null), String(1024 + 512 - 61))
    assert.strictEqual(numberOfA(everything, [main.id]), String(1024 + 512 - 63))
  })

  it("at a location that is not nettable demand does; stock, incoming goods and stock set aside do not", () => {
    assert.strictEqual(numberOfA(everything, null, quarantine), "-31")
    assert.strictEqual(numberOfA({ ...everything, countOpenSalesReceipts: false }, null, quarantine), "-29")
    assert.strictEqual(numberOfA(everything, [quarantine.id], quarantine), "-31")
    assert.strictEqual(numberOfA(everything, [main.id], quarantine), "-31")
  })

  it("at a nettable location that feeds other channels nothing does: its own stock covers its own demand", () => {
    assert.strictEqual(numberOfA(everything, [store.id]), "0")
    assert.strictEqual(numberOfA(everything, []), "0")
  })

  it("an unknown location is not nettable", () => {
    assert.strictEqual(numberOfA(everything, null, place("Elsewhere")), "-31")
    assert.strictEqual(numberOfA(everything, [LocationId.make("Elsewhere")], place("Elsewhere")), "-31")
  })

  it("the formula is one table", () => {
    assert.deepStrictEqual(Availability.countedAt("feeding", everything), {
      onHand: 1,
      incoming: 1,
      salesOrders: -1,
      salesReceipts: -1,
      pickTickets: -1,
      reservations: -1,
      softHolds: -1,
      stockHolds: -1,
      assemblyShortfall: -1
    })
    assert.deepStrictEqual(Availability.countedAt("notNettable", { ...everything, countOpenSalesReceipts: false }), {
      onHand: 0,
      incoming: 0,
      salesOrders: -1,
      salesReceipts: 0,
      pickTickets: -1,
      reservations: -1,
      softHolds: -1,
      stockHolds: 0,
      assemblyShortfall: -1
    })
    assert.isTrue(Object.values(Availability.countedAt("elsewhere", everything)).every((sign) => sign === 0))
  })
})

describe("the breakdown", () => {
  it("names each term that is not zero, in one order, in total and by location in order of id", () => {
    const available = of(
      compute({
        items: stocked("A"),
        positions: [
          at(store, "A", { onHand: 5, softHolds: 1 }),
          at(quarantine, "A", { onHand: 7, salesOrders: 2 }),
          at(main, "A", { salesOrders: 3, onHand: 10.5, incoming: 4 })
        ],
        policy: everything
      }),
      "A"
    )
    assert.deepStrictEqual(breakdownOf(available), [
      ["onHand", "15.5"],
      ["incoming", "4"],
      ["salesOrders", "-5"],
      ["softHolds", "-1"]
    ])
    assert.deepStrictEqual(available, {
      _tag: "Stocked",
      itemId: id("A"),
      quantity: Quantity.of(13.5),
      breakdown: available._tag === "Stocked" ? available.breakdown : [],
      byLocation: [
        {
          locationId: main.id,
          quantity: Quantity.of(11.5),
          breakdown: [
            { term: "onHand", quantity: Quantity.of(10.5) },
            { term: "incoming", quantity: Quantity.of(4) },
            { term: "salesOrders", quantity: Quantity.of(-3) }
          ]
        },
        {
          locationId: quarantine.id,
          quantity: Quantity.of(-2),
          breakdown: [{ term: "salesOrders", quantity: Quantity.of(-2) }]
        },
        {
          locationId: store.id,
          quantity: Quantity.of(4),
          breakdown: [
            { term: "onHand", quantity: Quantity.of(5) },
            { term: "softHolds", quantity: Quantity.of(-1) }
          ]
        }
      ],
      issues: []
    })
  })

  it("is empty for an item without positions, which has none", () => {
    const available = of(compute({ items: stocked("A"), positions: [] }), "A")
    assert.deepStrictEqual(available, Availability.nothing(id("A")))
  })

  it("a term that cancels out over the locations is in the shares only", () => {
    const available = of(
      compute({ items: stocked("A"), positions: [at(main, "A", { onHand: 4 }), at(store, "A", { onHand: -4 })] }),
      "A"
    )
    assert.deepStrictEqual(breakdownOf(available), [])
    assert.deepStrictEqual(sharesOf(available), [
      [main.id, "4"],
      [store.id, "-4"]
    ])
  })

  it("of two rows for the same item, or the same item and location, the later counts", () => {
    const positions = [at(main, "A", { onHand: 4 }), at(main, "A", { onHand: 6 }), at(main, "B", { onHand: 1 })]
    assert.strictEqual(numberOf(compute({ items: stocked("A"), positions }), "A"), "6")
    const service = Item.make({ id: id("A"), kind: "service", sku: "" })
    assert.strictEqual(numberOf(compute({ items: [...stocked("A"), service], positions }), "A"), "unlimited")
  })
})

describe("items without a number of their own", () => {
  it("services and other kinds without stock can be sold without end, whatever positions say", () => {
    const kinds = ["nonInventory", "service", "labor", "overhead", "expense", "other", "category"] as const
    const items = kinds.map((kind) => Item.make({ id: id(kind), kind, sku: "" }))
    const available = compute({ items, positions: kinds.map((kind) => at(main, kind, { onHand: 3 })) })
    for (const kind of kinds) {
      assert.deepStrictEqual(of(available, kind), { _tag: "Unlimited", itemId: id(kind), issues: [] })
    }
  })

  it("an archived item has nothing, of whatever kind it is, and the kits that need it have nothing", () => {
    const archived = { archived: true }
    const available = compute({
      items: [
        { ...stocked("A")[0]!, ...archived },
        { ...kit("K", ["B", 1]), ...archived },
        { ...Item.make({ id: id("S"), kind: "service", sku: "" }), ...archived },
        ...stocked("B"),
        kit("ofA", ["A", 1], ["B", 1]),
        kit("ofK", ["K", 1])
      ],
      positions: [at(main, "A", { onHand: 5 }), at(main, "B", { onHand: 5 })]
    })
    assert.deepStrictEqual(of(available, "A"), Availability.nothing(id("A")))
    assert.deepStrictEqual(of(available, "S"), Availability.nothing(id("S")))
    assert.deepStrictEqual(of(available, "K"), {
      _tag: "Kit",
      itemId: id("K"),
      quantity: Quantity.zero,
      byLocation: [],
      pooled: Quantity.zero,
      limiting: [],
      components: [],
      issues: []
    })
    assert.strictEqual(numberOf(available, "ofA"), "0")
    assert.strictEqual(numberOf(available, "ofK"), "5", "an archived kit inside another one is still a recipe")
  })
})

describe("a kit's number", () => {
  const items = [...stocked("A", "B"), kit("K", ["A", 1], ["B", 2])]
  const sites = [
    at(main, "A", { onHand: 4 }),
    at(main, "B", { onHand: 3 }),
    at(store, "A", { onHand: 1 }),
    at(store, "B", { onHand: 4 })
  ]

  it("pooled: with its components, its limits, and what each location makes", () => {
    assert.deepStrictEqual(of(compute({ items, positions: sites }), "K"), {
      _tag: "Kit",
      itemId: id("K"),
      quantity: Quantity.of(3),
      pooled: Quantity.of(3),
      byLocation: [
        { locationId: main.id, quantity: Quantity.one, limiting: [component("B", 2, 3)] },
        { locationId: store.id, quantity: Quantity.one, limiting: [component("A", 1, 1)] }
      ],
      limiting: [component("B", 2, 7)],
      components: [component("A", 1, 5), component("B", 2, 7)],
      issues: []
    })
  })

  it("from one location each: the limits are those of the locations, where these are what limits", () => {
    const policy = { ...pooled, kitPooling: "perLocation" } as const
    const apart = of(compute({ items, positions: sites, policy }), "K")
    assert.deepInclude(apart, {
      quantity: Quantity.of(2),
      pooled: Quantity.of(3),
      limiting: [component("A", 1, 5), component("B", 2, 7)]
    })
    const together = of(compute({ items, positions: sites.slice(0, 2), policy }), "K")
    assert.deepInclude(together, { quantity: Quantity.one, pooled: Quantity.one, limiting: [component("B", 2, 3)] })
  })

  it("from one location each, with no location at all: limited by what all together hold", () => {
    const policy = { ...pooled, kitPooling: "perLocation" } as const
    const available = of(compute({ items, positions: [], policy }), "K")
    assert.deepInclude(available, {
      quantity: Quantity.zero,
      byLocation: [],
      limiting: [component("A", 1, 0), component("B", 2, 0)]
    })
  })

  it("a location that is not nettable, or feeds another channel, makes none", () => {
    const positions = [...sites, at(quarantine, "A", { onHand: 9, salesOrders: 1 }), at(quarantine, "B", { onHand: 9 })]
    const available = of(compute({ items, positions, feeding: [main.id] }), "K")
    assert.deepInclude(available, { quantity: Quantity.of(1), pooled: Quantity.of(1) })
    assert.deepStrictEqual(sharesOf(available), [[main.id, "1"]])
  })

  it("is never below zero; the shortage is its component's", () => {
    const positions = [at(main, "A", { onHand: 10 }), at(main, "B", { salesOrders: 3 })]
    const available = of(compute({ items, positions }), "K")
    assert.deepInclude(available, {
      quantity: Quantity.zero,
      pooled: Quantity.zero,
      limiting: [component("B", 2, -3, 3)],
      components: [component("A", 1, 10), component("B", 2, -3, 3)]
    })
    assert.deepStrictEqual(sharesOf(available), [[main.id, "0"]])
  })

  it("hybrid: built kits count whole, less what is promised of them, location by location", () => {
    const policy = { ...pooled, kitPooling: "hybrid" } as const
    const numbers = (...positions: ReadonlyArray<ReturnType<typeof at>>) => {
      const available = of(compute({ items, positions: [...sites, ...positions], policy }), "K")
      return [numberOf(new Map([[id("K"), available]]), "K"), ...sharesOf(available).map(([, share]) => share)]
    }
    assert.deepStrictEqual(numbers(), ["2", "1", "1"])
    assert.deepStrictEqual(numbers(builtKits(3)), ["5", "1", "4"])
    assert.deepStrictEqual(numbers(builtKits(3.9)), ["5", "1", "4"])
    assert.deepStrictEqual(numbers(builtKits(0, 2)), ["1", "1", "0"])
    assert.deepStrictEqual(numbers(builtKits(3), at(quarantine, "K", { onHand: 5 })), ["5", "1", "4"])
    const only = of(compute({ items, positions: [builtKits(3)], policy }), "K")
    assert.deepInclude(only, { quantity: Quantity.of(3), pooled: Quantity.of(3), built: Quantity.of(3) })
    const owed = [builtKits(3), at(main, "A", { salesOrders: 1 }), at(main, "B", { salesOrders: 2 })]
    assert.strictEqual(numberOf(compute({ items, positions: owed, policy }), "K"), "2", "one built kit is sold")
  })

  it("hybrid: what is owed of an archived component stays owed, so that a built kit is not sold twice", () => {
    const policy = { ...pooled, kitPooling: "hybrid" } as const
    const withArchived = items.map((item) => ({ ...item, archived: item.id === "A" }))
    const kitAfter = (sold: number) => {
      const positions = [
        at(main, "K", { onHand: 3 }),
        at(main, "A", { onHand: 50, salesOrders: 0 }),
        at(store, "A", { salesOrders: sold }),
        at(store, "B", { onHand: 9, salesOrders: 2 * sold })
      ]
      return of(compute({ items: withArchived, positions, policy }), "K")
    }
    assert.deepInclude(kitAfter(0), { pooled: Quantity.of(3), limiting: [component("A", 1, 0)] })
    assert.deepInclude(kitAfter(1), { pooled: Quantity.of(2), limiting: [component("A", 1, -1, 1)] })
    assert.deepInclude(kitAfter(3), { quantity: Quantity.zero, limiting: [component("A", 1, -3, 3)] })
  })

  it("other modes do not look at stock of the kit itself", () => {
    assert.strictEqual(numberOf(compute({ items, positions: [...sites, at(main, "K", { onHand: 3 })] }), "K"), "3")
  })

  it("a broken kit has nothing, and the kit at fault is named", () => {
    const odd = [
      ...stocked("A"),
      kit("empty"),
      kit("K", ["A", 1], ["empty", 1]),
      kit("unknown", ["gone", 1]),
      kit("less", ["A", -1]),
      kit("tiny", ["half", 0.001]),
      kit("half", ["A", 0.001])
    ]
    const available = compute({ items: odd, positions: [at(main, "A", { onHand: 5 })] })
    const about = (name: string) => of(available, name).issues.map(({ code, about }) => [code, about["itemId"]])
    assert.deepStrictEqual(about("K"), [["KIT_EMPTY", "empty"]])
    assert.deepStrictEqual(about("unknown"), [["COMPONENT_UNKNOWN", "unknown"]])
    assert.deepStrictEqual(about("less"), [["KIT_QUANTITY_INVALID", "less"]])
    assert.deepStrictEqual(about("tiny"), [["QUANTITY_OUT_OF_RANGE", "tiny"]])
    assert.deepStrictEqual(about("half"), [])
    for (const name of ["K", "unknown", "less", "tiny"]) {
      assert.deepInclude(of(available, name), { quantity: Quantity.zero, components: [], byLocation: [] })
    }
  })
})

describe("numbers out of range", () => {
  it("leave nothing and an issue, and are never wrong by a little", () => {
    const positions = [at(main, "A", { onHand: maxUnits }), at(store, "A", { onHand: 1 })]
    const available = of(compute({ items: stocked("A"), positions }), "A")
    assert.deepInclude(available, { quantity: Quantity.zero, breakdown: [], byLocation: [] })
    assert.deepStrictEqual(codesIn(available), ["QUANTITY_OUT_OF_RANGE"])
    assert.include(available.issues[0]?.message, "must lie between -90071992547.40991 and 90071992547.40991")
  })

  it("are judged by the sum: what leaves the range on the way may come back", () => {
    const half = { onHand: max, salesOrders: (max - 7) as Quantity.Quantity }
    const available = of(
      compute({ items: stocked("A"), positions: [{ ...at(main, "A", {}), ...half }, at(store, "A", { onHand: 2 })] }),
      "A"
    )
    assert.deepStrictEqual(codesIn(available), ["QUANTITY_OUT_OF_RANGE"], "the term on hand is out of range")
    const single = of(compute({ items: stocked("A"), positions: [{ ...at(main, "A", {}), ...half }] }), "A")
    assert.deepInclude(single, { quantity: 7 as Quantity.Quantity, issues: [] })
    const back = [
      { ...at(main, "A", {}), onHand: max },
      { ...at(place("North"), "A", {}), onHand: max },
      { ...at(store, "A", {}), onHand: Quantity.negate(max) }
    ]
    const both = of(compute({ items: stocked("A"), positions: back, locations: [main, place("North"), store] }), "A")
    assert.deepInclude(both, { quantity: max, issues: [] })
  })

  it("a location's share out of range counts too", () => {
    const debt = { salesOrders: max, softHolds: max }
    const positions = [{ ...at(main, "A", {}), ...debt }]
    assert.deepStrictEqual(codesIn(of(compute({ items: stocked("A"), positions }), "A")), ["QUANTITY_OUT_OF_RANGE"])
  })

  it("more kits than can be written down are none, with an issue", () => {
    const items = [
      ...stocked("A"),
      { ...kit("K"), billOfMaterials: [{ itemId: id("A"), quantity: 1 as Quantity.Quantity }] }
    ]
    const kitOf = (onHand: number) => of(compute({ items, positions: [at(main, "A", { onHand })] }), "K")
    assert.deepInclude(kitOf(900_719), { quantity: Quantity.of(90_071_900_000), issues: [] })
    assert.deepInclude(kitOf(900_720), { quantity: Quantity.zero, components: [] })
    assert.deepStrictEqual(codesIn(kitOf(900_720)), ["QUANTITY_OUT_OF_RANGE"])
    assert.deepInclude(kitOf(900_720).issues[0], { about: { itemId: id("K") } })
    assert.include(kitOf(900_720).issues[0]?.message, "90072000000 units is not a quantity")
    const elsewhere = [at(main, "A", { onHand: 900_720 }), at(store, "A", { onHand: -900_000 })]
    assert.deepStrictEqual(codesIn(of(compute({ items, positions: elsewhere }), "K")), ["QUANTITY_OUT_OF_RANGE"])
  })

  it("built kits out of range count for nothing, and the kit says so", () => {
    const positions = [at(main, "K", { onHand: maxUnits }), at(store, "K", { onHand: 1 }), at(main, "A", { onHand: 2 })]
    const items = [...stocked("A"), kit("K", ["A", 1])]
    const available = of(compute({ items, positions, policy: { ...pooled, kitPooling: "hybrid" } }), "K")
    assert.deepInclude(available, { quantity: Quantity.of(2), built: Quantity.zero })
    assert.deepStrictEqual(
      available.issues.map(({ code, about }) => [code, about["itemId"]]),
      [["QUANTITY_OUT_OF_RANGE", "K"]]
    )
  })

  it("a component out of range allows no kit", () => {
    const positions = [at(main, "A", { onHand: maxUnits }), at(store, "A", { onHand: 1 })]
    const available = compute({ items: [...stocked("A"), kit("K", ["A", 1])], positions })
    assert.deepInclude(of(available, "K"), { quantity: Quantity.zero, issues: [] })
  })
})

describe("the shortage of an assembly", () => {
  const policy = { ...pooled, assemblyShortfallDemand: true }
  const legs = [
    ...stocked("legs", "top"),
    made("assembly", "table", [
      ["legs", 4],
      ["top", 1]
    ])
  ]

  it("is demand for its parts where it is short, and only as far as it is short in all", () => {
    const available = compute({
      items: legs,
      positions: [
        at(main, "table", { onHand: 2 }),
        at(quarantine, "table", { salesOrders: 3 }),
        at(store, "table", { salesOrders: 4 }),
        at(main, "legs", { onHand: 50 })
      ],
      policy
    })
    assert.strictEqual(numberOf(available, "table"), "-5")
    assert.deepStrictEqual(sharesOf(of(available, "legs")), [
      [main.id, "50"],
      [quarantine.id, "-12"],
      [store.id, "-8"]
    ])
    assert.deepStrictEqual(breakdownOf(of(available, "legs")), [
      ["onHand", "50"],
      ["assemblyShortfall", "-20"]
    ])
    assert.strictEqual(numberOf(available, "top"), "-5")
  })

  it("is none when it is not short in all, or is archived", () => {
    const positions = [
      at(main, "table", { onHand: 4 }),
      at(store, "table", { salesOrders: 4 }),
      at(main, "legs", { onHand: 9 })
    ]
    assert.strictEqual(numberOf(compute({ items: legs, positions, policy }), "legs"), "9")
    const short = [at(main, "table", { salesOrders: 4 }), at(main, "legs", { onHand: 9 })]
    const archived = legs.map((item) => ({ ...item, archived: item.id === "table" }))
    assert.strictEqual(numberOf(compute({ items: archived, positions: short, policy }), "legs"), "9")
  })

  it("reaches down through assemblies and kits, whichever way the items are listed", () => {
    const items = [
      ...stocked("screw"),
      made("assembly", "frame", [["screw", 3]]),
      kit("bag", ["screw", 2]),
      made("assembly", "desk", [
        ["frame", 2],
        ["bag", 1],
        ["screw", 1]
      ])
    ]
    const positions = [
      at(main, "desk", { salesOrders: 2 }),
      at(main, "frame", { onHand: 1 }),
      at(main, "screw", { onHand: 100 })
    ]
    for (const order of [items, items.toReversed()]) {
      const available = compute({ items: order, positions, policy })
      assert.strictEqual(numberOf(available, "frame"), "-3")
      assert.strictEqual(numberOf(available, "screw"), String(100 - 2 * 3 - 3 * 3))
    }
  })

  it("two assemblies that are short add up", () => {
    const items = [...legs, made("assembly", "stool", [["legs", 3]])]
    const positions = [at(main, "table", { salesOrders: 1 }), at(main, "stool", { salesOrders: 1 })]
    assert.deepStrictEqual(breakdownOf(of(compute({ items, positions, policy }), "legs")), [
      ["assemblyShortfall", "-7"]
    ])
  })

  it("is raised to the next five decimals, never rounded down", () => {
    const items = [...stocked("glue"), made("assembly", "chair", [["glue", 0.00001]])]
    const positions = [at(main, "chair", { salesOrders: 0.5 })]
    assert.strictEqual(numberOf(compute({ items, positions, policy }), "glue"), "-0.00001")
  })

  it("is not passed on by an assembly that contains itself; it says so", () => {
    const items = [
      ...stocked("A"),
      made("assembly", "X", [
        ["A", 1],
        ["Y", 1]
      ]),
      made("assembly", "Y", [["X", 1]])
    ]
    const available = compute({ items, positions: [at(main, "X", { salesOrders: 1 })], policy })
    assert.deepStrictEqual(
      ["X", "Y", "A"].map((name) => numberOf(available, name)),
      ["-1", "0", "0"]
    )
    for (const name of ["X", "Y"]) {
      assert.deepStrictEqual(
        of(available, name).issues.map(({ code, about }) => [code, about["itemId"]]),
        [["KIT_CYCLE", "X"]]
      )
    }
    assert.deepStrictEqual(of(compute({ items, positions: [] }), "X").issues, [], "only where it matters")
  })

  it("an assembly without components passes nothing on, and that is no issue", () => {
    const items = [made("assembly", "X", [])]
    const available = compute({ items, positions: [at(main, "X", { salesOrders: 1 })], policy })
    assert.deepInclude(of(available, "X"), { quantity: Quantity.of(-1), issues: [] })
  })

  it("that is more than can be written down leaves nothing of the component, and an issue", () => {
    const items = [...stocked("A"), made("assembly", "X", [["A", 90_000_000_000]])]
    const positions = [at(main, "X", { salesOrders: 2 }), at(main, "A", { onHand: 5 })]
    const available = of(compute({ items, positions, policy }), "A")
    assert.deepInclude(available, { quantity: Quantity.zero, breakdown: [] })
    assert.deepStrictEqual(
      available.issues.map(({ code, about }) => [code, about["itemId"]]),
      [["QUANTITY_OUT_OF_RANGE", "A"]]
    )
    assert.include(available.issues[0]?.message, "assemblies that are short need more of it than can be written down")
  })
})

describe("the horizon of incoming goods", () => {
  const now = DateTime.makeUnsafe("2026-11-23T09:30:00Z")
  const horizon = (policy: Partial<AvailabilityPolicy>) => {
    const by = Availability.incomingBy({ ...everything, ...policy }, now)
    return by === null ? null : DateTime.formatIso(by)
  }

  it("lies as many days ahead as the policy says, and ahead of every later moment again", () => {
    assert.strictEqual(horizon({ incomingWithinDays: 0 }), "2026-11-23T09:30:00.000Z")
    assert.strictEqual(horizon({ incomingWithinDays: 14 }), "2026-12-07T09:30:00.000Z")
    assert.strictEqual(horizon({ incomingWithinDays: 3_650 }), "2036-11-20T09:30:00.000Z")
  })

  it("is none where all incoming goods count, or none do", () => {
    assert.isNull(horizon({ incomingWithinDays: null }))
    assert.isNull(horizon({ incomingWithinDays: 14, countIncoming: false }))
  })
})

describe("a number explains itself", () => {
  it("incoming goods, with the date by which they are expected where one matters", () => {
    const positions = [at(main, "A", { onHand: 10, incoming: 2 }), at(store, "A", { incoming: 1, salesOrders: 1 })]
    const available = of(compute({ items: stocked("A"), positions, policy: everything }), "A")
    const incomingBy = DateTime.makeUnsafe("2026-12-07T09:30:00Z")
    assert.deepStrictEqual(Availability.explain(available, String, { incomingBy }), [
      "A: 12 available: 10 on hand, plus 3 incoming expected by 2026-12-07, less 1 on open sales orders.",
      "At Main: 12: 10 on hand, plus 2 incoming expected by 2026-12-07.",
      "At Store: 0: 1 incoming expected by 2026-12-07, less 1 on open sales orders."
    ])
    const undated = Availability.explain(available, String)
    assert.deepStrictEqual(Availability.explain(available, String, { incomingBy: null }), undated)
    assert.include(undated[0], "plus 3 incoming, less 1")
  })

  it("an item: each term, and each location where there are several", () => {
    const positions = [
      at(main, "A", { onHand: 10, incoming: 2, salesOrders: 3 }),
      at(store, "A", { onHand: 5, salesReceipts: 1, pickTickets: 1, reservations: 1, softHolds: 1, stockHolds: 1 })
    ]
    const available = compute({ items: stocked("A"), positions, policy: everything })
    assert.deepStrictEqual(said(of(available, "A")), [
      "<A>: 9 available: 15 on hand, plus 2 incoming, less 3 on open sales orders, less 1 on open sales receipts, " +
        "less 1 on open pick tickets, less 1 reserved, less 1 sold by the shop and not booked yet, less 1 set aside.",
      "At Main: 9: 10 on hand, plus 2 incoming, less 3 on open sales orders.",
      "At Store: 0: 5 on hand, less 1 on open sales receipts, less 1 on open pick tickets, less 1 reserved, " +
        "less 1 sold by the shop and not booked yet, less 1 set aside."
    ])
  })

  it("a shortage, a negative start, and nothing at all", () => {
    assert.deepStrictEqual(saidOfA({ onHand: 2, salesOrders: 5 }), [
      "<A>: -3 available, which is 3 short: 2 on hand, less 5 on open sales orders."
    ])
    assert.deepStrictEqual(saidOfA({ onHand: -2 }), ["<A>: -2 available, which is 2 short: less 2 on hand."])
    assert.deepStrictEqual(saidOfA({}), ["<A>: 0 available: nothing for it and nothing against it."])
  })

  it("demand of assemblies, and what holds no stock", () => {
    const items = [...stocked("legs"), made("assembly", "table", [["legs", 4]])]
    const positions = [at(main, "table", { salesOrders: 1 }), at(main, "legs", { onHand: 5 })]
    const available = compute({ items, positions, policy: { ...pooled, assemblyShortfallDemand: true } })
    assert.deepStrictEqual(said(of(available, "legs")), [
      "<legs>: 1 available: 5 on hand, less 4 needed for assemblies that are short."
    ])
    assert.deepStrictEqual(said(Availability.unlimited(id("S"))), [
      "<S> holds no stock, so as many can be sold as anybody wants."
    ])
  })

  it("a kit: down to the component that limits it, and what one more takes", () => {
    const items = [...stocked("candle", "box", "ribbon"), kit("set", ["candle", 2], ["box", 1], ["ribbon", 3])]
    const positions = [
      at(main, "candle", { onHand: 17 }),
      at(main, "box", { onHand: 11 }),
      at(main, "ribbon", { onHand: 20 })
    ]
    assert.deepStrictEqual(said(of(compute({ items, positions }), "set")), [
      "<set>: 6 can be put together.",
      "<ribbon> allows 6: 20 available, 3 in each kit; one more takes another 1.",
      "The other components allow more: <candle> 8, <box> 11."
    ])
    const short = [...positions, at(store, "candle", { salesOrders: 20 })]
    assert.deepStrictEqual(said(of(compute({ items, positions: short }), "set")), [
      "<set>: 0 can be put together.",
      "<candle> is 3 short, with 2 in each kit.",
      "The other components allow more: <box> 11, <ribbon> 6."
    ])
  })

  it("a kit of one component, exactly used up", () => {
    const available = compute({
      items: [...stocked("A"), kit("K", ["A", 2])],
      positions: [at(main, "A", { onHand: 4 })]
    })
    assert.deepStrictEqual(said(of(available, "K")), [
      "<K>: 2 can be put together.",
      "<A> allows 2: 4 available, 2 in each kit; one more takes another 2."
    ])
  })

  it("a kit from one location each: location by location", () => {
    const items = [...stocked("belt", "wallet"), kit("K", ["belt", 1], ["wallet", 1])]
    const positions = [
      at(main, "belt", { onHand: 5 }),
      at(store, "belt", { onHand: 3 }),
      at(store, "wallet", { onHand: 7 })
    ]
    const available = compute({ items, positions, policy: { ...pooled, kitPooling: "perLocation" } })
    assert.deepStrictEqual(said(of(available, "K")), [
      "<K>: 3 can be put together.",
      "All locations together would allow 7, but a kit comes from one location.",
      "At Main: 0, limited by <wallet> (0 there, 1 in each kit).",
      "At Store: 3, limited by <belt> (3 there, 1 in each kit)."
    ])
  })

  it("several limits are all named, and only the others allow more", () => {
    const items = [...stocked("A", "B", "C"), kit("K", ["A", 1], ["B", 1], ["C", 1])]
    const positions = [
      at(main, "A", { onHand: 2 }),
      at(main, "B", { onHand: 2 }),
      at(main, "C", { onHand: 9 }),
      at(store, "C", { onHand: 9 })
    ]
    assert.deepStrictEqual(said(of(compute({ items, positions }), "K")), [
      "<K>: 2 can be put together.",
      "<A> allows 2: 2 available, 1 in each kit; one more takes another 1.",
      "<B> allows 2: 2 available, 1 in each kit; one more takes another 1.",
      "The other components allow more: <C> 18."
    ])
    const apart = [...positions.slice(0, 1), at(store, "B", { onHand: 2 }), ...positions.slice(2)]
    const kitApart = of(compute({ items, positions: apart, policy: { ...pooled, kitPooling: "perLocation" } }), "K")
    assert.deepStrictEqual(
      kitApart._tag === "Kit" && kitApart.limiting.map(({ itemId }) => itemId),
      [id("A"), id("B")],
      "C is short nowhere"
    )
    assert.deepStrictEqual(said(of(compute({ items, positions: [at(main, "C", { onHand: 1 })] }), "K")), [
      "<K>: 0 can be put together.",
      "<A> allows 0: 0 available, 1 in each kit; one more takes another 1.",
      "<B> allows 0: 0 available, 1 in each kit; one more takes another 1.",
      "The other components allow more: <C> 1."
    ])
  })

  it("a location names all that limits it", () => {
    const items = [...stocked("A", "B", "C"), kit("K", ["A", 1], ["B", 1], ["C", 1])]
    const positions = [at(main, "C", { onHand: 1 }), at(store, "A", { onHand: 1 }), at(store, "B", { onHand: 1 })]
    const available = compute({ items, positions, policy: { ...pooled, kitPooling: "perLocation" } })
    assert.deepStrictEqual(said(of(available, "K")).slice(2), [
      "At Main: 0, limited by <A> (0 there, 1 in each kit) and <B> (0 there, 1 in each kit).",
      "At Store: 0, limited by <C> (0 there, 1 in each kit)."
    ])
  })

  it("a hybrid kit says how many are built", () => {
    const items = [...stocked("A"), kit("K", ["A", 1])]
    const positions = [at(main, "K", { onHand: 3 }), at(main, "A", { onHand: 1 })]
    const available = compute({ items, positions, policy: { ...pooled, kitPooling: "hybrid" } })
    assert.deepStrictEqual(said(of(available, "K")), [
      "<K>: 4 can be sold.",
      "3 of it are built and not promised.",
      "<A> allows 1: 1 available, 1 in each kit; one more takes another 1."
    ])
  })

  it("a kit with nothing to count: broken, or archived", () => {
    const items = [kit("empty"), { ...kit("old", ["A", 1]), archived: true }, ...stocked("A")]
    const available = compute({ items, positions: [] })
    assert.deepStrictEqual(said(of(available, "old")), ["<old>: 0 can be put together, for it is archived."])
    const [first, second, ...more] = said(of(available, "empty"))
    assert.strictEqual(first, "<empty>: 0 can be put together.")
    const issue = of(available, "empty").issues[0]
    assert.strictEqual(second, `${issue?.message} ${issue?.remedy}`)
    assert.deepStrictEqual(more, [])
  })

  it("an item out of range gives its issue", () => {
    const positions = [at(main, "A", { onHand: maxUnits }), at(store, "A", { onHand: 1 })]
    const available = of(compute({ items: stocked("A"), positions }), "A")
    assert.strictEqual(said(available)[1], `${available.issues[0]?.message} ${available.issues[0]?.remedy}`)
  })
})
