import { assert, describe, it } from "@effect/vitest"
import { Sandbox } from "@stockport/bigcommerce-sandbox"
import { EmbeddedPostgres } from "@stockport/postgres/embedded"
import { Effect, Layer, Redacted } from "effect"
import { PgClient } from "@effect/sql-pg"
import { SqlClient } from "effect/sql"
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Program from "./Program.ts"

const minutes = { timeout: 180_000 }

const oneSentence = (stderr: string) => stderr.trim().split("\n").length === 1

describe("a missing or wrong setting", () => {
  const database = { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" }
  const shop = { BIGCOMMERCE_STORE_HASH: "abc123", BIGCOMMERCE_ACCESS_TOKEN: "secret-token" }
  const cases: ReadonlyArray<readonly [string, Readonly<Record<string, string>>, string]> = [
    ["no database", shop, "DATABASE_URL is not set"],
    ["a database that is no URL", { ...shop, DATABASE_URL: "secret" }, "DATABASE_URL is not a URL"],
    ["no store hash", database, "BIGCOMMERCE_STORE_HASH is not set"],
    ["no token", { ...database, BIGCOMMERCE_STORE_HASH: "abc123" }, "BIGCOMMERCE_ACCESS_TOKEN is not set"],
    [
      "a store hash with a slash",
      { ...database, ...shop, BIGCOMMERCE_STORE_HASH: "a/b" },
      "BIGCOMMERCE_STORE_HASH is not"
    ],
    ["a database that nobody answers at", { ...database, ...shop }, "database"]
  ]
  it.live.each(cases)(
    "$0 is one sentence and exit code 2",
    ([, env, sentence]) =>
      Effect.gen(function* () {
        for (const command of ["plan", "apply"]) {
          const { stderr, code } = yield* Program.run(["sync", command], env)
          assert.include(stderr, sentence)
          assert.isTrue(oneSentence(stderr), stderr)
          assert.notInclude(stderr, "secret")
          assert.strictEqual(code, 2)
        }
      }),
    minutes
  )

  it.live(
    "an unknown argument is exit code 2",
    () =>
      Effect.gen(function* () {
        const { code } = yield* Program.run(["sync", "plan", "--aply"])
        assert.strictEqual(code, 2)
      }),
    minutes
  )
})

/** A shop with three goods and one order, an empty database, and the settings that name them. */
const world = Effect.gen(function* () {
  const shop = yield* Effect.acquireRelease(
    Effect.promise(() => Sandbox.start({ store: "empty" })),
    (shop) => Effect.promise(() => shop.close())
  )
  shop.addProduct({ name: "Candle", sku: "CANDLE", onHand: 3 })
  shop.addProduct({ name: "Box", sku: "BOX", onHand: 3 })
  shop.addProduct({ name: "Gift set", sku: "GIFT", onHand: 3 })
  const { url } = yield* EmbeddedPostgres
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "stockport-test-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true }))
  )
  const file = join(folder, "items.csv")
  writeFileSync(
    file,
    [
      "sku,name,kind,on_hand,kit,quantity",
      "CANDLE,Candle,,20,,",
      "BOX,Box,,8,,",
      "GIFT,Gift set,kit,,,",
      "CANDLE,,,,GIFT,2",
      "BOX,,,,GIFT,1"
    ].join("\n")
  )
  const env = {
    DATABASE_URL: Redacted.value(url),
    BIGCOMMERCE_STORE_HASH: shop.storeHash,
    BIGCOMMERCE_ACCESS_TOKEN: shop.accessToken,
    BIGCOMMERCE_API_URL: shop.url
  }
  return { shop, env, file, folder }
})

const stockOf = (shop: Sandbox.Sandbox) => ["CANDLE", "BOX", "GIFT"].map((sku) => shop.stock({ sku }))

const schemas = Effect.gen(function* () {
  const { url } = yield* EmbeddedPostgres
  const names = SqlClient.SqlClient.use(
    (sql) => sql<{ name: string }>`SELECT schema_name AS name FROM information_schema.schemata`
  )
  return (yield* names.pipe(Effect.provide(PgClient.layer({ url, maxConnections: 1 })))).map(({ name }) => name)
})

const writes = (shop: Sandbox.Sandbox) => shop.log.all().filter(({ method }) => method !== "GET")

const layer = Layer.fresh(EmbeddedPostgres.layer)

