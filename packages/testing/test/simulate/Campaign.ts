/**
 * Many simulations and what they came to, as one object.
 */
import type { Report, Scenario } from "@stockport/testing/Simulator"

/** A promise that was broken, with what replays it. */
export interface Broken {
  readonly seed: number
  readonly promise: number
  readonly sentence: string
  readonly scenario: Scenario
}

/** What many simulations came to. */
export interface Summary {
  readonly seeds: number
  readonly steps: number
  readonly orders: number
  readonly cycles: number
  readonly faults: number
  readonly violations: number
  readonly unitsOversold: number
  readonly unitSecondsExposed: number
  readonly requests: number
  readonly happened: Readonly<Record<string, number>>
  /** The first promise that each seed broke. */
  readonly broken: ReadonlyArray<Broken>
}

/** How many broken promises are kept of one campaign. */
export const brokenMax = 1_000

/** Nothing was simulated. */
export const none: Summary = {
  seeds: 0,
  steps: 0,
  orders: 0,
  cycles: 0,
  faults: 0,
  violations: 0,
  unitsOversold: 0,
  unitSecondsExposed: 0,
  requests: 0,
  happened: {},
  broken: []
}

/** One simulation as a summary. */
export const of = ({ scenario, drawn, violations, happened, ...figures }: Report): Summary => {
  const [first] = violations
  return {
    seeds: 1,
    steps: figures.steps,
    orders: figures.orders,
    cycles: figures.cycles,
    faults: figures.faults,
    violations: violations.length,
    unitsOversold: figures.unitsOversold,
    unitSecondsExposed: figures.unitSecondsExposed,
    requests: figures.requests,
    happened,
    broken: first === undefined ? [] : [{ seed: scenario.seed, ...first, scenario: { ...drawn, ...scenario } }]
  }
}

/** Two campaigns as one. */
export const add = (left: Summary, right: Summary): Summary => ({
  seeds: left.seeds + right.seeds,
  steps: left.steps + right.steps,
  orders: left.orders + right.orders,
  cycles: left.cycles + right.cycles,
  faults: left.faults + right.faults,
  violations: left.violations + right.violations,
  unitsOversold: left.unitsOversold + right.unitsOversold,
  unitSecondsExposed: left.unitSecondsExposed + right.unitSecondsExposed,
  requests: left.requests + right.requests,
  happened: addCounts(left.happened, right.happened),
  broken: [...left.broken, ...right.broken].sort((one, other) => one.seed - other.seed).slice(0, brokenMax)
})

type Counts = Readonly<Record<string, number>>

const addCounts = (left: Counts, right: Counts): Counts => {
  const sum: Record<string, number> = { ...left }
  for (const [name, count] of Object.entries(right)) sum[name] = (sum[name] ?? 0) + count
  return sum
}
