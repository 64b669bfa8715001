import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { PostgresStore } from "@stockport/postgres"
import { EmbeddedPostgres, layerStore } from "@stockport/postgres/embedded"
import { LocationId } from "@stockport/core/domain/Location"
import { Store } from "@stockport/core/ports/Store"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { type ChildProcess, spawn } from "node:child_process"
import * as NodeFs from "node:fs"
import * as NodeNet from "node:net"
import * as NodeOs from "node:os"
import * as NodePath from "node:path"
import { fileURLToPath } from "node:url"
import * as Leftovers from "../../src/Leftovers.ts"

const main = { id: LocationId.make("main"), name: "Main", nettable: true, isDefault: true }

// A temporary folder of our own, so that other servers on this machine neither disturb nor are disturbed.
const outer = process.env["TMPDIR"]
const temporary = NodeFs.mkdtempSync(NodePath.join(NodeOs.tmpdir(), "stockport-test-"))
beforeAll(() => {
  NodeFs.chmodSync(temporary, 0o755)
  process.env["TMPDIR"] = temporary
})
afterAll(() => {
  NodeFs.rmSync(temporary, { recursive: true, force: true })
  if (outer === undefined) delete process.env["TMPDIR"]
  else process.env["TMPDIR"] = outer
})

describe("the embedded PostgreSQL", () => {
  it.live("is a working store behind a password, and leaves neither server nor files behind", () =>
    Effect.gen(function* () {
      const server = yield* Effect.gen(function* () {
        const store = yield* Store
        yield* store.stock.saveLocations([main])
        assert.strictEqual((yield* store.stock.locations).length, 1)
        const embedded = yield* EmbeddedPostgres
        const wrong = Redacted.make(Redacted.value(embedded.url).replace(/postgres:[0-9a-f]+@/, "postgres:wrong@"))
        const refused = yield* Effect.flip(Layer.build(PostgresStore.layerUrl(wrong)))
        assert.strictEqual(refused._tag, "SqlError")
        return embedded
      }).pipe(Effect.scoped, Effect.provide(layerStore()))
      assert.isFalse(isAlive(server.pid))
      assert.isFalse(yield* listens(server.port))
      assert.deepStrictEqual(leftovers(), [])
    })
  )

  it.live("keeps its data where it is told to, durably, and refuses a second server there in words", () =>
    Effect.gen(function* () {
      const dataDirectory = NodePath.join(temporary, "kept", "data")
      yield* Effect.gen(function* () {
        const store = yield* Store
        yield* store.stock.saveLocations([main])
        const sql = yield* SqlClient.SqlClient
        const [row] = yield* sql<{ fsync: string }>`select current_setting('fsync') as fsync`
        assert.strictEqual(row?.fsync, "on")
        const error = yield* Effect.flip(Layer.build(Layer.fresh(EmbeddedPostgres.layerWith({ dataDirectory }))))
        assert.strictEqual(error.reason._tag, "DidNotStart")
        assert.match(error.message, /postmaster\.pid/)
      }).pipe(Effect.scoped, Effect.provide(layerStore({ dataDirectory })))
      const kept = yield* Effect.gen(function* () {
        const store = yield* Store
        return yield* store.stock.locations
      }).pipe(Effect.provide(layerStore({ dataDirectory })))
      assert.deepStrictEqual(kept, [main])
    })
  )

  it.live("ends with a starter that is interrupted or killed, and takes its files along", () =>
    Effect.gen(function* () {
      const [interrupted, killed] = yield* Effect.all([startElsewhere, startElsewhere], { concurrency: 2 })
      assert.notStrictEqual(interrupted.port, killed.port)
      assert.strictEqual(leftovers().length, 2)
      interrupted.child.kill("SIGINT")
      killed.child.kill("SIGKILL")
      yield* until(() => !isAlive(interrupted.pid) && !isAlive(killed.pid) && leftovers().length === 0)
      assert.isFalse(yield* listens(killed.port))
    })
  )

  it.live("sweeps what a killed watchdog has left, at the next start", () =>
    Effect.gen(function* () {
      const { child, pid } = yield* startElsewhere
      const [path = ""] = leftovers()
      const owner: { readonly watchdog: number } = JSON.parse(NodeFs.readFileSync(`${path}/owner.json`, "utf8"))
      process.kill(owner.watchdog, "SIGKILL")
      child.kill("SIGKILL")
      yield* until(() => !isAlive(owner.watchdog))
      assert.isTrue(isAlive(pid))
      yield* Layer.build(EmbeddedPostgres.layer)
      assert.isFalse(isAlive(pid))
      assert.isFalse(NodeFs.existsSync(path))
    })
  )
})

