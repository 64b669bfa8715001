/**
 * Rows read one by one: what cannot be read of a page is one row of it, never the page.
 *
 * A row that is not what the shop documents becomes a {@link Fault} that says where, what was expected there, and what was
 * found; the rows beside it are read all the same.
 */
import { Result, Schema, SchemaIssue } from "effect"
import { excerpt } from "./Failure.ts"
import { isRecord } from "./Wire.ts"

/** How much of what was found is quoted, and how long a path or an expectation may be. */
export const quoteMax = 200

/** Why a row could not be read. */
export interface Fault {
  /** From the row on, such as `variants.0.id`. */
  readonly path: string
  readonly expected: string
  readonly found: string
}

/** A row as it came, and what was read of it. */
export interface Row<A> {
  readonly raw: unknown
  readonly read: Result.Result<A, Fault>
}

/** Reads rows of one kind. */
export const reader = <A, E>(row: Schema.Codec<A, E>): ((raw: unknown) => Row<A>) => {
  const decode = Schema.decodeUnknownResult(row)
  return (raw) => {
    // Nesting beyond any stack is thrown out of the decoder.
    const read = Result.try(() => decode(raw))
    if (Result.isFailure(read)) return { raw, read: Result.fail(tooDeep) }
    return { raw, read: Result.mapError(read.success, ({ issue }) => faultOf(issue, raw)) }
  }
}

/** A fault below a path. */
export const faultAt = (path: string, fault: Fault): Fault => ({
  ...fault,
  path: cut(fault.path === "" ? path : `${path}.${fault.path}`)
})

/** The start of a text that can be kept, at most {@link quoteMax} characters. */
export const cut = (text: string): string => excerpt(text, quoteMax - 1)

const tooDeep: Fault = { path: "", expected: "expected a row that can be taken apart", found: "" }

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const faultOf = (issue: SchemaIssue.Issue, raw: unknown): Fault => {
  const [first] = formatIssues(issue).issues
  const path = (first?.path ?? []).map((key) => String(typeof key === "object" ? key.key : key))
  return {
    path: cut(path.join(".")),
    expected: cut((first?.message ?? "expected a readable value").replace(/^E/, "e")),
    found: cut(textOf(valueAt(raw, path)))
  }
}

/** What stands at a path; undefined where the row holds nothing there. */
const valueAt = (raw: unknown, path: ReadonlyArray<string>): unknown =>
  path.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)] as unknown
    return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
  }, raw)

const textOf = (value: unknown): string => {
  if (value === undefined) return "nothing"
  try {
    return JSON.stringify(value)
  } catch {
    return "…"
  }
}
