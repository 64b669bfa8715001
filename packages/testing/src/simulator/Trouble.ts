/**
 * Trouble between the sync and its two ports: calls that fail before or after the deed, processes that die in between, and
 * a world that changes while a call is under way. It starts and stops as a whole.
 */
import { Cart } from "@stockport/core/ports/Cart"
import { Store, StoreError, Unreachable } from "@stockport/core/ports/Store"
import { Effect, Stream } from "effect"
import type * as ScriptedCart from "../ScriptedCart.ts"
import { type Fault, rateLimited, timedOut, unreachable } from "../scripted/Fault.ts"
import type { Dice } from "./Dice.ts"

/** How old a stale answer may be; within the overlap that every import reads again. */
const staleMaxMillis = 240_000

/** Trouble, switched on or off, with what it has done so far. */
export interface Trouble {
  on: boolean
  count: number
  /** How often the shop has refused rows: they are tried again after a pause that grows. */
  refusals: number
  /** How often the world moved while a call was under way. */
  moves: number
  readonly dice: Dice
  /** How many calls in a hundred meet a fault. */
  readonly percent: number
  readonly note: (line: string) => void
}

/** The fault that a call over the wire meets. */
export const faultFor = (trouble: Trouble, call: ScriptedCart.Call): Fault | null => {
  // Parcels leave by the world's own hand, not by the sync's.
  if (!trouble.on || call.operation === "recordShipment" || !trouble.dice.chance(trouble.percent)) return null
  const { dice } = trouble
  const isRead = call.operation === "orders" || call.operation === "stockLevels" || call.operation === "order"
  const faults: ReadonlyArray<Fault> = [
    { _tag: "FailBefore", reason: unreachable },
    { _tag: "FailBefore", reason: rateLimited(1_000) },
    { _tag: "FailAfter", reason: timedOut },
    ...(isRead
      ? ([
          { _tag: "BreakAtPage", page: dice.roll(3), reason: unreachable },
          { _tag: "DuplicatePage", page: dice.roll(3) },
          { _tag: "ReorderPages" },
          { _tag: "Stale", millis: dice.roll(staleMaxMillis) }
        ] as const)
      : ([{ _tag: "RejectRows", reason: timedOut }] as const))
  ]
  const fault = dice.pick(faults)
  trouble.count += 1
  if (fault._tag === "RejectRows") trouble.refusals += 1
  trouble.note(`  ! ${call.operation}: ${fault._tag}`)
  return fault
}

/** A cart around which the world moves, and in whose calls a process may die. */
export const aroundCart = (
  cart: Cart["Service"],
  trouble: Trouble,
  { meanwhile, paused }: { readonly meanwhile: Effect.Effect<void>; readonly paused: Effect.Effect<void> }
): Cart["Service"] => {
  const between = (at: string) =>
    Effect.andThen(
      Effect.suspend(() => {
        if (!trouble.on || !trouble.dice.chance(30)) return Effect.void
        trouble.moves += 1
        return meanwhile
      }),
      dieMaybe(trouble, at)
    )
  return Cart.of({
    ...cart,
    orders: (query) =>
      Stream.concat(
        Stream.concat(Stream.fromEffectDrain(between("before orders")), cart.orders(query)),
        Stream.fromEffectDrain(between("after orders"))
      ),
    setStockLevels: (updates) =>
      between("before levels").pipe(
        Effect.andThen(Effect.suspend(() => (trouble.on ? paused : Effect.void))),
        Effect.andThen(cart.setStockLevels(updates)),
        Effect.tap(() => between("after levels"))
      )
  })
}

/** A store that breaks off before a transaction, or after its commit, when nobody can know. */
export const aroundStore = (store: Store["Service"], trouble: Trouble): Store["Service"] => {
  const breakOff = (at: string) =>
    Effect.suspend(() => {
      if (!trouble.on || !trouble.dice.chance(trouble.percent / 2)) return Effect.void
      trouble.count += 1
      trouble.note(`  ! store: broke off ${at}`)
      const reason = new Unreachable({ detail: `the connection broke ${at}` })
      return Effect.fail(new StoreError({ operation: "transaction", reason }))
    })
  return Store.of({
    ...store,
    transaction: (effect) =>
      breakOff("before the transaction").pipe(
        Effect.andThen(dieMaybe(trouble, "before a transaction")),
        Effect.andThen(store.transaction(effect)),
        Effect.tap(() => dieMaybe(trouble, "after a transaction")),
        Effect.tap(() => breakOff("after the commit"))
      )
  })
}

const dieMaybe = (trouble: Trouble, at: string) =>
  Effect.suspend(() => {
    if (!trouble.on || !trouble.dice.chance(trouble.percent / 4)) return Effect.void
    trouble.count += 1
    trouble.note(`  ! died ${at}`)
    // Nobody can handle it: a defect could be taken for the fault of one row.
    return Effect.interrupt
  })
