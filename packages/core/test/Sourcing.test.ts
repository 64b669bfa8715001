import { assert, describe, it } from "@effect/vitest"
import { choose, feedingOf } from "@stockport/core/decide/Sourcing"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { ItemId } from "@stockport/core/domain/ItemId"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import * as Quantity from "@stockport/core/domain/Quantity"
import * as Shop from "./Shop.ts"

const [main, annex, store, repairs] = ["main", "annex", "store", "repairs"].map((id) => LocationId.make(id)) as [
  LocationId,
  LocationId,
  LocationId,
  LocationId
]
const mug = ItemId.make("mug")
const plate = ItemId.make("plate")

const locations: ReadonlyArray<Location> = [annex, main, store, repairs].map((id) => ({
  id,
  name: id,
  nettable: id !== repairs,
  isDefault: id === main
}))

const place = (id: string, own: ReadonlyArray<LocationId> | null) => ({
  cartLocationId: CartLocationId.make(id),
  locations: own
})

describe("the locations that feed a shop", () => {
  it("are those of its channel that can be sold from, the connection's own first", () => {
    const connection = Shop.connection()
    assert.deepStrictEqual(feedingOf(connection, { locations: null }, locations)(null), [main, annex, store])
    assert.deepStrictEqual(feedingOf(connection, { locations: [store, annex, repairs] }, locations)(null), [
      annex,
      store
    ])
  })

  it("are narrowed by the places it publishes to, and a place of collection has its own", () => {
    const connection = Shop.connection({ publishTo: [place("1", [store]), place("2", [annex, repairs])] })
    const feeding = feedingOf(connection, { locations: null }, locations)
    assert.deepStrictEqual(feeding(null), [store, annex])
    assert.deepStrictEqual(feeding(CartLocationId.make("2")), [annex])
    assert.deepStrictEqual(feeding(CartLocationId.make("9")), [store, annex])
  })
})

describe("an order's line is committed", () => {
  const stock: Record<string, number> = { "mug main": 2, "mug annex": 5, "plate main": 9, "plate annex": 1 }
  const available = (item: ItemId, at: LocationId) => Quantity.of(stock[`${item} ${at}`] ?? 0)
  const at = (quantity: number, needs: ReadonlyArray<readonly [ItemId, number]>) =>
    choose(
      [main, annex, store],
      {
        quantity: Quantity.of(quantity),
        needs: needs.map(([itemId, each]) => ({ itemId, quantity: Quantity.of(each) }))
      },
      available
    )

  it("at the first place that has all of it", () => {
    assert.strictEqual(at(2, [[mug, 1]]), main)
    assert.strictEqual(at(3, [[mug, 1]]), annex)
    assert.strictEqual(
      at(1, [
        [mug, 2],
        [plate, 1]
      ]),
      main
    )
  })

  it("else at the one that has most of it, counted in whole listings", () => {
    assert.strictEqual(at(9, [[mug, 1]]), annex)
    assert.strictEqual(
      at(9, [
        [mug, 1],
        [plate, 1]
      ]),
      main
    )
  })

  it("else at the first", () => {
    assert.strictEqual(at(1, [[ItemId.make("ghost"), 1]]), main)
    assert.strictEqual(at(1, []), main)
    assert.isNull(choose([], { quantity: Quantity.one, needs: [] }, available))
  })
})

const facts = (left: Record<string, number>) => ({
  ...Shop.context(),
  feeding: () => [main, annex],
  available: (item: ItemId, location: LocationId) => Quantity.of(left[`${item} ${location}`] ?? 0)
})
const placesOf = (stored: Shop.Stored) => stored.demand?.lines.map(({ locationId }) => locationId)

describe("lines of orders with several places to come from", () => {
  it("see what the lines before have taken", () => {
    const two = Shop.order([Shop.line("1", "mug", { quantity: 2 }), Shop.line("2", "mug", { quantity: 2 })])
    assert.deepStrictEqual(placesOf(Shop.deliver([two], facts({ "mug main": 3, "mug annex": 2 }))), [main, annex])
  })

  it("stay where they were booked, whatever has happened to the stock since", () => {
    const booked = Shop.deliver([Shop.order([Shop.line("1", "mug", { quantity: 2 })])], facts({ "mug annex": 2 }))
    const more = Shop.order([Shop.line("1", "mug", { quantity: 3 })], { modifiedAt: Shop.later(1) })
    assert.deepStrictEqual(placesOf(Shop.deliver([more], facts({ "mug main": 9 }), booked)), [annex])
  })

  it("do not wander while their order is held, for what they hold themselves is missing there", () => {
    const held = Shop.order([Shop.line("1", "mug", { quantity: 2 }), Shop.line("2", "ghost")])
    const first = Shop.deliver([held], facts({ "mug main": 2, "mug annex": 2 }))
    assert.deepStrictEqual(placesOf(Shop.deliver([held], facts({ "mug annex": 2 }), first)), [main])
  })
})
