/**
 * A `Cart` over a shop that a test writes the script for: it offers listings, places, edits, pays, cancels, refunds and
 * ships orders, moves stock by itself as its settings say, takes its time with new levels, and meets the faults that were
 * injected. Without faults it obeys every law of the port.
 *
 * Time is Effect's Clock, and nothing here waits: a new level takes effect when the clock has passed its delay. Every call
 * that goes over the wire is recorded.
 *
 * @example
 * ```ts
 * import type { Listing } from "@stockport/core"
 * import { ScriptedCart } from "@stockport/testing"
 * import { Effect } from "effect"
 *
 * declare const candle: Listing.Listing
 *
 * export const sold = Effect.gen(function* () {
 *   const { shop, faults } = yield* ScriptedCart.Script
 *   yield* shop.offer(candle, 5)
 *   yield* faults.inject("setStockLevels", { _tag: "FailAfter", reason: ScriptedCart.timedOut })
 *   return yield* shop.buy([{ key: candle.key, quantity: 3 }])
 * }).pipe(Effect.provide(ScriptedCart.layer()))
 * ```
 */
import type { CartLocationId } from "@stockport/core/domain/CartLocationId"
import type { Listing, ListingKey } from "@stockport/core/domain/Listing"
import type { Order, OrderId, OrderLineId, OrderStatus } from "@stockport/core/domain/Order"
import { type Quantity, scale } from "@stockport/core/domain/Quantity"
import {
  type Capabilities,
  Cart,
  type CartDescription,
  type CartError,
  type CartErrorReason,
  type Notification,
  type OrderQuery,
  type RawNotification,
  type StockLevel,
  type StockLevelUpdate,
  type StockLevelVerdict,
  type Unreadable
} from "@stockport/core/ports/Cart"
import * as Lease from "@stockport/core/ports/Lease"
import { Clock, Context, DateTime, Duration, Effect, Layer, Option, Result, Stream } from "effect"
import { errorOf, type Fault, type Operation, rateLimited } from "./scripted/Fault.ts"
import { orderOf } from "./scripted/PlacedOrder.ts"
import { currency, defaults, type Settings } from "./scripted/Settings.ts"
import { type KeptBack, Shop } from "./scripted/Shop.ts"
import { sign, verify } from "./scripted/Signature.ts"

export { type Fault, type Operation, rateLimited, timedOut, unreachable } from "./scripted/Fault.ts"
export { type CartLine, consignmentId, lineOf, orderOf, whole } from "./scripted/PlacedOrder.ts"
export { defaults, type Settings } from "./scripted/Settings.ts"
export type { KeptBack } from "./scripted/Shop.ts"

/** How many calls are remembered; older ones are forgotten. */
export const callsMax = 10_000

/** One call that went over the wire. `rows` counts what was sent with it. */
export interface Call {
  readonly operation: Operation
  readonly at: DateTime.Utc
  readonly rows: number
}

/** What a shopper puts in the cart, by listing. */
export interface Purchase {
  readonly key: ListingKey
  readonly quantity: number
}

