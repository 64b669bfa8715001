/**
 * What shall the shop say? From availability, links and what was last published to the smallest set of updates, and a
 * reason for each listing left alone.
 *
 * The rules:
 * - A listing is published when its connection is enabled, it is linked, the shop tracks its stock, and the item lets
 *   its number be sent. Each condition that fails is a named reason, and all of them are told, not only the first.
 * - What cannot be known is never sent: a kit without a sound bill of materials, an item that never had stock, a number
 *   without limit. Zero would take a live listing off sale.
 * - The number is made in one order: base, pack, buffer, percentage, maximum, minimum, allocation, cap. Each step
 *   rounds down to whole listings and none goes below zero. Holds are in the base already; a kit's base is made of
 *   components without their buffers, so that buffers do not multiply. A rule may set a fixed number instead.
 * - Over several locations of a shop, each gets what its own feed holds, and all together never more than the pool. Nor is
 *   a number ever more than what all channels together have left, unless the policy lets each look at its own.
 * - One number of a product stands for all its variants: they have to sell the same, and it is said once.
 * - What the shop was last told is not sent again. An archived item is zero under every rule, and told so once.
 */
import { Order } from "effect"
import * as Issue from "../domain/Issue.ts"
import type { Available } from "./Availability.ts"
import type { CartLocationId, Connection } from "../domain/Connection.ts"
import type { Channel } from "../domain/Channel.ts"
import type { Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Link } from "../domain/Link.ts"
import type { Listing, ListingKey, ProductId } from "../domain/Listing.ts"
import type { LocationId } from "../domain/Location.ts"
import { placeOf, type Publication } from "../domain/Publication.ts"
import { inheritedRule, type PublishRule, type RuleInForce, ruleInForce } from "../domain/PublishRule.ts"
import * as Quantity from "../domain/Quantity.ts"
import type { PublishingPolicy } from "../domain/SyncPolicy.ts"

export { explainShelf, shoppersCanBuy } from "./Shelf.ts"

/** Everything that publishing looks at, for the links of one connection. */
export interface PublishInput {
  readonly connection: Connection
  readonly channel: Channel
  /** The links to judge. Of a product whose stock is one number, all linked variants are given together. */
  readonly links: ReadonlyArray<Link>
  readonly items: (id: ItemId) => Item | null
  readonly available: (id: ItemId) => Available | null
  /** What all channels together have left of an item, over all nettable locations; left out: what is available. */
  readonly shared?: (id: ItemId) => Available | null
  /** What the shop last accepted from us, by listing and cart location; null when never published there. */
  readonly lastPublished: (key: ListingKey, cartLocationId: CartLocationId) => Publication | null
  /** What the shop shows now, where that was read; lets the mass-zero guard judge a first publication. */
  readonly shopLevel: (key: ListingKey, cartLocationId: CartLocationId) => number | null
  /** Whether the item has ever had a stock transaction; a kit, whether everything it is made of has. */
  readonly hasStockHistory: (id: ItemId) => boolean
  /** How large a number the shop can show. */
  readonly quantityMax: number
  /** Lifts the mass-zero guard: a person has seen the plan. */
  readonly approved: boolean
  /** Sends also what equals the last publication (after somebody changed the shop's number). */
  readonly force: boolean
  /**
   * Items whose number the shop may have changed by itself: theirs is sent also when it equals the last publication.
   */
  readonly resend?: (id: ItemId) => boolean
  /** How many listings are in stock beside these links, so that the guard sees a few links in proportion; else none. */
  readonly inStockElsewhere?: number
}

/** Why a listing is left alone. */
export type LeftReason =
  | "UNCHANGED"
  | "CONNECTION_DISABLED"
  | "NOT_LINKED"
  | "TRACKING_OFF"
  | "TRACKING_LEVEL_MISMATCH"
  | "ITEM_NOT_PUBLISHED"
  | "LINK_NOT_PUBLISHING"
  | "ITEM_UNKNOWN"
  | "NO_STOCK_HISTORY"
  | "UNLIMITED"
  | "KIT_BROKEN"
  | "QUANTITY_OUT_OF_RANGE"
  | "SHOP_BUNDLE"
  | "ARCHIVED"
  | "SAID_FOR_PRODUCT"
  | "MASS_ZERO"

