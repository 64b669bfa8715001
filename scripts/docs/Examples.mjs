// Code examples: compiled in strict mode, and run where they state what comes out.
//
// `1 + 1 // => 2` compares the value of an expression, `const two = 1 + 1 // => 2` that of a constant, `console.log(x) // => text`
// what is printed. An expectation stands on the line on which its statement ends, and the statement on that line only.
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { linesOf } from "./Markdown.mjs"
import { found, findings, root } from "./Repository.mjs"

const workshop = join(root, ".tools", "docs")

/** The `ts` blocks of a text, with the line on which the code starts. */
export const blocksOf = (file, text) => {
  const blocks = new Map()
  for (const { line, fence } of linesOf(text)) {
    if (fence === null || (fence.language !== "ts" && fence.language !== "typescript")) continue
    const block = blocks.get(fence.start) ?? { file, start: fence.start, lines: [] }
    block.lines.push(line)
    blocks.set(fence.start, block)
  }
  return [...blocks.values()]
}

/** A module's text with everything but its doc comments blanked, so that line numbers stay. */
export const docCommentsOf = (text) => {
  let inside = false
  const lines = text.split("\n").map((line) => {
    if (/^\s*\/\*\*/.test(line)) inside = true
    const kept = inside ? line.replace(/^\s*(\/\*\*|\*(?!\/))\s?/, "").replace(/\*\/.*$/, "") : ""
    if (line.includes("*/")) inside = false
    return kept
  })
  return lines.join("\n")
}

/** The code of a block with each expectation turned into a comparison, all on the same lines as before. */
const withExpectations = ({ file, start, lines }) => {
  const compare = (line, index) => {
    const match = /^(\s*)(.*\S)\s*\/\/ => (.*)$/.exec(line)
    if (match === null) return line
    const [, indent, code, expected] = match
    const place = JSON.stringify(`${file}:${start + index + 1}`)
    const constant = /^(?:export )?const (\w+)\b.*=/.exec(code)
    if (constant !== null) return `${indent}${code}; $same(${place}, ${constant[1]}, ${expected})`
    const logged = /^console\.log\((.*)\)$/.exec(code)
    if (logged !== null) return `${indent}$prints(${place}, ${JSON.stringify(expected)}, ${logged[1]})`
    return `${indent}$same(${place}, ${code}, ${expected})`
  }
  return lines.map(compare).join("\n")
}

const runner = `import { format, isDeepStrictEqual, inspect } from "node:util"
import { Equal } from "effect"
let failed = 0
const fail = (place: string, got: string, expected: string) => {
  failed += 1
  process.stdout.write(\`\${place}: expected \${expected}, got \${got}\\n\`)
}
export const $same = (place: string, got: unknown, expected: unknown) => {
  if (!isDeepStrictEqual(got, expected) && !Equal.equals(got, expected)) fail(place, inspect(got), inspect(expected))
}
export const $prints = (place: string, expected: string, ...values: ReadonlyArray<unknown>) => {
  const printed = format(...values)
  if (printed !== expected) fail(place, printed, expected)
}
export const run = async (place: string, load: () => Promise<unknown>) => {
  try {
    await load()
  } catch (error) {
    fail(place, String(error), "no error")
  }
}
export const done = () => process.exit(failed === 0 ? 0 : 1)
`

/** A folder in which code finds the packages of the workspace and the libraries of its root by their names. */
const prepareWorkshop = () => {
  rmSync(workshop, { recursive: true, force: true })
  const link = (target, name) => {
    const path = join(workshop, "node_modules", name)
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync(target, path, "junction")
  }
  for (const name of readdirSync(join(root, "node_modules")).filter((name) => !name.startsWith("."))) {
    const scoped = name.startsWith("@")
      ? readdirSync(join(root, "node_modules", name)).map((leaf) => `${name}/${leaf}`)
      : [name]
    for (const library of scoped) link(join(root, "node_modules", library), library)
  }
  for (const name of readdirSync(join(root, "packages"))) link(join(root, "packages", name), `@stockport/${name}`)
  writeFileSync(join(workshop, "package.json"), `{ "type": "module" }\n`)
  writeFileSync(join(workshop, "expectations.ts"), runner)
  writeFileSync(
    join(workshop, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.base.json",
      compilerOptions: {
        noEmit: true,
        composite: false,
        incremental: false,
        declaration: false,
        declarationMap: false,
        noUnusedLocals: false,
        rewriteRelativeImportExtensions: false,
        allowImportingTsExtensions: true,
        typeRoots: ["../../node_modules/@types"]
      },
      include: ["*.ts"]
    })
  )
}

/** Compiles all blocks together, then runs those with expectations. Each is a module of its own. */
export const checkBlocks = (blocks) => {
  prepareWorkshop()
  const named = blocks.map((block, index) => ({ ...block, name: `block${index}.ts`, code: withExpectations(block) }))
  for (const { name, code } of named) {
    writeFileSync(
      join(workshop, name),
      `import { $prints, $same } from "./expectations.ts"; export { $prints, $same }\n${code}\n`
    )
  }
  const compiled = spawnSync("tsc", ["-p", workshop, "--pretty", "false"], { cwd: workshop, encoding: "utf8" })
  for (const line of (compiled.stdout + compiled.stderr).split("\n")) {
    const error = /^(block\d+\.ts)\((\d+),\d+\): error (.*)$/.exec(line)
    if (error === null) continue
    const block = named.find(({ name }) => name === error[1])
    found(`${block.file}:${block.start + Number(error[2]) - 1}`, error[3])
  }
  const runnable = named.filter(({ lines }) => lines.some((line) => line.includes("// => ")))
  const main = runnable.map(({ file, start, name }) => `await run("${file}:${start}", () => import("./${name}"))`)
  writeFileSync(
    join(workshop, "main.ts"),
    [`import { done, run } from "./expectations.ts"`, ...main, "done()", ""].join("\n")
  )
  const options = { cwd: workshop, encoding: "utf8", timeout: 120_000 }
  const { status, stdout, stderr } = spawnSync("node", ["main.ts"], options)
  if (status !== 0) findings.push(...(stdout.trim() || stderr.trim() || "the examples did not end").split("\n"))
  return runnable.length
}
