/**
 * The smallest thing that behaves like stock: plain lists, everything computed anew from the beginning.
 *
 * A store's counters, indexes and locks must never show: whatever it answers, this must answer too.
 */
import type { Demand, DemandLine } from "@stockport/core/domain/Demand"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { Count } from "@stockport/core/domain/Movement"
import type { Position, PositionTerms } from "@stockport/core/domain/Position"
import type { StockDocument } from "@stockport/core/ports/Store"

/**
 * What is done to stock. Deadlines and the dates of incoming goods are minutes from now; a date may be past. Movements and
 * counts speak for so many minutes ago, or for now (null).
 */
export type Command =
  | { readonly _tag: "Record"; readonly document: StockDocument; readonly ago: number | null }
  | { readonly _tag: "Count"; readonly key: string; readonly count: Count; readonly ago: number | null }
  | {
      readonly _tag: "SetDemand"
      readonly demand: Omit<Demand, "expiresAt" | "expectedAt">
      readonly minutes: number | null
      readonly expectedIn: number | null
    }
  | {
      readonly _tag: "Reserve"
      readonly key: string
      readonly lines: ReadonlyArray<DemandLine>
      readonly minutes: number | null
    }
  | { readonly _tag: "Wait"; readonly minutes: number }
  | { readonly _tag: "Clean" }

/** Whether a reservation was granted; null for what is no reservation. */
export type Granted = boolean | null

interface Spoken {
  readonly kind: Demand["kind"]
  readonly lines: ReadonlyArray<DemandLine>
  readonly endsAt: number
  /** The minute at which incoming goods are expected; none is later than every horizon. */
  readonly expectedAt: number
}

/** When something moved or was counted: by its own date or, without one, in the order in which it was told. */
interface When {
  readonly minute: number
  readonly turn: number
}

interface Happened extends When {
  readonly place: string
  readonly quantity: number
}

/** The model. It can be copied, to try several orders of the same commands. */
export interface StockModel {
  readonly minute: number
  readonly moved: ReadonlyArray<Happened>
  readonly counted: ReadonlyArray<Happened>
  readonly documents: ReadonlySet<string>
  readonly spoken: ReadonlyMap<string, Spoken>
  readonly granted: ReadonlyMap<string, boolean>
  /** Items that must be marked by now, and those that may be as well. */
  readonly mustBeMarked: ReadonlySet<ItemId>
  readonly mayBeMarked: ReadonlySet<ItemId>
}

/** No stock, no demand. */
export const empty: StockModel = {
  minute: 0,
  moved: [],
  counted: [],
  documents: new Set(),
  spoken: new Map(),
  granted: new Map(),
  mustBeMarked: new Set(),
  mayBeMarked: new Set()
}

const terms: Readonly<Record<Demand["kind"], keyof PositionTerms>> = {
  salesOrder: "salesOrders",
  salesReceipt: "salesReceipts",
  pickTicket: "pickTickets",
  reservation: "reservations",
  softHold: "softHolds",
  stockHold: "stockHolds",
  incoming: "incoming"
}

const placeOf = ({ itemId, locationId }: Pick<Position, "itemId" | "locationId">) => `${itemId}@${locationId}`

/** Every term that is not zero, by item, place and name; of incoming goods those expected by a minute, if one is given. */
export const termsOf = (model: StockModel, incomingBy: number | null = null): Readonly<Record<string, number>> =>
  sumsOf(model, ({ expectedAt, kind }) =>
    kind !== "incoming" || incomingBy === null || expectedAt <= incomingBy ? terms[kind] : null
  )

/** The items whose incoming goods are expected after one minute and at or before another, in order of id. */
export const arriving = (model: StockModel, after: number, until: number): ReadonlyArray<ItemId> => {
  const inside = [...model.spoken.values()].filter(
    ({ expectedAt, kind }) => kind === "incoming" && expectedAt > after && expectedAt <= until
  )
  return [...new Set(inside.flatMap(({ lines }) => lines.map(({ itemId }) => itemId)))].sort()
}

