/**
 * The door of a store: what it may be given to keep, the same for every store.
 *
 * Whatever the domain's schemas accept, every store keeps and gives back; whatever they refuse is refused here, by the
 * field's name (`Invalid`), before anything is looked up or written. Who changes something says who he is.
 */
import { DateTime, Effect, Predicate, Result, Schema, SchemaIssue } from "effect"
import { Channel } from "../domain/Channel.ts"
import { Connection } from "../domain/Connection.ts"
import { ConnectionId } from "../domain/ConnectionId.ts"
import { Demand, DemandLine, sourceLengthMax } from "../domain/Demand.ts"
import { Event } from "../domain/Event.ts"
import { Issue } from "../domain/Issue.ts"
import { Item } from "../domain/Item.ts"
import { ItemId } from "../domain/ItemId.ts"
import { Exclusion, Link } from "../domain/Link.ts"
import { ListingKey } from "../domain/Listing.ts"
import { Location } from "../domain/Location.ts"
import { Count, Movement } from "../domain/Movement.ts"
import { OrderId } from "../domain/Order.ts"
import { DeferredMark, DirtyMark, Publication } from "../domain/Publication.ts"
import { Sale } from "../domain/Sale.ts"
import * as Text from "../domain/Text.ts"
import { asking } from "./Asking.ts"
import { isPlainCount, isPlainDemand, isPlainDocument, isPlainRequest } from "./Plain.ts"
import { Actor, Invalid, type ReservationRequest, type StockDocument, type Store, StoreError } from "./Store.ts"

/** How long the key of a stock document may be. */
export const documentKeyLengthMax = 400

/** How long the key of a reservation may be: its source is named by it. */
export const reservationKeyLengthMax = sourceLengthMax - "reservation:".length

/** The earliest instant that can be kept: the start of the year 1. */
export const instantMin = DateTime.makeUnsafe("0001-01-01T00:00:00.000Z")
/** The latest instant that can be kept: the end of the year 9999. */
export const instantMax = DateTime.makeUnsafe("9999-12-31T23:59:59.999Z")

type Service = Store["Service"]

/** A store that is given nothing it could not keep, and asked for nothing it could not hold. */
export const admitting = (given: Service): Service => guarding(asking(given))

const guarding = (store: Service): Service => ({
  ...store,
  items: { ...store.items, save: (items) => guard("items.save", [rows(Item, items)], store.items.save(items)) },
  stock: stockOf(store.stock),
  connections: connectionsOf(store.connections),
  links: linksOf(store.links),
  sales: {
    ...store.sales,
    save: (sales) => guard("sales.save", [rows(Sale, sales)], store.sales.save(sales)),
    look: (id, looks) =>
      guard("sales.look", [one(ConnectionId, id, "connectionId"), rows(Look, looks)], store.sales.look(id, looks))
  },
  publications: publicationsOf(store.publications),
  issues: issuesOf(store.issues),
  events: {
    ...store.events,
    append: (events) => guard("events.append", [rows(Event, events)], store.events.append(events))
  }
})

const stockOf = (stock: Service["stock"]): Service["stock"] => ({
  ...stock,
  saveLocations: (locations) =>
    guard("stock.saveLocations", [rows(Location, locations)], stock.saveLocations(locations)),
  record: (documents) => guard("stock.record", [rows(Document, documents, "", isPlainRecord)], stock.record(documents)),
  count: (key, counts, options) =>
    guard(
      "stock.count",
      [
        one(DocumentKey, key, "key"),
        rows(Count, counts, "", isPlainCount),
        () => faultOfInstant(options?.asOf, "asOf")
      ],
      stock.count(key, counts, options)
    ),
  setDemand: (demands) =>
    guard("stock.setDemand", [rows(Demand, demands, "", isPlainDemand)], stock.setDemand(demands)),
  reserve: (request) => guard("stock.reserve", [rows(Request, [request], "", isPlainAsked)], stock.reserve(request))
})

