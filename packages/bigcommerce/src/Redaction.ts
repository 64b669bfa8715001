/**
 * Takes secrets out of what is said of a failure, however a shop or a gateway has spelt them.
 *
 * A body that is echoed may hold a secret in escapes of JSON, of an address or of HTML, several times over, in base64 or
 * hexadecimal digits, and with characters between its own that nobody sees. So each character of a secret is looked for in
 * all of its spellings, with anything invisible between two of them.
 */

/** What stands in a secret's place. */
export const mark = "[redacted]"

/** How short a secret may be for its base64 to be told from other text. */
const base64LengthMin = 6

/** A function that takes these secrets out of a text. */
export const redactor = (secrets: ReadonlyArray<string>): ((text: string) => string) => {
  const patterns = secrets.filter((secret) => secret !== "").flatMap(patternsOf)
  return (text) => patterns.reduce((left, pattern) => left.replace(pattern, mark), text)
}

const patternsOf = (secret: string): ReadonlyArray<RegExp> =>
  [secret, ...base64Of(secret)].map(spelt).concat(new RegExp(hexadecimalOf(secret), "gi"))

/** Matches a text in all of its spellings. */
const spelt = (text: string): RegExp => new RegExp(Array.from(text, spellings).join(unseen), "gi")

/** A backslash, and those before it when it was escaped itself. */
const escape = "\\\\{1,8}"

const spellings = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  const units = Array.from({ length: character.length }, (_, at) => hexOf(character.charCodeAt(at)))
  const bytes = Array.from(new TextEncoder().encode(character), hexOf)
  return `(?:${[
    `(?:${escape})?${literally(character)}`,
    units.map((unit) => `${escape}[ux](?:00)?${unit}`).join(""),
    `${escape}u\\{0{0,6}${hex}\\}`,
    bytes.map((byte) => `(?:%(?:25){0,4}|=|${escape}x)${byte}`).join(""),
    `&(?:amp;){0,4}#0{0,6}${code};?`,
    `&(?:amp;){0,4}#x0{0,6}${hex};?`,
    ...(names[character] ?? []).map((name) => `&(?:amp;){0,4}${name};`)
  ].join("|")})`
}

const hexOf = (code: number): string => code.toString(16).padStart(2, "0")

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")

/** What HTML calls characters that secrets are made of. */
const names: Readonly<Record<string, ReadonlyArray<string>>> = {
  "-": ["hyphen", "dash"],
  _: ["lowbar", "UnderBar"],
  ".": ["period"],
  "=": ["equals"],
  "+": ["plus"],
  "/": ["sol"],
  ":": ["colon"],
  "&": ["amp"]
}

/** Anything between two characters that a reader does not see: white space, joiners, marks of direction, tags. */
const unseen = `(?:${[
  "[\\s\\u00AD\\u034F\\u061C\\u115F\\u1160\\u17B4\\u17B5\\u180B-\\u180E\\u200B-\\u200F\\u202A-\\u202E]",
  "[\\u2060-\\u206F\\u3164\\uFE00-\\uFE0F\\uFEFF\\uFFA0]",
  "\\\\{1,8}(?:[nrt]|u(?:00ad|034f|061c|200[b-f]|202[a-e]|206[0-9a-f]|feff))",
  "%(?:25){0,4}(?:0a|0d)",
  "%(?:25){0,4}(?:e2%(?:25){0,4}80%(?:25){0,4}8[b-f]|e2%(?:25){0,4}81%(?:25){0,4}a0)",
  "%(?:25){0,4}(?:ef%(?:25){0,4}bb%(?:25){0,4}bf|c2%(?:25){0,4}ad)",
  "&(?:amp;){0,4}(?:#(?:820[3-7]|8288|65279|173)|#x(?:200[b-f]|2060|feff|ad)|ZeroWidthSpace|NoBreak|shy|zwn?j);",
  "<[^<>]{0,64}>"
].join("|")}){0,32}`

/** A secret within base64, wherever it stands in the text that was encoded: three ways, without their uncertain ends. */
const base64Of = (secret: string): ReadonlyArray<string> => {
  const bytes = new TextEncoder().encode(secret)
  if (bytes.length < base64LengthMin) return []
  const ways = [0, 1, 2].map((before) => {
    const text = btoa(String.fromCharCode(...Array.from({ length: before }, () => 0), ...bytes))
    const whole = Math.floor(((before + bytes.length) * 8) / 6)
    return text.slice(Math.ceil((before * 8) / 6), whole)
  })
  return [...ways, ...ways.map((way) => way.replaceAll("+", "-").replaceAll("/", "_"))]
}

const hexadecimalOf = (secret: string): string => Array.from(new TextEncoder().encode(secret), hexOf).join("[:\\s-]?")
