import { assert, describe, it } from "@effect/vitest"
import * as Kits from "@stockport/core/decide/Kits"
import * as BillOfMaterials from "@stockport/core/domain/BillOfMaterials"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Quantity from "@stockport/core/domain/Quantity"
import { Result } from "effect"
import { kit, made, stocked } from "./Warehouse.ts"

const id = (name: string) => ItemId.make(name)
const service = Item.make({ id: id("wrapping"), kind: "service", sku: "" })

const lookUp = (items: ReadonlyArray<Item.Item>): Kits.ItemOf => {
  const known = new Map(items.map((item) => [item.id, item]))
  return (itemId) => known.get(itemId)
}

const lines = (needs: BillOfMaterials.BillOfMaterials) =>
  needs.map(({ itemId, quantity }) => [itemId, Quantity.format(quantity)])

const needsOf = (name: string, ...items: ReadonlyArray<Item.Item>) => {
  const needs = Kits.leafNeeds(id(name), lookUp(items))
  return Result.isSuccess(needs) ? lines(needs.success) : needs.failure
}

const messageOf = (problem: unknown) => (problem instanceof Error ? problem.message : "")

const build = (name: string, ...items: ReadonlyArray<Item.Item>) => {
  const itemOf = lookUp(items)
  const needs = Kits.buildNeedsWith(itemOf)(itemOf(id(name))!)
  return Result.isSuccess(needs) ? lines(needs.success) : needs.failure
}

const problems = (saved: ReadonlyArray<Item.Item>, ...others: ReadonlyArray<Item.Item>) =>
  Kits.validate(saved, lookUp([...others, ...saved]))

const have = (a: number, b: number) => (itemId: ItemId) => Quantity.of(itemId === "A" ? a : b)

const basket = (...wanted: ReadonlyArray<readonly [string, number]>) =>
  wanted.map(([name, count]) => ({ itemId: id(name), quantity: Quantity.of(count) }))

describe("what one of an item takes from stock", () => {
  it("a stocked item takes one of itself, an assembly too", () => {
    assert.deepStrictEqual(needsOf("A", ...stocked("A")), [["A", "1"]])
    assert.deepStrictEqual(needsOf("T", ...stocked("A"), made("assembly", "T", [["A", 4]])), [["T", "1"]])
  })

  it("a service takes nothing, whatever bill of materials somebody gave it", () => {
    assert.deepStrictEqual(needsOf("wrapping", service), [])
    const odd = { ...service, billOfMaterials: [{ itemId: id("A"), quantity: Quantity.one }] }
    assert.deepStrictEqual(needsOf("wrapping", odd, ...stocked("A")), [])
  })

  it("a kit takes its leaves, in the order of its lines, needs of the same leaf added", () => {
    assert.deepStrictEqual(
      needsOf("K", ...stocked("A", "B"), kit("K", ["B", 2], ["A", 0.25], ["wrapping", 1], ["B", 1.5]), service),
      [
        ["B", "3.5"],
        ["A", "0.25"]
      ]
    )
  })

  it("nested kits are multiplied down to their leaves; assemblies are leaves", () => {
    const items = [
      ...stocked("A", "B"),
      made("assembly", "T", [["A", 9]]),
      kit("S", ["A", 2], ["T", 0.5]),
      kit("M", ["S", 3], ["B", 1]),
      kit("K", ["B", 1], ["M", 2], ["A", 1])
    ]
    assert.deepStrictEqual(needsOf("K", ...items), [
      ["B", "3"],
      ["A", "13"],
      ["T", "3"]
    ])
  })

  it("a kit of services takes nothing", () => {
    assert.deepStrictEqual(needsOf("K", service, kit("K", ["wrapping", 2])), [])
  })

  it("a nesting of twenty thousand levels is only data", { timeout: 60_000 }, () => {
    const depth = 20_000
    const deep = Array.from({ length: depth }, (_, level) => kit(`K${level}`, [level === 0 ? "A" : `K${level - 1}`, 1]))
    const itemOf = lookUp([...stocked("A"), ...deep])
    const needs = Kits.leafNeeds(id(`K${depth - 1}`), itemOf)
    assert.deepStrictEqual(Result.isSuccess(needs) && lines(needs.success), [["A", "1"]])
    assert.isNull(Kits.findCycle(id(`K${depth - 1}`), itemOf))
  })

  it("a kit that comes up on many ways is taken apart once", () => {
    const levels = Array.from({ length: 30 }, (_, level) =>
      level === 0 ? kit("K0", ["A", 1]) : kit(`K${level}`, [`K${level - 1}`, 1], [`K${level - 1}`, 1])
    )
    let looked = 0
    const itemOf = lookUp([...stocked("A"), ...levels])
    const counting: Kits.ItemOf = (itemId) => {
      looked++
      return itemOf(itemId)
    }
    const needs = Kits.leafNeeds(id("K29"), counting)
    assert.deepStrictEqual(Result.isSuccess(needs) && lines(needs.success), [["A", String(2 ** 29)]])
    assert.isBelow(looked, 300)
  })
})

