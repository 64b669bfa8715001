/**
 * The world behind a scripted cart: its script does everything, so that the laws hold the cart to what the script says.
 */
import * as Listing from "@stockport/core/domain/Listing"
import { Cart, Conflict } from "@stockport/core/ports/Cart"
import { CartWorld, type Trouble } from "@stockport/testing/laws/CartWorld"
import * as ScriptedCart from "@stockport/testing/ScriptedCart"
import { Clock, Context, DateTime, Duration, Effect, Layer, Option, Stream } from "effect"

const faultOf = (trouble: Trouble): ScriptedCart.Fault => {
  switch (trouble) {
    case "unreachable":
      return { _tag: "FailBefore", reason: ScriptedCart.unreachable }
    case "lostAnswer":
      return { _tag: "FailAfter", reason: ScriptedCart.timedOut }
    case "quotaUsedUp":
      return { _tag: "FailBefore", reason: ScriptedCart.rateLimited(1_000) }
  }
}

/** A clock of the shop's own, which its cart sees too: waiting in it costs no time. */
const makeClock = Effect.gen(function* () {
  const clock = yield* Clock.Clock
  let millis = 0
  const shifted: Clock.Clock = {
    currentTimeMillisUnsafe: () => clock.currentTimeMillisUnsafe() + millis,
    currentTimeMillis: Effect.map(clock.currentTimeMillis, (now) => now + millis),
    currentTimeNanosUnsafe: () => clock.currentTimeNanosUnsafe() + BigInt(millis) * 1_000_000n,
    currentTimeNanos: Effect.map(clock.currentTimeNanos, (now) => now + BigInt(millis) * 1_000_000n),
    monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
    monotonicTimeNanos: clock.monotonicTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
  const wait = (duration: Duration.Input) =>
    Effect.sync(() => {
      millis += Duration.toMillis(duration)
    })
  return { shifted, wait }
})

/** A scripted cart and its world. */
export const layer = (settings: Partial<ScriptedCart.Settings>): Layer.Layer<Cart | CartWorld> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { shifted, wait } = yield* makeClock
      const { cart, script } = yield* ScriptedCart.make(settings)
      const inShopTime = <A, E>(effect: Effect.Effect<A, E>) => Effect.provideService(effect, Clock.Clock, shifted)
      const { shop, faults } = script
      let offered = 0
      let notified = 0

      const world = CartWorld.of({
        offer: (products) =>
          Effect.forEach(products, ({ sku, level }) => {
            offered += 1
            const listing = Listing.make({
              productId: Listing.ProductId.make(String(offered).padStart(4, "0")),
              variantId: null,
              shape: "single",
              goods: "physical",
              sku,
              name: sku,
              tracking: level === null ? "none" : "product",
              shopBundle: false
            })
            return Effect.as(inShopTime(shop.offer(listing, level ?? 0)), listing.key)
          }),
        withdraw: (key) => shop.withdraw(key),
        place: (lines, status) =>
          Effect.map(inShopTime(shop.buy(lines, status)), (order) => Option.getOrThrow(order).id),
        touch: (id) =>
          Effect.asVoid(inShopTime(shop.edit(id, (order) => ({ ...order, message: `${order.message}.` })))),
        cancel: (id) => Effect.asVoid(inShopTime(shop.cancel(id))),
        level: (key) => Effect.andThen(wait("1 hour"), inShopTime(shop.level(key))),
        shipments: () => shop.shipments,
        wait,
        now: inShopTime(DateTime.now),
        trouble: (call, trouble, times) =>
          faults.inject(call, ...Array.from({ length: times }, () => faultOf(trouble))),
        refuse: (key) => shop.refuse(key, new Conflict({ detail: "the shop refuses this one" })),
        garble: (id) => shop.unreadable(id, {}),
        keepBack: (key, units) => shop.keepBack(key, { safetyStock: units }),
        notify: (orderId, sentAt) => {
          notified += 1
          const about = { _tag: "Order", orderId } as const
          return shop.notify({ id: `notification-${notified}`, scope: "order/updated", about }, sentAt)
        }
      })
      const timed = Cart.of({
        ...cart,
        describe: inShopTime(cart.describe),
        listings: Stream.provideService(cart.listings, Clock.Clock, shifted),
        orders: (query) => Stream.provideService(cart.orders(query), Clock.Clock, shifted),
        order: (id) => inShopTime(cart.order(id)),
        stockLevels: (listings) => Stream.provideService(cart.stockLevels(listings), Clock.Clock, shifted),
        setStockLevels: (updates) => inShopTime(cart.setStockLevels(updates)),
        recordShipment: (shipment) => inShopTime(cart.recordShipment(shipment))
      })
      return Context.empty().pipe(Context.add(Cart, timed), Context.add(CartWorld, world))
    })
  )
