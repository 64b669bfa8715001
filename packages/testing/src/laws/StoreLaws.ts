/**
 * The laws that every `Store` obeys, as tests: register them for yours with {@link storeLaws}.
 *
 * Each law runs on an empty store of its own: `layer` is built anew for every law and for every run of a property, so that
 * a database makes a schema there, on a server that runs already. Time is the real clock, set forward where a law is about
 * time. What fails prints its seed.
 *
 * @example
 * ```ts
 * import { MemoryStore } from "@stockport/testing"
 * import { storeLaws } from "@stockport/testing/laws/StoreLaws"
 *
 * storeLaws({ name: "MemoryStore", layer: MemoryStore.layer })
 * ```
 */
import { describe, it } from "@effect/vitest"
import type { Store } from "@stockport/core/ports/Store"
import { Effect, Layer } from "effect"
import { bounds } from "./store/Bounds.ts"
import { connectionLaws } from "./store/Connections.ts"
import { countsAsOf } from "./store/CountsAsOf.ts"
import { deferredMarks } from "./store/DeferredMarks.ts"
import { demandByItem } from "./store/DemandByItem.ts"
import { dirtyMarks } from "./store/DirtyMarks.ts"
import { endedLinks } from "./store/EndedLinks.ts"
import { incomingByAnyMoment, incomingGoods } from "./store/Incoming.ts"
import { itemLaws } from "./store/Items.ts"
import type { Law } from "./store/Law.ts"
import { leases } from "./store/Leases.ts"
import { linkLaws } from "./store/Links.ts"
import { looks } from "./store/Looks.ts"
import { modelLaws } from "./store/Model.ts"
import { eventLaws, issueLaws, publicationLaws } from "./store/Records.ts"
import { reservations } from "./store/Reservations.ts"
import { saleLaws } from "./store/Sales.ts"
import { demands, ledger } from "./store/Stock.ts"
import { transactions } from "./store/Transactions.ts"
import { unkept } from "./store/Unkept.ts"

/** A store to hold to the laws. */
export interface StoreUnderTest {
  readonly name: string
  /** Gives an empty store each time it is built, and puts it away when its scope closes. */
  readonly layer: Layer.Layer<Store, unknown>
  /** How many runs each property makes; each on a store of its own. 100 if not said. */
  readonly propertyRuns?: number
  /** How long one law may take. One minute if not said. */
  readonly timeoutMillis?: number
}

/** The laws by what they are about, for who wants to run them in another way. */
export const laws: Readonly<Record<string, ReadonlyArray<Law>>> = {
  transactions,
  "what can be kept": bounds,
  "what cannot be kept": unkept,
  items: itemLaws,
  "locations and the ledger": ledger,
  "counts as of a moment": countsAsOf,
  demand: demands,
  "who holds the units of an item": demandByItem,
  "incoming goods": incomingGoods,
  reservations,
  "dirty marks": dirtyMarks,
  "marks that wait": deferredMarks,
  connections: connectionLaws,
  leases,
  links: linkLaws,
  "links that have ended, and exclusions": endedLinks,
  sales: saleLaws,
  "sales to be looked at again": looks,
  publications: publicationLaws,
  issues: issueLaws,
  events: eventLaws
}

/** Registers a test for each law. */
export const storeLaws = ({ name, layer, propertyRuns = 100, timeoutMillis = 60_000 }: StoreUnderTest): void => {
  const onEmptyStore = <A, E>(effect: Effect.Effect<A, E, Store>) =>
    // @effect-diagnostics-next-line strictEffectProvide:off -- a law is a test, and a test is where a program begins
    Effect.provide(effect, Layer.fresh(layer), { local: true })
  describe(`${name} obeys the laws of every store`, () => {
    for (const [group, ofGroup] of Object.entries(laws)) {
      describe(`about ${group}`, () => {
        for (const { sentence, holds } of ofGroup) it.live(sentence, () => onEmptyStore(holds), timeoutMillis)
      })
    }
    describe("any sequence of changes", () => {
      for (const { sentence, check } of [...modelLaws, incomingByAnyMoment]) {
        it.live(sentence, () => check(onEmptyStore, propertyRuns), timeoutMillis)
      }
    })
  })
}
