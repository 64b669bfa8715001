import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { CartLocationId } from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import * as Issue from "@stockport/core/domain/Issue"
import { ItemId } from "@stockport/core/domain/ItemId"
import { ListingKey, ProductId } from "@stockport/core/domain/Listing"
import { LocationId } from "@stockport/core/domain/Location"
import { OrderId, OrderLineId } from "@stockport/core/domain/Order"
import * as Quantity from "@stockport/core/domain/Quantity"
import { SaleId } from "@stockport/core/domain/Sale"
import * as Text from "@stockport/core/domain/Text"
import { Schema } from "effect"

const connectionId = ConnectionId.make("shop")
const listingKey = ListingKey.make("1/2")
const itemId = ItemId.make("I")
const componentId = ItemId.make("C")
const orderId = OrderId.make("1001")
const cartLocationId = CartLocationId.make("7")
const locationId = LocationId.make("main")

/** One of each kind, made when a test asks for it: what it says, which ids it is about. */
const each: ReadonlyArray<readonly [() => Issue.Issue, Issue.IssueCode, string, Readonly<Record<string, string>>]> = [
  [
    () => Issue.skuAmbiguous({ connectionId, listingKey, sku: "A", itemIds: [itemId, componentId] }),
    "SKU_AMBIGUOUS",
    'Listing 1/2 has the SKU "A", and it could be any of these items: I, C.',
    { connectionId, listingKey, itemIds: "I, C" }
  ],
  [
    () => Issue.skuAmbiguous({ connectionId, listingKey, sku: "a", itemIds: [itemId] }),
    "SKU_AMBIGUOUS",
    'Listing 1/2 and others have the SKU "a" of item I, but for case or outer space.',
    { connectionId, listingKey, itemIds: "I" }
  ],
  [
    () => Issue.skuDrift({ connectionId, listingKey, itemId, listingSku: "A", itemSku: "B" }),
    "SKU_DRIFT",
    'Listing 1/2 now has the SKU "A", but its item I has "B".',
    { connectionId, listingKey, itemId }
  ],
  [
    () => Issue.skuDrift({ connectionId, listingKey, itemId, listingSku: "A", itemSku: null }),
    "SKU_DRIFT",
    "Listing 1/2 is linked to item I, which no longer exists.",
    { connectionId, listingKey, itemId }
  ],
  [
    () => Issue.listingUnmatched({ connectionId, listingKey, sku: "A" }),
    "LISTING_UNMATCHED",
    'No item has the SKU "A" of listing 1/2.',
    { connectionId, listingKey }
  ],
  [
    () => Issue.listingUnmatched({ connectionId, listingKey, sku: " " }),
    "LISTING_UNMATCHED",
    "Listing 1/2 has no SKU, so no item can be found for it.",
    { connectionId, listingKey }
  ],
  [
    () => Issue.listingOrphaned({ connectionId, listingKey, itemId }),
    "LISTING_ORPHANED",
    "Item I is linked to listing 1/2, which the shop no longer offers.",
    { connectionId, listingKey, itemId }
  ],
  [
    () => Issue.listingUnreadable({ connectionId, listingKey: "1/2", path: "inventory", expected: "a whole number" }),
    "LISTING_UNREADABLE",
    "Listing 1/2 cannot be read: at inventory, expected a whole number.",
    { connectionId, listingKey: "1/2" }
  ],
  [
    () => Issue.listingUnreadable({ connectionId, listingKey: null, path: "", expected: "an object" }),
    "LISTING_UNREADABLE",
    "A listing without a readable id cannot be read: at its row, expected an object.",
    { connectionId }
  ],
  [
    () => Issue.linkUnsellable({ connectionId, listingKey, itemId, why: "archived", others: [] }),
    "LINK_UNSELLABLE",
    "Listing 1/2 is linked to item I, which is archived.",
    { connectionId, listingKey, itemId }
  ],
  [
    () => Issue.linkMoved({ connectionId, listingKey, from: itemId, to: componentId }),
    "LINK_MOVED",
    "Listing 1/2 now sells item C: item I, which it was linked to, is not sold any more, and C has its SKU.",
    { connectionId, listingKey, itemId: "C", from: "I" }
  ],
  [
    () => Issue.connectionUnauthorised({ connectionId, detail: "the token is refused" }),
    "CONNECTION_UNAUTHORISED",
    "The shop of connection shop lets nobody in: the token is refused.",
    { connectionId }
  ],
  [
    () => Issue.listingSharesItem({ connectionId, itemId, listingKeys: [listingKey, ListingKey.make("3")] }),
    "LISTING_SHARES_ITEM",
    "2 listings sell from the one stock of item I: 1/2, 3.",
    { connectionId, itemId }
  ],
  [() => Issue.kitEmpty({ itemId }), "KIT_EMPTY", "Kit I has no components, so nothing can be sold of it.", { itemId }],
  [() => Issue.kitCycle({ itemId }), "KIT_CYCLE", "Kit I contains itself, so nothing can be sold of it.", { itemId }],
  [
    () => Issue.kitCycle({ itemId, path: [] }),
    "KIT_CYCLE",
    "Kit I contains itself, so nothing can be sold of it.",
    { itemId }
  ],
  [
    () => Issue.kitCycle({ itemId, path: [itemId, componentId, itemId] }),
    "KIT_CYCLE",
    "Kit I contains itself (I > C > I), so nothing can be sold of it.",
    { itemId }
  ],
  [
    () => Issue.kitQuantityInvalid({ itemId, componentId }),
    "KIT_QUANTITY_INVALID",
    "Kit I needs a quantity of component C that is not above zero.",
    { itemId, componentId }
  ],
  [
    () => Issue.componentUnknown({ itemId, componentId }),
    "COMPONENT_UNKNOWN",
    "Kit I needs item C, which does not exist.",
    { itemId, componentId }
  ],
  [
    () => Issue.quantityOutOfRange({ itemId, detail: "1 + 1 is too much" }),
    "QUANTITY_OUT_OF_RANGE",
    "A quantity of item I cannot be kept exactly: 1 + 1 is too much.",
    { itemId }
  ],
  [
    () => Issue.orderHeld({ connectionId, orderId, why: "line 2 has no item" }),
    "ORDER_HELD",
    "Order 1001 is held: line 2 has no item.",
    { connectionId, orderId }
  ],
  [
    () => Issue.referenceTooLong({ connectionId, orderId, number: "BIGCOMMERCE-US-1000000" }),
    "REFERENCE_TOO_LONG",
    'Order 1001 would get the number "BIGCOMMERCE-US-1000000" of 22 characters, and 21 is the most.',
    { connectionId, orderId }
  ],
  [
    () => Issue.referenceConflict({ connectionId, orderId, number: "123", ownerId: SaleId.make("shop:23") }),
    "REFERENCE_CONFLICT",
    'Order 1001 would get the number "123", which sale shop:23 already has.',
    { connectionId, orderId, ownerId: "shop:23" }
  ],
  [
    () => Issue.editConflict({ connectionId, orderId, lineId: OrderLineId.make("5") }),
    "EDIT_CONFLICT",
    "The shop has changed line 5 of order 1001 to less than what has already been shipped.",
    { connectionId, orderId, lineId: "5" }
  ],
  [
    () =>
      Issue.orderUnreadable({ connectionId, orderId, path: "lines", expected: "expected lines", stake: "3 are held." }),
    "ORDER_UNREADABLE",
    "Order 1001 of the shop cannot be read at lines: expected lines. 3 are held.",
    { connectionId, orderId }
  ],
  [
    () =>
      Issue.orderUnreadable({ connectionId, orderId: null, path: "", expected: "expected an order", stake: "Gone." }),
    "ORDER_UNREADABLE",
    "An order of the shop cannot be read at its start: expected an order. Gone.",
    { connectionId, orderId: "?", path: "" }
  ],
  [
    () => Issue.orderStampAhead({ connectionId, orderId, modifiedAt: "2036-01-01T00:00:00.000Z" }),
    "ORDER_STAMP_AHEAD",
    "Order 1001 is stamped 2036-01-01T00:00:00.000Z by the shop, which is in the future.",
    { connectionId, orderId }
  ],
  [
    () => Issue.orderReplaced({ connectionId, orderId, placedAt: "2026-06-01T00:00:00.000Z" }),
    "ORDER_REPLACED",
    "The shop has another order under the id 1001, placed 2026-06-01T00:00:00.000Z. The order known so far is left as it is, and the stock of the other one is held.",
    { connectionId, orderId }
  ],
  [
    () => Issue.orderMissing({ connectionId, orderId }),
    "ORDER_MISSING",
    "The shop says that there is no order 1001 (any more). It is asked again; until then the order stands.",
    { connectionId, orderId }
  ],
  [
    () => Issue.orderRefundedOpen({ connectionId, orderId, open: ["5 of line 1", "2 of line 2"] }),
    "ORDER_REFUNDED_OPEN",
    "The whole amount of order 1001 was refunded, and no line says that its goods are not to be shipped: 5 of line 1, 2 of line 2 stay committed.",
    { connectionId, orderId }
  ],
  [
    () => Issue.refundAmbiguous({ connectionId, orderId, lineId: OrderLineId.make("5"), open: "7", refunded: "3" }),
    "REFUND_AMBIGUOUS",
    "3 of line 5 of order 1001 were refunded, and it is not known whether they had been shipped: 7 stay committed.",
    { connectionId, orderId, lineId: "5" }
  ],
  [
    () => Issue.finishedUnshipped({ connectionId, orderId, lineId: OrderLineId.make("5"), quantity: "2" }),
    "FINISHED_UNSHIPPED",
    "The shop has finished order 1001 without shipping 2 of line 5; they are taken to have left.",
    { connectionId, orderId, lineId: "5" }
  ],
  [
    () =>
      Issue.shippedUnderOtherItem({
        connectionId,
        orderId,
        lineId: OrderLineId.make("5"),
        shipped: ["2 of item J"],
        itemId
      }),
    "SHIPPED_UNDER_OTHER_ITEM",
    "Line 5 of order 1001 is of item I now, but 2 of item J had been taken off the shelf for it.",
    { connectionId, orderId, lineId: "5" }
  ],
  [
    () => Issue.trackingLevelMismatch({ connectionId, productId: ProductId.make("1"), variants: 3 }),
    "TRACKING_LEVEL_MISMATCH",
    "Product 1 counts its stock as one number, but 3 of its variants are linked.",
    { connectionId, productId: "1" }
  ],
  [
    () =>
      Issue.trackingLevelMismatch({ connectionId, productId: ProductId.make("1"), variants: 3, linked: [listingKey] }),
    "TRACKING_LEVEL_MISMATCH",
    "Product 1 counts its stock as one number, but of its 3 variants only these are linked: 1/2.",
    { connectionId, productId: "1" }
  ],
  [
    () =>
      Issue.trackingLevelMismatch({ connectionId, productId: ProductId.make("1"), variants: 1, linked: [listingKey] }),
    "TRACKING_LEVEL_MISMATCH",
    "Product 1 counts its stock as one number, but its 1 variants are linked to different items or packs.",
    { connectionId, productId: "1" }
  ],
  [
    () => Issue.linkEnded({ connectionId, listingKey, itemId, shown: [4, 2], zeroing: false }),
    "LINK_ENDED",
    "The link of listing 1/2 to item I has ended, and the shop goes on showing 4, 2; what it sells of that lowers nothing.",
    { connectionId, listingKey }
  ],
  [
    () => Issue.oversold({ connectionId, itemId, short: Quantity.of(3), sources: ["sale:shop:1 (5)"] }),
    "OVERSOLD",
    "Item I is 3 short of what is promised: sale:shop:1 (5).",
    { connectionId, itemId }
  ],
  [
    () => Issue.shopKeepsBack({ connectionId, cartLocationId, listingKeys: [listingKey] }),
    "SHOP_KEEPS_BACK",
    "At location 7 the shop keeps back units of listings whose published number has its own buffer or minimum, so that less can be bought than is meant: 1/2.",
    { connectionId, cartLocationId }
  ],
  [
    () => Issue.shopOffSale({ connectionId, cartLocationId, listingKeys: [listingKey] }),
    "SHOP_OFF_SALE",
    "At location 7 the shop has switched off listings of which stock is published, so that none can be bought: 1/2.",
    { connectionId, cartLocationId }
  ],
  [
    () => Issue.locationNotFeeding({ connectionId, locationId, feeding: [] }),
    "LOCATION_NOT_FEEDING",
    "The connection's location main feeds none of the numbers that it publishes; these do: none.",
    { connectionId, locationId }
  ],
  [
    () => Issue.shopBundle({ connectionId, listingKey, itemId }),
    "SHOP_BUNDLE",
    "The shop computes the stock of listing 1/2 from a bundle of its own, so item I is not published there.",
    { connectionId, listingKey, itemId }
  ],
  [
    () => Issue.cartLocationHoldsStock({ connectionId, cartLocationId, listings: 4 }),
    "CART_LOCATION_HOLDS_STOCK",
    "The shop's location 7 holds stock of 4 linked listings, but receives no numbers.",
    { connectionId, cartLocationId }
  ],
  [
    () => Issue.massZero({ connectionId, zeroed: 3, inStock: 10, percent: 20 }),
    "MASS_ZERO",
    "The first publication would take 3 of 10 listings in stock to zero, which is more than 20 %.",
    { connectionId }
  ],
  [
    () => Issue.publishRejected({ connectionId, listingKey, itemId, detail: "unknown variant" }),
    "PUBLISH_REJECTED",
    "The shop refused the number of item I for listing 1/2: unknown variant.",
    { connectionId, listingKey, itemId }
  ],
  [
    () => Issue.unexplainedDrift({ connectionId, listingKey, cartLocationId, published: 5, shown: 9 }),
    "UNEXPLAINED_DRIFT",
    "Listing 1/2 shows 9 at location 7, where 5 was published and no order explains the difference.",
    { connectionId, listingKey, cartLocationId }
  ],
  [
    () => Issue.policyContradictory({ settings: ["a", "b"], why: "They differ.", remedy: "Make them equal." }),
    "POLICY_CONTRADICTORY",
    "They differ.",
    { settings: "a, b" }
  ],
  [
    () => Issue.policyRisky({ settings: ["a"], why: "It hurts.", remedy: "Stop it.", connectionId }),
    "POLICY_RISKY",
    "It hurts.",
    { settings: "a", connectionId }
  ]
]

