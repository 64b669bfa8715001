// Checks what would be published (`npm run packages`): builds and packs every package, has publint and
// @arethetypeswrong/cli read each tarball, installs the tarballs into a project outside the workspace, and there imports
// every export path under plain Node.js and type-checks against it in both module resolutions. Any finding fails.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), "stockport-packages-"))
const tarballs = join(scratch, "tarballs")
const consumer = join(scratch, "consumer")
const failures = []

const readJson = (path) => JSON.parse(readFileSync(path, "utf8"))

/** Runs a command; what it printed is shown only when it failed. */
const run = (what, cwd, command, ...args) => {
  const options = { cwd, encoding: "utf8", maxBuffer: 64 * 1024 * 1024, shell: process.platform === "win32" }
  const { error, status, stdout, stderr } = spawnSync(command, args, options)
  const passed = status === 0
  process.stdout.write(`${passed ? "√" : "x"} ${what}\n`)
  if (passed) return stdout
  failures.push(what)
  process.stdout.write(`${error?.message ?? ""}${stdout ?? ""}${stderr ?? ""}\n`)
  return null
}

/** Every path that a packed package exports, with the patterns written out. */
const exportPaths = (manifest, files) =>
  Object.entries(manifest.exports).flatMap(([path, target]) => {
    if (!path.includes("*")) return [path]
    const [before, after] = target.types.split("*")
    return files
      .filter((file) => file.startsWith(before) && file.endsWith(after))
      .map((file) => path.replace("*", file.slice(before.length, -after.length)))
  })

const packages = readdirSync(join(root, "packages"))
  .map((folder) => join(root, "packages", folder))
  .filter((folder) => existsSync(join(folder, "package.json")))

const build = () => {
  for (const folder of packages) rmSync(join(folder, "dist"), { recursive: true, force: true })
  run("tsc -b (declarations)", root, "tsc", "-b", ...packages)
  for (const folder of packages) run(`tsup ${readJson(join(folder, "package.json")).name}`, folder, "tsup", "--silent")
}

const pack = (folder) => {
  const { name } = readJson(join(folder, "package.json"))
  const before = new Set(readdirSync(tarballs))
  run(`pack ${name}`, folder, "pnpm", "pack", "--pack-destination", tarballs)
  const file = readdirSync(tarballs).find((tarball) => !before.has(tarball))
  return file === undefined ? [] : [{ name, tarball: join(tarballs, file) }]
}

const inspect = ({ name, tarball }) => {
  const target = join(scratch, "unpacked", name)
  mkdirSync(target, { recursive: true })
  run(`unpack ${name}`, scratch, "tar", "-xzf", tarball, "-C", target)
  const manifest = readJson(join(target, "package", "package.json"))
  const files = readdirSync(join(target, "package"), { recursive: true }).map(
    (file) => `./${file.replaceAll("\\", "/")}`
  )
  const paths = [...new Set(exportPaths(manifest, files))]
  run(`publint ${name}`, scratch, "publint", "run", tarball, "--strict")
  const options = ["--profile", "esm-only", "--format", "ascii", "--entrypoints", ...paths]
  run(`attw ${name} (${paths.length} entry points)`, scratch, "attw", tarball, ...options)
  const modules = paths.filter((path) => !path.endsWith(".json")).map((path) => join(name, path).replaceAll("\\", "/"))
  return { modules, peers: manifest.peerDependencies ?? {}, optional: manifest.peerDependenciesMeta ?? {} }
}

const consume = (packed, inspected) => {
  const { devDependencies } = readJson(join(root, "package.json"))
  const peers = inspected.flatMap(({ peers, optional }) => Object.entries(peers).filter(([name]) => !optional[name]))
  const own = packed.map(({ name, tarball }) => [name, `file:${tarball}`])
  const modules = inspected.flatMap(({ modules }) => modules)
  const write = (file, text) => writeFileSync(join(consumer, file), text)
  write(
    "package.json",
    JSON.stringify({
      private: true,
      type: "module",
      dependencies: { ...Object.fromEntries([...peers, ...own]), "@types/node": devDependencies["@types/node"] }
    })
  )
  write("imports.mjs", `${modules.map((path) => `await import(${JSON.stringify(path)})`).join("\n")}\n`)
  write(
    "imports.ts",
    modules.map((path, n) => `import * as m${n} from "${path}"\nexport const x${n}: object = m${n}\n`).join("")
  )
  // Effect's own declarations name types of the DOM; with them every declaration is checked, not only ours.
  const libraries = { lib: ["ES2023", "DOM", "DOM.Iterable"], types: ["node"], skipLibCheck: false }
  for (const [module, moduleResolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"]
  ]) {
    const compilerOptions = { ...libraries, strict: true, noEmit: true, target: "ES2023", module, moduleResolution }
    write(`tsconfig.${moduleResolution}.json`, JSON.stringify({ compilerOptions, files: ["imports.ts"] }))
  }
  const quiet = ["--no-audit", "--no-fund", "--loglevel=error", "--prefer-offline"]
  if (run("npm install of the tarballs in a project outside", consumer, "npm", "install", ...quiet) === null) return
  run(`node imports all ${modules.length} modules`, consumer, "node", "imports.mjs")
  for (const resolution of ["nodenext", "bundler"]) {
    run(`tsc reads all of them (${resolution})`, consumer, "tsc", "-p", `tsconfig.${resolution}.json`)
  }
  for (const { name } of packed) {
    const { bin = {} } = readJson(resolve(consumer, "node_modules", name, "package.json"))
    for (const command of Object.keys(bin)) {
      run(`${command} --help`, consumer, join(consumer, "node_modules", ".bin", command), "--help")
    }
  }
}

try {
  mkdirSync(tarballs)
  mkdirSync(consumer)
  build()
  const packed = packages.flatMap(pack)
  consume(packed, packed.map(inspect))
} finally {
  rmSync(scratch, { recursive: true, force: true })
}
process.stdout.write(failures.length === 0 ? "packages: nothing found\n" : `packages: ${failures.join("; ")}\n`)
process.exitCode = failures.length === 0 ? 0 : 1