/**
 * One step from availability to the published number, in order. `base` and `shared` are in the item's unit and signed,
 * every other one in whole listings. Only rules that are in force leave a step; base and pack always do.
 */
export interface PublishStep {
  readonly rule:
    | "base"
    | "shared"
    | "pack"
    | "buffer"
    | "percentage"
    | "maximum"
    | "minimum"
    | "fixed"
    | "allocation"
    | "cap"
  readonly quantity: number
}

/**
 * A number to send: whole listings, never negative. `previous` is what the shop last accepted (null: it was never told
 * any), `shown` what it shows now (null where that was not read).
 */
export interface PublishUpdate {
  readonly listing: Listing
  readonly cartLocationId: CartLocationId
  readonly itemId: ItemId
  readonly quantity: number
  readonly previous: number | null
  readonly shown: number | null
  readonly steps: ReadonlyArray<PublishStep>
}

/** A listing left alone, with every reason that applies. */
export interface LeftAlone {
  readonly listing: Listing
  readonly itemId: ItemId
  readonly reasons: ReadonlyArray<LeftReason>
}

/** The plan; applying it and planning again gives no update. */
export interface PublishPlan {
  readonly updates: ReadonlyArray<PublishUpdate>
  readonly left: ReadonlyArray<LeftAlone>
  readonly issues: ReadonlyArray<Issue.Issue>
}

/** The largest number that any shop is told: a signed 32-bit integer's. */
export const capMax = 2_147_483_647

/** Decides the plan. Each link is either in `left`, or has its changed numbers in `updates`. */
export const plan = (input: PublishInput): PublishPlan => {
  const products = productsOf(input.links)
  const drafts = spokenOnce(input.links.map((link) => draft(input, link, products(link.listing).numbers)))
  const guard = massZeroGuard(input, drafts)
  const updates: Array<PublishUpdate> = []
  const left: Array<LeftAlone> = []
  for (const { link, reasons, levels, isFirst } of drafts) {
    const changed = levels.filter((level) => isToSend(input, link, level))
    const held = reasons.length > 0 ? reasons : isFirst && guard !== null ? massZero : []
    if (held.length > 0) left.push({ listing: link.listing, itemId: link.itemId, reasons: held })
    else if (changed.length === 0) {
      const reason = isArchived(input, link) ? "ARCHIVED" : "UNCHANGED"
      left.push({ listing: link.listing, itemId: link.itemId, reasons: [reason] })
    } else {
      for (const level of changed) updates.push({ listing: link.listing, itemId: link.itemId, ...level })
    }
  }
  return { updates, left, issues: issuesOf(input, drafts, products, guard) }
}

/** A first publication that raises what the shop shows: what it had sold may be given back by it. */
export interface Rise extends PublishUpdate {
  readonly previous: null
  readonly shown: number
}

/** The first publications that would raise what the shop shows now, as far as that was read. */
export const rises = ({ updates }: Pick<PublishPlan, "updates">): ReadonlyArray<Rise> => updates.filter(isRise)

const isRise = (update: PublishUpdate): update is Rise =>
  update.previous === null && update.shown !== null && update.quantity > update.shown

/** Why a number rises at its first publication, in sentences. */
export const explainRise = ({ listing, shown, quantity, steps }: Rise): ReadonlyArray<string> => [
  `Listing ${listing.key} shows ${shown} and would show ${quantity}.`,
  ...narrate(steps)
]

const massZero: ReadonlyArray<LeftReason> = ["MASS_ZERO"]

/** One sentence for a reason. */
export const explain = (reason: LeftReason): string => sentences[reason]

