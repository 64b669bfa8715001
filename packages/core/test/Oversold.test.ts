import { assert, describe, it } from "@effect/vitest"
import type { Available } from "@stockport/core/decide/Availability"
import * as Oversold from "@stockport/core/decide/Oversold"
import type { Item } from "@stockport/core/domain/Item"
import { ItemId } from "@stockport/core/domain/ItemId"
import { inheritedRule, type Link } from "@stockport/core/domain/Link"
import * as Quantity from "@stockport/core/domain/Quantity"
import type { PublishingPolicy } from "@stockport/core/domain/SyncPolicy"
import { connection, item, kits, link, listing, policyOf, stocked, unlimited } from "./Catalogue.ts"

const row = link(listing("1", "A"), "A")

const shortages = (
  left: Available | null,
  {
    links = [row],
    policy = {},
    items = (id: string) => item(id, id)
  }: {
    readonly links?: ReadonlyArray<Link>
    readonly policy?: Partial<PublishingPolicy>
    readonly items?: (id: string) => Item | null
  } = {}
) =>
  Oversold.shortages({
    connection: connection({ policy: policyOf(policy) }),
    links,
    items,
    left: (id) => (left !== null && left.itemId === id ? left : null)
  }).map(({ itemId, short }) => [itemId, short / Quantity.scale])

const demand = (source: string, kind: Oversold.Held["kind"], itemId = "A"): Oversold.Held => ({
  itemId: ItemId.make(itemId),
  source: source,
  kind,
  quantity: Quantity.of(4)
})

describe("an item is oversold", () => {
  it("when more of it is promised than there is over all locations", () => {
    assert.deepStrictEqual(shortages(stocked("A", -3)), [["A", 3]])
    assert.deepStrictEqual(shortages(stocked("A", 0)), [])
    assert.deepStrictEqual(shortages(stocked("A", 0, { Main: -3, Store: 3 })), [])
  })

  it("also when it is only sold inside a kit, once for all listings", () => {
    const kit = item("KIT", "KIT", {
      kind: "kit",
      billOfMaterials: [{ itemId: ItemId.make("A"), quantity: Quantity.of(2) }]
    })
    const links = [link(listing("2", "KIT"), "KIT"), row]
    const items = (id: string) => (id === "KIT" ? kit : item(id, id))
    assert.deepStrictEqual(shortages(stocked("A", "-0.5"), { links, items }), [["A", 0.5]])
  })

  it("not when this connection does not sell it, when it is archived, unknown, a kit, or without stock", () => {
    assert.deepStrictEqual(shortages(stocked("B", -3)), [])
    assert.deepStrictEqual(shortages(stocked("A", -3), { items: (id) => item(id, id, { archived: true }) }), [])
    assert.deepStrictEqual(shortages(null), [])
    assert.deepStrictEqual(shortages(kits("A", 0)), [])
    assert.deepStrictEqual(shortages(unlimited("A")), [])
  })

  it("beyond what backorders allow: a minimum means as many packs, a fixed number any shortage", () => {
    const backorders = {
      policy: { minimum: 2, allowBackorder: true },
      links: [{ ...row, unitsPerListing: Quantity.of(3) }]
    }
    assert.deepStrictEqual(shortages(stocked("A", -6), backorders), [])
    assert.deepStrictEqual(shortages(stocked("A", -7), backorders), [["A", 7]])
    assert.deepStrictEqual(shortages(stocked("A", -1), { policy: { minimum: 2 } }), [["A", 1]])
    const made = (fixed: number) => ({ links: [{ ...row, rule: { ...inheritedRule, fixed } }] })
    assert.deepStrictEqual(shortages(stocked("A", -99), made(5)), [])
    assert.deepStrictEqual(shortages(stocked("A", -99), made(0)), [["A", 99]])
  })

  it("of a kit that may be backordered, its components by as much", () => {
    const kit = item("KIT", "KIT", {
      kind: "kit",
      billOfMaterials: [{ itemId: ItemId.make("A"), quantity: Quantity.of(2) }]
    })
    const known = {
      links: [link(listing("2", "KIT"), "KIT")],
      items: (id: string) => (id === "KIT" ? kit : item(id, id))
    }
    const policy = { minimum: 2, allowBackorder: true }
    assert.deepStrictEqual(shortages(stocked("A", -4), { ...known, policy }), [])
    assert.deepStrictEqual(shortages(stocked("A", -5), { ...known, policy }), [["A", 5]])
  })

  it("is told with the documents that share the shortage, what is on its way left out", () => {
    const [issue] = Oversold.issuesOf(
      connection(),
      [{ itemId: ItemId.make("A"), short: Quantity.of(3) }],
      [demand("sale:shop:1", "salesOrder"), demand("po:7", "incoming"), demand("sale:shop:2", "softHold", "B")]
    )
    assert.strictEqual(issue?.message, "Item A is 3 short of what is promised: sale:shop:1 (4).")
  })
})
