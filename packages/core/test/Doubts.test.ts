import { assert, describe, it } from "@effect/vitest"
import * as Intake from "@stockport/core/decide/Intake"
import { endOfOther } from "@stockport/core/decide/SaleStock"
import { ItemId } from "@stockport/core/domain/ItemId"
import { Amount } from "@stockport/core/domain/Money"
import { type Order, OrderLineId } from "@stockport/core/domain/Order"
import * as Quantity from "@stockport/core/domain/Quantity"
import { DateTime, Result } from "effect"
import * as Shop from "./Shop.ts"

const { available, committed, connection, context, deliver, later, line, link, moved, order } = Shop

const mugs = (amounts: Parameters<typeof line>[2], rest: Partial<Order> = {}) =>
  order([line("1", "mug", amounts)], rest)

const codes = ({ known }: Shop.Stored, now = Shop.now) => Intake.issuesOf(known!, now).map(({ code }) => code)

/** A person's answer, noted and decided again. */
const answered = (
  stored: Shop.Stored,
  code: string,
  answer: string,
  lineId: string | null = "1",
  facts = context()
) => {
  const given = {
    code,
    answer,
    lineId: lineId === null ? null : OrderLineId.make(lineId),
    at: Shop.now,
    by: "Ann"
  }
  const noted = Result.getOrThrow(Intake.answer(stored.known!, given))
  assert.isTrue(DateTime.isLessThan(noted.lookAt!, Shop.now))
  return deliver([noted.order], { ...facts, again: true }, { ...stored, known: noted })
}

describe("a refund that nobody can date", () => {
  const unclear = deliver([mugs({ quantity: 5, shipped: 4, refunded: 2 }, { status: "partiallyRefunded" })], context())

  it("keeps what is open committed, asks, and frees it when a person says so", () => {
    assert.strictEqual(committed(unclear.demand), 1)
    assert.deepStrictEqual(codes(unclear), ["REFUND_AMBIGUOUS"])
    const freed = answered(unclear, "REFUND_AMBIGUOUS", "free")
    assert.strictEqual(committed(freed.demand), 0)
    assert.strictEqual(freed.known?.state, "closed")
    assert.deepStrictEqual(codes(freed), [])
  })

  it("is told no more when a person says that it is to be shipped, until the figures change", () => {
    const kept = answered(unclear, "REFUND_AMBIGUOUS", "keep")
    assert.strictEqual(committed(kept.demand), 1)
    assert.deepStrictEqual(codes(kept), [])
    const further = mugs({ quantity: 5, shipped: 4, refunded: 3 }, { modifiedAt: later(5) })
    assert.deepStrictEqual(codes(deliver([further], context(), kept)), ["REFUND_AMBIGUOUS"])
  })

  it("is over when what was open has been shipped", () => {
    const shipped = mugs({ quantity: 5, shipped: 5, refunded: 2 }, { modifiedAt: later(5) })
    assert.deepStrictEqual(codes(deliver([shipped], context(), unclear)), [])
  })

  it("can be answered otherwise later: the last word counts", () => {
    const kept = answered(unclear, "REFUND_AMBIGUOUS", "keep")
    assert.strictEqual(committed(answered(kept, "REFUND_AMBIGUOUS", "free").demand), 0)
  })
})

describe("an answer", () => {
  const sale = deliver([mugs({ quantity: 5, shipped: 4, refunded: 2 })], context()).known!
  const refused = (code: string, answer: string, lineId: string | null = "1") =>
    Result.match(
      Intake.answer(sale, {
        code,
        answer,
        lineId: lineId === null ? null : OrderLineId.make(lineId),
        at: Shop.now,
        by: "Ann"
      }),
      { onSuccess: () => null, onFailure: ({ code, message }) => `${code}: ${message}` }
    )

  it("is refused where nothing is in doubt, or where it answers something else", () => {
    assert.strictEqual(
      refused("FINISHED_UNSHIPPED", "left"),
      "NOT_IN_DOUBT: Nothing of line 1 of sale shop:1001 is in doubt as FINISHED_UNSHIPPED."
    )
    assert.match(refused("REFUND_AMBIGUOUS", "free", null) ?? "", /^NOT_IN_DOUBT: Nothing of sale/)
    assert.strictEqual(
      refused("REFUND_AMBIGUOUS", "maybe"),
      'NOT_AN_ANSWER: "maybe" is no answer to REFUND_AMBIGUOUS: say free or keep.'
    )
  })
})

