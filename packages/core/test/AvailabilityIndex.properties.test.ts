import { assert, describe, it } from "@effect/vitest"
import * as Availability from "@stockport/core/decide/Availability"
import * as AvailabilityIndex from "@stockport/core/decide/AvailabilityIndex"
import * as Stock from "@stockport/testing/generators/Stock"
import fc from "fast-check"

const numRuns = fc.readConfigureGlobal().numRuns ?? 150

const said = (index: AvailabilityIndex.AvailabilityIndex, input: Availability.AvailabilityInput) =>
  new Map(input.items.map(({ id }) => [id, index.get(id)]))

const numberOf = (available: Availability.Available | undefined) =>
  available === undefined || available._tag === "Unlimited" ? null : available.quantity

describe("an availability index, for any catalogue", () => {
  for (const options of [{ odd: true }, { odd: true, extreme: true }, { itemsMax: 14 }]) {
    const catalogues = JSON.stringify(options)

    it(`says what the plain computation says, number and reasons ${catalogues}`, { timeout: 60_000 }, () => {
      fc.assert(
        fc.property(Stock.availabilityInput(options), (input) => {
          const index = AvailabilityIndex.make(input)
          const plain = Availability.compute(input)
          assert.deepStrictEqual(said(index, input), new Map(plain))
          for (const [id, available] of plain) assert.strictEqual(index.numberOf(id), numberOf(available))
        }),
        { numRuns }
      )
    })

    it(
      `kept up to date equals computed afresh, after any sequence of changes ${catalogues}`,
      { timeout: 60_000 },
      () => {
        fc.assert(
          fc.property(Stock.changedAvailability(options), ({ input, batches }) => {
            const index = AvailabilityIndex.make(input)
            let facts = input
            let before = Availability.compute(input)
            for (const batch of batches) {
              const delta = index.apply(batch)
              facts = batch.reduce(Stock.changed, facts)
              const plain = Availability.compute(facts)
              assert.deepStrictEqual(said(index, facts), new Map(plain))
              for (const [id, available] of plain) assert.strictEqual(index.numberOf(id), numberOf(available))
              checkDelta(delta, before, plain)
              before = plain
            }
          }),
          { numRuns }
        )
      }
    )
  }
})

/** Everything that changed is reported, with the right numbers; nothing is reported twice. */
const checkDelta = (
  delta: AvailabilityIndex.AvailabilityDelta,
  before: ReadonlyMap<string, Availability.Available>,
  after: ReadonlyMap<string, Availability.Available>
) => {
  const affected = new Set<string>(delta.affected)
  assert.strictEqual(affected.size, delta.affected.length)
  const changed = new Map(delta.changed.map((change) => [change.itemId as string, change]))
  assert.strictEqual(changed.size, delta.changed.length)
  for (const [id, available] of after) {
    const old = before.get(id)
    if (!same(old, available)) assert.isTrue(affected.has(id), `${id} is another one now, and was not affected`)
    const [was, is] = [numberOf(old), numberOf(available)]
    if (was === is) assert.isUndefined(changed.get(id))
    else assert.deepInclude(changed.get(id), { before: was, after: is })
  }
}

const same = (left: unknown, right: unknown) => {
  try {
    assert.deepStrictEqual(left, right)
    return true
  } catch {
    return false
  }
}
