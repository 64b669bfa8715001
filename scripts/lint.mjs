// Reads all code (`npm run lint`): oxlint with types, Effect's own diagnostics, and the formatter in checking mode.
//
// Every tool runs, also after one has found something. `npm run lint -- packages/core` looks at one folder with the
// tools that can.
import { spawnSync } from "node:child_process"

const paths = process.argv.slice(2)
const tools = [
  ["oxlint", "--deny-warnings", "--report-unused-disable-directives", ...paths],
  ["oxfmt", "--check", ...paths],
  [
    "effect-tsgo",
    "diagnostics",
    "--project",
    "tsconfig.json",
    "--format",
    "text",
    "--strict",
    "--severity",
    "error,warning"
  ]
]

const failed = tools.filter(([command, ...args]) => {
  process.stdout.write(`> ${[command, ...args].join(" ")}\n`)
  const { status } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" })
  return status !== 0
})

if (failed.length > 0) {
  process.stdout.write(`lint: ${failed.map(([command]) => command).join(", ")} found something\n`)
  process.exitCode = 1
}
