/** What a store says about itself: time, profile, currencies, units, channels, customers. */
import type { Customer } from "../Customer.ts"
import * as Dates from "../Dates.ts"
import { type Answer, type ApiRequest, data, nullByText, ok, type Route } from "../Http.ts"
import { integers, pathId, slice, texts, v3List, v3Page } from "../Query.ts"
import { Refusal } from "../Refusal.ts"
import { plans } from "../Settings.ts"
import type { Shop } from "../Shop.ts"

const information = "store_v2_information"

/** V2 names the units differently from V3's settings. */
const v2WeightUnits = { LBS: "Pounds", Ounces: "Ounces", KGS: "Kilograms", Grams: "Grams", Tonnes: "Tonnes" } as const

const symbols: Readonly<Record<string, string>> = { USD: "$", EUR: "€", GBP: "£", AUD: "$", CAD: "$" }

const storeWire = (shop: Shop, storeUrl: string) => ({
  id: shop.storeHash,
  account_uuid: "8d4d492f-17a1-4d95-b396-e1c5720815a5",
  domain: `store-${shop.storeHash}.example.com`,
  secure_url: storeUrl,
  control_panel_base_url: `https://store-${shop.storeHash}.example.com`,
  status: "live",
  name: shop.settings.storeName,
  first_name: "Jane",
  last_name: "Doe",
  address: "455 Main Street, Austin",
  country: "United States",
  country_code: "US",
  phone: "555-123-4567",
  admin_email: "jane.doe@example.com",
  order_email: "orders@example.com",
  favicon_url: "",
  timezone: {
    name: "America/Chicago",
    raw_offset: -21_600,
    dst_offset: -18_000,
    dst_correction: true,
    date_format: { display: "M jS Y", export: "M jS Y", extended_display: "M jS Y @ g:i A" }
  },
  language: "en",
  currency: shop.settings.currency,
  currency_symbol: symbols[shop.settings.currency] ?? shop.settings.currency,
  decimal_separator: ".",
  thousands_separator: ",",
  decimal_places: 2,
  currency_symbol_location: "left",
  weight_units: v2WeightUnits[shop.settings.weightUnits],
  dimension_units: shop.settings.lengthUnits,
  dimension_decimal_places: 2,
  dimension_decimal_token: ".",
  dimension_thousands_token: ",",
  plan_name: plans[shop.settings.plan].name,
  plan_level: plans[shop.settings.plan].name,
  plan_is_trial: false,
  industry: "Home",
  // A store without a logo answers an empty list where an object is meant.
  logo: [],
  is_price_entered_with_tax: shop.settings.isTaxInclusive,
  store_id: 1_025_646,
  default_channel_id: 1,
  default_site_id: 1000,
  active_comparison_modules: [],
  features: {
    stencil_enabled: true,
    sitewidehttps_enabled: true,
    facebook_catalog_id: "",
    checkout_type: "optimized",
    wishlists_enabled: true,
    graphql_storefront_api_enabled: true,
    shopper_consent_tracking_enabled: true,
    multi_storefront_enabled: true,
    storefront_limits: { active: 3, total_including_inactive: 4 }
  }
})

const currency = (shop: Shop, id: number, code: string, name: string, rate: string) => ({
  id,
  is_default: code === shop.settings.currency,
  last_updated: Dates.isoUtc(shop.openedMillis),
  country_iso2: code.slice(0, 2),
  default_for_country_codes: [],
  currency_code: code,
  currency_exchange_rate: rate,
  name,
  token: symbols[code] ?? code,
  auto_update: false,
  decimal_token: ".",
  thousands_token: ",",
  decimal_places: 2,
  token_location: "left",
  enabled: true,
  is_transactional: true
})

const currencies = (shop: Shop): ReadonlyArray<unknown> => {
  const base = currency(shop, 1, shop.settings.currency, shop.settings.currency, "1.0000000000")
  return shop.settings.currency === "EUR" ? [base] : [base, currency(shop, 2, "EUR", "Euro", "0.9200000000")]
}

