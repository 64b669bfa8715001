/**
 * A connection between a channel and one shop's cart: which orders it takes, how it numbers them, what it publishes.
 *
 * Credentials are not part of it: they belong to the adapter that is built for the connection, and are never stored here.
 */
import { type DateTime, Schema } from "effect"
import { CartLocationId } from "./CartLocationId.ts"
import { ChannelId } from "./Channel.ts"
import { ConnectionId } from "./ConnectionId.ts"
import { LocationId } from "./Location.ts"
import { safe, SyncPolicy } from "./SyncPolicy.ts"
import * as Text from "./Text.ts"

export { CartLocationId }

/** Printable ASCII without outer space, short enough to leave an order number its room. */
export const ReferenceAffix = Schema.String.check(Schema.isMaxLength(20), Schema.isPattern(/^$|^[!-~]([ -~]*[!-~])?$/))

/**
 * One shop, connected.
 *
 * `locationId` is stamped on imported orders. `publishTo` names the shop's locations that receive numbers: with one, it
 * gets the whole; with several, what is published over all of them never exceeds the pool. Of orders placed before
 * `importFrom`, those that still owe goods are taken (unless `backlog` says to leave them) and those that owe none are left
 * alone unless a back-fill asks for them. Stock on hand was entered as of `openingBalanceAt` (of
 * `importFrom`, unless given): what the shop had shipped of an order before is off the shelf already, and a later import
 * of that order takes nothing off it.
 */
export const Connection = Schema.Struct({
  id: ConnectionId,
  name: Text.NonEmptyLine,
  cart: Text.NonEmptyLine,
  channelId: ChannelId,
  locationId: LocationId,
  publishTo: Schema.NonEmptyArray(
    Schema.Struct({
      cartLocationId: CartLocationId,
      /** Our locations that feed this one; null means every location that feeds the channel. */
      locations: Schema.NullOr(Schema.Array(LocationId))
    })
  ),
  enabled: Schema.Boolean,
  referencePrefix: ReferenceAffix,
  referenceSuffix: ReferenceAffix,
  importFrom: Schema.DateTimeUtcFromString,
  openingBalanceAt: Schema.optionalKey(Schema.DateTimeUtcFromString),
  /** What becomes of orders placed before `importFrom` that still owe goods; left out: they are taken. */
  backlog: Schema.optionalKey(Schema.Literals(["take", "leave"])),
  policy: SyncPolicy
})
export interface Connection extends Schema.Schema.Type<typeof Connection> {}

/** As of when stock on hand was entered: what had left before is off the shelf already. */
export const openingBalanceOf = (connection: Pick<Connection, "importFrom" | "openingBalanceAt">): DateTime.Utc =>
  connection.openingBalanceAt ?? connection.importFrom

/** A connection from what distinguishes it: enabled, without prefix and suffix, under the `safe` policy. */
export const make = (
  connection: Pick<Connection, "id" | "channelId" | "locationId" | "publishTo" | "importFrom"> & Partial<Connection>
): Connection => ({
  name: connection.id,
  cart: "bigcommerce",
  enabled: true,
  referencePrefix: "",
  referenceSuffix: "",
  policy: safe,
  ...connection
})
