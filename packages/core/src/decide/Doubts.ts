/**
 * What about an order cannot be told from what the shop says, and which answers can a person give?
 *
 * In doubt, what was sold stays committed. Each doubt is an issue with its possible answers; an answer stands over what
 * would be concluded, as long as the figures that it was about stand.
 */
import { DateTime, Result } from "effect"
import * as Issue from "../domain/Issue.ts"
import { isAboutMoney, isCalledOff, isFinished, type Order, type OrderLine, type OrderLineId } from "../domain/Order.ts"
import { format, type Quantity } from "../domain/Quantity.ts"
import type { Sale, SaleAnswer, SaleLine, SaleReason } from "../domain/Sale.ts"
import { isUnder, orderLineIdOf } from "./LineRecall.ts"
import { ambiguousOf } from "./Refunds.ts"

/** The answers to each doubt. The first one of each frees or moves something, the second leaves things as they are booked. */
export const answersTo = {
  REFUND_AMBIGUOUS: ["free", "keep"],
  ORDER_REFUNDED_OPEN: ["free", "keep"],
  FINISHED_UNSHIPPED: ["still here", "left"],
  SHIPPED_UNDER_OTHER_ITEM: ["as linked", "as booked"],
  ORDER_REPLACED: ["same", "another"],
  ORDER_MISSING: ["gone", "keep"]
} as const satisfies { readonly [code in Issue.IssueCode]?: ReadonlyArray<string> }

/** A doubt that has answers, by its issue's code. */
export type Doubt = keyof typeof answersTo

/** What a doubt is about, in figures. */
export type Figures = Readonly<Record<string, string>>

/** What a person has answered to a doubt with these figures; null: nothing. */
export type Answers = (doubt: Doubt, lineId: OrderLineId | null, figures: Figures) => string | null

/** The answers of a sale. */
export const answersOf =
  (sale: Pick<Sale, "answers"> | null): Answers =>
  (doubt, lineId, figures) =>
    (sale?.answers ?? []).findLast(
      (each) => each.code === doubt && each.lineId === lineId && isSame(each.about, figures)
    )?.answer ?? null

const isSame = (left: Figures, right: Figures): boolean => textOf(left) === textOf(right)

const textOf = (figures: Figures): string =>
  JSON.stringify(Object.entries(figures).sort(([left], [right]) => (left < right ? -1 : 1)))

/** The figures of a refund that may be of goods not yet shipped. */
export const refundFigures = ({ quantity, refunded }: Pick<OrderLine, "quantity" | "refunded">): Figures => ({
  ordered: format(quantity),
  refunded: format(refunded)
})

/** The figures of an order whose whole amount was refunded. */
export const refundedFigures = ({ lines }: Pick<Order, "lines">): Figures => ({
  lines: String(lines.length),
  ordered: String(lines.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n))
})

/** The figures of a line that the shop has finished without saying that it was shipped. */
export const finishedFigures = ({ quantity, shipped }: Pick<OrderLine, "quantity" | "shipped">): Figures => ({
  ordered: format(quantity),
  shipped: format(shipped)
})

/** The figures of what was shipped under another item. */
export const underFigures = (under: ReadonlyArray<SaleLine>): Figures => ({
  shipped: under.map(({ id, itemId, quantity }) => `${id}: ${format(quantity)} of ${itemId}`).join(", ")
})

/** The figures of another order under a known id. */
export const replacedFigures = ({ placedAt }: Pick<Order, "placedAt">): Figures => ({
  placedAt: DateTime.formatIso(placedAt)
})

/** The figures of an order that the shop did not know when it was asked. */
export const missingFigures = ({ modifiedAt }: Pick<Order, "modifiedAt">): Figures => ({
  modifiedAt: DateTime.formatIso(modifiedAt)
})

/** A doubt as it stands: its issue, and the figures that an answer to it is about. */
export interface StandingDoubt {
  readonly code: Doubt
  readonly lineId: OrderLineId | null
  readonly figures: Figures
  readonly issue: Issue.Issue
}

/** Every doubt about a sale that nobody has answered. */
export const doubtsOf = (sale: Sale): ReadonlyArray<StandingDoubt> => {
  const answered = answersOf(sale)
  return allDoubts(sale).filter(({ code, lineId, figures }) => answered(code, lineId, figures) === null)
}

const allDoubts = (sale: Sale): ReadonlyArray<StandingDoubt> => [...orderDoubts(sale), ...lineDoubts(sale)]

const orderDoubts = (sale: Sale): ReadonlyArray<StandingDoubt> => {
  const about = { connectionId: sale.connectionId, orderId: sale.orderId }
  const doubts: Array<StandingDoubt> = []
  const open = sale.lines.filter((line) => line.open > 0 && line.needs.length > 0)
  if (isOnTheBooks(sale) && sale.order.status === "refunded" && open.length > 0) {
    const figures = refundedFigures(sale.order)
    const issue = Issue.orderRefundedOpen({
      ...about,
      open: open.map(({ id, open }) => `${format(open)} of line ${id}`)
    })
    doubts.push({ code: "ORDER_REFUNDED_OPEN", lineId: null, figures, issue })
  }
  for (const { code, about: noted = {} } of sale.reasons) {
    if (code === "ORDER_MISSING") {
      doubts.push({ code, lineId: null, figures: missingFigures(sale.order), issue: Issue.orderMissing(about) })
    }
    if (code === "ORDER_REPLACED") {
      const placedAt = noted["placedAt"] ?? ""
      doubts.push({ code, lineId: null, figures: { placedAt }, issue: Issue.orderReplaced({ ...about, placedAt }) })
    }
  }
  return doubts
}

