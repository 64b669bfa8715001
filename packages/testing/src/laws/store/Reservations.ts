/**
 * `reserve` books all lines or none, never takes available below zero, and answers a key once and for all.
 */
import { assert } from "@effect/vitest"
import { DemandSource } from "@stockport/core/domain/Demand"
import type { ReservationAnswer } from "@stockport/core/ports/Store"
import { of } from "@stockport/core/domain/Quantity"
import { DateTime } from "effect"
import {
  box,
  candle,
  clean,
  demand,
  dirtyIds,
  gift,
  line,
  main,
  movement,
  open,
  shelf,
  shop,
  termOf
} from "./Fixture.ts"
import { later, type Law, law, refused } from "./Law.ts"

const reservedOf = (answer: ReservationAnswer) => {
  if (answer._tag !== "Reserved") assert.fail(`refused: ${JSON.stringify(answer.shortages)}`)
  return answer
}

const shortagesOf = (answer: ReservationAnswer) => {
  if (answer._tag !== "Refused") assert.fail(`reserved under ${answer.source}`)
  return answer.shortages
}

/** The laws of `reserve`. */
export const reservations: ReadonlyArray<Law> = [
  law("a request that fits is booked as reservations", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 5)])
    const request = { key: "k1", lines: [line("1", candle, main, 2), line("2", candle, main, "0.5")], expiresAt: null }
    reservedOf(yield* store.stock.reserve(request))
    assert.strictEqual(yield* termOf(candle, main, "reservations"), of("2.5"))
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(5))
  }),

  law("a request is booked down to the last unit and not one further", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 5)])
    const request = (key: string, quantity: number | string) =>
      store.stock.reserve({ key, lines: [line("1", candle, main, quantity)], expiresAt: null })
    reservedOf(yield* request("k1", 5))
    const [shortage] = shortagesOf(yield* request("k2", "0.00001"))
    assert.deepInclude(shortage, {
      itemId: candle.id,
      locationId: main.id,
      requested: of("0.00001"),
      available: of(0)
    })
  }),

  law("lines of one item at one place are added before they are checked", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 1)])
    const lines = [line("1", candle, main, 1), line("2", candle, main, 1)]
    const shortages = shortagesOf(yield* store.stock.reserve({ key: "k1", lines, expiresAt: null }))
    assert.deepStrictEqual(
      shortages.map(({ requested, available }) => ({ requested, available })),
      [{ requested: of(2), available: of(1) }]
    )
    assert.strictEqual(yield* termOf(candle, main, "reservations"), of(0))
  }),

  law("a request that does not fit in one line books none, and names every line that does not fit", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 5), movement("r2", box, shelf, 1)])
    const lines = [line("1", candle, main, 3), line("2", box, shelf, 2), line("3", box, main, 1)]
    const shortages = shortagesOf(yield* store.stock.reserve({ key: "k1", lines, expiresAt: null }))
    assert.deepStrictEqual(shortages.map(({ itemId, locationId }) => `${itemId} ${locationId}`).sort(), [
      `${box.id} ${main.id}`,
      `${box.id} ${shelf.id}`
    ])
    assert.strictEqual(yield* termOf(candle, main, "reservations"), of(0))
  }),

  law(
    "everything that speaks against the stock at a place stands in the way; what is on its way in does not help",
    function* (store) {
      yield* open
      yield* store.stock.record([movement("r1", candle, main, 7), movement("r2", candle, shelf, 50)])
      const kinds = ["salesOrder", "salesReceipt", "pickTicket", "softHold", "stockHold"] as const
      yield* store.stock.setDemand(kinds.map((kind) => demand(kind, kind, [line("1", candle, main, 1)])))
      yield* store.stock.setDemand([demand("po", "incoming", [line("1", candle, main, 50)])])
      const request = (key: string, quantity: number) =>
        store.stock.reserve({ key, lines: [line("1", candle, main, quantity)], expiresAt: null })
      assert.strictEqual(shortagesOf(yield* request("k1", 3))[0]?.available, of(2))
      reservedOf(yield* request("k2", 2))
    }
  ),

  law("a repeated key gets the first answer and books nothing more", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 5)])
    const first = yield* store.stock.reserve({ key: "k1", lines: [line("1", candle, main, 2)], expiresAt: null })
    const again = yield* store.stock.reserve({ key: "k1", lines: [line("1", candle, main, 2)], expiresAt: null })
    const other = yield* store.stock.reserve({ key: "k1", lines: [line("1", box, shelf, 400)], expiresAt: null })
    assert.deepStrictEqual(again, first)
    assert.deepStrictEqual(other, first)
    assert.strictEqual(yield* termOf(candle, main, "reservations"), of(2))
  }),

  law("a refused key stays refused, whatever has come in since", function* (store) {
    yield* open
    const request = { key: "k1", lines: [line("1", candle, main, 2)], expiresAt: null }
    const first = yield* store.stock.reserve(request)
    shortagesOf(first)
    yield* store.stock.record([movement("r1", candle, main, 5)])
    assert.deepStrictEqual(yield* store.stock.reserve(request), first)
    reservedOf(yield* store.stock.reserve({ ...request, key: "k2" }))
  }),

  law("a reservation ends when its demand is set to nothing", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 1)])
    const lines = [line("1", candle, main, 1)]
    const { source } = reservedOf(yield* store.stock.reserve({ key: "k1", lines, expiresAt: null }))
    yield* store.stock.setDemand([demand(source, "reservation", [])])
    assert.strictEqual(yield* termOf(candle, main, "reservations"), of(0))
    reservedOf(yield* store.stock.reserve({ key: "k2", lines, expiresAt: null }))
  }),

  law("a reservation ends at its deadline, and what it held can be reserved again", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 1)])
    const lines = [line("1", candle, main, 1)]
    const expiresAt = DateTime.add(yield* DateTime.now, { minutes: 10 })
    reservedOf(yield* store.stock.reserve({ key: "k1", lines, expiresAt }))
    yield* clean(shop)
    shortagesOf(yield* later("9 minutes", store.stock.reserve({ key: "k2", lines, expiresAt: null })))
    assert.deepStrictEqual(yield* later("9 minutes", dirtyIds(shop)), [])
    reservedOf(yield* later("11 minutes", store.stock.reserve({ key: "k3", lines, expiresAt: null })))
    assert.deepStrictEqual(yield* later("11 minutes", dirtyIds(shop)), [candle.id])
  }),

  law("a key keeps its answer when its reservation has ended, and holds nothing again", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 2)])
    const lines = [line("1", candle, main, 1)]
    const expiresAt = DateTime.add(yield* DateTime.now, { minutes: 10 })
    const released = reservedOf(yield* store.stock.reserve({ key: "k1", lines, expiresAt: null }))
    const expired = reservedOf(yield* store.stock.reserve({ key: "k2", lines, expiresAt }))
    yield* store.stock.setDemand([demand(released.source, "reservation", [])])
    yield* later("11 minutes", dirtyIds(shop))
    assert.deepStrictEqual(yield* store.stock.reserve({ key: "k1", lines, expiresAt: null }), released)
    assert.deepStrictEqual(yield* store.stock.reserve({ key: "k2", lines, expiresAt }), expired)
    assert.strictEqual(yield* termOf(candle, main, "reservations"), of(0))
    yield* clean(shop)
    yield* store.stock.setDemand([demand(released.source, "reservation", [])])
    assert.deepStrictEqual(yield* later("1 day", dirtyIds(shop)), [])
  }),

  law("a reservation whose demand is set anew holds what was set, and goes away with it", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 5)])
    const { source } = reservedOf(
      yield* store.stock.reserve({ key: "k1", lines: [line("1", candle, main, 1)], expiresAt: null })
    )
    yield* store.stock.setDemand([demand(source, "salesOrder", [line("1", candle, main, 3)])])
    assert.strictEqual(yield* termOf(candle, main, "reservations"), of(0))
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), of(3))
    yield* store.stock.setDemand([demand(source, "salesOrder", [])])
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), of(0))
    yield* store.stock.setDemand([demand(source, "softHold", [line("1", candle, main, 2)])])
    assert.strictEqual(yield* termOf(candle, main, "softHolds"), of(2))
  }),

  law("a key whose source has demand that was set by hand is taken, until that has ended", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 5)])
    const source = DemandSource.make("reservation:k1")
    const request = { key: "k1", lines: [line("1", candle, main, 2)], expiresAt: null }
    yield* store.stock.setDemand([demand(source, "reservation", [line("1", candle, main, 1)])])
    yield* refused(store.stock.reserve(request), "Taken")
    assert.strictEqual(yield* termOf(candle, main, "reservations"), of(1))
    yield* store.stock.setDemand([demand(source, "reservation", [])])
    reservedOf(yield* store.stock.reserve(request))
    assert.strictEqual(yield* termOf(candle, main, "reservations"), of(2))
  }),

  law("a reservation of what does not exist, or has no stock, is refused as a mistake", function* (store) {
    yield* open
    const unknownItem = { ...candle, id: "nothing" as typeof candle.id }
    const request = (lines: ReadonlyArray<ReturnType<typeof line>>) =>
      store.stock.reserve({ key: "k1", lines, expiresAt: null })
    yield* refused(request([line("1", unknownItem, main, 1)]), "Unknown")
    yield* refused(request([line("1", gift, main, 1)]), "Invalid")
    yield* refused(request([]), "Invalid")
    yield* store.stock.record([movement("r1", candle, main, 1)])
    reservedOf(yield* request([line("1", candle, main, 1)]))
  })
]
