/**
 * The books of who watches from outside: what each shopper bought, what was shipped, refunded, counted and received, and
 * when. They are written by whoever makes things happen, never read from the sync, and added up in the plainest way: no
 * index, no increments, and nothing of the code that they judge.
 *
 * Quantities are whole numbers of hundred-thousandths of an item's unit, moments are epoch milliseconds, and what is said of
 * an order's line counts whole listings.
 */

/** One unit. */
export const unit = 100_000

/** What one of something takes from stock, by item, in hundred-thousandths. */
export type Needs = ReadonlyMap<string, number>

/** An item as far as stock goes. */
export interface ItemBook {
  readonly id: string
  readonly kind: string
  readonly archived: boolean
  readonly billOfMaterials: ReadonlyArray<{ readonly itemId: string; readonly quantity: number }>
}

/** Which item a listing sells, and how many units of it. */
export interface Recipe {
  readonly itemId: string
  readonly units: number
  readonly needs: Needs
}

/** So many listings of a line were shipped or refunded at a moment. */
export interface Happened {
  readonly at: number
  readonly what: "shipped" | "refunded"
  readonly quantity: number
  /** The shop says no date of it: who hears of it later can date it only by the order's last change. */
  readonly undated?: boolean
}

/** A line as the shopper bought it, with its history in order. `recipe` is what it sold then; null where nobody could say. */
export interface LineBook {
  readonly id: string
  readonly listing: string
  ordered: number
  readonly recipe: Recipe | null
  readonly history: Array<Happened>
}

/** Whether an order stands: `unplaced` sells nothing yet, `unpaid` waits, `calledOff` is over. */
export type Standing = "unplaced" | "unpaid" | "placed" | "calledOff"

/** An order. */
export interface OrderBook {
  readonly shop: string
  readonly id: string
  readonly placedAt: number
  standing: Standing
  /** The shop says that nothing is left to be sent. */
  isFinished?: boolean
  /** It says so without a word about parcels. */
  isClosedByHand?: boolean
  readonly lines: Array<LineBook>
}

/** What was done to the stock of a place: so much came or went, or so much was counted there, as of a moment. */
interface Entry {
  readonly at: number
  readonly what: "moved" | "counted"
  readonly quantity: number
}

interface Reserved {
  readonly itemId: string
  readonly locationId: string
  readonly quantity: number
  readonly until: number | null
  released: boolean
}

/** What one listing of something takes from stock, and from where. */
export interface Source {
  readonly needs: Needs
  readonly locationId: string
}

/** A line's source: what left first may have had others, each for so many listings. */
export interface Sources extends Source {
  readonly first?: ReadonlyArray<Source & { readonly quantity: number }>
}

/** What one listing of a line takes from stock, and from where; null where nobody could say. */
export type Taken = (order: OrderBook, line: LineBook) => Sources | null

/** Lines take what their listing sold when they were bought, all from one place. */
export const asBought =
  (locationId: string): Taken =>
  (_order, { recipe }) =>
    recipe === null ? null : { needs: recipe.needs, locationId }

/** The books. */
export class Books {
  /** The balance was taken then: what had left before is not in it. */
  readonly openedAt: number
  readonly items = new Map<string, ItemBook>()
  readonly orders = new Map<string, OrderBook>()
  readonly reservations: Array<Reserved> = []
  readonly #bills = new Map<string, Array<Needs>>()
  readonly #entries = new Map<string, Array<Entry>>()

  constructor(openedAt: number) {
    this.openedAt = openedAt
  }

  /** Writes down how items are made from now on; what they were made of before is kept. */
  made(items: Iterable<ItemBook>): void {
    for (const item of items) this.items.set(item.id, item)
    for (const id of this.items.keys()) {
      const known = this.#bills.get(id) ?? []
      const needs = this.needsOf(id)
      if (!known.some((other) => isSame(other, needs))) this.#bills.set(id, [...known, needs])
    }
  }