const sentences: { readonly [reason in LeftReason]: string } = {
  UNCHANGED: "The shop already shows this number.",
  CONNECTION_DISABLED: "The connection is switched off.",
  NOT_LINKED: "The listing is not linked to an item.",
  TRACKING_OFF: "The shop does not track the stock of this listing.",
  TRACKING_LEVEL_MISMATCH:
    "The shop counts one number for the whole product, and its variants are not all linked to the same item and pack.",
  ITEM_NOT_PUBLISHED: "The item is set not to have its number sent to shops.",
  LINK_NOT_PUBLISHING: "The link waits for a person to let it publish.",
  ITEM_UNKNOWN: "The item, or what is available of it, is not known.",
  NO_STOCK_HISTORY: "The item has never had any stock, so its zero may only mean that it has not been entered yet.",
  UNLIMITED: "The item has no stock to run out of.",
  KIT_BROKEN: "The kit's bill of materials is empty, runs in a circle, or cannot be computed.",
  QUANTITY_OUT_OF_RANGE: "The item's number is too large to be kept exactly.",
  SHOP_BUNDLE: "The shop computes the stock of this listing from a bundle of its own.",
  ARCHIVED: "The item is archived, and the shop has been told that there is none left.",
  SAID_FOR_PRODUCT: "The shop counts one number for the whole product, which is sent for another of its variants.",
  MASS_ZERO: "Publishing for the first time would take too many listings off sale; a person has to approve it."
}

/** One sentence for each step that made a number, in order. */
export const narrate = (steps: ReadonlyArray<PublishStep>): ReadonlyArray<string> =>
  steps.map(({ rule, quantity }) => stepSentences[rule](quantity))

const stepSentences: { readonly [rule in PublishStep["rule"]]: (quantity: number) => string } = {
  base: (quantity) => `There are ${quantity} in the item's unit.`,
  shared: (quantity) => `All channels together have ${quantity} left.`,
  pack: (quantity) => `That makes ${quantity} whole listings.`,
  buffer: (quantity) => `The buffer leaves ${quantity}.`,
  percentage: (quantity) => `The published share of that is ${quantity}.`,
  maximum: (quantity) => `The maximum leaves ${quantity}.`,
  minimum: (quantity) => `The minimum makes it ${quantity}.`,
  fixed: (quantity) => `The rule sets it to ${quantity}, however much there is.`,
  allocation: (quantity) => `This location's part is ${quantity}.`,
  cap: (quantity) => `The shop can show ${quantity} at the most.`
}

/** How a number is made of a base quantity: the listing's pack size and the rules it has to go through. */
export interface Formula {
  readonly unitsPerListing: Quantity.Quantity
  readonly policy: Pick<PublishingPolicy, "buffer" | "percentage" | "maximum" | "minimum" | "scarce" | "allowBackorder">
  /** The listing's own rule, before all others. */
  readonly rule?: PublishRule
  /** What all channels together have left: the base counts no further. */
  readonly shared?: Quantity.Quantity | null
}

/**
 * Which numbers are in force for so many whole listings: the listing's own, else those for what is scarce, else all's.
 */
export const ruleFor = (whole: number, { policy, rule = inheritedRule }: Formula): RuleInForce => {
  const isScarce = policy.scarce !== undefined && whole < policy.scarce.below
  return ruleInForce(rule, isScarce ? ruleInForce(policy.scarce.rule, policy) : policy)
}

/**
 * Whole listings from a base quantity, step by step: pack, buffer, percentage, maximum, minimum.
 *
 * `whole` is what the base makes before any rule. Only a minimum with backorders allowed goes beyond it, and a fixed
 * number, which stands instead of all other rules.
 */
export const numberFrom = (
  base: Quantity.Quantity,
  formula: Formula
): { readonly quantity: number; readonly whole: number; readonly steps: ReadonlyArray<PublishStep> } => {
  const shared = formula.shared ?? base
  const whole = Math.max(0, Quantity.timesContained(shared < base ? shared : base, formula.unitsPerListing))
  const { buffer, percentage, maximum, minimum, fixed } = ruleFor(whole, formula)
  const steps: Array<PublishStep> = [{ rule: "base", quantity: base / Quantity.scale }]
  if (shared < base) steps.push({ rule: "shared", quantity: shared / Quantity.scale })
  steps.push({ rule: "pack", quantity: whole })
  let quantity = whole
  const step = (rule: PublishStep["rule"], next: number) => {
    quantity = next
    steps.push({ rule, quantity })
  }
  if (typeof fixed === "number") {
    step("fixed", fixed)
    return { quantity, whole, steps }
  }
  if (buffer > 0) step("buffer", Math.max(0, quantity - buffer))
  if (percentage < 100) step("percentage", Math.floor((quantity * percentage) / 100))
  if (maximum !== null) step("maximum", Math.min(quantity, maximum))
  if (minimum > 0) {
    const reachable = formula.policy.allowBackorder ? minimum : Math.min(minimum, whole)
    step("minimum", Math.max(quantity, reachable))
  }
  return { quantity, whole, steps }
}

