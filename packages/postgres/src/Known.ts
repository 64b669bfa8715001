/**
 * Whether items and locations that are named exist: in our own tables, where the functions look them up in the same
 * statement, or in an embedder's, which are asked first.
 */
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { LocationId } from "@stockport/core/domain/Location"
import { type StoreError, type Store, Unknown } from "@stockport/core/ports/Store"
import { Effect } from "effect"
import { refuse } from "./Database.ts"

/** Looks up what the repositories beside items and stock refer to. */
export interface Known {
  /** Whether items and locations are our own tables. */
  readonly own: boolean
  readonly items: (operation: string, ids: ReadonlyArray<ItemId>) => Effect.Effect<void, StoreError>
  readonly locations: (operation: string, ids: ReadonlyArray<LocationId>) => Effect.Effect<void, StoreError>
}

/** The functions look for themselves. */
export const own: Known = { own: true, items: () => Effect.void, locations: () => Effect.void }

/** An embedder's repositories are asked. */
export const of = (items: Store["Service"]["items"], stock: Store["Service"]["stock"]): Known => ({
  own: false,
  items: (operation, ids) =>
    Effect.flatMap(items.get([...new Set(ids)]), (found) => {
      const known = new Set(found.map(({ id }) => id))
      const missing = ids.find((id) => !known.has(id))
      return missing === undefined ? Effect.void : refuse(operation, new Unknown({ kind: "item", id: missing }))
    }),
  locations: (operation, ids) =>
    Effect.flatMap(stock.locations, (found) => {
      const known = new Set(found.map(({ id }) => id))
      const missing = ids.find((id) => !known.has(id))
      return missing === undefined ? Effect.void : refuse(operation, new Unknown({ kind: "location", id: missing }))
    })
})
