import { assert, describe, it } from "@effect/vitest"
import * as Fulfilment from "@stockport/core/decide/Fulfilment"
import * as Intake from "@stockport/core/decide/Intake"
import * as Issue from "@stockport/core/domain/Issue"
import { ItemId } from "@stockport/core/domain/ItemId"
import * as Listing from "@stockport/core/domain/Listing"
import { LocationId } from "@stockport/core/domain/Location"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { makeLine, type Order, OrderLineId, OrderStatus } from "@stockport/core/domain/Order"
import * as Quantity from "@stockport/core/domain/Quantity"
import { type IntakePolicy, safe, sosV9, type SyncPolicy } from "@stockport/core/domain/SyncPolicy"
import { Result } from "effect"
import * as Shop from "./Shop.ts"

const { at, committed, connection, context, deliver, item, items, later, line, link, order } = Shop

const under = (intake: Partial<IntakePolicy>, base: SyncPolicy = safe) =>
  context({}, { connection: connection({ policy: Shop.policy(intake, base) }) })

const codesOf = ({ reasons }: Intake.IntakeDecision) => reasons.map(({ code }) => code)

const mug = (amounts?: Parameters<typeof line>[2], rest?: Partial<Order>) => order([line("1", "mug", amounts)], rest)

const lineIds = (stored: Shop.Stored) => stored.known?.lines.map(({ id }) => id)

const skipped = (rest: Partial<Order>) => Intake.decide(mug({}, rest), context())

const standing = (snapshot: Order, facts: Intake.IntakeContext) => {
  const { reasons, issues, demand } = Intake.decide(snapshot, facts)
  assert.deepStrictEqual(issues, [])
  assert.isNull(demand)
  return reasons
}

describe("eligibility", () => {
  it("imports an order first seen in any status of the safe policy, early or late", () => {
    for (const status of OrderStatus.literals) {
      const decision = Intake.decide(mug({}, { status }), context())
      const expected = safe.intake.importStatuses.includes(status)
        ? "Import"
        : safe.intake.holdStatuses.includes(status)
          ? "Hold"
          : "Skip"
      assert.strictEqual(decision._tag, expected, status)
    }
  })

  it("imports nothing but orders that await fulfilment under V9's policy", () => {
    for (const status of OrderStatus.literals) {
      const decision = Intake.decide(mug({}, { status }), under({}, sosV9))
      assert.strictEqual(decision._tag, status === "awaitingFulfilment" ? "Import" : "Skip", status)
    }
  })

  it("says why an order is skipped, in a code and a sentence", () => {
    const cases = [
      [
        "CHECKOUT_UNFINISHED",
        { status: "incomplete" },
        "The checkout of order 1001 is not finished, and takes no stock of its lines: 1 of item mug."
      ],
      ["CALLED_OFF", { status: "cancelled" }, "Order 1001 was called off."],
      ["CALLED_OFF", { status: "declined" }, "Order 1001 was called off."],
      ["CALLED_OFF", { deleted: true }, "Order 1001 was called off."],
      [
        "BEFORE_CUTOVER",
        { placedAt: at("2025-12-31T23:59:59Z"), status: "completed" },
        "Order 1001 was placed before imports began."
      ]
    ] as const
    for (const [code, rest, message] of cases) {
      const decision = skipped(rest)
      assert.strictEqual(decision._tag, "Skip")
      assert.deepStrictEqual(decision.reasons, [{ code, message }])
      assert.strictEqual(decision.sale?.state, "skipped")
      assert.deepStrictEqual(decision.demand?.lines, [])
      assert.deepStrictEqual(
        decision.sale?.lines.map(({ id, itemId }) => [id, itemId]),
        [[OrderLineId.make("1"), ItemId.make("mug")]]
      )
      assert.deepStrictEqual(decision.issues, [])
    }
  })

  it("names the stock of an order whose status is not imported, and takes it when the policy is changed", () => {
    const disputed = mug({ quantity: 4 }, { status: "disputed" })
    const skipped = deliver([disputed], under({ importStatuses: ["awaitingFulfilment"] }))
    assert.deepStrictEqual(skipped.known?.reasons, [
      {
        code: "STATUS_NOT_IMPORTED",
        message: "Orders in status disputed are not imported, and takes no stock of its lines: 4 of item mug."
      }
    ])
    assert.strictEqual(committed(skipped.demand), 0)
    assert.strictEqual(committed(deliver([disputed], context(), skipped).demand), 4)
  })

  it("books what has left of an order called off before the first look, whatever its other lines would have been", () => {
    const strange = makeLine({ id: OrderLineId.make("9"), sku: "NOBODY-HAS-IT", quantity: Quantity.of(2) })
    const order = mug({ quantity: 5, shipped: 3 }, { status: "cancelled" })
    const { known, demand } = deliver([{ ...order, lines: [...order.lines, strange] }], context())
    assert.strictEqual(known?.state, "cancelled")
    assert.strictEqual(committed(demand), 0)
  })

  it("keeps an order that was skipped as too old skipped, also when it changes", () => {
    const old = mug({}, { placedAt: at("2025-06-01T00:00:00Z"), status: "completed" })
    const skipped = deliver([old], context())
    const changed = Intake.decide({ ...old, modifiedAt: later(1) }, { ...context(), known: skipped.known })
    assert.deepStrictEqual(codesOf(changed), ["BEFORE_CUTOVER"])
  })

  it("says why a stored sale stands as it is, and asks nothing of anybody", () => {
    const { known } = deliver([mug({}, { modifiedAt: later(10) })], context())
    const same = mug({}, { modifiedAt: later(10) })
    assert.deepStrictEqual(standing(same, { ...context(), known }), [
      { code: "UNCHANGED", message: "Sale shop:1001 is as the order says." }
    ])
    assert.deepStrictEqual(standing(mug(), { ...context(), known }), [
      { code: "OLDER_SNAPSHOT", message: "A later snapshot of order 1001 has been seen." }
    ])
    assert.deepStrictEqual(standing(same, { ...context(), known: Intake.remove(known!).sale }), [
      { code: "DELETED_HERE", message: "Order 1001 was deleted here." }
    ])
    assert.deepStrictEqual(standing(same, { ...under({ followChanges: false }), known }), [
      { code: "CHANGES_NOT_FOLLOWED", message: "Sale shop:1001 stays as it was imported." }
    ])
  })

  it("never imports an unfinished checkout, even where the policy names it; holding its stock is allowed", () => {
    const pending = mug({}, { status: "pending" })
    assert.strictEqual(Intake.decide(pending, under({ importStatuses: ["pending"] }))._tag, "Skip")
    const held = Intake.decide(pending, under({ holdStatuses: ["pending"] }))
    assert.deepStrictEqual(codesOf(held), ["AWAITING_STATUS"])
    assert.strictEqual(committed(held.demand), 1)
  })

  it("imports an archived order like any other", () => {
    assert.strictEqual(Intake.decide(mug({}, { archived: true }), context())._tag, "Import")
  })

  it("imports an order placed at the very moment of connection", () => {
    assert.strictEqual(Intake.decide(mug({}, { placedAt: at("2026-01-01T00:00:00Z") }), context())._tag, "Import")
  })

  it("takes older orders when a back-fill asks for them, and only from its date", () => {
    const backfill = { ...context(), backfillFrom: at("2025-06-01T00:00:00Z") }
    assert.strictEqual(Intake.decide(mug({}, { placedAt: at("2025-06-01T00:00:00Z") }), backfill)._tag, "Import")
    const older = Intake.decide(mug({}, { placedAt: at("2025-05-31T00:00:00Z"), status: "shipped" }), backfill)
    assert.deepStrictEqual(codesOf(older), ["BEFORE_CUTOVER"])
    const late = { ...context(), backfillFrom: at("2026-02-01T00:00:00Z") }
    assert.strictEqual(Intake.decide(mug({}, { placedAt: at("2026-01-15T00:00:00Z") }), late)._tag, "Import")
  })

  it("back-fills an order that was skipped as too old before", () => {
    const old = mug({ shipped: 1 }, { placedAt: at("2025-06-01T00:00:00Z"), status: "completed" })
    const skipped = deliver([old], context())
    const again = Intake.decide(old, { ...context(), known: skipped.known, backfillFrom: at("2025-01-01T00:00:00Z") })
    assert.strictEqual(again._tag, "Import")
    assert.strictEqual(again.sale?.revision, 1)
  })

  it("follows a known order although the cut-over date was moved past it", () => {
    const imported = deliver([mug({ quantity: 2 })], context())
    const moved = context({}, { connection: connection({ importFrom: at("2026-06-01T00:00:00Z") }) })
    const amended = deliver([mug({ quantity: 3 }, { modifiedAt: later(1) })], moved, imported)
    assert.strictEqual(committed(amended.demand), 3)
    const unpaid = deliver([mug({ quantity: 2 }, { status: "awaitingPayment" })], context())
    const paid = deliver([mug({ quantity: 2 }, { modifiedAt: later(1) })], moved, unpaid)
    assert.strictEqual(paid.known?.state, "open")
  })
})

