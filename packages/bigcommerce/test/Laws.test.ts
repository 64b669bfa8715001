import { cartLaws } from "@stockport/testing/laws/CartLaws"
import * as SandboxWorld from "./SandboxWorld.ts"

// A page of orders holds 250 rows, a page of products at first 50; one request carries 2,000 levels.
cartLaws({ name: "BigCommerceCart", layer: SandboxWorld.layer(), rows: 260, levels: 2_010 })

cartLaws({
  name: "BigCommerceCart over a store that is slow to show what was set",
  layer: SandboxWorld.layer({ inventoryDelayMillis: 30_000 }),
  rows: 20,
  levels: 20
})
