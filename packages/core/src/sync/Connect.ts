/**
 * Connects a channel to a shop: checks the credentials by asking, compares what the shop offers with what the connection
 * wants, and saves the connection.
 */
import { Effect, Option, Schema } from "effect"
import type { Connection } from "../domain/Connection.ts"
import { ConnectionId } from "../domain/ConnectionId.ts"
import type { Issue } from "../domain/Issue.ts"
import * as SyncPolicy from "../domain/SyncPolicy.ts"
import { Cart, type CartDescription, type CartError } from "../ports/Cart.ts"
import { Store, type StoreError } from "../ports/Store.ts"

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

/** What connecting found out: the shop as it describes itself, and what a person should know. */
export interface ConnectReport {
  readonly description: CartDescription
  readonly warnings: ReadonlyArray<Issue>
}

/** Checks a connection against the shop and saves it. Saving again updates it; the import goes on where it was. */
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
  const { refused, warnings } = SyncPolicy.check(connection.policy)
  const [contradiction] = refused
  if (contradiction !== undefined) {
    return yield* new ConnectionRefused({ field: "policy", expected: contradiction.message })
  }
  yield* store.transaction(
    Effect.gen(function* () {
      yield* store.connections.save(connection)
      yield* store.issues.raise(connection.id, warnings)
    })
  )
  return { description, warnings }
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
