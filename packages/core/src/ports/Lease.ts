/**
 * The lease under which a connection's work runs: only its holder may write to the shop.
 *
 * A shop has no fencing token, so that a process which was paused (or cut off) and wakes after its lease has gone to somebody
 * else could send old numbers over newer ones. Therefore every adapter asks {@link confirm} immediately before each request
 * that writes to the shop, bounds the request by the answer, and sends nothing when it fails. Stores check the same lease in
 * every transaction of its holder. Whoever has lost it may still leave word for the next holder, as anybody may: by a write
 * with `Lease` set to null.
 */
import { Context, type Duration, Effect, Schema } from "effect"

/** The lease has gone to somebody else, or nobody can tell: nothing may be sent under it any more. */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", { detail: Schema.String }) {
  override get message() {
    return `the lease is lost: ${this.detail}`
  }
}

/** A lease as its holder sees it. */
export interface HeldLease {
  /** Tells this holding from every other one. */
  readonly token: string
  /**
   * Makes sure that the lease is still held, and says for how long a write may take: at most what is left of it. Measured so
   * that a pause of the process cannot be mistaken for time that has not passed.
   */
  readonly confirm: Effect.Effect<Duration.Duration, LeaseLost>
}

/** The lease that the running fiber holds; null where nothing is held, so that nothing needs confirming. */
export const Lease = Context.Reference<HeldLease | null>("@stockport/core/ports/Lease", { defaultValue: () => null })

/** Confirms the lease in force, if there is one; null means that no lease bounds the write. */
export const confirm: Effect.Effect<Duration.Duration | null, LeaseLost> = Effect.flatMap(
  Effect.service(Lease),
  (lease): Effect.Effect<Duration.Duration | null, LeaseLost> => (lease === null ? Effect.succeed(null) : lease.confirm)
)
