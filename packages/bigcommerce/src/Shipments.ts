/**
 * Telling the shop that a parcel left: once, however often it is asked, and tracking before status.
 *
 * The shop has no idempotency key and answers no question about a request whose answer was lost. So our key stands in the
 * shipment itself, as the last line of its comments, and every try begins with a look: a shipment with our key, or one
 * without any key but with the same tracking number and items, is the one that was meant. Only a request that cannot have
 * had an effect is repeated without a look (the client does that on 429).
 *
 * Creating the shipment carries the tracking and sends the shop's mail. The shop then moves the order to shipped or
 * partially shipped; where it has not, the status is set afterwards, never before.
 */
import { Duration, Effect, Option, Result, Schema, type Semaphore } from "effect"
import type { Order, OrderId, OrderStatus } from "@stockport/core/domain/Order"
import { CartError, isUnreadable, Rejected, type Shipment, type ShipmentRecorded } from "@stockport/core/ports/Cart"
import type { BigCommerceClient } from "./BigCommerceClient.ts"
import * as Operation from "./Operation.ts"
import { statusIdOf } from "./OrderWire.ts"
import * as Orders from "./Orders.ts"
import * as Pages from "./Pages.ts"
import { reader } from "./Rows.ts"
import { Id, IdIfReadable, IntegerIfReadable, listOf, RawRows, TextIfReadable } from "./Wire.ts"

/** How often the shipment is sent at most, each time after a look. */
export const triesMax = 3

/** How long to wait before a look after a lost answer: the shop may still be at it. */
export const settleMillis = 2_000

const ItemWire = Schema.Struct({ order_product_id: IdIfReadable, quantity: IntegerIfReadable })

/** A shipment as far as it can be read: another one's oddities must not keep ours from being recorded, or from being found. */
const ShipmentWire = Schema.Struct({
  id: Id,
  order_address_id: IdIfReadable,
  tracking_number: TextIfReadable,
  comments: TextIfReadable,
  items: listOf(Schema.Unknown)
})

const Created = Schema.Struct({ id: Id })

const readShipment = reader(ShipmentWire)
const readItem = reader(ItemWire)

/** Carriers that the shop knows by name; any other is told as the shipping method. */
const providers = new Set([
  "auspost",
  "canadapost",
  "endicia",
  "usps",
  "fedex",
  "ups",
  "upsready",
  "upsonline",
  "shipperhq",
  "royalmail"
])

/** The longest comment that the shop keeps. */
const commentsMax = 65_535

/** A key in characters that no shop escapes or folds. */
const plainKey = (key: string): string =>
  key.replace(/[^A-Za-z0-9._:/@-]/gu, (character) => `%${(character.codePointAt(0) ?? 0).toString(16)}`)

const keyLine = (key: string): string => `Reference: ${plainKey(key)}`
const anyKeyLine = /^Reference: .+$/m

const reject = (field: string, detail: string) =>
  new CartError({
    operation: Operation.nameOf(Operation.postShipment),
    reason: new Rejected({ detail, fields: { [field]: detail } })
  })

/** Records a shipment; the same key twice is one shipment. `turn` keeps two callers from looking at the same time. */
export const record = Effect.fnUntraced(function* (
  client: BigCommerceClient["Service"],
  turn: Semaphore.Semaphore,
  shipment: Shipment
) {
  const body = yield* bodyOf(shipment)
  const recorded = yield* turn.withPermit(recordOnce(client, shipment, body))
  yield* settleStatus(client, shipment.orderId)
  return recorded
})

const recordOnce = Effect.fnUntraced(function* (client: BigCommerceClient["Service"], shipment: Shipment, body: Body) {
  const path = { order_id: shipment.orderId }
  for (let attempt = 1; ; attempt++) {
    const known = yield* find(client, shipment, body)
    if (known !== undefined) return { shipmentId: known.id, existed: true }
    const post = client.call(Operation.postShipment, { path, body, urgent: true }, Created)
    const created = yield* post.pipe(
      Effect.map((row): ShipmentRecorded => ({ shipmentId: row.id, existed: false })),
      Effect.catchIf(
        (error) => attempt < triesMax && isAnswerLost(error),
        () => Effect.as(Effect.sleep(Duration.millis(settleMillis * attempt)), undefined)
      )
    )
    if (created !== undefined) return created
  }
})

/** Whether the shop may have done what was asked although it did not say so. */
const isAnswerLost = ({ reason }: CartError): boolean =>
  reason._tag === "Transient" || reason._tag === "Undecodable" || reason._tag === "TooLarge"

