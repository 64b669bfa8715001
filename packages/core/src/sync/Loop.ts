/**
 * Keeps connections in step for as long as it runs: a cycle every so often, and now and then a reconciliation in its place.
 *
 * - Shops and the database may be away for any length of time, also at the start: each connection tries again by itself,
 *   after pauses that grow to a bound, and no connection waits for the trouble of another one.
 * - What is wrong is told once, and once that it is over.
 * - A token that a shop refuses pauses that connection under an issue, and is tried again at long intervals, with a cart
 *   built anew; the first success closes the issue.
 * - A mistake in the program is contained and logged with its cause; the next turn goes on from the last commit.
 * - It ends only when every connection has met something that a person has to change, and then says what.
 *
 * Interrupting it is safe at any moment: what was committed stays, everything else is undone.
 *
 * @example
 * ```ts
 * import { ConnectionId } from "@stockport/core"
 * import type { Cart } from "@stockport/core/ports/Cart"
 * import * as Loop from "@stockport/core/sync/Loop"
 * import type { Layer } from "effect"
 *
 * declare const shop: Layer.Layer<Cart>
 * export const keepInStep = Loop.run({
 *   connections: [{ connectionId: ConnectionId.ConnectionId.make("my-shop"), cart: shop }]
 * })
 * ```
 */
import {
  Cause,
  Clock,
  type Context,
  Duration,
  Effect,
  Exit,
  Layer,
  Option,
  RcRef,
  Schedule,
  Schema,
  Scope,
  Semaphore
} from "effect"
import { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import type { Cart } from "../ports/Cart.ts"
import { Store } from "../ports/Store.ts"
import { requireConnection } from "./Connect.ts"
import * as Cycle from "./Cycle.ts"
import * as Reconcile from "./Reconcile.ts"
import * as Trouble from "./Trouble.ts"

/** How long a connection rests after a cycle, unless chosen otherwise. */
export const everyDefault: Duration.Input = "1 minute"

/** How long it takes until all numbers of a shop are read back again, unless chosen otherwise. */
export const reconcileEveryDefault: Duration.Input = "1 hour"

/** The longest time until a reconciliation that failed is tried again, growing up to there; cycles run in between. */
export const reconcileAgainAfter = Duration.minutes(10)

/** How many connections work at the same time, unless chosen otherwise; the others wait their turn, each with one cycle. */
export const concurrencyDefault = 8

/** How many connections one loop keeps at the most. */
export const connectionsMax = 10_000

/** A connection to keep in step, with the cart that serves it. */
export interface Kept<R = never> {
  readonly connectionId: ConnectionId
  /** Built when it is first needed, and anew after the shop has refused it: a token that was changed meanwhile is read. */
  readonly cart: Layer.Layer<Cart, unknown, R>
  /** Done before the first cycle, such as connecting and matching; tried again like a cycle until it succeeds once. */
  readonly begin?: Effect.Effect<unknown, unknown, Store | Cart | R>
  /**
   * Done after each reconciliation by whoever has made it, such as matching what the catalogue has gained. Its failure is met
   * like the reconciliation's: it is told, cycles go on, and both are tried again.
   */
  readonly rematch?: Effect.Effect<unknown, unknown, Store | Cart | R>
}

/** What one turn of a connection did. */
export type Turn =
  | { readonly _tag: "Cycle"; readonly report: Cycle.CycleReport }
  | { readonly _tag: "Reconciliation"; readonly report: Reconcile.ReconcileReport }
  /** Somebody else holds the connection at the moment. */
  | { readonly _tag: "Held" }
  /** The connection is switched off: nothing was done. */
  | { readonly _tag: "Off" }

/** Hears what each turn did. */
export type OnTurn = (connectionId: ConnectionId, turn: Turn) => Effect.Effect<void>

/** Nobody listens. */
export const unheard: OnTurn = () => Effect.void

/** Logs what a turn did, a line for each that did something. */
export const logged: OnTurn = (connectionId, turn) => {
  const cycle = turn._tag === "Reconciliation" ? turn.report.cycle : turn._tag === "Cycle" ? turn.report : null
  if (cycle === null) return Effect.void
  const { imported, amended, held } = cycle.imports
  const { published, rejected } = cycle.publishes
  const done = [
    [imported, "imported"],
    [amended, "amended"],
    [Object.values(held).reduce((sum, orders) => sum + orders, 0), "held"],
    [published, "published"],
    [rejected, "rejected"]
  ] as const
  const words = done.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]))
  const repaired = turn._tag === "Reconciliation" ? turn.report.repaired : 0
  if (repaired > 0) words.push(`${repaired} repaired`)
  return words.length === 0 ? Effect.void : Effect.logInfo(`${connectionId}: ${words.join(", ")}`)
}

