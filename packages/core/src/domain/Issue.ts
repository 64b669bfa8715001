/**
 * Something that a person has to act on: a stable code, one sentence, the ids involved, and what to do.
 *
 * The code and the ids in `about` are an issue's identity; its sentence may carry numbers that change from day to day
 * without making it another issue. Each code has one constructor here, so that every part of the system says the same
 * thing in the same words.
 */
import { Schema } from "effect"
import type { CartLocationId } from "./CartLocationId.ts"
import type { ConnectionId } from "./ConnectionId.ts"
import type { ItemId } from "./ItemId.ts"
import type { ListingKey, ProductId } from "./Listing.ts"
import type { LocationId } from "./Location.ts"
import type { OrderId, OrderLineId } from "./Order.ts"
import { format, type Quantity } from "./Quantity.ts"
import type { SaleId } from "./Sale.ts"
import * as Text from "./Text.ts"

/** The stable codes; none is ever renamed or given another meaning. */
export const IssueCode = Schema.Literals([
  "SKU_AMBIGUOUS",
  "SKU_DRIFT",
  "LISTING_UNMATCHED",
  "LISTING_ORPHANED",
  "LISTING_SHARES_ITEM",
  "KIT_EMPTY",
  "KIT_CYCLE",
  "KIT_QUANTITY_INVALID",
  "COMPONENT_UNKNOWN",
  "QUANTITY_OUT_OF_RANGE",
  "ORDER_HELD",
  "REFERENCE_TOO_LONG",
  "REFERENCE_CONFLICT",
  "EDIT_CONFLICT",
  "TRACKING_LEVEL_MISMATCH",
  "SHOP_BUNDLE",
  "CART_LOCATION_HOLDS_STOCK",
  "MASS_ZERO",
  "PUBLISH_REJECTED",
  "UNEXPLAINED_DRIFT",
  "POLICY_CONTRADICTORY",
  "POLICY_RISKY",
  "ORDER_UNREADABLE",
  "LISTING_UNREADABLE",
  "ORDER_STAMP_AHEAD",
  "ORDER_REPLACED",
  "ORDER_MISSING",
  "REFUND_AMBIGUOUS",
  "ORDER_REFUNDED_OPEN",
  "FINISHED_UNSHIPPED",
  "SHIPPED_UNDER_OTHER_ITEM",
  "LINK_UNSELLABLE",
  "LINK_MOVED",
  "LINK_ENDED",
  "OVERSOLD",
  "SHOP_KEEPS_BACK",
  "SHOP_OFF_SALE",
  "LOCATION_NOT_FEEDING",
  "CONNECTION_UNAUTHORISED"
])
export type IssueCode = typeof IssueCode.Type

/** `about` holds the ids involved by their field's name; together with the code it is the issue's identity. */
export const Issue = Schema.Struct({
  code: IssueCode,
  message: Text.Message,
  remedy: Text.Message,
  about: Schema.Record(Text.Line, Text.Long)
})
export interface Issue extends Schema.Schema.Type<typeof Issue> {}

/** The identity of an issue: raising the same one twice is one issue. */
export const keyOf = (issue: Issue): string =>
  [
    issue.code,
    ...Object.entries(issue.about)
      .map(([field, id]) => `${field}=${id}`)
      .sort()
  ].join(" ")

/**
 * How much an issue asks for: `blocking` keeps something from being imported or published until somebody acts,
 * `warning` wants a look, `information` needs nothing.
 */
export type Severity = "blocking" | "warning" | "information"

/** Who raises and closes the issues of a code: one use case each, whose next run closes what has no cause any more. */
export type Owner = "import" | "match" | "publish" | "reconcile" | "connect" | "loop"

/** What issues of a code are about: the field of `about` whose ids a run of the owner speaks for; null: the connection. */
export type Subject = "orderId" | "listingKey" | "itemId" | "productId" | "cartLocationId" | null

/** What is fixed for every issue of one code. */
export interface Kind {
  readonly severity: Severity
  readonly owner: Owner
  readonly subject: Subject
}

const kind = (owner: Owner, subject: Subject, severity: Severity): Kind => ({ severity, owner, subject })

