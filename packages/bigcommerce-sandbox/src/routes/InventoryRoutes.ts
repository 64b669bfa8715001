/** V3 inventory: levels, settings of items at locations, adjustments, and the locations themselves. */
import { type Adjustment, adjustmentsMax, identityText, type ItemIdentity } from "../Adjustments.ts"
import * as Dates from "../Dates.ts"
import { type Answer, type ApiRequest, data, nullByText, type Route } from "../Http.ts"
import { defaultLocationId, type Location } from "../Location.ts"
import {
  boolean,
  integers,
  inventoryPageMax,
  isRecord,
  pathId,
  slice,
  texts,
  v3Body,
  v3List,
  v3Page
} from "../Query.ts"
import { Refusal } from "../Refusal.ts"
import { plans } from "../Settings.ts"
import type { Shop } from "../Shop.ts"
import { skuIdOf } from "../wire/ProductWire.ts"

const scope = "store_inventory"
const locationsScope = "store_locations"
const settingsMax = 2000
const locationsPageDefault = 50
const itemsPageDefault = 10

/** What names an item: a variant, or a product that keeps its options' stock in one (its variant id is then 0). */
const identityWire = (shop: Shop, slot: number, withSkuId: boolean) => {
  const { catalog } = shop
  const product = catalog.productOf(slot)
  const isWholeProduct = catalog.tracking(product) === "product" && catalog.hasOptions(product)
  const skuId = isWholeProduct ? null : skuIdOf(catalog, slot)
  return {
    sku: isWholeProduct ? catalog.productSku(product) : catalog.variantSku(slot),
    variant_id: isWholeProduct ? 0 : catalog.variantId(slot),
    product_id: catalog.productId(product),
    ...(withSkuId && (skuId === null ? nullByText(shop, "sku_id") : { sku_id: skuId }))
  }
}

const levelsWire = (shop: Shop, slot: number, location: number) => {
  const { inventory } = shop
  const settings = inventory.settings(slot, location)
  const available = inventory.availableToSell(slot, location)
  return {
    available_to_sell: available,
    total_inventory_onhand: inventory.onHand(slot, location),
    ...(settings.backorderLimit !== undefined && { qty_backordered: settings.backordered }),
    settings: {
      safety_stock: settings.safetyStock,
      is_in_stock: settings.isInStock ?? available > 0,
      warning_level: settings.warningLevel,
      bin_picking_number: settings.binPickingNumber,
      ...(settings.backorderLimit !== undefined && { backorder_limit: settings.backorderLimit })
    }
  }
}

/** The slots that a query's identities mean, or undefined when it names none. */
const namedSlots = (shop: Shop, query: URLSearchParams): ReadonlyArray<number> | undefined => {
  const { catalog, inventory } = shop
  const lists: Array<ReadonlySet<number>> = []
  const add = (slots: ReadonlyArray<number | undefined>): void =>
    void lists.push(new Set(slots.filter((slot) => slot !== undefined)))
  const ofVariants = (variants: ReadonlyArray<number | undefined>): ReadonlyArray<number | undefined> =>
    variants.map((variant) => (variant === undefined ? undefined : inventory.slotOfVariant(variant)))
  const skus = texts(query, "sku:in")
  if (skus !== undefined) {
    add(skus.flatMap((sku) => [...ownSlots(shop, catalog.variantsWithSku(sku)), ...wholeProducts(shop, sku)]))
  }
  const variantIds = integers(query, "variant_id:in")
  if (variantIds !== undefined)
    add(
      ownSlots(
        shop,
        variantIds.map((id) => catalog.variantRow(id))
      )
    )
  const productIds = integers(query, "product_id:in")
  if (productIds !== undefined) {
    add(
      productIds.flatMap((id) => {
        const product = catalog.productRow(id)
        return product === undefined ? [] : ofVariants(catalog.variantsOf(product))
      })
    )
  }
  if (lists.length === 0) return undefined
  const [first = new Set<number>(), ...others] = lists
  return [...first].filter((slot) => others.every((other) => other.has(slot))).sort((left, right) => left - right)
}

/** Slots of variants that are items themselves. */
const ownSlots = (shop: Shop, variants: ReadonlyArray<number | undefined>): ReadonlyArray<number> =>
  variants
    .filter((variant) => variant !== undefined)
    .filter((variant) => {
      const product = shop.catalog.productOf(variant)
      const isWhole = shop.catalog.tracking(product) === "product" && shop.catalog.hasOptions(product)
      return !isWhole && shop.inventory.slotOfVariant(variant) === variant
    })

