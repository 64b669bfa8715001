/**
 * Leases on connections: at any time one holder of each, over all processes.
 *
 * - A lease is a row with a token and an expiry by the clock of the database, so that it needs no session and survives a
 *   pooler. Its holder renews it every {@link heartbeatSeconds}; it goes to somebody else when it was not renewed for
 *   {@link leaseSeconds}, and at once when its effect ends.
 * - Every transaction under a lease begins with a look at its row (see `Transactions`). A lease that is found lost, or could
 *   not be confirmed before it expired, ends its effect with `LeaseLost`: it must not go on beside the next holder.
 * - How old a confirmation is, is measured from before it was asked for, by a clock that goes on and by the wall clock: a
 *   process that was paused, or a machine that slept, finds itself late by the one that saw it.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { Lease, LeaseLost } from "@stockport/core/ports/Lease"
import { type Store, StoreError } from "@stockport/core/ports/Store"
import { Context, Deferred, Duration, Effect, Option } from "effect"
import { randomUUID } from "node:crypto"
import * as NodeOs from "node:os"
import type { Database } from "./Database.ts"
import { givenUp, realClock, sleepReally } from "./Patience.ts"
import { Holdings } from "./Transactions.ts"

/** After how long without a sign of its holder a lease goes to somebody else, in seconds. */
export const leaseSeconds = 30

/** How often a lease is renewed, in seconds. */
export const heartbeatSeconds = 5

/** How old a confirmation may be that is relied on, in seconds. */
export const confirmedSecondsMax = 3

/** How long the answer to a renewal is waited for, in seconds. */
export const renewalSecondsMax = 5

/** What is left of a lease at its end is no time to send anything in, in seconds. */
export const marginSeconds = 2

/** Hands out leases. */
export interface Leases {
  readonly exclusively: Store["Service"]["connections"]["exclusively"]
}

/** How long leases live and how often they are looked after, in milliseconds. */
export interface Timing {
  readonly lease: number
  readonly heartbeat: number
  readonly confirmed: number
  readonly renewal: number
  readonly margin: number
}

/** What every store uses; a test may be in more of a hurry. */
export const timingDefault: Timing = {
  lease: leaseSeconds * 1_000,
  heartbeat: heartbeatSeconds * 1_000,
  confirmed: confirmedSecondsMax * 1_000,
  renewal: renewalSecondsMax * 1_000,
  margin: marginSeconds * 1_000
}

/** Leases over the database of a store. */
export const make = (db: Database, timing: Timing = timingDefault): Leases => ({
  exclusively: (id, effect) =>
    Effect.acquireUseRelease(
      take(db, timing, id),
      Option.match({
        onNone: () => Effect.succeedNone,
        onSome: (held) =>
          Effect.raceFirst(
            effect.pipe(
              Effect.provideService(Lease, { token: held.token, confirm: confirm(db, held) }),
              Effect.updateService(Holdings, (holdings) => [
                ...holdings,
                { owner: db.owner, connectionId: id, token: held.token }
              ]),
              Effect.asSome
            ),
            Effect.raceFirst(Deferred.await(held.lost), beating(db, held))
          )
      }),
      Option.match({ onNone: () => Effect.void, onSome: (held) => giveBack(db, held) })
    )
})

interface Instant {
  readonly wall: number
  readonly monotonic: bigint
}

interface Held {
  readonly id: ConnectionId
  readonly timing: Timing
  readonly token: string
  /** Fails when the lease is found lost. */
  readonly lost: Deferred.Deferred<never, StoreError>
  /** Before the last renewal that was answered. */
  confirmedAt: Instant
  /** Why it is held no more. */
  over: string | null
}

const operation = "connections.exclusively"

