/**
 * Every answer that BigCommerce documents, and every one composed from its documents, goes through the adapter.
 *
 * The bodies are BigCommerce's own and not part of this repository: they are read from beside it where they are present.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Option } from "effect"
import { TestClock } from "effect/testing"
import type { CartError } from "@stockport/core/ports/Cart"
import { names, operationOf, run } from "./Probe.ts"
import type { Sent } from "./Transport.ts"

const folder = new URL("../../../../shared/bigcommerce/fixtures/", import.meta.url)
const isPresent = existsSync(folder)

/** Operations that the adapter does not send, and what their answers are a part or a variation of, if anything. */
const alike: Readonly<Record<string, readonly [name: string, wrap: (body: unknown) => unknown]>> = {
  "GET /v2/orders/{order_id}/products/{product_id}": ["GET /v2/orders/{order_id}/products", (line) => [line]],
  "GET /v2/orders/{order_id}/fees": ["GET /v2/orders/{order_id}", (fees) => ({ ...order, fees })],
  "GET /v2/orders/{order_id}/consignments": [
    "GET /v2/orders/{order_id}",
    (consignments) => ({ ...order, consignments })
  ],
  "PUT /v2/orders/{order_id}/shipments/{shipment_id}": ["POST /v2/orders/{order_id}/shipments", (row) => row],
  "GET /v3/catalog/products/{product_id}": ["GET /v3/catalog/products", (body) => inList(body)],
  "GET /v3/catalog/products/{product_id}/variants": ["GET /v3/catalog/variants", (body) => body],
  "GET /v3/catalog/products/{product_id}/variants/{variant_id}": ["GET /v3/catalog/variants", (body) => inList(body)],
  "GET /v3/hooks/{webhook_id}": ["PUT /v3/hooks/{webhook_id}", (body) => body],
  "GET /v3/orders/{order_id}/payment_actions/refunds": ["GET /v3/orders/payment_actions/refunds", (body) => body]
}

const order = { id: 100, status_id: 11, date_created: "Tue, 05 Aug 2025 14:03:22 +0000", items_total: 0 }

const inList = (body: unknown): unknown =>
  typeof body === "object" && body !== null && "data" in body ? { ...body, data: [body.data] } : body

/**
 * Samples that a tool made of the schemas: they hold "string" where a date or an amount is meant, and ids of 0. Where rows
 * are read one by one, such a row is a value of its own.
 */
const senseless: Readonly<Record<string, string>> = {
  "v3/GET orders_payment_actions_refunds/200.schema-sample.json": "body.data.0",
  "v3/GET orders_order_id_payment_actions_refunds/200.schema-sample.json": "body.data.0"
}

interface Documented {
  readonly file: string
  readonly name: string
  readonly status: number
  readonly body: string
}

const read = (file: string): string => readFileSync(new URL(encodeURI(file), folder), "utf8")

const wrapped = (operation: string, body: string): Pick<Documented, "name" | "body"> | undefined => {
  if (names.includes(operation)) return { name: operation, body }
  const [name, wrap] = alike[operation] ?? []
  return name === undefined || wrap === undefined ? undefined : { name, body: JSON.stringify(wrap(JSON.parse(body))) }
}

const documented = (): ReadonlyArray<Documented> => {
  const index = JSON.parse(read("_index.json")) as ReadonlyArray<{ readonly file: string; readonly op: string }>
  return index.flatMap(({ file, op }) => {
    const status = /\/(\d{3})\./.exec(file)?.[1]
    const found = status === undefined ? undefined : wrapped(op, read(file))
    return found === undefined ? [] : [{ file, status: Number(status), ...found }]
  })
}

const composed = (): ReadonlyArray<Documented> => {
  const rows = JSON.parse(read("composed/_index.json")) as ReadonlyArray<{
    readonly file: string
    readonly request: string
    readonly status: number
  }>
  const present = readdirSync(new URL("composed/", folder))
  return rows.map(({ file, request, status }) => {
    const name = operationOf({ ...nothing, method: request.split(" ")[0] ?? "", path: request.split(/[ ?]/)[1] ?? "" })
    const found = present.find((entry) => entry.replace(/\.\w+$/, "") === file)
    return { file: `composed/${file}`, name, status, body: found === undefined ? "" : read(`composed/${found}`) }
  })
}

const nothing: Sent = { method: "", path: "", query: new URLSearchParams(), headers: {}, body: undefined }

/** What an answer becomes, and whether it was asked for at all. */
const played = ({ body, name, status }: Documented) =>
  Effect.gen(function* () {
    const sent: Array<Sent> = []
    const fiber = yield* Effect.forkChild(Effect.exit(run(name, { status, text: body }, sent)))
    yield* TestClock.adjust("30 minutes")
    const exit = yield* Fiber.join(fiber)
    assert.isTrue(sent.map(operationOf).includes(name), `${name} was not sent`)
    return exit
  })

const errorOf = (exit: Exit.Exit<unknown, CartError>): CartError | undefined =>
  Exit.isFailure(exit) ? Option.getOrUndefined(Cause.findErrorOption(exit.cause)) : undefined

const answered = ["PUT /v3/inventory/adjustments/absolute", "GET /v2/orders/{order_id}", "GET /v3/channels"]

const tags: Readonly<Record<number, ReadonlyArray<string>>> = {
  400: ["Rejected"],
  401: ["Unauthorized"],
  404: ["NotFound"],
  409: ["Conflict"],
  413: ["TooLarge"],
  422: ["Rejected"],
  429: ["RateLimited"],
  500: ["Transient"],
  503: ["Suspended", "Transient"]
}

describe.skipIf(!isPresent)("every documented and composed answer", () => {
  const all = isPresent ? [...documented(), ...composed()] : []

  it("is found", () => assert.isAbove(all.length, 70))

  it.effect.each(all.map((one) => [`${one.file} as ${one.name}`, one] as const))("%s", ([, one]) =>
    Effect.gen(function* () {
      const exit = yield* played(one)
      const error = errorOf(exit)
      if (one.status >= 400) {
        // A row that is refused is a verdict; an order that is not there is an answer; channels may be left out.
        if (Exit.isSuccess(exit)) assert.include(answered, one.name)
        else assert.include(tags[one.status] ?? [], error?.reason._tag)
        return
      }
      const where = senseless[one.file]
      if (where === undefined) assert.isTrue(Exit.isSuccess(exit), String(error))
      else assert.isTrue(error?.reason._tag === "Undecodable" && error.reason.path.startsWith(where), String(error))
    })
  )
})
