/**
 * The `Store` in memory: complete, with every law of the port, for tests, demos and simulations.
 *
 * - The whole content is one immutable value. A transaction works on a copy of its own, which becomes the content when the
 *   transaction succeeds and is dropped when it fails, dies or is interrupted: nobody ever sees half of it.
 * - Writers wait for each other, in order, and each waits only for the transactions before it; readers never wait and see
 *   what is committed, or inside a transaction what it has written so far.
 * - A transaction inside another is part of it, and by itself undone when it fails. Inside one transaction, writes of
 *   parallel fibers take turns.
 * - Refusals are the typed errors that a database would give, and change nothing.
 *
 * Nothing is ever forgotten (the ledger, the event log and answered reservation keys grow), so that it is no store for a
 * long-lived service.
 *
 * @example
 * ```ts
 * import { Store } from "@stockport/core/ports/Store"
 * import { MemoryStore } from "@stockport/testing"
 * import { Effect } from "effect"
 *
 * const nothing = Effect.flatMap(Store, (store) => store.connections.all).pipe(Effect.provide(MemoryStore.layer))
 * await Effect.runPromise(nothing) // => []
 * ```
 */
import type { ConnectionId } from "@stockport/core/domain/ConnectionId"
import type { Event } from "@stockport/core/domain/Event"
import { admitting } from "@stockport/core/ports/Admission"
import { Lease, LeaseLost } from "@stockport/core/ports/Lease"
import { Actor, pageLimitMax, Store, StoreError } from "@stockport/core/ports/Store"
import { Context, DateTime, Duration, Effect, Exit, HashMap, Layer, Result, Semaphore, Stream } from "effect"
import * as Connections from "./memory/Connections.ts"
import * as Issues from "./memory/Issues.ts"
import * as Items from "./memory/Items.ts"
import * as Links from "./memory/Links.ts"
import * as Publications from "./memory/Publications.ts"
import * as Sales from "./memory/Sales.ts"
import {
  append,
  done,
  type Draft,
  empty,
  lookup,
  lookupAll,
  type Moment,
  type Outcome,
  type State
} from "./memory/State.ts"
import * as Stock from "./memory/Stock.ts"

// The content as one transaction sees it, or (outermost) as everybody does.
interface Level {
  readonly owner: object
  readonly turn: Semaphore.Semaphore
  state: State
  ended: boolean
}

// The open transactions around a fiber, innermost last, of whichever memory stores it uses.
const Open = Context.Reference<ReadonlyArray<Level>>("@stockport/testing/MemoryStore/Open", {
  defaultValue: () => []
})

// Which connections are held, each under which token.
interface Held {
  readonly tokens: Map<ConnectionId, string>
  last: number
}

// The leases around a fiber, of whichever memory stores it uses.
const Holdings = Context.Reference<
  ReadonlyArray<{ readonly held: Held; readonly id: ConnectionId; readonly token: string }>
>("@stockport/testing/MemoryStore/Holdings", { defaultValue: () => [] })

/** How long a confirmed lease may be relied on. */
export const leaseDuration = Duration.seconds(30)

/** Makes an empty store, apart from every other one. */
export const make: Effect.Effect<Store["Service"]> = Effect.sync(() => {
  const levels = makeLevels()
  return admitting({
    items: itemsOf(levels),
    stock: stockOf(levels),
    connections: connectionsOf(levels),
    links: linksOf(levels),
    sales: salesOf(levels),
    publications: publicationsOf(levels),
    issues: issuesOf(levels),
    events: eventsOf(levels),
    transaction: levels.transaction
  })
})

/** A fresh, empty store. */
export const layer: Layer.Layer<Store> = Layer.effect(Store, make)

interface Levels {
  readonly held: Held
  readonly read: <A>(look: (state: State, moment: Moment) => A) => Effect.Effect<A>
  readonly write: <A>(
    operation: string,
    change: (draft: Draft, moment: Moment) => Outcome<A>
  ) => Effect.Effect<A, StoreError>
  readonly transaction: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E | StoreError, R>
}

const moment: Effect.Effect<Moment> = Effect.gen(function* () {
  return { now: yield* DateTime.now, actor: yield* Actor }
})

