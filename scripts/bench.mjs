// Runs the benchmarks (`npm run bench`): every packages/*/bench/*.bench.ts, one after the other, each in a process of
// its own. A row compares a value with a floor measured in the same run; one that misses its limit fails.
//
// `npm run bench -- matching postgres` runs those whose path contains one of the words. With `--json` the last line is
// one JSON array of all rows: name, package, value, floor, ratio, limit, ok.
import { spawn } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const minutesMax = 30
const words = process.argv.slice(2).filter((argument) => !argument.startsWith("-"))
const json = process.argv.includes("--json")

const files = readdirSync(join(root, "packages"))
  .map((name) => `packages/${name}/bench`)
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => readdirSync(join(root, folder)).map((file) => `${folder}/${file}`))
  .filter((file) => file.endsWith(".bench.ts"))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))

/** The rows that a benchmark prints as its last line; its progress goes to standard error. */
const rowsOf = (file) =>
  new Promise((resolve, reject) => {
    const stdio = ["ignore", "pipe", "inherit"]
    const child = spawn("node", ["--expose-gc", file], { cwd: root, stdio, timeout: minutesMax * 60_000 })
    process.once("exit", () => child.kill())
    let output = ""
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text))
    child.on("error", reject)
    child.on("exit", (code, signal) => {
      try {
        if (code !== 0) throw new Error(signal ?? `exit code ${code}`)
        resolve(JSON.parse(output.trim().split("\n").at(-1)))
      } catch (error) {
        reject(new Error(`${file}: ${error.message}`))
      }
    })
  })

const figure = (value) => {
  if (typeof value !== "number") return ""
  return value.toLocaleString("en", { maximumSignificantDigits: 4 })
}

const table = (rows) => {
  const columns = ["package", "name", "value", "floor", "ratio", "limit", "ok"]
  const cells = [
    columns,
    ...rows.map((row) => columns.map((column) => (column === "ok" ? (row.ok ? "ok" : "MISSED") : row[column])))
  ].map((line) => line.map((cell) => (typeof cell === "string" ? cell : figure(cell))))
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => line[column].length)))
  const align = (cell, column) =>
    column >= 2 && column <= 5 ? cell.padStart(widths[column]) : cell.padEnd(widths[column])
  return cells.map((line) => line.map(align).join("  ").trimEnd()).join("\n")
}

// A benchmark does not outlive its runner.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1))

const rows = []
const broken = []
for (const file of files) {
  process.stderr.write(`> ${file}\n`)
  try {
    rows.push(...(await rowsOf(file)))
  } catch (error) {
    broken.push(error.message)
  }
}

process.stdout.write(`${table(rows)}\n`)
for (const message of broken) process.stdout.write(`did not finish: ${message}\n`)
if (files.length === 0) process.stdout.write(`no benchmark matches ${words.join(" ")}\n`)
if (json) process.stdout.write(`${JSON.stringify(rows)}\n`)
process.exitCode = files.length > 0 && broken.length === 0 && rows.every((row) => row.ok) ? 0 : 1
