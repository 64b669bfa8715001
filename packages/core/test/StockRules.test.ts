import { assert, it } from "@effect/vitest"
import { stockRulesFor } from "@stockport/core/domain/StockRules"

const rules = { stockMoves: "atPlacement", stockFollowsEdits: true, stockFollowsRefunds: true } as const
const counter = { stockMoves: "atShipment", stockFollowsEdits: false, stockFollowsRefunds: true } as const

it("the channel that an order came in by decides how the shop moves stock for it", () => {
  const shop = { ...rules, channelRules: [{ cartChannelId: "2", ...counter }] }
  assert.deepStrictEqual(stockRulesFor(shop, { cartChannelId: "2" }), counter)
  assert.deepStrictEqual(stockRulesFor(shop, { cartChannelId: "1" }), rules)
  assert.deepStrictEqual(stockRulesFor(shop, { cartChannelId: null }), rules)
  assert.deepStrictEqual(stockRulesFor(rules, {}), rules)
})