const take = (db: Database, timing: Timing, id: ConnectionId): Effect.Effect<Option.Option<Held>, StoreError> =>
  Effect.suspend(() => {
    const confirmedAt = instant()
    const token = randomUUID()
    const holder = `${NodeOs.hostname()}:${process.pid}`
    return Effect.map(
      alone(
        db,
        db.write(operation, `select ${db.schema}.take_lease($1, $2, $3, $4::text::numeric) as taken`, [
          id,
          token,
          holder,
          String(timing.lease / 1_000)
        ])
      ),
      ([row]): Option.Option<Held> =>
        row?.["taken"] === true
          ? Option.some({ id, timing, token, lost: Deferred.makeUnsafe<never, StoreError>(), confirmedAt, over: null })
          : Option.none()
    )
  })

/** Renews the lease; answers whether it could, and says to everybody concerned when it is lost. */
const renew = (db: Database, held: Held): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const asked = instant()
    const renewed = alone(
      db,
      db.write(operation, `select ${db.schema}.renew_lease($1, $2, $3::text::numeric) as renewed`, [
        held.id,
        held.token,
        String(held.timing.lease / 1_000)
      ])
    )
    return givenUp(renewed, held.timing.renewal, () => Effect.succeed(unanswered)).pipe(
      Effect.orElseSucceed(() => unanswered),
      Effect.flatMap(([row]) => {
        if (row?.["renewed"] === true) {
          held.confirmedAt = asked
          return Effect.succeed(true)
        }
        const reason = row === undefined ? expiry(held) : `the lease of ${held.id} has gone to somebody else`
        return reason === null ? Effect.succeed(false) : Effect.as(lose(held, reason), false)
      })
    )
  })

const unanswered: ReadonlyArray<{ readonly [column: string]: unknown }> = []

/** Why an unanswered renewal is the end: the lease has run out meanwhile. */
const expiry = (held: Held): string | null =>
  leftOf(held) > 0 ? null : `the lease of ${held.id} could not be renewed for ${held.timing.lease / 1_000} seconds`

const lose = (held: Held, detail: string): Effect.Effect<void> => {
  held.over = detail
  return Effect.asVoid(Deferred.fail(held.lost, new StoreError({ operation, reason: new LeaseLost({ detail }) })))
}

const beating = (db: Database, held: Held): Effect.Effect<never> =>
  Effect.forever(Effect.andThen(sleepReally(held.timing.heartbeat), renew(db, held)))

const confirm = (db: Database, held: Held): Effect.Effect<Duration.Duration, LeaseLost> =>
  Effect.suspend(() => {
    if (held.over !== null) return Effect.fail(new LeaseLost({ detail: held.over }))
    const fresh = millisSince(held.confirmedAt) <= held.timing.confirmed
    if (fresh) return Effect.succeed(Duration.millis(leftOf(held)))
    return Effect.flatMap(renew(db, held), (renewed) => {
      const left = leftOf(held)
      return renewed && left > 0
        ? Effect.succeed(Duration.millis(left))
        : Effect.fail(new LeaseLost({ detail: `the lease of ${held.id} could not be confirmed` }))
    })
  })

/** How long a write may take that begins now, in milliseconds. */
const leftOf = ({ confirmedAt, timing }: Held): number => timing.lease - timing.margin - millisSince(confirmedAt)

const giveBack = (db: Database, held: Held): Effect.Effect<void> => {
  const { id, token } = held
  held.over ??= `the effect that the lease of ${id} was given to has ended`
  return givenUp(
    Effect.ignore(
      alone(
        db,
        db.write(operation, `delete from ${db.schema}.leases where connection_id = $1 and token = $2`, [id, token])
      )
    ),
    held.timing.renewal,
    () => Effect.void
  )
}

/** A lease is no part of the transaction that may be open around its effect, nor of another lease. */
const alone = <A, E>(db: Database, effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.updateContext(effect, (context: Context.Context<never>): Context.Context<never> =>
    Context.add(Context.omit(db.sql.transactionService)(context), Holdings, [])
  )

const instant = (): Instant => ({
  wall: realClock.currentTimeMillisUnsafe(),
  monotonic: realClock.monotonicTimeNanosUnsafe()
})

const millisSince = (then: Instant): number => {
  const now = instant()
  return Math.max(now.wall - then.wall, Number((now.monotonic - then.monotonic) / 1_000_000n))
}
