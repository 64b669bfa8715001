/**
 * Sales orders and receipts in PostgreSQL, with their lines and the history of their revisions.
 */
import { idOf, Sale } from "@stockport/core/domain/Sale"
import { Invalid, type NumberOwner, type Store, type StoreError } from "@stockport/core/ports/Store"
import { DateTime, Effect, Option, Schema } from "effect"
import { bounded, type Database, encoding, json, lastOf, moment, refuse, type Row, texts } from "./Database.ts"
import { limitOf } from "./Keyset.ts"

/** The repository of sales over a database. */
export const make = (db: Database): Store["Service"]["sales"] => {
  const s = db.schema
  const select = (operation: string, where: string, params: ReadonlyArray<unknown>) =>
    Effect.flatMap(
      db.read(
        operation,
        `select o.id, o.connection_id, o.order_id, o.type, o.state, o.number, o.reasons, o.snapshot, o.revision, o.look_at,
          o.rest, (
          select jsonb_agg(coalesce(l.rest, '{}') || jsonb_build_object('id', l.id, 'listingKey', l.listing_key, 'itemId', l.item_id,
            'locationId', l.location_id, 'sku', l.sku, 'description', l.description, 'quantity', l.quantity::text,
            'open', l.open::text, 'shipped', l.shipped::text, 'unitsPerListing', l.units_per_listing::text,
            'needs', l.needs, 'parentLineId', l.parent_line_id) order by l.line_no)
          from ${s}.sale_lines l where l.sale_id = o.id) as lines
        from ${s}.sales o where ${where}`,
        params
      ),
      decodeSales
    )
  const saveOnce = Effect.fn("Sales.save")(function* (sales: ReadonlyArray<Sale>) {
    const operation = "sales.save"
    yield* db.write(operation, `select ${s}.save_sales($1::jsonb, $2::timestamptz, $3, $4)`, [
      json(yield* Effect.forEach(sales, (sale) => encodeSale(operation, sale))),
      ...(yield* moment)
    ])
  })
  return {
    save: Effect.fnUntraced(function* (sales) {
      const operation = "sales.save"
      if (sales.length === 0) return
      yield* bounded(operation, sales.length)
      for (const sale of sales) yield* checkId(operation, sale)
      const waves = wavesOf(sales)
      if (waves.length === 1) return yield* saveOnce(sales)
      yield* db.transaction(Effect.forEach(waves, saveOnce, { discard: true }))
    }),
    ofOrders: (connectionId, orderIds) =>
      orderIds.length === 0
        ? Effect.succeed([])
        : select("sales.ofOrders", "o.connection_id = $1 and o.order_id = any($2::text[])", [
            connectionId,
            texts(orderIds)
          ]),
    numberOwners: (numbers) =>
      numbers.length === 0
        ? Effect.succeed([])
        : Effect.map(
            db.read(
              "sales.numberOwners",
              `select number, id from ${s}.sales
              where number is not null and lower(number) in (select lower(n) from unnest($1::text[]) u (n))`,
              [texts(numbers)]
            ),
            (rows) => rows.map((row) => ({ number: row["number"], saleId: row["id"] }) as NumberOwner)
          ),
    get: (id) => Effect.map(select("sales.get", "o.id = $1", [id]), (found) => Option.fromNullishOr(found[0])),
    ...looks(db, select),
    list: (connectionId, states, page) =>
      states.length === 0
        ? Effect.succeed([])
        : select(
            "sales.list",
            `o.connection_id = $1 and o.state = any($2::text[]) and ($3::text is null or o.id > $3)
            order by o.id limit $4::text::int`,
            [connectionId, texts(states), page.after, limitOf(page.limit)]
          )
  }
}

type Select = (
  operation: string,
  where: string,
  params: ReadonlyArray<unknown>
) => Effect.Effect<ReadonlyArray<Sale>, StoreError>

const looks = (db: Database, select: Select): Pick<Store["Service"]["sales"], "due" | "look"> => ({
  due: (connectionId, now, limit) =>
    select(
      "sales.due",
      `o.connection_id = $1 and o.look_at <= $2::timestamptz order by o.look_at, o.id limit $3::text::int`,
      [connectionId, DateTime.formatIso(now), limitOf(limit)]
    ),
  look: Effect.fn("Sales.look")(function* (connectionId, looks) {
    const operation = "sales.look"
    const unique = lastOf(looks, ({ orderId }) => orderId)
    if (unique.length === 0) return
    yield* bounded(operation, unique.length)
    yield* db.write(operation, `select ${db.schema}.look_at_sales($1, $2, $3::text[]::timestamptz[])`, [
      connectionId,
      texts(unique.map(({ orderId }) => orderId)),
      texts(unique.map(({ at }) => (at === null ? null : DateTime.formatIso(at))))
    ])
  })
})

/** Usually one: a sale that stands several times in one call is saved revision by revision. */
const wavesOf = (sales: ReadonlyArray<Sale>): ReadonlyArray<ReadonlyArray<Sale>> => {
  const waves: Array<Array<Sale>> = []
  const times = new Map<string, number>()
  for (const sale of sales) {
    const before = times.get(sale.id) ?? 0
    times.set(sale.id, before + 1)
    const wave = (waves[before] ??= [])
    wave.push(sale)
  }
  return waves
}

const checkId = (operation: string, sale: Sale): Effect.Effect<void, StoreError> => {
  const expected = idOf(sale.connectionId, sale.orderId)
  return sale.id === expected ? Effect.void : refuse(operation, new Invalid({ field: "id", value: sale.id, expected }))
}

const encodeSale = encoding(Sale)
const decodeAll = Schema.decodeUnknownEffect(Schema.Array(Sale))

const decodeSales = (rows: ReadonlyArray<Row>) =>
  Effect.orDie(
    decodeAll(
      rows.map((row) => ({
        ...(row["rest"] as object | null),
        id: row["id"],
        connectionId: row["connection_id"],
        orderId: row["order_id"],
        type: row["type"],
        state: row["state"],
        number: row["number"],
        reasons: row["reasons"],
        lines: row["lines"] ?? [],
        order: row["snapshot"],
        revision: row["revision"],
        ...(row["look_at"] instanceof Date && { lookAt: row["look_at"].toISOString() })
      }))
    )
  )
