/**
 * Chance that a seed repeats: the same seed throws the same numbers, in any run and on any machine.
 */

/** A source of chance. */
export interface Dice {
  /** A whole number from 0 up to, and without, `sides`. */
  readonly roll: (sides: number) => number
  /** Whether something happens that does so many times in a hundred. */
  readonly chance: (percent: number) => boolean
  /** One of several things; throws when there is none. */
  readonly pick: <A>(things: ReadonlyArray<A>) => A
}

/** Dice for a seed: mulberry32, small and good enough to draw a world with. */
export const make = (seed: number): Dice => {
  let state = seed | 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const roll = (sides: number) => Math.floor(next() * sides)
  return {
    roll,
    chance: (percent) => roll(100) < percent,
    pick: (things) => {
      const thing = things[roll(things.length)]
      if (thing === undefined) throw new RangeError("nothing to pick from")
      return thing
    }
  }
}
