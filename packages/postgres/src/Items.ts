/**
 * Items and their bills of materials in PostgreSQL.
 */
import { Item } from "@stockport/core/domain/Item"
import type { ItemId } from "@stockport/core/domain/ItemId"
import { format } from "@stockport/core/domain/Quantity"
import { Invalid, pageLimitMax, type Store, StoreError, Unknown } from "@stockport/core/ports/Store"
import { Effect, Schema } from "effect"
import { bounded, type Database, encoding, json, lastOf, moment, refuse, type Row, texts } from "./Database.ts"
import { keysetStream } from "./Keyset.ts"

/** The repository of items over a database. */
export const make = (db: Database): Store["Service"]["items"] => {
  const s = db.schema
  const columns = `i.id, i.kind, i.sku, i.name, i.description, i.base_unit, i.units, i.publish, i.archived,
    i.always_shippable, (select jsonb_agg(jsonb_build_object('itemId', c.component_id, 'quantity', c.quantity::text)
      order by c.line_no) from ${s}.item_components c where c.item_id = i.id) as components`
  const select = (operation: string, from: string, params: ReadonlyArray<unknown>) =>
    Effect.flatMap(db.read(operation, `select ${columns} from ${from}`, params), decodeAll)
  const withComponents = (operation: string, ids: ReadonlyArray<ItemId>) =>
    select(
      operation,
      `${s}.items i where i.id in (
        with recursive below (id) as (
          select id collate "C" from unnest($1::text[]) u (id)
          union
          select c.component_id from below b join ${s}.item_components c on c.item_id = b.id
        )
        select id from below)`,
      [texts(ids)]
    )
  return {
    save: Effect.fn("Items.save")(function* (items) {
      const operation = "items.save"
      const unique = lastOf(items, ({ id }) => id)
      if (unique.length === 0) return
      yield* bounded(operation, unique.length)
      for (const item of unique) yield* check(operation, item)
      const params = [json(yield* Effect.forEach(unique, (item) => encodeItem(operation, item))), ...(yield* moment)]
      yield* db
        .write(operation, `select ${s}.save_items($1::jsonb, $2::timestamptz, $3, $4)`, params)
        .pipe(Effect.mapError((error) => sayWhoNeeds(error, unique)))
    }),
    get: (ids) =>
      ids.length === 0
        ? Effect.succeed([])
        : select("items.get", `${s}.items i where i.id = any($1::text[])`, [texts(ids)]),
    all: keysetStream(
      (after: string | null) =>
        select("items.all", `${s}.items i where ($1::text is null or i.id > $1) order by i.id limit $2::text::int`, [
          after,
          String(pageLimitMax)
        ]),
      ({ id }) => id
    ),
    dependents: Effect.fn("Items.dependents")(function* (ids) {
      if (ids.length === 0) return { affected: [], items: [] }
      const rows = yield* db.read(
        "items.dependents",
        `with recursive above (id) as (
          select id collate "C" from unnest($1::text[]) u (id)
          union
          select c.item_id from above a join ${s}.item_components c on c.component_id = a.id
        ), below (id, affected) as (
          select id, true from above
          union
          select c.component_id, false from below b join ${s}.item_components c on c.item_id = b.id
        )
        select ${columns}, a.affected
        from (select id, bool_or(affected) as affected from below group by id) a join ${s}.items i on i.id = a.id`,
        [texts(ids)]
      )
      const items = yield* decodeAll(rows)
      return { affected: items.filter((_, n) => rows[n]?.["affected"] === true).map(({ id }) => id), items }
    }),
    withComponents: (ids) => (ids.length === 0 ? Effect.succeed([]) : withComponents("items.withComponents", ids)),
    bySku: (skus) =>
      skus.length === 0
        ? Effect.succeed([])
        : select("items.bySku", `${s}.items i where i.sku = any($1::text[])`, [texts(skus)])
  }
}

/** Says which kit names a component that does not exist. */
const sayWhoNeeds = (error: StoreError, items: ReadonlyArray<Item>): StoreError => {
  const { operation, reason } = error
  if (reason._tag !== "Unknown") return error
  const kit = items.find(({ billOfMaterials }) => billOfMaterials.some(({ itemId }) => itemId === reason.id))
  if (kit === undefined) return error
  const neededBy = `${kit.kind} ${kit.id}`
  return new StoreError({ operation, reason: new Unknown({ kind: reason.kind, id: reason.id, neededBy }) })
}

const encodeItem = encoding(Item)

const decodeItem = Schema.decodeUnknownEffect(Item)

const decodeAll = (rows: ReadonlyArray<Row>): Effect.Effect<ReadonlyArray<Item>, StoreError> =>
  Effect.forEach(rows, (row) =>
    Effect.orDie(
      decodeItem({
        id: row["id"],
        kind: row["kind"],
        sku: row["sku"],
        name: row["name"],
        description: row["description"],
        baseUnit: row["base_unit"],
        units: row["units"],
        billOfMaterials: row["components"] ?? [],
        publish: row["publish"],
        archived: row["archived"],
        alwaysShippable: row["always_shippable"]
      })
    )
  )

/** What can be said of an item without looking at others. */
const check = (operation: string, item: Item): Effect.Effect<void, StoreError> => {
  if (item.billOfMaterials.length > 0 && item.kind !== "kit" && item.kind !== "assembly") {
    const expected = `kit or assembly, because ${item.id} has components`
    return refuse(operation, new Invalid({ field: "kind", value: item.kind, expected }))
  }
  const nothing = item.billOfMaterials.find(({ quantity }) => quantity <= 0)
  if (nothing === undefined) return Effect.void
  const value = `${nothing.itemId} x ${format(nothing.quantity)}`
  return refuse(operation, new Invalid({ field: "billOfMaterials", value, expected: "a quantity above zero" }))
}
