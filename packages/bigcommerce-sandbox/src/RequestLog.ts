/** What clients asked, for tests and people: the last requests one by one, and all of them counted by operation. */

/** One request as it was answered. */
export interface LoggedRequest {
  readonly atMillis: number
  readonly method: string
  /** The path below `/stores/{hash}`, with its query. */
  readonly url: string
  /** For example `GET /v2/orders/{order_id}`; undefined when no operation matched. */
  readonly operation: string | undefined
  readonly status: number
  /** How long answering took, in real milliseconds. */
  readonly tookMillis: number
  /** The fault that was played, if any. */
  readonly fault: string | undefined
}

/** How many requests are kept one by one. */
export const loggedRequestsMax = 10_000

/** The requests of all clients. */
export class RequestLog {
  #requests: Array<LoggedRequest> = []
  readonly #counts = new Map<string, number>()
  readonly #statusCounts = new Map<number, number>()
  #total = 0

  record(request: LoggedRequest): void {
    this.#total++
    if (this.#requests.length >= loggedRequestsMax * 2) this.#requests = this.#requests.slice(-loggedRequestsMax)
    this.#requests.push(request)
    const operation = request.operation ?? "unknown"
    this.#counts.set(operation, (this.#counts.get(operation) ?? 0) + 1)
    this.#statusCounts.set(request.status, (this.#statusCounts.get(request.status) ?? 0) + 1)
  }

  /** The last requests, oldest first. */
  all(): ReadonlyArray<LoggedRequest> {
    return this.#requests.slice(-loggedRequestsMax)
  }

  /** How often an operation was called; without one, how many requests there were. */
  count(operation?: string): number {
    return operation === undefined ? this.#total : (this.#counts.get(operation) ?? 0)
  }

  /** Calls by operation. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].toSorted(([left], [right]) => (left < right ? -1 : 1)))
  }

  /** How many answers had a status. */
  countStatus(status: number): number {
    return this.#statusCounts.get(status) ?? 0
  }

  clear(): void {
    this.#requests = []
    this.#counts.clear()
    this.#statusCounts.clear()
    this.#total = 0
  }
}