describe("a kit that cannot be taken apart says why", () => {
  it("has no components", () => {
    const problem = needsOf("K", kit("K"))
    assert.deepStrictEqual(problem, new Kits.EmptyKit({ itemId: id("K") }))
    assert.strictEqual(messageOf(problem), "kit K has no components")
  })

  it("takes nothing or less of a component", () => {
    for (const quantity of [0, -1]) {
      const problem = needsOf("K", ...stocked("A"), kit("K", ["A", quantity]))
      assert.deepStrictEqual(problem, new Kits.InvalidNeed({ itemId: id("K"), componentId: id("A") }))
      assert.strictEqual(messageOf(problem), "K takes a quantity of A that is not above zero")
    }
    const half = { itemId: id("A"), quantity: 0.5 as Quantity.Quantity }
    assert.deepStrictEqual(
      needsOf("K", ...stocked("A"), { ...kit("K"), billOfMaterials: [half] }),
      new Kits.InvalidNeed({ itemId: id("K"), componentId: id("A") })
    )
  })

  it("contains what nobody knows", () => {
    const problem = needsOf("K", kit("K", ["A", 1]))
    assert.deepStrictEqual(problem, new Kits.UnknownComponent({ itemId: id("K"), componentId: id("A") }))
    assert.strictEqual(messageOf(problem), "K contains A, which is no known item")
  })

  it("is not known itself", () => {
    assert.deepStrictEqual(needsOf("K"), new Kits.UnknownComponent({ itemId: id("K"), componentId: id("K") }))
  })

  it("contains itself, directly or through others; the path is the same from wherever it is seen", () => {
    const self = needsOf("K", ...stocked("A"), kit("K", ["A", 1], ["K", 1]))
    assert.deepStrictEqual(self, new Kits.CyclicBillOfMaterials({ path: [id("K"), id("K")] }))
    assert.strictEqual(messageOf(self), "the bill of materials contains itself: K -> K")
    const ring = [kit("C", ["A", 1]), kit("A", ["B", 1]), kit("B", ["C", 1]), kit("above", ["C", 1])]
    for (const name of ["A", "B", "C", "above"]) {
      assert.deepStrictEqual(
        needsOf(name, ...ring),
        new Kits.CyclicBillOfMaterials({ path: [id("A"), id("B"), id("C"), id("A")] })
      )
    }
  })

  it("a broken kit inside breaks the kits around it, and is named", () => {
    assert.deepStrictEqual(
      needsOf("K", ...stocked("A"), kit("S"), kit("M", ["A", 1], ["S", 1]), kit("K", ["A", 1], ["M", 1])),
      new Kits.EmptyKit({ itemId: id("S") })
    )
  })

  it("the first problem in the order of the lines counts", () => {
    assert.deepStrictEqual(
      needsOf("K", kit("S"), kit("K", ["gone", 1], ["S", 1])),
      new Kits.UnknownComponent({ itemId: id("K"), componentId: id("gone") })
    )
    assert.deepStrictEqual(
      needsOf("K", kit("S"), kit("K", ["S", 1], ["gone", 1])),
      new Kits.EmptyKit({ itemId: id("S") })
    )
  })

  it("needs a sixth decimal, or more than can be written down", () => {
    const tiny = needsOf("K", ...stocked("A"), kit("S", ["A", 0.001]), kit("K", ["S", 0.001]))
    assert.deepStrictEqual(
      tiny,
      new Kits.InexactNeeds({
        itemId: id("K"),
        reason: "0.001 x 0.001 is not a quantity: the product needs more than five decimals"
      })
    )
    assert.match(messageOf(tiny), /^what K takes cannot be kept exactly: 0\.001 x 0\.001/)
    const huge = needsOf("K", ...stocked("A"), kit("K", ["A", 90_000_000_000], ["A", 90_000_000_000]))
    assert.instanceOf(huge, Kits.InexactNeeds)
    assert.strictEqual(huge instanceof Kits.InexactNeeds && huge.itemId, id("K"))
  })
})

