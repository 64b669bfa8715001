/**
 * Reads a merchant's list of goods from CSV: one row per item, and one row per component of a kit.
 *
 * Columns: `sku` (required), `name`, `kind` (inventory unless given), `on_hand`, `location`, `kit` (the SKU of the kit that
 * this row is a component of) and `quantity` (how much of it one kit takes). A row that cannot be used names itself, its
 * column and what would be right; then nothing of the file is taken.
 */
import { type BillOfMaterials, Item, ItemId, Location, type Movement, Quantity } from "@stockport/core"
import { parse } from "csv-parse/sync"
import { Effect, Result, Schema } from "effect"

/** How many rows one file may have. */
export const rowsMax = 1_000_000

/** A row that cannot be used; `row` is its line in the file, the heading being the first. */
export class RowWrong extends Schema.TaggedError<RowWrong>()("RowWrong", {
  row: Schema.Number,
  column: Schema.String,
  value: Schema.String,
  expected: Schema.String
}) {
  override get message() {
    return `row ${this.row}: ${this.column} is "${this.value}", expected ${this.expected}`
  }
}

/** The goods of a file: items with their bills of materials, and what was counted of them where. */
export interface Goods {
  readonly items: ReadonlyArray<Item.Item>
  readonly counts: ReadonlyArray<Movement.Count>
}

const Row = Schema.Struct({
  sku: Schema.NonEmptyString,
  name: Schema.optionalKey(Schema.String),
  kind: Schema.optionalKey(Schema.String),
  on_hand: Schema.optionalKey(Schema.String),
  location: Schema.optionalKey(Schema.String),
  kit: Schema.optionalKey(Schema.String),
  quantity: Schema.optionalKey(Schema.String)
})
type Row = typeof Row.Type

/** Reads a file's text; `defaultLocation` takes the stock of rows that name no location. */
export const read = (text: string, defaultLocation: Location.LocationId): Effect.Effect<Goods, RowWrong> =>
  Effect.gen(function* () {
    const rows = yield* tableOf(text)
    const items = new Map<string, Item.Item>()
    const counts: Array<Movement.Count> = []
    for (const { line, record } of rows) {
      const row = yield* rowOf(line, record)
      if (isGiven(row.kit)) yield* addComponent(items, line, row, row.kit)
      else {
        items.set(row.sku, yield* itemOf(line, row, items))
        if (isGiven(row.on_hand)) counts.push(yield* countOf(line, row, row.on_hand, defaultLocation))
      }
    }
    return { items: [...items.values()], counts }
  })

const isGiven = (text: string | undefined): text is string => text !== undefined && text.trim() !== ""

const Table = Schema.Array(
  Schema.Struct({ info: Schema.Struct({ lines: Schema.Number }), record: Schema.Record(Schema.String, Schema.String) })
)

const tableOf = (text: string) =>
  Effect.try({
    try: () =>
      Schema.decodeUnknownSync(Table)(
        parse(text, { columns: true, bom: true, skip_empty_lines: true, trim: true, info: true, to: rowsMax })
      ).map(({ info, record }) => ({ line: info.lines, record })),
    catch: (cause) =>
      new RowWrong({
        row: 1,
        column: "the file",
        value: cause instanceof Error ? cause.message : String(cause),
        expected: "comma-separated values with a heading"
      })
  })

const rowOf = (row: number, raw: unknown): Effect.Effect<Row, RowWrong> =>
  Schema.decodeUnknownEffect(Row)(raw).pipe(
    Effect.mapError(() => new RowWrong({ row, column: "sku", value: "", expected: "the item's SKU" }))
  )

const itemOf = (row: number, { sku, name, kind }: Row, known: ReadonlyMap<string, Item.Item>) =>
  Effect.gen(function* () {
    const wanted = isGiven(kind) ? kind : (known.get(sku)?.kind ?? "inventory")
    if (!Schema.is(Item.ItemKind)(wanted)) {
      return yield* new RowWrong({
        row,
        column: "kind",
        value: wanted,
        expected: `one of ${Item.ItemKind.literals.join(", ")}`
      })
    }
    const title = isGiven(name) ? name : sku
    if (!Schema.is(Item.ItemName)(title)) {
      return yield* new RowWrong({
        row,
        column: "name",
        value: title,
        expected: 'at most 100 characters without " < > : |'
      })
    }
    return Item.make({
      ...known.get(sku),
      id: ItemId.ItemId.make(sku),
      sku,
      kind: wanted,
      name: title
    })
  })

const addComponent = (items: Map<string, Item.Item>, row: number, { sku, quantity }: Row, kit: string) =>
  Effect.gen(function* () {
    const owner = items.get(kit)
    if (owner === undefined || (owner.kind !== "kit" && owner.kind !== "assembly")) {
      return yield* new RowWrong({
        row,
        column: "kit",
        value: kit,
        expected: "the SKU of a kit or an assembly above this row"
      })
    }
    const needed = yield* quantityOf(row, "quantity", isGiven(quantity) ? quantity : "1")
    if (needed <= 0) {
      return yield* new RowWrong({ row, column: "quantity", value: quantity ?? "", expected: "more than zero" })
    }
    const component: BillOfMaterials.Component = { itemId: ItemId.ItemId.make(sku), quantity: needed }
    items.set(kit, { ...owner, billOfMaterials: [...owner.billOfMaterials, component] })
  })

const countOf = (row: number, { sku, location }: Row, onHand: string, defaultLocation: Location.LocationId) =>
  Effect.gen(function* () {
    const counted = yield* quantityOf(row, "on_hand", onHand)
    if (counted < 0) {
      return yield* new RowWrong({
        row,
        column: "on_hand",
        value: onHand,
        expected: "zero or more: nobody counts less"
      })
    }
    const locationId = isGiven(location) ? Location.LocationId.make(location) : defaultLocation
    return { itemId: ItemId.ItemId.make(sku), locationId, counted } satisfies Movement.Count
  })

const quantityOf = (row: number, column: string, text: string): Effect.Effect<Quantity.Quantity, RowWrong> =>
  Result.match(Quantity.parse(text.trim()), {
    onSuccess: (quantity) => Effect.succeed(quantity),
    onFailure: ({ reason }) => Effect.fail(new RowWrong({ row, column, value: text, expected: reason }))
  })
