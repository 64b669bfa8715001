/**
 * On hand is the sum of the ledger's movements; each term of a position is the sum of the demand set for it.
 */
import { assert } from "@effect/vitest"
import type { DemandKind } from "@stockport/core/domain/Demand"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { LocationId } from "@stockport/core/domain/Location"
import type { PositionTerms } from "@stockport/core/domain/Position"
import { max, of } from "@stockport/core/domain/Quantity"
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
  positionOf,
  repairs,
  ribbon,
  shelf,
  shop,
  termOf,
  wrapping
} from "./Fixture.ts"
import { later, type Law, law, refused } from "./Law.ts"

const unknownItem = Item.make({ id: ItemId.make("nothing"), kind: "inventory", sku: "" })
const unknownLocation = { ...main, id: LocationId.make("nowhere") }

const termOfKind: Readonly<Record<DemandKind, keyof PositionTerms>> = {
  salesOrder: "salesOrders",
  salesReceipt: "salesReceipts",
  pickTicket: "pickTickets",
  reservation: "reservations",
  softHold: "softHolds",
  stockHold: "stockHolds",
  incoming: "incoming"
}

/** The laws of locations and the ledger. */
export const ledger: ReadonlyArray<Law> = [
  law("locations are replaced by id, and exactly one of all is the default", function* (store) {
    yield* store.stock.saveLocations([main, shelf])
    yield* refused(store.stock.saveLocations([{ ...shelf, isDefault: true }]), "Invalid")
    yield* store.stock.saveLocations([
      { ...main, isDefault: false },
      { ...shelf, isDefault: true, name: "Shelf 2" }
    ])
    const saved = yield* store.stock.locations
    assert.deepStrictEqual(
      saved.toSorted((left, right) => (left.id < right.id ? -1 : 1)),
      [
        { ...main, isDefault: false },
        { ...shelf, isDefault: true, name: "Shelf 2" }
      ]
    )
  }),

  law("there is no business without a default location", function* (store) {
    yield* refused(store.stock.saveLocations([shelf]), "Invalid")
    assert.deepStrictEqual(yield* store.stock.locations, [])
  }),

  law("on hand is the sum of the movements, to the fifth decimal, also below zero", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, "0.1"), movement("r2", candle, main, "0.2")])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of("0.3"))
    yield* store.stock.record([movement("s1", candle, main, "-1.30001", "shipment")])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of("-1.00001"))
    assert.strictEqual(yield* termOf(candle, shelf, "onHand"), of(0))
  }),

  law("a transfer is one document of two movements", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 10)])
    const parts = [movement("", candle, main, -4, "transfer"), movement("", candle, shelf, 4, "transfer")]
    yield* store.stock.record([{ key: "t1", movements: parts.flatMap(({ movements }) => movements) }])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(6))
    assert.strictEqual(yield* termOf(candle, shelf, "onHand"), of(4))
  }),

  law("a document written twice is written once", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 5), movement("r1", candle, main, 5)])
    yield* store.stock.record([movement("r1", candle, main, 5)])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(5))
  }),

  law("a movement of an unknown item or at an unknown location is refused by its name", function* (store) {
    yield* open
    const item = yield* refused(store.stock.record([movement("r1", unknownItem, main, 1)]), "Unknown")
    assert.deepInclude(item, { kind: "item", id: "nothing" })
    const location = yield* refused(store.stock.record([movement("r1", candle, unknownLocation, 1)]), "Unknown")
    assert.deepInclude(location, { kind: "location", id: "nowhere" })
  }),

  law("kits and services are given no stock", function* (store) {
    yield* open
    yield* refused(store.stock.record([movement("r1", gift, main, 1)]), "Invalid")
    yield* refused(store.stock.record([movement("r1", wrapping, main, 1)]), "Invalid")
    yield* refused(store.stock.count("c1", [{ itemId: gift.id, locationId: main.id, counted: of(1) }]), "Invalid")
  }),

  law("one bad document refuses all of a call, and its key stays free", function* (store) {
    yield* open
    const documents = [movement("r1", candle, main, 5), movement("r2", unknownItem, main, 1)]
    yield* refused(store.stock.record(documents), "Unknown")
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(0))
    yield* store.stock.record([movement("r1", candle, main, 7)])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(7))
  }),

  law("stock outside the range of quantities is refused, not rounded", function* (store) {
    yield* open
    const most = { itemId: candle.id, locationId: main.id, quantity: of("90071992547.40991") }
    assert.strictEqual(most.quantity, max)
    yield* store.stock.record([{ key: "r1", movements: [{ kind: "receipt", ...most }] }])
    yield* refused(store.stock.record([movement("r2", candle, main, "0.00001")]), "Invalid")
    assert.strictEqual(yield* termOf(candle, main, "onHand"), max)
  }),

  law("a count books the difference, once per key", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 10)])
    const counts = [
      { itemId: candle.id, locationId: main.id, counted: of(7) },
      { itemId: box.id, locationId: main.id, counted: of("2.5") }
    ]
    yield* store.stock.count("c1", counts)
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(7))
    assert.strictEqual(yield* termOf(box, main, "onHand"), of("2.5"))
    yield* store.stock.record([movement("s1", candle, main, -2, "shipment")])
    yield* store.stock.count("c1", counts)
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(5))
  }),

  law("nobody counts less than nothing", function* (store) {
    yield* open
    const counts = [
      { itemId: box.id, locationId: main.id, counted: of(3) },
      { itemId: candle.id, locationId: main.id, counted: of(-1) }
    ]
    yield* refused(store.stock.count("c1", counts), "Invalid")
    assert.strictEqual(yield* termOf(box, main, "onHand"), of(0))
  }),

  law("an item has moved when a movement or a count says so, also when nothing is left of it", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, main, 1), movement("s1", candle, main, -1, "shipment")])
    yield* store.stock.count("c1", [{ itemId: box.id, locationId: shelf.id, counted: of(0) }])
    yield* store.stock.setDemand([demand("order", "salesOrder", [line("1", ribbon, main, 1)])])
    const { moved } = yield* store.stock.snapshot([candle.id, box.id, ribbon.id, gift.id])
    assert.deepStrictEqual([...moved].sort(), [box.id, candle.id])
  }),

  law("a snapshot has all locations, and of unknown items nothing", function* (store) {
    yield* open
    yield* store.stock.record([movement("r1", candle, repairs, 1), movement("r2", box, main, 1)])
    const snapshot = yield* store.stock.snapshot([candle.id, unknownItem.id])
    assert.deepStrictEqual(snapshot.locations.map(({ id }) => id).sort(), [main.id, repairs.id, shelf.id])
    assert.deepStrictEqual([...new Set(snapshot.positions.map(({ itemId }) => itemId))], [candle.id])
  })
]