/** The shipment that was meant, if the shop has it. */
const find = Effect.fnUntraced(function* (client: BigCommerceClient["Service"], shipment: Shipment, body: Body) {
  const path = { order_id: shipment.orderId }
  const raws = yield* Pages.allOfOrder(Operation.getShipments, (query) =>
    client.call(Operation.getShipments, { path, query, urgent: true }, RawRows)
  )
  const rows = raws.flatMap((raw) =>
    Result.match(readShipment(raw).read, { onFailure: () => [], onSuccess: (row) => [row] })
  )
  const wanted = itemsText(body.items)
  return (
    rows.find(({ comments }) => (comments ?? "").split(/\r?\n/).includes(keyLine(shipment.key))) ??
    rows.find(
      (row) =>
        shipment.trackingNumber !== "" &&
        row.tracking_number === shipment.trackingNumber &&
        row.order_address_id === String(body.order_address_id) &&
        !anyKeyLine.test(row.comments ?? "") &&
        itemsText(row.items.flatMap((item) => Result.getOrElse(readItem(item).read, () => []))) === wanted
    )
  )
})

interface Body {
  readonly order_address_id: number
  readonly items: ReadonlyArray<{ readonly order_product_id: number; readonly quantity: number }>
  readonly tracking_number: string
  readonly tracking_link?: string
  readonly shipping_provider: string
  readonly shipping_method?: string
  readonly comments: string
}

const itemsText = (
  items: ReadonlyArray<{ readonly order_product_id: number | string | null; readonly quantity: number | null }>
): string =>
  items
    .map(({ order_product_id, quantity }) => `${order_product_id}x${quantity}`)
    .sort()
    .join(" ")

/** The comments with our key as their last line, cut to what the shop keeps. */
const commentsOf = ({ comments, key }: Shipment): string => {
  const last = keyLine(key)
  const room = commentsMax - last.length - 1
  return comments === "" || room <= 0 ? last : `${comments.slice(0, room)}\n${last}`
}

/** What is sent, or a refusal that names the field: the shop counts in whole units and numbers everything. */
const bodyOf = Effect.fnUntraced(function* (shipment: Shipment) {
  const address = Number(shipment.consignmentId)
  if (!Number.isSafeInteger(address) || address <= 0) {
    return yield* reject("consignmentId", `consignment ${shipment.consignmentId} is no address that a parcel goes to`)
  }
  const items: Array<Body["items"][number]> = []
  for (const { lineId, quantity } of shipment.lines) {
    const id = Number(lineId)
    if (!Number.isSafeInteger(id) || id <= 0) return yield* reject("lineId", `there is no line ${lineId}`)
    if (!Number.isInteger(quantity)) return yield* reject("quantity", `quantity is ${quantity}, expected whole units`)
    items.push({ order_product_id: id, quantity })
  }
  const carrier = shipment.carrier.trim().toLowerCase()
  const isKnown = providers.has(carrier) || /^carrier_\d+$/.test(carrier)
  const body: Body = {
    order_address_id: address,
    items,
    tracking_number: shipment.trackingNumber,
    shipping_provider: isKnown ? carrier : "",
    comments: commentsOf(shipment),
    ...(!isKnown && shipment.carrier !== "" && { shipping_method: shipment.carrier }),
    ...(shipment.trackingLink !== "" && { tracking_link: shipment.trackingLink })
  }
  return body
})

/** Moves the order on where the shop has not done so by itself. */
const settleStatus = Effect.fnUntraced(function* (client: BigCommerceClient["Service"], orderId: OrderId) {
  const order = Option.getOrUndefined(yield* Orders.undated(client, orderId))
  const status = order === undefined || isUnreadable(order) ? undefined : statusAfter(order)
  if (status === undefined) return
  const body = { status_id: statusIdOf(status) }
  yield* client.call(Operation.putOrder, { path: { order_id: orderId }, body, urgent: true }, Schema.Unknown)
})

/** The status that what has been shipped calls for, or undefined when the order has it or is somewhere else. */
const statusAfter = ({ lines, status }: Order): OrderStatus | undefined => {
  const parcels = lines.filter(({ consignmentId, goods, pickupAt }) => {
    return consignmentId !== null && pickupAt === null && (goods === "physical" || goods === "custom")
  })
  const isWaiting = status === "awaitingFulfilment" || status === "awaitingShipment"
  const isWhole = parcels.every(({ quantity, refunded, shipped }) => shipped + refunded >= quantity)
  if (parcels.length === 0 || !parcels.some(({ shipped }) => shipped > 0)) return undefined
  if (isWhole) return isWaiting || status === "partiallyShipped" ? "shipped" : undefined
  return isWaiting ? "partiallyShipped" : undefined
}
