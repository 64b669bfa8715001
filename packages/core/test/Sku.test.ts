import { assert, describe, it } from "@effect/vitest"
import * as Sku from "@stockport/core/domain/Sku"
import * as Text from "@stockport/core/domain/Text"
import * as Listings from "@stockport/testing/generators/Listings"
import * as fc from "fast-check"

const anySku = fc.oneof(Listings.sku, fc.string({ unit: "binary", maxLength: 12 }), fc.string({ unit: "grapheme" }))

describe("a blank SKU", () => {
  it.each([
    ["nothing", ""],
    ["spaces", "   "],
    ["a tab", "\t"],
    ["ends of lines", "\r\n"],
    ["a no-break space", "\u00a0"],
    ["an ideographic space", "\u3000 "],
    ["a byte order mark", "\ufeff"],
    ["a zero-width space", "\u200b"],
    ["joiners", "\u200c\u200d"],
    ["a word joiner", "\u2060 "],
    ["a soft hyphen", "\u00ad"],
    ["Hangul fillers", "\u115f\u1160\u3164\uffa0"],
    ["the blank of braille", "\u2800"],
    ["a Mongolian vowel separator", "\u180e"],
    ["variation selectors", "\ufe0f\u{e0100}"],
    ["marks of direction", "\u200e\u202e\u2066"],
    ["control characters", "\u0000\u001f\u007f\u009f"],
    ["a tag", "\u{e0041}"],
    ["halves of characters", "\ud800\udc00"[0]!]
  ])("is %s", (_, sku) => {
    assert.isTrue(Sku.isBlank(sku))
    assert.isTrue(Sku.isBlank(`${sku}${sku} `))
    assert.isFalse(Sku.isBlank(`${sku}A`))
    assert.isFalse(Sku.isBlank(`A${sku}`))
  })

  it.each(["A", " A", "0", "~", "!", "\u00a0x", "\u00e9", "\u200bA", "\ufffd", "\ue000", "\u0301", "\u{1f56f}"])(
    "is not %j",
    (sku) => {
      assert.isFalse(Sku.isBlank(sku))
    }
  )

  it("is one of which nothing is left when what cannot be seen is taken away", () => {
    fc.assert(
      fc.property(anySku, (sku) => assert.strictEqual(Sku.isBlank(sku), Text.withoutInvisible(sku).trim() === ""))
    )
  })
})

describe("a damaged SKU", () => {
  it("carries the mark of what could not be kept", () => {
    assert.isTrue(Sku.isDamaged(Text.writable("MUG\u0000")))
    assert.isFalse(Sku.isDamaged("MUG"))
  })
})

describe("the look of a SKU", () => {
  it.each([
    ["MUG", "MUG\u200b", true],
    ["MUG", "\ufeffM\u00adUG", true],
    ["A B", "A\u00a0B", true],
    ["MUG", "mug\u200b", true],
    ["A B", "AB", false],
    ["MUG", "MUG-1", false]
  ])("is that of another one: %j, %j, %s", (left, right, isSame) => {
    assert.strictEqual(Sku.lookIn(true)(left) === Sku.lookIn(true)(right), isSame)
  })

  it("counts case where case is not overlooked", () => {
    assert.notStrictEqual(Sku.lookIn(false)("MUG"), Sku.lookIn(false)("mug\u200b"))
    assert.strictEqual(Sku.lookIn(false)("mug"), Sku.lookIn(false)("mug\u200b"))
  })
})

describe("the normal form of a SKU", () => {
  it.each([
    ["ABC-1", "ABC-1"],
    ["abc-1", "ABC-1"],
    ["az", "AZ"],
    ["A Z", "A Z"],
    [" ABC-1", "ABC-1"],
    ["ABC-1\t", "ABC-1"],
    ["{|}", "{|}"],
    ["`@", "`@"],
    ["\u007f", "\u007f"],
    ["\u00a0ABC", "ABC"],
    ["e\u0301t\u00e9", "\u00c9T\u00c9"],
    ["stra\u00dfe", "STRASSE"],
    ["STRA\u1e9eE", "STRASSE"],
    ["\u03c3\u03ac\u03c2", "\u03a3\u0386\u03a3"],
    ["\u212a", "K"],
    ["\uff21", "\uff21"]
  ])("of %j is %j", (sku, form) => {
    assert.strictEqual(Sku.normalise(sku), form)
  })

  it.each([
    ["0123", "123"],
    ["a b", "ab"],
    ["a/b", "a-b"],
    ["a  b", "a b"],
    ["O", "0"]
  ])("keeps %j and %j apart", (left, right) => {
    assert.notStrictEqual(Sku.normalise(left), Sku.normalise(right))
  })

  it("is its own normal form, and the same whatever the case, outer space and encoding", () => {
    fc.assert(
      fc.property(anySku, (sku) => {
        const form = Sku.normalise(sku)
        assert.strictEqual(Sku.normalise(form), form)
        assert.strictEqual(Sku.normalise(` ${sku}\n`), form)
        assert.strictEqual(Sku.normalise(sku.normalize("NFD")), form)
      }),
      { numRuns: 1_000 }
    )
  })

  it("overlooks the case of letters", () => {
    const letters = fc.string({ unit: fc.constantFrom(..."abcxyzABCXYZ019-_\u00e9\u00c9\u00f1\u00d1\u0436\u0416") })
    fc.assert(
      fc.property(letters, (sku) => {
        assert.strictEqual(Sku.normalise(sku.toLowerCase()), Sku.normalise(sku))
        assert.strictEqual(Sku.normalise(sku.toUpperCase()), Sku.normalise(sku))
      })
    )
  })
})

describe("the filter of normal forms", () => {
  it("lets through every SKU of a form, however it is written", () => {
    fc.assert(
      fc.property(fc.array(anySku, { minLength: 1, maxLength: 8 }), (skus) => {
        const forms = new Set(skus.map(Sku.normalise))
        const mayHave = Sku.filter(forms, forms.size)
        for (const sku of skus) {
          assert.isTrue(mayHave(sku))
          assert.isTrue(
            mayHave(sku.toUpperCase().toLowerCase()) || Sku.normalise(sku.toLowerCase()) !== Sku.normalise(sku)
          )
          assert.isTrue(mayHave(` ${sku}`))
        }
      }),
      { numRuns: 500 }
    )
  })

  it("lets through both cases of every letter", () => {
    for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
      const mayHave = Sku.filter([letter], 1_000)
      assert.deepStrictEqual([letter, letter.toLowerCase()].map(mayHave), [true, true], letter)
    }
  })

  it("keeps back most SKUs of other forms, and none that it cannot judge at a glance", () => {
    const forms = Array.from({ length: 100 }, (_, at) => `WANTED-${at}`)
    const mayHave = Sku.filter(forms, forms.length)
    const others = Array.from({ length: 10_000 }, (_, at) => `OTHER-${at}`)
    assert.isBelow(others.filter(mayHave).length, 1_000)
    assert.isTrue(forms.every((form) => mayHave(form.toLowerCase())))
    assert.isTrue(["a b", "\u00e9", " x"].every(mayHave))
  })

  it("does not need to know how many there are", () => {
    assert.isTrue(Sku.filter(["A"], 0)("a"))
    assert.isTrue(Sku.filter(["A"], 10_000_000)("A"))
    assert.isFalse(Sku.filter([], 1_000)("A"))
  })
})
