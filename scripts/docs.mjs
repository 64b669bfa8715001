// Checks what is written (`npm run docs`).
//
// - Every link in every Markdown file leads to a file or a heading of this repository, or out of it by https.
// - Every `ts` block in Markdown, and every example in a doc comment of the packages, compiles in strict mode.
// - A block with expectations runs: `1 + 1 // => 2` compares the expression's value, `console.log(x) // => text` what is
//   printed. An expectation stands on the line on which its statement ends.
// - Every module of the packages opens with a doc comment, and every public name has one.
// - The pages that promise to be complete are: every issue code, policy switch, error, worked case and dependency.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const workshop = join(root, ".tools", "docs")
const findings = []
const found = (place, what) => findings.push(`${place}: ${what}`)
const read = (file) => readFileSync(join(root, file), "utf8")

const filesOf = (...patterns) => {
  const options = ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns]
  const { stdout } = spawnSync("git", options, { cwd: root, encoding: "utf8" })
  return stdout.split("\n").filter((file) => file !== "" && existsSync(join(root, file)))
}

/** The lines of a Markdown file, each with its number and whether it stands in a fenced block (and in which). */
const linesOf = (text) => {
  let fence = null
  return text.split("\n").map((line, index) => {
    const mark = /^\s*(`{3,}|~{3,})\s*(\S*)/.exec(line)
    if (fence === null && mark !== null) {
      fence = { mark: mark[1], language: mark[2], start: index + 1 }
      return { line, number: index + 1, fence: null }
    }
    if (fence !== null && mark !== null && mark[1].startsWith(fence.mark) && mark[2] === "") {
      fence = null
      return { line, number: index + 1, fence: null }
    }
    return { line, number: index + 1, fence }
  })
}

/** The anchors that GitHub gives to the headings of a file. */
const anchorsOf = (text) => {
  const seen = new Map()
  return linesOf(text).flatMap(({ line, fence }) => {
    const heading = fence === null ? /^#{1,6}\s+(.*?)\s*#*$/.exec(line) : null
    if (heading === null) return []
    const plain = heading[1].replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase()
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "").replaceAll(" ", "-")
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    return [times === 0 ? slug : `${slug}-${times}`]
  })
}

const checkLink = (file, place, target) => {
  if (/^(https|mailto):/.test(target)) return
  const refuse = (reason) => found(place, `${target} ${reason}`)
  if (/^[a-z]+:/.test(target)) {
    refuse("is neither a file of this repository nor https")
    return
  }
  const [path, anchor] = target.split("#")
  const full = path === "" ? join(root, file) : resolve(join(root, dirname(file)), decodeURIComponent(path))
  const name = relative(root, full)
  if (name.startsWith("..")) refuse("leads out of the repository")
  else if (!existsSync(full)) refuse("leads to nothing")
  else if (anchor !== undefined && full.endsWith(".md") && !anchorsOf(readFileSync(full, "utf8")).includes(anchor)) {
    refuse("names a heading that is not there")
  }
}

const checkLinks = (file) => {
  for (const { line, number, fence } of linesOf(read(file))) {
    if (fence !== null) continue
    const text = line.replace(/`[^`]*`/g, "")
    const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map((match) => match[1])
    const reference = /^\s*\[[^\]]+\]:\s*(\S+)/.exec(text)?.[1]
    for (const target of reference === undefined ? inline : [...inline, reference]) {
      checkLink(file, `${file}:${number}`, target)
    }
  }
}

/** The `ts` blocks of a text, with the line on which the code starts. */
const blocksOf = (file, text) => {
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
const docCommentsOf = (text) => {
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
const checkBlocks = (blocks) => {
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

/** Where a module declares each name that it exports, and whether a doc comment stands above the first declaration. */
const declarationsOf = (file) => {
  const lines = read(file).split("\n")
  const declarations = new Map()
  lines.forEach((line, index) => {
    const declaration =
      /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type) ([\w$]+)/
    const name = declaration.exec(line)?.[1]
    if (name === undefined || declarations.has(name)) return
    declarations.set(name, { number: index + 1, documented: lines[index - 1]?.trim().endsWith("*/") ?? false })
  })
  return declarations
}

/** The modules that a package's exports name, all of whose names are public. */
const openModulesOf = (folder) =>
  Object.values(JSON.parse(read(`${folder}/package.json`)).exports).flatMap((path) =>
    path.endsWith(".ts") ? filesOf(`:(glob)${folder}/${path.slice(2).replace("*", "**/*")}`) : []
  )

/** What a package offers: whole modules, and single names that one of them hands on from another. */
const publicNamesOf = (folder) => {
  const names = new Map()
  const add = (file, name) => names.set(file, [...(names.get(file) ?? []), name])
  const visited = new Set()
  const open = (file) => {
    if (visited.has(file) || !existsSync(join(root, file))) return
    visited.add(file)
    for (const name of declarationsOf(file).keys()) add(file, name)
    for (const [, what, target] of read(file).matchAll(/^export (?:type )?(\*|\{[^}]*\}).*? from "(\.[^"]+)"/gms)) {
      const origin = join(dirname(file), target)
      if (what === "*") open(origin)
      else for (const name of what.matchAll(/(?:type )?([\w$]+)(?: as [\w$]+)?[,\s}]/g)) add(origin, name[1])
    }
  }
  openModulesOf(folder).forEach(open)
  return names
}

