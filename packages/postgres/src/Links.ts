/**
 * Links between listings and items, what is left of those that have ended, and exclusions, in PostgreSQL.
 *
 * Whoever looks links up by listing inside a transaction decides orders by them: until he has ended, nobody changes links of
 * that connection. So an order is decided by the links of its time, or is there to be made due when they change.
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { EndedLink, Exclusion, Link } from "@stockport/core/domain/Link"
import { pageLimitMax, type Store, type StoreError } from "@stockport/core/ports/Store"
import { Effect, Schema } from "effect"
import { bounded, type Database, encoding, json, lastOf, moment, type Row, texts } from "./Database.ts"
import { keysetStream } from "./Keyset.ts"
import type { Known } from "./Known.ts"

/** The repository of links over a database. */
export const make = (db: Database, known: Known): LinkRepository => ({
  ...reads(db),
  ...readsOfEnded(db),
  ...readsOfExclusions(db),
  ...writes(db, known)
})

type LinkRepository = Store["Service"]["links"]

const reads = (db: Database): Pick<LinkRepository, "all" | "ofItems" | "ofListings" | "ofProducts"> => {
  const s = db.schema
  const select = (operation: string, where: string, params: ReadonlyArray<unknown>) =>
    Effect.flatMap(
      db.read(
        operation,
        `select connection_id, item_id, listing, tier, matched_sku, units_per_listing::text, publishing, rule
        from ${s}.links where ${where}`,
        params
      ),
      decodeLinks
    )
  return {
    all: (connectionId) =>
      keysetStream(
        (after: string | null) =>
          select(
            "links.all",
            "connection_id = $1 and ($2::text is null or listing_key > $2) order by listing_key limit $3::text::int",
            [connectionId, after, String(pageLimitMax)]
          ),
        ({ listing }) => listing.key
      ),
    ofItems: (connectionId, itemIds) =>
      itemIds.length === 0
        ? Effect.succeed([])
        : select("links.ofItems", "connection_id = $1 and item_id = any($2::text[]) order by listing_key", [
            connectionId,
            texts(itemIds)
          ]),
    ofListings: (connectionId, keys) =>
      keys.length === 0
        ? Effect.succeed([])
        : Effect.andThen(
            deciding(db, "links.ofListings", connectionId),
            select("links.ofListings", "connection_id = $1 and listing_key = any($2::text[])", [
              connectionId,
              texts(keys)
            ])
          ),
    ofProducts: (connectionId, productIds) =>
      productIds.length === 0
        ? Effect.succeed([])
        : select(
            "links.ofProducts",
            "connection_id = $1 and listing->>'productId' = any($2::text[]) order by listing_key",
            [connectionId, texts(productIds)]
          )
  }
}

/** Inside a transaction, lets nobody change links of a connection before it ends. */
const deciding = (db: Database, operation: string, connectionId: ConnectionId): Effect.Effect<unknown, StoreError> =>
  Effect.flatMap(db.insideTransaction, (inside) =>
    inside
      ? db.read(operation, "select pg_advisory_xact_lock_shared(hashtextextended($1, 0))", [
          `${db.schema}.links.${connectionId}`
        ])
      : Effect.void
  )

const readsOfEnded = (db: Database): Pick<LinkRepository, "ended" | "endedOf"> => {
  const select = (operation: string, where: string, params: ReadonlyArray<unknown>) =>
    Effect.flatMap(
      db.read(operation, `select link, settled, ending from ${db.schema}.ended_links where ${where}`, params),
      (rows) => Effect.orDie(decodeEnded(rows))
    )
  return {
    ended: (connectionId, which) =>
      keysetStream(
        (after: string | null) =>
          select(
            "links.ended",
            `connection_id = $1 and ($2::text is null or listing_key > $2) ${which === "all" ? "" : "and not settled"}
            order by listing_key limit $3::text::int`,
            [connectionId, after, String(pageLimitMax)]
          ),
        ({ link }) => link.listing.key
      ),
    endedOf: (connectionId, keys) =>
      keys.length === 0
        ? Effect.succeed([])
        : select("links.endedOf", "connection_id = $1 and listing_key = any($2::text[])", [connectionId, texts(keys)])
  }
}

