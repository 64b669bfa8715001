/**
 * The laws that every `Cart` obeys, as tests: register them for yours with {@link cartLaws}.
 *
 * Each law runs on a cart over a world of its own: `layer` is built anew for each. Time is the real clock, so that retries
 * over a real wire come to their end; give the adapter short delays.
 *
 * @example
 * ```ts
 * import type { Cart } from "@stockport/core/ports/Cart"
 * import { cartLaws } from "@stockport/testing/laws/CartLaws"
 * import type { CartWorld } from "@stockport/testing/laws/CartWorld"
 * import type { Layer } from "effect"
 *
 * declare const myCartOverAnEmptySandbox: Layer.Layer<Cart | CartWorld, unknown>
 *
 * cartLaws({ name: "MyCart", layer: myCartOverAnEmptySandbox, rows: 120, levels: 20 })
 * ```
 */
import { describe, it } from "@effect/vitest"
import type { Cart } from "@stockport/core/ports/Cart"
import { Effect, Layer } from "effect"
import type { Bounds, CartLaw } from "./cart/Law.ts"
import { catalogue, levelLaws, orderLaws } from "./cart/Reading.ts"
import { errors, notifications } from "./cart/Trouble.ts"
import { levelWrites, shipments } from "./cart/Writing.ts"
import type { CartWorld } from "./CartWorld.ts"

/** A cart to hold to the laws, with its world. */
export interface CartUnderTest extends Bounds {
  readonly name: string
  /** Gives a cart over an empty shop each time it is built, and puts it away when its scope closes. */
  readonly layer: Layer.Layer<Cart | CartWorld, unknown>
  /** How long one law may take. One minute if not said. */
  readonly timeoutMillis?: number
}

/** The laws by what they are about. */
export const laws: Readonly<Record<string, ReadonlyArray<CartLaw>>> = {
  "the catalogue": catalogue,
  orders: orderLaws,
  "stock levels": levelLaws,
  "writing stock levels": levelWrites,
  shipments,
  errors,
  notifications
}

/** Registers a test for each law. */
export const cartLaws = ({ name, layer, timeoutMillis = 60_000, ...bounds }: CartUnderTest): void => {
  describe(`${name} obeys the laws of every cart`, () => {
    for (const [group, ofGroup] of Object.entries(laws)) {
      describe(`about ${group}`, () => {
        for (const { sentence, holds } of ofGroup) {
          // @effect-diagnostics-next-line strictEffectProvide:off -- a law is a test, and a test is where a program begins
          const inFreshWorld = Effect.provide(holds(bounds), Layer.fresh(layer), { local: true })
          it.live(sentence, () => inFreshWorld, timeoutMillis)
        }
      })
    }
  })
}