/** What is to be done, by code. */
const remedies: Readonly<Record<string, string>> = {
  SKU_AMBIGUOUS: "Make the SKUs unique on both sides, or link the listing by hand.",
  SKU_DRIFT: "Check that the link is still right; then make the SKUs equal again or link the listing by hand.",
  LISTING_UNMATCHED: "Give the listing the SKU of an item, create the item, link it by hand, or exclude the listing.",
  LISTING_ORPHANED:
    "Remove the link if the listing is gone for good; one made anew with its SKU takes the link over by itself.",
  LISTING_UNREADABLE:
    "Correct it in the shop; it is read again with the next matching, and what is linked to it stays as it is.",
  LINK_UNSELLABLE: "Take the listing off sale, or link it by hand to the item that it sells.",
  LINK_MOVED: "Nothing, if this is meant; else link the listing by hand.",
  LISTING_SHARES_ITEM: "Nothing, if this is meant; else give the listings SKUs of their own.",
  KIT_EMPTY: "Enter the kit's bill of materials; until then its number is not published.",
  KIT_CYCLE: "Take the kit out of its own bill of materials; until then its number is not published.",
  KIT_QUANTITY_INVALID: "Correct the quantity in the kit's bill of materials; until then its number is not published.",
  COMPONENT_UNKNOWN:
    "Create the component or take it out of the bill of materials; until then the kit's number is not published.",
  QUANTITY_OUT_OF_RANGE: "Correct the item's stock, demand or bill of materials.",
  ORDER_HELD: "Remove the cause and the order is imported by itself; what it could reserve is reserved.",
  REFERENCE_TOO_LONG: "Shorten the connection's prefix or suffix, or give the order a number by hand.",
  REFERENCE_CONFLICT: "Give the connection a prefix of its own, or give the order a number by hand.",
  EDIT_CONFLICT: "Compare the order with its shipments, then correct one of them.",
  ORDER_UNREADABLE: "Correct the order in the shop, or update the adapter; it is read again when it changes.",
  ORDER_STAMP_AHEAD: "Check the clocks of the shop and of this machine; the order itself is followed as it stands.",
  ORDER_REPLACED:
    'Answer "same" if it is the same order after all, or "another" if it is not; then its stock stays held for as long as it is open.',
  ORDER_MISSING:
    'Nothing, if it was deleted: that is found out by itself. Answer "gone" to free its stock at once, or "keep" to keep it.',
  ORDER_REFUNDED_OPEN: 'Answer "free" if they are not to be shipped any more, or "keep" if they are.',
  REFUND_AMBIGUOUS:
    'Answer "free" if the refunded goods are not to be shipped any more, or "keep" if what is open is still to be shipped.',
  FINISHED_UNSHIPPED: 'Answer "left" if they have, or "still here" if they are on the shelf.',
  SHIPPED_UNDER_OTHER_ITEM: 'Answer "as linked" if it was item I that left, or "as booked" if the other one did.',
  CONNECTION_UNAUTHORISED:
    "Give the connection a token that the shop accepts, with all scopes; it is tried again by itself.",
  TRACKING_LEVEL_MISMATCH:
    "Let the shop track this product's stock by variant, or link all its variants to the same item and pack.",
  LINK_ENDED:
    "Set the number to 0 in the shop, settle the ended link, link the listing again, or let the policy say zero.",
  OVERSOLD: "Buy or transfer what is missing, or agree with a customer; the issue closes when there is enough.",
  SHOP_KEEPS_BACK: "Keep the buffer on one side: set the shop's safety stock to 0, or take ours out of the policy.",
  SHOP_OFF_SALE: "Switch the listings on again at that location of the shop, or stop publishing them there.",
  LOCATION_NOT_FEEDING: "Give the connection one of those locations, or let the channel be fed by its own.",
  SHOP_BUNDLE: "Take the bundle apart in the shop, or exclude the listing.",
  CART_LOCATION_HOLDS_STOCK: "Publish to that location too, or set its stock to zero in the shop.",
  MASS_ZERO: "Look through the plan; enter the missing stock, or approve it.",
  PUBLISH_REJECTED: "Correct the listing in the shop; the number is sent again by itself.",
  UNEXPLAINED_DRIFT: "Find out who changes the shop's stock; the computed number is published again.",
  POLICY_CONTRADICTORY: "Make them equal.",
  POLICY_RISKY: "Stop it."
}

