/**
 * Connecting: whether the credentials work, what the shop is, and how it treats stock by itself.
 *
 * The answers come from four reads; three more ask for a single row each, so that a permission that is missing is known
 * when connecting and not in the middle of the first work. (Whether a token may also write is not to be known without
 * writing.) A wrong token, a missing scope and a suspended store are three different errors, and a missing scope is named.
 *
 * Each channel may move stock by rules of its own. They are read where the token may read channels; where it may not, the
 * store's rules are all that is known.
 */
import { Effect, Result, Schema, Stream } from "effect"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import type { Currency } from "@stockport/core/domain/Money"
import {
  type Capabilities,
  type CartDescription,
  type CartError,
  type CartLocation,
  type StockRules
} from "@stockport/core/ports/Cart"
import * as Adjustments from "./Adjustments.ts"
import type { BigCommerceClient } from "./BigCommerceClient.ts"
import * as Failure from "./Failure.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { reader } from "./Rows.ts"
import {
  CurrencyIfReadable,
  dataOf,
  Flag,
  FlagIfReadable,
  Id,
  RawPage,
  RawRows,
  Text,
  TextIfReadable,
  unknownCurrency
} from "./Wire.ts"

/** The most locations that the shop gives in a page; no plan allows more than 100. */
const locationsPerPage = 1_000

/** The most rows that V2 gives in a page. */
const currenciesPerPage = 250

/** What the cart reads beside the store itself. */
const readsOfWork = [Operation.getProducts, Operation.getOrders, Operation.getInventoryItems]

/** The location that every store has, and from which it sells unless support has switched on more. */
const defaultLocationId = "1"

const Store = Schema.Struct({
  id: TextIfReadable,
  name: TextIfReadable,
  plan_name: TextIfReadable,
  currency: CurrencyIfReadable,
  weight_units: TextIfReadable,
  timezone: Schema.optionalKey(Schema.Unknown)
})

const CurrencyRow = Schema.Struct({ currency_code: CurrencyIfReadable, enabled: Schema.optionalKey(Schema.Unknown) })

/** When the shop moves stock; a channel leaves empty what it takes over from the store. */
const InventorySettings = Schema.Struct({
  update_stock_behavior: TextIfReadable,
  edit_order_stock_adjustment: FlagIfReadable,
  refund_order_stock_adjustment: FlagIfReadable
})

const LocationRow = Schema.Struct({ id: Id, label: Text, enabled: Flag })

const ChannelRow = Schema.Struct({ id: Id, status: Text })

const Settings = dataOf(InventorySettings)
const readCurrency = reader(CurrencyRow)
const readLocation = reader(LocationRow)
const readChannel = reader(ChannelRow)

/** How this adapter reads; changed whenever it learns to read what it could not before. */
export const readerName = "bigcommerce/1"

/** The most channels whose rules are asked for. */
export const channelsMax = 100

/** What a channel's status is when it sells. */
const live: ReadonlySet<string> = new Set(["active", "prelaunch", "connected"])

/** What every BigCommerce store can do. */
export const capabilities: Capabilities = {
  locations: true,
  shipments: true,
  notifications: true,
  stockLevelsPerRequest: Adjustments.rowsPerRequest,
  quantityMax: Adjustments.quantityMax,
  reader: readerName
}

/** What the shop says about itself. */
export const describe = (client: BigCommerceClient["Service"]): Effect.Effect<CartDescription, CartError> =>
  Effect.gen(function* () {
    const [store, currencies, settings, locations] = yield* Effect.all(
      [
        client.call(Operation.getStore, { urgent: true }, Store),
        client.call(Operation.getCurrencies, { query: { limit: currenciesPerPage }, urgent: true }, RawRows),
        client.call(Operation.getInventorySettings, { urgent: true }, Settings),
        Stream.runCollect(locationsOf(client)),
        ...readsOfWork.map((operation) => permitted(client, operation))
      ],
      { concurrency: 4 }
    )
    const currency = store.currency ?? unknownCurrency
    const rules = rulesOf(settings.data)
    const channelRules = yield* channelRulesOf(client, rules)
    return {
      id: store.id === null || store.id === "" ? client.storeHash : store.id,
      name: store.name ?? "",
      plan: store.plan_name ?? "",
      currency,
      currencies: transactional(currency, currencies),
      weightUnit: store.weight_units ?? "",
      timeZone: timeZoneOf(store.timezone),
      locations: [...locations],
      ...rules,
      ...(channelRules.length > 0 && { channelRules }),
      capabilities
    }
  })