describe("building an assembly", () => {
  it("takes its components, kits among them taken apart, assemblies whole", () => {
    assert.deepStrictEqual(
      build(
        "table",
        ...stocked("leg", "top", "screw"),
        made("assembly", "frame", [["screw", 9]]),
        kit("bag", ["screw", 8]),
        made("assembly", "table", [
          ["leg", 4],
          ["frame", 1],
          ["bag", 2],
          ["screw", 1]
        ])
      ),
      [
        ["leg", "4"],
        ["frame", "1"],
        ["screw", "17"]
      ]
    )
  })

  it("takes nothing when it needs itself, be it through other assemblies", () => {
    const items = [
      ...stocked("A"),
      made("assembly", "X", [
        ["A", 1],
        ["Y", 1]
      ]),
      made("assembly", "Y", [["X", 1]])
    ]
    for (const name of ["X", "Y"]) {
      assert.deepStrictEqual(
        build(name, ...items),
        new Kits.CyclicBillOfMaterials({ path: [id("X"), id("Y"), id("X")] })
      )
    }
  })

  it("is worked out once for each assembly", () => {
    const items = [...stocked("A"), made("assembly", "X", [["A", 1]])]
    const needsOf = Kits.buildNeedsWith(lookUp(items))
    assert.strictEqual(needsOf(items[1]!), needsOf(items[1]!))
  })
})

describe("expanding a kit on an order line", () => {
  const items = [...stocked("A", "B"), kit("K", ["A", 2], ["B", 0.5])]

  it("multiplies its leaves by the quantity of the line", () => {
    const expanded = Kits.expand(id("K"), Quantity.of(3), lookUp(items))
    assert.deepStrictEqual(Result.isSuccess(expanded) && lines(expanded.success), [
      ["A", "6"],
      ["B", "1.5"]
    ])
  })

  it("is refused when that cannot be kept exactly, or the kit is broken", () => {
    const inexact = Kits.expand(id("K"), Quantity.of("0.00001"), lookUp(items))
    assert.strictEqual(Result.isFailure(inexact) && inexact.failure._tag, "InexactNeeds")
    assert.match(Result.isFailure(inexact) ? inexact.failure.message : "", /^what K takes .* 0\.5 x 0\.00001 /)
    const broken = Kits.expand(id("K"), Quantity.one, lookUp([kit("K")]))
    assert.strictEqual(Result.isFailure(broken) && broken.failure._tag, "EmptyKit")
  })
})

describe("whoever saves items is told", () => {
  it("nothing when all is well; a kit may be empty for now", () => {
    assert.deepStrictEqual(problems([kit("K", ["A", 1]), kit("empty"), service, ...stocked("A")]), [])
  })

  it("every problem of every item", () => {
    const odd = { ...stocked("A")[0]!, billOfMaterials: [{ itemId: id("B"), quantity: Quantity.one }] }
    assert.deepStrictEqual(problems([odd, kit("K", ["gone", 1], ["A", 0])], ...stocked("B")), [
      new Kits.ComponentsNotAllowed({ itemId: id("A"), kind: "inventory" }),
      new Kits.UnknownComponent({ itemId: id("K"), componentId: id("gone") }),
      new Kits.InvalidNeed({ itemId: id("K"), componentId: id("A") })
    ])
    assert.strictEqual(
      new Kits.ComponentsNotAllowed({ itemId: id("A"), kind: "inventory" }).message,
      "A has components, but its kind is inventory, not kit or assembly"
    )
  })

  it("a cycle that the new items close with the ones there are, once", () => {
    assert.deepStrictEqual(problems([kit("K", ["S", 1]), kit("L", ["K", 1])], kit("S", ["K", 1])), [
      new Kits.CyclicBillOfMaterials({ path: [id("K"), id("S"), id("K")] })
    ])
  })

  it("a cycle through assemblies, which are made too", () => {
    assert.deepStrictEqual(problems([made("assembly", "T", [["K", 1]])], kit("K", ["T", 1])), [
      new Kits.CyclicBillOfMaterials({ path: [id("K"), id("T"), id("K")] })
    ])
  })

  it("a ring of many kits, once and in few words", () => {
    const size = 20_000
    const ring = Array.from({ length: size }, (_, at) => kit(`K${at}`, [`K${(at + 1) % size}`, 1]))
    const [found, ...others] = problems(ring)
    assert.deepStrictEqual(others, [])
    assert.isBelow(messageOf(found).length, 200)
    assert.match(messageOf(found), /^the bill of materials contains itself: K0 -> K1 -> .* -> \(19990 more\) -> K0$/)
  })

  it("two cycles apart", () => {
    assert.strictEqual(problems([kit("K", ["K", 1]), kit("L", ["L", 1])]).length, 2)
  })
})

