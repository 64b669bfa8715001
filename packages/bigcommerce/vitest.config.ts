import { defineProject } from "vitest/config"

export default defineProject({
  test: { name: "bigcommerce", include: ["test/**/*.test.ts"] }
})
