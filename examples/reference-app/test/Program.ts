/**
 * Runs the app as a person would: a process with arguments and an environment, its output and its exit code.
 */
import { Effect } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"

/** What a run said and how it ended. */
export interface Run {
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
}

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url))

/** Runs the app to its end; `onOutput` may send it a signal on the way. */
export const run = (
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {},
  onOutput: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void = () => {}
): Effect.Effect<Run> =>
  Effect.callback((resume) => {
    const child = spawn(process.execPath, ["--no-warnings", main, ...args], {
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let stdout = ""
    let stderr = ""
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
      onOutput(stdout, (signal) => child.kill(signal))
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text))
    child.on("close", (code) => resume(Effect.succeed({ stdout, stderr, code })))
    return Effect.sync(() => child.kill("SIGKILL"))
  })
