/**
 * What was published, what a person has to act on, and who did what, when and why.
 */
import { assert } from "@effect/vitest"
import { CartLocationId } from "@stockport/core/domain/CartLocationId"
import type { Event } from "@stockport/core/domain/Event"
import { type Issue, keyOf } from "@stockport/core/domain/Issue"
import type { Publication } from "@stockport/core/domain/Publication"
import { of } from "@stockport/core/domain/Quantity"
import { Actor, type RaisedIssue } from "@stockport/core/ports/Store"
import { DateTime, Effect } from "effect"
import {
  candle,
  cartLocationId,
  clean,
  closedShop,
  collected,
  demand,
  dirtyIds,
  gift,
  line,
  linkOf,
  listingOf,
  main,
  movement,
  open,
  saleOf,
  shop
} from "./Fixture.ts"
import { later, type Law, law, refused } from "./Law.ts"

const publicationOf = (productId: string, quantity: number): Publication => ({
  connectionId: shop.id,
  key: listingOf(productId, "").key,
  cartLocationId,
  itemId: candle.id,
  quantity,
  publishedAt: DateTime.makeUnsafe("2026-02-01T10:00:00.250Z"),
  receipt: `receipt of ${productId}`
})

const doubtOf = (publications: ReadonlyArray<Publication>) =>
  Object.fromEntries(publications.map(({ key, inDoubt }) => [key, inDoubt === true]))

/** The laws of `publications`, apart from marks. */
export const publicationLaws: ReadonlyArray<Law> = [
  law("a publication that is put in doubt stays so until its listing is published again", function* (store) {
    yield* open
    yield* clean(shop)
    const [first, second] = [publicationOf("p1", 9), publicationOf("p2", 4)]
    yield* store.publications.record(shop.id, [first, second], [])
    yield* store.publications.doubt(shop.id, [first.key, listingOf("never published", "").key])
    const doubted = yield* store.publications.ofListings(shop.id, [first.key, second.key])
    assert.deepStrictEqual(doubtOf(doubted), { [first.key]: true, [second.key]: false })
    assert.deepStrictEqual(yield* dirtyIds(shop), [])
    yield* store.publications.record(shop.id, [first], [])
    assert.deepStrictEqual(yield* store.publications.ofListings(shop.id, [first.key]), [first])
  }),

  law("the last publication of a listing at a place is remembered", function* (store) {
    yield* open
    const second = { ...publicationOf("p1", 3), cartLocationId: CartLocationId.make("2"), receipt: null }
    yield* store.publications.record(shop.id, [publicationOf("p1", 9), second, publicationOf("p2", 4)], [])
    yield* store.publications.record(shop.id, [publicationOf("p1", 8)], [])
    const found = yield* store.publications.ofListings(shop.id, [publicationOf("p1", 0).key])
    assert.deepStrictEqual(
      found.toSorted((left, right) => left.quantity - right.quantity),
      [second, publicationOf("p1", 8)]
    )
    assert.strictEqual((yield* collected(store.publications.all(shop.id))).length, 3)
    assert.deepStrictEqual(yield* collected(store.publications.all(closedShop.id)), [])
  })
]

const issueOf = (orderId: string, message = "it waits"): Issue => ({
  code: "ORDER_HELD",
  message,
  remedy: "link its lines",
  about: { orderId, connectionId: "shop" }
})

const clash: Issue = { code: "REFERENCE_CONFLICT", message: "taken", remedy: "renumber", about: { orderId: "1" } }

const openKeys = (raised: ReadonlyArray<RaisedIssue>) => raised.map(({ key }) => key).sort()