const makeLevels = (): Levels => {
  const owner = {}
  const held: Held = { tokens: new Map(), last: 0 }
  const committed: Level = { owner, turn: Semaphore.makeUnsafe(1), state: empty, ended: false }
  const current = Effect.map(
    Open,
    (open) => open.findLast((level) => level.owner === owner && !level.ended) ?? committed
  )

  const read: Levels["read"] = (look) => Effect.zipWith(current, moment, (level, at) => look(level.state, at))

  const confirmed = (operation: string) =>
    Effect.flatMap(Effect.zip(Holdings, Effect.service(Lease)), ([holdings, lease]) =>
      Effect.forEach(
        // Without a lease of its own, a write is anybody's: so a holder that has lost it can still leave word.
        lease === null ? [] : holdings.filter((holding) => holding.held === held),
        ({ id, token }) => confirm(held, id, token),
        { discard: true }
      )
    ).pipe(Effect.mapError((reason) => new StoreError({ operation, reason })))

  const write: Levels["write"] = (operation, change) =>
    Effect.flatMap(current, (level) =>
      level.turn.withPermit(
        Effect.flatMap(Effect.andThen(confirmed(operation), moment), (at) => {
          const draft: Draft = { ...level.state }
          const outcome = change(draft, at)
          if (Result.isFailure(outcome)) return Effect.fail(new StoreError({ operation, reason: outcome.failure }))
          level.state = draft
          return Effect.succeed(outcome.success)
        })
      )
    )

  const transaction: Levels["transaction"] = (effect) =>
    Effect.flatMap(current, (outer) =>
      outer.turn.withPermit(
        Effect.suspend(() => {
          const level: Level = { owner, turn: Semaphore.makeUnsafe(1), state: outer.state, ended: false }
          return Effect.updateService(effect, Open, (open) => [...open, level]).pipe(
            Effect.onExit((exit) =>
              Effect.sync(() => {
                level.ended = true
                if (Exit.isSuccess(exit)) outer.state = level.state
              })
            )
          )
        })
      )
    )

  return { held, read, write, transaction }
}

type Service = Store["Service"]

const itemsOf = ({ read, write }: Levels): Service["items"] => ({
  save: (items) => write("items.save", (draft, at) => Items.save(draft, at, items)),
  get: (ids) => read((state) => lookupAll(state.items, ids)),
  all: streamOf(read(Items.all)),
  dependents: (ids) => read((state) => Items.dependents(state, ids)),
  withComponents: (ids) => read((state) => Items.withComponents(state, ids)),
  bySku: (skus) => read((state) => Items.bySku(state, skus))
})

const stockOf = ({ read, write }: Levels): Service["stock"] => ({
  locations: read(Stock.locations),
  saveLocations: (locations) => write("stock.saveLocations", (draft, at) => Stock.saveLocations(draft, at, locations)),
  record: (documents) => write("stock.record", (draft, at) => Stock.record(draft, at, documents)),
  count: (key, counts, { asOf } = {}) =>
    write("stock.count", (draft, at) => Stock.count(draft, at, key, counts, asOf ?? null)),
  demandOf: (itemIds, limit) => read((state, at) => Stock.demandOf(state, at, itemIds, limit)),
  setDemand: (demands) => write("stock.setDemand", (draft, at) => Stock.setDemand(draft, at, demands)),
  reserve: (request) => write("stock.reserve", (draft, at) => Stock.reserve(draft, at, request)),
  snapshot: (itemIds, options) => read((state, at) => Stock.snapshot(state, at, itemIds, options)),
  arriving: (after, until, page) => read((state, at) => Stock.arriving(state, at, after, until, page))
})

const connectionsOf = ({ read, write, held }: Levels): Service["connections"] => ({
  saveChannel: (channel) =>
    write("connections.saveChannel", (draft, at) => Connections.saveChannel(draft, at, channel)),
  channel: (id) => read((state) => HashMap.get(state.channels, id)),
  save: (connection) => write("connections.save", (draft, at) => Connections.save(draft, at, connection)),
  get: (id) => read((state) => HashMap.get(state.connections, id)),
  all: read(Connections.all),
  cursor: (id) => read((state) => HashMap.get(state.cursors, id)),
  setCursor: (id, cursor) => write("connections.setCursor", (draft) => Connections.setCursor(draft, id, cursor)),
  exclusively: makeExclusively(held)
})

// A lease is no part of the content: it holds across transactions, and no rollback gives it back. In one process nobody can
// be cut off from it, so that it ends with its effect only; a fiber that outlives the effect has lost it.
const makeExclusively =
  (held: Held): Service["connections"]["exclusively"] =>
  (id, effect) =>
    Effect.acquireUseRelease(
      Effect.sync(() => {
        if (held.tokens.has(id)) return null
        const token = `lease ${(held.last += 1)} of ${id}`
        held.tokens.set(id, token)
        return token
      }),
      (token) =>
        token === null
          ? Effect.succeedNone
          : effect.pipe(
              Effect.provideService(Lease, { token, confirm: Effect.as(confirm(held, id, token), leaseDuration) }),
              Effect.updateService(Holdings, (holdings) => [...holdings, { held, id, token }]),
              Effect.asSome
            ),
      (token) => Effect.sync(() => (token === null ? false : held.tokens.delete(id)))
    )

const confirm = (held: Held, id: ConnectionId, token: string): Effect.Effect<void, LeaseLost> =>
  Effect.suspend(() =>
    held.tokens.get(id) === token
      ? Effect.void
      : Effect.fail(new LeaseLost({ detail: `${token} ended with the effect that it was given to` }))
  )

