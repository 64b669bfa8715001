/**
 * What every call leaves behind: counters, a histogram of the time waited for quota, and attributes on its span.
 *
 * Attributes are the operation's method and route template and the answer's status, so that their number is bounded.
 */
import { Clock, Effect, Metric } from "effect"
import { nameOf, type Operation } from "./Operation.ts"

/** Requests sent, by method, route and status (`0` when none came back). */
export const requests = Metric.counter("bigcommerce_requests", {
  description: "Requests sent to BigCommerce",
  incremental: true
})

/** Requests that were sent again. */
export const retries = Metric.counter("bigcommerce_retries", {
  description: "Requests that were sent again",
  incremental: true
})

/** Milliseconds that calls waited for the store's quota. */
export const quotaWaits = Metric.histogram("bigcommerce_quota_wait_millis", {
  description: "Milliseconds that a call waited for the store's quota",
  boundaries: [1, 10, 100, 1_000, 5_000, 15_000, 30_000, 60_000]
})

/** Milliseconds that calls took, waits and retries included. */
export const durations = Metric.histogram("bigcommerce_call_millis", {
  description: "Milliseconds that a call took, waits and retries included",
  boundaries: [10, 50, 100, 500, 1_000, 5_000, 30_000, 120_000]
})

/** Collects what happens in one call. */
export interface Measure {
  readonly waited: (millis: number) => void
  /** Notes the status of a try, 0 when there was no answer. */
  readonly tried: (status: number) => void
}

/** Runs a call in a span of its own, and counts what it did, whatever its outcome. */
export const measured = <A, E, R>(
  operation: Operation,
  call: (measure: Measure) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.gen(function* () {
    const started = yield* Clock.currentTimeMillis
    const statuses: Array<number> = []
    let waitedMillis = 0
    const measure: Measure = {
      waited: (millis) => {
        waitedMillis += millis
      },
      tried: (status) => {
        statuses.push(status)
      }
    }
    return yield* call(measure).pipe(
      Effect.ensuring(Effect.suspend(() => record(operation, statuses, waitedMillis, started)))
    )
  }).pipe(
    Effect.withSpan(`BigCommerce ${nameOf(operation)}`, {
      kind: "client",
      attributes: { "http.request.method": operation.method, "http.route": operation.route }
    })
  )

const record = Effect.fnUntraced(function* (
  operation: Operation,
  statuses: ReadonlyArray<number>,
  waitedMillis: number,
  started: number
) {
  const labels = { method: operation.method, route: operation.route }
  const retried = Math.max(0, statuses.length - 1)
  for (const status of statuses) {
    yield* Metric.update(Metric.withAttributes(requests, { ...labels, status: String(status) }), 1)
  }
  if (retried > 0) yield* Metric.update(Metric.withAttributes(retries, labels), retried)
  yield* Metric.update(Metric.withAttributes(quotaWaits, labels), waitedMillis)
  yield* Metric.update(Metric.withAttributes(durations, labels), (yield* Clock.currentTimeMillis) - started)
  yield* Effect.annotateCurrentSpan({
    "http.response.status_code": statuses.at(-1) ?? 0,
    "bigcommerce.retries": retried,
    "bigcommerce.quota_wait_millis": waitedMillis
  })
})