/** Every code with its one owner, its subject and its severity. */
export const kinds: { readonly [code in IssueCode]: Kind } = {
  ORDER_HELD: kind("import", "orderId", "blocking"),
  ORDER_UNREADABLE: kind("import", "orderId", "blocking"),
  ORDER_STAMP_AHEAD: kind("import", "orderId", "warning"),
  ORDER_REPLACED: kind("import", "orderId", "blocking"),
  ORDER_MISSING: kind("import", "orderId", "warning"),
  ORDER_REFUNDED_OPEN: kind("import", "orderId", "warning"),
  REFUND_AMBIGUOUS: kind("import", "orderId", "warning"),
  FINISHED_UNSHIPPED: kind("import", "orderId", "warning"),
  SHIPPED_UNDER_OTHER_ITEM: kind("import", "orderId", "warning"),
  REFERENCE_TOO_LONG: kind("import", "orderId", "blocking"),
  REFERENCE_CONFLICT: kind("import", "orderId", "blocking"),
  EDIT_CONFLICT: kind("import", "orderId", "blocking"),
  SKU_AMBIGUOUS: kind("match", "listingKey", "blocking"),
  SKU_DRIFT: kind("match", "listingKey", "warning"),
  LISTING_UNMATCHED: kind("match", "listingKey", "blocking"),
  LISTING_ORPHANED: kind("match", "listingKey", "warning"),
  LISTING_UNREADABLE: kind("match", "listingKey", "blocking"),
  LISTING_SHARES_ITEM: kind("match", "itemId", "information"),
  LINK_UNSELLABLE: kind("match", "listingKey", "warning"),
  LINK_MOVED: kind("match", "listingKey", "information"),
  LINK_ENDED: kind("publish", "listingKey", "warning"),
  KIT_EMPTY: kind("publish", "itemId", "blocking"),
  KIT_CYCLE: kind("publish", "itemId", "blocking"),
  KIT_QUANTITY_INVALID: kind("publish", "itemId", "blocking"),
  COMPONENT_UNKNOWN: kind("publish", "itemId", "blocking"),
  QUANTITY_OUT_OF_RANGE: kind("publish", "itemId", "blocking"),
  OVERSOLD: kind("publish", "itemId", "warning"),
  TRACKING_LEVEL_MISMATCH: kind("publish", "productId", "blocking"),
  SHOP_BUNDLE: kind("publish", "listingKey", "blocking"),
  PUBLISH_REJECTED: kind("publish", "listingKey", "blocking"),
  MASS_ZERO: kind("publish", null, "blocking"),
  CART_LOCATION_HOLDS_STOCK: kind("reconcile", null, "warning"),
  UNEXPLAINED_DRIFT: kind("reconcile", null, "warning"),
  SHOP_KEEPS_BACK: kind("reconcile", null, "warning"),
  SHOP_OFF_SALE: kind("reconcile", null, "warning"),
  POLICY_CONTRADICTORY: kind("connect", null, "blocking"),
  POLICY_RISKY: kind("connect", null, "warning"),
  LOCATION_NOT_FEEDING: kind("connect", null, "warning"),
  CONNECTION_UNAUTHORISED: kind("loop", null, "blocking")
}

/** The severity of every issue with this code. */
export const severityOf = (code: IssueCode): Severity => kinds[code].severity

/** The codes that one owner raises and closes, by what they are about. */
export const codesOf = (owner: Owner, subject?: Subject): ReadonlyArray<IssueCode> =>
  IssueCode.literals.filter(
    (code) => kinds[code].owner === owner && (subject === undefined || kinds[code].subject === subject)
  )

/** How many ids an issue spells out; of more it says how many. */
export const idsListedMax = 10

/** Ids as text, the first {@link idsListedMax} of them. */
export const list = (ids: ReadonlyArray<string>): string =>
  ids.length <= idsListedMax
    ? ids.join(", ")
    : `${ids.slice(0, idsListedMax).join(", ")} and ${ids.length - idsListedMax} more`

/** A path as text, from its first id to its last; of a long one only the {@link idsListedMax} first ids and the last. */
export const chain = (path: ReadonlyArray<string>, arrow: string): string => {
  const left = path.length - idsListedMax - 1
  const spelled = left > 0 ? [...path.slice(0, idsListedMax), `(${left} more)`, ...path.slice(-1)] : path
  return spelled.join(arrow)
}

/**
 * A sentence of an issue: what cannot be seen in a text that it quotes is shown, and it is never longer than a line may be.
 */
const said = (parts: TemplateStringsArray, ...quoted: ReadonlyArray<string | number>): string =>
  Text.writable(Text.visible(String.raw({ raw: parts }, ...quoted)), Text.lineLengthMax)