describe("the sweep of what was left behind", () => {
  const dead = 2 ** 22 + 1

  /** A folder like those of our servers, whose files say what they like. */
  const forge = (owner: unknown, lock: string, extra: ReadonlyArray<string> = []) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const path = NodeFs.mkdtempSync(NodePath.join(temporary, "stockport-postgres-"))
        const data = NodePath.join(path, "data")
        NodeFs.mkdirSync(data)
        NodeFs.writeFileSync(NodePath.join(path, "owner.json"), JSON.stringify(owner ?? { watchdog: dead, data }))
        NodeFs.writeFileSync(NodePath.join(data, "postmaster.pid"), lock.replace("DATA", data))
        for (const name of extra) NodeFs.writeFileSync(NodePath.join(data, name), "")
        return { path, data }
      }),
      ({ path }) => Effect.sync(() => NodeFs.rmSync(path, { recursive: true, force: true }))
    )

  it.live.each([["-1"], ["0"], ["1"], ["-5"], ["1e9"], [""], ["NaN"], ["99999999999"], [String(process.pid)]])(
    "signals nobody whom a forged file names as %s",
    ([pid]) =>
      Effect.gen(function* () {
        yield* forge(null, `${pid}\nDATA\n`, ["stockport.password"])
        assert.deepStrictEqual(signalled(sweep), [])
      }).pipe(Effect.scoped)
  )

  it.live.each([
    [{ watchdog: -1, data: "/" }],
    [{ watchdog: 0, data: "/" }],
    [{ watchdog: 1, data: "/" }],
    [{ watchdog: "1", data: 7 }],
    [[]],
    ["x"]
  ])("leaves a folder alone whose owner is no process that could be ours: $0", ([owner]) =>
    Effect.gen(function* () {
      const { path } = yield* forge(owner, "1\nDATA\n")
      assert.deepStrictEqual(signalled(sweep), [])
      assert.isTrue(NodeFs.existsSync(path))
    }).pipe(Effect.scoped)
  )

  it.live("leaves a process alone that is no server on this data, and removes what is left of the one that was", () =>
    Effect.gen(function* () {
      const { pid } = yield* bystander([])
      const { path } = yield* forge(null, `${pid}\nDATA\n`, ["stockport.password"])
      assert.deepStrictEqual(signalled(sweep), [])
      assert.isFalse(NodeFs.existsSync(path))
    }).pipe(Effect.scoped)
  )

  it.live("leaves a server alone whose data directory is not one of ours, and its folder too", () =>
    Effect.gen(function* () {
      const { data, path } = yield* forge(null, "")
      const { pid } = yield* bystander(["-D", data], "postgres")
      NodeFs.writeFileSync(NodePath.join(data, "postmaster.pid"), `${pid}\n${data}\n`)
      assert.deepStrictEqual(signalled(sweep), [])
      assert.isTrue(NodeFs.existsSync(path))
      NodeFs.writeFileSync(NodePath.join(data, "stockport.password"), "")
      assert.deepStrictEqual(signalled(sweep), [pid])
    }).pipe(Effect.scoped)
  )

  it.live("follows no link to a folder elsewhere", () =>
    Effect.sync(() => {
      const elsewhere = NodeFs.mkdtempSync(NodePath.join(temporary, "elsewhere-"))
      const link = NodePath.join(temporary, "stockport-postgres-link")
      NodeFs.symlinkSync(elsewhere, link)
      NodeFs.writeFileSync(NodePath.join(elsewhere, "owner.json"), JSON.stringify({ watchdog: dead, data: elsewhere }))
      sweep()
      assert.isTrue(NodeFs.existsSync(NodePath.join(elsewhere, "owner.json")))
      NodeFs.unlinkSync(link)
    })
  )
})

const startElsewhere = Effect.gen(function* () {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["--no-warnings", fileURLToPath(new URL("./starter.ts", import.meta.url))], {
        stdio: ["ignore", "pipe", "inherit"]
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const { pid, port } = yield* firstLine(child)
  return { child, pid, port }
})

const firstLine = (child: ChildProcess) =>
  Effect.callback<{ readonly pid: number; readonly port: number }>((resume) => {
    let text = ""
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
      if (text.includes("\n")) resume(Effect.sync(() => JSON.parse(text)))
    })
    child.on("exit", () => resume(Effect.die(new Error("the starter ended early"))))
  })

const leftovers = (): ReadonlyArray<string> =>
  NodeFs.readdirSync(NodeOs.tmpdir())
    .filter((name) => name.startsWith("stockport-postgres-"))
    .map((name) => NodePath.join(NodeOs.tmpdir(), name))

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    // A child that nobody waits for any more stays in the table as a zombie.
    return process.platform !== "linux" || !/^State:\s+Z/m.test(NodeFs.readFileSync(`/proc/${pid}/status`, "utf8"))
  } catch {
    return false
  }
}

const listens = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const socket = NodeNet.connect(port, "127.0.0.1", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.on("error", () => resume(Effect.succeed(false)))
  })

// Waits for what other processes do; the test's own timeout is the bound.
const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => (holds() ? Effect.void : Effect.delay(until(holds), "20 millis")))

const bystander = (args: ReadonlyArray<string>, argv0?: string) =>
  Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "--", ...args], {
        stdio: "ignore",
        ...(argv0 === undefined ? {} : { argv0 })
      })
    ),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** What is signalled while something runs, apart from the questions whether a process is there. */
const signalled = (run: () => void) => {
  const kill = process.kill.bind(process)
  const signals: Array<number> = []
  process.kill = (pid, signal) => {
    if (signal === 0) return kill(pid, 0)
    signals.push(pid)
    return true
  }
  try {
    run()
  } finally {
    process.kill = kill
  }
  return signals
}

const sweep = () => Leftovers.sweep(process.getuid?.())
