/**
 * Drives the adapter through a proxy that checks every request and every answer against BigCommerce's own description.
 *
 * Needs `CONTRACT_URL` (the proxy), `CONTRACT_SANDBOX_URL` (the store behind it), `CONTRACT_STORE_HASH`,
 * `CONTRACT_ACCESS_TOKEN` and `CONTRACT_CLIENT_SECRET`; ends with the exit code of the suite.
 */
import { spawnSync } from "node:child_process"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const vitest = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs")
const options = ["run", "--root", here, "--config", join(here, "vitest.config.ts")]
const { status } = spawnSync(process.execPath, [vitest, ...options], { stdio: "inherit" })
process.exitCode = status ?? 1