const typeOf = (intake: Partial<IntakePolicy>, countOpenSalesReceipts: boolean, status: OrderStatus) => {
  const base = { ...safe, availability: { ...safe.availability, countOpenSalesReceipts } }
  return Intake.decide(mug({}, { status }), under(intake, base)).sale?.type
}

describe("the type of a sale", () => {
  it("is a sales order by default, and a receipt where receipts are asked for", () => {
    assert.strictEqual(typeOf({}, true, "awaitingFulfilment"), "salesOrder")
    assert.strictEqual(typeOf({ transactionType: "salesReceipt" }, false, "awaitingFulfilment"), "salesReceipt")
    assert.strictEqual(
      Intake.decide(mug(), context({}, { connection: connection({ policy: sosV9 }) })).sale?.type,
      "salesReceipt"
    )
  })

  it("detects a receipt only for a paid order, and only where open receipts are counted", () => {
    const importStatuses = OrderStatus.literals
    const auto = { transactionType: "autoDetect", importStatuses } as const
    assert.strictEqual(typeOf(auto, true, "awaitingFulfilment"), "salesReceipt")
    assert.strictEqual(typeOf(auto, true, "completed"), "salesReceipt")
    assert.strictEqual(typeOf(auto, true, "awaitingPayment"), "salesOrder")
    assert.strictEqual(typeOf(auto, true, "manualVerification"), "salesOrder")
    assert.strictEqual(typeOf(auto, false, "awaitingFulfilment"), "salesOrder")
  })

  it("names the kind of the demand", () => {
    assert.strictEqual(Intake.decide(mug(), context()).demand?.kind, "salesOrder")
    assert.strictEqual(Intake.decide(mug(), under({ transactionType: "salesReceipt" })).demand?.kind, "salesReceipt")
  })

  it("does not change on a sale that exists: nothing is imported again", () => {
    const imported = deliver([mug()], context())
    const changed = under({ transactionType: "salesReceipt" })
    assert.isNull(Intake.decide(mug(), { ...changed, known: imported.known }).sale)
    const amended = deliver([mug({ quantity: 4 }, { modifiedAt: later(1) })], changed, imported)
    assert.strictEqual(amended.known?.type, "salesOrder")
    assert.strictEqual(amended.demand?.kind, "salesOrder")
  })
})

describe("an unpaid order", () => {
  const unpaid = mug({ quantity: 3 }, { status: "awaitingPayment" })

  it("is held for as many days as the policy says, counted from its last change", () => {
    const { demand, known } = deliver([unpaid], context())
    assert.deepStrictEqual(demand?.expiresAt, at("2026-03-15T12:00:00Z"))
    assert.deepStrictEqual(known?.reasons, [
      {
        code: "AWAITING_PAYMENT",
        message: "Order 1001 waits in status awaitingPayment; its stock is held until 2026-03-15T12:00:00.000Z."
      }
    ])
    const touched = deliver([{ ...unpaid, modifiedAt: at("2026-03-02T00:00:00Z") }], context())
    assert.deepStrictEqual(touched.demand?.expiresAt, at("2026-03-16T00:00:00Z"))
  })

  it("needs nobody's help: it raises no issue", () => {
    assert.deepStrictEqual(Intake.decide(unpaid, context()).issues, [])
    const verification = Intake.decide({ ...unpaid, status: "manualVerification" }, context())
    assert.deepStrictEqual(codesOf(verification), ["AWAITING_VERIFICATION"])
    assert.deepStrictEqual(verification.issues, [])
  })

  it("gives its stock back at the very end of its hold, and is skipped from then on", () => {
    const held = deliver([unpaid], context())
    const almost = { ...context(), now: at("2026-03-15T11:59:59Z"), known: held.known }
    assert.isNull(Intake.decide(unpaid, almost).sale)
    const over = { ...context(), now: at("2026-03-15T12:00:00Z"), known: held.known }
    const expired = Intake.decide(unpaid, over)
    assert.deepStrictEqual(codesOf(expired), ["HOLD_EXPIRED"])
    assert.deepStrictEqual(expired.demand?.lines, [])
    const again = Intake.decide(unpaid, { ...over, known: expired.sale })
    assert.isNull(again.sale)
    assert.deepStrictEqual(codesOf(again), ["HOLD_EXPIRED"])
  })

  it("is imported when it is paid after all, also after its hold has ended", () => {
    const over = { ...context(), now: at("2026-04-01T00:00:00Z") }
    const expired = deliver([unpaid], over)
    const paid = Intake.decide(mug({ quantity: 3 }, { modifiedAt: later(1) }), { ...over, known: expired.known })
    assert.strictEqual(paid._tag, "Import")
    assert.strictEqual(committed(paid.demand), 3)
  })

  it("holds the leaves of a kit, and drops a line that matches nothing without making it anybody's task", () => {
    const { demand, known } = deliver(
      [order([line("1", "set", { quantity: 2 }), line("2", "unknown")], { status: "awaitingPayment" })],
      context()
    )
    assert.strictEqual(committed(demand, "mug"), 4)
    assert.strictEqual(committed(demand, "plate"), 2)
    assert.deepStrictEqual(Intake.issuesOf(known!), [])
  })

  it("stays imported when its payment is put in doubt later", () => {
    const imported = deliver([mug({ quantity: 3 })], context())
    const doubted = deliver([{ ...unpaid, modifiedAt: later(1) }], context(), imported)
    assert.strictEqual(doubted.known?.state, "open")
    assert.strictEqual(doubted.demand?.kind, "salesOrder")
    assert.isNull(doubted.demand?.expiresAt)
  })
})

const cornerOfSeven = (id: string) => (id === "7" ? LocationId.make("corner") : null)

const pickupLocation = () => LocationId.make("corner")