describe("syncing a store", () => {
  it.live(
    "plans without writing anything, then does what it planned, and then has nothing left to do",
    () =>
      Effect.gen(function* () {
        const { shop, env, file } = yield* world
        const before = yield* schemas
        const empty = yield* Program.run(["sync", "plan"], env)
        assert.strictEqual(empty.code, 0, empty.stderr)
        assert.include(empty.stdout, 'No item has the SKU "CANDLE"')
        assert.deepStrictEqual(yield* schemas, before)

        const items = yield* Program.run(["sync", "items", file], env)
        assert.strictEqual(items.code, 0, items.stderr)
        assert.include(items.stdout, "3 items saved, 2 stock counts booked")

        shop.placeOrder({ lines: [{ sku: "GIFT", quantity: 1 }] })
        const from = ["--import-from", "2020-01-01"]
        const planned = yield* Program.run(["sync", "plan", ...from], env)
        assert.strictEqual(planned.code, 0, planned.stderr)
        assert.include(planned.stdout, "Nothing has been written.")
        assert.include(planned.stdout, '"GIFT" at location 1 to 7')
        assert.include(planned.stdout, "Rise: 3 listings")
        assert.match(planned.stdout, /shows 3 and would show 18/)
        assert.deepStrictEqual(stockOf(shop), [3, 3, 2])
        assert.deepStrictEqual(writes(shop), [])

        const applied = yield* Program.run(["sync", "apply", ...from], env)
        assert.strictEqual(applied.code, 0, applied.stderr)
        assert.include(applied.stdout, "1 orders imported")
        assert.deepStrictEqual(stockOf(shop), [18, 7, 7])

        const again = yield* Program.run(["sync", "apply", "--json"], env)
        assert.strictEqual(again.code, 0, again.stderr)
        const summary = JSON.parse(again.stdout.trim().split("\n").at(-1) ?? "")
        assert.strictEqual(summary.publishes.published, 0)
        assert.strictEqual(summary.imports.imported, 0)
      }).pipe(Effect.provide(layer), Effect.scoped),
    minutes
  )

  it.live(
    "goes on until it is stopped, and follows what happens in the shop meanwhile",
    () =>
      Effect.gen(function* () {
        const { shop, env, file } = yield* world
        yield* Program.run(["sync", "items", file], env)
        let isPlaced = false
        const run = yield* Program.run(["sync", "run", "--every", "1"], env, (stdout, kill) => {
          if (!isPlaced && stdout.includes("a cycle every 1 s")) {
            isPlaced = true
            shop.placeOrder({ lines: [{ sku: "GIFT", quantity: 2 }] })
          }
          if (stdout.includes("1 orders imported")) kill("SIGINT")
        })
        assert.strictEqual(run.code, 130, run.stderr)
        assert.deepStrictEqual(stockOf(shop), [16, 6, 6])
      }).pipe(Effect.provide(layer), Effect.scoped),
    minutes
  )

  it.live(
    "names before anything is written the prefix of a second store, and the locations that nobody feeds",
    () =>
      Effect.gen(function* () {
        const first = yield* world
        yield* Program.run(["sync", "items", first.file], first.env)
        first.shop.placeOrder({ lines: [{ sku: "CANDLE", quantity: 1 }] })
        const from = ["--import-from", "2020-01-01"]
        const applied = yield* Program.run(["sync", "apply", ...from], first.env)
        assert.strictEqual(applied.code, 0, applied.stderr)
        const shop = yield* Effect.acquireRelease(
          Effect.promise(() =>
            Sandbox.start({ storeHash: "second1", store: { products: 3, orders: 0, locations: 2 } })
          ),
          (shop) => Effect.promise(() => shop.close())
        )
        shop.addProduct({ name: "Candle", sku: "CANDLE", onHand: 3 })
        shop.setStock({ sku: "CANDLE" }, 5, 2)
        shop.placeOrder({ lines: [{ sku: "CANDLE", quantity: 1 }] })
        const env = {
          ...first.env,
          BIGCOMMERCE_STORE_HASH: shop.storeHash,
          BIGCOMMERCE_ACCESS_TOKEN: shop.accessToken,
          BIGCOMMERCE_API_URL: shop.url
        }
        const planned = yield* Program.run(["sync", "plan", ...from], env)
        assert.strictEqual(planned.code, 0, planned.stderr)
        const [, prefix] = /--prefix (\S+)/.exec(planned.stdout) ?? []
        assert.isDefined(prefix)
        assert.match(planned.stdout, /Warning: .*location 2/)
        const again = yield* Program.run(["sync", "plan", ...from, "--prefix", prefix ?? ""], env)
        assert.notInclude(again.stdout, "--prefix")
      }).pipe(Effect.provide(layer), Effect.scoped),
    minutes
  )

  it.live(
    "takes nothing of an item file with one bad row",
    () =>
      Effect.gen(function* () {
        const { env, folder } = yield* world
        const file = join(folder, "bad.csv")
        writeFileSync(file, "sku,on_hand\nA,1\nB,-1\n")
        const bad = yield* Program.run(["sync", "items", file], env)
        assert.strictEqual(bad.code, 2)
        assert.include(bad.stderr, 'row 3: on_hand is "-1"')
        const plan = yield* Program.run(["sync", "plan"], env)
        assert.include(plan.stdout, "Match: 0 to link")
      }).pipe(Effect.provide(layer), Effect.scoped),
    minutes
  )

  it.live(
    "a database that its server does not have is one sentence and exit code 2",
    () =>
      Effect.gen(function* () {
        const { env } = yield* world
        const elsewhere = env.DATABASE_URL.replace(/\/[^/]*$/, "/elsewhere")
        const { code, stderr } = yield* Program.run(["sync", "plan"], { ...env, DATABASE_URL: elsewhere })
        assert.strictEqual(code, 2)
        assert.include(stderr, "DATABASE_URL names a database that does not exist")
        assert.isTrue(oneSentence(stderr), stderr)
      }).pipe(Effect.provide(layer), Effect.scoped),
    minutes
  )

  it.live(
    "a wrong token is one sentence and exit code 2",
    () =>
      Effect.gen(function* () {
        const { env } = yield* world
        const { code, stderr } = yield* Program.run(["sync", "apply"], { ...env, BIGCOMMERCE_ACCESS_TOKEN: "wrong" })
        assert.strictEqual(code, 2)
        assert.isTrue(oneSentence(stderr), stderr)
      }).pipe(Effect.provide(layer), Effect.scoped),
    minutes
  )
})

