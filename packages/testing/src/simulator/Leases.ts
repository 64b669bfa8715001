/**
 * Leases that can be lost: a holder that is paused for longer than its lease lives finds it with somebody else when it wakes.
 *
 * A store in one process never takes a lease away; this puts such leases over it, by the simulation's clock.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { Lease, LeaseLost } from "@stockport/core/ports/Lease"
import { Store, StoreError } from "@stockport/core/ports/Store"
import { Clock, Duration, Effect } from "effect"

/** How long a lease lives after it was taken or confirmed. */
export const life = Duration.seconds(30)

interface Row {
  readonly token: string
  readonly until: number
}

/** The store with leases that end when their holder is not heard of. */
export const over = (store: Store["Service"]): Store["Service"] => {
  const rows = new Map<ConnectionId, Row>()
  let last = 0

  const take = (id: ConnectionId) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      const row = rows.get(id)
      if (row !== undefined && row.until > now) return null
      last += 1
      const token = `lease-${last}`
      rows.set(id, { token, until: now + Duration.toMillis(life) })
      return token
    })

  const confirm = (id: ConnectionId, token: string) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const row = rows.get(id)
      if (row?.token !== token || row.until <= now) {
        return Effect.fail(new LeaseLost({ detail: `${token} of ${id} has gone to somebody else` }))
      }
      rows.set(id, { token, until: now + Duration.toMillis(life) })
      return Effect.succeed(life)
    })

  const exclusively: Store["Service"]["connections"]["exclusively"] = (id, effect) =>
    Effect.acquireUseRelease(
      take(id),
      (token) =>
        token === null
          ? Effect.succeedNone
          : Effect.asSome(Effect.provideService(effect, Lease, { token, confirm: confirm(id, token) })),
      (token) => Effect.sync(() => (rows.get(id)?.token === token ? rows.delete(id) : false))
    )

  const { publications, connections } = store
  return Store.of({
    ...store,
    connections: {
      ...connections,
      exclusively,
      setCursor: (id, cursor) => held("connections.setCursor", connections.setCursor(id, cursor))
    },
    publications: {
      ...publications,
      doubt: (id, keys) => held("publications.doubt", publications.doubt(id, keys)),
      mark: (id, itemIds, resend) => held("publications.mark", publications.mark(id, itemIds, resend)),
      defer: (id, marks) => held("publications.defer", publications.defer(id, marks)),
      record: (id, published, cleared) => held("publications.record", publications.record(id, published, cleared))
    },
    transaction: (effect) => held("transaction", store.transaction(effect))
  })
}

/** Writes only while the lease in force is held, as every store has to. */
const held = <A, E, R>(operation: string, write: Effect.Effect<A, E, R>): Effect.Effect<A, E | StoreError, R> =>
  Effect.flatMap(Effect.service(Lease), (lease): Effect.Effect<A, E | StoreError, R> =>
    lease === null
      ? write
      : Effect.andThen(
          Effect.mapError(lease.confirm, (reason) => new StoreError({ operation, reason })),
          write
        )
  )
