/**
 * What a store is asked for: only what it could hold. Under a text that no store keeps (see `Text`) nothing is found, whatever
 * a database makes of such a text.
 */
import { Effect, type Option, Stream } from "effect"
import { isWritable } from "../domain/Text.ts"
import type { Store } from "./Store.ts"

type Service = Store["Service"]

/** A store that answers questions about what cannot be kept: there is no such thing. */
export const asking = (store: Service): Service => {
  const { connections, items, issues, links, publications, sales, stock } = store
  return {
    ...store,
    items: {
      ...items,
      get: (ids) => items.get(kept(ids)),
      dependents: (ids) => items.dependents(kept(ids)),
      withComponents: (ids) => items.withComponents(kept(ids)),
      bySku: (skus) => items.bySku(kept(skus))
    },
    stock: {
      ...stock,
      demandOf: (ids, limit) => stock.demandOf(kept(ids), limit),
      snapshot: (ids, options) => stock.snapshot(kept(ids), options)
    },
    connections: {
      ...connections,
      channel: (id) => one(id, connections.channel(id)),
      get: (id) => one(id, connections.get(id)),
      cursor: (id) => one(id, connections.cursor(id))
    },
    links: {
      ...links,
      ended: (id, which) => all(id, links.ended(id, which)),
      endedOf: (id, keys) => many(id, links.endedOf(id, kept(keys))),
      all: (id) => all(id, links.all(id)),
      ofItems: (id, itemIds) => many(id, links.ofItems(id, kept(itemIds))),
      ofListings: (id, keys) => many(id, links.ofListings(id, kept(keys))),
      ofProducts: (id, productIds) => many(id, links.ofProducts(id, kept(productIds))),
      exclusions: (id) => many(id, links.exclusions(id)),
      exclusionsOf: (id, keys) => many(id, links.exclusionsOf(id, kept(keys)))
    },
    sales: {
      ...sales,
      ofOrders: (id, orderIds) => many(id, sales.ofOrders(id, kept(orderIds))),
      numberOwners: (numbers) => sales.numberOwners(kept(numbers)),
      get: (id) => one(id, sales.get(id)),
      due: (id, now, limit) => many(id, sales.due(id, now, limit)),
      list: (id, states, page) => many(id, sales.list(id, states, page))
    },
    publications: {
      ...publications,
      dirty: (id, limit) => many(id, publications.dirty(id, limit)),
      ofListings: (id, keys) => many(id, publications.ofListings(id, kept(keys))),
      all: (id) => all(id, publications.all(id))
    },
    issues: {
      ...issues,
      open: (id, page) => many(id ?? "", issues.open(id, page))
    }
  }
}

const kept = <A extends string>(texts: ReadonlyArray<A>): ReadonlyArray<A> =>
  texts.every(isWritable) ? texts : texts.filter(isWritable)

const one = <A, E>(id: string, answer: Effect.Effect<Option.Option<A>, E>): Effect.Effect<Option.Option<A>, E> =>
  isWritable(id) ? answer : Effect.succeedNone

const many = <A, E>(id: string, answer: Effect.Effect<ReadonlyArray<A>, E>): Effect.Effect<ReadonlyArray<A>, E> =>
  isWritable(id) ? answer : Effect.succeed([])

const all = <A, E>(id: string, rows: Stream.Stream<A, E>): Stream.Stream<A, E> => (isWritable(id) ? rows : Stream.empty)
