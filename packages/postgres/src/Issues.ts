/**
 * Issues in PostgreSQL. A closed one is kept, and its key is free for the next.
 */
import { Issue, keyOf } from "@stockport/core/domain/Issue"
import { type RaisedIssue, type Store } from "@stockport/core/ports/Store"
import { DateTime, Effect, Schema } from "effect"
import { bounded, type Database, encoding, json, moment, texts } from "./Database.ts"
import { limitOf } from "./Keyset.ts"

/** The repository of issues over a database. */
export const make = (db: Database): Store["Service"]["issues"] => {
  const s = db.schema
  return {
    raise: Effect.fn("Issues.raise")(function* (connectionId, issues) {
      const operation = "issues.raise"
      if (issues.length === 0) return
      yield* bounded(operation, issues.length)
      const [now] = yield* moment
      yield* db.write(operation, `select ${s}.raise_issues($1, $2, $3::jsonb, $4::timestamptz)`, [
        connectionId,
        texts(issues.map(keyOf)),
        json(yield* Effect.forEach(issues, (issue) => encodeIssue(operation, issue))),
        now
      ])
    }),
    replace: Effect.fn("Issues.replace")(function* (connectionId, codes, subject, issues) {
      const operation = "issues.replace"
      yield* bounded(operation, issues.length + (subject?.ids.length ?? 0))
      const [now] = yield* moment
      yield* db.write(operation, `select ${s}.replace_issues($1, $2, $3, $4, $5, $6::jsonb, $7::timestamptz)`, [
        connectionId,
        texts(codes),
        subject?.field ?? null,
        texts(subject?.ids ?? []),
        texts(issues.map(keyOf)),
        json(yield* Effect.forEach(issues, (issue) => encodeIssue(operation, issue))),
        now
      ])
    }),
    resolve: Effect.fn("Issues.resolve")(function* (keys) {
      if (keys.length === 0) return
      const [now] = yield* moment
      yield* db.write(
        "issues.resolve",
        `update ${s}.issues set resolved_at = $2::timestamptz where resolved_at is null and key = any($1::text[])`,
        [texts(keys), now]
      )
    }),
    open: Effect.fn("Issues.open")(function* (connectionId, page) {
      const rows = yield* db.read(
        "issues.open",
        `select key, issue, raised_at, times from ${s}.issues
        where resolved_at is null and ($1::text is null or connection_id = $1) and ($2::text is null or key > $2)
        order by key limit $3::text::int`,
        [connectionId, page.after, limitOf(page.limit)]
      )
      return yield* Effect.forEach(rows, (row) =>
        Effect.map(Effect.orDie(decodeIssue(row["issue"])), (issue): RaisedIssue => ({
          key: String(row["key"]),
          issue,
          raisedAt: DateTime.makeUnsafe(row["raised_at"] as Date),
          times: Number(row["times"])
        }))
      )
    })
  }
}

const encodeIssue = encoding(Issue)
const decodeIssue = Schema.decodeUnknownEffect(Issue)
