import * as MemoryStore from "@stockport/testing/MemoryStore"
import { storeLaws } from "@stockport/testing/laws/StoreLaws"

storeLaws({ name: "MemoryStore", layer: MemoryStore.layer })
