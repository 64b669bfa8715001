/** Stores for tests: on a driven clock, closed when the test ends. */
import { onTestFinished } from "vitest"
import { Clock, Sandbox } from "../src/index.ts"
import * as Client from "./Client.ts"

/** Wednesday, 5 August 2026, 14:00 UTC. */
export const noon = Date.UTC(2026, 7, 5, 14)

export interface Opened {
  readonly sandbox: Sandbox.Sandbox
  readonly clock: Clock.ManualClock
  readonly client: Client.Client
}

/** A store without a quota on a clock that stands at `noon`. */
export const open = async (options: Sandbox.SandboxOptions = {}): Promise<Opened> => {
  const clock = Clock.manual(noon)
  const sandbox = await Sandbox.start({ clock, plan: "enterprise", store: "empty", ...options })
  onTestFinished(() => sandbox.close())
  return { sandbox, clock, client: Client.of(sandbox) }
}

/** A small generated store. */
export const generated = (options: Sandbox.SandboxOptions = {}): Promise<Opened> =>
  open({ store: { products: 60, orders: 90 }, ...options })