/** A temporary folder of the run's own, that everybody may enter: what is in it afterwards was left behind. */
const temporary = Effect.acquireRelease(
  Effect.sync(() => {
    const path = mkdtempSync(join(tmpdir(), "stockport-demo-"))
    chmodSync(path, 0o755)
    return path
  }),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

describe("the demo", () => {
  it.live(
    "ends with one story on both sides, and leaves nothing behind",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporary
        const { code, stdout, stderr } = yield* Program.run(["demo", "--json"], { TMPDIR: folder })
        assert.strictEqual(code, 0, stderr)
        const summary = JSON.parse(stdout.trim().split("\n").at(-1) ?? "")
        assert.strictEqual(summary.differences, 0)
        assert.strictEqual(summary.rejected, 0)
        for (const count of ["linked", "ambiguous", "unmatched", "imported", "held", "skipped", "published"]) {
          assert.isAbove(summary[count], 0, count)
        }
        assert.isAtLeast(summary.listings, 1_500)
        assert.isBelow(summary.seconds, 90)
        assert.strictEqual(summary.linked + summary.ambiguous + summary.unmatched + summary.ignored, summary.listings)
        assert.deepStrictEqual(readdirSync(folder), [])
      }).pipe(Effect.scoped),
    minutes
  )

  it.live(
    "tells the same from the same seed",
    () =>
      Effect.gen(function* () {
        const told = yield* Effect.forEach([7, 7], (seed) => Program.run(["demo", "--json", "--seed", String(seed)]))
        const [first, second] = told.map(({ stdout }) => JSON.parse(stdout.trim().split("\n").at(-1) ?? ""))
        assert.deepStrictEqual({ ...first, seconds: 0 }, { ...second, seconds: 0 })
      }),
    minutes
  )

  it.live(
    "leaves nothing behind when it is interrupted",
    () =>
      Effect.gen(function* () {
        const folder = yield* temporary
        const { code } = yield* Program.run(["demo"], { TMPDIR: folder }, (stdout, kill) => {
          // More than once, as a terminal and the programs in between may.
          if (stdout.includes("3. The business")) for (let times = 0; times < 3; times++) kill("SIGINT")
        })
        assert.strictEqual(code, 130)
        assert.deepStrictEqual(readdirSync(folder), [])
      }).pipe(Effect.scoped),
    minutes
  )
})