/** What to keep in step, and how often. */
export interface LoopOptions<R = never> {
  readonly connections: ReadonlyArray<Kept<R>>
  /** How long a connection rests between two turns; {@link everyDefault}. */
  readonly every?: Duration.Input
  /** How long between two reconciliations; the first one comes right after the first cycle. {@link reconcileEveryDefault}. */
  readonly reconcileEvery?: Duration.Input
  /** How many connections work at the same time; {@link concurrencyDefault}. */
  readonly concurrency?: number
  /** Hears what each turn did; {@link logged}. */
  readonly onTurn?: OnTurn
}

/** Why the loop ended: for each connection what a person has to change. `connectionId` is null for the loop as a whole. */
export class LoopStopped extends Schema.TaggedError<LoopStopped>()("LoopStopped", {
  reasons: Schema.Array(
    Schema.Struct({ connectionId: Schema.NullOr(ConnectionId), sentence: Schema.String, error: Schema.Unknown })
  )
}) {
  override get message() {
    return this.reasons
      .map(({ connectionId, sentence }) => (connectionId === null ? sentence : `${connectionId}: ${sentence}`))
      .join("; ")
  }
}

type Reason = LoopStopped["reasons"][number]

/** Keeps all connections in step until none is left that could be. */
export const run: <R = never>(options: LoopOptions<R>) => Effect.Effect<never, LoopStopped, Store | R> = Effect.fn(
  "Loop.run"
)(function* <R>(options: LoopOptions<R>) {
  const refused = refusalOf(options.connections)
  if (refused !== null) {
    return yield* new LoopStopped({ reasons: [{ connectionId: null, sentence: refused, error: null }] })
  }
  const turns = yield* Semaphore.make(Math.max(1, options.concurrency ?? concurrencyDefault))
  const reasons = yield* Effect.forEach(options.connections, (kept) => Effect.scoped(keep(kept, options, turns)), {
    concurrency: "unbounded"
  })
  return yield* new LoopStopped({ reasons })
})

const refusalOf = (connections: ReadonlyArray<Kept<unknown>>): string | null => {
  const ids = connections.map(({ connectionId }) => connectionId)
  if (ids.length === 0) return "there is no connection to keep in step"
  if (ids.length > connectionsMax) return `there are ${ids.length} connections, and one loop keeps ${connectionsMax}`
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  return twice === undefined ? null : `connection ${twice} is given twice`
}

/** Keeps one connection in step; ends only with the reason why that is no use any more. */
const keep = <R>(kept: Kept<R>, options: LoopOptions<R>, turns: Semaphore.Semaphore) =>
  Effect.gen(function* () {
    const every = Duration.fromInputUnsafe(options.every ?? everyDefault)
    const cart = yield* RcRef.make({ acquire: Layer.build(Layer.fresh(kept.cart)), idleTimeToLive: Duration.infinity })
    const standing: Standing = { ...unhurt }
    const attempt = turns
      .withPermit(Effect.scoped(Effect.flatMap(RcRef.get(cart), (built) => turn(kept, standing, built))))
      .pipe(
        Effect.flatMap((done) => settle(kept, options, standing, done)),
        Effect.catchCause((cause) => meet(kept.connectionId, every, standing, cause)),
        Effect.tapError(({ trouble }) => (trouble.course === "refused" ? RcRef.invalidate(cart) : Effect.void))
      )
    const setback = yield* attempt.pipe(
      Effect.retry({ schedule: pausesOf(every), while: ({ trouble }) => trouble.course !== "stop" }),
      Effect.andThen(Effect.sleep(every)),
      Effect.forever,
      Effect.flip
    )
    const { error, sentence } = setback.trouble
    yield* Effect.logError(`${kept.connectionId} is not kept in step any more: ${sentence}`)
    return { connectionId: kept.connectionId, sentence, error } satisfies Reason
  })

