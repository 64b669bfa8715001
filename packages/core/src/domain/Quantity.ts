/**
 * Exact amounts of stock: five decimals, kept as a safe integer of hundred-thousandths of a unit.
 *
 * Binary floating point never touches a decimal: `0.1 + 0.2` is `30000` hundred-thousandths, and `floor(0.3 / 0.1)` is 3.
 * The range is ±90,071,992,547.40991 units; whatever lies outside, or carries a sixth decimal, is refused by name and
 * never rounded. On the wire and in a database a quantity is decimal text.
 */
import { Effect, Result, Schema, SchemaGetter, SchemaIssue } from "effect"

/** How many hundred-thousandths make one unit. */
export const scale = 100_000

/** The largest quantity, in hundred-thousandths of a unit. */
export const max = Number.MAX_SAFE_INTEGER

/** A signed amount in hundred-thousandths of a unit; a safe integer. */
export const Quantity = Schema.Int.pipe(Schema.brand("Quantity"))
export type Quantity = typeof Quantity.Type

/** Why a value is no quantity: `reason` says what would be right. Never worth a retry. */
export class InvalidQuantity extends Schema.TaggedError<InvalidQuantity>()("InvalidQuantity", {
  input: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.input} is not a quantity: ${this.reason}`
  }
}

/** No units at all. */
export const zero = 0 as Quantity

/** One unit. */
export const one = scale as Quantity

const decimalText = /^(-?)(\d+)(?:\.(\d{1,5}))?$/

/**
 * Reads decimal text such as `"12"`, `"-0.5"` or `"10.75000"`.
 *
 * Refuses a sixth decimal, an exponent, a plus sign, white space and what lies outside the range.
 */
export const parse = (text: string): Result.Result<Quantity, InvalidQuantity> => {
  const match = decimalText.exec(text)
  if (match === null) {
    return refuse(text, "write a decimal number with at most five decimals, such as 12 or -0.25")
  }
  const [, sign, whole, fraction = ""] = match
  const size = Number(whole) * scale + Number(fraction.padEnd(5, "0"))
  if (!Number.isSafeInteger(size)) return refuse(text, "it must lie between -90071992547.40991 and 90071992547.40991")
  return Result.succeed((sign === "-" && size !== 0 ? -size : size) as Quantity)
}

/** Reads a number as it came out of JSON: its shortest decimal text has to be a quantity. */
export const fromNumber = (value: number): Result.Result<Quantity, InvalidQuantity> => parse(String(value))

/** A quantity written down in code; throws {@link InvalidQuantity} on what is none. */
export const of = (value: number | string): Quantity => Result.getOrThrow(parse(String(value)))

/** Decimal text without trailing zeros: `"10.75"`. */
export const format = (quantity: Quantity): string => {
  const size = Math.abs(quantity)
  const fraction = (size % scale).toString().padStart(5, "0").replace(/0+$/, "")
  const whole = Math.floor(size / scale).toString()
  return `${quantity < 0 ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`
}

/** The same size with the other sign. */
export const negate = (quantity: Quantity): Quantity => (0 - quantity) as Quantity

/** The size without its sign. */
export const abs = (quantity: Quantity): Quantity => Math.abs(quantity) as Quantity

/** The sum, or why it is out of range. */
export const add = (left: Quantity, right: Quantity): Result.Result<Quantity, InvalidQuantity> =>
  inRange(left + right, () => `${format(left)} + ${format(right)}`)

/** The difference, or why it is out of range. */
export const subtract = (left: Quantity, right: Quantity): Result.Result<Quantity, InvalidQuantity> =>
  inRange(left - right, () => `${format(left)} - ${format(right)}`)

/** The sum of any number of quantities, exact in whatever order they come; refused when it is out of range. */
export const sum = (quantities: ReadonlyArray<Quantity>): Result.Result<Quantity, InvalidQuantity> => {
  let total = 0
  let gross = 0
  for (const quantity of quantities) {
    total += quantity
    gross += Math.abs(quantity)
  }
  // As long as the absolute values stay in range, so did every partial sum, and each was exact.
  if (gross <= max) return Result.succeed((total + 0) as Quantity)
  let exact = 0n
  for (const quantity of quantities) exact += BigInt(quantity)
  return inRange(Number(exact), () => "the sum")
}

/**
 * The exact product of two quantities, as in "3 boxes of 0.25 kg".
 *
 * Refused when it needs a sixth decimal or leaves the range.
 */
export const multiply = (left: Quantity, right: Quantity): Result.Result<Quantity, InvalidQuantity> => {
  const product = BigInt(left) * BigInt(right)
  const text = () => `${format(left)} x ${format(right)}`
  if (product % BigInt(scale) !== 0n) return refuse(text(), "the product needs more than five decimals")
  return inRange(Number(product / BigInt(scale)), text)
}

/** Like {@link multiply}, but a sixth decimal makes it the next higher quantity: for needs, never for stock. */
export const multiplyUp = (left: Quantity, right: Quantity): Result.Result<Quantity, InvalidQuantity> => {
  const product = BigInt(left) * BigInt(right)
  const whole = product / BigInt(scale)
  const raised = product % BigInt(scale) > 0n ? whole + 1n : whole
  return inRange(Number(raised), () => `${format(left)} x ${format(right)}`)
}

/** So many whole units, as a quantity; refused when that is out of range. */
export const fromUnits = (count: number): Result.Result<Quantity, InvalidQuantity> =>
  Number.isSafeInteger(count)
    ? inRange(count * scale, () => `${count} units`)
    : refuse(String(count), "a count of whole units is a whole number")

/**
 * How many whole times `part` (above zero) fits into `quantity`, rounded down; negative when the quantity is.
 *
 * The binary division is exact enough: for safe integers the quotient lies at least `1 / part` away from the next whole
 * number or on it, which is more than the division can be off.
 */
export const timesContained = (quantity: Quantity, part: Quantity): number => Math.floor(quantity / part)

/** Whole units, rounded down: what a shop that sells only whole numbers may be told. */
export const wholeUnits = (quantity: Quantity): number => timesContained(quantity, one)

/** Decimal text (or a JSON number) on the wire, a {@link Quantity} inside. */
export const QuantityFromDecimal = Schema.Union([Schema.String, Schema.Number]).pipe(
  Schema.decodeTo(Quantity, {
    decode: SchemaGetter.transformEffect((value: string | number) =>
      Result.match(parse(String(value)), {
        onSuccess: (quantity) => Effect.succeed<number>(quantity),
        onFailure: ({ message }) => Effect.fail(new SchemaIssue.InvalidValue({ message }, value))
      })
    ),
    encode: SchemaGetter.transform((quantity: number) => format(quantity as Quantity))
  })
)

const inRange = (value: number, text: () => string): Result.Result<Quantity, InvalidQuantity> =>
  Number.isSafeInteger(value)
    ? Result.succeed((value + 0) as Quantity)
    : refuse(text(), "the result must lie between -90071992547.40991 and 90071992547.40991")

const inputLengthMax = 40

const refuse = (input: string, reason: string) =>
  Result.fail(
    new InvalidQuantity({
      input: input.length > inputLengthMax ? `${input.slice(0, inputLengthMax)}…` : input,
      reason
    })
  )
