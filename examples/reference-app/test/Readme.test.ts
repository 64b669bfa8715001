import { assert, describe, it } from "@effect/vitest"
import { BigCommerceCart } from "@stockport/bigcommerce"
import { Sandbox } from "@stockport/bigcommerce-sandbox"
import { Channel, Connection, ConnectionId, Item, ItemId, Location, Quantity } from "@stockport/core"
import { Actor, Store } from "@stockport/core/ports/Store"
import * as Connect from "@stockport/core/sync/Connect"
import * as Match from "@stockport/core/sync/Match"
import { PostgresStore } from "@stockport/postgres"
import { EmbeddedPostgres } from "@stockport/postgres/embedded"
import { DateTime, Effect, Layer, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { spawn } from "node:child_process"
import { readFileSync, rmSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import * as Door from "./Door.ts"

describe("the lines of the README that keep a shop in step", () => {
  it.live(
    "outlive a database that is away at the start, a refused token and a page of HTML, and go on from there",
    () =>
      Effect.gen(function* () {
        const shop = yield* Effect.acquireRelease(
          Effect.promise(() => Sandbox.start({ store: "empty" })),
          (shop) => Effect.promise(() => shop.close())
        )
        shop.addProduct({ name: "Candle", sku: "CANDLE", onHand: 3 })
        const { url } = yield* EmbeddedPostgres
        yield* connected(shop, url)
        const door = yield* Door.to(new URL(Redacted.value(url)))
        door.close()
        for (const status of [401, 404]) {
          shop.faults.add({
            fault: { kind: "serverError", status, body: "html" },
            match: { operation: "GET /v2/orders" }
          })
        }
        const said = yield* started(shop, door.url)
        yield* until(() => said().includes("waiting, tried again"))
        door.open()
        yield* until(() => said().includes("in step again"))
        assert.include(said(), "refuses us")
        yield* until(() => shop.stock({ sku: "CANDLE" }) === 20)
        assert.notInclude(said(), shop.accessToken)
      }).pipe(Effect.provide(Layer.fresh(EmbeddedPostgres.layer)), Effect.scoped),
    { timeout: 180_000 }
  )
})

const connectionId = ConnectionId.ConnectionId.make("my-shop")
const main = Location.LocationId.make("main")
const web = Channel.ChannelId.make("web")

/** A candle, of which 20 are in stock, and the shop that sells it. */
const connected = (shop: Sandbox.Sandbox, url: Redacted.Redacted) =>
  Effect.gen(function* () {
    const { connections, items, stock } = yield* Store
    const itemId = ItemId.ItemId.make("candle")
    yield* stock.saveLocations([{ id: main, name: "Main", nettable: true, isDefault: true }])
    yield* items.save([Item.make({ id: itemId, kind: "inventory", sku: "CANDLE" })])
    yield* stock.count("opening", [{ itemId, locationId: main, counted: Quantity.of(20) }])
    yield* connections.saveChannel({ id: web, name: "Web", description: "", locations: null })
    yield* Connect.connect(
      Connection.make({
        id: connectionId,
        channelId: web,
        locationId: main,
        publishTo: [{ cartLocationId: Connection.CartLocationId.make("1"), locations: null }],
        importFrom: yield* DateTime.now
      })
    )
    yield* Match.apply({ id: connectionId }, yield* Match.plan(connectionId))
  }).pipe(
    Effect.provide(
      Layer.merge(
        PostgresStore.layerUrl(url),
        BigCommerceCart.layer({
          storeHash: shop.storeHash,
          accessToken: Redacted.make(shop.accessToken),
          apiUrl: shop.url
        }).pipe(Layer.provide(FetchHttpClient.layer))
      )
    ),
    Effect.provideService(Actor, { name: "test", reason: "a shop for the README" })
  )

/** Runs the README's first example as a program of its own; gives what it has said so far. */
const started = (shop: Sandbox.Sandbox, databaseUrl: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const [, example = ""] = /```ts\n([\s\S]*?)```/.exec(readFileSync(readme, "utf8")) ?? []
        writeFileSync(program, `${example}\nEffect.runFork(keepInStep)\n`)
        const child = spawn(process.execPath, ["--no-warnings", program], {
          env: {
            PATH: process.env["PATH"],
            DATABASE_URL: databaseUrl,
            BIGCOMMERCE_STORE_HASH: shop.storeHash,
            BIGCOMMERCE_ACCESS_TOKEN: shop.accessToken,
            BIGCOMMERCE_API_URL: shop.url
          },
          stdio: ["ignore", "pipe", "pipe"]
        })
        let text = ""
        for (const stream of [child.stdout, child.stderr]) {
          stream.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
        }
        return { child, said: () => text }
      }),
      ({ child }) =>
        Effect.sync(() => {
          child.kill("SIGKILL")
          rmSync(program, { force: true })
        })
    ),
    ({ said }) => said
  )

const readme = fileURLToPath(new URL("../../../README.md", import.meta.url))

// In this folder, where the packages are found by their names.
const program = fileURLToPath(new URL("./.readme.generated.ts", import.meta.url))

// Waits for what another process does; the test's own time-out is the bound.
const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.delay(until(holds), "50 millis")))