const lineDoubts = (sale: Sale): ReadonlyArray<StandingDoubt> => {
  if (!isOnTheBooks(sale)) return []
  const about = { connectionId: sale.connectionId, orderId: sale.orderId }
  const lines = Map.groupBy(sale.lines, orderLineIdOf)
  return sale.order.lines.flatMap((line): ReadonlyArray<StandingDoubt> => {
    const of = lines.get(line.id) ?? []
    const own = of.filter((each) => !isUnder(each))
    const under = of.filter(isUnder)
    const lineId = line.id
    const doubts: Array<StandingDoubt> = []
    const refund = own[0] === undefined ? 0 : refundInDoubt(line, own[0], sale.order)
    if (refund > 0) {
      const [open, refunded] = [format(own[0]!.open), format(line.refunded)]
      const issue = Issue.refundAmbiguous({ ...about, lineId, open, refunded })
      doubts.push({ code: "REFUND_AMBIGUOUS", lineId, figures: refundFigures(line), issue })
    }
    const finished = own.find((each) => isFinishedUnsaid(each, line))
    if (finished !== undefined && (isFinished(sale.order) || isAboutMoney(sale.order))) {
      const issue = Issue.finishedUnshipped({ ...about, lineId, quantity: format(finished.finished!) })
      doubts.push({ code: "FINISHED_UNSHIPPED", lineId, figures: finishedFigures(line), issue })
    }
    const [first] = own
    if (under.length > 0 && first !== undefined && first.itemId !== null) {
      const shipped = under.map(({ itemId, quantity }) => `${format(quantity)} of item ${itemId}`)
      const issue = Issue.shippedUnderOtherItem({ ...about, lineId, shipped, itemId: first.itemId })
      doubts.push({ code: "SHIPPED_UNDER_OTHER_ITEM", lineId, figures: underFigures(under), issue })
    }
    return doubts
  })
}

const isOnTheBooks = ({ state }: Sale): boolean => state === "open" || state === "closed" || state === "held"

/** Goods that are collected leave without a shipment; what had left before the opening balance is nobody's doubt. */
const isFinishedUnsaid = ({ finished = 0 as Quantity, leftBefore = 0 as Quantity, needs }: SaleLine, line: OrderLine) =>
  finished > leftBefore && needs.length > 0 && line.pickupAt === null

const refundInDoubt = (line: OrderLine, own: SaleLine, order: Order): Quantity | 0 =>
  own.open === 0 || own.needs.length === 0 || isCalledOff(order)
    ? 0
    : ambiguousOf(
        { ...line, shipped: (line.quantity - own.open - (own.freed ?? 0)) as Quantity },
        (own.freed ?? 0) as Quantity
      )

/** What a person answers. */
export interface GivenAnswer extends Pick<SaleAnswer, "at" | "by" | "answer"> {
  readonly code: string
  readonly lineId?: OrderLineId | null
}

const isDoubt = (code: string): code is Doubt => code in answersTo

/** How many answers a sale keeps; the oldest go first. */
export const answersKeptMax = 100

/**
 * Notes a person's answer to a doubt about a sale; deciding the order again honours it, and that is due at once. A later
 * answer to the same doubt takes the earlier one's place.
 *
 * Fails where there is no such doubt, or the doubt has no such answer.
 */
export const answer = (sale: Sale, given: GivenAnswer): Result.Result<Sale, SaleReason> => {
  const lineId = given.lineId ?? null
  const isMeant = ({ code, lineId: of }: { readonly code: string; readonly lineId: OrderLineId | null }) =>
    code === given.code && of === lineId
  const standing = allDoubts(sale).find(isMeant)
  const figures = standing?.figures ?? (sale.answers ?? []).findLast(isMeant)?.about
  if (figures === undefined || !isDoubt(given.code)) {
    const of = lineId === null ? "" : ` of line ${lineId}`
    return Result.fail({
      code: "NOT_IN_DOUBT",
      message: `Nothing${of} of sale ${sale.id} is in doubt as ${given.code}.`
    })
  }
  const possible: ReadonlyArray<string> = answersTo[given.code]
  if (!possible.includes(given.answer)) {
    return Result.fail({
      code: "NOT_AN_ANSWER",
      message: `${JSON.stringify(given.answer)} is no answer to ${given.code}: say ${possible.join(" or ")}.`
    })
  }
  const { at, by } = given
  const noted: SaleAnswer = { code: given.code, lineId, answer: given.answer, at, by, about: figures }
  return Result.succeed({
    ...sale,
    answers: [...(sale.answers ?? []), noted].slice(-answersKeptMax),
    // Any instant that has passed: it is due at once.
    lookAt: sale.order.placedAt,
    revision: sale.revision + 1
  })
}
