// Every link in a Markdown file leads to a file or a heading of this repository, or out of it by https.
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative, resolve } from "node:path"
import { found, read, root } from "./Repository.mjs"
import { linesOf } from "./Markdown.mjs"

/** The anchors that GitHub gives to the headings of a file. */
const anchorsOf = (text) => {
  const seen = new Map()
  return linesOf(text).flatMap(({ line, fence }) => {
    const heading = fence === null ? /^#{1,6}\s+(.*?)\s*#*$/.exec(line) : null
    if (heading === null) return []
    const plain = heading[1].replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase()
    const slug = plain.replace(/[^\p{L}\p{N}\p{M}_\- ]/gu, "").replaceAll(" ", "-")
    const times = seen.get(slug) ?? 0
    seen.set(slug, times + 1)
    return [times === 0 ? slug : `${slug}-${times}`]
  })
}

const checkLink = (file, place, target) => {
  if (/^(https|mailto):/.test(target)) return
  const refuse = (reason) => found(place, `${target} ${reason}`)
  if (/^[a-z]+:/.test(target)) {
    refuse("is neither a file of this repository nor https")
    return
  }
  const [path, anchor] = target.split("#")
  const full = path === "" ? join(root, file) : resolve(join(root, dirname(file)), decodeURIComponent(path))
  const name = relative(root, full)
  if (name.startsWith("..")) refuse("leads out of the repository")
  else if (!existsSync(full)) refuse("leads to nothing")
  else if (anchor !== undefined && full.endsWith(".md") && !anchorsOf(readFileSync(full, "utf8")).includes(anchor)) {
    refuse("names a heading that is not there")
  }
}

export const checkLinks = (file) => {
  for (const { line, number, fence } of linesOf(read(file))) {
    if (fence !== null) continue
    const text = line.replace(/`[^`]*`/g, "")
    const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map((match) => match[1])
    const reference = /^\s*\[[^\]]+\]:\s*(\S+)/.exec(text)?.[1]
    for (const target of reference === undefined ? inline : [...inline, reference]) {
      checkLink(file, `${file}:${number}`, target)
    }
  }
}