/**
 * It is in doubt which item a listing's SKU means. `itemIds` are all that it may mean; with one, several listings have
 * its SKU but for case and outer space.
 */
export const skuAmbiguous = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: ListingKey
  readonly sku: string
  readonly itemIds: ReadonlyArray<ItemId>
}): Issue => ({
  code: "SKU_AMBIGUOUS",
  message:
    about.itemIds.length === 1
      ? said`Listing ${about.listingKey} and others have the SKU "${about.sku}" of item ${list(about.itemIds)}, but for case or outer space.`
      : said`Listing ${about.listingKey} has the SKU "${about.sku}", and it could be any of these items: ${list(about.itemIds)}.`,
  remedy: "Make the SKUs unique on both sides, or link the listing by hand.",
  about: { connectionId: about.connectionId, listingKey: about.listingKey, itemIds: list(about.itemIds) }
})

/** A link stands although the SKUs of its two sides no longer agree. `itemSku` is null when the item is gone. */
export const skuDrift = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: ListingKey
  readonly itemId: ItemId
  readonly listingSku: string
  readonly itemSku: string | null
}): Issue => ({
  code: "SKU_DRIFT",
  message:
    about.itemSku === null
      ? said`Listing ${about.listingKey} is linked to item ${about.itemId}, which no longer exists.`
      : said`Listing ${about.listingKey} now has the SKU "${about.listingSku}", but its item ${about.itemId} has "${about.itemSku}".`,
  remedy: "Check that the link is still right; then make the SKUs equal again or link the listing by hand.",
  about: { connectionId: about.connectionId, listingKey: about.listingKey, itemId: about.itemId }
})

/** Why no item is found for a listing that is none of the plain cases; ids are those of items or listings it speaks of. */
export type UnmatchedReason =
  | { readonly _tag: "Unlinked"; readonly itemId: ItemId; readonly of: ListingKey }
  | { readonly _tag: "MadeAnew"; readonly of: ReadonlyArray<ListingKey> }
  | { readonly _tag: "LooksLike"; readonly itemIds: ReadonlyArray<ItemId> }
  | { readonly _tag: "NotSold"; readonly itemIds: ReadonlyArray<ItemId> }
  | { readonly _tag: "Damaged" }

/** A listing that no item matches. A SKU of which nothing can be seen never matches anything. */
export const listingUnmatched = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: ListingKey
  readonly sku: string
  readonly why?: UnmatchedReason | undefined
}): Issue => ({
  code: "LISTING_UNMATCHED",
  ...(about.why === undefined ? plainlyUnmatched(about) : unmatchedBecause(about.why, about)),
  about: { connectionId: about.connectionId, listingKey: about.listingKey }
})

type Words = Pick<Issue, "message" | "remedy">

const plainlyUnmatched = ({ sku, listingKey }: { readonly sku: string; readonly listingKey: ListingKey }): Words => ({
  message:
    sku === "" || /^ +$/.test(sku)
      ? said`Listing ${listingKey} has no SKU, so no item can be found for it.`
      : Text.isBlank(sku)
        ? said`Nothing of the SKU "${sku}" of listing ${listingKey} can be seen, so no item can be found for it.`
        : said`No item has the SKU "${sku}" of listing ${listingKey}.`,
  remedy: "Give the listing the SKU of an item, create the item, link it by hand, or exclude the listing."
})

const unmatchedBecause = (
  why: UnmatchedReason,
  { sku, listingKey }: { readonly sku: string; readonly listingKey: ListingKey }
): Words => {
  switch (why._tag) {
    case "Unlinked":
      return {
        message:
          why.of === listingKey
            ? said`Listing ${listingKey} has the SKU "${sku}" of item ${why.itemId}, and a person has removed the link between them.`
            : said`Listing ${listingKey} has the SKU "${sku}" of item ${why.itemId}, and a person has removed the link of listing ${why.of}, which had this SKU and is gone.`,
        remedy: "Link the listing by hand if it shall sell the item after all, or exclude the listing."
      }
    case "MadeAnew":
      return {
        message: said`Listing ${listingKey} has the SKU "${sku}" of ${list(why.of)}, gone from the shop, and what was decided there cannot be carried over without doubt.`,
        remedy:
          "Link the listing by hand, with its pack and rules, or exclude it; then remove the links of what is gone."
      }
    case "LooksLike":
      return {
        message: said`The SKU "${sku}" of listing ${listingKey} looks like that of item ${list(why.itemIds)}, and differs from it in invisible characters only.`,
        remedy: "Enter the SKU again on the side where it is wrong, or link the listing by hand."
      }
    case "NotSold":
      return {
        message: said`The SKU "${sku}" of listing ${listingKey} is that of item ${list(why.itemIds)}, which is archived or of a kind that is not sold.`,
        remedy: "Give the SKU to an item that is sold, link the listing by hand, or exclude it."
      }
    case "Damaged":
      return {
        message: said`The SKU "${sku}" of listing ${listingKey} holds characters that could not be read, so no item can be found for it.`,
        remedy: "Enter the listing's SKU again in the shop, or link the listing by hand."
      }
  }
}