const channel = (shop: Shop) => ({
  id: 1,
  icon_url: "https://storage.googleapis.com/bigcommerce-production-dev-center/images/bigcommerce_icon.svg",
  is_listable_from_ui: true,
  is_visible: true,
  date_created: Dates.iso(shop.openedMillis),
  date_modified: Dates.iso(shop.openedMillis),
  external_id: "",
  type: "storefront",
  platform: "bigcommerce",
  name: shop.settings.storeName,
  status: "active"
})

const marketplace = (shop: Shop) => ({
  ...channel(shop),
  id: 2,
  type: "marketplace",
  platform: "amazon",
  name: "Marketplace",
  status: "connected",
  is_listable_from_ui: false
})

const channels = (shop: Shop) => [channel(shop), marketplace(shop)]

const listChannels = (shop: Shop, request: ApiRequest): Answer => {
  const { query } = request
  const page = v3Page(query, 250)
  const [types, platforms, states] = [texts(query, "type:in"), texts(query, "platform:in"), texts(query, "status:in")]
  const found = channels(shop).filter(
    (entry) =>
      (types?.includes(entry.type) ?? true) &&
      (platforms?.includes(entry.platform) ?? true) &&
      (states?.includes(entry.status) ?? true)
  )
  return v3List(request, found.length, slice(found, page), page)
}

const customerWire = (shop: Shop, customer: Customer) => ({
  id: customer.id,
  email: customer.email,
  first_name: customer.firstName,
  last_name: customer.lastName,
  company: customer.company,
  phone: customer.phone,
  registration_ip_address: "",
  notes: "",
  tax_exempt_category: "",
  customer_group_id: 0,
  date_created: Dates.iso(customer.createdMillis),
  date_modified: Dates.iso(customer.createdMillis),
  address_count: 1,
  attribute_count: 0,
  authentication: { force_password_reset: false },
  accepts_product_review_abandoned_cart_emails: false,
  origin_channel_id: 1,
  ...nullByText(shop, "channel_ids")
})

const listCustomers = (shop: Shop, request: ApiRequest): Answer => {
  const { query } = request
  const page = v3Page(query, 250)
  const ids = integers(query, "id:in")
  const emails = texts(query, "email:in")
  const found = [...shop.customers.values()].filter(
    (customer) => (ids?.includes(customer.id) ?? true) && (emails?.includes(customer.email) ?? true)
  )
  return v3List(
    request,
    found.length,
    slice(found, page).map((customer) => customerWire(shop, customer)),
    page
  )
}

export const storeRoutes: ReadonlyArray<Route> = [
  {
    method: "GET",
    version: "v2",
    path: "/time",
    scope: undefined,
    handle: (shop) => ok({ time: Dates.unixSeconds(shop.clock.now()) })
  },
  {
    method: "GET",
    version: "v2",
    path: "/store",
    scope: information,
    handle: (shop, request) => ok(storeWire(shop, request.storeUrl))
  },
  {
    method: "GET",
    version: "v2",
    path: "/currencies",
    scope: information,
    handle: (shop) => ok(currencies(shop))
  },
  {
    method: "GET",
    version: "v3",
    path: "/settings/store/units-of-measurement",
    scope: information,
    handle: (shop) =>
      data({
        weight_measurement: shop.settings.weightUnits,
        length_measurement: shop.settings.lengthUnits,
        decimal_token: ".",
        thousands_token: ",",
        decimal_places: 2,
        factoring_dimension: "depth"
      })
  },
  {
    method: "GET",
    version: "v3",
    path: "/settings/store/locale",
    scope: information,
    handle: () =>
      data({
        default_shopper_language: "en",
        shopper_language_selection_method: "browser",
        store_country: "US"
      })
  },
  { method: "GET", version: "v3", path: "/channels", scope: "store_channel_settings", handle: listChannels },
  {
    method: "GET",
    version: "v3",
    path: "/channels/{channel_id}",
    scope: "store_channel_settings",
    handle: (shop, request) => {
      const found = channels(shop).find((entry) => entry.id === pathId(request, "channel_id"))
      if (found === undefined) throw new Refusal(404, "Channel not found")
      return data(found)
    }
  },
  { method: "GET", version: "v3", path: "/customers", scope: "store_v2_customers", handle: listCustomers }
]