/** What a test can do with the shop, and see of it. Everything here is the truth of this moment, without faults. */
export interface ShopScript {
  /** Offers a listing or changes one; a new one that is tracked starts with this level at the default location. */
  readonly offer: (listing: Listing, level?: number) => Effect.Effect<void>
  readonly withdraw: (key: ListingKey) => Effect.Effect<void>
  /** The number the shop shows; null where it counts nothing. */
  readonly level: (key: ListingKey, cartLocationId?: CartLocationId) => Effect.Effect<number | null>
  /** Somebody in the shop writes another number. */
  readonly correct: (key: ListingKey, quantity: number, cartLocationId?: CartLocationId) => Effect.Effect<void>
  /** The shop refuses every new level of this listing (null: no longer). */
  readonly refuse: (key: ListingKey, reason: CartErrorReason | null) => Effect.Effect<void>
  /** The shop itself keeps units of a listing back, or sells more than it has, at its default location or another one. */
  readonly keepBack: (key: ListingKey, keptBack: KeptBack, cartLocationId?: CartLocationId) => Effect.Effect<void>
  /**
   * From now on an order or a listing is read as {@link Unreadable} (null: readable again); what `row` leaves out is what
   * the shop knows of it.
   */
  readonly unreadable: (id: OrderId | ListingKey, row: Partial<Unreadable> | null) => Effect.Effect<void>
  /** A shopper buys; none when the shop does not show enough of something. */
  readonly buy: (purchases: ReadonlyArray<Purchase>, status?: OrderStatus) => Effect.Effect<Option.Option<Order>>
  /** Puts an order into the shop as it is, whatever the shop shows. */
  readonly place: (order: Order) => Effect.Effect<Order>
  /** Changes an order as a person in the shop's back office would: its lines or its status. None if there is none. */
  readonly edit: (id: OrderId, change: (order: Order) => Order) => Effect.Effect<Option.Option<Order>>
  readonly pay: (id: OrderId) => Effect.Effect<Option.Option<Order>>
  readonly cancel: (id: OrderId) => Effect.Effect<Option.Option<Order>>
  /** Gives back the money for some of a line; what was not shipped is not needed any more. */
  readonly refund: (id: OrderId, lineId: OrderLineId, quantity: number) => Effect.Effect<Option.Option<Order>>
  /** The shop marks all that is left of an order as shipped. */
  readonly ship: (id: OrderId) => Effect.Effect<Option.Option<Order>>
  /** Deletes an order for good: nobody can read it any more. */
  readonly forget: (id: OrderId) => Effect.Effect<void>
  readonly order: (id: OrderId) => Effect.Effect<Option.Option<Order>>
  readonly orders: Effect.Effect<ReadonlyArray<Order>>
  readonly shipments: Effect.Effect<number>
  /** How many accepted levels have not taken effect yet. */
  readonly unsettled: Effect.Effect<number>
  /** A notification as the shop sends it now, or sent it at an instant. */
  readonly notify: (notification: Notification, sentAt?: DateTime.Utc) => Effect.Effect<RawNotification>
}

/** What a test can let go wrong. */
export interface FaultScript {
  /** The next calls of an operation meet these, one each, in order. */
  readonly inject: (operation: Operation, ...faults: ReadonlyArray<Fault>) => Effect.Effect<void>
  /** Every call that meets no injected fault meets what the plan says for it. */
  readonly plan: (decide: (call: Call) => Fault | null) => Effect.Effect<void>
  /** Forgets what was injected and planned. */
  readonly clear: Effect.Effect<void>
}

/** The script of a cart: its shop, its faults, and the calls it got. */
export class Script extends Context.Service<
  Script,
  {
    readonly shop: ShopScript
    readonly faults: FaultScript
    readonly calls: Effect.Effect<ReadonlyArray<Call>>
  }
>()("@stockport/testing/ScriptedCart/Script") {}

/** A cart and its script. */
export interface ScriptedCart {
  readonly cart: Cart["Service"]
  readonly script: Script["Service"]
}

/** Makes a cart over an empty shop. */
export const make = (settings: Partial<Settings> = {}): Effect.Effect<ScriptedCart> =>
  Effect.sync(() => {
    const all = { ...defaults, ...settings }
    const shop = new Shop(all)
    const wire = makeWire(all)
    return {
      cart: cartOf(all, shop, wire),
      script: Script.of({ shop: scriptOf(all, shop), faults: wire.faults, calls: wire.calls })
    }
  })

/** A cart over an empty shop, with its script. */
export const layer = (settings: Partial<Settings> = {}): Layer.Layer<Cart | Script> =>
  Layer.effectContext(
    Effect.map(make(settings), ({ cart, script }) =>
      Context.empty().pipe(Context.add(Cart, cart), Context.add(Script, script))
    )
  )

// What a call meets on its way: the time, and perhaps a fault.
interface Meeting {
  readonly now: number
  readonly fault: Fault | null
}

interface Wire {
  readonly faults: FaultScript
  readonly calls: Effect.Effect<ReadonlyArray<Call>>
  /** Records a call, and fails it when the quota is used up or the fault comes before. */
  readonly meet: (operation: Operation, rows: number) => Effect.Effect<Meeting, CartError>
}

const noFault = (_call: Call): Fault | null => null

