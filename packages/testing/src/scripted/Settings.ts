/**
 * What kind of shop a scripted cart stands for.
 */
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { Currency } from "@stockport/core/domain/Money"
import type { CartLocation, StockRules } from "@stockport/core/ports/Cart"

/** The settings of a scripted shop. */
export interface Settings {
  readonly name: string
  readonly locations: readonly [CartLocation, ...ReadonlyArray<CartLocation>]
  /** When the shop itself lowers stock for an order. */
  readonly stockMoves: "atPlacement" | "atShipment"
  /** Whether it moves stock again when an order is edited. */
  readonly stockFollowsEdits: boolean
  /** Whether it gives stock back when an order is cancelled, declined, refunded or deleted. */
  readonly stockFollowsRefunds: boolean
  /** How many rows a page of a list holds. */
  readonly pageSize: number
  readonly stockLevelsPerRequest: number
  readonly quantityMax: number
  /** How long after it was accepted a new level takes effect. */
  readonly writeDelayMillis: number
  /** How exactly the shop notes when an order changed; real ones round down to the second. */
  readonly stampMillis: number
  /** Whether the shop says when parcels left and when money went back. */
  readonly dated: boolean
  /** Channels of the shop with rules of stock movement of their own, as it describes them. */
  readonly channelRules: ReadonlyArray<StockRules>
  /** What the adapter calls its way of reading. */
  readonly reader: string
  /** How many calls the shop answers per window; null for any number. */
  readonly quota: { readonly calls: number; readonly windowMillis: number } | null
  /** What notifications are signed with. */
  readonly secret: string
}

/** A shop with one location, which takes stock when an order is placed and moves it with every change. */
export const defaults: Settings = {
  name: "Scripted shop",
  locations: [{ id: CartLocationId.make("1"), name: "Default location", enabled: true, isDefault: true }],
  stockMoves: "atPlacement",
  stockFollowsEdits: true,
  stockFollowsRefunds: true,
  pageSize: 50,
  stockLevelsPerRequest: 2_000,
  quantityMax: 2_147_483_647,
  writeDelayMillis: 0,
  stampMillis: 1_000,
  dated: true,
  channelRules: [],
  reader: "scripted",
  quota: null,
  secret: "scripted-secret"
}

/** The only currency of a scripted shop. */
export const currency = Currency.make("USD")
