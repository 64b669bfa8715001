import { type OtherProcess, storeProbes, type WorkDone } from "@stockport/testing/laws/StoreProbes"
import { Context, Effect, Redacted } from "effect"
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { EmptyStore, suite } from "../support/EmptyStore.ts"
import { TestDatabase } from "../support/TestDatabase.ts"

/** Runs the other half of the work in a process of its own, with a pool of its own, over the suite's database. */
const otherProcess: OtherProcess = (work) =>
  Effect.flatMap(suite, (context) =>
    Effect.callback<WorkDone>((resume) => {
      const program = fileURLToPath(new URL("./worker.ts", import.meta.url))
      const child = spawn(process.execPath, ["--no-warnings", program, JSON.stringify(work)], {
        env: { ...process.env, DATABASE_URL: Redacted.value(Context.get(context, TestDatabase).url) },
        stdio: ["ignore", "pipe", "inherit"]
      })
      let text = ""
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
      child.on("close", (code) =>
        resume(
          code === 0 ? Effect.sync(() => JSON.parse(text)) : Effect.die(new Error(`the worker exited with ${code}`))
        )
      )
      return Effect.sync(() => child.kill("SIGKILL"))
    })
  )

storeProbes({ name: "PostgresStore", layer: EmptyStore, otherProcess, timeoutMillis: 120_000 })