describe("lines", () => {
  it("find their item by the link of the variant before the SKU", () => {
    const facts = context({ links: [link("mug", "plate", "2.5")] })
    const { known, demand } = deliver([mug({ quantity: 2 })], facts)
    assert.strictEqual(known?.lines[0]?.itemId, "plate")
    assert.strictEqual(known?.lines[0]?.unitsPerListing, Quantity.of("2.5"))
    assert.strictEqual(committed(demand, "plate"), 5)
    assert.strictEqual(committed(demand, "mug"), 0)
  })

  it("keep what the shop printed on them", () => {
    const { known } = deliver([order([line("1", "mug", {}, { name: "A mug in blue" })])], context())
    assert.strictEqual(known?.lines[0]?.description, "A mug in blue")
    assert.strictEqual(known?.lines[0]?.sku, "mug")
    assert.strictEqual(known?.lines[0]?.listingKey, "p-mug/v-mug")
    assert.strictEqual(known?.lines[0]?.locationId, "main")
    assert.isNull(known?.lines[0]?.parentLineId)
  })

  it("are described in the item's words where the policy says so: its description, or else its name", () => {
    const facts = under({ overrideDescription: true })
    const described = [
      { ...item("mug"), description: "Stoneware mug, 30 cl" },
      { ...item("plate"), name: "Our plate", description: " " }
    ]
    const { known } = deliver(
      [order([line("1", "mug"), line("2", "plate"), line("3", "", {}, { goods: "custom", name: "Engraving" })])],
      { ...context({ items: described }), connection: facts.connection }
    )
    assert.deepStrictEqual(
      known?.lines.map(({ description }) => description),
      ["Stoneware mug, 30 cl", "Our plate", "Engraving"]
    )
  })

  it("of money take nothing: written by hand, gift certificates, downloads, services", () => {
    const { known, demand } = deliver(
      [
        order([
          line("1", "mug", {}, { goods: "custom", productId: null, variantId: null }),
          line("2", "mug", {}, { goods: "giftCertificate" }),
          line("3", "mug", {}, { goods: "digital" }),
          line("4", "wrapping"),
          line("5", "nothing-like-it", {}, { goods: "digital" })
        ])
      ],
      context()
    )
    assert.strictEqual(known?.state, "open")
    assert.deepStrictEqual(demand?.lines, [])
    assert.deepStrictEqual(
      known?.lines.map(({ itemId, open }) => [itemId, open / Quantity.scale]),
      [
        [null, 1],
        [null, 0],
        [ItemId.make("mug"), 0],
        [ItemId.make("wrapping"), 1],
        [null, 0]
      ]
    )
  })

  it("close the sale at once when all of them are downloads or gift certificates", () => {
    const { known } = deliver([order([line("1", "mug", {}, { goods: "digital" })])], context())
    assert.strictEqual(known?.state, "closed")
    assert.deepStrictEqual(known?.lines[0]?.needs, [])
  })

  it("of a kit take its leaves, times the pack; the same kit twice is two lines", () => {
    const facts = context({ links: [link("set-pack", "set", 3)] })
    const { demand } = deliver([order([line("1", "set", { quantity: 2 }), line("2", "set-pack")])], facts)
    assert.deepStrictEqual(
      demand?.lines.map(({ lineId, itemId, quantity }) => [lineId, itemId, quantity / Quantity.scale]),
      [
        ["1", "mug", 4],
        ["1", "plate", 2],
        ["2", "mug", 6],
        ["2", "plate", 3]
      ]
    )
  })

  it("round a need up where five decimals do not suffice, never down", () => {
    const facts = context({ links: [link("sip", "mug", "0.33333")] })
    const { demand } = deliver([order([line("1", "sip", { quantity: "0.5" })])], facts)
    assert.strictEqual(demand?.lines[0]?.quantity, Quantity.of("0.16667"))
  })

  it("belong to the place of pick-up where the shop names one that we know, else to the connection's", () => {
    const pickupAt = CartLocationId.make("7")
    const lines = [
      line("1", "mug", {}, { pickupAt }),
      line("2", "mug", {}, { pickupAt: CartLocationId.make("8") }),
      line("3", "mug")
    ]
    const { known, demand } = deliver([order(lines)], context({}, { pickupLocation: cornerOfSeven }))
    assert.deepStrictEqual(
      known?.lines.map(({ locationId }) => locationId),
      ["corner", "main", "main"]
    )
    assert.deepStrictEqual(
      demand?.lines.map(({ locationId }) => locationId),
      ["corner", "main", "main"]
    )
  })

  it("move with the order when it is to be picked up elsewhere, and stay when the connection moves", () => {
    const imported = deliver([mug()], context({}, { pickupLocation }))
    const elsewhere = order([line("1", "mug", {}, { pickupAt: CartLocationId.make("7") })], { modifiedAt: later(1) })
    const picked = deliver([elsewhere], context({}, { pickupLocation }), imported)
    assert.strictEqual(picked.demand?.lines[0]?.locationId, "corner")
    const relocated = context({}, { connection: connection({ locationId: LocationId.make("annex") }) })
    const stayed = deliver([mug({ quantity: 2 }, { modifiedAt: later(1) })], relocated, imported)
    assert.strictEqual(stayed.demand?.lines[0]?.locationId, "main")
  })
})

const ghosts = (count: number) => Array.from({ length: count }, (_, index) => line(String(index + 1), "ghost"))

