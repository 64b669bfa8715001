/**
 * Whether every number can be explained: the breakdown of each item adds up to what is said to be available.
 *
 * This asks the sync's own explanations, for it is they that are judged here; what is right is said by the books alone.
 */
import * as Availability from "@stockport/core/decide/Availability"
import { format, type Quantity } from "@stockport/core/domain/Quantity"
import { Store, type StoreError } from "@stockport/core/ports/Store"
import * as Publish from "@stockport/core/sync/Publish"
import { Effect } from "effect"
import type { Shop, World } from "./World.ts"

/** One sentence for each number that nobody explains, or explains wrongly. */
export const unexplained = (world: World, shop: Shop): Effect.Effect<ReadonlyArray<string>, StoreError> =>
  Effect.gen(function* () {
    const facts = yield* Publish.loadFacts(
      shop.connection,
      world.business.items.map(({ id }) => id)
    )
    return [...facts.available.values()].flatMap((one) => {
      const sentences = Availability.explain(one, (id) => world.items.get(id)?.name ?? id)
      const isArchived = world.items.get(one.itemId)?.archived ?? false
      const problem = sentences.length === 0 ? "nobody says why" : isArchived ? null : problemOf(one)
      return problem === null ? [] : [`${one.itemId}: ${problem}`]
    })
  }).pipe(Effect.provideService(Store, world.store))

const problemOf = (available: Availability.Available): string | null => {
  if (available._tag === "Stocked") {
    const sum = available.breakdown.reduce((total, { quantity }) => total + quantity, 0) as Quantity
    return sum === available.quantity
      ? null
      : `the breakdown adds up to ${format(sum)}, not ${format(available.quantity)}`
  }
  if (available._tag === "Kit" && available.issues.length === 0) {
    return available.limiting.length > 0 ? null : "no component limits it"
  }
  return null
}
