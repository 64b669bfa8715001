/**
 * What happened in the shop, in the words of BigCommerce's webhooks. Whoever delivers them subscribes here; the shop
 * does not know who listens.
 */

/** Something that happened. */
export interface ShopEvent {
  /** For example `store/order/statusUpdated`. */
  readonly scope: string
  /** The pointers that the webhook carries; never the whole resource. */
  readonly data: Readonly<Record<string, unknown>>
  readonly atMillis: number
}

/** Tells whoever subscribed. */
export class Events {
  readonly #now: () => number
  readonly #listeners = new Set<(event: ShopEvent) => void>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Calls the listener with every event from now on; the answer ends it. */
  subscribe(listener: (event: ShopEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(scope: string, data: Readonly<Record<string, unknown>>): void {
    if (this.#listeners.size === 0) return
    const event: ShopEvent = { scope, data, atMillis: this.#now() }
    for (const listener of this.#listeners) listener(event)
  }
}
