import { defineProject } from "vitest/config"

// Many of these tests count thousands of requests: on a busy machine they need more than Vitest's five seconds.
export default defineProject({
  test: { name: "bigcommerce", include: ["test/**/*.test.ts"], testTimeout: 60_000 }
})
