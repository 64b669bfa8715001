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

export default defineConfig({
  test: {
    projects: [
      project("packages/core"),
      project("packages/testing"),
      project("packages/bigcommerce-sandbox"),
      project("packages/bigcommerce"),
      project("packages/postgres", { globalSetup: ["test/support/globalSetup.ts"] }),
      project("examples/reference-app")
    ]
  }
})
