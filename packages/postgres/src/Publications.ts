/**
 * Dirty marks and what was last published, in PostgreSQL.
 */
import { type DirtyMark, ItemVersion, Publication } from "@stockport/core/domain/Publication"
import { pageLimitMax, type Store } from "@stockport/core/ports/Store"
import { DateTime, Effect, Schema } from "effect"
import { bounded, type Database, encoding, ints, json, lastOf, moment, type Row, texts } from "./Database.ts"
import { keysetStream } from "./Keyset.ts"
import type { Known } from "./Known.ts"

/** How many expired sources one look at the marks ends. */
const expiredMax = 1_000

/** How many marks one look answers at the most. */
const marksMax = 100_000

/** The repository of publications over a database. */
export const make = (db: Database, known: Known): PublicationRepository => ({
  ...published(db),
  ...marks(db, known)
})

type PublicationRepository = Store["Service"]["publications"]

const published = (db: Database): Pick<PublicationRepository, "ofListings" | "all"> => {
  const s = db.schema
  const select = (operation: string, where: string, params: ReadonlyArray<unknown>) =>
    Effect.flatMap(
      db.read(
        operation,
        `select connection_id, listing_key, cart_location_id, item_id, quantity, published_at, receipt, in_doubt
        from ${s}.publications where ${where}`,
        params
      ),
      decodePublications
    )
  return {
    ofListings: (connectionId, keys) =>
      keys.length === 0
        ? Effect.succeed([])
        : select(
            "publications.ofListings",
            "connection_id = $1 and listing_key = any($2::text[]) order by listing_key, cart_location_id",
            [connectionId, texts(keys)]
          ),
    all: (connectionId) =>
      keysetStream(
        (after: readonly [string, string] | null) =>
          select(
            "publications.all",
            `connection_id = $1 and ($2::text is null or (listing_key, cart_location_id) > ($2, $3))
            order by listing_key, cart_location_id limit $4::text::int`,
            [connectionId, after?.[0] ?? null, after?.[1] ?? "", String(pageLimitMax)]
          ),
        ({ cartLocationId, key }) => [key, cartLocationId] as const
      )
  }
}

type MarkRepository = Pick<PublicationRepository, "dirty" | "defer" | "mark" | "doubt" | "record">

const marks = (db: Database, known: Known): MarkRepository => {
  const s = db.schema
  return {
    dirty: dirty(db),
    defer: Effect.fn("Publications.defer")(function* (connectionId, deferred) {
      const operation = "publications.defer"
      const unique = lastOf(deferred, ({ itemId }) => itemId)
      yield* bounded(operation, unique.length)
      yield* db.write(
        operation,
        `select ${s}.defer_marks($1, $2, $3::text[]::bigint[], $4, $5::text[]::timestamptz[])`,
        [
          connectionId,
          texts(unique.map(({ itemId }) => itemId)),
          texts(unique.map(({ version }) => String(version))),
          ints(unique.map(({ tries }) => tries)),
          texts(unique.map(({ notBefore }) => DateTime.formatIso(notBefore)))
        ]
      )
    }),
    mark: Effect.fn("Publications.mark")(function* (connectionId, itemIds, resend = false) {
      const operation = "publications.mark"
      if (itemIds !== "all") {
        yield* bounded(operation, itemIds.length)
        yield* known.items(operation, itemIds)
      }
      yield* db.write(operation, `select ${s}.mark($1, $2::text[], $3, $4)`, [
        connectionId,
        itemIds === "all" ? null : texts(itemIds),
        resend,
        known.own
      ])
    }),
    doubt: Effect.fn("Publications.doubt")(function* (connectionId, keys) {
      const operation = "publications.doubt"
      yield* bounded(operation, keys.length)
      yield* db.write(operation, `select ${s}.doubt_publications($1, $2::text[])`, [connectionId, texts(keys)])
    }),
    record: Effect.fn("Publications.record")(function* (connectionId, publications, cleared) {
      const operation = "publications.record"
      yield* bounded(operation, publications.length + cleared.length)
      const unique = lastOf(publications, ({ cartLocationId, key }) => JSON.stringify([key, cartLocationId]))
      yield* known.items(
        operation,
        unique.map(({ itemId }) => itemId)
      )
      yield* db.write(
        operation,
        `select ${s}.record_publications($1, $2::jsonb, $3, $4::text[]::bigint[], $5, $6::timestamptz, $7, $8)`,
        [
          connectionId,
          json(yield* Effect.forEach(unique, (publication) => encodePublication(operation, publication))),
          texts(cleared.map(({ itemId }) => itemId)),
          texts(cleared.map(({ version }) => String(version))),
          known.own,
          ...(yield* moment)
        ]
      )
    })
  }
}

const dirty = (db: Database): PublicationRepository["dirty"] => {
  const s = db.schema
  return Effect.fn("Publications.dirty")(function* (connectionId, limit) {
    const operation = "publications.dirty"
    const rows = yield* db.write(
      operation,
      `select * from ${s}.dirty($1, $2::text::int, $3::text::int, $4::timestamptz, $5, $6)`,
      [connectionId, String(Math.max(0, Math.min(Math.trunc(limit), marksMax))), String(expiredMax), ...(yield* moment)]
    )
    return rows.map((row): DirtyMark => ({
      itemId: row["item_id"] as DirtyMark["itemId"],
      version: ItemVersion.make(Number(row["version"])),
      resend: row["resend"] === true,
      ...(row["tries"] !== 0 && { tries: Number(row["tries"]) })
    }))
  })
}

const encodePublication = encoding(Publication)
const decodeAll = Schema.decodeUnknownEffect(Schema.Array(Publication))

const decodePublications = (rows: ReadonlyArray<Row>) =>
  Effect.orDie(
    decodeAll(
      rows.map((row) => ({
        connectionId: row["connection_id"],
        key: row["listing_key"],
        cartLocationId: row["cart_location_id"],
        itemId: row["item_id"],
        quantity: Number(row["quantity"]),
        publishedAt: (row["published_at"] as Date).toISOString(),
        receipt: row["receipt"],
        ...(row["in_doubt"] === true ? { inDoubt: true } : {})
      }))
    )
  )
