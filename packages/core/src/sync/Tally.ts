/**
 * Counts what an import did, decision by decision.
 */
import type * as Intake from "../decide/Intake.ts"
import type * as Sale from "../domain/Sale.ts"

/** What an import did. Held and skipped orders are counted by the code of their first reason. */
export interface ImportReport {
  readonly read: number
  readonly imported: number
  readonly amended: number
  readonly held: Readonly<Record<string, number>>
  readonly skipped: Readonly<Record<string, number>>
  /** Orders that stand as they were recorded before. */
  readonly unchanged: number
}

/** A report that is being counted. */
export interface Tally {
  read: number
  imported: number
  amended: number
  unchanged: number
  readonly held: Map<string, number>
  readonly skipped: Map<string, number>
}

/** Nothing counted yet. */
export const makeTally = (): Tally => ({
  read: 0,
  imported: 0,
  amended: 0,
  unchanged: 0,
  held: new Map(),
  skipped: new Map()
})

/** Counts one decision. */
export const count = (tally: Tally, decision: Intake.IntakeDecision): void => {
  tally.read += 1
  switch (decision._tag) {
    case "Import":
      tally.imported += 1
      return
    case "Amend":
      tally.amended += 1
      return
    case "Hold":
      return countReason(tally.held, decision.reasons)
    case "Skip":
      if (decision.sale === null) {
        tally.unchanged += 1
        return
      }
      return countReason(tally.skipped, decision.reasons)
  }
}

const countReason = (counts: Map<string, number>, reasons: ReadonlyArray<Sale.SaleReason>): void => {
  const code = reasons[0]?.code ?? "OTHER"
  counts.set(code, (counts.get(code) ?? 0) + 1)
}

/** What was counted. */
export const report = ({ read, imported, amended, unchanged, held, skipped }: Tally): ImportReport => ({
  read,
  imported,
  amended,
  unchanged,
  held: Object.fromEntries(held),
  skipped: Object.fromEntries(skipped)
})
