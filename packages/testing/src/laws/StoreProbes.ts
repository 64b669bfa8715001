/**
 * Eight probes of concurrency and idempotency that inventory engines are known to fail, as a table and as tests.
 *
 * Each probe measures what a store does on empty ground and says what a right one does: {@link storeProbes} registers a
 * test for each, {@link probes} can be run by itself to publish the table. The probe with two processes needs a second
 * process from whoever has one: give `otherProcess`, let it run {@link work} on a store over the same database, and answer
 * what that answered. Without one, both halves run in this process.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import type { Location } from "@stockport/core/domain/Location"
import { of, scale } from "@stockport/core/domain/Quantity"
import { type DemandLine } from "@stockport/core/domain/Demand"
import { Store, type StoreError } from "@stockport/core/ports/Store"
import { Effect, Layer } from "effect"
import { box, candle, gift, line, main, movement, open, repairs, ribbon, shelf, termOf } from "./store/Fixture.ts"

/** One half of what two processes do at the same time. */
export interface Work {
  /** Tells the keys of one half from those of the other. */
  readonly prefix: string
  readonly receipts: number
  readonly reservations: number
}

/** How many of a half's reservations were granted. */
export interface WorkDone {
  readonly reserved: number
}

/** One probe: what it measured, and what a right store gives. */
export interface Probe {
  readonly name: string
  readonly expected: string
  readonly measure: (otherProcess: OtherProcess) => Effect.Effect<string, unknown, Store>
}

/** Runs {@link work} in another process, on a store over the same database. */
export type OtherProcess = (work: Work) => Effect.Effect<WorkDone, unknown, Store>

/** A store to probe. */
export interface StoreToProbe {
  readonly name: string
  /** Gives an empty store each time it is built. */
  readonly layer: Layer.Layer<Store, unknown>
  readonly otherProcess?: OtherProcess
  /** How long one probe may take. One minute if not said. */
  readonly timeoutMillis?: number
}

/** Receives single candles and reserves single candles, as many as asked for, all at the same time. */
export const work = (half: Work): Effect.Effect<WorkDone, StoreError, Store> =>
  Effect.gen(function* () {
    const store = yield* Store
    const receipts = times(half.receipts, (index) =>
      store.stock.record([movement(`${half.prefix} receipt ${index}`, candle, main, 1)])
    )
    const reserving = reserveAll(half.reservations, (index) => ({
      key: `${half.prefix} reservation ${index}`,
      lines: [line("1", candle, main, 1)]
    }))
    const [reserved] = yield* Effect.all([reserving, Effect.all(receipts, { concurrency: "unbounded" })], {
      concurrency: "unbounded"
    })
    return { reserved }
  })

const neverMore = "never more booked than there is, at either location"
const nothingLost = "every receipt on hand, as many booked as granted, and no more than there is"

