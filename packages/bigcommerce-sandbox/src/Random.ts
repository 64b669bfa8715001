/**
 * Numbers that look random and follow from a seed alone, so that the same seed gives the same store on every machine.
 *
 * Two forms: `hash` gives the number at a place (random access, used for the catalogue, which is never held as objects),
 * a `Random` gives a sequence (used for orders).
 */

/** A 32-bit number that follows from the seed and a place in it. */
export const hash = (seed: number, place: number, salt: number): number => {
  let mixed = (seed ^ Math.imul(place + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b)) >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d) >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b) >>> 0
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** A sequence of numbers that follows from its seed. */
export interface Random {
  /** A float in [0, 1). */
  readonly next: () => number
  /** An integer in [least, most]. */
  readonly integer: (least: number, most: number) => number
  /** True in that share of the calls. */
  readonly chance: (share: number) => boolean
  /** One of the choices. */
  readonly pick: <A>(choices: ReadonlyArray<A>) => A
  /** A UUID. */
  readonly uuid: () => string
}

/** The sequence of a seed. */
export const make = (seed: number): Random => {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const integer = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  const hex = (digits: number): string => {
    let text = ""
    while (text.length < digits) text += Math.floor(next() * 16).toString(16)
    return text
  }
  const pick = <A>(choices: ReadonlyArray<A>): A => {
    const choice = choices[integer(0, choices.length - 1)]
    if (choice === undefined) throw new RangeError("There is nothing to pick from")
    return choice
  }
  return {
    next,
    integer,
    chance: (share) => next() < share,
    pick,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
  }
}
