/**
 * What we have made of a shop's order: a sales order or a sales receipt, or the record of why there is none yet.
 *
 * One shop order has at most one sale, named by connection and order id. Its lines keep the bill of materials as it was
 * when the line was imported: a later change of a kit does not change what an existing order needs.
 */
import { Schema } from "effect"
import { ConnectionId } from "./ConnectionId.ts"
import { BillOfMaterials } from "./BillOfMaterials.ts"
import { ItemId } from "./ItemId.ts"
import { ListingKey } from "./Listing.ts"
import { LocationId } from "./Location.ts"
import { DemandSource } from "./Demand.ts"
import { Order, OrderId, OrderLineId } from "./Order.ts"
import { QuantityFromDecimal } from "./Quantity.ts"
import * as Text from "./Text.ts"

/** Names a sale; made of connection and order id by {@link idOf}. */
export const SaleId = Text.Text(2 * Text.idLengthMax + 1)
  .check(Schema.isNonEmpty())
  .pipe(Schema.brand("SaleId"))
export type SaleId = typeof SaleId.Type

/** How long a number may be, in characters. */
export const referenceLengthMax = 21

const printable = /^[!-~]([ -~]*[!-~])?$/

/** Whether a text is printable ASCII without outer space, so that characters, bytes and code units are one count. */
export const isPrintable = (text: string): boolean => printable.test(text)

/** The number of a sales order or receipt: prefix, order number, suffix; at most 21 characters, unique without case. */
export const ReferenceNumber = Schema.NonEmptyString.check(
  Schema.isMaxLength(referenceLengthMax),
  Schema.isPattern(printable)
).pipe(Schema.brand("ReferenceNumber"))
export type ReferenceNumber = typeof ReferenceNumber.Type

/** What an order becomes. */
export const SaleType = Schema.Literals(["salesOrder", "salesReceipt"])
export type SaleType = typeof SaleType.Type

/**
 * Where a sale stands. `open` and `closed` are imported ones (something left to ship, nothing left); `cancelled` was
 * imported and called off; `held` waits for a person or for payment and reserves what it can; `skipped` needs nothing;
 * `deleted` was removed on our side and stays away until it is imported again on purpose.
 */
export const SaleState = Schema.Literals(["open", "closed", "cancelled", "held", "skipped", "deleted"])
export type SaleState = typeof SaleState.Type

/**
 * Why a sale is held or skipped: a stable code and one sentence. `about` holds ids and numbers that the sentence names
 * and that belong neither to the order nor to its connection.
 */
export const SaleReason = Schema.Struct({
  code: Text.NonEmptyLine,
  message: Text.Message,
  about: Schema.optionalKey(Schema.Record(Text.Line, Text.Long))
})
export interface SaleReason extends Schema.Schema.Type<typeof SaleReason> {}

/**
 * One line of a sale. `itemId` is null where no item is linked or none is needed (money only). `open` is what is still
 * to be shipped, in listings; `needs` is what ONE listing takes from stock, kits taken apart, at the time of import.
 */
export const SaleLine = Schema.Struct({
  id: OrderLineId,
  listingKey: Schema.NullOr(ListingKey),
  itemId: Schema.NullOr(ItemId),
  locationId: LocationId,
  sku: Text.Long,
  description: Text.Long,
  quantity: QuantityFromDecimal,
  open: QuantityFromDecimal,
  shipped: QuantityFromDecimal,
  unitsPerListing: QuantityFromDecimal,
  needs: BillOfMaterials,
  parentLineId: Schema.NullOr(OrderLineId),
  /** How much of what was refunded is not to be shipped any more, as far as that has been found out. */
  freed: Schema.optionalKey(QuantityFromDecimal),
  /** The item and pack that the listing's link named when the line was resolved, where they are not the line's own. */
  soldAs: Schema.optionalKey(Schema.Struct({ itemId: ItemId, unitsPerListing: QuantityFromDecimal })),
  /** How much had left before the connection's opening balance: that was off the shelf already. Left out: nothing. */
  leftBefore: Schema.optionalKey(QuantityFromDecimal),
  /** Where the line is committed if not all of it at `locationId`: so many listings at each location, taken in this order. */
  sources: Schema.optionalKey(Schema.Array(Schema.Struct({ locationId: LocationId, quantity: QuantityFromDecimal }))),
  /** How much the shop has finished without saying that it was shipped: taken to have left. Left out: nothing. */
  finished: Schema.optionalKey(QuantityFromDecimal)
})
export interface SaleLine extends Schema.Schema.Type<typeof SaleLine> {}

/** What a person has answered to a doubt about an order: the doubt's issue code, the line if it is about one, the answer. */
export const SaleAnswer = Schema.Struct({
  code: Text.NonEmptyLine,
  lineId: Schema.NullOr(OrderLineId),
  answer: Text.NonEmptyLine,
  at: Schema.DateTimeUtcFromString,
  by: Text.NonEmptyLine,
  /** What the doubt was about, in figures: an answer stands as long as they do. */
  about: Schema.Record(Text.Line, Text.Long)
})
export interface SaleAnswer extends Schema.Schema.Type<typeof SaleAnswer> {}

/** The last revision that a sale may have. */
export const revisionMax = 2_147_483_647

/** A sale, with the snapshot it was made from. `number` is null until it was booked. `revision` counts changes. */
export const Sale = Schema.Struct({
  id: SaleId,
  connectionId: ConnectionId,
  orderId: OrderId,
  type: SaleType,
  state: SaleState,
  number: Schema.NullOr(ReferenceNumber),
  reasons: Schema.Array(SaleReason),
  lines: Schema.Array(SaleLine),
  order: Order,
  revision: Schema.Natural.check(Schema.isLessThanOrEqualTo(revisionMax)),
  /** When the order is looked at again although the shop tells nothing new of it; null or left out: not before it does. */
  lookAt: Schema.optionalKey(Schema.NullOr(Schema.DateTimeUtcFromString)),
  /** What persons have answered to doubts about this order, the latest last; their word stands over what is concluded. */
  answers: Schema.optionalKey(Schema.Array(SaleAnswer))
})
export interface Sale extends Schema.Schema.Type<typeof Sale> {}

/** The one name of the sale of an order. */
export const idOf = (connectionId: ConnectionId, orderId: OrderId): SaleId => SaleId.make(`${connectionId}:${orderId}`)

/** The source under which a sale's demand is set. */
export const demandSourceOf = (saleId: SaleId): DemandSource => DemandSource.make(`sale:${saleId}`)

/**
 * Whether a sale is or has been a sales order or receipt: it has its number from the day it was booked. A held one that
 * has a number was booked and waits because its order was changed.
 */
export const isImported = (sale: Sale): boolean =>
  sale.number !== null && sale.state !== "deleted" && sale.state !== "skipped"