describe("an order whose whole amount is refunded", () => {
  const sold = deliver([mugs({ quantity: 5 })], context())
  const refunded = deliver([mugs({ quantity: 5 }, { status: "refunded", modifiedAt: later(1) })], context(), sold)

  it("stays committed and is told; its stock is free when a person says so", () => {
    assert.strictEqual(committed(refunded.demand), 5)
    assert.deepStrictEqual(codes(refunded), ["ORDER_REFUNDED_OPEN"])
    assert.strictEqual(committed(answered(refunded, "ORDER_REFUNDED_OPEN", "free", null).demand), 0)
    const kept = answered(refunded, "ORDER_REFUNDED_OPEN", "keep", null)
    assert.deepStrictEqual([committed(kept.demand), codes(kept)], [5, []])
  })
})

describe("an order that the shop has finished", () => {
  const finished = deliver([mugs({ quantity: 5, shipped: 1 }, { status: "completed" })], context())

  it("owes nothing; what it never shipped is taken to have left, and that is told", () => {
    assert.strictEqual(finished.known?.state, "closed")
    assert.strictEqual(committed(finished.demand), 0)
    assert.strictEqual(moved(finished.movements), -5)
    assert.deepStrictEqual(codes(finished), ["FINISHED_UNSHIPPED"])
  })

  it("has left what a person says is still on the shelf", () => {
    const here = answered(finished, "FINISHED_UNSHIPPED", "still here")
    assert.deepStrictEqual([moved(here.movements), codes(here), here.known?.state], [-1, [], "closed"])
    const left = answered(here, "FINISHED_UNSHIPPED", "left")
    assert.deepStrictEqual([moved(left.movements), codes(left)], [-5, []])
  })

  it("relieves nothing a second time when the shop says later that it was shipped", () => {
    const said = mugs({ quantity: 5, shipped: 5 }, { status: "completed", modifiedAt: later(9) })
    assert.strictEqual(moved(deliver([said], context(), finished).movements), -5)
  })

  it("owes its goods again when the shop takes it up again", () => {
    const again = deliver([mugs({ quantity: 5, shipped: 1 }, { modifiedAt: later(9) })], context(), finished)
    assert.deepStrictEqual([committed(again.demand), moved(again.movements)], [4, -1])
  })

  it("has left also when it is refunded afterwards: what comes back comes by a return", () => {
    const finished = deliver([mugs({ quantity: 3, shipped: 1 }, { status: "completed" })], context())
    const dated = { refunds: [{ at: later(5), quantity: Quantity.of(2) }] }
    for (const rest of [{}, dated]) {
      for (const status of ["completed", "partiallyRefunded", "refunded"] as const) {
        const lines = [line("1", "mug", { quantity: 3, shipped: 1, refunded: 2 }, rest)]
        const refunded = order(lines, { status, modifiedAt: later(5) })
        const after = deliver([refunded, refunded], context(), finished)
        const seen = [after.known?.state, moved(after.movements), committed(after.demand), codes(after)]
        assert.deepStrictEqual(seen, ["closed", -3, 0, ["FINISHED_UNSHIPPED"]])
        const here = answered(after, "FINISHED_UNSHIPPED", "still here")
        assert.deepStrictEqual([here.known?.state, moved(here.movements), committed(here.demand)], ["closed", -1, 0])
      }
    }
  })

  it("has left for good when it is deleted afterwards", () => {
    const deleted = mugs({ quantity: 5, shipped: 1 }, { status: "completed", deleted: true })
    assert.strictEqual(moved(deliver([deleted], context(), finished).movements), -5)
  })

  it("needs no word about what was collected, downloaded, or had left before the opening balance", () => {
    const collected = order([line("1", "mug", {}, { pickupAt: Shop.connection().publishTo[0].cartLocationId })], {
      status: "completed"
    })
    assert.deepStrictEqual(codes(deliver([collected], context())), [])
    assert.deepStrictEqual(
      codes(deliver([order([line("1", "mug", {}, { goods: "digital" })], { status: "completed" })], context())),
      []
    )
    const late = context({}, { connection: connection({ openingBalanceAt: later(60) }), backfillFrom: later(0) })
    const old = deliver([mugs({ quantity: 5 }, { status: "completed", modifiedAt: later(90) })], late)
    assert.deepStrictEqual([codes(old), old.movements], [[], []])
  })
})

