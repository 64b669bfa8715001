/**
 * What the domain's schemas accept is kept and comes back as it was; what they refuse is refused by the field's name.
 *
 * Every bound is tried with characters of three bytes each: the longest that a text of so many code units can be.
 */
import { assert } from "@effect/vitest"
import { ChannelId } from "@stockport/core/domain/Channel"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import * as Item from "@stockport/core/domain/Item"
import { ItemId, itemIdLengthMax } from "@stockport/core/domain/ItemId"
import type * as Listing from "@stockport/core/domain/Listing"
import type { LocationId } from "@stockport/core/domain/Location"
import { max, of, type Quantity } from "@stockport/core/domain/Quantity"
import { revisionMax } from "@stockport/core/domain/Sale"
import * as Text from "@stockport/core/domain/Text"
import { documentKeyLengthMax, instantMax, reservationKeyLengthMax } from "@stockport/core/ports/Admission"
import { Actor, type Store } from "@stockport/core/ports/Store"
import { DateTime, Effect, Option } from "effect"
import { candle, demand, line, linkOf, main, movement, open, saleOf, shop, termOf, web } from "./Fixture.ts"
import { type Law, law, refused } from "./Law.ts"

type Service = Store["Service"]

/** A text that is kept somewhere: how long it may be, the field's name, and how it is kept and found again. */
interface Kept {
  readonly what: string
  readonly lengthMax: number
  readonly field: string
  readonly keep: (store: Service, text: string) => Effect.Effect<unknown, unknown>
  readonly find: (store: Service, text: string) => Effect.Effect<string | undefined, unknown>
}

// A value that its own constructor would refuse, as whatever is wanted of it.
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
const unchecked = <A>(value: unknown): A => value as A

const inventory = (id: string, rest: Partial<Item.Item> = {}): Item.Item => ({
  ...candle,
  id: unchecked<ItemId>(id),
  ...rest
})

const listed = (product: string, variant: string): Listing.Listing => ({
  ...linkOf(candle, "p").listing,
  key: unchecked<Listing.ListingKey>(`${product}/${variant}`),
  productId: unchecked<Listing.ProductId>(product),
  variantId: unchecked<Listing.VariantId>(variant)
})

const full = (lengthMax: number) => "字".repeat(lengthMax)

const itemField = (field: "sku" | "name" | "description" | "baseUnit", lengthMax: number): Kept => ({
  what: `an item's ${field}`,
  lengthMax,
  field,
  keep: (store, text) => store.items.save([{ ...candle, [field]: text }]),
  find: (store) => Effect.map(store.items.get([candle.id]), ([item]) => item?.[field])
})

const ofItems: ReadonlyArray<Kept> = [
  {
    what: "an item's id",
    lengthMax: itemIdLengthMax,
    field: "id",
    keep: (store, text) => store.items.save([inventory(text)]),
    find: (store, text) => Effect.map(store.items.get([ItemId.make(text)]), ([item]) => item?.id)
  },
  itemField("sku", Text.skuLengthMax),
  itemField("name", 100),
  itemField("description", 4_000),
  itemField("baseUnit", Text.lineLengthMax)
]

const ofStock: ReadonlyArray<Kept> = [
  {
    what: "a location's id",
    lengthMax: Text.idLengthMax,
    field: "id",
    keep: (store, text) => store.stock.saveLocations([{ ...main, id: unchecked<LocationId>(text), isDefault: false }]),
    find: (store, text) => Effect.map(store.stock.locations, (all) => all.find(({ id }) => id === text)?.id)
  },
  {
    what: "a location's name",
    lengthMax: Text.lineLengthMax,
    field: "name",
    keep: (store, text) => store.stock.saveLocations([{ ...main, name: text }]),
    find: (store) => Effect.map(store.stock.locations, (all) => all.find(({ id }) => id === main.id)?.name)
  },
  {
    what: "a stock document's key",
    lengthMax: documentKeyLengthMax,
    field: "key",
    keep: (store, text) => store.stock.record([movement(text, candle, main, 3), movement(text, candle, main, 3)]),
    find: (store, text) =>
      Effect.map(store.stock.snapshot([candle.id]), ({ positions }) =>
        positions[0]?.onHand === of(3) ? text : undefined
      )
  },
  {
    what: "a source of demand",
    lengthMax: 300,
    field: "source",
    keep: (store, text) =>
      store.stock.setDemand([{ ...demand("x", "salesOrder", [line("1", candle, main, 1)]), source: unchecked(text) }]),
    find: (store) => Effect.map(store.stock.demandOf([candle.id], 1), ([row]) => row?.source)
  },
  {
    what: "a reservation's key",
    lengthMax: reservationKeyLengthMax,
    field: "key",
    keep: (store, text) =>
      Effect.andThen(
        store.stock.record([movement("r1", candle, main, 3)]),
        store.stock.reserve({ key: text, lines: [line("1", candle, main, 1)], expiresAt: null })
      ),
    find: (store) =>
      Effect.map(store.stock.demandOf([candle.id], 1), ([row]) => row?.source.replace(/^reservation:/, ""))
  }
]