const connectionsOf = (connections: Service["connections"]): Service["connections"] => ({
  ...connections,
  saveChannel: (channel) =>
    guard("connections.saveChannel", [one(Channel, channel, "")], connections.saveChannel(channel)),
  save: (connection) => guard("connections.save", [one(Connection, connection, "")], connections.save(connection)),
  setCursor: (id, cursor) =>
    guard(
      "connections.setCursor",
      [one(ConnectionId, id, "connectionId"), () => faultOfInstant(cursor.modifiedSince, "modifiedSince")],
      connections.setCursor(id, cursor)
    ),
  exclusively: (id, effect) =>
    Effect.andThen(
      guard("connections.exclusively", [one(ConnectionId, id, "connectionId")], Effect.void),
      connections.exclusively(id, effect)
    )
})

const linksOf = (links: Service["links"]): Service["links"] => {
  return {
    ...links,
    save: (saved) => guard("links.save", [rows(Link, saved)], links.save(saved)),
    remove: (id, keys, ending) => guard("links.remove", keyed(id, keys), links.remove(id, keys, ending)),
    settle: (id, keys) => guard("links.settle", keyed(id, keys), links.settle(id, keys)),
    include: (id, keys) => guard("links.include", keyed(id, keys), links.include(id, keys)),
    exclude: (exclusions) => guard("links.exclude", [rows(Exclusion, exclusions)], links.exclude(exclusions))
  }
}

const keyed = (id: ConnectionId, keys: ReadonlyArray<ListingKey>) => [
  one(ConnectionId, id, "connectionId"),
  rows(ListingKey, keys, "key")
]

const publicationsOf = (publications: Service["publications"]): Service["publications"] => ({
  ...publications,
  mark: (id, itemIds, resend) =>
    guard(
      "publications.mark",
      [one(ConnectionId, id, "connectionId"), rows(ItemId, itemIds === "all" ? [] : itemIds, "itemId")],
      publications.mark(id, itemIds, resend)
    ),
  doubt: (id, keys) =>
    guard(
      "publications.doubt",
      [one(ConnectionId, id, "connectionId"), rows(ListingKey, keys, "key")],
      publications.doubt(id, keys)
    ),
  defer: (id, marks) =>
    guard(
      "publications.defer",
      [one(ConnectionId, id, "connectionId"), rows(DeferredMark, marks)],
      publications.defer(id, marks)
    ),
  record: (id, published, cleared) =>
    guard(
      "publications.record",
      [one(ConnectionId, id, "connectionId"), rows(Publication, published), rows(DirtyMark, cleared)],
      publications.record(id, published, cleared)
    )
})

const issuesOf = (issues: Service["issues"]): Service["issues"] => ({
  ...issues,
  raise: (id, raised) =>
    guard("issues.raise", [one(MaybeConnection, id, "connectionId"), rows(Issue, raised)], issues.raise(id, raised)),
  replace: (id, codes, subject, raised) =>
    guard(
      "issues.replace",
      [
        one(MaybeConnection, id, "connectionId"),
        rows(Text.Long, subject === null ? [] : [subject.field, ...subject.ids], "subject"),
        rows(Issue, raised)
      ],
      issues.replace(id, codes, subject, raised)
    )
})

const DocumentKey = Text.Text(documentKeyLengthMax)
/** A stock document that can be kept. */
export const Document = Schema.Struct({ key: DocumentKey, movements: Schema.Array(Movement) })
/** A request to reserve that can be kept. */
export const Request = Schema.Struct({
  key: Text.Text(reservationKeyLengthMax),
  lines: Schema.Array(DemandLine),
  expiresAt: Schema.NullOr(Schema.DateTimeUtc)
})
const Look = Schema.Struct({ orderId: OrderId, at: Schema.NullOr(Schema.DateTimeUtc) })
const MaybeConnection = Schema.NullOr(ConnectionId)
const ActorShape = Schema.Struct({
  name: Text.NonEmptyLine.check(
    Schema.makeFilter((name: string) => (Text.isBlank(name) ? "expected the name of who makes the change" : undefined))
  ),
  reason: Text.Long
})

/** Looks at one argument of a call; answers what is wrong with it. */
type Check = () => Invalid | null