describe("goods that the shop has sent", () => {
  it("are off the shelf although their order was called off before it was seen", () => {
    const ended = deliver([mugs({ quantity: 5, shipped: 3 }, { status: "cancelled" })], context())
    assert.strictEqual(ended.known?.state, "cancelled")
    assert.strictEqual(available(20, ended), 17)
    assert.deepStrictEqual(
      deliver([mugs({ quantity: 5, shipped: 3 }, { status: "cancelled" })], context(), ended),
      ended
    )
  })

  it("are off the shelf although nobody has paid for them yet", () => {
    const sent = deliver([mugs({ quantity: 5, shipped: 3 }, { status: "awaitingPayment" })], context())
    assert.strictEqual(sent.known?.state, "open")
    assert.deepStrictEqual([moved(sent.movements), committed(sent.demand)], [-3, 2])
  })

  it("are dated by the shop, each shipment by itself, and never later than now", () => {
    const shipments = [
      { at: Shop.at("2026-03-01T13:00:00Z"), quantity: Quantity.of(2) },
      { at: Shop.at("2026-03-02T09:00:00Z"), quantity: Quantity.one }
    ]
    const sent = deliver(
      [
        order([line("1", "mug", { quantity: 5, shipped: 4 }, { shipments })], {
          modifiedAt: Shop.at("2030-01-01T00:00:00Z")
        })
      ],
      context()
    )
    assert.deepStrictEqual(
      sent.movements.map(({ at, quantity }) => [DateTime.formatIso(at!), quantity / Quantity.scale]),
      [
        ["2026-03-01T13:00:00.000Z", -2],
        ["2026-03-02T09:00:00.000Z", -1],
        ["2026-03-02T12:00:00.000Z", -1]
      ]
    )
    assert.deepStrictEqual(codes(sent), ["ORDER_STAMP_AHEAD"])
  })

  it("that had left before the opening balance by their own date are left out, and only they", () => {
    const facts = context({}, { connection: connection({ openingBalanceAt: later(60) }) })
    const shipments = [
      { at: later(10), quantity: Quantity.of(2) },
      { at: later(70), quantity: Quantity.one }
    ]
    const partly = deliver(
      [order([line("1", "mug", { quantity: 5, shipped: 3 }, { shipments })], { modifiedAt: later(90) })],
      facts
    )
    assert.deepStrictEqual([moved(partly.movements), committed(partly.demand)], [-1, 2])
  })
})