/** Every module opens with a doc comment, and every public name has one where it is declared. */
const checkComments = (folder) => {
  for (const file of filesOf(`:(glob)${folder}/src/**/*.ts`)) {
    const opening = read(file)
      .split("\n")
      .find((line) => line.trim() !== "" && !line.startsWith("#!"))
    if (!opening?.startsWith("/**")) found(`${file}:1`, "the module does not open with a doc comment")
  }
  for (const [file, names] of publicNamesOf(folder)) {
    const declarations = declarationsOf(file)
    for (const name of new Set(names)) {
      const { number, documented } = declarations.get(name) ?? { documented: true }
      if (!documented) found(`${file}:${number}`, `${name} is public and has no doc comment`)
    }
  }
}

const coreModule = (path) => import(`../packages/core/src/${path}.ts`)
const tagsOf = (reasons) => reasons.members.map((reason) => reason.identifier)

/** What a page has to name, each in backticks or as a heading's first word. */
const vocabulary = async () => {
  const paths = ["domain/Issue", "domain/SyncPolicy", "domain/Sale", "domain/Item", "ports/Cart", "ports/Store"]
  const [{ IssueCode }, { SyncPolicy }, { SaleState }, { ItemKind }, { CartErrorReason }, { StoreErrorReason }] =
    await Promise.all(paths.map(coreModule))
  const switches = Object.values(SyncPolicy.fields).flatMap((group) => Object.keys(group.fields))
  const leftReasons = /type LeftReason =([^/]*?)\n\n/.exec(read("packages/core/src/decide/Publishing.ts"))[1]
  const manifests = filesOf("package.json", "packages/*/package.json", "examples/*/package.json").map((file) =>
    JSON.parse(read(file))
  )
  const dependencies = manifests.flatMap((manifest) =>
    ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"].flatMap((kind) =>
      Object.keys(manifest[kind] ?? {})
    )
  )
  return {
    "docs/concepts/issues.md": IssueCode.literals,
    "docs/concepts/policies.md": switches,
    "docs/concepts/intake.md": SaleState.literals,
    "docs/concepts/items-and-kits.md": ItemKind.literals,
    "docs/concepts/publishing.md": [...leftReasons.matchAll(/"(\w+)"/g)].map((match) => match[1]),
    "docs/reference/errors.md": [...tagsOf(CartErrorReason), ...tagsOf(StoreErrorReason)],
    "docs/reference/worked-cases.md": Array.from({ length: 33 }, (_, index) => `N${index + 1}`),
    "docs/decisions/dependencies.md": dependencies.filter((name) => !name.startsWith("@stockport/"))
  }
}

const checkVocabulary = async () => {
  for (const [page, words] of Object.entries(await vocabulary())) {
    const text = read(page)
    for (const word of new Set(words)) {
      if (!text.includes(`\`${word}\``) && !text.includes(`\n### ${word} `)) found(page, `does not explain ${word}`)
    }
  }
}

const pages = filesOf("*.md").filter((file) => !file.startsWith(".changeset/"))
const modules = filesOf(":(glob)packages/*/src/**/*.ts")
for (const page of pages) checkLinks(page)
for (const name of readdirSync(join(root, "packages"))) checkComments(`packages/${name}`)
await checkVocabulary()
const blocks = [
  ...pages.flatMap((page) => blocksOf(page, read(page))),
  ...modules.flatMap((module) => blocksOf(module, docCommentsOf(read(module))))
]
const ran = checkBlocks(blocks)

for (const finding of findings) process.stdout.write(`${finding}\n`)
process.stdout.write(
  `docs: ${pages.length} pages, ${modules.length} modules, ${blocks.length} examples compiled, ${ran} of them run; ` +
    `${findings.length === 0 ? "nothing" : findings.length} found\n`
)
process.exitCode = findings.length === 0 ? 0 : 1
