/**
 * The whole sync, simulated: a business, its shops and the sync between them, with a seed for chance and a clock of its own,
 * in one process. Shoppers and clerks do what they do, people correct links, packs and rules, calls fail before and after
 * the deed, answers are lost, stale, doubled and shuffled, rows are refused or cannot be read, processes die; and then the
 * sync is held to its promises, by books that are kept outside of it.
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
import { Lease } from "@stockport/core/ports/Lease"
import { Store } from "@stockport/core/ports/Store"
import { Clock, Context, Duration, Effect, type Exit, Layer } from "effect"
import * as MemoryStore from "./MemoryStore.ts"
import * as ScriptedCart from "./ScriptedCart.ts"
import * as Books from "./simulator/Books.ts"
import * as Business from "./simulator/Business.ts"
import * as Catalogue from "./simulator/Catalogue.ts"
import * as Dice from "./simulator/Dice.ts"
import * as Engine from "./simulator/Engine.ts"
import * as Leases from "./simulator/Leases.ts"
import { reservationMax } from "./simulator/happenings/Business.ts"
import { heal } from "./simulator/happenings/Mishaps.ts"
import * as Promises from "./simulator/Promises.ts"
import * as Skin from "./simulator/Skin.ts"
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
  /** How many shops the business has; drawn by the dice where it is not said. */
  readonly shops?: 1 | 2
  /** What may happen, by name (see `happenings`); drawn by the dice where it is not said. */
  readonly happenings?: ReadonlyArray<string>
  /** Also counts it as a broken promise when a shop shows more than there is after two cycles that nothing disturbed. */
  readonly strict?: boolean
  /** What keeps the shops in step: the sync, or one that pushes on-hand by a timer, to compare it with. */
  readonly engine?: "sync" | "naive"
}

/** What a simulation runs on. */
export interface Ground {
  /** An empty store; one in memory where it is left out. Its time is the simulation's, but whoever sleeps really sleeps. */
  readonly store?: Layer.Layer<Store, unknown>
}

/** What a simulation came to. */
export interface Report {
  readonly scenario: Scenario
  /** What the dice drew where the scenario does not say it: with these named as well, the world is the same. */
  readonly drawn: Required<Pick<Scenario, "shops" | "happenings">>
  readonly steps: number
  readonly orders: number
  readonly cycles: number
  /** Cycles that failed or died half-way. */
  readonly brokenCycles: number
  readonly faults: number
  /** How often each thing happened, by its name. */
  readonly happened: Readonly<Record<string, number>>
  readonly violations: ReadonlyArray<Promises.Violation>
  /** Units that shoppers bought and nobody had. */
  readonly unitsOversold: number
  /** Units that shops showed and nobody had, times the seconds for which they did. */
  readonly unitSecondsExposed: number
  /** Calls that went over the wire. */
  readonly requests: number
  /** Everything that happened, in order. */
  readonly log: ReadonlyArray<string>
}

/** The names of everything that may happen. */
export const happenings: ReadonlyArray<string> = Catalogue.names

/** How many cycles bring everything to rest after the last fault. */
export const settlingCycles = 2

/** How many things happen unless it is said. */
export const stepsDefault = 60

/** How many seconds pass at the most before the next thing happens. */
const stepSecondsMax = 300

/** How long it takes until everything is tried again that was refused. */
export const patience = Duration.hours(26)

const shopsSalt = 0x5105
const catalogueSalt = 0xca7a

/** How many lines of the log a description shows. */
const linesShown = 60

/** Runs one simulation to its end. */
export const run = ({ store, ...scenario }: Scenario & Ground): Effect.Effect<Report> =>
  Effect.gen(function* () {
    const ground = store === undefined ? yield* MemoryStore.make : Context.get(yield* Layer.build(store), Store)
    const time = VirtualClock.make(World.openedAt, store === undefined ? null : yield* Clock.Clock)
    return yield* Effect.provideService(simulate(scenario, ground, time, store === undefined), Clock.Clock, time.clock)
  }).pipe(Effect.scoped, Effect.orDie)