const wholeProducts = (shop: Shop, sku: string): ReadonlyArray<number> =>
  shop.catalog
    .productsWithSku(sku)
    .filter((product) => shop.catalog.tracking(product) === "product" && shop.catalog.hasOptions(product))
    .map((product) => shop.catalog.firstVariantOf(product))

const wantedLocations = (shop: Shop, query: URLSearchParams): ReadonlySet<number> | undefined => {
  const ids = integers(query, "location_id:in")
  const codes = texts(query, "location_code:in")
  if (ids === undefined && codes === undefined) return undefined
  const named = [...shop.locations.values()].filter(
    (location) => (ids?.includes(location.id) ?? true) && (codes?.includes(location.code) ?? true)
  )
  return new Set(named.map((location) => location.id))
}

/** The slots to page over: without a location all tracked items, with one those that have a level there. */
const pagedSlots = (
  shop: Shop,
  query: URLSearchParams,
  locations: ReadonlySet<number> | undefined
): Uint32Array | ReadonlyArray<number> => {
  const named = namedSlots(shop, query)
  if (locations === undefined) return named ?? shop.inventory.slots()
  const isThere = (slot: number): boolean => [...locations].some((location) => shop.inventory.isSet(slot, location))
  if (named !== undefined) return named.filter(isThere)
  const [only] = locations
  if (locations.size === 1 && only !== undefined) return shop.inventory.slots(only)
  return locations.has(defaultLocationId) ? shop.inventory.slots() : shop.inventory.slots().filter(isThere)
}

const listItems = (shop: Shop, request: ApiRequest): Answer => {
  const page = v3Page(request.query, inventoryPageMax, itemsPageDefault)
  const wanted = wantedLocations(shop, request.query)
  const slots = pagedSlots(shop, request.query, wanted)
  const rows = Array.from(slots.slice((page.page - 1) * page.limit, page.page * page.limit), (slot) => ({
    identity: identityWire(shop, slot, true),
    locations: [...shop.locations.values()]
      .filter((location) => (wanted?.has(location.id) ?? true) && shop.inventory.isSet(slot, location.id))
      .map((location) => {
        const { settings, ...levels } = levelsWire(shop, slot, location.id)
        return {
          location_id: location.id,
          location_code: location.code,
          location_name: location.label,
          ...levels,
          location_enabled: location.enabled,
          settings
        }
      })
  }))
  return v3List(request, slots.length, rows, page)
}

const locationOf = (shop: Shop, request: ApiRequest): Location => {
  const location = shop.locations.get(pathId(request, "location_id"))
  if (location === undefined) throw new Refusal(404, "Location not found")
  return location
}

const listItemsAt = (shop: Shop, request: ApiRequest): Answer => {
  const location = locationOf(shop, request)
  const page = v3Page(request.query, inventoryPageMax, itemsPageDefault)
  const slots = pagedSlots(shop, request.query, new Set([location.id]))
  const rows = Array.from(slots.slice((page.page - 1) * page.limit, page.page * page.limit), (slot) => ({
    identity: identityWire(shop, slot, false),
    ...levelsWire(shop, slot, location.id)
  }))
  return v3List(request, slots.length, rows, page)
}

const transaction = (shop: Shop): Answer => ({ status: 200, body: { transaction_id: shop.random.uuid() } })

const identities = ["sku", "variant_id", "product_id"] as const

/** Exactly one identity; anything else is an invalid field. */
const identityOf = (item: Readonly<Record<string, unknown>>, at: string): ItemIdentity => {
  const named = identities.filter((name) => item[name] !== undefined)
  const [name] = named
  if (name === undefined || named.length > 1) {
    throw invalid({ [at]: "Exactly one of sku, variant_id or product_id must be specified" })
  }
  const value = item[name]
  if (name === "sku") {
    if (typeof value !== "string") throw invalid({ [`${at}.sku`]: "must be a string" })
    return { kind: "sku", sku: value }
  }
  if (typeof value !== "number" || !Number.isInteger(value)) throw invalid({ [`${at}.${name}`]: "must be an integer" })
  return { kind: name, id: value }
}

const invalid = (errors: Readonly<Record<string, string>>): Refusal =>
  new Refusal(422, "Payload contains invalid fields", errors)