/**
 * Shares a number out over places that could each show so much, never more than the number in all.
 *
 * Where the places could show more than there is, each gets its proportion rounded down, and what is left over goes one
 * by one to the largest remainders, earlier places first.
 */
export const allocate = (quantity: number, wants: ReadonlyArray<number>): ReadonlyArray<number> => {
  const wanted = wants.reduce((sum, want) => sum + BigInt(want), 0n)
  const pool = BigInt(quantity)
  if (wanted <= pool) return wants
  const shares = wants.map((want, place) => {
    const product = BigInt(want) * pool
    return { place, share: Number(product / wanted), remainder: product % wanted }
  })
  const shared = shares.reduce((sum, { share }) => sum + share, 0)
  const byRemainder = shares.toSorted(Order.flip(Order.mapInput(Order.BigInt, ({ remainder }) => remainder)))
  const lucky = new Set(byRemainder.slice(0, quantity - shared).map(({ place }) => place))
  return shares.map(({ place, share }) => (lucky.has(place) ? share + 1 : share))
}

/**
 * Of several numbers waiting for the same listing and location, the latest; each at the place where it was last set, so
 * that an older number is never sent after a newer one.
 */
export const coalesce = <A extends Pick<PublishUpdate, "listing" | "cartLocationId">>(
  waiting: Iterable<A>
): ReadonlyArray<A> => {
  const latest = new Map<string, A>()
  for (const update of waiting) {
    const place = placeOf(update.listing.key, update.cartLocationId)
    latest.delete(place)
    latest.set(place, update)
  }
  return [...latest.values()]
}

/**
 * Every reason against publishing a listing, whatever its number; none means that it is published. `link` is null for a
 * listing without one, `variants` counts how many different numbers the variants of its product would need.
 */
export const reasonsAgainst = (
  input: PublishInput,
  listing: Listing,
  link: Link | null,
  variants: number
): ReadonlyArray<LeftReason> => {
  const reasons: Array<LeftReason> = []
  if (!input.connection.enabled) reasons.push("CONNECTION_DISABLED")
  if (listing.tracking === "none") reasons.push("TRACKING_OFF")
  if (isLevelMismatch(listing, variants)) reasons.push("TRACKING_LEVEL_MISMATCH")
  if (listing.shopBundle) reasons.push("SHOP_BUNDLE")
  if (link === null) return [...reasons, "NOT_LINKED"]
  if (!link.publishing) reasons.push("LINK_NOT_PUBLISHING")
  const item = input.items(link.itemId)
  const available = input.available(link.itemId)
  if (item === null || available === null) return [...reasons, "ITEM_UNKNOWN"]
  if (!item.publish) reasons.push("ITEM_NOT_PUBLISHED")
  if (available._tag === "Unlimited") reasons.push("UNLIMITED")
  else if (!item.archived) {
    reasons.push(...new Set([...unsound(available), ...unsoundPool(input, item.id)]))
    if (isFirstPublication(input, listing) && !isKnown(input, link)) reasons.push("NO_STOCK_HISTORY")
  }
  if (item.archived && reasons.length > 0) reasons.push("ARCHIVED")
  return reasons
}

/** Why a number that was computed is none to be told. */
const unsound = ({ _tag, issues }: Available): ReadonlyArray<LeftReason> => {
  const broken = issues.some(({ code }) => kitFaults.has(code))
  const outOfRange = issues.some(({ code }) => code === "QUANTITY_OUT_OF_RANGE")
  if (_tag === "Kit" && (broken || outOfRange)) return ["KIT_BROKEN"]
  return outOfRange ? ["QUANTITY_OUT_OF_RANGE"] : []
}

