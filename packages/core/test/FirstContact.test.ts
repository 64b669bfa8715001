import { assert, describe, it } from "@effect/vitest"
import * as FirstContact from "@stockport/core/decide/FirstContact"
import type { Connection } from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { type Location, LocationId } from "@stockport/core/domain/Location"
import { SaleId } from "@stockport/core/domain/Sale"
import * as fc from "fast-check"
import { connection, counter, main, online, store } from "./Catalogue.ts"

const repairs = LocationId.make("Repairs")

const place = (id: LocationId, nettable = true): Location => ({ id, name: id, nettable, isDefault: false })

const locations = [place(main), place(store), place(repairs, false)]

const fed = (...publishTo: ReadonlyArray<ReadonlyArray<LocationId> | null>) =>
  publishTo.map((feed, at) => ({
    cartLocationId: at === 0 ? online : counter,
    locations: feed
  })) as unknown as Connection["publishTo"]

describe("the locations that feed a connection", () => {
  it("are the nettable ones of its channel that any of its places takes from", () => {
    const feeding = (publishTo: Connection["publishTo"], channel: ReadonlyArray<LocationId> | null) =>
      FirstContact.feedingOf({ publishTo }, { locations: channel }, locations)
    assert.deepStrictEqual(feeding(fed(null), null), [main, store])
    assert.deepStrictEqual(feeding(fed(null), [store, repairs]), [store])
    assert.deepStrictEqual(feeding(fed([main], [store]), null), [main, store])
    assert.deepStrictEqual(feeding(fed([main], [repairs]), null), [main])
    assert.deepStrictEqual(feeding(fed([main]), [store]), [])
    assert.deepStrictEqual(FirstContact.feedingOf({ publishTo: fed(null) }, null, locations), [main, store])
  })
})

const told = (locationId: LocationId, channel: ReadonlyArray<LocationId> | null) =>
  FirstContact.misplaced(connection({ locationId }), { locations: channel }, locations)?.message ?? null

describe("the location at which orders are booked", () => {
  it("has to feed what the connection publishes", () => {
    assert.isNull(told(main, null))
    assert.isNull(told(store, [store]))
    assert.strictEqual(
      told(main, [store]),
      "The connection's location Main feeds none of the numbers that it publishes; these do: Store."
    )
    assert.match(told(main, [repairs]) ?? "", /these do: none\.$/)
  })

  it("does not feed where it is not nettable, and is not judged where nobody knows it", () => {
    assert.match(told(repairs, null) ?? "", /^The connection's location Repairs feeds none/)
    assert.isNull(told(LocationId.make("Attic"), null))
  })
})

const shop = (id: string, referencePrefix = "", referenceSuffix = "") => ({
  id: ConnectionId.make(id),
  referencePrefix,
  referenceSuffix
})

const prefixFor = (
  one: ReturnType<typeof shop>,
  others: ReadonlyArray<ReturnType<typeof shop>>,
  taken: ReadonlyArray<string> = []
) =>
  FirstContact.prefixFor({
    connection: one,
    others,
    orderNumbers: ["100", "101"],
    numberOwner: (number) => (taken.includes(number) ? SaleId.make(`first:${number}`) : null)
  })

describe("a prefix of one's own", () => {
  it("is proposed where another connection gives the same numbers, or has given one", () => {
    assert.strictEqual(prefixFor(shop("outlet"), [shop("first")]), "OUTL-")
    assert.strictEqual(prefixFor(shop("outlet", "A-"), [shop("first", "a-")]), "OUTL-")
    assert.strictEqual(prefixFor(shop("outlet", "1"), [shop("first")], ["1101"]), "OUTL-")
    assert.isNull(prefixFor(shop("outlet", "B-"), [shop("first", "A-")]))
    assert.isNull(prefixFor(shop("outlet", "", "-B"), [shop("first")]))
    assert.isNull(prefixFor(shop("outlet"), []))
  })

  it("is one that nobody has, that begins no other, and under which no number is taken", () => {
    assert.strictEqual(prefixFor(shop("outlet"), [shop("first"), shop("second", "outl-")]), "OUTL2-")
    assert.strictEqual(prefixFor(shop("outlet"), [shop("first"), shop("second", "OU")]), "OUTL4-")
    assert.strictEqual(prefixFor(shop("outlet"), [shop("first")], ["OUTL-100"]), "OUTL2-")
    assert.strictEqual(prefixFor(shop("99"), [shop("first")]), "S-")
  })

  it("is told with what to do", () => {
    const { code, remedy } = FirstContact.prefixIssue(shop("outlet"), "OUTL-")
    assert.deepStrictEqual([code, remedy], ["POLICY_RISKY", "Give the connection a prefix of its own, such as OUTL-."])
  })

  it("is none of the others', however many there are", () => {
    const others = fc.array(fc.constantFrom("", "OUTL-", "outl2-", "OUTL3-", "A-", "X"), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(others, (prefixes) => {
        const proposed = prefixFor(shop("outlet"), [
          shop("first"),
          ...prefixes.map((prefix, at) => shop(`s${at}`, prefix))
        ])
        assert.isNotNull(proposed)
        assert.notInclude(
          prefixes.map((prefix) => prefix.toUpperCase()),
          proposed
        )
      })
    )
  })
})
