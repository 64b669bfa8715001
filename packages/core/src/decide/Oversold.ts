/**
 * Of which items is more promised than there is? A shortage that no rule means is somebody's order that will not be
 * delivered: it is told, with the documents that share it.
 *
 * A fixed number means any shortage (made to order, or bought when it is sold); a minimum with backorders allowed means one of
 * as many listings as it promises. What one location lacks and another one has is no shortage.
 */
import type { Connection } from "../domain/Connection.ts"
import type { DemandKind } from "../domain/Demand.ts"
import * as Issue from "../domain/Issue.ts"
import type { Item } from "../domain/Item.ts"
import type { ItemId } from "../domain/ItemId.ts"
import type { Link } from "../domain/Link.ts"
import * as Quantity from "../domain/Quantity.ts"
import type { Available } from "./Availability.ts"
import { ruleFor } from "./Publishing.ts"

/** An item of which so much is missing. */
export interface Shortage {
  readonly itemId: ItemId
  readonly short: Quantity.Quantity
}

/** Units of an item that a document holds, or brings. */
export interface Held {
  readonly itemId: ItemId
  readonly source: string
  readonly kind: DemandKind
  readonly quantity: Quantity.Quantity
}

/** What shortages are judged by: the links of one connection, and what is left over all nettable locations. */
export interface OversoldInput {
  readonly connection: Pick<Connection, "id" | "policy">
  readonly links: ReadonlyArray<Link>
  readonly items: (id: ItemId) => Item | null
  readonly left: (id: ItemId) => Available | null
}

/** How many documents are read of each item that is short: one more than an issue spells out. */
export const sourcesMax = Issue.idsListedMax + 1

/** The items that these listings sell, themselves or in kits, and of which too much is promised; each once, in order of id. */
export const shortages = (input: OversoldInput): ReadonlyArray<Shortage> => {
  const short: Array<Shortage> = []
  for (const [itemId, meant] of sold(input)) {
    const left = input.left(itemId)
    if (left === null || left._tag !== "Stocked" || input.items(itemId)?.archived === true) continue
    const missing = Quantity.negate(left.quantity)
    if (missing > 0 && missing > meant) short.push({ itemId, short: missing })
  }
  return short.sort((one, other) => (one.itemId < other.itemId ? -1 : 1))
}

/** One issue for each shortage, with who holds the units. */
export const issuesOf = (
  { id: connectionId }: Pick<Connection, "id">,
  short: ReadonlyArray<Shortage>,
  demand: ReadonlyArray<Held>
): ReadonlyArray<Issue.Issue> =>
  short.map((shortage) => {
    const sources = demand
      .filter(({ itemId, kind }) => itemId === shortage.itemId && kind !== "incoming")
      .map(({ source, quantity }) => `${source} (${Quantity.format(quantity)})`)
    return Issue.oversold({ connectionId, ...shortage, sources })
  })

/** Every item that is sold, with the shortage that its rules mean. */
const sold = ({ connection, links, items }: OversoldInput): ReadonlyMap<ItemId, number> => {
  const meant = new Map<ItemId, number>()
  const add = (id: ItemId, shortage: number, above: ReadonlySet<ItemId>) => {
    if (above.has(id)) return
    meant.set(id, Math.max(meant.get(id) ?? 0, shortage))
    const item = items(id)
    if (item === null || item.kind !== "kit") return
    const path = new Set([...above, id])
    for (const { itemId, quantity } of item.billOfMaterials) {
      add(itemId, (shortage / Quantity.scale) * quantity, path)
    }
  }
  for (const link of links) add(link.itemId, meantBy(connection, link), new Set())
  return meant
}

const meantBy = ({ policy: { publishing } }: OversoldInput["connection"], { rule, unitsPerListing }: Link): number => {
  const { fixed, minimum } = ruleFor(0, { unitsPerListing, policy: publishing, rule })
  if (typeof fixed === "number" && fixed > 0) return Number.POSITIVE_INFINITY
  return publishing.allowBackorder ? minimum * unitsPerListing : 0
}
