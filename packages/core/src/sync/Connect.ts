/**
 * Connects a channel to a shop: checks the credentials by asking, compares what the shop offers with what the connection
 * wants, says what a person should know at first contact, and saves the connection.
 */
import { Effect, Option, Schema, Stream } from "effect"
import * as FirstContact from "../decide/FirstContact.ts"
import * as Reference from "../decide/Reference.ts"
import type { CartLocationId } from "../domain/CartLocationId.ts"
import type { Connection } from "../domain/Connection.ts"
import { ConnectionId } from "../domain/ConnectionId.ts"
import * as Issue from "../domain/Issue.ts"
import type { Order } from "../domain/Order.ts"
import { idOf } from "../domain/Sale.ts"
import * as SyncPolicy from "../domain/SyncPolicy.ts"
import { Cart, type CartDescription, type CartError, isUnreadable } from "../ports/Cart.ts"
import { Store, type StoreError } from "../ports/Store.ts"
import * as Border from "./Border.ts"

/** There is no such connection. */
export class ConnectionUnknown extends Schema.TaggedError<ConnectionUnknown>()("ConnectionUnknown", {
  connectionId: ConnectionId
}) {
  override get message() {
    return `there is no connection ${this.connectionId}`
  }
}

/** The connection cannot work with this shop: `field` says what to change, `expected` what would be right. */
export class ConnectionRefused extends Schema.TaggedError<ConnectionRefused>()("ConnectionRefused", {
  field: Schema.String,
  expected: Schema.String
}) {
  override get message() {
    return `the connection's ${this.field} cannot be used: ${this.expected}`
  }
}

/**
 * What connecting found out: the shop as it describes itself, what a person should know, and a prefix to take where the
 * connection's order numbers would run into those of another one (else null).
 */
export interface ConnectReport {
  readonly description: CartDescription
  readonly warnings: ReadonlyArray<Issue.Issue>
  readonly prefix: string | null
}

/** How many of the shop's order numbers are compared with those that exist. */
export const orderNumbersMax = 100

/** How many levels are looked through for stock at locations that nobody feeds. */
export const levelsMax = 200_000

/**
 * Checks a connection against the shop and saves it. Saving again updates it; the import goes on where it was. What was
 * warned of before and has no cause any more is closed.
 *
 * A new connection whose location feeds nothing that it publishes is refused; one that exists is saved and warned, because
 * its channel may have changed since.
 */
export const connect: (
  connection: Connection
) => Effect.Effect<ConnectReport, CartError | StoreError | ConnectionRefused, Store | Cart> = Effect.fn(
  "Connect.connect"
)(function* (connection: Connection) {
  const store = yield* Store
  const cart = yield* Cart
  const description = yield* cart.describe
  const known = new Set(description.locations.map(({ id }) => id))
  const foreign = connection.publishTo.find(({ cartLocationId }) => !known.has(cartLocationId))
  if (foreign !== undefined) {
    return yield* new ConnectionRefused({
      field: "publishTo",
      expected: `the shop has no location ${foreign.cartLocationId}, it has ${[...known].join(", ")}`
    })
  }
  const isNew = Option.isNone(yield* store.connections.get(connection.id))
  const { refused } = SyncPolicy.check(connection.policy, connection.id)
  const [contradiction] = refused
  if (contradiction !== undefined) {
    // The connection goes on as it was: whoever looks at it later is told why.
    if (!isNew) yield* store.issues.raise(connection.id, refused)
    return yield* new ConnectionRefused({ field: "policy", expected: contradiction.message })
  }
  const { warnings, prefix } = yield* review(connection)
  const misplaced = warnings.find(({ code }) => code === "LOCATION_NOT_FEEDING")
  if (misplaced !== undefined && isNew) {
    return yield* new ConnectionRefused({ field: "locationId", expected: misplaced.message })
  }
  const strays = isNew ? yield* strayLocations(connection, description) : []
  yield* store.transaction(
    Effect.gen(function* () {
      yield* store.connections.save(connection)
      yield* store.issues.replace(connection.id, Issue.codesOf("connect"), null, warnings)
      if (strays.length > 0) yield* store.issues.raise(connection.id, strays)
    })
  )
  return { description, warnings: [...warnings, ...strays], prefix }
})

/** What a person should know of a connection, saved or not, from its settings and what the business is: no shop's stock. */
export const review: (
  connection: Connection
) => Effect.Effect<Pick<ConnectReport, "warnings" | "prefix">, CartError | StoreError, Store | Cart> = Effect.fn(
  "Connect.review"
)(function* (connection: Connection) {
  const store = yield* Store
  const channel = yield* store.connections.channel(connection.channelId)
  const misplaced = FirstContact.misplaced(connection, Option.getOrNull(channel), yield* store.stock.locations)
  const prefix = yield* prefixFor(connection)
  const warnings = [
    ...SyncPolicy.check(connection.policy, connection.id).warnings,
    ...(misplaced === null ? [] : [misplaced]),
    ...(prefix === null ? [] : [FirstContact.prefixIssue(connection, prefix)])
  ]
  return { warnings, prefix }
})

/** Alone, a connection has every number to itself. */
const prefixFor = Effect.fnUntraced(function* (connection: Connection) {
  const store = yield* Store
  const others = (yield* store.connections.all).filter(({ id }) => id !== connection.id)
  if (others.length === 0) return null
  const orders = yield* Border.orders({ _tag: "ModifiedSince", instant: connection.importFrom }).pipe(
    Stream.filter((row): row is Order => !isUnreadable(row)),
    Stream.take(orderNumbersMax),
    Stream.runCollect
  )
  const orderNumbers = orders.map(({ number }) => number)
  const numbers = orderNumbers.map((number) => Reference.join(connection, number))
  const own = new Set(orders.map(({ id }) => idOf(connection.id, id)))
  const owners = new Map(
    (yield* store.sales.numberOwners(numbers))
      .filter(({ saleId }) => !own.has(saleId))
      .map(({ number, saleId }) => [number.toLowerCase(), saleId])
  )
  const numberOwner = (number: string) => owners.get(number.toLowerCase()) ?? null
  return FirstContact.prefixFor({ connection, others, orderNumbers, numberOwner })
})

/** The shop's locations that sell and are fed by nobody, whatever of the catalogue will be linked. */
const strayLocations = Effect.fnUntraced(function* (connection: Connection, { locations }: CartDescription) {
  const published = new Set(connection.publishTo.map(({ cartLocationId }) => cartLocationId))
  const unfed = new Set(locations.filter(({ enabled, id }) => enabled && !published.has(id)).map(({ id }) => id))
  if (unfed.size === 0) return []
  const found = new Set<CartLocationId>()
  yield* Border.stockLevels("all").pipe(
    Stream.take(levelsMax),
    Stream.takeUntil(({ cartLocationId, onHand }) => {
      if (onHand > 0 && unfed.has(cartLocationId)) found.add(cartLocationId)
      return found.size === unfed.size
    }),
    Stream.runDrain
  )
  return [...unfed]
    .filter((id) => found.has(id))
    .map((cartLocationId) =>
      Issue.cartLocationHoldsStock({ connectionId: connection.id, cartLocationId, listings: null })
    )
})

/** The connection of this name, or why there is none. */
export const requireConnection: (
  connectionId: ConnectionId
) => Effect.Effect<Connection, StoreError | ConnectionUnknown, Store> = Effect.fnUntraced(function* (
  connectionId: ConnectionId
) {
  const store = yield* Store
  const connection = yield* store.connections.get(connectionId)
  if (Option.isNone(connection)) return yield* new ConnectionUnknown({ connectionId })
  return connection.value
})