describe("a line that matches nothing", () => {
  const facts = context()
  const two = order([line("1", "mug", { quantity: 2 }), line("2", "ghost", {}, { name: "Ghost mug" }), line("3", " ")])

  it("holds the order, names the line, and reserves the others without end", () => {
    const decision = Intake.decide(two, facts)
    assert.strictEqual(decision._tag, "Hold")
    assert.deepStrictEqual(decision.reasons, [
      { code: "LINE_UNMATCHED", message: 'Line 2 (SKU "ghost", Ghost mug) matches no item.' },
      { code: "LINE_UNMATCHED", message: "Line 3 (no SKU, Line 3) matches no item." }
    ])
    assert.strictEqual(decision.demand?.kind, "softHold")
    assert.isNull(decision.demand?.expiresAt)
    assert.strictEqual(committed(decision.demand), 2)
    assert.isNull(decision.sale?.number)
    assert.strictEqual(decision.sale?.lines.length, 3)
    assert.deepStrictEqual(decision.issues, [
      Issue.orderHeld({
        connectionId: facts.connection.id,
        orderId: two.id,
        why: 'Line 2 (SKU "ghost", Ghost mug) matches no item; Line 3 (no SKU, Line 3) matches no item'
      })
    ])
  })

  it("is one of so many that the issue spells out ten and counts the rest", () => {
    const why = (count: number) => Intake.decide(order(ghosts(count)), facts).issues[0]?.message ?? ""
    assert.match(why(10), /Line 10 \(SKU "ghost", ghost\) matches no item\.$/)
    assert.match(why(12), /matches no item; Line 10 \(SKU "ghost", ghost\) matches no item; and 2 more\.$/)
    assert.strictEqual(Intake.decide(order(ghosts(12)), facts).sale?.reasons.length, 12)
  })

  it("is named in so many characters, however long its SKU and name are", () => {
    const long = order([line("1", "ghost", {}, { sku: "x".repeat(9_000), name: "y".repeat(9_000) })])
    const { known } = deliver([long], context())
    assert.isBelow(known!.reasons[0]!.message.length, 400)
  })

  it("is named with its dots", () => {
    const { issues } = Intake.decide(order([line("1", "a.b")]), facts)
    assert.strictEqual(issues[0]?.message, 'Order 1001 is held: Line 1 (SKU "a.b", a.b) matches no item.')
  })

  it("could be several items: the order is held and lists them", () => {
    const twins = context({ items: [...items, { ...item("mug"), id: ItemId.make("mug-2") }] })
    const decision = Intake.decide(mug(), twins)
    assert.deepStrictEqual(codesOf(decision), ["LINE_AMBIGUOUS"])
    assert.include(decision.issues[0]?.message, "mug, mug-2")
  })

  it("may be linked to what cannot be sold, or is gone", () => {
    const category = context({ items: [...items, item("things", "category")], links: [link("mug", "things")] })
    assert.deepStrictEqual(Intake.decide(mug(), category).reasons, [
      {
        code: "LINE_UNSELLABLE",
        message: 'Line 1 (SKU "mug", mug) is linked to item things, which does not exist or cannot be sold.'
      }
    ])
    assert.deepStrictEqual(codesOf(Intake.decide(mug(), context({ links: [link("mug", "gone")] }))), [
      "LINE_UNSELLABLE"
    ])
  })

  it("may be a kit that cannot be taken apart", () => {
    const loop = item("loop", "kit", [["loop", 1]])
    const decision = Intake.decide(order([line("1", "loop"), line("2", "mug")]), context({ items: [...items, loop] }))
    assert.deepStrictEqual(codesOf(decision), ["LINE_KIT_BROKEN"])
    assert.include(decision.issues[0]?.message, "loop -> loop")
    assert.strictEqual(committed(decision.demand), 1)
    const huge = context({ links: [link("set", "set", "90071992547.4")] })
    assert.deepStrictEqual(codesOf(Intake.decide(order([line("1", "set")]), huge)), ["LINE_KIT_BROKEN"])
  })

  it("may take more than can be counted: it reserves nothing and holds the order", () => {
    const facts = context({ links: [link("mug", "mug", 2_000_000)] })
    const decision = Intake.decide(order([line("1", "mug", { quantity: 1_000_000 }), line("2", "plate")]), facts)
    assert.deepStrictEqual(decision.reasons, [
      { code: "LINE_OUT_OF_RANGE", message: 'Line 1 (SKU "mug", mug) takes more from stock than can be counted.' }
    ])
    assert.strictEqual(committed(decision.demand), 0)
    assert.strictEqual(committed(decision.demand, "plate"), 1)
  })

  it("lets the order in as soon as it has an item, and no issue is left", () => {
    const held = deliver([mug()], context({ items: [] }))
    const decision = Intake.decide(mug(), { ...context(), known: held.known })
    assert.strictEqual(decision._tag, "Import")
    assert.strictEqual(decision.sale?.revision, 1)
    assert.lengthOf(Intake.issuesOf(held.known!), 1)
    assert.deepStrictEqual(decision.issues, [])
  })

  it("is still held when the status has moved on, for the shop has sold it", () => {
    const held = deliver([mug({ quantity: 2 })], context({ items: [] }))
    const refunded = mug({ quantity: 2, refunded: 1 }, { status: "partiallyRefunded", modifiedAt: later(1) })
    const imported = deliver([refunded], context(), held)
    assert.strictEqual(imported.known?.state, "open")
    assert.strictEqual(committed(imported.demand), 1)
  })

  it("keeps an order that is already imported from being worked on until it is resolved", () => {
    const imported = deliver([mug()], context())
    const edited = order([line("1", "mug"), line("2", "ghost")], { modifiedAt: later(1) })
    const held = deliver([edited], context(), imported)
    assert.strictEqual(held.known?.state, "held")
    assert.strictEqual(held.known?.number, imported.known?.number)
    assert.strictEqual(held.demand?.kind, "softHold")
    assert.strictEqual(committed(held.demand), 1)
    const resolved = Intake.decide(edited, { ...context({ links: [link("ghost", "mug")] }), known: held.known })
    assert.strictEqual(resolved._tag, "Amend")
    assert.strictEqual(committed(resolved.demand), 2)
    assert.strictEqual(resolved.sale?.number, imported.known?.number)
  })

  it("holds also what the shop has shipped of the order: it is still counted as on hand here", () => {
    const shipped = order([line("1", "mug", { quantity: 5, shipped: 3 }), line("2", "ghost")], {
      status: "partiallyShipped"
    })
    const held = deliver([shipped], context())
    assert.strictEqual(committed(held.demand), 5)
    assert.deepStrictEqual(held.movements, [])
    const resolved = deliver([shipped], context({ links: [link("ghost", "plate")] }), held)
    assert.strictEqual(committed(resolved.demand), 2)
    assert.strictEqual(Shop.moved(resolved.movements), -3)
  })
})

const child = (id: string, sku: string, quantity: number) =>
  line(id, sku, { quantity }, { parentLineId: OrderLineId.make("1") })

const bundle = (sets: number, mugs: number, seconds: number) =>
  order([line("1", "set", { quantity: sets }), child("2", "mug", mugs)], { modifiedAt: later(seconds) })

