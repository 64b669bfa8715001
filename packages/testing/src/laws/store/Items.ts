/**
 * Items are saved only when every bill of materials can be built, and found from above and from below.
 */
import { assert } from "@effect/vitest"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { of } from "@stockport/core/domain/Quantity"
import { Effect } from "effect"
import { box, candle, collected, gift, hamper, items, main, movement, open, ribbon, wrapping } from "./Fixture.ts"
import { type Law, law, refused } from "./Law.ts"

const idsOf = (found: ReadonlyArray<{ readonly id: ItemId }>) => found.map(({ id }) => id).sort()

const part = (itemId: ItemId, quantity: number | string) => ({ itemId, quantity: of(quantity) })

/** The laws of `items`. */
export const itemLaws: ReadonlyArray<Law> = [
  law("items come back as they were saved, and those that do not exist are left out", function* (store) {
    yield* store.items.save(items)
    const found = yield* store.items.get([hamper.id, candle.id, ItemId.make("nothing")])
    assert.deepStrictEqual(
      found.toSorted((left, right) => (left.id < right.id ? -1 : 1)),
      [candle, hamper]
    )
  }),

  law("saving an item again replaces it", function* (store) {
    yield* store.items.save([candle])
    const renamed = {
      ...candle,
      sku: "CANDLE-2",
      name: "Long candle",
      publish: false,
      units: [{ name: "case", ratio: of(24) }]
    }
    yield* store.items.save([renamed])
    assert.deepStrictEqual(yield* store.items.get([candle.id]), [renamed])
    assert.deepStrictEqual(yield* store.items.bySku(["CANDLE"]), [])
    assert.deepStrictEqual(yield* store.items.bySku(["CANDLE-2"]), [renamed])
  }),

  law("all items come in order of id, more than a page of them", function* (store) {
    const many = Array.from({ length: 1_234 }, (_, index) =>
      Item.make({ id: ItemId.make(`i${String(index).padStart(5, "0")}`), kind: "inventory", sku: `S${index}` })
    )
    yield* store.items.save(many.slice(600))
    yield* store.items.save(many.slice(0, 600))
    const found = yield* collected(store.items.all)
    assert.deepStrictEqual(
      found.map(({ id }) => id),
      many.map(({ id }) => id)
    )
  }),

  law("a kit and its components may be saved in one go, in any order", function* (store) {
    yield* store.items.save([hamper, gift, wrapping, ribbon, box, candle])
    assert.deepStrictEqual(idsOf(yield* store.items.withComponents([hamper.id])), idsOf(items))
  }),

  law("a kit with an unknown component is refused by the component's name, with its whole batch", function* (store) {
    const kit = { ...gift, billOfMaterials: [part(ItemId.make("nothing"), 1)] }
    const reason = yield* refused(store.items.save([candle, kit]), "Unknown")
    assert.deepInclude(reason, { kind: "item", id: "nothing", neededBy: "kit gift" })
    assert.deepStrictEqual(yield* collected(store.items.all), [])
    const { message } = yield* Effect.flip(store.items.save([candle, kit]))
    assert.strictEqual(message, "items.save: kit gift needs nothing, which does not exist")
  }),

  law("a kit that contains itself is refused, directly or through others", function* (store) {
    yield* store.items.save(items)
    yield* refused(store.items.save([{ ...gift, billOfMaterials: [part(gift.id, 1)] }]), "Invalid")
    yield* refused(store.items.save([{ ...gift, billOfMaterials: [part(hamper.id, 1)] }]), "Invalid")
    assert.deepStrictEqual(yield* store.items.get([gift.id]), [gift])
  }),

  law("two kits that contain each other are refused when they come together", function* (store) {
    const left = Item.make({
      id: ItemId.make("left"),
      kind: "kit",
      sku: "L",
      billOfMaterials: [part(ItemId.make("right"), 1)]
    })
    const right = Item.make({
      id: ItemId.make("right"),
      kind: "kit",
      sku: "R",
      billOfMaterials: [part(ItemId.make("left"), 1)]
    })
    yield* refused(store.items.save([left, right]), "Invalid")
    assert.deepStrictEqual(yield* collected(store.items.all), [])
  }),

  law("only kits and assemblies have components", function* (store) {
    yield* store.items.save([box])
    yield* refused(store.items.save([{ ...candle, billOfMaterials: [part(box.id, 1)] }]), "Invalid")
    yield* store.items.save([{ ...candle, kind: "assembly", billOfMaterials: [part(box.id, 1)] }])
  }),

  law("a component's quantity is above zero", function* (store) {
    yield* store.items.save(items)
    yield* refused(store.items.save([{ ...gift, billOfMaterials: [part(box.id, 0)] }]), "Invalid")
    yield* refused(store.items.save([{ ...gift, billOfMaterials: [part(box.id, -1)] }]), "Invalid")
  }),

  law("an item keeps its kind as long as there is stock of it", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 1)])
    yield* refused(store.items.save([{ ...candle, kind: "service" }]), "Invalid")
    yield* store.stock.record([movement("r2", candle, main, -1, "adjustment")])
    yield* store.items.save([{ ...candle, kind: "service" }])
  }),

  law("the dependents of an item are itself, every kit above, and all that these need", function* (store) {
    yield* store.items.save(items)
    const ofRibbon = yield* store.items.dependents([ribbon.id])
    assert.deepStrictEqual([...ofRibbon.affected].sort(), [gift.id, hamper.id, ribbon.id])
    assert.deepStrictEqual(idsOf(ofRibbon.items), idsOf(items))
    const ofWrapping = yield* store.items.dependents([wrapping.id])
    assert.deepStrictEqual([...ofWrapping.affected].sort(), [hamper.id, wrapping.id])
    const ofNone = yield* store.items.dependents([])
    assert.deepStrictEqual(ofNone, { affected: [], items: [] })
  }),

  law("a component that was taken out of a kit has that kit above it no more", function* (store) {
    yield* store.items.save(items)
    yield* store.items.save([{ ...gift, billOfMaterials: [part(candle.id, 1)] }])
    const { affected } = yield* store.items.dependents([ribbon.id])
    assert.deepStrictEqual(affected, [ribbon.id])
  }),

  law("a SKU finds exactly the items that carry it, letter by letter", function* (store) {
    const twin = Item.make({ id: ItemId.make("twin"), kind: "inventory", sku: candle.sku })
    const lower = Item.make({ id: ItemId.make("lower"), kind: "inventory", sku: candle.sku.toLowerCase() })
    const spaced = Item.make({ id: ItemId.make("spaced"), kind: "inventory", sku: `${candle.sku} ` })
    yield* store.items.save([candle, twin, lower, spaced])
    assert.deepStrictEqual(idsOf(yield* store.items.bySku([candle.sku])), [candle.id, twin.id])
    assert.deepStrictEqual(idsOf(yield* store.items.bySku([`${candle.sku} `, "NOTHING"])), [spaced.id])
  }),

  law("text and quantities keep every character and every decimal", function* (store) {
    const odd = {
      ...Item.make({ id: ItemId.make("odd 'quoted' \\ ☃"), kind: "assembly", sku: "a\tb'c\"d%_", name: "odd ☃" }),
      description: "line one\nline two — ✓",
      units: [{ name: "pallet", ratio: of("12345.67891") }],
      billOfMaterials: [part(candle.id, "0.00001"), part(candle.id, "90000000000.12345")]
    }
    yield* store.items.save([candle, odd])
    assert.deepStrictEqual(yield* store.items.get([odd.id]), [odd])
  })
]
