/**
 * The leaves of BigCommerce's JSON, read leniently where its own documents disagree and strictly where a wrong guess
 * would move stock.
 *
 * The same field arrives as text, number, `null`, `""`, `[]` or `{}` for "nothing", or not at all, depending on endpoint
 * and age of the store. What means "nothing" becomes the leaf's default; what is neither that nor a readable value is an
 * issue that names its path. Unknown keys are ignored. These codecs read only: nothing is ever written with them.
 */
import { DateTime, Effect, Option, Result, Schema, SchemaGetter, SchemaIssue } from "effect"
import { Amount, Currency } from "@stockport/core/domain/Money"
import { Quantity, parse, zero } from "@stockport/core/domain/Quantity"

/** Whether a value is one of the ways to say "nothing". */
const isNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === "" ||
  (typeof value === "object" && Object.keys(value).length === 0)

/** Whether a value is an object with keys. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A required leaf: `read` gives what `target` accepts, or undefined for what is unreadable. */
export const leaf = <A, E>(target: Schema.Codec<A, E>, expected: string, read: (value: unknown) => E | undefined) =>
  Schema.Unknown.pipe(
    Schema.decodeTo(target, {
      decode: SchemaGetter.transformEffect((value: unknown) => {
        const result = read(value)
        return result === undefined
          ? Effect.fail(new SchemaIssue.InvalidValue({ message: `expected ${expected}` }, value))
          : Effect.succeed(result)
      }),
      encode: SchemaGetter.forbiddenEncoding
    })
  )

/** A leaf that may be missing or say "nothing", which reads as `absent`. */
const leafOr = <A, E>(
  target: Schema.Codec<A, E>,
  expected: string,
  absent: E,
  read: (value: unknown) => E | undefined
) =>
  leaf(target, `${expected} or nothing`, (value) => (isNothing(value) ? absent : read(value))).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(null))
  )

/** A leaf that is null where it cannot be read: for what is good to know, and no reason to miss the row. */
const leafIf = <A, E>(target: Schema.Codec<A, E>, read: (value: unknown) => E | undefined) =>
  Schema.Unknown.pipe(
    Schema.decodeTo(Schema.NullOr(target), {
      decode: SchemaGetter.transform((value: unknown) => read(value) ?? null),
      encode: SchemaGetter.forbiddenEncoding
    }),
    Schema.withDecodingDefaultKey(Effect.succeed(null))
  )

const readText = (value: unknown): string | undefined =>
  typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : undefined

const readId = (value: unknown): string | undefined => {
  const number = typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === "number" && Number.isSafeInteger(number) && number > 0 ? String(number) : undefined
}

const readIdOrNone = (value: unknown): string | null | undefined =>
  value === 0 || value === "0" ? null : readId(value)

const readInteger = (value: unknown): number | undefined => {
  const number = typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined
}

const readFlag = (value: unknown): boolean | undefined => {
  if (typeof value === "boolean") return value
  if (value === 1 || value === "1" || value === "true") return true
  if (value === 0 || value === "0" || value === "false") return false
  return undefined
}

/** The most digits of a number that is no absurdity. */
export const digitsMax = 40

const decimalText = /^-?\d+(\.\d+)?$/
const exponentText = /^(-?)(\d+)(?:\.(\d+))?e([+-]?\d{1,3})$/i

/** A number's digits without an exponent, exactly; undefined for what is no number or has too many digits. */
const digitsOf = (value: unknown): string | undefined => {
  const text = typeof value === "number" ? String(value) : typeof value === "string" ? value.trim() : ""
  const digits = decimalText.test(text) ? text : shifted(exponentText.exec(text))
  return digits === undefined || digits.length > digitsMax ? undefined : digits
}

/** Moves the point by the exponent. */
const shifted = (match: RegExpExecArray | null): string | undefined => {
  if (match === null) return undefined
  const [, sign = "", whole = "", fraction = "", exponent] = match
  const by = Number(exponent)
  if (Math.abs(by) > digitsMax) return undefined
  const digits = `${"0".repeat(Math.max(0, -by))}${whole}${fraction}${"0".repeat(Math.max(0, by - fraction.length))}`
  const point = Math.max(0, -by) + whole.length + by
  const before = digits.slice(0, point).replace(/^0+(?=\d)/, "")
  const after = digits.slice(point)
  return `${sign}${before}${after === "" ? "" : `.${after}`}`
}

