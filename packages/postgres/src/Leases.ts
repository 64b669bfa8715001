/**
 * Leases on connections: at any time one holder of each, over all processes.
 *
 * - A lease is an advisory lock of a database session, so that it ends with the process that holds it, however that ends.
 *   All leases of a store share one session; among the fibers of a process a set keeps them apart.
 * - The session is looked after while leases are held. When it breaks, the leases are gone, and what ran under them is
 *   interrupted and fails with `Unreachable`: it must not go on beside the next holder.
 * - A process that hangs loses its session, and so its leases, after {@link silenceSecondsMax}.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { type Store, StoreError, Unreachable } from "@stockport/core/ports/Store"
import { Deferred, Effect, Exit, Option, RcRef, Scope, Semaphore } from "effect"
import type { Connection } from "effect/sql/SqlConnection"
import type { Database } from "./Database.ts"

/** How long a session may be silent before the server ends it. */
export const silenceSecondsMax = 60

const heartbeat = "10 seconds"

/** Hands out leases. */
export interface Leases {
  readonly exclusively: Store["Service"]["connections"]["exclusively"]
}

interface Session {
  /** Runs one statement on the session; statements take turns. */
  readonly ask: (text: string, params: ReadonlyArray<unknown>) => Effect.Effect<unknown, StoreError>
  /** Never succeeds; fails when the session breaks. */
  readonly lost: Effect.Effect<never, StoreError>
}

/** Leases over the database of a store, as long as the scope is open. */
export const make = (db: Database): Effect.Effect<Leases, never, Scope.Scope> =>
  Effect.gen(function* () {
    const session = yield* RcRef.make({ acquire: openSession(db) })
    const held = new Set<string>()
    const take = (id: ConnectionId, scope: Scope.Scope) =>
      Effect.gen(function* () {
        const name = `${db.schema}.lease.${id}`
        if (held.has(name)) return Option.none<Session>()
        held.add(name)
        yield* Scope.addFinalizer(
          scope,
          Effect.sync(() => held.delete(name))
        )
        const own = yield* Scope.provide(RcRef.get(session), scope)
        const taken = yield* own.ask("select pg_try_advisory_lock(hashtextextended($1, 0))", [name])
        if (taken !== true) return Option.none<Session>()
        yield* Scope.addFinalizer(
          scope,
          Effect.ignore(own.ask("select pg_advisory_unlock(hashtextextended($1, 0))", [name]))
        )
        return Option.some(own)
      }).pipe(Effect.tapError((error) => (error.retryable ? RcRef.invalidate(session) : Effect.void)))
    return {
      exclusively: (id, effect) =>
        Effect.acquireUseRelease(
          Scope.make(),
          (scope) =>
            Effect.flatMap(
              take(id, scope),
              Option.match({
                onNone: () => Effect.succeedNone,
                onSome: ({ lost }) =>
                  Effect.raceFirst(
                    Effect.asSome(effect),
                    Effect.tapError(lost, () => RcRef.invalidate(session))
                  )
              })
            ),
          (scope) => Scope.close(scope, Exit.void)
        )
    }
  })

const openSession = (db: Database): Effect.Effect<Session, StoreError, Scope.Scope> =>
  Effect.gen(function* () {
    const connection = yield* Effect.mapError(db.sql.reserve, broken)
    const turn = Semaphore.makeUnsafe(1)
    const lost = yield* Deferred.make<never, StoreError>()
    const ask: Session["ask"] = (text, params) =>
      turn.withPermit(run(connection, text, params)).pipe(Effect.tapError((error) => Deferred.fail(lost, error)))
    // The connection goes back to the pool: without locks, and with its settings as they were.
    yield* Effect.addFinalizer(() => Effect.ignore(turn.withPermit(run(connection, giveBack, []))))
    yield* ask("select set_config('idle_session_timeout', $1, false)", [`${silenceSecondsMax}s`])
    yield* ask("select 1", []).pipe(Effect.delay(heartbeat), Effect.forever, Effect.ignore, Effect.forkScoped)
    return { ask, lost: Deferred.await(lost) }
  })

const giveBack = `select pg_advisory_unlock_all(),
  (select set_config(name, reset_val, false) from pg_settings where name = 'idle_session_timeout')`

const run = (connection: Connection, text: string, params: ReadonlyArray<unknown>) =>
  connection.executeValues(text, params).pipe(
    Effect.mapBoth({ onSuccess: (rows) => rows[0]?.[0], onFailure: broken }),
    Effect.catchDefect(() => Effect.fail(broken()))
  )

const broken = () =>
  new StoreError({
    operation: "connections.exclusively",
    reason: new Unreachable({ detail: "the session that holds the leases is broken" })
  })
