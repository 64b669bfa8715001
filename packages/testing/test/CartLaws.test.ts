import { cartLaws } from "@stockport/testing/laws/CartLaws"
import * as ScriptedWorld from "./ScriptedWorld.ts"

cartLaws({
  name: "ScriptedCart",
  layer: ScriptedWorld.layer({ pageSize: 4, stockLevelsPerRequest: 3 }),
  rows: 14,
  levels: 10
})

cartLaws({
  name: "ScriptedCart with slow writes",
  layer: ScriptedWorld.layer({ pageSize: 4, stockLevelsPerRequest: 3, writeDelayMillis: 30_000 }),
  rows: 14,
  levels: 10
})