const readQuantity = (value: unknown): number | undefined => {
  const digits = digitsOf(value)
    ?.replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "")
  const read = digits === undefined ? undefined : parse(digits)
  return read !== undefined && Result.isSuccess(read) && read.success >= 0 ? read.success : undefined
}

const rfc2822 =
  /^(?:[A-Z][a-z]{2}, )?\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} (?:[+-]\d{4}|GMT|UTC)$/
const iso8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})$/

/** V2 writes RFC 2822, V3 ISO 8601; both carry their offset. */
const readInstant = (value: unknown): DateTime.Utc | undefined => {
  if (typeof value !== "string" || !(rfc2822.test(value) || iso8601.test(value))) return undefined
  return Option.getOrUndefined(DateTime.make(value.replace(/([+-]\d{2})(\d{2})$/, "$1:$2")))
}

/** Text as it is; a number is taken for its digits. */
export const Text = leafOr(Schema.String, "text", "", readText)

/** Text, or null where none can be read. */
export const TextIfReadable = leafIf(Schema.String, readText)

/** The id of something that must be there, as text. */
export const Id = leaf(Schema.NonEmptyString, "an id above 0", readId)

/** An id, or null where none can be read. */
export const IdIfReadable = leafIf(Schema.NonEmptyString, readId)

/** An id where 0 and "nothing" mean none. */
export const IdOrNone = leafOr(Schema.NullOr(Schema.NonEmptyString), "an id", null, readIdOrNone)

/** An integer that must be there. */
export const Integer = leaf(Schema.Int, "an integer", readInteger)

/** An integer, or null where none can be read. */
export const IntegerIfReadable = leafIf(Schema.Int, readInteger)

/** An integer, or null. */
export const IntegerOrNone = leafOr(Schema.NullOr(Schema.Int), "an integer", null, readInteger)

/** A yes or no; "nothing" is no. */
export const Flag = leafOr(Schema.Boolean, "true or false", false, readFlag)

/** A yes or no, or null where none can be read. */
export const FlagIfReadable = leafIf(Schema.Boolean, readFlag)

/** An amount of money as decimal text; "nothing" is `"0"`. */
export const AmountOrZero = leafOr(Amount, "a decimal amount", "0", digitsOf)

/** An amount of money as decimal text, or null. */
export const AmountOrNone = leafOr(Schema.NullOr(Amount), "a decimal amount", null, digitsOf)

/** A count of units that must be there. */
export const Units = leaf(Quantity, "a quantity from 0 on with at most five decimals", readQuantity)

/** A count of units; "nothing" is none. */
export const UnitsOrZero = leafOr(Quantity, "a quantity from 0 on with at most five decimals", zero, readQuantity)

/** A count of units, or null where the shop does not say. */
export const UnitsOrNone = leafOr(
  Schema.NullOr(Quantity),
  "a quantity from 0 on with at most five decimals",
  null,
  readQuantity
)

/** A count of units, or null where none can be read. */
export const UnitsIfReadable = leafIf(Quantity, readQuantity)

/** An instant in RFC 2822 or ISO 8601. */
export const Instant = leaf(Schema.DateTimeUtc, "a date in RFC 2822 or ISO 8601", readInstant)

/** An instant, or null: an empty date means that it has not happened. */
export const InstantOrNone = leafOr(
  Schema.NullOr(Schema.DateTimeUtc),
  "a date in RFC 2822 or ISO 8601",
  null,
  readInstant
)

const readCurrency = (value: unknown): string | undefined =>
  typeof value === "string" && /^[A-Za-z]{3}$/.test(value) ? value.toUpperCase() : undefined

/** An ISO 4217 code, or null. */
export const CurrencyOrNone = leafOr(Schema.NullOr(Currency), "a currency code", null, readCurrency)

