// Checks what is written (`npm run docs`): links, code examples, doc comments, and whether the reference is complete.
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { checkComments } from "./docs/Comments.mjs"
import { blocksOf, checkBlocks, docCommentsOf } from "./docs/Examples.mjs"
import { checkLinks } from "./docs/Links.mjs"
import { filesOf, findings, read, root } from "./docs/Repository.mjs"
import { checkVocabulary } from "./docs/Vocabulary.mjs"

const pages = filesOf("*.md").filter((file) => !file.startsWith(".changeset/"))
const modules = filesOf(":(glob)packages/*/src/**/*.ts")
for (const page of pages) checkLinks(page)
for (const name of readdirSync(join(root, "packages"))) checkComments(`packages/${name}`)
await checkVocabulary()
const blocks = [
  ...pages.flatMap((page) => blocksOf(page, read(page))),
  ...modules.flatMap((module) => blocksOf(module, docCommentsOf(read(module))))
]
const ran = checkBlocks(blocks)

// The lines of a page full of faults on which something has to be found.
const plantedPage = "scripts/docs/planted.md"
const planted = [6, 6, 6, 7, 10, 14, 15].map((line) => `${plantedPage}:${line}`)
const inOrder = (places) => places.toSorted((left, right) => (left < right ? -1 : 1)).join(", ")
const isPlanted = (finding) => finding.startsWith(`${plantedPage}:`)
const noticed = findings.filter(isPlanted).map((finding) => finding.slice(0, finding.indexOf(": ")))
const faults = findings.filter((finding) => !isPlanted(finding))
if (inOrder(noticed) !== inOrder(planted)) {
  faults.push(`${plantedPage}: planted were ${inOrder(planted)}, found were ${inOrder(noticed) || "none"}`)
}

for (const fault of faults) process.stdout.write(`${fault}\n`)
process.stdout.write(
  `docs: ${pages.length} pages, ${modules.length} modules, ${blocks.length} examples compiled, ${ran} of them run; ` +
    `${faults.length === 0 ? "nothing" : faults.length} found\n`
)
process.exitCode = faults.length === 0 ? 0 : 1
