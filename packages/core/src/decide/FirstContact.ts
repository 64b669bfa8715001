/**
 * What should a person know before a connection begins? Where its orders are booked, and whether the numbers of its sales run
 * into those of another connection.
 *
 * What a shop has sold lowers that shop's number: so the location at which orders without one of their own are booked has to
 * be one of those that feed what the connection publishes. And every shop begins to count its orders anew: two connections
 * with the same prefix and suffix give the same numbers sooner or later.
 */
import type { Channel } from "../domain/Channel.ts"
import type { Connection } from "../domain/Connection.ts"
import * as Issue from "../domain/Issue.ts"
import type { Location, LocationId } from "../domain/Location.ts"
import { referenceLengthMax, type SaleId } from "../domain/Sale.ts"
import { preflight } from "./Reference.ts"

/** The nettable locations that feed any of the numbers that a connection publishes, in the order given. */
export const feedingOf = (
  { publishTo }: Pick<Connection, "publishTo">,
  channel: Pick<Channel, "locations"> | null,
  locations: ReadonlyArray<Location>
): ReadonlyArray<LocationId> => {
  const ofChannel = channel?.locations ?? null
  const feeds = (id: LocationId) =>
    (ofChannel === null || ofChannel.includes(id)) &&
    publishTo.some((place) => place.locations === null || place.locations.includes(id))
  return locations.filter(({ id, nettable }) => nettable && feeds(id)).map(({ id }) => id)
}

/** What is wrong with the location that orders are booked at; null where it feeds, or nobody knows it. */
export const misplaced = (
  connection: Pick<Connection, "id" | "locationId" | "publishTo">,
  channel: Pick<Channel, "locations"> | null,
  locations: ReadonlyArray<Location>
): Issue.Issue | null => {
  const { id: connectionId, locationId } = connection
  const feeding = feedingOf(connection, channel, locations)
  if (feeding.includes(locationId) || locations.every(({ id }) => id !== locationId)) return null
  return Issue.locationNotFeeding({ connectionId, locationId, feeding })
}

type Affixed = Pick<Connection, "id" | "referencePrefix" | "referenceSuffix">

/** What numbers a connection would give that others have, or will have. */
export interface NumberInput {
  readonly connection: Affixed
  readonly others: ReadonlyArray<Affixed>
  /** Some of the shop's order numbers. */
  readonly orderNumbers: ReadonlyArray<string>
  /** Who of the others has a number. */
  readonly numberOwner: (number: string) => SaleId | null
}

/** A prefix of one's own, where the connection's numbers run into those of others; null where they do not. */
export const prefixFor = (input: NumberInput): string | null => {
  const { connection, others } = input
  const isShared = others.some((other) => sameFold(affixesOf(other), affixesOf(connection)))
  const taken = preflight(connection, input.orderNumbers, input.numberOwner).some(
    ({ reason }) => reason.code === "REFERENCE_CONFLICT"
  )
  return isShared || taken ? proposePrefix(input) : null
}

/** What a person is told of a prefix that is proposed. */
export const prefixIssue = ({ id: connectionId }: Affixed, prefix: string): Issue.Issue =>
  Issue.policyRisky({
    connectionId,
    settings: ["referencePrefix"],
    why: "Orders of this shop get the same numbers as those of another connection, and such an order is held.",
    remedy: `Give the connection a prefix of its own, such as ${prefix}.`
  })

const affixesOf = ({ referencePrefix, referenceSuffix }: Affixed): string =>
  JSON.stringify([referencePrefix, referenceSuffix])

const sameFold = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

/** How many letters of the connection's name a proposed prefix has. */
const lettersMax = 4

/** Short, set apart from the digits, and begun by no other prefix nor beginning one. */
const proposePrefix = ({ connection, others, orderNumbers, numberOwner }: NumberInput): string => {
  const letters =
    connection.id
      .toUpperCase()
      .replace(/[^A-Z]/g, "")
      .slice(0, lettersMax) || "S"
  const isFree = (prefix: string) =>
    others.every(({ referencePrefix }) => !runInto(referencePrefix.toUpperCase(), prefix)) &&
    preflight({ ...connection, referencePrefix: prefix }, orderNumbers, numberOwner).length === 0
  for (let count = 1; count <= others.length + 1; count++) {
    const prefix = `${letters}${count === 1 ? "" : count}-`
    if (isFree(prefix)) return prefix
  }
  return `${letters}${others.length + 2}-`.slice(0, referenceLengthMax)
}

const runInto = (one: string, other: string): boolean => one !== "" && (one.startsWith(other) || other.startsWith(one))
