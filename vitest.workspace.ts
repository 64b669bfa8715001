import { defineConfig } from "vitest/config"

// One project per package; passed by --config.
export default defineConfig({
  test: { projects: ["packages/*", "examples/*"] }
})
