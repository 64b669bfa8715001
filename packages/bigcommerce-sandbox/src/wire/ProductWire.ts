/** Products and variants as V3 writes them: numbers, ISO dates, null for what a variant inherits. */
import type { Catalog } from "../Catalog.ts"
import * as Dates from "../Dates.ts"
import { defaultLocationId } from "../Location.ts"
import { levelMax } from "../Inventory.ts"
import { nullByText } from "../Http.ts"
import * as Money from "../Money.ts"
import type { Shop } from "../Shop.ts"

/**
 * The level that the catalogue shows: what the storefront can sell. It is never negative here, whatever the Inventory
 * API says.
 */
const shownLevel = (shop: Shop, slot: number): number => {
  const locations = shop.settings.sellsFrom === "defaultLocation" ? [defaultLocationId] : [...shop.locations.keys()]
  const sum = locations.reduce((total, location) => total + shop.inventory.availableToSell(slot, location), 0)
  return Math.min(levelMax, Math.max(0, sum))
}

const levelOfProduct = (shop: Shop, product: number): number => {
  const tracking = shop.catalog.tracking(product)
  if (tracking === "none") return 0
  if (tracking === "product") return shownLevel(shop, shop.catalog.firstVariantOf(product))
  const levels = shop.catalog.variantsOf(product).map((variant) => shownLevel(shop, variant))
  return Math.min(
    levelMax,
    levels.reduce((total, level) => total + level, 0)
  )
}

const slug = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/(^-|-$)/g, "")

const openGraph = {
  open_graph_type: "product",
  open_graph_title: "",
  open_graph_description: "",
  open_graph_use_meta_description: true,
  open_graph_use_product_name: true,
  open_graph_use_image: true
} as const

const page = (name: string) => ({
  page_title: "",
  meta_keywords: [],
  meta_description: "",
  custom_url: { url: `/${slug(name)}/`, is_customized: false }
})

const baseVariant = (shop: Shop, product: number): Readonly<Record<string, number | null>> =>
  shop.catalog.hasOptions(product)
    ? nullByText(shop, "base_variant_id")
    : { base_variant_id: shop.catalog.variantId(shop.catalog.firstVariantOf(product)) }

export const productWire = (shop: Shop, product: number) => {
  const { catalog } = shop
  const changes = catalog.productChanges(product)
  const price = Money.decimal(catalog.price(product))
  const name = catalog.productName(product)
  return {
    id: catalog.productId(product),
    name,
    type: catalog.isDigital(product) ? "digital" : "physical",
    sku: catalog.productSku(product),
    description: `<p>${name}</p>`,
    weight: catalog.weight(product),
    width: 0,
    depth: 0,
    height: 0,
    price,
    cost_price: 0,
    retail_price: 0,
    sale_price: 0,
    map_price: 0,
    tax_class_id: 0,
    product_tax_code: "",
    calculated_price: price,
    categories: [23],
    brand_id: 0,
    ...(catalog.hasOptions(product) ? { option_set_id: 55 } : nullByText(shop, "option_set_id")),
    option_set_display: "right",
    inventory_level: levelOfProduct(shop, product),
    inventory_warning_level: changes.warningLevel ?? 0,
    inventory_tracking: catalog.tracking(product),
    reviews_rating_sum: 0,
    reviews_count: 0,
    total_sold: 0,
    fixed_cost_shipping_price: 0,
    is_free_shipping: false,
    is_visible: catalog.isVisible(product),
    is_featured: false,
    related_products: [-1],
    warranty: "",
    bin_picking_number: changes.binPickingNumber ?? "",
    layout_file: "product.html",
    upc: changes.upc ?? "",
    mpn: "",
    gtin: "",
    date_last_imported: "",
    search_keywords: "",
    availability: changes.availability ?? "available",
    availability_description: "",
    gift_wrapping_options_type: "any",
    gift_wrapping_options_list: [],
    sort_order: 0,
    condition: "New",
    is_condition_shown: false,
    order_quantity_minimum: 0,
    order_quantity_maximum: 0,
    ...page(name),
    date_created: Dates.iso(catalog.createdMillis(product)),
    date_modified: Dates.iso(catalog.modifiedMillis(product)),
    view_count: 0,
    preorder_release_date: null,
    preorder_message: "",
    is_preorder_only: false,
    is_price_hidden: false,
    price_hidden_label: "",
    ...baseVariant(shop, product),
    ...openGraph,
    ...changes.fields
  }
}

