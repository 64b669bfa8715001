/** The paths below `/_sandbox`, by which people play shop with curl. */
import type { Clock } from "./Clock.ts"
import type { Faults } from "./Faults.ts"
import type { Answer } from "./Http.ts"
import type { RateLimit } from "./RateLimit.ts"
import type { RequestLog } from "./RequestLog.ts"
import type { Shop } from "./Shop.ts"

export interface ControlContext {
  readonly shop: Shop
  readonly faults: Faults
  readonly rateLimit: RateLimit
  readonly log: RequestLog
  readonly clock: Clock
}

/** The answer to a control request; undefined when there is no such path. */
export const answer = async (
  context: ControlContext,
  method: string,
  path: string,
  _body: unknown
): Promise<Answer | undefined> => {
  if (method === "GET" && path === "/_sandbox/requests") {
    return { status: 200, body: { count: context.log.count(), operations: context.log.counts() } }
  }
  return undefined
}
