import { defineProject } from "vitest/config"

export default defineProject({
  test: { name: "reference-app", include: ["test/**/*.test.ts"] }
})
