import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const packages = fileURLToPath(new URL("..", import.meta.url))

// Everything comes from beside this file: the memory store and the scripted cart work with the code that is being changed, not
// with the one that it was copied from.
const beside = (name: string) => [
  { find: new RegExp(`^@stockport/${name}$`), replacement: `${packages}${name}/src/index.ts` },
  { find: new RegExp(`^@stockport/${name}/(.+)$`), replacement: `${packages}${name}/src/$1.ts` }
]

// The tests that judge the domain, the decisions and the sync; `npm run mutation` runs them against each change of the code.
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  resolve: { alias: [...beside("core"), ...beside("testing")] },
  test: {
    name: "mutation",
    include: ["test/*.test.ts", "test/sync/*.test.ts", "test/worked-cases/*.test.ts"],
    setupFiles: ["test/mutation.setup.ts"],
    // A run that shares its machine with others fails for what a change does, not for being slow; StrykerJS has its own limit.
    testTimeout: 60_000,
    // Thousands of short runs: what takes time is loading modules, and none of these tests keeps state in one.
    isolate: false
  }
})
