// Checks the BigCommerce adapter and the sandbox against BigCommerce's own API description (`npm run contract`).
//
// A validating proxy stands between the two: adapter -> proxy -> sandbox. It notes every request and every answer that
// the description does not allow, and which operations were used. The check fails on any breach in either direction, and
// on any operation that the adapter can send and did not. The description states no licence, so it is no part of this
// repository: where it is not at hand, there is nothing to check.
import { spawn, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { all, nameOf } from "../packages/bigcommerce/src/Operation.ts"
import { Sandbox } from "../packages/bigcommerce-sandbox/src/index.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const material = join(root, "..", "shared", "bigcommerce")
const checker = join(root, ".tools", "contract")
const program = join(root, "packages", "bigcommerce", "test", "contract", "main.ts")
const startMillisMax = 60_000

const say = (text) => process.stdout.write(`${text}\n`)

/** The checker's own libraries, fetched once. */
const prepare = () => {
  mkdirSync(checker, { recursive: true })
  for (const file of readdirSync(join(material, "contract")).filter((name) => name.endsWith(".mjs"))) {
    cpSync(join(material, "contract", file), join(checker, file))
  }
  if (existsSync(join(checker, "node_modules", "@stoplight", "prism-cli"))) return
  say("fetching the checker's libraries from the npm registry into .tools/contract (once)")
  writeFileSync(join(checker, "package.json"), `{ "private": true, "type": "module" }\n`)
  const options = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"]
  const { status } = spawnSync("npm", ["install", ...options, "@stoplight/prism-cli@5.16.0", "js-yaml@4"], {
    cwd: checker,
    env: { ...process.env, SCARF_ANALYTICS: "false" },
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32"
  })
  if (status !== 0) throw new Error("the checker's libraries could not be fetched")
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })

/** Starts the proxy in front of a store, and waits until it listens. */
const startProxy = async (upstream) => {
  const port = await freePort()
  const stdio = ["ignore", "pipe", "inherit"]
  const specs = join(material, "specs-patched")
  const proxy = spawn("node", [join(checker, "stand-in.mjs"), specs, String(port), upstream], { stdio })
  process.once("exit", () => proxy.kill())
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the proxy did not start")), startMillisMax)
    proxy.on("exit", (code) => reject(new Error(`the proxy ended with exit code ${code}`)))
    proxy.stdout.once("data", () => {
      clearTimeout(timer)
      resolve()
    })
  })
  return { url: `http://127.0.0.1:${port}`, close: () => proxy.kill() }
}

const run = (environment) =>
  new Promise((resolve, reject) => {
    const child = spawn("node", [program], { stdio: "inherit", env: { ...process.env, ...environment } })
    child.on("error", reject)
    child.on("exit", resolve)
  })

/** An operation's name, whatever its path parameters are called. */
const normalise = (name) => name.replace(/\{[^}]*\}/g, "{}").replace(/\/$/, "")

const describeViolation = ({ method, url, kind, list }) =>
  [`  ${kind}: ${method} ${url}`, ...list.map(({ at, message }) => `    ${at ?? ""} ${message}`)].join("\n")

const check = async () => {
  prepare()
  const sandbox = await Sandbox.start({
    allowInsecureDestinations: true,
    // Where the text of the documentation and its schema contradict each other, a schema is what can be checked.
    settings: { contradictions: "asSchemaSays" }
  })
  const proxy = await startProxy(sandbox.url)
  try {
    const code = await run({
      CONTRACT_URL: proxy.url,
      CONTRACT_SANDBOX_URL: sandbox.url,
      CONTRACT_STORE_HASH: sandbox.storeHash,
      CONTRACT_ACCESS_TOKEN: sandbox.accessToken,
      CONTRACT_CLIENT_SECRET: sandbox.clientSecret
    })
    const violations = await (await fetch(`${proxy.url}/__violations`)).json()
    const coverage = await (await fetch(`${proxy.url}/__coverage`)).json()
    const covered = new Set(Object.keys(coverage).map(normalise))
    const missed = all.map(nameOf).filter((name) => !covered.has(normalise(name)))
    const requests = Object.values(coverage).reduce((sum, count) => sum + count, 0)
    for (const violation of violations) say(describeViolation(violation))
    for (const name of missed) say(`  not covered: ${name}`)
    if (code !== 0) say(`  the adapter's program ended with exit code ${code}`)
    say(
      `contract: ${requests} requests, ${all.length - missed.length} of ${all.length} operations covered, ` +
        `${violations.length} violations`
    )
    return code === 0 && violations.length === 0 && missed.length === 0
  } finally {
    proxy.close()
    await sandbox.close()
  }
}

// The proxy does not outlive this process.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1))

if (existsSync(join(material, "contract")) && existsSync(join(material, "specs-patched"))) {
  process.exitCode = (await check()) ? 0 : 1
} else {
  say("contract: BigCommerce's API description is not at hand, so there is nothing to check against")
}
