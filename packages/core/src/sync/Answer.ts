/**
 * Takes a person's answer to a doubt about an order: it is kept with the sale, stands over what would be concluded, and is
 * honoured in the next cycle.
 */
import { DateTime, Effect, Result, Schema } from "effect"
import * as Intake from "../decide/Intake.ts"
import { ConnectionId } from "../domain/ConnectionId.ts"
import { OrderId, type OrderLineId } from "../domain/Order.ts"
import type { Sale } from "../domain/Sale.ts"
import { Actor, Store, type StoreError } from "../ports/Store.ts"
import { attemptsMax } from "./OrderBatch.ts"

/** An answer that cannot be taken: nothing is known of the order, nothing of it is in doubt, or the doubt has no such answer. */
export class AnswerRefused extends Schema.TaggedError<AnswerRefused>()("AnswerRefused", {
  connectionId: ConnectionId,
  orderId: OrderId,
  code: Schema.String,
  detail: Schema.String
}) {
  override get message() {
    return `the answer about order ${this.orderId} cannot be taken: ${this.detail}`
  }
}

/** What a person answers: to which doubt (an issue's code), about which line of which order. */
export interface OrderAnswer {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly code: string
  readonly lineId?: OrderLineId | null
  readonly answer: string
}

/** Keeps an answer and makes its order due. Giving the same answer again is refused: nothing is in doubt any more. */
export const give: (given: OrderAnswer) => Effect.Effect<Sale, StoreError | AnswerRefused, Store> = Effect.fn(
  "Answer.give"
)(function* ({ connectionId, orderId, code, lineId = null, answer }: OrderAnswer) {
  const store = yield* Store
  const { name: by } = yield* Actor
  const refuse = (why: string, detail: string) => new AnswerRefused({ connectionId, orderId, code: why, detail })
  return yield* store
    .transaction(
      Effect.gen(function* () {
        const [sale] = yield* store.sales.ofOrders(connectionId, [orderId])
        if (sale === undefined) return yield* refuse("ORDER_UNKNOWN", "nothing is known of it")
        const answered = Intake.answer(sale, { code, lineId, answer, by, at: yield* DateTime.now })
        if (Result.isFailure(answered)) return yield* refuse(answered.failure.code, answered.failure.message)
        yield* store.sales.save([answered.success])
        return answered.success
      })
    )
    .pipe(
      Effect.retry({
        times: attemptsMax - 1,
        while: (error) => error._tag === "StoreError" && error.reason._tag === "Changed"
      })
    )
})
