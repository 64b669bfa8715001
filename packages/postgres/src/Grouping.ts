/**
 * Group commit: calls that come while another call is under way are made together, as one.
 *
 * - A call that comes alone is made at once; nobody waits for a group to fill.
 * - Calls of one lane follow each other; different lanes run side by side, up to {@link lanesMax}.
 * - Callers with the same key share one answer.
 * - A caller who gives up before his group starts is left out; afterwards his answer is simply not heard.
 * - When a group fails for a reason that one member may have caused, its members are tried one by one.
 */
import { Cause, Deferred, Effect } from "effect"

/** How many groups are under way at the same time at the most. */
export const lanesMax = 4

/** Options of {@link make}. `run` answers in the order of the group; `blames` says whether one member may be at fault. */
export interface Options<A, B, E> {
  readonly groupMax: number
  readonly keyOf: (call: A) => string
  readonly laneOf: (call: A) => string
  readonly run: (group: ReadonlyArray<A>) => Effect.Effect<ReadonlyArray<B>, E>
  readonly blames: (error: E) => boolean
}

interface Waiting<A, B, E> {
  readonly call: A
  readonly answer: Deferred.Deferred<B, E>
  callers: number
}

interface Lane<A, B, E> {
  readonly waiting: Map<string, Waiting<A, B, E>>
  busy: boolean
}

/** A function that groups its concurrent calls. */
export const make = <A, B, E>(options: Options<A, B, E>): Effect.Effect<(call: A) => Effect.Effect<B, E>> =>
  Effect.sync(() => {
    const lanes = Array.from({ length: lanesMax }, (): Lane<A, B, E> => ({ waiting: new Map(), busy: false }))
    return (call) =>
      Effect.suspend(() => {
        const lane = lanes[hash(options.laneOf(call)) % lanesMax]
        if (lane === undefined) return Effect.die(new Error("no such lane"))
        const key = options.keyOf(call)
        const known = lane.waiting.get(key)
        const waiting = known ?? { call, answer: Deferred.makeUnsafe<B, E>(), callers: 0 }
        if (known === undefined) lane.waiting.set(key, waiting)
        waiting.callers++
        const wait = Effect.onInterrupt(Deferred.await(waiting.answer), () =>
          Effect.sync(() => {
            if (--waiting.callers === 0 && lane.waiting.get(key) === waiting) lane.waiting.delete(key)
          })
        )
        if (lane.busy) return wait
        lane.busy = true
        // Whoever finds the lane free drives it, in a fiber of its own: it outlives him when others are waiting.
        return Effect.andThen(Effect.forkDetach(drive(lane, options)), wait)
      })
  })

const drive = <A, B, E>(lane: Lane<A, B, E>, options: Options<A, B, E>): Effect.Effect<void> =>
  Effect.suspend(() => {
    const group: Array<Waiting<A, B, E>> = []
    for (const [key, waiting] of lane.waiting) {
      if (group.length === options.groupMax) break
      lane.waiting.delete(key)
      group.push(waiting)
    }
    if (group.length === 0) {
      lane.busy = false
      return Effect.void
    }
    return Effect.flatMap(answer(group, options), () => drive(lane, options))
  })

const answer = <A, B, E>(group: ReadonlyArray<Waiting<A, B, E>>, options: Options<A, B, E>): Effect.Effect<void> =>
  Effect.matchCauseEffect(options.run(group.map(({ call }) => call)), {
    onFailure: (cause) =>
      group.length === 1 || cause.reasons.some((reason) => Cause.isFailReason(reason) && !options.blames(reason.error))
        ? Effect.forEach(group, (waiting) => Deferred.failCause(waiting.answer, cause), { discard: true })
        : Effect.forEach(group, (waiting) => answer([waiting], options), { discard: true }),
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
  })

const hash = (text: string): number => {
  let sum = 0
  for (let n = 0; n < text.length; n++) sum = (sum * 31 + text.charCodeAt(n)) >>> 0
  return sum
}
