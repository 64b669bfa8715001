/**
 * The whole sync, simulated: a business, a shop and a sync between them, with a seed for chance and a clock of its own, in
 * one process. Shoppers and clerks do what they do, calls fail before and after the deed, answers are lost, stale, doubled
 * and shuffled, processes die; and then the sync is held to its promises.
 *
 * The same scenario gives the same simulation, step by step. A report that shows a broken promise is replayed by its seed.
 *
 * @example
 * ```ts
 * import { Simulator } from "@stockport/testing"
 * import { Effect } from "effect"
 *
 * const report = await Effect.runPromise(Simulator.run({ seed: 42 }))
 * console.log(Simulator.describe(report))
 * ```
 */
import type { OrderId } from "@stockport/core/domain/Order"
import { Cart } from "@stockport/core/ports/Cart"
import { Store } from "@stockport/core/ports/Store"
import * as Cycle from "@stockport/core/sync/Cycle"
import * as Import from "@stockport/core/sync/Import"
import { Clock, DateTime, Duration, Effect, type Exit } from "effect"
import * as MemoryStore from "./MemoryStore.ts"
import * as ScriptedCart from "./ScriptedCart.ts"
import * as Business from "./simulator/Business.ts"
import * as Dice from "./simulator/Dice.ts"
import * as Promises from "./simulator/Promises.ts"
import * as Trouble from "./simulator/Trouble.ts"
import * as VirtualClock from "./simulator/VirtualClock.ts"
import * as World from "./simulator/World.ts"

export type { Violation } from "./simulator/Promises.ts"

/** What is simulated. Everything but the seed has a default. */
export interface Scenario {
  readonly seed: number
  /** How many things happen before the trouble ends. */
  readonly steps?: number
  /** How many calls in a hundred meet a fault. */
  readonly faultPercent?: number
  /** What kind of shop it is; drawn by the dice where it is not said. */
  readonly shop?: Partial<ScriptedCart.Settings>
}

/** What a simulation came to. */
export interface Report {
  readonly scenario: Scenario
  readonly orders: number
  readonly cycles: number
  /** Cycles that failed or died half-way. */
  readonly brokenCycles: number
  readonly faults: number
  readonly violations: ReadonlyArray<Promises.Violation>
  /** Everything that happened, in order. */
  readonly log: ReadonlyArray<string>
}

/** How many cycles bring everything to rest after the last fault. */
export const settlingCycles = 2

/** How many lines of the log a description shows. */
const linesShown = 60

/** Runs one simulation to its end. */
export const run = (scenario: Scenario): Effect.Effect<Report> =>
  Effect.gen(function* () {
    const time = VirtualClock.make(DateTime.toEpochMillis(Business.opening))
    return yield* Effect.provideService(simulate(scenario, time), Clock.Clock, time.clock)
  })

/** A report in words: what was simulated, which promises were broken, what happened last, and how to see it again. */
export const describe = ({ scenario, orders, cycles, brokenCycles, faults, violations, log }: Report): string =>
  [
    `seed ${scenario.seed}: ${orders} orders, ${cycles} cycles (${brokenCycles} broken), ${faults} faults, ` +
      `${violations.length} broken promises`,
    ...violations.map(({ promise, sentence }) => `  promise ${promise}: ${sentence}`),
    ...(violations.length === 0
      ? []
      : [...log.slice(-linesShown), `replay: Simulator.run(${JSON.stringify(scenario)})`])
  ].join("\n")

interface Simulation {
  readonly world: World.World
  readonly trouble: Trouble.Trouble
  readonly store: Store["Service"]
  readonly cart: Cart["Service"]
  readonly time: VirtualClock.VirtualClock
  readonly writeDelayMillis: number
  readonly violations: Array<Promises.Violation>
  readonly log: Array<string>
  cycles: number
  brokenCycles: number
  alone: boolean
}

const simulate = Effect.fnUntraced(function* (scenario: Scenario, time: VirtualClock.VirtualClock) {
  const simulation = yield* prepare(scenario, time)
  const { world, trouble } = simulation
  yield* World.open(world)
  yield* cycle(simulation)
  trouble.on = true
  for (let step = 0; step < (scenario.steps ?? 60); step++) {
    yield* time.pass(Duration.seconds(world.dice.roll(300)))
    yield* happen(simulation)
  }
  trouble.on = false
  world.note("the trouble ends")
  // Reservations run out before the last cycles and not between them.
  yield* time.pass(World.reservationMax)
  for (let rest = 0; rest < settlingCycles; rest++) {
    yield* time.pass(simulation.writeDelayMillis + 1_000)
    yield* cycle(simulation)
  }
  yield* time.pass(simulation.writeDelayMillis + 1_000)
  simulation.violations.push(...(yield* Effect.orDie(Promises.atRest(world))))
  const { cycles, brokenCycles, violations, log } = simulation
  const orders = (yield* world.shop.orders).length
  return { scenario, orders, cycles, brokenCycles, faults: trouble.count, violations, log } satisfies Report
})