/** The laws of demand. */
export const demands: ReadonlyArray<Law> = [
  law("each kind of demand counts towards its own term", function* (store) {
    yield* open
    for (const kind of Object.keys(termOfKind) as ReadonlyArray<DemandKind>) {
      yield* store.stock.setDemand([demand(`a ${kind}`, kind, [line("1", candle, main, "1.5")])])
      yield* store.stock.setDemand([demand(`b ${kind}`, kind, [line("1", candle, main, 2)])])
    }
    const position = yield* positionOf(candle, main)
    for (const term of Object.values(termOfKind)) assert.strictEqual(position?.[term], of("3.5"), term)
    assert.strictEqual(position?.onHand, of(0))
  }),

  law("setting a source's demand replaces what it had; an empty one ends it", function* (store) {
    yield* open
    const set = (lines: Parameters<typeof demand>[2]) => store.stock.setDemand([demand("order", "salesOrder", lines)])
    yield* set([line("1", candle, main, 3), line("2", box, main, 1)])
    yield* set([line("1", candle, main, 2), line("3", candle, shelf, 4)])
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), of(2))
    assert.strictEqual(yield* termOf(candle, shelf, "salesOrders"), of(4))
    assert.strictEqual(yield* termOf(box, main, "salesOrders"), of(0))
    yield* set([])
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), of(0))
    assert.strictEqual(yield* termOf(candle, shelf, "salesOrders"), of(0))
  }),

  law("setting the same demand again changes nothing", function* (store) {
    yield* open
    const order = demand("order", "salesOrder", [line("1", candle, main, 3), line("2", candle, main, 1)])
    yield* store.stock.setDemand([order])
    yield* store.stock.setDemand([order])
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), of(4))
  }),

  law("a source whose demand turns into another kind has it under the new kind only", function* (store) {
    yield* open
    yield* store.stock.setDemand([demand("order", "softHold", [line("1", candle, main, 3)])])
    yield* store.stock.setDemand([demand("order", "salesOrder", [line("1", candle, main, 3)])])
    assert.strictEqual(yield* termOf(candle, main, "softHolds"), of(0))
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), of(3))
  }),

  law("demand may exceed what is there: the shortage is the information", function* (store) {
    yield* open
    yield* store.stock.setDemand([demand("order", "salesOrder", [line("1", candle, main, 3)])])
    assert.strictEqual(yield* termOf(candle, main, "onHand"), of(0))
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), of(3))
  }),

  law("demand for what does not exist, or has no stock, is refused, and what the source had stays", function* (store) {
    yield* open
    yield* store.stock.setDemand([demand("order", "salesOrder", [line("1", candle, main, 3)])])
    const bad = (item: Item.Item, location = main) =>
      store.stock.setDemand([demand("order", "salesOrder", [line("1", candle, main, 9), line("2", item, location, 1)])])
    yield* refused(bad(unknownItem), "Unknown")
    yield* refused(bad(candle, unknownLocation), "Unknown")
    yield* refused(bad(gift), "Invalid")
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), of(3))
  }),

  law("demand ends by itself at its deadline", function* (store) {
    yield* open
    const deadline = DateTime.add(yield* DateTime.now, { hours: 1 })
    yield* store.stock.setDemand([demand("hold", "softHold", [line("1", candle, main, 3)], deadline)])
    const held = termOf(candle, main, "softHolds")
    assert.strictEqual(yield* later("59 minutes", held), of(3))
    assert.strictEqual(yield* later("61 minutes", held), of(0))
    assert.strictEqual(yield* held, of(3), "looking does not end it before its time")
  }),

  law("demand that has expired marks its items dirty, and stays away", function* (store) {
    yield* open
    const deadline = DateTime.add(yield* DateTime.now, { hours: 1 })
    yield* store.stock.setDemand([demand("hold", "softHold", [line("1", candle, main, 3)], deadline)])
    yield* clean(shop)
    assert.deepStrictEqual(yield* later("59 minutes", dirtyIds(shop)), [])
    assert.deepStrictEqual(yield* later("61 minutes", dirtyIds(shop)), [candle.id])
    yield* later("61 minutes", clean(shop))
    assert.deepStrictEqual(yield* later("2 hours", dirtyIds(shop)), [])
    assert.strictEqual(yield* termOf(candle, main, "softHolds"), of(0))
  }),

  law("demand whose deadline is moved lasts until the new one", function* (store) {
    yield* open
    const now = yield* DateTime.now
    const lines = [line("1", candle, main, 3)]
    yield* store.stock.setDemand([demand("hold", "softHold", lines, DateTime.add(now, { hours: 1 }))])
    yield* store.stock.setDemand([demand("hold", "softHold", lines, DateTime.add(now, { hours: 3 }))])
    assert.strictEqual(yield* later("2 hours", termOf(candle, main, "softHolds")), of(3))
    yield* store.stock.setDemand([demand("hold", "softHold", lines)])
    assert.strictEqual(yield* later("30 days", termOf(candle, main, "softHolds")), of(3))
  })
]
