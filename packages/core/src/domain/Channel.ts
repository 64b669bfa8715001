/**
 * Sales channels: the way a sale came in, and which locations feed it.
 */
import { Schema } from "effect"
import { LocationId } from "./Location.ts"
import * as Text from "./Text.ts"

/** Names a channel. */
export const ChannelId = Text.Id.pipe(Schema.brand("ChannelId"))
export type ChannelId = typeof ChannelId.Type

/** A channel; `locations` are the ones that feed it, `null` means every nettable one. */
export const Channel = Schema.Struct({
  id: ChannelId,
  name: Text.NonEmptyLine,
  description: Text.Long,
  locations: Schema.NullOr(Schema.Array(LocationId))
})
export interface Channel extends Schema.Schema.Type<typeof Channel> {}
