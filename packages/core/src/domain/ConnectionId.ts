/**
 * Names a connection.
 */
import { Schema } from "effect"
import * as Text from "./Text.ts"

/** Names a connection between a channel and a shop's cart. */
export const ConnectionId = Text.Id.pipe(Schema.brand("ConnectionId"))
export type ConnectionId = typeof ConnectionId.Type
