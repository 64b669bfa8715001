/** How the store is set up: what its owner chose in the control panel and what its plan allows. */

/** Plans and what they allow in 30 seconds. */
export const plans = {
  standard: { name: "Standard", quota: 150, locations: 4 },
  plus: { name: "Plus", quota: 150, locations: 5 },
  pro: { name: "Pro", quota: 450, locations: 8 },
  enterprise: { name: "Enterprise", quota: undefined, locations: 100 }
} as const

/** What a store pays for. */
export type Plan = keyof typeof plans

/** When the shop itself moves stock. */
export type UpdateStockBehavior = "order_placed" | "order_completed_or_shipped"

/** When a store, or one of its channels, moves stock by itself. */
export interface StockSettings {
  updateStockBehavior: UpdateStockBehavior
  /** Whether editing an order in the panel moves stock. */
  editOrderStockAdjustment: boolean
  /** Whether refunding or cancelling in the panel gives stock back. */
  refundOrderStockAdjustment: boolean
}

/** What an owner can set. */
export interface Settings extends StockSettings {
  plan: Plan
  storeName: string
  currency: string
  weightUnits: "LBS" | "Ounces" | "KGS" | "Grams" | "Tonnes"
  lengthUnits: "Inches" | "Centimeters"
  /** What channels set otherwise for their own orders, by id; the store's settings hold for the rest. */
  channels: Record<number, Partial<StockSettings>>
  /** "allLocations" is what support switches on; otherwise only the default location's stock is sold. */
  sellsFrom: "defaultLocation" | "allLocations"
  isTaxInclusive: boolean
  /** In ten-thousandths: 825 is 8.25 %. */
  taxRate: number
  /** Whether lists of orders contain the archived ones. The documentation does not say; the shop hides them. */
  listsArchivedOrders: boolean
  /** A suspended store answers everything with 503. */
  isSuspended: boolean
  /**
   * What to answer where BigCommerce's text and its published schema contradict each other (null ids of options, base
   * variants and taxes; the body of a 204). The shop does what the text says; contract checks know the schema only.
   */
  contradictions: "asTextSays" | "asSchemaSays"
  /** How long an accepted stock adjustment takes to show. */
  inventoryDelayMillis: number
}

/** A new store on the Standard plan. */
export const settingsDefault: Settings = {
  plan: "standard",
  storeName: "Harbour & Meadow",
  currency: "USD",
  weightUnits: "LBS",
  lengthUnits: "Inches",
  updateStockBehavior: "order_placed",
  editOrderStockAdjustment: true,
  refundOrderStockAdjustment: true,
  channels: {},
  sellsFrom: "defaultLocation",
  isTaxInclusive: false,
  taxRate: 825,
  listsArchivedOrders: false,
  isSuspended: false,
  contradictions: "asTextSays",
  inventoryDelayMillis: 0
}

/** How stock moves for the orders of a channel. */
export const stockSettingsOf = (settings: Settings, channelId: number): StockSettings => ({
  ...settings,
  ...settings.channels[channelId]
})
