import { assert, describe, it } from "@effect/vitest"
import { Clock } from "../src/index.ts"

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
