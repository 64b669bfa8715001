/**
 * The event log in PostgreSQL.
 */
import { Event } from "@stockport/core/domain/Event"
import type { Store } from "@stockport/core/ports/Store"
import { Effect, Schema } from "effect"
import { bounded, type Database, encoding, json } from "./Database.ts"
import { limitOf } from "./Keyset.ts"

/** The repository of events over a database. */
export const make = (db: Database): Store["Service"]["events"] => {
  const s = db.schema
  return {
    append: Effect.fn("Events.append")(function* (events) {
      const operation = "events.append"
      if (events.length === 0) return
      yield* bounded(operation, events.length)
      yield* db.write(
        operation,
        `insert into ${s}.events (kind, subject, actor, reason, at)
        select x->>'kind', x->>'subject', x->>'actor', x->>'reason', (x->>'at')::timestamptz
        from jsonb_array_elements($1::jsonb) with ordinality u (x, n) order by n`,
        [json(yield* Effect.forEach(events, (event) => encodeEvent(operation, event)))]
      )
    }),
    list: Effect.fn("Events.list")(function* ({ after, limit }) {
      const rows = yield* db.read(
        "events.list",
        `select sequence, kind, subject, actor, reason, at from ${s}.events
        where sequence > $1::text::bigint order by sequence limit $2::text::int`,
        [String(after ?? 0), limitOf(limit)]
      )
      return yield* Effect.forEach(rows, (row) =>
        Effect.map(Effect.orDie(decodeEvent({ ...row, at: (row["at"] as Date).toISOString() })), (event) => ({
          sequence: Number(row["sequence"]),
          event
        }))
      )
    })
  }
}

const encodeEvent = encoding(Event)
const decodeEvent = Schema.decodeUnknownEffect(Event)
