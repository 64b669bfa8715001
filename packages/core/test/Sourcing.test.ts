import { assert, describe, it } from "@effect/vitest"
import * as Availability from "@stockport/core/decide/Availability"
import * as Fulfilment from "@stockport/core/decide/Fulfilment"
import { choose, feedingOf } from "@stockport/core/decide/Sourcing"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { ItemId } from "@stockport/core/domain/ItemId"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import type { Demand } from "@stockport/core/domain/Demand"
import type { Movement } from "@stockport/core/domain/Movement"
import * as Order from "@stockport/core/domain/Order"
import * as Position from "@stockport/core/domain/Position"
import * as Quantity from "@stockport/core/domain/Quantity"
import type { Sale } from "@stockport/core/domain/Sale"
import { safe } from "@stockport/core/domain/SyncPolicy"
import { Result } from "effect"
import * as fc from "fast-check"
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

const set = (quantity: number, rest = {}) => Shop.order([Shop.line("1", "set", { quantity, ...rest })])

const linesOf = ({ demand }: Shop.Stored) => spelled(demand?.lines ?? [])

const spelled = (lines: ReadonlyArray<Pick<Movement, "itemId" | "locationId" | "quantity">>) =>
  lines.map(({ itemId, locationId, quantity }) => `${Quantity.format(quantity)} ${itemId} ${locationId}`)

describe("kits and packs that no location has all of", () => {
  /** Two sets of two mugs and a plate: one from each location. */
  const apart = facts({ "mug main": 5, "plate main": 1, "mug annex": 2, "plate annex": 9 })

  it("are committed at several, whole ones at each, and what is missing at the first", () => {
    const one = ["2 mug main", "1 plate main", "2 mug annex", "1 plate annex"]
    assert.deepStrictEqual(linesOf(Shop.deliver([set(2)], apart)), one)
    const five = ["8 mug main", "4 plate main", "2 mug annex", "1 plate annex"]
    assert.deepStrictEqual(linesOf(Shop.deliver([set(5)], apart)), five)
  })

  it("stay where they were booked, leave one location after the other, and grow and shrink at the last", () => {
    const later = (quantity: number, shipped: number, at: number) => ({
      ...set(quantity, { shipped }),
      modifiedAt: Shop.later(at)
    })
    const booked = Shop.deliver([set(2)], apart)
    const elsewhere = facts({ "mug main": 99, "plate main": 99 })
    const grown = Shop.deliver([later(3, 0, 1)], elsewhere, booked)
    assert.deepStrictEqual(linesOf(grown), ["2 mug main", "1 plate main", "4 mug annex", "2 plate annex"])
    const shipped = Shop.deliver([later(3, 2, 2)], elsewhere, grown)
    assert.deepStrictEqual(linesOf(shipped), ["2 mug annex", "1 plate annex"])
    assert.deepStrictEqual(spelled(shipped.movements), [
      "-2 mug main",
      "-1 plate main",
      "-2 mug annex",
      "-1 plate annex"
    ])
    const shrunk = Shop.deliver([later(1, 0, 1)], elsewhere, booked)
    assert.deepStrictEqual(linesOf(shrunk), ["2 mug main", "1 plate main"])
  })

  it("lower their number by as many as were sold, at once and after each parcel, pooled or per location", () => {
    const books = fc.record({
      mug: fc.tuple(fc.integer({ min: -3, max: 12 }), fc.integer({ min: -3, max: 12 }), fc.integer({ min: 0, max: 9 })),
      plate: fc.tuple(fc.integer({ min: -3, max: 9 }), fc.integer({ min: -3, max: 9 }), fc.integer({ min: 0, max: 9 }))
    })
    const orders = fc.array(fc.record({ share: fc.integer({ min: 1, max: 10 }), parcel: fc.nat(10) }), {
      minLength: 1,
      maxLength: 4
    })
    fc.assert(
      fc.property(
        books,
        orders,
        fc.constantFrom("pooled", "perLocation"),
        fc.boolean(),
        (stock, sold, kitPooling, expandKits) => {
          const world = warehouse(stock, kitPooling, expandKits)
          sold.forEach(({ share, parcel }, at) => {
            const before = world.offered()
            const quantity = Math.ceil((before * share) / 10)
            if (quantity === 0) return
            const known = world.deliver(`${at}`, quantity)
            assert.strictEqual(world.offered(), before - quantity)
            world.ship(known, Math.ceil((quantity * parcel) / 10))
            assert.strictEqual(world.offered(), before - quantity)
          })
        }
      ),
      { numRuns: 500 }
    )
  })
})

/** Three locations with mugs and plates, and what is offered there of the set. */
const warehouse = (
  stock: Readonly<Record<"mug" | "plate", ReadonlyArray<number>>>,
  kitPooling: "pooled" | "perLocation",
  expandKits: boolean
) => {
  const places = [main, annex, store]
  const onHand = new Map<string, number>()
  const demands = new Map<string, Demand>()
  for (const id of ["mug", "plate"] as const) stock[id].forEach((units, at) => onHand.set(`${id} ${places[at]}`, units))
  const committedAt = (id: string, at: LocationId) =>
    [...demands.values()]
      .flatMap(({ lines }) => lines)
      .filter(({ itemId, locationId }) => itemId === id && locationId === at)
      .reduce((sum, { quantity }) => sum + quantity / Quantity.scale, 0)
  const left = (id: string, at: LocationId) => (onHand.get(`${id} ${at}`) ?? 0) - committedAt(id, at)
  const record = ({ movements }: Pick<Shop.Stored, "movements">) => {
    for (const { itemId, locationId, quantity } of movements) {
      const key = `${itemId} ${locationId}`
      onHand.set(key, (onHand.get(key) ?? 0) + quantity / Quantity.scale)
    }
  }
  return {
    offered: (): number => {
      const positions = ["mug", "plate"].flatMap((id) =>
        places.map((locationId) =>
          Position.make({
            itemId: ItemId.make(id),
            locationId,
            onHand: Quantity.of(onHand.get(`${id} ${locationId}`) ?? 0),
            salesOrders: Quantity.of(committedAt(id, locationId))
          })
        )
      )
      const policy = { ...safe.availability, kitPooling }
      const found = Availability.compute({ items: Shop.items, locations, positions, policy, feeding: null })
      const available = found.get(ItemId.make("set"))
      return available === undefined || available._tag === "Unlimited" ? 0 : available.quantity / Quantity.scale
    },
    deliver: (id: string, quantity: number): Sale => {
      const context = {
        ...Shop.context(),
        connection: Shop.connection({ policy: Shop.policy({ expandKits }) }),
        feeding: () => places,
        available: (item: ItemId, location: LocationId) => Quantity.of(left(item, location))
      }
      const order = Order.make({
        id: Order.OrderId.make(id),
        placedAt: Shop.placedAt,
        lines: [Shop.line("1", "set", { quantity })]
      })
      const stored = Shop.deliver([order, order], context)
      demands.set(id, stored.demand!)
      return stored.known!
    },
    ship: (sale: Sale, quantity: number): void => {
      if (quantity === 0) return
      const lineId = Order.OrderLineId.make("1")
      const shipped = Result.getOrThrow(Fulfilment.ship(sale, [{ lineId, quantity: Quantity.of(quantity) }]))
      demands.set(sale.orderId, shipped.demand)
      record(shipped)
    }
  }
}
