import { assert, describe, it } from "@effect/vitest"
import * as Intake from "@stockport/core/decide/Intake"
import * as Reference from "@stockport/core/decide/Reference"
import { ReferenceAffix } from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import * as Sale from "@stockport/core/domain/Sale"
import * as Orders from "@stockport/testing/generators/Orders"
import { Result, Schema } from "effect"
import * as fc from "fast-check"
import * as Shop from "./Shop.ts"

const id = ConnectionId.make("shop")

const owner = Sale.SaleId.make("other:7")

const affixes = (referencePrefix: string, referenceSuffix = "") => ({ id, referencePrefix, referenceSuffix })

const failureOf = (given: Result.Result<unknown, Sale.SaleReason>) => (Result.isFailure(given) ? given.failure : null)

describe("a reference number", () => {
  it("is prefix, order number and suffix, and is given out whole or not at all", () => {
    fc.assert(
      fc.property(Orders.affix, Orders.affix, fc.nat({ max: 10_000_000_000 }), (prefix, suffix, order) => {
        const text = Reference.join(affixes(prefix, suffix), String(order))
        const given = Reference.give(text, null)
        if (text.length <= 21) assert.strictEqual(Result.getOrThrow(given), `${prefix}${order}${suffix}`)
        else assert.strictEqual(failureOf(given)?.code, "REFERENCE_TOO_LONG")
      })
    )
  })

  it("has at most 21 characters", () => {
    assert.isTrue(Result.isSuccess(Reference.give("x".repeat(21), null)))
    assert.deepStrictEqual(failureOf(Reference.give("x".repeat(22), null)), {
      code: "REFERENCE_TOO_LONG",
      message: `The number ${"x".repeat(22)} has 22 characters; at most 21 are allowed.`,
      about: { number: "x".repeat(22) }
    })
  })

  it("is printable ASCII without outer space", () => {
    for (const text of ["A 1", "~", "!", "#1-2/3"]) assert.isTrue(Result.isSuccess(Reference.give(text, null)), text)
    for (const text of ["", " 1", "1 ", "é1", "1\t2", "№1", "1\u007f"]) {
      assert.deepStrictEqual(failureOf(Reference.give(text, null)), {
        code: "REFERENCE_NOT_PRINTABLE",
        message: `The number ${JSON.stringify(text)} is not made of printable ASCII characters without outer space.`
      })
      assert.isTrue(Result.isFailure(Schema.decodeUnknownResult(Sale.ReferenceNumber)(text)), text)
    }
  })

  it("belongs to one sale", () => {
    assert.deepStrictEqual(failureOf(Reference.give("100", owner)), {
      code: "REFERENCE_CONFLICT",
      message: "The number 100 is already taken by sale other:7.",
      about: { number: "100", ownerId: owner }
    })
  })
})

const decide = (referencePrefix: string, rest: Partial<Intake.IntakeContext> = {}) => {
  const connection = Shop.connection({ referencePrefix })
  return Intake.decide(Shop.order([Shop.line("1", "mug")]), Shop.context({}, { connection, ...rest }))
}

describe("a number that cannot be given", () => {
  it("becomes an issue under its own code", () => {
    const tooLong = decide("MUCH-TOO-LONG-PREFIX-")
    assert.deepStrictEqual(
      tooLong.issues.map(({ code }) => code),
      ["REFERENCE_TOO_LONG"]
    )
    assert.include(tooLong.issues[0]?.message, "MUCH-TOO-LONG-PREFIX-1001")
    const conflict = decide("", { numberOwner: () => owner })
    assert.deepStrictEqual(conflict.issues[0]?.about, { connectionId: "shop", orderId: "1001", ownerId: "other:7" })
    const odd = decide("№-")
    assert.deepStrictEqual(
      odd.issues.map(({ code }) => code),
      ["ORDER_HELD"]
    )
  })

  it("is told together with lines that match nothing, each as its own issue", () => {
    const decision = Intake.decide(
      Shop.order([Shop.line("1", "ghost")]),
      Shop.context({}, { numberOwner: () => owner })
    )
    assert.deepStrictEqual(
      decision.issues.map(({ code }) => code),
      ["REFERENCE_CONFLICT", "ORDER_HELD"]
    )
    assert.notInclude(decision.issues[1]?.message, "number")
  })

  it("keeps the stock of the whole order reserved", () => {
    const decision = decide("", { numberOwner: () => owner })
    assert.strictEqual(decision.demand?.kind, "softHold")
    assert.strictEqual(Shop.committed(decision.demand), 1)
    assert.isNull(decision.demand?.expiresAt)
  })

  it("stays an order to be imported when its status moves on", () => {
    const held = Shop.deliver([Shop.order([Shop.line("1", "mug")])], Shop.context({}, { numberOwner: () => owner }))
    const disputed = Shop.order([Shop.line("1", "mug")], { status: "disputed", modifiedAt: Shop.later(1) })
    assert.strictEqual(Shop.deliver([disputed], Shop.context(), held).known?.state, "open")
  })
})