/** The laws of `issues`. */
export const issueLaws: ReadonlyArray<Law> = [
  law("an issue that is raised again is the same issue, counted once more, in its latest words", function* (store) {
    yield* open
    yield* store.issues.raise(shop.id, [issueOf("1")])
    const [first] = yield* store.issues.open(shop.id, { after: null, limit: 10 })
    yield* later("1 hour", store.issues.raise(shop.id, [issueOf("1", "it still waits")]))
    const [again, ...others] = yield* store.issues.open(shop.id, { after: null, limit: 10 })
    assert.deepStrictEqual(others, [])
    assert.deepStrictEqual(again, {
      key: keyOf(issueOf("1")),
      issue: issueOf("1", "it still waits"),
      raisedAt: first?.raisedAt ?? DateTime.makeUnsafe(0),
      times: 2
    })
  }),

  law("any number of issues is raised at once, and those that are not among them close", function* (store) {
    yield* open
    const many = Array.from({ length: 25_000 }, (_, index) => issueOf(`o${index}`))
    const long = issueOf("x".repeat(2_000))
    yield* store.issues.raise(shop.id, [...many, clash])
    yield* store.issues.replace(shop.id, ["ORDER_HELD"], null, [...many.slice(1), long])
    const first = yield* store.issues.open(shop.id, { after: null, limit: 3 })
    assert.deepStrictEqual(openKeys(first), [keyOf(issueOf("o1")), keyOf(issueOf("o10")), keyOf(issueOf("o100"))])
    const last = yield* store.issues.open(shop.id, { after: keyOf(issueOf("o9999")), limit: 10 })
    assert.deepStrictEqual(openKeys(last), [keyOf(long), keyOf(clash)].sort())
    yield* store.issues.replace(
      shop.id,
      ["ORDER_HELD"],
      { field: "orderId", ids: many.map(({ about }) => about["orderId"] ?? "") },
      []
    )
    const left = yield* store.issues.open(shop.id, { after: null, limit: 10 })
    assert.deepStrictEqual(openKeys(left), [keyOf(long), keyOf(clash)].sort())
    yield* store.issues.resolve([keyOf(long)])
    assert.deepStrictEqual(openKeys(yield* store.issues.open(shop.id, { after: null, limit: 10 })), [keyOf(clash)])
  }),

  law("a resolved issue is open no more, and begins anew when it comes back", function* (store) {
    yield* open
    yield* store.issues.raise(shop.id, [issueOf("1"), issueOf("2")])
    yield* store.issues.resolve([keyOf(issueOf("1")), "nothing"])
    assert.deepStrictEqual(openKeys(yield* store.issues.open(shop.id, { after: null, limit: 10 })), [
      keyOf(issueOf("2"))
    ])
    yield* store.issues.raise(shop.id, [issueOf("1")])
    const reopened = yield* store.issues.open(shop.id, { after: null, limit: 10 })
    assert.deepStrictEqual(
      reopened.map(({ times }) => times),
      [1, 1]
    )
  }),

  law("issues are listed per connection, or all together, in pages", function* (store) {
    yield* open
    yield* store.issues.raise(
      shop.id,
      ["1", "2", "3"].map((id) => issueOf(id))
    )
    yield* store.issues.raise(null, [issueOf("4")])
    const first = yield* store.issues.open(shop.id, { after: null, limit: 2 })
    const rest = yield* store.issues.open(shop.id, { after: first.at(-1)?.key ?? null, limit: 2 })
    assert.deepStrictEqual(openKeys([...first, ...rest]), ["1", "2", "3"].map((id) => keyOf(issueOf(id))).sort())
    assert.strictEqual((yield* store.issues.open(null, { after: null, limit: 10 })).length, 4)
  }),

  law("replacing issues closes those of the same codes and subject that are gone, and no others", function* (store) {
    yield* open
    yield* store.issues.raise(shop.id, [issueOf("1"), issueOf("2"), issueOf("3"), clash])
    yield* store.issues.replace(shop.id, ["ORDER_HELD"], { field: "orderId", ids: ["1", "2"] }, [issueOf("2")])
    const expected = [issueOf("2"), issueOf("3"), clash].map(keyOf).sort()
    assert.deepStrictEqual(openKeys(yield* store.issues.open(shop.id, { after: null, limit: 10 })), expected)
    yield* store.issues.replace(shop.id, ["ORDER_HELD"], null, [issueOf("4")])
    const replaced = [issueOf("4"), clash].map(keyOf).sort()
    assert.deepStrictEqual(openKeys(yield* store.issues.open(shop.id, { after: null, limit: 10 })), replaced)
  })
]

