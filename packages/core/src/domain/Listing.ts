/**
 * What a shop offers: one row for each thing that can be put in a cart, and one for each parent product over variants.
 *
 * The shop's own ids are the identity; a SKU only proposes a link. The sellable unit is the variant: a product without
 * options is one `single` row, a product with options is a `parent` row (never sold) and its `variant` rows.
 */
import { Schema } from "effect"
import * as Text from "./Text.ts"

/** The shop's id of a product. */
export const ProductId = Text.Id.pipe(Schema.brand("ProductId"))
export type ProductId = typeof ProductId.Type

/** The shop's id of a variant. */
export const VariantId = Text.Id.pipe(Schema.brand("VariantId"))
export type VariantId = typeof VariantId.Type

/** A listing's identity within one connection, made of the shop's ids by {@link keyOf}. */
export const ListingKey = Text.Text(2 * Text.idLengthMax + 1)
  .check(Schema.isNonEmpty())
  .pipe(Schema.brand("ListingKey"))
export type ListingKey = typeof ListingKey.Type

/** At which level the shop counts stock: not at all, per product, or per variant. */
export const Tracking = Schema.Literals(["none", "product", "variant"])
export type Tracking = typeof Tracking.Type

/** A row of a shop's catalogue. `variantId` is null on a parent, and on a single product whose shop gives it none. */
export const Listing = Schema.Struct({
  key: ListingKey,
  productId: ProductId,
  variantId: Schema.NullOr(VariantId),
  shape: Schema.Literals(["single", "parent", "variant"]),
  goods: Schema.Literals(["physical", "digital"]),
  sku: Text.SkuText,
  name: Text.Long,
  tracking: Tracking,
  /** Whether the shop computes this listing's stock itself, from a bundle of its own. */
  shopBundle: Schema.Boolean,
  /** How many variants the listing's product has, linked or not, as far as matching has seen them. */
  siblings: Schema.optionalKey(Schema.Natural)
})
export interface Listing extends Schema.Schema.Type<typeof Listing> {}

/** The key of a listing: `product` for a parent, `product/variant` for what is sold. */
export const keyOf = (productId: ProductId, variantId: VariantId | null): ListingKey =>
  ListingKey.make(variantId === null ? productId : `${productId}/${variantId}`)

/** A listing from the shop's ids; its key follows from them. */
export const make = (listing: Omit<Listing, "key">): Listing => ({
  key: keyOf(listing.productId, listing.variantId),
  ...listing
})

/** Whether two rows say the same about a listing. */
export const isSame = (left: Listing, right: Listing): boolean =>
  left.key === right.key &&
  left.sku === right.sku &&
  left.name === right.name &&
  left.tracking === right.tracking &&
  left.shape === right.shape &&
  left.goods === right.goods &&
  left.shopBundle === right.shopBundle &&
  left.productId === right.productId &&
  left.variantId === right.variantId &&
  left.siblings === right.siblings

/** Whether the shop counts the stock of a listing at another level than before: what it shows may be another number. */
export const isCountedOtherwise = (left: Listing, right: Listing): boolean =>
  left.tracking !== right.tracking || left.shape !== right.shape || left.shopBundle !== right.shopBundle
