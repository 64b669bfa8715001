import { assert, describe, it } from "@effect/vitest"
import { Clock, Sandbox } from "../src/index.ts"

describe("A manual clock", () => {
  it("runs what falls due in the order of time, and what that puts on it", async () => {
    const clock = Clock.manual(1000)
    const seen: Array<string> = []
    clock.at(1300, () => void seen.push(`b ${clock.now()}`))
    clock.at(1100, async () => {
      seen.push(`a ${clock.now()}`)
      await Promise.resolve()
      clock.at(1200, () => void seen.push(`c ${clock.now()}`))
    })
    clock.at(2000, () => void seen.push("late"))
    await clock.advance(500)
    assert.deepStrictEqual(seen, ["a 1100", "c 1200", "b 1300"])
    assert.deepStrictEqual([clock.now(), clock.pending()], [1500, 1])
  })

  it("forgets what was cancelled and does not go backwards", async () => {
    const clock = Clock.manual(0)
    let ran = false
    clock.at(5, () => void (ran = true)).cancel()
    await clock.advance(10)
    assert.isFalse(ran)
    await clock.advance(-1).then(
      () => assert.fail("went backwards"),
      (cause: unknown) => assert.instanceOf(cause, RangeError)
    )
  })
})

describe("A clock that drives several sandboxes", () => {
  it("keeps the others' tasks when one of them closes", async () => {
    const clock = Clock.manual(0)
    const options = { clock, store: "empty" as const, inventoryDelayMillis: 1000 }
    const [one, other] = [await Sandbox.start(options), await Sandbox.start(options)]
    other.addProduct({ name: "Mug", sku: "MUG-1" })
    other.shop.adjustments.absolute([{ identity: { kind: "sku", sku: "MUG-1" }, locationId: 1, quantity: 3 }])
    await one.close()
    await clock.advance(1000)
    assert.strictEqual(other.stock({ sku: "MUG-1" }), 3)
    await other.close()
  })
})

describe("The real clock", () => {
  it("runs a task when its time has come, and none after it was closed", async () => {
    const clock = Clock.real()
    const before = clock.now()
    await new Promise<void>((resolve) => clock.at(before + 20, resolve))
    assert.isAtLeast(clock.now(), before + 19)
    clock.at(clock.now() + 1, () => assert.fail("ran after close"))
    clock.close()
  })
})
