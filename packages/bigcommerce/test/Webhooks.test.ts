import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import * as Webhooks from "@stockport/bigcommerce/Webhooks"
import * as SandboxCart from "./SandboxCart.ts"

const destination = "https://hooks.example.com/bigcommerce"
const secretHeader = { name: "x-stockport-secret", value: Redacted.make("hush") }
const shop = SandboxCart.layer({ store: "empty" })

describe("hooks", () => {
  it.live("are registered for every scope, and running it again changes nothing", () =>
    Effect.gen(function* () {
      const first = yield* Webhooks.ensure({ destination, secretHeader })
      assert.deepStrictEqual(
        first.registered.map(({ scope }) => scope),
        Webhooks.scopesDefault
      )
      const again = yield* Webhooks.ensure({ destination, secretHeader })
      assert.strictEqual(again.kept.length, Webhooks.scopesDefault.length)
      assert.lengthOf([...again.registered, ...again.reactivated, ...again.removed], 0)
      const { clientId, webhooks } = yield* SandboxCart.Shop
      for (const hook of webhooks.all(clientId)) assert.deepStrictEqual(hook.headers, { "x-stockport-secret": "hush" })
    }).pipe(Effect.provide(shop))
  )

  it.live("that the shop has switched off are switched on again", () =>
    Effect.gen(function* () {
      const { clientId, webhooks } = yield* SandboxCart.Shop
      yield* Webhooks.ensure({ destination })
      const [asleep] = webhooks.all(clientId)
      assert.isDefined(asleep)
      asleep.isActive = false
      const { reactivated } = yield* Webhooks.ensure({ destination })
      assert.deepStrictEqual(
        reactivated.map(({ id, isActive }) => [Number(id), isActive]),
        [[asleep.id, true]]
      )
    }).pipe(Effect.provide(shop))
  )

  it.live("that are no longer wanted are removed, and those of other places left alone", () =>
    Effect.gen(function* () {
      yield* Webhooks.register({ destination: "https://other.example.com/", scope: "store/order/created" })
      yield* Webhooks.ensure({ destination })
      const { kept, removed } = yield* Webhooks.ensure({ destination, scopes: ["store/order/created"] })
      assert.lengthOf(kept, 1)
      assert.lengthOf(removed, Webhooks.scopesDefault.length - 1)
      assert.lengthOf(yield* Stream.runCollect(Webhooks.list), 2)
      yield* Webhooks.remove(kept[0]?.id ?? "")
      yield* Webhooks.remove(kept[0]?.id ?? "")
    }).pipe(Effect.provide(shop))
  )

  it.live("that the shop refuses are refused by field", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Webhooks.register({ destination: "http://insecure", scope: "store/order/created" })
      )
      assert.strictEqual(error.reason._tag, "Rejected")
    }).pipe(Effect.provide(shop))
  )
})