const bySeverity = (severity: Issue.Severity) =>
  Issue.IssueCode.literals.filter((code) => Issue.severityOf(code) === severity)

const subjects = {
  listingKey: "a listing",
  itemId: "an item",
  orderId: "an order",
  productId: "a product",
  cartLocationId: "a location of the shop",
  connection: "the connection"
} as const

describe("the table of issues in the documentation", () => {
  it("has one row for each code, with its owner, its subject and its severity", () => {
    const page = readFileSync(new URL("../../../docs/concepts/issues.md", import.meta.url), "utf8")
    const rows = page.split("\n").filter((line) => line.startsWith("| `"))
    const told = rows.map((row) => row.split(" | ").slice(0, 4).join(" | "))
    const expected = Object.entries(Issue.kinds).map(
      ([code, { owner, subject, severity }]) =>
        `| \`${code}\` | ${owner} | ${subjects[subject ?? "connection"]} | ${severity}`
    )
    assert.deepStrictEqual(told, expected)
  })
})

describe("issues", () => {
  it.each(each.map(([make, ...said]) => [said[0], make, said] as const))("%s", (code, make, [, message, about]) => {
    const issue = make()
    assert.deepStrictEqual(issue, { code, message, remedy: remedies[code] ?? "", about })
    assert.isTrue(Schema.is(Issue.Issue)(issue))
  })

  it("there is a constructor for every code", () => {
    assert.deepStrictEqual([...new Set(each.map(([make]) => make().code))].sort(), [...Issue.IssueCode.literals].sort())
  })

  it("are one sentence each", () => {
    for (const [make] of each) {
      const { message, remedy } = make()
      assert.match(message, /^[A-Z0-9].*\.$/)
      assert.match(remedy, /^[A-Z].*\.$/)
    }
  })

  it("show what cannot be seen in whatever they quote, and stay within a line", () => {
    const odd = `M\u200bUG\u00a0${"x".repeat(5_000)}`
    const each = [
      Issue.skuAmbiguous({ connectionId, listingKey, sku: odd, itemIds: [itemId] }),
      Issue.skuDrift({ connectionId, listingKey, itemId, listingSku: odd, itemSku: odd }),
      Issue.listingUnmatched({ connectionId, listingKey, sku: odd }),
      Issue.listingUnmatched({ connectionId, listingKey, sku: odd, why: { _tag: "Damaged" } }),
      Issue.orderHeld({ connectionId, orderId, why: odd }),
      Issue.referenceTooLong({ connectionId, orderId, number: odd }),
      Issue.publishRejected({ connectionId, listingKey, itemId, detail: odd }),
      Issue.listingUnreadable({ connectionId, listingKey, path: odd, expected: odd })
    ]
    for (const { message } of each) {
      assert.include(message, "M\\u200BUG\\u00A0x")
      assert.isAtMost(message.length, Text.lineLengthMax)
    }
  })

  it.each([
    [undefined, "MUG", 'No item has the SKU "MUG" of listing 1/2.'],
    [undefined, "  ", "Listing 1/2 has no SKU, so no item can be found for it."],
    [undefined, "\u200b", 'Nothing of the SKU "\\u200B" of listing 1/2 can be seen, so no item can be found for it.'],
    [
      { _tag: "Unlinked", itemId, of: listingKey },
      "MUG",
      'Listing 1/2 has the SKU "MUG" of item I, and a person has removed the link between them.'
    ],
    [
      { _tag: "Unlinked", itemId, of: ListingKey.make("9") },
      "MUG",
      'Listing 1/2 has the SKU "MUG" of item I, and a person has removed the link of listing 9, which had this SKU and is gone.'
    ],
    [
      { _tag: "MadeAnew", of: [ListingKey.make("8"), ListingKey.make("9")] },
      "MUG",
      'Listing 1/2 has the SKU "MUG" of 8, 9, gone from the shop, and what was decided there cannot be carried over without doubt.'
    ],
    [
      { _tag: "LooksLike", itemIds: [itemId] },
      "MUG\u200b",
      'The SKU "MUG\\u200B" of listing 1/2 looks like that of item I, and differs from it in invisible characters only.'
    ],
    [
      { _tag: "NotSold", itemIds: [itemId] },
      "MUG",
      'The SKU "MUG" of listing 1/2 is that of item I, which is archived or of a kind that is not sold.'
    ],
    [
      { _tag: "Damaged" },
      "M\ufffdG",
      'The SKU "M\ufffdG" of listing 1/2 holds characters that could not be read, so no item can be found for it.'
    ]
  ] as const)("say why no item matches: %j %j", (why, sku, message) => {
    const issue = Issue.listingUnmatched({ connectionId, listingKey, sku, why })
    assert.strictEqual(issue.message, message)
    assert.match(issue.remedy, /^[A-Z].*\.$/)
  })

  it("propose what a link to what is not sold could lead to", () => {
    const others = (...ids: ReadonlyArray<ItemId>) =>
      Issue.linkUnsellable({ connectionId, listingKey, itemId, why: "kind", others: ids })
    assert.deepStrictEqual(
      [others(componentId), others(componentId, itemId)].map(({ message, remedy }) => [message, remedy]),
      [
        [
          "Listing 1/2 is linked to item I, which is of a kind that is not sold; its SKU is now that of C.",
          "Link the listing by hand to C, or take it off sale."
        ],
        [
          "Listing 1/2 is linked to item I, which is of a kind that is not sold; its SKU is now that of C, I.",
          "Link the listing by hand to the one that it sells, or take it off sale."
        ]
      ]
    )
  })

  it("are identified by their code and ids, in whatever order, and not by their words", () => {
    const issue = Issue.massZero({ connectionId, zeroed: 3, inStock: 10, percent: 20 })
    assert.strictEqual(Issue.keyOf(issue), "MASS_ZERO connectionId=shop")
    assert.strictEqual(
      Issue.keyOf(Issue.massZero({ connectionId, zeroed: 4, inStock: 10, percent: 20 })),
      Issue.keyOf(issue)
    )
    const about = { listingKey: "1/2", connectionId: "shop", itemId: "I" }
    assert.strictEqual(Issue.keyOf({ ...issue, about }), "MASS_ZERO connectionId=shop itemId=I listingKey=1/2")
    const turned = Object.fromEntries(Object.entries(about).toReversed())
    assert.strictEqual(Issue.keyOf({ ...issue, about: turned }), Issue.keyOf({ ...issue, about }))
  })

  it("spell out ten ids and count the others", () => {
    const ids = Array.from({ length: 12 }, (_, at) => String(at))
    assert.strictEqual(Issue.idsListedMax, 10)
    assert.strictEqual(Issue.list(ids.slice(0, 10)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9")
    assert.strictEqual(Issue.list(ids.slice(0, 11)), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 1 more")
    assert.strictEqual(Issue.list(ids), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more")
    assert.strictEqual(Issue.list([]), "")
  })

  it("spell out a path from its first id to its last, of a long one only the beginning and the end", () => {
    const path = Array.from({ length: 13 }, (_, at) => String(at))
    assert.strictEqual(Issue.chain(path.slice(0, 3), " > "), "0 > 1 > 2")
    assert.strictEqual(Issue.chain(path.slice(0, 11), ">"), "0>1>2>3>4>5>6>7>8>9>10")
    assert.strictEqual(Issue.chain(path.slice(0, 12), ">"), "0>1>2>3>4>5>6>7>8>9>(1 more)>11")
    assert.strictEqual(Issue.chain(path, ">"), "0>1>2>3>4>5>6>7>8>9>(2 more)>12")
  })

  it("ask for more or less", () => {
    assert.deepStrictEqual(bySeverity("information"), ["LISTING_SHARES_ITEM", "LINK_MOVED"])
    assert.deepStrictEqual(bySeverity("warning"), [
      "SKU_DRIFT",
      "LISTING_ORPHANED",
      "CART_LOCATION_HOLDS_STOCK",
      "UNEXPLAINED_DRIFT",
      "POLICY_RISKY",
      "ORDER_STAMP_AHEAD",
      "ORDER_MISSING",
      "REFUND_AMBIGUOUS",
      "ORDER_REFUNDED_OPEN",
      "FINISHED_UNSHIPPED",
      "SHIPPED_UNDER_OTHER_ITEM",
      "LINK_UNSELLABLE",
      "LINK_ENDED",
      "OVERSOLD",
      "SHOP_KEEPS_BACK",
      "SHOP_OFF_SALE",
      "LOCATION_NOT_FEEDING"
    ])
    assert.strictEqual(bySeverity("blocking").length, 20)
  })
})
