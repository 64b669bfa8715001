/**
 * Stock that is spoken for (or on its way in), as a state: the open quantity of a source is *set*, never added to.
 *
 * A source is one document: a sale, a pick ticket, a reservation, a purchase order. Setting the demand of a source
 * replaces all of its lines, so that a replay changes nothing and a cancelled order is the empty list.
 */
import { Schema } from "effect"
import { ItemId } from "./ItemId.ts"
import { LocationId } from "./Location.ts"
import { QuantityFromDecimal } from "./Quantity.ts"
import * as Text from "./Text.ts"

/** Which term of a position a demand counts towards. `incoming` speaks for the stock, all others against it. */
export const DemandKind = Schema.Literals([
  "salesOrder",
  "salesReceipt",
  "pickTicket",
  "reservation",
  "softHold",
  "stockHold",
  "incoming"
])
export type DemandKind = typeof DemandKind.Type

/** How long the name of a source may be. */
export const sourceLengthMax = 300

/** Names the document that a demand comes from, such as `sale:shop-1:1001`. */
export const DemandSource = Text.Text(sourceLengthMax).check(Schema.isNonEmpty()).pipe(Schema.brand("DemandSource"))
export type DemandSource = typeof DemandSource.Type

/** One line of a source: so much of a stocked item, at a location. */
export const DemandLine = Schema.Struct({
  lineId: Text.NonEmptyLine,
  itemId: ItemId,
  locationId: LocationId,
  quantity: QuantityFromDecimal.check(Schema.isGreaterThan(0))
})
export interface DemandLine extends Schema.Schema.Type<typeof DemandLine> {}

/**
 * All the open demand of one source; it ends by itself at `expiresAt`, if that is set.
 *
 * `expectedAt` is when incoming goods are expected; no date is known where it is missing, and no other kind has one. A
 * delivery in several parts is several sources. Goods that are overdue stay incoming until somebody says otherwise.
 */
export const Demand = Schema.Struct({
  source: DemandSource,
  kind: DemandKind,
  lines: Schema.Array(DemandLine),
  expiresAt: Schema.NullOr(Schema.DateTimeUtcFromString),
  expectedAt: Schema.optionalKey(Schema.DateTimeUtcFromString)
}).check(
  Schema.makeFilter(({ expectedAt, kind }) =>
    expectedAt === undefined || kind === "incoming"
      ? undefined
      : { path: ["expectedAt"], issue: `expected no date on demand of kind ${kind}: only incoming goods are expected` }
  )
)
export interface Demand extends Schema.Schema.Type<typeof Demand> {}