const makeWire = (settings: Settings): Wire => {
  const injected = new Map<Operation, ReadonlyArray<Fault>>()
  const calls: Array<Call> = []
  let decide = noFault

  const next = (call: Call): Fault | null => {
    const [fault, ...later] = injected.get(call.operation) ?? []
    injected.set(call.operation, later)
    return fault ?? decide(call)
  }

  const meet: Wire["meet"] = Effect.fnUntraced(function* (operation: Operation, rows: number) {
    const now = yield* Clock.currentTimeMillis
    const call: Call = { operation, at: DateTime.makeUnsafe(now), rows }
    const retryAfterMillis = quotaLeft(settings, calls, now)
    calls.push(call)
    if (calls.length > callsMax) calls.shift()
    if (retryAfterMillis > 0) return yield* errorOf(operation, rateLimited(retryAfterMillis))
    const fault = next(call)
    if (fault?._tag === "FailBefore") return yield* errorOf(operation, fault.reason)
    return { now, fault }
  })

  return {
    meet,
    calls: Effect.sync(() => [...calls]),
    faults: {
      inject: (operation, ...faults) =>
        Effect.sync(() => injected.set(operation, [...(injected.get(operation) ?? []), ...faults])),
      plan: (planned) =>
        Effect.sync(() => {
          decide = planned
        }),
      clear: Effect.sync(() => {
        injected.clear()
        decide = noFault
      })
    }
  }
}

/** How long until the shop answers again; zero while the quota lasts. */
const quotaLeft = ({ quota }: Settings, calls: ReadonlyArray<Call>, now: number): number => {
  if (quota === null) return 0
  const windowStart = Math.floor(now / quota.windowMillis) * quota.windowMillis
  const used = calls.filter(({ at }) => DateTime.toEpochMillis(at) >= windowStart).length
  return used < quota.calls ? 0 : windowStart + quota.windowMillis - now
}

const cartOf = (settings: Settings, shop: Shop, wire: Wire): Cart["Service"] =>
  Cart.of({
    capabilities: capabilitiesOf(settings),
    describe: Effect.flatMap(wire.meet("describe", 0), ({ fault }) => answer("describe", fault, describe(settings))),
    listings: pages(settings, wire, "listings", () => shop.listings().map((row) => shop.readListing(row))),
    orders: (query) =>
      pages(settings, wire, "orders", (asOf) =>
        shop
          .orders(asOf)
          .filter(isAskedFor(query))
          .map((row) => shop.readOrder(row))
      ),
    order: (id) =>
      Effect.flatMap(wire.meet("order", 0), ({ now, fault }) => {
        const found = fault?._tag === "Missing" ? undefined : shop.order(id, asOf(now, fault))
        return answer(
          "order",
          fault,
          Option.map(Option.fromNullishOr(found), (order) => shop.readOrder(order))
        )
      }),
    stockLevels: (listings) =>
      pages(settings, wire, "stockLevels", (asOf, now): ReadonlyArray<StockLevel> => {
        const keys = (listings === "all" ? shop.listings() : listings).map(({ key }) => key)
        return shop.stockLevels(keys, asOf, now)
      }),
    setStockLevels: setStockLevels(settings, shop, wire),
    recordShipment: (shipment) =>
      Effect.flatMap(Effect.andThen(confirmed("recordShipment"), wire.meet("recordShipment", 1)), ({ now, fault }) => {
        const recorded = shop.ship(shipment, now)
        return "_tag" in recorded
          ? Effect.fail(errorOf("recordShipment", recorded))
          : answer("recordShipment", fault, recorded)
      }),
    notification: (raw) => verify(settings.secret, raw)
  })

/** Nothing is written without the lease under which the caller runs. */
const confirmed = (operation: Operation): Effect.Effect<void, CartError> =>
  Lease.confirm.pipe(
    Effect.flatMap((left) =>
      left === null || Duration.isPositive(left)
        ? Effect.void
        : Effect.fail(new Lease.LeaseLost({ detail: "there is no time left to write" }))
    ),
    Effect.mapError((reason) => errorOf(operation, reason))
  )

