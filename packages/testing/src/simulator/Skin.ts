/**
 * How a shop shows itself over the wire, where that differs from what it knows: rows that cannot be read, line ids that
 * changed, stamps of a clock that is wrong, an order that is not found for a moment. The shop behind it stays as it is.
 */
import type { Listing } from "@stockport/core/domain/Listing"
import { type Order, OrderLineId } from "@stockport/core/domain/Order"
import { Cart, isUnreadable, type Unreadable, unreadable } from "@stockport/core/ports/Cart"
import { DateTime, Effect, Option, Stream } from "effect"

/** What is not shown as it is, by the shop's ids. */
export interface Skin {
  /** Orders that cannot be read; true where their lines can. */
  readonly unreadableOrders: Map<string, boolean>
  readonly unreadableListings: Set<string>
  /** How far an order's stamp is off, in milliseconds. */
  readonly stamps: Map<string, number>
  /** What is put behind the line ids of an order. */
  readonly lineIds: Map<string, string>
  /** Orders that are not found when they are asked for by id, so many times yet. */
  readonly notFound: Map<string, number>
}

/** Shows everything as it is. */
export const make = (): Skin => ({
  unreadableOrders: new Map(),
  unreadableListings: new Set(),
  stamps: new Map(),
  lineIds: new Map(),
  notFound: new Map()
})

/** The cart as it looks through the skin. */
export const over = (cart: Cart["Service"], skin: Skin): Cart["Service"] =>
  Cart.of({
    ...cart,
    orders: (query) =>
      query._tag === "Backlog"
        ? Stream.map(cart.orders(query), (row) => worn(skin, row))
        : Stream.filter(
            Stream.map(cart.orders({ ...query, instant: always }), (row) => worn(skin, row)),
            (row) => row.modifiedAt === null || !DateTime.isLessThan(row.modifiedAt, query.instant)
          ),
    order: (id) => {
      const times = skin.notFound.get(id) ?? 0
      if (times === 0) return Effect.map(cart.order(id), (found) => Option.map(found, (row) => worn(skin, row)))
      skin.notFound.set(id, times - 1)
      return Effect.as(cart.order(id), Option.none())
    },
    listings: Stream.map(cart.listings, (row) => (isUnreadable(row) ? row : wornListing(skin, row)))
  })

const always = DateTime.makeUnsafe(0)

const worn = (skin: Skin, row: Order | Unreadable): Order | Unreadable => {
  if (isUnreadable(row)) return row
  const suffix = skin.lineIds.get(row.id)
  const shift = skin.stamps.get(row.id) ?? 0
  const shown: Order = {
    ...row,
    modifiedAt: DateTime.add(row.modifiedAt, { milliseconds: shift }),
    lines:
      suffix === undefined
        ? row.lines
        : row.lines.map((line) => ({ ...line, id: OrderLineId.make(`${line.id}${suffix}`) }))
  }
  const readable = skin.unreadableOrders.get(row.id)
  return readable === undefined ? shown : unreadableOrder(shown, readable)
}

const unreadableOrder = (order: Order, withLines: boolean): Unreadable =>
  unreadable({
    what: "order",
    id: order.id,
    path: "status",
    expected: "a status that is known",
    found: "mystery",
    number: order.number,
    placedAt: order.placedAt,
    modifiedAt: order.modifiedAt,
    lines: withLines
      ? order.lines.map(({ id, productId, variantId, sku, quantity }) => ({
          lineId: id,
          productId,
          variantId,
          sku,
          quantity
        }))
      : []
  })

const wornListing = (skin: Skin, row: Listing): Listing | Unreadable =>
  skin.unreadableListings.has(row.key)
    ? unreadable({ what: "listing", id: row.key, path: "tracking", expected: "a tracking mode", found: "sometimes" })
    : row
