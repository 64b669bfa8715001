import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

// The tests that judge the domain and the decisions; `npm run mutation` runs them against each change of the code.
export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  test: {
    name: "mutation",
    include: ["test/*.test.ts", "test/worked-cases/*.test.ts"],
    setupFiles: ["test/mutation.setup.ts"],
    // Thousands of short runs: what takes time is loading modules, and none of these tests keeps state in one.
    isolate: false
  }
})
