import { assert, describe, it } from "@effect/vitest"
import { Demand, DemandKind, DemandSource } from "@stockport/core/domain/Demand"
import * as Stock from "@stockport/testing/generators/Stock"
import { DateTime, Schema } from "effect"
import * as fc from "fast-check"

const json = Schema.toCodecJson(Demand)
const expectedAt = DateTime.makeUnsafe("2026-12-07T00:00:00Z")
const of = (kind: DemandKind) => ({ source: DemandSource.make("po-1"), kind, lines: [], expiresAt: null })

describe("demand", () => {
  it("is read as it was written, with its date or without", () => {
    fc.assert(
      fc.property(Stock.demand(3, 2), (demand) => {
        assert.deepStrictEqual(Schema.decodeUnknownSync(json)(Schema.encodeSync(json)(demand)), demand)
      })
    )
  })

  it("may be expected at a date when it is incoming", () => {
    assert.deepStrictEqual(Schema.decodeUnknownSync(json)({ ...of("incoming"), expectedAt: "2026-12-07T00:00:00Z" }), {
      ...of("incoming"),
      expectedAt
    })
  })

  it.each(DemandKind.literals.filter((kind) => kind !== "incoming"))("of kind %s is refused with a date", (kind) => {
    assert.throws(
      () => Schema.decodeUnknownSync(json)({ ...of(kind), expectedAt: "2026-12-07T00:00:00Z" }),
      new RegExp(`kind ${kind}: only incoming goods are expected\\n *at \\["expectedAt"\\]`)
    )
    assert.throws(() => Schema.encodeSync(json)({ ...of(kind), expectedAt }), /"expectedAt"/)
  })
})