/** A link whose listing the shop no longer offers. */
export const listingOrphaned = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: ListingKey
  readonly itemId: ItemId
}): Issue => ({
  code: "LISTING_ORPHANED",
  message: said`Item ${about.itemId} is linked to listing ${about.listingKey}, which the shop no longer offers.`,
  remedy: "Remove the link if the listing is gone for good; one made anew with its SKU takes the link over by itself.",
  about: { connectionId: about.connectionId, listingKey: about.listingKey, itemId: about.itemId }
})

/**
 * A row of the catalogue that could not be read or kept. `listingKey` is null where not even that could be read; it is the
 * product's id where no more is known.
 */
export const listingUnreadable = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: string | null
  readonly path: string
  readonly expected: string
}): Issue => ({
  code: "LISTING_UNREADABLE",
  message: said`${about.listingKey === null ? "A listing without a readable id" : said`Listing ${about.listingKey}`} cannot be read: at ${about.path === "" ? "its row" : about.path}, expected ${about.expected}.`,
  remedy: "Correct it in the shop; it is read again with the next matching, and what is linked to it stays as it is.",
  about: {
    connectionId: about.connectionId,
    ...(about.listingKey === null ? {} : { listingKey: about.listingKey })
  }
})

/** A link to what is not sold any more, or never was. `others` are the items that are sold under its SKU. */
export const linkUnsellable = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: ListingKey
  readonly itemId: ItemId
  readonly why: "archived" | "kind"
  readonly others: ReadonlyArray<ItemId>
}): Issue => ({
  code: "LINK_UNSELLABLE",
  message: said`Listing ${about.listingKey} is linked to item ${about.itemId}, which is ${
    about.why === "archived" ? "archived" : "of a kind that is not sold"
  }${about.others.length === 0 ? "" : said`; its SKU is now that of ${list(about.others)}`}.`,
  remedy:
    about.others.length === 0
      ? "Take the listing off sale, or link it by hand to the item that it sells."
      : said`Link the listing by hand to ${about.others.length === 1 ? list(about.others) : "the one that it sells"}, or take it off sale.`,
  about: { connectionId: about.connectionId, listingKey: about.listingKey, itemId: about.itemId }
})

/** A link that has moved, because the item it led to is not sold any more and one other has its SKU. */
export const linkMoved = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: ListingKey
  readonly from: ItemId
  readonly to: ItemId
}): Issue => ({
  code: "LINK_MOVED",
  message: said`Listing ${about.listingKey} now sells item ${about.to}: item ${about.from}, which it was linked to, is not sold any more, and ${about.to} has its SKU.`,
  remedy: "Nothing, if this is meant; else link the listing by hand.",
  about: { connectionId: about.connectionId, listingKey: about.listingKey, itemId: about.to, from: about.from }
})

/** Several listings of one shop sell from one item. Information: it may well be meant. */
export const listingSharesItem = (about: {
  readonly connectionId: ConnectionId
  readonly itemId: ItemId
  readonly listingKeys: ReadonlyArray<ListingKey>
}): Issue => ({
  code: "LISTING_SHARES_ITEM",
  message: said`${about.listingKeys.length} listings sell from the one stock of item ${about.itemId}: ${list(about.listingKeys)}.`,
  remedy: "Nothing, if this is meant; else give the listings SKUs of their own.",
  about: { connectionId: about.connectionId, itemId: about.itemId }
})

/** A kit without components. */
export const kitEmpty = (about: { readonly itemId: ItemId }): Issue => ({
  code: "KIT_EMPTY",
  message: said`Kit ${about.itemId} has no components, so nothing can be sold of it.`,
  remedy: "Enter the kit's bill of materials; until then its number is not published.",
  about: { itemId: about.itemId }
})

