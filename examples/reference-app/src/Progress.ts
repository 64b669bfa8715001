/**
 * Tells a person how far things are: a line that moves on a terminal, plain lines where there is none.
 */
import { Effect } from "effect"

const out = process.stdout
const clearLine = "\r\u001b[2K"

let moving = false

const write = (text: string) => {
  if (moving) out.write(clearLine)
  moving = false
  out.write(`${text}\n`)
}

/** A line that stays. */
export const line = (text = ""): Effect.Effect<void> => Effect.sync(() => write(text))

/** The heading of a step. */
export const step = (number: number, title: string): Effect.Effect<void> => line(`\n${number}. ${title}`)

/** How far a long step is; on a terminal the line is written over, elsewhere only whole tenths are printed. */
export const ticker = (what: string): ((done: number) => Effect.Effect<void>) => {
  let printedAt = 0
  return (done) =>
    Effect.sync(() => {
      if (out.isTTY) {
        out.write(`${clearLine}   ${what}: ${done}`)
        moving = true
      } else if (done >= printedAt + 100) {
        printedAt = done
        write(`   ${what}: ${done}`)
      }
    })
}

/** Counts, such as `3 NOT_PAID, 1 BEFORE_CUTOVER`. */
export const counts = (byReason: Readonly<Record<string, number>>): string => {
  const entries = Object.entries(byReason).toSorted(([, left], [, right]) => right - left)
  return entries.length === 0 ? "none" : entries.map(([reason, number]) => `${number} ${reason}`).join(", ")
}

/** The sum of counts. */
export const total = (byReason: Readonly<Record<string, number>>): number =>
  Object.values(byReason).reduce((sum, number) => sum + number, 0)