const ofShops: ReadonlyArray<Kept> = [
  {
    what: "a channel's id",
    lengthMax: Text.idLengthMax,
    field: "id",
    keep: (store, text) => store.connections.saveChannel({ ...web, id: unchecked<ChannelId>(text) }),
    find: (store, text) =>
      Effect.map(store.connections.channel(ChannelId.make(text)), (found) => Option.getOrUndefined(found)?.id)
  },
  {
    what: "a connection's id",
    lengthMax: Text.idLengthMax,
    field: "id",
    keep: (store, text) => store.connections.save({ ...shop, id: unchecked<ConnectionId>(text) }),
    find: (store, text) =>
      Effect.map(store.connections.get(ConnectionId.make(text)), (found) => Option.getOrUndefined(found)?.id)
  },
  {
    what: "a variant's id",
    lengthMax: Text.idLengthMax,
    field: "listing.key",
    keep: (store, text) => {
      const product = full(Text.idLengthMax)
      const links = [{ ...linkOf(candle, "p"), listing: listed(product, text) }]
      const publication = {
        connectionId: shop.id,
        key: listed(product, text).key,
        cartLocationId: shop.publishTo[0].cartLocationId,
        itemId: candle.id,
        quantity: 1,
        publishedAt: DateTime.makeUnsafe(0),
        receipt: null
      }
      return Effect.andThen(store.links.save(links), store.publications.record(shop.id, [publication], []))
    },
    find: (store, text) =>
      Effect.map(
        store.links.ofListings(shop.id, [listed(full(Text.idLengthMax), text).key]),
        ([link]) => link?.listing.variantId ?? undefined
      )
  },
  {
    what: "why a listing is excluded",
    lengthMax: Text.textLengthMax,
    field: "reason",
    keep: (store, text) =>
      store.links.exclude([{ connectionId: shop.id, key: linkOf(candle, "p").listing.key, reason: text }]),
    find: (store) => Effect.map(store.links.exclusions(shop.id), ([exclusion]) => exclusion?.reason)
  }
]

const ofRecords: ReadonlyArray<Kept> = [
  {
    what: "an order's id",
    lengthMax: Text.idLengthMax,
    field: "orderId",
    keep: (store, text) => {
      const { order, ...sale } = saleOf("1", null)
      const orderId = unchecked<typeof sale.orderId>(text)
      return store.sales.save([
        {
          ...sale,
          id: unchecked(`${shop.id}:${Text.isWritable(text) ? text : "1"}`),
          orderId,
          order: { ...order, id: orderId }
        }
      ])
    },
    find: (store, text) => Effect.map(store.sales.ofOrders(shop.id, [unchecked(text)]), ([sale]) => sale?.orderId)
  },
  {
    what: "what a customer wrote",
    lengthMax: Text.textLengthMax,
    field: "order.message",
    keep: (store, text) => {
      const sale = saleOf("1", null)
      return store.sales.save([{ ...sale, order: { ...sale.order, message: text } }])
    },
    find: (store) =>
      Effect.map(store.sales.ofOrders(shop.id, [saleOf("1", null).orderId]), ([sale]) => sale?.order.message)
  },
  {
    what: "what an issue is about",
    lengthMax: Text.textLengthMax,
    field: "about.orderId",
    keep: (store, text) =>
      store.issues.raise(shop.id, [
        { code: "ORDER_HELD", message: "held", remedy: "link it", about: { orderId: text } }
      ]),
    find: (store) =>
      Effect.map(store.issues.open(shop.id, { after: null, limit: 1 }), ([open]) => open?.issue.about["orderId"])
  },
  {
    what: "an event's subject",
    lengthMax: Text.lineLengthMax,
    field: "subject",
    keep: (store, text) =>
      store.events.append([
        { kind: "linked", subject: text, actor: "Ann", reason: "", at: DateTime.makeUnsafe("2026-03-01T00:00:00Z") }
      ]),
    find: (store) => Effect.map(store.events.list({ after: null, limit: 1_000 }), (all) => all.at(-1)?.event.subject)
  },
  {
    what: "why somebody makes a change",
    lengthMax: Text.textLengthMax,
    field: "actor.reason",
    keep: (store, text) => Effect.provideService(store.items.save([candle]), Actor, { name: "Ann", reason: text }),
    find: (store) => Effect.map(store.events.list({ after: null, limit: 1_000 }), (all) => all.at(-1)?.event.reason)
  }
]

