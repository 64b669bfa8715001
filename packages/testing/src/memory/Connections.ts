/**
 * Channels, connections and import cursors in memory.
 */
import type { Channel } from "@stockport/core/domain/Channel"
import type { Connection } from "@stockport/core/domain/Connection"
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { ImportCursor } from "@stockport/core/ports/Store"
import { DateTime, Equal, HashMap } from "effect"
import { makeSkippedDue } from "./Sales.ts"
import {
  ascending,
  done,
  type Draft,
  inner,
  log,
  lookup,
  markFor,
  type Moment,
  type Outcome,
  type State,
  unknown
} from "./State.ts"

/** Creates or replaces a channel. Other feeding locations change the numbers of every connection on it. */
export const saveChannel = (draft: Draft, moment: Moment, channel: Channel): Outcome<void> => {
  const before = lookup(draft.channels, channel.id)
  for (const id of channel.locations ?? []) {
    if (!HashMap.has(draft.locations, id)) return unknown("location", id)
  }
  draft.channels = HashMap.set(draft.channels, channel.id, channel)
  log(draft, moment, "channelSaved", channel.id)
  if (before === undefined || Equal.equals(before.locations, channel.locations)) return done
  for (const connection of HashMap.values(draft.connections)) {
    if (connection.enabled && connection.channelId === channel.id) markLinked(draft, connection.id)
  }
  return done
}

/** Creates or replaces a connection. Enabling it, or changing what its numbers follow from, marks its linked items. */
export const save = (draft: Draft, moment: Moment, connection: Connection): Outcome<void> => {
  if (!HashMap.has(draft.channels, connection.channelId)) return unknown("channel", connection.channelId)
  const named = [connection.locationId, ...connection.publishTo.flatMap(({ locations }) => locations ?? [])]
  for (const id of named) {
    if (!HashMap.has(draft.locations, id)) return unknown("location", id)
  }
  const before = lookup(draft.connections, connection.id)
  draft.connections = HashMap.set(draft.connections, connection.id, connection)
  log(draft, moment, "connectionSaved", connection.id)
  const numbersMayChange =
    before === undefined ||
    !before.enabled ||
    before.channelId !== connection.channelId ||
    !Equal.equals(before.policy, connection.policy) ||
    !Equal.equals(before.publishTo, connection.publishTo)
  const isBack = before !== undefined && !before.enabled
  if (connection.enabled && numbersMayChange) markLinked(draft, connection.id, isBack)
  if (before !== undefined && intakeDiffers(before, connection)) makeSkippedDue(draft, moment, connection.id)
  return done
}

const intakeDiffers = (before: Connection, connection: Connection): boolean =>
  !Equal.equals(before.policy.intake, connection.policy.intake) ||
  !DateTime.Equivalence(before.importFrom, connection.importFrom) ||
  before.backlog !== connection.backlog

/** All connections, in order of id. */
export const all = (state: State): ReadonlyArray<Connection> =>
  HashMap.toValues(state.connections).sort((left, right) => ascending(left.id, right.id))

/** Remembers where the import of a connection stands. */
export const setCursor = (draft: Draft, id: ConnectionId, cursor: ImportCursor): Outcome<void> => {
  if (!HashMap.has(draft.connections, id)) return unknown("connection", id)
  draft.cursors = HashMap.set(draft.cursors, id, cursor)
  return done
}

/** Marks these items, or all linked ones, dirty for a connection. */
export const mark = (
  draft: Draft,
  connectionId: ConnectionId,
  itemIds: ReadonlyArray<ItemId> | "all",
  resend = false
): Outcome<void> => {
  if (!HashMap.has(draft.connections, connectionId)) return unknown("connection", connectionId)
  if (itemIds === "all") {
    markLinked(draft, connectionId, resend)
    return done
  }
  for (const id of itemIds) {
    if (!HashMap.has(draft.items, id)) return unknown("item", id)
  }
  markFor(draft, connectionId, itemIds, resend)
  return done
}

const markLinked = (draft: Draft, connectionId: ConnectionId, resend = false): void =>
  markFor(
    draft,
    connectionId,
    HashMap.toValues(inner(draft.links, connectionId)).map(({ itemId }) => itemId),
    resend
  )
