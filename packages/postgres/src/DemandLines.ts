/**
 * Lines of demand as parameters of statements, and what may be wrong with them before anything is looked up.
 */
import type { Demand, DemandLine } from "@stockport/core/domain/Demand"
import { format, type Quantity } from "@stockport/core/domain/Quantity"
import { Invalid } from "@stockport/core/ports/Store"
import { DateTime } from "effect"
import { texts } from "./Database.ts"

/** Items, locations and quantities as three columns. */
export const placesOf = (
  lines: ReadonlyArray<{ readonly itemId: string; readonly locationId: string; readonly quantity: Quantity }>
) => [
  texts(lines.map(({ itemId }) => itemId)),
  texts(lines.map(({ locationId }) => locationId)),
  texts(lines.map(({ quantity }) => format(quantity)))
]

/** The lines of several documents as four columns of array literals, one of each for a document. */
export const demandColumns = (documents: ReadonlyArray<ReadonlyArray<DemandLine>>) => [
  texts(documents.map((lines) => arrayOf(lines, ({ lineId }) => quoted(lineId)))),
  texts(documents.map((lines) => arrayOf(lines, ({ itemId }) => quoted(itemId)))),
  texts(documents.map((lines) => arrayOf(lines, ({ locationId }) => quoted(locationId)))),
  texts(documents.map((lines) => arrayOf(lines, ({ quantity }) => format(quantity))))
]

/** An array as PostgreSQL reads it. */
const arrayOf = <A>(values: ReadonlyArray<A>, elementOf: (value: A) => string): string => {
  let literal = "{"
  for (const value of values) literal += literal.length === 1 ? elementOf(value) : `,${elementOf(value)}`
  return `${literal}}`
}

const quoted = (text: string): string =>
  text.includes('"') || text.includes("\\") ? `"${text.replace(/["\\]/g, "\\$&")}"` : `"${text}"`

/** When a demand ends by itself, as text. */
export const expiryOf = ({ expiresAt }: Pick<Demand, "expiresAt">): string | null =>
  expiresAt === null ? null : DateTime.formatIso(expiresAt)

/** The first line that asks for nothing. */
export const nothingAsked = (lines: ReadonlyArray<DemandLine>): Invalid | undefined => {
  const nothing = lines.find(({ quantity }) => quantity <= 0)
  if (nothing === undefined) return undefined
  return new Invalid({ field: "quantity", value: format(nothing.quantity), expected: "more than zero" })
}
