import { defineConfig } from "tsup"

// TypeScript 7 has no compiler API for tsup to write declarations with: `tsc -b` does that (see the build script),
// and `clean` stays off so that the two do not delete each other's output.
export default defineConfig({
  entry: ["src/**/*.ts"],
  format: ["esm"],
  splitting: true,
  dts: false,
  sourcemap: true,
  target: "node22",
  platform: "node"
})