describe("an order placed before imports began", () => {
  const old = { placedAt: Shop.at("2025-12-01T00:00:00Z"), modifiedAt: later(0) }

  it("is taken while it owes goods, and for what it has shipped since the opening balance", () => {
    assert.strictEqual(committed(deliver([mugs({ quantity: 2 }, old)], context()).demand), 2)
    const shipments = [{ at: later(0), quantity: Quantity.one }]
    const sent = order([line("1", "mug", { shipped: 1 }, { shipments })], { ...old, status: "shipped" })
    assert.strictEqual(moved(deliver([sent], context()).movements), -1)
  })

  it("is left alone when it owes nothing and had left before, or where the backlog is to be left", () => {
    const over = deliver([mugs({ shipped: 1 }, { ...old, status: "shipped" })], context())
    assert.strictEqual(over.known?.reasons[0]?.code, "BEFORE_CUTOVER")
    const leaving = context({}, { connection: connection({ backlog: "leave" }) })
    const left = deliver([mugs({ quantity: 2 }, old)], leaving)
    assert.deepStrictEqual([left.known?.reasons[0]?.code, committed(left.demand)], ["BEFORE_CUTOVER", 0])
  })
})

const buyer = (email: string) => ({ id: null, email, billing: null })

describe("another order under a known id", () => {
  const first = deliver([mugs({ quantity: 2, shipped: 2 }, { status: "shipped" })], context())
  const other = order([line("1", "plate", { quantity: 4 })], { placedAt: later(9_000), modifiedAt: later(9_000) })
  const apart = Intake.decide(other, { ...context(), known: first.known })

  it("leaves the known sale as it is, holds what it has open itself, and asks", () => {
    assert.strictEqual(apart._tag, "Hold")
    assert.deepStrictEqual(apart.sale?.lines, first.known?.lines)
    assert.deepStrictEqual([apart.sale?.state, apart.sale?.order], ["closed", first.known!.order])
    assert.strictEqual(committed(apart.demand, "plate"), 4)
    assert.notStrictEqual(apart.demand?.source, first.demand?.source)
    assert.deepStrictEqual(
      apart.issues.map(({ code }) => code),
      ["ORDER_REPLACED"]
    )
  })

  it("is followed by what it holds, until it is called off", () => {
    const known = apart.sale
    const cancelled = Intake.decide({ ...other, status: "cancelled" }, { ...context(), known })
    assert.isNull(cancelled.sale)
    assert.deepStrictEqual(cancelled.demand?.lines, [])
    assert.strictEqual(cancelled.demand?.source, apart.demand?.source)
  })

  it("is followed as the same one when a person says so, and holds nothing beside it any more", () => {
    const given = { code: "ORDER_REPLACED", answer: "same", at: Shop.now, by: "Ann" }
    const known = Result.getOrThrow(Intake.answer(apart.sale!, given))
    const same = Intake.decide(other, { ...context(), known })
    assert.deepStrictEqual([same.sale?.state, committed(same.demand, "plate")], ["open", 4])
    assert.deepStrictEqual(same.others, [endOfOther(first.known!)])
    assert.strictEqual(same.shipments?.length, 0)
  })

  it("is held without further words when a person says that it is another", () => {
    const given = { code: "ORDER_REPLACED", answer: "another", at: Shop.now, by: "Ann" }
    const known = Result.getOrThrow(Intake.answer(apart.sale!, given))
    const held = Intake.decide(other, { ...context(), known })
    assert.deepStrictEqual([held.sale, held.issues, committed(held.demand, "plate")], [null, [], 4])
  })

  it("is also one of another buyer with other goods on other lines", () => {
    const sold = deliver([mugs({}, { customer: buyer("ann@example.com") })], context())
    const swapped = order([line("9", "plate")], { customer: buyer("bob@example.com"), modifiedAt: later(5) })
    assert.strictEqual(Intake.decide(swapped, { ...context(), known: sold.known }).reasons[0]?.code, "ORDER_REPLACED")
    const renamed = mugs({}, { customer: buyer("bob@example.com"), modifiedAt: later(5) })
    assert.strictEqual(Intake.decide(renamed, { ...context(), known: sold.known })._tag, "Amend")
  })

  it("is an ordinary order where nothing was ever made of the one before", () => {
    const unfinished = deliver([mugs({ quantity: 2, shipped: 2 }, { status: "incomplete" })], context())
    const placed = mugs({ quantity: 2 }, { placedAt: later(60), modifiedAt: later(60) })
    const sold = deliver([placed], context(), unfinished)
    assert.deepStrictEqual([sold.known?.state, committed(sold.demand), moved(sold.movements)], ["open", 2, 0])
  })

  it("also of one that was deleted here", () => {
    const removed = Intake.remove(first.known!).sale
    assert.strictEqual(committed(Intake.decide(other, { ...context(), known: removed }).demand, "plate"), 4)
  })
})

