import { assert, describe, it } from "@effect/vitest"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Quantity from "@stockport/core/domain/Quantity"
import { Result, Schema } from "effect"
import * as fc from "fast-check"

const mug = Item.make({
  id: ItemId.make("mug"),
  kind: "inventory",
  sku: "MUG",
  units: [
    { name: "case", ratio: Quantity.of(24) },
    { name: "half", ratio: Quantity.of("0.5") }
  ]
})

const decodes = (fields: object) =>
  Schema.decodeUnknownResult(Item.Item)({ ...Schema.encodeSync(Item.Item)(mug), ...fields })

describe("the kinds of item", () => {
  it("differ in whether they hold stock, can be sold, and can be always shippable", () => {
    const table = Object.fromEntries(
      Item.ItemKind.literals.map((kind) => [
        kind,
        [Item.isStocked(kind), Item.isSellable(kind), Item.canAlwaysShip(kind)].map(Number).join("")
      ])
    )
    assert.deepStrictEqual(table, {
      inventory: "110",
      assembly: "110",
      kit: "011",
      nonInventory: "011",
      service: "011",
      labor: "011",
      other: "011",
      overhead: "001",
      expense: "001",
      category: "000"
    })
  })
})

describe("an item", () => {
  it("has a plain default for everything but what distinguishes it", () => {
    const odd = Item.make({ id: ItemId.make("i-2"), kind: "service", sku: 'A:"<b>"|' + "c".repeat(200) })
    assert.strictEqual(odd.name, `A b ${"c".repeat(96)}`)
    assert.strictEqual(Item.nameFrom(":|", ""), "Unnamed")
    assert.strictEqual(Item.nameFrom(`${"x".repeat(99)}\u{1F600}`), "x".repeat(99))
    assert.strictEqual(Item.nameFrom(`: ${"x".repeat(100)}`), "x".repeat(100))
    assert.isTrue(Schema.is(Item.ItemName)(odd.name))
    const plain = Item.make({ id: ItemId.make("i-1"), kind: "service", sku: " " })
    assert.deepStrictEqual(plain, {
      id: ItemId.make("i-1"),
      kind: "service",
      sku: " ",
      name: "i-1",
      description: "",
      baseUnit: "each",
      units: [],
      billOfMaterials: [],
      publish: true,
      archived: false,
      alwaysShippable: false
    })
    assert.strictEqual(mug.name, "MUG")
  })

  it("has a name of at most 100 characters without the five reserved ones", () => {
    assert.isTrue(Result.isSuccess(decodes({ name: "x".repeat(100) })))
    assert.isTrue(Result.isSuccess(decodes({ name: "Mug, blue; 30 cl (new) & co. é/\\'" })))
    assert.isTrue(Result.isFailure(decodes({ name: "x".repeat(101) })))
    assert.isTrue(Result.isFailure(decodes({ name: "" })))
    for (const reserved of ['"', "<", ">", ":", "|"]) {
      const decoded = decodes({ name: `Mug ${reserved}` })
      assert.include(Result.isFailure(decoded) ? String(decoded.failure) : "", "name", reserved)
    }
  })

  it("has a description of at most 4,000 characters", () => {
    assert.isTrue(Result.isSuccess(decodes({ description: "x".repeat(4000) })))
    assert.isTrue(Result.isFailure(decodes({ description: "x".repeat(4001) })))
  })

  it("has units of a size above zero, with a name", () => {
    assert.isTrue(Result.isSuccess(decodes({ units: [{ name: "crumb", ratio: "0.00001" }] })))
    assert.isTrue(Result.isFailure(decodes({ units: [{ name: "none", ratio: "0" }] })))
    assert.isTrue(Result.isFailure(decodes({ units: [{ name: "", ratio: "1" }] })))
    assert.isTrue(Result.isFailure(decodes({ units: [{ name: "fine", ratio: "0.000001" }] })))
  })
})

const inBase = (quantity: string, unit: string) =>
  Result.map(Item.toBaseUnits(mug, Quantity.of(quantity), unit), Quantity.format)

describe("units of measure", () => {
  it("are so many base units each", () => {
    assert.deepStrictEqual(inBase("3", "case"), Result.succeed("72"))
    assert.deepStrictEqual(inBase("0.25", "case"), Result.succeed("6"))
    assert.deepStrictEqual(inBase("3", "each"), Result.succeed("3"))
    assert.deepStrictEqual(inBase("-1", "case"), Result.succeed("-24"))
  })

  it("are known by their names as written", () => {
    const unknown = Item.toBaseUnits(mug, Quantity.one, "Case")
    assert.strictEqual(
      Result.isFailure(unknown) ? unknown.failure.message : "",
      "item mug has no unit Case; it has each, case, half"
    )
    assert.strictEqual(Result.isFailure(unknown) ? unknown.failure._tag : "", "UnknownUnit")
  })

  it("refuse what cannot be said exactly, or at all", () => {
    const crumb = inBase("0.00001", "half")
    assert.strictEqual(Result.isFailure(crumb) ? crumb.failure._tag : "", "InvalidQuantity")
    assert.isTrue(Result.isFailure(inBase("90071992547.4", "case")))
  })

  it("agree with plain arithmetic on whole numbers", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 1, max: 1000 }), (quantity, ratio) => {
        const item = { ...mug, units: [{ name: "pack", ratio: Quantity.of(ratio) }] }
        const base = Item.toBaseUnits(item, Quantity.of(quantity), "pack")
        assert.strictEqual(Result.getOrThrow(base), Quantity.of(quantity * ratio))
      })
    )
  })
})

const unit = (name: string) => ({ name, ratio: Quantity.of(2) })

describe("what is wrong with an item", () => {
  it("is nothing for a plain one, at the third level of categories", () => {
    assert.deepStrictEqual(Item.problemsOf(mug), [])
    assert.deepStrictEqual(Item.problemsOf({ ...mug, name: "x".repeat(100) }), [])
    assert.deepStrictEqual(Item.problemsOf(mug, ["Kitchen", "Cups", "Blue"]), [])
    assert.strictEqual(Item.fullName(["Kitchen", "Cups"], "MUG"), "Kitchen:Cups:MUG")
  })

  it("is the mark of being always shippable on what holds stock", () => {
    assert.deepStrictEqual(Item.problemsOf({ ...mug, alwaysShippable: true }), [
      { field: "alwaysShippable", value: "true", expected: "false on an item of kind inventory" }
    ])
    assert.deepStrictEqual(Item.problemsOf({ ...mug, kind: "kit", alwaysShippable: true }), [])
  })

  it("is a unit named twice, or like the base unit", () => {
    const expected = "a name of its own for each unit"
    assert.deepStrictEqual(Item.problemsOf({ ...mug, units: [unit("pair"), unit("pair")] }), [
      { field: "units", value: "pair", expected }
    ])
    assert.deepStrictEqual(Item.problemsOf({ ...mug, units: [unit("each")] }), [
      { field: "units", value: "each", expected }
    ])
  })

  it("is a fourth level of categories, or a full name of more than 100 characters", () => {
    assert.deepStrictEqual(Item.problemsOf(mug, ["a", "b", "c", "d"]), [
      { field: "categories", value: "a:b:c:d", expected: "at most 3 levels of categories" }
    ])
    assert.deepStrictEqual(Item.problemsOf(mug, ["x".repeat(96)]), [])
    assert.deepStrictEqual(Item.problemsOf(mug, ["x".repeat(97)]), [
      {
        field: "name",
        value: `${"x".repeat(97)}:MUG`,
        expected: "at most 100 characters together with its categories"
      }
    ])
  })
})
