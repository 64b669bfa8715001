/**
 * Names a connection.
 */
import { Schema } from "effect"

/** Names a connection between a channel and a shop's cart. */
export const ConnectionId = Schema.NonEmptyString.pipe(Schema.brand("ConnectionId"))
export type ConnectionId = typeof ConnectionId.Type
