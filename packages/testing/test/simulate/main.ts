/**
 * Simulates many worlds, and says what they came to:
 *
 *     npm run simulate -- --seeds 1000 --from 5000000 --json
 *     npm run simulate -- --plant doubt-skipped      is a planted bug found, and by which seed? `--plant all`: every one
 *     npm run simulate -- --compare                  the same worlds with a naive engine
 *     npm run simulate -- --failed                   every world in which a promise was ever broken
 *     npm run simulate -- --happenings buys,receives --shops 2 --faults 0 --steps 30
 *
 * Exits 1 when a promise was broken, and with `--plant` when one bug was not found.
 */
import type { Scenario } from "@stockport/testing/Simulator"
import * as Simulator from "@stockport/testing/Simulator"
import { Effect } from "effect"
import { type ChildProcess, fork } from "node:child_process"
import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import * as Campaign from "./Campaign.ts"
import * as Plants from "./Plants.ts"

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string" },
    json: { type: "boolean", default: false },
    steps: { type: "string" },
    faults: { type: "string" },
    shops: { type: "string" },
    happenings: { type: "string" },
    engine: { type: "string" },
    workers: { type: "string" },
    plant: { type: "string" },
    compare: { type: "boolean", default: false },
    failed: { type: "boolean", default: false },
    strict: { type: "boolean", default: false }
  }
})

/** How many worlds a process simulates before it answers. */
const batchSize = 20

/** How many worlds there are unless it is said. */
const seedsDefault = 200

/** How many worlds are tried at the most, unless it is said, before a planted bug counts as not found. */
const plantSeedsMax = 2_000

const say = (line: string): void => void process.stdout.write(`${line}\n`)

// Fresh worlds each time, and never those that everybody has tried before.
const from = Number(values.from ?? 1_000_000 + (Date.now() % 1_000_000_000))

const shared: Partial<Scenario> = {
  ...(values.strict ? { strict: true } : {}),
  ...(values.steps === undefined ? {} : { steps: Number(values.steps) }),
  ...(values.faults === undefined ? {} : { faultPercent: Number(values.faults) }),
  ...(values.shops === undefined ? {} : { shops: values.shops === "2" ? 2 : 1 }),
  ...(values.happenings === undefined ? {} : { happenings: values.happenings.split(",") }),
  ...(values.engine === undefined ? {} : { engine: values.engine === "naive" ? "naive" : "sync" })
}

const fresh = (seeds: number): ReadonlyArray<Scenario> =>
  Array.from({ length: seeds }, (_, index) => ({ ...shared, seed: from + index }))

/** Every world in which a promise was ever broken, with what it showed. */
const everFailed = (): ReadonlyArray<Scenario> =>
  JSON.parse(readFileSync(new URL("./failed.json", import.meta.url), "utf8"))

/** Runs scenarios on all processors; with `enough`, stops as soon as that is said of what there is so far. */
const campaign = async (
  scenarios: ReadonlyArray<Scenario>,
  plant: string | null,
  enough: (summary: Campaign.Summary) => boolean = () => false
): Promise<Campaign.Summary> => {
  const batches = Array.from({ length: Math.ceil(scenarios.length / batchSize) }, (_, index) =>
    scenarios.slice(index * batchSize, (index + 1) * batchSize)
  )
  let summary = Campaign.none
  const count = Math.min(batches.length, Number(values.workers ?? availableParallelism()))
  const work = async (): Promise<void> => {
    const worker = fork(fileURLToPath(new URL("./worker.ts", import.meta.url)), plant === null ? [] : [plant])
    for (;;) {
      const batch = batches.shift()
      if (batch === undefined || enough(summary)) break
      const answer = await answerOf(worker, batch)
      summary = Campaign.add(summary, answer)
    }
    worker.kill()
  }
  await Promise.all(Array.from({ length: count }, work))
  return summary
}