  /** What one of an item takes from stock, all levels of kits added up. */
  needsOf(id: string): Needs {
    const needs = new Map<string, number>()
    const visit = (itemId: string, times: bigint): void => {
      const item = this.items.get(itemId)
      if (item === undefined) return
      if (item.kind === "kit") {
        for (const part of item.billOfMaterials) visit(part.itemId, (times * BigInt(part.quantity)) / BigInt(unit))
      } else if (item.kind === "inventory" || item.kind === "assembly") {
        needs.set(itemId, (needs.get(itemId) ?? 0) + Number(times))
      }
    }
    visit(id, BigInt(unit))
    return needs
  }

  /** Whether so many units of an item were ever made of this. */
  wasMadeOf(id: string, units: number, needs: Needs): boolean {
    return (this.#bills.get(id) ?? []).some((bill) => isSame(timesUnits(bill, units), needs))
  }

  /** Goods came or went. */
  moved(itemId: string, locationId: string, quantity: number, at: number): void {
    this.#enter(itemId, locationId, { at, what: "moved", quantity })
  }

  /** Somebody says what was there at a moment. */
  counted(itemId: string, locationId: string, quantity: number, asOf: number): void {
    this.#enter(itemId, locationId, { at: asOf, what: "counted", quantity })
  }

  /** When a place was counted last; the opening of the business where it never was. */
  countedAt(itemId: string, locationId: string): number {
    const counts = this.#entriesOf(itemId, locationId).filter(({ what }) => what === "counted")
    return counts.reduce((latest, { at }) => Math.max(latest, at), this.openedAt)
  }

  /** What left before a place was counted last, and can pass for something that left after it: the shop dates it not. */
  undatedBeforeCount(itemId: string, locationId: string, left: ReadonlyArray<Left>): number {
    const from = this.countedAt(itemId, locationId)
    return sumOf(
      left.filter((one) => one.undated && one.itemId === itemId && one.locationId === locationId && one.at < from)
    )
  }

  /** What is on the shelf: what was counted last, and what has moved since. */
  onHand(itemId: string, locationId: string, left: ReadonlyArray<Left>): number {
    const entries = this.#entriesOf(itemId, locationId)
    const from = this.countedAt(itemId, locationId)
    const base = entries.findLast(({ at, what }) => what === "counted" && at === from)?.quantity ?? 0
    const isSince = ({ at }: { readonly at: number }) => at >= from
    const moved = entries.filter((entry) => entry.what === "moved" && isSince(entry))
    const shipped = left.filter((one) => one.itemId === itemId && one.locationId === locationId && isSince(one))
    return base + sumOf(moved) - sumOf(shipped)
  }

  /** Every place that has an entry, as item and location. */
  places(): ReadonlyArray<readonly [string, string]> {
    return [...this.#entries.keys()].map((place) => {
      const [itemId = "", locationId = ""] = place.split("@")
      return [itemId, locationId] as const
    })
  }

  /** What the business itself has set aside of an item and not released by now. */
  reservedOf(itemId: string, now: number): number {
    return sumOf(
      this.reservations.filter(
        ({ itemId: id, until, released }) => id === itemId && !released && (until === null || until > now)
      )
    )
  }

  /** What is still owed of each item over all shops. */
  owed(taken: Taken): ReadonlyMap<string, number> {
    const owed = new Map<string, number>()
    for (const order of this.orders.values()) {
      for (const line of order.lines) {
        const open = openOf(order, line)
        const needs = open === 0 ? undefined : taken(order, line)?.needs
        for (const [itemId, need] of needs ?? []) owed.set(itemId, (owed.get(itemId) ?? 0) + open * need)
      }
    }
    return owed
  }

