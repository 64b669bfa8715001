/**
 * Amounts of money as whole ten-thousandths, the resolution in which V2 writes them ("361.9500"). Sums are exact; only
 * taxes and shares round, half away from zero.
 */

/** One unit of currency. */
export const unit = 10_000

/** The amount of a decimal number, for example `money(12.5)`. */
export const of = (decimal: number): number => Math.round(decimal * unit)

/** The amount of a decimal text or number, or undefined when it is neither. */
export const parse = (value: unknown): number | undefined => {
  if (typeof value === "number") return Number.isFinite(value) ? of(value) : undefined
  if (typeof value !== "string" || !/^-?\d+(\.\d+)?$/.test(value.trim())) return undefined
  return of(Number(value))
}

/** V2's text of an amount, four decimals. */
export const text = (amount: number): string => {
  const whole = Math.trunc(Math.abs(amount) / unit)
  const rest = Math.abs(amount) % unit
  return `${amount < 0 ? "-" : ""}${whole}.${String(rest).padStart(4, "0")}`
}

/** V3's number of an amount. */
export const decimal = (amount: number): number => amount / unit

/** A tax on an amount, the rate in ten-thousandths (825 is 8.25 %), rounded to cents. */
export const tax = (amount: number, rate: number): number => Math.round((amount * rate) / unit / 100) * 100

/** The tax inside an amount that includes it. */
export const taxWithin = (amount: number, rate: number): number =>
  Math.round((amount * rate) / (unit + rate) / 100) * 100

/**
 * Splits a total over weights so that the shares add up to it exactly; the last share with a weight takes the rest.
 */
export const split = (total: number, weights: ReadonlyArray<number>): ReadonlyArray<number> => {
  const sum = weights.reduce((left, right) => left + right, 0)
  if (sum === 0) return weights.map(() => 0)
  const shares = weights.map((weight) => Math.round((total * weight) / sum))
  const last = weights.findLastIndex((weight) => weight > 0)
  const rest = total - shares.reduce((left, right) => left + right, 0)
  shares[last] = (shares[last] ?? 0) + rest
  return shares
}
