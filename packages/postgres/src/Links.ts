/**
 * Links between listings and items, and exclusions, in PostgreSQL.
 */
import { Exclusion, Link } from "@stockport/core/domain/Link"
import { pageLimitMax, type Store } from "@stockport/core/ports/Store"
import { Effect, Schema } from "effect"
import { bounded, type Database, encoding, json, lastOf, moment, type Row, texts } from "./Database.ts"
import { keysetStream } from "./Keyset.ts"
import type { Known } from "./Known.ts"

/** The repository of links over a database. */
export const make = (db: Database, known: Known): LinkRepository => ({
  ...reads(db),
  ...writes(db, known)
})

type LinkRepository = Store["Service"]["links"]

const reads = (db: Database): Pick<LinkRepository, "all" | "ofItems" | "ofListings" | "ofProducts" | "exclusions"> => {
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
        : select("links.ofListings", "connection_id = $1 and listing_key = any($2::text[])", [
            connectionId,
            texts(keys)
          ]),
    ofProducts: (connectionId, productIds) =>
      productIds.length === 0
        ? Effect.succeed([])
        : select(
            "links.ofProducts",
            "connection_id = $1 and listing->>'productId' = any($2::text[]) order by listing_key",
            [connectionId, texts(productIds)]
          ),
    exclusions: (connectionId) =>
      Effect.flatMap(
        db.read(
          "links.exclusions",
          `select connection_id as "connectionId", listing_key as key, reason from ${s}.exclusions
          where connection_id = $1 order by listing_key`,
          [connectionId]
        ),
        (rows) => Effect.orDie(decodeExclusions(rows))
      )
  }
}

const writes = (db: Database, known: Known): Pick<LinkRepository, "save" | "remove" | "exclude"> => {
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
    remove: Effect.fn("Links.remove")(function* (connectionId, keys) {
      if (keys.length === 0) return
      yield* db.write("links.remove", `select ${s}.remove_links($1, $2, $3::timestamptz, $4, $5)`, [
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
const decodeExclusions = Schema.decodeUnknownEffect(Schema.Array(Exclusion))

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
