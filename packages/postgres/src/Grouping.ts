/**
 * Group commit: calls that come while another call is under way are made together, as one.
 *
 * - A call that comes alone is made at once; nobody waits for a group to fill.
 * - One group is under way at a time, so that the next can fill: each costs a write to the disk of its own, and two that
 *   follow each other pay for both. Only one that takes longer than {@link patienceMillis} (somebody outside holds what it
 *   needs) does not count, up to {@link groupsMax}.
 * - Who has just been answered and comes again at once is in the next group: it starts when no more of them come.
 * - Callers with the same key share one answer.
 * - A caller who gives up before his group starts is left out; afterwards his answer is simply not heard.
 * - When a group fails for a reason that one member may have caused, its members are tried one by one.
 */
import { Cause, Clock, Deferred, Effect } from "effect"

/** How many groups are under way at the same time at the most. */
export const groupsMax = 4

/** How long a group may take before the next one starts beside it. */
export const patienceMillis = 50

/** How many turns of the scheduler the answered are given to come again, at the most. */
const turnsMax = 8

/** Options of {@link make}. `run` answers in the order of the group; `blames` says whether one member may be at fault. */
export interface Options<A, B, E> {
  readonly groupMax: number
  readonly keyOf: (call: A) => string
  readonly run: (group: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, E>
  readonly blames: (error: E) => boolean
}

interface Waiting<A, B, E> {
  readonly call: A
  readonly answer: Deferred.Deferred<B, E>
  callers: number
}

interface Queue<A, B, E> {
  readonly waiting: Map<string, Waiting<A, B, E>>
  /** When each group that is under way has started. */
  readonly started: Set<{ at: number }>
}

/** A function that groups its concurrent calls. */
export const make = <A, B, E>(options: Options<A, B, E>): Effect.Effect<(call: A) => Effect.Effect<B, E>> =>
  Effect.sync(() => {
    const queue: Queue<A, B, E> = { waiting: new Map(), started: new Set() }
    return (call) =>
      Effect.clockWith((clock) => {
        const now = clock.currentTimeMillisUnsafe()
        const starts = mayStart(queue, now)
        if (starts && queue.waiting.size === 0) return alone(call, queue, now, options)
        const key = options.keyOf(call)
        const known = queue.waiting.get(key)
        const waiting = known ?? { call, answer: Deferred.makeUnsafe<B, E>(), callers: 0 }
        if (known === undefined) queue.waiting.set(key, waiting)
        waiting.callers++
        const wait = Effect.onInterrupt(Deferred.await(waiting.answer), () =>
          Effect.sync(() => {
            if (--waiting.callers === 0 && queue.waiting.get(key) === waiting) queue.waiting.delete(key)
          })
        )
        return starts ? Effect.andThen(startDriving(queue, now, options), wait) : wait
      })
  })

/** The call of somebody who finds nobody else: made in his own fiber, as it is. */
const alone = <A, B, E>(
  call: A,
  queue: Queue<A, B, E>,
  now: number,
  options: Options<A, B, E>
): Effect.Effect<B, E> => {
  const group = { at: now }
  queue.started.add(group)
  return Effect.flatMap(options.run([call]), ([given]) =>
    given === undefined ? Effect.die(new Error("a group gave too few answers")) : Effect.succeed(given)
  ).pipe(
    Effect.onExit(() => {
      queue.started.delete(group)
      return queue.waiting.size === 0 ? Effect.void : startDriving(queue, now, options)
    })
  )
}

/** Works through the queue in a fiber of its own: it outlives the caller who started it when others are waiting. */
const startDriving = <A, B, E>(queue: Queue<A, B, E>, now: number, options: Options<A, B, E>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const group = { at: now }
    queue.started.add(group)
    return Effect.asVoid(Effect.forkDetach(drive(queue, group, options)))
  })

const mayStart = <A, B, E>({ started }: Queue<A, B, E>, now: number): boolean => {
  if (started.size >= groupsMax) return false
  for (const { at } of started) if (now - at < patienceMillis) return false
  return true
}

const drive = <A, B, E>(queue: Queue<A, B, E>, own: { at: number }, options: Options<A, B, E>): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const group: Array<Waiting<A, B, E>> = []
    for (const [key, waiting] of queue.waiting) {
      if (group.length === options.groupMax) break
      queue.waiting.delete(key)
      group.push(waiting)
    }
    own.at = now
    if (group.length > 0) {
      return answer(group, options).pipe(
        Effect.andThen(returning(queue, options.groupMax, 1)),
        Effect.andThen(drive(queue, own, options))
      )
    }
    queue.started.delete(own)
    return Effect.void
  })

/** Lets those who were just answered come again, for as long as each turn brings somebody. */
const returning = <A, B, E>(queue: Queue<A, B, E>, groupMax: number, turn: number): Effect.Effect<void> => {
  const before = queue.waiting.size
  return Effect.flatMap(Effect.yieldNow, () =>
    queue.waiting.size > before && queue.waiting.size < groupMax && turn < turnsMax
      ? returning(queue, groupMax, turn + 1)
      : Effect.void
  )
}

const answer = <A, B, E>(group: ReadonlyArray<Waiting<A, B, E>>, options: Options<A, B, E>): Effect.Effect<void> =>
  Effect.matchCauseEffect(
    Effect.suspend(() => options.run(group.map(({ call }) => call))),
    {
      onFailure: (cause) => {
        const shared = cause.reasons.some((reason) => Cause.isFailReason(reason) && !options.blames(reason.error))
        return group.length === 1 || shared
          ? Effect.forEach(group, (waiting) => Deferred.failCause(waiting.answer, cause), { discard: true })
          : Effect.forEach(group, (waiting) => answer([waiting], options), { discard: true })
      },
      onSuccess: (answers) =>
        Effect.forEach(
          group,
          (waiting, n) => {
            const given = answers[n]
            return given === undefined
              ? Deferred.die(waiting.answer, new Error("a group gave too few answers"))
              : Deferred.succeed(waiting.answer, given)
          },
          { discard: true }
        )
    }
  )
