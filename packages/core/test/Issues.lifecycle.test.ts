/**
 * Issues are state: for every code there is a story in which an issue of it appears, and goes when its cause is gone, closed
 * by its one owner. A code without a story fails here.
 */
import { assert, describe, it } from "@effect/vitest"
import { Connection, ConnectionId, Item, ItemId, Link, Listing, Order, Quantity, SyncPolicy } from "@stockport/core"
import type { IssueCode } from "@stockport/core/domain/Issue"
import * as Issue from "@stockport/core/domain/Issue"
import * as Cart from "@stockport/core/ports/Cart"
import { Store, type StoreError } from "@stockport/core/ports/Store"
import * as Answer from "@stockport/core/sync/Answer"
import * as Connect from "@stockport/core/sync/Connect"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Import from "@stockport/core/sync/Import"
import * as Loop from "@stockport/core/sync/Loop"
import * as Match from "@stockport/core/sync/Match"
import * as Reconcile from "@stockport/core/sync/Reconcile"
import * as Trouble from "@stockport/core/sync/Trouble"
import { ScriptedCart } from "@stockport/testing"
import { DateTime, Duration, Effect, Fiber, Layer, Option, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as World from "./sync/World.ts"

type Needs = Store | Cart.Cart | ScriptedCart.Script

type Step = Effect.Effect<unknown, unknown, Needs>

/** How an issue comes, and how it goes, in a business that has run one cycle before (unless it is `fresh`). */
interface Story {
  readonly comes: Step
  readonly goes: Step
  readonly connection?: Partial<Connection.Connection>
  readonly settings?: Partial<ScriptedCart.Settings>
  readonly fresh?: boolean
}

const { connectionId } = World
const outlet = Connection.CartLocationId.make("2")
const outletToo = {
  locations: [...ScriptedCart.defaults.locations, { id: outlet, name: "Outlet", enabled: true, isDefault: false }]
} as const

const minute = Effect.andThen(TestClock.adjust("1 minute"), Cycle.run(connectionId))
const reconcile = Effect.andThen(TestClock.adjust("1 hour"), Reconcile.run(connectionId))
const rematch = Effect.flatMap(Match.plan(connectionId), (plan) => Match.apply({ id: connectionId }, plan))
const connect = (change: Partial<Connection.Connection> = {}) => Connect.connect(World.connectionWith(change))

/** Some steps, one after the other. */
const story = (...steps: ReadonlyArray<Step>): Step => Effect.all(steps, { discard: true })

const shop = (use: (script: ScriptedCart.ShopScript) => Step): Step =>
  Effect.flatMap(ScriptedCart.Script, (script) => use(script.shop))

const store = (use: (repositories: Store["Service"]) => Effect.Effect<unknown, StoreError>): Step =>
  Effect.flatMap(Store, use)

let counts = 0

const count = (itemId: ItemId.ItemId, units: number, locationId = World.main): Step =>
  store(({ stock }) => stock.count(`lifecycle ${++counts}`, [{ itemId, locationId, counted: Quantity.of(units) }]))

const saveItem = (item: Parameters<typeof Item.make>[0]): Step => store(({ items }) => items.save([Item.make(item)]))

const candle = { id: World.candle, kind: "inventory", sku: "CANDLE" } as const

const publishing = (changes: Partial<SyncPolicy.PublishingPolicy>) => ({
  policy: { ...SyncPolicy.safe, publishing: { ...SyncPolicy.safe.publishing, ...changes } }
})

const fedBy = (...locations: ReadonlyArray<typeof World.main>): Step =>
  store(({ connections }) => connections.saveChannel({ ...World.channel, locations }))

const refusal = new Cart.Rejected({ detail: "a required field is missing", fields: {} })

/** A cycle over items of the embedder's own, which no store of ours would keep: the gift set is another one. */
const cycleWith = (change: Partial<Item.Item>, without?: ItemId.ItemId): Step =>
  Effect.gen(function* () {
    const real = yield* Store
    yield* real.publications.mark(connectionId, [World.giftSet])
    const own = Store.of({
      ...real,
      items: {
        ...real.items,
        dependents: (ids) =>
          Effect.map(real.items.dependents(ids), ({ affected, items }) => ({
            affected,
            items: items
              .filter(({ id }) => id !== without)
              .map((each) => (each.id === World.giftSet ? { ...each, ...change } : each))
          }))
      }
    })
    yield* Effect.provideService(minute, Store, own)
  })

const soundAgain = story(
  store(({ publications }) => publications.mark(connectionId, [World.giftSet])),
  minute
)

const component = (itemId: ItemId.ItemId, quantity: number) => ({ itemId, quantity: Quantity.of(quantity) })

const { key: _, ...strange } = World.strangeListing

const hat = ItemId.ItemId.make("hat")

const hatListing = (id: string) =>
  Listing.make({
    ...strange,
    productId: Listing.ProductId.make("9"),
    variantId: Listing.VariantId.make(id),
    shape: "variant",
    sku: `HAT-${id}`,
    siblings: 2
  })

const linkHat = (id: string): Step =>
  store(({ links }) => links.save([Link.make({ connectionId, listing: hatListing(id), itemId: hat, tier: "manual" })]))

const second = ConnectionId.ConnectionId.make("second")

/** A business whose shop refuses the token, until the clock has passed the next probe. */
const unauthorised = Effect.gen(function* () {
  const { faults } = yield* ScriptedCart.Script
  const reason = new Cart.Unauthorized({ detail: "401" })
  yield* faults.plan(() => ({ _tag: "FailBefore", reason }))
  yield* loopFor("1 day")
})

const loopFor = (time: Duration.Input) =>
  Effect.gen(function* () {
    const layer = Layer.succeed(Cart.Cart, yield* Cart.Cart)
    const fiber = yield* Effect.forkChild(Loop.run({ connections: [{ connectionId, cart: layer }] }))
    yield* TestClock.adjust(time)
    yield* Fiber.interrupt(fiber)
  })

const soldId = Order.OrderId.make("77")

/** The shop sells five candles on one order. */
const sell: Step = Effect.gen(function* () {
  const placedAt = yield* DateTime.now
  const { productId, variantId, sku } = World.candleListing
  const line = { id: Order.OrderLineId.make("1"), productId, variantId, sku, quantity: Quantity.of(5) }
  const script = yield* ScriptedCart.Script
  yield* script.shop.place(Order.make({ id: soldId, placedAt, lines: [Order.makeLine(line)] }))
})

const edit = (rest: Partial<Order.Order>, change: Partial<Order.OrderLine> = {}): Step =>
  shop((script) =>
    script.edit(soldId, (order) => ({ ...order, ...rest, lines: order.lines.map((line) => ({ ...line, ...change })) }))
  )

const answer = (code: IssueCode, word: string, lineId: string | null = "1"): Step =>
  Answer.give({
    connectionId,
    orderId: soldId,
    code,
    lineId: lineId === null ? null : Order.OrderLineId.make(lineId),
    answer: word
  })

type Row = Order.Order | Cart.Unreadable

const saying =
  (change: (order: Order.Order) => Row) =>
  (row: Row): Row =>
    Cart.isUnreadable(row) ? row : change(row)

/** A cycle in which the shop gives every order with something about it changed. */
const cycleSaying = (change: (order: Order.Order) => Row): Step =>
  Effect.gen(function* () {
    const cart = yield* Cart.Cart
    const changed = saying(change)
    const strange = Cart.Cart.of({
      ...cart,
      orders: (query) => Stream.map(cart.orders(query), changed),
      order: (id) => Effect.map(cart.order(id), Option.map(changed))
    })
    yield* Effect.provideService(minute, Cart.Cart, strange)
  })

const linkCandleTo = (itemId: ItemId.ItemId): Step =>
  store(({ links }) => links.save([Link.make({ connectionId, listing: World.candleListing, itemId, tier: "manual" })]))

const stories: { readonly [code in IssueCode]?: Story } = {
  ORDER_UNREADABLE: {
    comes: story(
      sell,
      cycleSaying(({ id }) => Cart.unreadable({ what: "order", id, path: "lines", expected: "expected lines" }))
    ),
    goes: minute
  },
  ORDER_STAMP_AHEAD: {
    comes: story(
      sell,
      cycleSaying((order) => ({ ...order, modifiedAt: DateTime.add(order.modifiedAt, { days: 400 }) }))
    ),
    goes: minute
  },
  ORDER_REPLACED: {
    comes: story(
      sell,
      minute,
      cycleSaying((order) => ({ ...order, placedAt: DateTime.add(order.placedAt, { days: 1 }) }))
    ),
    goes: minute
  },
  ORDER_MISSING: {
    comes: story(
      sell,
      minute,
      shop(({ forget }) => forget(soldId)),
      Import.one(connectionId, soldId)
    ),
    goes: minute
  },
  ORDER_REFUNDED_OPEN: {
    comes: story(sell, edit({ status: "refunded" }), minute),
    goes: story(answer("ORDER_REFUNDED_OPEN", "free", null), minute)
  },
  REFUND_AMBIGUOUS: {
    comes: story(sell, edit({}, { shipped: Quantity.of(4), refunded: Quantity.of(2) }), minute),
    goes: story(answer("REFUND_AMBIGUOUS", "keep"), minute)
  },
  FINISHED_UNSHIPPED: {
    comes: story(sell, edit({ status: "completed" }), minute),
    goes: story(answer("FINISHED_UNSHIPPED", "left"), minute)
  },
  SHIPPED_UNDER_OTHER_ITEM: {
    comes: story(
      linkCandleTo(World.box),
      sell,
      edit({ status: "partiallyShipped" }, { shipped: Quantity.of(2) }),
      minute,
      linkCandleTo(World.candle),
      minute
    ),
    goes: story(answer("SHIPPED_UNDER_OTHER_ITEM", "as linked"), minute)
  },
  EDIT_CONFLICT: {
    comes: story(
      sell,
      edit({ status: "partiallyShipped" }, { shipped: Quantity.of(3) }),
      minute,
      edit({}, { quantity: Quantity.of(2) }),
      minute
    ),
    goes: story(edit({}, { quantity: Quantity.of(4) }), minute)
  },
  SKU_AMBIGUOUS: {
    comes: story(
      saveItem({ id: ItemId.ItemId.make("s1"), kind: "inventory", sku: "STRANGE" }),
      saveItem({ id: ItemId.ItemId.make("s2"), kind: "inventory", sku: "STRANGE" }),
      rematch
    ),
    goes: story(saveItem({ id: ItemId.ItemId.make("s2"), kind: "inventory", sku: "OTHER" }), rematch)
  },
  SKU_DRIFT: {
    comes: story(
      shop(({ offer }) => offer({ ...World.candleListing, sku: "RENAMED" })),
      rematch
    ),
    goes: story(
      shop(({ offer }) => offer(World.candleListing)),
      rematch
    )
  },
  LISTING_UNMATCHED: { comes: rematch, goes: World.linkStrange },
  LISTING_ORPHANED: {
    comes: story(
      shop(({ withdraw }) => withdraw(World.candleListing.key)),
      rematch
    ),
    goes: story(
      shop(({ offer }) => offer(World.candleListing)),
      rematch
    )
  },
  LISTING_UNREADABLE: {
    comes: story(
      shop(({ unreadable }) => unreadable(World.candleListing.key, { path: "sku", expected: "a text" })),
      rematch
    ),
    goes: story(
      shop(({ unreadable }) => unreadable(World.candleListing.key, null)),
      rematch
    )
  },
  LISTING_SHARES_ITEM: {
    comes: story(
      shop(({ offer }) => offer({ ...World.strangeListing, sku: "CANDLE" })),
      rematch
    ),
    goes: story(Match.exclude(connectionId, [{ key: World.strangeListing.key, reason: "sold elsewhere" }]), rematch)
  },
  LINK_UNSELLABLE: {
    comes: story(saveItem({ ...candle, archived: true }), rematch),
    goes: story(saveItem(candle), rematch)
  },
  LINK_MOVED: {
    comes: story(
      saveItem({ ...candle, archived: true }),
      saveItem({ ...candle, id: ItemId.ItemId.make("new candle") }),
      rematch
    ),
    goes: rematch
  },
  LINK_ENDED: {
    comes: story(Match.unlink(connectionId, [World.candleListing.key]), minute),
    goes: story(
      store(({ links }) => links.settle(connectionId, [World.candleListing.key])),
      minute
    )
  },
  KIT_EMPTY: { comes: cycleWith({ billOfMaterials: [] }), goes: soundAgain },
  KIT_CYCLE: { comes: cycleWith({ billOfMaterials: [component(World.giftSet, 1)] }), goes: soundAgain },
  KIT_QUANTITY_INVALID: { comes: cycleWith({ billOfMaterials: [component(World.box, 0)] }), goes: soundAgain },
  COMPONENT_UNKNOWN: { comes: cycleWith({}, World.box), goes: soundAgain },
  QUANTITY_OUT_OF_RANGE: {
    comes: story(count(World.candle, 90_000_000_000), count(World.candle, 90_000_000_000, World.store), minute),
    goes: story(count(World.candle, 5, World.store), count(World.candle, 5), minute)
  },
  OVERSOLD: {
    comes: story(
      shop(({ buy }) => buy([{ key: World.candleListing.key, quantity: 5 }])),
      count(World.candle, 2),
      minute
    ),
    goes: story(count(World.candle, 5), minute)
  },
  TRACKING_LEVEL_MISMATCH: {
    comes: story(
      saveItem({ id: hat, kind: "inventory", sku: "HAT" }),
      count(hat, 6),
      shop(({ offer }) => Effect.andThen(offer(hatListing("red"), 1), offer(hatListing("blue"), 1))),
      linkHat("red"),
      minute
    ),
    goes: story(linkHat("blue"), minute)
  },
  SHOP_BUNDLE: {
    comes: story(
      shop(({ offer }) => offer({ ...World.candleListing, shopBundle: true })),
      rematch,
      minute
    ),
    goes: story(
      shop(({ offer }) => offer(World.candleListing)),
      rematch,
      minute
    )
  },
  PUBLISH_REJECTED: {
    comes: story(
      shop(({ refuse }) => refuse(World.candleListing.key, refusal)),
      count(World.candle, 2),
      minute
    ),
    goes: story(
      shop(({ refuse }) => refuse(World.candleListing.key, null)),
      minute
    )
  },
  MASS_ZERO: {
    fresh: true,
    comes: story(count(World.candle, 0), count(World.box, 0), minute),
    goes: Cycle.run(connectionId, { publish: { approved: true, force: false } })
  },
  CART_LOCATION_HOLDS_STOCK: {
    settings: outletToo,
    comes: story(
      shop(({ correct }) => correct(World.boxListing.key, 4, outlet)),
      reconcile
    ),
    goes: story(
      shop(({ correct }) => correct(World.boxListing.key, 0, outlet)),
      reconcile
    )
  },
  UNEXPLAINED_DRIFT: {
    comes: story(
      TestClock.adjust("1 hour"),
      shop(({ correct }) => correct(World.boxListing.key, 99)),
      reconcile
    ),
    goes: reconcile
  },
  SHOP_KEEPS_BACK: {
    connection: publishing({ buffer: 2 }),
    comes: story(
      shop(({ keepBack }) => keepBack(World.candleListing.key, { safetyStock: 3 })),
      reconcile
    ),
    goes: story(
      shop(({ keepBack }) => keepBack(World.candleListing.key, { safetyStock: 0 })),
      reconcile
    )
  },
  SHOP_OFF_SALE: {
    comes: story(
      shop(({ keepBack }) => keepBack(World.candleListing.key, { isInStock: false })),
      reconcile
    ),
    goes: story(
      shop(({ keepBack }) => keepBack(World.candleListing.key, { isInStock: true })),
      reconcile
    )
  },
  POLICY_RISKY: { comes: connect({ policy: SyncPolicy.sosV9 }), goes: connect() },
  POLICY_CONTRADICTORY: {
    comes: Effect.flip(connect(publishing({ minimum: 5, maximum: 3 }))),
    goes: connect(publishing({ minimum: 3, maximum: 5 }))
  },
  LOCATION_NOT_FEEDING: {
    comes: story(fedBy(World.store), connect()),
    goes: story(fedBy(World.store, World.main), connect())
  },
  CONNECTION_UNAUTHORISED: {
    comes: unauthorised,
    goes: Effect.gen(function* () {
      const { faults } = yield* ScriptedCart.Script
      yield* faults.clear
      yield* loopFor(Duration.times(Trouble.probePauseMax, 1.2))
    })
  },
  ORDER_HELD: {
    comes: story(
      shop(({ buy }) => buy([{ key: World.strangeListing.key, quantity: 1 }])),
      minute
    ),
    goes: story(World.linkStrange, minute)
  },
  REFERENCE_TOO_LONG: {
    connection: { referencePrefix: "A-RATHER-LONG-PREFIX" },
    comes: story(
      shop(({ buy }) => buy([{ key: World.candleListing.key, quantity: 1 }])),
      minute
    ),
    goes: story(connect(), minute)
  },
  REFERENCE_CONFLICT: {
    comes: story(
      Connect.connect(World.connectionWith({ id: second })),
      shop(({ buy }) => buy([{ key: World.candleListing.key, quantity: 1 }])),
      Cycle.run(second),
      minute
    ),
    goes: story(connect({ referencePrefix: "MINE-" }), minute)
  }
}

const open = Effect.gen(function* () {
  const { issues } = yield* Store
  return (yield* issues.open(connectionId, { after: null, limit: 100 })).map(({ issue }) => issue.code)
})

describe("an issue comes and goes with its cause", () => {
  it.each(Issue.IssueCode.literals.map((code) => [code, stories[code]] as const))("%s", (code, told) =>
    told === undefined
      ? assert.fail(`${code} has no story in which it comes and goes`)
      : Effect.runPromise(
          Effect.gen(function* () {
            yield* TestClock.setTime(Duration.toMillis("20000 days"))
            yield* World.open(told.connection ?? {})
            if (told.fresh !== true) yield* minute
            yield* told.comes
            assert.include(yield* open, code)
            yield* told.goes
            assert.notInclude(yield* open, code)
          }).pipe(Effect.provide(Layer.merge(World.layer(told.settings ?? {}), TestClock.layer())), Effect.scoped)
        )
  )
})
