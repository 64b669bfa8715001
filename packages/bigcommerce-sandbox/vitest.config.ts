import { defineProject } from "vitest/config"

export default defineProject({
  test: { name: "bigcommerce-sandbox", include: ["test/**/*.test.ts"], testTimeout: 60_000 }
})