describe("looking for a cycle", () => {
  it("finds none where there is none, and follows components of made items only", () => {
    const odd = { ...service, billOfMaterials: [{ itemId: id("K"), quantity: Quantity.one }] }
    const itemOf = lookUp([...stocked("A"), odd, kit("K", ["A", 1], ["wrapping", 1], ["gone", 1])])
    for (const name of ["K", "A", "wrapping", "nobody"]) assert.isNull(Kits.findCycle(id(name), itemOf))
  })

  it("remembers what it has seen from item to item", () => {
    const items = [...stocked("A"), kit("S", ["A", 1]), kit("K", ["S", 1]), kit("L", ["S", 1], ["L", 1])]
    const itemOf = lookUp(items)
    const lookedUp: Array<string> = []
    const cycleOf = Kits.findCycleWith((itemId) => {
      lookedUp.push(itemId)
      return itemOf(itemId)
    })
    for (let time = 0; time < 2; time++) {
      assert.isNull(cycleOf(id("K")))
      assert.deepStrictEqual(cycleOf(id("L")), [id("L"), id("L")])
      assert.isNull(cycleOf(id("S")))
    }
    assert.deepStrictEqual(lookedUp, ["K", "S", "A", "L"])
  })
})

describe("selling items together", () => {
  const items = [...stocked("A", "B"), kit("K1", ["A", 1], ["B", 1]), kit("K2", ["A", 2])]

  it("is possible as long as their leaves suffice together", () => {
    const together = Kits.jointShortages(basket(["K1", 1], ["K2", 2], ["A", 2]), lookUp(items), have(7, 1))
    assert.deepStrictEqual(together, Result.succeed([]))
  })

  it("names each leaf that they take too much of", () => {
    const together = Kits.jointShortages(basket(["K1", 3], ["K2", 2]), lookUp(items), have(6, 3))
    assert.deepStrictEqual(
      together,
      Result.succeed([{ itemId: id("A"), needed: Quantity.of(7), available: Quantity.of(6) }])
    )
  })

  it("fails for a broken kit, and for more than can be written down", () => {
    const broken = Kits.jointShortages(basket(["K3", 1]), lookUp([kit("K3")]), have(1, 1))
    assert.strictEqual(Result.isFailure(broken) && broken.failure._tag, "EmptyKit")
    const huge = Kits.jointShortages(basket(["A", 9e10], ["A", 9e10]), lookUp(items), have(1, 1))
    assert.strictEqual(Result.isFailure(huge) && huge.failure._tag, "InexactNeeds")
    assert.deepStrictEqual(Kits.jointShortages([], lookUp(items), have(1, 1)), Result.succeed([]))
  })
})

describe("kits by leaf", () => {
  it("lists every kit above a leaf, however deep, and leaves broken ones out", () => {
    const items = [
      ...stocked("A", "B"),
      made("assembly", "T", [["A", 1]]),
      kit("S", ["A", 1]),
      kit("K", ["S", 1], ["B", 1], ["T", 1]),
      kit("broken", ["A", 1], ["gone", 1])
    ]
    assert.deepStrictEqual(
      Kits.kitsByLeaf(items, lookUp(items)),
      new Map([
        [id("A"), [id("S"), id("K")]],
        [id("B"), [id("K")]],
        [id("T"), [id("K")]]
      ])
    )
  })
})

describe("whether so many kits can be built", () => {
  const needs = [
    { itemId: id("A"), quantity: Quantity.of(2) },
    { itemId: id("B"), quantity: Quantity.of("0.5") }
  ]

  it("is a matter of every leaf", () => {
    assert.isTrue(Kits.canBuild(3, needs, have(6, 1.5)))
    assert.isFalse(Kits.canBuild(4, needs, have(7, 9)))
    assert.isFalse(Kits.canBuild(4, needs, have(9, 1.5)))
    assert.isTrue(Kits.canBuild(0, needs, have(0, 0)))
    assert.isFalse(Kits.canBuild(0, needs, have(-1, 0)))
  })
})

describe("lines of a bill of materials", () => {
  const two = [
    { itemId: id("A"), quantity: Quantity.of(1) },
    { itemId: id("B"), quantity: Quantity.of("0.5") },
    { itemId: id("A"), quantity: Quantity.of(2) }
  ]

  it("add up by component, in order of first appearance", () => {
    const added = BillOfMaterials.addUp(two)
    assert.deepStrictEqual(Result.isSuccess(added) && lines(added.success), [
      ["A", "3"],
      ["B", "0.5"]
    ])
    assert.deepStrictEqual(BillOfMaterials.addUp([]), Result.succeed([]))
  })

  it("are multiplied line by line, or refused", () => {
    const times = BillOfMaterials.times(two, Quantity.of(2))
    assert.deepStrictEqual(Result.isSuccess(times) && lines(times.success), [
      ["A", "2"],
      ["B", "1"],
      ["A", "4"]
    ])
    assert.isTrue(Result.isFailure(BillOfMaterials.times(two, Quantity.of("0.00001"))))
    assert.isTrue(
      Result.isFailure(
        BillOfMaterials.addUp([
          { itemId: id("A"), quantity: Quantity.max as Quantity.Quantity },
          { itemId: id("A"), quantity: Quantity.one }
        ])
      )
    )
  })
})
