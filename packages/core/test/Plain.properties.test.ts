import { assert, describe, it } from "@effect/vitest"
import { Demand } from "@stockport/core/domain/Demand"
import { Count } from "@stockport/core/domain/Movement"
import { Document, documentKeyLengthMax, Request, reservationKeyLengthMax } from "@stockport/core/ports/Admission"
import * as Plain from "@stockport/core/ports/Plain"
import { DateTime, Schema } from "effect"
import * as fc from "fast-check"

const anyText = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "binary", maxLength: 12 }),
  fc.constantFrom("", "a\n", "\u0000", "\ud83d", "\ufffd", "\u007f", " "),
  fc.constantFrom(127, 128, 129, 255, 288, 289, 300, 301, 400, 401, 1_000, 1_001).map((length) => "x".repeat(length))
)
const anyNumber = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -0, 2 ** 53, 2 ** 53 - 1, -(2 ** 53)))
const anyInstant = fc.oneof(
  fc.constant(null),
  fc.constantFrom(-8.64e15, -62135596800001, 0, 1e14, 8.64e15).map((millis) => DateTime.makeUnsafe(millis)),
  fc.constant(DateTime.makeZonedUnsafe(0, { timeZone: 3_600_000 }))
)
const line = fc.record({ lineId: anyText, itemId: anyText, locationId: anyText, quantity: anyNumber })
const kind = fc.constantFrom("receipt", "transfer", "count", "salesOrder", "incoming", "other", "")
const movement = fc.record(
  { kind, itemId: anyText, locationId: anyText, quantity: anyNumber, at: anyInstant },
  { requiredKeys: ["kind", "itemId", "locationId", "quantity"] }
)
const count = fc.record({ itemId: anyText, locationId: anyText, counted: anyNumber })
const few = <A>(one: fc.Arbitrary<A>) => fc.array(one, { maxLength: 2 })
const request = fc.record({ key: anyText, lines: few(line), expiresAt: anyInstant })
const document = fc.record({ key: anyText, movements: few(movement) })
const demand = fc.record(
  { source: anyText, kind, lines: few(line), expiresAt: anyInstant, expectedAt: anyInstant },
  { requiredKeys: ["source", "kind", "lines", "expiresAt"] }
)

const accepts = (schema: Schema.Top, value: unknown) => Schema.is(schema)(value)

/** What is plain and yet refused, if the search finds anything. */
const refused = (values: fc.Arbitrary<unknown>, schema: Schema.Top, isPlain: (value: never) => boolean) => {
  const accepted = fc.property(values, (value) => !isPlain(value as never) || accepts(schema, value))
  return fc.check(accepted, { numRuns: 2_000 }).counterexample
}

const isPlainRequest = (value: never) => Plain.isPlainRequest(value, reservationKeyLengthMax)
const isPlainDocument = (value: never) => Plain.isPlainDocument(value, documentKeyLengthMax)

describe("what is plain", () => {
  it("is accepted by its schema: a request to reserve, a document, a count, a demand", () => {
    assert.isNull(refused(request, Request, isPlainRequest))
    assert.isNull(refused(document, Document, isPlainDocument))
    assert.isNull(refused(count, Count, Plain.isPlainCount))
    assert.isNull(refused(demand, Demand, Plain.isPlainDemand))
  })

  it("is what nearly everybody asks for", () => {
    const lines = [{ lineId: "1", itemId: "sku:CANDLE-1", locationId: "main", quantity: 100_000 }]
    assert.isTrue(Plain.isPlainRequest({ key: "basket 1", lines, expiresAt: null } as never, reservationKeyLengthMax))
    const movements = [{ kind: "receipt", itemId: "candle", locationId: "main", quantity: -5 }]
    assert.isTrue(Plain.isPlainDocument({ key: "receipt 1", movements } as never, documentKeyLengthMax))
    assert.isTrue(Plain.isPlainCount({ itemId: "candle", locationId: "main", counted: 0 } as never))
    const sale = { source: "sale:shop:1", kind: "salesOrder", lines, expiresAt: DateTime.makeUnsafe(1e12) }
    assert.isTrue(Plain.isPlainDemand(sale as never))
  })
})
