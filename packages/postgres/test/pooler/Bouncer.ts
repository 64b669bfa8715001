/**
 * A real PgBouncer in transaction mode before an embedded server, where one is installed or can be.
 */
import { Effect } from "effect"
import { spawn, spawnSync } from "node:child_process"
import * as NodeFs from "node:fs"
import * as NodeNet from "node:net"
import * as NodeOs from "node:os"
import * as NodePath from "node:path"

const places = ["pgbouncer", "/usr/sbin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"]

const found = () => places.find((place) => spawnSync(place, ["--version"]).status === 0) ?? null

const isRoot = process.getuid?.() === 0

/** The program; installed first where the system has Debian's package and lets us. */
export const program = (): string | null => {
  if (found() === null && isRoot && spawnSync("apt-get", ["--version"]).status === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" }
    spawnSync("apt-get", ["install", "--yes", "--no-install-recommends", "pgbouncer"], { env, stdio: "ignore" })
  }
  return found()
}

/** Runs a pooler before a server, for as long as the scope is open; answers its URL. */
export const start = (pgbouncer: string, server: string) =>
  Effect.gen(function* () {
    const port = yield* freePort
    const folder = NodeFs.mkdtempSync(NodePath.join(NodeOs.tmpdir(), "stockport-pooler-"))
    yield* Effect.addFinalizer(() => Effect.sync(() => NodeFs.rmSync(folder, { recursive: true, force: true })))
    const { hostname, password, pathname, port: serverPort, username } = new URL(server)
    const database = pathname.slice(1)
    const settings = [
      "[databases]",
      `${database} = host=${hostname} port=${serverPort} dbname=${database} user=${username} password=${decodeURIComponent(password)}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "pool_mode = transaction",
      "auth_type = any",
      "default_pool_size = 3",
      "server_tls_sslmode = prefer"
    ]
    const file = NodePath.join(folder, "pgbouncer.ini")
    NodeFs.chmodSync(folder, 0o755)
    NodeFs.writeFileSync(file, `${settings.join("\n")}\n`, { mode: 0o644 })
    yield* Effect.acquireRelease(
      Effect.sync(() => spawn(pgbouncer, [...(isRoot ? ["-u", "nobody"] : []), file], { stdio: "ignore" })),
      (pooler) => Effect.sync(() => pooler.kill("SIGTERM"))
    )
    yield* answers(port)
    return `postgres://${username}@127.0.0.1:${port}/${database}`
  })

const freePort = Effect.promise(
  () =>
    new Promise<number>((resolve) => {
      const server = NodeNet.createServer().listen(0, "127.0.0.1", () => {
        const { port } = server.address() as NodeNet.AddressInfo
        server.close(() => resolve(port))
      })
    })
)

const attemptsMax = 100

/** Waits until somebody listens. */
const answers = (port: number): Effect.Effect<void> => {
  const once = Effect.callback<boolean>((resume) => {
    const socket = NodeNet.connect(port, "127.0.0.1")
    socket.once("connect", () => {
      socket.destroy()
      resume(Effect.succeed(true))
    })
    socket.once("error", () => resume(Effect.succeed(false)))
  })
  const attempt = (n: number): Effect.Effect<void> =>
    Effect.flatMap(once, (listens) => {
      if (listens) return Effect.void
      if (n === attemptsMax) return Effect.die(new Error("the pooler does not start"))
      return Effect.andThen(Effect.sleep("100 millis"), attempt(n + 1))
    })
  return attempt(1)
}
