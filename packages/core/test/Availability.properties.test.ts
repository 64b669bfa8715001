import { assert, describe, it } from "@effect/vitest"
import * as Availability from "@stockport/core/decide/Availability"
import * as Kits from "@stockport/core/decide/Kits"
import * as Item from "@stockport/core/domain/Item"
import type { ItemId } from "@stockport/core/domain/ItemId"
import type { LocationId } from "@stockport/core/domain/Location"
import * as Position from "@stockport/core/domain/Position"
import * as Quantity from "@stockport/core/domain/Quantity"
import * as Stock from "@stockport/testing/generators/Stock"
import { Result } from "effect"
import fc from "fast-check"

type Input = Availability.AvailabilityInput
type Numbers = ReadonlyMap<ItemId, Availability.Available>

const inputs = (options: Parameters<typeof Stock.availabilityInput>[0] = {}, policy: Partial<Input["policy"]> = {}) =>
  Stock.availabilityInput(options).map((input) => ({ ...input, policy: { ...input.policy, ...policy } }))

const numRuns = fc.readConfigureGlobal().numRuns ?? 300

const check = <A>(values: fc.Arbitrary<A>, law: (value: A) => void) => fc.assert(fc.property(values, law), { numRuns })

const kitsOf = (numbers: Numbers) =>
  Array.from(numbers.values()).filter((available): available is Availability.KitAvailable => available._tag === "Kit")

const stockedOf = (numbers: Numbers) =>
  Array.from(numbers.values()).filter(
    (available): available is Availability.StockedAvailable => available._tag === "Stocked"
  )

const numberIn = (numbers: Numbers, id: ItemId) => {
  const available = numbers.get(id)
  return available === undefined || available._tag === "Unlimited" ? null : available.quantity
}

const sum = (quantities: ReadonlyArray<number>) => quantities.reduce((total, quantity) => total + quantity, 0)
const quantities = (rows: ReadonlyArray<{ readonly quantity: number }>) => rows.map(({ quantity }) => quantity)

/** The position of an item at a location, with some terms raised. */
const raised = (
  input: Input,
  itemId: ItemId,
  locationId: LocationId,
  by: Partial<Record<keyof Position.PositionTerms, number>>
): Input => {
  const known =
    input.positions.find((position) => position.itemId === itemId && position.locationId === locationId) ??
    Position.make({ itemId, locationId })
  const position = { ...known }
  for (const [term, more] of Object.entries(by)) {
    const field = term as keyof Position.PositionTerms
    position[field] = (position[field] + more) as Quantity.Quantity
  }
  return Stock.changed(input, { _tag: "PositionSet", position })
}

/** Puts kits together one by one from a bag of parts, nested kits and all, until a part is missing. */
const builtOneByOne = (kitId: ItemId, input: Input, parts: ReadonlyMap<ItemId, number>): number => {
  const itemOf = new Map(input.items.map((item) => [item.id, item]))
  const left = new Map(parts)
  const take = (itemId: ItemId, times: number): boolean => {
    const item = itemOf.get(itemId)!
    if (item.kind === "kit") {
      return item.billOfMaterials.every((line) => take(line.itemId, times * (line.quantity / Quantity.scale)))
    }
    if (!Item.isStocked(item.kind)) return true
    const rest = (left.get(itemId) ?? 0) - Math.round(times * Quantity.scale)
    left.set(itemId, rest)
    return rest >= 0
  }
  let kits = 0
  while (take(kitId, 1)) kits++
  return kits
}

const partsIn = (numbers: Numbers, at: (available: Availability.StockedAvailable) => number) =>
  new Map(stockedOf(numbers).map((available) => [available.itemId, at(available)]))

const kitsWithParts = (numbers: Numbers) => kitsOf(numbers).filter(({ components }) => components.length > 0)

const outside = (value: bigint) => value > BigInt(Quantity.max) || value < -BigInt(Quantity.max)

