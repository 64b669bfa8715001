/**
 * Hooks: which notifications the shop sends, and where to.
 *
 * The shop deactivates a hook whose deliveries fail for two days or that has nothing to say for ninety, and it forgets
 * none of them. So hooks are kept in the wanted state by {@link ensure}, which may run at every start: it registers what
 * is missing, re-activates what has been switched off, and removes what this destination no longer wants. A token sees
 * only the hooks of its own account; those of others are never touched. Hooks outlive the account that made them, and then
 * nobody can remove them any more: {@link removeAll} comes before an account goes.
 */
import { Effect, Redacted, Result, Schema, Stream } from "effect"
import type { CartError } from "@stockport/core/ports/Cart"
import { BigCommerceClient } from "./BigCommerceClient.ts"
import type { Authenticity } from "./Notifications.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { reader } from "./Rows.ts"
import { dataOf, Flag, Id, idFrom, isRecord, RawPage, Text } from "./Wire.ts"

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
  "store/channel/*/inventory/product/stock_changed",
  "store/channel/*/inventory/product/settings_changed",
  "store/inventory/location/created",
  "store/inventory/location/updated",
  "store/information/updated",
  "store/app/uninstalled"
]

/** How many hooks are read at once. */
const pageSize = 250

const HookWire = Schema.Struct({ id: Id, scope: Text, destination: Text, is_active: Flag })

const readHook = reader(HookWire)
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

const secretsOf = ({ secretHeader }: NewHook) => (secretHeader === undefined ? [] : [secretHeader.value])

/** All hooks of this account; one that cannot be read is left out. */
export const list: Stream.Stream<Hook, CartError, BigCommerceClient> = Stream.suspend(() =>
  rows.pipe(
    Stream.map((raw) => Result.getOrUndefined(readHook(raw).read)),
    Stream.filter((hook) => hook !== undefined),
    Stream.map(hookOf)
  )
)

const rows: Stream.Stream<unknown, CartError, BigCommerceClient> = Pages.all(
  Operation.getHooks,
  pageSize,
  Effect.fnUntraced(function* (page: number) {
    const client = yield* BigCommerceClient
    return yield* client.call(Operation.getHooks, { query: { page, limit: pageSize }, urgent: true }, RawPage)
  })
)

/** Registers a hook; it starts to deliver within a minute. The shop refuses a second one for the same scope and place. */
export const register = Effect.fn("Webhooks.register")(function* (hook: NewHook) {
  const client = yield* BigCommerceClient
  const parameters = { body: bodyOf(hook), secrets: secretsOf(hook), urgent: true }
  const answer = yield* client.call(Operation.postHook, parameters, OneHook)
  return hookOf(answer.data)
})

/** Switches a hook on again, with the secret header as it is now. */
export const reactivate = Effect.fn("Webhooks.reactivate")(function* (id: string, hook: NewHook) {
  const client = yield* BigCommerceClient
  const parameters = { path: { webhook_id: id }, body: bodyOf(hook), secrets: secretsOf(hook), urgent: true }
  const answer = yield* client.call(Operation.putHook, parameters, OneHook)
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

/**
 * Removes every hook of this account, or those that go to one place, and tells how many there were. To be done before an
 * account or an app is deleted: the shop does not take its hooks along, and they deliver until their place has failed for
 * two days.
 */
export const removeAll = Effect.fn("Webhooks.removeAll")(function* (which: { readonly destination?: string } = {}) {
  const { destination } = which
  // All are listed before any is removed, for what is removed moves the others to earlier pages.
  const ids = (yield* Stream.runCollect(rows)).flatMap((raw) => {
    const id = isRecord(raw) ? idFrom(raw["id"]) : null
    const isMeant = destination === undefined || (isRecord(raw) && raw["destination"] === destination)
    return id !== null && isMeant ? [id] : []
  })
  const removed = new Set(ids)
  yield* Effect.forEach(removed, remove, { discard: true })
  return removed.size
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
