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

for (const finding of findings) process.stdout.write(`${finding}\n`)
process.stdout.write(
  `docs: ${pages.length} pages, ${modules.length} modules, ${blocks.length} examples compiled, ${ran} of them run; ` +
    `${findings.length === 0 ? "nothing" : findings.length} found\n`
)
process.exitCode = findings.length === 0 ? 0 : 1