/** An ISO 4217 code, or null where none can be read. */
export const CurrencyIfReadable = leafIf(Currency, readCurrency)

/** ISO 4217's code for "no currency": for a store, or an order, that names none. */
export const unknownCurrency = Currency.make("XXX")

/** A list, one bare element for a list of one, or "nothing" for an empty list. */
export const listOf = <A, E>(element: Schema.Codec<A, E>) =>
  Schema.Unknown.pipe(
    Schema.decodeTo(Schema.Array(element), {
      decode: SchemaGetter.transform(
        (value: unknown) => (isNothing(value) ? [] : Array.isArray(value) ? value : [value]) as ReadonlyArray<E>
      ),
      encode: SchemaGetter.forbiddenEncoding
    }),
    Schema.withDecodingDefaultKey(Effect.succeed(null))
  )

/** An object, or null for anything that is none: `[]`, text, or nothing. */
export const recordOr = <A, E>(record: Schema.Codec<A, E>) =>
  Schema.Unknown.pipe(
    Schema.decodeTo(Schema.NullOr(record), {
      decode: SchemaGetter.transform((value: unknown) => (isRecord(value) ? value : null) as E | null),
      encode: SchemaGetter.forbiddenEncoding
    }),
    Schema.withDecodingDefaultKey(Effect.succeed(null))
  )

/** A value as an id, or null. */
export const idFrom = (value: unknown): string | null => readId(value) ?? null

/** A value as text, or none. */
export const textFrom = (value: unknown): string => readText(value) ?? ""

/** A value as an instant, or null. */
export const instantFrom = (value: unknown): DateTime.Utc | null => readInstant(value) ?? null

/** A value as a count of units, or null. */
export const unitsFrom = (value: unknown): Quantity | null => (readQuantity(value) ?? null) as Quantity | null

/** Rows of a V2 list that are read one by one: an array, or nothing at all (204). */
export const RawRows = Schema.NullOr(Schema.Array(Schema.Unknown)).pipe(
  Schema.decodeTo(Schema.Array(Schema.Unknown), {
    decode: SchemaGetter.transform((rows: ReadonlyArray<unknown> | null) => rows ?? []),
    encode: SchemaGetter.passthrough()
  })
)

/** The rows of a V2 list: an array, or nothing at all (204). */
export const rowsOf = <A, E>(row: Schema.Codec<A, E>) =>
  Schema.NullOr(Schema.Array(row)).pipe(
    Schema.decodeTo(Schema.Array(Schema.toType(row)), {
      decode: SchemaGetter.transform((rows: ReadonlyArray<A> | null) => rows ?? []),
      encode: SchemaGetter.passthrough()
    })
  )

/** A count of rows or pages, or null where the shop says none that can be. */
const CountIfReadable = leafIf(Schema.Int, (value) => {
  const count = readInteger(value)
  return count !== undefined && count >= 0 ? count : undefined
})

/** Where a V3 list stands, as far as it says so. */
export const Pagination = Schema.Struct({
  total: CountIfReadable,
  current_page: CountIfReadable,
  total_pages: CountIfReadable
})
export interface Pagination extends Schema.Schema.Type<typeof Pagination> {}

const Meta = Schema.Unknown.pipe(
  Schema.decodeTo(Schema.Struct({ pagination: Pagination }), {
    decode: SchemaGetter.transform((value: unknown) => {
      const pagination = isRecord(value) ? value["pagination"] : null
      return { pagination: isRecord(pagination) ? pagination : {} }
    }),
    encode: SchemaGetter.forbiddenEncoding
  }),
  Schema.withDecodingDefaultKey(Effect.succeed(null))
)

/** A page of a V3 list whose rows are read one by one. */
export const RawPage = Schema.Struct({ data: Schema.Array(Schema.Unknown), meta: Meta })

/** A page of a V3 list. */
export const pageOf = <A, E>(row: Schema.Codec<A, E>) => Schema.Struct({ data: Schema.Array(row), meta: Meta })

/** A V3 answer with one thing in it. */
export const dataOf = <A, E>(thing: Schema.Codec<A, E>) => Schema.Struct({ data: thing })