const sumsOf = (model: StockModel, nameOf: (spoken: Spoken) => string | null): Readonly<Record<string, number>> => {
  const sums = new Map<string, number>()
  const add = (key: string, quantity: number) => sums.set(key, (sums.get(key) ?? 0) + quantity)
  for (const [place, quantity] of onHandOf(model)) add(`${place} onHand`, quantity)
  for (const spoken of model.spoken.values()) {
    const name = nameOf(spoken)
    if (name !== null) for (const line of spoken.lines) add(`${placeOf(line)} ${name}`, line.quantity)
  }
  return Object.fromEntries([...sums].filter(([, quantity]) => quantity !== 0).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Every term of real positions, in the same form. */
export const termsOfPositions = (positions: ReadonlyArray<Position>): Readonly<Record<string, number>> =>
  Object.fromEntries(
    positions
      .flatMap((position) =>
        (["onHand", ...Object.values(terms)] as const).map(
          (term) => [`${placeOf(position)} ${term}`, position[term]] as const
        )
      )
      .filter(([, quantity]) => quantity !== 0)
      .sort(([a], [b]) => (a < b ? -1 : 1))
  )

/** What the model is after a command, and whether it granted a reservation. */
export const step = (
  model: StockModel,
  command: Command
): { readonly model: StockModel; readonly granted: Granted } => {
  switch (command._tag) {
    case "Wait":
      return { model: expired({ ...model, minute: model.minute + command.minutes }), granted: null }
    case "Clean":
      return { model: { ...model, mustBeMarked: new Set(), mayBeMarked: new Set() }, granted: null }
    case "Record":
      return { model: record(model, command), granted: null }
    case "Count":
      return { model: count(model, command), granted: null }
    case "SetDemand": {
      const { source, kind, lines } = command.demand
      const endsAt = endOf(model, command.minutes)
      const expectedAt = kind === "incoming" ? endOf(model, command.expectedIn) : Infinity
      return { model: speak(model, source, { kind, lines, endsAt, expectedAt }), granted: null }
    }
    case "Reserve":
      return reserve(model, command)
  }
}

const endOf = (model: StockModel, minutes: number | null) => (minutes === null ? Infinity : model.minute + minutes)

const record = (model: StockModel, { ago, document }: Extract<Command, { _tag: "Record" }>): StockModel => {
  const { key, movements } = document
  if (model.documents.has(key)) return model
  const when = whenOf(model, ago)
  const moved = movements.map((movement) => ({ place: placeOf(movement), quantity: movement.quantity, ...when }))
  const documents = new Set([...model.documents, key])
  return marked({ ...model, moved: [...model.moved, ...moved], documents }, model, movements)
}

const count = (model: StockModel, { ago, count, key }: Extract<Command, { _tag: "Count" }>): StockModel => {
  if (model.documents.has(key)) return model
  const counted = { place: placeOf(count), quantity: count.counted, ...whenOf(model, ago) }
  const documents = new Set([...model.documents, key])
  return marked({ ...model, counted: [...model.counted, counted], documents }, model, [count])
}

// Nothing has happened after it was told; what is told without a date happens in its turn, half past the minute.
const whenOf = (model: StockModel, ago: number | null): When =>
  ago === null || ago < 0
    ? { minute: model.minute + 0.5, turn: model.documents.size }
    : { minute: model.minute - ago, turn: 0 }

// The latest count of a place rules, of two as of the same moment the one told last; what moved then or later comes on top.
const onHandOf = (model: StockModel): ReadonlyMap<string, number> => {
  const ruling = new Map<string, Happened>()
  for (const counted of model.counted) {
    const latest = ruling.get(counted.place)
    if (latest === undefined || !isAfter(latest, counted) || isSame(latest, counted)) ruling.set(counted.place, counted)
  }
  const onHand = new Map([...ruling].map(([place, { quantity }]) => [place, quantity]))
  for (const moved of model.moved) {
    const counted = ruling.get(moved.place)
    if (counted === undefined || isAfter(moved, counted)) {
      onHand.set(moved.place, (onHand.get(moved.place) ?? 0) + moved.quantity)
    }
  }
  return onHand
}

const isAfter = (one: When, other: When): boolean =>
  one.minute === other.minute ? one.turn >= other.turn : one.minute > other.minute

const isSame = (one: When, other: When): boolean => one.minute === other.minute && one.turn === other.turn

const speak = (model: StockModel, source: string, spoken: Spoken): StockModel => {
  const before = model.spoken.get(source)
  const next = new Map(model.spoken)
  if (spoken.lines.length === 0) next.delete(source)
  else next.set(source, spoken)
  return marked({ ...model, spoken: next }, model, [...(before?.lines ?? []), ...spoken.lines])
}

const reserve = (model: StockModel, { key, lines, minutes }: Extract<Command, { _tag: "Reserve" }>) => {
  const answered = model.granted.get(key)
  if (answered !== undefined) return { model, granted: answered }
  const now = termsOf(model)
  const requested = new Map<string, number>()
  for (const line of lines) requested.set(placeOf(line), (requested.get(placeOf(line)) ?? 0) + line.quantity)
  const granted = [...requested].every(([place, quantity]) => {
    const against = Object.values(terms).filter((term) => term !== "incoming")
    const taken = against.reduce((sum, term) => sum + (now[`${place} ${term}`] ?? 0), 0)
    return (now[`${place} onHand`] ?? 0) - taken >= quantity
  })
  const answers = new Map([...model.granted, [key, granted] as const])
  const answering = { ...model, granted: answers }
  const endsAt = endOf(model, minutes)
  const booked = speak(answering, `reservation ${key}`, { kind: "reservation", lines, endsAt, expectedAt: Infinity })
  return { model: granted ? booked : answering, granted }
}

const expired = (model: StockModel): StockModel => {
  let next = model
  for (const [source, spoken] of model.spoken) {
    if (spoken.endsAt <= model.minute) next = speak(next, source, { ...spoken, lines: [] })
  }
  return next
}

// What changed a term must be marked; what was named without changing one may be.
const marked = (
  next: StockModel,
  before: StockModel,
  named: ReadonlyArray<{ readonly itemId: ItemId }>
): StockModel => {
  // Incoming goods are another number at some horizon when they are expected at another time.
  const [was, is] = [before, next].map((model) =>
    sumsOf(model, ({ expectedAt, kind }) => (kind === "incoming" ? `incoming ${expectedAt}` : terms[kind]))
  ) as [Readonly<Record<string, number>>, Readonly<Record<string, number>>]
  const changes = (itemId: ItemId) =>
    [...Object.keys(was), ...Object.keys(is)].some((key) => key.startsWith(`${itemId}@`) && was[key] !== is[key])
  const ids = named.map(({ itemId }) => itemId)
  return {
    ...next,
    mustBeMarked: new Set([...before.mustBeMarked, ...ids.filter(changes)]),
    mayBeMarked: new Set([...before.mayBeMarked, ...ids])
  }
}
