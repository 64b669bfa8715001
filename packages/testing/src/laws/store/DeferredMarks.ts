/**
 * A mark whose number was refused waits, until its time has come or its item has changed.
 */
import { assert } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { Store } from "@stockport/core/ports/Store"
import type { DirtyMark } from "@stockport/core/domain/Publication"
import { box, candle, clean, dirtyIds, linkOf, main, movement, open, ribbon, shop } from "./Fixture.ts"
import { later, type Law, law, refused } from "./Law.ts"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"

const marked = Effect.gen(function* () {
  const store = yield* Store
  yield* open
  yield* clean(shop)
  yield* store.publications.mark(shop.id, [candle.id])
  yield* store.publications.mark(shop.id, [box.id], true)
  return yield* store.publications.dirty(shop.id, 10)
})

const until = (marks: ReadonlyArray<DirtyMark>, minutes: number, tries = 1) =>
  Effect.map(DateTime.now, (now) =>
    marks.map(({ itemId, version }) => ({ itemId, version, tries, notBefore: DateTime.add(now, { minutes }) }))
  )

/** The laws of marks that wait. */
export const deferredMarks: ReadonlyArray<Law> = [
  law("a deferred mark is left out until its time, and then comes in its place with its tries", function* (store) {
    const marks = yield* marked
    const [first] = marks
    if (first === undefined) return assert.fail("nothing is marked")
    assert.notProperty(first, "tries")
    yield* store.publications.defer(shop.id, yield* until([first], 10, 3))
    assert.deepStrictEqual(yield* dirtyIds(shop), [box.id])
    assert.deepStrictEqual(yield* later("9 minutes", dirtyIds(shop)), [box.id])
    const due = yield* later("11 minutes", store.publications.dirty(shop.id, 10))
    assert.deepStrictEqual(due, [{ ...first, tries: 3 }, marks[1]!])
  }),

  law("deferred marks are no part of the number of marks that are asked for", function* (store) {
    const marks = yield* marked
    yield* store.publications.defer(shop.id, yield* until(marks, 10))
    yield* store.publications.mark(shop.id, [ribbon.id])
    assert.deepStrictEqual(
      (yield* store.publications.dirty(shop.id, 1)).map(({ itemId }) => itemId),
      [ribbon.id]
    )
  }),

  law("a deferred mark resends no more: what was refused is in doubt, and what was accepted stands", function* (store) {
    const marks = yield* marked
    assert.isTrue(marks.some(({ resend }) => resend))
    yield* store.publications.defer(shop.id, yield* until(marks, 10))
    const due = yield* later("11 minutes", store.publications.dirty(shop.id, 10))
    assert.deepStrictEqual(
      due.map(({ resend }) => resend),
      [false, false]
    )
  }),

  law("an item that changes waits no more, and has been tried never", function* (store) {
    const marks = yield* marked
    yield* store.publications.defer(shop.id, yield* until(marks, 10, 2))
    yield* store.stock.record([movement("r1", candle, main, 1)])
    const [changed, ...others] = yield* store.publications.dirty(shop.id, 10)
    assert.deepStrictEqual(others, [])
    assert.strictEqual(changed?.itemId, candle.id)
    assert.notProperty(changed, "tries")
    assert.notStrictEqual(changed?.version, marks[0]?.version)
  }),

  law("whoever marks an item, or links it, ends its waiting", function* (store) {
    const marks = yield* marked
    yield* store.publications.defer(shop.id, yield* until(marks, 10))
    yield* store.publications.mark(shop.id, [box.id], true)
    const [again] = yield* store.publications.dirty(shop.id, 10)
    assert.deepInclude(again, { itemId: box.id, resend: true })
    yield* store.links.save([linkOf(candle, "p1")])
    assert.deepStrictEqual(yield* dirtyIds(shop), [box.id, candle.id])
  }),

  law("a mark of another version is not deferred: its item has changed meanwhile", function* (store) {
    const marks = yield* marked
    yield* store.stock.record([movement("r1", candle, main, 1)])
    yield* store.publications.defer(shop.id, yield* until(marks, 10))
    assert.deepStrictEqual(yield* dirtyIds(shop), [candle.id])
  }),

  law("a deferred mark is cleared by its version like any other, and deferring makes no marks", function* (store) {
    const marks = yield* marked
    yield* store.publications.defer(shop.id, yield* until(marks, 10))
    yield* store.publications.record(shop.id, [], marks)
    yield* store.publications.defer(shop.id, yield* until(marks, 0))
    assert.deepStrictEqual(yield* later("20 minutes", dirtyIds(shop)), [])
  }),

  law("marks of an unknown connection are refused by its name", function* (store) {
    yield* open
    const unknown = yield* refused(store.publications.defer(ConnectionId.make("nowhere"), []), "Unknown")
    assert.deepInclude(unknown, { kind: "connection", id: "nowhere" })
  })
]
