import { Effect } from "effect"
import type { Ground } from "./Ground.ts"
export const growth = (_: Ground) => Effect.succeed([])
