/**
 * Writes of stock through the Inventory API: checked at once, all or nothing, and done later.
 *
 * A request is refused whole (422) with its reasons only in the title's text. An accepted one shows after the store's
 * delay, in the order of acceptance; its outcome can only be read back.
 */
import type { Clock } from "./Clock.ts"
import { levelMax } from "./Inventory.ts"
import { Refusal } from "./Refusal.ts"
import { announceLevel, type StockContext } from "./StockRules.ts"

/** How an item of a request says what it means: exactly one of the three. */
export type ItemIdentity =
  | { readonly kind: "sku"; readonly sku: string }
  | { readonly kind: "variant_id"; readonly id: number }
  | { readonly kind: "product_id"; readonly id: number }

/** One item of a request. */
export interface Adjustment {
  readonly identity: ItemIdentity
  readonly locationId: number
  /** The level to set, or the difference to make. */
  readonly quantity: number
}

interface Resolved {
  readonly slot: number
  readonly location: number
  readonly quantity: number
}

/** The most items of one request. */
export const adjustmentsMax = 2000

/** An identity as the shop writes it in its errors. */
export const identityText = (identity: ItemIdentity): string =>
  identity.kind === "sku" ? `sku ${identity.sku}` : `${identity.kind} ${identity.id}`

/** The stock writes of a store, accepted and waiting. */
export class Adjustments {
  readonly #context: StockContext
  readonly #clock: Clock
  /** Items whose adjustments are refused, each with the words of the refusal after its name. */
  readonly refusals = new Map<number, string>()
  /** No write may show before one that was accepted earlier. */
  #lastDueMillis = 0
  #waiting = 0

  constructor(context: StockContext, clock: Clock) {
    this.#context = context
    this.#clock = clock
  }

  /** Accepted writes that do not show yet. */
  get waiting(): number {
    return this.#waiting
  }

  absolute(adjustments: ReadonlyArray<Adjustment>): void {
    const resolved = this.#resolveAll(adjustments)
    for (const [at, { quantity }] of resolved.entries()) {
      if (quantity < 0 || quantity > levelMax) throw this.#beyondLimit(adjustments[at])
    }
    this.#later(() => this.#write(resolved, "absolute"))
  }

  relative(adjustments: ReadonlyArray<Adjustment>): void {
    const { inventory } = this.#context
    const resolved = this.#resolveAll(adjustments)
    const unset = adjustments.filter((_, at) => {
      const item = resolved[at]
      return item !== undefined && !inventory.isSet(item.slot, item.location)
    })
    if (unset.length > 0) {
      const names = unset.map((adjustment) => identityText(adjustment.identity)).join(", ")
      throw new Refusal(422, `Items with identity: [${names}] requires absolute adjustment before relative`)
    }
    const differences = new Map<string, number>()
    for (const [at, { slot, location, quantity }] of resolved.entries()) {
      const key = `${slot}@${location}`
      const difference = (differences.get(key) ?? 0) + quantity
      differences.set(key, difference)
      if (inventory.onHand(slot, location) + difference > levelMax) throw this.#beyondLimit(adjustments[at])
      if (difference < 0 && inventory.availableToSell(slot, location) + difference < 0) {
        const name = adjustments[at] === undefined ? "" : identityText(adjustments[at].identity)
        throw new Refusal(422, `Items with identity: [${name}] have insufficient quantity`)
      }
    }
    this.#later(() => this.#write(resolved, "relative"))
  }

