/**
 * Generators of connections, orders, and the histories of orders: what one order looks like after each change.
 *
 * Orders are drawn from a small shop whose listings are linked to stocked items, packs, kits, nested kits and a service,
 * so that every line means something. A history is a list of snapshots of one order, oldest first, each modified at least
 * a second after the one before; {@link deliveries} delivers it as networks do: late, twice, and out of order.
 */
import * as Connection from "@stockport/core/domain/Connection"
import { ChannelId } from "@stockport/core/domain/Channel"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { inheritedRule, type Link } from "@stockport/core/domain/Link"
import * as Listing from "@stockport/core/domain/Listing"
import { LocationId } from "@stockport/core/domain/Location"
import * as Order from "@stockport/core/domain/Order"
import * as Quantity from "@stockport/core/domain/Quantity"
import { type IntakePolicy, safe } from "@stockport/core/domain/SyncPolicy"
import { DateTime } from "effect"
import * as fc from "fast-check"

/** When the generated connections begin to import; generated orders are placed within the year after it. */
export const importFrom = DateTime.makeUnsafe("2026-01-01T00:00:00Z")

const daysPerYear = 365

/** A shop's listings with the items behind them. */
export interface Catalogue {
  readonly items: ReadonlyArray<Item.Item>
  readonly links: ReadonlyArray<Link>
}

/** What is drawn for a listing's line: the shop's ids and the SKU that it prints on the order. */
export interface Offer {
  readonly productId: Listing.ProductId
  readonly variantId: Listing.VariantId
  readonly sku: string
}

const connectionId = ConnectionId.make("shop")

const leaves = ["cup", "plate", "box", "ribbon"]

/** Needs that stay within five decimals when a kit of them is needed in whole numbers. */
const fractions = ["0.25", "0.33333", "1", "2", "12"]

const wholes = ["1", "2", "12"]

const billOf = (ids: ReadonlyArray<string>, needs: ReadonlyArray<string>) => {
  const need = fc.constantFrom(...needs).map(Quantity.of)
  return fc
    .uniqueArray(fc.constantFrom(...ids), { minLength: 1, maxLength: ids.length })
    .chain((chosen) => fc.tuple(...chosen.map((id) => need.map((quantity) => ({ itemId: ItemId.make(id), quantity })))))
}

const itemOf = (kind: Item.ItemKind, id: string, billOfMaterials: Item.Item["billOfMaterials"] = []) =>
  Item.make({ id: ItemId.make(id), kind, sku: id, billOfMaterials })

/** A shop's items and links: four stocked items, a kit of them, a kit of that kit, a pack, and a service. */
export const catalogue: fc.Arbitrary<Catalogue> = fc
  .record({
    set: billOf(leaves, fractions),
    hamper: billOf([...leaves, "set", "wrapping"], wholes),
    pack: fc.constantFrom("1", "30", "0.5").map(Quantity.of)
  })
  .map(({ set, hamper, pack }) => {
    const items = [
      ...leaves.map((id) => itemOf("inventory", id)),
      itemOf("service", "wrapping"),
      itemOf("kit", "set", set),
      itemOf("kit", "hamper", hamper)
    ]
    const links = items.map((item) => linkOf(item.id, item.sku, Quantity.one))
    return { items, links: [...links, linkOf(ItemId.make("cup"), "cup-pack", pack)] }
  })

const linkOf = (itemId: ItemId, sku: string, unitsPerListing: Quantity.Quantity): Link => ({
  connectionId,
  listing: Listing.make({
    ...offerOf(sku),
    shape: "variant",
    goods: "physical",
    name: sku,
    tracking: "variant",
    shopBundle: false
  }),
  itemId,
  tier: "exact",
  matchedSku: sku,
  unitsPerListing,
  publishing: true,
  rule: inheritedRule
})

const offerOf = (sku: string): Offer => ({
  productId: Listing.ProductId.make(`p-${sku}`),
  variantId: Listing.VariantId.make(`v-${sku}`),
  sku
})

/** What the generated shops sell; every offer has its link in every {@link catalogue}. */
export const offers: ReadonlyArray<Offer> = [...leaves, "set", "hamper", "wrapping", "cup-pack"].map(offerOf)

/** A prefix or suffix: printable ASCII without outer space, short enough to leave an order number its room. */
export const affix: fc.Arbitrary<string> = fc
  .string({ unit: "grapheme-ascii", maxLength: 6 })
  .map((text) => text.trim())

