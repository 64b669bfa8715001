// Checks who imports whom (`npm run arrows`) by the rules of .dependency-cruiser.mjs, and checks the rules themselves:
// each forbidden arrow is planted in a copy of the workspace, and has to be refused by the rule that stands for it.
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join, sep } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

/** The rule, where the arrow is planted, and what is imported there. */
const plants = [
  ["domain-knows-domain", "packages/core/src/domain", "../decide/Matching.ts"],
  ["domain-knows-domain", "packages/core/src/domain", "../ports/Store.ts"],
  ["decide-knows-domain", "packages/core/src/decide", "../ports/Store.ts"],
  ["ports-know-domain", "packages/core/src/ports", "../decide/Publishing.ts"],
  ["core-knows-effect", "packages/core/src/sync", "effect/sql"],
  ["core-knows-effect", "packages/core/src/sync", "node:fs"],
  ["core-knows-effect", "packages/core/src/ports", "@stockport/testing"],
  ["bigcommerce-knows-core", "packages/bigcommerce/src", "@stockport/bigcommerce-sandbox"],
  ["bigcommerce-knows-core", "packages/bigcommerce/src", "@stockport/testing"],
  ["postgres-knows-core", "packages/postgres/src", "@stockport/testing"],
  ["testing-knows-core", "packages/testing/src", "node:fs"],
  ["sandbox-knows-nobody", "packages/bigcommerce-sandbox/src", "../../core/src/index.ts"],
  ["sandbox-knows-nobody", "packages/bigcommerce-sandbox/src", "../../../node_modules/effect/dist/index.js"],
  ["examples-are-leaves", "packages/testing/test", "../../../examples/reference-app/src/Planted.ts"],
  ["packages-have-doors", "packages/postgres/src", "../../core/src/domain/Item.ts"],
  ["packages-have-doors", "examples/reference-app/src", "../../../packages/core/src/index.ts"],
  ["packages-have-doors", "packages/core/test", "../../testing/src/index.ts"],
  ["imports-are-declared", "packages/bigcommerce/src", "standardwebhooks"],
  ["imports-resolve", "packages/bigcommerce/src", "@stockport/core/src/index.ts"],
  ["no-cycles", "packages/core/src/domain", "./PlantedBack.ts"]
].map(([rule, folder, target], index) => ({ rule, target, file: `${folder}/Planted${index}.ts` }))

const cruise = (folder, output) => {
  const { error, status, stdout, stderr } = spawnSync(
    "depcruise",
    ["--config", join(root, ".dependency-cruiser.mjs"), "--output-type", output, "packages", "examples"],
    { cwd: folder, encoding: "utf8", maxBuffer: 256 * 1024 * 1024, shell: process.platform === "win32" }
  )
  if (error) throw error
  return { status, output: stdout + (output === "json" ? "" : stderr) }
}

const isSource = (path) => !["dist", "test", "bench", "coverage"].includes(path.split(sep).at(-1))

/** The packages as they are, without what is built or tested, and with a place for every plant. */
const copyOfWorkspace = () => {
  const copy = mkdtempSync(join(tmpdir(), "stockport-arrows-"))
  for (const folder of ["packages", "examples"]) {
    cpSync(join(root, folder), join(copy, folder), { recursive: true, verbatimSymlinks: true, filter: isSource })
  }
  cpSync(join(root, "package.json"), join(copy, "package.json"))
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "junction")
  return copy
}

const plant = (folder, file, code) => {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), code)
}

/** The plants that were let through. */
const unnoticed = () => {
  const copy = copyOfWorkspace()
  try {
    plant(copy, "examples/reference-app/src/Planted.ts", "export {}\n")
    for (const { file, target } of plants) plant(copy, file, `import "${target}"\n`)
    const cyclic = plants.find(({ rule }) => rule === "no-cycles").file
    plant(copy, join(dirname(cyclic), "PlantedBack.ts"), `import "./${cyclic.split("/").at(-1)}"\n`)
    const { violations } = JSON.parse(cruise(copy, "json").output).summary
    return plants.filter(
      ({ file, rule }) => !violations.some((found) => found.rule.name === rule && found.from === file)
    )
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

const { status, output } = cruise(root, "err")
process.stdout.write(output)
const missed = unnoticed()
for (const { file, rule, target } of missed) {
  process.stdout.write(`  error ${rule} lets ${file} import ${target}\n`)
}
if (missed.length === 0) process.stdout.write(`√ each of ${plants.length} planted arrows was refused by its rule\n`)
process.exitCode = status === 0 && missed.length === 0 ? 0 : 1
