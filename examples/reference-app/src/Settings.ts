/**
 * What the app reads from its environment. A setting that is missing or wrong is one sentence that names it.
 */
import { Migrations } from "@stockport/postgres"
import { Config, ConfigProvider, Effect, Option, Redacted, Schema } from "effect"

/** A setting that keeps the app from starting. */
export class SettingWrong extends Schema.TaggedError<SettingWrong>()("SettingWrong", {
  setting: Schema.String,
  problem: Schema.String
}) {
  override get message() {
    return `${this.setting} ${this.problem}`
  }
}

/** How to reach the shop. */
export interface ShopSettings {
  readonly storeHash: string
  readonly accessToken: Redacted.Redacted
  readonly apiUrl: string
}

const setting = (name: string) =>
  Effect.orDie(
    Effect.gen(function* () {
      const provider = yield* ConfigProvider.ConfigProvider
      const value = yield* Config.option(Config.String(name)).parse(provider)
      return Option.filter(value, (text) => text.trim() !== "")
    })
  )

const required = (name: string, what: string) =>
  Effect.flatMap(
    setting(name),
    Option.match({
      onNone: () => new SettingWrong({ setting: name, problem: `is not set: ${what}` }),
      onSome: Effect.succeed
    })
  )

const url = (name: string, text: string, protocols: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const parsed = URL.canParse(text) ? new URL(text) : null
    if (parsed === null || !protocols.includes(parsed.protocol)) {
      // The value may hold a password, so it is not repeated.
      return yield* new SettingWrong({
        setting: name,
        problem: `is not a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(" or ")}`
      })
    }
    return text
  })

/** `BIGCOMMERCE_STORE_HASH`, `BIGCOMMERCE_ACCESS_TOKEN`, and `BIGCOMMERCE_API_URL` for a stand-in. */
export const shop = Effect.gen(function* () {
  const storeHash = yield* required(
    "BIGCOMMERCE_STORE_HASH",
    "it is the part after /stores/ in the API path of your API account"
  )
  if (!/^[a-z0-9]+$/i.test(storeHash)) {
    return yield* new SettingWrong({
      setting: "BIGCOMMERCE_STORE_HASH",
      problem: "is not a store hash: letters and digits only, such as abc123"
    })
  }
  const token = yield* required(
    "BIGCOMMERCE_ACCESS_TOKEN",
    "create an API account in the control panel and copy its access token"
  )
  const apiUrl = yield* Effect.map(
    setting("BIGCOMMERCE_API_URL"),
    Option.getOrElse(() => "https://api.bigcommerce.com")
  )
  yield* url("BIGCOMMERCE_API_URL", apiUrl, ["https:", "http:"])
  return { storeHash, accessToken: Redacted.make(token), apiUrl } satisfies ShopSettings
})

/** `DATABASE_URL`, if it is set. */
export const databaseUrl = Effect.gen(function* () {
  const text = yield* setting("DATABASE_URL")
  if (Option.isNone(text)) return Option.none<Redacted.Redacted>()
  yield* url("DATABASE_URL", text.value, ["postgres:", "postgresql:"])
  return Option.some(Redacted.make(text.value))
})

/** `DATABASE_URL`, which has to be set. */
export const requiredDatabaseUrl = Effect.flatMap(
  databaseUrl,
  Option.match({
    onNone: () =>
      new SettingWrong({
        setting: "DATABASE_URL",
        problem: "is not set: give the PostgreSQL database that shall hold the stock, such as postgres://user@host/name"
      }),
    onSome: Effect.succeed
  })
)

/** `DATABASE_SCHEMA`, the schema that the tables live in; `stockport` unless it is set. */
export const databaseSchema = Effect.gen(function* () {
  const schema = yield* Effect.map(
    setting("DATABASE_SCHEMA"),
    Option.getOrElse(() => Migrations.schemaDefault)
  )
  if (Migrations.isSchemaName(schema)) return schema
  return yield* new SettingWrong({
    setting: "DATABASE_SCHEMA",
    problem: "is not a schema's name: letters, digits and _, 51 at the most, and no digit at the start"
  })
})
