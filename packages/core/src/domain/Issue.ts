/**
 * Something that a person has to act on: a stable code, one sentence, the ids involved, and what to do.
 */
import { Schema } from "effect"

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
  "POLICY_RISKY"
])
export type IssueCode = typeof IssueCode.Type

/** `about` holds the ids involved by their field's name; together with the code it is the issue's identity. */
export const Issue = Schema.Struct({
  code: IssueCode,
  message: Schema.NonEmptyString,
  remedy: Schema.NonEmptyString,
  about: Schema.Record(Schema.String, Schema.String)
})
export interface Issue extends Schema.Schema.Type<typeof Issue> {}

/** The identity of an issue: raising the same one twice is one issue. */
export const keyOf = (issue: Issue): string =>
  [
    issue.code,
    ...Object.entries(issue.about)
      .sort()
      .map(([field, id]) => `${field}=${id}`)
  ].join(" ")