const adjustmentsOf = (request: ApiRequest): ReadonlyArray<Adjustment> => {
  const { items } = v3Body(request)
  if (!Array.isArray(items) || items.length === 0) throw invalid({ items: "must not be empty" })
  if (items.length > adjustmentsMax) throw invalid({ items: `must contain at most ${adjustmentsMax} items` })
  return items.map((item: unknown, at) => {
    if (!isRecord(item)) throw invalid({ [`items.${at}`]: "must be an object" })
    const { location_id: locationId, quantity } = item
    if (typeof locationId !== "number" || !Number.isInteger(locationId)) {
      throw invalid({ [`items.${at}.location_id`]: "must be an integer" })
    }
    if (typeof quantity !== "number" || !Number.isInteger(quantity)) {
      throw invalid({ [`items.${at}.quantity`]: "must be an integer" })
    }
    return { identity: identityOf(item, `items.${at}`), locationId, quantity }
  })
}

const putSettings = (shop: Shop, request: ApiRequest): Answer => {
  const location = locationOf(shop, request)
  const { settings } = v3Body(request)
  if (!Array.isArray(settings) || settings.length === 0) throw invalid({ settings: "must not be empty" })
  if (settings.length > settingsMax) throw invalid({ settings: `must contain at most ${settingsMax} items` })
  const edits = settings.map((entry: unknown, at) => settingOf(shop, entry, at))
  for (const { slot, changes } of edits) shop.changeItemSettings(slot, location.id, changes)
  return transaction(shop)
}

const settingOf = (shop: Shop, entry: unknown, at: number) => {
  if (!isRecord(entry) || !isRecord(entry["identity"])) throw invalid({ [`setting.${at}.identity`]: "is missing" })
  const { safety_stock: safety, is_in_stock: inStock, warning_level: warning, bin_picking_number: bin } = entry
  const limit = entry["backorder_limit"]
  if ([safety, inStock, warning, bin, limit].every((setting) => setting === undefined)) {
    const message = "At least one setting must be specified: warning_level, is_in_stock or safety_stock"
    throw invalid({ [`setting.${at}.settings`]: message })
  }
  const identity = identityOf(entry["identity"], `setting.${at}.identity`)
  const slot = shop.adjustments.resolve(identity)
  if (slot === "unknown") throw new Refusal(422, `Items with identity: [${identityText(identity)}] not found`)
  if (typeof slot !== "number") throw new Refusal(422, `[${slot.wrongMode}]`)
  return {
    slot,
    changes: {
      ...(typeof safety === "number" && { safetyStock: safety }),
      ...(typeof inStock === "boolean" && { isInStock: inStock }),
      ...(typeof warning === "number" && { warningLevel: warning }),
      ...(typeof bin === "string" && { binPickingNumber: bin }),
      ...(typeof limit === "number" && { backorderLimit: limit })
    }
  }
}

const days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const

const locationWire = (location: Location) => ({
  id: location.id,
  code: location.code,
  label: location.label,
  description: location.description,
  managed_by_external_source: location.managedByExternalSource,
  type_id: location.typeId,
  enabled: location.enabled,
  operating_hours: Object.fromEntries(
    days.map((day) => [day, { open: day !== "sunday", opening: "08:00", closing: "16:00" }])
  ),
  time_zone: location.timeZone,
  created_at: Dates.isoUtc(location.createdMillis),
  updated_at: Dates.isoUtc(location.updatedMillis),
  address: {
    address1: location.address.address1,
    address2: location.address.address2,
    city: location.address.city,
    state: location.address.state,
    zip: location.address.zip,
    email: location.address.email,
    phone: location.address.phone,
    geo_coordinates: { latitude: 30.27, longitude: -97.74 },
    country_code: location.address.countryCode
  },
  storefront_visibility: location.storefrontVisibility,
  special_hours: []
})

const listLocations = (shop: Shop, request: ApiRequest): Answer => {
  const { query } = request
  const page = v3Page(query, inventoryPageMax, locationsPageDefault)
  const ids = integers(query, "location_id:in")
  const codes = texts(query, "location_code:in")
  const types = texts(query, "type_id:in")
  const isDefault = boolean(query, "is_default")
  const isActive = boolean(query, "is_active")
  const isManaged = boolean(query, "managed_by_external_source")
  const isShown = boolean(query, "storefront_visibility")
  const found = [...shop.locations.values()].filter(
    (location) =>
      (ids?.includes(location.id) ?? true) &&
      (codes?.includes(location.code) ?? true) &&
      (types?.includes(location.typeId) ?? true) &&
      (isDefault === undefined || (location.id === defaultLocationId) === isDefault) &&
      (isActive === undefined || location.enabled === isActive) &&
      (isManaged === undefined || location.managedByExternalSource === isManaged) &&
      (isShown === undefined || location.storefrontVisibility === isShown)
  )
  return v3List(request, found.length, slice(found, page).map(locationWire), page)
}