/** Splits a batch into requests; the rows of a request that fails were not tried, and when all do, the call fails. */
const setStockLevels = (settings: Settings, shop: Shop, wire: Wire): Cart["Service"]["setStockLevels"] => {
  const send = Effect.fnUntraced(function* (request: ReadonlyArray<StockLevelUpdate>) {
    yield* confirmed("setStockLevels")
    const { now, fault } = yield* wire.meet("setStockLevels", request.length)
    const verdicts = request.map((update): StockLevelVerdict => {
      const receipt = fault?._tag === "RejectRows" ? fault.reason : shop.accept(update, now)
      return typeof receipt === "string"
        ? { _tag: "Accepted", update, receipt }
        : { _tag: "Rejected", update, error: errorOf("setStockLevels", receipt) }
    })
    return yield* answer("setStockLevels", fault, verdicts)
  })

  return Effect.fnUntraced(function* (updates) {
    const verdicts: Array<StockLevelVerdict> = []
    let failure: CartError | null = null
    for (let start = 0; start < updates.length; start += settings.stockLevelsPerRequest) {
      const request = updates.slice(start, start + settings.stockLevelsPerRequest)
      const sent = yield* Effect.result(send(request))
      if (Result.isSuccess(sent)) {
        verdicts.push(...sent.success)
        continue
      }
      const error = sent.failure
      failure = error
      verdicts.push(...request.map((update) => ({ _tag: "NotTried", update, error }) as const))
    }
    return failure !== null && verdicts.every(({ _tag }) => _tag === "NotTried") ? yield* failure : verdicts
  })
}

const asOf = (now: number, fault: Fault | null): number => (fault?._tag === "Stale" ? now - fault.millis : now)

const answer = <A>(operation: Operation, fault: Fault | null, value: A): Effect.Effect<A, CartError> =>
  fault?._tag === "FailAfter" ? Effect.fail(errorOf(operation, fault.reason)) : Effect.succeed(value)

/** Streams rows page by page, one call each, as they stood when the stream began. */
const pages = <A>(
  settings: Settings,
  wire: Wire,
  operation: Operation,
  rowsAsOf: (asOf: number, now: number) => ReadonlyArray<A>
): Stream.Stream<A, CartError> =>
  Stream.unwrap(
    Effect.map(wire.meet(operation, 0), ({ now, fault }) => {
      const rows = rowsAsOf(asOf(now, fault), now)
      const all: Array<ReadonlyArray<A>> = []
      for (let start = 0; start < rows.length; start += settings.pageSize) {
        all.push(rows.slice(start, start + settings.pageSize))
      }
      return Stream.fromIterable(arrange(all, operation, fault)).pipe(
        Stream.mapEffect((page, index) =>
          page instanceof Error
            ? Effect.fail(page)
            : index === 0
              ? Effect.succeed(page)
              : Effect.as(wire.meet(operation, 0), page)
        ),
        Stream.flatMap(Stream.fromIterable)
      )
    })
  )

type Arranged<A> = ReadonlyArray<A> | CartError

/** The pages as they arrive, with the one fault of this reading. */
const arrange = <A>(
  pages: ReadonlyArray<ReadonlyArray<A>>,
  operation: Operation,
  fault: Fault | null
): ReadonlyArray<Arranged<A>> => {
  switch (fault?._tag) {
    case "BreakAtPage":
      return [...pages.slice(0, fault.page), errorOf(operation, fault.reason)]
    case "FailAfter":
      return [...pages.slice(0, -1), errorOf(operation, fault.reason)]
    case "DuplicatePage":
      return pages.flatMap((page, index) => (index === fault.page ? [page, page] : [page]))
    case "OmitPage":
      return pages.filter((_, index) => index !== fault.page)
    case "ReorderPages":
      return pages.toReversed()
    default:
      return pages
  }
}

const isAskedFor =
  (query: OrderQuery) =>
  ({ status, modifiedAt }: Order): boolean =>
    query._tag === "Backlog" ? query.statuses.includes(status) : !DateTime.isLessThan(modifiedAt, query.instant)

const capabilitiesOf = ({ locations, quantityMax, reader, stockLevelsPerRequest }: Settings): Capabilities => ({
  locations: locations.length > 1,
  shipments: true,
  notifications: true,
  stockLevelsPerRequest,
  quantityMax,
  reader
})

const describe = (settings: Settings): CartDescription => ({
  id: settings.name,
  name: settings.name,
  plan: "scripted",
  currency,
  currencies: [currency],
  weightUnit: "kg",
  timeZone: "UTC",
  locations: settings.locations,
  stockMoves: settings.stockMoves,
  stockFollowsEdits: settings.stockFollowsEdits,
  stockFollowsRefunds: settings.stockFollowsRefunds,
  ...(settings.channelRules.length > 0 && { channelRules: settings.channelRules })
})

