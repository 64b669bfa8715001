/**
 * The quota of a store: so many requests in a window of 30 seconds, shared by all apps. Every answer tells what is left;
 * a request beyond it is 429 with the headers that say when to come back.
 */

/** The length of a window. */
export const windowMillis = 30_000

/** What is told as the quota of a plan that has none. */
const unlimitedQuota = 1_000_000

/** The quota of one store. */
export class RateLimit {
  readonly #now: () => number
  readonly #quota: () => number | undefined
  #windowEndsMillis = 0
  #used = 0

  /** `quota` is undefined for a plan without one. */
  constructor(now: () => number, quota: () => number | undefined) {
    this.#now = now
    this.#quota = quota
  }

  /** Counts one request; false when the quota is used up. */
  admit(): boolean {
    this.#roll()
    if (this.#used >= this.quota) return false
    this.#used++
    return true
  }

  /** Other apps of the same store use so many requests of the present window. */
  othersUse(requests: number): void {
    this.#roll()
    this.#used += requests
  }

  get quota(): number {
    return this.#quota() ?? unlimitedQuota
  }

  get left(): number {
    this.#roll()
    return Math.max(0, this.quota - this.#used)
  }

  get resetMillis(): number {
    this.#roll()
    return Math.max(0, this.#windowEndsMillis - this.#now())
  }

  headers(): Record<string, string> {
    return {
      "X-Rate-Limit-Requests-Left": String(this.left),
      "X-Rate-Limit-Requests-Quota": String(this.quota),
      "X-Rate-Limit-Time-Reset-Ms": String(this.resetMillis),
      "X-Rate-Limit-Time-Window-Ms": String(windowMillis)
    }
  }

  #roll(): void {
    const now = this.#now()
    if (now < this.#windowEndsMillis) return
    this.#windowEndsMillis = now + windowMillis
    this.#used = 0
  }
}
