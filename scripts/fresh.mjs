// Runs the properties of core and testing with ten seeds that nobody has tried yet (`npm run fresh`): none may fail by chance.
//
// `npm run fresh -- --from 42 --seeds 3` has a run again. Every seed is printed. Tests of examples draw nothing, and are left
// out; so are the simulator's, which have fresh seeds of their own (`npm run simulate`).
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"

const { values } = parseArgs({ options: { from: { type: "string" }, seeds: { type: "string", default: "10" } } })
const from = Number(values.from ?? Date.now() % 1_000_000_000)

/** No further seed is begun after so long: on a machine that is busy with other things fewer than ten are tried. */
const enoughMillis = 300_000

/** What a file that draws imports: fast-check, or the laws that do. */
const draws = /"(fast-check|@stockport\/testing\/laws[^"]*|@stockport\/testing)"|\/laws\//

const files = ["packages/core/test", "packages/testing/test"].flatMap((folder) =>
  readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(".test.ts") && !name.includes("Simulator"))
    .map((name) => join(folder, name))
    .filter((file) => draws.test(readFileSync(file, "utf8")))
)

const failed = []
let tried = 0
for (; tried < Number(values.seeds) && performance.now() < enoughMillis; tried++) {
  const seed = from + tried
  const started = performance.now()
  const run = spawnSync(process.execPath, ["scripts/test.mjs", "--project", "core", "--project", "testing", ...files], {
    env: { ...process.env, FRESH_SEED: String(seed) },
    encoding: "utf8"
  })
  const tally = run.stdout.split("\n").findLast((line) => /^\d+ passed, \d+ failed/.test(line))
  const seconds = Math.round((performance.now() - started) / 1_000)
  process.stdout.write(`seed ${seed}: ${tally ?? "nothing ran"}, in ${seconds} s\n`)
  if (run.status === 0) continue
  failed.push(seed)
  process.stdout.write(`${run.stdout}\n${run.stderr}\n`)
}
process.stdout.write(`${files.length} files, ${tried} seeds from ${from} on: ${failed.length} failed\n`)
process.exitCode = failed.length > 0 ? 1 : 0
