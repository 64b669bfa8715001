import { assert, describe, it } from "@effect/vitest"
import * as Availability from "@stockport/core/decide/Availability"
import { ItemId } from "@stockport/core/domain/ItemId"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import * as Position from "@stockport/core/domain/Position"
import * as Quantity from "@stockport/core/domain/Quantity"
import { safe } from "@stockport/core/domain/SyncPolicy"
import * as fc from "fast-check"
import { channel, connection, item, link, listing, publish } from "./Catalogue.ts"

const places = ["North", "South", "West"].map((id) => LocationId.make(id))

const locations: ReadonlyArray<Location> = places.map((id) => ({ id, name: id, nettable: true, isDefault: false }))

const mug = item("A", "A")
const pair = item("PAIR", "PAIR", {
  kind: "kit",
  billOfMaterials: [{ itemId: ItemId.make("A"), quantity: Quantity.of(2) }]
})

/** Units on hand and committed, by place. */
type Books = ReadonlyArray<{ readonly onHand: number; readonly committed: number }>

/** What a channel fed by some places offers of an item (single units, or pairs). */
const offered = (
  books: Books,
  feeding: ReadonlyArray<LocationId>,
  of: typeof mug,
  kitPooling: "pooled" | "perLocation"
) => {
  const positions = books.map(({ onHand, committed }, at) =>
    Position.make({
      itemId: mug.id,
      locationId: places[at]!,
      onHand: Quantity.of(onHand),
      salesOrders: Quantity.of(committed)
    })
  )
  const input = { items: [mug, pair], locations, positions, policy: { ...safe.availability, kitPooling } }
  const own = Availability.compute({ ...input, feeding })
  const shared = Availability.compute({ ...input, feeding: null })
  const [update] = publish({
    connection: connection(),
    channel: { ...channel, locations: feeding },
    links: [link(listing("1/1", of.sku), of.id)],
    items: (id) => (id === pair.id ? pair : mug),
    available: (id) => own.get(id) ?? null,
    shared: (id) => shared.get(id) ?? null
  }).updates
  return update?.quantity ?? 0
}

const pooled = (books: Books) => books.reduce((sum, { onHand, committed }) => sum + onHand - committed, 0)

const feed = fc.subarray([...places], { minLength: 1 })

const sale = fc.record({
  channel: fc.nat(2),
  of: fc.constantFrom(mug, pair),
  share: fc.constantFrom(1, 1, 0.5),
  bookedAt: fc.nat(2)
})

const world = fc.record({
  books: fc.array(fc.record({ onHand: fc.nat(12), committed: fc.nat(6) }), { minLength: 3, maxLength: 3 }),
  channels: fc.array(feed, { minLength: 3, maxLength: 3 }),
  kitPooling: fc.constantFrom("pooled" as const, "perLocation" as const),
  sales: fc.array(sale, { maxLength: 8 })
})

describe("channels that share stock, whatever feeds them", () => {
  it("never sell more than the pool holds, one after the other, wherever each sale is booked", () => {
    fc.assert(
      fc.property(world, ({ books, channels, kitPooling, sales }) => {
        let now: Books = books
        for (const { channel: at, of, share, bookedAt } of sales) {
          const feeding = channels[at]!
          const offer = offered(now, feeding, of, kitPooling)
          const units = Math.ceil(offer * share) * (of === pair ? 2 : 1)
          const before = pooled(now)
          assert.isAtMost(units, Math.max(0, before))
          const place = places.indexOf(feeding[bookedAt % feeding.length]!)
          now = now.map((each, index) => (index === place ? { ...each, committed: each.committed + units } : each))
          assert.isAtLeast(pooled(now), Math.min(0, before))
        }
      }),
      { numRuns: 500 }
    )
  })

  it("offer nothing any more, each of them, once one has sold out what there was", () => {
    fc.assert(
      fc.property(world, ({ books, channels, kitPooling }) => {
        const units = offered(books, places, mug, kitPooling)
        const sold = books.map((each, index) => (index === 0 ? { ...each, committed: each.committed + units } : each))
        for (const feeding of channels) assert.strictEqual(offered(sold, feeding, mug, kitPooling), 0)
      })
    )
  })
})