  #beyondLimit(adjustment: Adjustment | undefined): Refusal {
    const name = adjustment === undefined ? "" : identityText(adjustment.identity)
    return new Refusal(422, `Items with identity: [${name}] quantity is out of range: 0 to ${levelMax}`)
  }

  #resolveAll(adjustments: ReadonlyArray<Adjustment>): ReadonlyArray<Resolved> {
    const missing = new Set<number>()
    for (const { locationId } of adjustments) if (!this.#context.locations.has(locationId)) missing.add(locationId)
    if (missing.size > 0) throw new Refusal(422, `Location not found, identities: [${[...missing].join(",")}]`)
    const unknown: Array<string> = []
    const wrong: Array<string> = []
    const resolved: Array<Resolved> = []
    for (const adjustment of adjustments) {
      const item = this.resolve(adjustment.identity)
      if (typeof item === "number") {
        resolved.push({ slot: item, location: adjustment.locationId, quantity: adjustment.quantity })
      } else if (item === "unknown") unknown.push(identityText(adjustment.identity))
      else wrong.push(item.wrongMode)
    }
    if (wrong.length > 0) throw new Refusal(422, `[${wrong.join(", ")}]`)
    if (unknown.length > 0) throw new Refusal(422, `Items with identity: [${unknown.join(", ")}] not found`)
    const refused = resolved.findIndex(({ slot }) => this.refusals.has(slot))
    const [item, adjustment] = [resolved[refused], adjustments[refused]]
    if (item !== undefined && adjustment !== undefined) {
      const text = this.refusals.get(item.slot) ?? ""
      throw new Refusal(422, `Items with identity: [${identityText(adjustment.identity)}] ${text}`)
    }
    return resolved
  }

  /** The slot an identity means; or that there is none; or that the product tracks its stock under another id. */
  resolve(identity: ItemIdentity): number | "unknown" | { readonly wrongMode: string } {
    const { catalog } = this.#context
    if (identity.kind === "product_id") {
      const product = catalog.productRow(identity.id)
      if (product === undefined) return "unknown"
      const tracking = catalog.tracking(product)
      if (tracking === "product") return catalog.firstVariantOf(product)
      return tracking === "none"
        ? { wrongMode: `Item with product_id ${identity.id} is not tracked` }
        : { wrongMode: `Item with product_id ${identity.id} is tracked by variant, please update stock by variant id` }
    }
    const variant = identity.kind === "sku" ? this.#rowOfSku(identity.sku) : catalog.variantRow(identity.id)
    if (variant === undefined) return "unknown"
    const product = catalog.productOf(variant)
    const tracking = catalog.tracking(product)
    // The base variant of a simple product stands for the product.
    if (tracking === "variant" || (tracking === "product" && !catalog.hasOptions(product))) return variant
    return tracking === "none"
      ? { wrongMode: `Item with ${identityText(identity)} is not tracked` }
      : { wrongMode: `Item with ${identityText(identity)} is tracked by product, please update stock by product id` }
  }

  /** A variant's SKU, or the SKU of a product that tracks its options' stock in one. */
  #rowOfSku(sku: string): number | undefined {
    const { catalog } = this.#context
    const variant = catalog.variantsWithSku(sku)[0]
    if (variant !== undefined) return variant
    const product = catalog.productsWithSku(sku)[0]
    return product === undefined ? undefined : catalog.firstVariantOf(product)
  }

  #later(write: () => void): void {
    const { inventoryDelayMillis } = this.#context.settings
    const due = Math.max(this.#clock.now() + inventoryDelayMillis, this.#lastDueMillis)
    if (due <= this.#clock.now() && this.#waiting === 0) return write()
    this.#lastDueMillis = due
    this.#waiting++
    this.#clock.at(due, () => {
      this.#waiting--
      write()
    })
  }

  #write(resolved: ReadonlyArray<Resolved>, method: "absolute" | "relative"): void {
    const { inventory, catalog, locations } = this.#context
    for (const { slot, location, quantity } of resolved) {
      // The location may have been deleted since.
      if (!locations.has(location)) continue
      if (method === "absolute") inventory.set(slot, location, quantity)
      else inventory.adjust(slot, location, quantity)
      catalog.touch(catalog.productOf(slot), this.#clock.now())
      this.#announce(slot, location, method, quantity)
    }
  }

  #announce(slot: number, location: number, method: "absolute" | "relative", value: number): void {
    const { catalog, events } = this.#context
    const productId = catalog.productId(catalog.productOf(slot))
    if (catalog.tracking(catalog.productOf(slot)) === "variant") {
      const variantId = catalog.variantId(slot)
      const inventory = { product_id: productId, method, value, variant_id: variantId }
      events.emit("store/sku/inventory/updated", { type: "sku", id: variantId, inventory })
    } else {
      const inventory = { product_id: productId, method, value }
      events.emit("store/product/inventory/updated", { type: "product", id: productId, inventory })
    }
    announceLevel(this.#context, slot, location)
  }
}
