/**
 * The process between a starter and its PostgreSQL server: it starts the server, says when it is ready, and stops it and
 * removes what it left as soon as the starter is gone.
 *
 * The starter holds the other end of this program's standard input. However the starter ends (scope closed, Ctrl-C,
 * SIGKILL), the operating system closes that pipe, and the server goes. This program uses nothing but Node, real timers
 * included: it has to work when nothing else does any more.
 */
import { spawn, spawnSync } from "node:child_process"
import * as NodeFs from "node:fs"
import * as NodePath from "node:path"

/** What the starter asks for, as one JSON argument. `remove` is what is deleted at the end. */
export interface Assignment {
  readonly postgres: string
  readonly args: ReadonlyArray<string>
  readonly data: string
  readonly user: { readonly uid?: number; readonly gid?: number }
  readonly remove: ReadonlyArray<string>
  readonly stop: "fast" | "immediate"
  readonly startMillisMax: number
}

/** The one line that this program prints: the server is ready, or why it is not. */
export type Report =
  | { readonly _tag: "Ready"; readonly pid: number }
  | { readonly _tag: "Failed"; readonly log: string }

const stopMillisMax = 15_000
const logLengthMax = 8_000
const readyMark = "database system is ready to accept connections"

const main = (assignment: Assignment): void => {
  let log = ""
  let ready = false
  let stopping = false
  let abandoned = false
  const server = spawn(assignment.postgres, assignment.args, {
    ...assignment.user,
    cwd: assignment.data,
    env: { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" },
    stdio: ["ignore", "ignore", "pipe"],
    windowsHide: true
  })
  const stop = () => {
    if (stopping) return
    stopping = true
    stopServer(assignment, server)
    // oxlint-disable-next-line no-restricted-globals -- this process has no Effect runtime, see the header
    setTimeout(() => server.kill("SIGKILL"), stopMillisMax).unref()
  }
  // oxlint-disable-next-line no-restricted-globals -- this process has no Effect runtime, see the header
  const startTimer = setTimeout(() => {
    log += `\nnot ready after ${assignment.startMillisMax} ms`
    stop()
  }, assignment.startMillisMax)
  server.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (ready) return
    log = (log + text).slice(-logLengthMax)
    if (!log.includes(readyMark)) return
    ready = true
    clearTimeout(startTimer)
    report({ _tag: "Ready", pid: server.pid ?? 0 })
  })
  const finish = (failure: string) => {
    clearTimeout(startTimer)
    // After a failed start the starter may try another port with the same data: then the data is his to remove.
    if (ready || abandoned) removeAll(assignment.remove)
    if (!ready) report({ _tag: "Failed", log: failure })
    process.exitCode = ready ? 0 : 1
    process.stdin.destroy()
  }
  const abandon = () => {
    abandoned = true
    stop()
  }
  server.on("error", (error) => finish(error.message))
  server.on("close", () => finish(log))
  process.stdin.on("end", abandon).on("error", abandon).resume()
  process.stdout.on("error", () => undefined)
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, abandon)
}

const report = (line: Report): boolean => process.stdout.write(`${JSON.stringify(line)}\n`)

const stopServer = (assignment: Assignment, server: ReturnType<typeof spawn>): void => {
  if (process.platform === "win32") {
    const control = NodePath.join(NodePath.dirname(assignment.postgres), "pg_ctl.exe")
    spawnSync(control, ["stop", "-D", assignment.data, "-m", assignment.stop], { windowsHide: true })
    return
  }
  server.kill(assignment.stop === "fast" ? "SIGINT" : "SIGQUIT")
}

const removeAll = (paths: ReadonlyArray<string>): void => {
  for (const path of paths) NodeFs.rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
}

const argument = process.argv[2]
if (argument !== undefined) main(JSON.parse(argument))
