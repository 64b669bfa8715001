/**
 * BigCommerce as a `Cart`: listings, orders, stock, shipments and notifications of one store over its REST API.
 */
export * as Adjustments from "./Adjustments.ts"
export * as BigCommerceCart from "./BigCommerceCart.ts"
export * as BigCommerceClient from "./BigCommerceClient.ts"
export * as Listings from "./Listings.ts"
export * as Measure from "./Measure.ts"
export * as Notifications from "./Notifications.ts"
export * as Operation from "./Operation.ts"
export * as OrderCharges from "./OrderCharges.ts"
export * as Orders from "./Orders.ts"
export * as RateLimit from "./RateLimit.ts"
export * as Refunds from "./Refunds.ts"
export * as Shipments from "./Shipments.ts"
export * as StockLevels from "./StockLevels.ts"
export * as Webhooks from "./Webhooks.ts"