const scriptOf = (settings: Settings, shop: Shop): ShopScript => {
  const defaultLocation = (settings.locations.find(({ isDefault }) => isDefault) ?? settings.locations[0]).id
  let orderNumber = 1_000

  const buy = (purchases: ReadonlyArray<Purchase>, status: OrderStatus, now: number): Option.Option<Order> => {
    const wanted = new Map<ListingKey, number>()
    for (const { key, quantity } of purchases) wanted.set(key, (wanted.get(key) ?? 0) + quantity)
    const lines = [...wanted].flatMap(([key, quantity]) => {
      const listing = shop.listing(key)
      return listing !== undefined && shop.offers(key, quantity, now) ? [{ listing, quantity }] : []
    })
    if (lines.length < wanted.size) return Option.none()
    orderNumber += 1
    const order = orderOf({ id: String(orderNumber), lines, status, placedAt: DateTime.makeUnsafe(now) })
    return Option.some(shop.write(order, "placed", now))
  }

  return {
    offer: (listing, level = 0) => atNow((now) => shop.offer(listing, level, now)),
    withdraw: (key) => atNow(() => shop.withdraw(key)),
    level: (key, cartLocationId = defaultLocation) => atNow((now) => shop.level(key, cartLocationId, now, now)),
    correct: (key, quantity, cartLocationId = defaultLocation) =>
      atNow((now) => shop.correct(key, cartLocationId, quantity, now)),
    refuse: (key, reason) => atNow(() => shop.refuse(key, reason)),
    keepBack: (key, keptBack, cartLocationId = defaultLocation) =>
      atNow(() => shop.keepBack(key, cartLocationId, keptBack)),
    unreadable: (id, row) => atNow(() => shop.garble(id, row)),
    buy: (purchases, status = "awaitingFulfilment") => atNow((now) => buy(purchases, status, now)),
    place: (order) => atNow((now) => shop.write(order, "placed", now)),
    ...changesOf(shop),
    forget: (id) => atNow((now) => shop.forget(id, now)),
    order: (id) => atNow((now) => Option.fromNullishOr(shop.order(id, now))),
    orders: atNow((now) => shop.orders(now)),
    shipments: Effect.sync(() => shop.shipmentCount()),
    unsettled: atNow((now) => shop.unsettled(now)),
    notify: Effect.fnUntraced(function* (notification: Notification, sentAt?: DateTime.Utc) {
      const at = sentAt ?? (yield* DateTime.now)
      return yield* sign(settings.secret, notification, DateTime.toEpochMillis(at))
    })
  }
}

const changesOf = (shop: Shop): Pick<ShopScript, "edit" | "pay" | "cancel" | "refund" | "ship"> => {
  const change = (id: OrderId, cause: "edited" | "givenBack" | "shipped", next: (order: Order) => Order) =>
    atNow((now) =>
      Option.map(Option.fromNullishOr(shop.order(id, now)), (order) => shop.write(next(order), cause, now))
    )
  return {
    edit: (id, next) =>
      atNow((now) =>
        Option.map(Option.fromNullishOr(shop.order(id, now)), (order) => {
          const changed = next(order)
          const sameLines = changed.lines === order.lines
          return shop.write(changed, sameLines ? causeOf(order, changed) : "edited", now)
        })
      ),
    pay: (id) => change(id, "edited", (order) => ({ ...order, status: "awaitingFulfilment" })),
    cancel: (id) => change(id, "givenBack", (order) => ({ ...order, status: "cancelled" })),
    refund: (id, lineId, quantity) =>
      change(id, "givenBack", (order) => {
        const lines = order.lines.map((line) => {
          const left = line.quantity - line.refunded
          const refunded = line.refunded + Math.min(left, quantity * scale)
          return line.id === lineId ? { ...line, refunded: refunded as Quantity } : line
        })
        const all = lines.every((line) => line.refunded >= line.quantity)
        return { ...order, lines, status: all ? "refunded" : order.status }
      }),
    ship: (id) =>
      change(id, "shipped", (order) => ({
        ...order,
        status: "shipped",
        lines: order.lines.map((line) => ({
          ...line,
          shipped: Math.max(line.shipped, line.quantity - line.refunded) as Quantity
        }))
      }))
  }
}

/** A change of status alone moves stock as placing, cancelling or reopening the order would. */
const causeOf = (before: Order, after: Order): "placed" | "givenBack" =>
  before.status === "incomplete" && after.status !== "incomplete" ? "placed" : "givenBack"

const atNow = <A>(act: (now: number) => A): Effect.Effect<A> => Effect.map(Clock.currentTimeMillis, act)
