/**
 * Generators of everything that matching and publishing follow from: SKUs that nearly agree, listings of every shape,
 * items, links, exclusions, connections with one or several locations, and policies.
 *
 * SKUs come from a handful of words in many disguises, so that exact, normalised, doubtful and blank ones all occur.
 * Ids are drawn from small pools, so that links, exclusions and listings meet.
 */
import * as Availability from "@stockport/core/decide/Availability"
import type { MatchInput, MatchableItem } from "@stockport/core/decide/Matching"
import type { PublishInput } from "@stockport/core/decide/Publishing"
import { type Channel, ChannelId } from "@stockport/core/domain/Channel"
import { CartLocationId, type Connection } from "@stockport/core/domain/Connection"
import { ConnectionId } from "@stockport/core/domain/ConnectionId"
import { ItemKind } from "@stockport/core/domain/Item"
import type { ItemId } from "@stockport/core/domain/ItemId"
import * as Link from "@stockport/core/domain/Link"
import * as Listing from "@stockport/core/domain/Listing"
import { LocationId } from "@stockport/core/domain/Location"
import { OrderStatus } from "@stockport/core/domain/Order"
import * as Quantity from "@stockport/core/domain/Quantity"
import type { IntakePolicy, MatchingPolicy, PublishingPolicy, SyncPolicy } from "@stockport/core/domain/SyncPolicy"
import { DateTime } from "effect"
import * as Text from "@stockport/core/domain/Text"
import * as fc from "fast-check"
import { availabilityInput, availabilityPolicy, feeding, itemIdOf } from "./Stock.ts"

/** The connection that generated listings belong to. */
export const connectionId = ConnectionId.make("shop")

/** Texts that are blank: nothing, or white space only. */
export const blankSku: fc.Arbitrary<string> = fc.constantFrom("", " ", "\t", "\u00a0 ", " \n")

const words = ["abc-1", "abc-1", "Abc-2", "0123", "a b", "\u00e9t\u00e9", "stra\u00dfe"]

const disguises: ReadonlyArray<(sku: string) => string> = [
  (sku) => sku,
  (sku) => sku.toUpperCase(),
  (sku) => sku.toLowerCase(),
  (sku) => `${sku} `,
  (sku) => `\u00a0${sku}`,
  (sku) => sku.normalize("NFD")
]

/** A SKU that is not blank, from a pool so small that many agree, or agree but for case, outer space and encoding. */
export const visibleSku: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...words), fc.constantFrom(...disguises))
  .map(([word, disguise]) => disguise(word))

/** Any SKU, blank ones included. */
export const sku: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: visibleSku },
  { weight: 1, arbitrary: blankSku },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 6 }).map((text) => Text.writable(text)) }
)

/** At which level a product's stock is counted. */
export const tracking: fc.Arbitrary<Listing.Tracking> = fc.constantFrom(
  "variant",
  "variant",
  "variant",
  "variant",
  "product",
  "none"
)

const goods = fc.constantFrom("physical" as const, "physical" as const, "digital" as const)

const rarely = fc.nat(9).map((chance) => chance === 9)

/** The rows of one product: a single one, or a parent with its variants, all counted at the same level. */
export const product = (number: number): fc.Arbitrary<ReadonlyArray<Listing.Listing>> =>
  fc
    .record({
      single: fc.boolean(),
      ownVariant: fc.boolean(),
      skus: fc.array(sku, { minLength: 1, maxLength: 3 }),
      parentSku: sku,
      name: fc.constantFrom("Mug", "Plate", 'The "big": <one>', ""),
      tracking,
      goods,
      shopBundle: rarely
    })
    .map(({ single, ownVariant, skus, parentSku, ...shared }) => {
      const productId = Listing.ProductId.make(String(number))
      const row = (variantId: string | null, shape: Listing.Listing["shape"], own: string) =>
        Listing.make({
          ...shared,
          productId,
          variantId: variantId === null ? null : Listing.VariantId.make(variantId),
          shape,
          sku: own
        })
      if (single) return [row(ownVariant ? `${number}0` : null, "single", skus[0]!)]
      return [row(null, "parent", parentSku), ...skus.map((own, variant) => row(`${number}${variant}`, "variant", own))]
    })

/** Few, so that catalogues overlap; of one, two and three digits, so that text and number order them differently. */
const productNumbers = [1, 2, 3, 7, 8, 9, 10, 11, 12, 99, 100, 101]

/** A shop's catalogue in its own order, each listing once. */
export const catalogue = (productsMax = 8): fc.Arbitrary<ReadonlyArray<Listing.Listing>> =>
  fc
    .uniqueArray(fc.constantFrom(...productNumbers), { maxLength: productsMax, size: "medium" })
    .chain((numbers) => fc.tuple(...numbers.map(product)))
    .map((products) => products.flat())

