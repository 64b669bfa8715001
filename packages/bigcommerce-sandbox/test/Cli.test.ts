import { type ChildProcess, spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { parse } from "../src/Arguments.ts"
import * as Client from "./Client.ts"

const cli = fileURLToPath(new URL("../src/cli.ts", import.meta.url))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Starts the command; `until` resolves with the output as soon as it holds the text. */
const start = (...args: ReadonlyArray<string>) => {
  const child: ChildProcess = spawn(process.execPath, [cli, ...args], { stdio: ["ignore", "pipe", "pipe"] })
  let [out, err] = ["", ""]
  child.stdout?.on("data", (chunk: Buffer) => (out += chunk.toString()))
  child.stderr?.on("data", (chunk: Buffer) => (err += chunk.toString()))
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, out, err })))
  const until = (text: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => (out.includes(text) ? resolve(out) : undefined)
      child.stdout?.on("data", look)
      void ended.then(() => reject(new Error(`ended before ${text}: ${err}`)))
    })
  return { child, ended, until }
}

describe("The command", () => {
  it("prints where the store is, serves it, and ends with 0 on Ctrl-C", async () => {
    const command = start("--port", "0", "--products", "20", "--orders", "15", "--plan", "pro", "--token", "abc")
    const text = await command.until("Ctrl-C")
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text)?.[0] ?? ""
    assert.include(text, "20 products")
    const reply = await Client.at(`${url}/stores/sandbox1`, { "X-Auth-Token": "abc" }).get("/v2/orders/count")
    assert.strictEqual(reply.body.count, 15)
    assert.strictEqual(reply.headers.get("x-rate-limit-requests-quota"), "450")
    command.child.kill("SIGINT")
    assert.deepInclude(await command.ended, { code: 0, err: "" })
  })

  it("answers bad flags with one sentence and 2", async () => {
    const ended = await start("--prot", "1").ended
    assert.deepStrictEqual(ended, { code: 2, out: "", err: "bigcommerce-sandbox: Unknown option '--prot'.\n" })
    const wrong: Readonly<Record<string, string>> = {
      "--port 70000": '--port must be a whole number from 0 to 65535, not "70000".',
      "--products 1e3": '--products must be a whole number from 0 to 1000000, not "1e3".',
      "--locations 0": '--locations must be a whole number from 1 to 100, not "0".',
      "--plan gold": '--plan must be one of standard, plus, pro, enterprise, not "gold".',
      "--token ä": "--token must be up to 128 letters, digits, dashes and underscores.",
      extra: "Unexpected argument 'extra'.",
      "--seed": "Option '--seed <value>' argument missing."
    }
    for (const [flags, sentence] of Object.entries(wrong)) assert.strictEqual(parse(flags.split(" ")), sentence)
    assert.deepInclude(parse(["--seed", "7"]), { seed: 7, port: 4020, products: 420, plan: "standard", help: false })
  })

  it("explains itself, and names a port that is taken", async () => {
    const help = await start("--help").ended
    assert.strictEqual(help.code, 0)
    assert.match(help.out, /^Usage: bigcommerce-sandbox/)
    const first = start("--port", "0", "--products", "1", "--orders", "0")
    const port = /127\.0\.0\.1:(\d+)/.exec(await first.until("Ctrl-C"))?.[1] ?? ""
    const second = await start("--port", port, "--products", "1", "--orders", "0").ended
    assert.deepStrictEqual(
      [second.code, second.err],
      [2, `bigcommerce-sandbox: Port ${port} is taken; choose another with --port.\n`]
    )
    first.child.kill("SIGTERM")
    assert.strictEqual((await first.ended).code, 0)
  })
})