describe("availability, of any stock", { timeout: 60_000 }, () => {
  it("adds up: the breakdown to the number, each share to its breakdown, the shares to the number", () => {
    check(inputs({ odd: true }), (input) => {
      for (const { breakdown, byLocation, quantity } of stockedOf(Availability.compute(input))) {
        assert.strictEqual(sum(quantities(breakdown)), quantity)
        assert.strictEqual(sum(quantities(byLocation)), quantity)
        for (const share of byLocation) assert.strictEqual(sum(quantities(share.breakdown)), share.quantity)
        for (const term of Availability.terms) {
          const lines = byLocation.flatMap((share) => share.breakdown).filter((line) => line.term === term)
          const line = breakdown.find((line) => line.term === term)
          assert.strictEqual(sum(quantities(lines)), line?.quantity ?? 0)
        }
      }
    })
  })

  it("is the formula, computed another way, exact to the ends of the range or refused", () => {
    check(inputs({ extreme: true }, { assemblyShortfallDemand: false }), (input) => {
      const nettable = new Set(input.locations.filter(({ nettable }) => nettable).map(({ id }) => id))
      const numbers = Availability.compute(input)
      for (const item of input.items.filter(({ kind, archived }) => Item.isStocked(kind) && !archived)) {
        let total = 0n
        for (const position of input.positions.filter(({ itemId }) => itemId === item.id)) {
          const sells = nettable.has(position.locationId)
          const feeds = sells && (input.feeding === null || input.feeding.includes(position.locationId))
          if (sells && !feeds) continue
          if (feeds) total += BigInt(position.onHand) - BigInt(position.stockHolds)
          if (feeds && input.policy.countIncoming) total += BigInt(position.incoming)
          if (input.policy.countOpenSalesReceipts) total -= BigInt(position.salesReceipts)
          total -= BigInt(position.salesOrders) + BigInt(position.pickTickets)
          total -= BigInt(position.reservations) + BigInt(position.softHolds)
        }
        const available = numbers.get(item.id)
        assert.strictEqual(available?._tag, "Stocked")
        if (available?._tag !== "Stocked") return
        const refused = available.issues.some(({ code }) => code === "QUANTITY_OUT_OF_RANGE")
        assert.strictEqual(available.quantity, refused ? 0 : Number(total))
        if (outside(total)) assert.isTrue(refused)
      }
    })
  })

  it("never throws, and never says minus zero, whatever the stock and the kits", () => {
    const noMinusZero = (value: unknown): void => {
      if (typeof value === "number") assert.isFalse(Object.is(value, -0))
      else if (typeof value === "object" && value !== null) Object.values(value).forEach(noMinusZero)
    }
    check(inputs({ odd: true, extreme: true }), (input) => {
      const numbers = Availability.compute(input)
      assert.strictEqual(numbers.size, input.items.length)
      for (const available of numbers.values()) {
        noMinusZero(available)
        assert.isAbove(Availability.explain(available, (id) => id).length, 0)
      }
    })
  })

  it("does not depend on the order of its inputs", () => {
    check(inputs({ odd: true }), (input) => {
      const reversed = {
        ...input,
        items: input.items.toReversed(),
        positions: input.positions.toReversed(),
        locations: input.locations.toReversed()
      }
      const [forwards, backwards] = [Availability.compute(input), Availability.compute(reversed)]
      for (const [id, available] of forwards) assert.deepStrictEqual(backwards.get(id), available)
    })
  })

  it("shipping any part of an open order leaves it as it is, kits included", () => {
    const shipments = inputs({ odd: true }).chain((input) =>
      fc.record({
        input: fc.constant(input),
        item: fc.nat(input.items.length - 1),
        place: fc.nat(input.locations.length - 1),
        open: Stock.quantity(0, 9),
        part: fc.nat(100)
      })
    )
    check(shipments, ({ input, item, open, part, place }) => {
      const itemId = input.items[item]!.id
      const locationId = input.locations[place]!.id
      // What is shipped was at a location that it can be shipped from.
      if (Availability.placesOf(input.locations, input.feeding)(locationId) !== "feeding") return
      const ordered = raised(input, itemId, locationId, { salesOrders: open })
      const shipped = Math.floor((open * part) / 100)
      const after = raised(ordered, itemId, locationId, { salesOrders: -shipped, onHand: -shipped })
      const [before, now] = [Availability.compute(ordered), Availability.compute(after)]
      for (const [id, available] of before) {
        const other = now.get(id)
        if (available._tag === "Unlimited") assert.deepStrictEqual(other, available)
        else if (input.items[item]!.archived && other?._tag !== "Unlimited") {
          // The stock of an archived item counts for nothing, so that shipping it can only pay off what kits owe of it.
          assert.isAtLeast(other?.quantity ?? -1, available.quantity)
        } else assert.deepInclude(other, { quantity: available.quantity, issues: available.issues })
      }
    })
  })

  it("moving stock between two locations that feed leaves every item's number as it is, and the pooled kits", () => {
    const transfers = inputs({}, { kitPooling: "pooled" }).chain((input) =>
      fc.record({
        input: fc.constant(input),
        item: fc.nat(input.items.length - 1),
        from: fc.nat(input.locations.length - 1),
        to: fc.nat(input.locations.length - 1),
        moved: Stock.quantity(0, 50)
      })
    )
    check(transfers, ({ from, input, item, moved, to }) => {
      const itemId = input.items[item]!.id
      const [source, target] = [input.locations[from]!.id, input.locations[to]!.id]
      const placeOf = Availability.placesOf(input.locations, input.feeding)
      if (placeOf(source) !== placeOf(target)) return
      const after = raised(raised(input, itemId, source, { onHand: Quantity.negate(moved) }), itemId, target, {
        onHand: moved
      })
      const [before, now] = [Availability.compute(input), Availability.compute(after)]
      for (const id of before.keys()) assert.strictEqual(numberIn(now, id), numberIn(before, id))
    })
  })

  it("demand never raises it, stock never lowers it, term by term", () => {
    const more = inputs({}).chain((input) =>
      fc.record({
        input: fc.constant(input),
        item: fc.nat(input.items.length - 1),
        place: fc.nat(input.locations.length),
        term: fc.constantFrom(...Availability.positionTerms),
        by: Stock.quantity(0, 20)
      })
    )
    check(more, ({ by, input, item, place, term }) => {
      const after = raised(input, input.items[item]!.id, Stock.locationIdOf(place), { [term]: by })
      const [before, now] = [Availability.compute(input), Availability.compute(after)]
      for (const [id, available] of before) {
        const other = now.get(id)
        if (available._tag === "Unlimited" || other === undefined || other._tag === "Unlimited") continue
        if (term === "onHand" || term === "incoming") assert.isAtLeast(other.quantity, available.quantity)
        else assert.isAtMost(other.quantity, available.quantity)
      }
    })
  })
})

