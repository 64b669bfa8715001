import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Exit, Fiber, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import * as FastCheck from "fast-check"
import * as RateLimit from "@stockport/bigcommerce/RateLimit"
import { BigCommerceClient } from "@stockport/bigcommerce/BigCommerceClient"
import * as Operation from "@stockport/bigcommerce/Operation"
import { layer, type Reply } from "./Transport.ts"

/** The quota headers of an answer. */
const headers = (left: number, resetMillis: number, quota = 150): Readonly<Record<string, string>> => ({
  "x-rate-limit-requests-left": String(left),
  "x-rate-limit-requests-quota": String(quota),
  "x-rate-limit-time-reset-ms": String(resetMillis),
  "x-rate-limit-time-window-ms": "30000"
})

/** A shop that counts requests over windows of 30 seconds, and what it was asked. */
const shopOf = (quota: number, latencyMillis: number, othersPerRequest = 0, latencies: ReadonlyArray<number> = [1]) => {
  const times: Array<number> = []
  let asked = 0
  let answered = 0
  let refused = 0
  let windowEnds = 0
  let used = 0
  const answer = () =>
    Effect.gen(function* () {
      const scale = latencies[asked++ % latencies.length] ?? 1
      yield* Effect.sleep((latencyMillis * scale) / 2)
      const now = yield* Clock.currentTimeMillis
      times.push(now)
      if (now >= windowEnds) {
        windowEnds = now + 30_000
        used = 0
      }
      used += othersPerRequest
      const isOver = used >= quota
      if (isOver) refused++
      else used++
      const reply: Reply = {
        status: isOver ? 429 : 200,
        headers: headers(Math.max(0, Math.floor(quota - used)), windowEnds - now, quota),
        body: {}
      }
      yield* Effect.sleep((latencyMillis * (latencies[answered++ % latencies.length] ?? 1)) / 2)
      return reply
    })
  return { answer, times, refused: () => refused }
}

const call = (urgent = false) =>
  Effect.flatMap(BigCommerceClient, (client) => client.call(Operation.getStore, { urgent }, Schema.Unknown))

/** Lets time pass in small steps, so that many fibers take their turns. */
const passing = <A, E, R>(effect: Effect.Effect<A, E, R>, seconds: number, step = 0.25) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    for (let at = 0; at < seconds; at += step) yield* TestClock.adjust(step * 1_000)
    return yield* Fiber.join(fiber)
  })

const many = (count: number, concurrency: number) =>
  Effect.forEach(
    Array.from({ length: count }, (_, at) => at),
    () => Effect.exit(call()),
    { concurrency }
  )

describe("the quota of a store", () => {
  it.effect.each([
    [150, 1],
    [150, 8],
    [450, 8],
    [20, 3],
    [150, 400]
  ] as const)(
    "of %i is never overdrawn while alone, %i at a time",
    ([quota, concurrency]) =>
      Effect.gen(function* () {
        const shop = shopOf(quota, 100)
        const exits = yield* passing(Effect.provide(many(quota * 3, concurrency), layer(shop.answer)), 200)
        assert.isTrue(exits.every(Exit.isSuccess))
        assert.strictEqual(shop.refused(), 0)
        assert.strictEqual(shop.times.length, quota * 3)
      }),
    30_000
  )

  it.effect(
    "is not overdrawn when requests and answers overtake each other",
    () =>
      Effect.gen(function* () {
        const shop = shopOf(150, 1_000, 0, [1, 0.2, 3, 0.5, 0.1, 2.1, 1.4])
        const exits = yield* passing(Effect.provide(many(400, 200), layer(shop.answer)), 150)
        assert.isTrue(exits.every(Exit.isSuccess))
        assert.strictEqual(shop.refused(), 0)
        assert.strictEqual(shop.times.length, 400)
      }),
    30_000
  )

  it.effect("lets few requests out until the store has spoken, and more when none of them is answered", () =>
    Effect.gen(function* () {
      const quota = yield* RateLimit.make
      const first = yield* Effect.forEach(Array.from({ length: RateLimit.openingMax }), () => quota.take(true))
      const next = yield* Effect.forkChild(quota.take(true))
      yield* TestClock.adjust("1 minute")
      assert.isUndefined(next.pollUnsafe())
      yield* Effect.forEach(first, quota.ended)
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Fiber.join(next)).sequence, RateLimit.openingMax + 1)
    })
  )

  it.effect(
    "shared with others is corrected by every answer, and everything arrives",
    () =>
      Effect.gen(function* () {
        const shop = shopOf(150, 100, 1)
        const exits = yield* passing(Effect.provide(many(300, 8), layer(shop.answer)), 400)
        assert.isTrue(exits.every(Exit.isSuccess))
        assert.isAtMost(shop.refused(), 10)
      }),
    30_000
  )

  it.effect(
    "keeps a tenth for urgent reads",
    () =>
      Effect.gen(function* () {
        const shop = shopOf(100, 10)
        const program = Effect.gen(function* () {
          const bulk = yield* Effect.forkChild(many(95, 1))
          yield* Effect.sleep("5 seconds")
          assert.strictEqual(shop.times.length, 90)
          yield* call(true)
          assert.strictEqual(yield* Clock.currentTimeMillis, 5_010)
          return yield* Fiber.join(bulk)
        })
        yield* passing(Effect.provide(program, layer(shop.answer)), 60, 0.01)
        assert.strictEqual(shop.times.length, 96)
        assert.strictEqual(shop.refused(), 0)
      }),
    30_000
  )
})