/** How things stand with a connection, for as long as the loop runs. */
interface Standing {
  /** The trouble that has been told, since when, and after how many tries. */
  trouble: Trouble.Trouble | null
  since: number
  tries: number
  /** Whether a cycle has met it, and not only a reconciliation. */
  stopsCycles: boolean
  hasBegun: boolean
  task: "cycle" | "reconciliation"
  /** How many reconciliations in a row have failed. */
  unreconciled: number
  /** Infinity until the first cycle has gone well. */
  reconcileAt: number
  told: "Held" | "Off" | null
  /** Whether an issue about the token may be open: an earlier process may have raised it. */
  mayHaveIssue: boolean
}

const unhurt: Standing = {
  trouble: null,
  since: 0,
  tries: 0,
  stopsCycles: false,
  hasBegun: false,
  task: "cycle",
  unreconciled: 0,
  reconcileAt: Infinity,
  told: null,
  mayHaveIssue: true
}

/** A failed attempt: what it met, and how often by now. */
interface Setback {
  readonly trouble: Trouble.Trouble
  readonly tries: number
}

const pausesOf = (every: Duration.Duration) =>
  Schedule.forever.pipe(
    Schedule.setInputType<Setback>(),
    Schedule.modifyDelay(({ input }) =>
      Effect.succeed(Duration.millis(Trouble.pauseAfter(input.trouble, input.tries, every)))
    ),
    Schedule.jittered
  )

/** One turn: nothing where the connection is switched off, a reconciliation when it is due, else a cycle. */
const turn = <R>(kept: Kept<R>, standing: Standing, cart: Context.Context<Cart>) =>
  Effect.gen(function* () {
    const { connectionId, begin } = kept
    const store = yield* Store
    standing.task = "cycle"
    const known = yield* store.connections.get(connectionId)
    if (Option.isSome(known) && !known.value.enabled) return { _tag: "Off" } as const
    if (begin !== undefined && !standing.hasBegun) yield* begin
    standing.hasBegun = true
    yield* requireConnection(connectionId)
    if ((yield* Clock.currentTimeMillis) >= standing.reconcileAt) {
      standing.task = "reconciliation"
      const reconciled = yield* Reconcile.run(connectionId)
      if (Option.isNone(reconciled)) return held
      if (kept.rematch !== undefined) yield* kept.rematch
      return { _tag: "Reconciliation", report: reconciled.value } as const
    }
    return Option.match(yield* Cycle.run(connectionId), {
      onNone: () => held,
      onSome: (report): Turn => ({ _tag: "Cycle", report })
    })
  }).pipe(Effect.provide(cart), Effect.withSpan("Loop.turn", { attributes: { connection: kept.connectionId } }))

const held: Turn = { _tag: "Held" }

/** Notes a turn that went well, closes what it ends, and tells it. */
const settle = Effect.fnUntraced(function* <R>(
  { connectionId }: Kept<R>,
  options: LoopOptions<R>,
  standing: Standing,
  done: Turn
) {
  if (done._tag === "Held" || done._tag === "Off") yield* tellRest(connectionId, standing, done._tag)
  else {
    standing.told = null
    const now = yield* Clock.currentTimeMillis
    const between = Duration.toMillis(Duration.fromInputUnsafe(options.reconcileEvery ?? reconcileEveryDefault))
    if (done._tag === "Reconciliation") Object.assign(standing, { reconcileAt: now + between, unreconciled: 0 })
    else if (standing.reconcileAt === Infinity) standing.reconcileAt = now
    if (standing.trouble === null || standing.stopsCycles || done._tag === "Reconciliation") {
      yield* recover(connectionId, standing, now)
    }
  }
  yield* (options.onTurn ?? logged)(connectionId, done)
})

const tellRest = (connectionId: ConnectionId, standing: Standing, told: "Held" | "Off") =>
  Effect.suspend(() => {
    if (standing.told === told) return Effect.void
    standing.told = told
    return Effect.logInfo(
      told === "Off"
        ? `${connectionId} is switched off: nothing is done until somebody switches it on`
        : `${connectionId} is held by another process at the moment: this one waits its turn`
    )
  })

/** Closes the issue about the token and says that the trouble is over. */
const recover = Effect.fnUntraced(function* (connectionId: ConnectionId, standing: Standing, now: number) {
  if (standing.mayHaveIssue) {
    const store = yield* Store
    yield* store.issues.replace(connectionId, Issue.codesOf("loop"), null, [])
    standing.mayHaveIssue = false
  }
  const { trouble, since, tries } = standing
  if (trouble === null) return
  Object.assign(standing, { trouble: null, tries: 0, stopsCycles: false })
  if (trouble.course === "yield") return
  const seconds = Math.round((now - since) / 1_000)
  yield* Effect.logInfo(
    `${connectionId} is in step again, ${seconds} s after its trouble began and ${tries} tries later`
  )
})

