/**
 * The same calls on 10,000 items and on 1,000,000: an index that is two levels deeper may cost a little, never much.
 */
import { of } from "@stockport/core/domain/Quantity"
import { Effect } from "effect"
import { fillItems, fillPositions, furnish, type Ground, itemId, locations, settle, storeOf } from "./Ground.ts"
import { type Row, rowOf, seconds } from "./Measure.ts"

const few = 10_000
const many = 1_000_000
const calls = 300

/** log(1,000,000) is 1.5 times log(10,000); what is read from less cached pages may add half of that again. */
const limit = 0.45

/** The benchmark of growth. */
export const growth = (ground: Ground) =>
  Effect.gen(function* () {
    yield* furnish(ground)
    yield* fillItems(ground, 1, few)
    yield* fillPositions(ground, 1, few, 1, 1_000)
    yield* settle(ground)
    const small = yield* rates(ground, few, "few")
    yield* fillItems(ground, few + 1, many)
    yield* fillPositions(ground, few + 1, many, 1, 1_000)
    yield* settle(ground)
    const large = yield* rates(ground, many, "many")
    return small.map(({ name, rate }, n): Row =>
      rowOf(`${name}, 1,000,000 items beside 10,000`, large[n]?.rate ?? Number.NaN, rate, limit)
    )
  })

const rates = (ground: Ground, items: number, label: string) => {
  const store = storeOf(ground)
  const spread = (n: number) => itemId(1 + ((n * 7919 + 13) % items))
  const place = locations[0] ?? ("" as never)
  const operations = {
    reserve: (n: number) =>
      store.stock.reserve({
        key: `${label} ${n}`,
        lines: [{ lineId: "1", itemId: spread(n), locationId: place, quantity: of(1) }],
        expiresAt: null
      }),
    snapshot: (n: number) => store.stock.snapshot(Array.from({ length: 20 }, (_, m) => spread(n * 20 + m))),
    record: (n: number) =>
      store.stock.record([
        {
          key: `${label} ${n}`,
          movements: [{ kind: "receipt", itemId: spread(n), locationId: place, quantity: of(1) }]
        }
      ]),
    dependents: (n: number) => store.items.dependents([spread(n)])
  }
  return Effect.forEach(Object.entries(operations), ([name, run]) =>
    Effect.gen(function* () {
      const all = (from: number) =>
        Effect.forEach(
          Array.from({ length: calls }, (_, n) => from + n),
          (n): Effect.Effect<unknown, unknown> => run(n),
          { discard: true }
        )
      yield* all(0)
      return { name, rate: calls / (yield* seconds(all(calls))) }
    })
  )
}