const parcelLeft = (subject: string): Event => ({
  kind: "shipmentRecorded",
  subject,
  actor: "worker",
  reason: "a parcel left",
  at: DateTime.makeUnsafe("2026-02-01T10:00:00Z")
})

/** The laws of the event log. */
export const eventLaws: ReadonlyArray<Law> = [
  law("every write is logged: what, by whom, why and when", function* (store) {
    yield* open
    const before = yield* store.events.list({ after: null, limit: 1_000 })
    const after = before.at(-1)?.sequence ?? null
    const now = yield* DateTime.now
    const writes = Effect.gen(function* () {
      yield* store.items.save([{ ...candle, description: "long" }])
      yield* store.stock.record([movement("r1", candle, main, 5)])
      yield* store.stock.count("c1", [{ itemId: candle.id, locationId: main.id, counted: of(4) }])
      yield* store.stock.setDemand([demand("order", "salesOrder", [line("1", candle, main, 1)])])
      yield* store.stock.reserve({ key: "k1", lines: [line("1", candle, main, 1)], expiresAt: null })
      yield* store.links.save([linkOf(candle, "p1")])
      yield* store.links.exclude([{ connectionId: shop.id, key: listingOf("p2", "").key, reason: "" }])
      yield* store.links.remove(shop.id, [listingOf("p1", "").key])
      yield* store.sales.save([saleOf("1001", "1001")])
      yield* store.sales.save([{ ...saleOf("1001", "1001"), revision: 1 }])
      yield* store.publications.record(shop.id, [publicationOf("p1", 1)], [])
    })
    yield* Effect.provideService(writes, Actor, { name: "ann", reason: "stock-taking" })
    const logged = yield* store.events.list({ after, limit: 1_000 })
    const expected = [
      "itemSaved",
      "stockMoved",
      "stockCounted",
      "demandSet",
      "reserved",
      "linked",
      "excluded",
      "unlinked",
      "saleImported",
      "saleAmended",
      "published"
    ]
    assert.deepStrictEqual(
      logged.map(({ event }) => event.kind),
      expected
    )
    for (const { event } of logged) {
      assert.deepInclude(event, { actor: "ann", reason: "stock-taking" })
      assert.isBelow(Math.abs(DateTime.toEpochMillis(event.at) - DateTime.toEpochMillis(now)), 60_000)
    }
    assert.strictEqual(logged[0]?.event.subject, candle.id)
    assert.strictEqual(logged[8]?.event.subject, saleOf("1001", null).id)
  }),

  law("a refused write leaves no event", function* (store) {
    yield* open
    const before = yield* store.events.list({ after: null, limit: 1_000 })
    yield* refused(store.stock.record([movement("r1", gift, main, 1)]), "Invalid")
    assert.deepStrictEqual(yield* store.events.list({ after: null, limit: 1_000 }), before)
  }),

  law("events are listed in the order they were written, page by page", function* (store) {
    const subjects = ["c", "a", "b", "e", "d"]
    yield* store.events.append(subjects.slice(0, 3).map(parcelLeft))
    yield* store.events.append(subjects.slice(3).map(parcelLeft))
    const first = yield* store.events.list({ after: null, limit: 2 })
    const rest = yield* store.events.list({ after: first.at(-1)?.sequence ?? null, limit: 10 })
    assert.deepStrictEqual(
      [...first, ...rest].map(({ event }) => event),
      subjects.map(parcelLeft)
    )
    const sequences = [...first, ...rest].map(({ sequence }) => sequence)
    assert.deepStrictEqual(
      sequences,
      sequences.toSorted((left, right) => left - right)
    )
    assert.strictEqual(new Set(sequences).size, subjects.length)
  })
]