/** The probes, in the order in which they are published. */
export const probes: ReadonlyArray<Probe> = [
  {
    name: "20 concurrent reservations of the last unit",
    expected: "1 granted, 1 booked",
    measure: () =>
      Effect.gen(function* () {
        yield* opened([movement("start", candle, main, 1)])
        const granted = yield* reserveAll(20, (index) => ({ key: `k${index}`, lines: [line("1", candle, main, 1)] }))
        return `${granted} granted, ${yield* booked([main])} booked`
      })
  },
  {
    name: "200 concurrent increments by one",
    expected: "200 on hand",
    measure: () =>
      Effect.gen(function* () {
        const store = yield* opened([])
        const increments = times(200, (index) => store.stock.record([movement(`r${index}`, candle, main, 1)]))
        yield* Effect.all(increments, { concurrency: "unbounded" })
        return `${units(yield* termOf(candle, main, "onHand"))} on hand`
      })
  },
  {
    name: "one request with two lines of the last unit",
    expected: "0 granted, 0 booked",
    measure: () =>
      Effect.gen(function* () {
        yield* opened([movement("start", candle, main, 1)])
        const lines = [line("1", candle, main, 1), line("2", candle, main, 1)]
        const granted = yield* reserveAll(1, () => ({ key: "k", lines }))
        return `${granted} granted, ${yield* booked([main])} booked`
      })
  },
  {
    name: "one request sent 20 times at once under one key",
    expected: "20 same answers, 1 booked",
    measure: () =>
      Effect.gen(function* () {
        const store = yield* opened([movement("start", candle, main, 5)])
        const request = { key: "k", lines: [line("1", candle, main, 1)], expiresAt: null }
        const answers = yield* Effect.all(
          times(20, () => store.stock.reserve(request)),
          { concurrency: "unbounded" }
        )
        const kinds = new Set(answers.map((answer) => JSON.stringify(answer)))
        const same = kinds.size === 1 ? answers.length : 0
        return `${same} same answers, ${yield* booked([main])} booked`
      })
  },
  {
    name: "13 units split over two locations, 40 concurrent requests for either or both",
    expected: neverMore,
    measure: () =>
      Effect.gen(function* () {
        const store = yield* opened([movement("a", candle, main, 8), movement("b", candle, shelf, 5)])
        const both = [line("1", candle, main, 1), line("2", candle, shelf, 1)]
        yield* reserveAll(40, (index) => {
          const lines = [[line("1", candle, main, 1)], [line("1", candle, shelf, 1)], both][index % 3] ?? both
          // Half of the requests name their lines the other way round.
          return { key: `k${index}`, lines: index % 2 === 0 ? lines : lines.toReversed() }
        })
        const [atMain, atShelf] = yield* Effect.all([booked([main]), booked([shelf])])
        const late = yield* store.stock.reserve({
          key: "late",
          lines: [line("1", candle, main, 1), line("2", candle, shelf, 1)],
          expiresAt: null
        })
        const isRight = atMain <= 8 && atShelf <= 5 && (late._tag === "Refused" || (atMain < 8 && atShelf < 5))
        return isRight ? neverMore : `${atMain} of 8 and ${atShelf} of 5 booked`
      })
  },
  {
    name: "two kits that share a component in one request, one short",
    expected: "0 granted, 0 booked; with one more, 1 granted, 5 booked",
    measure: () =>
      Effect.gen(function* () {
        const store = yield* opened([
          movement("a", candle, main, 4),
          movement("b", box, main, 9),
          movement("c", ribbon, main, 9)
        ])
        // A gift takes two candles, a pair takes three.
        const pair = Item.make({
          id: ItemId.make("pair"),
          kind: "kit",
          sku: "PAIR",
          billOfMaterials: [{ itemId: candle.id, quantity: of(3) }]
        })
        yield* store.items.save([pair])
        const lines = [...kitLines("gift", gift, main), ...kitLines("pair", pair, main)]
        const short = yield* reserveAll(1, () => ({ key: "short", lines }))
        const bookedShort = yield* booked([main])
        yield* store.stock.record([movement("d", candle, main, 1)])
        const enough = yield* reserveAll(1, () => ({ key: "enough", lines }))
        const bookedEnough = yield* booked([main])
        return `${short} granted, ${bookedShort} booked; with one more, ${enough} granted, ${bookedEnough} booked`
      })
  },
  {
    name: "two processes, each with 100 receipts of one and 150 reservations of one",
    expected: nothingLost,
    measure: (otherProcess) =>
      Effect.gen(function* () {
        yield* opened([movement("start", candle, main, 50)])
        const half = { receipts: 100, reservations: 150 }
        const [here, there] = yield* Effect.all(
          [work({ ...half, prefix: "here" }), otherProcess({ ...half, prefix: "there" })],
          { concurrency: "unbounded" }
        )
        const onHand = units(yield* termOf(candle, main, "onHand"))
        const isBooked = yield* booked([main])
        const granted = here.reserved + there.reserved
        // Whatever was not granted in the crush must still be there to be had.
        const rest = yield* reserveAll(onHand - isBooked + 1, (index) => ({
          key: `rest ${index}`,
          lines: [line("1", candle, main, 1)]
        }))
        const isRight = onHand === 250 && granted === isBooked && rest === onHand - isBooked
        return isRight
          ? nothingLost
          : `${onHand} on hand, ${granted} granted, ${isBooked} booked, ${rest} had afterwards`
      })
  },
  {
    name: "a kit of belt and wallet over three stores (belts 5/0/3, wallets 0/10/7), 30 concurrent requests",
    expected: "0 + 0 + 3 kits granted",
    measure: () =>
      Effect.gen(function* () {
        // Belts are candles here, wallets are boxes.
        const belts = [5, 0, 3]
        const wallets = [0, 10, 7]
        const stores = [main, shelf, repairs]
        yield* opened(
          stores
            .flatMap((at, index) => [
              movement(`belts ${index}`, candle, at, belts[index] ?? 0),
              movement(`wallets ${index}`, box, at, wallets[index] ?? 0)
            ])
            .filter(({ movements }) => movements.some(({ quantity }) => quantity > 0))
        )
        const granted = yield* Effect.forEach(
          stores,
          (at) =>
            reserveAll(10, (index) => ({
              key: `${at.id} ${index}`,
              lines: [line("belt", candle, at, 1), line("wallet", box, at, 1)]
            })),
          { concurrency: "unbounded" }
        )
        return `${granted.join(" + ")} kits granted`
      })
  }
]

/** Registers a test for each probe. */
export const storeProbes = ({ name, layer, otherProcess = work, timeoutMillis = 60_000 }: StoreToProbe): void => {
  describe(`${name} under probes of concurrency and idempotency`, () => {
    for (const probe of probes) {
      const measured = probe.measure(otherProcess).pipe(
        Effect.map((observed) => assert.strictEqual(observed, probe.expected)),
        // @effect-diagnostics-next-line strictEffectProvide:off -- a law is a test, and a test is where a program begins
        Effect.provide(Layer.fresh(layer), { local: true })
      )
      it.live(`${probe.name}: ${probe.expected}`, () => measured, timeoutMillis)
    }
  })
}

const opened = Effect.fnUntraced(function* (documents: ReadonlyArray<ReturnType<typeof movement>>) {
  yield* open
  const store = yield* Store
  yield* store.stock.record(documents)
  return store
})

interface Request {
  readonly key: string
  readonly lines: ReadonlyArray<DemandLine>
}

/** Sends requests at the same time, and counts those that were granted. */
const reserveAll = Effect.fnUntraced(function* (count: number, requestOf: (index: number) => Request) {
  const store = yield* Store
  const answers = yield* Effect.all(
    times(count, (index) => store.stock.reserve({ ...requestOf(index), expiresAt: null })),
    { concurrency: "unbounded" }
  )
  return answers.filter(({ _tag }) => _tag === "Reserved").length
})

const booked = (locations: ReadonlyArray<Location>) =>
  Effect.map(
    Effect.forEach(locations, (location) => termOf(candle, location, "reservations")),
    (quantities) => quantities.reduce((sum, quantity) => sum + units(quantity), 0)
  )

const kitLines = (name: string, kit: Item.Item, location: Location): ReadonlyArray<DemandLine> =>
  kit.billOfMaterials.map(({ itemId, quantity }, index) => ({
    lineId: `${name} ${index}`,
    itemId,
    locationId: location.id,
    quantity
  }))

const times = <A>(count: number, make: (index: number) => A): ReadonlyArray<A> =>
  Array.from({ length: count }, (_, index) => make(index))

const units = (quantity: number): number => quantity / scale