describe("a bundle that the shop takes apart itself", () => {
  it("is a line for the parent and one for each part, each with its own listing", () => {
    const { known, demand } = deliver([order([line("1", "plate", { quantity: 2 }), child("2", "mug", 4)])], context())
    assert.deepStrictEqual(lineIds({ known, demand, movements: [] }), ["1", "2"])
    assert.strictEqual(known?.lines[1]?.parentLineId, "1")
    assert.strictEqual(committed(demand, "plate"), 2)
    assert.strictEqual(committed(demand, "mug"), 4)
  })

  it("never takes from stock for the parent's kit what its parts take themselves", () => {
    const { known, demand } = deliver([order([line("1", "set", { quantity: 2 }), child("2", "mug", 3)])], context())
    assert.strictEqual(committed(demand, "mug"), 4)
    assert.strictEqual(committed(demand, "plate"), 2)
    assert.deepStrictEqual(known?.lines[0]?.needs, [
      { itemId: ItemId.make("mug"), quantity: Quantity.of("0.5") },
      { itemId: ItemId.make("plate"), quantity: Quantity.of(1) }
    ])
  })

  it("leaves nothing to the parent's kit when its parts bring everything, or more", () => {
    const { known, demand } = deliver(
      [order([line("1", "set", { quantity: 2 }), child("2", "mug", 5), child("3", "plate", 2)])],
      context()
    )
    assert.deepStrictEqual(known?.lines[0]?.needs, [])
    assert.strictEqual(committed(demand, "mug"), 5)
    assert.strictEqual(committed(demand, "plate"), 2)
  })

  it("is looked at anew when its parts change", () => {
    const alone = deliver([order([line("1", "set")])], context())
    assert.strictEqual(committed(alone.demand, "mug"), 2)
    const edited = order([line("1", "set"), child("2", "mug", 2)], { modifiedAt: later(1) })
    assert.strictEqual(committed(deliver([edited], context(), alone).demand, "mug"), 2)
  })

  it("keeps what was written down while its proportions stay, and is looked at anew when they change", () => {
    const imported = deliver([bundle(1, 1, 0)], context())
    const doubled = deliver([bundle(2, 2, 1)], { ...context(), itemsBySku: () => [] }, imported)
    assert.strictEqual(doubled.known?.state, "open")
    assert.strictEqual(committed(doubled.demand, "mug"), 4)
    const more = deliver([bundle(2, 4, 2)], context(), doubled)
    assert.deepStrictEqual(more.known?.lines[0]?.needs, [{ itemId: ItemId.make("plate"), quantity: Quantity.of(1) }])
    assert.strictEqual(committed(more.demand, "mug"), 4)
  })

  it("is looked at anew when one of its parts has found its item", () => {
    const imported = deliver([order([line("1", "set")])], context())
    const edited = order([line("1", "set"), child("2", "ghost", 2)], { modifiedAt: later(1) })
    const held = deliver([edited], context(), imported)
    assert.strictEqual(committed(held.demand, "mug"), 2)
    const resolved = deliver([edited], context({ links: [link("ghost", "mug")] }), held)
    assert.strictEqual(committed(resolved.demand, "mug"), 2)
    assert.strictEqual(committed(resolved.demand, "plate"), 1)
  })

  it("is another bundle when it has lost a part", () => {
    const imported = deliver([order([line("1", "set"), child("2", "plate", 1), child("3", "mug", 2)])], context())
    assert.strictEqual(committed(imported.demand, "mug"), 2)
    const smaller = order([line("1", "set"), child("2", "plate", 1)], { modifiedAt: later(1) })
    const amended = deliver([smaller], context(), imported)
    assert.strictEqual(committed(amended.demand, "mug"), 2)
    assert.strictEqual(committed(amended.demand, "plate"), 1)
  })

  it("is another bundle when a part takes another's place", () => {
    const imported = deliver([order([line("1", "set"), child("2", "mug", 1)])], context())
    const swapped = order([line("1", "set"), child("3", "plate", 1)], { modifiedAt: later(1) })
    const amended = deliver([swapped], context(), imported)
    assert.strictEqual(committed(amended.demand, "mug"), 2)
    assert.strictEqual(committed(amended.demand, "plate"), 1)
  })

  it("takes both where the parent is a thing of its own and one of its parts is the same thing", () => {
    const { demand } = deliver([order([line("1", "mug"), child("2", "mug", 1)])], context())
    assert.strictEqual(committed(demand, "mug"), 2)
  })

  it("lets go of a part that the shop has made a line of its own", () => {
    const imported = deliver([order([line("1", "plate"), child("2", "mug", 1)])], context())
    const freed = deliver(
      [order([line("1", "plate"), line("2", "mug")], { modifiedAt: later(1) })],
      context(),
      imported
    )
    assert.deepStrictEqual(
      freed.known?.lines.map(({ parentLineId }) => parentLineId),
      [null, null]
    )
  })

  it("takes nothing for a parent of no pieces, and leaves a part that matches nothing aside", () => {
    const { demand } = deliver([order([line("1", "set", { quantity: 0 }), child("2", "mug", 1)])], context())
    assert.strictEqual(committed(demand, "mug"), 1)
    const held = deliver([order([line("1", "set"), child("2", "ghost", 1)])], context())
    assert.strictEqual(committed(held.demand, "mug"), 2)
  })
})

describe("the bill of materials of an imported line", () => {
  const bigger = items.map((each) =>
    each.id === "set"
      ? item("set", "kit", [
          ["mug", 6],
          ["plate", 1]
        ])
      : each
  )

  it("stays as it was when the kit changes; a line added later takes the kit as it is then", () => {
    const imported = deliver([order([line("1", "set")])], context())
    const edited = order([line("1", "set", { quantity: 3 }), line("2", "set")], { modifiedAt: later(1) })
    const amended = deliver([edited], context({ items: bigger }), imported)
    assert.deepStrictEqual(
      amended.demand?.lines.filter(({ itemId }) => itemId === "mug").map(({ quantity }) => quantity / Quantity.scale),
      [6, 6]
    )
  })

  it("is the current one as long as the order is only held", () => {
    const held = deliver([order([line("1", "set"), line("2", "ghost")])], context())
    const resolved = deliver(
      [order([line("1", "set"), line("2", "ghost")])],
      context({ items: bigger, links: [link("ghost", "plate")] }),
      held
    )
    assert.strictEqual(committed(resolved.demand, "mug"), 6)
  })

  it("is another one when the line is sold from another listing", () => {
    const imported = deliver([mug({ quantity: 2 })], context())
    const swapped = deliver(
      [order([line("1", "plate", { quantity: 2 })], { modifiedAt: later(1) })],
      context(),
      imported
    )
    assert.strictEqual(committed(swapped.demand, "mug"), 0)
    assert.strictEqual(committed(swapped.demand, "plate"), 2)
  })

  it("survives the loss of the link it came from", () => {
    const imported = deliver([mug({ quantity: 2 })], context({ links: [link("mug", "plate", 3)] }))
    const amended = deliver([mug({ quantity: 3 }, { modifiedAt: later(1) })], context({ items: [] }), imported)
    assert.strictEqual(committed(amended.demand, "plate"), 9)
    assert.strictEqual(amended.known?.state, "open")
  })
})

describe("expanding kits", () => {
  const facts = under({ expandKits: true })

  it("replaces a kit's line by lines for its components that name their parent", () => {
    const { known, demand } = deliver([order([line("1", "set", { quantity: 2 }), line("2", "mug")])], facts)
    assert.deepStrictEqual(
      known?.lines.map(({ id, itemId, parentLineId, sku, description, open, unitsPerListing }) => [
        id,
        itemId,
        parentLineId,
        sku,
        description,
        open / Quantity.scale,
        unitsPerListing / Quantity.scale
      ]),
      [
        ["1#mug", "mug", "1", "mug", "mug", 2, 2],
        ["1#plate", "plate", "1", "plate", "plate", 2, 1],
        ["2", "mug", null, "mug", "mug", 1, 1]
      ]
    )
    assert.strictEqual(committed(demand, "mug"), 5)
    assert.strictEqual(committed(demand, "plate"), 2)
  })

  it("leaves the line of a kit that takes nothing from stock", () => {
    const service = [...items, item("care", "kit", [["wrapping", 1]])]
    const { known } = deliver([order([line("1", "care")])], {
      ...context({ items: service }),
      connection: facts.connection
    })
    assert.deepStrictEqual(
      known?.lines.map(({ id, itemId }) => [id, itemId]),
      [[OrderLineId.make("1"), ItemId.make("care")]]
    )
  })

  it("follows amendments of the kit's line on every component", () => {
    const imported = deliver([order([line("1", "set", { quantity: 2 })])], facts)
    const amended = Intake.decide(order([line("1", "set", { quantity: 2, refunded: 1 })], { modifiedAt: later(1) }), {
      ...facts,
      known: imported.known
    })
    assert.deepStrictEqual(amended._tag === "Amend" ? amended.changes : [], [
      { lineId: OrderLineId.make("1#mug"), openBefore: Quantity.of(2), openAfter: Quantity.of(1) },
      { lineId: OrderLineId.make("1#plate"), openBefore: Quantity.of(2), openAfter: Quantity.of(1) }
    ])
  })

  it("ships all components of a line together", () => {
    const imported = deliver([order([line("1", "set", { quantity: 2 })])], facts)
    const shipped = Result.getOrThrow(
      Fulfilment.ship(imported.known!, [{ lineId: OrderLineId.make("1"), quantity: Quantity.of(1) }])
    )
    assert.strictEqual(Shop.moved(shipped.movements, "mug"), -2)
    assert.strictEqual(Shop.moved(shipped.movements, "plate"), -1)
    assert.strictEqual(committed(shipped.demand, "mug"), 2)
  })
})