/** A kit that contains itself, directly or through others. `path` leads from the kit back to itself, where known. */
export const kitCycle = (about: { readonly itemId: ItemId; readonly path?: ReadonlyArray<ItemId> }): Issue => ({
  code: "KIT_CYCLE",
  message:
    about.path === undefined || about.path.length === 0
      ? said`Kit ${about.itemId} contains itself, so nothing can be sold of it.`
      : said`Kit ${about.itemId} contains itself (${chain(about.path, " > ")}), so nothing can be sold of it.`,
  remedy: "Take the kit out of its own bill of materials; until then its number is not published.",
  about: { itemId: about.itemId }
})

/** A component with a quantity that is not above zero. */
export const kitQuantityInvalid = (about: { readonly itemId: ItemId; readonly componentId: ItemId }): Issue => ({
  code: "KIT_QUANTITY_INVALID",
  message: said`Kit ${about.itemId} needs a quantity of component ${about.componentId} that is not above zero.`,
  remedy: "Correct the quantity in the kit's bill of materials; until then its number is not published.",
  about: { itemId: about.itemId, componentId: about.componentId }
})

/** A component that does not exist. */
export const componentUnknown = (about: { readonly itemId: ItemId; readonly componentId: ItemId }): Issue => ({
  code: "COMPONENT_UNKNOWN",
  message: said`Kit ${about.itemId} needs item ${about.componentId}, which does not exist.`,
  remedy: "Create the component or take it out of the bill of materials; until then the kit's number is not published.",
  about: { itemId: about.itemId, componentId: about.componentId }
})

/** A quantity, or a sum or product of quantities, that cannot be kept exactly. `detail` says which and why. */
export const quantityOutOfRange = (about: { readonly itemId: ItemId; readonly detail: string }): Issue => ({
  code: "QUANTITY_OUT_OF_RANGE",
  message: said`A quantity of item ${about.itemId} cannot be kept exactly: ${about.detail}.`,
  remedy: "Correct the item's stock, demand or bill of materials.",
  about: { itemId: about.itemId }
})

/** An order that waits for a person. `why` is its reasons as one phrase, without a full stop. */
export const orderHeld = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly why: string
}): Issue => ({
  code: "ORDER_HELD",
  message: said`Order ${about.orderId} is held: ${about.why}.`,
  remedy: "Remove the cause and the order is imported by itself; what it could reserve is reserved.",
  about: { connectionId: about.connectionId, orderId: about.orderId }
})

/** A reference number of more than 21 characters; it is never cut. */
export const referenceTooLong = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly number: string
}): Issue => ({
  code: "REFERENCE_TOO_LONG",
  message: said`Order ${about.orderId} would get the number "${about.number}" of ${about.number.length} characters, and 21 is the most.`,
  remedy: "Shorten the connection's prefix or suffix, or give the order a number by hand.",
  about: { connectionId: about.connectionId, orderId: about.orderId }
})

/** A reference number that another sale already has. */
export const referenceConflict = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly number: string
  readonly ownerId: SaleId
}): Issue => ({
  code: "REFERENCE_CONFLICT",
  message: said`Order ${about.orderId} would get the number "${about.number}", which sale ${about.ownerId} already has.`,
  remedy: "Give the connection a prefix of its own, or give the order a number by hand.",
  about: { connectionId: about.connectionId, orderId: about.orderId, ownerId: about.ownerId }
})

/** An order that the shop has edited below what was already shipped. */
export const editConflict = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly lineId: OrderLineId
}): Issue => ({
  code: "EDIT_CONFLICT",
  message: said`The shop has changed line ${about.lineId} of order ${about.orderId} to less than what has already been shipped.`,
  remedy: "Compare the order with its shipments, then correct one of them.",
  about: { connectionId: about.connectionId, orderId: about.orderId, lineId: about.lineId }
})

/** An order of the shop that could not be read. `expected` says what would be right at `path`, `stake` what follows for stock. */
export const orderUnreadable = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId | null
  readonly path: string
  readonly expected: string
  readonly stake: string
}): Issue => ({
  code: "ORDER_UNREADABLE",
  message: said`${about.orderId === null ? "An order" : `Order ${about.orderId}`} of the shop cannot be read at ${about.path === "" ? "its start" : about.path}: ${about.expected}. ${about.stake}`,
  remedy: "Correct the order in the shop, or update the adapter; it is read again when it changes.",
  about: {
    connectionId: about.connectionId,
    orderId: about.orderId ?? "?",
    ...(about.orderId === null ? { path: about.path } : {})
  }
})

