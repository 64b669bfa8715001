/** What is refused on its way in names where it stands and what would be right. */
import { assert, describe, it } from "@effect/vitest"
import * as Connection from "@stockport/core/domain/Connection"
import * as Event from "@stockport/core/domain/Event"
import * as Item from "@stockport/core/domain/Item"
import * as Order from "@stockport/core/domain/Order"
import * as SyncPolicy from "@stockport/core/domain/SyncPolicy"
import { Result, Schema } from "effect"
import * as Shop from "./Shop.ts"

type Path = ReadonlyArray<string | number>
type Case = readonly [path: Path, bad: unknown, expected: string]

/** The same JSON with one value replaced. */
const put = (json: unknown, [key, ...rest]: Path, value: unknown): unknown => {
  if (key === undefined) return value
  const within = (inside: unknown) => put(inside, rest, value)
  if (Array.isArray(json)) return json.map((inside, at) => (at === key ? within(inside) : inside))
  return Object.fromEntries(
    Object.entries(json ?? {}).map(([field, inside]) => [field, field === key ? within(inside) : inside])
  )
}

/** What a decoder says to a value that is right but for one place. */
const refusalOf = <A, I>(schema: Schema.Codec<A, I>, right: A, path: Path, bad: unknown): string => {
  const codec = Schema.toCodecJson(schema)
  const json: unknown = Schema.encodeSync(codec)(right)
  assert.isTrue(Result.isSuccess(Schema.decodeUnknownResult(codec)(json)))
  const decoded = Schema.decodeUnknownResult(codec)(put(json, path, bad))
  return Result.isFailure(decoded) ? String(decoded.failure) : "accepted"
}

/** The cases that are let in, or refused in other words, with what was said. */
const notRefused = <A, I>(schema: Schema.Codec<A, I>, right: A, cases: ReadonlyArray<Case>) =>
  cases
    .map(([path, bad, expected]) => ({ path, expected, refusal: refusalOf(schema, right, path, bad) }))
    .filter(({ path, expected, refusal }) => {
      const place = path.map((key) => `[${JSON.stringify(key)}]`).join("")
      return !(refusal.includes(place) && refusal.includes(expected))
    })

const decimals = "write a decimal number with at most five decimals, such as 12 or -0.25"
const range = "it must lie between -90071992547.40991 and 90071992547.40991"

describe("decoding refuses, by path and expectation,", () => {
  it("a bad item", () => {
    const quantity = ["billOfMaterials", 1, "quantity"]
    const cases: ReadonlyArray<Case> = [
      [["kind"], "kits", '"assembly" | "kit" | "category"'],
      [["id"], "", "length of at least 1"],
      [["name"], "a|b", '^[^"<>:|]*$'],
      [["name"], "x".repeat(101), "length of at most 100"],
      [["description"], "x".repeat(4001), "length of at most 4000"],
      [["publish"], "yes", "boolean"],
      [quantity, "0.000001", decimals],
      [quantity, 1e-6, decimals],
      [quantity, "90071992547.40992", range],
      [quantity, "0", "greater than 0"],
      [quantity, "-1", "greater than 0"],
      [["units"], [{ name: "case", ratio: "1.123456" }], decimals]
    ]
    assert.deepStrictEqual(notRefused(Item.Item, Shop.items[2]!, cases), [])
  })

  it("a bad order", () => {
    const cases: ReadonlyArray<Case> = [
      [["status"], "paid", '"awaitingFulfilment"'],
      [["placedAt"], "yesterday", "valid UTC DateTime"],
      [["number"], "", "length of at least 1"],
      [["lines", 0, "quantity"], "1.000001", decimals],
      [["lines", 0, "shipped"], "-1", "greater than or equal to 0"],
      [["lines", 0, "refunded"], "99999999999", range],
      [["lines", 0, "goods"], "food", '"giftCertificate"'],
      [["lines", 0, "unitPrice"], "1,50", "^-?\\d+(\\.\\d+)?$"],
      [["totals", "currency"], "usd", "^[A-Z]{3}$"]
    ]
    assert.deepStrictEqual(notRefused(Order.Order, Shop.order([Shop.line("1", "mug")]), cases), [])
  })

  it("a bad connection", () => {
    const cases: ReadonlyArray<Case> = [
      [["referencePrefix"], "é", "^$|^[!-~]([ -~]*[!-~])?$"],
      [["referencePrefix"], "x".repeat(21), "length of at most 20"],
      [["referenceSuffix"], " x", "^$|^[!-~]([ -~]*[!-~])?$"],
      [["importFrom"], "soon", "valid UTC DateTime"],
      [["policy", "intake", "importStatuses", 0], "paid", '"awaitingFulfilment"'],
      [["publishTo", 0, "cartLocationId"], "", "length of at least 1"]
    ]
    assert.deepStrictEqual(notRefused(Connection.Connection, Shop.connection(), cases), [])
  })

  it("a bad event", () => {
    const right = { kind: "saleImported", subject: "shop:1001", actor: "sync", reason: "", at: Shop.now } as const
    const cases: ReadonlyArray<Case> = [
      [["kind"], "saleForgotten", '"saleImported"'],
      [["subject"], "", "length of at least 1"],
      [["actor"], "", "length of at least 1"],
      [["reason"], null, "string"],
      [["at"], "yesterday", "valid UTC DateTime"]
    ]
    assert.deepStrictEqual(notRefused(Event.Event, right, cases), [])
  })

  it("a bad policy", () => {
    const cases: ReadonlyArray<Case> = [
      [["availability", "kitPooling"], "all", '"pooled" | "perLocation" | "hybrid"'],
      [["matching", "onNoMatch"], "guess", '"hold" | "create" | "ignore"'],
      [["intake", "holdDays"], 1.5, "integer"],
      [["publishing", "percentage"], 101, "between 0 and 100"],
      [["publishing", "maximum"], -1, "greater than or equal to 0"],
      [["publishing", "massZeroPercent"], "20", "number"]
    ]
    assert.deepStrictEqual(notRefused(SyncPolicy.SyncPolicy, SyncPolicy.safe, cases), [])
  })
})
