import { assert, describe, it } from "@effect/vitest"
import { Sandbox } from "@stockport/bigcommerce-sandbox"
import { Store } from "@stockport/core/ports/Store"
import { MemoryStore } from "@stockport/testing"
import { Effect, Layer, Stream } from "effect"
import * as Business from "../src/demo/Business.ts"

const seeds = Array.from({ length: 200 }, (_, index) => index + 1)

describe("the demo's business", () => {
  it.live(
    "can be saved, whatever seed its shop is made from",
    () =>
      Effect.gen(function* () {
        for (const seed of seeds) {
          const saved = yield* Effect.gen(function* () {
            const shop = yield* Effect.acquireRelease(
              Effect.promise(() => Sandbox.start({ seed, store: { orders: 0 } })),
              (shop) => Effect.promise(() => shop.close())
            )
            const business = Business.of(shop.merchantItems())
            yield* Business.save(business)
            const { items } = yield* Store
            assert.strictEqual(yield* Stream.runCount(items.all), business.items.length, `seed ${seed}`)
            return business.items.filter(({ kind }) => kind === "kit").length
          }).pipe(Effect.scoped, Effect.provide(Layer.fresh(MemoryStore.layer)))
          assert.isAbove(saved, 0, `seed ${seed}`)
        }
      }),
    { timeout: 180_000 }
  )
})
