/**
 * What a shop itself does to stock for an order: as a whole, or by the rules of the channel that the order came in by.
 */
import type { Order } from "./Order.ts"

/** When the shop lowers stock for an order, and whether stock follows its edits and refunds. */
export interface StockRules {
  readonly stockMoves: "atPlacement" | "atShipment"
  readonly stockFollowsEdits: boolean
  readonly stockFollowsRefunds: boolean
}

/** A shop's rules, and those of its channels that have others. */
export interface RulesByChannel extends StockRules {
  readonly channelRules?: ReadonlyArray<StockRules & { readonly cartChannelId: string }>
}

/** The rules for one order: its channel's where that has some, else the shop's. */
export const stockRulesFor = (shop: RulesByChannel, order: Pick<Order, "cartChannelId">): StockRules => {
  const channel = shop.channelRules?.find(({ cartChannelId }) => cartChannelId === order.cartChannelId)
  const { stockMoves, stockFollowsEdits, stockFollowsRefunds } = channel ?? shop
  return { stockMoves, stockFollowsEdits, stockFollowsRefunds }
}
