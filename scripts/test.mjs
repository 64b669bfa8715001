// Runs every test of the workspace (`npm test`), and ends with one line: "N passed, N failed".
//
// Arguments go to Vitest as they are: `npm test -- --project core`, `npm test -- Kits`, `npm test -- -t "N7"`.
// A test file or suite that breaks outside its tests counts as one failure, and a run without a single passed test is a
// failed run.
import { parseCLI, startVitest } from "vitest/node"

const { filter, options } = parseCLI(["vitest", "run", ...process.argv.slice(2)])
const vitest = await startVitest("test", filter, { ...options, run: true, config: "vitest.workspace.ts" }).catch(
  (error) => {
    process.stderr.write(`${error.message}\n`)
    process.stdout.write("0 passed, 0 failed\n")
    process.exit(1)
  }
)

const tally = { passed: 0, failed: 0, skipped: 0 }
for (const module of vitest.state.getTestModules()) {
  for (const test of module.children.allTests()) {
    const { state } = test.result()
    tally[state === "pending" ? "failed" : state] += 1
  }
  for (const broken of [module, ...module.children.allSuites()]) {
    if (broken.errors().length > 0) tally.failed += 1
  }
}
tally.failed += vitest.state.getUnhandledErrors().length
await vitest.close()

const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : ""
process.stdout.write(`${tally.passed} passed, ${tally.failed} failed${skipped}\n`, () => {
  process.exit(tally.failed === 0 && tally.passed > 0 ? process.exitCode : 1)
})
