/**
 * Which texts can be kept: well-formed, without the zero character, and no longer than their bound.
 *
 * A shop may say anything; a database cannot hold everything. What comes from outside is made {@link writable} once, where
 * rows enter, and visibly: whatever cannot be kept becomes U+FFFD. A SKU that carries that mark matches nothing.
 */
import { Schema } from "effect"

/** How long ids may be, in UTF-16 code units: three of them still fit one key of an index. */
export const idLengthMax = 128

/** How long a SKU may be. */
export const skuLengthMax = 255

/** How long a line of text may be: a name, a code, one sentence. */
export const lineLengthMax = 1_000

/** How long any text may be. */
export const textLengthMax = 16_000

/** Stands where something could not be kept. */
export const mark = "\uFFFD"

// oxlint-disable-next-line no-control-regex -- the zero character is what this is about
const notKept = /\u0000|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

const everyNotKept = new RegExp(notKept.source, "g")

/** Whether a text holds nothing that a database cannot keep. */
export const isWritable = (text: string): boolean => !notKept.test(text)

/** The same text as far as it can be kept, with {@link mark} for the rest; at most so long, and marked where it is cut. */
export const writable = (text: string, lengthMax: number = textLengthMax): string => {
  const kept = isWritable(text) ? text : text.replace(everyNotKept, mark)
  if (kept.length <= lengthMax) return kept
  return kept.slice(0, lengthMax - 1).replace(/[\uD800-\uDBFF]$/, "") + mark
}

/** Text of at most so many code units that can be kept. */
export const Text = (lengthMax: number) =>
  Schema.String.check(
    Schema.isMaxLength(lengthMax),
    Schema.makeFilter((text: string) =>
      isWritable(text) ? undefined : "expected text without the zero character and without halves of characters"
    )
  )

/** How long a sentence may be that names other texts. */
export const messageLengthMax = 64_000

/** Text of any length that is kept. */
export const Long = Text(textLengthMax)

/** A line of text: a name, a code, one sentence. */
export const Line = Text(lineLengthMax)

/** A line of text that is not empty. */
export const NonEmptyLine = Line.check(Schema.isNonEmpty())

/** A sentence that names other texts. */
export const Message = Text(messageLengthMax).check(Schema.isNonEmpty())

/** A stock keeping unit as it is written; may be empty. */
export const SkuText = Text(skuLengthMax)

/** An id: not empty, bounded, and kept as it is; one that had to be made writable would name something else. */
export const Id = Text(idLengthMax).check(
  Schema.isNonEmpty(),
  Schema.makeFilter((id: string) => (id.includes(mark) ? "expected an id that can be kept as it is" : undefined))
)

/** Whether nothing of a text can be seen: white space, control and format characters, fillers, the blank of braille. */
export const isBlank = (text: string): boolean => !somethingVisible.test(text)

/** A text without the characters that cannot be seen, and with plain spaces for all that look like one. */
export const withoutInvisible = (text: string): string => text.replace(everyOddSpace, " ").replace(everyInvisible, "")

/** What cannot be seen in a text, shown: control and invisible characters and unusual blanks as `\u200B`. */
export const visible = (text: string): string => text.replace(everyUnseen, escaped)

const escaped = (character: string): string => {
  const code = character.codePointAt(0)!.toString(16).toUpperCase()
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, "0")}`
}

// What can be seen of private use depends on the font: it is shown when it is quoted, and counts as something.
const invisible = String.raw`\p{Cc}\p{Cf}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800`
const somethingVisible = new RegExp(`[^${invisible}\\p{Zs}]`, "u")
const everyInvisible = new RegExp(`[${invisible}]`, "gu")
const everyOddSpace = /(?! )[\s\p{Zs}]/gu
const everyUnseen = new RegExp(`[${invisible}\\p{Co}]|(?! )\\p{Zs}`, "gu")
