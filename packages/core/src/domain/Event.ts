/**
 * Who changed what, when and why: one line of the log that every commit writes in its own transaction.
 */
import { Schema } from "effect"
import * as Text from "./Text.ts"

/** What happened, in the past tense. */
export const EventKind = Schema.Literals([
  "itemSaved",
  "locationSaved",
  "channelSaved",
  "connectionSaved",
  "linked",
  "unlinked",
  "excluded",
  "included",
  "stockMoved",
  "stockCounted",
  "demandSet",
  "reserved",
  "released",
  "saleImported",
  "saleAmended",
  "saleHeld",
  "saleSkipped",
  "saleDeleted",
  "published",
  "shipmentRecorded"
])
export type EventKind = typeof EventKind.Type

/** `subject` is the id of what changed, `actor` a person or a process, `reason` one sentence. */
export const Event = Schema.Struct({
  kind: EventKind,
  subject: Text.NonEmptyLine,
  actor: Text.NonEmptyLine,
  reason: Text.Long,
  at: Schema.DateTimeUtcFromString
})
export interface Event extends Schema.Schema.Type<typeof Event> {}