describe("an order that the shop does not know any more", () => {
  const sold = deliver([mugs({ quantity: 5 })], context())
  const missing = (stored: Shop.Stored, minutes: number) =>
    Intake.missing(stored.known!, { ...context(), now: DateTime.add(Shop.now, { minutes }), known: stored.known })
  const doubted = (stored: Shop.Stored, minutes: number): Shop.Stored => {
    const outcome = missing(stored, minutes)
    return outcome._tag === "Doubted" ? Shop.store(stored, outcome.decision) : assert.fail("repeated")
  }

  it("stands, is told, and is asked for again in a minute", () => {
    const once = doubted(sold, 0)
    assert.deepStrictEqual([once.known?.state, committed(once.demand), codes(once)], ["open", 5, ["ORDER_MISSING"]])
    assert.deepStrictEqual(once.known?.lookAt, DateTime.add(Shop.now, { minutes: 1 }))
    assert.deepStrictEqual(doubted(once, 0.5).known, once.known)
    assert.strictEqual(missing(once, 1)._tag, "Repeated")
  })

  it("is known again as soon as it is seen, and forgets that it was missing", () => {
    const seen = deliver([mugs({ quantity: 5 })], context(), doubted(sold, 0))
    assert.deepStrictEqual([seen.known?.state, codes(seen)], ["open", []])
    assert.strictEqual(missing(seen, 9)._tag, "Doubted")
  })

  it("is gone at once when a person says so, and stays when a person says so", () => {
    const once = doubted(sold, 0)
    const told = (answer: string) => ({
      ...once,
      known: Result.getOrThrow(Intake.answer(once.known!, { code: "ORDER_MISSING", answer, at: Shop.now, by: "Ann" }))
    })
    assert.strictEqual(missing(told("gone"), 0)._tag, "Repeated")
    assert.strictEqual(missing(told("keep"), 99)._tag, "Doubted")
  })

  it("is nobody's doubt when it holds no stock", () => {
    const closed = deliver([mugs({ shipped: 1 }, { status: "shipped" })], context())
    assert.deepStrictEqual(doubted(closed, 0), closed)
  })
})

describe("a snapshot stamped earlier than the stored one", () => {
  const sold = deliver([mugs({ quantity: 5 }, { modifiedAt: later(60) })], context())
  const earlier = mugs({ quantity: 7 }, { modifiedAt: later(30) })

  it("with other content is asked for by itself, and followed when the shop says it again", () => {
    const decision = Intake.decide(earlier, { ...context(), known: sold.known })
    assert.deepStrictEqual([decision.sale, decision.ask], [null, true])
    assert.strictEqual(committed(deliver([earlier], { ...context(), asked: true }, sold).demand), 7)
  })

  it("with the same content is nobody's question", () => {
    const same = mugs({ quantity: 5 }, { modifiedAt: later(30) })
    assert.isUndefined(Intake.decide(same, { ...context(), known: sold.known }).ask)
  })

  it("holds no unpaid stock beyond its days for a stamp in the future", () => {
    const unpaid = mugs({}, { status: "awaitingPayment", modifiedAt: Shop.at("2036-01-01T00:00:00Z") })
    assert.deepStrictEqual(deliver([unpaid], context()).demand?.expiresAt, DateTime.add(Shop.placedAt, { days: 14 }))
  })

  it("is followed where the stored stamp lies in the future", () => {
    const ahead = deliver([mugs({ quantity: 5 }, { modifiedAt: Shop.at("2036-01-01T00:00:00Z") })], context())
    assert.deepStrictEqual(codes(ahead), ["ORDER_STAMP_AHEAD"])
    assert.strictEqual(committed(deliver([earlier], context(), ahead).demand), 7)
  })
})

