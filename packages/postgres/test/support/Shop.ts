/**
 * A shop to mark for: an enabled connection with one location, and its channel.
 */
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import { type Channel, ChannelId } from "@stockport/core/domain/Channel"
import type { Connection } from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { LocationId } from "@stockport/core/domain/Location"
import * as SyncPolicy from "@stockport/core/domain/SyncPolicy"
import { DateTime } from "effect"

export const main = LocationId.make("main")

export const web: Channel = { id: ChannelId.make("web"), name: "Web", description: "", locations: null }

export const shop: Connection = {
  id: ConnectionId.make("shop"),
  name: "Shop",
  cart: "bigcommerce",
  channelId: web.id,
  locationId: main,
  publishTo: [{ cartLocationId: CartLocationId.make("1"), locations: null }],
  enabled: true,
  referencePrefix: "",
  referenceSuffix: "",
  importFrom: DateTime.makeUnsafe(0),
  policy: SyncPolicy.safe
}
