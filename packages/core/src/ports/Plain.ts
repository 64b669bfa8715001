/**
 * What can be kept beyond doubt, told at a glance: the door of a store looks closely (by the schemas, which takes many times
 * as long) at everything else. Whatever is plain, its schema accepts.
 */
import { DateTime } from "effect"
import { type Demand, DemandKind, type DemandLine, sourceLengthMax } from "../domain/Demand.ts"
import { itemIdLengthMax } from "../domain/ItemId.ts"
import { type Count, type Movement, MovementKind } from "../domain/Movement.ts"
import { idLengthMax, lineLengthMax } from "../domain/Text.ts"
import type { ReservationRequest, StockDocument } from "./Store.ts"

/** Whether a request to reserve is plain: printable ASCII within its bounds, whole quantities above zero, no deadline. */
export const isPlainRequest = ({ expiresAt, key, lines }: ReservationRequest, keyLengthMax: number): boolean =>
  expiresAt === null && isPlain(key, keyLengthMax) && areAll(lines, isPlainLine)

/** Whether a demand is plain; one with a date is not. */
export const isPlainDemand = (demand: Demand): boolean =>
  (demand.expiresAt === null || isWithinYears(demand.expiresAt)) &&
  !("expectedAt" in demand) &&
  demandKinds.has(demand.kind) &&
  isPlain(demand.source, sourceLengthMax) &&
  areAll(demand.lines, isPlainLine)

/** Whether a document is plain; one with a movement that has a date is not. */
export const isPlainDocument = ({ key, movements }: StockDocument, keyLengthMax: number): boolean =>
  isPlain(key, keyLengthMax) && areAll(movements, isPlainMovement)

/** Whether what was counted is plain. */
export const isPlainCount = ({ counted, itemId, locationId }: Count): boolean =>
  isPlain(itemId, itemIdLengthMax) && isPlain(locationId, idLengthMax) && Number.isSafeInteger(counted) && counted >= 0

const isPlainLine = ({ itemId, lineId, locationId, quantity }: DemandLine): boolean =>
  isPlain(lineId, lineLengthMax) &&
  isPlain(itemId, itemIdLengthMax) &&
  isPlain(locationId, idLengthMax) &&
  Number.isSafeInteger(quantity) &&
  quantity > 0

const isPlainMovement = (movement: Movement): boolean =>
  !("at" in movement) &&
  movementKinds.has(movement.kind) &&
  isPlain(movement.itemId, itemIdLengthMax) &&
  isPlain(movement.locationId, idLengthMax) &&
  Number.isSafeInteger(movement.quantity)

const demandKinds: ReadonlySet<string> = new Set(DemandKind.literals)
const movementKinds: ReadonlySet<string> = new Set(MovementKind.literals)

/** Callers without types hand over anything. */
const isPlain = (text: unknown, lengthMax: number): boolean =>
  typeof text === "string" && text.length <= lengthMax && printable.test(text)

const printable = /^[ -~]+$/

const areAll = <A>(rows: ReadonlyArray<A>, isOne: (row: A) => boolean): boolean =>
  Array.isArray(rows) && rows.every((row) => typeof row === "object" && row !== null && isOne(row))

const isWithinYears = (instant: DateTime.Utc): boolean =>
  DateTime.isDateTime(instant) &&
  DateTime.isUtc(instant) &&
  instant.epochMilliseconds >= 0 &&
  instant.epochMilliseconds < yearsMax

/** The year 5138: long before any calendar of a database ends. */
const yearsMax = 1e14
