#!/usr/bin/env node
/** `npx @stockport/bigcommerce-sandbox`: starts a store, says how to reach it, and stops on Ctrl-C. */
import { parse, usage } from "./Arguments.ts"
import * as Sandbox from "./Sandbox.ts"

const say = (text: string): void => void process.stdout.write(`${text}\n`)

const main = async (argv: ReadonlyArray<string>): Promise<number | undefined> => {
  const options = parse(argv)
  if (typeof options === "string") {
    process.stderr.write(`bigcommerce-sandbox: ${options}\n`)
    return 2
  }
  if (options.help) {
    process.stdout.write(usage)
    return 0
  }
  const { port, seed, plan, inventoryDelayMillis, products, orders, locations } = options
  let sandbox: Sandbox.Sandbox
  try {
    sandbox = await Sandbox.start({
      port,
      seed,
      plan,
      inventoryDelayMillis,
      store: { products, orders, locations },
      storeHash: options.hash,
      accessToken: options.token,
      clientSecret: options.secret,
      allowInsecureDestinations: true
    })
  } catch (cause) {
    const isTaken = cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE"
    const reason = isTaken ? `Port ${port} is taken; choose another with --port.` : String(cause)
    process.stderr.write(`bigcommerce-sandbox: ${reason}\n`)
    return isTaken ? 2 : 1
  }
  describe(sandbox)
  const stop = (): void => void sandbox.close().then(() => process.exit(0))
  process.once("SIGINT", stop)
  process.once("SIGTERM", stop)
  return undefined
}

const describe = (sandbox: Sandbox.Sandbox): void => {
  const { catalog } = sandbox.shop
  say(`A BigCommerce store with ${catalog.products().length} products, ${catalog.variants().length} variants and`)
  say(`${sandbox.orders().length} orders (plan ${sandbox.settings.plan}) is open at ${sandbox.url}`)
  say("")
  say(`  store hash     ${sandbox.storeHash}`)
  say(`  access token   ${sandbox.accessToken}`)
  say(`  client secret  ${sandbox.clientSecret}`)
  say("")
  say(`  curl -H 'X-Auth-Token: ${sandbox.accessToken}' '${sandbox.apiUrl}/v2/orders?status_id=11&limit=5'`)
  say(`  curl '${sandbox.url}/_sandbox'   lists how to play shop`)
  say("")
  say("Ctrl-C stops it; nothing is kept.")
}

const exitCode = await main(process.argv.slice(2))
if (exitCode !== undefined) process.exitCode = exitCode
