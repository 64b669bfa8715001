/**
 * Amounts of money: decimal text beside its currency, carried through unchanged and never a float.
 */
import { Schema } from "effect"

/** A decimal amount as text, such as `"10.8300"`. */
export const Amount = Schema.String.check(Schema.isPattern(/^-?\d+(\.\d+)?$/)).pipe(Schema.brand("Amount"))
export type Amount = typeof Amount.Type

/** An ISO 4217 code, such as `"USD"`. */
export const Currency = Schema.String.check(Schema.isPattern(/^[A-Z]{3}$/)).pipe(Schema.brand("Currency"))
export type Currency = typeof Currency.Type

/** An amount in a currency. */
export const Money = Schema.Struct({ amount: Amount, currency: Currency })
export interface Money extends Schema.Schema.Type<typeof Money> {}