describe("a kit's number, of any stock", { timeout: 60_000 }, () => {
  it("is the largest number of kits that can be put together one by one", () => {
    check(inputs({}, { kitPooling: "pooled" }), (input) => {
      const numbers = Availability.compute(input)
      const parts = partsIn(numbers, ({ quantity }) => quantity)
      for (const kit of kitsWithParts(numbers)) {
        assert.strictEqual(Quantity.wholeUnits(kit.quantity), builtOneByOne(kit.itemId, input, parts))
      }
    })
  })

  it("from one location each: as many as are put together one by one at each, at most the pooled number", () => {
    check(inputs({}, { kitPooling: "perLocation" }), (input) => {
      const numbers = Availability.compute(input)
      const placeOf = Availability.placesOf(input.locations, input.feeding)
      const feeding = input.locations.filter(({ id }) => placeOf(id) === "feeding")
      const together = partsIn(numbers, ({ quantity }) => quantity)
      for (const kit of kitsWithParts(numbers)) {
        const at = feeding.map(({ id }) => {
          const here = partsIn(
            numbers,
            ({ byLocation }) => byLocation.find(({ locationId }) => locationId === id)?.quantity ?? 0
          )
          return builtOneByOne(kit.itemId, input, here)
        })
        const pooled = builtOneByOne(kit.itemId, input, together)
        assert.strictEqual(Quantity.wholeUnits(kit.pooled), pooled)
        assert.strictEqual(Quantity.wholeUnits(kit.quantity), Math.min(pooled, sum(at)))
        assert.strictEqual(sum(quantities(kit.byLocation)), sum(at) * Quantity.scale)
      }
    })
  })

  it("can be built, and one more cannot", () => {
    check(inputs({}, { kitPooling: "pooled" }), (input) => {
      const numbers = Availability.compute(input)
      const items = new Map(input.items.map((item) => [item.id, item]))
      const availableOf = (id: ItemId) => {
        const available = numbers.get(id)
        return available === undefined || available._tag === "Unlimited" ? Quantity.zero : available.quantity
      }
      for (const kit of kitsWithParts(numbers)) {
        const needs = Result.getOrThrow(Kits.leafNeeds(kit.itemId, (id) => items.get(id)))
        const count = Quantity.wholeUnits(kit.quantity)
        if (count > 0) assert.isTrue(Kits.canBuild(count, needs, availableOf))
        assert.isFalse(Kits.canBuild(count + 1, needs, availableOf))
      }
    })
  })

  it("is at most what each component allows, and the limiting ones allow no more, in every mode", () => {
    check(inputs({ odd: true }), (input) => {
      for (const kit of kitsWithParts(Availability.compute(input))) {
        const built = kit.built === undefined ? 0 : Quantity.wholeUnits(kit.built)
        for (const { available, need, shortage } of kit.components) {
          const allowed = Math.max(0, Math.floor(available / need) + built)
          assert.isAtMost(Quantity.wholeUnits(kit.pooled), allowed)
          assert.strictEqual(shortage, Math.max(0, 0 - available))
        }
        assert.isAtMost(kit.quantity, kit.pooled)
        assert.isAbove(kit.limiting.length, 0)
        if (kit.quantity < kit.pooled) continue
        for (const { available, need } of kit.limiting) {
          assert.strictEqual(Math.max(0, Math.floor(available / need) + built), Quantity.wholeUnits(kit.pooled))
        }
      }
    })
  })

  it("pooled is never below that from one location each", () => {
    check(inputs({}), (input) => {
      const of = (kitPooling: "pooled" | "perLocation") =>
        Availability.compute({ ...input, policy: { ...input.policy, kitPooling } })
      const [pooled, apart] = [of("pooled"), of("perLocation")]
      for (const kit of kitsOf(pooled)) {
        const other = apart.get(kit.itemId)
        assert.isTrue(other?._tag === "Kit" && other.quantity <= kit.quantity && other.pooled === kit.quantity)
      }
    })
  })

  it("falls by exactly what is sold, which leaves no component short that was not", () => {
    const sales = inputs({}).chain((input) => fc.record({ input: fc.constant(input), share: fc.nat(100) }))
    check(sales, ({ input, share }) => {
      const before = Availability.compute(input)
      for (const kit of kitsWithParts(before)) {
        // Kits are sold where they can be put together, as many as there are.
        let after = input
        let left = Math.floor((Quantity.wholeUnits(kit.quantity) * share) / 100)
        const sold = left
        for (const { locationId, quantity } of kit.byLocation) {
          const here = Math.min(left, Quantity.wholeUnits(quantity))
          left -= here
          for (const { itemId, need } of kit.components) {
            after = raised(after, itemId, locationId, { salesOrders: here * need })
          }
        }
        if (left > 0) continue
        const now = Availability.compute(after).get(kit.itemId)
        assert.strictEqual(now?._tag, "Kit")
        if (now?._tag !== "Kit") return
        const expected = kit.quantity - sold * Quantity.scale
        // Kits that were built already may make an assembly inside them short, and that its parts in turn.
        if (kit.built !== undefined && input.policy.assemblyShortfallDemand) assert.isAtMost(now.quantity, expected)
        else assert.strictEqual(now.quantity, expected)
        if (kit.built === undefined && sold > 0) {
          for (const { available } of now.components) assert.isAtLeast(available, 0)
        }
      }
    })
  })
})

describe("selling together, of any stock", { timeout: 60_000 }, () => {
  it("one kit alone can be sold as often as its pooled number says, and not once more", () => {
    check(inputs({}, { kitPooling: "pooled" }), (input) => {
      const numbers = Availability.compute(input)
      const items = new Map(input.items.map((item) => [item.id, item]))
      const availableOf = (id: ItemId) => {
        const available = numbers.get(id)
        return available === undefined || available._tag === "Unlimited" ? Quantity.zero : available.quantity
      }
      const short = (itemId: ItemId, count: number) =>
        Result.getOrThrow(
          Kits.jointShortages([{ itemId, quantity: Quantity.of(count) }], (id) => items.get(id), availableOf)
        ).length
      for (const kit of kitsWithParts(numbers)) {
        const count = Quantity.wholeUnits(kit.quantity)
        if (count > 0) assert.strictEqual(short(kit.itemId, count), 0)
        assert.isAbove(short(kit.itemId, count + 1), 0)
      }
    })
  })
})
