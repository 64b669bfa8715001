/** Notes that apps keep on orders: namespace, key and value, at most 250 on an order for each app. */
import { Refusal } from "./Refusal.ts"

/** A note with its owner. */
export interface Metafield {
  readonly id: number
  readonly orderId: number
  readonly clientId: string
  readonly createdMillis: number
  modifiedMillis: number
  permissionSet: string
  namespace: string
  key: string
  value: string
  description: string
}

/** What an app says in a note. */
export type MetafieldContent = Pick<Metafield, "permissionSet" | "namespace" | "key" | "value" | "description">

/** The most metafields that one app may keep on an order. */
export const metafieldsMax = 250

/** The notes on all orders. */
export class Metafields {
  readonly #byOrder = new Map<number, Array<Metafield>>()
  #nextId = 1

  of(orderId: number): ReadonlyArray<Metafield> {
    return this.#byOrder.get(orderId) ?? []
  }

  get(orderId: number, id: number): Metafield {
    const found = this.of(orderId).find((candidate) => candidate.id === id)
    if (found === undefined) throw new Refusal(404, "Metafield not found")
    return found
  }

  create(orderId: number, clientId: string, content: MetafieldContent, nowMillis: number): Metafield {
    const own = this.of(orderId).filter((field) => field.clientId === clientId)
    if (own.length >= metafieldsMax) throw new Refusal(422, `An order can have ${metafieldsMax} metafields.`)
    if (own.some((field) => field.namespace === content.namespace && field.key === content.key)) {
      throw new Refusal(409, "A metafield with this namespace and key exists already.")
    }
    const created = {
      ...content,
      id: this.#nextId++,
      orderId,
      clientId,
      createdMillis: nowMillis,
      modifiedMillis: nowMillis
    }
    this.#byOrder.set(orderId, [...this.of(orderId), created])
    return created
  }

  remove(orderId: number, id: number): void {
    const field = this.get(orderId, id)
    this.#byOrder.set(
      orderId,
      this.of(orderId).filter((other) => other !== field)
    )
  }
}
