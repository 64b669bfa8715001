// The pages that promise to be complete are: every issue code, policy switch, state, reason, error, worked case and
// dependency is named where it is explained.
import { filesOf, found, read } from "./Repository.mjs"

const coreModule = (path) => import(`../../packages/core/src/${path}.ts`)
const tagsOf = (reasons) => reasons.members.map((reason) => reason.identifier)

/** What a page has to name, each in backticks or as a heading's first word. */
const vocabulary = async () => {
  const paths = ["domain/Issue", "domain/SyncPolicy", "domain/Sale", "domain/Item", "ports/Cart", "ports/Store"]
  const [{ IssueCode }, { SyncPolicy }, { SaleState }, { ItemKind }, { CartErrorReason }, { StoreErrorReason }] =
    await Promise.all(paths.map(coreModule))
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
    "docs/concepts/intake.md": SaleState.literals,
    "docs/concepts/items-and-kits.md": ItemKind.literals,
    "docs/concepts/publishing.md": [...leftReasons.matchAll(/"(\w+)"/g)].map((match) => match[1]),
    "docs/reference/errors.md": [...tagsOf(CartErrorReason), ...tagsOf(StoreErrorReason)],
    "docs/reference/worked-cases.md": Array.from({ length: 33 }, (_, index) => `N${index + 1}`),
    "docs/decisions/dependencies.md": dependencies.filter((name) => !name.startsWith("@stockport/"))
  }
}

export const checkVocabulary = async () => {
  for (const [page, words] of Object.entries(await vocabulary())) {
    const text = read(page)
    for (const word of new Set(words)) {
      if (!text.includes(`\`${word}\``) && !text.includes(`\n### ${word} `)) found(page, `does not explain ${word}`)
    }
  }
}
