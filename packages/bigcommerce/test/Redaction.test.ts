import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import { mark, redactor } from "@stockport/bigcommerce/Redaction"

const token = "aB3-x_Y9.zK+q/W="

const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(2, "0")

/** Ways to write one character. */
const spellings: ReadonlyArray<(character: string) => string> = [
  (character) => character,
  (character) => `\\u00${hex(character)}`,
  (character) => `\\\\u00${hex(character).toUpperCase()}`,
  (character) => `\\x${hex(character)}`,
  (character) => `\\u{${hex(character)}}`,
  (character) => `%${hex(character).toUpperCase()}`,
  (character) => `%25${hex(character)}`,
  (character) => `&#${character.charCodeAt(0)};`,
  (character) => `&#x${hex(character)};`,
  (character) => `&amp;#0${character.charCodeAt(0)};`
]

const unseen = [
  "",
  "",
  "",
  "\u200B",
  "\u00AD",
  "\uFEFF",
  "\u2060",
  "\r\n",
  "\\u200b",
  "%E2%80%8B",
  "&#8203;",
  "&shy;",
  "<wbr>"
]

const written = FastCheck.tuple(
  ...Array.from(token, (character) =>
    FastCheck.tuple(FastCheck.constantFrom(...spellings), FastCheck.constantFrom(...unseen)).map(
      ([spell, gap]) => spell(character) + gap
    )
  )
).map((parts) => parts.join(""))

describe("a secret in a text", () => {
  it("is taken out in every spelling, with whatever stands between its characters", () =>
    FastCheck.assert(
      FastCheck.property(written, (spelt) => {
        const text = redactor([token])(`before ${spelt} after`)
        assert.match(text, /^before \[redacted\].* after$/s)
        assert.isBelow(text.length, `before ${mark} after`.length + 12)
      }),
      { numRuns: 2_000 }
    ))

  it("is taken out of base64, wherever it stands in what was encoded", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: "binary-ascii" }),
        FastCheck.string({ unit: "binary-ascii" }),
        (before, after) => {
          for (const encoding of ["base64", "base64url"] as const) {
            const text = redactor([token])(Buffer.from(`${before}${token}${after}`).toString(encoding))
            assert.include(text, mark)
            assert.notInclude(Buffer.from(text.replace(mark, ""), encoding).toString(), token.slice(2, -2))
          }
        }
      )
    ))

  it("is taken out of hexadecimal digits", () => {
    const text = Buffer.from(token).toString("hex")
    assert.strictEqual(redactor([token])(`0x${text}!`), `0x${mark}!`)
    assert.strictEqual(redactor([token])(text.toUpperCase()), mark)
  })

  it("is nothing when it is empty, and other text stays as it is", () =>
    FastCheck.assert(
      FastCheck.property(FastCheck.string(), (text) => {
        assert.strictEqual(redactor([""])(text), text)
        assert.strictEqual(redactor([token])(text), text)
      })
    ))

  it("is looked for in time that grows with the text, whatever the text repeats", () => {
    const redact = redactor([token])
    for (const piece of ["\\", "%25", "&amp;", " ", "aB3-", "a\u200B", "<", "<wbr>", "a\\"]) {
      const text = piece.repeat(Math.floor(262_144 / piece.length))
      assert.strictEqual(redact(text), text)
    }
  })
})