/** Judges what an attempt ended with, tells it once, and raises the issue where a person has to help. */
const meet = (connectionId: ConnectionId, every: Duration.Duration, standing: Standing, cause: Cause.Cause<unknown>) =>
  Effect.gen(function* () {
    if (Cause.hasInterruptsOnly(cause)) return yield* Effect.interrupt
    const trouble = Trouble.judge(cause)
    const now = yield* Clock.currentTimeMillis
    if (standing.task === "cycle") standing.stopsCycles = true
    else standing.reconcileAt = now + reconcilePauseOf((standing.unreconciled += 1), every)
    const isNews = standing.trouble?.kind !== trouble.kind
    if (standing.trouble === null) standing.since = now
    standing.tries += 1
    standing.trouble = trouble
    if (trouble.course === "refused") yield* raise(connectionId, standing, trouble)
    if (isNews) yield* tell(connectionId, trouble, cause)
    return yield* Effect.fail<Setback>({ trouble, tries: standing.tries })
  })

const reconcilePauseOf = (failures: number, every: Duration.Duration): number =>
  Math.min(Duration.toMillis(every) * 2 ** failures, Duration.toMillis(reconcileAgainAfter))

const tell = (connectionId: ConnectionId, trouble: Trouble.Trouble, cause: Cause.Cause<unknown>) => {
  const { sentence } = trouble
  if (trouble.isDefect) {
    return Effect.logError(`${connectionId}: a mistake in the program, tried again: ${sentence}`, cause)
  }
  switch (trouble.course) {
    case "again":
      return Effect.logWarning(`${connectionId} is out of step, tried again: ${sentence}`)
    case "refused":
      return Effect.logError(`${connectionId} is paused, its shop refuses us: ${sentence}`)
    case "yield":
      return Effect.logInfo(`${connectionId} goes on elsewhere: ${sentence}`)
    case "stop":
      return Effect.void
  }
}

/** The issue is raised with every refusal until it stands: the database may be away as well. */
const raise = (connectionId: ConnectionId, standing: Standing, { kind, sentence }: Trouble.Trouble) =>
  Effect.gen(function* () {
    if (standing.mayHaveIssue && standing.trouble?.kind === kind && standing.tries > 1) return
    const store = yield* Store
    const known = yield* store.connections.get(connectionId)
    if (Option.isNone(known)) return
    yield* store.issues.raise(connectionId, [Issue.connectionUnauthorised({ connectionId, detail: sentence })])
    standing.mayHaveIssue = true
  }).pipe(Effect.catchCause((cause) => Effect.logWarning(`${connectionId}: its issue could not be raised`, cause)))

/**
 * A layer that waits for what it needs: when building it fails with what another try may help, it is built again after
 * pauses that grow to a bound. What is wrong is told once, and once that it is over. What a person has to change fails:
 * whatever says that no other try helps, or does not hold for `isAway`.
 */
export const patiently = <A, E, R>(
  layer: Layer.Layer<A, E, R>,
  isAway: (error: E) => boolean = (error) => Trouble.judgeError(error).course !== "stop"
): Layer.Layer<A, E, R> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const outer = yield* Effect.scope
      let tries = 0
      const attempt = Effect.gen(function* () {
        const scope = yield* Scope.fork(outer)
        return yield* Layer.buildWithScope(Layer.fresh(layer), scope).pipe(
          Effect.onExit((exit) => (Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void))
        )
      })
      const built = yield* attempt.pipe(
        Effect.tapError((error) => {
          if (!isAway(error) || tries++ > 0) return Effect.void
          return Effect.logWarning(`waiting, tried again: ${Trouble.judgeError(error).sentence}`)
        }),
        Effect.retry({
          while: isAway,
          schedule: Schedule.min([Schedule.exponential(Trouble.pauseMin), Schedule.spaced(Trouble.pauseMax)]).pipe(
            Schedule.jittered
          )
        })
      )
      if (tries > 0) yield* Effect.logInfo(`there at last, after ${tries} tries`)
      return built
    })
  )
