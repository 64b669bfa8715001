// The pages that promise to be complete are: every issue code, policy switch, state, reason, error, probe, worked case and
// dependency is named where it is explained, and every worked case is a test under its number.
import { filesOf, found, read } from "./Repository.mjs"

const coreModule = (path) => import(`../../packages/core/src/${path}.ts`)
const workedCases = Array.from({ length: 42 }, (_, index) => `N${index + 1}`)
const tagsOf = (reasons) => reasons.members.map((reason) => reason.identifier)

/** The codes that intake gives as reasons. */
const saleReasons = () =>
  ["Intake", "SaleLines", "LineItems", "Unreadable"].flatMap((name) =>
    [...read(`packages/core/src/decide/${name}.ts`).matchAll(/"([A-Z][A-Z_]{4,}[A-Z])"/g)].map((match) => match[1])
  )

/** What a page has to name: in backticks, in a cell of its own, or as a heading's first word. */
const vocabulary = async () => {
  const paths = ["domain/Issue", "domain/SyncPolicy", "domain/Sale", "domain/Item", "ports/Cart", "ports/Store"]
  const [{ IssueCode }, { SyncPolicy }, { SaleState }, { ItemKind }, { CartErrorReason }, { StoreErrorReason }] =
    await Promise.all(paths.map(coreModule))
  const { probes } = await import("../../packages/testing/src/laws/StoreProbes.ts")
  const switches = Object.values(SyncPolicy.fields).flatMap((group) => Object.keys(group.fields))
  const leftReasons = /type LeftReason =([^/]*?)\n\n/.exec(read("packages/core/src/decide/Publishing.ts"))[1]
  const manifests = filesOf("package.json", "packages/*/package.json", "examples/*/package.json").map((file) =>
    JSON.parse(read(file))
  )
  const dependencies = manifests.flatMap((manifest) =>
    ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"].flatMap((kind) =>
      Object.keys(manifest[kind] ?? {})
    )
  )
  return {
    "docs/concepts/issues.md": IssueCode.literals,
    "docs/concepts/policies.md": switches,
    "docs/concepts/intake.md": [...SaleState.literals, ...saleReasons()],
    "docs/concepts/items-and-kits.md": ItemKind.literals,
    "docs/concepts/publishing.md": [...leftReasons.matchAll(/"(\w+)"/g)].map((match) => match[1]),
    "docs/reference/errors.md": [...tagsOf(CartErrorReason), ...tagsOf(StoreErrorReason)],
    "docs/reference/probes.md": probes.flatMap(({ name, expected }) => [name, expected]),
    "docs/reference/worked-cases.md": workedCases,
    "docs/decisions/dependencies.md": dependencies.filter((name) => !name.startsWith("@stockport/"))
  }
}

const isNamed = (text, word) => [`\`${word}\``, `| ${word} |`, `\n### ${word} `].some((form) => text.includes(form))

export const checkVocabulary = async () => {
  for (const [page, words] of Object.entries(await vocabulary())) {
    const text = read(page)
    for (const word of new Set(words)) if (!isNamed(text, word)) found(page, `does not explain ${word}`)
  }
  const tests = filesOf(":(glob)packages/*/test/**/*.ts", "packages/testing/src/laws/*.ts").map(read).join("\n")
  for (const name of workedCases) {
    if (!new RegExp(`["'\`(]${name}\\b`).test(tests)) found("docs/reference/worked-cases.md", `${name} has no test`)
  }
}