/** A report in words: what was simulated, which promises were broken, what happened last, and how to see it again. */
export const describe = (report: Report): string => {
  const { scenario, orders, cycles, brokenCycles, faults, violations, log } = report
  return [
    `seed ${scenario.seed}: ${orders} orders, ${cycles} cycles (${brokenCycles} broken), ${faults} faults, ` +
      `${violations.length} broken promises`,
    ...violations.map(({ promise, sentence }) => `  promise ${promise}: ${sentence}`),
    ...(violations.length === 0
      ? []
      : [...log.slice(-linesShown), `replay: Simulator.run(${JSON.stringify(scenario)})`])
  ].join("\n")
}

interface Simulation {
  readonly scenario: Scenario
  readonly world: World.World
  readonly trouble: Trouble.Trouble
  readonly engine: Engine.Engine
  readonly reached: Map<World.Shop, Engine.Reached>
  readonly catalogue: Catalogue.Catalogue
  readonly time: VirtualClock.VirtualClock
  readonly violations: Array<Promises.Violation>
  readonly happened: Map<string, number>
  /** Shops whose last cycle nothing has disturbed. */
  readonly quiet: Set<World.Shop>
  readonly log: Array<string>
  cycles: number
  brokenCycles: number
  /** Whether only one fiber works. */
  alone: boolean
  unitSecondsExposed: number
}

const simulate = Effect.fnUntraced(function* (
  scenario: Scenario,
  store: Store["Service"],
  time: VirtualClock.VirtualClock,
  isInMemory: boolean
) {
  const simulation = yield* prepare(scenario, store, time, isInMemory)
  const { world, trouble } = simulation
  const steps = scenario.steps ?? stepsDefault
  yield* World.open(world)
  for (const shop of world.shops) yield* cycle(simulation, shop)
  trouble.on = true
  for (let step = 0; step < steps; step++) {
    yield* pass(simulation, Duration.seconds(1 + world.dice.roll(stepSecondsMax)))
    yield* happen(simulation)
  }
  trouble.on = false
  yield* comeToRest(simulation)
  if (scenario.engine !== "naive") yield* check(simulation, Promises.atRest(world))
  let requests = 0
  for (const { script } of world.shops) requests += (yield* script.calls).length
  const { cycles, brokenCycles, violations, log, happened, unitSecondsExposed } = simulation
  return {
    scenario,
    drawn: { shops: world.shops.length === 1 ? 1 : 2, happenings: simulation.catalogue.map(({ name }) => name) },
    steps,
    orders: world.books.orders.size,
    cycles,
    brokenCycles,
    faults: trouble.count,
    happened: Object.fromEntries(happened),
    violations,
    unitsOversold: world.tally.unitsOversold,
    unitSecondsExposed,
    requests,
    log
  } satisfies Report
})

/** The trouble ends; two cycles later everything is as it should be. */
const comeToRest = Effect.fnUntraced(function* (simulation: Simulation) {
  const { world, time, scenario } = simulation
  world.note("the trouble ends")
  // What nobody can read has been seen all the same.
  for (const shop of world.shops) yield* cycle(simulation, shop)
  if (scenario.engine !== "naive") yield* check(simulation, Promises.allSeen(world))
  for (const shop of world.shops) {
    yield* heal(shop)
    shop.disturbed.clear()
  }
  const longest = Math.max(...world.shops.map(({ writeDelayMillis }) => writeDelayMillis))
  for (let rest = 0; rest < settlingCycles; rest++) {
    for (const shop of world.shops) yield* cycle(simulation, shop)
    yield* time.pass(longest + 61_000)
  }
  // Two quiet cycles know every order; nothing waits for the look of the day.
  if (scenario.engine !== "naive") yield* check(simulation, Promises.allKnown(world))
  // Reservations run out before the last cycles and not between them; what was refused is due again.
  yield* time.pass(Duration.max(reservationMax, patience))
  for (const shop of world.shops) yield* matched(simulation, shop)
  for (let rest = 0; rest < settlingCycles; rest++) {
    for (const shop of world.shops) yield* cycle(simulation, shop)
    yield* time.pass(longest + 61_000)
  }
  if (scenario.engine !== "naive") yield* check(simulation, Promises.allSent(world))
  for (let rest = 0; rest < settlingCycles; rest++) {
    yield* time.pass(longest + 61_000)
    for (const shop of world.shops) {
      // The last look of a day compares the shop with the books, whatever has been published.
      if (rest === 0) yield* reconcile(simulation, shop)
      else yield* cycle(simulation, shop)
    }
  }
  yield* time.pass(longest + 1_000)
})