describe("amendments", () => {
  it("name the lines whose open quantity changed, and only those", () => {
    const imported = deliver(
      [order([line("1", "mug", { quantity: 2 }), line("2", "plate"), line("3", "mug")])],
      context()
    )
    const edited = order([line("1", "mug", { quantity: 5 }), line("2", "plate"), line("4", "plate")], {
      modifiedAt: later(1)
    })
    const decision = Intake.decide(edited, { ...context(), known: imported.known })
    assert.deepStrictEqual(decision._tag === "Amend" ? decision.changes : [], [
      { lineId: OrderLineId.make("1"), openBefore: Quantity.of(2), openAfter: Quantity.of(5) },
      { lineId: OrderLineId.make("3"), openBefore: Quantity.of(1), openAfter: Quantity.of(0) },
      { lineId: OrderLineId.make("4"), openBefore: Quantity.of(0), openAfter: Quantity.of(1) }
    ])
    assert.strictEqual(decision.reasons[0]?.message, "Order 1001 has another open quantity on 3 lines.")
    assert.strictEqual(committed(decision.demand), 5)
    assert.strictEqual(committed(decision.demand, "plate"), 2)
  })

  it("keep the latest snapshot even when no quantity changed", () => {
    const imported = deliver([mug()], context())
    const decision = Intake.decide(mug({}, { modifiedAt: later(1), message: "Ring twice" }), {
      ...context(),
      known: imported.known
    })
    assert.strictEqual(decision._tag, "Amend")
    assert.deepStrictEqual(decision._tag === "Amend" ? decision.changes : null, [])
    assert.strictEqual(decision.sale?.order.message, "Ring twice")
  })

  it("ignore a snapshot older than the stored one, and take one of the same second by its content", () => {
    const imported = deliver([mug({ quantity: 2 }, { modifiedAt: later(10) })], context())
    const older = Intake.decide(mug({ quantity: 9 }, { modifiedAt: later(9) }), { ...context(), known: imported.known })
    assert.deepStrictEqual(codesOf(older), ["OLDER_SNAPSHOT"])
    assert.isNull(older.sale)
    const same = deliver([mug({ quantity: 3 }, { modifiedAt: later(10) })], context(), imported)
    assert.strictEqual(committed(same.demand), 3)
  })

  it("cancel what is not shipped, reopen the same sale when the order comes back, and keep its number", () => {
    const facts = context()
    const imported = deliver([mug({ quantity: 5 })], facts)
    const cancelled = deliver([mug({ quantity: 5 }, { status: "cancelled", modifiedAt: later(1) })], facts, imported)
    assert.strictEqual(cancelled.known?.state, "cancelled")
    assert.deepStrictEqual(
      cancelled.known?.lines.map(({ open }) => open),
      [0]
    )
    const decision = Intake.decide(mug({ quantity: 5 }, { modifiedAt: later(2) }), { ...facts, known: cancelled.known })
    assert.strictEqual(decision._tag, "Amend")
    assert.strictEqual(decision.sale?.id, imported.known?.id)
    assert.strictEqual(decision.sale?.number, "1001")
    assert.strictEqual(committed(decision.demand), 5)
    assert.strictEqual(decision.sale?.revision, 2)
  })

  it("treat a deleted order as called off, and an archived one as it stands", () => {
    const imported = deliver([mug({ quantity: 5 })], context())
    const archived = deliver([mug({ quantity: 5 }, { archived: true, modifiedAt: later(1) })], context(), imported)
    assert.strictEqual(archived.known?.state, "open")
    assert.strictEqual(committed(archived.demand), 5)
    const deleted = deliver([mug({ quantity: 5 }, { deleted: true })], context(), imported)
    assert.strictEqual(deleted.known?.state, "cancelled")
    assert.strictEqual(committed(deleted.demand), 0)
  })

  it("read quantities from the lines and never from the status", () => {
    const imported = deliver([mug({ quantity: 5 })], context())
    const partly = mug({ quantity: 5, refunded: 2 }, { status: "refunded", modifiedAt: later(1) })
    assert.strictEqual(committed(deliver([partly], context(), imported).demand), 3)
    const disputed = mug({ quantity: 5, shipped: 1 }, { status: "disputed" })
    assert.strictEqual(committed(deliver([disputed], context()).demand), 4)
  })

  it("close a sale when all of it is shipped, and take it off the shelves", () => {
    const imported = deliver([mug({ quantity: 5 })], context())
    const shipped = mug({ quantity: 5, shipped: 5 }, { status: "shipped", modifiedAt: later(1) })
    const closed = deliver([shipped], context(), imported)
    assert.strictEqual(closed.known?.state, "closed")
    assert.deepStrictEqual(closed.movements, [
      { kind: "shipment", itemId: ItemId.make("mug"), locationId: Shop.main, quantity: Quantity.of(-5), at: later(1) }
    ])
    assert.strictEqual(Shop.available(20, closed), 15)
  })

  it("relieve stock for an order that was already shipped when it was first seen", () => {
    const closed = deliver([mug({ quantity: 5, shipped: 5 }, { status: "shipped" })], context())
    assert.strictEqual(closed.known?.state, "closed")
    assert.strictEqual(Shop.moved(closed.movements), -5)
  })

  it("put back on the shelves what the shop says was not shipped after all", () => {
    const partly = deliver([mug({ quantity: 5, shipped: 3 }, { status: "partiallyShipped" })], context())
    const undone = deliver([mug({ quantity: 5 }, { modifiedAt: later(1) })], context(), partly)
    assert.strictEqual(undone.movements.at(-1)?.kind, "adjustment")
    assert.strictEqual(Shop.moved(undone.movements), 0)
    assert.strictEqual(committed(undone.demand), 5)
  })

  it("change no stock for a refund of shipped goods", () => {
    const shipped = deliver([mug({ quantity: 5, shipped: 5 }, { status: "shipped" })], context())
    const refund = mug({ quantity: 5, shipped: 5, refunded: 2 }, { status: "partiallyRefunded", modifiedAt: later(1) })
    const refunded = deliver([refund], context(), shipped)
    assert.strictEqual(Shop.available(20, refunded), 15)
    assert.deepStrictEqual(Intake.issuesOf(refunded.known!), [])
  })

  it("leave an order as it was imported where changes are not followed", () => {
    const facts = under({ followChanges: false })
    const imported = deliver([mug({ quantity: 5 })], facts)
    for (const snapshot of [
      mug({ quantity: 9 }, { modifiedAt: later(1) }),
      mug({ quantity: 5 }, { modifiedAt: later(1), status: "cancelled" })
    ]) {
      const decision = Intake.decide(snapshot, { ...facts, known: imported.known })
      assert.deepStrictEqual(codesOf(decision), ["CHANGES_NOT_FOLLOWED"])
      assert.isNull(decision.sale)
    }
  })

  it("let a held order in although changes are not followed", () => {
    const facts = under({ followChanges: false })
    const held = deliver([mug()], { ...facts, itemsBySku: () => [] })
    assert.strictEqual(deliver([mug()], facts, held).known?.state, "open")
    const edited = order([line("1", "mug"), line("2", "ghost")], { modifiedAt: later(1) })
    const heldForEdit = deliver([mug(), edited], context())
    const matched = { ...facts, link: () => link("ghost", "mug") }
    assert.strictEqual(deliver([edited], matched, heldForEdit).known?.state, "open")
  })
})