const row = (rest: Partial<Intake.UnreadableOrder> = {}): Intake.UnreadableOrder & { readonly id: string } => ({
  path: "lines.0.quantity",
  expected: "expected a quantity",
  found: "1e9",
  number: "1001",
  placedAt: Shop.placedAt,
  modifiedAt: later(30),
  lines: [],
  ...rest,
  id: "1001"
})
const readable = (quantity: number | null, sku = "mug") => ({
  lineId: OrderLineId.make("1"),
  productId: null,
  variantId: null,
  sku,
  quantity: quantity === null ? null : Quantity.of(quantity)
})

const unread = (of: ReturnType<typeof row>, stored: Shop.Stored = Shop.nothing, facts = context()) =>
  Shop.store(stored, Intake.decideUnreadable(of, { ...facts, known: stored.known, reader: "v1" }))

describe("an order that cannot be read", () => {
  it("holds what can be read of it, without end, and says what is at stake", () => {
    const held = unread(row({ lines: [readable(3)] }))
    assert.deepStrictEqual([held.known?.state, committed(held.demand), held.demand?.expiresAt], ["held", 3, null])
    const [issue] = Intake.issuesOf(held.known!)
    assert.strictEqual(
      issue?.message,
      "Order 1001 of the shop cannot be read at lines.0.quantity: expected a quantity. Held for it: 3 of item mug."
    )
    assert.match(
      Intake.issuesOf(unread(row({ lines: [readable(null)] })).known!)[0]!.message,
      /Nothing of it can be held/
    )
  })

  it("keeps a known order's lines and number, and the greater of what was and what is read", () => {
    const sold = deliver([mugs({ quantity: 5 })], context())
    const same = unread(row(), sold)
    assert.deepStrictEqual([same.known?.state, same.known?.number, committed(same.demand)], ["held", "1001", 5])
    assert.strictEqual(committed(unread(row({ lines: [readable(2)] }), sold).demand), 5)
    assert.strictEqual(committed(unread(row({ lines: [readable(8)] }), sold).demand), 8)
    assert.deepStrictEqual(same.known?.order, sold.known?.order)
  })

  it("changes nothing when it is seen again as it was", () => {
    const held = unread(row({ lines: [readable(3)] }))
    assert.deepStrictEqual(unread(row({ lines: [readable(3)] }), held), held)
  })

  it("is an ordinary order as soon as it can be read, as if it were seen for the first time", () => {
    const held = unread(row({ lines: [readable(3)], placedAt: null, modifiedAt: null }))
    const read = deliver([mugs({ quantity: 4, shipped: 1 }, { status: "partiallyShipped" })], context(), held)
    assert.deepStrictEqual([read.known?.state, committed(read.demand), moved(read.movements)], ["open", 3, -1])
    const sold = deliver([mugs({ quantity: 5 })], context())
    const again = deliver(
      [mugs({ quantity: 5, shipped: 2 }, { modifiedAt: later(60) })],
      context(),
      unread(row(), sold)
    )
    assert.deepStrictEqual([again.known?.state, committed(again.demand), moved(again.movements)], ["open", 3, -2])
  })

  it("holds nothing again where it was called off or deleted here before", () => {
    const sold = deliver([mugs({ quantity: 5 })], context())
    const cancelled = deliver([mugs({ quantity: 5 }, { status: "cancelled", modifiedAt: later(1) })], context(), sold)
    assert.strictEqual(committed(unread(row({ lines: [readable(5)] }), cancelled).demand), 0)
    const removed = { ...sold, known: Intake.remove(sold.known!).sale }
    assert.deepStrictEqual(unread(row(), removed).known, removed.known)
  })

  it("is one that had lines and comes without any, unless it is called off", () => {
    const sold = deliver([mugs({ quantity: 5 })], context())
    const empty = deliver([order([], { modifiedAt: later(1) })], context(), sold)
    assert.deepStrictEqual(
      [empty.known?.state, committed(empty.demand), codes(empty)],
      ["held", 5, ["ORDER_UNREADABLE"]]
    )
    const cancelled = deliver([order([], { modifiedAt: later(1), status: "cancelled" })], context(), sold)
    assert.strictEqual(committed(cancelled.demand), 0)
    assert.deepStrictEqual(codes(deliver([order([])], context())), [])
    const totals = { ...order([]).totals, subtotalIncTax: Amount.make("12.50") }
    assert.deepStrictEqual(codes(deliver([order([], { totals })], context())), ["ORDER_UNREADABLE"])
    assert.deepStrictEqual(codes(deliver([order([], { totals, status: "incomplete" })], context())), [])
  })
})

