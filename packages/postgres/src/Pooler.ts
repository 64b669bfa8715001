/**
 * Whether there is a pooler (such as PgBouncer) between us and the server: it gives every transaction another session.
 *
 * Settings of a session and prepared statements mean nothing there. A pooler says so by refusing the settings that a session
 * is asked to start with, or by dropping them; either way a client is made that asks for neither. Everything else in this
 * package relies on nothing that outlives a transaction.
 */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Predicate } from "effect"
import { SqlClient, type SqlError } from "effect/sql"

/** The settings of a client that goes through a pooler. */
export const pooled = { startupParameters: {}, prepare: false } as const

/** Tries one connection with these settings. A server that cannot be reached is taken for one without a pooler. */
export const isPooled = (settings: PgClient.PgPoolConfig): Effect.Effect<boolean> => {
  const asked = settings.startupParameters?.["statement_timeout"]
  if (asked === undefined || settings.prepare === false) return Effect.succeed(false)
  return Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{ readonly same: boolean }>`
      select current_setting('statement_timeout')::interval = ${asked}::text::interval as same`.unprepared
    return row?.same !== true
  }).pipe(
    // @effect-diagnostics-next-line strictEffectProvide:off -- one connection, to look at and to close
    Effect.provide(Layer.fresh(PgClient.layer({ ...settings, maxConnections: 1 })), { local: true }),
    Effect.catch((error) => Effect.succeed(refusesSettings(error)))
  )
}

/** "unsupported startup parameter: statement_timeout", in PgBouncer's words. */
const refusesSettings = ({ reason: { cause } }: SqlError.SqlError): boolean => {
  for (
    let at: unknown = cause;
    Predicate.isObject(at);
    at = Predicate.hasProperty(at, "cause") ? at.cause : undefined
  ) {
    if (Predicate.hasProperty(at, "message") && /startup parameter/i.test(String(at.message))) return true
  }
  return false
}
