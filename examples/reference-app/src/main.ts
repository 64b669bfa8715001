/**
 * The app's command line: `demo` shows the main job, `sync` does it for a real store.
 *
 * Whatever goes wrong is one sentence on standard error. Exit code 2: a setting or an argument is missing or wrong. Exit
 * code 1: anything else.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Cause, DateTime, Effect, Exit, Option, Predicate, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Connection } from "@stockport/core"
import { Tls } from "@stockport/postgres"
import { SqlError } from "effect/sql"
import * as Demo from "./demo/Demo.ts"
import * as SyncCommand from "./SyncCommand.ts"

const json = Flag.Boolean("json").pipe(
  Flag.withDefault(false),
  Flag.withDescription("Print the summary as one JSON object on the last line")
)

const demo = Command.make(
  "demo",
  { json, seed: Flag.Int("seed").pipe(Flag.withDefault(1), Flag.withDescription("What the shop is made from")) },
  (options) => Effect.scoped(Demo.run(options))
).pipe(Command.withDescription("Run the main job against a shop and a database of its own"))

const syncFlags = {
  json,
  approve: Flag.Boolean("approve").pipe(
    Flag.withDefault(false),
    Flag.withDescription("Publish also when many listings would go to zero: you have read the plan")
  ),
  prefix: Flag.String("prefix").pipe(
    Flag.filter(
      (text) => Schema.is(Connection.ReferenceAffix)(text),
      (text) => `Expected at most 20 printable characters without outer space, got "${text}"`
    ),
    Flag.optional,
    Flag.withDescription("What the numbers of this store's orders begin with from now on")
  ),
  importFrom: Flag.Date("import-from").pipe(
    Flag.optional,
    Flag.map(Option.map(DateTime.fromDateUnsafe)),
    Flag.withDescription(
      "Take orders placed since this date; decided by the first apply, the moment of it unless given"
    )
  )
}

const plan = Command.make("plan", syncFlags, SyncCommand.plan).pipe(
  Command.withDescription("Show everything that apply would write, and write nothing")
)

const apply = Command.make("apply", syncFlags, SyncCommand.apply).pipe(
  Command.withDescription("Match, import and publish once")
)

const seconds = (name: string, unless: number, what: string) =>
  Flag.Int(name).pipe(
    Flag.withDefault(unless),
    Flag.filter(
      (value) => value > 0,
      (value) => `Expected more than 0 seconds, got ${value}`
    ),
    Flag.withDescription(what)
  )

const run = Command.make(
  "run",
  {
    ...syncFlags,
    everySeconds: seconds("every", 60, "Seconds between two cycles"),
    reconcileSeconds: seconds("reconcile", 3_600, "Seconds between two readings of all the shop's numbers")
  },
  SyncCommand.run
).pipe(Command.withDescription("Match once, then import and publish until it is stopped"))

const items = Command.make("items", { file: Argument.String("file") }, ({ file }) => SyncCommand.takeItems(file)).pipe(
  Command.withDescription(
    "Save the items and counted stock of a CSV file: sku, name, kind, on_hand, location, kit, quantity"
  )
)

const sync = Command.make("sync").pipe(
  Command.withDescription("Keep a BigCommerce store in step with the stock in your database"),
  Command.withSubcommands([plan, apply, run, items])
)

const stockport = Command.make("stockport").pipe(Command.withSubcommands([demo, sync]))

/** Errors that name what to correct themselves. */
const namesTheSetting = new Set(["SettingWrong", "RowWrong", "FileUnreadable", "ConnectionRefused", "LoopStopped"])

/** What a refusal by the database or the shop says about the settings, by the reason's tag. */
const settingAtFault: Readonly<Record<string, string>> = {
  ConnectionError: "DATABASE_URL names a database that does not answer",
  AuthenticationError: "DATABASE_URL holds credentials that the database refuses",
  Unauthorized: "BIGCOMMERCE_ACCESS_TOKEN is not a token of the store that BIGCOMMERCE_STORE_HASH names",
  Forbidden: "BIGCOMMERCE_ACCESS_TOKEN lacks a scope that is needed",
  "3D000": "DATABASE_URL names a database that does not exist on its server",
  NotFound: "BIGCOMMERCE_STORE_HASH names a store that does not exist",
  Suspended: "BIGCOMMERCE_STORE_HASH names a store that is suspended"
}

const tlsAtFault =
  "DATABASE_URL names a server that has no TLS, or a certificate that this machine does not trust; " +
  "add ?sslmode=disable to connect without"

const tagOf = (value: unknown): string => (Predicate.hasProperty(value, "_tag") ? String(value._tag) : "")

/** The reason's tag; PostgreSQL's code where a connection was refused for a reason that has no tag. */
const reasonOf = (error: unknown): string => {
  const reason = Predicate.hasProperty(error, "reason") ? error.reason : undefined
  const cause = Predicate.hasProperty(reason, "cause") ? reason.cause : undefined
  const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : ""
  return code in settingAtFault ? code : tagOf(reason)
}

const sentenceOf = (error: unknown): string => {
  if (SqlError.isSqlError(error) && Tls.isAtFault(error)) return tlsAtFault
  const atFault = settingAtFault[reasonOf(error)]
  const message = error instanceof Error && error.message !== "" ? error.message : "something unexpected went wrong"
  return atFault === undefined ? message : tagOf(error) === "CartError" ? `${atFault} (${message})` : atFault
}

const exitCodeOf = (exit: Exit.Exit<unknown, unknown>): number => {
  if (Exit.isSuccess(exit)) return 0
  if (Cause.hasInterruptsOnly(exit.cause)) return 130
  const error = Cause.squash(exit.cause)
  // The command line has already said what it did not understand.
  if (tagOf(error) === "ShowHelp") return 2
  process.stderr.write(`stockport: ${sentenceOf(error)}\n`)
  return namesTheSetting.has(tagOf(error)) || reasonOf(error) in settingAtFault ? 2 : 1
}

// A terminal, npm and the script in between may each pass one Ctrl-C on: whatever comes after the first lets us tidy up.
process.on("SIGINT", () => {})

Command.runWith(stockport, { version: "0.0.0" })(process.argv.slice(2)).pipe(
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain({
    disableErrorReporting: true,
    teardown: (exit, onExit) => onExit(exitCodeOf(exit))
  })
)
