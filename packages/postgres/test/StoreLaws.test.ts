import { storeLaws } from "@stockport/testing/laws/StoreLaws"
import { EmptyStore } from "./support/EmptyStore.ts"

storeLaws({ name: "PostgresStore", layer: EmptyStore, propertyRuns: 25, timeoutMillis: 120_000 })
