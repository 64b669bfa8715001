/**
 * Which number does a sale get? Prefix, the shop's order number and suffix: at most 21 characters, never cut short,
 * unique without case over all sales orders and receipts.
 *
 * Joining is not one-to-one (prefix `1` with order 23 and prefix `12` with order 3 both give 123), so a number may turn
 * out to be taken. Then the order is held and says who has the number; nothing is skipped in silence. A number, once
 * given, stays: a later prefix is for later orders.
 */
import { Result } from "effect"
import type { Connection } from "../domain/Connection.ts"
import type { Issue } from "../domain/Issue.ts"
import type { Order } from "../domain/Order.ts"
import {
  isPrintable,
  ReferenceNumber,
  referenceLengthMax,
  type Sale,
  type SaleId,
  type SaleReason
} from "../domain/Sale.ts"

/** With fewer digits to spare than this over the highest order number so far, a connection is warned. */
export const headroomDigitsMin = 2

/** What a connection puts around an order's number. */
export type Affixes = Pick<Connection, "referencePrefix" | "referenceSuffix">

/** The number that a shop's order number becomes; may be longer than allowed. */
export const join = (affixes: Affixes, orderNumber: string): string =>
  `${affixes.referencePrefix}${orderNumber}${affixes.referenceSuffix}`

/** Gives a text out as a number, or the reason why it cannot be one. */
export const give = (text: string, owner: SaleId | null): Result.Result<ReferenceNumber, SaleReason> => {
  if (text.length > referenceLengthMax) {
    return Result.fail({
      code: "REFERENCE_TOO_LONG",
      message: `The number ${text} has ${text.length} characters; at most ${referenceLengthMax} are allowed.`,
      about: { number: text }
    })
  }
  if (!isPrintable(text)) {
    return Result.fail({
      code: "REFERENCE_NOT_PRINTABLE",
      message: `The number ${JSON.stringify(text)} is not made of printable ASCII characters without outer space.`
    })
  }
  if (owner !== null) {
    return Result.fail({
      code: "REFERENCE_CONFLICT",
      message: `The number ${text} is already taken by sale ${owner}.`,
      about: { number: text, ownerId: owner }
    })
  }
  return Result.succeed(ReferenceNumber.make(text))
}

/**
 * Notes the number that a person has chosen for a sale that is held for want of one; deciding the order again imports it
 * under this number.
 *
 * Fails where the sale is not held for a number, or cannot have this one.
 */
export const assign = (sale: Sale, text: string, owner: SaleId | null): Result.Result<Sale, SaleReason> => {
  if (sale.state !== "held" || !sale.reasons.some(isReferenceReason)) {
    return Result.fail({ code: "NOT_WAITING_FOR_NUMBER", message: `Sale ${sale.id} is not held for want of a number.` })
  }
  return Result.map(give(text, owner === sale.id ? null : owner), (number) => ({
    ...sale,
    reasons: [
      ...sale.reasons.filter((reason) => !isReferenceReason(reason)),
      { code: assignedCode, message: `A person has chosen the number ${number}.`, about: { number } }
    ],
    revision: sale.revision + 1
  }))
}

const assignedCode = "REFERENCE_ASSIGNED"

/** The note of the number that a person has chosen for a sale, if one has. */
export const assignedTo = (sale: Sale | null): ReadonlyArray<SaleReason> =>
  sale === null ? [] : sale.reasons.filter(({ code }) => code === assignedCode)

/** Whether a sale is held for want of a number. */
export const isReferenceReason = ({ code }: SaleReason): boolean => code.startsWith("REFERENCE_")

/**
 * What a person should know before a connection's prefix and suffix are saved: no room, little room, or digits that run
 * into the order's own.
 */
export const review = (
  connection: Affixes & Pick<Connection, "id">,
  highestOrderNumber: string
): ReadonlyArray<Issue> => {
  const { id, referencePrefix: prefix, referenceSuffix: suffix } = connection
  const room = referenceLengthMax - prefix.length - suffix.length
  const headroom = room - highestOrderNumber.length
  const issues: Array<Issue> = []
  if (headroom < 0) {
    issues.push({
      code: "REFERENCE_TOO_LONG",
      message:
        `Prefix and suffix leave ${room} of ${referenceLengthMax} characters for an order number, ` +
        `and the shop's is ${highestOrderNumber} already.`,
      remedy: "Shorten the prefix or the suffix.",
      about: { connectionId: id }
    })
  } else if (headroom < headroomDigitsMin) {
    issues.push(
      risky(
        id,
        "headroom",
        `Prefix and suffix leave room for ${count(headroom, "more digit")} beyond order ${highestOrderNumber}.`
      )
    )
  }
  if (/\d$/.test(prefix)) {
    issues.push(
      risky(id, "referencePrefix", `The prefix ${prefix} ends with a digit and runs into the order's number.`)
    )
  }
  if (/^\d/.test(suffix)) {
    issues.push(
      risky(id, "referenceSuffix", `The suffix ${suffix} starts with a digit and runs into the order's number.`)
    )
  }
  return issues
}

const risky = (connectionId: string, field: string, message: string): Issue => ({
  code: "POLICY_RISKY",
  message,
  remedy: "Choose a short prefix or suffix that sets the order's number apart, such as BC-.",
  about: { connectionId, field }
})

const count = (amount: number, noun: string): string =>
  `${amount === 0 ? "no" : amount} ${noun}${amount === 1 ? "" : "s"}`

/** An order number of the shop's whose reference number would not do, and why. */
export interface Overlap {
  readonly orderNumber: string
  readonly number: string
  readonly reason: SaleReason
}

/**
 * Compares the numbers that a shop's orders would get with those that exist, before the first import.
 *
 * `orderNumbers` are the shop's orders since the start date and the number it will give next.
 */
export const preflight = (
  affixes: Affixes,
  orderNumbers: Iterable<string>,
  numberOwner: (number: string) => SaleId | null
): ReadonlyArray<Overlap> => {
  const overlaps: Array<Overlap> = []
  for (const orderNumber of orderNumbers) {
    const number = join(affixes, orderNumber)
    const given = give(number, numberOwner(number))
    if (Result.isFailure(given)) overlaps.push({ orderNumber, number, reason: given.failure })
  }
  return overlaps
}

/** The number of an order's sale: the one it has, the one that a person has chosen, or the one its connection gives. */
export const numberOf = (
  order: Order,
  connection: Affixes,
  known: Sale | null,
  ownerOf: (number: string) => SaleId | null
): Result.Result<ReferenceNumber, SaleReason> => {
  if (known !== null && known.number !== null) return Result.succeed(known.number)
  const assigned = assignedTo(known)[0]?.about?.["number"]
  const text = assigned ?? join(connection, order.number)
  return give(text, ownerOf(text))
}