const ship = (quantity: number, stored: Shop.Stored): Shop.Stored => {
  const packed = [{ lineId: OrderLineId.make("1"), quantity: Quantity.of(quantity) }]
  const { sale, demand, movements } = Result.getOrThrow(Fulfilment.ship(stored.known!, packed))
  return { known: sale, demand, movements: [...stored.movements, ...movements] }
}

const reasonsFor = (snapshots: ReadonlyArray<Order>, facts = context()) => {
  const before = deliver(snapshots.slice(0, -1), facts)
  return Intake.decide(snapshots.at(-1)!, { ...facts, known: before.known }).reasons
}

describe("the reasons of what was done", () => {
  const placed = mug({ quantity: 2 })
  const next = (rest: Partial<Order>, amounts: Parameters<typeof mug>[0] = { quantity: 2 }) =>
    mug(amounts, { modifiedAt: later(1), ...rest })

  it("tell an import from a release", () => {
    assert.deepStrictEqual(reasonsFor([placed]), [
      { code: "STATUS_IMPORTED", message: "Orders in status awaitingFulfilment are imported." }
    ])
    assert.deepStrictEqual(reasonsFor([{ ...placed, status: "awaitingPayment" }, next({})]), [
      { code: "RELEASED", message: "What order 1001 waited for has come." }
    ])
    const cancelled = { ...placed, status: "cancelled" } as const
    assert.strictEqual(reasonsFor([cancelled, next({})])[0]?.code, "STATUS_IMPORTED")
  })

  it("tell what an amendment follows", () => {
    const cancelled = next({ status: "cancelled" })
    assert.deepStrictEqual(reasonsFor([placed, cancelled]), [
      { code: "CALLED_OFF", message: "Order 1001 was called off." }
    ])
    assert.deepStrictEqual(reasonsFor([placed, cancelled, next({ modifiedAt: later(2) })]), [
      { code: "REOPENED", message: "Order 1001 stands again." }
    ])
    assert.deepStrictEqual(reasonsFor([placed, next({}, { quantity: 3 })]), [
      { code: "LINES_CHANGED", message: "Order 1001 has another open quantity on line 1." }
    ])
    assert.deepStrictEqual(reasonsFor([placed, next({ message: "Ring twice" })]), [
      { code: "DETAILS_CHANGED", message: "Order 1001 was changed, but not what is open of it." }
    ])
  })

  it("tell an amended order from one that was held for its amendment", () => {
    const imported = deliver([placed], context())
    const edited = order([line("1", "mug"), line("2", "ghost")], { modifiedAt: later(1) })
    const held = deliver([edited], context(), imported)
    const released = Intake.decide(edited, { ...context({ links: [link("ghost", "mug")] }), known: held.known })
    assert.deepStrictEqual(released.reasons, [{ code: "RELEASED", message: "What order 1001 waited for has come." }])
  })
})

const counted = (rest: Partial<Intake.IntakeContext> = {}) =>
  context({}, { connection: connection({ openingBalanceAt: later(60) }), ...rest })

const shipped = (amount: number, seconds: number, id = "mug") =>
  order([line("1", id, { quantity: 5, shipped: amount })], { status: "partiallyShipped", modifiedAt: later(seconds) })

const two = (amount: number, seconds: number) =>
  order([line("1", "mug", { quantity: 5, shipped: amount }), line("2", "ghost", { quantity: 2, shipped: 1 })], {
    modifiedAt: later(seconds)
  })

describe("an order that was partly shipped when our stock was counted", () => {
  it("takes off the shelf only what left after the count", () => {
    const imported = deliver([shipped(2, 59)], counted())
    assert.deepStrictEqual(imported.movements, [])
    assert.strictEqual(committed(imported.demand), 3)
    const further = deliver([shipped(3, 70)], counted(), imported)
    assert.strictEqual(Shop.moved(further.movements), -1)
    assert.strictEqual(Shop.moved(deliver([shipped(0, 59), shipped(2, 60)], counted()).movements), -2)
  })

  it("holds only what left after the count while a line matches nothing, and relieves no more when it does", () => {
    const held = deliver([two(2, 59)], counted())
    assert.strictEqual(committed(held.demand), 3)
    const matched = counted({ link: (key) => (key === "p-ghost/v-ghost" ? link("ghost", "plate") : null) })
    const resolved = deliver([two(3, 70)], matched, held)
    assert.strictEqual(Shop.moved(resolved.movements, "mug"), -1)
    assert.strictEqual(Shop.moved(resolved.movements, "plate"), 0)
    assert.strictEqual(committed(resolved.demand, "plate"), 1)
    const seenLate = deliver([two(3, 70)], counted(), { ...held, known: null })
    assert.strictEqual(committed(seenLate.demand), 2)
  })

  it("counts the parts of an expanded kit with their line", () => {
    const expanding = connection({ openingBalanceAt: later(60), policy: Shop.policy({ expandKits: true }) })
    const imported = deliver([shipped(2, 59, "set")], context({}, { connection: expanding }))
    assert.deepStrictEqual(imported.movements, [])
    assert.strictEqual(committed(imported.demand, "mug"), 6)
  })
})

describe("an edit below what was shipped", () => {
  it("is a conflict for a person; what was shipped stays shipped and nothing is open", () => {
    const shipped = ship(3, deliver([mug({ quantity: 5 })], context()))
    const decision = Intake.decide(mug({ quantity: 2 }, { modifiedAt: later(1) }), {
      ...context(),
      known: shipped.known
    })
    assert.deepStrictEqual(
      decision.issues.map(({ code, about }) => [code, about["lineId"]]),
      [["EDIT_CONFLICT", "1"]]
    )
    assert.strictEqual(decision.sale?.lines[0]?.shipped, Quantity.of(3))
    assert.strictEqual(committed(decision.demand), 0)
    assert.deepStrictEqual(decision.shipments, [])
    assert.strictEqual(decision.sale?.state, "closed")
  })

  it("is settled when the order grows again", () => {
    const shipped = ship(3, deliver([mug({ quantity: 5 })], context()))
    const conflict = deliver([mug({ quantity: 2 }, { modifiedAt: later(1) })], context(), shipped)
    const grown = Intake.decide(mug({ quantity: 4 }, { modifiedAt: later(2) }), { ...context(), known: conflict.known })
    assert.deepStrictEqual(grown.issues, [])
    assert.strictEqual(committed(grown.demand), 1)
  })

  it("is none as long as enough is left, and the shop's count catches up without another movement", () => {
    const shipped = ship(3, deliver([mug({ quantity: 5 })], context()))
    const edited = deliver([mug({ quantity: 4 }, { modifiedAt: later(1) })], context(), shipped)
    assert.deepStrictEqual(Intake.issuesOf(edited.known!), [])
    assert.strictEqual(committed(edited.demand), 1)
    const caughtUp = deliver([mug({ quantity: 4, shipped: 3 }, { modifiedAt: later(2) })], context(), edited)
    assert.strictEqual(Shop.moved(caughtUp.movements), -3)
    const further = deliver([mug({ quantity: 4, shipped: 4 }, { modifiedAt: later(3) })], context(), caughtUp)
    assert.strictEqual(Shop.moved(further.movements), -4)
    const both = deliver([mug({ quantity: 5, shipped: 4 }, { modifiedAt: later(2) })], context(), shipped)
    assert.strictEqual(Shop.moved(both.movements), -4)
    assert.strictEqual(committed(both.demand), 1)
    const undone = deliver([mug({ quantity: 4, shipped: 2 }, { modifiedAt: later(4) })], context(), further)
    assert.strictEqual(Shop.moved(undone.movements), -2)
  })

  it("keeps a line that was taken off the order after it was shipped", () => {
    const two = order([line("1", "mug", { quantity: 2 }), line("2", "plate")])
    const shipped = ship(2, deliver([two], context()))
    const removed = order([line("2", "plate")], { modifiedAt: later(1) })
    const stored = deliver([removed, removed], context(), shipped)
    assert.deepStrictEqual(lineIds(stored), ["2", "1"])
    assert.strictEqual(stored.known?.revision, 2)
    assert.deepStrictEqual(
      Intake.issuesOf(stored.known!).map(({ code }) => code),
      ["EDIT_CONFLICT"]
    )
    assert.strictEqual(Shop.moved(stored.movements), -2)
    assert.strictEqual(committed(stored.demand, "mug"), 0)
    assert.strictEqual(committed(stored.demand, "plate"), 1)
  })
})

