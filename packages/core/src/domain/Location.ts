/**
 * Places that hold stock: a site, a zone, a vehicle, or a concept such as repairs.
 *
 * A location that is not nettable keeps its stock out of what is available for sale. One location is the default.
 */
import { Schema } from "effect"
import * as Text from "./Text.ts"

/** Names a location. */
export const LocationId = Text.Id.pipe(Schema.brand("LocationId"))
export type LocationId = typeof LocationId.Type

/** A place that holds stock. */
export const Location = Schema.Struct({
  id: LocationId,
  name: Text.NonEmptyLine,
  nettable: Schema.Boolean,
  isDefault: Schema.Boolean
})
export interface Location extends Schema.Schema.Type<typeof Location> {}
