/**
 * Bugs to be planted, one at a time, to see whether the simulator finds them: an exact piece of a source file is replaced by
 * another one while the file is loaded. Nothing of the product knows about it.
 */
import { registerHooks } from "node:module"

/** A bug: what it is in words, in which file it is put, and in place of what. */
export interface Plant {
  readonly bug: string
  readonly file: string
  readonly instead: string
  readonly put: string
}

/** Every bug that can be planted, by name. */
export const all: Readonly<Record<string, Plant>> = {
  "overlap-of-zero": {
    bug: "each reading of orders begins where the last one ended",
    file: "core/src/sync/Import.ts",
    instead: "export const overlap = { minutes: 10 } as const",
    put: "export const overlap = { minutes: 0 } as const"
  },
  "cursor-saved-too-early": {
    bug: "the cursor moves before what it passes has been written",
    file: "core/src/sync/Import.ts",
    instead: "        tellNameless(connection, batch),",
    put: "        Effect.andThen(saveCursor(connection, reading.latest ?? connection.importFrom, DateTime.add(connection.importFrom, { days: 365 })), tellNameless(connection, batch)),"
  },
  "held-never-retried": {
    bug: "what is held is never looked at again",
    file: "core/src/sync/Import.ts",
    instead: "const unread = yield* retryHeld(connection, reading.tally, onDecision)",
    put: "const unread: Effect.Success<ReturnType<typeof retryHeld>> = []"
  },
  "verify-pass-skipped": {
    bug: "a cycle does not look again for what came meanwhile",
    file: "core/src/sync/Cycle.ts",
    instead: "export const passesMax = 3",
    put: "export const passesMax = 1"
  },
  "amended-starts-no-pass": {
    bug: "an order that was changed starts no further pass",
    file: "core/src/sync/Cycle.ts",
    instead: "imported + amended + Object.keys(held).length > 0",
    put: "imported + Object.keys(held).length > 0"
  },
  "doubt-skipped": {
    bug: "numbers are sent without a note that they may have arrived",
    file: "core/src/sync/Send.ts",
    instead:
      "    // Until an answer is recorded nobody knows what the shop shows: whoever comes after a crash sends the rows again.\n    yield* store.publications.doubt(connectionId, keys)",
    put: "    yield* store.publications.doubt(connectionId, keys.slice(keys.length))"
  },
  "refused-mark-cleared": {
    bug: "a number that the shop has refused is forgotten",
    file: "core/src/decide/Verdicts.ts",
    instead: "const cleared = marks.filter(({ itemId }) => !waits.has(itemId))",
    put: "const cleared = marks.filter(() => waits !== null)"
  },
  "untried-mark-cleared": {
    bug: "a number whose request failed is not sent again",
    file: "core/src/decide/Verdicts.ts",
    instead: "      owed.add(update.itemId)\n    }",
    put: "    }"
  },
  "deferred-never-due": {
    bug: "a mark that waits is never due",
    file: "testing/src/memory/Publications.ts",
    instead: ".filter(([, { notBefore }]) => notBefore === null || notBefore <= now)",
    put: ".filter(([, { notBefore }]) => notBefore === null || notBefore < now - now)"
  },
  "mark-cleared-without-version": {
    bug: "a mark is cleared although its item has changed meanwhile",
    file: "testing/src/memory/Publications.ts",
    instead: "if (lookup(marks, itemId)?.version === version) marks",
    put: "if (lookup(marks, itemId)?.version !== undefined && version >= 0) marks"
  },
  "delta-instead-of-state": {
    bug: "demand is added to what the order had before",
    file: "testing/src/memory/Stock.ts",
    instead: "const gone = spread(draft, before, -1)",
    put: "const gone = spread(draft, before, -0)"
  },
  "count-as-of-now": {
    bug: "a count counts from when it was entered, not from when it was taken",
    file: "testing/src/memory/Stock.ts",
    instead: "const instant = asOf === null ? now : DateTime.toEpochMillis(asOf)",
    put: "const instant = asOf === null ? now : now"
  },
  "issue-never-closed": {
    bug: "an issue stays open when its cause is gone",
    file: "testing/src/memory/Issues.ts",
    instead: "      !kept.has(open.key)\n",
    put: "      !kept.has(open.key) && open.times < 0\n"
  },
  "policy-marks-nothing": {
    bug: "other rules of a connection reach only what changes by itself",
    file: "testing/src/memory/Connections.ts",
    instead: "!Equal.equals(before.policy, connection.policy) ||",
    put: "(Equal.equals(before.policy, connection.policy) && before.enabled !== connection.enabled) ||"
  },
  "kit-demand-twice": {
    bug: "what a kit is made of is taken twice",
    file: "core/src/decide/SaleStock.ts",
    instead: "const quantity = taking((portion.open + (isUnbooked ? leftAt(portion) : zero)) as Quantity, each)",
    put: "const quantity = (taking((portion.open + (isUnbooked ? leftAt(portion) : zero)) as Quantity, each) * (line.needs.length > 1 ? 2 : 1)) as Quantity"
  },
  "soft-hold-dropped": {
    bug: "what a held order has taken is given back",
    file: "core/src/decide/SaleStock.ts",
    instead: 'sale.state === "open" || sale.state === "held"',
    put: 'sale.state === "open"'
  },
  "shipped-twice": {
    bug: "what has left is taken off the shelf with each change of its order",
    file: "core/src/decide/SaleStock.ts",
    instead: "for (const relieved of before === null ? [] : relievedBy(before)) add(taken, relieved, 1)",
    put: "for (const relieved of before === null || before.revision > 1 ? [] : relievedBy(before)) add(taken, relieved, 1)"
  },
  "refund-that-restocks": {
    bug: "a refund of goods that have left frees what has not left",
    file: "core/src/decide/Refunds.ts",
    instead: "else if (shipped === 0) freed += Math.min(quantity, left)",
    put: "else if (shipped >= 0) freed += Math.min(quantity, left)"
  },
  "called-off-keeps-demand": {
    bug: "an order that was called off after it was booked goes on as before",
    file: "core/src/decide/Intake.ts",
    instead:
      "  if (!isCalledOff(order)) return take(order, context, known)\n  const { lines } = linesOf(order, context)\n",
    put: "  if (!isCalledOff(order) || !order.deleted) return take(order, context, known)\n  const { lines } = linesOf(order, context)\n"
  },
  "older-snapshot-wins": {
    bug: "a stale answer undoes what was known already",
    file: "core/src/decide/Intake.ts",
    instead: "  !asked &&\n  !isMakeshift(known) &&",
    put: "  !asked && known.revision < 0 &&\n  !isMakeshift(known) &&"
  },
  "unreadable-order-dropped": {
    bug: "an order that cannot be read is left out",
    file: "core/src/sync/Import.ts",
    instead: "const isNamed = (row: Order | Unreadable): row is OrderRow => row.id !== null",
    put: "const isNamed = (row: Order | Unreadable): row is OrderRow => row.id !== null && !isUnreadable(row)"
  },
  "excluded-line-takes-stock": {
    bug: "a line of an excluded listing takes stock",
    file: "core/src/decide/LineItems.ts",
    instead: "if (!isLookedUp(line) || isExcluded(line, facts)) return",
    put: "if (!isLookedUp(line)) return"
  },
  "sum-above-the-pool": {
    bug: "several locations of one shop show more than there is together",
    file: "core/src/decide/Publishing.ts",
    instead: "  if (wanted <= pool) return wants\n",
    put: "  if (wanted <= pool || quantity >= 0) return wants\n"
  },
  "lease-ignored": {
    bug: "who has lost the connection goes on writing to the shop",
    file: "core/src/ports/Lease.ts",
    instead:
      "(lease): Effect.Effect<Duration.Duration | null, LeaseLost> => (lease === null ? Effect.succeed(null) : lease.confirm)",
    put: "(_lease): Effect.Effect<Duration.Duration | null, LeaseLost> => Effect.succeed(null)"
  }
}

let planted: string | null = null
let isInPlace = true

/** Plants a bug in what is loaded from now on; throws when there is none of this name. */
export const put = (name: string): void => {
  const plant = all[name]
  if (plant === undefined) throw new Error(`there is no plant ${name}; there are ${Object.keys(all).join(", ")}`)
  planted = name
  isInPlace = false
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      if (!url.endsWith(`/${plant.file}`)) return loaded
      const source = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source)
      if (source.split(plant.instead).length !== 2) {
        throw new Error(`the plant ${name} does not fit: ${plant.file} must hold its piece exactly once`)
      }
      isInPlace = true
      return { ...loaded, source: source.replace(plant.instead, () => plant.put) }
    }
  })
}

/** Throws when a bug is to be planted and the file that it belongs in was never loaded. */
export const requireInPlace = (): void => {
  if (!isInPlace) throw new Error(`the plant ${planted} is in no file that was loaded`)
}