describe("a sale that was deleted here", () => {
  const facts = context()

  it("leaves a tombstone: its stock is free and the order does not come back by itself", () => {
    const imported = deliver([mug({ quantity: 2 })], facts)
    const { sale, demand } = Intake.remove(imported.known!)
    assert.strictEqual(sale.state, "deleted")
    assert.strictEqual(sale.revision, 1)
    assert.deepStrictEqual(sale.reasons, [])
    assert.deepStrictEqual(demand.lines, [])
    for (const snapshot of [mug({ quantity: 2 }), mug({ quantity: 3 }, { modifiedAt: later(1) })]) {
      const decision = Intake.decide(snapshot, { ...facts, known: sale })
      assert.deepStrictEqual(codesOf(decision), ["DELETED_HERE"])
      assert.isNull(decision.sale)
    }
  })

  it("comes back under its old number when that is asked for, however old the order is", () => {
    const imported = deliver([mug({ quantity: 2 })], facts)
    const asked = Intake.reimport(Intake.remove(imported.known!).sale)
    assert.deepStrictEqual([asked.state, asked.revision], ["skipped", 2])
    assert.deepStrictEqual(asked.reasons, [
      { code: "REIMPORT_REQUESTED", message: "Order 1001 is to be imported again." }
    ])
    const late = connection({ importFrom: at("2027-01-01T00:00:00Z"), referencePrefix: "NEW-" })
    const decision = Intake.decide(mug({ quantity: 2 }), { ...facts, connection: late, known: asked })
    assert.strictEqual(decision._tag, "Import")
    assert.strictEqual(decision.sale?.number, "1001")
    assert.strictEqual(committed(decision.demand), 2)
  })

  it("does not take goods off the shelves a second time when it comes back", () => {
    const shipped = deliver([mug({ quantity: 2, shipped: 1 }, { status: "partiallyShipped" })], facts)
    const asked = Intake.reimport(Intake.remove(shipped.known!).sale)
    const back = deliver([mug({ quantity: 2, shipped: 1 }, { status: "partiallyShipped" })], facts, {
      ...shipped,
      known: asked
    })
    assert.strictEqual(Shop.moved(back.movements), -1)
    assert.strictEqual(committed(back.demand), 1)
    const calledOff = deliver([mug({ quantity: 2, shipped: 1 }, { status: "cancelled" })], facts, {
      ...shipped,
      known: asked
    })
    assert.strictEqual(Shop.moved(calledOff.movements), -1)
    assert.strictEqual(calledOff.known?.state, "cancelled")
  })

  it("can also be asked for when it was skipped; a sale on the books is left as it is", () => {
    const skipped = deliver([mug({}, { placedAt: at("2025-01-01T00:00:00Z"), status: "completed" })], facts)
    const asked = Intake.reimport(skipped.known!)
    assert.strictEqual(Intake.decide(skipped.known!.order, { ...facts, known: asked })._tag, "Import")
    const imported = deliver([mug()], facts)
    assert.strictEqual(Intake.reimport(imported.known!), imported.known)
  })
})

const pack = (lineId: string, quantity: number | string) => ({
  lineId: OrderLineId.make(lineId),
  quantity: Quantity.of(quantity)
})

describe("a shipment from our side", () => {
  const imported = deliver([order([line("1", "mug", { quantity: 5 }), line("2", "set")])], context())
  const refusal = (packed: ReadonlyArray<Fulfilment.PackedLine>, stored = imported) =>
    Result.match(Fulfilment.ship(stored.known!, packed), {
      onSuccess: () => null,
      onFailure: ({ code, message }) => `${code}: ${message}`
    })

  it("adds lines of the same order line before it checks them, and ships all or nothing", () => {
    assert.strictEqual(
      refusal([pack("1", 3), pack("1", 3)]),
      "MORE_THAN_OPEN: 6 of line 1 of sale shop:1001 cannot be shipped: 5 of it is open."
    )
    const { sale, demand } = Result.getOrThrow(Fulfilment.ship(imported.known!, [pack("1", 3), pack("1", 2)]))
    assert.strictEqual(sale.state, "open")
    assert.strictEqual(sale.revision, 1)
    assert.strictEqual(committed(demand), 2)
    assert.deepStrictEqual(
      sale.lines.map(({ open, shipped }) => [open / Quantity.scale, shipped / Quantity.scale]),
      [
        [0, 5],
        [1, 0]
      ]
    )
  })

  it("refuses unknown lines, nothing at all, and sales that are not open", () => {
    assert.strictEqual(refusal([pack("9", 1)]), "LINE_UNKNOWN: Sale shop:1001 has no line 9.")
    assert.match(refusal([pack("1", 0)]) ?? "", /^MORE_THAN_OPEN/)
    const held = deliver([mug()], context({ items: [] }))
    assert.strictEqual(
      refusal([pack("1", 1)], held),
      "SALE_NOT_OPEN: Sale shop:1001 is held, and only an open one can be shipped."
    )
  })

  it("closes the sale with its last line and takes a kit's leaves off the shelves", () => {
    const { sale, movements } = Result.getOrThrow(Fulfilment.ship(imported.known!, [pack("1", 5), pack("2", 1)]))
    assert.strictEqual(sale.state, "closed")
    assert.deepStrictEqual(movements, [
      { kind: "shipment", itemId: ItemId.make("mug"), locationId: Shop.main, quantity: Quantity.of(-7) },
      { kind: "shipment", itemId: ItemId.make("plate"), locationId: Shop.main, quantity: Quantity.of(-1) }
    ])
  })
})

describe("what a decision will look up", () => {
  it("is each listing and SKU once, leaving out blanks and lines without goods", () => {
    const { listingKeys, skus } = Intake.lookups(
      order([
        line("1", "mug"),
        line("2", "mug"),
        line("3", " "),
        line("4", "gift", {}, { goods: "giftCertificate" }),
        line("5", "engraving", {}, { goods: "custom" }),
        line("6", "ebook", {}, { goods: "digital", variantId: null }),
        line("7", "loose", {}, { productId: null, variantId: null })
      ])
    )
    assert.deepStrictEqual(
      listingKeys,
      ["p-mug/v-mug", "p-mug", "p- /v- ", "p- ", "p-ebook"].map((key) => Listing.ListingKey.make(key))
    )
    assert.deepStrictEqual(skus, ["mug", "ebook", "loose"])
  })

  it("includes the number that the order would get", () => {
    const affixed = connection({ referencePrefix: "BC-", referenceSuffix: "/A" })
    assert.strictEqual(Intake.referenceNumberFor(affixed, mug()), "BC-1001/A")
  })
})
