import { fileURLToPath } from "node:url"
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config"

// The one Vitest configuration, passed by --config: a project for each package. What bounds a test is its subject and not
// the clock, for machines that run tests are busy.
const project = (
  folder: string,
  options: NonNullable<TestProjectInlineConfiguration["test"]> = {}
): TestProjectInlineConfiguration => ({
  test: {
    name: folder.replace(/^.*\//, ""),
    root: folder,
    include: ["test/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    ...options
  }
})

// With a seed of their own all properties are drawn from it (`npm run fresh`).
const fresh: NonNullable<TestProjectInlineConfiguration["test"]> =
  process.env["FRESH_SEED"] === undefined
    ? {}
    : { setupFiles: [fileURLToPath(new URL("packages/testing/test/fresh.setup.ts", import.meta.url))] }

export default defineConfig({
  test: {
    projects: [
      project("packages/core", fresh),
      project("packages/testing", fresh),
      project("packages/bigcommerce-sandbox"),
      project("packages/bigcommerce"),
      project("packages/postgres", { globalSetup: ["test/support/globalSetup.ts"] }),
      project("examples/reference-app")
    ]
  }
})
