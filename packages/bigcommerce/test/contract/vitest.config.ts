import { defineConfig } from "vitest/config"

// One store serves the whole run, so nothing runs at the same time.
export default defineConfig({
  test: { name: "bigcommerce-contract", include: ["*.contract.ts"], fileParallelism: false, testTimeout: 120_000 }
})