/** An item as matching sees it. */
export const matchableItem = (number: number): fc.Arbitrary<MatchableItem> =>
  fc.record({
    id: fc.constant(itemIdOf(number)),
    sku,
    kind: fc.oneof(
      { weight: 6, arbitrary: fc.constant("inventory" as const) },
      { weight: 2, arbitrary: fc.constantFrom(...ItemKind.literals) }
    ),
    archived: rarely
  })

/** Items as matching sees them, each id once. */
export const matchableItems = (countMax = 8): fc.Arbitrary<ReadonlyArray<MatchableItem>> =>
  fc
    .integer({ min: 0, max: countMax })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, number) => matchableItem(number))))

/** A listing's own rule: mostly none. */
export const publishRule: fc.Arbitrary<Link.PublishRule> = fc.record({
  buffer: fc.option(fc.nat(5), { freq: 2 }),
  percentage: fc.option(fc.integer({ min: 0, max: 100 }), { freq: 2 }),
  maximum: fc.option(fc.nat(20), { freq: 2 }),
  minimum: fc.option(fc.nat(5), { freq: 2 })
})

/** How much of an item one listing sells: one, a pack, a part. */
export const unitsPerListing: fc.Arbitrary<Quantity.Quantity> = fc
  .constantFrom("1", "1", "1", "2", "30", "0.25", "0.00001", "1.5")
  .map((text) => Quantity.of(text))

/** A link between a listing and an item. */
export const link = (listing: Listing.Listing, itemId: ItemId): fc.Arbitrary<Link.Link> =>
  fc.record({
    connectionId: fc.constant(connectionId),
    listing: fc.constant(listing),
    itemId: fc.constant(itemId),
    tier: fc.constantFrom(...Link.LinkTier.literals),
    matchedSku: fc.oneof(fc.constant(listing.sku), sku),
    unitsPerListing,
    publishing: rarely.map((off) => !off),
    rule: fc.oneof({ weight: 2, arbitrary: fc.constant(Link.inheritedRule) }, { weight: 1, arbitrary: publishRule })
  })

/** Any matching policy. */
export const matchingPolicy: fc.Arbitrary<MatchingPolicy> = fc.record({
  normalisedTier: fc.boolean(),
  onNoMatch: fc.constantFrom("hold" as const, "create" as const, "ignore" as const)
})

/** Any publishing policy without contradictions. */
export const publishingPolicy: fc.Arbitrary<PublishingPolicy> = fc
  .record({
    base: fc.constantFrom("available" as const, "available" as const, "onHand" as const),
    buffer: fc.oneof(fc.constant(0), fc.nat(5)),
    percentage: fc.oneof(fc.constant(100), fc.integer({ min: 0, max: 100 })),
    maximum: fc.option(fc.nat(40), { freq: 3 }),
    minimum: fc.oneof(fc.constant(0), fc.nat(5)),
    allowBackorder: rarely,
    massZeroPercent: fc.constantFrom(0, 20, 100, 100, 100),
    scarce: fc.option(fc.record({ below: fc.integer({ min: 1, max: 20 }), rule: publishRule }), { freq: 2 })
  })
  .map(({ scarce, ...policy }) => ({ ...policy, ...(scarce === null ? {} : { scarce }) }))
  .map((policy) => ({ ...policy, minimum: Math.min(policy.minimum, policy.maximum ?? policy.minimum) }))

/** Any intake policy, contradictory ones included. */
export const intakePolicy: fc.Arbitrary<IntakePolicy> = fc.record({
  transactionType: fc.constantFrom("salesOrder" as const, "salesReceipt" as const, "autoDetect" as const),
  importStatuses: fc.uniqueArray(fc.constantFrom(...OrderStatus.literals)),
  holdStatuses: fc.uniqueArray(fc.constantFrom(...OrderStatus.literals), { maxLength: 3 }),
  holdDays: fc.nat(30),
  followChanges: fc.boolean(),
  expandKits: fc.boolean(),
  overrideDescription: fc.boolean()
})

/** Any policy, contradictory ones included. */
export const syncPolicy: fc.Arbitrary<SyncPolicy> = fc.record({
  availability: availabilityPolicy,
  matching: matchingPolicy,
  intake: intakePolicy,
  publishing: publishingPolicy
})

