/**
 * A shop with its items, for the tests of intake: a mug, a plate, a set of two mugs and a plate, and gift wrapping.
 * Availability is told by plain arithmetic over what the decisions say: on hand less committed.
 */
import * as Intake from "@stockport/core/decide/Intake"
import { ChannelId } from "@stockport/core/domain/Channel"
import * as Connection from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import type { Demand } from "@stockport/core/domain/Demand"
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { inheritedRule, type Link } from "@stockport/core/domain/Link"
import * as Listing from "@stockport/core/domain/Listing"
import { LocationId } from "@stockport/core/domain/Location"
import type { Movement } from "@stockport/core/domain/Movement"
import * as Order from "@stockport/core/domain/Order"
import * as Quantity from "@stockport/core/domain/Quantity"
import type { Sale } from "@stockport/core/domain/Sale"
import { type IntakePolicy, safe, type SyncPolicy } from "@stockport/core/domain/SyncPolicy"
import { DateTime } from "effect"

export const main = LocationId.make("main")

export const at = (text: string): DateTime.Utc => DateTime.makeUnsafe(text)

export const now = at("2026-03-02T12:00:00Z")

export const placedAt = at("2026-03-01T12:00:00Z")

export const later = (seconds: number): DateTime.Utc => DateTime.add(placedAt, { seconds })

export const item = (
  id: string,
  kind: Item.ItemKind = "inventory",
  components: ReadonlyArray<readonly [id: string, quantity: number | string]> = []
): Item.Item =>
  Item.make({
    id: ItemId.make(id),
    kind,
    sku: id,
    billOfMaterials: components.map(([of, quantity]) => ({ itemId: ItemId.make(of), quantity: Quantity.of(quantity) }))
  })

export const items: ReadonlyArray<Item.Item> = [
  item("mug"),
  item("plate"),
  item("set", "kit", [
    ["mug", 2],
    ["plate", 1]
  ]),
  item("wrapping", "service")
]

export const link = (sku: string, itemId: string = sku, unitsPerListing: number | string = 1): Link => ({
  connectionId: ConnectionId.make("shop"),
  listing: Listing.make({
    ...idsOf(sku),
    shape: "variant",
    goods: "physical",
    sku,
    name: sku,
    tracking: "variant",
    shopBundle: false
  }),
  itemId: ItemId.make(itemId),
  tier: "exact",
  matchedSku: sku,
  unitsPerListing: Quantity.of(unitsPerListing),
  publishing: true,
  rule: inheritedRule
})

const idsOf = (sku: string) => ({
  productId: Listing.ProductId.make(`p-${sku}`),
  variantId: Listing.VariantId.make(`v-${sku}`)
})

type LineAmounts = Partial<Record<"quantity" | "shipped" | "refunded", number | string>>

/** A line of the listing with this SKU. */
export const line = (
  id: string,
  sku: string,
  { quantity = 1, shipped = 0, refunded = 0 }: LineAmounts = {},
  rest: Partial<Order.OrderLine> = {}
): Order.OrderLine =>
  Order.makeLine({
    id: Order.OrderLineId.make(id),
    sku,
    ...idsOf(sku),
    quantity: Quantity.of(quantity),
    shipped: Quantity.of(shipped),
    refunded: Quantity.of(refunded),
    ...rest
  })

export const order = (lines: ReadonlyArray<Order.OrderLine>, rest: Partial<Order.Order> = {}): Order.Order =>
  Order.make({ id: Order.OrderId.make("1001"), placedAt, lines, ...rest })

export const policy = (intake: Partial<IntakePolicy>, base: SyncPolicy = safe): SyncPolicy => ({
  ...base,
  intake: { ...base.intake, ...intake }
})

export const connection = (rest: Partial<Connection.Connection> = {}): Connection.Connection =>
  Connection.make({
    id: ConnectionId.make("shop"),
    channelId: ChannelId.make("web"),
    locationId: main,
    publishTo: [{ cartLocationId: Connection.CartLocationId.make("1"), locations: null }],
    importFrom: at("2026-01-01T00:00:00Z"),
    ...rest
  })

export interface Facts {
  readonly items?: ReadonlyArray<Item.Item>
  readonly links?: ReadonlyArray<Link>
}

/** What intake is told; without links, lines find their items by SKU. */
export const context = (
  { items: catalogue = items, links = [] }: Facts = {},
  rest: Partial<Intake.IntakeContext> = {}
): Intake.IntakeContext => ({
  connection: connection(),
  now,
  known: null,
  link: (key) => links.find(({ listing }) => listing.key === key) ?? null,
  itemsBySku: (sku) => catalogue.filter((each) => each.sku === sku),
  item: (id) => catalogue.find((each) => each.id === id) ?? null,
  numberOwner: () => null,
  pickupLocation: () => null,
  ...rest
})

/** What is stored after some decisions: the sale, its demand, and every movement that was recorded. */
export interface Stored {
  readonly known: Sale | null
  readonly demand: Demand | null
  readonly movements: ReadonlyArray<Movement>
}

export const nothing: Stored = { known: null, demand: null, movements: [] }

/** Stores a decision as the sync does. */
export const store = (before: Stored, decision: Intake.IntakeDecision): Stored => ({
  known: decision.sale ?? before.known,
  demand: decision.demand ?? before.demand,
  movements: [...before.movements, ...(decision.shipments ?? [])]
})

/** Decides snapshots one after the other, each against what the ones before have left. */
export const deliver = (
  snapshots: ReadonlyArray<Order.Order>,
  facts: Intake.IntakeContext,
  before: Stored = nothing
): Stored =>
  snapshots.reduce((stored, each) => store(stored, Intake.decide(each, { ...facts, known: stored.known })), before)

/** So much of an item is committed, as a number. */
export const committed = (demand: Demand | null, itemId = "mug"): number =>
  sum((demand?.lines ?? []).filter((each) => each.itemId === itemId))

/** So much of an item has moved, as a signed number. */
export const moved = (movements: ReadonlyArray<Movement>, itemId = "mug"): number =>
  sum(movements.filter((each) => each.itemId === itemId))

/** What can be sold of an item of which so much was on hand before anything was stored. */
export const available = (onHand: number, { demand, movements }: Stored, itemId = "mug"): number =>
  (onHand * Quantity.scale + moved(movements, itemId) * Quantity.scale - committed(demand, itemId) * Quantity.scale) /
  Quantity.scale

const sum = (lines: ReadonlyArray<{ readonly quantity: Quantity.Quantity }>): number =>
  lines.reduce((total, { quantity }) => total + quantity, 0) / Quantity.scale