const prepare = Effect.fnUntraced(function* (
  scenario: Scenario,
  store: Store["Service"],
  time: VirtualClock.VirtualClock,
  isInMemory: boolean
) {
  const dice = Dice.make(scenario.seed)
  const log: Array<string> = []
  const note = (line: string) => void log.push(line)
  const trouble: Trouble.Trouble = {
    on: false,
    count: 0,
    refusals: 0,
    moves: 0,
    dice,
    percent: scenario.faultPercent ?? 12,
    note
  }
  // What is drawn once has dice of its own: who names it gets the same world.
  const business = Business.draw(dice, scenario.shops ?? Business.drawShops(Dice.make(scenario.seed ^ shopsSalt)))
  const [first, ...others] = business.outlets
  const shops = [yield* openShop(first, dice, trouble, scenario)] as [World.Shop, ...Array<World.Shop>]
  for (const outlet of others) shops.push(yield* openShop(outlet, dice, trouble, scenario))
  const world: World.World = {
    business,
    dice,
    store,
    shops,
    books: new Books.Books(World.openedAt),
    note,
    items: new Map(),
    tally: { unitsOversold: 0, keys: 0 }
  }
  const catalogue = Catalogue.draw(Dice.make(scenario.seed ^ catalogueSalt), scenario.happenings)
  note(`what may happen: ${catalogue.map(({ name }) => name).join(", ")}`)
  const simulation: Simulation = {
    scenario,
    world,
    trouble,
    engine: scenario.engine === "naive" ? Engine.naive(world) : Engine.sync,
    reached: new Map(),
    catalogue,
    time,
    violations: [],
    happened: new Map(),
    quiet: new Set(),
    log,
    cycles: 0,
    brokenCycles: 0,
    alone: true,
    unitSecondsExposed: 0
  }
  // A database has leases of its own, by a clock of its own.
  const leased = isInMemory ? Leases.over(store) : store
  for (const shop of shops) simulation.reached.set(shop, reach(simulation, shop, leased))
  return simulation
})

const openShop = Effect.fnUntraced(function* (
  outlet: Business.Outlet,
  dice: Dice.Dice,
  trouble: Trouble.Trouble,
  scenario: Scenario
) {
  const settings = { ...drawShop(dice), ...locationsOf(outlet), ...scenario.shop }
  trouble.note(`${outlet.connection.id}: ${JSON.stringify(settings)}`)
  const { cart, script } = yield* ScriptedCart.make(settings)
  yield* script.faults.plan((call) => Trouble.faultFor(trouble, call))
  const shop: World.Shop = {
    name: outlet.connection.id,
    outlet,
    connection: outlet.connection,
    cart,
    script,
    skin: Skin.make(),
    links: World.linkBooksOf(outlet),
    madeOf: new Map(),
    connections: new Set([outlet.connection]),
    disturbed: new Set(),
    tampered: new Set(),
    refused: new Set(),
    writeDelayMillis: settings.writeDelayMillis ?? 0
  }
  return shop
})

