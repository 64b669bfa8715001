import { assert, describe, it } from "@effect/vitest"
import { Containment } from "@stockport/core/decide/Containment"
import * as fc from "fast-check"

const items = 12

const make = () => {
  const containment = new Containment()
  containment.reserve(items, 0)
  return containment
}

const contentsOf = (containment: Containment, owner: number) => {
  const start = containment.start(owner)
  return Array.from({ length: containment.count(owner) }, (_, at) => [
    containment.target[start + at],
    containment.need[start + at]
  ])
}

const replacement = fc.record({
  owner: fc.nat({ max: items - 1 }),
  targets: fc.array(fc.nat({ max: items - 1 }), { maxLength: 14, size: "max" })
})

describe("who contains what", () => {
  it("is what was said last of each owner, both ways round, however often it was replaced", () => {
    fc.assert(
      fc.property(fc.array(replacement, { maxLength: 120, size: "max" }), (replacements) => {
        const containment = make()
        const model = new Map<number, ReadonlyArray<number>>()
        for (const { owner, targets } of replacements) {
          containment.replace(
            owner,
            targets,
            targets.map((target) => target + 0.5)
          )
          model.set(owner, targets)
        }
        for (let item = 0; item < items; item++) {
          const expected = (model.get(item) ?? []).map((target) => [target, target + 0.5])
          assert.deepStrictEqual(contentsOf(containment, item), expected)
          const owners = [...model].flatMap(([owner, targets]) => targets.filter((at) => at === item).map(() => owner))
          assert.deepStrictEqual(
            [...containment.ownersOf(item)].sort((left, right) => left - right),
            owners.sort((left, right) => left - right)
          )
        }
      })
    )
  })

  it("knows nothing of an item that it has not heard of", () => {
    const containment = new Containment()
    assert.deepStrictEqual([containment.start(3), containment.count(3), containment.head(3)], [0, 0, -1])
    assert.deepStrictEqual(containment.ownersOf(3), [])
  })

  it("unlinks an owner from the middle, the front and the end of a target's owners", () => {
    for (const gone of [0, 1, 2]) {
      const containment = make()
      for (const owner of [0, 1, 2]) containment.replace(owner, [7], [1])
      assert.deepStrictEqual(containment.ownersOf(7), [2, 1, 0])
      containment.replace(gone, [8], [1])
      assert.deepStrictEqual(
        containment.ownersOf(7),
        [2, 1, 0].filter((owner) => owner !== gone)
      )
      assert.deepStrictEqual(containment.ownersOf(8), [gone])
    }
  })

  it("reclaims what replaced owners leave behind, so that it does not grow with the number of replacements", () => {
    const containment = make()
    const targets = Array.from({ length: 10 }, (_, at) => at)
    for (let time = 0; time < 1_000; time++) containment.replace(time % 10, targets, targets)
    assert.isAtMost(containment.owner.length, 256)
    assert.deepStrictEqual(
      [...containment.ownersOf(4)].sort((left, right) => left - right),
      targets
    )
  })

  it("lets up to 64 entries lie that replaced owners have left behind, and moves the rest together after that", () => {
    const containment = make()
    for (let time = 0; time < 65; time++) containment.replace(0, [1], [1])
    assert.strictEqual(containment.start(0), 64)
    containment.replace(0, [1], [1])
    assert.strictEqual(containment.start(0), 0)
    assert.deepStrictEqual(containment.ownersOf(1), [0])
  })

  it("lets what was left behind lie as long as it is no more than half", () => {
    const containment = make()
    const targets = Array.from({ length: 65 }, (_, at) => at % items)
    containment.replace(1, targets, targets)
    for (let time = 0; time < 2; time++) containment.replace(0, targets, targets)
    assert.strictEqual(containment.start(0), 130)
    containment.replace(0, targets, targets)
    assert.deepStrictEqual([containment.start(1), containment.start(0)], [0, 65])
  })

  it("grows by doubling, at once to what one owner needs", () => {
    const containment = make()
    containment.replace(0, [1], [1])
    assert.strictEqual(containment.owner.length, 64)
    const many = Array.from({ length: 64 }, (_, at) => at % items)
    containment.replace(1, many, many)
    assert.strictEqual(containment.owner.length, 128)
    const more = Array.from({ length: 1_000 }, (_, at) => at % items)
    containment.replace(2, more, more)
    assert.strictEqual(containment.owner.length, 1_065)
  })

  it("does not move for room that it has", () => {
    const containment = make()
    containment.reserve(items, 64)
    const owners = containment.owner
    containment.reserve(items, 64)
    const many = Array.from({ length: 64 }, (_, at) => at % items)
    containment.replace(0, many, many)
    assert.strictEqual(containment.owner, owners)
  })

  it("tells its bytes: 24 for each entry and 12 for each item", () => {
    const containment = new Containment()
    assert.strictEqual(containment.bytes, 0)
    containment.reserve(3, 10)
    assert.strictEqual(containment.bytes, 10 * 24 + 3 * 12)
  })
})
