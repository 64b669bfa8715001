import { Effect } from "effect"
import type { Ground } from "./Ground.ts"
export const importing = (_: Ground) => Effect.succeed([])
