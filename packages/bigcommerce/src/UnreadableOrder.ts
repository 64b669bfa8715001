/**
 * What can be kept of an order that cannot be read as a whole: its id, its dates, and what its lines may have sold.
 */
import { ProductId, VariantId } from "@stockport/core/domain/Listing"
import { OrderLineId } from "@stockport/core/domain/Order"
import { type ReadableLine, type Unreadable, unreadable } from "@stockport/core/ports/Cart"
import type { DateTime } from "effect"
import { findConsignments, isLink } from "./OrderWire.ts"
import type { Fault } from "./Rows.ts"
import { idFrom, instantFrom, isRecord, textFrom, unitsFrom } from "./Wire.ts"

/** An order's row as `Unreadable`, with these lines of it; `passing` where the same row may be readable soon. */
export const unreadableOrder = (
  raw: unknown,
  fault: Fault,
  lines: ReadonlyArray<unknown>,
  passing = false
): Unreadable => {
  const placedAt = instantFrom(at(raw, "date_created"))
  const id = idOf(raw)
  return unreadable({
    what: "order",
    id,
    number: id,
    placedAt,
    modifiedAt: modifiedOf(raw) ?? placedAt,
    lines: lines.map(readableLine),
    ...(passing && { passing }),
    ...fault
  })
}

/** An order's id, where it is one. */
export const idOf = (raw: unknown): string | null => idFrom(at(raw, "id"))

/** When an order was last changed, where that can be read. */
export const modifiedOf = (raw: unknown): DateTime.Utc | null => instantFrom(at(raw, "date_modified"))

/** Whatever stands among an order's consignments as a line. */
export const rawLinesOf = (raw: unknown): ReadonlyArray<unknown> => {
  const consignments = findConsignments(at(raw, "consignments"))
  if (!isRecord(consignments)) return []
  const { downloads, email, pickups, shipping } = consignments
  const destinations = [shipping, pickups, downloads, at(email, "gift_certificates")]
  return destinations
    .flatMap(listFrom)
    .flatMap((destination) => listFrom(at(destination, "line_items")))
    .filter((line) => isRecord(line) && !isLink(line))
}

const at = (value: unknown, key: string): unknown =>
  isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined

const listFrom = (value: unknown): ReadonlyArray<unknown> =>
  Array.isArray(value) ? value : isRecord(value) ? [value] : []

const readableLine = (raw: unknown): ReadableLine => {
  const lineId = idFrom(at(raw, "id"))
  const productId = idFrom(at(raw, "product_id"))
  const variantId = idFrom(at(raw, "variant_id"))
  return {
    lineId: lineId === null ? null : OrderLineId.make(lineId),
    productId: productId === null ? null : ProductId.make(productId),
    variantId: variantId === null ? null : VariantId.make(variantId),
    sku: textFrom(at(raw, "sku")),
    quantity: unitsFrom(at(raw, "quantity"))
  }
}
