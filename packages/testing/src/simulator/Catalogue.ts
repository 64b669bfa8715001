/**
 * Everything that may happen in a simulated world, by name, and which of it the dice let happen in one: worlds in which much
 * is possible hide what a few things do to each other.
 */
import { Effect } from "effect"
import type { Dice } from "./Dice.ts"
import { business } from "./happenings/Business.ts"
import { mishaps } from "./happenings/Mishaps.ts"
import { shoppers } from "./happenings/Shoppers.ts"
import type { Named } from "./World.ts"

/** What may happen in one world. */
export type Catalogue = ReadonlyArray<Named>

/** The name of what happens to a process and not in the world: it is paused while it holds a connection. */
export const holderPaused = "holderPaused"

/** Everything that may happen in any world. */
export const all: Catalogue = [
  ...shoppers,
  ...business,
  ...mishaps,
  { name: holderPaused, weight: 0, happen: () => Effect.void }
]

/** The names of everything that may happen. */
export const names: ReadonlyArray<string> = all.map(({ name }) => name)

/** What happens in every world: without it nothing is sold. */
const always: ReadonlySet<string> = new Set(["buys", "receives"])

/**
 * What the dice leave out unless it is named: worlds in which it happens still break promises, now and then. Run them with
 * `happenings`; a name is taken off this list when a thousand seeds of it hold.
 */
export const waiting: ReadonlySet<string> = new Set(["excludes", "newLineIds", "productRemade"])

/** How many in a hundred of the other things may happen in a world. */
const sharePercent = 60

/** What may happen in a world: what is named, or what the dice say. */
export const draw = (dice: Dice, named: ReadonlyArray<string> | undefined): Catalogue =>
  named === undefined
    ? all.filter(({ name }) => always.has(name) || (dice.chance(sharePercent) && !waiting.has(name)))
    : all.filter(({ name }) => named.includes(name))

/** One of the things that may happen, each as often as its weight says. */
export const pick = (dice: Dice, catalogue: Catalogue): Named => {
  let lot = dice.roll(catalogue.reduce((sum, { weight }) => sum + weight, 0))
  for (const named of catalogue) {
    lot -= named.weight
    if (lot < 0) return named
  }
  throw new RangeError("nothing to pick from")
}