/** A pool that cannot be counted bounds nothing, so that the number may promise what is not there. */
const unsoundPool = (input: PublishInput, itemId: ItemId): ReadonlyArray<LeftReason> => {
  const pool = sharedBy(input, itemId)
  return pool === null ? [] : unsound(pool)
}

/** What all channels together have left of an item, where the policy asks. */
const sharedBy = ({ connection, shared }: PublishInput, itemId: ItemId): Counted | null => {
  if (connection.policy.publishing.pool === "own") return null
  const pool = shared?.(itemId) ?? null
  return pool === null || pool._tag === "Unlimited" ? null : pool
}

const kitFaults: ReadonlySet<Issue.IssueCode> = new Set([
  "KIT_EMPTY",
  "KIT_CYCLE",
  "KIT_QUANTITY_INVALID",
  "COMPONENT_UNKNOWN"
] as const)

/** One number of a product cannot stand for several variants, nor for one beside them; a parent is not sold at all. */
const isLevelMismatch = ({ shape, tracking }: Listing, variants: number): boolean =>
  shape === "parent" || (tracking === "product" && variants > 1)

const isFirstPublication = ({ connection, lastPublished }: PublishInput, { key }: Listing): boolean =>
  connection.publishTo.every(({ cartLocationId }) => lastPublished(key, cartLocationId) === null)

/** Asked only of a link that nothing speaks against: its item is known. */
const isArchived = ({ items }: PublishInput, { itemId }: Link): boolean => items(itemId)!.archived

/** The linked variants of a product, and for how many different numbers one of the product would have to stand. */
interface Product {
  readonly links: ReadonlyArray<Link>
  /** How many variants the shop has of it, linked or not, as far as is known. */
  readonly variants: number
  readonly numbers: number
}

/**
 * A variant that is not linked would need a number of its own, whatever that is; where nobody has seen how many there are,
 * each is taken to.
 */
const productsOf = (links: ReadonlyArray<Link>): ((listing: Listing) => Product) => {
  const byProduct = Map.groupBy(
    links.filter(({ listing }) => listing.shape === "variant"),
    ({ listing }) => listing.productId
  )
  const products = new Map<ProductId, Product>()
  for (const [productId, variants] of byProduct) {
    const sold = new Set(variants.map(({ itemId, unitsPerListing }) => JSON.stringify([itemId, unitsPerListing])))
    const seen = Math.max(...variants.map(({ listing }) => listing.siblings ?? 0))
    const numbers = seen === 0 ? variants.length : sold.size + (seen > variants.length ? 1 : 0)
    products.set(productId, { links: variants, variants: Math.max(variants.length, seen), numbers })
  }
  return ({ productId }) => products.get(productId) ?? noProduct
}

const noProduct: Product = { links: [], variants: 0, numbers: 0 }

/** Lets one variant of each product whose stock is one number speak for the others: the first that may, by its key. */
const spokenOnce = (drafts: ReadonlyArray<Draft>): ReadonlyArray<Draft> => {
  const speakers = new Map<ProductId, string>()
  for (const { link, reasons } of drafts) {
    const { key, productId } = link.listing
    if (reasons.length > 0 || !isOfProduct(link.listing)) continue
    const speaker = speakers.get(productId)
    if (speaker === undefined || key < speaker) speakers.set(productId, key)
  }
  return drafts.map((each) => {
    const { key, productId } = each.link.listing
    if (each.reasons.length > 0 || !isOfProduct(each.link.listing) || speakers.get(productId) === key) return each
    return { ...each, reasons: ["SAID_FOR_PRODUCT"], levels: [] }
  })
}

const isOfProduct = ({ shape, tracking }: Listing): boolean => shape === "variant" && tracking === "product"

/** A number for one of the shop's locations. */
type Level = Pick<PublishUpdate, "cartLocationId" | "quantity" | "previous" | "shown" | "steps">

/** A link with what speaks against publishing it, or with its numbers. */
interface Draft {
  readonly link: Link
  readonly reasons: ReadonlyArray<LeftReason>
  readonly levels: ReadonlyArray<Level>
  readonly isFirst: boolean
}

