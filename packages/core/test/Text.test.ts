import { assert, describe, it } from "@effect/vitest"
import * as Text from "@stockport/core/domain/Text"
import { Schema } from "effect"
import * as fc from "fast-check"

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .array(fc.constantFrom("\u0000", "\ud83d", "\udd6f", "\ud83d\udd6f", "a", "é", "\ufffd"), { maxLength: 12 })
    .map((all) => all.join(""))
)

describe("a text that has been made writable", () => {
  it("can be kept, and no longer than its bound", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 20 }), (text, lengthMax) => {
        const kept = Text.writable(text, lengthMax)
        assert.isTrue(Text.isWritable(kept))
        assert.isAtMost(kept.length, lengthMax)
      })
    )
  })

  it("is the text itself where that can be kept", () => {
    fc.assert(fc.property(anyText.filter(Text.isWritable), (text) => assert.strictEqual(Text.writable(text), text)))
  })

  it("stays as it is when it is made writable again", () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 20 }), (text, lengthMax) => {
        const once = Text.writable(text, lengthMax)
        assert.strictEqual(Text.writable(once, lengthMax), once)
      })
    )
  })

  it("shows where something could not be kept", () => {
    assert.strictEqual(Text.writable("gift\u0000 wrap"), "gift\ufffd wrap")
    assert.strictEqual(Text.writable("half \ud83d of it"), "half \ufffd of it")
    assert.strictEqual(Text.writable("\udd6f the other half"), "\ufffd the other half")
    assert.strictEqual(Text.writable("a candle \ud83d\udd6f"), "a candle \ud83d\udd6f")
  })

  it("is cut between characters, and says so", () => {
    assert.strictEqual(Text.writable("abcdef", 4), "abc\ufffd")
    assert.strictEqual(Text.writable("ab\ud83d\udd6fef", 4), "ab\ufffd")
  })
})

describe("a bounded text", () => {
  const decode = Schema.decodeUnknownExit(Text.Text(3))

  it.each([
    ["abc", true],
    ["", true],
    ["abcd", false],
    ["a\u0000", false],
    ["\ud83d", false]
  ] as const)("%j is accepted: %s", (text, accepted) => {
    assert.strictEqual(decode(text)._tag === "Success", accepted)
  })

  it("is never empty as an id", () => {
    const decodeId = Schema.decodeUnknownExit(Text.Id)
    assert.strictEqual(decodeId("")._tag, "Failure")
    assert.strictEqual(decodeId("x".repeat(Text.idLengthMax))._tag, "Success")
    assert.strictEqual(decodeId("x".repeat(Text.idLengthMax + 1))._tag, "Failure")
    assert.strictEqual(decodeId(Text.writable("1\u00000"))._tag, "Failure")
  })
})

describe("a text in an issue", () => {
  it.each([
    ["MUG-1", "MUG-1"],
    ["MUG\u200b-1", "MUG\\u200B-1"],
    ["\ufeffMUG", "\\uFEFFMUG"],
    ["two words", "two words"],
    ["no\u00a0break", "no\\u00A0break"],
    ["line\nbreak", "line\\u000Abreak"],
    ["\u3164", "\\u3164"],
    ["caf\u00e9 \ud83d\udd6f", "caf\u00e9 \ud83d\udd6f"]
  ])("%j reads %s", (text, shown) => {
    assert.strictEqual(Text.visible(text), shown)
  })
})
