// The files of this repository, and what was found to be wrong with them.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("../..", import.meta.url))

export const read = (file) => readFileSync(join(root, file), "utf8")

/** One line for each thing that is wrong, beginning with its place. */
export const findings = []

export const found = (place, what) => findings.push(`${place}: ${what}`)

/** The files that Git knows or would take, by its own patterns. */
export const filesOf = (...patterns) => {
  const options = ["ls-files", "--cached", "--others", "--exclude-standard", "--", ...patterns]
  const { stdout } = spawnSync("git", options, { cwd: root, encoding: "utf8" })
  return stdout.split("\n").filter((file) => file !== "" && existsSync(join(root, file)))
}
