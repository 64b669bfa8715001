import { assert, describe, it } from "@effect/vitest"
import { Sandbox } from "@stockport/bigcommerce-sandbox"
import * as Business from "../../src/demo/Business.ts"

/** How many seeds are tried: the number of the demo's runs that have to work. */
const seeds = 200

describe("the business of the demo", () => {
  it("has forgotten no item that a kit is made of, whatever the seed", async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const sandbox = await Sandbox.start({ seed, store: { orders: 0 } })
      const { items } = Business.of(sandbox.merchantItems())
      await sandbox.close()
      const ids = new Set(items.map(({ id }) => id))
      const missing = items.flatMap(({ billOfMaterials }) => billOfMaterials).filter(({ itemId }) => !ids.has(itemId))
      assert.isEmpty(missing, `seed ${seed}`)
    }
  }, 120_000)
})