describe("a refusal by the quota", () => {
  const asked: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, number]> = [
    ["the reset when it is longer", { "x-rate-limit-time-reset-ms": "9000", "x-retry-after": "2" }, 9_000],
    ["the retry-after when it is longer", { "X-Rate-Limit-Time-Reset-Ms": "900", "X-Retry-After": "12" }, 12_000],
    ["the reset alone", { "x-rate-limit-time-reset-ms": "3000" }, 3_000],
    ["the retry-after alone", { "x-retry-after": "4" }, 4_000],
    ["a second when it says nothing", {}, 1_000]
  ]
  it.effect.each(asked)(
    "stops every fiber of the store for %s",
    ([, said, millis]) =>
      Effect.gen(function* () {
        const times: Array<number> = []
        const answer = (_: unknown, number: number) =>
          Effect.gen(function* () {
            times.push(yield* Clock.currentTimeMillis)
            yield* Effect.sleep("10 millis")
            return number === 1 ? { status: 429, headers: said } : { body: {} }
          })
        const program = Effect.gen(function* () {
          const first = yield* Effect.forkChild(call())
          yield* Effect.sleep("20 millis")
          const others = yield* Effect.forEach([1, 2, 3, 4], () => call(true), { concurrency: 4 })
          yield* Fiber.join(first)
          return others
        })
        yield* passing(Effect.provide(program, layer(answer)), 30, 0.01)
        assert.lengthOf(times, 6)
        assert.isTrue(times.slice(1).every((time) => time >= 10 + millis))
        assert.isTrue(times.slice(1).every((time) => time <= 10 + millis + 300))
      }),
    30_000
  )

  it.effect("that says nothing delays longer each time, and a success ends that", () =>
    Effect.gen(function* () {
      const quota = yield* RateLimit.make
      const pauses: Array<number> = []
      const refusedNow = Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(quota.take(false))
        yield* TestClock.adjust("2 minutes")
        const ticket = yield* Fiber.join(fiber)
        pauses.push(yield* quota.answered(ticket, 429, {}))
      })
      for (let at = 0; at < 8; at++) yield* refusedNow
      assert.deepStrictEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
      yield* TestClock.adjust("2 minutes")
      yield* quota.answered(yield* quota.take(false), 200, {})
      yield* refusedNow
      assert.strictEqual(pauses.at(-1), 1_000)
    })
  )

  it.effect("that asks for too long a wait fails at once, and says how long", () =>
    Effect.gen(function* () {
      const quota = yield* RateLimit.make
      yield* quota.answered(yield* quota.take(true), 429, { "x-retry-after": "3600" })
      const refused = yield* Effect.result(quota.take(true))
      assert.isTrue(Result.isFailure(refused) && refused.failure.retryAfterMillis === RateLimit.askedMillisMax)
    })
  )
})

const status = FastCheck.constantFrom(200, 404, 429, 429, 500, 503)

const anyNumber = FastCheck.oneof(
  FastCheck.constantFrom(
    "",
    " ",
    "0",
    "-1",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e308",
    "1e999",
    "-1e308",
    "0x10",
    "1_000"
  ),
  FastCheck.constantFrom(
    "9007199254740993",
    "99999999999999999999999",
    "0.0000001",
    "Wed, 21 Oct 2099 07:28:00 GMT",
    "\u221E"
  ),
  FastCheck.integer({ min: -10, max: 400_000 }).map(String),
  FastCheck.double().map(String),
  FastCheck.string()
)

const anyHeaders = FastCheck.record(
  Object.fromEntries(
    ["requests-left", "requests-quota", "time-reset-ms", "time-window-ms"]
      .map((name) => `x-rate-limit-${name}`)
      .concat("x-retry-after", "retry-after")
      .map((name) => [name, anyNumber])
  ),
  { requiredKeys: [] }
)

/** How long anybody waits at most for the right to send, told once how long it takes. */
const waitMax = RateLimit.askedMillisMax + RateLimit.waitMillisMax