describe("a number that a person chooses", () => {
  const facts = Shop.context({}, { numberOwner: (number) => (number === "1001" ? owner : null) })
  const order = Shop.order([Shop.line("1", "mug"), Shop.line("2", "ghost")])

  it("is kept while the order is held for something else, and is no issue", () => {
    const held = Shop.deliver([order], facts)
    const assigned = Result.getOrThrow(Reference.assign(held.known!, "WEB-1", null))
    assert.strictEqual(assigned.revision, 1)
    assert.deepStrictEqual(
      assigned.reasons.map(({ code }) => code),
      ["LINE_UNMATCHED", "REFERENCE_ASSIGNED"]
    )
    assert.strictEqual(assigned.reasons[1]?.message, "A person has chosen the number WEB-1.")
    const again = Shop.deliver([order], facts, { ...held, known: assigned })
    assert.strictEqual(again.known, assigned)
    assert.deepStrictEqual(
      Intake.issuesOf(assigned).map(({ code }) => code),
      ["ORDER_HELD"]
    )
    const matched = { ...facts, link: (): ReturnType<typeof facts.link> => Shop.link("ghost", "plate") }
    assert.strictEqual(Shop.deliver([order], matched, { ...held, known: assigned }).known?.number, "WEB-1")
  })

  it("that is not on record any more gives way to the connection's", () => {
    const held = Shop.deliver([Shop.order([Shop.line("1", "mug")])], facts)
    const blank = {
      ...held.known!,
      reasons: [{ code: "REFERENCE_ASSIGNED", message: "A person has chosen a number." }]
    }
    const again = Shop.deliver([Shop.order([Shop.line("1", "mug")])], facts, { ...held, known: blank })
    assert.strictEqual(again.known?.reasons[0]?.code, "REFERENCE_CONFLICT")
  })

  it("has to be free, and fit", () => {
    const held = Shop.deliver([Shop.order([Shop.line("1", "mug")])], facts).known!
    assert.strictEqual(failureOf(Reference.assign(held, "WEB-1", owner))?.code, "REFERENCE_CONFLICT")
    assert.strictEqual(failureOf(Reference.assign(held, "x".repeat(22), null))?.code, "REFERENCE_TOO_LONG")
    assert.isTrue(Result.isSuccess(Reference.assign(held, "WEB-1", held.id)))
  })

  it("is only for a sale that is held for want of one", () => {
    const imported = Shop.deliver([Shop.order([Shop.line("1", "mug")])], Shop.context()).known!
    const unmatched = Shop.deliver([Shop.order([Shop.line("1", "ghost")])], Shop.context()).known!
    for (const sale of [imported, unmatched]) {
      assert.deepStrictEqual(failureOf(Reference.assign(sale, "WEB-1", null)), {
        code: "NOT_WAITING_FOR_NUMBER",
        message: "Sale shop:1001 is not held for want of a number."
      })
    }
    const held = Shop.deliver([Shop.order([Shop.line("1", "mug")])], facts).known!
    assert.isTrue(Result.isFailure(Reference.assign({ ...held, state: "skipped" }, "WEB-1", null)))
  })
})

const review = (prefix: string, suffix: string, highest: string) =>
  Reference.review(affixes(prefix, suffix), highest).map(({ code, message, about }) => [code, message, about["field"]])

const warning = (digits: string) => `Prefix and suffix leave room for ${digits} beyond order 1000.`

describe("the review of a prefix and a suffix", () => {
  it("has nothing to say about a short prefix that ends in a dash", () => {
    assert.deepStrictEqual(review("BC-", "/A", "100001"), [])
  })

  it("warns when less than two digits are left over the highest order number", () => {
    assert.deepStrictEqual(review("x".repeat(15), "", "1000"), [])
    assert.deepStrictEqual(review("x".repeat(15), "y", "1000"), [["POLICY_RISKY", warning("1 more digit"), "headroom"]])
    assert.deepStrictEqual(review("x".repeat(17), "", "1000"), [
      ["POLICY_RISKY", warning("no more digits"), "headroom"]
    ])
  })

  it("refuses affixes that leave no room for the shop's numbers", () => {
    assert.deepStrictEqual(review("x".repeat(18), "", "1000"), [
      [
        "REFERENCE_TOO_LONG",
        "Prefix and suffix leave 3 of 21 characters for an order number, and the shop's is 1000 already.",
        undefined
      ]
    ])
  })

  it("warns of digits that run into the order's own", () => {
    assert.deepStrictEqual(review("A1", "", "100"), [
      ["POLICY_RISKY", "The prefix A1 ends with a digit and runs into the order's number.", "referencePrefix"]
    ])
    assert.deepStrictEqual(review("", "1A", "100"), [
      ["POLICY_RISKY", "The suffix 1A starts with a digit and runs into the order's number.", "referenceSuffix"]
    ])
    assert.deepStrictEqual(review("1A", "A1", "100"), [])
  })

  it("says what to do, and for which connection", () => {
    for (const issue of Reference.review(affixes("x".repeat(18) + "1", "1"), "1000")) {
      assert.notStrictEqual(issue.remedy, "")
      assert.strictEqual(issue.about["connectionId"], "shop")
    }
  })
})

describe("the pre-flight of a connection", () => {
  it("names each order number that would not do, and why", () => {
    const taken = new Map([["bc-101", owner]])
    const overlaps = Reference.preflight(
      affixes("BC-"),
      ["100", "101", "9".repeat(19)],
      (number) => taken.get(number.toLowerCase()) ?? null
    )
    assert.deepStrictEqual(
      overlaps.map(({ orderNumber, number, reason }) => [orderNumber, number, reason.code]),
      [
        ["101", "BC-101", "REFERENCE_CONFLICT"],
        ["9".repeat(19), `BC-${"9".repeat(19)}`, "REFERENCE_TOO_LONG"]
      ]
    )
  })
})

const decodes = (text: string) => Result.isSuccess(Schema.decodeUnknownResult(ReferenceAffix)(text))

describe("a prefix or suffix", () => {
  it("is decoded when it is printable ASCII without outer space, of at most 20 characters", () => {
    for (const text of ["", "B", "BC-", "A B", "x".repeat(20)]) assert.isTrue(decodes(text), text)
    for (const text of [" ", " A", "A ", "é", "x".repeat(21)]) assert.isFalse(decodes(text), text)
  })
})