const readsOfExclusions = (db: Database): Pick<LinkRepository, "exclusions" | "exclusionsOf"> => {
  const select = (operation: string, where: string, params: ReadonlyArray<unknown>) =>
    Effect.flatMap(
      db.read(
        operation,
        `select connection_id, listing_key, reason, sku from ${db.schema}.exclusions where ${where} order by listing_key`,
        params
      ),
      decodeExclusions
    )
  return {
    exclusions: (connectionId) => select("links.exclusions", "connection_id = $1", [connectionId]),
    exclusionsOf: (connectionId, keys) =>
      keys.length === 0
        ? Effect.succeed([])
        : select("links.exclusionsOf", "connection_id = $1 and listing_key = any($2::text[])", [
            connectionId,
            texts(keys)
          ])
  }
}

type LinkWrites = Pick<LinkRepository, "save" | "remove" | "settle" | "exclude" | "include">

const writes = (db: Database, known: Known): LinkWrites => {
  const s = db.schema
  return {
    save: Effect.fn("Links.save")(function* (links) {
      const operation = "links.save"
      const unique = lastOf(links, ({ connectionId, listing }) => JSON.stringify([connectionId, listing.key]))
      if (unique.length === 0) return
      yield* bounded(operation, unique.length)
      yield* known.items(
        operation,
        unique.map(({ itemId }) => itemId)
      )
      yield* db.write(operation, `select ${s}.save_links($1::jsonb, $2, $3::timestamptz, $4, $5)`, [
        json(yield* Effect.forEach(unique, (link) => encodeLink(operation, link))),
        known.own,
        ...(yield* moment)
      ])
    }),
    remove: Effect.fn("Links.remove")(function* (connectionId, keys, ending = "removed") {
      if (keys.length === 0) return
      yield* db.write("links.remove", `select ${s}.remove_links($1, $2, $3, $4::timestamptz, $5, $6)`, [
        connectionId,
        texts(keys),
        ending,
        ...(yield* moment)
      ])
    }),
    settle: Effect.fn("Links.settle")(function* (connectionId, keys) {
      if (keys.length === 0) return
      yield* db.write("links.settle", `select ${s}.settle_links($1, $2)`, [connectionId, texts(keys)])
    }),
    include: Effect.fn("Links.include")(function* (connectionId, keys) {
      if (keys.length === 0) return
      yield* db.write("links.include", `select ${s}.include($1, $2, $3::timestamptz, $4, $5)`, [
        connectionId,
        texts(keys),
        ...(yield* moment)
      ])
    }),
    exclude: Effect.fn("Links.exclude")(function* (exclusions) {
      const operation = "links.exclude"
      const unique = lastOf(exclusions, ({ connectionId, key }) => JSON.stringify([connectionId, key]))
      if (unique.length === 0) return
      yield* bounded(operation, unique.length)
      yield* db.write(operation, `select ${s}.exclude($1::jsonb, $2::timestamptz, $3, $4)`, [
        json(yield* Effect.forEach(unique, (exclusion) => encodeExclusion(operation, exclusion))),
        ...(yield* moment)
      ])
    })
  }
}

const encodeLink = encoding(Link)
const decodeAll = Schema.decodeUnknownEffect(Schema.Array(Link))
const encodeExclusion = encoding(Exclusion)
const decodeEnded = Schema.decodeUnknownEffect(Schema.Array(EndedLink))
const decodeAllExclusions = Schema.decodeUnknownEffect(Schema.Array(Exclusion))

const decodeExclusions = (rows: ReadonlyArray<Row>) =>
  Effect.orDie(
    decodeAllExclusions(
      rows.map((row) => ({
        connectionId: row["connection_id"],
        key: row["listing_key"],
        reason: row["reason"],
        ...(row["sku"] !== null && { sku: row["sku"] })
      }))
    )
  )

const decodeLinks = (rows: ReadonlyArray<Row>) =>
  Effect.orDie(
    decodeAll(
      rows.map((row) => ({
        connectionId: row["connection_id"],
        listing: row["listing"],
        itemId: row["item_id"],
        tier: row["tier"],
        matchedSku: row["matched_sku"],
        unitsPerListing: row["units_per_listing"],
        publishing: row["publishing"],
        rule: row["rule"]
      }))
    )
  )
