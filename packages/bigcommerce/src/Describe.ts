/**
 * Connecting: whether the credentials work, what the shop is, and how it treats stock by itself.
 *
 * The answers come from four reads; three more ask for a single row each, so that a permission that is missing is known
 * when connecting and not in the middle of the first work. (Whether a token may also write is not to be known without
 * writing.) A wrong token, a missing scope and a suspended store are three different errors, and a missing scope is named.
 */
import { Effect, Schema, Stream } from "effect"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import type { Currency } from "@stockport/core/domain/Money"
import {
  type Capabilities,
  type CartDescription,
  CartError,
  type CartLocation,
  Undecodable
} from "@stockport/core/ports/Cart"
import * as Adjustments from "./Adjustments.ts"
import type { BigCommerceClient } from "./BigCommerceClient.ts"
import * as Operation from "./Operation.ts"
import * as Pages from "./Pages.ts"
import { CurrencyOrNone, dataOf, Flag, Id, pageOf, rowsOf, Text } from "./Wire.ts"

/** The most locations that the shop gives in a page; no plan allows more than 100. */
const locationsPerPage = 1_000

/** The most rows that V2 gives in a page. */
const currenciesPerPage = 250

/** What the cart reads beside the store itself. */
const readsOfWork = [Operation.getProducts, Operation.getOrders, Operation.getInventoryItems]

/** The location that every store has, and from which it sells unless support has switched on more. */
const defaultLocationId = "1"

const Store = Schema.Struct({
  id: Text,
  name: Text,
  plan_name: Text,
  currency: CurrencyOrNone,
  weight_units: Text,
  timezone: Schema.optionalKey(Schema.Unknown)
})

const CurrencyRow = Schema.Struct({ currency_code: CurrencyOrNone, enabled: Schema.optionalKey(Schema.Unknown) })

const InventorySettings = Schema.Struct({
  update_stock_behavior: Text,
  edit_order_stock_adjustment: Flag,
  refund_order_stock_adjustment: Flag
})

const LocationRow = Schema.Struct({ id: Id, label: Text, enabled: Flag })

const Currencies = rowsOf(CurrencyRow)
const Settings = dataOf(InventorySettings)
const Locations = pageOf(LocationRow)

/** What every BigCommerce store can do. */
export const capabilities: Capabilities = {
  locations: true,
  shipments: true,
  notifications: true,
  stockLevelsPerRequest: Adjustments.rowsPerRequest,
  quantityMax: Adjustments.quantityMax
}

/** What the shop says about itself. */
export const describe = (client: BigCommerceClient["Service"]): Effect.Effect<CartDescription, CartError> =>
  Effect.gen(function* () {
    const [store, currencies, settings, locations] = yield* Effect.all(
      [
        client.call(Operation.getStore, { urgent: true }, Store),
        client.call(Operation.getCurrencies, { query: { limit: currenciesPerPage }, urgent: true }, Currencies),
        client.call(Operation.getInventorySettings, { urgent: true }, Settings),
        Stream.runCollect(locationsOf(client)),
        ...readsOfWork.map((operation) => permitted(client, operation))
      ],
      { concurrency: 4 }
    )
    if (store.currency === null) return yield* Effect.fail(noCurrency)
    return {
      id: store.id === "" ? client.storeHash : store.id,
      name: store.name,
      plan: store.plan_name,
      currency: store.currency,
      currencies: transactional(store.currency, currencies),
      weightUnit: store.weight_units,
      timeZone: timeZoneOf(store.timezone),
      locations: [...locations],
      stockMoves: settings.data.update_stock_behavior === "order_completed_or_shipped" ? "atShipment" : "atPlacement",
      stockFollowsEdits: settings.data.edit_order_stock_adjustment,
      stockFollowsRefunds: settings.data.refund_order_stock_adjustment,
      capabilities
    }
  })

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

const noCurrency = new CartError({
  operation: Operation.nameOf(Operation.getStore),
  reason: new Undecodable({ path: "body.currency", detail: "expected a currency code", excerpt: "" })
})

/** The store's own currency first, then the others that shoppers can pay in. */
const transactional = (own: Currency, rows: typeof Currencies.Type): ReadonlyArray<Currency> => [
  ...new Set([
    own,
    ...rows.flatMap(({ currency_code, enabled }) =>
      currency_code === null || enabled === false ? [] : [currency_code]
    )
  ])
]

const timeZoneOf = (timezone: unknown): string =>
  typeof timezone === "object" && timezone !== null && "name" in timezone && typeof timezone.name === "string"
    ? timezone.name
    : "UTC"

const locationsOf = (client: BigCommerceClient["Service"]) =>
  Pages.all(Operation.getLocations, locationsPerPage, (page) => {
    const query = { page, limit: locationsPerPage }
    return client.call(Operation.getLocations, { query, urgent: true }, Locations)
  }).pipe(Stream.map(locationOf))

const locationOf = ({ enabled, id, label }: typeof LocationRow.Type): CartLocation => ({
  id: CartLocationId.make(id),
  name: label,
  enabled,
  isDefault: id === defaultLocationId
})