const neverStopped = Effect.fnUntraced(function* (answers: ReadonlyArray<readonly [number, RateLimit.AnswerHeaders]>) {
  const quota = yield* RateLimit.make
  for (const [answered, said] of answers) {
    const started = yield* Clock.currentTimeMillis
    const taking = yield* Effect.forkChild(Effect.retry(quota.take(false), { while: waited(started) }))
    for (let step = 0; step < 50 && taking.pollUnsafe() === undefined; step++) yield* TestClock.adjust("10 seconds")
    const pause = yield* quota.answered(yield* Fiber.join(taking), answered, said)
    assert.isAtMost(pause, RateLimit.askedMillisMax)
  }
})

/** Waits as long as a refusal says, within {@link waitMax}. */
const waited = (started: number) =>
  Effect.fnUntraced(function* ({ retryAfterMillis }: { readonly retryAfterMillis: number }) {
    assert.isTrue(Number.isSafeInteger(retryAfterMillis) && retryAfterMillis >= 0)
    yield* Effect.sleep(retryAfterMillis)
    return (yield* Clock.currentTimeMillis) - started <= waitMax
  })

const printable = (value: string) => /^[\x20-\x7e]*$/.test(value)

/** Headers as they can stand on a wire, those of the body among them. */
const onTheWire = FastCheck.record(
  Object.fromEntries(
    ["x-rate-limit-requests-left", "x-rate-limit-requests-quota", "x-rate-limit-time-reset-ms"]
      .concat("x-rate-limit-time-window-ms", "x-retry-after", "content-length", "content-type", "content-encoding")
      .map((name) => [name, anyNumber.filter(printable)])
  ),
  { requiredKeys: [] }
)

/** Calls a shop that answers with these in turn; whatever fails says what. */
const endedEachCall = Effect.fnUntraced(function* (answers: ReadonlyArray<readonly [number, object]>) {
  const replies = answers.map(([answered, said]): Reply => ({ status: answered, headers: { ...said }, body: {} }))
  const calls = Effect.forEach([1, 2, 3], () => Effect.exit(call()))
  const shop = layer((_, number) => replies[(number - 1) % replies.length] ?? "cut")
  for (const exit of yield* passing(Effect.provide(calls, shop), 3_600, 60)) {
    if (Exit.isSuccess(exit)) continue
    const [reason] = exit.cause.reasons
    assert.isTrue(reason?._tag === "Fail" && reason.error._tag === "CartError")
  }
})

describe("headers that make no sense", () => {
  it.effect.each([
    headers(-1, -1),
    headers(Number.NaN, 5),
    { "x-rate-limit-requests-left": "", "x-rate-limit-time-reset-ms": "" },
    headers(0, 10, 0),
    headers(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
  ])("neither stop the store nor break it: %j", (said) =>
    Effect.gen(function* () {
      const program = Effect.forEach([1, 2, 3], () => call())
      const answers = yield* passing(
        Effect.provide(
          program,
          layer(() => ({ headers: said, body: {} }))
        ),
        120,
        1
      )
      assert.lengthOf(answers, 3)
    })
  )

  it.effect("after an absurd wait was asked for, one request probes before the others follow", () =>
    Effect.gen(function* () {
      const quota = yield* RateLimit.make
      yield* quota.answered(yield* quota.take(true), 429, { "x-retry-after": "1e15" })
      yield* TestClock.adjust(RateLimit.askedMillisMax)
      const probe = yield* quota.take(true)
      const other = yield* Effect.forkChild(quota.take(true))
      yield* TestClock.adjust("1 minute")
      assert.isUndefined(other.pollUnsafe())
      yield* quota.answered(probe, 200, {})
      yield* TestClock.adjust("1 second")
      assert.isAbove((yield* Fiber.join(other)).sequence, probe.sequence)
    })
  )

  it.effect("of any size and sign stop nothing for longer than a few minutes", () =>
    Effect.gen(function* () {
      const services = yield* Effect.context()
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(FastCheck.array(FastCheck.tuple(status, anyHeaders), { maxLength: 12 }), (answers) =>
            Effect.runPromiseWith(services)(neverStopped(answers))
          ),
          { numRuns: 300 }
        )
      )
    })
  )

  it.effect("on answers of every kind end each call with a value or a tagged error, and never a hang", () =>
    Effect.gen(function* () {
      const services = yield* Effect.context()
      yield* Effect.promise(() =>
        FastCheck.assert(
          FastCheck.asyncProperty(
            FastCheck.array(FastCheck.tuple(status, onTheWire), { minLength: 1, maxLength: 6 }),
            (answers) => Effect.runPromiseWith(services)(endedEachCall(answers))
          ),
          { numRuns: 100 }
        )
      )
    })
  )
})
