import { Effect } from "effect"
import type { Ground } from "./Ground.ts"
export const counting = (_: Ground) => Effect.succeed([])
