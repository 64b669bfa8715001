// Every module of the packages opens with a doc comment, and every public name has one where it is declared.
import { existsSync } from "node:fs"
import { dirname, join } from "node:path"
import { filesOf, found, read, root } from "./Repository.mjs"

/** Where a module declares each name that it exports, and whether a doc comment stands above the first declaration. */
const declarationsOf = (file) => {
  const lines = read(file).split("\n")
  const declarations = new Map()
  lines.forEach((line, index) => {
    const declaration =
      /^export (?:declare )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type) ([\w$]+)/
    const name = declaration.exec(line)?.[1]
    if (name === undefined || declarations.has(name)) return
    declarations.set(name, { number: index + 1, documented: lines[index - 1]?.trim().endsWith("*/") ?? false })
  })
  return declarations
}

/** The modules that a package's exports name, all of whose names are public. */
const openModulesOf = (folder) =>
  Object.values(JSON.parse(read(`${folder}/package.json`)).exports).flatMap((path) =>
    path.endsWith(".ts") ? filesOf(`:(glob)${folder}/${path.slice(2).replace("*", "**/*")}`) : []
  )

/** What a package offers: whole modules, and single names that one of them hands on from another. */
const publicNamesOf = (folder) => {
  const names = new Map()
  const add = (file, name) => names.set(file, [...(names.get(file) ?? []), name])
  const visited = new Set()
  const open = (file) => {
    if (visited.has(file) || !existsSync(join(root, file))) return
    visited.add(file)
    for (const name of declarationsOf(file).keys()) add(file, name)
    for (const [, what, target] of read(file).matchAll(/^export (?:type )?(\*|\{[^}]*\}).*? from "(\.[^"]+)"/gms)) {
      const origin = join(dirname(file), target)
      if (what === "*") open(origin)
      else for (const name of what.matchAll(/(?:type )?([\w$]+)(?: as [\w$]+)?[,\s}]/g)) add(origin, name[1])
    }
  }
  openModulesOf(folder).forEach(open)
  return names
}

/** Every module opens with a doc comment, and every public name has one where it is declared. */
export const checkComments = (folder) => {
  for (const file of filesOf(`:(glob)${folder}/src/**/*.ts`)) {
    const opening = read(file)
      .split("\n")
      .find((line) => line.trim() !== "" && !line.startsWith("#!"))
    if (!opening?.startsWith("/**")) found(`${file}:1`, "the module does not open with a doc comment")
  }
  for (const [file, names] of publicNamesOf(folder)) {
    const declarations = declarationsOf(file)
    for (const name of new Set(names)) {
      const { number, documented } = declarations.get(name) ?? { documented: true }
      if (!documented) found(`${file}:${number}`, `${name} is public and has no doc comment`)
    }
  }
}
