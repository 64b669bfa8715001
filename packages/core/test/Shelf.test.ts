import { assert, describe, it } from "@effect/vitest"
import * as Publishing from "@stockport/core/decide/Publishing"
import { Contradictions, type Shelf, type Shown } from "@stockport/core/decide/Shelf"
import { connection, listing, online } from "./Catalogue.ts"

const level = (rest: Partial<Shelf> = {}): Shelf => ({ onHand: 30, ...rest })

describe("what shoppers can buy", () => {
  it("is what is on hand, where the shop neither takes nor adds", () => {
    assert.strictEqual(Publishing.shoppersCanBuy(level()), 30)
    assert.deepStrictEqual(Publishing.explainShelf(30, level()), [])
  })

  it("is less by what the shop keeps back, and never below nothing", () => {
    assert.strictEqual(Publishing.shoppersCanBuy(level({ safetyStock: 10 })), 20)
    assert.strictEqual(Publishing.shoppersCanBuy(level({ safetyStock: 40 })), 0)
    assert.deepStrictEqual(Publishing.explainShelf(30, level({ safetyStock: 10 })), [
      "Published 30, the shop keeps back 10, shoppers can buy 20."
    ])
  })

  it("is more by what may be backordered still", () => {
    assert.strictEqual(Publishing.shoppersCanBuy(level({ backorderLimit: 5, backordered: 2 })), 33)
    assert.strictEqual(Publishing.shoppersCanBuy(level({ onHand: 0, safetyStock: 4, backorderLimit: 5 })), 5)
    assert.strictEqual(Publishing.shoppersCanBuy(level({ backorderLimit: 1, backordered: 2 })), 30)
    assert.deepStrictEqual(Publishing.explainShelf(3, level({ backorderLimit: 5 })), [
      "Published 3, the shop sells 5 beyond what it has, shoppers can buy 8."
    ])
  })

  it("is nothing where the shop has switched it off", () => {
    const off = level({ isInStock: false, backorderLimit: 9 })
    assert.strictEqual(Publishing.shoppersCanBuy(off), 0)
    assert.match(Publishing.explainShelf(30, off)[0] ?? "", /switched it off, shoppers can buy 0\.$/)
    assert.strictEqual(Publishing.shoppersCanBuy(level({ isInStock: true })), 30)
  })
})

describe("the shop contradicts the policy", () => {
  const found = (changes: Partial<Shown>) => {
    const contradictions = new Contradictions()
    const { key } = listing("1/1", "A")
    contradictions.add({ key, cartLocationId: online, published: 30, steps: [], level: level(), ...changes })
    return contradictions.issues(connection()).map(({ code }) => code)
  }
  const kept = level({ safetyStock: 10 })

  it("when both keep units back, or it keeps back what is promised, or all that there is", () => {
    assert.deepStrictEqual(found({ level: kept }), [])
    for (const rule of ["buffer", "minimum", "fixed"] as const) {
      assert.deepStrictEqual(found({ level: kept, steps: [{ rule }] }), ["SHOP_KEEPS_BACK"])
      assert.deepStrictEqual(found({ steps: [{ rule }] }), [])
    }
    assert.deepStrictEqual(found({ level: kept, published: 10 }), ["SHOP_KEEPS_BACK"])
    assert.deepStrictEqual(found({ level: kept, published: 0, steps: [{ rule: "buffer" }] }), [])
    assert.deepStrictEqual(found({ level: kept, published: 11, steps: [{ rule: "pack" }] }), [])
  })

  it("when it sells none of what is published", () => {
    assert.deepStrictEqual(found({ level: level({ isInStock: false }) }), ["SHOP_OFF_SALE"])
    assert.deepStrictEqual(found({ level: level({ isInStock: false }), published: 0 }), [])
  })

  it("once for each location, with its listings", () => {
    const contradictions = new Contradictions()
    for (const id of ["1/1", "1/2"]) {
      const { key } = listing(id, id)
      contradictions.add({ key, cartLocationId: online, published: 3, steps: [], level: level({ isInStock: false }) })
    }
    const issues = contradictions.issues(connection())
    assert.strictEqual(issues.length, 1)
    assert.match(issues[0]?.message ?? "", /1\/1, 1\/2\.$/)
  })
})
