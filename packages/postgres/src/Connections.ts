/**
 * Channels, connections and import cursors in PostgreSQL, and the leases on connections.
 */
import { Channel } from "@stockport/core/domain/Channel"
import { Connection } from "@stockport/core/domain/Connection"
import type { Store } from "@stockport/core/ports/Store"
import { DateTime, Effect, Option, Schema } from "effect"
import { type Database, encoding, json, moment, type Row } from "./Database.ts"
import type { Known } from "./Known.ts"
import type { Leases } from "./Leases.ts"

/** The repository of connections over a database. */
export const make = (db: Database, leases: Leases, known: Known): Store["Service"]["connections"] => {
  const s = db.schema
  const columns = `id, name, cart, channel_id, location_id, publish_to, enabled, reference_prefix, reference_suffix,
    import_from, opening_balance_at, rest, policy`
  return {
    saveChannel: Effect.fn("Connections.saveChannel")(function* (channel) {
      const operation = "connections.saveChannel"
      yield* known.locations(operation, channel.locations ?? [])
      yield* db.write(operation, `select ${s}.save_channel($1::jsonb, $2, $3::timestamptz, $4, $5)`, [
        json(yield* encodeChannel(operation, channel)),
        known.own,
        ...(yield* moment)
      ])
    }),
    channel: Effect.fn("Connections.channel")(function* (id) {
      const rows = yield* db.read(
        "connections.channel",
        `select id, name, description, locations from ${s}.channels where id = $1`,
        [id]
      )
      return Option.fromNullishOr((yield* Effect.orDie(decodeChannels(rows)))[0])
    }),
    save: Effect.fn("Connections.save")(function* (connection) {
      const operation = "connections.save"
      const named = connection.publishTo.flatMap(({ locations }) => locations ?? [])
      yield* known.locations(operation, [connection.locationId, ...named])
      yield* db.write(operation, `select ${s}.save_connection($1::jsonb, $2, $3::timestamptz, $4, $5)`, [
        json(yield* encodeConnection(operation, connection)),
        known.own,
        ...(yield* moment)
      ])
    }),
    get: Effect.fn("Connections.get")(function* (id) {
      const rows = yield* db.read("connections.get", `select ${columns} from ${s}.connections where id = $1`, [id])
      return Option.fromNullishOr((yield* decodeConnections(rows))[0])
    }),
    all: Effect.flatMap(
      db.read("connections.all", `select ${columns} from ${s}.connections order by id`, []),
      decodeConnections
    ),
    cursor: Effect.fn("Connections.cursor")(function* (id) {
      const rows = yield* db.read(
        "connections.cursor",
        `select modified_since from ${s}.import_cursors where connection_id = $1`,
        [id]
      )
      return Option.map(Option.fromNullishOr(rows[0]), (row) => ({
        modifiedSince: DateTime.makeUnsafe(row["modified_since"] as Date)
      }))
    }),
    setCursor: Effect.fn("Connections.setCursor")(function* (id, { modifiedSince }) {
      yield* db.write("connections.setCursor", `select ${s}.set_cursor($1, $2::timestamptz)`, [
        id,
        DateTime.formatIso(modifiedSince)
      ])
    }),
    exclusively: (id, effect) => leases.exclusively(id, effect)
  }
}

const encodeChannel = encoding(Channel)
const decodeChannels = Schema.decodeUnknownEffect(Schema.Array(Channel))
const encodeConnection = encoding(Connection)
const decodeAll = Schema.decodeUnknownEffect(Schema.Array(Connection))

const decodeConnections = (rows: ReadonlyArray<Row>) =>
  Effect.orDie(
    decodeAll(
      rows.map((row) => ({
        ...(row["rest"] as object | null),
        id: row["id"],
        name: row["name"],
        cart: row["cart"],
        channelId: row["channel_id"],
        locationId: row["location_id"],
        publishTo: row["publish_to"],
        enabled: row["enabled"],
        referencePrefix: row["reference_prefix"],
        referenceSuffix: row["reference_suffix"],
        importFrom: (row["import_from"] as Date).toISOString(),
        ...(row["opening_balance_at"] instanceof Date && {
          openingBalanceAt: row["opening_balance_at"].toISOString()
        }),
        policy: row["policy"]
      }))
    )
  )
