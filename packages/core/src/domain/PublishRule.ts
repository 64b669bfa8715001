/**
 * What a listing, or a scarce item, puts over the rules of its connection.
 *
 * A rule says only what differs; what it leaves open (null) stays as it was. Of several, the more particular one wins:
 * a listing's own rule, then the one for scarce items, then the connection's.
 */
import { Schema } from "effect"

/** Whole numbers that a rule puts over those in force; null leaves them as they are. */
export const PublishRule = Schema.Struct({
  buffer: Schema.NullOr(Schema.Natural),
  percentage: Schema.NullOr(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 100 }))),
  maximum: Schema.NullOr(Schema.Natural),
  minimum: Schema.NullOr(Schema.Natural),
  /**
   * Publish this number, however much there is: for what is made to order, or bought when it is sold. Nothing stops the
   * shop from selling what nobody has. Left out or null, the number is made of what is available.
   */
  fixed: Schema.optionalKey(Schema.NullOr(Schema.Natural))
})
export interface PublishRule extends Schema.Schema.Type<typeof PublishRule> {}

/** A rule that overrides nothing. */
export const inheritedRule: PublishRule = { buffer: null, percentage: null, maximum: null, minimum: null }

/** A second regime: below so many whole listings, `rule` is put over the connection's. */
export const ScarceRegime = Schema.Struct({
  below: Schema.Natural.check(Schema.isGreaterThan(0)),
  rule: PublishRule
})
export interface ScarceRegime extends Schema.Schema.Type<typeof ScarceRegime> {}

/** The numbers that a rule decides, all of them decided. */
export interface RuleInForce {
  readonly buffer: number
  readonly percentage: number
  readonly maximum: number | null
  readonly minimum: number
  readonly fixed?: number | null
}

/** What is in force when a rule is put over another. */
export const ruleInForce = (rule: PublishRule, under: RuleInForce): RuleInForce => ({
  buffer: rule.buffer ?? under.buffer,
  percentage: rule.percentage ?? under.percentage,
  maximum: rule.maximum ?? under.maximum,
  minimum: rule.minimum ?? under.minimum,
  fixed: rule.fixed ?? under.fixed ?? null
})