/** An intake policy that follows changes, with every other switch in any position. */
export const intakePolicy: fc.Arbitrary<IntakePolicy> = fc.record({
  transactionType: fc.constantFrom("salesOrder", "salesReceipt", "autoDetect"),
  importStatuses: fc.constant(safe.intake.importStatuses),
  holdStatuses: fc.constant(safe.intake.holdStatuses),
  holdDays: fc.constant(safe.intake.holdDays),
  followChanges: fc.constant(true),
  expandKits: fc.boolean(),
  overrideDescription: fc.boolean()
})

/** A connection of the generated shop. */
export const connection: fc.Arbitrary<Connection.Connection> = fc
  .record({ referencePrefix: affix, referenceSuffix: affix, intake: intakePolicy })
  .map(({ intake, ...affixes }) =>
    Connection.make({
      id: connectionId,
      channelId: ChannelId.make("web"),
      locationId: LocationId.make("main"),
      publishTo: [{ cartLocationId: Connection.CartLocationId.make("1"), locations: null }],
      importFrom,
      policy: { ...safe, intake },
      ...affixes
    })
  )

/** Whole listings of a line. */
export const lineQuantity: fc.Arbitrary<Quantity.Quantity> = fc.integer({ min: 1, max: 20 }).map(Quantity.of)

/** An unshipped line of the generated shop, of goods or of money. */
export const lineOf = (id: string): fc.Arbitrary<Order.OrderLine> =>
  fc
    .record({
      offer: fc.option(fc.constantFrom(...offers), { freq: 8 }),
      goods: fc.constantFrom("custom", "giftCertificate"),
      quantity: lineQuantity
    })
    .map(({ offer, goods, quantity }) =>
      Order.makeLine({ id: Order.OrderLineId.make(id), quantity, ...(offer === null ? { goods } : offer) })
    )

/** A line, and now and then the parts that a bundle of the shop's own adds to it. */
const bundleOf = (id: string): fc.Arbitrary<ReadonlyArray<Order.OrderLine>> =>
  fc
    .tuple(lineOf(id), fc.array(fc.constantFrom(...offers), { maxLength: 2 }), fc.boolean(), lineQuantity)
    .map(([parent, parts, isBundle, quantity]) =>
      isBundle && parent.goods === "physical"
        ? [parent, ...parts.map((offer, index) => partOf(parent, `${id}${index + 1}`, offer, quantity))]
        : [parent]
    )

const partOf = (parent: Order.OrderLine, id: string, offer: Offer, quantity: Quantity.Quantity) =>
  Order.makeLine({ id: Order.OrderLineId.make(id), quantity, parentLineId: parent.id, ...offer })

/** A status of any kind. */
export const status: fc.Arbitrary<Order.OrderStatus> = fc.constantFrom(...Order.OrderStatus.literals)

/** A new order of the generated shop: nothing shipped, nothing refunded. */
export const order: fc.Arbitrary<Order.Order> = fc
  .record({
    number: fc.integer({ min: 100, max: 99_999 }),
    status,
    day: fc.integer({ min: 0, max: daysPerYear - 1 }),
    lines: fc.integer({ min: 1, max: 4 }).chain((count) => {
      const ids = Array.from({ length: count }, (_, index) => String(index + 1))
      return fc.tuple(...ids.map(bundleOf))
    })
  })
  .map(({ number, status, day, lines }) =>
    Order.make({
      id: Order.OrderId.make(String(number)),
      status,
      placedAt: DateTime.add(importFrom, { days: day }),
      lines: lines.flat()
    })
  )

/** A change that a shopper or the shop's staff makes. Quantities are cut to what the order allows. */
export type OrderChange =
  | { readonly _tag: "Ship" | "Refund" | "Reorder"; readonly at: number; readonly quantity: Quantity.Quantity }
  | { readonly _tag: "Add"; readonly line: Order.OrderLine }
  | { readonly _tag: "Remove"; readonly at: number }
  | { readonly _tag: "SetStatus"; readonly status: Order.OrderStatus }
  | { readonly _tag: "Archive" }
  | { readonly _tag: "Delete" }

const position = fc.nat({ max: 7 })

/** A change of an order. Lines that it adds are new to every order that {@link order} generates. */
export const change: fc.Arbitrary<OrderChange> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      _tag: fc.constantFrom("Ship", "Refund", "Reorder"),
      at: position,
      quantity: lineQuantity
    })
  },
  { weight: 2, arbitrary: fc.integer({ min: 100, max: 199 }).chain((id) => lineOf(String(id)).map(added)) },
  { weight: 1, arbitrary: position.map((at): OrderChange => ({ _tag: "Remove", at })) },
  { weight: 3, arbitrary: status.map((status): OrderChange => ({ _tag: "SetStatus", status })) },
  { weight: 1, arbitrary: fc.constant<OrderChange>({ _tag: "Archive" }) },
  { weight: 1, arbitrary: fc.constant<OrderChange>({ _tag: "Delete" }) }
)