/** The shop has the locations that its connection publishes to, the first of them as its default. */
const locationsOf = ({ connection }: Business.Outlet): Pick<ScriptedCart.Settings, "locations"> => {
  const [first, ...others] = connection.publishTo.map(({ cartLocationId: id }, index) => ({
    id,
    name: `Location ${id}`,
    enabled: true,
    isDefault: index === 0
  }))
  return first === undefined ? ScriptedCart.defaults : { locations: [first, ...others] }
}

const drawShop = (dice: Dice.Dice): Partial<ScriptedCart.Settings> => ({
  stockMoves: dice.pick(["atPlacement", "atPlacement", "atShipment"] as const),
  stockFollowsEdits: dice.chance(70),
  stockFollowsRefunds: dice.chance(70),
  pageSize: 1 + dice.roll(8),
  stockLevelsPerRequest: 1 + dice.roll(6),
  writeDelayMillis: dice.pick([0, 0, 5_000, 60_000])
})

/** The store and the cart of a shop with everything that goes wrong on the way, and a world that moves meanwhile. */
const reach = (simulation: Simulation, shop: World.Shop, store: Store["Service"]): Engine.Reached => {
  const { world, trouble, catalogue } = simulation
  // No two things happen in the same moment: nobody could say which came first.
  const next = Effect.suspend(() => Catalogue.pick(world.dice, catalogue).happen(world))
  const meanwhile = apart(Effect.andThen(simulation.time.pass(Duration.seconds(1)), next))
  const paused = apart(Effect.suspend(() => pause(simulation, shop)))
  return {
    shop,
    store: Trouble.aroundStore(store, trouble),
    cart: Trouble.aroundCart(Skin.over(shop.cart, shop.skin), trouble, { meanwhile, paused })
  }
}

/** What happens meanwhile is not the work of who holds the lease, and does not end half-way with it. */
const apart = <A, E>(effect: Effect.Effect<A, E>) => Effect.uninterruptible(Effect.provideService(effect, Lease, null))

/** How many writes in a hundred are made by a process that was paused just before. */
const pausedPercent = 8

/** How long a process is paused at the most: longer than any lease lives. */
const pauseMax = Duration.minutes(3)

/** A process stands still before it writes; meanwhile another one takes over, and the world goes on. */
const pause = Effect.fnUntraced(function* (simulation: Simulation, shop: World.Shop) {
  const { world, trouble, alone, catalogue } = simulation
  const mayHappen = catalogue.some(({ name }) => name === Catalogue.holderPaused)
  if (!mayHappen || !alone || !world.dice.chance(pausedPercent)) return
  trouble.moves += 1
  trouble.count += 1
  world.note("  ! the process stands still")
  count(simulation, Catalogue.holderPaused)
  simulation.alone = false
  yield* pass(simulation, Duration.millis(world.dice.roll(Duration.toMillis(pauseMax))))
  yield* Catalogue.pick(world.dice, catalogue).happen(world)
  yield* cycle(simulation, shop)
  simulation.alone = true
  world.note("  the process goes on")
})

/** Lets time pass, and counts for how long which shop shows what nobody has. */
const pass = Effect.fnUntraced(function* (simulation: Simulation, duration: Duration.Duration) {
  for (const shop of simulation.world.shops) {
    for (const { units } of yield* Promises.exposures(simulation.world, shop)) {
      simulation.unitSecondsExposed += units * Duration.toSeconds(duration)
    }
  }
  yield* simulation.time.pass(duration)
})

const happen = (simulation: Simulation): Effect.Effect<void> => {
  const { world, catalogue } = simulation
  const lot = world.dice.roll(100)
  if (lot < 68) {
    const happening = Catalogue.pick(world.dice, catalogue)
    count(simulation, happening.name)
    return happening.happen(world)
  }
  const shop = World.pickShop(world)
  if (lot < 84) return cycle(simulation, shop)
  if (lot < 90) return hint(simulation, shop)
  if (lot < 94) return reconcile(simulation, shop)
  if (lot < 96) return matched(simulation, shop)
  return crowd(simulation, shop)
}

