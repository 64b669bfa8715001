import { assert, describe, it } from "@effect/vitest"
import { type Fault, Sandbox } from "@stockport/bigcommerce-sandbox"
import { EmbeddedPostgres } from "@stockport/postgres/embedded"
import { Effect, Layer, Redacted } from "effect"
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Door from "./Door.ts"
import * as Program from "./Program.ts"

const minutes = { timeout: 240_000 }

const html = (status: number): Fault => ({ kind: "serverError", status, body: "html" })

const json = (status: number): Fault => ({ kind: "serverError", status, body: "json" })

/** What a shop may answer for a while, and how many requests meet it. */
const faults: ReadonlyArray<readonly [name: string, fault: Fault, times: number]> = [
  ["401", json(401), 1],
  ["403", json(403), 1],
  ["404", json(404), 1],
  ["302", html(302), 1],
  ["a page of HTML", { kind: "htmlBody" }, 5],
  ["half a body", { kind: "cutBody" }, 5],
  ["409", json(409), 1],
  ["422", json(422), 1]
]

describe("sync run", () => {
  it.live(
    "survives whatever the shop answers, in the first call as well, says it once, and says once that it is over",
    () =>
      Effect.gen(function* () {
        const { shop, env, file } = yield* world
        yield* Program.run(["sync", "items", file], env)
        shop.faults.add({ fault: json(401) })
        let step = -1
        const run = yield* Program.run(["sync", "run", "--every", "1"], env, (stdout, kill) => {
          const isOver = count(stdout, "in step again") === step + 2
          if (isOver && step + 1 === faults.length) kill("SIGINT")
          const next = faults[step + 1]
          if (!isOver || next === undefined) return
          step += 1
          shop.faults.add({ fault: next[1], match: { operation: "GET /v2/orders" }, times: next[2] })
        })
        assert.strictEqual(run.code, 130, run.stderr + run.stdout)
        assert.strictEqual(count(run.stdout, "in step again"), faults.length + 1, run.stdout)
        assert.strictEqual(count(run.stdout, "tried again:") + count(run.stdout, "refuses us"), faults.length + 1)
        assert.notInclude(run.stdout, env.BIGCOMMERCE_ACCESS_TOKEN)
      }).pipe(Effect.provide(database), Effect.scoped),
    minutes
  )

  it.live(
    "waits for a database that is away at the start, and survives one that goes away in the middle",
    () =>
      Effect.gen(function* () {
        const { shop, env, file } = yield* world
        const { url } = yield* EmbeddedPostgres
        yield* Program.run(["sync", "items", file], env)
        const door = yield* Door.to(new URL(Redacted.value(url)))
        door.close()
        let step: "away" | "there" | "away again" | "sold" = "away"
        const run = yield* Program.run(
          ["sync", "run", "--every", "1"],
          { ...env, DATABASE_URL: door.url },
          (stdout, kill) => {
            if (step === "away" && stdout.includes("waiting, tried again")) {
              step = "there"
              door.open()
            } else if (step === "there" && stdout.includes("a cycle every 1 s")) {
              step = "away again"
              shop.placeOrder({ lines: [{ sku: "GIFT", quantity: 2 }] })
              door.close()
            } else if (step === "away again" && stdout.includes("is out of step")) {
              step = "sold"
              door.open()
            } else if (step === "sold" && stdout.includes("1 orders imported")) kill("SIGINT")
          }
        )
        assert.strictEqual(run.code, 130, run.stderr + run.stdout)
        assert.strictEqual(count(run.stdout, "waiting, tried again"), 1)
        assert.strictEqual(count(run.stdout, "is out of step"), 1, run.stdout)
        assert.deepStrictEqual(stockOf(shop), [16, 6, 6])
      }).pipe(Effect.provide(database), Effect.scoped),
    minutes
  )

  it.live(
    "says within two minutes that a database answers nothing any more, and goes on when it answers again",
    () =>
      Effect.gen(function* () {
        const { shop, env, file } = yield* world
        const { url } = yield* EmbeddedPostgres
        yield* Program.run(["sync", "items", file], env)
        const door = yield* Door.to(new URL(Redacted.value(url)))
        let step: "there" | "silent" | "sold" = "there"
        const run = yield* Program.run(
          ["sync", "run", "--every", "1"],
          { ...env, DATABASE_URL: door.url },
          (stdout, kill) => {
            if (step === "there" && stdout.includes("a cycle every 1 s")) {
              step = "silent"
              shop.placeOrder({ lines: [{ sku: "GIFT", quantity: 2 }] })
              door.swallow()
            } else if (step === "silent" && stdout.includes("is out of step")) {
              step = "sold"
              door.close()
              door.open()
            } else if (step === "sold" && stdout.includes("1 orders imported")) kill("SIGINT")
          }
        )
        assert.strictEqual(run.code, 130, run.stderr + run.stdout)
        assert.deepStrictEqual(stockOf(shop), [16, 6, 6])
      }).pipe(Effect.provide(database), Effect.scoped),
    { timeout: 150_000 }
  )

  it.live(
    "matches what the shop offers anew while it runs, and publishes it",
    () =>
      Effect.gen(function* () {
        const { shop, env, file } = yield* world
        appendFileSync(file, "\nCARD,Card,,5,,")
        yield* Program.run(["sync", "items", file], env)
        let isOffered = false
        const run = yield* Program.run(["sync", "run", "--every", "1", "--reconcile", "1"], env, (stdout, kill) => {
          if (!isOffered && stdout.includes("numbers read back")) {
            isOffered = true
            shop.addProduct({ name: "Card", sku: "CARD", onHand: 3 })
          }
          if (isOffered && stdout.split("1 listings linked since")[1]?.includes("1 quantities sent")) kill("SIGINT")
        })
        assert.strictEqual(run.code, 130, run.stderr + run.stdout)
        assert.strictEqual(shop.stock({ sku: "CARD" }), 5)
      }).pipe(Effect.provide(database), Effect.scoped),
    minutes
  )

  it.live(
    "shares a shop with a second process, which takes over when the first one is killed",
    () =>
      Effect.gen(function* () {
        const { shop, env, file } = yield* world
        yield* Program.run(["sync", "items", file], env)
        const both = (signal: NodeJS.Signals, onReady: () => void) =>
          Program.run(["sync", "run", "--every", "1"], env, (stdout, kill) => {
            if (!stdout.includes("a cycle every 1 s")) return
            onReady()
            if (signal === "SIGKILL" || stdout.includes("1 orders imported")) kill(signal)
          })
        const first = both("SIGKILL", () => undefined)
        let isPlaced = false
        const second = both("SIGINT", () => {
          if (!isPlaced) shop.placeOrder({ lines: [{ sku: "GIFT", quantity: 2 }] })
          isPlaced = true
        })
        const [killed, interrupted] = yield* Effect.all([first, second], { concurrency: 2 })
        assert.isNull(killed.code)
        assert.strictEqual(interrupted.code, 130, interrupted.stderr + interrupted.stdout)
        assert.deepStrictEqual(stockOf(shop), [16, 6, 6])
      }).pipe(Effect.provide(database), Effect.scoped),
    minutes
  )

  it.live(
    "ends with one sentence and exit code 2 where only a person can help",
    () =>
      Effect.gen(function* () {
        const { env } = yield* world
        const nowhere = env.DATABASE_URL.replace(/\/[^/]*$/, "/elsewhere")
        const unknown = yield* Program.run(["sync", "run"], { ...env, DATABASE_URL: nowhere })
        assert.strictEqual(unknown.code, 2)
        assert.include(unknown.stderr, "DATABASE_URL names a database that does not exist")
        const wrong = yield* Program.run(["sync", "run"], { ...env, DATABASE_SCHEMA: "1; drop schema" })
        assert.strictEqual(wrong.code, 2)
        assert.include(wrong.stderr, "DATABASE_SCHEMA is not a schema's name")
      }).pipe(Effect.provide(database), Effect.scoped),
    minutes
  )
})

const database = Layer.fresh(EmbeddedPostgres.layer)

const count = (text: string, words: string): number => text.split(words).length - 1

const stockOf = (shop: Sandbox.Sandbox) => ["CANDLE", "BOX", "GIFT"].map((sku) => shop.stock({ sku }))

/** A shop with three goods, an empty database, a list of goods, and the settings that name them. */
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
  const goods = ["CANDLE,Candle,,20,,", "BOX,Box,,8,,", "GIFT,Gift set,kit,,,", "CANDLE,,,,GIFT,2", "BOX,,,,GIFT,1"]
  writeFileSync(file, ["sku,name,kind,on_hand,kit,quantity", ...goods].join("\n"))
  const env = {
    DATABASE_URL: Redacted.value(url),
    DATABASE_SCHEMA: "shop_stock",
    BIGCOMMERCE_STORE_HASH: shop.storeHash,
    BIGCOMMERCE_ACCESS_TOKEN: shop.accessToken,
    BIGCOMMERCE_API_URL: shop.url
  }
  return { shop, env, file }
})
