/**
 * The torture run: processes import, receive, ship, count, reserve and publish against one server; they are killed with
 * SIGKILL at random moments, and connections are cut under those that live. At the end nothing may be lost, doubled or
 * half done.
 *
 *     npm run torture -- --kills 200 --seed 7
 *
 * The seed decides what happens in which order; the machine decides the rest. Exits 1 and names every broken promise.
 */
import { PgClient } from "@effect/sql-pg"
import { PostgresStore } from "@stockport/postgres"
import { EmbeddedPostgres } from "@stockport/postgres/embedded"
import { Cause, Context, Effect, Exit, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { type ChildProcess, spawn } from "node:child_process"
import { randomBytes, randomInt } from "node:crypto"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { finish, verdict } from "./Verdict.ts"
import { furnish, randomOf, shopTables } from "./World.ts"

const { values } = parseArgs({ options: { kills: { type: "string" }, seed: { type: "string" } } })
const kills = Number(values.kills ?? "200")
const seed = Number(values.seed ?? randomInt(1, 2 ** 31))
const random = randomOf(seed)
const pick = <A>(list: ReadonlyArray<A>): A | undefined => list[Math.floor(random() * list.length)]

const roles = ["import", "import", "receive", "ship", "count", "reserve", "publish", "publish"]
const acknowledged = new Set<string>()
const failures: Array<string> = []

interface Worker {
  readonly role: string
  readonly child: ChildProcess
  up: boolean
  ended: boolean
}

let started = 0

const startWorker = (role: string, url: string): Worker => {
  const name = `${role}-${started++}`
  const child = spawn(
    process.execPath,
    ["--no-warnings", fileURLToPath(new URL("./worker.ts", import.meta.url)), role, name],
    { env: { ...process.env, DATABASE_URL: url }, stdio: ["ignore", "pipe", "pipe"] }
  )
  const worker: Worker = { role, child, up: false, ended: false }
  let text = ""
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (text + chunk).split("\n")
    text = lines.pop() ?? ""
    for (const line of lines) {
      if (line === "up") worker.up = true
      else acknowledged.add(line)
    }
  })
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => failures.push(chunk.trim()))
  child.on("exit", (code) => {
    worker.ended = true
    if (code !== null) failures.push(`worker ${name} ended by itself with ${code}`)
  })
  return worker
}

/** The shop's day: new orders, changed ones, shipped ones. */
const changeShop = (sql: SqlClient.SqlClient, orders: { count: number }) =>
  Effect.gen(function* () {
    if (orders.count < 20 || random() < 0.5) {
      orders.count++
      yield* sql`insert into shop.orders (id, version, quantity, shipped)
        values (${String(orders.count)}::text::int, 1, ${String(1 + Math.floor(random() * 3))}::text::int, false)`
      return
    }
    const id = String(1 + Math.floor(random() * orders.count))
    const quantity = String(1 + Math.floor(random() * 3))
    yield* random() < 0.6
      ? sql`update shop.orders set version = version + 1, quantity = ${quantity}::text::int, modified = default
          where id = ${id}::text::int and not shipped`
      : sql`update shop.orders set version = version + 1, shipped = true, modified = default
          where id = ${id}::text::int and not shipped`
  })

const cutConnections = (sql: SqlClient.SqlClient) =>
  sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name = 'stockport'
    order by md5(pid::text || ${String(random())}) limit 2`

const expireLease = (sql: SqlClient.SqlClient, { child }: Worker) =>
  sql`update stockport.leases set expires_at = now() where holder like ${`%:${child.pid}`}`

const killAll = (workers: ReadonlyArray<Worker>) =>
  Effect.forEach(
    workers,
    ({ child, ended }) =>
      Effect.callback<void>((resume) => {
        if (ended) return resume(Effect.void)
        child.once("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      }),
    { discard: true, concurrency: "unbounded" }
  )

const torture = (url: string, sql: SqlClient.SqlClient) =>
  Effect.gen(function* () {
    const orders = { count: 0 }
    const workers = yield* Effect.acquireRelease(
      Effect.sync(() => roles.map((role) => startWorker(role, url))),
      killAll
    )
    let killed = 0
    while (killed < kills && failures.length === 0) {
      yield* Effect.sleep(`${10 + Math.floor(random() * 60)} millis`)
      yield* changeShop(sql, orders)
      if (random() < 0.05) yield* cutConnections(sql)
      const up = workers.filter((worker) => worker.up && !worker.ended)
      // Enough of them are always left at work; starting one takes longer than killing one.
      const victim = up.length > workers.length / 2 && random() < 0.5 ? pick(up) : undefined
      if (victim === undefined) continue
      yield* killAll([victim])
      // Time flies for every other one: its lease has run out when the next one asks, whatever it had under way.
      if (random() < 0.5) yield* expireLease(sql, victim)
      workers[workers.indexOf(victim)] = startWorker(victim.role, url)
      killed++
      if (killed % 20 === 0) process.stderr.write(`${killed} of ${kills} killed, ${acknowledged.size} acknowledged\n`)
    }
    return { orders: orders.count, killed }
  }).pipe(Effect.scoped)

const server = Effect.suspend(() => {
  const given = process.env["DATABASE_URL"]
  if (given !== undefined && given !== "") return Effect.succeed(given)
  return Effect.map(Layer.build(EmbeddedPostgres.layer), (context) =>
    Redacted.value(Context.get(context, EmbeddedPostgres).url)
  )
})

/** A database of its own on the server, dropped at the end. */
const ownDatabase = (url: string) =>
  Effect.gen(function* () {
    const name = `stockport_torture_${randomBytes(6).toString("hex")}`
    const admin = Context.get(
      yield* Layer.build(PgClient.layer({ url: Redacted.make(url), maxConnections: 1 })),
      SqlClient.SqlClient
    )
    yield* Effect.acquireRelease(admin.unsafe(`create database ${name}`).unprepared, () =>
      Effect.orDie(admin.unsafe(`drop database if exists ${name} with (force)`).unprepared)
    )
    const own = new URL(url)
    own.pathname = `/${name}`
    return own.toString()
  })

const main = Effect.gen(function* () {
  const url = yield* ownDatabase(yield* server)
  // Under another name, so that cutting the workers' connections leaves this one alone.
  const context = yield* Layer.build(
    PostgresStore.layerUrl(Redacted.make(url), { applicationName: "torture", maxConnections: 4 })
  )
  const sql = Context.get(context, SqlClient.SqlClient)
  for (const statement of shopTables) yield* sql.unsafe(statement).unprepared
  yield* Effect.provide(furnish, context)
  const { killed, orders } = yield* torture(url, sql)
  yield* Effect.provide(finish, context)
  const faults = yield* Effect.provide(verdict(acknowledged), context)
  return { killed, orders, faults: [...failures, ...faults] }
}).pipe(Effect.scoped)

process.stderr.write(`torture: ${kills} kills, seed ${seed}\n`)
const exit = await Effect.runPromiseExit(main)
if (Exit.isFailure(exit)) {
  process.stderr.write(`${Cause.pretty(exit.cause)}\nseed ${seed}\n`)
  process.exitCode = 1
} else {
  const { faults, killed, orders } = exit.value
  for (const fault of faults) process.stderr.write(`broken: ${fault}\n`)
  process.stdout.write(
    `${killed} kills, ${orders} orders, ${acknowledged.size} acknowledged writes, ${faults.length} broken promises, seed ${seed}\n`
  )
  process.exitCode = faults.length === 0 ? 0 : 1
}