/** Whether a number may be made: stock has moved once, or does not matter. */
const isKnown = (input: PublishInput, { itemId, rule }: Link): boolean =>
  input.hasStockHistory(itemId) || typeof rule.fixed === "number"

const draft = (input: PublishInput, link: Link, variants: number): Draft => {
  const reasons = reasonsAgainst(input, link.listing, link, variants)
  const isFirst = isFirstPublication(input, link.listing)
  // What is unknown or without limit is a reason: where there is none, there is a number.
  const levels = reasons.length > 0 ? [] : levelsOf(input, link, input.available(link.itemId) as Counted)
  return { link, reasons, levels, isFirst }
}

/** What equals the number before is sent only for a reason; there was one before, then. */
const isToSend = (input: PublishInput, link: Link, { quantity, previous, cartLocationId }: Level): boolean =>
  quantity !== previous ||
  input.lastPublished(link.listing.key, cartLocationId)!.inDoubt === true ||
  input.resend?.(link.itemId) === true ||
  (input.force && !isArchived(input, link))

/** An availability that is a number. */
type Counted = Exclude<Available, { readonly _tag: "Unlimited" }>

/** The listing's number at each location of the shop that receives one. */
const levelsOf = (input: PublishInput, link: Link, available: Counted): ReadonlyArray<Level> => {
  const { connection, channel, lastPublished, shopLevel } = input
  const policy = connection.policy.publishing
  const feeds = connection.publishTo.map(({ locations }) => feedOf(locations, channel.locations))
  const number = isArchived(input, link) ? notForSale : numberOf(input, link, available, feeds)
  const parts = feeds.length === 1 ? [number.quantity] : partsOf(number, available, feeds, link, policy.base)
  const cap = Math.min(input.quantityMax, capMax)
  return connection.publishTo.map(({ cartLocationId }, place) => {
    const part = parts[place]!
    const quantity = Math.min(part, cap)
    const steps = [...number.steps]
    if (feeds.length > 1) steps.push({ rule: "allocation", quantity: part })
    if (part > cap) steps.push({ rule: "cap", quantity })
    return {
      cartLocationId,
      quantity,
      previous: lastPublished(link.listing.key, cartLocationId)?.quantity ?? null,
      shown: shopLevel(link.listing.key, cartLocationId),
      steps
    }
  })
}

const numberOf = (input: PublishInput, link: Link, available: Counted, feeds: ReadonlyArray<Feed>) => {
  const policy = input.connection.policy.publishing
  const pool = sharedBy(input, link.itemId)
  return numberFrom(poolOf(available, feeds, policy.base), {
    unitsPerListing: link.unitsPerListing,
    policy,
    rule: link.rule,
    shared: pool === null ? null : baseOf(pool, policy.base)
  })
}

/** What is archived is not sold, whatever its stock and its rules say. */
const notForSale: ReturnType<typeof numberFrom> = {
  quantity: 0,
  whole: 0,
  steps: [
    { rule: "base", quantity: 0 },
    { rule: "pack", quantity: 0 }
  ]
}

/** Shares a listing's number out by what each feed could show; what backorders add beyond stock goes to the first. */
const partsOf = (
  { quantity, whole }: { readonly quantity: number; readonly whole: number },
  available: Counted,
  feeds: ReadonlyArray<Feed>,
  { unitsPerListing }: Link,
  base: PublishingPolicy["base"]
): ReadonlyArray<number> => {
  const wants = feeds.map((feed) =>
    Math.max(0, Quantity.timesContained(quantityFrom(available, feed, base), unitsPerListing))
  )
  const backordered = Math.max(0, quantity - whole)
  const parts = allocate(quantity - backordered, wants)
  return parts.map((part, place) => (place === 0 ? part + backordered : part))
}

/** The locations that feed one of the shop's; null means all that feed the channel. */
type Feed = ReadonlySet<LocationId> | null

const feedOf = (own: ReadonlyArray<LocationId> | null, channel: ReadonlyArray<LocationId> | null): Feed => {
  if (own === null) return null
  const fed = new Set(own)
  return channel === null ? fed : new Set(channel.filter((location) => fed.has(location)))
}