/** A connection that publishes to one to three of the shop's locations, each fed by all of ours or by some. */
export const connection = (locationCount = 4): fc.Arbitrary<Connection> =>
  fc
    .record({
      policy: syncPolicy,
      enabled: rarely.map((off) => !off),
      first: feeding(locationCount),
      more: fc.array(feeding(locationCount), { maxLength: 2 })
    })
    .map(({ policy, enabled, first, more }) => {
      return {
        id: connectionId,
        name: "Shop",
        cart: "bigcommerce",
        channelId: ChannelId.make("web"),
        locationId: LocationId.make("place-0"),
        publishTo: [target(first, 0), ...more.map((locations, place) => target(locations, place + 1))] as const,
        enabled,
        referencePrefix: "",
        referenceSuffix: "",
        importFrom: DateTime.makeUnsafe("2026-01-01T00:00:00Z"),
        policy
      }
    })

const target = (locations: ReadonlyArray<LocationId> | null, place: number) => ({
  cartLocationId: CartLocationId.make(String(place + 1)),
  locations
})

/** The sides of a match: a catalogue, items, links old and new, and exclusions. */
export const matchInput: fc.Arbitrary<MatchInput> = fc
  .record({ listings: catalogue(), past: catalogue(3), items: matchableItems(), policy: matchingPolicy })
  .chain(({ listings, past, items, policy }) => {
    // Some listings are linked already, by the row as it is now or as it was, and so are some that are gone.
    const linkable = uniqueByKey([...listings, ...past])
    const anyItem = fc.nat(items.length).map(itemIdOf)
    return fc.record({
      connectionId: fc.constant(connectionId),
      listings: fc.constant(listings),
      items: fc.constant(items),
      links: fc
        .subarray([...linkable], { maxLength: Math.min(4, linkable.length) })
        .chain((linked) => fc.tuple(...linked.map((row) => anyItem.chain((itemId) => linkAsRead(row, itemId))))),
      exclusions: fc
        .subarray([...linkable], { maxLength: Math.min(2, linkable.length) })
        .map((rows) => rows.map(({ key, sku }) => ({ connectionId, key, reason: "sold elsewhere", sku }))),
      ended: fc
        .subarray([...linkable], { maxLength: Math.min(2, linkable.length) })
        .chain((over) => fc.tuple(...over.map((row) => anyItem.chain((itemId) => endedLink(row, itemId))))),
      policy: fc.constant(policy)
    })
  })

const endedLink = (row: Listing.Listing, itemId: ItemId): fc.Arbitrary<Link.EndedLink> =>
  fc.record({
    link: link(row, itemId),
    settled: fc.boolean(),
    ending: fc.constantFrom(...Link.Ending.literals)
  })

/** A link with the listing's row as it is, or as it was when it had another name. */
const linkAsRead = (row: Listing.Listing, itemId: ItemId): fc.Arbitrary<Link.Link> =>
  fc.boolean().chain((isOld) => link(isOld ? { ...row, name: `Old ${row.name}` } : row, itemId))

const uniqueByKey = (listings: ReadonlyArray<Listing.Listing>): ReadonlyArray<Listing.Listing> => [
  ...new Map(listings.map((listing) => [listing.key, listing])).values()
]

/** Everything that publishing looks at, nothing published yet: links to the items of a shop, computed availability. */
export const publishInput: fc.Arbitrary<PublishInput> = fc
  .record({
    stock: fc.oneof(availabilityInput(), availabilityInput({ odd: true })),
    listings: catalogue(6),
    connection: connection()
  })
  .chain(({ stock, listings, connection }) =>
    fc
      .record({
        links: fc.tuple(
          ...listings
            .filter(({ shape }) => shape !== "parent")
            .map((listing) => fc.nat(stock.items.length - 1).chain((item) => link(listing, itemIdOf(item))))
        ),
        fresh: fc.uniqueArray(fc.nat(stock.items.length), { maxLength: 1 }),
        levels: fc.array(fc.option(fc.nat(9), { freq: 1 }), { minLength: 7, maxLength: 7 }),
        quantityMax: fc.constantFrom(2_147_483_647, 2_147_483_647, 10)
      })
      .map(({ links, fresh, levels, quantityMax }) => {
        const items = new Map(stock.items.map((item) => [item.id, item]))
        const available = Availability.compute(stock)
        const channel: Channel = {
          id: connection.channelId,
          name: "Web",
          description: "",
          locations: stock.feeding
        }
        const withoutHistory = new Set(fresh.map(itemIdOf))
        return {
          connection,
          channel,
          links,
          items: (id: ItemId) => items.get(id) ?? null,
          available: (id: ItemId) => available.get(id) ?? null,
          lastPublished: () => null,
          shopLevel: (key: Listing.ListingKey) => levels[key.length % levels.length] ?? null,
          hasStockHistory: (id: ItemId) => !withoutHistory.has(id),
          quantityMax,
          approved: false,
          force: false
        }
      })
  )
