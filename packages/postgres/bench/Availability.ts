import { Effect } from "effect"
import type { Ground } from "./Ground.ts"
export const availability = (_: Ground) => Effect.succeed([])