const added = (line: Order.OrderLine): OrderChange => ({ _tag: "Add", line })

/**
 * An order after a change; quantities stay plausible, and a line is only taken off while nothing of it was shipped and it
 * is not the last one. Shipments and refunds are dated where `at` is given.
 */
export const apply = (order: Order.Order, change: OrderChange, at: DateTime.Utc | null = null): Order.Order => {
  switch (change._tag) {
    case "SetStatus":
      return { ...order, status: change.status }
    case "Archive":
      return { ...order, archived: true }
    case "Delete":
      return { ...order, deleted: true }
    case "Add":
      return order.lines.some(({ id }) => id === change.line.id)
        ? order
        : { ...order, lines: [...order.lines, change.line] }
    case "Remove": {
      const line = order.lines[change.at % Math.max(1, order.lines.length)]
      return line === undefined || line.shipped > 0 || order.lines.every(({ id }) => id === line.id)
        ? order
        : { ...order, lines: order.lines.filter(({ id }) => id !== line.id) }
    }
    default: {
      const index = change.at % Math.max(1, order.lines.length)
      const changed = (line: Order.OrderLine) => datedFrom(line, applyToLine(line, change), at)
      return { ...order, lines: order.lines.map((line, each) => (each === index ? changed(line) : line)) }
    }
  }
}

const applyToLine = (
  line: Order.OrderLine,
  { _tag, quantity }: { readonly _tag: "Ship" | "Refund" | "Reorder"; readonly quantity: Quantity.Quantity }
): Order.OrderLine => {
  if (_tag === "Ship") return { ...line, shipped: sum(line.shipped, least(quantity, Order.openOf(line))) }
  if (_tag === "Refund")
    return { ...line, refunded: sum(line.refunded, least(quantity, line.quantity - line.refunded)) }
  return { ...line, quantity: Math.max(quantity, line.shipped, line.refunded) as Quantity.Quantity }
}

/** A changed line with what happened to it added to its dated history. */
const datedFrom = (before: Order.OrderLine, line: Order.OrderLine, at: DateTime.Utc | null): Order.OrderLine => {
  if (at === null) return line
  const shipped = (line.shipped - before.shipped) as Quantity.Quantity
  const refunded = (line.refunded - before.refunded) as Quantity.Quantity
  return {
    ...line,
    ...(shipped > 0 ? { shipments: [...(line.shipments ?? []), { at, quantity: shipped }] } : {}),
    ...(refunded > 0 ? { refunds: [...(line.refunds ?? []), { at, quantity: refunded }] } : {})
  }
}

const sum = (left: number, right: number) => (left + right) as Quantity.Quantity

const least = (left: number, right: number) => Math.min(left, right) as Quantity.Quantity

/** Snapshots of one order, oldest first: the order as placed, then after each change. */
export type History = readonly [Order.Order, ...ReadonlyArray<Order.Order>]

/** The history of one order over at most `changesMax` changes. */
export const history = (changesMax = 8): fc.Arbitrary<History> =>
  fc
    .tuple(
      order,
      fc.array(fc.record({ change, seconds: fc.integer({ min: 1, max: 86_400 }) }), { maxLength: changesMax })
    )
    .map(([first, changes]) => {
      const later: Array<Order.Order> = []
      let latest = first
      for (const { change, seconds } of changes) {
        const modifiedAt = DateTime.add(latest.modifiedAt, { seconds })
        latest = { ...apply(latest, change, modifiedAt), modifiedAt }
        later.push(latest)
      }
      return [first, ...later]
    })

/** The snapshots of a history as they may be delivered: any of them, any number of times, in any order; the last one at least once. */
export const deliveries = (snapshots: History): fc.Arbitrary<ReadonlyArray<Order.Order>> =>
  fc
    .tuple(fc.array(fc.constantFrom(...snapshots), { maxLength: 2 * snapshots.length }), fc.nat())
    .map(([some, seed]) => some.toSpliced(seed % (some.length + 1), 0, snapshots.at(-1)!))

/** Look-ups over a catalogue, in the form in which intake asks for them. */
export const factsOf = ({ items, links }: Catalogue) => {
  const byId = new Map(items.map((item) => [item.id, item]))
  const byListing = new Map(links.map((link) => [link.listing.key, link]))
  return {
    item: (id: ItemId): Item.Item | null => byId.get(id) ?? null,
    itemsBySku: (sku: string): ReadonlyArray<Item.Item> => items.filter((item) => item.sku === sku),
    link: (key: Listing.ListingKey): Link | null => byListing.get(key) ?? null
  }
}
