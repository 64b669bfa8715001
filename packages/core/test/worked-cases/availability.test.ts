import { assert, describe, it } from "@effect/vitest"
import * as Availability from "@stockport/core/decide/Availability"
import * as Kits from "@stockport/core/decide/Kits"
import { type DemandKind, DemandSource } from "@stockport/core/domain/Demand"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Quantity from "@stockport/core/domain/Quantity"
import { safe } from "@stockport/core/domain/SyncPolicy"
import { Store } from "@stockport/core/ports/Store"
import { MemoryStore } from "@stockport/testing"
import { DateTime, Effect, Layer } from "effect"
import {
  at,
  codesOf,
  compute,
  kit,
  limitingOf,
  made,
  main,
  numberOf,
  of,
  place,
  pooled,
  quarantine,
  stocked,
  store
} from "../Warehouse.ts"

describe("worked cases of availability", () => {
  it.each([
    [false, false, "55"],
    [true, false, "48"],
    [false, true, "95"],
    [true, true, "88"]
  ])("N1 full formula: receipts counted %s, incoming counted %s gives %s", (receipts, incoming, expected) => {
    const available = compute({
      items: stocked("A"),
      positions: [
        at(main, "A", { onHand: 90, salesOrders: 30, pickTickets: 5, salesReceipts: 7, incoming: 40 }),
        at(quarantine, "A", { onHand: 10 })
      ],
      policy: { ...pooled, countOpenSalesReceipts: receipts, countIncoming: incoming }
    })
    assert.strictEqual(numberOf(available, "A"), expected)
  })

  it("N2 a pick ticket that comes from an order is not counted twice", () => {
    const available = compute({
      items: stocked("A"),
      positions: [at(main, "A", { onHand: 20, salesOrders: 8, pickTickets: 2 })]
    })
    assert.strictEqual(numberOf(available, "A"), "10")
  })

  it("N3 shipping an open order does not change available", () => {
    const steps = [
      { onHand: 50, salesOrders: 10 },
      { onHand: 46, salesOrders: 6 },
      { onHand: 40, salesOrders: 0 }
    ]
    for (const amounts of steps) {
      assert.strictEqual(numberOf(compute({ items: stocked("A"), positions: [at(main, "A", amounts)] }), "A"), "40")
    }
  })

  it("N5 a shortage stays signed and ends when stock arrives", () => {
    const short = compute({ items: stocked("A"), positions: [at(main, "A", { onHand: 2, salesOrders: 5 })] })
    assert.strictEqual(numberOf(short, "A"), "-3")
    const received = compute({ items: stocked("A"), positions: [at(main, "A", { onHand: 7, salesOrders: 5 })] })
    assert.strictEqual(numberOf(received, "A"), "2")
  })

  it("N6 locations: (a) what is not nettable stays out", () => {
    const available = compute({
      items: stocked("A"),
      positions: [
        at(main, "A", { onHand: 12, salesOrders: 6 }),
        at(store, "A", { onHand: 5 }),
        at(quarantine, "A", { onHand: 4 })
      ]
    })
    assert.strictEqual(numberOf(available, "A"), "11")
  })

  it("N6 locations: (b) a negative location that is not nettable takes nothing away", () => {
    const available = compute({
      items: stocked("A"),
      positions: [at(main, "A", { onHand: 10 }), at(quarantine, "A", { onHand: -3 })]
    })
    assert.strictEqual(numberOf(available, "A"), "10")
  })

  it("N6 locations: (c) a negative location lowers the pool", () => {
    const available = of(
      compute({ items: stocked("A"), positions: [at(main, "A", { onHand: 10 }), at(store, "A", { onHand: -4 })] }),
      "A"
    )
    assert.strictEqual(available._tag === "Stocked" && Quantity.format(available.quantity), "6")
    assert.deepStrictEqual(
      available._tag === "Stocked" && available.byLocation.map((share) => [share.locationId, share.quantity]),
      [
        [main.id, Quantity.of(10)],
        [store.id, Quantity.of(-4)]
      ]
    )
  })

  const giftSet = [...stocked("candle", "box", "ribbon"), kit("set", ["candle", 2], ["box", 1], ["ribbon", 3])]

  it("N7 kit: the least that any component allows", () => {
    const available = compute({
      items: giftSet,
      positions: [
        at(main, "candle", { onHand: 17 }),
        at(main, "box", { onHand: 11 }),
        at(main, "ribbon", { onHand: 20 })
      ]
    })
    assert.strictEqual(numberOf(available, "set"), "6")
    assert.deepStrictEqual(limitingOf(available, "set"), ["ribbon"])
  })

  it("N8 an open order of two kits is demand on the leaves, once", () => {
    const available = compute({
      items: giftSet,
      positions: [
        at(main, "candle", { onHand: 17, salesOrders: 4 }),
        at(main, "box", { onHand: 11, salesOrders: 2 }),
        at(main, "ribbon", { onHand: 20, salesOrders: 6 })
      ]
    })
    assert.deepStrictEqual(
      ["candle", "box", "ribbon", "set"].map((id) => numberOf(available, id)),
      ["13", "9", "14", "4"]
    )
  })

  it("N9 shared components: one sale moves the item and both kits", () => {
    const items = [...stocked("A", "B", "C"), kit("K1", ["A", 1], ["B", 1]), kit("K2", ["A", 2], ["C", 1])]
    const ids = ["A", "B", "C", "K1", "K2"]
    const before = compute({
      items,
      positions: [at(main, "A", { onHand: 7 }), at(main, "B", { onHand: 10 }), at(main, "C", { onHand: 10 })]
    })
    assert.deepStrictEqual(
      ids.map((id) => numberOf(before, id)),
      ["7", "10", "10", "7", "3"]
    )
    const after = compute({
      items,
      positions: [
        at(main, "A", { onHand: 7, salesOrders: 4 }),
        at(main, "B", { onHand: 10 }),
        at(main, "C", { onHand: 10, salesOrders: 2 })
      ]
    })
    assert.deepStrictEqual(
      ids.map((id) => numberOf(after, id)),
      ["3", "10", "8", "3", "1"]
    )
    assert.deepStrictEqual(
      [...(Kits.kitsByLeaf(items, (id) => items.find((item) => item.id === id)).get(ItemId.make("A")) ?? [])],
      [ItemId.make("K1"), ItemId.make("K2")]
    )
  })

  it("N10 nested kit: needs of the same leaf on two levels are added before the minimum", () => {
    const available = compute({
      items: [...stocked("A"), kit("S", ["A", 2]), kit("K", ["S", 1], ["A", 1])],
      positions: [at(main, "A", { onHand: 5 })]
    })
    assert.strictEqual(numberOf(available, "K"), "1")
  })

  it("N11 a component that is listed twice needs both", () => {
    const available = compute({
      items: [...stocked("A"), kit("K", ["A", 1], ["A", 2])],
      positions: [at(main, "A", { onHand: 8 })]
    })
    assert.strictEqual(numberOf(available, "K"), "2")
  })

  const twoSites = { ...safe.availability, kitPooling: "perLocation" } as const

  it("N12 pooled 3, from one location each 2", () => {
    const items = [...stocked("A", "B"), kit("K", ["A", 1], ["B", 2])]
    const positions = [
      at(main, "A", { onHand: 4 }),
      at(main, "B", { onHand: 3 }),
      at(store, "A", { onHand: 1 }),
      at(store, "B", { onHand: 4 })
    ]
    assert.strictEqual(numberOf(compute({ items, positions }), "K"), "3")
    const apart = of(compute({ items, positions, policy: twoSites }), "K")
    assert.strictEqual(apart._tag === "Kit" && Quantity.format(apart.quantity), "2")
    assert.strictEqual(apart._tag === "Kit" && Quantity.format(apart.pooled), "3")
    assert.deepStrictEqual(apart._tag === "Kit" && apart.byLocation.map(({ quantity }) => quantity), [
      Quantity.one,
      Quantity.one
    ])
    const extreme = [at(main, "A", { onHand: 10 }), at(store, "B", { onHand: 20 })]
    assert.strictEqual(numberOf(compute({ items, positions: extreme }), "K"), "10")
    assert.strictEqual(numberOf(compute({ items, positions: extreme, policy: twoSites }), "K"), "0")
  })

  it("N13 a component at a location that is not nettable does not count", () => {
    const available = compute({
      items: [...stocked("A", "B"), kit("K", ["A", 1], ["B", 1])],
      positions: [at(main, "A", { onHand: 3 }), at(quarantine, "A", { onHand: 50 }), at(main, "B", { onHand: 9 })]
    })
    assert.strictEqual(numberOf(available, "K"), "3")
  })

  it("N14 fractions are exact", () => {
    const available = compute({
      items: [...stocked("A", "coffee"), kit("K", ["A", 0.1]), kit("bag", ["coffee", 0.25])],
      positions: [at(main, "A", { onHand: 0.3 }), at(main, "coffee", { onHand: 10.75 })]
    })
    assert.strictEqual(numberOf(available, "K"), "3")
    assert.strictEqual(numberOf(available, "coffee"), "10.75")
    assert.strictEqual(Quantity.wholeUnits(Quantity.of("10.75")), 10)
    assert.strictEqual(numberOf(available, "bag"), "43")
  })

  it("N15 odd kits: empty, with a service, of services only, short, cyclic, of an assembly", () => {
    const available = compute({
      items: [
        ...stocked("A", "B", "short"),
        Item.make({ id: ItemId.make("wrapping"), kind: "service", sku: "" }),
        made("assembly", "T", [["B", 1]]),
        kit("empty"),
        kit("wrapped", ["A", 1], ["wrapping", 1]),
        kit("services", ["wrapping", 2]),
        kit("tooFew", ["short", 2], ["B", 1]),
        kit("cyclic", ["A", 1], ["cyclic", 1]),
        kit("ofAssembly", ["T", 1])
      ],
      positions: [
        at(main, "A", { onHand: 4 }),
        at(main, "B", { onHand: 50 }),
        at(main, "short", { salesOrders: 3 }),
        at(main, "T", { onHand: 2 })
      ]
    })
    assert.strictEqual(numberOf(available, "empty"), "0")
    assert.deepStrictEqual(codesOf(available, "empty"), ["KIT_EMPTY"])
    assert.strictEqual(numberOf(available, "wrapped"), "4")
    assert.strictEqual(numberOf(available, "services"), "unlimited")
    assert.strictEqual(numberOf(available, "tooFew"), "0")
    const tooFew = of(available, "tooFew")
    assert.deepStrictEqual(tooFew._tag === "Kit" && tooFew.limiting, [
      { itemId: ItemId.make("short"), need: Quantity.of(2), available: Quantity.of(-3), shortage: Quantity.of(3) }
    ])
    assert.strictEqual(numberOf(available, "cyclic"), "0")
    assert.deepStrictEqual(codesOf(available, "cyclic"), ["KIT_CYCLE"])
    assert.strictEqual(numberOf(available, "ofAssembly"), "2")
  })

  it("N18 an assembly counts as built; its shortage is demand for its parts only where that is asked for", () => {
    const items = [...stocked("legs"), made("assembly", "table", [["legs", 4]])]
    const positions = [at(main, "table", { onHand: 2, salesOrders: 5 }), at(main, "legs", { onHand: 20 })]
    const plain = compute({ items, positions })
    assert.deepStrictEqual([numberOf(plain, "table"), numberOf(plain, "legs")], ["-3", "20"])
    const passedOn = compute({ items, positions, policy: { ...pooled, assemblyShortfallDemand: true } })
    assert.deepStrictEqual([numberOf(passedOn, "table"), numberOf(passedOn, "legs")], ["-3", "8"])
  })

  it("N28 a transfer moves stock; it counts when it leaves what can be sold", () => {
    const steps = [
      { main: 10, store: 0, quarantine: 0, available: "10" },
      { main: 6, store: 4, quarantine: 0, available: "10" },
      { main: 6, store: 0, quarantine: 4, available: "6" },
      { main: 6, store: 4, quarantine: 0, available: "10" }
    ]
    for (const step of steps) {
      const positions = [
        at(main, "A", { onHand: step.main }),
        at(store, "A", { onHand: step.store }),
        at(quarantine, "A", { onHand: step.quarantine })
      ]
      assert.strictEqual(numberOf(compute({ items: stocked("A"), positions }), "A"), step.available)
    }
  })

  it("N29 three stores: from one store each 3, pooled 8", () => {
    const shops = ["S1", "S2", "S3"].map((name) => place(name))
    const items = [...stocked("belt", "wallet"), kit("K", ["belt", 1], ["wallet", 1])]
    const positions = shops.flatMap((shop, index) => [
      at(shop, "belt", { onHand: [5, 0, 3][index] ?? 0 }),
      at(shop, "wallet", { onHand: [0, 10, 7][index] ?? 0 })
    ])
    assert.strictEqual(numberOf(compute({ items, positions, locations: shops, policy: twoSites }), "K"), "3")
    assert.strictEqual(numberOf(compute({ items, positions, locations: shops }), "K"), "8")
  })

  it("N30 from one location each, never more than the pool", () => {
    const available = compute({
      items: [...stocked("A"), kit("K", ["A", 1])],
      positions: [at(main, "A", { onHand: 10, salesOrders: 13 }), at(store, "A", { onHand: 5 })],
      policy: twoSites
    })
    assert.strictEqual(numberOf(available, "K"), "2")
  })

  it("N33 hybrid: kits that are built already, then what the components make", () => {
    const available = compute({
      items: [...stocked("A", "B"), kit("K", ["A", 1], ["B", 2])],
      positions: [at(main, "K", { onHand: 3 }), at(main, "A", { onHand: 4 }), at(main, "B", { onHand: 3 })],
      policy: { ...pooled, kitPooling: "hybrid" }
    })
    assert.strictEqual(numberOf(available, "K"), "4")
  })

  it.effect.each([
    { within: 0, today: "14", later: "34" },
    { within: 7, today: "34", later: "74" },
    { within: 14, today: "74", later: "74" },
    { within: null, today: "83", later: "83" },
    { within: 7, counted: false, today: "7", later: "7" }
  ])("N34 incoming goods up to a date: %o", ({ within, counted = true, today, later }) =>
    Effect.gen(function* () {
      const { items, stock } = yield* Store
      yield* items.save(stocked("A"))
      yield* stock.saveLocations([main])
      const now = yield* DateTime.now
      const line = { lineId: "1", itemId: ItemId.make("A"), locationId: main.id }
      const demand = (source: string, kind: DemandKind, units: number) => ({
        source: DemandSource.make(source),
        kind,
        lines: [{ ...line, quantity: Quantity.of(units) }],
        expiresAt: null
      })
      const coming = (source: string, units: number, days: number) => ({
        ...demand(source, "incoming", units),
        expectedAt: DateTime.add(now, { days })
      })
      yield* stock.count("opening", [{ ...line, counted: Quantity.of(10) }])
      yield* stock.setDemand([
        demand("order", "salesOrder", 3),
        coming("overdue", 7, -2),
        coming("close", 20, 5),
        coming("far", 40, 12),
        demand("no date", "incoming", 9)
      ])
      const policy = { ...pooled, countIncoming: counted, incomingWithinDays: within }
      const numberIn = Effect.fnUntraced(function* (days: number) {
        const incomingBy = Availability.incomingBy(policy, DateTime.add(now, { days }))
        const { positions } = yield* stock.snapshot([line.itemId], { incomingBy })
        return numberOf(compute({ items: stocked("A"), positions, policy }), "A")
      })
      assert.deepStrictEqual([yield* numberIn(0), yield* numberIn(5)], [today, later])
    }).pipe(Effect.provide(Layer.fresh(MemoryStore.layer)))
  )
})
