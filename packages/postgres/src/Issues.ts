/**
 * Issues in PostgreSQL. A closed one is kept, and its key is free for the next.
 *
 * Keys are unique by an index, which takes no text of any length: of a long key the beginning stands there, and a hash.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { Issue, keyOf } from "@stockport/core/domain/Issue"
import * as Text from "@stockport/core/domain/Text"
import { type RaisedIssue, type Store } from "@stockport/core/ports/Store"
import { DateTime, Effect, Schema } from "effect"
import { type Database, encoding, json, moment, texts } from "./Database.ts"
import { limitOf } from "./Keyset.ts"
import { createHash } from "node:crypto"

/** The repository of issues over a database. */
export const make = (db: Database): Store["Service"]["issues"] => {
  const s = db.schema
  const raise = raising(db)
  return {
    raise: Effect.fn("Issues.raise")(function* (connectionId, issues) {
      const batches = batchesOf(issues)
      if (batches.length < 2) return yield* raise("issues.raise", connectionId, issues)
      yield* db.transaction(
        Effect.forEach(batches, (batch) => raise("issues.raise", connectionId, batch), { discard: true })
      )
    }),
    replace: Effect.fn("Issues.replace")(function* (connectionId, codes, subject, issues) {
      const operation = "issues.replace"
      const [now] = yield* moment
      const concerned = [connectionId, texts(codes), subject?.field ?? null, texts(subject?.ids ?? []), keysOf(issues)]
      const batches = batchesOf(issues)
      if (batches.length < 2 && (subject === null || subject.ids.length <= issuesPerCall)) {
        const raised = json(yield* Effect.forEach(issues, (issue) => encodeIssue(operation, issue)))
        yield* db.write(operation, `select ${s}.replace_issues($1, $2, $3, $4, $5, $6::jsonb, $7::timestamptz)`, [
          ...concerned,
          raised,
          now
        ])
        return
      }
      yield* db.transaction(
        Effect.gen(function* () {
          for (const batch of batches) yield* raise(operation, connectionId, batch)
          yield* db.write(operation, closeOthers(s), [...concerned, now])
        })
      )
    }),
    resolve: Effect.fn("Issues.resolve")(function* (keys) {
      if (keys.length === 0) return
      const [now] = yield* moment
      yield* db.write(
        "issues.resolve",
        `update ${s}.issues set resolved_at = $2::timestamptz where resolved_at is null and key = any($1::text[])`,
        [texts(keys.map(storedKey)), now]
      )
    }),
    open: Effect.fn("Issues.open")(function* (connectionId, page) {
      const rows = yield* db.read(
        "issues.open",
        `select key, issue, raised_at, times from ${s}.issues
        where resolved_at is null and ($1::text is null or connection_id = $1) and ($2::text is null or key > $2)
        order by key limit $3::text::int`,
        [connectionId, page.after === null ? null : storedKey(page.after), limitOf(page.limit)]
      )
      return yield* Effect.forEach(rows, (row) =>
        Effect.map(Effect.orDie(decodeIssue(row["issue"])), (issue): RaisedIssue => ({
          key: keyOf(issue),
          issue,
          raisedAt: DateTime.makeUnsafe(row["raised_at"] as Date),
          times: Number(row["times"])
        }))
      )
    })
  }
}

const raising = (db: Database) =>
  Effect.fnUntraced(function* (operation: string, connectionId: ConnectionId | null, issues: ReadonlyArray<Issue>) {
    if (issues.length === 0) return
    const [now] = yield* moment
    yield* db.write(operation, `select ${db.schema}.raise_issues($1, $2, $3::jsonb, $4::timestamptz)`, [
      connectionId,
      keysOf(issues),
      json(yield* Effect.forEach(issues, (issue) => encodeIssue(operation, issue))),
      now
    ])
  })

/** How many issues one call carries; more are several calls in one transaction. */
const issuesPerCall = 10_000

const batchesOf = (issues: ReadonlyArray<Issue>): ReadonlyArray<ReadonlyArray<Issue>> =>
  Array.from({ length: Math.ceil(issues.length / issuesPerCall) }, (_, n) =>
    issues.slice(n * issuesPerCall, (n + 1) * issuesPerCall)
  )

const keysOf = (issues: ReadonlyArray<Issue>) => texts(issues.map((issue) => storedKey(keyOf(issue))))

/** Closes those of some codes and a subject that are not among these keys, by hashes: any of the lists may be long. */
const closeOthers = (s: string): string => `
  update ${s}.issues i set resolved_at = $6::timestamptz
  where i.resolved_at is null and i.connection_id is not distinct from $1 and i.code = any($2::text[])
    and ($3::text is null or i.issue->'about'->>$3 in (select unnest($4::text[])))
    and not exists (select 1 from unnest($5::text[]) k (key) where k.key = i.key)`

/** How long a key is kept as it is. */
const keyLengthMax = 700

const storedKey = (key: string): string =>
  key.length <= keyLengthMax
    ? key
    : `${Text.writable(key, keyLengthMax)} ${createHash("sha256").update(key).digest("hex")}`

const encodeIssue = encoding(Issue)
const decodeIssue = Schema.decodeUnknownEffect(Issue)
