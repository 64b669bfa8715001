/**
 * Measuring two things against each other on a machine that is never quiet: they take turns, and medians are compared.
 */
import { Effect } from "effect"

/** One line of the result: rates in calls a second, `ratio` is ours to the floor's. */
export interface Row {
  readonly name: string
  readonly package: "@stockport/postgres"
  readonly value: number
  readonly floor: number
  readonly ratio: number
  readonly limit: number
  readonly ok: boolean
}

/** What a comparison measures: each round makes so many calls. */
export interface Comparison {
  readonly name: string
  readonly limit: number
  readonly rounds: number
  /** How many calls (or rows) a round counts for. */
  readonly size: number
  readonly ours: (round: number) => Effect.Effect<unknown, unknown>
  readonly floor: (round: number) => Effect.Effect<unknown, unknown>
}

/** Runs both sides in turns; the first round warms up and is not counted. */
export const compare = ({ floor, limit, name, ours, rounds, size }: Comparison) =>
  Effect.gen(function* () {
    const taken = { ours: new Array<number>(), floor: new Array<number>() }
    for (let round = 0; round <= rounds; round++) {
      const first = yield* seconds(round % 2 === 0 ? ours(round) : floor(round))
      const second = yield* seconds(round % 2 === 0 ? floor(round) : ours(round))
      if (round === 0) continue
      taken.ours.push(round % 2 === 0 ? first : second)
      taken.floor.push(round % 2 === 0 ? second : first)
    }
    return rowOf(name, size / median(taken.ours), size / median(taken.floor), limit)
  })

/** A row of the result; says it on standard error too. */
export const rowOf = (name: string, value: number, floor: number, limit: number): Row => {
  const ratio = value / floor
  const row: Row = {
    name,
    package: "@stockport/postgres",
    value: Number(value.toPrecision(4)),
    floor: Number(floor.toPrecision(4)),
    ratio: Number(ratio.toPrecision(3)),
    limit,
    ok: ratio >= limit
  }
  process.stderr.write(
    `  ${row.ok ? "ok  " : "SLOW"} ${name}: ${row.value}/s, floor ${row.floor}/s, ratio ${row.ratio} (at least ${limit})\n`
  )
  return row
}

/** How long an effect takes. Benchmarks measure real time. */
export const seconds = (effect: Effect.Effect<unknown, unknown>): Effect.Effect<number, unknown> =>
  Effect.suspend(() => {
    const start = performance.now()
    return Effect.map(effect, () => (performance.now() - start) / 1_000)
  })

const median = (values: ReadonlyArray<number>): number => {
  const sorted = [...values].sort((left, right) => left - right)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}
