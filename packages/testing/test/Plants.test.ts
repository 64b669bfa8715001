import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import * as Plants from "./simulate/Plants.ts"

describe("the bugs that are planted to try the simulator", () => {
  for (const [name, { file, instead, put }] of Object.entries(Plants.all)) {
    it(`${name} fits the code as it is`, () => {
      const source = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")
      assert.strictEqual(source.split(instead).length, 2, `${file} must hold this exactly once: ${instead}`)
      assert.notStrictEqual(instead, put)
    })
  }
})