/** An order that the shop stamps later than our clock says it is. */
export const orderStampAhead = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly modifiedAt: string
}): Issue => ({
  code: "ORDER_STAMP_AHEAD",
  message: said`Order ${about.orderId} is stamped ${about.modifiedAt} by the shop, which is in the future.`,
  remedy: "Check the clocks of the shop and of this machine; the order itself is followed as it stands.",
  about: { connectionId: about.connectionId, orderId: about.orderId }
})

/** Another order under the id of one that is known: it was placed at another time. */
export const orderReplaced = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly placedAt: string
}): Issue => ({
  code: "ORDER_REPLACED",
  message: said`The shop has another order under the id ${about.orderId}, placed ${about.placedAt}. The order known so far is left as it is, and the stock of the other one is held.`,
  remedy: `Answer "same" if it is the same order after all, or "another" if it is not; then its stock stays held for as long as it is open.`,
  about: { connectionId: about.connectionId, orderId: about.orderId }
})

/** An order that holds stock, and that the shop did not know when it was asked. */
export const orderMissing = (about: { readonly connectionId: ConnectionId; readonly orderId: OrderId }): Issue => ({
  code: "ORDER_MISSING",
  message: said`The shop says that there is no order ${about.orderId} (any more). It is asked again; until then the order stands.`,
  remedy: `Nothing, if it was deleted: that is found out by itself. Answer "gone" to free its stock at once, or "keep" to keep it.`,
  about: { connectionId: about.connectionId, orderId: about.orderId }
})

/** An order whose whole amount was refunded although goods are open. `open` says what, by line. */
export const orderRefundedOpen = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly open: ReadonlyArray<string>
}): Issue => ({
  code: "ORDER_REFUNDED_OPEN",
  message: said`The whole amount of order ${about.orderId} was refunded, and no line says that its goods are not to be shipped: ${list(about.open)} stay committed.`,
  remedy: `Answer "free" if they are not to be shipped any more, or "keep" if they are.`,
  about: { connectionId: about.connectionId, orderId: about.orderId }
})

/** A refund of which nobody can tell whether its goods are still to be shipped. */
export const refundAmbiguous = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly lineId: OrderLineId
  readonly open: string
  readonly refunded: string
}): Issue => ({
  code: "REFUND_AMBIGUOUS",
  message: said`${about.refunded} of line ${about.lineId} of order ${about.orderId} were refunded, and it is not known whether they had been shipped: ${about.open} stay committed.`,
  remedy: `Answer "free" if the refunded goods are not to be shipped any more, or "keep" if what is open is still to be shipped.`,
  about: { connectionId: about.connectionId, orderId: about.orderId, lineId: about.lineId }
})

/** A line that the shop has finished without saying that it was shipped: taken to have left. */
export const finishedUnshipped = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly lineId: OrderLineId
  readonly quantity: string
}): Issue => ({
  code: "FINISHED_UNSHIPPED",
  message: said`The shop has finished order ${about.orderId} without shipping ${about.quantity} of line ${about.lineId}; they are taken to have left.`,
  remedy: `Answer "left" if they have, or "still here" if they are on the shelf.`,
  about: { connectionId: about.connectionId, orderId: about.orderId, lineId: about.lineId }
})

/** Goods shipped under another item than the listing's link names since it was corrected. */
export const shippedUnderOtherItem = (about: {
  readonly connectionId: ConnectionId
  readonly orderId: OrderId
  readonly lineId: OrderLineId
  readonly shipped: ReadonlyArray<string>
  readonly itemId: ItemId
}): Issue => ({
  code: "SHIPPED_UNDER_OTHER_ITEM",
  message: said`Line ${about.lineId} of order ${about.orderId} is of item ${about.itemId} now, but ${list(about.shipped)} had been taken off the shelf for it.`,
  remedy: `Answer "as linked" if it was item ${about.itemId} that left, or "as booked" if the other one did.`,
  about: { connectionId: about.connectionId, orderId: about.orderId, lineId: about.lineId }
})

/**
 * A product that counts stock as one number, while its variants are not all linked to the same item and pack. `linked` are
 * the variants that are; left out, all of them.
 */