const answerOf = (worker: ChildProcess, batch: ReadonlyArray<Scenario>): Promise<Campaign.Summary> =>
  new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a worker ended with ${code}`))
    worker.once("exit", onExit)
    worker.once("message", (summary: Campaign.Summary) => {
      worker.off("exit", onExit)
      resolve(summary)
    })
    worker.send(batch)
  })

const figuresOf = (summary: Campaign.Summary): string =>
  Object.entries(summary)
    .flatMap(([name, figure]) => (typeof figure === "number" ? [`${name} ${Math.round(figure)}`] : []))
    .join(", ")

const report = async (name: string, scenarios: ReadonlyArray<Scenario>): Promise<void> => {
  const started = performance.now()
  const summary = await campaign(scenarios, values.plant ?? null)
  const seconds = Math.round((performance.now() - started) / 100) / 10
  process.exitCode = summary.violations > 0 ? 1 : 0
  if (values.json) return say(JSON.stringify({ from, ...summary, seconds }))
  say(`${name}: ${figuresOf(summary)}, in ${seconds} s`)
  for (const { seed, promise, sentence } of summary.broken) say(`  seed ${seed}, promise ${promise}: ${sentence}`)
  const [first] = summary.broken
  if (first === undefined || first.promise === 0) return
  say(`\nthe first of them:\n${Simulator.describe(await Effect.runPromise(Simulator.run(first.scenario)))}`)
}

/** Plants bugs one at a time, and says which seed finds each. */
const tryPlants = async (names: ReadonlyArray<string>): Promise<void> => {
  const rows: Array<{
    readonly plant: string
    readonly seed: number | null
    readonly tried: number
    readonly sentence: string
  }> = []
  if (!values.json) say("| planted bug | found by seed | what was seen |\n| --- | --- | --- |")
  for (const plant of names) {
    const { seeds, broken } = await campaign(
      fresh(Number(values.seeds ?? plantSeedsMax)),
      plant,
      (summary) => summary.broken.length > 0
    )
    const [first] = broken
    const row = { plant, seed: first?.seed ?? null, tried: seeds, sentence: first?.sentence ?? "nothing" }
    rows.push(row)
    if (!values.json) say(`| \`${plant}\`: ${Plants.all[plant]?.bug} | ${row.seed ?? "**none**"} | ${row.sentence} |`)
  }
  const missed = rows.filter(({ seed }) => seed === null)
  if (values.json) say(JSON.stringify({ from, planted: rows.length, found: rows.length - missed.length, rows }))
  else say(`\n${rows.length - missed.length} of ${rows.length} planted bugs were found, from seed ${from} on`)
  process.exitCode = missed.length > 0 ? 1 : 0
}

/** The same worlds with the sync and with a naive engine. */
const compare = async (): Promise<void> => {
  say(
    "| engine | seeds | orders | units oversold | unit-seconds exposed | requests |\n| --- | --- | --- | --- | --- | --- |"
  )
  for (const engine of ["sync", "naive"] as const) {
    const scenarios = fresh(Number(values.seeds ?? seedsDefault)).map((scenario) => ({ ...scenario, engine }))
    const { seeds, orders, unitsOversold, unitSecondsExposed, requests } = await campaign(scenarios, null)
    const figures = [seeds, orders, unitsOversold, unitSecondsExposed, requests].map((figure) =>
      Math.round(figure).toLocaleString("en")
    )
    say(`| ${engine === "sync" ? "Stockport" : "naive"} | ${figures.join(" | ")} |`)
  }
}

if (values.plant === "all") await tryPlants(Object.keys(Plants.all))
else if (values.plant !== undefined) await tryPlants(values.plant.split(","))
else if (values.compare) await compare()
else if (values.failed) await report("every world that ever failed", everFailed())
else {
  const scenarios = fresh(Number(values.seeds ?? seedsDefault))
  await report(`${scenarios.length} worlds from seed ${from}`, scenarios)
}