/** What all feeds hold together, each location once, and never more than the item's whole number. */
const poolOf = (available: Counted, feeds: ReadonlyArray<Feed>, base: PublishingPolicy["base"]): Quantity.Quantity => {
  const union = new Set<LocationId>()
  for (const feed of feeds) {
    if (feed === null) return quantityFrom(available, null, base)
    for (const location of feed) union.add(location)
  }
  return quantityFrom(available, union, base)
}

/**
 * What a feed holds: the locations' shares added, and never more than the item's whole number. A feed that leaves no
 * location out holds the whole: pooled kits are more than those of each location added.
 */
const quantityFrom = (available: Counted, feed: Feed, base: PublishingPolicy["base"]): Quantity.Quantity => {
  const whole = baseOf(available, base)
  if (feed === null || isFedByAll(available, feed)) return whole
  let sum = 0
  for (const share of available.byLocation) if (feed.has(share.locationId)) sum += baseOf(share, base)
  return Math.min(whole, Math.max(sum, -Quantity.max)) as Quantity.Quantity
}

const isFedByAll = ({ byLocation }: Counted, feed: ReadonlySet<LocationId>): boolean =>
  byLocation.every(({ locationId }) => feed.has(locationId))

/** The number itself, or its stock on hand; a kit has no stock on hand, so that its number stands for it. */
const baseOf = (
  available: Pick<Extract<Available, { readonly _tag: "Stocked" }>, "quantity"> & {
    readonly breakdown?: Extract<Available, { readonly _tag: "Stocked" }>["breakdown"]
  },
  base: PublishingPolicy["base"]
): Quantity.Quantity =>
  base === "available" || available.breakdown === undefined
    ? available.quantity
    : (available.breakdown.find(({ term }) => term === "onHand")?.quantity ?? Quantity.zero)

/**
 * Keeps back all first publications when they would take too many of the listings that the shop has in stock to zero:
 * then it is likelier that stock has not been entered than that there is none. Null lets them pass.
 */
const massZeroGuard = (input: PublishInput, drafts: ReadonlyArray<Draft>): Issue.Issue | null => {
  if (input.approved) return null
  let inStock = input.inStockElsewhere ?? 0
  let zeroed = 0
  for (const { link, levels, isFirst } of drafts) {
    if (!levels.some((level) => isInStock(input, link.listing, level))) continue
    inStock += 1
    if (isFirst && levels.every(({ quantity }) => quantity === 0)) zeroed += 1
  }
  const percent = input.connection.policy.publishing.massZeroPercent
  if (zeroed * 100 <= percent * inStock) return null
  return Issue.massZero({ connectionId: input.connection.id, zeroed, inStock, percent })
}

/** Whether the shop shows more than zero: as it was read, else as we have told it. */
const isInStock = ({ shopLevel }: PublishInput, { key }: Listing, { cartLocationId, previous }: Level): boolean =>
  (shopLevel(key, cartLocationId) ?? previous ?? 0) > 0

/** What a person has to do about this plan; nothing while the connection is off. */
const issuesOf = (
  { connection, available }: PublishInput,
  drafts: ReadonlyArray<Draft>,
  products: (listing: Listing) => Product,
  guard: Issue.Issue | null
): ReadonlyArray<Issue.Issue> => {
  if (!connection.enabled) return []
  const issues = new Map<string, Issue.Issue>()
  const raise = (issue: Issue.Issue) => issues.set(Issue.keyOf(issue), issue)
  const connectionId = connection.id
  for (const { link, reasons } of drafts) {
    const { itemId, listing } = link
    for (const reason of reasons) {
      if (reason === "TRACKING_LEVEL_MISMATCH") {
        const { links, variants } = products(listing)
        const linked = links.map((each) => each.listing.key)
        if (variants > 1) {
          raise(Issue.trackingLevelMismatch({ connectionId, productId: listing.productId, variants, linked }))
        }
      } else if (reason === "SHOP_BUNDLE") raise(Issue.shopBundle({ connectionId, listingKey: listing.key, itemId }))
      else if (reason === "KIT_BROKEN" || reason === "QUANTITY_OUT_OF_RANGE") available(itemId)!.issues.forEach(raise)
    }
  }
  if (guard !== null) raise(guard)
  return [...issues.values()]
}
