/**
 * Under a text that no store keeps there is nothing, and asking for it is no failure.
 */
import { assert } from "@effect/vitest"
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import type { ChannelId } from "@stockport/core/domain/Channel"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { ListingKey, ProductId } from "@stockport/core/domain/Listing"
import type { OrderId } from "@stockport/core/domain/Order"
import type { SaleId } from "@stockport/core/domain/Sale"
import type { Store, StoreError } from "@stockport/core/ports/Store"
import { Effect, Option, Stream } from "effect"
import { candle, open, shop } from "./Fixture.ts"
import { type Law, law } from "./Law.ts"

const texts = ["a\u0000", "\ud83d half", "half \udd6f"]

type Asked = Effect.Effect<unknown, StoreError>

/** Everything that can be asked for by a text. Callers without types hand over any. */
const questions = (
  { connections, issues, items, links, publications, sales, stock }: Store["Service"],
  text: string
) => {
  const [connection, item, key] = [text as ConnectionId, text as ItemId, text as ListingKey]
  const page = { after: null, limit: 5 }
  const nowhere: Readonly<Record<string, Asked>> = {
    "items.get": items.get([item]),
    "items.dependents": Effect.map(items.dependents([item]), (found) => [...found.affected, ...found.items]),
    "items.withComponents": items.withComponents([item]),
    "items.bySku": items.bySku([text]),
    "stock.demandOf": stock.demandOf([item], 5),
    "stock.snapshot": Effect.map(stock.snapshot([item]), ({ moved, positions }) => [...positions, ...moved]),
    "links.ended": Stream.runCollect(links.ended(connection, "all")),
    "links.endedOf": links.endedOf(shop.id, [key]),
    "links.all": Stream.runCollect(links.all(connection)),
    "links.ofItems": links.ofItems(shop.id, [item]),
    "links.ofListings": links.ofListings(shop.id, [key]),
    "links.ofProducts": links.ofProducts(shop.id, [text as ProductId]),
    "links.exclusions": links.exclusions(connection),
    "links.exclusionsOf": links.exclusionsOf(shop.id, [key]),
    "sales.ofOrders": sales.ofOrders(shop.id, [text as OrderId]),
    "sales.numberOwners": sales.numberOwners([text]),
    "sales.list": sales.list(connection, ["open"], page),
    "publications.dirty": publications.dirty(connection, 5),
    "publications.ofListings": publications.ofListings(shop.id, [key]),
    "publications.all": Stream.runCollect(publications.all(connection)),
    "issues.open": issues.open(connection, page)
  }
  const nobody: Readonly<Record<string, Effect.Effect<Option.Option<unknown>, StoreError>>> = {
    "connections.channel": connections.channel(text as ChannelId),
    "connections.get": connections.get(connection),
    "connections.cursor": connections.cursor(connection),
    "sales.get": sales.get(text as SaleId)
  }
  return { nobody, nowhere }
}

/** The laws of texts that no store keeps. */
export const unkept: ReadonlyArray<Law> = [
  law("under a text that cannot be kept nothing is found, and asking for it is no failure", function* (store) {
    yield* open
    for (const text of texts) {
      const { nobody, nowhere } = questions(store, text)
      for (const [question, asked] of Object.entries(nowhere)) assert.deepStrictEqual(yield* asked, [], question)
      for (const [question, asked] of Object.entries(nobody)) assert.isTrue(Option.isNone(yield* asked), question)
    }
  }),

  law("what can be found is found beside what cannot be kept", function* (store) {
    yield* open
    const found = yield* store.items.get([...texts.map((text) => text as ItemId), candle.id])
    assert.deepStrictEqual(
      found.map(({ id }) => id),
      [candle.id]
    )
  })
]