  /** What nobody has a claim to, over the locations whose stock is for sale. */
  available(nettable: ReadonlyArray<string>, now: number, taken: Taken): ReadonlyMap<string, number> {
    const left = this.left(taken)
    const owed = this.owed(taken)
    const ids = new Set([...this.#entries.keys()].map((place) => place.split("@")[0] ?? ""))
    return new Map(
      [...ids].map((id) => {
        const onHand = nettable.reduce((sum, locationId) => sum + this.onHand(id, locationId, left), 0)
        return [id, onHand - (owed.get(id) ?? 0) - this.reservedOf(id, now)] as const
      })
    )
  }

  /** Every parcel's content as it left, in items. */
  left(taken: Taken): ReadonlyArray<Left> {
    const all: Array<Left> = []
    for (const order of this.orders.values()) {
      for (const line of order.lines) {
        const from = line.history.some(({ what }) => what === "shipped") ? taken(order, line) : null
        if (from === null) continue
        const takeNext = oneAfterTheOther(from)
        for (const { at, what, quantity, undated = false } of line.history) {
          if (what !== "shipped") continue
          for (const part of takeNext(quantity)) {
            for (const [itemId, need] of part.needs) {
              all.push({ itemId, locationId: part.locationId, at, quantity: part.quantity * need, undated })
            }
          }
        }
      }
    }
    return all
  }

  #enter(itemId: string, locationId: string, entry: Entry): void {
    const place = `${itemId}@${locationId}`
    this.#entries.set(place, [...(this.#entries.get(place) ?? []), entry])
  }

  #entriesOf(itemId: string, locationId: string): ReadonlyArray<Entry> {
    return this.#entries.get(`${itemId}@${locationId}`) ?? []
  }
}

/** What left a place in one parcel, of one item. */
export interface Left {
  readonly itemId: string
  readonly locationId: string
  readonly at: number
  readonly quantity: number
  readonly undated: boolean
}

/** What of a line has been shipped. */
export const shippedOf = ({ history }: LineBook): number => sumOf(history.filter(({ what }) => what === "shipped"))

/** What of a line has been refunded. */
export const refundedOf = ({ history }: LineBook): number => sumOf(history.filter(({ what }) => what === "refunded"))

/** What of a line is not to be shipped any more, because it was refunded before anything of the line had left. */
export const freedOf = (line: LineBook): number => walk(line).freed

/** Whether nobody can tell from a line's history if the refunded goods were the ones that had left. */
export const isAmbiguous = (line: LineBook): boolean => walk(line).ambiguous

/** What is still to be shipped of a line, in listings. */
export const openOf = ({ standing }: OrderBook, line: LineBook): number =>
  standing === "unplaced" || standing === "calledOff" ? 0 : Math.max(0, line.ordered - shippedOf(line) - freedOf(line))

const walk = ({ ordered, history }: LineBook): { readonly freed: number; readonly ambiguous: boolean } => {
  let [shipped, freed, ambiguous] = [0, 0, false]
  for (const { what, quantity } of history) {
    if (what === "shipped") shipped += quantity
    else if (shipped === 0) freed = Math.min(ordered, freed + quantity)
    else if (shipped + freed < ordered) ambiguous = true
  }
  return { freed, ambiguous }
}

/** So many times what one unit needs. */
export const timesUnits = (needs: Needs, units: number): Needs =>
  new Map([...needs].map(([itemId, quantity]) => [itemId, Number((BigInt(quantity) * BigInt(units)) / BigInt(unit))]))

const isSame = (left: Needs, right: Needs): boolean =>
  left.size === right.size && [...left].every(([itemId, quantity]) => right.get(itemId) === quantity)

const sumOf = (rows: ReadonlyArray<{ readonly quantity: number }>): number =>
  rows.reduce((sum, { quantity }) => sum + quantity, 0)

/** Where the next so many goods of a line are taken from. */
const oneAfterTheOther = ({ first = [], needs, locationId }: Sources) => {
  const left = first.map((source) => ({ ...source }))
  return (quantity: number): ReadonlyArray<Source & { readonly quantity: number }> => {
    let wanted = quantity
    const parts = left.flatMap((source) => {
      const taken = Math.min(wanted, source.quantity)
      wanted -= taken
      source.quantity -= taken
      return taken === 0 ? [] : [{ ...source, quantity: taken }]
    })
    return wanted === 0 ? parts : [...parts, { needs, locationId, quantity: wanted }]
  }
}
