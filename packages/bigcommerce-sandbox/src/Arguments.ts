/** Reads the command line. What is wrong is one sentence. */
import { parseArgs } from "node:util"
import { type Plan, plans } from "./Settings.ts"

export interface Arguments {
  readonly port: number
  readonly seed: number
  readonly products: number
  readonly orders: number
  readonly locations: number
  readonly plan: Plan
  readonly hash: string
  readonly token: string
  readonly secret: string
  readonly inventoryDelayMillis: number
  readonly help: boolean
}

/** The most products of one sandbox: about six million variants. */
export const productsMax = 1_000_000
const ordersMax = 1_000_000
const locationsMax = 100
const portMax = 65_535
const seedMax = 4_294_967_295
const delayMillisMax = 86_400_000

export const usage = `Usage: bigcommerce-sandbox [options]

A BigCommerce store on this machine: V2 and V3 over HTTP, filled from a seed.

  --port <number>             port on 127.0.0.1 (default: 4020; 0 takes a free one)
  --seed <number>             everything generated follows from it (default: 1)
  --products <number>         products; about six variants to each (default: 420)
  --orders <number>           orders over all 15 statuses (default: 330)
  --locations <number>        stock locations (default: 2)
  --plan <plan>               standard, plus, pro or enterprise: decides the quota (default: standard)
  --hash <text>               store hash (default: sandbox1)
  --token <text>              access token (default: sandbox-access-token)
  --secret <text>             client secret, the key of webhook signatures
  --inventory-delay <millis>  how long an accepted stock adjustment takes to show (default: 0)
  --help                      this text

GET /_sandbox lists the paths by which to play shop and to make trouble with curl.
`

const textForm = /^[A-Za-z0-9_-]{1,128}$/

/** The arguments, or the sentence that says what is wrong with them. */
export const parse = (argv: ReadonlyArray<string>): Arguments | string => {
  try {
    const { values } = parseArgs({
      args: [...argv],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: "string" },
        seed: { type: "string" },
        products: { type: "string" },
        orders: { type: "string" },
        locations: { type: "string" },
        plan: { type: "string" },
        hash: { type: "string" },
        token: { type: "string" },
        secret: { type: "string" },
        "inventory-delay": { type: "string" },
        help: { type: "boolean", short: "h" }
      }
    })
    return {
      port: integer("port", values.port, 4020, 0, portMax),
      seed: integer("seed", values.seed, 1, 0, seedMax),
      products: integer("products", values.products, 420, 0, productsMax),
      orders: integer("orders", values.orders, values.products === "0" ? 0 : 330, 0, ordersMax),
      locations: integer("locations", values.locations, 2, 1, locationsMax),
      plan: planOf(values.plan ?? "standard"),
      hash: text("hash", values.hash ?? "sandbox1"),
      token: text("token", values.token ?? "sandbox-access-token"),
      secret: text("secret", values.secret ?? "sandbox-client-secret"),
      inventoryDelayMillis: integer("inventory-delay", values["inventory-delay"], 0, 0, delayMillisMax),
      help: values.help ?? false
    }
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    return `${message.split(/\.\s|\n/)[0]?.replace(/\.$/, "") ?? message}.`
  }
}

const integer = (name: string, value: string | undefined, otherwise: number, least: number, most: number): number => {
  if (value === undefined) return otherwise
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (!(number >= least && number <= most)) {
    throw new Error(`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(value)}`)
  }
  return number
}

const planOf = (value: string): Plan => {
  for (const plan of Object.keys(plans) as ReadonlyArray<Plan>) if (plan === value) return plan
  throw new Error(`--plan must be one of ${Object.keys(plans).join(", ")}, not ${JSON.stringify(value)}`)
}

const text = (name: string, value: string): string => {
  if (textForm.test(value)) return value
  throw new Error(`--${name} must be up to 128 letters, digits, dashes and underscores`)
}
