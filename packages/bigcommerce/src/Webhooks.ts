/**
 * Hooks: which notifications the shop sends, and where to.
 *
 * The shop deactivates a hook whose deliveries fail for two days or that has nothing to say for ninety, and it forgets
 * none of them. So hooks are kept in the wanted state by {@link ensure}, which may run at every start: it registers what
 * is missing, re-activates what has been switched off, and removes what this destination no longer wants. A token sees
 * only the hooks of its own account; those of others are never touched.
 */
import { Effect, Redacted, Schema, Stream } from "effect"
import type { CartError } from "@stockport/core/ports/Cart"
import { BigCommerceClient } from "./BigCommerceClient.ts"
import type { Authenticity } from "./Notifications.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { dataOf, Flag, Id, pageOf, Text } from "./Wire.ts"

/** Everything that orders, listings and stock are read again for. */
export const scopesDefault: ReadonlyArray<string> = [
  "store/order/created",
  "store/order/updated",
  "store/order/archived",
  "store/order/statusUpdated",
  "store/order/refund/created",
  "store/shipment/created",
  "store/shipment/updated",
  "store/shipment/deleted",
  "store/product/created",
  "store/product/updated",
  "store/product/deleted",
  "store/product/inventory/updated",
  "store/product/inventory/order/updated",
  "store/sku/created",
  "store/sku/updated",
  "store/sku/deleted",
  "store/sku/inventory/updated",
  "store/sku/inventory/order/updated",
  "store/information/updated",
  "store/app/uninstalled"
]

/** How many hooks are read at once. */
const pageSize = 250

const HookWire = Schema.Struct({ id: Id, scope: Text, destination: Text, is_active: Flag })

const Hooks = pageOf(HookWire)
const OneHook = dataOf(HookWire)

/** A hook as the shop has it. */
export interface Hook {
  readonly id: string
  readonly scope: string
  readonly destination: string
  readonly isActive: boolean
}

/** A hook that is wanted. `destination` is an https address on port 443 that answers within seconds. */
export interface NewHook {
  readonly scope: string
  readonly destination: string
  /** Sent back with every notification; the value of a secret header goes here. */
  readonly secretHeader?: Authenticity["secretHeader"]
}

const hookOf = ({ destination, id, is_active, scope }: typeof HookWire.Type): Hook => ({
  id,
  scope,
  destination,
  isActive: is_active
})

const bodyOf = ({ destination, scope, secretHeader }: NewHook) => ({
  scope,
  destination,
  is_active: true,
  ...(secretHeader !== undefined && { headers: { [secretHeader.name]: Redacted.value(secretHeader.value) } })
})

/** All hooks of this account. */
export const list: Stream.Stream<Hook, CartError, BigCommerceClient> = Pages.all(
  Operation.getHooks,
  pageSize,
  Effect.fnUntraced(function* (page: number) {
    const client = yield* BigCommerceClient
    return yield* client.call(Operation.getHooks, { query: { page, limit: pageSize }, urgent: true }, Hooks)
  })
).pipe(Stream.map(hookOf))

/** Registers a hook; it starts to deliver within a minute. The shop refuses a second one for the same scope and place. */
export const register = Effect.fn("Webhooks.register")(function* (hook: NewHook) {
  const client = yield* BigCommerceClient
  const answer = yield* client.call(Operation.postHook, { body: bodyOf(hook), urgent: true }, OneHook)
  return hookOf(answer.data)
})

/** Switches a hook on again, with the secret header as it is now. */
export const reactivate = Effect.fn("Webhooks.reactivate")(function* (id: string, hook: NewHook) {
  const client = yield* BigCommerceClient
  const path = { webhook_id: id }
  const answer = yield* client.call(Operation.putHook, { path, body: bodyOf(hook), urgent: true }, OneHook)
  return hookOf(answer.data)
})

/** Removes a hook; one that is gone already is removed too. */
export const remove = Effect.fn("Webhooks.remove")(function* (id: string) {
  const client = yield* BigCommerceClient
  yield* client.call(Operation.deleteHook, { path: { webhook_id: id }, urgent: true }, Schema.Unknown).pipe(
    Effect.asVoid,
    Effect.catchIf(
      (error) => error.reason._tag === "NotFound",
      () => Effect.void
    )
  )
})

/** What {@link ensure} found and did. */
export interface Ensured {
  readonly kept: ReadonlyArray<Hook>
  readonly registered: ReadonlyArray<Hook>
  readonly reactivated: ReadonlyArray<Hook>
  readonly removed: ReadonlyArray<Hook>
}

/** Brings the hooks of a destination to exactly these scopes, all active. Running it again changes nothing. */
export const ensure = Effect.fn("Webhooks.ensure")(function* (wanted: {
  readonly destination: string
  readonly scopes?: ReadonlyArray<string>
  readonly secretHeader?: Authenticity["secretHeader"]
}) {
  const { destination, scopes = scopesDefault, secretHeader } = wanted
  const newHook = (scope: string): NewHook => ({
    scope,
    destination,
    ...(secretHeader !== undefined && { secretHeader })
  })
  const present = (yield* Stream.runCollect(list)).filter((hook) => hook.destination === destination)
  const missing = [...new Set(scopes)].filter((scope) => !present.some((hook) => hook.scope === scope))
  const unwanted = present.filter((hook) => !scopes.includes(hook.scope))
  const asleep = present.filter((hook) => scopes.includes(hook.scope) && !hook.isActive)
  const ensured: Ensured = {
    kept: present.filter((hook) => scopes.includes(hook.scope) && hook.isActive),
    registered: yield* Effect.forEach(missing, (scope) => register(newHook(scope))),
    reactivated: yield* Effect.forEach(asleep, (hook) => reactivate(hook.id, newHook(hook.scope))),
    removed: yield* Effect.as(
      Effect.forEach(unwanted, (hook) => remove(hook.id), { discard: true }),
      unwanted
    )
  }
  return ensured
})
