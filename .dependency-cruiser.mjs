// The arrows of the house: who may import whom. Imports point inward only: example -> adapters -> core.
//
// `npm run arrows` checks them, and checks that each of these rules refuses the arrow it stands for.

const effect = "node_modules/effect/dist/"
const effectRoot = "node_modules/effect/dist/index\\.js$"
const core = "^packages/core/src/"
const source = (name) => `^packages/${name}/src/`

/** A room may look only into these places; what else it imports is refused. */
const only = (name, from, to, comment) => ({
  name,
  comment,
  severity: "error",
  from: { path: from },
  to: { pathNot: to }
})

/** Matches what Node.js itself brings; packages from a registry and our own files all have a folder in their path. */
const node = "^(node:)?[a-z_]+(/promises)?$"

export default {
  forbidden: [
    only("domain-knows-domain", `${core}domain/`, [`${core}domain/`, effectRoot], "Nouns know nouns."),
    only("decide-knows-domain", `${core}decide/`, [`${core}(domain|decide)/`, effectRoot], "Decisions know no port."),
    only(
      "ports-know-domain",
      `${core}ports/`,
      [`${core}(domain|ports)/`, effectRoot],
      "Ports speak the domain's words."
    ),
    only("core-knows-effect", core, [core, effectRoot], "Core imports itself and the stable root of effect."),
    only(
      "bigcommerce-knows-core",
      source("bigcommerce"),
      [source("bigcommerce"), core, effect],
      "An adapter knows core."
    ),
    only(
      "postgres-knows-core",
      source("postgres"),
      [source("postgres"), core, effect, "node_modules/@effect/sql-pg/", node],
      "An adapter knows core and its driver."
    ),
    only(
      "testing-knows-core",
      source("testing"),
      [source("testing"), core, effect, "node_modules/(fast-check|vitest|@effect/vitest)/"],
      "The laws know the ports and the test tools."
    ),
    only(
      "sandbox-knows-nobody",
      source("bigcommerce-sandbox"),
      [source("bigcommerce-sandbox"), node],
      "The sandbox imports nothing of ours, so that it cannot share our mistakes."
    ),
    {
      name: "examples-are-leaves",
      comment: "Nobody imports an example.",
      severity: "error",
      from: { pathNot: "^examples/" },
      to: { path: "^examples/" }
    },
    {
      name: "packages-have-doors",
      comment: "No package reaches into another's files: only through its exports.",
      severity: "error",
      from: { path: "^(packages|examples)/([^/]+)/" },
      to: { path: "^(packages|examples)/", pathNot: "^$1/$2/", dependencyTypes: ["local"] }
    },
    {
      name: "imports-are-declared",
      comment: "What published code imports stands in its package.json, as a dependency or as a peer.",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: {
        path: "node_modules/",
        dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
        dependencyTypesNot: ["npm", "npm-peer", "npm-optional"]
      }
    },
    { name: "imports-resolve", severity: "error", from: {}, to: { couldNotResolve: true } },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } }
  ],
  options: {
    // TypeScript 7 has no API to parse with; swc reads the same syntax, type-only imports included.
    parser: "swc",
    moduleSystems: ["es6"],
    exclude: { path: "^(packages|examples)/[^/]+/(dist|coverage)/" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      extensions: [".ts", ".js", ".mjs", ".json"]
    }
  }
}
