import { assert, describe, it } from "@effect/vitest"
import { ConnectionId, Order, Quantity, Sale } from "@stockport/core"
import * as OrderIdentity from "@stockport/core/decide/OrderIdentity"
import { DateTime } from "effect"

const placed = (placedAt: string, fields: Partial<Order.Order> = {}): Order.Order =>
  Order.make({
    id: Order.OrderId.make("100"),
    placedAt: DateTime.makeUnsafe(placedAt),
    lines: [Order.makeLine({ id: Order.OrderLineId.make("a"), sku: "MUG", quantity: Quantity.one })],
    ...fields
  })

const stored = (order: Order.Order): Sale.Sale => ({
  id: Sale.SaleId.make("shop:100"),
  connectionId: ConnectionId.ConnectionId.make("shop"),
  orderId: order.id,
  type: "salesOrder",
  state: "open",
  number: Sale.ReferenceNumber.make("100"),
  reasons: [],
  lines: [],
  order,
  revision: 0
})

const buyer = (email: string) => ({ customer: { id: null, email, billing: null } })

const march = placed("2026-03-01T08:00:00.250Z")

describe("an order under a known id", () => {
  it("is the same order when it was placed in the same second", () => {
    assert.isFalse(OrderIdentity.isAnother(placed("2026-03-01T08:00:00Z"), stored(march)))
    assert.isFalse(OrderIdentity.isAnother(placed("2026-03-01T08:00:00.999Z"), stored(march)))
  })

  it("is another order when it was placed in another second", () => {
    assert.isTrue(OrderIdentity.isAnother(placed("2026-03-01T08:00:01Z"), stored(march)))
    assert.isTrue(OrderIdentity.isAnother(placed("2026-03-01T07:59:59.999Z"), stored(march)))
  })

  it("is another order when it has another buyer and other goods, and the same order when it has one of both", () => {
    const cups = [Order.makeLine({ id: Order.OrderLineId.make("b"), sku: "CUP", quantity: Quantity.one })]
    const known = stored({ ...march, ...buyer("ada@example.com") })
    const another = { ...march, ...buyer("bob@example.com"), lines: cups }
    assert.isTrue(OrderIdentity.isAnother(another, known))
    assert.isFalse(OrderIdentity.isAnother({ ...another, ...buyer(" Ada@Example.com") }, known))
    assert.isFalse(OrderIdentity.isAnother({ ...another, lines: march.lines }, known))
    assert.isFalse(OrderIdentity.isAnother({ ...another, ...buyer("") }, known))
  })
})