/** The distance between variant ids and their SKU's ids, so that nobody mistakes one for the other. */
const skuIdOffset = 10

export const skuIdOf = (catalog: Catalog, variant: number): number | null =>
  catalog.hasOptions(catalog.productOf(variant)) ? catalog.variantId(variant) - skuIdOffset : null

export const variantWire = (shop: Shop, variant: number) => {
  const { catalog } = shop
  const product = catalog.productOf(variant)
  const changes = catalog.variantChanges(variant)
  const slot = shop.inventory.slotOfVariant(variant)
  return {
    id: catalog.variantId(variant),
    product_id: catalog.productId(product),
    sku: catalog.variantSku(variant),
    sku_id: skuIdOf(catalog, variant),
    price: changes.price === undefined || changes.price === null ? null : Money.decimal(changes.price),
    calculated_price: Money.decimal(catalog.variantPrice(variant)),
    sale_price: null,
    retail_price: null,
    map_price: {},
    weight: changes.weight ?? null,
    calculated_weight: changes.weight ?? catalog.weight(product),
    width: null,
    height: null,
    depth: null,
    is_free_shipping: false,
    fixed_cost_shipping_price: null,
    purchasing_disabled: changes.purchasingDisabled ?? false,
    purchasing_disabled_message: "",
    image_url: "",
    cost_price: 0,
    upc: changes.upc ?? "",
    mpn: "",
    gtin: "",
    inventory_level: slot === undefined || slot !== variant ? 0 : shownLevel(shop, slot),
    inventory_warning_level: changes.warningLevel ?? 0,
    bin_picking_number: changes.binPickingNumber ?? "",
    option_values: catalog.optionValues(variant).map((value, at) => ({
      id: optionValueId(catalog, product, at, value.label),
      label: value.label,
      option_id: optionId(catalog, product, at),
      option_display_name: value.option
    })),
    ...changes.fields
  }
}

const optionId = (catalog: Catalog, product: number, at: number): number => catalog.productId(product) * 4 + at

const optionValueId = (catalog: Catalog, product: number, at: number, label: string): number => {
  const labels = labelsOf(catalog, product, at)
  return optionId(catalog, product, at) * 64 + labels.indexOf(label)
}

const labelsOf = (catalog: Catalog, product: number, at: number): ReadonlyArray<string> => {
  const labels = new Set<string>()
  for (const variant of catalog.variantsOf(product)) labels.add(catalog.optionValues(variant)[at]?.label ?? "")
  return [...labels]
}

/** A product's options with their values. */
export const optionsWire = (shop: Shop, product: number) => {
  const { catalog } = shop
  const first = catalog.variantsOf(product)[0]
  if (first === undefined) return []
  return catalog.optionValues(first).map((value, at) => ({
    id: optionId(catalog, product, at),
    product_id: catalog.productId(product),
    name: value.option,
    display_name: value.option,
    type: "rectangles",
    sort_order: at,
    option_values: labelsOf(catalog, product, at).map((label, sortOrder) => ({
      id: optionValueId(catalog, product, at, label),
      label,
      sort_order: sortOrder,
      value_data: null,
      is_default: sortOrder === 0
    })),
    config: {}
  }))
}

/** A resource cut down to chosen fields; its id always stays. */
export const chosenFields = (
  resource: Readonly<Record<string, unknown>>,
  included: ReadonlyArray<string> | undefined,
  excluded: ReadonlyArray<string> | undefined
): Readonly<Record<string, unknown>> => {
  if (included === undefined && excluded === undefined) return resource
  const keeps = (field: string): boolean =>
    field === "id" || ((included?.includes(field) ?? true) && !(excluded?.includes(field) ?? false))
  return Object.fromEntries(Object.entries(resource).filter(([field]) => keeps(field)))
}
