/**
 * The database that the app works on: the one that `DATABASE_URL` names, or an embedded server that is thrown away.
 */
import { PostgresStore } from "@stockport/postgres"
import * as Embedded from "@stockport/postgres/embedded"
import { Effect, Layer, Option } from "effect"
import * as Settings from "./Settings.ts"

/** Says which database it is, without its password. */
export const description = Effect.map(
  Settings.databaseUrl,
  Option.match({
    onNone: () => "embedded server, thrown away afterwards",
    onSome: () => "the server that DATABASE_URL names"
  })
)

/** A migrated store: at `DATABASE_URL` if it is set, else embedded. */
export const layerOrEmbedded = Layer.unwrap(
  Effect.map(
    Settings.databaseUrl,
    Option.match({
      onNone: () => Embedded.layerStore({}),
      onSome: (url) => PostgresStore.layerUrl(url)
    })
  )
)
