/**
 * A warehouse program's own articles and shelves as the two repositories that the store asks for.
 *
 * It does what this business needs, and refuses the rest by name: articles are kept elsewhere, goods are booked elsewhere.
 */
import * as Item from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import { DemandSource } from "@stockport/core/domain/Demand"
import * as Position from "@stockport/core/domain/Position"
import { format, of } from "@stockport/core/domain/Quantity"
import { Invalid, type Store, StoreError, Unreachable } from "@stockport/core/ports/Store"
import type { PostgresStore } from "@stockport/postgres"
import { Effect, Stream } from "effect"
import type { SqlClient, SqlError } from "effect/sql"

interface Article {
  readonly number: string
  readonly sku: string
  readonly title: string
}

const main: Location = { id: LocationId.make("main"), name: "Main", nettable: true, isDefault: true }

const itemOf = ({ number, sku, title }: Article) =>
  Item.make({ id: ItemId.make(number), kind: "inventory", sku, name: title })

const broken =
  (operation: string) =>
  <A, R>(effect: Effect.Effect<A, SqlError.SqlError, R>) =>
    Effect.mapError(effect, () => new StoreError({ operation, reason: new Unreachable({ detail: "no warehouse" }) }))

const keptElsewhere = (operation: string) =>
  Effect.fail(
    new StoreError({
      operation,
      reason: new Invalid({ field: "operation", value: operation, expected: "the warehouse program, which does this" })
    })
  )

/** Articles as items. */
export const articleItems = (sql: SqlClient.SqlClient): Store["Service"]["items"] => {
  const get = (ids: ReadonlyArray<string>) =>
    sql<Article>`select * from articles where ${sql.in("number", ids)}`.pipe(
      Effect.map((articles) => articles.map(itemOf)),
      broken("items.get")
    )
  return {
    save: () => keptElsewhere("items.save"),
    get,
    all: Stream.unwrap(
      sql<Article>`select * from articles order by number`.pipe(
        Effect.map((articles) => Stream.fromIterable(articles.map(itemOf))),
        broken("items.all")
      )
    ),
    dependents: (ids) => Effect.map(get(ids), (items) => ({ affected: ids, items })),
    withComponents: get,
    bySku: (skus) =>
      sql<Article>`select * from articles where ${sql.in("sku", skus)}`.pipe(
        Effect.map((articles) => articles.map(itemOf)),
        broken("items.bySku")
      )
  }
}

/** Shelves as stock; `touch` tells the rest of the store what has changed. */
export const shelfStock = (
  sql: SqlClient.SqlClient,
  touch: PostgresStore.Shared["touch"]
): Store["Service"]["stock"] => ({
  locations: Effect.succeed([main]),
  saveLocations: () => keptElsewhere("stock.saveLocations"),
  record: () => keptElsewhere("stock.record"),
  count: () => keptElsewhere("stock.count"),
  setDemand: () => keptElsewhere("stock.setDemand"),
  reserve: Effect.fn(function* ({ key, lines }) {
    for (const { itemId, quantity } of lines) {
      const wanted = format(quantity)
      const taken = yield* sql`
        update shelves set spoken_for = spoken_for + ${wanted}::text::numeric
        where article = ${itemId} and on_hand - spoken_for >= ${wanted}::text::numeric returning article`.pipe(
        broken("stock.reserve")
      )
      if (taken.length === 0) return { _tag: "Refused" as const, shortages: [] }
    }
    yield* touch(lines.map(({ itemId }) => itemId))
    return { _tag: "Reserved" as const, source: DemandSource.make(key) }
  }),
  // What is spoken for is one number on the shelf: it does not say by whom.
  demandOf: () => Effect.succeed([]),
  // This business does not sell what has not arrived.
  arriving: () => Effect.succeed([]),
  snapshot: (ids) =>
    sql<{ readonly article: string; readonly onHand: string; readonly spokenFor: string }>`
      select article, on_hand::text as "onHand", spoken_for::text as "spokenFor" from shelves
      where ${sql.in("article", ids)}`.pipe(
      Effect.map((shelves) => ({
        positions: shelves.map(({ article, onHand, spokenFor }) =>
          Position.make({
            itemId: ItemId.make(article),
            locationId: main.id,
            onHand: of(onHand),
            reservations: of(spokenFor)
          })
        ),
        moved: new Set(shelves.map(({ article }) => ItemId.make(article))),
        locations: [main]
      })),
      broken("stock.snapshot")
    )
})