export const trackingLevelMismatch = (about: {
  readonly connectionId: ConnectionId
  readonly productId: ProductId
  readonly variants: number
  readonly linked?: ReadonlyArray<ListingKey>
}): Issue => ({
  code: "TRACKING_LEVEL_MISMATCH",
  message:
    about.linked === undefined
      ? said`Product ${about.productId} counts its stock as one number, but ${about.variants} of its variants are linked.`
      : about.linked.length < about.variants
        ? said`Product ${about.productId} counts its stock as one number, but of its ${about.variants} variants only these are linked: ${list(about.linked)}.`
        : said`Product ${about.productId} counts its stock as one number, but its ${about.variants} variants are linked to different items or packs.`,
  remedy: "Let the shop track this product's stock by variant, or link all its variants to the same item and pack.",
  about: { connectionId: about.connectionId, productId: about.productId }
})

/** A listing whose stock the shop computes from a bundle of its own. */
export const shopBundle = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: ListingKey
  readonly itemId: ItemId
}): Issue => ({
  code: "SHOP_BUNDLE",
  message: said`The shop computes the stock of listing ${about.listingKey} from a bundle of its own, so item ${about.itemId} is not published there.`,
  remedy: "Take the bundle apart in the shop, or exclude the listing.",
  about: { connectionId: about.connectionId, listingKey: about.listingKey, itemId: about.itemId }
})

/**
 * A location of the shop that receives no numbers from us holds stock of linked listings; before anything is linked
 * (`listings` is null), of some.
 */
export const cartLocationHoldsStock = (about: {
  readonly connectionId: ConnectionId
  readonly cartLocationId: CartLocationId
  readonly listings: number | null
}): Issue => ({
  code: "CART_LOCATION_HOLDS_STOCK",
  message:
    about.listings === null
      ? said`The shop's location ${about.cartLocationId} holds stock, but will receive no numbers: what it sells comes on top of what is published.`
      : said`The shop's location ${about.cartLocationId} holds stock of ${about.listings} linked listings, but receives no numbers.`,
  remedy: "Publish to that location too, or set its stock to zero in the shop.",
  about: { connectionId: about.connectionId, cartLocationId: about.cartLocationId }
})

/** A first publication that would take too many listings off sale. */
export const massZero = (about: {
  readonly connectionId: ConnectionId
  readonly zeroed: number
  readonly inStock: number
  readonly percent: number
}): Issue => ({
  code: "MASS_ZERO",
  message: said`The first publication would take ${about.zeroed} of ${about.inStock} listings in stock to zero, which is more than ${about.percent} %.`,
  remedy: "Look through the plan; enter the missing stock, or approve it.",
  about: { connectionId: about.connectionId }
})

/** A number that the shop did not accept. `detail` is the shop's own reason, without a full stop. */
export const publishRejected = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: ListingKey
  readonly itemId: ItemId
  readonly detail: string
}): Issue => ({
  code: "PUBLISH_REJECTED",
  message: said`The shop refused the number of item ${about.itemId} for listing ${about.listingKey}: ${about.detail}.`,
  remedy: "Correct the listing in the shop; the number is sent again by itself.",
  about: { connectionId: about.connectionId, listingKey: about.listingKey, itemId: about.itemId }
})

/** A shop's number that is neither ours nor explained by what the shop has sold. */
export const unexplainedDrift = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: ListingKey
  readonly cartLocationId: CartLocationId
  readonly published: number
  readonly shown: number
}): Issue => ({
  code: "UNEXPLAINED_DRIFT",
  message: said`Listing ${about.listingKey} shows ${about.shown} at location ${about.cartLocationId}, where ${about.published} was published and no order explains the difference.`,
  remedy: "Find out who changes the shop's stock; the computed number is published again.",
  about: {
    connectionId: about.connectionId,
    listingKey: about.listingKey,
    cartLocationId: about.cartLocationId
  }
})

/** A link has ended, and the shop goes on showing the number that it was last told: `shown`, at these of its locations. */
export const linkEnded = (about: {
  readonly connectionId: ConnectionId
  readonly listingKey: ListingKey
  readonly itemId: ItemId
  readonly shown: ReadonlyArray<number>
  /** Whether the shop is being told 0. */
  readonly zeroing: boolean
}): Issue => ({
  code: "LINK_ENDED",
  message: about.zeroing
    ? said`The link of listing ${about.listingKey} to item ${about.itemId} has ended, and the shop has not accepted 0 for it yet; it shows ${about.shown.join(", ")}.`
    : said`The link of listing ${about.listingKey} to item ${about.itemId} has ended, and the shop goes on showing ${about.shown.join(", ")}; what it sells of that lowers nothing.`,
  remedy: about.zeroing
    ? "Nothing, or take the listing off sale in the shop."
    : "Set the number to 0 in the shop, settle the ended link, link the listing again, or let the policy say zero.",
  about: { connectionId: about.connectionId, listingKey: about.listingKey }
})