const guard = <A, R>(
  operation: string,
  checks: ReadonlyArray<Check>,
  call: Effect.Effect<A, StoreError, R>
): Effect.Effect<A, StoreError, R> =>
  Effect.withFiber((fiber) => {
    const actor = fiber.getRef(Actor)
    const stranger = admitted.has(actor) ? null : one(ActorShape, actor, "actor")()
    if (stranger !== null) return Effect.fail(new StoreError({ operation, reason: stranger }))
    for (const check of checks) {
      const fault = check()
      if (fault !== null) return Effect.fail(new StoreError({ operation, reason: fault }))
    }
    return call
  })

type Shape = Schema.Codec<unknown, unknown>

const rows =
  <S extends Shape>(
    schema: S,
    values: ReadonlyArray<S["Type"]>,
    name = "",
    isPlain: (value: S["Type"]) => boolean = nothingPlain
  ): Check =>
  () => {
    const read = readerOf(schema)
    for (const value of values) {
      const fault = Predicate.isObject(value) && isPlain(value) ? null : faultOf(read, value, name)
      if (fault !== null) return fault
    }
    return null
  }

const one = <S extends Shape>(schema: S, value: S["Type"], name: string): Check => rows(schema, [value], name)

const nothingPlain = () => false
const isPlainAsked = (request: ReservationRequest): boolean => isPlainRequest(request, reservationKeyLengthMax)
const isPlainRecord = (document: StockDocument): boolean => isPlainDocument(document, documentKeyLengthMax)

// What has been admitted once is the same the next time: rows are never changed.
const admitted = new WeakSet<object>()

type Reader = (value: unknown) => Result.Result<unknown, Schema.SchemaError>

const readers = new Map<Shape, Reader>()

const readerOf = (schema: Shape): Reader => {
  const known = readers.get(schema)
  if (known !== undefined) return known
  const reader: Reader = Schema.decodeUnknownResult(Schema.toType(schema))
  readers.set(schema, reader)
  return reader
}

const faultOf = (read: Reader, value: unknown, name: string): Invalid | null => {
  if (Predicate.isObject(value) && admitted.has(value)) return null
  const found = read(value)
  if (Result.isFailure(found)) return faultIn(found.failure, value, name)
  const late = faultOfInstants(value, name)
  if (late === null && Predicate.isObject(value)) admitted.add(value)
  return late
}

const faultIn = (error: Schema.SchemaError, value: unknown, name: string): Invalid => {
  const [first] = describe(error.issue).issues
  const path = (first?.path ?? []).map((key) => String(typeof key === "object" ? key.key : key))
  let found: unknown = value
  for (const key of path) found = Predicate.hasProperty(found, key) ? found[key] : undefined
  const field = [...(name === "" ? [] : [name]), ...path].join(".")
  return new Invalid({ field, value: quoted(found), expected: first?.message ?? "a value that can be kept" })
}

const describe = SchemaIssue.makeFormatterStandardSchemaV1()

/** How much of a refused value is quoted. */
const quotedLengthMax = 200

const quoted = (found: unknown): string => {
  if (DateTime.isDateTime(found)) return DateTime.formatIso(found)
  const text = typeof found === "object" && found !== null ? "something else" : String(found)
  return Text.writable(Text.visible(text.slice(0, quotedLengthMax)), quotedLengthMax)
}

/** The first instant of a row that no calendar of a database has. */
const faultOfInstants = (value: unknown, path: string): Invalid | null => {
  if (typeof value !== "object" || value === null) return null
  if (DateTime.isDateTime(value)) return faultOfInstant(value, path)
  for (const [key, inner] of Object.entries(value)) {
    const fault = faultOfInstants(inner, path === "" ? key : `${path}.${key}`)
    if (fault !== null) return fault
  }
  return null
}

const faultOfInstant = (instant: DateTime.DateTime | undefined, field: string): Invalid | null =>
  instant === undefined || DateTime.between(instant, { minimum: instantMin, maximum: instantMax })
    ? null
    : new Invalid({ field, value: DateTime.formatIso(instant), expected: "an instant between the years 1 and 9999" })
