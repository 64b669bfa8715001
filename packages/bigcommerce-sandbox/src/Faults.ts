/**
 * Trouble on purpose. A rule says which requests it meets, how often, and what goes wrong; the first rule that meets a
 * request is played and counted down.
 */
import type { Random } from "./Random.ts"

/** What goes wrong with a request. */
export type Fault =
  /** The answer comes later. */
  | { readonly kind: "latency"; readonly millis: number }
  /** The connection is cut before anything happened or, when `silent`, held without an answer until the client goes. */
  | { readonly kind: "timeoutBefore"; readonly silent?: boolean }
  /** It happened, and the connection is cut before the answer, or held without one. */
  | { readonly kind: "timeoutAfter"; readonly silent?: boolean }
  /** 429, with the quota headers, all but one of those that say when to come back, or (an overloaded store) none. */
  | {
      readonly kind: "tooManyRequests"
      readonly headers?: boolean
      readonly retryAfterSeconds?: number
      readonly omits?: "reset" | "retryAfter"
    }
  /** A 5xx before (default) or after the effect, with an HTML, empty or JSON body. */
  | {
      readonly kind: "serverError"
      readonly status?: number
      readonly body?: "html" | "empty" | "json"
      readonly after?: boolean
    }
  /** 200 with an HTML page instead of JSON. */
  | { readonly kind: "htmlBody" }
  /** JSON that ends in the middle, as a whole answer or, when `silent`, as the start of one that never goes on. */
  | { readonly kind: "cutBody"; readonly silent?: boolean }
  /** Orders come without their side-loaded lines: those, or all. */
  | { readonly kind: "truncatedSideLoad"; readonly orderIds?: ReadonlyArray<number> }
  /** The answer that the same URL gave last time, if it was asked before. */
  | { readonly kind: "staleRead" }

/** Which requests a rule meets; what is absent meets all. */
export interface FaultMatch {
  readonly method?: string
  /** The operation (`GET /v2/orders`), or a part of the URL. */
  readonly operation?: string
  readonly url?: string | RegExp
}

/** A fault and the requests it meets. */
export interface FaultRule {
  readonly match?: FaultMatch
  readonly fault: Fault
  /** How many requests it meets before it is gone; default 1. */
  readonly times?: number
  /** How many matching requests pass first; default 0. */
  readonly skip?: number
  /** The share of matching requests that it meets; default all. */
  readonly probability?: number
}

interface ActiveRule extends FaultRule {
  readonly id: number
  left: number
  toSkip: number
}

/** How many rules can stand at once. */
export const faultRulesMax = 1000

/** The fault rules of a sandbox. */
export class Faults {
  readonly #random: Random
  #rules: Array<ActiveRule> = []
  #nextId = 1

  constructor(random: Random) {
    this.#random = random
  }

  /** Adds a rule; the answer takes it away. */
  add(rule: FaultRule): () => void {
    if (this.#rules.length >= faultRulesMax) throw new RangeError(`There can be ${faultRulesMax} fault rules`)
    const active = { ...rule, id: this.#nextId++, left: rule.times ?? 1, toSkip: rule.skip ?? 0 }
    this.#rules.push(active)
    return () => void (this.#rules = this.#rules.filter((other) => other !== active))
  }

  clear(): void {
    this.#rules = []
  }

  /** The rules that still stand. */
  rules(): ReadonlyArray<FaultRule> {
    return this.#rules
  }

  /** The fault to play for a request, which uses it up. */
  next(method: string, operation: string | undefined, url: string): Fault | undefined {
    for (const rule of this.#rules) {
      if (!meets(rule.match, method, operation, url)) continue
      if (rule.probability !== undefined && !this.#random.chance(rule.probability)) continue
      if (rule.toSkip > 0) {
        rule.toSkip--
        continue
      }
      rule.left--
      if (rule.left <= 0) this.#rules = this.#rules.filter((other) => other !== rule)
      return rule.fault
    }
    return undefined
  }
}

const meets = (match: FaultMatch | undefined, method: string, operation: string | undefined, url: string): boolean => {
  if (match === undefined) return true
  if (match.method !== undefined && match.method !== method) return false
  if (match.operation !== undefined && match.operation !== operation) return false
  if (match.url === undefined) return true
  return typeof match.url === "string" ? url.includes(match.url) : match.url.test(url)
}
