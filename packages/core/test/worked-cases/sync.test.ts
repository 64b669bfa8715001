import { assert, describe, it } from "@effect/vitest"
import { Channel, Connection, ConnectionId, Item, ItemId, Link, Listing, Location, Quantity } from "@stockport/core"
import { Cart, Rejected } from "@stockport/core/ports/Cart"
import { Store } from "@stockport/core/ports/Store"
import * as Connect from "@stockport/core/sync/Connect"
import * as Cycle from "@stockport/core/sync/Cycle"
import { MemoryStore, ScriptedCart } from "@stockport/testing"
import { DateTime, Effect, Layer, Option } from "effect"
import { TestClock } from "effect/testing"

const mug = Item.make({ id: ItemId.ItemId.make("MUG"), kind: "inventory", sku: "MUG" })

const listing = Listing.make({
  productId: Listing.ProductId.make("1"),
  variantId: Listing.VariantId.make("1"),
  shape: "variant",
  goods: "physical",
  sku: "MUG",
  name: "Mug",
  tracking: "variant",
  shopBundle: false
})

const place = (id: string) => Location.LocationId.make(id)

/** A business with so many mugs at each place; the first place is the default. */
const business = (stock: Readonly<Record<string, number>>) =>
  Effect.gen(function* () {
    const store = yield* Store
    const ids = Object.keys(stock)
    yield* store.stock.saveLocations(
      ids.map((id, at) => ({ id: place(id), name: id, nettable: true, isDefault: at === 0 }))
    )
    yield* store.items.save([mug])
    yield* store.stock.count(
      "opening",
      Object.entries(stock).map(([id, units]) => ({
        itemId: mug.id,
        locationId: place(id),
        counted: Quantity.of(units)
      }))
    )
  })

/** A shop that sells the mug, on a channel of its own that these places feed; orders are booked at `booksAt`. */
const shop = (name: string, feeds: ReadonlyArray<string>, booksAt: string) =>
  Effect.gen(function* () {
    const { connections, links } = yield* Store
    const { cart, script } = yield* ScriptedCart.make()
    const channelId = Channel.ChannelId.make(name)
    const connection = Connection.make({
      id: ConnectionId.ConnectionId.make(name),
      channelId,
      locationId: place(booksAt),
      publishTo: [{ cartLocationId: ScriptedCart.defaults.locations[0].id, locations: null }],
      importFrom: DateTime.makeUnsafe(0),
      referencePrefix: `${name}-`
    })
    yield* connections.saveChannel({ id: channelId, name, description: "", locations: feeds.map(place) })
    yield* script.shop.offer(listing, 1)
    yield* Effect.provideService(Connect.connect(connection), Cart, cart)
    yield* links.save([Link.make({ connectionId: connection.id, listing, itemId: mug.id, tier: "exact" })])
    return {
      cycle: Effect.provideService(Effect.andThen(TestClock.adjust("1 minute"), Cycle.run(connection.id)), Cart, cart),
      buys: (units: number) =>
        Effect.map(script.shop.buy([{ key: listing.key, quantity: units }]), (order) => Option.isSome(order)),
      shows: script.shop.level(listing.key),
      script
    }
  })

const alone = Layer.fresh(MemoryStore.layer)

describe("worked cases of the sync", () => {
  it.effect("N38 booked where it was sold from: a location that feeds nothing is refused", () =>
    Effect.gen(function* () {
      yield* business({ Main: 0, Annex: 10 })
      const refused = yield* Effect.flip(shop("A", ["Annex"], "Main"))
      assert.strictEqual(refused._tag, "ConnectionRefused")
      assert.include(refused.message, "these do: Annex.")
    }).pipe(Effect.provide(alone))
  )

  it.effect("N38 booked where it was sold from: every order lowers the number that sold it", () =>
    Effect.gen(function* () {
      yield* business({ Main: 0, Annex: 10 })
      const { buys, cycle, shows } = yield* shop("A", ["Main", "Annex"], "Main")
      yield* cycle
      assert.strictEqual(yield* shows, 10)
      assert.isTrue(yield* buys(6))
      yield* cycle
      assert.strictEqual(yield* shows, 4)
      assert.isFalse(yield* buys(6))
      assert.isTrue(yield* buys(4))
      yield* cycle
      assert.strictEqual(yield* shows, 0)
    }).pipe(Effect.provide(alone))
  )

  it.effect("N39 overlapping channels: what one has sold of the shared stock, the other does not offer", () =>
    Effect.gen(function* () {
      yield* business({ North: 5, South: 3 })
      const both = yield* shop("A", ["North", "South"], "North")
      const south = yield* shop("B", ["South"], "South")
      yield* both.cycle
      yield* south.cycle
      assert.deepStrictEqual([yield* both.shows, yield* south.shows], [8, 3])
      assert.isTrue(yield* both.buys(8))
      yield* both.cycle
      yield* south.cycle
      assert.deepStrictEqual([yield* both.shows, yield* south.shows], [0, 0])
    }).pipe(Effect.provide(alone))
  )

  it.effect("N40 a refused number: right two cycles after its cause is gone, by itself", () =>
    Effect.gen(function* () {
      yield* business({ Main: 10 })
      const { cycle, script, shows } = yield* shop("A", ["Main"], "Main")
      const { issues, stock } = yield* Store
      yield* cycle
      yield* script.shop.refuse(listing.key, new Rejected({ detail: "a field is missing", fields: {} }))
      yield* stock.count("left", [{ itemId: mug.id, locationId: place("Main"), counted: Quantity.of(2) }])
      yield* cycle
      const open = issues.open(ConnectionId.ConnectionId.make("A"), { after: null, limit: 10 })
      assert.deepStrictEqual([yield* shows, (yield* open).map(({ issue }) => issue.code)], [10, ["PUBLISH_REJECTED"]])
      yield* script.shop.refuse(listing.key, null)
      yield* cycle
      yield* cycle
      assert.deepStrictEqual([yield* shows, yield* open], [2, []])
    }).pipe(Effect.provide(alone))
  )
})
