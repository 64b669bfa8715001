// Runs a command of this workspace with the right tools, starting from any Node.js 20+ and npm.
//
// A good toolchain on the machine is used as it is. What is missing or too old (Node.js 24, pnpm at the pinned version)
// comes from the npm registry into .tools/, and pnpm installs the workspace when the lockfile has changed. Nothing is
// installed outside this folder, and a run that finds everything in place starts at once.
import { spawn, spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { constants } from "node:os"
import { delimiter, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const tools = join(root, ".tools")
const nodeVersion = "24.21.0"
const pnpmVersion = "12.21.0"
const windows = process.platform === "win32"
const ownTools = join(tools, "node_modules", ".bin")
const env = {
  ...process.env,
  PATH: [join(root, "node_modules", ".bin"), ownTools, process.env.PATH].join(delimiter),
  SCARF_ANALYTICS: "false"
}

const say = (text) => process.stderr.write(`stockport: ${text}\n`)

const stop = (text) => {
  say(text)
  process.exit(1)
}

const run = (command, args, cwd = root) => {
  const { error, status } = spawnSync(command, args, { cwd, env, stdio: ["ignore", 2, 2], shell: windows })
  if (error) stop(`${command} could not be started: ${error.message}`)
  if (status !== 0) stop(`\`${command} ${args.join(" ")}\` failed with exit code ${status}`)
}

const versionOf = (command) => {
  const { stdout } = spawnSync(command, ["--version"], { cwd: root, env, encoding: "utf8", shell: windows })
  return (stdout ?? "").trim().replace(/^v/, "")
}

const majorOf = (version) => Number(version.split(".")[0] || 0)

const missingTools = () => [
  ...(majorOf(versionOf("node")) >= 24 ? [] : [`node@${nodeVersion}`]),
  ...(versionOf("pnpm") === pnpmVersion ? [] : [`pnpm@${pnpmVersion}`])
]

const stamp = join(tools, "installed")
const wanted = createHash("sha256")
  .update([process.version, nodeVersion, pnpmVersion].join())
  .update(readFileSync(join(root, "pnpm-lock.yaml")))
  .digest("hex")
const isInstalled = () =>
  existsSync(join(root, "node_modules")) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted

const install = () => {
  if (majorOf(process.versions.node) < 20) stop(`Node.js 20 or newer is needed, this is ${process.version}`)
  mkdirSync(tools, { recursive: true })
  rmSync(stamp, { force: true })
  const missing = missingTools()
  if (missing.length > 0) {
    say(`fetching ${missing.join(" and ")} from the npm registry into .tools/ (once)`)
    writeFileSync(join(tools, "package.json"), `{ "private": true }\n`)
    // The npm package of Node.js brings its binary by an install script, which some machines switch off by default.
    const options = ["--no-audit", "--no-fund", "--no-save", "--loglevel=error", "--ignore-scripts=false"]
    run("npm", ["install", ...options, ...missing], tools)
  }
  say("installing the workspace (once for each change of pnpm-lock.yaml)")
  run("pnpm", ["install", "--frozen-lockfile", "--loglevel=error", "--config.confirmModulesPurge=false"])
  writeFileSync(stamp, wanted)
}

if (!isInstalled()) install()

const [command, ...args] = process.argv.slice(2)
if (command !== undefined) {
  // Ctrl-C reaches the child from the terminal; a signal sent to this process alone is passed on.
  const child = spawn(command, args, { cwd: root, env, stdio: "inherit", shell: windows })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on("error", (error) => stop(`${command} could not be started: ${error.message}`))
  child.on("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)))
}
