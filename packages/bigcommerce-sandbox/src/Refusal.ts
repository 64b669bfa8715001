/**
 * Why the shop does not do what it was asked. The HTTP layer turns it into the body that V2 or V3 would answer; a caller
 * of the library's verbs gets it thrown.
 */
export class Refusal extends Error {
  readonly status: number
  /** V2's free-form `details`, or V3's `errors`. */
  readonly details: Readonly<Record<string, unknown>> | undefined
  override readonly name = "Refusal"

  constructor(status: number, message: string, details?: Readonly<Record<string, unknown>>) {
    super(message)
    this.status = status
    this.details = details
  }
}

export const notFound = (): Refusal => new Refusal(404, "The requested resource was not found.")

export const invalidField = (field: string): Refusal =>
  new Refusal(400, `The field '${field}' is invalid.`, { invalid_reason: `The field '${field}' is invalid.` })