/** Creates locations; the answer names no id, only a transaction. */
const postLocations = (shop: Shop, request: ApiRequest): Answer => {
  const { body } = request
  if (!Array.isArray(body) || !body.every(isRecord)) throw new Refusal(422, "JSON data is missing or invalid")
  for (const [at, entry] of body.entries()) {
    if (typeof entry["label"] !== "string") throw invalid({ [`${at}.label`]: "is missing" })
  }
  const { locations } = plans[shop.settings.plan]
  if (shop.locations.size + body.length > locations) {
    throw new Refusal(422, `The plan of this store allows ${locations} locations`)
  }
  for (const entry of body) {
    const code = entry["code"]
    shop.addLocation(String(entry["label"]), typeof code === "string" ? code : undefined)
  }
  return transaction(shop)
}

const putLocations = (shop: Shop, request: ApiRequest): Answer => {
  const { body } = request
  if (!Array.isArray(body) || !body.every(isRecord)) throw new Refusal(422, "JSON data is missing or invalid")
  for (const [at, entry] of body.entries()) {
    const location = shop.locations.get(Number(entry["id"]))
    if (location === undefined) throw invalid({ [`${at}.id`]: "Location not found" })
    if (typeof entry["label"] === "string") location.label = entry["label"]
    if (typeof entry["code"] === "string") location.code = entry["code"]
    if (typeof entry["enabled"] === "boolean") location.enabled = entry["enabled"]
    if (typeof entry["managed_by_external_source"] === "boolean") {
      location.managedByExternalSource = entry["managed_by_external_source"]
    }
    if (typeof entry["storefront_visibility"] === "boolean") {
      location.storefrontVisibility = entry["storefront_visibility"]
    }
    location.updatedMillis = shop.clock.now()
    shop.events.emit("store/inventory/location/updated", { location_id: location.id })
  }
  return transaction(shop)
}

const deleteLocations = (shop: Shop, request: ApiRequest): Answer => {
  const ids = integers(request.query, "location_id:in") ?? []
  for (const id of ids) {
    if (id === defaultLocationId) throw new Refusal(422, "The default location cannot be deleted")
    shop.locations.delete(id)
    shop.inventory.removeLocation(id)
  }
  return transaction(shop)
}

/** The store's settings, or what a channel sets otherwise: what it takes over from the store is null. */
const inventorySettings = (shop: Shop, request: ApiRequest): Answer => {
  const [channelId] = integers(request.query, "channel_id") ?? []
  const own = channelId === undefined ? shop.settings : (shop.settings.channels[channelId] ?? {})
  const set = <A>(field: string, value: A | undefined) =>
    value === undefined ? nullByText(shop, field) : { [field]: value }
  return data({
    product_out_of_stock_behavior: "do_nothing",
    option_out_of_stock_behavior: "do_nothing",
    ...set("update_stock_behavior", own.updateStockBehavior),
    ...set("edit_order_stock_adjustment", own.editOrderStockAdjustment),
    ...set("refund_order_stock_adjustment", own.refundOrderStockAdjustment),
    stock_level_display: "dont_show",
    default_out_of_stock_message: "Currently out of stock",
    hide_in_product_filtering: true,
    show_pre_order_stock_levels: false,
    show_out_of_stock_message: false
  })
}

const problem = { version: "v3", isProblemJson: true } as const

export const inventoryRoutes: ReadonlyArray<Route> = [
  { method: "GET", ...problem, path: "/inventory/items", scope, handle: listItems },
  { method: "GET", ...problem, path: "/inventory/locations/{location_id}/items", scope, handle: listItemsAt },
  { method: "PUT", ...problem, path: "/inventory/locations/{location_id}/items", scope, handle: putSettings },
  {
    method: "PUT",
    ...problem,
    path: "/inventory/adjustments/absolute",
    scope,
    handle: (shop, request) => {
      shop.adjustments.absolute(adjustmentsOf(request))
      return transaction(shop)
    }
  },
  {
    method: "POST",
    ...problem,
    path: "/inventory/adjustments/relative",
    scope,
    handle: (shop, request) => {
      shop.adjustments.relative(adjustmentsOf(request))
      return transaction(shop)
    }
  },
  { method: "GET", ...problem, path: "/inventory/locations", scope: locationsScope, handle: listLocations },
  { method: "POST", ...problem, path: "/inventory/locations", scope: locationsScope, handle: postLocations },
  { method: "PUT", ...problem, path: "/inventory/locations", scope: locationsScope, handle: putLocations },
  { method: "DELETE", ...problem, path: "/inventory/locations", scope: locationsScope, handle: deleteLocations },
  {
    method: "GET",
    version: "v3",
    path: "/settings/inventory",
    scope: "store_v2_information",
    handle: inventorySettings
  }
]
