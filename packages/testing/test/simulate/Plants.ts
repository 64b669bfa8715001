/**
 * Bugs to be planted, one at a time, to see whether the simulator finds them: an exact piece of a source file is replaced by
 * another one while the file is loaded. Nothing of the product knows about it.
 */
import { registerHooks } from "node:module"

/** A bug: what it is in words, in which file it is put, and in place of what. */
export interface Plant {
  readonly bug: string
  readonly file: string
  readonly instead: string
  readonly put: string
}

/** Every bug that can be planted, by name. */
export const all: Readonly<Record<string, Plant>> = {
  "overlap-of-zero": {
    bug: "each reading of orders begins where the last one ended",
    file: "core/src/sync/Import.ts",
    instead: "export const overlap = { minutes: 10 } as const",
    put: "export const overlap = { minutes: 0 } as const"
  }
}

let planted: string | null = null
let isInPlace = true

/** Plants a bug in what is loaded from now on; throws when there is none of this name. */
export const put = (name: string): void => {
  const plant = all[name]
  if (plant === undefined) throw new Error(`there is no plant ${name}; there are ${Object.keys(all).join(", ")}`)
  planted = name
  isInPlace = false
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith(`/${plant.file}`)) return loaded
      const source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source)
      if (source.split(plant.instead).length !== 2) {
        throw new Error(`the plant ${name} does not fit: ${plant.file} must hold its piece exactly once`)
      }
      isInPlace = true
      return { ...loaded, source: source.replace(plant.instead, () => plant.put) }
    }
  })
}

/** Throws when a bug is to be planted and the file that it belongs in was never loaded. */
export const requireInPlace = (): void => {
  if (!isInPlace) throw new Error(`the plant ${planted} is in no file that was loaded`)
}
