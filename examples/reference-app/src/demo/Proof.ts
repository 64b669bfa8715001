/**
 * Proves a sync: what the shop holds is compared with what is computed anew, and one kit's number is explained.
 */
import type { Sandbox } from "@stockport/bigcommerce-sandbox"
import { Availability, type Connection, type ItemId, Publication } from "@stockport/core"
import { Store } from "@stockport/core/ports/Store"
import * as Publish from "@stockport/core/sync/Publish"
import { Effect, Stream } from "effect"

/** The outcome of a comparison: how many numbers were compared, and a sentence for each that differs. */
export interface Comparison {
  readonly compared: number
  readonly differences: ReadonlyArray<string>
}

const linksPerComparison = 500

/**
 * Computes every linked listing's numbers anew and compares each with what the shop has on hand, read from the shop
 * itself and not through the adapter. A listing that was published and would not be now counts as a difference too.
 */
export const compare = Effect.fn("Proof.compare")(function* (shop: Sandbox.Sandbox, connection: Connection.Connection) {
  const store = yield* Store
  const differences: Array<string> = []
  let compared = 0
  yield* store.publications.all(connection.id).pipe(
    Stream.grouped(linksPerComparison),
    Stream.runForEach((publications) =>
      Effect.gen(function* () {
        const facts = yield* Publish.loadFacts(connection, [...new Set(publications.map(({ itemId }) => itemId))])
        const plan = yield* Publish.planOf(connection, facts, { approved: true, force: true })
        const computed = new Map(
          plan.updates.map((update) => [
            Publication.placeOf(update.listing.key, update.cartLocationId),
            update.quantity
          ])
        )
        const links = new Map(facts.links.map((link) => [link.listing.key, link]))
        for (const { key, cartLocationId } of publications) {
          compared += 1
          const listing = links.get(key)?.listing
          const shown = listing === undefined ? undefined : stockOf(shop, listing, Number(cartLocationId))
          const expected = computed.get(Publication.placeOf(key, cartLocationId))
          if (shown !== expected) {
            differences.push(
              `listing ${key} at location ${cartLocationId}: the shop has ${shown}, computed is ${expected}`
            )
          }
        }
      })
    )
  )
  return { compared, differences } satisfies Comparison
})

const stockOf = (
  shop: Sandbox.Sandbox,
  listing: { readonly productId: string; readonly variantId: string | null; readonly tracking: string },
  locationId: number
): number =>
  listing.tracking === "product" || listing.variantId === null
    ? shop.stock({ productId: Number(listing.productId) }, locationId)
    : shop.stock({ variantId: Number(listing.variantId) }, locationId)

/** Explains the number of one published kit down to its limiting component; a nested kit if there is one. */
export const explainKit = Effect.fn("Proof.explainKit")(function* (
  connection: Connection.Connection,
  line: (text: string) => Effect.Effect<void>
) {
  const store = yield* Store
  const kits = yield* store.items.all.pipe(
    Stream.filter(({ kind }) => kind === "kit"),
    Stream.take(200),
    Stream.runCollect
  )
  const facts = yield* Publish.loadFacts(
    connection,
    kits.map(({ id }) => id)
  )
  const plan = yield* Publish.planOf(connection, facts, { approved: true, force: true })
  const kitIds = new Set(kits.map(({ id }) => id))
  const isNested = (id: ItemId.ItemId) =>
    facts.items.get(id)?.billOfMaterials.some(({ itemId }) => kitIds.has(itemId)) ?? false
  const published = plan.updates.filter(({ itemId, quantity }) => kitIds.has(itemId) && quantity > 0)
  const update = published.find(({ itemId }) => isNested(itemId)) ?? published[0]
  const available = update === undefined ? undefined : facts.available.get(update.itemId)
  if (update === undefined || available === undefined) return yield* line("   no kit is in stock to be explained")
  yield* line(`   why ${update.quantity} of "${update.listing.name}" at the shop's location ${update.cartLocationId}?`)
  const nameOf = (id: ItemId.ItemId) => facts.items.get(id)?.name ?? id
  for (const sentence of Availability.explain(available, nameOf)) yield* line(`     ${sentence}`)
  yield* line(`     ${update.steps.map(({ rule, quantity }) => `${rule} ${quantity}`).join(", ")}`)
})