const prepare = Effect.fnUntraced(function* (scenario: Scenario, time: VirtualClock.VirtualClock) {
  const dice = Dice.make(scenario.seed)
  const log: Array<string> = []
  const note = (line: string) => void log.push(line)
  const settings = { ...drawShop(dice), ...scenario.shop }
  note(JSON.stringify(settings))
  const memory = yield* MemoryStore.make
  const { cart, script } = yield* ScriptedCart.make(settings)
  const trouble: Trouble.Trouble = { on: false, count: 0, dice, percent: scenario.faultPercent ?? 12, note }
  yield* script.faults.plan((call) => Trouble.faultFor(trouble, call))
  const world: World.World = {
    business: Business.draw(dice),
    dice,
    store: memory,
    cart,
    shop: script.shop,
    note,
    items: new Map(),
    onHand: new Map(),
    needs: new Map(),
    buffer: 0,
    buffers: new Set([0]),
    keys: 0
  }
  const meanwhile = Effect.suspend(() => (dice.chance(70) ? World.shopChange(world) : World.businessChange(world)))
  const simulation: Simulation = {
    world,
    trouble,
    store: Trouble.aroundStore(memory, trouble),
    cart: Trouble.aroundCart(cart, trouble, meanwhile),
    time,
    writeDelayMillis: settings.writeDelayMillis ?? 0,
    violations: [],
    log,
    cycles: 0,
    brokenCycles: 0,
    alone: true
  }
  return simulation
})

const drawShop = (dice: Dice.Dice): Partial<ScriptedCart.Settings> => ({
  stockMoves: dice.pick(["atPlacement", "atPlacement", "atShipment"] as const),
  stockFollowsEdits: dice.chance(70),
  stockFollowsRefunds: dice.chance(70),
  pageSize: 1 + dice.roll(8),
  stockLevelsPerRequest: 1 + dice.roll(6),
  writeDelayMillis: dice.pick([0, 0, 5_000, 60_000])
})

const happen = (simulation: Simulation): Effect.Effect<void> => {
  const { world } = simulation
  const lot = world.dice.roll(100)
  if (lot < 45) return World.shopChange(world)
  if (lot < 68) return World.businessChange(world)
  if (lot < 85) return cycle(simulation)
  if (lot < 93) return hint(simulation)
  return crowd(simulation)
}

/** One cycle, as a worker would run it: whatever breaks it, the next one goes on from there. */
const cycle = (simulation: Simulation): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { world, store, cart } = simulation
    world.note("cycle")
    world.buffers.clear()
    world.buffers.add(world.buffer)
    simulation.cycles += 1
    const exit = yield* Cycle.run(world.business.connection.id, {
      onPlan: (plan) => (simulation.alone ? check(simulation, Promises.beforeSending(world, plan)) : Effect.void)
    }).pipe(Effect.provideService(Store, store), Effect.provideService(Cart, cart), Effect.exit)
    settle(simulation, exit)
  })

/** A notification about an order arrives, perhaps late, perhaps about nothing new. */
const hint = (simulation: Simulation): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { world, store, cart } = simulation
    const orders = yield* world.shop.orders
    if (orders.length === 0) return
    const orderId: OrderId = world.dice.pick(orders).id
    world.note(`notification about ${orderId}`)
    const exit = yield* Import.one(world.business.connection.id, orderId).pipe(
      Effect.provideService(Store, store),
      Effect.provideService(Cart, cart),
      Effect.exit
    )
    settle(simulation, exit)
  })

/** Several workers and notifications at the same time. */
const crowd = (simulation: Simulation): Effect.Effect<void> =>
  Effect.gen(function* () {
    simulation.alone = false
    const all = [cycle(simulation), hint(simulation), cycle(simulation), hint(simulation), hint(simulation)]
    yield* Effect.all(all, { concurrency: "unbounded" })
    simulation.alone = true
  })

const check = (
  simulation: Simulation,
  checked: Effect.Effect<ReadonlyArray<Promises.Violation>, unknown>
): Effect.Effect<void> =>
  Effect.map(Effect.orDie(checked), (found) => {
    simulation.violations.push(...found)
    for (const { promise, sentence } of found) simulation.world.note(`  BROKEN promise ${promise}: ${sentence}`)
  })

const settle = (simulation: Simulation, exit: Exit.Exit<unknown, unknown>): void => {
  if (exit._tag === "Success") return
  simulation.brokenCycles += 1
  for (const reason of exit.cause.reasons) {
    if (reason._tag === "Fail") simulation.world.note(`  broken off: ${String(reason.error)}`)
    else if (reason._tag === "Die" && !(reason.defect instanceof Trouble.Died)) {
      const sentence = `a defect nobody caused: ${String(reason.defect)}`
      simulation.violations.push({ promise: 2, sentence })
      simulation.world.note(`  ${sentence}`)
    }
  }
}
