/**
 * One transaction on one connection: bounded in time, and checked against the leases that it is made under.
 *
 * - Nothing of a session is relied upon, so that a pooler may give each transaction another one: limits are set for the
 *   transaction alone, and locks end with it.
 * - Every wait of a transaction (for a connection, for its beginning, each statement, its end) has a limit of its own. A
 *   connection that did not answer in time is given up, and not used again.
 * - Under a lease the transaction begins with a look at the lease's row, which nobody can take away before it has ended:
 *   what was written under a lease was written before the next holder had it.
 */
import { Context, Effect, Exit, Scope } from "effect"
import { type SqlClient, SqlError } from "effect/sql"
import type { Connection } from "effect/sql/SqlConnection"
import { limited, type Limits, patienceOf, settingsOf } from "./Patience.ts"

/** A lease that the running fiber holds in the database of `owner`. */
export interface Holding {
  readonly owner: object
  readonly connectionId: string
  readonly token: string
}

/** The leases around a fiber, of whichever databases it uses. */
export const Holdings = Context.Reference<ReadonlyArray<Holding>>("@stockport/postgres/Transactions/Holdings", {
  defaultValue: () => []
})

/** The tokens that the open transaction has begun with. */
export const Checked = Context.Reference<ReadonlySet<string>>("@stockport/postgres/Transactions/Checked", {
  defaultValue: () => new Set()
})

/** Why a statement was given up. */
export class Silence extends Error {
  constructor(millis: number) {
    super(`${unanswered} ${Number((millis / 1_000).toPrecision(2))} seconds`)
  }
}

const unanswered = "no answer within"

/** Whether this is what a {@link Silence} says: the limit of a call has been spent, so that nothing is tried again. */
export const isSilence = (detail: string): boolean => detail.startsWith(unanswered)

/** The failure of a statement that was given up. */
export const silent = (millis: number) =>
  new SqlError.SqlError({
    reason: new SqlError.ConnectionError({ cause: new Silence(millis), message: "the database did not answer" })
  })

/** Looks at the row of a lease and keeps it from being taken until the transaction has ended; refuses a lost one. */
export const checkLease = (schema: string): string => `${schema}.check_lease($1, $2)`

/** Runs an effect in a transaction of its own, on a connection of its own. */
export const open =
  (sql: SqlClient.SqlClient, schema: string, limits: Limits) =>
  <A, E, R>(
    effect: Effect.Effect<A, E, R>,
    holdings: ReadonlyArray<Holding>
  ): Effect.Effect<A, E | SqlError.SqlError, R> =>
    Effect.acquireUseRelease(
      Scope.make(),
      (scope) =>
        Effect.flatMap(
          limited(Scope.provide(sql.reserve, scope), limits.answer, () => Effect.fail(silent(limits.answer))),
          (connection) => {
            const own = bounded(connection, limits, opening(schema, limits, holdings), Scope.close(scope, Exit.void))
            const checked = new Set(holdings.map(({ token }) => token))
            // One level below the outermost: the client begins a transaction on the connection that it finds there.
            return Effect.provideService(
              sql.withTransaction(Effect.provideService(effect, Checked, checked)),
              sql.transactionService,
              [own, -1]
            )
          }
        ),
      (scope) => Scope.close(scope, Exit.void)
    )

type Statement = readonly [text: string, params: ReadonlyArray<unknown>]

const setting = (limits: Limits): string =>
  `select ${Object.entries(settingsOf(limits))
    .map(([name, value]) => `set_config('${name}', '${value}', true)`)
    .join(", ")}`

const opening = (schema: string, limits: Limits, holdings: ReadonlyArray<Holding>): ReadonlyArray<Statement> => {
  const [first, ...others] = holdings.map(({ connectionId, token }): Statement => [
    checkLease(schema),
    [connectionId, token]
  ])
  if (first === undefined) return [[setting(limits), []]]
  return [
    [`${setting(limits)}, ${first[0]}`, first[1]],
    ...others.map(([text, params]): Statement => [`select ${text}`, params])
  ]
}

/** The same connection with a limit on every statement: it begins with `first`, and is given back as soon as it has ended. */
const bounded = (
  connection: Connection,
  limits: Limits,
  first: ReadonlyArray<Statement>,
  giveBack: Effect.Effect<void>
): Connection => {
  const within = answeredWithin(limits)
  const control = <A>(text: string, effect: Effect.Effect<A, SqlError.SqlError>, params: ReadonlyArray<unknown>) => {
    const answered = within(effect, params)
    if (/^begin\b/i.test(text)) return Effect.tap(answered, begun)
    return text === "COMMIT" || text === "ROLLBACK" ? Effect.tap(answered, giveBack) : answered
  }
  const begun = Effect.forEach(first, ([text, params]) => within(connection.executeValues(text, params), params), {
    discard: true
  }).pipe(Effect.onError(() => Effect.ignore(within(connection.executeValues("ROLLBACK", []), []))))
  return {
    execute: (text, params, rows) => control(text, connection.execute(text, params, rows), params),
    executeRaw: (text, params) => control(text, connection.executeRaw(text, params), params),
    executeStream: (text, params, rows) => connection.executeStream(text, params, rows),
    executeValues: (text, params) => control(text, connection.executeValues(text, params), params),
    executeValuesUnprepared: (text, params) => control(text, connection.executeValuesUnprepared(text, params), params),
    executeUnprepared: (text, params, rows) => control(text, connection.executeUnprepared(text, params, rows), params)
  }
}

const answeredWithin =
  (limits: Limits) =>
  <A>(effect: Effect.Effect<A, SqlError.SqlError>, params: ReadonlyArray<unknown>) => {
    const millis = patienceOf(params, limits)
    return limited(effect, millis, () => Effect.fail(silent(millis)))
  }