const packs = (units: number) => context({ links: [link("mug", "mug", units)] })

const expanding = (facts: Shop.Facts) =>
  context(facts, { connection: connection({ policy: Shop.policy({ expandKits: true }) }) })

describe("a person's word about a listing", () => {
  const sold = mugs({ quantity: 3 })

  it("excludes its lines: they take nothing and hold nothing, also those that are known and not shipped", () => {
    const excluding = { ...context(), excluded: () => true }
    assert.deepStrictEqual(deliver([order([line("1", "ghost")])], excluding).known?.state, "open")
    const booked = deliver([sold], context())
    assert.strictEqual(committed(deliver([sold], excluding, booked).demand), 0)
    assert.strictEqual(committed(deliver([sold], context(), deliver([sold], excluding)).demand), 3)
    const shipped = deliver([mugs({ quantity: 3, shipped: 1 }, { modifiedAt: later(1) })], context(), booked)
    const after = deliver([mugs({ quantity: 3, shipped: 1 }, { modifiedAt: later(1) })], excluding, shipped)
    assert.deepStrictEqual([moved(after.movements), committed(after.demand), codes(after)], [-1, 0, []])
  })

  it("removes its link, and the item is not found again by its SKU", () => {
    const removed = { ...context(), endedItem: () => ItemId.make("mug") }
    assert.strictEqual(deliver([sold], removed).known?.state, "held")
    assert.strictEqual(committed(deliver([sold], removed, deliver([sold], context())).demand), 3)
  })

  it("corrects its pack, and open lines follow", () => {
    assert.strictEqual(committed(deliver([sold], packs(6), deliver([sold], packs(10))).demand), 18)
  })

  it("reaches components of an expanded kit, and a kit that has only changed does not", () => {
    const set = order([line("1", "set")])
    const booked = deliver([set], expanding({ links: [link("set", "set")] }))
    const other = deliver([set], expanding({ links: [link("set", "plate")] }), booked)
    assert.deepStrictEqual([committed(other.demand, "mug"), committed(other.demand, "plate")], [0, 1])
    const bigger = Shop.items.map((each) => (each.id === "set" ? Shop.item("set", "kit", [["mug", 6]]) : each))
    const same = deliver([set], expanding({ items: bigger, links: [link("set", "set")] }), booked)
    assert.strictEqual(same.known, booked.known)
  })

  it("tells what was shipped under the other item, and says which of the two had left", () => {
    const wrong = context({ links: [link("mug", "plate")] })
    const right = context({ links: [link("mug", "mug")] })
    const shipped = mugs({ quantity: 3, shipped: 2 }, { status: "partiallyShipped" })
    const corrected = deliver([shipped], right, deliver([shipped], wrong))
    assert.deepStrictEqual([moved(corrected.movements, "plate"), moved(corrected.movements)], [-2, 0])
    assert.deepStrictEqual([committed(corrected.demand), codes(corrected)], [1, ["SHIPPED_UNDER_OTHER_ITEM"]])
    assert.deepStrictEqual(deliver([shipped], right, corrected), corrected)

    const all = deliver([mugs({ quantity: 3, shipped: 3 }, { modifiedAt: later(9) })], right, corrected)
    assert.deepStrictEqual([moved(all.movements, "plate"), moved(all.movements)], [-2, -1])

    const asLinked = answered(corrected, "SHIPPED_UNDER_OTHER_ITEM", "as linked", "1", right)
    assert.deepStrictEqual([moved(asLinked.movements, "plate"), moved(asLinked.movements)], [0, -2])
    assert.deepStrictEqual([committed(asLinked.demand), codes(asLinked)], [1, []])
    const asBooked = answered(corrected, "SHIPPED_UNDER_OTHER_ITEM", "as booked", "1", right)
    assert.deepStrictEqual([moved(asBooked.movements, "plate"), codes(asBooked)], [-2, []])
  })

  it("imports again on purpose, and then everything that is not shipped is found anew", () => {
    const bigger = Shop.items.map((each) => (each.id === "set" ? Shop.item("set", "kit", [["mug", 6]]) : each))
    const set = order([line("1", "set", { quantity: 2, shipped: 1 })], { status: "partiallyShipped" })
    const booked = deliver([set], context())
    const asked = { ...booked, known: Intake.reimport(Intake.remove(booked.known!).sale) }
    const back = deliver([set], context({ items: bigger }), asked)
    assert.deepStrictEqual([committed(back.demand), moved(back.movements)], [6, -2])
  })
})