/** Texts that no store keeps, each with what is wrong with it. */
const unkeepable = ["a zero \u0000 character", "half a \uD83D character", "\uDE00 the other half"]

const lawOf = ({ field, find, keep, lengthMax, what }: Kept): Law =>
  law(
    `${what} has up to ${lengthMax} code units, all of them kept; more, or what cannot be kept, is refused`,
    function* (store) {
      yield* open
      for (const text of unkeepable) {
        const fault = yield* refused(keep(store, text), "Invalid")
        assert.include(fault.field, field)
        assert.notMatch(fault.value, new RegExp(String.fromCharCode(0)))
      }
      const beyond = yield* refused(keep(store, full(lengthMax + 1)), "Invalid")
      assert.include(beyond.field, field)
      assert.isAtMost(beyond.value.length, Text.lineLengthMax)
      yield* keep(store, full(lengthMax))
      assert.strictEqual(yield* find(store, full(lengthMax)), full(lengthMax))
    }
  )

/** The laws of what can be kept. */
export const bounds: ReadonlyArray<Law> = [
  ...[...ofItems, ...ofStock, ...ofShops, ...ofRecords].map(lawOf),

  law("an item made of the longest SKU has room for it in its id", function* (store) {
    yield* open
    const sku = full(Text.skuLengthMax)
    const item = Item.make({ id: ItemId.make(`sku:${sku}`), kind: "inventory", sku })
    yield* store.items.save([item])
    yield* store.stock.record([movement("r1", item, main, 1)])
    assert.deepStrictEqual(yield* store.items.bySku([sku]), [item])
  }),

  law("what is no quantity is refused, and so is a sum that would be none", function* (store) {
    yield* open
    for (const quantity of [0.5, 2 ** 53, Infinity, Number.NaN]) {
      const moved = { ...movement("r1", candle, main, 1).movements[0]!, quantity: unchecked<Quantity>(quantity) }
      const fault = yield* refused(store.stock.record([{ key: "r1", movements: [moved] }]), "Invalid")
      assert.include(fault.field, "quantity")
    }
    const most = { ...line("1", candle, main, 1), quantity: max as Quantity }
    yield* store.stock.setDemand([demand("s1", "salesOrder", [most])])
    yield* refused(store.stock.setDemand([demand("s2", "salesOrder", [line("1", candle, main, "0.00001")])]), "Invalid")
    assert.strictEqual(yield* termOf(candle, main, "salesOrders"), max)
  }),

  law("a sale's revision ends before it would overflow", function* (store) {
    yield* open
    const fault = yield* refused(store.sales.save([{ ...saleOf("1", null), revision: revisionMax + 1 }]), "Invalid")
    assert.strictEqual(fault.field, "revision")
  }),

  law("an instant that no calendar of a database has is refused", function* (store) {
    yield* open
    const late = DateTime.add(instantMax, { hours: 1 })
    const cursor = yield* refused(store.connections.setCursor(shop.id, { modifiedSince: late }), "Invalid")
    assert.strictEqual(cursor.field, "modifiedSince")
    const asOf = yield* refused(
      store.stock.count("c1", [{ itemId: candle.id, locationId: main.id, counted: of(1) }], { asOf: late }),
      "Invalid"
    )
    assert.strictEqual(asOf.field, "asOf")
    yield* store.connections.setCursor(shop.id, { modifiedSince: instantMax })
    const kept = Option.getOrThrow(yield* store.connections.cursor(shop.id))
    assert.isTrue(DateTime.Equivalence(kept.modifiedSince, instantMax))
  }),

  law("who changes something says who he is", function* (store) {
    yield* open
    for (const name of ["", "  ", "\u200B"]) {
      const nobody = Effect.provideService(store.items.save([candle]), Actor, { name, reason: "" })
      const fault = yield* refused(nobody, "Invalid")
      assert.strictEqual(fault.field, "actor.name")
    }
  })
]