const count = (simulation: Simulation, name: string): void =>
  void simulation.happened.set(name, (simulation.happened.get(name) ?? 0) + 1)

/** Some work of the engine, as a worker would do it: whatever breaks it, the next one goes on from there. */
const work = (
  simulation: Simulation,
  shop: World.Shop,
  name: string,
  what: (reached: Engine.Reached) => Effect.Effect<unknown, unknown>
) =>
  Effect.gen(function* () {
    const reached = simulation.reached.get(shop)
    if (reached === undefined) return undefined
    simulation.world.note(`${shop.name}: ${name}`)
    count(simulation, name)
    const exit = yield* Effect.exit(what(reached))
    settle(simulation, exit)
    return exit
  })

/** One cycle. The second in a row that nothing has disturbed leaves no shop showing more than there is. */
const cycle = (simulation: Simulation, shop: World.Shop): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { world, trouble, scenario } = simulation
    const { count: faults, moves } = trouble
    shop.connections.clear()
    shop.connections.add(shop.connection)
    simulation.cycles += 1
    const isJudged = scenario.engine !== "naive"
    const exit = yield* work(simulation, shop, "cycle", (reached) =>
      simulation.engine.cycle(reached, (plan) =>
        simulation.alone && isJudged ? check(simulation, Promises.beforeSending(world, shop, plan)) : Effect.void
      )
    )
    const isQuiet = trouble.count === faults && trouble.moves === moves && simulation.alone
    const isDone = exit?._tag === "Success" && exit.value === true
    // What another shop has sold since it was read last, nobody can know here.
    const isKnown = world.shops.length === 1 && shop.writeDelayMillis === 0
    // Nor what a row that nobody can read has sold; and what was refused waits, with all that sells the same item.
    const isCalm = trouble.refusals === 0 && shop.disturbed.size === 0 && shop.skin.unreadableOrders.size === 0
    const isSecond = simulation.quiet.has(shop)
    if (isQuiet && isDone) simulation.quiet.add(shop)
    else simulation.quiet.delete(shop)
    if (scenario.strict === true && isQuiet && isDone && isSecond && isJudged && isKnown && isCalm) {
      yield* check(simulation, Promises.neverMoreThanThereIs(world, shop))
    }
  })

/** A notification about an order arrives, perhaps late, perhaps twice, perhaps about nothing new. */
const hint = (simulation: Simulation, shop: World.Shop): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { dice } = simulation.world
    const orders = yield* shop.script.shop.orders
    if (orders.length === 0) return
    const orderId: OrderId = dice.pick(orders).id
    const times = dice.chance(20) ? 2 : 1
    for (let time = 0; time < times; time++) {
      yield* work(simulation, shop, `notification about ${orderId}`, (reached) =>
        simulation.engine.hear(reached, orderId)
      )
    }
  })

const reconcile = (simulation: Simulation, shop: World.Shop): Effect.Effect<void> =>
  Effect.gen(function* () {
    shop.connections.clear()
    shop.connections.add(shop.connection)
    yield* work(simulation, shop, "reconciliation", simulation.engine.reconcile)
  })

const matched = (simulation: Simulation, shop: World.Shop): Effect.Effect<void> =>
  Effect.asVoid(work(simulation, shop, "matching", simulation.engine.match))

/** Several workers and notifications at the same time. */
const crowd = (simulation: Simulation, shop: World.Shop): Effect.Effect<void> =>
  Effect.gen(function* () {
    simulation.alone = false
    const all = [
      cycle(simulation, shop),
      hint(simulation, shop),
      cycle(simulation, World.pickShop(simulation.world)),
      hint(simulation, shop),
      reconcile(simulation, shop)
    ]
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
    else if (reason._tag === "Die") {
      const sentence = `a defect nobody caused: ${String(reason.defect)}`
      simulation.violations.push({ promise: 2, sentence })
      simulation.world.note(`  ${sentence}`)
    }
  }
}
