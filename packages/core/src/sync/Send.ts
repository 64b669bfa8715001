/**
 * Sends numbers to the shop, a few requests at a time, under the lease.
 *
 * Right before each call the lease is confirmed, and the call may take no longer than what is left of it: whoever is late
 * sends nothing, because somebody newer may have published already. There is a verdict for every row, whatever happens;
 * of a row that no answer speaks of nobody knows what the shop shows.
 *
 * What is sent is in doubt until its answer is written down, and whoever has lost the connection by then leaves word for the
 * next holder. So nothing is ever owed to the shop without a mark or an unsettled ending that the next cycle finds.
 */
import { type Duration, Effect, Exit, Result } from "effect"
import type { PublishUpdate } from "../decide/Publishing.ts"
import { concernsEverybody } from "../decide/Verdicts.ts"
import type { ConnectionId } from "../domain/ConnectionId.ts"
import { Cart, CartError, type StockLevelUpdate, type StockLevelVerdict, Transient } from "../ports/Cart.ts"
import * as Lease from "../ports/Lease.ts"
import { Store, StoreError } from "../ports/Store.ts"

/** How many of the shop's requests one call carries: few enough for the lease's time. */
export const requestsPerCall = 10

/** How many calls in a row may fail as a whole before the rest waits for the next run: the shop is away then. */
export const failuresMax = 2

/** One verdict per row, in order; and what ends the run, if a call failed or anything in it concerns everybody. */
export interface Answers {
  readonly verdicts: ReadonlyArray<StockLevelVerdict>
  readonly ending: CartError | null
}

/** What was written down of the answers, and what ends the run. */
export interface Delivery<A> {
  readonly written: A
  readonly ending: CartError | null
}

/** Sends each number and writes the verdicts down, under a lease that is held before and after. */
export const deliver = <A, E, R>(
  connectionId: ConnectionId,
  updates: ReadonlyArray<PublishUpdate>,
  write: (verdicts: ReadonlyArray<StockLevelVerdict>) => Effect.Effect<A, E, R>
): Effect.Effect<Delivery<A>, E | StoreError, R | Store | Cart> => {
  if (updates.length === 0) return Effect.map(write([]), (written) => ({ written, ending: null }))
  const keys = [...new Set(updates.map(({ listing }) => listing.key))]
  const sent = Effect.gen(function* () {
    const { verdicts, ending } = yield* send(updates)
    yield* stillHeld
    return { written: yield* write(verdicts), ending }
  })
  return Effect.gen(function* () {
    const store = yield* Store
    // Until an answer is recorded nobody knows what the shop shows: whoever comes after a crash sends the rows again.
    yield* store.publications.doubt(connectionId, keys)
    return yield* Effect.onExit(sent, (exit) =>
      Exit.isSuccess(exit)
        ? Effect.void
        : Effect.catch(Effect.asVoid(Lease.confirm), () => leaveWord(connectionId, updates))
    )
  })
}

const stillHeld = Effect.mapError(
  Lease.confirm,
  (reason) => new StoreError({ operation: "publications.record", reason })
)

/**
 * Who has lost the connection may have overwritten what the next holder has published and settled: the rows go to that one,
 * in doubt and marked, under whichever item sells them by now. It is no longer the holder's own write: it only asks the
 * next one to say the numbers again.
 */
const leaveWord = (connectionId: ConnectionId, updates: ReadonlyArray<PublishUpdate>) => {
  const keys = [...new Set(updates.map(({ listing }) => listing.key))]
  const word = Effect.gen(function* () {
    const store = yield* Store
    yield* store.transaction(
      Effect.gen(function* () {
        yield* store.publications.doubt(connectionId, keys)
        const links = yield* store.links.ofListings(connectionId, keys)
        const itemIds = new Set([...updates, ...links].map(({ itemId }) => itemId))
        yield* store.publications.mark(connectionId, [...itemIds], true)
      })
    )
  })
  return Effect.ignore(Effect.provideService(word, Lease.Lease, null))
}

/** Sends each number. */
export const send: (updates: ReadonlyArray<StockLevelUpdate>) => Effect.Effect<Answers, never, Cart> = Effect.fn(
  "Send.send"
)(function* (updates: ReadonlyArray<StockLevelUpdate>) {
  const { capabilities } = yield* Cart
  const size = Math.max(1, capabilities.stockLevelsPerRequest) * requestsPerCall
  const verdicts: Array<StockLevelVerdict> = []
  let ending: CartError | null = null
  let failures = 0
  for (let start = 0; start < updates.length; start += size) {
    const rows = updates.slice(start, start + size)
    const answer = yield* Effect.result(call(rows))
    const given = Result.isSuccess(answer)
      ? rows.map((update, row) => answer.success[row] ?? untried(update, unanswered))
      : rows.map((update) => untried(update, answer.failure))
    verdicts.push(...given)
    const everybodys = errorFor(given)
    failures = Result.isSuccess(answer) ? 0 : failures + 1
    ending = everybodys ?? (Result.isSuccess(answer) ? ending : answer.failure)
    if (ending === null || (everybodys === null && failures < failuresMax)) continue
    const waiting = ending
    verdicts.push(...updates.slice(start + size).map((update) => untried(update, waiting)))
    break
  }
  return { verdicts, ending }
})

const errorFor = (verdicts: ReadonlyArray<StockLevelVerdict>): CartError | null => {
  const found = verdicts.find(concernsEverybody)
  return found === undefined || found._tag === "Accepted" ? null : found.error
}

const call = Effect.fnUntraced(function* (rows: ReadonlyArray<StockLevelUpdate>) {
  const cart = yield* Cart
  const left = yield* Effect.mapError(Lease.confirm, errorOf)
  return yield* left === null ? cart.setStockLevels(rows) : within(left, cart.setStockLevels(rows))
})

const within = <A, R>(left: Duration.Duration, answer: Effect.Effect<A, CartError, R>) =>
  Effect.timeoutOrElse(answer, {
    duration: left,
    orElse: () => Effect.fail(errorOf(new Lease.LeaseLost({ detail: "its time was up before the shop had answered" })))
  })

const untried = (update: StockLevelUpdate, error: CartError): StockLevelVerdict => ({
  _tag: "NotTried",
  update,
  error
})

const errorOf = (reason: CartError["reason"]): CartError => new CartError({ operation: "setStockLevels", reason })

const unanswered = errorOf(new Transient({ detail: "there was no verdict for this row" }))