/** More of an item is promised than there is. `short` is the shortage, `sources` are the documents that share it. */
export const oversold = (about: {
  readonly connectionId: ConnectionId
  readonly itemId: ItemId
  readonly short: Quantity
  readonly sources: ReadonlyArray<string>
}): Issue => ({
  code: "OVERSOLD",
  message: said`Item ${about.itemId} is ${format(about.short)} short of what is promised: ${list(about.sources)}.`,
  remedy: "Buy or transfer what is missing, or agree with a customer; the issue closes when there is enough.",
  about: { connectionId: about.connectionId, itemId: about.itemId }
})

/** The shop itself keeps back units of some listings at a location, beside what our rules keep back or promise. */
export const shopKeepsBack = (about: {
  readonly connectionId: ConnectionId
  readonly cartLocationId: CartLocationId
  readonly listingKeys: ReadonlyArray<ListingKey>
}): Issue => ({
  code: "SHOP_KEEPS_BACK",
  message: said`At location ${about.cartLocationId} the shop keeps back units of listings whose published number has its own buffer or minimum, so that less can be bought than is meant: ${list(about.listingKeys)}.`,
  remedy: "Keep the buffer on one side: set the shop's safety stock to 0, or take ours out of the policy.",
  about: { connectionId: about.connectionId, cartLocationId: about.cartLocationId }
})

/** The shop sells none of some listings at a location, although a number is published there. */
export const shopOffSale = (about: {
  readonly connectionId: ConnectionId
  readonly cartLocationId: CartLocationId
  readonly listingKeys: ReadonlyArray<ListingKey>
}): Issue => ({
  code: "SHOP_OFF_SALE",
  message: said`At location ${about.cartLocationId} the shop has switched off listings of which stock is published, so that none can be bought: ${list(about.listingKeys)}.`,
  remedy: "Switch the listings on again at that location of the shop, or stop publishing them there.",
  about: { connectionId: about.connectionId, cartLocationId: about.cartLocationId }
})

/** Orders are booked at a location that feeds none of the numbers that the connection publishes. */
export const locationNotFeeding = (about: {
  readonly connectionId: ConnectionId
  readonly locationId: LocationId
  readonly feeding: ReadonlyArray<LocationId>
}): Issue => ({
  code: "LOCATION_NOT_FEEDING",
  message: said`The connection's location ${about.locationId} feeds none of the numbers that it publishes; these do: ${about.feeding.length === 0 ? "none" : list(about.feeding)}.`,
  remedy: "Give the connection one of those locations, or let the channel be fed by its own.",
  about: { connectionId: about.connectionId, locationId: about.locationId }
})

/** Settings that exclude each other; the policy is refused. `why` is one sentence, `settings` names them. */
export const policyContradictory = (about: {
  readonly settings: ReadonlyArray<string>
  readonly why: string
  readonly remedy: string
  readonly connectionId?: ConnectionId | undefined
}): Issue => policyIssue("POLICY_CONTRADICTORY", about)

/** Settings that are allowed and likely to hurt. `why` is one sentence, `settings` names them. */
export const policyRisky = (about: {
  readonly settings: ReadonlyArray<string>
  readonly why: string
  readonly remedy: string
  readonly connectionId?: ConnectionId | undefined
}): Issue => policyIssue("POLICY_RISKY", about)

const policyIssue = (
  code: "POLICY_CONTRADICTORY" | "POLICY_RISKY",
  about: Parameters<typeof policyRisky>[0]
): Issue => ({
  code,
  message: said`${about.why}`,
  remedy: about.remedy,
  about: {
    settings: about.settings.join(", "),
    ...(about.connectionId === undefined ? {} : { connectionId: about.connectionId })
  }
})

/** The shop refuses the connection's token, or is suspended: nothing is imported or published meanwhile. `detail` is why. */
export const connectionUnauthorised = (about: {
  readonly connectionId: ConnectionId
  readonly detail: string
}): Issue => ({
  code: "CONNECTION_UNAUTHORISED",
  message: said`The shop of connection ${about.connectionId} lets nobody in: ${about.detail}.`,
  remedy: "Give the connection a token that the shop accepts, with all scopes; it is tried again by itself.",
  about: { connectionId: about.connectionId }
})
