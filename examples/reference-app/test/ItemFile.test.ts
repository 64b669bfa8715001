import { assert, describe, it } from "@effect/vitest"
import { Location, Quantity } from "@stockport/core"
import { Effect } from "effect"
import * as ItemFile from "../src/ItemFile.ts"

const main = Location.LocationId.make("main")

describe("an item file", () => {
  it.effect("gives items, kits with their components, and counted stock", () =>
    Effect.gen(function* () {
      const goods = yield* ItemFile.read(
        [
          "sku,name,kind,on_hand,location,kit,quantity",
          "A,Candle,,17,,,",
          "B,Box,inventory,2.5,store,,",
          "K,Gift set,kit,,,,",
          "A,,,,,K,2",
          "B,,,,,K,"
        ].join("\n"),
        main
      )
      assert.deepStrictEqual(
        goods.items.map(({ id, kind, name }) => [id, kind, name]),
        [
          ["A", "inventory", "Candle"],
          ["B", "inventory", "Box"],
          ["K", "kit", "Gift set"]
        ]
      )
      assert.deepStrictEqual(
        goods.items[2]?.billOfMaterials.map(({ itemId, quantity }) => [itemId, Quantity.format(quantity)]),
        [
          ["A", "2"],
          ["B", "1"]
        ]
      )
      assert.deepStrictEqual(
        goods.counts.map(({ itemId, locationId, counted }) => [itemId, locationId, Quantity.format(counted)]),
        [
          ["A", "main", "17"],
          ["B", "store", "2.5"]
        ]
      )
    })
  )

  const faults: ReadonlyArray<readonly [string, string, string]> = [
    ["a row without a SKU", "sku,on_hand\nA,1\n,2", 'row 3: sku is "", expected the item\'s SKU'],
    ["an unknown kind", "sku,kind\nA,gadget", 'row 2: kind is "gadget", expected one of inventory'],
    ["a sixth decimal", "sku,on_hand\nA,0.000001", 'row 2: on_hand is "0.000001", expected write a decimal number'],
    ["a negative count", "sku,on_hand\nA,-1", 'row 2: on_hand is "-1", expected zero or more'],
    ["a component of what is no kit", "sku,kit\nA,\nB,A", 'row 3: kit is "A", expected the SKU of a kit'],
    [
      "a component of none",
      "sku,kind,kit,quantity\nK,kit,,\nB,,K,0",
      'row 3: quantity is "0", expected more than zero'
    ],
    ["a forbidden character in a name", 'sku,name\nA,"a:b"', 'row 2: name is "a:b"'],
    ["a quote that never ends", 'sku,name\nA,"x', "row 1: the file is"]
  ]
  it.effect.each(faults)("names the row and the column of $0", ([, text, sentence]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ItemFile.read(text, main))
      assert.include(error.message, sentence)
    })
  )
})
