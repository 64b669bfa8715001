import { defineProject } from "vitest/config"

export default defineProject({
  test: {
    name: "postgres",
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/globalSetup.ts"],
    // A real server on a busy machine: what bounds a test is its subject, not the clock.
    testTimeout: 60_000,
    hookTimeout: 120_000
  }
})