type Rules = Omit<StockRules, "cartChannelId">

const rulesOf = (settings: typeof InventorySettings.Type, inherited?: Rules): Rules => ({
  stockMoves:
    settings.update_stock_behavior === null || settings.update_stock_behavior === ""
      ? (inherited?.stockMoves ?? "atPlacement")
      : settings.update_stock_behavior === "order_completed_or_shipped"
        ? "atShipment"
        : "atPlacement",
  stockFollowsEdits: settings.edit_order_stock_adjustment ?? inherited?.stockFollowsEdits ?? false,
  stockFollowsRefunds: settings.refund_order_stock_adjustment ?? inherited?.stockFollowsRefunds ?? false
})

/** The rules of channels that differ from the store's own. What a channel does not tell, it takes over. */
const channelRulesOf = Effect.fnUntraced(function* (client: BigCommerceClient["Service"], own: Rules) {
  const channels = yield* optional(Stream.runCollect(Stream.take(channelsOf(client), channelsMax)), [])
  const rules = yield* Effect.forEach(
    channels,
    (id) => {
      const query = { channel_id: id }
      const read = client.call(Operation.getInventorySettings, { query, urgent: true }, Settings)
      return optional(
        Effect.map(read, ({ data }): StockRules => ({ cartChannelId: id, ...rulesOf(data, own) })),
        undefined
      )
    },
    { concurrency: 4 }
  )
  return rules.filter((rule) => rule !== undefined).filter((rule) => !isSame(rule, own))
})

const isSame = (left: Rules, right: Rules): boolean =>
  left.stockMoves === right.stockMoves &&
  left.stockFollowsEdits === right.stockFollowsEdits &&
  left.stockFollowsRefunds === right.stockFollowsRefunds

const channelsOf = (client: BigCommerceClient["Service"]) =>
  Pages.all(Operation.getChannels, channelsMax, (page) => {
    const query = { page, limit: channelsMax }
    return client.call(Operation.getChannels, { query, urgent: true }, RawPage)
  }).pipe(
    Stream.map((raw) => Result.getOrUndefined(readChannel(raw).read)),
    Stream.filter((channel) => channel !== undefined),
    Stream.filter(({ status }) => live.has(status)),
    Stream.map(({ id }) => id)
  )

/** What is good to know: left out where the token may not read it, or the shop has no such thing. */
const optional = <A, B, R>(read: Effect.Effect<A, CartError, R>, otherwise: B) =>
  Effect.catchIf(
    read,
    ({ reason }) => Failure.isAboutOne(reason) || reason._tag === "Forbidden",
    (): Effect.Effect<A | B> => Effect.succeed(otherwise)
  )

/** Fails when the token may not do this; whatever else is wrong with it today is for the work to find out. */
const permitted = (client: BigCommerceClient["Service"], operation: Operation.Operation) =>
  client.call(operation, { query: { limit: 1 }, urgent: true }, Schema.Unknown).pipe(
    Effect.catchIf(
      ({ reason }) => !verdicts.has(reason._tag),
      () => Effect.void
    )
  )

/** Failures that no later work can get around. */
const verdicts: ReadonlySet<string> = new Set(["Unauthorized", "Forbidden", "Suspended"])

/** The store's own currency first, then the others that shoppers can pay in. */
const transactional = (own: Currency, rows: ReadonlyArray<unknown>): ReadonlyArray<Currency> => [
  ...new Set([
    own,
    ...rows.flatMap((raw) => {
      const { currency_code = null, enabled } = Result.getOrUndefined(readCurrency(raw).read) ?? {}
      return currency_code === null || enabled === false ? [] : [currency_code]
    })
  ])
]

const timeZoneOf = (timezone: unknown): string =>
  typeof timezone === "object" && timezone !== null && "name" in timezone && typeof timezone.name === "string"
    ? timezone.name
    : "UTC"

const locationsOf = (client: BigCommerceClient["Service"]) =>
  Pages.all(Operation.getLocations, locationsPerPage, (page) => {
    const query = { page, limit: locationsPerPage }
    return client.call(Operation.getLocations, { query, urgent: true }, RawPage)
  }).pipe(
    Stream.map((raw) => Result.getOrUndefined(readLocation(raw).read)),
    Stream.filter((row) => row !== undefined),
    Stream.map(locationOf)
  )

const locationOf = ({ enabled, id, label }: typeof LocationRow.Type): CartLocation => ({
  id: CartLocationId.make(id),
  name: label,
  enabled,
  isDefault: id === defaultLocationId
})
