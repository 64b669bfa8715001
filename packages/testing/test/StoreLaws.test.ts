import * as MemoryStore from "@stockport/testing/MemoryStore"
import { storeLaws } from "@stockport/testing/laws/StoreLaws"
import { storeProbes } from "@stockport/testing/laws/StoreProbes"

storeLaws({ name: "MemoryStore", layer: MemoryStore.layer })
storeProbes({ name: "MemoryStore", layer: MemoryStore.layer })
