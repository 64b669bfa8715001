/**
 * Items in memory: saved only when every bill of materials can be built, and found from above and from below.
 */
import type { Item } from "@stockport/core/domain/Item"
import type { ItemId } from "@stockport/core/domain/ItemId"
import { format } from "@stockport/core/domain/Quantity"
import { HashMap, Result } from "effect"
import {
  ascending,
  done,
  type Draft,
  invalid,
  log,
  lookup,
  lookupAll,
  type Moment,
  type Outcome,
  type State,
  touch,
  unknown
} from "./State.ts"

/** Creates or replaces items, all or none. */
export const save = (draft: Draft, moment: Moment, saved: ReadonlyArray<Item>): Outcome<void> => {
  const before = draft.items
  const items = [...new Map(saved.map((item) => [item.id, item])).values()]
  draft.items = HashMap.setMany(
    draft.items,
    items.map((item) => [item.id, item] as const)
  )
  for (const item of items) {
    const checked = checkItem(draft, lookup(before, item.id), item)
    if (Result.isFailure(checked)) return checked
  }
  for (const item of items) {
    index(draft, lookup(before, item.id), item)
    log(draft, moment, "itemSaved", item.id)
  }
  touch(
    draft,
    above(
      draft,
      items.map(({ id }) => id)
    )
  )
  return done
}

/** All items, in order of id. */
export const all = (state: State): ReadonlyArray<Item> =>
  HashMap.toValues(state.items).sort((left, right) => ascending(left.id, right.id))

/** What follows from these items, and what is needed to compute it. */
export const dependents = (state: State, ids: ReadonlyArray<ItemId>) => {
  const affected = [...above(state, ids)].filter((id) => HashMap.has(state.items, id))
  return { affected, items: withComponents(state, affected) }
}

/** These items and their components, all the way down. */
export const withComponents = (state: State, ids: ReadonlyArray<ItemId>): ReadonlyArray<Item> =>
  lookupAll(state.items, [
    ...closure(ids, (id) => (lookup(state.items, id)?.billOfMaterials ?? []).map(({ itemId }) => itemId))
  ])

/** The items with exactly these SKUs. */
export const bySku = (state: State, skus: ReadonlyArray<string>): ReadonlyArray<Item> =>
  lookupAll(
    state.items,
    lookupAll(state.skus, skus).flatMap((ids) => [...ids])
  )

const above = (state: State, ids: ReadonlyArray<ItemId>): ReadonlySet<ItemId> =>
  closure(ids, (id) => lookup(state.parents, id) ?? [])

const closure = (ids: Iterable<ItemId>, next: (id: ItemId) => Iterable<ItemId>): ReadonlySet<ItemId> => {
  const seen = new Set(ids)
  for (const id of seen) for (const neighbour of next(id)) seen.add(neighbour)
  return seen
}

const checkItem = (draft: Draft, before: Item | undefined, item: Item): Outcome<void> => {
  if (item.billOfMaterials.length > 0 && item.kind !== "kit" && item.kind !== "assembly") {
    return invalid("kind", item.kind, `kit or assembly, because ${item.id} has components`)
  }
  for (const component of item.billOfMaterials) {
    if (!HashMap.has(draft.items, component.itemId)) return unknown("item", component.itemId, `${item.kind} ${item.id}`)
    if (component.quantity <= 0) {
      return invalid("billOfMaterials", `${component.itemId} x ${format(component.quantity)}`, "a quantity above zero")
    }
  }
  if (before !== undefined && before.kind !== item.kind && holdsStock(draft, item.id)) {
    return invalid("kind", item.kind, `${before.kind}, as long as there is stock of ${item.id} or demand for it`)
  }
  return checkCycle(draft, item)
}

const checkCycle = (draft: Draft, item: Item): Outcome<void> => {
  const below = closure(
    item.billOfMaterials.map(({ itemId }) => itemId),
    (id) => (lookup(draft.items, id)?.billOfMaterials ?? []).map(({ itemId }) => itemId)
  )
  return below.has(item.id)
    ? invalid("billOfMaterials", item.id, `components that do not contain ${item.id} again`)
    : done
}

const holdsStock = (draft: Draft, itemId: ItemId): boolean =>
  [...(lookup(draft.positions, itemId)?.values() ?? [])].some(({ itemId: _item, locationId: _location, ...terms }) =>
    Object.values(terms).some((quantity) => quantity !== 0)
  )

const index = (draft: Draft, before: Item | undefined, item: Item): void => {
  for (const { itemId } of before?.billOfMaterials ?? []) {
    draft.parents = HashMap.set(draft.parents, itemId, without(lookup(draft.parents, itemId), item.id))
  }
  for (const { itemId } of item.billOfMaterials) {
    draft.parents = HashMap.set(draft.parents, itemId, withOne(lookup(draft.parents, itemId), item.id))
  }
  if (before !== undefined) {
    draft.skus = HashMap.set(draft.skus, before.sku, without(lookup(draft.skus, before.sku), item.id))
  }
  draft.skus = HashMap.set(draft.skus, item.sku, withOne(lookup(draft.skus, item.sku), item.id))
}

const withOne = (ids: ReadonlySet<ItemId> | undefined, id: ItemId): ReadonlySet<ItemId> => new Set([...(ids ?? []), id])

const without = (ids: ReadonlySet<ItemId> | undefined, id: ItemId): ReadonlySet<ItemId> =>
  new Set([...(ids ?? [])].filter((other) => other !== id))
