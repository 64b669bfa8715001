/**
 * Who contains what, both ways round, for a large catalogue: from an owner to what it takes of each target, and from a
 * target to its owners, each in time proportional to the answer.
 *
 * Items are ordinals here. An owner's entries stand side by side; a target's owners are a doubly linked list through the
 * entries, so that replacing an owner's entries never searches. What replaced owners leave behind is reclaimed as soon as
 * it is more than half of all entries, and more than a handful.
 */
import { grownFloat64, grownInt32 } from "./PositionTable.ts"

const none = -1
const entriesMin = 64

/** Weighted edges between ordinals; grows by doubling. */
export class Containment {
  /** Of each entry: the owner, what it contains, and how much of it. */
  owner = new Int32Array(0)
  target = new Int32Array(0)
  need = new Float64Array(0)
  /** The next entry with the same target, or -1. */
  next = new Int32Array(0)
  #previous = new Int32Array(0)
  #start = new Int32Array(0)
  #count = new Int32Array(0)
  #head = new Int32Array(0)
  #used = 0
  #left = 0

  /** The first entry of an owner; the others follow it. */
  start(owner: number): number {
    return this.#start[owner] ?? 0
  }

  /** How many entries an owner has. */
  count(owner: number): number {
    return this.#count[owner] ?? 0
  }

  /** The first entry with this target, or -1; `next` leads to the others. */
  head(target: number): number {
    return this.#head[target] ?? none
  }

  /** Makes room for the ordinals below `items` and for `entries` entries. */
  reserve(items: number, entries: number): void {
    this.#start = grownInt32(this.#start, items, 0)
    this.#count = grownInt32(this.#count, items, 0)
    this.#head = grownInt32(this.#head, items, none)
    this.owner = grownInt32(this.owner, entries, none)
    this.target = grownInt32(this.target, entries, none)
    this.need = grownFloat64(this.need, entries)
    this.next = grownInt32(this.next, entries, none)
    this.#previous = grownInt32(this.#previous, entries, none)
  }

  /** Replaces all that an owner contains. */
  replace(owner: number, targets: ReadonlyArray<number>, needs: ReadonlyArray<number>): void {
    this.#remove(owner)
    if (this.#left > entriesMin && this.#left > this.#used / 2) this.#reclaim()
    const start = this.#used
    const end = start + targets.length
    if (end > this.owner.length) this.reserve(0, Math.max(entriesMin, end, this.owner.length * 2))
    this.#start[owner] = start
    this.#count[owner] = targets.length
    this.#used = end
    for (let index = 0; index < targets.length; index++) {
      this.#insert(start + index, owner, targets[index]!, needs[index]!)
    }
  }

  /** The owners of a target; one that lists it twice comes twice. */
  ownersOf(target: number): ReadonlyArray<number> {
    const owners: Array<number> = []
    for (let entry = this.head(target); entry !== none; entry = this.next[entry]!) owners.push(this.owner[entry]!)
    return owners
  }

  /** Bytes in use. */
  get bytes(): number {
    const entries = [this.owner, this.target, this.need, this.next, this.#previous]
    const items = [this.#start, this.#count, this.#head]
    return [...entries, ...items].reduce((bytes, { byteLength }) => bytes + byteLength, 0)
  }

  #insert(entry: number, owner: number, target: number, need: number): void {
    const head = this.#head[target]!
    this.owner[entry] = owner
    this.target[entry] = target
    this.need[entry] = need
    this.next[entry] = head
    this.#previous[entry] = none
    if (head !== none) this.#previous[head] = entry
    this.#head[target] = entry
  }

  #remove(owner: number): void {
    const start = this.start(owner)
    const end = start + this.count(owner)
    for (let entry = start; entry < end; entry++) {
      const next = this.next[entry]!
      const previous = this.#previous[entry]!
      if (next !== none) this.#previous[next] = previous
      if (previous !== none) this.next[previous] = next
      else this.#head[this.target[entry]!] = next
    }
    this.#left += end - start
    this.#count[owner] = 0
  }

  /** Moves all entries together. */
  #reclaim(): void {
    const { owner, target, need } = this
    const capacity = owner.length
    this.owner = new Int32Array(capacity)
    this.target = new Int32Array(capacity)
    this.need = new Float64Array(capacity)
    this.next = new Int32Array(capacity)
    this.#previous = new Int32Array(capacity)
    this.#head.fill(none)
    this.#used = 0
    this.#left = 0
    this.#count.forEach((count, item) => {
      const from = this.#start[item]!
      this.#start[item] = this.#used
      for (let entry = from; entry < from + count; entry++) {
        this.#insert(this.#used++, item, target[entry]!, need[entry]!)
      }
    })
  }
}