const linksOf = ({ read, write }: Levels): Service["links"] => ({
  save: (links) => write("links.save", (draft, at) => Links.save(draft, at, links)),
  remove: (connectionId, keys, ending) =>
    write("links.remove", (draft, at) => Links.remove(draft, at, connectionId, keys, ending)),
  ended: (connectionId, which) => streamOf(read((state) => Links.ended(state, connectionId, which))),
  endedOf: (connectionId, keys) => read((state) => Links.endedOf(state, connectionId, keys)),
  settle: (connectionId, keys) => write("links.settle", (draft) => Links.settle(draft, connectionId, keys)),
  all: (connectionId) => streamOf(read((state) => Links.all(state, connectionId))),
  ofItems: (connectionId, itemIds) => read((state) => Links.ofItems(state, connectionId, itemIds)),
  ofListings: (connectionId, keys) => read((state) => Links.ofListings(state, connectionId, keys)),
  ofProducts: (connectionId, productIds) => read((state) => Links.ofProducts(state, connectionId, productIds)),
  exclude: (exclusions) => write("links.exclude", (draft, at) => Links.exclude(draft, at, exclusions)),
  include: (connectionId, keys) => write("links.include", (draft, at) => Links.include(draft, at, connectionId, keys)),
  exclusions: (connectionId) => read((state) => Links.exclusions(state, connectionId)),
  exclusionsOf: (connectionId, keys) => read((state) => Links.exclusionsOf(state, connectionId, keys))
})

const salesOf = ({ read, write }: Levels): Service["sales"] => ({
  ofOrders: (connectionId, orderIds) => read((state) => Sales.ofOrders(state, connectionId, orderIds)),
  numberOwners: (numbers) => read((state) => Sales.numberOwners(state, numbers)),
  save: (sales) => write("sales.save", (draft, at) => Sales.save(draft, at, sales)),
  get: (id) => read((state) => HashMap.get(state.sales, id)),
  due: (connectionId, now, limit) => read((state) => Sales.due(state, connectionId, now, limit)),
  look: (connectionId, looks) => write("sales.look", (draft) => Sales.look(draft, connectionId, looks)),
  list: (connectionId, states, page) => read((state) => Sales.list(state, connectionId, states, page))
})

const publicationsOf = ({ read, write }: Levels): Service["publications"] => ({
  dirty: (connectionId, limit) =>
    Effect.gen(function* () {
      const expired = yield* read(Stock.hasExpired)
      if (expired) {
        yield* write("publications.dirty", (draft, at) => {
          Stock.expire(draft, at)
          return done
        })
      }
      return yield* read((state, at) => Publications.dirty(state, at, connectionId, limit))
    }),
  doubt: (connectionId, keys) => write("publications.doubt", (draft) => Publications.doubt(draft, connectionId, keys)),
  defer: (connectionId, marks) =>
    write("publications.defer", (draft) => Publications.defer(draft, connectionId, marks)),
  mark: (connectionId, itemIds, resend) =>
    write("publications.mark", (draft) => Connections.mark(draft, connectionId, itemIds, resend)),
  record: (connectionId, publications, cleared) =>
    write("publications.record", (draft, at) => Publications.record(draft, at, connectionId, publications, cleared)),
  ofListings: (connectionId, keys) => read((state) => Publications.ofListings(state, connectionId, keys)),
  all: (connectionId) => streamOf(read((state) => Publications.all(state, connectionId)))
})

const issuesOf = ({ read, write }: Levels): Service["issues"] => ({
  raise: (connectionId, issues) => write("issues.raise", (draft, at) => Issues.raise(draft, at, connectionId, issues)),
  replace: (connectionId, codes, subject, issues) =>
    write("issues.replace", (draft, at) => Issues.replace(draft, at, connectionId, codes, subject, issues)),
  resolve: (keys) => write("issues.resolve", (draft) => Issues.resolve(draft, keys)),
  open: (connectionId, page) => read((state) => Issues.open(state, connectionId, page))
})

const eventsOf = ({ read, write }: Levels): Service["events"] => ({
  append: (events) =>
    write("events.append", (draft) => {
      for (const event of events) append(draft, event)
      return done
    }),
  list: ({ after, limit }) =>
    read((state) => {
      const rows: Array<{ readonly sequence: number; readonly event: Event }> = []
      const first = (after ?? 0) + 1
      for (let sequence = first; sequence < first + Math.min(limit, pageLimitMax); sequence++) {
        const event = lookup(state.events, sequence)
        if (event === undefined) break
        rows.push({ sequence, event })
      }
      return rows
    })
})

const streamOf = <A>(rows: Effect.Effect<ReadonlyArray<A>>): Stream.Stream<A> =>
  Stream.unwrap(Effect.map(rows, Stream.fromIterable))
