import { storeLaws } from "@stockport/testing/laws/StoreLaws"
import { TestStore } from "./support/TestDatabase.ts"

storeLaws({ name: "PostgresStore", layer: TestStore, propertyRuns: 25, timeoutMillis: 120_000 })