describe("an archived item", () => {
  const archived = { ...Shop.item("mug"), id: ItemId.make("old"), archived: true }

  it("is not sold by its link: the one item that has its SKU now is, in the link's pack", () => {
    const facts = context({ items: [...Shop.items, archived], links: [link("mug", "old", 6)] })
    const sold = deliver([mugs({ quantity: 2 })], facts)
    assert.deepStrictEqual([committed(sold.demand), committed(sold.demand, "old")], [12, 0])
    assert.strictEqual(deliver([mugs({ quantity: 2 })], facts, sold).known, sold.known)
  })

  it("holds the line where there is no such item", () => {
    const facts = context({ items: [archived], links: [link("mug", "old")] })
    assert.strictEqual(deliver([mugs({})], facts).known?.reasons[0]?.code, "LINE_UNSELLABLE")
  })
})

describe("a line of which nothing is ordered", () => {
  it("takes nothing and holds nothing, not even when it matches nothing", () => {
    const sold = deliver([order([line("1", "mug"), line("2", "ghost", { quantity: 0 })])], context())
    assert.deepStrictEqual([sold.known?.state, committed(sold.demand)], ["open", 1])
  })
})

describe("goods that the shop lists under another line than before", () => {
  it("have left once", () => {
    const sold = deliver([mugs({ quantity: 5, shipped: 2 }, { status: "partiallyShipped" })], context())
    const renamed = order([line("9", "mug", { quantity: 4, shipped: 2 })], { modifiedAt: later(5) })
    const after = deliver([renamed], context(), sold)
    assert.deepStrictEqual([moved(after.movements), committed(after.demand), codes(after)], [-2, 2, []])
  })

  it("stay gone when the shop makes other goods of their line", () => {
    const sold = deliver([mugs({ quantity: 5, shipped: 2 }, { status: "partiallyShipped" })], context())
    const swapped = order([line("1", "plate", { quantity: 4 })], { modifiedAt: later(5) })
    const after = deliver([swapped, swapped], context(), sold)
    assert.deepStrictEqual([moved(after.movements), committed(after.demand, "plate")], [-2, 4])
    assert.deepStrictEqual(codes(after), ["EDIT_CONFLICT"])
  })
})
